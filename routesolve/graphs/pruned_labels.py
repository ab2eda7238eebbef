"""Pruned landmark labels: exact hops between any two nodes of a social network in a microsecond.

T. Akiba, Y. Iwata, Y. Yoshida, "Fast exact shortest-path distance queries on large networks by
pruned landmark labeling", SIGMOD 2013. Every node keeps its hops to some dozens of hubs, chosen so
that any two nodes share one on a shortest path; a few roots, with 64 of their neighbours each,
stand for many hubs at once. Labels take long to make where there is no core of hubs, as on streets:
use :class:`~routesolve.graphs.hub_labels.HubLabels` there.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError
from routesolve.graphs import hop_arcs
from routesolve.graphs._arrays import frozen
from routesolve.graphs._hierarchy import storage
from routesolve.graphs._kernels import pruned_labels as kernels
from routesolve.graphs._npz import DAMAGE, Arrays
from routesolve.graphs._pruned_labels import Parents, labelled, width_of_hops
from routesolve.graphs._pruned_labels import Progress as Progress
from routesolve.graphs.graph import Graph
from routesolve.graphs.hop_arcs import HopArcs, Int32s, Int64s, check_nodes

FORMAT = "routesolve-pruned-labels"
VERSION = 1

ROOM = 64
"""Nodes of a path for which there is room to begin with."""


@dataclass(frozen=True, eq=False, repr=False)
class PrunedLandmarkLabels:
    """Index of hops between all pairs of nodes; make one with :meth:`build` or :meth:`from_csr`.

    Attributes
    ----------
    arcs : HopArcs
        The arcs it is about.
    labels : Labels
        What a distance depends on; see :class:`routesolve.graphs._kernels.pruned_labels.Labels`.
    parents : Parents
        What paths need besides.
    graph : Graph or None
        The graph, when it was made from one.
    """

    arcs: HopArcs
    labels: kernels.Labels
    parents: Parents
    graph: Graph | None = None

    @classmethod
    def build(
        cls,
        graph: Graph,
        *,
        roots: int | None = None,
        parents: bool = True,
        on_progress: Progress | None = None,
    ) -> PrunedLandmarkLabels:
        """Label all nodes of a graph.

        Parameters
        ----------
        graph
            The graph; its weights do not matter.
        roots
            Searches that handle 64 neighbours at once; default: 16, none for a directed
            graph, for which they do not work, and as many as fit where the graph is small or deep.
        parents
            Keep what paths need: it doubles the memory of the labels.
        on_progress
            Called now and then with the number of searches done and of all; what it raises ends the
            build.

        Raises
        ------
        InputError
            If roots are asked for of a directed graph, or nodes are too far apart for labels of so
            many: above 255 hops among ten million nodes, never among up to 65535.
        """
        arcs = hop_arcs.of_graph(graph)
        return cls(arcs, *labelled(arcs, roots, parents, on_progress), graph)

    @classmethod
    def from_csr(
        cls,
        indptr: Int64s,
        heads: Int32s,
        reverse: tuple[Int64s, Int32s] | None = None,
        *,
        roots: int | None = None,
        parents: bool = True,
        on_progress: Progress | None = None,
    ) -> PrunedLandmarkLabels:
        """Label all nodes of a graph given as rows; see :func:`hop_arcs.of_rows`.

        Such labels are kept with :meth:`arrays` and :meth:`from_arrays`, not with :meth:`save`.
        """
        arcs = hop_arcs.of_rows(indptr, heads, reverse)
        return cls(arcs, *labelled(arcs, roots, parents, on_progress))

    def distance(self, source: int, target: int) -> int:
        """Least number of arcs from `source` to `target`; -1 = no path.

        Raises
        ------
        InputError
            If a node does not exist.
        """
        self._check(source, target)
        hops: int = kernels.one_distance(*self.labels, source, target)
        return hops

    def distances(self, sources: npt.ArrayLike, targets: npt.ArrayLike) -> Int32s:
        """(p,) least number of arcs from ``sources[i]`` to ``targets[i]``; -1 = no path.

        Raises
        ------
        InputError
            If a node does not exist or the lengths differ.
        """
        starts, ends = hop_arcs.check_pairs(self.arcs, sources, targets)
        hops = np.empty(len(starts), np.int32)
        kernels.distances(self.labels, starts, ends, hops)
        return hops

    def path(self, source: int, target: int) -> Int32s:
        """Nodes of a path with the least number of arcs, both ends included; none = no path.

        Raises
        ------
        InputError
            If a node does not exist, or the index was made without parents.
        """
        self._check(source, target)
        if not self.parents.out.size and self.labels.out_entries.size > self.arcs.n:
            raise InputError(
                "this index answers no paths", fix="build it with parents=True, or ask for hops"
            )
        nodes = np.empty(ROOM, np.int32)
        while True:
            hops: int = kernels.path(
                self.labels, *self.parents, self.arcs.indptr, self.arcs.heads, source, target, nodes
            )
            if hops < -1:
                raise InputError("labels contradict each other", fix=storage.AGAIN)
            if hops < len(nodes):
                return nodes[: hops + 1].copy()
            nodes = np.empty(hops + 1, np.int32)

    @property
    def roots(self) -> int:
        """Number of roots."""
        return int(self.labels.root_hops.shape[1])

    @property
    def mean_size(self) -> float:
        """Hubs of a node and direction on average, besides the roots."""
        # One entry of every label closes it.
        entries = len(self.labels.out_entries) + len(self.labels.in_entries)
        return entries / max(2 * self.arcs.n, 1) - 1.0

    @property
    def memory(self) -> int:
        """Bytes of all arrays of the index, the graph aside."""
        return sum(array.nbytes for array in self.arrays().values())

    def arrays(self) -> Arrays:
        """All arrays by name, for :meth:`from_arrays`."""
        found: Arrays = {key: getattr(self.labels, key) for key in _OUT}
        found["root_hops"] = self.labels.root_hops.reshape(-1)
        found["root_sets"] = self.labels.root_sets.reshape(-1)
        found["out_parents"] = self.parents.out
        if self.labels.in_entries is not self.labels.out_entries:
            found |= {key: getattr(self.labels, key) for key in _IN}
            found["in_parents"] = self.parents.into
        return found

    @classmethod
    def from_arrays(
        cls, arcs: HopArcs, arrays: Arrays, graph: Graph | None = None
    ) -> PrunedLandmarkLabels:
        """Put together what :meth:`arrays` took apart.

        Raises
        ------
        ValueError
            If the arrays are no labels of a graph with as many nodes.
        """
        n, bits = arcs.n, width_of_hops(arcs.n)
        out = _checked_half(arrays, "out", n, bits)
        into = out if "in_starts" not in arrays else _checked_half(arrays, "in", n, bits)
        hops = storage.take(arrays, "root_hops", np.uint8)
        roots = hops.size // max(n, 1)
        if (
            hops.size != roots * n
            or (roots and not arcs.symmetric)
            or (into is out) != (arcs.symmetric)
        ):
            raise ValueError("labels of another kind of graph")
        sets = storage.take(arrays, "root_sets", np.uint64, 2 * hops.size)
        labels = kernels.Labels(
            *out[:2],
            *into[:2],
            frozen(hops, np.uint8).reshape(n, roots),
            frozen(sets, np.uint64).reshape(n, 2 * roots),
            bits,
        )
        return cls(arcs, labels, Parents(out[2], into[2]), graph)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write to one ``.npz`` file, whole or not at all; the graph is not part of it.

        Raises
        ------
        InputError
            If the file cannot be written, or the index was made without a graph.
        """
        if self.graph is None:
            raise InputError("labels of rows belong to no graph", fix="keep what arrays() returns")
        meta = {"format": FORMAT, "version": VERSION, "graph": storage.digest(self.graph)}
        storage.save(path, meta, self.arrays())

    @classmethod
    def load(cls, path: str | os.PathLike[str], graph: Graph) -> PrunedLandmarkLabels:
        """Read a file written by :meth:`save`.

        Raises
        ------
        InputError
            If the file is missing, damaged, of another version, or of another graph.
        """
        _, arrays = storage.load(path, graph, kind=FORMAT, version=VERSION)
        try:
            return cls.from_arrays(hop_arcs.of_graph(graph), arrays, graph)
        except DAMAGE as error:
            raise InputError(
                f"damaged index: {error}", where=str(path), fix=storage.AGAIN
            ) from error

    def __repr__(self) -> str:
        return (
            f"<PrunedLandmarkLabels: {self.arcs.n} nodes, {self.roots} roots,"
            f" {self.mean_size:.1f} hubs each>"
        )

    def _check(self, source: int, target: int) -> None:
        if not (0 <= source < self.arcs.n and 0 <= target < self.arcs.n):
            check_nodes(self.arcs, [source], "source")
            check_nodes(self.arcs, [target], "target")


