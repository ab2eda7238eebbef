"""Train the network with one thing changed at a time, for equal CPU seconds, and compare.

python ablations.py ablations.csv --pool joined.npz --lessons lessons/ --test test.npz

Every arm begins with random weights and learns from the same lessons in the same order, on one
thread, for as many CPU seconds of the process; two arms do as many steps instead. Then all plan the
same problems of towns that none was trained on, against long runs of our engine. Arms that the file
holds are skipped.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from routesolve.solvers.neural.config import Config
from routesolve.solvers.neural.course import Course
from routesolve.solvers.neural.decoding import Decoder
from routesolve.solvers.neural.environment import Environment
from routesolve.solvers.neural.features import NEAR, Features, features
from routesolve.solvers.neural.judge import Paper, Policy, Rolled, Score, exam, judge
from routesolve.solvers.neural.lessons import Lesson, lessons
from routesolve.solvers.neural.model import Encoded, Network
from routesolve.solvers.neural.pool import Pool
from routesolve.solvers.neural.problems import Problems
from routesolve.solvers.neural.rollouts import first_moves, roll_out
from routesolve.solvers.neural.training import Trainer
from routesolve.solvers.neural.weights import Weights, shapes

MIX = {"any": 0.4, "CVRP": 0.2, "VRPTW": 0.2, "ATSP": 0.2}
SIZES = (20, 50)
CELLS = [(name, n) for n in (50, 100) for name in ("CVRP", "VRPTW", "ATSP", "any")]
STARTS = 50
IMITATION = 0.85
"""Share of the time in arms that do both."""
STEPS = 500
"""Of the arms that do equally many instead."""
COST, WAY, STRAIGHT, ACROSS, ALONG = 0, 4, 6, 7, 8
"""Numbers of a way in the features: by road, by time, and length and direction on a plane."""
VECTORS = 8


# -- what is changed ---------------------------------------------------------------------------


class Plain(Trainer):
    """The package's training; networks may have more weights than the package knows."""

    def _weights(self) -> Weights:
        """What the compiled decoder reads, which no arm changes."""
        config, state = self.network.config, self.network.state_dict()
        parts = {
            name: state[name][tuple(map(slice, shape))].detach().numpy()
            for name, shape in shapes(config).items()
        }
        return Weights(config, parts)


class Unturned(Plain):
    """No reversed ways, nothing turned or mirrored; the course leaves placeless batches out."""

    def _directed(self, problems: Problems, actions: Any, rng: Any) -> tuple[Problems, Any]:
        return problems, actions

    def _places(self, sample: Any, rng: Any) -> Any:
        return sample.points.astype(np.float32)


class Crow(Decoder):
    """Waiting and slack of candidates by straight lines; rules and costs stay those of roads."""

    def __init__(self, layers: Any, encoded: Any, known: Features, problems: Problems) -> None:
        super().__init__(layers, encoded, known, problems)
        line = known.edge[0, :, :, STRAIGHT].astype(np.float64)
        straight = line * (float(known.longest[0]) / max(line.max(), 1e-9))
        self.told = self.rules._replace(duration=np.ascontiguousarray(straight))

    def look(self, mask: Any, **given: Any) -> Any:
        """As ever, but for what is told."""
        rules, self.rules = self.rules, self.told
        try:
            return super().look(mask, **given)
        finally:
            self.rules = rules


class Unmapped(Plain):
    """The network sees no matrix: straight lines, and times in proportion."""

    decoder = Crow

    def _shown(self, problems: Problems, points: Any) -> tuple[Problems, Features]:
        return told_straight(problems, points)


def told_straight(problems: Problems, points: Any) -> tuple[Problems, Features]:
    """Problems on straight lines, as long in total as the roads are, and their features."""
    step = points[:, None, :, :] - points[:, :, None, :]
    line = np.sqrt((step * step).sum(-1))
    tables = {}
    for key in ("distance", "duration"):
        table = getattr(problems, key)
        factor = table.sum((1, 2)) / np.maximum(line.sum((1, 2)), 1e-9)
        tables[key] = (line * factor[:, None, None]).astype(table.dtype)
    told = replace(problems, **tables)
    return told, features(told, points)


