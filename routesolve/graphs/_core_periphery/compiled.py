"""Core and ring of an undirected, unweighted network in arrays: the compiled searches."""

from __future__ import annotations

import threading

import numpy as np
import numpy.typing as npt

from routesolve.graphs._arrays import frozen
from routesolve.graphs._core_periphery.answers import MODES, CoreAnswers
from routesolve.graphs._core_periphery.growing import assembled, shown
from routesolve.graphs._kernels import core_layout as layout
from routesolve.graphs._kernels import core_queries as kernels
from routesolve.graphs._kernels.core_layout import BLOCK, CHUNK, RUN, Core, Lists, Scratch
from routesolve.graphs._kernels.pruned_labels import Labels
from routesolve.graphs.pruned_labels import Progress, PrunedLandmarkLabels

Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]

ROOM = 1 << 12
"""Vertices of paths for which there is room to begin with."""
NO_LABELS = Labels(
    frozen([], np.int64),
    frozen([], np.uint32),
    frozen([], np.int64),
    frozen([], np.uint32),
    frozen(np.empty((0, 0)), np.uint8),
    frozen(np.empty((0, 0)), np.uint64),
    0,
)
LAST_RUN = 2**31 - 4


class CompiledCore:
    """Searches through a core, which share their working memory: one at a time.

    Working memory is up to 16 bytes a vertex, of which pages that no search touches take nothing.

    Parameters
    ----------
    indptr, heads
        (n + 1,) int64 and (m,) int32 neighbours of all vertices, each edge at both ends; arrays
        mapped from files stay there.
    core
        Of this graph.
    changes
        Lists that have replaced those of some vertices.
    labels
        Of the core, for mode M; made when they are needed first.
    """

    def __init__(
        self,
        indptr: Int64s,
        heads: Int32s,
        core: Core,
        changes: dict[int, Int32s] | None = None,
        labels: PrunedLandmarkLabels | None = None,
    ) -> None:
        self.indptr: Int64s = shown(indptr)
        self.heads: Int32s = shown(heads)
        self.core = core
        self.labels = labels
        self.changes = dict(changes or {})
        self.n = len(indptr) - 1
        self._lists = self._all_lists()
        self._scratch: Scratch | None = None
        self._lock = threading.Lock()

    # ---------------------------------------------------------------- answers

    def answer(
        self, sources: Int32s, targets: Int32s, *, mode: str, exact: bool, paths: bool
    ) -> CoreAnswers:
        """Answers for pairs of vertices that exist."""
        q = len(sources)
        hops, read = np.empty(q, np.int32), np.empty(q, np.int64)
        stops = np.zeros(q + 1, np.int64)
        nodes = np.empty(max(ROOM, 8 * q) if paths else 0, np.int32)
        with self._lock:
            if mode == "M" and self.labels is None:
                self.label()
            labels = NO_LABELS if self.labels is None else self.labels.labels
            scratch = self._fresh(q)
            done = 0
            while True:
                done = kernels.answer(
                    self._lists, self.core, labels, scratch, sources, targets, done,
                    MODES.index(mode), exact, hops, read, stops[1:], nodes,
                )  # fmt: skip
                if done == q:
                    break
                nodes = np.concatenate((nodes, np.empty(len(nodes) + self.n, np.int32)))
                scratch = self._fresh(q)
        costs = np.where(hops < 0, np.inf, hops)
        certain = (hops <= 2) | exact
        if not paths:
            return CoreAnswers(hops, costs, mode, certain, read)
        return CoreAnswers(hops, costs, mode, certain, read, stops, nodes[: stops[-1]].copy())

    def label(self, on_progress: Progress | None = None) -> None:
        """Make the labels of the core."""
        self.labels = PrunedLandmarkLabels.from_csr(
            self.core.indptr.astype(np.int64), self.core.heads, parents=False,
            on_progress=on_progress,
        )  # fmt: skip

    def _fresh(self, q: int) -> Scratch:
        """Working memory with numbers for two runs of each of q pairs to come."""
        n, k = self.n, len(self.core.nodes)
        if self._scratch is None:
            self._scratch = Scratch(
                np.zeros(n, np.int32), np.empty(n, np.int32), np.empty((2, n), np.int32),
                np.zeros(k, np.int32), np.empty(k, np.int32), np.empty((2, k), np.int32),
                np.empty(CHUNK, np.int32), np.zeros(0, np.uint8),
                np.empty(2 * BLOCK * layout.ROOM, np.int32), np.empty((2 * BLOCK, 3), np.int32),
                np.zeros(8, np.int64),
            )  # fmt: skip
        scratch = self._scratch
        if scratch.state[RUN] + 2 * q > LAST_RUN:
            scratch.state[RUN] = 0
            scratch.mark[:] = 0
            scratch.core_mark[:] = 0
        return scratch

    # ---------------------------------------------------------------- looking

    def count_reads(self) -> None:
        """Note from now on whose lists are read: a byte a vertex."""
        with self._lock:
            self._scratch = self._fresh(0)._replace(seen=np.zeros(self.n, np.uint8))

    @property
    def reads(self) -> set[int] | npt.NDArray[np.int64]:
        """The vertices noted."""
        return np.flatnonzero(self._fresh(0).seen)

    def neighbours(self, v: int) -> Int32s:
        """The list of a vertex, changes included."""
        found = self.changes.get(v)
        return self.heads[self.indptr[v] : self.indptr[v + 1]] if found is None else found

    def rings(self, vertices: npt.ArrayLike) -> npt.NDArray[np.int8]:
        """0 in the core, 1 in the ring around it, 2 outside, for some vertices."""
        v = np.asarray(vertices, np.int64)
        inside, near = (w[v >> 6] >> (v & 63) & 1 for w in (self.core.words, self.core.around))
        levels: npt.NDArray[np.int8] = (2 - inside - near).astype(np.int8)
        return levels

    def ring_sizes(self) -> tuple[int, int, int]:
        """How many vertices are in the core, in the ring, and outside."""
        # Unsigned: NumPy counts the bits of a number's absolute value.
        near = int(np.bitwise_count(self.core.around.view(np.uint64)).sum())
        k = len(self.core.nodes)
        return k, near - k, self.n - near

    @property
    def memory(self) -> int:
        """Bytes of the index, without the graph and the working memory."""
        own = sum(array.nbytes for array in (*self.core, *self._lists[2:]))
        return own + (0 if self.labels is None else self.labels.memory)

    # ---------------------------------------------------------------- changes

    def insert(self, edges: npt.NDArray[np.int64]) -> None:
        """Add edges, (e, 2), each at both its ends; those that exist stay as they are."""
        self._change(np.array([e for e in edges.tolist() if not self.has_edge(*e)]), present=True)

    def delete(self, edges: npt.NDArray[np.int64]) -> None:
        """Take edges, (e, 2), out of both their ends' lists, with all their repetitions."""
        self._change(edges, present=False)

    def has_edge(self, u: int, v: int) -> bool:
        """Whether `v` is a neighbour of `u`."""
        return bool((self.neighbours(u) == v).any())

    def _change(self, edges: npt.NDArray[np.int64], *, present: bool) -> None:
        edges = edges.reshape(-1, 2)
        edges = edges[edges[:, 0] != edges[:, 1]]
        both = np.unique(np.concatenate((edges, edges[:, ::-1])), axis=0)
        with self._lock:
            for u in np.unique(both[:, 0]).tolist():
                others = both[both[:, 0] == u, 1].astype(np.int32)
                old = self.neighbours(u)
                self.changes[u] = (
                    np.concatenate((old, others)) if present else old[~np.isin(old, others)]
                )
            self._lists = self._all_lists()
            self._change_core(both, present=present)

    def _change_core(self, both: npt.NDArray[np.int64], *, present: bool) -> None:
        """Bring ring and core up to date after edges, given both ways, have come or gone."""
        from_core = self.rings(both[:, 0]) == 0
        around = self.core.around.copy()
        for v in np.unique(both[from_core & (self.rings(both[:, 1]) != 0), 1]).tolist():
            bit = np.int64(1) << np.int64(v & 63)
            near = present or bool((self.rings(self.neighbours(v)) == 0).any())
            around[v >> 6] = around[v >> 6] | bit if near else around[v >> 6] & ~bit
        arcs = both[from_core & (self.rings(both[:, 1]) == 0)]
        indptr, heads = self.core.indptr, self.core.heads
        if len(arcs):
            k = len(self.core.nodes)
            tails = np.repeat(np.arange(k, dtype=np.int64), np.diff(indptr))
            keys = tails * k + heads
            new = self._number(arcs[:, 0]) * k + self._number(arcs[:, 1])
            keys = np.union1d(keys, new) if present else np.setdiff1d(keys, new)
            indptr = np.searchsorted(keys, np.arange(k + 1) * k).astype(np.int32)
            heads = (keys % k).astype(np.int32)
            self.labels = None
        self.core = assembled(around, self.core.nodes, indptr, heads)

    def _number(self, vertices: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Numbers in the core of some of its vertices."""
        rank = np.searchsorted(np.sort(self.core.nodes), vertices)
        return self.core.numbers[rank].astype(np.int64)

    def _all_lists(self) -> Lists:
        changed, starts, new = self.changed_lists()
        return Lists(self.indptr, self.heads, shown(changed), shown(starts), shown(new))

    def changed_lists(self) -> tuple[Int32s, Int64s, Int32s]:
        """The vertices whose lists have been replaced, ascending, where theirs begin, and all."""
        changed = np.array(sorted(self.changes), np.int32)
        rows = [self.changes[v] for v in changed.tolist()]
        starts = np.zeros(len(rows) + 1, np.int64)
        np.cumsum([len(row) for row in rows], out=starts[1:])
        return changed, starts, np.concatenate([np.empty(0, np.int32), *rows]).astype(np.int32)
