"""Inference without torch against the environment, a slow twin, and torch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routesolve.errors import InputError
from routesolve.instances.instance import VrpInstance
from routesolve.solutions.checker import check
from routesolve.solvers.neural import environment as environment_module
from routesolve.solvers.neural import features as features_module
from routesolve.solvers.neural import layers as layers_module
from routesolve.solvers.neural import problems as problems_module
from routesolve.solvers.neural._kernels import decoder as decoder_module
from routesolve.solvers.neural._kernels import rules as rules_module
from routesolve.solvers.neural._kernels.layout import (
    AT,
    BACKHAUL,
    COST,
    DRIVING,
    DURATION,
    LENGTH,
    LINEHAUL,
    PEAK,
    ROOM,
    SWITCHED,
    TIME,
    TOKEN,
)
from routesolve.solvers.neural._kernels.numbers import exponential, logarithm
from routesolve.solvers.neural.config import Config
from routesolve.solvers.neural.decoding import Decoder, Plans, cast
from routesolve.solvers.neural.environment import Environment
from routesolve.solvers.neural.from_instance import to_problems, to_solution
from routesolve.solvers.neural.inference import Inference, read
from routesolve.solvers.neural.problems import Problems, stack
from routesolve.solvers.neural.rollouts import first_moves, roll_out, uniform
from routesolve.solvers.neural.situation import outlook, situation
from routesolve.solvers.neural.state import State
from tests.solvers.neural.made import ALL, tight, tour, variant
from tests.solvers.neural.naive_network import Twin, random_weights

LANES = 5
FIELDS = {
    "linehaul": LINEHAUL,
    "backhaul": BACKHAUL,
    "peak": PEAK,
    "time": TIME,
    "duration": DURATION,
    "room": ROOM,
    "distance": LENGTH,
    "driving": DRIVING,
    "cost": COST,
}
KINDS = ["CVRP", "MDOVRPMBLTW", "MDVRPBL", "VRPTW", "PVRP-P", "PVRP-ZC", "ATSP"]
WEIGHTS = random_weights(0)
READY = Inference(WEIGHTS)


def decoder_of(problems: Problems, *, seed: int = 0, ready: Inference = READY) -> Decoder:
    """A decoder, places drawn."""
    points = np.random.default_rng(seed).random((1, problems.nodes, 2))
    known = read(problems, points)
    return Decoder(ready, ready.encode(known), known, problems)


def same_state(decoder: Decoder, state: State) -> None:
    """The kernels' state is the environment's, bit for bit."""
    for key, column in FIELDS.items():
        assert decoder.sums[:, column].tolist() == getattr(state, key)[0].tolist(), key
    for key, column in {"node": AT, "token": TOKEN, "switched": SWITCHED}.items():
        assert decoder.at[:, column].tolist() == getattr(state, key)[0].tolist(), key
    assert (decoder.seen == state.visited[0]).all()


def keeps_step(problems: Problems, seed: int) -> None:
    """Masks and states of random rollouts are the environment's."""
    decoder = decoder_of(problems)
    environment, choose = decoder.environment, uniform(seed)
    state = environment.reset(LANES)
    decoder.begin(LANES)
    for _ in range(4 * problems.nodes + 4):
        mask = environment.mask(state)
        assert (decoder.mask() == mask[0]).all()
        if environment.done(state, mask).all():
            break
        action = choose(state, mask)
        state = environment.step(state, action)
        decoder.move(action[0])
        same_state(decoder, state)
    else:
        raise AssertionError("rollouts without an end")


def replayed(problems: Problems, plans: Plans) -> None:
    """Plans are allowed, end where nothing is left to do, and cost what the environment says."""
    environment = Environment(cast(problems, np.float64))
    state = environment.reset(len(plans.cost))
    for t, action in enumerate(plans.actions.T):
        mask = environment.mask(state)
        allowed = mask[0, np.arange(len(action)), action]
        # The first of the forced moves may be to the token where rollouts stand.
        assert (allowed | (action == 0) & (t == 0)).all()
        state = environment.step(state, action[None])
    assert environment.done(state, environment.mask(state)).all()
    assert plans.cost.tolist() == state.cost[0].tolist()
    assert plans.unserved.tolist() == environment.unserved(state)[0].tolist()


def test_constants_are_those_of_the_network_and_the_rules() -> None:
    """Numbers that kernels repeat are the same everywhere."""
    assert rules_module.LATE == environment_module.LATE
    assert rules_module.NEVER == problems_module.NEVER
    assert problems_module.MIXED == 0
    assert decoder_module.FAR == features_module.FAR
    model = pytest.importorskip("routesolve.solvers.neural.model", reason="needs torch")
    assert decoder_module.BARRED == model.BARRED
    assert layers_module.STEEP == model.STEEP


