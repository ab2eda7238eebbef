"""Node contraction: the preprocessing of contraction hierarchies.

R. Geisberger, P. Sanders, D. Schultes, D. Delling, "Contraction Hierarchies: Faster and Simpler
Hierarchical Routing in Road Networks", WEA 2008. Nodes are taken out one by one, the least
important first; where a cheapest path ran through the node, a shortcut between two of its
neighbours takes its place. Whether one did is asked by a *witness search* around the node, which
may give up early: a shortcut too many costs time, never correctness.

The remaining graph (the core) is kept as one block of records per node, both directions in one
record, so that taking a node out touches every neighbour once. A block is frozen the moment its
node is contracted: it then holds exactly the arcs to and from more important nodes.

Kernels return often (`stop`), and before they run out of space (`NEED_SPACE`): the caller sees
Ctrl-C, reports progress, and grows the pool.

Axes: n nodes, m arcs, r records in the pool. -1 = none.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from routesolve._jit import kernel
from routesolve.graphs._kernels.core import (
    CONTRACTED,
    DONE,
    LIVE,
    NEED_SPACE,
    NONE,
    PAUSED,
    QUEUED,
    TOO_DENSE,
    TOO_LONG,
    TOP,
    UNTOUCHED,
    WAITING,
    Core,
    Queue,
    Rules,
)

Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]

LEVEL = 1000
"""What one level counts in the priority of a node."""

MOST_HOPS = 1 << 20

entry = kernel(no_cfunc_wrapper=True)
# Never called from Python: the code that would unpack its objects takes longest to compile.
# Integers are handed over as int64 throughout: Numba compiles once more for every other width.
inner = kernel(no_cfunc_wrapper=True, no_cpython_wrapper=True)


# ---------------------------------------------------------------- heaps


@inner
def push(heap: Any, size: Any, key: Any) -> Any:
    """Put `key` into the heap of `size` entries; the caller counts."""
    i = size
    while i > 0:
        parent = (i - 1) >> 2
        if heap[parent] <= key:
            break
        heap[i] = heap[parent]
        i = parent
    heap[i] = key


@inner
def pop(heap: Any, size: Any) -> Any:
    """Remove the smallest key, ``heap[0]``; `size` counts what remains."""
    last = heap[size]
    i = 0
    while True:
        child = 4 * i + 1
        if child >= size:
            break
        smallest = child
        key = heap[child]
        for j in range(child + 1, min(child + 4, size)):
            if heap[j] < key:
                key = heap[j]
                smallest = j
        if key >= last:
            break
        heap[i] = key
        i = smallest
    heap[i] = last


@inner
def settle(queue: Any, mask: Any, size: Any, i: Any, key: Any) -> Any:
    """Put `key` where it belongs, starting from the free cell `i` of the queue."""
    heap, place = queue.heap, queue.place
    while i > 0:
        parent = (i - 1) >> 2
        if heap[parent] <= key:
            break
        heap[i] = heap[parent]
        place[heap[i] & mask] = i
        i = parent
    while True:
        child = 4 * i + 1
        if child >= size:
            break
        smallest = child
        for j in range(child + 1, min(child + 4, size)):
            if heap[j] < heap[smallest]:
                smallest = j
        if heap[smallest] >= key:
            break
        heap[i] = heap[smallest]
        place[heap[i] & mask] = i
        i = smallest
    heap[i] = key
    place[key & mask] = i


# ---------------------------------------------------------------- the core


@inner
def find(core: Any, u: Any, x: Any) -> Any:
    """Record of `x` in the block of `u`, or -1."""
    begin = core.first[u]
    for k in range(begin, begin + core.held[u]):
        if core.records[4 * k] == x:
            return k
    return np.int64(-1)


@inner
def append(core: Any, u: Any, x: Any) -> Any:
    """A fresh record of `x` in the block of `u`; a full block moves to the end of the pool."""
    first, count, room, records, mids = core.first, core.held, core.room, core.records, core.mids
    filled = count[u]
    if filled == room[u]:
        old = first[u]
        new = core.state[TOP]
        # Not slices: they take Numba seconds to compile.
        for i in range(4 * filled):
            records[4 * new + i] = records[4 * old + i]
        for i in range(2 * filled):
            mids[2 * new + i] = mids[2 * old + i]
        first[u] = new
        room[u] = 2 * filled + 2
        core.state[TOP] = new + room[u]
    k = first[u] + filled
    count[u] = filled + 1
    core.state[LIVE] += 1
    records[4 * k] = x
    records[4 * k + 1] = NONE
    records[4 * k + 2] = NONE
    records[4 * k + 3] = 0
    mids[2 * k] = -1
    mids[2 * k + 1] = -1
    return k


@inner
def connect(core: Any, u: Any, x: Any, weight: Any, mid: Any, hops: Any) -> Any:
    """Add the arc u -> x to both blocks, or make the one that is there cheaper."""
    k = find(core, u, x)
    if k < 0:
        k = append(core, u, x)
        back = append(core, x, u)
    else:
        if core.records[4 * k + 1] <= weight:
            return
        back = find(core, x, u)
    core.records[4 * k + 1] = weight
    core.records[4 * k + 3] = hops
    core.mids[2 * k] = mid
    core.records[4 * back + 2] = weight
    core.records[4 * back + 3] = hops
    core.mids[2 * back + 1] = mid


@inner
def forget(core: Any, u: Any, v: Any) -> Any:
    """Remove the record of `v` from the block of `u`."""
    k = find(core, u, v)
    last = core.first[u] + core.held[u] - 1
    for j in range(4):
        core.records[4 * k + j] = core.records[4 * last + j]
    core.mids[2 * k] = core.mids[2 * last]
    core.mids[2 * k + 1] = core.mids[2 * last + 1]
    core.held[u] -= 1
    core.state[LIVE] -= 1


@inner
def space_for(core: Any, v: Any) -> Any:
    """How many records contracting `v` can ask of the pool at most."""
    begin, degree = core.first[v], core.held[v]
    total = np.int64(0)
    for k in range(begin, begin + degree):
        # A block may move several times while it grows to count + degree; the sizes of those moves
        # double, so together they stay below four times the last.
        total += 4 * (np.int64(core.held[core.records[4 * k]]) + degree + 2)
    return total


# ---------------------------------------------------------------- witnesses


@inner
def witness(
    core: Any, heap: Any, bits: Any, u: Any, v: Any, limit: Any, missing: Any, pops: Any
) -> Any:
    """Look for paths from `u` past `v` that make shortcuts needless.

    ``need[x]`` holds what the path over `v` costs for each of the `missing` targets; it is set back
    to -1 where something as cheap is found. The search ends when none is missing, when everything
    up to `limit` is settled, or after `pops` settled nodes. Returns how many are still missing.
    """
    first, count, records = core.first, core.held, core.records
    cost, need, touched = core.cost, core.need, core.touched
    mask = (np.int64(1) << bits) - 1
    cost[u] = 0
    cost[v] = -1
    touched[0] = u
    touched[1] = v
    number = 2
    heap[0] = u
    size = 1
    complete = True
    while size > 0 and missing > 0:
        key = heap[0]
        reached = key >> bits
        if reached > limit:
            break
        if pops == 0:
            complete = False
            break
        size -= 1
        pop(heap, size)
        node = key & mask
        if reached > cost[node]:
            continue
        pops -= 1
        begin = first[node]
        for k in range(begin, begin + count[node]):
            x = records[4 * k]
            through = reached + records[4 * k + 1]
            if through <= limit and through < cost[x]:
                if cost[x] == UNTOUCHED:
                    touched[number] = x
                    number += 1
                cost[x] = through
                if through <= need[x]:
                    need[x] = -1
                    missing -= 1
                push(heap, size, (through << bits) | x)
                size += 1
    if not complete and missing > 0:
        missing = look_back(core, u, v, missing)
    for i in range(number):
        cost[touched[i]] = UNTOUCHED
    return missing


@inner
def look_back(core: Any, u: Any, v: Any, missing: Any) -> Any:
    """One step back from every missing target: it may be next to what the search has touched."""
    first, count, records, cost, need = core.first, core.held, core.records, core.cost, core.need
    begin = first[v]
    for j in range(begin, begin + count[v]):
        x = records[4 * j]
        if need[x] < 0:
            continue
        for k in range(first[x], first[x] + count[x]):
            node = records[4 * k]
            if node == v or cost[node] == UNTOUCHED or records[4 * k + 2] == NONE:
                continue
            if np.int64(cost[node]) + records[4 * k + 2] <= need[x]:
                need[x] = -1
                missing -= 1
                break
    return missing


@inner
def examine(core: Any, heap: Any, bits: Any, v: Any, pops: Any, symmetric: Any, commit: Any) -> Any:
    """Which shortcuts contracting `v` asks for; adds them when `commit`.

    Returns (shortcuts, arcs of the graph that they stand for), -1 for the first when a shortcut is
    too long for 32 bits.
    """
    first, records, need = core.first, core.records, core.need
    begin, degree = first[v], core.held[v]
    added, hops = 0, 0
    for i in range(begin, begin + degree):
        into = np.int64(records[4 * i + 2])
        if into == NONE:
            continue
        u = np.int64(records[4 * i])
        # In a symmetric graph a witness serves both ways: half of the pairs are enough.
        start = i + 1 if symmetric else begin
        limit = np.int64(-1)
        missing = np.int64(0)
        for j in range(start, begin + degree):
            if j == i or records[4 * j + 1] == NONE:
                continue
            through = min(into + records[4 * j + 1], np.int64(NONE - 1))
            need[records[4 * j]] = through
            limit = max(limit, through)
            missing += 1
        if missing == 0:
            continue
        missing = witness(core, heap, bits, u, v, limit, missing, pops)
        if missing == 0:
            continue
        for j in range(start, begin + degree):
            x = np.int64(records[4 * j])
            if need[x] < 0:
                continue
            need[x] = -1
            added += 1
            span = min(np.int64(records[4 * i + 3]) + records[4 * j + 3], MOST_HOPS)
            hops += span
            if commit:
                through = into + records[4 * j + 1]
                if through >= NONE:
                    added = -(1 << 40)
                    continue
                for turn in range(2 if symmetric else 1):
                    connect(core, x if turn else u, u if turn else x, through, v, span)
    if symmetric:
        added *= 2
        hops *= 2
    return added, hops


@inner
def importance(core: Any, v: Any, added: Any, hops: Any) -> Any:
    """Priority of `v` that asks for `added` directed shortcuts.

    Levels keep the hierarchy flat and even; the two quotients keep it sparse.
    """
    removed, gone = 0, 0
    begin = core.first[v]
    for k in range(begin, begin + core.held[v]):
        for way in (1, 2):
            if core.records[4 * k + way] < NONE:
                removed += 1
                gone += core.records[4 * k + 3]
    value = 1 + LEVEL * np.int64(core.level[v])
    if removed > 0:
        value += (1000 * added) // removed + (1000 * hops) // max(gone, 1)
    return value


@inner
def take_out(core: Any, v: Any) -> Any:
    """Freeze the block of `v` and forget it everywhere else."""
    core.rank[v] = core.state[CONTRACTED]
    core.state[CONTRACTED] += 1
    begin = core.first[v]
    for k in range(begin, begin + core.held[v]):
        x = np.int64(core.records[4 * k])
        forget(core, x, v)
        core.level[x] = max(core.level[x], core.level[v] + 1)
    core.state[LIVE] -= core.held[v]


# ---------------------------------------------------------------- the driver


@entry
def contract(core: Core, queue: Queue, heap: Int64s, bits: int, rules: Rules, work: int) -> int:
    """Contract the least important node, again and again; come back after `work` steps.

    A step is one pair of neighbours looked at. A node whose neighbour goes away is not looked at
    again before it reaches the front of the queue, except where it lost more records than it
    gained: then it may have to come earlier.
    """
    n = core.first.size
    state = core.state
    mask = (np.int64(1) << bits) - 1
    while state[CONTRACTED] < n:
        if work <= 0:
            return PAUSED
        left = n - state[CONTRACTED]
        if state[QUEUED] < n:
            v = state[QUEUED]
            final = False
        elif state[WAITING] > 0:
            state[WAITING] -= 1
            v = np.int64(queue.waiting[state[WAITING]])
            final = False
        else:
            v = queue.heap[0] & mask
            final = not queue.stale[v]
        begin = core.first[v]
        end = begin + core.held[v]
        work -= 1 + (end - begin) * (end - begin)
        if final:
            if state[LIVE] > rules.dense * left and left > rules.dense:
                return TOO_DENSE
            if state[TOP] + space_for(core, v) > core.mids.size // 2:
                return NEED_SPACE
            for k in range(begin, end):
                core.before[k - begin] = core.held[core.records[4 * k]]
        pops = rules.pops if final else rules.glances
        added, hops = examine(core, heap, bits, v, pops, rules.symmetric, final)
        if not final:
            key = (importance(core, v, added, hops) << bits) | v
            if state[QUEUED] < n:
                settle(queue, mask, v + 1, v, key)
                state[QUEUED] += 1
            else:
                settle(queue, mask, left, np.int64(queue.place[v]), key)
            queue.stale[v] = False
            queue.level[v] = core.level[v]
            continue
        if added < 0:
            return TOO_LONG
        take_out(core, v)
        if left > 1:
            settle(queue, mask, left - 1, np.int64(0), queue.heap[left - 1])
        for k in range(begin, end):
            x = core.records[4 * k]
            raised = max(core.level[v] + 1 - queue.level[x], 0)
            queue.level[x] += raised
            queue.stale[x] = True
            if core.held[x] - core.before[k - begin] < rules.patience:
                queue.waiting[state[WAITING]] = x
                state[WAITING] += 1
            elif raised > 0:
                at = np.int64(queue.place[x])
                settle(queue, mask, left - 1, at, queue.heap[at] + ((LEVEL * raised) << bits))
    return DONE
