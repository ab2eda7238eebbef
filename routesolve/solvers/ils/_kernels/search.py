"""Iterations: ruin, recreate, local search, and simulated annealing that decides."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from routesolve._jit import inlined, lean
from routesolve.solvers.ils._kernels.calling import call_up
from routesolve.solvers.ils._kernels.chance import chance
from routesolve.solvers.ils._kernels.kinds import change_kinds
from routesolve.solvers.ils._kernels.layout import (
    ABSENT,
    ALL_EXCESS,
    ALL_WARP,
    BEST,
    BY_EXCESS,
    BY_WARP,
    COST,
    COST_BEFORE,
    END,
    EVERY,
    EXCESS_BEFORE,
    FIRST,
    IN_LOAD,
    IN_TIME,
    LEAST_EXCESS,
    LEAST_WARP,
    LOADS,
    LOGGED_ROUTES,
    MOST_EXCESS,
    MOST_WARP,
    SHARE,
    SINCE,
    START,
    STEP,
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
from routesolve.solvers.ils._kernels.recreate import arrange, drawn_reach, recreate
from routesolve.solvers.ils._kernels.routes import (
    begin,
    capacity,
    home,
    keep,
    keeps_duration,
    put_back,
    settle,
)
from routesolve.solvers.ils._kernels.ruin import ruin
from routesolve.solvers.ils._kernels.ways import sums

NOTHING = 1e-300
PACE = 0.5  # of the penalties' growth


@lean
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


@inlined
def penalised(soft: Any, cost: int, warp: int, excess: int) -> Any:
    """Cost and penalties."""
    if soft is None:
        return np.float64(cost)
    return cost + soft[BY_WARP] * warp + soft[BY_EXCESS] * excess


@lean
def keeps_limits(
    kinds: Any,
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
            for i in range(limit.shape[0] - sums(spans), limit.shape[0]):
                if route[r, LOADS + i] > capacity(kinds, job, limit, home(kinds, route, r), i):
                    return False
        if not keeps_duration(kinds, times, job, node, route, r):
            return False
    return True


@lean
def run(
    problem: Problem,
    plan: Plan,
    rng: State,
    steps: int,
    temperature: float,
    way: Way,
    soft: Any,
    move: Int64s,
    gain: Floats,
    segment: Int64s,
) -> int:
    """Make `steps` iterations at one temperature; returns how many were accepted.

    With penalties (`soft`) the plan may break windows and capacities; the best plan never does.
    ``move`` (9,), ``gain`` (1,) and ``segment`` (6, 9) are room for the local search.
    """
    # Taken apart once: every look into a tuple of arrays counts references.
    out, back = problem.out, problem.back
    times, spans, near = problem.times, problem.spans, problem.near
    kinds, mixed = problem.kinds, problem.mixed
    job, limit, heat, worth = problem.job, problem.limit, problem.heat, problem.worth
    node, route, lists, num = plan.node, plan.route, plan.lists, plan.num
    logged_jobs, logged_routes = plan.logged_jobs, plan.logged_routes
    accepted = 0
    for _ in range(steps):
        num[STEP] += 1
        begin(num)
        seed = ruin(
            out, kinds, times, soft, spans, near, job, limit, heat, node, route,
            lists, num, logged_jobs, logged_routes, rng, way.mean, way.longest,
        )  # fmt: skip
        if num[ABSENT]:
            call_up(
                out, kinds, times, soft, spans, near, job, limit, node, route,
                lists, num, logged_routes, rng, seed,
            )  # fmt: skip
        arrange(times, job, lists, num, rng)
        recreate(
            out, back, kinds, times, soft, spans, near, job, limit, mixed, worth,
            node, route, lists, num, logged_jobs, logged_routes, rng, drawn_reach(rng, way.reach),
        )  # fmt: skip
        allowed = penalised(soft, num[COST_BEFORE], num[WARP_BEFORE], num[EXCESS_BEFORE])
        allowed -= temperature * math.log(chance(rng) + NOTHING)
        now = penalised(soft, num[COST], num[ALL_WARP], num[ALL_EXCESS])
        if way.polish > 0.0 and now < allowed + (way.polish - 1.0) * temperature:
            queue_changes(node, lists, num, logged_jobs, logged_routes)
            improve(
                out, back, kinds, times, soft, spans, near, job, limit, node,
                route, lists, num, logged_jobs, logged_routes, move, gain, segment, way.turnable,
                way.looked,
            )  # fmt: skip
            change_kinds(
                out, kinds, times, soft, spans, job, limit, node, route, lists,
                num, logged_jobs, logged_routes, rng,
            )  # fmt: skip
            now = penalised(soft, num[COST], num[ALL_WARP], num[ALL_EXCESS])
        if now < allowed and keeps_limits(
            kinds, times, soft, spans, job, limit, node, route, num, logged_routes
        ):
            accepted += 1
            settle(route, lists, num, logged_routes)
            if num[COST] < num[BEST] and num[ALL_WARP] == 0 and num[ALL_EXCESS] == 0:
                num[BEST] = num[COST]
                keep(kinds, node, route, lists, num)
        else:
            put_back(kinds, node, route, lists, num, logged_jobs, logged_routes)
        if soft is not None:
            adapt(soft, num)
    return accepted
