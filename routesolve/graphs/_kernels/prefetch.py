"""Asking the processor to bring a place of an array into its cache, without waiting for it."""

from __future__ import annotations

import os
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import cgutils, types
from numba.extending import intrinsic


def _prefetch(typing: Any, array: Any, index: Any) -> Any:
    """Ask for item `index` of a C-contiguous array, counted from its beginning.

    An item that does not exist does no harm.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        place = builder.bitcast(builder.gep(data, [arguments[1]]), cgutils.voidptr_t)
        number = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t, number, number, number])
        ask = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0i8")
        # To be read, to be kept, data.
        builder.call(ask, [place, number(0), number(3), number(1)])
        return context.get_dummy_value()

    return types.none(array, types.int64), generate


def _nothing(array: Any, index: Any) -> None:
    """Do nothing, where kernels run as plain Python."""


prefetch: Any = (
    _nothing if os.environ.get("NUMBA_DISABLE_JIT", "0") != "0" else intrinsic(_prefetch)
)
