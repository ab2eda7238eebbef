"""The nearest neighbours of each job.

Distance and number of a candidate make one integer, so that equal distances are ordered by number
and the k smallest are kept in one heap. Points are searched in a k-d tree (J. L. Bentley,
"Multidimensional binary search trees used for associative searching", Communications of the ACM 18,
1975), which clusters and places shared by many jobs do not slow down.
"""

# n jobs, k neighbours

from __future__ import annotations

import math
from typing import Any

import numpy as np

from routesolve._jit import kernel
from routesolve.solvers.ils._kernels.layout import (
    EARLIEST,
    LATEST,
    SERVICE,
    Floats,
    Int32s,
    Int64s,
    Ways,
)
from routesolve.solvers.ils._kernels.ways import entry

BITS = 24
"""For the number of a job; the rest is for its distance."""

FARTHEST = (1 << 38) - 1
LEAF = 12
WAITING = 0.2
"""Weight of a second of waiting between two jobs; one too late counts in full."""


@kernel(forceinline=True)
def offer(heap: Int64s, count: int, key: Any) -> int:
    """Keep the smallest keys, the largest of them first; returns how many there are."""
    k = heap.shape[0]
    if count < k:
        at = count
        while at and heap[(at - 1) >> 1] < key:
            heap[at] = heap[(at - 1) >> 1]
            at = (at - 1) >> 1
        heap[at] = key
        return count + 1
    if key >= heap[0]:
        return count
    at = 0
    while True:
        below = 2 * at + 1
        if below >= k:
            break
        if below + 1 < k and heap[below + 1] > heap[below]:
            below += 1
        if heap[below] <= key:
            break
        heap[at] = heap[below]
        at = below
    heap[at] = key
    return count


@kernel
def note(heap: Int64s, count: int, row: Int32s) -> None:
    """Write the kept numbers, nearest first."""
    kept = np.sort(heap[:count])
    for i in range(count):
        row[i] = kept[i] & ((1 << BITS) - 1)


@kernel(forceinline=True)
def late_or_waiting(job: Int64s, a: int, b: int, ride: Any) -> float:
    """Time lost when b follows a: waiting, and what is too late in full."""
    ready = job[a, SERVICE] + ride
    waiting = max(job[b, EARLIEST] - job[a, LATEST] - ready, 0)
    late = max(job[a, EARLIEST] + ready - job[b, LATEST], 0)
    return float(WAITING * waiting + late)


@kernel
def nearest_in_time(
    near: Int32s, out: Ways, times: Ways, same_back: bool, job: Int64s, pace: float, k: int
) -> Int32s:
    """(n + 1, k) of the neighbours given those that are nearest when waiting counts, too."""
    found = np.zeros((near.shape[0], k), np.int32)
    heap = np.empty(k, np.int64)
    for a in range(1, near.shape[0]):
        count = 0
        for i in range(near.shape[1]):
            b = near[a, i]
            if b == 0:
                break
            cost, ride = entry(out, a, b), entry(times, a, b)
            far = cost + pace * late_or_waiting(job, a, b, ride)
            if not same_back:
                cost, ride = entry(out, b, a), entry(times, b, a)
            far = min(far, cost + pace * late_or_waiting(job, b, a, ride))
            count = offer(heap, count, np.int64(min(far, float(FARTHEST))) << BITS | b)
        note(heap, count, found[a])
    return found


@kernel
def nearest_by_legs(
    out: Int32s, back: Int32s, times: Any, times_back: Any, job: Int64s, pace: float, k: int
) -> Int32s:
    """Neighbours (n + 1, k) by cost, the better way; with windows, waiting counts too."""
    n = out.shape[0] - 1
    near = np.zeros((n + 1, k), np.int32)
    heap = np.empty(k, np.int64)
    far = np.empty(n + 1)
    earliest, latest = job[:, EARLIEST].astype(np.float64), job[:, LATEST].astype(np.float64)
    service = job[:, SERVICE].astype(np.float64)
    for a in range(1, n + 1):
        if times is None:
            for b in range(1, n + 1):
                far[b] = min(out[a, b], back[a, b])
        else:
            # Apart from the choice of the k nearest, so that it is done eight at a time.
            for b in range(1, n + 1):
                ready = service[a] + times[a, b]
                waiting = max(earliest[b] - latest[a] - ready, 0.0)
                late = max(earliest[a] + ready - latest[b], 0.0)
                there = out[a, b] + pace * (WAITING * waiting + late)
                ready = service[b] + times_back[a, b]
                waiting = max(earliest[a] - latest[b] - ready, 0.0)
                late = max(earliest[b] + ready - latest[a], 0.0)
                far[b] = min(there, back[a, b] + pace * (WAITING * waiting + late))
        count = 0
        far[a] = math.inf
        bound = math.inf
        for b in range(1, n + 1):
            if far[b] < bound:
                key = np.int64(min(far[b], float(FARTHEST))) << BITS | b
                count = offer(heap, count, key)
                if count == k:
                    bound = float((heap[0] >> BITS) + 1)
        note(heap, count, near[a])
    return near


