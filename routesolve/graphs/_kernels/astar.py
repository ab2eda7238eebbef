"""Goal-directed search: A* with bounds from coordinates, from landmarks, or given.

P. E. Hart, N. J. Nilsson, B. Raphael, "A formal basis for the heuristic determination of minimum
cost paths", IEEE Trans. SSC 4 (1968); landmarks: A. V. Goldberg, C. Harrelson, "Computing the
shortest path: A* search meets graph theory", SODA 2005.

Bounds are computed once per node and search, and need only be admissible: a node whose label falls
after it was expanded is taken up again. Bounds are consistent up to rounding, so that is rare, and
a search whose heap overflows says so.

Axes: n nodes, m arcs, k landmarks, a landmarks in use, c heap capacity. -1 = none.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from routesolve._jit import kernel
from routesolve.graphs._kernels.bucket import DONE, FAR64, FULL
from routesolve.graphs._kernels.dijkstra import pop_pair, push_pair


# vectors (n, 3)
@kernel
def by_air(vectors: Any, rate: Any, v: Any, target: Any) -> Any:
    """At least this many steps from v to the target: chord times least steps per chord."""
    x = vectors[v, 0] - vectors[target, 0]
    y = vectors[v, 1] - vectors[target, 1]
    z = vectors[v, 2] - vectors[target, 2]
    return np.int64(np.sqrt(x * x + y * y + z * z) * rate)


# tables (n, k, 2): from landmark to node, from node to landmark, -1 = unreachable; active (a)
@kernel
def by_landmarks(tables: Any, active: Any, v: Any, target: Any) -> Any:
    """At least this many steps from v to the target, by the triangle inequality."""
    best = np.int64(0)
    for i in range(active.size):
        k = active[i]
        if tables[v, k, 0] >= 0 and tables[target, k, 0] >= 0:
            best = max(best, np.int64(tables[target, k, 0]) - tables[v, k, 0])
        if tables[v, k, 1] >= 0 and tables[target, k, 1] >= 0:
            best = max(best, np.int64(tables[v, k, 1]) - tables[target, k, 1])
    return best


# indptr (n + 1), arcs (m, 2), other (m), closed (n) int8, banned (m) int8, bound (n) int64 -1 =
# unknown, cost (n) FAR64, along (n), entry (n), touched (n), first, second, nodes (c)
@kernel
def search(
    indptr: Any,
    arcs: Any,
    other: Any,
    source: Any,
    target: Any,
    limit: Any,
    vectors: Any,
    rate: Any,
    tables: Any,
    active: Any,
    closed: Any,
    banned: Any,
    bound: Any,
    cost: Any,
    along: Any,
    entry: Any,
    touched: Any,
    first: Any,
    second: Any,
    nodes: Any,
) -> Any:
    """Cheapest path from source to target of at most `limit` steps; (how it ended, touched nodes).

    `bound` may come in filled with bounds (then they are used), and comes out filled for touched
    nodes. Nodes that are `closed` are not entered; arcs that are `banned` do not leave the source.
    Among paths of equal cost the one with the least `along` wins.
    """
    cost[source] = 0
    along[source] = 0
    entry[source] = -1
    touched[0] = source
    count = 1
    if bound[source] < 0:
        bound[source] = (
            by_landmarks(tables, active, source, target)
            if active.size > 0
            else by_air(vectors, rate, source, target)
        )
    if bound[source] > limit:
        return DONE, count
    push_pair(first, second, nodes, 0, bound[source], along[source], source)
    size = 1
    while size > 0:
        estimate = first[0]
        beside = second[0]
        if estimate > cost[target] or (estimate == cost[target] and beside >= along[target]):
            break
        u = nodes[0]
        size -= 1
        pop_pair(first, second, nodes, size)
        reached = cost[u]
        if estimate > reached + bound[u] or beside > along[u]:
            continue
        for arc in range(indptr[u], indptr[u + 1]):
            v = arcs[arc, 0]
            through = reached + arcs[arc, 1]
            beyond = beside + other[arc]
            if through > cost[v] or (through == cost[v] and beyond >= along[v]):
                continue
            if closed[v] or (u == source and banned[arc]):
                continue
            if cost[v] == FAR64:
                touched[count] = v
                count += 1
                if bound[v] < 0:
                    bound[v] = (
                        by_landmarks(tables, active, v, target)
                        if active.size > 0
                        else by_air(vectors, rate, v, target)
                    )
            cost[v] = through
            along[v] = beyond
            entry[v] = arc
            if through + bound[v] > limit:
                continue
            if size == first.size:
                return FULL, count
            push_pair(first, second, nodes, size, through + bound[v], beyond, v)
            size += 1
    return DONE, count


# tables (n, k, 2), active (k, filled from the front)
@kernel
def choose(tables: Any, source: Any, target: Any, active: Any) -> Any:
    """Put the landmarks with the best bounds for one pair into `active`, best first."""
    used = 0
    bounds = np.zeros(active.size, np.int64)
    one = np.empty(1, np.int64)
    for k in range(tables.shape[1]):
        one[0] = k
        value = by_landmarks(tables, one, source, target)
        if used == active.size and value <= bounds[used - 1]:
            continue
        i = used if used < active.size else used - 1
        used = i + 1
        while i > 0 and bounds[i - 1] < value:
            bounds[i] = bounds[i - 1]
            active[i] = active[i - 1]
            i -= 1
        bounds[i] = value
        active[i] = k
    return used


# entry (n): arc into each node of a tree, order of nodes by cost (n), tails (m), excess (n) >= 0,
# has (n) int8 landmark, weight (n), size (n)
@kernel
def avoid(entry: Any, order: Any, tails: Any, excess: Any, has: Any, size: Any) -> Any:
    """The next landmark by the avoid rule: down the tree into the subtree least well covered.

    `size` of a subtree is the sum of its nodes' `excess` (true cost minus bound), zero when it
    holds a landmark. Returns the leaf reached from the largest one, -1 when all are covered.
    """
    size[:] = 0
    covered = has.copy()
    for i in range(order.size - 1, -1, -1):
        v = order[i]
        size[v] += excess[v]
        if covered[v]:
            size[v] = 0
        if entry[v] >= 0:
            parent = tails[entry[v]]
            if covered[v]:
                covered[parent] = 1
            size[parent] += size[v]
    best = -1
    for v in order:
        if not covered[v] and size[v] > 0 and (best < 0 or size[v] > size[best]):
            best = v
    if best < 0:
        return -1
    leaf = best
    heaviest = np.full(size.size, -1, np.int32)
    for v in order:
        if entry[v] >= 0:
            parent = tails[entry[v]]
            if heaviest[parent] < 0 or size[v] > size[heaviest[parent]]:
                heaviest[parent] = v
    while heaviest[leaf] >= 0:
        leaf = heaviest[leaf]
    return leaf
