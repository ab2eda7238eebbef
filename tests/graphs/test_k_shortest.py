"""Tests of the k shortest loopless paths against plain enumeration."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routesolve.errors import InputError, RoutingError
from routesolve.graphs import Graph, shortest_path
from routesolve.graphs.k_shortest import k_shortest_paths

from .examples import build, small_graphs, town
from .naive import Arc, simple_paths
from .test_shortest_paths import priced, traded

Case = tuple[int, list[Arc]]


@settings(deadline=None)
@given(small_graphs(6), st.integers(1, 12), st.data())
def test_equal_to_enumeration(case: Case, k: int, data: st.DataObject) -> None:
    """Durations are the k least, no path comes twice, none visits a node twice."""
    n, arcs = case
    graph = build(n, arcs)
    source, target = data.draw(st.integers(0, n - 1)), data.draw(st.integers(0, n - 1))
    expected = simple_paths(arcs, source, target)
    if not expected:
        with pytest.raises(RoutingError):
            k_shortest_paths(graph, source, target, k)
        return
    paths = k_shortest_paths(graph, source, target, k)
    assert [round(p.duration * 1000) for p in paths] == [cost for cost, _, _ in expected[:k]]
    assert len({tuple(p.arcs.tolist()) for p in paths}) == len(paths)
    for path in paths:
        assert len(set(path.nodes.tolist())) == len(path.nodes)
        assert (path.nodes[0], path.nodes[-1]) == (source, target)


@settings(deadline=None)
@given(small_graphs(6), st.data())
def test_any_metric(case: Case, data: st.DataObject) -> None:
    """By a third metric the paths are those of a graph in which it is the duration."""
    n, arcs = case
    costs = data.draw(st.lists(st.integers(0, 5), min_size=len(arcs), max_size=len(arcs)))
    graph = priced(build(n, arcs), costs)
    source, target = data.draw(st.integers(0, n - 1)), data.draw(st.integers(0, n - 1))
    if simple_paths(arcs, source, target):
        found = k_shortest_paths(graph, source, target, 5, "cost")
        expected = k_shortest_paths(traded(graph), source, target, 5)
        assert [p.arcs.tolist() for p in found] == [p.arcs.tolist() for p in expected]
        assert [p.duration for p in found] == [p.distance for p in expected]


def test_grid() -> None:
    """The ways through a grid of equal streets are known in number and length."""
    side = 4
    node = np.arange(side * side).reshape(side, side)
    tails = np.r_[node[:, :-1].ravel(), node[:-1].ravel()]
    heads = np.r_[node[:, 1:].ravel(), node[1:].ravel()]
    graph = Graph.from_edges(np.r_[tails, heads], np.r_[heads, tails], np.ones(48), np.ones(48))
    durations = [p.duration for p in k_shortest_paths(graph, 0, 15, 60)]
    # 20 ways of 6 steps; 184 simple ways in all, those of 8 steps next.
    assert durations == [6.0] * 20 + [8.0] * 36 + [10.0] * 4
    assert len(k_shortest_paths(graph, 0, 15, 1000)) == 184


def test_first_is_the_shortest_by_the_metric() -> None:
    """The metric rules here too."""
    graph = town()
    for metric in ("duration", "distance"):
        first = k_shortest_paths(graph, 0, 2, 2, metric)[0]
        assert first.arcs.tolist() == shortest_path(graph, 0, 2, metric).arcs.tolist()
    with pytest.raises(InputError):
        k_shortest_paths(graph, 0, 2, 0)
    with pytest.raises(InputError):
        k_shortest_paths(graph, 0, 9, 1)
