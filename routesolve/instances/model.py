"""The parts of a routing problem, named as users say them.

Plain frozen dataclasses. Bounds, units and meaning stand in the annotations, and nowhere else: the
validation of input, the JSON Schema and the tables of ``docs/format.md`` are made from them.

Units: seconds, metres (or the unit of a planar benchmark), ``lon``/``lat`` in degrees, costs in the
instance's own unit. A missing key means the default; an unlimited quantity is infinite in Python
and left out of files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema

from routesolve.graphs.rounding import Rounding

CONFIG = ConfigDict(extra="forbid", revalidate_instances="always", arbitrary_types_allowed=True)


def _as_id(value: Any) -> Any:
    """Accept integer ids, as VROOM writes them."""
    return str(value) if type(value) is int else value


def _as_amounts(value: Any) -> Any:
    """Accept a single number for a one-dimensional amount."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return (value,)
    return value


def _as_matrix(value: Any) -> Any:
    if value is None:
        return value
    try:
        if not isinstance(value, np.ndarray):
            value = np.array([[np.inf if x is None else x for x in row] for row in value])
        if value.dtype.kind not in "iuf":  # NumPy would read "3" as 3
            raise TypeError
    except (TypeError, ValueError) as error:
        raise ValueError(
            "a matrix is a list of rows of numbers, all of the same length; null = unreachable"
        ) from error
    return np.ascontiguousarray(value, dtype=np.float64)


def matrix_to_lists(value: Any) -> Any:
    """Return a matrix as lists, None where unreachable, integers where all entries are."""
    if value is None:
        return None
    whole = bool(np.all(~np.isfinite(value) | (value == np.round(value))))
    rows = value.tolist()
    return [[None if x == inf else int(x) if whole else x for x in row] for row in rows]


Id = Annotated[
    str,
    Field(min_length=1),
    BeforeValidator(_as_id),
    WithJsonSchema({"type": ["string", "integer"], "minLength": 1}),
]
Finite = Annotated[float, Field(strict=True, allow_inf_nan=False)]
NonNegative = Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)]
Limit = Annotated[float, Field(strict=True, ge=0)]
Count = Annotated[int, Field(strict=True, ge=0)]
Positive = Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)]
Amounts = Annotated[
    tuple[NonNegative, ...],
    BeforeValidator(_as_amounts),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0},
                {"type": "array", "items": {"type": "number", "minimum": 0}},
            ]
        }
    ),
]
Matrix = Annotated[
    npt.NDArray[np.float64] | None,
    BeforeValidator(_as_matrix),
    PlainSerializer(matrix_to_lists),
    WithJsonSchema(
        {
            "anyOf": [
                {
                    "type": "array",
                    "items": {
                        "type": "array",
                        "items": {"type": ["number", "null"], "minimum": 0},
                    },
                },
                {"type": "null"},
            ]
        }
    ),
]
Metric = Literal[
    "euclidean", "manhattan", "chebyshev", "att", "geo", "haversine", "network", "matrix"
]
Backhaul = Literal["none", "last", "mixed"]
Names = tuple[Id, ...]


@dataclass(frozen=True, slots=True)
class Location:
    """A place: geographic (``lon``, ``lat``), planar (``x``, ``y``), a matrix row, or both."""

    __pydantic_config__ = CONFIG
    lon: Annotated[
        float | None,
        Field(strict=True, ge=-180, le=180, description="longitude, degrees east (WGS 84)"),
    ] = None
    lat: Annotated[
        float | None,
        Field(strict=True, ge=-90, le=90, description="latitude, degrees north (WGS 84)"),
    ] = None
    x: Annotated[Finite | None, Field(description="planar coordinate")] = None
    y: Annotated[Finite | None, Field(description="planar coordinate")] = None
    index: Annotated[Count | None, Field(description="row of the explicit matrices")] = None

    @property
    def point(self) -> tuple[float, float] | None:
        """``(lon, lat)`` or ``(x, y)``, or None for a place known by its matrix row only."""
        if self.lon is not None and self.lat is not None:
            return (self.lon, self.lat)
        if self.x is not None and self.y is not None:
            return (self.x, self.y)
        return None


@dataclass(frozen=True, slots=True)
class TimeWindow:
    """When a service may start (jobs), a vehicle may work (shifts), a depot is open."""

    __pydantic_config__ = CONFIG
    earliest: Annotated[Finite, Field(description="s; who comes earlier waits")] = 0.0
    latest: Annotated[
        float,
        Field(
            strict=True, gt=-inf, description="s; unlimited when left out"
        ),  # the bound refuses NaN
    ] = inf
    lateness_cost: Annotated[
        NonNegative | None,
        Field(
            description="soft window: cost per second of starting after `latest`; "
            "left out = hard window, a later start is forbidden"
        ),
    ] = None


