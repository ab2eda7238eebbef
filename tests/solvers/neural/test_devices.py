"""Training with everything on the device: the CPU stands in for it under another name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from routesolve.solvers.neural.config import Config
from routesolve.solvers.neural.course import Course
from routesolve.solvers.neural.lessons import make_lesson
from routesolve.solvers.neural.quick import quick_pool
from routesolve.solvers.neural.sampler import Recipe, Sampler

torch = pytest.importorskip("torch", reason="torch is not installed")


def test_everything_on_the_device(tmp_path: Path) -> None:
    """Both kinds of steps run, in bfloat16, learn finite weights, and go on from a checkpoint."""
    from routesolve.solvers.neural.training import Trainer

    pool = quick_pool([5, 6], places=60, side=12)
    sampler = Sampler(pool, Recipe("CVRP", (5, 9)))
    lessons = [make_lesson(sampler, Recipe("CVRP", (6, 6)), (1, 0), batch=3)]
    course = Course(imitation=2, reinforcement=6, batch=3, rollouts=4, warm=2, customers=(5, 7))
    config = Config(width=16, heads=2, layers=1, hidden=16, edge=8)
    trainer = Trainer(pool, course, config=config, lessons=lessons, device="cpu:0")
    seen = []
    hook = trainer.network.node.register_forward_hook(lambda _, __, out: seen.append(out.dtype))
    losses = [step.loss for step in trainer.run()]
    hook.remove()
    assert set(seen) == {torch.bfloat16}
    assert all(abs(loss) < 100 for loss in losses)
    assert all(x.dtype == torch.float32 and x.isfinite().all() for x in trainer.average.values())
    trainer.save(tmp_path / "t.safetensors")
    longer = replace(course, reinforcement=7)
    again = Trainer(pool, longer, config=config, lessons=lessons, device="cpu:0")
    again.load(tmp_path / "t.safetensors")
    assert [step.number for step in again.run()] == [9]
