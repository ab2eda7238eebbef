"""From the tags of one way to how a profile uses it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from routesolve.graphs.readers._osm import access, speeds
from routesolve.graphs.readers._osm.profiles import PUSHED, Profile

Tags = Mapping[str, str]

DRIVEN, FERRY, PUSHING = 0, 1, 2

_KEYS = """access amenity area bicycle bridge construction cycleway duration foot highway hov
    impassable junction lane_markings lanes man_made maxheight maxlength maxspeed maxweight
    maxweightrating maxwidth motor_vehicle motorcar motorroad narrow oneway priority proposed
    public_transport railway route service side_road sidewalk smoothness source status surface
    tracktype vehicle width est_width driving_side"""
ROOTS = frozenset(_KEYS.split())
"""What comes before the first colon in the keys that matter here; everything else is not read."""


class Usage(NamedTuple):
    """How a way is used.

    Attributes
    ----------
    speed : tuple of float
        km/h along and against the way; 0 = closed.
    assumed : tuple of float
        km/h that the cost assumes: lower on narrow ways and access roads.
    duration : float
        Seconds for the whole way; 0 = follows from length and speed.
    private : tuple of bool
        Only for those who have business there.
    mode : int
        DRIVEN (or ridden, or walked), FERRY, PUSHING.
    roundabout : bool
        Part of a circle.
    stops : bool
        Whether journeys may begin and end on it: not on ferries, nor on private driveways, where
        a place beside them belongs to the street that they lead to.
    lanes : int
        Of both directions together; 0 = not known.
    """

    speed: tuple[float, float]
    assumed: tuple[float, float]
    duration: float = 0.0
    private: tuple[bool, bool] = (False, False)
    mode: int = DRIVEN
    roundabout: bool = False
    stops: bool = True
    lanes: int = 0


def interpret(tags: Tags, profile: Profile) -> Usage | None:
    """How `profile` uses a way with these tags; None when not at all."""
    if "highway" not in tags and "route" not in tags and profile.name == "car":
        return None
    if access.is_blocked(tags, profile):
        return None
    return (_by_bicycle if profile.name == "bicycle" else _in_general)(tags, profile)


def _in_general(tags: Tags, profile: Profile) -> Usage | None:
    """Cars and walkers."""
    given = tuple(
        access.strongest(value, profile) for value in access.both_ways(tags, profile.access_keys)
    )
    on_road = tags.get("highway") in profile.private_roads
    private = (on_road and given[0] in profile.private, on_road and given[1] in profile.private)
    narrow = access.too_small(tags, profile)
    kept_off = _kept_off(tags, "sidewalk") if profile.name == "foot" else False
    open_ = [
        (private[side] or given[side] not in profile.refused)
        and not narrow[side]
        and not (kept_off and given[side] is None)
        for side in (0, 1)
    ]
    one_way = access.directions(tags, profile)
    open_ = [open_[side] and one_way[side] for side in (0, 1)]
    if not any(open_):
        return None

    mode, duration = DRIVEN, 0.0
    moved = profile.ferries.get(tags.get("route", ""), 0.0)
    swing = profile.bridges.get(tags.get("bridge", ""), 0.0)
    if moved or swing:
        mode = FERRY if moved else DRIVEN
        duration = speeds.parse_duration(tags.get("duration"))
        base = [moved or swing] * 2
    else:
        base = [_class_speed(tags, value, profile) for value in given]
    if profile.limit_share:
        limits = speeds.limits(tags)
        base = [
            limit * profile.limit_share if limit > 0 and speed > 0 else speed
            for speed, limit in zip(base, limits, strict=True)
        ]
    top = speeds.ceiling(tags, profile)
    driven = [min(speed, top) if ok else 0.0 for speed, ok in zip(base, open_, strict=True)]
    if not any(driven):
        return None
    if profile.name == "car":
        pools = access.for_carpools(tags)
        private = (private[0] or pools[0], private[1] or pools[1])
    factors = speeds.reluctance(tags, profile, all(driven))
    return Usage(
        (driven[0], driven[1]),
        (driven[0] * factors[0], driven[1] * factors[1]),
        max(duration, 1.0) if duration else 0.0,
        private,
        mode,
        access.is_roundabout(tags),
        mode == DRIVEN and not (tags.get("highway") == "service" and given[0] == "private"),
        _lanes(tags),
    )


def _class_speed(tags: Tags, given: str | None, profile: Profile) -> float:
    """km/h of the class; of a way without a known class only where it is explicitly open."""
    speed = profile.speeds.get(tags.get("highway", ""))
    if speed is None and profile.name == "foot":
        platform = "platform" in (tags.get("railway"), tags.get("public_transport"))
        if platform or tags.get("man_made") == "pier" or tags.get("amenity") == "parking":
            speed = profile.default_speed
    if speed is not None:
        return speed
    return profile.default_speed if given and given not in profile.refused else 0.0


def _kept_off(tags: Tags, side: str) -> bool:
    """Whether the pavement or cycle track is a way of its own (``sidewalk=separate``)."""
    keys = (side, f"{side}:both", f"{side}:left", f"{side}:right")
    return any(tags.get(key) == "separate" for key in keys)


def _lanes(tags: Tags) -> int:
    """Lanes of both directions; 0 where the tags do not tell."""
    keys = ("lanes",) if "lanes" in tags else ("lanes:forward", "lanes:backward")
    return sum(int(tags[key]) for key in keys if tags.get(key, "").isdecimal())


_TRACKS = frozenset({"track", "lane", "share_busway", "sharrow", "shared", "shared_lane"})
_OPPOSITE = frozenset({"opposite", "opposite_lane", "opposite_track"})


def _by_bicycle(tags: Tags, profile: Profile) -> Usage | None:
    """Riding where that is allowed, against the one-way on marked lanes, pushing elsewhere."""
    given = [
        access.strongest(value, profile) for value in access.both_ways(tags, profile.access_keys)
    ]
    refused = [value in profile.refused for value in given]
    if all(refused):
        return None
    if _kept_off(tags, "cycleway") and tags.get("bicycle") not in (
        *profile.allowed,
        "destination",
    ):
        return None
    highway, mode, duration = tags.get("highway", ""), DRIVEN, 0.0
    ferry = profile.ferries.get(tags.get("route", ""), 0.0)
    swing = profile.bridges.get(tags.get("bridge", ""), 0.0)
    if ferry or swing:
        mode = FERRY if ferry else DRIVEN
        duration = speeds.parse_duration(tags.get("duration"))
        speed = ferry or swing
    elif (known := profile.speeds.get(highway)) is not None:
        speed = known
    else:
        opened = highway and any(value in profile.allowed for value in given)
        speed = profile.default_speed if opened else 0.0

    one_way = access.directions(tags, profile)
    ridden = [speed if ok else 0.0 for ok in one_way]
    if speed and mode == DRIVEN:
        for side in _cycle_lanes(tags, one_way):
            ridden[side] = profile.default_speed
    pushed = False
    if mode == DRIVEN and tags.get("foot") != "no":
        walk = PUSHED.get(highway) or PUSHED.get(tags.get("man_made", "")) or 0.0
        walk = walk or (4.0 if speed or tags.get("foot") == "yes" else 0.0)
        circle = access.is_roundabout(tags) or highway == "motorway"
        pushed = not any(ridden)
        ridden = [v or (0.0 if side and circle else walk) for side, v in enumerate(ridden)]
    if tags.get("bicycle") == "dismount":
        ridden, pushed = [4.0, 4.0], True
    top = speeds.ceiling(tags, profile)
    caps = [cap if cap > 0 else top for cap in speeds.limits(tags)]
    driven = [0.0 if refused[side] else min(ridden[side], top, caps[side]) for side in (0, 1)]
    if not any(driven):
        return None
    both = (driven[0], driven[1])
    return Usage(
        both,
        both,
        max(duration, 1.0) if duration else 0.0,
        mode=PUSHING if pushed else mode,
        roundabout=access.is_roundabout(tags),
        stops=mode == DRIVEN,
    )


def _cycle_lanes(tags: Tags, one_way: tuple[bool, bool]) -> list[int]:
    """The directions (0 along, 1 against) in which lanes or tracks for bicycles run."""
    common = tags.get("cycleway") or tags.get("cycleway:both")
    left, right = tags.get("cycleway:left"), tags.get("cycleway:right")
    lanes = {common, left, right}
    if all(one_way):
        out = []
        if common in _TRACKS or right in _TRACKS or left in _OPPOSITE:
            out.append(0)
        if common in _TRACKS or left in _TRACKS or right in _OPPOSITE:
            out.append(1)
        return out
    if lanes & _OPPOSITE:
        return [0, 1]
    if lanes & _TRACKS:
        return [0 if one_way[0] else 1]
    return []
