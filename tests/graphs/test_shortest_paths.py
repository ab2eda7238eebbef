"""Tests of the shortest-path kernels against their slow twins and SciPy."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import dijkstra as scipy_dijkstra

from routesolve.errors import InputError, RoutingError
from routesolve.graphs import (
    Graph,
    adjacency,
    many_to_many,
    one_to_all,
    path_geometry,
    searches,
    shortest_path,
)
from routesolve.graphs.shortest_paths import dijkstra, path_of, shortest_paths

from .examples import build, small_graphs, town
from .naive import Arc, distances_of_fastest, simple_paths
from .naive import dijkstra as naive_dijkstra

Case = tuple[int, list[Arc]]
Answers = tuple[float, float, set[float]]
INF = float("inf")


def seconds(steps: int) -> float:
    """What a slow twin's integer means to the public functions."""
    return INF if steps < 0 else steps / 1000


def lightest(n: int, tails: np.ndarray, heads: np.ndarray, weights: np.ndarray) -> csr_array:
    """A matrix for SciPy, which would add parallel entries up: only the lightest goes in."""
    order = np.lexsort((weights, heads, tails))
    key = (tails * n + heads)[order]
    first = order[np.r_[True, key[1:] != key[:-1]]]
    values = weights[first].astype(float)
    return coo_array((values, (tails[first], heads[first])), shape=(n, n)).tocsr()


@settings(deadline=None)
@given(small_graphs())
def test_tables_equal_naive(case: Case) -> None:
    """Durations are the least ones, distances those of one fastest path, unreachable is
    infinite.
    """
    n, arcs = case
    tables = many_to_many(build(n, arcs), np.arange(n))
    for source in range(n):
        best = naive_dijkstra(n, arcs, source)
        assert tables.durations[source].tolist() == [seconds(cost) for cost in best]
        possible = distances_of_fastest(n, arcs, source)
        for target in range(n):
            if best[target] < 0:
                assert tables.distances[source, target] == INF
            else:
                assert round(tables.distances[source, target] * 1000) in possible[target]


@settings(deadline=None)
@given(small_graphs(), st.data())
def test_all_entry_points_agree(case: Case, data: st.DataObject) -> None:
    """Trees, early-stopped tables with repeated targets and single paths give the same numbers."""
    n, arcs = case
    graph = build(n, arcs)
    nodes = st.integers(0, n - 1)
    sources = data.draw(st.lists(nodes, max_size=4))
    targets = data.draw(st.lists(nodes, max_size=4))
    metric = data.draw(st.sampled_from(["duration", "distance"]))
    tables = many_to_many(graph, sources, targets, metric)
    assert tables.durations.shape == (len(sources), len(targets))
    for row, source in enumerate(sources):
        whole = one_to_all(graph, source, metric)
        np.testing.assert_array_equal(tables.durations[row], whole.durations[targets])
        np.testing.assert_array_equal(tables.distances[row], whole.distances[targets])
        for column, target in enumerate(targets):
            if tables.durations[row, column] == INF:
                with pytest.raises(RoutingError):
                    shortest_path(graph, source, target, metric)
                continue
            path = shortest_path(graph, source, target, metric)
            assert path.duration == tables.durations[row, column]
            assert path.distance == tables.distances[row, column]


