"""Rounding conventions of the literature: each gives the same instance another optimum."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


class Rounding(StrEnum):
    """How a computed distance or duration becomes the number that is counted.

    ========  ==================================================================================
    none      double precision as computed
    nearest   TSPLIB ``nint``: floor(x + 0.5)
    down      floor(x)
    up        ceil(x), TSPLIB ``CEIL_2D``
    dimacs    one decimal, truncated: floor(10 x) / 10, the DIMACS challenge's VRPTW convention
    exact     three decimals, nearest: floor(1000 x + 0.5) / 1000
    ========  ==================================================================================

    ``down``, ``up`` and ``dimacs`` first forgive floating point noise: 0.1 * 3 * 10 counts as 3,
    not as a hair above it.
    """

    none = "none"
    nearest = "nearest"
    down = "down"
    up = "up"
    dimacs = "dimacs"
    exact = "exact"

    def apply(self, values: npt.ArrayLike) -> Floats:
        """Round `values`.

        Parameters
        ----------
        values
            Numbers of any shape; ``inf`` stays ``inf``.

        Returns
        -------
        numpy.ndarray
            float64, same shape. With ``none`` the input itself when it already is float64.
        """
        x: Floats = np.asarray(values, dtype=np.float64)
        match self:
            case Rounding.none:
                return x
            case Rounding.nearest:
                return np.asarray(np.floor(x + 0.5))
            case Rounding.exact:
                return np.asarray(np.floor(1000.0 * x + 0.5) / 1000.0)
            case Rounding.down:
                return _forgiving(np.floor, x)
            case Rounding.up:
                return _forgiving(np.ceil, x)
            case Rounding.dimacs:
                return np.asarray(_forgiving(np.floor, 10.0 * x) / 10.0)

    @property
    def label(self) -> str:
        """The convention in words, for one-line descriptions; empty for ``none``."""
        return _LABELS[self]


_LABELS = {
    Rounding.none: "",
    Rounding.nearest: "rounded to the nearest integer",
    Rounding.down: "rounded down",
    Rounding.up: "rounded up",
    Rounding.dimacs: "cut to one decimal",
    Rounding.exact: "rounded to three decimals",
}


def _forgiving(function: Any, x: Floats) -> Floats:
    """Apply floor or ceil, but take a value within noise of an integer as that integer.

    Integer coordinates cannot be hurt: sqrt(N) that is not a whole tenth is at least 1 / (20
    sqrt(N)) away from the next one, far outside the tolerance for every distance below a million.
    """
    whole = np.rint(x)
    with np.errstate(invalid="ignore"):  # inf - inf
        noise = np.abs(x - whole) <= 1e-9 + 1e-15 * np.abs(x)
    return np.asarray(np.where(noise, whole, function(x)))
