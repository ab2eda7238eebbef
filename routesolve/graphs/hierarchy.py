"""Contraction hierarchies: an index that answers shortest-path queries on road networks at once.

R. Geisberger, P. Sanders, D. Schultes, D. Delling, "Contraction Hierarchies: Faster and Simpler
Hierarchical Routing in Road Networks", WEA 2008. Building one takes seconds for a city; afterwards
a pair costs microseconds, a tree milliseconds, a table of a million entries tenths of a second.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError, RoutingError
from routesolve.graphs._arrays import frozen
from routesolve.graphs._hierarchy import storage
from routesolve.graphs._hierarchy.build import EFFORTS, FOLLOWING, Progress, contracted
from routesolve.graphs._hierarchy.check import checked_index
from routesolve.graphs._hierarchy.index import Index, finish
from routesolve.graphs._kernels import ch_arcs, ch_query, ch_tables
from routesolve.graphs._kernels.ch_query import Side
from routesolve.graphs.graph import MAX_WEIGHT, Graph
from routesolve.graphs.shortest_paths import Path, Tables, check_nodes

FORMAT = "routesolve-hierarchy"
VERSION = 1

MANY_TARGETS = 3000
"""Targets from which on a table is swept rather than looked up in buckets."""

Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Method = Literal["auto", "buckets", "sweep"]


class _Scratch(NamedTuple):
    """Working memory of one query at a time."""

    there: Side
    here: Side
    along: Int64s
    cost: npt.NDArray[Any]


class _Spaces(NamedTuple):
    """Search spaces of several nodes: row pointers, nodes, costs, sums of the other metric."""

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


@dataclass(frozen=True, eq=False, repr=False)
class ContractionHierarchy:
    """Shortest-path index of a road network for one metric; build one with :meth:`build`.

    Among paths of equal cost any may be reported, always the same one by the same query; where arcs
    take no time, a path may pass a node twice. One query runs at a time per borrowed scratch, so
    that threads may share a hierarchy.

    Attributes
    ----------
    graph : Graph
        The graph it was built on.
    metric : str
        What is minimised: ``"duration"`` or ``"distance"``; the other is summed along.
    index : Index
        Its arrays.
    far : int
        More than any cost: 2^30 where all costs fit into 32 bits.
    """

    graph: Graph
    metric: str
    index: Index
    _up_sums: Int64s = field(init=False)
    _down_sums: Int64s = field(init=False)
    _bits: int = field(init=False)
    far: int = field(init=False)
    _spare: list[_Scratch] = field(init=False, default_factory=list)
    _prepared: dict[str, tuple[bytes, Any]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        index, put = self.index, object.__setattr__
        sums = ch_arcs.add_up(
            index.up.ptr,
            index.down.ptr,
            index.up_parts,
            index.down_parts,
            self.graph.metrics[self._other],
        )
        put(self, "_up_sums", frozen(sums[0], np.int64))
        put(self, "_down_sums", frozen(sums[1], np.int64))
        bound = sum(int(ch_arcs.longest_climb(*ways)) for ways in (index.up, index.down))
        bits = max(self.graph.n - 1, 1).bit_length()
        if bits + bound.bit_length() > 60:
            raise InputError(
                f"paths by {self.metric} on {self.graph.n} nodes could exceed 60-bit keys",
                fix="use coarser units",
            )
        put(self, "_bits", bits)
        # An unreached node plus any arc, and any climb plus any descent, must fit into an int32.
        put(self, "far", 1 << 30 if bound < 1 << 30 else ch_query.FAR)

    # ---------------------------------------------------------------- building

    @classmethod
    def build(
        cls,
        graph: Graph,
        *,
        metric: str = "duration",
        effort: str = "normal",
        on_progress: Progress | None = None,
    ) -> ContractionHierarchy:
        """Build the index.

        Parameters
        ----------
        graph
            A road network, directed or not.
        metric
            What is minimised: ``"duration"`` or ``"distance"``.
        effort
            ``"fast"``, ``"normal"`` or ``"best"``: time spent on building against time saved on
            queries.
        on_progress
            Called now and then with the number of nodes done and of all nodes; what it raises ends
            the build.

        Raises
        ------
        InputError
            If the metric or the effort is unknown, paths could overflow, or the graph has no
            hierarchy (social networks).
        """
        check_metric(metric)
        if effort not in EFFORTS:
            raise InputError(f"unknown effort {effort!r}", fix=f"use one of {', '.join(EFFORTS)}")
        core = contracted(graph, metric, _OTHER[metric], EFFORTS[effort], None, on_progress)
        return cls(graph, metric, finish(core))

    def customize(
        self, weights: Graph | npt.ArrayLike, *, on_progress: Progress | None = None
    ) -> ContractionHierarchy:
        """The same order of nodes for other weights, e.g. those of the present traffic.

        Nodes are contracted once more in the known order. Shortcuts that were there stay without
        being questioned; for all others witnesses are looked for afresh, so that the result is
        right for any weights, however different. Queries slow down the more they differ, and the
        work comes to between half of a build (little changed) and all of it (every arc changed).

        Parameters
        ----------
        weights
            (m,) weights of the arcs in the unit of :attr:`metric` (seconds or metres), finite and
            >= 0; or a graph with the same arcs, which changes the other metric too.
        on_progress
            As in :meth:`build`.

        Returns
        -------
        ContractionHierarchy
            On a graph that carries the new weights.

        Raises
        ------
        InputError
            If the arcs are not the same, or a weight is negative, not finite or too large.
        """
        graph = weights if isinstance(weights, Graph) else self._reweighted(np.asarray(weights))
        if not (
            np.array_equal(graph.indptr, self.graph.indptr)
            and np.array_equal(graph.heads, self.graph.heads)
        ):
            raise InputError(
                "the new weights belong to a graph with other arcs", fix="build a new hierarchy"
            )
        core = contracted(graph, self.metric, self._other, FOLLOWING, self.index, on_progress)
        return ContractionHierarchy(graph, self.metric, finish(core))

    def _reweighted(self, weights: npt.NDArray[Any]) -> Graph:
        graph = self.graph
        if weights.shape != (graph.m,) or weights.dtype.kind not in "iuf":
            raise InputError(
                f"new weights of shape {weights.shape} for {graph.m} arcs",
                fix="give one number per arc",
            )
        with np.errstate(invalid="ignore", over="ignore"):
            steps = np.rint(weights / graph.units[self.metric])
            bad = np.flatnonzero(~((weights >= 0) & (steps <= MAX_WEIGHT)))
        if bad.size:
            raise InputError(
                f"{self.metric} {weights[bad[0]]:g} ({bad.size} bad weights in all)",
                where=f"arc {bad[0]}",
                fix="give finite numbers >= 0",
            )
        metrics = {**graph.metrics, self.metric: steps.astype(np.int32)}
        return replace(graph, metrics=metrics)

    # ---------------------------------------------------------------- pairs

    def distance(self, source: int, target: int) -> float:
        """Cost of the cheapest path in seconds (or metres); ``inf`` = no path.

        Raises
        ------
        InputError
            If a node does not exist.
        """
        index, scratch = self.index, self._borrow()
        s, t = index.position[self._node(source)], index.position[self._node(target)]
        cost = ch_query.pair(index.up, index.down, self._bits, s, t, scratch.there, scratch.here)
        self._spare.append(scratch)
        return float("inf") if cost < 0 else _one(cost, self.graph.units[self.metric])

    def distances(self, sources: npt.ArrayLike, targets: npt.ArrayLike) -> Floats:
        """Costs between pairs: from ``sources[i]`` to ``targets[i]``.

        Parameters
        ----------
        sources, targets
            (p,) node numbers each.

        Returns
        -------
        numpy.ndarray
            (p,) float64 seconds (or metres); ``inf`` = no path.

        Raises
        ------
        InputError
            If a node does not exist or the lengths differ.
        """
        s, t = self._places(sources, "sources"), self._places(targets, "targets")
        if len(s) != len(t):
            raise InputError(f"{len(s)} sources but {len(t)} targets", fix="give pairs")
        costs = np.empty(len(s), dtype=np.int64)
        index, scratch = self.index, self._borrow()
        ch_query.pairs(index.up, index.down, self._bits, s, t, scratch.there, scratch.here, costs)
        self._spare.append(scratch)
        divisor, factor = scale(self.graph.units[self.metric])
        return np.asarray(np.where(costs < 0, np.inf, costs / divisor * factor))

    def path(self, source: int, target: int) -> Path:
        """The cheapest path between two nodes, as arcs of the graph.

        Raises
        ------
        InputError
            If a node does not exist.
        RoutingError
            If there is no path.
        """
        graph, index, scratch = self.graph, self.index, self._borrow()
        start, end = self._node(source), self._node(target)
        cost, along, nodes, arcs = ch_query.path(
            index.up,
            index.down,
            index.up_parts,
            index.down_parts,
            graph.heads,
            graph.metrics[self._other],
            self._bits,
            index.position[start],
            index.position[end],
            start,
            scratch.there,
            scratch.here,
        )
        self._spare.append(scratch)
        if cost < 0:
            ids = graph.node_ids
            raise RoutingError(
                f"no way from node {ids[start]} to node {ids[end]}",
                fix="keep the largest strongly connected part (Graph.largest_component)",
            )
        sums = {self.metric: cost, self._other: along}
        return Path(nodes, arcs, *(_one(sums[key], graph.units[key]) for key in _OTHER))

    # ---------------------------------------------------------------- trees

    def costs_from(self, source: int) -> Floats:
        """Costs from one node to all: (n,) float64 seconds (or metres), ``inf`` = unreachable.

        Raises
        ------
        InputError
            If the node does not exist.
        """
        index, scratch = self.index, self._borrow()
        space = self._spaces(self._places([source], "source"), scratch)
        divisor, factor = scale(self.graph.units[self.metric])
        result = np.empty(self.graph.n)
        ch_tables.tree_costs(
            index.down.ptr,
            index.down.arcs,
            space.nodes,
            space.costs,
            index.position,
            scratch.cost,
            self.far,
            divisor,
            factor,
            result,
        )
        self._spare.append(scratch)
        return result

    def one_to_all(self, source: int) -> Tables:
        """Cheapest paths from one node to all.

        Returns
        -------
        Tables
            (n,) durations and distances along the cheapest paths.

        Raises
        ------
        InputError
            If the node does not exist.
        """
        index, scratch = self.index, self._borrow()
        space = self._spaces(self._places([source], "source"), scratch)
        result, other = np.empty(self.graph.n), np.empty(self.graph.n)
        ch_tables.tree_both(
            index.down.ptr,
            index.down.arcs,
            self._down_sums,
            space.nodes,
            space.costs,
            space.sums,
            index.position,
            scratch.cost,
            scratch.along,
            self.far,
            *self._scale,
            result,
            other,
        )
        self._spare.append(scratch)
        return self._tables(result, other)

    # ---------------------------------------------------------------- tables

    def costs(
        self,
        sources: npt.ArrayLike,
        targets: npt.ArrayLike | None = None,
        *,
        method: Method = "auto",
    ) -> Floats:
        """Table of costs alone; see :meth:`table`.

        Returns
        -------
        numpy.ndarray
            (s, t) float64 seconds (or metres); ``inf`` = no path.
        """
        s, t = self._sides(sources, targets)
        result = np.empty((len(s), len(t)))
        scratch = self._borrow()
        spaces = self._spaces(s, scratch)
        divisor, factor = scale(self.graph.units[self.metric])
        if self._swept(method, len(t)):
            part = self._part(t)
            cost = np.empty((len(part.ptr) - 1, ch_tables.LANES), dtype=scratch.cost.dtype)
            ch_tables.sweep_costs(
                part.ptr,
                part.arcs,
                part.local,
                spaces.ptr,
                spaces.nodes,
                spaces.costs,
                part.columns,
                cost,
                self.far,
                divisor,
                factor,
                result,
            )
        else:
            buckets = self._buckets(t, scratch)
            row = np.empty(len(t), dtype=scratch.cost.dtype)
            ch_tables.scan_costs(*spaces[:3], *buckets[:2], row, self.far, divisor, factor, result)
        self._spare.append(scratch)
        return result

    def table(
        self,
        sources: npt.ArrayLike,
        targets: npt.ArrayLike | None = None,
        *,
        method: Method = "auto",
    ) -> Tables:
        """Table of cheapest paths between sources and targets.

        The work done for the targets is kept for the next call with the same ones.

        Parameters
        ----------
        sources, targets
            (s,) and (t,) node numbers, repetition allowed; targets default to the sources.
        method
            ``"buckets"`` (every search meets those of the targets), ``"sweep"`` (RPHAST: one pass
            over all that the targets need, for many targets), or what suits the number of targets.

        Returns
        -------
        Tables
            (s, t) durations and distances along the cheapest paths.

        Raises
        ------
        InputError
            If a node does not exist.
        """
        s, t = self._sides(sources, targets)
        result, other = np.empty((len(s), len(t))), np.empty((len(s), len(t)))
        scratch = self._borrow()
        spaces = self._spaces(s, scratch)
        if self._swept(method, len(t)):
            part = self._part(t)
            shape = len(part.ptr) - 1, ch_tables.LANES
            ch_tables.sweep_both(
                part.ptr,
                part.arcs,
                self._down_sums[part.which],
                part.local,
                spaces.ptr,
                spaces.nodes,
                spaces.costs,
                spaces.sums,
                part.columns,
                np.empty(shape, dtype=scratch.cost.dtype),
                np.empty(shape, dtype=np.int64),
                self.far,
                *self._scale,
                result,
                other,
            )
        else:
            row = np.empty(len(t), dtype=scratch.cost.dtype)
            along = np.empty(len(t), dtype=np.int64)
            ch_tables.scan_both(
                *spaces,
                *self._buckets(t, scratch),
                row,
                along,
                self.far,
                *self._scale,
                result,
                other,
            )
        self._spare.append(scratch)
        return self._tables(result, other)

    # ---------------------------------------------------------------- keeping

    @property
    def narrow(self) -> bool:
        """Whether no search that climbs and descends can leave 32 bits."""
        return self.far < ch_query.FAR

    @property
    def memory(self) -> int:
        """Bytes of all arrays of the index."""
        sums = self.index.position.nbytes + self._up_sums.nbytes + self._down_sums.nbytes
        return sums + sum(array.nbytes for array in self.index.arrays.values())

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write to one ``.npz`` file, whole or not at all; the graph is not part of it.

        Raises
        ------
        InputError
            If the file cannot be written.
        """
        meta = {
            "format": FORMAT,
            "version": VERSION,
            "graph": storage.digest(self.graph),
            "metric": self.metric,
        }
        storage.save(path, meta, dict(self.index.arrays))

    @classmethod
    def load(cls, path: str | os.PathLike[str], graph: Graph) -> ContractionHierarchy:
        """Read a file written by :meth:`save`.

        Raises
        ------
        InputError
            If the file is missing, damaged, of another version, or of another graph.
        """
        meta, arrays = storage.load(path, graph, kind=FORMAT, version=VERSION)
        try:
            check_metric(meta["metric"])
            return cls(graph, meta["metric"], checked_index(arrays, graph))
        except storage.DAMAGE as error:
            raise InputError(
                f"damaged index: {error}", where=str(path), fix="build the index again"
            ) from error

    def __repr__(self) -> str:
        arcs = len(self.index.up_parts) // 2 + len(self.index.down_parts) // 2
        return f"<ContractionHierarchy by {self.metric}: {self.graph.n} nodes, {arcs} arcs>"

    def __reduce__(self) -> tuple[Any, ...]:
        # Scratch and prepared targets are cheaper to make again than to send to a worker.
        return type(self), (self.graph, self.metric, self.index)

    # ---------------------------------------------------------------- inside

    @property
    def _other(self) -> str:
        return _OTHER[self.metric]

    @property
    def _scale(self) -> tuple[Floats, Floats]:
        """Divisors and factors that turn steps of this metric and of the other into real units."""
        scales = [scale(self.graph.units[key]) for key in (self.metric, self._other)]
        return np.array([a for a, _ in scales]), np.array([b for _, b in scales])

    def _tables(self, result: Floats, other: Floats) -> Tables:
        durations, distances = (result, other) if self.metric == "duration" else (other, result)
        return Tables(durations, distances, result)

    def _node(self, node: int) -> int:
        # The general check takes longer than a query.
        if type(node) is int and 0 <= node < self.graph.n:
            return node
        return int(check_nodes(self.graph, [node], "node")[0])

    def _places(self, nodes: npt.ArrayLike, what: str) -> Int32s:
        return frozen(self.index.position[check_nodes(self.graph, nodes, what)], np.int32)

    def _sides(
        self, sources: npt.ArrayLike, targets: npt.ArrayLike | None
    ) -> tuple[Int32s, Int32s]:
        s = self._places(sources, "sources")
        return s, s if targets is None else self._places(targets, "targets")

    def _borrow(self) -> _Scratch:
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
            return _Scratch(there, here, np.empty(n, dtype=np.int64), cost)

    def _spaces(self, places: Int32s, scratch: _Scratch, *, downward: bool = False) -> _Spaces:
        index = self.index
        ways, back = (index.down, index.up) if downward else (index.up, index.down)
        sums = self._down_sums if downward else self._up_sums
        ptr, nodes, costs, along = ch_query.spaces(
            ways, back, sums, self._bits, places, scratch.there, scratch.along
        )
        return _Spaces(ptr, nodes, costs.astype(scratch.cost.dtype), along)

    def _swept(self, method: str, targets: int) -> bool:
        if method not in ("auto", "buckets", "sweep"):
            raise InputError(f"unknown method {method!r}", fix='use "auto", "buckets" or "sweep"')
        return method == "sweep" or (method == "auto" and targets >= MANY_TARGETS)

    def _buckets(self, targets: Int32s, scratch: _Scratch) -> _Buckets:
        key, held = targets.tobytes(), self._prepared.get("buckets")
        if held is None or held[0] != key:
            spaces = self._spaces(targets, scratch, downward=True)
            starts = np.empty(self.graph.n + 1, dtype=np.int32)
            entries = np.empty(2 * len(spaces.nodes), dtype=scratch.cost.dtype)
            beside = np.empty(len(spaces.nodes), dtype=np.int64)
            ch_tables.fill_buckets(*spaces, starts, entries, beside)
            held = self._prepared["buckets"] = key, _Buckets(starts, entries, beside)
        return held[1]

    def _part(self, targets: Int32s) -> _Part:
        key, held = targets.tobytes(), self._prepared.get("part")
        if held is None or held[0] != key:
            local = np.empty(self.graph.n, dtype=np.int32)
            part = ch_tables.select(self.index.down.ptr, self.index.down.arcs, targets, local)
            held = self._prepared["part"] = key, _Part(*part, local, local[targets])
        return held[1]


_OTHER = {"duration": "distance", "distance": "duration"}


def check_metric(metric: str) -> None:
    """InputError unless the metric is one that an index can minimise."""
    if metric not in _OTHER:
        raise InputError(f"unknown metric {metric!r}", fix='use "duration" or "distance"')


def scale(unit: float) -> tuple[float, float]:
    """Divisor and factor that turn integer steps into real units."""
    # Dividing by 1000 is correctly rounded where multiplying by 0.001 is not.
    per_unit = round(1.0 / unit)
    return (
        (float(per_unit), 1.0) if per_unit and abs(per_unit * unit - 1.0) < 1e-12 else (1.0, unit)
    )


def _one(steps: int, unit: float) -> float:
    divisor, factor = scale(unit)
    return float(steps / divisor * factor)
