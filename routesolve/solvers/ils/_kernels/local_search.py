"""Local search on what an iteration has touched: segments exchanged, tails exchanged, turns.

Moves are looked for around pairs of near jobs, and only where the first new leg is shorter than one
that it takes the place of (the gain criterion of S. Lin, B. Kernighan, Operations Research 21,
1973): few pairs pass it in a good plan, so that looking costs little.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from routesolve._jit import inlined, lean
from routesolve.solvers.ils._kernels.layout import (
    AFTER,
    AMOUNTS,
    BEFORE,
    BY_EXCESS,
    BY_WARP,
    COST,
    ENTRY,
    EXCESS,
    FIRST,
    FROM,
    JOB,
    KIND,
    LAST,
    LEG,
    LOADS,
    LOGGED_ROUTES,
    MOVES,
    QUEUE,
    QUEUED,
    ROUTE,
    ROW_A,
    ROW_B,
    USING,
    WARP,
    Floats,
    Int32s,
    Int64s,
    Ways,
    Whole,
)
from routesolve.solvers.ils._kernels.moves import (
    EXCHANGE,
    JOINED_ENDS,
    TAILS,
    TURN,
    cost_of,
    penalty,
    rewrite,
    spell_move,
)
from routesolve.solvers.ils._kernels.routes import (
    capacity,
    home,
    leg,
    refresh,
    using,
    write_down,
)

LONGEST = 3  # jobs in an exchanged segment
HEAD, TAIL, OTHER, PRIOR, NEXT, GONE, CLOSED, TURNED, AMOUNT = range(9)  # of a segment
LEAST = -0.01  # a move must gain more: sums of floating-point numbers are not exact


@inlined
def queue(node: Int32s, lists: Int32s, num: Int64s, x: Whole) -> None:
    """Look at a job (0 = depot: nothing to do) later."""
    if x and not node[x, QUEUED]:
        node[x, QUEUED] = 1
        lists[QUEUE, num[QUEUE]] = x
        num[QUEUE] += 1


@lean
def queue_changes(
    node: Int32s, lists: Int32s, num: Int64s, logged_jobs: Int32s, logged_routes: Int64s
) -> None:
    """Queue the ends of all legs that the iteration has replaced."""
    for k in range(num[LOGGED_ROUTES]):
        x = 0
        for at in range(logged_routes[k, FROM], logged_routes[k + 1, FROM]):
            y = logged_jobs[at, JOB]
            if node[y, BEFORE] != x or (x and node[x, AFTER] != y):
                queue(node, lists, num, x)
                queue(node, lists, num, y)
            x = y
        if node[x, AFTER] != 0:
            queue(node, lists, num, x)


@inlined
def lay_segments(
    out: Ways,
    kinds: Any,
    job: Int64s,
    node: Int32s,
    route: Int64s,
    num: Int64s,
    segment: Int64s,
    u: Whole,
) -> None:
    """Note the segments that begin with u, one to three jobs along the route and against it."""
    r = np.int64(node[u, ROUTE])
    h = home(kinds, route, r)
    for way in range(2):
        forward = way == 0
        inner, amount, x = np.int64(0), np.int64(0), u
        for size in range(LONGEST):
            k = LONGEST * way + size
            if size:
                y = np.int64(node[x, AFTER] if forward else node[x, BEFORE])
                if y == 0:
                    segment[k, HEAD] = 0
                    break
                one, two = (x, y) if forward else (y, x)
                inner += np.int64(leg(out, kinds, h, two, one)) - node[one, LEG]
                x = y
            amount += job[x, AMOUNTS]
            a, last = (u, x) if forward else (x, u)
            before, after = np.int64(node[a, BEFORE]), np.int64(node[last, AFTER])
            gone = np.int64(node[before, LEG] if before else route[r, ENTRY]) + node[last, LEG]
            closed = -using(kinds, job, num, h)
            if before or after:
                closed = np.int64(leg(out, kinds, h, before, after))
            segment[k, HEAD], segment[k, TAIL], segment[k, OTHER] = a, last, x
            segment[k, PRIOR], segment[k, NEXT] = before, after
            segment[k, GONE], segment[k, CLOSED] = gone, closed
            segment[k, TURNED], segment[k, AMOUNT] = inner, amount


@inlined
def best_exchange(
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
    move: Int64s,
    gain: Floats,
    segment: Int64s,
    most: float,
    joint: Whole,
    u: Whole,
    v: Whole,
    behind: bool,
    straight: bool,
    turning: bool,
) -> None:
    """Bring u, and up to two jobs beside it, behind or before v; up to two jobs go back.

    The leg between u and v costs `joint`.
    """
    r, s = np.int64(node[u, ROUTE]), np.int64(node[v, ROUTE])
    hr, hs = home(kinds, route, r), home(kinds, route, s)
    room_r = capacity(kinds, job, limit, hr, 0) - route[r, LOADS]
    room_s = capacity(kinds, job, limit, hs, 0) - route[s, LOADS]
    for way in range(2):
        turned = way == 1
        if not (turning if turned else straight):
            continue
        base = 0 if behind != turned else LONGEST
        for k in range(base + way, base + LONGEST):
            a, last = segment[k, HEAD], segment[k, TAIL]
            if a == 0 or segment[k, OTHER] == v:
                break
            first, final = (last, a) if turned else (a, last)
            inner = segment[k, TURNED] if turned else np.int64(0)
            low, high = v, v
            if behind:
                high = np.int64(node[v, AFTER])
            else:
                low = np.int64(node[v, BEFORE])
            more = segment[k, AMOUNT]
            for back in range(1 if turned else 3):
                if back:
                    if behind:
                        if high == 0:
                            break
                        more -= job[high, AMOUNTS]
                        high = np.int64(node[high, AFTER])
                    else:
                        if low == 0:
                            break
                        more -= job[low, AMOUNTS]
                        low = np.int64(node[low, BEFORE])
                if r == s:
                    if (behind and high == a) or (not behind and low == last):
                        break
                elif soft is None and (more > room_s or -more > room_r):
                    continue
                # Legs cost nothing at least: what they add comes as late as it can.
                end = low
                delta = joint + inner - segment[k, GONE]
                delta -= node[low, LEG] if low else route[s, ENTRY]
                if back:
                    end = np.int64(node[high, BEFORE] if high else route[s, LAST])
                    delta -= node[end, LEG]
                else:
                    delta += segment[k, CLOSED]
                if delta >= gain[0] + most:
                    continue
                if behind:
                    delta += leg(out, kinds, hs, final, high)
                else:
                    delta += leg(out, kinds, hs, low, first)
                if back:
                    if delta >= gain[0] + most:
                        continue
                    b = np.int64(node[low, AFTER] if low else route[s, FIRST])
                    delta += leg(out, kinds, hr, segment[k, PRIOR], b)
                    delta += leg(out, kinds, hr, end, segment[k, NEXT])
                if delta < gain[0] + most:
                    offer(
                        out, kinds, times, soft, spans, job, limit, node, route,
                        lists, move, gain, delta, np.int64(EXCHANGE), a, last, low, high, r, s,
                        turned,
                    )  # fmt: skip


@lean
def cost_now(kinds: Any, job: Int64s, node: Int32s, route: Int64s, r: Whole) -> Any:
    """Cost of a route as it is."""
    total = np.int64(route[r, ENTRY]) + job[route[r, KIND], USING]
    x = route[r, FIRST]
    while x:
        total += node[x, LEG]
        x = np.int64(node[x, AFTER])
    return total


@lean
def offer(
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
    move: Int64s,
    gain: Floats,
    delta: Whole,
    kind: Whole,
    a: Whole,
    b: Whole,
    c: Whole,
    d: Whole,
    r: Whole,
    s: Whole,
    turned: bool,
) -> None:
    """Note a move when it is the best so far, penalties included."""
    if kinds is not None and r != s and route[r, KIND] != route[s, KIND]:
        # Between kinds all that changes routes costs another amount.
        k, m = spell_move(node, route, lists, kind, a, b, c, d, r, s, turned)
        hr, hs = route[r, KIND], route[s, KIND]
        one = cost_of(out, kinds, job, hr, lists[ROW_A], k)
        two = cost_of(out, kinds, job, hs, lists[ROW_B], m)
        if one < 0 or two < 0:
            return
        delta = one + two - cost_now(kinds, job, node, route, r)
        delta -= cost_now(kinds, job, node, route, s)
        if delta >= gain[0] + relief(soft, route, r, s):
            return
    price = delta + penalty(
        kinds, times, soft, spans, job, limit, node, route, lists, kind, a, b, c, d, r, s, turned
    )
    if price < gain[0]:
        gain[0] = price
        move[0], move[1], move[2], move[3], move[4], move[5] = delta, kind, a, b, c, d
        move[6], move[7], move[8] = r, s, turned


@inlined
def relief(soft: Any, route: Int64s, r: Whole, s: Whole) -> Any:
    """Penalties of two routes: what a move can save beside legs."""
    if soft is None:
        return 0.0
    warp, excess = route[r, WARP], route[r, EXCESS]
    if r != s:
        warp += route[s, WARP]
        excess += route[s, EXCESS]
    return soft[BY_WARP] * warp + soft[BY_EXCESS] * excess


@inlined
def leads(node: Int32s, a: Whole, b: Whole) -> Any:
    """Whether b comes after a in their route."""
    while a and a != b:
        a = node[a, AFTER]
    return a == b


@lean
def other_ends(
    out: Ways,
    kinds: Any,
    route: Int64s,
    hr: Whole,
    hs: Whole,
    r: Whole,
    s: Whole,
    b: Whole,
    d: Whole,
) -> Any:
    """What the last legs add when tails from b of r and from d of s come to each other's ends."""
    more = np.int64(0)
    if b:
        x = route[r, LAST]
        more += leg(out, kinds, hs, x, 0)
        more -= leg(out, kinds, hr, x, 0)
    if d:
        x = route[s, LAST]
        more += leg(out, kinds, hr, x, 0)
        more -= leg(out, kinds, hs, x, 0)
    return more


