"""Routes driven by other vehicles: what the iteration has touched takes the kind that is cheapest.

A route takes a kind that has a vehicle to spare, or changes kinds with another route.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from routesolve._jit import lean
from routesolve.solvers.ils._kernels.chance import chance
from routesolve.solvers.ils._kernels.layout import (
    ACTIVE,
    AFTER,
    AMOUNTS,
    BY_EXCESS,
    BY_WARP,
    COST,
    EXCESS,
    FIRST,
    HOURS,
    IN_USE,
    KIND,
    LAST,
    LOADS,
    LOGGED_ROUTES,
    MIXED,
    OPENED,
    ROW_A,
    ROW_B,
    SIZE,
    VEHICLES,
    WARP,
    WHICH,
    Int32s,
    Int64s,
    State,
    Ways,
    Whole,
)
from routesolve.solvers.ils._kernels.local_search import LEAST, cost_now
from routesolve.solvers.ils._kernels.moves import (
    FORBIDDEN,
    cost_of,
    keeps_board,
    keeps_hours,
    keeps_spans,
    rewrite,
    spell,
    warp_of,
)
from routesolve.solvers.ils._kernels.routes import (
    ENDLESS,
    count_vehicle,
    over,
    refresh,
    write_down,
)
from routesolve.solvers.ils._kernels.ways import entry, sums

TRIED = 8  # other routes to change kinds with


@lean
def price_of(
    out: Ways,
    kinds: Any,
    times: Any,
    soft: Any,
    spans: Any,
    job: Int64s,
    limit: Int64s,
    route: Int64s,
    r: Whole,
    h: Whole,
    row: Int32s,
    size: Whole,
) -> Any:
    """Cost and penalties of a route, whose jobs are in the row, driven by another kind."""
    loads = limit.shape[0] - sums(spans)
    excess = np.int64(0)
    for i in range(loads):
        excess += over(route[r, LOADS + i], job[h, AMOUNTS + i])
    if soft is None and excess:
        return FORBIDDEN
    cost = cost_of(out, kinds, job, h, row, size)
    if cost < 0 or (spans is not None and not keeps_spans(kinds, spans, job, limit, h, row, size)):
        return FORBIDDEN
    if job[0, MIXED] and not keeps_board(kinds, job, limit, h, row, size):
        return FORBIDDEN
    price = np.float64(cost)
    if times is not None:
        warp = warp_of(times, job, h, row, size)
        if soft is not None:
            price += soft[BY_WARP] * warp
        elif warp:
            return FORBIDDEN
        if job[h, HOURS] < ENDLESS and not keeps_hours(times, job, h, row, size):
            return FORBIDDEN
    if soft is not None:
        price += soft[BY_EXCESS] * excess
    return price


@lean
def price_now(kinds: Any, soft: Any, job: Int64s, node: Int32s, route: Int64s, r: Whole) -> Any:
    """Cost and penalties of a route as it is."""
    price = np.float64(cost_now(kinds, job, node, route, r))
    if soft is not None:
        price += soft[BY_WARP] * route[r, WARP] + soft[BY_EXCESS] * route[r, EXCESS]
    return price


@lean
def take_kind(
    out: Ways,
    kinds: Any,
    times: Any,
    soft: Any,
    spans: Any,
    job: Int64s,
    limit: Int64s,
    node: Int32s,
    route: Int64s,
    num: Int64s,
    logged_jobs: Int32s,
    logged_routes: Int64s,
    r: Whole,
    h: Whole,
    row: Int32s,
    size: Whole,
) -> None:
    """Let a route, whose jobs are in the row, be driven by another kind."""
    write_down(node, route, num, logged_jobs, logged_routes, r)
    num[COST] -= cost_now(kinds, job, node, route, r)
    count_vehicle(kinds, node, num, route[r, KIND], -1)
    route[r, KIND] = h
    count_vehicle(kinds, node, num, h, 1)
    rewrite(
        out, kinds, times, soft, spans, job, limit, node, route, num, r, row, size
    )  # fmt: skip
    num[COST] += cost_now(kinds, job, node, route, r)
    if soft is not None:
        refresh(kinds, times, spans, job, limit, node, route, num, r)


@lean
def switch_kind(
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
    logged_jobs: Int32s,
    logged_routes: Int64s,
    rng: State,
    r: Whole,
) -> Any:
    """Give a route another kind with the same ends at any cost; whether that carries more."""
    row, own = lists[ROW_A], route[r, KIND]
    h = node.shape[0] + np.int64(chance(rng) * (kinds.shape[0] - node.shape[0]))
    if h == own or num[IN_USE + h - node.shape[0]] >= job[h, VEHICLES]:
        return False
    # Other ends cost more than a temperature allows.
    first, last = route[r, FIRST], route[r, LAST]
    if entry(out, h, first) != entry(out, own, first) or entry(out, last, h) != entry(
        out, last, own
    ):
        return False
    size = spell(node, row, 0, first, 0, AFTER)
    price = price_of(out, kinds, times, soft, spans, job, limit, route, r, h, row, size)
    if price >= FORBIDDEN:
        return False
    take_kind(
        out, kinds, times, soft, spans, job, limit, node, route, num,
        logged_jobs, logged_routes, r, h, row, size,
    )  # fmt: skip
    return job[h, AMOUNTS] > job[own, AMOUNTS]


@lean
def change_kind(
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
    logged_jobs: Int32s,
    logged_routes: Int64s,
    rng: State,
    r: Whole,
) -> None:
    """Give one route a cheaper kind, a free one or that of another route among a few."""
    one, two, own = lists[ROW_A], lists[ROW_B], route[r, KIND]
    size = spell(node, one, 0, route[r, FIRST], 0, AFTER)
    now = price_now(kinds, soft, job, node, route, r)
    cheapest, found = now + LEAST, np.int64(0)
    for h in range(node.shape[0], kinds.shape[0]):
        if h == own or num[IN_USE + h - node.shape[0]] >= job[h, VEHICLES]:
            continue
        price = price_of(out, kinds, times, soft, spans, job, limit, route, r, h, one, size)
        if price < cheapest:
            cheapest, found = price, np.int64(h)
    if found:
        take_kind(
            out, kinds, times, soft, spans, job, limit, node, route, num,
            logged_jobs, logged_routes, r, found, one, size,
        )  # fmt: skip
        return
    at = int(chance(rng) * num[ACTIVE])
    for _ in range(min(TRIED, num[ACTIVE])):
        at = at + 1 if at + 1 < num[ACTIVE] else 0
        s = np.int64(lists[ACTIVE, at])
        other = route[s, KIND]
        if route[s, SIZE] == 0 or other == own:
            continue
        price = price_of(out, kinds, times, soft, spans, job, limit, route, r, other, one, size)
        if price >= FORBIDDEN:
            continue
        length = spell(node, two, 0, route[s, FIRST], 0, AFTER)
        price += price_of(out, kinds, times, soft, spans, job, limit, route, s, own, two, length)
        if price < now + price_now(kinds, soft, job, node, route, s) + LEAST:
            take_kind(
                out, kinds, times, soft, spans, job, limit, node, route, num,
                logged_jobs, logged_routes, r, other, one, size,
            )  # fmt: skip
            take_kind(
                out, kinds, times, soft, spans, job, limit, node, route, num,
                logged_jobs, logged_routes, s, own, two, length,
            )  # fmt: skip
            return


@lean
def change_kinds(
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
    logged_jobs: Int32s,
    logged_routes: Int64s,
    rng: State,
) -> None:
    """Look for a cheaper kind for each route that the iteration has touched."""
    if kinds is None:
        return
    touched = num[LOGGED_ROUTES]
    for k in range(touched + num[OPENED]):
        r = logged_routes[k, WHICH] if k < touched else np.int64(lists[OPENED, k - touched])
        if route[r, SIZE]:
            change_kind(
                out, kinds, times, soft, spans, job, limit, node, route, lists,
                num, logged_jobs, logged_routes, rng, r,
            )  # fmt: skip
