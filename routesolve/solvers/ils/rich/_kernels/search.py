"""Iterations: ruin, recreate, a change of vehicles, and simulated annealing that decides."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from routesolve._jit import inner, lean
from routesolve.solvers.ils._kernels.chance import chance
from routesolve.solvers.ils.rich._kernels.layout import (
    ABSENT,
    BALANCE_NOW,
    BEFORE,
    BEST,
    BROKEN_NOW,
    COST,
    DEPOT,
    FIRST_STOP,
    GROUP,
    KIND,
    LOCKED,
    MANDATORY,
    MISSING,
    NEXT,
    NUMBER,
    PARTIAL,
    PAUSES,
    RELOADS,
    REMOVED,
    ROUTES_NOW,
    SIZE,
    SORT,
    STEP,
    STOPS_NOW,
    TASK,
    TOUCHED,
    Int32s,
    Plan,
    Problem,
    Scratch,
    State,
    Whole,
)
from routesolve.solvers.ils.rich._kernels.local_search import improve, queue_changes
from routesolve.solvers.ils.rich._kernels.places import priced, set_pauses, trips_fit
from routesolve.solvers.ils.rich._kernels.recreate import arrange, leave_out, recreate
from routesolve.solvers.ils.rich._kernels.routes import (
    absence,
    balanced,
    begin_iteration,
    enter,
    keep,
    price_of,
    put_back,
    renew,
    settle,
    take_out,
    write_down,
)
from routesolve.solvers.ils.rich._kernels.ruin import (
    RETRIED,
    drawn_seed,
    mark,
    mean_size,
    recall,
    ruin,
    wake_group,
)

NOTHING = 1e-300
INF = math.inf
TINY = 1e-7
OPENING = 0.3  # chance to open a route beside an absent task
FILLING = 2.0  # who is tried on it besides, in times of a route's mean size
KINDS = 6  # vehicle types tried for a changed route, at most


@inner
def change_vehicle(problem: Problem, plan: Plan, scratch: Scratch, rng: State, r: Whole) -> None:
    """Let a vehicle of another type drive a route, where that is cheaper."""
    kinds = problem.kind.shape[0]
    k, size = np.int64(plan.head[r, KIND]), np.int64(plan.head[r, SIZE])
    if problem.kind[k, PAUSES]:
        return
    best, chosen = plan.cost[r, 0] - TINY, np.int64(-1)
    offset = int(chance(rng) * kinds)
    for j in range(min(kinds, KINDS)):
        other = np.int64(offset + j)
        if other >= kinds:
            other -= kinds
        if other == k or plan.left[other] <= 0 or problem.kind[other, PAUSES]:
            continue
        cost, _ = price_of(problem, scratch, plan.row[r], size, other)
        if cost < best:
            best, chosen = cost, other
    if chosen >= 0:
        write_down(plan, r)
        plan.left[k] += 1
        plan.left[chosen] -= 1
        plan.head[r, KIND] = chosen
        renew(problem, plan, scratch, r)


@inner
def swap_vehicles(problem: Problem, plan: Plan, scratch: Scratch, rng: State, r: Whole) -> None:
    """Let two routes exchange their vehicles, where that is cheaper."""
    routes = plan.head.shape[0]
    s = np.int64(chance(rng) * routes)
    for _ in range(routes):
        if plan.head[s, KIND] >= 0 and plan.head[s, KIND] != plan.head[r, KIND]:
            break
        s = s + 1 if s + 1 < routes else np.int64(0)
    k, m = np.int64(plan.head[r, KIND]), np.int64(plan.head[s, KIND])
    if (
        m < 0
        or m == k
        or plan.head[s, LOCKED]
        or problem.kind[k, PAUSES]
        or problem.kind[m, PAUSES]
    ):
        return
    one, _ = price_of(problem, scratch, plan.row[r], np.int64(plan.head[r, SIZE]), m)
    if one == INF:
        return
    two, _ = price_of(problem, scratch, plan.row[s], np.int64(plan.head[s, SIZE]), k)
    if one + two < plan.cost[r, 0] + plan.cost[s, 0] - TINY:
        write_down(plan, r)
        write_down(plan, s)
        plan.head[r, KIND], plan.head[s, KIND] = m, k
        renew(problem, plan, scratch, r)
        renew(problem, plan, scratch, s)


@inner
def drop_reloads(problem: Problem, plan: Plan, scratch: Scratch, r: Whole) -> None:
    """Leave out reloads that are not needed any more."""
    i, k = np.int64(plan.head[r, LOCKED]), np.int64(plan.head[r, KIND])
    trial, what = scratch.trial, problem.what
    while i < plan.head[r, SIZE]:
        size = np.int64(plan.head[r, SIZE])
        if what[plan.row[r, i], SORT] == DEPOT and trips_fit(
            problem.stop, what, problem.kind, plan.row, r, k, i, size
        ):
            for j in range(size - 1):
                trial[j] = plan.row[r, j + 1] if j >= i else plan.row[r, j]
            cost, _ = price_of(problem, scratch, trial, size - 1, k)
            if cost < plan.cost[r, 0] - TINY:
                write_down(plan, r)
                for j in range(size - 1):
                    plan.row[r, j] = trial[j]
                plan.head[r, SIZE] = size - 1
                renew(problem, plan, scratch, r)
                continue
        i += 1


@inner
def move_pauses(problem: Problem, plan: Plan, scratch: Scratch, r: Whole) -> None:
    """Take the breaks at better places."""
    size, k = np.int64(plan.head[r, SIZE]), np.int64(plan.head[r, KIND])
    for j in range(size):
        scratch.trial[j] = plan.row[r, j]
    cost = set_pauses(
        problem,
        scratch,
        scratch.trial,
        size,
        k,
        np.int64(plan.head[r, LOCKED]),
        plan.cost[r, 0] - TINY,
    )
    if cost < plan.cost[r, 0] - TINY:
        write_down(plan, r)
        for j in range(size):
            plan.row[r, j] = scratch.trial[j]
        renew(problem, plan, scratch, r)


@inner
def refit(problem: Problem, plan: Plan, scratch: Scratch, rng: State) -> None:
    """Give the changed routes other vehicles, fewer reloads and better breaks."""
    kinds = problem.kind.shape[0]
    for j in range(plan.num[TOUCHED]):
        r = np.int64(plan.lists[TOUCHED, j])
        k = plan.head[r, KIND]
        if k < 0 or plan.head[r, SIZE] == 0:
            continue
        if problem.kind[k, RELOADS]:
            drop_reloads(problem, plan, scratch, r)
        if problem.kind[k, PAUSES]:
            move_pauses(problem, plan, scratch, r)
        if kinds > 1 and plan.head[r, LOCKED] == 0:
            change_vehicle(problem, plan, scratch, rng, r)
            if chance(rng) < 0.1:
                swap_vehicles(problem, plan, scratch, rng, r)


@lean
def resum(problem: Problem, plan: Plan) -> None:
    """Add up the plan's cost afresh, and how many stops its routes have."""
    total, num = plan.total, plan.num
    routes, stops, cost = 0, 0, 0.0
    for r in range(plan.head.shape[0]):
        if plan.head[r, KIND] >= 0:
            routes += plan.head[r, SIZE] > 0
            stops += plan.head[r, SIZE]
            cost += plan.cost[r, 0]
    for j in range(num[ABSENT]):
        cost += problem.task[plan.lists[ABSENT, j], MISSING]
    for g in range(problem.group.shape[0]):
        if plan.served[g] < 0:
            cost += problem.group[g]
        else:
            cost += problem.task[plan.served[g], PARTIAL]
    total[COST] = cost
    total[STOPS_NOW], total[ROUTES_NOW] = stops, routes
    total[BALANCE_NOW] = 0.0
    balanced(problem, plan)


