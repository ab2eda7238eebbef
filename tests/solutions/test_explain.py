"""Reasons of unserved jobs: each rule by hand, and that the checker confirms every claim."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, event, given, settings
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
    Shipment,
    Stop,
    TimeWindow,
    VehicleType,
)
from routesolve.solutions import explain as module
from routesolve.solutions import room
from routesolve.solutions.checker import alone, check
from routesolve.solutions.driven import DrivenRoute, drive_all
from routesolve.solutions.explain import Explanation, explain
from routesolve.solutions.fleet_limits import Needs
from routesolve.solutions.solution import Route, Solution, Unassigned, Visit
from tests.strategies import instances

REASONS = {"impossible", "no_vehicle", "crowded_out", "no_room", "insertable", "prize", "group"}
Visits = list[Any]


def at(x: float) -> Location:
    """A place on the line."""
    return Location(x=x, y=0.0)


def job(name: str, x: float, load: float = 1.0, **fields: Any) -> Job:
    """A delivery on the line."""
    return Job(name, at(x), (load,), **fields)


def line(*tasks: Job | Shipment, kinds: Any = (), **fields: Any) -> VrpInstance:
    """Depot "d" at 0; one vehicle "v" of capacity 10, or the types given."""
    kinds = kinds or [{}]
    usual = {"id": "v", "count": 1, "capacity": (10.0,), "start": "d", "end": "d"}
    return VrpInstance(
        jobs=tuple(t for t in tasks if isinstance(t, Job)),
        shipments=tuple(t for t in tasks if isinstance(t, Shipment)),
        depots=(Depot("d", at(0)),),
        vehicle_types=tuple(VehicleType(**(usual | kind)) for kind in kinds),
        **{"allow_unserved": True, **fields},
    )


def plan(**routes: Visits) -> Solution:
    """A plan by vehicle type; plain strings are jobs."""
    return Solution.from_sequences(
        [
            (kind, [("job", v) if isinstance(v, str) else v for v in visits])
            for kind, visits in routes.items()
        ]
    )


def left(instance: VrpInstance, solution: Solution) -> Unassigned:
    """The only unserved job of a plan that keeps the rules, as the checker reports it."""
    report = check(instance, solution)
    assert report.feasible
    (only,) = report.solution.unassigned
    return only


def explained(instance: VrpInstance, solution: Solution) -> dict[str, Explanation]:
    """Explanations of a plan's unserved jobs outside served groups, by id."""
    served = {name for _, name in solution.served()}
    groups = {instance.tasks_by_id[name].group for name in served} - {None}
    tasks = [
        task
        for task in instance.tasks_by_id.values()
        if task.id not in served and task.group not in groups
    ]
    found = explain(instance, drive_all(instance, solution.routes), tasks)
    return {task.id: why for task, why in zip(tasks, found, strict=True)}


def mended(solution: Solution, why: Explanation) -> Solution:
    """The plan with the route of the proof in place of its own."""
    assert why.route is not None
    vehicle = (why.route.vehicle_type, why.route.vehicle)
    routes = [r for r in solution.routes if (r.vehicle_type, r.vehicle) != vehicle]
    return Solution((*routes, why.route))


# -- impossible ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "told"),
    [
        (job("x", 50, time_windows=(TimeWindow(0, 3),)), "even alone: job x begins 47 too late"),
        (job("x", 4, skills=("crane",)), "even alone: x needs crane"),
        (job("x", 4, 12), "even alone: load 12 after start d, capacity 10"),
    ],
)
def test_impossible_says_the_rule_and_by_how_much(one: Job, told: str) -> None:
    """No empty vehicle can do it."""
    why = left(line(job("1", 1), one), plan(v=["1"]))
    assert (why.reason, why.detail) == ("impossible", told)