class Bias(nn.Module):
    """The neural adaptive bias of one block of RRNCO (Son et al., ICLR 2026).

    Distance, angle and duration of each way go through a network 1 -> d -> d of their own; a
    softmax over the three, with a temperature, mixes them to one number.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.up = nn.ModuleList(nn.Linear(1, width) for _ in range(3))
        self.across = nn.ModuleList(nn.Linear(width, width) for _ in range(3))
        self.gate = nn.Linear(3 * width, 3)
        self.temperature = nn.Parameter(torch.zeros(()))
        self.out = nn.Linear(width, 1)
        self.scale = nn.Parameter(torch.ones(()))

    def forward(self, read: Tensor) -> Tensor:
        """(b, n, n, 3) to (b, n, n)."""
        parts = [
            across(F.relu(up(read[..., i : i + 1])))
            for i, (up, across) in enumerate(zip(self.up, self.across, strict=True))
        ]
        share = torch.softmax(self.gate(torch.cat(parts, -1)) / self.temperature.exp(), -1)
        mixed = sum(share[..., i : i + 1] * part for i, part in enumerate(parts))
        return self.scale * self.out(mixed)[..., 0]

    def macs(self) -> int:
        """Multiply-accumulates for each way."""
        layers = [m for m in self.modules() if isinstance(m, nn.Linear)]
        return sum(m.weight.numel() for m in layers) + 3 * self.out.in_features


class Full(Network):
    """A full bias in each block; only the decoder's term is read by the light network."""

    def __init__(self, config: Config | None = None) -> None:
        super().__init__(config)
        count = 2 * self.config.layers
        self.biases = nn.ModuleList(Bias(self.config.width) for _ in range(count))

    def _ways(self, edge: Tensor) -> tuple[Tensor, ...]:
        angle = torch.atan2(edge[..., ALONG], edge[..., ACROSS])
        read = torch.stack((edge[..., COST], angle, edge[..., WAY]), -1)
        prior = F.softplus(self.prior)
        made = [
            bias(read) - prior[block] * edge[..., COST] for block, bias in enumerate(self.biases)
        ]
        return (*made, super()._ways(edge)[-1])


class Singular(Network):
    """Leading singular vectors of the matrix of costs as further numbers of the nodes."""

    def __init__(self, config: Config | None = None) -> None:
        super().__init__(config)
        self.out = nn.Linear(2 * NEAR + VECTORS, self.config.width)
        self.into = nn.Linear(2 * NEAR + VECTORS, self.config.width)

    def encode(self, known: Features) -> Encoded:
        """Read a batch of problems."""
        both = known.present[:, :, None] & known.present[:, None, :]
        with torch.no_grad():
            left, size, right = torch.linalg.svd(known.edge[..., COST] * both, full_matrices=False)
            # Signs are free: those with which the left vectors' sums are positive.
            left, right = left[..., :VECTORS], right[:, :VECTORS].transpose(1, 2)
            sign = torch.where(left.sum(1, keepdim=True) < 0, -1.0, 1.0)
            weight = sign * size[:, None, :VECTORS].clamp(min=0).sqrt()
        out, into = (
            torch.cat((near, side * weight), -1)
            for near, side in ((known.out, left), (known.into, right))
        )
        return super().encode(replace(known, out=out, into=into))


def bias_macs(network: Network, nodes: int) -> int:
    """Multiply-accumulates of the encoder's bias for a problem."""
    if isinstance(network, Full):
        each = sum(bias.macs() for bias in network.biases)
    else:
        each = sum(layer.weight.numel() for layer in (network.edge_in, network.edge_mid))
        each += network.config.edge * 2 * network.config.layers
    return each * nodes * nodes


# -- arms --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Arm:
    """One way to train.

    Attributes
    ----------
    name
        In the file.
    imitation
        Share of the time.
    trainer, network
        What is changed.
    placeless
        Share of batches without places.
    steps
        How many, however long they take; 0 = as many as the time allows.
    """

    name: str
    imitation: float = IMITATION
    trainer: type[Plain] = Plain
    network: Callable[[], Network] = Network
    placeless: float = 0.2
    steps: int = 0


ARMS = (
    Arm("control"),
    Arm("no matrix", trainer=Unmapped, placeless=0.0),
    Arm("no imitation", imitation=0.0),
    Arm("imitation only", imitation=1.0),
    Arm("no augmentation", trainer=Unturned, placeless=0.0),
    Arm("full bias", network=Full),
    Arm(f"control, {STEPS} steps", steps=STEPS),
    Arm(f"full bias, {STEPS} steps", network=Full, steps=STEPS),
    Arm("singular vectors", network=Singular),
)


def trained(arm: Arm, pool: Pool, plans: Sequence[Lesson], o: Any) -> Trainer:
    """The arm's training, at its end."""
    course = Course(
        imitation=1 << 30,
        reinforcement=1 << 30,
        mix=MIX,
        customers=SIZES,
        steady=0.99,
        placeless=arm.placeless,
        seed=o.seed,
    )
    torch.manual_seed(o.seed)
    trainer = arm.trainer(pool, course, lessons=plans, start=arm.network())
    if arm.steps:
        imitation = round(arm.imitation * arm.steps)
        trainer.course = replace(course, imitation=imitation, reinforcement=arm.steps - imitation)
        list(trainer.run())
    else:
        by_time(trainer, o.seconds, arm.imitation)
    return trainer


def by_time(trainer: Trainer, seconds: float, imitation: float) -> None:
    """Go on for CPU seconds: the course is as long as it will have been, at the present pace."""
    course = trainer.course
    if not imitation:
        trainer.course = course = replace(course, imitation=0)
    begun = time.process_time()
    for step in trainer.run():
        part = (time.process_time() - begun) / seconds
        if part >= 1.0:
            return
        if step.number <= course.imitation and part < imitation:
            length = max(step.number + 1, round(step.number * imitation / part))
            course = replace(course, imitation=length)
        elif step.number <= course.imitation:
            course = replace(course, imitation=step.number)
            switched = part
        else:
            since = imitation and switched
            count = step.number - course.imitation
            length = max(count + 1, round(count * (1.0 - since) / (part - since)))
            course = replace(course, reinforcement=length)
        trainer.course = course


