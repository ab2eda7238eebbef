"""A first plan, at once and whatever the rules: routes that grow by their nearest possible stop.

The library's own first solutions leave out reloads, which cost something and serve nobody by
themselves, and take seconds where breaks are to be scheduled. Here the checker decides what is
possible, so that every rule of the model holds from the first stop on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import count
from math import inf
from typing import TYPE_CHECKING

import numpy as np

from routesolve.instances.model import Job, Shipment, VehicleType
from routesolve.solutions.driven import DrivenRoute
from routesolve.solutions.solution import Route, Solution, Visit
from routesolve.solvers._ortools import work

if TYPE_CHECKING:
    from routesolve.instances.instance import VrpInstance

WIDTH = 8  # how many of the nearest tasks a route tries


def greedy_plan(instance: VrpInstance, over: Callable[[], bool]) -> Solution:
    """Return a feasible plan that serves what can be served without looking ahead.

    Parameters
    ----------
    instance
        The problem.
    over
        Asked before each stop; True ends the construction with what there is.
    """
    return _Greedy(instance, over).plan()


class _Greedy:
    """The tasks left, and the routes made of the others."""

    def __init__(self, instance: VrpInstance, over: Callable[[], bool]) -> None:
        self.instance = instance
        self.over = over
        self.locked = work.locked_routes(instance)
        self.pool = {task.id: task for task in work.tasks_of(instance)}
        for plan in self.locked.values():
            for visit in plan.visits[: plan.locked]:
                self._take(visit.id or "")

    def _take(self, name: str) -> None:
        """Take a task from the pool, and with it all others of its group."""
        task = self.instance.tasks_by_id.get(name)
        self.pool.pop(name, None)
        if task is not None and task.group is not None:
            self.pool = {k: t for k, t in self.pool.items() if t.group != task.group}

    def plan(self) -> Solution:
        """Fill locked vehicles, then the others, one after the other."""
        routes = [self._locked_route(*key) for key in self.locked]
        for kind in self.instance.vehicle_types:
            taken = {number for name, number in self.locked if name == kind.id}
            for number in count() if kind.count is None else range(kind.count):
                if number in taken:
                    continue
                route = self._grow(kind, Route(kind.id, _pauses(kind), number))
                if not route.stops:
                    break  # what no empty vehicle of a type can serve, the next cannot either
                routes.append(route)
        return Solution(tuple(route for route in routes if route.stops))

    def _locked_route(self, name: str, number: int) -> Route:
        plan = self.locked[name, number]
        kind = self.instance.vehicle_types_by_id[name]
        visits = [
            Visit(v.kind, v.id)
            for v in plan.visits[: plan.locked]
            if v.kind not in ("start", "end")
        ]
        fixed = Route(name, tuple(visits), number)
        there = {(v.kind, v.id) for v in visits}
        visits += [
            Visit("delivery", v.id)
            for v in visits
            if v.kind == "pickup" and ("delivery", v.id) not in there
        ]
        whole = [v for v in _pauses(kind) if (v.kind, v.id) not in there]
        route = self._checked(Route(name, (*visits, *whole), number))
        return fixed if route is None else self._grow(kind, route)

    def _grow(self, kind: VehicleType, route: Route) -> Route:
        while self.pool and not self.over():
            longer = self._longer(kind, route)
            if longer is None:
                break
            for visit in longer.stops[len(route.stops) :]:
                self._take(visit.id or "")
            route = longer
        return route

    def _longer(self, kind: VehicleType, route: Route) -> Route | None:
        """One task more: the one that is done first; over a reload where no other fits."""
        stops = len(route.stops)
        here = self._place(kind, route)
        for mandatory in (True, False):
            near = self._nearest(kind, here, mandatory)
            found = self._first_done(route, near, (), all_of_them=not stops)
            if found is not None:
                return found
            for depot in work.reload_depots([kind]) if stops else ():
                there = self.instance.location_index(self.instance.depots_by_id[depot].location)
                near = self._nearest(kind, there, mandatory)
                found = self._first_done(route, near, (Visit("reload", depot),))
                if found is not None:
                    return found
        return None

    def _place(self, kind: VehicleType, route: Route) -> int | None:
        """Where the route ends so far."""
        instance = self.instance
        for visit in reversed(route.stops):
            task = instance.tasks_by_id[visit.id or ""]
            stop = task if isinstance(task, Job) else getattr(task, visit.kind)
            return instance.location_index(stop.location)
        if kind.start is None:
            return None
        return instance.location_index(instance.depots_by_id[kind.start].location)

    def _nearest(
        self, kind: VehicleType, here: int | None, mandatory: bool
    ) -> list[Job | Shipment]:
        tasks = [
            task
            for task in self.pool.values()
            if (task.prize is None) is mandatory and work.servable(task, kind)
        ]
        if here is None or not tasks:
            return tasks
        firsts = [t.location if isinstance(t, Job) else t.pickup.location for t in tasks]
        places = np.array([self.instance.location_index(place) for place in firsts], dtype=np.intp)
        away = self.instance.travel(kind).distance(np.full(len(places), here), places)
        rank = np.array([-task.priority for task in tasks])
        return [tasks[i] for i in np.lexsort((away, rank)).tolist()]

    def _first_done(
        self,
        route: Route,
        tasks: Sequence[Job | Shipment],
        before: tuple[Visit, ...],
        *,
        all_of_them: bool = False,
    ) -> Route | None:
        """Try the nearest tasks; with ``all_of_them`` go on until one is possible."""
        best, soonest = None, inf
        for tried, task in enumerate(tasks):
            if tried >= WIDTH and (best is not None or not all_of_them):
                break
            for visits in _insertions(route.visits, (*before, *_visits_of(task))):
                longer = self._checked(Route(route.vehicle_type, visits, route.vehicle))
                if longer is not None:
                    done = max(v.departure or 0.0 for v in longer.stops)
                    if done < soonest:
                        best, soonest = longer, done
                    break
        return best

    def _checked(self, route: Route) -> Route | None:
        """The timed route if it keeps all rules, with the first of its ends for which it does."""
        kind = self.instance.vehicle_types_by_id[route.vehicle_type]
        inner = tuple(visit for visit in route.visits if visit.kind not in ("start", "end"))
        for end in (kind.end, *kind.alternative_ends):
            visits = (*inner, Visit("end", end))
            driven = DrivenRoute(self.instance, 0, Route(kind.id, visits, route.vehicle))
            if not driven.violations:
                return driven.timed() if driven.used else Route(kind.id, visits, route.vehicle)
        return None


def _visits_of(task: Job | Shipment) -> tuple[Visit, ...]:
    if isinstance(task, Job):
        return (Visit("job", task.id),)
    return (Visit("pickup", task.id), Visit("delivery", task.id))


def _pauses(kind: VehicleType) -> tuple[Visit, ...]:
    """The breaks of a vehicle type, those that must begin first first."""

    def latest(number: int) -> float:
        return max((w.latest for w in kind.breaks[number].time_windows), default=inf)

    order = sorted(range(len(kind.breaks)), key=latest)
    return tuple(Visit("break", kind.breaks[number].id) for number in order)


def _insertions(visits: Sequence[Visit], more: tuple[Visit, ...]) -> Iterator[tuple[Visit, ...]]:
    """Append visits: before, between and after the breaks at the end of a route."""
    inner = [visit for visit in visits if visit.kind not in ("start", "end")]
    last = len(inner)
    while last and inner[last - 1].kind == "break":
        last -= 1
    for at in range(last, len(inner) + 1):
        yield (*inner[:at], *more, *inner[at:])
