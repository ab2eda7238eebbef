"""The teacher's plans, their moves, and lessons in files."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routesolve.errors import InputError
from routesolve.solutions.checker import check
from routesolve.solvers.neural.environment import Environment
from routesolve.solvers.neural.from_instance import to_problems, to_solution
from routesolve.solvers.neural.lessons import (
    MIX,
    SIZES,
    Lessons,
    files,
    fingerprint,
    lessons,
    make_lesson,
    make_lessons,
    recipe_of,
)
from routesolve.solvers.neural.pool import Pool, synthetic_pool
from routesolve.solvers.neural.problems import Problems, stack
from routesolve.solvers.neural.rollouts import nearest, roll_out
from routesolve.solvers.neural.sampler import NAMES, Recipe, Sampler
from routesolve.solvers.neural.teacher import moves, reorder, replay, teach, to_instance

FAST = {"CVRP": 1.0, "ATSP": 1.0}


@pytest.fixture(scope="module")
def pool() -> Pool:
    """Two small made-up towns."""
    return synthetic_pool([21, 22], places=60, side=10)


def drawn(
    pool: Pool, name: str, n: int = 12, *, size: int = 3, kind: type = np.float64
) -> Problems:
    """A batch of problems."""
    return Sampler(pool, Recipe(name, customers=(n, n)), dtype=kind).sample(size, seed=8).problems


@pytest.mark.parametrize("name", [*NAMES, "any"])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_instances_are_the_problems(pool: Pool, name: str, kind: type) -> None:
    """What a problem becomes as an instance is the same problem again, number by number."""
    batch = drawn(pool, name, kind=kind)
    for row in range(batch.batch):
        one, back = batch.take(row), to_problems(to_instance(batch, row), dtype=kind)
        for key in (f.name for f in dataclasses.fields(Problems)):
            expected, found = getattr(one, key), getattr(back, key)
            if key == "allowed" and found is None:
                assert expected is None or expected.all()
            else:
                np.testing.assert_array_equal(found, expected, err_msg=key)


def test_problems_filled_up_are_refused(pool: Pool) -> None:
    """Customers and tokens that are not there have no place in an instance."""
    both = stack([drawn(pool, "CVRP", 5), drawn(pool, "CVRP", 7), drawn(pool, "MDCVRP", 7)])
    for row in (0, 3):
        with pytest.raises(InputError, match=f"problem {row} was filled up"):
            to_instance(both, row)
    to_instance(both, 6)


@pytest.mark.parametrize("name", ["CVRP", "VRPTW", "ATSP", "MDVRPMBLTW", "PVRP-P", "PVRP-ZC"])
def test_plans_are_valid_and_good(pool: Pool, name: str) -> None:
    """The checker finds the same cost and nothing wrong; going to the nearest costs more."""
    batch = drawn(pool, name)
    plans = teach(batch, seed=1)
    assert plans.ok.all()
    for row, actions in enumerate(plans.actions):
        instance = to_instance(batch, row)
        report = check(instance, to_solution(instance, actions))
        assert report.feasible
        assert report.cost == pytest.approx(plans.cost[row], rel=1e-9)
    environment = Environment(batch)
    greedy = roll_out(environment, nearest(environment), 1).cost[:, 0]
    assert (plans.cost <= greedy + 1e-6).all()
    assert plans.cost.sum() < greedy.sum()


@pytest.mark.parametrize("name", ["CVRP", "VRPTW", "ATSP", "MDCVRP", "PVRP-P"])
@pytest.mark.parametrize("n", [1, 2])
def test_one_or_two_customers(pool: Pool, name: str, n: int) -> None:
    """The smallest problems have plans, too."""
    batch = drawn(pool, name, n)
    plans = teach(batch, seed=0)
    assert plans.ok.all()
    for actions in plans.actions:
        assert sorted(a for a in actions if a >= batch.tokens) == [
            *range(batch.tokens, batch.nodes)
        ]


def test_nobody_to_serve() -> None:
    """Without customers a rollout stays where it is."""
    plans = teach(Problems.of(2, np.zeros((1, 2, 2)), np.zeros((1, 2, 2))), seed=0)
    assert (plans.actions.tolist(), plans.cost.tolist(), plans.ok.tolist()) == ([[0]], [0], [True])
    assert reorder(plans.actions, 2, np.random.default_rng(0)).tolist() == [[0]]


def test_same_seed_same_plans(pool: Pool) -> None:
    """Plans depend on the seed alone."""
    batch = drawn(pool, "CVRP", 30)
    one, again, other = (teach(batch, seed=seed, iterations=10) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.actions, again.actions)
    np.testing.assert_array_equal(one.cost, again.cost)
    assert one.actions.shape != other.actions.shape or (one.actions != other.actions).any()


def test_plans_that_leave_somebody_out_are_marked(pool: Pool) -> None:
    """A customer whom no vehicle can serve spoils the plan of his problem only."""
    batch = drawn(pool, "CVRP")
    batch.delivery[1, 3] = 2.0 * batch.capacity[1, 0]
    assert teach(batch, seed=0).ok.tolist() == [True, False, True]


def test_moves_that_are_not_allowed_are_found(pool: Pool) -> None:
    """A customer served twice, too much load, and an end before the end."""
    batch = drawn(pool, "CVRP", size=1)
    environment = Environment(batch)
    actions = teach(batch, seed=0).actions
    assert replay(environment, actions)[0].all()
    twice = np.concatenate([actions, actions[:, :1], actions[:, -1:]], axis=1)
    loaded = np.concatenate([actions[actions > 0], [0]])[None]
    for wrong in (twice, loaded, actions[:, :-1], actions[:, :2]):
        assert not replay(environment, wrong)[0].any()


@st.composite
def plans(draw: st.DrawFn) -> tuple[int, list[list[tuple[int, list[int]]]]]:
    """A number of tokens, and a few plans as lists of routes."""
    tokens = draw(st.integers(1, 3))
    made = []
    for _ in range(draw(st.integers(1, 4))):
        customers = draw(st.permutations(range(draw(st.integers(0, 8)))))
        cuts = sorted(draw(st.sets(st.integers(1, 8))) | {len(customers)})
        parts = [customers[i:j] for i, j in zip([0, *cuts], cuts, strict=False)]
        made.append([(draw(st.integers(0, tokens - 1)), list(p)) for p in parts if p])
    return tokens, made


def routes_of(actions: list[int], tokens: int) -> list[tuple[int, list[int]]]:
    """Routes in their order, read move by move; padding and needless moves are errors."""
    found: list[tuple[int, list[int]]] = []
    at, open_route, switched, over = 0, False, False, False
    for node in actions:
        if node >= tokens:
            assert not over
            if not open_route:
                found.append((at, []))
                open_route = True
            found[-1][1].append(node - tokens)
            switched = False
        elif open_route:
            assert node == at
            open_route = False
        elif node == at:
            assert not switched
            over = True
        else:
            assert not over
            assert not switched
            at, switched = node, True
    assert not open_route
    assert not switched
    return found


@given(plans(), st.integers(0, 2**32 - 1), st.sampled_from([np.int16, np.int64]))
def test_reordered_plans_are_the_same_routes(
    case: tuple[int, list[list[tuple[int, list[int]]]]], seed: int, kind: type
) -> None:
    """All routes are there, each as it was, with no more moves than it takes."""
    tokens, given_routes = case
    rows = [moves(routes, tokens) for routes in given_routes]
    width = max(map(len, rows))
    actions: npt.NDArray[Any] = np.array(
        [row + row[-1:] * (width - len(row)) for row in rows], kind
    )
    made = reorder(actions, tokens, np.random.default_rng(seed))
    assert made.dtype == kind
    assert made.flags.c_contiguous
    lengths = []
    for routes, row in zip(given_routes, made.tolist(), strict=True):
        found = routes_of(row, tokens)
        assert sorted(found) == sorted(routes)
        lengths.append(len(moves(found, tokens)))
    assert made.shape[1] == max(lengths)


def test_all_orders_come_equally_often() -> None:
    """Routes of a token stay together: of two and one, four orders are left."""
    actions = np.array([moves([(0, [0]), (1, [1, 2]), (0, [3])], 2)] * 1200)
    made = reorder(actions, 2, np.random.default_rng(3))
    orders = [tuple(c[0] for _, c in routes_of(row, 2)) for row in made.tolist()]
    counts = [orders.count(order) for order in set(orders)]
    assert len(counts) == 4
    assert min(counts) > 240
    assert all(order.index(3) + order.index(0) != 2 for order in orders)


def test_reordered_plans_are_valid(pool: Pool) -> None:
    """The environment allows them, at the same cost."""
    batch = drawn(pool, "MDVRPMBLTW", 20)
    taught = teach(batch, seed=1, iterations=20)
    rng = np.random.default_rng(5)
    for _ in range(5):
        allowed, state = replay(Environment(batch), reorder(taught.actions, batch.tokens, rng))
        assert allowed.all()
        np.testing.assert_allclose(state.cost[:, 0], taught.cost, rtol=1e-9)


# -- lessons -----------------------------------------------------------------------------------


def test_recipes_have_their_shares() -> None:
    """Variants as often as the mix says, sizes over the whole range, small ones more often."""
    recipes = [recipe_of(0, k) for k in range(2000)]
    for name, share in MIX.items():
        assert sum(r.variant == name for r in recipes) / 2000 == pytest.approx(share, abs=0.03)
    sizes = sorted(r.customers[0] for r in recipes)
    assert (sizes[0], sizes[-1]) == SIZES
    assert sizes[1000] == pytest.approx(np.sqrt(20 * 100), abs=4)


def test_lessons_go_on_where_they_stopped(pool: Pool, tmp_path: Path) -> None:
    """Batches made in several goes are those made one by one; their problems can be drawn again."""
    for count in (1, 2, 3):
        how = {"seed": 4, "batch": 3, "mix": FAST, "sizes": (4, 9)}
        assert make_lessons(pool, tmp_path, seconds=1e-9, **how) == count  # type: ignore[arg-type]
    assert [path.name for path in files(tmp_path)] == [f"lessons-0000{k}.npz" for k in range(3)]
    sampler = Sampler(pool, Recipe(customers=(4, 9)))
    for k, lesson in enumerate(lessons(tmp_path, pool)):
        recipe = recipe_of(4, k, mix=FAST, sizes=(4, 9))
        alone = make_lesson(sampler, recipe, (4, k), batch=3)
        assert (lesson.recipe, lesson.seed) == (recipe, (4, k))
        assert lesson.actions.dtype == np.int16
        for key in ("actions", "cost", "ok"):
            np.testing.assert_array_equal(getattr(lesson, key), getattr(alone, key))
        allowed, state = replay(
            Environment(lesson.draw(sampler).problems), lesson.actions.astype(np.int64)
        )
        assert allowed.all()
        assert lesson.ok.all()
        np.testing.assert_array_equal(state.cost[:, 0], lesson.cost)
    with pytest.raises(InputError, match="seed 4, not 5"):
        make_lessons(pool, tmp_path, seconds=1.0, seed=5)


def test_lessons_of_other_draws_are_refused(
    pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lessons hold seeds: a version that draws otherwise must not read them."""
    path = tmp_path / "lessons-00000.npz"
    Lessons(fingerprint(pool), 0, 0, ()).save(path)
    assert Lessons.load(path).batches == ()
    monkeypatch.setattr("routesolve.solvers.neural.lessons.DRAWS", 2)
    with pytest.raises(InputError, match="draw other problems"):
        Lessons.load(path)


