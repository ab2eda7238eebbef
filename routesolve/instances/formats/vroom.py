"""VROOM's JSON (API 1.15): problems of its users solve unchanged.

========================  =====================================================================
VROOM                     here
========================  =====================================================================
cost                      ``per_hour / 3600`` per second of travel, ``per_km / 1000`` per metre
vehicle                   a vehicle type of its own, count 1, id as in the file
``start``, ``end``        depots, one for each different place
shipment                  id ``p<pickup>-d<delivery>``; the stops keep their own ids
``description``           name
``steps``                 initial routes
``matrices.x.costs``      taken for the distances of the profile, at cost 1 each
unassigned tasks          allowed, as VROOM does
========================  =====================================================================

Without matrices travel is a straight line with a detour and an ordinary speed for the profile;
streets come with ``--network``.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from math import inf
from typing import Any, ClassVar

from routesolve.errors import RoutesolveWarning
from routesolve.instances.formats import _json, _vroom_schema
from routesolve.instances.formats._base import Findings, Format, Options, build, by_prefix
from routesolve.instances.instance import DEFAULT_DETOUR, DEFAULT_SPEED, VrpInstance
from routesolve.instances.model import (
    Break,
    Depot,
    Job,
    Location,
    PlannedRoute,
    PlannedVisit,
    Profile,
    Shipment,
    Stop,
    TimeWindow,
    VehicleType,
)

SPEEDS = {"car": DEFAULT_SPEED, "truck": DEFAULT_SPEED, "bike": 15 / 3.6, "foot": 5 / 3.6}
ALWAYS = 2**32 - 1  # VROOM's largest time: a window up to it has no end
_OWN = {"vehicles", "matrices", "matrix"}
_FOREIGN = {"vehicle_types", "depots", "routesolve"}


class Vroom(Format):
    """VROOM."""

    name: ClassVar[str] = "vroom"
    summary: ClassVar[str] = "JSON of VROOM's API"
    suffixes: ClassVar[tuple[str, ...]] = (".json",)
    writes: ClassVar[bool] = True

    def sniff(self, head: str) -> bool:
        """Tell by the keys of the outermost object."""
        return owns(_json.top_level_keys(head))

    def read(self, text: str, *, name: str = "", **options: Any) -> VrpInstance:
        """Make an instance from the JSON text; see :meth:`Format.read`."""
        return read_document(_json.parse(text), name=name, **options)

    def render(self, instance: VrpInstance) -> str:
        """Return the instance as VROOM's problem document."""
        from routesolve.instances.formats._vroom_text import document

        return _json.dump(document(instance))


def owns(keys: Any) -> bool:
    """Tell whether an object with these keys is VROOM's rather than our own."""
    return bool(_OWN & set(keys)) and not _FOREIGN & set(keys)


def read_document(document: Mapping[str, Any], *, name: str = "", **options: Any) -> VrpInstance:
    """Make an instance from VROOM's document as a dictionary.

    Raises
    ------
    InputError
        With every problem at its JSON pointer in this document.
    """
    chosen = Options.check(options)
    problem = _vroom_schema.check(document)
    return _Reader(problem).instance(name, chosen)


