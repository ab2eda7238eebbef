"""Moves of the local search: the routes they leave, and what limits say of them.

EXCHANGE: jobs a .. b of route r (turned or not) and what stands between c and d in route s change
places. TAILS: legs a -> b of r and c -> d of s become a -> d and c -> b. JOINED_ENDS: they become
a -> c and b -> d, with parts driven the other way. TURN: a .. b is driven the other way.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from routesolve._jit import inlined, lean
from routesolve.solvers.ils._kernels.layout import (
    AFTER,
    ALLOWED,
    AMOUNTS,
    BEFORE,
    BY_EXCESS,
    BY_WARP,
    EARLIEST,
    END,
    ENTRY,
    EXCESS,
    FIRST,
    HOURS,
    LAST,
    LATEST,
    LEFT,
    LEG,
    LOADS,
    MIXED,
    ROUTE,
    ROW_A,
    ROW_B,
    SERVICE,
    SIZE,
    START,
    USING,
    WARP,
    Int32s,
    Int64s,
    Ways,
    Whole,
)
from routesolve.solvers.ils._kernels.routes import (
    ENDLESS,
    capacity,
    count_vehicle,
    home,
    leg,
    over,
    renew_ends,
    renew_starts,
)
from routesolve.solvers.ils._kernels.ways import entry, span, sums

EXCHANGE, TAILS, TURN, JOINED_ENDS = range(4)
FORBIDDEN = 1e18


@lean
def spell(node: Int32s, row: Int32s, k: Whole, x: Whole, until: Whole, way: Whole) -> Any:
    """Write the jobs from x to before `until`, along AFTER or BEFORE; returns the new length."""
    while x != until:
        row[k] = x
        k += 1
        x = node[x, way]
    return k


@lean
def spell_segment(node: Int32s, row: Int32s, k: Whole, a: Whole, last: Whole, turned: bool) -> Any:
    """Write the jobs a .. last, or last .. a when turned; returns the new length."""
    if turned:
        return spell(node, row, k, last, node[a, BEFORE], BEFORE)
    return spell(node, row, k, a, node[last, AFTER], AFTER)


@lean
def spell_exchange(
    node: Int32s,
    route: Int64s,
    lists: Int32s,
    r: Whole,
    s: Whole,
    a: Whole,
    last: Whole,
    low: Whole,
    high: Whole,
    turned: bool,
) -> Any:
    """Write the routes when a .. last of r changes places with those between low and high in s."""
    one, two = lists[ROW_A], lists[ROW_B]
    first_b = node[low, AFTER] if low else route[s, FIRST]
    if r != s:
        k = spell(node, one, 0, route[r, FIRST], a, AFTER)
        k = spell(node, one, k, first_b, high, AFTER)
        k = spell(node, one, k, node[last, AFTER], 0, AFTER)
        m = spell(node, two, 0, route[s, FIRST], first_b, AFTER)
        m = spell_segment(node, two, m, a, last, turned)
        m = spell(node, two, m, high, 0, AFTER)
        return k, m
    k, before, x = 0, 0, route[r, FIRST]
    while True:
        if before == low:
            k = spell_segment(node, one, k, a, last, turned)
            before, x = -1, high
        elif x == 0:
            return k, -1
        elif x == a:
            k = spell(node, one, k, first_b, high, AFTER)
            before, x = last, node[last, AFTER]
        else:
            one[k] = x
            k += 1
            before, x = x, node[x, AFTER]


@lean
def spell_move(
    node: Int32s,
    route: Int64s,
    lists: Int32s,
    kind: Whole,
    a: Whole,
    b: Whole,
    c: Whole,
    d: Whole,
    r: Whole,
    s: Whole,
    turned: bool,
) -> Any:
    """Write the routes r and s after a move; returns their lengths, -1 = only r changes."""
    one, two = lists[ROW_A], lists[ROW_B]
    if kind == EXCHANGE:
        return spell_exchange(node, route, lists, r, s, a, b, c, d, turned)
    if kind == TAILS:  # legs a -> b of r and c -> d of s become a -> d and c -> b
        k = spell(node, one, 0, route[r, FIRST], b, AFTER)
        k = spell(node, one, k, d, 0, AFTER)
        m = spell(node, two, 0, route[s, FIRST], d, AFTER)
        m = spell(node, two, m, b, 0, AFTER)
        return k, m
    if kind == JOINED_ENDS:  # a -> b and c -> d become a -> c and b -> d
        k = spell(node, one, 0, route[r, FIRST], b, AFTER)
        k = spell(node, one, k, c, 0, BEFORE)
        m = spell(node, two, 0, route[r, LAST], a, BEFORE) if b else 0
        m = spell(node, two, m, d, 0, AFTER)
        return k, m
    k = spell(node, one, 0, route[r, FIRST], a, AFTER)
    k = spell_segment(node, one, k, a, b, True)
    k = spell(node, one, k, node[b, AFTER], 0, AFTER)
    return k, -1


@lean
def keeps_spans(
    kinds: Any, spans: Any, job: Int64s, limit: Int64s, h: Whole, row: Int32s, size: Whole
) -> bool:
    """Whether a row of jobs is a route that keeps the limits of sums along legs."""
    loads = limit.shape[0] - sums(spans)
    for q in range(sums(spans)):
        a, total = h, np.int64(0)
        for k in range(size):
            b = row[k]
            total += job[b, AMOUNTS + loads + q] + span(spans, q, a, b)
            a = b
        if size and total + span(spans, q, a, h) > capacity(kinds, job, limit, h, loads + q):
            return False
    return True


@lean
def warp_of(times: Any, job: Int64s, h: Whole, row: Int32s, size: Whole) -> Any:
    """Time warp of a row of jobs."""
    t, a, warp = job[h, EARLIEST] + job[h, SERVICE], h, np.int64(0)
    for k in range(size):
        b = row[k]
        t = max(t + entry(times, a, b), job[b, EARLIEST])
        if t > job[b, LATEST]:
            warp += t - job[b, LATEST]
            t = job[b, LATEST]
        t += job[b, SERVICE]
        a = b
    if size:
        warp += max(t + entry(times, a, h) - job[h, LATEST], 0)
    return warp


@lean
def keeps_hours(times: Any, job: Int64s, h: Whole, row: Int32s, size: Whole) -> Any:
    """Whether a row of jobs, in time for all windows, is no longer than a route may last."""
    busy, latest = job[h, SERVICE], job[h, LATEST]
    t, a = job[h, EARLIEST] + busy, h
    for k in range(size):
        b = np.int64(row[k])
        ride = entry(times, a, b)
        busy += ride
        t = max(t + ride, job[b, EARLIEST]) + job[b, SERVICE]
        latest = min(latest, job[b, LATEST] - busy)
        busy += job[b, SERVICE]
        a = b
    if size == 0:
        return True
    ride = entry(times, a, h)
    busy += ride
    latest = min(latest, job[h, LATEST] - busy)
    return max(busy, t + ride - latest) <= job[h, HOURS]


@lean
def keeps_board(kinds: Any, job: Int64s, limit: Int64s, h: Whole, row: Int32s, size: Whole) -> bool:
    """Whether what is on board fits behind every job of a row; see `routes.on_board`."""
    m = job[0, MIXED]
    for i in range(AMOUNTS, AMOUNTS + m):
        most, load = capacity(kinds, job, limit, h, i - AMOUNTS), np.int64(0)
        for k in range(size):
            load += job[row[k], i]
        for k in range(size):
            load += job[row[k], i + m] - job[row[k], i]
            if load > most:
                return False
    return True


@lean
def cost_of(
    out: Ways,
    kinds: Any,
    job: Int64s,
    h: Whole,
    row: Int32s,
    size: Whole,
) -> Any:
    """Cost of a row of jobs as a route of one kind, -1 when it may not serve one of them."""
    if size == 0:
        return np.int64(0)
    a, total, allowed = np.int64(0), np.int64(job[h, USING]), job[h, ALLOWED]
    for k in range(size):
        b = np.int64(row[k])
        allowed &= job[b, ALLOWED]
        total += leg(out, kinds, h, a, b)
        a = b
    if allowed == 0:
        return np.int64(-1)
    return total + leg(out, kinds, h, a, 0)


@lean
def rewrite(
    out: Ways,
    kinds: Any,
    times: Any,
    soft: Any,
    spans: Any,
    job: Int64s,
    limit: Int64s,
    node: Int32s,
    route: Int64s,
    num: Int64s,
    r: Whole,
    row: Int32s,
    size: Whole,
) -> None:
    """Let a route serve a row of jobs; it has been written down before."""
    width, h = limit.shape[0], home(kinds, route, r)
    loads = width - sums(spans)
    if (route[r, SIZE] == 0) != (size == 0):
        count_vehicle(kinds, node, num, h, 1 if size else -1)
    for i in range(LOADS, LOADS + width):
        route[r, i] = 0
    a = 0
    route[r, FIRST] = row[0] if size else 0
    for k in range(size):
        b = row[k]
        there = leg(out, kinds, h, a, b)
        if a:
            node[a, LEG] = there
            node[a, AFTER] = b
        else:
            route[r, ENTRY] = there
        node[b, BEFORE] = a
        node[b, ROUTE] = r
        for i in range(width):
            route[r, LOADS + i] += job[b, AMOUNTS + i]
        if spans is not None:
            for q in range(sums(spans)):
                route[r, LOADS + loads + q] += span(spans, q, a if a else h, b)
        a = b
    if size:
        node[a, AFTER] = 0
        node[a, LEG] = leg(out, kinds, h, a, 0)
        if spans is not None:
            for q in range(sums(spans)):
                route[r, LOADS + loads + q] += span(spans, q, a, h)
    else:
        route[r, ENTRY] = 0
    route[r, LAST] = a
    route[r, SIZE] = size
    if times is not None and size:
        renew_starts(kinds, times, soft, job, node, route, r, 0, 0)
        renew_ends(kinds, times, soft, job, node, route, r, 0, 0)


@inlined
def warp_through(
    times: Any,
    soft: Any,
    job: Int64s,
    node: Int32s,
    h: Whole,
    a: Whole,
    first: Whole,
    stop: Whole,
    way: Whole,
    to: Whole,
) -> Any:
    """Time warp behind a: jobs from `first` to before `stop` along `way`, then all from `to` on.

    The route has the ends h.
    """
    t = np.int64(node[a, START]) + job[a, SERVICE] if a else job[h, EARLIEST] + job[h, SERVICE]
    x, warp = first, np.int64(0)
    while x != stop:
        t = max(t + entry(times, a if a else h, x), job[x, EARLIEST])
        late = t - job[x, LATEST]
        if late > 0:
            if soft is None:
                return late
            warp += late
            t = job[x, LATEST]
        t += job[x, SERVICE]
        a = x
        x = node[x, way]
    if a == 0 and to == 0:
        return warp
    t += entry(times, a if a else h, to if to else h)
    if to:
        warp += max(t - node[to, END], 0)
        if soft is not None:
            warp += node[to, LEFT]
        return warp
    return warp + max(t - job[h, LATEST], 0)


@lean
def load_between(job: Int64s, node: Int32s, i: Whole, x: Whole, until: Whole) -> Any:
    """Sum of an amount from x to before `until`."""
    total = np.int64(0)
    while x != until:
        total += job[x, AMOUNTS + i]
        x = node[x, AFTER]
    return total


@inlined
def penalty(
    kinds: Any,
    times: Any,
    soft: Any,
    spans: Any,
    job: Int64s,
    limit: Int64s,
    node: Int32s,
    route: Int64s,
    lists: Int32s,
    kind: Whole,
    a: Whole,
    b: Whole,
    c: Whole,
    d: Whole,
    r: Whole,
    s: Whole,
    turned: bool,
) -> Any:
    """What the penalties grow by; FORBIDDEN when a limit without penalty is broken."""
    loads = limit.shape[0] - sums(spans)
    hr, hs = home(kinds, route, r), home(kinds, route, s)
    excess, warp = np.int64(0), np.int64(0)
    k, m, spelled = 0, -1, False
    if r != s:
        for i in range(loads):
            if kind == EXCHANGE:
                more = load_between(job, node, i, a, node[b, AFTER])
                more -= load_between(job, node, i, node[c, AFTER] if c else route[s, FIRST], d)
            elif kind == TAILS:
                more = load_between(job, node, i, b, 0) - load_between(job, node, i, d, 0)
            else:
                # Head of r with head of s, tail with tail.
                more = load_between(job, node, i, b, 0)
                more -= route[s, LOADS + i] - load_between(job, node, i, d, 0)
            excess += over(route[s, LOADS + i] + more, capacity(kinds, job, limit, hs, i))
            excess += over(route[r, LOADS + i] - more, capacity(kinds, job, limit, hr, i))
        if soft is None and excess:
            return FORBIDDEN
        if times is not None and kind == EXCHANGE:
            before, behind = node[a, BEFORE], node[b, AFTER]
            first = node[c, AFTER] if c else route[s, FIRST]
            if turned:
                warp = warp_through(times, soft, job, node, hs, c, b, before, BEFORE, d)
            else:
                warp = warp_through(times, soft, job, node, hs, c, a, behind, AFTER, d)
            warp += warp_through(times, soft, job, node, hr, before, first, d, AFTER, behind)
            if soft is not None:
                warp -= warp_through(times, soft, job, node, hs, c, 0, 0, AFTER, first)
                warp -= warp_through(times, soft, job, node, hr, before, 0, 0, AFTER, a)
        elif times is not None and (kinds is None or hr == hs):
            warp = warp_through(times, soft, job, node, hr, a, 0, 0, AFTER, d)
            warp += warp_through(times, soft, job, node, hs, c, 0, 0, AFTER, b)
            if soft is not None:
                warp -= warp_through(times, soft, job, node, hr, a, 0, 0, AFTER, b)
                warp -= warp_through(times, soft, job, node, hs, c, 0, 0, AFTER, d)
        elif times is not None:
            # Tails come to other ends.
            k, m = spell_move(node, route, lists, kind, a, b, c, d, r, s, turned)
            spelled = True
            warp = warp_of(times, job, hr, lists[ROW_A], k) - route[r, WARP]
            warp += warp_of(times, job, hs, lists[ROW_B], m) - route[s, WARP]
        excess -= route[r, EXCESS] + route[s, EXCESS]
    elif times is not None:
        k, m = spell_move(node, route, lists, kind, a, b, c, d, r, s, turned)
        spelled = True
        warp = warp_of(times, job, hr, lists[ROW_A], k) - route[r, WARP]
    if spans is not None:
        if not spelled:
            k, m = spell_move(node, route, lists, kind, a, b, c, d, r, s, turned)
            spelled = True
        if not keeps_spans(kinds, spans, job, limit, hr, lists[ROW_A], k):
            return FORBIDDEN
        if m >= 0 and not keeps_spans(kinds, spans, job, limit, hs, lists[ROW_B], m):
            return FORBIDDEN
    if soft is None and warp > 0:
        return FORBIDDEN
    if (
        kinds is not None
        and times is not None
        and (job[hr, HOURS] < ENDLESS or job[hs, HOURS] < ENDLESS)
    ):
        if not spelled:
            k, m = spell_move(node, route, lists, kind, a, b, c, d, r, s, turned)
        if not keeps_hours(times, job, hr, lists[ROW_A], k):
            return FORBIDDEN
        if m >= 0 and not keeps_hours(times, job, hs, lists[ROW_B], m):
            return FORBIDDEN
        spelled = True
    if job[0, MIXED]:
        if not spelled:
            k, m = spell_move(node, route, lists, kind, a, b, c, d, r, s, turned)
        if not keeps_board(kinds, job, limit, hr, lists[ROW_A], k):
            return FORBIDDEN
        if m >= 0 and not keeps_board(kinds, job, limit, hs, lists[ROW_B], m):
            return FORBIDDEN
    if soft is None:
        return 0.0
    return soft[BY_WARP] * warp + soft[BY_EXCESS] * excess
