"""An instance as VROOM's input, and plans there and back.

Each vehicle type has travel profiles of its own, so that its costs are VROOM's *cost matrix*; what
it may not serve is said by skills: one for each set of vehicle types that share a task.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from routesolve.instances.model import Break, Job, Shipment, Stop, VehicleType
from routesolve.solutions.solution import Route, Solution, Visit
from routesolve.solvers._ortools import work
from routesolve.solvers._ortools.scales import FINEST, Scale, cost_scale, exact_factor
from routesolve.solvers._peers import rules
from routesolve.solvers._peers.times import Span, Times

if TYPE_CHECKING:
    from routesolve.instances.instance import VrpInstance

Floats = npt.NDArray[np.float64]

MOST = 2.0**31
"""Largest time, distance or cost of a leg: VROOM reads 32 bits."""

MOST_COST = 1e13
"""Largest cost of a plan: VROOM counts in 360 000ths, in 64 bits."""

TOP = 100
"""VROOM's highest priority."""


@dataclass(frozen=True, slots=True)
class Travel:
    """Legs between all places, ends that are a choice, and nowhere, for one vehicle type."""

    cost: Floats
    distance: Floats
    seconds: Floats
    closed: npt.NDArray[np.bool_]


def weights(instance: VrpInstance) -> dict[int, int] | None:
    """VROOM priorities by priority, None where they do not suffice.

    VROOM compares plans by the sum of priorities of their tasks, then by their number. Here, one
    more task outweighs all those of lower priority. Both ends of a shipment count: beside jobs its
    priority is half of theirs.
    """
    tasks = work.tasks_of(instance)
    levels = [task.priority for task in tasks]
    mixed = bool(instance.jobs and instance.shipments)
    found: dict[int, int] = {}
    weight = int(mixed)
    for level in sorted(set(levels)):
        found[level] = weight
        below = sum(found[p] for p in levels if p in found)
        weight = below + 1
    top = max(found.values(), default=0) * (2 if mixed else 1)
    return found if top <= TOP else None


