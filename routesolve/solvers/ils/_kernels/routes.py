"""Reading and changing routes."""

from __future__ import annotations

from typing import Any

import numpy as np

from routesolve._jit import inlined, lean
from routesolve.solvers.ils._kernels.layout import (
    ABSENT,
    ABSENT_BEFORE,
    ACTIVE,
    AFTER,
    ALL_EXCESS,
    ALL_WARP,
    AMOUNTS,
    BEFORE,
    COST,
    COST_BEFORE,
    DIRTY,
    EARLIEST,
    END,
    ENTRY,
    EPOCH,
    EXCESS,
    EXCESS_BEFORE,
    FIRST,
    FREE,
    FROM,
    HOURS,
    IN_USE,
    JOB,
    JOB_END,
    JOB_LEFT,
    JOB_LEG,
    JOB_START,
    KEPT_ABSENT,
    KEPT_AFTER,
    KEPT_FIRST,
    KEPT_KIND,
    KIND,
    LAST,
    LATEST,
    LEFT,
    LEG,
    LOADS,
    LOGGED_JOBS,
    LOGGED_ROUTES,
    MARKED,
    MIXED,
    OPENED,
    OPENING,
    PLACE,
    REMOVED,
    ROUTE,
    SEEN,
    SERVICE,
    SIZE,
    SLOT,
    START,
    USING,
    WAITING,
    WARP,
    WARP_BEFORE,
    WHICH,
    Int32s,
    Int64s,
    Ways,
    Whole,
)
from routesolve.solvers.ils._kernels.ways import entry, span, sums

ENDLESS = 1 << 30  # as much time warp as 32 bits hold


@inlined
def home(kinds: Any, route: Int64s, r: Whole) -> Any:
    """The node of a route's ends."""
    if kinds is None:
        return np.int64(0)
    return route[r, KIND]


@inlined
def capacity(kinds: Any, job: Int64s, limit: Int64s, h: Whole, i: Whole) -> Any:
    """Most of a load or span for routes with the ends h."""
    if kinds is None:
        return limit[i]
    return job[h, AMOUNTS + i]


@inlined
def using(kinds: Any, job: Int64s, num: Int64s, h: Whole) -> Any:
    """Cost of using a vehicle whose ends are h."""
    if kinds is None:
        return num[OPENING]
    return job[h, USING]


@inlined
def count_vehicle(kinds: Any, node: Int32s, num: Int64s, h: Whole, by: Whole) -> None:
    """Note that one more or one less vehicle is in use."""
    if kinds is not None:
        num[IN_USE + h - node.shape[0]] += by


@inlined
def leg(out: Ways, kinds: Any, h: Whole, a: Whole, b: Whole) -> Any:
    """Cost from a to b (0 = an end) in a route with the ends h."""
    if kinds is not None:
        return np.int64(entry(out, a if a else h, b if b else h) * kinds[h] + 0.5)
    return entry(out, a, b)


@lean
def begin(num: Int64s) -> None:
    """Start an iteration."""
    num[EPOCH] += 1
    num[OPENED] = num[REMOVED] = num[WAITING] = num[LOGGED_ROUTES] = num[LOGGED_JOBS] = 0
    num[COST_BEFORE] = num[COST]
    num[ABSENT_BEFORE] = num[ABSENT]
    num[WARP_BEFORE], num[EXCESS_BEFORE] = num[ALL_WARP], num[ALL_EXCESS]


@lean
def write_down(
    node: Int32s, route: Int64s, num: Int64s, logged_jobs: Int32s, logged_routes: Int64s, r: int
) -> None:
    """Keep a route as it is, once in an iteration."""
    if route[r, SEEN] == num[EPOCH]:
        return
    route[r, SEEN] = num[EPOCH]
    k, at = num[LOGGED_ROUTES], num[LOGGED_JOBS]
    logged_routes[k, WHICH] = r
    logged_routes[k, FROM] = at
    logged_routes[k, ENTRY] = route[r, ENTRY]
    for i in range(WARP, route.shape[1]):
        logged_routes[k, i] = route[r, i]
    x = route[r, FIRST]
    while x:
        logged_jobs[at, JOB] = x
        logged_jobs[at, JOB_LEG] = node[x, LEG]
        logged_jobs[at, JOB_START] = node[x, START]
        logged_jobs[at, JOB_END] = node[x, END]
        logged_jobs[at, JOB_LEFT] = node[x, LEFT]
        at += 1
        x = node[x, AFTER]
    num[LOGGED_JOBS] = at
    num[LOGGED_ROUTES] = k + 1
    logged_routes[k + 1, FROM] = at