Windows = tuple[TimeWindow, ...]


@dataclass(frozen=True, slots=True)
class Job:
    """One stop: goods brought from the depot, taken to it, or a service."""

    __pydantic_config__ = CONFIG
    id: Annotated[Id, Field(description="unique among jobs and shipments")]
    location: Annotated[Location, Field(description="where")]
    delivery: Annotated[
        Amounts,
        Field(description="amounts brought from the depot, one per load dimension"),
    ] = ()
    pickup: Annotated[
        Amounts, Field(description="amounts taken to the depot, one per load dimension")
    ] = ()
    service: Annotated[NonNegative, Field(description="s; time at the stop")] = 0.0
    setup: Annotated[
        NonNegative,
        Field(description="s; added before the service unless the previous stop is at this place"),
    ] = 0.0
    time_windows: Annotated[
        Windows, Field(description="service starts within one of them; none = any time")
    ] = ()
    release: Annotated[
        NonNegative,
        Field(description="s; the trip that serves the job leaves the depot no earlier"),
    ] = 0.0
    prize: Annotated[
        NonNegative | None,
        Field(description="optional job: cost of not serving it; left out = mandatory"),
    ] = None
    priority: Annotated[
        int,
        Field(
            strict=True,
            ge=0,
            le=100,
            description="higher is kept first when not all jobs can be served",
        ),
    ] = 0
    group: Annotated[
        Id | None, Field(description="exclusive group: at most one job of it is served")
    ] = None
    skills: Annotated[Names, Field(description="skills the vehicle must have, all of them")] = ()
    name: Annotated[str | None, Field(description="shown in plans, maps and messages")] = None

    @property
    def label(self) -> str:
        """Id, with the name when there is one."""
        return f"{self.id} ({self.name})" if self.name and self.name != self.id else self.id


@dataclass(frozen=True, slots=True)
class Stop:
    """Pickup or delivery end of a shipment."""

    __pydantic_config__ = CONFIG
    location: Annotated[Location, Field(description="where")]
    service: Annotated[NonNegative, Field(description="s; time at the stop")] = 0.0
    setup: Annotated[NonNegative, Field(description="s; as for jobs")] = 0.0
    time_windows: Annotated[Windows, Field(description="as for jobs")] = ()
    id: Annotated[
        Id | None, Field(description="the task's own id in the file it came from (VROOM)")
    ] = None
    name: Annotated[str | None, Field(description="shown in plans, maps and messages")] = None


@dataclass(frozen=True, slots=True)
class Shipment:
    """Goods or people carried from one stop to another by the same vehicle on the same trip."""

    __pydantic_config__ = CONFIG
    id: Annotated[Id, Field(description="unique among jobs and shipments")]
    pickup: Annotated[Stop, Field(description="where it is loaded")]
    delivery: Annotated[Stop, Field(description="where it is unloaded, later on the same trip")]
    amount: Annotated[Amounts, Field(description="amounts carried, one per load dimension")] = ()
    max_ride_time: Annotated[
        Limit,
        Field(description="s; from the end of the pickup to the start of the delivery service"),
    ] = inf
    release: Annotated[NonNegative, Field(description="s; as for jobs")] = 0.0
    prize: Annotated[NonNegative | None, Field(description="as for jobs")] = None
    priority: Annotated[int, Field(strict=True, ge=0, le=100, description="as for jobs")] = 0
    group: Annotated[Id | None, Field(description="as for jobs")] = None
    skills: Annotated[Names, Field(description="as for jobs")] = ()
    name: Annotated[str | None, Field(description="shown in plans, maps and messages")] = None

    @property
    def label(self) -> str:
        """Id, with the name when there is one."""
        return f"{self.id} ({self.name})" if self.name and self.name != self.id else self.id


@dataclass(frozen=True, slots=True)
class Depot:
    """Where routes start, end or reload."""

    __pydantic_config__ = CONFIG
    id: Annotated[Id, Field(description="unique among depots")]
    location: Annotated[Location, Field(description="where")]
    time_windows: Annotated[
        Windows,
        Field(
            description="opening times (hard): a route leaves, reloads and arrives inside one of "
            "them"
        ),
    ] = ()
    service: Annotated[
        NonNegative,
        Field(description="s; loading time before each trip, counted in the route's duration"),
    ] = 0.0
    name: Annotated[str | None, Field(description="shown in plans and maps")] = None


@dataclass(frozen=True, slots=True)
class Break:
    """A pause of the driver, taken anywhere on the way between two stops."""

    __pydantic_config__ = CONFIG
    id: Annotated[Id, Field(description="unique within the vehicle type")]
    duration: Annotated[NonNegative, Field(description="s")] = 0.0
    time_windows: Annotated[
        Windows, Field(description="the break starts within one of them (hard)")
    ] = ()
    max_load: Annotated[
        Amounts | None,
        Field(description="largest load on board during the break, one per dimension"),
    ] = None


