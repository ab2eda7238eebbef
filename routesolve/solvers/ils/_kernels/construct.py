"""First plans: savings on near neighbours.

G. Clarke, J. W. Wright, "Scheduling of Vehicles from a Central Depot to a Number of Delivery
Points", Operations Research 12 (1964).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from routesolve._jit import kernel
from routesolve.solvers.ils._kernels.absent import leave_out
from routesolve.solvers.ils._kernels.layout import (
    ABSENT,
    ACTIVE,
    AFTER,
    BEFORE,
    BEST,
    COST,
    END,
    ENTRY,
    FIRST,
    IN_USE,
    KIND,
    LAST,
    LEG,
    LOADS,
    MISSING,
    OPENING,
    ROUTE,
    SERVICE,
    SIZE,
    START,
    VEHICLES,
    Int32s,
    Int64s,
    Plan,
    Problem,
    Ways,
)
from routesolve.solvers.ils._kernels.recreate import alone_fits, may_serve
from routesolve.solvers.ils._kernels.routes import (
    begin,
    capacity,
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
)
from routesolve.solvers.ils._kernels.ways import entry, span, sums


@kernel
def savings(problem: Problem, opening: int, reach: int) -> tuple[Int32s, Int32s, Int64s]:
    """What joining near jobs saves: tails, heads, savings."""
    near, out = problem.near, problem.out
    n = near.shape[0] - 1
    tails = np.empty(n * reach, np.int32)
    heads = np.empty(n * reach, np.int32)
    worth = np.empty(n * reach, np.int64)
    count = 0
    for a in range(1, n + 1):
        back = leg(out, None, 0, a, 0)
        for k in range(reach):
            b = near[a, k]
            if b == 0:
                break
            gain = back + leg(out, None, 0, 0, b) - leg(out, None, 0, a, b)
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
    """Let route s follow route r in one route."""
    a, b = route[r, LAST], route[s, FIRST]
    joint = leg(out, None, 0, a, b)
    num[COST] += joint - node[a, LEG] - route[s, ENTRY] - num[OPENING]
    for i in range(limit.shape[0]):
        route[r, LOADS + i] += route[s, LOADS + i]
    if spans is not None:
        loads = limit.shape[0] - sums(spans)
        for q in range(sums(spans)):
            route[r, LOADS + loads + q] += (
                span(spans, q, a, b) - span(spans, q, a, 0) - span(spans, q, 0, b)
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
        renew_starts(None, times, None, job, node, route, r, b, b)
        renew_ends(None, times, None, job, node, route, r, a, a)


@kernel
def may_join(
    times: Any,
    spans: Any,
    job: Int64s,
    limit: Int64s,
    node: Int32s,
    route: Int64s,
    r: int,
    s: int,
    a: int,
    b: int,
) -> bool:
    """Whether the limits allow b, of route s, to follow a, of route r."""
    loads = limit.shape[0] - sums(spans)
    for i in range(loads):
        if route[r, LOADS + i] + route[s, LOADS + i] > limit[i]:
            return False
    if times is not None and node[a, START] + job[a, SERVICE] + entry(times, a, b) > node[b, END]:
        return False
    if spans is not None:
        for q in range(sums(spans)):
            i = loads + q
            whole = route[r, LOADS + i] + route[s, LOADS + i] + span(spans, q, a, b)
            if whole - span(spans, q, a, 0) - span(spans, q, 0, b) > limit[i]:
                return False
    return True


@kernel
def join_all(problem: Problem, plan: Plan, tails: Int32s, heads: Int32s, both_ways: bool) -> None:
    """Join routes end to beginning in the order given, as limits allow."""
    out = problem.out
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
        if not may_join(times, spans, job, limit, node, route, r, s, a, b):
            continue
        if turned[0]:
            turn_round(out, node, route, r)
        if turned[1]:
            turn_round(out, node, route, s)
        join(out, times, spans, job, limit, node, route, lists, num, r, s)


@kernel
def each_alone(problem: Problem, plan: Plan) -> None:
    """A route for each job that can be served alone; the others stay absent."""
    num = plan.num
    begin(num)
    num[ABSENT] = 0
    for c in range(1, plan.node.shape[0]):
        serve_alone(
            problem.out, problem.times, problem.spans,
            problem.job, problem.limit, plan.node, plan.route, plan.lists, num, c,
        )  # fmt: skip


@kernel
def serve_alone(
    out: Ways,
    times: Any,
    spans: Any,
    job: Int64s,
    limit: Int64s,
    node: Int32s,
    route: Int64s,
    lists: Int32s,
    num: Int64s,
    c: int,
) -> None:
    """Open a route for one job, if it can have one."""
    there, back = leg(out, None, 0, 0, c), leg(out, None, 0, c, 0)
    cost = np.int64(there) + back + num[OPENING]
    r = -1
    if cost < job[c, MISSING] and alone_fits(None, times, spans, job, limit, node, 0, c):
        r = enter(route, lists, num)
    if r < 0:
        leave_out(lists, num, c)
        return
    num[COST] -= job[c, MISSING]
    put_in(
        out, None, times, None, spans, job, limit, node, route, num, c, r, 0
    )  # fmt: skip


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
