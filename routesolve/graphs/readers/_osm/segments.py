"""Pieces of ways between neighbouring nodes, with their lengths, times and costs."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from routesolve.graphs.readers._osm.scan import NOWHERE, Scan, as_array

Floats = npt.NDArray[np.float64]
Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Segments:
    """Pieces of ways between neighbouring nodes; s segments, 2 s halves (see the chain kernel).

    Two nodes are joined by one segment at most: a street that is drawn as two one-way ways over
    the same nodes is a two-way street.

    Attributes
    ----------
    ends : numpy.ndarray
        (2 s,) int32 node at the end of each half.
    way : numpy.ndarray
        (2 s,) int32 the way of each half.
    against : numpy.ndarray
        (2 s,) bool, whether a half runs against its way.
    open : numpy.ndarray
        (2 s,) bool.
    metres : numpy.ndarray
        (s,) float64.
    seconds, cost : numpy.ndarray
        (2 s,) float64; 0 where closed.
    ids : numpy.ndarray
        (k,) int64 OSM ids of the nodes.
    points : numpy.ndarray
        (k, 2) float64 degrees.
    missing : int
        Segments left out because a node is not in the file.
    """

    ends: Int32s
    way: Int32s
    against: Bools
    open: Bools
    metres: Floats
    seconds: Floats
    cost: Floats
    ids: Int64s
    points: Floats
    missing: int


def cut(found: Scan) -> Segments:
    """Cut the ways into segments; those with a node that is not in the file are left out."""
    refs, starts = as_array(found.refs, np.int64), as_array(found.starts, np.int64)
    usage = as_array(found.way_usage, np.int32)
    x, y = as_array(found.x, np.int32), as_array(found.y, np.int32)
    ids, first, node = np.unique(refs, return_index=True, return_inverse=True)
    way_of = np.repeat(np.arange(len(usage), dtype=np.int32), np.diff(starts))
    inner = np.flatnonzero(way_of[:-1] == way_of[1:]) if len(refs) else np.empty(0, np.intp)
    placed = x[inner] != NOWHERE
    placed &= x[inner + 1] != NOWHERE
    used = inner[placed & (node[inner] != node[inner + 1])]
    points = np.stack([x[first], y[first]], axis=1) / 1e7
    way = way_of[used]
    ends = np.empty(2 * len(used), dtype=np.int32)
    ends[0::2], ends[1::2] = node[used + 1], node[used]
    # Nodes that are only referred to have no place; no segment that is kept ends in one.
    metres = ground_distance(points[ends[1::2]], points[ends[0::2]])
    kinds = found.usages
    speed = np.array([u.speed for u in kinds], dtype=np.float64).reshape(-1, 2)[usage[way]] / 3.6
    rate = np.array([u.assumed for u in kinds], dtype=np.float64).reshape(-1, 2)[usage[way]] / 3.6
    whole = np.array([u.duration for u in kinds], dtype=np.float64)[usage[way]]
    pieces = np.maximum(np.diff(starts)[way] - 1, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        seconds = np.where(whole[:, None] > 0, (whole / pieces)[:, None], metres[:, None] / speed)
        cost = np.where(whole[:, None] > 0, seconds * speed / rate, metres[:, None] / rate)
    passable = speed > 0
    against = np.zeros(ends.shape, dtype=np.bool_)
    against[1::2] = True
    every = Segments(
        ends,
        np.repeat(way, 2),
        against,
        passable.ravel(),
        metres,
        np.where(passable, seconds, 0.0).ravel(),
        np.where(passable, cost, 0.0).ravel(),
        ids,
        points,
        int(len(inner) - placed.sum()),
    )
    return _single(every)


def _single(segments: Segments) -> Segments:
    """Of several segments between the same nodes the cheapest half for each direction."""
    h, k = len(segments.ends), len(segments.ids)
    heads = segments.ends.astype(np.int64)
    tails = heads[np.arange(h) ^ 1]
    between = np.minimum(tails, heads) * k + np.maximum(tails, heads)
    _, first = np.unique(between[0::2], return_index=True)
    if 2 * len(first) == h:
        return segments
    way_there = tails * k + heads
    rank = np.where(segments.open, segments.cost, np.inf)
    order = np.lexsort((rank, way_there))
    starts = np.flatnonzero(np.diff(way_there[order], prepend=-1))
    best = np.empty(h, dtype=np.int64)
    best[order] = np.repeat(order[starts], np.diff(starts, append=h))
    keep = np.sort(first)
    halves = np.stack([2 * keep, 2 * keep + 1], axis=1).ravel()
    chosen = np.where(segments.open[best[halves]], best[halves], halves)
    # A half that is closed belongs to the way of its other half.
    other = chosen[np.arange(len(chosen)) ^ 1]
    from_ = np.where(segments.open[chosen], chosen, other)
    return replace(
        segments,
        ends=segments.ends[halves],
        way=segments.way[from_],
        against=np.where(from_ == chosen, segments.against[chosen], ~segments.against[other]),
        open=segments.open[chosen],
        metres=segments.metres[keep],
        seconds=segments.seconds[chosen],
        cost=segments.cost[chosen],
    )


def ground_distance(a: Floats, b: Floats) -> Floats:
    """Metres between near points (k, 2) in degrees, on the WGS 84 ellipsoid.

    A mean sphere is up to 0.6 % off, always in the same direction for a whole city. The radii of
    curvature at the middle latitude leave less than 0.01 % over the length of a street.
    """
    axis, squared = 6_378_137.0, 0.00669437999014
    middle = np.radians((a[:, 1] + b[:, 1]) / 2)
    inner = 1.0 - squared * np.sin(middle) ** 2
    north = np.radians(b[:, 1] - a[:, 1]) * axis * (1.0 - squared) / inner**1.5
    # The short way round at the date line.
    turn = (b[:, 0] - a[:, 0] + 180.0) % 360.0 - 180.0
    east = np.radians(turn) * axis * np.cos(middle) / np.sqrt(inner)
    return np.asarray(np.hypot(north, east))
