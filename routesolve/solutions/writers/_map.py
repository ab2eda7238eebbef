"""What the page's map draws: streets, routes, stops."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from routesolve.graphs import drawing
from routesolve.graphs.graph import Graph
from routesolve.instances.instance import VrpInstance
from routesolve.instances.model import Job, Stop, TimeWindow
from routesolve.numbers import shown
from routesolve.pages import polyline
from routesolve.solutions.clock import Clock
from routesolve.solutions.solution import Route, Solution, Unassigned, Visit
from routesolve.solutions.writers import _lines, _names

Floats = npt.NDArray[np.float64]

PALETTE = (
    *("#0072b2", "#d55e00", "#009e73", "#aa3377", "#e69f00"),
    *("#56b4e9", "#882255", "#117733", "#cc79a7", "#6a51a3"),
)
"""After Okabe & Ito (2008) and Tol (2021): told apart by most colour-blind people."""

DASHES = ("", "10 5", "3 5", "14 4 3 4")
"""When the colours begin again, so many times, the stroke changes."""

PLANE = 1000.0
"""Planar coordinates are scaled to a square of this size."""


def colour(index: int) -> str:
    """Return the colour of a route."""
    return PALETTE[index % len(PALETTE)]


def dash(index: int) -> str:
    """Return the dash pattern of a route."""
    return DASHES[index // len(PALETTE) % len(DASHES)]


def document(instance: VrpInstance, solution: Solution, clock: Clock) -> dict[str, Any] | None:
    """Return all that the map draws, or None when no place has coordinates."""
    points = instance.points
    known = points[np.isfinite(points).all(axis=1)]
    if not len(known):
        return None
    projection = _Projection(instance.geographic, known)
    ways = [_lines.way(instance, route) for route in solution.routes]
    drawn = np.concatenate([known, *ways])
    routes = [
        {
            "name": route.name,
            "colour": colour(k),
            "dash": dash(k),
            "line": projection.line(ways[k]),
            "stops": _stops(instance, route, clock, projection),
        }
        for k, route in enumerate(solution.routes)
    ]
    return {
        "geographic": instance.geographic,
        "bounds": [projection.point(drawn.min(axis=0)), projection.point(drawn.max(axis=0))],
        **_streets(instance, drawn),
        "attribution": "; ".join(attributions(instance)),
        "routes": routes,
        "depots": [
            {
                "at": projection.point(depot.location.point),
                "title": depot.name or depot.id,
                "lines": _windows_line(depot.time_windows, clock),
            }
            for depot in instance.depots
            if depot.location.point is not None
        ],
        "unserved": [
            entry for left in solution.unassigned for entry in _left_out(instance, left, projection)
        ],
    }


class _Projection:
    """Geographic lines go as encoded polylines, planar ones as lists in a fixed square."""

    def __init__(self, geographic: bool, known: Floats) -> None:
        self.geographic = geographic
        self.low = known.min(axis=0)
        span = float((known.max(axis=0) - self.low).max())
        self.scale = PLANE / span if span > 0 and np.isfinite(span) else 1.0

    def point(self, point: Any) -> list[float]:
        """Return a place as the page has it: ``[lat, lng]`` order, as Leaflet wants it."""
        x, y = self._scaled(np.asarray(point, dtype=np.float64)).tolist()
        return [y, x]

    def line(self, points: Floats) -> Any:
        """Return a line as the page has it."""
        if self.geographic:
            return polyline.encode(points)
        return self._scaled(points)[:, ::-1].tolist()

    def _scaled(self, points: Floats) -> Floats:
        if self.geographic:
            return np.asarray(np.round(points, 5))
        return np.asarray(np.round((points - self.low) * self.scale, 2))


def _stops(
    instance: VrpInstance, route: Route, clock: Clock, projection: _Projection
) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for order, visit in enumerate(route.stops, 1):
        task, where = _names.task(instance, visit), _names.place(instance, visit)
        if task is None or where is None or where.point is None:
            continue
        found.append(
            {
                "at": projection.point(where.point),
                "order": order,
                "kind": visit.kind,
                "title": _title(instance, visit),
                "lines": [f"{route.name} · stop {order}", *_facts(task, visit, clock)],
            }
        )
    return found


def _title(instance: VrpInstance, visit: Visit) -> str:
    name = _names.name(instance, visit)
    label = f"{name} ({visit.id})" if name and name != visit.id else str(visit.id)
    return label if visit.kind == "job" else f"{visit.kind.capitalize()} of {label}"


def _facts(task: Job | Stop, visit: Visit, clock: Clock) -> list[str]:
    lines = [f"Arrives {clock.short(visit.arrival)}, leaves {clock.short(visit.departure)}"]
    if visit.waiting > 0.5:
        lines[0] += f" (waits {clock.span(visit.waiting)})"
    lines += _windows_line(task.time_windows, clock)
    if visit.load:
        lines.append(f"On board when leaving: {', '.join(map(shown, visit.load))}")
    return lines


def _windows_line(windows: tuple[TimeWindow, ...], clock: Clock) -> list[str]:
    if not windows:
        return []
    return ["Window " + ", ".join(window_text(window, clock) for window in windows)]


def window_text(window: TimeWindow, clock: Clock) -> str:
    """Return ``08:00–12:00``; ``~`` marks a soft one."""
    end = clock.short(window.latest) if np.isfinite(window.latest) else "…"
    return f"{clock.short(window.earliest)}–{end}{'~' if window.lateness_cost is not None else ''}"


def _left_out(
    instance: VrpInstance, left: Unassigned, projection: _Projection
) -> list[dict[str, Any]]:
    if left.kind == "job":
        places = [instance.jobs_by_id[left.id].location]
        label = instance.jobs_by_id[left.id].label
    else:
        shipment = instance.shipments_by_id[left.id]
        places, label = [shipment.pickup.location, shipment.delivery.location], shipment.label
    lines = ["Not served", left.detail or left.reason or ""]
    return [
        {"at": projection.point(place.point), "title": label, "lines": [t for t in lines if t]}
        for place in places
        if place.point is not None
    ]


# -- streets -----------------------------------------------------------------------------------


def networks(instance: VrpInstance) -> list[Graph]:
    """Return the street networks that the fleet travels on."""
    profiles = {p.id: p for p in map(instance.profile_of, instance.vehicle_types)}
    return [instance.graph(p) for p in profiles.values() if p.metric == "network"]


def attributions(instance: VrpInstance) -> list[str]:
    """Return what has to be said about the streets when they are shown."""
    said = map(drawing.attribution, networks(instance))
    return [text for text in dict.fromkeys(said) if text]


def _streets(instance: VrpInstance, drawn: Floats) -> dict[str, list[str]]:
    """Return the streets around stops and routes as encoded polylines."""
    for graph in networks(instance) if instance.geographic else []:
        return drawing.ground(graph, drawn)
    return {"streets": [], "main_streets": []}
