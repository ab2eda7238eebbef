"""Time: windows, shifts, breaks, releases, and what time costs."""

from __future__ import annotations

from itertools import pairwise
from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np
from ortools.constraint_solver import pywrapcp

from routesolve.instances.features import Feature
from routesolve.instances.model import Shipment, TimeWindow, VehicleType, Windows
from routesolve.solvers._ortools.scales import Integers, Scale, measure_scale
from routesolve.solvers._ortools.work import Node, finite

if TYPE_CHECKING:
    from routesolve.solvers._ortools.model import RoutingProblem

TICKS = 1e5


def _coarse(day: float) -> float:
    """Return the finest scale for plans with breaks.

    The library places a break between given visits by trying one time after the other: what takes
    milliseconds in whole seconds takes seconds in thousandths.
    """
    return max(float(10 ** np.floor(np.log10(TICKS / max(day, 1.0)))), 1.0)


class Times:
    """Time in a routing model.

    Parameters
    ----------
    problem
        The model, its travel known.

    Attributes
    ----------
    scale, span_scale
        Time units: of instants (from the earliest shift) and of spans.
    horizon
        When every route is over.
    dimension
        The time dimension, begins of visits; None before it is added.
    """

    def __init__(self, problem: RoutingProblem) -> None:
        self.problem = problem
        self.dimension: Any = None
        self.release: Any = None
        self._measure()

    def _measure(self) -> None:
        """Choose the scale of times and the horizon."""
        problem = self.problem
        instance = problem.instance
        windows = [w for node in problem.nodes for w in node.windows]
        windows += [p for kind in problem.kinds for b in kind.breaks for p in b.time_windows]
        depots = {name for depots in problem.terminals for name in depots}
        windows += [w for name in depots for w in instance.depots_by_id[name].time_windows]
        shifts = [kind.shift for kind in problem.kinds]
        work_times = [(node.service, node.setup) for node in problem.nodes]
        pauses = [b.duration for kind in problem.kinds for b in kind.breaks]
        tasks = [node.task for node in problem.nodes if node.task]
        instants = np.array(
            [t for w in (*windows, *shifts) for t in (w.earliest, w.latest)]
            + [task.release for task in tasks]
        )
        spans = [k.max_duration for k in problem.kinds] + [k.max_overtime for k in problem.kinds]
        spans += [t.max_ride_time for t in tasks if isinstance(t, Shipment)]
        spans += [instance.depots_by_id[name].service for name in depots]
        origin = min(kind.shift.earliest for kind in problem.kinds)
        tables = [t.duration for t in problem.travel.values()]
        factor = measure_scale([*tables, work_times, pauses, instants - origin, spans]).factor
        # Whoever waits waits for an instant; after the last one a route only drives and works.
        longest = np.max([finite(t).max(axis=1, initial=0.0) for t in tables], axis=0).sum()
        waits = [w.earliest for w in (*windows, *shifts)] + [task.release for task in tasks]
        loading = sum(instance.depots_by_id[name].service for name in depots)
        busy = longest + np.sum(work_times) + sum(pauses) + loading
        busy += max((kind.max_overtime for kind in problem.kinds), default=0.0)
        last = max([origin, *waits])
        if Feature.BREAKS in problem.features:
            day = max([last, *(t for t in instants.tolist() if t < inf)]) - origin
            factor = min(factor, _coarse(day))
        self.scale = Scale(factor, origin)
        self.span_scale = Scale(factor)
        self.horizon = int(self.scale.up(last + busy)) + 1

    def add(self) -> None:
        """Put the time dimension and all that hangs on it into the model."""
        problem = self.problem
        instance = problem.instance
        evaluators = {}
        for kind in problem.kinds:
            evaluators[kind.id] = problem.matrix("time", self._time_matrix(kind))
        self.dimension = problem.dimension(
            "time", evaluators, self.horizon, slack=self.horizon, from_zero=False
        )
        for i, node in enumerate(problem.nodes):
            self._stop_window(i, node)
        if Feature.RELEASE in problem.features:
            self._releases()
        for v, vehicle in enumerate(problem.vehicles):
            self._vehicle_times(v, vehicle.kind)
        if instance.objective.balance:
            self._balance()

    def _time_matrix(self, kind: VehicleType) -> Integers:
        """Seconds from the begin of one visit to the earliest begin of the next.

        A setup that depends on where the vehicle comes from is spent on arrival: such a visit
        "begins" here when its setup is over.
        """
        problem = self.problem
        n = len(problem.nodes)
        total = finite(problem.travel[kind.id].duration).copy()
        total[:n] += np.array([node.service for node in problem.nodes])[:, None]
        places = np.array([node.place for node in problem.nodes], dtype=np.int64)
        starts = np.full(len(problem.terminals), -1)
        for t, depots in enumerate(problem.terminals):
            if depots:
                depot = problem.instance.depots_by_id[depots[0]]
                total[n + t] += depot.service
                starts[t] = problem.instance.location_index(depot.location)
        setups = np.array([node.setup for node in problem.nodes])
        if setups.any():
            elsewhere = np.concatenate([places, starts])[:, None] != places[None, :]
            total[:, :n] += elsewhere * setups[None, :]
        total[n:, n:] = 0.0
        return self.span_scale.up(total)

    def _stop_window(self, i: int, node: Node) -> None:
        problem = self.problem
        if not node.windows:
            return
        begin = self.begin(i)
        last = max(node.windows, key=lambda w: (w.earliest, w.latest))
        windows = node.windows
        if last.lateness_cost is not None:
            rest = tuple(w for w in windows if w is not last)
            windows = (*rest, TimeWindow(last.earliest, inf))
            rate = problem.costs.rate(last.lateness_cost)
            if rate:
                bound = min(int(self.scale.down(last.latest)), self.horizon)
                self.dimension.SetCumulVarSoftUpperBound(problem.index[i], max(bound, 0), rate)
        if not self._restrict(begin, windows):
            problem.leave_out(i)

    def _restrict(self, variable: Any, windows: Windows) -> bool:
        """Keep a time inside one of the windows; False when that is impossible."""
        opening = [max(int(self.scale.up(w.earliest)), 0) for w in windows]
        closing = [min(int(self.scale.down(w.latest)), self.horizon) for w in windows]
        spans = sorted((a, b) for a, b in zip(opening, closing, strict=True) if a <= b)
        merged: list[tuple[int, int]] = []
        for a, b in spans:
            if merged and a <= merged[-1][1] + 1:
                merged[-1] = (merged[-1][0], max(b, merged[-1][1]))
            else:
                merged.append((a, b))
        if not merged:
            return False
        variable.SetRange(merged[0][0], merged[-1][1])
        for (_, before), (after, _) in pairwise(merged):
            variable.RemoveInterval(before + 1, after - 1)
        return True

    def begin(self, i: int) -> Any:
        """When the visit of a node begins, its setup included."""
        problem = self.problem
        node, end_of_setup = problem.nodes[i], self.dimension.CumulVar(problem.index[i])
        if not node.setup:
            return end_of_setup
        same: list[Any] = [
            problem.solver.IsEqualCstVar(
                problem.routing.NextVar(problem.index[j]), problem.index[i]
            )
            for j, other in enumerate(problem.nodes)
            if j != i and other.place == node.place
        ]
        for v, vehicle in enumerate(problem.vehicles):
            if vehicle.kind.start is not None:
                depot = problem.instance.depots_by_id[vehicle.kind.start]
                if problem.instance.location_index(depot.location) == node.place:
                    first = problem.routing.NextVar(problem.routing.Start(v))
                    same.append(problem.solver.IsEqualCstVar(first, problem.index[i]))
        setup = int(self.span_scale.up(node.setup))
        begin = problem.solver.IntVar(-setup, self.horizon, f"begin {i}")
        saved = problem.solver.Sum(same) * setup if same else 0
        problem.solver.Add(begin == end_of_setup - setup + saved)
        return begin

    def _vehicle_times(self, v: int, kind: VehicleType) -> None:
        problem = self.problem
        start = self.dimension.CumulVar(problem.routing.Start(v))
        end = self.dimension.CumulVar(problem.routing.End(v))
        objective, span = problem.instance.objective, self.span_scale
        latest = kind.shift.latest + kind.max_overtime
        start_windows, end_windows = self._depot_windows(kind)
        start.SetRange(int(self.scale.up(kind.shift.earliest)), self.horizon)
        self._restrict_depot(start, start_windows, kind.shift.earliest, latest)
        self._restrict_depot(end, end_windows, kind.shift.earliest, latest)
        if kind.max_duration < inf:
            limit = int(span.down(kind.max_duration + kind.max_overtime))
            self.dimension.SetSpanUpperBoundForVehicle(min(limit, self.horizon), v)
        if rate := problem.costs.rate(objective.duration * kind.cost_per_duration):
            self.dimension.SetSpanCostCoefficientForVehicle(rate, v)
        rate = problem.costs.rate(objective.duration * kind.overtime_cost)
        if kind.max_overtime and rate:
            if kind.shift.latest < inf:
                bound = max(int(self.scale.down(kind.shift.latest)), 0)
                self.dimension.SetCumulVarSoftUpperBound(problem.routing.End(v), bound, rate)
            if kind.max_duration < inf:
                bound_cost = pywrapcp.BoundCost(int(span.down(kind.max_duration)), rate)
                self.dimension.SetSoftSpanUpperBoundForVehicle(bound_cost, v)
        problem.routing.AddVariableMaximizedByFinalizer(start)
        problem.routing.AddVariableMinimizedByFinalizer(end)
        if kind.breaks:
            self._breaks(v, kind)

    def _depot_windows(self, kind: VehicleType) -> tuple[Windows, Windows]:
        depots = self.problem.instance.depots_by_id
        start = () if kind.start is None else depots[kind.start].time_windows
        return start, () if kind.end is None else depots[kind.end].time_windows

    def _restrict_depot(
        self, variable: Any, windows: Windows, earliest: float, latest: float
    ) -> None:
        parts = tuple(
            TimeWindow(max(w.earliest, earliest), min(w.latest, latest))
            for w in windows or (TimeWindow(earliest, inf),)
        )
        self.problem.possible &= self._restrict(variable, parts)

    def _breaks(self, v: int, kind: VehicleType) -> None:
        """Breaks lie between start and end of the route, beside all visits."""
        problem = self.problem
        start = self.dimension.CumulVar(problem.routing.Start(v))
        end = self.dimension.CumulVar(problem.routing.End(v))
        intervals = []
        for pause in kind.breaks:
            length = int(self.span_scale.up(pause.duration))
            name = f"break {v} {pause.id}"
            begin = problem.solver.IntVar(0, self.horizon, name)
            windows = pause.time_windows or (TimeWindow(kind.shift.earliest, inf),)
            problem.possible &= self._restrict(begin, windows)
            interval = problem.solver.FixedDurationIntervalVar(begin, length, name)
            problem.solver.Add(begin >= start)
            problem.solver.Add(begin + length <= end)
            problem.breaks[v].append((pause.id, interval))
            if self.release is not None:  # no break while waiting at the depot to leave
                first = problem.routing.Start(v)
                problem.solver.Add(begin >= self.release.CumulVar(first))
            intervals.append(interval)
        self.dimension.SetBreakIntervalsOfVehicle(intervals, v, self._visit_times())

    def _visit_times(self) -> list[int]:
        """Length of each visit by model index; nothing at starts but loading."""
        problem = self.problem
        times = [0] * (problem.routing.Size() + problem.routing.vehicles())
        for i, node in enumerate(problem.nodes):
            times[problem.index[i]] = int(self.span_scale.up(node.service))
        for v, vehicle in enumerate(problem.vehicles):
            if vehicle.kind.start is not None:
                depot = problem.instance.depots_by_id[vehicle.kind.start]
                times[problem.routing.Start(v)] = int(self.span_scale.up(depot.service))
        return times

    def _releases(self) -> None:
        """The release of a trip is a number that holds from its start to its end."""
        problem = self.problem
        nothing = np.zeros(len(problem.nodes), dtype=np.int64)
        release = self.release = problem.trip_dimension(
            "release", nothing, self.horizon, from_zero=False
        )
        for i, node in enumerate(problem.nodes):
            ready = int(self.scale.up(node.task.release)) if node.task else 0
            if ready > 0:
                release.CumulVar(problem.index[i]).SetMin(ready)
        for v, vehicle in enumerate(problem.vehicles):
            first = problem.routing.Start(v)
            loading = 0
            if vehicle.kind.start is not None:
                depot = problem.instance.depots_by_id[vehicle.kind.start]
                loading = int(self.span_scale.up(depot.service))
            leaves = self.dimension.CumulVar(first) + self.dimension.SlackVar(first) + loading
            problem.solver.Add(release.CumulVar(first) <= leaves)
            problem.routing.AddVariableMinimizedByFinalizer(release.CumulVar(first))
        visits = problem.routing.Size() + problem.routing.vehicles()
        begins = [self.dimension.CumulVar(index) for index in range(visits)]
        for i in problem.reloads:
            index = problem.index[i]
            loading = int(self.span_scale.up(problem.nodes[i].service))
            # By the begin of the next visit, not by the slack: bounds alone must show a conflict,
            # because the library does not try out values of times that cost nothing.
            arrives = problem.solver.Element(begins, problem.routing.NextVar(index))
            leaves = arrives - self.dimension.FixedTransitVar(index) + loading
            following = release.CumulVar(index) + release.SlackVar(index) - self.horizon
            problem.solver.Add(following <= leaves)

    def _balance(self) -> None:
        """The longest route: all clocks start at 0, and nobody waits."""
        problem = self.problem
        for v in range(len(problem.vehicles)):
            self.dimension.CumulVar(problem.routing.Start(v)).SetValue(0)
        self.dimension.SetGlobalSpanCostCoefficient(
            problem.costs.rate(problem.instance.objective.balance)
        )