@inlined
def best_other(
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
    move: Int64s,
    gain: Floats,
    turnable: bool,
    u: Whole,
    v: Whole,
) -> None:
    """Exchange tails between the routes of u and v, or turn a part of their one route."""
    r, s = np.int64(node[u, ROUTE]), np.int64(node[v, ROUTE])
    p, n = np.int64(node[u, BEFORE]), np.int64(node[u, AFTER])
    q, w = np.int64(node[v, BEFORE]), np.int64(node[v, AFTER])
    hr, hs = home(kinds, route, r), home(kinds, route, s)
    most = relief(soft, route, r, s)
    # Numba would compile a version for each constant: these are none.
    never, none = u < 0, np.int64(0)
    to_u = np.int64(node[p, LEG] if p else route[r, ENTRY])
    to_v = np.int64(node[q, LEG] if q else route[s, ENTRY])
    from_u, from_v = np.int64(node[u, LEG]), np.int64(node[v, LEG])
    if r != s:
        # Legs cost nothing at least: the second is looked up where the first leaves a gain.
        delta = np.int64(leg(out, kinds, hs, v, u)) - to_u - from_v
        if p == 0 and w == 0:
            delta -= using(kinds, job, num, hr)
        if kinds is not None and hr != hs:
            delta += other_ends(out, kinds, route, hr, hs, r, s, u, w)
        if delta < gain[0] + most:
            delta += leg(out, kinds, hr, p, w)
            if delta < gain[0] + most:
                offer(
                    out, kinds, times, soft, spans, job, limit, node, route,
                    lists, move, gain, delta, np.int64(TAILS), p, u, v, w, r, s, never,
                )  # fmt: skip
        delta = np.int64(leg(out, kinds, hr, u, v)) - from_u - to_v
        if q == 0 and n == 0:
            delta -= using(kinds, job, num, hs)
        if kinds is not None and hr != hs:
            delta += other_ends(out, kinds, route, hr, hs, r, s, n, v)
        if delta < gain[0] + most:
            delta += leg(out, kinds, hs, q, n)
            if delta < gain[0] + most:
                offer(
                    out, kinds, times, soft, spans, job, limit, node, route,
                    lists, move, gain, delta, np.int64(TAILS), u, n, q, v, r, s, never,
                )  # fmt: skip
    if not turnable:
        return
    if r != s and times is not None:
        return
    across = np.int64(leg(out, kinds, hr, u, v))
    delta, other = across - from_u - from_v, across - to_u - to_v
    if r != s and n == 0 and w == 0:
        delta -= using(kinds, job, num, hs)
    if r != s and p == 0 and q == 0:
        other -= using(kinds, job, num, hr)
    if delta < gain[0] + most:
        delta += leg(out, kinds, hs, n, w)
    if other < gain[0] + most:
        other += leg(out, kinds, hr, p, q)
    if r != s:
        if delta < gain[0] + most:
            offer(
                out, kinds, times, soft, spans, job, limit, node, route, lists,
                move, gain, delta, np.int64(JOINED_ENDS), u, n, v, w, r, s, never,
            )  # fmt: skip
        if other < gain[0] + most:
            offer(
                out, kinds, times, soft, spans, job, limit, node, route, lists,
                move, gain, other, np.int64(JOINED_ENDS), p, u, q, v, r, s, never,
            )  # fmt: skip
        return
    if min(delta, other) >= gain[0] + most:
        return
    ahead = leads(node, u, v)
    if delta < gain[0] + most:
        a, b = (n, v) if ahead else (w, u)
        offer(
            out, kinds, times, soft, spans, job, limit, node, route, lists,
            move, gain, delta, np.int64(TURN), a, b, none, none, r, r, never,
        )  # fmt: skip
    if other < gain[0] + most:
        a, b = (u, q) if ahead else (v, p)
        offer(
            out, kinds, times, soft, spans, job, limit, node, route, lists,
            move, gain, other, np.int64(TURN), a, b, none, none, r, r, never,
        )  # fmt: skip