_OUT = ("out_starts", "out_entries")
_IN = ("in_starts", "in_entries")


def _checked_half(
    arrays: Arrays, way: str, n: int, bits: int
) -> tuple[Int64s, npt.NDArray[np.uint32], Int32s]:
    """Labels of one direction that a merge never runs out of; ValueError otherwise."""
    starts = storage.take(arrays, f"{way}_starts", np.int64)
    entries = storage.take(arrays, f"{way}_entries", np.uint32)
    parents = storage.take(arrays, f"{way}_parents", np.int32)
    storage.check_rows(starts, len(entries), n)
    closing = np.zeros(len(entries), np.bool_)
    if (np.diff(starts) < 1).any():
        raise ValueError("a label is not closed")
    closing[starts[1:] - 1] = True
    falls = entries[1:] <= entries[:-1]
    if ((entries == kernels.END) != closing).any() or (falls & ~closing[:-1]).any():
        raise ValueError("a label is not closed, or not in order")
    if ((entries >> np.uint32(bits)) >= n)[~closing].any():
        raise ValueError("a label names a hub that is not there")
    if parents.size not in (0, len(entries)) or (
        parents.size and (int(parents.min()) < -1 or int(parents.max()) >= n)
    ):
        raise ValueError("a label names a parent that is not there")
    return frozen(starts, np.int64), frozen(entries, np.uint32), frozen(parents, np.int32)
