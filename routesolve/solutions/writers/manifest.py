"""The manifest: one row per visit, as CSV for drivers' sheets and as rows for data frames."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from routesolve.instances.instance import VrpInstance
from routesolve.numbers import tidy
from routesolve.solutions.clock import Clock
from routesolve.solutions.solution import Route, Solution, Unassigned, Visit
from routesolve.solutions.writers import _names

if TYPE_CHECKING:
    from routesolve.solutions.result import Result

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet take a text for a formula."""


def rows(instance: VrpInstance, solution: Solution) -> list[dict[str, Any]]:
    """Return one row per visit, all with the same keys; times in seconds, distances in metres.

    ``stop`` counts the visits of a route from 0. A job that is left out has a row with the kind
    ``unassigned`` (a shipment one for its two ends).
    """
    clock = Clock(instance, solution)
    table = [
        _row(instance, route, visit, order, clock)
        for route in solution.routes
        for order, visit in enumerate(route.visits)
    ]
    return table + [_left_out(instance, left) for left in solution.unassigned]


def render(result: Result) -> str:
    """Return the manifest as CSV (RFC 4180), safe to open in a spreadsheet.

    A text that a spreadsheet would run as a formula gets an apostrophe in front.
    """
    columns = list(_columns(result.instance))
    stream = io.StringIO()
    writer = csv.DictWriter(stream, columns, lineterminator="\r\n")
    writer.writeheader()
    for row in rows(result.instance, result.solution):
        writer.writerow({key: _cell(value) for key, value in row.items()})
    return stream.getvalue()


def _columns(instance: VrpInstance) -> dict[str, None]:
    axes = ("lon", "lat") if instance.geographic else ("x", "y")
    names = ["vehicle_type", "vehicle", "stop", "kind", "id", "name", *axes]
    names += ["arrival", "begin", "departure", "arrival_clock", "begin_clock", "departure_clock"]
    names += ["waiting", *_loads(instance), "distance", "reason"]
    return dict.fromkeys(names)


def _loads(instance: VrpInstance) -> list[str]:
    count = instance.dimension_count
    named = instance.dimensions if len(instance.dimensions) == count else ()
    if count == 1 and not named:
        return ["load"]
    found = [f"load_{name}" for name in named or map(str, range(1, count + 1))]
    return found if len(set(found)) == count else [f"load_{k}" for k in range(1, count + 1)]


def _row(
    instance: VrpInstance, route: Route, visit: Visit, order: int, clock: Clock
) -> dict[str, Any]:
    row: dict[str, Any] = dict(_columns(instance))
    row |= {
        "vehicle_type": route.vehicle_type,
        "vehicle": route.vehicle + 1,
        "stop": order,
        "kind": visit.kind,
        "id": visit.id,
        "name": _names.name(instance, visit) or None,
        "arrival": tidy(visit.arrival),
        "begin": tidy(visit.begin),
        "departure": tidy(visit.departure),
        "arrival_clock": clock.full(visit.arrival) or None,
        "begin_clock": clock.full(visit.begin) or None,
        "departure_clock": clock.full(visit.departure) or None,
        "waiting": None if visit.arrival is None else tidy(visit.waiting),
        "distance": tidy(visit.distance),
    }
    row |= dict(zip(_loads(instance), map(tidy, visit.load or ()), strict=False))
    where = _names.place(instance, visit)
    if where is not None and where.point is not None:
        row |= dict(zip(_axes(instance), where.point, strict=True))
    return row


def _left_out(instance: VrpInstance, left: Unassigned) -> dict[str, Any]:
    of: Any = instance.jobs_by_id if left.kind == "job" else instance.shipments_by_id
    task = of[left.id]
    where = task.location if left.kind == "job" else task.delivery.location
    row: dict[str, Any] = dict(_columns(instance))
    row |= {"kind": "unassigned", "id": left.id, "name": task.name}
    row["reason"] = ": ".join(text for text in (left.reason, left.detail) if text)
    if where.point is not None:
        row |= dict(zip(_axes(instance), where.point, strict=True))
    return row


def _axes(instance: VrpInstance) -> tuple[str, str]:
    return ("lon", "lat") if instance.geographic else ("x", "y")


def _cell(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
