"""Distances on the sphere from longitude and latitude."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

EARTH_RADIUS = 6_371_008.8
"""Mean radius of the Earth in metres (IUGG R1)."""


def unit_vectors(lonlat: npt.ArrayLike) -> Floats:
    """Points on the unit sphere.

    Parameters
    ----------
    lonlat
        (n, 2) longitudes and latitudes in degrees.

    Returns
    -------
    numpy.ndarray
        (n, 3) float64.
    """
    radians = np.radians(np.asarray(lonlat, dtype=np.float64).reshape(-1, 2))
    lon, lat = radians[:, 0], radians[:, 1]
    out = np.empty((len(radians), 3))
    out[:, 0] = np.cos(lat) * np.cos(lon)
    out[:, 1] = np.cos(lat) * np.sin(lon)
    out[:, 2] = np.sin(lat)
    return out


def chord_to_metres(chord: npt.ArrayLike) -> Floats:
    """Length of the great-circle arc over a chord of the unit sphere."""
    half = np.minimum(np.asarray(chord, dtype=np.float64) * 0.5, 1.0)
    return np.asarray(2.0 * EARTH_RADIUS * np.arcsin(half))


def great_circle(a: npt.ArrayLike, b: npt.ArrayLike) -> Floats:
    """Great-circle distances between points taken pairwise.

    Written with chords instead of the haversine's two sines: one transcendental call a pair, as
    accurate for points a metre apart, exactly zero for equal points and exactly symmetric.

    Parameters
    ----------
    a, b
        (n, 2) longitudes and latitudes in degrees.

    Returns
    -------
    numpy.ndarray
        (n,) float64 metres.
    """
    difference = unit_vectors(a) - unit_vectors(b)
    return chord_to_metres(np.sqrt(np.einsum("ij,ij->i", difference, difference)))


def polyline_length(lonlat: npt.ArrayLike) -> float:
    """Length of a polyline of (k, 2) longitudes and latitudes, in metres."""
    points = np.asarray(lonlat, dtype=np.float64).reshape(-1, 2)
    return float(great_circle(points[:-1], points[1:]).sum())
