"""Travel matrices from a file of their own."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError, Problem
from routesolve.graphs import _npz
from routesolve.graphs._arrays import listed
from routesolve.graphs.matrices import ExplicitTravel
from routesolve.graphs.providers.base import Floats, MatrixProvider, TravelTable, places
from routesolve.graphs.providers.cache import TableCache

NAMES = ("durations", "distances")
POINTS = "points"
NEAR = 1e-6
"""Degrees by which a place may be off the one that a file names for its row: about 10 cm."""

_FIX = "give .npz or .json with 'durations' and 'distances', or .csv with one number a cell"
_ZIP, _NPY = b"PK\x03\x04", b"\x93NUMPY"


def is_matrix_file(path: str | os.PathLike[str]) -> bool:
    """Whether a file holds matrices (told by its content) rather than a street network."""
    with open(path, "rb") as stream:
        head = stream.read(1 << 16)
    if head.startswith(_ZIP):
        try:
            with zipfile.ZipFile(path) as archive:
                return bool({f"{name}.npy" for name in NAMES} & set(archive.namelist()))
        except (zipfile.BadZipFile, OSError):
            return False
    if head.startswith(_NPY) or head.lstrip()[:1] == b"{":
        return True
    return _is_table(head)


def _is_table(head: bytes) -> bool:
    """Whether a text begins with a row of a matrix, not with an edge of two or three numbers."""
    lines = [line for line in head.split(b"\n") if line.strip()]
    cells = lines[0].split(b",") if lines else []
    try:
        [float(cell) for cell in cells]
    except ValueError:
        return False
    return len(cells) > 3 or (0 < len(cells) == len(lines))


def read_matrices(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read ``durations`` (s) and ``distances`` (m), each (n, n), from .npz, .npy, .json or .csv.

    A .npy file and a CSV file without header hold one matrix, taken for both. ``points`` (n, 2),
    the places of the rows, is read where it is given. The kind of file is recognised by its
    content.

    Raises
    ------
    InputError
        When the file is absent, of another kind, or holds neither matrix.
    """
    path = Path(path)
    try:
        with path.open("rb") as stream:
            head = stream.read(64)
    except OSError as error:
        raise InputError(
            f"cannot read the matrix: {error.strerror}", where=str(path), fix="check the file name"
        ) from None
    try:
        found = _read(path, head)
    except InputError:
        raise
    except (ValueError, OSError, EOFError, TypeError) as error:
        raise InputError(f"no matrix can be read: {error}", where=str(path), fix=_FIX) from None
    if not any(name in found for name in NAMES):
        raise InputError(
            "holds neither 'durations' nor 'distances'", where=str(path), fix="name them so"
        )
    return found


def _read(path: Path, head: bytes) -> dict[str, Any]:
    wanted = (*NAMES, POINTS)
    if head.startswith(_ZIP):
        arrays = _npz.read(path, what="matrix", fix=_FIX, memory_map=False)
        return {name: arrays[name] for name in wanted if name in arrays}
    if head.startswith(_NPY):
        with path.open("rb") as stream:
            return {"durations": np.load(stream, allow_pickle=False)}
    if head.lstrip()[:1] == b"{":
        document = json.loads(path.read_text("utf-8"))
        return {name: document[name] for name in wanted if document.get(name) is not None}
    return {"durations": np.loadtxt(path, delimiter=",", ndmin=2)}


class FileProvider(MatrixProvider):
    """Matrices read from a file; rows are in the order of the places.

    Parameters
    ----------
    source
        See :func:`read_matrices`.
    profile
        Has no meaning here.
    cache
        Nothing is kept: the file is there already.

    Raises
    ------
    InputError
        If the file holds no valid matrices, with all that is wrong; if a profile is given.
    """

    def __init__(
        self,
        source: str | os.PathLike[str],
        *,
        profile: str | None = None,
        cache: bool | TableCache = True,
    ) -> None:
        self.path = Path(source)
        if profile is not None:
            raise InputError(
                f"a matrix file has no profile {profile!r}",
                where=str(self.path),
                fix="leave the profile away",
            )
        found = read_matrices(self.path)
        try:
            self._points = places(points=found.pop(POINTS))[0] if POINTS in found else None
            self._matrices = {name: _numbers(values) for name, values in found.items()}
            self._whole = ExplicitTravel(**self._matrices, points=self._points)
        except InputError as error:
            raise error.within(str(self.path)) from None

    @property
    def description(self) -> str:
        """The name of the file."""
        return f"matrices of {self.path.name}"

    def travel(self, points_lonlat: npt.ArrayLike) -> ExplicitTravel:
        """Travel between all places, which are the rows of the file in their order.

        Raises
        ------
        InputError
            If there are more or fewer places than rows, or the file names other places.
        """
        (points,) = places(points=points_lonlat)
        if len(points) != self._whole.n:
            raise InputError(
                f"{len(points)} places, but matrices of {self._whole.n} rows",
                where=str(self.path),
                fix="give one row for each place, in the same order",
            )
        if self._points is not None:
            apart = np.abs(points - self._points).max(axis=1, initial=0.0)
            _refuse(self.path, points, apart > NEAR, "is not the place of its row")
        return ExplicitTravel(**self._matrices, points=points, description=self.description)

    def table(
        self, sources_lonlat: npt.ArrayLike, targets_lonlat: npt.ArrayLike | None = None
    ) -> TravelTable:
        """Travel between places that the file names; see :meth:`MatrixProvider.table`.

        Raises
        ------
        InputError
            If the file does not say which places its rows are, or knows some of these not.
        """
        if self._points is None:
            raise InputError(
                "does not say which places its rows are",
                where=str(self.path),
                fix="add 'points', the longitude and latitude of each row, or give all places to "
                "travel() in the order of the rows",
            )
        targets_lonlat = sources_lonlat if targets_lonlat is None else targets_lonlat
        sources, targets = places(sources=sources_lonlat, targets=targets_lonlat)
        rows, columns = self.rows(sources), self.rows(targets)
        pairs = np.ix_(rows, columns)
        untold = np.full(len(rows), np.nan), np.full(len(columns), np.nan)
        return TravelTable(self._whole.durations[pairs], self._whole.distances[pairs], *untold)

    @property
    def names_places(self) -> bool:
        """Whether the file says which places its rows are."""
        return self._points is not None

    def rows(self, points_lonlat: npt.ArrayLike) -> npt.NDArray[np.intp]:
        """The row of each place, where the file names them.

        Raises
        ------
        InputError
            With every place that is not in the file.
        """
        from scipy.spatial import cKDTree

        (points,) = places(points=points_lonlat)
        assert self._points is not None
        apart, rows = cKDTree(self._points).query(points, p=np.inf)
        _refuse(self.path, points, np.asarray(apart) > NEAR, "is not in this file")
        return np.asarray(rows, dtype=np.intp)


def _refuse(path: Path, points: Floats, bad: npt.NDArray[np.bool_], what: str) -> None:
    """InputError that names the bad places, if there are any."""
    problems = listed(
        np.flatnonzero(bad),
        lambda k: Problem(
            f"{points[k].tolist()} {what}",
            f"{path} points[{k}]",
            "compute the matrices for these places, in this order",
        ),
        what="other places",
    )
    if problems:
        raise InputError(problems)


def _numbers(values: Any) -> Any:
    """Matrices as numbers: ``null`` in a JSON file is no way."""
    if isinstance(values, list):
        return [
            [np.inf if x is None else x for x in row] if isinstance(row, list) else row
            for row in values
        ]
    return values
