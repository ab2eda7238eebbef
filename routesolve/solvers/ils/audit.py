"""The debug switch: after every iteration, what is kept of a plan against what its rows say.

With ``ROUTESOLVE_DEBUG=1`` in the environment every search of the engine makes its iterations one
by one, and what it keeps of its routes between them (sums, times, links, lists, costs) is worked
out again from the sequences alone. The plans are those that it finds without, some thousand times
as slowly. What differs raises ``AssertionError``.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from routesolve.solvers.ils._kernels.layout import Plan, Problem

DEBUG = os.environ.get("ROUTESOLVE_DEBUG", "") not in ("", "0")


def spans(steps: int) -> Iterable[int]:
    """Iterations between two looks: all, or one when debugging."""
    return (1,) * steps if DEBUG else (steps,)


def audit(problem: Problem, plan: Plan, *, soft: bool) -> None:
    """Compare everything that is kept of the present plan with what its sequences say.

    Parameters
    ----------
    problem, plan
        Of the search for one visit a job.
    soft
        Whether plans may be late or overloaded, at a price.

    Raises
    ------
    AssertionError
        If anything differs.
    """
    from routesolve.solvers.ils._kernels import layout as at
    from routesolve.solvers.ils._kernels.ways import span, sums

    node, route, num = plan.node, plan.route, plan.num
    job, several, n = problem.job, problem.kinds is not None, len(problem.near) - 1
    used: dict[int, int] = {}
    loads = len(problem.limit) - sums(problem.spans)
    cost, served = 0, set[int]()
    warps, excesses = 0, 0
    for r in plan.lists[at.ACTIVE, : num[at.ACTIVE]].tolist():
        row, x = [], int(route[r, at.FIRST])
        while x:
            row.append(x)
            x = int(node[x, at.AFTER])
        assert row, "an active route serves nobody"
        assert (row[-1], len(row)) == (route[r, at.LAST], route[r, at.SIZE])
        assert not served & set(row), "a job is served twice"
        served |= set(row)
        h = int(route[r, at.KIND]) if several else 0
        path = [h, *row, h]
        lengths = [leg(problem, h, a, b) for a, b in pairwise(path)]
        cost += int(job[h, at.USING] if several else num[at.OPENING]) + sum(lengths)
        if several:
            used[h] = used.get(h, 0) + 1
            assert used[h] <= job[h, at.VEHICLES], "more vehicles than there are"
            assert all(job[c, at.ALLOWED] & job[h, at.ALLOWED] for c in row)
        limits, excess = (job[h, at.AMOUNTS :] if several else problem.limit), 0
        for i in range(len(problem.limit)):
            total = sum(int(job[c, at.AMOUNTS + i]) for c in row)
            if i >= loads:
                total += sum(int(span(problem.spans, i - loads, a, b)) for a, b in pairwise(path))
            assert route[r, at.LOADS + i] == total, "another load"
            if i >= loads:
                assert total <= limits[i], "over a limit along the way"
            elif total > limits[i]:
                excess += (total - int(limits[i])) * 1_000_000 // max(int(limits[i]), 1) + 1
        for i in range(at.AMOUNTS, at.AMOUNTS + int(job[0, at.MIXED])):
            load = sum(int(job[c, i]) for c in row)
            for c in row:
                load += int(job[c, i + job[0, at.MIXED]] - job[c, i])
                assert load <= limits[i - at.AMOUNTS], "too much on board on the way"
        warp = _warp(problem, node, row, h)
        assert route[r, at.WARP] == (warp if soft else 0), "another time warp"
        assert route[r, at.EXCESS] == excess, "another excess of load"
        assert soft or warp + excess == 0, "a rule is broken"
        warps, excesses = warps + warp, excesses + excess
        for (a, b), length in zip(pairwise([0, *row, 0]), lengths, strict=True):
            assert (node[a, at.LEG] if a else route[r, at.ENTRY]) == length, "another leg"
            if b:
                assert (node[b, at.BEFORE], node[b, at.ROUTE]) == (a, r), "another link"
    if several:
        counted = num[at.IN_USE :].tolist()
        assert counted == [used.get(n + 1 + k, 0) for k in range(len(counted))]
    assert (warps, excesses) == (num[at.ALL_WARP], num[at.ALL_EXCESS])
    absent = set(plan.lists[at.ABSENT, : num[at.ABSENT]].tolist())
    assert absent | served == set(range(1, n + 1)), "a job is nowhere"
    assert not absent & served, "a job is served and is not"
    slots = [plan.lists[at.SLOT, c] for c in plan.lists[at.ABSENT, : num[at.ABSENT]]]
    assert slots == list(range(num[at.ABSENT])), "an absent job stands elsewhere"
    assert (node[list(absent), at.ROUTE] == -1).all()
    cost += int(job[list(absent), at.MISSING].sum())
    assert num[at.COST] == cost, "another cost"


def leg(problem: Problem, h: int, a: int, b: int) -> int:
    """Cost of a leg in a route with the ends h, for a kind's share of it."""
    from routesolve.solvers.ils._kernels.ways import entry

    share = 1.0 if problem.kinds is None else float(problem.kinds[h])
    return int(int(entry(problem.out, a, b)) * share + 0.5)


def _warp(problem: Problem, node: Any, row: list[int], h: int) -> int:
    """Compare what is kept of a route's times; returns its time warp."""
    from routesolve.solvers.ils._kernels import layout as at
    from routesolve.solvers.ils._kernels.ways import entry

    if problem.times is None:
        return 0
    job, times = problem.job, problem.times
    t, a, warp = int(job[h, at.EARLIEST] + job[h, at.SERVICE]), h, 0
    for c in row:
        t = max(int(job[c, at.EARLIEST]), t + int(entry(times, a, c)))
        warp += max(t - int(job[c, at.LATEST]), 0)
        t = min(t, int(job[c, at.LATEST]))
        assert node[c, at.START] == t, "another earliest begin"
        t, a = t + int(job[c, at.SERVICE]), c
    warp += max(t + int(entry(times, a, h)) - int(job[h, at.LATEST]), 0)
    t, b, left = int(job[h, at.LATEST]), h, 0
    for c in reversed(row):
        t = min(int(job[c, at.LATEST]), t - int(entry(times, c, b)) - int(job[c, at.SERVICE]))
        left += max(int(job[c, at.EARLIEST]) - t, 0)
        t = max(t, int(job[c, at.EARLIEST]))
        assert (node[c, at.END], node[c, at.LEFT]) == (t, left), "another latest begin"
        b = c
    return warp
