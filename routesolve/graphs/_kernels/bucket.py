"""Shortest paths with a circular bucket queue: no heap, nothing is ever moved.

R. B. Dial, "Algorithm 360: shortest-path forest with topological ordering", CACM 12 (1969), with
buckets wider than one (E. V. Denardo, B. L. Fox, "Shortest-route methods: 1. Reaching, pruning, and
buckets", Operations Research 27 (1979)): a node may be taken up again while its bucket is open, and
is final when the bucket is done with.

Bucket k holds nodes of cost ``k << shift .. (k + 1 << shift) - 1``; only those between the open one
and the heaviest arc beyond it can be occupied, so a circle of them suffices. A bucket is a linked
list of entries in `pool`; `at` is the bucket in which a node waits, so that an entry overtaken by a
cheaper one is known to be stale. A node has at most one entry a bucket, and an arc is relaxed from
costs less than one width apart, hence into two buckets at most: 2 m + s entries always suffice.

A node of a wide bucket can be taken up again and again on hostile weights. `budget` counts relaxed
arcs, and a search that runs out of it says so: the caller turns to the heap.

Indices are unsigned: Numba tests every signed one for being negative, which costs a tenth here.

Axes: n nodes, m arcs, s sources, t targets, e extra metrics, w buckets (a power of two). -1 = none.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from routesolve._jit import kernel

DONE, TOO_FAR, TOO_MANY, FULL = 0, 1, 2, 3
"""How a search ended: well; a cost may not fit; too many relaxations; no room for the answer."""

FAR32 = (1 << 31) - 1
FAR64 = 1 << 62
"""What an untouched node costs inside a search."""


# indptr (n + 1), arcs (m, 2), sources (s), cost (n), entry (n or 0), at (n), head (w),
# pool (2m + s, 2)
@kernel
def costs(
    indptr: Any,
    arcs: Any,
    shift: Any,
    sources: Any,
    far: Any,
    limit: Any,
    last: Any,
    budget: Any,
    cost: Any,
    entry: Any,
    at: Any,
    head: Any,
    pool: Any,
) -> Any:
    """Least costs from the nearest of `sources` to all nodes within `limit`; `far` = unreached.

    Buckets beyond `last` are not opened: a cost there could outgrow the type of `cost`. `entry`,
    unless empty, gets the arc by which each node is entered.
    """
    mask = head.size - 1
    keep = entry.size > 0
    for i in range(cost.size):
        cost[i] = far
        at[i] = -1
    if keep:
        entry[:] = -1
    head[:] = -1
    used = 0
    live = 0
    for s in sources:
        if limit >= 0 and cost[s] == far:
            cost[s] = 0
            at[s] = 0
            pool[used, 0] = s
            pool[used, 1] = head[0]
            head[0] = used
            used += 1
    live = used
    free = -1
    bucket = 0
    while live > 0:
        if bucket > last:
            return TOO_FAR
        slot = np.uint32(bucket & mask)
        i = head[slot]
        while i >= 0:
            top = np.uint32(i)
            u = np.uint32(pool[top, 0])
            head[slot] = pool[top, 1]
            pool[top, 1] = free
            free = i
            live -= 1
            if at[u] == bucket:
                at[u] = -1
                reached = cost[u]
                begin, end = np.uint32(indptr[u]), np.uint32(indptr[u + np.uint32(1)])
                budget -= np.int64(end) - np.int64(begin)
                if budget < 0:
                    return TOO_MANY
                for arc in range(begin, end):
                    v = np.uint32(arcs[arc, 0])
                    through = reached + arcs[arc, 1]
                    if through < cost[v] and through <= limit:
                        cost[v] = through
                        if keep:
                            entry[v] = arc
                        k = through >> shift
                        if at[v] != k:
                            at[v] = k
                            if free >= 0:
                                j = free
                                free = pool[np.uint32(j), 1]
                            else:
                                j = used
                                used += 1
                            slot_k = np.uint32(k & mask)
                            row = np.uint32(j)
                            pool[row, 0] = v
                            pool[row, 1] = head[slot_k]
                            head[slot_k] = j
                            live += 1
            i = head[slot]
        bucket += 1
    return DONE


# indptr (n + 1), heads (m), weights (m), sources (s), cost (n), entry (n or 0), at (n), head (w),
# pool (2m + s, 2)
@kernel
def costs_float(
    indptr: Any,
    heads: Any,
    weights: Any,
    per_width: Any,
    sources: Any,
    limit: Any,
    budget: Any,
    cost: Any,
    entry: Any,
    at: Any,
    head: Any,
    pool: Any,
) -> Any:
    """:func:`costs` for float64 weights; the bucket of a cost is ``int(cost * per_width)``.

    Rounding is monotone, so sums and buckets never fall along a path, and the answer is that of
    Dijkstra's algorithm to the last bit. `inf` = unreached.
    """
    mask = head.size - 1
    keep = entry.size > 0
    for i in range(cost.size):
        cost[i] = np.inf
        at[i] = -1
    if keep:
        entry[:] = -1
    head[:] = -1
    used = 0
    for s in sources:
        if limit >= 0.0 and cost[s] == np.inf:
            cost[s] = 0.0
            at[s] = 0
            pool[used, 0] = s
            pool[used, 1] = head[0]
            head[0] = used
            used += 1
    live = used
    free = -1
    bucket = 0
    while live > 0:
        slot = np.uint32(bucket & mask)
        i = head[slot]
        while i >= 0:
            top = np.uint32(i)
            u = np.uint32(pool[top, 0])
            head[slot] = pool[top, 1]
            pool[top, 1] = free
            free = i
            live -= 1
            if at[u] == bucket:
                at[u] = -1
                reached = cost[u]
                begin, end = np.uint32(indptr[u]), np.uint32(indptr[u + np.uint32(1)])
                budget -= np.int64(end) - np.int64(begin)
                if budget < 0:
                    return TOO_MANY
                for arc in range(begin, end):
                    v = np.uint32(heads[arc])
                    through = reached + weights[arc]
                    if through < cost[v] and through <= limit:
                        cost[v] = through
                        if keep:
                            entry[v] = arc
                        k = np.int64(through * per_width)
                        if at[v] != k:
                            at[v] = k
                            if free >= 0:
                                j = free
                                free = pool[np.uint32(j), 1]
                            else:
                                j = used
                                used += 1
                            slot_k = np.uint32(k & mask)
                            row = np.uint32(j)
                            pool[row, 0] = v
                            pool[row, 1] = head[slot_k]
                            head[slot_k] = j
                            live += 1
            i = head[slot]
        bucket += 1
    return DONE


# indptr (n + 1), arcs (m, 2), other (m), sources (s), wanted (n), cost (n), along (n), entry (n),
# at (n), head (w), pool (2m + s, 2), touched (n)
@kernel
def search(
    indptr: Any,
    arcs: Any,
    other: Any,
    shift: Any,
    sources: Any,
    limit: Any,
    wanted: Any,
    missing: Any,
    budget: Any,
    cost: Any,
    along: Any,
    entry: Any,
    at: Any,
    head: Any,
    pool: Any,
    touched: Any,
) -> Any:
    """Grow the forest of cheapest paths from `sources` until `missing` wanted nodes are final.

    Comes in with `cost` FAR64, `at` -1 and `head` -1 everywhere. Among paths of equal cost the one
    with the least `along`, the sum of the other metric, wins. `wanted` is int8: 0 = no, 1 = wanted,
    2 = seen (the caller sets it back to 1); `missing` of them end the search, < 0 = never stop
    early. Returns (how it ended, number of nodes in `touched`); after an early stop only costs
    below the bucket then open are final, all wanted ones among them.
    """
    mask = head.size - 1
    used = 0
    count = 0
    for s in sources:
        if limit >= 0 and cost[s] == FAR64:
            cost[s] = 0
            along[s] = 0
            entry[s] = -1
            at[s] = 0
            touched[count] = s
            count += 1
            pool[used, 0] = s
            pool[used, 1] = head[0]
            head[0] = used
            used += 1
    live = used
    free = -1
    bucket = 0
    while live > 0 and missing != 0:
        slot = np.uint32(bucket & mask)
        i = head[slot]
        while i >= 0:
            top = np.uint32(i)
            u = np.uint32(pool[top, 0])
            head[slot] = pool[top, 1]
            pool[top, 1] = free
            free = i
            live -= 1
            if at[u] == bucket:
                at[u] = -1
                if wanted[u] == 1:
                    wanted[u] = 2
                    missing -= 1
                reached = cost[u]
                beside = along[u]
                begin, end = np.uint32(indptr[u]), np.uint32(indptr[u + np.uint32(1)])
                budget -= np.int64(end) - np.int64(begin)
                if budget < 0:
                    return TOO_MANY, count
                for arc in range(begin, end):
                    v = np.uint32(arcs[arc, 0])
                    through = reached + arcs[arc, 1]
                    if through > cost[v] or through > limit:
                        continue
                    beyond = beside + other[arc]
                    if through == cost[v] and beyond >= along[v]:
                        continue
                    if cost[v] == FAR64:
                        touched[count] = v
                        count += 1
                    cost[v] = through
                    along[v] = beyond
                    entry[v] = arc
                    k = through >> shift
                    if at[v] != k:
                        at[v] = k
                        if free >= 0:
                            j = free
                            free = pool[np.uint32(j), 1]
                        else:
                            j = used
                            used += 1
                        slot_k = np.uint32(k & mask)
                        row = np.uint32(j)
                        pool[row, 0] = v
                        pool[row, 1] = head[slot_k]
                        head[slot_k] = j
                        live += 1
            i = head[slot]
        bucket += 1
    return DONE, count


# entry (n): arc into each node of a forest, ends (m): where the arcs come from, weights (m)
@kernel
def climb(entry: Any, ends: Any, weights: Any, node: Any, known: Any) -> Any:
    """Sum of `weights` over the tree path to `node`; `known` (n), -1 = not yet, learns it."""
    total = np.int64(0)
    u = node
    while known[u] < 0 and entry[u] >= 0:
        total += weights[entry[u]]
        u = ends[entry[u]]
    if known[u] < 0:
        known[u] = 0
    total += known[u]
    u = node
    left = total
    while known[u] < 0:
        known[u] = left
        left -= weights[entry[u]]
        u = ends[entry[u]]
    return total


# cost (n) -1 = not reached, extra (e, m), sums (e, n)
@kernel
def tree_sums(entry: Any, ends: Any, cost: Any, extra: Any, sums: Any) -> Any:
    """Sums of further metrics over the tree paths to all nodes; -1 = not reached."""
    sums[:] = -1
    for e in range(extra.shape[0]):
        for v in range(cost.size):
            if cost[v] >= 0:
                climb(entry, ends, extra[e], v, sums[e])


# indptr (n + 1), arcs (m, 2), other (m), ends (m or 0), extra (e, m), sources (s), targets (t),
# wanted (n) int8 zeros, cost (n), along (n), entry (n), at (n), head (w), pool (2m + 1, 2),
# touched (n), known (n) -1, or empty when there is nothing extra, costs_out, alongs_out (s, t),
# sums_out (e, s, t)
@kernel
def table(
    indptr: Any,
    arcs: Any,
    other: Any,
    ends: Any,
    extra: Any,
    shift: Any,
    sources: Any,
    targets: Any,
    limit: Any,
    budget: Any,
    wanted: Any,
    cost: Any,
    along: Any,
    entry: Any,
    at: Any,
    head: Any,
    pool: Any,
    touched: Any,
    known: Any,
    costs_out: Any,
    alongs_out: Any,
    sums_out: Any,
) -> Any:
    """Fill the tables row by row, each search stopping at its last target; -1 = unreachable.

    Comes in as :func:`search` does. Returns (how it ended, rows done).
    """
    distinct = 0
    for v in targets:
        if wanted[v] == 0:
            wanted[v] = 1
            distinct += 1
    for row in range(sources.size):
        ended, count = search(
            indptr,
            arcs,
            other,
            shift,
            sources[row : row + 1],
            limit,
            wanted,
            distinct,
            budget,
            cost,
            along,
            entry,
            at,
            head,
            pool,
            touched,
        )
        if ended != DONE:
            return ended, row
        for column in range(targets.size):
            v = targets[column]
            reached = cost[v] < FAR64
            costs_out[row, column] = cost[v] if reached else -1
            alongs_out[row, column] = along[v] if reached else -1
            wanted[v] = 1
        for e in range(extra.shape[0]):
            for column in range(targets.size):
                v = targets[column]
                reached = cost[v] < FAR64
                total = climb(entry, ends, extra[e], v, known) if reached else np.int64(-1)
                sums_out[e, row, column] = total
            for k in range(count):
                known[touched[k]] = -1
        for k in range(count):
            cost[touched[k]] = FAR64
            at[touched[k]] = -1
        head[:] = -1
    return DONE, sources.size
