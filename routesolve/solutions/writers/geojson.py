"""GeoJSON (RFC 7946): a line per leg along the streets, a point per stop."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

from routesolve.errors import InputError
from routesolve.instances.instance import VrpInstance
from routesolve.numbers import tidy, tidy_all
from routesolve.solutions.clock import Clock
from routesolve.solutions.solution import Route, Unassigned, Visit
from routesolve.solutions.writers import _lines, _names

if TYPE_CHECKING:
    from routesolve.solutions.result import Result

DECIMALS = 6
"""Of a degree: about a tenth of a metre, what RFC 7946 advises."""


def render(result: Result) -> str:
    """Return the plan as a FeatureCollection.

    Raises
    ------
    InputError
        When places are not longitudes and latitudes.
    """
    instance = result.instance
    if not instance.geographic:
        raise InputError(
            "GeoJSON needs longitudes and latitudes, and this instance has none",
            where=instance.name or None,
            fix="write json, csv or html instead",
        )
    clock = Clock(instance, result.solution)
    features: list[dict[str, Any]] = []
    for route in result.solution.routes:
        features += _legs(instance, route)
        for order, visit in enumerate(route.visits):
            features += _stop(instance, route, visit, order, clock)
    for left in result.solution.unassigned:
        features += _left_out(instance, left)
    collection = {"type": "FeatureCollection", "features": features}
    return json.dumps(collection, ensure_ascii=False, allow_nan=False) + "\n"


def _legs(instance: VrpInstance, route: Route) -> list[dict[str, Any]]:
    visits = _lines.placed(route)
    features = []
    for (a, i), (b, j) in itertools.pairwise(visits):
        if i == j:
            continue
        line = _lines.leg(instance, route, i, j)
        duration = None if a.departure is None or b.arrival is None else b.arrival - a.departure
        distance = None if a.distance is None or b.distance is None else b.distance - a.distance
        properties = {
            "feature": "leg",
            "vehicle": route.name,
            "from": a.id,
            "to": b.id,
            "distance": tidy(distance),
            "duration": tidy(duration),
            "departure": tidy(a.departure),
            "arrival": tidy(b.arrival),
        }
        points = [_position(point) for point in line.tolist()]
        features.append(_feature("LineString", points, properties))
    return features


def _stop(
    instance: VrpInstance, route: Route, visit: Visit, order: int, clock: Clock
) -> list[dict[str, Any]]:
    where = _names.place(instance, visit)
    if where is None or where.point is None:
        return []
    properties = {
        "feature": "stop",
        "vehicle": route.name,
        "stop": order,
        "kind": visit.kind,
        "id": visit.id,
        "name": _names.name(instance, visit) or None,
        "arrival": tidy(visit.arrival),
        "begin": tidy(visit.begin),
        "departure": tidy(visit.departure),
        "arrival_clock": clock.full(visit.arrival) or None,
        "departure_clock": clock.full(visit.departure) or None,
        "load": tidy_all(visit.load),
    }
    return [_feature("Point", _position(where.point), properties)]


def _left_out(instance: VrpInstance, left: Unassigned) -> list[dict[str, Any]]:
    if left.kind == "job":
        job = instance.jobs_by_id[left.id]
        places = [("job", job.location, job.name)]
    else:
        shipment = instance.shipments_by_id[left.id]
        places = [
            ("pickup", shipment.pickup.location, shipment.pickup.name or shipment.name),
            ("delivery", shipment.delivery.location, shipment.delivery.name or shipment.name),
        ]
    features = []
    for kind, where, name in places:
        if where.point is not None:
            properties = {"feature": "unassigned", "kind": kind, "id": left.id, "name": name}
            properties |= {"reason": left.reason, "detail": left.detail}
            features.append(_feature("Point", _position(where.point), properties))
    return features


def _feature(kind: str, coordinates: Any, properties: dict[str, Any]) -> dict[str, Any]:
    geometry = {"type": kind, "coordinates": coordinates}
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def _position(point: Any) -> list[float]:
    return [round(point[0], DECIMALS), round(point[1], DECIMALS)]
