"""Core and ring of networks with weights, with directions, or behind a function: in Python.

The same searches as the compiled ones, by Dijkstra's method: from the source along the arcs, from
the target against them. Weights and directions are not in the paper.
"""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError
from routesolve.graphs._core_periphery.answers import CoreAnswers
from routesolve.graphs._core_periphery.asked import Arcs, GraphLists, Oracle

FAR = 1 << 62


class Tree(NamedTuple):
    """What a search has found: costs, and the vertex before each (-1 = an end)."""

    cost: dict[int, int]
    before: dict[int, int]


class GeneralCore:
    """Searches through a core of which only the arcs at its vertices are stored.

    Parameters
    ----------
    lists
        The network.
    nodes
        The core.
    out, into
        Arcs that leave its vertices, and those that enter them; the same object when the network
        is undirected.
    """

    def __init__(
        self, lists: Oracle | GraphLists, nodes: list[int], out: Mapping[int, Arcs],
        into: Mapping[int, Arcs],
    ) -> None:  # fmt: skip
        self.lists, self.nodes = lists, list(nodes)
        self.out = {v: list(out[v]) for v in nodes}
        self.into = self.out if into is out else {v: list(into[v]) for v in nodes}
        self.n = lists.n
        self.queries = 0
        self.reads: set[int] = set()
        self._counting = False
        self._lock = threading.Lock()
        self._settle()

    def _settle(self) -> None:
        """Derive the ways into the core (0, along the arcs) and out of it (1), and those inside."""
        core = set(self.nodes)
        halves = (self.into, self.out)
        self._ways: list[dict[int, Arcs]] = []
        for half in halves[: 1 if self.into is self.out else 2]:
            ways: dict[int, Arcs] = {}
            for v in self.nodes:
                for x, w in half[v]:
                    if x not in core:
                        ways.setdefault(x, []).append((v, w))
            self._ways.append(ways)
        if len(self._ways) == 1:
            self._ways.append(self._ways[0])
        self._inside = [
            {v: [(x, w) for x, w in half[v] if x in core] for v in self.nodes}
            for half in (self.out, self.into)
        ]

    # ---------------------------------------------------------------- answers

    def answer(
        self, sources: npt.NDArray[np.int64], targets: npt.NDArray[np.int64], *, mode: str,
        exact: bool, paths: bool,
    ) -> CoreAnswers:  # fmt: skip
        """Answers for pairs of vertices."""
        if mode == "M":
            raise InputError(
                "mode M works on undirected networks in arrays, without weights",
                fix="use mode E or H",
            )
        q = len(sources)
        hops, costs = np.full(q, -1, np.int32), np.full(q, np.inf)
        queries, certain = np.zeros(q, np.int64), np.full(q, True)
        found: list[list[int]] = []
        with self._lock:
            for i, (s, t) in enumerate(zip(sources.tolist(), targets.tolist(), strict=True)):
                self.queries = 0
                cost, path = self._one(s, t, mode, exact)
                certain[i] = exact or len(path) < 2 or (len(path) == 2 and not self.lists.weighted)
                queries[i] = self.queries
                found.append(path)
                if path:
                    hops[i], costs[i] = len(path) - 1, cost * self.lists.unit
        if not paths:
            return CoreAnswers(hops, costs, mode, certain, queries)
        stops = np.zeros(q + 1, np.int64)
        np.cumsum([len(path) for path in found], out=stops[1:])
        nodes = np.array([v for path in found for v in path], np.int64)
        return CoreAnswers(hops, costs, mode, certain, queries, stops, nodes)

    def _one(self, s: int, t: int, mode: str, exact: bool) -> tuple[int, list[int]]:
        """Cost and vertices of a path; none = not connected."""
        if s == t:
            return 0, [s]
        up, stuck = self._climb(s, t, 0)
        down, stuck_too = self._climb(t, s, 1)
        cost, path = _joined(up, down)
        ends = [self._entries(tree, mode) for tree in (up, down)]
        if all(ends):
            trees = _meet(ends[0], ends[1], self._step_inside(0), self._step_inside(1), cost)
            inside, middle = _joined(*trees)
            if inside < cost:
                first = _back(up.before, middle[0])
                last = _back(down.before, middle[-1])
                cost, path = inside, [*first[::-1], *middle[1:], *last[1:]]
        lost = not path and not stuck and not stuck_too
        if exact or lost:
            trees = _meet({s: 0}, {t: 0}, self._step(0), self._step(1), cost)
            better, way = _joined(*trees)
            if better < cost:
                cost, path = better, way
        return cost, path

    def _climb(self, start: int, goal: int, side: int) -> tuple[Tree, bool]:
        """Search from one end until the core is reached; whether all there is has been seen.

        Vertices of the ring lead into the core only, and once one is known the periphery is
        searched no further.
        """
        ways, core = self._ways[side], self._inside[0]
        read = self._step(side)
        tree = Tree({start: 0}, {start: -1})
        heap = [(0, start not in core, start)]
        near, done = start in ways, set()
        while heap:
            cost, outside, v = heapq.heappop(heap)
            if v in done:
                continue
            done.add(v)
            if not outside:
                return tree, False
            arcs = ways.get(v)
            if v == start and arcs is not None:
                arcs = arcs + [(x, w) for x, w in read(v) if x == goal]
            elif arcs is None:
                if near:
                    continue
                arcs = read(v)
            for x, w in arcs:
                if cost + w < tree.cost.get(x, FAR):
                    tree.cost[x], tree.before[x] = cost + w, v
                    near = near or x in ways
                    heapq.heappush(heap, (cost + w, x not in core, x))
        return tree, not near

    def _entries(self, tree: Tree, mode: str) -> dict[int, int]:
        """Where a climb enters the core, and the cost until there."""
        core = self._inside[0]
        found = {v: cost for v, cost in tree.cost.items() if v in core}
        if mode == "E" or not found:
            return found
        best = min(found, key=lambda v: (found[v], -len(core[v]), v))
        return {best: found[best]}

    def _step(self, side: int) -> Callable[[int], Arcs]:
        """Read the list of a vertex, along the arcs (0) or against them (1), and count that."""
        read = self.lists.into if side else self.lists.out

        def step(v: int) -> Arcs:
            self.queries += 1
            if self._counting:
                self.reads.add(v)
            return read(v)

        return step

    def _step_inside(self, side: int) -> Callable[[int], Arcs]:
        return self._inside[side].__getitem__

    # ---------------------------------------------------------------- looking

    def count_reads(self) -> None:
        """Note from now on whose lists are read."""
        self._counting = True
        self.reads = set()

    def rings(self, vertices: npt.ArrayLike) -> npt.NDArray[np.int8]:
        """0 in the core, 1 in the ring around it, 2 outside, for some vertices."""
        core, (up, down) = self._inside[0], self._ways
        levels = [
            0 if v in core else 1 if v in up or v in down else 2
            for v in np.asarray(vertices).tolist()
        ]
        return np.array(levels, np.int8)

    def ring_sizes(self) -> tuple[int, int, int]:
        """How many vertices are in the core, in the ring, and outside (-1 = not known)."""
        k, ring = len(self.nodes), len(self._ways[0].keys() | self._ways[1].keys())
        return k, ring, -1 if self.n is None else self.n - k - ring

    @property
    def memory(self) -> int:
        """Bytes that the stored arcs take at least."""
        halves = [self.out] if self.into is self.out else [self.out, self.into]
        return 16 * sum(len(arcs) for half in halves for arcs in half.values())

    # ---------------------------------------------------------------- changes

    def insert(self, edges: npt.NDArray[np.int64]) -> None:
        """Take note of edges, (e, 2), that the network's function returns from now on."""
        self._change(edges, present=True)

    def delete(self, edges: npt.NDArray[np.int64]) -> None:
        """Take note of edges, (e, 2), that the network's function no longer returns."""
        self._change(edges, present=False)

    def _change(self, edges: npt.NDArray[np.int64], *, present: bool) -> None:
        if not isinstance(self.lists, Oracle):
            raise InputError(
                "an index with weights or directions cannot be changed", fix="build it again"
            )
        with self._lock:
            for u, v in np.concatenate((edges, edges[:, ::-1])).tolist():
                if u in self.out and u != v:
                    kept = [(x, w) for x, w in self.out[u] if x != v]
                    self.out[u] = [*kept, (v, 1)] if present else kept
            self._settle()


