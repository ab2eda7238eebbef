"""Shortest paths on a :class:`~routesolve.graphs.graph.Graph`: trees, tables, single paths.

Every function minimises one metric of the graph and reports durations *and* distances along the
same paths, as OSRM does. Among paths of equal cost the one of least duration counts (of least
distance, where durations are minimised), so that both numbers are the same whichever algorithm
finds them. Where a third metric is minimised, paths may be equal in cost and duration: the distance
is then that of one of them.

Integer weights go through a bucket queue; where weights spread over too many orders of magnitude
for one, a heap takes over.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError, RoutingError
from routesolve.graphs import adjacency, searches
from routesolve.graphs._arrays import frozen
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
    costs : numpy.ndarray
        float64 sums of the metric that was minimised, in its own unit: one of the two above, or
        something else where that was minimised.
    """

    durations: Floats
    distances: Floats
    costs: Floats


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


@dataclass(frozen=True, eq=False)
class Paths:
    """Many paths, in few arrays.

    Attributes
    ----------
    graph : Graph
        The graph they run on.
    sources, targets : numpy.ndarray
        (p,) int32 node numbers.
    durations, distances : numpy.ndarray
        (p,) float64 seconds and metres; ``inf`` = no path.
    indptr : numpy.ndarray
        (p + 1,) int64, path i owns ``arcs[indptr[i]:indptr[i + 1]]``.
    arcs : numpy.ndarray
        int32 arcs of all paths.
    """

    graph: Graph
    sources: npt.NDArray[np.int32]
    targets: npt.NDArray[np.int32]
    durations: Floats
    distances: Floats
    indptr: Ints
    arcs: npt.NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.sources)

    def __getitem__(self, i: int) -> Path | None:
        """Path i, ``None`` when there is none."""
        i = range(len(self))[i]
        if not np.isfinite(self.durations[i]):
            return None
        arcs = self.arcs[self.indptr[i] : self.indptr[i + 1]]
        nodes = np.concatenate((self.sources[i : i + 1], self.graph.heads[arcs]))
        return Path(nodes, arcs, float(self.durations[i]), float(self.distances[i]))


class Forest(NamedTuple):
    """Answer of :func:`dijkstra`.

    Attributes
    ----------
    costs : numpy.ndarray
        float64, ``inf`` = unreachable or beyond the limit.
    predecessors : numpy.ndarray or None
        int32 of the same shape, the node before each on its path; -1 = none.
    """

    costs: Floats
    predecessors: npt.NDArray[np.int32] | None


def dijkstra(
    graph: Graph,
    indices: npt.ArrayLike | None = None,
    *,
    metric: str = "duration",
    weights: npt.ArrayLike | None = None,
    limit: float = np.inf,
    min_only: bool = False,
    return_predecessors: bool = False,
) -> Forest:
    """Least costs from nodes to all, named after SciPy's function of the same purpose.

    One metric only: faster than :func:`one_to_all`, which reports two.

    Parameters
    ----------
    graph
        The graph.
    indices
        One source or (k,) sources; default: all nodes.
    metric
        Any of the graph; costs are in its unit, seconds or metres.
    weights
        (m,) numbers per arc in the order of the graph's arcs, used instead of the metric: integers
        up to 2**31 - 1 or floats, finite and >= 0. Costs are then in the unit of the weights.
    limit
        Costs above it are not computed: they are ``inf``.
    min_only
        Only the costs from the nearest of the sources.
    return_predecessors
        Also return the node before each; among equal costs any.

    Returns
    -------
    Forest
        (k, n) costs; (n,) when `indices` is one number or `min_only` is set.

    Raises
    ------
    InputError
        If a node or the metric does not exist, or a weight is negative, NaN or infinite.
    """
    flat = min_only or (indices is not None and np.ndim(indices) == 0)
    starts = check_nodes(graph, np.arange(graph.n) if indices is None else indices, "indices")
    queue = searches.queue_for(graph, metric, weights)
    most = queue.limit(limit)
    groups = [starts] if min_only else [starts[i : i + 1] for i in range(len(starts))]
    costs = np.empty((len(groups), graph.n))
    before = np.empty((len(groups), graph.n), np.int32) if return_predecessors else None
    for row, group in enumerate(groups):
        entry = queue.run(group, most, costs[row], keep=return_predecessors)
        if before is not None:
            before[row] = np.where(entry < 0, -1, graph.edge_tails[entry]) if graph.m else -1
    if flat:
        return Forest(costs[0], None if before is None else before[0])
    return Forest(costs, before)


def one_to_all(
    graph: Graph, source: int, metric: str = "duration", *, limit: float = np.inf
) -> Tables:
    """Cheapest paths from one node to all.

    Parameters
    ----------
    graph
        The graph.
    source
        Node number.
    metric
        What is minimised: any metric of the graph.
    limit
        Seconds or metres (of the metric) beyond which nodes count as unreachable.

    Returns
    -------
    Tables
        (n,) durations and distances along the cheapest paths.

    Raises
    ------
    InputError
        If the node or the metric does not exist.
    """
    start = check_nodes(graph, [source], "source")
    arcs = adjacency.forward(graph, metric)
    forest = searches.grow(arcs, start, limit=adjacency.steps(graph, metric, limit))
    extra = searches.extra_weights(graph, arcs, adjacency.others(metric)[1:])
    sums = searches.tree_sums(arcs, forest, extra)
    return _tables(graph, metric, forest.cost, forest.along, *sums)


