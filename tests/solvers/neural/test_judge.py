"""Judging: fixed problems, references, gaps, and the checker's word on every plan."""

from __future__ import annotations

import csv
from typing import Any

import numpy as np
import pytest

from routesolve.errors import InputError
from routesolve.solvers.neural import judge
from routesolve.solvers.neural.config import Config
from routesolve.solvers.neural.environment import Environment
from routesolve.solvers.neural.pool import Pool
from routesolve.solvers.neural.problems import Problems
from routesolve.solvers.neural.quick import quick_pool
from routesolve.solvers.neural.rollouts import first_moves, nearest, roll_out, uniform
from routesolve.solvers.neural.sampler import Recipe, Sampler
from routesolve.solvers.neural.weights import Weights, shapes


@pytest.fixture(scope="module")
def pool() -> Pool:
    """Two small made-up towns."""
    return quick_pool([5, 6], places=60, side=12)


def by_nearest(problems: Problems, points: Any, starts: int) -> judge.Rolled:
    """The nearest neighbour as a policy."""
    environment = Environment(problems)
    done = roll_out(environment, nearest(environment), starts)
    return judge.Rolled(done.actions, done.cost, environment.unserved(done.state))


def drawn_weights() -> Weights:
    """Random weights of a small network."""
    rng = np.random.default_rng(1)
    config = Config(width=16, heads=2, layers=1, hidden=16, edge=8)
    arrays = {
        key: 0.2 * rng.standard_normal(shape).astype(np.float32)
        for key, shape in shapes(config).items()
    }
    return Weights(config, arrays)


@pytest.mark.parametrize("side", [10, 14])
def test_quick_towns(side: int) -> None:
    """Ways exist between all places, along them triangles hold, and the seed decides."""
    (area,) = quick_pool([side], places=40, side=side).areas
    t = area.durations.astype(np.int64)
    assert area.connected
    assert area.size == 40
    assert (t[:, :, None] + t[None, :, :] + 2 >= t[:, None, :]).all()
    assert 1.0 < (area.distances[t > 0] / t[t > 0]).mean() < 25.0  # metres a second
    assert area.asymmetry > 0.01
    again, other = quick_pool([side, side + 1], places=40, side=side).areas
    np.testing.assert_array_equal(again.distances, area.distances)
    assert (other.distances != area.distances).any()


def test_distances_follow_the_fastest_way() -> None:
    """Lengths summed along trees of predecessors are those of the ways, step by step."""
    from scipy.sparse import csr_array

    from routesolve.solvers.neural.quick import _along

    rng = np.random.default_rng(2)
    n = 30
    before = np.array([[-1] + [int(rng.integers(0, i)) for i in range(1, n)]])
    lengths = rng.random((n, n))
    want = np.zeros(n)
    for i in range(1, n):
        want[i] = want[before[0, i]] + lengths[before[0, i], i]
    np.testing.assert_allclose(_along(before, csr_array(lengths))[0], want)


def test_the_reference_against_itself(pool: Pool) -> None:
    """The nearest neighbour is no better than itself, breaks no rule, and serves everybody."""
    cells = [("CVRP", 7), ("MDOVRPMBLTW", 6), ("PVRP-P", 5), ("ATSP", 6)]
    papers = judge.exam(pool, cells, count=3, against="nearest")
    for score in judge.judge(by_nearest, papers, starts=1, checked=True):
        assert abs(score.best) < 1e-9
        assert abs(score.mean) < 1e-9
        assert abs(score.nearest - 1.0) < 1e-9
        assert (score.violations, score.unserved, score.problems) == (0, 0, 3)


def test_worse_plans_are_worse(pool: Pool) -> None:
    """Random plans cost more; of several the cheapest counts, and the mean is above it."""
    papers = judge.exam(pool, [("CVRP", 8)], count=4, against="nearest")

    def policy(problems: Problems, points: Any, starts: int) -> judge.Rolled:
        environment = Environment(problems)
        done = roll_out(environment, uniform(1), starts, first=first_moves(environment, starts))
        return judge.Rolled(done.actions, done.cost, environment.unserved(done.state))

    (score,) = judge.judge(policy, papers, starts=5, checked=True)
    assert 0.05 < score.best < score.mean
    assert score.violations == 0
    cost = policy(papers[0].sample.problems, None, 5).cost
    want = (cost.min(axis=1) / papers[0].reference - 1).mean()
    assert score.best == pytest.approx(want)