@lean
def work_out(problem: Problem, plan: Plan, scratch: Scratch) -> None:
    """Work out everything known of all routes and of the plan afresh."""
    for r in range(plan.head.shape[0]):
        if plan.head[r, KIND] >= 0:
            renew(problem, plan, scratch, np.int64(r))
    resum(problem, plan)


@inner
def drawn_reach(rng: State, most: Whole) -> Any:
    """How many neighbours to look at: few mostly, many sometimes."""
    least = most // 6
    return least + int(chance(rng) * chance(rng) * (most - least + 1)) if most > 10 else most


@inner
def drawn_opener(problem: Problem, plan: Plan, rng: State, seed: Whole) -> Any:
    """A task that need not be served to open a route with, whatever that costs; -1 = none.

    Where no task pays a route alone, several beside each other may.
    """
    if seed == 0 or plan.at[seed] >= 0:
        return np.int64(-1)
    c = np.int64(problem.what[seed, TASK])
    if problem.task[c, MANDATORY] > 0.0 or chance(rng) >= OPENING:
        return np.int64(-1)
    for k in range(problem.kind.shape[0]):
        if plan.left[k] > 0 and problem.options[k, c] < INF:
            return c
    return np.int64(-1)


@inner
def filling(plan: Plan) -> Any:
    """How many absent tasks are tried where a route is opened."""
    return RETRIED + int(FILLING * mean_size(plan))


