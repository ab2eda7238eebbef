"""Breadth-first search from both ends at once.

Whole levels are added to the side whose frontier has fewer arcs. As long as the sides are apart,
the nodes within ``a`` hops of the source and those within ``b`` of the target are disjoint, so that
the distance is at least ``a + b + 1``: the first arc found to join them proves it, and the search
stops there, in the middle of a level.

Working memory is one (4, n + 1) int32 array, all zeros at first, of which little is touched: marks,
queue, for each place in the queue the place of the node before, and the path. The last cell of the
first row counts searches, and a mark tells in which of them, and by which side, a node was found,
so that nothing is cleared between searches. The source's side fills the queue from the left and the
target's from the right. A fifth row, if there is one, tells over all searches what was looked at.

Axes: n nodes, m arcs, p pairs. -1 = none, unreachable.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from routesolve._jit import inner, lean

MARK, QUEUE, BEFORE, PATH, SEEN = 0, 1, 2, 3, 4
"""Rows of the working memory."""

MET, READ = 1, 2
"""Kinds of nodes that were looked at: found in a list, own list read."""

LAST_RUN = (1 << 30) - 1
"""Marks are 2 run and 2 run + 1, and have to fit into 32 bits."""


# indptr (n + 1), heads (m), work (4, n + 1)
@inner
def grow(
    indptr: Any, heads: Any, work: Any, first: Any, last: Any, step: Any, mine: Any, keep: Any
) -> Any:
    """Add a level to a side: where its queue then ends, and the arc (u, v) to the other side.

    The level before it is in the queue from `first` to before `last`. When the sides meet, the
    third number is the place of u in the queue, else -1.
    """
    theirs = mine ^ 1
    end, at = last, first
    while at != last:
        u = np.uint32(work[QUEUE, np.uint32(at)])
        for arc in range(indptr[u], indptr[u + np.uint32(1)]):
            v = np.uint32(heads[arc])
            mark = work[MARK, v]
            if mark == mine:
                continue
            if mark == theirs:
                return end, np.int64(v), at
            work[MARK, v] = mine
            work[QUEUE, np.uint32(end)] = v
            if keep:
                # By place, not by node: these writes are next to each other.
                work[BEFORE, np.uint32(end)] = at
            end += step
        at += step
    return end, np.int64(-1), np.int64(-1)


# indptr (n + 1), work (4, n + 1)
@inner
def arcs_of(indptr: Any, work: Any, first: Any, last: Any, step: Any) -> Any:
    """Arcs of the nodes in a stretch of the queue."""
    total = np.int64(0)
    while first != last:
        u = np.uint32(work[QUEUE, np.uint32(first)])
        total += indptr[u + np.uint32(1)] - indptr[u]
        first += step
    return total


# work (5, n + 1)
@inner
def note(work: Any, left: Any, right: Any, left_read: Any, right_read: Any) -> Any:
    """Remember which nodes this search met, and whose lists it read."""
    n = work.shape[1] - 1
    for at in range(left):
        work[SEEN, work[QUEUE, at]] |= MET | READ if at < left_read else MET
    for at in range(n - 1, right, -1):
        work[SEEN, work[QUEUE, at]] |= MET | READ if at > right_read else MET


# work (4, n + 1)
@inner
def place_of(work: Any, node: Any, first: Any, step: Any) -> Any:
    """Where in the queue a node is, at `first` or behind."""
    while work[QUEUE, first] != node:
        first += step
    return first


# work (4, n + 1)
@inner
def unroll(work: Any, left_at: Any, right_at: Any, left: Any, right: Any) -> None:
    """Write the path from two places in the queue, `left` and `right` hops from the ends."""
    for hop in range(left, -1, -1):
        work[PATH, hop] = work[QUEUE, left_at]
        left_at = np.int64(work[BEFORE, left_at])
    for hop in range(left + 1, left + right + 2):
        work[PATH, hop] = work[QUEUE, right_at]
        right_at = np.int64(work[BEFORE, right_at])


# indptr (n + 1), heads (m), back_indptr (n + 1), tails (m), work (4 or 5, n + 1)
@lean
def meet(
    indptr: Any,
    heads: Any,
    back_indptr: Any,
    tails: Any,
    work: Any,
    source: Any,
    target: Any,
    keep: Any,
) -> Any:
    """Hops from `source` to `target`; with `keep`, the last row of `work` begins with a path."""
    n = np.int64(work.shape[1] - 1)
    run = np.int64(work[MARK, n]) + 1
    if run > LAST_RUN:
        work[MARK, :] = 0
        run = np.int64(1)
    work[MARK, n] = run
    work[PATH, 0] = source
    if source == target:
        if work.shape[0] > SEEN:
            work[SEEN, source] |= MET
        return np.int64(0)
    work[QUEUE, 0] = source
    work[QUEUE, n - 1] = target
    work[MARK, source] = 2 * run
    work[MARK, target] = 2 * run + 1
    work[BEFORE, 0] = 0
    work[BEFORE, n - 1] = n - 1
    # Levels from `first` to before `last` are complete, but their own lists have not been read.
    left_first, left_last, left_hops = np.int64(0), np.int64(1), np.int64(0)
    right_first, right_last, right_hops = n - 1, n - 2, np.int64(0)
    left_arcs = indptr[source + 1] - indptr[source]
    right_arcs = back_indptr[target + 1] - back_indptr[target]
    hops, left_at, right_at = np.int64(-1), np.int64(-1), np.int64(-1)
    while left_arcs > 0 and right_arcs > 0:
        if left_arcs <= right_arcs:
            end, met, left_at = grow(
                indptr, heads, work, left_first, left_last, np.int64(1), 2 * run, keep
            )
            left_first = left_last if met < 0 else left_at + 1
            left_last = end
            if met >= 0:
                hops = left_hops + right_hops + 1
                if keep:
                    right_at = place_of(work, met, right_first, np.int64(-1))
                break
            left_hops += 1
            left_arcs = arcs_of(indptr, work, left_first, left_last, np.int64(1))
        else:
            end, met, right_at = grow(
                back_indptr, tails, work, right_first, right_last, np.int64(-1), 2 * run + 1, keep
            )
            right_first = right_last if met < 0 else right_at - 1
            right_last = end
            if met >= 0:
                hops = left_hops + right_hops + 1
                if keep:
                    left_at = place_of(work, met, left_first, np.int64(1))
                break
            right_hops += 1
            right_arcs = arcs_of(back_indptr, work, right_first, right_last, np.int64(-1))
    if work.shape[0] > SEEN:
        note(work, left_last, right_last, left_first, right_first)
    if keep and hops > 0:
        unroll(work, left_at, right_at, left_hops, right_hops)
    return hops


# sources, targets, out (p); the others as above
@lean
def meet_many(
    indptr: Any,
    heads: Any,
    back_indptr: Any,
    tails: Any,
    work: Any,
    sources: Any,
    targets: Any,
    out: Any,
) -> None:
    """Hops of many pairs."""
    for i in range(sources.size):
        out[i] = meet(
            indptr, heads, back_indptr, tails, work, np.int64(sources[i]), np.int64(targets[i]),
            False,
        )  # fmt: skip


# sources, targets (p), stops (p + 1), nodes (room); the others as above
@lean
def paths(
    indptr: Any,
    heads: Any,
    back_indptr: Any,
    tails: Any,
    work: Any,
    sources: Any,
    targets: Any,
    done: Any,
    stops: Any,
    nodes: Any,
) -> Any:
    """Nodes of the paths of pairs from number `done` on; how many are done when room runs out."""
    for i in range(done, sources.size):
        hops = meet(
            indptr, heads, back_indptr, tails, work, np.int64(sources[i]), np.int64(targets[i]),
            True,
        )  # fmt: skip
        begin = stops[i]
        if begin + hops + 1 > nodes.size:
            return i
        for at in range(hops + 1):
            nodes[begin + at] = work[PATH, at]
        stops[i + 1] = begin + hops + 1
    return sources.size
