"""The routing model: every rule of an instance as dimensions and constraints of OR-Tools.

Two devices carry most of it. A rule on the load or the time along a route is a dimension, whose
bounds the local search filters know. A property of a whole trip (its kind of goods, its release
time) is a dimension that does not change on the way: what one stop demands holds for all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from ortools.constraint_solver import pywrapcp

from routesolve.instances.features import Feature, used_features
from routesolve.instances.model import Job, Shipment, TimeWindow, VehicleType, Windows
from routesolve.solvers._ortools import work
from routesolve.solvers._ortools.scales import (
    ROOM,
    Integers,
    Scale,
    cost_scale,
    measure_scale,
)
from routesolve.solvers._ortools.work import Node, Travel, Vehicle

if TYPE_CHECKING:
    from routesolve.instances.instance import VrpInstance

TIMED = frozenset(
    {
        Feature.TIME_WINDOWS,
        Feature.MULTIPLE_WINDOWS,
        Feature.SOFT_WINDOWS,
        Feature.RELEASE,
        Feature.RIDE_TIME,
        Feature.DEPOT_WINDOWS,
        Feature.DURATION_COST,
        Feature.SHIFT,
        Feature.BREAKS,
        Feature.MAX_DURATION,
        Feature.OVERTIME,
        Feature.BALANCE,
    }
)


@dataclass(frozen=True, slots=True)
class Choice:
    """Tasks of which at most one is served, and what serving none costs.

    Attributes
    ----------
    tasks
        A task, or the members of an exclusive group.
    penalty
        Cost of serving none; None when one is mandatory and comes before every cost.
    priority
        Of the most important member.
    bonus
        What a member is paid when served: its part of the group's prize, its best preference
        score. Constants of the objective that OR-Tools, which has no negative costs, must not see.
    """

    tasks: tuple[Job | Shipment, ...]
    penalty: float | None
    priority: int
    mandatory: bool
    bonus: float


class RoutingProblem:
    """An instance as an OR-Tools routing model.

    Parameters
    ----------
    instance
        The problem.
    vehicles
        The fleet, free types bounded.
    nodes
        The visits that may be made.

    Attributes
    ----------
    routing, manager
        The OR-Tools objects.
    breaks
        Per vehicle, ``(break id, interval variable)``.
    time
        The time dimension, or None.
    """

    def __init__(
        self, instance: VrpInstance, vehicles: Sequence[Vehicle], nodes: Sequence[Node]
    ) -> None:
        self.instance = instance
        self.vehicles = list(vehicles)
        self.nodes = list(nodes)
        self.features = used_features(instance)
        kinds = {vehicle.kind.id: vehicle.kind for vehicle in vehicles}
        self.kinds = list(kinds.values())
        self.terminals = work.terminals_of(self.kinds)
        self.travel = self._travel()
        n = len(nodes)
        slot = {depots: n + t for t, depots in enumerate(self.terminals)}
        self.manager = pywrapcp.RoutingIndexManager(
            n + len(self.terminals),
            len(vehicles),
            [slot[work.start_of(v.kind)] for v in vehicles],
            [slot[work.ends_of(v.kind)] for v in vehicles],
        )
        self.routing = pywrapcp.RoutingModel(self.manager)
        self.solver = self.routing.solver()
        self.index = [self.manager.NodeToIndex(i) for i in range(n)]
        self.node_at = {index: i for i, index in enumerate(self.index)}
        self.breaks: list[list[tuple[str, Any]]] = [[] for _ in vehicles]
        self.time: Any = None
        self.time_scale = Scale(1.0)
        self._evaluators: dict[tuple[Any, ...], int] = {}
        self._choices()
        self._measure_costs()
        self._arc_costs()
        self._closed_arcs()
        self._loads()
        self._backhauls()
        self._limits()
        if self.features & TIMED:
            self._times()
        self._tasks()
        self._pairs()
        self._locks()

    # -- travel ------------------------------------------------------------------------------

    def _travel(self) -> dict[str, Travel]:
        """Travel by vehicle type; types that travel alike share one table."""
        made: dict[tuple[Any, ...], Travel] = {}
        found = {}
        for kind in self.kinds:
            key = (self.instance.profile_of(kind).id, kind.speed_factor)
            if key not in made:
                made[key] = work.travel_of(self.instance, kind, self.nodes, self.terminals)
            found[kind.id] = made[key]
        return found

    def _matrix(self, name: str, kind: VehicleType, values: npt.NDArray[np.int64]) -> int:
        """Register a matrix for a type, equal ones once."""
        key = (name, values.tobytes())
        if key not in self._evaluators:
            self._evaluators[key] = self.routing.RegisterTransitMatrix(values.tolist())
        return self._evaluators[key]

    def _vector(self, values: npt.NDArray[np.int64]) -> int:
        """Register a transit that depends on the node left; terminals have none."""
        padded = np.concatenate([values, np.zeros(len(self.terminals), dtype=np.int64)])
        index: int = self.routing.RegisterUnaryTransitVector(padded.tolist())
        return index

    def _dimension(
        self,
        name: str,
        evaluators: int | dict[str, int],
        capacities: int | Sequence[int],
        *,
        slack: int = 0,
        from_zero: bool = True,
    ) -> Any:
        """Add a dimension; evaluators by type, capacities by vehicle, or one for all."""
        per_vehicle = (
            [evaluators] * len(self.vehicles)
            if isinstance(evaluators, int)
            else [evaluators[v.kind.id] for v in self.vehicles]
        )
        if isinstance(capacities, int):
            capacities = [capacities] * len(self.vehicles)
        self.routing.AddDimensionWithVehicleTransitAndCapacity(
            per_vehicle, slack, [int(c) for c in capacities], from_zero, name
        )
        return self.routing.GetDimensionOrDie(name)

    # -- costs -------------------------------------------------------------------------------

    def _choices(self) -> None:
        """Gather tasks into choices: what serving them pays, what leaving them out costs."""
        instance = self.instance
        groups: dict[str, list[Job | Shipment]] = {}
        for task in {node.task.id: node.task for node in self.nodes}.values():
            key = f"task {task.id}" if task.group is None else f"group {task.group}"
            groups.setdefault(key, []).append(task)
        everyone: dict[str, list[Job | Shipment]] = {}
        for task in (*instance.jobs, *instance.shipments):
            key = f"task {task.id}" if task.group is None else f"group {task.group}"
            everyone.setdefault(key, []).append(task)
        self.choices = [
            self._choice(tuple(tasks), everyone[key]) for key, tasks in groups.items()
        ]

    def _choice(
        self, tasks: tuple[Job | Shipment, ...], members: Sequence[Job | Shipment]
    ) -> Choice:
        objective = self.instance.objective
        priority = max(task.priority for task in members)
        bonus = max(self._score(task, kind) for task in tasks for kind in self.kinds)
        bonus = max(bonus, 0.0)
        mandatory = any(task.prize is None for task in members)
        penalty: float | None
        if not mandatory:
            penalty = max(task.prize or 0.0 for task in members)
        elif objective.unserved is not None:
            penalty = objective.unserved * (1 + priority)
        else:
            penalty = None
        return Choice(tasks, penalty, priority, mandatory, bonus)

    def _score(self, task: Job | Shipment, kind: VehicleType) -> float:
        if not work.servable(task, kind):
            return 0.0
        return self.instance.objective.preference * kind.preferences.get(task.id, 0.0)

    def _visit_costs(self, kind: VehicleType) -> npt.NDArray[np.float64]:
        """Cost of serving each node, on arrival: what the best choice would have paid more."""
        costs = np.zeros(len(self.nodes) + len(self.terminals))
        places: dict[str, list[int]] = {}
        for i, node in enumerate(self.nodes):
            if node.kind != "delivery":
                places.setdefault(node.task.id, []).append(i)
        for choice in self.choices:
            for task in choice.tasks:
                cost = choice.bonus - self._score(task, kind)
                if not choice.mandatory:
                    cost += (choice.penalty or 0.0) - (task.prize or 0.0)
                costs[places[task.id]] = max(cost, 0.0)
        return costs

    def _measure_costs(self) -> None:
        """Choose the scale of costs, after that of times."""
        objective = self.instance.objective
        if self.features & TIMED:
            self._measure_times()
        self.arc_cost: dict[str, npt.NDArray[np.float64]] = {}
        rates = []
        for kind in self.kinds:
            travel = self.travel[kind.id]
            cost = objective.distance * kind.cost_per_distance * _finite(travel.distance)
            if objective.duration and kind.cost_per_driving_time:
                cost = cost + (
                    objective.duration * kind.cost_per_driving_time * _finite(travel.duration)
                )
            visits = self._visit_costs(kind)
            self.arc_cost[kind.id] = cost + visits[None, :] if visits.any() else cost
            rates += [objective.duration * kind.cost_per_duration]
            rates += [objective.duration * kind.overtime_cost]
        rates += [w.lateness_cost or 0.0 for node in self.nodes for w in node.windows]
        rates += [objective.balance]
        fixed = [kind.fixed_cost + objective.vehicles for kind in self.kinds]
        penalties = [choice.penalty or 0.0 for choice in self.choices]
        bonuses = [choice.bonus for choice in self.choices]
        horizon = self.horizon / self.time_scale.factor if self.features & TIMED else 0.0
        stops = len(self.nodes) + len(self.vehicles)
        self.worst = (
            stops * max(float(c.max(initial=0.0)) for c in self.arc_cost.values())
            + len(self.vehicles) * (max(fixed) + 2 * horizon * max(rates[: 2 * len(self.kinds)]))
            + horizon * (sum(rates[2 * len(self.kinds) :]))
            + sum(penalties)
            + sum(bonuses)
        )
        units = [rate / self.time_scale.factor for rate in rates]
        self.cost_scale = cost_scale(
            [*self.arc_cost.values(), fixed, penalties, bonuses], units, self.worst
        )
        self.offset = -sum(bonuses)

    def _rate(self, per_second: float) -> int:
        """Cost per second as cost units per time unit."""
        return int(self.cost_scale.near(per_second / self.time_scale.factor))

    def _arc_costs(self) -> None:
        evaluators = {}
        for kind in self.kinds:
            cost = self.cost_scale.near(self.arc_cost[kind.id])
            n = len(self.nodes)
            cost[n:, n:] = 0
            evaluators[kind.id] = self._matrix("cost", kind, cost)
        del self.arc_cost
        for v, vehicle in enumerate(self.vehicles):
            kind = vehicle.kind
            self.routing.SetArcCostEvaluatorOfVehicle(evaluators[kind.id], v)
            fixed = kind.fixed_cost + self.instance.objective.vehicles
            if fixed:
                self.routing.SetFixedCostOfVehicle(int(self.cost_scale.near(fixed)), v)

    def _closed_arcs(self) -> None:
        """Where there is no way no vehicle goes: a dimension of capacity 0."""
        closed = {
            kind.id: (~np.isfinite(t.distance) | ~np.isfinite(t.duration)).astype(np.int64)
            for kind in self.kinds
            for t in (self.travel[kind.id],)
        }
        if any(matrix.any() for matrix in closed.values()):
            self._dimension(
                "closed", {k.id: self._matrix("closed", k, closed[k.id]) for k in self.kinds}, 0
            )

    # -- loads -------------------------------------------------------------------------------

    def _loads(self) -> None:
        if not self.nodes:
            return
        brought, taken, carried = (
            np.array([getattr(node, name) for node in self.nodes])
            for name in ("brought", "taken", "carried")
        )
        capacities = np.array([self.instance.capacity(v.kind) for v in self.vehicles])
        for k in range(self.instance.dimension_count):
            moved = np.array([brought[:, k], taken[:, k], np.maximum(carried[:, k], 0.0)])
            if moved.sum() > capacities[:, k].min(initial=inf):
                self._load(k, brought[:, k], taken[:, k], carried[:, k], capacities[:, k])

    def _load(
        self,
        k: int,
        brought: npt.NDArray[np.float64],
        taken: npt.NDArray[np.float64],
        carried: npt.NDArray[np.float64],
        capacities: npt.NDArray[np.float64],
    ) -> None:
        """Exact peak load of one dimension.

        Brought goods are all on board at the start. Alone, or where all are gone before the first
        is taken (backhauls last or apart), their sum counts; else the load on board is followed
        from a start equal to what the whole route brings.
        """
        scale = measure_scale([brought, taken, carried, capacities])
        down, up, change = scale.up(brought), scale.up(taken), _signed_up(scale, carried)
        limits = np.minimum(scale.down(capacities), ROOM // 4)
        apart = self.instance.backhaul != "mixed" and not change.any()
        mixed = bool(down.any()) and (bool(up.any()) or bool(change.any())) and not apart
        if down.any():
            self._dimension(f"brought {k}", self._vector(down), limits)
        if up.any() and (mixed or apart or not change.any()):
            self._dimension(f"taken {k}", self._vector(up), limits)
        if not mixed:
            if change.any():
                self._dimension(f"load {k}", self._vector(up + change), limits)
            return
        given = self.routing.GetDimensionOrDie(f"brought {k}")
        load = self._dimension(
            f"load {k}", self._vector(up + change - down), limits, from_zero=False
        )
        for v in range(len(self.vehicles)):
            first, last = self.routing.Start(v), self.routing.End(v)
            self.solver.Add(load.CumulVar(first) == given.CumulVar(last))

    def _backhauls(self) -> None:
        delivers = np.array([bool(node.brought.any()) for node in self.nodes])
        collects = np.array([bool(node.taken.any()) for node in self.nodes])
        if self.instance.backhaul == "mixed" or not (delivers.any() and collects.any()):
            return
        if self.instance.backhaul == "last":
            before = self._dimension(
                "pickups before", self._vector(collects.astype(np.int64)), len(self.nodes) + 1
            )
            for i in np.flatnonzero(delivers):
                before.CumulVar(self.index[i]).SetMax(0)
            return
        kind = self._dimension(
            "kind of trip", self._vector(np.zeros(len(self.nodes), np.int64)), 1, from_zero=False
        )
        for i, (down, up) in enumerate(zip(delivers, collects, strict=True)):
            if down and up:
                self._leave_out(i)
            elif down or up:
                kind.CumulVar(self.index[i]).SetValue(int(up))

    def _leave_out(self, i: int) -> None:
        self.routing.ActiveVar(self.index[i]).SetValue(0)

    # -- limits without time -----------------------------------------------------------------

    def _limits(self) -> None:
        if Feature.MAX_JOBS in self.features:
            ones = self._vector(np.ones(len(self.nodes), dtype=np.int64))
            many = len(self.nodes) + 1
            limits = [many if v.kind.max_jobs is None else v.kind.max_jobs for v in self.vehicles]
            self._dimension("jobs", ones, limits)
        if Feature.MAX_DISTANCE in self.features:
            tables = {kind.id: self.travel[kind.id].distance for kind in self.kinds}
            self._travel_limit("distance", tables, [v.kind.max_distance for v in self.vehicles])
        if Feature.MAX_DRIVING_TIME in self.features:
            tables = {kind.id: self.travel[kind.id].duration for kind in self.kinds}
            self._travel_limit(
                "driving", tables, [v.kind.max_driving_time for v in self.vehicles]
            )

    def _travel_limit(
        self, name: str, tables: dict[str, npt.NDArray[np.float64]], limits: Sequence[float]
    ) -> None:
        tables = {kind: _finite(table) for kind, table in tables.items()}
        scale = measure_scale([*tables.values(), limits])
        longest = sum(int(scale.up(t).max(axis=1, initial=0).sum()) for t in tables.values()) + 1
        evaluators = {k.id: self._matrix(name, k, scale.up(tables[k.id])) for k in self.kinds}
        self._dimension(name, evaluators, [min(int(scale.down(x)), longest) for x in limits])

    # -- time --------------------------------------------------------------------------------

    def _measure_times(self) -> None:
        """Choose the scale of times and the horizon."""
        instance = self.instance
        windows = [w for node in self.nodes for w in node.windows]
        windows += [p for kind in self.kinds for b in kind.breaks for p in b.time_windows]
        depots = {name for depots in self.terminals for name in depots}
        windows += [w for name in depots for w in instance.depots_by_id[name].time_windows]
        shifts = [kind.shift for kind in self.kinds]
        work_times = [(node.service, node.setup) for node in self.nodes]
        pauses = [b.duration for kind in self.kinds for b in kind.breaks]
        tasks = [node.task for node in self.nodes]
        instants = np.array(
            [t for w in (*windows, *shifts) for t in (w.earliest, w.latest)]
            + [task.release for task in tasks]
        )
        spans = [k.max_duration for k in self.kinds] + [k.max_overtime for k in self.kinds]
        spans += [t.max_ride_time for t in tasks if isinstance(t, Shipment)]
        spans += [instance.depots_by_id[name].service for name in depots]
        origin = min(kind.shift.earliest for kind in self.kinds)
        tables = [t.duration for t in self.travel.values()]
        factor = measure_scale([*tables, work_times, pauses, instants - origin, spans]).factor
        self.time_scale = Scale(factor, origin)
        self.span_scale = Scale(factor)
        # Whoever waits waits for an instant; after the last one a route only drives and works.
        longest = np.max([_finite(t).max(axis=1, initial=0.0) for t in tables], axis=0).sum()
        finite = instants[np.isfinite(instants)]
        last = max(float(finite.max(initial=origin)), origin)
        busy = longest + np.sum(work_times) + sum(pauses) + sum(s for s in spans if s < inf)
        self.horizon = int(self.time_scale.up(last + busy)) + 1

    def _times(self) -> None:
        instance = self.instance
        waits = True
        evaluators = {}
        for kind in self.kinds:
            evaluators[kind.id] = self._matrix("time", kind, self._time_matrix(kind))
        self.waiting = waits
        self.time = self._dimension(
            "time", evaluators, self.horizon, slack=self.horizon, from_zero=False
        )
        for i, node in enumerate(self.nodes):
            self._stop_window(i, node)
        for v, vehicle in enumerate(self.vehicles):
            self._vehicle_times(v, vehicle.kind)
        if Feature.RELEASE in self.features:
            self._releases()
        if instance.objective.balance:
            self._balance()

    def _time_matrix(self, kind: VehicleType) -> Integers:
        """Seconds from the begin of one visit to the earliest begin of the next.

        A setup that depends on where the vehicle comes from is spent on arrival: such a visit
        "begins" here when its setup is over.
        """
        n = len(self.nodes)
        total = _finite(self.travel[kind.id].duration).copy()
        total[:n] += np.array([node.service for node in self.nodes])[:, None]
        places = np.array([node.place for node in self.nodes], dtype=np.int64)
        starts = np.full(len(self.terminals), -1)
        for t, depots in enumerate(self.terminals):
            if depots:
                depot = self.instance.depots_by_id[depots[0]]
                total[n + t] += depot.service
                starts[t] = self.instance.location_index(depot.location)
        setups = np.array([node.setup for node in self.nodes])
        if setups.any():
            elsewhere = np.concatenate([places, starts])[:, None] != places[None, :]
            total[:, :n] += elsewhere * setups[None, :]
        total[n:, n:] = 0.0
        return self.span_scale.up(total)

    def _stop_window(self, i: int, node: Node) -> None:
        if not node.windows:
            return
        if node.setup:
            begin = self._begin(i)
        else:
            begin = self.time.CumulVar(self.index[i])
        last = node.windows[-1] if len(node.windows) == 1 else max(
            node.windows, key=lambda w: (w.earliest, w.latest)
        )
        windows = node.windows
        if last.lateness_cost is not None:
            rest = tuple(w for w in windows if w is not last)
            windows = (*rest, TimeWindow(last.earliest, inf))
            rate = self._rate(last.lateness_cost)
            if rate:
                bound = min(int(self.time_scale.down(last.latest)), self.horizon)
                self.time.SetCumulVarSoftUpperBound(self.index[i], max(bound, 0), rate)
        if not self._restrict(begin, windows):
            self._leave_out(i)

    def _restrict(self, variable: Any, windows: Windows, latest: float = inf) -> bool:
        """Keep a time inside one of the windows; False when that is impossible."""
        opening = [max(int(self.time_scale.up(w.earliest)), 0) for w in windows]
        closing = [
            min(int(self.time_scale.down(min(w.latest, latest))), self.horizon) for w in windows
        ]
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
        for (_, before), (after, _) in zip(merged, merged[1:], strict=False):
            variable.RemoveInterval(before + 1, after - 1)
        return True

    def _begin(self, i: int) -> Any:
        """When the visit of a node begins, its setup included."""
        node, end_of_setup = self.nodes[i], self.time.CumulVar(self.index[i])
        if not node.setup:
            return end_of_setup
        same: list[Any] = [
            self.solver.IsEqualCstVar(self.routing.NextVar(self.index[j]), self.index[i])
            for j, other in enumerate(self.nodes)
            if j != i and other.place == node.place
        ]
        for v, vehicle in enumerate(self.vehicles):
            if vehicle.kind.start is not None:
                depot = self.instance.depots_by_id[vehicle.kind.start]
                if self.instance.location_index(depot.location) == node.place:
                    first = self.routing.NextVar(self.routing.Start(v))
                    same.append(self.solver.IsEqualCstVar(first, self.index[i]))
        setup = int(self.span_scale.up(node.setup))
        begin = self.solver.IntVar(-setup, self.horizon, f"begin {i}")
        saved = self.solver.Sum(same) * setup if same else 0
        self.solver.Add(begin == end_of_setup - setup + saved)
        return begin

    def _vehicle_times(self, v: int, kind: VehicleType) -> None:
        start = self.time.CumulVar(self.routing.Start(v))
        end = self.time.CumulVar(self.routing.End(v))
        objective, span = self.instance.objective, self.span_scale
        latest = kind.shift.latest + kind.max_overtime
        start_windows, end_windows = self._depot_windows(kind)
        start.SetRange(int(self.time_scale.up(kind.shift.earliest)), self.horizon)
        self._restrict_depot(start, start_windows, kind.shift.earliest, latest)
        self._restrict_depot(end, end_windows, kind.shift.earliest, latest)
        if kind.max_duration < inf:
            limit = int(span.down(kind.max_duration + kind.max_overtime))
            self.time.SetSpanUpperBoundForVehicle(min(limit, self.horizon), v)
        if rate := self._rate(objective.duration * kind.cost_per_duration):
            self.time.SetSpanCostCoefficientForVehicle(rate, v)
        rate = self._rate(objective.duration * kind.overtime_cost)
        if kind.max_overtime and rate:
            if kind.shift.latest < inf:
                bound = max(int(self.time_scale.down(kind.shift.latest)), 0)
                self.time.SetCumulVarSoftUpperBound(self.routing.End(v), bound, rate)
            if kind.max_duration < inf:
                bound_cost = pywrapcp.BoundCost(int(span.down(kind.max_duration)), rate)
                self.time.SetSoftSpanUpperBoundForVehicle(bound_cost, v)
        self.routing.AddVariableMaximizedByFinalizer(start)
        self.routing.AddVariableMinimizedByFinalizer(end)
        if kind.breaks:
            self._breaks(v, kind)

    def _depot_windows(self, kind: VehicleType) -> tuple[Windows, Windows]:
        depots = self.instance.depots_by_id
        start = () if kind.start is None else depots[kind.start].time_windows
        return start, () if kind.end is None else depots[kind.end].time_windows

    def _restrict_depot(
        self, variable: Any, windows: Windows, earliest: float, latest: float
    ) -> None:
        parts = tuple(
            TimeWindow(max(w.earliest, earliest), min(w.latest, latest))
            for w in windows or (TimeWindow(earliest, inf),)
        )
        self._restrict(variable, parts)

    def _breaks(self, v: int, kind: VehicleType) -> None:
        """Breaks lie between start and end of the route, beside all visits."""
        start = self.time.CumulVar(self.routing.Start(v))
        end = self.time.CumulVar(self.routing.End(v))
        intervals = []
        for pause in kind.breaks:
            length = int(self.span_scale.up(pause.duration))
            name = f"break {v} {pause.id}"
            begin = self.solver.IntVar(0, self.horizon, name)
            self._restrict(begin, pause.time_windows or (TimeWindow(kind.shift.earliest, inf),))
            interval = self.solver.FixedDurationIntervalVar(begin, length, name)
            self.solver.Add(begin >= start)
            self.solver.Add(begin + length <= end)
            self.breaks[v].append((pause.id, interval))
            intervals.append(interval)
        self.time.SetBreakIntervalsOfVehicle(intervals, v, self._visit_times())

    def _visit_times(self) -> list[int]:
        """Length of each visit by model index; nothing at starts but loading."""
        times = [0] * (self.routing.Size() + self.routing.vehicles())
        for i, node in enumerate(self.nodes):
            times[self.index[i]] = int(self.span_scale.up(node.service))
        for v, vehicle in enumerate(self.vehicles):
            if vehicle.kind.start is not None:
                depot = self.instance.depots_by_id[vehicle.kind.start]
                times[self.routing.Start(v)] = int(self.span_scale.up(depot.service))
        return times

    def _releases(self) -> None:
        """The release of a trip is a number that holds from its start to its end."""
        nothing = self._vector(np.zeros(len(self.nodes), dtype=np.int64))
        release = self._dimension("release", nothing, self.horizon, from_zero=False)
        for i, node in enumerate(self.nodes):
            ready = int(self.time_scale.up(node.task.release))
            if ready > 0:
                release.CumulVar(self.index[i]).SetMin(ready)
        for v, vehicle in enumerate(self.vehicles):
            first = self.routing.Start(v)
            loading = 0
            if vehicle.kind.start is not None:
                depot = self.instance.depots_by_id[vehicle.kind.start]
                loading = int(self.span_scale.up(depot.service))
            leaves = self.time.CumulVar(first) + self.time.SlackVar(first) + loading
            self.solver.Add(release.CumulVar(first) <= leaves)
            self.routing.AddVariableMinimizedByFinalizer(release.CumulVar(first))

    def _balance(self) -> None:
        """The longest route: all clocks start at 0, and nobody waits."""
        for v in range(len(self.vehicles)):
            self.time.CumulVar(self.routing.Start(v)).SetValue(0)
        self.time.SetGlobalSpanCostCoefficient(self._rate(self.instance.objective.balance))

    # -- tasks -------------------------------------------------------------------------------

    def _tasks(self) -> None:
        """Who may serve a task, and what leaving it out costs."""
        indices: dict[str, list[int]] = {}
        for i, node in enumerate(self.nodes):
            indices.setdefault(node.task.id, []).append(self.index[i])
        self._penalties = self._penalties_of()
        for choice, penalty in zip(self.choices, self._penalties, strict=True):
            first = [indices[task.id][0] for task in choice.tasks]
            self.routing.AddDisjunction(first, penalty, 1)
            for task in choice.tasks:
                for index in indices[task.id][1:]:
                    self.routing.AddDisjunction([index], 0, 1)
                able = [
                    v for v, veh in enumerate(self.vehicles) if work.servable(task, veh.kind)
                ]
                if len(able) < len(self.vehicles):
                    for index in indices[task.id]:
                        self.routing.SetAllowedVehiclesForIndex(able, index)
        self._firsts = [[indices[t.id][0] for t in choice.tasks] for choice in self.choices]

    def _penalties_of(self) -> list[int]:
        """Penalties of the choices: one task more, by priority, outweighs everything below."""
        strict = [choice for choice in self.choices if choice.penalty is None]
        levels = sorted({choice.priority for choice in strict})
        weights, below = {}, int(self.cost_scale.near(self.worst)) + 1
        for level in levels:
            weights[level] = below
            below += below * sum(choice.priority == level for choice in strict)
        if below > ROOM:
            # More levels than 64 bits can keep apart: as steep as they allow.
            base = int(self.cost_scale.near(self.worst)) + 1
            room = max(ROOM // (base * max(len(strict), 1)), 1)
            step = room ** (1.0 / max(len(levels) - 1, 1))
            weights = {level: int(base * step**rank) for rank, level in enumerate(levels)}
        self._least_weight = min(weights.values(), default=ROOM)
        return [
            weights[choice.priority]
            if choice.penalty is None
            else int(self.cost_scale.near(choice.penalty + choice.bonus))
            for choice in self.choices
        ]

    def _pairs(self) -> None:
        firsts = [i for i, node in enumerate(self.nodes) if node.kind == "pickup"]
        if not firsts:
            return
        if self.time is None:
            ones = self._vector(np.ones(len(self.nodes), dtype=np.int64))
            order = self._dimension("order", ones, len(self.nodes) + 1)
        else:
            order = self.time
        for i in firsts:
            pickup, delivery = self.index[i], self.index[i + 1]
            self.routing.AddPickupAndDelivery(pickup, delivery)
            same = self.routing.VehicleVar(pickup) == self.routing.VehicleVar(delivery)
            self.solver.Add(same)
            self.solver.Add(order.CumulVar(pickup) <= order.CumulVar(delivery))
            task = self.nodes[i].task
            if isinstance(task, Shipment) and task.max_ride_time < inf:
                ride = int(self.span_scale.down(task.max_ride_time))
                loading = int(self.span_scale.up(self.nodes[i].service))
                begin = self._begin(i + 1)
                self.solver.Add(begin <= self.time.CumulVar(pickup) + (loading + ride))

    def _locks(self) -> None:
        """Locked visits follow the start of their vehicle in their order."""
        at = {(node.kind, node.task.id): self.index[i] for i, node in enumerate(self.nodes)}
        locked = work.locked_routes(self.instance)
        for v, vehicle in enumerate(self.vehicles):
            plan = locked.get((vehicle.kind.id, vehicle.number))
            here = self.routing.Start(v)
            for visit in plan.visits[: plan.locked] if plan else ():
                if visit.kind not in ("job", "pickup", "delivery"):
                    continue
                following = at[visit.kind, visit.id or ""]
                self.routing.NextVar(here).SetValue(following)
                here = following

    # -- what a state of the search is worth -------------------------------------------------

    def value(self, objective: int) -> tuple[float, int]:
        """Return cost and number of mandatory tasks left out, during a search at a solution."""
        unserved = 0
        for choice, penalty, firsts in zip(
            self.choices, self._penalties, self._firsts, strict=True
        ):
            if choice.mandatory and not any(self.routing.ActiveVar(f).Max() for f in firsts):
                unserved += 1
                objective -= penalty if choice.penalty is None else 0
                objective += (
                    int(self.cost_scale.near(choice.bonus)) if choice.penalty is None else 0
                )
        return objective / self.cost_scale.factor + self.offset, unserved


def _finite(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Put the largest finite value where there is no way; such arcs are closed elsewhere."""
    finite = np.isfinite(values)
    if finite.all():
        return values
    return np.where(finite, values, values[finite].max(initial=0.0))


def _signed_up(scale: Scale, values: npt.NDArray[np.float64]) -> Integers:
    """Round away from zero: what is picked up and what is delivered stay equal."""
    return np.asarray(np.sign(values).astype(np.int64) * scale.up(np.abs(values)))
