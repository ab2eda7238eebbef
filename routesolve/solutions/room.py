"""Where a plan has room for one more job, and who would have to leave to make it.

Part of the checker: every route proposed here is driven. The routes are taken as they stand: their
visits keep their order. The caller says how many visits may be driven.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

import numpy as np

from routesolve.instances.model import Job, Shipment, VehicleType
from routesolve.solutions.driven import DrivenRoute, drive_all
from routesolve.solutions.insertions import Insertions, driven_alone, farness
from routesolve.solutions.solution import Route

if TYPE_CHECKING:
    import numpy.typing as npt

    from routesolve.instances.instance import VrpInstance

    Task = Job | Shipment

NEAREST = 3  # routes that are looked at though they are full, or to leave out jobs
MOST_WITHOUT = 4  # jobs left out of one route
FEW = 3  # places tried in a route, at least, when jobs are left out


@dataclass(frozen=True, slots=True)
class Found:
    """A route that takes the job and keeps the rules.

    Attributes
    ----------
    route
        As driven.
    extra
        What the plan's cost grows by, prizes apart.
    without
        Ids of the jobs and shipments that left the route for it.
    """

    route: DrivenRoute
    extra: float
    without: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of putting a job into routes.

    Attributes
    ----------
    found
        The cheapest route that keeps the rules.
    miss
        The route nearest to keeping them.
    limits
        What was not tried, for people; empty when every place of every route was.
    visits
        Number of visits driven.
    """

    found: Found | None
    miss: DrivenRoute | None
    limits: str
    visits: int


