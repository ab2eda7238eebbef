"""The search over plans of every feature, judged by the checker."""

from __future__ import annotations

from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from routesolve.errors import RoutingError
from routesolve.instances.features import Feature, used_features
from routesolve.instances.instance import VrpInstance
from routesolve.instances.model import (
    Depot,
    Job,
    Location,
    Objective,
    Shipment,
    Stop,
    TimeWindow,
    VehicleType,
)
from routesolve.solutions.checker import check
from routesolve.solvers.base import Budget, Clock
from routesolve.solvers.ils import audit
from routesolve.solvers.ils.rich._kernels import layout as at
from routesolve.solvers.ils.rich.audit import audit as audited
from routesolve.solvers.ils.rich.engine import RichSearch
from routesolve.solvers.ils.rich.problem import translate
from tests.strategies import instances

DEPARTURES = {Feature.MULTIPLE_WINDOWS, Feature.SOFT_WINDOWS, Feature.TIME_BANDS}
"""Where the checker may know a cheaper departure than the engine."""


def searched(instance: VrpInstance, seed: int, iterations: int) -> RichSearch:
    """A finished search."""
    clock = Clock(Budget(seconds=None, iterations=iterations))
    search = RichSearch(instance, translate(instance), clock, seed, None)
    search.run()
    return search


def reasonable(instance: VrpInstance) -> bool:
    """Whether there is anything to do, by ways that exist, and locked visits keep the rules."""
    try:
        instance.require_reachable()
    except RoutingError:
        return False
    if not instance.task_count or all(kind.count == 0 for kind in instance.vehicle_types):
        return False
    search = searched(instance, 0, 1)
    return search.plan.num[at.BROKEN_NOW] == 0 and not search.plan.head[:, at.BROKEN].any()


def noise(search: RichSearch) -> float:
    """What sums lose beside the largest penalty."""
    task = search.work.problem.task
    return 1e-5 + 1e-14 * len(task) * float(task[:, at.MISSING].max())


def told(search: RichSearch) -> float:
    """What the engine says its best plan costs, without what keeps mandatory tasks in."""
    plan, problem = search.plan, search.work.problem
    absent = plan.lists[at.KEPT_ABSENT, : plan.num[at.KEPT_ABSENT]]
    cost = plan.total[at.BEST] - problem.task[absent, at.MANDATORY].sum()
    served = np.delete(problem.member[:, at.GROUP], absent)
    tasks = [*search.instance.jobs, *search.instance.shipments]
    for g in set(range(len(problem.group))).difference(served.tolist()):
        prizes = [tasks[t].prize for t in np.flatnonzero(problem.member[:, at.GROUP] == g)]
        if None in prizes and search.instance.objective.unserved is None:
            cost -= problem.group[g]
    return float(cost)


