"""The native plan document, see :mod:`routesolve.solutions.writers.native`."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from typing import Any

from routesolve.errors import InputError
from routesolve.instances.formats import _json
from routesolve.instances.instance import VrpInstance
from routesolve.instances.model import VehicleType
from routesolve.solutions.readers._draft import Draft, PlanReader
from routesolve.solutions.solution import Route, Solution, Visit
from routesolve.solutions.writers.native import VERSION

TOTALS = ("distance", "duration", "driving", "service", "waiting", "cost")
TIMES = ("arrival", "begin", "departure", "distance")
KEYS = {
    "plan": (
        *("routesolve_plan", "instance", "cost", "cost_terms", "rounding", "totals", "feasible"),
        *("complete", "lower_bound", "gap", "solver", "seed", "iterations", "interrupted"),
        *("versions", "runtime", "trace", "violations", "routes", "unassigned", "problem"),
    ),
    "route": ("vehicle_type", "vehicle", *TOTALS, "visits"),
    "visit": ("kind", "id", "name", "location", "waiting", "load", *TIMES),
    "unassigned": ("kind", "id", "reason", "detail"),
}


def sniff(text: str) -> bool:
    """Tell by the key that every native plan has."""
    return _json.has_key(text, "routesolve_plan")


def read(text: str, instance: VrpInstance) -> Solution:
    """Read a plan document with its stated cost and times."""
    return from_document(_json.parse(text), instance)


def problem(text: str) -> VrpInstance:
    """Make the instance that a plan document carries.

    Raises
    ------
    InputError
        When it carries none, or a wrong one.
    """
    document = _json.parse(text)
    carried = document.get("problem") if isinstance(document, dict) else None
    if not isinstance(carried, dict):
        raise InputError(
            "this plan does not carry its instance",
            fix="name the instance, too: routesolve check INSTANCE PLAN",
        )
    try:
        return VrpInstance.from_dict(carried)
    except InputError as error:
        raise error.within("/problem") from None


def from_document(document: dict[str, Any], instance: VrpInstance) -> Solution:
    """Make a plan of a parsed document.

    Raises
    ------
    InputError
        With everything that is wrong, each at its JSON pointer.
    """
    draft = Draft(instance)
    if document.get("routesolve_plan") != VERSION:
        draft.problem(
            f"plan version is {document.get('routesolve_plan')!r}",
            "/routesolve_plan",
            f"this version reads {VERSION}",
        )
    _known_keys(draft, document, "plan", "")
    for r, route in enumerate(_objects(draft, document, "routes", "/routes", required=True)):
        if route is not None:
            _route(draft, route, f"/routes/{r}")
    for u, left in enumerate(_objects(draft, document, "unassigned", "/unassigned")):
        if left is not None:
            where = f"/unassigned/{u}"
            _known_keys(draft, left, "unassigned", where)
            why = {key: _text(draft, left.get(key), where, key) for key in ("reason", "detail")}
            draft.leave_out(left.get("kind"), left.get("id"), where, **why)
    return draft.solution(draft.number(document.get("cost"), "/cost", "cost"))


def _route(draft: Draft, route: dict[str, Any], where: str) -> None:
    _known_keys(draft, route, "route", where)
    kind = draft.vehicle_type(route.get("vehicle_type"), f"{where}/vehicle_type")
    vehicle = route.get("vehicle", 0)
    if type(vehicle) is not int or vehicle < 0:
        draft.problem(f"vehicle is {vehicle!r}", f"{where}/vehicle", "a whole number from 0")
        vehicle = 0
    visits = [
        _visit(draft, visit, f"{where}/visits/{v}", kind)
        for v, visit in enumerate(
            _objects(draft, route, "visits", f"{where}/visits", required=True)
        )
        if visit is not None
    ]
    totals = {key: draft.number(route.get(key), f"{where}/{key}", key) for key in TOTALS}
    if kind is not None:
        made = tuple(visit for visit in visits if visit is not None)
        draft.routes.append(Route(kind.id, made, vehicle, **totals))


def _visit(
    draft: Draft, visit: dict[str, Any], where: str, kind: VehicleType | None
) -> Visit | None:
    _known_keys(draft, visit, "visit", where)
    stated: dict[str, Any] = {
        key: draft.number(visit.get(key), f"{where}/{key}", key) for key in TIMES
    }
    load = visit.get("load")
    if isinstance(load, list):
        numbers = [draft.number(x, f"{where}/load/{k}", "load") for k, x in enumerate(load)]
        stated["load"] = tuple(x for x in numbers if x is not None)
    elif load is not None:
        draft.problem("load is not a list", f"{where}/load", "one number per load dimension")
    return draft.visit(visit.get("kind"), visit.get("id"), where, kind, **stated)


def _objects(
    draft: Draft, holder: dict[str, Any], key: str, where: str, *, required: bool = False
) -> list[dict[str, Any] | None]:
    """Return a list of objects; what is none of them becomes a problem and None."""
    found = holder.get(key)
    if found is None and not required:
        return []
    if not isinstance(found, list):
        draft.problem(f"{key} is missing or not a list", where, "write a list: [...]")
        return []
    for k, item in enumerate(found):
        if not isinstance(item, dict):
            draft.problem(f"{str(item)[:40]!r} is not an object", f"{where}/{k}", "write {...}")
    return [item if isinstance(item, dict) else None for item in found]


def _known_keys(draft: Draft, found: Collection[str], what: str, where: str) -> None:
    for key in found:
        if key not in KEYS[what]:
            near = difflib.get_close_matches(key, KEYS[what], n=1)
            fix = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(KEYS[what])}"
            draft.problem(f"unknown key {key[:60]!r} in a {what}", f"{where}/{key[:60]}", fix)


def _text(draft: Draft, value: object, where: str, key: str) -> str | None:
    if value is None or isinstance(value, str):
        return value
    draft.problem(f"{key} is not a text", f"{where}/{key}", "write a string")
    return None


READER = PlanReader(sniff, read)