class VroomProblem:
    """An instance in VROOM's terms; all its features are supported.

    Attributes
    ----------
    kinds
        Vehicle types that can work.
    tasks
        Tasks of which VROOM knows: those that some vehicle may serve at some time.
    """

    def __init__(self, instance: VrpInstance) -> None:
        self.instance = instance
        fleet = rules.fleet_of(instance)
        self.times = Times(instance, fleet, most=MOST)
        self.kinds = [kind for kind in fleet if self._works(kind)]
        self.weights = weights(instance) or {}
        self.mixed = bool(instance.jobs and instance.shipments)
        self._find_tasks()
        self._find_skills()
        choices = [work.ends_of(kind) for kind in self.kinds]
        self.choices = list(dict.fromkeys(ends for ends in choices if len(ends) > 1))
        self.travel = [self._travel(kind) for kind in self.kinds]
        self._measure()

    # -- who can do what -----------------------------------------------------------------------

    def _works(self, kind: VehicleType) -> bool:
        """Whether shift and breaks leave a vehicle any time: VROOM refuses others."""
        early, late = self._hours(kind)
        pauses = [(self.times.spans(pause.time_windows), pause.duration) for pause in kind.breaks]
        if not all(spans for spans, _ in pauses):
            return False
        for spans, duration in sorted(pauses):
            opening = [max(a, early) for a, b in sorted(spans) if max(a, early) <= b]
            if not opening:
                return False
            early = opening[0] + int(self.times.span.up(duration))
        return early <= late

    def _hours(self, kind: VehicleType) -> Span:
        early, late = shift(self.instance, kind)
        steps = self.times.time
        return self.times.clip(int(steps.up(early)), int(steps.down(late)))

    def _find_tasks(self) -> None:
        self.tasks: list[Job | Shipment] = []
        for task in work.tasks_of(self.instance):
            stops = [task] if isinstance(task, Job) else [task.pickup, task.delivery]
            met = all(self.times.spans(stop.time_windows) for stop in stops)
            if met and any(work.servable(task, kind) for kind in self.kinds):
                self.tasks.append(task)
        self.numbers = {task.id: i + 1 for i, task in enumerate(self.tasks)}

    def _find_skills(self) -> None:
        """Number the sets of vehicle types that share a task."""
        self.skills: dict[tuple[bool, ...], int] = {}
        self.needs: dict[str, set[int]] = {}
        for task in self.tasks:
            who = tuple(work.servable(task, kind) for kind in self.kinds)
            self.needs[task.id] = set()
            if not all(who):
                self.needs[task.id] = {self.skills.setdefault(who, len(self.skills))}

    # -- numbers -------------------------------------------------------------------------------

    def _travel(self, kind: VehicleType) -> Travel:
        instance = self.instance
        matrix = instance.travel(kind)
        n, size = matrix.n, matrix.n + len(self.choices) + 1
        distance, seconds = np.zeros((size, size)), np.zeros((size, size))
        distance[:n, :n], seconds[:n, :n] = matrix.distances, matrix.durations
        places = np.arange(n, dtype=np.intp)
        for i, ends in enumerate(self.choices):
            near = work.nearest_end(instance, kind, ends, places)
            depots = [instance.location_index(instance.depots_by_id[e].location) for e in ends]
            there = np.array(depots, dtype=np.intp)[near]
            distance[:n, n + i] = distance[places, there]
            seconds[:n, n + i] = seconds[places, there]
        np.fill_diagonal(distance, 0.0)
        np.fill_diagonal(seconds, 0.0)
        seconds /= kind.speed_factor
        closed = ~np.isfinite(distance) | ~np.isfinite(seconds)
        distance, seconds = work.finite(distance), work.finite(seconds)
        objective = instance.objective
        cost = objective.distance * kind.cost_per_distance * distance
        cost = cost + objective.duration * kind.cost_per_driving_time * seconds
        return Travel(cost, distance, seconds, closed)

    def _measure(self) -> None:
        """Choose the steps of costs, distances and loads."""
        instance, objective = self.instance, self.instance.objective
        self.fixed = [kind.fixed_cost + objective.vehicles for kind in self.kinds]
        costs = [travel.cost for travel in self.travel]
        dearest = max([0.0, *self.fixed, *(float(c.max(initial=0.0)) for c in costs)])
        total = dearest * 4 * (len(self.tasks) + 1)
        factor = cost_scale([*costs, self.fixed], [], total).factor
        while dearest * factor > MOST or total * factor > MOST_COST:
            factor /= 10.0
        self.cost = Scale(factor)

        limits = [kind.max_distance for kind in self.kinds if kind.max_distance < inf]
        distances = [travel.distance for travel in self.travel] if limits else []
        factor = float(exact_factor([*distances, limits]) or FINEST)
        farthest = max([0.0, *(float(d.max(initial=0.0)) for d in distances)])
        while max([farthest, *limits]) * factor > MOST:
            factor /= 10.0
        self.metres = Scale(factor)

        amounts = [a for task in self.tasks for a in self._loads(task)]
        amounts += [instance.capacity(kind) for kind in self.kinds]
        pauses = [p.max_load for k in self.kinds for p in k.breaks if p.max_load is not None]
        amounts += [instance.amounts(load) for load in pauses]
        table = np.array(amounts, dtype=np.float64).reshape(-1, max(instance.dimension_count, 1))
        self.loads = [
            Scale(float(exact_factor([table[:, d]]) or FINEST))
            for d in range(instance.dimension_count)
        ]
        self.heaviest = 2 * np.where(np.isfinite(table), table, 0.0).sum(axis=0) + 1.0

    def _loads(self, task: Job | Shipment) -> list[Floats]:
        amounts = self.instance.amounts
        if isinstance(task, Job):
            return [amounts(task.delivery), amounts(task.pickup)]
        return [amounts(task.amount)]

    def _amount(self, values: Floats) -> list[int]:
        return [int(scale.up(x)) for scale, x in zip(self.loads, values, strict=True)]

    def _room(self, values: Floats) -> list[int]:
        bounded = np.minimum(values, self.heaviest[: len(values)])
        return [int(scale.down(x)) for scale, x in zip(self.loads, bounded, strict=True)]

    # -- VROOM's input ---------------------------------------------------------------------------

    def input(self, free: int, plan: Solution | None = None) -> Any:
        """Return VROOM's input.

        Parameters
        ----------
        free
            How many vehicles a free type gets.
        plan
            Where VROOM begins.
        """
        import vroom

        problem = vroom.Input()
        for k, travel in enumerate(self.travel):
            self._add_travel(problem, str(k), travel)
        given = list(plan.routes) if plan else []
        self.vehicles: list[VehicleType] = []
        for k, kind in enumerate(self.kinds):
            mine = [route for route in given if route.vehicle_type == kind.id]
            many = rules.enough(self.instance, kind, len(self.tasks), max(free, len(mine)))
            for number in range(many):
                self.vehicles.append(kind)
                route = mine[number] if number < len(mine) else None
                problem.add_vehicle(self._vehicle(vroom, k, len(self.vehicles), route))
        for task in self.tasks:
            problem.add_job([self._task(vroom, task)])
        return problem

    def _add_travel(self, problem: Any, name: str, travel: Travel) -> None:
        seconds = self.times.span.up(travel.seconds)
        seconds[travel.closed] = self.times.forever + 1  # beyond every vehicle's travel time
        problem.set_durations_matrix(name, seconds.astype(np.uint32))
        problem.set_costs_matrix(name, self.cost.near(travel.cost).astype(np.uint32))
        if any(other.max_distance < inf for other in self.kinds):
            metres = self.metres.up(travel.distance).astype(np.uint32)
            problem.set_distances_matrix(name, metres)

    def _vehicle(self, vroom: Any, k: int, number: int, route: Route | None) -> Any:
        kind, instance = self.kinds[k], self.instance
        options: dict[str, Any] = {}
        if kind.max_distance < inf:
            options["max_distance"] = int(self.metres.down(kind.max_distance))
        if kind.max_driving_time < inf or self.travel[k].closed.any():
            most = int(self.times.span.down(min(kind.max_driving_time, self.times.horizon)))
            options["max_travel_time"] = most
        if kind.max_jobs is not None:
            options["max_tasks"] = kind.max_jobs
        if route is not None:
            options["steps"] = [self._step(vroom, v) for v in route.stops]
        return vroom.Vehicle(
            number,
            start=self._start(kind),
            end=self._terminal(work.ends_of(kind)),
            profile=str(k),
            capacity=self._room(instance.capacity(kind)),
            skills={name for who, name in self.skills.items() if who[k]},
            time_window=vroom.TimeWindow(*self._hours(kind)),
            breaks=[self._pause(vroom, i + 1, pause) for i, pause in enumerate(kind.breaks)],
            costs=vroom.VehicleCosts(fixed=int(self.cost.near(self.fixed[k]))),
            **options,
        )

    def _start(self, kind: VehicleType) -> int | None:
        """Where a vehicle starts. One without any end starts nowhere: VROOM wants it at a place."""
        if kind.start is None and kind.end is None:
            return len(self.instance.locations) + len(self.choices)
        return self._terminal(work.start_of(kind))

    def _terminal(self, depots: tuple[str, ...]) -> int | None:
        if not depots:
            return None
        if len(depots) > 1:
            return len(self.instance.locations) + self.choices.index(depots)
        return self.instance.location_index(self.instance.depots_by_id[depots[0]].location)

    def _pause(self, vroom: Any, number: int, pause: Break) -> Any:
        load = None
        if pause.max_load is not None:
            load = self._room(self.instance.amounts(pause.max_load))
        return vroom.Break(
            number,
            time_windows=self._windows(vroom, self.times.spans(pause.time_windows)),
            service=int(self.times.span.up(pause.duration)),
            max_load=load,
        )

    def _windows(self, vroom: Any, spans: Sequence[Span]) -> list[Any]:
        """VROOM wants them in order and apart."""
        merged: list[Span] = []
        for early, late in sorted(spans):
            if merged and early <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(late, merged[-1][1]))
            else:
                merged.append((early, late))
        return [vroom.TimeWindow(*span) for span in merged]

    def _task(self, vroom: Any, task: Job | Shipment) -> Any:
        number, skills = self.numbers[task.id], self.needs[task.id]
        weight = self.weights[task.priority]
        if isinstance(task, Job):
            delivery, pickup = (self._amount(a) for a in self._loads(task))
            return vroom.Job(
                number,
                delivery=delivery,
                pickup=pickup,
                skills=skills,
                priority=weight * (2 if self.mixed else 1),
                **self._stop(vroom, task),
            )
        return vroom.Shipment(
            vroom.ShipmentStep(number, **self._stop(vroom, task.pickup)),
            vroom.ShipmentStep(number, **self._stop(vroom, task.delivery)),
            amount=vroom.Amount(self._amount(self._loads(task)[0])),
            skills=skills,
            priority=weight,
        )

    def _stop(self, vroom: Any, stop: Job | Stop) -> dict[str, Any]:
        span = self.times.span
        return {
            "location": self.instance.location_index(stop.location),
            "default_setup": int(span.up(stop.setup)),
            "default_service": int(span.up(stop.service)),
            "time_windows": self._windows(vroom, self.times.spans(stop.time_windows)),
        }

    def _step(self, vroom: Any, visit: Visit) -> Any:
        kind = "single" if visit.kind == "job" else visit.kind
        return vroom.VehicleStep(kind, self.numbers[visit.id or ""])

    # -- plans ---------------------------------------------------------------------------------

    def to_solution(self, found: Any) -> Solution:
        """Return the plan of VROOM's solution."""
        table = found.routes
        stops: dict[int, list[tuple[str, int]]] = {}
        columns = (table["vehicle_id"], table["type"], table["id"]) if len(table) else ((), (), ())
        for vehicle, kind, number in zip(*columns, strict=True):
            if kind not in ("start", "end"):
                stops.setdefault(int(vehicle), []).append((str(kind), int(number)))
        used: dict[str, int] = {}
        routes = []
        for vehicle, steps in sorted(stops.items()):
            kind = self.vehicles[vehicle - 1]
            visits = list(self._visits(kind, steps))
            if all(visit.kind == "break" for visit in visits):
                continue
            number = used.get(kind.id, 0)
            used[kind.id] = number + 1
            visits += rules.chosen_end(self.instance, kind, visits)
            routes.append(Route(kind.id, tuple(visits), number))
        return Solution(tuple(routes))

    def _visits(self, kind: VehicleType, steps: Sequence[tuple[str, int]]) -> Iterator[Visit]:
        for what, number in steps:
            if what == "break":
                yield Visit("break", kind.breaks[number - 1].id)
            else:
                yield Visit(what, self.tasks[number - 1].id)  # type: ignore[arg-type]


def shift(instance: VrpInstance, kind: VehicleType) -> tuple[float, float]:
    """When a vehicle leaves its start, loaded, at the earliest, and is back at the latest."""
    early, late = kind.shift.earliest, kind.shift.latest
    depots = instance.depots_by_id
    if kind.start is not None:
        opening = rules.hard(depots[kind.start].time_windows)
        early = max(early, opening[0].earliest) + depots[kind.start].service
    if kind.end is not None:
        late = min(late, rules.hard(depots[kind.end].time_windows)[0].latest)
    return early, late


def hours_are_a_shift(instance: VrpInstance, kind: VehicleType) -> bool:
    """Whether depots are open at the other end of the route, too, whenever the vehicle works."""
    early, late = shift(instance, kind)
    depots = instance.depots_by_id
    if kind.start is not None:
        opening = rules.hard(depots[kind.start].time_windows)
        if len(opening) > 1 or opening[0].latest + depots[kind.start].service < late:
            return False
    if kind.end is not None:
        opening = rules.hard(depots[kind.end].time_windows)
        if len(opening) > 1 or opening[0].earliest > early:
            return False
    return True
