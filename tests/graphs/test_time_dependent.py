"""Tests of time-dependent travel times against plain simulation."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routesolve.errors import InputError, RoutingError
from routesolve.graphs import many_to_many
from routesolve.graphs.time_dependent import (
    TravelTimes,
    band_matrices,
    earliest_arrivals,
    earliest_path,
)

from .examples import build, small_graphs, town
from .naive import Arc, drive, interpolated, simple_paths

Case = tuple[int, list[Arc]]
PERIOD = 0.02


@st.composite
def profiles(draw: st.DrawFn, values: st.SearchStrategy[float]) -> tuple[list[float], list[float]]:
    """Times within a period of 20 ms, as short as the arcs of small graphs, and values."""
    steps = draw(st.lists(st.integers(0, 19), min_size=1, max_size=5, unique=True))
    times = [step / 1000 for step in sorted(steps)]
    return times, [draw(values) for _ in times]


@settings(deadline=None)
@given(
    small_graphs(5),
    st.lists(profiles(st.sampled_from([0.25, 0.5, 1.0, 2.0])), min_size=1, max_size=3),
    st.floats(-0.05, 0.05),
    st.data(),
)
def test_speeds_equal_naive(
    case: Case, pairs: list[tuple[list[float], list[float]]], departure: float, data: st.DataObject
) -> None:
    """Earliest arrivals are those of the best of all simple paths, driven arc by arc."""
    n, arcs = case
    graph = build(n, arcs)
    number = st.integers(-1, len(pairs) - 1)
    given_arcs = data.draw(st.lists(number, min_size=graph.m, max_size=graph.m))
    travel = TravelTimes(graph, np.array(given_arcs, np.int32), tuple(pairs), period=PERIOD)
    ordered = [
        Arc(int(t), int(h), int(w), 0)
        for t, h, w in zip(graph.edge_tails, graph.heads, graph.metrics["duration"], strict=True)
    ]
    found = earliest_arrivals(travel, 0, departure)
    for target in range(n):
        times = []
        for _, _, way in simple_paths(ordered, 0, target):
            now = departure
            for arc in way:
                free = ordered[arc].duration / 1000
                if given_arcs[arc] < 0 or free == 0:
                    now += free
                else:
                    now = drive(*pairs[given_arcs[arc]], free, now, PERIOD)
            times.append(now - departure)
        expected = min(times, default=np.inf)
        assert found.durations[target] == pytest.approx(expected, abs=1e-9)
        if not times:
            with pytest.raises(RoutingError):
                earliest_path(travel, 0, target, departure)
            continue
        path = earliest_path(travel, 0, target, departure)
        assert path.duration == found.durations[target]
        assert path.times[0] == departure
        assert path.times[-1] - departure == path.duration
        for arc, start, end in zip(path.arcs, path.times, path.times[1:], strict=False):
            assert travel.duration(int(arc), start) == pytest.approx(end - start, abs=1e-12)


@settings(deadline=None)
@given(profiles(st.floats(0.5, 2.0)), st.floats(-0.1, 0.1), st.integers(1, 50))
def test_linear_durations(
    pair: tuple[list[float], list[float]], departure: float, weight: int
) -> None:
    """The duration of an arc is interpolated at the time of entering; what overtakes is refused."""
    graph = build(2, [Arc(0, 1, weight, 1)])
    times, values = pair
    looped = [*zip(times, values, strict=True), (times[0] + PERIOD, values[0])]
    slopes = [(v1 - v0) / (t1 - t0) for (t0, v0), (t1, v1) in pairwise(looped)]
    code = np.zeros(1, np.int32)
    if min(slopes) * weight / 1000 < -1 - 1e-6:
        with pytest.raises(InputError, match="arrives earlier"):
            TravelTimes(graph, code, (pair,), kind="durations", period=PERIOD)
    elif min(slopes) * weight / 1000 > -1 + 1e-6:
        travel = TravelTimes(graph, code, (pair,), kind="durations", period=PERIOD)
        expected = weight / 1000 * interpolated(times, values, departure, PERIOD)
        assert travel.duration(0, departure) == pytest.approx(expected, abs=1e-9)
        later = travel.duration(0, departure + 0.003) + 0.003
        assert later >= travel.duration(0, departure) - 1e-9


def test_bands() -> None:
    """One matrix a band; without profiles every band is the plain matrix."""
    graph = town()
    free = TravelTimes(graph, np.full(graph.m, -1, np.int32), ())
    plain = many_to_many(graph, np.arange(4))
    bands = band_matrices(free, [0.0, 40_000.0], np.arange(4))
    assert bands.durations.shape == (2, 4, 4)
    for band in range(2):
        np.testing.assert_allclose(bands.durations[band], plain.durations, rtol=1e-12)
        np.testing.assert_allclose(bands.distances[band], plain.distances, rtol=1e-12)
    rush = TravelTimes.by_class(graph, {"primary": ([0, 7 * 3600, 9 * 3600], [1.0, 0.5, 1.0])})
    bands = band_matrices(rush, [6 * 3600, 8 * 3600], [0], [1, 2, 1])
    np.testing.assert_allclose(bands.durations[0], plain.durations[0][[1, 2, 1]][None])
    np.testing.assert_allclose(bands.durations[1], 2 * plain.durations[0][[1, 2, 1]][None])


def test_speed_changes_on_the_way() -> None:
    """Half of the arc before the change, half after it; the last speed holds over midnight."""
    graph = build(2, [Arc(0, 1, 100_000, 1)])
    travel = TravelTimes.by_class(
        build(2, [Arc(0, 1, 100_000, 1)], edge_attributes=town_labels()),
        {"*": ([3600.0, 7200.0], [0.5, 1.0])},
    )
    assert travel.duration(0, 3550.0) == 50.0 + 100.0
    assert travel.duration(0, 0.0) == 100.0
    assert travel.duration(0, 86_400.0 - 20.0) == 100.0
    assert travel.graph.n == graph.n


def town_labels() -> dict[str, object]:
    """One label for one arc."""
    from routesolve.graphs import Labels

    return {"road_class": Labels.encode(["primary"])}


@pytest.mark.parametrize(
    ("times", "values"),
    [
        ([], []),
        ([0.0, 1.0], [1.0]),
        ([5.0, 5.0], [1.0, 1.0]),
        ([90_000.0], [1.0]),
        ([0.0], [0.0]),
        ([0.0], [np.nan]),
        ([np.nan], [1.0]),
    ],
)
def test_bad_profiles_are_refused(times: list[float], values: list[float]) -> None:
    """Everything that would make a kernel run in circles."""
    graph = town()
    with pytest.raises(InputError, match="profile 0"):
        TravelTimes(graph, np.zeros(graph.m, np.int32), ((times, values),))


def test_bad_arguments_are_refused() -> None:
    """Numbers of profiles, labels, times and periods that make no sense."""
    graph = town()
    flat = ([0.0], [1.0])
    with pytest.raises(InputError, match="profile number"):
        TravelTimes(graph, np.ones(graph.m, np.int32), (flat,))
    with pytest.raises(InputError, match="period"):
        TravelTimes(graph, np.zeros(graph.m, np.int32), (flat,), period=0.0)
    with pytest.raises(InputError, match="kind"):
        TravelTimes(graph, np.zeros(graph.m, np.int32), (flat,), kind="x")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="motorway"):
        TravelTimes.by_class(graph, {"motorway": flat})
    with pytest.raises(InputError, match="colour"):
        TravelTimes.by_class(graph, {"*": flat}, attribute="colour")
    travel = TravelTimes.by_class(graph, {"*": flat})
    with pytest.raises(InputError, match="time"):
        earliest_arrivals(travel, 0, np.nan)
    with pytest.raises(InputError, match="no such arc"):
        travel.duration(99, 0.0)