@settings(deadline=None)
@given(small_graphs())
def test_path_sums(case: Case) -> None:
    """A path hangs together from source to target, and its arcs add up to its duration and
    distance.
    """
    n, arcs = case
    graph = build(n, arcs)
    durations = many_to_many(graph, np.arange(n)).durations
    for source, target in np.argwhere(durations < INF).tolist():
        path = shortest_path(graph, source, target)
        assert (path.nodes[0], path.nodes[-1]) == (source, target)
        assert graph.edge_tails[path.arcs].tolist() == path.nodes[:-1].tolist()
        assert graph.heads[path.arcs].tolist() == path.nodes[1:].tolist()
        assert len(set(path.nodes.tolist())) == len(path.nodes)
        assert path.duration == graph.metrics["duration"][path.arcs].sum() / 1000
        assert path.distance == graph.metrics["distance"][path.arcs].sum() / 1000


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("symmetric", [False, True])
def test_equal_to_scipy(seed: int, symmetric: bool) -> None:
    """Larger random graphs, sparse enough for islands, with shuffled ids and wide weights."""
    rng = np.random.default_rng(seed)
    n, m = 300, int(rng.integers(300, 1500))
    tails, heads = rng.integers(0, n, m), rng.integers(0, n, m)
    weights = rng.integers(1, 2**31 - 1, m)
    if symmetric:
        tails, heads = np.r_[tails, heads], np.r_[heads, tails]
        weights = np.r_[weights, weights]
    graph = Graph.from_edges(tails, heads, weights / 1000, weights / 1000, n=n)
    expected = scipy_dijkstra(lightest(n, tails, heads, weights)) / 1000
    tables = many_to_many(graph, np.arange(n))
    np.testing.assert_array_equal(tables.durations, expected)
    np.testing.assert_array_equal(tables.distances, expected)
    np.testing.assert_array_equal(dijkstra(graph).costs, expected)
    given_arcs = graph.metrics["duration"].astype(np.int64)
    np.testing.assert_array_equal(dijkstra(graph, weights=given_arcs).costs / 1000, expected)
    halves = dijkstra(graph, weights=given_arcs / 2).costs
    np.testing.assert_array_equal(halves / 500, expected)
    sources, targets = rng.integers(0, n, (2, 200))
    paths = shortest_paths(graph, sources, targets)
    np.testing.assert_array_equal(paths.durations, expected[sources, targets])
    for i, path in enumerate(map(paths.__getitem__, range(200))):
        if path is not None:
            assert path_of(graph, path.arcs, int(sources[i])).duration == path.duration


def test_fastest_is_not_shortest() -> None:
    """Durations rule, distances follow; asked for the shortest it is the other way round."""
    graph = build(2, [Arc(0, 1, 1000, 9000), Arc(0, 1, 5000, 2000)])
    assert [float(t[1]) for t in one_to_all(graph, 0)] == [1.0, 9.0, 1.0]
    assert [float(t[1]) for t in one_to_all(graph, 0, "distance")] == [5.0, 2.0, 2.0]


def test_one_node() -> None:
    """A graph of one node with a loop: from itself to itself is free."""
    graph = build(1, [Arc(0, 0, 5, 5)])
    path = shortest_path(graph, 0, 0)
    assert (path.nodes.tolist(), path.arcs.tolist(), path.duration) == ([0], [], 0.0)
    assert many_to_many(graph, [0]).durations.tolist() == [[0.0]]


def test_heaviest_weights_do_not_overflow() -> None:
    """A long chain of the largest weights adds up beyond 32 bits."""
    n, top = 2000, 2**31 - 1
    graph = build(n, [Arc(k, k + 1, top, top) for k in range(n - 1)])
    assert one_to_all(graph, 0).durations[-1] == (n - 1) * top / 1000