def test_impossible_names_the_closest_vehicle_type() -> None:
    """In full the one that lacks least; the others, grouped by what they lack, in short."""
    kinds = [
        {"id": "van", "capacity": (2.0,), "skills": ("crane",)},
        {"id": "bike"},
        {"id": "car"},
        {"id": "truck", "capacity": (5.0,), "skills": ("crane",)},
    ]
    why = left(line(job("x", 4, 6, skills=("crane",)), kinds=kinds), plan())
    assert why.reason == "impossible"
    assert why.detail == (
        "even alone: load 6 after start d, capacity 5 (truck, which comes closest); van: the load "
        "on board is above the capacity; bike and car: the vehicle lacks a required skill"
    )


def test_a_break_can_make_a_job_impossible() -> None:
    """Alone it fits, but not together with the break that the vehicle must take."""
    pause = Break("lunch", 5.0, (TimeWindow(2, 4),))
    short = line(job("x", 4), kinds=[{"breaks": (pause,), "shift": TimeWindow(0, 10)}])
    assert left(short, plan()).reason == "impossible"
    long = line(job("x", 4), kinds=[{"breaks": (pause,), "shift": TimeWindow(0, 13)}])
    assert left(long, plan()).reason == "insertable"


# -- it could be added ---------------------------------------------------------------------------


def test_insertable_into_a_route() -> None:
    """A mandatory job that simply fits is the plan's fault, and the text says where it goes."""
    why = left(line(job("1", 5), job("2", 3)), plan(v=["1"]))
    assert why.reason == "insertable"
    assert (why.detail or "").startswith("v-1 could serve it beside all it does, for 0 more")


def test_insertable_on_an_idle_vehicle() -> None:
    """A vehicle that stays at home can do it."""
    why = left(line(job("1", 5, 9), job("2", 3, 9), kinds=[{"count": 2}]), plan(v=["1"]))
    assert why.reason == "insertable"
    assert (why.detail or "").startswith("v-2 could serve it beside all it does, for 6 more")


def test_insertable_with_a_reload() -> None:
    """The second trip nobody thought of."""
    kinds = [{"reload_depots": ("d",)}]
    assert left(line(job("1", 5, 9), job("2", 3, 9), kinds=kinds), plan(v=["1"])).reason == (
        "insertable"
    )
    kinds = [{"reload_depots": ("d",), "max_reloads": 0}]
    assert left(line(job("1", 5, 9), job("2", 3, 9), kinds=kinds), plan(v=["1"])).reason == (
        "no_vehicle"
    )


def test_a_vehicle_with_a_locked_beginning_is_not_idle() -> None:
    """The unused vehicle has to make its locked visit first."""
    locked = (PlannedRoute("v", (PlannedVisit("job", "2"),), locked=1, vehicle=1),)
    tasks = (job("1", 5, 9), job("2", 3, 9), job("x", 2, 9))
    instance = line(*tasks, kinds=[{"count": 2}], initial_routes=locked)
    assert explained(instance, plan(v=["1"]))["x"].reason != "insertable"


# -- prizes --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prize", "reason", "told"),
    [
        (
            7.0,
            "prize",
            "optional; left out for its prize 7: serving it would cost 8 more, on v-1 at best",
        ),
        (9.0, "insertable", "for 8 more; leaving it out costs 9"),
    ],
)
def test_prize_against_the_cheapest_place(prize: float, reason: str, told: str) -> None:
    """Left out for its prize where serving it costs more; otherwise the plan can be mended."""
    why = left(line(job("1", 5), job("x", 9, prize=prize)), plan(v=["1"]))
    assert why.reason == reason
    assert told in (why.detail or "")


def test_price_of_unserved_jobs() -> None:
    """Where leaving out has a price, it counts like a prize."""
    tasks = (job("1", 5), job("x", 9, priority=1))
    objective = Objective(unserved=3.0)
    why = left(line(*tasks, objective=objective), plan(v=["1"]))
    assert why.reason == "prize"
    assert (why.detail or "").startswith("left out at the price of 6 that unserved jobs have")


