"""A graph as searches want it that count arcs: who follows whom, and no weights."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError
from routesolve.graphs import adjacency, shortest_paths
from routesolve.graphs._arrays import Scalar
from routesolve.graphs._kernels import hop_arcs as kernels
from routesolve.graphs.graph import Graph

Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]


class HopArcs(NamedTuple):
    """Arcs by tail and by head; both are the same arrays when every arc leads both ways.

    Attributes
    ----------
    indptr, back_indptr : numpy.ndarray
        (n + 1,) int64 row pointers.
    heads, tails : numpy.ndarray
        (m,) int32, where the arcs of a node end, and where those that end in it begin.
    """

    indptr: Int64s
    heads: Int32s
    back_indptr: Int64s
    tails: Int32s

    @property
    def n(self) -> int:
        """Number of nodes."""
        return len(self.indptr) - 1

    @property
    def symmetric(self) -> bool:
        """Whether the arcs that leave a node are those that enter it."""
        return self.tails is self.heads


def of_graph(graph: Graph) -> HopArcs:
    """The arcs of a graph; kept with it."""
    store = adjacency.kept(graph)
    if "hops" not in store:
        if kernels.asymmetry(graph.indptr, graph.heads) == 0:
            back = graph.indptr, graph.heads
        else:
            back = graph.reverse.indptr, graph.reverse.tails
        store["hops"] = HopArcs(graph.indptr, graph.heads, *back)
    found: HopArcs = store["hops"]
    return found


def of_rows(indptr: Int64s, heads: Int32s, reverse: tuple[Int64s, Int32s] | None = None) -> HopArcs:
    """Arcs given as arrays, which may be mapped from files; they are not copied.

    Heads are not read, so that a graph larger than memory can be opened: they have to be in range.

    Parameters
    ----------
    indptr, heads
        (n + 1,) int64 and (m,) int32: the arcs that leave u are
        ``heads[indptr[u]:indptr[u + 1]]``.
    reverse
        The same by head; ``None`` = every arc leads both ways.

    Raises
    ------
    InputError
        If an array has another type or shape, or row pointers do not describe the arcs.
    """
    pairs = [(indptr, heads), (indptr, heads) if reverse is None else reverse]
    shared = [(_view(rows, np.int64), _view(ends, np.int32)) for rows, ends in pairs]
    for rows, ends in shared:
        whole = rows.size > 0 and rows[0] == 0 and rows[-1] == len(ends)
        if not whole or (np.diff(rows) < 0).any() or rows.size != shared[0][0].size:
            raise InputError("row pointers do not describe the arcs", fix="give those of a CSR")
    if reverse is None:
        return HopArcs(*shared[0], *shared[0])
    return HopArcs(*shared[0], *shared[1])


def check_nodes(arcs: HopArcs, values: npt.ArrayLike, what: str) -> Int32s:
    """Node numbers as a read-only (k,) int32 array; raises InputError when one does not exist."""
    # Of a graph it asks nothing but the number of nodes.
    return shortest_paths.check_nodes(arcs, values, what)  # type: ignore[arg-type]


def check_pairs(
    arcs: HopArcs, sources: npt.ArrayLike, targets: npt.ArrayLike
) -> tuple[Int32s, Int32s]:
    """Pairs of nodes as read-only (p,) int32 arrays; InputError when their numbers differ."""
    starts, ends = check_nodes(arcs, sources, "sources"), check_nodes(arcs, targets, "targets")
    if len(starts) != len(ends):
        raise InputError(f"{len(starts)} sources but {len(ends)} targets", fix="give pairs")
    return starts, ends


def _view(array: npt.NDArray[Any], dtype: type[Scalar]) -> npt.NDArray[Scalar]:
    """A read-only plain array on the same memory: kernels compile once for each kind of array."""
    plain: npt.NDArray[Any] = np.asarray(array).view()
    if plain.dtype != dtype or plain.ndim != 1 or not plain.flags.c_contiguous:
        raise InputError(
            f"an array of {plain.dtype}, {plain.ndim} axes",
            fix=f"give a contiguous 1-d array of {np.dtype(dtype)}",
        )
    plain.flags.writeable = False
    return plain
