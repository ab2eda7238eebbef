"""The solver that constructs with a network; here with random weights, so all plans are bad."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
import pytest

from routesolve.errors import InputError, UnsupportedFeature
from routesolve.instances.instance import VrpInstance
from routesolve.instances.model import Job, Location
from routesolve.solutions.checker import check
from routesolve.solvers.base import Budget
from routesolve.solvers.neural.augment import reversible
from routesolve.solvers.neural.config import Config
from routesolve.solvers.neural.from_instance import to_points, to_problems
from routesolve.solvers.neural.inference import Decoder, Inference
from routesolve.solvers.neural.solver import Neural, views
from routesolve.solvers.neural.weights import Weights, shapes
from tests.solvers.neural.made import ALL, tour, variant


def random_weights(seed: int = 0) -> Weights:
    """A small network that has learnt nothing."""
    config, rng = (
        Config(width=16, heads=2, layers=1, hidden=16, edge=8),
        np.random.default_rng(seed),
    )
    arrays = {
        name: rng.normal(0.0, 0.3, shape).astype(np.float32)
        for name, shape in shapes(config).items()
    }
    return Weights(config, arrays)


@pytest.fixture(scope="module")
def solver() -> Neural:
    """With random weights."""
    return Neural(random_weights())


def views_of(count: int) -> Budget:
    """So many views."""
    return Budget(seconds=None, iterations=count)


@pytest.mark.parametrize("name", ALL)
def test_every_variant(solver: Neural, name: str) -> None:
    """Plans of all variants are complete and within the rules, by the independent checker."""
    instance = variant(name, 9, seed=4, asymmetric=True)
    result = solver.solve(instance, views_of(3))
    assert result.feasible, result.report.violations
    assert result.report.complete
    assert result.cost == pytest.approx(result.trace[-1][1])
    assert check(instance, result.solution).feasible


def test_more_views_are_never_worse(solver: Neural) -> None:
    """The best of all views so far is kept; the same seed gives the same plan."""
    instance = variant("CVRP", 25, seed=1)
    costs = [solver.solve(instance, views_of(count), seed=3).cost for count in (1, 17, 40, 40)]
    assert costs[0] + 1e-9 >= costs[1] >= costs[2] - 1e-9
    assert costs[2] == costs[3] < costs[0]


def test_views() -> None:
    """A greedy one comes first, then each is drawn from; reversed only where that is feasible."""
    plain, timed = variant("CVRP", 5, seed=1), variant("VRPTW", 5, seed=1)
    for instance, count in ((plain, 16), (timed, 8)):
        problems, points = to_problems(instance), to_points(instance)
        assert points is not None
        seen = list(islice(views(problems, points), 1 + 3 * count))
        assert len(set(seen)) == 1 + 3 * count
        assert len({view._replace(temperature=0.0) for view in seen[:count]}) == count
        assert [view.temperature == 0.0 for view in seen] == [True] + [False] * 3 * count
        assert any(view.back for view in seen) == reversible(problems)
    alone = list(islice(views(to_problems(timed), None), 3))
    assert [view.temperature for view in alone] == [0.0, 0.2, 0.3]
    profiled = variant("PVRP-ZC", 5, seed=1)
    seen = list(islice(views(to_problems(profiled), to_points(profiled)), 17))
    assert [view.temperature for view in seen] == [0.0] * 16 + [0.2]


def test_few_customers_are_begun_with_again(
    solver: Neural, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Views that are drawn from have their hundred rollouts, whatever the customers."""
    lanes = []
    roll_out = Decoder.roll_out

    def counted(self: Decoder, first: Any, **given: Any) -> Any:
        lanes.append(len(first))
        return roll_out(self, first, **given)

    monkeypatch.setattr(Decoder, "roll_out", counted)
    solver.solve(variant("CVRP", 30, seed=1), views_of(2), seed=0)
    assert lanes == [1, 29, 90]


def test_places_are_projected() -> None:
    """A degree of longitude is shorter than one of latitude."""
    stops = [Location(lon=10.0 + x, lat=60.0 + y) for x, y in ((0.0, 0.0), (0.2, 0.0), (0.0, 0.1))]
    instance = variant("CVRP", 2, seed=1)
    jobs = tuple(
        replace(job, location=place) for job, place in zip(instance.jobs, stops[1:], strict=True)
    )
    depots = (replace(instance.depots[0], location=stops[0]),)
    profiles = (replace(instance.profiles[0], metric="haversine"),)
    points = to_points(instance.replace(jobs=jobs, depots=depots, profiles=profiles))
    assert points is not None
    away = points[0, 1:] - points[0, :1]
    np.testing.assert_allclose(away, [[0.1, 0.0], [0.0, 0.1]], atol=1e-3)


@pytest.mark.parametrize("n", [0, 1, 2])
def test_few_stops(solver: Neural, n: int) -> None:
    """No stop, one, two."""
    result = solver.solve(tour(np.ones((n + 1, n + 1))), Budget(seconds=0.2))
    assert result.feasible
    assert len(list(result.solution.served())) == n


