"""OSRM in process, through ``osrm-bindings`` (Python >= 3.12)."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
import weakref
from functools import cached_property
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError, MissingExtra, Problem, RoutingError
from routesolve.graphs._arrays import listed
from routesolve.graphs.providers.base import (
    Floats,
    RoadProvider,
    TravelTable,
    drawn,
    osrm_numbers,
    tiles,
)
from routesolve.graphs.providers.cache import TableCache, cache_folder
from routesolve.graphs.providers.osrm_data import PROFILES, build_dataset, dataset_name

SIDE = 1000
"""Rows and columns of one call: its answer is Python objects, some 100 bytes an entry."""
KEPT = 1 << 16
"""Entries from which on a table is kept: a quarter of a second of work."""

_ALGORITHMS = {"MLD": ".mldgr", "CH": ".hsgr"}
_UNLIMITED = -1


class OsrmProvider(RoadProvider):
    """Tables and routes of OSRM, in this process.

    A dataset is built from an extract once, and kept in the cache folder under the content of the
    extract, the profile and the version of OSRM.

    Parameters
    ----------
    source
        An OpenStreetMap extract (``.osm.pbf``, ``.osm.bz2``, ``.osm``), or the base path of a
        dataset that OSRM has built (``region.osrm``).
    profile
        ``"car"`` (default), ``"bicycle"`` or ``"foot"``, of OSRM; for an extract.
    cache
        Whether large tables are kept on disk, and where. With ``False``, or when nothing is kept
        at all (``ROUTESOLVE_CACHE=off``), a dataset lives as long as the provider.

    Raises
    ------
    MissingExtra
        If ``osrm-bindings`` is not installed.
    InputError
        If the file or the profile does not exist, or OSRM cannot read it.
    RoutingError
        If the dataset cannot be built or opened.
    """

    def __init__(
        self,
        source: str | os.PathLike[str],
        *,
        profile: str | None = None,
        cache: bool | TableCache = True,
    ) -> None:
        if find_spec("osrm") is None:
            raise MissingExtra(
                "osrm", "OSRM in process needs osrm-bindings, and these need Python >= 3.12"
            )
        super().__init__(cache=cache)
        self.source = Path(source)
        self.profile = profile or "car"
        if self.profile not in PROFILES:
            raise InputError(
                f"there is no profile {profile!r}", fix=f"use one of {', '.join(PROFILES)}"
            )
        self._opened: list[Any] = []
        self._built = self.source.name.endswith(".osrm")
        if self._built:
            if profile is not None:
                raise InputError(
                    f"a dataset has its profile already, not {profile!r}",
                    where=str(source),
                    fix="leave the profile away, or give the extract",
                )
            self._base = self.source
        else:
            self._base = self._dataset(keep=self._cache is not None)
        self._algorithm = _algorithm(self._base)

    @property
    def description(self) -> str:
        """The profile and the name of the extract."""
        profile = "" if self._built else f" ({self.profile})"
        return f"fastest roads of OSRM{profile} on {self.source.name}"

    @cached_property
    def identity(self) -> str:
        """The dataset: by its key, or by the sizes and times of its files."""
        if not self._built:
            return f"osrm {self._base.parent.name}"
        total = hashlib.blake2b(digest_size=16)
        for file in sorted(self._base.parent.glob(f"{self._base.name}.*")):
            about = file.stat()
            total.update(f"{file} {about.st_size} {about.st_mtime_ns};".encode())
        return f"osrm {version('osrm-bindings')} {total.hexdigest()}"

    @property
    def _engine(self) -> Any:
        if not self._opened:
            self._opened.append(self._open())
            # Also before Python ends: what is open then counts as leaked, and OSRM says so.
            weakref.finalize(self, self._opened.clear)
        return self._opened[0]

    def _open(self) -> Any:
        try:
            return import_module("osrm").OSRM(
                algorithm=self._algorithm,
                storage_config=str(self._base),
                use_shared_memory=False,
                max_locations_distance_table=_UNLIMITED,
                max_locations_viaroute=_UNLIMITED,
            )
        except RuntimeError as error:
            raise RoutingError(
                f"OSRM cannot open this dataset: {error}",
                where=str(self._base),
                fix=f"build it with OSRM {version('osrm-bindings')}, or give the .osm.pbf file"
                if self._built
                else f"remove {self._base.parent}",
            ) from None

    def __getstate__(self) -> dict[str, Any]:
        """All but the engine, which each process opens for itself."""
        return {**self.__dict__, "_opened": []}

    def line(self, start: npt.ArrayLike, end: npt.ArrayLike) -> Floats:
        """The streets from one place to another; see :meth:`RoadProvider.line`."""
        points = np.array([start, end], dtype=np.float64)
        parameters = import_module("osrm").RouteParameters(
            coordinates=_pairs(points), geometries="geojson", overview="full", generate_hints=False
        )
        try:
            answer = self._engine.Route(parameters)
        except RuntimeError as error:
            raise self._refused(error, points) from None
        return drawn([list(point) for point in answer["routes"][0]["geometry"]["coordinates"]])

    def _worth_keeping(self, sources: int, targets: int) -> bool:
        return sources * targets >= KEPT

    def _ask(self, sources: Floats, targets: Floats) -> TravelTable:
        table = TravelTable.empty(len(sources), len(targets))
        everything = slice(0, len(sources)), slice(0, len(targets))
        for rows, columns in tiles(*everything, SIDE):
            table.fill(rows, columns, self._part(sources[rows], targets[columns]))
        return table

    def _part(self, sources: Floats, targets: Floats) -> TravelTable:
        points, s = np.concatenate([sources, targets]), len(sources)
        parameters = import_module("osrm").TableParameters(
            coordinates=_pairs(points),
            sources=list(range(s)),
            destinations=list(range(s, len(points))),
            annotations=["duration", "distance"],
            generate_hints=False,
        )
        try:
            answer = self._engine.Table(parameters)
        except RuntimeError as error:
            raise self._refused(error, points) from None
        return TravelTable(
            *(_matrix(answer[name]) for name in ("durations", "distances")),
            *(
                np.array([place["distance"] for place in answer[name]], dtype=np.float64)
                for name in ("sources", "destinations")
            ),
        )

    def _refused(self, error: RuntimeError, points: Floats) -> RoutingError:
        """What OSRM says, with every place that it finds no street for."""
        if str(error).startswith("NoSegment"):
            strays = [k for k in range(len(points)) if self._is_stray(points[k])]
            problems = listed(
                np.unique(points[strays], axis=0),
                lambda p: Problem(
                    f"no street near {p.tolist()}", fix="move it, or use an extract that covers it"
                ),
                what="places without a street",
            )
            if problems:
                return RoutingError(problems)
        if str(error).startswith("NoRoute"):
            ends = " to ".join(str(point) for point in points.tolist())
            return RoutingError(f"no road leads from {ends}", where=str(self.source))
        return RoutingError(f"OSRM refuses: {re.sub(r'^Invalid', 'invalid', str(error))}")

    def _is_stray(self, point: Floats) -> bool:
        parameters = import_module("osrm").NearestParameters(coordinates=_pairs(point[None]))
        try:
            self._engine.Nearest(parameters)
        except RuntimeError:
            return True
        return False

    def _dataset(self, *, keep: bool) -> Path:
        """Base path of the dataset of an extract, built if need be."""
        name = dataset_name(self.source, self.profile)
        folder = cache_folder() if keep else None
        if folder is None:
            folder = Path(tempfile.mkdtemp(prefix="routesolve-osrm-"))
            weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        return build_dataset(self.source, self.profile, folder / "osrm" / name)


def _algorithm(base: Path) -> str:
    """How a dataset was prepared, told by its files."""
    for algorithm, suffix in _ALGORITHMS.items():
        if base.with_name(base.name + suffix).exists():
            return algorithm
    raise InputError(
        "no dataset of OSRM is here",
        where=str(base),
        fix="name the base path of the files that osrm-customize or osrm-contract has written, "
        "such as region.osrm, or give the .osm.pbf file",
    )


def _pairs(points: Floats) -> list[tuple[float, float]]:
    return [(lon, lat) for lon, lat in points.tolist()]


def _matrix(rows: Any) -> Floats:
    """Nested arrays of OSRM, ``None`` = no way, as numbers."""
    return osrm_numbers(np.array([list(row) for row in rows], dtype=np.float64))
