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
from routesolve.graphs import _checks
from routesolve.graphs._arrays import frozen
from routesolve.graphs._checks import MAX_WEIGHT as MAX_WEIGHT
from routesolve.graphs._checks import STEP
from routesolve.graphs._checks import UNITS as UNITS
from routesolve.graphs.edge_data import Labels, Polylines

if TYPE_CHECKING:
    import networkx as nx
    import pandas as pd
    from scipy.sparse import csr_array

    from routesolve.graphs.components import Dropped
    from routesolve.graphs.dataframes import Frames
    from routesolve.graphs.renumbering import Renumbered


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
        problems = _checks.structure_problems(self)
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
        metrics: Mapping[str, npt.ArrayLike] | None = None,
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
        metrics
            Further ones by name, e.g. ``{"cost": costs}``: (m,) finite, >= 0, kept to the
            thousandth.
        node_ids, edge_attributes, geometry, name, source, licence, attribution
            See :class:`Graph`; one entry per arc in the order given here.

        Raises
        ------
        InputError
            Listing every arc with an id out of range or a weight that is negative, NaN or too
            large.
        """
        tail_ids, head_ids = _checks.ids("tails", tails), _checks.ids("heads", heads)
        points = None if coordinates is None else np.asarray(coordinates, dtype=np.float64)
        if n is None:
            largest = max((int(a.max()) for a in (tail_ids, head_ids) if a.size), default=-1)
            n = largest + 1 if points is None else len(points)
        attributes = edge_attributes or {}
        given: dict[str, npt.NDArray[Any]] = {
            "duration": np.asarray(durations_s, dtype=np.float64),
            "distance": np.asarray(distances_m, dtype=np.float64),
        }
        more = metrics or {}
        given |= {key: np.asarray(values, dtype=np.float64) for key, values in more.items()}
        units = {key: UNITS.get(key, STEP) for key in given}
        sizes = {key: values.size for key, values in given.items()}
        sizes |= {key: len(labels) for key, labels in attributes.items()}
        sizes |= {"heads": len(head_ids)}
        if geometry is not None:
            sizes["geometry"] = len(geometry)
        with np.errstate(invalid="ignore", over="ignore"):
            steps = {key: np.rint(values / units[key]) for key, values in given.items()}
        problems = _checks.size_problems(len(tail_ids), sizes) or [
            *(Problem(f"the metric {key!r} is given twice") for key in UNITS if key in more),
            *_checks.id_problems("tails", tail_ids, n),
            *_checks.id_problems("heads", head_ids, n),
            *(p for key in given for p in _checks.weight_problems(key, given[key], steps[key])),
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
            units=units,
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
    def from_scipy(
        cls,
        durations: Any,
        distances: Any = None,
        coordinates: npt.ArrayLike | None = None,
        **options: Any,
    ) -> Graph:
        """Build from sparse matrices; see :func:`routesolve.graphs.conversions.from_scipy`."""
        from routesolve.graphs.conversions import from_scipy

        return from_scipy(durations, distances, coordinates, **options)

    def to_scipy(self, metric: str = "duration") -> csr_array:
        """Return a metric as a sparse array; see :func:`routesolve.graphs.conversions.to_scipy`."""
        from routesolve.graphs.conversions import to_scipy

        return to_scipy(self, metric)

    @classmethod
    def from_dataframe(
        cls, edges: pd.DataFrame, nodes: pd.DataFrame | None = None, **options: Any
    ) -> Graph:
        """Build from tables; see :func:`routesolve.graphs.dataframes.from_dataframe`."""
        from routesolve.graphs.dataframes import from_dataframe

        return from_dataframe(edges, nodes, **options)

    def to_dataframe(self) -> Frames:
        """Return two tables; see :func:`routesolve.graphs.dataframes.to_dataframe`."""
        from routesolve.graphs.dataframes import to_dataframe

        return to_dataframe(self)

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, memory_map: bool | None = None) -> Graph:
        """Read a file written by :meth:`save`; see :func:`routesolve.graphs.storage.load`."""
        from routesolve.graphs.storage import load

        return load(path, memory_map=memory_map)

    def save(self, path: str | os.PathLike[str], *, compressed: bool | None = None) -> None:
        """Write to one ``.npz`` file, whole or not at all; the same graph gives the same bytes.

        Large graphs are stored so that they can be mapped into memory; see
        :func:`routesolve.graphs.storage.save`.
        """
        from routesolve.graphs.storage import save

        save(self, path, compressed=compressed)

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

    def renumbered(self, order: str | npt.ArrayLike = "auto") -> Renumbered:
        """The same graph, neighbours close in memory; see :mod:`routesolve.graphs.renumbering`."""
        from routesolve.graphs.renumbering import renumbered

        return renumbered(self, order)

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
