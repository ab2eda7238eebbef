"""Pruned landmark labelling: making the labels.

T. Akiba, Y. Iwata, Y. Yoshida, SIGMOD 2013. From every node in turn, those of high degree first,
runs a breadth-first search that labels what it reaches, and goes no further where the labels made
so far give the same distance already. Before, breadth-first searches from a few roots learn in one
go which of 64 neighbours of the root lie on a shortest path, a bit each.

Nodes are numbered by their rank here, 0 first, and rows fall: a search from node i may leave a row
at the first neighbour that is not behind i.

Axes: n nodes, m arcs, r roots. -1 = none.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from routesolve._jit import inner, lean
from routesolve.graphs._kernels.pruned_labels import END, FAR, UNREACHED, by_root

DONE, NO_ROOM, TOO_FAR = 0, 1, 2
"""Why labelling ended or paused: finished or out of time, more room is needed, or a distance does
not fit into an entry."""

DEEPEST = 126
"""Hops to a root, so that two of them add up to less than UNREACHED."""

TAKEN = np.iinfo(np.int32).max
"""Mark of nodes that roots cover: no search needs to enter them."""

LEAST = 4
"""Entries of the smallest block; a free block keeps the address of the next in its first two."""

CLASSES = 32
"""Blocks have LEAST << class entries."""


class Side(NamedTuple):
    """Labels of one direction while they grow, in blocks that double.

    Attributes
    ----------
    start : numpy.ndarray
        (n,) int64, where the block of a node begins.
    filled, room : numpy.ndarray
        (n,) int32 entries in use, and those there are.
    pool : numpy.ndarray
        (l,) uint32 entries.
    parents : numpy.ndarray
        (l,) int32, or (0,) when they are not kept.
    free : numpy.ndarray
        (CLASSES + 1,) int64 first free block of each class, and the end of what is in use.
    """

    start: npt.NDArray[np.int64]
    filled: npt.NDArray[np.int32]
    room: npt.NDArray[np.int32]
    pool: npt.NDArray[np.uint32]
    parents: npt.NDArray[np.int32]
    free: npt.NDArray[np.int64]


class Scratch(NamedTuple):
    """Working memory of the searches.

    Attributes
    ----------
    near : numpy.ndarray
        (n,) int32 hops between the start and each hub, FAR between searches.
    mark : numpy.ndarray
        (n,) int32, the last search that met a node.
    queue, hops, parent : numpy.ndarray
        (n,) int32; the second goes with the places in the queue, the third with nodes.
    stamp : numpy.ndarray
        (1,) int64 searches so far.
    """

    near: npt.NDArray[np.int32]
    mark: npt.NDArray[np.int32]
    queue: npt.NDArray[np.int32]
    hops: npt.NDArray[np.int32]
    parent: npt.NDArray[np.int32]
    stamp: npt.NDArray[np.int64]


# back_indptr (n + 1), tails (m): arcs by head; rank, order (n); indptr (n + 1), heads (m): out
@lean
def renumber(back_indptr: Any, tails: Any, rank: Any, order: Any, indptr: Any, heads: Any) -> None:
    """Rows of the arcs by tail, by rank; filed from the last head on, they fall."""
    n = rank.size
    for arc in range(tails.size):
        indptr[rank[tails[arc]] + 1] += 1
    for u in range(n):
        indptr[u + 1] += indptr[u]
    for v in range(n - 1, -1, -1):
        old = order[v]
        for arc in range(back_indptr[old], back_indptr[old + 1]):
            u = rank[tails[arc]]
            heads[indptr[u]] = v
            indptr[u] += 1
    for u in range(n, 0, -1):
        indptr[u] = indptr[u - 1]
    indptr[0] = 0


# chosen (65), mark (n)
@lean
def choose(indptr: Any, heads: Any, mark: Any, chosen: Any) -> Any:
    """Pick the next root and up to 64 of its neighbours, all not taken yet; how many, 0 = none."""
    root = 0
    while root < mark.size and mark[root] == TAKEN:
        root += 1
    if root == mark.size:
        return np.int64(0)
    count = np.int64(1)
    chosen[0] = root
    mark[root] = TAKEN
    for arc in range(indptr[root + 1] - 1, indptr[root] - 1, -1):
        v = heads[arc]
        if count < chosen.size and mark[v] != TAKEN:
            mark[v] = TAKEN
            chosen[count] = v
            count += 1
    return count


# chosen (k), level (n) uint8, sets (n, 2) uint64, queue (n)
@lean
def search_root(indptr: Any, heads: Any, chosen: Any, level: Any, sets: Any, queue: Any) -> Any:
    """Levels and sets of one root and its chosen neighbours; False when the graph is too deep."""
    level[:] = UNREACHED
    sets[:, :] = np.uint64(0)
    for k in range(chosen.size):
        queue[k] = chosen[k]
        level[chosen[k]] = 1
        if k > 0:
            sets[chosen[k], 0] = np.uint64(1) << np.uint64(k - 1)
    level[chosen[0]] = 0
    begin, end, last, depth = np.int64(0), np.int64(1), np.int64(chosen.size), 0
    while begin < end:
        if depth > DEEPEST:
            return False
        for at in range(begin, end):
            u = np.uint32(queue[at])
            for arc in range(indptr[u], indptr[u + np.uint32(1)]):
                v = np.uint32(heads[arc])
                if level[v] == UNREACHED:
                    level[v] = depth + 1
                    queue[last] = v
                    last += 1
                elif level[v] == depth:
                    sets[u, 1] |= sets[v, 0]
        # Only now are the sets of this level complete.
        for at in range(begin, end):
            u = np.uint32(queue[at])
            for arc in range(indptr[u], indptr[u + np.uint32(1)]):
                v = np.uint32(heads[arc])
                if level[v] == depth + 1:
                    sets[v, 0] |= sets[u, 0]
                    sets[v, 1] |= sets[u, 1]
        begin, end = end, last
        depth += 1
    return True


@inner
def append(side: Any, v: Any, entry: Any, parent: Any) -> None:
    """Add an entry to a label; there is room in the pool."""
    count = np.int64(side.filled[v])
    if count == side.room[v]:
        kind, size = np.int64(0), np.int64(LEAST)
        while size <= count:
            kind += 1
            size *= 2
        at = side.free[kind]
        if at >= 0:
            side.free[kind] = (np.int64(side.pool[at]) << 32 | np.int64(side.pool[at + 1])) - 1
        else:
            at = side.free[CLASSES]
            side.free[CLASSES] = at + size
        old = side.start[v]
        for k in range(count):
            side.pool[at + k] = side.pool[old + k]
            if side.parents.size:
                side.parents[at + k] = side.parents[old + k]
        if count > 0:
            link = side.free[kind - 1] + 1
            side.pool[old] = np.uint32(link >> 32)
            side.pool[old + 1] = np.uint32(link & 0xFFFFFFFF)
            side.free[kind - 1] = old
        side.start[v] = at
        side.room[v] = size
    place = side.start[v] + count
    side.pool[place] = np.uint32(entry)
    if side.parents.size:
        side.parents[place] = parent
    side.filled[v] = count + 1


@inner
def covered(
    side: Any, near: Any, root_hops: Any, root_sets: Any, bits: Any, i: Any, u: Any, depth: Any
) -> Any:
    """Whether the labels made so far know a path of `depth` hops between i and u."""
    for root in range(root_hops.shape[1]):
        if by_root(root_hops, root_sets, root, i, u, depth) <= depth:
            return True
    mask = (np.int64(1) << bits) - 1
    begin = side.start[u]
    for at in range(begin, begin + side.filled[u]):
        entry = np.int64(side.pool[at])
        if np.int64(near[entry >> bits]) + (entry & mask) <= depth:
            return True
    return False


# indptr (n + 1), heads (m): rows by rank; own, others: Side; scratch: Scratch
@inner
def sweep(
    indptr: Any,
    heads: Any,
    own: Any,
    others: Any,
    root_hops: Any,
    root_sets: Any,
    bits: Any,
    scratch: Any,
    i: Any,
) -> Any:
    """Search from node i and label what it reaches; the state, and the arcs looked at.

    `own` holds the label of i, `others` those that grow: all or nothing.
    """
    near, mark, queue, hops = scratch.near, scratch.mark, scratch.queue, scratch.hops
    mask = (np.int64(1) << bits) - 1
    begin = own.start[i]
    for at in range(begin, begin + own.filled[i]):
        entry = np.int64(own.pool[at])
        near[entry >> bits] = entry & mask
    scratch.stamp[0] += 1
    stamp = scratch.stamp[0]
    mark[i] = stamp
    queue[0] = i
    scratch.parent[i] = i
    first, last, kept = np.int64(0), np.int64(1), np.int64(0)
    depth, looked = np.int64(0), np.int64(1)
    while first < last:
        fresh = kept
        for at in range(first, last):
            found = np.int64(queue[at])
            if not covered(others, near, root_hops, root_sets, bits, i, found, depth):
                queue[kept] = found
                hops[kept] = depth
                kept += 1
        first = last
        for at in range(fresh, kept):
            u = np.uint32(queue[at])
            looked += indptr[u + np.uint32(1)] - indptr[u]
            for arc in range(indptr[u], indptr[u + np.uint32(1)]):
                v = np.uint32(heads[arc])
                if v <= i:
                    break
                if mark[v] < stamp:
                    mark[v] = stamp
                    scratch.parent[v] = u
                    queue[last] = v
                    last += 1
        depth += 1
    for at in range(begin, begin + own.filled[i]):
        near[np.int64(own.pool[at]) >> bits] = FAR
    if kept > 0 and hops[kept - 1] > mask:
        return np.int64(TOO_FAR), looked
    needed = np.int64(0)
    for at in range(kept):
        found = np.int64(queue[at])
        if others.filled[found] == others.room[found]:
            needed += LEAST + 2 * np.int64(others.room[found])
    if others.free[CLASSES] + needed > others.pool.size:
        return np.int64(NO_ROOM), looked
    for at in range(kept):
        found = np.int64(queue[at])
        append(others, found, i << bits | np.int64(hops[at]), scratch.parent[found])
    return np.int64(DONE), looked


# indptr, heads, back_indptr, tails: rows by rank; outs, ins: Side, the same when `ways` is 1
@lean
def label(
    indptr: Any,
    heads: Any,
    back_indptr: Any,
    tails: Any,
    outs: Any,
    ins: Any,
    ways: Any,
    root_hops: Any,
    root_sets: Any,
    bits: Any,
    scratch: Any,
    done: Any,
    budget: Any,
) -> Any:
    """Run searches from number `done` on (`ways` for a node) until `budget` arcs were looked at.

    Returns the state and how many searches are done.
    """
    n = indptr.size - 1
    spent = np.int64(0)
    while done < n * ways and spent < budget:
        i = np.int64(done // ways)
        state, looked = np.int64(DONE), np.int64(1)
        if scratch.mark[i] != TAKEN:
            if done % ways == 0:
                state, looked = sweep(
                    indptr, heads, outs, ins, root_hops, root_sets, bits, scratch, i
                )
            else:
                state, looked = sweep(
                    back_indptr, tails, ins, outs, root_hops, root_sets, bits, scratch, i
                )
        if state != DONE:
            return state, np.int64(done)
        spent += looked
        done += 1
    return np.int64(DONE), np.int64(done)


# side: Side; rank, order (n); starts (n + 1); entries, parents (l)
@lean
def pack(side: Any, rank: Any, order: Any, starts: Any, entries: Any, parents: Any) -> None:
    """Labels one behind the other, in the order of the nodes' own numbers."""
    for v in range(rank.size):
        begin, at = side.start[rank[v]], starts[v]
        for k in range(side.filled[rank[v]]):
            entries[at + k] = side.pool[begin + k]
            if side.parents.size:
                parents[at + k] = order[side.parents[begin + k]]
        entries[starts[v + 1] - 1] = np.uint32(END)
