"""Dijkstra's algorithm on integer weights, with a lazy 4-ary heap of packed keys.

E. W. Dijkstra, "A note on two problems in connexion with graphs", Numerische Mathematik 1 (1959). A
heap entry is one int64, ``cost << bits | node``, so that comparing two entries is comparing two
numbers; an entry that has been overtaken is not moved but skipped when it comes up. The caller
guarantees ``bits(cost) + bits(node) <= 62`` (`routesolve.graphs.shortest_paths` refuses graphs
where it could fail).

Heap and search share this file on purpose: Numba's disk cache watches the file of the function that
is called, not those of the functions it calls.

Axes: n nodes, m arcs, s sources, t targets. -1 = none, unreachable.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from routesolve._jit import kernel

Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]

FAR = 1 << 62
"""Larger than any packed key's cost: what an untouched node costs inside a search."""


@kernel
def push(heap: Any, size: Any, key: Any) -> Any:
    """Put `key` into the heap of `size` entries; the caller counts."""
    i = size
    while i > 0:
        parent = (i - 1) >> 2
        if heap[parent] <= key:
            break
        heap[i] = heap[parent]
        i = parent
    heap[i] = key


@kernel
def pop(heap: Any, size: Any) -> Any:
    """Remove the smallest key, ``heap[0]``; `size` counts what remains."""
    last = heap[size]
    i = 0
    while True:
        child = 4 * i + 1
        if child >= size:
            break
        smallest = child
        key = heap[child]
        for j in range(child + 1, min(child + 4, size)):
            if heap[j] < key:
                key = heap[j]
                smallest = j
        if key >= last:
            break
        heap[i] = key
        i = smallest
    heap[i] = last


# indptr (n + 1), heads (m), weights (m), other (m), wanted (n), cost (n), along (n), entry (n),
# touched (n), heap (m + 1)
@kernel
def search(
    indptr: Any,
    heads: Any,
    weights: Any,
    other: Any,
    bits: Any,
    source: Any,
    wanted: Any,
    missing: Any,
    cost: Any,
    along: Any,
    entry: Any,
    touched: Any,
    heap: Any,
) -> Any:
    """Grow the tree of cheapest paths from `source` until `missing` wanted nodes are settled.

    `cost` comes in as FAR everywhere; `along` sums the other metric over the same paths, `entry` is
    the arc by which the tree enters a node. Returns how many nodes were touched: their list is
    `touched`, so that a caller who stops early can clean up without walking over all nodes.
    `missing` < 0 = never stop early.

    An entry is pushed only when a cost strictly falls, at most once per arc: the heap never
    outgrows m + 1.
    """
    mask = (1 << bits) - 1
    cost[source] = 0
    along[source] = 0
    entry[source] = -1
    touched[0] = source
    count = 1
    heap[0] = source
    size = 1
    while size > 0 and missing != 0:
        key = heap[0]
        size -= 1
        pop(heap, size)
        u = key & mask
        reached = key >> bits
        if reached > cost[u]:
            continue
        if wanted[u]:
            missing -= 1
            if missing == 0:
                break
        for arc in range(indptr[u], indptr[u + 1]):
            v = heads[arc]
            through = reached + weights[arc]
            if through < cost[v]:
                if cost[v] == FAR:
                    touched[count] = v
                    count += 1
                cost[v] = through
                along[v] = along[u] + other[arc]
                entry[v] = arc
                push(heap, size, (through << bits) | v)
                size += 1
    return count


# indptr (n + 1), heads (m), weights (m), other (m)
@kernel
def tree(
    indptr: Int64s,
    heads: Int32s,
    weights: Int32s,
    other: Int32s,
    bits: int,
    source: int,
    target: int,
) -> tuple[Int64s, Int64s, Int32s]:
    """Cheapest paths from `source` to every node, or until `target` is settled when it is not -1.

    Returns (cost (n), along (n), entry (n)), -1 where nothing was reached. After an early stop only
    the entries of settled nodes are final; those on the path to `target` are.
    """
    n = indptr.size - 1
    cost = np.full(n, FAR, np.int64)
    along = np.full(n, -1, np.int64)
    entry = np.full(n, -1, np.int32)
    touched = np.empty(n, np.int32)
    heap = np.empty(heads.size + 1, np.int64)
    wanted = np.zeros(n, np.bool_)
    missing = -1
    if target >= 0:
        wanted[target] = True
        missing = 1
    search(
        indptr,
        heads,
        weights,
        other,
        bits,
        source,
        wanted,
        missing,
        cost,
        along,
        entry,
        touched,
        heap,
    )
    for v in range(n):
        if cost[v] == FAR:
            cost[v] = -1
    return cost, along, entry


# indptr (n + 1), heads (m), weights (m), other (m), sources (s), targets (t), costs (s, t), alongs
# (s, t)
@kernel
def table(
    indptr: Int64s,
    heads: Int32s,
    weights: Int32s,
    other: Int32s,
    bits: int,
    sources: Int32s,
    targets: Int32s,
    costs: Int64s,
    alongs: Int64s,
) -> None:
    """Fill `costs` and `alongs` for every source and target; -1 = unreachable."""
    n = indptr.size - 1
    cost = np.full(n, FAR, np.int64)
    along = np.empty(n, np.int64)
    entry = np.empty(n, np.int32)
    touched = np.empty(n, np.int32)
    heap = np.empty(heads.size + 1, np.int64)
    wanted = np.zeros(n, np.bool_)
    distinct = 0
    for v in targets:
        if not wanted[v]:
            wanted[v] = True
            distinct += 1
    for row in range(sources.size):
        count = search(
            indptr,
            heads,
            weights,
            other,
            bits,
            sources[row],
            wanted,
            distinct,
            cost,
            along,
            entry,
            touched,
            heap,
        )
        for column in range(targets.size):
            v = targets[column]
            if cost[v] == FAR:
                costs[row, column] = -1
                alongs[row, column] = -1
            else:
                costs[row, column] = cost[v]
                alongs[row, column] = along[v]
        for k in range(count):
            cost[touched[k]] = FAR
