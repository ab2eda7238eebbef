"""Recreate: removed jobs go back one by one, each to the cheapest place seen, with blinks.

J. Christiaens, G. Vanden Berghe, "Slack Induction by String Removals for Vehicle Routing Problems",
Transportation Science 54 (2020); only places beside near jobs are looked at.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from routesolve._jit import inlined, lean
from routesolve.solvers.ils._kernels.absent import leave_out
from routesolve.solvers.ils._kernels.chance import chance
from routesolve.solvers.ils._kernels.layout import (
    ABSENT,
    ACTIVE,
    AFTER,
    ALLOWED,
    AMOUNTS,
    BEFORE,
    BEST,
    BY_EXCESS,
    BY_WARP,
    COST,
    EARLIEST,
    END,
    ENTRY,
    EXCESS,
    FIRST,
    HOURS,
    IN_USE,
    KEY,
    KIND,
    LATEST,
    LEG,
    LOADS,
    LOGGED_ROUTES,
    MISSING,
    MIXED,
    OPENING,
    RADIUS,
    REMOVED,
    ROUTE,
    SERVICE,
    SIZE,
    START,
    USING,
    VEHICLES,
    WHICH,
    Float32s,
    Int32s,
    Int64s,
    Plan,
    Problem,
    State,
    Ways,
    Whole,
)
from routesolve.solvers.ils._kernels.routes import (
    ENDLESS,
    begin,
    capacity,
    enter,
    home,
    keep,
    leg,
    on_board,
    over,
    put_in,
    settle,
    write_down,
)
from routesolve.solvers.ils._kernels.ways import entry, span, sums

BLINK = 0.01  # chance to overlook a place
FAR = 1 << 60
LOG_SEEING = math.log(1.0 - BLINK)
NOTHING = 1e-300
OVERLOOKED = 0.1  # chance to overlook a kind of vehicle
BY_LOAD = 0.5  # chance to compare kinds by the cost for a unit of capacity
NEAREST = 10  # neighbours looked at by every insertion


@lean
def arrange(times: Any, job: Int64s, lists: Int32s, num: Int64s, rng: State) -> None:
    """Sort the removed jobs: at random, large first, far first, near first, or by windows."""
    count = num[REMOVED]
    draw = chance(rng) * (11.0 if times is None else 15.0)
    for k in range(count):
        c = lists[REMOVED, k]
        key = np.int64(0)
        if draw < 4.0:
            key = np.int64(chance(rng) * 1073741824.0)
        elif draw < 8.0:
            key = -job[c, AMOUNTS]
        elif draw < 10.0:
            key = -job[c, RADIUS]
        elif draw < 11.0:
            key = job[c, RADIUS]
        elif draw < 12.0:
            key = job[c, LATEST] - job[c, EARLIEST]
        elif draw < 14.0:
            key = job[c, EARLIEST]
        else:
            key = -job[c, LATEST]
        lists[KEY, k] = min(max(key, np.int64(-2147483648)), np.int64(2147483647))
    for a in range(1, count):
        last, chosen, b = lists[KEY, a], lists[REMOVED, a], a - 1
        while b >= 0 and lists[KEY, b] > last:
            lists[KEY, b + 1] = lists[KEY, b]
            lists[REMOVED, b + 1] = lists[REMOVED, b]
            b -= 1
        lists[KEY, b + 1] = last
        lists[REMOVED, b + 1] = chosen


@inlined
def may_serve(kinds: Any, job: Int64s, h: Whole, c: Whole) -> Any:
    """Whether a vehicle whose ends are h may serve a job."""
    if kinds is None:
        return True
    return job[h, ALLOWED] & job[c, ALLOWED] != 0


@inlined
def loads_fit(
    kinds: Any, spans: Any, job: Int64s, limit: Int64s, route: Int64s, r: int, c: int
) -> bool:
    """Whether the loads of a route leave room for a job."""
    h = home(kinds, route, r)
    loads = limit.shape[0] - sums(spans)
    for i in range(loads):
        if route[r, LOADS + i] + job[c, AMOUNTS + i] > capacity(kinds, job, limit, h, i):
            return False
    return True


@inlined
def in_time(times: Any, job: Int64s, node: Int32s, h: Whole, c: int, a: int, b: int) -> Any:
    """Whether a job fits between a and b (0 = depot) in a route with the ends h."""
    if a:
        t = node[a, START] + job[a, SERVICE] + entry(times, a, c)
    else:
        t = job[h, EARLIEST] + job[h, SERVICE] + entry(times, h, c)
    t = max(t, job[c, EARLIEST])
    if t > job[c, LATEST]:
        return False
    return t + job[c, SERVICE] + entry(times, c, b if b else h) <= (
        node[b, END] if b else job[h, LATEST]
    )


@lean
def in_hours(times: Any, job: Int64s, node: Int32s, h: Whole, c: Whole, a: Whole, b: Whole) -> Any:
    """Whether a job between a and b, in time for the windows, leaves the route short enough.

    A route takes as long as it drives and serves, or longer when it has to wait even after leaving
    as late as all windows allow.
    """
    most = job[h, HOURS]
    busy, latest = job[h, SERVICE], job[h, LATEST]
    x, first = np.int64(a), np.int64(c)
    while x:
        first = x
        x = node[x, BEFORE]
    t, x, y = job[h, EARLIEST] + busy, np.int64(h), np.int64(first)
    while y:
        ride = entry(times, x, y)
        busy += ride
        t = max(t + ride, job[y, EARLIEST]) + job[y, SERVICE]
        latest = min(latest, job[y, LATEST] - busy)
        busy += job[y, SERVICE]
        x = y
        y = np.int64(c if y == a else (b if y == c else node[y, AFTER]))
    ride = entry(times, x, h)
    busy += ride
    return busy <= most and t + ride - min(latest, job[h, LATEST] - busy) <= most


@inlined
def hours_fit(
    kinds: Any, times: Any, job: Int64s, node: Int32s, h: Whole, c: int, a: int, b: int
) -> Any:
    """Whether the longest duration of a route, if there is one, allows a job between a and b."""
    if kinds is None or times is None:
        return True
    return job[h, HOURS] == ENDLESS or in_hours(times, job, node, h, c, a, b)


@inlined
def in_span(
    kinds: Any,
    spans: Any,
    job: Int64s,
    limit: Int64s,
    route: Int64s,
    r: int,
    c: int,
    a: int,
    b: int,
) -> bool:
    """Whether the limited sums of a route allow a job between a and b."""
    h = home(kinds, route, r)
    loads = limit.shape[0] - sums(spans)
    for q in range(sums(spans)):
        more = span(spans, q, a if a else h, c) + span(spans, q, c, b if b else h)
        more += job[c, AMOUNTS + loads + q]
        if route[r, SIZE]:
            more -= span(spans, q, a if a else h, b if b else h)
        if route[r, LOADS + loads + q] + more > capacity(kinds, job, limit, h, loads + q):
            return False
    return True


@lean
def elsewhere(
    out: Ways,
    kinds: Any,
    times: Any,
    spans: Any,
    job: Int64s,
    limit: Int64s,
    node: Int32s,
    route: Int64s,
    lists: Int32s,
    num: Int64s,
    c: int,
) -> Any:
    """The beginning of any route, where the neighbours have no place: cost and route, or -1."""
    cheapest, found = np.float64(FAR), np.int64(-1)
    for k in range(num[ACTIVE]):
        r = lists[ACTIVE, k]
        if route[r, SIZE] == 0 or not loads_fit(kinds, spans, job, limit, route, r, c):
            continue
        h = home(kinds, route, r)
        if not may_serve(kinds, job, h, c):
            continue
        b = route[r, FIRST]
        more = np.int64(leg(out, kinds, h, 0, c))
        more += leg(out, kinds, h, c, b)
        more -= route[r, ENTRY]
        if (
            more < cheapest
            and (times is None or in_time(times, job, node, h, c, 0, b))
            and (spans is None or in_span(kinds, spans, job, limit, route, r, c, 0, b))
            and hours_fit(kinds, times, job, node, h, c, 0, b)
            and (job[0, MIXED] == 0 or on_board(kinds, job, limit, node, route, r, c, 0))
        ):
            cheapest, found = np.float64(more), np.int64(r)
    return cheapest, found


@lean
def alone_fits(
    kinds: Any,
    times: Any,
    spans: Any,
    job: Int64s,
    limit: Int64s,
    node: Int32s,
    h: int,
    c: int,
) -> bool:
    """Whether a route of its own, with the ends h, keeps the limits."""
    if not may_serve(kinds, job, h, c):
        return False
    loads = limit.shape[0] - sums(spans)
    for i in range(loads):
        if job[c, AMOUNTS + i] > capacity(kinds, job, limit, h, i):
            return False
    if times is not None and not in_time(times, job, node, h, c, 0, 0):
        return False
    if not hours_fit(kinds, times, job, node, h, c, 0, 0):
        return False
    if spans is not None:
        for q in range(sums(spans)):
            whole = span(spans, q, h, c) + span(spans, q, c, h) + job[c, AMOUNTS + loads + q]
            if whole > capacity(kinds, job, limit, h, loads + q):
                return False
    return True


@lean
def cheapest_kind(
    out: Ways,
    kinds: Any,
    times: Any,
    spans: Any,
    job: Int64s,
    limit: Int64s,
    node: Int32s,
    num: Int64s,
    rng: State,
    c: int,
) -> Any:
    """The kind of the cheapest route for one job: cost and node of its ends, 0 = none is free.

    The best for one job is seldom the best in the end: now and then a kind is overlooked, and in
    half of the cases kinds are compared by what their route costs for a unit that it may carry.
    """
    cheapest, found, least = np.int64(FAR), np.int64(0), np.inf
    by_load = chance(rng) < BY_LOAD
    for h in range(node.shape[0], kinds.shape[0]):
        if num[IN_USE + h - node.shape[0]] >= job[h, VEHICLES] or chance(rng) < OVERLOOKED:
            continue
        alone = leg(out, kinds, h, 0, c)
        alone += leg(out, kinds, h, c, 0) + job[h, USING]
        price = alone / max(job[h, AMOUNTS], 1) if by_load else np.float64(alone)
        if price < least and alone_fits(kinds, times, spans, job, limit, node, h, c):
            cheapest, found, least = alone, np.int64(h), price
    return cheapest, found


@lean
def own_route(route: Int64s, lists: Int32s, num: Int64s, logged_routes: Int64s) -> Any:
    """An empty route: one that this iteration has emptied, or a free one; -1 = there is none."""
    for k in range(num[LOGGED_ROUTES]):
        if route[logged_routes[k, WHICH], SIZE] == 0:
            return logged_routes[k, WHICH]
    return np.int64(enter(route, lists, num))


@inlined
def price_in_time(
    times: Any, job: Int64s, node: Int32s, route: Int64s, r: int, h: Whole, c: int, a: int, b: int
) -> Any:
    """Time warp that a job between a and b adds."""
    t = np.int64(node[a, START]) + job[a, SERVICE] if a else job[h, EARLIEST] + job[h, SERVICE]
    end = np.int64(node[b, END]) if b else job[h, LATEST]
    one, two = (a if a else h), (b if b else h)
    before = max(t + entry(times, one, two) - end, 0) if route[r, SIZE] else np.int64(0)
    t = max(t + entry(times, one, c), job[c, EARLIEST])
    warp = max(t - job[c, LATEST], 0)
    t -= warp
    return warp + max(t + job[c, SERVICE] + entry(times, c, two) - end, 0) - before


@inlined
def price_of_load(
    kinds: Any, spans: Any, soft: Any, job: Int64s, limit: Int64s, route: Int64s, r: int, c: int
) -> Any:
    """Penalty for the load that a job adds to a route."""
    h = home(kinds, route, r)
    loads = limit.shape[0] - sums(spans)
    excess = np.int64(0)
    for i in range(loads):
        most = capacity(kinds, job, limit, h, i)
        excess += over(route[r, LOADS + i] + job[c, AMOUNTS + i], most)
    return soft[BY_EXCESS] * (excess - route[r, EXCESS])


@inlined
def drawn_reach(rng: State, most: int) -> Any:
    """How many neighbours an insertion looks at: few keep routes apart, many join them."""
    return min(most, NEAREST + int(chance(rng) * chance(rng) * most))


@inlined
def recreate(
    out: Ways,
    back: Ways,
    kinds: Any,
    times: Any,
    soft: Any,
    spans: Any,
    near: Int32s,
    job: Int64s,
    limit: Int64s,
    mixed: Any,
    worth: Float32s,
    node: Int32s,
    route: Int64s,
    lists: Int32s,
    num: Int64s,
    logged_jobs: Int32s,
    logged_routes: Int64s,
    rng: State,
    reach: int,
) -> None:
    """Insert the removed jobs one by one at the cheapest place seen.

    Without penalties (`soft` is None) only places that keep all limits are looked at. Legs that are
    worth more than they cost (`worth`) make a place look cheaper.
    """
    until_blink = int(math.log(chance(rng) + NOTHING) / LOG_SEEING)
    for k in range(num[REMOVED]):
        c = lists[REMOVED, k]
        cheapest: Any
        best_route: Any
        cheapest, best_route, best_after = np.float64(FAR), np.int64(-1), 0
        for j in range(reach):
            y = near[c, j]
            if y == 0:
                break
            r = node[y, ROUTE]
            if r < 0:
                continue
            h = home(kinds, route, r)
            if not may_serve(kinds, job, h, c):
                continue
            extra = 0.0
            if soft is None:
                if not loads_fit(kinds, spans, job, limit, route, r, c):
                    continue
            else:
                extra = price_of_load(kinds, spans, soft, job, limit, route, r, c)
            if until_blink:
                until_blink -= 1
                b = node[y, AFTER]
                more = leg(back, kinds, h, c, y)
                more += leg(out, kinds, h, c, b)
                price = extra + (more - node[y, LEG])
                if worth.shape[0]:
                    price -= worth[y, c] + worth[c, b] - worth[y, b]
                if price < cheapest:
                    if soft is not None and times is not None:
                        warp = price_in_time(times, job, node, route, r, h, c, y, b)
                        price += soft[BY_WARP] * warp
                    if (
                        price < cheapest
                        and (
                            times is None
                            or soft is not None
                            or in_time(times, job, node, h, c, y, b)
                        )
                        and (spans is None or in_span(kinds, spans, job, limit, route, r, c, y, b))
                        and hours_fit(kinds, times, job, node, h, c, y, b)
                        and (mixed is None or on_board(kinds, job, limit, node, route, r, c, y))
                    ):
                        cheapest, best_route, best_after = price, np.int64(r), y
            else:
                until_blink = int(math.log(chance(rng) + NOTHING) / LOG_SEEING)
            if until_blink:
                until_blink -= 1
                a = node[y, BEFORE]
                more = leg(back, kinds, h, c, a)
                more += leg(out, kinds, h, c, y)
                price = extra + (more - (node[a, LEG] if a else route[r, ENTRY]))
                if worth.shape[0]:
                    price -= worth[a, c] + worth[c, y] - worth[a, y]
                if price < cheapest:
                    if soft is not None and times is not None:
                        warp = price_in_time(times, job, node, route, r, h, c, a, y)
                        price += soft[BY_WARP] * warp
                    if (
                        price < cheapest
                        and (
                            times is None
                            or soft is not None
                            or in_time(times, job, node, h, c, a, y)
                        )
                        and (spans is None or in_span(kinds, spans, job, limit, route, r, c, a, y))
                        and hours_fit(kinds, times, job, node, h, c, a, y)
                        and (mixed is None or on_board(kinds, job, limit, node, route, r, c, a))
                    ):
                        cheapest, best_route, best_after = price, np.int64(r), a
            else:
                until_blink = int(math.log(chance(rng) + NOTHING) / LOG_SEEING)
        ends: Whole = np.int64(0)
        if kinds is None:
            alone = np.int64(leg(out, kinds, ends, 0, c))
            alone += leg(out, kinds, ends, c, 0) + num[OPENING]
        else:
            alone, ends = cheapest_kind(out, kinds, times, spans, job, limit, node, num, rng, c)
        if best_route < 0:
            cheapest, best_route = elsewhere(
                out, kinds, times, spans, job, limit, node, route, lists, num, c
            )
            best_after = 0
        if (
            alone < cheapest
            and alone < job[c, MISSING]
            and (
                ends > 0
                if kinds is not None
                else alone_fits(kinds, times, spans, job, limit, node, ends, c)
            )
        ):
            own = own_route(route, lists, num, logged_routes)
            if own >= 0:
                if kinds is not None:
                    route[own, KIND] = ends
                cheapest, best_route, best_after = np.float64(alone), own, 0
        if best_route >= 0 and cheapest < job[c, MISSING]:
            write_down(node, route, num, logged_jobs, logged_routes, best_route)
            put_in(
                out, kinds, times, soft, spans, job, limit, node, route, num,
                c, best_route, best_after,
            )  # fmt: skip
        else:
            leave_out(lists, num, c)
            num[COST] += job[c, MISSING]


@lean
def insert_all(problem: Problem, plan: Plan, rng: State, order: Int32s, reach: int) -> None:
    """Serve the absent jobs in the order given, each at the cheapest place near it."""
    num, lists = plan.num, plan.lists
    begin(num)
    for k in range(order.shape[0]):
        lists[REMOVED, k] = order[k]
        num[COST] -= problem.job[order[k], MISSING]
    num[REMOVED] = order.shape[0]
    num[ABSENT] = 0
    recreate(
        problem.out, problem.back, problem.kinds, problem.times,
        None, problem.spans, problem.near, problem.job, problem.limit, problem.mixed,
        problem.worth, plan.node, plan.route, lists, num, plan.logged_jobs, plan.logged_routes,
        rng, reach,
    )  # fmt: skip
    settle(plan.route, lists, num, plan.logged_routes)
    num[BEST] = num[COST]
    keep(problem.kinds, plan.node, plan.route, lists, num)
