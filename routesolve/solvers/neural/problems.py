"""Batches of problems as plain arrays: what the environment and the networks read."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from math import inf
from types import ModuleType
from typing import Any

import numpy as np

from routesolve.errors import InputError, MissingExtra, Problem

Array = Any
"""A NumPy array or a torch tensor."""

MIXED, LAST, NEVER = 0, 1, 2
"""How deliveries and pickups share a trip: in any order, pickups last, not at all."""
RULES = {"mixed": MIXED, "last": LAST, "none": NEVER}

TABLES = ("distance", "duration")
PER_NODE = ("delivery", "pickup", "service", "earliest", "latest")
PER_TOKEN = {
    "capacity": inf,
    "opening": 0.0,
    "closing": inf,
    "max_distance": inf,
    "max_driving": inf,
    "max_duration": inf,
    "fleet": inf,
    "speed": 1.0,
    "distance_cost": 1.0,
    "driving_cost": 0.0,
    "fixed_cost": 0.0,
}
"""What stands when nothing is said."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Problems:
    """A batch of b problems of k start tokens and c customers: n = k + c nodes, tokens first.

    A token is where a route begins and ends, with the vehicle that drives it: a depot, or one of
    several kinds of vehicles at the same depot. Every array has the batch as its first axis;
    floating point arrays are of one dtype. Smaller problems are filled up with customers that are
    not present and tokens without vehicles. Times in the unit of ``duration``.

    Attributes
    ----------
    tokens : int
        k.
    distance, duration
        (b, n, n); ``inf`` = no way.
    delivery, pickup
        (b, n) amounts brought and taken away, >= 0.
    service, earliest, latest
        (b, n) time at the stop, and the window in which it begins.
    present
        (b, n) bool.
    capacity
        (b, k) largest load on board at any moment.
    opening, closing
        (b, k) when routes may begin, and must be over; on open routes after the last service.
    max_distance, max_driving, max_duration
        (b, k) per route, with the way home unless it is open; the duration counts waiting, with
        the best departure.
    fleet
        (b, k) number of routes; ``inf`` = as many as needed.
    speed
        (b, k) factor that divides durations.
    distance_cost, driving_cost, fixed_cost
        (b, k) per unit of distance, of travel time, and per route.
    open_end
        (b, k) bool: the way home costs nothing and counts for nothing.
    backhaul
        (b,) int64: :data:`MIXED`, :data:`LAST` or :data:`NEVER`.
    allowed
        (b, k, n) bool or None: whom each token's vehicle may serve.
    score
        (b, k, n) or None: what serving a customer is worth, taken off the cost.
    """

    tokens: int
    distance: Array
    duration: Array
    delivery: Array
    pickup: Array
    service: Array
    earliest: Array
    latest: Array
    present: Array
    capacity: Array
    opening: Array
    closing: Array
    max_distance: Array
    max_driving: Array
    max_duration: Array
    fleet: Array
    speed: Array
    distance_cost: Array
    driving_cost: Array
    fixed_cost: Array
    open_end: Array
    backhaul: Array
    allowed: Array | None = None
    score: Array | None = None

    @classmethod
    def of(cls, tokens: int, distance: Array, duration: Array, **given: Any) -> Problems:
        """Make a batch of NumPy arrays, defaults for everything that is not given.

        Parameters
        ----------
        tokens, distance, duration
            See the class; the dtype of ``distance`` is that of all floating point arrays.
        **given
            Further attributes, broadcast to their shapes.

        Raises
        ------
        InputError
            Naming all arrays of the wrong shape, and numbers that make no sense.
        """
        distance = np.asarray(distance)
        kind = distance.dtype if distance.dtype.kind == "f" else np.dtype(np.float64)
        if distance.ndim != 3 or not 0 < tokens <= distance.shape[1]:
            raise InputError(f"distances of shape {distance.shape} for {tokens} start tokens")
        b, n = distance.shape[:2]
        nodes = dict.fromkeys(PER_NODE, 0.0) | {"earliest": -inf, "latest": inf}
        asked: dict[str, tuple[Any, tuple[int, ...], Any]] = {
            "distance": (distance, (b, n, n), kind),
            "duration": (duration, (b, n, n), kind),
            **{key: (value, (b, n), kind) for key, value in nodes.items()},
            **{key: (value, (b, tokens), kind) for key, value in PER_TOKEN.items()},
            "present": (True, (b, n), np.bool_),
            "open_end": (False, (b, tokens), np.bool_),
            "backhaul": (MIXED, (b,), np.int64),
            "allowed": (None, (b, tokens, n), np.bool_),
            "score": (None, (b, tokens, n), kind),
        }
        arrays, problems = (
            {},
            [Problem(f"problems have no {key!r}") for key in given if key not in asked],
        )
        for key, (default, shape, dtype) in asked.items():
            value = given.get(key, default)
            try:
                arrays[key] = (
                    None
                    if value is None
                    else np.array(np.broadcast_to(np.asarray(value, dtype), shape), order="C")
                )
            except (TypeError, ValueError):
                problems.append(Problem(f"{key} of shape {np.shape(value)}", fix=f"give {shape}"))
        problems = problems or _value_problems(arrays)
        if problems:
            raise InputError(problems)
        return cls(tokens=tokens, **arrays)

    # -- sizes, and what makes a difference ----------------------------------------------------

    @property
    def batch(self) -> int:
        """Number of problems."""
        return int(self.distance.shape[0])

    @property
    def nodes(self) -> int:
        """Tokens and customers of each."""
        return int(self.distance.shape[1])

    @property
    def xp(self) -> ModuleType:
        """The module of the arrays: ``numpy`` or ``torch``."""
        if isinstance(self.distance, np.ndarray):
            return np
        return _torch()

    @cached_property
    def uses(self) -> frozenset[str]:
        """What makes a difference in any problem of the batch; the rest need not be computed."""
        finite, plain = self.xp.isfinite, ~self.open_end
        tests: dict[str, Callable[[], Array]] = {
            "unreachable": lambda: ~(finite(self.distance) & finite(self.duration)),
            "loads": lambda: finite(self.capacity),
            "pickups": lambda: self.pickup > 0,
            "order": lambda: self.backhaul != MIXED,
            "windows": lambda: finite(self.latest) | finite(self.earliest),
            "closing": lambda: finite(self.closing),
            "max_distance": lambda: finite(self.max_distance),
            "max_driving": lambda: finite(self.max_driving),
            "max_duration": lambda: finite(self.max_duration),
            "closed": lambda: plain,
            "open": lambda: self.open_end,
            # Tokens that fill up have no vehicles; routes begin at none of them, save the first.
            "fleet": lambda: (finite(self.fleet) & (self.fleet > 0)) | (self.fleet[:, :1] == 0),
            "speed": lambda: self.speed != 1,
            "driving_cost": lambda: self.driving_cost != 0,
            "distance_cost": lambda: self.distance_cost != 1,
            "fixed_cost": lambda: self.fixed_cost != 0,
        }
        found = {key for key, test in tests.items() if bool(test().any())}
        return frozenset(found)

    # -- other batches ------------------------------------------------------------------------

    def _arrays(self) -> dict[str, Array]:
        fields = (f.name for f in dataclasses.fields(self) if f.name != "tokens")
        return {key: getattr(self, key) for key in fields}

    def take(self, rows: Any) -> Problems:
        """The problems of some rows: numbers, a slice or a mask."""
        rows = slice(rows, rows + 1) if isinstance(rows, int) else rows
        parts: dict[str, Any] = {
            key: a if a is None else a[rows] for key, a in self._arrays().items()
        }
        return dataclasses.replace(self, **parts)

    def to_torch(self, *, device: str = "cpu", dtype: Any = None) -> Problems:
        """The same problems as torch tensors.

        Parameters
        ----------
        device
            Where they lie.
        dtype
            Of floating point tensors; default: as they are.

        Raises
        ------
        MissingExtra
            If torch is not installed.
        """
        torch = _torch()

        def moved(array: Array) -> Array:
            tensor = torch.as_tensor(array, device=device)
            return tensor.to(dtype) if dtype and tensor.is_floating_point() else tensor

        parts: dict[str, Any] = {
            key: a if a is None else moved(a) for key, a in self._arrays().items()
        }
        return dataclasses.replace(self, **parts)


