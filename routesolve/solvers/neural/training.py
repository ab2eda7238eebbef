"""Training: imitate our engine, then learn from own rollouts; resumable at any moment.

Every batch, view and choice follows from the seed and the number of the step, so a run that is
continued from a checkpoint goes on as if it had never been stopped.
"""

from __future__ import annotations

import json
import os
import time
import warnings
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import asdict
from math import cos, pi
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from routesolve.errors import InputError, Problem
from routesolve.files import written_whole
from routesolve.solvers.neural.augment import (
    reversed_routes,
    reversed_ways,
    reversible,
    turned,
)
from routesolve.solvers.neural.config import Config
from routesolve.solvers.neural.course import Course
from routesolve.solvers.neural.decoding import Decoder
from routesolve.solvers.neural.environment import Environment
from routesolve.solvers.neural.features import Features, features
from routesolve.solvers.neural.lanes import drawn
from routesolve.solvers.neural.learning import (
    imitation_loss,
    log_probabilities,
    reinforcement_loss,
)
from routesolve.solvers.neural.lessons import SQUARE, STRAIGHT, Lesson, fingerprint
from routesolve.solvers.neural.model import Network
from routesolve.solvers.neural.pool import Pool
from routesolve.solvers.neural.problems import Array, Problems
from routesolve.solvers.neural.rollouts import first_moves
from routesolve.solvers.neural.sampler import Recipe, Sample, Sampler
from routesolve.solvers.neural.state import State
from routesolve.solvers.neural.teacher import reorder
from routesolve.solvers.neural.trace import Trace, replay, trace
from routesolve.solvers.neural.weights import Weights

FORMAT = "routesolve-training"


class Step(NamedTuple):
    """What a step tells.

    Attributes
    ----------
    number, kind
        From 1 on; ``"imitation"`` or ``"reinforcement"``.
    loss
        Its loss.
    problems
        Of this step.
    seconds
        Of training so far, those of former runs included.
    """

    number: int
    kind: str
    loss: float
    problems: int
    seconds: float


