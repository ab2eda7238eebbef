"""Slow twin of the schedule: integer times by exhaustive search."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from routesolve.solutions.schedule import Rules, Step


def all_schedules(steps: Sequence[Step], rules: Rules, horizon: int) -> Iterator[tuple[int, int]]:
    """Yield ``(start, end)`` of every schedule in whole seconds that keeps all hard rules."""

    def open_at(step: Step, time: int) -> bool:
        if not step.windows:
            return True
        return any(w.earliest <= time <= w.latest for w in step.windows)

    def extend(i: int, begins: list[int], ready: int, left: int) -> Iterator[tuple[int, int]]:
        if i == len(steps):
            end = ready
            departures = [
                max(b + int(s.work), s.release) for b, s in zip(begins, steps, strict=True)
            ]
            rides = all(begins[r.delivery] - departures[r.pickup] <= r.limit for r in rules.rides)
            if rides and end - begins[0] <= rules.max_duration + rules.overtime:
                yield begins[0], end
            return
        step = steps[i]
        if step.pause:
            left = left if steps[i - 1].pause else int(travel_to_next(i))
            earliest = ready
        else:
            left = left if i and steps[i - 1].pause else int(step.travel)
            earliest = max(ready + left, int(rules.earliest) if i == 0 else 0)
        for begin in range(earliest, horizon + 1):
            if not open_at(step, begin):
                continue
            departure = int(max(begin + step.work, step.release))
            remaining = max(0, left - (begin - ready)) if step.pause else 0
            yield from extend(i + 1, [*begins, begin], departure, remaining)

    def travel_to_next(i: int) -> float:
        return next((s.travel for s in steps[i + 1 :] if not s.pause), 0.0)

    yield from extend(0, [], 0, 0)
