"""An instance as the arrays the engine works on: integers, neighbours, limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from routesolve.graphs.rounding import Rounding
from routesolve.solvers.ils._kernels import layout
from routesolve.solvers.ils._kernels.layout import Problem

if TYPE_CHECKING:
    from routesolve.instances.instance import VrpInstance
    from routesolve.instances.model import Job, VehicleType

Floats = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]

NEIGHBOURS = 100
DENSE = 4000
"""Jobs up to which legs are looked up in a matrix; beyond, straight lines are computed."""

ALONE = 5000
"""Jobs up to which every one begins on a route of its own: what is then put together bit by bit is
better than what savings join and the search takes apart again."""

NEVER = 1 << 29
"""More than any leg or time: three of them still fit into 32 bits."""

TOP_PRIORITY = 6
"""Priorities above this weigh the same: penalties must stay apart and fit into 64 bits."""

_ROUNDINGS = {Rounding.none: 0, Rounding.nearest: 1, Rounding.down: 2, Rounding.up: 3}


@dataclass(frozen=True, slots=True)
class Work:
    """What the engine solves, and the way back.

    Attributes
    ----------
    problem : Problem
        Arrays for the kernels; node i is ``jobs[i - 1]``.
    jobs : tuple of Job
        Those the vehicles may serve at all.
    kind : VehicleType
        The vehicles.
    routes : int
        How many there are at most.
    opening : int
        Cost of using one, in steps.
    steps : float
        Steps per unit of cost.
    mandatory : numpy.ndarray
        (n + 1,) int64 the part of leaving a job out that is no cost of the objective.
    turnable : bool
        Whether a route costs the same the other way round.
    scale : float
        Cost of a short leg, the mean to the fifth neighbour, in steps: what temperatures follow.
    """

    problem: Problem
    jobs: tuple[Job, ...]
    kind: VehicleType
    routes: int
    opening: int
    steps: float
    mandatory: npt.NDArray[np.int64]
    turnable: bool
    scale: float

    @property
    def n(self) -> int:
        """Number of jobs."""
        return len(self.jobs)

    @property
    def beginning(self) -> Literal["alone", "savings", "insertion"]:
        """How the first plan is made."""
        if self.routes < self.n:
            return "insertion"
        return "alone" if self.n <= ALONE else "savings"


def translate(instance: VrpInstance, kind: VehicleType) -> Work:
    """Make the arrays of an instance for its one type of vehicle."""
    jobs = tuple(
        job
        for job in instance.jobs
        if set(job.skills) <= set(kind.skills) and job.id not in kind.forbidden
    )
    legs = _Legs(instance, kind, jobs)
    out, steps = legs.costs()
    turnable = len(out) == 0 or (legs.closed and bool(np.array_equal(out, out.T)))
    back = out if turnable else np.ascontiguousarray(out.T)
    objective = instance.objective
    opening = round((kind.fixed_cost + objective.vehicles) * steps)
    radius = out[0].astype(np.int64) if len(out) else legs.radius(steps)
    amounts, most = _loads(instance, kind, jobs)
    span_legs, span_stops, span_most = legs.spans()
    job = np.zeros((len(jobs) + 1, layout.AMOUNTS + len(most) + len(span_most)), np.int64)
    job[:, layout.RADIUS] = radius
    missing, mandatory = _penalties(instance, jobs, steps, opening, out, radius)
    job[:, layout.MISSING] = missing
    job[1:, layout.AMOUNTS : layout.AMOUNTS + len(most)] = amounts
    job[1:, layout.AMOUNTS + len(most) :] = span_stops
    times = legs.windows(job)
    near = _neighbours(legs, out, times, job)
    problem = Problem(
        out,
        back,
        legs.points if len(out) == 0 else np.zeros((0, 2)),
        np.array([steps * legs.per_distance, _ROUNDINGS.get(legs.rounding, 0)], dtype=np.float64),
        times,
        span_legs,
        near,
        job,
        np.concatenate([most, span_most]).astype(np.int64),
    )
    routes = len(jobs) if kind.count is None else min(kind.count, len(jobs))
    scale = _short_leg(problem, steps * legs.per_distance)
    return Work(problem, jobs, kind, routes, opening, steps, mandatory, turnable, scale)


class _Legs:
    """Distances and durations between the jobs, row and column 0 the ends of a route."""

    def __init__(self, instance: VrpInstance, kind: VehicleType, jobs: Sequence[Job]) -> None:
        self.instance, self.kind, self.jobs = instance, kind, jobs
        objective = instance.objective
        self.per_distance = objective.distance * kind.cost_per_distance
        per_second = kind.cost_per_driving_time + kind.cost_per_duration
        self.per_second = objective.duration * per_second
        depots = instance.depots_by_id
        self.start = None if kind.start is None else depots[kind.start]
        self.end = None if kind.end is None else depots[kind.end]
        self.places = np.array([instance.location_index(j.location) for j in jobs], dtype=np.intp)
        self.closed = (
            self.start is not None
            and self.end is not None
            and self.start.location == self.end.location
        )
        self.rounding = instance.rounding
        self.points = np.zeros((0, 2))
        if self.start is not None:
            rows = np.append(instance.location_index(self.start.location), self.places)
            self.points = np.ascontiguousarray(instance.points[rows])

    @property
    def computed(self) -> bool:
        """Whether legs are computed from coordinates rather than looked up."""
        kind = self.kind
        profile = self.instance.profile_of(kind)
        return (
            len(self.jobs) > DENSE
            and profile.metric == "euclidean"
            and profile.detour == 1.0
            and self.rounding in _ROUNDINGS
            and self.closed
            and self.per_second == 0.0
            and not self._timed
            and min(kind.max_distance, kind.max_driving_time, kind.max_duration) == inf
        )

    def _square(self, *, durations: bool) -> Floats:
        """(n + 1, n + 1); inf = no way."""
        travel, n = self.instance.travel(self.kind), len(self.jobs)
        whole = travel.durations if durations else travel.distances
        square = np.zeros((n + 1, n + 1))
        square[1:, 1:] = whole[np.ix_(self.places, self.places)]
        for depot, row, column in ((self.start, 0, slice(1, None)), (self.end, slice(1, None), 0)):
            if depot is not None:
                home = self.instance.location_index(depot.location)
                square[row, column] = (
                    whole[home, self.places] if row == 0 else whole[self.places, home]
                )
        same = np.append(-1, self.places)
        square[same[:, None] == same[None, :]] = 0.0
        return square / self.kind.speed_factor if durations else square

    def costs(self) -> tuple[npt.NDArray[np.int32], float]:
        """Costs in steps, empty when they are computed, and the steps per unit."""
        if self.computed:
            whole = self.rounding != Rounding.none and self.per_distance == round(self.per_distance)
            return np.zeros((0, 0), np.int32), 1.0 if whole else 1000.0
        cost = np.zeros((len(self.jobs) + 1,) * 2)
        if self.per_distance:
            cost += self.per_distance * self._square(durations=False)
        if self.per_second:
            cost += self.per_second * self._square(durations=True)
        steps = fitting_scale(cost[np.isfinite(cost)], NEVER / 8)
        return _whole(cost * steps, np.rint), steps

    def radius(self, steps: float) -> npt.NDArray[np.int64]:
        """Cost of the way from the depot, where costs are computed."""
        lengths = np.hypot(*(self.points - self.points[0]).T)
        return np.asarray(np.rint(lengths * self.per_distance * steps), dtype=np.int64)

    def spans(
        self,
    ) -> tuple[npt.NDArray[np.int32] | None, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Legs, stops and limits of distance, driving time and duration, where they are limited."""
        kind = self.kind
        service = np.array([job.service for job in self.jobs])
        loading = self.start.service if self.start is not None else 0.0
        rules = [
            (kind.max_distance, False, np.zeros(len(self.jobs))),
            (kind.max_driving_time, True, np.zeros(len(self.jobs))),
            (kind.max_duration - loading, True, service),
        ]
        legs, stops, most = [], [], []
        for limit, durations, at_stops in rules:
            if limit == inf:
                continue
            square = self._square(durations=durations)
            values = np.concatenate([square[np.isfinite(square)], at_stops, [limit]])
            steps = fitting_scale(values, NEVER / 8)
            legs.append(_whole(square * steps, _up))
            stops.append(_up(at_stops * steps))
            most.append(_down(np.array(limit * steps)))
        if not legs:
            return None, np.zeros((len(self.jobs), 0), np.int64), np.zeros(0, np.int64)
        return np.stack(legs), np.stack(stops, axis=1).astype(np.int64), np.array(most, np.int64)

    @property
    def _timed(self) -> bool:
        """Whether anything happens at a certain time."""
        ends = [depot for depot in (self.start, self.end) if depot is not None]
        return (
            any(job.time_windows for job in self.jobs)
            or any(depot.time_windows for depot in ends)
            or self.kind.shift.latest < inf
        )

    def windows(self, job: npt.NDArray[np.int64]) -> npt.NDArray[np.int32] | None:
        """Fill in windows and service; return travel times in steps, None when nothing is timed."""
        if not self._timed:
            return None
        square = self._square(durations=True)
        first, last = self.kind.shift.earliest, self.kind.shift.latest
        loading = 0.0
        if self.start is not None:
            loading = self.start.service
            first = max([first, *(w.earliest for w in self.start.time_windows)])
        if self.end is not None:
            last = min([last, *(w.latest for w in self.end.time_windows)])
        windows = [j.time_windows[0] if j.time_windows else None for j in self.jobs]
        earliest = np.array([first, *(first if w is None else w.earliest for w in windows)])
        latest = np.array([last, *(inf if w is None else w.latest for w in windows)])
        service = np.array([loading, *(j.service for j in self.jobs)])
        earliest = np.maximum(earliest, min(first, 0.0))
        values = [square[np.isfinite(square)], earliest, latest[np.isfinite(latest)], service]
        steps = fitting_scale(np.concatenate(values), NEVER / 8)
        job[:, layout.SERVICE] = _up(service * steps)
        job[:, layout.EARLIEST] = _up(earliest * steps)
        job[:, layout.LATEST] = np.minimum(_down(np.minimum(latest * steps, NEVER)), NEVER)
        return _whole(square * steps, _up)


