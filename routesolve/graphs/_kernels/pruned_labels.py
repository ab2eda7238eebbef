"""Pruned landmark labelling: questions to the labels.

T. Akiba, Y. Iwata, Y. Yoshida, "Fast exact shortest-path distance queries on large networks by
pruned landmark labeling", SIGMOD 2013. How labels are made is in :mod:`pruned_labels_build`.

The label of a node is a run of entries, hub and hops in one 32-bit number, in rising order of hubs,
closed by :data:`END`. Besides, every node has its hops to a few roots, and for each root two sets
of 64 bits: which of 64 neighbours of the root are one hop closer than the root, and which are as
far as it.

Axes: n nodes, m arcs, l entries of labels, r roots, p pairs. -1 = none, unreachable.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from routesolve._jit import inlined, inner, lean

END = 0xFFFFFFFF
"""Closes a label: its hub is more than any other."""

UNREACHED = 255
"""Hops to a root that cannot be reached; any others add up to less."""

FAR = 1 << 30
"""More hops than any path has."""

ROOT = 64
"""Instead of a bit: the root itself."""


class Labels(NamedTuple):
    """All that a distance depends on.

    Attributes
    ----------
    out_starts, in_starts : numpy.ndarray
        (n + 1,) int64, where the label of a node begins, for paths from it and to it; the same
        array for an undirected graph.
    out_entries, in_entries : numpy.ndarray
        (l,) uint32, ``hub << bits | hops``.
    root_hops : numpy.ndarray
        (n, r) uint8 hops to the roots.
    root_sets : numpy.ndarray
        (n, 2 r) uint64: for each root the closer and the equally far of its neighbours.
    bits : int
        Width of the hops in an entry.
    """

    out_starts: npt.NDArray[np.int64]
    out_entries: npt.NDArray[np.uint32]
    in_starts: npt.NDArray[np.int64]
    in_entries: npt.NDArray[np.uint32]
    root_hops: npt.NDArray[np.uint8]
    root_sets: npt.NDArray[np.uint64]
    bits: int


# root_hops (n, r), root_sets (n, 2 r)
@inlined
def by_root(root_hops: Any, root_sets: Any, root: Any, s: Any, t: Any, enough: Any) -> Any:
    """Hops between two nodes by way of a root or its neighbours; a bound if more than `enough`."""
    hops = np.int64(root_hops[s, root]) + np.int64(root_hops[t, root])
    if hops >= UNREACHED:
        return np.int64(FAR)
    if hops - 2 <= enough:
        s_near, t_near = root_sets[s, 2 * root], root_sets[t, 2 * root]
        if s_near & t_near:
            return hops - 2
        if (s_near & root_sets[t, 2 * root + 1]) | (root_sets[s, 2 * root + 1] & t_near):
            return hops - 1
    return hops


# labels: Labels
@inner
def distance(labels: Any, s: Any, t: Any) -> Any:
    """Hops from `s` to `t`."""
    if s == t:
        return np.int64(0)
    best = np.int64(FAR)
    for root in range(labels.root_hops.shape[1]):
        best = min(best, by_root(labels.root_hops, labels.root_sets, root, s, t, best))
    bits = labels.bits
    mask = (np.int64(1) << bits) - 1
    i, j = np.uint64(labels.out_starts[s]), np.uint64(labels.in_starts[t])
    a, b = np.int64(labels.out_entries[i]), np.int64(labels.in_entries[j])
    while True:
        left, right = a >> bits, b >> bits
        if left == right:
            if a == END:
                break
            best = min(best, (a & mask) + (b & mask))
            i += np.uint64(1)
            j += np.uint64(1)
            a, b = np.int64(labels.out_entries[i]), np.int64(labels.in_entries[j])
        elif left < right:
            i += np.uint64(1)
            a = np.int64(labels.out_entries[i])
        else:
            j += np.uint64(1)
            b = np.int64(labels.in_entries[j])
    return best if best < FAR else np.int64(-1)


# the fields of Labels
@lean
def one_distance(
    out_starts: Any,
    out_entries: Any,
    in_starts: Any,
    in_entries: Any,
    root_hops: Any,
    root_sets: Any,
    bits: Any,
    s: Any,
    t: Any,
) -> Any:
    """The same for a call from Python, which takes long to hand over a tuple."""
    return distance(
        Labels(out_starts, out_entries, in_starts, in_entries, root_hops, root_sets, bits), s, t
    )


# labels: Labels; sources, targets, out (p)
@lean
def distances(labels: Any, sources: Any, targets: Any, out: Any) -> None:
    """Hops of many pairs."""
    for i in range(sources.size):
        out[i] = distance(labels, np.int64(sources[i]), np.int64(targets[i]))


# root_hops (n, r), root_sets (n, 2 r)
@inner
def to_landmark(root_hops: Any, root_sets: Any, root: Any, bit: Any, v: Any) -> Any:
    """Hops from a node to a root, or to its neighbour number `bit`."""
    hops = np.int64(root_hops[v, root])
    if bit == ROOT:
        return hops
    if root_sets[v, 2 * root] >> np.uint64(bit) & np.uint64(1):
        return hops - 1
    if root_sets[v, 2 * root + 1] >> np.uint64(bit) & np.uint64(1):
        return hops
    return hops + 1


@inner
def landmark(labels: Any, s: Any, t: Any, hops: Any) -> Any:
    """The root and the bit over which two nodes are `hops` apart; -1 = none."""
    for root in range(labels.root_hops.shape[1]):
        if by_root(labels.root_hops, labels.root_sets, root, s, t, hops) == hops:
            for bit in range(ROOT + 1):
                there = to_landmark(labels.root_hops, labels.root_sets, root, bit, s)
                if there + to_landmark(labels.root_hops, labels.root_sets, root, bit, t) == hops:
                    return np.int64(root), np.int64(bit)
    return np.int64(-1), np.int64(-1)


# indptr (n + 1), heads (m), nodes (n)
@inner
def descend(
    labels: Any,
    indptr: Any,
    heads: Any,
    root: Any,
    bit: Any,
    v: Any,
    nodes: Any,
    at: Any,
    step: Any,
) -> Any:
    """Write the nodes from `v` to a landmark; the place of the last, -1 = the labels are wrong."""
    left = to_landmark(labels.root_hops, labels.root_sets, root, bit, v)
    nodes[at] = v
    while left > 0:
        left -= 1
        closer = np.int64(-1)
        for arc in range(indptr[v], indptr[v + 1]):
            u = np.int64(heads[arc])
            if to_landmark(labels.root_hops, labels.root_sets, root, bit, u) == left:
                closer = u
                break
        if closer < 0:
            return np.int64(-1)
        v = closer
        at += step
        nodes[at] = v
    return at


# starts (n + 1), entries, parents (l), nodes (n)
@inner
def follow(
    starts: Any,
    entries: Any,
    parents: Any,
    bits: Any,
    hub: Any,
    hops: Any,
    v: Any,
    nodes: Any,
    at: Any,
    step: Any,
) -> Any:
    """Write the nodes from `v` to a hub; the place of the last, -1 = the labels are wrong."""
    nodes[at] = v
    while hops >= 0:
        wanted = hub << bits | hops
        low, high = starts[v], starts[v + 1] - 1
        while low < high:
            middle = (low + high) >> 1
            if np.int64(entries[middle]) < wanted:
                low = middle + 1
            else:
                high = middle
        if np.int64(entries[low]) != wanted:
            return np.int64(-1)
        if hops > 0:
            v = np.int64(parents[low])
            if v < 0:
                return np.int64(-1)
            at += step
            nodes[at] = v
        hops -= 1
    return at


@inner
def hub_between(labels: Any, s: Any, t: Any, hops: Any) -> Any:
    """The hub over which two nodes are `hops` apart, and how far it is from the first."""
    bits = labels.bits
    mask = (np.int64(1) << bits) - 1
    i, j = labels.out_starts[s], labels.in_starts[t]
    while True:
        a, b = np.int64(labels.out_entries[i]), np.int64(labels.in_entries[j])
        if a >> bits == b >> bits:
            if a == END:
                return np.int64(-1), np.int64(-1)
            if (a & mask) + (b & mask) == hops:
                return a >> bits, a & mask
        if a >> bits <= b >> bits:
            i += 1
        if b >> bits <= a >> bits:
            j += 1


# out_parents, in_parents (l), indptr (n + 1), heads (m), nodes (n)
@lean
def path(
    labels: Any,
    out_parents: Any,
    in_parents: Any,
    indptr: Any,
    heads: Any,
    s: Any,
    t: Any,
    nodes: Any,
) -> Any:
    """Write the nodes of a path if there is room for its hops and one more.

    Returns the hops; -1 = no path, -2 = the labels contradict themselves.
    """
    hops = distance(labels, s, t)
    nodes[0] = s
    if hops <= 0 or hops >= nodes.size:
        return hops
    one = np.int64(1)
    root, bit = landmark(labels, s, t, hops)
    if root >= 0:
        there = to_landmark(labels.root_hops, labels.root_sets, root, bit, s)
        left = descend(labels, indptr, heads, root, bit, s, nodes, 0 * one, one)
        meeting = nodes[there]
        right = descend(labels, indptr, heads, root, bit, t, nodes, hops, -one)
    else:
        hub, there = hub_between(labels, s, t, hops)
        left = follow(
            labels.out_starts, labels.out_entries, out_parents, labels.bits, hub, there, s, nodes,
            0 * one, one,
        )  # fmt: skip
        meeting = nodes[there]
        right = follow(
            labels.in_starts, labels.in_entries, in_parents, labels.bits, hub, hops - there, t,
            nodes, hops, -one,
        )  # fmt: skip
    if left != there or right != there or meeting != nodes[there]:
        return np.int64(-2)
    return hops
