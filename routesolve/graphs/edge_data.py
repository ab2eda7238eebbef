"""What the arcs of a graph carry besides weights: labels from a string table, and polylines."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from routesolve.graphs._arrays import frozen


@dataclass(frozen=True, eq=False)
class Labels:
    """One string per arc, stored as an index into a table.

    Attributes
    ----------
    codes : numpy.ndarray
        (m,) int32, index into `table`; -1 = none.
    table : tuple of str
        The distinct strings.
    """

    codes: npt.NDArray[np.int32]
    table: tuple[str, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "codes", frozen(self.codes, np.int32))
        object.__setattr__(self, "table", tuple(self.table))

    @classmethod
    def encode(cls, values: Iterable[str | None]) -> Labels:
        """Build from one string per arc, ``None`` or empty = none; codes as they first appear."""
        index: dict[str, int] = {}
        codes = [index.setdefault(value, len(index)) if value else -1 for value in values]
        return cls(np.array(codes, dtype=np.int32), tuple(index))

    def __len__(self) -> int:
        return len(self.codes)

    def at(self, arc: int) -> str | None:
        """The label of one arc."""
        code = int(self.codes[arc])
        return None if code < 0 else self.table[code]

    def take(self, arcs: npt.NDArray[np.integer]) -> Labels:
        """The labels of some arcs, in that order; strings nobody uses any more leave the table."""
        codes = self.codes[arcs]
        used = np.unique(codes[codes >= 0])
        renumbered = np.full(
            len(self.table) + 1, -1, dtype=np.int32
        )  # the last slot keeps -1 at -1
        renumbered[used] = np.arange(len(used), dtype=np.int32)
        return Labels(renumbered[codes], tuple(self.table[code] for code in used))


@dataclass(frozen=True, eq=False)
class Polylines:
    """The course of each arc, both ends included; an arc without points is straight.

    Attributes
    ----------
    indptr : numpy.ndarray
        (m + 1,) int64, arc e owns ``points[indptr[e]:indptr[e + 1]]``.
    points : numpy.ndarray
        (p, 2) float64 longitudes and latitudes in degrees.
    """

    indptr: npt.NDArray[np.int64]
    points: npt.NDArray[np.float64]

    def __post_init__(self) -> None:
        object.__setattr__(self, "indptr", frozen(self.indptr, np.int64))
        points = np.asarray(self.points)
        object.__setattr__(self, "points", frozen(points.reshape(-1, 2), np.float64))

    @classmethod
    def from_list(cls, lines: Iterable[npt.ArrayLike | None]) -> Polylines:
        """Build from one (k, 2) polyline, or ``None``, per arc."""
        parts = [
            np.empty((0, 2)) if line is None else np.asarray(line, dtype=np.float64).reshape(-1, 2)
            for line in lines
        ]
        indptr = np.zeros(len(parts) + 1, dtype=np.int64)
        np.cumsum([len(part) for part in parts], out=indptr[1:])
        return cls(indptr, np.concatenate(parts) if parts else np.empty((0, 2)))

    def __len__(self) -> int:
        return len(self.indptr) - 1

    def at(self, arc: int) -> npt.NDArray[np.float64]:
        """The (k, 2) points of one arc; k = 0 for a straight one."""
        return self.points[self.indptr[arc] : self.indptr[arc + 1]]

    def take(self, arcs: npt.NDArray[np.integer]) -> Polylines:
        """The polylines of some arcs, in that order."""
        counts = np.diff(self.indptr)[arcs]
        indptr = np.zeros(len(counts) + 1, dtype=np.int64)
        np.cumsum(counts, out=indptr[1:])
        # Position inside the new block plus where the old block began.
        offsets = np.repeat(self.indptr[:-1][arcs] - indptr[:-1], counts)
        return Polylines(indptr, self.points[np.arange(indptr[-1]) + offsets])
