"""Problems drawn from a pool."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from routesolve.errors import InputError
from routesolve.solvers.neural.environment import Environment
from routesolve.solvers.neural.pool import STEP, Area, Pool, synthetic_pool
from routesolve.solvers.neural.problems import LAST, MIXED, Problems
from routesolve.solvers.neural.rollouts import nearest, roll_out, uniform
from routesolve.solvers.neural.sampler import CHOICES, NAMES, Recipe, Sampler


@pytest.fixture(scope="module")
def pool() -> Pool:
    """Two small made-up towns."""
    return synthetic_pool([11, 12], places=60, side=10)


def drawn(pool: Pool, name: str, size: int = 6, **options: object) -> Problems:
    """A batch of problems of 12 customers, exact."""
    recipe = Recipe(name, customers=(12, 12), **options)  # type: ignore[arg-type]
    return Sampler(pool, recipe, dtype=np.float64).sample(size, seed=4).problems


@pytest.mark.parametrize("name", [*NAMES, "any"])
def test_every_problem_can_be_solved(pool: Pool, name: str) -> None:
    """Everybody is feasible alone, and random and greedy rollouts serve all."""
    environment = Environment(drawn(pool, name))
    assert not environment.infeasible().any()
    for choose in (uniform(0), nearest(environment)):
        result = roll_out(environment, choose, 3)
        assert not environment.unserved(result.state).any()
        assert np.isfinite(result.cost).all()


@pytest.mark.parametrize("name", [*NAMES, "any"])
def test_single_precision_can_be_solved(pool: Pool, name: str) -> None:
    """So it is in the precision that networks are trained in."""
    sampler = Sampler(pool, Recipe(name, customers=(5, 12)))
    for seed in range(3):
        problems = sampler.sample(8, seed=(name == "any", seed)).problems
        assert problems.distance.dtype == np.float32
        environment = Environment(problems)
        assert not environment.infeasible().any()
        result = roll_out(environment, uniform(seed), 2)
        assert not environment.unserved(result.state).any()


def test_attributes_are_those_of_the_name(pool: Pool) -> None:
    """Backhauls, limits, windows, open ends and depots are there exactly when the name says so."""
    for name in NAMES:
        p = drawn(pool, name, 20)
        assert bool(p.open_end.all()) == bool(p.open_end.any()) == ("OVRP" in name)
        assert (p.pickup > 0).any() == ("B" in name)
        assert (p.backhaul == (LAST if "VRPB" in name else MIXED)).all()
        limited = np.isfinite(p.max_distance) | np.isfinite(p.max_duration)
        assert limited.all() == limited.any() == ("L" in name)
        assert np.isfinite(p.latest).any() == ("TW" in name)
        assert np.isfinite(p.closing).any() == ("TW" in name and "OVRP" not in name)
        assert (p.tokens > 1) == name.startswith(("MD", "PVRP"))
        assert (p.score is not None) == (name == "PVRP-P")
        assert (p.allowed is not None) == (name == "PVRP-ZC")
        assert np.isfinite(p.fleet).any() == (name == "ATSP")
        if name != "ATSP":
            amount = (p.delivery + p.pickup)[:, p.tokens :]
            assert amount.min() >= 1
            assert amount.max() <= 9
        assert not (p.delivery * p.pickup).any()


def test_mixed_batches_have_all_attributes(pool: Pool) -> None:
    """With "any" each attribute is in about half of the problems, by itself."""
    p = drawn(pool, "any", 400)
    limited = np.isfinite(p.max_distance[:, 0]) | np.isfinite(p.max_duration[:, 0])
    shares = [
        p.open_end[:, 0].mean(),
        (p.pickup > 0).any(axis=1).mean(),
        limited.mean(),
        np.isfinite(p.latest).any(axis=1).mean(),
    ]
    assert all(0.35 < share < 0.65 for share in shares)
    assert 0.3 < np.isfinite(p.max_duration[limited, 0]).mean() < 0.7


def test_limits_leave_the_farthest_customer_there_and_back(pool: Pool) -> None:
    """Limits are 1 to 2 times the farthest customer, counted in both directions."""
    p = drawn(pool, "VRPL", 50, duration_limits=0.0)
    around = (p.distance[:, 0, :] + p.distance[:, :, 0]).max(axis=1)
    factor = p.max_distance[:, 0] / around
    assert factor.min() >= 1
    assert factor.max() <= 2
    assert factor.max() - factor.min() > 0.5


@pytest.mark.parametrize("choice", CHOICES)
def test_tables_are_cut_from_the_pool(pool: Pool, choice: str) -> None:
    """Distances and durations are entries of the area's tables for different places."""
    recipe = Recipe("CVRP", customers=(20, 20), choice=choice)
    sample = Sampler(pool, recipe, dtype=np.float64).sample(5, seed=1)
    for b, number in enumerate(sample.areas.tolist()):
        area = pool.areas[number]
        plane = sample.points[b]
        assert len(np.unique(plane, axis=0)) == 21
        away = np.hypot(*(plane[:, None] - plane[None, :]).transpose(2, 0, 1))
        distance = sample.problems.distance[b]
        assert (distance >= 0.999 * away - 2 * STEP).all()  # roads are no shortcuts
        assert np.isin(np.rint(distance / STEP), area.distances).all()
        assert not np.allclose(distance, distance.T)


def test_clusters_are_closer_together() -> None:
    """Clustered places are nearer to their neighbours than places drawn anywhere."""
    rng = np.random.default_rng(0)
    points = rng.random((900, 2))
    table = np.rint(1e6 * np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1)))
    tables = table.astype(np.int32), table.astype(np.int32)
    pool = Pool((Area(points, *tables),))

    def spread(choice: str) -> float:
        sampler = Sampler(pool, Recipe("CVRP", customers=(60, 60), choice=choice))
        distance = sampler.sample(20, seed=2).problems.distance + np.eye(61) * 1e9
        return float(distance.min(axis=2).mean())

    assert spread("clustered") < 0.8 * spread("uniform")
    assert spread("clustered") < spread("mixed") < spread("uniform")


