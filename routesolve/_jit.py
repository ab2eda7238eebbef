"""The one decorator that turns a Python function into a compiled kernel.

Importing this module imports Numba (about a third of a second); only modules that hold kernels may
import it.

Compiled code is kept on disk between runs. Set ``ROUTESOLVE_NUMBA_CACHE=0`` to compile afresh every
time, and ``NUMBA_DISABLE_JIT=1`` to run the kernels as plain Python.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar, overload

import numba

F = TypeVar("F", bound=Callable[..., Any])

CACHING = os.environ.get("ROUTESOLVE_NUMBA_CACHE", "1") != "0"


@overload
def kernel(function: F, /) -> F: ...
@overload
def kernel(**options: Any) -> Callable[[F], F]: ...
def kernel(function: F | None = None, /, **options: Any) -> F | Callable[[F], F]:
    """Compile a function with Numba: nopython, without the GIL, cached on disk.

    Parameters
    ----------
    function
        The function, when used as a bare ``@kernel``.
    **options
        Passed to :func:`numba.njit`, over the project's defaults (``nogil=True, cache=True``).

    Returns
    -------
    callable
        The compiled function (compilation itself happens at the first call), or a decorator.
    """
    if function is None:
        return lambda inner: _compile(inner, options)
    return _compile(function, options)


def lean(function: F, /) -> F:
    """Compile a kernel that makes no arrays, and hands on what it is given.

    Numba otherwise counts the references to each array at each call, with atomic instructions:
    kernels that call each other in an inner loop take twice as long or more.
    """
    return _compile(function, {"_nrt": False})


def inner(function: F, /) -> F:
    """Compile a :func:`lean` kernel that only kernels call: it has no entry for Python.

    That compiles faster; a call from Python would end the process.
    """
    return _compile(function, _INNER)


def inlined(function: F, /) -> F:
    """Compile a small :func:`lean` kernel into the kernels that call it."""
    return _compile(function, {"_nrt": False, "forceinline": True})


_INNER = {"_nrt": False, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}


def _compile(function: F, options: dict[str, Any]) -> F:
    settings = {"nogil": True, "cache": CACHING, **options}
    try:
        compiled: F = numba.njit(**settings)(function)
    except RuntimeError:
        # Numba finds no writable place for its cache (read-only install and home): slower start,
        # same answer.
        compiled = numba.njit(**{**settings, "cache": False})(function)
    return compiled
