"""From a table between ends of arcs to a table between places on arcs."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from routesolve._jit import kernel

Floats = npt.NDArray[np.float64]


class Ends(NamedTuple):
    """Where k places meet a table: c entries, three sums each (cost, duration, distance).

    Attributes
    ----------
    indptr : numpy.ndarray
        (k + 1,) int64 entries of each place.
    slots : numpy.ndarray
        (c,) int64 row (of departures) or column (of arrivals) of the table.
    nodes : numpy.ndarray
        (c,) int32 node of the searched graph behind that row or column.
    arcs : numpy.ndarray
        (c,) int32 street arc.
    shares : numpy.ndarray
        (c,) float64 how far along it.
    extra : numpy.ndarray
        (c, 3) float64 what comes on top of the table.
    whole : numpy.ndarray
        (c, 3) float64 sums of the whole arc.
    around : numpy.ndarray
        (c, 3) float64 sums from a node back to itself, which count instead of the zero that tables
        hold there; only for arrivals, and empty where that zero is right.
    """

    indptr: npt.NDArray[np.int64]
    slots: npt.NDArray[np.int64]
    nodes: npt.NDArray[np.int32]
    arcs: npt.NDArray[np.int32]
    shares: Floats
    extra: Floats
    whole: Floats
    around: Floats


@kernel
def join(
    leaving: Ends,
    arriving: Ends,
    costs: Any,
    durations: Any,
    distances: Any,
    out_costs: Any,
    out_durations: Any,
    out_distances: Any,
) -> None:
    """Least sums between all places into `out_*` (k, l); tables (rows, columns).

    Among equal costs the least duration counts, then the least distance.
    """
    for i in range(len(leaving.indptr) - 1):
        out_costs[i, :] = np.inf
        out_durations[i, :] = np.inf
        out_distances[i, :] = np.inf
        for a in range(leaving.indptr[i], leaving.indptr[i + 1]):
            row = leaving.slots[a]
            for j in range(len(arriving.indptr) - 1):
                for b in range(arriving.indptr[j], arriving.indptr[j + 1]):
                    column = arriving.slots[b]
                    cost = costs[row, column]
                    duration = durations[row, column]
                    distance = distances[row, column]
                    if len(arriving.around) and leaving.nodes[a] == arriving.nodes[b]:
                        cost = arriving.around[b, 0]
                        duration = arriving.around[b, 1]
                        distance = arriving.around[b, 2]
                    cost += leaving.extra[a, 0] + arriving.extra[b, 0]
                    duration += leaving.extra[a, 1] + arriving.extra[b, 1]
                    distance += leaving.extra[a, 2] + arriving.extra[b, 2]
                    part = arriving.shares[b] - leaving.shares[a]
                    if leaving.arcs[a] == arriving.arcs[b] and part >= 0.0:
                        straight = part * arriving.whole[b, 0]
                        if straight <= cost:
                            cost = straight
                            duration = part * arriving.whole[b, 1]
                            distance = part * arriving.whole[b, 2]
                    if cost < out_costs[i, j] or (
                        cost == out_costs[i, j]
                        and (duration, distance) < (out_durations[i, j], out_distances[i, j])
                    ):
                        # What was added and taken off again may leave a rounding below zero.
                        out_costs[i, j] = max(cost, 0.0)
                        out_durations[i, j] = max(duration, 0.0)
                        out_distances[i, j] = max(distance, 0.0)