def test_the_seed_decides(pool: Pool) -> None:
    """Equal seeds give equal batches, others do not; sizes are drawn."""
    sampler = Sampler(pool, Recipe("any", customers=(5, 30)))
    first, again, other = (sampler.sample(4, seed=seed).problems for seed in (1, 1, 2))
    for field in dataclasses.fields(Problems):
        assert np.array_equal(getattr(first, field.name), getattr(again, field.name))
    assert first.distance.shape != other.distance.shape or (first.distance != other.distance).any()
    sizes = {sampler.sample(1, seed=seed).problems.nodes for seed in range(20)}
    assert len(sizes) > 8


@pytest.mark.parametrize("windows", ["any", "all"])
@pytest.mark.parametrize("name", ["VRPTW", "OVRPTW", "MDVRPMBLTW", "any"])
def test_other_days_can_be_served(pool: Pool, name: str, windows: str) -> None:
    """With windows of any kind everybody is feasible alone, and rollouts serve all."""
    problems = drawn(pool, name, 24, windows=windows, straight=0.5, square=0.5)
    environment = Environment(problems)
    assert not environment.infeasible().any()
    assert not environment.unserved(roll_out(environment, uniform(0), 3).state).any()


def test_other_days_differ(pool: Pool) -> None:
    """Widths and service times differ more than in the literature, and some have no window."""
    plain, loose = (drawn(pool, "VRPTW", 40, windows=kind) for kind in ("narrow", "any"))
    open_plain, open_loose = (np.isinf(p.latest[:, p.tokens :]) for p in (plain, loose))
    assert not open_plain.any()
    assert 0.05 < open_loose.mean() < 0.3
    spread = [
        np.ptp((p.latest - p.earliest)[:, p.tokens :][~o])
        for p, o in ((plain, open_plain), (loose, open_loose))
    ]
    assert spread[1] > 3 * spread[0]


def test_windows_that_differ(pool: Pool) -> None:
    """Long and short ones are in one problem, and some are cut where the day begins or ends."""
    p = drawn(pool, "VRPTW", 60, windows="all")
    width = (p.latest - p.earliest)[:, p.tokens :]
    times = width.max(axis=1) / width.min(axis=1)
    assert (times > 3.5).mean() > 0.3  # 3 at most where all are drawn around one mean
    begins = (p.earliest[:, p.tokens :] == 0.0).any(axis=1)
    ends = (p.latest == p.closing)[:, p.tokens :].any(axis=1)
    assert begins.mean() > 0.2
    assert ends.mean() > 0.2
    assert (times < 1.2).mean() > 0.1


@pytest.mark.parametrize("name", ["CVRP", "MDCVRP", "PVRP-ZC"])
def test_places_in_a_square(pool: Pool, name: str) -> None:
    """Places are off the roads, those of one depot stay together, and ways are as fast."""
    recipe = Recipe(name, (12, 12), straight=1.0)
    towns = Sampler(pool, recipe, dtype=np.float64).sample(40, seed=4)
    square = dataclasses.replace(recipe, square=1.0)
    there = Sampler(pool, square, dtype=np.float64).sample(40, seed=4)
    for p, points in (towns[:2], there[:2]):
        assert len(np.unique(points[0], axis=0)) == 12 + (p.tokens if name[0] == "M" else 1)
    apart = [np.ptp(sample.points, axis=1).max() for sample in (towns, there)]
    assert 0.8 * apart[0] < apart[1] <= apart[0]
    pace = [p.duration.sum() / p.distance.sum() for p, _, _ in (towns, there)]
    assert pace[0] == pytest.approx(pace[1], rel=0.1)


def test_straight_ways(pool: Pool) -> None:
    """Straight ways are symmetric, in proportion to each other, and as long as roads on average."""
    sampler = Sampler(pool, Recipe("CVRP", (12, 12), straight=1.0), dtype=np.float64)
    sample = sampler.sample(5, seed=4)
    p, points = sample.problems, sample.points
    away = np.hypot(*np.moveaxis(points[:, :, None] - points[:, None, :], -1, 0))
    for table in (p.distance, p.duration):
        assert np.array_equal(table, np.swapaxes(table, 1, 2))
        ratio = (table / np.maximum(away, 1e-9))[:, 0, 1:]
        assert (np.ptp(ratio, axis=1) < 0.02 * ratio.mean(axis=1)).all()
    roads = sampler.of(Recipe("CVRP", (12, 12), straight=1e-12)).sample(5, seed=4).problems
    assert np.allclose(p.distance.mean(axis=(1, 2)), roads.distance.mean(axis=(1, 2)), rtol=1e-3)


def test_wrong_recipes_are_refused(pool: Pool) -> None:
    """Every mistake is named, and areas that are too small or not connected."""
    shares = {"duration_limits": 3.0, "straight": 2.0, "square": -1.0}
    with pytest.raises(InputError) as caught:
        Recipe("CVRPX", (5, 2), choice="none", windows="wide", **shares)
    assert len(caught.value.problems) == 7
    with pytest.raises(InputError, match="60 places"):
        Sampler(pool, Recipe(customers=(20, 200)))
    area = pool.areas[0]
    cut = area.durations.copy()
    cut[0, 1] = -1
    broken = Pool((dataclasses.replace(area, durations=cut),))
    with pytest.raises(InputError, match="without a way"):
        Sampler(broken, Recipe(customers=(5, 5)))
