"""The engine led by a network; here with random weights, so that guidance is of no use."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routesolve.solutions.solution import Solution
from routesolve.solvers.base import Budget, Clock
from routesolve.solvers.ils import engine
from routesolve.solvers.ils.bandit import SLICE_STEPS, Bandit
from routesolve.solvers.ils.guide import Guidance, Guide, Lead, drawn_near, lead_by
from routesolve.solvers.ils.problem import translate
from routesolve.solvers.neural.decoding import Plans
from routesolve.solvers.neural.guidance import distinct, found, heat
from routesolve.solvers.neural.guided import NeuralIls
from routesolve.solvers.neural.inference import Inference
from routesolve.solvers.registry import get
from tests.solvers.neural.made import tour, variant
from tests.solvers.neural.test_solver import random_weights

NOTHING = Guidance(seeds=0, lists=False, ruin=False, recreate=0.0, bandit=False)
WEIGHTS = random_weights()
CASES = ("CVRP", "VRPTW", "ATSP", "MDOVRPBL", "PVRP-P")


def steps(count: int, workers: int = 1) -> Budget:
    """So many iterations."""
    return Budget(seconds=None, iterations=count, workers=workers)


def clock_of(budget: Budget) -> Clock:
    """A clock that has just begun."""
    return Clock(budget)


# -- what rollouts say -------------------------------------------------------------------------


@st.composite
def rollouts(draw: st.DrawFn) -> tuple[list[Plans], int, int]:
    """Parts of made-up rollouts, tokens, customers; few customers, so that some are equal."""
    tokens, n = draw(st.integers(1, 2)), draw(st.integers(1, 4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    parts = []
    for _ in range(draw(st.integers(1, 2))):
        rows = []
        for _ in range(draw(st.integers(1, 4))):
            row: list[int] = []
            for c in rng.permutation(n):
                row += [int(c) + tokens] + [int(rng.integers(tokens))] * int(rng.integers(3))
            row.append(0)
            rows.append(row)
        width = max(map(len, rows))
        actions = np.array([row + [0] * (width - len(row)) for row in rows], np.int64)
        left = rng.integers(0, 2, len(rows))
        parts.append(Plans(actions, rng.random(len(rows)), left))
    return parts, tokens, n


@given(rollouts())
def test_heat(case: tuple[list[Plans], int, int]) -> None:
    """Shares of the rollouts in which one follows the other, counted one by one."""
    parts, tokens, n = case
    rows = [r for p in parts for r in zip(p.unserved, p.cost, p.actions.tolist(), strict=True)]
    least = min(row[0] for row in rows)
    rows = [row for row in rows if row[0] == least]
    costs = np.array([row[1] for row in rows])
    spread = max(costs.std(), 1e-9 * max(abs(p.cost).max() for p in parts))
    weights = np.exp(-np.clip((costs - costs.mean()) / spread, -4, 4))
    wanted = np.zeros((n + 1, n + 1))
    for (_, _, actions), weight in zip(rows, weights / weights.sum(), strict=True):
        at = 0
        for action in actions:
            to = 0 if action < tokens else action - tokens + 1
            if (at, to) != (0, 0):
                wanted[at, to] += weight
            at = to
    np.testing.assert_allclose(heat(parts, tokens, n), np.minimum(wanted, 1.0), atol=1e-6)


@given(rollouts())
def test_distinct(case: tuple[list[Plans], int, int]) -> None:
    """Best first; no two have the same legs, and every rollout's legs are among them."""
    parts, tokens, _ = case

    def legs(actions: Any) -> frozenset[tuple[int, int]]:
        row = [0, *actions]
        return frozenset((a, b) for a, b in pairwise(row) if a != b)

    kept = [legs(row.tolist()) for row in distinct(parts, tokens)]
    assert len(set(kept)) == len(kept)
    assert set(kept) == {legs(row) for part in parts for row in part.actions.tolist()}
    best = min((left, cost) for p in parts for left, cost in zip(p.unserved, p.cost, strict=True))
    firsts = [
        legs(row)
        for p in parts
        for left, cost, row in zip(p.unserved, p.cost, p.actions.tolist(), strict=True)
        if (left, cost) == best
    ]
    assert kept[0] in firsts


