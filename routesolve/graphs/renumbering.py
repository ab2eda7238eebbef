"""Node numbers that keep neighbours close in memory: searches wait less for it."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError
from routesolve.graphs._arrays import frozen
from routesolve.graphs.graph import Graph

Int32s = npt.NDArray[np.int32]


class Renumbered(NamedTuple):
    """A graph with other numbers, and what they were.

    Attributes
    ----------
    graph : Graph
        The graph; its ``node_ids`` are the old ids, so that whoever knows nodes by id notices
        nothing.
    nodes : numpy.ndarray
        (n,) int32 old number of each node.
    arcs : numpy.ndarray
        (m,) int32 old number of each arc.
    """

    graph: Graph
    nodes: Int32s
    arcs: Int32s


def renumbered(graph: Graph, order: str | npt.ArrayLike = "auto") -> Renumbered:
    """Give the nodes of a graph new numbers; metrics, labels, courses and ids go along.

    Parameters
    ----------
    graph
        Any graph.
    order
        ``"hilbert"`` (along a Hilbert curve over the coordinates), ``"dfs"`` or ``"bfs"`` (as a
        search meets them, along and against the arcs), ``"auto"`` (the first where there are
        coordinates, else the second), or (n,) the old number of each node.

    Raises
    ------
    InputError
        If the order is unknown, is no order of the nodes, or needs coordinates that are not there.
    """
    nodes = frozen(_order(graph, order), np.int32)
    number = np.empty(graph.n, dtype=np.int32)
    number[nodes] = np.arange(graph.n, dtype=np.int32)
    # Arcs of a node by their heads: they, too, are then met in the order of memory.
    tails, heads = number[graph.edge_tails], number[graph.heads]
    arcs = np.lexsort((heads, tails))
    indptr = np.zeros(graph.n + 1, dtype=np.int64)
    np.cumsum(np.diff(graph.indptr)[nodes], out=indptr[1:])
    new = replace(
        graph,
        indptr=indptr,
        heads=heads[arcs],
        metrics={key: weights[arcs] for key, weights in graph.metrics.items()},
        coordinates=None if graph.coordinates is None else graph.coordinates[nodes],
        node_ids=graph.node_ids[nodes],
        edge_attributes={key: labels.take(arcs) for key, labels in graph.edge_attributes.items()},
        geometry=None if graph.geometry is None else graph.geometry.take(arcs),
    )
    return Renumbered(new, nodes, frozen(arcs, np.int32))


def hilbert_order(points: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
    """Order of points along a Hilbert curve: neighbours in the plane become neighbours in memory.

    D. Hilbert, "Ueber die stetige Abbildung einer Linie auf ein Flaechenstueck", Math. Ann. 38
    (1891).
    """
    if not len(points):
        return np.empty(0, dtype=np.intp)
    low = points.min(axis=0)
    size = max(float((points.max(axis=0) - low).max()), 1e-12)
    bits = 16
    x, y = ((points - low) / size * (2**bits - 1)).astype(np.int64).T.copy()
    place = np.zeros(len(points), dtype=np.int64)
    for step in range(bits - 1, -1, -1):
        right, up = (x >> step) & 1, (y >> step) & 1
        place = (place << 2) | ((3 * right) ^ up)
        turned = up == 0
        flipped = turned & (right == 1)
        x = np.where(flipped, 2**bits - 1 - x, x)
        y = np.where(flipped, 2**bits - 1 - y, y)
        x, y = np.where(turned, y, x), np.where(turned, x, y)
    return np.argsort(place, kind="stable")


def search_order(graph: Graph, *, depth: bool) -> Int32s:
    """(n,) the nodes as a depth-first or breadth-first search meets them.

    Arcs are followed both ways; each part that is connected begins at its lowest number.
    """
    from routesolve.graphs._kernels.orders import breadth_first, depth_first

    reverse = graph.reverse
    search = depth_first if depth else breadth_first
    order: Int32s = search(graph.indptr, graph.heads, reverse.indptr, reverse.tails)
    return order


def _order(graph: Graph, order: str | npt.ArrayLike) -> npt.NDArray[np.integer]:
    points = graph.coordinates
    if isinstance(order, str):
        if order not in ("auto", "hilbert", "dfs", "bfs"):
            raise InputError(
                f"unknown order {order!r}",
                fix='use "auto", "hilbert", "dfs", "bfs" or the old number of each node',
            )
        if order == "hilbert" and points is None:
            raise InputError(
                "the graph has no coordinates to order its nodes by", fix='use "dfs" or "bfs"'
            )
        if points is not None and order in ("auto", "hilbert"):
            return hilbert_order(points)
        return search_order(graph, depth=order != "bfs")
    given = np.asarray(order)
    if given.shape != (graph.n,) or (graph.n and given.dtype.kind not in "iu"):
        raise InputError(f"an order of {graph.n} nodes is that many whole numbers")
    if not np.array_equal(np.sort(given), np.arange(graph.n)):
        raise InputError(f"not each of the nodes 0 .. {graph.n - 1} once")
    return given.astype(np.int64)
