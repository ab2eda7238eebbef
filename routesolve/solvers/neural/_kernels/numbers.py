"""Exponential and logarithm of float32 numbers, in loops that the compiler can vectorize.

Numba calls the mathematical library for each number. These are the polynomials of S. L. Moshier's
Cephes library (1989), exact to two units in the last place.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from routesolve.solvers.neural._kernels.layout import loose_part

_F, _I = np.float32, np.int32
_LOG2E = _F(1.4426950408889634)
_LN2_HIGH, _LN2_LOW = _F(0.693359375), _F(-2.12194440e-4)
_TOP = _F(60.0)
"""Exponents stay within +- this: far from numbers that are slow or infinite."""
_MANTISSA, _ONE, _BIAS, _SHIFT = _I(0x7FFFFF), _I(0x3F800000), _I(127), _I(23)
_SIGN, _SIZE = _I(31), _I(0x7FFFFFFF)
_HALF_ROOT = _F(1.41421356)
_E0, _E1, _E2 = _F(1.9875691500e-4), _F(1.3981999507e-3), _F(8.3334519073e-3)
_E3, _E4, _E5 = _F(4.1665795894e-2), _F(1.6666665459e-1), _F(5.0000001201e-1)
_L0, _L1, _L2 = _F(7.0376836292e-2), _F(-1.1514610310e-1), _F(1.1676998740e-1)
_L3, _L4, _L5 = _F(-1.2420140846e-1), _F(1.4249322787e-1), _F(-1.6668057665e-1)
_L6, _L7, _L8 = _F(2.0000714765e-1), _F(-2.4999993993e-1), _F(3.3333331174e-1)
_HALF, _UNIT = _F(0.5), _F(1.0)


@loose_part
def exponential(x: Any) -> Any:
    """Exponential of a float32, which counts as at most +-60."""
    x = -_TOP if x < -_TOP else x
    x = _TOP if x > _TOP else x
    k = np.floor(x * _LOG2E + _HALF)
    r = (x - k * _LN2_HIGH) - k * _LN2_LOW
    p = ((((_E0 * r + _E1) * r + _E2) * r + _E3) * r + _E4) * r + _E5
    p = p * r * r + r + _UNIT
    return p * _I((_I(k) + _BIAS) << _SHIFT).view(np.float32)


@loose_part
def logarithm(x: Any) -> Any:
    """Natural logarithm of a positive float32."""
    bits = _F(x).view(np.int32)
    k = _F((bits >> _SHIFT) - _BIAS)
    m = _I((bits & _MANTISSA) | _ONE).view(np.float32)
    large = m > _HALF_ROOT
    m = m * _HALF if large else m
    k = k + _UNIT if large else k
    f = m - _UNIT
    p = ((((_L0 * f + _L1) * f + _L2) * f + _L3) * f + _L4) * f + _L5
    p = ((p * f + _L6) * f + _L7) * f + _L8
    z = f * f
    return (f + (f * z * p - _HALF * z + k * _LN2_LOW)) + k * _LN2_HIGH


@loose_part
def ordered(bits: Any) -> Any:
    """Whole numbers that are ordered as the float32 of these bits, and back.

    Maxima of whole numbers are vectorized, those of floating point numbers are not.
    """
    return _I(bits ^ _I(_I(bits >> _SIGN) & _SIZE))