@given(st.floats(-60, 60, width=32))
@settings(deadline=None)
def test_exponential_and_logarithm(x: float) -> None:
    """The polynomials are exact to a few units in the last place."""
    # As plain Python: nothing is compiled for this alone.
    plain = [getattr(f, "py_func", f) for f in (exponential, logarithm)]
    power = float(plain[0](np.float32(x)))
    assert power == pytest.approx(np.exp(x), rel=3e-7)
    assert float(plain[1](np.float32(power))) == pytest.approx(np.log(power), rel=3e-7, abs=1e-7)


@pytest.mark.parametrize("name", ALL)
def test_masks_and_states_of_all_variants(name: str) -> None:
    """Kernels follow the rules of the environment exactly."""
    for seed in range(2):
        keeps_step(to_problems(variant(name, 13, seed=seed, asymmetric=True)), seed)


@given(tight(), st.integers(0, 2**32 - 1))
@settings(max_examples=150, deadline=None)
def test_masks_and_states_of_every_rule_at_once(instance: VrpInstance, seed: int) -> None:
    """The same where limits are met exactly, ways are missing, and vehicles few."""
    keeps_step(to_problems(instance), seed)


@given(tight(), st.sampled_from([0.0, 1.5]))
@settings(max_examples=40, deadline=None)
def test_plans_of_every_rule_at_once(instance: VrpInstance, temperature: float) -> None:
    """Decoding ends, with plans that the environment and the checker allow."""
    problems = to_problems(instance)
    plans = READY.plan(problems, starts=3, temperature=temperature)
    assert plans is not None
    replayed(problems, plans)
    for actions, cost in zip(plans.actions, plans.cost, strict=True):
        report = check(instance, to_solution(instance, actions), reasons=False)
        assert report.feasible
        assert cost == pytest.approx(report.cost, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("name", ALL)
def test_plans_of_all_variants(name: str) -> None:
    """Greedy and drawn plans are complete and feasible."""
    instance = variant(name, 12, seed=3)
    problems = to_problems(instance)
    for temperature in (0.0, 1.0):
        plans = READY.plan(problems, starts=LANES, temperature=temperature)
        assert plans is not None
        replayed(problems, plans)
        for lane in range(LANES):
            report = check(instance, to_solution(instance, plans.actions[lane]))
            assert report.feasible
            assert report.complete


@pytest.mark.parametrize("name", KINDS)
def test_logits_are_those_of_the_slow_twin(name: str) -> None:
    """Tables and logits are as plain formulas give them, and the best is chosen."""
    problems = to_problems(variant(name, 16, seed=1, asymmetric=True))
    points = np.random.default_rng(0).random((1, problems.nodes, 2))
    known, twin = read(problems, points), Twin(WEIGHTS)
    encoded, tables = READY.encode(known), twin.encode(known)
    for key in ("here", "home", "ways"):
        np.testing.assert_allclose(getattr(encoded, key), getattr(tables, key), atol=2e-5)
    decoder = Decoder(READY, encoded, known, problems)
    environment = decoder.environment
    first = first_moves(environment, LANES)
    plans = decoder.roll_out(first[0])
    assert plans is not None
    decoder.begin(LANES)
    state = environment.reset(LANES)
    for t, action in enumerate(plans.actions.T):
        if t >= first.shape[-1]:
            mask = environment.mask(state)
            logits, _ = decoder.look(decoder.mask())
            expected = twin.logits(tables, problems, known, state, mask)
            np.testing.assert_allclose(logits, expected, atol=1e-4)
            chosen = expected[np.arange(LANES), action]
            assert (chosen > expected.max(axis=1) - 1e-4).all()
        state = environment.step(state, action[None])
        decoder.move(np.ascontiguousarray(action))
    assert plans.cost.tolist() == state.cost[0].tolist()


@pytest.mark.parametrize("name", KINDS)
def test_logits_are_those_of_torch(name: str) -> None:
    """Tables and logits of every step are those of the network in torch, up to 1e-4."""
    torch: Any = pytest.importorskip("torch", reason="needs torch")
    weights = random_weights(1, Config(width=64, heads=8, layers=3, hidden=96))
    network, ready = weights.network(), Inference(weights)
    problems = to_problems(variant(name, 24, seed=2, asymmetric=True))
    points = np.random.default_rng(1).random((1, problems.nodes, 2))
    known = read(problems, points)
    encoded = ready.encode(known)
    small = cast(problems, np.float32).to_torch()
    with torch.inference_mode():
        seen = features_module.features(small, torch.as_tensor(points, dtype=torch.float32))
        tables = network.encode(seen)
        for key in ("here", "home", "values", "ways"):
            theirs = getattr(tables, key)[0].numpy()
            np.testing.assert_allclose(getattr(encoded, key), theirs, atol=2e-5)
        decoder = Decoder(ready, encoded, known, problems)
        first = first_moves(decoder.environment, LANES)
        plans = decoder.roll_out(first[0])
        assert plans is not None
        decoder.begin(LANES)
        state = decoder.environment.reset(LANES)
        for t, action in enumerate(plans.actions.T):
            mask = decoder.environment.mask(state)
            if t >= first.shape[-1]:
                logits, _ = decoder.look(decoder.mask())
                told = (
                    situation(problems, known, state),
                    outlook(problems, known, state),
                )
                now, ahead = (
                    torch.as_tensor(told[0], dtype=torch.float32),
                    [
                        x if isinstance(x, float) else torch.as_tensor(x, dtype=torch.float32)
                        for x in told[1]
                    ],
                )
                at = (torch.as_tensor(x) for x in (state.node, state.token))
                theirs = network.logits(tables, *at, now, ahead, torch.as_tensor(mask))
                np.testing.assert_allclose(logits, theirs[0].numpy(), atol=1e-4)
            state = decoder.environment.step(state, action[None])
            decoder.move(np.ascontiguousarray(action))


def test_draws_follow_the_probabilities() -> None:
    """Nodes are drawn as often as the softmax of their logits says; the same for the same seed."""
    problems = to_problems(variant("CVRP", 6, seed=0))
    decoder = decoder_of(problems)
    s = 20_000
    decoder.begin(s)
    decoder.move(np.full(s, 1))
    mask = decoder.mask()
    chance = np.random.default_rng(0).random(s)
    logits, to = decoder.look(mask, temperature=2.0, chance=chance)
    expected = np.exp((logits[0] - logits[0].max()) / 2.0) * mask[0]
    expected /= expected.sum()
    found = np.bincount(to, minlength=problems.nodes) / s
    assert (abs(found - expected) < 5.0 * np.sqrt(expected / s) + 1e-9).all()

    def drawn(seed: int) -> Any:
        plans = READY.plan(problems, starts=20, temperature=2.0, seed=seed)
        assert plans is not None
        return plans.actions.tolist()

    assert drawn(1) == drawn(1) != drawn(2)


@pytest.mark.parametrize("n", [0, 1, 2])
def test_few_customers(n: int) -> None:
    """None, one and two customers; the plan is what rolling out gives."""
    problems = to_problems(tour(np.ones((n + 1, n + 1)) - np.eye(n + 1)))
    plans = READY.plan(problems)
    assert plans is not None
    replayed(problems, plans)
    assert plans.unserved.tolist() == [0] * len(plans.cost)
    assert plans.cost[0] == (n + 1 if n else 0)
    environment = Environment(problems)
    starts = len(plans.cost)
    by_hand = roll_out(environment, uniform(0), starts, first=first_moves(environment, starts))
    if n < 2:
        assert plans.actions.tolist() == by_hand.actions[0].tolist()


def test_all_at_one_point() -> None:
    """Stops that are all at the same place."""
    problems = to_problems(tour(np.zeros((8, 8))))
    plans = READY.plan(problems, np.zeros((1, 8, 2)))
    assert plans is not None
    replayed(problems, plans)
    assert plans.cost.tolist() == [0.0] * 7


def test_customers_that_cannot_be_served_are_left_out() -> None:
    """Too large a demand, and no way home; a fleet that is too small."""
    rng = np.random.default_rng(0)
    table = rng.random((1, 7, 7)) + 0.5
    table[0, 3, 0] = np.inf
    demand = np.array([[0, 1, 9, 1, 1, 1, 1.0]])
    problems = Problems.of(1, table, table, delivery=demand, capacity=4.0)
    plans = READY.plan(problems)
    assert plans is not None
    replayed(problems, plans)
    assert plans.unserved.tolist() == [2] * 6
    few = Problems.of(1, table, table, delivery=demand, capacity=2.0, fleet=1.0)
    plans = READY.plan(few)
    assert plans is not None
    replayed(few, plans)
    assert plans.unserved.tolist() == [4] * 6


def test_problems_that_were_filled_up() -> None:
    """Nodes that are not there change nothing but their numbers."""
    small = to_problems(variant("MDVRPTW", 7, seed=0))
    large = to_problems(variant("PVRP-P", 12, seed=0))
    one = stack([small, large]).take(0)
    keeps_step(one, 0)
    plans, plain = READY.plan(one, starts=4), READY.plan(small, starts=4)
    assert plans is not None
    assert plain is not None
    replayed(one, plans)
    assert plans.unserved.max() == 0


def test_what_is_refused_and_what_stops() -> None:
    """Several problems at once are refused; a plan that is told to stop is none."""
    problems = to_problems(variant("CVRP", 5, seed=0))
    with pytest.raises(InputError, match="2 problems"):
        READY.plan(stack([problems, problems]))
    asked = iter([False, False, True])
    assert READY.plan(problems, stop=lambda: next(asked)) is None
