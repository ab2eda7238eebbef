"""Tests of the shortest-path kernels against their slow twins and SciPy."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra as scipy_dijkstra

from routesolve.errors import InputError, RoutingError
from routesolve.graphs import Graph, many_to_many, one_to_all, path_geometry, shortest_path

from .examples import build, small_graphs, town
from .naive import Arc, dijkstra, distances_of_fastest

Case = tuple[int, list[Arc]]
INF = float("inf")


def seconds(steps: int) -> float:
    """What a slow twin's integer means to the public functions."""
    return INF if steps < 0 else steps / 1000


@settings(deadline=None)
@given(small_graphs())
def test_tables_equal_naive(case: Case) -> None:
    """Durations are the least ones, distances those of one fastest path, unreachable is
    infinite.
    """
    n, arcs = case
    tables = many_to_many(build(n, arcs), np.arange(n))
    for source in range(n):
        best = dijkstra(n, arcs, source)
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
    # SciPy adds parallel entries up, so only the lightest of them goes in.
    order = np.lexsort((weights, heads, tails))
    key = (tails * n + heads)[order]
    first = order[np.r_[True, key[1:] != key[:-1]]]
    matrix = coo_array((weights[first].astype(float), (tails[first], heads[first])), shape=(n, n))
    expected = scipy_dijkstra(matrix.tocsr()) / 1000
    tables = many_to_many(graph, np.arange(n))
    np.testing.assert_array_equal(tables.durations, expected)
    np.testing.assert_array_equal(tables.distances, expected)


def test_fastest_is_not_shortest() -> None:
    """Durations rule, distances follow; asked for the shortest it is the other way round."""
    graph = build(2, [Arc(0, 1, 1000, 9000), Arc(0, 1, 5000, 2000)])
    assert [float(t[1]) for t in one_to_all(graph, 0)] == [1.0, 9.0]
    assert [float(t[1]) for t in one_to_all(graph, 0, "distance")] == [5.0, 2.0]


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


def test_keys_that_could_overflow_are_refused() -> None:
    """When node and cost might not fit into one key, nothing is computed."""
    graph = build(2, [Arc(0, 1, 1, 1)])
    graph.__dict__["path_bounds"] = {"duration": 2**62, "distance": 1}
    with pytest.raises(InputError, match="62-bit"):
        one_to_all(graph, 0)


@pytest.mark.parametrize("nodes", [[4], [-1], [0.5], [[0]]])
def test_bad_nodes_are_refused(nodes: list[object]) -> None:
    """A compiled kernel would read outside of its arrays."""
    with pytest.raises(InputError):
        many_to_many(town(), nodes)  # type: ignore[arg-type]
    with pytest.raises(InputError):
        many_to_many(town(), [0], nodes)  # type: ignore[arg-type]


def test_unknown_metric() -> None:
    """Only the two metrics that every graph has."""
    with pytest.raises(InputError, match="beauty"):
        one_to_all(town(), 0, "beauty")


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
    code = (
        "import numpy as np\n"
        "from routesolve.graphs import Graph, many_to_many\n"
        "rng = np.random.default_rng(3)\n"
        "t, h, w = rng.integers(0, 40, (2, 90)).tolist() + [rng.integers(0, 9, 90) / 1000]\n"
        "print(many_to_many(Graph.from_edges(t, h, w, w, n=40), range(40)).durations.tolist())\n"
    )
    outputs = []
    for switch in ("0", "1"):
        run = subprocess.run(
            [sys.executable, "-c", code],
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
