"""Breadth-first search that changes direction.

S. Beamer, K. Asanović, D. Patterson, "Direction-optimizing breadth-first search", SC 2012: while
the frontier is wide, the nodes not yet seen look back for a neighbour in it, and stop at the first.

Axes: n nodes, m arcs, s sources. -1 = none, unreached.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from routesolve._jit import kernel

ALPHA = 14
"""Look back when the frontier has more than 1 / ALPHA of the nodes not yet seen. (The paper counts
arcs; on average that is the same, and saves looking up the degree of every node found.)"""

BETA = 24
"""Look forward again when the frontier has fewer than 1 / BETA of the nodes."""


# indptr (n + 1), heads (m), back_indptr (n + 1), tails (m), sources (s), level (n), before (n or
# 0), queue (n), rest (n)
@kernel
def levels(
    indptr: Any,
    heads: Any,
    back_indptr: Any,
    tails: Any,
    sources: Any,
    limit: Any,
    level: Any,
    before: Any,
    queue: Any,
    rest: Any,
) -> Any:
    """Hops from the nearest source to every node within `limit`; the number of nodes reached.

    `before`, unless empty, gets the node before each.
    """
    n = level.size
    keep = before.size > 0
    for i in range(n):
        level[i] = -1
    if keep:
        before[:] = -1
    last = 0
    for s in sources:
        if level[s] < 0 and limit >= 0:
            level[s] = 0
            queue[last] = s
            last += 1
    begin, depth, left = 0, 0, -1
    while begin < last and depth < limit:
        depth += 1
        end = last
        if end - begin > (n - end) // ALPHA and end - begin > n // BETA:
            if left < 0:
                left = 0
                for i in range(n):
                    if level[i] < 0:
                        rest[left] = i
                        left += 1
            stay = 0
            for i in range(left):
                v = np.uint32(rest[i])
                if level[v] >= 0:
                    continue
                found = False
                for arc in range(back_indptr[v], back_indptr[v + np.uint32(1)]):
                    u = np.uint32(tails[arc])
                    if level[u] == depth - 1:
                        level[v] = depth
                        if keep:
                            before[v] = u
                        queue[last] = v
                        last += 1
                        found = True
                        break
                if not found:
                    rest[stay] = v
                    stay += 1
            left = stay
        else:
            for i in range(begin, end):
                u = np.uint32(queue[i])
                for arc in range(indptr[u], indptr[u + np.uint32(1)]):
                    v = np.uint32(heads[arc])
                    if level[v] < 0:
                        level[v] = depth
                        if keep:
                            before[v] = u
                        queue[last] = v
                        last += 1
        begin = end
    return last
