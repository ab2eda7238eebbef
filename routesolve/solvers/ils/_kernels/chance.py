"""Random numbers with explicit state: xorshift, one number of 64 bits.

G. Marsaglia, "Xorshift RNGs", Journal of Statistical Software 8 (2003). No multiplication, so that
the kernels draw the same numbers, without overflow warnings, when they run as plain Python.
"""

from __future__ import annotations

import numpy as np

from routesolve._jit import inlined
from routesolve.solvers.ils._kernels.layout import State

_A, _B, _C = np.uint64(13), np.uint64(7), np.uint64(17)
_TOP = np.uint64(11)
_UNIT = 1.0 / 9007199254740992.0  # 2^-53


@inlined
def chance(state: State) -> float:
    """A number in [0, 1)."""
    x = state[0]
    x ^= x << _A
    x ^= x >> _B
    x ^= x << _C
    state[0] = x
    return np.float64(x >> _TOP) * _UNIT