@lean
def put_back(
    kinds: Any,
    node: Int32s,
    route: Int64s,
    lists: Int32s,
    num: Int64s,
    logged_jobs: Int32s,
    logged_routes: Int64s,
) -> None:
    """Undo everything since :func:`begin`."""
    for k in range(num[OPENED]):
        r = lists[OPENED, k]
        x = route[r, FIRST]
        if x:
            count_vehicle(kinds, node, num, home(kinds, route, r), -1)
        while x:
            node[x, ROUTE] = -1
            x = node[x, AFTER]
        route[r, FIRST] = route[r, LAST] = route[r, SIZE] = 0
        route[r, WARP] = route[r, EXCESS] = 0
        leave(route, lists, num, r)
    for k in range(num[LOGGED_ROUTES]):
        r = logged_routes[k, WHICH]
        low, high = logged_routes[k, FROM], logged_routes[k + 1, FROM]
        if route[r, FIRST]:
            count_vehicle(kinds, node, num, home(kinds, route, r), -1)
        route[r, ENTRY] = logged_routes[k, ENTRY]
        for i in range(WARP, route.shape[1]):
            route[r, i] = logged_routes[k, i]
        count_vehicle(kinds, node, num, home(kinds, route, r), 1)
        route[r, FIRST] = logged_jobs[low, JOB]
        route[r, LAST] = logged_jobs[high - 1, JOB]
        route[r, SIZE] = high - low
        x = 0
        for at in range(low, high):
            y = logged_jobs[at, JOB]
            node[y, ROUTE] = r
            node[y, BEFORE] = x
            if x:
                node[x, AFTER] = y
            node[y, LEG] = logged_jobs[at, JOB_LEG]
            node[y, START] = logged_jobs[at, JOB_START]
            node[y, END] = logged_jobs[at, JOB_END]
            node[y, LEFT] = logged_jobs[at, JOB_LEFT]
            x = y
        node[x, AFTER] = 0
    low = num[ABSENT_BEFORE] - num[WAITING]
    for k in range(num[WAITING]):
        c = lists[WAITING, k]
        lists[ABSENT, low + k] = c
        lists[SLOT, c] = low + k
        node[c, ROUTE] = -1
    num[ABSENT] = num[ABSENT_BEFORE]
    num[COST] = num[COST_BEFORE]
    num[ALL_WARP], num[ALL_EXCESS] = num[WARP_BEFORE], num[EXCESS_BEFORE]


@lean
def settle(route: Int64s, lists: Int32s, num: Int64s, logged_routes: Int64s) -> None:
    """Accept an iteration: empty routes become free, changed ones are marked."""
    for k in range(num[LOGGED_ROUTES] + num[OPENED]):
        if k < num[LOGGED_ROUTES]:
            r = logged_routes[k, WHICH]
        else:
            r = lists[OPENED, k - num[LOGGED_ROUTES]]
        if not route[r, MARKED]:
            route[r, MARKED] = 1
            lists[DIRTY, num[DIRTY]] = r
            num[DIRTY] += 1
        if route[r, SIZE] == 0 and route[r, PLACE] >= 0:
            leave(route, lists, num, r)


@lean
def keep(kinds: Any, node: Int32s, route: Int64s, lists: Int32s, num: Int64s) -> None:
    """Copy what has changed since the last time: the plan is the best so far."""
    for k in range(num[DIRTY]):
        r = lists[DIRTY, k]
        route[r, MARKED] = 0
        x = route[r, FIRST]
        route[r, KEPT_FIRST] = x
        if kinds is not None:
            lists[KEPT_KIND, r] = route[r, KIND]
        while x:
            lists[KEPT_AFTER, x] = node[x, AFTER]
            x = node[x, AFTER]
    num[DIRTY] = 0
    for k in range(num[ABSENT]):
        lists[KEPT_ABSENT, k] = lists[ABSENT, k]
    num[KEPT_ABSENT] = num[ABSENT]


@lean
def enter(route: Int64s, lists: Int32s, num: Int64s) -> Any:
    """Take a free route into use; -1 = there is none."""
    if num[FREE] == 0:
        return -1
    num[FREE] -= 1
    r = lists[FREE, num[FREE]]
    lists[ACTIVE, num[ACTIVE]] = r
    route[r, PLACE] = num[ACTIVE]
    num[ACTIVE] += 1
    for i in range(WARP, route.shape[1]):
        route[r, i] = 0
    route[r, ENTRY] = route[r, FIRST] = route[r, LAST] = route[r, SIZE] = 0
    route[r, WARP] = route[r, EXCESS] = 0
    route[r, SEEN] = num[EPOCH]
    lists[OPENED, num[OPENED]] = r
    num[OPENED] += 1
    return r


