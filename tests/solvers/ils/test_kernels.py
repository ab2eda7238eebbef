"""The engine's kernels against recomputation, and its plans against the checker."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routesolve.instances.instance import VrpInstance
from routesolve.instances.model import Depot, Job, Location, Profile, TimeWindow, VehicleType
from routesolve.solvers.base import Budget, Clock
from routesolve.solvers.ils import engine
from routesolve.solvers.ils._kernels import layout as at
from routesolve.solvers.ils.engine import IteratedLocalSearch
from routesolve.solvers.ils.problem import Work, fitting_scale, translate
from routesolve.solvers.ils.settings import penalties


@st.composite
def problems(draw: st.DrawFn) -> VrpInstance:
    """Instances of the engine's features: loads, windows, limits, prizes, small fleets."""
    n = draw(st.integers(1, 14))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    timed, limited = draw(st.booleans()), draw(st.booleans())
    asymmetric = draw(st.booleans())
    places = random.integers(0, 50, (n + 1, 2)).astype(float)
    if asymmetric:
        spots = [Location(index=i) for i in range(n + 1)]
        matrix = random.integers(1, 60, (n + 1, n + 1)).astype(float)
        np.fill_diagonal(matrix, 0)
        profile = Profile(metric="matrix", distances=matrix, durations=matrix)
    else:
        spots = [Location(x=x, y=y) for x, y in places.tolist()]
        profile = Profile(metric="euclidean")
    jobs = []
    for i in range(1, n + 1):
        earliest = float(random.integers(0, 100))
        window = TimeWindow(earliest, earliest + float(random.integers(10, 120)))
        jobs.append(
            Job(
                f"j{i}",
                spots[i],
                delivery=tuple(float(x) for x in random.integers(0, 5, 2)),
                service=float(random.integers(0, 5)),
                time_windows=(window,) if timed and random.random() < 0.7 else (),
                prize=float(random.integers(0, 100)) if random.random() < 0.2 else None,
            )
        )
    kind = VehicleType(
        count=draw(st.sampled_from([None, 1, 2, 4])),
        capacity=(float(random.integers(4, 20)), float(random.integers(4, 20))),
        start="d",
        end=draw(st.sampled_from(["d", None])),
        max_distance=float(random.integers(60, 400)) if limited else np.inf,
        max_duration=float(random.integers(60, 400)) if limited and not timed else np.inf,
        fixed_cost=draw(st.sampled_from([0.0, 30.0])),
        cost_per_driving_time=draw(st.sampled_from([0.0, 0.5])),
    )
    return VrpInstance(
        name="drawn",
        jobs=tuple(jobs),
        depots=(Depot("d", spots[0]),),
        vehicle_types=(kind,),
        profiles=(profile,),
    )


def recomputed(work: Work, plan: at.Plan, *, soft: bool) -> dict[str, Any]:
    """Cost, sums and times of the present plan, from its sequences alone."""
    problem, node, route = work.problem, plan.node, plan.route
    job, several = problem.job, problem.kinds is not None
    used: dict[int, int] = {}
    loads = len(problem.limit) - (0 if problem.spans is None else len(problem.spans))
    cost, served = 0, set()
    warps, excesses = 0, 0
    for r in plan.lists[at.ACTIVE, : plan.num[at.ACTIVE]].tolist():
        row, x = [], int(route[r, at.FIRST])
        while x:
            row.append(x)
            x = int(node[x, at.AFTER])
        assert row
        assert row[-1] == route[r, at.LAST]
        assert len(row) == route[r, at.SIZE]
        assert not served & set(row)
        served |= set(row)
        h = int(route[r, at.KIND]) if several else 0
        path = [h, *row, h]
        excess = 0
        lengths = [leg(problem, h, a, b) for a, b in pairwise(path)]
        cost += int(job[h, at.USING]) if several else work.opening
        cost += sum(lengths)
        if several:
            used[h] = used.get(h, 0) + 1
            assert used[h] <= job[h, at.VEHICLES]
            assert all(job[c, at.ALLOWED] & job[h, at.ALLOWED] for c in row)
        limits = job[h, at.AMOUNTS :] if several else problem.limit
        for i in range(len(problem.limit)):
            total = sum(int(job[c, at.AMOUNTS + i]) for c in row)
            if i >= loads:
                spans = problem.spans
                assert spans is not None
                total += sum(int(spans[i - loads, a, b]) for a, b in pairwise(path))
            assert route[r, at.LOADS + i] == total
            if i >= loads:
                assert total <= limits[i]
            elif total > limits[i]:
                excess += (total - int(limits[i])) * 1_000_000 // max(int(limits[i]), 1) + 1
        warp = _check_times(problem, node, row, h)
        assert route[r, at.WARP] == (warp if soft else 0)
        assert route[r, at.EXCESS] == excess
        assert soft or warp + excess == 0
        warps, excesses = warps + warp, excesses + excess
        for (a, b), length in zip(pairwise([0, *row, 0]), lengths, strict=True):
            assert (node[a, at.LEG] if a else route[r, at.ENTRY]) == length
            if b:
                assert node[b, at.BEFORE] == a
                assert node[b, at.ROUTE] == r
    if several:
        counted = plan.num[at.IN_USE :].tolist()
        assert counted == [used.get(work.n + 1 + k, 0) for k in range(len(counted))]
    assert (warps, excesses) == (plan.num[at.ALL_WARP], plan.num[at.ALL_EXCESS])
    absent = set(plan.lists[at.ABSENT, : plan.num[at.ABSENT]].tolist())
    assert absent | served == set(range(1, work.n + 1))
    assert not absent & served
    assert (node[list(absent), at.ROUTE] == -1).all()
    return {"cost": cost + int(job[list(absent), at.MISSING].sum())}


