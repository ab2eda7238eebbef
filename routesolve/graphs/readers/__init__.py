"""Road networks from files and objects, recognised by content."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from routesolve.errors import InputError
from routesolve.graphs.graph import Graph

if TYPE_CHECKING:
    import networkx as nx

    Source: TypeAlias = str | os.PathLike[str] | Graph | nx.Graph[Any]

EMBEDDED = ("cairo",)
"""Networks that come with the package."""

_PEEK = 1 << 16


class _Format(NamedTuple):
    """A kind of file: how to tell it by its first bytes, who reads it (``module:function``)."""

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
        ``"cairo"`` (embedded), the path of a ``.npz`` written by :meth:`Graph.save` or of a GraphML
        file written by OSMnx, a :class:`Graph` (returned as it is), or a networkx graph. Files are
        recognised by what is in them, whatever they are called; a file called ``cairo`` is reached
        as ``./cairo``.

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
