"""Shortest paths on a :class:`~routesolve.graphs.graph.Graph`: trees, tables, single paths.

Every function minimises one metric and reports durations *and* distances along the same paths, as
OSRM does. Among paths of equal cost the choice is fixed by the order of the arcs, so the same graph
always gives the same answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError, RoutingError
from routesolve.graphs._arrays import frozen
from routesolve.graphs._kernels import dijkstra
from routesolve.graphs.graph import Graph

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class Tables(NamedTuple):
    """Durations and distances along the same paths; ``inf`` = unreachable.

    Attributes
    ----------
    durations : numpy.ndarray
        float64 seconds.
    distances : numpy.ndarray
        float64 metres, same shape.
    """

    durations: Floats
    distances: Floats


@dataclass(frozen=True, eq=False)
class Path:
    """One path.

    Attributes
    ----------
    nodes : numpy.ndarray
        (k,) int32, from the source to the target; one node when they are the same.
    arcs : numpy.ndarray
        (k - 1,) int32 arcs between them.
    duration : float
        Seconds.
    distance : float
        Metres.
    """

    nodes: npt.NDArray[np.int32]
    arcs: npt.NDArray[np.int32]
    duration: float
    distance: float


def one_to_all(graph: Graph, source: int, metric: str = "duration") -> Tables:
    """Cheapest paths from one node to all.

    Parameters
    ----------
    graph
        The graph.
    source
        Node number.
    metric
        What is minimised: ``"duration"`` or ``"distance"``.

    Returns
    -------
    Tables
        (n,) durations and distances along the cheapest paths.

    Raises
    ------
    InputError
        If the node or the metric does not exist, or path costs could overflow.
    """
    start = _nodes(graph, [source], "source")[0]
    weights, other, bits = _weights(graph, metric)
    cost, along, _ = dijkstra.tree(graph.indptr, graph.heads, weights, other, bits, int(start), -1)
    return _tables(graph, metric, cost, along)


def many_to_many(
    graph: Graph,
    sources: npt.ArrayLike,
    targets: npt.ArrayLike | None = None,
    metric: str = "duration",
) -> Tables:
    """Table of cheapest paths between sources and targets; each search stops at its last target.

    Parameters
    ----------
    graph
        The graph.
    sources, targets
        (s,) and (t,) node numbers, repetition allowed; targets default to the sources.
    metric
        What is minimised: ``"duration"`` or ``"distance"``.

    Returns
    -------
    Tables
        (s, t) durations and distances along the cheapest paths.

    Raises
    ------
    InputError
        If a node or the metric does not exist, or path costs could overflow.
    """
    rows = _nodes(graph, sources, "sources")
    columns = rows if targets is None else _nodes(graph, targets, "targets")
    weights, other, bits = _weights(graph, metric)
    costs = np.empty((len(rows), len(columns)), dtype=np.int64)
    alongs = np.empty_like(costs)
    if costs.size:
        dijkstra.table(
            graph.indptr, graph.heads, weights, other, bits, rows, columns, costs, alongs
        )
    return _tables(graph, metric, costs, alongs)


def shortest_path(graph: Graph, source: int, target: int, metric: str = "duration") -> Path:
    """The cheapest path between two nodes.

    Parameters
    ----------
    graph
        The graph.
    source, target
        Node numbers.
    metric
        What is minimised: ``"duration"`` or ``"distance"``.

    Raises
    ------
    InputError
        If a node or the metric does not exist, or path costs could overflow.
    RoutingError
        If there is no path.
    """
    start, end = (int(v) for v in _nodes(graph, [source, target], "source, target"))
    weights, other, bits = _weights(graph, metric)
    cost, along, entry = dijkstra.tree(graph.indptr, graph.heads, weights, other, bits, start, end)
    if cost[end] < 0:
        ids = graph.node_ids
        raise RoutingError(
            f"no way from node {ids[start]} to node {ids[end]}",
            fix="keep the largest strongly connected part (Graph.largest_component)",
        )
    arcs = []
    node = end
    while node != start:
        arcs.append(int(entry[node]))
        node = int(graph.edge_tails[arcs[-1]])
    arcs.reverse()
    along_path = np.array(arcs, dtype=np.int32)
    nodes = np.concatenate(([start], graph.heads[along_path])).astype(np.int32)
    tables = _tables(graph, metric, cost[end], along[end])
    return Path(nodes, along_path, float(tables.durations), float(tables.distances))


def path_geometry(graph: Graph, path: Path | npt.ArrayLike) -> Floats:
    """The line to draw for a path.

    Parameters
    ----------
    graph
        The graph, with coordinates.
    path
        A :class:`Path`, or its arcs.

    Returns
    -------
    numpy.ndarray
        (k, 2) float64 longitudes and latitudes; arcs without a polyline are straight. One point for
        a path that stays where it is, none for no arcs at all.

    Raises
    ------
    InputError
        If the graph has no coordinates.
    """
    points = graph.coordinates
    if points is None:
        raise InputError("the network has no coordinates, so its paths cannot be drawn")
    arcs = path.arcs if isinstance(path, Path) else np.asarray(path, dtype=np.int64)
    if len(arcs) == 0:
        return points[path.nodes] if isinstance(path, Path) else np.empty((0, 2))
    pieces = [points[graph.edge_tails[arcs[:1]]]]
    for arc in arcs.tolist():
        course = points[:0] if graph.geometry is None else graph.geometry.at(arc)
        # The first point of each arc is the last of the one before.
        pieces.append(course[1:] if len(course) > 1 else points[graph.heads[arc : arc + 1]])
    return np.concatenate(pieces)


def _weights(graph: Graph, metric: str) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], int]:
    """Weights to minimise, weights to sum alongside, and the bits a node takes in a packed key."""
    other = {"duration": "distance", "distance": "duration"}.get(metric)
    if other is None:
        raise InputError(f"unknown metric {metric!r}", fix='use "duration" or "distance"')
    bits = max(graph.n - 1, 1).bit_length()
    if bits + graph.path_bounds[metric].bit_length() > 62:
        raise InputError(
            f"paths by {metric} on {graph.n} nodes could exceed 62-bit keys",
            fix="use coarser units",
        )
    return graph.metrics[metric], graph.metrics[other], bits


def _nodes(graph: Graph, values: npt.ArrayLike, what: str) -> npt.NDArray[np.int32]:
    nodes = np.atleast_1d(np.asarray(values))
    if nodes.size == 0:
        return frozen(np.empty(0, dtype=np.int32), np.int32)
    if nodes.ndim != 1 or nodes.dtype.kind not in "iu":
        raise InputError(f"{what}: not a list of node numbers")
    bad = nodes[(nodes < 0) | (nodes >= graph.n)]
    if bad.size:
        shown = ", ".join(map(str, bad[:10].tolist())) + (" ..." if bad.size > 10 else "")
        raise InputError(f"{what}: no such node: {shown}", fix=f"use 0 .. {graph.n - 1}")
    # Read-only, like the arrays of a graph: Numba compiles once more for every difference in
    # writability.
    return frozen(nodes, np.int32)


def _tables(graph: Graph, metric: str, cost: Ints, along: Ints) -> Tables:
    """Integer sums as seconds and metres."""
    durations, distances = (cost, along) if metric == "duration" else (along, cost)
    return Tables(
        _real(durations, graph.units["duration"]), _real(distances, graph.units["distance"])
    )


def _real(steps: Ints, unit: float) -> Floats:
    # Dividing by 1000 is correctly rounded where multiplying by 0.001 is not: 1.1 s comes back as
    # 1.1.
    per_unit = round(1.0 / unit)
    values = steps / per_unit if per_unit and abs(per_unit * unit - 1.0) < 1e-12 else steps * unit
    return np.asarray(np.where(steps < 0, np.inf, values))
