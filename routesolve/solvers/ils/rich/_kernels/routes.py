"""Reading and changing routes, and undoing it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from routesolve._jit import inlined, inner
from routesolve.solvers.ils.rich._kernels.drive import FAR, LASTED, LONG, drive, on_time
from routesolve.solvers.ils.rich._kernels.layout import (
    ABSENT,
    ABSENT_BEFORE,
    ACTIVE,
    AMOUNTS,
    BALANCE_BEFORE,
    BALANCE_NOW,
    BEFORE,
    BROKEN,
    BROKEN_NOW,
    COST,
    COUNT,
    DAWN,
    DEPOT,
    DIRTY,
    DUSK,
    END,
    ENDS,
    EPOCH,
    FASTEST,
    GROUP,
    KEPT_ABSENT,
    KIND,
    LATENESS,
    LATEST,
    LOCKED,
    MARKED,
    MAX_DURATION,
    MISSING,
    NUMBER,
    OVERTIME,
    PARTIAL,
    PAUSE,
    PLACE,
    PROFILE,
    REMOVED,
    RIDES,
    RUBBER,
    RULES,
    SEEN,
    SERVICE,
    SIZE,
    SORT,
    SPEED,
    TASK,
    TIMED,
    TOUCHED,
    WAITING,
    Plan,
    Problem,
    Scratch,
    Whole,
)


@inner
def begin_iteration(plan: Plan) -> None:
    """Start an iteration."""
    num, total = plan.num, plan.total
    num[EPOCH] += 1
    num[REMOVED] = num[WAITING] = num[TOUCHED] = num[BROKEN_NOW] = 0
    num[ABSENT_BEFORE] = num[ABSENT]
    total[BEFORE], total[BALANCE_BEFORE] = total[COST], total[BALANCE_NOW]


@inner
def write_down(plan: Plan, r: Whole) -> None:
    """Log a route as it is, once in an iteration."""
    head, num = plan.head, plan.num
    if head[r, SEEN] == num[EPOCH]:
        return
    head[r, SEEN] = num[EPOCH]
    k = num[TOUCHED]
    plan.lists[TOUCHED, k] = r
    num[TOUCHED] = k + 1
    size = head[r, SIZE]
    for i in range(head.shape[1]):
        plan.log_head[k, i] = head[r, i]
    for i in range(size):
        plan.log_row[k, i] = plan.row[r, i]
    for i in range(size + 1):
        plan.log_depart[k, i], plan.log_latest[k, i] = plan.depart[r, i], plan.latest[r, i]
    for i in range(plan.cost.shape[1]):
        plan.log_cost[k, i] = plan.cost[r, i]
    for i in range(plan.load.shape[1]):
        plan.log_load[k, i] = plan.load[r, i]


@inner
def put_back(problem: Problem, plan: Plan) -> None:
    """Undo everything since :func:`begin_iteration`."""
    head, num, lists, what = plan.head, plan.num, plan.lists, problem.what
    for j in range(num[TOUCHED]):
        r = lists[TOUCHED, j]
        if head[r, KIND] >= 0:
            plan.left[head[r, KIND]] += 1
        for i in range(head[r, SIZE]):
            x = plan.row[r, i]
            if what[x, TASK] >= 0:
                plan.at[x] = -1
                group = problem.member[what[x, TASK], GROUP]
                if group >= 0:
                    plan.served[group] = -1
    for j in range(num[TOUCHED]):
        r = lists[TOUCHED, j]
        size = plan.log_head[j, SIZE]
        for i in range(head.shape[1]):
            head[r, i] = plan.log_head[j, i]
        if head[r, KIND] >= 0:
            plan.left[head[r, KIND]] -= 1
        for i in range(size):
            x = plan.log_row[j, i]
            plan.row[r, i] = x
            if what[x, TASK] >= 0:
                plan.at[x], plan.pos[x] = r, i
                group = problem.member[what[x, TASK], GROUP]
                if group >= 0:
                    plan.served[group] = what[x, TASK]
        for i in range(size + 1):
            plan.depart[r, i], plan.latest[r, i] = plan.log_depart[j, i], plan.log_latest[j, i]
        for i in range(plan.cost.shape[1]):
            plan.cost[r, i] = plan.log_cost[j, i]
        for i in range(plan.load.shape[1]):
            plan.load[r, i] = plan.log_load[j, i]
    # Who has been called up took their place at the end of the list.
    low = num[ABSENT_BEFORE] - num[WAITING]
    for k in range(num[WAITING]):
        lists[ABSENT, low + k] = lists[WAITING, k]
        plan.slot[lists[WAITING, k]] = low + k
    num[ABSENT] = num[ABSENT_BEFORE]
    plan.total[COST], plan.total[BALANCE_NOW] = plan.total[BEFORE], plan.total[BALANCE_BEFORE]


@inner
def settle(plan: Plan) -> None:
    """Accept an iteration: changed routes are marked."""
    for j in range(plan.num[TOUCHED]):
        r = plan.lists[TOUCHED, j]
        if not plan.head[r, MARKED]:
            plan.head[r, MARKED] = 1
            plan.lists[DIRTY, plan.num[DIRTY]] = r
            plan.num[DIRTY] += 1


@inner
def keep(plan: Plan) -> None:
    """Copy what has changed since the last time: the plan is the best so far."""
    head, lists, num = plan.head, plan.lists, plan.num
    for j in range(num[DIRTY]):
        r = lists[DIRTY, j]
        head[r, MARKED] = 0
        for i in range(head.shape[1]):
            plan.kept_head[r, i] = head[r, i]
        for i in range(head[r, SIZE]):
            plan.kept[r, i] = plan.row[r, i]
    num[DIRTY] = 0
    for j in range(num[ABSENT]):
        lists[KEPT_ABSENT, j] = lists[ABSENT, j]
    num[KEPT_ABSENT] = num[ABSENT]


@inner
def price_of(problem: Problem, scratch: Scratch, row: Any, size: Whole, k: Whole) -> Any:
    """Cost of a row of nodes on a vehicle type, infinite when it breaks a rule; and its end."""
    return drive(
        problem.stop, problem.what, problem.windows, problem.kind, problem.choice, problem.options,
        problem.travel, problem.bands, row, np.int64(size), np.int64(k), scratch.begin,
        scratch.depart, scratch.lower, scratch.sums, scratch.loads, scratch.met,
    )  # fmt: skip


@inlined
def stop_at(problem: Problem, plan: Plan, r: Whole, i: Whole) -> Any:
    """The stop at a position of a route; 0 = an end, a reload, a break."""
    if i < 0 or i >= plan.head[r, SIZE]:
        return np.int64(0)
    x = np.int64(plan.row[r, i])
    return x if problem.what[x, TASK] >= 0 else np.int64(0)


@inlined
def absence(problem: Problem, c: Whole) -> Any:
    """What it costs more when a served task is not served, or what serving an absent one saves."""
    group = problem.member[c, GROUP]
    if group < 0:
        return problem.task[c, MISSING]
    return problem.group[group] - problem.task[c, PARTIAL]


@inner
def renew(problem: Problem, plan: Plan, scratch: Scratch, r: Whole) -> None:
    """Work out everything known of a route after a change; the plan's cost follows."""
    head, row = plan.head, plan.row[r]
    stop, what, kind = problem.stop, problem.what, problem.kind
    before = plan.cost[r, 0]
    size, k = head[r, SIZE], head[r, KIND]
    if not used(what, row, size):
        plan.num[BROKEN_NOW] -= head[r, BROKEN]
        head[r, BROKEN] = 0
        plan.cost[r, :] = 0.0
        plan.total[COST] -= before
        if head[r, LOCKED] == 0:
            head[r, SIZE] = 0
            if k >= 0:
                plan.left[k] += 1
            head[r, KIND] = -1
            return
        size = head[r, SIZE]
        plan.load[r, :] = 0.0
    else:
        cost, end = price_of(problem, scratch, row, size, k)
        broken = 1 if cost == math.inf else 0
        plan.num[BROKEN_NOW] += broken - head[r, BROKEN]
        head[r, BROKEN], head[r, END] = broken, end
        if broken:
            cost = before
        plan.total[COST] += cost - before
        plan.cost[r, :] = 0.0
        plan.cost[r, 0] = cost
        # Of several ends the route may choose another one.
        if not broken and kind[k, ENDS] <= 1:
            plan.cost[r, 2] = scratch.sums[FAR]
            plan.cost[r, 3] = plan.cost[r, 4] = scratch.sums[LONG] / kind[k, FASTEST]
            for i in range(size if kind[k, MAX_DURATION] < math.inf else 0):
                if what[row[i], TASK] >= 0:
                    plan.cost[r, 3] += stop[row[i], SERVICE]
        if np.int64(kind[k, RULES]) & TIMED:
            plan.cost[r, 1] = scratch.sums[LASTED]
    for i in range(size):
        x = row[i]
        if what[x, TASK] >= 0:
            plan.at[x], plan.pos[x] = r, i
    d = plan.load.shape[1] if stop.shape[1] > AMOUNTS else 0
    for c in range(d):
        amount = 0.0
        for i in range(size):
            if what[row[i], TASK] >= 0:
                amount += stop[row[i], AMOUNTS + c]
        plan.load[r, c] = amount
    rules = np.int64(kind[k, RULES])
    if rules & TIMED:
        if rules & (RIDES | RUBBER) or np.int64(kind[k, ENDS]) > 1:
            on_time(
                stop, what, problem.windows, kind, problem.travel, problem.bands, row,
                np.int64(size), np.int64(k), np.int64(head[r, END]), kind[k, DAWN], scratch.lower,
                scratch.begin, scratch.depart, scratch.sums,
            )  # fmt: skip
        for i in range(size + 1):
            plan.depart[r, i] = scratch.depart[i]
        look_back(problem, plan, r)


