"""Recreate: removed tasks go back one by one, each to the cheapest place seen, with blinks.

J. Christiaens, G. Vanden Berghe, "Slack Induction by String Removals for Vehicle Routing Problems",
Transportation Science 54 (2020); only places beside near stops are looked at. A place is first
priced by the legs alone, a lower bound, and the route driven only where that is cheap enough.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from routesolve._jit import inlined, inner
from routesolve.solvers.ils._kernels.chance import chance
from routesolve.solvers.ils.rich._kernels.drive import LATE, NOISE
from routesolve.solvers.ils.rich._kernels.layout import (
    ABSENT,
    AMOUNTS,
    CAPACITY,
    COST,
    COUNT,
    DEPOT,
    EARLIEST,
    ENDS,
    FIRST_STOP,
    FIXED,
    FROM,
    GROUP,
    KIND,
    LATENESS,
    LATEST,
    LOADED,
    LOCKED,
    MANDATORY,
    MISSING,
    PAUSES,
    PLACE,
    RADIUS,
    RELOADS,
    REMOVED,
    RULES,
    SECOND_STOP,
    SERVICE,
    SIZE,
    SIZE_KEY,
    SORT,
    TASK,
    TIMED,
    TO,
    Floats,
    Int32s,
    Plan,
    Problem,
    Scratch,
    State,
    Whole,
)
from routesolve.solvers.ils.rich._kernels.places import (
    INF,
    before,
    behind,
    departure,
    has_room,
    in_time,
    may_begin,
    note,
    priced,
    quickest,
    set_pauses,
    way,
    with_one,
    with_pair,
)
from routesolve.solvers.ils.rich._kernels.routes import (
    absence,
    assign,
    enter,
    may_enter,
    price_of,
    stop_at,
    write_down,
)

BLINK = 0.01  # chance to overlook a place
LOG_SEEING = math.log(1.0 - BLINK)
NOTHING = 1e-300
ANYWHERE = 0.05  # chance that who need not be served is tried on all routes
EMPTY = 24  # vehicle types tried for a new route, at most


@inner
def put_one(
    problem: Problem,
    plan: Plan,
    scratch: Scratch,
    found: Floats,
    x: Whole,
    r: Whole,
    i: Whole,
    bonus: float,
) -> Any:
    """Drive a route with one more stop at a position; returns what it costs more, less a bonus."""
    k, size = np.int64(plan.head[r, KIND]), np.int64(plan.head[r, SIZE])
    new = with_one(plan.row[r], size, i, x, scratch.trial)
    cost = priced(problem, scratch, new, k, np.int64(plan.head[r, LOCKED])) - plan.cost[r, 0]
    cost -= bonus
    if cost < found[0]:
        note(scratch, found, cost, r, k, new)
    return cost


@inlined
def worth_there(problem: Problem, plan: Plan, x: Whole, r: Whole, i: Whole) -> Any:
    """How much more a stop may cost at a position of a route for its legs being good ones."""
    worth = problem.worth
    if worth.shape[0] == 0:
        return 0.0
    a, b = stop_at(problem, plan, r, i - 1), stop_at(problem, plan, r, i)
    return np.float64(worth[a, x] + worth[x, b] - worth[a, b])


@inner
def put_with_reload(
    problem: Problem,
    plan: Plan,
    scratch: Scratch,
    found: Floats,
    x: Whole,
    r: Whole,
    i: Whole,
    a: Whole,
    b: Whole,
) -> None:
    """Price one stop at a position of a route with a reload before or behind it."""
    head, kind, travel = plan.head, problem.kind, problem.travel
    k, size = np.int64(head[r, KIND]), np.int64(head[r, SIZE])
    place = problem.what[x, PLACE]
    base = problem.options[k, problem.what[x, TASK]] - way(kind, travel, k, a, b)
    for q in range(np.int64(kind[k, RELOADS])):
        depot = problem.choice[1, k, q]
        there = problem.what[depot, PLACE]
        for side in range(2):
            if side == 0:
                price = way(kind, travel, k, a, there) + way(kind, travel, k, there, place)
                price += base + way(kind, travel, k, place, b)
            else:
                price = base + way(kind, travel, k, a, place) + way(kind, travel, k, place, there)
                price += way(kind, travel, k, there, b)
            if price >= found[0]:
                continue
            first, second = (depot, x) if side == 0 else (x, depot)
            new = with_pair(plan.row[r], size, i, first, i, second, scratch.trial)
            cost = priced(problem, scratch, new, k, np.int64(head[r, LOCKED])) - plan.cost[r, 0]
            if cost < found[0]:
                note(scratch, found, cost, r, k, new)


@inner
def put_on_larger(
    problem: Problem,
    plan: Plan,
    scratch: Scratch,
    found: Floats,
    x: Whole,
    r: Whole,
    i: Whole,
    price: float,
) -> None:
    """Drive a route with one more stop than its vehicle has room for with larger ones."""
    k, size, kind = np.int64(plan.head[r, KIND]), np.int64(plan.head[r, SIZE]), problem.kind
    new = with_one(plan.row[r], size, i, x, scratch.trial)
    for m in range(kind.shape[0]):
        if plan.left[m] <= 0 or m == k or kind[m, PAUSES]:
            continue
        larger = False
        for c in range(CAPACITY, kind.shape[1]):
            larger = larger or kind[m, c] > kind[k, c]
        # Legs may cost less on the other vehicle: the bound is none then, but a good guess.
        if not larger or price + kind[m, FIXED] - kind[k, FIXED] >= found[0]:
            continue
        cost = price_of(problem, scratch, scratch.trial, new, np.int64(m))[0] - plan.cost[r, 0]
        if cost < found[0]:
            note(scratch, found, cost, r, np.int64(m), new)


@inner
def look_for_one(
    problem: Problem,
    plan: Plan,
    scratch: Scratch,
    found: Floats,
    rng: State,
    x: Whole,
    reach: Whole,
    everywhere: bool,
) -> None:
    """Find the cheapest place of a job beside near stops, with blinks, or of all."""
    stop, what, kind, options = problem.stop, problem.what, problem.kind, problem.options
    travel, near, row, head = problem.travel, problem.near, plan.row, plan.head
    depart, latest, load, at, pos = plan.depart, plan.latest, plan.load, plan.at, plan.pos
    task, place = what[x, TASK], np.int64(what[x, PLACE])
    width, prices, places, seen = row.shape[1], scratch.prices, scratch.places, 0
    count = head.shape[0] if everywhere else min(reach, near.shape[1])
    for j in range(count):
        if everywhere:
            r, first = np.int64(j), np.int64(0)
            k = np.int64(head[r, KIND])
            if k < 0:
                continue
            last = np.int64(head[r, SIZE]) + 1
        else:
            v = np.int64(near[x, j])
            if v == 0:
                break
            r = np.int64(at[v])
            if r < 0:
                continue
            k = np.int64(head[r, KIND])
            first = np.int64(pos[v])
            last = first + 2
        bonus = options[k, task]
        size = np.int64(head[r, SIZE])
        if bonus == INF or size + 3 >= width:
            continue
        fits = has_room(stop, kind, load, r, k, x)
        if not fits and (kind.shape[0] == 1 or head[r, LOCKED] or kind[k, PAUSES]):
            continue
        for i in range(max(first, head[r, LOCKED]), last):
            if not everywhere and chance(rng) < BLINK:
                continue
            if fits and not may_begin(stop, what, kind, depart, latest, k, r, i, x):
                continue
            a = before(what, kind, row, r, k, i)
            b = behind(what, kind, row, r, k, i, size)
            price = bonus - way(kind, travel, k, a, b)
            price += way(kind, travel, k, a, place) + way(kind, travel, k, place, b)
            more = worth_there(problem, plan, x, r, i)
            price -= more
            if price >= found[0]:
                continue
            if not fits:
                put_on_larger(problem, plan, scratch, found, x, r, i, price + more)
            elif in_time(stop, what, kind, travel, depart, latest, k, r, i, x, a, b):
                prices[seen], places[seen, 0], places[seen, 1] = price, r, i
                scratch.bonus[seen] = more
                seen += 1
                if seen == prices.shape[0]:
                    drive_cheapest(problem, plan, scratch, found, x, np.int64(seen))
                    seen = 0
    drive_cheapest(problem, plan, scratch, found, x, np.int64(seen))


@inner
def drive_cheapest(
    problem: Problem, plan: Plan, scratch: Scratch, found: Floats, x: Whole, seen: Whole
) -> None:
    """Drive the routes with a stop at the places seen, the cheapest first, while it may pay."""
    prices, places = scratch.prices, scratch.places
    what, kind, row = problem.what, problem.kind, plan.row
    while True:
        best, price = -1, found[0]
        for j in range(seen):
            if prices[j] < price:
                best, price = j, prices[j]
        if best < 0:
            return
        prices[best] = INF
        r, i = np.int64(places[best, 0]), np.int64(places[best, 1])
        cost = put_one(problem, plan, scratch, found, x, r, i, scratch.bonus[best])
        k = np.int64(plan.head[r, KIND])
        if cost == INF and kind[k, RELOADS]:
            a = before(what, kind, row, r, k, i)
            b = behind(what, kind, row, r, k, i, np.int64(plan.head[r, SIZE]))
            put_with_reload(problem, plan, scratch, found, x, r, i, a, b)


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
    none = size + 1
    if bonus == INF or size + 4 >= row.shape[1]:
        return none
    here, there = np.int64(what[x, PLACE]), np.int64(what[y, PLACE])
    low = np.int64(head[r, LOCKED])
    begin: Whole = none
    for i in range(size, low - 1, -1):
        first[i] = INF
        if may_begin(stop, what, kind, depart, latest, k, r, i, x):
            a, b = before(what, kind, row, r, k, i), behind(what, kind, row, r, k, i, size)
            if in_time(stop, what, kind, travel, depart, latest, k, r, i, x, a, b):
                first[i] = bonus + way(kind, travel, k, a, here) + way(kind, travel, k, here, b)
                first[i] -= way(kind, travel, k, a, b)
                begin = i
    least[none] = INF
    promising = False
    for j in range(size, begin - 1, -1):
        second[j] = INF
        if may_begin(stop, what, kind, depart, latest, k, r, j, y):
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
    # What is brought for one trip tells nothing of others.
    if kind[k, RELOADS] or not np.int64(kind[k, RULES]) & LOADED:
        return
    for c in range(d):
        most = kind[k, CAPACITY + c]
        left = most + NOISE * max(1.0, most) - load[r, c] - stop[x, AMOUNTS + d + c]
        left -= stop[x, AMOUNTS + c] + stop[y, AMOUNTS + c]
        room[0] = min(room[0], left)
        for i in range(size):
            if what[row[r, i], TASK] >= 0:
                left -= stop[row[r, i], AMOUNTS + d + c]
            room[i + 1] = min(room[i + 1], left)


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
            begun = late - stop[y, SERVICE]
            if what[y, COUNT] and stop[y, LATENESS] < 0.0 and begun > stop[y, LATEST] + LATE:
                continue
            b = behind(what, kind, row, r, k, j, size)
            if late + quickest(kind, travel, k, np.int64(what[y, PLACE]), b) > latest[r, j] + LATE:
                continue
        prices[seen], places[seen, 0], places[seen, 1] = first[i] + second[j], i, j
        seen += 1
    return seen


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
        i = price_ends(
            problem.stop, problem.what, problem.kind, problem.options, problem.travel, plan.row,
            plan.head, plan.depart, plan.latest, plan.load, scratch.first, scratch.last,
            scratch.least, scratch.room, found[0], x, y, r,
        )  # fmt: skip
        while i <= plan.head[r, SIZE]:
            noted, i = note_pairs(
                problem.stop, problem.what, problem.kind, problem.options, problem.travel,
                plan.row, plan.head, plan.depart, plan.latest, scratch.first, scratch.last,
                scratch.least, scratch.room, scratch.prices, scratch.places, rng, found[0], x, y,
                r, i,
            )  # fmt: skip
            if noted:
                drive_pairs(problem, plan, scratch, found, x, y, r, np.int64(noted))


@inner
def try_new(
    problem: Problem, plan: Plan, scratch: Scratch, found: Floats, rng: State, x: Whole, y: Whole
) -> None:
    """Price a route of its own, on each type of vehicle that is left."""
    kinds, kind, what = problem.kind.shape[0], problem.kind, problem.what
    offset = int(chance(rng) * kinds)
    for j in range(min(kinds, EMPTY)):
        k = np.int64(offset + j)
        if k >= kinds:
            k -= kinds
        if plan.left[k] <= 0 or problem.options[k, what[x, TASK]] == INF:
            continue
        start, end = np.int64(kind[k, FROM]), np.int64(kind[k, TO])
        last = y if y else x
        price = kind[k, FIXED] + problem.options[k, what[x, TASK]]
        price += way(problem.kind, problem.travel, k, what[start, PLACE], what[x, PLACE])
        if y:
            price += way(problem.kind, problem.travel, k, what[x, PLACE], what[y, PLACE])
        if kind[k, ENDS] <= 1:
            price += way(problem.kind, problem.travel, k, what[last, PLACE], what[end, PLACE])
        if price >= found[0]:
            continue
        trial = scratch.trial
        size = np.int64(1)
        trial[0] = x
        if y:
            trial[1] = y
            size = np.int64(2)
        count = np.int64(kind[k, PAUSES])
        if count:
            for p in range(count):
                trial[size] = problem.choice[2, k, p]
                size += 1
            cost = set_pauses(problem, scratch, trial, size, k, np.int64(0), INF)
        else:
            cost, _ = price_of(problem, scratch, trial, size, k)
        if cost < found[0]:
            note(scratch, found, cost, np.int64(-1), k, size)


@inner
def arrange(problem: Problem, plan: Plan, scratch: Scratch, rng: State) -> None:
    """Sort the tasks to insert: at random, large first, far first, near first, or by windows."""
    lists, num = plan.lists, plan.num
    count = num[REMOVED]
    draw = chance(rng) * 17.0
    keys = scratch.keys
    for j in range(count):
        c = lists[REMOVED, j]
        x = problem.member[c, FIRST_STOP]
        y = problem.member[c, SECOND_STOP]
        y = y if y else x
        key = 0.0
        if draw < 4.0:
            key = chance(rng)
        elif draw < 8.0:
            key = -problem.task[c, SIZE_KEY]
        elif draw < 10.0:
            key = -problem.task[c, RADIUS]
        elif draw < 11.0:
            key = problem.task[c, RADIUS]
        elif draw < 13.0:
            key = problem.stop[x, LATEST] - problem.stop[x, EARLIEST]
        elif draw < 14.0:
            key = problem.stop[x, EARLIEST]
        elif draw < 15.0:
            key = -problem.stop[y, LATEST]
        else:
            key = -problem.task[c, MISSING]
        keys[j] = key
    # Few: sorting by insertion.
    for j in range(1, count):
        key, c = keys[j], lists[REMOVED, j]
        i = j - 1
        while i >= 0 and keys[i] > key:
            keys[i + 1], lists[REMOVED, i + 1] = keys[i], lists[REMOVED, i]
            i -= 1
        keys[i + 1], lists[REMOVED, i + 1] = key, c


@inner
def leave_out(plan: Plan, c: Whole) -> None:
    """Note a task that is not served."""
    plan.lists[ABSENT, plan.num[ABSENT]] = c
    plan.slot[c] = plan.num[ABSENT]
    plan.num[ABSENT] += 1


@inner
def recreate(
    problem: Problem,
    plan: Plan,
    scratch: Scratch,
    found: Floats,
    rng: State,
    reach: Whole,
    zeal: float,
) -> None:
    """Insert the removed tasks in their order; who finds no place stays absent.

    No place is good enough that costs `zeal` times more than not serving the task.
    """
    lists, num = plan.lists, plan.num
    for j in range(num[REMOVED]):
        c = np.int64(lists[REMOVED, j])
        worth = absence(problem, c)
        found[0], found[1] = zeal * worth, -2.0
        if may_enter(problem, plan, c):
            x = np.int64(problem.member[c, FIRST_STOP])
            y = np.int64(problem.member[c, SECOND_STOP])
            if y:
                scratch.waiting[1] += 1
                look_for_two(problem, plan, scratch, found, rng, x, y, reach, reach < 0)
                if found[1] == -2.0:
                    look_for_two(problem, plan, scratch, found, rng, x, y, reach, reach >= 0)
            else:
                look_for_one(problem, plan, scratch, found, rng, x, reach, reach < 0)
                # Who need not be served is seldom worth a look at all routes.
                duty = problem.task[c, MANDATORY] > 0.0 or problem.member[c, GROUP] >= 0
                thorough = duty or reach < 0 or zeal > 1.0 or chance(rng) < ANYWHERE
                if found[1] == -2.0 and thorough:
                    look_for_one(problem, plan, scratch, found, rng, x, reach, reach >= 0)
            try_new(problem, plan, scratch, found, rng, x, y)
        if found[1] == -2.0:
            leave_out(plan, c)
            continue
        r = np.int64(found[1])
        if r < 0:
            r = np.int64(enter(plan, np.int64(found[2])))
            if r < 0:
                leave_out(plan, c)
                continue
        elif plan.head[r, KIND] != found[2]:
            write_down(plan, r)
            plan.left[plan.head[r, KIND]] += 1
            plan.head[r, KIND] = np.int64(found[2])
            plan.left[plan.head[r, KIND]] -= 1
        plan.total[COST] -= worth
        if problem.member[c, GROUP] >= 0:
            plan.served[problem.member[c, GROUP]] = c
        assign(problem, plan, scratch, r, scratch.best, np.int64(found[3]))
