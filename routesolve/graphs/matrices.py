"""Travel matrices: distances and durations between stops, whatever they come from.

One base class, three sources: matrices given (:class:`ExplicitTravel`), a formula over coordinates
(:class:`StraightLineTravel`) and the roads (:class:`NetworkTravel`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError, Problem
from routesolve.graphs._arrays import listed
from routesolve.graphs.metrics import METRICS
from routesolve.graphs.rounding import Rounding

if TYPE_CHECKING:
    from routesolve.graphs.graph import Graph
    from routesolve.graphs.network import RoadNetwork
    from routesolve.graphs.snapping import Places

Floats = npt.NDArray[np.float64]
IndexLike = int | npt.NDArray[np.integer]

BLOCK = 1 << 17
"""Entries computed at a time when a dense matrix is built: temporaries stay in the processor's
cache."""


class TravelMatrix(ABC):
    """Distances and durations between `n` stops.

    Attributes
    ----------
    n : int
        Number of stops.
    points : numpy.ndarray or None
        (n, 2) float64 coordinates, when known; read-only.
    snap_distances : numpy.ndarray or None
        (n,) float64 metres from each stop to the road it was put on; ``None`` where nothing is
        snapped.
    approximate : bool
        True when the numbers stand in for roads that nobody looked at.
    """

    n: int
    points: Floats | None = None
    snap_distances: Floats | None = None
    approximate: bool = False

    @property
    @abstractmethod
    def description(self) -> str:
        """One line for people, e.g. ``"straight line × 1.3 at 40 km/h"``."""

    @abstractmethod
    def _build(self) -> tuple[Floats, Floats]:
        """Compute dense (distances, durations), (n, n) float64; they may be one array."""

    @cached_property
    def _dense(self) -> tuple[Floats, Floats]:
        distances, durations = self._build()
        distances.flags.writeable = False
        durations.flags.writeable = False
        return distances, durations

    @property
    def built(self) -> bool:
        """Whether the dense matrices exist already."""
        return "_dense" in self.__dict__

    def write(self, distances: Floats, durations: Floats, order: npt.NDArray[np.intp]) -> None:
        """Write the dense matrices into arrays of the caller.

        Parameters
        ----------
        distances, durations
            (n, n) float64 to be filled. Formulas fill them row by row, and keep no copy.
        order
            (n,) stops in the order that rows and columns are to have.
        """
        for table, out in zip(self._dense, (distances, durations), strict=True):
            for i, stop in enumerate(order):
                np.take(table[stop], order, out=out[i], mode="clip")  # or it would be buffered

    @property
    def distances(self) -> Floats:
        """Distances from row to column, (n, n) float64, read-only; ``inf`` = unreachable."""
        return self._dense[0]

    @property
    def durations(self) -> Floats:
        """Durations from row to column, (n, n) float64, read-only; ``inf`` = unreachable."""
        return self._dense[1]

    def distance(self, i: IndexLike, j: IndexLike) -> Floats:
        """Distances of single pairs.

        Parameters
        ----------
        i, j
            Stop indices, ints or integer arrays that broadcast against each other.

        Returns
        -------
        numpy.ndarray
            float64 of the broadcast shape (a NumPy scalar for two ints).
        """
        return self.distances[i, j]  # type: ignore[no-any-return]

    def duration(self, i: IndexLike, j: IndexLike) -> Floats:
        """Durations of single pairs; arguments and result as in :meth:`distance`."""
        return self.durations[i, j]  # type: ignore[no-any-return]

    def geometry(self, i: int, j: int) -> Floats | None:
        """The line to draw for the leg from stop `i` to stop `j`.

        Returns
        -------
        numpy.ndarray or None
            (k, 2) float64, k >= 2, in the coordinates of `points`; ``None`` when the stops have
            none.
        """
        return None if self.points is None else self.points[[i, j]]

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.n} stops, {self.description}>"


class ExplicitTravel(TravelMatrix):
    """Matrices given by the user; they need not be symmetric.

    Parameters
    ----------
    durations, distances
        (n, n) integers or floats, not negative, ``inf`` = unreachable. Either may be ``None``: the
        other one then counts as both.
    points
        Optional (n, 2) coordinates, only to draw with.
    description
        Where the matrices come from.

    Raises
    ------
    InputError
        If both are missing, or not square, not of one size, or hold NaN or negative entries: all of
        it at once.
    """

    def __init__(
        self,
        durations: npt.ArrayLike | None = None,
        distances: npt.ArrayLike | None = None,
        *,
        points: npt.ArrayLike | None = None,
        description: str | None = None,
    ) -> None:
        given = {"durations": durations, "distances": distances}
        problems: list[Problem] = []
        arrays: dict[str, Floats] = {}
        for name, values in given.items():
            if values is not None:
                array = _square(name, values, problems)
                if array is not None:
                    arrays[name] = array
        if durations is None and distances is None:
            problems.append(
                Problem("neither durations nor distances given", fix="give at least one matrix")
            )
        sizes = {name: len(array) for name, array in arrays.items()}
        if len(set(sizes.values())) > 1:
            problems.append(Problem(f"matrices of different sizes: {sizes}"))
        if points is not None and arrays:
            n = len(next(iter(arrays.values())))
            self.points = checked_points(points, problems, expected=n)
        if problems:
            raise InputError(problems)
        only_one = next(iter(arrays.values()))
        self._durations = arrays.get("durations", only_one)
        self._distances = arrays.get("distances", only_one)
        self.n = len(only_one)
        only = "" if len(arrays) == 2 else f" ({next(iter(arrays))} count as both)"
        self._description = description or f"given matrix{'' if only else ' pair'}{only}"

    @property
    def description(self) -> str:
        """Where the matrices come from."""
        return self._description

    def _build(self) -> tuple[Floats, Floats]:
        return self._distances, self._durations


class StraightLineTravel(TravelMatrix):
    """Distances computed from coordinates; single pairs never build the dense matrix.

    Parameters
    ----------
    points
        (n, 2) coordinates: x, y; for ``"haversine"`` longitude, latitude in degrees; for ``"geo"``
        TSPLIB's latitude, longitude as DDD.MM.
    metric
        One of :data:`routesolve.graphs.metrics.METRICS`: ``euclidean``, ``manhattan``,
        ``chebyshev`` (TSPLIB MAX_2D), ``att``, ``geo``, ``haversine`` (metres).
    speed
        Distance units per second. Durations are the unrounded distances divided by it.
    detour
        Factor on every distance: roads are longer than straight lines.
    rounding
        Applied to distances and to durations, each once.

    Raises
    ------
    InputError
        On an unknown metric, coordinates that are not finite (or outside the sphere), a speed or
        detour that is not positive.
    """

    def __init__(
        self,
        points: npt.ArrayLike,
        metric: str = "euclidean",
        *,
        speed: float = 1.0,
        detour: float = 1.0,
        rounding: Rounding | str = Rounding.none,
    ) -> None:
        problems: list[Problem] = []
        if metric not in METRICS:
            problems.append(
                Problem(f"unknown metric {metric!r}", fix=f"use one of {', '.join(METRICS)}")
            )
        for name, value in (("speed", speed), ("detour", detour)):
            if not (0.0 < value < np.inf):
                problems.append(Problem(f"{name} is {value}", fix="give a positive number"))
        if rounding not in list(Rounding):
            problems.append(
                Problem(f"unknown rounding {rounding!r}", fix=f"use one of {', '.join(Rounding)}")
            )
        array = checked_points(points, problems, lonlat=metric == "haversine")
        if problems:
            raise InputError(problems)
        self.points = array
        self.n = len(array)
        self.metric = metric
        self.speed = float(speed)
        self.detour = float(detour)
        self.rounding = Rounding(rounding)
        self.approximate = metric == "haversine"
        self._formula = METRICS[metric](array)

    @property
    def description(self) -> str:
        """Formula, detour factor, speed and rounding in one line."""
        text = self._formula.label
        if self.detour != 1.0:
            text += f" × {self.detour:g}"
        if self.metric == "haversine":
            text += f" at {self.speed * 3.6:g} km/h"
        elif self.speed != 1.0:
            text += f" at speed {self.speed:g}"
        return f"{text}, {self.rounding.label}" if self.rounding.label else text

    def distance(self, i: IndexLike, j: IndexLike) -> Floats:
        """Distances of single pairs, without building the dense matrix."""
        if self.built:
            return super().distance(i, j)
        return self.rounding.apply(self._length(i, j))[()]

    def duration(self, i: IndexLike, j: IndexLike) -> Floats:
        """Durations of single pairs, without building the dense matrix."""
        if self.built:
            return super().duration(i, j)
        return self.rounding.apply(self._length(i, j) / self.speed)[()]

    def _length(self, i: IndexLike, j: IndexLike) -> Floats:
        """Unrounded distances, detour included."""
        length = self._formula.between(np.asarray(i, dtype=np.intp), np.asarray(j, dtype=np.intp))
        return length if self.detour == 1.0 else length * self.detour

    def _build(self) -> tuple[Floats, Floats]:
        distances = np.empty((self.n, self.n))
        durations = distances if self.speed == 1.0 else np.empty((self.n, self.n))
        self._fill(distances, durations, np.arange(self.n))
        return distances, durations

    def write(self, distances: Floats, durations: Floats, order: npt.NDArray[np.intp]) -> None:
        """Write the dense matrices into arrays of the caller."""
        if self.built:
            super().write(distances, durations, order)
        else:
            self._fill(distances, durations, order)

    def _fill(self, distances: Floats, durations: Floats, order: npt.NDArray[np.intp]) -> None:
        columns = order[None, :]
        height = max(1, BLOCK // max(self.n, 1))
        for start in range(0, self.n, height):
            rows = order[start : start + height, None]
            part, length = slice(start, start + height), self._length(rows, columns)
            distances[part] = self.rounding.apply(length)
            if durations is not distances:
                durations[part] = (
                    distances[part]
                    if self.speed == 1.0
                    else self.rounding.apply(length / self.speed)
                )


class NetworkTravel(TravelMatrix):
    """Distances (metres) and durations (seconds) along the best roads between stops.

    Every stop is put on the nearest street; the way between the stop and the street is not counted,
    only reported in `snap_distances`. Distances and durations are those of the best route, as OSRM
    reports them. A pair without a route is ``inf`` in both; who reads the matrix names the stop.

    Parameters
    ----------
    network
        The roads; a plain graph stands for roads on which turns do not count.
    points
        (n, 2) longitudes and latitudes in degrees.

    Attributes
    ----------
    network : RoadNetwork
        The roads.
    places : Places
        Where the stops lie on them.
    """

    def __init__(self, network: RoadNetwork | Graph, points: npt.ArrayLike) -> None:
        from routesolve.graphs.network import RoadNetwork

        problems: list[Problem] = []
        array = checked_points(points, problems, lonlat=True)
        if problems:
            raise InputError(problems)
        self.network = network if isinstance(network, RoadNetwork) else RoadNetwork(network)
        self.points = array
        self.n = len(array)
        self.places: Places = self.network.place(array)
        self.snap_distances = self.places.distances_m

    @property
    def description(self) -> str:
        """The network's name."""
        return f"fastest roads on {self.network.name or 'the given network'}"

    def _build(self) -> tuple[Floats, Floats]:
        durations, distances, _ = self.network.tables(self.places)
        return distances, durations

    def geometry(self, i: int, j: int) -> Floats:
        """The roads driven from stop `i` to stop `j`, from street to street.

        Raises
        ------
        RoutingError
            If there is no route.
        """
        return self.network.route(self.places[i], self.places[j]).geometry


