"""VROOM's output JSON, from VROOM or from us (:mod:`routesolve.solutions.writers.vroom`)."""

from __future__ import annotations

from typing import Any

from routesolve.errors import InputError
from routesolve.instances.formats import _json
from routesolve.instances.instance import VrpInstance
from routesolve.instances.model import VehicleType
from routesolve.solutions.readers._draft import Draft, PlanReader, next_vehicle
from routesolve.solutions.readers.native import _objects
from routesolve.solutions.solution import Route, Solution, Visit
from routesolve.solutions.writers import _fleet


def sniff(text: str) -> bool:
    """Tell by VROOM's top-level keys."""
    keys = _json.top_level_keys(text) if text.lstrip()[:1] == "{" else set()
    return "code" in keys or {"summary", "routes"} <= keys


def read(text: str, instance: VrpInstance) -> Solution:
    """Read a VROOM output document.

    Raises
    ------
    InputError
        When VROOM reports an error itself, and with everything that does not fit the instance.
    """
    document = _json.parse(text)
    if document.get("code", 0) != 0:
        raise InputError(
            f"VROOM found no plan: {document.get('error', 'no reason given')}",
            where="/code",
            fix="mend what VROOM complains of and solve again",
        )
    draft = _Draft(instance)
    for r, route in enumerate(_objects(draft, document, "routes", "/routes", required=True)):
        if route is not None:
            _route(draft, route, f"/routes/{r}")
    for u, left in enumerate(_objects(draft, document, "unassigned", "/unassigned")):
        if left is not None:
            _unassigned(draft, left, f"/unassigned/{u}")
    summary = document.get("summary")
    cost = None
    if isinstance(summary, dict):
        cost = summary.get("exact_cost", summary.get("cost"))
    return draft.solution(draft.number(cost, "/summary/cost", "cost"))


class _Draft(Draft):
    """Adds VROOM's ways of naming: tasks of shipments by their own ids, vehicles by number."""

    def __init__(self, instance: VrpInstance) -> None:
        super().__init__(instance)
        self.ends = {
            "pickup": {s.pickup.id or s.id: s.id for s in instance.shipments},
            "delivery": {s.delivery.id or s.id: s.id for s in instance.shipments},
        }
        self.slots = _fleet.slots(instance)
        self.by_number = not _fleet.single_vehicles(instance)
        self.used: dict[str, int] = {}

    def vehicle(self, name: object, where: str) -> _fleet.Slot | None:
        """Return which vehicle an id means."""
        if self.by_number and type(name) is int and 1 <= name <= len(self.slots):
            return self.slots[name - 1]
        text = str(name) if type(name) is int else name
        kind = self.vehicle_type(text, where)
        return _fleet.Slot(kind.id, next_vehicle(self.used, kind.id)) if kind else None


def _route(draft: _Draft, route: dict[str, Any], where: str) -> None:
    slot = draft.vehicle(route.get("vehicle"), f"{where}/vehicle")
    kind = draft.instance.vehicle_types_by_id[slot.vehicle_type] if slot else None
    steps = _objects(draft, route, "steps", f"{where}/steps", required=True)
    visits = [
        _step(draft, step, f"{where}/steps/{s}", kind)
        for s, step in enumerate(steps)
        if step is not None
    ]
    if slot is not None:
        made = tuple(visit for visit in visits if visit is not None)
        draft.routes.append(Route(slot.vehicle_type, made, slot.vehicle))


def _step(
    draft: _Draft, step: dict[str, Any], where: str, kind: VehicleType | None
) -> Visit | None:
    what = step.get("type")
    name = step.get("id", step.get("job"))
    name = str(name) if type(name) is int else name
    if what in ("start", "end"):
        name = _depot(draft, step, kind) if kind else None
    elif isinstance(what, str) and what in draft.ends and name is not None:
        tasks = draft.ends[what]
        if not isinstance(name, str) or name not in tasks:
            draft.unknown(f"{what} task", name, where, tasks)
            return None
        name = tasks[name]
    return draft.visit(what, name, where, kind, **_stated(draft, step, where))


def _depot(draft: Draft, step: dict[str, Any], kind: VehicleType) -> str | None:
    """Return where a route starts or ends; of several ends the one at the step's place."""
    if step.get("type") == "start":
        return kind.start
    for name in kind.alternative_ends:
        place = draft.instance.depots_by_id[name].location
        given = (step.get("location"), step.get("location_index"))
        if place.point is not None and given[0] == list(place.point):
            return name
        if place.point is None and place.index is not None and given[1] == place.index:
            return name
    return kind.end


def _stated(draft: Draft, step: dict[str, Any], where: str) -> dict[str, Any]:
    keys = ("arrival", "waiting_time", "setup", "service", "distance")
    numbers = {key: draft.number(step.get(key), f"{where}/{key}", key) for key in keys}
    stated: dict[str, Any] = {"distance": numbers["distance"]}
    if (arrival := numbers["arrival"]) is not None:
        begin = arrival + (numbers["waiting_time"] or 0)
        departure = begin + (numbers["setup"] or 0) + (numbers["service"] or 0)
        stated |= {"arrival": arrival, "begin": begin, "departure": departure}
    load = step.get("load")
    if isinstance(load, list):
        amounts = [draft.number(x, f"{where}/load/{k}", "load") for k, x in enumerate(load)]
        stated["load"] = tuple(x for x in amounts if x is not None)
    return stated


def _unassigned(draft: _Draft, left: dict[str, Any], where: str) -> None:
    """A shipment is unassigned in two tasks; it is noted once, with its pickup."""
    kind, name = left.get("type", "job"), left.get("id")
    name = str(name) if type(name) is int else name
    if isinstance(kind, str) and kind in draft.ends:
        tasks = draft.ends[kind]
        if not isinstance(name, str) or name not in tasks:
            draft.unknown(f"{kind} task", name, where, tasks)
        elif kind == "pickup":
            draft.leave_out("shipment", tasks[name], where)
    else:
        draft.leave_out(kind, name, where)


READER = PlanReader(sniff, read)
