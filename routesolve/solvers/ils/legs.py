"""Ways between the jobs of an instance, as whole steps of cost, time and limited sums."""

from __future__ import annotations

from collections.abc import Sequence
from math import asin, ceil, floor, inf, nan, pi
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt

from routesolve.graphs.geodesy import EARTH_RADIUS, unit_vectors
from routesolve.graphs.matrices import StraightLineTravel
from routesolve.graphs.rounding import Rounding
from routesolve.solvers.ils._kernels import layout
from routesolve.solvers.ils._kernels.routes import ENDLESS
from routesolve.solvers.ils._kernels.steps import NEVER, in_steps
from routesolve.solvers.ils._kernels.ways import NOISE
from routesolve.solvers.ils.scope import barring, computable

if TYPE_CHECKING:
    from routesolve.instances.instance import VrpInstance
    from routesolve.instances.model import Job, VehicleType

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

EMPTY = np.zeros(0)

FINEST = 1e15
"""Most steps per unit."""

UNLIMITED = 1e17
"""Limit of what is not limited, in steps."""

ROUNDINGS = {
    Rounding.none: 0,
    Rounding.nearest: 1,
    Rounding.down: 2,
    Rounding.up: 3,
    Rounding.dimacs: 4,
    Rounding.exact: 5,
}
"""As the kernels know them."""


