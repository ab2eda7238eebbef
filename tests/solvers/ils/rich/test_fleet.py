"""Fewer vehicles first, where a vehicle costs more than any way."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

import routesolve as rs
from routesolve.instances.instance import VrpInstance
from routesolve.instances.model import Break
from routesolve.solutions.solution import Route, Solution, Visit
from routesolve.solvers.base import Budget, Clock
from routesolve.solvers.ils.rich import fleet
from routesolve.solvers.ils.rich.engine import RichSearch
from routesolve.solvers.ils.rich.problem import translate

Parts = dict[str, Any]


def instance(n: int, *, windows: bool, kinds: int, vehicles: float) -> VrpInstance:
    """Jobs of one unit around a depot; vehicles take five."""
    random = np.random.default_rng(n)
    points = (random.random((n, 2)) * 100).round(1).tolist()
    jobs: list[Parts] = [
        {"id": f"j{i}", "location": {"x": x, "y": y}, "delivery": [1]}
        for i, (x, y) in enumerate(points)
    ]
    if windows:
        for job in jobs:
            job["time_windows"] = [{"earliest": 0, "latest": 2000}]
    van: Parts = {"capacity": [5], "start": "d", "end": "d"}
    return VrpInstance.from_dict(
        {
            "jobs": jobs,
            "depots": [{"id": "d", "location": {"x": 50, "y": 50}}],
            "vehicle_types": [van | {"id": f"v{k}"} for k in range(kinds)],
            "objective": {"vehicles": vehicles},
        }
    )


@pytest.mark.parametrize("windows", [False, True])
@pytest.mark.parametrize("kinds", [1, 2])
def test_fewest_vehicles(windows: bool, kinds: int) -> None:
    """Twenty jobs, four vehicles: all of them are full."""
    problem = instance(20, windows=windows, kinds=kinds, vehicles=1e6)
    result = rs.solve(problem, solver="ils", iterations=4000)
    assert result.report.complete
    assert result.report.totals["vehicles"] == 4


def test_cheap_vehicles_are_not_saved() -> None:
    """Where vehicles cost nothing, ways decide."""
    problem = instance(20, windows=False, kinds=2, vehicles=0.0)
    costly = instance(20, windows=False, kinds=2, vehicles=1e6)
    free = rs.solve(problem, solver="ils", iterations=4000).report
    few = rs.solve(costly, solver="ils", iterations=4000).report
    assert free.totals["distance"] <= few.totals["distance"] + 1e-6


@pytest.mark.parametrize("workers", [1, 2])
def test_same_seed_same_plan(workers: int) -> None:
    """With iterations as the budget the plan depends on seed and workers only."""
    problem = instance(30, windows=True, kinds=2, vehicles=10.0)
    plans = [
        rs.solve(problem, solver="ils", iterations=600, seed=4, workers=workers).solution
        for _ in range(2)
    ]
    assert plans[0] == plans[1]


def test_start_is_kept() -> None:
    """A plan to start from is not lost."""
    problem = instance(30, windows=True, kinds=2, vehicles=10.0)
    good = rs.solve(problem, solver="ils", iterations=3000)
    again = rs.solve(problem, solver="ils", iterations=1, start=good.solution)
    assert again.cost <= good.cost + 1e-6


@pytest.mark.parametrize("kinds", [1, 2])
@pytest.mark.parametrize("iterations", [1, 7, 300])
def test_iterations_are_the_budget(kinds: int, iterations: int) -> None:
    """Saving vehicles is part of the budget."""
    problem = instance(20, windows=True, kinds=kinds, vehicles=1e6)
    assert rs.solve(problem, solver="ils", iterations=iterations).iterations <= iterations


@pytest.mark.parametrize(("most", "worth"), [(5, False), (4, True)])
def test_full_vehicles_are_not_dissolved(
    most: int, worth: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the loads fill all vehicles, no iteration is spent on saving one."""
    tried = []

    def note(search: RichSearch, patience: int) -> bool:
        assert patience > 0
        tried.append(search.size)
        return False

    monkeypatch.setattr(fleet, "_one_fewer", note)
    problem = instance(20, windows=False, kinds=2, vehicles=1e6)
    kinds = tuple(dataclasses.replace(kind, max_jobs=most) for kind in problem.vehicle_types)
    rs.solve(problem.replace(vehicle_types=kinds), solver="ils", iterations=500)
    assert (20 in tried) == worth  # and once to compile, with fewer jobs


def test_amounts_of_fewer_dimensions() -> None:
    """Jobs need not name every dimension of the load, nor vehicles any."""
    problem = instance(20, windows=True, kinds=2, vehicles=1e6)
    jobs = (dataclasses.replace(problem.jobs[0], delivery=(1.0, 1.0)), *problem.jobs[1:])
    kinds = tuple(
        dataclasses.replace(kind, capacity=((5.0, 9.0), ())[k])
        for k, kind in enumerate(problem.vehicle_types)
    )
    result = rs.solve(problem.replace(jobs=jobs, vehicle_types=kinds), solver="ils", iterations=100)
    assert result.report.complete


def test_several_plans() -> None:
    """Search begins with the best of several plans; the others have as few vehicles."""
    problem = instance(20, windows=True, kinds=1, vehicles=1e6)
    search = RichSearch(problem, translate(problem), Clock(Budget(None, 40_000)), 0, None)
    fleet.reduce_fleet(search)
    plans = [search.plan, *search.spare]
    assert 1 < len(plans) <= fleet.PLANS
    assert sorted(map(search.worth, plans)) == [search.worth(plan) for plan in plans]
    for plan in plans:
        assert sum(len(row) for row in search.elite(plan).rows) == 20
        assert len(search.elite(plan).rows) == 4
        assert not any(
            np.shares_memory(plan.row, other.row) for other in plans if other is not plan
        )


def test_start_without_its_break_gets_one() -> None:
    """A plan to start from that leaves out a break is mended, not returned as it is."""
    problem = instance(6, windows=False, kinds=2, vehicles=10.0)
    kinds = tuple(
        dataclasses.replace(kind, breaks=(Break("pause", duration=5.0),))
        for kind in problem.vehicle_types
    )
    problem = problem.replace(vehicle_types=kinds)
    start = Solution((Route("v0", tuple(Visit("job", f"j{i}") for i in range(5))),))
    result = rs.solve(problem, solver="ils", iterations=1, start=start)
    assert result.feasible
    assert result.report.complete
