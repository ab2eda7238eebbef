"""What there is to do and who can do it: nodes, vehicles and travel of a routing model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from routesolve.instances.model import (
    Job,
    PlannedRoute,
    Shipment,
    TimeWindow,
    VehicleType,
    Windows,
)

if TYPE_CHECKING:
    from routesolve.instances.instance import VrpInstance

Floats = npt.NDArray[np.float64]
OPEN: tuple[str, ...] = ()  # the terminal of a route that begins or ends at a stop


@dataclass(frozen=True, slots=True)
class Node:
    """A visit the model may make.

    Attributes
    ----------
    kind, task
        The job, or the end of a shipment; None at a reload.
    place
        Row in the instance's ``locations``.
    service
        Seconds at the stop, with the setup where it is always needed.
    setup
        Seconds of setup that fall away after a stop at the same place; 0 where no other is there.
    windows
        Time windows.
    brought, taken, carried
        Load from the depot, load to the depot, change of load by a shipment; shape (dimensions,).
    depot
        Id of the depot of a reload.
    """

    kind: Literal["job", "pickup", "delivery", "reload"]
    task: Job | Shipment | None
    place: int
    service: float
    setup: float
    windows: Windows
    brought: Floats
    taken: Floats
    carried: Floats
    depot: str | None = None

    @property
    def id(self) -> str:
        """Id of the job, the shipment or the depot."""
        return self.task.id if self.task else self.depot or ""


@dataclass(frozen=True, slots=True)
class Vehicle:
    """One vehicle: its type and its number within the type."""

    kind: VehicleType
    number: int


def shared_places(instance: VrpInstance) -> frozenset[int]:
    """Return the places where a stop can follow a stop or a start without setup."""
    found = Counter(instance.location_index(job.location) for job in instance.jobs)
    for shipment in instance.shipments:
        found[instance.location_index(shipment.pickup.location)] += 1
        found[instance.location_index(shipment.delivery.location)] += 1
    starts = {kind.start for kind in instance.vehicle_types if kind.start is not None}
    starts |= set(reload_depots(instance.vehicle_types))
    found.update(instance.location_index(instance.depots_by_id[s].location) for s in starts)
    return frozenset(place for place, count in found.items() if count > 1)


def tasks_of(instance: VrpInstance) -> list[Job | Shipment]:
    """Return all jobs and shipments."""
    return [*instance.jobs, *instance.shipments]


def servable(task: Job | Shipment, kind: VehicleType) -> bool:
    """Whether skills and zones let vehicles of a type serve a task."""
    return set(task.skills) <= set(kind.skills) and task.id not in kind.forbidden


def may_reload(kind: VehicleType, depot: str) -> bool:
    """Whether vehicles of a type may reload at a depot."""
    return kind.max_reloads != 0 and depot in kind.reload_depots


def reload_depots(kinds: Sequence[VehicleType]) -> list[str]:
    """Return the depots where some vehicle may reload."""
    depots = dict.fromkeys(name for kind in kinds for name in kind.reload_depots)
    return [name for name in depots if any(may_reload(kind, name) for kind in kinds)]


def make_reloads(
    instance: VrpInstance, kinds: Sequence[VehicleType], nodes: Sequence[Node], copies: int
) -> list[Node]:
    """Return ``copies`` reloads at each depot; no more than there are tasks."""
    nothing = np.zeros(instance.dimension_count)
    copies = min(copies, len({node.id for node in nodes}))
    made = []
    for name in reload_depots(kinds):
        depot = instance.depots_by_id[name]
        windows = tuple(TimeWindow(w.earliest, w.latest) for w in depot.time_windows)
        place = instance.location_index(depot.location)
        node = Node(
            "reload", None, place, depot.service, 0.0, windows, nothing, nothing, nothing, name
        )
        made += [node] * copies
    return made


def reloads_guess(
    instance: VrpInstance, kinds: Sequence[VehicleType], nodes: Sequence[Node]
) -> int:
    """Return a generous number of reloads: a quarter more than the smallest vehicles need."""
    trips = 0
    for amounts in ([n.brought for n in nodes], [n.taken for n in nodes]):
        total = np.sum(amounts, axis=0) if nodes else np.zeros(instance.dimension_count)
        for kind in kinds:
            if kind.reload_depots:
                with np.errstate(divide="ignore", invalid="ignore"):
                    need = np.nan_to_num(total / instance.capacity(kind), posinf=0.0)
                trips = max(trips, ceil(need.max(initial=0.0)))
    return ceil(1.25 * trips) + 3


def make_nodes(instance: VrpInstance, kinds: Sequence[VehicleType]) -> list[Node]:
    """Return the visits of all tasks that some of the vehicle types may serve."""
    shared = shared_places(instance)
    nothing = np.zeros(instance.dimension_count)
    nodes = []

    def times(place: int, service: float, setup: float) -> tuple[int, float, float]:
        return (place, service, setup) if place in shared else (place, service + setup, 0.0)

    for task in tasks_of(instance):
        if not any(servable(task, kind) for kind in kinds):
            continue
        if isinstance(task, Job):
            at = times(instance.location_index(task.location), task.service, task.setup)
            brought, taken = instance.amounts(task.delivery), instance.amounts(task.pickup)
            nodes.append(Node("job", task, *at, task.time_windows, brought, taken, nothing))
            continue
        amount = instance.amounts(task.amount)
        for stop, sign in ((task.pickup, 1.0), (task.delivery, -1.0)):
            at = times(instance.location_index(stop.location), stop.service, stop.setup)
            nodes.append(
                Node(
                    "pickup" if sign > 0 else "delivery",
                    task,
                    *at,
                    stop.time_windows,
                    nothing,
                    nothing,
                    sign * amount,
                )
            )
    return nodes


def locked_routes(instance: VrpInstance) -> dict[tuple[str, int], PlannedRoute]:
    """Return the initial routes with locked visits by vehicle type and vehicle number."""
    return {(r.vehicle_type, r.vehicle): r for r in instance.initial_routes if r.locked}


def make_fleet(
    instance: VrpInstance, kinds: Sequence[VehicleType], nodes: Sequence[Node], free: int
) -> list[Vehicle]:
    """Return the vehicles of the model.

    Parameters
    ----------
    free
        How many vehicles a free type gets at most. No type gets more than there are tasks.
    """
    tasks = len({node.id for node in nodes if node.task})
    locked = locked_routes(instance)
    fleet = []
    for kind in kinds:
        most = min(free, tasks) if kind.count is None else min(kind.count, tasks)
        numbers = sorted(number for name, number in locked if name == kind.id)
        others = (n for n in range(most + len(numbers)) if n not in numbers)
        numbers += [n for n, _ in zip(others, range(most - len(numbers)), strict=False)]
        fleet += [Vehicle(kind, n) for n in sorted(numbers)]
    return fleet


def free_fleet_guess(
    instance: VrpInstance, kinds: Sequence[VehicleType], nodes: Sequence[Node]
) -> int:
    """Return a generous number of vehicles for free types: half as many again as loads need."""
    bins = 1
    for amounts in ([n.brought for n in nodes], [n.taken for n in nodes]):
        total = np.sum(amounts, axis=0)
        for kind in kinds:
            if kind.count is None:
                with np.errstate(divide="ignore", invalid="ignore"):
                    need = np.nan_to_num(total / instance.capacity(kind), posinf=0.0)
                bins = max(bins, ceil(need.max(initial=0.0)))
                if kind.max_jobs:
                    bins = max(bins, ceil(len(nodes) / kind.max_jobs))
    return ceil(1.5 * bins) + 20


@dataclass(frozen=True, slots=True)
class Travel:
    """Distances and seconds between all nodes and terminals for one vehicle type; inf = closed."""

    distance: Floats
    duration: Floats


def terminals_of(kinds: Sequence[VehicleType]) -> list[tuple[str, ...]]:
    """Return the different starts and ends: tuples of depots, one of which is used."""
    found: dict[tuple[str, ...], None] = {}
    for kind in kinds:
        found.setdefault(start_of(kind))
        found.setdefault(ends_of(kind))
    return list(found)


def start_of(kind: VehicleType) -> tuple[str, ...]:
    """Depot where routes of a type begin, as a terminal."""
    return OPEN if kind.start is None else (kind.start,)


def ends_of(kind: VehicleType) -> tuple[str, ...]:
    """Depots where routes of a type may end, as a terminal."""
    return OPEN if kind.end is None else (kind.end, *dict.fromkeys(kind.alternative_ends))


def travel_of(
    instance: VrpInstance,
    kind: VehicleType,
    nodes: Sequence[Node],
    terminals: Sequence[tuple[str, ...]],
) -> Travel:
    """Tabulate travel; terminals follow the nodes. Empty routes travel nothing."""
    places = np.array([node.place for node in nodes], dtype=np.intp)
    n, size = len(nodes), len(nodes) + len(terminals)
    distance, duration = np.zeros((size, size)), np.zeros((size, size))
    matrix = instance.travel(kind)

    def fill(rows: object, columns: object, i: npt.NDArray[np.intp], j: object) -> None:
        same = i == j
        distance[rows, columns] = np.where(same, 0.0, matrix.distance(i, j))  # type: ignore[index,arg-type]
        duration[rows, columns] = np.where(same, 0.0, matrix.duration(i, j) / kind.speed_factor)  # type: ignore[index,arg-type]

    if n:
        fill(slice(n), slice(n), places[:, None], places[None, :])
    for t, depots in enumerate(terminals):
        if not depots or not n:
            continue
        ends = np.array(
            [instance.location_index(instance.depots_by_id[d].location) for d in depots]
        )
        fill(n + t, slice(n), np.full(n, ends[0]), places)
        fill(slice(n), n + t, places, ends[nearest_end(instance, kind, depots, places)])
    return Travel(distance, duration)


def nearest_end(
    instance: VrpInstance, kind: VehicleType, depots: Sequence[str], places: npt.NDArray[np.intp]
) -> npt.NDArray[np.intp]:
    """Return, for each place, which of the depots is nearest by distance, then by time."""
    distance, duration = _to_ends(instance, kind, depots, places)
    order = np.lexsort((duration, distance), axis=1)
    return np.asarray(order[:, 0], dtype=np.intp)


def nearest_is_fastest(instance: VrpInstance, kind: VehicleType) -> bool:
    """Whether, from every stop, one of the alternative ends is best by distance and by time."""
    stops = [job.location for job in instance.jobs]
    stops += [shipment.delivery.location for shipment in instance.shipments]
    places = np.array([instance.location_index(p) for p in stops], dtype=np.intp)
    if not len(places):
        return True
    depots = ends_of(kind)
    _, duration = _to_ends(instance, kind, depots, places)
    best = duration[np.arange(len(places)), nearest_end(instance, kind, depots, places)]
    return bool((best <= duration.min(axis=1)).all())


def _to_ends(
    instance: VrpInstance, kind: VehicleType, depots: Sequence[str], places: npt.NDArray[np.intp]
) -> tuple[Floats, Floats]:
    matrix = instance.travel(kind)
    ends = [instance.location_index(instance.depots_by_id[d].location) for d in depots]
    to = np.array(ends, dtype=np.intp)[None, :]
    same = places[:, None] == to
    distance = np.where(same, 0.0, matrix.distance(places[:, None], to))
    duration = np.where(same, 0.0, matrix.duration(places[:, None], to))
    return distance, duration


def finite(values: Floats) -> Floats:
    """Put the largest finite value where there is no way; such arcs are closed elsewhere."""
    open_ = np.isfinite(values)
    if open_.all():
        return values
    return np.where(open_, values, values[open_].max(initial=0.0))
