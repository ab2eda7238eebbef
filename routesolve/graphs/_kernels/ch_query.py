"""Searches in a contraction hierarchy: pairs, paths, and everything above a node.

R. Geisberger et al., "Contraction Hierarchies", WEA 2008. Every cheapest path has a form that
climbs and then descends, so two small searches that only climb, one from each end, meet on it. A
search does not go on from a node that it could have reached more cheaply from above (*stall on
demand*): no cheapest path climbs through it.

Nodes are numbered from the top: 0 is the most important one, and upward is towards smaller numbers.
``up`` holds the arcs from a node to those above it, ``down`` the arcs from those above to it (a
search from the target walks them backwards). In a symmetric graph both are the same arrays.

Axes: n nodes, a upward arcs, p pairs, k results. -1 = none, unreachable.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from routesolve._jit import kernel

Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

FAR = 1 << 61
"""Cost of a node that a search has not touched."""


class Ways(NamedTuple):
    """The arcs of one direction, by their lower end.

    Attributes
    ----------
    ptr : numpy.ndarray
        (n + 1,) int32.
    arcs : numpy.ndarray
        (2 a,) int32: upper end, weight.
    """

    ptr: Int32s
    arcs: Int32s


class Side(NamedTuple):
    """Scratch of one search. Between searches `cost` is FAR everywhere.

    Attributes
    ----------
    cost : numpy.ndarray
        (n,) int64.
    entry : numpy.ndarray
        (n,) int32, the arc by which the search came to a node.
    heap : numpy.ndarray
        (a + 1,) int64: a search pushes at most once per arc.
    touched : numpy.ndarray
        (n,) int32.
    """

    cost: Int64s
    entry: Int32s
    heap: Int64s
    touched: Int32s


@kernel
def push(heap: Any, size: Any, key: Any) -> Any:
    """Put `key` into the 4-ary heap of `size` entries; the caller counts."""
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


@kernel
def stalled(back: Any, cost: Any, u: Any, reached: Any) -> Any:
    """Whether some node above `u` offers a cheaper way to it than the search has found."""
    for e in range(back.ptr[u], back.ptr[u + 1]):
        if cost[back.arcs[2 * e]] + back.arcs[2 * e + 1] < reached:
            return True
    return False


@kernel
def climb(ways: Any, side: Any, bits: Any, u: Any, reached: Any, size: Any, number: Any) -> Any:
    """Relax the upward arcs of `u`; returns the new sizes of heap and list of touched nodes."""
    for e in range(ways.ptr[u], ways.ptr[u + 1]):
        v = ways.arcs[2 * e]
        through = reached + ways.arcs[2 * e + 1]
        before = side.cost[v]
        if through < before:
            if before == FAR:
                side.touched[number] = v
                number += 1
            side.cost[v] = through
            side.entry[v] = e
            push(side.heap, size, (through << bits) | v)
            size += 1
    return size, number


@kernel
def begin(side: Any, s: Any) -> Any:
    """Start a search at `s`."""
    side.cost[s] = 0
    side.entry[s] = -1
    side.touched[0] = s
    side.heap[0] = s


@kernel
def clear(side: Any, number: Any) -> Any:
    """Forget a search."""
    for i in range(number):
        side.cost[side.touched[i]] = FAR


@kernel
def meet(up: Any, down: Any, bits: Any, s: Any, t: Any, there: Any, here: Any) -> Any:
    """Cheapest path from `s` to `t`: (cost, node at its top, touched from s, touched from t).

    The entries of both searches are left for the caller, who has to clear them.
    """
    mask = (np.int64(1) << bits) - 1
    begin(there, s)
    begin(here, t)
    size_there, size_here, number_there, number_here = 1, 1, 1, 1
    best = np.int64(FAR)
    top = np.int64(-1)
    while size_there > 0 or size_here > 0:
        if size_there > 0 and (size_here == 0 or there.heap[0] <= here.heap[0]):
            key = there.heap[0]
            size_there -= 1
            pop(there.heap, size_there)
            u = key & mask
            reached = key >> bits
            if reached >= best:
                size_there = 0
                continue
            if reached > there.cost[u]:
                continue
            if reached + here.cost[u] < best:
                best = reached + here.cost[u]
                top = u
            if not stalled(down, there.cost, u, reached):
                size_there, number_there = climb(
                    up, there, bits, u, reached, size_there, number_there
                )
        else:
            key = here.heap[0]
            size_here -= 1
            pop(here.heap, size_here)
            u = key & mask
            reached = key >> bits
            if reached >= best:
                size_here = 0
                continue
            if reached > here.cost[u]:
                continue
            if reached + there.cost[u] < best:
                best = reached + there.cost[u]
                top = u
            if not stalled(up, here.cost, u, reached):
                size_here, number_here = climb(down, here, bits, u, reached, size_here, number_here)
    return best, top, number_there, number_here


# sources (p), targets (p), result (p)
@kernel
def pairs(
    up: Ways,
    down: Ways,
    bits: int,
    sources: Int32s,
    targets: Int32s,
    there: Side,
    here: Side,
    result: Int64s,
) -> None:
    """Costs of the cheapest paths between pairs; -1 = no path."""
    for i in range(sources.size):
        best, top, a, b = meet(up, down, bits, sources[i], targets[i], there, here)
        clear(there, a)
        clear(here, b)
        result[i] = best if top >= 0 else -1


@kernel
def pair(up: Ways, down: Ways, bits: int, s: int, t: int, there: Side, here: Side) -> int:
    """Cost of the cheapest path between two nodes; -1 = no path."""
    best, top, a, b = meet(up, down, bits, s, t, there, here)
    clear(there, a)
    clear(here, b)
    return int(best) if top >= 0 else -1


# ---------------------------------------------------------------- paths


@kernel
def lower_end(ptr: Any, e: Any) -> Any:
    """The node whose row arc `e` is in."""
    low, high = 0, ptr.size - 2
    while low < high:
        middle = (low + high + 1) >> 1
        if ptr[middle] <= e:
            low = middle
        else:
            high = middle - 1
    return low


# up_parts (2 a), down_parts (2 a), heads (m), other (m)
@kernel
def path(
    up: Ways,
    down: Ways,
    up_parts: Int32s,
    down_parts: Int32s,
    heads: Int32s,
    other: Int32s,
    bits: int,
    s: int,
    t: int,
    node: int,
    there: Side,
    here: Side,
) -> tuple[int, int, Int32s, Int32s]:
    """The cheapest path from `node` of the graph, which is number `s`, to number `t`.

    Returns its cost, or -1, the sum of the other metric, its nodes and its arcs.

    ``parts`` tells what an arc of the hierarchy stands for: (down arc, up arc) of the node that a
    shortcut goes over, or (-1 - arc of the graph, -1).
    """
    best, top, a, b = meet(up, down, bits, s, t, there, here)
    # Entries of the stack are 2 * arc + (1 when the arc leads down); the next one is on top. The
    # climb is found backwards, so it is in the right order; the descent is turned round.
    stack = np.empty(256, np.int64)
    height = 0
    arcs = np.empty(1024, np.int32)
    length = 0
    for descent in range(2):
        x = top
        while top >= 0:
            e = np.int64(here.entry[x] if descent else there.entry[x])
            if e < 0:
                break
            if height == stack.size:
                stack = np.concatenate((stack, np.empty(height, np.int64)))
            stack[height] = 2 * e + descent
            height += 1
            x = lower_end(down.ptr, e) if descent else lower_end(up.ptr, e)
        if descent:
            for i in range(height // 2):
                stack[i], stack[height - 1 - i] = stack[height - 1 - i], stack[i]
        while height > 0:
            height -= 1
            e = stack[height] >> 1
            if stack[height] & 1:
                first, second = down_parts[2 * e], down_parts[2 * e + 1]
            else:
                first, second = up_parts[2 * e], up_parts[2 * e + 1]
            if first < 0:
                if length == arcs.size:
                    arcs = np.concatenate((arcs, np.empty(length, np.int32)))
                arcs[length] = -1 - first
                length += 1
                continue
            if height + 2 > stack.size:
                stack = np.concatenate((stack, np.empty(stack.size, np.int64)))
            stack[height] = 2 * np.int64(second)
            stack[height + 1] = 2 * np.int64(first) + 1
            height += 2
    clear(there, a)
    clear(here, b)
    nodes = np.empty(length + 1, np.int32)
    nodes[0] = node
    along = np.int64(0)
    for i in range(length):
        nodes[i + 1] = heads[arcs[i]]
        along += other[arcs[i]]
    return (int(best) if top >= 0 else -1), int(along), nodes, arcs[:length]


# ---------------------------------------------------------------- search spaces


# sources (p), alongs (a) of the arcs, along (n) scratch
@kernel
def spaces(
    ways: Ways,
    back: Ways,
    alongs: Int64s,
    bits: int,
    sources: Int32s,
    side: Side,
    along: Int64s,
) -> tuple[Int64s, Int32s, Int64s, Int64s]:
    """Everything above each source that is not stalled.

    Returns (row pointers (p + 1), nodes, costs, sums of the other metric).
    """
    mask = (np.int64(1) << bits) - 1
    ptr = np.zeros(sources.size + 1, np.int64)
    capacity = 256 * sources.size + 1024
    nodes = np.empty(capacity, np.int32)
    costs = np.empty(capacity, np.int64)
    sums = np.empty(capacity, np.int64)
    filled = 0
    for i in range(sources.size):
        begin(side, sources[i])
        along[sources[i]] = 0
        size, number = 1, 1
        while size > 0:
            key = side.heap[0]
            size -= 1
            pop(side.heap, size)
            u = key & mask
            reached = key >> bits
            if reached > side.cost[u] or stalled(back, side.cost, u, reached):
                continue
            if filled == capacity:
                nodes = np.concatenate((nodes, np.empty(capacity, np.int32)))
                costs = np.concatenate((costs, np.empty(capacity, np.int64)))
                sums = np.concatenate((sums, np.empty(capacity, np.int64)))
                capacity *= 2
            nodes[filled] = u
            costs[filled] = reached
            # The entry of a settled node is final, and so is the sum of the node below it.
            e = side.entry[u]
            if e >= 0:
                along[u] = along[lower_end(ways.ptr, e)] + alongs[e]
            sums[filled] = along[u]
            filled += 1
            size, number = climb(ways, side, bits, u, reached, size, number)
        clear(side, number)
        ptr[i + 1] = filled
    return ptr, nodes[:filled], costs[:filled], sums[:filled]
