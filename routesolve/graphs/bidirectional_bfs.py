"""Hops between pairs of nodes, by breadth-first search from both ends at once.

For a few pairs of a large graph nothing needs to be prepared: where degrees differ as widely as in
social networks, two searches that grow the side with fewer arcs meet after a few hundred nodes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from routesolve.graphs import adjacency, hop_arcs
from routesolve.graphs._kernels import bidirectional_bfs as kernels
from routesolve.graphs.graph import Graph
from routesolve.graphs.hop_arcs import HopArcs, Int32s, Int64s

ROOM = 1 << 12
"""Nodes of paths for which there is room to begin with."""


class HopPaths(NamedTuple):
    """Answer of :meth:`HopSearch.paths`.

    Attributes
    ----------
    stops : numpy.ndarray
        (p + 1,) int64; the nodes of path i are ``nodes[stops[i]:stops[i + 1]]``, from its source to
        its target, none when there is no path.
    nodes : numpy.ndarray
        int32.
    """

    stops: Int64s
    nodes: Int32s


class HopSearch:
    """Searches of one graph that share their working memory: 16 bytes a node, taken as it is used.

    One object serves one thread at a time.

    Parameters
    ----------
    graph
        The graph; its weights do not matter. Arcs are followed forwards only.
    count
        Also remember which nodes were looked at, for :attr:`nodes_seen` and :attr:`nodes_read`.

    Raises
    ------
    InputError
        From every method: if a node does not exist.
    """

    def __init__(self, graph: Graph | HopArcs, *, count: bool = False) -> None:
        self._arcs = graph if isinstance(graph, HopArcs) else hop_arcs.of_graph(graph)
        self.n = self._arcs.n
        self._work = np.zeros((5 if count else 4, self.n + 1), np.int32)
        self._path = self._work[kernels.PATH]
        self._inputs = (*self._arcs, self._work)

    @classmethod
    def from_csr(
        cls,
        indptr: Int64s,
        heads: Int32s,
        reverse: tuple[Int64s, Int32s] | None = None,
        *,
        count: bool = False,
    ) -> HopSearch:
        """Search arrays that may be mapped from files; see :func:`hop_arcs.of_rows`."""
        return cls(hop_arcs.of_rows(indptr, heads, reverse), count=count)

    def distance(self, source: int, target: int) -> int:
        """Least number of arcs from `source` to `target`; -1 = no path."""
        self._check(source, target)
        hops: int = kernels.meet(*self._inputs, source, target, False)
        return hops

    def path(self, source: int, target: int) -> Int32s:
        """Nodes of a path with the least number of arcs, both ends included; none = no path."""
        self._check(source, target)
        hops: int = kernels.meet(*self._inputs, source, target, True)
        nodes: Int32s = self._path[: hops + 1].copy()
        return nodes

    def distances(self, sources: npt.ArrayLike, targets: npt.ArrayLike) -> Int32s:
        """(p,) least number of arcs from ``sources[i]`` to ``targets[i]``; -1 = no path."""
        starts, ends = self._pairs(sources, targets)
        hops = np.empty(len(starts), np.int32)
        kernels.meet_many(*self._inputs, starts, ends, hops)
        return hops

    def paths(self, sources: npt.ArrayLike, targets: npt.ArrayLike) -> HopPaths:
        """Paths with the least number of arcs from ``sources[i]`` to ``targets[i]``."""
        starts, ends = self._pairs(sources, targets)
        stops = np.zeros(len(starts) + 1, np.int64)
        nodes = np.empty(ROOM, np.int32)
        done = kernels.paths(*self._inputs, starts, ends, 0, stops, nodes)
        while done < len(starts):
            nodes = np.concatenate((nodes, np.empty(len(nodes) + self.n, np.int32)))
            done = kernels.paths(*self._inputs, starts, ends, done, stops, nodes)
        return HopPaths(stops, nodes[: stops[-1]].copy())

    @property
    def nodes_seen(self) -> int:
        """Different nodes met so far; 0 unless the object was made to count."""
        return int(np.count_nonzero(self._seen()))

    @property
    def nodes_read(self) -> int:
        """Different nodes whose list of neighbours was read so far."""
        return int(np.count_nonzero(self._seen() & kernels.READ))

    def _seen(self) -> Int32s:
        return self._work[kernels.SEEN :]

    def _check(self, source: int, target: int) -> None:
        if not (0 <= source < self.n and 0 <= target < self.n):
            hop_arcs.check_pairs(self._arcs, [source], [target])

    def _pairs(self, sources: npt.ArrayLike, targets: npt.ArrayLike) -> tuple[Int32s, Int32s]:
        return hop_arcs.check_pairs(self._arcs, sources, targets)


def hop_distances(graph: Graph, sources: npt.ArrayLike, targets: npt.ArrayLike) -> Int32s:
    """Least number of arcs between pairs: from ``sources[i]`` to ``targets[i]``.

    Parameters
    ----------
    graph
        The graph; its weights do not matter.
    sources, targets
        (p,) node numbers each.

    Returns
    -------
    numpy.ndarray
        (p,) int32; -1 = no path.

    Raises
    ------
    InputError
        If a node does not exist or the lengths differ.
    """
    search = _borrow(graph)
    try:
        return search.distances(sources, targets)
    finally:
        _searches(graph).append(search)


def hop_path(graph: Graph, source: int, target: int) -> Int32s:
    """Nodes of a path with the least number of arcs.

    Returns
    -------
    numpy.ndarray
        int32, both ends included; empty = no path.

    Raises
    ------
    InputError
        If a node does not exist.
    """
    search = _borrow(graph)
    try:
        return search.path(source, target)
    finally:
        _searches(graph).append(search)


def _searches(graph: Graph) -> list[HopSearch]:
    """Searches of a graph that nobody is using."""
    found: list[HopSearch] = adjacency.kept(graph).setdefault("hop searches", [])
    return found


def _borrow(graph: Graph) -> HopSearch:
    try:
        return _searches(graph).pop()  # atomic: two threads never share one
    except IndexError:
        return HopSearch(graph)
