"""Distances and paths that lead through the core of a network.

S. Basu et al., WSDM 2025, see :mod:`routesolve.graphs._kernels.core_growth`. Each end climbs to the
core; inside, a search or an index joins the two climbs.

Axes: as in :mod:`routesolve.graphs._kernels.core_layout`; q pairs.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from routesolve._jit import inlined, inner, lean
from routesolve.graphs._kernels.core_entries import number_of, pick, prepare
from routesolve.graphs._kernels.core_growth import bit_of
from routesolve.graphs._kernels.core_layout import (
    BLOCK,
    CHUNK,
    EVERY,
    FAR,
    FIRST,
    KEEP,
    LABELS,
    LEFT,
    LOST,
    READ,
    RUN,
    SECOND,
    SPLIT,
    VIA,
)
from routesolve.graphs._kernels.core_search import (
    climb,
    cross,
    look,
    met,
    note_read,
    outside,
    row,
    search,
    steps_back,
)
from routesolve.graphs._kernels.pruned_labels import distance as labelled

MET, NEXT, SHARED = -4, -5, -6
"""Two sides have the same vertex of the core, are neighbours, or have a neighbour in common."""


@inlined
def enter(core: Any, scratch: Any, side: Any, z: Any, via: Any, count: Any) -> Any:
    """Put vertex `z` of the core among the `count` that a side begins with.

    Returns
    -------
    int
        How many there are now; ``MET`` if the other side has it, too.
    """
    run = np.int32(scratch.state[RUN])
    stamp = run if side == 0 else -run
    m = scratch.core_mark[z]
    if m == stamp:
        return count
    if m == -stamp:
        met(scratch.state, side, via, z)
        return np.int64(MET)
    scratch.core_mark[z] = stamp
    if scratch.state[KEEP]:
        scratch.core_before[z] = via
    scratch.core_queue[side, count] = z
    return count + 1


@inlined
def enter_from(
    lists: Any, core: Any, scratch: Any, side: Any, y: Any, single: Any, count: Any
) -> Any:
    """Enter at the neighbours of `y`, a vertex of the ring; see :func:`enter`.

    With `single` the one queued is replaced if a better one is found.
    """
    note_read(scratch, y)
    array, low, high = row(lists, y)
    picked = scratch.picked
    best = np.int64(scratch.core_queue[side, 0]) if count > 0 else np.int64(core.nodes.size)
    for begin in range(low, high, CHUNK):
        some = pick(core.words, array, begin, min(begin + CHUNK, high), picked, 0)
        for i in range(some):  # apart from the loops below: these reads do not wait
            picked[i] = number_of(core, picked[i])
        if single:
            for i in range(some):
                best = min(best, np.int64(picked[i]))
            if some > 0 and (count == 0 or best < scratch.core_queue[side, 0]):
                count = np.int64(1)
                scratch.core_queue[side, 0] = best
                scratch.state[VIA] = outside(y)
            continue
        for i in range(some):
            count = enter(core, scratch, side, np.uint32(picked[i]), outside(y), count)
            if count < 0:
                return count
    return count


@inlined
def enter_ready(core: Any, scratch: Any, side: Any, x: Any, pair: Any) -> Any:
    """Enter where `x`, an end of a pair, was found to; see :func:`enter`."""
    ends = scratch.ready_ends
    first, last = ends[2 * pair + side, 0], ends[2 * pair + side, 1]
    scratch.state[READ] += ends[2 * pair + side, 2]
    via = np.int64(-1) if bit_of(core.words, x) else outside(x)
    count = np.int64(0)
    for place in range(first, last):
        count = enter(core, scratch, side, np.uint32(scratch.ready[place]), via, count)
        if count < 0:
            break
    return count


@inlined
def gather(
    lists: Any, core: Any, scratch: Any, side: Any, x: Any, other: Any, mode: Any, keep: Any
) -> Any:
    """Queue the vertices of the core nearest to `x`, which is inside, in the ring or next to it.

    Parameters
    ----------
    other
        Where the other side is.
    mode
        Unless it is ``EVERY``, enter at one vertex only: that with most neighbours inside; with
        ``LABELS``, look for it no longer than needed.
    keep
        Whether a path will be asked for.

    Returns
    -------
    int
        How many are queued; ``MET`` if one of them belongs to the other side, too, ``NEXT`` if `x`
        is a neighbour of `other`, ``SHARED`` if both have a neighbour in the ring.
    """
    around, state = core.around, scratch.state
    single, hasty = mode != EVERY, mode == LABELS
    if bit_of(core.words, x):
        return enter(core, scratch, side, number_of(core, x), np.int64(-1), np.int64(0))
    count = np.int64(0)
    array, low, high = row(lists, x)
    if bit_of(around, x):
        next_to = False
        for arc in range(low, high):
            next_to |= array[arc] == other
        if next_to:
            note_read(scratch, x)
            if bit_of(core.words, other):
                z = number_of(core, other)
                scratch.core_before[z] = -1
                met(state, side, outside(x), z)
            else:
                met(state, side, outside(x), outside(other))
            return np.int64(NEXT)
        high = low + 1  # `x` itself leads inside
    else:
        run = np.int32(state[RUN])
        stamp = run if side == 0 else -run
        both = bit_of(around, other) == 0
        for arc in range(low, high):
            y = np.int64(array[arc])
            if bit_of(around, y) == 0:
                continue
            if y == other or (both and scratch.mark[y] == -stamp):
                met(state, side, outside(x), outside(y))
                return np.int64(NEXT if y == other else SHARED)
            if both:
                scratch.mark[y] = stamp
            if keep:
                scratch.before[y] = x
    alone = bit_of(around, x) == 1
    for arc in range(low, high):
        y = x if alone else np.int64(array[arc])
        if bit_of(around, y) and count >= 0:
            count = enter_from(lists, core, scratch, side, y, single, count)
            if hasty and count > 0:
                break
    if single and count > 0:
        z = np.int64(scratch.core_queue[side, 0])
        count = enter(core, scratch, side, z, state[VIA], np.int64(0))
    return count


@inlined
def height(core: Any, v: Any) -> Any:
    """Hops from `v`, which is inside, in the ring or next to it, to the core."""
    return 2 - bit_of(core.words, v) - bit_of(core.around, v)


@inlined
def through_core(
    lists: Any,
    core: Any,
    labels: Any,
    scratch: Any,
    s: Any,
    t: Any,
    pair: Any,
    mode: Any,
    keep: Any,
) -> Any:
    """Hops of a path through the core; ``APART`` or ``SPLIT`` if there is none."""
    state, before, around = scratch.state, scratch.before, core.around
    state[RUN] += 1
    state[FIRST], state[SECOND] = s, t
    if keep:
        before[s], before[t] = -1, -1
    ends = scratch.ready_ends
    ready = ends[2 * pair, 1] > ends[2 * pair, 0] and ends[2 * pair + 1, 1] > ends[2 * pair + 1, 0]
    # Nearly all ends are in the ring or next to it: then nothing has to be marked.
    here = np.int64(1) if ready or bit_of(around, s) else look(lists, around, scratch, s, t)
    there = np.int64(1) if ready or bit_of(around, t) else look(lists, around, scratch, t, s)
    if here == 2 or there == 2:
        met(state, 0, outside(s), outside(t))
        return np.int64(1)
    hops = np.int64(0)
    if here == 0 or there == 0:
        state[READ] = 0
        hops = climb(lists, around, scratch, s, t)
        if hops != LOST:
            return hops
        hops = steps_back(before, state[FIRST]) + steps_back(before, state[SECOND])
    x, y = state[FIRST], state[SECOND]
    first, second = np.int64(0), np.int64(0)
    # One call for both sides: what is called is compiled into its caller, since handing over so
    # many arrays takes longer than the work.
    for side in range(2):
        first = second
        here, there = (x, y) if side == 0 else (y, x)
        if ready:
            second = enter_ready(core, scratch, side, here, pair)
        else:
            second = gather(lists, core, scratch, side, here, there, mode, keep)
        if second <= 0:
            break
    if second == NEXT:
        return hops + 1
    if second == SHARED:
        return hops + 2
    hops += height(core, x) + height(core, y)
    if second == MET:
        return hops
    if second == 0:
        return np.int64(SPLIT)
    if mode == LABELS and not keep:
        queue = scratch.core_queue
        inside = labelled(labels, np.int64(queue[0, 0]), np.int64(queue[1, 0]))
        inside = inside if inside >= 0 else np.int64(SPLIT)
    else:
        inside = cross(core, scratch, first, second)
    return inside if inside < 0 else hops + inside


@inner
def write_path(core: Any, scratch: Any, path: Any, begin: Any) -> Any:
    """Write the path that the last search found from ``path[begin]`` on.

    Returns
    -------
    int
        Where it ends; -1 if there is no room for it.
    """
    last = begin
    for half in range(2):
        place = scratch.state[LEFT + half]
        while place != -1:
            if last == path.size:
                return np.int64(-1)
            if place >= 0:
                path[last] = core.nodes[place]
                place = np.int64(scratch.core_before[place])
            else:
                path[last] = -2 - place
                x = np.int64(scratch.before[-2 - place])
                place = -2 - x if x >= 0 else np.int64(-1)
            last += 1
        if half == 0:
            low, high = begin, last - 1
            while low < high:
                path[low], path[high] = path[high], path[low]
                low += 1
                high -= 1
    return np.int64(last)


# sources, targets (q) int32, hops (q) int32, read (q) int64, ends (q) int64, path int32
@lean
def answer(
    lists: Any,
    core: Any,
    labels: Any,
    scratch: Any,
    sources: Any,
    targets: Any,
    done: Any,
    mode: Any,
    exact: Any,
    hops: Any,
    read: Any,
    ends: Any,
    path: Any,
) -> Any:
    """Hops between pairs, from pair `done` on, and how many lists were read for each.

    If `path` has room, the paths are written one after the other, and where each ends.

    Returns
    -------
    int
        The first pair for whose path there was no room; q if all are answered.
    """
    keep = path.size > 0
    state = scratch.state
    state[KEEP] = keep
    for i in range(done, sources.size):
        if i % BLOCK == 0 or i == done:
            end = min(i - i % BLOCK + BLOCK, sources.size)
            prepare(lists, core, scratch, sources, targets, i, end, mode, keep)
        s, t = np.int64(sources[i]), np.int64(targets[i])
        state[READ] = 0
        begin = ends[i - 1] if keep and i > 0 else np.int64(0)
        last = begin
        if s == t:
            hops[i] = 0
            if keep:
                if begin == path.size:
                    return i
                path[begin] = s
                last = begin + 1
        else:
            found = through_core(lists, core, labels, scratch, s, t, i % BLOCK, mode, keep)
            if keep and found >= 0:
                last = write_path(core, scratch, path, begin)
                if last < 0:
                    return i
            # Zero hops and one are noticed on every way, so that two are right as well.
            if found == SPLIT or (exact and found > 2):
                bound = found if found > 0 else np.int64(FAR)
                found = search(lists, scratch, s, t, bound, keep)
                if keep and found >= 0 and found < bound:
                    last = write_path(core, scratch, path, begin)
                    if last < 0:
                        return i
            hops[i] = found
        read[i] = state[READ]
        if keep:
            ends[i] = last
    return np.int64(sources.size)