@given(st.integers(1, 9), st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_lists(n: int, width: int, seed: int) -> None:
    """Without heat lists stay; a certain neighbour comes first, from near or far."""
    rng = np.random.default_rng(seed)
    near = np.zeros((n + 1, width), np.int32)
    for i in range(1, n + 1):
        others = rng.permutation([j for j in range(1, n + 1) if j != i])[:width]
        near[i, : len(others)] = others
    cold = np.zeros((n + 1, n + 1), np.float32)
    np.testing.assert_array_equal(drawn_near(near, cold), near)
    if n < 2:
        return
    i, j = rng.permutation(np.arange(1, n + 1))[:2]
    cold[i, j] = 1.0
    led = drawn_near(near, cold)
    if width <= 6 and j in near[i, :20]:
        assert list(led[i]).index(j) <= list(near[i]).index(j)
    else:
        assert j in led[i] or width < 2
    for row in led:
        named = row[row > 0].tolist()
        assert len(set(named)) == len(named)
    np.testing.assert_array_equal(np.delete(led, i, 0), np.delete(near, i, 0))


# -- the bandit --------------------------------------------------------------------------------


@pytest.mark.parametrize("better", [0, 1])
def test_bandit(better: int) -> None:
    """The arm that gains more is used more; both are tried."""
    bandit, used = Bandit(3, timed=False), [0, 0]
    for _ in range(400):
        used[bandit.arm] += 1
        bandit.judge(1.0 if bandit.arm == better else 0.1, SLICE_STEPS, 0.0)
    assert used[better] > 3 * used[1 - better] > 0


def test_bandit_waits_for_the_end_of_a_slice() -> None:
    """However iterations are cut into calls, the choices are the same."""
    whole, parts = Bandit(5, timed=False), Bandit(5, timed=False)
    rng = np.random.default_rng(1)
    for _ in range(50):
        gain = float(rng.random()) * (1 + whole.arm)
        whole.judge(gain, SLICE_STEPS, 1.0)
        parts.judge(gain / 2, SLICE_STEPS // 4, 0.1)
        parts.judge(gain / 2, SLICE_STEPS - SLICE_STEPS // 4, 0.3)
        assert whole.arm == parts.arm


def test_not_led_is_the_plain_problem() -> None:
    """The other arm gets the very arrays of the engine; other problems are left alone."""
    instance = variant("CVRP", 8, seed=1)
    work, clock = translate(instance), clock_of(steps(600))
    guide = Guide((), np.ones((9, 9), np.float32), Guidance())
    lead = lead_by(guide, work, range(1, 9), clock)
    assert isinstance(lead, Lead)
    search = engine._Search(instance, work, clock, 0, None)
    seen = []
    for _ in range(2):
        with lead.turn(search, work.problem, search.plan, search.state, SLICE_STEPS) as one:
            seen.append(one)
    assert seen[0] is lead.led
    assert seen[1] is work.problem
    other = work.problem._replace(limit=work.problem.limit + 1)
    with lead.turn(search, other, search.plan, search.state, SLICE_STEPS) as one:
        assert one is other
    assert lead_by(Guide((), guide.heat, NOTHING), work, range(1, 9), clock) is None


# -- the kernels -------------------------------------------------------------------------------


def test_recreate_goes_by_worth() -> None:
    """A leg that is worth more than any detour gets its jobs together, in both searches."""
    from routesolve.solvers.ils._kernels import layout, recreate
    from routesolve.solvers.ils.rich._kernels.search import insert_all
    from routesolve.solvers.ils.rich.engine import RichSearch
    from routesolve.solvers.ils.rich.problem import translate as translate_rich

    place = np.arange(7.0)
    table = np.abs(place[:, None] - place[None, :])
    instance = tour(table)
    worth = np.zeros((7, 7), np.float32)
    worth[6, 1] = 1e6
    work = translate(instance)
    plan = layout.empty_plan(work.problem, work.routes, work.opening)
    order, state = np.arange(6, 0, -1, dtype=np.int32), np.array([7], np.uint64)
    led = work.problem._replace(worth=worth * np.float32(work.steps))
    recreate.insert_all(led, plan, state, order, 5)
    ((row,), _) = layout.kept_routes(plan)
    assert row[row.index(6) + 1 : row.index(6) + 2] == [1]
    rich = translate_rich(instance)
    rich_search = RichSearch(instance, rich, clock_of(steps(1)), 1, None)
    given = rich.problem._replace(worth=worth)
    from routesolve.solvers.ils.rich._kernels.layout import empty_plan

    rich_plan = empty_plan(given, rich.routes, rich.width, rich.dimensions)
    insert_all(given, rich_plan, rich_search.scratch, rich_search.state, 5, 1.0)
    stops = [int(x) for x in rich_plan.kept[0, :6]]
    assert stops[stops.index(6) + 1 : stops.index(6) + 2] == [1]


# -- the solver --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CASES)
def test_nothing_used_is_the_plain_engine(name: str) -> None:
    """With all of it off, and without a guide, the plan is that of ``ils``."""
    instance = variant(name, 12, seed=2, asymmetric=True)
    plain = get("ils").solve(instance, steps(300), seed=4)
    off = NeuralIls(WEIGHTS, NOTHING).solve(instance, steps(300), seed=4)
    assert off.solution == plain.solution


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("workers", [1, 2])
def test_same_seed_same_plan(name: str, workers: int) -> None:
    """Plans are feasible, complete, and the same for the same seed and iterations."""
    instance = variant(name, 12, seed=2, asymmetric=True)
    first, second = (
        NeuralIls(WEIGHTS).solve(instance, steps(700, workers), seed=4) for _ in range(2)
    )
    assert first.feasible, first.report.violations
    assert first.report.complete
    assert first.solution == second.solution
    assert [cost for _, cost in first.trace] == sorted((c for _, c in first.trace), reverse=True)


@pytest.mark.parametrize(
    "how",
    [
        Guidance(lists=False, ruin=False, recreate=0.0),
        Guidance(seeds=0, ruin=False, recreate=0.0, neighbours=5),
        Guidance(seeds=0, lists=False, recreate=0.0, bandit=False),
        Guidance(seeds=0, lists=False, ruin=False, bandit=False, recreate=1.0),
    ],
    ids=["seeds", "lists", "ruin", "recreate"],
)
def test_each_part_alone(how: Guidance) -> None:
    """Each part can be used without the others, in both searches."""
    for name in ("CVRP", "PVRP-P"):
        instance = variant(name, 12, seed=3, asymmetric=True)
        result = NeuralIls(WEIGHTS, how).solve(instance, steps(200))
        assert result.feasible
        assert result.report.complete


@pytest.mark.parametrize("n", [0, 1, 2])
def test_few_stops(n: int) -> None:
    """No stop, one, two."""
    result = NeuralIls(WEIGHTS).solve(tour(np.ones((n + 1, n + 1))), Budget(seconds=0.1))
    assert result.feasible
    assert len(list(result.solution.served())) == n


def test_seeds_are_begun_with() -> None:
    """With next to no iterations the plan is no worse than the best rollout."""
    instance = variant("CVRP", 20, seed=5)
    inference = Inference(WEIGHTS)
    said = found(inference, instance, clock_of(steps(1)), share=0.1, seeds=4, seed=0)
    assert said is not None
    assert len(said.seeds) == len(set(said.seeds)) == 4
    costs = [get("ils").solve(instance, steps(1), start=seed).cost for seed in said.seeds]
    result = NeuralIls(WEIGHTS).solve(instance, steps(1))
    assert result.cost <= min(costs) * 1.5


def test_no_time_to_ask() -> None:
    """Where reading takes more than its share of the budget, nothing is asked."""
    instance = variant("CVRP", 200, seed=5)
    clock = clock_of(Budget(seconds=0.1))
    assert found(Inference(WEIGHTS), instance, clock, share=0.1, seeds=4, seed=0) is None


def test_start_is_kept() -> None:
    """A better plan to start from is returned."""
    instance = variant("CVRP", 12, seed=5)
    good = get("ils").solve(instance, steps(3000))
    result = NeuralIls(WEIGHTS).solve(instance, steps(1), start=good.solution)
    assert result.cost <= good.cost + 1e-9
    assert NeuralIls(WEIGHTS).solve(instance, steps(1), start=Solution(())).report.complete


def test_unsupported() -> None:
    """What the network cannot read is named."""
    instance = variant("CVRP", 2, seed=1)
    assert NeuralIls(WEIGHTS).unsupported(instance) == []
    odd = instance.replace(
        jobs=tuple(replace(job, delivery=(1.0, 2.0)) for job in instance.jobs),
        vehicle_types=(replace(instance.vehicle_types[0], capacity=(9.0, 9.0)),),
    )
    assert NeuralIls(WEIGHTS).unsupported(odd) == get("neural").unsupported(odd) != []
