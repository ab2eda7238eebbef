"""The native plan document: everything a plan is, in JSON.

Written for ``routesolve check`` and for programs; the page of ``html.py`` embeds the same document.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from routesolve.instances.instance import VrpInstance
from routesolve.numbers import tidy, tidy_all
from routesolve.solutions.solution import Route, Unassigned, Visit
from routesolve.solutions.writers import _names

if TYPE_CHECKING:
    from routesolve.solutions.result import Result

VERSION = 1
MOST_PROBLEM = 1_000_000  # characters; a larger instance (big matrices) stays in its own file


def render(result: Result) -> str:
    """Return the plan as indented JSON text."""
    return compact(document(result)) + "\n"


def document(result: Result, *, timing: bool = True) -> dict[str, Any]:
    """Return the plan as a JSON document; times in seconds, distances in metres.

    Parameters
    ----------
    result
        A checked plan.
    timing
        Include what differs from run to run on the same plan: ``runtime`` and the seconds of the
        trace. Without it the same plan gives the same document, byte for byte.
    """
    instance, report = result.instance, result.report
    head: dict[str, Any] = {
        "routesolve_plan": VERSION,
        "instance": instance.name,
        "cost": tidy(report.cost),
        "cost_terms": {key: tidy(value) for key, value in report.terms.items()},
        "rounding": str(instance.rounding),
        "totals": {key: tidy(value) for key, value in report.totals.items()},
        "feasible": report.feasible,
        "complete": report.complete,
        "lower_bound": tidy(result.lower_bound),
        "gap": tidy(result.gap),
        "solver": result.solver,
        "seed": result.seed,
        "iterations": result.iterations,
        "interrupted": result.interrupted,
        "versions": dict(sorted(result.versions.items())),
    }
    if timing:
        head["runtime"] = tidy(result.runtime, 3)
        head["trace"] = [[tidy(seconds, 3), tidy(cost)] for seconds, cost in result.trace]
    body = {
        "violations": [
            {
                "kind": found.kind,
                "message": found.message,
                "amount": tidy(found.amount),
                "route": found.route,
                "vehicle": found.vehicle,
                "job": found.job,
            }
            for found in report.violations
        ],
        "routes": [_route(instance, route) for route in result.solution.routes],
        "unassigned": [_unassigned(left) for left in result.solution.unassigned],
    }
    problem = instance.to_dict()
    small = len(_dump(problem)) <= MOST_PROBLEM
    return head | body | ({"problem": problem} if small else {})


def _route(instance: VrpInstance, route: Route) -> dict[str, Any]:
    totals = ("distance", "duration", "driving", "service", "waiting", "cost")
    return {
        "vehicle_type": route.vehicle_type,
        "vehicle": route.vehicle,
        **{key: tidy(getattr(route, key)) for key in totals},
        "visits": [_visit(instance, visit) for visit in route.visits],
    }


def _visit(instance: VrpInstance, visit: Visit) -> dict[str, Any]:
    return {
        "kind": visit.kind,
        "id": visit.id,
        "name": _names.name(instance, visit) or None,
        "location": _names.coordinates(_names.place(instance, visit)),
        "arrival": tidy(visit.arrival),
        "begin": tidy(visit.begin),
        "departure": tidy(visit.departure),
        "waiting": tidy(visit.waiting),
        "load": tidy_all(visit.load),
        "distance": tidy(visit.distance),
    }


def _unassigned(left: Unassigned) -> dict[str, Any]:
    return {"kind": left.kind, "id": left.id, "reason": left.reason, "detail": left.detail}


def compact(document: dict[str, Any]) -> str:
    """Return JSON text with one line per visit, so that plans can be read and compared."""
    lines = []
    for key, value in document.items():
        lines.append(f"  {_dump(key)}: {_block(key, value)}")
    return "{\n" + ",\n".join(lines) + "\n}"


def _block(key: str, value: Any) -> str:
    if key == "routes" and value:
        return "[\n" + ",\n".join(_route_text(route) for route in value) + "\n  ]"
    if key in ("unassigned", "violations") and value:
        return "[\n" + ",\n".join(f"    {_dump(item)}" for item in value) + "\n  ]"
    return _dump(value)


def _route_text(route: dict[str, Any]) -> str:
    head = {key: value for key, value in route.items() if key != "visits"}
    visits = ",\n".join(f"      {_dump(visit)}" for visit in route["visits"])
    return f'    {_dump(head)[:-1]}, "visits": [\n{visits}\n    ]}}'


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
