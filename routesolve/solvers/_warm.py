"""Where a search starts, and which of two plans is better: nobody returns worse than the start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from routesolve.solutions.solution import Route, Solution, Visit
from routesolve.solvers.base import Clock, Result, finish

if TYPE_CHECKING:
    from routesolve.instances.instance import VrpInstance
    from routesolve.instances.model import Job, Shipment


def given_plan(instance: VrpInstance, start: Solution | None) -> Solution | None:
    """Return the plan to start from: the one asked for, or the instance's own."""
    if start is not None or not instance.initial_routes:
        return start
    return Solution(
        tuple(
            Route(r.vehicle_type, tuple(Visit(v.kind, v.id) for v in r.visits), r.vehicle)
            for r in instance.initial_routes
        )
    )


def better_of(result: Result, start: Solution | None, clock: Clock) -> Result:
    """Return ``result``, or the plan it started from where that is feasible and better."""
    if start is None:
        return result
    given = finish(result.instance, start, clock, solver=result.solver, seed=result.seed)
    return given if given.feasible and rank(given) < rank(result) else result


def rank(result: Result) -> tuple[float, ...]:
    """Order of plans: mandatory tasks left out, by priority, then cost.

    Where leaving a task out has a cost, the cost says it all.
    """
    instance = result.instance
    if instance.objective.unserved is not None:
        return (result.cost,)
    served = {name for _, name in result.solution.served()}
    counts = dict.fromkeys(sorted({c for c, _ in _duties(instance)}, reverse=True), 0)
    for priority, members in _duties(instance):
        counts[priority] += not any(task.id in served for task in members)
    return (*counts.values(), result.cost)


def _duties(instance: VrpInstance) -> list[tuple[int, list[Job | Shipment]]]:
    """Mandatory tasks, and exclusive groups with a mandatory member, with their priority."""
    together: dict[tuple[bool, str], list[Job | Shipment]] = {}
    tasks: list[Job | Shipment] = [*instance.jobs, *instance.shipments]
    for task in tasks:
        key = (False, task.id) if task.group is None else (True, task.group)
        together.setdefault(key, []).append(task)
    return [
        (max(task.priority for task in members), members)
        for members in together.values()
        if any(task.prize is None for task in members)
    ]
