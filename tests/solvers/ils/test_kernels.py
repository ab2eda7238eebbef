"""The engine's kernels against recomputation, and its plans against the checker."""

from __future__ import annotations

from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routesolve.instances.instance import VrpInstance
from routesolve.instances.model import Depot, Job, Location, Profile, TimeWindow, VehicleType
from routesolve.solvers.base import Budget, Clock
from routesolve.solvers.ils import audit, engine
from routesolve.solvers.ils._kernels import layout as at
from routesolve.solvers.ils.engine import IteratedLocalSearch
from routesolve.solvers.ils.problem import fitting_scale, translate
from routesolve.solvers.ils.settings import penalties


@st.composite
def problems(draw: st.DrawFn) -> VrpInstance:
    """Instances of the engine's features: loads, windows, limits, prizes, backhauls, fleets."""
    n = draw(st.integers(1, 14))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    timed, limited = draw(st.booleans()), draw(st.booleans())
    asymmetric = draw(st.booleans())
    both, backhaul = draw(st.booleans()), draw(st.sampled_from(["mixed", "last", "none"]))
    places = random.integers(0, 50, (n + 1, 2)).astype(float)
    if asymmetric:
        spots = [Location(index=i) for i in range(n + 1)]
        matrix = random.integers(1, 60, (n + 1, n + 1)).astype(float)
        np.fill_diagonal(matrix, 0)
        profile = Profile(metric="matrix", distances=matrix, durations=matrix)
    else:
        spots = [Location(x=x, y=y) for x, y in places.tolist()]
        profile = Profile(metric="euclidean")
    optional = draw(st.sampled_from([0.2, 0.9]))
    jobs = []
    for i in range(1, n + 1):
        earliest = float(random.integers(0, 100))
        window = TimeWindow(earliest, earliest + float(random.integers(10, 120)))
        amounts = tuple(float(x) for x in random.integers(0, 5, 2))
        brought = tuple(float(x) for x in random.integers(0, 5, 2))
        collects = both and random.random() < 0.4
        if backhaul != "mixed":
            amounts, brought = (max(amounts[0], 1.0), amounts[1]), ()
        jobs.append(
            Job(
                f"j{i}",
                spots[i],
                delivery=brought if collects else amounts,
                pickup=amounts if collects else (),
                service=float(random.integers(0, 5)),
                time_windows=(window,) if timed and random.random() < 0.7 else (),
                prize=float(random.integers(0, 100)) if random.random() < optional else None,
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
        backhaul=backhaul,
    )


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
    audit.audit(work.problem, plan, soft=soft)
    for polish in (0.0, 1.0, 1e9):
        search.way = search.way._replace(polish=polish)
        for steps in (1, 3, 40):
            with mock.patch.object(audit, "DEBUG", True):
                search.advance(work.problem, plan, prices, search.state, steps, heat)
            assert soft or plan.num[at.BEST] <= plan.num[at.COST]


def test_a_detour_that_saves_time_is_not_cut_short() -> None:
    """Without the stop between them the third job is late: no start of the first is too early."""
    spots = [Location(index=i) for i in range(5)]
    distances = np.ones((5, 5)) - np.eye(5)
    durations = distances.copy()
    durations[2, 4] = 50.0
    windows = ((0.0, 500.0), (100.0, 120.0), (0.0, 500.0), (0.0, 110.0))
    instance = VrpInstance(
        jobs=tuple(
            Job(str(i), spots[i + 1], time_windows=(TimeWindow(*window),), prize=5.0)
            for i, window in enumerate(windows)
        ),
        depots=(Depot("d", spots[0]),),
        vehicle_types=(VehicleType(count=1, start="d", end="d"),),
        profiles=(Profile(metric="matrix", distances=distances, durations=durations),),
    )
    search = engine._Search(instance, translate(instance), Clock(Budget(iterations=1)), 0, None)
    search.way = search.way._replace(polish=0.0)
    with mock.patch.object(audit, "DEBUG", True):
        search.advance(search.work.problem, search.plan, None, search.state, 300, 1e9)


WRONG = (
    ("num", at.COST),
    ("num", at.ALL_WARP),
    ("num", at.ALL_EXCESS),
    ("node", (1, at.LEG)),
    ("node", (1, at.START)),
    ("node", (1, at.END)),
    ("node", (1, at.LEFT)),
    ("node", (1, at.BEFORE)),
    ("route", (slice(None), at.LOADS)),
    ("route", (slice(None), at.ENTRY)),
    ("route", (slice(None), at.WARP)),
    ("route", (slice(None), at.EXCESS)),
    ("route", (slice(None), at.SIZE)),
)


def windowed() -> engine._Search:
    """A search with windows that has not run yet."""
    spots = [Location(x=float(k % 5), y=float(k)) for k in range(13)]
    problem = VrpInstance(
        jobs=tuple(
            Job(str(k), spot, delivery=(1.0,), time_windows=(TimeWindow(5.0 * k, 5.0 * k + 60.0),))
            for k, spot in enumerate(spots)
        ),
        depots=(Depot("d", Location(x=2.0, y=6.0)),),
        vehicle_types=(VehicleType(capacity=(5.0,), start="d", end="d"),),
    )
    return engine._Search(problem, translate(problem), Clock(Budget(None, 1)), 0, None)


@pytest.mark.parametrize(("array", "place"), WRONG)
def test_what_is_kept_wrongly_is_noticed(array: str, place: Any) -> None:
    """The debug switch compares all that is kept."""
    search = windowed()
    audit.audit(search.work.problem, search.plan, soft=True)
    getattr(search.plan, array)[place] += 1
    with pytest.raises(AssertionError):
        audit.audit(search.work.problem, search.plan, soft=True)


def test_debugging_changes_no_plan() -> None:
    """One by one, iterations are the same."""
    one, other = windowed(), windowed()
    one.advance(one.work.problem, one.plan, one.soft, one.state, 50, 5.0)
    with mock.patch.object(audit, "DEBUG", True):
        other.advance(other.work.problem, other.plan, other.soft, other.state, 50, 5.0)
    for kept, same in zip(one.plan, other.plan, strict=True):
        if kept is not one.plan.logged_jobs and kept is not one.plan.logged_routes:
            np.testing.assert_array_equal(kept, same)


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
    assert isinstance(work.problem.out, at.Straight)
    assert computed.feasible
    assert computed.cost == pytest.approx(dense.cost, rel=0.05)
