"""Random instances by family, and what the families share.

Everything is derived from ``numpy.random.Generator.random``, whose stream NumPy keeps stable: the
same seed gives the same instance on every machine.
"""

from __future__ import annotations

import difflib
from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError, Problem
from routesolve.instances.model import Location

if TYPE_CHECKING:
    from collections.abc import Collection

Floats = npt.NDArray[np.float64]
MOST = 1_000_000
"""Largest number of customers."""


def unknown(what: str, given: str, known: Collection[str]) -> InputError:
    """Return the error for a name that does not exist."""
    near = difflib.get_close_matches(given, known, n=1)
    some = ", ".join(list(known)[:8]) + (", ..." if len(known) > 8 else "")
    fix = f"did you mean {near[0]!r}? " if near else ""
    return InputError(f"there is no {what} {given!r}", fix=f"{fix}known: {some or 'none'}")


def require(*problems: Problem | None) -> None:
    """Raise all problems that there are, at once."""
    if found := [problem for problem in problems if problem]:
        raise InputError(found)


def whole(name: str, value: Any, low: int, high: float = inf) -> Problem | None:
    """Return a problem unless ``value`` is a whole number from ``low`` to ``high``."""
    right = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if right and low <= value <= high:
        return None
    bounds = f">= {low}" if high == inf else f"from {low} to {high}"
    return Problem(f"{name} is {value!r}", None, f"give a whole number {bounds}")


def number(name: str, value: Any, low: float, high: float = inf) -> Problem | None:
    """Return a problem unless ``value`` is a finite number from ``low`` to ``high``."""
    right = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
    if right and low <= value <= high and value < inf:
        return None
    bounds = f">= {low:g}" if high == inf else f"from {low:g} to {high:g}"
    return Problem(f"{name} is {value!r}", None, f"give a number {bounds}")


def one_of(name: str, value: Any, known: Collection[str]) -> Problem | None:
    """Return a problem unless ``value`` is one of the names."""
    if value in known:
        return None
    return Problem(f"{name} is {value!r}", None, f"use one of {', '.join(known)}")


def integers(rng: np.random.Generator, low: int, high: int, size: int) -> Floats:
    """Draw whole numbers from ``low`` to ``high``, both included."""
    return np.floor(low + rng.random(size) * (high - low + 1))


def uniform(rng: np.random.Generator, bounds: tuple[float, float], size: int) -> Floats:
    """Draw numbers between two bounds."""
    return bounds[0] + rng.random(size) * (bounds[1] - bounds[0])


def planar(points: Floats) -> list[Location]:
    """Return the places of (n, 2) coordinates."""
    return [Location(x=x, y=y) for x, y in points.tolist()]
