"""Graphs of the 9th DIMACS Implementation Challenge: ``.gr`` arcs, ``.co`` coordinates.

C. Demetrescu, A. Goldberg, D. Johnson (eds.), "The Shortest Path Problem: Ninth DIMACS
Implementation Challenge", AMS 2009. One file holds one weight per arc, in whatever unit its makers
chose; nodes are numbered from 1. Files without the line ``p sp NODES ARCS`` are read as well: there
the nodes are numbered from 0 if any arc says so.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError
from routesolve.graphs.geodesy import great_circle
from routesolve.graphs.graph import MAX_WEIGHT, Graph
from routesolve.graphs.readers._compressed import read_text
from routesolve.graphs.readers._numbers import first_bad_line, numbers

Path_ = str | os.PathLike[str]

_ARCS = re.compile(rb"^p[ \t]+sp[ \t]+(\d+)[ \t]+(\d+)[ \t]*\r?$", re.MULTILINE)
_BARE = re.compile(rb"(?:[c%].*\r?\n)*a[ \t]+\d+[ \t]+\d+[ \t]+-?\d+[ \t]*\r?\n")
_NODES = re.compile(rb"^p[ \t]+aux[ \t]+sp[ \t]+co[ \t]+(\d+)[ \t]*\r?$", re.MULTILINE)


def read_dimacs(
    path: Path_,
    *,
    coordinates: Path_ | None = None,
    distances: Path_ | None = None,
    metric: Literal["duration", "distance"] = "duration",
    unit: float = 1.0,
    distance_unit: float = 1.0,
    name: str | None = None,
) -> Graph:
    """Read a ``.gr`` file, and what belongs to it.

    Parameters
    ----------
    path
        The arcs.
    coordinates
        A ``.co`` file: longitudes and latitudes in millionths of a degree.
    distances
        A second ``.gr`` file with the same arcs in the same order: its weights are the distances.
    metric
        What the weights of `path` mean. The other metric comes from `distances`, else from the
        straight lines between the coordinates, else it is the same numbers.
    unit, distance_unit
        Seconds (or metres) that one step of the weights of `path` and of `distances` is worth.
        Weights are kept as they are: only what is reported is scaled.
    name
        Name of the network; default: that of the file.

    Raises
    ------
    InputError
        If a file is missing, damaged, of another kind, or contradicts itself or the others; with
        its line.
    """
    if metric not in ("duration", "distance"):
        raise InputError(f"unknown metric {metric!r}", fix='use "duration" or "distance"')
    if not (unit > 0 and distance_unit > 0):
        raise InputError("a unit is not greater than 0")
    n, rows = _arcs(path)
    points = None if coordinates is None else _points(coordinates, n)
    other: npt.NDArray[np.int64] = rows[:, 2]
    other_unit = unit
    if distances is not None:
        count, more = _arcs(distances)
        if metric == "distance" or count != n or not np.array_equal(more[:, :2], rows[:, :2]):
            raise InputError(
                f"not the arcs of {path} in the same order",
                where=str(distances),
                fix="give durations first, and distances of the same network",
            )
        other, other_unit = more[:, 2], distance_unit
    elif points is not None and metric == "duration":
        metres = great_circle(points[rows[:, 0] - 1], points[rows[:, 1] - 1])
        # Millimetres, as everywhere, unless an arc spans more of the Earth than these can say.
        other_unit = 1e-3 if metres.max(initial=0.0) < MAX_WEIGHT * 1e-3 else 1.0
        other = np.rint(metres / other_unit).astype(np.int64)
    order = np.argsort(rows[:, 0], kind="stable")
    indptr = np.zeros(n + 1, dtype=np.int64)
    np.cumsum(np.bincount(rows[:, 0] - 1, minlength=n), out=indptr[1:])
    second = "distance" if metric == "duration" else "duration"
    return Graph(
        indptr=indptr,
        heads=(rows[order, 1] - 1).astype(np.int32),
        metrics={metric: rows[order, 2].astype(np.int32), second: other[order].astype(np.int32)},
        units={metric: unit, second: other_unit},
        coordinates=points,
        node_ids=np.arange(1, n + 1),
        name=Path(path).name.split(".")[0] if name is None else name,
        source="DIMACS",
    )


def _arcs(path: Path_) -> tuple[int, npt.NDArray[np.int64]]:
    """Number of nodes, and (m, 3) tails and heads from 1, weights."""
    where, text = str(path), read_text(path)
    header = _ARCS.search(text)
    if header is None and _BARE.match(text) is None:
        raise InputError("not a DIMACS graph: no line 'p sp NODES ARCS'", where=where)
    if header is None:
        rows = _rows(text, 0, b"a", None, where)
        n = int(rows[:, :2].max()) + 1
        if rows[:, :2].min() == 0:
            rows[:, :2] += 1
        else:
            n -= 1
    else:
        n = int(header[1])
        rows = _rows(text, header.end(), b"a", int(header[2]), where)
    bad = (rows[:, :2] < 1) | (rows[:, :2] > n)
    if bad.any():
        arc = int(np.flatnonzero(bad.any(axis=1))[0])
        raise InputError(
            f"arc {arc + 1} joins {rows[arc, 0]} and {rows[arc, 1]}, but nodes are 1 .. {n}",
            where=where,
        )
    wrong = np.flatnonzero((rows[:, 2] < 0) | (rows[:, 2] > MAX_WEIGHT))
    if wrong.size:
        raise InputError(
            f"arc {wrong[0] + 1} has the weight {rows[wrong[0], 2]}",
            where=where,
            fix=f"weights are 0 .. {MAX_WEIGHT}",
        )
    return n, rows


def _points(path: Path_, n: int) -> npt.NDArray[np.float64]:
    where, text = str(path), read_text(path)
    header = _NODES.search(text)
    if header is None:
        raise InputError("not DIMACS coordinates: no line 'p aux sp co NODES'", where=where)
    rows = _rows(text, header.end(), b"v", int(header[1]), where)
    if len(rows) != n or not np.array_equal(np.sort(rows[:, 0]), np.arange(1, n + 1)):
        raise InputError(f"does not have each of the nodes 1 .. {n} once", where=where)
    points = np.empty((n, 2))
    points[rows[:, 0] - 1] = rows[:, 1:] / 1e6
    return points


def _rows(
    text: bytes, start: int, mark: bytes, count: int | None, where: str
) -> npt.NDArray[np.int64]:
    """The (count, 3) numbers of the lines from `start` on that begin with `mark`."""
    body = text[start:]
    if b"\nc" in body:
        body = b"\n".join(line for line in body.split(b"\n") if not line.startswith(b"c"))
    values = numbers(body.translate(bytes.maketrans(mark, b" ")), np.int64)
    if values is None or body.count(mark) * 3 != len(values):
        good = re.compile(rb"\s*" + mark + rb"(?:[ \t]+-?\d{1,18}){3}\s*|[cp].*|\s*")
        line, content = first_bad_line(text[start:], good)
        raise InputError(
            f"not a line '{mark.decode()}' and three whole numbers: {content!r}",
            where=f"{where}:{line + text[:start].count(10)}",
        )
    if count is not None and len(values) != count * 3:
        raise InputError(
            f"{len(values) // 3} lines '{mark.decode()}', but the header says {count}",
            where=where,
            fix="the file may be cut off: fetch it again",
        )
    return np.asarray(values.reshape(-1, 3))
