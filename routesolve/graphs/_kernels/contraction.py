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
    COST,
    DONE,
    FIRST,
    FROM,
    HELD,
    HOPS,
    LEVEL,
    LIVE,
    NEED,
    NEED_SPACE,
    NEIGHBOUR,
    NONE,
    PAUSED,
    QUEUED,
    ROOM,
    TO,
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

PER_LEVEL = 1000
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
def settle(heap: Any, place: Any, mask: Any, size: Any, i: Any, key: Any) -> Any:
    """Put `key` where it belongs, starting from the free cell `i` of the queue."""
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
def block(nodes: Any, v: Any) -> Any:
    """First record of `v`, and the one behind its last."""
    begin = np.int64(nodes[v, FIRST])
    return begin, begin + nodes[v, HELD]


@inner
def find(nodes: Any, records: Any, u: Any, x: Any) -> Any:
    """Record of `x` in the block of `u`, or -1."""
    begin, end = block(nodes, u)
    for k in range(begin, end):
        if records[k, NEIGHBOUR] == x:
            return k
    return np.int64(-1)


@inner
def append(core: Any, u: Any, x: Any) -> Any:
    """A fresh record of `x` in the block of `u`; a full block moves to the end of the pool."""
    nodes, records, mids, state = core.nodes, core.records, core.mids, core.state
    begin, end = block(nodes, u)
    filled = end - begin
    if filled == nodes[u, ROOM]:
        new = state[TOP]
        # Not slices: they take Numba seconds to compile.
        for i in range(filled):
            for j in range(4):
                records[new + i, j] = records[begin + i, j]
            for j in range(2):
                mids[new + i, j] = mids[begin + i, j]
        nodes[u, FIRST] = new
        nodes[u, ROOM] = 2 * filled + 2
        state[TOP] = new + 2 * filled + 2
        end = new + filled
    nodes[u, HELD] = filled + 1
    state[LIVE] += 1
    records[end, NEIGHBOUR] = x
    records[end, TO] = NONE
    records[end, FROM] = NONE
    return end


@inner
def connect(core: Any, u: Any, x: Any, weight: Any, mid: Any, hops: Any) -> Any:
    """Add the arc u -> x to both blocks, or make the one that is there cheaper."""
    records = core.records
    k = find(core.nodes, records, u, x)
    if k < 0:
        k = append(core, u, x)
        back = append(core, x, u)
    else:
        if records[k, TO] <= weight:
            return
        back = find(core.nodes, records, x, u)
    records[k, TO] = weight
    records[k, HOPS] = hops
    core.mids[k, 0] = mid
    records[back, FROM] = weight
    records[back, HOPS] = hops
    core.mids[back, 1] = mid


@inner
def forget(core: Any, u: Any, v: Any) -> Any:
    """Remove the record of `v` from the block of `u`."""
    nodes, records, mids = core.nodes, core.records, core.mids
    k = find(nodes, records, u, v)
    _, end = block(nodes, u)
    for j in range(4):
        records[k, j] = records[end - 1, j]
    for j in range(2):
        mids[k, j] = mids[end - 1, j]
    nodes[u, HELD] -= 1


@inner
def space_for(nodes: Any, records: Any, v: Any) -> Any:
    """How many records contracting `v` can ask of the pool at most."""
    begin, end = block(nodes, v)
    total = np.int64(0)
    for k in range(begin, end):
        # A block may move several times while it grows to count + degree; the sizes of those moves
        # double, so together they stay below four times the last.
        total += 4 * (nodes[records[k, NEIGHBOUR], HELD] + end - begin + 2)
    return total


# ---------------------------------------------------------------- witnesses