@inlined
def look(
    out: Ways,
    back: Ways,
    kinds: Any,
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
    move: Int64s,
    gain: Floats,
    segment: Int64s,
    turnable: bool,
    u: Whole,
    reach: Whole,
) -> None:
    """Find the best move around a job; ``gain[0]`` stays LEAST when there is none."""
    gain[0] = LEAST
    r, p = node[u, ROUTE], node[u, BEFORE]
    to_u, from_u = (node[p, LEG] if p else route[r, ENTRY]), node[u, LEG]
    beside = max(to_u, from_u)
    laid = False
    for j in range(reach):
        v = np.int64(near[u, j])
        if v == 0:
            break
        if kinds is None and soft is None:
            # Without a look at where v stands.
            nearest = leg(back, kinds, 0, u, v)
            nearest = min(nearest, leg(out, kinds, 0, u, v))
            if nearest >= beside:
                continue  # the next may be nearer: a guide puts likely neighbours first
        s = node[v, ROUTE]
        if s < 0:
            continue
        q, h = node[v, BEFORE], home(kinds, route, s)
        most = relief(soft, route, r, s)
        before = np.int64(leg(back, kinds, h, u, v))
        after = np.int64(leg(out, kinds, h, u, v))
        there, here = before - most, after - most
        if min(there, here) >= beside:
            continue
        for side in range(2):
            behind = side == 0
            if v == p if behind else q == u:
                continue
            joint = there if behind else here
            straight, turning = joint < to_u, joint < from_u
            if not behind:
                straight, turning = turning, straight
            if straight or turning:
                if not laid:
                    lay_segments(out, kinds, job, node, route, num, segment, u)
                    laid = True
                best_exchange(
                    out, kinds, times, soft, spans, job, limit, node, route, lists,
                    move, gain, segment, most, before if behind else after, u, v, behind,
                    straight, turning,
                )  # fmt: skip
        if v != p and q != u:
            best_other(
                out, kinds, times, soft, spans, job, limit, node, route, lists,
                num, move, gain, turnable, u, v,
            )  # fmt: skip


