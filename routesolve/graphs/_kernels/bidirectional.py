"""Bidirectional search with two bucket queues: one pair at a time, or many.

T. A. J. Nicholson, "Finding the shortest route between two points in a network", Computer Journal 9
(1966), with the stopping rule of A. V. Goldberg, C. Harrelson (SODA 2005): when the two radii
together exceed the best meeting, no better one can come. A node that the other side has finished
with is not carried on: the rest of its best path is known.

Axes: n nodes, m arcs, p pairs, w buckets (a power of two), 2 sides: 0 = forward from the source,
1 = backward from the target. -1 = none.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from routesolve._jit import kernel
from routesolve.graphs._kernels.bucket import DONE, FAR64, FULL, TOO_MANY


# cost, along (2, n) int64, entry, at, touched (2, n) int32, head (2, w), pool (2, 2m + 1, 2)
@kernel
def meet(
    ptr0: Any,
    arcs0: Any,
    other0: Any,
    ptr1: Any,
    arcs1: Any,
    other1: Any,
    shift: Any,
    source: Any,
    target: Any,
    budget: Any,
    cost: Any,
    along: Any,
    entry: Any,
    at: Any,
    head: Any,
    pool: Any,
    touched: Any,
) -> Any:
    """Search from both ends; (how it ended, cost, along, node where they meet, touched a side).

    Comes in with `cost` FAR64, `at` -1 and `head` -1 everywhere. Among paths of equal cost the one
    with the least `along` wins.
    """
    mask = head.shape[1] - 1
    for side in range(2):
        start = source if side == 0 else target
        cost[side, start] = 0
        along[side, start] = 0
        entry[side, start] = -1
        at[side, start] = 0
        touched[side, 0] = start
        pool[side, 0, 0] = start
        pool[side, 0, 1] = -1
        head[side, 0] = 0
    best, best_along, middle = FAR64, FAR64, np.int64(-1)
    if source == target:
        best, best_along, middle = 0, 0, np.int64(source)
    live0, used0, free0, bucket0, count0 = 1, 1, -1, 0, 1
    live1, used1, free1, bucket1, count1 = 1, 1, -1, 0, 1
    while live0 > 0 and live1 > 0 and ((bucket0 + bucket1) << shift) <= best:
        if bucket0 <= bucket1:
            side, bucket, final = 0, bucket0, bucket1 << shift
            live, used, free, count = live0, used0, free0, count0
            ptr, arcs, other = ptr0, arcs0, other0
        else:
            side, bucket, final = 1, bucket1, bucket0 << shift
            live, used, free, count = live1, used1, free1, count1
            ptr, arcs, other = ptr1, arcs1, other1
        here, there = cost[side], cost[1 - side]
        beside_here, beside_there = along[side], along[1 - side]
        came, wait, first, entries = entry[side], at[side], head[side], pool[side]
        slot = np.uint32(bucket & mask)
        i = first[slot]
        while i >= 0:
            top = np.uint32(i)
            u = np.uint32(entries[top, 0])
            first[slot] = entries[top, 1]
            entries[top, 1] = free
            free = i
            live -= 1
            if wait[u] == bucket:
                wait[u] = -1
                reached = here[u]
                beside = beside_here[u]
                begin, end = np.uint32(ptr[u]), np.uint32(ptr[u + np.uint32(1)])
                budget -= np.int64(end) - np.int64(begin)
                if budget < 0:
                    return TOO_MANY, best, best_along, middle, count0, count1
                for arc in range(begin, end):
                    v = np.uint32(arcs[arc, 0])
                    through = reached + arcs[arc, 1]
                    if through > here[v]:
                        continue
                    beyond = beside + other[arc]
                    if through == here[v] and beyond >= beside_here[v]:
                        continue
                    if here[v] == FAR64:
                        touched[side, count] = v
                        count += 1
                    here[v] = through
                    beside_here[v] = beyond
                    came[v] = arc
                    rest = there[v]
                    if rest < FAR64:
                        whole = through + rest
                        if whole < best or (
                            whole == best and beyond + beside_there[v] < best_along
                        ):
                            best = whole
                            best_along = beyond + beside_there[v]
                            middle = np.int64(v)
                        if rest < final:
                            continue
                    if through + final > best:
                        continue
                    k = through >> shift
                    if wait[v] != k:
                        wait[v] = k
                        if free >= 0:
                            j = free
                            free = entries[np.uint32(j), 1]
                        else:
                            j = used
                            used += 1
                        slot_k = np.uint32(k & mask)
                        row = np.uint32(j)
                        entries[row, 0] = v
                        entries[row, 1] = first[slot_k]
                        first[slot_k] = j
                        live += 1
            i = first[slot]
        bucket += 1
        if side == 0:
            live0, used0, free0, bucket0, count0 = live, used, free, bucket, count
        else:
            live1, used1, free1, bucket1, count1 = live, used, free, bucket, count
    return DONE, best, best_along, middle, count0, count1


# heads (m) = arcs0[:, 0], tails (m), ids1 (m), entry (2, n), at (2, n), path (capacity)
@kernel
def unwind(
    arcs0: Any,
    tails: Any,
    ids1: Any,
    source: Any,
    target: Any,
    middle: Any,
    entry: Any,
    at: Any,
    path: Any,
    start: Any,
) -> Any:
    """Write the arcs from source to target into `path` from `start` on; where they end, or -1.

    -1 = `path` is too short. Both halves are simple, but over a cycle that costs nothing they can
    cross: the cycle is cut out.
    """
    end = start
    node = middle
    while node != source:
        if end == path.size:
            return -1
        path[end] = entry[0, node]
        node = tails[path[end]]
        end += 1
    low, high = start, end - 1
    while low < high:
        path[low], path[high] = path[high], path[low]
        low += 1
        high -= 1
    at[0, source] = -2
    for i in range(start, end):
        at[0, arcs0[path[i], 0]] = -2
    node = middle
    while node != target:
        if end == path.size:
            return -1
        path[end] = ids1[entry[1, node]]
        node = arcs0[path[end], 0]
        end += 1
        if at[0, node] == -2:
            while True:
                end -= 1
                tail = tails[path[end]]
                if tail == node:
                    break
                at[0, tail] = -1
    return end


# sources, targets (p), costs_out, alongs_out (p), stops (p + 1), path (capacity)
@kernel
def meet_many(
    ptr0: Any,
    arcs0: Any,
    other0: Any,
    ptr1: Any,
    arcs1: Any,
    other1: Any,
    ids1: Any,
    tails: Any,
    shift: Any,
    sources: Any,
    targets: Any,
    begin: Any,
    budget: Any,
    cost: Any,
    along: Any,
    entry: Any,
    at: Any,
    head: Any,
    pool: Any,
    touched: Any,
    costs_out: Any,
    alongs_out: Any,
    stops: Any,
    path: Any,
) -> Any:
    """Pairs `begin` .. p - 1: costs, sums of the other metric, and the arcs of the paths.

    The arcs of pair i are ``path[stops[i]:stops[i + 1]]``, cost -1 = no path. Returns (how it
    ended, pairs done): FULL means that the path of the next pair did not fit.
    """
    for i in range(begin, sources.size):
        source, target = sources[i], targets[i]
        ended, best, beside, middle, count0, count1 = meet(
            ptr0,
            arcs0,
            other0,
            ptr1,
            arcs1,
            other1,
            shift,
            source,
            target,
            budget,
            cost,
            along,
            entry,
            at,
            head,
            pool,
            touched,
        )
        end = stops[i]
        if ended == DONE and middle >= 0:
            end = unwind(arcs0, tails, ids1, source, target, middle, entry, at, path, stops[i])
        for side in range(2):
            for k in range(count0 if side == 0 else count1):
                cost[side, touched[side, k]] = FAR64
                at[side, touched[side, k]] = -1
        head[:] = -1
        if ended != DONE:
            return ended, i
        if end < 0:
            return FULL, i
        costs_out[i] = best if middle >= 0 else -1
        alongs_out[i] = beside if middle >= 0 else -1
        stops[i + 1] = end
    return DONE, sources.size
