"""networkx graphs as OSMnx makes them, in and out.

Nodes carry ``x`` (longitude) and ``y`` (latitude); edges ``length`` (m) and whatever is known of
the speed.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError, Problem
from routesolve.graphs._arrays import listed
from routesolve.graphs.edge_data import Labels, Polylines
from routesolve.graphs.geodesy import great_circle, polyline_length
from routesolve.graphs.graph import Graph
from routesolve.graphs.speeds import class_speed, parse_maxspeed

if TYPE_CHECKING:
    import networkx as nx

OSM_LICENCE = "ODbL 1.0"
OSM_ATTRIBUTION = "© OpenStreetMap contributors"


def from_networkx(graph: nx.Graph[Any], *, name: str | None = None) -> Graph:
    """Build a :class:`Graph` from a networkx graph in OSMnx's style.

    Lengths are ``length`` in metres, else measured along the geometry or the straight line.
    Durations are, in this order, ``travel_time`` (s), ``length`` over ``speed_kph``, over
    ``maxspeed`` (the lowest when there are several), over our speed for the ``highway`` class
    (:data:`~routesolve.graphs.speeds.URBAN_SPEEDS`). An undirected graph becomes one with both
    directions.

    Parameters
    ----------
    graph
        Any networkx graph with ``x`` and ``y`` on its nodes; a geometry is anything with ``coords``
        (shapely), or LINESTRING text.
    name
        Name of the network; default: the graph's own.

    Raises
    ------
    InputError
        Listing every node without coordinates and every edge with a value that is no number; also
        for an undirected graph with one-way streets, whose directions are lost.
    """
    if not graph.is_directed() and any(
        d.get("oneway") is True for _, _, d in graph.edges(data=True)
    ):
        raise InputError(
            "an undirected graph with one-way streets: their direction is lost",
            fix="give the directed graph",
        )
    nodes = list(graph)
    index = {node: number for number, node in enumerate(nodes)}
    problems: list[Problem] = []
    coordinates = _coordinates(graph, nodes, problems)

    tails, heads, durations, lengths = [], [], [], []
    names: list[str | None] = []
    classes: list[str | None] = []
    lines: list[npt.NDArray[np.float64] | None] = []
    bad: list[Problem] = []
    for u, v, data in graph.edges(data=True):
        ends = index[u], index[v]
        try:
            line = line_of(data.get("geometry"))
            length = _length(data, line, coordinates[list(ends)])
            duration = _duration(data, length)
        except ValueError as error:
            bad.append(Problem(str(error), f"edge {u} -> {v}"))
            continue
        both_ways = not graph.is_directed() and u != v
        for tail, head, course in (
            (*ends, line),
            (*ends[::-1], None if line is None else line[::-1]),
        ):
            tails.append(tail)
            heads.append(head)
            durations.append(duration)
            lengths.append(length)
            names.append(label_of(data.get("name"), " / "))
            classes.append(label_of(data.get("highway")))
            lines.append(course)
            if not both_ways:
                break
    problems += listed(bad, lambda problem: problem, what="bad edges")
    if problems:
        raise InputError(problems)
    osm = "crs" in graph.graph or any(label for label in classes)
    return Graph.from_edges(
        np.array(tails, dtype=np.int64),
        np.array(heads, dtype=np.int64),
        np.array(durations),
        np.array(lengths),
        coordinates,
        node_ids=_node_ids(nodes),
        edge_attributes={"name": Labels.encode(names), "road_class": Labels.encode(classes)},
        geometry=Polylines.from_list(lines) if any(line is not None for line in lines) else None,
        name=name or label_of(graph.graph.get("name")) or "",
        source=label_of(graph.graph.get("created_with")) or "networkx",
        licence=OSM_LICENCE if osm else "",
        attribution=OSM_ATTRIBUTION if osm else "",
    )


def to_networkx(graph: Graph) -> nx.MultiDiGraph[Any]:
    """Return a MultiDiGraph in OSMnx's style.

    Nodes are the original ids with ``x``, ``y``; edges have ``length`` (m), ``travel_time`` (s),
    ``name``, ``highway`` and ``geometry`` (LINESTRING text) where known.
    """
    import networkx as nx

    out: nx.MultiDiGraph[Any] = nx.MultiDiGraph(
        name=graph.name, created_with=graph.source, crs="epsg:4326"
    )
    ids = graph.node_ids.tolist()
    for number, node in enumerate(ids):
        out.add_node(node)
        if graph.coordinates is not None:
            x, y = graph.coordinates[number].tolist()
            out.nodes[node].update(x=x, y=y)
    seconds = (graph.metrics["duration"] * graph.units["duration"]).round(9).tolist()
    metres = (graph.metrics["distance"] * graph.units["distance"]).round(9).tolist()
    tails, heads = graph.edge_tails.tolist(), graph.heads.tolist()
    renamed = {"road_class": "highway"}
    for arc in range(graph.m):
        data: dict[str, Any] = {"length": metres[arc], "travel_time": seconds[arc]}
        for key, labels in graph.edge_attributes.items():
            if (label := labels.at(arc)) is not None:
                data[renamed.get(key, key)] = label
        if graph.geometry is not None and len(course := graph.geometry.at(arc)):
            data["geometry"] = linestring(course)
        out.add_edge(ids[tails[arc]], ids[heads[arc]], **data)
    return out


def linestring(course: npt.NDArray[np.float64]) -> str:
    """Well-known text of a course."""
    return f"LINESTRING ({', '.join(f'{x!r} {y!r}' for x, y in course.tolist())})"


def _coordinates(
    graph: nx.Graph[Any], nodes: list[Any], problems: list[Problem]
) -> npt.NDArray[np.float64]:
    points = np.zeros((len(nodes), 2))
    bad = []
    for number, node in enumerate(nodes):
        data = graph.nodes[node]
        try:
            points[number] = float(data["x"]), float(data["y"])
        except (KeyError, TypeError, ValueError):
            bad.append(node)
    problems += listed(
        bad,
        lambda node: Problem(
            "no coordinates", f"node {node}", "give x (longitude) and y (latitude) in degrees"
        ),
        what="nodes without coordinates",
    )
    return points


def _node_ids(nodes: list[Any]) -> npt.NDArray[Any]:
    if all(isinstance(node, int) and abs(node) < 2**63 for node in nodes):
        return np.array(nodes, dtype=np.int64)
    names = [str(node) for node in nodes]
    if len(set(names)) < len(names):
        raise InputError("two nodes look the same when written as text", fix="relabel the nodes")
    return np.array(names, dtype=np.str_)


def line_of(geometry: Any) -> npt.NDArray[np.float64] | None:
    """A course from LINESTRING text or an object with ``coords`` (shapely); ValueError else."""
    from routesolve.graphs.readers.graphml import parse_linestring

    if geometry is None:
        return None
    if isinstance(geometry, str):
        return parse_linestring(geometry)
    if not hasattr(geometry, "coords"):
        raise ValueError(f"geometry of an unknown kind: {type(geometry).__name__}")
    return np.asarray(geometry.coords, dtype=np.float64)[:, :2]


def _length(
    data: dict[str, Any], line: npt.NDArray[np.float64] | None, ends: npt.NDArray[np.float64]
) -> float:
    if data.get("length") is not None:
        return _number(data, "length")
    return polyline_length(line) if line is not None else float(great_circle(*ends)[0])


def _duration(data: dict[str, Any], length: float) -> float:
    if data.get("travel_time") is not None:
        return _number(data, "travel_time")
    if data.get("speed_kph") is not None:
        speed = _number(data, "speed_kph")
        if speed == 0.0:
            raise ValueError("speed_kph is 0")
    else:
        speed = _maxspeed(data.get("maxspeed")) or class_speed(label_of(data.get("highway")))
    return length / (speed / 3.6)


def _number(data: dict[str, Any], key: str) -> float:
    try:
        value = float(data[key])
    except (TypeError, ValueError):
        raise ValueError(f"{key} is {data[key]!r}, not a number") from None
    if not 0.0 <= value < math.inf:
        raise ValueError(f"{key} is {value}, not a finite number >= 0")
    return value


def _maxspeed(value: Any) -> float | None:
    """The lowest limit among one or several; ``None`` when none is a number."""
    several = value if isinstance(value, list | tuple | set) else [value]
    known = [
        speed for entry in several if entry is not None if (speed := parse_maxspeed(str(entry)))
    ]
    return min(known, default=None)


def label_of(value: Any, joiner: str | None = None) -> str | None:
    """A label: OSMnx merges ways, so it may be a list; joined with `joiner`, or its first entry."""
    if isinstance(value, list | tuple):
        texts = [str(entry) for entry in value]
        return joiner.join(texts) if joiner else (texts[0] if texts else None)
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    return str(value)