@inlined
def improve(
    out: Ways,
    back: Ways,
    kinds: Any,
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
    move: Int64s,
    gain: Floats,
    segment: Int64s,
    turnable: bool,
    reach: Whole,
) -> None:
    """Make the best move around each queued job until none is left."""
    while num[QUEUE]:
        num[QUEUE] -= 1
        u = np.int64(lists[QUEUE, num[QUEUE]])
        node[u, QUEUED] = 0
        if node[u, ROUTE] < 0:
            continue
        look(
            out, back, kinds, times, soft, spans, near, job, limit, node, route,
            lists, num, move, gain, segment, turnable, u, reach,
        )  # fmt: skip
        if gain[0] >= LEAST:
            continue
        num[MOVES] += 1
        r, s = move[6], move[7]
        kind = move[1]
        for k in range(2, 6):
            queue(node, lists, num, move[k])
        if kind == EXCHANGE:
            a, last, low, high = move[2], move[3], move[4], move[5]
            queue(node, lists, num, node[a, BEFORE])
            queue(node, lists, num, node[last, AFTER])
            queue(node, lists, num, node[low, AFTER] if low else route[s, FIRST])
            queue(node, lists, num, node[high, BEFORE] if high else route[s, LAST])
        elif kind == TURN:
            queue(node, lists, num, node[move[2], BEFORE])
            queue(node, lists, num, node[move[3], AFTER])
        queue(node, lists, num, u)
        k, m = spell_move(
            node, route, lists, kind, move[2], move[3], move[4], move[5], r, s, move[8] == 1
        )
        write_down(node, route, num, logged_jobs, logged_routes, r)
        if m >= 0:
            write_down(node, route, num, logged_jobs, logged_routes, s)
        rewrite(
            out,
            kinds,
            times,
            soft,
            spans,
            job,
            limit,
            node,
            route,
            num,
            r,
            lists[ROW_A],
            k,
        )
        if m >= 0:
            rewrite(
                out, kinds, times, soft, spans, job, limit, node, route, num, s,
                lists[ROW_B], m,
            )  # fmt: skip
        num[COST] += move[0]
        if soft is not None:
            refresh(kinds, times, spans, job, limit, node, route, num, r)
            if m >= 0:
                refresh(kinds, times, spans, job, limit, node, route, num, s)
