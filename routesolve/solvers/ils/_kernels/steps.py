"""Matrices of floats as whole steps, a block of rows at a time.

The working arrays of NumPy would be read and written many times over for each entry; here each is
touched once.
"""

# n rows of a block, m columns

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from routesolve._jit import kernel
from routesolve.solvers.ils._kernels.layout import Floats, Int32s

NEVER = 1 << 29
"""More than any leg or time: three of them still fit into 32 bits."""

Places = npt.NDArray[np.intp]


@kernel
def in_steps(
    block: Floats,
    froms: Places,
    tos: Places,
    factor: float,
    noise: float,
    up: bool,
    out: Int32s,
) -> tuple[float, bool]:
    """Write a block (n, m) in steps; returns its largest finite value and whether all are whole.

    Places (-1 = an open end) tell which entries cost nothing. Rounded up except for noise, or to
    the nearest; NEVER where there is no way or the value is too large.
    """
    largest, whole = 0.0, True
    for r in range(block.shape[0]):
        a = froms[r]
        for c in range(block.shape[1]):
            value = block[r, c] * factor
            if a < 0 or tos[c] < 0 or a == tos[c]:
                out[r, c] = 0
                continue
            if not value < math.inf:
                out[r, c] = NEVER
                continue
            largest = max(largest, value)
            nearest = np.rint(value)
            if abs(value - nearest) >= noise:
                whole = False
                if up:
                    nearest = np.ceil(value - noise)
            out[r, c] = int(min(nearest, float(NEVER)))
    return largest, whole


@kernel
def symmetric(out: Int32s) -> bool:
    """Whether a square matrix equals its transpose; in tiles, for the sake of the cache."""
    n, tile = out.shape[0], 64
    for top in range(0, n, tile):
        for left in range(0, top + 1, tile):
            for r in range(top, min(top + tile, n)):
                for c in range(left, min(left + tile, r)):
                    if out[r, c] != out[c, r]:
                        return False
    return True


@kernel
def furthest(out: Int32s) -> int:
    """The longest leg that can be driven."""
    most = 0
    for r in range(out.shape[0]):
        for c in range(out.shape[1]):
            if out[r, c] < NEVER:
                most = max(most, out[r, c])
    return most
