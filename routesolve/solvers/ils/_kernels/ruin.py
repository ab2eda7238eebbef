"""Ruin: strings of neighbours leave their routes.

J. Christiaens, G. Vanden Berghe, "Slack Induction by String Removals for Vehicle Routing Problems",
Transportation Science 54 (2020).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from routesolve._jit import inlined, lean
from routesolve.solvers.ils._kernels.chance import chance
from routesolve.solvers.ils._kernels.kinds import switch_kind
from routesolve.solvers.ils._kernels.layout import (
    ABSENT,
    ACTIVE,
    AFTER,
    ALL_EXCESS,
    ALL_WARP,
    BEFORE,
    EPOCH,
    EXCESS,
    FIRST,
    REMOVED,
    ROUTE,
    SEEN,
    SIZE,
    WARP,
    Float32s,
    Int32s,
    Int64s,
    State,
    Ways,
)
from routesolve.solvers.ils._kernels.routes import (
    refresh,
    renew_ends,
    renew_starts,
    take_out,
    write_down,
)

SPLIT = 0.5  # chance to keep some jobs inside a removed string
STOP = 0.01  # chance that what is kept inside does not reach to an end of the route
WHOLE = 0.02  # chance that a short route leaves whole, where there are kinds or absent jobs
SHORT = 6.0  # of such a route: jobs, at most, in times the mean
SWITCHED = 0.1  # chance that a route is driven by another kind, where there are several
ANY = 0.05  # chance that any route does, in all, where windows keep strings from emptying one
MENDED = 0.2  # chance to begin at a route that breaks a limit, if there is one


@inlined
def cut_string(
    out: Ways,
    kinds: Any,
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
            take_out(out, kinds, spans, job, limit, node, route, num, x)
            lists[REMOVED, num[REMOVED]] = x
            num[REMOVED] += 1
            if first_kept < 0 or first_kept == x:
                first_kept = following
        x = following
    if times is not None and route[r, SIZE]:
        one_gap = first_kept == 0 or last_kept == 0 or node[first_kept, BEFORE] == last_kept
        if first_kept:
            until = first_kept if one_gap else last_kept
            renew_starts(kinds, times, soft, job, node, route, r, first_kept, until)
        if last_kept:
            until = last_kept if one_gap else first_kept
            renew_ends(kinds, times, soft, job, node, route, r, last_kept, until)
    if soft is not None:
        refresh(kinds, times, spans, job, limit, node, route, num, r)


@lean
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


@inlined
def warmth(heat: Float32s, node: Int32s, c: int) -> Any:
    """How likely the legs to and from a job are; one that is not served has none."""
    if node[c, ROUTE] < 0:
        return np.float32(0.0)
    return heat[node[c, BEFORE], c] + heat[c, node[c, AFTER]]


@lean
def empty(
    out: Ways,
    kinds: Any,
    soft: Any,
    spans: Any,
    job: Int64s,
    limit: Int64s,
    node: Int32s,
    route: Int64s,
    lists: Int32s,
    num: Int64s,
    r: int,
) -> None:
    """Remove all jobs of a route: others may take them, or another kind begin in its place."""
    while route[r, FIRST]:
        x = route[r, FIRST]
        take_out(out, kinds, spans, job, limit, node, route, num, x)
        lists[REMOVED, num[REMOVED]] = x
        num[REMOVED] += 1
    if soft is not None:
        refresh(kinds, None, spans, job, limit, node, route, num, r)


@lean
def beside(near: Int32s, node: Int32s, c: int, r: int) -> Any:
    """The nearest route to a job besides its own, r; -1 = there is none."""
    for k in range(near.shape[1]):
        x = near[c, k]
        if x == 0:
            break
        if node[x, ROUTE] >= 0 and node[x, ROUTE] != r:
            return np.int64(node[x, ROUTE])
    return np.int64(-1)


@inlined
def ruin(
    out: Ways,
    kinds: Any,
    times: Any,
    soft: Any,
    spans: Any,
    near: Int32s,
    job: Int64s,
    limit: Int64s,
    heat: Float32s,
    node: Int32s,
    route: Int64s,
    lists: Int32s,
    num: Int64s,
    logged_jobs: Int32s,
    logged_routes: Int64s,
    rng: State,
    mean: float,
    longest: float,
) -> Any:
    """Remove strings from routes near a random job; returns that job."""
    n = node.shape[0] - 1
    # The longest string follows the mean number of jobs in a route.
    most = min(longest, (n - num[ABSENT]) / max(num[ACTIVE], 1))
    strings = int(chance(rng) * (4.0 * mean / (1.0 + most) - 1.0) + 1.0)
    seed = 1 + int(chance(rng) * n)
    if heat.shape[0]:
        other = 1 + int(chance(rng) * n)
        if warmth(heat, node, other) < warmth(heat, node, seed):
            seed = other
    if soft is not None and (num[ALL_WARP] or num[ALL_EXCESS]) and chance(rng) < MENDED:
        seed = broken_job(node, route, lists, num, rng, seed)
    done = 0
    if (kinds is not None or times is not None or num[ABSENT]) and node[seed, ROUTE] >= 0:
        r = node[seed, ROUTE]
        often = 0.0
        if (kinds is not None or num[ABSENT]) and route[r, SIZE] <= SHORT * mean:
            often = WHOLE
        elif times is not None and route[r, SIZE] <= 5.0 * mean:
            often = ANY / num[ACTIVE]
        if chance(rng) < often:
            write_down(node, route, num, logged_jobs, logged_routes, r)
            empty(out, kinds, soft, spans, job, limit, node, route, lists, num, r)
            done += 1
        elif kinds is not None and chance(rng) < SWITCHED:
            larger = switch_kind(
                out, kinds, times, soft, spans, job, limit, node, route, lists, num,
                logged_jobs, logged_routes, rng, r,
            )  # fmt: skip
            if larger:
                q = beside(near, node, seed, r)
                if q >= 0:
                    write_down(node, route, num, logged_jobs, logged_routes, q)
                    empty(out, kinds, soft, spans, job, limit, node, route, lists, num, q)
    for k in range(-1, near.shape[1]):
        c = seed if k < 0 else near[seed, k]
        if c == 0 or done >= strings:
            break
        r = node[c, ROUTE]
        if r < 0 or route[r, SEEN] == num[EPOCH]:
            continue
        write_down(node, route, num, logged_jobs, logged_routes, r)
        cut_string(
            out, kinds, times, soft, spans, job, limit, node, route, lists, num,
            rng, c, most,
        )  # fmt: skip
        done += 1
    return seed
