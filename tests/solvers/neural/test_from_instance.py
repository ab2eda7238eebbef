"""Instances as arrays, rollouts as plans, and what is refused."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from routesolve.errors import InputError, MissingExtra, UnsupportedFeature
from routesolve.instances.generators.profiled import profiled
from routesolve.instances.generators.variants import attribute_variant
from routesolve.instances.instance import VrpInstance
from routesolve.instances.model import Depot, Job, Location, Shipment, Stop, TimeWindow, VehicleType
from routesolve.solutions.checker import check
from routesolve.solvers.neural.environment import Environment
from routesolve.solvers.neural.from_instance import to_problems, to_solution, unsupported
from routesolve.solvers.neural.problems import Problems
from routesolve.solvers.neural.rollouts import first_moves, nearest, roll_out, uniform
from tests.solvers.neural.made import ALL, variant

HERE, THERE = Location(x=0.0, y=0.0), Location(x=3.0, y=4.0)
VAN = VehicleType("van", capacity=(10.0,), start="depot", end="depot")


def small(kind: VehicleType = VAN, **job: Any) -> VrpInstance:
    """Two jobs, a depot in the middle and another one."""
    jobs = (Job("a", THERE, **job), Job("b", Location(x=-3.0, y=4.0)))
    depots = (Depot("depot", HERE), Depot("other", THERE))
    return VrpInstance(jobs=jobs, depots=depots, vehicle_types=(kind,))


REFUSED = {
    "shipments": small().replace(
        shipments=(Shipment("s", Stop(HERE), Stop(THERE), amount=(1.0,)),),
    ),
    "several load dimensions": small(
        dataclasses.replace(VAN, capacity=(10.0, 2.0)), delivery=(1.0, 1.0)
    ),
    "several windows per stop": small(time_windows=(TimeWindow(0, 5), TimeWindow(9, 20))),
    "soft windows": small(time_windows=(TimeWindow(0, 5, lateness_cost=1.0),)),
    "optional jobs (prizes)": small(prize=3.0),
    "setup time": small(setup=2.0),
    "release times": small(release=2.0),
    "cost per duration": small(dataclasses.replace(VAN, cost_per_duration=1.0)),
    "open start": small(dataclasses.replace(VAN, start=None)),
    "routes that end at another depot than they began at": small(
        dataclasses.replace(VAN, end="other")
    ),
    "maximum number of jobs": small(dataclasses.replace(VAN, max_jobs=1)),
    "reloads together with a maximum distance": small(
        dataclasses.replace(VAN, reload_depots=("depot",), max_distance=90.0)
    ),
    "reloads at other depots than the vehicle's own": small(
        dataclasses.replace(VAN, reload_depots=("other",))
    ),
    "a maximum number of reloads": small(
        dataclasses.replace(VAN, reload_depots=("depot",), max_reloads=1)
    ),
}


@pytest.mark.parametrize("reason", REFUSED)
def test_what_is_not_known_is_refused_by_name(reason: str) -> None:
    """Every feature that the environment has no rule for is named."""
    assert reason in unsupported(REFUSED[reason])
    with pytest.raises(UnsupportedFeature, match=reason.split("(", maxsplit=1)[0]):
        to_problems(REFUSED[reason])


def test_all_variants_are_known() -> None:
    """Nothing of the 48 variants, the profiled ones and tours is refused."""
    for name in ALL:
        assert unsupported(variant(name, 5, seed=0)) == []


def test_vehicles_that_cannot_do_without_skills_are_kept_apart() -> None:
    """A job's skills and a vehicle's forbidden jobs decide who serves whom."""
    fleet = (
        dataclasses.replace(VAN, id="skilled", skills=("crane",), forbidden=("b",)),
        dataclasses.replace(VAN, id="plain"),
    )
    instance = small(skills=("crane",)).replace(vehicle_types=fleet)
    environment = Environment(to_problems(instance))
    assert environment.alone[0, :, 2:].tolist() == [[True, False], [False, True]]
    result = roll_out(environment, uniform(0), 1)
    report = check(instance, to_solution(instance, result.actions[0, 0]))
    assert report.feasible
    assert report.complete


def test_trips_of_a_vehicle_are_one_route() -> None:
    """Vehicles that reload appear once, however often they come home, in any order."""
    instance = profiled("PVRP-P", 40, seed=2, vehicles=3)
    environment = Environment(to_problems(instance))
    result = roll_out(environment, uniform(5), 1)
    plan = to_solution(instance, result.actions[0, 0])
    names = [route.vehicle_type for route in plan.routes]
    assert len(names) == len(set(names)) <= 3
    assert sum(visit.kind == "reload" for route in plan.routes for visit in route.visits) >= 2


@pytest.mark.parametrize("count", [1, 2])
def test_a_fleet_that_is_too_small_leaves_customers(count: int) -> None:
    """Limited fleets are never exceeded; who finds no room stays unserved, for others to mend."""
    instance = attribute_variant("MDVRPTW", 20, seed=1, depots=2)
    fleet = tuple(dataclasses.replace(kind, count=count) for kind in instance.vehicle_types)
    instance = instance.replace(vehicle_types=fleet)
    environment = Environment(to_problems(instance))
    result = roll_out(environment, uniform(0), 4, first=first_moves(environment, 4))
    for lane in range(4):
        report = check(instance, to_solution(instance, result.actions[0, lane]), reasons=False)
        assert report.feasible
        assert report.totals["vehicles"] == 2 * count
        assert report.totals["unserved"] == environment.unserved(result.state)[0, lane] > 0


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_units_do_not_matter(scale: float) -> None:
    """Nearest neighbour makes the same plan in millionths and in millions."""
    instance = attribute_variant("MDVRPMBL", 15, seed=3)
    problems = to_problems(instance)
    scaled = dataclasses.replace(
        problems,
        distance=problems.distance * scale,
        duration=problems.duration * scale,
        max_distance=problems.max_distance * scale,
    )
    plans = []
    for each in (problems, scaled):
        environment = Environment(each)
        plans.append(roll_out(environment, nearest(environment), 1))
    if scale > 1:  # tiny routes are within the checker's slack of any limit
        assert plans[0].actions.tolist() == plans[1].actions.tolist()
        assert plans[1].cost == pytest.approx(plans[0].cost * scale)
    assert not plans[1].state.visited[0, 0, 3:].sum() < 15


def test_all_stops_at_one_place() -> None:
    """Travel of length zero is no trouble."""
    jobs = tuple(Job(str(i), HERE, delivery=(4.0,)) for i in range(7))
    instance = VrpInstance(jobs=jobs, depots=(Depot("depot", HERE),), vehicle_types=(VAN,))
    environment = Environment(to_problems(instance))
    result = roll_out(environment, uniform(0), 3, first=first_moves(environment, 3))
    report = check(instance, to_solution(instance, result.actions[0, 0]))
    assert report.feasible
    assert report.complete
    assert report.cost == result.cost[0, 0] == 0


def test_arrays_of_the_wrong_shape_are_refused() -> None:
    """All mistakes at once."""
    table = np.ones((2, 4, 4))
    with pytest.raises(InputError) as caught:
        Problems.of(1, table, table[:, :3], delivery=np.ones(7), nothing=3)
    assert len(caught.value.problems) == 3
    with pytest.raises(InputError) as caught:
        Problems.of(1, table, table, delivery=-1.0, speed=0.0, backhaul=7, service=np.nan)
    assert len(caught.value.problems) == 4
    with pytest.raises(InputError, match="start tokens"):
        Problems.of(5, table, table)


def test_without_torch_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line with the pip command."""
    monkeypatch.setitem(__import__("sys").modules, "torch", None)
    with pytest.raises(MissingExtra, match=r'pip install "routesolve\[neural\]"'):
        to_problems(small()).to_torch()
