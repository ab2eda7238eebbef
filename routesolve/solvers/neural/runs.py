"""A training run from data to weights: made-up or given pools, lessons, checkpoints, a log.

Everything that is slow can be cut short, by Ctrl-C, by the clock, or by killing the process: the
same call goes on from the last checkpoint.
"""

from __future__ import annotations

import csv
import io
import platform
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import routesolve
from routesolve.errors import InputError, MissingExtra, Problem
from routesolve.files import require_writable, save_text
from routesolve.solvers.base import Budget, Clock, interruptible
from routesolve.solvers.neural import adapters
from routesolve.solvers.neural import lessons as schoolbook
from routesolve.solvers.neural.cards import merged, processor, said, shares
from routesolve.solvers.neural.judge import (
    Paper,
    Policy,
    Score,
    by_network,
    by_weights,
    exam,
    judge,
)
from routesolve.solvers.neural.lessons import MIX, Lesson, make_lessons
from routesolve.solvers.neural.pool import Pool, join
from routesolve.solvers.neural.presets import Preset
from routesolve.solvers.neural.weights import Weights

if TYPE_CHECKING:
    from routesolve.solvers.neural.training import Step, Trainer

SAVE_SECONDS = 60.0
"""Between two checkpoints: so much work is lost at most."""

Say = Callable[[str, str], None]


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for.

    Attributes
    ----------
    preset
        Sizes and course.
    out
        Where the weights go.
    data, held_out
        Files of pools to learn on and to be judged on; made-up towns where there are none.
    lessons
        Folder of plans to imitate. Default: one beside `out`, filled first if the course imitates.
    checkpoint
        Default: beside `out`.
    fresh
        Begin anew, whatever the checkpoint says.
    seconds
        Stop after so long; None = at the end of the course.
    seed
        Of everything.
    device
        ``"cpu"`` or ``"cuda"``.
    start
        File of weights to go on from, instead of random ones.
    add
        Attributes that those have not seen: a name of :data:`.adapters.GROUPS`.
    log
        CSV file, a row for each judgement.
    """

    preset: Preset
    out: str
    data: tuple[str, ...] = ()
    held_out: str | None = None
    lessons: str | None = None
    checkpoint: str | None = None
    fresh: bool = False
    seconds: float | None = None
    seed: int = 0
    device: str = "cpu"
    start: str | None = None
    add: str | None = None
    log: str | None = None

    @property
    def kept(self) -> Path:
        """The file of the checkpoint."""
        return Path(self.checkpoint or Path(self.out).with_suffix(".training.safetensors"))


class Outcome(NamedTuple):
    """What came of a run.

    Attributes
    ----------
    weights
        Averaged, as they were written; None if nothing was learned yet.
    scores
        Of the held-out problems.
    steps, whole
        How many were made in all runs, and how many the course has.
    interrupted
        By Ctrl-C.
    """

    weights: Weights | None
    scores: list[Score]
    steps: int
    whole: int
    interrupted: bool


def require_torch(device: str = "cpu") -> None:
    """Find out before anything else whether a training could run.

    Raises
    ------
    MissingExtra
        If torch is not installed.
    InputError
        If there is no such device.
    """
    try:
        import safetensors.torch
        import torch
    except ImportError:
        raise MissingExtra("neural", "training needs torch") from None
    del safetensors
    if device.startswith("cuda") and not torch.cuda.is_available():
        raise InputError("torch finds no CUDA device", fix="use --device cpu")


def train(
    order: Order,
    *,
    say: Say = lambda topic, text: None,
    on_step: Callable[[Step, int], None] | None = None,
) -> Outcome:
    """Train, or go on with it.

    Parameters
    ----------
    order
        What is asked for.
    say
        Told what happens: a topic and a sentence.
    on_step
        Told of each step, and how many there are.

    Raises
    ------
    InputError
        If a file is missing, damaged, of another training, or cannot be written.
    MissingExtra
        If torch is not installed.
    """
    require_torch(order.device)
    _require_files(order)
    clock = Clock(Budget(seconds=order.seconds, iterations=10**12))
    with interruptible(clock):
        run = _Run(order, clock, say)
        return run.go(on_step)


class _Run:
    """One run: everything made ready, the trainer as far as it has come."""

    def __init__(self, order: Order, clock: Clock, say: Say) -> None:
        from routesolve.solvers.neural.training import Trainer

        self.order, self.clock, self.say = order, clock, say
        self.preset = preset = order.preset
        start = self._start()
        course = replace(preset.course, seed=order.seed)
        if start is not None:
            course = adapters.tuning(course, shares(start), order.add)
        self.pool = self._pool()
        self.lessons = self._lessons(course.imitation)
        if course.imitation and not self.lessons:
            if clock.interrupted:
                raise KeyboardInterrupt
            raise InputError("no time for a single lesson", fix="give more --seconds")
        self.trainer: Trainer = Trainer(
            self.pool,
            course,
            config=preset.config,
            lessons=self.lessons,
            device=order.device,
            start=None if start is None else start.network(),
            compiled=preset.compiled,
        )
        self.parent = None if start is None else start.about
        if order.kept.exists() and not order.fresh:
            self._resume()
        self.papers: list[Paper] = []
        self.scores: list[Score] = []

    # -- making ready --------------------------------------------------------------------------

    def _start(self) -> Weights | None:
        order = self.order
        if order.start is None:
            if order.add is not None:
                raise InputError("nothing to add to", fix="name weights: --from WEIGHTS")
            return None
        weights = adapters.load_wider(order.start)
        return weights if order.add is None else adapters.widened(weights, order.add)

    def _pool(self) -> Pool:
        order = self.order
        if order.data:
            pool = join(Pool.load(path) for path in order.data)
        else:
            self.say("data", f"making up {len(self.preset.towns)} towns")
            pool = self.preset.pool()
        places = sum(area.size for area in pool.areas)
        self.say("data", f"{len(pool.areas)} areas, {places:,} places to learn on")
        return pool

    def _lessons(self, needed: int) -> list[Lesson]:
        """Lessons that were given, or made until there is enough of them."""
        if not needed:
            return []
        order = self.order
        folder = Path(order.lessons or Path(order.out).with_suffix(".lessons"))
        there = schoolbook.files(folder)
        missing = self.preset.lessons - schoolbook.PART_SECONDS * len(there)
        goes_on = order.kept.exists() and not order.fresh
        if not there or (order.lessons is None and not goes_on):
            if missing > 0:
                self.say("lessons", f"our engine makes plans to imitate, for {missing:.0f} s")
            while missing > 0 and not self.clock.over:
                part = min(missing, schoolbook.PART_SECONDS, max(self.clock.remaining, 1e-3))
                count = make_lessons(self.pool, folder, seconds=part, seed=order.seed)
                missing -= part
                self.say("lessons", f"{count:,} batches, {max(missing, 0):.0f} s to go")
        found = list(schoolbook.lessons(folder, self.pool))
        self.say("lessons", f"{len(found):,} batches of plans to imitate")
        return found

    def _resume(self) -> None:
        path = self.order.kept
        try:
            self.trainer.load(path)
        except InputError as error:
            raise InputError(
                [
                    Problem(p.what, str(path), "give the same options as before, or --fresh")
                    for p in error.problems
                ]
            ) from None
        done, whole = self.trainer.step, self.trainer.course.steps
        self.say("resumed", f"{path}: step {done:,} of {whole:,}")

    # -- learning ------------------------------------------------------------------------------

    def go(self, on_step: Callable[[Step, int], None] | None) -> Outcome:
        """All steps that the clock allows, and the weights."""
        trainer, order = self.trainer, self.order
        saved = judged = time.monotonic()
        losses: list[float] = []
        step: Step | None = None
        # However little time there is, a run gets on.
        if not self.clock.interrupted and trainer.step < trainer.course.steps:
            self._prepare()
            self._trim_log()
            for step in trainer.run():
                losses.append(step.loss)
                if on_step is not None:
                    on_step(step, trainer.course.steps)
                now = time.monotonic()
                if now - judged >= self.preset.every:
                    self._judge(by_network(trainer.averaged()), step, losses)
                    judged = time.monotonic()
                if now - saved >= SAVE_SECONDS:
                    trainer.save(order.kept)
                    saved = time.monotonic()
                if self.clock.over:
                    break
            trainer.save(order.kept)
        weights = None
        if trainer.step:
            self._prepare()
            self._judge(self._final(), step, losses, checked=True)
            weights = Weights.of(trainer.averaged(), self._about())
            weights.save(order.out)
        return Outcome(
            weights, self.scores, trainer.step, trainer.course.steps, self.clock.interrupted
        )

    def _prepare(self) -> None:
        """The problems to be judged by, once."""
        if self.papers:
            return
        preset, order = self.preset, self.order
        pool = Pool.load(order.held_out) if order.held_out else preset.pool(held_out=True)
        self.held_out = pool
        self.papers = exam(pool, preset.cells, count=preset.problems, against=preset.against)
        names = {"ils": "plans of our engine", "nearest": "the nearest neighbour"}
        against = names.get(preset.against, preset.against)
        self.say(
            "held out",
            f"{len(preset.cells)} x {preset.problems} problems, compared with {against}",
        )

    def _final(self) -> Policy:
        if not self.preset.compiled:
            return by_network(self.trainer.averaged())
        return by_weights(Weights.of(self.trainer.averaged()))

    def _judge(
        self, policy: Policy, step: Step | None, losses: list[float], *, checked: bool = False
    ) -> None:
        """Judge, tell, and write a row."""
        self.scores = judge(policy, self.papers, starts=self.preset.starts, checked=checked)
        text = ", ".join(f"{s.variant} {s.customers}: {100 * s.best:+.1f} %" for s in self.scores)
        self.say("held out", f"step {self.trainer.step:,}: {text}")
        if step is not None and self.order.log:
            loss = sum(losses) / max(len(losses), 1)
            losses.clear()
            self._write(step, loss)

    def _write(self, step: Step, loss: float) -> None:
        """A row of the log."""
        assert self.order.log
        row: dict[str, Any] = {
            "step": step.number,
            "kind": step.kind,
            "seconds": round(step.seconds, 1),
            "problems": self.trainer.problems,
            "loss": round(loss, 5),
        }
        for s in self.scores:
            row[f"{s.variant} {s.customers} best"] = round(100 * s.best, 3)
            row[f"{s.variant} {s.customers} mean"] = round(100 * s.mean, 3)
        path, text = Path(self.order.log), io.StringIO()
        writer = csv.DictWriter(text, list(row), lineterminator="\n")
        if not path.exists() or not path.stat().st_size:
            writer.writeheader()
        writer.writerow(row)
        with path.open("a", encoding="utf-8", newline="") as stream:
            stream.write(text.getvalue())

    def _trim_log(self) -> None:
        """Forget rows of work that was lost, or of a training before."""
        if not self.order.log or not Path(self.order.log).exists():
            return
        lines = Path(self.order.log).read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [x for x in lines[1:] if x.partition(",")[0].isdecimal()]
        kept = [x for x in kept if int(x.partition(",")[0]) <= self.trainer.step]
        save_text(self.order.log, "".join(lines[:1] + kept) if kept else "")

    def _about(self) -> dict[str, Any]:
        """The model card."""
        import torch

        trainer, order, course = self.trainer, self.order, self.trainer.course
        learned = dict(course.mix) if trainer.step > course.imitation else {}
        if course.imitation:
            learned = dict(MIX) | learned
        gpu = torch.cuda.get_device_name() if order.device != "cpu" else None
        about: dict[str, Any] = {
            "preset": self.preset.name,
            "variants": learned or dict(course.mix),
            "customers": list(course.customers),
            "data": said(self.pool, order.data),
            "held_out": said(self.held_out, (order.held_out,) if order.held_out else ()),
            "seed": order.seed,
            "course": asdict(course),
            "lessons": len(self.lessons),
            "steps": trainer.step,
            "problems": trainer.problems,
            "hours": round(trainer.seconds / 3600, 3),
            "hardware": gpu or f"{processor()}, {torch.get_num_threads()} thread(s)",
            "versions": {
                "routesolve": routesolve.__version__,
                "torch": torch.__version__,
                "python": platform.python_version(),
            },
            "evaluation": [asdict(score) for score in self.scores],
            "licence": "MIT",
        }
        if self.parent is not None:
            about["from"] = self.parent
            about["variants"] = merged(self.parent, course.mix)
        return about


def _require_files(order: Order) -> None:
    """Find out before hours of work what would be missing, or could not be written."""
    files = [*order.data, *filter(None, (order.held_out, order.start))]
    problems = [
        Problem("there is no such file", path, "give another one")
        for path in files
        if not Path(path).is_file()
    ]
    for path in filter(None, (order.out, str(order.kept), order.log)):
        problems += require_writable(path)
    if problems:
        raise InputError(problems)
