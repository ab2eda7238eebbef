"""Places of a stop: what the legs say of them before a route is driven, and rows with one more.

What is refused here, driving the route would refuse, too.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from routesolve._jit import inlined, inner
from routesolve.solvers.ils.rich._kernels.drive import LATE
from routesolve.solvers.ils.rich._kernels.layout import (
    AMOUNTS,
    BY_DISTANCE,
    BY_DRIVING,
    CAPACITY,
    COUNT,
    DEPOT,
    EARLIEST,
    ENDS,
    FASTEST,
    FROM,
    LATENESS,
    LATEST,
    LOADED,
    MAX_DISTANCE,
    MAX_DRIVING,
    MAX_DURATION,
    MAX_JOBS,
    OVERTIME,
    PAUSE,
    PAUSES,
    PLACE,
    PROFILE,
    RELOADS,
    RULES,
    SERVICE,
    SORT,
    SPEED,
    TASK,
    TIMED,
    TO,
    Floats,
    Int32s,
    Problem,
    Scratch,
    Whole,
)
from routesolve.solvers.ils.rich._kernels.routes import price_of

INF = math.inf
BLINK = 0.01  # chance to overlook a place


@inlined
def before(what: Int32s, kind: Floats, row: Int32s, r: Any, k: Any, i: Any) -> Any:
    """The place before position i of a route, over breaks; -1 = an open end."""
    for j in range(i - 1, -1, -1):
        if what[row[r, j], SORT] != PAUSE:
            return np.int64(what[row[r, j], PLACE])
    return np.int64(what[np.int64(kind[k, FROM]), PLACE])


@inlined
def behind(what: Int32s, kind: Floats, row: Int32s, r: Any, k: Any, i: Any, size: Any) -> Any:
    """The place behind position i of a route, over breaks; -1 = an open end."""
    for j in range(i, size):
        if what[row[r, j], SORT] != PAUSE:
            return np.int64(what[row[r, j], PLACE])
    # Of several ends any may be nearer: none counts.
    return np.int64(what[np.int64(kind[k, TO]), PLACE]) if kind[k, ENDS] <= 1 else np.int64(-1)


@inlined
def way(kind: Floats, travel: Floats, k: Any, a: Any, b: Any) -> Any:
    """Cost of the way between two places."""
    if a < 0 or b < 0:
        return 0.0
    profile = np.int64(kind[k, PROFILE])
    cost = travel[profile, 0, a, b] * kind[k, BY_DISTANCE]
    if kind[k, BY_DRIVING]:
        cost += travel[profile, 1, a, b] / kind[k, SPEED] * kind[k, BY_DRIVING]
    return cost


@inlined
def quickest(kind: Floats, travel: Floats, k: Any, a: Any, b: Any) -> Any:
    """Seconds that the way between two places takes at least."""
    if a < 0 or b < 0:
        return 0.0
    pace = 1.0 / (kind[k, SPEED] * kind[k, FASTEST])
    return travel[np.int64(kind[k, PROFILE]), 1, a, b] * pace


@inlined
def departure(
    stop: Floats, what: Int32s, kind: Floats, travel: Floats, k: Any, t: float, a: Any, x: Any
) -> Any:
    """When somebody who leaves place a at t has served stop x, at the earliest."""
    t += quickest(kind, travel, k, a, np.int64(what[x, PLACE]))
    if what[x, COUNT]:
        t = max(t, stop[x, EARLIEST])
    return t + stop[x, SERVICE]


@inlined
def too_late(stop: Floats, what: Int32s, x: Any, t: float) -> Any:
    """Whether stop x, served at t, was begun after its window."""
    if what[x, COUNT] == 0 or stop[x, LATENESS] >= 0.0:
        return False
    return t - stop[x, SERVICE] > stop[x, LATEST] + LATE


@inlined
def in_time(
    stop: Floats,
    what: Int32s,
    kind: Floats,
    travel: Floats,
    depart: Floats,
    latest: Floats,
    k: Any,
    r: Any,
    i: Any,
    x: Any,
    a: Any,
    b: Any,
) -> Any:
    """Whether stop x can be in time at position i, as far as the times kept of the route say.

    Without the places `a` before and `b` behind it (-1), ways take no time.
    """
    if not np.int64(kind[k, RULES]) & TIMED:
        return True
    t = departure(stop, what, kind, travel, k, depart[r, i], a, x)
    if too_late(stop, what, x, t):
        return False
    return t + quickest(kind, travel, k, np.int64(what[x, PLACE]), b) <= latest[r, i] + LATE


@inlined
def longest_detour(kind: Floats, cost: Floats, k: Any, r: Any) -> Any:
    """What a detour may cost lest a route becomes too long; infinite where costs do not tell."""
    if kind[k, MAX_DISTANCE] == INF or kind[k, BY_DRIVING]:
        return INF
    return (kind[k, MAX_DISTANCE] + 2.0 * LATE - cost[r, 2]) * kind[k, BY_DISTANCE] + LATE


@inlined
def detour(kind: Floats, travel: Floats, k: Any, a: Any, b: Any, c: Any) -> Any:
    """Seconds that the way from a to c over b takes longer at least."""
    more = quickest(kind, travel, k, a, b) + quickest(kind, travel, k, b, c)
    return more - quickest(kind, travel, k, a, c)


@inlined
def brief_enough(kind: Floats, cost: Floats, k: Any, r: Any, driving: float, service: float) -> Any:
    """Whether a route may drive and serve for so many seconds more."""
    longest = kind[k, MAX_DURATION] + kind[k, OVERTIME] + 2.0 * LATE
    busy = cost[r, 3] + driving + service <= longest
    return busy and cost[r, 4] + driving <= kind[k, MAX_DRIVING] + 2.0 * LATE


@inlined
def may_have(what: Int32s, kind: Floats, row: Int32s, r: Any, k: Any, size: Any, more: Any) -> Any:
    """Whether a route may have so many more visits."""
    if size + more <= kind[k, MAX_JOBS]:
        return True
    visits = more
    for i in range(size):
        visits += what[row[r, i], TASK] >= 0
    return visits <= kind[k, MAX_JOBS]


@inlined
def has_room(stop: Floats, kind: Floats, load: Floats, r: Any, k: Any, x: Any) -> Any:
    """Whether what is brought fits, where there is one trip only."""
    fits = True
    if kind[k, RELOADS] == 0.0 and np.int64(kind[k, RULES]) & LOADED:
        for c in range(kind.shape[1] - CAPACITY):
            most = kind[k, CAPACITY + c]
            if load[r, c] + stop[x, AMOUNTS + c] > most + 1e-9 * max(1.0, most):
                fits = False
    return fits


@inlined
def trip_starts(what: Int32s, row: Int32s, r: Any, i: Any) -> Any:
    """Where the trip begins to which position i of a route belongs."""
    while i > 0 and what[row[r, i - 1], SORT] != DEPOT:
        i -= 1
    return i


@inlined
def trip_ends(what: Int32s, row: Int32s, r: Any, i: Any, size: Any) -> Any:
    """Where the trip ends to which position i of a route belongs."""
    while i < size and what[row[r, i], SORT] != DEPOT:
        i += 1
    return i


@inner
def trip_has_room(
    stop: Floats,
    what: Int32s,
    kind: Floats,
    row: Int32s,
    r: Whole,
    k: Whole,
    i: Whole,
    size: Whole,
    x: Whole,
) -> bool:
    """Whether a job fits at position i of a route of several trips, as far as loads tell."""
    if not np.int64(kind[k, RULES]) & LOADED:
        return True
    d = kind.shape[1] - CAPACITY
    first, last = trip_starts(what, row, r, i), trip_ends(what, row, r, i, size)
    for c in range(d):
        most = kind[k, CAPACITY + c]
        most += 1e-9 * max(1.0, most) - stop[x, AMOUNTS + c]
        load = 0.0
        for j in range(first, last):
            if what[row[r, j], TASK] >= 0:
                load += stop[row[r, j], AMOUNTS + c]
        for j in range(first, last + 1):
            if j == i:
                if load > most:
                    return False
                most -= stop[x, AMOUNTS + d + c]
            if load > most:
                return False
            if j < last and what[row[r, j], TASK] >= 0:
                load += stop[row[r, j], AMOUNTS + d + c]
    return True


@inner
def trips_fit(
    stop: Floats, what: Int32s, kind: Floats, row: Int32s, r: Whole, k: Whole, i: Whole, size: Whole
) -> bool:
    """Whether the trips before and behind the reload at position i may be one, as totals tell."""
    if not np.int64(kind[k, RULES]) & LOADED:
        return True
    d = kind.shape[1] - CAPACITY
    first, last = trip_starts(what, row, r, i), trip_ends(what, row, r, i + 1, size)
    for c in range(d):
        most = kind[k, CAPACITY + c]
        most += 1e-9 * max(1.0, most)
        brought = taken = 0.0
        for j in range(first, last):
            if what[row[r, j], TASK] >= 0:
                brought += stop[row[r, j], AMOUNTS + c]
                taken += stop[row[r, j], AMOUNTS + c] + stop[row[r, j], AMOUNTS + d + c]
        if brought > most or taken > most:
            return False
    return True


@inlined
def with_one(row: Int32s, size: Whole, i: Whole, x: Whole, out: Int32s) -> Any:
    """A row with x at position i."""
    for j in range(i):
        out[j] = row[j]
    out[i] = x
    for j in range(i, size):
        out[j + 1] = row[j]
    return size + 1


@inlined
def with_pair(row: Int32s, size: Whole, i: Whole, x: Whole, j: Whole, y: Whole, out: Int32s) -> Any:
    """A row with x before position i and y before position j >= i."""
    for h in range(i):
        out[h] = row[h]
    out[i] = x
    for h in range(i, j):
        out[h + 1] = row[h]
    out[j + 1] = y
    for h in range(j, size):
        out[h + 2] = row[h]
    return size + 2


@inner
def set_pauses(
    problem: Problem,
    scratch: Scratch,
    row: Int32s,
    size: Whole,
    k: Whole,
    least: Whole,
    given: float,
) -> Any:
    """Give the breaks of a row their best places, one after the other; returns the cost.

    The row is changed where that costs less than `given`. Breaks before position `least` stay.
    """
    what, other = problem.what, scratch.other
    count = np.int64(problem.kind[k, PAUSES])
    stops = 0
    for i in range(size):
        if what[row[i], SORT] == PAUSE and i >= least:
            continue
        other[stops] = row[i]
        stops += 1
    lowest, cost = least, INF
    for p in range(count):
        x = problem.choice[2, k, p]
        taken = False
        for i in range(least):
            taken = taken or row[i] == x
        if taken:
            continue
        best, at = INF, -1
        for i in range(lowest, stops + 1):
            for j in range(stops, i, -1):
                other[j] = other[j - 1]
            other[i] = x
            price, _ = price_of(problem, scratch, other, stops + 1, k)
            if price < best:
                best, at = price, i
            for j in range(i, stops):
                other[j] = other[j + 1]
        if at < 0:
            return INF
        for j in range(stops, at, -1):
            other[j] = other[j - 1]
        other[at] = x
        stops += 1
        lowest, cost = at + 1, best
    if cost < given and stops == size:
        for i in range(size):
            row[i] = other[i]
    return cost


@inner
def priced(problem: Problem, scratch: Scratch, size: Whole, k: Whole, least: Whole) -> Any:
    """Cost of the row on trial; where it breaks a rule, with the breaks placed anew."""
    cost, _ = price_of(problem, scratch, scratch.trial, size, k)
    if cost == INF and problem.kind[k, PAUSES]:
        cost = set_pauses(problem, scratch, scratch.trial, size, k, least, INF)
    return cost


@inlined
def note(scratch: Scratch, found: Floats, price: float, r: Whole, k: Whole, size: Whole) -> None:
    """Keep the row on trial as the best so far."""
    found[0], found[1], found[2], found[3] = price, r, k, size
    for j in range(size):
        scratch.best[j] = scratch.trial[j]
