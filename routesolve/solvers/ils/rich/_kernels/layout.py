"""Where things stand in the arrays of the engine for every feature.

Nodes are the stops of tasks 1 .. s (a job has one, a shipment two, its pickup first), then the
depots, then the breaks of the vehicle types; node 0 is nothing: an open end. Units are those of the
instance, as floating-point numbers: it is the checker's own arithmetic.

===========  =======================================================================================
``stop``     (m, 8 + 3 d) float64: SERVICE and the following, then d amounts brought from the depot,
             d changes of the load, d largest loads during a break
``what``     (m, 7) int32: SORT and the following
``windows``  (w, 3) float64: earliest, latest, cost of a second later (-1 = forbidden)
``kind``     (k, 23 + d) float64: FROM and the following, one row for each type, then capacities
``choice``   (3, k, c) int32: ends to choose from, reload depots, breaks; 0 = no more
``options``  (k, t) float64: what a task costs on a vehicle beside the way; infinite = not allowed
``travel``   (p, 2, l, l) float64: distances and durations of each profile
``bands``    (p, b, 2) float64: begin and speed factor; infinite begin = no more
``task``     (t, 5) float64: MISSING and the following
``member``   (t, 4) int32: FIRST_STOP and the following
===========  =======================================================================================
"""

# m nodes, s stops, d load dimensions, k vehicle types, t tasks, p profiles, l places, r routes
# Numba bakes these numbers into compiled code and notices changes only in a kernel's own file:
# whoever edits this one while developing empties the cache.

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Float32s = npt.NDArray[np.float32]
State = npt.NDArray[np.uint64]
Whole = Any  # an integer of any width: which one, Numba infers

SERVICE, SETUP, RELEASE, RIDE, EARLIEST, LATEST, LATENESS, WHOLE, AMOUNTS = range(9)
"""``stop``: seconds, of RELEASE the trip's departure at the earliest; the longest RIDE to this
delivery; the window (of several, the first opening and the last closing), the cost of a second
later or -1; the size of a task for sorting."""

SORT, PLACE, TASK, MATE, WINDOW, COUNT, SIDES = range(7)
"""``what``: which sort of node, row in ``travel`` or -1, task or -1, the other stop of a shipment
or 0, where its windows begin and how many they are, whether it TAKES and BRINGS goods."""

JOB, PICKUP, DELIVERY, DEPOT, PAUSE = range(5)
TAKES, BRINGS = 1, 2
"""Sorts of nodes, and SIDES of jobs; node 0 is a DEPOT."""

FROM, TO, PROFILE, DAWN, DUSK, MAX_DISTANCE, MAX_DURATION, MAX_DRIVING = range(8)
MAX_JOBS, MAX_RELOADS, OVERTIME, BY_OVERTIME, FIXED = range(8, 13)
BY_DISTANCE, BY_DRIVING, BY_DURATION, SPEED, VEHICLES, FASTEST = range(13, 19)
ENDS, RELOADS, PAUSES, RULES, CAPACITY = range(19, 24)
"""``kind``: ends, shift, limits, costs (weights of the objective applied), how many vehicles there
are, the largest speed factor of the day; how many ends, reload depots and breaks; the RULES."""

TIMED, RELEASED, RIDES, LOADED, BACKHAUL_LAST, BACKHAUL_NONE, RUBBER, BRIEF = (
    1 << i for i in range(8)
)
"""RULES: whether times matter at all, releases, ride limits, capacities, backhaul rules, windows
that may be worth a later departure (several, soft) or travel that depends on it, and whether how
long a route takes counts."""

MISSING, MANDATORY, PARTIAL, SIZE_KEY, RADIUS = range(5)
"""``task``: cost of not serving it (zero when its group says it), the part that is no cost of the
objective, what its group still costs when this one is served; size and cost of the way from the
nearest start, for sorting."""

FIRST_STOP, SECOND_STOP, GROUP, NEXT = range(4)
"""``member``: stops of a task, 0 = none; its group and the next task of that, -1 = of none."""

COST, BEST, BEFORE, BALANCE_NOW, BALANCE_BEFORE, ROUTES_NOW, STOPS_NOW = range(7)
"""``total``: of the plan, of the best plan, at the beginning of the iteration; what the longest
route costs, now and then; routes and nodes on them when last counted."""

ABSENT, DIRTY, REMOVED, WAITING, KEPT_ABSENT, TOUCHED = range(6)
ACTIVE, STEP, EPOCH, ABSENT_BEFORE, BROKEN_NOW = range(6, 11)
"""``lists`` and ``num``: lengths of the lists first. Tasks not served, routes changed since the
best plan; tasks to insert in this iteration, absent ones tried again; tasks not served in the best
plan; routes logged in this iteration."""


UNKNOWN = np.zeros((0, 0), np.float32)


class Problem(NamedTuple):
    """What does not change; see the module.

    ``heat`` and ``worth`` are (s + 1, s + 1) float32 by stop (0 = any other node) as in the other
    search: how likely a leg is, how much more it may cost when tasks are inserted; (0, 0) = not
    known.
    """

    stop: Floats
    what: Int32s
    windows: Floats
    kind: Floats
    choice: Int32s
    options: Floats
    travel: Floats
    bands: Floats
    task: Floats
    member: Int32s
    group: Floats
    near: Int32s
    balance: float
    heat: Float32s = UNKNOWN
    worth: Float32s = UNKNOWN


