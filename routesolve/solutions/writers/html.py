"""``plan.html``: a plan on one page that needs nothing else, no network included.

The page holds the map (Leaflet, in the page), the time line of every vehicle, tables, the
convergence curve, and the native plan document for ``routesolve check plan.html``. Nothing in it
points outside; a content security policy makes sure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from routesolve import pages
from routesolve.instances.instance import VrpInstance
from routesolve.numbers import shown
from routesolve.solutions.clock import Clock
from routesolve.solutions.solution import Route
from routesolve.solutions.writers import _map, _names, native
from routesolve.solutions.writers._curve import curve
from routesolve.solutions.writers._timeline import timeline

if TYPE_CHECKING:
    from routesolve.solutions.result import Result

ROUNDING = {
    "none": "double precision",
    "nearest": "rounded to integers",
    "down": "rounded down to integers",
    "up": "rounded up to integers",
    "dimacs": "cut to one decimal (DIMACS)",
    "exact": "rounded to three decimals",
}
MOST_VIOLATIONS = 100


def render(result: Result) -> str:
    """Return the page."""
    instance, solution = result.instance, result.solution
    clock = Clock(instance, solution)
    drawing = _map.document(instance, solution, clock)
    return pages.render(
        "routesolve.solutions.writers",
        "plan",
        drawing=drawing,
        result=result,
        instance=instance,
        title=instance.name or "Route plan",
        tiles=_tiles(result, clock),
        rounding=ROUNDING.get(str(instance.rounding), str(instance.rounding)),
        clock=clock,
        network=[graph.name or "street network" for graph in _map.networks(instance)],
        attributions=_map.attributions(instance),
        travel=[instance.travel(p).description for p in _profiles(instance)],
        routes=[_route(instance, k, r, clock) for k, r in enumerate(solution.routes)],
        totals=_totals(result, clock),
        unserved=[_unserved(instance, left) for left in solution.unassigned],
        timeline=timeline(instance, solution, clock),
        curve=curve(result),
        plan_json=pages.script_text(native.compact(native.document(result))),
        shown=shown,
        most_violations=MOST_VIOLATIONS,
    )


def fragment(result: Result) -> str:
    """Return the page inside a frame, for notebooks: its styles and scripts stay in there."""
    return pages.frame(render(result), title="route plan")


def _profiles(instance: VrpInstance) -> list[Any]:
    return list({p.id: p for p in map(instance.profile_of, instance.vehicle_types)}.values())


def length(instance: VrpInstance, metres: float | None) -> str:
    """Return a distance for people: kilometres on earth, plain numbers on a plane."""
    if metres is None or not instance.geographic:
        return shown(metres)
    return f"{shown(metres / 1000, 1 if metres >= 9950 else 2)} km"


def _tiles(result: Result, clock: Clock) -> list[dict[str, str]]:
    """The figures at the top of the page."""
    instance, totals = result.instance, result.report.totals
    fleet = [kind.count for kind in instance.vehicle_types]
    available = "" if None in fleet else f" of {sum(n or 0 for n in fleet)}"
    unserved = int(totals.get("unserved", 0))
    served = f"{shown(totals.get('served'))} of {instance.task_count}"
    tiles = [
        {"name": "Cost", "value": shown(result.cost, 2), "note": _terms(result)},
        {"name": "Served", "value": served, "note": f"{unserved} left out" if unserved else ""},
        {
            "name": "Vehicles",
            "value": f"{shown(totals.get('vehicles'))}{available}",
            "note": "",
        },
        {"name": "Distance", "value": length(instance, totals.get("distance")), "note": ""},
        {
            "name": "Working time" if instance.geographic else "Duration",
            "value": clock.span(totals.get("duration")),
            "note": f"{clock.span(totals.get('driving'))} driving, "
            f"{clock.span(totals.get('waiting'))} waiting",
        },
    ]
    if result.gap is not None:
        note = f"lower bound {shown(result.lower_bound, 2)}"
        tiles.append({"name": "Gap", "value": f"{100 * result.gap:.2f} %", "note": note})
    return tiles


def _terms(result: Result) -> str:
    terms = {name: value for name, value in result.report.terms.items() if value}
    if len(terms) < 2:
        return ""
    return " + ".join(f"{name} {shown(value, 2)}" for name, value in terms.items())


def _route(instance: VrpInstance, index: int, route: Route, clock: Clock) -> dict[str, Any]:
    """One row of the table of routes, with its stops."""
    kind = instance.vehicle_types_by_id[route.vehicle_type]
    first, last = route.visits[0], route.visits[-1]
    return {
        "index": index,
        "name": route.name,
        "title": kind.name or "",
        "colour": _map.colour(index),
        "dash": _map.dash(index),
        "stops": len(route.stops),
        "loads": _loads(instance, route),
        "out": clock.short(first.begin),
        "back": clock.short(last.departure),
        "duration": clock.span(route.duration),
        "driving": clock.span(route.driving),
        "waiting": clock.span(route.waiting),
        "service": clock.span(route.service),
        "distance": length(instance, route.distance),
        "cost": shown(route.cost, 2),
        "visits": _visits(instance, route, clock),
    }


def _loads(instance: VrpInstance, route: Route) -> list[dict[str, Any]]:
    """Largest load on board and capacity, by dimension."""
    loads = [visit.load for visit in route.visits if visit.load]
    if not loads:
        return []
    peaks = np.max(np.array(loads, dtype=np.float64), axis=0)
    capacity = instance.capacity(instance.vehicle_types_by_id[route.vehicle_type])
    found = []
    for k, (peak, most) in enumerate(zip(peaks.tolist(), capacity.tolist(), strict=False)):
        limited = np.isfinite(most)
        named = len(instance.dimensions) > k
        found.append(
            {
                "name": instance.dimensions[k] if named else "",
                "peak": shown(peak),
                "capacity": shown(most) if limited else "",
                "share": round(min(100.0, 100 * peak / most), 1) if limited and most else None,
            }
        )
    return found


def _visits(instance: VrpInstance, route: Route, clock: Clock) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    order = 0
    for visit in route.visits:
        stop = visit.kind in ("job", "pickup", "delivery")
        order += stop
        windows = _names.windows(instance, route, visit)
        made.append(
            {
                "order": order if stop else "",
                "kind": visit.kind,
                "id": visit.id or "",
                "name": _names.name(instance, visit),
                "arrival": clock.short(visit.arrival),
                "begin": clock.short(visit.begin),
                "departure": clock.short(visit.departure),
                "windows": ", ".join(_map.window_text(w, clock) for w in windows),
                "load": ", ".join(map(shown, visit.load or ())),
                "distance": length(instance, visit.distance),
            }
        )
    return made


def _totals(result: Result, clock: Clock) -> dict[str, str]:
    totals = result.report.totals
    spans = ("duration", "driving", "waiting", "service")
    return {
        "stops": shown(sum(len(route.stops) for route in result.solution.routes)),
        **{key: clock.span(totals.get(key)) for key in spans},
        "distance": length(result.instance, totals.get("distance")),
        "cost": shown(result.cost, 2),
    }


def _unserved(instance: VrpInstance, left: Any) -> dict[str, str]:
    of: Any = instance.jobs_by_id if left.kind == "job" else instance.shipments_by_id
    return {
        "kind": left.kind,
        "id": left.id,
        "name": of[left.id].name or "",
        "reason": (left.reason or "").replace("_", " "),
        "detail": left.detail or "",
    }
