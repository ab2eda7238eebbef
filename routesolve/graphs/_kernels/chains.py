"""Chains of segments between the nodes that matter, walked from end to end.

A segment k has two halves: 2 k runs along it, 2 k + 1 against it, and ``half ^ 1`` is the other.

Axes: n nodes, h halves, c chains. -1 = none.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from routesolve._jit import kernel

Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


# indptr (n + 1), leaving (h), heads (h), kept (n), order (h), starts (h + 1)
@kernel
def walk(
    indptr: Int64s,
    leaving: Int32s,
    heads: Int32s,
    kept: Bools,
    order: Int32s,
    starts: Int64s,
) -> int:
    """Fill `order` with the halves of every chain, each chain once, in one of its directions.

    ``leaving[indptr[v]:indptr[v + 1]]`` are the halves that start in v. A node that is not kept has
    exactly two of them, or none. A ring without any kept node gets one: `kept` is changed there.
    Chain i is ``order[starts[i]:starts[i + 1]]``; returns how many there are. Every segment is in
    one chain.
    """
    h = heads.size
    seen = np.zeros(h, np.bool_)
    count = 0
    filled = 0
    starts[0] = 0
    for rings in range(2):
        for v in range(indptr.size - 1):
            if rings == 1:
                # The next node's half, or what lies behind the last, must not speak for this one.
                if kept[v] or indptr[v] == indptr[v + 1] or seen[leaving[indptr[v]]]:
                    continue
                kept[v] = True
            elif not kept[v]:
                continue
            for i in range(indptr[v], indptr[v + 1]):
                half = leaving[i]
                if seen[half]:
                    continue
                while True:
                    seen[half] = True
                    seen[half ^ 1] = True
                    order[filled] = half
                    filled += 1
                    w = heads[half]
                    if kept[w]:
                        break
                    other = leaving[indptr[w]]
                    half = other if other != half ^ 1 else leaving[indptr[w] + 1]
                count += 1
                starts[count] = filled
    return count
