"""What has to hold of the arrays in a file before kernels may follow their numbers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from routesolve.graphs._arrays import frozen
from routesolve.graphs._hierarchy import storage
from routesolve.graphs._hierarchy.index import Index, inverse, share
from routesolve.graphs._kernels.ch_query import Ways
from routesolve.graphs._npz import Arrays
from routesolve.graphs.graph import Graph

Int32s = npt.NDArray[np.int32]


def checked_index(arrays: Arrays, graph: Graph) -> Index:
    """An index whose every number may be followed blindly; ValueError otherwise."""
    n = graph.n
    order = storage.take(arrays, "order", np.int32, n)
    if not np.array_equal(np.sort(order), np.arange(n)):
        raise ValueError("order is not a permutation")
    halves: list[tuple[Int32s, Int32s]] = []
    for way in ("up", "down"):
        if way == "down" and "down_ptr" not in arrays:
            halves.append(halves[0])
            continue
        ptr, both = (storage.take(arrays, f"{way}_{key}", np.int32) for key in ("ptr", "arcs"))
        storage.check_rows(ptr, len(both) // 2, n)
        low = np.repeat(np.arange(n), np.diff(ptr))
        if len(both) != 2 * len(low) or (both < 0).any() or (both[0::2] >= low).any():
            raise ValueError("an arc does not lead upward")
        halves.append((ptr, both))
    sizes = [len(both) // 2 for _, both in halves]
    parts = []
    for way, size in zip(("up", "down"), sizes, strict=True):
        part = storage.take(arrays, f"{way}_parts", np.int32, 2 * size)
        first, second = part[0::2], part[1::2]
        shortcut = second != -1
        if (first[~shortcut] < -graph.m).any() or (first[~shortcut] >= 0).any():
            raise ValueError("an arc is not there in the graph")
        for child, others in ((first[shortcut], sizes[1]), (second[shortcut], sizes[0])):
            if (child < -1 - graph.m).any() or (child == -1).any() or (child >= others).any():
                raise ValueError("an arc stands for arcs that are not there")
        _check_descent(part, halves, way)
        parts.append(frozen(part, np.int32))
    order = frozen(order, np.int32)
    ways: tuple[Ways, Ways] = share(*halves[0], *halves[1])
    return Index(order, inverse(order), *ways, *parts)


def _check_descent(part: Int32s, halves: list[tuple[Int32s, Int32s]], way: str) -> None:
    """Shortcuts must stand for arcs of lower nodes, or unpacking would never end."""
    ptr = halves[0 if way == "up" else 1][0]
    low = np.repeat(np.arange(len(ptr) - 1), np.diff(ptr))
    for child, half in ((part[0::2], halves[1]), (part[1::2], halves[0])):
        below = np.repeat(np.arange(len(ptr) - 1), np.diff(half[0]))
        further = (part[1::2] != -1) & (child >= 0)
        if (below[child[further]] <= low[further]).any():
            raise ValueError("a shortcut does not lead downward")
