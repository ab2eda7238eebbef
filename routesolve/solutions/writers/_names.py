"""What a visit is called and where it is."""

from __future__ import annotations

from routesolve.instances.instance import VrpInstance
from routesolve.instances.model import Job, Location, Shipment, Stop, TimeWindow
from routesolve.solutions.solution import Route, Visit


def task(instance: VrpInstance, visit: Visit) -> Job | Stop | None:
    """Return the job or the end of a shipment that is visited, None for other kinds."""
    if visit.kind == "job":
        return instance.jobs_by_id.get(visit.id or "")
    if visit.kind in ("pickup", "delivery"):
        shipment = instance.shipments_by_id.get(visit.id or "")
        return None if shipment is None else _end(shipment, visit.kind)
    return None


def _end(shipment: Shipment, kind: str) -> Stop:
    return shipment.pickup if kind == "pickup" else shipment.delivery


def name(instance: VrpInstance, visit: Visit) -> str:
    """Return the name people gave to what is visited, empty when they gave none."""
    found = task(instance, visit)
    if found is None:
        depot = instance.depots_by_id.get(visit.id or "") if visit.kind != "break" else None
        return (depot.name if depot else None) or ""
    shipment = instance.shipments_by_id.get(visit.id or "") if isinstance(found, Stop) else None
    return found.name or (shipment.name if shipment else None) or ""


def windows(instance: VrpInstance, route: Route, visit: Visit) -> tuple[TimeWindow, ...]:
    """Return the time windows of what is visited."""
    if visit.kind == "break":
        kind = instance.vehicle_types_by_id.get(route.vehicle_type)
        pauses = kind.breaks if kind else ()
        return next((pause.time_windows for pause in pauses if pause.id == visit.id), ())
    found = task(instance, visit)
    return found.time_windows if found else ()


def place(instance: VrpInstance, visit: Visit) -> Location | None:
    """Return where the visit is, None where the plan does not say."""
    return None if visit.location is None else instance.locations[visit.location]


def coordinates(where: Location | None) -> list[float] | int | None:
    """Return ``[lon, lat]`` or ``[x, y]``, or the matrix row of a place without coordinates."""
    if where is None:
        return None
    return list(where.point) if where.point else where.index
