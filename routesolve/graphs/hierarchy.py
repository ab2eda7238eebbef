"""Contraction hierarchies: an index that answers shortest-path queries on road networks at once.

R. Geisberger, P. Sanders, D. Schultes, D. Delling, "Contraction Hierarchies: Faster and Simpler
Hierarchical Routing in Road Networks", WEA 2008. Building one takes seconds for a city; afterwards
a pair costs microseconds, a tree milliseconds, a table of a million entries tenths of a second.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError
from routesolve.graphs import adjacency
from routesolve.graphs._hierarchy import storage
from routesolve.graphs._hierarchy.build import EFFORTS, Progress, contracted
from routesolve.graphs._hierarchy.check import checked_index
from routesolve.graphs._hierarchy.index import Index, finish
from routesolve.graphs._hierarchy.queries import Queries, scale
from routesolve.graphs._npz import DAMAGE
from routesolve.graphs.graph import Graph
from routesolve.graphs.shortest_paths import Path, Paths, Tables, check_nodes, no_way

FORMAT = "routesolve-hierarchy"
VERSION = 2

MANY_TARGETS = 3000
"""Targets from which on a table is swept rather than looked up in buckets."""

Int32s = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]
Method = Literal["auto", "buckets", "sweep"]


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
        What is minimised: any metric of the graph; durations and distances are summed along.
    index : Index
        Its arrays.
    """

    graph: Graph
    metric: str
    index: Index
    _ask: Queries = field(init=False)
    _scales: tuple[tuple[float, float], ...] = field(init=False)

    def __post_init__(self) -> None:
        units = self.graph.units
        object.__setattr__(self, "_ask", Queries(self.graph, self.metric, self.index))
        object.__setattr__(self, "_scales", tuple(scale(units[k]) for k in adjacency.REPORTED))

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
            What is minimised: any metric of the graph.
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
        adjacency.check_metric(graph, metric)
        if effort not in EFFORTS:
            raise InputError(f"unknown effort {effort!r}", fix=f"use one of {', '.join(EFFORTS)}")
        core = contracted(graph, metric, EFFORTS[effort], on_progress)
        return cls(graph, metric, finish(core))

    # ---------------------------------------------------------------- pairs

    def distance(self, source: int, target: int) -> float:
        """Cost of the cheapest path in seconds (or metres); ``inf`` = no path.

        Raises
        ------
        InputError
            If a node does not exist.
        """
        cost = int(self._ask.pairs(self._place(source), self._place(target))[0])
        divisor, factor = scale(self.graph.units[self.metric])
        return float("inf") if cost < 0 else cost / divisor * factor

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
        s, t = self._pairs(sources, targets)
        costs = self._ask.pairs(s, t)
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
        found = self._ask.paths(self._place(source), self._place(target))
        if found.costs[0] < 0:
            raise no_way(self.graph, int(source), int(target))
        nodes = np.empty(len(found.arcs) + 1, dtype=np.int32)
        nodes[0] = source
        self.graph.heads.take(found.arcs, out=nodes[1:], mode="clip")
        (by_duration, seconds), (by_distance, metres) = self._scales
        duration, distance = found.sums[0].tolist()
        return Path(
            nodes,
            found.arcs,
            duration / by_duration * seconds,
            distance / by_distance * metres,
        )

    def paths(self, sources: npt.ArrayLike, targets: npt.ArrayLike) -> Paths:
        """The cheapest paths between pairs: from ``sources[i]`` to ``targets[i]``.

        Parameters
        ----------
        sources, targets
            (p,) node numbers each.

        Raises
        ------
        InputError
            If a node does not exist or the lengths differ.
        """
        s, t = self._pairs(sources, targets)
        found = self._ask.paths(s, t)
        durations, distances = (
            np.where(found.costs < 0, np.inf, sums / divisor * factor)
            for sums, (divisor, factor) in zip(found.sums.T, self._scales, strict=True)
        )
        order = self.index.order
        return Paths(self.graph, order[s], order[t], durations, distances, found.stops, found.arcs)

    # ---------------------------------------------------------------- trees

    def costs_from(self, source: int) -> Floats:
        """Costs from one node to all: (n,) float64 seconds (or metres), ``inf`` = unreachable.

        Raises
        ------
        InputError
            If the node does not exist.
        """
        return self._ask.tree_costs(self._places([source], "source"))

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
        return self._ask.tree(self._places([source], "source"))

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
        return self._ask.costs(s, t, swept=_swept(method, len(t)))

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
        return self._ask.table(s, t, swept=_swept(method, len(t)))

    # ---------------------------------------------------------------- keeping

    @property
    def narrow(self) -> bool:
        """Whether no search that climbs and descends can leave 32 bits."""
        return self._ask.narrow

    @property
    def far(self) -> int:
        """More than any cost: 2^30 where all costs fit into 32 bits."""
        return self._ask.far

    @property
    def memory(self) -> int:
        """Bytes of all arrays of the index; sums along shortcuts count once they are needed."""
        held = sum(array.nbytes for array in self.index.arrays.values())
        return held + self.index.position.nbytes + self._ask.memory

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
            adjacency.check_metric(graph, meta["metric"])
            return cls(graph, meta["metric"], checked_index(arrays, graph))
        except DAMAGE as error:
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

    def _place(self, node: int) -> Int32s:
        """The number of one node within the index, (1,)."""
        # The general check takes longer than a query.
        if type(node) is int and 0 <= node < self.graph.n:
            return self.index.position[node : node + 1].copy()
        return self._places([node], "node")

    def _places(self, nodes: npt.ArrayLike, what: str) -> Int32s:
        # Not read-only, here and above: Numba compiles once more for every difference in that.
        return self.index.position[check_nodes(self.graph, nodes, what)]

    def _pairs(self, sources: npt.ArrayLike, targets: npt.ArrayLike) -> tuple[Int32s, Int32s]:
        s, t = self._places(sources, "sources"), self._places(targets, "targets")
        if len(s) != len(t):
            raise InputError(f"{len(s)} sources but {len(t)} targets", fix="give pairs")
        return s, t

    def _sides(
        self, sources: npt.ArrayLike, targets: npt.ArrayLike | None
    ) -> tuple[Int32s, Int32s]:
        s = self._places(sources, "sources")
        return s, s if targets is None else self._places(targets, "targets")


def _swept(method: str, targets: int) -> bool:
    if method not in ("auto", "buckets", "sweep"):
        raise InputError(f"unknown method {method!r}", fix='use "auto", "buckets" or "sweep"')
    return method == "sweep" or (method == "auto" and targets >= MANY_TARGETS)
