"""Ruin: strings of neighbours, whole routes or related tasks leave their routes.

J. Christiaens, G. Vanden Berghe, "Slack Induction by String Removals for Vehicle Routing Problems",
Transportation Science 54 (2020).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from routesolve._jit import inner
from routesolve.solvers.ils._kernels.chance import chance
from routesolve.solvers.ils.rich._kernels.layout import (
    ABSENT,
    COST,
    EPOCH,
    FIRST_STOP,
    GROUP,
    LOCKED,
    NEXT,
    REMOVED,
    ROUTES_NOW,
    SECOND_STOP,
    SEEN,
    SIZE,
    STOPS_NOW,
    TASK,
    TOUCHED,
    WAITING,
    Plan,
    Problem,
    Scratch,
    State,
    Whole,
)
from routesolve.solvers.ils.rich._kernels.routes import (
    absence,
    renew,
    stop_at,
    take_out,
    write_down,
)

SPLIT = 0.5  # chance to keep some stops inside a removed string
STOP = 0.01  # chance that what is kept inside does not reach to an end of the route
RETRIED, OTHERS = 10, 5  # absent tasks near the seed tried again in an iteration, and any others
BESIDE = 0.3  # chance to begin beside an absent task, if there is one
WHOLE = 0.02  # chance that a short route leaves whole


@inner
def mark(problem: Problem, plan: Plan, x: Whole) -> None:
    """Let the task of a stop leave its route, unless it is locked."""
    c = problem.what[x, TASK]
    r = plan.at[x]
    first, second = problem.member[c, FIRST_STOP], problem.member[c, SECOND_STOP]
    if plan.pos[first] < 0 or plan.pos[first] < plan.head[r, LOCKED]:
        return
    plan.pos[first] = -1
    if second:
        plan.pos[second] = -1
    plan.lists[REMOVED, plan.num[REMOVED]] = c
    plan.num[REMOVED] += 1
    plan.total[COST] += absence(problem, c)
    if problem.member[c, GROUP] >= 0:
        plan.served[problem.member[c, GROUP]] = -1


@inner
def cut_string(problem: Problem, plan: Plan, rng: State, r: Whole, at: Whole, most: float) -> None:
    """Mark a string of stops around a position, or two pieces with some kept between."""
    row, size, what = plan.row[r], plan.head[r, SIZE], problem.what
    length = min(int(chance(rng) * min(float(size), most) + 1.0), size)
    between = 0
    if 1 < length < size and chance(rng) < SPLIT:
        between = 1
        while length + between < size and chance(rng) > STOP:
            between += 1
    total = length + between
    least, last = max(0, at - total + 1), min(at, size - total)
    begin = least + int(chance(rng) * (last - least + 1))
    spared = int(chance(rng) * (length + 1)) if between else total
    for k in range(total):
        if k < spared or k >= spared + between:
            x = row[begin + k]
            if what[x, TASK] >= 0 and plan.pos[x] >= 0:
                mark(problem, plan, np.int64(x))


@inner
def warmth(problem: Problem, plan: Plan, x: Whole) -> Any:
    """How likely the legs to and from a stop on a route are."""
    r, i = plan.at[x], plan.pos[x]
    a, b = stop_at(problem, plan, r, i - 1), stop_at(problem, plan, r, i + 1)
    return problem.heat[a, x] + problem.heat[x, b]


@inner
def drawn_seed(problem: Problem, plan: Plan, rng: State) -> Any:
    """A stop to begin at: that of an absent task sometimes, else one on a route; 0 = none."""
    absent = plan.num[ABSENT]
    if absent and chance(rng) < BESIDE:
        c = plan.lists[ABSENT, int(chance(rng) * absent)]
        return np.int64(problem.member[c, FIRST_STOP])
    stops = plan.at.shape[0] - 1
    for _ in range(100):
        x = 1 + int(chance(rng) * stops)
        if plan.at[x] >= 0:
            if problem.heat.shape[0]:
                y = 1 + int(chance(rng) * stops)
                if plan.at[y] >= 0 and warmth(problem, plan, y) < warmth(problem, plan, x):
                    x = y
            return np.int64(x)
    return np.int64(0)


@inner
def ruin(
    problem: Problem,
    plan: Plan,
    scratch: Scratch,
    rng: State,
    mean: float,
    longest: float,
    seed: Whole,
) -> None:
    """Remove strings from routes near a stop, or the whole of its route."""
    what, num = problem.what, plan.num
    most = min(longest, mean_size(plan))
    strings = int(chance(rng) * (4.0 * mean / (1.0 + most) - 1.0) + 1.0)
    done = 0
    r = np.int64(plan.at[seed])
    if r >= 0 and plan.head[r, SIZE] <= 2.0 * mean and chance(rng) < WHOLE:
        write_down(plan, r)
        for i in range(plan.head[r, SIZE]):
            x = plan.row[r, i]
            if what[x, TASK] >= 0 and plan.pos[x] >= 0:
                mark(problem, plan, np.int64(x))
        done = 1
    for j in range(-1, problem.near.shape[1]):
        x = seed if j < 0 else np.int64(problem.near[seed, j])
        if x == 0 or done >= strings:
            break
        r = np.int64(plan.at[x])
        if r < 0 or plan.pos[x] < 0 or plan.head[r, SEEN] == num[EPOCH]:
            continue
        write_down(plan, r)
        cut_string(problem, plan, rng, r, np.int64(plan.pos[x]), most)
        done += 1
    for j in range(num[TOUCHED]):
        r = np.int64(plan.lists[TOUCHED, j])
        take_out(problem, plan, r)
        renew(problem, plan, scratch, r)


@inner
def mean_size(plan: Plan) -> Any:
    """Mean number of nodes on the routes in use."""
    return plan.total[STOPS_NOW] / max(plan.total[ROUTES_NOW], 1.0)


@inner
def wake(plan: Plan, c: Whole) -> bool:
    """Take a task out of the list of absent ones; False where it is not in it."""
    lists, num, slot = plan.lists, plan.num, plan.slot
    at, last = slot[c], num[ABSENT] - 1
    # Those just removed are not in the list, nor who has been called up.
    if at > last or lists[ABSENT, at] != c:
        return False
    other = lists[ABSENT, last]
    lists[ABSENT, at] = other
    slot[other] = at
    num[ABSENT] = last
    lists[WAITING, num[WAITING]] = c
    num[WAITING] += 1
    return True


@inner
def wake_group(problem: Problem, plan: Plan, c: Whole) -> None:
    """Take the others of a task's group out of the list of absent ones: any may come instead."""
    other = problem.member[c, NEXT]
    while other >= 0 and other != c:
        wake(plan, np.int64(other))
        other = problem.member[other, NEXT]


@inner
def call_up(problem: Problem, plan: Plan, c: Whole) -> None:
    """Let an absent task be tried again, unless another one of its group is served."""
    group = problem.member[c, GROUP]
    if (group < 0 or plan.served[group] < 0) and wake(plan, c):
        plan.lists[REMOVED, plan.num[REMOVED]] = c
        plan.num[REMOVED] += 1
        wake_group(problem, plan, c)


@inner
def recall(problem: Problem, plan: Plan, rng: State, seed: Whole, most: Whole) -> None:
    """Try some of the absent tasks again: up to so many near the seed, and others."""
    num = plan.num
    for j in range(-1, problem.near.shape[1]):
        x = seed if j < 0 else problem.near[seed, j]
        if x == 0 or num[WAITING] >= most:
            break
        c = np.int64(problem.what[x, TASK])
        if plan.at[x] < 0 and problem.member[c, FIRST_STOP] == x:
            call_up(problem, plan, c)
    for _ in range(OTHERS):
        if num[ABSENT] and num[WAITING] < most + RETRIED:
            call_up(problem, plan, np.int64(plan.lists[ABSENT, int(chance(rng) * num[ABSENT])]))
