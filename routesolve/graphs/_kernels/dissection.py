"""Nested dissection of a road network: an order of its nodes that depends on no weights.

A. George, "Nested dissection of a regular finite element mesh", SIAM Journal on Numerical Analysis
10 (1973): take out few nodes so that the rest falls into two parts of similar size, let them come
last, and do the same with the parts. Few nodes are found by *inertial flow* (A. Schild, C. Sommer,
"On balanced separators in road networks", SEA 2015): sort the nodes along a line, join the first
quarter to a source and the last quarter to a sink, and take the smallest cut between them. Here
every node may carry one unit of flow, so that the cut is a set of nodes; the flow is E. A. Dinic's
("Algorithm for solution of a problem of maximum flow in networks with power estimation", Soviet
Mathematics 11, 1970).

Axes: n nodes, h entries of adjacency lists, k nodes of a cell, d directions. -1 = none.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from routesolve._jit import kernel

# Called by kernels alone: no need to compile what makes them callable from Python.
inner = kernel(no_cpython_wrapper=True, no_cfunc_wrapper=True)

Int32s = npt.NDArray[np.int32]

LEAF = 3
"""Cells of so many nodes are not cut any more."""

# Sides of a cut.
BETWEEN, FIRST, LAST = range(3)

SINK = -2


class Cell(NamedTuple):
    """Working memory for one cell; its nodes have local numbers 0 .. k - 1 along the line.

    Attributes
    ----------
    local : numpy.ndarray
        (n,) int32, number of a node within the cell, -1 outside.
    ptr, adj : numpy.ndarray
        (n + 1,) and (h,) int32, neighbours that flow may go on to, the farthest first.
    before, after : numpy.ndarray
        (n,) int32, the nodes before and after this one on its path of flow; -1 = none.
    seen : numpy.ndarray
        (2 n,) int32, the last search that entered a node (2 v) and left it (2 v + 1).
    at : numpy.ndarray
        (n,) int32, next neighbour to try.
    stack : numpy.ndarray
        (2 n,) int32, the states that the search has come through.
    best : numpy.ndarray
        (n,) int32, side of every node in the best cut, by its number in the graph.
    """

    local: Int32s
    ptr: Int32s
    adj: Int32s
    before: Int32s
    after: Int32s
    seen: Int32s
    at: Int32s
    stack: Int32s
    best: Int32s


# ---------------------------------------------------------------- few neighbours first


@inner
def has(ptr: Any, adj: Any, degree: Any, x: Any, y: Any) -> Any:
    """Whether `y` is a neighbour of `x`."""
    found = False
    for k in range(ptr[x], ptr[x] + degree[x]):
        found |= adj[k] == y
    return found


@inner
def joined(ptr: Any, adj: Any, degree: Any, v: Any, around: Any) -> Any:
    """Take out `v` and make its neighbours neighbours of one another, if there is room for that."""
    number = degree[v]
    for i in range(number):
        x = around[i] = adj[ptr[v] + i]
        need = degree[x] + number - 2
        for j in range(number):
            need -= has(ptr, adj, degree, x, adj[ptr[v] + j])
        if need > ptr[x + 1] - ptr[x]:
            return False
    for i in range(number):
        x = around[i]
        for k in range(ptr[x], ptr[x] + degree[x]):
            if adj[k] == v:
                degree[x] -= 1
                adj[k] = adj[ptr[x] + degree[x]]
                break
        for j in range(number):
            if j != i and not has(ptr, adj, degree, x, around[j]):
                adj[ptr[x] + degree[x]] = around[j]
                degree[x] += 1
    degree[v] = -1
    return True


# ptr (n + 1), adj (h), degree (n): rows may have room for more than they hold; around (few), gone,
# now, later (n), turn (n): -1, listed (n): False
@kernel
def peel(
    ptr: Int32s,
    adj: Int32s,
    degree: Int32s,
    around: Int32s,
    gone: Int32s,
    now: Int32s,
    later: Int32s,
    turn: Int32s,
    listed: npt.NDArray[np.bool_],
) -> int:
    """Take out nodes with few neighbours, and join those, until there are none.

    Nobody goes in the same round as a neighbour: long chains become flat hierarchies. Changes the
    adjacency lists; those that went have degree -1. Returns how many, and writes them to `gone` in
    the order in which they went.
    """
    n, few = degree.size, around.size
    count, number, step = 0, 0, 0
    for v in range(n):
        if 0 <= degree[v] <= few:
            now[number] = v
            listed[v] = True
            number += 1
    while number > 0:
        more = 0
        for i in range(number):
            v = now[i]
            if turn[v] == step:
                later[more] = v
                more += 1
                continue
            listed[v] = False
            size = degree[v]
            if size > few or not joined(ptr, adj, degree, v, around):
                continue
            gone[count] = v
            count += 1
            for j in range(size):
                x = around[j]
                turn[x] = step
                if degree[x] <= few and not listed[x]:
                    listed[x] = True
                    later[more] = x
                    more += 1
        now, later = later, now
        number = more
        step += 1
    return count


# ---------------------------------------------------------------- one cut


@kernel
def extract(
    cell: Any, ptr: Any, adj: Any, degree: Any, nodes: Any, low: Any, high: Any, ends: Any
) -> Any:
    """Number the nodes ``nodes[low:high]`` and list where flow can go from each of them.

    It never has to go into the first `ends` nodes, or on from the last ones.
    """
    for i in range(low, high):
        cell.local[nodes[i]] = i - low
    total = 0
    for i in range(low, high):
        v = i - low
        cell.ptr[v] = total
        cell.before[v] = -1
        cell.after[v] = -1
        cell.seen[2 * v] = -1
        cell.seen[2 * v + 1] = -1
        if i >= high - ends:
            continue
        begin = ptr[nodes[i]]
        for k in range(begin, begin + degree[nodes[i]]):
            x = cell.local[adj[k]]
            if x < ends:
                continue
            e = total
            while e > cell.ptr[v] and cell.adj[e - 1] < x:
                cell.adj[e] = cell.adj[e - 1]
                e -= 1
            cell.adj[e] = x
            total += 1
    cell.ptr[high - low] = total


@inner
def advance(cell: Any, state: Any, search: Any, last: Any) -> Any:
    """Where to go next from `state`: another state, SINK, or -1."""
    v = state >> 1
    if state & 1 == 0:
        # A node that carries flow can only send back what comes from before it.
        to = 2 * v + 1 if cell.before[v] < 0 else 2 * np.int64(cell.before[v]) + 1
        return to if cell.seen[to] != search else np.int64(-1)
    if v >= last:
        return np.int64(SINK)
    while cell.at[v] < cell.ptr[v + 1]:
        x = np.int64(cell.adj[cell.at[v]])
        if cell.seen[2 * x] != search and cell.after[v] != x:
            return 2 * x
        cell.at[v] += 1
    if cell.before[v] >= 0 and cell.seen[2 * v] != search:
        return 2 * v
    return np.int64(-1)


@inner
def push_along(cell: Any, height: Any) -> Any:
    """Send one unit along the stack of states."""
    stack, before, after = cell.stack, cell.before, cell.after
    for i in range(height - 1):
        v, x = stack[i] >> 1, stack[i + 1] >> 1
        if stack[i] & 1:
            if v == x:
                before[v] = -1
                after[v] = -1
            else:
                after[v] = x
                before[x] = v
    after[stack[height - 1] >> 1] = SINK


@inner
def augment(cell: Any, start: Any, search: Any, last: Any) -> Any:
    """Look for a way to the sink for one more unit, through what this search has not seen."""
    stack = cell.stack
    state = 2 * np.int64(start) + 1
    height = 0
    while True:
        cell.seen[state] = search
        stack[height] = state
        height += 1
        if state & 1:
            cell.at[state >> 1] = cell.ptr[state >> 1]
        state = advance(cell, state, search, last)
        while state == -1:
            height -= 1
            if height == 0:
                return False
            state = advance(cell, np.int64(stack[height - 1]), search, last)
        if state == SINK:
            push_along(cell, height)
            return True


@kernel
def cut(cell: Any, k: Any, ends: Any, most: Any) -> Any:
    """Fewest nodes that part the first `ends` nodes from the last ones; -1 = more than `most`.

    Those that `seen` says the last search could leave are on the first side, those that it could
    only enter are the cut.
    """
    flow = 0
    for search in range(k + 1):
        found = 0
        for v in range(ends):
            if cell.ptr[v] < cell.ptr[v + 1]:
                if cell.after[v] == -1 and augment(cell, v, search, k - ends):
                    found += 1
                    if flow + found > most:
                        return -1, search
            elif cell.after[v] == -1:
                cell.seen[2 * v + 1] = search
        flow += found
        if found == 0:
            return flow, search
    return -1, -1


# ---------------------------------------------------------------- all cuts


@inner
def judge(
    cell: Any, nodes: Any, low: Any, high: Any, ends: Any, size: Any, search: Any, least: Any
) -> Any:
    """Keep the cut if it is the best so far.

    Returns its nodes per node of the smaller side, and the nodes of its first side; if it is not,
    what was given, and -1.
    """
    k = high - low
    left = 0
    for v in range(k):
        left += cell.seen[2 * v + 1] == search
    small = min(left, k - left - size)
    if small <= 0 or size >= least * small:
        return least, -1
    for v in range(k):
        if cell.seen[2 * v + 1] == search:
            side = FIRST
        elif v < ends or cell.seen[2 * v] == search:
            side = BETWEEN
        else:
            side = LAST
        cell.best[nodes[low + v]] = side
    return size / small, int(left)


@inner
def settle(best: Any, nodes: Any, spare: Any, low: Any, high: Any, between: Any, first: Any) -> Any:
    """Sort one line of a cell by the sides of the cut: the nodes between come to the top."""
    a, b, c = low, low + between, low + between + first
    for i in range(low, high):
        v = nodes[i]
        if best[v] == BETWEEN:
            spare[a] = v
            a += 1
        elif best[v] == FIRST:
            spare[b] = v
            b += 1
        else:
            spare[c] = v
            c += 1
    for i in range(low, high):
        nodes[i] = spare[i]


# ptr (n + 1), adj (h), degree (n), orders (d, n), cells (2, n), spare (n)
@kernel
def dissect(
    ptr: Int32s,
    adj: Int32s,
    degree: Int32s,
    orders: Int32s,
    cell: Cell,
    cells: Int32s,
    left: int,
    spare: Int32s,
    dense: int,
    work: int,
) -> tuple[int, int]:
    """Cut the cells that are left into pieces, and come back after `work` nodes or so.

    A cell is ``orders[:, low:high]``, its nodes sorted along every line. Of the cuts along them the
    one is taken whose number of nodes is smallest against the smaller side. The nodes of a cut come
    before both sides, so that in the end ``orders[0]`` is the order from the top.

    Returns the number of cells left, and of nodes whose place is settled; -1 for the first when a
    cut of many nodes would fill the graph to more than `dense` neighbours a node.
    """
    done = 0
    while left > 0 and work > 0:
        left -= 1
        low, high = int(cells[0, left]), int(cells[1, left])
        k = high - low
        if k <= LEAF:
            done += k
            continue
        work -= k
        ends = max(3 * k // 10, 1)
        between, first = k, 0
        least = float(k)
        for d in range(orders.shape[0]):
            nodes = orders[d]
            extract(cell, ptr, adj, degree, nodes, low, high, ends)
            size, search = cut(cell, k, ends, int(least * (k / 2)))
            if size >= 0:
                least, taken = judge(cell, nodes, low, high, ends, size, search, least)
                if taken >= 0:
                    between, first = size, taken
        for i in range(low, high):
            cell.local[orders[0, i]] = -1
        if between * between > 2 * dense * k:
            return -1, done
        done += between
        if between == k:
            continue
        for d in range(orders.shape[0]):
            settle(cell.best, orders[d], spare, low, high, between, first)
        middle = low + between + first
        for side in range(2):
            begin = middle if side else low + between
            end = high if side else middle
            if end > begin:
                cells[0, left] = begin
                cells[1, left] = end
                left += 1
    return left, done
