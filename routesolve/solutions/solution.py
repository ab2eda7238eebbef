"""Plans: who visits what in which order, and, once timed, when."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from routesolve.instances.model import VisitKind

STOPS: tuple[VisitKind, ...] = ("job", "pickup", "delivery")
"""Kinds of visits that serve somebody."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One step of a route. Times, load and distance are None until the plan is timed.

    Attributes
    ----------
    kind
        What happens.
    id
        Job id (``job``), shipment id (``pickup``, ``delivery``), break id (``break``), depot id
        (``start``, ``reload``, ``end``; None where the route is open).
    location
        Row in the instance's ``locations``; None when unknown (untimed plan).
    arrival, begin, departure
        Seconds: arrival at the place, begin of setup and service, departure. Waiting lies between
        arrival and begin.
    load
        On board when leaving, one per load dimension.
    distance
        Metres from the start of the route.
    """

    kind: VisitKind
    id: str | None = None
    location: int | None = None
    arrival: float | None = None
    begin: float | None = None
    departure: float | None = None
    load: tuple[float, ...] | None = None
    distance: float | None = None

    @property
    def waiting(self) -> float:
        """Seconds between arrival and begin."""
        if self.arrival is None or self.begin is None:
            return 0.0
        return self.begin - self.arrival


@dataclass(frozen=True, slots=True)
class Route:
    """The visits of one vehicle, in order.

    An untimed route may leave out its start and end; a timed one has both (with ``id=None`` and
    the place of the first or last stop where the route is open).

    Attributes
    ----------
    vehicle_type
        Id of the vehicle type.
    visits
        In order.
    vehicle
        Which vehicle of the type, from 0.
    distance, duration, driving, service, waiting, cost
        Totals, None until timed: metres, seconds, instance's cost unit. ``service`` includes
        setup, loading at depots and breaks.
    """

    vehicle_type: str
    visits: tuple[Visit, ...]
    vehicle: int = 0
    distance: float | None = None
    duration: float | None = None
    driving: float | None = None
    service: float | None = None
    waiting: float | None = None
    cost: float | None = None

    @property
    def stops(self) -> tuple[Visit, ...]:
        """Visits of jobs and shipments."""
        return tuple([v for v in self.visits if v.kind in STOPS])

    @property
    def name(self) -> str:
        """``van`` or ``van-2`` for display."""
        return f"{self.vehicle_type}-{self.vehicle + 1}"


@dataclass(frozen=True, slots=True)
class Unassigned:
    """A job or shipment that the plan leaves out.

    Attributes
    ----------
    kind, id
        Which one.
    reason
        ``impossible`` (no empty vehicle can serve it), ``no_vehicle`` (the fleet cannot serve all
        jobs, or no route can take it as it stands), ``crowded_out`` (a route could take it
        without the jobs that are named), ``no_room`` (fits alone; not looked at closely),
        ``insertable`` (it could simply be added), ``prize`` (leaving it out is the plan's choice),
        ``group`` (another member of its exclusive group is served), None when not examined. See
        :mod:`routesolve.solutions.explain`.
    detail
        One sentence for people: which rule, by how much, which jobs, which vehicle.
    """

    kind: Literal["job", "shipment"]
    id: str
    reason: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Solution:
    """A plan: routes, and what is left out.

    Attributes
    ----------
    routes
        Only vehicles that are used.
    unassigned
        Jobs and shipments no route visits; may be left empty in an untimed plan.
    cost
        As computed by the checker, or as stated by the file the plan was read from.
    """

    routes: tuple[Route, ...]
    unassigned: tuple[Unassigned, ...] = ()
    cost: float | None = None

    @classmethod
    def from_sequences(
        cls, routes: Sequence[tuple[str, Sequence[tuple[VisitKind, str | None]]]]
    ) -> Solution:
        """Build an untimed plan from ``(vehicle type id, [(kind, id), ...])`` per route."""
        used: dict[str, int] = {}
        made = []
        for vehicle_type, visits in routes:
            vehicle = used.get(vehicle_type, 0)
            used[vehicle_type] = vehicle + 1
            made.append(
                Route(vehicle_type, tuple(Visit(kind, name) for kind, name in visits), vehicle)
            )
        return cls(tuple(made))

    def served(self) -> Iterator[tuple[str, str]]:
        """Yield ``("job" | "shipment", id)`` of everything that is visited."""
        for route in self.routes:
            for visit in route.visits:
                if visit.kind == "job" and visit.id is not None:
                    yield "job", visit.id
                elif visit.kind == "delivery" and visit.id is not None:
                    yield "shipment", visit.id

    def replace(self, **changes: object) -> Solution:
        """Return a copy with some fields changed."""
        return dataclasses.replace(self, **changes)  # type: ignore[arg-type]
