"""The routing model: every rule of an instance as dimensions and constraints of OR-Tools.

Two devices carry most of it. A rule on the load or the time along a route is a dimension, whose
bounds the local search filters know. A property of a whole trip (its kind of goods, its release
time) is a dimension that does not change on the way: what one stop demands holds for all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from ortools.constraint_solver import pywrapcp

from routesolve.instances.features import Feature, used_features
from routesolve.instances.model import Shipment
from routesolve.solvers._ortools import work
from routesolve.solvers._ortools.costs import Costs
from routesolve.solvers._ortools.loads import add_backhauls, add_loads
from routesolve.solvers._ortools.scales import Integers, Scale, measure_scale
from routesolve.solvers._ortools.times import Times
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

SHARED_NUMBERS = 2**20


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
    times, time_scale, horizon
        The clockwork, None where nothing depends on time; units of time; end of all times.
    costs
        The objective.
    reloads
        Which of the nodes are reloads.
    has_pairs
        Whether there are shipments.
    possible
        False when some vehicle cannot even drive an empty route.
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
        self.possible = True
        self.reloads = [i for i, node in enumerate(nodes) if node.kind == "reload"]
        self.has_pairs = any(node.kind == "pickup" for node in nodes)
        self._evaluators: dict[tuple[Any, ...], int] = {}
        self.times = Times(self) if self.features & TIMED else None
        self.horizon = self.times.horizon if self.times else len(nodes) + 1
        self.time_scale = self.times.span_scale if self.times else Scale(1.0)
        self.costs = Costs(self)
        self.costs.add()
        self._closed_arcs()
        self._reloads()
        add_loads(self)
        add_backhauls(self)
        self._limits()
        if self.times:
            self.times.add()
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

    def matrix(self, name: str, values: Integers) -> int:
        """Register a matrix, equal ones once."""
        key = (name, blake2b(np.ascontiguousarray(values).data, digest_size=16).digest())
        if key not in self._evaluators:
            self._evaluators[key] = self.routing.RegisterTransitMatrix(_rows(values))
        return self._evaluators[key]

    def vector(self, values: Integers) -> int:
        """Register a transit that depends on the node left; terminals have none."""
        padded = np.concatenate([values, np.zeros(len(self.terminals), dtype=np.int64)])
        index: int = self.routing.RegisterUnaryTransitVector(padded.tolist())
        return index

    def dimension(
        self,
        name: str,
        evaluators: int | dict[str, int],
        capacities: int | Iterable[int],
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

    def trip_dimension(
        self, name: str, values: Integers, limits: int | Sequence[int], *, from_zero: bool = True
    ) -> Any:
        """Add a dimension of sums per trip: after a reload it may begin anew at any value."""
        most = limits if isinstance(limits, int) else max(limits, default=0)
        if not self.reloads:
            return self.dimension(name, self.vector(values), limits, from_zero=from_zero)
        values = values.copy()
        values[self.reloads] = -most
        dimension = self.dimension(
            name, self.vector(values), limits, slack=2 * most, from_zero=from_zero
        )
        again = {self.index[i] for i in self.reloads}
        for index in range(self.routing.Size()):
            if index not in again:
                dimension.SlackVar(index).SetValue(0)
        return dimension

    def _reloads(self) -> None:
        """Reloads are optional, for some vehicles only; a shipment does not stay over one."""
        if not self.reloads:
            return
        count = np.zeros(len(self.nodes), dtype=np.int64)
        count[self.reloads] = 1
        many = len(self.reloads)
        limits = [many if v.kind.max_reloads is None else v.kind.max_reloads for v in self.vehicles]
        trips = self.dimension("reloads", self.vector(count), limits)
        for i in self.reloads:
            self.routing.AddDisjunction([self.index[i]], 0, 1)
            others = [
                v
                for v, vehicle in enumerate(self.vehicles)
                if not work.may_reload(vehicle.kind, self.nodes[i].id)
            ]
            self.routing.VehicleVar(self.index[i]).RemoveValues(others)
        for i, node in enumerate(self.nodes):
            if node.kind == "pickup":
                pickup, delivery = self.index[i], self.index[i + 1]
                self.solver.Add(trips.CumulVar(pickup) == trips.CumulVar(delivery))

    def _closed_arcs(self) -> None:
        """Where there is no way no vehicle goes: a dimension of capacity 0."""
        closed = {
            kind.id: (~np.isfinite(t.distance) | ~np.isfinite(t.duration)).astype(np.int64)
            for kind in self.kinds
            for t in (self.travel[kind.id],)
        }
        if any(matrix.any() for matrix in closed.values()):
            self.dimension(
                "closed", {k.id: self.matrix("closed", closed[k.id]) for k in self.kinds}, 0
            )

    def leave_out(self, i: int) -> None:
        """Never visit a node."""
        self.routing.ActiveVar(self.index[i]).SetValue(0)

    # -- limits without time -----------------------------------------------------------------

    def _limits(self) -> None:
        if Feature.MAX_JOBS in self.features:
            ones = self.vector(np.array([n.task is not None for n in self.nodes], dtype=np.int64))
            many = len(self.nodes) + 1
            limits = [many if v.kind.max_jobs is None else v.kind.max_jobs for v in self.vehicles]
            self.dimension("jobs", ones, limits)
        if Feature.MAX_DISTANCE in self.features:
            tables = {kind.id: self.travel[kind.id].distance for kind in self.kinds}
            self._travel_limit("distance", tables, [v.kind.max_distance for v in self.vehicles])
        if Feature.MAX_DRIVING_TIME in self.features:
            tables = {kind.id: self.travel[kind.id].duration for kind in self.kinds}
            self._travel_limit("driving", tables, [v.kind.max_driving_time for v in self.vehicles])

    def _travel_limit(
        self, name: str, tables: dict[str, npt.NDArray[np.float64]], limits: Sequence[float]
    ) -> None:
        tables = {kind: work.finite(table) for kind, table in tables.items()}
        scale = measure_scale([*tables.values(), limits])
        longest = sum(int(scale.up(t).max(axis=1, initial=0).sum()) for t in tables.values()) + 1
        evaluators = {k.id: self.matrix(name, scale.up(tables[k.id])) for k in self.kinds}
        self.dimension(name, evaluators, [min(int(scale.down(x)), longest) for x in limits])

    # -- tasks -------------------------------------------------------------------------------

    def _tasks(self) -> None:
        """Who may serve a task, and what leaving it out costs."""
        indices: dict[str, list[int]] = {}
        for i, node in enumerate(self.nodes):
            if node.task:
                indices.setdefault(node.id, []).append(self.index[i])
        choices = self.costs.choices
        self.costs.firsts = [[indices[t.id][0] for t in choice.tasks] for choice in choices]
        for choice, penalty in zip(choices, self.costs.penalties, strict=True):
            first = [indices[task.id][0] for task in choice.tasks]
            self.routing.AddDisjunction(first, penalty, 1)
            for task in choice.tasks:
                for index in indices[task.id][1:]:
                    self.routing.AddDisjunction([index], 0, 1)
                others = [
                    v for v, veh in enumerate(self.vehicles) if not work.servable(task, veh.kind)
                ]
                for index in indices[task.id] if others else ():
                    self.routing.VehicleVar(index).RemoveValues(others)

    def _pairs(self) -> None:
        firsts = [i for i, node in enumerate(self.nodes) if node.kind == "pickup"]
        if not firsts:
            return
        if self.times is None:
            ones = self.vector(np.ones(len(self.nodes), dtype=np.int64))
            order = self.dimension("order", ones, len(self.nodes) + 1)
        else:
            order = self.times.dimension
        for i in firsts:
            pickup, delivery = self.index[i], self.index[i + 1]
            self.routing.AddPickupAndDelivery(pickup, delivery)
            same = self.routing.VehicleVar(pickup) == self.routing.VehicleVar(delivery)
            self.solver.Add(same)
            # A shipment left out must not bind: its windows alone may contradict each other.
            loose = (1 - self.routing.ActiveVar(pickup)) * (2 * self.horizon)
            self.solver.Add(order.CumulVar(pickup) <= order.CumulVar(delivery) + loose)
            task = self.nodes[i].task
            if self.times and isinstance(task, Shipment) and task.max_ride_time < inf:
                ride = int(self.time_scale.down(task.max_ride_time))
                loading = int(self.time_scale.up(self.nodes[i].service))
                latest = order.CumulVar(pickup) + (loading + ride) + loose
                self.solver.Add(self.times.begin(i + 1) <= latest)

    def _locks(self) -> None:
        """Locked visits follow the start of their vehicle in their order."""
        at = {(node.kind, node.id): self.index[i] for i, node in enumerate(self.nodes)}
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


def _rows(values: Integers) -> list[list[int]]:
    """Return a matrix as lists. Equal small numbers are one object: a fifth of the memory."""
    if not values.size or values.min() < 0 or values.max() >= min(values.size, SHARED_NUMBERS):
        rows: list[list[int]] = values.tolist()
        return rows
    numbers = np.arange(values.max() + 1).astype(object)
    return [numbers[row].tolist() for row in values]
