"""Drives the nested dissection of a graph: lines to sort along, progress, and what cannot work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError
from routesolve.graphs._hierarchy.build import DENSE, INSTEAD, NO_HIERARCHY, SMALL, UNEVEN
from routesolve.graphs._kernels import dissection as kernels
from routesolve.graphs._kernels.dissection import Cell
from routesolve.graphs.bfs import breadth_first
from routesolve.graphs.graph import Graph

Progress = Callable[[int, int], None]
Int32s = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]

FEW = (2, 3)
"""Nodes of so many neighbours go before all others: first those of the first kind."""

SPARE = 2
"""Neighbours that a node may gain before it keeps others from going."""

AVERAGES = 100
"""How often nodes without coordinates are moved half the way to the middle of their neighbours."""

WORK = 100_000
"""Nodes looked at between two chances to interrupt: some tenths of a second."""


def refuse(why: str) -> InputError:
    """What to raise for graphs that no order suits."""
    return InputError(f"{NO_HIERARCHY}: {why}", fix=INSTEAD)


def neighbours(graph: Graph) -> tuple[Int32s, Int32s]:
    """Row pointers (n + 1,) and (h,) ends of the arcs without directions, doubles and loops."""
    from scipy.sparse import csr_array

    n = graph.n
    apart = graph.edge_tails != graph.heads
    tails, heads = graph.edge_tails[apart], graph.heads[apart]
    ends = np.concatenate((tails, heads)), np.concatenate((heads, tails))
    matrix = csr_array((np.ones(len(ends[0]), dtype=np.int8), ends), shape=(n, n))
    matrix.sum_duplicates()
    return matrix.indptr.astype(np.int32), matrix.indices.astype(np.int32)


def dissected(
    graph: Graph, ptr: Int32s, adj: Int32s, on_progress: Progress | None = None
) -> Int32s:
    """An order of the nodes from the most important one down, by their neighbours alone.

    Parameters
    ----------
    graph
        Where the coordinates are, if there are any.
    ptr, adj
        Adjacency lists, see :func:`neighbours`.
    on_progress
        Called now and then with the number of nodes done and of all nodes.

    Returns
    -------
    numpy.ndarray
        (n,) int32.

    Raises
    ------
    InputError
        If it has no small separators, as social networks have none.
    """
    n = graph.n
    _check_even(np.diff(ptr))
    lines = _lines(graph, ptr, adj)
    degree = np.diff(ptr).astype(np.int32)
    ptr, adj = _roomy(ptr, adj)
    gone = np.concatenate([_peeled(ptr, adj, degree, few) for few in FEW])
    core = np.flatnonzero(degree >= 0)
    orders = np.array(
        [core[np.argsort(values[core], kind="stable")] for values in lines], dtype=np.int32
    )
    spare = np.empty(len(core), dtype=np.int32)
    cell = _cell(n, len(adj))
    cells = np.zeros((2, len(core) + 2), dtype=np.int32)
    cells[1, 0] = len(core)
    left, done = int(len(core) > 0), len(gone)
    while left > 0:
        left, more = kernels.dissect(
            ptr, adj, degree, orders, cell, cells, left, spare, DENSE, WORK
        )
        if left < 0:
            raise refuse("it cannot be cut into parts at few nodes")
        done += more
        if on_progress is not None:
            on_progress(done, n)
    return np.concatenate((orders[0], gone[::-1]))


def _roomy(ptr: Int32s, adj: Int32s) -> tuple[Int32s, Int32s]:
    """The same adjacency lists with room for `SPARE` more neighbours in each."""
    rows = np.repeat(np.arange(len(ptr) - 1), np.diff(ptr))
    wide = ptr + SPARE * np.arange(len(ptr), dtype=np.int32)
    roomy = np.empty(wide[-1], dtype=np.int32)
    roomy[np.arange(len(adj)) + SPARE * rows] = adj
    return wide, roomy


def _peeled(ptr: Int32s, adj: Int32s, degree: Int32s, few: int) -> Int32s:
    around = np.empty(few, dtype=np.int32)
    gone, now, later, turn = np.full((4, len(degree)), -1, dtype=np.int32)
    listed = np.zeros(len(degree), dtype=np.bool_)
    count = kernels.peel(ptr, adj, degree, around, gone, now, later, turn, listed)
    return gone[:count]


def _check_even(degrees: npt.NDArray[np.int32]) -> None:
    total = int(degrees.sum())
    if len(degrees) <= SMALL or total == 0:
        return
    mean = float((degrees.astype(np.float64) ** 2).sum() / total)
    if mean > UNEVEN:
        raise refuse(f"the node at the end of an average arc has {mean:.0f} neighbours")


def _cell(n: int, h: int) -> Cell:
    def numbers(size: int) -> Int32s:
        return np.full(size, -1, dtype=np.int32)

    return Cell(
        local=numbers(n),
        ptr=numbers(n + 1),
        adj=numbers(h),
        before=numbers(n),
        after=numbers(n),
        seen=numbers(2 * n),
        at=numbers(n),
        stack=numbers(2 * n),
        best=numbers(n),
    )


def _lines(graph: Graph, ptr: Int32s, adj: Int32s) -> list[Floats]:
    """Places of the nodes along four lines: (n,) each."""
    if graph.coordinates is None:
        x, y = _spread(graph.n, ptr, adj)
    else:
        x, y = graph.coordinates.T
        x = x * np.cos(np.radians(y.mean() if len(y) else 0.0))
    return [x, y, x + y, x - y]


def _spread(n: int, ptr: Int32s, adj: Int32s) -> tuple[Floats, Floats]:
    """Instead of coordinates: how much nearer a node is to one far end than to the opposite one.

    Hops are whole numbers, the same for many nodes; averages with the neighbours tell those apart.
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    matrix = csr_array((np.ones(len(adj)), adj, ptr), shape=(n, n))
    _, part = connected_components(matrix)
    nothing = np.zeros(len(adj), dtype=np.int32)
    both = Graph(
        indptr=ptr.astype(np.int64),
        heads=adj,
        metrics={"duration": nothing, "distance": nothing},
    )

    def hops(values: npt.NDArray[Any]) -> Floats:
        """Hops from the node of largest value in each connected part."""
        order = np.lexsort((values, part))
        last = order[np.r_[part[order][1:] != part[order][:-1], True]] if n else order
        return breadth_first(both, last, min_only=True).levels.astype(np.float64)

    a = hops(hops(np.zeros(n)))
    b = hops(a)
    c = hops(np.minimum(a, b))
    d = hops(c)
    places = np.column_stack((a - b, c - d))
    degree = np.maximum(np.diff(ptr), 1)[:, None]
    for _ in range(AVERAGES):
        places = (places + matrix @ places / degree) / 2
    return places[:, 0], places[:, 1]
