"""The page of roads: figures, a map with layers, a table, lists of streets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from routesolve import __version__, pages
from routesolve.graphs import drawing
from routesolve.graphs.graph import Graph
from routesolve.pages import polyline

Floats = npt.NDArray[np.float64]

START, VIA, END = "#10733f", "#5a6472", "#a8201a"
"""Colours of places."""


@dataclass(frozen=True, kw_only=True)
class Layer:
    """Lines that are shown and hidden together, most important layer first.

    Attributes
    ----------
    name : str
        What its button says.
    title : str
        What appears under the pointer.
    lines : sequence of numpy.ndarray
        (k, 2) longitudes and latitudes each.
    colour, dash, weight, casing
        How they are drawn; the weight in pixels, `casing` with a margin around them.
    steps : sequence of (numpy.ndarray, str)
        Parts of the lines with words of their own.
    """

    name: str
    title: str
    lines: Sequence[Floats]
    colour: str
    dash: str = ""
    weight: float = 5.0
    casing: bool = True
    steps: Sequence[tuple[Floats, str]] = ()

    def drawing(self) -> dict[str, Any]:
        """What the page's script needs."""
        steps = [{"line": polyline.encode(line), "text": text} for line, text in self.steps]
        lines = [polyline.encode(line) for line in self.lines]
        own = ("title", "colour", "dash", "weight", "casing")
        return {key: getattr(self, key) for key in own} | {"lines": lines, "steps": steps}


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A place: where it was asked for, and where the street is that it was put on."""

    point: Sequence[float]
    position: Sequence[float]
    label: str
    title: str
    colour: str

    def drawing(self) -> dict[str, Any]:
        """What the page's script needs."""
        at, off = ([round(float(v), 6) for v in p[::-1]] for p in (self.position, self.point))
        shown = {"label": self.label, "title": self.title, "colour": self.colour}
        return {"at": at, "off": off if off != at else None, **shown}


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """All that a page says.

    Attributes
    ----------
    title : str
        Its headline; `via` are streets named after it.
    facts : sequence of str
        The line below it.
    tiles : sequence of dict
        Figures: ``name``, ``value``, ``note``.
    heads, rows, table
        A table with a row for each layer; a head is ``(name, whether the column holds numbers)``.
    lists : sequence of dict
        Streets driven along: ``name``, ``note``, ``colour``, ``steps``.
    labels : sequence of (point, str)
        Names written into the map, most important first.
    note : str
        Said below the map.
    """

    title: str
    facts: Sequence[str]
    tiles: Sequence[dict[str, str]]
    layers: Sequence[Layer]
    marks: Sequence[Mark]
    table: str
    heads: Sequence[tuple[str, bool]]
    rows: Sequence[Sequence[str]]
    note: str
    via: Sequence[str] = ()
    lists: Sequence[dict[str, Any]] = ()
    labels: Sequence[tuple[Sequence[float], str]] = field(default_factory=list)


def render(streets: Graph, sheet: Sheet) -> str:
    """Return the page, with the streets around what it shows."""
    points = [np.atleast_2d(np.asarray(m.point, dtype=np.float64)) for m in sheet.marks]
    points += [line for layer in sheet.layers for line in layer.lines]
    drawn = np.concatenate(points)
    low, high = drawn.min(axis=0), drawn.max(axis=0)
    attribution = drawing.attribution(streets)
    return pages.render(
        "routesolve.graphs.maps",
        "roads",
        drawing={
            "geographic": True,
            "bounds": [low[::-1].round(6).tolist(), high[::-1].round(6).tolist()],
            **drawing.ground(streets, drawn),
            "attribution": attribution,
            "layers": [layer.drawing() for layer in sheet.layers],
            "marks": [mark.drawing() for mark in sheet.marks],
            "labels": [
                {"at": [round(float(v), 6) for v in point[::-1]], "text": text}
                for point, text in sheet.labels
            ],
        },
        title=sheet.title,
        via=sheet.via,
        facts=sheet.facts,
        tiles=sheet.tiles,
        layers=sheet.layers,
        table={
            "title": sheet.table,
            "heads": [{"name": name, "number": number} for name, number in sheet.heads],
            "rows": sheet.rows,
        },
        lists=sheet.lists,
        note=sheet.note,
        attribution=attribution,
        version=__version__,
    )
