"""Our own networks."""

from __future__ import annotations

import hashlib
import os
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

import routesolve
from routesolve.graphs.providers.base import Floats, RoadProvider, TravelTable, drawn
from routesolve.graphs.providers.cache import TableCache
from routesolve.graphs.readers import load_network

if TYPE_CHECKING:
    from routesolve.graphs.network import RoadNetwork
    from routesolve.graphs.readers import Source

ENTRIES = 1 << 20
ARCS = 10_000_000
"""Entries of a table, and arcs that searches without an index look at, from which on a table is
kept: about half a second of work."""


class NetworkProvider(RoadProvider):
    """Travel on a :class:`~routesolve.graphs.network.RoadNetwork`.

    Parameters
    ----------
    source
        What :func:`~routesolve.graphs.readers.load_network` takes.
    profile
        Who travels, where `source` is an OpenStreetMap file or a place to download.
    cache
        Whether large tables are kept on disk, and where.
    """

    def __init__(
        self,
        source: Source,
        *,
        profile: str | None = None,
        cache: bool | TableCache = True,
    ) -> None:
        super().__init__(cache=cache)
        path = isinstance(source, str | os.PathLike)
        self.network: RoadNetwork = load_network(source, profile=profile or "car")
        self._name = self.network.streets.name or (os.fspath(source) if path else "")  # type: ignore[arg-type]

    @property
    def description(self) -> str:
        """The network's name."""
        return f"fastest roads on {self._name or 'the given network'}"

    @cached_property
    def identity(self) -> str:
        """A fingerprint of the streets, their shapes and their turns."""
        from routesolve.graphs._hierarchy.storage import digest

        streets = self.network.streets
        total = hashlib.blake2b(digest_size=16)
        for graph in (streets, self.network.searched):
            total.update(digest(graph).encode())
        # What places are put on: shapes, and attributes such as where nobody stops.
        arrays: list[npt.NDArray[Any]] = (
            [] if streets.coordinates is None else [streets.coordinates]
        )
        if streets.geometry is not None:
            arrays += [streets.geometry.indptr, streets.geometry.points]
        for name, labels in streets.edge_attributes.items():
            total.update(f"{name} {labels.table}".encode())
            arrays.append(labels.codes)
        for array in arrays:
            total.update(np.ascontiguousarray(array).data)
        # Another version may put places on other streets.
        return f"network {routesolve.__version__} {self.network.metric} {total.hexdigest()}"

    def line(self, start: npt.ArrayLike, end: npt.ArrayLike) -> Floats:
        """The streets from one place to another; see :meth:`RoadProvider.line`."""
        a, b = (self.network.place(np.reshape(point, (1, 2))) for point in (start, end))
        return drawn(self.network.route(a, b).geometry)

    def _worth_keeping(self, sources: int, targets: int) -> bool:
        if sources * targets >= ENTRIES:
            return True
        # With an index, smaller tables are as quickly computed as read.
        return self.network.index is None and sources * self.network.searched.m >= ARCS

    def _ask(self, sources: Floats, targets: Floats) -> TravelTable:
        a = self.network.place(sources)
        b = a if targets is sources else self.network.place(targets)
        found = self.network.tables(a, b)
        return TravelTable(found.durations, found.distances, a.distances_m, b.distances_m)