@inner
def look_back(problem: Problem, plan: Plan, r: Whole) -> None:
    """Latest begins at each node (index 1 on is node 1 on) for which what follows is in time."""
    stop, what, kind = problem.stop, problem.what, problem.kind
    row, head = plan.row[r], plan.head
    size, k = head[r, SIZE], head[r, KIND]
    profile, end = np.int64(kind[k, PROFILE]), head[r, END]
    pace = 1.0 / (kind[k, SPEED] * kind[k, FASTEST])
    t = kind[k, DUSK] + kind[k, OVERTIME]
    if what[end, COUNT] and kind[k, ENDS] <= 1:
        t = min(t, stop[end, LATEST])
    place, paused = np.int64(what[end, PLACE]), False
    plan.latest[r, size] = t
    for i in range(size - 1, -1, -1):
        x = row[i]
        here = np.int64(what[x, PLACE])
        t -= stop[x, SERVICE]
        if what[x, SORT] != PAUSE:
            # What a break interrupts may be driven before and after it.
            if place >= 0 and not paused:
                t -= problem.travel[profile, 1, here, place] * pace
            place, paused = here, False
        else:
            paused = True
        if what[x, COUNT] and stop[x, LATENESS] < 0.0:
            t = min(t, stop[x, LATEST])
        plan.latest[r, i] = t


