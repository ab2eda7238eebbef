"""Slow twins of the kernels: plain Python that a reader can check by eye."""

from __future__ import annotations

import heapq
from itertools import pairwise
from typing import NamedTuple


class Arc(NamedTuple):
    """One arc with both weights, in integer steps."""

    tail: int
    head: int
    duration: int
    distance: int


def dijkstra(n: int, arcs: list[Arc], source: int) -> list[int]:
    """Least durations from `source`; -1 = unreachable."""
    leaving: list[list[Arc]] = [[] for _ in range(n)]
    for arc in arcs:
        leaving[arc.tail].append(arc)
    best = [-1] * n
    heap = [(0, source)]
    while heap:
        cost, node = heapq.heappop(heap)
        if best[node] >= 0:
            continue
        best[node] = cost
        for arc in leaving[node]:
            if best[arc.head] < 0:
                heapq.heappush(heap, (cost + arc.duration, arc.head))
    return best


def distances_of_fastest(n: int, arcs: list[Arc], source: int) -> list[set[int]]:
    """For every node, the distances of all fastest simple paths to it (small graphs only)."""
    best = dijkstra(n, arcs, source)
    found: list[set[int]] = [set() for _ in range(n)]

    def extend(node: int, duration: int, distance: int, seen: frozenset[int]) -> None:
        found[node].add(distance)
        for arc in arcs:
            through = duration + arc.duration
            if arc.tail == node and arc.head not in seen and through == best[arc.head]:
                extend(arc.head, through, distance + arc.distance, seen | {arc.head})

    extend(source, 0, 0, frozenset({source}))
    return found


def simple_paths(arcs: list[Arc], source: int, target: int) -> list[tuple[int, int, list[int]]]:
    """All paths without a repeated node as (duration, distance, arc numbers), best first."""
    found: list[tuple[int, int, list[int]]] = []

    def extend(node: int, duration: int, distance: int, way: list[int], seen: set[int]) -> None:
        if node == target:
            found.append((duration, distance, way))
            return
        for number, arc in enumerate(arcs):
            if arc.tail == node and arc.head not in seen:
                extend(
                    arc.head,
                    duration + arc.duration,
                    distance + arc.distance,
                    [*way, number],
                    seen | {arc.head},
                )

    extend(source, 0, 0, [], {source})
    return sorted(found)


def hops(n: int, arcs: list[Arc], sources: list[int]) -> list[int]:
    """Least number of arcs from the nearest source; -1 = unreachable."""
    return dijkstra_from(n, [Arc(a.tail, a.head, 1, 0) for a in arcs], sources)


def dijkstra_from(n: int, arcs: list[Arc], sources: list[int]) -> list[int]:
    """Least durations from the nearest of several sources; -1 = unreachable."""
    rows = [dijkstra(n, arcs, source) for source in sources]
    reached = [[row[v] for row in rows if row[v] >= 0] for v in range(n)]
    return [min(costs) if costs else -1 for costs in reached]


def speed_at(times: list[float], speeds: list[float], clock: float, period: float) -> float:
    """The speed that holds at a time: that of the last change before it."""
    clock %= period
    earlier = [speed for time, speed in zip(times, speeds, strict=True) if time <= clock]
    return earlier[-1] if earlier else speeds[-1]


def drive(
    times: list[float], speeds: list[float], free: float, start: float, period: float
) -> float:
    """When an arc is left whose speed changes on the way: from one change to the next."""
    now, left = start, free
    while True:
        whole = now // period * period
        changes = [whole + t for t in times] + [whole + period + t for t in times]
        until = min(change for change in changes if change > now)
        speed = speed_at(times, speeds, (now + until) / 2, period)  # clear of both edges
        if (until - now) * speed >= left:
            return now + left / speed
        left -= (until - now) * speed
        now = until


