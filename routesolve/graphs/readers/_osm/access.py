"""Who may pass: access tags, one-ways, blocked ways, limits of size, barriers."""

from __future__ import annotations

import re
from collections.abc import Mapping

from routesolve.graphs.readers._osm.profiles import Profile

Tags = Mapping[str, str]
Pair = tuple[str | None, str | None]

_NUMBER = re.compile(r"\d+(?:[.,]\d*)?")
_TRUE = frozenset({"yes", "1", "true"})


def both_ways(tags: Tags, keys: tuple[str, ...]) -> Pair:
    """The values that hold along a way and against it.

    For each key in turn the directed one (``maxspeed:forward``) goes before the common one.
    """
    forward = backward = None
    for key in keys:
        common = tags.get(key)
        forward = forward or tags.get(f"{key}:forward") or common
        backward = backward or tags.get(f"{key}:backward") or common
        if forward and backward:
            break
    return forward, backward


def strongest(value: str | None, profile: Profile) -> str | None:
    """Of several values (``"delivery;customers"``) the one that opens most."""
    if value is None or ";" not in value:
        return value
    parts = [part.strip() for part in value.split(";")]
    ranks = (profile.allowed, profile.private, profile.refused)
    return min(parts, key=lambda v: next((i for i, s in enumerate(ranks) if v in s), len(ranks)))


def is_blocked(tags: Tags, profile: Profile) -> bool:
    """Whether nobody gets through at all: areas, building sites, plans, reversible lanes."""
    highway = tags.get("highway")
    if highway in profile.avoided:
        return True
    if profile.name == "car" and tags.get("area") == "yes":
        return True
    if "construction" in profile.avoided:
        works = tags.get("construction", "no")
        if tags.get("railway") == "construction" or works not in ("no", "widening", "minor"):
            return True
    if "proposed" in tags and highway is None:
        return True
    if profile.name == "car" and tags.get("service") == "emergency_access":
        return True
    if profile.name != "car" and tags.get("motorroad") == "yes":
        return True
    return (
        ("reversible" in profile.avoided and tags.get("oneway") == "reversible")
        or tags.get("impassable") == "yes"
        or tags.get("status") == "impassable"
    )


def directions(tags: Tags, profile: Profile) -> tuple[bool, bool]:
    """Whether the one-way tags leave the way open along and against its direction."""
    oneway = next(
        (tags[key] for k in profile.restriction_keys if (key := f"oneway:{k}") in tags), None
    )
    if oneway is None and profile.name != "car":
        oneway = tags.get(f"oneway:{profile.name}")
    if oneway is None and profile.one_ways:
        oneway = tags.get("oneway")
    if oneway == "-1":
        return False, True
    if oneway in _TRUE:
        return True, False
    implied = tags.get("highway") == "motorway" or is_roundabout(tags)
    # Whatever is not "no" keeps the implied direction ("reversible", misspelt values).
    closed = profile.one_ways and implied and oneway not in ("no", "0", "false")
    return True, not closed


def for_carpools(tags: Tags) -> tuple[bool, bool]:
    """Whether every lane is for vehicles with several people only, along and against the way."""
    whole = tags.get("hov") == "designated"
    along, against = both_ways(tags, ("hov:lanes",))
    return whole or _all_designated(along), whole or _all_designated(against)


def _all_designated(lanes: str | None) -> bool:
    return lanes is not None and set(lanes.split("|")) == {"designated"}


def is_roundabout(tags: Tags) -> bool:
    """Whether the way is part of a roundabout or another circle driven one way."""
    return tags.get("junction") in ("roundabout", "circular")


def too_small(tags: Tags, profile: Profile) -> tuple[bool, bool]:
    """Whether the vehicle is too high, wide, long or heavy, along and against the way."""
    if not profile.height:
        return False, False
    limits = (
        (("maxheight:physical", "maxheight"), profile.height, metres),
        (("maxwidth:physical", "maxwidth", "width", "est_width"), profile.width + 1e-9, metres),
        (("maxlength",), profile.length, metres),
        (("maxweightrating", "maxweight"), profile.weight, kilograms),
    )
    out = [False, False]
    for keys, size, parse in limits:
        if not any(key.partition(":")[0] in tags or f"{key}:forward" in tags for key in keys):
            continue
        for side, text in enumerate(both_ways(tags, keys)):
            limit = parse(text) if text else None
            out[side] = out[side] or (limit is not None and limit < size)
    return out[0], out[1]


def metres(text: str) -> float | None:
    """Metres of ``"2.5"``, ``"2,5 m"`` or ``"7'6\\""``; None where there is no number."""
    match = _NUMBER.search(text)
    if match is None:
        return None
    value = float(match[0].replace(",", "."))
    if "'" not in text:
        return value
    inches = _NUMBER.search(text.partition("'")[2])
    return (12 * value + (float(inches[0].replace(",", ".")) if inches else 0.0)) * 0.0254


def kilograms(text: str) -> float | None:
    """Kilograms of ``"3.5"`` (tonnes), ``"800 kg"`` or ``"5000 lbs"``."""
    match = _NUMBER.search(text)
    if match is None:
        return None
    value = float(match[0].replace(",", "."))
    return value * (0.45359237 if "lbs" in text else 1.0 if "kg" in text else 1000.0)


def barrier(tags: Tags, profile: Profile) -> tuple[bool, float]:
    """Whether a node cannot be passed, and the seconds it takes when it can (gates)."""
    access = strongest(next((tags[k] for k in profile.access_keys if k in tags), None), profile)
    crossing = tags.get("highway") == "crossing"
    if access is not None:
        closed = access in profile.refused and access not in profile.private
        return closed and not (crossing and profile.name == "bicycle"), 0.0
    kind = tags.get("barrier")
    if kind is None:
        return False, 0.0
    if kind == "fence" and tags.get("sensory") in ("audible", "audio"):
        return False, 0.0
    if profile.stopped_by is not None:
        return kind in profile.stopped_by and tags.get("bollard") != "rising", 0.0
    if kind in profile.gates:
        return False, profile.gates[kind]
    if kind == "height_restrictor":
        height = metres(tags.get("maxheight", ""))
        return height is not None and height < profile.height, 0.0
    opened = (
        kind in profile.passes_barriers
        or tags.get("bollard") == "rising"
        or tags.get("kerb") in ("lowered", "flush")
        or (kind == "kerb" and crossing)
    )
    return not opened, 0.0
