"""The independent checker of plans: feasibility and cost.

Recomputes everything from the instance and the order of the visits, in pure Python and NumPy, slow
and plain. It shares no code with any solver and runs on every result before it is shown. Rules are
those of ``docs/format.md``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from routesolve._memory import uncollected
from routesolve.graphs.rounding import Rounding
from routesolve.instances.model import Job, Shipment
from routesolve.solutions.driven import DrivenRoute, drive_all
from routesolve.solutions.explain import explain
from routesolve.solutions.insertions import alone
from routesolve.solutions.solution import Solution, Unassigned
from routesolve.solutions.violations import RULES, Violation

if TYPE_CHECKING:
    from routesolve.instances.instance import VrpInstance

STATED = 1e-4  # relative

__all__ = ["RULES", "Report", "Violation", "alone", "check"]


@dataclass(frozen=True, slots=True)
class Report:
    """What the checker found.

    Attributes
    ----------
    solution
        The plan with all times, loads, distances, costs and reasons of unserved jobs.
    violations
        Broken rules; empty = feasible.
    terms
        Cost by term; their sum is ``cost``.
    cost
        Under the instance's objective.
    totals
        distance, duration, driving, service, waiting, vehicles, served, unserved.
    """

    solution: Solution
    violations: tuple[Violation, ...]
    terms: dict[str, float]
    cost: float
    totals: dict[str, float]
    mandatory_unserved: int = 0

    @property
    def feasible(self) -> bool:
        """No rule is broken."""
        return not self.violations

    @property
    def complete(self) -> bool:
        """Every mandatory job is served."""
        return self.mandatory_unserved == 0


# Solution files of these conventions may state the cost in the convention's own integers.
SCALES = {Rounding.dimacs: 10, Rounding.exact: 1000}


def _states(stated: float, cost: float, scale: int) -> bool:
    """True when a stated cost is the cost, up to the digits that files are written with."""
    return any(abs(stated / s - cost) <= STATED * max(1.0, abs(cost)) for s in (1, scale))


@uncollected()
def check(instance: VrpInstance, solution: Solution, *, reasons: bool = True) -> Report:
    """Check and price a plan.

    Parameters
    ----------
    instance
        Any instance the model can express.
    solution
        Timed or not. Times stated in it are tested against the roads; the returned plan has the
        checker's own.
    reasons
        Examine why jobs are unserved.

    Returns
    -------
    Report
        Also for broken plans: nothing is raised for a plan that is merely wrong.
    """
    in_order = [name for _, name in solution.served()]
    served = frozenset(in_order)
    found = list(_plan_rules(instance, solution, in_order))
    checked = drive_all(instance, solution.routes)
    for driven in checked:
        found.extend(driven.violations)
    driven_used = [d for d in checked if d.used]
    left_out = _unassigned(instance, driven_used, served, reasons)
    terms, unserved = _cost_terms(instance, served, driven_used)
    cost = sum(terms.values())
    stated = solution.cost
    if stated is not None and not _states(stated, cost, SCALES.get(instance.rounding, 1)):
        message = f"the plan states cost {stated:g}, it is {cost:g}"
        found.append(Violation("stated_cost", message, stated - cost))
    timed = Solution(tuple(d.timed() for d in driven_used), left_out, cost)
    totals = {
        name: sum(getattr(d, name) for d in driven_used)
        for name in ("distance", "duration", "driving", "service", "waiting")
    }
    totals |= {
        "vehicles": len(driven_used),
        "served": instance.task_count - len(left_out),
        "unserved": len(left_out),
    }
    return Report(timed, tuple(found), terms, cost, totals, unserved)


# -- rules over the whole plan -----------------------------------------------------------------


def _plan_rules(
    instance: VrpInstance, solution: Solution, served: Sequence[str]
) -> Iterator[Violation]:
    vehicles: dict[str, list[int]] = {}
    stops = [route.stops for route in solution.routes]
    for route, visited in zip(solution.routes, stops, strict=True):
        if visited:
            vehicles.setdefault(route.vehicle_type, []).append(route.vehicle)
    visits: Counter[tuple[str, str]] = Counter()
    on_route: dict[str, set[int]] = {}
    # As many stops as different jobs: then there is nothing to count.
    if instance.shipments or sum(map(len, stops)) > len(set(served)):
        for r, visited in enumerate(stops):
            for visit in visited:
                visits[visit.kind, visit.id or ""] += 1
                if visit.kind != "job":
                    on_route.setdefault(visit.id or "", set()).add(r)
    for (kind, name), count in visits.items():
        if count > 1:
            yield Violation(
                "duplicate", f"{kind} {name!r} is visited {count} times", count - 1, job=name
            )
    for shipment in instance.shipments:
        ends = (visits["pickup", shipment.id], visits["delivery", shipment.id])
        if ends[0] != ends[1] or len(on_route.get(shipment.id, ())) > 1:
            yield Violation(
                "pairing",
                f"shipment {shipment.id!r}: pickup and delivery are not on one route",
                job=shipment.id,
            )
    for name, numbers in vehicles.items():
        fleet = instance.vehicle_types_by_id.get(name)
        if fleet is None:
            continue
        twice = [n for n, c in Counter(numbers).items() if c > 1]
        above = [n for n in numbers if fleet.count is not None and n >= fleet.count]
        if twice or above:
            yield Violation(
                "fleet",
                f"{len(numbers)} routes of vehicle type {name!r}, which has {fleet.count} vehicles"
                if above
                else f"vehicle {twice[0]} of type {name!r} has more than one route",
                len(above) or len(twice),
                job=name,
            )
    groups: dict[str, list[str]] = {}
    for name in served:
        task = instance.tasks_by_id.get(name)
        if task is not None and task.group is not None:
            groups.setdefault(task.group, []).append(name)
    for group, names in groups.items():
        if len(set(names)) > 1:
            yield Violation(
                "group",
                f"group {group!r}: {', '.join(names)} are all served",
                len(names) - 1,
                job=names[1],
            )
    yield from _locked(instance, solution)


def _locked(instance: VrpInstance, solution: Solution) -> Iterator[Violation]:
    plans = [plan for plan in instance.initial_routes if plan.locked]
    actual = {
        (route.vehicle_type, route.vehicle): [
            (v.kind, v.id) for v in route.visits if v.kind not in ("start", "end")
        ]
        for route in (solution.routes if plans else ())
    }
    for plan in plans:
        locked = [
            (v.kind, v.id) for v in plan.visits[: plan.locked] if v.kind not in ("start", "end")
        ]
        now = actual.get((plan.vehicle_type, plan.vehicle), [])
        if now[: len(locked)] != locked:
            yield Violation(
                "locked",
                f"vehicle {plan.vehicle} of type {plan.vehicle_type!r}: the first {plan.locked} "
                "visits are locked, the plan changes them",
                vehicle=f"{plan.vehicle_type}-{plan.vehicle + 1}",
            )


# -- cost --------------------------------------------------------------------------------------


def _cost_terms(
    instance: VrpInstance, served: Set[str], driven: list[DrivenRoute]
) -> tuple[dict[str, float], int]:
    """Cost by term, and the number of mandatory jobs (or groups) left out."""
    names = ("distance", "duration", "overtime", "lateness", "vehicles", "preference")
    terms = dict.fromkeys(names, 0.0)
    for route in driven:
        for name, value in route.own_cost().items():
            terms[name] += value
    objective = instance.objective
    terms["balance"] = objective.balance * max((d.duration for d in driven), default=0.0)
    terms["prizes"], terms["unserved"], unserved = 0.0, 0.0, 0
    groups: dict[str, list[Job | Shipment]] = {}
    for task in instance.tasks_by_id.values():
        if task.group is not None:
            groups.setdefault(task.group, []).append(task)
        elif task.id not in served:
            terms["prizes"] += task.prize or 0.0
            if task.prize is None:
                unserved += 1
                terms["unserved"] += (objective.unserved or 0.0) * (1 + task.priority)
    for members in groups.values():
        here = [task for task in members if task.id in served]
        if any(task.prize is None for task in members):
            if not here:
                unserved += 1
                priority = max(task.priority for task in members)
                terms["unserved"] += (objective.unserved or 0.0) * (1 + priority)
        else:
            best = max(task.prize or 0.0 for task in members)
            terms["prizes"] += best - max((task.prize or 0.0 for task in here), default=0.0)
    return {name: float(value) for name, value in terms.items()}, unserved


# -- what is left out --------------------------------------------------------------------------


def _unassigned(
    instance: VrpInstance, driven: Sequence[DrivenRoute], served: Set[str], reasons: bool
) -> tuple[Unassigned, ...]:
    tasks = instance.tasks_by_id.values()
    left_out = [task for task in tasks if task.id not in served]
    if not left_out:
        return ()
    groups = {task.group for task in tasks if task.id in served} - {None}
    asked = [task for task in left_out if reasons and task.group not in groups]
    why = dict(zip([task.id for task in asked], explain(instance, driven, asked), strict=True))
    found = []
    for task in left_out:
        left = Unassigned("job" if isinstance(task, Job) else "shipment", task.id)
        if task.group in groups:
            left = replace(left, reason="group", detail="another job of its group is served")
        elif task.id in why:
            left = replace(left, reason=why[task.id].reason, detail=why[task.id].detail)
        found.append(left)
    return tuple(found)
