"""Dijkstra's algorithm with a lazy 4-ary heap: any weights, each node settled once.

E. W. Dijkstra, "A note on two problems in connexion with graphs", Numerische Mathematik 1 (1959).
Used where the bucket queue does not fit (weights spread over many orders of magnitude). Costs are
int64 or float64; among paths of equal cost the one with the least `along` wins, so that the pair is
the same whatever algorithm finds it.

The heap of packed keys (``cost << bits | node``: comparing two entries is comparing two numbers) is
for kernels whose costs are known to fit.

Axes: n nodes, m arcs, s sources, t targets. -1 = none, unreachable.
"""

from __future__ import annotations

from typing import Any

from routesolve._jit import kernel

FAR = 1 << 62
"""Larger than any cost of a path: what an untouched node costs inside a search."""


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


# first, second, nodes (capacity)
@kernel
def push_pair(first: Any, second: Any, nodes: Any, size: Any, a: Any, b: Any, node: Any) -> Any:
    """Put a node with the key (a, b) into the heap of `size` entries; the caller counts."""
    i = size
    while i > 0:
        parent = (i - 1) >> 2
        if first[parent] < a or (first[parent] == a and second[parent] <= b):
            break
        first[i] = first[parent]
        second[i] = second[parent]
        nodes[i] = nodes[parent]
        i = parent
    first[i] = a
    second[i] = b
    nodes[i] = node


# first, second, nodes (capacity)
@kernel
def pop_pair(first: Any, second: Any, nodes: Any, size: Any) -> Any:
    """Remove the entry with the smallest key, which is entry 0; `size` counts what remains."""
    a, b, node = first[size], second[size], nodes[size]
    i = 0
    while True:
        child = 4 * i + 1
        if child >= size:
            break
        best = child
        for j in range(child + 1, min(child + 4, size)):
            if first[j] < first[best] or (first[j] == first[best] and second[j] < second[best]):
                best = j
        if first[best] > a or (first[best] == a and second[best] >= b):
            break
        first[i] = first[best]
        second[i] = second[best]
        nodes[i] = nodes[best]
        i = best
    first[i] = a
    second[i] = b
    nodes[i] = node


# indptr (n + 1), heads (m), weights (m), other (m), sources (s), wanted (n), cost (n), along (n),
# entry (n), touched (n), first (m + s), second (m + s), nodes (m + s)
@kernel
def search(
    indptr: Any,
    heads: Any,
    weights: Any,
    other: Any,
    sources: Any,
    far: Any,
    limit: Any,
    wanted: Any,
    missing: Any,
    cost: Any,
    along: Any,
    entry: Any,
    touched: Any,
    first: Any,
    second: Any,
    nodes: Any,
) -> Any:
    """Grow the forest of cheapest paths from `sources` until `missing` wanted nodes are settled.

    `cost` comes in as `far` everywhere, and nothing beyond `limit` < `far` is reached. `along` sums
    the other metric over the same paths, `entry` is the arc by which the forest enters a node.
    `missing` < 0 = never stop early. Returns how many nodes were touched: their list is `touched`,
    so that a caller who stops early can clean up without walking over all nodes.

    Every label is final when it leaves the heap, so an arc pushes at most once: the heap never
    outgrows m + s.
    """
    count = 0
    size = 0
    for s in sources:
        if cost[s] == far and limit >= 0:
            cost[s] = 0
            along[s] = 0
            entry[s] = -1
            touched[count] = s
            count += 1
            push_pair(first, second, nodes, size, cost[s], along[s], s)
            size += 1
    while size > 0 and missing != 0:
        u = nodes[0]
        reached = first[0]
        beside = second[0]
        size -= 1
        pop_pair(first, second, nodes, size)
        if reached > cost[u] or beside > along[u]:
            continue
        if wanted[u]:
            missing -= 1
        for arc in range(indptr[u], indptr[u + 1]):
            v = heads[arc]
            through = reached + weights[arc]
            beyond = beside + other[arc]
            if through > limit or through > cost[v]:
                continue
            if through == cost[v] and beyond >= along[v]:
                continue
            if cost[v] == far:
                touched[count] = v
                count += 1
            cost[v] = through
            along[v] = beyond
            entry[v] = arc
            push_pair(first, second, nodes, size, through, beyond, v)
            size += 1
    return count
