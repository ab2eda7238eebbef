"""Tests of bounded searches and the areas around them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routesolve.errors import InputError
from routesolve.graphs import Graph
from routesolve.graphs.isochrones import isochrone

from .examples import build, small_graphs, town
from .naive import Arc, dijkstra_from
from .test_shortest_paths import priced

Case = tuple[int, list[Arc]]


@settings(deadline=None)
@given(small_graphs(), st.integers(0, 12), st.data())
def test_nodes_and_arcs_equal_naive(case: Case, limit: int, data: st.DataObject) -> None:
    """All nodes within the limit with their costs, and how far each arc can be driven."""
    n, arcs = case
    graph = build(n, arcs)
    sources = data.draw(st.lists(st.integers(0, n - 1), min_size=1, max_size=3))
    reach = isochrone(graph, sources, limit / 1000)
    best = dijkstra_from(n, arcs, sources)
    within = {v: best[v] / 1000 for v in range(n) if 0 <= best[v] <= limit}
    assert dict(zip(reach.nodes.tolist(), reach.costs.tolist(), strict=True)) == within
    assert (np.diff(reach.costs) >= 0).all()
    expected = {}
    for arc in range(graph.m):
        tail, weight = int(graph.edge_tails[arc]), int(graph.metrics["duration"][arc])
        if tail in within and (weight == 0 or best[tail] < limit):
            expected[arc] = 1.0 if weight == 0 else min((limit - best[tail]) / weight, 1.0)
    assert dict(zip(reach.arcs.tolist(), reach.fractions.tolist(), strict=True)) == expected


def test_any_metric() -> None:
    """A limit in the unit of a third metric, whose step is worth 0.25."""
    graph = priced(build(3, [Arc(0, 1, 1, 1), Arc(1, 2, 1, 1)]), [4, 8])
    reach = isochrone(graph, 0, 2.0, "cost")
    assert (reach.nodes.tolist(), reach.costs.tolist()) == ([0, 1], [0.0, 1.0])
    assert (reach.arcs.tolist(), reach.fractions.tolist()) == ([0, 1], [1.0, 0.5])


def square(side: int) -> Graph:
    """A grid of two-way streets, about 111 m and 10 s each, on the equator."""
    node = np.arange(side * side).reshape(side, side)
    tails = np.r_[node[:, :-1].ravel(), node[:-1].ravel()]
    heads = np.r_[node[:, 1:].ravel(), node[1:].ravel()]
    points = np.c_[np.tile(np.arange(side), side), np.repeat(np.arange(side), side)] * 1e-3
    ones = np.ones(2 * len(tails))
    return Graph.from_edges(np.r_[tails, heads], np.r_[heads, tails], ones * 10, ones * 111, points)


def test_area_of_a_grid() -> None:
    """The outline is closed, counter-clockwise, and grows with the limit."""
    graph = square(11)
    areas = []
    for limit in (0.0, 20.0, 40.0):
        parts = isochrone(graph, 60, limit).polygons(buffer_m=40.0)
        assert len(parts) == 1
        for ring in parts[0]:
            assert (ring[0] == ring[-1]).all()
        x, y = parts[0][0].T
        areas.append(float((x[:-1] * y[1:] - x[1:] * y[:-1]).sum() / 2))
        assert areas[-1] > 0
        assert x.min() < 0.005 < x.max()
    assert areas[0] < areas[1] < areas[2]
    # Blocks wider than two strips stay holes.
    assert len(isochrone(graph, 60, 40.0).polygons(buffer_m=15.0)[0]) > 1


def test_polygons_hold_the_nodes() -> None:
    """Every node reached lies in the area, those far away do not."""
    graph = square(11)
    reach = isochrone(graph, 60, 25.0)
    (outer, *holes), *others = reach.polygons(buffer_m=30.0)
    assert not others

    def inside(ring: np.ndarray, point: np.ndarray) -> bool:
        x, y = (ring - point).T
        cross = (y[:-1] > 0) != (y[1:] > 0)
        at = x[:-1][cross] - y[:-1][cross] * np.diff(x)[cross] / np.diff(y)[cross]
        return bool((at > 0).sum() % 2)

    assert graph.coordinates is not None
    for node in range(graph.n):
        point = graph.coordinates[node] + 1e-7
        held = inside(outer, point) and not any(inside(hole, point) for hole in holes)
        assert held >= (node in reach.nodes)
        if abs(node // 11 - 5) + abs(node % 11 - 5) > 4:
            assert not held


def test_lines_stop_at_the_limit() -> None:
    """A street driven in part is drawn in part, along its course."""
    graph = town()
    reach = isochrone(graph, 0, 0.75)
    assert reach.fractions.tolist() == [0.5, pytest.approx(0.75 / 9)]
    half, straight = reach.lines()
    assert half[0].tolist() == [31.3, 30.1]
    assert half[-1].tolist() == pytest.approx([31.305, 30.12])
    assert straight[-1].tolist() == pytest.approx([31.3 + 0.01 * 0.75 / 9, 30.1])
    feature = reach.geojson()
    assert feature["geometry"]["type"] == "MultiPolygon"
    assert feature["properties"] == {"metric": "duration", "limit": 0.75, "nodes": 1}


def test_bad_arguments_are_refused() -> None:
    """Limits that are none, nodes that do not exist, graphs that cannot be drawn."""
    for limit in (-1.0, np.inf, np.nan):
        with pytest.raises(InputError, match="limit"):
            isochrone(town(), 0, limit)
    with pytest.raises(InputError):
        isochrone(town(), 9, 1.0)
    bare = isochrone(build(2, [Arc(0, 1, 1, 1)]), 0, 1.0)
    with pytest.raises(InputError, match="coordinates"):
        bare.lines()
    with pytest.raises(InputError, match="buffer"):
        isochrone(town(), 0, 1.0).polygons(buffer_m=0.0)
