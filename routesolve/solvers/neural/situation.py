"""What the decoder sees: the state of rollouts, and what each candidate would bring.

Numbers without units, the same in NumPy and in torch; see :mod:`.features`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from routesolve.solvers.neural.features import FAR, Features, at_least, or_zero, squash
from routesolve.solvers.neural.problems import Array, Problems
from routesolve.solvers.neural.state import State


def situation(problems: Problems, known: Features, state: State) -> Array:
    """(b, s, NOW) what the decoder sees of rollouts."""
    p, xp, rows = problems, problems.xp, _rows(problems)
    token = state.token
    capacity = p.capacity[rows, token]
    finite = xp.isfinite(capacity) & (capacity > 0)
    scale = xp.where(finite, capacity, 1.0)
    free = xp.where(finite, (capacity - state.peak) / scale, 1.0)
    room = xp.where(finite, (capacity - state.backhaul) / scale, 1.0)
    unit = known.longest[:, None]

    def left(limit: Array, spent: Array, by: Array) -> Array:
        rest = limit[rows, token] - spent
        return xp.where(xp.isfinite(rest), squash(xp, or_zero(xp, rest) / by), 0.0)

    # Limits on distance in their own unit: the longest distance is not at hand here.
    reach = p.max_distance[rows, token]
    reached = xp.where(
        xp.isfinite(reach) & (reach > 0), state.distance / xp.where(reach > 0, reach, 1.0), 0.0
    )
    unvisited = xp.where(state.visited, 0.0, 1.0).sum(-1)
    count = xp.where(p.present & at_least(p, p.tokens), 1.0, 0.0).sum(-1)[:, None]
    at_token = xp.where(state.node < p.tokens, 1.0, 0.0)
    return xp.stack(
        [
            free,
            room,
            squash(xp, (state.time - known.start[:, None]) / unit),
            left(p.closing, state.time, unit),
            reached,
            left(p.max_duration, state.duration, unit),
            left(p.max_driving, state.driving, unit),
            unvisited / xp.where(count > 0, count, 1.0),
            at_token,
            xp.where(state.backhaul > 0, 1.0, 0.0),
            xp.where(state.linehaul > 0, 1.0, 0.0),
        ],
        -1,
    )


class Standing(NamedTuple):
    """The part of a state that candidates are seen from; (b, s) each."""

    node: Array
    token: Array
    time: Array
    peak: Array


def outlook(problems: Problems, known: Features, state: State | Standing) -> list[Array]:
    """(b, s, n) each of CHOICE numbers of going to a node next; scalars where nothing differs.

    Waiting there, slack of its window, share of the free load that it takes, worth.
    """
    p, xp, rows = problems, problems.xp, _rows(problems)
    zero: Any = 0.0
    wait = slack = fill = worth = zero
    with np.errstate(invalid="ignore"):
        if p.uses & {"windows"}:
            way = p.duration[rows, state.node] / p.speed[rows, state.token][..., None]
            ready = state.time[..., None] + way
            begin = xp.where(ready < p.earliest[:, None, :], p.earliest[:, None, :], ready)
            unit = known.near_time[:, None, None]
            wait = _steps(xp, (begin - ready) / unit)
            slack = _steps(xp, (p.latest[:, None, :] - begin) / unit)
        capacity = p.capacity[rows, state.token]
        if "loads" in p.uses:
            free = xp.where(xp.isfinite(capacity), capacity - state.peak, xp.inf)
            free = xp.where(free > 0, free, 1.0)
            fill = xp.clip(p.delivery[:, None, :] / free[..., None], 0.0, 1.0)
    if p.score is not None:
        worth = p.score[rows, state.token] / known.worth[:, None, None]
    return [wait, slack, fill, worth]


def _steps(xp: Any, ways: Array) -> Array:
    """Logarithm of 1 + times; what is unlimited or unknown counts as :data:`FAR`."""
    ways = xp.where(ways < FAR, ways, FAR)
    return xp.log1p(xp.where(ways > 0, ways, 0.0))


def _rows(problems: Problems) -> Array:
    if problems.xp is np:
        return np.arange(problems.batch)[:, None]
    xp: Any = problems.xp
    return xp.arange(problems.batch, device=problems.distance.device)[:, None]
