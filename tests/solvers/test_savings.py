"""Clarke and Wright's savings."""

from __future__ import annotations

import numpy as np
import pytest

from routesolve.instances.instance import VrpInstance
from routesolve.solvers.base import Budget
from routesolve.solvers.savings import Savings
from tests.solvers import tiny

BUDGET = Budget(seconds=60)


def euclidean(count: int, *, capacity: float = 50, **vehicle: object) -> VrpInstance:
    """Random stops around a depot."""
    rng = np.random.default_rng(count)
    stops = rng.integers(0, 1000, size=(count, 2)).astype(float)
    loads = rng.integers(1, 10, size=count).astype(float)
    return VrpInstance(
        jobs=[
            {"id": str(i), "location": {"x": x, "y": y}, "delivery": [load]}
            for i, ((x, y), load) in enumerate(zip(stops.tolist(), loads.tolist(), strict=True))
        ],
        depots=[{"id": "hub", "location": {"x": 500.0, "y": 500.0}}],
        vehicle_types=[{"capacity": [capacity], "start": "hub", "end": "hub"} | vehicle],
    )


def test_textbook() -> None:
    """Two pairs of neighbours become two routes: the joints that save most come first."""
    places = [(10, 1), (10, -1), (-10, 1), (-10, -1)]
    instance = VrpInstance(
        jobs=[
            {"id": "abcd"[i], "location": tiny.place(*at), "delivery": [1]}
            for i, at in enumerate(places)
        ],
        depots=[{"id": "hub", "location": tiny.place(0, 0)}],
        vehicle_types=[{"capacity": [2], "start": "hub", "end": "hub"}],
    )
    result = Savings().solve(instance, BUDGET)
    routes = {frozenset(v.id for v in route.stops) for route in result.solution.routes}
    assert routes == {frozenset("ab"), frozenset("cd")}
    assert result.cost == pytest.approx(2 * (2 + 2 * 101**0.5))


def test_large_without_dense_matrix() -> None:
    """Thousands of stops are planned from their near neighbours; no matrix is built."""
    instance = euclidean(3000, capacity=400)
    result = Savings().solve(instance, BUDGET)
    assert result.feasible
    assert result.report.complete
    assert not instance.travel().built


def test_neighbours_lose_little() -> None:
    """Near neighbours are nearly as good as all pairs."""
    from routesolve.solvers import savings

    instance = euclidean(400)
    everything = Savings().solve(instance, BUDGET).cost
    before = savings.ALL_PAIRS
    savings.ALL_PAIRS = 0
    try:
        near = Savings().solve(instance, BUDGET).cost
    finally:
        savings.ALL_PAIRS = before
    assert near <= 1.02 * everything


def test_one_way_streets() -> None:
    """On an asymmetric matrix a route keeps its direction."""
    times = np.full((4, 4), 50.0)
    np.fill_diagonal(times, 0)
    times[0, 1] = times[1, 2] = times[2, 3] = times[3, 0] = 1
    instance = VrpInstance(
        jobs=[{"id": str(i), "location": {"index": i}, "delivery": [1]} for i in (1, 2, 3)],
        depots=[{"id": "hub", "location": {"index": 0}}],
        vehicle_types=[{"capacity": [3], "start": "hub", "end": "hub"}],
        profiles=[{"metric": "matrix", "distances": times}],
    )
    result = Savings().solve(instance, BUDGET)
    assert result.cost == 4
    assert [v.id for v in result.solution.routes[0].stops] == ["1", "2", "3"]


def test_length_limits() -> None:
    """Routes stay below the limits on distance and duration, loading and service included."""
    instance = euclidean(60, capacity=1000, max_distance=2500.0, max_duration=2600.0)
    result = Savings().solve(instance, BUDGET)
    assert result.feasible
    assert result.report.complete


def test_limited_fleet_serves_the_important() -> None:
    """With too few vehicles the jobs of high priority are served."""
    result = Savings().solve(tiny.CASES["priorities"], BUDGET)
    served = {name for _, name in result.solution.served()}
    assert {"b", "c"} <= served


def test_deliveries_and_pickups_are_refused() -> None:
    """One direction of goods is fine, both are not."""
    assert Savings().unsupported(tiny.CASES["pickups"]) == []
    assert "deliveries and pickups together" in Savings().unsupported(tiny.CASES["mixed"])


def test_iterations_are_joints() -> None:
    """An iteration is one joint of two routes."""
    result = Savings().solve(tiny.CASES["capacity"], Budget(seconds=None, iterations=2))
    assert result.iterations == 2
    assert result.report.complete or result.report.mandatory_unserved
