"""The commands about models: neural train, neural eval, neural info."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from routesolve.cli.neural import neural
from routesolve.solvers.neural import presets, runs
from routesolve.solvers.neural.config import Config
from routesolve.solvers.neural.course import Course
from routesolve.solvers.neural.lessons import make_lessons
from routesolve.solvers.neural.presets import PRESETS, Preset, preset
from routesolve.solvers.neural.quick import quick_pool

TINY = Preset(
    name="smoke",
    summary="for tests",
    config=Config(width=16, heads=2, layers=1, hidden=16, edge=8),
    course=Course(
        reinforcement=4, batch=2, rollouts=3, warm=2, mix={"CVRP": 1.0}, customers=(4, 5)
    ),
    towns=range(2),
    held_out=range(50, 51),
    places=30,
    quick=True,
    cells=(("CVRP", 5),),
    problems=3,
    starts=3,
    against="nearest",
    every=0.0,
    compiled=False,
)
KILLED = """
import sys
from dataclasses import replace
from routesolve.solvers.neural import presets, runs
from tests.cli.test_neural_train import TINY
runs.SAVE_SECONDS = 0.0
long = replace(TINY.course, reinforcement=10**6)
presets.PRESETS["smoke"] = replace(TINY, course=long, every=1e9)
from routesolve.cli import main
main(["neural", "train", "--seed", "3"])
"""


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """The preset smoke becomes four steps of a small network."""
    pytest.importorskip("torch", reason="torch is not installed")
    monkeypatch.setitem(presets.PRESETS, "smoke", TINY)


def test_every_part_has_help() -> None:
    """Commands and options say what they do, and the presets are those that there are."""
    for name in ("train", "eval", "info"):
        command = neural.commands[name]
        assert command.help
        for option in command.params:
            assert option.param_type_name == "argument" or option.help  # type: ignore[attr-defined]
    (option,) = [p for p in neural.commands["train"].params if p.name == "preset"]
    assert list(option.type.choices) == list(PRESETS)  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="no preset"):
        preset("days")


@pytest.mark.usefixtures("tiny")
def test_train_and_look(cli: Any) -> None:
    """Weights, a log, and a model card with all that there is to know."""
    code, out, err = cli("neural", "train", "--log", "log.csv", "--seed", "3")
    assert code == 0
    assert "4 steps" in out
    assert "the nearest neighbour" in err
    rows = list(csv.DictReader(Path("log.csv").read_text().splitlines()))
    assert [row["step"] for row in rows] == ["1", "2", "3", "4", "4"]
    assert {row["kind"] for row in rows} == {"reinforcement"}
    float(rows[0]["CVRP 5 best"])
    code, out, _ = cli("neural", "info", "weights.safetensors")
    assert code == 0
    for part in (
        "CVRP",
        "town 0",
        "town 50",
        "CC0-1.0",
        "licence",
        "4 steps",
        "width 16",
        "4 to 5",
    ):
        assert part in out
    about = json.loads(cli("neural", "info", "weights.safetensors", "--json")[1])["about"]
    assert (about["seed"], about["steps"], about["problems"]) == (3, 4, 8)
    assert about["evaluation"][0]["violations"] == 0
    assert about["course"]["mix"] == {"CVRP": 1.0}


@pytest.mark.usefixtures("tiny")
def test_parts_are_the_whole(cli: Any) -> None:
    """Stopped by the clock after every step and continued, the weights are the same ones."""
    assert cli("neural", "train", "-q")[0] == 0
    for k in range(4):
        code, out, err = cli("neural", "train", "-o", "b.safetensors", "--seconds", "1e-9")
        assert code == 0
        assert ("resumed" in err) == (k > 0)
        assert ("of 4; the same command goes on" in out) == (k < 3)
    whole, parts = (
        json.loads(cli("neural", "info", name, "--json")[1])["about"]["evaluation"][0]["mean"]
        for name in ("weights.safetensors", "b.safetensors")
    )
    assert whole == parts
    code, _, err = cli("neural", "train", "-o", "b.safetensors", "--seed", "1")
    assert code == 2
    assert "another seed" in err
    assert "--fresh" in err
    assert cli("neural", "train", "-o", "b.safetensors", "--seed", "1", "--fresh", "-q")[0] == 0


@pytest.mark.usefixtures("tiny")
def test_killed_training_goes_on(cli: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After SIGKILL the same command goes on from the last checkpoint."""
    root = Path(__file__).resolve().parents[2]
    kept = tmp_path / "weights.training.safetensors"
    worker = subprocess.Popen(
        [sys.executable, "-c", KILLED],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(root)},
        stderr=subprocess.PIPE,
    )
    try:
        while not kept.exists():
            if worker.poll() is not None:
                assert worker.stderr is not None
                pytest.fail(worker.stderr.read().decode())
            time.sleep(0.02)
        time.sleep(0.3)  # somewhere within a step, or a write
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        if worker.stderr is not None:
            worker.stderr.close()
    assert not (tmp_path / "weights.safetensors").exists()
    monkeypatch.setitem(presets.PRESETS, "smoke", _longer(10**6))
    code, out, err = cli("neural", "train", "--seed", "3", "--seconds", "1e-9", "--json")
    assert code == 0
    assert err == ""
    steps = json.loads(out)["steps"]
    assert steps >= 2


def _longer(steps: int) -> Preset:
    return replace(TINY, course=replace(TINY.course, reinforcement=steps), every=1e9)


