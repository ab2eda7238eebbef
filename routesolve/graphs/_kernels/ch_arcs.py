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
from routesolve.graphs._kernels.core import FIRST, HELD, NEIGHBOUR, NONE

Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]


entry = kernel(no_cfunc_wrapper=True)
# Never called from Python: the code that would unpack its objects takes longest to compile.
inner = kernel(no_cfunc_wrapper=True, no_cpython_wrapper=True)


# nodes (n, 8), records (r, 4), core_mids (r, 2): those of a contracted core
# order (n), position (n): nodes of the graph by their number from the top, and back
@entry
def rows(
    nodes: Int32s, records: Int32s, core_mids: Int32s, order: Int32s, position: Int32s, way: int
) -> tuple[Int32s, Int32s, Int32s]:
    """The arcs from every node up (`way` 1) or down to it (`way` 2), renumbered and sorted.

    Returns (row pointers (n + 1), (2 a,) upper end and weight, (a,) mids).
    """
    ptr = np.zeros(order.size + 1, np.int32)
    for place in range(order.size):
        first = np.int64(nodes[order[place], FIRST])
        ptr[place + 1] = ptr[place]
        for k in range(first, first + nodes[order[place], HELD]):
            ptr[place + 1] += records[k, way] < NONE
    arcs = np.empty(2 * np.int64(ptr[-1]), np.int32)
    mids = np.empty(ptr[-1], np.int32)
    for place in range(order.size):
        end = np.int64(ptr[place])
        first = np.int64(nodes[order[place], FIRST])
        for k in range(first, first + nodes[order[place], HELD]):
            if records[k, way] == NONE:
                continue
            x = position[records[k, NEIGHBOUR]]
            i = end
            while i > ptr[place] and arcs[2 * i - 2] > x:
                arcs[2 * i] = arcs[2 * i - 2]
                arcs[2 * i + 1] = arcs[2 * i - 1]
                mids[i] = mids[i - 1]
                i -= 1
            arcs[2 * i] = x
            arcs[2 * i + 1] = records[k, way]
            mids[i] = core_mids[k, way - 1]
            end += 1
    return ptr, arcs, mids


@inner
def seek(ptr: Any, arcs: Any, v: Any, x: Any) -> Any:
    """The arc between `v` and `x` above it; there is one."""
    low, high = np.int64(ptr[v]), np.int64(ptr[v + 1]) - 1
    while low < high:
        middle = (low + high) >> 1
        if arcs[2 * middle] < x:
            low = middle + 1
        else:
            high = middle
    return low


@inner
def part(ptr: Any, arcs: Any, mids: Any, v: Any, x: Any) -> Any:
    """How a shortcut over `v` notes the arc between `v` and `x`, see :func:`ch_query.unpack`."""
    e = seek(ptr, arcs, v, x)
    return e if mids[e] >= 0 else mids[e] - 1


# up_arcs (2 a), up_mids (a), down_arcs (2 a), down_mids (a)
@entry
def unfold(
    up_ptr: Int32s,
    up_arcs: Int32s,
    up_mids: Int32s,
    down_ptr: Int32s,
    down_arcs: Int32s,
    down_mids: Int32s,
    position: Int32s,
) -> tuple[Int32s, Int32s]:
    """What upward and downward arcs stand for, see :func:`ch_query.unpack`: (2 a,) each."""
    up_parts = np.empty(2 * up_mids.size, np.int32)
    down_parts = np.empty(2 * down_mids.size, np.int32)
    for upward in range(2):
        ptr, arcs, mids = down_ptr, down_arcs, down_mids
        parts = down_parts
        if upward:
            ptr, arcs, mids = up_ptr, up_arcs, up_mids
            parts = up_parts
        for v in range(position.size):
            for e in range(ptr[v], ptr[v + 1]):
                parts[2 * e] = mids[e]
                parts[2 * e + 1] = -1
                if mids[e] >= 0:
                    mid, above = position[mids[e]], np.int64(arcs[2 * e])
                    tail = v if upward else above
                    head = above if upward else v
                    parts[2 * e] = part(down_ptr, down_arcs, down_mids, mid, tail)
                    parts[2 * e + 1] = part(up_ptr, up_arcs, up_mids, mid, head)
    return up_parts, down_parts


@inner
def total(parts: Any, e: Any, down_sums: Any, up_sums: Any, weights: Any) -> Any:
    """Sum of `weights` over what arc `e` stands for; lower arcs are done."""
    first, second = parts[2 * e], parts[2 * e + 1]
    if second == -1:
        return np.int64(weights[-1 - first])
    a = down_sums[first] if first >= 0 else np.int64(weights[-2 - first])
    b = up_sums[second] if second >= 0 else np.int64(weights[-2 - second])
    return a + b


# weights (m) of a metric
@entry
def add_up(
    up_ptr: Int32s, down_ptr: Int32s, up_parts: Int32s, down_parts: Int32s, weights: Int32s
) -> tuple[Int64s, Int64s]:
    """Sums over what upward and downward arcs stand for, from the bottom to the top."""
    up_sums = np.empty(up_parts.size // 2, np.int64)
    down_sums = np.empty(down_parts.size // 2, np.int64)
    for v in range(up_ptr.size - 2, -1, -1):
        for e in range(up_ptr[v], up_ptr[v + 1]):
            up_sums[e] = total(up_parts, e, down_sums, up_sums, weights)
        for e in range(down_ptr[v], down_ptr[v + 1]):
            down_sums[e] = total(down_parts, e, down_sums, up_sums, weights)
    return up_sums, down_sums


@entry
def longest_climb(ptr: Int32s, arcs: Int32s) -> int:
    """No search that only climbs can reach a cost above this."""
    reach = np.zeros(ptr.size, np.int64)
    longest = np.int64(0)
    for v in range(ptr.size - 1):
        for e in range(ptr[v], ptr[v + 1]):
            reach[v] = max(reach[v], reach[arcs[2 * e]] + arcs[2 * e + 1])
        longest = max(longest, reach[v])
    return int(longest)
