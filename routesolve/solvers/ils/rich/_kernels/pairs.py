"""Pairs of places of a shipment: what legs, loads and times say of them, then the route driven.

What is left out here, driving the route would refuse, too. Functions that look at many places are
compiled into their caller; see :func:`routesolve._jit.inlined`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from routesolve._jit import inlined, inner
from routesolve.solvers.ils._kernels.chance import chance
from routesolve.solvers.ils.rich._kernels.drive import LATE, NOISE
from routesolve.solvers.ils.rich._kernels.layout import (
    AMOUNTS,
    CAPACITY,
    DEPOT,
    KIND,
    LOADED,
    LOCKED,
    MAX_DRIVING,
    MAX_DURATION,
    PAUSES,
    PLACE,
    RELOADS,
    RULES,
    SERVICE,
    SIZE,
    SORT,
    TASK,
    TIMED,
    Floats,
    Int32s,
    Plan,
    Problem,
    Scratch,
    State,
    Whole,
)
from routesolve.solvers.ils.rich._kernels.places import (
    BLINK,
    INF,
    before,
    behind,
    brief_enough,
    departure,
    detour,
    in_time,
    longest_detour,
    may_have,
    note,
    priced,
    quickest,
    too_late,
    way,
    with_pair,
)


@inlined
def price_ends(
    stop: Floats,
    what: Int32s,
    kind: Floats,
    options: Floats,
    travel: Floats,
    row: Int32s,
    head: Int32s,
    depart: Floats,
    latest: Floats,
    load: Floats,
    first: Floats,
    second: Floats,
    least: Floats,
    room: Floats,
    most: float,
    x: Any,
    y: Any,
    r: Any,
) -> Any:
    """Price both ends of a shipment at all positions of a route, by their legs.

    Returns the first position at which it may be picked up; one behind the last = at none. There
    is room where a pair of places may cost less than `most`.
    """
    k, size = np.int64(head[r, KIND]), np.int64(head[r, SIZE])
    bonus = options[k, what[x, TASK]]
    behind_all, none = size + 1, np.int64(-1)
    if (
        bonus == INF
        or size + 4 >= row.shape[1]
        or not may_have(what, kind, row, r, k, size, np.int64(2))
    ):
        return behind_all
    here, there = np.int64(what[x, PLACE]), np.int64(what[y, PLACE])
    low = np.int64(head[r, LOCKED])
    begin: Whole = behind_all
    for i in range(size, low - 1, -1):
        first[i] = INF
        if in_time(stop, what, kind, travel, depart, latest, k, r, i, x, none, none):
            a, b = before(what, kind, row, r, k, i), behind(what, kind, row, r, k, i, size)
            if in_time(stop, what, kind, travel, depart, latest, k, r, i, x, a, b):
                first[i] = bonus + way(kind, travel, k, a, here) + way(kind, travel, k, here, b)
                first[i] -= way(kind, travel, k, a, b)
                begin = i
    least[behind_all] = INF
    promising = False
    for j in range(size, begin - 1, -1):
        second[j] = INF
        if in_time(stop, what, kind, travel, depart, latest, k, r, j, y, none, none):
            a, b = before(what, kind, row, r, k, j), behind(what, kind, row, r, k, j, size)
            if in_time(stop, what, kind, travel, depart, latest, k, r, j, y, a, b):
                second[j] = way(kind, travel, k, a, there) + way(kind, travel, k, there, b)
                second[j] -= way(kind, travel, k, a, b)
        least[j] = min(second[j], least[j + 1])
        promising = promising or first[j] + least[j + 1] < most
    if promising:
        rooms(stop, what, kind, row, load, room, k, r, size, x, y)
    return begin


@inlined
def note_pairs(
    stop: Floats,
    what: Int32s,
    kind: Floats,
    options: Floats,
    travel: Floats,
    row: Int32s,
    head: Int32s,
    depart: Floats,
    latest: Floats,
    first: Floats,
    second: Floats,
    least: Floats,
    room: Floats,
    prices: Floats,
    places: Int32s,
    rng: State,
    most: float,
    x: Any,
    y: Any,
    r: Any,
    i: Any,
) -> Any:
    """Note pairs of places from pickup position i on that may cost less than `most`.

    Returns how many there are, and where to go on: they may be more than there is room for.
    """
    k, size = np.int64(head[r, KIND]), np.int64(head[r, SIZE])
    here, there = np.int64(what[x, PLACE]), np.int64(what[y, PLACE])
    apart = options[k, what[x, TASK]] + way(kind, travel, k, here, there)
    seen = 0
    while i <= size and seen + size + 2 <= prices.shape[0]:
        if first[i] < INF and chance(rng) >= BLINK:
            a, b = before(what, kind, row, r, k, i), behind(what, kind, row, r, k, i, size)
            price = apart + way(kind, travel, k, a, here) + way(kind, travel, k, there, b)
            price -= way(kind, travel, k, a, b)
            if price < most:
                prices[seen], places[seen, 0], places[seen, 1] = price, i, i
                seen += 1
            if first[i] + least[i + 1] < most:
                seen = price_behind(
                    stop, what, kind, travel, row, depart, latest, first, second, room, prices,
                    places, k, r, size, x, y, i, most, seen,
                )  # fmt: skip
        i += 1
    return seen, i


@inlined
def rooms(
    stop: Floats,
    what: Int32s,
    kind: Floats,
    row: Int32s,
    load: Floats,
    room: Floats,
    k: Any,
    r: Any,
    size: Any,
    x: Any,
    y: Any,
) -> None:
    """How much more than shipment x -> y may be on board at each position of a route."""
    d = kind.shape[1] - CAPACITY
    for i in range(size + 1):
        room[i] = INF
    if not np.int64(kind[k, RULES]) & LOADED:
        return
    for c in range(d):
        most = kind[k, CAPACITY + c]
        most += NOISE * max(1.0, most) - stop[x, AMOUNTS + d + c]
        most -= stop[x, AMOUNTS + c] + stop[y, AMOUNTS + c]
        left = most - load[r, c]
        for i in range(size + 1):
            if kind[k, RELOADS] and (i == 0 or what[row[r, i - 1], SORT] == DEPOT):
                # Each trip begins with what it brings.
                left = most
                for j in range(i, size):
                    if what[row[r, j], SORT] == DEPOT:
                        break
                    if what[row[r, j], TASK] >= 0:
                        left -= stop[row[r, j], AMOUNTS + c]
            elif i and what[row[r, i - 1], TASK] >= 0:
                left -= stop[row[r, i - 1], AMOUNTS + d + c]
            room[i] = min(room[i], left)


@inlined
def price_behind(
    stop: Floats,
    what: Int32s,
    kind: Floats,
    travel: Floats,
    row: Int32s,
    depart: Floats,
    latest: Floats,
    first: Floats,
    second: Floats,
    room: Floats,
    prices: Floats,
    places: Int32s,
    k: Any,
    r: Any,
    size: Any,
    x: Any,
    y: Any,
    i: Any,
    most: float,
    seen: Any,
) -> Any:
    """Note places of a delivery behind others, where its pickup is at position i of a route.

    The times that follow from the pickup are carried on. Returns how many places are noted.
    """
    last = i
    for j in range(i + 1, size + 1):
        # A shipment does not outlast its trip.
        if room[j] < 0.0 or what[row[r, j - 1], SORT] == DEPOT:
            break
        if first[i] + second[j] < most:
            last = j
    if room[i] < 0.0 or last == i:
        return seen
    # Breaks interrupt ways, so that what they delay is not known without driving.
    timed = np.int64(kind[k, RULES]) & TIMED and kind[k, PAUSES] == 0.0
    t, place = depart[r, i], before(what, kind, row, r, k, i)
    if timed:
        t = departure(stop, what, kind, travel, k, t, place, x)
        place = np.int64(what[x, PLACE])
    for j in range(i + 1, last + 1):
        z = np.int64(row[r, j - 1])
        if timed:
            t = departure(stop, what, kind, travel, k, t, place, z)
            if t - stop[z, SERVICE] > latest[r, j - 1] + LATE:
                break
            t, place = max(t, depart[r, j]), np.int64(what[z, PLACE])
        if first[i] + second[j] >= most:
            continue
        if timed:
            late = departure(stop, what, kind, travel, k, t, place, y)
            if too_late(stop, what, y, late):
                continue
            b = behind(what, kind, row, r, k, j, size)
            if late + quickest(kind, travel, k, np.int64(what[y, PLACE]), b) > latest[r, j] + LATE:
                continue
        prices[seen], places[seen, 0], places[seen, 1] = first[i] + second[j], i, j
        seen += 1
    return seen


@inner
def drop_long(
    problem: Problem, plan: Plan, scratch: Scratch, x: Whole, y: Whole, r: Whole, seen: Whole
) -> None:
    """Let the places go at which the route would drive or be busy for too long."""
    what, kind, travel, row = problem.what, problem.kind, problem.travel, plan.row
    k, size = np.int64(plan.head[r, KIND]), np.int64(plan.head[r, SIZE])
    here, there = np.int64(what[x, PLACE]), np.int64(what[y, PLACE])
    service = problem.stop[x, SERVICE] + problem.stop[y, SERVICE]
    for c in range(seen):
        i, j = np.int64(scratch.places[c, 0]), np.int64(scratch.places[c, 1])
        a, b = before(what, kind, row, r, k, i), behind(what, kind, row, r, k, i, size)
        if i == j:
            more = detour(kind, travel, k, a, here, b)
            more += detour(kind, travel, k, here, there, b)
        else:
            more = detour(kind, travel, k, a, here, b)
            a, b = before(what, kind, row, r, k, j), behind(what, kind, row, r, k, j, size)
            more += detour(kind, travel, k, a, there, b)
        if not brief_enough(kind, plan.cost, k, r, more, service):
            scratch.prices[c] = INF


@inner
def drive_pairs(
    problem: Problem,
    plan: Plan,
    scratch: Scratch,
    found: Floats,
    x: Whole,
    y: Whole,
    r: Whole,
    seen: Whole,
) -> None:
    """Drive a route with a shipment at the places seen, the cheapest first, while it may pay."""
    prices, places = scratch.prices, scratch.places
    k, size = np.int64(plan.head[r, KIND]), np.int64(plan.head[r, SIZE])
    if problem.kind[k, MAX_DURATION] < INF or problem.kind[k, MAX_DRIVING] < INF:
        drop_long(problem, plan, scratch, x, y, r, seen)
    while True:
        best, price = -1, found[0]
        for c in range(seen):
            if prices[c] < price:
                best, price = c, prices[c]
        if best < 0:
            return
        prices[best] = INF
        i, j = np.int64(places[best, 0]), np.int64(places[best, 1])
        new = with_pair(plan.row[r], size, i, x, j, y, scratch.trial)
        cost = priced(problem, scratch, new, k, np.int64(plan.head[r, LOCKED])) - plan.cost[r, 0]
        if cost < found[0]:
            note(scratch, found, cost, r, k, new)


@inner
def look_for_two(
    problem: Problem,
    plan: Plan,
    scratch: Scratch,
    found: Floats,
    rng: State,
    x: Whole,
    y: Whole,
    reach: Whole,
    everywhere: bool,
) -> None:
    """Find the cheapest places of a shipment on routes with stops near its own, or on all.

    Routes that are marked as seen are passed over.
    """
    near, seen, at, mark = problem.near, scratch.seen, plan.at, scratch.waiting[1]
    count = plan.head.shape[0] if everywhere else 2 * min(reach, near.shape[1])
    for c in range(count):
        if everywhere:
            r = np.int64(c)
            if plan.head[r, KIND] < 0:
                continue
        else:
            v = near[y if c & 1 else x, c >> 1]
            if v == 0:
                continue
            r = np.int64(at[v])
        if r < 0 or seen[r] == mark:
            continue
        seen[r] = mark
        k = np.int64(plan.head[r, KIND])
        room = longest_detour(problem.kind, plan.cost, k, r)
        room += problem.options[k, problem.what[x, TASK]]
        i = price_ends(
            problem.stop, problem.what, problem.kind, problem.options, problem.travel, plan.row,
            plan.head, plan.depart, plan.latest, plan.load, scratch.first, scratch.last,
            scratch.least, scratch.room, min(found[0], room), x, y, r,
        )  # fmt: skip
        while i <= plan.head[r, SIZE]:
            noted, i = note_pairs(
                problem.stop, problem.what, problem.kind, problem.options, problem.travel,
                plan.row, plan.head, plan.depart, plan.latest, scratch.first, scratch.last,
                scratch.least, scratch.room, scratch.prices, scratch.places, rng,
                min(found[0], room), x, y, r, i,
            )  # fmt: skip
            if noted:
                drive_pairs(problem, plan, scratch, found, x, y, r, np.int64(noted))
