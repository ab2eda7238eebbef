"""Customizable contraction hierarchies: new weights for an index in a fraction of a second.

J. Dibbelt, B. Strasser, D. Wagner, "Customizable Contraction Hierarchies", ACM Journal of
Experimental Algorithmics 21 (2016). The order of the nodes is found once, from the streets alone;
weights (the traffic of the hour, another metric, a closed bridge) are put in afterwards, which
takes a small part of the time that a :class:`ContractionHierarchy` takes to build.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError
from routesolve.graphs import adjacency
from routesolve.graphs._arrays import smallest_unsigned
from routesolve.graphs._hierarchy import storage
from routesolve.graphs._hierarchy.build import DENSE
from routesolve.graphs._hierarchy.dissection import Progress, dissected, neighbours, refuse
from routesolve.graphs._hierarchy.index import Index, inverse, share
from routesolve.graphs._kernels import customization as kernels
from routesolve.graphs.graph import MAX_WEIGHT, Graph
from routesolve.graphs.hierarchy import ContractionHierarchy

FORMAT = "routesolve-customizable-hierarchy"
VERSION = 1

Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]


class Skeleton(NamedTuple):
    """The chordal graph of an order; nodes are numbered from the most important one, 0.

    Attributes
    ----------
    ptr, heads : numpy.ndarray
        (n + 1,) and (a,) int32: arcs by their lower end, and their upper ends, sorted.
    back, below : numpy.ndarray
        (n + 1,) and (2 a,) int32: the same arcs by their upper ends; number of the arc, and where
        the row of its lower end begins.
    slot : numpy.ndarray
        (m,) int32: 2 e for an arc of the graph that leads up arc e, 2 e + 1 for one that leads down
        it, -1 for a loop.
    """

    ptr: Int32s
    heads: Int32s
    back: Int32s
    below: Int32s
    slot: Int32s


@dataclass(frozen=True, eq=False, repr=False)
class CustomizableHierarchy:
    """What the indexes of a road network have in common for all weights; see :meth:`build`.

    Attributes
    ----------
    graph : Graph
        The graph it was built on; its arcs count, its weights are only those that
        :meth:`customize` takes where it is given none.
    order : numpy.ndarray
        (n,) int32 nodes from the most important one down.
    skeleton : Skeleton
        Every arc that an index in this order may need.
    """

    graph: Graph
    order: Int32s
    skeleton: Skeleton

    @classmethod
    def build(cls, graph: Graph, *, on_progress: Progress | None = None) -> CustomizableHierarchy:
        """Find an order of the nodes and all arcs that it can need, by nested dissection.

        Parameters
        ----------
        graph
            A road network, directed or not. Where it has no coordinates, hops from far-off nodes
            take their place.
        on_progress
            Called now and then with the number of nodes done and of all nodes; what it raises ends
            the build.

        Raises
        ------
        InputError
            If the graph has no small separators (social networks).
        """
        lists = neighbours(graph)
        return cls._completed(graph, dissected(graph, *lists, on_progress), lists)

    @classmethod
    def _completed(
        cls, graph: Graph, order: Int32s, lists: tuple[Int32s, Int32s]
    ) -> CustomizableHierarchy:
        n = graph.n
        parent, size, place = _filled(n, -1), _filled(n, 1), _filled(n, 0)
        kernels.family(*lists, order, _inverse(order), parent, _filled(n, -1))
        kernels.preorder(parent, size, place, _filled(n + 1, 0))
        order = order[_inverse(place)]
        position = _inverse(order)
        ptr, heads = _chordal(*lists, order, position)
        from scipy.sparse import csr_array

        arcs = np.arange(len(heads), dtype=np.int32)
        turned = csr_array((arcs, heads, ptr), shape=(n, n)).tocsc()
        below = np.column_stack((turned.data, ptr[turned.indices])).ravel()
        slot = _slots(ptr, heads, position[graph.edge_tails], position[graph.heads])
        skeleton = Skeleton(*map(_fixed, (ptr, heads, turned.indptr, below, slot)))
        return cls(graph, _fixed(order), skeleton)

    def customize(
        self, weights: Graph | npt.ArrayLike | None = None, *, metric: str = "duration"
    ) -> ContractionHierarchy:
        """An index for these weights, exact as any other.

        Parameters
        ----------
        weights
            (m,) weights of the arcs in the unit of `metric` (seconds or metres), finite and >= 0;
            or a graph with the same arcs, whatever its weights; default: those of :attr:`graph`.
        metric
            What is minimised: any metric of the graph.

        Returns
        -------
        ContractionHierarchy
            On a graph that carries the weights.

        Raises
        ------
        InputError
            If the metric is unknown, the arcs are not the same, a weight is negative, not finite or
            too large, or a shortcut would not fit into 32 bits.
        """
        adjacency.check_metric(self.graph, metric)
        graph = self._weighted(weights, metric)
        arcs, a = self.skeleton, len(self.skeleton.heads)
        at = _filled(graph.n, 0)
        cost = np.full(2 * a, kernels.FAR, dtype=np.int64)
        parts = _filled(4 * a, -1)
        kernels.customize(*arcs, graph.metrics[metric], cost, parts, at)
        needed = np.zeros(2 * a, dtype=np.uint8)
        kernels.perfect(*arcs[:4], cost, parts, needed, at)
        return ContractionHierarchy(graph, metric, self._index(metric, cost, parts, needed))

    def _index(
        self, metric: str, cost: Int64s, parts: Int32s, needed: npt.NDArray[np.uint8]
    ) -> Index:
        """What is needed of the skeleton.

        Nodes are numbered as in other hierarchies: by level, and within a level by their arcs.
        """
        n, structure = self.graph.n, self.skeleton[:2]
        level, degrees = _filled(n, 0), np.zeros((2, n), dtype=np.int32)
        if kernels.levels(*structure, cost, needed, level, degrees) >= kernels.NONE:
            raise InputError(
                f"a shortcut by {metric} is too long for 32-bit weights", fix="use coarser units"
            )
        # Sorting is fastest for numbers of few bits.
        order = np.argsort(smallest_unsigned(degrees[1]), kind="stable")
        depth = smallest_unsigned(level.max(initial=0) - level)
        order = order[np.argsort(depth[order], kind="stable")]
        place, number = _inverse(order), _filled(2 * len(structure[1]), -1)
        halves = []
        for way in range(2):
            rows = _filled(n + 1, 0)
            np.cumsum(degrees[way][order], out=rows[1:])
            arcs, slots = _filled(2 * rows[-1], 0), _filled(rows[-1], 0)
            kernels.gather(*structure, cost, needed, order, place, way, rows, arcs, slots, number)
            halves.append((_fixed(rows), _fixed(arcs), slots))
        stands_for = []
        for _, arcs, slots in halves:
            result = np.empty_like(arcs)
            kernels.unfold(parts, number, slots, result)
            stands_for.append(_fixed(result))
        nodes = _fixed(self.order[order])
        (up, up_arcs, _), (down, down_arcs, _) = halves
        return Index(nodes, inverse(nodes), *share(up, up_arcs, down, down_arcs), *stands_for)

    def _weighted(self, weights: Graph | npt.ArrayLike | None, metric: str) -> Graph:
        graph = self.graph
        if weights is None:
            return graph
        if not isinstance(weights, Graph):
            return reweighted(graph, metric, np.asarray(weights))
        adjacency.check_metric(weights, metric)
        for mine, other in ((graph.indptr, weights.indptr), (graph.heads, weights.heads)):
            if mine is not other and not np.array_equal(mine, other):
                raise InputError(
                    "the new weights belong to a graph with other arcs",
                    fix="build a new hierarchy",
                )
        return weights

    @property
    def memory(self) -> int:
        """Bytes of all arrays."""
        return self.order.nbytes + sum(array.nbytes for array in self.skeleton)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the order to one ``.npz`` file, whole or not at all; the rest follows from it.

        Raises
        ------
        InputError
            If the file cannot be written.
        """
        of = storage.digest(_bare(self.graph))
        meta = {"format": FORMAT, "version": VERSION, "graph": of}
        storage.save(path, meta, {"order": self.order})

    @classmethod
    def load(cls, path: str | os.PathLike[str], graph: Graph) -> CustomizableHierarchy:
        """Read a file written by :meth:`save`, for a graph with the same arcs and any weights.

        Raises
        ------
        InputError
            If the file is missing, damaged, of another version, or of another graph.
        """
        _, arrays = storage.load(path, _bare(graph), kind=FORMAT, version=VERSION)
        try:
            order = storage.take(arrays, "order", np.int32, graph.n).copy()
            if not np.array_equal(np.sort(order), np.arange(graph.n)):
                raise ValueError("order is not a permutation")
        except storage.DAMAGE as error:
            raise InputError(
                f"damaged index: {error}", where=str(path), fix="build the index again"
            ) from error
        return cls._completed(graph, order, neighbours(graph))

    def __repr__(self) -> str:
        arcs = len(self.skeleton.heads)
        return f"<CustomizableHierarchy: {self.graph.n} nodes, {arcs} arcs>"


