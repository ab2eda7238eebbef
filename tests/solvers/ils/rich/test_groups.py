"""Exclusive groups: one of each is served, the one that suits the plan best."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import routesolve as rs
from routesolve.instances.instance import VrpInstance
from routesolve.instances.model import Depot, Job, Location, Objective, VehicleType
from routesolve.solvers.base import Budget, Clock
from routesolve.solvers.ils.rich._kernels import layout as at
from routesolve.solvers.ils.rich.engine import RichSearch
from routesolve.solvers.ils.rich.neighbours import CROWDED, NEIGHBOURS
from routesolve.solvers.ils.rich.problem import translate


def instance(groups: int, each: int, *, prizes: bool = False, vehicles: float = 0.0) -> VrpInstance:
    """Groups of jobs of one unit, of which the last is near the depot; vehicles take five."""
    random = np.random.default_rng(groups)
    jobs = []
    for g in range(groups):
        for k in range(each):
            x, y = random.random(2) if k == each - 1 else 50 + 50 * random.random(2)
            where, prize = Location(x=x, y=y), 1000.0 + 10.0 * k if prizes else None
            jobs.append(Job(f"{g}-{k}", where, delivery=(1.0,), group=f"g{g}", prize=prize))
    return VrpInstance(
        jobs=tuple(jobs),
        depots=(Depot("d", Location(x=0.5, y=0.5)),),
        vehicle_types=(VehicleType(capacity=(5.0,), start="d", end="d"),),
        objective=Objective(vehicles=vehicles),
    )


def search(problem: VrpInstance, iterations: int) -> RichSearch:
    """A search that has not run yet."""
    return RichSearch(problem, translate(problem), Clock(Budget(None, iterations)), 0, None)


@pytest.mark.parametrize("prizes", [False, True])
def test_first_plan_takes_the_nearest(prizes: bool) -> None:
    """The cheapest of a group is served from the beginning, less what it brings."""
    problem = instance(12, 4, prizes=prizes)
    one = search(problem, 1)
    plan, names = one.plan, one.work.names
    served = np.flatnonzero(plan.at[1:] >= 0)
    assert {names[x + 1][1] for x in served} == {f"{g}-3" for g in range(12)}
    absent = plan.lists[at.ABSENT, : plan.num[at.ABSENT]].tolist()
    assert sorted([*absent, *served.tolist()]) == list(range(48))


def test_who_is_absent_is_known() -> None:
    """After iterations, undone or not, each job is either on a route or in the list."""
    problem = instance(30, 5)
    one = search(problem, 2000)
    one.run()
    plan, member = one.plan, one.work.problem.member
    absent = plan.lists[at.ABSENT, : plan.num[at.ABSENT]]
    served = np.flatnonzero(plan.at[1:] >= 0)
    assert sorted([*absent.tolist(), *served.tolist()]) == list(range(150))
    assert (plan.slot[absent] == np.arange(len(absent))).all()
    assert plan.served[member[served, at.GROUP]].tolist() == served.tolist()


@pytest.mark.parametrize("each", [1, 3, 9])
def test_neighbours_are_of_other_groups(each: int) -> None:
    """Nobody's neighbour is of the own group; the larger these are, the more neighbours."""
    problem = translate(instance(40, each)).problem
    group = np.append(-1, problem.member[problem.what[1 : len(problem.near), at.TASK], at.GROUP])
    rows = np.arange(1, len(problem.near))
    assert problem.near.shape[1] == min(NEIGHBOURS * min(each, CROWDED), 39 * each)
    assert (problem.near[rows] > 0).all()
    assert (group[problem.near[rows]] != group[rows][:, None]).all()


def test_one_small_group_changes_nothing() -> None:
    """Who has one pair of alternatives among many jobs gets the search of the others."""
    jobs = [dataclasses.replace(job, group=None) for job in instance(40, 2).jobs]
    few = [dataclasses.replace(job, group="pair") for job in jobs[:2]]
    problem = instance(40, 2)
    assert translate(problem).crowd == 2
    assert translate(problem.replace(jobs=(*few, *jobs[2:]))).crowd == 1


def test_next_of_a_group() -> None:
    """Tasks of a group are a circle; others stand alone."""
    problem = instance(3, 3)
    jobs = (*problem.jobs, dataclasses.replace(problem.jobs[0], id="alone", group=None))
    work = translate(problem.replace(jobs=jobs))
    names = [name for _, name in work.names[1 : len(jobs) + 1]]
    follow = work.problem.member[:, at.NEXT].tolist()
    assert follow[names.index("alone")] == -1
    for g in range(3):
        task, circle = names.index(f"{g}-0"), set()
        for _ in range(3):
            circle.add(names[task])
            task = follow[task]
        assert circle == {f"{g}-{k}" for k in range(3)}
        assert names[task] == f"{g}-0"


def test_fewest_vehicles() -> None:
    """Twenty groups, four vehicles: all of them are full."""
    result = rs.solve(instance(20, 3, vehicles=1e6), solver="ils", iterations=4000)
    assert result.report.complete
    assert result.report.totals["vehicles"] == 4
