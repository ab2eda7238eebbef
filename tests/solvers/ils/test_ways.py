"""Ways that are computed, against tables of the same ways."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routesolve.graphs.rounding import Rounding
from routesolve.instances.instance import VrpInstance
from routesolve.instances.model import (
    Depot,
    Job,
    Location,
    Objective,
    Profile,
    TimeWindow,
    VehicleType,
)
from routesolve.solvers.base import Budget
from routesolve.solvers.ils import audit, parallel, problem
from routesolve.solvers.ils._kernels import layout as at
from routesolve.solvers.ils._kernels.neighbours import WAITING, nearest_in_time
from routesolve.solvers.ils._kernels.ways import entry, pairs, span, sums
from routesolve.solvers.ils.engine import IteratedLocalSearch
from routesolve.solvers.ils.legs import Legs


@st.composite
def drawn(draw: st.DrawFn) -> VrpInstance:
    """Places in the plane or on the sphere, with any rounding, and vehicles of several ends."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, sphere = draw(st.integers(1, 12)), draw(st.booleans())
    size = draw(st.sampled_from([1e-6, 1.0, 50.0, 1e6]))
    xy = random.random((n + 3, 2)) * ((0.3, 0.2) if sphere else (size, size))
    if draw(st.booleans()) and not sphere:
        xy = np.round(xy)
    if sphere:
        spots = [Location(lon=9 + x, lat=48 + y) for x, y in xy.tolist()]
    else:
        spots = [Location(x=x, y=y) for x, y in xy.tolist()]
    jobs = tuple(Job(f"j{i}", spots[i], service=2.0) for i in range(n))
    depots = tuple(Depot(f"d{k}", spots[n + k]) for k in range(3))
    ends = st.sampled_from([None, "d0", "d1", "d2"])
    kinds = tuple(
        VehicleType(
            f"v{k}",
            count=draw(st.sampled_from([None, 3])),
            start=draw(ends),
            end=draw(ends),
            shift=TimeWindow(0.0, draw(st.sampled_from([np.inf, 1e7]))),
            cost_per_distance=draw(st.sampled_from([1.0, 0.7])),
            cost_per_driving_time=draw(st.sampled_from([0.0, 0.2])),
            max_distance=draw(st.sampled_from([np.inf, 1e7])),
        )
        for k in range(draw(st.integers(1, 2)))
    )
    profile = Profile(
        metric="haversine" if sphere else "euclidean",
        detour=draw(st.sampled_from([1.0, 1.3])),
        speed=draw(st.sampled_from([1.0, 13.9])),
    )
    return VrpInstance(
        name="drawn",
        jobs=jobs,
        depots=depots,
        vehicle_types=kinds,
        profiles=(profile,),
        rounding=draw(st.sampled_from(list(Rounding))),
    )


@settings(deadline=None)
@given(drawn())
def test_ways_are_those_of_tables(instance: VrpInstance) -> None:
    """Costs, times and limited sums, from everywhere to everywhere, within a step of the table."""
    kinds, jobs = instance.vehicle_types, instance.jobs
    found: list[list[Any]] = []
    for dense in (True, False):
        legs = Legs(instance, kinds, jobs, several=len(kinds) > 1, dense=dense)
        out, steps = legs.costs(np.zeros(0))
        spans, stops, _ = legs.spans()
        job = np.zeros((1 + len(jobs) + len(legs.rows), at.AMOUNTS + 2), np.int64)
        times = legs.windows(job, out, steps)
        found.append([legs, out, steps, spans, stops, times, job])
    (_, out, steps, spans, stops, times, job), (legs, *computed) = found
    assert isinstance(computed[0], at.Straight)
    if (
        instance.rounding == Rounding.none
    ):  # as fine as tables, but for a bound in place of the most
        assert computed[1] >= steps / 100
    nodes = np.arange(len(out))
    froms, tos = (x.ravel() for x in np.meshgrid(nodes, nodes, indexing="ij"))
    # No leg leads from an end to the same end: an empty route costs nothing, wherever it would go.
    apart = froms != tos

    def compare(ways: Any, table: Any, one: float, other: float) -> None:
        given_, wanted = pairs(ways, froms, tos)[apart] / one, table[froms, tos][apart] / other
        assert given_ == pytest.approx(wanted, abs=1.01 / one + 1.01 / other, rel=1e-12)
        one_by_one = [entry(ways, a, b) for a, b in zip(froms, tos, strict=True)]
        assert pairs(ways, froms, tos).tolist() == one_by_one

    compare(computed[0], out, computed[1], steps)
    assert legs.longest(computed[1]) >= pairs(computed[0], froms, tos).max()
    assert (times is None) == (computed[4] is None)
    if times is not None:
        # A unit of time is told by the service of a job.
        one, other = computed[5][1, at.SERVICE] / 2.0, job[1, at.SERVICE] / 2.0
        compare(computed[4], times, one, other)
    assert sums(spans) == sums(computed[2])
    for q in range(sums(spans)):
        one_sum = computed[2]._replace(formula=computed[2].formula[q : q + 1])
        assert entry(one_sum, 0, 1) == span(computed[2], q, 0, 1)
        scale = computed[2].formula[q, at.BY_LENGTH]
        exact = Legs(instance, kinds, jobs, several=len(kinds) > 1, dense=True)
        square, steps = exact._ways(1.0, 0.0, upwards=True, beside=np.array([1e7]))
        compare(one_sum, square, scale, steps)