@inner
def witness(
    nodes: Any,
    records: Any,
    touched: Any,
    heap: Any,
    bits: Any,
    u: Any,
    v: Any,
    limit: Any,
    missing: Any,
    pops: Any,
) -> Any:
    """Look for paths from `u` past `v` that make shortcuts needless.

    NEED of a node holds what the path over `v` costs for each of the `missing` targets; it is set
    back to -1 where something as cheap is found. The search ends when none is missing, when
    everything up to `limit` is settled, or after `pops` settled nodes. Returns how many are still
    missing.
    """
    mask = (np.int64(1) << bits) - 1
    nodes[u, COST] = 0
    nodes[v, COST] = -1
    touched[0] = u
    touched[1] = v
    number = 2
    heap[0] = u
    size = np.int64(1)
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
        if reached > nodes[node, COST]:
            continue
        pops -= 1
        begin, end = block(nodes, node)
        for k in range(begin, end):
            x = records[k, NEIGHBOUR]
            through = reached + records[k, TO]
            known = nodes[x, COST]
            if through <= limit and through < known:
                if known == UNTOUCHED:
                    touched[number] = x
                    number += 1
                nodes[x, COST] = through
                if through <= nodes[x, NEED]:
                    nodes[x, NEED] = -1
                    missing -= 1
                push(heap, size, (through << bits) | x)
                size += 1
    if not complete and missing > 0:
        missing = look_back(nodes, records, v, missing)
    for i in range(number):
        nodes[touched[i], COST] = UNTOUCHED
    return missing


@inner
def look_back(nodes: Any, records: Any, v: Any, missing: Any) -> Any:
    """One step back from every missing target: it may be next to what the search has touched."""
    begin, end = block(nodes, v)
    for j in range(begin, end):
        x = records[j, NEIGHBOUR]
        need = np.int64(nodes[x, NEED])
        if need < 0:
            continue
        first, last = block(nodes, x)
        for k in range(first, last):
            node = records[k, NEIGHBOUR]
            cost = np.int64(nodes[node, COST])
            back = records[k, FROM]
            if node != v and cost != UNTOUCHED and back != NONE and cost + back <= need:
                nodes[x, NEED] = -1
                missing -= 1
                break
    return missing


@inner
def examine(core: Any, heap: Any, bits: Any, v: Any, pops: Any, symmetric: Any, commit: Any) -> Any:
    """Which shortcuts contracting `v` asks for; adds them when `commit`.

    Returns (shortcuts, arcs of the graph that they stand for), -1 for the first when a shortcut is
    too long for 32 bits.
    """
    nodes, records, touched = core.nodes, core.records, core.touched
    begin, end = block(nodes, v)
    added, hops = 0, 0
    for i in range(begin, end):
        into = np.int64(records[i, FROM])
        if into == NONE:
            continue
        u = np.int64(records[i, NEIGHBOUR])
        # In a symmetric graph a witness serves both ways: half of the pairs are enough.
        start = i + 1 if symmetric else begin
        limit, missing = np.int64(-1), np.int64(0)
        for j in range(start, end):
            if j == i or records[j, TO] == NONE:
                continue
            through = min(into + records[j, TO], NONE - 1)
            nodes[records[j, NEIGHBOUR], NEED] = through
            limit = max(limit, through)
            missing += 1
        if missing > 0:
            missing = witness(nodes, records, touched, heap, bits, u, v, limit, missing, pops)
        if missing == 0:
            continue
        for j in range(start, end):
            x = np.int64(records[j, NEIGHBOUR])
            if nodes[x, NEED] < 0:
                continue
            nodes[x, NEED] = -1
            added += 1
            span = min(np.int64(records[i, HOPS]) + records[j, HOPS], MOST_HOPS)
            hops += span
            if commit:
                through = into + records[j, TO]
                if through >= NONE:
                    added = -(1 << 40)
                    continue
                connect(core, u, x, through, v, span)
                if symmetric:
                    connect(core, x, u, through, v, span)
    if symmetric:
        added *= 2
        hops *= 2
    return added, hops


