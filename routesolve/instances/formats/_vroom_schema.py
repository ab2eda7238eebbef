"""The problem document of VROOM's API, version 1.15, as dataclasses."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import inf
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from routesolve.errors import InputError, Problem
from routesolve.instances.coerce import from_pydantic
from routesolve.instances.model import Amounts, Count, Finite, Id, Matrix, NonNegative, Positive

_CONFIG = ConfigDict(extra="forbid", arbitrary_types_allowed=True)


def _two(value: Any) -> Any:
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        raise ValueError("two numbers are expected, [lon, lat] or [start, end]")
    return value


_Pair = Annotated[tuple[Finite, Finite], BeforeValidator(_two)]
_Skills = tuple[Id, ...]
_PerType = Mapping[str, NonNegative]
_Priority = Annotated[int, Field(strict=True, ge=0, le=100)]
_Limit = Annotated[float, Field(strict=True, ge=0)]


@dataclass(frozen=True, slots=True)
class Step:
    """A stop of a shipment; the part that jobs share with it."""

    __pydantic_config__ = _CONFIG
    id: Id
    description: str | None = None
    location: _Pair | None = None
    location_index: Count | None = None
    setup: NonNegative = 0.0
    service: NonNegative = 0.0
    setup_per_type: _PerType = dataclasses.field(default_factory=dict)
    service_per_type: _PerType = dataclasses.field(default_factory=dict)
    time_windows: tuple[_Pair, ...] = ()


@dataclass(frozen=True, slots=True)
class Job(Step):
    """A job."""

    __pydantic_config__ = _CONFIG
    delivery: Amounts = ()
    pickup: Amounts = ()
    amount: Amounts = ()  # deprecated name of delivery
    skills: _Skills = ()
    priority: _Priority = 0


@dataclass(frozen=True, slots=True)
class Shipment:
    """A shipment."""

    __pydantic_config__ = _CONFIG
    pickup: Step
    delivery: Step
    amount: Amounts = ()
    skills: _Skills = ()
    priority: _Priority = 0


@dataclass(frozen=True, slots=True)
class Costs:
    """Costs of a vehicle."""

    __pydantic_config__ = _CONFIG
    fixed: NonNegative = 0.0
    per_hour: NonNegative = 3600.0
    per_km: NonNegative = 0.0
    per_task_hour: NonNegative = 0.0


@dataclass(frozen=True, slots=True)
class Break:
    """A break."""

    __pydantic_config__ = _CONFIG
    id: Id
    time_windows: tuple[_Pair, ...] = ()
    service: NonNegative = 0.0
    description: str | None = None
    max_load: Amounts | None = None


@dataclass(frozen=True, slots=True)
class VehicleStep:
    """A step of a given route; the times are only used by VROOM's plan mode."""

    __pydantic_config__ = _CONFIG
    type: Literal["start", "job", "pickup", "delivery", "break", "end"]
    id: Id | None = None
    service_at: Finite | None = None
    service_after: Finite | None = None
    service_before: Finite | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A vehicle."""

    __pydantic_config__ = _CONFIG
    id: Id
    profile: Annotated[str, Field(min_length=1)] = "car"
    description: str | None = None
    start: _Pair | None = None
    start_index: Count | None = None
    end: _Pair | None = None
    end_index: Count | None = None
    capacity: Amounts = ()
    costs: Costs = Costs()
    skills: _Skills = ()
    type: str | None = None
    time_window: _Pair | None = None
    breaks: tuple[Break, ...] = ()
    speed_factor: Positive = 1.0
    max_tasks: Count | None = None
    max_travel_time: _Limit = inf
    max_distance: _Limit = inf
    steps: tuple[VehicleStep, ...] = ()


@dataclass(frozen=True, slots=True)
class Matrices:
    """Matrices of a profile."""

    __pydantic_config__ = _CONFIG
    durations: Matrix = None
    distances: Matrix = None
    costs: Matrix = None


@dataclass(frozen=True, slots=True)
class Document:
    """A problem; ``options`` are vroom-express' own and have no counterpart."""

    __pydantic_config__ = _CONFIG
    vehicles: tuple[Vehicle, ...] = ()
    jobs: tuple[Job, ...] = ()
    shipments: tuple[Shipment, ...] = ()
    matrices: Mapping[str, Matrices] = dataclasses.field(default_factory=dict)
    matrix: Matrix = None  # deprecated: durations of the profile "car"
    options: Mapping[str, Any] = dataclasses.field(default_factory=dict)


_KEYS = sorted(
    {
        f.name
        for part in (Job, Shipment, Costs, Break, VehicleStep, Vehicle, Matrices, Document)
        for f in dataclasses.fields(part)
    }
)


@cache
def _adapter() -> TypeAdapter[Document]:
    return TypeAdapter(Document)


def check(document: Mapping[str, Any]) -> Document:
    """Return the document with its types and keys checked.

    Raises
    ------
    InputError
        With every problem at its JSON pointer.
    """
    try:
        return _adapter().validate_python(dict(document))
    except ValidationError as error:
        problems = from_pydantic(error, document)
    raise InputError(_respelled(p) for p in problems)


def _respelled(problem: Problem) -> Problem:
    """Suggest VROOM's own keys for unknown ones."""
    key = (problem.where or "").rpartition("/")[2]
    if f"unknown key {key!r}" not in problem.what:
        return problem
    near = difflib.get_close_matches(key, _KEYS, n=1)
    return Problem(
        problem.what, problem.where, f"did you mean {near[0]!r}?" if near else "remove it"
    )
