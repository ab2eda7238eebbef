"""Places of a shipment: what is left out before a route is driven would not have been the best."""

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
from routesolve.solvers.ils.rich._kernels import layout as at, pairs, places, routes
from routesolve.solvers.ils.rich.engine import RichSearch
from routesolve.solvers.ils.rich.problem import translate

np.seterr(all="ignore")
pairs.BLINK = -1.0
instance = VrpInstance.from_dict(json.loads(sys.argv[1]))
search = RichSearch(instance, translate(instance), Clock(Budget(iterations=1)), 1, None)
problem, plan, scratch = search.work.problem, search.plan, search.scratch
search.advance(problem, plan, None, search.state, 10, search.work.scale)
compared = 0
for c in range(len(problem.member)):
    x, y = (int(stop) for stop in problem.member[c, :2])
    r = int(plan.at[x])
    if r < 0 or not y:
        continue
    routes.begin_iteration(plan)
    routes.write_down(plan, r)
    plan.pos[x] = plan.pos[y] = -1
    routes.take_out(problem, plan, r)
    routes.renew(problem, plan, scratch, r)
    found = np.array([1e9, -2.0, 0.0, 0.0])
    scratch.waiting[1] += 1
    pairs.look_for_two(problem, plan, scratch, found, search.state, x, y, 0, True)
    best = 1e9
    for q in np.flatnonzero(plan.head[:, at.KIND] >= 0).tolist():
        k, size = int(plan.head[q, at.KIND]), int(plan.head[q, at.SIZE])
        for i in range(size + 1):
            for j in range(i, size + 1):
                new = places.with_pair(plan.row[q], size, i, x, j, y, scratch.trial)
                cost = places.priced(problem, scratch, new, k, 0)
                best = min(best, cost - plan.cost[q, 0])
    assert abs(best - found[0]) < 1e-6, (c, best, found[0])
    compared += best < 1e9
    routes.put_back(problem, plan)
print(compared)
"""


LIMITS = {
    "distance": {"max_distance": 150},
    "duration": {"max_duration": 190},
    "driving": {"max_driving_time": 150, "cost_per_driving_time": 0.5},
    "jobs": {"max_jobs": 6},
}


def shipments(
    *,
    seed: int,
    ride: bool = False,
    pause: bool = False,
    reload: bool = False,
    **limits: bool,
) -> Any:
    """Twelve shipments, two dimensions of load, windows, some vehicles, LIMITS by name.

    With reloads there is one vehicle, which makes several trips for jobs besides.
    """
    random = np.random.default_rng(seed)
    rows = []
    for i in range(12):
        points = random.integers(0, 50, (2, 2)).tolist()
        opening = float(random.integers(0, 150))
        row: dict[str, Any] = {"id": f"s{i}", "amount": random.integers(1, 5, 2).tolist()}
        for name, (px, py), begin in zip(
            ("pickup", "delivery"), points, (opening, opening + 40), strict=True
        ):
            row[name] = {
                "location": {"x": px, "y": py},
                "service": 3,
            }
            if not reload:
                row[name]["time_windows"] = [{"earliest": begin, "latest": begin + 120}]
        if ride:
            row["max_ride_time"] = 90
        rows.append(row)
    kind: dict[str, Any] = {
        "id": "v",
        "count": 1 if reload else 6,
        "capacity": [9, 9],
        "start": "d",
        "end": "d",
    }
    if pause:
        kind["breaks"] = [
            {"id": "noon", "duration": 10, "time_windows": [{"earliest": 80, "latest": 160}]}
        ]
    if reload:
        kind |= {"reload_depots": ["d"]}
    for name in limits:
        kind |= LIMITS[name]
    jobs = []
    for i in range(12 if reload else 0):
        px, py = random.integers(0, 50, 2).tolist()
        side = "pickup" if i % 3 else "delivery"
        jobs.append({"id": f"j{i}", "location": {"x": px, "y": py}, side: [3, 2]})
    return {
        "jobs": jobs,
        "shipments": rows,
        "depots": [{"id": "d", "location": {"x": 25, "y": 25}}],
        "vehicle_types": [kind],
        "objective": {"unserved": 1000.0},
    }


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("feature", [None, "ride", "pause", "reload", *LIMITS])
def test_cheapest_pair_of_places(seed: int, feature: str | None) -> None:
    """The cheapest pair of places is that of driving all pairs."""
    document = shipments(seed=seed, **({feature: True} if feature else {}))
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(document)],
        env=os.environ | {"NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    assert int(run.stdout) >= 6
