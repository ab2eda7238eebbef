"""Numbers as they go into files: short where that loses nothing."""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite

DIGITS = 6


def tidy(value: float | None, digits: int = DIGITS) -> int | float | None:
    """Return a whole number as an int, another one rounded; None for what JSON cannot say."""
    if value is None or not isfinite(value):
        return None
    value = float(value)
    rounded = round(value, digits)
    return int(rounded) if rounded == int(rounded) else rounded


def tidy_all(values: Iterable[float] | None) -> list[int | float | None] | None:
    """Apply :func:`tidy` to each number."""
    return None if values is None else [tidy(value) for value in values]


def shown(value: float | None, digits: int = 1) -> str:
    """Return a number for people: thousands apart, no idle zeros, a dash for nothing."""
    rounded = tidy(value, digits)
    return "–" if rounded is None else f"{rounded:,}".replace(",", "\u202f")


def digits_to_int(name: str | None) -> int | str | None:
    """Return an id that is a plain decimal number as an int, as VROOM writes ids."""
    if name is not None and name.isascii() and name.isdigit() and str(int(name[:18])) == name:
        return int(name)
    return name