def fitting_scale(values: Floats, most: float) -> float:
    """The smallest power of ten that makes all values whole, or the largest that fits."""
    largest = max(float(np.abs(values).max(initial=0.0)), 1e-9)
    scale = 1.0
    while scale * 10.0 * largest <= most and scale < 1e6:
        if np.abs(values * scale - np.rint(values * scale)).max(initial=0.0) < 1e-6:
            break
        scale *= 10.0
    while scale * largest > most:
        scale /= 10.0
    return scale


def _up(values: Floats) -> Floats:
    """Rounded up, except for noise of floating-point sums."""
    return np.asarray(np.ceil(values - 1e-6))


def _down(values: Floats) -> Floats:
    return np.asarray(np.floor(values + 1e-6))


def _whole(values: Floats, rounded: np.ufunc | object) -> npt.NDArray[np.int32]:
    """As int32, NEVER where there is no way."""
    finite = np.isfinite(values)
    return np.where(finite, rounded(np.where(finite, values, 0.0)), NEVER).astype(np.int32)  # type: ignore[operator]


def _loads(
    instance: VrpInstance, kind: VehicleType, jobs: Sequence[Job]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Amounts (n, d) and capacities (d,), the number of jobs last when it is limited."""
    amounts = np.array([instance.amounts(j.delivery) + instance.amounts(j.pickup) for j in jobs])
    amounts = amounts.reshape(len(jobs), instance.dimension_count)
    most = instance.capacity(kind)
    if kind.max_jobs is not None:
        amounts = np.column_stack([amounts, np.ones(len(jobs))])
        most = np.append(most, kind.max_jobs)
    keep = np.flatnonzero(np.isfinite(most) | (np.arange(len(most)) == 0))
    amounts, most = amounts[:, keep], most[keep]
    whole, limits = np.empty(amounts.shape, np.int64), np.empty(len(most), np.int64)
    for k in range(len(most)):
        steps = fitting_scale(np.append(amounts[:, k], most[k] if np.isfinite(most[k]) else 0), 1e9)
        whole[:, k] = _up(amounts[:, k] * steps)
        limits[k] = int(_down(np.array(min(most[k] * steps, 1e17))))
    if not len(most):
        return np.zeros((len(jobs), 1), np.int64), np.array([1])
    return whole, limits


def _penalties(
    instance: VrpInstance,
    jobs: Sequence[Job],
    steps: float,
    opening: int,
    out: npt.NDArray[np.int32],
    radius: npt.NDArray[np.int64],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """What leaving each job out costs, and the part of it that only keeps mandatory jobs in."""
    passable = out[out < NEVER]
    furthest = int(passable.max(initial=0)) if out.size else 2 * int(radius.max())
    base = 4 * furthest + opening + 1
    missing = np.zeros(len(jobs) + 1, np.int64)
    mandatory = np.zeros(len(jobs) + 1, np.int64)
    unserved = instance.objective.unserved
    for i, job in enumerate(jobs, 1):
        if job.prize is not None:
            missing[i] = round(job.prize * steps)
        elif unserved is not None:
            missing[i] = round(unserved * (1 + job.priority) * steps)
        else:
            missing[i] = mandatory[i] = base * 16 ** min(job.priority, TOP_PRIORITY)
    return missing, mandatory


def _neighbours(
    legs: _Legs,
    out: npt.NDArray[np.int32],
    times: npt.NDArray[np.int32] | None,
    job: npt.NDArray[np.int64],
) -> npt.NDArray[np.int32]:
    """(n + 1, k) nearest jobs of each; where there are windows, waiting counts too."""
    n = len(job) - 1
    k = min(NEIGHBOURS, n - 1)
    near = np.zeros((n + 1, max(k, 1)), np.int32)
    if k < 1:
        return near
    if not len(out):
        from scipy.spatial import cKDTree

        _, found = cKDTree(legs.points[1:]).query(legs.points[1:], k=k + 1)
        near[1:] = _without_self(np.asarray(found, dtype=np.intp)) + 1
        return near
    for low in range(0, n, 512):
        rows = np.arange(low, min(low + 512, n)) + 1
        apart = _apart(rows, out, times, job)
        apart[np.arange(len(rows)), rows - 1] = np.inf
        found = np.argpartition(apart, k - 1, axis=1)[:, :k]
        order = np.argsort(np.take_along_axis(apart, found, axis=1), axis=1, kind="stable")
        near[rows] = np.take_along_axis(found, order, axis=1) + 1
    return near


def _short_leg(problem: Problem, steps: float) -> float:
    """Mean cost to the fifth neighbour, at least a hundredth of the mean to the depot."""
    n = len(problem.near) - 1
    if n < 2:
        return 1.0
    rows = np.arange(1, n + 1)
    fifth = problem.near[rows, min(4, problem.near.shape[1] - 1)]
    if len(problem.out):
        cost = problem.out[rows, fifth].astype(np.float64)
    else:
        cost = np.hypot(*(problem.points[rows] - problem.points[fifth]).T) * steps
    floor = 0.01 * float(np.median(problem.job[1:, layout.RADIUS]))
    passable = cost[cost < NEVER]
    return max(float(passable.mean()) if passable.size else 0.0, floor, 1e-3)


def _without_self(found: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """Rows of neighbours without the point itself, which is not always the first of its place."""
    rows = np.arange(len(found))
    own = found == rows[:, None]
    own[~own.any(axis=1), -1] = True
    return np.asarray(found[~own]).reshape(len(found), -1)


def _apart(
    rows: Index,
    out: npt.NDArray[np.int32],
    times: npt.NDArray[np.int32] | None,
    job: npt.NDArray[np.int64],
) -> Floats:
    """How far the jobs of some rows are from all: cost, waiting and lateness, the better way."""
    there = out[rows, 1:].astype(np.float64)
    back = out[1:, rows].T.astype(np.float64)
    if times is None:
        return np.minimum(there, back)
    pace = float(np.median(there)) / max(float(np.median(times[rows, 1:])), 1.0)
    earliest, latest = job[:, layout.EARLIEST], job[:, layout.LATEST]
    service = job[:, layout.SERVICE]

    def price(a: Index, b: Index, leg: npt.NDArray[np.int32]) -> Floats:
        soonest, longest = earliest[a] + service[a] + leg, latest[a] + service[a] + leg
        waiting = np.maximum(earliest[b] - longest, 0)
        late = np.maximum(soonest - latest[b], 0)
        return np.asarray((0.2 * waiting + late) * pace)

    every = np.arange(1, len(job))
    there += price(rows[:, None], every[None, :], times[rows, 1:])
    back += price(every[None, :], rows[:, None], times[1:, rows].T)
    return np.minimum(there, back)