@pytest.mark.usefixtures("tiny")
def test_interrupted_training_is_kept(cli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C ends the step, writes checkpoint and weights, and says so by its code."""
    monkeypatch.setitem(presets.PRESETS, "smoke", _longer(10**6))
    told = runs._Run.go

    def go(run: Any, on_step: Any) -> Any:
        def stopping(step: Any, whole: int) -> None:
            if step.number == 3:
                signal.raise_signal(signal.SIGINT)

        return told(run, stopping)

    monkeypatch.setattr(runs._Run, "go", go)
    code, out, _ = cli("neural", "train", "-q")
    assert code == 130
    assert "3 steps of 1,000,000" in out
    assert Path("weights.safetensors").exists()


def test_lessons_are_made_first(cli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A course that imitates makes its lessons beside the weights, once, or uses those given."""
    pytest.importorskip("torch", reason="torch is not installed")
    course = replace(TINY.course, imitation=2, reinforcement=1)
    monkeypatch.setitem(presets.PRESETS, "smoke", replace(TINY, course=course, lessons=0.2))
    monkeypatch.setattr(
        runs, "make_lessons", partial(make_lessons, batch=2, sizes=(4, 5), mix={"CVRP": 1.0})
    )
    code, _, err = cli("neural", "train", "--seconds", "1e-9")
    assert (code, "no time for a single lesson" in err) == (2, True)
    code, _, err = cli("neural", "train", "--log", "log.csv")
    assert code == 0
    assert "makes plans to imitate" in err
    kinds = [row["kind"] for row in csv.DictReader(Path("log.csv").read_text().splitlines())]
    assert kinds == ["imitation", "imitation", "reinforcement", "reinforcement"]
    about = json.loads(cli("neural", "info", "weights.safetensors", "--json")[1])["about"]
    assert about["lessons"] >= 1
    assert "PVRP-P" in about["variants"]
    given = ("--lessons", "weights.lessons", "-o", "b.safetensors")
    code, _, err = cli("neural", "train", *given)
    assert code == 0
    assert "makes plans" not in err


@pytest.mark.usefixtures("tiny")
def test_attributes_are_added(cli: Any) -> None:
    """Weights that have not seen profiles learn them; those that have are refused."""
    assert cli("neural", "train", "-q")[0] == 0
    add = ("neural", "train", "-q", "--from", "weights.safetensors", "--add", "profiles")
    assert cli(*add, "-o", "new.safetensors")[0] == 0
    about = json.loads(cli("neural", "info", "new.safetensors", "--json")[1])["about"]
    assert set(about["variants"]) == {"CVRP", "PVRP-P", "PVRP-ZC"}
    assert about["from"]["steps"] == 4
    again = ("--from", "new.safetensors", "--add", "profiles", "-o", "c.safetensors")
    code, _, err = cli("neural", "train", "-q", *again)
    assert code == 2
    assert "have seen PVRP-P, PVRP-ZC" in err
    code, _, err = cli("neural", "train", "--add", "profiles")
    assert (code, "--from" in err) == (2, True)


@pytest.mark.usefixtures("tiny")
def test_eval(cli: Any) -> None:
    """A table for people, rows for programs, a file for spreadsheets."""
    assert cli("neural", "train", "-q")[0] == 0
    quick_pool([7], places=40, side=12).save("pool.npz")
    ask = ("neural", "eval", "weights.safetensors", "--data", "pool.npz", "--against", "nearest")
    ask += ("--variants", "CVRP,VRPTW", "--customers", "4,6", "--count", "2", "--starts", "3")
    code, out, _ = cli(*ask, "--csv", "gaps.csv")
    assert code == 0
    assert out.count("nearest") >= 4
    rows = list(csv.DictReader(Path("gaps.csv").read_text().splitlines()))
    assert [(r["variant"], r["customers"]) for r in rows] == [
        ("CVRP", "4"),
        ("CVRP", "6"),
        ("VRPTW", "4"),
        ("VRPTW", "6"),
    ]
    assert {r["violations"] for r in rows} == {"0"}
    found = json.loads(cli(*ask, "--json")[1])
    assert 100 * found[0]["best"] == pytest.approx(float(rows[0]["best"]), abs=1e-3)
    code, _, err = cli(*ask, "--customers", "4,x")
    assert (code, "--customers" in err) == (2, True)
    code, _, err = cli(*ask, "--variants", "XYZ")
    assert (code, "'XYZ'" in err) == (2, True)


def test_without_torch(cli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line with the command that installs it."""
    monkeypatch.setitem(sys.modules, "torch", None)
    code, out, err = cli("neural", "train")
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert 'pip install "routesolve[neural]"' in err


def test_without_a_gpu(cli: Any) -> None:
    """One line that says what else to do."""
    torch = pytest.importorskip("torch", reason="torch is not installed")
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    for asked in (("--preset", "gpu"), ("--device", "cuda")):
        code, _, err = cli("neural", "train", *asked)
        assert code == 2
        assert "no CUDA device" in err
        assert "--device cpu" in err


@pytest.mark.parametrize("command", ["info", "eval"])
def test_bad_weights(cli: Any, command: str) -> None:
    """No file, an empty one, another one: said in a line or two."""
    Path("empty").write_bytes(b"")
    Path("other").write_bytes(b"\x08" + b"\0" * 7 + b"{}      ")
    for name in ("none", "empty", "other"):
        code, out, err = cli("neural", command, name)
        assert (code, out) == (2, "")
        assert name in err
        assert err.count("error:") == 1


@pytest.mark.usefixtures("tiny")
def test_missing_files_are_named_together(cli: Any) -> None:
    """Before any work."""
    code, _, err = cli(
        "neural", "train", "--data", "a.npz", "--held-out", "b.npz", "--log", "none/log.csv"
    )
    assert code == 2
    for part in ("a.npz", "b.npz", "none/log.csv", "3 problems, nothing done"):
        assert part in err
