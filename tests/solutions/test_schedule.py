"""Schedules of fixed orders against exhaustive search, and by hand."""

from __future__ import annotations

from math import inf
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routesolve.instances.model import TimeBand, TimeWindow
from routesolve.solutions.schedule import Ride, Rules, Step, covered, drive, schedule, simulate
from tests.solutions.naive import all_schedules

HORIZON = 16


@st.composite
def windows(draw: st.DrawFn) -> tuple[TimeWindow, ...]:
    """Up to two hard windows."""
    found = []
    for _ in range(draw(st.integers(0, 2))):
        earliest = draw(st.integers(0, HORIZON - 2))
        latest = draw(st.integers(earliest, HORIZON))
        found.append(TimeWindow(float(earliest), float(latest)))
    return tuple(found)


@st.composite
def routes(draw: st.DrawFn, *, pauses: bool = True) -> list[Step]:
    """A start, one to three stops of which one may be a break, an end."""
    steps = [Step(release=float(draw(st.sampled_from([0, 0, 3]))))]
    for _ in range(draw(st.integers(1, 3))):
        pause = pauses and draw(st.integers(0, 3)) == 0
        steps.append(
            Step(
                draw(windows()),
                float(draw(st.integers(0, 2))),
                0.0 if pause else float(draw(st.integers(0, 3))),
                pause=pause,
            )
        )
    steps.append(Step(travel=float(draw(st.integers(0, 3)))))
    return steps


@settings(max_examples=150, deadline=None)
@given(steps=routes(), longest=st.sampled_from([inf, 4.0, 6.0, 9.0]))
def test_schedule_ends_as_early_as_any(steps: list[Step], longest: float) -> None:
    """The end equals the earliest end over all schedules; infeasible exactly when there is none."""
    rules = Rules(max_duration=longest)
    every = list(all_schedules(steps, rules, HORIZON + 4))
    line = schedule(steps, rules)
    feasible = not line.late and line.duration <= longest + 1e-9
    if not every:
        assert not feasible or line.end > HORIZON + 4
        return
    assert feasible
    earliest = min(end for _, end in every)
    assert line.end == pytest.approx(earliest)


@settings(max_examples=150, deadline=None)
@given(steps=routes(pauses=False))
def test_schedule_starts_as_late_as_it_can(steps: list[Step]) -> None:
    """With one window a stop: no schedule of the same end starts later."""
    steps = [Step(s.windows[:1], s.work, s.travel, s.release) for s in steps]
    every = list(all_schedules(steps, Rules(), HORIZON + 4))
    if every:
        line = schedule(steps, Rules())
        latest = max(start for start, end in every if end == line.end)
        assert line.start == pytest.approx(latest)


@settings(max_examples=150, deadline=None)
@given(steps=routes(pauses=False), data=st.data())
def test_ride_limits_are_kept_when_they_can_be(steps: list[Step], data: st.DataObject) -> None:
    """A schedule that keeps all ride limits is found whenever there is one."""
    if len(steps) < 4:
        steps.insert(1, Step(work=1.0, travel=1.0))
    ride = Ride(1, data.draw(st.integers(2, len(steps) - 2)), float(data.draw(st.integers(0, 5))))
    rules = Rules(rides=(ride,))
    line = schedule(steps, rules)
    kept = not line.late and line.begin[ride.delivery] - line.departure[1] <= ride.limit + 1e-9
    possible = any(True for _ in all_schedules(steps, rules, HORIZON + 4))
    assert kept or not possible
    if kept:
        assert possible or line.end > HORIZON + 4


def test_waiting_is_moved_to_the_depot() -> None:
    """The vehicle leaves late instead of waiting at the customer."""
    steps = [Step(), Step((TimeWindow(100, 200),), 10, 20), Step(travel=20)]
    line = schedule(steps, Rules())
    assert (line.start, line.begin[1], line.end) == (80, 100, 130)


def test_duration_limit_chooses_the_later_window() -> None:
    """Of two windows the later one is used when only it keeps the duration limit."""
    early_or_late = (TimeWindow(0, 1), TimeWindow(100, 101))
    steps = [Step(), Step(early_or_late, 1, 0), Step((TimeWindow(100, 200),), 1, 0), Step()]
    assert schedule(steps, Rules(max_duration=50)).duration == pytest.approx(2)


def test_what_never_fits_is_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """No later departure is tried for a route that takes too long even if it never waits."""
    tried: list[float] = []

    def counted(*given_: Any, **more: Any) -> Any:
        tried.append(given_[1])
        return simulate(*given_, **more)

    monkeypatch.setattr("routesolve.solutions.schedule.simulate", counted)
    steps = [Step(), Step(work=20, travel=40), Step(travel=40)]
    assert schedule(steps, Rules(max_duration=99)).duration == 100
    assert len(tried) == 1
    assert schedule(steps, Rules(max_duration=100)).duration == 100
    # Twice as fast later on: that a later departure may be in time has to be tried.
    faster = (TimeBand(-inf, 1.0), TimeBand(50, 2.0))
    assert schedule(steps, Rules(max_duration=65, bands=faster)).duration < 65.01


def test_duration_cost_chooses_the_later_window() -> None:
    """The same when time costs money, without a limit."""
    early_or_late = (TimeWindow(0, 1), TimeWindow(100, 101))
    steps = [Step(), Step(early_or_late, 1, 0), Step((TimeWindow(100, 200),), 1, 0), Step()]
    assert schedule(steps, Rules(duration_cost=1)).duration == pytest.approx(2)


def test_break_is_taken_on_the_way() -> None:
    """A break between two stops splits the travel."""
    steps = [Step(), Step((TimeWindow(50, 60),), 10, pause=True), Step(travel=100)]
    line = schedule(steps, Rules())
    assert line.arrival[1:] == [50, 110]
    assert line.driving == 100


def test_soft_window_costs_lateness() -> None:
    """Being late at a soft window is allowed and priced."""
    soft = (TimeWindow(0, 5, lateness_cost=2.0),)
    line = simulate([Step(), Step(soft, 0, 8), Step()], 0, Rules())
    assert not line.late
    assert line.soft_cost == 6


def test_speed_bands_keep_the_order_of_departures() -> None:
    """Travel across a slow band, and first in first out."""
    bands = (TimeBand(0, 1.0), TimeBand(50, 0.5), TimeBand(100, 2.0))
    assert drive(0, 100, bands) == pytest.approx(50 + 50 + 12.5)
    arrivals = [drive(t, 30, bands) for t in range(150)]
    assert arrivals == sorted(arrivals)
    assert covered(0, drive(0, 100, bands), bands) == pytest.approx(100)


def test_bands_leave_late_too() -> None:
    """With time bands the departure is put off as well, without ending later."""
    bands = (TimeBand(0, 1.0), TimeBand(50, 0.5))
    steps = [Step(), Step((TimeWindow(100, 200),), 0, 20), Step()]
    line = schedule(steps, Rules(bands=bands))
    assert line.end == pytest.approx(100)
    assert line.start == pytest.approx(60, abs=1e-3)
