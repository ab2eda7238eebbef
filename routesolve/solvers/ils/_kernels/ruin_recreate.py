"""Slack induction by string removals: ruin adjacent strings, insert greedily with blinks.

J. Christiaens, G. Vanden Berghe, "Slack Induction by String Removals for Vehicle Routing Problems",
Transportation Science 54 (2020). Insertion looks at the places beside near neighbours only.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from routesolve._jit import kernel
from routesolve.solvers.ils._kernels.chance import chance
from routesolve.solvers.ils._kernels.layout import (
    ABSENT,
    ACTIVE,
    AFTER,
    ALL_EXCESS,
    ALL_WARP,
    AMOUNTS,
    BEFORE,
    BEST,
    BY_EXCESS,
    BY_WARP,
    COST,
    COST_BEFORE,
    EARLIEST,
    END,
    ENTRY,
    EPOCH,
    EVERY,
    EXCESS,
    EXCESS_BEFORE,
    FIRST,
    IN_LOAD,
    IN_TIME,
    KEY,
    LATEST,
    LEAST_EXCESS,
    LEAST_WARP,
    LEG,
    LOADS,
    LOGGED_ROUTES,
    MISSING,
    MOST_EXCESS,
    MOST_WARP,
    OPENING,
    RADIUS,
    REMOVED,
    ROUTE,
    SEEN,
    SERVICE,
    SHARE,
    SINCE,
    SIZE,
    START,
    STEP,
    WAITING,
    WARP,
    WARP_BEFORE,
    WHICH,
    Floats,
    Int32s,
    Int64s,
    Plan,
    Problem,
    State,
    Way,
)
from routesolve.solvers.ils._kernels.local_search import improve, queue_changes
from routesolve.solvers.ils._kernels.routes import (
    begin,
    enter,
    keep,
    leg,
    over,
    put_back,
    put_in,
    refresh,
    renew_ends,
    renew_starts,
    settle,
    take_out,
    write_down,
)

BLINK = 0.01  # chance to overlook a place
SPLIT = 0.5  # chance to keep some jobs inside a removed string
STOP = 0.01  # chance that what is kept inside does not reach to an end of the route
RETRIED = 20  # absent jobs tried again in an iteration
FAR = 1 << 60
LOG_SEEING = math.log(1.0 - BLINK)
NOTHING = 1e-300
PACE = 0.5  # of the penalties' growth
MENDED = 0.2  # chance to begin at a route that breaks a limit, if there is one


@kernel
def cut_string(
    out: Int32s,
    points: Floats,
    formula: Floats,
    times: Any,
    soft: Any,
    spans: Any,
    job: Int64s,
    limit: Int64s,
    node: Int32s,
    route: Int64s,
    lists: Int32s,
    num: Int64s,
    rng: State,
    c: int,
    most: float,
) -> None:
    """Remove a string of jobs around c from its route, or two pieces with some kept between."""
    r = node[c, ROUTE]
    size = route[r, SIZE]
    length = min(int(chance(rng) * min(float(size), most) + 1.0), size)
    between = 0
    if 1 < length < size and chance(rng) < SPLIT:
        between = 1
        while length + between < size and chance(rng) > STOP:
            between += 1
    total = length + between
    # How many jobs stand before and behind c tells where the string may begin.
    rank, x = 0, node[c, BEFORE]
    while x and rank < total:
        rank += 1
        x = node[x, BEFORE]
    behind, x = 0, node[c, AFTER]
    while x and behind < total:
        behind += 1
        x = node[x, AFTER]
    back_most = min(rank, total - 1)
    back_least = max(0, total - 1 - behind)
    back = back_least + int(chance(rng) * (back_most - back_least + 1))
    x = c
    for _ in range(back):
        x = node[x, BEFORE]
    spared = int(chance(rng) * (length + 1)) if between else total
    first_kept, last_kept = -1, 0
    for k in range(total):
        following = node[x, AFTER]
        if k < spared or k >= spared + between:
            last_kept = node[x, BEFORE]
            take_out(out, points, formula, spans, job, limit, node, route, num, x)
            lists[REMOVED, num[REMOVED]] = x
            num[REMOVED] += 1
            if first_kept < 0 or first_kept == x:
                first_kept = following
        x = following
    if times is not None and route[r, SIZE]:
        one_gap = first_kept == 0 or last_kept == 0 or node[first_kept, BEFORE] == last_kept
        if first_kept:
            until = first_kept if one_gap else last_kept
            renew_starts(times, soft, job, node, route, r, first_kept, until)
        if last_kept:
            until = last_kept if one_gap else first_kept
            renew_ends(times, soft, job, node, route, r, last_kept, until)
    if soft is not None:
        refresh(times, spans, job, limit, node, route, num, r)


@kernel
def broken_job(
    node: Int32s, route: Int64s, lists: Int32s, num: Int64s, rng: State, otherwise: int
) -> Any:
    """A job of a random route among those that break a limit."""
    count = num[ACTIVE]
    k = int(chance(rng) * count)
    for _ in range(count):
        r = lists[ACTIVE, k]
        if route[r, WARP] or route[r, EXCESS]:
            x = route[r, FIRST]
            for _ in range(int(chance(rng) * route[r, SIZE])):
                x = node[x, AFTER]
            return x
        k = k + 1 if k + 1 < count else 0
    return otherwise


@kernel
def ruin(
    out: Int32s,
    points: Floats,
    formula: Floats,
    times: Any,
    soft: Any,
    spans: Any,
    near: Int32s,
    job: Int64s,
    limit: Int64s,
    node: Int32s,
    route: Int64s,
    lists: Int32s,
    num: Int64s,
    logged_jobs: Int32s,
    logged_routes: Int64s,
    rng: State,
    mean: float,
    longest: float,
) -> None:
    """Remove strings from routes near a random job."""
    n = node.shape[0] - 1
    # The longest string follows the mean number of jobs in a route.
    most = min(longest, (n - num[ABSENT]) / max(num[ACTIVE], 1))
    strings = int(chance(rng) * (4.0 * mean / (1.0 + most) - 1.0) + 1.0)
    seed = 1 + int(chance(rng) * n)
    if soft is not None and (num[ALL_WARP] or num[ALL_EXCESS]) and chance(rng) < MENDED:
        seed = broken_job(node, route, lists, num, rng, seed)
    done = 0
    for k in range(-1, near.shape[1]):
        c = seed if k < 0 else near[seed, k]
        if c == 0 or done >= strings:
            break
        r = node[c, ROUTE]
        if r < 0 or route[r, SEEN] == num[EPOCH]:
            continue
        write_down(node, route, num, logged_jobs, logged_routes, r)
        cut_string(
            out, points, formula, times, soft, spans, job, limit, node, route, lists, num, rng,
            c, most,
        )  # fmt: skip
        done += 1


@kernel
def recall(job: Int64s, lists: Int32s, num: Int64s, rng: State) -> None:
    """Try some of the absent jobs again."""
    count = num[ABSENT]
    tried = min(count, RETRIED)
    for k in range(tried):
        at, last = int(chance(rng) * (count - k)), count - 1 - k
        chosen = lists[ABSENT, at]
        lists[ABSENT, at] = lists[ABSENT, last]
        lists[ABSENT, last] = chosen
    for k in range(tried):
        chosen = lists[ABSENT, count - tried + k]
        lists[WAITING, k] = chosen
        lists[REMOVED, num[REMOVED]] = chosen
        num[REMOVED] += 1
        num[COST] -= job[chosen, MISSING]
    num[WAITING] = tried
    num[ABSENT] = count - tried


@kernel
def arrange(times: Any, job: Int64s, lists: Int32s, num: Int64s, rng: State) -> None:
    """Sort the removed jobs: at random, large first, far first, near first, or by windows."""
    count = num[REMOVED]
    draw = chance(rng) * (11.0 if times is None else 15.0)
    for k in range(count):
        c = lists[REMOVED, k]
        key = np.int64(0)
        if draw < 4.0:
            key = np.int64(chance(rng) * 1073741824.0)
        elif draw < 8.0:
            key = -job[c, AMOUNTS]
        elif draw < 10.0:
            key = -job[c, RADIUS]
        elif draw < 11.0:
            key = job[c, RADIUS]
        elif draw < 12.0:
            key = job[c, LATEST] - job[c, EARLIEST]
        elif draw < 14.0:
            key = job[c, EARLIEST]
        else:
            key = -job[c, LATEST]
        lists[KEY, k] = min(max(key, np.int64(-2147483648)), np.int64(2147483647))
    for a in range(1, count):
        last, chosen, b = lists[KEY, a], lists[REMOVED, a], a - 1
        while b >= 0 and lists[KEY, b] > last:
            lists[KEY, b + 1] = lists[KEY, b]
            lists[REMOVED, b + 1] = lists[REMOVED, b]
            b -= 1
        lists[KEY, b + 1] = last
        lists[REMOVED, b + 1] = chosen


@kernel(forceinline=True)
def loads_fit(spans: Any, job: Int64s, limit: Int64s, route: Int64s, r: int, c: int) -> bool:
    """Whether the loads of a route leave room for a job."""
    loads = limit.shape[0] if spans is None else limit.shape[0] - spans.shape[0]
    for i in range(loads):  # noqa: SIM110 - a kernel
        if route[r, LOADS + i] + job[c, AMOUNTS + i] > limit[i]:
            return False
    return True


@kernel(forceinline=True)
def in_time(times: Any, job: Int64s, node: Int32s, c: int, a: int, b: int) -> Any:
    """Whether a job fits between a and b (0 = depot)."""
    if a:
        t = node[a, START] + job[a, SERVICE] + times[a, c]
    else:
        t = job[0, EARLIEST] + job[0, SERVICE] + times[0, c]
    t = max(t, job[c, EARLIEST])
    if t > job[c, LATEST]:
        return False
    return t + job[c, SERVICE] + times[c, b] <= (node[b, END] if b else job[0, LATEST])


@kernel(forceinline=True)
def in_span(
    spans: Any, job: Int64s, limit: Int64s, route: Int64s, r: int, c: int, a: int, b: int
) -> bool:
    """Whether the limited sums of a route allow a job between a and b."""
    loads = limit.shape[0] - spans.shape[0]
    for q in range(spans.shape[0]):
        more = spans[q, a, c] + spans[q, c, b] + job[c, AMOUNTS + loads + q]
        if route[r, SIZE]:
            more -= spans[q, a, b]
        if route[r, LOADS + loads + q] + more > limit[loads + q]:
            return False
    return True


@kernel
def elsewhere(
    out: Int32s,
    points: Floats,
    formula: Floats,
    times: Any,
    spans: Any,
    job: Int64s,
    limit: Int64s,
    node: Int32s,
    route: Int64s,
    lists: Int32s,
    num: Int64s,
    c: int,
) -> Any:
    """The beginning of any route, where the neighbours have no place: cost and route, or -1."""
    cheapest, found = np.float64(FAR), np.int64(-1)
    for k in range(num[ACTIVE]):
        r = lists[ACTIVE, k]
        if route[r, SIZE] == 0 or not loads_fit(spans, job, limit, route, r, c):
            continue
        b = route[r, FIRST]
        more = np.int64(leg(out, points, formula, 0, c)) + leg(out, points, formula, c, b)
        more -= route[r, ENTRY]
        if (
            more < cheapest
            and (times is None or in_time(times, job, node, c, 0, b))
            and (spans is None or in_span(spans, job, limit, route, r, c, 0, b))
        ):
            cheapest, found = np.float64(more), np.int64(r)
    return cheapest, found


@kernel
def alone_fits(times: Any, spans: Any, job: Int64s, limit: Int64s, node: Int32s, c: int) -> bool:
    """Whether a route of its own keeps the limits."""
    loads = limit.shape[0] if spans is None else limit.shape[0] - spans.shape[0]
    for i in range(loads):
        if job[c, AMOUNTS + i] > limit[i]:
            return False
    if times is not None and not in_time(times, job, node, c, 0, 0):
        return False
    if spans is not None:
        for q in range(spans.shape[0]):
            whole = spans[q, 0, c] + spans[q, c, 0] + job[c, AMOUNTS + loads + q]
            if whole > limit[loads + q]:
                return False
    return True


@kernel
def own_route(route: Int64s, lists: Int32s, num: Int64s, logged_routes: Int64s) -> Any:
    """An empty route: one that this iteration has emptied, or a free one; -1 = there is none."""
    for k in range(num[LOGGED_ROUTES]):
        if route[logged_routes[k, WHICH], SIZE] == 0:
            return logged_routes[k, WHICH]
    return np.int64(enter(route, lists, num))


@kernel(forceinline=True)
def price_in_time(
    times: Any, job: Int64s, node: Int32s, route: Int64s, r: int, c: int, a: int, b: int
) -> Any:
    """Time warp that a job between a and b adds."""
    t = np.int64(node[a, START]) + job[a, SERVICE] if a else job[0, EARLIEST] + job[0, SERVICE]
    end = np.int64(node[b, END]) if b else job[0, LATEST]
    before = max(t + times[a, b] - end, 0) if route[r, SIZE] else np.int64(0)
    t = max(t + times[a, c], job[c, EARLIEST])
    warp = max(t - job[c, LATEST], 0)
    t -= warp
    return warp + max(t + job[c, SERVICE] + times[c, b] - end, 0) - before


@kernel(forceinline=True)
def price_of_load(
    spans: Any, soft: Any, job: Int64s, limit: Int64s, route: Int64s, r: int, c: int
) -> Any:
    """Penalty for the load that a job adds to a route."""
    loads = limit.shape[0] if spans is None else limit.shape[0] - spans.shape[0]
    excess = np.int64(0)
    for i in range(loads):
        excess += over(route[r, LOADS + i] + job[c, AMOUNTS + i], limit[i])
    return soft[BY_EXCESS] * (excess - route[r, EXCESS])


@kernel
def recreate(
    out: Int32s,
    back: Int32s,
    points: Floats,
    formula: Floats,
    times: Any,
    soft: Any,
    spans: Any,
    near: Int32s,
    job: Int64s,
    limit: Int64s,
    node: Int32s,
    route: Int64s,
    lists: Int32s,
    num: Int64s,
    logged_jobs: Int32s,
    logged_routes: Int64s,
    rng: State,
    reach: int,
) -> None:
    """Insert the removed jobs one by one at the cheapest place seen.

    Without penalties (`soft` is None) only places that keep all limits are looked at.
    """
    until_blink = int(math.log(chance(rng) + NOTHING) / LOG_SEEING)
    for k in range(num[REMOVED]):
        c = lists[REMOVED, k]
        cheapest: Any
        best_route: Any
        cheapest, best_route, best_after = np.float64(FAR), np.int64(-1), 0
        for j in range(reach):
            y = near[c, j]
            if y == 0:
                break
            r = node[y, ROUTE]
            if r < 0:
                continue
            extra = 0.0
            if soft is None:
                if not loads_fit(spans, job, limit, route, r, c):
                    continue
            else:
                extra = price_of_load(spans, soft, job, limit, route, r, c)
            if until_blink:
                until_blink -= 1
                b = node[y, AFTER]
                more = leg(back, points, formula, c, y) + leg(out, points, formula, c, b)
                price = extra + (more - node[y, LEG])
                if price < cheapest:
                    if soft is not None and times is not None:
                        price += soft[BY_WARP] * price_in_time(times, job, node, route, r, c, y, b)
                    if (
                        price < cheapest
                        and (
                            times is None or soft is not None or in_time(times, job, node, c, y, b)
                        )
                        and (spans is None or in_span(spans, job, limit, route, r, c, y, b))
                    ):
                        cheapest, best_route, best_after = price, np.int64(r), y
            else:
                until_blink = int(math.log(chance(rng) + NOTHING) / LOG_SEEING)
            if until_blink:
                until_blink -= 1
                a = node[y, BEFORE]
                more = leg(back, points, formula, c, a) + leg(out, points, formula, c, y)
                price = extra + (more - (node[a, LEG] if a else route[r, ENTRY]))
                if price < cheapest:
                    if soft is not None and times is not None:
                        price += soft[BY_WARP] * price_in_time(times, job, node, route, r, c, a, y)
                    if (
                        price < cheapest
                        and (
                            times is None or soft is not None or in_time(times, job, node, c, a, y)
                        )
                        and (spans is None or in_span(spans, job, limit, route, r, c, a, y))
                    ):
                        cheapest, best_route, best_after = price, np.int64(r), a
            else:
                until_blink = int(math.log(chance(rng) + NOTHING) / LOG_SEEING)
        alone = np.int64(leg(out, points, formula, 0, c)) + leg(out, points, formula, c, 0)
        alone += num[OPENING]
        if best_route < 0:
            cheapest, best_route = elsewhere(
                out, points, formula, times, spans, job, limit, node, route, lists, num, c
            )
            best_after = 0
        if (
            alone < cheapest
            and alone < job[c, MISSING]
            and alone_fits(times, spans, job, limit, node, c)
        ):
            own = own_route(route, lists, num, logged_routes)
            if own >= 0:
                cheapest, best_route, best_after = np.float64(alone), own, 0
        if best_route >= 0 and cheapest < job[c, MISSING]:
            write_down(node, route, num, logged_jobs, logged_routes, best_route)
            put_in(
                out, points, formula, times, soft, spans, job, limit, node, route, num,
                c, best_route, best_after,
            )  # fmt: skip
        else:
            lists[ABSENT, num[ABSENT]] = c
            num[ABSENT] += 1
            num[COST] += job[c, MISSING]


@kernel
def adapt(soft: Floats, num: Int64s) -> None:
    """Let penalties follow how often the plan keeps windows and capacities."""
    num[SINCE] += 1
    num[IN_TIME] += num[ALL_WARP] == 0
    num[IN_LOAD] += num[ALL_EXCESS] == 0
    if num[SINCE] < soft[EVERY]:
        return
    share = 1.0 / num[SINCE]
    by_warp = soft[BY_WARP] * math.exp(PACE * (soft[SHARE] - num[IN_TIME] * share))
    by_excess = soft[BY_EXCESS] * math.exp(PACE * (soft[SHARE] - num[IN_LOAD] * share))
    soft[BY_WARP] = min(max(by_warp, soft[LEAST_WARP]), soft[MOST_WARP])
    soft[BY_EXCESS] = min(max(by_excess, soft[LEAST_EXCESS]), soft[MOST_EXCESS])
    num[SINCE] = num[IN_TIME] = num[IN_LOAD] = 0


@kernel(forceinline=True)
def penalised(soft: Any, cost: int, warp: int, excess: int) -> Any:
    """Cost and penalties."""
    if soft is None:
        return np.float64(cost)
    return cost + soft[BY_WARP] * warp + soft[BY_EXCESS] * excess


@kernel
def keeps_limits(
    times: Any,
    soft: Any,
    spans: Any,
    job: Int64s,
    limit: Int64s,
    node: Int32s,
    route: Int64s,
    num: Int64s,
    logged_routes: Int64s,
) -> bool:
    """Whether the routes of this iteration keep what has no penalty.

    Insertions see to it; a detour that is shorter than the way itself makes removals break it.
    """
    for k in range(num[LOGGED_ROUTES]):
        r = logged_routes[k, WHICH]
        first = route[r, FIRST]
        if first == 0:
            continue
        if soft is None and times is not None and node[first, START] > node[first, END]:
            return False
        if spans is not None:
            for i in range(limit.shape[0] - spans.shape[0], limit.shape[0]):
                if route[r, LOADS + i] > limit[i]:
                    return False
    return True


@kernel
def run(
    problem: Problem,
    plan: Plan,
    rng: State,
    steps: int,
    temperature: float,
    way: Way,
    soft: Any,
) -> int:
    """Make `steps` iterations at one temperature; returns how many were accepted.

    With penalties (`soft`) the plan may break windows and capacities; the best plan never does.
    """
    # Taken apart once: every look into a tuple of arrays counts references.
    out, back, points, formula = problem.out, problem.back, problem.points, problem.formula
    times, spans, near = problem.times, problem.spans, problem.near
    job, limit = problem.job, problem.limit
    node, route, lists, num = plan.node, plan.route, plan.lists, plan.num
    logged_jobs, logged_routes = plan.logged_jobs, plan.logged_routes
    accepted = 0
    move, gain = np.zeros(9, np.int64), np.zeros(1)
    for _ in range(steps):
        num[STEP] += 1
        begin(num)
        ruin(
            out, points, formula, times, soft, spans, near, job, limit, node, route, lists, num,
            logged_jobs, logged_routes, rng, way.mean, way.longest,
        )  # fmt: skip
        if num[ABSENT]:
            recall(job, lists, num, rng)
        arrange(times, job, lists, num, rng)
        recreate(
            out, back, points, formula, times, soft, spans, near, job, limit,
            node, route, lists, num, logged_jobs, logged_routes, rng, way.reach,
        )  # fmt: skip
        allowed = penalised(soft, num[COST_BEFORE], num[WARP_BEFORE], num[EXCESS_BEFORE])
        allowed -= temperature * math.log(chance(rng) + NOTHING)
        now = penalised(soft, num[COST], num[ALL_WARP], num[ALL_EXCESS])
        if way.polish > 0.0 and now < allowed + (way.polish - 1.0) * temperature:
            queue_changes(node, lists, num, logged_jobs, logged_routes)
            improve(
                out, back, points, formula, times, soft, spans, near, job, limit, node, route,
                lists, num, logged_jobs, logged_routes, move, gain, way.turnable, way.looked,
            )  # fmt: skip
            now = penalised(soft, num[COST], num[ALL_WARP], num[ALL_EXCESS])
        if now < allowed and keeps_limits(
            times, soft, spans, job, limit, node, route, num, logged_routes
        ):
            accepted += 1
            settle(route, lists, num, logged_routes)
            if num[COST] < num[BEST] and num[ALL_WARP] == 0 and num[ALL_EXCESS] == 0:
                num[BEST] = num[COST]
                keep(node, route, lists, num)
        else:
            put_back(node, route, lists, num, logged_jobs, logged_routes)
        if soft is not None:
            adapt(soft, num)
    return accepted


@kernel
def insert_all(problem: Problem, plan: Plan, rng: State, order: Int32s, reach: int) -> None:
    """Serve the absent jobs in the order given, each at the cheapest place near it."""
    num, lists = plan.num, plan.lists
    begin(num)
    for k in range(order.shape[0]):
        lists[REMOVED, k] = order[k]
        num[COST] -= problem.job[order[k], MISSING]
    num[REMOVED] = order.shape[0]
    num[ABSENT] = 0
    recreate(
        problem.out, problem.back, problem.points, problem.formula, problem.times, None,
        problem.spans, problem.near, problem.job, problem.limit, plan.node, plan.route, lists, num,
        plan.logged_jobs, plan.logged_routes, rng, reach,
    )  # fmt: skip
    settle(plan.route, lists, num, plan.logged_routes)
    num[BEST] = num[COST]
    keep(plan.node, plan.route, lists, num)
