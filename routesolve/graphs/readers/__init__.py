"""Road networks from files and objects.

:func:`load_network` recognises what it is given by its content.
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

    Source: TypeAlias = str | os.PathLike[str] | Graph | nx.Graph[Any]

EMBEDDED = ("cairo",)
"""Networks that come with the package."""

_PEEK = 1 << 16


class _Format(NamedTuple):
    """A kind of file: how to tell it by its first bytes, and its reader (``module:function``)."""

    label: str
    recognise: Callable[[bytes], bool]
    reader: str


_FORMATS = (
    _Format(
        "a network saved by routesolve (.npz)",
        lambda head: head.startswith(b"PK\x03\x04"),
        "routesolve.graphs.storage:load",
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
        "a Graph",
        "a networkx graph as OSMnx makes them",
    ]
)
"""What :func:`load_network` takes, for messages."""


def load_network(source: Source) -> Graph:
    """Return the road network that `source` stands for.

    Parameters
    ----------
    source
        ``"cairo"`` (embedded), the path of a file, a :class:`Graph` (returned as it is), or a
        networkx graph. Files are those written by :meth:`Graph.save`, OSMnx's GraphML,
        OpenStreetMap (for cars, without turns: see :func:`~routesolve.graphs.readers.osm.read_osm`
        for more), DIMACS graphs and edge lists (the last three packed or not). They are recognised
        by what is in them, whatever they are called; a file called ``cairo`` is reached as
        ``./cairo``.

    Raises
    ------
    InputError
        If the file is missing, damaged or of another kind.
    """
    if isinstance(source, Graph):
        return source
    if isinstance(source, str) and source in EMBEDDED:
        return _embedded(source)
    if isinstance(source, str | os.PathLike):
        return _read(Path(source))
    if hasattr(source, "is_multigraph") and hasattr(source, "edges"):
        return Graph.from_networkx(source)
    raise InputError(f"cannot make a network of {type(source).__name__}", fix=f"give {ACCEPTED}")


def _embedded(name: str) -> Graph:
    from routesolve.graphs.storage import load

    with as_file(files("routesolve.graphs").joinpath("data", f"{name}.npz")) as path:
        return load(path)


def _read(path: Path) -> Graph:
    try:
        with open(path, "rb") as file:
            head = file.read(_PEEK)
    except OSError as error:
        raise InputError(
            f"cannot read the network: {error.strerror}", where=str(path), fix=f"give {ACCEPTED}"
        ) from error
    for form in _FORMATS:
        if form.recognise(head):
            module, _, function = form.reader.partition(":")
            graph: Graph = getattr(import_module(module), function)(path)
            return graph
    raise InputError("not a network this version reads", where=str(path), fix=f"give {ACCEPTED}")