def test_optional_job_without_a_place() -> None:
    """It is not the prize that keeps it out."""
    why = left(line(job("1", 5, 9), job("x", 9, 9, prize=99.0)), plan(v=["1"]))
    assert why.reason == "crowded_out"
    assert (
        why.detail == "optional, prize 99; v-1 could serve it without job 1; the vehicle is in use"
    )


# -- crowded out, or too few vehicles --------------------------------------------------------------


def test_crowded_out_by_the_job_in_its_way() -> None:
    """Two jobs want the vehicle at the same time; the others do not matter."""
    noon = (TimeWindow(100, 101),)
    tasks = (job("a", 2), job("b", 50, time_windows=noon), job("c", 3))
    instance = line(*tasks, job("x", -50, time_windows=noon))
    solution = plan(v=["a", "b", "c"])
    assert (
        left(instance, solution).detail == "v-1 could serve it without job b; the vehicle is in use"
    )
    assert explained(instance, solution)["x"].without == ("b",)


def test_crowded_out_by_the_one_that_is_worth_least() -> None:
    """Of two jobs that would do, the optional one is named."""
    tasks = (job("a", 2, 5), job("b", 50, 5, prize=9.0), job("x", 3, 5, prize=60.0))
    assert explained(line(*tasks), plan(v=["a", "b"]))["x"].without == ("b",)


def test_crowded_out_by_as_few_as_possible() -> None:
    """One large job goes instead of several small ones."""
    small = [job(f"s{i}", 3 + i, 1) for i in range(5)]
    instance = line(*small, job("large", 30, 5), job("x", 4, 5, prize=1.0))
    solution = plan(v=["large", *(s.id for s in small)])
    assert explained(instance, solution)["x"].without == ("large",)


def test_locked_jobs_do_not_leave() -> None:
    """What is locked cannot make room."""
    locked = (PlannedRoute("v", (PlannedVisit("job", "a"),), locked=1),)
    tasks = (job("a", 2, 5), job("b", 50, 5), job("x", 3, 4, prize=60.0))
    instance = line(*tasks, initial_routes=locked)
    assert explained(instance, plan(v=["a", "b"]))["x"].without == ("b",)
    why = explained(line(*tasks[::2], job("b", 50, 2), initial_routes=locked), plan(v=["a", "b"]))
    assert why["x"].without == ("b",)
    full = line(job("a", 2, 9), job("x", 3, 4, prize=60.0), initial_routes=locked)
    why = explained(full, plan(v=["a"]))
    assert why["x"].reason == "no_vehicle"
    assert why["x"].detail == (
        "optional, prize 60; fits alone, but into no route as it stands, at best v-1: load 13 "
        "after start d, capacity 10; the vehicle is in use"
    )


def test_no_plan_serves_all() -> None:
    """Sums that no plan can change come first; who could leave follows."""
    why = left(line(job("1", 5, 8), job("2", 3, 4)), plan(v=["1"]))
    assert why.reason == "no_vehicle"
    assert why.detail == (
        "no plan serves all jobs: the vehicle has room for 10 to deliver, the jobs need 12; "
        "v-1 could serve it without job 1"
    )


def test_no_plan_serves_all_that_need_a_skill() -> None:
    """Only the vehicles that may serve a job count, and only jobs that nobody else may serve."""
    kinds = [{"id": "crane", "skills": ("crane",), "max_jobs": 1}, {"count": 5}]
    tasks = (job("1", 5, skills=("crane",)), job("2", 3, skills=("crane",)))
    why = left(line(*tasks, kinds=kinds), plan(crane=["1"]))
    assert why.reason == "no_vehicle"
    assert (why.detail or "").startswith(
        "no plan serves all jobs: the vehicle that may serve it has room for 1 visits, "
        "the jobs need 2"
    )
    tasks = (job("1", 5), job("2", 3, skills=("crane",)))
    why = left(line(*tasks, kinds=kinds), plan(crane=["1"]))
    assert why.reason == "crowded_out"
    assert (
        why.detail
        == "crane-1 could serve it without job 1; the vehicle that could serve it is in use"
    )


