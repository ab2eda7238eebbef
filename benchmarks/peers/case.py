"""What every solver gets, and what it hands back."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from math import inf
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

import routesolve as rs
from routesolve.solutions.solution import Route, Solution, Visit

Whole = npt.NDArray[np.int64]
Matrix = npt.NDArray[np.int32]

NEVER = 1e9
"""Steps later than any route ends."""


@dataclass(frozen=True)
class Case:
    """An instance with one depot, one type of vehicle and deliveries, as peers take it.

    All numbers are those that our checker uses, as integers: ``scale`` to the unit. Row 0 of every
    array is the depot, row i is ``instance.jobs[i - 1]``.
    """

    instance: rs.VrpInstance

    @cached_property
    def kind(self) -> Any:
        """The vehicles."""
        return self.instance.vehicle_types[0]

    @property
    def n(self) -> int:
        """Number of customers."""
        return len(self.instance.jobs)

    @cached_property
    def timed(self) -> bool:
        """Whether there are time windows."""
        return any(job.time_windows for job in self.instance.jobs)

    @property
    def vehicles_first(self) -> bool:
        """Whether a vehicle less is worth any distance."""
        return bool(self.instance.objective.vehicles > 0)

    @property
    def rounded_euclidean(self) -> bool:
        """Whether distances are straight lines to the nearest integer."""
        metric = self.instance.profile_of(self.kind).metric
        return bool(metric == "euclidean" and self.instance.rounding == "nearest")

    @cached_property
    def _rows(self) -> npt.NDArray[np.intp]:
        depot = self.instance.depots_by_id[self.kind.start]
        places = [depot.location, *(job.location for job in self.instance.jobs)]
        return np.array([self.instance.location_index(place) for place in places], dtype=np.intp)

    @cached_property
    def points(self) -> npt.NDArray[np.float64]:
        """(n + 1, 2) coordinates."""
        return np.asarray(self.instance.points[self._rows])

    @cached_property
    def scale(self) -> int:
        """Steps per unit of distance and time."""
        digits = {"dimacs": 10, "exact": 1000}
        return digits.get(str(self.instance.rounding), 1)

    @cached_property
    def costs(self) -> Matrix:
        """(n + 1, n + 1) distances, which is what is minimised."""
        return self._whole(self.instance.travel(self.kind).distances)

    @cached_property
    def times(self) -> Matrix:
        """(n + 1, n + 1) durations."""
        travel = self.instance.travel(self.kind)
        same = travel.durations is travel.distances
        return self.costs if same else self._whole(travel.durations)

    def _whole(self, matrix: npt.NDArray[np.float64]) -> Matrix:
        whole = np.empty((self.n + 1, self.n + 1), np.int32)
        for to, row in zip(whole, self._rows, strict=True):  # in rows: the matrices are large
            steps = matrix[row, self._rows] * self.scale
            to[:] = np.rint(steps)
            if np.abs(steps - to).max() > 1e-6:
                raise rs.UnsupportedFeature("distances that are no multiples of 1, 0.1 or 0.001")
        return whole

    @cached_property
    def demands(self) -> Whole:
        """(n + 1,) loads."""
        return np.array([0, *(int(job.delivery[0]) for job in self.instance.jobs)])

    @property
    def capacity(self) -> int:
        """Load of a vehicle."""
        return int(self.kind.capacity[0])

    @property
    def fleet(self) -> int | None:
        """Number of vehicles, None when it is free."""
        count: int | None = self.kind.count
        return count

    @property
    def enough(self) -> int:
        """Vehicles for peers that want a number: the fleet, or what HGS-CVRP takes when free."""
        return self.fleet or int(np.ceil(1.3 * self.demands.sum() / self.capacity)) + 3

    @property
    def per_vehicle(self) -> int:
        """Cost of using one, in steps."""
        return round(self.instance.objective.vehicles * self.scale)

    @cached_property
    def windows(self) -> Whole:
        """(n + 1, 2) earliest and latest begin of service; the depot's is the whole horizon."""
        depot = self.instance.depots_by_id[self.kind.start]
        found = [(0.0, inf) for _ in range(self.n + 1)]
        ends = [self.kind.shift, *depot.time_windows]
        found[0] = (max(w.earliest for w in ends), min(w.latest for w in ends))
        for i, job in enumerate(self.instance.jobs, 1):
            if job.time_windows:
                found[i] = (job.time_windows[0].earliest, job.time_windows[0].latest)
        steps: Whole = np.rint(np.minimum(np.array(found) * self.scale, NEVER)).astype(np.int64)
        return steps

    @cached_property
    def service(self) -> Whole:
        """(n + 1,) durations of service."""
        return np.array([0, *(round(job.service * self.scale) for job in self.instance.jobs)])

    def plan(self, routes: list[list[int]]) -> Solution:
        """Return rows in order, the depot left out, as a plan that the checker reads."""
        jobs = self.instance.jobs
        return Solution(
            tuple(
                Route(self.kind.id, tuple(Visit("job", jobs[row - 1].id) for row in route), i)
                for i, route in enumerate(route for route in routes if len(route))
            )
        )


@dataclass
class Used:
    """Seconds between begin and end of a ``with``: wall, and CPU with child processes."""

    wall: float = 0.0
    cpu: float = 0.0


def _cpu() -> float:
    usage = [resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in usage)


@contextmanager
def measured() -> Iterator[Used]:
    """Measure what a cell of the table counts as used."""
    used, wall, cpu = Used(), time.perf_counter(), _cpu()
    yield used
    used.wall, used.cpu = time.perf_counter() - wall, _cpu() - cpu


@dataclass(frozen=True)
class Answer:
    """A plan and what it took; iterations in the solver's own sense, None when it tells none."""

    plan: Solution
    used: Used
    iterations: int | None = None


@dataclass(frozen=True)
class Peer:
    """One solver of the table.

    Attributes
    ----------
    solve
        (case, seconds, seed) to answer.
    packages
        Distributions that carry it, any of them will do, by the module to import.
    timed
        Whether it knows time windows (and a price per vehicle).
    most
        Customers up to which its tables fit into some GB.
    seeded
        Whether it uses the seed; else one seed is enough.
    takes
        What it is given: our matrices, the coordinates, or the instance itself.
    """

    solve: Callable[[Case, float, int], Answer]
    packages: dict[str, str]
    timed: bool = True
    most: int = 1 << 30
    seeded: bool = True
    takes: Literal["matrices", "points", "instance"] = "matrices"

    def unfit(self, case: Case) -> str | None:
        """Why it cannot have a case."""
        if case.timed and not self.timed:
            return "no time windows"
        if case.vehicles_first and not self.timed:
            return "no price per vehicle"
        if case.n > self.most:
            return f"its tables are for {self.most} customers"
        if self.takes == "points" and not case.rounded_euclidean:
            return "only straight lines, rounded"
        return None
