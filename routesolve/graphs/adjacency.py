"""A graph as the search kernels want it: one metric, heads and weights side by side.

Prepared once per graph and metric and kept with the graph, as its cached properties are.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError
from routesolve.graphs._arrays import frozen
from routesolve.graphs.graph import Graph

Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]

MOST_BUCKETS = 1 << 16
"""More buckets than this no longer fit into a processor's cache, and a heap is the better queue."""

REPORTED = ("duration", "distance")
"""The metrics that every search reports, whatever it minimises."""


@dataclass(frozen=True, eq=False)
class Adjacency:
    """The arcs by one end, each as (other end, weight): one memory access where CSR takes two.

    Attributes
    ----------
    indptr : numpy.ndarray
        (n + 1,) int32; half the memory traffic of the graph's own int64.
    arcs : numpy.ndarray
        (m, 2) int32, the node at the other end and the weight.
    other : numpy.ndarray
        (m,) int32 weights of the metric that decides among paths of equal cost.
    ids : numpy.ndarray
        (m,) int32, which arc of the graph each row is.
    shift : int
        log2 of the width of a bucket.
    buckets : int
        Number of buckets in the circle, a power of two; 0 = use a heap.
    """

    indptr: Int32s
    arcs: Int32s
    other: Int32s
    ids: Int32s
    shift: int
    buckets: int

    @property
    def n(self) -> int:
        """Number of nodes."""
        return len(self.indptr) - 1

    @property
    def m(self) -> int:
        """Number of arcs."""
        return len(self.arcs)

    @cached_property
    def heaviest(self) -> int:
        """The largest weight."""
        return int(self.arcs[:, 1].max()) if self.m else 0

    @cached_property
    def ends(self) -> Int32s:
        """(m,) int32, the node by which each row is filed."""
        return frozen(np.repeat(np.arange(self.n, dtype=np.int32), np.diff(self.indptr)), np.int32)


def others(metric: str) -> tuple[str, ...]:
    """The reported metrics besides the one minimised; the first decides among equal costs."""
    return tuple(key for key in REPORTED if key != metric)


def forward(graph: Graph, metric: str = "duration") -> Adjacency:
    """The arcs by tail.

    Raises
    ------
    InputError
        If the metric does not exist.
    """
    return _cached(graph, metric, backward=False)


def backward(graph: Graph, metric: str = "duration") -> Adjacency:
    """The arcs by head: searches on them run against the arcs.

    Raises
    ------
    InputError
        If the metric does not exist.
    """
    return _cached(graph, metric, backward=True)


def reweighted(adjacency: Adjacency, weights: Int32s) -> Adjacency:
    """The same arcs with other weights, (m,) int32 in the order of the graph's arcs."""
    rows = np.empty_like(adjacency.arcs)
    rows[:, 0] = adjacency.arcs[:, 0]
    rows[:, 1] = weights[adjacency.ids]
    rows.flags.writeable = False
    shift, buckets = widths(rows[:, 1])
    return Adjacency(adjacency.indptr, rows, adjacency.other, adjacency.ids, shift, buckets)


def check_metric(graph: Graph, metric: str) -> None:
    """InputError unless the graph has the metric."""
    if metric not in graph.metrics:
        known = ", ".join(map(repr, graph.metrics))
        raise InputError(f"the graph has no metric {metric!r}", fix=f"use one of {known}")


def kept(graph: Graph) -> dict[Any, Any]:
    """What searches keep with a graph between calls; gone with it, and never pickled."""
    store: dict[Any, Any] = graph.__dict__.setdefault("_search", {})
    return store


def steps(graph: Graph, metric: str, limit: float) -> int:
    """A limit in seconds or metres as whole integer steps; -1 when it excludes even the start.

    Raises
    ------
    InputError
        If it is NaN.
    """
    if np.isnan(limit):
        raise InputError("the limit is not a number", fix="give seconds or metres, or inf")
    return whole_steps(limit, graph.units[metric])


def whole_steps(limit: float, unit: float) -> int:
    """A limit as whole steps of `unit`; -1 when it excludes even the start."""
    if limit < 0:
        return -1
    # A limit of 0.3 s includes an arc of 300 steps although 0.3 / 0.001 is 299.99999999999994.
    value = limit / unit * (1 + 1e-12)
    return int(value) if value < NO_LIMIT else NO_LIMIT


def factor(unit: float) -> tuple[float, bool]:
    """A number that turns steps into units, and whether to divide by it.

    Dividing by 1000 is correctly rounded where multiplying by 0.001 is not: 1.1 s comes back as
    1.1.
    """
    per_unit = round(1.0 / unit)
    exact = per_unit > 0 and abs(per_unit * unit - 1.0) < 1e-12
    return (float(per_unit), True) if exact else (unit, False)


def in_units(steps: npt.ArrayLike, unit: float) -> npt.NDArray[np.float64]:
    """Integer steps as seconds or metres."""
    number, divide = factor(unit)
    values: npt.NDArray[np.float64] = np.asarray(steps, dtype=np.float64)
    return values / number if divide else values * number


def real(steps: npt.ArrayLike, unit: float) -> npt.NDArray[np.float64]:
    """Integer steps as seconds or metres, ``inf`` where they are negative: unreachable."""
    values: npt.NDArray[np.float64] = np.where(np.asarray(steps) < 0, np.inf, in_units(steps, unit))
    return values


NO_LIMIT = (1 << 62) - 1
"""A cost no path reaches."""


def widths(weights: Int32s) -> tuple[int, int]:
    """Width (as a shift) and number of buckets for some weights; 0 buckets = use a heap.

    A width near the mean weight keeps the buckets short, and bounds the empty ones a search walks
    past: no shortest path is longer than all arcs together, that is, 2 m widths.
    """
    if len(weights) == 0:
        return 0, 2
    mean = int(weights.mean())
    shift = max(mean.bit_length() - 1, 0)
    # One more than the largest step across the circle, rounded up to a power of two.
    buckets = 1 << ((int(weights.max()) >> shift) + 2).bit_length()
    return shift, buckets if buckets <= MOST_BUCKETS else 0


def _cached(graph: Graph, metric: str, *, backward: bool) -> Adjacency:
    check_metric(graph, metric)
    store = kept(graph)
    key = ("adjacency", metric, backward)
    if key not in store:
        store[key] = _build(graph, metric, backward=backward)
    found: Adjacency = store[key]
    return found


def _build(graph: Graph, metric: str, *, backward: bool) -> Adjacency:
    weights, other = graph.metrics[metric], graph.metrics[others(metric)[0]]
    if backward:
        indptr, ends, ids = graph.reverse
        weights, other = weights[ids], other[ids]
    else:
        indptr, ends = graph.indptr, graph.heads
        ids = frozen(np.arange(graph.m, dtype=np.int32), np.int32)
    arcs = np.empty((graph.m, 2), dtype=np.int32)
    arcs[:, 0] = ends
    arcs[:, 1] = weights
    arcs.flags.writeable = False
    shift, buckets = widths(weights)
    return Adjacency(frozen(indptr, np.int32), arcs, frozen(other, np.int32), ids, shift, buckets)
