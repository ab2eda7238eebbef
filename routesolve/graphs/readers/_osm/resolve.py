"""From restrictions in OpenStreetMap's terms (ways, nodes) to those of the graph (arcs)."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import numpy.typing as npt

from routesolve.graphs.readers._osm.assemble import Arcs
from routesolve.graphs.readers._osm.restrictions import Restriction
from routesolve.graphs.readers._osm.scan import Scan, as_array

Int64s = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_LONGEST = 200
"""Arcs of a way that a restriction may lead over."""


def must_stay(found: Scan) -> set[int]:
    """OSM ids of the nodes that restrictions speak of: they have to be junctions."""
    ends = _way_ends(found)
    nodes: set[int] = set()
    for restriction in found.restrictions:
        if restriction.via_node >= 0:
            nodes.add(restriction.via_node)
        for way in restriction.via_ways:
            nodes.update(ends.get(way, ()))
    return nodes


def _way_ends(found: Scan) -> dict[int, tuple[int, int]]:
    """First and last node of the ways that restrictions speak of."""
    wanted = {w for r in found.restrictions for w in (r.source, r.target, *r.via_ways)}
    ids, starts = as_array(found.way_ids, np.int64), as_array(found.starts, np.int64)
    hits = np.flatnonzero(np.isin(ids, np.array(sorted(wanted), dtype=np.int64)))
    refs = found.refs
    return {int(ids[i]): (refs[starts[i]], refs[starts[i + 1] - 1]) for i in hits.tolist()}


class Resolver:
    """Finds the arcs of restrictions.

    Parameters
    ----------
    found
        What the file holds.
    arcs
        The arcs, sorted by their tails.
    junction_of
        OSM id of each junction, (n,) int64.
    """

    def __init__(self, found: Scan, arcs: Arcs, junction_of: Int64s) -> None:
        self._ends = _way_ends(found)
        ids = as_array(found.way_ids, np.int64)
        self._arcs = arcs
        self._entering: dict[tuple[int, int], list[int]] = defaultdict(list)
        self._leaving: dict[tuple[int, int], list[int]] = defaultdict(list)
        wanted = np.array(sorted(self._ends), dtype=np.int64)
        for table, way, node in (
            (self._entering, ids[arcs.last_way], arcs.heads),
            (self._leaving, ids[arcs.first_way], arcs.tails),
        ):
            for arc in np.flatnonzero(np.isin(way, wanted)).tolist():
                table[int(way[arc]), int(junction_of[node[arc]])].append(arc)
        self._junction_of = junction_of

    def paths(self, restriction: Restriction) -> list[tuple[int, ...]]:
        """Sequences of arcs that a restriction is about: pairs over a node, longer ones over ways.

        Empty when its ways do not meet there, or some of them are not used (closed, one-way).
        """
        ends = self._ends
        source, target = ends.get(restriction.source), ends.get(restriction.target)
        if source is None or target is None:
            return []
        if restriction.via_node >= 0:
            node = restriction.via_node
            if node not in source or node not in target:
                return []
            return [
                (e, f)
                for e in self._entering[restriction.source, node]
                for f in self._leaving[restriction.target, node]
            ]
        out = []
        for node in set(source):
            along = self._follow(restriction.via_ways, node)
            if along is None:
                continue
            way, last = along
            if last not in target:
                continue
            out += [
                (e, *way, f)
                for e in self._entering[restriction.source, node]
                for f in self._leaving[restriction.target, last]
            ]
        return out

    def _follow(self, ways: tuple[int, ...], node: int) -> tuple[list[int], int] | None:
        """The arcs along `ways` from `node`, and where they end."""
        path: list[int] = []
        for way in ways:
            ends = self._ends.get(way)
            if ends is None or node not in ends:
                return None
            goal = ends[1] if node == ends[0] else ends[0]
            while node != goal or not path:
                steps = [
                    arc
                    for arc in self._leaving[way, node]
                    if not path or self._arcs.twin[path[-1]] != arc
                ]
                if len(steps) != 1 or len(path) > _LONGEST:
                    return None
                path.append(steps[0])
                node = int(self._junction_of[self._arcs.heads[steps[0]]])
        return path, node


def apply(
    found: Scan, resolver: Resolver, before: Int64s, onto: Int64s, arcs: int
) -> tuple[Bools, list[tuple[int, ...]], list[tuple[int, ...]], int]:
    """Which turns are forbidden, which longer sequences are, which must be kept to.

    Returns (forbidden (t,), banned sequences, demanded sequences, restrictions applied).
    """
    forbidden = np.zeros(len(before), dtype=np.bool_)
    row = np.zeros(arcs + 1, dtype=np.int64)
    np.cumsum(np.bincount(before, minlength=arcs), out=row[1:])
    bans: list[tuple[int, ...]] = []
    only: list[tuple[int, ...]] = []
    applied = 0
    demanded: dict[int, set[int]] = defaultdict(set)
    for restriction in found.restrictions:
        paths = resolver.paths(restriction)
        applied += bool(paths)
        for path in paths:
            if len(path) > 2:
                (only if restriction.only else bans).append(path)
            elif restriction.only:
                demanded[path[0]].add(path[1])
            else:
                span = slice(row[path[0]], row[path[0] + 1])
                forbidden[span] |= onto[span] == path[1]
    for arc, allowed in demanded.items():
        span = slice(row[arc], row[arc + 1])
        forbidden[span] |= ~np.isin(onto[span], list(allowed))
    return forbidden, bans, only, applied
