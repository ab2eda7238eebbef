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
    before : numpy.ndarray
        (n,) int32, the node below from which the search came to a node.
    heap : numpy.ndarray
        (a + 1,) int64: a search pushes at most once per arc.
    touched : numpy.ndarray
        (n,) int32.
    """

    cost: Int64s
    before: Int32s
    heap: Int64s
    touched: Int32s


entry = kernel(no_cfunc_wrapper=True)
# Never called from Python: the code that would unpack its objects takes longest to compile.
inner = kernel(no_cfunc_wrapper=True, no_cpython_wrapper=True)


@inner
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


@inner
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


@inner
def stalled(back: Any, cost: Any, u: Any, reached: Any) -> Any:
    """Whether some node above `u` offers a cheaper way to it than the search has found."""
    for e in range(back.ptr[u], back.ptr[u + 1]):
        if cost[back.arcs[2 * e]] + back.arcs[2 * e + 1] < reached:
            return True
    return False


@inner
def climb(
    ways: Any, side: Any, bits: Any, u: Any, reached: Any, limit: Any, size: Any, number: Any
) -> Any:
    """Relax the arcs from `u` upward and below `limit`; returns the heap's size and all touched."""
    for e in range(ways.ptr[u], ways.ptr[u + 1]):
        v = ways.arcs[2 * e]
        through = reached + ways.arcs[2 * e + 1]
        known = side.cost[v]
        if through < known and through < limit:
            if known == FAR:
                side.touched[number] = v
                number += 1
            side.cost[v] = through
            side.before[v] = u
            push(side.heap, size, (through << bits) | v)
            size += 1
    return size, number


@inner
def begin(side: Any, s: Any) -> Any:
    """Start a search at `s`."""
    side.cost[s] = 0
    side.before[s] = -1
    side.touched[0] = s
    side.heap[0] = s


@inner
def clear(side: Any, number: Any) -> Any:
    """Forget a search."""
    for i in range(number):
        side.cost[side.touched[i]] = FAR


@inner
def meet(up: Any, down: Any, bits: Any, s: Any, t: Any, there: Any, here: Any) -> Any:
    """Cheapest path from `s` to `t`: (cost, node at its top, touched from s, touched from t).

    Both searches are left for the caller to read, who has to clear them.
    """
    mask = (np.int64(1) << bits) - 1
    begin(there, s)
    begin(here, t)
    # A plain 1 has a type of its own, for which kernels compile once more.
    one = np.int64(1)
    size_there, size_here, number_there, number_here = one, one, one, one
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
                size_there = np.int64(0)
                continue
            if reached > there.cost[u]:
                continue
            if reached + here.cost[u] < best:
                best = reached + here.cost[u]
                top = u
            if not stalled(down, there.cost, u, reached):
                size_there, number_there = climb(
                    up, there, bits, u, reached, best, size_there, number_there
                )
        else:
            key = here.heap[0]
            size_here -= 1
            pop(here.heap, size_here)
            u = key & mask
            reached = key >> bits
            if reached >= best:
                size_here = np.int64(0)
                continue
            if reached > here.cost[u]:
                continue
            if reached + there.cost[u] < best:
                best = reached + there.cost[u]
                top = u
            if not stalled(up, here.cost, u, reached):
                size_here, number_here = climb(
                    down, here, bits, u, reached, best, size_here, number_here
                )
    return best, top, number_there, number_here


# Arrays one by one, here and below: Numba takes apart a tuple of them in several microseconds.
# sources (p), targets (p), result (p)
@entry
def pairs(
    up_ptr: Int32s,
    up_arcs: Int32s,
    down_ptr: Int32s,
    down_arcs: Int32s,
    bits: int,
    there_cost: Int64s,
    there_before: Int32s,
    there_heap: Int64s,
    there_touched: Int32s,
    here_cost: Int64s,
    here_before: Int32s,
    here_heap: Int64s,
    here_touched: Int32s,
    sources: Int32s,
    targets: Int32s,
    result: Int64s,
) -> None:
    """Costs of the cheapest paths between pairs; -1 = no path."""
    up, down = Ways(up_ptr, up_arcs), Ways(down_ptr, down_arcs)
    there = Side(there_cost, there_before, there_heap, there_touched)
    here = Side(here_cost, here_before, here_heap, here_touched)
    for i in range(sources.size):
        best, top, a, b = meet(
            up, down, bits, np.int64(sources[i]), np.int64(targets[i]), there, here
        )
        clear(there, a)
        clear(here, b)
        result[i] = best if top >= 0 else -1


# ---------------------------------------------------------------- paths


@inner
def arc_to(ways: Any, u: Any, v: Any) -> Any:
    """The arc between `u` and `v` above it; there is one."""
    e = np.int64(ways.ptr[u])
    while ways.arcs[2 * e] != v:
        e += 1
    return e


# up_parts (2 a), down_parts (2 a), stack (2 n + 2), trail (k)
@inner
def unpack(
    up_parts: Any, down_parts: Any, first: Any, second: Any, stack: Any, trail: Any, length: Any
) -> Any:
    """Append the arcs of the graph that an arc with these parts stands for; the new length, or -1.

    ``parts`` tells what an arc of the hierarchy stands for: (-1 - arc of the graph, -1), or for a
    shortcut the down arc and the up arc of the node that it goes over. Instead of its number either
    of those may be given as -2 - arc of the graph, which saves a look at its own parts.
    """
    # Both parts of a shortcut belong to a lower node: n are nested at most.
    height = 0
    while True:
        if second == -1:
            arc = -1 - first
        else:
            # Looked up now, not when its turn comes, so that memory serves both parts at once.
            if second >= 0:
                stack[2 * height] = up_parts[2 * second]
                stack[2 * height + 1] = up_parts[2 * second + 1]
            else:
                stack[2 * height] = second + 1
                stack[2 * height + 1] = -1
            height += 1
            if first >= 0:
                second = np.int64(down_parts[2 * first + 1])
                first = np.int64(down_parts[2 * first])
                continue
            arc = -2 - first
        if length == trail.size:
            return np.int64(-1)
        trail[length] = arc
        length += 1
        if height == 0:
            return length
        height -= 1
        first = np.int64(stack[2 * height])
        second = np.int64(stack[2 * height + 1])