def interpolated(times: list[float], values: list[float], clock: float, period: float) -> float:
    """A profile that is linear between its points and repeats."""
    clock %= period
    points = list(zip(times, values, strict=True))
    points = [(t - period, v) for t, v in points] + points + [(t + period, v) for t, v in points]
    for (t0, v0), (t1, v1) in pairwise(points):
        if t0 <= clock <= t1:
            return v0 + (v1 - v0) * (clock - t0) / (t1 - t0)
    raise AssertionError


def chains(ends: list[tuple[int, int]], kept: set[int]) -> list[list[int]]:
    """Segments joined end to end until a kept node; half 2 k runs along segment k, 2 k + 1 back."""
    leaving: dict[int, list[int]] = {}
    for k, (u, v) in enumerate(ends):
        leaving.setdefault(u, []).append(2 * k)
        leaving.setdefault(v, []).append(2 * k + 1)

    def head(half: int) -> int:
        return ends[half // 2][0 if half % 2 else 1]

    found: list[list[int]] = []
    seen: set[int] = set()
    kept = set(kept)
    while True:
        starts = [h for v in sorted(kept) for h in leaving.get(v, []) if h // 2 not in seen]
        if not starts:
            rest = [v for v in sorted(leaving) if leaving[v][0] // 2 not in seen]
            if not rest:
                return found
            kept.add(rest[0])
            continue
        chain = [starts[0]]
        seen.add(starts[0] // 2)
        while head(chain[-1]) not in kept:
            (onward,) = [h for h in leaving[head(chain[-1])] if h != chain[-1] ^ 1]
            chain.append(onward)
            seen.add(onward // 2)
        found.append(chain)


def turn_dijkstra(
    n: int,
    arcs: list[Arc],
    penalties: dict[tuple[int, int], int],
    bans: list[tuple[int, ...]],
    source: int,
) -> list[int]:
    """Least durations from `source` when turns count; -1 = unreachable.

    `penalties` lists the allowed turns (arc, next arc); a state is all arcs driven so far, as far
    back as the longest ban looks.
    """
    memory = max((len(ban) for ban in bans), default=1)
    best = [-1] * n
    best[source] = 0
    heap: list[tuple[int, tuple[int, ...]]] = [
        (arc.duration, (number,)) for number, arc in enumerate(arcs) if arc.tail == source
    ]
    heapq.heapify(heap)
    settled: set[tuple[int, ...]] = set()
    while heap:
        cost, past = heapq.heappop(heap)
        if past in settled:
            continue
        settled.add(past)
        node = arcs[past[-1]].head
        if best[node] < 0 or cost < best[node]:
            best[node] = cost
        for number, arc in enumerate(arcs):
            penalty = penalties.get((past[-1], number))
            longer = (*past, number)
            if penalty is None or any(longer[-len(ban) :] == ban for ban in bans):
                continue
            heapq.heappush(heap, (cost + penalty + arc.duration, longer[-memory:]))
    return best


def best_hub(up: dict[int, int], down: dict[int, int]) -> int:
    """Least sum over the hubs that two labels share; -1 = none."""
    return min((up[hub] + down[hub] for hub in up.keys() & down.keys()), default=-1)


def contract(n: int, arcs: list[Arc], order: list[int]) -> list[Arc]:
    """All arcs of the hierarchy of `order`, with a shortcut for every pair that needs one."""
    kept = {(a.tail, a.head): a.duration for a in sorted(arcs, key=lambda a: -a.duration)}
    left = set(range(n))
    for middle in order:
        left.discard(middle)
        around = [Arc(t, h, w, 0) for (t, h), w in kept.items() if t in left and h in left]
        for tail in left:
            best = dijkstra(n, around, tail)
            for head in left - {tail}:
                if (tail, middle) in kept and (middle, head) in kept:
                    through = kept[tail, middle] + kept[middle, head]
                    if best[head] < 0 or through < best[head]:
                        kept[tail, head] = through
    return [Arc(t, h, w, 0) for (t, h), w in kept.items() if t != h]
