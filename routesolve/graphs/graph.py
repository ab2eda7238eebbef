"""The graph of this room: immutable arrays in compressed sparse rows."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError, Problem
from routesolve.graphs._arrays import frozen, listed
from routesolve.graphs.edge_data import Labels, Polylines

if TYPE_CHECKING:
    import networkx as nx

    from routesolve.graphs.components import Dropped

UNITS: Mapping[str, float] = MappingProxyType({"duration": 1e-3, "distance": 1e-3})
"""What one integer step of a metric is worth: milliseconds in seconds, millimetres in metres."""

MAX_WEIGHT = 2**31 - 1
"""Largest weight of one arc: 24.8 days, 2147 km. Sums of weights are always int64."""


class Reverse(NamedTuple):
    """The arcs by head: row v lists the arcs that end in v.

    Attributes
    ----------
    indptr : numpy.ndarray
        (n + 1,) int64.
    tails : numpy.ndarray
        (m,) int32, where each of those arcs starts.
    arcs : numpy.ndarray
        (m,) int32, which arc of the graph it is.
    """

    indptr: npt.NDArray[np.int64]
    tails: npt.NDArray[np.int32]
    arcs: npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Graph:
    """A directed graph with integer weights; parallel arcs and self-loops are allowed.

    Nodes are 0 .. n - 1, arcs 0 .. m - 1 in the order of their tails. Build one with
    :meth:`from_edges`, :meth:`from_networkx` or :meth:`load`; all arrays are read-only.

    Attributes
    ----------
    indptr : numpy.ndarray
        (n + 1,) int64; the arcs that leave u are ``indptr[u] .. indptr[u + 1] - 1``.
    heads : numpy.ndarray
        (m,) int32, where each arc ends.
    metrics : Mapping of str to numpy.ndarray
        (m,) int32 weights >= 0 per metric; ``"duration"`` and ``"distance"`` are always there.
    units : Mapping of str to float
        Worth of one integer step per metric: 1e-3 s for durations, 1e-3 m for distances.
    coordinates : numpy.ndarray or None
        (n, 2) float64 longitudes and latitudes in degrees.
    node_ids : numpy.ndarray
        (n,) int64 or str, the names the nodes had where they come from; 0 .. n - 1 when they had
        none.
    edge_attributes : Mapping of str to Labels
        Strings per arc, e.g. ``"name"`` and ``"road_class"``.
    geometry : Polylines or None
        Course of the arcs.
    name, source, licence, attribution : str
        What this is, where it comes from, and what has to be said when it is shown.

    Raises
    ------
    InputError
        If the arrays do not fit together.
    """

    indptr: npt.NDArray[np.int64]
    heads: npt.NDArray[np.int32]
    metrics: Mapping[str, npt.NDArray[np.int32]]
    units: Mapping[str, float] = field(default_factory=lambda: UNITS)
    coordinates: npt.NDArray[np.float64] | None = None
    node_ids: npt.NDArray[Any] = None  # type: ignore[assignment]  # filled in by __post_init__
    edge_attributes: Mapping[str, Labels] = field(default_factory=dict)
    geometry: Polylines | None = None
    name: str = ""
    source: str = ""
    licence: str = ""
    attribution: str = ""

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "indptr", frozen(self.indptr, np.int64))
        put(self, "heads", frozen(self.heads, np.int32))
        weights = {key: frozen(value, np.int32) for key, value in self.metrics.items()}
        put(self, "metrics", MappingProxyType(weights))
        put(self, "units", MappingProxyType(dict(self.units)))
        put(self, "edge_attributes", MappingProxyType(dict(self.edge_attributes)))
        if self.coordinates is not None:
            put(self, "coordinates", frozen(self.coordinates, np.float64))
        ids = np.arange(self.n) if self.node_ids is None else np.asarray(self.node_ids)
        put(self, "node_ids", frozen(ids, np.str_ if ids.dtype.kind == "U" else np.int64))
        problems = _structure_problems(self)
        if problems:
            raise InputError(problems)

    # ---------------------------------------------------------------- building

    @classmethod
    def from_edges(
        cls,
        tails: npt.ArrayLike,
        heads: npt.ArrayLike,
        durations_s: npt.ArrayLike,
        distances_m: npt.ArrayLike,
        coordinates: npt.ArrayLike | None = None,
        *,
        n: int | None = None,
        node_ids: npt.ArrayLike | None = None,
        edge_attributes: Mapping[str, Labels] | None = None,
        geometry: Polylines | None = None,
        name: str = "",
        source: str = "",
        licence: str = "",
        attribution: str = "",
    ) -> Graph:
        """Build a graph from arcs in any order.

        Parameters
        ----------
        tails, heads
            (m,) node numbers, 0 <= id < n.
        durations_s, distances_m
            (m,) seconds and metres, finite and >= 0; kept to the millisecond and the millimetre.
        coordinates
            (n, 2) longitudes and latitudes in degrees.
        n
            Number of nodes; default: the number of coordinates, or the largest id + 1.
        node_ids, edge_attributes, geometry, name, source, licence, attribution
            See :class:`Graph`; one entry per arc in the order given here.

        Raises
        ------
        InputError
            Listing every arc with an id out of range or a weight that is negative, NaN or too
            large.
        """
        tail_ids, head_ids = _ids("tails", tails), _ids("heads", heads)
        points = None if coordinates is None else np.asarray(coordinates, dtype=np.float64)
        if n is None:
            largest = max((int(a.max()) for a in (tail_ids, head_ids) if a.size), default=-1)
            n = largest + 1 if points is None else len(points)
        attributes = edge_attributes or {}
        given: dict[str, npt.NDArray[Any]] = {
            "duration": np.asarray(durations_s, dtype=np.float64),
            "distance": np.asarray(distances_m, dtype=np.float64),
        }
        sizes = {key: values.size for key, values in given.items()}
        sizes |= {key: len(labels) for key, labels in attributes.items()}
        sizes |= {"heads": len(head_ids)}
        if geometry is not None:
            sizes["geometry"] = len(geometry)
        with np.errstate(invalid="ignore", over="ignore"):
            steps = {key: np.rint(values / UNITS[key]) for key, values in given.items()}
        problems = _size_problems(len(tail_ids), sizes) or [
            *_id_problems("tails", tail_ids, n),
            *_id_problems("heads", head_ids, n),
            *_weight_problems("duration", given["duration"], steps["duration"]),
            *_weight_problems("distance", given["distance"], steps["distance"]),
        ]
        if problems:
            raise InputError(problems)

        order = np.argsort(tail_ids, kind="stable")
        indptr = np.zeros(n + 1, dtype=np.int64)
        np.cumsum(np.bincount(tail_ids, minlength=n), out=indptr[1:])
        return cls(
            indptr=indptr,
            heads=head_ids[order].astype(np.int32),
            metrics={key: value[order].astype(np.int32) for key, value in steps.items()},
            coordinates=points,
            node_ids=None if node_ids is None else np.asarray(node_ids),  # type: ignore[arg-type]
            edge_attributes={key: labels.take(order) for key, labels in attributes.items()},
            geometry=None if geometry is None else geometry.take(order),
            name=name,
            source=source,
            licence=licence,
            attribution=attribution,
        )

    @classmethod
    def from_networkx(cls, graph: nx.Graph[Any], *, name: str | None = None) -> Graph:
        """Build from an OSMnx-style graph; see :mod:`routesolve.graphs.readers.networkx`."""
        from routesolve.graphs.readers.networkx import from_networkx

        return from_networkx(graph, name=name)

    def to_networkx(self) -> nx.MultiDiGraph[Any]:
        """Return an OSMnx-style networkx graph; see :mod:`routesolve.graphs.readers.networkx`."""
        from routesolve.graphs.readers.networkx import to_networkx

        return to_networkx(self)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Graph:
        """Read a file written by :meth:`save`; InputError when it is damaged or another."""
        from routesolve.graphs.storage import load

        return load(path)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write to one ``.npz`` file, whole or not at all; the same graph gives the same bytes."""
        from routesolve.graphs.storage import save

        save(self, path)

    # ---------------------------------------------------------------- looking

    @property
    def n(self) -> int:
        """Number of nodes."""
        return len(self.indptr) - 1

    @property
    def m(self) -> int:
        """Number of arcs."""
        return len(self.heads)

    @cached_property
    def edge_tails(self) -> npt.NDArray[np.int32]:
        """(m,) int32, where each arc starts."""
        return frozen(np.repeat(np.arange(self.n, dtype=np.int32), np.diff(self.indptr)), np.int32)

    @cached_property
    def reverse(self) -> Reverse:
        """The arcs by head; computed once."""
        arcs = np.argsort(self.heads, kind="stable").astype(np.int32)
        indptr = np.zeros(self.n + 1, dtype=np.int64)
        np.cumsum(np.bincount(self.heads, minlength=self.n), out=indptr[1:])
        return Reverse(
            frozen(indptr, np.int64),
            frozen(self.edge_tails[arcs], np.int32),
            frozen(arcs, np.int32),
        )

    @cached_property
    def _index(self) -> dict[Any, int]:
        return {node: index for index, node in enumerate(self.node_ids.tolist())}

    def index_of(self, node_id: int | str) -> int:
        """The node number of an original id; raises InputError when there is none."""
        try:
            return self._index[node_id]
        except KeyError:
            raise InputError(f"the network has no node {node_id!r}") from None

    def largest_component(self) -> tuple[Graph, Dropped]:
        """The largest strongly connected part and the count of what was left out."""
        from routesolve.graphs.components import largest_component

        return largest_component(self)

    def __repr__(self) -> str:
        return f"<Graph {self.name or 'unnamed'}: {self.n} nodes, {self.m} arcs>"

    def __getstate__(self) -> dict[str, Any]:
        # Mapping proxies do not pickle, and caches are cheaper to recompute than to send to a
        # worker.
        state = {key: getattr(self, key) for key in self.__dataclass_fields__}
        return {k: dict(v) if isinstance(v, MappingProxyType) else v for k, v in state.items()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for key, value in state.items():
            object.__setattr__(self, key, value)
        self.__post_init__()


def _ids(what: str, values: npt.ArrayLike) -> npt.NDArray[np.int64]:
    array: npt.NDArray[Any] = np.asarray(values)
    if array.size == 0:
        return np.empty(0, dtype=np.int64)
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise InputError(f"{what} is not a list of node numbers", fix="give a 1-d integer array")
    return array.astype(np.int64)


def _size_problems(m: int, sizes: Mapping[str, int]) -> list[Problem]:
    return [
        Problem(f"{m} tails but {size} entries in {key}")
        for key, size in sizes.items()
        if size != m
    ]


def _id_problems(what: str, ids: npt.NDArray[np.int64], n: int) -> list[Problem]:
    return listed(
        np.flatnonzero((ids < 0) | (ids >= n)),
        lambda arc: Problem(
            f"node {ids[arc]} does not exist",
            f"{what}[{arc}]",
            f"use 0 .. {n - 1}" if n else "the graph has no nodes",
        ),
        what=f"bad ids in {what}",
    )


def _weight_problems(
    what: str, values: npt.NDArray[np.float64], steps: npt.NDArray[np.float64]
) -> list[Problem]:
    # -0.0004 s rounds to zero steps, but is still a mistake.
    good = (values >= 0) & (steps <= MAX_WEIGHT)
    return listed(
        np.flatnonzero(~good),
        lambda arc: Problem(
            f"{what} {values[arc]:g}",
            f"arc {arc}",
            f"give a number from 0 to {MAX_WEIGHT * UNITS[what]:.0f}",
        ),
        what=f"bad {what}s",
    )


def _structure_problems(graph: Graph) -> list[Problem]:
    """Everything about the arrays that would make later code read outside of them."""
    problems = []
    indptr, n, m = graph.indptr, graph.n, graph.m
    if n < 0 or indptr[0] != 0 or indptr[-1] != m or (np.diff(indptr) < 0).any():
        problems.append(Problem("row pointers do not describe the arcs"))
    if m and (graph.heads.min() < 0 or graph.heads.max() >= n):
        problems.append(Problem("an arc ends in a node that does not exist"))
    for key in UNITS:
        if key not in graph.metrics:
            problems.append(Problem(f"no metric {key!r}"))
    for key, weights in graph.metrics.items():
        if weights.shape != (m,) or (m and weights.min() < 0):
            problems.append(Problem(f"metric {key!r} is not one weight >= 0 per arc"))
        if not graph.units.get(key, 0.0) > 0.0:
            problems.append(Problem(f"metric {key!r} has no unit"))
    if graph.node_ids.shape != (n,):
        problems.append(Problem(f"{graph.node_ids.size} node ids for {n} nodes"))
    for key, labels in graph.edge_attributes.items():
        codes = labels.codes
        fits = codes.shape == (m,)
        if not fits or (m and (codes.min() < -1 or codes.max() >= len(labels.table))):
            problems.append(Problem(f"edge attribute {key!r} is not one label per arc"))
    if graph.geometry is not None:
        ends = graph.geometry.indptr
        total = len(graph.geometry.points)
        if ends.shape != (m + 1,) or ends[0] != 0 or ends[-1] != total or (np.diff(ends) < 0).any():
            problems.append(Problem("geometry is not one polyline per arc"))
    problems += _coordinate_problems(graph)
    return problems


def _coordinate_problems(graph: Graph) -> list[Problem]:
    points = graph.coordinates
    if points is None:
        return []
    if points.shape != (graph.n, 2):
        return [Problem(f"coordinates of shape {points.shape} for {graph.n} nodes", fix="n x 2")]
    return listed(
        np.flatnonzero(~(np.abs(points) <= (180.0, 90.0)).all(axis=1)),
        lambda v: Problem(
            f"{points[v].tolist()} is no longitude and latitude",
            f"node {graph.node_ids[v]}",
            "give degrees; a projected graph must be taken back to EPSG:4326 first",
        ),
        what="bad coordinates",
    )
