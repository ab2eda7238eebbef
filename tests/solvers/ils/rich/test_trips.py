"""Routes of several trips: what loads refuse before a route is driven, driving refuses, too."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

PROGRAM = """
import json, sys
import numpy as np
from routesolve.instances.instance import VrpInstance
from routesolve.solvers.base import Budget, Clock
from routesolve.solvers.ils.rich._kernels import layout as at, places, recreate, routes
from routesolve.solvers.ils.rich.engine import RichSearch
from routesolve.solvers.ils.rich.problem import translate

np.seterr(all="ignore")
recreate.BLINK = -1.0
instance = VrpInstance.from_dict(json.loads(sys.argv[1]))
search = RichSearch(instance, translate(instance), Clock(Budget(iterations=1)), 1, None)
problem, plan, scratch = search.work.problem, search.plan, search.scratch
search.advance(problem, plan, None, search.state, 10, search.work.scale)


def driven(row, k):
    scratch.trial[: len(row)] = row
    return places.priced(problem, scratch, len(row), k, 0)


def used():
    for r in np.flatnonzero(plan.head[:, at.KIND] >= 0).tolist():
        yield r, int(plan.head[r, at.KIND]), plan.row[r, : plan.head[r, at.SIZE]].tolist()


compared, reloads = 0, 0
for r, k, row in used():
    for i, x in enumerate(row):
        if problem.what[x, at.SORT] == at.DEPOT:
            reloads += 1
            if driven(row[:i] + row[i + 1 :], k) < np.inf:
                args = (plan.row, r, k, i, len(row))
                assert places.trips_fit(problem.stop, problem.what, problem.kind, *args)
for x in range(1, len(problem.near)):
    r = int(plan.at[x])
    if r < 0:
        continue
    routes.begin_iteration(plan)
    routes.write_down(plan, r)
    plan.pos[x] = -1
    routes.take_out(problem, plan, r)
    routes.renew(problem, plan, scratch, r)
    found = np.array([1e9, -2.0, 0.0, 0.0])
    recreate.look_for_one(problem, plan, scratch, found, search.state, x, 0, True)
    best = 1e9
    for q, k, row in used():
        for i in range(len(row) + 1):
            cost = driven(row[:i] + [x] + row[i:], k)
            for depot in problem.choice[1, k, : int(problem.kind[k, at.RELOADS])].tolist():
                if cost == np.inf:
                    for pair in ([depot, x], [x, depot]):
                        best = min(best, driven(row[:i] + pair + row[i:], k) - plan.cost[q, 0])
            best = min(best, cost - plan.cost[q, 0])
    assert abs(best - found[0]) < 1e-6, (x, best, found[0])
    compared += best < 1e9
    routes.put_back(problem, plan)
print(compared, reloads)
"""


def jobs(seed: int, *, simultaneous: bool = False, windows: bool = False) -> Any:
    """Twenty jobs that bring or take, or both, of two goods; one vehicle, two places to reload."""
    random = np.random.default_rng(seed)
    rows = []
    for i in range(20):
        x, y = random.integers(0, 50, 2).tolist()
        one, other = random.integers(1, 5, (2, 2)).tolist()
        row: dict[str, Any] = {"id": f"j{i}", "location": {"x": x, "y": y}, "service": 3}
        if simultaneous or i % 2:
            row["delivery"] = one
        if simultaneous or not i % 2:
            row["pickup"] = other
        if windows:
            opening = float(random.integers(0, 600))
            row["time_windows"] = [{"earliest": opening, "latest": opening + 900}]
        rows.append(row)
    kind = {
        "id": "v",
        "count": 1,
        "capacity": [11, 12],
        "start": "d",
        "end": "d",
        "reload_depots": ["d", "e"],
    }
    return {
        "jobs": rows,
        "depots": [
            {"id": "d", "location": {"x": 25, "y": 25}},
            {"id": "e", "location": {"x": 5, "y": 40}},
        ],
        "vehicle_types": [kind],
        "objective": {"unserved": 1000.0},
    }


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("feature", [None, "simultaneous", "windows"])
def test_cheapest_place_on_a_route_of_several_trips(seed: int, feature: str | None) -> None:
    """The cheapest place is that of driving all, a reload beside it where there is no room."""
    document = jobs(seed, **({feature: True} if feature else {}))
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(document)],
        env=os.environ | {"NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    compared, reloads = map(int, run.stdout.split())
    assert compared >= 15
    assert reloads >= 2