def test_shipment_crowded_out_by_a_shipment() -> None:
    """Both ends of a shipment leave together."""
    box = Shipment("s", Stop(at(1)), Stop(at(9)), (6.0,))
    late = dataclasses.replace(box, id="x", delivery=Stop(at(9), time_windows=(TimeWindow(0, 9),)))
    early = dataclasses.replace(box, delivery=Stop(at(9), time_windows=(TimeWindow(0, 9),)))
    found = explained(line(early, late), plan(v=[("pickup", "s"), ("delivery", "s")]))
    assert found["x"].reason == "crowded_out"
    assert found["x"].without == ("s",)


def test_nothing_is_added_to_a_broken_route() -> None:
    """A route that breaks a rule proves nothing."""
    instance = line(job("1", 5, 8), job("2", 3, 8), job("x", 1, prize=50.0))
    why = explained(instance, plan(v=["1", "2"]))["x"]
    assert why.reason == "no_vehicle"
    assert why.route is None
    assert "into no route that keeps the rules" in why.detail


# -- bounds --------------------------------------------------------------------------------------


def test_work_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """With many unserved jobs and routes only so many visits are driven, and the text says it."""
    n = 300
    tasks = [job(f"j{i}", i % 50 - 25, 1, time_windows=(TimeWindow(0, 60),)) for i in range(n)]
    instance = line(*tasks, kinds=[{"count": 40, "capacity": (9.0,)}])
    routes = [("v", [("job", f"j{3 * r + i}") for i in range(3)]) for r in range(40)]
    solution = Solution.from_sequences(routes)  # type: ignore[arg-type]
    driven: list[int] = []

    def counted(instance: VrpInstance, made: list[Route]) -> Any:
        driven.extend(len(route.visits) for route in made)
        return drive_all(instance, made)

    monkeypatch.setattr(room, "drive_all", counted)
    monkeypatch.setattr(module, "WORK", 2000)
    found = explained(instance, solution)
    assert sum(driven) < 4000
    seen = "only 25 of the unserved jobs are looked at closely"
    assert sum(seen in why.detail for why in found.values()) == n - 120 - 25


# -- the checker confirms every claim ------------------------------------------------------------

CLAIMS = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def plans(draw: Any) -> tuple[VrpInstance, Solution]:
    """Draw an instance with few vehicles and a plan that keeps its rules, most jobs put in."""
    instance = draw(instances(max_jobs=8))
    assume(instance.task_count > 1)
    assume(not any(given.locked for given in instance.initial_routes))
    if draw(st.integers(0, 3)):
        tight = {"capacity": (6.0,) * instance.dimension_count}
        tight |= {"max_distance": 40.0, "max_duration": 60.0, "max_jobs": 2}
        rule = draw(st.sampled_from(sorted(tight)))
        kinds = [
            dataclasses.replace(kind, count=1, **{rule: tight[rule]})
            for kind in instance.vehicle_types[:2]
        ]
        instance = instance.replace(vehicle_types=kinds, initial_routes=(), allow_unserved=True)
    routes: list[Route] = []
    for kind in instance.vehicle_types:
        for vehicle in range(min(instance.fleet_size(kind), 2)):
            pauses = tuple(Visit("break", pause.id) for pause in kind.breaks)
            routes.append(Route(kind.id, pauses, vehicle))
    done: set[str | None] = set()
    for task in draw(st.permutations(list(instance.tasks_by_id.values()))):
        if (task.group and task.group in done) or not draw(st.integers(0, 5)):
            continue
        for r in draw(st.permutations(range(len(routes)))):
            found = [new for new in ways(routes[r], task) if not drive(instance, new).violations]
            if found:
                routes[r] = draw(st.sampled_from(found))
                done.add(task.group)
                break
    return instance, Solution(tuple(route for route in routes if route.stops))


