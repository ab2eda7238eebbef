"""Speeds where the map does not say: ours, for cars in a city with lights and turns."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

URBAN_SPEEDS: Mapping[str, float] = MappingProxyType(
    {
        "motorway": 90.0,
        "motorway_link": 45.0,
        "trunk": 60.0,
        "trunk_link": 40.0,
        "primary": 45.0,
        "primary_link": 30.0,
        "secondary": 40.0,
        "secondary_link": 30.0,
        "tertiary": 35.0,
        "tertiary_link": 25.0,
        "unclassified": 30.0,
        "residential": 25.0,
        "living_street": 10.0,
        "service": 15.0,
        "road": 25.0,
        "track": 15.0,
    }
)
"""km/h by OpenStreetMap ``highway`` class. Our own judgement of driven speeds, below the usual
legal limits."""

FALLBACK_SPEED = 25.0
"""km/h where the class is missing or unknown."""

_SPEED = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*(km/h|kmh|kph|mph|knots)?\s*$", re.IGNORECASE)
_IN_KPH = {"mph": 1.609344, "knots": 1.852}


def class_speed(highway: str | None) -> float:
    """km/h for a ``highway`` class."""
    return URBAN_SPEEDS.get(highway or "", FALLBACK_SPEED)


def parse_maxspeed(text: str) -> float | None:
    """km/h of an OpenStreetMap ``maxspeed`` (``50``, ``30 mph``); None for other words."""
    match = _SPEED.match(text)
    if not match or float(match[1]) <= 0.0:
        return None
    return float(match[1]) * _IN_KPH.get((match[2] or "").lower(), 1.0)
