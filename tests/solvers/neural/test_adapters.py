"""Weights that learn attributes they have not seen, and weights of earlier versions."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from routesolve.errors import InputError
from routesolve.solvers.neural import _safetensors, adapters, judge
from routesolve.solvers.neural.adapters import load_wider, tuning, widened
from routesolve.solvers.neural.config import Config
from routesolve.solvers.neural.course import Course
from routesolve.solvers.neural.features import NODE, NOW, VERSION
from routesolve.solvers.neural.pool import Pool
from routesolve.solvers.neural.quick import quick_pool
from routesolve.solvers.neural.sampler import Recipe, Sampler
from routesolve.solvers.neural.weights import FORMAT, FORMAT_VERSION, Weights, shapes

SMALL = Config(width=16, heads=2, layers=1, hidden=16, edge=8)


@pytest.fixture(scope="module")
def pool() -> Pool:
    """Two small made-up towns."""
    return quick_pool([5, 6], places=60, side=12)


def drawn_weights(**about: Any) -> Weights:
    """Random weights of a small network."""
    rng = np.random.default_rng(1)
    arrays = {
        key: 0.2 * rng.standard_normal(shape).astype(np.float32)
        for key, shape in shapes(SMALL).items()
    }
    return Weights(SMALL, arrays, about)


def first_logits(weights: Weights, pool: Pool, name: str) -> Any:
    """What the network says at the beginning of rollouts."""
    torch = pytest.importorskip("torch", reason="torch is not installed")
    from routesolve.solvers.neural.environment import Environment
    from routesolve.solvers.neural.features import features

    sample = Sampler(pool, Recipe(name, (7, 7))).sample(3, seed=4)
    problems = sample.problems.to_torch()
    known = features(problems, torch.as_tensor(sample.points).float())
    environment, network = Environment(problems), weights.network()
    state = environment.reset(1)
    with torch.no_grad():
        encoded = network.encode(known)
        logits = network.look(problems, known, encoded, state, environment.mask(state))
    return torch.log_softmax(logits, -1).numpy()


@pytest.mark.parametrize("name", ["CVRP", "MDOVRPMBLTW", "VRPBTW", "ATSP"])
def test_old_problems_stay_as_they_are(pool: Pool, name: str) -> None:
    """Widening changes nothing for problems without the new attribute."""
    old = drawn_weights()
    new = widened(old, "profiles")
    assert (new.arrays["edge_in.bias"] != old.arrays["edge_in.bias"]).any()
    np.testing.assert_allclose(
        first_logits(new, pool, name), first_logits(old, pool, name), atol=1e-6, rtol=1e-6
    )


@pytest.mark.parametrize("name", ["PVRP-P", "PVRP-ZC"])
def test_new_attributes_are_not_seen_yet(
    pool: Pool, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All features that tell the attribute are named: without them nothing tells it any more."""
    from routesolve.solvers.neural.features import features

    sample = Sampler(pool, Recipe(name, (7, 7))).sample(4, seed=4)
    plain = Sampler(pool, Recipe("CVRP", (7, 7))).sample(1, seed=4).problems
    from dataclasses import replace

    with_it = features(sample.problems, sample.points)
    without = features(replace(sample.problems, allowed=None, score=None), sample.points)
    group = adapters.GROUPS["profiles"]
    for layer, field in (("node", "node"), ("edge_in", "edge"), ("whole", "whole")):
        a, b = getattr(with_it, field), getattr(without, field)
        named = sorted(group.absent[layer])
        differ = np.flatnonzero((a != b).reshape(-1, a.shape[-1]).any(axis=0)).tolist()
        assert set(differ) <= set(named)
        usual = getattr(features(plain), field)[..., named]
        assert (usual == [group.absent[layer][column] for column in named]).all()
        assert (b[..., named] == usual.reshape(-1, len(named))[0]).all()


def test_what_is_known_is_not_added() -> None:
    """Weights that have seen the attribute, and attributes that do not exist, are refused."""
    with pytest.raises(InputError, match="have seen PVRP-P"):
        widened(drawn_weights(variants={"CVRP": 1.0, "PVRP-P": 0.1}), "profiles")
    with pytest.raises(InputError, match="no group"):
        widened(drawn_weights(), "ferries")
    with pytest.raises(InputError, match="no group"):
        tuning(Course(), {"CVRP": 1.0}, "ferries")


