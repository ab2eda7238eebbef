"""What rollouts may do next, what it costs, and what the decoder is told of where they stand."""

# n nodes, k tokens (the first of them), s rollouts

from __future__ import annotations

import math

from routesolve.solvers.neural._kernels.layout import (
    AT,
    BACKHAUL,
    CAPACITY,
    CLOSING,
    COST,
    CUSTOMERS,
    DELIVERY,
    DISTANCE_COST,
    DRIVING,
    DRIVING_COST,
    DURATION,
    EARLIEST,
    END_CLOSING,
    END_DISTANCE,
    END_DRIVING,
    END_DURATION,
    FIXED_COST,
    FLEET,
    HAS_CHOICE,
    HAS_FLEET,
    HAS_GAPS,
    HAS_LOADS,
    HAS_PICKUPS,
    HAS_TIMES,
    HOME,
    HOME_WAY,
    LATEST,
    LEFT,
    LENGTH,
    LINEHAUL,
    LOAD,
    LONGEST,
    MAX_DISTANCE,
    MAX_DRIVING,
    MAX_DURATION,
    OPENING,
    PEAK,
    PICKUP,
    ROOM,
    RULE,
    SERVICE,
    SPEED,
    START,
    SWITCHED,
    TIME,
    TOKEN,
    Bools,
    Float32s,
    Floats,
    Int64s,
    Rules,
    Whole,
    exact,
    exact_part,
)

LATE = 1e-6  # environment.LATE
NEVER = 2  # problems.NEVER


@exact
def allow(rules: Rules, at: Int64s, sums: Floats, seen: Bools, used: Floats, free: Bools) -> None:
    """Write the nodes that may come next, at least one; as ``Environment.mask``."""
    k, n = rules.token.shape[1], rules.node.shape[1]
    has = rules.has
    for i in range(at.shape[0]):
        node, token = at[i, AT], at[i, TOKEN]
        for j in range(k):
            free[i, j] = False
        if node < k and has[HAS_FLEET] and not rules.token[FLEET, token] - used[i, token] > 0.0:
            for j in range(k, n):
                free[i, j] = False
        else:
            for j in range(k, n):
                free[i, j] = not seen[i, j]
            if rules.allowed.shape[1] > 0:
                for j in range(k, n):
                    free[i, j] = free[i, j] & rules.allowed[token, j]
            if has[HAS_GAPS]:
                _reachable(rules, node, token, i, free)
            if has[HAS_LOADS]:
                _fits(rules, token, i, sums, free)
            if has[RULE]:
                _in_order(rules, i, sums, free)
            if has[HAS_TIMES]:
                _in_time(rules, node, token, i, sums, free)
        _tokens(rules, node, token, i, at, seen, used, free)


@exact_part
def _reachable(rules: Rules, node: Whole, token: Whole, i: Whole, free: Bools) -> None:
    for j in range(rules.token.shape[1], rules.node.shape[1]):
        there = math.isfinite(rules.distance[node, j]) and math.isfinite(rules.duration[node, j])
        home = math.isfinite(rules.ends[HOME, token, j]) and math.isfinite(
            rules.ends[HOME_WAY, token, j]
        )
        free[i, j] = free[i, j] and there and home


@exact_part
def _fits(rules: Rules, token: Whole, i: Whole, sums: Floats, free: Bools) -> None:
    limit, backhaul = rules.token[LOAD, token], sums[i, BACKHAUL]
    room = limit - sums[i, PEAK]
    for j in range(rules.token.shape[1], rules.node.shape[1]):
        free[i, j] = free[i, j] & (rules.node[DELIVERY, j] <= room)
    if rules.has[HAS_PICKUPS]:
        for j in range(rules.token.shape[1], rules.node.shape[1]):
            free[i, j] = free[i, j] & (backhaul + rules.node[PICKUP, j] <= limit)


