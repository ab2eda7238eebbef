"""Searches on prepared arcs, in integer steps: what the public functions of this room share.

Each picks the bucket queue where it fits and the heap where it does not, allocates what the kernel
works in, and keeps that for the next call where a search touches little of the graph.

Nothing can overflow: a path leaves each of at most 2**31 nodes once over a weight below 2**31, so
that its cost stays below 2**62, and where costs are kept in 32 bits the kernel stops before one
could outgrow them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError
from routesolve.graphs import adjacency
from routesolve.graphs._arrays import frozen
from routesolve.graphs._kernels import bidirectional, bucket, convert
from routesolve.graphs._kernels import dijkstra as heap
from routesolve.graphs.adjacency import NO_LIMIT, Adjacency, Int32s, Int64s
from routesolve.graphs.graph import MAX_WEIGHT, Graph

Floats = npt.NDArray[np.float64]

EFFORT = 8
"""A bucket search may relax this many times as many arcs as there are before the heap takes
over; on street networks it relaxes 1.1 times as many."""


class Grown(NamedTuple):
    """Labels of a forest of cheapest paths, in integer steps; -1 where nothing was reached.

    Attributes
    ----------
    cost, along : numpy.ndarray
        (n,) int64 sums of the metric and of the one that decides among equal costs.
    entry : numpy.ndarray
        (n,) int32 row of the adjacency by which a node is entered; -1 at the sources.
    """

    cost: Int64s
    along: Int64s
    entry: Int32s


class Scratch(NamedTuple):
    """What one bucket search works in: clean between calls, whoever dirties it cleans it."""

    wanted: npt.NDArray[np.int8]
    cost: Int64s
    along: Int64s
    entry: Int32s
    at: Int32s
    head: Int32s
    pool: Int32s
    touched: Int32s


def scratch(arcs: Adjacency, sources: int) -> Scratch:
    """Fresh arrays for a bucket search from that many sources."""
    n = arcs.n
    return Scratch(
        np.zeros(n, np.int8),
        np.full(n, bucket.FAR64, np.int64),
        np.full(n, -1, np.int64),
        np.full(n, -1, np.int32),
        np.full(n, -1, np.int32),
        np.full(max(arcs.buckets, 1), -1, np.int32),
        np.empty((2 * arcs.m + sources, 2), np.int32),
        np.empty(n, np.int32),
    )


def effort(arcs: Adjacency) -> int:
    """How many arcs a bucket search may relax."""
    return EFFORT * arcs.m + 1024


def grow(
    arcs: Adjacency, sources: Int32s, *, limit: int = NO_LIMIT, target: int | None = None
) -> Grown:
    """The forest of cheapest paths from `sources`, up to `limit` steps.

    With a `target`, the search may stop when that is final: only costs up to its own are then sure
    to be.
    """
    if arcs.buckets:
        work = scratch(arcs, len(sources))
        missing = -1
        if target is not None:
            work.wanted[target] = 1
            missing = 1
        ended, _ = bucket.search(
            arcs.indptr, arcs.arcs, arcs.other, arcs.shift, sources, limit, work.wanted, missing,
            effort(arcs), work.cost, work.along, work.entry, work.at, work.head, work.pool,
            work.touched,
        )  # fmt: skip
        if ended == bucket.DONE:
            work.cost[work.cost == bucket.FAR64] = -1
            return Grown(work.cost, work.along, work.entry)
    wanted = np.zeros(arcs.n, np.int8)
    if target is not None:
        wanted[target] = 1
    room = _heap_scratch(arcs.n, arcs.m + len(sources), np.int64, heap.FAR)
    _heap_search(arcs, sources, limit, wanted, -1 if target is None else 1, room)
    room.cost[room.cost == heap.FAR] = -1
    return Grown(room.cost, room.along, room.entry)


def extra_weights(graph: Graph, arcs: Adjacency, keys: Sequence[str]) -> Int32s:
    """(e, m) weights of some metrics in the order of the rows of `arcs`."""
    rows = [graph.metrics[key][arcs.ids] for key in keys]
    return np.array(rows, np.int32).reshape(len(rows), arcs.m)


def tree_sums(arcs: Adjacency, forest: Grown, extra: Int32s) -> Int64s:
    """Sums of further metrics (e, m) over the paths of a forest, (e, n) int64; -1 = unreached."""
    sums = np.empty((len(extra), arcs.n), np.int64)
    if len(extra):
        bucket.tree_sums(forest.entry, arcs.ends, forest.cost, extra, sums)
    return sums


def table(
    arcs: Adjacency,
    sources: Int32s,
    targets: Int32s,
    *,
    limit: int = NO_LIMIT,
    extra: Int32s | None = None,
) -> tuple[Int64s, Int64s, Int64s]:
    """Costs, sums of the deciding metric, (s, t) int64, and of the `extra` ones, (e, s, t).

    `extra` is (e, m) int32 in the order of the rows of `arcs`; -1 = unreachable within `limit`.
    """
    weights = np.empty((0, arcs.m), np.int32) if extra is None else extra
    costs = np.empty((len(sources), len(targets)), np.int64)
    alongs = np.empty_like(costs)
    sums = np.empty((len(weights), *costs.shape), np.int64)
    if costs.size == 0:
        return costs, alongs, sums
    done = 0
    ends = arcs.ends if len(weights) else frozen([], np.int32)
    if arcs.buckets:
        work = scratch(arcs, 1)
        known = np.full(arcs.n if len(weights) else 0, -1, np.int64)
        ended, done = bucket.table(
            arcs.indptr, arcs.arcs, arcs.other, ends, weights, arcs.shift, sources, targets, limit,
            effort(arcs), *work, known, costs, alongs, sums,
        )  # fmt: skip
        if ended == bucket.DONE:
            return costs, alongs, sums
    room = _heap_scratch(arcs.n, arcs.m + 1, np.int64, heap.FAR)
    wanted = np.zeros(arcs.n, np.int8)
    wanted[targets] = 1
    missing = int(wanted.sum())
    for row in range(done, len(sources)):
        count = _heap_search(arcs, sources[row : row + 1], limit, wanted, missing, room)
        reached = room.cost[targets] < heap.FAR
        costs[row] = np.where(reached, room.cost[targets], -1)
        alongs[row] = np.where(reached, room.along[targets], -1)
        if len(weights):
            found = np.full(arcs.n, -1, np.int64)
            found[targets] = costs[row]
            forest = Grown(found, room.along, room.entry)
            sums[:, row] = tree_sums(arcs, forest, weights)[:, targets]
        room.cost[room.touched[:count]] = heap.FAR
    return costs, alongs, sums


class _Heap(NamedTuple):
    """What one heap search works in; `cost` comes clean."""

    cost: Any
    along: Any
    entry: Int32s
    touched: Int32s
    first: Any
    second: Any
    nodes: Int32s


def _heap_scratch(n: int, room: int, dtype: type[Any], far: float) -> _Heap:
    return _Heap(
        np.full(n, far, dtype),
        np.full(n, -1, dtype),
        np.full(n, -1, np.int32),
        np.empty(n, np.int32),
        np.empty(room, dtype),
        np.empty(room, dtype),
        np.empty(room, np.int32),
    )


def _heap_search(
    arcs: Adjacency,
    sources: Int32s,
    limit: int,
    wanted: npt.NDArray[np.int8],
    missing: int,
    work: _Heap,
) -> int:
    count: int = heap.search(
        arcs.indptr, arcs.arcs[:, 0], arcs.arcs[:, 1], arcs.other, sources, heap.FAR, limit,
        wanted, missing, *work,
    )  # fmt: skip
    return count


class Meeting(NamedTuple):
    """What a bidirectional search works in: two of everything."""

    cost: Int64s
    along: Int64s
    entry: Int32s
    at: Int32s
    head: Int32s
    pool: Int32s
    touched: Int32s


def pairs(
    graph: Graph, metric: str, sources: Int32s, targets: Int32s
) -> tuple[Int64s, Int64s, Int64s, Int32s]:
    """Costs, sums of the deciding metric, row pointers and arcs of the paths of (p,) pairs."""
    there, back = adjacency.forward(graph, metric), adjacency.backward(graph, metric)
    count = len(sources)
    costs, alongs = np.empty(count, np.int64), np.empty(count, np.int64)
    stops = np.zeros(count + 1, np.int64)
    path = np.empty(min(graph.m, 1 << 12) + 1, np.int32)
    done, ended = 0, bucket.FULL if there.buckets else bucket.TOO_MANY
    room = adjacency.kept(graph).setdefault(("meeting", metric), [])
    while ended == bucket.FULL:
        work: Meeting
        try:
            work = room.pop()  # atomic: two threads never share one
        except IndexError:
            work = _meeting(there)
        ended, done = bidirectional.meet_many(
            there.indptr, there.arcs, there.other, back.indptr, back.arcs, back.other, back.ids,
            graph.edge_tails, there.shift, sources, targets, done, effort(there), *work, costs,
            alongs, stops, path,
        )  # fmt: skip
        room.append(work)
        if ended == bucket.FULL:
            grown = np.empty(2 * len(path) + graph.n, np.int32)
            grown[: stops[done]] = path[: stops[done]]
            path = grown
    if done < count:
        return _pairs_by_heap(graph, there, sources, targets, (costs, alongs, stops, path), done)
    return costs, alongs, stops, path[: stops[-1]].copy()


def _meeting(arcs: Adjacency) -> Meeting:
    n, m = arcs.n, arcs.m
    return Meeting(
        np.full((2, n), bucket.FAR64, np.int64),
        np.empty((2, n), np.int64),
        np.empty((2, n), np.int32),
        np.full((2, n), -1, np.int32),
        np.full((2, arcs.buckets), -1, np.int32),
        np.empty((2, 2 * m + 1, 2), np.int32),
        np.empty((2, n), np.int32),
    )


def _pairs_by_heap(
    graph: Graph,
    arcs: Adjacency,
    sources: Int32s,
    targets: Int32s,
    answer: tuple[Int64s, Int64s, Int64s, Int32s],
    done: int,
) -> tuple[Int64s, Int64s, Int64s, Int32s]:
    """The rest of the pairs, from `done` on, by one-sided search."""
    costs, alongs, stops, path = answer
    parts = [path[: stops[done]]]
    for i in range(done, len(sources)):
        source, target = int(sources[i]), int(targets[i])
        work = _heap_scratch(arcs.n, arcs.m + 1, np.int64, heap.FAR)
        wanted = np.zeros(arcs.n, np.int8)
        wanted[target] = 1
        _heap_search(arcs, sources[i : i + 1], NO_LIMIT, wanted, 1, work)
        reached = work.cost[target] < heap.FAR
        costs[i] = work.cost[target] if reached else -1
        alongs[i] = work.along[target] if reached else -1
        way = trace(graph, work.entry, source, target) if reached else np.empty(0, np.int32)
        stops[i + 1] = stops[i] + len(way)
        parts.append(way)
    return costs, alongs, stops, np.concatenate(parts)


def trace(graph: Graph, entry: Int32s, source: int, target: int) -> Int32s:
    """The arcs from `source` to `target` in a forward forest; `entry` (n,) arc into each node."""
    arcs = []
    node = target
    while node != source:
        arcs.append(int(entry[node]))
        node = int(graph.edge_tails[arcs[-1]])
    return np.array(arcs[::-1], dtype=np.int32)


class Queue:
    """Single-metric searches to all nodes: the weights of the graph, or some given ad hoc.

    Parameters
    ----------
    graph
        The graph.
    arcs
        Prepared integer weights, or ``None``.
    weights
        Float weights (m,), used when `arcs` is ``None``.
    unit
        Worth of an integer step.
    """

    def __init__(
        self,
        graph: Graph,
        arcs: Adjacency | None,
        weights: Floats | None = None,
        *,
        unit: float = 1.0,
    ) -> None:
        self._graph, self._arcs, self._weights, self._unit = graph, arcs, weights, unit
        self._at = np.empty(graph.n, np.int32)
        self._pool = np.empty((3 * graph.m + graph.n, 2), np.int32)
        if arcs is not None:
            self._shift, self._buckets = arcs.shift, arcs.buckets
            self._cost = np.empty(graph.n, np.int32)
        else:
            assert weights is not None
            mean = float(weights.mean()) if graph.m else 0.0
            top = float(weights.max()) if graph.m else 0.0
            ratio = top / mean if mean > 0 else 0.0
            self._per_width = 1.0 / mean if mean > 0 and np.isfinite(1.0 / mean) else 0.0
            fits = ratio < adjacency.MOST_BUCKETS / 4
            self._buckets = 1 << (int(ratio) + 3).bit_length() if fits else 0

    def limit(self, limit: float) -> float:
        """A limit in the unit of the costs, as the kernels want it."""
        if np.isnan(limit):
            raise InputError("the limit is not a number", fix="give a number, or inf")
        if self._arcs is None:
            return float(limit) if limit < np.inf else float(np.finfo(np.float64).max)
        return adjacency.whole_steps(limit, self._unit)

    def run(self, sources: Int32s, limit: float, out: Floats, *, keep: bool) -> Int32s:
        """Costs from the nearest of `sources` into `out` (n,); the arcs of entry if `keep`."""
        entry = np.empty(self._graph.n if keep else 0, np.int32)
        if self._arcs is None:
            self._run_float(sources, limit, out, entry)
        else:
            self._run_int(self._arcs, sources, int(limit), out, entry)
        return entry

    def _run_int(
        self, arcs: Adjacency, sources: Int32s, limit: int, out: Floats, entry: Int32s
    ) -> None:
        ended = bucket.TOO_MANY
        if arcs.buckets:
            head = np.empty(arcs.buckets, np.int32)
            # 32-bit costs halve the memory that a search walks over; where they do not suffice the
            # kernel says so.
            last = ((bucket.FAR32 - 1 - arcs.heaviest) >> arcs.shift) - 1
            ended = bucket.costs(
                arcs.indptr, arcs.arcs, arcs.shift, sources, bucket.FAR32,
                min(limit, bucket.FAR32 - 1), last, effort(arcs), self._cost, entry, self._at,
                head, self._pool,
            )  # fmt: skip
            if ended == bucket.DONE:
                convert.real(self._cost, bucket.FAR32, *adjacency.factor(self._unit), out)
                return
        found = grow(arcs, sources, limit=limit)
        convert.real(found.cost, -1, *adjacency.factor(self._unit), out)
        if entry.size:
            entry[:] = found.entry

    def _run_float(self, sources: Int32s, limit: float, out: Floats, entry: Int32s) -> None:
        graph, weights = self._graph, self._weights
        indptr = adjacency.forward(graph, "duration").indptr
        if self._buckets:
            ended = bucket.costs_float(
                indptr, graph.heads, weights, self._per_width, sources, limit,
                EFFORT * graph.m + 1024, out, entry, self._at,
                np.empty(self._buckets, np.int32), self._pool,
            )  # fmt: skip
            if ended == bucket.DONE:
                return
        work = _heap_scratch(graph.n, graph.m + len(sources), np.float64, np.inf)
        heap.search(
            indptr, graph.heads, weights, np.zeros(graph.m), sources, np.inf, limit,
            np.zeros(graph.n, np.int8), -1, *work,
        )  # fmt: skip
        out[:] = work.cost
        if entry.size:
            entry[:] = work.entry


def queue_for(graph: Graph, metric: str, weights: npt.ArrayLike | None) -> Queue:
    """The searches of :func:`~routesolve.graphs.shortest_paths.dijkstra`."""
    arcs = adjacency.forward(graph, metric)
    if weights is None:
        return Queue(graph, arcs, unit=graph.units[metric])
    given = np.asarray(weights)
    if given.shape != (graph.m,) or given.dtype.kind not in "iuf":
        raise InputError(
            f"weights of shape {given.shape} and type {given.dtype} for {graph.m} arcs",
            fix="give one number per arc",
        )
    bad = np.flatnonzero(~((given >= 0) & (given < np.inf)))
    if bad.size:
        raise InputError(
            f"{bad.size} weights are negative, NaN or infinite, the first at arc {bad[0]}:"
            f" {given[bad[0]]}",
            fix="give finite numbers >= 0",
        )
    if given.dtype.kind != "f" and (graph.m == 0 or given.max() <= MAX_WEIGHT):
        return Queue(graph, adjacency.reweighted(arcs, given.astype(np.int32)))
    return Queue(graph, None, frozen(given, np.float64))
