"""How fast: classes, limits with their units and national defaults, surfaces, ferries, penalties.

Speeds are km/h. Two of them come out of a way for each direction: the one that is driven, and the
one the cost assumes, lower where the way is narrow or a mere access road, so that such a way is
taken only where it saves much.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from routesolve.graphs.readers._osm.access import both_ways, metres
from routesolve.graphs.readers._osm.profiles import Profile

Tags = Mapping[str, str]

_MILE = 1.609
_LIMIT = re.compile(r"\s*(\d+(?:\.\d+)?)")
_ZONE = re.compile(r"[a-z]{2}:([a-z]+)")
_CLOCK = re.compile(r"(?:(\d+):)?(\d+):(\d\d)$|(\d+)$")
_PERIOD = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$")

ZONES: Mapping[str, float] = MappingProxyType(
    {"urban": 50.0, "rural": 90.0, "trunk": 110.0, "motorway": 130.0}
)
"""km/h of a limit that names a zone, e.g. ``FR:rural``, where the country is not an exception."""

COUNTRIES: Mapping[str, float] = MappingProxyType(
    {
        **{f"{c}:rural": 80.0 for c in ("ch", "dk", "fr", "nl", "no", "ph", "ca-on")},
        **{f"{c}:rural": 100.0 for c in ("at", "de", "pl", "za")},
        **{f"{c}:rural": 70.0 for c in ("be-bru", "be-vlg")},
        **{f"{c}:trunk": 100.0 for c in ("at", "ch", "nl", "ro")},
        **{f"{c}:motorway": 110.0 for c in ("by", "no", "ru")},
        **{f"{c}:motorway": 120.0 for c in ("be", "ch")},
        **{f"{c}:motorway": 140.0 for c in ("bg", "pl")},
        **{f"{c}:urban": 60.0 for c in ("by", "ru", "za")},
        **{f"{c}:urban": 40.0 for c in ("ar", "ph")},
        **{f"{c}:living_street": 20.0 for c in ("lv", "ru")},
        **{f"{c}:nsl_single": 60 * _MILE for c in ("gb", "uk")},
        **{f"{c}:nsl_dual": 70 * _MILE for c in ("gb", "uk")},
        **{f"{c}:motorway": 70 * _MILE for c in ("gb", "uk")},
        "ar:rural": 110.0,
        "be-bru:urban": 30.0,
        "es:trunk": 90.0,
        "de:living_street": 7.0,
        "de:motorway": 0.0,  # no limit: the speed of the class
        "ph:motorway": 100.0,
        "pl:expressway": 120.0,
        "none": 140.0,
    }
)
"""km/h of the national defaults that differ from :data:`ZONES`; 0 = says nothing."""


def parse_limit(text: str | None) -> float:
    """km/h of a ``maxspeed``; 0 where it says nothing that can be used.

    ``"50"``, ``"30 mph"``, ``"DE:urban"``, ``"none"``; ``"walk"``, ``"signals"`` and the like say
    nothing.
    """
    if not text:
        return 0.0
    if match := _LIMIT.match(text):
        return float(match[1]) * (_MILE if "mph" in text or "mp/h" in text else 1.0)
    text = text.strip().lower()
    if text in COUNTRIES:
        return COUNTRIES[text]
    zone = _ZONE.match(text)
    return ZONES.get(zone[1], 0.0) if zone else 0.0


def limits(tags: Tags) -> tuple[float, float]:
    """km/h along and against the way; 0 = none known.

    An advised speed goes before the legal one.
    """
    keys = ("maxspeed:advisory", "maxspeed", "source:maxspeed", "maxspeed:type")
    forward, backward = both_ways(tags, keys)
    return parse_limit(forward), parse_limit(backward)


def parse_duration(text: str | None) -> float:
    """Seconds of a ``duration``; 0 where it cannot be read.

    ``"35"`` (minutes), ``"1:20"``, ``"1:20:30"``, ``"PT1H20M"``.
    """
    if not text:
        return 0.0
    if match := _CLOCK.match(text.strip()):
        hours, minutes, last, alone = (int(part) if part else 0 for part in match.groups())
        if match[4]:
            return 60.0 * alone
        return (
            float(3600 * hours + 60 * minutes + last) if match[1] else 3600.0 * minutes + 60 * last
        )
    if match := _PERIOD.match(text.strip()):
        days, hours, minutes, seconds = (int(part) if part else 0 for part in match.groups())
        return float(86400 * days + 3600 * hours + 60 * minutes + seconds)
    return 0.0


def ceiling(tags: Tags, profile: Profile) -> float:
    """The km/h that surface, track type and smoothness allow."""
    return min(
        profile.max_speed,
        profile.surfaces.get(tags.get("surface", ""), profile.max_speed),
        profile.tracktypes.get(tags.get("tracktype", ""), profile.max_speed),
        profile.smoothness.get(tags.get("smoothness", ""), profile.max_speed),
    )


def reluctance(tags: Tags, profile: Profile, two_way: bool) -> tuple[float, float]:
    """Factors <= 1 on the speed that the cost assumes, along and against the way."""
    if profile.name != "car":
        return 1.0, 1.0
    factor = profile.services.get(tags.get("service", ""), 1.0)
    if two_way:
        factor = min(factor, _narrowness(tags))
    if tags.get("oneway") == "alternating":
        factor = min(factor, 0.4)
    if tags.get("side_road") in ("yes", "rotary"):
        factor = min(factor, 0.8)
    priority = tags.get("priority")
    return (
        min(factor, 0.7 if priority == "backward" else 1.0),
        min(factor, 0.7 if priority == "forward" else 1.0),
    )


def _narrowness(tags: Tags) -> float:
    lanes = _LIMIT.match(tags.get("lanes", ""))
    if lanes and float(lanes[1]) <= 1:
        return 0.5
    width = metres(tags.get("width", ""))
    if width is not None and width < 6:
        return 0.5 if width <= 3 else 0.6 if width < 4 else 0.75 if width < 5 else 0.8
    return 0.75 if tags.get("lane_markings") == "no" else 1.0
