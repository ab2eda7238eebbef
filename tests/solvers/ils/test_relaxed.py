"""Beginning with a plan of fewer features: when, for how long, and that plans keep all rules."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest

import routesolve as rs
from routesolve.instances.instance import VrpInstance
from routesolve.instances.model import (
    Break,
    Depot,
    Job,
    Location,
    Objective,
    PlannedRoute,
    PlannedVisit,
    Profile,
    Shipment,
    Stop,
    TimeBand,
    TimeWindow,
    VehicleType,
)
from routesolve.solvers.base import Budget, Clock
from routesolve.solvers.ils import engine
from routesolve.solvers.ils.relaxed import Part, relaxed
from routesolve.solvers.ils.scope import beyond

MILD: dict[str, dict[str, Any]] = {
    "breaks": {"kind": {"breaks": (Break("noon", 300.0, (TimeWindow(200.0, 900.0),)),)}},
    "release": {"job": {"release": 120.0}},
    "setup": {"job": {"setup": 20.0}},
    "bands": {"profile": {"bands": (TimeBand(0.0, 1.0), TimeBand(300.0, 0.5))}},
    "overtime": {"kind": {"max_overtime": 600.0, "overtime_cost": 0.5}},
    "ends": {"kind": {"alternative_ends": ("other",)}},
    "preferences": {"kind": {"preferences": {"1": 5.0, "2": 9.0}}},
}
FAR: dict[str, dict[str, Any]] = {
    "reloads": {"kind": {"reload_depots": ("depot",)}},
    "groups": {"job": {"group": "one of them"}},
    "lateness": {"job": {"time_windows": (TimeWindow(0.0, 300.0, lateness_cost=1.0),)}},
    "balance": {"rules": {"objective": Objective(balance=1.0)}},
}


def instance(
    n: int = 25,
    *,
    kind: dict[str, Any] | None = None,
    job: dict[str, Any] | None = None,
    profile: dict[str, Any] | None = None,
    rules: dict[str, Any] | None = None,
) -> VrpInstance:
    """Jobs at random places, with features for all."""
    places = np.random.default_rng(n).uniform(0.0, 100.0, (n, 2)).round(1).tolist()
    fleet = {"capacity": (12.0,), "shift": TimeWindow(0.0, 2000.0), "count": n, **(kind or {})}
    return VrpInstance(
        jobs=tuple(
            Job(str(i), Location(x=x, y=y), delivery=(2.0,), service=10.0, **(job or {}))
            for i, (x, y) in enumerate(places)
        ),
        depots=(
            Depot("depot", Location(x=50.0, y=50.0)),
            Depot("other", Location(x=10.0, y=90.0)),
        ),
        vehicle_types=(VehicleType(start="depot", end="depot", **fleet),),
        profiles=(Profile(**(profile or {})),),
        **(rules or {}),
    )


@pytest.mark.parametrize("feature", MILD)
def test_what_moves_plans_a_little_is_left_out(feature: str) -> None:
    """The faster search knows what is left, and travels by the same matrices."""
    whole = instance(**MILD[feature])
    less = relaxed(whole)
    assert beyond(whole)
    assert less is not None
    assert not beyond(less)
    assert less.travel() is whole.travel()


@pytest.mark.parametrize("feature", FAR)
def test_what_moves_plans_far_is_not(feature: str) -> None:
    """Nor are other features left out beside it."""
    breaks = MILD["breaks"]["kind"]
    given = {**FAR[feature], "kind": {**breaks, **FAR[feature].get("kind", {})}}
    assert relaxed(instance(**given)) is None


def test_neither_shipments_nor_locked_visits() -> None:
    """Both are beyond a plan of jobs alone; without jobs there is none."""
    whole = instance(kind=MILD["breaks"]["kind"])
    ends = Stop(Location(x=1.0, y=1.0)), Stop(Location(x=9.0, y=1.0))
    locked = PlannedRoute("vehicle", (PlannedVisit("job", "3"),), locked=1)
    assert relaxed(whole) is not None
    assert relaxed(whole.replace(shipments=(Shipment("s", *ends, amount=(1.0,)),))) is None
    assert relaxed(whole.replace(initial_routes=(locked,))) is None
    assert relaxed(whole.replace(jobs=())) is None


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("feature", MILD)
def test_plans_keep_all_rules(feature: str, workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those begun with fewer features, too; same seed and iterations, same plan."""
    begun = []
    begin = engine.IteratedLocalSearch._begin

    def noted(*given: Any) -> Any:
        begun.append(begin(*given))
        return begun[-1]

    monkeypatch.setattr(engine.IteratedLocalSearch, "_begin", noted)
    problem = instance(**MILD[feature])
    one, other = (
        rs.solve(problem, solver="ils", iterations=301, seed=3, workers=workers) for _ in range(2)
    )
    assert begun[0] is not None
    assert begun[0] == begun[1]
    assert begun[0].routes
    assert one.feasible
    assert one.solution == other.solution
    assert one.iterations <= 301


@pytest.mark.parametrize("iterations", [1, 2, 3])
def test_least_budgets(iterations: int) -> None:
    """One iteration begins with a plan, and all jobs are served."""
    result = rs.solve(instance(kind=MILD["breaks"]["kind"]), solver="ils", iterations=iterations)
    assert result.feasible
    assert result.iterations <= iterations


def test_a_plan_given_is_where_the_search_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    """No other is made, and it is not lost."""
    problem = instance(kind=MILD["breaks"]["kind"])
    good = rs.solve(problem, solver="ils", iterations=2000)
    monkeypatch.delattr(engine.IteratedLocalSearch, "_begin")
    again = rs.solve(problem, solver="ils", iterations=10, start=good.solution)
    assert again.cost <= good.cost + 1e-6


def test_jobs_that_only_overtime_serves() -> None:
    """What the relaxed plan leaves out is put in afterwards."""
    late = {"shift": TimeWindow(0.0, 60.0), "max_overtime": 600.0, "overtime_cost": 0.1}
    whole = instance(kind=late)
    less = relaxed(whole)
    assert less is not None
    assert rs.solve(less, solver="ils", iterations=100).report.mandatory_unserved
    assert not rs.solve(whole, solver="ils", iterations=100).report.mandatory_unserved


def test_a_part_of_a_budget() -> None:
    """It is a share of what is left, and over when the whole is; costs in it count for nothing."""
    whole = Clock(Budget(100.0, iterations=50, stall=10.0, target_cost=7.0, workers=2))
    whole.iteration = 10
    part = Part(whole, 0.25)
    assert part.budget == Budget(2.5, iterations=10, workers=2)
    part.improved(5.0)
    assert not whole.trace
    assert not part.over
    whole.interrupted = True
    assert part.over
    whole.interrupted, whole.start = False, time.monotonic() - 80.0
    assert 4.9 < (Part(whole, 0.25).budget.seconds or 0.0) * 2 <= 5.0
    assert Part(Clock(Budget(None, stall=8.0)), 0.25).budget == Budget(2.0)
    assert Part(Clock(Budget(None, iterations=1)), 0.25).budget == Budget(None, iterations=1)