def drive(instance: VrpInstance, route: Route) -> DrivenRoute:
    """One route, driven."""
    return drive_all(instance, [route])[0]


def ways(route: Route, task: Job | Shipment) -> list[Route]:
    """All ways to put a task into a route."""
    visits, n = route.visits, len(route.visits)
    if isinstance(task, Job):
        made = [(*visits[:i], Visit("job", task.id), *visits[i:]) for i in range(n + 1)]
    else:
        first, last = Visit("pickup", task.id), Visit("delivery", task.id)
        pairs = [(i, j) for i in range(n + 1) for j in range(i, n + 1)]
        made = [(*visits[:i], first, *visits[i:j], last, *visits[j:]) for i, j in pairs]
    return [dataclasses.replace(route, visits=visits) for visits in made]


@CLAIMS
@given(plans())
def test_claims_hold(drawn: tuple[VrpInstance, Solution]) -> None:
    """Impossible on every type; the proof keeps all rules and leaves out whom it names only."""
    instance, solution = drawn
    before = check(instance, solution)
    assert before.feasible
    needs = Needs(instance, [instance.tasks_by_id[name] for _, name in solution.served()])
    assert not any(map(needs.shortage, instance.tasks_by_id.values()))
    assert {u.reason for u in before.solution.unassigned} <= REASONS
    served = {name for _, name in solution.served()}
    for name, why in explained(instance, before.solution).items():
        event(why.reason + " without" * bool(why.without))
        task = instance.tasks_by_id[name]
        broken = [alone(instance, task, k) for k in instance.vehicle_types if k.count != 0]
        assert (why.reason == "impossible") == all(broken)
        if why.route is None:
            assert why.reason in ("impossible", "no_vehicle", "no_room")
            continue
        after = mended(solution, why)
        report = check(instance, after, reasons=False)
        assert report.violations == ()
        assert {n for _, n in after.served()} == served - set(why.without) | {name}
        assert bool(why.without) == (why.reason in ("crowded_out", "no_vehicle"))
        if not why.without and before.mandatory_unserved == report.mandatory_unserved:
            cheaper = report.cost < before.cost - 1e-6
            assert cheaper == (why.reason == "insertable")


@CLAIMS
@given(plans())
def test_crowded_out_is_not_insertable(drawn: tuple[VrpInstance, Solution]) -> None:
    """A job that is crowded out goes into no route of the plan as it stands, at any place."""
    instance, solution = drawn
    for name, why in explained(instance, solution).items():
        if why.reason not in ("crowded_out", "no_vehicle"):
            continue
        task = instance.tasks_by_id[name]
        for route in solution.routes:
            assert all(drive(instance, new).violations for new in ways(route, task))


@CLAIMS
@given(instance=instances(), data=st.data())
def test_any_plan_is_explained(instance: VrpInstance, data: st.DataObject) -> None:
    """Random orders on random vehicles, rules broken or not, never crash it."""
    visits: Visits = [("job", job.id) for job in instance.jobs]
    for shipment in instance.shipments:
        visits += [("pickup", shipment.id), ("delivery", shipment.id)]
    for kind in instance.vehicle_types:
        visits += [("break", pause.id) for pause in kind.breaks]
        visits += [("reload", name) for name in kind.reload_depots]
    order = data.draw(st.permutations(visits))
    kinds = [k.id for k in instance.vehicle_types if k.count != 0]
    ends = sorted(data.draw(st.lists(st.integers(0, len(order)), min_size=2, max_size=2)))
    routes = [(data.draw(st.sampled_from(kinds)), order[: ends[0]])]
    routes.append((data.draw(st.sampled_from(kinds)), order[ends[0] : ends[1]]))
    report = check(instance, Solution.from_sequences(routes))
    assert {u.reason for u in report.solution.unassigned} <= REASONS
    assert all(u.detail for u in report.solution.unassigned)
