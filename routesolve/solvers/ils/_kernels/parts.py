"""Cutting a plan into parts that are searched on their own, and putting them together again.

Plans keep all limits: what they may break at a price is not counted.
"""

# n jobs, m jobs of the part; whole[i] = number in the plan of job i of the part, whole[0] = 0;
# rows[k] = route of the plan that is route k of the part, those in use first

from __future__ import annotations

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
    DIRTY,
    ENTRY,
    FIRST,
    FREE,
    KEPT_ABSENT,
    KEPT_AFTER,
    KEPT_FIRST,
    LAST,
    LEG,
    MARKED,
    MISSING,
    OPENING,
    PLACE,
    ROUTE,
    SEEN,
    Int32s,
    Int64s,
    Plan,
)
from routesolve.solvers.ils._kernels.routes import keep


@kernel
def near_within(near: Int32s, whole: Int32s) -> Int32s:
    """(m + 1, k) the neighbours that are in the part, in its own numbers."""
    inside = np.zeros(near.shape[0], np.int32)
    for i in range(1, whole.shape[0]):
        inside[whole[i]] = i
    found = np.zeros((whole.shape[0], near.shape[1]), np.int32)
    for i in range(1, whole.shape[0]):
        count = 0
        for k in range(near.shape[1]):
            other = inside[near[whole[i], k]]
            if other:
                found[i, count] = other
                count += 1
    return found


@kernel
def legs_within(legs: Int32s, whole: Int32s) -> Int32s:
    """(m + 1, m + 1) the rows and columns of the part."""
    m = whole.shape[0]
    out = np.empty((m, m), np.int32)
    for i in range(m):
        for j in range(m):
            out[i, j] = legs[whole[i], whole[j]]
    return out


@kernel
def cut_out(plan: Plan, part: Plan, job: Int64s, whole: Int32s, rows: Int64s, active: int) -> None:
    """Fill an empty part with its routes, the first `active` of the rows, and absent jobs."""
    node, route, lists, num = part.node, part.route, part.lists, part.num
    inside = np.zeros(plan.node.shape[0], np.int32)
    for i in range(1, whole.shape[0]):
        inside[whole[i]] = i
    num[COST] = num[ABSENT] = num[FREE] = 0
    for k in range(active):
        r = rows[k]
        route[k] = plan.route[r]
        route[k, FIRST], route[k, LAST] = inside[route[k, FIRST]], inside[route[k, LAST]]
        route[k, PLACE], route[k, SEEN], route[k, MARKED] = k, 0, 1
        lists[ACTIVE, k] = lists[DIRTY, k] = k
        num[COST] += num[OPENING] + route[k, ENTRY]
        i = route[k, FIRST]
        while i:
            node[i] = plan.node[whole[i]]
            node[i, AFTER], node[i, BEFORE] = inside[node[i, AFTER]], inside[node[i, BEFORE]]
            node[i, ROUTE] = k
            num[COST] += node[i, LEG]
            i = node[i, AFTER]
    num[ACTIVE] = num[DIRTY] = active
    for k in range(rows.shape[0] - 1, active - 1, -1):
        lists[FREE, num[FREE]] = k
        num[FREE] += 1
    for i in range(1, node.shape[0]):
        if node[i, ROUTE] < 0:
            leave_out(lists, num, i)
            num[COST] += job[i, MISSING]
    num[BEST] = num[COST]
    keep(None, node, route, lists, num)


@kernel
def clear(num: Int64s, best: bool) -> None:
    """Begin to put a plan together, and the best one as well."""
    num[ACTIVE] = num[FREE] = num[ABSENT] = num[DIRTY] = 0
    num[COST] = 0
    if best:
        num[BEST] = num[KEPT_ABSENT] = 0


@kernel
def put_together(plan: Plan, part: Plan, whole: Int32s, rows: Int64s, best: bool) -> None:
    """Add the routes and absent jobs of a part to a plan that has been cleared.

    With `best` those of its best plan become part of the best plan.
    """
    node, route, lists, num = plan.node, plan.route, plan.lists, plan.num
    for i in range(1, whole.shape[0]):
        x, r = whole[i], part.node[i, ROUTE]
        node[x] = part.node[i]
        node[x, AFTER], node[x, BEFORE] = whole[part.node[i, AFTER]], whole[part.node[i, BEFORE]]
        node[x, ROUTE] = rows[r] if r >= 0 else -1
        if r < 0:
            leave_out(lists, num, x)
    for k in range(rows.shape[0]):
        r, kept = rows[k], plan.route[rows[k], KEPT_FIRST]
        route[r] = part.route[k]
        route[r, KEPT_FIRST], route[r, SEEN], route[r, MARKED] = kept, 0, 1
        route[r, FIRST], route[r, LAST] = whole[part.route[k, FIRST]], whole[part.route[k, LAST]]
        lists[DIRTY, num[DIRTY]] = r
        num[DIRTY] += 1
        if part.route[k, PLACE] < 0:
            lists[FREE, num[FREE]] = r
            num[FREE] += 1
        else:
            lists[ACTIVE, num[ACTIVE]] = r
            route[r, PLACE] = num[ACTIVE]
            num[ACTIVE] += 1
    num[COST] += part.num[COST]
    if best:
        for i in range(1, whole.shape[0]):
            lists[KEPT_AFTER, whole[i]] = whole[part.lists[KEPT_AFTER, i]]
        for k in range(rows.shape[0]):
            route[rows[k], KEPT_FIRST] = whole[part.route[k, KEPT_FIRST]]
        for k in range(part.num[KEPT_ABSENT]):
            lists[KEPT_ABSENT, num[KEPT_ABSENT]] = whole[part.lists[KEPT_ABSENT, k]]
            num[KEPT_ABSENT] += 1
        num[BEST] += part.num[BEST]
