"""Ways between the jobs of an instance, as whole steps of cost, time and limited sums."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor, inf, log10
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from routesolve.graphs.matrices import StraightLineTravel
from routesolve.graphs.rounding import Rounding
from routesolve.solvers.ils._kernels import layout
from routesolve.solvers.ils._kernels.steps import NEVER, in_steps

if TYPE_CHECKING:
    from routesolve.instances.instance import VrpInstance
    from routesolve.instances.model import Depot, Job, VehicleType

Floats = npt.NDArray[np.float64]
Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]
Index = npt.NDArray[np.intp]

MOST = NEVER / 8
"""Largest leg in steps."""

TIMES = NEVER / 2
"""Largest time in steps."""

BLOCK = 1 << 16
"""Entries of a matrix made at a time: they stay in the processor's cache."""

SAMPLED = 8
"""Rows from which the steps are guessed."""

NOISE = 1e-6
"""Steps that floating-point sums may be off."""

EMPTY = np.zeros(0)

FINEST = 1e15
"""Most steps per unit."""

ROUNDINGS = {Rounding.none: 0, Rounding.nearest: 1, Rounding.down: 2, Rounding.up: 3}
"""What the kernels can compute."""


class Legs:
    """Distances and durations between the jobs, row and column 0 the ends of a route.

    Parameters
    ----------
    instance, kind, jobs
        The jobs that vehicles of one type serve.
    dense
        Whether legs are looked up in matrices even where they could be computed from coordinates.
    blank
        Make matrices of nothing, without looking at the travel.
    """

    def __init__(
        self,
        instance: VrpInstance,
        kind: VehicleType,
        jobs: Sequence[Job],
        *,
        dense: bool,
        blank: bool = False,
    ) -> None:
        self.instance, self.kind, self.jobs, self.blank = instance, kind, jobs, blank
        objective, depots = instance.objective, instance.depots_by_id
        self.per_distance = objective.distance * kind.cost_per_distance
        per_second = kind.cost_per_driving_time + kind.cost_per_duration
        self.per_second = objective.duration * per_second / kind.speed_factor
        self.start = None if kind.start is None else depots[kind.start]
        self.end = None if kind.end is None else depots[kind.end]
        places = np.array([instance.location_index(j.location) for j in jobs], dtype=np.intp)
        ends = [-1 if d is None else instance.location_index(d.location) for d in self._ends]
        self.froms = np.append(np.intp(ends[0]), places)
        self.tos = np.append(np.intp(ends[1]), places)
        self.closed = ends[0] == ends[1] >= 0
        self.rounding = instance.rounding
        self.timed = (
            any(job.time_windows for job in instance.jobs)
            or any(depot is not None and depot.time_windows for depot in self._ends)
            or kind.shift.latest < inf
        )
        self.computed = not dense and self._computable()
        self._whole = False
        self.points = np.zeros((0, 2))
        if self.computed:
            self.points = np.ascontiguousarray(instance.points[self.froms])

    @property
    def straight(self) -> bool:
        """Whether ways are as long in the other direction, by their nature."""
        return self.instance.profile_of(self.kind).metric not in ("matrix", "network")

    @property
    def _ends(self) -> tuple[Depot | None, Depot | None]:
        return self.start, self.end

    def _computable(self) -> bool:
        kind = self.kind
        profile = self.instance.profile_of(kind)
        return (
            profile.metric == "euclidean"
            and profile.detour == 1.0
            and self.rounding in ROUNDINGS
            and self.closed
            and self.per_second == 0.0
            and not self.timed
            and min(kind.max_distance, kind.max_driving_time, kind.max_duration) == inf
        )

    def costs(self, beside: Floats) -> tuple[Int32s, float]:
        """Costs in steps, empty when they are computed, and the steps per unit.

        The steps also count other costs (`beside`, not negative) as far as legs leave room for it.
        """
        if not self.computed:
            parts = (self.per_distance, self.per_second)
            return self._matrix(*parts, upwards=False, beside=beside, room=inf)
        across = float(np.hypot(*np.ptp(self.points, axis=0))) * self.per_distance
        whole = self.rounding != Rounding.none and self.per_distance == round(self.per_distance)
        whole = whole and bool((np.abs(beside - np.rint(beside)) < NOISE).all())
        if not across:
            return np.zeros((0, 0), np.int32), fitting_scale(beside, MOST)
        finest = 10.0 ** floor(log10(MOST / across))
        return np.zeros((0, 0), np.int32), min(finest, 1.0 if whole else FINEST)

    def radius(self, steps: float) -> Int64s:
        """Cost of the way from the depot, where costs are computed."""
        lengths = np.hypot(*(self.points - self.points[0]).T)
        return np.asarray(np.rint(lengths * self.per_distance * steps), dtype=np.int64)

    def spans(self) -> tuple[Int32s | None, Int64s, Int64s]:
        """Legs, stops and limits of distance, driving time and duration, where they are limited.

        Where there are legs that cannot be driven, one more sum counts them: there may be none.
        """
        kind, nothing = self.kind, np.zeros(len(self.jobs))
        service = np.array([job.service for job in self.jobs])
        loading = self.start.service if self.start is not None else 0.0
        rules = [
            (kind.max_distance, False, nothing),
            (kind.max_driving_time, True, nothing),
            (kind.max_duration - loading, True, service),
        ]
        legs, stops, most = [], [], []
        for limit, durations, at_stops in rules:
            if limit == inf:
                continue
            parts = (0.0, 1.0 / kind.speed_factor) if durations else (1.0, 0.0)
            square, steps = self._matrix(*parts, upwards=True, beside=np.append(at_stops, limit))
            legs.append(square)
            stops.append(up(at_stops * steps))
            most.append(down(np.array(limit * steps)))
        if self._broken():
            legs.append(self._barred())
            stops.append(nothing)
            most.append(np.zeros(()))
        if not legs:
            return None, np.zeros((len(self.jobs), 0), np.int64), np.zeros(0, np.int64)
        return np.stack(legs), np.stack(stops, axis=1).astype(np.int64), np.array(most, np.int64)

    def windows(self, job: Int64s, out: Int32s, cost_steps: float) -> Int32s | None:
        """Fill in windows and service; return travel times in steps, None when nothing is timed."""
        if not self.timed:
            return None
        loading, first, last = self._working_hours()
        windows = [j.time_windows[0] if j.time_windows else None for j in self.jobs]
        earliest = np.array([first, *(first if w is None else w.earliest for w in windows)])
        latest = np.array([last, *(inf if w is None else w.latest for w in windows)])
        service = np.array([loading, *(j.service for j in self.jobs)])
        # Times count from shortly before anything happens and end where no route lasts so long,
        # so that seconds of the calendar and "some day" do not use up the digits.
        parts = (0.0, 1.0 / self.kind.speed_factor)
        typical = self._sample(*parts)
        legs = (len(self.jobs) + 1) * typical.sum() / max(typical.size, 1)
        longest = service.sum() + 2.0 * (legs + typical.max(initial=0.0))
        opens = min((w.earliest for w in windows if w is not None), default=first)
        origin = floor(max(first, opens - longest))
        horizon = max(float(earliest.max()), first) - origin + longest
        earliest = np.maximum(earliest - origin, 0.0)
        latest = np.clip(latest - origin, -1.0, ceil(horizon))
        beside = np.concatenate([earliest, latest, service])
        if self._shared(beside, cost_steps):
            times, steps = out, cost_steps
        else:
            times, steps = self._matrix(*parts, upwards=True, beside=beside, room=TIMES)
        job[:, layout.SERVICE] = up(service * steps)
        job[:, layout.EARLIEST] = up(earliest * steps)
        job[:, layout.LATEST] = down(latest * steps)
        return times

    def _working_hours(self) -> tuple[float, float, float]:
        """Loading time, earliest departure and latest return."""
        loading, first, last = 0.0, self.kind.shift.earliest, self.kind.shift.latest
        if self.start is not None:
            loading = self.start.service
            first = max([first, *(w.earliest for w in self.start.time_windows)])
        if self.end is not None:
            last = min([last, *(w.latest for w in self.end.time_windows)])
        return loading, first, last

    def _broken(self) -> bool:
        """Whether there may be legs that cannot be driven."""
        metric = self.instance.profile_of(self.kind).metric
        if metric != "matrix" and (metric != "network" or self.blank):
            return False
        travel = self.instance.travel(self.kind)
        return not (np.isfinite(travel.durations).all() and np.isfinite(travel.distances).all())

    def _barred(self) -> Int32s:
        """NEVER for legs that cannot be driven, (n + 1, n + 1)."""
        rows = np.arange(len(self.froms))
        sums = self._between(rows, durations=False) + self._between(rows, durations=True)
        return np.where(np.isfinite(sums) | ~self._real(rows), 0, NEVER).astype(np.int32)

    # -- matrices ------------------------------------------------------------------------------

    def _shared(self, beside: Floats, steps: float) -> bool:
        """Whether the matrix of costs says the times, too: it then need not be kept twice."""
        if self.blank:
            return False
        travel = self.instance.travel(self.kind)
        if isinstance(travel, StraightLineTravel):
            alike = travel.speed == 1.0
        else:
            alike = travel.durations is travel.distances
        return (
            alike
            and self._whole
            and (self.per_distance, self.per_second, self.kind.speed_factor) == (1.0, 0.0, 1.0)
            and float(beside.max()) * steps <= TIMES
            and bool((np.abs(beside * steps - np.rint(beside * steps)) < NOISE).all())
        )

    def _matrix(
        self,
        per_distance: float,
        per_second: float,
        *,
        upwards: bool,
        beside: Floats = EMPTY,
        room: float = MOST,
    ) -> tuple[Int32s, float]:
        """Legs (n + 1, n + 1) in steps, and the steps per unit.

        Parameters
        ----------
        per_distance, per_second
            What a leg counts.
        upwards
            Round up rather than to the nearest.
        beside
            Other numbers that are to be counted in the same steps, not negative.
        room
            Most steps of these.
        """
        sample = self._sample(per_distance, per_second)
        roof = float(beside.max(initial=0.0)) * MOST / room
        top = max(float(sample.max(initial=0.0)), roof)
        steps = fitting_scale(np.concatenate([sample, beside]), MOST, top=top)
        grow = True
        while True:
            out, largest, self._whole = self._filled(per_distance, per_second, steps, upwards)
            largest = max(largest, roof * steps)
            # Only what the sample did not show makes a second round necessary.
            if largest > MOST:
                steps, grow = steps / 10.0, False
            elif grow and not self._whole and 10.0 * largest <= MOST and steps < FINEST:
                steps *= 10.0
            else:
                return out, steps

    def _filled(
        self, per_distance: float, per_second: float, steps: float, upwards: bool
    ) -> tuple[Int32s, float, bool]:
        """The matrix at a given number of steps, its largest entry, and whether all are whole."""
        m = len(self.froms)
        out = np.empty((m, m), np.int32)
        most, all_whole = 0.0, True
        height = max(1, BLOCK // m)
        for low in range(0, m, height):
            rows = np.arange(low, min(low + height, m))
            block, factor = self._block(rows, per_distance, per_second)
            froms, target = self.froms[rows], out[low : low + len(rows)]
            largest, whole = in_steps(
                block, froms, self.tos, factor * steps, NOISE, upwards, target
            )
            most, all_whole = max(most, largest), all_whole and whole
        return out, most, all_whole

    def _sample(self, per_distance: float, per_second: float) -> Floats:
        """What the legs from some of the jobs count, for a start."""
        m = len(self.froms)
        rows = np.unique(np.linspace(0, m - 1, min(m, SAMPLED)).astype(np.intp))
        block, factor = self._block(rows, per_distance, per_second)
        return np.asarray(block[self._real(rows) & np.isfinite(block)] * factor)

    def _real(self, rows: Index) -> npt.NDArray[np.bool_]:
        """Which entries of some rows are ways at all: no open ends, not from a place to itself."""
        froms = self.froms[rows][:, None]
        return np.asarray((froms >= 0) & (self.tos >= 0) & (froms != self.tos))

    def _block(self, rows: Index, per_distance: float, per_second: float) -> tuple[Floats, float]:
        """Some rows of a matrix, and what they are still to be multiplied by."""
        if not per_second:
            return self._between(rows, durations=False), per_distance
        if not per_distance:
            return self._between(rows, durations=True), per_second
        block = per_distance * self._between(rows, durations=False)
        block += per_second * self._between(rows, durations=True)
        return block, 1.0

    def _between(self, rows: Index, *, durations: bool) -> Floats:
        """Travel from some rows to all columns; nonsense at open ends."""
        if self.blank:
            return np.zeros((len(rows), len(self.tos)))
        travel = self.instance.travel(self.kind)
        froms, tos = np.maximum(self.froms[rows], 0), np.maximum(self.tos, 0)
        if isinstance(travel, StraightLineTravel) and not travel.built:
            measure = travel.duration if durations else travel.distance
            return np.ascontiguousarray(measure(froms[:, None], tos[None, :]))
        whole = travel.durations if durations else travel.distances
        return whole[froms].take(tos, axis=1)


def fitting_scale(values: Floats, most: float, *, top: float | None = None) -> float:
    """The smallest power of ten that makes all values whole, or the largest that fits.

    What has to fit is the largest value, or ``top`` instead.
    """
    sizes = np.abs(values.astype(np.float64))
    largest, smallest = (
        float(sizes.max(initial=0.0)),
        float(sizes.min(initial=inf, where=sizes > 0)),
    )
    scale, top = 1.0, largest if top is None else top
    while scale * 10.0 * top <= most and scale < FINEST:
        steps = sizes * scale
        if np.abs(steps - np.rint(steps)).max(initial=0.0) < NOISE and (smallest * scale > 0.5):
            break
        scale *= 10.0
    while scale * top > most:
        scale /= 10.0
    return scale


def up(values: Floats) -> Floats:
    """Rounded up, except for noise of floating-point sums."""
    return np.asarray(np.ceil(values - NOISE))


def down(values: Floats) -> Floats:
    """Rounded down, except for noise of floating-point sums."""
    return np.asarray(np.floor(values + NOISE))
