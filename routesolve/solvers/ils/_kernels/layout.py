"""Where things stand in the arrays of the engine.

Everything known of a node lies in one row, so that looking at a neighbour costs one line of cache.
Nodes are jobs 1 .. n; node 0 stands for both ends of every route. All quantities are integers,
scaled once: sums are exact, and the same seed gives the same plan on every machine.

Where there are several kinds of vehicles (`kinds` is not None) nodes n + 1 .. n + k are the ends of
their routes: matrices and ``job`` have a row for each, ``job`` one more column for the kinds that
may serve a job, ``route`` one for its kind, ``num`` the vehicles in use. Links still say 0 for an
end; :func:`routes.home` tells which node that is.

========  ==========================================================================================
``node``  (n + 1, 8) int32 rows, see AFTER and the following
``job``   (n + 1, 5 + d + q) int64: what does not change, see MISSING; then d amounts, then q span
          contributions
``route`` (r, 10 + d + q) int64 rows, see FIRST; then d loads, then q spans (sums with a limit)
``lists`` (15, n + r + 2) int32 rows: ACTIVE routes and the following
``num``   (32 + k,) int64 scalars: counts of the lists first, see COST
``limit`` (d + q,) int64 most of each load and span
``soft``  (8,) float64 penalties, see BY_WARP; None = plans keep all limits at every moment
========  ==========================================================================================
"""

# Numba bakes these numbers into compiled code and notices changes only in a kernel's own file:
# whoever edits this one while developing empties the cache.
# n jobs, k neighbours or kinds, d load dimensions, q limited sums along legs, r routes

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

AFTER, BEFORE, LEG, ROUTE, START, END, LEFT, QUEUED = range(8)
"""``node``: neighbours in the route, cost of the leg to AFTER, route (-1 = not served), earliest
start given what comes before, latest given what follows, time warp that even the earliest start
there meets later on, whether the local search is to look at it."""

MISSING, RADIUS, SERVICE, EARLIEST, LATEST, AMOUNTS = range(6)
"""``job``: cost of not serving it, cost from the depot, window; row 0 is the depot's."""

USING, VEHICLES, ALLOWED = MISSING, RADIUS, -1
"""``job`` where there are kinds: cost of using one of a kind and how many there are, in the row of
the kind, which has the limits in place of amounts; a bit for each kind that may serve a job, and
for the kind in its own row."""

MIXED = MISSING
"""``job``, in the row of the depot: how many loads are delivered where as many, the next ones, are
collected on the same way, so that what is on board may be more than both; 0 = there are none."""

HOURS = -2
"""``job`` where there are kinds and windows: longest duration of a route, in the row of a kind."""

FIRST, LAST, SIZE, ENTRY, PLACE, MARKED, KEPT_FIRST, SEEN, WARP, EXCESS, LOADS = range(11)
"""``route``: ends, number of jobs, cost of the leg from the depot, place among the active ones (-1
= free), whether changed since the best plan was kept, FIRST in the best plan, the epoch in which
it was last written down, time warp, load beyond the capacities."""

ACTIVE, FREE, ABSENT, DIRTY, OPENED, REMOVED, WAITING, KEY, KEPT_ABSENT = range(9)
QUEUE, ROW_A, ROW_B, KEPT_AFTER = range(9, 13)
"""``lists``: routes in use, free ones, jobs not served, routes changed since the best plan; of this
iteration: routes opened, jobs to insert, absent jobs tried again, keys to sort by; jobs not served
in the best plan; jobs to look at; two routes as a move would leave them, and AFTER in the best
plan, by job."""

SLOT = 14
"""``lists``: where each absent job stands among these."""

KIND, KEPT_KIND = -1, 13
"""Of routes where there are kinds: the node of their ends, in ``route``, and in the best plan, in
``lists``."""

COST, BEST, STEP, EPOCH, COST_BEFORE, ABSENT_BEFORE = range(13, 19)
LOGGED_ROUTES, LOGGED_JOBS, OPENING, MOVES = range(19, 23)
ALL_WARP, ALL_EXCESS, WARP_BEFORE, EXCESS_BEFORE, IN_TIME, IN_LOAD, SINCE = range(23, 30)
"""``num``: after the lengths of the lists. SINCE the penalties were adapted, plans were IN_TIME and
IN_LOAD so many times."""

IN_USE = 32
"""``num``: from here on, how many vehicles of each kind are in use."""

BY_WARP, BY_EXCESS, SHARE, EVERY, LEAST_WARP, MOST_WARP, LEAST_EXCESS, MOST_EXCESS = range(8)
"""``soft``: cost of a unit of time warp and of a millionth of a capacity, the share of plans that
should keep the limits, iterations between two looks at it, and bounds of the first two."""

UNKNOWN = np.zeros((0, 0), np.float32)

JOB, JOB_LEG, JOB_START, JOB_END, JOB_LEFT = range(5)
"""``logged_jobs``: the jobs of the routes written down, in order."""