def _square(name: str, values: npt.ArrayLike, problems: list[Problem]) -> Floats | None:
    """`values` as a fresh (n, n) float64 array, or ``None`` with the reason added to `problems`."""
    try:
        array = np.array(values, dtype=np.float64, order="C")
    except (TypeError, ValueError):
        problems.append(Problem(f"{name} is not a matrix of numbers"))
        return None
    if array.ndim != 2 or array.shape[0] != array.shape[1]:
        shape = " x ".join(map(str, array.shape)) or "a single number"
        problems.append(Problem(f"{name} is not square: {shape}", fix="give an n x n matrix"))
        return None
    bad = np.argwhere(~(array >= 0.0))  # catches NaN too
    problems += listed(
        bad,
        lambda at: Problem(
            f"{array[tuple(at)]:g} is not a travel cost",
            f"{name}[{at[0]}][{at[1]}]",
            "give numbers >= 0, or inf for no way",
        ),
        what=f"bad entries in {name}",
    )
    return array


def checked_points(
    values: npt.ArrayLike,
    problems: list[Problem],
    *,
    lonlat: bool = False,
    expected: int | None = None,
) -> Floats:
    """`values` as a fresh read-only (n, 2) float64 array; what is wrong is added to `problems`."""
    empty = np.empty((0, 2))
    try:
        array = np.array(values, dtype=np.float64, order="C")
    except (TypeError, ValueError):
        problems.append(Problem("points are not pairs of numbers"))
        return empty
    if array.size == 0:
        array = empty
    if array.ndim != 2 or array.shape[1] != 2:
        problems.append(Problem(f"points have shape {array.shape}", fix="give an n x 2 array"))
        return empty
    if expected is not None and len(array) != expected:
        problems.append(Problem(f"{len(array)} points for a matrix of {expected} stops"))
    bad = ~np.isfinite(array).all(axis=1)
    fix = "give finite numbers"
    if lonlat:
        bad |= ~(np.abs(array) <= (180.0, 90.0)).all(axis=1)
        fix = "give [lon, lat] in degrees, longitude first"
    problems += listed(
        np.flatnonzero(bad),
        lambda k: Problem(f"{array[k].tolist()} is not a place", f"points[{k}]", fix),
        what="bad points",
    )
    array.flags.writeable = False
    return array
