"""Random graphs with the degrees of social networks, as pairs of nodes, and pairs as sorted rows.

Random number i of a seed is a hash of both (SplitMix64), so that a graph depends on its seed alone,
not on a library's version.

Axes: n nodes, e pairs, m arcs. -1 = none.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from routesolve._jit import inlined, lean
from routesolve.graphs._kernels.hop_arcs import mixed


@inlined
def drawn(seed: Any, i: Any) -> Any:
    """Random number i of a seed, 64 bits."""
    return mixed(mixed(np.uint64(seed)) + np.uint64(i) * np.uint64(0x9E3779B97F4A7C15))


@inlined
def uniform(seed: Any, i: Any) -> Any:
    """Random number i of a seed in (0, 1]."""
    return (np.float64(drawn(seed, i) >> np.uint64(11)) + 1.0) * 2.0**-53


@inlined
def below(seed: Any, i: Any, limit: Any) -> Any:
    """Random number i of a seed among 0 .. limit - 1 (limit far below 2**53)."""
    return min(np.int64(uniform(seed, i) * limit), limit - 1)


# weights (n), falling; pairs (room, 2)
@lean
def chung_lu(weights: Any, seed: Any, pairs: Any) -> Any:
    """Join i < j with chance ``min(1, w_i w_j / sum(w))``; the number of pairs, or -1: no room.

    J. Miller, A. Hagberg, "Efficient generation of networks with given expected degrees", WAW 2011:
    as weights fall, the chance of the next pair bounds those behind it, and the number of pairs to
    pass over is drawn from a geometric distribution.
    """
    n = weights.size
    total = 0.0
    for i in range(n):
        total += weights[i]
    count, draw = np.int64(0), np.int64(0)
    for i in range(n - 1):
        j = np.int64(i + 1)
        bound = min(1.0, weights[i] * weights[j] / total)
        while j < n and bound > 0.0:
            if bound < 1.0:
                skip = math.log(uniform(seed, draw)) / math.log1p(-bound)
                draw += 1
                if skip >= n - j:
                    break
                j += np.int64(skip)
            chance = min(1.0, weights[i] * weights[j] / total)
            if chance == bound or uniform(seed, draw) * bound <= chance:
                if count == len(pairs):
                    return np.int64(-1)
                pairs[count, 0] = i
                pairs[count, 1] = j
                count += 1
            draw += 1
            bound = chance
            j += 1
    return count


# pairs (e, 2)
@lean
def rmat(scale: Any, a: Any, b: Any, c: Any, seed: Any, pairs: Any) -> None:
    """Pairs of 2**scale nodes: bit by bit, both ends fall into one of four quarters."""
    for k in range(len(pairs)):
        u, v = np.int64(0), np.int64(0)
        for bit in range(scale):
            quarter = uniform(seed, k * scale + bit)
            right = (quarter > a and quarter <= a + b) or quarter > a + b + c
            u = 2 * u + np.int64(quarter > a + b)
            v = 2 * v + np.int64(right)
        pairs[k, 0] = u
        pairs[k, 1] = v


# pairs (e, 2): a star of node 0 and `attach` others, then `attach` for every further node
@lean
def barabasi_albert(n: Any, attach: Any, seed: Any, pairs: Any) -> None:
    """Every new node joins `attach` different older ones, chosen in proportion to their degrees."""
    for k in range(attach):
        pairs[k, 0] = k + 1
        pairs[k, 1] = 0
    draw = np.int64(0)
    for node in range(attach + 1, n):
        first = np.int64(node - attach) * attach
        for k in range(first, first + attach):
            pairs[k, 0] = node
            fresh = False
            while not fresh:
                # Every node is an end of as many pairs as its degree says.
                end = below(seed, draw, 2 * first)
                draw += 1
                pairs[k, 1] = pairs[end >> 1, end & 1]
                fresh = True
                for other in range(first, k):
                    fresh = fresh and pairs[other, 1] != pairs[k, 1]


# names (n), pairs (e, 2)
@lean
def rename(seed: Any, names: Any, pairs: Any) -> None:
    """Give all nodes random numbers."""
    n = names.size
    for i in range(n):
        names[i] = i
    for i in range(n - 1, 0, -1):
        j = below(seed, i, i + 1)
        names[i], names[j] = names[j], names[i]
    for k in range(len(pairs)):
        pairs[k, 0] = names[pairs[k, 0]]
        pairs[k, 1] = names[pairs[k, 1]]


# pairs (e, 2), indptr (n + 1) zeros, cursor (n), heads (2 e)
@lean
def both_ways(pairs: Any, indptr: Any, cursor: Any, heads: Any) -> None:
    """Rows of the arcs of all pairs, there and back; loops are left out."""
    for k in range(len(pairs)):
        u, v = pairs[k, 0], pairs[k, 1]
        if u != v:
            indptr[u + 1] += 1
            indptr[v + 1] += 1
    for i in range(indptr.size - 1):
        cursor[i] = indptr[i]
        indptr[i + 1] += indptr[i]
    for k in range(len(pairs)):
        u, v = pairs[k, 0], pairs[k, 1]
        if u != v:
            heads[cursor[u]] = v
            heads[cursor[v]] = u
            cursor[u] += 1
            cursor[v] += 1


# indptr (n + 1), cursor (n), heads, ordered (2 e)
@lean
def ordered(indptr: Any, cursor: Any, heads: Any, ordered: Any) -> None:
    """Sorted rows without repeats of symmetric arcs; `indptr` becomes theirs.

    Going through the rows in order and filing each arc by its head is sorting them all.
    """
    n = cursor.size
    for i in range(n):
        cursor[i] = indptr[i]
    for u in range(n):
        for arc in range(indptr[u], indptr[u + 1]):
            v = heads[arc]
            at = cursor[v]
            if at == indptr[v] or ordered[at - 1] != u:
                ordered[at] = u
                cursor[v] = at + 1
    filled = np.int64(0)
    for u in range(n):
        begin = indptr[u]
        indptr[u] = filled
        for arc in range(begin, cursor[u]):
            ordered[filled] = ordered[arc]
            filled += 1
    indptr[n] = filled