def _meet(
    first: dict[int, int], second: dict[int, int], forward: Callable[[int], Arcs],
    backward: Callable[[int], Arcs], bound: int,
) -> tuple[Tree, Tree]:  # fmt: skip
    """Dijkstra's method from two sides, whose starts have costs, as long as it can beat `bound`."""
    trees = [Tree(dict(c), dict.fromkeys(c, -1)) for c in (first, second)]
    heaps = [[(cost, v) for v, cost in tree.cost.items()] for tree in trees]
    for heap in heaps:
        heapq.heapify(heap)
    best = min((c + second[v] for v, c in first.items() if v in second), default=FAR)
    done: list[set[int]] = [set(), set()]
    steps = (forward, backward)
    while heaps[0] and heaps[1] and heaps[0][0][0] + heaps[1][0][0] < min(best, bound):
        side = 0 if len(heaps[0]) <= len(heaps[1]) else 1
        cost, v = heapq.heappop(heaps[side])
        if v in done[side]:
            continue
        done[side].add(v)
        own, other = trees[side], trees[1 - side]
        for x, w in steps[side](v):
            if cost + w < own.cost.get(x, FAR):
                own.cost[x], own.before[x] = cost + w, v
                heapq.heappush(heaps[side], (cost + w, x))
                best = min(best, cost + w + other.cost.get(x, FAR))
    return trees[0], trees[1]


def _joined(up: Tree, down: Tree) -> tuple[int, list[int]]:
    """Cost and vertices of the best path by way of a vertex that two searches have found."""
    cost, middle = min(((c + down.cost[v], v) for v, c in up.cost.items() if v in down.cost),
                       default=(FAR, -1))  # fmt: skip
    if middle < 0:
        return FAR, []
    return cost, [*_back(up.before, middle)[::-1], *_back(down.before, middle)[1:]]


def _back(before: Mapping[int, int], v: int) -> list[int]:
    """From `v` back to the end where a search began."""
    path = [v]
    while before[path[-1]] >= 0:
        path.append(before[path[-1]])
    return path
