"""First plans: they keep all limits, and savings are near what can be reached."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from routesolve.instances.instance import VrpInstance
from routesolve.instances.model import Depot, Job, Location, Profile, TimeWindow, VehicleType
from routesolve.solutions.checker import check
from routesolve.solvers.base import Budget, Clock
from routesolve.solvers.ils import audit, engine
from routesolve.solvers.ils._kernels import construct
from routesolve.solvers.ils._kernels import layout as at
from routesolve.solvers.ils.first import first_plan
from routesolve.solvers.ils.problem import Beginning, translate
from routesolve.solvers.ils.scope import both_ways
from tests.solvers.ils.test_kinds import fleets


def begun(instance: VrpInstance, beginning: Beginning, seed: int = 1) -> engine._Search:
    """A search with a first plan of one sort."""
    work = replace(translate(instance), beginning=beginning)
    search = engine._Search(instance, work, Clock(Budget(iterations=1)), seed, None)
    search.plan = first_plan(work, search.state, search.way.reach)
    return search


@settings(deadline=None)
@given(fleets(), st.integers(0, 1000))
def test_savings_keep_the_rules(instance: VrpInstance, seed: int) -> None:
    """With several kinds, few vehicles and optional jobs: what is begun with is feasible."""
    assume(not both_ways(instance) and translate(instance).n)
    search = begun(instance, "savings", seed)
    audit.audit(search.work.problem, search.plan, soft=False)
    assert check(instance, search.solution()).violations == ()


def town(
    n: int, *, kinds: tuple[VehicleType, ...], prize: float | None = None, timed: bool = False
) -> VrpInstance:
    """Jobs of different sizes on a square with a depot in its middle."""
    random = np.random.default_rng(3)
    opens = random.integers(0, 3000, n).tolist()
    jobs = tuple(
        Job(
            str(i),
            Location(x=float(x), y=float(y)),
            delivery=(float(q),),
            prize=prize,
            time_windows=(TimeWindow(a, a + 900.0),) if timed else (),
        )
        for i, (x, y, q, a) in enumerate(
            zip(*random.integers(1, 1000, (2, n)), random.integers(1, 20, n), opens, strict=True)
        )
    )
    return VrpInstance(
        jobs=jobs,
        depots=(Depot("d", Location(x=500.0, y=500.0)),),
        vehicle_types=kinds,
        profiles=(Profile(metric="euclidean"),),
    )


VAN = VehicleType("van", capacity=(60.0,), start="d", end="d", fixed_cost=150.0)
LORRY = replace(VAN, id="lorry", capacity=(240.0,), fixed_cost=300.0, cost_per_distance=1.2)


@pytest.mark.parametrize(
    ("kinds", "prize", "timed", "by"),
    [
        ((VAN, LORRY), None, False, 0.6),
        ((VAN, LORRY), None, True, 0.9),
        ((replace(LORRY, count=40),), None, False, 0.6),
        ((replace(LORRY, count=12), replace(VAN, count=60)), None, False, 0.6),
        ((LORRY,), 90.0, False, 0.9),
    ],
)
def test_savings_beat_insertion(
    kinds: tuple[VehicleType, ...], prize: float | None, timed: bool, by: float
) -> None:
    """Whatever the fleet: a plan from savings costs far less than one from insertion."""
    instance = town(600, kinds=kinds, prize=prize, timed=timed)
    joined, inserted = begun(instance, "savings").plan, begun(instance, "insertion").plan
    assert joined.num[at.COST] < by * inserted.num[at.COST]
    if prize is None:
        assert joined.num[at.ABSENT] == 0


def test_kinds_follow_the_cost_of_what_they_carry() -> None:
    """Large vehicles are the cheapest by load, small ones for one job; those all used are none."""
    search = begun(town(20, kinds=(VAN, LORRY)), "savings")
    problem, plan = search.work.problem, search.plan
    for spare, by_load, kind in [((9, 9), True, 1), ((9, 9), False, 0), ((0, 9), False, 1)]:
        own = construct.kind_of_each(problem, plan, np.array(spare), by_load)
        assert set(own[1:].tolist()) == {21 + kind}
    assert set(construct.kind_of_each(problem, plan, np.array((0, 0)), True).tolist()) == {-1}


def test_earnings_are_what_serving_saves() -> None:
    """Prizes less legs and vehicles: routes that do not pay are not begun with."""
    search = begun(town(200, kinds=(LORRY,), prize=90.0), "savings")
    earned = construct.earnings(search.work.problem, search.plan)
    used = search.plan.lists[at.ACTIVE, : search.plan.num[at.ACTIVE]]
    assert (np.delete(earned, used) == 0).all()
    nobody = int(search.work.problem.job[1:, at.MISSING].sum())
    assert int(earned.sum()) == nobody - int(search.plan.num[at.COST])
    assert len(used) > 0
    assert (earned[used] > 0).all()
