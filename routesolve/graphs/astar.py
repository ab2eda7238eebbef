"""One-to-one search towards the goal: A* with coordinates, ALT with landmarks.

Worth it for many queries on a graph that changes too often for a contraction hierarchy, and where
only a corner of a very large graph may be looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError
from routesolve.graphs import adjacency, searches
from routesolve.graphs._arrays import frozen
from routesolve.graphs._kernels import astar as kernels
from routesolve.graphs._kernels.bucket import DONE, FAR64
from routesolve.graphs.adjacency import NO_LIMIT, Adjacency, Int32s, Int64s
from routesolve.graphs.geodesy import unit_vectors
from routesolve.graphs.graph import Graph
from routesolve.graphs.shortest_paths import Path, check_nodes, no_way, path_of

Floats = npt.NDArray[np.float64]

ACTIVE = 6
"""Landmarks used in one search: the best for its two ends. More bound better, but cost more."""


def astar(
    graph: Graph,
    source: int,
    target: int,
    metric: str = "duration",
    *,
    landmarks: Landmarks | None = None,
) -> Path:
    """The cheapest path between two nodes by A*.

    Without landmarks the bound is the straight line at the least cost per metre of any arc (the
    maximum speed, when durations are minimised), or zero where the graph has no coordinates.

    Parameters
    ----------
    graph
        The graph.
    source, target
        Node numbers.
    metric
        What is minimised: any metric of the graph.
    landmarks
        Built on this graph for this metric.

    Raises
    ------
    InputError
        If a node or the metric does not exist, or the landmarks are those of something else.
    RoutingError
        If there is no path.
    """
    start, end = (int(v) for v in check_nodes(graph, [source, target], "source, target"))
    if landmarks is not None and (landmarks.graph is not graph or landmarks.metric != metric):
        raise InputError(
            f"these landmarks were built for {landmarks.metric} on {landmarks.graph!r}",
            fix="call Landmarks.build(graph, metric=...) with the same graph and metric",
        )
    arcs = adjacency.forward(graph, metric)
    work = take(graph, arcs)
    active = NO_ACTIVE if landmarks is None else landmarks.active(start, end)
    vectors, rate = _air(graph, arcs, metric)
    tables = NO_TABLES if landmarks is None else landmarks.tables
    ended, count = kernels.search(
        arcs.indptr, arcs.arcs, arcs.other, start, end, NO_LIMIT, vectors, rate, tables, active,
        *work,
    )  # fmt: skip
    reached = work.cost[end] < FAR64
    way = searches.trace(graph, work.entry, start, end) if reached and ended == DONE else None
    give_back(graph, work, count)
    if ended != DONE:  # bounds too rough for the heap: pathological weights only
        _, _, stops, way = searches.pairs(
            graph, metric, frozen([start], np.int32), frozen([end], np.int32)
        )
        reached = bool(stops[-1]) or start == end
    if not reached or way is None:
        raise no_way(graph, start, end)
    return path_of(graph, way, start)


@dataclass(frozen=True, eq=False)
class Landmarks:
    """Costs from and to a few nodes at the edge of the graph, for bounds on all others (ALT).

    A. V. Goldberg, C. Harrelson, "Computing the shortest path: A* search meets graph theory", SODA
    2005; the avoid rule: A. V. Goldberg, R. F. Werneck, "Computing point-to-point shortest paths
    from external memory", ALENEX 2005.

    Attributes
    ----------
    graph, metric
        What they were built for.
    nodes : numpy.ndarray
        (k,) int32, the landmarks.
    tables : numpy.ndarray
        (n, k, 2) int32 or int64 integer steps from the landmark to the node, and from the node to
        the landmark; -1 = unreachable.
    """

    graph: Graph
    metric: str
    nodes: Int32s
    tables: npt.NDArray[np.integer]

    @classmethod
    def build(
        cls,
        graph: Graph,
        count: int = 16,
        *,
        metric: str = "duration",
        method: Literal["avoid", "farthest"] = "avoid",
        seed: int = 0,
    ) -> Landmarks:
        """Choose landmarks and compute their tables: two searches of the whole graph for each.

        Parameters
        ----------
        graph
            The graph, with at least one node.
        count
            How many; fewer are taken when fewer are of use.
        metric
            Any metric of the graph.
        method
            ``"farthest"``: each as far as possible from those before it; ``"avoid"``: each where
            the bounds so far are worst (better bounds, one more search each).
        seed
            Of the random roots.

        Raises
        ------
        InputError
            If the graph is empty, or an argument makes no sense.
        """
        if graph.n == 0 or count < 1:
            raise InputError(
                f"{count} landmarks on {graph.n} nodes", fix="give at least one of each"
            )
        if method not in ("avoid", "farthest"):
            raise InputError(f"unknown method {method!r}", fix='use "avoid" or "farthest"')
        there, back = adjacency.forward(graph, metric), adjacency.backward(graph, metric)
        random = np.random.default_rng(seed)
        first = _farthest(graph, there, [_grown(there, int(random.integers(graph.n)))])
        nodes: list[int] = []
        rows: list[tuple[Int64s, Int64s]] = []
        node = first
        while node >= 0 and node not in nodes and len(nodes) < count:
            nodes.append(node)
            rows.append((_grown(there, node), _grown(back, node)))
            if len(nodes) == count:
                break
            if method == "farthest":
                node = _farthest(graph, there, [row[0] for row in rows])
            else:
                node = _avoiding(graph, there, nodes, rows, random)
        top = max(int(table.max()) for row in rows for table in row)
        tables = np.empty((graph.n, len(nodes), 2), np.int32 if top < 2**31 else np.int64)
        for k, row in enumerate(rows):
            tables[:, k, 0], tables[:, k, 1] = row
        tables.flags.writeable = False
        return cls(graph, metric, frozen(nodes, np.int32), tables)

    @property
    def nbytes(self) -> int:
        """Memory of the tables."""
        return int(self.tables.nbytes)

    def active(self, source: int, target: int, count: int = ACTIVE) -> Int64s:
        """The landmarks with the best bounds for one pair."""
        chosen = np.empty(min(count, len(self.nodes)), np.int64)
        used = kernels.choose(self.tables, source, target, chosen)
        return chosen[:used]

    def bound(self, source: int, target: int) -> float:
        """A lower bound on the cost between two nodes, in seconds or metres."""
        ends = check_nodes(self.graph, [source, target], "source, target")
        active = np.arange(len(self.nodes))
        steps = kernels.by_landmarks(self.tables, active, int(ends[0]), int(ends[1]))
        return float(adjacency.in_units(steps, self.graph.units[self.metric]))


NO_ACTIVE = np.empty(0, np.int64)
NO_TABLES = frozen(np.empty((0, 0, 2), np.int32), np.int32)


def _grown(arcs: Adjacency, node: int) -> Int64s:
    return searches.grow(arcs, frozen([node], np.int32)).cost


def _farthest(graph: Graph, arcs: Adjacency, costs: list[Int64s]) -> int:
    """The node farthest from all; nodes that nobody reaches come last, with -1."""
    return int(np.argmax(np.min(costs, axis=0)))


def _avoiding(
    graph: Graph,
    arcs: Adjacency,
    nodes: list[int],
    rows: list[tuple[Int64s, Int64s]],
    random: np.random.Generator,
) -> int:
    root = int(random.integers(graph.n))
    tree = searches.grow(arcs, frozen([root], np.int32))
    bounds = np.zeros(graph.n, np.int64)
    for there, back in rows:
        known = (there >= 0) & (there[root] >= 0)
        np.maximum(bounds, np.where(known, there - there[root], 0), out=bounds)
        known = (back >= 0) & (back[root] >= 0)
        np.maximum(bounds, np.where(known, back[root] - back, 0), out=bounds)
    reached = np.flatnonzero(tree.cost >= 0)
    # Parents first, also over arcs that cost nothing: `along` cannot fall either, and arcs that
    # cost nothing in both metrics only make the choice of a landmark a little worse.
    order = reached[np.lexsort((tree.along[reached], tree.cost[reached]))]
    excess = np.where(tree.cost >= 0, np.maximum(tree.cost - bounds, 0), 0)
    has = np.zeros(graph.n, np.int8)
    has[nodes] = 1
    return int(
        kernels.avoid(tree.entry, order, graph.edge_tails, excess, has, np.empty(graph.n, np.int64))
    )


def _air(graph: Graph, arcs: Adjacency, metric: str) -> tuple[Floats, float]:
    """Points of the unit sphere, and the least steps per unit of chord over all arcs."""
    store = adjacency.kept(graph)
    key = ("air", metric)
    if key not in store:
        if graph.coordinates is None:
            store[key] = frozen(np.zeros((graph.n, 3)), np.float64), 0.0
        else:
            points = frozen(unit_vectors(graph.coordinates), np.float64)
            chords = np.linalg.norm(points[graph.heads] - points[graph.edge_tails], axis=1)
            far = chords > 0
            rates = graph.metrics[metric][far] / chords[far]
            # A hair less, so that rounding never turns a bound into a lie.
            rate = float(rates.min()) * (1 - 1e-9) if rates.size else 0.0
            store[key] = points, rate
    found: tuple[Floats, float] = store[key]
    return found


class Scratch:
    """What one goal-directed search works in; clean between calls."""

    def __init__(self, n: int, m: int) -> None:
        self.closed = np.zeros(n, np.int8)
        self.banned = np.zeros(m, np.int8)
        self.bound = np.full(n, -1, np.int64)
        self.cost = np.full(n, FAR64, np.int64)
        self.along = np.empty(n, np.int64)
        self.entry = np.empty(n, np.int32)
        self.touched = np.empty(n, np.int32)
        room = m + m // 4 + 64
        self.first = np.empty(room, np.int64)
        self.second = np.empty(room, np.int64)
        self.nodes = np.empty(room, np.int32)

    def grow(self) -> None:
        """Twice the room in the heap."""
        room = 2 * len(self.first)
        self.first, self.second = np.empty(room, np.int64), np.empty(room, np.int64)
        self.nodes = np.empty(room, np.int32)

    def __iter__(self) -> Iterator[npt.NDArray[np.integer]]:
        return iter(
            (
                self.closed, self.banned, self.bound, self.cost, self.along, self.entry,
                self.touched, self.first, self.second, self.nodes,
            )
        )  # fmt: skip


def take(graph: Graph, arcs: Adjacency) -> Scratch:
    """Scratch space from the graph's own stock, or new; give it back after use."""
    stock = adjacency.kept(graph).setdefault("astar", [])
    try:
        found: Scratch = stock.pop()
    except IndexError:
        found = Scratch(arcs.n, arcs.m)
    return found


def give_back(graph: Graph, work: Scratch, count: int) -> None:
    """Clean what a search touched and put the space back."""
    touched = work.touched[:count]
    work.cost[touched] = FAR64
    work.bound[touched] = -1
    adjacency.kept(graph)["astar"].append(work)
