"""Fewer vehicles, where one costs more than any way that it saves.

A route is dissolved and no other may be opened in its place; its tasks are put on those that are
left, by a search in which leaving a task out costs the more, the longer nobody could place it
(after the absence counters of J. Christiaens, G. Vanden Berghe, Transportation Science 54, 2020).
"""

from __future__ import annotations

from copy import deepcopy
from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from routesolve.solvers.ils.parallel import copy_plan

if TYPE_CHECKING:
    from routesolve.instances.instance import VrpInstance
    from routesolve.solvers.ils.rich._kernels.layout import Plan, Problem
    from routesolve.solvers.ils.rich.engine import RichSearch

SHARE = 0.5
"""Most of the budget for this."""

DOMINANT = 3.0
"""A vehicle's own cost, in mean costs of the ways of a route, from which vehicles come first."""

PLANS = 10
"""First plans, at most."""

PATIENCE, HASTE = 3.0, 100
"""Iterations to save one more vehicle, in those that it took so far; how many for each task at
least."""

CHUNK = 100
"""Iterations between two looks at who is absent."""

WARM, WEIGHT, GROWTH = 1.0, 10.0, 1.1
"""Temperature, and cost of leaving a task out, in costs of a short leg; what that grows by."""


def vehicles_first(search: RichSearch) -> bool:
    """Whether a vehicle costs far more than the ways of its route."""
    from routesolve.solvers.ils.rich._kernels import layout as at

    problem, plan = search.work.problem, search.plan
    kinds = plan.head[plan.head[:, at.KIND] >= 0, at.KIND]
    if not len(kinds) or not len(problem.kind):
        return False
    fixed = problem.kind[kinds, at.FIXED]
    ways = float(plan.cost[plan.head[:, at.KIND] >= 0, 0].sum() - fixed.sum())
    return float(fixed.min()) > DOMINANT * ways / len(kinds)


def reduce_fleet(search: RichSearch) -> None:
    """Dissolve routes until that fails or fewer cannot do, from several first plans.

    Where vehicles are few, a search does not get far from the plan that it begins with: the best of
    those with the fewest is searched first, the others are left in `search.spare`.
    """
    if not vehicles_first(search):
        return
    fewest, plans = _fewest(search.instance), []
    while True:
        _reduce(search, fewest)
        plans.append(search.plan)
        if len(plans) == PLANS or _share(search) >= SHARE or search.clock.over:
            break
        search.plan = search.begun(None)
    plans.sort(key=search.worth)  # one that leaves jobs out has few vehicles too, but costs more
    search.plan, least = plans[0], _vehicles(plans[0])
    search.spare = [plan for plan in plans[1:] if _vehicles(plan) == least] + search.spare


def _reduce(search: RichSearch, fewest: int) -> None:
    """Let the present plan have as few vehicles as some iterations find."""
    from routesolve.solvers.ils.rich._kernels import layout as at
    from routesolve.solvers.ils.rich._kernels.search import adopt

    plan, problem, clock = search.plan, search.work.problem, search.clock
    begun = clock.iteration
    while _vehicles(plan) > fewest and _share(search) < SHARE and not clock.over:
        patience = max(HASTE * search.size, int(PATIENCE * (clock.iteration - begun)))
        before = deepcopy(plan)
        if not _one_fewer(search, patience):
            copy_plan(before, plan)
            return
        adopt(problem, plan)
        if plan.total[at.BEST] < before.total[at.BEST]:
            search.tell()


def _fewest(instance: VrpInstance) -> int:
    """Vehicles that the mandatory jobs fill at least, by what they bring or take."""
    kinds = [kind for kind in instance.vehicle_types if kind.count != 0]
    if any(kind.reload_depots for kind in kinds):
        return 1
    most = np.max([instance.capacity(kind) for kind in kinds], axis=0)
    jobs = [job for job in instance.jobs if job.prize is None and job.group is None]
    fewest = 1
    for rows in ([job.delivery for job in jobs], [job.pickup for job in jobs]):
        total = np.zeros(len(most)) + sum(instance.amounts(row) for row in rows)
        full = total[most > 0] / most[most > 0]
        fewest = max([fewest, *(ceil(share - 1e-9) for share in full.tolist())])
    return fewest


def _vehicles(plan: Plan) -> int:
    """Routes of a plan."""
    from routesolve.solvers.ils.rich._kernels import layout as at

    return int(np.count_nonzero(plan.head[:, at.KIND] >= 0))


def _absent(problem: Problem, plan: Plan) -> bool:
    """Whether a task is not served, nor another one of its group."""
    from routesolve.solvers.ils.rich._kernels import layout as at

    absent = plan.lists[at.ABSENT, : plan.num[at.ABSENT]]
    alone = problem.member[absent, at.GROUP] < 0
    return bool(alone.any() or (plan.served[: len(problem.group)] < 0).any())


def _share(search: RichSearch) -> float:
    """Share of the budget that is used up."""
    budget, clock = search.clock.budget, search.clock
    shares = [0.0]
    if budget.seconds is not None:
        shares.append(clock.elapsed / budget.seconds)
    if budget.iterations is not None:
        shares.append(clock.iteration / budget.iterations)
    return max(shares)


def _one_fewer(search: RichSearch, patience: int) -> bool:
    """Dissolve the shortest route and search for room; False when so many iterations find none."""
    from routesolve.solvers.ils.rich._kernels import layout as at
    from routesolve.solvers.ils.rich._kernels.search import dissolve

    plan, clock, scale = search.plan, search.clock, search.work.scale
    active = np.flatnonzero((plan.head[:, at.KIND] >= 0) & (plan.head[:, at.LOCKED] == 0))
    whole = search.work.problem
    if len(active) < 2 or _absent(whole, plan):
        return False
    task, group = whole.task.copy(), whole.group.copy()
    task[:, at.MISSING] = np.minimum(task[:, at.MISSING], WEIGHT * scale)
    # Of a group of optional tasks that are worth differently, all costs hang together.
    equal = np.setdiff1d(np.arange(len(group)), whole.member[task[:, at.PARTIAL] > 0, at.GROUP])
    group[equal] = np.minimum(group[equal], WEIGHT * scale)
    problem = whole._replace(task=task, group=group)
    shortest = active[np.argmin(plan.head[active, at.SIZE])]
    dissolve(problem, plan, search.scratch, int(shortest))
    left = plan.left.copy()
    plan.left[:] = 0
    end = clock.iteration + patience
    while (
        _absent(whole, plan) and clock.iteration < end and _share(search) < SHARE and not clock.over
    ):
        plan.total[at.BEST] = np.inf
        chunk = CHUNK
        if clock.budget.iterations is not None:
            chunk = max(1, min(chunk, int(SHARE * clock.budget.iterations) - clock.iteration))
        search.advance(problem, plan, None, search.state, chunk, WARM * scale)
        clock.iteration += chunk
        absentees = plan.lists[at.ABSENT, : plan.num[at.ABSENT]]
        duty = whole.task[absentees, at.MANDATORY] > 0
        task[absentees[duty], at.MISSING] *= GROWTH
        group[equal[plan.served[equal] < 0]] *= GROWTH
    plan.left[:] += left
    return not _absent(whole, plan)