@lean
def leave(route: Int64s, lists: Int32s, num: Int64s, r: int) -> None:
    """A route becomes free."""
    other = lists[ACTIVE, num[ACTIVE] - 1]
    lists[ACTIVE, route[r, PLACE]] = other
    route[other, PLACE] = route[r, PLACE]
    num[ACTIVE] -= 1
    route[r, PLACE] = -1
    lists[FREE, num[FREE]] = r
    num[FREE] += 1


@lean
def renew_starts(
    kinds: Any,
    times: Any,
    soft: Any,
    job: Int64s,
    node: Int32s,
    route: Int64s,
    r: int,
    x: int,
    y: int,
) -> None:
    """Earliest starts from job x on, beyond y only while they change; x = 0: the whole route.

    With penalties what is late is set back to the end of its window (time warp).
    """
    h = home(kinds, route, r)
    a = node[x, BEFORE] if x else 0
    b = x if x else route[r, FIRST]
    t = node[a, START] + job[a, SERVICE] if a else job[h, EARLIEST] + job[h, SERVICE]
    passed = False
    while b:
        t = max(job[b, EARLIEST], t + entry(times, a if a else h, b))
        if soft is not None:
            t = min(t, job[b, LATEST])
        if passed and node[b, START] == t:
            break
        node[b, START] = t
        t += job[b, SERVICE]
        passed = passed or b == y
        a = b
        b = node[b, AFTER]


@lean
def renew_ends(
    kinds: Any,
    times: Any,
    soft: Any,
    job: Int64s,
    node: Int32s,
    route: Int64s,
    r: int,
    y: int,
    x: int,
) -> None:
    """Latest starts from job y back, beyond x only while they change; y = 0: the whole route.

    With penalties a start that is not too late may still meet time warp further on (LEFT); without,
    a window that is missed further on whatever the start leaves none.
    """
    h = home(kinds, route, r)
    b = node[y, AFTER] if y else 0
    a = y if y else route[r, LAST]
    t = node[b, END] if b else job[h, LATEST]
    left: Any = np.int64(node[b, LEFT] if b else 0)
    passed = False
    while a:
        t = min(job[a, LATEST], t - entry(times, a, b if b else h) - job[a, SERVICE])
        if t < job[a, EARLIEST]:
            if soft is None:
                # Said to the route's beginning: no start there is early enough.
                t = -ENDLESS
            else:
                left = min(left + job[a, EARLIEST] - t, ENDLESS)
                t = job[a, EARLIEST]
        if passed and node[a, END] == t and (soft is None or node[a, LEFT] == left):
            break
        node[a, END] = t
        if soft is not None:
            node[a, LEFT] = left
        passed = passed or a == x
        b = a
        a = node[a, BEFORE]


@inlined
def over(load: Whole, limit: Whole) -> Any:
    """Load beyond a capacity, in millionths of it."""
    return (load - limit) * 1000000 // max(limit, 1) + 1 if load > limit else 0


@lean
def refresh(
    kinds: Any,
    times: Any,
    spans: Any,
    job: Int64s,
    limit: Int64s,
    node: Int32s,
    route: Int64s,
    num: Int64s,
    r: int,
) -> None:
    """Renew what a route breaks: time warp and load beyond the capacities."""
    first, h = route[r, FIRST], home(kinds, route, r)
    warp, excess = np.int64(0), np.int64(0)
    if first:
        if times is not None:
            t = job[h, EARLIEST] + job[h, SERVICE] + entry(times, h, first)
            warp = max(t - node[first, END], 0) + node[first, LEFT]
        loads = limit.shape[0] - sums(spans)
        for i in range(loads):
            excess += over(route[r, LOADS + i], capacity(kinds, job, limit, h, i))
    num[ALL_WARP] += warp - route[r, WARP]
    num[ALL_EXCESS] += excess - route[r, EXCESS]
    route[r, WARP], route[r, EXCESS] = warp, excess


@inlined
def take_out(
    out: Ways,
    kinds: Any,
    spans: Any,
    job: Int64s,
    limit: Int64s,
    node: Int32s,
    route: Int64s,
    num: Int64s,
    c: int,
) -> None:
    """Remove a job from its route; times are renewed by the caller."""
    r, a, b = node[c, ROUTE], node[c, BEFORE], node[c, AFTER]
    h = home(kinds, route, r)
    joint = leg(out, kinds, h, a, b) if a or b else 0
    there = node[a, LEG] if a else route[r, ENTRY]
    num[COST] += joint - there - node[c, LEG]
    if a:
        node[a, AFTER] = b
        node[a, LEG] = joint
    else:
        route[r, FIRST] = b
        route[r, ENTRY] = joint
    if b:
        node[b, BEFORE] = a
    else:
        route[r, LAST] = a
    node[c, ROUTE] = -1
    width = limit.shape[0]
    if spans is None:
        for i in range(width):
            route[r, LOADS + i] -= job[c, AMOUNTS + i]
    else:
        loads = width - sums(spans)
        for i in range(width):
            less = job[c, AMOUNTS + i]
            if i >= loads:
                less += span(spans, i - loads, a if a else h, c) + span(
                    spans, i - loads, c, b if b else h
                )
                if a or b:
                    less -= span(spans, i - loads, a if a else h, b if b else h)
            route[r, LOADS + i] -= less
    route[r, SIZE] -= 1
    if route[r, SIZE] == 0:
        num[COST] -= using(kinds, job, num, h)
        count_vehicle(kinds, node, num, h, -1)


