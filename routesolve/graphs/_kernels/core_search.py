"""Breadth-first searches around and inside the core of a network, from two ends at once.

Every search stamps what it sees with the number of its run, positive from the one end and negative
from the other, so that nothing has to be cleared in between.

Axes: as in :mod:`routesolve.graphs._kernels.core_layout`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from routesolve._jit import inlined, inner
from routesolve.graphs._kernels.core_growth import HUBS, bit_of, sieve_bit
from routesolve.graphs._kernels.core_layout import (
    APART,
    FIRST,
    LEFT,
    LOST,
    READ,
    RIGHT,
    RUN,
    SECOND,
    SPLIT,
)

PAIR = 4
"""How many arcs can be looked through in the time for a pair of vertices."""


@inlined
def row(lists: Any, v: Any) -> Any:
    """Where the neighbours of `v` are: an array, begin and end."""
    if lists.changed.size > 0:
        i = place_of(lists.changed, v)
        if i >= 0:
            return lists.new_heads, lists.new_indptr[i], lists.new_indptr[i + 1]
    return lists.heads, lists.indptr[v], lists.indptr[v + 1]


@inner
def place_of(ascending: Any, v: Any) -> Any:
    """Where `v` is among ascending numbers; -1 = it is not."""
    low, high = np.int64(0), np.int64(ascending.size)
    while low < high:
        middle = (low + high) >> 1
        if ascending[middle] < v:
            low = middle + 1
        else:
            high = middle
    return low if low < ascending.size and ascending[low] == v else np.int64(-1)


@inlined
def note_read(scratch: Any, v: Any) -> None:
    """Count that the list of `v` is read."""
    scratch.state[READ] += 1
    if scratch.seen.size > 0:
        scratch.seen[v] = 1


@inlined
def met(state: Any, side: Any, own: Any, other: Any) -> None:
    """Note the two places where the searches from both ends touch."""
    state[LEFT] = own if side == 0 else other
    state[RIGHT] = other if side == 0 else own


@inlined
def outside(v: Any) -> Any:
    """The place of a vertex outside the core."""
    return -2 - np.int64(v)


@inlined
def look(lists: Any, around: Any, scratch: Any, x: Any, other: Any) -> Any:
    """Read the list of `x`: 2 if the other end is in it, 1 if a vertex of the ring is, else 0."""
    note_read(scratch, x)
    array, low, high = row(lists, x)
    found, next_to = np.int64(0), False
    for arc in range(low, high):
        found |= bit_of(around, array[arc])
        next_to |= array[arc] == other
    return np.int64(2) if next_to else found


@inner
def climb(lists: Any, around: Any, scratch: Any, s: Any, t: Any) -> Any:
    """Search from both ends through the periphery until each has found a vertex next to the ring.

    Ends in the ring or the core stay where they are.

    Returns
    -------
    int
        Hops between the ends if the searches touch, ``APART`` if one has seen all of its part of
        the graph, else ``LOST``; the vertices found are in the state.
    """
    mark, before, queue, state = scratch.mark, scratch.before, scratch.queue, scratch.state
    run = np.int32(state[RUN])
    done0, done1 = bit_of(around, s) == 1, bit_of(around, t) == 1
    begin0, begin1, end0, end1 = 0, 0, 1, 1
    state[FIRST], state[SECOND] = s, t
    before[s], before[t] = -1, -1
    mark[s], mark[t] = run, -run
    queue[0, 0], queue[1, 0] = s, t
    while not (done0 and done1):
        side = 0 if done1 or (not done0 and end0 - begin0 <= end1 - begin1) else 1
        begin, end, stamp, other = (begin0, end0, run, t) if side == 0 else (begin1, end1, -run, s)
        stop, found = end, False
        while begin < stop and not found:
            u = np.int64(queue[side, begin])
            begin += 1
            note_read(scratch, u)
            array, low, high = row(lists, u)
            for arc in range(low, high):
                v = np.int64(array[arc])
                ring = bit_of(around, v) == 1
                if v == other or (not ring and mark[v] == -stamp):
                    met(state, side, outside(u), outside(v))
                    return 1 + steps_back(before, u) + steps_back(before, v)
                found = found or ring
            if found:
                state[FIRST + side] = u
                break
            for arc in range(low, high):
                v = np.int64(array[arc])
                if mark[v] != stamp:
                    mark[v], before[v] = stamp, u
                    queue[side, end] = v
                    end += 1
        if begin == end and not found:
            return APART
        if side == 0:
            begin0, end0, done0 = begin, end, found
        else:
            begin1, end1, done1 = begin, end, found
    return LOST


@inlined
def steps_back(before: Any, v: Any) -> Any:
    """Hops from the end where a search began to `v`."""
    steps = np.int64(0)
    x = before[v]
    while x >= 0:
        steps += 1
        x = before[x]
    return steps


@inlined
def survey(core: Any, queue: Any, side: Any, count: Any) -> Any:
    """Hubs among the `count` vertices queued and next to them, and the arcs of the others."""
    hubs, near, work = np.int64(0), np.int64(0), np.int64(0)
    for i in range(count):
        u = np.uint32(queue[side, i])
        near |= core.hubs[u, 0]
        if u < HUBS:
            hubs |= np.int64(1) << np.int64(u)
        else:
            work += core.hubs[u, 1]
    return hubs, near, work


@inlined
def first_near(core: Any, queue: Any, side: Any, hub: Any) -> Any:
    """The first vertex queued that has `hub` for a neighbour."""
    i = 0
    while (core.hubs[queue[side, i], 0] >> hub) & 1 == 0:
        i += 1
    return np.int64(queue[side, i])


@inlined
def lowest(bits: Any) -> Any:
    """Number of the lowest bit that is set."""
    bit = np.int64(0)
    while (bits >> bit) & 1 == 0:
        bit += 1
    return bit


@inlined
def adjacent(core: Any, u: Any, v: Any) -> Any:
    """Whether two vertices of the core, no hubs, are neighbours."""
    place = sieve_bit(core.sieve, u, v)
    if (core.sieve[place >> 6] >> (place & 63)) & 1 == 0:
        return False
    few, other = (u, v) if u > v else (v, u)
    low, high = np.int64(core.indptr[few]), np.int64(core.indptr[few + 1])
    end = high
    while low < high:
        middle = (low + high) >> 1
        if core.heads[middle] < other:
            low = middle + 1
        else:
            high = middle
    return low < end and core.heads[low] == other


@inlined
def some_adjacent(core: Any, scratch: Any, first: Any, second: Any) -> Any:
    """As :func:`one_hop`, pair by pair."""
    queue = scratch.core_queue
    for i in range(first):
        u = np.int64(queue[0, i])
        if u < HUBS:
            continue
        for j in range(second):
            v = np.int64(queue[1, j])
            if v >= HUBS and adjacent(core, u, v):
                met(scratch.state, 0, u, v)
                return True
    return False


@inlined
def one_hop(core: Any, scratch: Any, side: Any, count: Any) -> Any:
    """Whether one of the `count` vertices queued on a side is a neighbour of the other side.

    Hubs are left out: their bits have been compared.
    """
    stamp = np.int32(scratch.state[RUN])
    other = -stamp if side == 0 else stamp
    for i in range(count):
        u = np.uint32(scratch.core_queue[side, i])
        if u < HUBS:
            continue
        for arc in range(core.indptr[u], core.indptr[u + np.uint32(1)]):
            v = np.uint32(core.heads[arc])
            if scratch.core_mark[v] == other:
                met(scratch.state, side, np.int64(u), np.int64(v))
                return True
    return False


@inlined
def cross(core: Any, scratch: Any, first: Any, second: Any) -> Any:
    """Hops inside the core between the `first` and `second` vertices queued; ``SPLIT`` if none."""
    mark, before, queue = scratch.core_mark, scratch.core_before, scratch.core_queue
    indptr, heads = core.indptr, core.heads
    run = np.int32(scratch.state[RUN])
    begin0, begin1, end0, end1 = 0, 0, first, second
    # Nearly all searches end here, before anything is written.
    hubs0, near0, work0 = survey(core, queue, 0, first)
    hubs1, near1, work1 = survey(core, queue, 1, second)
    if hubs0 & near1:
        hub = lowest(hubs0 & near1)
        met(scratch.state, 0, hub, first_near(core, queue, 1, hub))
        return np.int64(1)
    if hubs1 & near0:
        hub = lowest(hubs1 & near0)
        met(scratch.state, 1, hub, first_near(core, queue, 0, hub))
        return np.int64(1)
    side, count = (0, first) if work0 <= work1 else (1, second)
    if PAIR * first * second <= min(work0, work1):
        if some_adjacent(core, scratch, first, second):
            return np.int64(1)
    elif one_hop(core, scratch, side, count):
        return np.int64(1)
    if near0 & near1:
        hub = lowest(near0 & near1)
        before[hub] = first_near(core, queue, 0, hub)
        met(scratch.state, 0, hub, first_near(core, queue, 1, hub))
        return np.int64(2)
    hops = np.int64(0)
    while begin0 < end0 and begin1 < end1:
        side = 0 if work0 <= work1 else 1
        begin, end, stamp = (begin0, end0, run) if side == 0 else (begin1, end1, -run)
        stop, work = end, 0
        hops += 1
        for i in range(begin, stop):
            u = np.int64(queue[side, i])
            for arc in range(indptr[u], indptr[u + 1]):
                v = np.int64(heads[arc])
                m = mark[v]
                if m == stamp:
                    continue
                if m == -stamp:
                    met(scratch.state, side, u, v)
                    return hops
                mark[v], before[v] = stamp, u
                queue[side, end] = v
                end += 1
                work += indptr[v + 1] - indptr[v]
        if side == 0:
            begin0, end0, work0 = stop, end, work
        else:
            begin1, end1, work1 = stop, end, work
    return np.int64(SPLIT)


@inner
def search(lists: Any, scratch: Any, s: Any, t: Any, bound: Any, keep: Any) -> Any:
    """Hops between two vertices in the whole graph, if fewer than `bound`.

    Returns
    -------
    int
        The hops; `bound` if there are not fewer; ``APART`` if the two are not connected.
    """
    mark, before, queue, state = scratch.mark, scratch.before, scratch.queue, scratch.state
    state[RUN] += 1
    run = np.int32(state[RUN])
    begin0, begin1, end0, end1 = 0, 0, 1, 1
    work0, work1 = degree(lists, s), degree(lists, t)
    if keep:
        before[s], before[t] = -1, -1
    mark[s], mark[t] = run, -run
    queue[0, 0], queue[1, 0] = s, t
    hops = np.int64(0)
    while begin0 < end0 and begin1 < end1:
        hops += 1
        if hops >= bound:
            return np.int64(bound)
        side, begin, end, stamp = (
            (0, begin0, end0, run) if work0 <= work1 else (1, begin1, end1, -run)
        )
        stop = end
        for i in range(begin, stop):
            u = np.int64(queue[side, i])
            note_read(scratch, u)
            array, low, high = row(lists, u)
            for arc in range(low, high):
                v = np.uint32(array[arc])
                m = mark[v]
                if m == stamp:
                    continue
                if m == -stamp:
                    met(state, side, outside(u), outside(v))
                    return hops
                mark[v] = stamp
                if keep:
                    before[v] = u
                queue[side, end] = v
                end += 1
        # Apart from the loop above: here no read waits for another.
        work = np.int64(0)
        if hops + 1 < bound:
            for i in range(stop, end):
                work += degree(lists, np.int64(queue[side, i]))
        if side == 0:
            begin0, end0, work0 = stop, end, work
        else:
            begin1, end1, work1 = stop, end, work
    return np.int64(APART)


@inlined
def degree(lists: Any, v: Any) -> Any:
    """How long the list of `v` is."""
    _, low, high = row(lists, v)
    return high - low