def test_weights_of_all_sizes_go_through_the_heap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights of very different sizes would need too many buckets."""
    monkeypatch.setattr(adjacency, "MOST_BUCKETS", 8)
    rng = np.random.default_rng(4)
    n, m = 300, 1200
    tails, heads = rng.integers(0, n, m), rng.integers(0, n, m)
    weights = rng.integers(0, 5, m)
    weights[:3] = 2**31 - 1
    graph = Graph.from_edges(tails, heads, weights / 1000, weights / 1000, n=n)
    assert adjacency.forward(graph).buckets == 0
    expected = scipy_dijkstra(lightest(n, tails, heads, weights)) / 1000
    tables = many_to_many(graph, np.arange(n))
    np.testing.assert_array_equal(tables.durations, expected)
    np.testing.assert_array_equal(dijkstra(graph).costs, expected)
    np.testing.assert_array_equal(
        dijkstra(graph, weights=graph.metrics["duration"] * 0.5).costs, expected * 500
    )
    pairs = rng.integers(0, n, (2, 50))
    paths = shortest_paths(graph, *pairs)
    np.testing.assert_array_equal(paths.durations, expected[tuple(pairs)])
    np.testing.assert_array_equal(
        one_to_all(graph, 7, limit=0.01).durations <= 0.01, expected[7] <= 0.01
    )


def test_hostile_weights_fall_back_to_the_heap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a wide bucket is taken up again and again, the heap finishes the job."""
    # Each gadget has a direct way and a cheaper one that is found after it: the nodes behind are
    # relaxed again for every gadget before them, all within one bucket.
    arcs: list[Arc] = []
    gadgets = 18
    for g in range(gadgets):
        step = 2 ** (gadgets - g)
        arcs += [Arc(2 * g, 2 * g + 1, 0, 1), Arc(2 * g, 2 * g + 2, 2 * step, 1)]
        arcs += [Arc(2 * g + 1, 2 * g + 2, step, 1)]
    n = 2 * gadgets + 2
    arcs += [Arc(2 * gadgets, n - 1, 2**28, 1)] * 40
    graph = build(n, arcs)
    assert adjacency.forward(graph).buckets > 0
    calls: list[int] = []
    original = searches._heap_search

    def spy(*arguments: Any) -> int:
        calls.append(1)
        return original(*arguments)

    monkeypatch.setattr(searches, "_heap_search", spy)
    best = [seconds(cost) for cost in naive_dijkstra(n, arcs, 0)]
    assert one_to_all(graph, 0).durations.tolist() == best
    assert len(calls) == 1
    assert dijkstra(graph, 0).costs.tolist() == best
    assert len(calls) == 2
    assert many_to_many(graph, [0], [n - 1, 5]).durations.tolist() == [[best[-1], best[5]]]
    assert len(calls) == 3
    floats = dijkstra(graph, 0, weights=graph.metrics["duration"] / 1000).costs
    assert floats.tolist() == pytest.approx(best)
    assert shortest_path(graph, 0, n - 1).duration == best[-1]


@settings(deadline=None)
@given(small_graphs(), st.integers(0, 12), st.data())
def test_dijkstra_equals_naive(case: Case, limit: int, data: st.DataObject) -> None:
    """One metric, ad-hoc integers and floats: rows, nearest source, limit, predecessors."""
    n, arcs = case
    graph = build(n, arcs)
    sources = data.draw(st.lists(st.integers(0, n - 1), max_size=3))
    weights = data.draw(
        st.sampled_from(
            [None, graph.metrics["duration"].astype(np.int64), graph.metrics["duration"] * 0.25]
        )
    )
    scale = {"i": 1.0, "f": 0.25}[weights.dtype.kind] if weights is not None else 0.001

    def cost(steps: int) -> float:
        return INF if steps < 0 else steps / 1000 if weights is None else steps * scale

    options = {"weights": weights, "return_predecessors": True}
    found = dijkstra(graph, sources, **options)  # type: ignore[arg-type]
    expected = [[cost(c) for c in naive_dijkstra(n, arcs, s)] for s in sources]
    assert found.costs.tolist() == expected
    near = dijkstra(
        graph,
        sources,
        min_only=True,
        limit=cost(limit),
        **options,  # type: ignore[arg-type]
    )
    best = [min((row[v] for row in expected), default=INF) for v in range(n)]
    assert near.costs.tolist() == [c if c <= cost(limit) else INF for c in best]
    assert near.predecessors is not None
    lightest_arc = {
        (arc.tail, arc.head): min(
            a.duration for a in arcs if (a.tail, a.head) == (arc.tail, arc.head)
        )
        for arc in arcs
    }
    for v, u in enumerate(near.predecessors.tolist()):
        if u < 0:
            assert v in sources or near.costs[v] == INF
        else:
            reached = near.costs[u] + cost(lightest_arc[u, v])
            assert near.costs[v] == pytest.approx(reached, abs=1e-12)


@settings(deadline=None)
@given(small_graphs(), st.sampled_from(["duration", "distance"]))
def test_many_pairs_at_once(case: Case, metric: str) -> None:
    """A batch gives the paths of single calls, `None` where there is none."""
    n, arcs = case
    graph = build(n, arcs)
    sources, targets = (side.ravel() for side in np.mgrid[:n, :n])
    paths = shortest_paths(graph, sources, targets, metric)
    tables = many_to_many(graph, np.arange(n), metric=metric)
    np.testing.assert_array_equal(paths.durations, tables.durations.ravel())
    np.testing.assert_array_equal(paths.distances, tables.distances.ravel())
    assert len(paths) == n * n
    for i, (source, target) in enumerate(zip(sources, targets, strict=True)):
        path = paths[i]
        if path is None:
            assert paths.durations[i] == INF
            continue
        single = shortest_path(graph, int(source), int(target), metric)
        assert path.arcs.tolist() == single.arcs.tolist()
        assert path.nodes.tolist() == single.nodes.tolist()
        assert (path.duration, path.distance) == (single.duration, single.distance)
        again = path_of(graph, path.arcs, int(source))
        assert (again.duration, again.distance) == (path.duration, path.distance)