@inner
def importance(nodes: Any, records: Any, v: Any, added: Any, hops: Any) -> Any:
    """Priority of `v` that asks for `added` directed shortcuts.

    Levels keep the hierarchy flat and even; the two quotients keep it sparse.
    """
    removed, gone = 0, 0
    begin, end = block(nodes, v)
    for k in range(begin, end):
        for way in (TO, FROM):
            if records[k, way] < NONE:
                removed += 1
                gone += records[k, HOPS]
    value = 1 + PER_LEVEL * np.int64(nodes[v, LEVEL])
    if removed > 0:
        value += (1000 * added) // removed + (1000 * hops) // max(gone, 1)
    return value


@inner
def take_out(core: Any, v: Any) -> Any:
    """Freeze the block of `v` and forget it everywhere else."""
    nodes, records, state = core.nodes, core.records, core.state
    begin, end = block(nodes, v)
    above = nodes[v, LEVEL] + 1
    for k in range(begin, end):
        x = np.int64(records[k, NEIGHBOUR])
        forget(core, x, v)
        nodes[x, LEVEL] = max(nodes[x, LEVEL], above)
    state[CONTRACTED] += 1
    state[LIVE] -= 2 * (end - begin)


# ---------------------------------------------------------------- the driver


@entry
def contract(core: Core, queue: Queue, heap: Int64s, bits: int, rules: Rules, work: int) -> int:
    """Contract the least important node, again and again; come back after `work` steps.

    A step is one pair of neighbours looked at. A node whose neighbour goes away is not looked at
    again before it reaches the front of the queue, except where it lost more records than it
    gained: then it may have to come earlier.
    """
    nodes, records, state = core.nodes, core.records, core.state
    n = nodes.shape[0]
    mask = (np.int64(1) << bits) - 1
    while state[CONTRACTED] < n:
        if work <= 0:
            return PAUSED
        left = n - state[CONTRACTED]
        final = False
        if state[QUEUED] < n:
            v = state[QUEUED]
        elif state[WAITING] > 0:
            state[WAITING] -= 1
            v = np.int64(queue.waiting[state[WAITING]])
        else:
            v = queue.heap[0] & mask
            final = not queue.stale[v]
        begin, end = block(nodes, v)
        work -= 1 + (end - begin) * (end - begin)
        if final:
            if state[LIVE] > rules.dense * left and left > rules.dense:
                return TOO_DENSE
            if state[TOP] + space_for(nodes, records, v) > records.shape[0]:
                return NEED_SPACE
            for k in range(begin, end):
                queue.before[k - begin] = nodes[records[k, NEIGHBOUR], HELD]
        pops = rules.pops if final else rules.glances
        added, hops = examine(core, heap, bits, v, pops, rules.symmetric, final)
        if not final:
            key = (importance(nodes, records, v, added, hops) << bits) | v
            size, at = left, v
            if state[QUEUED] < n:
                size = v + 1
                state[QUEUED] += 1
            else:
                at = np.int64(queue.place[v])
            settle(queue.heap, queue.place, mask, size, at, key)
            queue.stale[v] = False
            queue.level[v] = nodes[v, LEVEL]
            continue
        if added < 0:
            return TOO_LONG
        take_out(core, v)
        if left > 1:
            settle(queue.heap, queue.place, mask, left - 1, np.int64(0), queue.heap[left - 1])
        for k in range(begin, end):
            x = records[k, NEIGHBOUR]
            raised = np.int64(max(nodes[v, LEVEL] + 1 - queue.level[x], 0))
            queue.level[x] += raised
            queue.stale[x] = True
            if nodes[x, HELD] - queue.before[k - begin] < rules.patience:
                queue.waiting[state[WAITING]] = x
                state[WAITING] += 1
            elif raised > 0:
                at = np.int64(queue.place[x])
                key = queue.heap[at] + ((PER_LEVEL * raised) << bits)
                settle(queue.heap, queue.place, mask, left - 1, at, key)
    return DONE
