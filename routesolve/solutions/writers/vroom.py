"""VROOM's output JSON, so that an existing client of VROOM reads our plans unchanged.

Keys, codes and units are those of VROOM's API page: ``duration`` is travel time only, all
numbers are integers, and ids are where they can be. What VROOM has no word for: an unassigned task
carries our ``reasons``, a stop to reload has the step type ``reload``, and a cost that is no
integer stands unrounded in the summary's ``exact_cost``.

A vehicle's id is that of its type when every type is one vehicle (as in VROOM's own files);
otherwise vehicles are numbered from 1, type after type, and ``description`` tells type and number.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from routesolve.instances.instance import VrpInstance
from routesolve.instances.model import Job, Location, Stop
from routesolve.numbers import digits_to_int, tidy
from routesolve.pages import polyline
from routesolve.solutions.solution import Route, Unassigned, Visit
from routesolve.solutions.writers import _fleet, _lines, _names

if TYPE_CHECKING:
    from routesolve.solutions.result import Result

CAUSES = {
    "time_window": "delay",
    "shift": "delay",
    "capacity": "load",
    "max_jobs": "max_tasks",
    "skills": "skills",
    "precedence": "precedence",
    "break": "missing_break",
    "max_driving_time": "max_travel_time",
    "max_distance": "max_distance",
    "break_load": "max_load",
}
"""Kinds of the checker's violations in VROOM's vocabulary; others keep their own name."""

SUMS = ("setup", "service", "duration", "waiting_time", "priority", "distance")


def render(result: Result) -> str:
    """Return the plan as VROOM writes it."""
    return json.dumps(document(result), ensure_ascii=False, indent=1) + "\n"


def document(result: Result) -> dict[str, Any]:
    """Return the plan as a VROOM output document."""
    instance, solution = result.instance, result.solution
    numbers = {slot: k for k, slot in enumerate(_fleet.slots(instance), 1)}
    routes = []
    for route in solution.routes:
        made = _route(instance, route)
        named = _fleet.single_vehicles(instance)
        number = numbers.get(_fleet.Slot(route.vehicle_type, route.vehicle))
        made["vehicle"] = digits_to_int(route.vehicle_type) if named else number
        made["violations"] = _violations(result, route.name)
        routes.append(made)
    unassigned = [task for left in solution.unassigned for task in _unassigned(instance, left)]
    summary: dict[str, Any] = {
        "cost": round(result.cost),
        "routes": len(routes),
        "unassigned": len(unassigned),
    }
    if not float(result.cost).is_integer():
        summary["exact_cost"] = tidy(result.cost)
    for key in ("delivery", "amount", "pickup"):
        total = np.sum([route[key] for route in routes], axis=0) if routes else []
        summary[key] = _whole(np.atleast_1d(total)) if routes else [0] * instance.dimension_count
    for key in SUMS:
        summary[key] = sum(route[key] for route in routes)
    summary["violations"] = _violations(result, None)
    return {"code": 0, "summary": summary, "unassigned": unassigned, "routes": routes}


def _route(instance: VrpInstance, route: Route) -> dict[str, Any]:
    steps = _steps(instance, route)
    delivery, pickup = _amounts(instance, route)
    kind = instance.vehicle_types_by_id[route.vehicle_type]
    made: dict[str, Any] = {
        "vehicle": None,
        "cost": round(route.cost or 0),
        "description": kind.name if kind.name and kind.count == 1 else route.name,
        "delivery": _whole(delivery),
        "amount": _whole(delivery),
        "pickup": _whole(pickup),
        "setup": sum(step["setup"] for step in steps),
        "service": sum(step["service"] for step in steps),
        "duration": steps[-1]["duration"] if steps else 0,
        "waiting_time": sum(step["waiting_time"] for step in steps),
        "priority": _priority(instance, route),
        "distance": steps[-1]["distance"] if steps else 0,
        "steps": steps,
    }
    line = _lines.way(instance, route) if instance.geographic else ()
    if len(line):
        made["geometry"] = polyline.encode(line)
    return made


def _steps(instance: VrpInstance, route: Route) -> list[dict[str, Any]]:
    """Return the steps of a route.

    All durations follow from the rounded clock times, so that they add up exactly.
    """
    steps: list[dict[str, Any]] = []
    travelled, left_at, before = 0, None, None
    for visit in route.visits:
        arrival, begin, departure = (round(t or 0) for t in _times(visit))
        travelled += 0 if left_at is None else arrival - left_at
        found = _names.task(instance, visit)
        setup = round(found.setup) if found and visit.location != before else 0
        step: dict[str, Any] = {"type": visit.kind}
        if visit.kind not in ("start", "end"):
            step["id"] = digits_to_int(_task_id(visit, found))
        step |= _where(_names.place(instance, visit) if visit.kind != "break" else None)
        if description := _names.name(instance, visit):
            step["description"] = description
        setup = min(setup, departure - begin)
        step |= {
            "setup": setup,
            "service": departure - begin - setup,
            "waiting_time": begin - arrival,
            "arrival": arrival,
            "duration": travelled,
            "load": _whole(visit.load or ()),
            "distance": round(visit.distance or 0),
            "violations": [],
        }
        steps.append(step)
        left_at = departure
        before = visit.location if visit.kind != "break" else before
    return steps


def _times(visit: Visit) -> tuple[float | None, float | None, float | None]:
    return visit.arrival, visit.begin, visit.departure


def _task_id(visit: Visit, found: Job | Stop | None) -> str | None:
    return found.id if isinstance(found, Stop) and found.id else visit.id


def _where(place: Location | None) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if place is not None and place.point is not None:
        found["location"] = list(place.point)
    if place is not None and place.index is not None:
        found["location_index"] = place.index
    return found


def _amounts(instance: VrpInstance, route: Route) -> tuple[Any, Any]:
    delivery = np.zeros(instance.dimension_count)
    pickup = np.zeros(instance.dimension_count)
    for visit in route.visits:
        if visit.kind == "job" and visit.id in instance.jobs_by_id:
            job = instance.jobs_by_id[visit.id]
            delivery += instance.amounts(job.delivery)
            pickup += instance.amounts(job.pickup)
        elif visit.kind in ("pickup", "delivery") and visit.id in instance.shipments_by_id:
            amount = instance.amounts(instance.shipments_by_id[visit.id].amount)
            if visit.kind == "pickup":
                pickup += amount
            else:
                delivery += amount
    return delivery, pickup


def _priority(instance: VrpInstance, route: Route) -> int:
    # VROOM counts the priority of both ends of a shipment.
    total = 0
    for visit in route.stops:
        of = instance.jobs_by_id if visit.kind == "job" else instance.shipments_by_id
        found = of.get(visit.id or "")
        total += found.priority if found else 0
    return total


def _whole(values: Any) -> list[int]:
    return [round(float(value)) for value in values]


def _violations(result: Result, vehicle: str | None) -> list[dict[str, Any]]:
    """Violations of one vehicle, or all of them for the summary."""
    found = []
    for violation in result.report.violations:
        if vehicle is None or violation.vehicle == vehicle:
            entry: dict[str, Any] = {"cause": CAUSES.get(violation.kind, violation.kind)}
            if entry["cause"] in ("delay", "lead_time") and violation.amount is not None:
                entry["duration"] = round(violation.amount)
            found.append(entry)
    return found


def _unassigned(instance: VrpInstance, left: Unassigned) -> list[dict[str, Any]]:
    """A job is one task, a shipment two."""
    reasons = [text for text in (left.reason, left.detail) if text]
    if left.kind == "job":
        job = instance.jobs_by_id[left.id]
        tasks: list[tuple[str, str, Job | Stop, str | None]] = [("job", left.id, job, job.name)]
    else:
        shipment = instance.shipments_by_id[left.id]
        tasks = [
            (kind, stop.id or left.id, stop, stop.name or shipment.name)
            for kind, stop in (("pickup", shipment.pickup), ("delivery", shipment.delivery))
        ]
    made = []
    for kind, name, task, description in tasks:
        entry: dict[str, Any] = {"id": digits_to_int(name), "type": kind}
        entry |= _where(task.location)
        if description:
            entry["description"] = description
        made.append(entry | {"reasons": reasons})
    return made