def reweighted(graph: Graph, metric: str, weights: npt.NDArray[Any]) -> Graph:
    """The same graph with other values of one metric, given in real units.

    Raises
    ------
    InputError
        If they are not one finite number >= 0 per arc that fits into 32 bits.
    """
    if weights.shape != (graph.m,) or weights.dtype.kind not in "iuf":
        raise InputError(
            f"new weights of shape {weights.shape} for {graph.m} arcs",
            fix="give one number per arc",
        )
    with np.errstate(invalid="ignore", over="ignore"):
        steps = np.rint(weights / graph.units[metric])
        bad = np.flatnonzero(~((weights >= 0) & (steps <= MAX_WEIGHT)))
    if bad.size:
        raise InputError(
            f"{metric} {weights[bad[0]]:g} ({bad.size} bad weights in all)",
            where=f"arc {bad[0]}",
            fix="give finite numbers >= 0",
        )
    return replace(graph, metrics={**graph.metrics, metric: steps.astype(np.int32)})


def _bare(graph: Graph) -> Graph:
    """The arcs of a graph alone: an order suits all graphs that have them."""
    nothing = np.zeros(graph.m, dtype=np.int32)
    metrics = {"duration": nothing, "distance": nothing}
    return Graph(indptr=graph.indptr, heads=graph.heads, metrics=metrics)


