"""Pools: areas with many places and the full tables of travel between them.

Training and evaluation draw their problems from pools, so that no road has to be looked at while
they run. A pool comes from OSRM, from our own networks, or from made-up ones, all alike.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

import routesolve
from routesolve.errors import InputError, Problem
from routesolve.files import written_whole
from routesolve.graphs import _npz
from routesolve.graphs.providers.base import MatrixProvider, tiles
from routesolve.solvers.neural.synthetic import points_on_streets, synthetic_streets

Floats = npt.NDArray[np.float64]
Int32s = npt.NDArray[np.int32]

FORMAT = "routesolve-pool"
VERSION = 1
STEP = 0.1
"""Seconds and metres per unit of the stored tables: what OSRM reports."""
NO_WAY = -1
SIDE = 500
"""Rows and columns of one question to a provider."""
ARRAYS = ("points", "durations", "distances")
TEXTS = ("name", "source", "licence", "engine", "version", "profile")


@dataclass(frozen=True, eq=False)
class Area:
    """Places of one town and the travel between all of them.

    Attributes
    ----------
    points : numpy.ndarray
        (p, 2) float64 longitudes and latitudes in degrees.
    durations, distances : numpy.ndarray
        (p, p) int32 in steps of 0.1 s and 0.1 m along the fastest way; -1 = no way.
    name, source, licence
        What it is, where it comes from, and under which terms.
    engine, version, profile
        Who found the ways, and for whom.

    Raises
    ------
    InputError
        If the tables are not those of the points.
    """

    points: Floats
    durations: Int32s
    distances: Int32s
    name: str = ""
    source: str = ""
    licence: str = ""
    engine: str = ""
    version: str = ""
    profile: str = ""

    def __post_init__(self) -> None:
        if problems := list(self._problems()):
            raise InputError(problems)
        for key in ARRAYS:
            getattr(self, key).flags.writeable = False

    def _problems(self) -> Iterable[Problem]:
        p = len(self.points)
        if self.points.shape != (p, 2) or self.points.dtype != np.float64:
            yield Problem(f"{self.name}: points are not pairs of numbers")
            return
        if not np.isfinite(self.points).all() or (np.abs(self.points) > (180.0, 90.0)).any():
            yield Problem(f"{self.name}: points that are no places on Earth")
        for key in ("durations", "distances"):
            table = getattr(self, key)
            if table.shape != (p, p) or table.dtype != np.int32:
                yield Problem(f"{self.name}: {key} are not a table of {p} x {p} whole numbers")
            elif p and (table.min() < NO_WAY or np.diagonal(table).any()):
                yield Problem(f"{self.name}: {key} that no travel takes")

    @property
    def size(self) -> int:
        """Number of places."""
        return len(self.points)

    @property
    def connected(self) -> bool:
        """Whether there is a way from everywhere to everywhere."""
        return not ((self.durations == NO_WAY).any() or (self.distances == NO_WAY).any())

    @property
    def asymmetry(self) -> float:
        """Mean over pairs of how much longer one way takes, as a share of the mean of both."""
        there = self.durations.astype(np.float64)
        both, apart = there + there.T, np.abs(there - there.T)
        pairs = np.triu(both > 0, 1)
        return float(np.mean(2 * apart[pairs] / both[pairs])) if pairs.any() else 0.0

    def __repr__(self) -> str:
        return f"<Area {self.name!r}: {self.size} places, {self.engine} {self.version}>"


@dataclass(frozen=True, eq=False)
class Pool:
    """Areas to draw problems from.

    Attributes
    ----------
    areas : tuple of Area
        At least one.
    """

    areas: tuple[Area, ...] = field(default_factory=tuple)

    def __post_init__(self) -> None:
        if not self.areas:
            raise InputError("a pool without areas", fix="give at least one")

    @property
    def largest(self) -> int:
        """Places of the largest area."""
        return max(area.size for area in self.areas)

    def save(self, path: str | os.PathLike[str], *, compressed: bool = True) -> None:
        """Write all areas to one ``.npz`` file, whole or not at all.

        Parameters
        ----------
        path
            The file.
        compressed
            Pack it, to a bit more than half the room, in some seconds an area; otherwise tables are
            mapped into memory when it is loaded.

        Raises
        ------
        InputError
            If the file cannot be written.
        """
        about = [{key: getattr(area, key) for key in TEXTS} for area in self.areas]
        meta = {"format": FORMAT, "version": VERSION, "step": STEP, "areas": about}
        text = json.dumps(meta, ensure_ascii=False).encode()
        arrays: dict[str, npt.NDArray[Any]] = {"meta": np.frombuffer(text, np.uint8)}
        for i, area in enumerate(self.areas):
            arrays |= {f"{i}.{key}": getattr(area, key) for key in ARRAYS}
        with written_whole(path) as stream:
            _npz.write(stream, arrays, packed=compressed)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Pool:
        """Read what :meth:`save` wrote.

        Raises
        ------
        InputError
            If the file is missing, damaged, of a later version, or something else.
        """
        fix = "build it again: routesolve neural data build"
        arrays = _npz.read(path, what="pool", fix=fix)
        try:
            meta = json.loads(arrays["meta"].tobytes().decode())
            if meta["format"] != FORMAT:
                raise InputError("not a saved pool", fix=fix)
            if meta["version"] > VERSION:
                raise InputError(
                    f"written by a later version (format {meta['version']}, this one reads "
                    f"{VERSION})",
                    fix="upgrade routesolve",
                )
            return cls(tuple(_area(arrays, i, about) for i, about in enumerate(meta["areas"])))
        except InputError as error:
            raise error.within(str(path)) from error
        except _npz.DAMAGE as error:
            raise InputError(
                f"not a saved pool, or damaged: {error!r}", where=str(path), fix=fix
            ) from error

    def __repr__(self) -> str:
        return f"<Pool: {len(self.areas)} areas, {sum(a.size for a in self.areas)} places>"


def build_area(
    provider: MatrixProvider,
    points_lonlat: npt.ArrayLike,
    *,
    name: str = "",
    source: str = "",
    licence: str = "",
    engine: str = "",
    version: str = "",
    profile: str = "car",
    max_snap: float = 200.0,
    side: int = SIDE,
    on_progress: Callable[[int, int], None] | None = None,
) -> Area:
    """Ask a provider for all travel between places, piece by piece.

    Places far from any street are left out, then places cut off from most others, until there is a
    way from everywhere to everywhere. Negative answers count as none.

    Parameters
    ----------
    provider
        Own networks, OSRM in process or over HTTP, or any other.
    points_lonlat
        (p, 2) longitudes and latitudes in degrees.
    name, source, licence, engine, version, profile
        See :class:`Area`; default: what the provider says of itself, and the version of this
        package.
    max_snap
        Metres from a place to its street from which on it is left out.
    side
        Rows and columns of one question.
    on_progress
        Told how many questions have been answered, of how many.

    Raises
    ------
    InputError
        With every coordinate that is no place on Earth, or if fewer than two places are left.
    RoutingError
        If the provider does not answer.
    """
    points = np.array(points_lonlat, dtype=np.float64).reshape(-1, 2)
    p = len(points)
    durations, distances = np.full((p, p), np.inf), np.full((p, p), np.inf)
    snaps = np.zeros(p)
    questions = list(tiles(slice(0, p), slice(0, p), side)) if p else []
    for k, (rows, columns) in enumerate(questions):
        part = provider.table(points[rows], points[columns])
        durations[rows, columns], distances[rows, columns] = part.durations, part.distances
        snaps[rows] = np.where(np.isnan(part.source_snaps), 0.0, part.source_snaps)
        if on_progress is not None:
            on_progress(k + 1, len(questions))
    for table in (durations, distances):
        np.fill_diagonal(table, 0.0)
    known = np.isfinite(durations) & np.isfinite(distances)
    # OSRM answers with negative metres for some pairs, mostly near each other on one street.
    known &= (durations >= 0) & (distances >= 0)
    kept = _connected(known, snaps <= max_snap)
    if len(kept) < 2:
        raise InputError(
            f"{len(kept)} of {p} places have ways to each other",
            where=name or provider.description,
            fix="give places on streets that are connected",
        )
    pairs = np.ix_(kept, kept)
    return Area(
        points[kept],
        _steps(durations[pairs]),
        _steps(distances[pairs]),
        name=name or provider.description,
        source=source or provider.description,
        licence=licence,
        engine=engine or type(provider).__name__,
        version=version or f"routesolve {routesolve.__version__}",
        profile=profile,
    )


def synthetic_area(seed: int, *, places: int = 1000, side: int = 40) -> Area:
    """An area of a made-up town, its ways found by our own network.

    Parameters
    ----------
    seed
        The same seed gives the same area.
    places
        How many.
    side
        Of the town, see :func:`~routesolve.solvers.neural.synthetic.synthetic_streets`.
    """
    from routesolve.graphs.network import RoadNetwork
    from routesolve.graphs.providers.network import NetworkProvider

    graph = synthetic_streets(seed, side=side)
    provider = NetworkProvider(RoadNetwork(graph).indexed(), cache=False)
    return build_area(
        provider,
        points_on_streets(graph, places, seed=seed),
        name=graph.name,
        source=graph.source,
        licence=graph.licence,
        engine="routesolve",
        version=routesolve.__version__,
        side=max(places, SIDE),
    )


def synthetic_pool(seeds: Sequence[int], *, places: int = 1000, side: int = 40) -> Pool:
    """A pool of made-up towns, one for each seed; see :func:`synthetic_area`."""
    return Pool(tuple(synthetic_area(seed, places=places, side=side) for seed in seeds))


def join(pools: Iterable[Pool]) -> Pool:
    """One pool of the areas of several."""
    return Pool(tuple(area for pool in pools for area in pool.areas))


def renamed(area: Area, **texts: str) -> Area:
    """The same area with other names, terms or versions."""
    return dataclasses.replace(area, **texts)  # type: ignore[arg-type]


def first(area: Area, count: int) -> Area:
    """The first places of an area, or all of them."""
    tables = (np.ascontiguousarray(t[:count, :count]) for t in (area.durations, area.distances))
    durations, distances = tables
    return dataclasses.replace(
        area, points=area.points[:count].copy(), durations=durations, distances=distances
    )


def _area(arrays: _npz.Arrays, number: int, about: dict[str, Any]) -> Area:
    """One area of a file."""
    parts: dict[str, Any] = {key: arrays[f"{number}.{key}"] for key in ARRAYS}
    parts |= {key: str(about[key]) for key in TEXTS}
    return Area(**parts)


def _connected(ways: npt.NDArray[np.bool_], near: npt.NDArray[np.bool_]) -> npt.NDArray[np.intp]:
    """Places left when the one with the fewest ways has been dropped until none is missing."""
    both = (ways & near & near[:, None]).astype(np.int64)
    both += both.T
    count, kept = both.sum(axis=0), near.copy()
    while kept.any():
        worst = int(np.argmin(np.where(kept, count, count.max() + 1)))
        if count[worst] == 2 * kept.sum():
            break
        kept[worst] = False
        count = count - both[worst]
    return np.flatnonzero(kept)


def _steps(values: Floats) -> Int32s:
    """Seconds or metres as whole steps."""
    return np.ascontiguousarray(np.rint(values / STEP), dtype=np.int32)