@pytest.mark.parametrize("same_back", [True, False])
def test_nearest_in_time(same_back: bool) -> None:
    """Of the neighbours given the nearest, the better way, when waiting and lateness count."""
    random = np.random.default_rng(3)
    n, k, pace = 30, 5, 0.5
    out = random.integers(1, 90, (n + 1, n + 1)).astype(np.int32)
    times = random.integers(1, 90, (n + 1, n + 1)).astype(np.int32)
    if same_back:
        out, times = np.maximum(out, out.T), np.maximum(times, times.T)
    job = np.zeros((n + 1, at.AMOUNTS), np.int64)
    job[:, at.EARLIEST] = random.integers(0, 300, n + 1)
    job[:, at.LATEST] = job[:, at.EARLIEST] + random.integers(0, 100, n + 1)
    job[:, at.SERVICE] = random.integers(0, 9, n + 1)
    given_ = np.zeros((n + 1, 12), np.int32)
    for a in range(1, n + 1):
        given_[a, :11] = random.permutation(np.delete(np.arange(1, n + 1), a - 1))[:11]

    def apart(a: int, b: int) -> float:
        ready = job[a, at.SERVICE] + times[a, b]
        waiting = max(job[b, at.EARLIEST] - job[a, at.LATEST] - ready, 0)
        late = max(job[a, at.EARLIEST] + ready - job[b, at.LATEST], 0)
        return float(out[a, b] + pace * (WAITING * waiting + late))

    near = nearest_in_time(given_, out, times, same_back, job, pace, k)
    for a in range(1, n + 1):
        order = sorted((int(min(apart(a, b), apart(b, a))), b) for b in given_[a, :11].tolist())
        assert near[a].tolist() == [b for _, b in order[:k]]


def town(n: int, seed: int, **more: Any) -> VrpInstance:
    """Jobs with windows around two depots, vehicles of two types, one of them with a limit."""
    random = np.random.default_rng(seed)
    x, y = random.integers(0, 1000, (2, n + 2)).tolist()
    spots = [Location(x=a, y=b) for a, b in zip(x, y, strict=True)]
    opens = random.integers(0, 3000, n).tolist()
    jobs = tuple(
        Job(
            f"j{i}",
            spots[i],
            delivery=(1.0 + i % 3,),
            service=10.0,
            time_windows=(TimeWindow(opens[i], opens[i] + 900),) if i % 2 else (),
        )
        for i in range(n)
    )
    return VrpInstance(
        name="town",
        jobs=jobs,
        depots=(Depot("a", spots[n]), Depot("b", spots[n + 1])),
        vehicle_types=(
            VehicleType("van", capacity=(20.0,), start="a", end="a", shift=TimeWindow(0, 6000)),
            VehicleType(
                "lorry", capacity=(40.0,), start="b", end=None, max_duration=4000.0, fixed_cost=90.0
            ),
        ),
        profiles=(Profile(metric="euclidean"),),
        **more,
    )


@pytest.mark.parametrize("rounding", ["none", "dimacs"])
def test_search_with_ways_that_are_computed(rounding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """All that is kept of a plan is true, and plans are as good as with tables."""
    instance = town(80, 1, rounding=rounding)
    solver, budget = IteratedLocalSearch(), Budget(seconds=None, iterations=600)
    dense = solver.solve(instance, budget, seed=2)
    monkeypatch.setattr(problem, "DENSE", 10)
    monkeypatch.setattr(audit, "DEBUG", True)
    assert isinstance(problem.translate(instance).problem.times, at.Straight)
    computed = solver.solve(instance, budget, seed=2)
    assert computed.feasible
    assert computed.report.mandatory_unserved == 0
    assert computed.cost == pytest.approx(dense.cost, rel=0.05)


def test_parts_of_ways_that_are_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several workers search parts of a plan with windows and limits of their own coordinates."""
    kind = VehicleType(
        capacity=(30.0,), start="a", end="b", max_distance=9000.0, shift=TimeWindow(0, 6000)
    )
    given_ = town(200, 3)
    instance = VrpInstance(
        name="one type",
        jobs=given_.jobs,
        depots=given_.depots,
        vehicle_types=(kind,),
        profiles=given_.profiles,
    )
    monkeypatch.setattr(problem, "DENSE", 10)
    monkeypatch.setattr(parallel, "LARGE", 100)
    monkeypatch.setattr("routesolve.solvers.ils.settings.SOFT", 10)
    budget = Budget(seconds=None, iterations=2000, workers=2)
    one, two = (IteratedLocalSearch().solve(instance, budget, seed=2) for _ in range(2))
    assert one.feasible
    assert one.report.mandatory_unserved == 0
    assert one.solution == two.solution


def test_no_table_of_many_places() -> None:
    """Windows, types of vehicles and limits for more places than a table could have."""
    instance = town(12_000, 5, objective=Objective())
    solver = IteratedLocalSearch()
    assert not solver.unsupported(instance)
    result = solver.solve(instance, Budget(seconds=None, iterations=50), seed=1)
    assert result.feasible
    assert result.report.mandatory_unserved == 0
    assert not any(instance.travel(kind).built for kind in instance.vehicle_types)


def test_nobody_can_be_served(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many jobs of which no vehicle may serve any, and which may begin and end anywhere."""
    monkeypatch.setattr(problem, "DENSE", 2)
    spots = [Location(x=float(i), y=0.0) for i in range(5)]
    jobs = tuple(Job(f"j{i}", spot, skills=("crane",)) for i, spot in enumerate(spots))
    instance = VrpInstance(name="none", jobs=jobs, vehicle_types=(VehicleType("van"),))
    result = IteratedLocalSearch().solve(instance, Budget(seconds=None, iterations=5))
    assert result.report.mandatory_unserved == 5
