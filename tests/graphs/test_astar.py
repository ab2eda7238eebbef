"""Tests of goal-directed search: A* with coordinates and with landmarks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routesolve.errors import InputError, RoutingError
from routesolve.graphs import Graph, many_to_many
from routesolve.graphs.astar import Landmarks, astar

from .examples import build, small_graphs, town
from .naive import Arc
from .test_shortest_paths import priced

Case = tuple[int, list[Arc]]


def check(graph: Graph, source: int, target: int, landmarks: Landmarks | None = None) -> None:
    """A* gives the numbers of the table, or says that there is no way."""
    tables = many_to_many(graph, [source], [target])
    if tables.durations[0, 0] == np.inf:
        with pytest.raises(RoutingError):
            astar(graph, source, target, landmarks=landmarks)
        return
    path = astar(graph, source, target, landmarks=landmarks)
    assert path.duration == tables.durations[0, 0]
    assert path.distance == tables.distances[0, 0]
    assert (path.nodes[0], path.nodes[-1]) == (source, target)
    assert len(set(path.nodes.tolist())) == len(path.nodes)


@settings(deadline=None)
@given(small_graphs(), st.data())
def test_equal_to_dijkstra_on_any_coordinates(case: Case, data: st.DataObject) -> None:
    """Whatever the coordinates, the bound stays admissible."""
    n, arcs = case
    degree = st.floats(-80, 80)
    points = data.draw(st.lists(st.tuples(degree, degree), min_size=n, max_size=n))
    graph = build(n, arcs, coordinates=points)
    for source in range(n):
        for target in range(n):
            check(graph, source, target)


@settings(deadline=None)
@given(small_graphs(), st.integers(1, 4), st.sampled_from(["avoid", "farthest"]))
def test_equal_to_dijkstra_with_landmarks(case: Case, count: int, method: str) -> None:
    """Landmarks on graphs with islands, dead ends and free arcs; bounds never exceed costs."""
    n, arcs = case
    graph = build(n, arcs)
    landmarks = Landmarks.build(graph, count, method=method)  # type: ignore[arg-type]
    assert 1 <= len(set(landmarks.nodes.tolist())) == len(landmarks.nodes) <= count
    table = many_to_many(graph, np.arange(n)).durations
    for source in range(n):
        for target in range(n):
            check(graph, source, target, landmarks)
            assert landmarks.bound(source, target) <= table[source, target]


@settings(deadline=None)
@given(small_graphs(), st.data())
def test_any_metric(case: Case, data: st.DataObject) -> None:
    """A third metric is minimised like any other, with and without landmarks."""
    n, arcs = case
    costs = data.draw(st.lists(st.integers(0, 5), min_size=len(arcs), max_size=len(arcs)))
    graph = priced(build(n, arcs), costs)
    marks = Landmarks.build(graph, 2, metric="cost")
    table = many_to_many(graph, np.arange(n), metric="cost")
    for source, target in np.argwhere(table.costs < np.inf).tolist():
        for landmarks in (None, marks):
            path = astar(graph, source, target, "cost", landmarks=landmarks)
            assert graph.metrics["cost"][path.arcs].sum() * 0.25 == table.costs[source, target]
            assert path.duration == table.durations[source, target]


@pytest.mark.parametrize("method", ["avoid", "farthest"])
def test_larger_grid(method: str) -> None:
    """A street grid with uneven speeds: all three ways agree on random pairs."""
    rng = np.random.default_rng(5)
    side = 30
    node = np.arange(side * side).reshape(side, side)
    tails = np.r_[node[:, :-1].ravel(), node[:-1].ravel()]
    heads = np.r_[node[:, 1:].ravel(), node[1:].ravel()]
    length = np.full(len(tails), 111.0)
    speed = rng.uniform(5, 30, len(tails))
    points = np.c_[np.tile(np.arange(side), side), np.repeat(np.arange(side), side)] * 1e-3
    graph = Graph.from_edges(
        np.r_[tails, heads],
        np.r_[heads, tails],
        np.tile(length / speed, 2),
        np.tile(length, 2),
        points,
    )
    landmarks = Landmarks.build(graph, 6, method=method, seed=2)  # type: ignore[arg-type]
    assert len(landmarks.nodes) == 6
    assert landmarks.nbytes == graph.n * 6 * 2 * 4
    for source, target in rng.integers(0, graph.n, (40, 2)).tolist():
        check(graph, source, target)
        check(graph, source, target, landmarks)


def test_landmarks_of_something_else_are_refused() -> None:
    """Bounds of another graph or metric would be wrong."""
    landmarks = Landmarks.build(town(), 2)
    with pytest.raises(InputError, match="built for duration"):
        astar(town(), 0, 1, landmarks=landmarks)
    with pytest.raises(InputError, match="built for duration"):
        astar(landmarks.graph, 0, 1, "distance", landmarks=landmarks)


def test_bad_arguments_are_refused() -> None:
    """No landmarks, no nodes, no such method."""
    with pytest.raises(InputError):
        Landmarks.build(town(), 0)
    with pytest.raises(InputError):
        Landmarks.build(Graph.from_edges([], [], [], []))
    with pytest.raises(InputError, match="method"):
        Landmarks.build(town(), method="guess")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="no such node"):
        astar(town(), 0, 99)
