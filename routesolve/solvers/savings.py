"""``savings``: the parallel savings method of Clarke and Wright (1964), in milliseconds.

Every job starts on a route of its own; routes are joined end to start in the order of what the
joint saves. Only joints between near neighbours are looked at, so that ten thousand stops need no
dense matrix (granular neighbourhoods after Toth and Vigo 2003).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import inf
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from routesolve.instances.features import Feature
from routesolve.solutions.solution import Route, Solution, Visit
from routesolve.solvers._warm import better_of
from routesolve.solvers.base import (
    Budget,
    Clock,
    Listener,
    Result,
    SolverInfo,
    finish,
    interruptible,
    lacking,
    require_supported,
)

if TYPE_CHECKING:
    from routesolve.instances.instance import VrpInstance
    from routesolve.instances.model import VehicleType

Floats = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]

ALL_PAIRS = 500  # jobs up to which every joint is looked at
NEIGHBOURS = 60
LOAD_NOISE = 1e-10  # relative, for sums of floats; the checker forgives more
CLOCK_EVERY = 4096
FAR = 1e9  # stands for no way at all; a finished route never holds it

FEATURES = frozenset(
    {
        Feature.CAPACITY,
        Feature.DIMENSIONS,
        Feature.PICKUPS,
        Feature.SERVICE,
        Feature.PRIORITY,
        Feature.LIMITED_FLEET,
        Feature.FIXED_COST,
        Feature.UNIT_COSTS,
        Feature.DRIVING_COST,
        Feature.DURATION_COST,
        Feature.SPEED_FACTOR,
        Feature.DEPOT_SERVICE,
        Feature.MAX_DISTANCE,
        Feature.MAX_DURATION,
        Feature.MAX_DRIVING_TIME,
        Feature.MAX_JOBS,
    }
)


class Savings:
    """Clarke and Wright's parallel savings: capacity and length limits, one depot, one type."""

    info = SolverInfo(
        name="savings",
        summary="Clarke-Wright savings: a good first plan in milliseconds, capacity only",
        exact=False,
        anytime=False,
        features=FEATURES,
    )

    def unsupported(self, instance: VrpInstance) -> list[str]:
        """Return what the instance has beyond capacities, length limits and a single depot."""
        found = lacking(self.info, instance)
        jobs = instance.jobs
        if any(any(j.delivery) for j in jobs) and any(any(j.pickup) for j in jobs):
            found.append("deliveries and pickups together")
        return sorted(found)

    def solve(
        self,
        instance: VrpInstance,
        budget: Budget,
        *,
        seed: int = 0,
        start: Solution | None = None,
        on_progress: Listener | None = None,
    ) -> Result:
        """Join routes until nothing is saved or the budget ends.

        Parameters
        ----------
        instance
            The problem. With a limited fleet, jobs that find no room stay unserved.
        budget
            An iteration is one joint of two routes.
        seed
            Recorded only; the method is deterministic.
        start
            Returned when it is better than what the method finds.
        on_progress
            Called once, with the plan's cost.

        Raises
        ------
        UnsupportedFeature
            When the instance has more rules than the method knows.
        RoutingError
            When a stop cannot be reached.
        """
        require_supported(self, instance)
        instance.require_reachable()
        clock = Clock(budget, on_progress)
        kind = next(kind for kind in instance.vehicle_types if kind.count != 0)
        jobs = instance.jobs
        with interruptible(clock):
            routes = _build(Table.make(instance, kind), clock) if jobs else []
            solution = Solution(
                tuple(
                    Route(kind.id, tuple(Visit("job", jobs[i].id) for i in route), number)
                    for number, route in enumerate(routes)
                )
            )
            result = finish(instance, solution, clock, solver=self.info.name, seed=seed)
            clock.improved(result.cost, unserved=result.report.mandatory_unserved)
        result = replace(result, trace=tuple(clock.trace), interrupted=clock.interrupted)
        return better_of(result, start, clock)


