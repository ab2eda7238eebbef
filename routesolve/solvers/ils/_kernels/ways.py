"""Ways between nodes: looked up in tables, or computed from coordinates where these are too large.

Kernels ask through :func:`entry` and :func:`span`; which of the two it is says the type, when they
are compiled. Formulas are those of :mod:`routesolve.graphs.metrics` and of
:mod:`routesolve.graphs.rounding`, in the same order of operations.
"""

# m nodes, q formulas

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import types
from numba.extending import overload

from routesolve._jit import inlined, kernel
from routesolve.solvers.ils._kernels.layout import (
    BY_LENGTH,
    BY_RIDE,
    DETOUR,
    PACE,
    ROUNDED,
    SPHERE,
    UPWARDS,
    Floats,
    Int64s,
    Straight,
    Ways,
    Whole,
)

Places = npt.NDArray[np.intp]

NOISE = 1e-6
"""Steps that floating-point sums may be off."""

AT_COMPILE_TIME: Any = {"nogil": True, "_nrt": False, "forceinline": True}


@inlined
def forgiven(x: float, down: bool) -> float:
    """The next whole number, down or up, but for noise."""
    whole = np.rint(x)
    if abs(x - whole) <= 1e-9 + 1e-15 * abs(x):
        return float(whole)
    return float(math.floor(x)) if down else float(math.ceil(x))


@inlined
def rounded(x: float, how: float) -> float:
    """A length or time as the convention counts it; see ROUNDED."""
    if how == 0.0:
        return x
    if how == 1.0:
        return float(math.floor(x + 0.5))
    if how == 2.0:
        return float(forgiven(x, True))
    if how == 3.0:
        return float(forgiven(x, False))
    if how == 4.0:
        return float(forgiven(10.0 * x, True)) / 10.0
    return float(math.floor(1000.0 * x + 0.5)) / 1000.0


@inlined
def computed(froms: Floats, tos: Floats, formula: Floats, q: Whole, a: Whole, b: Whole) -> Any:
    """What the way from a to b counts by formula q; nothing at open ends (NaN) and from a to a."""
    if a == b:
        return 0
    dx = froms[a, 0] - tos[b, 0]
    dy = froms[a, 1] - tos[b, 1]
    square = dx * dx + dy * dy
    if froms.shape[1] == 3:
        dz = froms[a, 2] - tos[b, 2]
        square += dz * dz
    length = math.sqrt(square)
    if not length >= 0.0:
        return 0
    if froms.shape[1] == 3:
        length = formula[q, SPHERE] * math.asin(min(length * 0.5, 1.0))
    length *= formula[q, DETOUR]
    steps = 0.0
    if formula[q, BY_LENGTH]:
        steps = rounded(length, formula[q, ROUNDED]) * formula[q, BY_LENGTH]
    if formula[q, BY_RIDE]:
        ride = rounded(length / formula[q, PACE], formula[q, ROUNDED])
        steps += ride * formula[q, BY_RIDE]
    if formula[q, UPWARDS]:
        return math.ceil(steps - NOISE)
    return int(steps + 0.5)


def entry(ways: Any, a: Whole, b: Whole) -> Any:
    """What the way from a to b counts, in steps."""
    if isinstance(ways, Straight):
        return computed(ways.froms, ways.tos, ways.formula, 0, a, b)
    return ways[a, b]


@overload(entry, jit_options=AT_COMPILE_TIME, strict=False)
def _entry(ways: Any, a: Any, b: Any) -> Any:
    if isinstance(ways, types.BaseTuple):
        return lambda ways, a, b: computed(ways.froms, ways.tos, ways.formula, 0, a, b)
    return lambda ways, a, b: ways[a, b]


def span(spans: Any, q: Whole, a: Whole, b: Whole) -> Any:
    """What the way from a to b adds to limited sum q."""
    if isinstance(spans, Straight):
        return computed(spans.froms, spans.tos, spans.formula, q, a, b)
    return spans[q, a, b]


@overload(span, jit_options=AT_COMPILE_TIME, strict=False)
def _span(spans: Any, q: Any, a: Any, b: Any) -> Any:
    if isinstance(spans, types.BaseTuple):
        return lambda spans, q, a, b: computed(spans.froms, spans.tos, spans.formula, q, a, b)
    return lambda spans, q, a, b: spans[q, a, b]


def sums(spans: Any) -> Any:
    """How many sums along legs are limited."""
    if spans is None:
        return 0
    return len(spans.formula) if isinstance(spans, Straight) else len(spans)


@overload(sums, jit_options=AT_COMPILE_TIME, strict=False)
def _sums(spans: Any) -> Any:
    if isinstance(spans, types.NoneType):
        return lambda spans: 0
    if isinstance(spans, types.BaseTuple):
        return lambda spans: spans.formula.shape[0]
    return lambda spans: spans.shape[0]


@kernel
def pairs(ways: Ways, froms: Places, tos: Places) -> Int64s:
    """(k,) ways between nodes taken pairwise."""
    out = np.empty(froms.shape[0], np.int64)
    for i in range(froms.shape[0]):
        out[i] = entry(ways, froms[i], tos[i])
    return out
