"""The checker: one small broken plan per rule, cost terms by hand, random plans."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

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
from routesolve.solutions.checker import RULES, check
from routesolve.solutions.solution import Route, Solution, Visit
from tests.strategies import instances

Visits = list[tuple[str, str | None]]


def at(x: float) -> Location:
    """A place on the line."""
    return Location(x=x, y=0.0)


def line(
    jobs: list[Job] | None = None,
    vehicle: dict[str, Any] | None = None,
    shipments: list[Shipment] | None = None,
    **changes: Any,
) -> VrpInstance:
    """Depot "d" at 0, jobs "1".."3" at 1..3, depot "e" at 10, two vehicles "v" of capacity 10."""
    jobs = [Job(str(i), at(i), (3.0,)) for i in (1, 2, 3)] if jobs is None else jobs
    kind = {"count": 2, "capacity": (10.0,), "start": "d", "end": "d"} | (vehicle or {})
    return VrpInstance(
        jobs=tuple(jobs),
        shipments=tuple(shipments or ()),
        depots=(Depot("d", at(0)), Depot("e", at(10))),
        vehicle_types=(VehicleType("v", **kind),),
        **changes,
    )


def plan(*routes: Visits | list[str]) -> Solution:
    """A plan of vehicle type "v"; plain strings are jobs."""
    return Solution.from_sequences(
        [("v", [("job", v) if isinstance(v, str) else v for v in route]) for route in routes]  # type: ignore[misc]
    )


ALL = plan(["1", "2", "3"])
BOX = Shipment("s", Stop(at(1)), Stop(at(2)), (4.0,))
PAUSE = Break("lunch", 1.0, (TimeWindow(100, 110),))

CASES: dict[str, tuple[str, VrpInstance, Solution, float]] = {
    "unknown job": ("unknown", line(), plan(["1", "2", "3", "9"]), 1),
    "unknown vehicle": ("unknown", line(), Solution((Route("w", (Visit("job", "1"),)),)), 1),
    "too many vehicles": ("fleet", line(), plan(["1"], ["2"], ["3"]), 1),
    "a vehicle twice": (
        "fleet",
        line(),
        Solution((Route("v", (Visit("job", "1"),)), Route("v", (Visit("job", "2"),)))),
        1,
    ),
    "visited twice": ("duplicate", line(), plan(["1", "2", "3", "1"]), 1),
    "split shipment": (
        "pairing",
        line(shipments=[BOX]),
        plan([("pickup", "s")], [("delivery", "s"), ("job", "1")]),
        1,
    ),
    "delivered first": (
        "precedence",
        line(shipments=[BOX]),
        plan([("delivery", "s"), ("pickup", "s")]),
        1,
    ),
    "two of a group": (
        "group",
        line([Job("1", at(1), group="g"), Job("2", at(2), group="g")]),
        plan(["1", "2"]),
        1,
    ),
    "missing skill": ("skills", line([Job("1", at(1), skills=("crane",))]), plan(["1"]), 1),
    "forbidden job": ("forbidden", line(vehicle={"forbidden": ("2",)}), ALL, 1),
    "wrong start": ("place", line(), plan([("start", "e"), ("job", "1")]), 1),
    "wrong end": ("place", line(), plan([("job", "1"), ("end", "e")]), 1),
    "reload elsewhere": ("place", line(), plan([("job", "1"), ("reload", "e"), ("job", "2")]), 1),
    "overload": ("capacity", line(vehicle={"capacity": (8.0,)}), ALL, 1),
    "overload midway": (
        # Pick up 5, deliver 5, deliver 5: the truck leaves with 10 and holds 15 after the pickup.
        "capacity",
        line([Job("p", at(1), (), (5.0,)), Job("a", at(2), (5.0,)), Job("b", at(3), (5.0,))]),
        plan(["p", "a", "b"]),
        5,
    ),
    "overload by shipment": (
        "capacity",
        line(shipments=[BOX], vehicle={"capacity": (9.0,)}),
        plan([("pickup", "s"), ("job", "1"), ("job", "2"), ("delivery", "s")]),
        1,
    ),
    "delivery after pickup": (
        "backhaul",
        line([Job("p", at(1), (), (1.0,)), Job("a", at(2), (1.0,))], backhaul="last"),
        plan(["p", "a"]),
        1,
    ),
    "mixed trip": (
        "backhaul",
        line([Job("p", at(1), (), (1.0,)), Job("a", at(2), (1.0,))], backhaul="none"),
        plan(["a", "p"]),
        1,
    ),
    "late": (
        "time_window",
        line([Job("1", at(5), time_windows=(TimeWindow(0, 3),))]),
        plan(["1"]),
        2,
    ),
    "after the shift": ("shift", line(vehicle={"shift": TimeWindow(0, 4)}), ALL, 2),
    "too far": ("max_distance", line(vehicle={"max_distance": 5.0}), ALL, 1),
    "too long": ("max_duration", line(vehicle={"max_duration": 5.5}), ALL, 0.5),
    "beyond overtime": (
        "max_duration",
        line(vehicle={"max_duration": 4.0, "max_overtime": 1.0}),
        ALL,
        1,
    ),
    "too much driving": ("max_driving_time", line(vehicle={"max_driving_time": 4.0}), ALL, 2),
    "too many jobs": ("max_jobs", line(vehicle={"max_jobs": 2}), ALL, 1),
    "long ride": (
        "ride_time",
        line([Job("1", at(9))], shipments=[Shipment("s", Stop(at(1)), Stop(at(2)), (), 3.0)]),
        plan([("pickup", "s"), ("job", "1"), ("delivery", "s")]),
        12,
    ),
    "no break": ("break", line(vehicle={"breaks": (PAUSE,)}), ALL, 1),
    "break too late": (
        "break",
        line([Job("1", at(1), service=200.0)], vehicle={"breaks": (PAUSE,)}),
        plan([("job", "1"), ("break", "lunch")]),
        91,
    ),
    "break with a load": (
        "break_load",
        line(vehicle={"breaks": (Break("lunch", 1.0, (), (2.0,)),)}),
        plan([("job", "1"), ("break", "lunch"), ("job", "2")]),
        1,
    ),
    "too many reloads": (
        "reload",
        line(vehicle={"reload_depots": ("d",), "max_reloads": 0}),
        plan([("job", "1"), ("reload", "d"), ("job", "2")]),
        1,
    ),
    "shipment over a reload": (
        "pairing",
        line(shipments=[BOX], vehicle={"reload_depots": ("d",)}),
        plan([("pickup", "s"), ("reload", "d"), ("delivery", "s")]),
        1,
    ),
    "locked visit moved": (
        "locked",
        line(initial_routes=(PlannedRoute("v", (PlannedVisit("job", "2"),), 1),)),
        ALL,
        1,
    ),
    "closed depot": (
        "depot_window",
        VrpInstance(
            jobs=(Job("1", at(5)),),
            depots=(Depot("d", at(0), (TimeWindow(0, 4),)),),
            vehicle_types=(VehicleType("v", start="d", end="d"),),
        ),
        plan(["1"]),
        6,
    ),
    "no road": (
        "unreachable",
        VrpInstance(
            jobs=(Job("1", Location(index=1)),),
            depots=(Depot("d", Location(index=0)),),
            vehicle_types=(VehicleType("v", start="d", end="d"),),
            profiles=(Profile(metric="matrix", durations=[[0, None], [1, 0]]),),  # type: ignore[arg-type]
        ),
        plan(["1"]),
        1,
    ),
    "impossible times": (
        "stated_time",
        line(),
        Solution(
            (
                Route(
                    "v",
                    (
                        Visit("start", "d", 0, 0.0, 0.0, 0.0),
                        Visit("job", "1", 1, 1.0, 1.0, 10.0),
                        Visit("job", "2", 2, 2.0, 2.0, 2.0),
                    ),
                ),
            )
        ),
        9,
    ),
    "wrong cost": ("stated_cost", line(), ALL.replace(cost=5.0), -1),
}


@pytest.mark.parametrize("case", CASES)
def test_each_rule_is_found_with_its_amount(case: str) -> None:
    """A broken plan gives a violation of its kind, with the right amount."""
    kind, instance, solution, amount = CASES[case]
    found = [v for v in check(instance, solution).violations if v.kind == kind]
    assert found, check(instance, solution).violations
    assert found[0].amount == pytest.approx(amount)


def test_every_rule_has_a_case() -> None:
    """No rule goes untested."""
    assert {kind for kind, *_ in CASES.values()} == set(RULES)


def test_clean_plan_has_no_violation() -> None:
    """The plain plan of the plain instance is feasible, complete and costs its distance."""
    report = check(line(), ALL)
    assert report.feasible
    assert report.complete
    assert report.cost == 6
    assert report.totals["vehicles"] == 1
    loads = [v.load for v in report.solution.routes[0].visits]
    assert loads == [(9.0,), (6.0,), (3.0,), (0.0,), (0.0,)]


def test_all_cost_terms() -> None:
    """Every term of the objective, by hand."""
    instance = line(
        [
            Job("1", at(1), service=2.0),
            Job("2", at(2), time_windows=(TimeWindow(0, 1, lateness_cost=10.0),)),
            Job("o", at(7), prize=4.0),
            Job("m", at(8), priority=2),
        ],
        vehicle={
            "fixed_cost": 100.0,
            "cost_per_distance": 2.0,
            "cost_per_duration": 3.0,
            "cost_per_driving_time": 5.0,
            "max_duration": 5.0,
            "max_overtime": 4.0,
            "overtime_cost": 7.0,
            "preferences": {"1": 6.0},
        },
        objective=Objective(
            distance=0.5, duration=2.0, vehicles=11.0, unserved=1000.0, preference=3.0, balance=0.25
        ),
    )
    report = check(instance, plan(["1", "2"]))
    assert report.feasible
    assert report.terms == pytest.approx(
        {
            "distance": 0.5 * 2 * 4,
            "duration": 2 * (3 * 6 + 5 * 4),
            "overtime": 2 * 7 * 1,
            "lateness": 10 * (4 - 1),
            "vehicles": 111,
            "preference": -18,
            "balance": 0.25 * 6,
            "prizes": 4,
            "unserved": 3000,
        }
    )
    assert not report.complete


def test_group_of_optional_jobs_costs_the_difference() -> None:
    """Serving the lesser of two alternatives costs the difference, serving none the larger."""
    jobs = [Job("1", at(1), group="g", prize=10.0), Job("2", at(2), group="g", prize=6.0)]
    assert check(line(jobs), plan(["2"])).terms["prizes"] == 4
    assert check(line(jobs), plan()).terms["prizes"] == 10
    assert check(line(jobs), plan(["1"])).terms["prizes"] == 0


def test_setup_counts_once_per_place() -> None:
    """A second job at the same place needs no setup."""
    jobs = [Job(name, at(2), setup=5.0, service=1.0) for name in "ab"]
    assert check(line(jobs), plan(["a", "b"])).totals["service"] == 7


def test_reload_resets_the_load_and_waits_for_the_release() -> None:
    """Two trips of one vehicle; the second leaves when its goods are there."""
    jobs = [Job("1", at(1), (6.0,)), Job("2", at(2), (6.0,), release=50.0)]
    instance = line(jobs, vehicle={"reload_depots": ("d",)})
    report = check(instance, plan([("job", "1"), ("reload", "d"), ("job", "2")]))
    assert report.feasible
    assert report.solution.routes[0].visits[2].departure == 50
    assert report.totals["duration"] == 2 + 4  # leaves at 48, reloads at 50, is back at 54


def test_open_route_and_alternative_end() -> None:
    """An open route ends at its last stop; another end may be chosen among those allowed."""
    assert check(line(vehicle={"end": None}), ALL).cost == 3
    instance = line(vehicle={"alternative_ends": ("e",)})
    report = check(instance, plan([("job", "1"), ("job", "2"), ("job", "3"), ("end", "e")]))
    assert report.feasible
    assert report.cost == 10


def test_speed_factor_and_bands_change_durations_only() -> None:
    """Half the speed doubles the driving time and leaves the distance."""
    slow = Profile(bands=(TimeBand(0.0, 0.25),))
    report = check(line(vehicle={"speed_factor": 2.0}, profiles=(slow,)), ALL)
    assert report.totals["driving"] == pytest.approx(12)
    assert report.cost == 6


def test_empty_plan_of_an_empty_instance() -> None:
    """No jobs, no routes: a valid plan that costs nothing."""
    report = check(line([]), plan())
    assert report.feasible
    assert report.complete
    assert report.cost == 0


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(instance=instances(), data=st.data())
def test_any_plan_of_any_instance_gets_a_report(instance: VrpInstance, data: st.DataObject) -> None:
    """Random orders on random vehicles never crash the checker; the report adds up."""
    visits: Visits = [("job", job.id) for job in instance.jobs]
    for shipment in instance.shipments:
        visits += [("pickup", shipment.id), ("delivery", shipment.id)]
    order = data.draw(st.permutations(visits))
    kinds = [k.id for k in instance.vehicle_types if k.count != 0]
    cut = data.draw(st.integers(0, len(order)))
    routes = [(data.draw(st.sampled_from(kinds)), part) for part in (order[:cut], order[cut:])]
    report = check(instance, Solution.from_sequences(routes))  # type: ignore[arg-type]
    assert report.cost == pytest.approx(sum(report.terms.values()))
    again = check(instance, report.solution)
    assert [v.kind for v in again.violations if v.kind.startswith("stated")] == []
    assert again.cost == pytest.approx(report.cost)