def test_long_paths_of_a_batch() -> None:
    """The room for the arcs grows as they come."""
    n = 3000
    graph = build(n, [Arc(k, k + 1, 1, 2) for k in range(n - 1)])
    paths = shortest_paths(graph, [0] * 20, [n - 1] * 20)
    assert paths.durations.tolist() == [(n - 1) / 1000] * 20
    assert (paths.arcs.reshape(20, -1) == np.arange(n - 1)).all()
    assert paths[-1] is not None
    with pytest.raises(InputError, match="pairs"):
        shortest_paths(graph, [0], [1, 2])


def test_parts_that_do_not_hang_together() -> None:
    """A path is made of arcs that follow each other."""
    graph = town()
    with pytest.raises(InputError, match="hang together"):
        path_of(graph, [0, 0])
    with pytest.raises(InputError, match="does not exist"):
        path_of(graph, [99])
    with pytest.raises(InputError, match="source"):
        path_of(graph, [])


@pytest.mark.parametrize(
    "weights",
    [[1.0], [1, 2, 3, 4, -1], [1.0, 2, 3, 4, np.nan], [1.0, 2, 3, 4, np.inf], ["a"] * 5],
)
def test_bad_weights_are_refused(weights: list[object]) -> None:
    """Too few, negative, not a number, infinite, not numbers at all."""
    with pytest.raises(InputError, match="weights"):
        dijkstra(town(), 0, weights=weights)  # type: ignore[arg-type]


def test_limits() -> None:
    """A limit is included; below zero not even the start is reached."""
    graph = town()
    assert one_to_all(graph, 0, limit=1.5).durations.tolist() == [0.0, 1.5, INF, INF]
    assert many_to_many(graph, [0], limit=-1.0).durations.tolist() == [[INF]]
    assert dijkstra(graph, 0, limit=-1.0).costs.tolist() == [INF] * 4
    with pytest.raises(InputError, match="limit"):
        one_to_all(graph, 0, limit=np.nan)


def test_threads_share_a_graph() -> None:
    """Searches at the same time do not disturb each other."""
    rng = np.random.default_rng(8)
    n, m = 400, 1600
    tails, heads, weights = rng.integers(0, n, m), rng.integers(0, n, m), rng.integers(0, 99, m)
    graph = Graph.from_edges(tails, heads, weights, weights, n=n)
    pairs = rng.integers(0, n, (200, 2)).tolist()
    expected = [many_to_many(graph, [s], [t]).durations[0, 0] for s, t in pairs]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda p: shortest_paths(graph, p[:1], p[1:]).durations[0], pairs))
    assert found == expected


@pytest.mark.parametrize("nodes", [[4], [-1], [0.5], [[0]]])
def test_bad_nodes_are_refused(nodes: list[object]) -> None:
    """A compiled kernel would read outside of its arrays."""
    with pytest.raises(InputError):
        many_to_many(town(), nodes)  # type: ignore[arg-type]
    with pytest.raises(InputError):
        many_to_many(town(), [0], nodes)  # type: ignore[arg-type]


def test_unknown_metric() -> None:
    """The error lists the metrics that the graph has."""
    with pytest.raises(InputError, match=r"beauty[^$]*use one of 'duration', 'distance'"):
        one_to_all(town(), 0, "beauty")
    with pytest.raises(InputError, match="'cost'"):
        many_to_many(priced(town(), [1] * 5), [0], metric="beauty")


def priced(graph: Graph, costs: npt.ArrayLike) -> Graph:
    """The same graph with a third metric, whose step is worth 0.25; costs in the arcs' order."""
    metrics = {**graph.metrics, "cost": np.asarray(costs, np.int32)}
    return replace(graph, metrics=metrics, units={**graph.units, "cost": 0.25})


