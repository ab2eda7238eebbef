"""``VrpInstance``: a complete, validated routing problem."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from pydantic import TypeAdapter, ValidationError

from routesolve.errors import InputError, Problem, RoutingError
from routesolve.instances import validate
from routesolve.instances.coerce import coerce, from_pydantic
from routesolve.instances.model import (
    Depot,
    InstanceFields,
    Job,
    Location,
    Profile,
    Shipment,
    VehicleType,
    matrix_to_lists,
)

if TYPE_CHECKING:
    from routesolve.graphs.graph import Graph
    from routesolve.graphs.matrices import TravelMatrix
    from routesolve.graphs.network import RoadNetwork

DEFAULT_DETOUR = 1.3
DEFAULT_SPEED = 40 / 3.6
MAX_SNAP = 1000.0


@cache
def adapter() -> TypeAdapter[InstanceFields]:
    """Return what validates, writes and describes instances (pydantic), built on first use."""
    return TypeAdapter(InstanceFields)


@dataclass(frozen=True, eq=False)
class VrpInstance(InstanceFields):
    """A routing problem, checked when it is made.

    All fields are those of :class:`~routesolve.instances.model.InstanceFields`; parts may be given
    as dataclasses or as plain dictionaries.

    Raises
    ------
    InputError
        With every problem found, each at its JSON pointer.
    """

    def __post_init__(self) -> None:
        raw = {f.name: getattr(self, f.name) for f in dataclasses.fields(InstanceFields)}
        clean = coerce(adapter(), raw)
        for name in raw:
            object.__setattr__(self, name, getattr(clean, name))
        if not self.profiles:
            object.__setattr__(self, "profiles", (self._default_profile(),))
        if problems := validate.problems(self):
            raise InputError(problems)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, VrpInstance) and self.to_dict() == other.to_dict()

    __hash__ = None  # type: ignore[assignment]

    def _default_profile(self) -> Profile:
        geographic = any(place.lon is not None for place in self.locations)
        if geographic:
            return Profile(metric="haversine", speed=DEFAULT_SPEED, detour=DEFAULT_DETOUR)
        return Profile()

    # -- reading and writing -----------------------------------------------------------------

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> VrpInstance:
        """Make an instance from the native JSON document, unknown keys refused."""
        known = {f.name for f in dataclasses.fields(InstanceFields)}
        unknown = [key for key in document if key not in known]
        if unknown:
            try:  # one pass for everything that is wrong, unknown keys included
                adapter().validate_python(dict(document))
            except ValidationError as error:
                raise InputError(from_pydantic(error, document)) from None
        return cls(**document)

    def to_dict(self) -> dict[str, Any]:
        """Return the native JSON document; defaults are left out."""
        # Matrices apart: leaving out defaults compares values, which arrays do not stand.
        fields = {f.name: getattr(self, f.name) for f in dataclasses.fields(InstanceFields)}
        fields["profiles"] = tuple(
            dataclasses.replace(p, durations=None, distances=None) for p in self.profiles
        )
        document: dict[str, Any] = adapter().dump_python(
            InstanceFields(**fields), mode="json", exclude_defaults=True, warnings=False
        )
        for k, profile in enumerate(self.profiles):
            for name in ("durations", "distances"):
                matrix = matrix_to_lists(getattr(profile, name))
                if matrix is not None:
                    document["profiles"][k][name] = matrix
        return document

    @classmethod
    def from_dataframe(cls, stops: Any, vehicles: Any = None, **options: Any) -> VrpInstance:
        """Make an instance from tables; see :func:`routesolve.instances.formats.table.read`."""
        from routesolve.instances.formats import table

        return table.from_dataframe(stops, vehicles, **options)

    def replace(self, **changes: Any) -> VrpInstance:
        """Return a copy with some fields changed, validated again."""
        new = dataclasses.replace(self, **changes)
        if "_networks" in self.__dict__:
            object.__setattr__(new, "_networks", self.__dict__["_networks"])
        return new

    def with_rules(self, **changes: Any) -> VrpInstance:
        """Return a copy with changes that leave places and profiles' ways as they are.

        Travel is computed once for both.
        """
        new = self.replace(**changes)
        object.__setattr__(new, "_travel", self.__dict__.setdefault("_travel", {}))
        return new

    # -- the fleet and the work --------------------------------------------------------------

    @cached_property
    def dimension_count(self) -> int:
        """Number of load dimensions."""
        lengths = {len(self.dimensions)}
        lengths |= {len(job.delivery) for job in self.jobs}
        lengths |= {len(job.pickup) for job in self.jobs}
        lengths |= {len(shipment.amount) for shipment in self.shipments}
        lengths |= {len(kind.capacity) for kind in self.vehicle_types}
        return max(lengths)

    @cached_property
    def jobs_by_id(self) -> dict[str, Job]:
        """Jobs by id."""
        return {job.id: job for job in self.jobs}

    @cached_property
    def shipments_by_id(self) -> dict[str, Shipment]:
        """Shipments by id."""
        return {shipment.id: shipment for shipment in self.shipments}

    @cached_property
    def tasks_by_id(self) -> dict[str, Job | Shipment]:
        """Jobs, then shipments, by id."""
        return {**self.jobs_by_id, **self.shipments_by_id}

    @cached_property
    def depots_by_id(self) -> dict[str, Depot]:
        """Depots by id."""
        return {depot.id: depot for depot in self.depots}

    @cached_property
    def vehicle_types_by_id(self) -> dict[str, VehicleType]:
        """Vehicle types by id."""
        return {kind.id: kind for kind in self.vehicle_types}

    @property
    def task_count(self) -> int:
        """Number of jobs and shipments."""
        return len(self.jobs) + len(self.shipments)

    def fleet_size(self, kind: VehicleType) -> int:
        """Vehicles of a type; a free fleet counts one for each job or shipment."""
        return max(self.task_count, 1) if kind.count is None else kind.count

    def amounts(self, values: tuple[float, ...]) -> npt.NDArray[np.float64]:
        """Pad an amount to all load dimensions, shape (dimension_count,)."""
        padded = np.zeros(self.dimension_count)
        padded[: len(values)] = values
        return padded

    def capacity(self, kind: VehicleType) -> npt.NDArray[np.float64]:
        """Capacities, shape (dimension_count,), infinite where none is given."""
        full = np.full(self.dimension_count, np.inf)
        full[: len(kind.capacity)] = kind.capacity
        return full

    def profile_of(self, kind: VehicleType) -> Profile:
        """Travel profile of a vehicle type."""
        if kind.profile is None:
            return self.profiles[0]
        return next(p for p in self.profiles if p.id == kind.profile)

    # -- places and travel -------------------------------------------------------------------

    @cached_property
    def _places(self) -> tuple[tuple[Location, ...], dict[Location, int], dict[str, int]]:
        index: dict[Location, int] = {}
        for depot in self.depots:
            index.setdefault(depot.location, len(index))
        rows = {job.id: index.setdefault(job.location, len(index)) for job in self.jobs}
        for shipment in self.shipments:
            index.setdefault(shipment.pickup.location, len(index))
            index.setdefault(shipment.delivery.location, len(index))
        return tuple(index), index, rows

    @cached_property
    def locations(self) -> tuple[Location, ...]:
        """The different places, depots first; travel matrices have one row for each."""
        return self._places[0]

    @property
    def job_rows(self) -> dict[str, int]:
        """Row of each job's place, by job id: for many jobs faster than :meth:`location_index`."""
        return self._places[2]

    def location_index(self, place: Location) -> int:
        """Row of a place in :attr:`locations` and in travel matrices."""
        return self._places[1][place]

    @cached_property
    def points(self) -> npt.NDArray[np.float64]:
        """Coordinates, shape (n, 2), ``lon, lat`` or ``x, y``; NaN where a place has none."""
        rows = [place.point or (np.nan, np.nan) for place in self.locations]
        return np.array(rows, dtype=np.float64).reshape(-1, 2)

    @cached_property
    def geographic(self) -> bool:
        """True when places are given as longitude and latitude."""
        return any(place.lon is not None for place in self.locations)

    def travel(self, profile: Profile | VehicleType | None = None) -> TravelMatrix:
        """Travel between all :attr:`locations` under a profile; made once, lazily dense.

        Durations are those of the profile: the vehicle's speed factor and the profile's time bands
        are applied by whoever drives.
        """
        if isinstance(profile, VehicleType):
            profile = self.profile_of(profile)
        profile = profile or self.profiles[0]
        cached: dict[str, TravelMatrix] = self.__dict__.setdefault("_travel", {})
        if profile.id not in cached:
            cached[profile.id] = self._make_travel(profile)
        return cached[profile.id]

    def _make_travel(self, profile: Profile) -> TravelMatrix:
        from routesolve.graphs import matrices

        if profile.metric == "matrix":
            rows = np.array([place.index for place in self.locations], dtype=np.int64)
            whole = np.array_equal(rows, np.arange(_size(profile)))
            parts = (
                None if m is None else m if whole else m[np.ix_(rows, rows)]
                for m in (profile.durations, profile.distances)
            )
            return matrices.ExplicitTravel(*parts)
        if profile.metric == "network":
            return matrices.NetworkTravel(self.network(profile), self.points)
        return matrices.StraightLineTravel(
            self.points,
            metric=profile.metric,
            speed=profile.speed,
            detour=profile.detour,
            rounding=self.rounding,
        )

    def network(self, profile: Profile) -> RoadNetwork:
        """Return the street network of a profile, with its turns."""
        from routesolve.graphs.readers import load_network

        networks: dict[str, RoadNetwork] = self.__dict__.setdefault("_networks", {})
        name = profile.network or ""
        if name not in networks:
            networks[name] = load_network(name)
        return networks[name]

    def graph(self, profile: Profile) -> Graph:
        """Return the streets of a profile."""
        return self.network(profile).streets

    def with_network(self, network: str | Path | Graph | RoadNetwork) -> VrpInstance:
        """Return a copy in which every profile travels on a street network."""
        from routesolve.graphs.readers import load_network

        name = str(network) if isinstance(network, (str, Path)) else network.name or "network"
        profiles = tuple(
            Profile(id=p.id, metric="network", network=name, bands=p.bands) for p in self.profiles
        )
        new = self.replace(profiles=profiles)
        if not isinstance(network, (str, Path)):
            object.__setattr__(new, "_networks", {name: load_network(network)})
        return new

    def require_reachable(self, *, max_snap: float = MAX_SNAP) -> None:
        """Raise a routing error that names every stop which no vehicle can get to and away from.

        Parameters
        ----------
        max_snap
            On a street network: largest distance in metres between a stop and the network.
        """
        problems: dict[str, Problem] = {}
        for profile in {self.profile_of(k).id: self.profile_of(k) for k in self.vehicle_types}:
            chosen = next(p for p in self.profiles if p.id == profile)
            for what, problem in validate.unreachable(self, chosen, max_snap).items():
                problems.setdefault(what, problem)
        if problems:
            raise RoutingError(problems.values())

    def __repr__(self) -> str:
        fleet = ", ".join(
            f"{k.id} x {'free' if k.count is None else k.count}" for k in self.vehicle_types
        )
        return (
            f"VrpInstance({self.name!r}: {len(self.jobs)} jobs, {len(self.shipments)} shipments, "
            f"{len(self.depots)} depots; {fleet})"
        )


def _size(profile: Profile) -> int:
    given = profile.durations if profile.durations is not None else profile.distances
    return 0 if given is None else len(given)