def planned(trainer: Trainer) -> Policy:
    """Greedy plans of the averaged weights, as `judge.by_network`, of what the arm is shown."""
    network = trainer.averaged()

    def policy(problems: Problems, points: Any, starts: int) -> Rolled:
        told, shown = trainer._shown(problems, points.astype(np.float32))
        told, known = trainer._moved(told, shown)
        environment = Environment(problems.to_torch())
        first = torch.as_tensor(first_moves(Environment(problems), starts))
        with torch.no_grad():
            encoded = network.encode(known)
            look = partial(network.look, told, known, encoded)
            done = roll_out(environment, lambda s, m: look(s, m).argmax(-1), starts, first=first)
        found = done.actions, done.cost, environment.unserved(done.state)
        return Rolled(*(x.numpy() for x in found))

    return policy


# -- files -------------------------------------------------------------------------------------


def row_of(arm: Arm, trainer: Trainer, seconds: float, score: Score, seed: int) -> dict[str, Any]:
    """A line of the file; gaps in percent."""
    network, course = trainer.network, trainer.course
    said = {
        "arm": arm.name,
        "seed": seed,
        "cpu_seconds": round(seconds),
        "steps": trainer.step,
        "imitated": min(trainer.step, course.imitation),
        "learned_problems": trainer.problems,
        "weights": sum(x.numel() for x in network.parameters()),
        "bias_macs": bias_macs(network, 101),
    }
    told = asdict(score) | {key: round(100.0 * getattr(score, key), 2) for key in ("best", "mean")}
    del told["seconds"]
    return said | told | {"nearest": round(score.nearest, 4)}


def read(path: Path) -> list[dict[str, str]]:
    """What the file holds."""
    if not path.exists():
        return []
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def append(path: Path, rows: list[dict[str, Any]]) -> None:
    """Add lines."""
    new = not path.exists()
    with path.open("a", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        if new:
            writer.writeheader()
        writer.writerows(rows)


def examined(pool: Pool, o: Any) -> list[Paper]:
    """The problems of all cells and their references, made once."""
    names = ("reference", "travel", "nearest")
    if o.references and o.references.exists():
        kept = np.load(o.references)
        papers = exam(pool, CELLS, count=o.count, seed=7, against="nearest")
        return [
            replace(paper, against="ils", **{key: kept[f"{i}.{key}"] for key in names})
            for i, paper in enumerate(papers)
        ]
    papers = exam(pool, CELLS, count=o.count, seed=7)
    if o.references:
        kept = {f"{i}.{key}": getattr(p, key) for i, p in enumerate(papers) for key in names}
        np.savez(o.references, **kept)
    return papers


def fitting(folder: Path, pool: Pool) -> Iterator[Lesson]:
    """Lessons of the variants and sizes of the arms."""
    for lesson in lessons(folder, pool):
        if lesson.recipe.variant in MIX and lesson.recipe.customers[1] <= SIZES[1]:
            yield lesson


def warmed(pool: Pool, plans: Sequence[Lesson]) -> None:
    """Load what is compiled before any clock runs."""
    course = Course(imitation=1, reinforcement=2, batch=2, mix=MIX, customers=(20, 20))
    for kind in (Plain, Unmapped):
        course = replace(course, placeless=0.0)
        list(kind(pool, course, config=Config(width=16, layers=1), lessons=plans).run())


def main() -> None:
    """Train and judge what is not there yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--pool", required=True, help="areas to learn on")
    parser.add_argument("--lessons", type=Path, required=True, help="folder of plans to imitate")
    parser.add_argument("--test", required=True, help="areas to be judged on")
    parser.add_argument("--seconds", type=float, default=480.0, help="of CPU time, each arm")
    parser.add_argument("--count", type=int, default=32, help="problems of a cell")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--references", type=Path, help="keep the engine's costs here (.npz)")
    parser.add_argument("--arms", nargs="*", default=[arm.name for arm in ARMS])
    o = parser.parse_args()
    torch.set_num_threads(1)
    pool = Pool.load(o.pool)
    plans = list(fitting(o.lessons, pool))
    warmed(pool, plans)
    papers = examined(Pool.load(o.test), o)
    for arm in ARMS:
        done = {row["arm"] for row in read(o.out) if row["seed"] == str(o.seed)}
        if arm.name not in o.arms or arm.name in done:
            continue
        begun = time.process_time()
        trainer = trained(arm, pool, plans, o)
        seconds = time.process_time() - begun
        print(f"{arm.name}: {trainer.step} steps in {seconds:.0f} CPU seconds", flush=True)
        scores = judge(planned(trainer), papers, starts=STARTS, checked=True)
        append(o.out, [row_of(arm, trainer, seconds, score, o.seed) for score in scores])


if __name__ == "__main__":
    main()
