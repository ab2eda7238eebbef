"""One pass over an OpenStreetMap file: what of it a profile uses, as plain arrays.

``osmium`` parses, joins node locations to ways and drops what has no tags in C++; Python sees only
tagged objects, and the tags of ways are understood once for each distinct combination.
"""

from __future__ import annotations

import os
from array import array
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError, MissingExtra
from routesolve.graphs.edge_data import Labels
from routesolve.graphs.readers._osm.access import barrier
from routesolve.graphs.readers._osm.profiles import Profile
from routesolve.graphs.readers._osm.restrictions import (
    Restriction,
    binding_value,
    parse_restriction,
)
from routesolve.graphs.readers._osm.ways import ROOTS, Usage, interpret

NOWHERE = 2**31 - 1
"""Coordinate of a node that is not in the file."""

BARRIER, SIGNALS, STOP, MINOR_STOP, GIVE_WAY, GATE = range(6)
_SIGNS = {"traffic_signals": SIGNALS, "stop": STOP, "give_way": GIVE_WAY}
_SIDES = {"forward": 1, "backward": -1}


@dataclass
class Scan:
    """What one pass found; w ways, r references from ways to nodes, b obstacles.

    Attributes
    ----------
    usages : list of Usage
        The distinct ones.
    way_ids : array
        (w,) int64 OSM ids.
    way_usage : array
        (w,) int32 index into `usages`.
    starts : array
        (w + 1,) int64, way i owns references ``starts[i] .. starts[i + 1] - 1``.
    refs : array
        (r,) int64 OSM ids of nodes.
    x, y : array
        (r,) int32 longitudes and latitudes in 1e-7 degrees, NOWHERE = not in the file.
    names, classes : Labels
        Per way.
    obstacles : list of (int, int, int, float)
        OSM id of the node, kind, side (1 along the way, -1 against, 0 both), seconds.
    restrictions : list of Restriction
        Those that bind the profile.
    """

    usages: list[Usage] = field(default_factory=list)
    way_ids: array[int] = field(default_factory=lambda: array("q"))
    way_usage: array[int] = field(default_factory=lambda: array("i"))
    starts: array[int] = field(default_factory=lambda: array("q", [0]))
    refs: array[int] = field(default_factory=lambda: array("q"))
    x: array[int] = field(default_factory=lambda: array("i"))
    y: array[int] = field(default_factory=lambda: array("i"))
    names: list[str | None] = field(default_factory=list)
    classes: list[str | None] = field(default_factory=list)
    obstacles: list[tuple[int, int, int, float]] = field(default_factory=list)
    restrictions: list[Restriction] = field(default_factory=list)
    ways_seen: int = 0
    restrictions_seen: int = 0
    restrictions_unclear: int = 0

    def labels(self) -> tuple[Labels, Labels]:
        """Names and classes of the ways."""
        return Labels.encode(self.names), Labels.encode(self.classes)


def scan(path: str | os.PathLike[str], profile: Profile, form: str) -> Scan:
    """Read the file.

    Parameters
    ----------
    path
        The file.
    profile
        Who travels.
    form
        ``osmium``'s name of the format: ``"pbf"``, ``"osm"``, ``"osm.bz2"``, ``"osm.gz"``.

    Raises
    ------
    MissingExtra
        If osmium is not installed.
    InputError
        If the file is missing, cut off or damaged.
    """
    try:
        import osmium
    except ImportError as error:
        raise MissingExtra("osm", "reading OpenStreetMap files needs osmium") from error
    reader = _Reader(profile)
    where = str(path)
    try:
        # A plain open() first: osmium does not say why it could not.
        with open(path, "rb"):
            pass
        wanted = osmium.osm.NODE | osmium.osm.WAY | osmium.osm.RELATION
        source = osmium.FileProcessor(osmium.io.File(where, form), wanted)
        source = source.with_locations().with_filter(osmium.filter.EmptyTagFilter())
        item: Any
        for item in source:
            if item.is_way():
                reader.way(item)
            elif item.is_node():
                reader.node(item)
            else:
                reader.relation(item)
    except OSError as error:
        raise InputError(
            f"cannot read the network: {error.strerror or error}", where=where
        ) from error
    except (RuntimeError, ValueError, MemoryError) as error:
        raise InputError(
            f"the OpenStreetMap file is damaged or cut off: {error}",
            where=where,
            fix="download or extract it again",
        ) from error
    return reader.found


class _Reader:
    """Collects what the pass meets."""

    def __init__(self, profile: Profile) -> None:
        self.found = Scan()
        self._profile = profile
        self._known: dict[tuple[Any, ...], int] = {}
        self._matters: dict[str, bool] = {}
        self._usages: dict[Usage, int] = {}

    def way(self, way: Any) -> None:
        found, matters = self.found, self._matters
        found.ways_seen += 1
        kept, name, ref = [], None, None
        for tag in way.tags:
            key = tag[0]
            if key == "name":
                name = tag[1]
            elif key == "ref":
                ref = tag[1]
            else:
                relevant = matters.get(key)
                if relevant is None:
                    relevant = matters[key] = key.partition(":")[0] in ROOTS
                if relevant:
                    kept.append((key, tag[1]))
        tags = tuple(kept)
        number = self._known.get(tags)
        if number is None:
            number = self._known[tags] = self._understand(dict(tags))
        if number < 0:
            return
        refs, xs, ys = found.refs, found.x, found.y
        for node in way.nodes:
            place = node.location
            refs.append(node.ref)
            xs.append(place.x)
            ys.append(place.y)
        found.way_ids.append(way.id)
        found.way_usage.append(number)
        found.starts.append(len(refs))
        found.names.append(name or ref)
        found.classes.append(way.tags.get("highway") or way.tags.get("route"))

    def _understand(self, tags: dict[str, str]) -> int:
        usage = interpret(tags, self._profile)
        if usage is None:
            return -1
        if usage not in self._usages:
            self._usages[usage] = len(self.found.usages)
            self.found.usages.append(usage)
        return self._usages[usage]

    def node(self, node: Any) -> None:
        tags = {tag[0]: tag[1] for tag in node.tags}
        costs, add = self._profile.turns, self.found.obstacles.append
        closed, wait = barrier(tags, self._profile)
        if closed:
            add((node.id, BARRIER, 0, 0.0))
        if wait:
            add((node.id, GATE, 0, wait))
        kind = _SIGNS.get(tags.get("highway", ""))
        if kind is None:
            return
        direction = tags.get("direction", "")
        if kind == SIGNALS:
            direction = tags.get("traffic_signals:direction", direction)
            seconds = costs.signals
        elif kind == STOP:
            seconds = costs.stop
            if tags.get("stop") == "minor":
                kind = MINOR_STOP
        else:
            seconds = costs.give_way
        if seconds:
            add((node.id, kind, _SIDES.get(direction, 0), seconds))

    def relation(self, relation: Any) -> None:
        tags = {tag[0]: tag[1] for tag in relation.tags}
        if tags.get("type", "").partition(":")[0] != "restriction":
            return
        self.found.restrictions_seen += 1
        members = [(member.type, member.ref, member.role) for member in relation.members]
        understood = parse_restriction(tags, members, self._profile)
        if understood:
            self.found.restrictions.extend(understood)
        elif binding_value(tags, self._profile):
            self.found.restrictions_unclear += 1


def as_array(values: array[int], dtype: type[np.generic]) -> npt.NDArray[Any]:
    """The numbers of a Python array, without copying."""
    return np.frombuffer(values, dtype=dtype) if len(values) else np.empty(0, dtype=dtype)
