"""VRPLIB solution files (``.sol``), as CVRPLIB and PyVRP write them.

A route is one line of the numbers its customers have in the instance file; job ids are those
numbers already, and both ends of a shipment have theirs in ``Stop.id``. A reload inside a route is
the number of its depot, its position among the depots, from 0.

Where all vehicles are alike only used routes are written. Where they differ (HFVRP, MDVRPTW,
SDVRPTW) route k belongs to vehicle k, counted type after type: every vehicle of the fleet gets a
line, those that stay at home an empty one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from routesolve.instances.instance import VrpInstance
from routesolve.instances.model import Stop
from routesolve.numbers import tidy
from routesolve.solutions.solution import Route, Visit
from routesolve.solutions.writers import _fleet, _names

if TYPE_CHECKING:
    from routesolve.solutions.result import Result


def render(result: Result) -> str:
    """Return the plan as a ``.sol`` file."""
    instance = result.instance
    depots = {depot.id: str(k) for k, depot in enumerate(instance.depots)}
    routes: list[Route | None] = list(result.solution.routes)
    if _fleet.mixed(instance):
        driven = {_fleet.Slot(r.vehicle_type, r.vehicle): r for r in result.solution.routes}
        routes = [driven.get(slot) for slot in _fleet.slots(instance)]
    lines = []
    for number, route in enumerate(routes, 1):
        visits = route.visits if route else ()
        names = [text for visit in visits if (text := _number(instance, visit, depots))]
        lines.append(f"Route #{number}: {' '.join(names)}".rstrip())
    return "\n".join([*lines, f"Cost {tidy(result.cost)}"]) + "\n"


def _number(instance: VrpInstance, visit: Visit, depots: dict[str, str]) -> str | None:
    if visit.kind == "reload":
        return depots.get(visit.id or "")
    found = _names.task(instance, visit)
    if isinstance(found, Stop):
        return found.id or visit.id
    return visit.id if visit.kind == "job" else None
