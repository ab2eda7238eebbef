"""One route as it is really driven: loads, times, distances, cost terms and broken rules.

Part of the checker: pure Python and NumPy, independent of every solver.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import replace
from itertools import accumulate
from math import inf, isfinite
from operator import gt, sub
from typing import TYPE_CHECKING

import numpy as np

from routesolve.instances.model import Break, Depot, Job, Shipment, Stop
from routesolve.numbers import lasting, reaching
from routesolve.solutions.loads import on_board
from routesolve.solutions.schedule import EPSILON, Ride, Rules, Step, Timeline, schedule
from routesolve.solutions.solution import STOPS, Route, Visit
from routesolve.solutions.violations import Violation

if TYPE_CHECKING:
    from routesolve.instances.instance import VrpInstance

RELATIVE = 1e-9  # slack on loads, for sums of floats
LATE_RULES = {
    "break": "break",
    "start": "depot_window",
    "reload": "depot_window",
    "end": "depot_window",
}
STATED_SLACK = 1.0  # seconds; plans often state whole seconds


def drive_all(instance: VrpInstance, routes: Iterable[Route]) -> list[DrivenRoute]:
    """Drive the routes of a plan, their legs measured together: one by one takes far longer."""
    driven = [
        DrivenRoute(instance, index, route, drive=False) for index, route in enumerate(routes)
    ]
    fleet: dict[str, list[DrivenRoute]] = {}
    for route in driven:
        if route.used:
            fleet.setdefault(route.kind.id, []).append(route)
    for alike in fleet.values():
        _drive_alike(alike)
    return driven


def _drive_alike(routes: list[DrivenRoute]) -> None:
    """Drive routes of one vehicle type."""
    instance, kind = routes[0].instance, routes[0].kind
    travel = instance.travel(kind)
    places = np.array([place for route in routes for place in route.places])
    before, after = places[:-1], places[1:]
    legs, seconds = np.zeros(len(places)), np.zeros(len(places))
    legs[1:] = travel.distance(before, after)
    seconds[1:] = travel.duration(before, after) / kind.speed_factor
    same = before == after
    legs[1:][same] = seconds[1:][same] = 0.0
    ends = np.cumsum([len(route.places) for route in routes])
    legs[ends[:-1]] = seconds[ends[:-1]] = 0.0  # no way leads from one route to the next
    first = 0
    for route, end in zip(routes, ends.tolist(), strict=True):
        route.drive(legs[first:end].tolist(), seconds[first:end].tolist())
        first = end


class DrivenRoute:
    """A route as it is really driven: loads, times, distances, cost, violations.

    Parameters
    ----------
    instance, route
        Whose route it is.
    index
        Of the route in its plan, for the violations.
    drive
        False leaves the part that needs travel to :meth:`drive`.
    """

    def __init__(
        self, instance: VrpInstance, index: int, route: Route, *, drive: bool = True
    ) -> None:
        self.instance = instance
        self.index = index
        self.route = route
        self.violations: list[Violation] = []
        self.distance = self.duration = self.driving = self.service = self.waiting = 0.0
        self.overtime = self.soft_cost = 0.0
        self.cost = 0.0
        kind = instance.vehicle_types_by_id.get(route.vehicle_type)
        self.used = False
        if kind is None:
            self._note(
                "unknown",
                f"there is no vehicle type {route.vehicle_type!r}",
                job=route.vehicle_type,
            )
            return
        self.kind = kind
        self.visits = self._known_visits()
        self.used = any(v.kind in STOPS for v in self.visits)
        if not self.used:
            return
        self._look_up()
        self._compatibility()
        self._loads()
        self._breaks()
        if drive:
            _drive_alike([self])

    def _note(
        self, rule: str, message: str, amount: float = 1.0, *, job: str | None = None
    ) -> None:
        name = self.route.name
        self.violations.append(Violation(rule, f"{name}: {message}", amount, self.index, name, job))

    # what is visited, and where

    def _known_visits(self) -> list[Visit]:
        """Start and end added, visits of unknown things reported and left out."""
        instance, kind = self.instance, self.kind
        known: dict[str, Container[str | None]] = {
            "job": instance.jobs_by_id,
            "pickup": instance.shipments_by_id,
            "delivery": instance.shipments_by_id,
            "break": {pause.id for pause in kind.breaks},
            "reload": instance.depots_by_id,
        }
        visits = list(self.route.visits)
        start, end = Visit("start", kind.start), Visit("end", kind.end)
        if visits and visits[0].kind == "start":
            given = visits.pop(0)
            if given.id is not None and given.id != kind.start:
                self._note(
                    "place", f"starts at {given.id!r} instead of {kind.start!r}", job=given.id
                )
        if visits and visits[-1].kind == "end":
            given = visits.pop()
            if given.id is not None and given.id != kind.end:
                if given.id in kind.alternative_ends:
                    end = Visit("end", given.id)
                else:
                    self._note(
                        "place", f"ends at {given.id!r} instead of {kind.end!r}", job=given.id
                    )
        inner = [visit for visit in visits if visit.id in known.get(visit.kind, ())]
        for visit in visits if len(inner) < len(visits) else ():
            if visit.id in known.get(visit.kind, ()):
                continue
            if visit.kind in ("start", "end"):
                self._note("place", f"a {visit.kind} in the middle of the route")
            else:
                self._note("unknown", f"there is no {visit.kind} {visit.id!r}", job=visit.id)
        return [start, *inner, end]

    def _look_up(self) -> None:
        """Find the task of each visit, its part with place and windows, and the place.

        Tasks and parts are None where there is none. Breaks are where the vehicle was, open ends
        where the stops are.
        """
        instance = self.instance
        jobs, rows = instance.jobs_by_id, instance.job_rows
        self.tasks: list[Job | Shipment | None] = []
        self.parts: list[Job | Stop | Depot | None] = []
        self.places: list[int] = []
        for visit in self.visits:
            kind, name = visit.kind, visit.id or ""
            task: Job | Shipment | None = None
            part: Job | Stop | Depot | None = None
            place = -1
            if kind == "job":
                task = part = jobs[name]
                place = rows[name]
            elif kind in ("pickup", "delivery"):
                task = instance.shipments_by_id[name]
                part = task.pickup if kind == "pickup" else task.delivery
                place = instance.location_index(part.location)
            elif kind != "break" and name:
                part = instance.depots_by_id[name]
                place = instance.location_index(part.location)
            self.tasks.append(task)
            self.parts.append(part)
            self.places.append(place)
        here = next(place for place in self.places if place >= 0)
        for i, place in enumerate(self.places):
            here = self.places[i] = place if place >= 0 else here

    def _tasks(self) -> Iterator[tuple[int, Visit, Job | Shipment]]:
        for i, task in enumerate(self.tasks):
            if task is not None:
                yield i, self.visits[i], task

    # rules without time

    def _compatibility(self) -> None:
        kind = self.kind
        forbidden, skills = set(kind.forbidden), set(kind.skills)
        count = 0
        for visit, task in zip(self.visits, self.tasks, strict=True):
            if task is None:
                continue
            count += 1
            if visit.kind == "pickup" or not (task.skills or forbidden):
                continue
            if missing := [s for s in task.skills if s not in skills]:
                self._note(
                    "skills", f"{task.label} needs {', '.join(missing)}", len(missing), job=task.id
                )
            if task.id in forbidden:
                self._note("forbidden", f"may not serve {task.label}", job=task.id)
        if kind.max_jobs is not None and count > kind.max_jobs:
            self._note(
                "max_jobs", f"{count} visits, at most {kind.max_jobs}", count - kind.max_jobs
            )
        reloads = [v for v in self.visits if v.kind == "reload"]
        for visit in reloads:
            if visit.id not in kind.reload_depots:
                self._note("place", f"may not reload at {visit.id!r}", job=visit.id)
        if kind.max_reloads is not None and len(reloads) > kind.max_reloads:
            self._note(
                "reload",
                f"{len(reloads)} reloads, at most {kind.max_reloads}",
                len(reloads) - kind.max_reloads,
            )

    def _trips(self) -> dict[int, float]:
        """Release of each trip, by the index of the visit (start or reload) that opens it."""
        opened = 0
        trips = {0: 0.0}
        for i, (visit, task) in enumerate(zip(self.visits, self.tasks, strict=True)):
            if visit.kind == "reload":
                opened = i
                trips[i] = 0.0
            elif task is not None and task.release > trips[opened] and visit.kind != "delivery":
                trips[opened] = task.release
        return trips

    def _loads(self) -> None:
        """Exact load on board after every visit; the largest counts, not the one at the depot."""
        instance, kind = self.instance, self.kind
        capacity = instance.capacity(kind).tolist()
        slack = [RELATIVE * max(1.0, c if isfinite(c) else 1.0) for c in capacity]
        self.trips = self._trips()
        self.loads = on_board(self.visits, self.tasks, self.trips, len(capacity))
        highest = [max(column) for column in zip(*self.loads, strict=True)]
        full = any(x - c > s for x, c, s in zip(highest, capacity, slack, strict=True))
        if full or instance.shipments or kind.breaks or instance.backhaul != "mixed":
            self._load_rules(capacity, slack)

    def _load_rules(self, capacity: list[float], slack: list[float]) -> None:
        """Go through the route with everything that has to do with loads."""
        pauses = {pause.id: pause for pause in self.kind.breaks}
        aboard: dict[str, None] = {}  # shipments in the order of their pickups
        picked_up = delivered = False
        for i, (visit, task) in enumerate(zip(self.visits, self.tasks, strict=True)):
            peak = load = self.loads[i]
            if i in self.trips:
                self._trip_ends(aboard)
                picked_up = delivered = False
            if isinstance(task, Job):
                if any(task.delivery):
                    self._backhaul(picked_up, delivered, task, delivery=True)
                    delivered = True
                if any(task.pickup):
                    self._backhaul(picked_up, delivered, task, delivery=False)
                    picked_up = True
            elif task is not None and visit.kind == "pickup":
                aboard[task.id] = None
            elif task is not None:
                peak = self.loads[i - 1]
                if task.id not in aboard:
                    self._note(
                        "precedence", f"{visit.id!r} is delivered before its pickup", job=visit.id
                    )
                aboard.pop(task.id, None)
            elif visit.kind == "break":
                self._break_load(pauses[visit.id or ""], load)
            elif visit.kind == "end":
                self._trip_ends(aboard)
            above = list(map(sub, peak, capacity))
            if any(map(gt, above, slack)):
                most = max(above)
                worst = above.index(most)
                self._note(
                    "capacity",
                    f"load {peak[worst]:g} after {self._label(visit)}, "
                    f"capacity {capacity[worst]:g}",
                    most,
                    job=visit.id,
                )

    def _break_load(self, pause: Break, load: tuple[float, ...]) -> None:
        if pause.max_load is None:
            return
        limit = pause.max_load + (0.0,) * (len(load) - len(pause.max_load))
        over = max(map(sub, load, limit), default=0.0)
        if over > EPSILON:
            self._note("break_load", f"{over:g} too much at break {pause.id!r}", over, job=pause.id)

    def _trip_ends(self, aboard: dict[str, None]) -> None:
        for name in aboard:
            self._note(
                "pairing", f"shipment {name!r} is still on board when the trip ends", job=name
            )
        aboard.clear()

    def _backhaul(self, picked_up: bool, delivered: bool, job: Job, *, delivery: bool) -> None:
        rule = self.instance.backhaul
        if rule == "last" and delivery and picked_up:
            self._note("backhaul", f"{job.label} is delivered after a pickup", job=job.id)
        if rule == "none" and (picked_up if delivery else delivered):
            self._note("backhaul", f"{job.label}: deliveries and pickups on one trip", job=job.id)

    @property
    def _real_units(self) -> bool:
        """Whether the stops are on the globe: numbers are then seconds and metres."""
        # Of this route alone: asking the whole instance, for each of many routes, would take long.
        return any(self.instance.locations[place].lon is not None for place in self.places)

    def _time(self, seconds: float) -> str:
        return lasting(seconds, clock=self._real_units)

    def _label(self, visit: Visit) -> str:
        return f"{visit.kind} {visit.id}" if visit.id else visit.kind

    def _breaks(self) -> None:
        taken = Counter(visit.id for visit in self.visits if visit.kind == "break")
        for pause in self.kind.breaks:
            if taken[pause.id] != 1:
                what = "is missing" if not taken[pause.id] else f"is taken {taken[pause.id]} times"
                self._note("break", f"break {pause.id!r} {what}", job=pause.id)

    # time and distance

    def _steps(self, seconds: list[float]) -> list[Step]:
        """The visits as the schedule sees them; ``seconds`` of base travel to each."""
        pauses = {pause.id: pause for pause in self.kind.breaks}
        steps = []
        came_from = -1 if self.visits[0].id is None else self.places[0]
        places, trips = self.places, self.trips
        for i, (visit, part) in enumerate(zip(self.visits, self.parts, strict=True)):
            if visit.kind == "break":
                pause = pauses[visit.id or ""]
                steps.append(Step(pause.time_windows, pause.duration, pause=True))
                continue
            release = trips.get(i, -inf)
            if part is None:
                steps.append(Step(travel=seconds[i], release=release))
                continue
            work = part.service
            if not isinstance(part, Depot) and places[i] != came_from:
                work += part.setup
            if visit.kind == "end":
                work = 0.0
            steps.append(Step(part.time_windows, work, seconds[i], release))
            came_from = places[i]
        return steps

    def _rules(self) -> Rules:
        kind, objective = self.kind, self.instance.objective
        rides, picked = [], {}
        for i, visit, task in self._tasks() if self.instance.shipments else ():
            if isinstance(task, Shipment) and visit.kind == "pickup":
                picked[task.id] = i
            elif isinstance(task, Shipment) and task.max_ride_time < inf and task.id in picked:
                rides.append(Ride(picked[task.id], i, task.max_ride_time))
        return Rules(
            earliest=kind.shift.earliest,
            latest=kind.shift.latest,
            max_duration=kind.max_duration,
            overtime=kind.max_overtime,
            rides=tuple(rides),
            bands=self.instance.profile_of(kind).bands,
            duration_cost=objective.duration * kind.cost_per_duration + objective.balance,
            overtime_cost=objective.duration * kind.overtime_cost,
        )

    def drive(self, legs: list[float], seconds: list[float]) -> None:
        """Work out times and totals, given metres and base seconds of travel to each visit."""
        if not (all(map(isfinite, legs)) and all(map(isfinite, seconds))):
            self._unreachable(legs, seconds)
        if self.kind.breaks:  # travel belongs to the placed visits
            kinds = [visit.kind for visit in self.visits]
            seconds = [0.0 if k == "break" else s for k, s in zip(kinds, seconds, strict=True)]
        self.steps = self._steps(seconds)
        self.rules = self._rules()
        self.line = schedule(self.steps, self.rules)
        self.travelled = list(accumulate(legs))
        self._limits(self.line)
        self._stated_times()

    def _unreachable(self, legs: list[float], seconds: list[float]) -> None:
        """Note the legs without a way, and take them for no travel."""
        for i, (leg, time) in enumerate(zip(legs, seconds, strict=True)):
            if not (isfinite(leg) and isfinite(time)):
                before, visit = self.visits[i - 1], self.visits[i]
                self._note(
                    "unreachable",
                    f"no way from {self._label(before)} to {self._label(visit)}",
                    job=visit.id,
                )
                legs[i] = seconds[i] = 0.0

    def _limits(self, line: Timeline) -> None:
        kind, rules = self.kind, self.rules
        for i, late in line.late.items():
            visit = self.visits[i]
            rule = LATE_RULES.get(visit.kind, "time_window")
            self._note(
                rule, f"{self._label(visit)} begins {self._time(late)} too late", late, job=visit.id
            )
        self.distance = self.travelled[-1]
        self.duration, self.driving = line.duration, line.driving
        self.soft_cost = line.soft_cost
        self.service = sum(step.work for step in self.steps)
        self.waiting = max(0.0, self.duration - self.driving - self.service)
        if self.waiting < EPSILON:
            self.waiting = 0.0
        over_shift = line.end - kind.shift.latest - kind.max_overtime
        over_time = self.duration - kind.max_duration - kind.max_overtime
        over_driving = self.driving - kind.max_driving_time
        over_distance = self.distance - kind.max_distance
        limits: tuple[tuple[str, float, str, Callable[..., str]], ...] = (
            ("shift", over_shift, "ends {} after the shift", lasting),
            ("max_duration", over_time, "takes {} too long", lasting),
            ("max_driving_time", over_driving, "drives {} too long", lasting),
            ("max_distance", over_distance, "is {} too long", reaching),
        )
        for rule, over, what, words in limits:
            if over > EPSILON * max(1.0, abs(self.duration), abs(self.distance)):
                self._note(rule, what.format(words(over, clock=self._real_units)), over)
        for ride in rules.rides:
            over = line.begin[ride.delivery] - line.departure[ride.pickup] - ride.limit
            if over > EPSILON * max(1.0, ride.limit):
                name = self.visits[ride.pickup].id
                self._note(
                    "ride_time",
                    f"shipment {name!r} rides {self._time(over)} too long",
                    over,
                    job=name,
                )
        self.overtime = rules.excess(line)

    def _stated_times(self) -> None:
        """Times in the plan must be possible: nobody arrives before the roads allow it."""
        if self.rules.bands:
            return
        for i in range(2, len(self.visits)):
            before, visit = self.visits[i - 1], self.visits[i]
            if (
                visit.arrival is None
                or before.departure is None
                or "break"
                in (
                    before.kind,
                    visit.kind,
                )
            ):
                continue
            early = before.departure + self.steps[i].travel - visit.arrival
            if early > STATED_SLACK:
                self._note(
                    "stated_time",
                    f"{self._label(visit)} is reached {self._time(early)} earlier than possible",
                    early,
                    job=visit.id,
                )

    def own_cost(self) -> dict[str, float]:
        """Cost terms of this route, objective weights applied."""
        kind, objective = self.kind, self.instance.objective
        scores = 0.0
        if kind.preferences:
            scores = sum(
                kind.preferences.get(task.id, 0.0)
                for _, visit, task in self._tasks()
                if visit.kind != "pickup"
            )
        return {
            "distance": objective.distance * kind.cost_per_distance * self.distance,
            "duration": objective.duration
            * (kind.cost_per_duration * self.duration + kind.cost_per_driving_time * self.driving),
            "overtime": objective.duration * kind.overtime_cost * self.overtime,
            "lateness": self.soft_cost,
            "vehicles": kind.fixed_cost + objective.vehicles,
            "preference": -objective.preference * scores if scores else 0.0,
        }

    def timed(self) -> Route:
        """The route with all its numbers."""
        line = self.line
        visits = tuple(
            [
                Visit(visit.kind, visit.id, place, arrival, begin, departure, load, distance)
                for visit, place, arrival, begin, departure, load, distance in zip(
                    self.visits,
                    self.places,
                    line.arrival,
                    line.begin,
                    line.departure,
                    self.loads,
                    self.travelled,
                    strict=True,
                )
            ]
        )
        return replace(
            self.route,
            visits=visits,
            distance=self.distance,
            duration=self.duration,
            driving=self.driving,
            service=self.service,
            waiting=self.waiting,
            cost=sum(self.own_cost().values()),
        )
