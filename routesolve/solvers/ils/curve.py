"""Numbering along a curve: what is near each other lies near each other in memory, too."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

BITS = 16
"""The curve goes through a square of so many times two by two."""


def along_a_curve(points: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
    """Order of places along the curve of D. Hilbert (Mathematische Annalen 38, 1891).

    Parameters
    ----------
    points
        (n, 2) coordinates; NaN = unknown.

    Returns
    -------
    numpy.ndarray
        (n,) indices; places that are unknown, or the same, stay in their order, the former last.
    """
    known = np.isfinite(points).all(axis=1)
    if not known.any():
        return np.arange(len(points))
    # Halves, since the difference of the largest numbers is none.
    half = points[known] / 2
    half -= half.min(axis=0)
    x, y = (half / max(half.max(), 1e-300) * ((1 << BITS) - 1)).astype(np.int64).T
    key = np.zeros(len(x), np.int64)
    for bit in range(BITS - 1, -1, -1):
        side = 1 << bit
        right, up = x >> bit, y >> bit
        key = 4 * key + ((3 * right) ^ up)
        x, y = x & (side - 1), y & (side - 1)
        turned = (up == 0) & (right == 1)
        x, y = np.where(turned, side - 1 - x, x), np.where(turned, side - 1 - y, y)
        x, y = np.where(up == 0, y, x), np.where(up == 0, x, y)
    keys = np.full(len(points), 1 << (2 * BITS), np.int64)
    keys[known] = key
    return np.argsort(keys, kind="stable")