def traded(graph: Graph) -> Graph:
    """Costs as durations and durations as distances: searches by either must go the same ways."""
    keys = {"duration": "cost", "distance": "duration"}
    return replace(
        graph,
        metrics={key: graph.metrics[old] for key, old in keys.items()},
        units={key: graph.units[old] for key, old in keys.items()},
    )


def naive_costs(arcs: list[Arc], costs: list[int], source: int, target: int) -> Answers:
    """Least cost, least duration at that cost, and the distances of all such simple paths."""
    ways = [
        (sum(costs[arc] for arc in way), duration, distance)
        for duration, distance, way in simple_paths(arcs, source, target)
    ]
    if not ways:
        return INF, INF, {INF}
    cost, duration, _ = min(ways)
    possible = {way[2] / 1000 for way in ways if way[:2] == (cost, duration)}
    return cost * 0.25, duration / 1000, possible


@pytest.mark.parametrize("most_buckets", [1 << 16, 1])
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(small_graphs(6), st.data())
def test_a_third_metric(
    monkeypatch: pytest.MonkeyPatch, most_buckets: int, case: Case, data: st.DataObject
) -> None:
    """Costs rule, durations decide among equal ones, and the path reported has those sums."""
    monkeypatch.setattr(adjacency, "MOST_BUCKETS", most_buckets)
    n, unsorted = case
    arcs = sorted(unsorted, key=lambda arc: arc.tail)
    costs = data.draw(st.lists(st.integers(0, 5), min_size=len(arcs), max_size=len(arcs)))
    graph = priced(build(n, arcs), costs)
    nodes = np.arange(n)
    tables = many_to_many(graph, nodes, metric="cost")
    trees = [one_to_all(graph, source, "cost") for source in range(n)]
    rows, columns = (side.ravel() for side in np.mgrid[:n, :n])
    paths = shortest_paths(graph, rows, columns, "cost")
    for i, (source, target) in enumerate(zip(rows.tolist(), columns.tolist(), strict=True)):
        cost, duration, distances = naive_costs(arcs, costs, source, target)
        for found in (tables.costs[source, target], trees[source].costs[target]):
            assert found == cost
        for found in (tables.durations[source, target], trees[source].durations[target]):
            assert found == duration
        for found in (tables.distances[source, target], trees[source].distances[target]):
            assert found in distances
        assert (paths.durations[i], paths.distances[i] in distances) == (duration, True)
        path = paths[i]
        assert (path is None) == (cost == INF)
        if path is not None:
            assert graph.metrics["cost"][path.arcs].sum() * 0.25 == cost
            again = path_of(graph, path.arcs, source)
            assert (again.duration, again.distance) == (path.duration, path.distance)
            single = shortest_path(graph, source, target, "cost")
            assert single.arcs.tolist() == path.arcs.tolist()


@settings(deadline=None)
@given(small_graphs(), st.data())
def test_tree_sums_equal_naive(case: Case, data: st.DataObject) -> None:
    """Sums of any weights over a tree are those of its paths, added up arc by arc."""
    n, arcs = case
    graph = build(n, arcs)
    weights = data.draw(st.lists(st.integers(0, 9), min_size=graph.m, max_size=graph.m))
    extra = np.array([weights, weights[::-1]], np.int32)
    rows = adjacency.backward(graph) if data.draw(st.booleans()) else adjacency.forward(graph)
    root = data.draw(st.integers(0, n - 1))
    forest = searches.grow(rows, np.array([root], np.int32))
    sums = searches.tree_sums(rows, forest, extra)
    for node in range(n):
        for e in range(2):
            total, v = 0, node
            while forest.entry[v] >= 0:
                total += int(extra[e, forest.entry[v]])
                v = int(rows.ends[forest.entry[v]])
            assert sums[e, node] == (total if forest.cost[node] >= 0 else -1)


def test_unreachable_names_the_nodes() -> None:
    """The error speaks of original ids."""
    with pytest.raises(RoutingError, match="29542602 to node 8"):
        shortest_path(town(), 0, 3)