def test_lessons_of_another_pool_are_refused(pool: Pool, tmp_path: Path) -> None:
    """One number that differs is another pool; names are none of its business."""
    area = pool.areas[1]
    table = area.durations.copy()
    table[3, 4] += 1
    other = Pool((pool.areas[0], dataclasses.replace(area, durations=table)))
    named = Pool((pool.areas[0], dataclasses.replace(area, name="renamed")))
    assert fingerprint(other) != fingerprint(pool) == fingerprint(named)
    Lessons(fingerprint(other), 0, 0, ()).save(tmp_path / "lessons-00000.npz")
    for use in (
        lambda: list(lessons(tmp_path, pool)),
        lambda: make_lessons(pool, tmp_path, seconds=1.0),
    ):
        with pytest.raises(InputError, match="another pool"):
            use()


def test_other_files_are_refused(pool: Pool, tmp_path: Path) -> None:
    """Pools, later versions, cut off and missing files each say what they are."""
    path = tmp_path / "lessons-00000.npz"
    pool.save(path)
    with pytest.raises(InputError, match="not saved lessons"):
        Lessons.load(path)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(InputError, match="damaged"):
        Lessons.load(path)
    with pytest.raises(InputError, match="cannot read"):
        Lessons.load(tmp_path / "none.npz")


def test_a_folder_that_cannot_be_made_is_said(pool: Pool, tmp_path: Path) -> None:
    """A file in its place, for one."""
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot make this folder"):
        make_lessons(pool, tmp_path / "file" / "folder", seconds=1.0)