@lean
def run(
    problem: Problem,
    plan: Plan,
    scratch: Scratch,
    rng: State,
    steps: Whole,
    temperature: float,
    mean: float,
    longest: float,
    reach: Whole,
    polish: float,
    looked: Whole,
) -> Any:
    """Make `steps` iterations at one temperature; returns how many were accepted."""
    num, total = plan.num, plan.total
    found = scratch.found
    accepted = 0
    resum(problem, plan)
    for _ in range(steps):
        num[STEP] += 1
        begin_iteration(plan)
        seed = drawn_seed(problem, plan, rng)
        opener = drawn_opener(problem, plan, rng, seed)
        if num[ABSENT]:
            recall(problem, plan, rng, seed, RETRIED if opener < 0 else filling(plan))
        ruin(problem, plan, scratch, rng, mean, longest, seed)
        if problem.group.shape[0]:
            for j in range(num[REMOVED]):
                wake_group(problem, plan, np.int64(plan.lists[REMOVED, j]))
        arrange(problem, plan, scratch, rng)
        recreate(problem, plan, scratch, found, rng, drawn_reach(rng, reach), 1.0, opener)
        allowed = total[BEFORE] - temperature * math.log(chance(rng) + NOTHING)
        if total[COST] < allowed + polish * temperature and num[BROKEN_NOW] == 0:
            queue_changes(problem, plan, scratch)
            improve(problem, plan, scratch, looked)
        refit(problem, plan, scratch, rng)
        balanced(problem, plan)
        if num[BROKEN_NOW] == 0 and total[COST] < allowed:
            accepted += 1
            settle(plan)
            if total[COST] < total[BEST] - TINY:
                total[BEST] = total[COST]
                keep(plan)
        else:
            put_back(problem, plan)
    return accepted


@lean
def insert_all(
    problem: Problem, plan: Plan, scratch: Scratch, rng: State, reach: Whole, zeal: float
) -> None:
    """Serve what is absent, each task at the cheapest place near it."""
    num, lists = plan.num, plan.lists
    begin_iteration(plan)
    count, num[ABSENT] = num[ABSENT], 0
    for j in range(count):
        c, group = lists[ABSENT, j], problem.member[lists[ABSENT, j], GROUP]
        if group >= 0 and plan.served[group] >= 0:
            leave_out(plan, np.int64(c))
        elif group < 0 or problem.member[c, NEXT] <= c:  # one of a group stands for all
            lists[REMOVED, num[REMOVED]] = c
            num[REMOVED] += 1
    arrange(problem, plan, scratch, rng)
    recreate(problem, plan, scratch, scratch.found, rng, reach, zeal, np.int64(-1))
    refit(problem, plan, scratch, rng)
    settle(plan)
    adopt(problem, plan)


