"""Writing VRPLIB, in the dialect of sections that PyVRP gave it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import inf
from typing import Any

import numpy as np

from routesolve.instances.instance import VrpInstance
from routesolve.instances.model import Depot, Job, Location, Profile, TimeWindow, VehicleType

_FOREVER = 10**9  # stands for unlimited, unreachable, and for the prize of a mandatory job
_FORMULAS = {
    ("euclidean", "up"): "CEIL_2D",
    ("euclidean", "down"): "FLOOR_2D",
    ("euclidean", "exact"): "EXACT_2D",
    ("manhattan", "nearest"): "MAN_2D",
    ("chebyshev", "nearest"): "MAX_2D",
    ("att", "none"): "ATT",
    ("geo", "none"): "GEO",
}
_LIMITS = {
    "max_duration": ("VEHICLES_MAX_DURATION", inf),
    "max_distance": ("VEHICLES_MAX_DISTANCE", inf),
    "fixed_cost": ("VEHICLES_FIXED_COST", 0.0),
    "cost_per_distance": ("VEHICLES_UNIT_DISTANCE_COST", 1.0),
    "cost_per_duration": ("VEHICLES_UNIT_DURATION_COST", 0.0),
    "max_reloads": ("VEHICLES_MAX_RELOADS", None),
}


def render(instance: VrpInstance) -> str:
    """Return the jobs, depots and vehicles as far as sections for them exist."""
    return "\n".join(_Writer(instance).lines()) + "\n"


class _Writer:
    def __init__(self, instance: VrpInstance) -> None:
        self.instance = instance
        home = instance.jobs[0].location if instance.jobs else Location(x=0.0, y=0.0)
        self.depots = instance.depots or (Depot("0", home),)
        self.jobs = instance.jobs
        self.nodes: list[Depot | Job] = [*self.depots, *self.jobs]
        self.number = {depot.id: k for k, depot in enumerate(self.depots, 1)}
        first = len(self.depots) + 1
        self.job_number = {job.id: k for k, job in enumerate(self.jobs, first)}
        kinds = [k for k in instance.vehicle_types if k.count != 0]
        self.single = kinds[0] if len(kinds) == 1 else None
        self.fleet = [k for k in kinds for _ in range(instance.fleet_size(k))]
        self.timed = any(job.time_windows for job in self.jobs) or any(
            k.shift != TimeWindow() for k in kinds
        )
        self.service = any(node.service for node in self.nodes)

    def lines(self) -> Iterator[str]:
        """Yield the file's lines."""
        instance = self.instance
        for key, text in (("NAME", instance.name), ("COMMENT", instance.comment)):
            if text.strip():
                yield f"{key} : {' '.join(text.split())}"
        self.kind, weights = self._weights()
        yield f"TYPE : {self.kind}"
        yield f"DIMENSION : {len(self.nodes)}"
        yield f"EDGE_WEIGHT_TYPE : {weights}"
        if weights == "EXPLICIT":
            yield "EDGE_WEIGHT_FORMAT : FULL_MATRIX"
        yield from self._fleet_specs()
        if weights == "EXPLICIT":
            yield "EDGE_WEIGHT_SECTION"
            yield from self._matrix()
        if all(node.location.point for node in self.nodes):
            yield from _section("NODE_COORD", (node.location.point or () for node in self.nodes))
        yield from self._node_sections()
        if self.single is None or self._needs_rows():
            yield from self._vehicle_sections()
        yield "DEPOT_SECTION"
        yield from (str(k) for k in range(1, len(self.depots) + 1))
        yield "-1"
        yield "EOF"

    # -- travel --------------------------------------------------------------------------------

    def _weights(self) -> tuple[str, str]:
        """Return TYPE and EDGE_WEIGHT_TYPE that bring the same metric and rounding back."""
        instance = self.instance
        profile = (
            instance.profile_of(self.fleet[0]) if self.fleet else (*instance.profiles, Profile())[0]
        )
        kind = self._kind()
        if not all(node.location.point for node in self.nodes) or profile.detour != 1:
            return kind, "EXPLICIT"
        rounding = str(instance.rounding)
        if (profile.metric, rounding) in _FORMULAS:
            return kind, _FORMULAS[profile.metric, rounding]
        if profile.metric == "euclidean":
            if rounding == "none":
                return "HFVRP", "EUC_2D"
            if rounding == ("dimacs" if self.timed else "nearest"):
                return kind, "EUC_2D"
        return kind, "EXPLICIT"

    def _kind(self) -> str:
        jobs, fleet = self.jobs, self.fleet
        if self.timed:
            return "VRPTW"
        if any(any(job.pickup) for job in jobs):
            return "VRPB"
        plain = len(fleet) == 1 and not fleet[0].capacity and len(self.depots) == 1
        return "TSP" if plain and fleet[0] == VehicleType(
            fleet[0].id, count=1, start=self.depots[0].id, end=self.depots[0].id
        ) else "CVRP"  # fmt: skip

    def _matrix(self) -> Iterator[str]:
        instance = self.instance
        kinds = instance.vehicle_types
        if not kinds or not instance.locations:
            full = np.zeros((len(self.nodes), len(self.nodes)))
        else:
            known = {place: k for k, place in enumerate(instance.locations)}
            rows = [known[node.location] for node in self.nodes]
            travel = instance.travel((self.fleet or kinds)[0])
            full = travel.distances[np.ix_(rows, rows)]
        for row in full.tolist():
            yield " ".join(map(_n, row))

    # -- nodes ---------------------------------------------------------------------------------

    def _node_sections(self) -> Iterator[str]:
        jobs, instance = self.jobs, self.instance
        if any(any(job.delivery) for job in jobs) or any(k.capacity for k in self.fleet):
            width = max(1, instance.dimension_count)
            none = [0.0] * width
            rows = [instance.amounts(job.delivery).tolist() or none for job in jobs]
            yield from _section("DEMAND", [*[none] * len(self.depots), *rows])
            if any(any(job.pickup) for job in jobs):
                rows = [instance.amounts(job.pickup).tolist() or none for job in jobs]
                yield from _section("BACKHAUL", [*[none] * len(self.depots), *rows])
        if self.service:
            yield from _section("SERVICE_TIME", ((node.service,) for node in self.nodes))
        if self.timed:
            windows = [self._depot_window(depot) for depot in self.depots]
            windows += [(job.time_windows or (TimeWindow(),))[0] for job in jobs]
            yield from _section("TIME_WINDOW", ((w.earliest, w.latest) for w in windows))
        zeros: list[Sequence[float]] = [(0.0,)] * len(self.depots)
        if any(job.release for job in jobs):
            yield from _section("RELEASE_TIME", [*zeros, *((job.release,) for job in jobs)])
        if any(job.prize is not None for job in jobs):
            prizes = [(_FOREVER if job.prize is None else job.prize,) for job in jobs]
            yield from _section("PRIZE", [*zeros, *prizes])
        groups: dict[str, list[int]] = {}
        for job in jobs:
            if job.group is not None:
                groups.setdefault(job.group, []).append(self.job_number[job.id])
        if groups:
            yield from _section("MUTUALLY_EXCLUSIVE_GROUP", groups.values())

    def _depot_window(self, depot: Depot) -> TimeWindow:
        users = [kind for kind in self.fleet if kind.start == depot.id]
        return users[0].shift if users else (*depot.time_windows, TimeWindow())[0]

    # -- vehicles ------------------------------------------------------------------------------

    def _fleet_specs(self) -> Iterator[str]:
        kind = self.single
        if kind is None or self._needs_rows():
            yield f"VEHICLES : {len(self.fleet)}"
        elif kind.count is not None and self.kind != "TSP":
            yield f"VEHICLES : {kind.count}"
        if kind is None:
            return
        if kind.capacity:
            yield f"CAPACITY : {' '.join(map(_n, kind.capacity))}"
        for field, (key, default) in _LIMITS.items():
            value = getattr(kind, field)
            if value != default:
                # DISTANCE is what most programs know; its sense depends on the service times.
                usual = "max_duration" if self.service or self.timed else "max_distance"
                yield f"{'DISTANCE' if field == usual else key} : {_n(value)}"

    def _needs_rows(self) -> bool:
        """Whether even equal vehicles must be listed one by one."""
        return any(
            kind.reload_depots or kind.forbidden or kind.start not in (None, self.depots[0].id)
            for kind in self.fleet
        )

    def _vehicle_sections(self) -> Iterator[str]:
        fleet = self.fleet
        if self.single is None:
            width = max((len(kind.capacity) for kind in fleet), default=0)
            if width:
                rows = (kind.capacity or (inf,) * width for kind in fleet)
                yield from _section("CAPACITY", rows)
            for field, (key, default) in _LIMITS.items():
                values = [getattr(kind, field) for kind in fleet]
                if field == "max_reloads":  # none where there is no depot for it
                    values = [
                        v if k.reload_depots else 0 for k, v in zip(fleet, values, strict=True)
                    ]
                    default = None if any(kind.reload_depots for kind in fleet) else 0
                if any(value != default for value in values):
                    rows = ((_FOREVER if v is None else v,) for v in values)
                    yield from _section(key, rows)
        home = self.number.get
        if any(kind.start not in (None, self.depots[0].id) for kind in fleet):
            yield from _section("VEHICLES_DEPOT", ((home(k.start or "", 1),) for k in fleet))
        if any(kind.reload_depots for kind in fleet):
            homes = ([self.number[name] for name in k.reload_depots] for k in fleet)
            yield from _section("VEHICLES_RELOAD_DEPOT", homes)
        if any(kind.forbidden for kind in fleet):
            yield from _section("VEHICLES_ALLOWED_CLIENTS", map(self._allowed, fleet))

    def _allowed(self, kind: VehicleType) -> list[int]:
        barred = set(kind.forbidden)
        return [number for name, number in self.job_number.items() if name not in barred]


def _section(name: str, rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    yield f"{name}_SECTION"
    for number, row in enumerate(rows, 1):
        yield " ".join([str(number), *map(_n, row)])


def _n(value: float) -> str:
    if value == inf:
        return str(_FOREVER)
    return str(int(value)) if float(value).is_integer() else repr(float(value))
