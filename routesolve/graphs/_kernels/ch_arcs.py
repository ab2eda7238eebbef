"""From a contracted graph to the arrays that queries walk through.

Nodes are numbered from the top, arcs stand in rows by their lower end, and every shortcut knows the
two arcs it stands for.

Axes: n nodes, m arcs of the graph, a arcs of one direction. -1 = none.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from routesolve._jit import kernel
from routesolve.graphs._kernels.contraction import NONE, Core

Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]


@kernel
def degrees(core: Core, way: int) -> Int32s:
    """(n,) number of arcs up from every node (`way` 1) or down to it (`way` 2)."""
    degree = np.zeros(core.first.size, np.int32)
    for v in range(degree.size):
        begin = core.first[v]
        for k in range(begin, begin + core.held[v]):
            if core.records[4 * k + way] < NONE:
                degree[v] += 1
    return degree


# order (n), position (n): nodes of the graph by their number from the top, and back
@kernel
def rows(core: Core, order: Int32s, position: Int32s, way: int) -> tuple[Int32s, Int32s, Int32s]:
    """The arcs from every node up (`way` 1) or down to it (`way` 2), renumbered.

    Returns (row pointers (n + 1), (2 a,) upper end and weight, (a,) mids).
    """
    n = order.size
    ptr = np.zeros(n + 1, np.int32)
    for place in range(n):
        begin = core.first[order[place]]
        for k in range(begin, begin + core.held[order[place]]):
            if core.records[4 * k + way] < NONE:
                ptr[place + 1] += 1
        ptr[place + 1] += ptr[place]
    arcs = np.empty(2 * np.int64(ptr[n]), np.int32)
    mids = np.empty(ptr[n], np.int32)
    for place in range(n):
        end = np.int64(ptr[place])
        begin = core.first[order[place]]
        for k in range(begin, begin + core.held[order[place]]):
            if core.records[4 * k + way] == NONE:
                continue
            x = position[core.records[4 * k]]
            i = end
            while i > ptr[place] and arcs[2 * i - 2] > x:
                arcs[2 * i] = arcs[2 * i - 2]
                arcs[2 * i + 1] = arcs[2 * i - 1]
                mids[i] = mids[i - 1]
                i -= 1
            arcs[2 * i] = x
            arcs[2 * i + 1] = core.records[4 * k + way]
            mids[i] = core.mids[2 * k + way - 1]
            end += 1
    return ptr, arcs, mids


@kernel
def seek(ptr: Any, arcs: Any, v: Any, x: Any) -> Any:
    """The arc between `v` and `x` above it; there is one."""
    low, high = ptr[v], ptr[v + 1] - 1
    while low < high:
        middle = (low + high) >> 1
        if arcs[2 * middle] < x:
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def unfold(
    up_ptr: Int32s,
    up_arcs: Int32s,
    down_ptr: Int32s,
    down_arcs: Int32s,
    position: Int32s,
    mids: Int32s,
    upward: bool,
) -> Int32s:
    """What every upward (or downward) arc stands for, see :func:`ch_query.path`: (2 a,)."""
    parts = np.empty(2 * mids.size, np.int32)
    for v in range(position.size):
        begin, end = (up_ptr[v], up_ptr[v + 1]) if upward else (down_ptr[v], down_ptr[v + 1])
        for e in range(begin, end):
            if mids[e] < 0:
                parts[2 * e] = mids[e]
                parts[2 * e + 1] = -1
                continue
            mid = position[mids[e]]
            above = up_arcs[2 * e] if upward else down_arcs[2 * e]
            tail = v if upward else above
            head = above if upward else v
            parts[2 * e] = seek(down_ptr, down_arcs, mid, tail)
            parts[2 * e + 1] = seek(up_ptr, up_arcs, mid, head)
    return parts


# other (m): the metric that is not minimised
@kernel
def add_up(
    up_ptr: Int32s, down_ptr: Int32s, up_parts: Int32s, down_parts: Int32s, other: Int32s
) -> tuple[Int64s, Int64s]:
    """Sums of `other` over what upward and downward arcs stand for, from the bottom to the top."""
    up_sums = np.empty(up_parts.size // 2, np.int64)
    down_sums = np.empty(down_parts.size // 2, np.int64)
    for v in range(up_ptr.size - 2, -1, -1):
        for e in range(up_ptr[v], up_ptr[v + 1]):
            if up_parts[2 * e] < 0:
                up_sums[e] = other[-1 - up_parts[2 * e]]
            else:
                up_sums[e] = down_sums[up_parts[2 * e]] + up_sums[up_parts[2 * e + 1]]
        for e in range(down_ptr[v], down_ptr[v + 1]):
            if down_parts[2 * e] < 0:
                down_sums[e] = other[-1 - down_parts[2 * e]]
            else:
                down_sums[e] = down_sums[down_parts[2 * e]] + up_sums[down_parts[2 * e + 1]]
    return up_sums, down_sums


@kernel
def longest_climb(ptr: Int32s, arcs: Int32s) -> int:
    """No search that only climbs can reach a cost above this."""
    reach = np.zeros(ptr.size, np.int64)
    longest = np.int64(0)
    for v in range(ptr.size - 1):
        for e in range(ptr[v], ptr[v + 1]):
            reach[v] = max(reach[v], reach[arcs[2 * e]] + arcs[2 * e + 1])
        longest = max(longest, reach[v])
    return int(longest)