def many_to_many(
    graph: Graph,
    sources: npt.ArrayLike,
    targets: npt.ArrayLike | None = None,
    metric: str = "duration",
    *,
    limit: float = np.inf,
) -> Tables:
    """Table of cheapest paths between sources and targets; each search stops at its last target.

    Parameters
    ----------
    graph
        The graph.
    sources, targets
        (s,) and (t,) node numbers, repetition allowed; targets default to the sources.
    metric
        What is minimised: any metric of the graph.
    limit
        Seconds or metres (of the metric) beyond which targets count as unreachable.

    Returns
    -------
    Tables
        (s, t) durations and distances along the cheapest paths.

    Raises
    ------
    InputError
        If a node or the metric does not exist.
    """
    rows = check_nodes(graph, sources, "sources")
    columns = rows if targets is None else check_nodes(graph, targets, "targets")
    arcs = adjacency.forward(graph, metric)
    most = adjacency.steps(graph, metric, limit)
    extra = searches.extra_weights(graph, arcs, adjacency.others(metric)[1:])
    costs, alongs, sums = searches.table(arcs, rows, columns, limit=most, extra=extra)
    return _tables(graph, metric, costs, alongs, *sums)


def shortest_path(graph: Graph, source: int, target: int, metric: str = "duration") -> Path:
    """The cheapest path between two nodes, by bidirectional search.

    Parameters
    ----------
    graph
        The graph.
    source, target
        Node numbers.
    metric
        What is minimised: any metric of the graph.

    Raises
    ------
    InputError
        If a node or the metric does not exist.
    RoutingError
        If there is no path.
    """
    ends = check_nodes(graph, [source, target], "source, target")
    costs, _, _, arcs = searches.pairs(graph, metric, ends[:1], ends[1:])
    if costs[0] < 0:
        raise no_way(graph, int(ends[0]), int(ends[1]))
    return path_of(graph, arcs, int(ends[0]))


def shortest_paths(
    graph: Graph, sources: npt.ArrayLike, targets: npt.ArrayLike, metric: str = "duration"
) -> Paths:
    """Cheapest paths between pairs of nodes, in one call.

    Parameters
    ----------
    graph
        The graph.
    sources, targets
        (p,) node numbers, taken pairwise.
    metric
        What is minimised: any metric of the graph.

    Raises
    ------
    InputError
        If a node or the metric does not exist, or there are not as many sources as targets.
    """
    starts, ends = check_nodes(graph, sources, "sources"), check_nodes(graph, targets, "targets")
    if len(starts) != len(ends):
        raise InputError(f"{len(starts)} sources but {len(ends)} targets: no pairs")
    costs, alongs, stops, arcs = searches.pairs(graph, metric, starts, ends)
    sums = [_path_sums(graph.metrics[key][arcs], stops) for key in adjacency.others(metric)[1:]]
    tables = _tables(graph, metric, costs, alongs, *(np.where(costs < 0, -1, s) for s in sums))
    return Paths(graph, starts, ends, tables.durations, tables.distances, stops, arcs)


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


def path_of(graph: Graph, arcs: npt.ArrayLike, source: int | None = None) -> Path:
    """A :class:`Path` from its arcs, with its sums added up.

    Parameters
    ----------
    graph
        The graph.
    arcs
        (k,) arcs, each beginning where the one before ends.
    source
        Where it begins; needed only when there are no arcs.

    Raises
    ------
    InputError
        If the arcs do not hang together.
    """
    row = np.asarray(arcs, dtype=np.int32)
    if row.size == 0 and source is None:
        raise InputError("a path without arcs needs a source")
    if row.size and (row.min() < 0 or row.max() >= graph.m):
        raise InputError("a path holds an arc that does not exist")
    start = int(graph.edge_tails[row[0]]) if row.size else int(source or 0)
    nodes = np.concatenate((np.array([start], np.int32), graph.heads[row]))
    if not np.array_equal(graph.edge_tails[row], nodes[:-1]):
        raise InputError("the arcs of a path do not hang together")
    sums = [graph.metrics[key][row].sum(dtype=np.int64) for key in adjacency.REPORTED]
    units = [graph.units[key] for key in adjacency.REPORTED]
    return Path(nodes, row, *map(float, map(adjacency.real, sums, units)))


def no_way(graph: Graph, source: int, target: int) -> RoutingError:
    """The error that says that two nodes are not connected, by their original ids."""
    ids = graph.node_ids
    return RoutingError(
        f"no way from node {ids[source]} to node {ids[target]}",
        fix="keep the largest strongly connected part (Graph.largest_component)",
    )


def check_nodes(graph: Graph, values: npt.ArrayLike, what: str) -> npt.NDArray[np.int32]:
    """Node numbers as a read-only (k,) int32 array; raises InputError when one does not exist."""
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


def _tables(graph: Graph, metric: str, cost: Ints, *besides: Ints) -> Tables:
    """Integer sums of the metric and of :func:`adjacency.others` as seconds and metres."""
    keys = (metric, *adjacency.others(metric))
    real = {
        key: adjacency.real(steps, graph.units[key])
        for key, steps in zip(keys, (cost, *besides), strict=True)
    }
    return Tables(real["duration"], real["distance"], real[metric])


def _path_sums(weights: npt.NDArray[np.int32], stops: Ints) -> Ints:
    """Sum of each stretch ``stops[i]:stops[i + 1]``."""
    ends = np.concatenate(([0], np.cumsum(weights, dtype=np.int64)))[stops]
    return np.diff(ends)