@kernel
def nearest_points(points: Floats, k: int) -> Int32s:
    """Neighbours (n + 1, k) by straight lines; row 0 of the points is the depot's."""
    n = points.shape[0] - 1
    near = np.zeros((n + 1, k), np.int32)
    order, begin, box = planted(points)
    x, y = np.empty(n), np.empty(n)
    for i in range(n):
        x[i], y[i] = points[order[i], 0], points[order[i], 1]
    wide, high = box[1, 1] - box[1, 0], box[1, 3] - box[1, 2]
    across = math.sqrt(wide * wide + high * high)
    grain = FARTHEST / across if across > 0.0 else 1.0
    leaves = (begin.shape[0] - 1) // 2
    heap = np.empty(k, np.int64)
    stack = np.empty(64, np.int64)
    for i in range(n):
        count, depth = 0, 1
        stack[0] = 1
        while depth:
            depth -= 1
            at = stack[depth]
            if count == k and int(gap(box, at, x[i], y[i]) * grain) >= heap[0] >> BITS:
                continue
            if at < leaves:
                left = gap(box, 2 * at, x[i], y[i])
                right = gap(box, 2 * at + 1, x[i], y[i])
                stack[depth] = 2 * at + 1 if left <= right else 2 * at
                stack[depth + 1] = 2 * at if left <= right else 2 * at + 1
                depth += 2
                continue
            for j in range(begin[at], begin[at + 1] if at + 1 < 2 * leaves else n):
                if j == i:
                    continue
                dx, dy = x[j] - x[i], y[j] - y[i]
                far = min(int(math.sqrt(dx * dx + dy * dy) * grain), FARTHEST)
                count = offer(heap, count, np.int64(far) << BITS | order[j])
        note(heap, count, near[order[i]])
    return near


@kernel(forceinline=True)
def gap(box: Floats, at: int, x: float, y: float) -> float:
    """Distance from a point to the box of a node of the tree."""
    dx = max(box[at, 0] - x, x - box[at, 1], 0.0)
    dy = max(box[at, 2] - y, y - box[at, 3], 0.0)
    return math.sqrt(dx * dx + dy * dy)


@kernel
def planted(points: Floats) -> tuple[Int64s, Int64s, Floats]:
    """A k-d tree: the jobs in order, where each node begins in it, and the boxes of the nodes.

    Node 1 is the root, 2 i and 2 i + 1 are below i; all leaves are equally deep.
    """
    n, leaves = points.shape[0] - 1, 1
    while leaves * LEAF < n:
        leaves *= 2
    order = np.arange(1, n + 1)
    begin = np.zeros(2 * leaves + 1, np.int64)
    end = np.zeros(2 * leaves + 1, np.int64)
    box = np.empty((2 * leaves, 4))
    end[1] = n
    for at in range(1, 2 * leaves):
        low, high = begin[at], end[at]
        mine = order[low:high]
        for axis in range(2):
            least, most = math.inf, -math.inf
            for i in range(mine.shape[0]):
                value = points[mine[i], axis]
                least, most = min(least, value), max(most, value)
            box[at, 2 * axis], box[at, 2 * axis + 1] = least, most
        if at >= leaves:
            continue
        axis = 0 if box[at, 1] - box[at, 0] >= box[at, 3] - box[at, 2] else 1
        along = np.empty(mine.shape[0])
        for i in range(mine.shape[0]):
            along[i] = points[mine[i], axis]
        order[low:high] = mine[np.argsort(along)]
        middle = (low + high) // 2
        begin[2 * at], end[2 * at] = low, middle
        begin[2 * at + 1], end[2 * at + 1] = middle, high
    return order, begin, box
