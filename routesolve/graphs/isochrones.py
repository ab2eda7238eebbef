"""How far one gets: nodes and arcs within a limit, and the area around them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError
from routesolve.graphs import adjacency, searches
from routesolve.graphs.geodesy import EARTH_RADIUS
from routesolve.graphs.graph import Graph
from routesolve.graphs.shortest_paths import check_nodes

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Isochrone:
    """What can be reached within a limit.

    Attributes
    ----------
    graph : Graph
        The graph.
    limit : float
        Seconds or metres.
    metric : str
        Which of the two.
    nodes : numpy.ndarray
        (k,) int32 nodes reached, in the order of their costs.
    costs : numpy.ndarray
        (k,) float64 seconds or metres from the nearest source.
    arcs : numpy.ndarray
        (a,) int32 arcs that can be entered, ascending.
    fractions : numpy.ndarray
        (a,) float64, how much of each arc can be driven, 0 < f <= 1 (an arc that costs nothing
        counts whole).
    """

    graph: Graph
    limit: float
    metric: str
    nodes: npt.NDArray[np.int32]
    costs: Floats
    arcs: npt.NDArray[np.int32]
    fractions: Floats

    def lines(self) -> list[Floats]:
        """The streets reached, one (p, 2) polyline per arc, cut off where the limit is used up.

        Raises
        ------
        InputError
            If the graph has no coordinates.
        """
        points = _points(self.graph)
        tails, heads = self.graph.edge_tails, self.graph.heads
        geometry = self.graph.geometry
        lines = []
        for arc, fraction in zip(self.arcs.tolist(), self.fractions.tolist(), strict=True):
            course = points[:0] if geometry is None else geometry.at(arc)
            if len(course) < 2:
                course = points[[tails[arc], heads[arc]]]
            lines.append(course if fraction >= 1.0 else _cut(course, fraction))
        return lines

    def polygons(self, *, buffer_m: float = 75.0) -> list[list[Floats]]:
        """The area within about `buffer_m` metres of the streets reached.

        The streets are drawn on a grid whose cells are `buffer_m` wide, widened by one cell, and
        the outline of the cells is followed.

        Parameters
        ----------
        buffer_m
            Width of the strip beside a street, and resolution.

        Returns
        -------
        list of list of numpy.ndarray
            Polygons of closed rings, (p, 2) longitudes and latitudes each: the outer one
            (counter-clockwise) first, then its holes.

        Raises
        ------
        InputError
            If the graph has no coordinates, or the width is not positive.
        """
        if not (0.0 < buffer_m < np.inf):
            raise InputError(f"a buffer of {buffer_m} m", fix="give a positive number of metres")
        lines = self.lines() + [_points(self.graph)[self.nodes[:1]]] * (len(self.nodes) > 0)
        return _outline(lines, buffer_m) if lines else []

    def geojson(self, *, buffer_m: float = 75.0) -> dict[str, Any]:
        """The area as a GeoJSON Feature with the limit among its properties."""
        rings = [[ring.tolist() for ring in part] for part in self.polygons(buffer_m=buffer_m)]
        return {
            "type": "Feature",
            "geometry": {"type": "MultiPolygon", "coordinates": rings},
            "properties": {"metric": self.metric, "limit": self.limit, "nodes": len(self.nodes)},
        }


def isochrone(
    graph: Graph, sources: npt.ArrayLike, limit: float, metric: str = "duration"
) -> Isochrone:
    """Nodes and arcs within a limit of the nearest source; the search ends at the limit.

    Parameters
    ----------
    graph
        The graph.
    sources
        One node number, or several.
    limit
        Seconds or metres, finite.
    metric
        Any metric of the graph.

    Raises
    ------
    InputError
        If a node or the metric does not exist, or the limit is negative or not finite.
    """
    if not (0.0 <= limit < np.inf):
        raise InputError(f"a limit of {limit}", fix="give a finite number of seconds or metres")
    starts = check_nodes(graph, sources, "sources")
    rows = adjacency.forward(graph, metric)
    most = adjacency.steps(graph, metric, limit)
    cost = searches.grow(rows, starts, limit=most).cost
    reached = np.flatnonzero(cost >= 0)
    nodes = reached[np.argsort(cost[reached], kind="stable")]
    arcs = np.flatnonzero(cost[graph.edge_tails] >= 0)
    left = most - cost[graph.edge_tails[arcs]]
    weights = graph.metrics[metric][arcs]
    with np.errstate(divide="ignore", invalid="ignore"):
        fractions = np.where(weights > 0, np.minimum(left / weights, 1.0), 1.0)
    entered = fractions > 0
    return Isochrone(
        graph,
        float(limit),
        metric,
        nodes.astype(np.int32),
        adjacency.in_units(cost[nodes], graph.units[metric]),
        arcs[entered].astype(np.int32),
        fractions[entered],
    )


def _points(graph: Graph) -> Floats:
    if graph.coordinates is None:
        raise InputError("the network has no coordinates, so nothing can be drawn")
    return graph.coordinates


def _cut(course: Floats, fraction: float) -> Floats:
    """The first part of a polyline."""
    scale = np.array([np.cos(np.radians(course[:, 1].mean())), 1.0])
    lengths = np.linalg.norm(np.diff(course, axis=0) * scale, axis=1)
    wanted = fraction * float(lengths.sum())
    ends = np.cumsum(lengths)
    k = min(int(np.searchsorted(ends, wanted)), len(lengths) - 1)
    part = (wanted - (ends[k] - lengths[k])) / lengths[k] if lengths[k] > 0 else 1.0
    last = course[k] + min(max(part, 0.0), 1.0) * (course[k + 1] - course[k])
    return np.concatenate((course[: k + 1], last[None]))


def _outline(lines: list[Floats], width: float) -> list[list[Floats]]:
    """Rings around all cells of a grid that are touched by a line, or are next to one that is."""
    every = np.concatenate(lines)
    low = every.min(axis=0)
    dy = np.degrees(width / EARTH_RADIUS)
    dx = dy / max(float(np.cos(np.radians(every[:, 1].mean()))), 1e-3)
    cell = np.array([dx, dy])
    shape = np.ceil((every.max(axis=0) - low) / cell).astype(int) + 5
    if shape.prod() > 50_000_000:
        raise InputError(
            f"an outline of {shape[0]} x {shape[1]} cells", fix="give a larger buffer_m"
        )
    grid = np.zeros(shape, dtype=bool)
    for line in lines:
        for a, b in pairwise(line if len(line) > 1 else np.repeat(line, 2, axis=0)):
            pieces = int(np.ceil(np.abs((b - a) / cell).max() * 2)) + 1
            at = a + (b - a) * np.linspace(0.0, 1.0, pieces + 1)[:, None]
            x, y = ((at - low) / cell).astype(int).T + 2
            grid[x, y] = True
    wide = grid.copy()
    for step_x in (-1, 0, 1):
        for step_y in (-1, 0, 1):
            wide |= np.roll(grid, (step_x, step_y), (0, 1))
    rings = [low + (np.array(ring) - 2) * cell for ring in _rings(wide)]
    return _nested(rings)


def _rings(grid: npt.NDArray[np.bool_]) -> list[list[tuple[int, int]]]:
    """Closed rings along the edges of the true cells, those on their left."""
    following: dict[tuple[int, int], list[tuple[int, int]]] = {}
    xs, ys = np.nonzero(grid)
    sides = (
        ((0, -1), (0, 0), (1, 0)),
        ((1, 0), (1, 0), (1, 1)),
        ((0, 1), (1, 1), (0, 1)),
        ((-1, 0), (0, 1), (0, 0)),
    )
    for (nx, ny), (ax, ay), (bx, by) in sides:
        edge = ~grid[xs + nx, ys + ny]
        for x, y in zip(xs[edge].tolist(), ys[edge].tolist(), strict=True):
            following.setdefault((x + ax, y + ay), []).append((x + bx, y + by))
    rings = []
    while following:
        start = next(iter(following))
        ring, here, came = [start], start, (0, 0)
        while True:
            ways = following[here]
            # Where two cells touch at a corner, turn left: they stay apart.
            pick = max(ways, key=lambda to: _turn(came, (to[0] - here[0], to[1] - here[1])))
            ways.remove(pick)
            if not ways:
                del following[here]
            step = (pick[0] - here[0], pick[1] - here[1])
            if step == came:
                ring[-1] = pick
            else:
                ring.append(pick)
            here, came = pick, step
            if here == start:
                break
        rings.append(ring)
    return rings


def _turn(a: tuple[int, int], b: tuple[int, int]) -> int:
    return a[0] * b[1] - a[1] * b[0]


def _nested(rings: list[Floats]) -> list[list[Floats]]:
    """Each hole put with the smallest outer ring around it."""
    areas = [_area(ring) for ring in rings]
    outers = [k for k in np.argsort(areas) if areas[k] > 0]
    parts: dict[int, list[Floats]] = {int(k): [rings[k]] for k in outers}
    for k, area in enumerate(areas):
        if area < 0:
            # A point just beside the hole's first edge, inside the area.
            a, b = rings[k][0], rings[k][1]
            inside = (a + b) / 2 + np.array([-(b - a)[1], (b - a)[0]]) * 1e-3
            home = next((int(o) for o in outers if _holds(rings[o], inside)), None)
            if home is not None:
                parts[home].append(rings[k])
    return [parts[int(k)] for k in reversed(outers)]


def _area(ring: Floats) -> float:
    x, y = (ring - ring[0]).T
    return float((x[:-1] * y[1:] - x[1:] * y[:-1]).sum() / 2)


def _holds(ring: Floats, point: Floats) -> bool:
    x, y = (ring - point).T
    crosses = (y[:-1] > 0) != (y[1:] > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        at = x[:-1] - y[:-1] * (x[1:] - x[:-1]) / (y[1:] - y[:-1])
    return bool((crosses & (at > 0)).sum() % 2)
