"""From a place to the nearest street."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError
from routesolve.graphs._arrays import frozen
from routesolve.graphs._kernels.snapping import FANOUT, Tree, search
from routesolve.graphs.geodesy import EARTH_RADIUS
from routesolve.graphs.graph import Graph

Floats = npt.NDArray[np.float64]
Side = Literal["left", "right"]

TOUCH = 0.01
"""Metres within which two places are one: all arcs this near to the place found can be used, and a
place this near to a junction is the junction."""

METRES = np.radians(1.0) * EARTH_RADIUS
"""Metres to a degree of latitude."""

_SIDES = {"left": 1, "right": -1}


@dataclass(frozen=True, eq=False)
class Places:
    """Points put on streets: k points, c candidates.

    A point lies on one place of the street network, and a candidate is an arc that leads through
    this place: both directions of a two-way street, or all arcs of a junction. A route leaves over
    what is left of one of them, and arrives over the beginning of one of them.

    Attributes
    ----------
    points : numpy.ndarray
        (k, 2) float64 longitudes and latitudes as asked for.
    positions : numpy.ndarray
        (k, 2) float64 the nearest places on streets.
    distances_m : numpy.ndarray
        (k,) float64 metres between the two.
    indptr : numpy.ndarray
        (k + 1,) int64; point i owns the candidates ``indptr[i] .. indptr[i + 1] - 1``.
    arcs : numpy.ndarray
        (c,) int32 arcs of the street network.
    shares : numpy.ndarray
        (c,) float64 how far along its arc the place lies, 0 .. 1.
    """

    points: Floats
    positions: Floats
    distances_m: Floats
    indptr: npt.NDArray[np.int64]
    arcs: npt.NDArray[np.int32]
    shares: Floats

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "indptr", frozen(self.indptr, np.int64))
        put(self, "arcs", frozen(self.arcs, np.int32))
        for key in ("points", "positions", "distances_m", "shares"):
            put(self, key, frozen(getattr(self, key), np.float64))

    def __len__(self) -> int:
        return len(self.points)

    def __getitem__(self, i: int) -> Places:
        """Point i alone."""
        i = range(len(self))[i]
        return self.take([i])

    def __iter__(self) -> Iterator[Places]:
        return (self[i] for i in range(len(self)))

    @property
    def owners(self) -> npt.NDArray[np.int64]:
        """(c,) int64 the point of each candidate."""
        return np.repeat(np.arange(len(self)), np.diff(self.indptr))

    def take(self, rows: npt.ArrayLike) -> Places:
        """Some of the points, in that order."""
        rows = np.asarray(rows, dtype=np.int64)
        counts = np.diff(self.indptr)[rows]
        indptr = np.zeros(len(rows) + 1, dtype=np.int64)
        np.cumsum(counts, out=indptr[1:])
        chosen = np.arange(indptr[-1]) + np.repeat(self.indptr[rows] - indptr[:-1], counts)
        return Places(
            self.points[rows],
            self.positions[rows],
            self.distances_m[rows],
            indptr,
            self.arcs[chosen],
            self.shares[chosen],
        )

    def __repr__(self) -> str:
        return f"<Places: {len(self)} points, {len(self.arcs)} candidates>"


class Snapper:
    """Nearest-street search; built once per network, then asked for many points.

    Distances are measured in a plane of metres around each point, east shrunk by the cosine of its
    latitude: right to a millimetre where streets are near, and across the date line.

    Parameters
    ----------
    graph
        A network with coordinates and at least one arc; arcs without a polyline are straight.
    arcs
        The arcs to choose from; default: all.

    Raises
    ------
    InputError
        If there is nothing to snap to.
    """

    def __init__(self, graph: Graph, *, arcs: npt.NDArray[np.integer] | None = None) -> None:
        if graph.coordinates is None:
            raise InputError("the network has no coordinates, so no stop can be put on it")
        chosen = np.arange(graph.m) if arcs is None else np.asarray(arcs, dtype=np.int64)
        if len(chosen) == 0:
            raise InputError("the network has no streets to put a stop on")
        self._graph = graph
        self._streets = _plant(graph, chosen)

    def snap(self, points_lonlat: npt.ArrayLike, side: Side | None = None) -> Places:
        """Put points on the nearest street.

        Parameters
        ----------
        points_lonlat
            (k, 2) longitudes and latitudes in degrees, or one pair.
        side
            ``"left"`` or ``"right"``: of a two-way street only the direction that has the point on
            this side. A one-way street stays, whatever its side, and so does a point in the middle.

        Raises
        ------
        InputError
            If a coordinate is not finite or not on the sphere.
        """
        if side is not None and side not in _SIDES:
            raise InputError(f"unknown side {side!r}", fix='use "left", "right" or None')
        points = np.asarray(points_lonlat, dtype=np.float64).reshape(-1, 2)
        bad = np.flatnonzero(~(np.abs(points) <= (180.0, 90.0)).all(axis=1))
        if bad.size:
            shown = ", ".join(f"{k}: {points[k].tolist()}" for k in bad[:10])
            raise InputError(
                f"not a place on Earth: {shown}", fix="give [lon, lat] in degrees, longitude first"
            )
        positions, gaps = self._nearest(points)
        found = self._touching(positions)
        found = _at_junctions(found, self._graph, self._streets.lengths)
        if side is not None:
            found = _on_side(found, self._graph, points, gaps, _SIDES[side])
        indptr = np.zeros(len(points) + 1, dtype=np.int64)
        np.cumsum(np.bincount(found.point, minlength=len(points)), out=indptr[1:])
        return Places(points, positions, gaps, indptr, found.arcs, found.shares)

    def _nearest(self, points: Floats) -> tuple[Floats, Floats]:
        """The nearest places on any street, and metres to them."""
        tree = self._streets.tree
        chosen, gaps, _ = _search(tree, points, -1.0)
        pieces = tree.pieces[chosen]
        t, _ = _foot(pieces, points)
        positions = _blend(pieces[:, :2], pieces[:, 2:], t[:, None])
        over = np.abs(positions[:, 0]) > 180.0
        positions[over, 0] -= 360.0 * np.sign(positions[over, 0])
        return positions, np.sqrt(gaps)

    def _touching(self, positions: Floats) -> _Found:
        """Every arc that leads through a place, once, where it is nearest."""
        tree, owner, along, _ = self._streets
        hits, _, indptr = _search(tree, positions, TOUCH)
        point = np.repeat(np.arange(len(positions)), np.diff(indptr))
        t, gaps = _foot(tree.pieces[hits], positions[point])
        arcs, shares = owner[hits], _blend(along[hits, 0], along[hits, 1], t)
        order = np.lexsort((shares, gaps, arcs, point))
        first = np.diff(point[order], prepend=-1) != 0
        first |= np.diff(arcs[order], prepend=-1) != 0
        keep = order[first]
        return _Found(point[keep], arcs[keep], shares[keep], tree.pieces[hits[keep]])


class _Streets(NamedTuple):
    """The tree, the arc (s,) and the shares of it (s, 2) of each piece, metres (m,) of each arc."""

    tree: Tree
    owner: npt.NDArray[np.int32]
    along: Floats
    lengths: Floats


class _Found(NamedTuple):
    """Candidates: number of the point, arc, share of it, and the piece (c, 4) nearest there."""

    point: npt.NDArray[np.intp]
    arcs: npt.NDArray[np.int32]
    shares: Floats
    pieces: Floats

    def take(self, rows: npt.NDArray[Any]) -> _Found:
        """Some of them."""
        return _Found(*(array[rows] for array in self))


def _at_junctions(found: _Found, graph: Graph, lengths: Floats) -> _Found:
    """What is within a touch of a junction is at the junction; a loop is there with both ends."""
    before = found.shares * lengths[found.arcs]
    after = (1.0 - found.shares) * lengths[found.arcs]
    end = np.minimum(before, after) <= TOUCH
    shares = np.where(end, np.where(before <= after, 0.0, 1.0), found.shares)
    loops = np.flatnonzero(end & (graph.edge_tails[found.arcs] == graph.heads[found.arcs]))
    twice = np.concatenate([np.arange(len(shares)), loops])
    both = np.concatenate([shares, 1.0 - shares[loops]])
    order = np.lexsort((both, found.arcs[twice], found.point[twice]))
    return found.take(twice[order])._replace(shares=both[order])


def _on_side(found: _Found, graph: Graph, points: Floats, gaps: Floats, side: int) -> _Found:
    """Without the arcs that have their point on the wrong side while their opposites do not."""
    x, y, piece = points[found.point, 0], points[found.point, 1], found.pieces
    shift = 360.0 * np.round((x - (piece[:, 0] + piece[:, 2]) / 2) / 360.0)
    turn = (piece[:, 2] - piece[:, 0]) * (y - piece[:, 1])
    turn -= (piece[:, 3] - piece[:, 1]) * (x - shift - piece[:, 0])
    good = (turn * side >= 0.0) | (gaps[found.point] <= TOUCH)
    ends = (graph.edge_tails[found.arcs].tolist(), graph.heads[found.arcs].tolist())
    rows = list(zip(found.point.tolist(), *ends, strict=True))
    kept = {row for row, fits in zip(rows, good.tolist(), strict=True) if fits}
    alone = [(point, head, tail) not in kept for point, tail, head in rows]
    return found.take(good | np.array(alone, dtype=bool))


def _search(
    tree: Tree, points: Floats, within: float
) -> tuple[npt.NDArray[np.int64], Floats, npt.NDArray[np.int64]]:
    """Pieces, squared distances and row pointers; see the kernel."""
    gaps, indptr = np.empty(len(points)), np.empty(len(points) + 1, dtype=np.int64)
    east = METRES * np.cos(np.radians(points[:, 1]))
    points = frozen(points, np.float64)
    return search(tree, points, east, METRES, within, gaps, indptr), gaps, indptr


def _foot(pieces: Floats, points: Floats) -> tuple[Floats, Floats]:
    """How far along pieces (s, 4) their nearest places to points (s, 2) lie, and squared metres."""
    x, y = points.T
    east = np.cos(np.radians(y))
    x = x - 360.0 * np.round((x - (pieces[:, 0] + pieces[:, 2]) / 2) / 360.0)
    ax, ay = (x - pieces[:, 0]) * east, y - pieces[:, 1]
    dx, dy = (pieces[:, 2] - pieces[:, 0]) * east, pieces[:, 3] - pieces[:, 1]
    whole = dx * dx + dy * dy
    t = np.clip((ax * dx + ay * dy) / np.where(whole > 0.0, whole, 1.0), 0.0, 1.0)
    gx = x - _blend(pieces[:, 0], pieces[:, 2], t)
    gy = y - _blend(pieces[:, 1], pieces[:, 3], t)
    return t, METRES**2 * ((gx * east) ** 2 + gy**2)


def _blend(a: Floats, b: Floats, t: Floats) -> Floats:
    """From a to b, both ends met exactly."""
    return np.where(t < 0.5, a + t * (b - a), b - (1.0 - t) * (b - a))


def course(graph: Graph, arc: int) -> Floats:
    """The (k, 2) points of an arc, k >= 2; from tail to head where it has no polyline."""
    assert graph.coordinates is not None
    if graph.geometry is not None:
        line = graph.geometry.at(arc)
        if len(line) > 1:
            return line
    return graph.coordinates[[graph.edge_tails[arc], graph.heads[arc]]]


def lengths_of(pieces: Floats) -> Floats:
    """Metres of straight pieces (s, 4), the same in both directions."""
    east = np.cos(np.radians((pieces[:, 1] + pieces[:, 3]) / 2))
    return np.asarray(
        METRES * np.hypot((pieces[:, 2] - pieces[:, 0]) * east, pieces[:, 3] - pieces[:, 1])
    )


def _plant(graph: Graph, arcs: npt.NDArray[np.integer]) -> _Streets:
    """The tree over all pieces of some arcs, and what belongs to it."""
    pieces, owner = _pieces(graph, arcs)
    length = lengths_of(pieces)
    first = np.flatnonzero(np.diff(owner, prepend=-1))
    count = np.diff(first, append=len(owner))
    whole = np.add.reduceat(length, first)
    end = np.cumsum(length)
    end -= np.repeat((end - length)[first], count)
    # The last piece of an arc ends at 1 exactly, whatever the sums were rounded to.
    along = np.stack([end - length, end], axis=1)
    along /= np.repeat(np.maximum(whole, 1e-300), count)[:, None]
    last = first + count - 1
    along[first, 0], along[last, 1] = 0.0, 1.0
    np.clip(along, 0.0, 1.0, out=along)
    lengths = np.zeros(graph.m)
    lengths[owner[first]] = whole

    order = _packed((pieces[:, 0] + pieces[:, 2]) / 2, (pieces[:, 1] + pieces[:, 3]) / 2)
    pieces, owner, along = pieces[order], owner[order], along[order]
    boxes, levels = _boxes(pieces)
    tree = Tree(frozen(pieces, np.float64), frozen(boxes, np.float64), frozen(levels, np.int64))
    return _Streets(tree, owner.astype(np.int32), along, lengths)


def _pieces(graph: Graph, arcs: npt.NDArray[np.integer]) -> tuple[Floats, npt.NDArray[np.integer]]:
    """(s, 4) straight pieces of the arcs and (s,) the arc of each, one arc after the other."""
    assert graph.coordinates is not None
    arcs = np.unique(arcs)
    counts = np.zeros(len(arcs), dtype=np.int64)
    if graph.geometry is not None:
        counts = np.maximum(np.diff(graph.geometry.indptr)[arcs] - 1, 0)
    straight = counts == 0
    counts[straight] = 1
    owner = np.repeat(arcs, counts)
    start = np.zeros(len(arcs) + 1, dtype=np.int64)
    np.cumsum(counts, out=start[1:])
    pieces = np.empty((start[-1], 4))
    plain = arcs[straight]
    pieces[start[:-1][straight], :2] = graph.coordinates[graph.edge_tails[plain]]
    pieces[start[:-1][straight], 2:] = graph.coordinates[graph.heads[plain]]
    if graph.geometry is not None and not straight.all():
        bent = np.repeat(~straight, counts)
        into = np.flatnonzero(bent)
        at = into + np.repeat(graph.geometry.indptr[arcs] - start[:-1], counts)[bent]
        pieces[into, :2] = graph.geometry.points[at]
        pieces[into, 2:] = graph.geometry.points[at + 1]
    # Across the date line a piece goes the short way round.
    over = pieces[:, 2] - pieces[:, 0]
    pieces[:, 2] -= 360.0 * (over > 180.0)
    pieces[:, 2] += 360.0 * (over < -180.0)
    return pieces, owner


def _packed(x: Floats, y: Floats) -> npt.NDArray[np.intp]:
    """An order that puts what is near together: vertical strips, each from south to north."""
    leaves = -(-len(x) // FANOUT)
    strip = FANOUT * int(np.ceil(np.sqrt(leaves)))
    order = np.argsort(x, kind="stable")
    number = np.arange(len(x)) // strip
    return order[np.lexsort((y[order], number))]


def _boxes(pieces: Floats) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Boxes of each level from the leaves to the root, and where each level begins."""
    low = np.minimum(pieces[:, :2], pieces[:, 2:])
    high = np.maximum(pieces[:, :2], pieces[:, 2:])
    parts, levels = [], [0]
    while True:
        firsts = np.arange(0, len(low), FANOUT)
        low = np.minimum.reduceat(low, firsts, axis=0)
        high = np.maximum.reduceat(high, firsts, axis=0)
        parts.append(np.hstack([low, high]))
        levels.append(levels[-1] + len(low))
        if len(low) == 1:
            return np.concatenate(parts), np.array(levels)
