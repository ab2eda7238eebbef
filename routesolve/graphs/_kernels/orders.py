"""Orders of nodes in which neighbours stand close together."""

from __future__ import annotations

from typing import Any

import numpy as np

from routesolve._jit import kernel


# ptr, back_ptr (n + 1), heads, tails (m): arcs by tail, arcs by head
@kernel
def breadth_first(ptr: Any, heads: Any, back_ptr: Any, tails: Any) -> Any:
    """(n,) nodes as met by breadth-first searches along and against the arcs."""
    n = ptr.size - 1
    order = np.empty(n, dtype=np.int32)
    met = np.zeros(n, dtype=np.bool_)
    done = end = 0
    for start in range(n):
        if met[start]:
            continue
        met[start] = True
        order[end] = start
        end += 1
        while done < end:
            u = order[done]
            done += 1
            for e in range(ptr[u], ptr[u + 1]):
                v = heads[e]
                if not met[v]:
                    met[v] = True
                    order[end] = v
                    end += 1
            for e in range(back_ptr[u], back_ptr[u + 1]):
                v = tails[e]
                if not met[v]:
                    met[v] = True
                    order[end] = v
                    end += 1
    return order


@kernel
def depth_first(ptr: Any, heads: Any, back_ptr: Any, tails: Any) -> Any:
    """(n,) nodes as met by depth-first searches along and against the arcs."""
    n = ptr.size - 1
    order = np.empty(n, dtype=np.int32)
    met = np.zeros(n, dtype=np.bool_)
    stack = np.empty(n, dtype=np.int32)
    next_out, next_in = ptr[:-1].copy(), back_ptr[:-1].copy()
    end = 0
    for start in range(n):
        if met[start]:
            continue
        met[start] = True
        stack[0] = order[end] = start
        end += 1
        top = 0
        while top >= 0:
            u = stack[top]
            v = -1
            while v < 0 and next_out[u] < ptr[u + 1]:
                if not met[heads[next_out[u]]]:
                    v = heads[next_out[u]]
                next_out[u] += 1
            while v < 0 and next_in[u] < back_ptr[u + 1]:
                if not met[tails[next_in[u]]]:
                    v = tails[next_in[u]]
                next_in[u] += 1
            if v < 0:
                top -= 1
                continue
            met[v] = True
            top += 1
            stack[top] = order[end] = v
            end += 1
    return order
