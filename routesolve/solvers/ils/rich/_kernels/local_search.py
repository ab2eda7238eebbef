"""Local search on what an iteration has touched: segments and tails exchanged, parts turned.

Moves are looked for around pairs of near stops, and only where the first new leg is cheaper than
one that it takes the place of (the gain criterion of S. Lin, B. Kernighan, Operations Research 21,
1973). They are priced by their legs; the routes are driven where these gain.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from routesolve._jit import inlined, inner
from routesolve.solvers.ils.rich._kernels.layout import (
    AMOUNTS,
    CAPACITY,
    FIRST_STOP,
    FIXED,
    JOB,
    KIND,
    LOADED,
    LOCKED,
    PAUSE,
    PLACE,
    RELOADS,
    RULES,
    SECOND_STOP,
    SIZE,
    SORT,
    TASK,
    TOUCHED,
    WAITING,
    Floats,
    Int32s,
    Plan,
    Problem,
    Scratch,
    Whole,
)
from routesolve.solvers.ils.rich._kernels.places import INF, before, behind, way
from routesolve.solvers.ils.rich._kernels.routes import assign, price_of, used

LONGEST = 3  # stops in an exchanged segment
GAIN = -1e-7  # a move must gain more


@inner
def queue(scratch: Scratch, x: Whole) -> None:
    """Look at a stop later."""
    if not scratch.queued[x]:
        scratch.queued[x] = 1
        scratch.queue[scratch.waiting[0]] = x
        scratch.waiting[0] += 1


@inner
def queue_changes(problem: Problem, plan: Plan, scratch: Scratch) -> None:
    """Queue the ends of all legs that the iteration has replaced."""
    follow, what, lists = scratch.follow, problem.what, plan.lists
    for j in range(plan.num[WAITING]):
        c = lists[WAITING, j]
        follow[problem.member[c, FIRST_STOP]] = -1
        follow[problem.member[c, SECOND_STOP]] = -1
    for j in range(plan.num[TOUCHED]):
        last = 0
        for i in range(plan.log_head[j, SIZE]):
            x = plan.log_row[j, i]
            if what[x, TASK] >= 0:
                if last:
                    follow[last] = x
                last = x
        if last:
            follow[last] = 0
    for j in range(plan.num[TOUCHED]):
        r = lists[TOUCHED, j]
        last = 0
        for i in range(plan.head[r, SIZE]):
            x = plan.row[r, i]
            if what[x, TASK] < 0:
                continue
            if last and follow[last] != x:
                queue(scratch, last)
                queue(scratch, x)
            last = x
        if last and follow[last] != 0:
            queue(scratch, last)


@inner
def copy(out: Int32s, size: Whole, row: Int32s, low: Whole, high: Whole) -> Any:
    """Append a part of a row; returns the new size."""
    for j in range(low, high):
        out[size + j - low] = row[j]
    return size + high - low


@inner
def drive_both(
    problem: Problem, plan: Plan, scratch: Scratch, r: Whole, s: Whole, n: Whole, m: Whole
) -> None:
    """Drive the rows on trial, n and m nodes (m = -1: one row only); note them when best."""
    cost, found = 0.0, scratch.found
    gone = plan.cost[r, 0]
    if used(problem.what, scratch.trial, n):
        cost, _ = price_of(problem, scratch, scratch.trial, n, np.int64(plan.head[r, KIND]))
    if m >= 0:
        gone += plan.cost[s, 0]
        if cost - gone >= found[0]:
            return
        if used(problem.what, scratch.other, m):
            cost += price_of(problem, scratch, scratch.other, m, np.int64(plan.head[s, KIND]))[0]
    if cost - gone < found[0]:
        found[0], found[1], found[2], found[3] = cost - gone, s, n, m
        copy(scratch.best, 0, scratch.trial, 0, n)
        copy(scratch.second, 0, scratch.other, 0, max(m, 0))


@inlined
def fits(
    stop: Floats,
    kind: Floats,
    load: Floats,
    row: Int32s,
    r: Any,
    low: Any,
    high: Any,
    s: Any,
    first: Any,
    last: Any,
    k: Any,
) -> Any:
    """Whether s has room for a part of r in exchange for a part of its own."""
    good = True
    if kind[k, RELOADS] == 0.0 and np.int64(kind[k, RULES]) & LOADED:
        for c in range(kind.shape[1] - CAPACITY):
            more = load[s, c]
            for i in range(low, high):
                more += stop[row[r, i], AMOUNTS + c]
            for i in range(first, last):
                more -= stop[row[s, i], AMOUNTS + c]
            most = kind[k, CAPACITY + c]
            if more > most + 1e-9 * max(1.0, most):
                good = False
    return good


@inlined
def tasks_only(what: Int32s, row: Int32s, r: Any, low: Any, high: Any) -> Any:
    """Whether a part of a route has neither breaks nor reloads."""
    good = True
    for i in range(low, high):
        if what[row[r, i], TASK] < 0:
            good = False
    return good


@inlined
def dearer(
    options: Floats, what: Int32s, row: Int32s, r: Any, low: Any, high: Any, k: Any, m: Any
) -> Any:
    """What a part of a route costs more on vehicle type m than on k, beside the way."""
    price = 0.0
    if k != m:
        for i in range(low, high):
            c = what[row[r, i], TASK]
            price += options[m, c] - options[k, c]
    return price


@inner
def exchange(
    problem: Problem,
    plan: Plan,
    scratch: Scratch,
    r: Whole,
    low: Whole,
    high: Whole,
    s: Whole,
    first: Whole,
    last: Whole,
) -> None:
    """Try nodes low to high of r in place of first to last of s, which take their place."""
    row = plan.row
    n, m = np.int64(plan.head[r, SIZE]), np.int64(plan.head[s, SIZE])
    if max(n, m) + LONGEST + 3 > row.shape[1]:
        return
    trial, other = scratch.trial, scratch.other
    if r != s:
        a = copy(trial, np.int64(0), row[r], np.int64(0), low)
        a = copy(trial, a, row[s], first, last)
        a = copy(trial, a, row[r], high, n)
        b = copy(other, np.int64(0), row[s], np.int64(0), first)
        b = copy(other, b, row[r], low, high)
        b = copy(other, b, row[s], last, m)
        drive_both(problem, plan, scratch, r, s, a, b)
        return
    if first >= high:
        a = copy(trial, np.int64(0), row[r], np.int64(0), low)
        a = copy(trial, a, row[r], high, first)
        a = copy(trial, a, row[r], low, high)
        a = copy(trial, a, row[r], first, n)
    else:
        a = copy(trial, np.int64(0), row[r], np.int64(0), first)
        a = copy(trial, a, row[r], low, high)
        a = copy(trial, a, row[r], first, low)
        a = copy(trial, a, row[r], high, n)
    drive_both(problem, plan, scratch, r, s, a, np.int64(-1))


@inner
def same_pauses(
    what: Int32s, row: Int32s, r: Whole, i: Whole, n: Whole, s: Whole, j: Whole, m: Whole
) -> bool:
    """Whether r has the same breaks from i on as s from j on."""
    more = 0
    for y in range(j, m):
        more += what[row[s, y], SORT] == PAUSE
    for x in range(i, n):
        if what[row[r, x], SORT] == PAUSE:
            more -= 1
            there = False
            for y in range(j, m):
                there = there or row[s, y] == row[r, x]
            if not there:
                return False
    return more == 0


@inner
def tails(
    problem: Problem, plan: Plan, scratch: Scratch, r: Whole, i: Whole, s: Whole, j: Whole
) -> None:
    """Try r to go on with what s has from j on, and s with what r has from i on."""
    row = plan.row
    n, m = np.int64(plan.head[r, SIZE]), np.int64(plan.head[s, SIZE])
    if max(i + m - j, j + n - i) + 3 > row.shape[1]:
        return
    if not same_pauses(problem.what, row, r, i, n, s, j, m):  # each vehicle takes its own
        return
    a = copy(scratch.trial, np.int64(0), row[r], np.int64(0), i)
    a = copy(scratch.trial, a, row[s], j, m)
    b = copy(scratch.other, np.int64(0), row[s], np.int64(0), j)
    b = copy(scratch.other, b, row[r], i, n)
    drive_both(problem, plan, scratch, r, s, a, b)


@inner
def turn(problem: Problem, plan: Plan, scratch: Scratch, r: Whole, low: Whole, high: Whole) -> None:
    """Try a route with a part turned round."""
    n, row = np.int64(plan.head[r, SIZE]), plan.row[r]
    copy(scratch.trial, np.int64(0), row, np.int64(0), n)
    for i in range(low, high):
        scratch.trial[i] = row[high - 1 - (i - low)]
    drive_both(problem, plan, scratch, r, r, n, np.int64(-1))


@inner
def look(problem: Problem, plan: Plan, scratch: Scratch, u: Whole, reach: Whole) -> None:
    """Find the best move around a stop; ``found[0]`` stays GAIN when there is none."""
    stop, what, kind, options = problem.stop, problem.what, problem.kind, problem.options
    travel, near, row, head = problem.travel, problem.near, plan.row, plan.head
    at, pos, load, found = plan.at, plan.pos, plan.load, scratch.found
    found[0] = GAIN
    r, i = np.int64(at[u]), np.int64(pos[u])
    k, n = np.int64(head[r, KIND]), np.int64(head[r, SIZE])
    if i < head[r, LOCKED]:
        return
    lone = what[u, SORT] == JOB
    here = np.int64(what[u, PLACE])
    a, b = before(what, kind, row, r, k, i), behind(what, kind, row, r, k, i + 1, n)
    to_u, from_u = way(kind, travel, k, a, here), way(kind, travel, k, here, b)
    for h in range(min(reach, near.shape[1])):
        v = np.int64(near[u, h])
        if v == 0:
            break
        s = np.int64(at[v])
        if s < 0 or (s != r and (not lone or what[v, SORT] != JOB)):
            continue
        j, m = np.int64(pos[v]), np.int64(head[s, KIND])
        size = np.int64(head[s, SIZE])
        if j < head[s, LOCKED]:
            continue
        there = np.int64(what[v, PLACE])
        if way(kind, travel, m, there, here) < to_u and (s != r or j != i - 1):
            # v, then u: what follows u comes along, or all of it.
            c = behind(what, kind, row, s, m, j + 1, size)
            leg = way(kind, travel, m, there, here)
            for high in range(i + 1, min(i + LONGEST, n) + 1):
                if what[row[r, high - 1], TASK] < 0 or (s == r and i <= j < high):
                    break
                end = np.int64(what[row[r, high - 1], PLACE])
                d = behind(what, kind, row, r, k, high, n)
                price = dearer(options, what, row, r, i, high, k, m)
                if price == INF:
                    break
                for last in range(j + 1, min(j + LONGEST, size + 1)):
                    if last > j + 1 and (s == r or what[row[s, last - 1], TASK] < 0):
                        break
                    delta = leg + price - to_u - way(kind, travel, k, end, d)
                    delta -= way(kind, travel, m, there, c)
                    if last == j + 1:
                        delta += way(kind, travel, m, end, c) + way(kind, travel, k, a, d)
                    else:
                        e = behind(what, kind, row, s, m, last, size)
                        one = np.int64(what[row[s, j + 1], PLACE])
                        two = np.int64(what[row[s, last - 1], PLACE])
                        delta += way(kind, travel, m, end, e) - way(kind, travel, m, two, e)
                        delta += way(kind, travel, k, a, one) + way(kind, travel, k, two, d)
                        delta += dearer(options, what, row, s, j + 1, last, m, k)
                    if delta < found[0] and (
                        r == s
                        or (
                            fits(stop, kind, load, row, r, i, high, s, j + 1, last, m)
                            and fits(stop, kind, load, row, s, j + 1, last, r, i, high, k)
                        )
                    ):
                        exchange(problem, plan, scratch, r, i, high, s, j + 1, last)
            if s != r:
                delta = leg - to_u - way(kind, travel, m, there, c) + way(kind, travel, k, a, c)
                if i == 0 and j + 1 == size:
                    delta -= kind[k, FIXED]
                if delta < found[0]:
                    tails(problem, plan, scratch, r, i, s, j + 1)
        if way(kind, travel, m, here, there) < from_u and (s != r or j != i + 1):
            # u, then v: what comes before u comes along, or all of it.
            c = before(what, kind, row, s, m, j)
            leg = way(kind, travel, m, here, there)
            for low in range(i, max(i - LONGEST, head[r, LOCKED] - 1), -1):
                if what[row[r, low], TASK] < 0 or (s == r and low <= j <= i):
                    break
                start = np.int64(what[row[r, low], PLACE])
                d = before(what, kind, row, r, k, low)
                price = dearer(options, what, row, r, low, i + 1, k, m)
                if price == INF:
                    break
                delta = leg + price - from_u - way(kind, travel, k, d, start)
                delta += way(kind, travel, m, c, start) - way(kind, travel, m, c, there)
                delta += way(kind, travel, k, d, b)
                if delta < found[0] and (
                    r == s or fits(stop, kind, load, row, r, low, i + 1, s, j, j, m)
                ):
                    exchange(problem, plan, scratch, r, low, i + 1, s, j, j)
            if s != r:
                delta = leg - from_u - way(kind, travel, m, c, there) + way(kind, travel, k, c, b)
                if j == 0 and i + 1 == n:
                    delta -= kind[m, FIXED]
                if delta < found[0]:
                    tails(problem, plan, scratch, r, i + 1, s, j)
        if s == r and lone:
            one, two = min(i, j), max(i, j)
            if one + 1 < two and tasks_only(what, row, r, one + 1, two + 1):
                start = np.int64(what[row[r, one + 1], PLACE])
                end = np.int64(what[row[r, two], PLACE])
                d = np.int64(what[row[r, one], PLACE])
                c = behind(what, kind, row, r, k, two + 1, n)
                delta = way(kind, travel, k, d, end) + way(kind, travel, k, start, c)
                delta -= way(kind, travel, k, d, start) + way(kind, travel, k, end, c)
                if delta < found[0]:
                    turn(problem, plan, scratch, r, one + 1, two + 1)


@inner
def improve(problem: Problem, plan: Plan, scratch: Scratch, reach: Whole) -> None:
    """Make the best move around each queued stop until none is left."""
    found = scratch.found
    while scratch.waiting[0]:
        scratch.waiting[0] -= 1
        u = np.int64(scratch.queue[scratch.waiting[0]])
        scratch.queued[u] = 0
        if plan.at[u] < 0:
            continue
        look(problem, plan, scratch, u, reach)
        if found[0] >= GAIN:
            continue
        r, s = np.int64(plan.at[u]), np.int64(found[1])
        n, m = np.int64(found[2]), np.int64(found[3])
        queue_new(problem, plan, scratch, r, scratch.best, n)
        if m >= 0:
            queue_new(problem, plan, scratch, s, scratch.second, m)
        assign(problem, plan, scratch, r, scratch.best, n)
        if m >= 0:
            assign(problem, plan, scratch, s, scratch.second, m)
        queue(scratch, u)


@inner
def queue_new(
    problem: Problem, plan: Plan, scratch: Scratch, r: Whole, line: Int32s, size: Whole
) -> None:
    """Queue the stops beside which a route is to be different."""
    what, row, old = problem.what, plan.row[r], plan.head[r, SIZE]
    low = 0
    while low < min(old, size) and row[low] == line[low]:
        low += 1
    high = 0
    while high < min(old, size) - low and row[old - 1 - high] == line[size - 1 - high]:
        high += 1
    for i in (low - 1, low, size - high - 1, size - high):
        if 0 <= i < size and what[line[i], TASK] >= 0:
            queue(scratch, line[i])