@pytest.mark.parametrize("size", [0.0, 1e-7, 1e7])
def test_all_at_one_place_and_odd_units(solver: Neural, size: float) -> None:
    """All stops at one place; tiny and huge units."""
    result = solver.solve(tour(size * np.ones((8, 8))), views_of(2))
    assert result.feasible
    assert result.cost == pytest.approx(8 * size)


def test_what_cannot_be_served_is_reported(solver: Neural) -> None:
    """A customer who is too much for any vehicle is left out, and counted."""
    instance = variant("CVRP", 6, seed=2)
    heavy = replace(instance.jobs[0], delivery=(1e6,))
    instance = instance.replace(jobs=(heavy, *instance.jobs[1:]), allow_unserved=True)
    result = solver.solve(instance, views_of(1))
    assert len(list(result.solution.served())) == 5
    assert result.report.mandatory_unserved == 1


def test_limited_fleet(solver: Neural) -> None:
    """Enough vehicles: complete or reported; too few: the rest is left out, and reported."""
    instance = variant("CVRP", 20, seed=2)
    need = -(-sum(j.delivery[0] for j in instance.jobs) // instance.vehicle_types[0].capacity[0])
    for count, possible in ((int(need) + 1, True), (int(need) - 1, False)):
        fleet = (replace(instance.vehicle_types[0], count=count),)
        result = solver.solve(instance.replace(vehicle_types=fleet), views_of(2))
        assert len(result.solution.routes) <= count
        assert result.report.complete is possible


def test_unreachable_pairs(solver: Neural) -> None:
    """Ways that do not exist are not used."""
    table = np.ones((7, 7))
    table[1, 2:] = table[3, 4] = np.inf
    result = solver.solve(tour(table), views_of(2))
    assert result.feasible
    assert np.isfinite(result.cost)


def test_start_is_kept(solver: Neural) -> None:
    """A better plan to start from is returned."""
    from routesolve.solvers.registry import get

    instance = variant("CVRP", 12, seed=5)
    good = get("savings").solve(instance, Budget(seconds=5.0))
    result = solver.solve(instance, views_of(1), start=good.solution)
    assert result.cost <= good.cost + 1e-9


def test_unsupported(solver: Neural) -> None:
    """What the rules of the network lack is named."""
    jobs = (Job("a", Location(x=1.0, y=0.0), delivery=(1.0, 2.0)),)
    kinds = variant("CVRP", 2, seed=1)
    fleet = (replace(kinds.vehicle_types[0], capacity=(9.0, 9.0)),)
    instance = kinds.replace(jobs=jobs, vehicle_types=fleet)
    with pytest.raises(UnsupportedFeature, match="dimensions"):
        solver.solve(instance, views_of(1))


def test_too_many_stops(solver: Neural) -> None:
    """More stops than can be read are refused before any matrix is made."""
    place = Location(x=1.0, y=1.0)
    jobs = tuple(Job(str(i), place) for i in range(2001))
    instance = variant("CVRP", 2, seed=1).replace(jobs=jobs)
    assert solver.unsupported(instance) == ["2001 stops, more than 2000"]


# -- batches -----------------------------------------------------------------------------------


def test_batch_equals_one_by_one(solver: Neural) -> None:
    """Instances of all kinds and sizes in one batch get the plans that each gets alone."""
    pytest.importorskip("torch", reason="torch is not installed")
    from routesolve.solvers.neural.batch import solve_batch

    cases = [("CVRP", 12), ("MDOVRPMBLTW", 9), ("PVRP-P", 7), ("ATSP", 3), ("VRPTW", 12)]
    instances: list[VrpInstance] = [variant(name, n, seed=n) for name, n in cases]
    assert solver.weights is not None
    ready = Inference(solver.weights)
    together = solve_batch(instances, weights=solver.weights, starts=12, fresh=0.0, batch=3)
    drawn = solve_batch(instances, weights=solver.weights, starts=12, batch=3)
    for instance, result, other in zip(instances, together, drawn, strict=True):
        alone = ready.plan(to_problems(instance), to_points(instance), starts=12)
        assert alone is not None
        assert result.feasible
        assert result.report.complete
        assert other.report.complete
        assert result.cost == pytest.approx(alone.cost.min())
    assert solve_batch([], weights=solver.weights) == []


def test_batch_says_what_it_cannot(solver: Neural) -> None:
    """All instances that cannot be expressed are named at once; a missing device is, too."""
    torch: Any = pytest.importorskip("torch", reason="torch is not installed")
    from routesolve.solvers.neural.batch import solve_batch

    plain = variant("CVRP", 3, seed=1)
    fleet = (replace(plain.vehicle_types[0], capacity=(9.0, 9.0)),)
    odd = plain.replace(vehicle_types=fleet)
    with pytest.raises(InputError) as error:
        solve_batch([odd, plain, odd], weights=solver.weights)
    assert "instance 0" in str(error.value)
    assert "instance 2" in str(error.value)
    if not torch.cuda.is_available():
        with pytest.raises(InputError, match="no GPU"):
            solve_batch([plain], weights=solver.weights, device="cuda")
