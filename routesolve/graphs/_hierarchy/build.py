"""Drives the contraction of a graph: memory, progress, and what cannot work."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError
from routesolve.graphs import adjacency
from routesolve.graphs._kernels import contraction
from routesolve.graphs._kernels import core as cells
from routesolve.graphs._kernels.core import Core, Queue, Rules
from routesolve.graphs.graph import Graph

Progress = Callable[[int, int], None]
Int32s = npt.NDArray[np.int32]


class Effort(NamedTuple):
    """Limits of the witness searches, see :class:`routesolve.graphs._kernels.core.Rules`."""

    glances: int
    pops: int
    patience: int


EFFORTS = {
    "fast": Effort(10, 100, -1000),
    "normal": Effort(20, 500, 0),
    "best": Effort(50, 1000, 1000),
}
"""Levels of effort: the better ones take longer to build and answer faster."""

DENSE = 40
"""Mean degree at which a core counts as one without hierarchy (roads stay below 15)."""

UNEVEN = 64.0
"""Mean degree of the node at the end of a random arc above which nothing is even tried (roads: 3,
social graphs: hundreds); small graphs are always tried."""

SMALL = 2000
STEPS = 300_000
"""Pairs of neighbours looked at between two chances to interrupt: some tenths of a second."""

NO_HIERARCHY = "this graph has no hierarchy to build on"
INSTEAD = (
    "contraction suits road networks; for social or information networks use the core-periphery "
    "index (CorePeripheryIndex)"
)


class _Arcs(NamedTuple):
    tails: Int32s
    heads: Int32s
    weights: Int32s
    arcs: Int32s
    symmetric: bool


def contracted(
    graph: Graph,
    metric: str,
    effort: Effort,
    on_progress: Progress | None,
) -> Core:
    """Contract all nodes of `graph`.

    Raises
    ------
    InputError
        If the graph has no hierarchy, or a shortcut would not fit into 32 bits.
    """
    arcs = _simple_arcs(graph, metric)
    n, pairs = graph.n, _pairs(graph.n, arcs)
    degrees = np.bincount(pairs // max(n, 1), minlength=n)
    _check_even(degrees)
    core = _core(degrees)
    _fill(core, arcs, pairs)
    queue = Queue(
        np.empty(n, dtype=np.int64),
        np.empty(n, dtype=np.int32),
        np.zeros(n, dtype=np.int32),
        np.zeros(n, dtype=np.bool_),
        np.empty(n, dtype=np.int32),
        np.empty(n, dtype=np.int32),
    )
    rules = Rules(*effort, arcs.symmetric, DENSE)
    bits = max(n - 1, 1).bit_length()
    heap = np.empty(1, dtype=np.int64)
    while True:
        # A witness search pushes at most once for every record it looks at.
        if heap.size < len(core.mids) + 1:
            heap = np.empty(len(core.mids) + 1, dtype=np.int64)
        status = contraction.contract(core, queue, heap, bits, rules, STEPS)
        if on_progress is not None:
            on_progress(int(core.state[cells.CONTRACTED]), n)
        if status == cells.DONE:
            return core
        if status == cells.NEED_SPACE:
            core = _enlarged(core)
        elif status == cells.TOO_LONG:
            raise InputError(
                f"a shortcut by {metric} is too long for 32-bit weights", fix="use coarser units"
            )
        elif status == cells.TOO_DENSE:
            left = n - core.state[cells.CONTRACTED]
            raise InputError(
                f"{NO_HIERARCHY}: its last {left} nodes came to have more than {DENSE} neighbours "
                "each",
                fix=INSTEAD,
            )


def _simple_arcs(graph: Graph, metric: str) -> _Arcs:
    """The arcs without loops, and of parallel ones the cheapest, by tail and head."""
    heads, weights = graph.heads, graph.metrics[metric]
    if graph.m and int(weights.max()) >= cells.NONE:
        raise InputError(f"a {metric} of {cells.NONE} steps", fix="use coarser units")
    keys = graph.edge_tails.astype(np.int64) * graph.n + heads
    second = graph.metrics[adjacency.others(metric)[0]]
    order = np.lexsort((second, weights, keys))
    order = order[graph.edge_tails[order] != heads[order]]
    keys = keys[order]
    first = np.ones(len(keys), dtype=np.bool_)
    first[1:] = keys[1:] != keys[:-1]
    order, keys = order[first], keys[first]
    tails, ends, costs = graph.edge_tails[order], heads[order], weights[order]
    twins = ends.astype(np.int64) * graph.n + tails
    twin = np.minimum(np.searchsorted(keys, twins), max(len(keys) - 1, 0))
    symmetric = bool(np.array_equal(keys[twin], twins) and np.array_equal(costs[twin], costs))
    return _Arcs(tails, ends, costs, order.astype(np.int32), symmetric)


def _pairs(n: int, arcs: _Arcs) -> npt.NDArray[np.int64]:
    """Every node with every neighbour, however the arcs run: ``node * n + neighbour``, sorted."""
    tails, heads = arcs.tails.astype(np.int64), arcs.heads.astype(np.int64)
    return np.unique(np.concatenate((tails * n + heads, heads * n + tails)))


def _check_even(degrees: npt.NDArray[np.int64]) -> None:
    total = int(degrees.sum())
    if len(degrees) <= SMALL or total == 0:
        return
    mean = float((degrees.astype(np.float64) ** 2).sum() / total)
    if mean > UNEVEN:
        raise InputError(
            f"{NO_HIERARCHY}: the node at the end of an average arc has {mean:.0f} neighbours",
            fix=INSTEAD,
        )


def _core(degrees: npt.NDArray[np.int64]) -> Core:
    n, room = len(degrees), degrees + 2
    nodes = np.zeros((n, 8), dtype=np.int32)
    nodes[:, cells.FIRST] = np.cumsum(room) - room
    nodes[:, cells.ROOM] = room
    nodes[:, cells.COST] = cells.UNTOUCHED
    nodes[:, cells.NEED] = -1
    state = np.zeros(cells.STATE_SIZE, dtype=np.int64)
    state[cells.TOP] = room.sum()
    # Roads need three times their arcs; more is taken when it turns out to be needed.
    capacity = 2 * int(state[cells.TOP]) + 65_536
    return Core(
        nodes=nodes,
        records=np.empty((capacity, 4), dtype=np.int32),
        mids=np.empty((capacity, 2), dtype=np.int32),
        touched=np.empty(n + 1, dtype=np.int32),
        state=state,
    )


def _fill(core: Core, arcs: _Arcs, pairs: npt.NDArray[np.int64]) -> None:
    """Put the arcs into the blocks of an empty core, a record for each pair."""
    n = len(core.nodes)
    nodes, neighbours = np.divmod(pairs, max(n, 1))
    degrees = np.bincount(nodes, minlength=n)
    before = np.cumsum(degrees) - degrees
    place = (core.nodes[:, cells.FIRST] - before)[nodes] + np.arange(len(pairs))
    core.records[place, cells.NEIGHBOUR] = neighbours
    core.records[place, cells.HOPS] = 1
    ways = (cells.TO, arcs.tails, arcs.heads), (cells.FROM, arcs.heads, arcs.tails)
    for way, (column, u, x) in enumerate(ways):
        core.records[place, column] = cells.NONE
        core.mids[place, way] = -1
        there = place[np.searchsorted(pairs, u.astype(np.int64) * n + x)]
        core.records[there, column] = arcs.weights
        core.mids[there, way] = -1 - arcs.arcs
    core.nodes[:, cells.HELD] = degrees
    core.state[cells.LIVE] = len(pairs)


def _enlarged(core: Core) -> Core:
    """The same core with a pool twice as large."""
    return core._replace(
        records=np.concatenate((core.records, np.empty_like(core.records))),
        mids=np.concatenate((core.mids, np.empty_like(core.mids))),
    )
