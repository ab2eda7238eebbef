"""What a route costs, driven from its start to its end; infinite when it breaks a rule.

Every rule of the model that concerns one route is here and nowhere else in this engine. The
schedule is that of the checker (``routesolve.solutions.schedule``), written a second time: the
checker shares no code with what it checks.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from routesolve._jit import inlined, inner
from routesolve.solvers.ils.rich._kernels.layout import (
    AMOUNTS,
    BACKHAUL_LAST,
    BACKHAUL_NONE,
    BRIEF,
    BRINGS,
    BY_DISTANCE,
    BY_DRIVING,
    BY_DURATION,
    BY_OVERTIME,
    CAPACITY,
    COUNT,
    DAWN,
    DELIVERY,
    DEPOT,
    DUSK,
    EARLIEST,
    ENDS,
    FIXED,
    FROM,
    JOB,
    LATENESS,
    LATEST,
    LOADED,
    MATE,
    MAX_DISTANCE,
    MAX_DRIVING,
    MAX_DURATION,
    MAX_JOBS,
    MAX_RELOADS,
    OVERTIME,
    PAUSE,
    PICKUP,
    PLACE,
    PROFILE,
    RELEASE,
    RELEASED,
    RIDE,
    RIDES,
    RUBBER,
    RULES,
    SERVICE,
    SETUP,
    SIDES,
    SORT,
    SPEED,
    TAKES,
    TASK,
    TIMED,
    TO,
    WINDOW,
    Floats,
    Int32s,
    Int64s,
    Whole,
)

INF = math.inf
LATE = 5e-7  # seconds that count as no lateness: half of what the checker allows
NOISE = 5e-10  # of a capacity
PASSES = 200
DRIVEN, LASTED, SHIFTED, WAITED, ROOM, OVER, SOFT, BEGUN, FAR, LONG = range(10)
"""``sums`` after a drive: seconds driven, of duration, by which the start can be put off, waited,
of room for that; end, lateness cost, when it began; distance, and seconds driven if speeds were
those of the whole day."""


@inlined
def later(bands: Floats, profile: Any, t: Any, seconds: Any) -> Any:
    """When somebody arrives who sets out at t on a way of so many seconds."""
    if bands.shape[1] == 0 or bands[profile, 0, 0] == INF:
        return t + seconds
    left = seconds
    for k in range(bands.shape[1]):
        until = bands[profile, k + 1, 0] if k + 1 < bands.shape[1] else INF
        if t < until:
            far = (until - t) * bands[profile, k, 1]
            if far >= left:
                return t + left / bands[profile, k, 1]
            t, left = until, left - far
    return t


@inner
def covered(bands: Floats, profile: Whole, t: float, until: float) -> Any:
    """Seconds of way that are done between two times."""
    if bands.shape[1] == 0 or bands[profile, 0, 0] == INF:
        return until - t
    done = 0.0
    for k in range(bands.shape[1]):
        stop = min(until, bands[profile, k + 1, 0] if k + 1 < bands.shape[1] else INF)
        if stop > t:
            done += (stop - t) * bands[profile, k, 1]
            t = stop
    return done


@inner
def of_several(what: Int32s, windows: Floats, x: Whole, t: float, found: Floats) -> Any:
    """When a stop with several windows begins for one who comes at t; -1 when it is too late.

    ``found[0]`` is the lateness cost, ``found[1]`` how much later it may begin.
    """
    best, cost, slack = -1.0, INF, 0.0
    for k in range(what[x, WINDOW], what[x, WINDOW] + what[x, COUNT]):
        begin = max(t, windows[k, 0])
        late = begin - windows[k, 1]
        price = 0.0
        if late > LATE:
            if windows[k, 2] < 0.0:
                continue
            price = late * windows[k, 2]
        if price < cost or (price == cost and begin < best):
            best, cost = begin, price
    if cost == INF:
        return -1.0
    for k in range(what[x, WINDOW], what[x, WINDOW] + what[x, COUNT]):
        if windows[k, 0] <= best <= windows[k, 1]:
            slack = max(slack, windows[k, 1] - best)
    found[0], found[1] = cost, slack
    return best


@inner
def on_time(
    stop: Floats,
    what: Int32s,
    windows: Floats,
    kind: Floats,
    travel: Floats,
    bands: Floats,
    row: Int32s,
    size: Whole,
    k: Whole,
    end: Whole,
    first: float,
    lower: Floats,
    begin: Floats,
    depart: Floats,
    sums: Floats,
) -> Any:
    """Run through a route that is ready at `first`; False when it comes too late somewhere.

    ``begin`` and ``depart`` are filled from index 1 on (0 = the start, size + 1 = the end).
    """
    start, profile = np.int64(kind[k, FROM]), np.int64(kind[k, PROFILE])
    speed, rules = kind[k, SPEED], np.int64(kind[k, RULES])
    released = rules & RELEASED
    waited, room, soft, driven, left = 0.0, INF, 0.0, 0.0, 0.0
    found = sums  # its first two entries serve until the end
    t = max(first, lower[0])
    paused = False
    here, from_place = np.int64(-1), np.int64(-1)
    for i in range(size + 2):
        x = start if i == 0 else np.int64(end) if i == size + 1 else np.int64(row[i - 1])
        place = np.int64(what[x, PLACE])
        if what[x, SORT] == PAUSE:
            if not paused:
                left = 0.0
                for j in range(i, size + 1):
                    y = np.int64(row[j]) if j < size else np.int64(end)
                    if what[y, SORT] != PAUSE:
                        if here >= 0 and what[y, PLACE] >= 0:
                            left = travel[profile, 1, here, what[y, PLACE]] / speed
                        break
            arrival, b = t, max(t, stop[x, EARLIEST])
            if what[x, COUNT] > 1:
                b = of_several(what, windows, x, t, found)
                if b < 0.0:
                    return False
            elif what[x, COUNT] == 1 and b > stop[x, LATEST] + LATE:
                return False
            if b > t and left > 0.0:
                arrival = min(later(bands, profile, t, left), b)
                left -= min(left, covered(bands, profile, t, arrival))
            driven += arrival - t
            waited += b - arrival
            if what[x, COUNT] > 1:
                room = min(room, waited + found[1])
            elif what[x, COUNT] == 1:
                room = min(room, waited + stop[x, LATEST] - b)
            begin[i], t = b, b + stop[x, SERVICE]
            depart[i] = t
            paused = True
            continue
        way = 0.0
        if paused:
            way = left
        elif here >= 0 and place >= 0:
            way = travel[profile, 1, here, place] / speed
        arrival = later(bands, profile, t, way)
        driven += arrival - t
        paused = False
        b = max(arrival, lower[i])
        if i == 0:
            arrival = b
        if what[x, COUNT] == 1:
            b = max(b, stop[x, EARLIEST])
            late = b - stop[x, LATEST]
            if late > LATE:
                if stop[x, LATENESS] < 0.0:
                    return False
                soft += late * stop[x, LATENESS]
                late = 0.0
            waited += b - arrival if i else 0.0
            room = min(room, waited - late)
        elif what[x, COUNT] > 1:
            b = of_several(what, windows, x, b, found)
            if b < 0.0:
                return False
            soft += found[0]
            waited += b - arrival if i else 0.0
            room = min(room, waited + found[1])
        else:
            waited += b - arrival if i else 0.0
        begin[i] = b
        work = 0.0 if i == size + 1 else stop[x, SERVICE]
        if place != from_place and what[x, SORT] != DEPOT:
            work += stop[x, SETUP]
        t = b + work
        if released and what[x, SORT] == DEPOT and i <= size:
            for j in range(i, size):
                y = row[j]
                if what[y, SORT] == DEPOT:
                    break
                if what[y, SORT] != DELIVERY and what[y, SORT] != PAUSE:
                    t = max(t, stop[y, RELEASE])
            waited += t - b - work
        depart[i] = t
        if place >= 0:
            here = from_place = place
    sums[DRIVEN], sums[WAITED], sums[ROOM], sums[SOFT] = driven, waited, room, soft
    sums[OVER], sums[BEGUN] = t, begin[0]
    return True


@inner
def rides_hold(
    stop: Floats,
    what: Int32s,
    row: Int32s,
    size: Whole,
    begin: Floats,
    depart: Floats,
    lower: Floats,
    raising: bool,
) -> Any:
    """Whether nobody rides too long; else `raising` lets ``lower`` say when to pick them up."""
    held = True
    for i in range(size):
        x = row[i]
        if what[x, SORT] != DELIVERY or stop[x, RIDE] == INF:
            continue
        for j in range(i):
            if row[j] == what[x, MATE]:
                bound = begin[i + 1] - stop[x, RIDE]
                if depart[j + 1] < bound - LATE * max(1.0, stop[x, RIDE]):
                    held = False
                    if raising:
                        # The departure moves with the begin.
                        lower[j + 1] = bound - (depart[j + 1] - begin[j + 1])
                break
    return held


@inner
def timetable(
    stop: Floats,
    what: Int32s,
    windows: Floats,
    kind: Floats,
    travel: Floats,
    bands: Floats,
    row: Int32s,
    size: Whole,
    k: Whole,
    end: Whole,
    lower: Floats,
    begin: Floats,
    depart: Floats,
    sums: Floats,
) -> Any:
    """Find times that keep all rules, and how long the route takes; False when there are none."""
    rules = np.int64(kind[k, RULES])
    if not on_time(
        stop, what, windows, kind, travel, bands, row, size, k, end, kind[k, DAWN],
        lower, begin, depart, sums,
    ):  # fmt: skip
        return False
    if not rules & (RIDES | RUBBER):
        return lasts(kind, k, sums)
    fine = settled(
        stop, what, windows, kind, travel, bands, row, size, k, end, lower, begin, depart, sums
    )
    for i in range(size + 2):
        lower[i] = -INF
    return fine


@inlined
def lasts(kind: Floats, k: Any, sums: Floats) -> Any:
    """Work out how long the route takes; whether that and its end are allowed."""
    sums[LASTED] = sums[OVER] - sums[BEGUN] - max(min(sums[ROOM], sums[WAITED]), 0.0)
    return (
        sums[LASTED] <= kind[k, MAX_DURATION] + kind[k, OVERTIME] + LATE
        and sums[OVER] <= kind[k, DUSK] + kind[k, OVERTIME] + LATE
    )


@inner
def settled(
    stop: Floats,
    what: Int32s,
    windows: Floats,
    kind: Floats,
    travel: Floats,
    bands: Floats,
    row: Int32s,
    size: Whole,
    k: Whole,
    end: Whole,
    lower: Floats,
    begin: Floats,
    depart: Floats,
    sums: Floats,
) -> Any:
    """Raise lower bounds of the times until ride limits and the longest duration hold."""
    rules = np.int64(kind[k, RULES])
    longest = kind[k, MAX_DURATION] + kind[k, OVERTIME]
    for turn in range(PASSES):
        moved = rules & RIDES and not rides_hold(stop, what, row, size, begin, depart, lower, True)
        if sums[OVER] - sums[BEGUN] > longest + LATE:
            lower[0], moved = sums[OVER] - longest, True
        if not moved:
            break
        if turn == PASSES - 1 or not on_time(
            stop, what, windows, kind, travel, bands, row, size, k, end, kind[k, DAWN],
            lower, begin, depart, sums,
        ):  # fmt: skip
            return False
    over, begun, soft = sums[OVER], sums[BEGUN], sums[SOFT]
    sums[LASTED] = over - begun
    shift = min(sums[ROOM], sums[WAITED])
    if shift > LATE and rules & BRIEF:
        postpone(
            stop, what, windows, kind, travel, bands, row, size, k, end, lower, begin, depart,
            sums, shift, over, begun, soft,
        )  # fmt: skip
    return sums[LASTED] <= longest + LATE and sums[OVER] <= kind[k, DUSK] + kind[k, OVERTIME] + LATE


@inner
def postpone(
    stop: Floats,
    what: Int32s,
    windows: Floats,
    kind: Floats,
    travel: Floats,
    bands: Floats,
    row: Int32s,
    size: Whole,
    k: Whole,
    end: Whole,
    lower: Floats,
    begin: Floats,
    depart: Floats,
    sums: Floats,
    shift: float,
    over: float,
    begun: float,
    soft: float,
) -> None:
    """Set out as late as the end, the rides and the lateness allow."""
    profile, driven = np.int64(kind[k, PROFILE]), sums[DRIVEN]
    banded = bands.shape[1] and bands[profile, 0, 0] < INF
    low, high, tried = begun, begun + (sums[WAITED] if banded else shift), begun + shift
    lasted = over - begun
    for _ in range(40 if banded else 1):
        fine = on_time(
            stop, what, windows, kind, travel, bands, row, size, k, end, tried, lower, begin,
            depart, sums,
        )  # fmt: skip
        fine = fine and sums[OVER] <= over + LATE and sums[SOFT] <= soft + LATE
        fine = fine and rides_hold(stop, what, row, size, begin, depart, lower, False)
        if fine:
            low = tried
            lasted = min(lasted, sums[OVER] - sums[BEGUN])
            driven = sums[DRIVEN]
        else:
            high = tried
        if high - low < LATE:
            break
        tried = (low + high) / 2
    sums[OVER], sums[BEGUN], sums[SOFT], sums[LASTED] = over, begun, soft, lasted
    sums[DRIVEN] = driven


@inner
def drive(
    stop: Floats,
    what: Int32s,
    windows: Floats,
    kind: Floats,
    choice: Int32s,
    options: Floats,
    travel: Floats,
    bands: Floats,
    row: Int32s,
    size: Whole,
    k: Whole,
    begin: Floats,
    depart: Floats,
    lower: Floats,
    sums: Floats,
    loads: Floats,
    met: Int64s,
) -> Any:
    """Cost of a route, infinite when it breaks a rule, and the end that suits it best."""
    best, chosen = INF, np.int64(kind[k, TO])
    distance, driving, price = rest(stop, what, kind, options, travel, row, size, k, loads, met)
    if price == INF:
        return INF, chosen
    last, profile = np.int64(-1), np.int64(kind[k, PROFILE])
    for i in range(size - 1, -1, -1):
        if what[row[i], PLACE] >= 0:
            last = np.int64(what[row[i], PLACE])
            break
    for e in range(max(int(kind[k, ENDS]), 1)):
        end = np.int64(choice[0, k, e]) if kind[k, ENDS] else np.int64(kind[k, TO])
        far, long = distance, driving
        place = np.int64(what[end, PLACE])
        if place >= 0 and last >= 0:
            far += travel[profile, 0, last, place]
            long += travel[profile, 1, last, place] / kind[k, SPEED]
        straight = long
        if far > kind[k, MAX_DISTANCE] + LATE or far == INF or long == INF:
            continue
        cost = price + far * kind[k, BY_DISTANCE]
        if np.int64(kind[k, RULES]) & TIMED:
            if cost >= best or not timetable(
                stop, what, windows, kind, travel, bands, row, size, k, end, lower, begin, depart,
                sums,
            ):  # fmt: skip
                continue
            long = sums[DRIVEN]
            cost += sums[LASTED] * kind[k, BY_DURATION] + sums[SOFT]
            if kind[k, OVERTIME]:
                excess = max(sums[OVER] - kind[k, DUSK], sums[LASTED] - kind[k, MAX_DURATION])
                cost += max(excess, 0.0) * kind[k, BY_OVERTIME]
        if long > kind[k, MAX_DRIVING] + LATE:
            continue
        cost += long * kind[k, BY_DRIVING]
        if cost < best:
            best, chosen = cost, end
            sums[FAR], sums[LONG] = far, straight
    return best, chosen


@inner
def rest(
    stop: Floats,
    what: Int32s,
    kind: Floats,
    options: Floats,
    travel: Floats,
    row: Int32s,
    size: Whole,
    k: Whole,
    loads: Floats,
    met: Int64s,
) -> Any:
    """Everything but times: distance and seconds without the way to the end, and fixed costs.

    The last is infinite when a rule is broken.
    """
    rules, profile = np.int64(kind[k, RULES]), np.int64(kind[k, PROFILE])
    d = kind.shape[1] - CAPACITY
    start = np.int64(kind[k, FROM])
    here = np.int64(what[start, PLACE])
    distance, driving, price = 0.0, 0.0, kind[k, FIXED]
    visits, reloads, aboard = 0, 0, 0
    brought, taken = False, False
    loaded = rules & LOADED
    if loaded:
        loads[:3, :d] = 0.0
        loads[3, :d] = -INF
    met[0] += 1
    trip = met[0]  # who is picked up in it is marked with its number
    for i in range(size):
        x = np.int64(row[i])
        sort = what[x, SORT]
        if sort == PAUSE:
            if loaded:
                for c in range(d):
                    loads[3, c] = max(loads[3, c], loads[1, c] - stop[x, AMOUNTS + 2 * d + c])
            continue
        place = np.int64(what[x, PLACE])
        if here >= 0:
            distance += travel[profile, 0, here, place]
            driving += travel[profile, 1, here, place]
        here = place
        if sort == DEPOT:
            reloads += 1
            if aboard or reloads > kind[k, MAX_RELOADS]:
                return 0.0, 0.0, INF
            if loaded:
                if not holds(kind, k, loads, d):
                    return 0.0, 0.0, INF
                loads[:3, :d] = 0.0
                loads[3, :d] = -INF
            brought = taken = False
            met[0] += 1
            trip = met[0]
            continue
        visits += 1
        if sort != PICKUP:
            price += options[k, what[x, TASK]]
        if sort == PICKUP:
            aboard += 1
            met[x] = trip
        elif sort == DELIVERY:
            aboard -= 1
            if met[what[x, MATE]] != trip:
                return 0.0, 0.0, INF
        if loaded:
            for c in range(d):
                loads[0, c] += stop[x, AMOUNTS + c]
                loads[1, c] += stop[x, AMOUNTS + d + c]
                loads[2, c] = max(loads[2, c], loads[1, c])
            if rules & (BACKHAUL_LAST | BACKHAUL_NONE) and sort == JOB:
                brings, takes = what[x, SIDES] & BRINGS > 0, what[x, SIDES] & TAKES > 0
                if brings and taken:
                    return 0.0, 0.0, INF
                if rules & BACKHAUL_NONE and takes and (brought or brings):
                    return 0.0, 0.0, INF
                brought, taken = brought or brings, taken or takes
    if aboard or visits > kind[k, MAX_JOBS] or (loaded and not holds(kind, k, loads, d)):
        return 0.0, 0.0, INF
    return distance, driving / kind[k, SPEED], price


@inner
def holds(kind: Floats, k: Whole, loads: Floats, d: Whole) -> Any:
    """Whether what a trip carries is at no time too much."""
    for c in range(d):
        capacity = kind[k, CAPACITY + c]
        if loads[0, c] + loads[2, c] > capacity + NOISE * max(1.0, capacity):
            return False
        if loads[0, c] + loads[3, c] > LATE:
            return False
    return True