@dataclass(frozen=True, slots=True)
class VehicleType:
    """Identical vehicles."""

    __pydantic_config__ = CONFIG
    id: Annotated[Id, Field(description="unique among vehicle types")] = "vehicle"
    count: Annotated[
        Count | None,
        Field(description="how many there are; left out = as many as needed"),
    ] = None
    capacity: Annotated[
        Amounts, Field(description="one per load dimension; left out = unlimited")
    ] = ()
    start: Annotated[
        Id | None, Field(description="depot; left out = the route begins at its first stop")
    ] = None
    end: Annotated[
        Id | None, Field(description="depot; left out = open route, it ends at its last stop")
    ] = None
    alternative_ends: Annotated[
        Names, Field(description="further depots the route may end at instead of `end`")
    ] = ()
    shift: Annotated[
        TimeWindow,
        Field(
            description="the route leaves no earlier than `earliest` and is over by `latest` "
            "(plus overtime)"
        ),
    ] = TimeWindow()
    breaks: Annotated[tuple[Break, ...], Field(description="all are to be taken")] = ()
    max_distance: Annotated[Limit, Field(description="m per route")] = inf
    max_duration: Annotated[
        Limit,
        Field(description="s per route, from departure to end, waiting included (plus overtime)"),
    ] = inf
    max_driving_time: Annotated[Limit, Field(description="s of travel per route")] = inf
    max_jobs: Annotated[
        Count | None,
        Field(description="visits per route; a shipment counts two"),
    ] = None
    max_overtime: Annotated[
        NonNegative,
        Field(
            description="s by which the end of the shift or `max_duration` may be exceeded "
            "(the larger of both excesses counts)"
        ),
    ] = 0.0
    overtime_cost: Annotated[NonNegative, Field(description="cost per second of overtime")] = 0.0
    fixed_cost: Annotated[NonNegative, Field(description="cost of using a vehicle")] = 0.0
    cost_per_distance: Annotated[NonNegative, Field(description="cost per metre")] = 1.0
    cost_per_driving_time: Annotated[
        NonNegative, Field(description="cost per second of travel")
    ] = 0.0
    cost_per_duration: Annotated[
        NonNegative,
        Field(description="cost per second of route duration (travel, service and waiting)"),
    ] = 0.0
    skills: Annotated[Names, Field(description="what jobs may require")] = ()
    profile: Annotated[Id | None, Field(description="travel profile; left out = the first")] = None
    speed_factor: Annotated[
        Positive, Field(description="1.1 = travels 10 % faster than the profile")
    ] = 1.0
    reload_depots: Annotated[
        Names, Field(description="depots where a route may unload and load again (multi-trip)")
    ] = ()
    max_reloads: Annotated[
        Count | None,
        Field(description="reloads per route; left out = any number when there is a reload depot"),
    ] = None
    preferences: Annotated[
        Mapping[Id, Finite],
        Field(description="score of serving a job, by job or shipment id; 0 when not named"),
    ] = field(default_factory=dict)
    forbidden: Annotated[
        Names, Field(description="jobs and shipments these vehicles may not serve (zones)")
    ] = ()
    name: Annotated[str | None, Field(description="shown in plans and maps")] = None


@dataclass(frozen=True, slots=True)
class TimeBand:
    """Speed of travel from a time of day on, until the next band begins."""

    __pydantic_config__ = CONFIG
    start: Annotated[NonNegative, Field(description="s; the first band also holds before it")]
    speed_factor: Annotated[Positive, Field(description="0.5 = travel takes twice as long")]


@dataclass(frozen=True, slots=True)
class Profile:
    """How a kind of vehicle travels: straight lines, a street network, or given matrices."""

    __pydantic_config__ = CONFIG
    id: Annotated[Id, Field(description="unique among profiles")] = "default"
    metric: Annotated[
        Metric,
        Field(
            description="`euclidean`, `manhattan`, `chebyshev`, `att`, `geo` (planar, TSPLIB "
            "formulas), `haversine` (straight line on the earth), `network` (shortest paths on a "
            "street network), `matrix` (given below, rows by `location.index`)"
        ),
    ] = "euclidean"
    speed: Annotated[
        Positive,
        Field(description="straight-line metrics: distance per second (haversine: m/s)"),
    ] = 1.0
    detour: Annotated[
        Positive, Field(description="straight-line metrics: factor on the distance")
    ] = 1.0
    network: Annotated[
        str | None,
        Field(description="street network: name of an embedded one (`cairo`) or a file"),
    ] = None
    durations: Annotated[
        Matrix,
        Field(description="s, (n, n); null = unreachable; left out = the distances"),
    ] = field(default=None, compare=False)
    distances: Annotated[
        Matrix,
        Field(description="m, (n, n); null = unreachable; left out = the durations"),
    ] = field(default=None, compare=False)
    bands: Annotated[
        tuple[TimeBand, ...],
        Field(description="speed by time of day; the order of departures is kept (FIFO)"),
    ] = ()


