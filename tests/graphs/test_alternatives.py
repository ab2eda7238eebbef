"""Tests of alternative routes and of their measures."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routesolve.errors import InputError, RoutingError
from routesolve.graphs import Graph, shortest_path
from routesolve.graphs.alternatives import alternative_paths

from .examples import build, small_graphs, town
from .naive import Arc, dijkstra, simple_paths
from .test_shortest_paths import priced, traded

Case = tuple[int, list[Arc]]
METHODS = ["via", "plateau", "penalty"]


@settings(deadline=None)
@given(
    small_graphs(),
    st.sampled_from(METHODS),
    st.floats(0, 1),
    st.floats(1, 3),
    st.data(),
)
def test_every_route_is_admissible(
    case: Case, method: str, sharing: float, stretch: float, data: st.DataObject
) -> None:
    """Each is a simple path within the limits, and its measures are what they say."""
    n, arcs = case
    graph = build(n, arcs)
    source, target = data.draw(st.integers(0, n - 1)), data.draw(st.integers(0, n - 1))
    options = {"method": method, "max_sharing": sharing, "max_stretch": stretch}
    if not simple_paths(arcs, source, target):
        with pytest.raises(RoutingError):
            alternative_paths(graph, source, target, **options)  # type: ignore[arg-type]
        return
    routes = alternative_paths(graph, source, target, 4, **options)  # type: ignore[arg-type]
    weights = graph.metrics["duration"]
    least = [dijkstra(n, arcs, node) for node in range(n)]
    optimum = least[source][target]
    assert routes[0].path.duration == optimum / 1000
    for k, route in enumerate(routes):
        nodes, way = route.path.nodes.tolist(), route.path.arcs
        assert (nodes[0], nodes[-1]) == (source, target)
        assert len(set(nodes)) == len(nodes)
        cost = int(weights[way].sum())
        assert cost <= optimum * stretch + 1e-6
        if optimum:
            assert route.stretch == cost / optimum
            shared = [set(way.tolist()) & set(r.path.arcs.tolist()) for r in routes[:k]]
            most = max((int(weights[list(s)].sum()) for s in shared), default=0)
            assert route.sharing == most / optimum <= sharing
        at = np.r_[0, np.cumsum(weights[way])]
        parts = [
            (at[j] - at[i], least[nodes[i]][nodes[j]])
            for i, j in combinations(range(len(nodes)), 2)
            if at[j] > at[i]
        ]
        ratios = [part / best if best else np.inf for part, best in parts]
        assert route.bounded_stretch == max(ratios, default=1.0)
        detours = [part for part, best in parts if part > best]
        shortest = min(min(detours) / max(optimum, 1), 1.0) if detours else 1.0
        assert route.local_optimality == shortest
    assert len({tuple(r.path.arcs.tolist()) for r in routes}) == len(routes)


@settings(deadline=None)
@given(small_graphs(), st.sampled_from(METHODS), st.data())
def test_any_metric(case: Case, method: str, data: st.DataObject) -> None:
    """By a third metric the routes are those of a graph in which it is the duration."""
    n, arcs = case
    costs = data.draw(st.lists(st.integers(0, 5), min_size=len(arcs), max_size=len(arcs)))
    graph = priced(build(n, arcs), costs)
    source, target = data.draw(st.integers(0, n - 1)), data.draw(st.integers(0, n - 1))
    if simple_paths(arcs, source, target):
        options = {"method": method, "max_stretch": 2.0}
        found = alternative_paths(graph, source, target, 4, "cost", **options)  # type: ignore[arg-type]
        expected = alternative_paths(traded(graph), source, target, 4, **options)  # type: ignore[arg-type]
        assert [r.path.arcs.tolist() for r in found] == [r.path.arcs.tolist() for r in expected]
        assert [r.path.duration for r in found] == [r.path.distance for r in expected]
        assert [r.stretch for r in found] == [r.stretch for r in expected]


def two_roads() -> Graph:
    """Three separate roads from 0 to 9 of 30, 33 and 60 minutes, and a wiggle on the first."""
    ways = [(0, 1, 2, 9), (0, 3, 4, 9), (0, 5, 6, 9)]
    tails, heads, minutes = [], [], []
    for way, length in zip(ways, (10, 11, 20), strict=True):
        for a, b in pairwise(way):
            tails += [a, b]
            heads += [b, a]
            minutes += [length, length]
    tails += [1, 7]
    heads += [7, 2]
    minutes += [5, 6]
    return Graph.from_edges(tails, heads, np.array(minutes) * 60.0, minutes)


@pytest.mark.parametrize("method", METHODS)
def test_the_other_road_is_found(method: str) -> None:
    """The separate road comes, the wiggle and the long way do not."""
    graph = two_roads()
    routes = alternative_paths(
        graph,
        0,
        9,
        3,
        method=method,  # type: ignore[arg-type]
        max_sharing=0.5,
        min_local_optimality=0.25,
    )
    assert [r.path.nodes.tolist() for r in routes] == [[0, 1, 2, 9], [0, 3, 4, 9]]
    assert routes[0].path.arcs.tolist() == shortest_path(graph, 0, 9).arcs.tolist()
    assert (routes[0].stretch, routes[0].sharing) == (1.0, 0.0)
    assert (routes[1].stretch, routes[1].sharing) == (1.1, 0.0)
    assert routes[1].bounded_stretch == 1.1
    assert routes[1].local_optimality == 1.0  # only the whole of it is not a shortest path


def test_bad_arguments_are_refused() -> None:
    """Each limit has its range; a route to oneself has no alternative."""
    bad: list[dict[str, object]] = [
        {"count": 0},
        {"method": "guess"},
        {"max_sharing": 1.5},
        {"max_stretch": 0.9},
        {"min_local_optimality": -1.0},
        {"samples": 1},
        {"metric": "beauty"},
    ]
    for options in bad:
        with pytest.raises(InputError):
            alternative_paths(town(), 0, 2, **options)  # type: ignore[arg-type]
    assert len(alternative_paths(town(), 1, 1)) == 1
