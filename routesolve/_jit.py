"""The one decorator that turns a Python function into a compiled kernel.

Importing this module imports Numba (about a third of a second); only modules that hold kernels may
import it.

Compiled code is kept on disk between runs. Set ``ROUTESOLVE_NUMBA_CACHE=0`` to compile afresh every
time, and ``NUMBA_DISABLE_JIT=1`` to run the kernels as plain Python.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from hashlib import blake2b
from typing import Any, TypeVar, overload

import numba
from numba.core.caching import IndexDataCacheFile

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
    """Compile a :func:`lean` kernel into the kernels that call it.

    For small ones, and for any that one place calls often: each array is handed on as seven words
    or more, so that calls with many of them take longer than what is done with them.
    """
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
    cache: Any = getattr(compiled, "_cache", None)
    if isinstance(getattr(cache, "_cache_file", None), IndexDataCacheFile):
        cache._cache_file.__class__ = _SharedFiles
    return compiled


class _SharedFiles(IndexDataCacheFile):
    """Numba's files of compiled code, which several processes may fill at once.

    Numba numbers them by an index that it reads before and writes after: two processes that compile
    the same kernel for different types give both the same number, and one later runs the code of
    the other. Here a file is named after what it holds, and there before the index tells of it.
    What one process overwrites in the index of another is compiled again.
    """

    def _load_index(self) -> Any:
        files: Any = super()  # Numba's methods have no types
        try:
            return files._load_index()
        except (AttributeError, ImportError, EOFError, pickle.UnpicklingError):
            # Left by a version that knew other types: what cannot be read is compiled again.
            return {}

    def save(self, key: Any, data: Any) -> None:
        files: Any = self
        name = files._data_name(int(blake2b(repr(key).encode(), digest_size=8).hexdigest(), 16))
        files._save_data(name, data)
        files._save_index({**files._load_index(), key: name})
