"""Which stops are near each other, against a naive twin."""

from __future__ import annotations

import numpy as np
import pytest

from routesolve.solvers.ils._kernels.neighbours import WAITING
from routesolve.solvers.ils.rich._kernels.neighbours import EVER, ROWS, nearest_stops


@pytest.mark.parametrize("pace", [0.0, 0.5])
@pytest.mark.parametrize("stops", [7, ROWS + 8])
def test_nearest_stops(stops: int, pace: float) -> None:
    """By the cheaper way, waiting and lateness priced in; the own group and the mate are last."""
    random = np.random.default_rng(stops)
    places, k = stops // 2, 5
    costs = random.random((places, places)) * 60
    seconds = random.random((places, places)) * 60
    costs[0, 2], seconds[0, 2] = np.inf, np.inf
    place = random.integers(0, places, stops).astype(np.int32)
    early = random.random(stops) * 300
    late = early + random.random(stops) * 100
    early[3], late[4] = -EVER, EVER
    service = random.random(stops) * 9
    group = np.full(stops, -1, np.int32)
    group[[1, 2]] = 0
    mate = np.zeros(stops, np.int32)
    mate[5], mate[6] = 7, 6
    there = costs[np.ix_(place, place)]
    ready = service[:, None] + np.minimum(seconds[np.ix_(place, place)], EVER)
    waiting = np.maximum(early[None, :] - late[:, None] - ready, 0.0)
    delay = np.maximum(early[:, None] + ready - late[None, :], 0.0)
    there = there + pace * (WAITING * waiting + delay)
    apart = np.minimum(there, there.T)
    np.fill_diagonal(apart, np.inf)
    apart[[1, 2, 5, 6], [2, 1, 6, 5]] = np.inf
    near = nearest_stops(costs, seconds, place, early, late, service, group, mate, pace, k)
    assert near.shape == (stops + 1, k)
    assert not near[0].any()
    for a in range(stops):
        found = near[a + 1] - 1
        assert len({*found.tolist(), a}) == k + 1
        assert apart[a, found] == pytest.approx(np.sort(apart[a])[:k], rel=1e-9)