class Legs:
    """Distances and durations between the jobs, row and column 0 the ends of a route.

    They are tables, or where these would be too large and ways are straight lines, formulas.

    Where there are several kinds rows and columns after the jobs are the ends of their routes, and
    costs are those of the dearest: the others are shares of them (:attr:`factors`).

    Parameters
    ----------
    instance, kinds, jobs
        The jobs that the vehicles serve.
    several
        Whether kinds have ends of their own.
    dense
        Whether legs are looked up in matrices even where they could be computed from coordinates.
    blank
        Make matrices of nothing, without looking at the travel.
    """

    def __init__(
        self,
        instance: VrpInstance,
        kinds: Sequence[VehicleType],
        jobs: Sequence[Job],
        *,
        several: bool,
        dense: bool,
        blank: bool = False,
    ) -> None:
        self.instance, self.kinds, self.jobs, self.blank = instance, kinds, jobs, blank
        self.parts = [cost_of_legs(instance, kind) for kind in kinds]
        self.per_distance, self.per_second = dearest = max(self.parts)
        self.factors = np.array([share(parts, dearest) for parts in self.parts])
        self.kind = kinds[0]
        self.rows = kinds if several else ()
        places = np.array([instance.location_index(j.location) for j in jobs], dtype=np.intp)
        froms, tos = (
            np.array([self._place(getattr(kind, end)) for kind in kinds], dtype=np.intp)
            for end in ("start", "end")
        )
        own = len(self.rows)
        self.froms = np.concatenate([froms[:1], places, froms[:own]])
        self.tos = np.concatenate([tos[:1], places, tos[:own]])
        # Legs that a backhaul rule bars, by what jobs do, are like ways that do not exist.
        self.barring = barring(instance)
        self.collects = np.zeros(len(self.froms), np.bool_)
        self.delivers = self.collects.copy()
        if self.barring:
            self.collects[1 : len(jobs) + 1] = [any(job.pickup) for job in jobs]
            self.delivers[1 : len(jobs) + 1] = [any(job.delivery) for job in jobs]
        self.closed = bool(((froms == tos) & (froms >= 0)).all())
        self.rounding = instance.rounding
        self.timed = timed(instance, kinds)
        self.computed = not dense and computable(instance, kinds)
        self._whole = False
        self.points = np.zeros((0, 2))
        if self.computed:
            self._place_nodes()

    @property
    def straight(self) -> bool:
        """Whether ways are as long in the other direction, by their nature."""
        return not self.barring and self.instance.profile_of(self.kind).metric not in (
            "matrix",
            "network",
        )

    def _place(self, name: str | None) -> int:
        """Where a depot is, -1 = nowhere."""
        if name is None:
            return -1
        return self.instance.location_index(self.instance.depots_by_id[name].location)

    @property
    def _lines(self) -> StraightLineTravel:
        """Travel, where ways are computed."""
        return cast("StraightLineTravel", self.instance.travel(self.kind))

    def _place_nodes(self) -> None:
        """Where nodes are left and reached, for ways that are computed."""
        travel, places = self._lines, self.instance.points
        self.points = places[np.maximum(self.froms[: len(self.jobs) + 1], 0)]
        self.diameter = 0.0
        if travel.metric == "haversine":
            self.diameter = 2.0 * EARTH_RADIUS
            # A map on which what is near is near, for lists of neighbours.
            self.points = self.points * (np.cos(np.radians(np.median(self.points[:, 1]))), 1.0)
            places = unit_vectors(places)
        self.left, self.reached = (
            np.where((ends < 0)[:, None], nan, places[np.maximum(ends, 0)])
            for ends in (self.froms, self.tos)
        )
        if self.closed:
            self.reached = self.left
        both = np.concatenate([self.left, self.reached])
        across = float(np.hypot.reduce(np.nanmax(both, axis=0) - np.nanmin(both, axis=0)))
        if self.diameter:
            across = self.diameter * asin(min(across / 2.0, 1.0))
        self.across = across * travel.detour

    def costs(self, beside: Floats) -> tuple[layout.Ways, float]:
        """Costs in steps, and the steps per unit.

        The steps also count other costs (`beside`, not negative) as far as legs leave room for it.
        """
        parts = (self.per_distance, self.per_second)
        # Shares of a leg are rounded, too: if they can be whole, they are.
        shares = (self._sample(*other) for other in {*self.parts} - {parts})
        beside = np.concatenate([beside, *shares])
        return self._ways(*parts, upwards=False, beside=beside, room=inf)

    def longest(self, steps: float) -> int:
        """A bound of what a leg that is computed costs, in steps."""
        return ceil(self._longest(self.per_distance, self.per_second) * steps)

    def _longest(self, per_distance: float, per_second: float) -> float:
        more = 0.0 if self.rounding == Rounding.none else 1.0  # the most that rounding adds
        ride = self.across / self._lines.speed
        return per_distance * (self.across + more) + per_second * (ride + more)

    def spans(self) -> tuple[layout.Ways | None, Int64s, Int64s]:
        """Legs, stops (n, q) and limits (kinds, q) of distance, driving time and duration.

        None where nothing is limited. Durations are no sums where there are windows of several
        kinds, see :meth:`windows`. Where there are legs that cannot be driven, one more sum counts
        them: there may be none.
        """
        kinds, nothing = self.kinds, np.zeros(len(self.jobs))
        service = np.array([job.service for job in self.jobs])
        lasting = [kind.max_duration - self._loading(kind) for kind in kinds]
        rules = [
            ([kind.max_distance for kind in kinds], False, nothing),
            ([kind.max_driving_time for kind in kinds], True, nothing),
            ([inf] if self.rows and self.timed else lasting, True, service),
        ]
        legs: list[Any] = []
        stops, most = [], []
        for limits, durations, at_stops in rules:
            if min(limits) == inf:
                continue
            parts = (0.0, 1.0 / self.kind.speed_factor) if durations else (1.0, 0.0)
            given = np.array(limits)
            beside = np.append(at_stops, given[np.isfinite(given)])
            ways, steps = self._ways(*parts, upwards=True, beside=beside)
            legs.append(ways)
            stops.append(up(at_stops * steps))
            most.append(down(np.minimum(given * steps, UNLIMITED)))
        if self._broken():
            legs.append(self._barred())
            stops.append(nothing)
            most.append(np.zeros(len(kinds)))
        if not legs:
            nowhere = np.zeros((len(kinds), 0), np.int64)
            return None, np.zeros((len(self.jobs), 0), np.int64), nowhere
        sums: layout.Ways
        if self.computed:
            sums = legs[0]._replace(formula=np.concatenate([ways.formula for ways in legs]))
        else:
            sums = np.stack(legs)
        whole = np.stack(most, axis=1).astype(np.int64)
        return sums, np.stack(stops, axis=1).astype(np.int64), whole

    def windows(self, job: Int64s, out: layout.Ways, cost_steps: float) -> layout.Ways | None:
        """Fill in windows and service; return travel times in steps, None when nothing is timed."""
        if not self.timed:
            return None
        ends = np.array([self._working_hours(kind) for kind in (self.kind, *self.rows)])
        first = float(ends[:, 1].min())
        windows = [j.time_windows[0] if j.time_windows else None for j in self.jobs]
        of_jobs = [
            (job.service, first if w is None else w.earliest, inf if w is None else w.latest)
            for job, w in zip(self.jobs, windows, strict=True)
        ]
        every = np.concatenate([ends[:1], np.array(of_jobs).reshape(-1, 3), ends[1:]])
        service, earliest, latest = every.T
        hours = np.array([kind.max_duration for kind in self.rows])
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
        beside = np.concatenate([earliest, latest, service, hours[hours < horizon]])
        if self._shared(beside, cost_steps):
            times, steps = out, cost_steps
        else:
            times, steps = self._ways(*parts, upwards=True, beside=beside, room=TIMES)
        job[:, layout.SERVICE] = up(service * steps)
        job[:, layout.EARLIEST] = up(earliest * steps)
        job[:, layout.LATEST] = down(latest * steps)
        if self.rows:
            limits = np.where(hours < horizon, down(hours * steps), ENDLESS)
            job[len(self.jobs) + 1 :, layout.HOURS] = limits
        return times

    def _loading(self, kind: VehicleType) -> float:
        """Time that loading takes before a route begins."""
        return 0.0 if kind.start is None else self.instance.depots_by_id[kind.start].service

    def _working_hours(self, kind: VehicleType) -> tuple[float, float, float]:
        """Loading time, earliest departure and latest return."""
        depots, first, last = self.instance.depots_by_id, kind.shift.earliest, kind.shift.latest
        if kind.start is not None:
            first = max([first, *(w.earliest for w in depots[kind.start].time_windows)])
        if kind.end is not None:
            last = min([last, *(w.latest for w in depots[kind.end].time_windows)])
        return self._loading(kind), first, last

    def _broken(self) -> bool:
        """Whether there may be legs that cannot be driven."""
        if self.barring:
            return True
        metric = self.instance.profile_of(self.kind).metric
        if metric != "matrix" and (metric != "network" or self.blank):
            return False
        travel = self.instance.travel(self.kind)
        return not (np.isfinite(travel.durations).all() and np.isfinite(travel.distances).all())

    def _barred(self) -> Int32s:
        """NEVER for legs that cannot be driven or may not be, (n + 1, n + 1)."""
        rows = np.arange(len(self.froms))
        sums = self._between(rows, durations=False) + self._between(rows, durations=True)
        barred = (~np.isfinite(sums) & self._real(rows)) | self._against(rows)
        return np.where(barred, NEVER, 0).astype(np.int32)

    def _against(self, rows: Index) -> npt.NDArray[np.bool_]:
        """Which entries of some rows are against a backhaul rule."""
        against = self.collects[rows][:, None] & self.delivers
        if self.instance.backhaul == "none":
            against |= self.delivers[rows][:, None] & self.collects
        return np.asarray(against)

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

    def _ways(
        self,
        per_distance: float,
        per_second: float,
        *,
        upwards: bool,
        beside: Floats = EMPTY,
        room: float = MOST,
    ) -> tuple[layout.Ways, float]:
        """Legs (n + 1, n + 1) in steps, or how they are computed, and the steps per unit.

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
        if self.computed:
            return self._formula(per_distance, per_second, sample, upwards, beside, roof)
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
                # An empty route costs nothing, wherever its vehicle would drive to.
                ends = np.arange(len(self.jobs) + 1, len(out))
                out[ends, ends] = 0
                return out, steps

    def _formula(
        self,
        per_distance: float,
        per_second: float,
        sample: Floats,
        upwards: bool,
        beside: Floats,
        roof: float,
    ) -> tuple[layout.Straight, float]:
        """How legs are computed, and the steps per unit."""
        travel = self._lines
        top = max(self._longest(per_distance, per_second), roof)
        # Lengths that are not rounded are whole by chance only, wherever the sample is.
        counted = np.concatenate([sample, beside])
        if self.rounding == Rounding.none:
            counted = np.append(counted, pi)
        steps = fitting_scale(counted, MOST, top=top)
        shown = sample * steps
        self._whole = self.rounding != Rounding.none and bool(
            (np.abs(shown - np.rint(shown)) < NOISE).all()
        )
        formula = np.zeros((1, layout.UPWARDS + 1))
        formula[0, layout.BY_LENGTH] = per_distance * steps
        formula[0, layout.BY_RIDE] = per_second * steps
        formula[0, layout.PACE] = travel.speed
        formula[0, layout.DETOUR] = travel.detour
        formula[0, layout.ROUNDED] = ROUNDINGS[self.rounding]
        formula[0, layout.SPHERE] = self.diameter
        formula[0, layout.UPWARDS] = upwards
        return layout.Straight(self.left, self.reached, formula), steps

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
            if self.barring:
                target[self._against(rows)] = NEVER
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
        between: Floats = whole[froms].take(tos, axis=1)
        return between


def cost_of_legs(instance: VrpInstance, kind: VehicleType) -> tuple[float, float]:
    """Cost of a unit of distance and of duration for vehicles of one kind."""
    aims, per_second = instance.objective, kind.cost_per_driving_time + kind.cost_per_duration
    return aims.distance * kind.cost_per_distance, aims.duration * per_second / kind.speed_factor


def share(cost: tuple[float, float], of: tuple[float, float]) -> float:
    """By what the costs of legs are multiplied to be those of another kind; nan = by no number."""
    if cost == of:
        return 1.0
    factors = {a / b for a, b in zip(cost, of, strict=True) if b}
    lost = any(a and not b for a, b in zip(cost, of, strict=True))
    return factors.pop() if len(factors) == 1 and not lost else nan


def several_kinds(instance: VrpInstance, kinds: Sequence[VehicleType]) -> bool:
    """Whether kinds have rows of their own: several do, and one where durations are no sums."""
    return len(kinds) > 1 or (kinds[0].max_duration < inf and timed(instance, kinds))


def timed(instance: VrpInstance, kinds: Sequence[VehicleType]) -> bool:
    """Whether anything has to happen at some time."""
    names = {name for kind in kinds for name in (kind.start, kind.end) if name is not None}
    return (
        any(job.time_windows for job in instance.jobs)
        or any(instance.depots_by_id[name].time_windows for name in names)
        or any(kind.shift.latest < inf for kind in kinds)
    )


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