def test_broken_plans_are_found(pool: Pool) -> None:
    """One route that holds too much is a violation; customers left out are counted."""
    papers = judge.exam(pool, [("CVRP", 20)], count=2, against="nearest")

    def overloaded(problems: Problems, points: Any, starts: int) -> judge.Rolled:
        moves = np.tile(np.r_[1:21, 0], (2, 1, 1))
        return judge.Rolled(moves, np.ones((2, 1)), np.zeros((2, 1), np.int64))

    def lazy(problems: Problems, points: Any, starts: int) -> judge.Rolled:
        moves = np.tile(np.r_[1:3, 0], (2, 1, 1))
        return judge.Rolled(moves, np.ones((2, 1)), np.full((2, 1), 18))

    assert (judge.judge(overloaded, papers, starts=1, checked=True)[0].violations or 0) >= 2
    (score,) = judge.judge(lazy, papers, starts=1, checked=True)
    assert (score.unserved, score.violations) == (36, 0)
    assert np.isnan(score.best)


def test_worth_of_plans(pool: Pool) -> None:
    """What serving is worth, customer by customer; without preferences it is nothing."""
    problems = Sampler(pool, Recipe("PVRP-P", (6, 6))).sample(3, seed=1).problems
    environment = Environment(problems)
    actions = roll_out(environment, uniform(2), 1).actions[:, 0]
    want = np.zeros(3)
    for row, moves in enumerate(actions):
        token = 0
        for move in moves:
            if move < problems.tokens:
                token = move
            else:
                want[row] += problems.score[row, token, move]
    assert (want > 0).all()
    np.testing.assert_allclose(judge.worth(problems, actions), want, rtol=1e-5)
    plain = Sampler(pool, Recipe("CVRP", (6, 6))).sample(2, seed=1).problems
    assert (judge.worth(plain, actions[:2]) == 0).all()


def test_our_engine_is_a_reference(pool: Pool) -> None:
    """Its plans cost at most what the nearest neighbour's do; gaps with preferences stay small."""
    papers = judge.exam(pool, [("CVRP", 8), ("PVRP-P", 6)], count=3, iterations=300)
    for paper in papers:
        assert (paper.reference <= paper.nearest + 1e-3).all()
        assert (paper.travel >= paper.reference - 1e-3).all()
    assert (papers[1].travel > papers[1].reference).all()


def test_weights_and_networks_agree(pool: Pool) -> None:
    """The same plans with and without torch, and the checker has no objection."""
    pytest.importorskip("torch", reason="torch is not installed")
    weights = drawn_weights()
    papers = judge.exam(pool, [("VRPTW", 6), ("MDVRPB", 5)], count=3, against="nearest")
    a, b = (
        judge.judge(policy, papers, starts=4, checked=True)
        for policy in (
            judge.by_weights(weights, fresh=0.0),
            judge.by_network(weights.network()),
        )
    )
    for one, other in zip(a, b, strict=True):
        assert one.best == pytest.approx(other.best, abs=1e-4)
        assert one.mean == pytest.approx(other.mean, abs=1e-4)
        assert (one.violations, one.unserved) == (0, 0)


def test_table(pool: Pool) -> None:
    """A line for each cell, gaps in percent."""
    papers = judge.exam(pool, [("CVRP", 5), ("ATSP", 4)], count=2, against="nearest")
    scores = judge.judge(by_nearest, papers, starts=1, checked=False)
    rows = list(csv.DictReader(judge.table(scores).splitlines()))
    assert [(row["variant"], row["customers"]) for row in rows] == [("CVRP", "5"), ("ATSP", "4")]
    assert rows[0]["violations"] == ""
    assert float(rows[0]["nearest"]) == 1.0


def test_unknown_is_refused(pool: Pool) -> None:
    """References and variants that do not exist."""
    with pytest.raises(InputError, match="no reference"):
        judge.exam(pool, [("CVRP", 5)], count=1, against="luck")
    with pytest.raises(InputError, match="no variant"):
        judge.exam(pool, [("XYZ", 5)], count=1)
