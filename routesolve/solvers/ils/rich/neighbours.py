"""Which stops are near each other, for the search for every feature."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from routesolve.solvers.ils.rich._kernels import layout as at
from routesolve.solvers.ils.rich._kernels.neighbours import EVER, nearest_stops

NEIGHBOURS, CROWDED = 60, 5
"""Neighbours kept of each stop; how many times as many at most, where few can be on routes."""

SAMPLE = 1_000_000
"""Entries of a table of which the median is taken, about."""


def crowd(group: npt.NDArray[np.int32]) -> int:
    """Stops for each that can be on a route at the same time, about."""
    grouped = group[group >= 0]
    units = len(group) - len(grouped) + len(np.unique(grouped))
    # A few small groups among many jobs are no reason to look farther.
    return min(max(round(len(group) / max(units, 1)), 1), CROWDED)


def neighbours(
    stop: npt.NDArray[np.float64],
    what: npt.NDArray[np.int32],
    group: npt.NDArray[np.int32],
    crowd: int,
    costs: npt.NDArray[np.float64],
    travel: npt.NDArray[np.float64],
) -> npt.NDArray[np.int32]:
    """(s + 1, k) nearest stops of each; where there are windows, waiting and lateness count too.

    None is of the stop's own group.
    """
    stops = len(group)
    largest = int(np.bincount(group[group >= 0]).max(initial=1))
    count = min(NEIGHBOURS * crowd, stops - largest)
    if count < 1:
        return np.zeros((stops + 1, 1), np.int32)
    early, late = stop[1 : stops + 1, at.EARLIEST], stop[1 : stops + 1, at.LATEST]
    seconds, pace = travel[0, 1], 0.0
    windowed = bool(np.isfinite(early).any() or np.isfinite(late).any())
    if windowed and (usual := _median(seconds)):
        pace = _median(costs) / usual
    return nearest_stops(
        costs,
        seconds,
        what[1 : stops + 1, at.PLACE].copy(),
        # So large that sums of what is missing remain numbers.
        np.clip(early, -EVER, EVER),
        np.clip(late, -EVER, EVER),
        stop[1 : stops + 1, at.SERVICE].copy(),
        group,
        what[1 : stops + 1, at.MATE].copy(),
        pace,
        count,
    )


def _median(table: npt.NDArray[np.float64]) -> float:
    """Median of a table's entries that stand for a way; of a large table, of a million of them."""
    some = table.reshape(-1)[:: table.size // SAMPLE + 1]
    some = some[(some > 0.0) & (some < EVER)]
    return float(np.median(some)) if some.size else 0.0


def short_leg(
    near: npt.NDArray[np.int32],
    what: npt.NDArray[np.int32],
    costs: npt.NDArray[np.float64],
    radius: npt.NDArray[np.float64],
    crowd: int,
) -> float:
    """Mean cost to the fifth neighbour that may be on a route with the stop, about.

    It is at least a hundredth of the median to the depot.
    """
    stops = len(near) - 1
    if stops < 2:
        return 1.0
    rows = np.arange(1, stops + 1)
    fifth = near[rows, min(5 * crowd - 1, near.shape[1] - 1)]
    legs = costs[what[rows, at.PLACE], what[fifth, at.PLACE]]
    passable = legs[np.isfinite(legs)]
    floor = 0.01 * float(np.median(radius)) if len(radius) else 0.0
    return max(float(passable.mean()) if passable.size else 0.0, floor, 1e-6)