@exact_part
def _in_order(rules: Rules, i: Whole, sums: Floats, free: Bools) -> None:
    """Backhauls last, or no deliveries and pickups on one trip."""
    picked, delivered = sums[i, BACKHAUL] > 0.0, sums[i, LINEHAUL] > 0.0
    never = rules.has[RULE] == NEVER
    for j in range(rules.token.shape[1], rules.node.shape[1]):
        brings, takes = rules.node[DELIVERY, j] > 0.0, rules.node[PICKUP, j] > 0.0
        late = (brings & picked) | (never & takes & (delivered | brings))
        free[i, j] = free[i, j] & (not late)


@exact_part
def _in_time(rules: Rules, node: Whole, token: Whole, i: Whole, sums: Floats, free: Bools) -> None:
    """Windows, the closing of the depot, and limits on the route."""
    speed, time, room = rules.token[SPEED, token], sums[i, TIME], sums[i, ROOM]
    spent, length, driving = sums[i, DURATION], sums[i, LENGTH], sums[i, DRIVING]
    ends = rules.ends
    for j in range(rules.token.shape[1], rules.node.shape[1]):
        way = rules.duration[node, j] / speed
        ready = time + way
        earliest = rules.node[EARLIEST, j]
        begin = ready if ready > earliest else earliest
        wait = begin - ready
        total = (spent + way) + (wait - (wait if wait < room else room))
        leg = length + rules.distance[node, j]
        over = begin + ends[END_CLOSING, token, j]
        more = leg + ends[END_DISTANCE, token, j]
        over = more if more > over else over
        more = total + ends[END_DURATION, token, j]
        over = more if more > over else over
        more = (driving + way) + ends[END_DRIVING, token, j]
        over = more if more > over else over
        # The slack grows with the route.
        leg = leg + ends[HOME, token, j]
        total = (total + rules.node[SERVICE, j]) + ends[HOME_WAY, token, j]
        whole = leg if leg > total else total
        within = (over <= LATE) | (over <= LATE * whole)
        free[i, j] = free[i, j] & within & (begin <= rules.node[LATEST, j] + LATE)


@exact_part
def _tokens(
    rules: Rules,
    node: Whole,
    token: Whole,
    i: Whole,
    at: Int64s,
    seen: Bools,
    used: Floats,
    free: Bools,
) -> None:
    """Ends of routes, and where the next one begins."""
    k, n = rules.token.shape[1], rules.node.shape[1]
    limited = rules.has[HAS_FLEET]
    some = False
    for j in range(k, n):
        some = some | free[i, j]
    if not rules.has[HAS_CHOICE]:
        free[i, 0] = node >= k or not some
        return
    useful = False
    if node < k or limited:
        for t in range(k):
            if limited and not rules.token[FLEET, t] - used[i, t] > 0.0:
                continue
            if node < k and (t == token or at[i, SWITCHED]):
                continue
            for j in range(k, n):
                if rules.alone[t, j] and not seen[i, j]:
                    useful = True
                    if node < k:
                        free[i, t] = True
                    break
    if node < k:
        # A rollout that has nowhere to go stays.
        if not (some or useful):
            free[i, token] = True
    else:
        # The last vehicle does not go home while it can serve anybody.
        free[i, token] = not limited or useful or not some


