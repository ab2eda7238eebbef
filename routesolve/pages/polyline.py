"""Encoded polylines: the compact text form of a line that routing services use."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

PRECISION = 5


def encode(points: npt.ArrayLike, *, precision: int = PRECISION) -> str:
    """Encode a line.

    Parameters
    ----------
    points
        (k, 2) ``lon, lat``; the encoded order is ``lat, lon``, as everywhere.
    precision
        Decimals kept.
    """
    grid = np.rint(np.asarray(points, dtype=np.float64).reshape(-1, 2) * 10**precision)
    steps = np.diff(grid[:, ::-1].astype(np.int64), axis=0, prepend=0)
    return "".join(_number(step) for step in steps.ravel().tolist())


def _number(step: int) -> str:
    # The sign goes into the lowest bit; then five bits a character, the lowest first.
    left = ~(step << 1) if step < 0 else step << 1
    text = ""
    while left >= 0x20:
        text += chr((0x20 | left & 0x1F) + 63)
        left >>= 5
    return text + chr(left + 63)
