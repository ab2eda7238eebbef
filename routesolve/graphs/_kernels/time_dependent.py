"""Earliest arrival on a network whose travel times change over the day.

K. L. Cooke, E. Halsey, "The shortest route through a network with time-dependent internodal transit
times", J. Math. Analysis and Applications 14 (1966): Dijkstra's algorithm is right as long as who
leaves later does not arrive earlier (FIFO).

Axes: n nodes, m arcs, q profiles, x breakpoints of all profiles, s sources, t targets.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from routesolve._jit import kernel
from routesolve.graphs._kernels.dijkstra import pop_pair, push_pair


# starts (q + 1), times (x), values (x)
@kernel
def arrival(
    starts: Any, times: Any, values: Any, period: Any, steps: Any, profile: Any, free: Any, at: Any
) -> Any:
    """When an arc that takes `free` seconds on an empty road is left, entered at time `at`.

    `steps` true: `values` are speeds as multiples of the free speed, each from its time to the
    next (S. Ichoua, M. Gendreau, J.-Y. Potvin, EJOR 144, 2003); false: `values` are travel times as
    multiples of the free one, linear in between. Profile -1 = always free.
    """
    if profile < 0 or free <= 0.0:
        return at + free
    begin, end = starts[profile], starts[profile + 1]
    clock = at - np.floor(at / period) * period
    k = begin + np.searchsorted(times[begin:end], clock, side="right") - 1
    if not steps:
        t0 = times[k] if k >= begin else times[end - 1] - period
        v0 = values[k] if k >= begin else values[end - 1]
        t1 = times[k + 1] if k + 1 < end else times[begin] + period
        v1 = values[k + 1] if k + 1 < end else values[begin]
        return at + free * (v0 + (v1 - v0) * ((clock - t0) / (t1 - t0)))
    if k < begin:  # before the first time of the day the last speed of the day before holds
        k = end - 1
        clock += period
    left = free
    now = at
    while True:
        until = (times[k + 1] if k + 1 < end else times[begin] + period) - clock
        done = until * values[k]
        if done >= left:
            return now + left / values[k]
        left -= done
        now += until
        k += 1
        if k == end:
            k = begin
        clock = times[k]


# indptr (n + 1), heads (m), free (m), other (m), profile (m), targets (t), wanted (n) zeros int8,
# at (n), along (n), entry (n), first, second, nodes (m + 1)
@kernel
def earliest(
    indptr: Any,
    heads: Any,
    free: Any,
    other: Any,
    profile: Any,
    starts: Any,
    times: Any,
    values: Any,
    period: Any,
    steps: Any,
    source: Any,
    departure: Any,
    targets: Any,
    wanted: Any,
    at: Any,
    along: Any,
    entry: Any,
    first: Any,
    second: Any,
    nodes: Any,
) -> Any:
    """Earliest arrivals from one source at one time, until all `targets` (if any) are final.

    ``inf`` = not reached. Among arrivals at the same time the one with the least `along` counts.
    """
    at[:] = np.inf
    along[:] = np.inf
    entry[:] = -1
    missing = 0
    for v in targets:
        if wanted[v] == 0:
            wanted[v] = 1
            missing += 1
    if missing == 0:
        missing = -1
    at[source] = departure
    along[source] = 0.0
    push_pair(first, second, nodes, 0, at[source], along[source], source)
    size = 1
    while size > 0 and missing != 0:
        u = nodes[0]
        now, beside = first[0], second[0]
        size -= 1
        pop_pair(first, second, nodes, size)
        if now > at[u] or beside > along[u]:
            continue
        if wanted[u]:
            missing -= 1
        for arc in range(indptr[u], indptr[u + 1]):
            v = heads[arc]
            then = arrival(starts, times, values, period, steps, profile[arc], free[arc], now)
            beyond = beside + other[arc]
            if then > at[v] or (then == at[v] and beyond >= along[v]):
                continue
            at[v] = then
            along[v] = beyond
            entry[v] = arc
            push_pair(first, second, nodes, size, then, beyond, v)
            size += 1
    for v in targets:
        wanted[v] = 0


# departures (b), sources (s), targets (t), durations, distances (b, s, t)
@kernel
def tables(
    indptr: Any,
    heads: Any,
    free: Any,
    other: Any,
    profile: Any,
    starts: Any,
    times: Any,
    values: Any,
    period: Any,
    steps: Any,
    departures: Any,
    sources: Any,
    targets: Any,
    wanted: Any,
    at: Any,
    along: Any,
    entry: Any,
    first: Any,
    second: Any,
    nodes: Any,
    durations: Any,
    distances: Any,
) -> Any:
    """Travel times and distances for every departure, source and target."""
    for band in range(departures.size):
        for row in range(sources.size):
            earliest(
                indptr,
                heads,
                free,
                other,
                profile,
                starts,
                times,
                values,
                period,
                steps,
                sources[row],
                departures[band],
                targets,
                wanted,
                at,
                along,
                entry,
                first,
                second,
                nodes,
            )
            for column in range(targets.size):
                v = targets[column]
                durations[band, row, column] = at[v] - departures[band]
                distances[band, row, column] = along[v]
