"""Graphs from and to SciPy's sparse matrices; for tables see :mod:`.dataframes`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError, Problem
from routesolve.graphs.geodesy import great_circle
from routesolve.graphs.graph import Graph

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Floats = npt.NDArray[np.float64]
Int64s = npt.NDArray[np.int64]


def from_scipy(
    durations: Any,
    distances: Any = None,
    coordinates: npt.ArrayLike | None = None,
    *,
    metrics: Mapping[str, Any] | None = None,
    node_ids: npt.ArrayLike | None = None,
    name: str = "",
) -> Graph:
    """Build a :class:`Graph` from sparse matrices in SciPy's sense of a graph.

    Every stored entry (i, j) is an arc from i to j, also one that is 0; an entry stored twice is
    two parallel arcs (SciPy's own searches agree, its ``sum_duplicates`` does not).

    Parameters
    ----------
    durations
        (n, n) sparse array or matrix of any kind, seconds.
    distances
        The same for metres, entries in the same places; default: straight lines where there are
        coordinates, else the numbers of the durations.
    coordinates
        (n, 2) longitudes and latitudes in degrees.
    metrics
        Further ones by name, e.g. ``{"cost": matrix}``, entries in the same places.
    node_ids, name
        See :class:`Graph`.

    Raises
    ------
    InputError
        Listing everything that is no weight, and every matrix of another shape or with entries in
        other places.
    """
    problems: list[Problem] = []
    tails, heads, seconds = _entries("durations", durations, problems)
    others = {} if distances is None else {"distance": distances}
    values = {}
    for key, matrix in (others | dict(metrics or {})).items():
        rows, columns, entries = _entries(key, matrix, problems)
        same = np.array_equal(rows, tails) and np.array_equal(columns, heads)
        if not same and not problems:
            problems.append(
                Problem(
                    f"{key} has entries in other places than durations",
                    fix="store an entry for every arc, also where it is 0",
                )
            )
        values[key] = entries
    if problems:
        raise InputError(problems)
    points = None if coordinates is None else np.asarray(coordinates, dtype=np.float64)
    n = durations.shape[0]
    metres = values.pop("distance", None)
    if metres is None:
        known = points is not None and points.shape == (n, 2)
        metres = great_circle(points[tails], points[heads]) if known else seconds  # type: ignore[index]
    return Graph.from_edges(
        tails,
        heads,
        seconds,
        metres,
        points,
        n=n,
        metrics=values,
        node_ids=node_ids,
        name=name,
    )


def _entries(
    what: str, matrix: Any, problems: list[Problem]
) -> tuple[Int64s, Int64s, npt.NDArray[Any]]:
    """Rows, columns and values of a matrix, by rows; equal places in the order they are stored."""
    none = np.empty(0, dtype=np.int64)
    if not hasattr(matrix, "tocoo"):
        problems.append(
            Problem(
                f"{what} is no sparse matrix, but {type(matrix).__name__}",
                fix="give scipy.sparse.csr_array(...): a dense one cannot tell 0 from no arc",
            )
        )
        return none, none, none
    if len(matrix.shape) != 2 or matrix.shape[0] != matrix.shape[1]:
        problems.append(Problem(f"{what} has the shape {matrix.shape}", fix="give n x n"))
        return none, none, none
    entries = matrix.tocoo()
    if entries.data.dtype.kind not in "iufb":
        problems.append(Problem(f"{what} holds {entries.data.dtype}", fix="give real numbers"))
        return none, none, none
    order = np.lexsort((entries.col, entries.row))
    rows, columns = (np.asarray(a, dtype=np.int64)[order] for a in (entries.row, entries.col))
    return rows, columns, entries.data[order]


def to_scipy(graph: Graph, metric: str = "duration") -> csr_array:
    """Return one metric as a sparse array.

    Returns
    -------
    scipy.sparse.csr_array
        (n, n) float64 seconds, metres, or what the metric is measured in; entry e is arc e.
        Weights of 0 are stored, parallel arcs are stored one after the other: SciPy's searches
        take both as they are meant, but ``toarray`` and ``sum_duplicates`` add parallel arcs up.

    Raises
    ------
    InputError
        If there is no such metric.
    """
    from scipy.sparse import csr_array

    if metric not in graph.metrics:
        raise InputError(f"no metric {metric!r}", fix=f"use one of {', '.join(graph.metrics)}")
    # Copies: SciPy sorts and merges in place, and a graph cannot change.
    arrays = real(graph, metric), graph.heads.copy(), graph.indptr.copy()
    return csr_array(arrays, shape=(graph.n, graph.n))


def real(graph: Graph, metric: str) -> Floats:
    """(m,) seconds, metres, or what else a metric is measured in."""
    # Dividing by 1000 is correctly rounded where multiplying by 0.001 is not.
    unit = graph.units[metric]
    steps = round(1.0 / unit)
    whole = steps and abs(steps * unit - 1.0) < 1e-12
    weights = graph.metrics[metric].astype(np.float64)
    return weights / steps if whole else weights * unit
