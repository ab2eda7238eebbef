"""What two shortest-path trees know about every way through a node.

Axes: n nodes, m arcs. -1 = none.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from routesolve._jit import kernel


# entry (n), ends (m): the node before an arc in the tree, cost (n), on (n) int8, shared (n), -1 =
# not known yet
@kernel
def shared_with(entry: Any, ends: Any, cost: Any, on: Any, shared: Any, stack: Any) -> Any:
    """Per node, the part of its tree path that runs along the path whose nodes are `on`.

    A tree path leaves the optimal one once and for all, so that part is the cost of the last node
    that is `on`.
    """
    for v in range(cost.size):
        if cost[v] < 0:
            continue
        depth = 0
        u = v
        while shared[u] < 0 and not on[u] and entry[u] >= 0:
            stack[depth] = u
            depth += 1
            u = ends[entry[u]]
        if shared[u] < 0:
            shared[u] = cost[u] if on[u] else 0
        for i in range(depth):
            shared[stack[i]] = shared[u]


# there_entry, back_entry (n) arcs of the graph, tails, heads (m), there, back (n) costs -1 = none,
# plateau, start, end (n)
@kernel
def plateaus(
    there_entry: Any,
    back_entry: Any,
    tails: Any,
    heads: Any,
    there: Any,
    back: Any,
    length: Any,
    start: Any,
    end: Any,
) -> Any:
    """Chains of arcs that are in both trees; every node of a chain gets its length and its ends.

    On such a chain the cheapest path from the source and that to the target agree.
    """
    n = there.size
    for v in range(n):
        start[v] = -1
        end[v] = -1
        length[v] = 0
    for v in range(n):
        if there[v] < 0 or back[v] < 0:
            continue
        arc = there_entry[v]
        if arc >= 0 and back_entry[tails[arc]] == arc:
            continue  # not the first of its chain
        last = v
        while back_entry[last] >= 0 and there_entry[heads[back_entry[last]]] == back_entry[last]:
            last = heads[back_entry[last]]
        u = v
        while True:
            length[u] = there[last] - there[v]
            start[u] = v
            end[u] = last
            if u == last:
                break
            u = heads[back_entry[u]]


# nodes (k)
@kernel
def all_simple(nodes: Any) -> Any:
    """Whether no node occurs twice."""
    order = np.sort(nodes)
    return not (order[1:] == order[:-1]).any()
