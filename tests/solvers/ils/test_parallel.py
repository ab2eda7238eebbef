"""Several workers: the plan depends on their number, not on their pace, and nothing is lost."""

from __future__ import annotations

import signal
from dataclasses import replace
from math import inf
from typing import Any

import numpy as np
import pytest

import routesolve as rs
from routesolve.errors import InputError
from routesolve.instances.instance import VrpInstance
from routesolve.solutions.result import Result
from routesolve.solvers.base import Budget, Clock, Progress
from routesolve.solvers.ils import engine, parallel, parts, settings
from routesolve.solvers.ils._kernels import layout
from routesolve.solvers.ils.problem import translate
from routesolve.solvers.ils.scope import beyond
from tests.solvers.ils.test_edges import by_matrix, scattered, vrp

each_mode = pytest.mark.parametrize("mode", ["parts", "chains", "families"], indirect=True)

Parts = dict[str, Any]


@pytest.fixture
def mode(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers search parts of the plan, or all of it, or cross what they find."""
    if request.param == "parts":
        monkeypatch.setattr(parallel, "LARGE", 1)
        monkeypatch.setattr(settings, "SOFT", 0)
    monkeypatch.setattr(engine, "PATIENCE", 10.0 if request.param == "families" else inf)


def windows(n: int) -> Parts:
    """Windows of an hour, spread over a day."""
    opens = [float(60 * (37 * i % n)) for i in range(n)]
    return {
        "time_windows": [[{"earliest": a, "latest": a + 3600.0}] for a in opens],
        "service": [60.0] * n,
    }


def loops(n: int) -> Any:
    """A matrix that is not symmetric."""
    points = scattered(n)
    ways = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
    return (ways + np.maximum(points[:, None, 0] - points[None, :, 0], 0.0)).tolist()


INSTANCES = {
    "plain": lambda: vrp(scattered(60)),
    "one van": lambda: vrp(scattered(60), van={"count": 1, "capacity": [60]}),
    "few vans": lambda: vrp(scattered(60), van={"count": 8}),
    "windows": lambda: vrp(scattered(60), each=windows(60)),
    "few vans, windows": lambda: vrp(scattered(60), each=windows(60), van={"count": 8}),
    "far": lambda: vrp(scattered(60), van={"max_distance": 150.0, "count": 20}),
    "one way": lambda: by_matrix(loops(40)),
    "three jobs": lambda: vrp(scattered(3)),
    "one job": lambda: vrp(scattered(1)),
    "one place": lambda: vrp(np.zeros((30, 2))),
    "nobody can": lambda: vrp(scattered(12), van={"max_distance": 0.1}),
}


def solved(instance: VrpInstance, workers: int, iterations: int = 3000, **more: Any) -> Result:
    """A plan by several workers, found to keep the rules."""
    budget = Budget(seconds=None, iterations=iterations, workers=workers)
    result = rs.solve(instance, solver="ils", budget=budget, **more)
    assert result.report.violations == ()
    assert result.iterations == iterations
    return result


@pytest.mark.parametrize("score", [0.0, 1.0], ids=["two types", "every feature"])
def test_fleets_are_not_cut(monkeypatch: pytest.MonkeyPatch, score: float) -> None:
    """However large, plans with several types, or with every feature, are searched as a whole."""
    monkeypatch.setattr(parallel, "LARGE", 1)
    monkeypatch.setattr(settings, "SOFT", 0)
    monkeypatch.setattr(parallel, "cut", None)
    plain = vrp(scattered(40), each=windows(40))
    (kind,) = plain.vehicle_types
    preferences = {job.id: score for job in plain.jobs[:5] if score}
    small = replace(kind, id="small", capacity=(5.0,), preferences=preferences)
    instance = replace(plain, vehicle_types=(kind, small))
    assert bool(beyond(instance)) == bool(score)
    assert solved(instance, 2, 200).report.solution.unassigned == ()


@each_mode
@pytest.mark.parametrize("name", INSTANCES)
def test_nothing_lost(name: str, mode: None) -> None:
    """Any number of workers keeps the rules and leaves nobody out whom one of them serves."""
    instance = INSTANCES[name]()
    alone = solved(instance, 1)
    for workers in (2, 3):
        result = solved(instance, workers, 3000 * workers)
        visited = [v.id for r in result.solution.routes for v in r.visits if v.kind == "job"]
        left = [u.id for u in result.solution.unassigned]
        assert sorted(visited + left) == sorted(job.id for job in instance.jobs)
        assert len(left) == len(alone.solution.unassigned)
        assert result.cost == pytest.approx(alone.cost, rel=0.1)


@each_mode
@pytest.mark.parametrize("name", ["plain", "few vans, windows", "one way"])
def test_reproducible(name: str, mode: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Same seed, iterations and workers, same plan; however often the clock is looked at."""
    instance = INSTANCES[name]()
    first = solved(instance, 2, seed=5)
    monkeypatch.setattr(parallel, "CHUNK_SECONDS", 1e-5)
    again = solved(instance, 2, seed=5)
    assert again.solution == first.solution


@each_mode
def test_reproducible_alone(mode: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """One worker does not depend on its pace either."""
    instance = INSTANCES["few vans, windows"]()
    first = solved(instance, 1, seed=5)
    monkeypatch.setattr(parallel, "CHUNK_SECONDS", 1e-5)
    assert solved(instance, 1, seed=5).solution == first.solution


@each_mode
@pytest.mark.parametrize("workers", [1, 2, 3])
def test_fewer_iterations_than_workers(workers: int, mode: None) -> None:
    """Iterations are shared out, even if not all workers get one."""
    assert solved(vrp(scattered(20)), workers, iterations=2).report.complete


@each_mode
@pytest.mark.parametrize(
    "budget", [Budget(seconds=0.4, workers=2), Budget(None, stall=0.2, workers=2)]
)
def test_ends(budget: Budget, mode: None) -> None:
    """Seconds and a stall end the search of all workers."""
    result = rs.solve(vrp(scattered(60)), solver="ils", budget=budget)
    assert result.report.complete
    assert result.iterations > 0
    assert not result.interrupted


@each_mode
def test_interrupted(mode: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C ends all workers and returns the best plan."""
    monkeypatch.setattr(parallel, "ROUNDS", 30_000)
    told: list[Progress] = []

    def listen(progress: Progress) -> None:
        told.append(progress)
        if len(told) == 3:
            signal.raise_signal(signal.SIGINT)

    budget = Budget(seconds=3600.0, workers=2)
    result = rs.solve(vrp(scattered(60)), solver="ils", budget=budget, on_progress=listen)
    assert result.interrupted
    assert result.report.complete
    assert result.cost <= (told[2].cost or 0.0) * (1 + 1e-6)


@each_mode
def test_listener_breaks(mode: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception in the listener ends all workers and comes through."""
    monkeypatch.setattr(parallel, "ROUNDS", 30_000)
    told: list[Progress] = []

    def listen(progress: Progress) -> None:
        told.append(progress)
        if len(told) == 3:
            raise LookupError("enough")

    budget = Budget(seconds=3600.0, workers=2)
    with pytest.raises(LookupError, match="enough"):
        rs.solve(vrp(scattered(60)), solver="ils", budget=budget, on_progress=listen)


@pytest.mark.parametrize("name", ["plain", "few vans, windows", "far", "one way", "nobody can"])
def test_cut_and_joined(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan that is cut into parts and put together again is the plan it was."""
    monkeypatch.setattr(settings, "SOFT", 0)
    instance = INSTANCES[name]()
    work = translate(instance)
    clock = Clock(Budget(None, iterations=500))
    search = engine._Search(instance, work, clock, 0, None)
    search.run()
    plan = search.plan
    before, kept = _seen(plan), layout.kept_routes(plan)
    for count in (1, 2, 5):
        places = parts.where(work.problem)
        groups = list(parts.share_out(plan, places, count, count))
        assert sorted(np.concatenate([whole[1:] for whole, _, _ in groups])) == list(
            range(1, work.n + 1)
        )
        assert sorted(np.concatenate([rows for _, rows, _ in groups])) == list(range(work.routes))
        done = [parts.cut(search, *group) for group in groups]
        assert sum(int(part.plan.num[layout.COST]) for part in done) == plan.num[layout.COST]
        parts.join(search, done)
        assert _seen(plan) == before
        if sum(int(part.plan.num[layout.BEST]) for part in done) >= plan.num[layout.BEST]:
            assert sorted(layout.kept_routes(plan)[0]) == sorted(kept[0])


def _seen(plan: layout.Plan) -> Any:
    """What a plan is, whatever its routes are numbered."""
    rows = []
    for r in plan.lists[layout.ACTIVE, : plan.num[layout.ACTIVE]].tolist():
        row, x = [], int(plan.route[r, layout.FIRST])
        while x:
            assert plan.node[x, layout.ROUTE] == r
            row.append((x, plan.node[x, layout.BEFORE : layout.LEG + 1].tolist()))
            x = int(plan.node[x, layout.AFTER])
        held = [layout.SIZE, layout.ENTRY, layout.LAST, *range(layout.WARP, plan.route.shape[1])]
        rows.append((row, plan.route[r, held].tolist()))
    absent = sorted(plan.lists[layout.ABSENT, : plan.num[layout.ABSENT]].tolist())
    free = sorted(plan.lists[layout.FREE, : plan.num[layout.FREE]].tolist())
    return sorted(rows), absent, free, int(plan.num[layout.COST])


@pytest.mark.parametrize("workers", [0, -1, 1.5, "2"])
def test_wrong_number(workers: Any) -> None:
    """The number of workers is a whole number above 0."""
    with pytest.raises(InputError, match="workers"):
        Budget(workers=workers)


def test_workers_by_name() -> None:
    """The keyword of `solve` is that of the budget."""
    instance = vrp(scattered(30))
    budget = Budget(seconds=None, iterations=600, workers=3)
    by_budget = rs.solve(instance, solver="ils", budget=budget)
    by_name = rs.solve(instance, solver="ils", iterations=600, workers=3)
    assert by_name.solution == by_budget.solution
    assert by_name.iterations == 600
