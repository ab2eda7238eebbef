"""Moves of the local search against lists that are changed by hand."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from routesolve.instances.instance import VrpInstance
from routesolve.solvers.base import Budget, Clock
from routesolve.solvers.ils import audit, engine
from routesolve.solvers.ils._kernels import layout as at
from routesolve.solvers.ils._kernels import local_search, moves
from routesolve.solvers.ils.engine import IteratedLocalSearch
from routesolve.solvers.ils.problem import translate
from routesolve.solvers.ils.scope import beyond
from routesolve.solvers.ils.settings import penalties
from tests.solvers.ils.test_kernels import problems
from tests.solvers.ils.test_kinds import fleets, replaced

Rows = dict[int, list[int]]


def rows_of(plan: at.Plan) -> Rows:
    """The present routes, by number."""
    rows: Rows = {}
    for r in plan.lists[at.ACTIVE, : plan.num[at.ACTIVE]].tolist():
        rows[r], x = [], int(plan.route[r, at.FIRST])
        while x:
            rows[r].append(x)
            x = int(plan.node[x, at.AFTER])
    return rows


def price(problem: at.Problem, row: list[int], soft: Any, h: int) -> float:
    """Cost and penalties of a route with the ends h; inf when it breaks what has no penalty."""
    if not row:
        return 0.0
    path = [h, *row, h]
    cost = float(sum(audit.leg(problem, h, a, b) for a, b in pairwise(path)))
    limits = problem.limit
    if problem.kinds is not None:
        limits = problem.job[h, at.AMOUNTS :]
        cost += float(problem.job[h, at.USING])
        if not all(problem.job[c, at.ALLOWED] & problem.job[h, at.ALLOWED] for c in row):
            return np.inf
    loads = len(problem.limit) - (0 if problem.spans is None else len(problem.spans))
    warp, excess = 0, 0
    for i in range(len(problem.limit)):
        limit = int(limits[i])
        total = sum(int(problem.job[c, at.AMOUNTS + i]) for c in row)
        if i >= loads:
            assert problem.spans is not None
            total += sum(int(problem.spans[i - loads, a, b]) for a, b in pairwise(path))
            if total > limit:
                return np.inf
        elif total > limit:
            excess += (total - limit) * 1_000_000 // max(limit, 1) + 1
    if problem.times is not None:
        job = problem.job.tolist()
        t = job[h][at.EARLIEST] + job[h][at.SERVICE]
        for a, b in pairwise(path):
            t = max(t + int(problem.times[a, b]), job[b][at.EARLIEST] if b != h else 0)
            warp += max(t - job[b][at.LATEST], 0)
            t = min(t, job[b][at.LATEST]) + job[b][at.SERVICE]
    if soft is None:
        return np.inf if warp + excess else cost
    return cost + float(soft[at.BY_WARP]) * warp + float(soft[at.BY_EXCESS]) * excess


def by_hand(rows: Rows, move: list[int]) -> Rows:
    """The routes after a move, made from lists."""
    _, kind, a, b, c, d, r, s, turned = move
    mine, other = rows[r], rows[s]
    if kind == moves.TURN:
        i, j = mine.index(a), mine.index(b) + 1
        return {r: mine[:i] + mine[i:j][::-1] + mine[j:]}
    if kind == moves.EXCHANGE:
        i, j = mine.index(a), mine.index(b) + 1
        piece = mine[i:j][::-1] if turned else mine[i:j]
        if r != s:
            low = other.index(c) + 1 if c else 0
            high = other.index(d) if d else len(other)
            return {
                r: mine[:i] + other[low:high] + mine[j:],
                s: other[:low] + piece + other[high:],
            }
        low = mine.index(c) + 1 if c else 0
        high = mine.index(d) if d else len(mine)
        if low >= j:
            return {r: mine[:i] + mine[low:high] + mine[j:low] + piece + mine[high:]}
        return {r: mine[:low] + piece + mine[high:i] + mine[low:high] + mine[j:]}
    i = mine.index(b) if b else len(mine)
    k = other.index(d) if d else len(other)
    if kind == moves.TAILS:
        return {r: mine[:i] + other[k:], s: other[:k] + mine[i:]}
    return {r: mine[:i] + other[:k][::-1], s: mine[i:][::-1] + other[k:]}


@settings(deadline=None)
@given(problems(), st.integers(0, 1000), st.integers(0, 60), st.booleans())
def test_moves_equal_lists(instance: VrpInstance, seed: int, steps: int, penalised: bool) -> None:
    """The best move around each job leaves the rows, and gains the price, that lists say."""
    assume(not IteratedLocalSearch().unsupported(instance))
    search = engine._Search(instance, translate(instance), Clock(Budget(iterations=1)), seed, None)
    problem = search.work.problem
    penalised = problem.times is not None and (penalised or problem.spans is not None)
    judge_moves(search, steps, penalties(search.work) if penalised else None)


@settings(deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(fleets(), st.integers(0, 1000), st.integers(0, 60))
def test_moves_of_several_kinds(instance: VrpInstance, seed: int, steps: int) -> None:
    """So it does where vehicles differ: each route keeps its ends, costs and limits."""
    # Durations are looked at when a move is made.
    kinds = tuple(replaced(kind, max_duration=np.inf) for kind in instance.vehicle_types)
    instance = instance.replace(vehicle_types=kinds)
    assume(not IteratedLocalSearch().unsupported(instance) and not beyond(instance))
    work = translate(instance)
    assume(work.n and work.problem.kinds is not None)
    search = engine._Search(instance, work, Clock(Budget(iterations=1)), seed, None)
    judge_moves(search, steps, search.soft)


def judge_moves(search: engine._Search, steps: int, soft: Any) -> None:
    """Make some iterations, then compare the best move around each job with lists."""
    work, plan, problem, way = search.work, search.plan, search.work.problem, search.way
    if soft is not None:
        soft[: at.SHARE] /= 1000.0
    search.way = way._replace(polish=0.0)
    search.advance(problem, plan, soft, search.state, steps, 1e9)
    rows, several = rows_of(plan), problem.kinds is not None
    home = {r: int(plan.route[r, at.KIND]) if several else 0 for r in rows}
    for u in range(1, work.n + 1):
        if plan.node[u, at.ROUTE] < 0:
            continue
        move, gain, segment = np.zeros(9, np.int64), np.zeros(1), np.zeros((6, 9), np.int64)
        local_search.look(
            problem.out, problem.back, problem.kinds, problem.times, soft, problem.spans,
            problem.near, problem.job, problem.limit,
            plan.node, plan.route, plan.lists, plan.num, move, gain, segment, way.turnable, u,
            problem.near.shape[1],
        )  # fmt: skip
        if gain[0] >= local_search.LEAST:
            continue
        _, kind, a, b, c, d, r, s, turned = move.tolist()
        after = by_hand(rows, move.tolist())
        k, m = moves.spell_move(
            plan.node, plan.route, plan.lists, kind, a, b, c, d, r, s, turned == 1
        )
        assert plan.lists[at.ROW_A, :k].tolist() == after[r]
        assert m < 0 or plan.lists[at.ROW_B, :m].tolist() == after[s]
        assert (m < 0) == (r == s)
        change = sum(
            price(problem, row, soft, home[number])
            - price(problem, rows[number], soft, home[number])
            + (0 if several else work.opening * (bool(row) - bool(rows[number])))
            for number, row in after.items()
        )
        assert gain[0] == pytest.approx(change, rel=1e-9, abs=1e-3)