def leg(problem: at.Problem, h: int, a: int, b: int) -> int:
    """Cost of a leg in a route with the ends h, for a kind's share of it."""
    share = 1.0 if problem.kinds is None else float(problem.kinds[h])
    return int(int(problem.out[a, b]) * share + 0.5)


def duration(problem: at.Problem, row: list[int], h: int) -> int:
    """Shortest duration of a route, the time of departure tried one by one (no time warp)."""
    job, times = problem.job.tolist(), problem.times
    assert times is not None
    found = []
    for leaves in range(job[h][at.EARLIEST], job[row[0]][at.LATEST] + 1):
        t, a = leaves + job[h][at.SERVICE], h
        for c in row:
            t = max(t + int(times[a, c]), job[c][at.EARLIEST])
            if t > job[c][at.LATEST]:
                return min(found)
            t, a = t + job[c][at.SERVICE], c
        found.append(t + int(times[a, h]) - leaves)
    return min(found)


def _check_times(problem: at.Problem, node: Any, row: list[int], h: int) -> int:
    """Compare what is cached of a route's times; returns its time warp."""
    if problem.times is None:
        return 0
    job, times = problem.job.tolist(), problem.times.tolist()
    t, a, warp = job[h][at.EARLIEST] + job[h][at.SERVICE], h, 0
    for c in row:
        t = max(job[c][at.EARLIEST], t + times[a][c])
        warp += max(t - job[c][at.LATEST], 0)
        t = min(t, job[c][at.LATEST])
        assert node[c, at.START] == t
        t, a = t + job[c][at.SERVICE], c
    warp += max(t + times[a][h] - job[h][at.LATEST], 0)
    t, b, left = job[h][at.LATEST], h, 0
    for c in reversed(row):
        t = min(job[c][at.LATEST], t - times[c][b] - job[c][at.SERVICE])
        left += max(job[c][at.EARLIEST] - t, 0)
        t = max(t, job[c][at.EARLIEST])
        assert node[c, at.END] == t
        assert node[c, at.LEFT] == left
        b = c
    return warp


@settings(deadline=None)
@given(problems(), st.integers(0, 1000), st.sampled_from([0.0, 5.0, 1e9]), st.booleans())
def test_cached_data_equals_recomputation(
    instance: VrpInstance, seed: int, heat: float, soft: bool
) -> None:
    """After any run of iterations all sums, times, penalties and links are those of the rows."""
    if IteratedLocalSearch().unsupported(instance):
        return
    work = translate(instance)
    search = engine._Search(instance, work, Clock(Budget(iterations=1)), seed, None)
    # Fewer kernels to compile: limits along legs come with penalties where there are windows.
    soft = work.problem.times is not None and (soft or work.problem.spans is not None)
    plan, prices = search.plan, penalties(work) if soft else None
    assert recomputed(work, plan, soft=soft)["cost"] == plan.num[at.COST]
    for polish in (0.0, 1.0, 1e9):
        way = search.way._replace(polish=polish)
        for steps in (1, 3, 40):
            search.way = way
            search.advance(work.problem, plan, prices, search.state, steps, heat)
            assert recomputed(work, plan, soft=soft)["cost"] == plan.num[at.COST]
            assert soft or plan.num[at.BEST] <= plan.num[at.COST]


