"""The network in torch, what it learns from, and training that can be stopped at any moment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from routesolve.errors import InputError
from routesolve.solvers.neural.augment import reversed_routes, reversed_ways, reversible, turned
from routesolve.solvers.neural.environment import Environment
from routesolve.solvers.neural.features import Features, features
from routesolve.solvers.neural.lessons import make_lesson
from routesolve.solvers.neural.pool import Pool, synthetic_pool
from routesolve.solvers.neural.problems import Problems, stack
from routesolve.solvers.neural.rollouts import first_moves, roll_out, uniform
from routesolve.solvers.neural.sampler import Recipe, Sample, Sampler
from routesolve.solvers.neural.trace import replay, trace

torch = pytest.importorskip("torch", reason="torch is not installed")

NAMES = ("CVRP", "MDOVRPMBLTW", "VRPBTW", "PVRP-P", "PVRP-ZC", "ATSP")


@pytest.fixture(scope="module")
def pool() -> Pool:
    """Two small made-up towns."""
    return synthetic_pool([5, 6], places=60, side=12)


@pytest.fixture(scope="module")
def sampler(pool: Pool) -> Sampler:
    """Draws on them."""
    return Sampler(pool, Recipe("CVRP", (5, 9)))


@pytest.fixture(scope="module")
def network() -> Any:
    """A small network none of whose weights is 0."""
    return made_up(7)


def made_up(seed: int) -> Any:
    """A small network with random weights."""
    from routesolve.solvers.neural.config import Config
    from routesolve.solvers.neural.model import Network

    torch.manual_seed(seed)
    network = Network(Config(width=16, heads=2, layers=2, hidden=16, edge=8))
    for weight in network.parameters():
        weight.data += 0.1 * torch.randn_like(weight)
    return network.eval()


def drawn(sampler: Sampler, name: str, *, count: int = 3, seed: int = 3) -> Sample:
    """Problems of nine customers."""
    return sampler.of(Recipe(name, (9, 9))).sample(count, seed=seed)


def in_torch(sample: Sample) -> tuple[Problems, Features]:
    """Problems and features as tensors."""
    problems = sample.problems.to_torch()
    return problems, features(problems, torch.as_tensor(sample.points).float())


@pytest.mark.parametrize("name", NAMES)
def test_one_pass_equals_steps(sampler: Sampler, network: Any, name: str) -> None:
    """Probabilities of all steps at once are those that the rollouts were drawn with."""
    from routesolve.solvers.neural.learning import log_probabilities

    problems, known = in_torch(drawn(sampler, name))
    environment, stepped = Environment(problems), []
    draw = torch.Generator().manual_seed(1)
    with torch.no_grad():
        encoded = network.encode(known)

        def choose(state: Any, mask: Any) -> Any:
            logits = network.look(problems, known, encoded, state, mask)
            noise = torch.empty_like(logits).exponential_(generator=draw)
            action = (logits - noise.log()).argmax(-1)
            logs = torch.log_softmax(logits, -1).gather(-1, action[..., None])[..., 0]
            stepped.append(torch.where(mask.sum(-1) > 1, logs, 0.0))
            return action

        seen = trace(environment, known, choose, 4)
        at_once = log_probabilities(network, problems, known, encoded, seen)
    torch.testing.assert_close(at_once, torch.stack(stepped, -1), atol=1e-5, rtol=1e-5)


def test_lessons_that_leave_somebody_out_end(sampler: Sampler) -> None:
    """Following the moves of an unfinished plan stops where they stop."""
    problems = drawn(sampler, "VRPTW").problems
    environment = Environment(problems)
    whole = first_moves(environment, 2)
    seen = replay(environment, features(problems), whole)
    assert seen.action.shape == whole.shape
    assert np.array_equal(seen.action, whole)
    assert (seen.unserved > 0).all()


@pytest.mark.parametrize("name", NAMES)
def test_order_and_fillers_do_not_matter(sampler: Sampler, network: Any, name: str) -> None:
    """Probabilities of a problem do not depend on the numbering of customers, nor on its batch."""
    sample = drawn(sampler, name)
    small, k = sample.problems, sample.problems.tokens
    large = sampler.of(Recipe("MDVRPBL", (13, 13), depots=(2, 2))).sample(2, seed=1).problems
    with torch.no_grad():
        alone = _first_logs(network, small)
        both = _first_logs(network, stack([small, large]).take(slice(0, 3)))
        order = np.concatenate([np.arange(k), k + np.random.default_rng(1).permutation(9)])
        other = _first_logs(network, _permuted(small, order))
    shift = max(k, 2) - k
    at = np.where(np.arange(k + 9) < k, np.arange(k + 9), np.arange(k + 9) + shift)
    torch.testing.assert_close(alone, both[..., at], atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(alone[..., order], other, atol=1e-4, rtol=1e-4)


def _first_logs(network: Any, problems: Problems) -> Any:
    p = problems.to_torch()
    known, environment = features(p), Environment(p)
    state = environment.reset(1)
    logits = network.look(p, known, network.encode(known), state, environment.mask(state))
    return torch.log_softmax(logits, -1)


def _permuted(p: Problems, order: Any) -> Problems:
    """The same problems with nodes in another order."""
    from tests.solvers.neural.test_features import permuted

    return permuted(p, order)


def test_every_weight_learns(sampler: Sampler) -> None:
    """Both losses reach every weight of the network."""
    from routesolve.solvers.neural.learning import imitation_loss, log_probabilities

    network = made_up(1)
    problems, known = in_torch(drawn(sampler, "PVRP-P"))
    timed, timed_known = in_torch(drawn(sampler, "VRPTW"))
    for p, shown in ((problems, known), (timed, timed_known)):
        moves = roll_out(Environment(p), lambda s, m: m.float().argmax(-1), 2).actions
        seen = replay(Environment(p), shown, moves)
        logs = log_probabilities(network, p, shown, network.encode(shown), seen)
        imitation_loss(logs, seen, p.tokens, torch.ones(3, dtype=torch.bool)).backward()
    still = [
        name for name, x in network.named_parameters() if x.grad is None or not x.grad.abs().any()
    ]
    assert not still


@pytest.mark.parametrize("name", NAMES)
def test_replay_sees_what_was_done(sampler: Sampler, name: str) -> None:
    """A replay has the costs of the rollouts, and every move was allowed."""
    sample = drawn(sampler, name)
    problems = sample.problems
    known, environment = features(problems, sample.points), Environment(problems)
    done = roll_out(environment, uniform(1), 4, first=first_moves(environment, 4))
    seen = replay(environment, known, done.actions)
    np.testing.assert_allclose(seen.cost, done.cost)
    # The first move to the first token is to stay there, which no mask offers.
    assert np.take_along_axis(seen.mask, seen.action[..., None], -1)[:, :, 2:].all()
    t = done.actions.shape[-1]
    np.testing.assert_array_equal(seen.action[..., :t], done.actions[..., : seen.action.shape[-1]])


@pytest.mark.parametrize("name", ["CVRP", "MDCVRP", "PVRP-P", "PVRP-ZC", "ATSP", "VRPL"])
def test_reversed(sampler: Sampler, name: str) -> None:
    """Routes driven the other way round on reversed ways cost the same."""
    recipe = Recipe(name, (9, 9), duration_limits=0.0)
    problems = sampler.of(recipe).sample(3, seed=2).problems
    assert reversible(problems)
    done = roll_out(Environment(problems), uniform(4), 4)
    other = reversed_routes(done.actions, problems.tokens)
    seen = replay(Environment(reversed_ways(problems)), features(problems), other)
    np.testing.assert_allclose(seen.cost, done.cost, rtol=1e-5)
    assert np.take_along_axis(seen.mask, seen.action[..., None], -1).all()
    assert not reversible(sampler.of(Recipe("VRPTW", (9, 9))).sample(1, seed=1).problems)


def test_turned() -> None:
    """Turning and mirroring keeps the first place and all lengths."""
    points = np.random.default_rng(1).random((4, 6, 2))
    new = turned(points, [0.0, 1.0, 2.0, 3.0], [False, True, False, True])
    np.testing.assert_allclose(
        np.linalg.norm(points - points[:, :1], axis=-1), np.linalg.norm(new, axis=-1)
    )
    assert np.linalg.det(new[1, 1:3]) * np.linalg.det(points[1, 1:3] - points[1, 0]) < 0


# -- training ----------------------------------------------------------------------------------


def _trainer(pool: Pool, lessons: list[Any], seed: int = 4, **given: Any) -> Any:
    from routesolve.solvers.neural.config import Config
    from routesolve.solvers.neural.training import Course, Trainer

    course = Course(
        imitation=3, reinforcement=3, batch=3, rollouts=3, customers=(5, 7), warm=2, seed=seed
    )
    config = Config(width=16, heads=2, layers=1, hidden=16, edge=8, **given)
    return Trainer(pool, course, config=config, lessons=lessons)


@pytest.fixture(scope="module")
def lessons(sampler: Sampler) -> list[Any]:
    """Two batches."""
    return [
        make_lesson(sampler, Recipe(name, (6, 6)), (1, k), batch=3)
        for k, name in enumerate(("CVRP", "MDVRPTW"))
    ]


def test_resumed_training_goes_on(pool: Pool, lessons: list[Any], tmp_path: Path) -> None:
    """Stopped and continued after any step, training ends with the same weights."""
    straight = _trainer(pool, lessons)
    list(straight.run())
    path = tmp_path / "training.safetensors"
    for _ in range(6):
        trainer = _trainer(pool, lessons)
        if path.exists():
            trainer.load(path)
        next(trainer.run())
        trainer.save(path)
    assert trainer.step == 6
    for key, value in straight.average.items():
        torch.testing.assert_close(value, trainer.average[key], atol=0, rtol=0)


def test_foreign_checkpoints_are_refused(pool: Pool, lessons: list[Any], tmp_path: Path) -> None:
    """Another seed, pool or size; no file, a damaged one, one of something else."""
    trainer = _trainer(pool, lessons)
    path = tmp_path / "training.safetensors"
    trainer.save(path)
    with pytest.raises(InputError, match="another seed"):
        _trainer(pool, lessons, seed=5).load(path)
    with pytest.raises(InputError, match="another config"):
        _trainer(pool, lessons, clip=9.0).load(path)
    with pytest.raises(InputError, match="another pool"):
        _trainer(Pool(pool.areas[:1]), lessons).load(path)
    with pytest.raises(InputError, match="no such file"):
        trainer.load(tmp_path / "none")
    whole = path.read_bytes()
    for damaged in (whole[:100], b"\0" * 50, whole[:-9]):
        path.write_bytes(damaged)
        with pytest.raises(InputError, match="not a checkpoint"):
            trainer.load(path)


def test_experiments_change_parts(pool: Pool, lessons: list[Any]) -> None:
    """A network of one's own is copied and kept; every step shows what the trainer says."""
    from routesolve.solvers.neural.config import Config
    from routesolve.solvers.neural.decoding import Decoder
    from routesolve.solvers.neural.model import Network
    from routesolve.solvers.neural.training import Trainer

    told: list[int] = []
    drew: list[int] = []

    class Drawing(Decoder):
        def look(self, mask: Any, **given: Any) -> Any:
            drew.append(len(mask))
            return super().look(mask, **given)

    class Hiding(Trainer):
        decoder = Drawing

        def _shown(self, problems: Any, points: Any) -> Any:
            told.append(self.step)
            return super()._shown(problems, None)

    class Own(Network):
        pass

    start = Own(Config(width=16, heads=2, layers=1, hidden=16, edge=8))
    before = {key: x.clone() for key, x in start.state_dict().items()}
    trainer = Hiding(pool, _trainer(pool, lessons).course, start=start, lessons=lessons)
    list(trainer.run())
    assert told == [*range(6)]
    assert drew
    assert isinstance(trainer.averaged(), Own)
    assert all((x == before[key]).all() for key, x in start.state_dict().items())
    assert any((x != before[key]).any() for key, x in trainer.averaged().state_dict().items())


def test_imitation_needs_lessons(pool: Pool) -> None:
    """A course of imitation without lessons says so."""
    with pytest.raises(InputError, match="nothing to imitate"):
        _trainer(pool, [])
