"""How far one gets within several limits: the streets of each band."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError
from routesolve.graphs import drawing
from routesolve.graphs.drives import cut
from routesolve.graphs.maps.page import Layer, Mark, Sheet, render
from routesolve.graphs.snapping import Places, course
from routesolve.graphs.summary import street_groups
from routesolve.numbers import reaching, tidy

if TYPE_CHECKING:
    from routesolve.graphs.network import RoadNetwork
    from routesolve.graphs.reach import Reach

Floats = npt.NDArray[np.float64]
Part = tuple[float, float]
Cover = dict[int, list[Part]]
"""By street (one of its arcs): the parts of it that are reached, in shares of its length."""

COLOURS = ((242, 169, 0), (226, 88, 62), (178, 49, 122), (108, 63, 178), (63, 106, 214))
"""From near to far, told apart on light and on dark ground; in between is mixed."""


@dataclass(frozen=True, eq=False)
class Band:
    """Streets beyond the limit before and within this one.

    Attributes
    ----------
    limit : float
        Seconds or metres.
    parts : dict
        Street parts of this band alone.
    street_m : float
        Metres of streets within the limit, the nearer bands included; both directions count once.
    junctions : int
        Junctions within the limit.
    """

    limit: float
    parts: Cover
    street_m: float
    junctions: int


@dataclass(frozen=True, eq=False)
class Bands:
    """Streets reached from a place within several limits.

    Attributes
    ----------
    network : RoadNetwork
        The streets.
    place : Places
        Where one starts.
    metric : str
        ``"duration"`` or ``"distance"``.
    bands : tuple of Band
        The nearest first.
    """

    network: RoadNetwork
    place: Places
    metric: str
    bands: tuple[Band, ...]

    @classmethod
    def find(
        cls,
        network: RoadNetwork,
        point: npt.ArrayLike,
        limits: Sequence[float],
        *,
        metric: str = "duration",
    ) -> Bands:
        """Find the streets of each band.

        Parameters
        ----------
        network
            The streets.
        point
            Longitude and latitude.
        limits
            Seconds or metres, > 0.
        metric
            ``"duration"`` or ``"distance"``.

        Raises
        ------
        InputError
            No limits, or bad ones.
        """
        if not limits or metric not in ("duration", "distance"):
            raise InputError("an isochrone needs limits in seconds or in metres")
        place = network.place(point)
        streets = network.streets
        street_of, turned = street_groups(streets)
        metres = streets.metrics["distance"] * streets.units["distance"]
        bands: list[Band] = []
        nearer: Cover = {}
        for limit in sorted(limits):
            reach = network.reach(place, limit, metric)
            cover = _covered(reach, street_of, turned)
            own = {street: _without(all_, nearer.get(street, [])) for street, all_ in cover.items()}
            length = sum((b - a) * metres[street] for street in cover for a, b in cover[street])
            parts = {street: left for street, left in own.items() if left}
            bands.append(Band(float(limit), parts, float(length), len(reach.nodes)))
            nearer = cover
        return cls(network, place, metric, tuple(bands))

    @cached_property
    def lines(self) -> list[list[Floats]]:
        """(k, 2) lines of each band; whole streets are joined to long ones."""
        graph = self.network.streets
        made = []
        for band in self.bands:
            whole = [street for street, parts in band.parts.items() if parts == [(0.0, 1.0)]]
            lines = drawing.trails(graph, np.array(whole, dtype=np.int64))
            for street, parts in band.parts.items():
                if parts != [(0.0, 1.0)]:
                    lines += [cut(course(graph, street), a, b) for a, b in parts]
            made.append(lines)
        return made

    def _words(self, limit: float) -> str:
        if self.metric == "distance":
            return reaching(limit, clock=True)
        return f"{limit / 60:g} min"

    def heads(self) -> list[tuple[str, bool]]:
        """Columns of :meth:`rows`: title, and whether they hold numbers."""
        return [("Within", False), ("Streets", True), ("Of the network", True), ("Junctions", True)]

    def rows(self) -> list[list[str]]:
        """A line for each limit, for people."""
        whole = street_metres(self.network)
        return [
            [
                self._words(band.limit),
                reaching(band.street_m, clock=True),
                f"{100 * band.street_m / whole:.1f} %" if whole else "–",
                f"{band.junctions:,}",
            ]
            for band in self.bands
        ]

    def document(self) -> dict[str, Any]:
        """Everything as JSON: seconds, metres, ``[lon, lat]``."""
        return {
            "network": self.network.name,
            "start": {
                "asked": self.place.points[0].round(6).tolist(),
                "position": self.place.positions[0].round(6).tolist(),
                "distance": tidy(float(self.place.distances_m[0]), 1),
            },
            "metric": self.metric,
            "bands": [
                {**self._facts(band), "geometry": _multi(lines)}
                for band, lines in zip(self.bands, self.lines, strict=True)
            ],
            "attribution": drawing.attribution(self.network.streets),
        }

    def geojson(self) -> dict[str, Any]:
        """A FeatureCollection: the streets of each band, and a Point for the start."""
        document = self.document()
        features = []
        for band in document["bands"]:
            geometry = band.pop("geometry")
            properties = {"kind": "band", "metric": self.metric, **band}
            features.append({"type": "Feature", "geometry": geometry, "properties": properties})
        start = document["start"]
        point = {"type": "Point", "coordinates": start.pop("position")}
        properties = {"kind": "start", **start}
        features.append({"type": "Feature", "geometry": point, "properties": properties})
        said = document["attribution"]
        return {"type": "FeatureCollection", "features": features, "attribution": said}

    def page(self) -> str:
        """The page with the map."""
        streets = self.network.streets
        lon, lat = self.place.points[0].tolist()
        gap = float(self.place.distances_m[0])
        names = [f"Within {self._words(band.limit)}" for band in self.bands]
        colours = [_colour(k, len(self.bands)) for k in range(len(self.bands))]
        sheet = Sheet(
            title=f"{self._words(self.bands[-1].limit)} from {lon:.5f}, {lat:.5f}",
            facts=[fact for fact in (streets.name, streets.source) if fact],
            tiles=[
                {
                    "name": name,
                    "value": reaching(band.street_m, clock=True),
                    "note": f"of streets, {band.junctions:,} junctions",
                }
                for name, band in zip(names, self.bands, strict=True)
            ],
            layers=[
                Layer(name=name, title=name, lines=lines, colour=colour, weight=3.0, casing=False)
                for name, lines, colour in zip(names, self.lines, colours, strict=True)
            ],
            marks=[
                Mark(
                    point=[lon, lat],
                    position=self.place.positions[0].tolist(),
                    label="A",
                    title=f"Start, {reaching(gap, clock=True)} from the street"
                    if gap >= 1
                    else "Start",
                    colour="#1b2430",
                )
            ],
            table="Reach",
            heads=self.heads(),
            rows=self.rows(),
            note="A street belongs to the nearest limit within which it is reached.",
        )
        return render(streets, sheet)

    def _facts(self, band: Band) -> dict[str, Any]:
        return {
            "limit": tidy(band.limit, 3),
            "street_m": tidy(band.street_m, 1),
            "junctions": band.junctions,
        }


def street_metres(network: RoadNetwork) -> float:
    """Metres of all streets, both directions counting once."""
    streets = network.streets
    street_of, _ = street_groups(streets)
    metres = streets.metrics["distance"][np.unique(street_of)]
    return float(metres.sum(dtype=np.float64)) * streets.units["distance"]


def _covered(
    reach: Reach, street_of: npt.NDArray[np.integer[Any]], turned: npt.NDArray[np.bool_]
) -> Cover:
    """The parts of streets that are reached from either side, joined."""
    arcs, flip = reach.arcs, turned[reach.arcs]
    begin = np.where(flip, 1.0 - reach.fractions, reach.starts)
    end = np.where(flip, 1.0 - reach.starts, reach.fractions)
    order = np.lexsort((begin, street_of[arcs]))
    cover: Cover = {}
    rows = (street_of[arcs][order].tolist(), begin[order].tolist(), end[order].tolist())
    for street, a, b in zip(*rows, strict=True):
        parts = cover.setdefault(street, [])
        if parts and a <= parts[-1][1]:
            parts[-1] = (parts[-1][0], max(parts[-1][1], b))
        else:
            parts.append((a, b))
    return cover


def _without(parts: list[Part], less: list[Part]) -> list[Part]:
    """What is left of some parts when others, sorted and apart, are taken away."""
    left = []
    for a, b in parts:
        for c, d in less:
            if a < min(b, c):
                left.append((a, min(b, c)))
            a = max(a, min(b, d))
        if a < b:
            left.append((a, b))
    return left


def _colour(k: int, count: int) -> str:
    at = k / max(count - 1, 1) * (len(COLOURS) - 1)
    first = min(int(at), len(COLOURS) - 2)
    share = at - first
    mixed = [
        round(a + share * (b - a)) for a, b in zip(COLOURS[first], COLOURS[first + 1], strict=True)
    ]
    return "#{:02x}{:02x}{:02x}".format(*mixed)


def _multi(lines: list[Floats]) -> dict[str, Any]:
    return {
        "type": "MultiLineString",
        "coordinates": [line.round(6).tolist() for line in lines],
    }