@inlined
def used(what: Any, row: Any, size: Whole) -> Any:
    """Whether a row has any task."""
    for i in range(size):  # noqa: SIM110 - Numba compiles no any()
        if what[row[i], TASK] >= 0:
            return True
    return False


@inner
def take_out(problem: Problem, plan: Plan, r: Whole) -> Any:
    """Drop the stops of a route that are marked (``pos`` -1), and reloads that nothing needs.

    Returns the number of nodes left.
    """
    row, what = plan.row[r], problem.what
    locked = plan.head[r, LOCKED]
    size, kept = plan.head[r, SIZE], 0
    for i in range(size):
        x = row[i]
        if what[x, TASK] >= 0 and plan.pos[x] < 0:
            plan.at[x] = -1
            continue
        if what[x, SORT] == DEPOT and i >= locked:
            # A reload before anything else, or behind another one.
            last = kept - 1
            while last >= locked and what[row[last], SORT] == PAUSE:
                last -= 1
            if last < 0 or (what[row[last], SORT] == DEPOT and last >= locked):
                continue
        row[kept] = x
        kept += 1
    last = kept - 1
    while last >= locked and what[row[last], SORT] == PAUSE:
        last -= 1
    if last >= locked and what[row[last], SORT] == DEPOT:
        for i in range(last, kept - 1):
            row[i] = row[i + 1]
        kept -= 1
    plan.head[r, SIZE] = kept
    return kept


@inner
def enter(plan: Plan, k: Whole) -> Any:
    """A free route for a vehicle type; -1 when there is none."""
    head, num = plan.head, plan.num
    for j in range(head.shape[0]):
        r = num[ACTIVE] + j
        if r >= head.shape[0]:
            r -= head.shape[0]
        if head[r, KIND] < 0 and head[r, LOCKED] == 0:
            num[ACTIVE] = r
            write_down(plan, r)
            head[r, KIND], head[r, SIZE] = k, 0
            head[r, NUMBER] = -1
            plan.left[k] -= 1
            plan.cost[r, :] = 0.0
            return r
    return -1


@inner
def assign(problem: Problem, plan: Plan, scratch: Scratch, r: Whole, row: Any, size: Whole) -> None:
    """Let a route serve a row of nodes."""
    write_down(plan, r)
    for i in range(size):
        plan.row[r, i] = row[i]
    plan.head[r, SIZE] = size
    renew(problem, plan, scratch, r)


@inner
def balanced(problem: Problem, plan: Plan) -> None:
    """Account for the longest route."""
    if problem.balance == 0.0:
        return
    longest = 0.0
    for r in range(plan.head.shape[0]):
        if plan.head[r, KIND] >= 0:
            longest = max(longest, plan.cost[r, 1])
    now = longest * problem.balance
    plan.total[COST] += now - plan.total[BALANCE_NOW]
    plan.total[BALANCE_NOW] = now
