"""Seconds as people read them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from math import isfinite

from routesolve.instances.instance import VrpInstance
from routesolve.numbers import shown
from routesolve.solutions.solution import Solution

DAY = 86_400
UNIX = 100_000_000
"""From here on seconds are taken for Unix time, which VROOM's users like to give."""


class Clock:
    """Turns an instance's seconds into clock times, where they are times of day.

    They are when the instance has an epoch, when they are Unix times (shown in UTC), or when the
    places are real ones and all times lie within two days. Otherwise :attr:`tells_time` is False
    and times stay numbers.
    """

    def __init__(self, instance: VrpInstance, solution: Solution) -> None:
        times = [t for t in _times(solution) if isfinite(t)]
        low, high = min(times, default=0.0), max(times, default=0.0)
        self.zero: datetime | None = None
        if instance.epoch:
            self.zero = datetime.fromisoformat(instance.epoch).replace(tzinfo=None)
        elif low >= UNIX:
            self.zero = datetime(1970, 1, 1)
        self.tells_time = self.zero is not None or (
            instance.geographic and low >= 0 and high <= 2 * DAY
        )
        self._real = self.tells_time or instance.geographic
        self._first = self._moment(low).date() if self.tells_time and times else None

    def _moment(self, seconds: float) -> datetime:
        zero = self.zero or datetime(2000, 1, 1)
        try:
            return zero + timedelta(seconds=round(seconds))
        except OverflowError:
            return zero

    def full(self, seconds: float | None) -> str:
        """Return ``08:30:15``, with the date when there is an epoch; empty when not a clock."""
        if not self.tells_time or seconds is None or not isfinite(seconds):
            return ""
        moment = self._moment(seconds)
        return moment.strftime("%Y-%m-%d %H:%M:%S") if self.zero else self._day(moment, True)

    def short(self, seconds: float | None) -> str:
        """Return ``08:30``, with ``+1`` on the next day; the number itself when not a clock."""
        if seconds is None or not isfinite(seconds):
            return "–"
        return self._day(self._moment(seconds), False) if self.tells_time else shown(seconds)

    def _day(self, moment: datetime, with_seconds: bool) -> str:
        days = (moment.date() - self._first).days if self._first else 0
        text = moment.strftime("%H:%M:%S" if with_seconds else "%H:%M")
        return f"{text} +{days}" if days > 0 else text

    def span(self, seconds: float | None) -> str:
        """Return a length of time: ``1 h 05``, ``12 min``, or the number on a plane."""
        if seconds is None or not isfinite(seconds):
            return "–"
        if not self._real:
            return shown(seconds)
        minutes = round(seconds / 60)
        return f"{minutes // 60} h {minutes % 60:02}" if minutes >= 60 else f"{minutes} min"


def _times(solution: Solution) -> Iterable[float]:
    for route in solution.routes:
        for visit in route.visits:
            yield from (t for t in (visit.arrival, visit.departure) if t is not None)


def ticks(low: float, high: float, *, clock: bool, most: int = 10) -> list[float]:
    """Return round values between two numbers, for an axis."""
    if not (isfinite(low) and isfinite(high)) or high <= low:
        return [low] if isfinite(low) else []
    steps: list[float] = [60, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, DAY]
    rough = (high - low) / most
    if not clock or rough > DAY:
        power = 10.0 ** _floor_log10(rough)
        steps = [power * k for k in (1, 2, 5, 10)]
    step = next((s for s in steps if s >= rough * (1 - 1e-9)), steps[-1])
    first = -(-low // step)
    return [step * (first + k) for k in range(int((high - first * step) // step) + 1)]


def _floor_log10(value: float) -> int:
    return int(f"{value:e}".split("e")[1])
