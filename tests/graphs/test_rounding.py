"""Tests of the rounding conventions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routesolve.graphs import Rounding

numbers = st.floats(0, 1e6)


@pytest.mark.parametrize(
    ("rounding", "value", "expected"),
    [
        ("none", 2.71, 2.71),
        ("nearest", 2.5, 3.0),
        ("nearest", 2.4999, 2.0),
        ("down", 2.999, 2.0),
        ("up", 2.001, 3.0),
        ("up", 10 * 1.1, 11.0),
        ("down", 0.1 * 3 * 10, 3.0),
        ("dimacs", 15.231546, 15.2),
        ("dimacs", 0.1 * 3, 0.3),
        ("dimacs", 0.3, 0.3),
        ("dimacs", 1.1 + 2.2, 3.3),
        ("dimacs", 0.29999, 0.2),
        ("exact", 1.2345001, 1.235),
        ("exact", 1.2344999, 1.234),
    ],
)
def test_known_values(rounding: str, value: float, expected: float) -> None:
    """Hand-computed values, floating point noise included."""
    assert float(Rounding(rounding).apply(value)) == expected


@given(numbers, st.sampled_from(Rounding))
def test_twice_is_once(value: float, rounding: Rounding) -> None:
    """A rounded number stays as it is."""
    once = rounding.apply(value)
    assert float(rounding.apply(once)) == float(once)


@given(st.lists(numbers, max_size=5), st.sampled_from(Rounding))
def test_stays_close_and_on_its_side(values: list[float], rounding: Rounding) -> None:
    """No convention moves a number by more than its step, nor to the wrong side."""
    array = np.array(values)
    step = {"none": 0, "nearest": 0.5, "down": 1, "up": 1, "dimacs": 0.1, "exact": 0.0005}[rounding]
    moved = rounding.apply(array) - array
    assert (np.abs(moved) <= step + 1e-8).all()
    if rounding in ("down", "dimacs"):
        assert (moved <= 1e-8).all()
    if rounding == "up":
        assert (moved >= -1e-8).all()


@pytest.mark.parametrize("rounding", Rounding)
def test_unreachable_stays_unreachable(rounding: Rounding) -> None:
    """Infinity passes through every convention without a warning."""
    with np.errstate(all="raise"):
        assert rounding.apply(np.array([np.inf]))[0] == np.inf
