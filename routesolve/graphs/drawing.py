"""Streets as a background to draw on, small enough for a page."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from routesolve.graphs.graph import Graph
from routesolve.pages import polyline

Floats = npt.NDArray[np.float64]

MOST_ARCS = 40_000
"""More streets than this and only the fastest are drawn: a page stays below 2 MB."""

PAD = 0.15
"""Part of the box that is added on each side of it."""

LEAST_PAD = 0.004
"""Degrees added on each side at least: about 400 m."""

WIDTH = 2.1
"""How many times as wide as high a map is on a large screen."""

MAIN = frozenset(("motorway", "trunk", "primary", "secondary"))
"""Road classes that are drawn broader, with their links."""


def ground(graph: Graph, drawn: Floats) -> dict[str, list[str]]:
    """The streets around what is drawn, as encoded polylines.

    Parameters
    ----------
    graph
        The streets; one without coordinates has nothing to draw.
    drawn
        (k, 2) longitudes and latitudes that the picture shows.

    Returns
    -------
    dict
        ``"streets"`` and, of the classes in :data:`MAIN`, ``"main_streets"``.
    """
    if graph.coordinates is None or not len(drawn):
        return {"streets": [], "main_streets": []}
    arcs = _arcs_within(graph, graph.coordinates, *_box(drawn))
    main = _are_main(graph)[arcs]
    parts = {"streets": arcs[~main], "main_streets": arcs[main]}
    return {key: [polyline.encode(line) for line in trails(graph, p)] for key, p in parts.items()}


def attribution(graph: Graph) -> str:
    """What has to be said about the streets when they are shown."""
    text = graph.attribution or graph.source
    if text and graph.licence and graph.licence not in text:
        text = f"{text}, {graph.licence}"
    return text


def _are_main(graph: Graph) -> npt.NDArray[np.bool_]:
    labels = graph.edge_attributes.get("road_class")
    if labels is None:
        return np.zeros(graph.m, dtype=np.bool_)
    # The last entry is for arcs without a class, whose code is -1.
    table = np.array([text.removesuffix("_link") in MAIN for text in labels.table] + [False])
    return np.asarray(table[labels.codes])


def _box(drawn: Floats) -> tuple[Floats, Floats]:
    """What a map around some points shows: a margin, and more where the map is wider."""
    low, high = drawn.min(axis=0), drawn.max(axis=0)
    pad = np.maximum((high - low) * PAD, LEAST_PAD)
    east = max(float(np.cos(np.radians((low[1] + high[1]) / 2))), 0.01)
    width, height = (high - low + 2 * pad) * (east, 1.0)
    pad[0] += max(height * WIDTH - width, 0.0) / 2 / east
    pad[1] += max(width / WIDTH - height, 0.0) / 2
    return low - pad, high + pad


def _arcs_within(graph: Graph, points: Floats, low: Floats, high: Floats) -> npt.NDArray[np.int64]:
    """Arcs with both ends in a box, one of each pair of directions."""
    inside = np.asarray((points >= low) & (points <= high)).all(axis=1)
    inside = np.atleast_1d(inside)
    tails, heads = graph.edge_tails, graph.heads
    arcs = np.flatnonzero(inside[tails] & inside[heads] & (tails != heads))
    pairs = np.sort(np.stack([tails[arcs], heads[arcs]], axis=1), axis=1)
    _, first = np.unique(pairs, axis=0, return_index=True)
    arcs = arcs[np.sort(first)]
    if len(arcs) > MOST_ARCS:
        speed = graph.metrics["distance"][arcs] / np.maximum(graph.metrics["duration"][arcs], 1)
        arcs = np.sort(arcs[np.argsort(-speed, kind="stable")[:MOST_ARCS]])
    return arcs


def trails(graph: Graph, arcs: npt.NDArray[np.int64]) -> list[Floats]:
    """Join arcs to long lines: a point of a line costs half of what a line of its own does."""
    from routesolve.graphs.snapping import course

    tails, heads = graph.edge_tails, graph.heads
    at: dict[int, list[int]] = {}
    for arc in arcs.tolist():
        at.setdefault(int(tails[arc]), []).append(arc)
        at.setdefault(int(heads[arc]), []).append(arc)
    used: set[int] = set()
    lines = []
    for first in arcs.tolist():
        if first in used:
            continue
        pieces, node, arc = [], int(tails[first]), first
        while arc is not None:
            used.add(arc)
            points = course(graph, arc)
            forward = int(tails[arc]) == node
            node = int(heads[arc] if forward else tails[arc])
            pieces.append(points if forward else points[::-1])
            arc = next((other for other in at[node] if other not in used), None)
        lines.append(np.concatenate([pieces[0], *(piece[1:] for piece in pieces[1:])]))
    return lines
