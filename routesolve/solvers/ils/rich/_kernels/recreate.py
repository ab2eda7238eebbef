"""Recreate: removed tasks go back one by one, each to the cheapest place seen, with blinks.

J. Christiaens, G. Vanden Berghe, "Slack Induction by String Removals for Vehicle Routing Problems",
Transportation Science 54 (2020); only places beside near stops are looked at. A place is first
priced by the legs alone, a lower bound, and the route driven only where that is cheap enough.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from routesolve._jit import inlined, inner
from routesolve.solvers.ils._kernels.chance import chance
from routesolve.solvers.ils.rich._kernels.layout import (
    ABSENT,
    CAPACITY,
    COST,
    EARLIEST,
    ENDS,
    FIRST_STOP,
    FIXED,
    FROM,
    GROUP,
    KIND,
    LATEST,
    LOCKED,
    MANDATORY,
    MISSING,
    NEXT,
    PAUSES,
    PLACE,
    RADIUS,
    RELOADS,
    REMOVED,
    SECOND_STOP,
    SIZE,
    SIZE_KEY,
    TASK,
    TO,
    Floats,
    Plan,
    Problem,
    Scratch,
    State,
    Whole,
)
from routesolve.solvers.ils.rich._kernels.pairs import look_for_two
from routesolve.solvers.ils.rich._kernels.places import (
    BLINK,
    INF,
    before,
    behind,
    has_room,
    in_time,
    may_have,
    note,
    priced,
    set_pauses,
    trip_has_room,
    way,
    with_one,
    with_pair,
)
from routesolve.solvers.ils.rich._kernels.routes import (
    absence,
    assign,
    enter,
    price_of,
    stop_at,
    write_down,
)

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
    task, place, none = what[x, TASK], np.int64(what[x, PLACE]), np.int64(-1)
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
        if not may_have(what, kind, row, r, k, size, np.int64(1)):
            continue
        fits = has_room(stop, kind, load, r, k, x)
        if not fits and (kind.shape[0] == 1 or head[r, LOCKED] or kind[k, PAUSES]):
            continue
        for i in range(max(first, head[r, LOCKED]), last):
            if not everywhere and chance(rng) < BLINK:
                continue
            if fits and not in_time(
                stop, what, kind, travel, depart, latest, k, r, i, x, none, none
            ):
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
        k, size = np.int64(plan.head[r, KIND]), np.int64(plan.head[r, SIZE])
        cost = INF
        if not kind[k, RELOADS] or trip_has_room(problem.stop, what, kind, row, r, k, i, size, x):
            cost = put_one(problem, plan, scratch, found, x, r, i, scratch.bonus[best])
        if cost == INF and kind[k, RELOADS]:
            a = before(what, kind, row, r, k, i)
            b = behind(what, kind, row, r, k, i, size)
            put_with_reload(problem, plan, scratch, found, x, r, i, a, b)


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
def look_for_task(
    problem: Problem,
    plan: Plan,
    scratch: Scratch,
    found: Floats,
    rng: State,
    c: Whole,
    reach: Whole,
    zeal: float,
) -> None:
    """Find the cheapest places of a task beside near stops, else on all routes, or a new route."""
    x, y = np.int64(problem.member[c, FIRST_STOP]), np.int64(problem.member[c, SECOND_STOP])
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


@inner
def to_front(plan: Plan, c: Whole) -> bool:
    """Let a task be the first to be inserted; False where it is not to be."""
    lists = plan.lists
    for j in range(plan.num[REMOVED]):
        if lists[REMOVED, j] == c:
            lists[REMOVED, j] = lists[REMOVED, 0]
            lists[REMOVED, 0] = c
            return True
    return False


@inner
def recreate(
    problem: Problem,
    plan: Plan,
    scratch: Scratch,
    found: Floats,
    rng: State,
    reach: Whole,
    zeal: float,
    opener: Whole,
) -> None:
    """Insert the removed tasks in their order; who finds no place stays absent.

    In place of a task of a group the one of them comes back that is cheapest. No place is good
    enough that costs `zeal` times more than not serving the task; but the `opener`, if there is
    one, comes first and opens a route whatever that costs.
    """
    lists, num, member = plan.lists, plan.num, problem.member
    opens = opener >= 0 and to_front(plan, opener)
    for j in range(num[REMOVED]):
        first = np.int64(lists[REMOVED, j])
        worth = absence(problem, first)
        found[0], found[1] = zeal * worth, -2.0
        if opens and j == 0:
            found[0] = INF
        c = other = first
        while True:
            before = found[0]
            if opens and j == 0:
                x, y = np.int64(member[other, FIRST_STOP]), np.int64(member[other, SECOND_STOP])
                try_new(problem, plan, scratch, found, rng, x, y)
            else:
                look_for_task(problem, plan, scratch, found, rng, other, reach, zeal)
            if found[0] < before:
                c = other
            following = np.int64(member[other, NEXT])
            if following < 0 or following == first:
                break
            # What is found is measured by what serving the other one is worth.
            more = absence(problem, following) - absence(problem, other)
            found[0] += more if found[1] != -2.0 else zeal * more
            other = following
        r = np.int64(found[1])
        if r == -1:
            r = np.int64(enter(plan, np.int64(found[2])))
        if r < 0:
            c = np.int64(-1)
        other = first
        while True:
            if other != c:
                leave_out(plan, other)
            other = np.int64(member[other, NEXT])
            if other < 0 or other == first:
                break
        if c < 0:
            continue
        if plan.head[r, KIND] != found[2]:
            write_down(plan, r)
            plan.left[plan.head[r, KIND]] += 1
            plan.head[r, KIND] = np.int64(found[2])
            plan.left[plan.head[r, KIND]] -= 1
        plan.total[COST] -= absence(problem, c)
        if member[c, GROUP] >= 0:
            plan.served[member[c, GROUP]] = c
        assign(problem, plan, scratch, r, scratch.best, np.int64(found[3]))
