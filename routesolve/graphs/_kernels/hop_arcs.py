"""Whether the arcs of a graph lead both ways.

Axes: n nodes, m arcs.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from routesolve._jit import inlined, lean


@inlined
def mixed(value: Any) -> Any:
    """A 64-bit number that looks drawn at random: the finaliser of SplitMix64."""
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


# indptr (n + 1), heads (m)
@lean
def asymmetry(indptr: Any, heads: Any) -> Any:
    """Sum of a hash of every arc less that of its reverse; 0 when the arcs are symmetric.

    Arcs that are not come to 0 with a chance of 2**-64. Rows need not be sorted, and nothing is
    stored: sorting the arcs of a large graph would take longer than most that is done with it.
    """
    total = np.uint64(0)
    for node in range(indptr.size - 1):
        u = np.uint64(node)
        for arc in range(indptr[u], indptr[u + np.uint64(1)]):
            v = np.uint64(np.uint32(heads[arc]))
            total += mixed(u << np.uint64(32) | v) - mixed(v << np.uint64(32) | u)
    return total
