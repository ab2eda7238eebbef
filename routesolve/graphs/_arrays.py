"""Small helpers shared by the array-backed types of this room."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError, Problem

Scalar = TypeVar("Scalar", bound=np.generic)

LISTED = 20
"""How many offenders of one kind an error names before it only counts them."""


def frozen(values: npt.ArrayLike, dtype: type[Scalar]) -> npt.NDArray[Scalar]:
    """Return `values` as a read-only C-contiguous array that nobody else can write to.

    A read-only input of the right type is returned as it is; a writable one is copied, so that the
    caller's array stays writable and ours stays fixed. Numbers that an integer type cannot hold
    raise InputError instead of wrapping around.
    """
    array: npt.NDArray[Any] = np.asarray(values)
    with np.errstate(invalid="ignore"):
        converted = np.ascontiguousarray(array, dtype=dtype)
    narrowed = converted.dtype != array.dtype and converted.dtype.kind == "i"
    if narrowed and not np.array_equal(converted, array):
        raise InputError(f"numbers that do not fit into {converted.dtype}")
    if converted.flags.writeable and np.may_share_memory(converted, array):
        converted = converted.copy()
    converted.flags.writeable = False
    return converted


def smallest_unsigned(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return non-negative integers in the narrowest unsigned type that holds them."""
    top = int(values.max()) if values.size else 0
    return values.astype(np.min_scalar_type(top))


def listed(
    offenders: Iterable[Any], describe: Callable[[Any], Problem], *, what: str
) -> list[Problem]:
    """Turn offenders into problems: the first `LISTED` each by name, the others as one count."""
    offenders = list(offenders)
    problems = [describe(offender) for offender in offenders[:LISTED]]
    if len(offenders) > LISTED:
        problems.append(Problem(f"... and {len(offenders) - LISTED} more {what}"))
    return problems
