"""Distance formulas between points, vectorised: planar ones, TSPLIB's two odd ones, and the sphere.

TSPLIB's definitions: G. Reinelt, "TSPLIB 95", University of Heidelberg, section 2.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from routesolve.graphs.geodesy import chord_to_metres, unit_vectors

Floats = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]


class Metric(ABC):
    """A distance over fixed points, prepared once and asked for index pairs.

    Parameters
    ----------
    points
        (n, 2) float64.
    """

    label: ClassVar[str]

    @abstractmethod
    def __init__(self, points: Floats) -> None: ...

    @abstractmethod
    def between(self, i: Index, j: Index) -> Floats:
        """Distances for index arrays that broadcast against each other."""


class _Planar(Metric):
    def __init__(self, points: Floats) -> None:
        self.x = np.ascontiguousarray(points[:, 0])
        self.y = np.ascontiguousarray(points[:, 1])


class Euclidean(_Planar):
    """sqrt(dx^2 + dy^2), unrounded (the rounding convention is applied by the matrix)."""

    label = "euclidean"

    def between(self, i: Index, j: Index) -> Floats:
        """See :meth:`Metric.between`."""
        dx = self.x[i] - self.x[j]
        dy = self.y[i] - self.y[j]
        # Not numpy.hypot: three times slower, and TSPLIB's own codes square and add.
        dx *= dx
        dy *= dy
        dx += dy
        return np.asarray(np.sqrt(dx))


class Manhattan(_Planar):
    """|dx| + |dy| (TSPLIB MAN_2D)."""

    label = "manhattan"

    def between(self, i: Index, j: Index) -> Floats:
        """See :meth:`Metric.between`."""
        return np.asarray(np.abs(self.x[i] - self.x[j]) + np.abs(self.y[i] - self.y[j]))


class Chebyshev(_Planar):
    """max(|dx|, |dy|) (TSPLIB MAX_2D before its rounding)."""

    label = "chebyshev"

    def between(self, i: Index, j: Index) -> Floats:
        """See :meth:`Metric.between`."""
        return np.asarray(np.maximum(np.abs(self.x[i] - self.x[j]), np.abs(self.y[i] - self.y[j])))


class Att(_Planar):
    """TSPLIB's pseudo-Euclidean ATT: sqrt((dx^2 + dy^2) / 10), always rounded up to an integer."""

    label = "att"

    def between(self, i: Index, j: Index) -> Floats:
        """See :meth:`Metric.between`."""
        dx = self.x[i] - self.x[j]
        dy = self.y[i] - self.y[j]
        return np.asarray(np.ceil(np.sqrt((dx * dx + dy * dy) / 10.0)))


class Geo(Metric):
    """TSPLIB GEO: x = latitude, y = longitude as DDD.MM, whole kilometres on an idealised sphere.

    The published text says to round the degrees; every code that reproduces the published optima
    truncates them, and so do we (ulysses22: 7013). The formula's result of 1 from a point to itself
    is taken as 0.
    """

    label = "geo"
    PI = 3.141592  # as published: more digits change the distances
    RADIUS = 6378.388

    def __init__(self, points: Floats) -> None:
        degrees = np.trunc(points)
        radians = self.PI * (degrees + 5.0 * (points - degrees) / 3.0) / 180.0
        self.lat = np.ascontiguousarray(radians[:, 0])
        self.lon = np.ascontiguousarray(radians[:, 1])

    def between(self, i: Index, j: Index) -> Floats:
        """See :meth:`Metric.between`."""
        q1 = np.cos(self.lon[i] - self.lon[j])
        q2 = np.cos(self.lat[i] - self.lat[j])
        q3 = np.cos(self.lat[i] + self.lat[j])
        cosine = np.clip(0.5 * ((1.0 + q1) * q2 - (1.0 - q1) * q3), -1.0, 1.0)
        return np.where(i == j, 0.0, np.floor(self.RADIUS * np.arccos(cosine) + 1.0))


class Haversine(Metric):
    """Great-circle metres between longitudes and latitudes in degrees."""

    label = "straight line"

    def __init__(self, points: Floats) -> None:
        # Componentwise and contiguous: a fancy index over (n, 3) rows is several times slower.
        self.axes = tuple(np.ascontiguousarray(axis) for axis in unit_vectors(points).T)

    def between(self, i: Index, j: Index) -> Floats:
        """See :meth:`Metric.between`."""
        squared: Floats | None = None
        for axis in self.axes:
            difference = axis[i] - axis[j]
            difference *= difference
            squared = difference if squared is None else squared + difference
        assert squared is not None
        return chord_to_metres(np.sqrt(squared))


METRICS: dict[str, type[Metric]] = {
    "euclidean": Euclidean,
    "manhattan": Manhattan,
    "chebyshev": Chebyshev,
    "att": Att,
    "geo": Geo,
    "haversine": Haversine,
}
"""Every metric that a straight-line matrix accepts, by name."""
