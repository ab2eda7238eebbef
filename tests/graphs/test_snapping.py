"""Tests of putting points on streets."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from routesolve.errors import InputError
from routesolve.graphs import Graph, Polylines, Snapper
from routesolve.graphs.geodesy import EARTH_RADIUS, great_circle, polyline_length
from routesolve.graphs.snapping import METRES, TOUCH, course

from .examples import build, town


def streets(seed: int, n: int = 60, m: int = 150, box: tuple[float, ...] = (0, 0, 1, 1)) -> Graph:
    """Random streets, some straight, some bent; some two-way, some loops."""
    rng = np.random.default_rng(seed)
    points = rng.uniform(box[:2], box[2:], (n, 2))
    tails, heads = rng.integers(0, n, (2, m))
    back = rng.random(m) < 0.4
    lines: list[Any] = []
    for a, b in zip(tails, heads, strict=True):
        inner = rng.uniform(box[:2], box[2:], (int(rng.integers(0, 4)), 2))
        lines.append(np.vstack([points[a], inner, points[b]]) if len(inner) else None)
    lines += [None if lines[e] is None else lines[e][::-1] for e in np.flatnonzero(back)]
    tails, heads = np.append(tails, heads[back]), np.append(heads, tails[back])
    ones = np.ones(len(tails))
    geometry = Polylines.from_list(lines)
    return Graph.from_edges(tails, heads, ones, ones, points, geometry=geometry)


def feet(graph: Graph, point: np.ndarray) -> list[tuple[float, float, np.ndarray]]:
    """Metres from a point to each arc, share of the arc, and the place: by looking at every
    piece.
    """
    found = []
    east = np.cos(np.radians(point[1]))
    for arc in range(graph.m):
        line = course(graph, arc)
        best: tuple[float, float, np.ndarray] | None = None
        sizes = [
            np.hypot((b[0] - a[0]) * np.cos(np.radians((a[1] + b[1]) / 2)), b[1] - a[1])
            for a, b in pairwise(line)
        ]
        for k, (a, b) in enumerate(pairwise(line)):
            d = (b - a) * [east, 1]
            t = float(np.clip(((point - a) * [east, 1]) @ d / max(d @ d, 1e-300), 0, 1))
            place = a + t * (b - a)
            gap = METRES * float(np.hypot(*((point - place) * [east, 1])))
            share = (sum(sizes[:k]) + t * sizes[k]) / max(sum(sizes), 1e-300)
            if best is None or gap < best[0]:
                best = gap, share, place
        assert best is not None
        found.append(best)
    return found


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("box", [(31.0, 30.0, 31.1, 30.1), (-70, -60, 80, 70)])
def test_nearest_of_all(seed: int, box: tuple[float, ...]) -> None:
    """The place found is the nearest on any street, and every arc through it is a candidate."""
    graph = streets(seed, box=box)
    points = np.random.default_rng(seed + 100).uniform(box[:2], box[2:], (30, 2))
    places = Snapper(graph).snap(points)
    assert len(places) == 30
    for k, point in enumerate(points):
        every = feet(graph, point)
        nearest = min(gap for gap, _, _ in every)
        assert places.distances_m[k] == pytest.approx(nearest, rel=1e-9, abs=1e-6)
        position = places.positions[k]
        assert any(np.allclose(position, p, rtol=0, atol=1e-9) for gap, _, p in every)
        around = feet(graph, position)
        mine = slice(places.indptr[k], places.indptr[k + 1])
        sure = {arc for arc, (gap, _, _) in enumerate(around) if gap < TOUCH * 0.99}
        possible = {arc for arc, (gap, _, _) in enumerate(around) if gap < TOUCH * 1.01}
        assert sure <= set(places.arcs[mine].tolist()) <= possible
        for arc, share in zip(places.arcs[mine], places.shares[mine], strict=True):
            if graph.edge_tails[arc] != graph.heads[arc]:
                assert share == pytest.approx(around[arc][1], abs=1e-6)


def test_both_directions_and_all_arcs_of_a_junction() -> None:
    """In a street both directions, with shares that add up to one; at a junction whatever meets
    there.
    """
    graph = Graph.from_edges(
        [0, 1, 1, 2],
        [1, 0, 2, 1],
        [1.0] * 4,
        [1.0] * 4,
        [[31.0, 30.0], [31.01, 30.0], [31.01, 30.1]],
    )
    places = Snapper(graph).snap([[31.0025, 30.001], [31.01, 30.0]])
    assert places.indptr.tolist() == [0, 2, 6]
    assert places.arcs.tolist() == [0, 1, 0, 1, 2, 3]
    np.testing.assert_allclose(places.shares, [0.25, 0.75, 1, 0, 0, 1], atol=1e-12)
    assert places.shares[2:].tolist() == [1.0, 0.0, 0.0, 1.0]
    np.testing.assert_allclose(places.positions, [[31.0025, 30.0], [31.01, 30.0]], atol=1e-12)
    assert places.distances_m == pytest.approx([0.001 * METRES, 0.0])
    assert places.owners.tolist() == [0, 0, 1, 1, 1, 1]


def test_a_loop_begins_and_ends_at_its_junction() -> None:
    """At the junction of a loop one may leave over all of it, or arrive at its end."""
    line = [[31.0, 30.0], [31.01, 30.0], [31.01, 30.01], [31.0, 30.0]]
    geometry = Polylines.from_list([np.array(line)])
    graph = Graph.from_edges([0], [0], [9.0], [9.0], [[31.0, 30.0]], geometry=geometry)
    places = Snapper(graph).snap([31.0, 30.0])
    assert (places.arcs.tolist(), places.shares.tolist()) == ([0, 0], [0.0, 1.0])


@pytest.mark.parametrize(("side", "arcs"), [("left", [1]), ("right", [0]), (None, [0, 1])])
def test_side_of_the_street(side: str | None, arcs: list[int]) -> None:
    """South of a street that leads east is its right side; a one-way street has no choice."""
    points = [[31.0, 30.0], [31.01, 30.0]]
    both = Graph.from_edges([0, 1], [1, 0], [1.0] * 2, [1.0] * 2, points)
    south = [31.005, 29.999]
    assert Snapper(both).snap(south, side).arcs.tolist() == arcs  # type: ignore[arg-type]
    one = Graph.from_edges([0], [1], [1.0], [1.0], points)
    assert Snapper(one).snap(south, side).arcs.tolist() == [0]  # type: ignore[arg-type]
    assert Snapper(both).snap([31.005, 30.0], side).arcs.tolist() == [0, 1]  # type: ignore[arg-type]


def test_across_the_date_line() -> None:
    """179.99 degrees east is next to 179.99 degrees west, and a street may lie across."""
    points = [[179.0, 0.0], [179.0, 1.0], [-179.99, 0.0], [-179.99, 1.0]]
    graph = Graph.from_edges([0, 2], [1, 3], [1.0] * 2, [1.0] * 2, points)
    assert Snapper(graph).snap([[179.99, 0.5]]).arcs.tolist() == [1]
    across = Graph.from_edges([0], [1], [1.0], [1.0], [[179.98, 10.0], [-179.98, 10.0]])
    places = Snapper(across).snap([[179.99, 10.0], [-179.99, 10.001], [-179.98, 10.0]])
    np.testing.assert_allclose(places.shares, [0.25, 0.75, 1.0], atol=1e-9)
    np.testing.assert_allclose(places.positions[:, 0], [179.99, -179.99, -179.98], atol=1e-9)
    assert places.distances_m == pytest.approx([0.0, 0.001 * METRES, 0.0], abs=1e-6)


def test_on_the_spot_is_zero() -> None:
    """A stop exactly on a junction is zero metres away, at the very ends of its arcs."""
    graph = streets(7)
    assert graph.coordinates is not None
    used = np.unique(graph.edge_tails)
    places = Snapper(graph).snap(graph.coordinates[used])
    assert places.distances_m.tolist() == [0.0] * len(used)
    np.testing.assert_array_equal(places.positions, graph.coordinates[used])
    assert set(places.shares.tolist()) == {0.0, 1.0}


def test_choice_of_arcs() -> None:
    """Arcs that may not be used are not."""
    graph = town()
    assert Snapper(graph, arcs=np.array([4])).snap([31.31, 30.1]).arcs.tolist() == [4]


def test_some_of_the_places() -> None:
    """Places can be picked and reordered, one by one or several at once."""
    graph = streets(3)
    points = np.random.default_rng(0).uniform(0, 1, (9, 2))
    places = Snapper(graph).snap(points)
    some = places.take([5, 0, 5])
    for row, k in zip(some, (5, 0, 5), strict=True):
        assert row.points.tolist() == [points[k].tolist()]
        assert row.arcs.tolist() == places.arcs[places.indptr[k] : places.indptr[k + 1]].tolist()
    assert places[-1].points.tolist() == [points[8].tolist()]
    assert len(list(places)) == 9
    with pytest.raises(IndexError):
        places[9]


def test_no_points() -> None:
    """Nothing to put on a street gives no places."""
    places = Snapper(town()).snap(np.empty((0, 2)))
    assert (len(places), len(places.arcs)) == (0, 0)


def test_great_circle_known_values() -> None:
    """A quarter of the Earth, a degree of latitude, and a metre."""
    quarter = np.pi / 2 * EARTH_RADIUS
    assert great_circle([[0, 0]], [[90, 0]])[0] == pytest.approx(quarter)
    assert great_circle([[10, 50]], [[10, 51]])[0] == pytest.approx(np.radians(1) * EARTH_RADIUS)
    metre = np.degrees(1 / EARTH_RADIUS)
    assert great_circle([[31.3, 30.1]], [[31.3, 30.1 + metre]])[0] == pytest.approx(1.0, rel=1e-6)
    assert polyline_length([[0, 0], [1, 0], [0, 0]]) == pytest.approx(
        2 * np.radians(1) * EARTH_RADIUS
    )


def test_nothing_to_snap_to() -> None:
    """No coordinates, or no streets: said before any stop is looked at."""
    with pytest.raises(InputError, match="no coordinates"):
        Snapper(build(1, []))
    with pytest.raises(InputError, match="no streets"):
        Snapper(Graph.from_edges([], [], [], [], [[31.0, 30.0]]))


@pytest.mark.parametrize("point", [[np.nan, 0.0], [0.0, 91.0], [np.inf, 0.0]])
def test_bad_places_are_refused(point: list[float]) -> None:
    """A place that is not on Earth is named."""
    with pytest.raises(InputError, match="not a place"):
        Snapper(town()).snap([[31.3, 30.1], point])


def test_unknown_side_is_refused() -> None:
    """Only left and right are sides."""
    with pytest.raises(InputError, match="unknown side"):
        Snapper(town()).snap([31.3, 30.1], "up")  # type: ignore[arg-type]
