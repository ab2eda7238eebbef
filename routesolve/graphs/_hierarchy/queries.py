"""The questions that an index answers, in its own numbers of nodes: memory to work in, and kernels.

What is made on the way is kept for the next question: scratch, the sums of the metrics that are
not minimised along every shortcut, and what tables need to know of their targets.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError
from routesolve.graphs import adjacency
from routesolve.graphs._arrays import frozen
from routesolve.graphs._hierarchy.index import Index
from routesolve.graphs._kernels import ch_arcs, ch_query, ch_tables
from routesolve.graphs._kernels.ch_query import Side
from routesolve.graphs.graph import Graph
from routesolve.graphs.shortest_paths import Tables

ARCS, SPACE = 4096, 256
"""Arcs of all paths, and nodes above each node, for which there is room to begin with."""

Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Fill = Callable[[str, Floats, Floats], None]


class Scratch(NamedTuple):
    """Working memory of one question at a time."""

    there: Side
    here: Side
    along: Int64s
    cost: npt.NDArray[Any]
    stack: Int32s


class Found(NamedTuple):
    """Paths: see :func:`ch_query.paths`."""

    costs: Int64s
    sums: Int64s
    stops: Int64s
    arcs: Int32s


class _Spaces(NamedTuple):
    """Search spaces of several nodes: row pointers, nodes, costs, sums of another metric."""

    ptr: Int64s
    nodes: Int32s
    costs: npt.NDArray[Any]
    sums: Int64s


class _Buckets(NamedTuple):
    starts: Int32s
    entries: npt.NDArray[Any]
    beside: Int64s


class _Part(NamedTuple):
    """What a sweep to certain targets needs of the downward graph."""

    ptr: Int32s
    arcs: Int32s
    which: Int32s
    local: Int32s
    columns: Int32s


class Queries:
    """Asks an index; nodes are its numbers, (k,) int32 arrays that are not read-only.

    Attributes
    ----------
    far : int
        More than any cost: 2^30 where all costs fit into 32 bits.
    """

    def __init__(self, graph: Graph, metric: str, index: Index) -> None:
        self.graph, self.metric, self.index = graph, metric, index
        bound = sum(int(ch_arcs.longest_climb(*ways)) for ways in (index.up, index.down))
        bits = max(graph.n - 1, 1).bit_length()
        if bits + bound.bit_length() > 60:
            raise InputError(
                f"paths by {metric} on {graph.n} nodes could exceed 60-bit keys",
                fix="use coarser units",
            )
        # An unreached node plus any arc, and any climb plus any descent, must fit into an int32.
        self.far = 1 << 30 if bound < 1 << 30 else ch_query.FAR
        self._bits = bits
        self._ways = (*index.up, *index.down, bits)
        self._sums: dict[str, tuple[Int64s, Int64s]] = {}
        self._spare: list[Scratch] = []
        self._prepared: dict[str, tuple[bytes, Any]] = {}

    @property
    def narrow(self) -> bool:
        """Whether no search that climbs and descends can leave 32 bits."""
        return self.far < ch_query.FAR

    @property
    def memory(self) -> int:
        """Bytes of the sums that have been needed so far."""
        return sum(half.nbytes for both in self._sums.values() for half in both)

    # ---------------------------------------------------------------- pairs

    def pairs(self, sources: Int32s, targets: Int32s) -> Int64s:
        """(p,) costs of the cheapest paths between pairs, -1 = none."""
        costs = np.empty(len(sources), dtype=np.int64)
        scratch = self._borrow()
        ch_query.pairs(*self._ways, *scratch.there, *scratch.here, sources, targets, costs)
        self._spare.append(scratch)
        return costs

    def paths(self, sources: Int32s, targets: Int32s) -> Found:
        """The cheapest paths between pairs."""
        p, done = len(sources), 0
        costs, sums = np.empty(p, dtype=np.int64), np.empty((p, 2), dtype=np.int64)
        stops, trail = np.zeros(p + 1, dtype=np.int64), np.empty(ARCS, dtype=np.int32)
        index, scratch = self.index, self._borrow()
        while True:
            done = ch_query.paths(
                *self._ways,
                *scratch.there,
                *scratch.here,
                index.up_parts,
                index.down_parts,
                self.graph.metrics["duration"],
                self.graph.metrics["distance"],
                scratch.stack,
                sources,
                targets,
                costs,
                sums,
                stops,
                trail,
                done,
            )
            if done == p:
                break
            trail = _doubled(trail)
        self._spare.append(scratch)
        return Found(costs, sums, stops, trail[: stops[p]].copy())

    # ---------------------------------------------------------------- trees

    def tree_costs(self, source: Int32s) -> Floats:
        """(n,) costs from one node, by nodes of the graph."""
        index, scratch = self.index, self._borrow()
        space = self._spaces(source, scratch, self._beside)
        result = np.empty(self.graph.n)
        ch_tables.tree_costs(
            *index.down,
            space.nodes,
            space.costs,
            index.position,
            scratch.cost,
            self.far,
            *scale(self.graph.units[self.metric]),
            result,
        )
        self._spare.append(scratch)
        return result

    def tree(self, source: Int32s) -> Tables:
        """(n,) sums along the cheapest paths from one node, by nodes of the graph."""
        index, scratch = self.index, self._borrow()

        def fill(other: str, result: Floats, along: Floats) -> None:
            space = self._spaces(source, scratch, other)
            ch_tables.tree_both(
                *index.down,
                self._summed(other)[1],
                space.nodes,
                space.costs,
                space.sums,
                index.position,
                scratch.cost,
                scratch.along,
                self.far,
                *self._scales(other),
                result,
                along,
            )

        tables = self._tables((self.graph.n,), fill)
        self._spare.append(scratch)
        return tables

    # ---------------------------------------------------------------- tables

    def costs(self, sources: Int32s, targets: Int32s, *, swept: bool) -> Floats:
        """(s, t) costs, by sweeps or by buckets."""
        result = np.empty((len(sources), len(targets)))
        scratch = self._borrow()
        spaces = self._spaces(sources, scratch, self._beside)
        divisor, factor = scale(self.graph.units[self.metric])
        if swept:
            part = self._part(targets)
            cost = np.empty((len(part.ptr) - 1, ch_tables.LANES), dtype=scratch.cost.dtype)
            ch_tables.sweep_costs(
                part.ptr,
                part.arcs,
                part.local,
                *spaces[:3],
                part.columns,
                cost,
                self.far,
                divisor,
                factor,
                result,
            )
        else:
            buckets = self._buckets(targets, scratch, self._beside)
            row = np.empty(len(targets), dtype=scratch.cost.dtype)
            ch_tables.scan_costs(*spaces[:3], *buckets[:2], row, self.far, divisor, factor, result)
        self._spare.append(scratch)
        return result

    def table(self, sources: Int32s, targets: Int32s, *, swept: bool) -> Tables:
        """(s, t) sums along the cheapest paths, by sweeps or by buckets."""
        scratch = self._borrow()

        def fill(other: str, result: Floats, along: Floats) -> None:
            way = self._sweep if swept else self._scan
            way(sources, targets, other, scratch, result, along)

        tables = self._tables((len(sources), len(targets)), fill)
        self._spare.append(scratch)
        return tables

    def _sweep(
        self, s: Int32s, t: Int32s, other: str, scratch: Scratch, result: Floats, along: Floats
    ) -> None:
        spaces, part = self._spaces(s, scratch, other), self._part(t)
        shape = len(part.ptr) - 1, ch_tables.LANES
        ch_tables.sweep_both(
            part.ptr,
            part.arcs,
            self._summed(other)[1][part.which],
            part.local,
            *spaces,
            part.columns,
            np.empty(shape, dtype=scratch.cost.dtype),
            np.empty(shape, dtype=np.int64),
            self.far,
            *self._scales(other),
            result,
            along,
        )

    def _scan(
        self, s: Int32s, t: Int32s, other: str, scratch: Scratch, result: Floats, along: Floats
    ) -> None:
        ch_tables.scan_both(
            *self._spaces(s, scratch, other),
            *self._buckets(t, scratch, other),
            np.empty(len(t), dtype=scratch.cost.dtype),
            np.empty(len(t), dtype=np.int64),
            self.far,
            *self._scales(other),
            result,
            along,
        )

    # ---------------------------------------------------------------- inside

    def _tables(self, shape: tuple[int, ...], fill: Fill) -> Tables:
        """Tables by `fill`, run once for every metric that is reported and not minimised.

        Kernels choose among paths of equal cost by costs and the order of arcs alone, so that every
        run finds the same paths.
        """
        found = {self.metric: np.empty(shape)}
        for other in adjacency.others(self.metric):
            found[other] = np.empty(shape)
            fill(other, found[self.metric], found[other])
        return Tables(found["duration"], found["distance"], found[self.metric])

    @property
    def _beside(self) -> str:
        """The metric summed where none is asked for."""
        return adjacency.others(self.metric)[0]

    def _scales(self, other: str) -> tuple[Floats, Floats]:
        """Divisors and factors that turn steps of this metric and of another into real units."""
        both = [scale(self.graph.units[key]) for key in (self.metric, other)]
        return np.array([a for a, _ in both]), np.array([b for _, b in both])

    def _summed(self, metric: str) -> tuple[Int64s, Int64s]:
        """What upward and downward arcs add up to by another metric."""
        if metric not in self._sums:
            index = self.index
            up, down = ch_arcs.add_up(
                index.up.ptr,
                index.down.ptr,
                index.up_parts,
                index.down_parts,
                self.graph.metrics[metric],
            )
            self._sums[metric] = frozen(up, np.int64), frozen(down, np.int64)
        return self._sums[metric]

    def _borrow(self) -> Scratch:
        """Working memory; the caller puts it back only after a query that ran to its end."""
        try:
            return self._spare.pop()
        except IndexError:
            n = self.graph.n
            arcs = max(len(self.index.up_parts), len(self.index.down_parts)) // 2
            there, here = (
                Side(
                    np.full(n, ch_query.FAR, dtype=np.int64),
                    np.empty(n, dtype=np.int32),
                    np.empty(arcs + 1, dtype=np.int64),
                    np.empty(n, dtype=np.int32),
                )
                for _ in range(2)
            )
            cost = np.empty(n, dtype=np.int32 if self.narrow else np.int64)
            stack = np.empty(2 * n + 2, dtype=np.int32)
            return Scratch(there, here, np.empty(n, dtype=np.int64), cost, stack)

    def _spaces(
        self, nodes: Int32s, scratch: Scratch, other: str, *, downward: bool = False
    ) -> _Spaces:
        index, side, done = self.index, scratch.there, 0
        ways, back = (index.down, index.up) if downward else (index.up, index.down)
        along, beside = self._summed(other)[downward], scratch.along
        starts, size = np.zeros(len(nodes) + 1, dtype=np.int64), SPACE * (len(nodes) + 4)
        above = np.empty(size, dtype=np.int32)
        costs = np.empty(size, dtype=scratch.cost.dtype)
        sums = np.empty(size, dtype=np.int64)
        while True:
            done = ch_query.spaces(
                *ways,
                *back,
                self._bits,
                *side,
                along,
                beside,
                nodes,
                starts,
                above,
                costs,
                sums,
                done,
            )
            if done == len(nodes):
                end = starts[-1]
                return _Spaces(starts, above[:end], costs[:end], sums[:end])
            above, costs, sums = _doubled(above), _doubled(costs), _doubled(sums)

    def _buckets(self, targets: Int32s, scratch: Scratch, other: str) -> _Buckets:
        name = f"buckets, {other}"
        key, held = targets.tobytes(), self._prepared.get(name)
        if held is None or held[0] != key:
            spaces = self._spaces(targets, scratch, other, downward=True)
            starts = np.empty(self.graph.n + 1, dtype=np.int32)
            entries = np.empty(2 * len(spaces.nodes), dtype=scratch.cost.dtype)
            beside = np.empty(len(spaces.nodes), dtype=np.int64)
            ch_tables.fill_buckets(*spaces, starts, entries, beside)
            held = self._prepared[name] = key, _Buckets(starts, entries, beside)
        found: _Buckets = held[1]
        return found

    def _part(self, targets: Int32s) -> _Part:
        key, held = targets.tobytes(), self._prepared.get("part")
        if held is None or held[0] != key:
            local = np.empty(self.graph.n, dtype=np.int32)
            part = ch_tables.select(*self.index.down, targets, local)
            held = self._prepared["part"] = key, _Part(*part, local, local[targets])
        found: _Part = held[1]
        return found


def _doubled(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.concatenate((array, np.empty_like(array)))


def scale(unit: float) -> tuple[float, float]:
    """Divisor and factor that turn integer steps into real units."""
    number, divide = adjacency.factor(unit)
    return (number, 1.0) if divide else (1.0, number)