@exact
def advance(rules: Rules, to: Int64s, at: Int64s, sums: Floats, seen: Bools, used: Floats) -> None:
    """Move each rollout to a node; as ``Environment.step``."""
    k = rules.token.shape[1]
    for i in range(at.shape[0]):
        node, token, goal = at[i, AT], at[i, TOKEN], to[i]
        speed = rules.token[SPEED, token]
        away = node >= k
        at[i, AT] = goal
        if goal < k:
            leg = way = 0.0
            if away:
                leg, way = rules.ends[HOME, token, node], rules.ends[HOME_WAY, token, node]
            sums[i, COST] += _price(rules, token, leg, way)
            at[i, TOKEN] = goal
            if away:
                at[i, SWITCHED] = 0
            elif goal != node:
                at[i, SWITCHED] = 1
            for each in (LINEHAUL, BACKHAUL, PEAK, DURATION, LENGTH, DRIVING):
                sums[i, each] = 0.0
            sums[i, TIME] = rules.token[OPENING, goal]
            sums[i, ROOM] = math.inf
            continue
        leg, way = rules.distance[node, goal], rules.duration[node, goal] / speed
        price = _price(rules, token, leg, way)
        if not away:
            price += rules.token[FIXED_COST, token]
            used[i, token] += 1.0
        if rules.score.shape[1] > 0:
            price -= rules.score[token, goal]
        sums[i, COST] += price
        at[i, SWITCHED] = 0
        sums[i, LEFT] -= 0.0 if seen[i, goal] else 1.0
        seen[i, goal] = True
        # Waiting is avoided by a later departure, as far as the windows so far leave room.
        ready = sums[i, TIME] + way
        begin = max(ready, rules.node[EARLIEST, goal])
        later = min(begin - ready, sums[i, ROOM])
        room = min(sums[i, ROOM] - later, rules.node[LATEST, goal] - begin)
        service, delivery = rules.node[SERVICE, goal], rules.node[DELIVERY, goal]
        sums[i, LINEHAUL] += delivery
        sums[i, BACKHAUL] += rules.node[PICKUP, goal]
        sums[i, PEAK] = max(sums[i, PEAK] + delivery, sums[i, BACKHAUL])
        sums[i, TIME] = begin + service
        sums[i, DURATION] = ((sums[i, DURATION] + way) + service) + ((begin - ready) - later)
        sums[i, ROOM] = max(room, 0.0)
        sums[i, LENGTH] += leg
        sums[i, DRIVING] += way


@exact_part
def _price(rules: Rules, token: Whole, leg: float, way: float) -> float:
    """What travel costs."""
    price: float = leg * rules.token[DISTANCE_COST, token]
    if rules.token[DRIVING_COST, token] != 0.0:
        price += way * rules.token[DRIVING_COST, token]
    return price


@exact
def situate(rules: Rules, at: Int64s, sums: Floats, now: Float32s) -> None:
    """Write what the decoder sees of rollouts; as ``situation.situation``."""
    k = rules.token.shape[1]
    unit, count = rules.unit[LONGEST], max(rules.unit[CUSTOMERS], 1.0)
    for i in range(at.shape[0]):
        token = at[i, TOKEN]
        capacity, reach = rules.token[CAPACITY, token], rules.token[MAX_DISTANCE, token]
        now[i, 0] = now[i, 1] = 1.0
        if math.isfinite(capacity) and capacity > 0.0:
            now[i, 0] = (capacity - sums[i, PEAK]) / capacity
            now[i, 1] = (capacity - sums[i, BACKHAUL]) / capacity
        now[i, 2] = _squash((sums[i, TIME] - rules.unit[START]) / unit)
        now[i, 3] = _left(rules.token[CLOSING, token], sums[i, TIME], unit)
        now[i, 4] = sums[i, LENGTH] / reach if math.isfinite(reach) and reach > 0.0 else 0.0
        now[i, 5] = _left(rules.token[MAX_DURATION, token], sums[i, DURATION], unit)
        now[i, 6] = _left(rules.token[MAX_DRIVING, token], sums[i, DRIVING], unit)
        now[i, 7] = sums[i, LEFT] / count
        now[i, 8] = 1.0 if at[i, AT] < k else 0.0
        now[i, 9] = 1.0 if sums[i, BACKHAUL] > 0.0 else 0.0
        now[i, 10] = 1.0 if sums[i, LINEHAUL] > 0.0 else 0.0


@exact_part
def _left(limit: float, spent: float, unit: float) -> float:
    rest = limit - spent
    return _squash(rest / unit) if math.isfinite(rest) else 0.0


@exact_part
def _squash(value: float) -> float:
    """Logarithm of 1 + size, with the sign."""
    return math.copysign(math.log1p(abs(value)), value)