class Room:
    """The routes of a plan, and what can be put into them.

    Parameters
    ----------
    instance
        Whose plan it is.
    plan
        All routes, driven. Nothing is put into a route that breaks a rule.

    Attributes
    ----------
    idle
        By vehicle type, the first vehicle that serves nothing.
    """

    def __init__(self, instance: VrpInstance, plan: Sequence[DrivenRoute]) -> None:
        self.instance = instance
        self.plan = [route for route in plan if route.used]
        self.sound = [route for route in self.plan if not route.violations]
        self.locked = {
            (given.vehicle_type, given.vehicle): sum(
                visit.kind not in ("start", "end") for visit in given.visits[: given.locked]
            )
            for given in instance.initial_routes
        }
        self.idle = {
            kind.id: vehicle for kind in instance.vehicle_types for vehicle in self._idle(kind)
        }

    def _idle(self, kind: VehicleType) -> Iterator[int]:
        """Yield the first unused vehicle of a type, if there is one."""
        used = {d.route.vehicle for d in self.plan if d.route.vehicle_type == kind.id}
        used |= {n for (name, n), locked in self.locked.items() if name == kind.id and locked}
        vehicle = next(n for n in range(len(used) + 1) if n not in used)
        if kind.count is None or vehicle < kind.count:
            yield vehicle

    def extra(self, new: DrivenRoute, old: DrivenRoute | None = None) -> float:
        """What the plan's cost grows by with one route in place of another (prizes apart)."""
        before = sum(old.own_cost().values()) if old else 0.0
        balance = self.instance.objective.balance
        if balance:
            others = max((d.duration for d in self.plan if d is not old), default=0.0)
            longest = max(others, old.duration) if old else others
            before += balance * (longest - max(others, new.duration))
        return sum(new.own_cost().values()) - before

    def on_idle(self, task: Task, kinds: Sequence[VehicleType]) -> Found | None:
        """Return the cheapest route of a vehicle that serves nothing yet."""
        found = [
            Found(driven, self.extra(driven))
            for kind in kinds
            if kind.id in self.idle
            for driven in driven_alone(self.instance, task, kind, self.idle[kind.id])
            if not driven.violations
        ]
        return min(found, key=lambda f: f.extra, default=None)

    def _lock(self, route: DrivenRoute) -> int:
        return self.locked.get((route.route.vehicle_type, route.route.vehicle), 0)

    def nearest(self, task: Task, kinds: Sequence[VehicleType]) -> list[DrivenRoute]:
        """Return the sound routes of some types: full ones last, else by the way from the task."""
        names = {kind.id for kind in kinds}
        routes = [d for d in self.sound if d.route.vehicle_type in names]
        return sorted(routes, key=lambda route: self._away(route, task))

    def _away(self, route: DrivenRoute, task: Task) -> tuple[bool, float]:
        return self._full(route, task), float(np.min(self._ways_to(route, task)))

    def _ways_to(self, route: DrivenRoute, task: Task) -> npt.NDArray[np.float64]:
        """Metres from a task to the visits of a route."""
        stop = task if isinstance(task, Job) else task.pickup
        row = self.instance.location_index(stop.location)
        return self.instance.travel(route.kind).distance(row, np.array(route.places))

    def _full(self, route: DrivenRoute, task: Task) -> bool:
        """Whether no place in the route can be right, whatever the times."""
        kind = route.kind
        stops = sum(known is not None for known in route.tasks)
        if kind.max_jobs is not None and stops + (1 + isinstance(task, Shipment)) > kind.max_jobs:
            return True
        if isinstance(task, Shipment) or kind.reload_depots:
            return False
        # One trip: it leaves with all deliveries and comes back with all pickups.
        dimensions = range(self.instance.dimension_count)
        for k, most in zip(dimensions, kind.capacity, strict=False):
            ends = (route.loads[0], task.delivery), (route.loads[-1], task.pickup)
            for load, amounts in ends:
                more = amounts[k] if k < len(amounts) else 0.0
                if load[k] + more > most + 1e-6 * max(1.0, most):
                    return True
        return False

    def insert(self, task: Task, routes: Sequence[DrivenRoute], work: int) -> Tried:
        """Put a task into routes as they stand, driving about ``work`` visits at most.

        Into a full route it goes once, to show by how much it is too full, if none is nearer.
        """
        found: Found | None = None
        miss: DrivenRoute | None = None
        done, limits = 0, ""
        for tried, route in enumerate(routes):
            full = self._full(route, task)
            if full and tried >= NEAREST:
                break
            ways = Insertions(route, locked=self._lock(route))
            most = 1 if full else (work - done) // len(ways)
            made = ways.routes(task, most) if most > 0 else []
            if not full and len(made) >= most:
                limits = f" (not every place on {len(routes)} routes was tried)"
            done += len(made) * len(ways)
            for driven in drive_all(self.instance, made):
                if driven.violations:
                    miss = driven if miss is None else min(miss, driven, key=_far)
                elif found is None or self.extra(driven, route) < found.extra:
                    found = Found(driven, self.extra(driven, route))
            if most < 1:
                break
        return Tried(found, miss, limits, done)

    def leave_out(
        self, task: Task, routes: Sequence[DrivenRoute], work: int
    ) -> tuple[Found | None, int]:
        """Make room for a task on one of the first routes, by leaving out other jobs.

        Returns
        -------
        found, visits
            The route that fewest jobs leave, and of those the one whose jobs are worth least; the
            number of visits driven, about ``work`` at most.
        """
        found: list[Found] = []
        done = 0
        for k, route in enumerate(routes[:NEAREST]):
            share = (work - done) // (min(NEAREST, len(routes)) - k)
            made, visits = self._leave_one_out(task, route, share)
            done += visits
            found += [made] if made else []
        return min(found, key=self._loss, default=None), done

    def _leave_one_out(self, task: Task, route: DrivenRoute, work: int) -> tuple[Found | None, int]:
        """Leave out jobs of a route, one after the other, until it takes the task.

        Greedy: each time the one without which the rules are kept, or nearest to being kept; among
        equals the one that is worth least. At the end those that need not have left come back.
        """
        leaving = self._leaving(task, route)
        without: list[Task] = []
        done = 0
        while leaving and len(without) < MOST_WITHOUT:
            each = len(Insertions(route)) * FEW
            some = leaving[: (work - done) // each]
            if not some:
                break
            few = max(FEW, (work - done) // (MOST_WITHOUT * len(some) * len(Insertions(route))))
            trials = [
                (other, made)
                for other in some
                for made in self._ways(task, route, [*without, other], few)
            ]
            driven = drive_all(self.instance, [made for _, made in trials])
            done += len(Insertions(route)) * len(trials)
            ranks = [
                (_far(d), *_value(other)) for (other, _), d in zip(trials, driven, strict=True)
            ]
            best = min(range(len(ranks)), key=ranks.__getitem__)
            without.append(trials[best][0])
            leaving = [other for other in leaving if other is not trials[best][0]]
            if not driven[best].violations:
                return self._fewest(task, route, without, driven[best]), done
        return None, done

    def _fewest(
        self, task: Task, route: DrivenRoute, without: list[Task], made: DrivenRoute
    ) -> Found:
        for other in sorted(without[:-1], key=_value, reverse=True):
            fewer = [t for t in without if t is not other]
            for driven in drive_all(self.instance, self._ways(task, route, fewer, FEW)):
                if not driven.violations:
                    made, without = driven, fewer
                    break
        return Found(made, self.extra(made, route), tuple(t.id for t in without))

    def _ways(
        self, task: Task, route: DrivenRoute, without: Sequence[Task], few: int
    ) -> list[Route]:
        names = [other.id for other in without]
        return Insertions(route, locked=self._lock(route), without=names).routes(task, few)

    def _leaving(self, task: Task, route: DrivenRoute) -> list[Task]:
        """Return the jobs of a route that are not locked, those near the task first."""
        lock = self._lock(route)
        held = {known.id for known in route.tasks[: lock + 1] if known is not None}
        near: dict[str, float] = {}
        for known, metres in zip(route.tasks, self._ways_to(route, task), strict=True):
            if known is not None and known.id not in held:
                near[known.id] = min(near.get(known.id, inf), float(metres))
        return [self.instance.tasks_by_id[name] for name in sorted(near, key=near.__getitem__)]

    def _loss(self, found: Found) -> tuple[int, list[tuple[bool, int, float]], float]:
        tasks = [self.instance.tasks_by_id[name] for name in found.without]
        return len(tasks), sorted(map(_value, tasks), reverse=True), found.extra


def _far(driven: DrivenRoute) -> tuple[int, int, float]:
    return farness(driven.violations)


def _value(task: Task) -> tuple[bool, int, float]:
    """Order of what is given up last."""
    return task.prize is None, task.priority, task.prize or 0.0
