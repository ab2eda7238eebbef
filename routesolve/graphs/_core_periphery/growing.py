"""Growing the core: compiled where the graph is arrays, in Python where it has to be asked."""

from __future__ import annotations

from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError
from routesolve.graphs._kernels import core_growth as kernels
from routesolve.graphs._kernels.core_layout import Core

Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]
Scalar = TypeVar("Scalar", bound=np.generic)

ASYMMETRIC = "an edge is listed at one of its ends only"
SYMMETRIC_FIX = "list every edge at both ends (generators.undirected does), or say directed=True"


class Grown(NamedTuple):
    """A core as it was grown.

    Attributes
    ----------
    order : numpy.ndarray
        (k,) int32, the vertices in the order in which they joined.
    near : numpy.ndarray
        (n,) int32: -1 in the core, else arcs from the core.
    arcs : int
        Arcs of the lists that were read: those of the core's vertices.
    """

    order: Int32s
    near: Int32s
    arcs: int


def core_size(core: float, n: int) -> int:
    """A share of the vertices (float), or their number (int), as a number.

    Raises
    ------
    InputError
        If it is neither.
    """
    whole = isinstance(core, int | np.integer) and not isinstance(core, bool)
    most = n if whole else 1.0
    if not 0 <= core <= most:
        raise InputError(
            f"a core of {core}", fix=f"give a share from 0.0 to 1.0, or a number up to {n}"
        )
    return int(core) if whole else min(n, round(core * n))


def grow(indptr: Int64s, heads: Int32s, size: int, start: int) -> Grown:
    """Grow a core of `size` vertices from vertex `start`.

    Raises
    ------
    InputError
        If a list names a vertex that does not exist.
    """
    n = len(indptr) - 1
    count, order = np.zeros(n, np.int32), np.empty(size, np.int32)
    read = kernels.grow(
        indptr, heads, start, count, np.empty(n, np.int32), np.empty(n, np.int32), order
    )
    if read < 0:
        raise InputError("a list names a vertex that does not exist", fix=f"use 0 .. {n - 1}")
    return Grown(order, count, int(read))


def inside(indptr: Int64s, heads: Int32s, grown: Grown) -> Core:
    """Bits, numbers and arcs of a core.

    Raises
    ------
    InputError
        If an edge inside the core is listed at one end only.
    """
    n, k = len(indptr) - 1, len(grown.order)
    words, around = np.empty((2, n // 64 + 1), np.int64)
    ranks = np.empty(n // 64 + 1, np.int32)
    members, degrees = np.empty(k, np.int32), np.empty(k, np.int32)
    kernels.mark_rings(grown.near, words, around, ranks, members)
    ranked = np.empty(grown.arcs, np.int32)  # pages beyond the arcs inside are never touched
    arcs = kernels.list_core(indptr, heads, words, ranks, members, degrees, ranked)
    order = np.argsort(-degrees, kind="stable").astype(np.int32)
    numbers = np.empty(k, np.int32)
    numbers[order] = np.arange(k, dtype=np.int32)
    starts = np.zeros(k + 1, np.int64)
    np.cumsum(degrees, out=starts[1:])
    core_indptr, core_heads = np.empty(k + 1, np.int32), np.empty(arcs, np.int32)
    kept = kernels.renumber_core(
        starts, ranked, numbers, order, np.zeros(k, np.int64), np.zeros(k, np.int64),
        core_indptr, core_heads,
    )  # fmt: skip
    if kept < 0:
        raise InputError(ASYMMETRIC, fix=SYMMETRIC_FIX)
    return assembled(around.copy(), members[order], core_indptr, core_heads[:kept].copy())


def assembled(around: Int64s, nodes: Int32s, indptr: Int32s, heads: Int32s) -> Core:
    """A core with what follows from the rest; what is visible through it cannot be written to."""
    words = np.zeros(len(around), np.int64)
    np.bitwise_or.at(words, nodes >> 6, np.int64(1) << (nodes & 63).astype(np.int64))
    ranks = np.zeros(len(words) + 1, np.int32)
    np.cumsum(np.bincount(nodes >> 6, minlength=len(words)), out=ranks[1:])
    hubs = np.empty((len(nodes), 2), np.int64)
    kernels.note_hubs(indptr, heads, hubs)
    sieve = np.zeros(1 << max(0, len(heads) // 16 - 1).bit_length(), np.int64)
    kernels.fill_sieve(indptr, heads, sieve)
    return Core(
        shown(words),
        shown(around),
        shown(ranks[:-1]),
        shown(np.argsort(nodes).astype(np.int32)),
        shown(nodes),
        shown(indptr),
        shown(heads),
        shown(hubs),
        shown(sieve),
    )


def shown(array: npt.NDArray[Scalar]) -> npt.NDArray[Scalar]:
    """A read-only view: kernels compile once for each kind of array."""
    view = array.view()
    view.flags.writeable = False
    return view
