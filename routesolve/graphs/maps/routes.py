"""Ways between places, the best first, with what tells them apart."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError
from routesolve.graphs import drawing
from routesolve.graphs.drives import Drive, cut
from routesolve.graphs.maps.page import END, START, VIA, Layer, Mark, Sheet, render
from routesolve.numbers import lasting, reaching, tidy

if TYPE_CHECKING:
    from routesolve.graphs.network import RoadNetwork

Floats = npt.NDArray[np.float64]

STYLES = (
    ("#0072b2", "", 6.0),
    ("#d55e00", "9 7", 4.5),
    ("#c0509f", "2 7", 4.5),
    ("#009e73", "14 6 3 6", 4.5),
    ("#e69f00", "5 5", 4.5),
)
"""Colour, dashes and width of the best way and of those after it (Okabe & Ito 2008)."""

MAIN_STREETS = 3
"""Names that tell a way from others."""

LABELS = 12
"""Names written into the map at most."""


class Step(NamedTuple):
    """A stretch along one street, or, where the map has no names, along roads of one class."""

    name: str
    road_class: str
    duration: float
    distance: float
    line: Floats

    @property
    def label(self) -> str:
        """What to call it."""
        kind = f" ({self.road_class.replace('_', ' ')})" if self.road_class else ""
        return self.name or f"unnamed road{kind}"


@dataclass(frozen=True, eq=False)
class Way:
    """The drives of all legs, one after the other.

    Attributes
    ----------
    legs : tuple of Drive
        At least one.
    """

    legs: tuple[Drive, ...]

    @property
    def duration(self) -> float:
        """Seconds."""
        return float(sum(leg.duration for leg in self.legs))

    @property
    def distance(self) -> float:
        """Metres."""
        return float(sum(leg.distance for leg in self.legs))

    @property
    def cost(self) -> float:
        """What was minimised, in its own unit."""
        return float(sum(leg.cost for leg in self.legs))

    @cached_property
    def geometry(self) -> Floats:
        """(k, 2) longitudes and latitudes, from street to street; k >= 2."""
        return np.concatenate([leg.geometry for leg in self.legs])

    @cached_property
    def steps(self) -> list[Step]:
        """The streets driven along."""
        return [step for leg in self.legs for step in _steps(leg)]

    @cached_property
    def streets(self) -> list[str]:
        """The named streets that most of the way is on, in the order of driving."""
        return _longest([(step.name, step.distance) for step in self.steps if step.name])

    @property
    def course(self) -> str:
        """The streets in words; their classes where none has a name."""
        if self.streets:
            return " · ".join(self.streets)  # names may hold commas
        kinds = _longest([(s.road_class, s.distance) for s in self.steps if s.road_class])
        words = ", ".join(kind.replace("_", " ") for kind in kinds)
        return f"unnamed roads ({words})" if words else "unnamed roads"

    def shared(self, other: Way, metres: npt.NDArray[np.number[Any]]) -> float:
        """The part of this way, by length, that is on streets of the other in that direction."""
        own, theirs = (np.concatenate([leg.arcs for leg in w.legs]) for w in (self, other))
        total = float(metres[own].sum())
        return float(metres[own[np.isin(own, theirs)]].sum()) / total if total else 1.0


@dataclass(frozen=True, eq=False)
class Routes:
    """Ways between places.

    Attributes
    ----------
    network : RoadNetwork
        The streets.
    points, positions : numpy.ndarray
        (k, 2) longitudes and latitudes: as asked, and on the streets.
    gaps : numpy.ndarray
        (k,) metres between the two.
    ways : tuple of Way
        The best first.
    """

    network: RoadNetwork
    points: Floats
    positions: Floats
    gaps: Floats
    ways: tuple[Way, ...]

    @classmethod
    def find(cls, network: RoadNetwork, points: npt.ArrayLike, *, count: int = 1) -> Routes:
        """Find the best way through places, and alternatives to it.

        Parameters
        ----------
        network
            The streets.
        points
            (k, 2) longitudes and latitudes, k >= 2, in the order of driving.
        count
            How many ways at most; more than one between two places only.

        Raises
        ------
        InputError
            Fewer than two places, or alternatives to a way over more than two.
        RoutingError
            If there is no way.
        """
        asked = np.asarray(points, dtype=np.float64).reshape(-1, 2)
        if len(asked) < 2 or (count > 1 and len(asked) > 2):
            raise InputError(
                f"{count} ways through {len(asked)} places",
                fix="ask for one way, or for alternatives between two places",
            )
        places = [network.place(point) for point in asked]
        if count > 1:
            ways: list[tuple[Drive, ...]]
            ways = [(leg,) for leg in network.alternatives(places[0], places[1], count=count)]
        else:
            pairs = itertools.pairwise(places)
            ways = [tuple(network.route(a, b) for a, b in pairs)]
        return cls(
            network,
            asked,
            np.concatenate([place.positions for place in places]),
            np.concatenate([place.distances_m for place in places]),
            tuple(map(Way, ways)),
        )

    @property
    def compared(self) -> list[dict[str, Any]]:
        """Per way: ``stretch`` (its cost over the least) and ``shared`` with the best one."""
        best = self.ways[0]
        metres = self.network.streets.metrics["distance"]
        return [
            {
                "kind": "best" if way is best else "alternative",
                "stretch": way.cost / best.cost if best.cost else 1.0,
                "shared": 1.0 if way is best else way.shared(best, metres),
            }
            for way in self.ways
        ]

    def _kinds(self) -> list[str]:
        return ["start", *["via"] * (len(self.points) - 2), "end"]

    def document(self) -> dict[str, Any]:
        """Everything as JSON: seconds, metres, ``[lon, lat]``."""
        return {
            "network": self.network.name,
            "places": [
                {
                    "kind": kind,
                    "asked": _position(asked),
                    "position": _position(position),
                    "distance": tidy(gap, 1),
                }
                for kind, asked, position, gap in zip(
                    self._kinds(), self.points, self.positions, self.gaps, strict=True
                )
            ],
            "routes": [
                {
                    **_facts(way, compared),
                    "steps": [
                        {
                            "name": step.name or None,
                            "road_class": step.road_class or None,
                            "duration": tidy(step.duration, 1),
                            "distance": tidy(step.distance, 1),
                        }
                        for step in way.steps
                    ],
                    "geometry": _line_string(way.geometry),
                }
                for way, compared in zip(self.ways, self.compared, strict=True)
            ],
            "attribution": drawing.attribution(self.network.streets),
        }

    def geojson(self) -> dict[str, Any]:
        """A FeatureCollection: a LineString for each way, a Point for each place."""
        features = [
            _feature(_line_string(way.geometry), _facts(way, compared))
            for way, compared in zip(self.ways, self.compared, strict=True)
        ]
        for place in self.document()["places"]:
            properties = {key: place[key] for key in ("kind", "asked", "distance")}
            features.append(
                _feature({"type": "Point", "coordinates": place["position"]}, properties)
            )
        said = drawing.attribution(self.network.streets)
        return {"type": "FeatureCollection", "features": features, "attribution": said}

    def page(self) -> str:
        """The page with the map."""
        best = self.ways[0]
        sheet = Sheet(
            title=f"{lasting(best.duration, clock=True)}, {reaching(best.distance, clock=True)}",
            via=best.streets,
            facts=self._said(),
            tiles=self._tiles(),
            layers=[self._layer(k) for k in range(len(self.ways))],
            marks=self._marks(),
            table="Routes",
            heads=self.heads(),
            rows=self.rows(),
            note="Point at a route for its streets; A is the start, B the end.",
            lists=[
                {
                    "name": name_of(k),
                    "note": f"{lasting(w.duration, clock=True)}, "
                    f"{reaching(w.distance, clock=True)}",
                    "colour": STYLES[k % len(STYLES)][0],
                    "steps": [
                        {
                            "name": step.label,
                            "named": bool(step.name),
                            "distance": reaching(step.distance, clock=True),
                            "duration": lasting(step.duration, clock=True),
                        }
                        for step in w.steps
                    ],
                }
                for k, w in enumerate(self.ways)
            ],
            labels=self._labels(),
        )
        return render(self.network.streets, sheet)

    def heads(self) -> list[tuple[str, bool]]:
        """Columns of :meth:`rows`: title, and whether they hold numbers."""
        longer = [("Longer by", True)] if len(self.ways) > 1 else []
        shared = [("Shared with the best", True)] if len(self.ways) > 1 else []
        whole = [("Route", False), ("Time", True), *longer, ("Distance", True)]
        return [*whole, *shared, ("Mostly along", False)]

    def rows(self) -> list[list[str]]:
        """The table of the ways, for people; its columns are :meth:`heads`."""
        best = self.ways[0]
        rows = []
        for k, (way, compared) in enumerate(zip(self.ways, self.compared, strict=True)):
            longer = way.duration - best.duration
            sign = "+" if longer >= 0 else "−"
            row = [name_of(k), lasting(way.duration, clock=True)]
            if len(self.ways) > 1:
                row.append("–" if way is best else f"{sign}{lasting(abs(longer), clock=True)}")
            row.append(reaching(way.distance, clock=True))
            if len(self.ways) > 1:
                row.append("–" if way is best else f"{100 * compared['shared']:.0f} %")
            rows.append([*row, way.course])
        return rows

    def _said(self) -> list[str]:
        streets = self.network.streets
        facts = [" → ".join(f"{x:.5f}, {y:.5f}" for x, y in self.points.tolist())]
        if streets.name:
            facts.append(streets.name)
        if streets.source:
            facts.append(streets.source)
        return facts

    def _tiles(self) -> list[dict[str, str]]:
        best = self.ways[0]
        kph = 3.6 * best.distance / best.duration if best.duration else 0.0
        tiles = [
            ("Time", lasting(best.duration, clock=True), ""),
            ("Distance", reaching(best.distance, clock=True), ""),
            ("Average speed", f"{kph:.0f} km/h", ""),
        ]
        if len(self.ways) > 1:
            after = min(way.duration for way in self.ways[1:]) - best.duration
            how = f"{lasting(abs(after), clock=True)} {'longer' if after >= 0 else 'shorter'}"
            note = f"the quickest takes {how}"
            tiles.append(("Alternatives", str(len(self.ways) - 1), note))
        return [{"name": name, "value": value, "note": note} for name, value, note in tiles]

    def _layer(self, k: int) -> Layer:
        way, (colour, dash, weight) = self.ways[k], STYLES[k % len(STYLES)]
        facts = f"{lasting(way.duration, clock=True)}, {reaching(way.distance, clock=True)}"
        return Layer(
            name=f"{name_of(k)}: {facts}",
            title=f"{name_of(k)}: {facts}",
            lines=[way.geometry],
            colour=colour,
            dash=dash,
            weight=weight,
            steps=[(step.line, f"{step.label} · {name_of(k)}") for step in way.steps],
        )

    def _marks(self) -> list[Mark]:
        marks = []
        colours = {"start": START, "via": VIA, "end": END}
        for number, kind in enumerate(self._kinds()):
            gap = self.gaps[number]
            off = f", {reaching(gap, clock=True)} from the street" if gap >= 1 else ""
            marks.append(
                Mark(
                    point=self.points[number].tolist(),
                    position=self.positions[number].tolist(),
                    label={"start": "A", "via": str(number), "end": "B"}[kind],
                    title=f"{kind.capitalize()}{off}",
                    colour=colours[kind],
                )
            )
        return marks

    def _labels(self) -> list[tuple[Sequence[float], str]]:
        longest: dict[str, Step] = {}
        for step in self.ways[0].steps:
            if step.name and step.distance > longest.get(step.name, step).distance - 1e-9:
                longest[step.name] = step
        chosen = sorted(longest.values(), key=lambda step: -step.distance)[:LABELS]
        return [(cut(step.line, 0.5, 1.0)[0].tolist(), step.name) for step in chosen]


def name_of(k: int) -> str:
    """What a way is called."""
    return "Best" if k == 0 else f"Alternative {k}"


def _longest(stretches: Sequence[tuple[str, float]]) -> list[str]:
    """The few names with the most metres, in the order in which they come first."""
    metres: dict[str, float] = {}
    for name, distance in stretches:
        metres[name] = metres.get(name, 0.0) + distance
    most = sorted(metres, key=lambda name: -metres[name])[:MAIN_STREETS]
    return [name for name in metres if name in most]


def _steps(leg: Drive) -> list[Step]:
    """The steps of a leg with their lines, told by how far along the leg they are."""
    along = np.concatenate(([0.0], np.cumsum(leg.distances)))
    shares = along / along[-1] if along[-1] > 0 else np.linspace(0.0, 1.0, len(along))
    labels = leg.streets.edge_attributes.get("road_class")
    codes = np.full(len(leg.arcs), -1) if labels is None else labels.codes[leg.arcs]
    made = []
    for step in leg.steps():
        first, last = step.arcs.start, step.arcs.stop
        # A named street is one step, whatever its class; nameless roads are told by theirs.
        inner = np.flatnonzero(np.diff(codes[first:last])) + first + 1
        bounds = [first, *([] if step.name else inner.tolist()), last]
        for a, b in itertools.pairwise(bounds):
            made.append(
                Step(
                    step.name,
                    (labels.at(leg.arcs[a]) or "") if labels is not None else "",
                    float(leg.durations[a:b].sum()),
                    float(leg.distances[a:b].sum()),
                    cut(leg.geometry, float(shares[a]), float(shares[b])),
                )
            )
    return made


def _facts(way: Way, compared: dict[str, Any]) -> dict[str, Any]:
    return {
        "kind": compared["kind"],
        "duration": tidy(way.duration, 1),
        "distance": tidy(way.distance, 1),
        "stretch": tidy(compared["stretch"], 4),
        "shared": tidy(compared["shared"], 4),
        "streets": way.streets,
    }


def _position(point: Any) -> list[float]:
    return [round(float(point[0]), 6), round(float(point[1]), 6)]


def _line_string(line: Floats) -> dict[str, Any]:
    return {"type": "LineString", "coordinates": line.round(6).tolist()}


def _feature(geometry: dict[str, Any], properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": properties}
