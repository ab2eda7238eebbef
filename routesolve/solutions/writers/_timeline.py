"""The page's time line: what each vehicle does when, as positions in percent of the axis."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isfinite

from routesolve.instances.instance import VrpInstance
from routesolve.solutions.clock import Clock, ticks
from routesolve.solutions.solution import Route, Solution, Visit
from routesolve.solutions.writers import _map, _names

NOTHING = 0.5
"""Seconds below which waiting is not drawn."""

THINNEST = 0.12
"""Percent: a stop that takes no time is still seen."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of time: kind (``job``, ``break``, ...), begin and width in percent, and words."""

    kind: str
    begin: float
    width: float
    title: str = ""
    waiting: tuple[float, float] | None = None
    windows: tuple[tuple[float, float], ...] = ()
    late: bool = False


@dataclass(slots=True)
class Row:
    """One vehicle's day."""

    name: str
    colour: str
    index: int
    begin: float
    width: float
    bars: list[Bar] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Timeline:
    """All vehicles on one axis; ``ticks`` are (percent, label)."""

    rows: list[Row]
    ticks: list[tuple[float, str]]


def timeline(instance: VrpInstance, solution: Solution, clock: Clock) -> Timeline | None:
    """Lay out all routes, or None when nothing takes time."""
    times = [
        t
        for route in solution.routes
        for visit in route.visits
        for t in (visit.begin, visit.departure)
        if t is not None and isfinite(t)
    ]
    low, high = min(times, default=0.0), max(times, default=0.0)
    if high <= low:
        return None
    axis = _Axis(low, high)
    rows = [_row(instance, route, k, axis, clock) for k, route in enumerate(solution.routes)]
    marks = [(axis.at(t), clock.short(t)) for t in ticks(low, high, clock=clock.tells_time)]
    return Timeline(rows, marks)


class _Axis:
    """Percent of the width for a time; a little room is left at both ends."""

    def __init__(self, low: float, high: float) -> None:
        room = (high - low) * 0.015
        self.low, self.span = low - room, high - low + 2 * room

    def at(self, time: float) -> float:
        share = (min(max(time, self.low), self.low + self.span) - self.low) / self.span
        return round(100 * share, 3)

    def stretch(self, begin: float, end: float) -> tuple[float, float]:
        left, right = self.at(begin), self.at(end)
        return left, round(max(right - left, 0.0), 3)


def _row(instance: VrpInstance, route: Route, index: int, axis: _Axis, clock: Clock) -> Row:
    first, last = route.visits[0], route.visits[-1]
    begin, width = axis.stretch(first.begin or 0.0, last.departure or 0.0)
    row = Row(route.name, _map.colour(index), index, begin, width)
    order = 0
    for visit in route.visits:
        if visit.begin is None or visit.departure is None:
            continue
        stop = visit.kind in ("job", "pickup", "delivery")
        order += stop
        if stop or visit.departure > visit.begin or visit.kind == "break":
            row.bars.append(_bar(instance, route, visit, order if stop else None, axis, clock))
    return row


def _bar(
    instance: VrpInstance,
    route: Route,
    visit: Visit,
    order: int | None,
    axis: _Axis,
    clock: Clock,
) -> Bar:
    begin, departure = visit.begin or 0.0, visit.departure or 0.0
    windows = _names.windows(instance, route, visit)
    drawn = tuple(axis.stretch(w.earliest, w.latest) for w in windows)
    waits = visit.waiting > NOTHING and visit.arrival is not None and visit.kind != "start"
    late = bool(windows) and not any(begin <= w.latest + NOTHING for w in windows)
    left, width = axis.stretch(begin, departure)
    width = max(width, THINNEST)
    name = _names.name(instance, visit) or visit.id or ""
    words = [f"{order}. {name}" if order else f"{visit.kind} {name}".strip()]
    words.append(f"{clock.short(begin)}–{clock.short(departure)}")
    if waits:
        words.append(f"waits {clock.span(visit.waiting)}")
    if windows:
        words.append("window " + ", ".join(_map.window_text(w, clock) for w in windows))
    return Bar(
        visit.kind,
        left,
        width,
        " · ".join(words),
        axis.stretch(visit.arrival or 0.0, begin) if waits else None,
        tuple(window for window in drawn if window[1] < 99),
        late,
    )
