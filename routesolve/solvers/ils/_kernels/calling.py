"""Jobs that are not served are tried again, on a route for several of them now and then."""

from __future__ import annotations

from typing import Any

import numpy as np

from routesolve._jit import lean
from routesolve.solvers.ils._kernels.absent import wake
from routesolve.solvers.ils._kernels.chance import chance
from routesolve.solvers.ils._kernels.layout import (
    ABSENT,
    ACTIVE,
    KIND,
    MISSING,
    OPENING,
    REMOVED,
    ROUTE,
    WAITING,
    Int32s,
    Int64s,
    State,
    Ways,
    Whole,
)
from routesolve.solvers.ils._kernels.recreate import alone_fits, cheapest_kind, own_route
from routesolve.solvers.ils._kernels.routes import leg, put_in

RETRIED, OTHERS = 20, 10  # absent jobs tried again in an iteration at least, and some anywhere
OPENS = 0.3  # chance to open a route for an absent job that does not pay it
BESIDE, FILLING = 10, 2.0  # who is tried again near by, and how many times a route's size then


@lean
def recall(
    near: Int32s,
    job: Int64s,
    node: Int32s,
    lists: Int32s,
    num: Int64s,
    rng: State,
    seed: int,
    most: int,
) -> None:
    """Try some of the absent jobs again: up to so many near a job, and any others."""
    first = num[WAITING]
    for k in range(-1, near.shape[1]):
        c = seed if k < 0 else near[seed, k]
        if c == 0 or num[WAITING] - first >= most:
            break
        if node[c, ROUTE] < 0 and wake(job, lists, num, c):
            lists[REMOVED, num[REMOVED]] = c
            num[REMOVED] += 1
    for _ in range(max(OTHERS, RETRIED - num[WAITING])):
        if num[ABSENT] == 0:
            break
        c = lists[ABSENT, int(chance(rng) * num[ABSENT])]
        wake(job, lists, num, c)
        lists[REMOVED, num[REMOVED]] = c
        num[REMOVED] += 1


@lean
def open_route(
    out: Ways,
    kinds: Any,
    times: Any,
    soft: Any,
    spans: Any,
    job: Int64s,
    limit: Int64s,
    node: Int32s,
    route: Int64s,
    lists: Int32s,
    num: Int64s,
    logged_routes: Int64s,
    rng: State,
    c: int,
) -> bool:
    """Give an absent job that does not pay a route one all the same; False where it has none.

    Several beside each other may pay a route.
    """
    ends: Whole = np.int64(0)
    if kinds is None:
        alone = np.int64(leg(out, kinds, ends, 0, c))
        alone += leg(out, kinds, ends, c, 0) + num[OPENING]
        if not alone_fits(kinds, times, spans, job, limit, node, ends, c):
            return False
    else:
        alone, ends = cheapest_kind(out, kinds, times, spans, job, limit, node, num, rng, c)
        if ends == 0:
            return False
    if alone < job[c, MISSING] or not wake(job, lists, num, c):
        return False
    own = own_route(route, lists, num, logged_routes)
    if own < 0:
        lists[REMOVED, num[REMOVED]] = c
        num[REMOVED] += 1
        return False
    if kinds is not None:
        route[own, KIND] = ends
    put_in(
        out, kinds, times, soft, spans, job, limit, node, route, num, c, own, 0
    )  # fmt: skip
    return True


@lean
def call_up(
    out: Ways,
    kinds: Any,
    times: Any,
    soft: Any,
    spans: Any,
    near: Int32s,
    job: Int64s,
    limit: Int64s,
    node: Int32s,
    route: Int64s,
    lists: Int32s,
    num: Int64s,
    logged_routes: Int64s,
    rng: State,
    seed: int,
) -> None:
    """Try some of the absent jobs again, on a new route for them now and then."""
    tried = BESIDE
    if node[seed, ROUTE] < 0 and chance(rng) < OPENS:
        opened = open_route(
            out, kinds, times, soft, spans, job, limit, node, route, lists, num,
            logged_routes, rng, seed,
        )  # fmt: skip
        if opened:
            served = node.shape[0] - 1 - num[ABSENT]
            tried += int(FILLING * served / max(num[ACTIVE], 1))
    recall(near, job, node, lists, num, rng, seed, tried)
