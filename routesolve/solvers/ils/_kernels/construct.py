"""First plans: savings on near neighbours.

G. Clarke, J. W. Wright, "Scheduling of Vehicles from a Central Depot to a Number of Delivery
Points", Operations Research 12 (1964).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from routesolve._jit import kernel
from routesolve.solvers.ils._kernels.absent import leave_out
from routesolve.solvers.ils._kernels.kinds import change_kind
from routesolve.solvers.ils._kernels.layout import (
    ABSENT,
    ACTIVE,
    AFTER,
    AMOUNTS,
    BEFORE,
    BEST,
    COST,
    END,
    ENTRY,
    FIRST,
    HOURS,
    IN_USE,
    KIND,
    LAST,
    LEG,
    LOADS,
    MISSING,
    ROUTE,
    ROW_A,
    SERVICE,
    SIZE,
    START,
    USING,
    VEHICLES,
    Int32s,
    Int64s,
    Plan,
    Problem,
    State,
    Ways,
)
from routesolve.solvers.ils._kernels.moves import keeps_hours, spell
from routesolve.solvers.ils._kernels.recreate import alone_fits, may_serve
from routesolve.solvers.ils._kernels.routes import (
    ENDLESS,
    begin,
    capacity,
    count_vehicle,
    enter,
    home,
    keep,
    keeps_duration,
    leave,
    leg,
    on_board,
    put_in,
    renew_ends,
    renew_starts,
    settle,
    using,
)
from routesolve.solvers.ils._kernels.ways import entry, span, sums


@kernel
def kind_of_each(problem: Problem, plan: Plan, spare: Int64s, by_load: bool) -> Int32s:
    """(n + 1,) ends of the kind that is the cheapest for a route of each job; -1 = there is none.

    Kinds without `spare` vehicles are not asked. `by_load` compares what a route costs for a unit
    that its vehicle may carry.
    """
    out, job = problem.out, problem.job
    rows = problem.near.shape[0]
    own = np.full(rows, -1, np.int32)
    for c in range(1, rows):
        least = np.inf
        for k in range(spare.shape[0]):
            if spare[k] == 0:
                continue
            h = rows + k
            alone = leg(out, problem.kinds, h, 0, c) + leg(out, problem.kinds, h, c, 0)
            price = np.float64(alone + job[h, USING])
            if by_load:
                price /= max(job[h, AMOUNTS], 1)
            if price < least and alone_fits(
                problem.kinds, problem.times, problem.spans, job, problem.limit, plan.node, h, c
            ):
                least, own[c] = price, h
    return own


@kernel
def savings(
    problem: Problem, own: Int32s, opening: int, reach: int
) -> tuple[Int32s, Int32s, Int64s]:
    """What joining near jobs saves: tails, heads, savings.

    Only jobs that have the same ends (`own`) are joined.
    """
    near, out, kinds = problem.near, problem.out, problem.kinds
    n = near.shape[0] - 1
    tails = np.empty(n * reach, np.int32)
    heads = np.empty(n * reach, np.int32)
    worth = np.empty(n * reach, np.int64)
    count = 0
    for a in range(1, n + 1):
        h = own[a]
        if h < 0:
            continue
        if kinds is not None:
            opening = problem.job[h, USING]
        back = leg(out, kinds, h, a, 0)
        for k in range(reach):
            b = near[a, k]
            if b == 0:
                break
            if own[b] != h:
                continue
            gain = back + leg(out, kinds, h, 0, b) - leg(out, kinds, h, a, b)
            if gain + opening > 0:
                tails[count], heads[count], worth[count] = a, b, gain
                count += 1
    return tails[:count], heads[:count], worth[:count]


@kernel
def turn_round(out: Ways, node: Int32s, route: Int64s, r: int) -> None:
    """Drive a route the other way (costs are symmetric)."""
    x, leg_before = route[r, FIRST], route[r, ENTRY]
    route[r, ENTRY] = node[route[r, LAST], LEG]
    route[r, FIRST], route[r, LAST] = route[r, LAST], route[r, FIRST]
    while x:
        following, leg_after = node[x, AFTER], node[x, LEG]
        node[x, AFTER], node[x, BEFORE], node[x, LEG] = node[x, BEFORE], following, leg_before
        leg_before = leg_after
        x = following


@kernel
def join(
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
    r: int,
    s: int,
) -> None:
    """Let route s follow route r, which has the same ends, in one route."""
    a, b, h = route[r, LAST], route[s, FIRST], home(kinds, route, r)
    joint = leg(out, kinds, h, a, b)
    num[COST] += joint - node[a, LEG] - route[s, ENTRY] - using(kinds, job, num, h)
    count_vehicle(kinds, node, num, h, -1)
    for i in range(limit.shape[0]):
        route[r, LOADS + i] += route[s, LOADS + i]
    if spans is not None:
        loads = limit.shape[0] - sums(spans)
        for q in range(sums(spans)):
            route[r, LOADS + loads + q] += (
                span(spans, q, a, b) - span(spans, q, a, h) - span(spans, q, h, b)
            )
    node[a, LEG] = joint
    node[a, AFTER] = b
    node[b, BEFORE] = a
    route[r, LAST] = route[s, LAST]
    route[r, SIZE] += route[s, SIZE]
    x = b
    while x:
        node[x, ROUTE] = r
        x = node[x, AFTER]
    route[s, FIRST] = route[s, LAST] = route[s, SIZE] = 0
    leave(route, lists, num, s)
    if times is not None:
        renew_starts(kinds, times, None, job, node, route, r, b, b)
        renew_ends(kinds, times, None, job, node, route, r, a, a)


@kernel
def may_join(
    kinds: Any,
    times: Any,
    spans: Any,
    job: Int64s,
    limit: Int64s,
    node: Int32s,
    route: Int64s,
    lists: Int32s,
    r: int,
    s: int,
    a: int,
    b: int,
) -> bool:
    """Whether the limits allow b, of route s, to follow a, of route r."""
    h, loads = home(kinds, route, r), limit.shape[0] - sums(spans)
    for i in range(loads):
        if route[r, LOADS + i] + route[s, LOADS + i] > capacity(kinds, job, limit, h, i):
            return False
    if times is not None and node[a, START] + job[a, SERVICE] + entry(times, a, b) > node[b, END]:
        return False
    if spans is not None:
        for q in range(sums(spans)):
            i = loads + q
            whole = route[r, LOADS + i] + route[s, LOADS + i] + span(spans, q, a, b)
            whole -= span(spans, q, a, h) + span(spans, q, h, b)
            if whole > capacity(kinds, job, limit, h, i):
                return False
    if kinds is not None and times is not None and job[h, HOURS] < ENDLESS:
        size = spell(node, lists[ROW_A], 0, route[r, FIRST], 0, AFTER)
        size = spell(node, lists[ROW_A], size, route[s, FIRST], 0, AFTER)
        return bool(keeps_hours(times, job, h, lists[ROW_A], size))
    return True


@kernel
def join_all(problem: Problem, plan: Plan, tails: Int32s, heads: Int32s, both_ways: bool) -> None:
    """Join routes of the same kind, end to beginning, in the order given, as limits allow."""
    out, kinds = problem.out, problem.kinds
    times, spans, job, limit = problem.times, problem.spans, problem.job, problem.limit
    node, route, lists, num = plan.node, plan.route, plan.lists, plan.num
    for k in range(tails.shape[0]):
        a, b = tails[k], heads[k]
        r, s = node[a, ROUTE], node[b, ROUTE]
        if r == s or r < 0 or s < 0:
            continue
        turned = route[r, LAST] != a, route[s, FIRST] != b
        if (turned[0] and (not both_ways or route[r, FIRST] != a)) or (
            turned[1] and (not both_ways or route[s, LAST] != b)
        ):
            continue
        if not may_join(kinds, times, spans, job, limit, node, route, lists, r, s, a, b):
            continue
        if turned[0]:
            turn_round(out, node, route, r)
        if turned[1]:
            turn_round(out, node, route, s)
        join(out, kinds, times, spans, job, limit, node, route, lists, num, r, s)


@kernel
def each_alone(problem: Problem, plan: Plan, own: Int32s) -> None:
    """A route for each job that can be served alone, with the ends that are its own (-1 = none).

    The others stay absent. Neither what a route costs nor how many vehicles there are is asked.
    """
    num = plan.num
    begin(num)
    num[ABSENT] = 0
    for c in range(1, plan.node.shape[0]):
        serve_alone(
            problem.out, problem.kinds, problem.times, problem.spans, problem.job,
            problem.limit, plan.node, plan.route, plan.lists, num, c, own[c],
        )  # fmt: skip


@kernel
def serve_alone(
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
    h: int,
) -> None:
    """Open a route for one job, if it can have one."""
    r = -1
    if h >= 0 and alone_fits(kinds, times, spans, job, limit, node, h, c):
        r = enter(route, lists, num)
    if r < 0:
        leave_out(lists, num, c)
        return
    if kinds is not None:
        route[r, KIND] = h
    num[COST] -= job[c, MISSING]
    put_in(
        out, kinds, times, None, spans, job, limit, node, route, num, c, r, 0
    )  # fmt: skip


@kernel
def earnings(problem: Problem, plan: Plan) -> Int64s:
    """(r,) what each route saves by serving its jobs, less what it costs."""
    job, node, route, num = problem.job, plan.node, plan.route, plan.num
    earned = np.zeros(route.shape[0], np.int64)
    for r in range(route.shape[0]):
        x = route[r, FIRST]
        if x:
            h = home(problem.kinds, route, r)
            earned[r] = -np.int64(route[r, ENTRY]) - using(problem.kinds, job, num, h)
        while x:
            earned[r] += job[x, MISSING] - node[x, LEG]
            x = node[x, AFTER]
    return earned


@kernel
def refit(problem: Problem, plan: Plan, rng: State) -> None:
    """Let every route be driven by the kind that is the cheapest for it."""
    lists, num = plan.lists, plan.num
    begin(num)
    for k in range(num[ACTIVE]):
        change_kind(
            problem.out, problem.kinds, problem.times, None, problem.spans, problem.job,
            problem.limit, plan.node, plan.route, lists, num, plan.logged_jobs,
            plan.logged_routes, rng, lists[ACTIVE, k],
        )  # fmt: skip
    adopt(problem, plan)


@kernel
def adopt(problem: Problem, plan: Plan) -> None:
    """What has been constructed is the best plan so far."""
    settle(plan.route, plan.lists, plan.num, plan.logged_routes)
    plan.num[BEST] = plan.num[COST]
    keep(problem.kinds, plan.node, plan.route, plan.lists, plan.num)


@kernel
def follow(problem: Problem, plan: Plan, sequence: Int32s) -> bool:
    """Serve jobs in the order given; returns False where a limit is broken.

    What is not positive is a next route, less the node of its ends.
    """
    out = problem.out
    times, spans, job, limit = problem.times, problem.spans, problem.job, problem.limit
    kinds = problem.kinds
    node, route, lists, num = plan.node, plan.route, plan.lists, plan.num
    begin(num)
    r, last, h = -1, 0, 0
    for k in range(sequence.shape[0]):
        c = sequence[k]
        if c <= 0:
            r, last, h = -1, 0, -c
            continue
        if r < 0:
            r = enter(route, lists, num)
            if r < 0:
                return False
            if kinds is not None:
                route[r, KIND] = h
        if not may_serve(kinds, job, h, c):
            return False
        num[COST] -= job[c, MISSING]
        put_in(
            out, kinds, times, None, spans, job, limit, node, route, num, c, r,
            last,
        )  # fmt: skip
        last = c
    num[ABSENT] = 0
    for c in range(1, node.shape[0]):
        r = node[c, ROUTE]
        if r < 0:
            leave_out(lists, num, c)
        elif times is not None and node[c, START] > node[c, END]:
            return False
    for k in range(num[ACTIVE]):
        r = lists[ACTIVE, k]
        h = home(kinds, route, r)
        for i in range(limit.shape[0]):
            if route[r, LOADS + i] > capacity(kinds, job, limit, h, i):
                return False
        if kinds is not None and num[IN_USE + h - node.shape[0]] > job[h, VEHICLES]:
            return False
        if not keeps_duration(kinds, times, job, node, route, r):
            return False
        if not on_board(kinds, job, limit, node, route, r, 0, 0):
            return False
    return True
