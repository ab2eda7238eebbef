"""Numbering of a whole fleet, for formats that know vehicles but no vehicle types."""

from __future__ import annotations

from typing import NamedTuple

from routesolve.instances.instance import VrpInstance


class Slot(NamedTuple):
    """One vehicle: its type's id, and which one of the type (from 0)."""

    vehicle_type: str
    vehicle: int


def slots(instance: VrpInstance) -> list[Slot]:
    """Return every vehicle, type after type; a free fleet counts one for each job."""
    return [
        Slot(kind.id, vehicle)
        for kind in instance.vehicle_types
        for vehicle in range(instance.fleet_size(kind))
    ]


def mixed(instance: VrpInstance) -> bool:
    """Whether it matters which vehicle drives which route."""
    return len(instance.vehicle_types) > 1


def single_vehicles(instance: VrpInstance) -> bool:
    """Whether each vehicle type is one vehicle, so that its id names the vehicle."""
    return all(kind.count == 1 for kind in instance.vehicle_types)
