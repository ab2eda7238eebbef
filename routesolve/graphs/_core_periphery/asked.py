"""Neighbours that have to be asked for, one vertex at a time, and what each question costs."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from routesolve.errors import InputError
from routesolve.graphs.graph import Graph

Arcs = list[tuple[int, int]]
"""Other end and weight of each arc."""

Neighbours = Callable[[int], Iterable[int]]

SYMMETRIC = "an edge must be listed at both its ends"


class Oracle:
    """Lists from a function of the user: a database, an API, a formula.

    Parameters
    ----------
    function
        Returns the neighbours of a vertex: whole numbers >= 0.
    n
        Number of vertices, when it is known.
    """

    unit = 1.0
    weighted = directed = False

    def __init__(self, function: Neighbours, n: int | None) -> None:
        self.function, self.n = function, n

    def out(self, v: int) -> Arcs:
        """The neighbours of `v`, each once.

        Raises
        ------
        InputError
            If the function fails, or returns something else.
        """
        where = f"neighbors({v})"
        try:
            found = np.asarray(self.function(v))
        except Exception as error:
            raise InputError(
                f"the neighbour function failed: {type(error).__name__}: {error}",
                where=where,
                fix="make it return the neighbours of every vertex that it names itself",
            ) from error
        if found.ndim != 1 or (found.size and found.dtype.kind not in "iu"):
            raise InputError(
                f"the neighbour function returned {found.dtype} of shape {found.shape}",
                where=where,
                fix="return a 1-d array of vertex numbers",
            )
        bad = found[(found < 0) | (found >= (2**62 if self.n is None else self.n))]
        if bad.size:
            most = "numbers >= 0" if self.n is None else f"0 .. {self.n - 1}"
            raise InputError(
                f"the neighbour function returned {bad[0]}, which is no vertex",
                where=where,
                fix=f"return {most}",
            )
        return [(int(u), 1) for u in np.unique(found).tolist() if u != v]

    into = out


class GraphLists:
    """Lists of a graph in memory, with weights or directions.

    Parameters
    ----------
    graph
        The graph.
    metric
        Weights; ``None`` = every arc counts 1.
    directed
        Whether arcs lead one way only.
    """

    def __init__(self, graph: Graph, metric: str | None, *, directed: bool) -> None:
        self.graph, self.metric, self.directed = graph, metric, directed
        self.n: int | None = graph.n
        self.weighted = metric is not None
        self.unit = 1.0 if metric is None else graph.units[metric]
        self._weights = None if metric is None else graph.metrics[metric]

    def out(self, v: int) -> Arcs:
        """The arcs that leave `v`."""
        low, high = self.graph.indptr[v], self.graph.indptr[v + 1]
        heads = self.graph.heads[low:high].tolist()
        if self._weights is None:
            return [(u, 1) for u in heads]
        return list(zip(heads, self._weights[low:high].tolist(), strict=True))

    def into(self, v: int) -> Arcs:
        """The arcs that enter `v`."""
        if not self.directed:
            return self.out(v)
        reverse = self.graph.reverse
        low, high = reverse.indptr[v], reverse.indptr[v + 1]
        tails = reverse.tails[low:high].tolist()
        if self._weights is None:
            return [(u, 1) for u in tails]
        return list(zip(tails, self._weights[reverse.arcs[low:high]].tolist(), strict=True))


def grow(lists: Oracle, size: int, starts: Iterable[int]) -> tuple[list[int], dict[int, Arcs]]:
    """Grow a core, reading no lists but those of its vertices.

    Parameters
    ----------
    lists
        Where to ask.
    size
        Vertices of the core.
    starts
        Where growth begins; the next ones are used when a part of the network has no vertices left.

    Returns
    -------
    order, found
        The core in the order in which it grew (fewer than `size` if there are no more starts), and
        the lists of its vertices.

    Raises
    ------
    InputError
        If a list is wrong, or names a vertex that does not name it.
    """
    found: dict[int, Arcs] = {}
    count: dict[int, int] = {}
    heap: list[tuple[int, int, int]] = []
    order: list[int] = []
    begin = iter(starts)
    while len(order) < size:
        v = _most(heap, count, found)
        if v is None:
            v = next((x for x in begin if x not in found), None)
            if v is None:
                break
        order.append(v)
        found[v] = lists.out(v)
        for x, _ in found[v]:
            if x not in found:
                count[x] = count.get(x, 0) + 1
                heapq.heappush(heap, (-count[x], -len(order), x))
    sets = {v: {x for x, _ in arcs} for v, arcs in found.items()}
    for v, others in sets.items():
        for x in others:
            if x in sets and v not in sets[x]:
                raise InputError(
                    f"the lists are not symmetric: {v} names {x}, but not the other way round",
                    where=f"neighbors({x})",
                    fix=SYMMETRIC,
                )
    return order, found


def _most(heap: list[tuple[int, int, int]], count: dict[int, int], found: Any) -> int | None:
    """The vertex outside the core with most neighbours inside."""
    while heap:
        held, _, v = heapq.heappop(heap)
        if v not in found and count[v] == -held:
            return v
    return None
