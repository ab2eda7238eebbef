"""Looking up where the ends of a block of pairs enter the core, before any of them is answered.

What a pair needs lies far apart in memory, and each place tells only where the next one is. For a
block of pairs the same step is done for all, so that they wait at the same time.

Axes: as in :mod:`routesolve.graphs._kernels.core_layout`; q pairs.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from routesolve._jit import inlined, inner
from routesolve.graphs._kernels.core_growth import bit_of, rank_of
from routesolve.graphs._kernels.core_layout import BLOCK, CHUNK, EVERY, LABELS, ROOM
from routesolve.graphs._kernels.core_search import row
from routesolve.graphs._kernels.prefetch import prefetch

NEAR = 16
"""Neighbours of an end whose lists are fetched as well."""

LINE, LINES = 16, 4
"""Vertices in a line of the cache, and lines of a list that are fetched."""


@inner
def fetch(lists: Any, around: Any, sources: Any, targets: Any, begin: Any, end: Any) -> None:
    """Ask for the lists that pairs will need, so that they are in the processor's cache by then.

    Done for many pairs at once: requests do not wait for each other, as the reads of a search do.
    """
    indptr, heads = lists.indptr, lists.heads
    for i in range(begin, end):
        prefetch(indptr, sources[i])
        prefetch(indptr, targets[i])
    for i in range(begin, end):
        fetch_row(indptr, heads, np.int64(sources[i]))
        fetch_row(indptr, heads, np.int64(targets[i]))
    for deep in range(2):
        for i in range(begin, end):
            for side in range(2):
                v = np.int64(sources[i] if side == 0 else targets[i])
                if bit_of(around, v):
                    continue
                for arc in range(indptr[v], min(indptr[v] + NEAR, indptr[v + 1])):
                    u = np.int64(heads[arc])
                    if deep:
                        if bit_of(around, u):
                            fetch_row(indptr, heads, u)
                    else:
                        prefetch(indptr, u)


@inlined
def fetch_row(indptr: Any, heads: Any, v: Any) -> None:
    """Ask for the beginning of a list."""
    low = indptr[v]
    high = min(indptr[v + 1], low + LINES * LINE)
    for arc in range(low, high, LINE):
        prefetch(heads, arc)


@inlined
def number_of(core: Any, v: Any) -> Any:
    """The number of a vertex in the core."""
    return np.int64(core.numbers[rank_of(core.words, core.ranks, v)])


@inlined
def pick(words: Any, array: Any, low: Any, high: Any, picked: Any, count: Any) -> Any:
    """Copy the neighbours in the core to ``picked[count]`` and on; where they end.

    Without a branch: whether a neighbour is one of them cannot be guessed.
    """
    for arc in range(low, high):
        v = array[arc]
        picked[count] = v
        count += bit_of(words, v)
    return count


@inlined
def close(lists: Any, v: Any, other: Any) -> Any:
    """Whether two vertices are neighbours or have one in common, or are too costly to compare."""
    array, low, high = row(lists, v)
    theirs, begin, end = row(lists, other)
    if (high - low) * (end - begin) > CHUNK:
        return True
    found = False
    for arc in range(low, high):
        found |= array[arc] == other
        for place in range(begin, end):
            found |= array[arc] == theirs[place]
    return found


@inlined
def look_up(
    lists: Any, core: Any, scratch: Any, v: Any, other: Any, first: Any, mode: Any, keep: Any
) -> Any:
    """Write the vertices of the core next to `v`, or to its neighbours, to ``ready[first]`` and on.

    Left out are cases with more to them: ends that are neighbours, or both outside the ring with a
    neighbour in common; paths from outside the ring; long lists; and ends further away.

    Returns
    -------
    last, read : int
        Where they end, which is at `first` if the case is left out, and how many lists were read.
    """
    around, words, ready = core.around, core.words, scratch.ready
    if bit_of(words, v):
        ready[first] = v
        return first + 1, 0
    array, low, high = row(lists, v)
    last, read = first, 1
    if bit_of(around, v):
        if high - low > ROOM:
            return first, 0
        next_to = False
        for arc in range(low, high):
            u = array[arc]
            next_to |= u == other
            ready[last] = u
            last += bit_of(words, u)
        if next_to:
            return first, 0
    else:
        if keep or (bit_of(around, other) == 0 and close(lists, v, other)):
            return first, 0
        for arc in range(low, high):
            y = np.int64(array[arc])
            if bit_of(around, y) == 0:
                continue
            more, begin, end = row(lists, y)
            if y == other or last + end - begin > first + ROOM:
                return first, 0
            last = pick(words, more, begin, end, ready, last)
            read += 1
            if scratch.seen.size > 0:
                scratch.seen[y] = 1
            if mode == LABELS and last > first:
                break
    if scratch.seen.size > 0:
        scratch.seen[v] = 1
    return last, read


# sources, targets (q) int32
@inner
def prepare(
    lists: Any,
    core: Any,
    scratch: Any,
    sources: Any,
    targets: Any,
    begin: Any,
    end: Any,
    mode: Any,
    keep: Any,
) -> None:
    """Look up where pairs `begin` to before `end`, of one block, enter the core."""
    ready, ends = scratch.ready, scratch.ready_ends
    fetch(lists, core.around, sources, targets, begin, end)
    last = np.int64(0)
    for i in range(begin, end):
        s, t = np.int64(sources[i]), np.int64(targets[i])
        for side in range(2):
            e = 2 * (i % BLOCK) + side
            v, other = (s, t) if side == 0 else (t, s)
            first = last
            last, read = look_up(lists, core, scratch, v, other, first, mode, keep)
            ends[e, 0], ends[e, 1], ends[e, 2] = first, last, read
    for place in range(last):
        prefetch(core.ranks, np.int64(ready[place]) >> 6)
    for place in range(last):
        rank = rank_of(core.words, core.ranks, ready[place])
        ready[place] = rank
        prefetch(core.numbers, rank)
    for place in range(last):
        z = np.int64(core.numbers[ready[place]])
        ready[place] = z
        if mode == EVERY:
            prefetch(core.hubs, 2 * z)
            prefetch(scratch.core_mark, z)
    if mode != EVERY:
        for e in range(2 * (begin % BLOCK), 2 * (begin % BLOCK) + 2 * (end - begin)):
            first, last = np.int64(ends[e, 0]), np.int64(ends[e, 1])
            for place in range(first + 1, last):
                ready[first] = min(ready[first], ready[place])
            if last > first:
                ends[e, 1] = first + 1
                prefetch(core.hubs, 2 * np.int64(ready[first]))
