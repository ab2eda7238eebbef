"""When things happen on a route whose order is fixed.

The schedule of a route is the least solution of a system of monotone lower bounds: a visit begins
no earlier than the vehicle arrives, inside one of its windows; a passenger's pickup begins no
earlier than the ride limit before the delivery; a route leaves no earlier than the duration limit
before its end. Forward passes are repeated until nothing moves. The departure is then put off as
long as the end does not move (forward time slack, Savelsbergh 1992), so that no time is spent
waiting that need not be.

Pure Python, used by the checker only: no solver shares this code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf, isfinite

from routesolve.instances.model import TimeBand, TimeWindow

EPSILON = 1e-6
MAX_PASSES = 200
MAX_CANDIDATES = 400


@dataclass(slots=True)
class Step:
    """A visit as the schedule sees it.

    Attributes
    ----------
    windows
        Begin lies in one of them; none = any time.
    work
        Seconds from begin to the earliest departure (setup, service, loading, break).
    travel
        Base seconds of travel from the previous placed step (0 for the first and for breaks).
    release
        Departure no earlier than this (start and reload).
    pause
        True for breaks: they have no place and may be taken anywhere on the way.
    """

    windows: tuple[TimeWindow, ...] = ()
    work: float = 0.0
    travel: float = 0.0
    release: float = -inf
    pause: bool = False


@dataclass(frozen=True, slots=True)
class Ride:
    """A limit on the time from the departure of one step to the begin of a later one."""

    pickup: int
    delivery: int
    limit: float


@dataclass(slots=True)
class Timeline:
    """Times of all steps, and by how much hard windows are missed.

    Attributes
    ----------
    arrival, begin, departure
        Seconds, one per step.
    late
        ``{step: seconds}`` after the last hard window that would have admitted it.
    soft_cost
        Lateness cost of soft windows.
    driving
        Seconds of travel.
    """

    arrival: list[float] = field(default_factory=list)
    begin: list[float] = field(default_factory=list)
    departure: list[float] = field(default_factory=list)
    late: dict[int, float] = field(default_factory=dict)
    soft_cost: float = 0.0
    driving: float = 0.0

    @property
    def start(self) -> float:
        """When the route begins."""
        return self.begin[0]

    @property
    def end(self) -> float:
        """When the route is over."""
        return self.departure[-1]

    @property
    def duration(self) -> float:
        """Seconds from begin to end."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Rules:
    """What a route's schedule has to respect, and what its time costs.

    Attributes
    ----------
    earliest
        Earliest begin of the route (shift).
    latest
        End of the shift, where overtime starts.
    max_duration
        Where overtime starts, too.
    overtime
        Largest overtime.
    rides
        Ride limits.
    bands
        Speed by time of day.
    duration_cost, overtime_cost
        Per second; decide between departures.
    """

    earliest: float = 0.0
    latest: float = inf
    max_duration: float = inf
    overtime: float = 0.0
    rides: tuple[Ride, ...] = ()
    bands: tuple[TimeBand, ...] = ()
    duration_cost: float = 0.0
    overtime_cost: float = 0.0

    def excess(self, line: Timeline) -> float:
        """Overtime in seconds: the larger of the two excesses."""
        return max(0.0, line.end - self.latest, line.duration - self.max_duration)


def first_begin(windows: tuple[TimeWindow, ...], ready: float) -> tuple[float, float, float]:
    """Return begin, hard lateness and soft cost for someone ready at ``ready``.

    Of several windows the one that costs least is used, and of those the one that begins first.
    """
    if not windows:
        return ready, 0.0, 0.0
    best: tuple[float, float] | None = None
    for window in windows:
        begin = max(ready, window.earliest)
        late = begin - window.latest
        if late <= EPSILON:
            choice = (0.0, begin)
        elif window.lateness_cost is not None:
            choice = (late * window.lateness_cost, begin)
        else:
            continue
        if best is None or choice < best:
            best = choice
    if best is None:
        return ready, ready - max(w.latest for w in windows), 0.0
    return best[1], 0.0, best[0]


def drive(depart: float, base: float, bands: tuple[TimeBand, ...]) -> float:
    """Return the arrival of a trip that takes ``base`` seconds at speed factor 1."""
    if not bands or not isfinite(base):
        return depart + base
    now, left = depart, base
    for k, band in enumerate(bands):
        until = bands[k + 1].start if k + 1 < len(bands) else inf
        if now >= until:
            continue
        covered = (until - now) * band.speed_factor
        if covered >= left:
            return now + left / band.speed_factor
        now, left = until, left - covered
    return now + left / bands[-1].speed_factor  # pragma: no cover - the last band has no end


def covered(depart: float, until: float, bands: tuple[TimeBand, ...]) -> float:
    """Return the base seconds of travel done between two times."""
    if not bands:
        return until - depart
    done, now = 0.0, depart
    for k, band in enumerate(bands):
        stop = min(until, bands[k + 1].start if k + 1 < len(bands) else inf)
        if stop > now:
            done += (stop - now) * band.speed_factor
            now = stop
    return done


def simulate(
    steps: Sequence[Step], start: float, rules: Rules, lower: Sequence[float] | None = None
) -> Timeline:
    """Run through a route that is ready at ``start``; every visit begins as early as it can.

    Parameters
    ----------
    lower
        Earliest begin of each step, on top of everything else.
    """
    line = Timeline()
    bands = rules.bands
    now, left = start, 0.0
    after_pause = False
    for i, step in enumerate(steps):
        if step.pause:
            # The driver drives on towards the next stop until the break's window opens.
            left = left if after_pause else _next_travel(steps, i)
            begin, late, cost = first_begin(step.windows, now)
            arrival = now
            if begin > now and left > 0:
                arrival = min(drive(now, left, bands), begin)
                left -= min(left, covered(now, arrival, bands))
        else:
            travel = left if after_pause else step.travel
            arrival = drive(now, travel, bands) if bands else now + travel
            begin = arrival if lower is None else max(arrival, lower[i])
            late = cost = left = 0.0
            if step.windows:
                begin, late, cost = first_begin(step.windows, begin)
        after_pause = step.pause
        line.driving += arrival - now
        if i == 0:
            arrival = begin
        if late > EPSILON:
            line.late[i] = late
        line.soft_cost += cost
        now = max(begin + step.work, step.release)
        line.arrival.append(arrival)
        line.begin.append(begin)
        line.departure.append(now)
    return line


