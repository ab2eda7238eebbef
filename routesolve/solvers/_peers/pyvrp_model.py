"""An instance as PyVRP's problem data, and plans there and back.

Every stop and every depot in a role has a row of its own in PyVRP's matrices, so that what depends
on who comes from where can be said in them: what a leg costs a vehicle type, which stops it may not
visit, which stops may not follow each other, where no way leads. PyVRP's *distance* is whatever a
route is charged for and limited in; its *duration* is time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from routesolve.instances.model import Job, Shipment, VehicleType
from routesolve.solvers._ortools import work
from routesolve.solvers._ortools.scales import FINEST, NOISE, Scale, exact_factor
from routesolve.solvers._peers import rules
from routesolve.solvers._peers.sums import Sums, route_sums
from routesolve.solvers._peers.times import Span, Times

if TYPE_CHECKING:
    from routesolve.instances.instance import VrpInstance

Floats = npt.NDArray[np.float64]

MOST_COST = 2.0**42
"""Largest cost of a plan in steps: PyVRP warns of overflow above 2^44."""

MOST_TIME = 2.0**40
WEIGHTIEST = 2.0**56
PENALTY = 1e5
"""PyVRP's own largest penalty per unit of violation, made for legs of some hundred units."""

LEGS_PER_UNIT = 200.0
"""PyVRP's largest penalty in such legs."""

LONG_ROUTE = 100
FINEST_COST = 10**6
DIGITS = 1e5


@dataclass(frozen=True, slots=True)
class Twin:
    """One of the PyVRP clients that stand for a job: one for each of its time windows."""

    job: Job
    row: int
    window: Span


