"""What every matrix provider does, and what those that know roads have in common."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError, Problem
from routesolve.graphs.matrices import TravelMatrix, checked_points
from routesolve.graphs.providers.cache import TableCache, open_cache

Floats = npt.NDArray[np.float64]


class TravelTable(NamedTuple):
    """Travel from s sources to t targets.

    Attributes
    ----------
    durations, distances : numpy.ndarray
        (s, t) float64 seconds and metres along the fastest way; ``inf`` = no way.
    source_snaps, target_snaps : numpy.ndarray
        (s,) and (t,) float64 metres from each place to the street it was put on; NaN = not told.
    """

    durations: Floats
    distances: Floats
    source_snaps: Floats
    target_snaps: Floats

    @classmethod
    def empty(cls, s: int, t: int) -> TravelTable:
        """A table to be filled in, all NaN."""
        return cls(*(np.full(shape, np.nan) for shape in ((s, t), (s, t), (s,), (t,))))

    def fill(self, rows: slice, columns: slice, part: TravelTable) -> None:
        """Write a part of the table into its place."""
        self.durations[rows, columns] = part.durations
        self.distances[rows, columns] = part.distances
        self.source_snaps[rows] = part.source_snaps
        self.target_snaps[columns] = part.target_snaps

    def at(self, rows: npt.NDArray[np.intp], columns: npt.NDArray[np.intp]) -> TravelTable:
        """The table of some rows and columns, which may repeat."""
        pairs = np.ix_(rows, columns)
        return TravelTable(
            self.durations[pairs],
            self.distances[pairs],
            self.source_snaps[rows],
            self.target_snaps[columns],
        )


class MatrixProvider(ABC):
    """Where the travel between places comes from.

    Every provider is made as ``Provider(source, profile=None, cache=True)``.
    """

    @property
    @abstractmethod
    def description(self) -> str:
        """One line for people, e.g. ``"fastest roads of OSRM (car) on monaco.osm.pbf"``."""

    @abstractmethod
    def travel(self, points_lonlat: npt.ArrayLike) -> TravelMatrix:
        """Travel between all places.

        Parameters
        ----------
        points_lonlat
            (n, 2) longitudes and latitudes in degrees.

        Returns
        -------
        TravelMatrix
            Computed when it is first looked at.

        Raises
        ------
        InputError
            With every coordinate that is no place on Earth.
        """

    @abstractmethod
    def table(
        self, sources_lonlat: npt.ArrayLike, targets_lonlat: npt.ArrayLike | None = None
    ) -> TravelTable:
        """Travel from each source to each target, now.

        Parameters
        ----------
        sources_lonlat, targets_lonlat
            (s, 2) and (t, 2) longitudes and latitudes in degrees; without targets: the sources.

        Raises
        ------
        InputError
            With every coordinate that is no place on Earth.
        RoutingError
            If who is asked does not answer.
        """

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.description}>"


class RoadProvider(MatrixProvider):
    """A provider that finds its way on streets; its tables are kept on disk.

    Parameters
    ----------
    cache
        Whether large tables are kept, and where.
    """

    def __init__(self, *, cache: bool | TableCache = True) -> None:
        self._cache = open_cache(cache)

    @property
    @abstractmethod
    def identity(self) -> str:
        """What tables depend on besides the places: which streets, who travels."""

    @abstractmethod
    def _ask(self, sources: Floats, targets: Floats) -> TravelTable:
        """Compute a table; places of each side are different ones, there is at least one."""

    @abstractmethod
    def _worth_keeping(self, sources: int, targets: int) -> bool:
        """Whether reading a table of this size back is much quicker than computing it again."""

    @abstractmethod
    def line(self, start: npt.ArrayLike, end: npt.ArrayLike) -> Floats:
        """The streets from one place to another.

        Parameters
        ----------
        start, end
            Longitude and latitude in degrees.

        Returns
        -------
        numpy.ndarray
            (k, 2) float64 longitudes and latitudes, k >= 2.

        Raises
        ------
        RoutingError
            If there is no way, or who is asked does not answer.
        """

    def travel(self, points_lonlat: npt.ArrayLike) -> ProvidedTravel:
        """Travel between all places; see :meth:`MatrixProvider.travel`."""
        return ProvidedTravel(self, points_lonlat)

    def table(
        self, sources_lonlat: npt.ArrayLike, targets_lonlat: npt.ArrayLike | None = None
    ) -> TravelTable:
        """Travel from each source to each target; see :meth:`MatrixProvider.table`."""
        if targets_lonlat is None:
            (sources,) = places(sources=sources_lonlat)
        else:
            sources, targets = places(sources=sources_lonlat, targets=targets_lonlat)
        # Several stops at one door are asked for once.
        sources, rows = _different(sources)
        targets, columns = (sources, rows) if targets_lonlat is None else _different(targets)
        if not (len(sources) and len(targets)):
            return TravelTable.empty(len(sources), len(targets))
        return self._remembered(sources, targets).at(rows, columns)

    def _remembered(self, sources: Floats, targets: Floats) -> TravelTable:
        if self._cache is None or not self._worth_keeping(len(sources), len(targets)):
            return self._ask(sources, targets)
        key = self._cache.key(self.identity, sources, targets)
        kept = self._cache.get(key, (len(sources), len(targets)))
        if kept is not None and self._still(table := TravelTable(**kept), sources, targets):
            return table
        table = self._ask(sources, targets)
        self._cache.put(key, table._asdict())
        return table

    def _still(self, table: TravelTable, sources: Floats, targets: Floats) -> bool:
        """Whether a table from the cache is still what would be answered."""
        return True


class ProvidedTravel(TravelMatrix):
    """Travel between places by a :class:`RoadProvider`, asked when it is first looked at.

    Parameters
    ----------
    provider
        Who is asked.
    points
        (n, 2) longitudes and latitudes in degrees.

    Raises
    ------
    InputError
        With every coordinate that is no place on Earth.
    """

    def __init__(self, provider: RoadProvider, points: npt.ArrayLike) -> None:
        (self.points,) = places(points=points)
        self.n = len(self.points)
        self.provider = provider
        self._lines: dict[tuple[int, int], Floats] = {}

    @property
    def description(self) -> str:
        """That of the provider."""
        return self.provider.description

    @cached_property
    def _table(self) -> TravelTable:
        assert self.points is not None
        return self.provider.table(self.points)

    @cached_property
    def snap_distances(self) -> Floats:  # type: ignore[override]
        """(n,) float64 metres from each place to the street it was put on; read-only."""
        snaps = self._table.source_snaps
        snaps.flags.writeable = False
        return snaps

    def _build(self) -> tuple[Floats, Floats]:
        return self._table.distances, self._table.durations

    def geometry(self, i: int, j: int) -> Floats:
        """The streets driven from stop `i` to stop `j`; asked for once.

        Raises
        ------
        RoutingError
            If there is no way.
        """
        assert self.points is not None
        if (i, j) not in self._lines:
            line = self.provider.line(self.points[i], self.points[j])
            line.flags.writeable = False
            self._lines[i, j] = line
        return self._lines[i, j]


def places(**groups: npt.ArrayLike) -> list[Floats]:
    """Each group as a (k, 2) array of longitudes and latitudes, all bad ones of all groups at once.

    Raises
    ------
    InputError
        Naming each of them as ``group[k]``.
    """
    problems: list[Problem] = []
    arrays = []
    for name, values in groups.items():
        found: list[Problem] = []
        arrays.append(checked_points(values, found, lonlat=True))
        problems += [
            Problem(p.what, p.where and p.where.replace("points", name, 1), p.fix) for p in found
        ]
    if problems:
        raise InputError(problems)
    return arrays


def _different(points: Floats) -> tuple[Floats, npt.NDArray[np.intp]]:
    """The different places, and which of them each one is."""
    unique, slots = np.unique(points, axis=0, return_inverse=True)
    return unique, slots.reshape(-1)


NEAR_PAIR = 50.0
"""Metres."""


def osrm_numbers(table: Floats) -> Floats:
    """Answers of OSRM as this package has them, in place: infinite where there is no way.

    OSRM tells negative metres for some pairs on one street. For near ones only the sign is wrong;
    for others nothing is known.
    """
    table[np.isnan(table) | (table < -NEAR_PAIR)] = np.inf
    return np.abs(table, out=table)


def tiles(rows: slice, columns: slice, side: int) -> Iterator[tuple[slice, slice]]:
    """Cut a part of a table into parts of at most ``side`` rows and columns, as equal as can be."""
    for row in _cut(rows, side):
        for column in _cut(columns, side):
            yield row, column


def _cut(part: slice, side: int) -> list[slice]:
    pieces = math.ceil((part.stop - part.start) / side)
    ends = np.linspace(part.start, part.stop, pieces + 1).round().astype(int).tolist()
    return [slice(a, b) for a, b in pairwise(ends)]


def drawn(coordinates: npt.ArrayLike) -> Floats:
    """A line of at least two points: standing still is drawn as a point twice."""
    line = np.array(coordinates, dtype=np.float64).reshape(-1, 2)
    return line if len(line) > 1 else np.repeat(line, 2, axis=0)
