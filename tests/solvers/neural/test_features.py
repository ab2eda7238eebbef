"""What the network sees does not depend on units, on the order of customers, or on the library."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from routesolve.solvers.neural.environment import Environment
from routesolve.solvers.neural.features import Features, features
from routesolve.solvers.neural.from_instance import to_problems
from routesolve.solvers.neural.pool import synthetic_pool
from routesolve.solvers.neural.problems import Problems, stack
from routesolve.solvers.neural.sampler import Recipe, Sample, Sampler
from routesolve.solvers.neural.situation import outlook, situation
from tests.solvers.neural.made import tight, tour

NAMES = ("CVRP", "MDOVRPMBLTW", "VRPBTW", "PVRP-P", "PVRP-ZC", "ATSP")
SHAPED = [f.name for f in fields(Features)]


@pytest.fixture(scope="module")
def sampler() -> Sampler:
    """Draws on one small made-up town."""
    return Sampler(synthetic_pool([5], places=80, side=12), Recipe("CVRP", (5, 9)))


def drawn(sampler: Sampler, name: str, seed: int = 3) -> Sample:
    """Three problems of nine customers."""
    return sampler.of(Recipe(name, (9, 9))).sample(3, seed=seed)


def assert_same(a: Features, b: Features, *, but: tuple[str, ...] = (), to: float = 1e-5) -> None:
    """All numbers are equal, save those named."""
    for key in SHAPED:
        if key not in but:
            np.testing.assert_allclose(getattr(a, key), getattr(b, key), atol=to, err_msg=key)


@pytest.mark.parametrize("name", NAMES)
def test_units_do_not_matter(sampler: Sampler, name: str) -> None:
    """Other units of length, time and load change only the units that are kept."""
    p, points, _ = drawn(sampler, name)
    p = replace(p, **{f.name: _wide(getattr(p, f.name)) for f in fields(p)})
    far, slow, heavy = 1000.0, 60.0, 0.01
    other = replace(
        p,
        distance=p.distance * far,
        duration=p.duration * slow,
        delivery=p.delivery * heavy,
        pickup=p.pickup * heavy,
        capacity=p.capacity * heavy,
        max_distance=p.max_distance * far,
        score=None if p.score is None else p.score * far,
        **{
            key: getattr(p, key) * slow
            for key in (
                *("service", "earliest", "latest", "opening", "closing"),
                *("max_driving", "max_duration"),
            )
        },
    )
    kept = ("start", "longest", "near_time", "worth")
    assert_same(features(p, points), features(other, points * 7.0), but=kept)


def _wide(value: Any) -> Any:
    """float64, so that only the units differ."""
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return value.astype(np.float64)
    return value


@pytest.mark.parametrize("name", NAMES)
def test_order_does_not_matter(sampler: Sampler, name: str) -> None:
    """Customers in another order have the same numbers at their new places."""
    p, points, _ = drawn(sampler, name)
    k, n = p.tokens, p.nodes
    order = np.concatenate([np.arange(k), k + np.random.default_rng(1).permutation(n - k)])
    other = permuted(p, order)
    a, b = features(p, points), features(other, points[:, order])
    moved = replace(
        a,
        node=a.node[:, order],
        out=a.out[:, order],
        into=a.into[:, order],
        present=a.present[:, order],
        edge=a.edge[:, order][:, :, order],
    )
    assert_same(moved, b)


def permuted(p: Problems, order: Any) -> Problems:
    """The same problems with nodes in another order."""
    pairs = {key: getattr(p, key)[:, order][:, :, order] for key in ("distance", "duration")}
    nodes = ("delivery", "pickup", "service", "earliest", "latest", "present")
    single = {key: getattr(p, key)[:, order] for key in nodes}
    profiles = {
        key: None if (table := getattr(p, key)) is None else table[:, :, order]
        for key in ("allowed", "score")
    }
    return replace(p, **pairs, **single, **profiles)


@pytest.mark.parametrize("name", NAMES)
def test_torch_sees_the_same(sampler: Sampler, name: str) -> None:
    """Features, situations and outlooks are equal in torch, at the beginning and later on."""
    torch = pytest.importorskip("torch", reason="torch is not installed")
    p, points, _ = drawn(sampler, name)
    q = p.to_torch()
    a, b = features(p, points), features(q, torch.as_tensor(points).float())
    assert_same(a, b, to=1e-4)
    one, two = Environment(p), Environment(q)
    s, t = one.reset(2), two.reset(2)
    for _ in range(6):
        np.testing.assert_allclose(situation(p, a, s), situation(q, b, t), atol=1e-4)
        for x, y in zip(outlook(p, a, s), outlook(q, b, t), strict=True):
            np.testing.assert_allclose(x, y, atol=1e-3)
        mask = one.mask(s)
        action = mask.shape[-1] - 1 - np.flip(mask, -1).argmax(-1)
        s, t = one.step(s, action), two.step(t, torch.as_tensor(action))


@given(instance=tight())
def test_always_finite(instance: Any) -> None:
    """Whatever rules, limits and missing ways there are, all numbers are finite, none is huge."""
    p = to_problems(instance)
    shown = features(p)
    for key in SHAPED:
        assert np.isfinite(getattr(shown, key)).all(), key
    assert max(abs(shown.node).max(), abs(shown.edge).max()) < 30.0
    state = Environment(p).reset(2)
    assert np.isfinite(situation(p, shown, state)).all()


@pytest.mark.parametrize("n", [0, 1, 2])
@pytest.mark.parametrize("size", [0.0, 1e-9, 1.0, 1e9])
def test_small_and_extreme(n: int, size: float) -> None:
    """No stop, one, two; all at one place, tiny and huge units: finite."""
    p = to_problems(tour(size * np.ones((n + 1, n + 1))))
    for points in (None, np.zeros((1, n + 1, 2)), np.full((1, n + 1, 2), np.nan)):
        shown = features(p, points)
        assert all(np.isfinite(getattr(shown, key)).all() for key in SHAPED)


@pytest.mark.parametrize("seed", range(3))
def test_fillers_do_not_matter(sampler: Sampler, seed: int) -> None:
    """A problem that is filled up to fit into a batch keeps its numbers."""
    small = drawn(sampler, "VRPTW", seed).problems
    large = sampler.of(Recipe("MDVRPBL", (14, 14), depots=(2, 2))).sample(2, seed=seed).problems
    a, b = features(small), features(stack([small, large]).take(slice(0, 3)))
    at = np.concatenate([[0], np.arange(2, 11)])
    np.testing.assert_allclose(a.node, b.node[:, at], atol=1e-5)
    np.testing.assert_allclose(a.whole, b.whole, atol=1e-5)
    np.testing.assert_allclose(a.edge, b.edge[:, at][:, :, at], atol=1e-5)
