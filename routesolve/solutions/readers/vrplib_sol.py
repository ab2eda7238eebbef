"""VRPLIB solution files: CVRPLIB's and PyVRP's ``Route #1: 5 3 8``, SINTEF's ``Route 1 : 5 3 8``.

Numbers are those of the instance file: job ids, node numbers of the ends of shipments
(``Stop.id``), and depots by position from 0 (a depot inside a route is a reload). Where vehicles
differ, route k is driven by vehicle k, counted type after type, and empty routes keep the count;
where all are alike, empty routes are vehicles that stay at home.
"""

from __future__ import annotations

import re
from collections import Counter

from routesolve.errors import InputError
from routesolve.instances.instance import VrpInstance
from routesolve.instances.model import VehicleType
from routesolve.solutions.readers._draft import Draft, PlanReader
from routesolve.solutions.solution import Route, Solution, Visit
from routesolve.solutions.writers import _fleet

_ROUTE = re.compile(r"\s*route\s*#?\s*(\d{1,9})\s*:(.*)", re.IGNORECASE)
_COST = re.compile(r"\s*cost\s*:?\s*([-+.\deE]{1,40})\s*$", re.IGNORECASE)
_NUMBERS = re.compile(r"\s*\d+(\s+\d+)*\s*$")


def sniff(text: str) -> bool:
    """Tell by a line of a route, or of the cost of an empty plan."""
    lines = text.split("\n", 200)[:200]
    return any(_ROUTE.match(line) or _COST.match(line) for line in lines)


def read(text: str, instance: VrpInstance) -> Solution:
    """Read a solution file with its stated cost; lines that are neither route nor cost are remarks.

    Raises
    ------
    InputError
        With every number that the instance does not have.
    """
    draft = _Draft(instance)
    cost, found = None, False
    for line, content in enumerate(text.split("\n"), 1):
        if route := _ROUTE.match(content):
            found = True
            _route(draft, int(route.group(1)), route.group(2).split(), line)
        elif stated := _COST.match(content):
            found = True
            try:
                cost = draft.number(float(stated.group(1)), f"line {line}", "cost")
            except ValueError:
                draft.problem(f"cost is {stated.group(1)!r}", line, "write a number")
        elif found and _NUMBERS.match(content):
            draft.problem("numbers outside a route", line, "begin the line with 'Route #1:'")
    if not found:
        raise InputError("there is no line 'Route #1: ...'", fix="is this a solution file?")
    return draft.solution(cost)


class _Draft(Draft):
    """Adds what a number in a solution file means."""

    def __init__(self, instance: VrpInstance) -> None:
        super().__init__(instance)
        self.tasks = {job.id: ("job", job.id) for job in instance.jobs}
        for shipment in instance.shipments:
            if shipment.pickup.id and shipment.delivery.id:
                self.tasks[shipment.pickup.id] = ("pickup", shipment.id)
                self.tasks[shipment.delivery.id] = ("delivery", shipment.id)
            else:
                self.tasks[shipment.id] = ("shipment", shipment.id)
        self.depots = {depot.id: depot.id for depot in instance.depots}
        self.depots |= {str(k): depot.id for k, depot in enumerate(instance.depots)}
        self.slots = _fleet.slots(instance) if _fleet.mixed(instance) else []


def _route(draft: _Draft, number: int, tokens: list[str], line: int) -> None:
    if not tokens:
        return
    kinds = draft.instance.vehicle_types
    slot: _fleet.Slot | None = None
    if len(kinds) == 1:
        slot = _fleet.Slot(kinds[0].id, len(draft.routes))
    elif 1 <= number <= len(draft.slots):
        slot = draft.slots[number - 1]
    else:
        draft.problem(
            f"route {number}, but the fleet has {len(draft.slots)} vehicles",
            line,
            "route k is driven by vehicle k of the instance",
        )
    driver = draft.instance.vehicle_types_by_id[slot.vehicle_type] if slot else None
    visits = _visits(draft, tokens, line, driver)
    if slot is not None:
        draft.routes.append(Route(slot.vehicle_type, visits, slot.vehicle))


def _visits(
    draft: _Draft, tokens: list[str], line: int, driver: VehicleType | None
) -> tuple[Visit, ...]:
    made: list[Visit] = []
    seen: Counter[str] = Counter()
    for position, token in enumerate(tokens):
        found = draft.tasks.get(token)
        if found is not None:
            kind, name = found
            if kind == "shipment":  # both ends go by one number: the first time it is the pickup
                kind = "delivery" if seen[token] else "pickup"
                seen[token] += 1
        elif token in draft.depots:
            if position in (0, len(tokens) - 1):  # some write the depot at both ends
                continue
            kind, name = "reload", draft.depots[token]
        else:
            draft.unknown("job", token, line, draft.tasks)
            continue
        visit = draft.visit(kind, name, line, driver)
        if visit is not None:
            made.append(visit)
    return tuple(made)


READER = PlanReader(sniff, read)
