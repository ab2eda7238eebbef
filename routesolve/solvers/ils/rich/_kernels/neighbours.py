"""The stops that are near each other, with all their rules."""

# s stops, p places, k neighbours

from __future__ import annotations

import math

import numpy as np

from routesolve._jit import kernel
from routesolve.solvers.ils._kernels.neighbours import BITS, FARTHEST, WAITING, note, offer
from routesolve.solvers.ils.rich._kernels.layout import Floats, Int32s

ROWS = 32
"""Of stops at once: what is read down a column for one lies beside what is read for the others."""

EVER = 1e12
"""Seconds that stand for windows that do not open or close, and for ways that do not exist."""


@kernel
def nearest_stops(
    costs: Floats,
    seconds: Floats,
    place: Int32s,
    early: Floats,
    late: Floats,
    service: Floats,
    group: Int32s,
    mate: Int32s,
    pace: float,
    k: int,
) -> Int32s:
    """Neighbours (s + 1, k) by cost, the better way; waiting and lateness count `pace` a second.

    Stops of the same group, and the two of a shipment, come last. Stops are numbered from 0 in
    what is given, from 1 in what is returned.
    """
    s = place.shape[0]
    near = np.zeros((s + 1, k), np.int32)
    heap = np.empty(k, np.int64)
    far = np.empty((ROWS, s))
    for low in range(0, s, ROWS):
        rows = min(ROWS, s - low)
        for i in range(rows):
            a = low + i
            for b in range(s):
                far[i, b] = costs[place[a], place[b]]
            if pace > 0.0:
                for b in range(s):
                    ready = service[a] + min(seconds[place[a], place[b]], EVER)
                    waiting = max(early[b] - late[a] - ready, 0.0)
                    far[i, b] += pace * (WAITING * waiting + max(early[a] + ready - late[b], 0.0))
        for b in range(s):
            for i in range(rows):
                a = low + i
                back = costs[place[b], place[a]]
                if pace > 0.0:
                    ready = service[b] + min(seconds[place[b], place[a]], EVER)
                    waiting = max(early[a] - late[b] - ready, 0.0)
                    back += pace * (WAITING * waiting + max(early[b] + ready - late[a], 0.0))
                far[i, b] = min(far[i, b], back)
        for i in range(rows):
            a = low + i
            far[i, a] = math.inf
            if mate[a]:
                far[i, mate[a] - 1] = math.inf
            if group[a] >= 0:
                for b in range(s):
                    if group[b] == group[a]:
                        far[i, b] = math.inf
            most = 0.0
            for b in range(s):
                if far[i, b] < math.inf:
                    most = max(most, far[i, b])
            grain = (FARTHEST - 1) / most if most > 0.0 else 1.0
            count, bound = 0, math.inf
            for b in range(s):
                if b != a and (far[i, b] < bound or count < k):
                    key = np.int64(min(far[i, b] * grain, float(FARTHEST))) << BITS | (b + 1)
                    count = offer(heap, count, key)
                    if count == k:
                        bound = ((heap[0] >> BITS) + 1) / grain
            note(heap, count, near[a + 1])
    return near