BY_LENGTH, BY_RIDE, PACE, DETOUR, ROUNDED, SPHERE, UPWARDS = range(7)
"""``formula``: steps for a unit of length and of travel time, speed, factor of lengths, rounding
of both (0 none, 1 nearest, 2 down, 3 up, 4 down to a tenth, 5 to the nearest thousandth),
diameter of the sphere, whether steps are rounded up rather than to the nearest."""

WHICH, FROM = 0, 1
"""``logged_routes``: which route, and where its jobs begin; the rest as in ``route``."""


class Straight(NamedTuple):
    """Ways along straight lines, computed when they are asked for.

    Attributes
    ----------
    froms, tos : numpy.ndarray
        (m, 2) float64 where each node is left and reached, in the plane, or (m, 3) on the unit
        sphere; NaN = nowhere. The same array where these are the same.
    formula : numpy.ndarray
        (q, 7) float64, a row for each thing that is counted, see BY_LENGTH.
    """

    froms: Floats
    tos: Floats
    formula: Floats


Ways = Int32s | Straight


class Problem(NamedTuple):
    """What does not change.

    Attributes
    ----------
    out, back : numpy.ndarray or Straight
        (n + 1, n + 1) int32 costs from row to column and from column to row, or how they are
        computed. Where these are too large for tables, so are times and spans.
    points : numpy.ndarray
        (n + 1, 2) float64 planar coordinates, where costs are computed.
    times : numpy.ndarray, Straight or None
        (n + 1, n + 1) int32 seconds in steps; None = no windows.
    spans : numpy.ndarray, Straight or None
        (q, n + 1, n + 1) int32 legs of the limited sums; None = no such limits.
    kinds : numpy.ndarray or None
        (n + 1 + k,) float64 by what the costs of legs are multiplied for the kind whose ends a node
        is; None = one kind.
    near : numpy.ndarray
        (n + 1, k) int32 neighbours, nearest first, 0 = none.
    job, limit : numpy.ndarray
        See the module.
    heat, worth : numpy.ndarray
        (n + 1, n + 1) float32 by row and column: how likely a leg is to be in a good plan, where
        ruin begins the less; how much more it may cost when jobs are inserted, in steps. (0, 0) =
        not known. Node 0 stands for both ends.
    mixed : bool or None
        True = insertions look at MIXED loads; None = there are none, and no code for them.
    """

    out: Ways
    back: Ways
    points: Floats
    times: Ways | None
    spans: Ways | None
    kinds: Floats | None
    near: Int32s
    job: Int64s
    limit: Int64s
    heat: Float32s = UNKNOWN
    worth: Float32s = UNKNOWN
    mixed: bool | None = None


class Way(NamedTuple):
    """How to search.

    Attributes
    ----------
    mean, longest : float
        Mean number of jobs removed in an iteration, and most in one string.
    reach : int
        Neighbours beside which a job may be inserted, at most: how many is drawn each time.
    polish : float
        The local search follows when a plan costs up to so many temperatures more than what would
        be accepted without it, less one; 0 = never.
    looked : int
        Neighbours at which the local search looks.
    turnable : bool
        Whether a route costs the same the other way round.
    """

    mean: float
    longest: float
    reach: int
    polish: float
    looked: int
    turnable: bool


class Plan(NamedTuple):
    """The present plan, the best one, and the log of an iteration; see the module."""

    node: Int32s
    route: Int64s
    lists: Int32s
    num: Int64s
    logged_jobs: Int32s
    logged_routes: Int64s


def empty_plan(problem: Problem, routes: int, opening: int) -> Plan:
    """A plan that serves nobody."""
    n, width = len(problem.near) - 1, len(problem.limit)
    of_kinds = len(problem.job) - 1 - n
    columns = LOADS + width + (problem.kinds is not None)
    plan = Plan(
        node=np.zeros((n + 1, 8), np.int32),
        route=np.zeros((routes, columns), np.int64),
        lists=np.zeros((15, n + routes + 2), np.int32),
        num=np.zeros(IN_USE + of_kinds, np.int64),
        logged_jobs=np.zeros((n + 2, 5), np.int32),
        logged_routes=np.zeros((routes + 1, columns), np.int64),
    )
    plan.node[:, ROUTE] = -1
    plan.route[:, PLACE] = -1
    plan.lists[FREE, :routes] = np.arange(routes - 1, -1, -1)
    plan.lists[ABSENT, :n] = np.arange(1, n + 1)
    plan.lists[SLOT, 1 : n + 1] = np.arange(n)
    plan.num[FREE], plan.num[ABSENT] = routes, n
    plan.num[OPENING] = opening
    plan.num[COST] = plan.num[BEST] = problem.job[1 : n + 1, MISSING].sum()
    return plan


def kept_routes(plan: Plan) -> tuple[list[list[int]], list[int]]:
    """The best plan as lists of jobs, and the node of the ends of each."""
    out: list[list[int]] = []
    after = plan.lists[KEPT_AFTER].tolist()
    used = np.flatnonzero(plan.route[:, KEPT_FIRST])
    for x in plan.route[used, KEPT_FIRST].tolist():
        row = []
        while x:
            row.append(x)
            x = after[x]
        out.append(row)
    return out, plan.lists[KEPT_KIND, used].tolist()