@dataclass(frozen=True, slots=True)
class Table:
    """What the method needs to know of an instance.

    Attributes
    ----------
    out, back
        Cost from the depot to each job and from it to the depot, shape (n,).
    heads, tails, joints
        Pairs of jobs that may follow each other, and the cost between them, shape (m,).
    usage
        What each job uses up of each limit when alone on a route, shape (n, limits): loads,
        visits, distance, duration, driving.
    relief
        What a joint gives back of each limit, shape (m, limits).
    limits
        Shape (limits,).
    fixed
        Cost of a vehicle.
    fleet
        Number of vehicles, or None.
    directed
        False when routes may be turned round.
    value
        Worth of serving each job, to choose what a limited fleet serves.
    cut_off
        Jobs the depot does not lead to, and jobs that do not lead to it, shape (2, n).
    passable
        Joints between which there is a way, shape (m,).
    """

    out: Floats
    back: Floats
    heads: Index
    tails: Index
    joints: Floats
    usage: Floats
    relief: Floats
    limits: Floats
    fixed: float
    fleet: int | None
    directed: bool
    value: Floats
    cut_off: npt.NDArray[np.bool_]
    passable: npt.NDArray[np.bool_]

    @classmethod
    def make(cls, instance: VrpInstance, kind: VehicleType) -> Table:
        """Read an instance."""
        jobs, objective = instance.jobs, instance.objective
        places = np.array([instance.location_index(j.location) for j in jobs], dtype=np.intp)
        depot = instance.depots_by_id[kind.start or ""]
        home = np.full(len(jobs), instance.location_index(depot.location), dtype=np.intp)
        directed = not _symmetric(instance, kind)
        heads, tails = _pairs(instance, kind, places, directed)
        per_metre = objective.distance * kind.cost_per_distance
        per_second = objective.duration * (kind.cost_per_driving_time + kind.cost_per_duration)
        legs = [
            _legs(instance, kind, i, j)
            for i, j in ((home, places), (places, home), (places[heads], places[tails]))
        ]
        out, back, joint = (per_metre * d + per_second * t for d, t in legs)
        (d_out, t_out), (d_back, t_back), (d_joint, t_joint) = legs
        nothing = np.zeros(len(heads))
        service = np.array([job.service for job in jobs])
        less_far = d_back[heads] + d_out[tails] - d_joint
        less_time = t_back[heads] + t_out[tails] - t_joint
        rules = [
            (np.ones(len(jobs)), nothing, inf if kind.max_jobs is None else kind.max_jobs),
            (d_out + d_back, less_far, kind.max_distance),
            (
                t_out + t_back + service + depot.service,
                less_time + depot.service,
                kind.max_duration,
            ),
            (t_out + t_back, less_time, kind.max_driving_time),
        ]
        loads = np.array([instance.amounts(j.delivery) + instance.amounts(j.pickup) for j in jobs])
        for k, capacity in enumerate(instance.capacity(kind)):
            rules.append((loads[:, k], nothing, capacity * (1 + LOAD_NOISE)))
        bounded = [rule for rule in rules if rule[2] < inf]
        count, pairs = len(jobs), len(heads)
        return cls(
            out,
            back,
            heads,
            tails,
            joint,
            np.array([r[0] for r in bounded]).reshape(len(bounded), count).T,
            np.array([r[1] for r in bounded]).reshape(len(bounded), pairs).T,
            np.array([r[2] for r in bounded], dtype=np.float64),
            kind.fixed_cost + objective.vehicles,
            kind.count,
            directed,
            np.array([(count + 1.0) ** min(job.priority, 20) for job in jobs]),
            np.array([d_out == FAR, d_back == FAR]),
            d_joint < FAR,
        )


def _legs(instance: VrpInstance, kind: VehicleType, i: Index, j: Index) -> tuple[Floats, Floats]:
    """Distances and seconds between places, elementwise."""
    travel, same = instance.travel(kind), i == j
    distance = np.where(same, 0.0, travel.distance(i, j))
    duration = np.where(same, 0.0, travel.duration(i, j) / kind.speed_factor)
    closed = ~np.isfinite(distance) | ~np.isfinite(duration)
    return np.where(closed, FAR, distance), np.where(closed, FAR, duration)


def _symmetric(instance: VrpInstance, kind: VehicleType) -> bool:
    metric = instance.profile_of(kind).metric
    if metric not in ("matrix", "network"):
        return True
    travel = instance.travel(kind)
    return all(np.array_equal(m, m.T) for m in (travel.distances, travel.durations))


def _pairs(
    instance: VrpInstance, kind: VehicleType, places: Index, directed: bool
) -> tuple[Index, Index]:
    """Pairs of jobs worth joining: all of them, or the nearest neighbours of each."""
    n = len(places)
    if n <= ALL_PAIRS:
        heads, tails = np.nonzero(~np.eye(n, dtype=bool))
    else:
        near = _neighbours(instance, kind, places)
        heads = np.repeat(np.arange(n), near.shape[1])
        tails = near.ravel()
        # Near in one direction is a candidate in the other.
        both = np.concatenate([heads * n + tails, tails * n + heads])
        heads, tails = np.divmod(np.unique(both), n)
        heads, tails = heads[heads != tails], tails[heads != tails]
    if not directed:
        once = heads < tails
        heads, tails = heads[once], tails[once]
    return heads, tails


def _neighbours(instance: VrpInstance, kind: VehicleType, places: Index) -> Index:
    """Nearest jobs of each job, shape (n, neighbours); a job may be among its own."""
    if instance.profile_of(kind).metric in ("matrix", "network"):
        distances = instance.travel(kind).distances[np.ix_(places, places)]
        return np.argpartition(distances, NEIGHBOURS, axis=1)[:, : NEIGHBOURS + 1]
    from scipy.spatial import cKDTree

    points = instance.points[places]
    if instance.geographic:
        points = points * (np.cos(np.radians(points[:, 1].mean())), 1.0)
    _, near = cKDTree(points).query(points, k=NEIGHBOURS + 1)
    return np.asarray(near, dtype=np.intp)


