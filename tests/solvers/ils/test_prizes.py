"""Jobs that need not be served: together they may pay a route that none of them pays alone."""

from __future__ import annotations

import pytest

import routesolve as rs
from routesolve.instances.instance import VrpInstance
from routesolve.instances.model import Depot, Job, Location, VehicleType
from routesolve.solutions.solution import Solution
from routesolve.solvers.ils.scope import beyond

CORNERS = ((300.0, 0.0), (0.0, 300.0), (-300.0, 0.0), (0.0, -300.0))


def villages(kinds: int, *, rich: bool) -> VrpInstance:
    """Nine jobs in each of four places 300 away, worth 100 each; a vehicle takes those of one."""
    jobs = tuple(
        Job(
            f"{k}-{j}",
            Location(x=x + j % 3, y=y + j // 3),
            delivery=(1.0,),
            prize=100.0,
            release=1.0 if rich else 0.0,
        )
        for k, (x, y) in enumerate(CORNERS)
        for j in range(9)
    )
    vans = tuple(
        VehicleType(f"van{k}", count=None, capacity=(9.0,), start="d", end="d")
        for k in range(kinds)
    )
    depots = (Depot("d", Location(x=0.0, y=0.0)),)
    return VrpInstance(jobs=jobs, depots=depots, vehicle_types=vans)


@pytest.mark.parametrize("rich", [False, True])
@pytest.mark.parametrize("kinds", [1, 2])
@pytest.mark.parametrize("start", [None, Solution(())])
def test_opens_routes_that_pay_together(kinds: int, rich: bool, start: Solution | None) -> None:
    """Every village is served in both searches, though no single job pays the way there."""
    instance = villages(kinds, rich=rich)
    assert bool(beyond(instance)) is rich
    for seed in range(3):
        result = rs.solve(instance, solver="ils", iterations=3000, seed=seed, start=start)
        assert result.feasible
        served = [[v.kind for v in route.visits].count("job") for route in result.solution.routes]
        assert served == [9] * 4
        assert not result.solution.unassigned
