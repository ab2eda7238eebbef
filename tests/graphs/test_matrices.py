"""Tests of the travel matrices."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routesolve.errors import InputError, RoutingError
from routesolve.graphs import (
    ExplicitTravel,
    Graph,
    NetworkTravel,
    RoadNetwork,
    Rounding,
    StraightLineTravel,
    Turns,
)
from routesolve.graphs.metrics import METRICS
from routesolve.graphs.snapping import METRES

from .examples import shared_data, town

# TSPLIB's ulysses22 with its optimal tour (7013), and att48's optimal tour (10628).
ULYSSES = """38.24 20.42 39.57 26.15 40.56 25.32 36.26 23.12 33.48 10.54 37.56 12.19 38.42 13.11
37.52 20.44 41.23 9.10 41.17 13.05 36.08 -5.21 38.47 15.13 38.15 15.35 37.51 15.17 35.49 14.32
39.36 19.56 38.09 24.36 36.09 23.00 40.44 13.57 40.33 14.15 40.37 14.23 37.57 22.56"""
ULYSSES_TOUR = "1 14 13 12 7 6 15 5 11 9 10 19 20 21 16 3 2 17 22 4 18 8"
ATT_TOUR = (
    "1 8 38 31 44 18 7 28 6 37 19 27 17 43 30 36 46 33 20 47 21 32 39 48 5 42 24 10 45 35 4 26 2 "
    "29 34 41 16 22 3 23 14 25 13 11 12 15 40 9"
)


def tour_length(matrix: StraightLineTravel, tour: str) -> float:
    """Length of a closed tour of 1-based numbers."""
    order = np.array(tour.split(), dtype=int) - 1
    assert sorted(order.tolist()) == list(range(matrix.n))
    return float(matrix.distance(order, np.roll(order, -1)).sum())


def read_tsp(text: str) -> np.ndarray:
    """Coordinates of a TSPLIB file."""
    body = text.split("NODE_COORD_SECTION")[1].split("EOF")[0].split()
    return np.array(body, dtype=float).reshape(-1, 3)[:, 1:]


def test_geo_reproduces_a_published_optimum() -> None:
    """The optimal tour of ulysses22 measures 7013."""
    points = np.array(ULYSSES.split(), dtype=float).reshape(-1, 2)
    assert tour_length(StraightLineTravel(points, "geo"), ULYSSES_TOUR) == 7013


def test_tsplib_files() -> None:
    """The optimal tours of ulysses22 and att48 measure what is published, from the files
    themselves.
    """
    geo = read_tsp(shared_data("bench/tsp/ulysses22.tsp").read_text())
    assert tour_length(StraightLineTravel(geo, "geo"), ULYSSES_TOUR) == 7013
    att = read_tsp(shared_data("bench/tsp/att48.tsp").read_text())
    assert tour_length(StraightLineTravel(att, "att"), ATT_TOUR) == 10628


@pytest.mark.parametrize(
    ("metric", "expected"),
    [("euclidean", 5.0), ("manhattan", 7.0), ("chebyshev", 4.0), ("att", 2.0)],
)
def test_planar_metrics(metric: str, expected: float) -> None:
    """From (1, 1) to (4, 5): 3 by 4."""
    assert StraightLineTravel([[1, 1], [4, 5]], metric).distance(0, 1) == expected


def test_haversine_agrees_with_its_formula() -> None:
    """The textbook formula with two sines gives the same metres."""
    (a, b), (c, d) = np.radians([[31.3, 30.1], [31.4, 30.05]])
    h = math.sin((d - b) / 2) ** 2 + math.cos(b) * math.cos(d) * math.sin((c - a) / 2) ** 2
    expected = 2 * 6_371_008.8 * math.asin(math.sqrt(h))
    travel = StraightLineTravel([[31.3, 30.1], [31.4, 30.05]], "haversine")
    assert travel.distance(0, 1) == pytest.approx(expected, rel=1e-9)
    assert travel.approximate


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.floats(-80, 80), st.floats(-80, 80)), min_size=1, max_size=8),
    st.sampled_from(sorted(METRICS)),
    st.sampled_from(Rounding),
    st.sampled_from([1.0, 0.25, 40 / 3.6]),
    st.sampled_from([1.0, 1.3]),
)
def test_pairs_equal_dense(
    points: list[tuple[float, float]],
    metric: str,
    rounding: Rounding,
    speed: float,
    detour: float,
) -> None:
    """Single pairs, asked before anything is built, are the dense entries; the diagonal is zero."""
    travel = StraightLineTravel(points, metric, speed=speed, detour=detour, rounding=rounding)
    i, j = (index.ravel() for index in np.indices((travel.n, travel.n)))
    distance, duration = travel.distance(i, j), travel.duration(i, j)
    assert not travel.built
    np.testing.assert_array_equal(distance, travel.distances[i, j])
    np.testing.assert_array_equal(duration, travel.durations[i, j])
    assert travel.built
    np.testing.assert_array_equal(duration, travel.duration(i, j))
    assert not travel.distances.diagonal().any()
    np.testing.assert_array_equal(travel.distances, travel.distances.T)
    assert travel.distances.flags.c_contiguous
    assert not travel.durations.flags.writeable


def test_blocks_join_without_seams() -> None:
    """A matrix of several row blocks equals the pairwise one."""
    points = np.random.default_rng(0).random((700, 2))
    travel = StraightLineTravel(points, speed=2.0)
    i = np.arange(700)
    pairs = travel.distance(i[:, None], i[None, :])
    np.testing.assert_array_equal(travel.distances, pairs)
    np.testing.assert_array_equal(travel.durations, pairs / 2)
    assert travel.distances is travel.distances


def test_rounding_comes_once() -> None:
    """Durations are rounded from the unrounded distance, detour included."""
    travel = StraightLineTravel(
        np.array([[0, 0], [0, 2.6]]), detour=1.5, speed=3.0, rounding="nearest"
    )
    assert travel.distance(0, 1) == 4.0
    assert travel.duration(0, 1) == 1.0
    assert isinstance(travel.distance(0, 1), float)


def test_descriptions() -> None:
    """One line says how the numbers came about."""
    points = np.array([[0, 0], [1, 1]])
    city = StraightLineTravel(points, "haversine", speed=40 / 3.6, detour=1.3)
    assert city.description == "straight line × 1.3 at 40 km/h"
    classic = StraightLineTravel(points, rounding="nearest")
    assert classic.description == "euclidean, rounded to the nearest integer"
    assert not classic.approximate
    assert "2 stops" in repr(classic)


def test_straight_line_refuses_bad_input_all_at_once() -> None:
    """Metric, speed, detour, rounding and points are judged together."""
    with pytest.raises(InputError) as caught:
        StraightLineTravel(
            np.array([[0, 0], [np.nan, 1]]), "taxi", speed=0.0, detour=-1.0, rounding="somehow"
        )
    assert len(caught.value.problems) == 5
    with pytest.raises(InputError, match=r"points\[0\]"):
        StraightLineTravel([[30.1, 131.3]], "haversine")
    with pytest.raises(InputError, match="n x 2"):
        StraightLineTravel([1.0, 2.0])


def test_no_stops() -> None:
    """An empty set of points is an empty matrix."""
    assert StraightLineTravel([]).distances.shape == (0, 0)


def test_explicit_is_taken_as_given() -> None:
    """Asymmetric integers become floats; the caller's array stays the caller's."""
    given_matrix = np.array([[0, 1], [2, 0]])
    travel = ExplicitTravel(given_matrix, [[0.0, np.inf], [5.5, 0.0]])
    given_matrix[0, 1] = 99
    assert travel.durations.tolist() == [[0, 1], [2, 0]]
    assert travel.duration(0, 1) == 1
    assert travel.distance(np.array([0, 1]), 1).tolist() == [np.inf, 0.0]
    assert travel.durations.dtype == np.float64
    assert travel.geometry(0, 1) is None
    assert ExplicitTravel([[0]], points=[[3, 4]]).geometry(0, 0) is not None


def test_explicit_one_matrix_counts_as_both() -> None:
    """Either matrix may be missing, and the description says so."""
    for name in ("durations", "distances"):
        travel = ExplicitTravel(**{name: np.array([[0, 7], [8, 0]])})  # type: ignore[arg-type]
        np.testing.assert_array_equal(travel.distances, travel.durations)
        assert name in travel.description


@pytest.mark.parametrize(
    ("durations", "distances", "message"),
    [
        (None, None, "neither"),
        ([[0, 1]], None, "not square: 1 x 2"),
        ([[0]], [[0, 1], [1, 0]], "different sizes"),
        ([[0, -1], [np.nan, 0]], None, r"durations\[0\]\[1\][\s\S]*durations\[1\]\[0\]"),
        ([["a"]], None, "not a matrix"),
        (3.0, None, "a single number"),
    ],
)
def test_explicit_refuses(durations: object, distances: object, message: str) -> None:
    """Every mistake is named with its place."""
    with pytest.raises(InputError, match=message):
        ExplicitTravel(durations, distances)  # type: ignore[arg-type]


def test_network_goes_by_the_roads() -> None:
    """Tables of stops on streets, shared places, one-way streets, and infinity where there is no
    way.
    """
    graph = town()
    assert graph.coordinates is not None
    stops = np.vstack([graph.coordinates, graph.coordinates[:1]])
    travel = NetworkTravel(graph, stops)
    assert travel.places.positions.tolist() == stops.tolist()
    assert travel.durations[0].tolist() == [0.0, 1.5, 3.75, np.inf, 0.0]
    assert travel.distances[0].tolist() == [0.0, 15.125, 37.625, np.inf, 0.0]
    assert travel.durations[3].tolist() == [1.0, 2.5, 4.75, 0.0, 1.0]
    assert travel.durations[2, 0] == travel.durations[2, 4] == 3.0
    assert travel.duration(2, 4) == 3.0
    assert travel.distances.flags.c_contiguous
    assert travel.description == "fastest roads on town"
    assert travel.network.streets is graph
    assert travel.snap_distances is not None
    assert travel.snap_distances.tolist() == [0.0] * 5
    assert not travel.approximate


def test_network_geometry() -> None:
    """Legs follow the streets; a leg that stays is still a line; a leg without a way is an
    error.
    """
    graph = town()
    travel = NetworkTravel(graph, graph.coordinates)  # type: ignore[arg-type]
    assert len(travel.geometry(0, 2)) == 4
    assert travel.geometry(1, 1).tolist() == [[31.31, 30.1], [31.31, 30.1]]
    with pytest.raises(RoutingError):
        travel.geometry(0, 3)


def test_network_with_turns() -> None:
    """A stop in the middle of a street, and a network in which a turn is not allowed."""
    graph = Graph.from_edges(
        [0, 1, 1, 2],
        [1, 0, 2, 1],
        [8.0] * 4,
        [80.0] * 4,
        [[31.0, 0.0], [31.01, 0.0], [31.01, 0.01]],
    )
    stops = [[31.0025, 0.0], [31.01, 0.005]]
    free = NetworkTravel(graph, stops)
    assert free.durations == pytest.approx(np.array([[0.0, 10.0], [10.0, 0.0]]))
    # Nobody may go on north, so that the second stop is put on the corner.
    turns = Turns(indptr=np.array([0, 1, 2, 3, 4]), onto=np.array([1, 0, 3, 1], dtype=np.int32))
    travel = NetworkTravel(RoadNetwork(graph, turns), stops)
    assert travel.snap_distances == pytest.approx([0.0, 0.005 * METRES])
    assert travel.durations == pytest.approx(np.array([[0.0, 6.0], [6.0, 0.0]]))
    assert travel.geometry(0, 1) == pytest.approx(np.array([[31.0025, 0.0], [31.01, 0.0]]))


def test_network_refuses_places_off_the_earth() -> None:
    """Latitude and longitude swapped often ends beyond 90 degrees."""
    with pytest.raises(InputError, match="longitude first"):
        NetworkTravel(town(), [[30.1, 131.3]])


def test_straight_geometry() -> None:
    """Without roads a leg is its two ends."""
    line = StraightLineTravel([[0, 0], [1, 2]]).geometry(1, 0)
    assert line is not None
    assert line.tolist() == [[1, 2], [0, 0]]


@pytest.mark.parametrize("built", [False, True])
@pytest.mark.parametrize("speed", [1.0, 2.0])
def test_write(built: bool, speed: float) -> None:
    """What is written is what is kept; nothing is kept for writing it."""
    points = np.random.default_rng(3).random((9, 2)) * 50
    travel = StraightLineTravel(points, speed=speed, rounding="nearest")
    if built:
        travel.distances  # noqa: B018
    order = np.random.default_rng(4).permutation(9)
    square = np.ix_(order, order)
    distances, durations = np.empty((2, 9, 9))
    travel.write(distances, durations, order)
    assert travel.built == built
    np.testing.assert_array_equal(distances, travel.distances[square])
    np.testing.assert_array_equal(durations, travel.durations[square])
    one, other = np.empty((2, 9, 9))
    ExplicitTravel(durations, distances).write(one, other, order)
    np.testing.assert_array_equal(one, distances[square])
    np.testing.assert_array_equal(other, durations[square])
