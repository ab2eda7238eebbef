"""Made-up street networks, so that training works where there is no map."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError
from routesolve.graphs.graph import Graph

Floats = npt.NDArray[np.float64]
Int64s = npt.NDArray[np.int64]

SPEEDS = (30.0 / 3.6, 60.0 / 3.6)
"""Metres per second on side streets and on arterials."""
METRES = 111_320.0
"""Of one degree of latitude."""


class _Streets(NamedTuple):
    """Segments of the grid, each once: ends, which line it lies on, whether it is a row's."""

    tails: Int64s
    heads: Int64s
    line: Int64s
    along: npt.NDArray[np.bool_]
    crosses: npt.NDArray[np.bool_]


def synthetic_streets(
    seed: int, *, side: int = 40, block_m: float = 120.0, latitude: float | None = None
) -> Graph:
    """Make the streets of a town that does not exist.

    A bent grid, denser around some centres. Every sixth line is an arterial, twice as fast; of the
    others two in five are one-way, and some segments are missing. A river with few bridges crosses
    the town. Travel on the two directions of a street differs a little, as it does in traffic.

    Parameters
    ----------
    seed
        The same seed gives the same town.
    side
        Junctions along each side, >= 8.
    block_m
        Metres between them.
    latitude
        Of the town, in degrees; default: drawn between 60 south and north.

    Returns
    -------
    Graph
        Strongly connected, with coordinates.

    Raises
    ------
    InputError
        If a number is out of range.
    """
    if side < 8 or not 0 < block_m < 1e5:
        raise InputError(f"a town of side {side}, blocks of {block_m} m", fix="give side >= 8")
    rng = np.random.default_rng([seed, 0x70A7])
    places = _bent_grid(rng, side) * block_m
    streets = _grid(rng, side)
    arterials = np.zeros((2, side), dtype=np.bool_)
    for lines in arterials:
        lines[rng.choice(side, max(2, side // 6), replace=False)] = True
    fast = arterials[streets.along.astype(int), streets.line]
    bridges = rng.choice(side, max(3, side // 7), replace=False)
    kept = np.where(streets.crosses, np.isin(streets.line, bridges), True)
    kept &= fast | streets.crosses | (rng.random(len(fast)) >= 0.13)
    direction = rng.integers(0, 2, (2, side))[streets.along.astype(int), streets.line]
    oneway = (rng.random((2, side)) < 0.4)[streets.along.astype(int), streets.line] & ~fast
    oneway &= ~streets.crosses  # nobody is cut off by his bridge

    gap = places[streets.tails] - places[streets.heads]
    length = np.hypot(*gap.T) * rng.uniform(1.0, 1.25, len(fast))
    speed = np.where(fast, SPEEDS[1], SPEEDS[0]) * rng.uniform(0.8, 1.2, len(fast))
    seconds = length / speed
    there, back = kept & ~(oneway & (direction == 1)), kept & ~(oneway & (direction == 0))
    slower = rng.uniform(0.95, 1.15, len(fast))
    tails, heads = streets.tails, streets.heads
    graph = Graph.from_edges(
        np.concatenate([tails[there], heads[back]]),
        np.concatenate([heads[there], tails[back]]),
        np.concatenate([seconds[there], (seconds * slower)[back]]),
        np.concatenate([length[there], length[back]]),
        _degrees(places, rng, latitude),
        name=f"town {seed}",
        source=f"synthetic, seed {seed}, side {side}",
        licence="CC0-1.0",
    )
    return graph.largest_component()[0]


def points_on_streets(graph: Graph, count: int, *, seed: int) -> Floats:
    """Draw places on the streets, longer ones more often.

    Parameters
    ----------
    graph
        Streets with coordinates. Places lie in its largest strongly connected part, on streets
        where one may stop.
    count, seed
        How many, and which.

    Returns
    -------
    numpy.ndarray
        (count, 2) float64 longitudes and latitudes.

    Raises
    ------
    InputError
        If there are no coordinates, or no streets.
    """
    part = graph.largest_component()[0]
    if part.coordinates is None or not part.m:
        raise InputError("a network without coordinates or streets has no places to draw")
    begins, ends = _segments(part)
    middle = np.radians(0.5 * (begins[:, 1] + ends[:, 1]))
    length = np.hypot((ends - begins)[:, 0] * np.cos(middle), (ends - begins)[:, 1])
    total = np.cumsum(np.maximum(length, 1e-12))
    rng = np.random.default_rng([seed, 0x5EED])
    chosen = np.searchsorted(total, rng.random(count) * total[-1], side="right")
    chosen = np.minimum(chosen, len(total) - 1)
    a, b = begins[chosen], ends[chosen]
    points: Floats = a + rng.random((count, 1)) * (b - a)
    return points


def _segments(graph: Graph) -> tuple[Floats, Floats]:
    """(s, 2) begins and ends of the straight pieces of all streets where one may stop."""
    assert graph.coordinates is not None
    open_ = np.ones(graph.m, dtype=np.bool_)
    if (labels := graph.edge_attributes.get("stops")) is not None:
        never = [code for code, value in enumerate(labels.table) if value == "no"]
        open_ = ~np.isin(labels.codes, never)
        open_ = open_ if open_.any() else ~open_
    arcs = np.flatnonzero(open_)
    tails, heads = graph.coordinates[graph.edge_tails[arcs]], graph.coordinates[graph.heads[arcs]]
    if graph.geometry is None:
        return tails, heads
    shapes = graph.geometry.take(arcs)
    straight = np.diff(shapes.indptr) < 2
    last = np.zeros(len(shapes.points), dtype=np.bool_)
    last[shapes.indptr[1:][~straight] - 1] = True
    inner = np.flatnonzero(~last[:-1]) if len(last) else np.empty(0, np.intp)
    bent = shapes.points[inner], shapes.points[inner + 1]
    return (
        np.concatenate([tails[straight], bent[0]]),
        np.concatenate([heads[straight], bent[1]]),
    )


def _bent_grid(rng: np.random.Generator, side: int) -> Floats:
    """(side², 2) junctions in blocks, pulled towards three centres."""
    rows, columns = np.divmod(np.arange(side * side), side)
    places = np.column_stack([columns, rows]).astype(np.float64)
    places += rng.normal(0.0, 0.2, places.shape)
    for centre in rng.uniform(0, side, (3, 2)):
        away = np.hypot(*(places - centre).T)[:, None]
        places += (centre - places) * 0.35 * np.exp(-((away / (side / 4)) ** 2))
    return places


def _grid(rng: np.random.Generator, side: int) -> _Streets:
    """Segments to the right of and above each junction; the river lies between two rows."""
    number = np.arange(side * side)
    rows, columns = np.divmod(number, side)
    right, up = number[columns < side - 1], number[rows < side - 1]
    river = int(rng.integers(side // 3, 2 * side // 3))
    crosses = np.concatenate([np.zeros(len(right), np.bool_), up // side == river])
    return _Streets(
        np.concatenate([right, up]),
        np.concatenate([right + 1, up + side]),
        np.concatenate([right // side, up % side]),
        np.concatenate([np.ones(len(right), np.bool_), np.zeros(len(up), np.bool_)]),
        crosses,
    )


def _degrees(metres: Floats, rng: np.random.Generator, latitude: float | None) -> Floats:
    """Longitudes and latitudes of places in metres around a place on Earth."""
    lon, drawn = rng.uniform(-170, 170), rng.uniform(-60, 60)
    lat = drawn if latitude is None else latitude
    turn = rng.uniform(0, 2 * np.pi)
    cos, sin = np.cos(turn), np.sin(turn)
    x, y = np.array([[cos, -sin], [sin, cos]]) @ (metres - metres.mean(axis=0)).T / METRES
    return np.column_stack([lon + x / np.cos(np.radians(lat)), lat + y])
