"""Where things stand in the arrays that the kernels of the decoder share.

========  ==========================================================================================
``at``    (s, 3) int64: where rollouts stand, see AT
``sums``  (s, 10) float64: of their routes, see LINEHAUL
``seen``  (s, n) bool: nodes that are visited, or not there
``used``  (s, k) float64: routes begun at each token
========  ==========================================================================================

All rules are computed in float64, in the order of
:class:`~routesolve.solvers.neural.environment.Environment`: masks and costs are the same, bit for
bit.
"""

# Numba bakes these numbers into compiled code and notices changes only in a kernel's own file:
# whoever edits this one while developing empties the cache.
# n nodes, k tokens (the first of them), s rollouts

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from routesolve._jit import kernel

Floats = npt.NDArray[np.float64]
Float32s = npt.NDArray[np.float32]
Int64s = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

AT, TOKEN, SWITCHED = range(3)
"""Node, token, and whether the last move was from token to token."""

LINEHAUL, BACKHAUL, PEAK, TIME, DURATION, ROOM, LENGTH, DRIVING, COST, LEFT = range(10)
"""As in :class:`~routesolve.solvers.neural.state.State`; nodes that are not visited."""

DELIVERY, PICKUP, SERVICE, EARLIEST, LATEST = range(5)

CAPACITY, LOAD, OPENING, CLOSING, MAX_DISTANCE, MAX_DURATION, MAX_DRIVING = range(7)
FLEET, SPEED, DISTANCE_COST, DRIVING_COST, FIXED_COST = range(7, 12)
"""LOAD is the capacity with its slack."""

HOME, HOME_WAY, END_CLOSING, END_DISTANCE, END_DURATION, END_DRIVING = range(6)
"""What ending a route after a customer adds, less what is allowed."""

HAS_LOADS, HAS_PICKUPS, HAS_TIMES, HAS_WINDOWS, HAS_GAPS, HAS_FLEET, HAS_CHOICE, RULE = range(8)

START, LONGEST, NEAR_TIME, WORTH, CUSTOMERS = range(5)


class Rules(NamedTuple):
    """One problem.

    Attributes
    ----------
    distance, duration : numpy.ndarray
        (n, n) float64.
    node, token : numpy.ndarray
        (5, n) and (12, k) float64, see DELIVERY and CAPACITY.
    ends : numpy.ndarray
        (6, k, n) float64, see HOME.
    alone : numpy.ndarray
        (k, n) bool.
    allowed : numpy.ndarray
        (k, n) bool; (k, 0) where all are.
    score : numpy.ndarray
        (k, n) float64; (k, 0) where there are none.
    has : numpy.ndarray
        (8,) int64: what makes a difference, see HAS_LOADS.
    unit : numpy.ndarray
        (5,) float64 measures, see START.
    """

    distance: Floats
    duration: Floats
    node: Floats
    token: Floats
    ends: Floats
    alone: Bools
    allowed: Bools
    score: Floats
    has: Int64s
    unit: Floats


Whole = Any  # an integer of any width: which one, Numba infers

# Divisions that raise would keep loops from being vectorized.
_LEAN: dict[str, Any] = {"_nrt": False, "error_model": "numpy", "no_cfunc_wrapper": True}
_PART = _LEAN | {"no_cpython_wrapper": True, "forceinline": True}
# Sums in any order, so that they are vectorized; numbers that are not finite keep their meaning.
_LOOSE = {"reassoc", "contract", "arcp", "nsz"}

exact = kernel(**_LEAN)
"""Decorator of kernels whose numbers are those of NumPy, bit for bit."""
exact_part = kernel(**_PART)
"""The same for what only kernels call; a call from Python would end the process."""
loose = kernel(**_LEAN, fastmath=_LOOSE)
"""Decorator of kernels in which rounding may differ."""
loose_part = kernel(**_PART, fastmath=_LOOSE)
"""The same for what only kernels call."""
