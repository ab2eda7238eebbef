"""GraphML as OSMnx writes it, read without OSMnx.

``osmnx.save_graphml`` turns every value into text: numbers, booleans, Python lists and LINESTRING
geometries. This reader gives them their types back and hands over to the networkx reader.
"""

from __future__ import annotations

import ast
import os
import re
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError
from routesolve.graphs.graph import Graph
from routesolve.graphs.readers.networkx import from_networkx

_NUMBERS = ("x", "y", "length", "speed_kph", "travel_time")
_LINESTRING = re.compile(r"^\s*LINESTRING\s*(?:Z\s*)?\((.*)\)\s*$", re.IGNORECASE | re.DOTALL)


def read_graphml(path: str | os.PathLike[str]) -> Graph:
    """Read a GraphML file as ``osmnx.save_graphml`` writes it.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    InputError
        If the file is missing, is not GraphML, or a value cannot be read: with node or edge.
    """
    import networkx as nx

    where = str(path)
    try:
        raw = nx.read_graphml(path, node_type=str, force_multigraph=True)
    except OSError as error:
        raise InputError(f"cannot read the network: {error.strerror}", where=where) from error
    except (ParseError, nx.NetworkXError, KeyError, ValueError) as error:
        raise InputError(f"not a GraphML file, or damaged: {error}", where=where) from error
    for _, data in raw.nodes(data=True):
        _type(data)
    for _, _, data in raw.edges(data=True):
        _type(data)
    if all(_is_whole(node) for node in raw):
        # OSM ids are numbers; keep the nodes' order, which relabelling in place would lose.
        raw = nx.relabel_nodes(raw, {node: int(node) for node in raw}, copy=True)
    try:
        graph = from_networkx(raw, name=raw.graph.get("name") or Path(path).stem)
    except InputError as error:
        raise error.within(where) from error
    return graph


def parse_linestring(text: str) -> npt.NDArray[np.float64]:
    """The (k, 2) points of a well-known text LINESTRING; heights are dropped.

    Raises
    ------
    ValueError
        If the text is something else.
    """
    match = _LINESTRING.match(text)
    if not match:
        raise ValueError(f"not a LINESTRING: {text[:60]!r}")
    points = [[float(number) for number in point.split()[:2]] for point in match[1].split(",")]
    if any(len(point) < 2 for point in points):
        raise ValueError(f"a LINESTRING with points of one number: {text[:60]!r}")
    return np.array(points, dtype=np.float64)


def _type(data: dict[str, Any]) -> None:
    """Give the values of a node or edge their types back; what does not parse stays text."""
    for key in _NUMBERS:
        if isinstance(data.get(key), str):
            try:
                data[key] = float(data[key])
            except ValueError:
                continue  # the networkx reader names it together with all the others
    for key, value in data.items():
        if isinstance(value, str) and value.startswith("[") and value.endswith("]"):
            try:
                data[key] = ast.literal_eval(value)
            except (ValueError, SyntaxError):
                continue
    if data.get("oneway") in ("True", "False"):
        data["oneway"] = data["oneway"] == "True"


def _is_whole(text: str) -> bool:
    return text.removeprefix("-").isdecimal() and len(text) < 19