def stack(batches: Sequence[Problems]) -> Problems:
    """Join batches of NumPy arrays into one, smaller problems filled up.

    Customers and tokens of a smaller problem keep their order; see :func:`columns` for where its
    nodes are found.
    """
    k = max(batch.tokens for batch in batches)
    c = max(batch.nodes - batch.tokens for batch in batches)
    parts: dict[str, list[Any]] = {key: [] for key in batches[0]._arrays()}
    scored = any(batch.score is not None for batch in batches)
    zoned = any(batch.allowed is not None for batch in batches)
    for batch in batches:
        at, b = columns(batch, k), batch.batch
        for key, array in batch._arrays().items():
            if key in TABLES:
                new = np.zeros((b, k + c, k + c), array.dtype)
                new[:, at[:, None], at[None, :]] = array
            elif key in PER_NODE or key == "present":
                new = np.zeros((b, k + c), array.dtype)
                new[:, at] = array
            elif key in PER_TOKEN or key == "open_end":
                new = np.full((b, k), PER_TOKEN.get(key, 0), array.dtype)
                new[:, : batch.tokens] = array
                if key == "fleet":
                    new[:, batch.tokens :] = 0
            elif key == "backhaul":
                new = array
            elif scored if key == "score" else zoned:
                dtype = batch.distance.dtype if key == "score" else np.bool_
                new = np.full((b, k, k + c), key == "allowed", dtype)
                if array is not None:
                    new[:, : batch.tokens, at] = array
            else:
                continue
            parts[key].append(new)
    joined = {key: np.concatenate(arrays) if arrays else None for key, arrays in parts.items()}
    return Problems(tokens=k, **joined)


def columns(problems: Problems, tokens: int) -> Array:
    """(n,) where the nodes of a batch lie in one with more tokens."""
    nodes = np.arange(problems.nodes)
    return np.where(nodes < problems.tokens, nodes, nodes + tokens - problems.tokens)


def _value_problems(arrays: dict[str, Any]) -> list[Problem]:
    """Numbers that no problem can have."""
    signed = ("opening", "closing", "earliest", "latest", "score")
    problems = [
        Problem(f"{key} has NaN", fix="give numbers")
        for key, a in arrays.items()
        if a is not None and a.dtype.kind == "f" and np.isnan(a).any()
    ]
    problems += [
        Problem(f"{key} has numbers below 0", fix="give numbers >= 0")
        for key, a in arrays.items()
        if a is not None and a.dtype.kind == "f" and key not in signed and (a < 0).any()
    ]
    if (arrays["speed"] == 0).any():
        problems.append(Problem("a speed of 0", fix="give speed factors > 0"))
    if not np.isin(arrays["backhaul"], list(RULES.values())).all():
        problems.append(Problem("an unknown backhaul rule", fix=f"use one of {RULES}"))
    return problems


def _torch() -> ModuleType:
    try:
        return import_module("torch")
    except ImportError:
        raise MissingExtra("neural", "tensors need torch") from None