@dataclass(frozen=True, slots=True)
class Objective:
    """What is minimised: the weighted sum of these terms, after serving all mandatory jobs."""

    __pydantic_config__ = CONFIG
    distance: Annotated[NonNegative, Field(description="weight of Σ cost_per_distance · m")] = 1.0
    duration: Annotated[
        NonNegative,
        Field(
            description="weight of Σ cost_per_duration · s + cost_per_driving_time · s + overtime"
        ),
    ] = 1.0
    vehicles: Annotated[
        NonNegative, Field(description="cost per vehicle used, on top of its fixed cost")
    ] = 0.0
    unserved: Annotated[
        NonNegative | None,
        Field(
            description="cost per mandatory job left out, times 1 + priority; left out = serving "
            "more (by priority, then number) always comes before cost"
        ),
    ] = None
    preference: Annotated[
        NonNegative, Field(description="worth of one point of preference score")
    ] = 1.0
    balance: Annotated[
        NonNegative, Field(description="weight of the duration of the longest route, s")
    ] = 0.0


VisitKind = Literal["start", "job", "pickup", "delivery", "break", "reload", "end"]


@dataclass(frozen=True, slots=True)
class PlannedVisit:
    """A visit of an initial plan."""

    __pydantic_config__ = CONFIG
    kind: Annotated[VisitKind, Field(description="what happens")]
    id: Annotated[
        Id | None, Field(description="job, shipment, break or depot (reload, start, end)")
    ] = None


@dataclass(frozen=True, slots=True)
class PlannedRoute:
    """A route of an initial plan; its first ``locked`` visits may not change."""

    __pydantic_config__ = CONFIG
    vehicle_type: Annotated[Id, Field(description="vehicle type")]
    visits: Annotated[tuple[PlannedVisit, ...], Field(description="in order")]
    locked: Annotated[
        int,
        Field(
            strict=True, ge=0, description="so many of its first visits stay first, in this order"
        ),
    ] = 0
    vehicle: Annotated[
        int, Field(strict=True, ge=0, description="which vehicle of the type, from 0")
    ] = 0


@dataclass(frozen=True, slots=True)
class InstanceFields:
    """A routing problem as it stands in a file. :class:`VrpInstance` is the validated one."""

    __pydantic_config__ = CONFIG
    jobs: Annotated[tuple[Job, ...], Field(description="stops")] = ()
    shipments: Annotated[tuple[Shipment, ...], Field(description="pickup and delivery pairs")] = ()
    depots: Annotated[tuple[Depot, ...], Field(description="depots")] = ()
    vehicle_types: Annotated[tuple[VehicleType, ...], Field(description="the fleet")] = ()
    profiles: Annotated[
        tuple[Profile, ...],
        Field(
            description="travel profiles; left out = straight lines: `euclidean` at speed 1 on "
            "planar coordinates, `haversine` x 1.3 at 40 km/h on geographic ones"
        ),
    ] = ()
    objective: Annotated[Objective, Field(description="what is minimised")] = Objective()
    backhaul: Annotated[
        Backhaul,
        Field(
            description="`mixed`: deliveries and pickups in any order, the load on board never "
            "above the capacity (exact peak load); `last`: on a trip no job with a delivery after "
            "a job with a pickup; `none`: no trip has both"
        ),
    ] = "mixed"
    rounding: Annotated[
        Rounding,
        Field(
            description="convention for computed travel: `none`, `nearest`, `down`, `up` (to "
            "integers), `dimacs` (down to 0.1), `exact` (nearest 0.001); given matrices are used "
            "as they are",
        ),
    ] = Rounding.none
    initial_routes: Annotated[
        tuple[PlannedRoute, ...],
        Field(description="a plan to start from; its locked visits are binding"),
    ] = ()
    allow_unserved: Annotated[
        bool,
        Field(
            strict=True,
            description="a job no vehicle can carry is reported as unserved, not as bad input "
            "(VROOM's convention)",
        ),
    ] = False
    dimensions: Annotated[tuple[str, ...], Field(description="names of the load dimensions")] = ()
    epoch: Annotated[
        str | None,
        Field(description="ISO 8601 local date and time of second 0, for showing clock times"),
    ] = None
    name: Annotated[str, Field(description="shown in plans")] = ""
    comment: Annotated[str, Field(description="free text: source, licence")] = ""