class Trainer:
    """A course and how far it has come.

    Parameters
    ----------
    pool
        Areas to learn on.
    course
        What is done.
    config
        Sizes of the network.
    lessons
        Plans to imitate, if the course has imitation.
    device
        Of torch. On others than the CPU rollouts and features are made there, and the network
        computes in bfloat16 where that is exact enough.
    start
        A network to start from, instead of random weights; its sizes stand instead of `config`. It
        is copied, with what its class changes.
    compiled
        Draw rollouts on the CPU with the compiled decoder; short runs are over before it is ready.

    Raises
    ------
    InputError
        If the course imitates, and there are no lessons.
    """

    decoder: type[Decoder] = Decoder
    """What draws rollouts; experiments that hide things from the network hide them here, too."""

    def __init__(
        self,
        pool: Pool,
        course: Course,
        *,
        config: Config | None = None,
        lessons: Sequence[Lesson] = (),
        device: str = "cpu",
        start: Network | None = None,
        compiled: bool = True,
    ) -> None:
        if course.imitation and not lessons:
            raise InputError("nothing to imitate", fix="give lessons, or no imitation steps")
        self.course, self.lessons, self.device = course, lessons, device
        self.half, self.compiled = device != "cpu", compiled and device == "cpu"
        if self.half:  # scaling bfloat16 by float32 weights is what is wanted
            warnings.filterwarnings("ignore", "Mismatch dtype between input and weight")
        self.pool = fingerprint(pool)
        self.sampler = Sampler(pool, Recipe(customers=(1, course.customers[1])))
        torch.manual_seed(course.seed)
        self.network = (deepcopy(start) if start else Network(config)).to(device)
        self.average = {key: x.detach().clone() for key, x in self.network.state_dict().items()}
        self.optimizer = torch.optim.AdamW(
            self.network.parameters(), lr=course.rate, weight_decay=1e-4, betas=(0.9, 0.98)
        )
        self.step, self.problems, self.seconds = 0, 0, 0.0

    # -- running -------------------------------------------------------------------------------

    def run(self) -> Iterator[Step]:
        """Go on to the end of the course; stop earlier by not asking for another step."""
        while self.step < self.course.steps:
            began = time.perf_counter()
            imitates = self.step < self.course.imitation
            loss, count = self._imitate() if imitates else self._reinforce()
            self._improve(loss)
            self.step += 1
            self.problems += count
            self.seconds += time.perf_counter() - began
            kind = "imitation" if imitates else "reinforcement"
            yield Step(self.step, kind, loss.item(), count, self.seconds)

    def _improve(self, loss: Tensor) -> None:
        course = self.course
        for group in self.optimizer.param_groups:
            group["lr"] = _rate(course, self.step)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()
        # The first averages are of few steps.
        decay = min(course.steady, (1.0 + self.step) / (10.0 + self.step))
        with torch.no_grad():
            for key, x in self.network.state_dict().items():
                self.average[key].lerp_(x, 1.0 - decay)

    def _imitate(self) -> tuple[Tensor, int]:
        """A batch of lessons, each in several orders of its routes."""
        rng = np.random.default_rng((self.course.seed, 1, self.step))
        epoch, at = divmod(self.step, len(self.lessons))
        turn = np.random.default_rng((self.course.seed, 2, epoch)).permutation(len(self.lessons))
        lesson = self.lessons[int(turn[at])]
        sample = lesson.draw(self.sampler)
        actions: npt.NDArray[Any] = lesson.actions
        problems, points = sample.problems, self._places(sample, rng)
        problems, actions = self._directed(problems, actions, rng)
        ordered = [reorder(actions, problems.tokens, rng) for _ in range(self.course.orders)]
        told, shown = self._shown(problems, points)
        seen = replay(Environment(problems), shown, _side_by_side(ordered)).to_torch(
            device=self.device
        )
        moved, known = self._moved(told, shown)
        with self._precision():
            encoded = self.network.encode(known)
            logs = log_probabilities(self.network, moved, known, encoded, seen)
        good = torch.tensor(lesson.ok, device=self.device)  # a copy: files are read-only
        return imitation_loss(logs, seen, problems.tokens, good), len(actions)

    def _reinforce(self) -> tuple[Tensor, int]:
        """Rollouts of new problems."""
        course = self.course
        rng = np.random.default_rng((course.seed, 3, self.step))
        names = list(course.mix)
        share = np.array([course.mix[name] for name in names])
        name = names[int(rng.choice(len(names), p=share / share.sum()))]
        low, high = course.customers
        count = int(np.exp(rng.uniform(np.log(low), np.log(high + 1))))
        recipe = Recipe(name, (count, count), windows="all", straight=STRAIGHT, square=SQUARE)
        sample = self.sampler.of(recipe).sample(course.batch, seed=(course.seed, 4, self.step))
        problems, points = sample.problems, self._places(sample, rng)
        first = first_moves(Environment(problems), course.rollouts)
        if self.compiled:
            told, shown = self._shown(problems, points)
            moved, known = self._moved(told, shown)
            encoded = self.network.encode(known)
            seen = drawn(
                self._weights(),
                encoded,
                shown,
                problems,
                first,
                seed=self._draws,
                decoder=self.decoder,
            ).to_torch()
        else:
            moved, known = self._read(problems, points)
            seen = self._rollouts(moved, known, torch.as_tensor(first, device=self.device))
            with self._precision():
                encoded = self.network.encode(known)
        with self._precision():
            logs = log_probabilities(self.network, moved, known, encoded, seen)
        near = torch.as_tensor(np.median(problems.distance, axis=(1, 2)), device=self.device)
        scale = torch.maximum(seen.cost.mean(1), near * count * 0.25)
        return reinforcement_loss(logs, seen, scale), course.batch

    @property
    def _draws(self) -> int:
        """Seed of this step's rollouts."""
        return self.course.seed * 1_000_003 + self.step

    def _weights(self) -> Weights:
        arrays = {key: x.detach().numpy() for key, x in self.network.state_dict().items()}
        return Weights(self.network.config, arrays)

    def _rollouts(self, problems: Problems, known: Features, first: Tensor) -> Trace:
        draw = torch.Generator(self.device).manual_seed(self._draws)
        environment = Environment(problems)
        with torch.no_grad(), self._precision():
            encoded = self.network.encode(known)

            def choose(state: State, mask: Array) -> Array:
                logits = self.network.look(problems, known, encoded, state, mask)
                noise = torch.empty_like(logits).exponential_(generator=draw)
                return (logits - noise.log()).argmax(-1)

            return trace(environment, known, choose, first.shape[1], first=first)

    def _precision(self) -> torch.autocast:
        """What the network computes in."""
        kind = torch.device(self.device).type
        return torch.autocast(kind, dtype=torch.bfloat16, enabled=self.half)

    def _directed(
        self, problems: Problems, actions: npt.NDArray[Any], rng: np.random.Generator
    ) -> tuple[Problems, npt.NDArray[Any]]:
        """Problems and plans, half of the time the other way round where that is the same."""
        if reversible(problems) and rng.random() < 0.5:
            return reversed_ways(problems), reversed_routes(actions, problems.tokens)
        return problems, actions

    def _shown(self, problems: Problems, points: Array | None) -> tuple[Problems, Features]:
        """What the network is told of problems, and its features; NumPy."""
        return problems, features(problems, points)

    def _places(self, sample: Sample, rng: np.random.Generator) -> Array | None:
        """Turned, mirrored, or not shown."""
        if rng.random() < self.course.placeless:
            return None
        b = len(sample.points)
        angle, mirrored = rng.uniform(0.0, 2.0 * pi, b), rng.random(b) < 0.5
        return turned(sample.points.astype(np.float32), angle, mirrored)

    def _read(self, problems: Problems, points: Array | None) -> tuple[Problems, Features]:
        """Problems and their features, made on the device, on the CPU by NumPy."""
        if self.device == "cpu":
            return self._moved(*self._shown(problems, points))
        moved = problems.to_torch(device=self.device)
        places = None if points is None else torch.as_tensor(points, device=self.device)
        return moved, features(moved, places)

    def _moved(self, problems: Problems, shown: Features) -> tuple[Problems, Features]:
        known = Features(
            **{
                key: torch.as_tensor(value, device=self.device)
                for key, value in vars(shown).items()
            }
        )
        return problems.to_torch(device=self.device), known

    # -- checkpoints ---------------------------------------------------------------------------

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write everything that is needed to go on, whole or not at all; safetensors.

        Raises
        ------
        InputError
            If the file cannot be written.
        """
        tensors = {f"network.{k}": x for k, x in self.network.state_dict().items()}
        tensors |= {f"average.{k}": x for k, x in self.average.items()}
        names = [name for name, _ in self.network.named_parameters()]
        for number, moments in self.optimizer.state_dict()["state"].items():
            tensors |= {f"{key}.{names[number]}": moments[key] for key in ("exp_avg", "exp_avg_sq")}
        about = {
            "format": FORMAT,
            "config": asdict(self.network.config),
            "course": asdict(self.course),
            "pool": self.pool,
            "step": self.step,
            "problems": self.problems,
            "seconds": self.seconds,
        }
        plain = {key: x.detach().cpu().contiguous() for key, x in tensors.items()}
        with written_whole(path) as stream:
            stream.write(save(plain, metadata={"about": json.dumps(about)}))

    def load(self, path: str | os.PathLike[str]) -> None:
        """Go on from what :meth:`save` wrote.

        Raises
        ------
        InputError
            If the file is missing, damaged, or of another network, course or pool.
        """
        about, tensors = _read(path)
        problems = [
            Problem(f"training of another {key}", fix="continue with the same, or begin anew")
            for key, own in (
                ("config", asdict(self.network.config)),
                ("pool", self.pool),
                ("seed", self.course.seed),
            )
            if (about["course"] if key == "seed" else about).get(key) != own
        ]
        if problems:
            raise InputError(problems)
        names = [name for name, _ in self.network.named_parameters()]
        parts: dict[str, dict[str, Tensor]] = {}
        for key, tensor in tensors.items():
            kind, _, name = key.partition(".")
            parts.setdefault(kind, {})[name] = tensor
        self.network.load_state_dict(parts["network"])
        self.average = {key: x.to(self.device) for key, x in parts["average"].items()}
        moments = {
            number: {
                "step": torch.tensor(float(about["step"])),
                "exp_avg": parts["exp_avg"][name],
                "exp_avg_sq": parts["exp_avg_sq"][name],
            }
            for number, name in enumerate(names)
            if name in parts.get("exp_avg", {})
        }
        state = self.optimizer.state_dict()
        self.optimizer.load_state_dict({**state, "state": moments})
        self.step, self.problems = about["step"], about["problems"]
        self.seconds = about["seconds"]

    def averaged(self) -> Network:
        """The network with the averaged weights."""
        network = deepcopy(self.network).cpu()
        network.load_state_dict(self.average)
        return network.eval()


def _side_by_side(actions: Sequence[npt.NDArray[Any]]) -> npt.NDArray[np.int64]:
    """(b, s, t) plans of the same problems; short ones stay where they end."""
    longest = max(each.shape[1] for each in actions)
    rows = [np.pad(each, ((0, 0), (0, longest - each.shape[1])), "edge") for each in actions]
    return np.stack(rows, axis=1).astype(np.int64)


def _read(path: str | os.PathLike[str]) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Metadata and tensors of a checkpoint."""
    fix = "begin anew, or give another file"
    if not Path(path).is_file():
        raise InputError("there is no such file", where=str(path), fix=fix)
    try:
        with safe_open(str(path), "pt") as file:
            about = json.loads((file.metadata() or {})["about"])
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except (SafetensorError, KeyError, ValueError, OSError) as error:
        raise InputError(
            f"not a checkpoint of a training: {error}", where=str(path), fix=fix
        ) from None
    if about.get("format") != FORMAT:
        raise InputError("not a checkpoint of a training", where=str(path), fix=fix)
    return about, tensors


def _rate(course: Course, step: int) -> float:
    """Learning rate: up, then down by half a cosine in each of the two parts."""
    if step < course.imitation:
        begin, length, top = 0, course.imitation, course.rate
    else:
        begin, length, top = course.imitation, course.reinforcement, course.rate
        if course.imitation:
            top = 0.4 * course.rate
    share = (step - begin) / max(length, 1)
    low = course.slow * top
    warm = min(1.0, (step - begin + 1) / max(course.warm, 1))
    return warm * (low + (top - low) * 0.5 * (1.0 + cos(pi * share)))
