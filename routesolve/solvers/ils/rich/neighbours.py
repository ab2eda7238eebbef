"""Which stops are near each other, for the search for every feature."""

from __future__ import annotations

from math import inf

import numpy as np
import numpy.typing as npt

from routesolve.solvers.ils.rich._kernels import layout as at

NEIGHBOURS, CROWDED = 60, 5
"""Neighbours kept of each stop; how many times as many at most, where few can be on routes."""

BLOCK = 512
"""Rows of tables that are looked at together: large tables are not copied as a whole."""

SAMPLE = 1_000_000
"""Entries of a table of which the median is taken, about."""

EVER = 1e12
"""Seconds that stand for windows that do not open or close, and for ways that do not exist."""


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
    grouped = bool((group >= 0).any())
    largest = int(np.bincount(group[group >= 0]).max(initial=1))
    count = min(NEIGHBOURS * crowd, stops - largest)
    if count < 1:
        return np.zeros((stops + 1, 1), np.int32)
    places = what[1 : stops + 1, at.PLACE]
    early, late = stop[1 : stops + 1, at.EARLIEST], stop[1 : stops + 1, at.LATEST]
    service = stop[1 : stops + 1, at.SERVICE]
    windowed = bool(np.isfinite(early).any() or np.isfinite(late).any())
    # So large that sums of what is missing remain numbers.
    early, late = np.clip(early, -EVER, EVER), np.clip(late, -EVER, EVER)
    seconds, pace = np.minimum(travel[0, 1], EVER), 0.0
    if windowed and (usual := _median(seconds)):
        pace = _median(costs) / usual
    symmetric = not windowed and np.array_equal(costs, costs.T)
    near = np.zeros((stops + 1, count), np.int32)
    for low in range(0, stops, BLOCK):
        rows = np.arange(low, min(low + BLOCK, stops))
        value = costs[np.ix_(places[rows], places)]
        if not symmetric:
            back = costs[np.ix_(places, places[rows])].T
            if windowed:
                value += pace * _strain(early, late, service, seconds, places, rows)
                back = back + pace * _strain_back(early, late, service, seconds, places, rows)
            value = np.minimum(value, back)
        value[np.arange(len(rows)), rows] = inf
        if grouped:
            value[(group[rows][:, None] == group[None, :]) & (group[None, :] >= 0)] = inf
        mate = what[rows + 1, at.MATE]
        value[np.flatnonzero(mate), mate[mate > 0] - 1] = inf
        part = np.argpartition(value, count - 1, axis=1)[:, :count]
        order = np.take_along_axis(value, part, axis=1).argsort(axis=1, kind="stable")
        near[rows + 1] = np.take_along_axis(part, order, axis=1) + 1
    return near


def _strain(
    early: npt.NDArray[np.float64],
    late: npt.NDArray[np.float64],
    service: npt.NDArray[np.float64],
    seconds: npt.NDArray[np.float64],
    places: npt.NDArray[np.int32],
    rows: npt.NDArray[np.intp],
) -> npt.NDArray[np.float64]:
    """Seconds of waiting, a fifth, and of lateness when the columns follow the rows."""
    way = seconds[np.ix_(places[rows], places)] + service[rows][:, None]
    wait = early[None, :] - way - late[rows][:, None]
    delay = early[rows][:, None] + way - late[None, :]
    return np.asarray(0.2 * np.clip(wait, 0, 1e9) + np.clip(delay, 0, 1e9))


def _strain_back(
    early: npt.NDArray[np.float64],
    late: npt.NDArray[np.float64],
    service: npt.NDArray[np.float64],
    seconds: npt.NDArray[np.float64],
    places: npt.NDArray[np.int32],
    rows: npt.NDArray[np.intp],
) -> npt.NDArray[np.float64]:
    """The same when the rows follow the columns."""
    way = seconds[np.ix_(places, places[rows])].T + service[None, :]
    wait = early[rows][:, None] - way - late[None, :]
    delay = early[None, :] + way - late[rows][:, None]
    return np.asarray(0.2 * np.clip(wait, 0, 1e9) + np.clip(delay, 0, 1e9))


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