def test_geometry_follows_the_courses() -> None:
    """Courses are joined without doubled points; arcs without one are straight."""
    graph = town()
    path = shortest_path(graph, 0, 2)
    expected = [[31.3, 30.1], [31.305, 30.12], [31.31, 30.1], [31.31, 30.11]]
    assert path_geometry(graph, path).tolist() == expected
    assert path_geometry(graph, path.arcs).tolist() == expected
    assert path_geometry(graph, shortest_path(graph, 1, 1)).tolist() == [[31.31, 30.1]]
    with pytest.raises(InputError, match="no coordinates"):
        path_geometry(build(1, []), [])


def test_kernels_without_compilation_agree() -> None:
    """The kernels are plain Python underneath: with Numba switched off the numbers are the same."""
    code = """
from dataclasses import replace
import numpy as np
from routesolve.graphs import Graph, adjacency, many_to_many, one_to_all
from routesolve.graphs.alternatives import alternative_paths
from routesolve.graphs.astar import Landmarks, astar
from routesolve.graphs.bfs import breadth_first
from routesolve.graphs.k_shortest import k_shortest_paths
from routesolve.graphs.shortest_paths import dijkstra, shortest_paths
from routesolve.graphs.tables import matrix
from routesolve.graphs.time_dependent import TravelTimes, band_matrices

rng = np.random.default_rng(3)
t, h = rng.integers(0, 40, (2, 130))
w = rng.integers(0, 9, 130) / 1000
g = Graph.from_edges(t, h, w, w[::-1].copy(), rng.random((40, 2)), n=40)
print(many_to_many(g, range(40)).durations.tolist())
print(one_to_all(g, 5).distances.tolist())
priced = replace(
    g,
    metrics={**g.metrics, "cost": rng.integers(0, 9, 130).astype(np.int32)},
    units={**g.units, "cost": 0.5},
)
print([table.tolist() for table in many_to_many(priced, range(40), metric="cost")])
print([table.tolist() for table in one_to_all(priced, 5, "cost")])
for ends in (([1, 2], range(40)), (range(40), [3, 1, 3])):
    for table in matrix(priced, *ends, metrics=("cost", "distance"), threads=2):
        print(table.tolist())
print(dijkstra(g, [0, 1], return_predecessors=True))
print(dijkstra(g, [0, 1], weights=w * 0.3, min_only=True).costs.tolist())
spread = np.ones(130)
spread[0] = 1e9
print(dijkstra(g, 3, weights=spread).costs.tolist())
adjacency.MOST_BUCKETS = 1
other = Graph.from_edges(t, h, w, w[::-1].copy(), n=40)
print(one_to_all(other, 5).distances.tolist(), dijkstra(other, 3, weights=spread).costs.tolist())
adjacency.MOST_BUCKETS = 1 << 16
paths = shortest_paths(g, range(40), list(range(39, -1, -1)))
print(paths.durations.tolist(), paths.arcs.tolist())
marks = Landmarks.build(g, 3)
print(marks.nodes.tolist(), marks.tables.tolist())
for i in np.flatnonzero(paths.durations < np.inf).tolist():
    print(astar(g, i, 39 - i).arcs.tolist(), astar(g, i, 39 - i, landmarks=marks).arcs.tolist())
    print([p.arcs.tolist() for p in k_shortest_paths(g, i, 39 - i, 4)])
    for method in ("via", "plateau", "penalty"):
        routes = alternative_paths(g, i, 39 - i, method=method, max_stretch=2.0)
        print([(r.path.arcs.tolist(), r.sharing, r.local_optimality) for r in routes])
print(breadth_first(g, [0, 7], return_predecessors=True))
busy = TravelTimes(g, np.zeros(130, np.int32), (([0.0, 0.004], [1.0, 0.3]),), period=0.01)
print(band_matrices(busy, [0.0, 0.003], range(4), range(9)).durations.tolist())
"""
    outputs = []
    for switch in ("0", "1"):
        run = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", code],
            env={
                **os.environ,
                "NUMBA_DISABLE_JIT": switch,
                "PYTHONPATH": os.pathsep.join(sys.path),
            },
            capture_output=True,
            text=True,
            check=True,
        )
        outputs.append(run.stdout)
    assert outputs[0] == outputs[1]
    assert "inf" in outputs[0]
