"""Growing the core of a network from one vertex, and listing what lies inside it.

S. Basu, N. Koshima, T. Eden, O. Ben-Eliezer, C. Seshadhri, "A Sublinear Algorithm for Approximate
Shortest Paths in Large Networks", WSDM 2025. The vertex with most neighbours in the core joins it,
again and again; only the lists of the core's vertices are ever read. Counts rise one by one, so
buckets do for a queue.

Axes: n vertices, m arcs, k vertices of the core, w = n // 64 + 1 words, c arcs inside the core.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from routesolve._jit import inlined, kernel, lean


# indptr (n + 1) int64, heads (m) int32, count (n) int32 of zeros, after, before (n) int32,
# order (k) int32
@kernel
def grow(
    indptr: Any, heads: Any, start: Any, count: Any, after: Any, before: Any, order: Any
) -> Any:
    """Fill `order` with the core as it grows; the arcs read, or -1 if one leads nowhere.

    In the end `count` is -1 in the core, else the number of arcs from the core. Where a part of the
    graph has no vertices left, growth goes on at the next vertex outside, in the order of their
    numbers from `start` on.

    Vertices that can never be the best need no place in the queue: once those with `floor` arcs
    from the core suffice for what is left to take, all further ones will have as many.
    """
    n, size = count.size, order.size
    first = np.full(1024, -1, np.int32)
    held = np.zeros(1024, np.int32)
    floor, top, queued, read = 1, 0, 0, np.int64(0)
    v: Any = np.int64(start)
    for taken in range(size):
        if taken > 0:
            while top >= floor and first[top] < 0:
                top -= 1
            if top >= floor:
                v = np.int64(first[top])
                follower = after[v]
                first[top] = follower
                if follower >= 0:
                    before[follower] = -1
                held[top] -= 1
                queued -= 1
            else:
                while count[v] != 0:
                    v += 1
                    if v == n:
                        v = 0
        count[v] = -1
        order[taken] = v
        left = size - taken - 1
        while queued - held[floor] >= left and floor < top:
            queued -= held[floor]
            floor += 1
        read += indptr[v + 1] - indptr[v]
        for arc in range(indptr[v], indptr[v + 1]):
            x = np.int64(heads[arc])
            if x < 0 or x >= n:
                return np.int64(-1)
            c = count[x]
            if c < 0:
                continue
            c += 1
            count[x] = c
            if c < floor:
                continue
            if c > floor:
                previous, follower = before[x], after[x]
                if previous >= 0:
                    after[previous] = follower
                else:
                    first[c - 1] = follower
                if follower >= 0:
                    before[follower] = previous
                held[c - 1] -= 1
            else:
                queued += 1
            if c >= first.size:
                wider = np.full(2 * first.size, -1, np.int32)
                wider[: first.size] = first
                first = wider
                more = np.zeros(2 * held.size, np.int32)
                more[: held.size] = held
                held = more
            follower = first[c]
            after[x] = follower
            before[x] = -1
            if follower >= 0:
                before[follower] = x
            first[c] = x
            held[c] += 1
            if c > top:
                top = c
    return read


# near (n) int32, words, around (w) int64, ranks (w) int32, members (k) int32
@lean
def mark_rings(near: Any, words: Any, around: Any, ranks: Any, members: Any) -> Any:
    """Bits for the vertices of the core (`words`), and for those and the ring (`around`).

    `ranks` gets how many vertices of the core come before each word, `members` their numbers in
    the graph, ascending.
    """
    k = 0
    for w in range(words.size):
        ranks[w] = k
        word, wider = np.int64(0), np.int64(0)
        for bit in range(min(64, near.size - 64 * w)):
            c = near[64 * w + bit]
            if c < 0:
                word |= np.int64(1) << bit
                members[k] = 64 * w + bit
                k += 1
            if c != 0:
                wider |= np.int64(1) << bit
        words[w], around[w] = word, wider
    return k


@inlined
def bit_of(words: Any, v: Any) -> Any:
    """The bit of a vertex."""
    v = np.uint32(v)  # which needs no test for negative numbers
    return (words[v >> np.uint32(6)] >> np.int64(v & np.uint32(63))) & 1


@inlined
def rank_of(words: Any, ranks: Any, v: Any) -> Any:
    """How many vertices of the core have smaller numbers than `v`."""
    v = np.uint32(v)
    x = words[v >> np.uint32(6)] & ((np.int64(1) << np.int64(v & np.uint32(63))) - 1)
    x = x - ((x >> 1) & 0x5555555555555555)
    x = (x & 0x3333333333333333) + ((x >> 2) & 0x3333333333333333)
    x = (x + (x >> 4)) & 0x0F0F0F0F0F0F0F0F
    return np.int64(ranks[v >> np.uint32(6)]) + (x * 0x0101010101010101 >> 56)


# degrees (k) int32, ranked (c or more) int32
@lean
def list_core(
    indptr: Any, heads: Any, words: Any, ranks: Any, members: Any, degrees: Any, ranked: Any
) -> Any:
    """The arcs inside the core by the ranks of its vertices, loops left out; how many there are."""
    last = np.int64(0)
    for i in range(members.size):
        u = np.int64(members[i])
        begin = last
        for arc in range(indptr[u], indptr[u + 1]):
            v = np.int64(heads[arc])
            if bit_of(words, v) and v != u:
                ranked[last] = rank_of(words, ranks, v)
                last += 1
        degrees[i] = last - begin
    return last


@inlined
def mixed(x: Any) -> Any:
    """A number that sums of others are unlikely to equal."""
    x = (x + 1) * 0x1E3779B97F4A7C15
    x ^= (x >> 29) & 0x7FFFFFFFF
    return x * 0x3F58476D1CE4E5B9


# starts (k + 1) int64, ranked (c) int32: the rows by rank; numbers (k) int32, the number for each
# rank; order (k) int32, the rank for each number; filled, balance (k) int64 of zeros
@lean
def renumber_core(
    starts: Any,
    ranked: Any,
    numbers: Any,
    order: Any,
    filled: Any,
    balance: Any,
    indptr: Any,
    heads: Any,
) -> Any:
    """The rows by number, each ascending and without repetitions.

    Entries come in the order of the other ends, so that no row has to be sorted.

    Returns
    -------
    int
        The arcs that are left; -1 if some arc has no counterpart the other way.
    """
    k = numbers.size
    indptr[0] = 0
    for i in range(k):
        indptr[i + 1] = np.int64(indptr[i]) + starts[order[i] + 1] - starts[order[i]]
        filled[i] = indptr[i]
    for i in range(k):
        for arc in range(starts[order[i]], starts[order[i] + 1]):
            j = np.int64(numbers[ranked[arc]])
            balance[i] += mixed(j)
            balance[j] -= mixed(np.int64(i))
            last = filled[j]
            if last > indptr[j] and heads[last - 1] == i:
                continue
            if last == indptr[j + 1]:
                return np.int64(-1)
            heads[last] = i
            filled[j] = last + 1
    kept = np.int64(0)
    begin = np.int64(0)
    for i in range(k):
        if balance[i] != 0:
            return np.int64(-1)
        for arc in range(begin, filled[i]):
            heads[kept] = heads[arc]
            kept += 1
        begin = np.int64(indptr[i + 1])
        indptr[i + 1] = kept
    return kept


HUBS = 64
"""How many vertices of the core, those with most neighbours there, others know by a bit."""


# indptr (k + 1) int32, heads (c) int32, hubs (k, 2) int64
@lean
def note_hubs(indptr: Any, heads: Any, hubs: Any) -> Any:
    """A bit for each of the first ``HUBS`` vertices that is a neighbour, and all neighbours."""
    for i in range(hubs.shape[0]):
        bits = np.int64(0)
        arc = indptr[i]
        while arc < indptr[i + 1] and heads[arc] < HUBS:
            bits |= np.int64(1) << heads[arc]
            arc += 1
        hubs[i, 0], hubs[i, 1] = bits, indptr[i + 1] - indptr[i]


@inlined
def sieve_bit(sieve: Any, u: Any, v: Any) -> Any:
    """Which bit of the sieve stands for an arc between two vertices of the core, given by number.

    The sieve is as long as a power of two.
    """
    low, high = (u, v) if u < v else (v, u)
    key = (np.uint64(low) << np.uint64(32)) | np.uint64(high)
    key = (key * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(32)
    return np.int64(key) & (64 * sieve.size - 1)


# indptr (k + 1) int32, heads (c) int32, sieve int64 of zeros
@lean
def fill_sieve(indptr: Any, heads: Any, sieve: Any) -> None:
    """Set the bits of all arcs between vertices that are no hubs."""
    for u in range(HUBS, indptr.size - 1):
        arc = np.int64(indptr[u + 1]) - 1
        while arc >= indptr[u] and heads[arc] > u:
            place = sieve_bit(sieve, np.int64(u), np.int64(heads[arc]))
            sieve[place >> 6] |= np.int64(1) << (place & 63)
            arc -= 1