class _Reader:
    def __init__(self, problem: _vroom_schema.Document) -> None:
        self.problem = problem
        self.found = Findings()
        self.depots: dict[Location, Depot] = {}
        self.places: dict[str, str] = {}  # our pointers -> VROOM's
        self.types = {v.type for v in problem.vehicles}

    def instance(self, name: str, options: Options) -> VrpInstance:
        problem = self.problem
        profiles = self._profiles()
        self._costs_fit()
        fields = {
            "name": name,
            "jobs": [self._job(job, f"/jobs/{i}") for i, job in enumerate(problem.jobs)],
            "shipments": [self._shipment(s, i) for i, s in enumerate(problem.shipments)],
            "vehicle_types": [self._vehicle(v, k) for k, v in enumerate(problem.vehicles)],
            "profiles": profiles,
            "depots": list(self.depots.values()),
            "allow_unserved": True,
            "initial_routes": self._routes(),
        }
        self.found.stop()
        for k, vehicle in enumerate(problem.vehicles):
            self.places[f"/vehicle_types/{k}"] = f"/vehicles/{k}/"
            self.places[f"/vehicle_types/{k}/shift"] = f"/vehicles/{k}/time_window/"
            if vehicle.steps:
                route = sum(bool(v.steps) for v in problem.vehicles[:k])
                self.places[f"/initial_routes/{route}"] = f"/vehicles/{k}/steps"
        for k, profile in enumerate(profiles):
            self.places[f"/profiles/{k}"] = f"/matrices/{profile.id}/"
        self.places["/vehicle_types"] = "/vehicles"
        return build(fields, options, places=by_prefix(lambda: self.places))

    # -- travel ----------------------------------------------------------------------------------

    def _profiles(self) -> list[Profile]:
        names = list(dict.fromkeys(v.profile for v in self.problem.vehicles))
        matrices = dict(self.problem.matrices)
        if self.problem.matrix is not None:
            matrices.setdefault("car", _vroom_schema.Matrices(durations=self.problem.matrix))
        profiles = []
        for name in names:
            given = matrices.get(name)
            if given is None:
                speed = SPEEDS.get(name, DEFAULT_SPEED)
                profiles.append(
                    Profile(name, metric="haversine", speed=speed, detour=DEFAULT_DETOUR)
                )
                continue
            if given.durations is None and given.distances is None and given.costs is None:
                self.found.add("no matrix in it", f"/matrices/{name}", "give 'durations'")
            profiles.append(
                Profile(
                    name,
                    metric="matrix",
                    durations=given.durations,
                    distances=given.distances if given.costs is None else given.costs,
                )
            )
        for name in matrices:
            if name not in names and names:
                self._warn(f"/matrices/{name}: no vehicle has this profile")
        return profiles

    def _costs_fit(self) -> None:
        """Refuse what cannot be counted, and say what is not."""
        for k, vehicle in enumerate(self.problem.vehicles):
            at, costs = f"/vehicles/{k}", vehicle.costs
            given = self.problem.matrices.get(vehicle.profile)
            if costs.per_task_hour:
                self._warn(f"{at}/costs/per_task_hour: task times are not part of the cost here")
            if given is None:
                continue
            if given.costs is not None:
                if costs.per_hour != 3600 or costs.per_km:
                    self.found.add(
                        f"vehicle {vehicle.id!r} has per_hour or per_km, and its profile "
                        f"{vehicle.profile!r} a matrix of costs",
                        f"{at}/costs",
                        "the two exclude each other: drop one",
                    )
                if vehicle.max_distance < inf:
                    self.found.add(
                        f"vehicle {vehicle.id!r}: 'max_distance' cannot be kept together with a "
                        "matrix of costs",
                        f"{at}/max_distance",
                        "drop one of them",
                    )
            elif given.distances is None and (costs.per_km or vehicle.max_distance < inf):
                self._warn(
                    f"/matrices/{vehicle.profile}: without 'distances' the durations count as "
                    "metres"
                )

    def _warn(self, message: str) -> None:
        warnings.warn(message, RoutesolveWarning, stacklevel=2)

    # -- tasks -----------------------------------------------------------------------------------

    def _place(self, point: tuple[float, float] | None, index: int | None) -> Location:
        if point is None:
            return Location(index=index)
        return Location(lon=point[0], lat=point[1], index=index)

    def _stop(self, task: _vroom_schema.Step, at: str) -> dict[str, Any]:
        if task.location is None and task.location_index is None:
            self.found.add(
                f"task {task.id!r} has neither 'location' nor 'location_index'",
                at,
                "give 'location': [lon, lat], or its row of the matrices",
            )
        return {
            "location": self._place(task.location, task.location_index),
            "service": self._per_type(task.service, task.service_per_type, at, "service"),
            "setup": self._per_type(task.setup, task.setup_per_type, at, "setup"),
            "time_windows": _windows(task.time_windows),
            "name": task.description,
        }

    def _per_type(self, usual: float, special: Mapping[str, float], at: str, what: str) -> float:
        """One time for all vehicles: the longest, so that every plan keeps its times."""
        times = {special.get(kind, usual) if kind else usual for kind in self.types}
        if len(times) > 1:
            self._warn(
                f"{at}/{what}_per_type: times by vehicle type are not known here; the longest, "
                f"{max(times):g} s, is taken for all"
            )
        return max(times, default=usual)

    def _job(self, job: _vroom_schema.Job, at: str) -> Job:
        if job.amount and job.delivery:
            self.found.add("'amount' and 'delivery' say the same", at, "keep 'delivery'")
        return Job(
            id=job.id,
            delivery=job.delivery or job.amount,
            pickup=job.pickup,
            skills=job.skills,
            priority=job.priority,
            **self._stop(job, at),
        )

    def _shipment(self, shipment: _vroom_schema.Shipment, i: int) -> Shipment:
        at = f"/shipments/{i}"
        pickup, delivery = shipment.pickup, shipment.delivery
        return Shipment(
            id=_shipment_id(shipment),
            pickup=Stop(id=pickup.id, **self._stop(pickup, f"{at}/pickup")),
            delivery=Stop(id=delivery.id, **self._stop(delivery, f"{at}/delivery")),
            amount=shipment.amount,
            skills=shipment.skills,
            priority=shipment.priority,
        )

    # -- vehicles --------------------------------------------------------------------------------

    def _depot(self, point: tuple[float, float] | None, index: int | None, at: str) -> str | None:
        if point is None and index is None:
            return None
        place = self._place(point, index)
        if place not in self.depots:
            self.places[f"/depots/{len(self.depots)}"] = at
            self.depots[place] = Depot(f"depot-{len(self.depots) + 1}", place)
        return self.depots[place].id

    def _vehicle(self, vehicle: _vroom_schema.Vehicle, k: int) -> VehicleType:
        at, costs = f"/vehicles/{k}", vehicle.costs
        given = self.problem.matrices.get(vehicle.profile)
        by_matrix = given is not None and given.costs is not None
        start = self._depot(vehicle.start, vehicle.start_index, f"{at}/start")
        end = self._depot(vehicle.end, vehicle.end_index, f"{at}/end")
        return VehicleType(
            id=vehicle.id,
            count=1,
            capacity=vehicle.capacity,
            start=start,
            end=end,
            shift=(*_windows([vehicle.time_window] if vehicle.time_window else ()), TimeWindow())[
                0
            ],
            breaks=tuple(
                Break(
                    pause.id,
                    pause.service,
                    _windows(pause.time_windows),
                    pause.max_load,
                )
                for pause in vehicle.breaks
            ),
            max_distance=vehicle.max_distance,
            max_driving_time=vehicle.max_travel_time,
            max_jobs=vehicle.max_tasks,
            fixed_cost=costs.fixed,
            cost_per_distance=1.0 if by_matrix else costs.per_km / 1000,
            cost_per_driving_time=0.0 if by_matrix else costs.per_hour / 3600,
            skills=vehicle.skills,
            profile=vehicle.profile,
            speed_factor=vehicle.speed_factor,
            name=vehicle.description,
        )

    def _routes(self) -> list[PlannedRoute]:
        names = {("job", job.id): job.id for job in self.problem.jobs}
        for shipment in self.problem.shipments:
            names["pickup", shipment.pickup.id] = _shipment_id(shipment)
            names["delivery", shipment.delivery.id] = _shipment_id(shipment)
        routes = []
        for k, vehicle in enumerate(self.problem.vehicles):
            visits = []
            breaks = {pause.id for pause in vehicle.breaks}
            for i, step in enumerate(vehicle.steps):
                known = step.id if step.type == "break" and step.id in breaks else None
                name = known or names.get((step.type, step.id or ""))
                if step.type in ("start", "end"):
                    continue
                if name is None:
                    self.found.add(
                        f"there is no {step.type} {step.id!r}",
                        f"/vehicles/{k}/steps/{i}/id",
                        "name a task of this file",
                    )
                    continue
                visits.append(PlannedVisit(step.type, name))
            if visits:
                routes.append(PlannedRoute(vehicle.id, tuple(visits)))
        return routes


def _shipment_id(shipment: _vroom_schema.Shipment) -> str:
    return f"p{shipment.pickup.id}-d{shipment.delivery.id}"


def _windows(pairs: Iterable[tuple[float, float]]) -> tuple[TimeWindow, ...]:
    return tuple(TimeWindow(early, inf if late >= ALWAYS else late) for early, late in pairs)
