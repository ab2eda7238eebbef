"""Writing VROOM's problem document, and the numbers its tasks and vehicles bear there."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from routesolve.instances.formats.vroom import ALWAYS, SPEEDS
from routesolve.instances.instance import DEFAULT_DETOUR, DEFAULT_SPEED, VrpInstance
from routesolve.instances.model import Break, Location, Profile, TimeWindow, VehicleType

_LARGEST = 2**63
_FOREVER = 2**31 - 1  # stands for unreachable


@dataclass(frozen=True)
class Numbering:
    """VROOM's integer ids for everything in an instance.

    Those of a VROOM file come back as they were; other ids are numbered from 1 in order.

    Attributes
    ----------
    jobs, pickups, deliveries
        By job id, shipment id, shipment id.
    vehicles
        By vehicle type id and the vehicle's place in the type.
    breaks
        By vehicle type id and break id.
    """

    jobs: dict[str, int]
    pickups: dict[str, int]
    deliveries: dict[str, int]
    vehicles: dict[tuple[str, int], int]
    breaks: dict[tuple[str, str], int]

    @classmethod
    def of(cls, instance: VrpInstance) -> Numbering:
        """Number an instance."""
        shipments = instance.shipments
        fleet = [(k.id, v) for k in instance.vehicle_types for v in range(instance.fleet_size(k))]
        single = all(k.count == 1 for k in instance.vehicle_types)
        return cls(
            jobs=_numbers([job.id for job in instance.jobs], [job.id for job in instance.jobs]),
            pickups=_numbers([s.id for s in shipments], [s.pickup.id for s in shipments]),
            deliveries=_numbers([s.id for s in shipments], [s.delivery.id for s in shipments]),
            vehicles=_numbers(fleet, [kind if single else None for kind, _ in fleet]),
            breaks={
                (kind.id, pause.id): number
                for kind in instance.vehicle_types
                for pause, number in zip(
                    kind.breaks,
                    _numbers(range(len(kind.breaks)), [b.id for b in kind.breaks]).values(),
                    strict=True,
                )
            },
        )


def _numbers(keys: Iterable[Any], wanted: Sequence[str | None]) -> dict[Any, int]:
    keys = list(keys)
    ints = [int(w) for w in wanted if w is not None and w.isascii() and w.isdigit()]
    usable = len(set(ints)) == len(keys) and all(i < _LARGEST for i in ints)
    # "007" is no number of VROOM's: it would come back as "7".
    usable = usable and [str(i) for i in ints] == list(wanted)
    return dict(zip(keys, ints if usable else range(1, len(keys) + 1), strict=True))


def document(instance: VrpInstance) -> dict[str, Any]:
    """Return the problem as VROOM reads it: integers, one object per vehicle."""
    numbers = Numbering.of(instance)
    profiles = list(dict.fromkeys(instance.profile_of(k) for k in instance.vehicle_types))
    names = {p.id: "car" if p.id == "default" else p.id for p in profiles}
    explicit = [p for p in profiles if not _drawn(p)]
    indexed = bool(explicit)
    made: dict[str, Any] = {
        "vehicles": [
            _vehicle(instance, kind, v, numbers, names, indexed)
            for kind in instance.vehicle_types
            for v in range(instance.fleet_size(kind))
        ]
    }
    _steps(instance, made["vehicles"], numbers)
    if instance.jobs:
        made["jobs"] = [
            {"id": numbers.jobs[job.id]}
            | _described(job.name, job.id, numbers.jobs[job.id])
            | _stop(instance, job, indexed)
            | _amounts(instance, delivery=job.delivery, pickup=job.pickup)
            | _common(job, _skills(instance))
            for job in instance.jobs
        ]
    if instance.shipments:
        made["shipments"] = [
            {
                end: {"id": ids[s.id]}
                | _described(getattr(s, end).name or s.name, s.id, ids[s.id], shipment=True)
                | _stop(instance, getattr(s, end), indexed)
                for end, ids in (("pickup", numbers.pickups), ("delivery", numbers.deliveries))
            }
            | _amounts(instance, amount=s.amount)
            | _common(s, _skills(instance))
            for s in instance.shipments
        ]
    if indexed:
        made["matrices"] = {names[p.id]: _matrices(instance, p) for p in profiles}
    return made


def _drawn(profile: Profile) -> bool:
    """Tell whether reading without matrices gives this profile back."""
    name = "car" if profile.id == "default" else profile.id
    return (
        profile.metric == "haversine"
        and profile.speed == SPEEDS.get(name, DEFAULT_SPEED)
        and profile.detour == DEFAULT_DETOUR
        and not profile.bands
    )


def _matrices(instance: VrpInstance, profile: Profile) -> dict[str, Any]:
    travel = instance.travel(profile)
    users = [k for k in instance.vehicle_types if instance.profile_of(k) is profile]
    durations, distances = travel.durations, travel.distances
    wanted = any(k.cost_per_distance or k.max_distance < math.inf for k in users)
    made = {"durations": _integers(durations)}
    if wanted or not np.array_equal(durations, distances):
        made["distances"] = _integers(distances)
    return made


def _integers(matrix: Any) -> list[list[int]]:
    return np.where(np.isfinite(matrix), np.rint(matrix), _FOREVER).astype(np.int64).tolist()  # type: ignore[no-any-return]


def _described(
    name: str | None, own: str, number: int, *, shipment: bool = False
) -> dict[str, Any]:
    """A description where there is a name, or an id that would be lost."""
    if name is None and not shipment and own != str(number):
        name = own
    return {} if name is None else {"description": name}


def _where(instance: VrpInstance, place: Location, indexed: bool, key: str = "") -> dict[str, Any]:
    made: dict[str, Any] = {}
    if place.lon is not None:
        made[key or "location"] = [place.lon, place.lat]
    if indexed:
        made[f"{key or 'location'}_index"] = instance.location_index(place)
    return made


def _stop(instance: VrpInstance, stop: Any, indexed: bool) -> dict[str, Any]:
    made = _where(instance, stop.location, indexed)
    for key in ("setup", "service"):
        if getattr(stop, key):
            made[key] = math.ceil(getattr(stop, key))
    if windows := _windows(stop.time_windows):
        made["time_windows"] = windows
    return made


def _windows(windows: Iterable[TimeWindow]) -> list[list[int]]:
    whole = []
    for window in windows:
        early = max(0, math.ceil(window.earliest))
        late = ALWAYS if window.latest == math.inf else math.floor(window.latest)
        whole.append([early, max(early, late)])  # 0.2 to 0.8 s has no whole second in it
    return whole


def _amounts(instance: VrpInstance, **amounts: tuple[float, ...]) -> dict[str, Any]:
    return {
        key: [math.ceil(a) for a in instance.amounts(values)]
        for key, values in amounts.items()
        if any(values)
    }


def _skills(instance: VrpInstance) -> dict[str, int]:
    """Integers for the skills, those that are such already as they are."""
    parts = (instance.jobs, instance.shipments, instance.vehicle_types)
    names = list(dict.fromkeys(skill for part in parts for one in part for skill in one.skills))
    return _numbers(names, names)


def _common(task: Any, skills: dict[str, int]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if task.skills:
        made["skills"] = [skills[name] for name in task.skills]
    if task.priority:
        made["priority"] = task.priority
    return made


def _vehicle(
    instance: VrpInstance,
    kind: VehicleType,
    index: int,
    numbers: Numbering,
    names: dict[str, str],
    indexed: bool,
) -> dict[str, Any]:
    number = numbers.vehicles[kind.id, index]
    profile = instance.profile_of(kind)
    made: dict[str, Any] = {"id": number, **_described(kind.name, kind.id, number)}
    if names[profile.id] != "car":
        made["profile"] = names[profile.id]
    for key in ("start", "end"):
        name = getattr(kind, key)
        if name is not None:
            made |= _where(instance, instance.depots_by_id[name].location, indexed, key)
    if kind.capacity:
        made["capacity"] = [math.floor(c) for c in kind.capacity]
    if costs := _costs(instance, kind):
        made["costs"] = costs
    if kind.skills:
        made["skills"] = [_skills(instance)[name] for name in kind.skills]
    if kind.shift != TimeWindow():
        [made["time_window"]] = _windows([kind.shift])
    if kind.breaks:
        made["breaks"] = [_pause(kind, pause, numbers) for pause in kind.breaks]
    if kind.speed_factor != 1:
        made["speed_factor"] = kind.speed_factor
    limits = {
        "max_tasks": kind.max_jobs,
        "max_travel_time": kind.max_driving_time,
        "max_distance": kind.max_distance,
    }
    for key, limit in limits.items():
        if limit is not None and limit < math.inf:
            made[key] = math.floor(limit)
    return made


def _pause(kind: VehicleType, pause: Break, numbers: Numbering) -> dict[str, Any]:
    made: dict[str, Any] = {"id": numbers.breaks[kind.id, pause.id]}
    if pause.time_windows:
        made["time_windows"] = _windows(pause.time_windows)
    if pause.duration:
        made["service"] = math.ceil(pause.duration)
    if pause.max_load is not None:
        made["max_load"] = [math.floor(a) for a in pause.max_load]
    return made


def _costs(instance: VrpInstance, kind: VehicleType) -> dict[str, Any]:
    weight = instance.objective
    costs = {
        "fixed": kind.fixed_cost + weight.vehicles,
        "per_hour": 3600 * kind.cost_per_driving_time * weight.duration,
        "per_km": 1000 * kind.cost_per_distance * weight.distance,
    }
    default = {"fixed": 0, "per_hour": 3600, "per_km": 0}
    return {key: round(value) for key, value in costs.items() if round(value) != default[key]}


def _steps(instance: VrpInstance, vehicles: list[dict[str, Any]], numbers: Numbering) -> None:
    by_id = {vehicle["id"]: vehicle for vehicle in vehicles}
    ids = {"job": numbers.jobs, "pickup": numbers.pickups, "delivery": numbers.deliveries}
    for route in instance.initial_routes:
        number = numbers.vehicles.get((route.vehicle_type, route.vehicle))
        steps = [
            {"type": v.kind, "id": numbers.breaks[route.vehicle_type, str(v.id)]}
            if v.kind == "break"
            else {"type": v.kind, "id": ids[v.kind][str(v.id)]}
            for v in route.visits
            if v.kind in (*ids, "break")
        ]
        if number is not None and steps:
            by_id[number]["steps"] = steps
