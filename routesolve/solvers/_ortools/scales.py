"""Integers for a solver that knows no others, rounded to the safe side where they are not exact."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
NOISE = 1e-6  # in scaled units; far below what the checker forgives
FINEST = 1000
ROOM = 2**60


@dataclass(frozen=True, slots=True)
class Scale:
    """Integer units per unit of the instance.

    Attributes
    ----------
    factor
        Units per unit of the instance.
    offset
        Subtracted first.
    """

    factor: float
    offset: float = 0.0

    def up(self, values: npt.ArrayLike) -> Integers:
        """Round up: amounts, travel, service, the opening of a window."""
        return np.ceil(self._scaled(values) - NOISE).astype(np.int64)

    def down(self, values: npt.ArrayLike) -> Integers:
        """Round down: capacities, limits, the closing of a window."""
        return np.floor(self._scaled(values) + NOISE).astype(np.int64)

    def near(self, values: npt.ArrayLike) -> Integers:
        """Round to the nearest: costs."""
        return np.rint(self._scaled(values)).astype(np.int64)

    def _scaled(self, values: npt.ArrayLike) -> npt.NDArray[np.float64]:
        scaled = (np.asarray(values, dtype=np.float64) - self.offset) * self.factor
        return np.clip(scaled, -float(ROOM), float(ROOM))


def exact_factor(values: Iterable[npt.ArrayLike], finest: int = FINEST) -> int | None:
    """Return the smallest power of ten up to ``finest`` that makes all finite values whole."""
    arrays = [np.asarray(v, dtype=np.float64).ravel() for v in values]
    factor = 1
    while factor <= finest:
        if all(_whole(array * factor) for array in arrays):
            return factor
        factor *= 10
    return None


def _whole(values: npt.NDArray[np.float64]) -> bool:
    finite = values[np.isfinite(values)]
    tolerance = NOISE / 10 * np.minimum(np.abs(finite), 1.0)  # tiny numbers are not zero
    return bool((np.abs(finite - np.rint(finite)) <= tolerance).all())


def measure_scale(values: Iterable[npt.ArrayLike], offset: float = 0.0) -> Scale:
    """Scale for times, distances or loads: exact when three decimals are enough."""
    arrays = [np.asarray(v, dtype=np.float64) - offset for v in values]
    return Scale(exact_factor(arrays) or FINEST, offset)


def cost_scale(
    costs: Iterable[npt.ArrayLike], rates: Iterable[float], total: float, finest: int = 10**6
) -> Scale:
    """Scale for costs: exact when possible, else six digits of a typical cost.

    Parameters
    ----------
    costs
        Every number that goes into the cost once.
    rates
        Costs per unit of time or distance; kept to four digits at least.
    total
        Bound on the cost of any plan; its scaled value stays below 2^50.
    """
    arrays = [np.asarray(v, dtype=np.float64).ravel() for v in costs]
    slopes = np.array([rate for rate in rates if rate > 0])
    factor = float(exact_factor([*arrays, slopes], finest) or 0)
    if not factor:
        sizes = np.concatenate([np.ones(0), *(a[np.isfinite(a) & (a > 0)] for a in arrays)])
        wanted = [float(FINEST)]
        if sizes.size:
            wanted.append(1e6 / float(np.median(sizes)))
        if slopes.size:
            wanted.append(1e4 / float(slopes.min()))
        factor = float(10 ** np.ceil(np.log10(max(wanted))))
    while total * factor > 2.0**50:
        factor /= 10.0
    return Scale(factor)