@settings(deadline=None)
@given(problems(), st.integers(0, 1000))
def test_plans_keep_the_rules(instance: VrpInstance, seed: int) -> None:
    """What leaves the engine is feasible, and costs what the engine says."""
    solver = IteratedLocalSearch()
    if solver.unsupported(instance):
        return
    result = solver.solve(instance, Budget(seconds=None, iterations=200), seed=seed)
    assert result.report.violations == ()
    assert result.trace[-1][1] == pytest.approx(result.cost, rel=1e-5, abs=1e-2)


@settings(deadline=None)
@given(problems(), st.integers(0, 1000))
def test_start_is_followed(instance: VrpInstance, seed: int) -> None:
    """A plan handed over is the first best plan: one iteration cannot be worse."""
    solver = IteratedLocalSearch()
    if solver.unsupported(instance):
        return
    good = solver.solve(instance, Budget(seconds=None, iterations=300), seed=seed)
    again = solver.solve(
        instance, Budget(seconds=None, iterations=1), seed=seed + 1, start=good.solution
    )
    assert again.cost <= good.cost + 1e-6 or again.report.mandatory_unserved < (
        good.report.mandatory_unserved
    )


def test_small_optimum_is_found(data_dir: Any) -> None:
    """A-n32-k5 is solved to its optimum, 784."""
    import routesolve as rs

    files = sorted((data_dir / "bench" / "cvrp" / "small").glob("A-n32-k5.vrp*"))
    if not files:
        pytest.skip("A-n32-k5 is not there")
    result = rs.solve(files[0], solver="ils", iterations=60_000, seed=1)
    assert result.cost == 784


def test_seed_and_iterations_decide() -> None:
    """Another seed gives another search, the same one the same plan."""
    spots = np.random.default_rng(7).integers(0, 1000, (61, 2)).tolist()
    instance = VrpInstance(
        name="planar",
        jobs=tuple(
            Job(f"j{i}", Location(x=float(x), y=float(y)), delivery=(1.0,))
            for i, (x, y) in enumerate(spots[1:])
        ),
        depots=(Depot("d", Location(x=500.0, y=500.0)),),
        vehicle_types=(VehicleType(capacity=(9.0,), start="d", end="d"),),
    )
    solver = IteratedLocalSearch()
    plans = [
        solver.solve(instance, Budget(seconds=None, iterations=500), seed=seed).solution
        for seed in (1, 1, 2)
    ]
    assert plans[0] == plans[1]
    assert plans[0] != plans[2]


@pytest.mark.parametrize(
    ("values", "scale"), [([1, 2, 3], 1), ([0.5, 2], 10), ([0.125], 1000), ([1e8], 0.1), ([], 1)]
)
def test_scale(values: list[float], scale: float) -> None:
    """The smallest power of ten that makes values whole, as far as they fit."""
    if not values:
        assert fitting_scale(np.array(values), 1e8) >= scale
        return
    assert fitting_scale(np.array(values), 1e7) == pytest.approx(scale)


def test_computed_legs_equal_the_matrix(monkeypatch: pytest.MonkeyPatch) -> None:
    """Above the size of a matrix costs come from coordinates: the same plan."""
    from routesolve.solvers.ils import problem

    random = np.random.default_rng(5)
    spots = [Location(x=float(x), y=float(y)) for x, y in random.integers(0, 1000, (61, 2))]
    jobs = tuple(Job(f"j{i}", spots[i], delivery=(1.0,)) for i in range(1, 61))
    instance = VrpInstance(
        name="planar",
        jobs=jobs,
        depots=(Depot("d", spots[0]),),
        vehicle_types=(VehicleType(capacity=(9.0,), start="d", end="d"),),
        rounding="nearest",  # type: ignore[arg-type]
    )
    solver, budget = IteratedLocalSearch(), Budget(seconds=None, iterations=400)
    dense = solver.solve(instance, budget, seed=2)
    monkeypatch.setattr(problem, "DENSE", 10)
    monkeypatch.setattr(problem, "_short_leg", lambda *_: 40.0)
    computed = solver.solve(instance, budget, seed=2)
    work = translate(instance)
    assert work.problem.out.size == 0
    assert computed.feasible
    assert computed.cost == pytest.approx(dense.cost, rel=0.05)
