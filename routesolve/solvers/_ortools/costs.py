"""Costs: what arcs, vehicles and tasks left out cost, in integers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from routesolve.instances.model import Job, Shipment, VehicleType
from routesolve.solvers._ortools import work
from routesolve.solvers._ortools.scales import ROOM, Scale, cost_scale

if TYPE_CHECKING:
    from routesolve.solvers._ortools.model import RoutingProblem


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
    mandatory
        Whether serving none is a shortcoming of the plan.
    bonus
        What a member is paid when served: its part of the group's prize, its best preference
        score. Constants of the objective that OR-Tools, which has no negative costs, must not see.
    """

    tasks: tuple[Job | Shipment, ...]
    penalty: float | None
    priority: int
    mandatory: bool
    bonus: float


class Costs:
    """The objective of a routing model.

    Parameters
    ----------
    problem
        The model, its travel known and its times measured.

    Attributes
    ----------
    choices, penalties
        Tasks of which at most one is served, and what serving none costs in cost units.
    scale
        Cost units per unit of cost.
    reload_cost
        Cost units of a reload: less, all together, than one unit of the costs proper.
    firsts
        Indices of the first visit of each choice's tasks, set when they are known.
    """

    def __init__(self, problem: RoutingProblem) -> None:
        self.problem = problem
        self.per_second = problem.time_scale.factor
        self.firsts: list[list[int]] = []
        self._choices()
        self._measure()
        self.penalties = self._weigh()

    def _choices(self) -> None:
        """Gather tasks into choices: what serving them pays, what leaving them out costs."""
        problem = self.problem
        instance = problem.instance
        groups: dict[str, list[Job | Shipment]] = {}
        for task in {node.id: node.task for node in problem.nodes if node.task}.values():
            key = f"task {task.id}" if task.group is None else f"group {task.group}"
            groups.setdefault(key, []).append(task)
        everyone: dict[str, list[Job | Shipment]] = {}
        for task in work.tasks_of(instance):
            key = f"task {task.id}" if task.group is None else f"group {task.group}"
            everyone.setdefault(key, []).append(task)
        self.choices = [self._choice(tuple(tasks), everyone[key]) for key, tasks in groups.items()]
        hopeless = [self._choice((), m) for key, m in everyone.items() if key not in groups]
        self.hopeless = sum(choice.mandatory for choice in hopeless)
        self.offset = sum(choice.penalty or 0.0 for choice in hopeless)

    def _choice(
        self, tasks: tuple[Job | Shipment, ...], members: Sequence[Job | Shipment]
    ) -> Choice:
        problem = self.problem
        objective = problem.instance.objective
        priority = max(task.priority for task in members)
        scores = [self._score(task, kind) for task in tasks for kind in problem.kinds]
        bonus = max([0.0, *scores])
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
        return self.problem.instance.objective.preference * kind.preferences.get(task.id, 0.0)

    def _visit_costs(self, kind: VehicleType) -> npt.NDArray[np.float64]:
        """Cost of serving each node, on arrival: what the best choice would have paid more."""
        problem = self.problem
        costs = np.zeros(len(problem.nodes) + len(problem.terminals))
        places: dict[str, list[int]] = {}
        for i, node in enumerate(problem.nodes):
            if node.kind in ("job", "pickup"):
                places.setdefault(node.id, []).append(i)
        for choice in self.choices:
            for task in choice.tasks:
                cost = choice.bonus - self._score(task, kind)
                if not choice.mandatory:
                    cost += (choice.penalty or 0.0) - (task.prize or 0.0)
                costs[places[task.id]] = max(cost, 0.0)
        return costs

    def _measure(self) -> None:
        """Choose the scale of costs."""
        problem = self.problem
        objective = problem.instance.objective
        self.arc_cost: dict[str, npt.NDArray[np.float64]] = {}
        rates = []
        for kind in problem.kinds:
            travel = problem.travel[kind.id]
            cost = objective.distance * kind.cost_per_distance * work.finite(travel.distance)
            if objective.duration and kind.cost_per_driving_time:
                cost = cost + (
                    objective.duration * kind.cost_per_driving_time * work.finite(travel.duration)
                )
            visits = self._visit_costs(kind)
            self.arc_cost[kind.id] = cost + visits[None, :] if visits.any() else cost
            rates += [objective.duration * kind.cost_per_duration]
            rates += [objective.duration * kind.overtime_cost]
        rates += [w.lateness_cost or 0.0 for node in problem.nodes for w in node.windows]
        rates += [objective.balance]
        fixed = [kind.fixed_cost + objective.vehicles for kind in problem.kinds]
        penalties = [choice.penalty or 0.0 for choice in self.choices]
        bonuses = [choice.bonus for choice in self.choices]
        horizon = problem.horizon / self.per_second
        stops = len(problem.nodes) + len(problem.vehicles)
        self.worst = (
            stops * max(float(c.max(initial=0.0)) for c in self.arc_cost.values())
            + len(problem.vehicles)
            * (max(fixed) + 2 * horizon * max(rates[: 2 * len(problem.kinds)]))
            + horizon * (sum(rates[2 * len(problem.kinds) :]))
            + sum(penalties)
            + sum(bonuses)
        )
        units = [rate / self.per_second for rate in rates]
        self.scale = cost_scale(
            [*self.arc_cost.values(), fixed, penalties, bonuses], units, self.worst
        )
        self.reload_cost = 0
        finer = len(problem.reloads) + 1
        if problem.reloads and self.worst * self.scale.factor * finer < 2.0**52:
            # Among plans of one cost those with fewer reloads: an idle one would only take time.
            self.scale, self.reload_cost = Scale(self.scale.factor * finer), 1
        self.offset -= sum(bonuses)

    def rate(self, per_second: float) -> int:
        """Cost per second as cost units per time unit."""
        return int(self.scale.near(per_second / self.per_second))

    def add(self) -> None:
        """Put the costs of arcs and vehicles into the model."""
        problem, evaluators = self.problem, {}
        for kind in problem.kinds:
            cost = self.scale.near(self.arc_cost[kind.id])
            n = len(problem.nodes)
            cost[n:, n:] = 0
            cost[:, problem.reloads] += self.reload_cost
            evaluators[kind.id] = problem.matrix("cost", cost)
        del self.arc_cost
        for v, vehicle in enumerate(problem.vehicles):
            kind = vehicle.kind
            problem.routing.SetArcCostEvaluatorOfVehicle(evaluators[kind.id], v)
            fixed = kind.fixed_cost + problem.instance.objective.vehicles
            if fixed:
                problem.routing.SetFixedCostOfVehicle(int(self.scale.near(fixed)), v)

    def _weigh(self) -> list[int]:
        """Penalties of the choices: one task more, by priority, outweighs everything below."""
        strict = [choice for choice in self.choices if choice.penalty is None]
        levels = sorted({choice.priority for choice in strict})
        weights, below = {}, int(self.scale.near(self.worst)) + 1 + len(self.problem.reloads)
        for level in levels:
            weights[level] = below
            below += below * sum(choice.priority == level for choice in strict)
        if below > ROOM:
            # More levels than 64 bits can keep apart: as steep as they allow.
            base = int(self.scale.near(self.worst)) + 1
            room = max(ROOM // (base * max(len(strict), 1)), 1)
            step = room ** (1.0 / max(len(levels) - 1, 1))
            weights = {level: int(base * step**rank) for rank, level in enumerate(levels)}
        return [
            weights[choice.priority]
            if choice.penalty is None
            else int(self.scale.near(choice.penalty + choice.bonus))
            for choice in self.choices
        ]

    def value(self, objective: int, active: Callable[[int], bool]) -> tuple[float, int]:
        """Return cost and number of mandatory tasks left out.

        Parameters
        ----------
        objective
            As OR-Tools counts it.
        active
            Whether the node with an index is visited.
        """
        unserved = self.hopeless
        index = self.problem.index
        objective -= self.reload_cost * sum(active(index[i]) for i in self.problem.reloads)
        for choice, penalty, firsts in zip(self.choices, self.penalties, self.firsts, strict=True):
            if choice.mandatory and not any(map(active, firsts)):
                unserved += 1
                if choice.penalty is None:
                    objective += int(self.scale.near(choice.bonus)) - penalty
        return objective / self.scale.factor + self.offset, unserved
