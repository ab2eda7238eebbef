"""Slow twins of the kernels: plain Python that a reader can check by eye."""

from __future__ import annotations

import heapq
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
