"""Tests of the kernel decorator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import pytest

from routesolve._jit import kernel


def test_both_spellings() -> None:
    """With and without options the function still computes what it says."""

    @kernel
    def twice(x: int) -> int:
        return 2 * x

    @kernel(fastmath=True, cache=False)
    def half(x: float) -> float:
        return x / 2

    assert (twice(21), half(3.0)) == (42, 1.5)


def test_no_place_for_the_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Numba finds nowhere to write, the kernel is compiled without a cache."""
    tried = []

    def njit(**settings: Any) -> Callable[[Any], Any]:
        tried.append(settings)
        if settings["cache"]:
            raise RuntimeError("cannot cache function: no locator available")
        return lambda function: function

    monkeypatch.setattr(numba, "njit", njit)

    @kernel(cache=True)
    def same(x: int) -> int:
        return x

    assert same(5) == 5
    assert [settings["cache"] for settings in tried] == [True, False]
    assert all(settings["nogil"] for settings in tried)
