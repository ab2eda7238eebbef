"""What the engine does with its time: what counts, when it ends, and how Ctrl-C ends it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest

import routesolve as rs
from routesolve.instances.instance import VrpInstance
from routesolve.solvers.base import Budget, Progress
from routesolve.solvers.ils import engine, parallel, problem, settings
from tests.solvers.ils.test_edges import scattered, vrp

HOUR = Budget(seconds=3600.0)


@pytest.fixture
def instance() -> VrpInstance:
    """Thirty jobs for six vans."""
    return vrp(scattered(30))


class Watch:
    """A clock that the test moves on; each look at it takes a little while."""

    def __init__(self, look: float = 0.0) -> None:
        self.now, self.look = 1000.0, look

    def __call__(self) -> float:
        """Seconds."""
        self.now += self.look
        return self.now

    def before(self, seconds: float, then: Callable[..., Any]) -> Callable[..., Any]:
        """The same, but it takes so long."""

        def late(*args: Any, **options: Any) -> Any:
            self.now += seconds
            return then(*args, **options)

        return late


@pytest.mark.parametrize(("large", "cuts"), [(30, True), (31, False)])
def test_parts_are_compiled_beforehand(
    instance: VrpInstance, monkeypatch: pytest.MonkeyPatch, large: int, cuts: bool
) -> None:
    """What workers do with a large plan is compiled on a few of its jobs, before any clock runs."""
    seen = []
    whole = parallel.cut
    monkeypatch.setattr(parallel, "LARGE", large)
    monkeypatch.setattr(parallel, "cut", lambda *given: seen.append(given) or whole(*given))
    engine._compile(instance, Budget(seconds=1.0, workers=2), start=False)
    assert bool(seen) == cuts


def test_translation_counts(instance: VrpInstance, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where making the arrays takes the whole budget, the first plan is the answer."""
    watch, whole = Watch(), problem.translate
    slow = watch.before(5.0, whole)
    monkeypatch.setattr(time, "monotonic", watch)
    monkeypatch.setattr(
        problem,
        "translate",
        lambda *args, few=False, **more: (whole if few else slow)(*args, few=few, **more),
    )
    result = rs.solve(instance, solver="ils", seconds=1.0, iterations=50)
    assert result.iterations == 0
    assert result.runtime == 5.0
    assert result.report.complete
    assert result.feasible


def test_compiling_does_not_count(instance: VrpInstance, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the compiler takes: the search has its time."""
    watch = Watch()
    monkeypatch.setattr(time, "monotonic", watch)
    monkeypatch.setattr(engine, "_compile", watch.before(60.0, engine._compile))
    result = rs.solve(instance, solver="ils", seconds=1.0, iterations=50)
    assert result.iterations == 50
    assert result.runtime == 0.0


@pytest.mark.parametrize(("check", "expected"), [(0.0, 1.0), (0.03, 1.0), (0.45, 0.6), (9.0, 0.0)])
def test_checking_has_its_time(
    instance: VrpInstance, monkeypatch: pytest.MonkeyPatch, check: float, expected: float
) -> None:
    """The search ends early enough for the checker, but for a grace of 50 ms."""
    monkeypatch.setattr(time, "monotonic", Watch(look=0.003))
    monkeypatch.setattr(engine, "_checking_time", lambda *_: check)
    result = rs.solve(instance, solver="ils", seconds=1.0)
    assert result.runtime == pytest.approx(expected, abs=0.05)
    assert result.report.complete


def test_start_is_checked_in_time(instance: VrpInstance, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two plans to check, twice the time."""
    start = rs.solve(instance, solver="ils", iterations=10).solution
    monkeypatch.setattr(time, "monotonic", Watch(look=0.003))
    monkeypatch.setattr(engine, "_checking_time", lambda *_: 0.2)
    result = rs.solve(instance, solver="ils", seconds=1.0, start=start)
    assert result.runtime == pytest.approx(0.65, abs=0.05)


def test_time_for_checking_grows_with_the_jobs() -> None:
    """What is measured on a few jobs is for all of them."""
    few, many = (vrp(scattered(n)) for n in (40, 4000))
    times = [engine._checking_time(one, one.vehicle_types[0], one.jobs) for one in (few, many)]
    assert 0 < times[0] < times[1]


@pytest.mark.parametrize("name", ["ils", "auto"])
def test_interrupted_while_searching(name: str, instance: VrpInstance) -> None:
    """Ctrl-C returns the best plan."""
    told: list[Progress] = []

    def listen(progress: Progress) -> None:
        told.append(progress)
        if len(told) == 3:
            signal.raise_signal(signal.SIGINT)

    result = rs.solve(instance, solver=name, budget=HOUR, on_progress=listen)
    assert result.interrupted
    assert result.feasible
    assert result.report.complete
    assert result.cost <= (told[2].cost or 0.0) * (1 + 1e-6)


@pytest.mark.parametrize("when", ["translate", "check"])
def test_interrupted_outside_the_search(
    when: str, instance: VrpInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C while the arrays are made, or the plan is checked, loses no plan either."""
    place, name = (problem, "translate") if when == "translate" else (engine, "finish")
    ready: Callable[..., Any] = getattr(place, name)

    def interrupted(*args: Any, **options: Any) -> Any:
        if not options.get("few"):
            signal.raise_signal(signal.SIGINT)
        return ready(*args, **options)

    monkeypatch.setattr(place, name, interrupted)
    budget = HOUR if when == "translate" else Budget(iterations=20)
    result = rs.solve(instance, solver="ils", budget=budget)
    assert result.interrupted
    assert result.feasible
    assert result.report.complete


def test_interrupted_from_outside() -> None:
    """A process that is sent SIGINT prints its plan."""
    program = """
import routesolve as rs
from tests.solvers.ils.test_edges import scattered, vrp
told = lambda progress: print("better", flush=True)
result = rs.solve(vrp(scattered(30)), solver="ils", seconds=3600.0, on_progress=told)
print("done", result.interrupted, result.feasible, result.report.complete)
"""
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "better\n"
        process.send_signal(signal.SIGINT)
        said = process.stdout.read().splitlines()
    assert said[-1] == "done True True True"
    assert process.returncode == 0


@pytest.mark.parametrize("count", [4, 40])
def test_what_is_compiled_is_what_runs(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The few jobs to compile with are searched by the same kernels as all of them."""
    from routesolve.solvers.ils import engine

    soft = []
    run = engine._Search.run

    def noted(search: engine._Search) -> None:
        soft.append(search.soft is not None)
        run(search)

    monkeypatch.setattr(settings, "SOFT", 20)
    monkeypatch.setattr(engine._Search, "run", noted)
    jobs = [
        {
            "id": str(i),
            "location": {"x": i, "y": 1},
            "time_windows": [{"earliest": 0, "latest": 1000}],
        }
        for i in range(count)
    ]
    document = {
        "jobs": jobs,
        "depots": [{"id": "d", "location": {"x": 0, "y": 0}}],
        "vehicle_types": [{"id": "v", "start": "d", "end": "d"}],
    }
    rs.solve(rs.VrpInstance.from_dict(document), solver="ils", iterations=2)
    assert soft == [count <= 20] * 2