class Plan(NamedTuple):
    """The present plan, the best one, and the log of an iteration.

    Attributes
    ----------
    row, kept : numpy.ndarray
        (r, w) int32 nodes of each route, now and in the best plan.
    head, kept_head : numpy.ndarray
        (r, 8) int32, see SIZE.
    cost : numpy.ndarray
        (r, 5) float64 cost, duration, distance, and least seconds busy and driving of each route;
        zero where they are not known.
    depart, latest : numpy.ndarray
        (r, w + 1) float64: earliest departure from the end (0) and from each node; latest begin at
        each node and at the end for which the windows behind can still be kept.
    load : numpy.ndarray
        (r, d) float64 amounts brought from depots.
    at, pos : numpy.ndarray
        (s + 1,) int32 route (-1 = absent) and position of each stop.
    slot : numpy.ndarray
        (t,) int32 where each absent task stands in the list of these.
    served, left : numpy.ndarray
        The task of each group that is served (-1 = none), vehicles left of each type.
    log_row, log_head, log_cost, log_depart, log_latest, log_load : numpy.ndarray
        Routes as they were at the beginning of the iteration.
    """

    row: Int32s
    kept: Int32s
    head: Int32s
    kept_head: Int32s
    cost: Floats
    depart: Floats
    latest: Floats
    load: Floats
    at: Int32s
    pos: Int32s
    log_row: Int32s
    log_head: Int32s
    log_cost: Floats
    log_depart: Floats
    log_latest: Floats
    log_load: Floats
    slot: Int32s
    served: Int32s
    left: Int32s
    lists: Int32s
    num: Int64s
    total: Floats


SIZE, KIND, END, LOCKED, MARKED, SEEN, NUMBER, BROKEN = range(8)
"""``head``: number of nodes, vehicle type (-1 = free), end depot, how many nodes are locked,
whether changed since the best plan, epoch in which it was logged, number of the vehicle (-1 = any),
whether it breaks a rule for the moment."""


class Scratch(NamedTuple):
    """Room to work in, one for each search."""

    begin: Floats
    depart: Floats
    lower: Floats
    sums: Floats
    loads: Floats
    met: Int64s
    trial: Int32s
    best: Int32s
    other: Int32s
    second: Int32s
    keys: Floats
    found: Floats
    prices: Floats
    bonus: Floats
    first: Floats
    last: Floats
    least: Floats
    room: Floats
    seen: Int32s
    places: Int32s
    follow: Int32s
    queue: Int32s
    queued: Int32s
    waiting: Int32s


def empty_scratch(routes: int, width: int, dimensions: int, tasks: int, stops: int) -> Scratch:
    """Room for so many routes of so many nodes."""
    return Scratch(
        begin=np.zeros(width + 2),
        depart=np.zeros(width + 2),
        lower=np.full(width + 2, -np.inf),
        sums=np.zeros(10),
        loads=np.zeros((4, max(dimensions, 1))),
        met=np.zeros(stops + 1, np.int64),
        trial=np.zeros(width + 2, np.int32),
        best=np.zeros(width + 2, np.int32),
        other=np.zeros(width + 2, np.int32),
        second=np.zeros(width + 2, np.int32),
        keys=np.zeros(tasks + 1),
        found=np.zeros(4),
        prices=np.zeros(max(256, width + 2)),
        bonus=np.zeros(max(256, width + 2)),
        first=np.zeros(width + 2),
        last=np.zeros(width + 2),
        least=np.zeros(width + 2),
        room=np.zeros(width + 2),
        seen=np.zeros(routes, np.int32),
        places=np.zeros((max(256, width + 2), 2), np.int32),
        follow=np.zeros(stops + 1, np.int32),
        queue=np.zeros(stops + 1, np.int32),
        queued=np.zeros(stops + 1, np.int32),
        waiting=np.zeros(2, np.int32),
    )


def empty_plan(problem: Problem, routes: int, width: int, dimensions: int) -> Plan:
    """A plan that serves nobody."""
    tasks, stops, kinds = len(problem.member), len(problem.near) - 1, len(problem.kind)
    plan = Plan(
        row=np.zeros((routes, width), np.int32),
        kept=np.zeros((routes, width), np.int32),
        head=np.zeros((routes, 8), np.int32),
        kept_head=np.zeros((routes, 8), np.int32),
        cost=np.zeros((routes, 5)),
        depart=np.zeros((routes, width + 1)),
        latest=np.zeros((routes, width + 1)),
        load=np.zeros((routes, max(dimensions, 1))),
        at=np.full(stops + 1, -1, np.int32),
        pos=np.zeros(stops + 1, np.int32),
        log_row=np.zeros((routes, width), np.int32),
        log_head=np.zeros((routes, 8), np.int32),
        log_cost=np.zeros((routes, 5)),
        log_depart=np.zeros((routes, width + 1)),
        log_latest=np.zeros((routes, width + 1)),
        log_load=np.zeros((routes, max(dimensions, 1))),
        slot=np.arange(tasks + 1, dtype=np.int32),
        served=np.full(max(len(problem.group), 1), -1, np.int32),
        left=np.minimum(problem.kind[:, VEHICLES], 1 << 30).astype(np.int32),
        lists=np.zeros((6, max(tasks, routes) + 2), np.int32),
        num=np.zeros(16, np.int64),
        total=np.zeros(8),
    )
    plan.head[:, KIND] = plan.kept_head[:, KIND] = -1
    plan.head[:, NUMBER] = -1
    plan.lists[ABSENT, :tasks] = np.arange(tasks)
    plan.num[ABSENT] = tasks
    plan.total[COST] = plan.total[BEST] = problem.task[:, MISSING].sum() + problem.group.sum()
    assert plan.left.shape == (kinds,)
    return plan
