"""Hub labels from a contraction hierarchy.

I. Abraham, D. Delling, A. Goldberg, R. Werneck, "Hierarchical Hub Labelings for Shortest Paths",
ESA 2012. The label of a node lists hubs above it with their distance; every pair of nodes has a hub
in common that lies on a cheapest path between them.

A label is a run of (hub, cost) in rising order of hubs, closed by (n, 0). Nodes are numbered from
the top, so that hubs of all nodes are small numbers.

Axes: n nodes, a arcs, p pairs, l entries of labels.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from routesolve._jit import kernel

Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]
Entries = npt.NDArray[Any]


class Scratch(NamedTuple):
    """Working memory of a labelling.

    Attributes
    ----------
    merged, spare : numpy.ndarray
        (2 n + 2,) of the type of the entries.
    reach : numpy.ndarray
        (n,) of the same type, `far` everywhere between nodes.
    """

    merged: Entries
    spare: Entries
    reach: Entries


entry = kernel(no_cfunc_wrapper=True)
# Never called from Python: the code that would unpack its objects takes longest to compile.
inner = kernel(no_cfunc_wrapper=True, no_cpython_wrapper=True)


@inner
def merge(entries: Any, at: Any, weight: Any, n: Any, merged: Any, count: Any, out: Any) -> Any:
    """Unite `count` sorted entries with the label at `at`, moved by `weight`; the new count."""
    i, filled = 0, 0
    while True:
        hub = entries[2 * at]
        if i < count and merged[2 * i] <= hub:
            out[2 * filled] = merged[2 * i]
            out[2 * filled + 1] = merged[2 * i + 1]
            if merged[2 * i] == hub:
                out[2 * filled + 1] = min(merged[2 * i + 1], entries[2 * at + 1] + weight)
                at += 1
            i += 1
        elif hub < n:
            out[2 * filled] = hub
            out[2 * filled + 1] = entries[2 * at + 1] + weight
            at += 1
        else:
            return filled
        filled += 1


# ptr (n + 1), arcs (2 a): upward arcs; starts (n + 1), entries (2 l): the labels made so far;
# other_starts, other_entries: those of the opposite direction
@inner
def label(
    ptr: Any,
    arcs: Any,
    v: Any,
    starts: Any,
    entries: Any,
    other_starts: Any,
    other_entries: Any,
    scratch: Any,
    far: Any,
) -> Any:
    """Write the label of `v` behind those of the nodes above it."""
    n = starts.size - 1
    merged, spare, reach = scratch
    count = np.int64(0)  # a plain 0 has a type of its own, for which kernels compile once more
    for e in range(ptr[v], ptr[v + 1]):
        count = merge(entries, starts[arcs[2 * e]], arcs[2 * e + 1], n, merged, count, spare)
        merged, spare = spare, merged
    for i in range(count):
        reach[merged[2 * i]] = merged[2 * i + 1]
    filled = starts[v]
    for i in range(count):
        hub = merged[2 * i]
        cost = merged[2 * i + 1]
        # A way over a more important hub that is no longer makes this one needless.
        at = other_starts[hub]
        while (
            other_entries[2 * at] < hub
            and reach[other_entries[2 * at]] + other_entries[2 * at + 1] > cost
        ):
            at += 1
        if other_entries[2 * at] == hub:
            entries[2 * filled] = hub
            entries[2 * filled + 1] = cost
            filled += 1
    for i in range(count):
        reach[merged[2 * i]] = far
    entries[2 * filled] = v
    entries[2 * filled + 1] = 0
    entries[2 * filled + 2] = n
    entries[2 * filled + 3] = 0
    starts[v + 1] = filled + 2


@inner
def room(ptr: Any, arcs: Any, v: Any, starts: Any) -> Any:
    """Most entries that the label of `v` can have."""
    most = np.int64(2)
    for e in range(ptr[v], ptr[v + 1]):
        x = arcs[2 * e]
        most += starts[x + 1] - starts[x]
    return most


@entry
def build(
    up_ptr: Int32s,
    up_arcs: Int32s,
    down_ptr: Int32s,
    down_arcs: Int32s,
    symmetric: bool,
    up_starts: Int64s,
    up_entries: Entries,
    down_starts: Int64s,
    down_entries: Entries,
    scratch: Scratch,
    far: int,
    v: int,
    stop: int,
) -> int:
    """Label the nodes from `v` on; returns the first one not done: `stop`, or one without room."""
    while v < stop:
        if up_starts[v] + room(up_ptr, up_arcs, v, up_starts) > up_entries.size // 2:
            return v
        if not symmetric and (
            down_starts[v] + room(down_ptr, down_arcs, v, down_starts) > down_entries.size // 2
        ):
            return v
        for way in range(1 if symmetric else 2):
            label(
                up_ptr if way == 0 else down_ptr,
                up_arcs if way == 0 else down_arcs,
                v,
                up_starts if way == 0 else down_starts,
                up_entries if way == 0 else down_entries,
                down_starts if way == 0 else up_starts,
                down_entries if way == 0 else up_entries,
                scratch,
                far,
            )
        v += 1
    return v


# sources (p), targets (p), position (n), result (p)
@entry
def pairs(
    up_starts: Int64s,
    up_entries: Entries,
    down_starts: Int64s,
    down_entries: Entries,
    position: Int32s,
    sources: Int32s,
    targets: Int32s,
    divisor: float,
    factor: float,
    result: npt.NDArray[np.float64],
) -> None:
    """Costs of the cheapest paths between pairs; inf = no path."""
    n = position.size
    far = np.int64(1) << 62
    for k in range(sources.size):
        i = up_starts[position[sources[k]]]
        j = down_starts[position[targets[k]]]
        best = far
        a = up_entries[2 * i]
        b = down_entries[2 * j]
        while True:
            if a == b:
                if a == n:
                    break
                best = min(best, np.int64(up_entries[2 * i + 1]) + down_entries[2 * j + 1])
                i += 1
                j += 1
                a = up_entries[2 * i]
                b = down_entries[2 * j]
            elif a < b:
                i += 1
                a = up_entries[2 * i]
            else:
                j += 1
                b = down_entries[2 * j]
        result[k] = best / divisor * factor if best < far else np.inf
