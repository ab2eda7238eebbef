"""Several kinds of vehicles and depots: the engine's arrays, and its plans against the checker."""

from __future__ import annotations

from unittest import mock

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from routesolve.instances.instance import VrpInstance
from routesolve.instances.model import Depot, Job, Location, Profile, TimeWindow, VehicleType
from routesolve.solvers.base import Budget, Clock
from routesolve.solvers.ils import audit, engine
from routesolve.solvers.ils._kernels import layout as at
from routesolve.solvers.ils._kernels.routes import ENDLESS
from routesolve.solvers.ils.engine import IteratedLocalSearch
from routesolve.solvers.ils.problem import translate
from routesolve.solvers.ils.scope import beyond
from tests.solvers.ils.test_kernels import duration


@st.composite
def fleets(draw: st.DrawFn) -> VrpInstance:
    """Instances with several kinds: ends, capacities, costs, windows, limits, zones, backhauls."""
    n, depots = draw(st.integers(1, 12)), draw(st.integers(1, 3))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    timed, lasting = draw(st.booleans()), draw(st.booleans())
    both, backhaul = draw(st.booleans()), draw(st.sampled_from(["mixed", "last"]))
    spots = [Location(index=i) for i in range(n + depots)]
    matrix = random.integers(1, 60, (n + depots, n + depots)).astype(float)
    if draw(st.booleans()):
        matrix = np.maximum(matrix, matrix.T)
    np.fill_diagonal(matrix, 0)
    optional = draw(st.sampled_from([0.2, 0.9]))
    jobs = []
    for i in range(n):
        earliest = float(random.integers(0, 100))
        window = TimeWindow(earliest, earliest + float(random.integers(10, 120)))
        amounts = tuple(float(x) for x in random.integers(0, 5, 2))
        if backhaul != "mixed":
            amounts = (max(amounts[0], 1.0), amounts[1])
        collects = both and i % 3 == 0
        jobs.append(
            Job(
                f"j{i}",
                spots[i],
                delivery=() if collects else amounts,
                pickup=amounts if collects else (),
                service=float(random.integers(0, 5)),
                time_windows=(window,) if timed and random.random() < 0.7 else (),
                prize=float(random.integers(0, 100)) if random.random() < optional else None,
            )
        )
    kinds = []
    for k in range(draw(st.integers(1, 4))):
        start = f"d{random.integers(depots)}"
        kinds.append(
            VehicleType(
                f"k{k}",
                count=draw(st.sampled_from([None, 1, 2])),
                capacity=(float(random.integers(4, 20)), float(random.integers(4, 20))),
                start=start,
                end=start if draw(st.booleans()) else draw(st.sampled_from([None, "d0"])),
                forbidden=tuple(job.id for job in jobs if random.random() < 0.2),
                shift=TimeWindow(float(random.integers(0, 50)), float(random.integers(200, 400))),
                max_duration=float(random.integers(60, 200)) if lasting else np.inf,
                max_distance=float(random.integers(60, 400)) if not timed else np.inf,
                fixed_cost=float(random.integers(0, 60)),
                cost_per_distance=float(random.choice([1.0, 1.5, 3.0])),
            )
        )
    if not timed:
        kinds = [replaced(kind, shift=TimeWindow(0.0, np.inf)) for kind in kinds]
    return VrpInstance(
        name="drawn",
        jobs=tuple(jobs),
        depots=tuple(Depot(f"d{k}", spots[n + k]) for k in range(depots)),
        vehicle_types=tuple(kinds),
        profiles=(Profile(metric="matrix", distances=matrix, durations=matrix),),
        backhaul=backhaul,
    )


def replaced(kind: VehicleType, **changes: object) -> VehicleType:
    """A vehicle type with other fields."""
    from dataclasses import replace

    return replace(kind, **changes)  # type: ignore[arg-type]


@settings(deadline=None)
@given(fleets(), st.integers(0, 1000), st.sampled_from([0.0, 5.0, 1e9]))
def test_cached_data_equals_recomputation(instance: VrpInstance, seed: int, heat: float) -> None:
    """Sums, times, penalties, links and counts of vehicles are those of the rows; so are limits."""
    assume(not IteratedLocalSearch().unsupported(instance) and not beyond(instance))
    work = translate(instance)
    if not work.n:
        return
    search = engine._Search(instance, work, Clock(Budget(iterations=1)), seed, None)
    plan, problem = search.plan, work.problem
    heat *= work.scale / 10.0
    audit.audit(problem, plan, soft=search.soft is not None)
    for polish in (0.0, 1.0, 1e9):
        search.way = search.way._replace(polish=polish)
        for steps in (1, 3, 40):
            with mock.patch.object(audit, "DEBUG", True):
                search.advance(problem, plan, search.soft, search.state, steps, heat)
    if problem.times is None or problem.kinds is None:
        return
    for r in plan.lists[at.ACTIVE, : plan.num[at.ACTIVE]].tolist():
        row, x, h = [], int(plan.route[r, at.FIRST]), int(plan.route[r, at.KIND])
        while x:
            row.append(x)
            x = int(plan.node[x, at.AFTER])
        if problem.job[h, at.HOURS] < ENDLESS:
            assert duration(problem, row, h) <= problem.job[h, at.HOURS]


@settings(deadline=None)
@given(fleets(), st.integers(0, 1000))
def test_plans_keep_the_rules(instance: VrpInstance, seed: int) -> None:
    """What leaves the engine is feasible, costs what it says, and can be gone on from."""
    solver = IteratedLocalSearch()
    assume(not beyond(instance))
    good = solver.solve(instance, Budget(seconds=None, iterations=200), seed=seed)
    assert good.report.violations == ()
    assert good.trace[-1][1] == pytest.approx(good.cost, rel=1e-5, abs=1e-2)
    again = solver.solve(
        instance, Budget(seconds=None, iterations=1), seed=seed + 1, start=good.solution
    )
    assert again.cost <= good.cost + 1e-6 or again.report.mandatory_unserved < (
        good.report.mandatory_unserved
    )
