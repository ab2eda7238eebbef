"""Road networks from files and objects, recognised by their content.

:func:`load_network` gives streets with their turns, :func:`load_graph` the streets alone.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from importlib import import_module
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from routesolve.errors import InputError
from routesolve.graphs.graph import Graph
from routesolve.graphs.readers._compressed import unpacked

if TYPE_CHECKING:
    import networkx as nx

    from routesolve.graphs.network import RoadNetwork
    from routesolve.graphs.readers._osm.profiles import Profile

    Source: TypeAlias = str | os.PathLike[str] | Graph | RoadNetwork | nx.Graph[Any]

EMBEDDED = ("cairo",)
"""Networks that come with the package."""

PLACE = "place:"
"""What the name of a place to download begins with."""

_PEEK = 1 << 16


class _Format(NamedTuple):
    """A kind of file: how to tell it by its first bytes, and its readers (``module:function``).

    ``whole`` reads what a graph cannot hold: turns, and an index. ``profiles`` says whether it can
    be read for others than cars.
    """

    label: str
    recognise: Callable[[bytes], bool]
    reader: str
    whole: str | None = None
    profiles: bool = False


_FORMATS = (
    _Format(
        "a network saved by routesolve (.npz)",
        lambda head: head.startswith(b"PK\x03\x04"),
        "routesolve.graphs.storage:load",
        "routesolve.graphs.storage:load_network_file",
    ),
    _Format(
        "GraphML written by OSMnx (.graphml)",
        lambda head: b"<graphml" in head,
        "routesolve.graphs.readers.graphml:read_graphml",
    ),
    _Format(
        "OpenStreetMap roads (.osm.pbf, .osm, .osm.bz2)",
        lambda head: _is_osm(head),
        "routesolve.graphs.readers.osm:load_osm",
        "routesolve.graphs.readers.osm:load_osm_network",
        profiles=True,
    ),
    _Format(
        "a DIMACS graph (.gr, .gr.gz)",
        lambda head: _is_dimacs(head),
        "routesolve.graphs.readers.dimacs:read_dimacs",
    ),
    _Format(
        "an edge list (.txt, .txt.gz)",
        lambda head: _is_edge_list(head),
        "routesolve.graphs.readers.edge_list:read_edge_list",
    ),
)


def _is_osm(head: bytes) -> bool:
    from routesolve.graphs.readers._compressed import is_osm_xml, is_pbf

    return is_pbf(head) or is_osm_xml(unpacked(head))


def _is_dimacs(head: bytes) -> bool:
    return _DIMACS.search(unpacked(head)) is not None


def _is_edge_list(head: bytes) -> bool:
    # Only files that nothing else claims get here, so this import costs nobody else anything.
    from routesolve.graphs.readers.edge_list import is_edge_list

    return is_edge_list(unpacked(head))


_DIMACS: re.Pattern[bytes] = re.compile(
    rb"^p[ \t]+sp[ \t]+\d+[ \t]+\d+|\A(?:a[ \t]+\d+[ \t]+\d+[ \t]+-?\d+[ \t]*\r?\n)", re.MULTILINE
)

ACCEPTED = "; ".join(
    [
        *(f'the name "{name}" (comes with the package)' for name in EMBEDDED),
        *(f"the path of {form.label}" for form in _FORMATS),
        f'"{PLACE}TOWN, COUNTRY" (downloaded)',
        "a RoadNetwork or a Graph",
        "a networkx graph as OSMnx makes them",
    ]
)
"""What :func:`load_network` and :func:`load_graph` take, for messages."""


def load_network(source: Source, *, profile: str | Profile = "car") -> RoadNetwork:
    """Return the road network that `source` stands for, with its turns where they are known.

    Parameters
    ----------
    source
        ``"cairo"`` (embedded), the path of a file, ``"place:Funchal, Portugal"`` (downloaded, see
        :mod:`routesolve.graphs.readers.place`), a :class:`RoadNetwork` (returned as it is), a
        :class:`Graph` or a networkx graph. Files are those written by :meth:`RoadNetwork.save` and
        :meth:`Graph.save`, OpenStreetMap (with turn restrictions and the time that turns take),
        OSMnx's GraphML, DIMACS graphs and edge lists (the last three packed or not). They are
        recognised by what is in them, whatever they are called; a file called ``cairo`` is reached
        as ``./cairo``.
    profile
        Who travels: ``"car"``, ``"bicycle"`` or ``"foot"``; for OpenStreetMap files and places.

    Raises
    ------
    InputError
        If the file is missing, damaged or of another kind, or if another profile than the car's is
        asked of a source that has been made for one already.
    RoutingError
        If a place cannot be downloaded.
    """
    from routesolve.graphs.network import RoadNetwork

    if isinstance(source, str) and source.startswith(PLACE):
        from routesolve.graphs.readers.place import download

        return download(source.removeprefix(PLACE).strip(), profile)
    path = _file(source)
    form = None if path is None else _format(path)
    if profile != "car" and not (form and form.profiles):
        raise InputError(
            "only OpenStreetMap files and places can be read for a profile",
            where=None if path is None else str(path),
            fix="leave the profile away, or give a .osm.pbf file",
        )
    if path is None or form is None:
        return source if isinstance(source, RoadNetwork) else RoadNetwork(load_graph(source))
    if form.whole is None:
        return RoadNetwork(_function(form.reader)(path))
    options = {"profile": profile} if form.profiles else {}
    network: RoadNetwork = _function(form.whole)(path, **options)
    return network


def load_graph(source: Source) -> Graph:
    """Return the streets that `source` stands for, without turns.

    Parameters
    ----------
    source
        As for :func:`load_network`. OpenStreetMap files are read for cars, with a warning when they
        restrict turns; a :class:`Graph` is returned as it is.

    Raises
    ------
    InputError
        If the file is missing, damaged or of another kind.
    """
    if isinstance(source, Graph):
        return source
    if isinstance(source, str) and source.startswith(PLACE):
        return load_network(source).streets
    if isinstance(source, str) and source in EMBEDDED:
        return _embedded(source)
    path = _file(source)
    if path is not None:
        graph: Graph = _function(_format(path).reader)(path)
        return graph
    from routesolve.graphs.network import RoadNetwork

    if isinstance(source, RoadNetwork):
        return source.streets
    if hasattr(source, "is_multigraph") and hasattr(source, "edges"):
        return Graph.from_networkx(source)  # type: ignore[arg-type]
    raise InputError(f"cannot make a network of {type(source).__name__}", fix=f"give {ACCEPTED}")


def _embedded(name: str) -> Graph:
    from routesolve.graphs.storage import load

    with as_file(files("routesolve.graphs").joinpath("data", f"{name}.npz")) as path:
        return load(path, memory_map=False)


def _file(source: Source) -> Path | None:
    """The path that a source is, if it is one."""
    embedded = isinstance(source, str) and source in EMBEDDED
    return Path(source) if isinstance(source, str | os.PathLike) and not embedded else None


def _format(path: Path) -> _Format:
    try:
        with open(path, "rb") as file:
            head = file.read(_PEEK)
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(
            f"cannot read the network: {reason}", where=str(path), fix=f"give {ACCEPTED}"
        ) from error
    for form in _FORMATS:
        if form.recognise(head):
            return form
    raise InputError("not a network this version reads", where=str(path), fix=f"give {ACCEPTED}")


def _function(name: str) -> Callable[..., Any]:
    module, _, function = name.partition(":")
    found: Callable[..., Any] = getattr(import_module(module), function)
    return found