def _chordal(ptr: Int32s, adj: Int32s, order: Int32s, position: Int32s) -> tuple[Int32s, Int32s]:
    """The arcs that contracting all nodes in this order leaves: row pointers, sorted upper ends."""
    from scipy.sparse import csr_array

    n = len(order)
    ends, room = _filled(n + 1, 0), 8 * n
    while True:
        rows = np.empty(room, dtype=np.int32)
        child, sibling, seen = (_filled(n, -1) for _ in range(3))
        if kernels.complete(ptr, adj, order, position, ends, child, sibling, seen, rows):
            break
        if room > DENSE * n:
            raise refuse(f"its nodes would come to have more than {DENSE} neighbours each")
        room *= 2
    rows = rows[: ends[-1]]
    nothing = np.zeros(len(rows), dtype=np.int8)
    # Turning rows into columns sorts them.
    by_head = csr_array((nothing, rows, ends), shape=(n, n)).tocsc()
    lower = n - 1 - by_head.indices
    by_low = csr_array((nothing, lower, by_head.indptr), shape=(n, n)).tocsc()
    return by_low.indptr, by_low.indices


def _slots(ptr: Int32s, heads: Int32s, tails: Int32s, ends: Int32s) -> Int32s:
    """The slot of every arc of the graph, given where it begins and ends; -1 for loops."""
    n = len(ptr) - 1
    keys = np.repeat(np.arange(n), np.diff(ptr)) * n + heads
    low, high = np.maximum(tails, ends).astype(np.int64), np.minimum(tails, ends)
    slot = 2 * np.searchsorted(keys, low * n + high) + (tails < ends)
    return np.where(tails == ends, -1, slot).astype(np.int32)


def _filled(size: int, value: int) -> Int32s:
    return np.full(size, value, dtype=np.int32)


def _inverse(order: npt.NDArray[Any]) -> Int32s:
    position = np.empty(len(order), dtype=np.int32)
    position[order] = np.arange(len(order), dtype=np.int32)
    return position


def _fixed(array: Int32s) -> Int32s:
    """Read-only without a copy: nobody else holds what a kernel has just made."""
    array.flags.writeable = False
    return array
