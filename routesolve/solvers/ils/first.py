"""First plans: every job alone, savings, or insertion."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from routesolve.solvers.ils._kernels import construct, recreate
from routesolve.solvers.ils._kernels.layout import (
    ABSENT,
    AMOUNTS,
    COST,
    KEPT_FIRST,
    RADIUS,
    VEHICLES,
    Plan,
    Straight,
    empty_plan,
    kept_routes,
)
from routesolve.solvers.ils.problem import same_back

if TYPE_CHECKING:
    from routesolve.solvers.ils.problem import Work

JOINED = 60
"""Neighbours with which savings join a job."""

AGAIN = 3
"""How often a first plan that leaves out jobs which must be served is tried to be mended."""


def first_plan(work: Work, state: npt.NDArray[np.uint64], reach: int) -> Plan:
    """A plan to begin with; what has no place in it stays absent.

    Parameters
    ----------
    work
        What is solved, and how to begin.
    state
        Of the random numbers.
    reach
        Neighbours beside which jobs are inserted.
    """
    problem = work.problem
    several = problem.kinds is not None
    if work.beginning == "alone":
        plan = empty_plan(problem, work.routes, work.opening)
        construct.each_alone(problem, plan, np.zeros(work.n + 1, np.int32))
        construct.adopt(problem, plan)
        return plan
    if work.beginning == "insertion":
        plans = [empty_plan(problem, work.routes, work.opening)]
    else:
        # Kinds that carry much are the best where loads fill them, cheap ones where time is short.
        plans = [_joined(work, by_load=True)]
        if several:
            plans.append(_joined(work, by_load=False))
    for plan in plans:
        _fill(work, plan, state, reach)
        if several:
            construct.refit(problem, plan, state)
    return min(plans, key=lambda plan: int(plan.num[COST]))


def _join(work: Work, plan: Plan, own: npt.NDArray[np.int32]) -> None:
    """Join the routes of a plan in the order of what it saves."""
    problem = work.problem
    reach = min(JOINED, problem.near.shape[1])
    tails, heads, worth = construct.savings(problem, own, work.opening, reach)
    # Saving and place in one number: no two are equal, and the fastest sort has only one result.
    place = len(worth).bit_length()
    keys = (-worth << place) | np.arange(len(worth))
    keys.sort()
    order = keys & ((1 << place) - 1)
    construct.join_all(problem, plan, tails[order], heads[order], _turnable(work))


def _turnable(work: Work) -> bool:
    """Whether a route has the same cost and keeps the same limits the other way round."""
    spans = work.problem.spans
    if not work.turnable or work.problem.times is not None:
        return False
    if spans is None or isinstance(spans, Straight):
        return spans is None or same_back(spans)
    return all(same_back(legs) for legs in spans)


def _joined(work: Work, *, by_load: bool) -> Plan:
    """Savings among the jobs for which the same kind is the cheapest.

    Where there are not vehicles enough the fullest routes stay, and the jobs of the others try
    again with the kinds that are left; those without a place in the end are absent.
    """
    problem, n = work.problem, work.n
    several = problem.kinds is not None
    ends = np.arange(n + 1, len(problem.job)) if several else np.zeros(1, np.int64)
    spare = problem.job[ends, VEHICLES] if several else np.array([work.routes])
    left = np.ones(n + 1, np.bool_)
    sequence: list[int] = []
    added = -1
    while spare.any() and added != len(sequence):
        added = len(sequence)
        plan = empty_plan(problem, n, work.opening)
        own = np.zeros(n + 1, np.int32)
        if several:
            own = construct.kind_of_each(problem, plan, spare, by_load)
        own[~left] = -1
        construct.each_alone(problem, plan, own)
        _join(work, plan, own)
        construct.adopt(problem, plan)
        rows, driven = kept_routes(plan)
        earned = construct.earnings(problem, plan)[np.flatnonzero(plan.route[:, KEPT_FIRST])]
        first = earned
        if work.mandatory[1:].all():
            first = np.array([problem.job[row, AMOUNTS].sum() for row in rows], np.int64)
        for i in np.argsort(-first, kind="stable").tolist():
            k = driven[i] - n - 1 if several else 0
            if spare[k] and earned[i] > 0:
                spare[k] -= 1
                sequence += [-ends[k], *rows[i]]
                left[rows[i]] = False
    plan = empty_plan(problem, work.routes, work.opening)
    kept = construct.follow(problem, plan, np.array(sequence, dtype=np.int32))
    assert kept, "savings keep all limits"
    construct.adopt(problem, plan)
    return plan


def _fill(work: Work, plan: Plan, state: npt.NDArray[np.uint64], reach: int) -> None:
    """Insert the absent jobs, those furthest away first."""
    absent = plan.lists[ABSENT, : plan.num[ABSENT]].copy()
    radius = work.problem.job[absent, RADIUS]
    recreate.insert_all(
        work.problem, plan, state, absent[np.argsort(-radius, kind="stable")], reach
    )
    # Types of vehicles are overlooked now and then: who is left may still have a place.
    for _ in range(AGAIN):
        absent = plan.lists[ABSENT, : plan.num[ABSENT]].copy()
        if not work.mandatory[absent].any():
            break
        recreate.insert_all(work.problem, plan, state, absent, reach)