@inner
def follow(
    up: Any,
    down: Any,
    up_parts: Any,
    down_parts: Any,
    there: Any,
    here: Any,
    ends: Any,
    stack: Any,
    trail: Any,
    length: Any,
) -> Any:
    """Append the arcs of the path over the top that two searches found; the new length, or -1.

    `ends` are the two nodes and the top.
    """
    s, t, top = ends
    # The climb is found backwards; its arcs, never more than were pushed, wait in the idle heap.
    climbed = there.heap
    height = 0
    x = top
    while x != s:
        u = np.int64(there.before[x])
        climbed[height] = arc_to(up, u, x)
        height += 1
        x = u
    while height > 0 and length >= 0:
        height -= 1
        e = climbed[height]
        first, second = np.int64(up_parts[2 * e]), np.int64(up_parts[2 * e + 1])
        length = unpack(up_parts, down_parts, first, second, stack, trail, length)
    x = top
    while x != t and length >= 0:
        u = np.int64(here.before[x])
        e = arc_to(down, u, x)
        first, second = np.int64(down_parts[2 * e]), np.int64(down_parts[2 * e + 1])
        length = unpack(up_parts, down_parts, first, second, stack, trail, length)
        x = u
    return length


# up_parts (2 a), down_parts (2 a), durations (m), distances (m); sources (p), targets (p),
# costs (p), sums (p, 2), stops (p + 1), stack (2 n + 2), trail (k)
@entry
def paths(
    up_ptr: Int32s,
    up_arcs: Int32s,
    down_ptr: Int32s,
    down_arcs: Int32s,
    bits: int,
    there_cost: Int64s,
    there_before: Int32s,
    there_heap: Int64s,
    there_touched: Int32s,
    here_cost: Int64s,
    here_before: Int32s,
    here_heap: Int64s,
    here_touched: Int32s,
    up_parts: Int32s,
    down_parts: Int32s,
    durations: Int32s,
    distances: Int32s,
    stack: Int32s,
    sources: Int32s,
    targets: Int32s,
    costs: Int64s,
    sums: Int64s,
    stops: Int64s,
    trail: Int32s,
    i: int,
) -> int:
    """The arcs of cheapest paths between pairs from pair `i` on, one path behind the other.

    Fills `trail`, `costs` (-1 = no path), `sums` of durations and distances, and in `stops` where
    each path begins and ends; returns the first pair for which there was no room.
    """
    up, down = Ways(up_ptr, up_arcs), Ways(down_ptr, down_arcs)
    there = Side(there_cost, there_before, there_heap, there_touched)
    here = Side(here_cost, here_before, here_heap, here_touched)
    while i < sources.size:
        s, t = np.int64(sources[i]), np.int64(targets[i])
        best, top, a, b = meet(up, down, bits, s, t, there, here)
        length = stops[i]
        costs[i] = -1
        if top >= 0:
            costs[i] = best
            ends = (s, t, top)
            length = follow(up, down, up_parts, down_parts, there, here, ends, stack, trail, length)
        clear(there, a)
        clear(here, b)
        if length < 0:
            break
        sums[i] = 0
        for k in range(stops[i], length):
            sums[i, 0] += durations[trail[k]]
            sums[i, 1] += distances[trail[k]]
        i += 1
        stops[i] = length
    return i


# ---------------------------------------------------------------- search spaces


# alongs (a) of the arcs, along (n) scratch; sources (p), starts (p + 1), nodes (k), costs (k),
# sums (k)
@entry
def spaces(
    ptr: Int32s,
    arcs: Int32s,
    back_ptr: Int32s,
    back_arcs: Int32s,
    bits: int,
    cost: Int64s,
    before: Int32s,
    heap: Int64s,
    touched: Int32s,
    alongs: Int64s,
    along: Int64s,
    sources: Int32s,
    starts: Int64s,
    nodes: Int32s,
    costs: npt.NDArray[Any],
    sums: Int64s,
    i: int,
) -> int:
    """Everything above each source from source `i` on that is not stalled.

    Fills row pointers `starts`, nodes, costs and sums of the other metric; returns the first source
    for which there was no room.
    """
    ways, back = Ways(ptr, arcs), Ways(back_ptr, back_arcs)
    side = Side(cost, before, heap, touched)
    mask = (np.int64(1) << bits) - 1
    while i < sources.size:
        s = np.int64(sources[i])
        begin(side, s)
        along[s] = 0
        size, number = np.int64(1), np.int64(1)
        filled = starts[i]
        while size > 0 and filled < nodes.size:
            key = heap[0]
            size -= 1
            pop(heap, size)
            u = key & mask
            reached = key >> bits
            if reached > cost[u] or stalled(back, cost, u, reached):
                continue
            nodes[filled] = u
            costs[filled] = reached
            # Where a settled node was come from is final, and so is the sum of the node below it.
            below = np.int64(before[u])
            if below >= 0:
                along[u] = along[below] + alongs[arc_to(ways, below, u)]
            sums[filled] = along[u]
            filled += 1
            size, number = climb(ways, side, bits, u, reached, np.int64(FAR), size, number)
        clear(side, number)
        if size > 0:
            break
        i += 1
        starts[i] = filled
    return i