def _next_travel(steps: Sequence[Step], i: int) -> float:
    for step in steps[i + 1 :]:
        if not step.pause:
            return step.travel
    return 0.0


def schedule(steps: Sequence[Step], rules: Rules) -> Timeline:
    """Return the schedule of a route.

    Feasible whenever there is one that keeps the hard windows, the ride limits and, overtime
    included, the duration limit. It ends as early as possible, and among those it starts as late
    as possible; where a later departure costs less (several windows, soft windows, duration cost),
    the cheapest of the departures at which something changes.
    """
    plain = simulate(steps, rules.earliest, rules)
    line, lower = _fixed_point(steps, plain, rules)
    if line.late or rules.rides:
        return line if line.late or lower is None else _later_start(steps, line, rules, lower)
    best = _later_start(steps, line, rules, lower)
    costs_time = rules.duration_cost > 0 or rules.overtime_cost > 0
    if costs_time and any(map(_tricky, steps)):
        for start in _departures(steps, best.start, rules):
            other = simulate(steps, start, rules, lower)
            if not other.late and _price(other, rules) < _price(best, rules) - EPSILON:
                best = other
    return best


def _tricky(step: Step) -> bool:
    """Whether a later departure may cost less."""
    return len(step.windows) > 1 or any(w.lateness_cost for w in step.windows)


def _price(line: Timeline, rules: Rules) -> float:
    over = rules.excess(line)
    if over > rules.overtime + EPSILON:
        return inf
    return line.duration * rules.duration_cost + line.soft_cost + over * rules.overtime_cost


def _fixed_point(
    steps: Sequence[Step], plain: Timeline, rules: Rules
) -> tuple[Timeline, list[float] | None]:
    """Raise lower bounds until ride and duration limits hold; the plain schedule if none does."""
    longest = rules.max_duration + rules.overtime
    if plain.late or (not rules.rides and plain.duration <= longest + EPSILON):
        return plain, None
    if _busy(steps, rules) > longest + EPSILON:
        return plain, None
    line, lower = plain, [-inf] * len(steps)
    for _ in range(MAX_PASSES):
        moved = False
        for ride in rules.rides:
            bound = line.begin[ride.delivery] - ride.limit - steps[ride.pickup].work
            if bound > line.begin[ride.pickup] + EPSILON:
                lower[ride.pickup], moved = bound, True
        if line.duration > longest + EPSILON:
            lower[0], moved = line.end - longest, True
        if not moved:
            return line, lower
        line = simulate(steps, max(rules.earliest, lower[0]), rules, lower)
        if line.late:
            break
    # No schedule keeps all limits. Show the one with the shortest duration, limits exceeded.
    return plain, None


def _busy(steps: Sequence[Step], rules: Rules) -> float:
    """Seconds that a route takes even if it never waits."""
    fastest = max((band.speed_factor for band in rules.bands), default=1.0)
    return sum(step.travel / fastest + step.work for step in steps)


def _later_start(
    steps: Sequence[Step], line: Timeline, rules: Rules, lower: list[float] | None
) -> Timeline:
    """Put off the departure as long as the end does not move and nothing gets worse."""
    waited, room = 0.0, inf
    times = zip(steps, line.arrival, line.begin, line.departure, strict=True)
    for step, arrival, begin, departure in times:
        waited += begin - arrival  # nothing at the start
        if step.windows:
            room = min(room, waited + _slack(step.windows, begin))
        waited += departure - begin - step.work
    shift = min(room, waited)
    if shift <= EPSILON:
        return line
    if not rules.bands:
        later = simulate(steps, line.start + shift, rules, lower)
        if _no_worse(later, line, rules):
            return later
    low, high = line.start, line.start + waited
    best = line
    for _ in range(60):
        middle = (low + high) / 2
        later = simulate(steps, middle, rules, lower)
        if _no_worse(later, line, rules):
            best, low = later, middle
        else:
            high = middle
    return best


def _no_worse(later: Timeline, line: Timeline, rules: Rules) -> bool:
    rides = all(
        later.begin[r.delivery] - later.departure[r.pickup] <= r.limit + EPSILON
        for r in rules.rides
    )
    return (
        rides
        and not later.late
        and later.end <= line.end + EPSILON
        and later.soft_cost <= line.soft_cost + EPSILON
    )


def _slack(windows: tuple[TimeWindow, ...], begin: float) -> float:
    """Seconds by which a begin may move inside its window."""
    if not windows:
        return inf
    inside = [w.latest - begin for w in windows if w.earliest <= begin <= w.latest]
    return max(inside, default=0.0)


def _departures(steps: Sequence[Step], first: float, rules: Rules) -> list[float]:
    """Starts at which a visit begins exactly when one of its windows opens or closes."""
    found, elapsed = set(), 0.0
    for step in steps:
        elapsed += step.travel
        for window in step.windows:
            for edge in (window.earliest, window.latest):
                start = edge - elapsed
                if isfinite(start) and start > first:
                    found.add(start)
        elapsed += step.work
    return sorted(found)[:MAX_CANDIDATES]