class _Routes:
    """Routes as chains of jobs; a chain is known by any of its jobs (union-find)."""

    def __init__(self, table: Table) -> None:
        n = len(table.out)
        self.directed = table.directed
        self.parent = list(range(n))
        self.usage = table.usage.tolist()
        self.limits = table.limits.tolist()
        self.left: list[list[int]] = [[] for _ in range(n)]  # neighbours before; any, if undirected
        self.right: list[list[int]] = [[] for _ in range(n)] if self.directed else self.left
        self.count = n

    def find(self, i: int) -> int:
        parent = self.parent
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    def join(self, i: int, j: int, relief: Sequence[float]) -> bool:
        """Let ``j`` follow ``i`` when both are ends of different routes and the limits hold."""
        room = 1 if self.directed else 2
        if len(self.right[i]) >= room or len(self.left[j]) >= room:
            return False
        a, b = self.find(i), self.find(j)
        if a == b:
            return False
        together = [x + y - z for x, y, z in zip(self.usage[a], self.usage[b], relief, strict=True)]
        if any(x > limit for x, limit in zip(together, self.limits, strict=True)):
            return False
        self.parent[b] = a
        self.usage[a] = together
        self.right[i].append(j)
        self.left[j].append(i)
        self.count -= 1
        return True

    def walk(self) -> Iterable[list[int]]:
        """Yield the routes, each from its first job (undirected: the smaller of its ends)."""
        seen = [False] * len(self.parent)
        for first in range(len(self.parent)):
            before = self.left[first]
            if seen[first] or len(before) >= (1 if self.directed else 2):
                continue
            route, here = [], first
            while True:
                seen[here] = True
                route.append(here)
                following = [k for k in self.right[here] if not seen[k]]
                if not following:
                    break
                here = following[0]
            yield route


def _build(table: Table, clock: Clock) -> list[list[int]]:
    saved = table.back[table.heads] + table.out[table.tails] - table.joints + table.fixed
    alone = (table.usage <= table.limits).all(axis=1)
    able = alone | table.cut_off[0] | table.cut_off[1]
    order = np.argsort(-saved, kind="stable")
    order = order[(able[table.heads] & able[table.tails] & table.passable)[order]]
    routes = _Routes(table)
    rows = zip(
        table.heads[order].tolist(),
        table.tails[order].tolist(),
        saved[order].tolist(),
        table.relief[order].tolist(),
        strict=True,
    )
    wanted = len(able) if table.fleet is None else table.fleet + int((~able).sum())
    for k, (i, j, saving, relief) in enumerate(rows):
        if saving <= 0 and routes.count <= wanted:
            break
        clock.iteration += routes.join(i, j, relief)
        if k % CLOCK_EVERY == 0 and clock.over:
            break
        if clock.budget.iterations is not None and clock.iteration >= clock.budget.iterations:
            break
    found = [
        route
        for route in routes.walk()
        if able[route].all() and not (table.cut_off[0, route[0]] or table.cut_off[1, route[-1]])
    ]
    return found if table.fleet is None else _fit(table, found, table.fleet)


def _fit(table: Table, routes: list[list[int]], fleet: int) -> list[list[int]]:
    """Keep the most valuable routes of a limited fleet, add what has room at their ends."""
    worth = [float(table.value[route].sum()) for route in routes]
    order = sorted(range(len(routes)), key=lambda r: (-worth[r], r))
    kept = [routes[r] for r in sorted(order[:fleet])]
    loose = [i for r in order[fleet:] for i in routes[r]]
    if not loose:
        return kept
    return _append(table, kept, loose)


def _append(table: Table, kept: list[list[int]], loose: list[int]) -> list[list[int]]:
    """Put single jobs at an end of the cheapest route that takes them, valuable ones first."""
    joints = {
        (i, j): (cost, relief)
        for i, j, cost, relief in zip(
            table.heads.tolist(),
            table.tails.tolist(),
            table.joints.tolist(),
            table.relief,
            strict=True,
        )
        if cost < FAR
    }
    if not table.directed:
        joints |= {(j, i): value for (i, j), value in joints.items()}

    def used(route: list[int]) -> Floats:
        total = table.usage[route].sum(axis=0)
        for pair in pairwise(route):
            total = total - joints[pair][1]
        return np.asarray(total)

    usage = [used(route) for route in kept]
    for job in sorted(loose, key=lambda i: (-table.value[i], -table.usage[i].sum(), i)):
        best: tuple[float, int, int, Floats] | None = None
        for r, route in enumerate(kept):
            for pair, first in (((job, route[0]), 1), ((route[-1], job), 0)):
                if pair not in joints:
                    continue
                cost, relief = joints[pair]
                total = usage[r] + table.usage[job] - relief
                edge = table.out[job] if first else table.back[job]
                extra = cost + edge - (table.out[route[0]] if first else table.back[route[-1]])
                if (total <= table.limits).all() and (best is None or (extra, r) < best[:2]):
                    best = (float(extra), r, first, total)
        if best is not None:
            _, r, first, usage[r] = best
            kept[r] = [job, *kept[r]] if first else [*kept[r], job]
    return kept