@settings(deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(instances(), st.integers(0, 1000), st.integers(1, 60))
def test_plans_keep_all_rules(instance: VrpInstance, seed: int, iterations: int) -> None:
    """Whatever features are drawn, the checker finds nothing and counts the same cost."""
    assume(reasonable(instance))
    search = searched(instance, seed, iterations)
    report = check(instance, search.solution(), reasons=False)
    assert not report.violations
    cost = told(search)
    if used_features(instance) & DEPARTURES:
        assert report.cost <= cost + 1e-6 * max(1.0, abs(cost)) + noise(search)
    else:
        assert report.cost == pytest.approx(cost, rel=1e-6, abs=noise(search))


@settings(deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(instances(), st.integers(0, 1000))
def test_children_keep_all_rules(instance: VrpInstance, seed: int) -> None:
    """Two plans make one that the checker accepts; a plan and itself one that is no worse."""
    assume(reasonable(instance))
    one, two = (searched(instance, seed + k, 20) for k in range(2))
    if one.breeder is None:
        assert any(route.locked for route in instance.initial_routes)
        return
    assume(told(one) < np.inf)
    elite, rng = one.elite(one.plan), np.random.default_rng(seed)
    again = one.child(elite, elite, rng)
    assert one.worth(again) <= elite.worth + noise(one) + 1e-6 * abs(elite.worth)
    one.plan = one.child(elite, two.elite(two.plan), rng)
    report = check(instance, one.solution(), reasons=False)
    assert not report.violations


def test_each_vehicle_takes_its_own_breaks() -> None:
    """Routes that exchange their ends do not exchange breaks that only one of the ends has."""
    hours = {"earliest": 0, "latest": 0.5}
    jobs = [
        {"id": "a", "location": {"x": 0, "y": 0}},
        {"id": "b", "location": {"x": 0, "y": 0}, "delivery": [3], "time_windows": [hours]},
        {"id": "c", "location": {"x": 0, "y": 0.5}, "delivery": [3]},
    ]
    van = {"id": "v", "capacity": [5], "start": "d", "end": "d"}
    instance = VrpInstance.from_dict(
        {
            "jobs": jobs,
            "depots": [{"id": "d", "location": {"x": 0, "y": 0.5}}],
            "vehicle_types": [van | {"breaks": [{"id": "p", "duration": 0.5}]}],
            "objective": {"balance": 0.5},
        }
    )
    for seed in range(20):
        search = searched(instance, seed, 300)
        assert not check(instance, search.solution(), reasons=False).violations


@settings(deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(instances(), st.integers(0, 1000), st.integers(1, 2))
def test_elites_keep_all_rules(instance: VrpInstance, seed: int, workers: int) -> None:
    """Where elite plans are crossed, the checker finds nothing, and the budget is kept."""
    assume(reasonable(instance))
    clock = Clock(Budget(seconds=None, iterations=300, workers=workers))
    search = RichSearch(instance, translate(instance), clock, seed, None)
    with mock.patch.object(RichSearch, "patience", 0.5):
        search.run()
    assert clock.iteration <= 300
    assert not check(instance, search.solution(), reasons=False).violations


@settings(deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(instances(), st.integers(0, 1000))
def test_kept_data_equals_recomputation(instance: VrpInstance, seed: int) -> None:
    """After iterations, accepted or undone, positions, fleets and costs are those of the rows."""
    assume(reasonable(instance))
    with mock.patch.object(audit, "DEBUG", True):
        searched(instance, seed, 25)


WRONG = (
    ("total", at.COST, 1.0),
    ("cost", (0, 0), 1.0),
    ("depart", (0, 1), 1.0),
    ("latest", (0, 0), 1.0),
    ("load", (0, 0), 1.0),
    ("pos", 1, 1),
    ("at", 1, 1),
    ("left", 0, 1),
    ("served", 0, 1),
    ("lists", (at.ABSENT, 0), 1),
    ("slot", 1, 1),
    ("num", at.ABSENT, -1),
)


@pytest.mark.parametrize(("array", "place", "more"), WRONG)
def test_what_is_kept_wrongly_is_noticed(array: str, place: Any, more: float) -> None:
    """The debug switch compares all that is kept."""
    window = (TimeWindow(0.0, 100.0),)
    jobs = tuple(
        Job(str(k), Location(x=k, y=1.0), delivery=(1.0,), time_windows=window, group="either")
        for k in range(2)
    )
    problem = VrpInstance(
        jobs=jobs,
        depots=(Depot("d", Location(x=0.0, y=0.0)),),
        vehicle_types=(VehicleType(count=3, capacity=(5.0,), start="d", end="d"),),
    )
    search = searched(problem, 0, 20)
    audited(search.work.problem, search.plan, search.scratch)
    getattr(search.plan, array)[place] += more
    with pytest.raises(AssertionError):
        audited(search.work.problem, search.plan, search.scratch)


def test_only_the_longest_route_counts() -> None:
    """A ride limit and a release: who may set out later does where only the balance is paid."""
    here = Location(x=0.0, y=0.0)
    problem = VrpInstance(
        jobs=(Job("late", here, release=5.0),),
        shipments=(Shipment("s", Stop(here), Stop(here), max_ride_time=0.0),),
        depots=(Depot("d", here),),
        vehicle_types=(VehicleType(count=1, start="d", end="d"),),
        objective=Objective(balance=0.5),
    )
    search = searched(problem, 0, 20)
    assert told(search) == check(problem, search.solution()).cost == 0.0
