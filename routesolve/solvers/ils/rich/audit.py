"""The debug switch of the search for every feature, see :mod:`routesolve.solvers.ils.audit`."""

from __future__ import annotations

from copy import deepcopy
from math import isclose
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from routesolve.solvers.ils.rich._kernels.layout import Plan, Problem, Scratch


def audit(problem: Problem, plan: Plan, scratch: Scratch) -> None:
    """Compare everything that is kept of the present plan with what its rows say.

    Costs and times of a route are worked out by the kernel that drives it; that it drives as the
    checker does is for the tests to say.

    Raises
    ------
    AssertionError
        If anything differs.
    """
    from routesolve.solvers.ils.rich._kernels import layout as at
    from routesolve.solvers.ils.rich._kernels.search import work_out

    what, member, head = problem.what, problem.member, plan.head
    left = np.minimum(problem.kind[:, at.VEHICLES], 1 << 30).astype(np.int64)
    again, served = deepcopy(plan), dict[int, int]()
    work_out(problem, again, scratch)
    for r in range(len(head)):
        if head[r, at.KIND] < 0:
            assert head[r, at.SIZE] == 0, "a route without a vehicle serves somebody"
            continue
        left[head[r, at.KIND]] -= 1
        size = int(head[r, at.SIZE])
        for i, x in enumerate(plan.row[r, :size].tolist()):
            if (c := int(what[x, at.TASK])) >= 0:
                assert (plan.at[x], plan.pos[x]) == (r, i), "a stop is elsewhere"
                assert served.setdefault(c, r) == r, "a task is on two routes"
        assert (again.head[r] == head[r]).all()
        assert (again.cost[r] == plan.cost[r]).all(), "another cost of a route"
        if int(problem.kind[head[r, at.KIND], at.RULES]) & at.TIMED:
            for one, other in ((again.depart, plan.depart), (again.latest, plan.latest)):
                assert (one[r, : size + 1] == other[r, : size + 1]).all(), "other times"
        assert (again.load[r] == plan.load[r]).all(), "another load"
    # Fewer where the search must not open another route.
    assert (plan.left <= left).all(), "more vehicles are left than there are"
    absent = plan.lists[at.ABSENT, : plan.num[at.ABSENT]].tolist()
    assert sorted([*absent, *served]) == list(range(len(member))), "a task is nowhere, or twice"
    assert (plan.slot[absent] == np.arange(len(absent))).all()
    groups = np.full(len(plan.served), -1)
    for c in served:
        if (group := int(member[c, at.GROUP])) >= 0:
            assert groups[group] < 0, "two of a group are served"
            groups[group] = c
    assert (groups == plan.served).all(), "another one of a group is served"
    largest = float(problem.task[:, at.MISSING].max(initial=0.0)) * max(len(member), 1)
    now, then = float(plan.total[at.COST]), float(again.total[at.COST])
    assert isclose(now, then, rel_tol=1e-9, abs_tol=1e-6 + 1e-14 * largest), "another cost"