@inner
def add_pauses(problem: Problem, plan: Plan, scratch: Scratch, r: Whole) -> None:
    """Add the breaks that the locked part of a route does not have."""
    k, size = np.int64(plan.head[r, KIND]), np.int64(plan.head[r, SIZE])
    count, missing = np.int64(problem.kind[k, PAUSES]), 0
    for p in range(count):
        found = False
        for i in range(size):
            found = found or plan.row[r, i] == problem.choice[2, k, p]
        if not found and size + 3 < plan.row.shape[1]:
            plan.row[r, size] = problem.choice[2, k, p]
            size += 1
            missing += 1
    if missing:
        plan.head[r, SIZE] = size
        set_pauses(problem, scratch, plan.row[r], size, k, np.int64(plan.head[r, LOCKED]), INF)


@lean
def take_over(
    problem: Problem,
    plan: Plan,
    scratch: Scratch,
    line: Int32s,
    kind: Whole,
    number: Whole,
    locked: Whole,
) -> bool:
    """Serve a row of nodes with a new route; False, and nothing changed, where that is impossible.

    A route with locked nodes is taken over whether or not it keeps the rules.
    """
    what, member, size = problem.what, problem.member, line.shape[0]
    k = np.int64(kind)
    begin_iteration(plan)
    if plan.left[k] <= 0 or size + 3 > plan.row.shape[1]:
        return False
    if not locked:
        for i in range(size):
            scratch.trial[i] = line[i]
        if priced(problem, scratch, size, k, np.int64(0)) == INF:
            return False
        for i in range(size):
            line[i] = scratch.trial[i]
    for i in range(size):
        c = what[line[i], TASK]
        if c < 0:
            continue
        group = member[c, GROUP]
        if plan.at[line[i]] >= 0 or (group >= 0 and 0 <= plan.served[group] != c):
            for j in range(i):
                if what[line[j], TASK] >= 0 and member[what[line[j], TASK], GROUP] >= 0:
                    plan.served[member[what[line[j], TASK], GROUP]] = -1
            return False
        if group >= 0:
            plan.served[group] = c
    r = np.int64(enter(plan, k))
    if r < 0:
        return False
    plan.head[r, SIZE], plan.head[r, LOCKED], plan.head[r, NUMBER] = size, locked, number
    for i in range(size):
        plan.row[r, i] = line[i]
        c = what[line[i], TASK]
        if c >= 0 and line[i] == member[c, FIRST_STOP]:
            plan.total[COST] -= absence(problem, c)
    if locked:
        add_pauses(problem, plan, scratch, r)
    renew(problem, plan, scratch, r)
    kept = 0
    for j in range(plan.num[ABSENT]):
        c = plan.lists[ABSENT, j]
        if plan.at[member[c, FIRST_STOP]] < 0:
            plan.lists[ABSENT, kept] = c
            plan.slot[c] = kept
            kept += 1
    plan.num[ABSENT] = kept
    settle(plan)
    return True


@lean
def dissolve(problem: Problem, plan: Plan, scratch: Scratch, number: int) -> None:
    """Let the tasks of a route be absent."""
    r = np.int64(number)
    begin_iteration(plan)
    write_down(plan, r)
    for i in range(plan.head[r, SIZE]):
        x = plan.row[r, i]
        if problem.what[x, TASK] >= 0 and plan.pos[x] >= 0:
            mark(problem, plan, np.int64(x))
    take_out(problem, plan, r)
    renew(problem, plan, scratch, r)
    for j in range(plan.num[REMOVED]):
        leave_out(plan, plan.lists[REMOVED, j])
    settle(plan)


@lean
def adopt(problem: Problem, plan: Plan) -> None:
    """The present plan is the best so far."""
    resum(problem, plan)
    plan.total[BEST] = plan.total[COST]
    keep(plan)