def test_tuning_mixes_old_and_new() -> None:
    """Half of the problems are those known before, and the rate is lower."""
    course = tuning(Course(imitation=5, rate=1e-3), {"CVRP": 1.0, "any": 3.0}, "profiles")
    assert course.mix == {"CVRP": 0.125, "any": 0.375, "PVRP-P": 0.25, "PVRP-ZC": 0.25}
    assert (course.imitation, course.rate < 1e-3) == (0, True)
    assert tuning(Course(), {"CVRP": 1.0}, None).mix == {"CVRP": 1.0}


def test_earlier_weights_are_padded(tmp_path: Path) -> None:
    """Files with fewer features get zeros behind; nothing else is mended."""
    weights = drawn_weights(seed=3)
    path = tmp_path / "old.safetensors"

    def write(version: int, **other: Any) -> None:
        arrays = dict(weights.arrays) | other
        about = {
            "format": FORMAT,
            "format_version": str(FORMAT_VERSION),
            "features_version": str(version),
            "config": json.dumps(asdict(SMALL)),
            "about": json.dumps(weights.about),
        }
        with path.open("wb") as stream:
            _safetensors.write(stream, arrays, about)

    parts = {
        "node.weight": weights.arrays["node.weight"][:, : NODE - 3].copy(),
        "now.weight": weights.arrays["now.weight"][:, : NOW - 1].copy(),
        "weigh.weight": weights.arrays["weigh.weight"][:3].copy(),
        "weigh.bias": weights.arrays["weigh.bias"][:3].copy(),
    }
    write(VERSION, **parts)
    with pytest.raises(InputError, match="shape"):
        Weights.load(path)
    wide = load_wider(path)
    np.testing.assert_array_equal(wide.arrays["node.weight"][:, :-3], parts["node.weight"])
    assert not wide.arrays["node.weight"][:, -3:].any()
    assert not wide.arrays["now.weight"][:, -1:].any()
    assert not wide.arrays["weigh.weight"][3].any()
    assert wide.about == {"seed": 3}
    write(VERSION)
    np.testing.assert_array_equal(
        load_wider(path).arrays["node.weight"], weights.arrays["node.weight"]
    )
    write(VERSION, **{"glimpse.bias": np.zeros(3, np.float32)})
    with pytest.raises(InputError, match=r"glimpse\.bias"):
        load_wider(path)
    write(VERSION + 1)
    with pytest.raises(InputError, match="features_version"):
        load_wider(path)
    path.write_bytes(b"no weights")
    with pytest.raises(InputError):
        load_wider(path)


def test_tuning_teaches_the_new_attribute(pool: Pool) -> None:
    """After a short tuning plans with the new attribute are better, those without no worse."""
    pytest.importorskip("torch", reason="torch is not installed")
    from routesolve.solvers.neural.training import Trainer

    def learned(course: Course, start: Weights | None) -> Weights:
        network = None if start is None else start.network()
        trainer = Trainer(pool, course, config=SMALL, start=network, compiled=False)
        list(trainer.run())
        return Weights.of(trainer.averaged())

    course = Course(
        reinforcement=50, batch=4, rollouts=7, rate=4e-3, warm=5, customers=(7, 7), steady=0.95
    )
    from dataclasses import replace

    old = learned(replace(course, mix={"CVRP": 1.0}), None)
    wide = widened(old, "profiles")
    new = learned(replace(tuning(course, {"CVRP": 1.0}, "profiles"), rate=3e-3), wide)
    papers = judge.exam(
        pool, [("PVRP-P", 7), ("PVRP-ZC", 7), ("CVRP", 7)], count=48, against="nearest"
    )
    before, after = (
        [s.mean for s in judge.judge(judge.by_network(w.network()), papers, starts=7, checked=True)]
        for w in (wide, new)
    )
    assert after[0] < before[0] - 0.01
    assert after[1] < before[1] - 0.005
    assert after[2] < before[2] + 0.02
