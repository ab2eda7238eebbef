"""Graphs from and to pandas tables of arcs and nodes."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from numbers import Integral
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError, MissingExtra, Problem, RoutesolveWarning
from routesolve.graphs._arrays import listed
from routesolve.graphs.conversions import real
from routesolve.graphs.edge_data import Labels, Polylines
from routesolve.graphs.geodesy import great_circle
from routesolve.graphs.graph import Graph

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]
Int64s = npt.NDArray[np.int64]
TEXTS = ("name", "source", "licence", "attribution")


class Frames(NamedTuple):
    """A graph as two tables, in the order :meth:`Graph.from_dataframe` takes them."""

    edges: pd.DataFrame
    nodes: pd.DataFrame


COLUMNS: Mapping[str, tuple[str, ...]] = {
    "from": ("from", "u", "source", "tail"),
    "to": ("to", "v", "target", "head"),
    "duration": ("duration", "travel_time", "duration_s"),
    "distance": ("distance", "length", "distance_m"),
    "road_class": ("road_class", "highway"),
    "geometry": ("geometry",),
    "id": ("id", "osmid", "node", "node_id"),
    "lon": ("lon", "x", "longitude"),
    "lat": ("lat", "y", "latitude"),
}
"""Under which names a column is looked for, the first one first."""


def from_dataframe(
    edges: pd.DataFrame,
    nodes: pd.DataFrame | None = None,
    *,
    columns: Mapping[str, str] | None = None,
    metrics: Iterable[str] = ("cost",),
    **texts: str | None,
) -> Graph:
    """Build a :class:`Graph` from a table of arcs, and perhaps one of nodes.

    Columns are found under our names and those of OSMnx (see :data:`COLUMNS`), also where they are
    the index of a table; ``graph.to_dataframe()`` and ``osmnx.graph_to_gdfs(graph)`` (turned round)
    can be given as they are. Rows with the same ends are parallel arcs.

    Parameters
    ----------
    edges
        One row per arc: ids of both ends, ``duration`` (s), ``distance`` (m; default: straight
        lines, where the nodes have places) and what else there is: courses in ``geometry``
        (LINESTRING text or shapely's lines), further metrics, and every other column as text.
    nodes
        One row per node: ``id``, ``lon``, ``lat``. Their order is that of the graph; default: all
        ids of the edges, sorted.
    columns
        What a column is called when it has another name, e.g. ``{"duration": "minutes_by_car"}``.
    metrics
        Further columns to keep as metrics, where they are there.
    texts
        ``name``, ``source``, ``licence``, ``attribution``; default: what ``edges.attrs`` says.

    Raises
    ------
    InputError
        Listing every column that is missing and every row with an id, a number or a course that is
        none.
    """
    columns = columns or {}
    table = _Table("edges", edges, columns)
    places = None if nodes is None else _Table("nodes", nodes, columns)
    known = {*table.frame.columns, *(() if places is None else places.frame.columns)}
    problems = [
        Problem(f"no column {name!r}", f"columns[{key!r}]")
        for key, name in columns.items()
        if name not in known
    ]
    ends = [table.ids(key, problems) for key in ("from", "to")]
    seconds = table.numbers("duration", problems)
    points = None if places is None else places.points(problems)
    measured = points is not None and "distance" not in table
    metres = None if measured else table.numbers("distance", problems)
    more = {key: table.numbers(key, problems) for key in metrics if key in table}
    lines = table.lines(problems) if "geometry" in table else None
    labels = table.labels({"from", "to", "duration", "distance", "geometry", *more})
    given = None if places is None else places.ids("id", problems)
    if problems:
        raise InputError(problems)
    if places is not None:
        _warn_of_others(places)
    ids, numbers = _numbered(ends, given)
    if metres is None and points is not None:
        metres = great_circle(points[numbers[0]], points[numbers[1]])
    attrs = edges.attrs
    about = {
        key: str(attrs.get(key, "") if texts.get(key) is None else texts[key]) for key in TEXTS
    }
    return Graph.from_edges(
        numbers[0],
        numbers[1],
        seconds,
        seconds if metres is None else metres,
        points,
        n=len(ids),
        node_ids=ids,
        metrics=more,
        edge_attributes=labels,
        geometry=lines,
        **about,
    )


def _warn_of_others(places: _Table) -> None:
    """Say which columns of the nodes a graph has no place for."""
    # OSMnx's geometry of a node is its x and y once more.
    kept = {places.name(key) for key in ("id", "lon", "lat", "geometry")}
    others = [str(name) for name in places.frame.columns if name not in kept]
    if others:
        warnings.warn(
            f"columns of the nodes that are not kept: {', '.join(others)}",
            RoutesolveWarning,
            stacklevel=4,
        )


def to_dataframe(graph: Graph) -> Frames:
    """Return the arcs and the nodes as pandas tables.

    Returns
    -------
    Frames
        ``edges`` with ``from``, ``to``, ``duration`` (s), ``distance`` (m), further metrics, one
        column of text per edge attribute, and courses as LINESTRING text in ``geometry``; row e is
        arc e. ``nodes`` with ``id``, ``lon``, ``lat``. Name, source, licence and attribution are in
        ``edges.attrs``.

    Raises
    ------
    MissingExtra
        If pandas is not installed.
    """
    try:
        import pandas as pd
    except ImportError:
        raise MissingExtra("osm", "tables need pandas") from None
    from routesolve.graphs.readers.networkx import linestring

    ids = graph.node_ids
    edges: dict[str, Any] = {"from": ids[graph.edge_tails], "to": ids[graph.heads]}
    edges |= {key: real(graph, key) for key in graph.metrics}
    for key, labels in graph.edge_attributes.items():
        edges[key] = np.array([*labels.table, None], dtype=object)[labels.codes]
    if graph.geometry is not None:
        courses = map(graph.geometry.at, range(graph.m))
        edges["geometry"] = [linestring(course) if len(course) else None for course in courses]
    nodes: dict[str, Any] = {"id": ids}
    if graph.coordinates is not None:
        nodes |= {"lon": graph.coordinates[:, 0], "lat": graph.coordinates[:, 1]}
    frames = Frames(pd.DataFrame(edges), pd.DataFrame(nodes))
    frames.edges.attrs.update({key: getattr(graph, key) for key in TEXTS})
    return frames


class _Table:
    """A table whose columns go by several names."""

    def __init__(self, what: str, frame: pd.DataFrame, chosen: Mapping[str, str]) -> None:
        self.what, self.chosen = what, chosen
        # What is an index to pandas is a column to us: OSMnx keeps u, v and osmid there. Its key
        # numbers parallel edges, which the order of the rows does as well.
        levels = [name for name in frame.index.names if name is not None]
        if "key" in levels and len(levels) > 1:
            frame = frame.droplevel("key")
        rest = [name for name in levels if name != "key" and name not in frame.columns]
        self.frame = frame.reset_index(rest) if rest else frame
        if not self.frame.columns.is_unique:
            raise InputError("two columns of the same name", where=what, fix="rename one of them")

    def name(self, key: str) -> str | None:
        """What the table calls a column; ``None`` when it has none of the kind."""
        names = (self.chosen[key],) if key in self.chosen else COLUMNS.get(key, (key,))
        return next((name for name in names if name in self.frame.columns), None)

    def __contains__(self, key: str) -> bool:
        return self.name(key) is not None

    def column(self, key: str, problems: list[Problem]) -> npt.NDArray[Any]:
        """The values of a column, which has to be there."""
        name = self.name(key)
        if name is None:
            problems.append(
                Problem(
                    f"no column {self.chosen.get(key, key)!r}",
                    self.what,
                    f"columns={{{key!r}: NAME}} says what it is called; there are "
                    + ", ".join(map(str, self.frame.columns)),
                )
            )
            return np.empty(0)
        return np.asarray(self.frame[name])

    def ids(self, key: str, problems: list[Problem]) -> npt.NDArray[Any]:
        """Node ids: int64, or text."""
        values = self.column(key, problems)
        if values.dtype.kind == "i":
            return values.astype(np.int64)
        entries = values.tolist()
        bad = [row for row, value in enumerate(entries) if not _is_id(value)]
        problems += listed(
            bad,
            lambda row: Problem(
                f"{values[row]!r} is no id", f"{self.what} row {row} {key}", "a number or a text"
            ),
            what=f"bad ids in {self.what}",
        )
        whole = all(isinstance(v, Integral) and abs(int(v)) < 2**63 for v in entries)
        return values.astype(np.int64 if whole else np.str_)

    def numbers(self, key: str, problems: list[Problem]) -> Floats:
        """Floats; Graph.from_edges judges their values."""
        values = self.column(key, problems)
        try:
            return values.astype(np.float64)
        except (TypeError, ValueError):
            bad = [row for row, value in enumerate(values.tolist()) if not _is_number(value)]
            problems += listed(
                bad,
                lambda row: Problem(
                    f"{values[row]!r} is no number", f"{self.what} row {row} {key}"
                ),
                what=f"bad numbers in {key}",
            )
            return np.zeros(len(values))

    def points(self, problems: list[Problem]) -> Floats | None:
        """(n, 2) degrees; ``None`` without such columns."""
        if "lon" not in self and "lat" not in self:
            return None
        sides = [self.numbers(key, problems) for key in ("lon", "lat")]
        return np.stack(sides, axis=1) if len(sides[0]) == len(sides[1]) else None

    def lines(self, problems: list[Problem]) -> Polylines:
        """Courses from LINESTRING text or shapely's lines."""
        from routesolve.graphs.readers.networkx import line_of

        courses: list[Floats | None] = []
        bad: list[Problem] = []
        for row, value in enumerate(self.column("geometry", problems)):
            try:
                courses.append(None if _missing(value) else line_of(value))
            except ValueError as error:
                bad.append(Problem(str(error), f"{self.what} row {row} geometry"))
        problems += listed(bad, lambda problem: problem, what="bad courses")
        return Polylines.from_list(courses)

    def labels(self, used: Iterable[str]) -> dict[str, Labels]:
        """Every other column as text per arc, under our name where we have one."""
        from routesolve.graphs.readers.networkx import label_of

        taken = {self.name(key) for key in used}
        ours = {self.name(key): key for key in ("road_class", *self.chosen) if key in self}
        return {
            ours.get(name, str(name)): Labels.encode(
                None if _missing(value) else label_of(value, " / ") for value in self.frame[name]
            )
            for name in self.frame.columns
            if name not in taken
        }


def _missing(value: Any) -> bool:
    import pandas as pd

    # Of anything that has a length, isna makes an array.
    return pd.isna(value) is True


def _is_id(value: Any) -> bool:
    return isinstance(value, Integral | str) and value is not True and value is not False


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


def _numbered(
    ends: list[npt.NDArray[Any]], given: npt.NDArray[Any] | None
) -> tuple[npt.NDArray[Any], list[Int64s]]:
    """The ids of all nodes, and the node numbers of both ends of every arc."""
    sides = ends if given is None else [*ends, given]
    if len({side.dtype.kind for side in sides if len(side)}) > 1:
        sides = [side.astype(np.str_) for side in sides]
    if given is None:
        ids, joined = np.unique(np.concatenate(sides), return_inverse=True)
        return ids, np.split(joined.astype(np.int64), [len(sides[0])])
    ids = sides.pop()
    order = np.argsort(ids, kind="stable")
    sorted_ids = ids[order]
    problems = listed(
        np.sort(order[1:][sorted_ids[1:] == sorted_ids[:-1]]),
        lambda row: Problem(f"the id {ids[row]} a second time", f"nodes row {row}"),
        what="ids that are there twice",
    )
    found: list[Int64s] = []
    for key, side in zip(("from", "to"), sides, strict=True):
        place = np.searchsorted(sorted_ids, side)
        known = np.zeros(len(side), dtype=np.bool_)
        inside = place < len(ids)
        known[inside] = sorted_ids[place[inside]] == side[inside]
        problems += _unknown(key, side, np.flatnonzero(~known))
        found.append(order[place[known]])
    if problems:
        raise InputError(problems)
    return ids, found


def _unknown(key: str, side: npt.NDArray[Any], rows: npt.NDArray[np.intp]) -> list[Problem]:
    return listed(
        rows,
        lambda row: Problem(f"node {side[row]} is not among the nodes", f"edges row {row} {key}"),
        what="arcs at unknown nodes",
    )
