"""The k shortest loopless paths between two nodes."""

from __future__ import annotations

import heapq
from collections.abc import Iterator

import numpy as np

from routesolve.errors import InputError
from routesolve.graphs import adjacency, astar, searches
from routesolve.graphs._arrays import frozen
from routesolve.graphs._kernels import astar as kernels
from routesolve.graphs._kernels.bucket import DONE, FAR64
from routesolve.graphs.adjacency import NO_LIMIT
from routesolve.graphs.graph import Graph
from routesolve.graphs.shortest_paths import Path, check_nodes, no_way, path_of

_Key = tuple[int, int, tuple[int, ...]]


def k_shortest_paths(
    graph: Graph, source: int, target: int, k: int, metric: str = "duration"
) -> list[Path]:
    """The k cheapest paths that visit no node twice, cheapest first.

    J. Y. Yen, "Finding the k shortest loopless paths in a network", Management Science 17 (1971),
    with E. L. Lawler's rule (Management Science 18, 1972: a path branches only from where it left
    the path it came from), exact bounds to the target from one backward search (so that a branch
    looks at little more than its own nodes), and branches dropped as soon as k better ones are
    known. Parallel arcs make different paths.

    Parameters
    ----------
    graph
        The graph.
    source, target
        Node numbers.
    k
        How many; fewer come back when there are no more.
    metric
        What is minimised: any metric of the graph.

    Raises
    ------
    InputError
        If a node or the metric does not exist, or `k` is not positive.
    RoutingError
        If there is no path.
    """
    if k < 1:
        raise InputError(f"{k} paths", fix="ask for at least one")
    start, end = (int(v) for v in check_nodes(graph, [source, target], "source, target"))
    branches = _Branches(graph, start, end, metric)
    first = branches.best((), NO_LIMIT)
    if first is None:
        raise no_way(graph, start, end)
    found: list[tuple[int, ...]] = []
    heap: list[tuple[_Key, int]] = [(first, 0)]
    known = {first[2]}
    while heap and len(found) < k:
        (_, _, arcs), leave = heapq.heappop(heap)
        found.append(arcs)
        if len(found) == k:
            break
        for at, key in branches.of(arcs, leave, found, heap, k - len(found)):
            if key[2] not in known:
                known.add(key[2])
                heapq.heappush(heap, (key, at))
    return [path_of(graph, arcs, start) for arcs in found]


class _Branches:
    """Best continuations of path prefixes."""

    def __init__(self, graph: Graph, source: int, target: int, metric: str) -> None:
        self.graph, self.source, self.target = graph, source, target
        self.arcs = adjacency.forward(graph, metric)
        back = searches.grow(adjacency.backward(graph, metric), frozen([target], np.int32))
        self.bound = np.where(back.cost < 0, FAR64 // 2, back.cost)
        self.weights = graph.metrics[metric]
        self.other = graph.metrics[adjacency.others(metric)[0]]
        self.work = astar.Scratch(graph.n, graph.m)
        self.work.bound = self.bound

    def of(
        self,
        arcs: tuple[int, ...],
        leave: int,
        found: list[tuple[int, ...]],
        heap: list[tuple[_Key, int]],
        wanted: int,
    ) -> Iterator[tuple[int, _Key]]:
        """Where each branch of a path leaves it, from position `leave` on, and the branch."""
        for at in range(leave, len(arcs)):
            prefix = arcs[:at]
            used = {path[at] for path in found if len(path) > at and path[:at] == prefix}
            limit = NO_LIMIT
            if len(heap) >= wanted:
                limit = heapq.nsmallest(wanted, heap)[-1][0][0]
            key = self.best(prefix, limit, used)
            if key is not None:
                yield at, key

    def best(
        self, prefix: tuple[int, ...], limit: int, used: set[int] | None = None
    ) -> _Key | None:
        """The cheapest path of at most `limit` steps over `prefix` and then none of `used`."""
        graph, work = self.graph, self.work
        row = np.array(prefix, np.int32)
        cost, along = (int(w[row].sum(dtype=np.int64)) for w in (self.weights, self.other))
        spur = int(graph.heads[row[-1]]) if prefix else self.source
        closed = graph.edge_tails[row]
        banned = np.array(sorted(used or ()), np.int32)
        work.closed[closed] = 1
        work.banned[banned] = 1
        try:
            while True:
                most = min(limit - cost, FAR64 // 4)
                ended, count = kernels.search(
                    self.arcs.indptr, self.arcs.arcs, self.arcs.other, spur, self.target, most,
                    _NO_POINTS, 0.0, astar.NO_TABLES, astar.NO_ACTIVE, *work,
                )  # fmt: skip
                reached = ended == DONE and work.cost[self.target] <= most
                rest = searches.trace(graph, work.entry, spur, self.target) if reached else row[:0]
                total = int(work.cost[self.target]), int(work.along[self.target])
                work.cost[work.touched[:count]] = FAR64
                if ended == DONE:
                    break
                work.grow()
        finally:
            work.closed[closed] = 0
            work.banned[banned] = 0
        if not reached:
            return None
        return cost + total[0], along + total[1], (*prefix, *rest.tolist())


_NO_POINTS = frozen(np.zeros((0, 3)), np.float64)
