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
    rounded = value if value.is_integer() else round(value, digits)
    return int(rounded) if rounded.is_integer() else rounded


def tidy_all(values: Iterable[float] | None) -> list[int | float | None] | None:
    """Apply :func:`tidy` to each number."""
    return None if values is None else [tidy(value) for value in values]


def shown(value: float | None, digits: int = 1) -> str:
    """Return a number for people: thousands apart, no idle zeros, a dash for nothing."""
    rounded = tidy(value, digits)
    return "–" if rounded is None else f"{rounded:,}".replace(",", "\u202f")


def lasting(seconds: float, *, clock: bool) -> str:
    """Return a length of time for people: ``2 h 08 min``, ``45 s``; bare where time has no unit."""
    if not clock:
        return f"{seconds:g}"
    if seconds < 120:
        return f"{seconds:.0f} s" if seconds >= 1 else f"{seconds:.2g} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02} min"


def reaching(metres: float, *, clock: bool) -> str:
    """Return a distance for people: ``4.3 km``; bare where distance has no unit."""
    if not clock:
        return f"{metres:g}"
    return f"{metres:.0f} m" if metres < 1000 else f"{metres / 1000:.1f} km"


def digits_to_int(name: str | None) -> int | str | None:
    """Return an id that is a plain decimal number as an int, as VROOM writes ids."""
    if name is not None and name.isascii() and name.isdigit() and str(int(name[:18])) == name:
        return int(name)
    return name