@inlined
def put_in(
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
    c: int,
    r: int,
    a: int,
) -> None:
    """Insert a job into a route after job a (0 = at its beginning)."""
    h = home(kinds, route, r)
    b = node[a, AFTER] if a else route[r, FIRST]
    there = leg(out, kinds, h, a, c)
    on = leg(out, kinds, h, c, b)
    size = route[r, SIZE]
    if size == 0:
        num[COST] += there + on + using(kinds, job, num, h)
        count_vehicle(kinds, node, num, h, 1)
    else:
        num[COST] += there + on - (node[a, LEG] if a else route[r, ENTRY])
    node[c, LEG] = on
    node[c, AFTER] = b
    node[c, BEFORE] = a
    node[c, ROUTE] = r
    if a:
        node[a, AFTER] = c
        node[a, LEG] = there
    else:
        route[r, FIRST] = c
        route[r, ENTRY] = there
    if b:
        node[b, BEFORE] = c
    else:
        route[r, LAST] = c
    width = limit.shape[0]
    if spans is None:
        for i in range(width):
            route[r, LOADS + i] += job[c, AMOUNTS + i]
    else:
        loads = width - sums(spans)
        for i in range(width):
            more = job[c, AMOUNTS + i]
            if i >= loads:
                more += span(spans, i - loads, a if a else h, c) + span(
                    spans, i - loads, c, b if b else h
                )
                if size:
                    more -= span(spans, i - loads, a if a else h, b if b else h)
            route[r, LOADS + i] += more
    route[r, SIZE] = size + 1
    if times is not None:
        # Nothing before c starts at another time, nothing after it ends at another.
        renew_starts(kinds, times, soft, job, node, route, r, c, c)
        renew_ends(kinds, times, soft, job, node, route, r, c, c)
    if soft is not None:
        refresh(kinds, times, spans, job, limit, node, route, num, r)


@lean
def on_board(
    kinds: Any,
    job: Int64s,
    limit: Int64s,
    node: Int32s,
    route: Int64s,
    r: Whole,
    c: Whole,
    a: Whole,
) -> bool:
    """Whether what is on board fits behind every job, with c behind a (0 = first; c = 0: as it is).

    That all that is delivered fits at the start is for others to say.
    """
    h, m = home(kinds, route, r), job[0, MIXED]
    for i in range(AMOUNTS, AMOUNTS + m):
        most = capacity(kinds, job, limit, h, i - AMOUNTS)
        load = route[r, LOADS + i - AMOUNTS] + job[c, i]
        x = np.int64(c if c and a == 0 else route[r, FIRST])
        while x:
            load += job[x, i + m] - job[x, i]
            if load > most:
                return False
            if x == a and c:
                x = np.int64(c)
            elif x == c:
                x = np.int64(node[a, AFTER] if a else route[r, FIRST])
            else:
                x = np.int64(node[x, AFTER])
    return True


@lean
def lasts(times: Any, job: Int64s, node: Int32s, h: Whole, first: Whole) -> Any:
    """Shortest duration of a route that keeps all windows.

    It takes as long as it drives and serves, or longer when it has to wait even after leaving as
    late as all windows allow.
    """
    busy, latest = job[h, SERVICE], job[h, LATEST]
    t, x, y = job[h, EARLIEST] + busy, np.int64(h), np.int64(first)
    while y:
        ride = entry(times, x, y)
        busy += ride
        t = max(t + ride, job[y, EARLIEST]) + job[y, SERVICE]
        latest = min(latest, job[y, LATEST] - busy)
        busy += job[y, SERVICE]
        x = y
        y = np.int64(node[y, AFTER])
    ride = entry(times, x, h)
    busy += ride
    return max(busy, t + ride - min(latest, job[h, LATEST] - busy))


@inlined
def keeps_duration(
    kinds: Any, times: Any, job: Int64s, node: Int32s, route: Int64s, r: Whole
) -> Any:
    """Whether a route takes no longer than it may where there are windows."""
    if kinds is None or times is None:
        return True
    h = home(kinds, route, r)
    if job[h, HOURS] == ENDLESS:
        return True
    return lasts(times, job, node, h, route[r, FIRST]) <= job[h, HOURS]
