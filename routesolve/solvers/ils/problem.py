"""An instance as the arrays the engine works on: integers, neighbours, limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from routesolve.solvers.ils._kernels import layout
from routesolve.solvers.ils._kernels.layout import Problem
from routesolve.solvers.ils._kernels.neighbours import (
    nearest_by_legs,
    nearest_in_time,
    nearest_points,
)
from routesolve.solvers.ils._kernels.steps import NEVER, furthest, symmetric
from routesolve.solvers.ils._kernels.ways import pairs
from routesolve.solvers.ils.curve import along_a_curve
from routesolve.solvers.ils.legs import (
    UNLIMITED,
    Legs,
    down,
    fitting_scale,
    several_kinds,
    up,
)
from routesolve.solvers.ils.scope import both_ways

if TYPE_CHECKING:
    from routesolve.instances.instance import VrpInstance
    from routesolve.instances.model import Job, VehicleType

Beginning = Literal["alone", "savings", "insertion"]

NEIGHBOURS, NEIGHBOURS_COMPUTED = 100, 60
"""Neighbours kept of each job, with a matrix and without."""

LOOKED = 2
"""How many times as many are looked at by place where windows choose among them."""

SAMPLED = 64
"""Jobs between which ways are looked at for what time costs."""

DENSE = 4000
"""Jobs up to which legs are looked up in a table; beyond, straight lines are computed."""

ALONE = 5000
"""Jobs up to which every one begins on a route of its own: what is then put together bit by bit is
better than what savings join and the search takes apart again, if there is time enough."""

MANY = 1500
HURRY, GREAT_HURRY = 4e-3, 1e-4
"""Seconds of the budget for each job below which savings are the better beginning: where there are
many jobs or windows, and for all (measured on files of 1000 and 3000 jobs at 0.1 to 10 s)."""

WEIGHTS = 1 << 61
"""Most that all penalties together may be: sums of costs fit into 64 bits."""

TOP_PRIORITY = 6
"""Priorities above this weigh the same: penalties must stay apart and fit into 64 bits."""


@dataclass(frozen=True, slots=True)
class Work:
    """What the engine solves, and the way back.

    Attributes
    ----------
    problem : Problem
        Arrays for the kernels; node i is ``jobs[i - 1]``, near jobs have near numbers.
    jobs : tuple of Job
        Those the vehicles may serve at all.
    kinds : tuple of VehicleType
        The vehicles; those of kind k have the ends ``n + 1 + k`` where there are several.
    routes : int
        How many there are at most.
    opening : int
        Cost of using one, the least, in steps; beyond what 64 bits hold, as much as puts it before
        any way.
    steps : float
        Steps per unit of cost.
    mandatory : numpy.ndarray
        (n + 1,) int64 the part of leaving a job out that is no cost of the objective.
    turnable : bool
        Whether a route costs the same the other way round.
    scale : float
        Cost of a short leg, the mean to the fifth neighbour, in steps: what temperatures follow.
    beginning : str
        How the first plan is made.
    """

    problem: Problem
    jobs: tuple[Job, ...]
    kinds: tuple[VehicleType, ...]
    routes: int
    opening: int
    steps: float
    mandatory: npt.NDArray[np.int64]
    turnable: bool
    scale: float
    beginning: Beginning

    @property
    def n(self) -> int:
        """Number of jobs."""
        return len(self.jobs)


def translate(instance: VrpInstance, *, seconds: float | None = None, few: bool = False) -> Work:
    """Make the arrays of an instance.

    Parameters
    ----------
    instance
        The problem.
    seconds
        The budget, if it has an end in time: how the first plan is made depends on it.
    few
        Only some jobs, to compile with: what the arrays are like is that of all of them.
    """
    kinds = tuple(kind for kind in instance.vehicle_types if kind.count != 0)
    several = several_kinds(instance, kinds)
    allowed = [_allowed(job, kinds) for job in instance.jobs]
    places = instance.points[[instance.job_rows[job.id] for job in instance.jobs]]
    order = [i for i in along_a_curve(places).tolist() if allowed[i]]
    jobs = tuple(instance.jobs[i] for i in order)
    n = len(jobs)
    counts = [n if kind.count is None else min(kind.count, n) for kind in kinds]
    routes = min(n, sum(counts))
    if few:
        jobs = jobs[:3]
    dense = n <= DENSE
    legs = Legs(instance, kinds, jobs, several=several, dense=dense, blank=few)
    amounts, most, sides = _loads(instance, kinds, jobs)
    mixed = 0 if legs.barring else sides
    hurry = HURRY if legs.timed or n > MANY else GREAT_HURRY
    optional = instance.objective.unserved is not None or any(job.prize is not None for job in jobs)
    patient = n <= ALONE and (seconds is None or seconds >= hurry * n)
    beginning: Beginning = "savings"
    # Savings do not ask what is on board between deliveries and pickups, nor who pays a route.
    if mixed or (optional and patient):
        beginning = "insertion"
    elif patient and not several and routes == n:
        beginning = "alone"
    aims = instance.objective
    fixed = [kind.fixed_cost + aims.vehicles for kind in kinds]
    beside = [job.prize for job in jobs if job.prize is not None]
    beside += [aims.unserved or 0.0, *fixed]
    out, steps = legs.costs(np.array(beside))
    turnable = legs.closed and (legs.straight or same_back(out))
    back = out if turnable else turned(out)
    most_weight = WEIGHTS // (len(jobs) + 1)
    opening = [min(round(cost * steps), most_weight // 4) for cost in fixed]
    span_legs, span_stops, span_most = legs.spans()
    limits = np.concatenate([most, span_most], axis=1).astype(np.int64)
    width, rows = limits.shape[1], len(jobs) + 1
    of_kinds = len(kinds) if several else 0
    columns = layout.AMOUNTS + width + (2 if several else 0)
    job = np.zeros((rows + of_kinds, columns), np.int64)
    of_jobs = np.arange(rows, dtype=np.intp)
    ends = range(rows, rows + of_kinds) if several else (0,)
    radii = np.array([pairs(out, np.full(rows, end, np.intp), of_jobs) for end in ends])
    job[:rows, layout.RADIUS] = radii.min(axis=0)
    far = legs.longest(steps) if isinstance(out, layout.Straight) else int(furthest(out))
    base = 4 * far + max(opening) + 1
    missing, mandatory = _penalties(instance, jobs, steps, base, most_weight)
    job[:rows, layout.MISSING] = missing
    job[1:rows, layout.AMOUNTS : layout.AMOUNTS + width] = np.concatenate(
        [amounts, span_stops], axis=1
    )
    job[0, layout.MIXED] = mixed
    times = legs.windows(job, out, steps)
    factors = None
    if several:
        factors = np.concatenate([np.ones(rows), legs.factors])
        job[rows:, layout.USING] = opening
        job[rows:, layout.VEHICLES] = counts
        job[rows:, layout.AMOUNTS : layout.AMOUNTS + width] = limits
        job[rows:, layout.ALLOWED] = 1 << np.arange(of_kinds)
        job[1:rows, layout.ALLOWED] = [allowed[i] for i in order[: len(jobs)]]
    problem = Problem(
        out,
        back,
        legs.points,
        times,
        span_legs,
        factors,
        _neighbours(legs.points, out, back, times, job, rows),
        job,
        limits[0],
        mixed=True if mixed else None,
    )
    scale = _short_leg(problem) * float(legs.factors.mean())
    return Work(
        problem, jobs, kinds, routes, min(opening), steps, mandatory, turnable, scale, beginning
    )


def _allowed(job: Job, kinds: Sequence[VehicleType]) -> int:
    """A bit for each kind that may serve a job."""
    skills = set(job.skills)
    able = (skills <= set(kind.skills) and job.id not in kind.forbidden for kind in kinds)
    return sum(1 << k for k, fits in enumerate(able) if fits)


def _loads(
    instance: VrpInstance, kinds: Sequence[VehicleType], jobs: Sequence[Job]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], int]:
    """Amounts (n, m) and capacities (kinds, m), and how many of the loads are delivered.

    Where there are deliveries and pickups, what is delivered and what is collected are loads of
    their own, in this order, each in the same steps as the other. The number of jobs comes last
    when it is limited.
    """
    d, two = instance.dimension_count, both_ways(instance)
    most = np.array([instance.capacity(kind) for kind in kinds]).reshape(len(kinds), d)
    keep = np.flatnonzero(np.isfinite(most).any(axis=0))
    delivered, collected = (
        np.array([instance.amounts(part) for part in parts]).reshape(len(jobs), d)[:, keep]
        for parts in ([job.delivery for job in jobs], [job.pickup for job in jobs])
    )
    sides = [delivered, collected] if two else [delivered + collected]
    whole, limits = [], []
    for k, capacity in enumerate(most[:, keep].T):
        values = np.concatenate([side[:, k] for side in sides])
        steps = fitting_scale(np.append(values, capacity[np.isfinite(capacity)]), 1e9)
        whole.append([up(side[:, k] * steps) for side in sides])
        limits.append(down(np.minimum(capacity * steps, UNLIMITED)))
    columns = [side for both in zip(*whole, strict=True) for side in both]
    limits = limits * len(sides)
    stops = np.array([inf if kind.max_jobs is None else kind.max_jobs for kind in kinds])
    if np.isfinite(stops).any():
        columns.append(np.ones(len(jobs)))
        limits.append(np.minimum(stops, UNLIMITED))
    if not columns:
        return np.zeros((len(jobs), 1), np.int64), np.ones((len(kinds), 1), np.int64), 0
    amounts, room = (np.stack(parts, axis=1).astype(np.int64) for parts in (columns, limits))
    return amounts, room, len(keep) if two else 0


def _penalties(
    instance: VrpInstance, jobs: Sequence[Job], steps: float, base: int, most: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """What leaving each job out costs, and the part of it that only keeps mandatory jobs in.

    ``base`` is more than a mandatory job can cost, ``most`` the most that a penalty may be.
    """
    missing = np.zeros(len(jobs) + 1, np.int64)
    mandatory = np.zeros(len(jobs) + 1, np.int64)
    unserved = instance.objective.unserved
    for i, job in enumerate(jobs, 1):
        if job.prize is not None:
            missing[i] = min(round(job.prize * steps), most)
        elif unserved is not None:
            missing[i] = min(round(unserved * (1 + job.priority) * steps), most)
        else:
            missing[i] = mandatory[i] = min(base * 16 ** min(job.priority, TOP_PRIORITY), most)
    return missing, mandatory


def _neighbours(
    points: layout.Floats,
    out: layout.Ways,
    back: layout.Ways,
    times: layout.Ways | None,
    job: layout.Int64s,
    rows: int,
) -> layout.Int32s:
    """(n + 1, k) nearest jobs of each; where there are windows, waiting counts too.

    ``rows`` is n + 1: what comes after are the ends of kinds.
    """
    n = rows - 1
    if n < 2:
        return np.zeros((n + 1, 1), np.int32)
    pace, mirrored = 0.0, True
    if times is not None:
        pace, mirrored = pace_between(out, times, n), same_back(times)
    if isinstance(out, layout.Straight):
        k = min(NEIGHBOURS_COMPUTED, n - 1)
        if times is None:
            return nearest_points(points, k)
        near = nearest_points(points, min(LOOKED * k, n - 1))
        return nearest_in_time(near, out, times, mirrored, job, pace, k)
    times_back = times if times is None or mirrored else turned(times)
    squares: list[Any] = [out, back, times, times_back]
    if rows < len(job):
        squares = [None if x is None else np.ascontiguousarray(x[:rows, :rows]) for x in squares]
    k = min(NEIGHBOURS, n - 1)
    return nearest_by_legs(squares[0], squares[1], squares[2], squares[3], job, pace, k)


def same_back(ways: layout.Ways) -> bool:
    """Whether ways are as long in the other direction."""
    if isinstance(ways, layout.Straight):
        return ways.tos is ways.froms
    return symmetric(ways)


def turned(ways: layout.Ways) -> layout.Ways:
    """Ways in the other direction."""
    if isinstance(ways, layout.Straight):
        return ways._replace(froms=ways.tos, tos=ways.froms)
    return np.ascontiguousarray(ways.T)


def pace_between(out: layout.Ways, times: layout.Ways, n: int) -> float:
    """What a step of time costs, by ways between some of the jobs."""
    some = np.linspace(1, n, min(n, SAMPLED)).astype(np.intp)
    froms, tos = np.repeat(some, n), np.tile(np.arange(1, n + 1), len(some))
    cost, time = (np.median(pairs(x, froms, tos).astype(np.float64)) for x in (out, times))
    return float(cost) / max(float(time), 1.0)


def _short_leg(problem: Problem) -> float:
    """Mean cost to the fifth neighbour, at least a hundredth of the mean to the depot."""
    n = len(problem.near) - 1
    if n < 2:
        return 1.0
    rows = np.arange(1, n + 1, dtype=np.intp)
    fifth = problem.near[rows, min(4, problem.near.shape[1] - 1)].astype(np.intp)
    cost = pairs(problem.out, rows, fifth).astype(np.float64)
    floor = 0.01 * float(np.median(problem.job[rows, layout.RADIUS]))
    passable = cost[cost < NEVER]
    return max(float(passable.mean()) if passable.size else 0.0, floor, 1e-3)
