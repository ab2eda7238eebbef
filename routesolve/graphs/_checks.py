"""What has to hold of the arrays of a graph."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError, Problem
from routesolve.graphs._arrays import listed

if TYPE_CHECKING:
    from routesolve.graphs.graph import Graph

UNITS: Mapping[str, float] = MappingProxyType({"duration": 1e-3, "distance": 1e-3})
"""What one integer step of a metric is worth: milliseconds in seconds, millimetres in metres."""

STEP = 1e-3
"""Worth of one step of a further metric."""

MAX_WEIGHT = 2**31 - 1
"""Largest weight of one arc: 24.8 days, 2147 km. Sums of weights are always int64."""


def ids(what: str, values: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Node numbers as a plain array; InputError when they are something else."""
    array: npt.NDArray[Any] = np.asarray(values)
    if array.size == 0:
        return np.empty(0, dtype=np.int64)
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise InputError(f"{what} is not a list of node numbers", fix="give a 1-d integer array")
    return array.astype(np.int64)


def size_problems(m: int, sizes: Mapping[str, int]) -> list[Problem]:
    """Parts of a graph that do not have one entry for each of its m arcs."""
    return [
        Problem(f"{m} tails but {size} entries in {key}")
        for key, size in sizes.items()
        if size != m
    ]


def id_problems(what: str, ids: npt.NDArray[np.int64], n: int) -> list[Problem]:
    """Nodes that are not among 0 .. n - 1."""
    return listed(
        np.flatnonzero((ids < 0) | (ids >= n)),
        lambda arc: Problem(
            f"node {ids[arc]} does not exist",
            f"{what}[{arc}]",
            f"use 0 .. {n - 1}" if n else "the graph has no nodes",
        ),
        what=f"bad ids in {what}",
    )


def weight_problems(
    what: str, values: npt.NDArray[np.float64], steps: npt.NDArray[np.float64]
) -> list[Problem]:
    """Weights that are negative, too large, or no numbers."""
    # -0.0004 s rounds to zero steps, but is still a mistake.
    good = (values >= 0) & (steps <= MAX_WEIGHT)
    return listed(
        np.flatnonzero(~good),
        lambda arc: Problem(
            f"{what} {values[arc]:g}",
            f"arc {arc}",
            f"give a number from 0 to {MAX_WEIGHT * UNITS.get(what, STEP):.0f}",
        ),
        what=f"bad {what}s",
    )


def structure_problems(graph: Graph) -> list[Problem]:
    """Everything about the arrays that would make later code read outside of them."""
    problems = []
    indptr, n, m = graph.indptr, graph.n, graph.m
    if n < 0 or indptr[0] != 0 or indptr[-1] != m or (np.diff(indptr) < 0).any():
        problems.append(Problem("row pointers do not describe the arcs"))
    if m and (graph.heads.min() < 0 or graph.heads.max() >= n):
        problems.append(Problem("an arc ends in a node that does not exist"))
    for key in UNITS:
        if key not in graph.metrics:
            problems.append(Problem(f"no metric {key!r}"))
    for key, weights in graph.metrics.items():
        if weights.shape != (m,) or (m and weights.min() < 0):
            problems.append(Problem(f"metric {key!r} is not one weight >= 0 per arc"))
        if not graph.units.get(key, 0.0) > 0.0:
            problems.append(Problem(f"metric {key!r} has no unit"))
    if graph.node_ids.shape != (n,):
        problems.append(Problem(f"{graph.node_ids.size} node ids for {n} nodes"))
    for key, labels in graph.edge_attributes.items():
        codes = labels.codes
        fits = codes.shape == (m,)
        if not fits or (m and (codes.min() < -1 or codes.max() >= len(labels.table))):
            problems.append(Problem(f"edge attribute {key!r} is not one label per arc"))
    if graph.geometry is not None:
        ends = graph.geometry.indptr
        total = len(graph.geometry.points)
        if ends.shape != (m + 1,) or ends[0] != 0 or ends[-1] != total or (np.diff(ends) < 0).any():
            problems.append(Problem("geometry is not one polyline per arc"))
        if not (np.abs(graph.geometry.points) <= (180.0, 90.0)).all():
            problems.append(Problem("geometry has points that are no longitude and latitude"))
    problems += coordinate_problems(graph)
    return problems


def coordinate_problems(graph: Graph) -> list[Problem]:
    """Coordinates that are no places on Earth."""
    points = graph.coordinates
    if points is None:
        return []
    if points.shape != (graph.n, 2):
        return [Problem(f"coordinates of shape {points.shape} for {graph.n} nodes", fix="n x 2")]
    return listed(
        np.flatnonzero(~(np.abs(points) <= (180.0, 90.0)).all(axis=1)),
        lambda v: Problem(
            f"{points[v].tolist()} is no longitude and latitude",
            f"node {graph.node_ids[v]}",
            "give degrees; a projected graph must be taken back to EPSG:4326 first",
        ),
        what="bad coordinates",
    )
