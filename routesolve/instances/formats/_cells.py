"""What stands in the cells of tables: numbers, times, windows, lists of words."""

from __future__ import annotations

import math
import re
from datetime import datetime, timedelta
from math import inf
from typing import Any

_CLOCK = re.compile(r"(?:(\d+) days? )?(\d{1,3}):([0-5]\d)(?::([0-5]\d(?:\.\d+)?))?\s*([ap]m)?")
_SPAN = re.compile(
    r"(?:(\d+(?:\.\d+)?)\s*(?:h|hr|hrs|hours?)\s*)?"
    r"(?:(\d+(?:\.\d+)?)\s*(?:m|min|mins|minutes?)\s*)?"
    r"(?:(\d+(?:\.\d+)?)\s*(?:s|sec|secs|seconds?))?"
)
_HOURS = re.compile(r"(\d+)\s*h\s*([0-5]\d)")  # 1h30
_BETWEEN = re.compile(r"\s*(?:-|–|—|\bto\b|\.\.)\s*")
TRUE = {"1", "true", "yes", "y", "x", "t"}
FALSE = {"", "0", "false", "no", "n", "f"}
DEPOT = {"depot", "hub", "warehouse", "base", "home", "start"}
STOP = {"stop", "job", "customer", "client", "delivery", "order", "visit", "service"}


def text_of(value: Any) -> str:
    """Return a cell as text; missing values of every kind as an empty one."""
    if value is None or value != value or str(value) in ("NaT", "<NA>"):
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value).strip()


def number(text: str) -> float:
    """Return a finite number; a decimal comma is understood.

    Raises
    ------
    ValueError
        When it is none.
    """
    if re.fullmatch(r"[+-]?\d+,\d+", text):
        text = text.replace(",", ".")
    value = float(text)
    if not math.isfinite(value) or "_" in text:
        raise ValueError(text)
    return value


def seconds(text: str, unit: float = 1.0) -> float:
    """Return a time of day or a duration in seconds.

    Understood are ``08:30``, ``08:30:00``, ``8:30 pm``, ``10m``, ``1h30``, ``90 s`` and plain
    numbers, which count ``unit`` seconds each.

    Raises
    ------
    ValueError
        When it is none of these.
    """
    lower = text.lower()
    if match := _CLOCK.fullmatch(lower):
        days, hours, minutes, rest, half = match.groups()
        hour = int(hours)
        if half:
            if not 1 <= hour <= 12:
                raise ValueError(text)
            hour = hour % 12 + (12 if half == "pm" else 0)
        return int(days or 0) * 86400 + hour * 3600 + int(minutes) * 60 + float(rest or 0)
    try:
        return number(text) * unit
    except ValueError:
        pass
    if match := _HOURS.fullmatch(lower):
        return int(match[1]) * 3600 + int(match[2]) * 60
    match = _SPAN.fullmatch(lower)
    if not lower or match is None or not any(match.groups()):
        raise ValueError(text)
    hours, minutes, rest = (float(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + rest


def moment(text: str) -> datetime | None:
    """Return a date with a time of day, or None when the text is none."""
    if not re.match(r"\d{4}-\d\d-\d\d[T ]\d", text):
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        return None


def since(text: str, midnight: datetime | None, unit: float) -> float:
    """Return seconds since ``midnight`` for a date with a time, else as :func:`seconds`."""
    when = moment(text)
    if when is None or midnight is None:
        return seconds(text, unit)
    return (when - midnight) / timedelta(seconds=1)


def windows(text: str) -> list[tuple[float, float]]:
    """Return pairs of seconds from ``08:00-12:00; 14:00-17:00``.

    Raises
    ------
    ValueError
        When a part is no pair of times.
    """
    pairs = []
    for part in re.split(r"[;|]", text):
        ends = _BETWEEN.split(part.strip())
        if len(ends) != 2:
            raise ValueError(part)
        pairs.append((seconds(ends[0]) if ends[0] else 0.0, seconds(ends[1]) if ends[1] else inf))
    return pairs


def words(text: str) -> tuple[str, ...]:
    """Return the words of a list separated by ``;``, ``|`` or ``,``."""
    return tuple(part.strip() for part in re.split(r"[;|,]", text) if part.strip())
