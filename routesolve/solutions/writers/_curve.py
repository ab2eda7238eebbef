"""The page's convergence curve: cost of the best plan over time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from routesolve.numbers import shown
from routesolve.solutions.clock import ticks

if TYPE_CHECKING:
    from routesolve.solutions.result import Result

WIDTH, HEIGHT = 720, 220
LEFT, RIGHT, TOP, BOTTOM = 76, 16, 12, 30
MOST_POINTS = 400


@dataclass(frozen=True, slots=True)
class Curve:
    """An SVG picture: path data, tick marks as (position, label), height of the bound's line."""

    path: str
    points: list[tuple[float, float]]
    x_ticks: list[tuple[float, str]]
    y_ticks: list[tuple[float, str]]
    bound: float | None
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    bottom: int = HEIGHT - BOTTOM


def curve(result: Result) -> Curve | None:
    """Draw the trace, or None when there was no improvement to draw."""
    trace = _thinned(result.trace)
    if len(trace) < 2:
        return None
    end = max(result.runtime, trace[-1][0], 1e-3)
    costs = [cost for _, cost in trace]
    bound = result.lower_bound
    low, high = min(costs), max(costs)
    if bound is not None and low - bound <= 2 * (high - low):
        low = min(low, bound)
    room = (high - low) * 0.06 or abs(high) * 0.01 or 1.0
    low, high = low - room, high + room

    def x(seconds: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * seconds / end, 1)

    def y(cost: float) -> float:
        return round(TOP + (HEIGHT - TOP - BOTTOM) * (high - cost) / (high - low), 1)

    path = f"M{x(trace[0][0])} {y(trace[0][1])}"
    for seconds, cost in trace[1:]:
        path += f"H{x(seconds)}V{y(cost)}"
    path += f"H{x(end)}"
    return Curve(
        path,
        [(x(seconds), y(cost)) for seconds, cost in trace] if len(trace) <= 60 else [],
        [(x(t), f"{shown(t, 3)} s") for t in ticks(0.0, end, clock=False, most=8)],
        [(y(c), shown(c, 2)) for c in ticks(low, high, clock=False, most=5)],
        y(bound) if bound is not None and low <= bound <= high else None,
    )


def _thinned(trace: tuple[tuple[float, float], ...]) -> list[tuple[float, float]]:
    points = [(float(s), float(c)) for s, c in trace if abs(c) < float("inf")]
    if len(points) <= MOST_POINTS:
        return points
    step = (len(points) - 1) / (MOST_POINTS - 1)
    return [points[round(k * step)] for k in range(MOST_POINTS)]