class PyvrpProblem:
    """An instance in PyVRP's terms.

    Parameters
    ----------
    instance
        The problem; all its features are supported.

    Attributes
    ----------
    twins
        PyVRP's clients, in order.
    shipments
        PyVRP's shipments, in order, with the rows and windows of their ends.
    duties
        Tasks and exclusive groups: priority (None = optional), members, members PyVRP knows.
    weights
        Cost steps of leaving out a mandatory task, by priority, where it has no cost.
    offset
        Cost steps to be added to those of PyVRP's plans.
    scale
        Cost steps per unit of cost.
    """

    def __init__(self, instance: VrpInstance) -> None:
        self.instance = instance
        self.times = Times(instance, rules.fleet_of(instance), most=MOST_TIME)
        self.time, self.span = self.times.time, self.times.span
        self.kinds = [kind for kind in rules.fleet_of(instance) if self._works(kind)]
        self.nodes = work.make_nodes(instance, self.kinds)
        reloads = [(name,) for name in work.reload_depots(self.kinds)]
        self.terminals = list(dict.fromkeys([*work.terminals_of(self.kinds), *reloads]))
        self._choose_tasks()
        self.sums = [
            route_sums(instance, kind, self.nodes, self.terminals, self._bonus)
            for kind in self.kinds
        ]
        self._measure_cost()
        self._weigh()
        self._profiles: dict[bytes, int] = {}
        self._distances: list[npt.NDArray[np.int64]] = []
        self._durations: list[npt.NDArray[np.int64]] = []

    # -- vehicles that can work ------------------------------------------------------------------

    def _works(self, kind: VehicleType) -> bool:
        """Whether its depots are open at any time at which a vehicle of a type may work."""
        names = [name for name in (kind.start, kind.end) if name is not None]
        depots = [self.instance.depots_by_id[name] for name in names]
        return all(
            any(early <= last and first <= late for early, late in self.times.spans(hours))
            for hours in (depot.time_windows for depot in depots)
            for first, last in self._shift(kind)
        ) and bool(self._shift(kind))

    def _shift(self, kind: VehicleType) -> list[Span]:
        more, priced = rules.overtime(self.instance, kind)
        latest = kind.shift.latest + (0.0 if priced else more)
        early, late = int(self.time.up(kind.shift.earliest)), int(self.time.down(latest))
        early, late = self.times.clip(early, late)
        return [(early, late)] if early <= late else []

    # -- tasks ---------------------------------------------------------------------------------

    def _choose_tasks(self) -> None:
        """Make clients and shipments of all tasks that some vehicle may serve at some time."""
        self.twins: list[Twin] = []
        self.shipments: list[tuple[Shipment, int, Span, Span]] = []
        for row, node in enumerate(self.nodes):
            spans = self.times.spans(node.windows)
            if isinstance(node.task, Job):
                ready = self._release(node.task)
                self.twins += [Twin(node.task, row, s) for s in spans if s[1] >= ready]
            elif isinstance(node.task, Shipment) and node.kind == "pickup":
                drops = self.times.spans(self.nodes[row + 1].windows)
                if spans and drops and spans[0][0] <= drops[0][1]:
                    self.shipments.append((node.task, row, spans[0], drops[0]))
        known = {twin.job.id for twin in self.twins} | {s.id for s, *_ in self.shipments}
        self.duties = [
            (priority, members, [task for task in members if task.id in known])
            for priority, members in rules.duties(self.instance)
        ]
        self._bonus = {
            task.id: max([0.0, *(self._score(task, kind) for kind in self.kinds)])
            for _, _, kept in self.duties
            for task in kept
        }

    @property
    def tasks(self) -> int:
        """Number of PyVRP's clients and shipments."""
        return len(self.twins) + len(self.shipments)

    def _score(self, task: Job | Shipment, kind: VehicleType) -> float:
        return self.instance.objective.preference * kind.preferences.get(task.id, 0.0)

    # -- cost ----------------------------------------------------------------------------------

    def _measure_cost(self) -> None:
        """Choose the steps per unit of cost."""
        objective = self.instance.objective
        rates, fixed, worst = [], [], 0.0
        for kind, sums in zip(self.kinds, self.sums, strict=True):
            per_second = objective.duration * np.array([kind.cost_per_duration, kind.overtime_cost])
            fixed.append(kind.fixed_cost + objective.vehicles)
            rates += [float(rate) / self.span.factor for rate in per_second]
            if sums.limited:
                rates.append(sums.price / sums.scale.factor)
            most = float(np.where(sums.closed, 0.0, sums.legs).max(initial=0.0)) * sums.price
            here = most * 2 * len(self.nodes) + fixed[-1] * len(self.nodes)
            worst = max(worst, here + float(per_second.sum()) * self.times.horizon)
        free = [sums.legs for sums in self.sums if not sums.limited]
        prizes = [task.prize or 0.0 for task in work.tasks_of(self.instance)]
        prizes += list(self._bonus.values())
        worst += sum(prizes)
        self.scale = Scale(_cost_factor([*free, np.array(fixed), np.array(prizes)], rates, worst))

    def _leg_steps(self, sums: Sums) -> tuple[npt.NDArray[np.int64], int, int | None]:
        """Legs of a vehicle type in whole steps, the cost of a step, the limit on their sum."""
        if sums.limited:
            legs = sums.scale.up(sums.legs)
            limit = int(sums.scale.down(sums.limit))
            price = int(self.scale.near(sums.price / sums.scale.factor))
            beyond = limit + int(legs.max(initial=0)) + 1
        else:
            legs = self.scale.near(sums.legs)
            price, limit = 1, None
            beyond = int(np.where(sums.closed, 0, legs).max(axis=1, initial=0).sum()) + 1
            if sums.closed.any():
                limit = beyond - 1
        legs = np.where(sums.closed, beyond, legs)
        np.fill_diagonal(legs, 0)
        return legs, price, limit

    def _weigh(self) -> None:
        """Cost steps of leaving tasks out: their prize, their cost, or a weight by priority.

        The weights are those of a plan that cannot serve all its mandatory tasks. One more task,
        of a priority, outweighs all those below and more than a task can cost.
        """
        objective = self.instance.objective
        legs = max((self.scale.factor * s.dearest for s in self.sums), default=0.0)
        seconds = max(
            (objective.duration * (k.cost_per_duration + k.overtime_cost) for k in self.kinds),
            default=0.0,
        )
        fixed = max((kind.fixed_cost + objective.vehicles for kind in self.kinds), default=0.0)
        bonus = max(self._bonus.values(), default=0.0)
        dear = 4 * legs + self.scale.factor * (fixed + bonus + seconds * self.times.horizon / 4)
        below, self.weights = int(dear) + 1, {}
        levels = [p for p, _, kept in self.duties if p is not None and kept]
        for level in sorted(set(levels)):
            self.weights[level] = below
            below = int(min(below * (1 + levels.count(level)), WEIGHTIEST))

    def _steps(self, cost: float) -> int:
        return int(self.scale.near(cost))

    def _price(
        self, priority: int | None, members: Sequence[Job | Shipment], strictly: bool
    ) -> int | None:
        """Cost steps of serving none of some tasks; None where one of them must be served."""
        if priority is None:
            return self._steps(max(task.prize or 0.0 for task in members))
        unserved = self.instance.objective.unserved
        if unserved is not None:
            return self._steps(unserved * (1 + priority))
        return None if strictly else self.weights.get(priority, 0)

    # -- PyVRP's data ----------------------------------------------------------------------------

    def data(self, *, strictly: bool) -> Any:
        """Return PyVRP's problem data.

        Parameters
        ----------
        strictly
            Whether mandatory tasks must be served. Otherwise leaving them out costs their weight.
        """
        import pyvrp

        self.offset, self.strictly = 0, strictly
        clients, groups, shipments = self._tasks(pyvrp, strictly)
        rows = len(self.nodes) + len(self.terminals)
        kinds = [self._vehicles(pyvrp, k, s) for k, s in zip(self.kinds, self.sums, strict=True)]
        return pyvrp.ProblemData(
            locations=[pyvrp.Location(0, 0)] * rows,
            clients=clients,
            depots=[self._depot(pyvrp, i) for i in range(len(self.terminals))],
            vehicle_types=kinds,
            distance_matrices=self._distances,
            duration_matrices=self._durations,
            groups=groups,
            shipments=shipments,
        )

    def _tasks(self, pyvrp: Any, strictly: bool) -> tuple[list[Any], list[Any], list[Any]]:
        members: dict[str, list[int]] = {}
        for i, twin in enumerate(self.twins):
            members.setdefault(twin.job.id, []).append(i)
        required: set[str] = set()
        worth: dict[str, int] = {}
        group_of: dict[int, int] = {}
        groups: list[Any] = []
        for priority, everyone, kept in self.duties:
            price = self._price(priority, everyone, strictly)
            if not kept:
                self.offset += price or 0
                continue
            for task in kept:
                own = price if priority is not None else self._steps(task.prize or 0.0)
                worth[task.id] = (own or 0) + self._steps(self._bonus[task.id])
            self.offset += price or 0
            self.offset -= sum(worth[t.id] * len(members.get(t.id, (0,))) for t in kept)
            clients = [i for task in kept for i in members.get(task.id, ())]
            if len(clients) > 1:
                groups.append(pyvrp.ClientGroup(clients, required=price is None))
                group_of.update(dict.fromkeys(clients, len(groups) - 1))
            elif price is None:
                required.update(task.id for task in kept)
        clients = [
            self._client(pyvrp, twin, worth, twin.job.id in required, group_of.get(i))
            for i, twin in enumerate(self.twins)
        ]
        shipments = [
            self._shipment(pyvrp, *parts, worth, parts[0].id in required)
            for parts in self.shipments
        ]
        return clients, groups, shipments

    def _client(
        self, pyvrp: Any, twin: Twin, worth: dict[str, int], required: bool, group: int | None
    ) -> Any:
        node = self.nodes[twin.row]
        return pyvrp.Client(
            twin.row,
            delivery=self._amounts(node.brought, 1),
            pickup=self._amounts(node.taken, 0),
            service_duration=int(self.span.up(node.service)),
            tw_early=twin.window[0],
            tw_late=twin.window[1],
            release_time=self._release(twin.job),
            prize=worth[twin.job.id],
            required=required,
            group=group,
        )

    def _shipment(
        self,
        pyvrp: Any,
        task: Shipment,
        row: int,
        picked: Span,
        dropped: Span,
        worth: dict[str, int],
        required: bool,
    ) -> Any:
        here, there = self.nodes[row], self.nodes[row + 1]
        return pyvrp.Shipment(
            row,
            row + 1,
            pickup_tw_early=picked[0],
            pickup_tw_late=picked[1],
            pickup_service_duration=int(self.span.up(here.service)),
            delivery_tw_early=dropped[0],
            delivery_tw_late=dropped[1],
            delivery_service_duration=int(self.span.up(there.service)),
            amount=self._amounts(here.carried, 0),
            prize=worth[task.id],
            required=required,
        )

    def _release(self, job: Job) -> int:
        """When a trip may begin: PyVRP counts releases to the begin of loading, we to its end."""
        loading = max(rules.loading_times(self.instance), default=0.0)
        return max(int(self.time.up(job.release - loading)), 0) if job.release else 0

    # Loads: one dimension more counts visits where their number is limited.

    @property
    def _counted(self) -> bool:
        return any(kind.max_jobs is not None for kind in self.kinds)

    def _load_scales(self) -> list[Scale]:
        if not hasattr(self, "_scales"):
            loads = [[n.brought, n.taken, n.carried] for n in self.nodes]
            shape = (3 * len(loads), self.instance.dimension_count)
            table = np.array(loads, dtype=np.float64).reshape(shape)
            rooms = [self.instance.capacity(kind) for kind in self.kinds]
            self._scales = []
            self._total = np.abs(table).sum(axis=0) + 1.0
            for d in range(self.instance.dimension_count):
                values = [table[:, d], np.array([room[d] for room in rooms])]
                factor = float(exact_factor(values) or FINEST)
                self._scales.append(Scale(factor))
        return self._scales

    def _amounts(self, amounts: Floats, visits: int) -> list[int]:
        made = [int(s.up(a)) for s, a in zip(self._load_scales(), amounts, strict=True)]
        return [*made, visits] if self._counted else made

    def _capacity(self, kind: VehicleType) -> list[int]:
        scales, room = self._load_scales(), self.instance.capacity(kind)
        made = [
            int(s.down(min(x, most))) + (x > most)
            for s, x, most in zip(scales, room, self._total * 2, strict=True)
        ]
        visits = len(self.twins) if kind.max_jobs is None else kind.max_jobs
        return [*made, visits] if self._counted else made

    # Vehicles and depots.

    def _vehicles(self, pyvrp: Any, kind: VehicleType, sums: Sums) -> Any:
        objective = self.instance.objective
        legs, price, limit = self._leg_steps(sums)
        early, late = self._shift(kind)[0]
        more, priced = rules.overtime(self.instance, kind)
        per_second = objective.duration / self.span.factor
        options: dict[str, Any] = {}
        if limit is not None:
            options["max_distance"] = limit
        if kind.max_duration < inf:
            nominal = int(self.span.down(kind.max_duration))
            most = int(self.span.down(kind.max_duration + more))
            options["shift_duration"] = nominal if priced else most
            options["max_overtime"] = most - nominal if priced else 0
            options["unit_overtime_cost"] = int(self.scale.near(per_second * kind.overtime_cost))
        if late < self.times.forever:
            options["tw_late"] = late
        windows = {
            name: self.instance.depots_by_id[name].time_windows for name in kind.reload_depots
        }
        depots = [d for d in work.reload_depots([kind]) if self.times.spans(windows[d])]
        if depots:
            options["reload_depots"] = [self.terminal((name,)) for name in depots]
            if kind.max_reloads is not None:
                options["max_reloads"] = kind.max_reloads
        return pyvrp.VehicleType(
            num_available=rules.enough(self.instance, kind, self.tasks, self.tasks),
            capacity=self._capacity(kind),
            start_depot=self.terminal(work.start_of(kind)),
            end_depot=self.terminal(work.ends_of(kind)),
            fixed_cost=int(self.scale.near(kind.fixed_cost + objective.vehicles)),
            tw_early=early,
            unit_distance_cost=price,
            unit_duration_cost=int(self.scale.near(per_second * kind.cost_per_duration)),
            profile=self._profile(legs, self.span.up(sums.seconds)),
            **options,
        )

    def _profile(self, legs: npt.NDArray[np.int64], seconds: npt.NDArray[np.int64]) -> int:
        """Number of a pair of matrices; equal ones are kept once."""
        key = hashlib.sha256(legs.tobytes() + seconds.tobytes()).digest()
        if key not in self._profiles:
            self._profiles[key] = len(self._profiles)
            self._distances.append(legs)
            self._durations.append(seconds)
        return self._profiles[key]

    def terminal(self, depots: tuple[str, ...]) -> int:
        """Number of PyVRP's depot for a start, an end or a reload."""
        return self.terminals.index(depots)

    def _depot(self, pyvrp: Any, number: int) -> Any:
        row = len(self.nodes) + number
        names = self.terminals[number]
        if not names:
            return pyvrp.Depot(row)
        depot = self.instance.depots_by_id[names[0]]
        early, late = (self.times.spans(depot.time_windows) or [(0, self.times.forever)])[0]
        loading = int(self.span.up(depot.service))
        return pyvrp.Depot(row, tw_early=early, tw_late=late, service_duration=loading)

    def penalty(self, data: Any) -> float:
        """Largest penalty per unit of violation.

        Above any leg and any prize, so that no rule is broken for them; small enough for 64 bits.
        """
        legs = [_typical(sums.legs) * sums.price for sums in self.sums]
        prizes = [part.prize for part in (*data.clients(), *data.shipments())]
        wanted = [PENALTY, LEGS_PER_UNIT * self.scale.factor * max(legs), 4.0 * max(prizes)]
        many = min(self.tasks, LONG_ROUTE)
        violations = [float(self.times.forever * many)]
        for kind in data.vehicle_types():
            if kind.max_distance < MOST_COST:
                largest = float(self._distances[kind.profile].max(initial=0))
                violations.append(largest * many)
        return float(max(min(max(wanted), 2.0**60 / max(violations)), PENALTY))


def _typical(values: Floats) -> float:
    """Median of what is not nothing."""
    some = values[values > 0]
    return float(np.median(some)) if some.size else 0.0


def _cost_factor(costs: Sequence[Floats], rates: Sequence[float], worst: float) -> float:
    """Steps per unit of cost: exact where possible, else five digits of a typical leg.

    More of them would make the penalties of broken rules outgrow 64 bits.

    Parameters
    ----------
    costs
        What goes into the cost once; the legs first.
    rates
        Costs per step of something else: each must be a whole number of cost steps.
    worst
        Bound on the cost of any plan.
    """
    slopes = np.array([rate for rate in rates if rate > 0])
    factor = float(exact_factor([*costs, slopes], FINEST_COST) or 0)
    if not factor:
        wanted = [float(exact_factor([slopes], FINEST_COST) or 1e4 / slopes.min())]
        wanted += [DIGITS / typical for typical in map(_typical, costs[:1]) if typical]
        factor = 10.0 ** float(np.ceil(np.log10(max(wanted)) - NOISE))
    while worst * factor > MOST_COST:
        factor /= 10.0
    return factor
