"""From pieces of ways to a graph: chains between junctions, arcs with weights and courses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from routesolve.graphs.edge_data import Polylines
from routesolve.graphs.readers._osm import scan as scanned
from routesolve.graphs.readers._osm.looks import Looks
from routesolve.graphs.readers._osm.scan import Scan, as_array
from routesolve.graphs.readers._osm.segments import Segments

Floats = npt.NDArray[np.float64]
Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_LONG = 10.0
"""Seconds: what takes so long (a gate) is a place of its own, before it or behind it."""

_STOP_REACH = 20.0
"""Metres: a stop sign without a direction belongs to the junction that is nearer than this."""


class Obstacles(NamedTuple):
    """What stands on the nodes; k nodes.

    Attributes
    ----------
    closed : numpy.ndarray
        (k,) bool, nothing passes.
    along, against : numpy.ndarray
        (k,) float64 seconds for who passes in the direction of the way, and against it.
    stops, minor : numpy.ndarray
        (k,) float64 seconds of stop signs without a direction, and of those for the minor road.
    """

    closed: Bools
    along: Floats
    against: Floats
    stops: Floats
    minor: Floats


@dataclass(frozen=True)
class Arcs:
    """Directed arcs between junctions, in no particular order; m arcs, n junctions.

    Attributes
    ----------
    tails, heads : numpy.ndarray
        (m,) int32 junctions.
    metres, seconds, cost : numpy.ndarray
        (m,) float64.
    twin : numpy.ndarray
        (m,) int32 the arc back along the same chain; -1 = one-way.
    first_way, last_way : numpy.ndarray
        (m,) int32 ways in which the arc starts and ends.
    against : numpy.ndarray
        (m,) bool, whether it starts against the direction of its first way.
    wait : numpy.ndarray
        (m,) float64 seconds of the obstacles at its end, for who drives on.
    stop : numpy.ndarray
        (m,) float64 seconds of a stop sign without direction at its end.
    minor : numpy.ndarray
        (m,) float64 seconds of a stop sign at its end that binds the minor road only.
    bearing_out, bearing_in : numpy.ndarray
        (m,) float64 degrees clockwise from north, leaving the tail and reaching the head.
    lines : Polylines
        Courses; empty where straight.
    nodes : numpy.ndarray
        (n,) int64 node number of each junction in the segments.
    degree : numpy.ndarray
        (n,) int32 how many ways meet, whatever their direction.
    enterable : numpy.ndarray
        (n,) int32 how many of these lead to the junction.
    closed : numpy.ndarray
        (n,) bool.
    """

    tails: Int32s
    heads: Int32s
    metres: Floats
    seconds: Floats
    cost: Floats
    twin: Int32s
    first_way: Int32s
    last_way: Int32s
    against: Bools
    wait: Floats
    stop: Floats
    minor: Floats
    bearing_out: Floats
    bearing_in: Floats
    lines: Polylines
    nodes: Int64s
    degree: Int32s
    enterable: Int32s
    closed: Bools


PER_JUNCTION = frozenset({"nodes", "degree", "enterable", "closed"})
"""Fields of :class:`Arcs` that hold one entry per junction."""


def place_obstacles(found: Scan, segments: Segments) -> Obstacles:
    """Sum up what stands on each node."""
    k = len(segments.ids)
    closed = np.zeros(k, dtype=np.bool_)
    waits = np.zeros((4, k))
    if found.obstacles and k:
        node = np.array([entry[0] for entry in found.obstacles], dtype=np.int64)
        at = np.minimum(np.searchsorted(segments.ids, node), k - 1)
        kind = np.array([entry[1] for entry in found.obstacles])
        side = np.array([entry[2] for entry in found.obstacles])
        seconds = np.array([entry[3] for entry in found.obstacles])
        here = segments.ids[at] == node
        closed[at[here & (kind == scanned.BARRIER)]] = True
        stop, minor = (kind == scanned.STOP) & (side == 0), kind == scanned.MINOR_STOP
        plain = here & ~stop & ~minor
        for row, chosen in enumerate((plain & (side >= 0), plain & (side <= 0), stop, minor)):
            chosen &= here
            np.add.at(waits[row], at[chosen], seconds[chosen])
    return Obstacles(closed, *waits)


def junctions(segments: Segments, found: Scan, obstacles: Obstacles, extra: Int64s) -> Bools:
    """Which nodes stay: ends, forks, barriers, gates, `extra` nodes, and where the way changes.

    Between two of them, name, class, direction and use stay the same.
    """
    from_ = segments.ends[np.arange(len(segments.ends)) ^ 1]
    k = len(segments.ids)
    degree = np.bincount(from_, minlength=k)
    kept = (degree != 2) | obstacles.closed
    kept |= np.maximum(obstacles.along, obstacles.against) >= _LONG
    kept[extra] = True
    order = np.argsort(from_, kind="stable")
    pairs = order[np.repeat(degree == 2, degree)].reshape(-1, 2)
    a, b = pairs[:, 0], pairs[:, 1]
    alike = _alike(found)[segments.way]
    open_ = segments.open
    same = (alike[a] == alike[b]) & (alike[a ^ 1] == alike[b ^ 1])
    same &= (open_[a ^ 1] == open_[b]) & (open_[b ^ 1] == open_[a])
    private = np.array([u.private for u in found.usages], dtype=np.bool_).reshape(-1, 2)
    usage = as_array(found.way_usage, np.int32)[segments.way]
    private = private[usage, segments.against.astype(np.int64)]
    same &= (private[a ^ 1] == private[b]) & (private[b ^ 1] == private[a])
    kept[np.flatnonzero(degree == 2)[~same]] = True
    kept[degree == 0] = False
    return np.asarray(kept)


def _alike(found: Scan) -> Int64s:
    """(w,) number shared by ways that may be one arc."""
    names, classes = found.labels()
    usage = as_array(found.way_usage, np.int32)
    mode = np.array([4 * u.mode + 2 * u.roundabout + u.stops for u in found.usages], dtype=np.int64)
    code = names.codes.astype(np.int64) + 1
    code = code * (len(classes.table) + 1) + classes.codes + 1
    return np.asarray(code * 16 + (mode[usage] if len(usage) else 0))


def connect(segments: Segments, kept: Bools, obstacles: Obstacles, looks: Looks) -> Arcs:
    """Join the segments into arcs.

    Parameters
    ----------
    segments, obstacles
        The pieces and what stands on their nodes.
    kept
        (k,) nodes that become junctions; rings without one get one here.
    looks
        How the ways look to who comes to a junction.
    """
    from routesolve.graphs._kernels.chains import walk

    h, k = len(segments.ends), len(segments.ids)
    tails = segments.ends[np.arange(h) ^ 1]
    indptr = np.zeros(k + 1, dtype=np.int64)
    np.cumsum(np.bincount(tails, minlength=k), out=indptr[1:])
    leaving = np.argsort(tails, kind="stable").astype(np.int32)
    kept = kept.copy()
    order = np.empty(h // 2, dtype=np.int32)
    starts = np.empty(h // 2 + 1, dtype=np.int64)
    # Copies keep the kernel at one signature: writable, contiguous arrays.
    count = walk(indptr, leaving, segments.ends.copy(), kept, order, starts)
    starts = starts[: count + 1]

    # Both directions of every chain, then only the open ones.
    both, bounds = _with_reverse(order, starts)
    first, last = both[bounds[:-1]], both[bounds[1:] - 1]
    passable = np.logical_and.reduceat(segments.open[both], bounds[:-1])
    number = np.where(passable, np.cumsum(passable) - 1, -1).astype(np.int32)
    twin = number.reshape(-1, 2)[:, ::-1].ravel()[passable]
    junction = np.full(k, -1, dtype=np.int32)
    nodes = np.flatnonzero(kept)
    junction[nodes] = np.arange(len(nodes), dtype=np.int32)
    from_, to = junction[tails[first]], junction[segments.ends[last]]
    inner = _inner_waits(segments, obstacles, both, bounds)
    at_end = segments.ends[last]
    degree = np.bincount(from_, minlength=len(nodes)).astype(np.int32)
    most = np.zeros(k, dtype=np.int64)
    np.maximum.at(most, segments.ends, looks.lanes[segments.way])
    way = segments.way[first]
    wide = looks.width(way, most[tails[first]])
    out, back = _bearings(segments, both, bounds, looks.kind[way], wide)
    return Arcs(
        from_[passable],
        to[passable],
        _sums(segments.metres[both >> 1], bounds)[passable],
        (_sums(segments.seconds[both], bounds) + inner)[passable],
        (_sums(segments.cost[both], bounds) + inner)[passable],
        twin,
        way[passable],
        segments.way[last][passable],
        segments.against[first][passable],
        np.where(segments.against[last], obstacles.against[at_end], obstacles.along[at_end])[
            passable
        ],
        obstacles.stops[at_end][passable],
        obstacles.minor[at_end][passable],
        out[passable],
        back[passable],
        _courses(segments, both, bounds).take(np.flatnonzero(passable)),
        nodes,
        degree,
        np.bincount(to[passable], minlength=len(nodes)).astype(np.int32),
        obstacles.closed[nodes],
    )


def _sums(values: Floats, bounds: Int64s) -> Floats:
    """The sum over each chain; a chain is never empty."""
    return np.asarray(np.add.reduceat(values, bounds[:-1])) if len(values) else np.empty(0)


def _with_reverse(order: Int32s, starts: Int64s) -> tuple[Int32s, Int64s]:
    """The halves of each chain followed by those of its reverse."""
    counts = np.diff(starts)
    bounds = np.zeros(2 * len(counts) + 1, dtype=np.int64)
    np.cumsum(np.repeat(counts, 2), out=bounds[1:])
    both = np.empty(bounds[-1], dtype=np.int32)
    place = np.arange(starts[-1]) - np.repeat(starts[:-1], counts)
    both[np.repeat(bounds[0:-1:2], counts) + place] = order[: starts[-1]]
    both[np.repeat(bounds[2::2], counts) - 1 - place] = order[: starts[-1]] ^ 1
    return both, bounds


def _inner_waits(segments: Segments, obstacles: Obstacles, both: Int32s, bounds: Int64s) -> Floats:
    """Seconds of what stands between the ends of each chain."""
    node = segments.ends[both]
    wait = np.where(segments.against[both], obstacles.against[node], obstacles.along[node])
    counts = np.diff(bounds)
    metres = segments.metres[both >> 1]
    gone = np.cumsum(metres)
    total = np.repeat(_sums(metres, bounds), counts)
    gone -= np.repeat(gone[bounds[:-1]] - metres[bounds[:-1]], counts)
    behind = (gone < _STOP_REACH) & (total - gone > _STOP_REACH)
    wait += np.where(behind, 0.0, obstacles.stops[node])
    wait[bounds[1:] - 1] = 0.0
    return _sums(wait, bounds)


def _bearings(
    segments: Segments, both: Int32s, bounds: Int64s, kind: npt.NDArray[np.int8], wide: Floats
) -> tuple[Floats, Floats]:
    """Directions in which each chain leaves its start and reaches its end.

    Degrees clockwise from north. Every chain is followed by its reverse.
    """
    from routesolve.graphs._kernels.bearings import leaving

    count = len(bounds) - 1
    starts = bounds + np.arange(count + 1)
    nodes = np.empty(starts[-1], dtype=np.int64)
    first = np.zeros(len(nodes), dtype=np.bool_)
    first[starts[:-1]] = True
    nodes[first] = segments.ends[both[bounds[:-1]] ^ 1]
    nodes[~first] = segments.ends[both]
    lon, lat = np.ascontiguousarray(segments.points[nodes].T)
    out = np.empty(count)
    leaving(lon, lat, starts, kind, wide, out)
    return out, (out.reshape(-1, 2)[:, ::-1].ravel() + 180.0) % 360.0


def _courses(segments: Segments, both: Int32s, bounds: Int64s) -> Polylines:
    """The line of each chain; empty for a straight one."""
    counts = np.diff(bounds)
    sizes = np.where(counts > 1, counts + 1, 0)
    indptr = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(sizes, out=indptr[1:])
    nodes = np.empty(indptr[-1], dtype=np.int64)
    bent = counts > 1
    nodes[indptr[:-1][bent]] = segments.ends[both[bounds[:-1][bent]] ^ 1]
    inside = np.ones(len(nodes), dtype=np.bool_)
    inside[indptr[:-1][bent]] = False
    nodes[inside] = segments.ends[both[np.repeat(bent, counts)]]
    return Polylines(indptr, segments.points[nodes])
