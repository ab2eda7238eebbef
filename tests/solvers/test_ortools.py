"""The OR-Tools solver: every feature against the best plan found by trying all."""

from __future__ import annotations

from math import inf
from pathlib import Path
from random import Random

import numpy as np
import pytest

from routesolve.errors import UnsupportedFeature
from routesolve.instances.features import Feature
from routesolve.instances.instance import VrpInstance
from routesolve.solutions.solution import Solution
from routesolve.solvers._ortools.scales import Scale, cost_scale, exact_factor, measure_scale
from routesolve.solvers.base import Budget, Progress
from routesolve.solvers.ortools_routing import OrToolsRouting
from tests.solvers import tiny

SOLVER = OrToolsRouting()
BUDGET = Budget(seconds=None, iterations=60)
SOLVED = [case for case, instance in tiny.CASES.items() if not SOLVER.unsupported(instance)]
# A job for a pair: no move of the library exchanges the two.
OUT_OF_REACH = {"group of shipments"}


@pytest.mark.parametrize("case", [case for case in SOLVED if case not in OUT_OF_REACH])
def test_best_plan(case: str) -> None:
    """The plan is as good as the best of all plans, by the checker's account and its own."""
    instance = tiny.CASES[case]
    result = SOLVER.solve(instance, BUDGET)
    assert tiny.rank(instance, result.report) == pytest.approx(tiny.best(instance), abs=1e-3)
    if instance.task_count:
        assert result.trace[-1][1] == pytest.approx(result.cost, abs=1e-2)


@pytest.mark.parametrize("seed", range(36))
def test_random_mixtures(seed: int) -> None:
    """Whatever the mixture of features: a feasible plan, never better than the best there is."""
    instance = tiny.random_instance(Random(seed))
    if SOLVER.unsupported(instance):
        pytest.skip(", ".join(SOLVER.unsupported(instance)))
    result = SOLVER.solve(instance, Budget(seconds=None, iterations=10))
    assert result.report.violations == ()
    best, found = tiny.best(instance), tiny.rank(instance, result.report)
    assert found >= tuple(x - 1e-6 for x in best)


def test_what_it_lacks() -> None:
    """All features but one; the rest are combinations named one by one."""
    assert frozenset(Feature) - SOLVER.info.features == {Feature.TIME_BANDS}


@pytest.mark.parametrize(
    ("instance", "lack"),
    [
        (
            tiny.vrp(tiny.jobs(1, time_windows=[[tiny.W(0, 5, lateness_cost=1), tiny.W(8, 9)]])),
            "soft windows before the last window of a stop",
        ),
        (
            tiny.vrp(
                tiny.jobs(1),
                tiny.van(breaks=[{"id": "rest", "max_load": [1]}]),
            ),
            "largest load during breaks",
        ),
        (
            tiny.vrp(
                tiny.jobs(1),
                tiny.van(shift=tiny.W(0, 9), max_duration=9, max_overtime=5, overtime_cost=1),
            ),
            "cost of overtime over both the shift and the maximum duration",
        ),
        (
            tiny.vrp(
                tiny.jobs(1),
                tiny.van(alternative_ends=["east"]),
                depots=tiny.hub(time_windows=[tiny.W(0, 90)]),
            ),
            "alternative ends with different opening times",
        ),
        (
            tiny.vrp(tiny.jobs(2, release=[5, None]), objective={"balance": 1}),
            "balanced routes where vehicles may wait",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_fine_print(instance: VrpInstance, lack: str) -> None:
    """What cannot be expressed exactly is named."""
    assert SOLVER.unsupported(instance) == [lack]


def test_a_free_fleet_grows() -> None:
    """Windows may need far more vehicles than loads do: one for each stop."""
    together = [tiny.W(100, 100)]
    angles = np.linspace(0, 6, 45)
    stops = [
        {
            "id": str(i),
            "location": tiny.place(float(20 * np.cos(a)), float(20 * np.sin(a))),
            "time_windows": together,
        }
        for i, a in enumerate(angles)
    ]
    result = SOLVER.solve(tiny.vrp(stops, tiny.van(count=None)), Budget(iterations=5))
    assert result.report.complete
    assert result.report.totals["vehicles"] == 45


def test_a_plan_when_time_is_up() -> None:
    """A budget that ends before the search begins still gives a plan, with breaks and without."""
    for case in ("breaks", "time windows", "reloads and releases"):
        instance = tiny.CASES[case]
        result = SOLVER.solve(instance, Budget(seconds=1e-9))
        assert result.feasible
        assert list(result.solution.served())


def test_a_trip_leaves_after_all_its_releases() -> None:
    """A reload that has to wait for the last release of its trip makes tight windows late."""
    stops = tiny.jobs(5, release=[None, None, 60, None, 30], delivery=[[1]] * 5)
    for stop, latest in zip(stops, (30, 30, 90, 75, 50), strict=True):
        stop["time_windows"] = [tiny.W(0, latest)]
    fleet = tiny.van(count=1, capacity=[2], reload_depots=["hub"])
    for capacity in (2, 3, 5):
        instance = tiny.vrp(stops, fleet | {"capacity": [capacity]})
        result = SOLVER.solve(instance, BUDGET)
        assert result.report.violations == ()
        assert tiny.rank(instance, result.report) >= tuple(x - 1e-6 for x in tiny.best(instance))


def test_too_many_stops() -> None:
    """Beyond what its tables may hold the solver says so, and who can."""
    stops = [
        {"id": str(i), "location": tiny.place(i % 80, i // 80), "delivery": [1]}
        for i in range(6001)
    ]
    instance = tiny.vrp(stops, tiny.van(count=None, capacity=[100]))
    with pytest.raises(UnsupportedFeature, match="more than 6000 stops") as error:
        SOLVER.solve(instance, BUDGET)
    assert "savings" in str(error.value)


def test_locked_visits_that_break_a_rule() -> None:
    """A locked beginning nobody can drive is all that is planned, with its violations."""
    instance = tiny.CASES["locked"].replace(
        jobs=tiny.jobs(4, time_windows=[[tiny.W(0, 2)], None, None, None])
    )
    result = SOLVER.solve(instance, BUDGET)
    assert [v.id for v in result.solution.routes[0].stops] == ["d", "a"]
    assert {violation.kind for violation in result.report.violations} == {"time_window"}


def test_start_is_repaired() -> None:
    """Routes of a start that keep the rules are used, the others are planned again."""
    instance = tiny.CASES["capacity"]
    start = Solution.from_sequences(
        [("van", [("job", "d"), ("job", "e")]), ("van", [("job", x) for x in "abcab"])]
    )
    notes: list[Progress] = []
    result = SOLVER.solve(instance, BUDGET, start=start, on_progress=notes.append)
    assert result.feasible
    assert result.report.complete


def test_initial_routes_are_the_start() -> None:
    """An instance's own initial plan is used when no other is given."""
    plan = [
        {"vehicle_type": "van", "visits": [{"kind": "job", "id": x} for x in route]}
        for route in ("abc", "de")
    ]
    plan[1]["vehicle"] = 1
    instance = tiny.CASES["capacity"].replace(initial_routes=plan)
    result = SOLVER.solve(instance, Budget(seconds=None, iterations=1))
    assert result.cost <= 62


def test_a_listener_that_fails() -> None:
    """An exception in the listener comes out of solve."""

    def fail(progress: Progress) -> None:
        raise RuntimeError("listener")

    with pytest.raises(RuntimeError, match="listener"):
        SOLVER.solve(tiny.CASES["time windows"], BUDGET, on_progress=fail)


def test_many_priorities() -> None:
    """More levels of priority than 64 bits keep apart still give a sensible plan."""
    stops = tiny.jobs(5, priority=[100, 3, 50, 75, 1])
    stops += [
        {"id": f"x{i}", "location": tiny.place(i, 3), "delivery": [1], "priority": 3 * i}
        for i in range(25)
    ]
    result = SOLVER.solve(tiny.vrp(stops, tiny.van(count=1, capacity=[4])), BUDGET)
    assert result.feasible
    assert len(list(result.solution.served())) == 4
    assert ("job", "a") in set(result.solution.served())


@pytest.mark.parametrize(
    ("file", "convention", "cost"),
    [("cvrp/X/X-n101-k25.vrp", 1.07, 27591), ("vrptw/solomon/C101.txt", 1.07, 827.3)],
)
def test_benchmarks(data_dir: Path, file: str, convention: float, cost: float) -> None:
    """Benchmark instances: feasible, complete, near the best known cost."""
    from routesolve.instances.formats import load

    instance = load(data_dir / "bench" / file)
    result = SOLVER.solve(instance, Budget(seconds=None, iterations=300))
    assert result.feasible
    assert result.report.complete
    assert result.cost <= convention * cost


def test_exact_scales() -> None:
    """The coarsest power of ten that makes all numbers whole; none when there is none."""
    assert exact_factor([np.array([1.0, inf])]) == 1
    assert exact_factor([[0.1 + 0.2, 4]]) == 10
    assert exact_factor([[1 / 3]]) is None


def test_safe_rounding() -> None:
    """Inexact numbers are rounded to the safe side, noise is not."""
    scale = measure_scale([[1 / 3, 2]])
    assert scale.up(1 / 3) == 334
    assert scale.down(1 / 3) == 333
    assert scale.up(0.1 + 0.2) == 300
    assert Scale(10, 100).near(101.04) == 10
    assert scale.down(inf) == 2**60


def test_cost_scale_keeps_rates_and_room() -> None:
    """Small costs per second keep their digits; totals stay far from overflow."""
    assert cost_scale([[1.0, 2.5]], [0.5], 100).factor == 10
    assert cost_scale([[1.0]], [1e-7 / 3], 100).factor * (1e-7 / 3) >= 1e3
    assert cost_scale([[1 / 3]], [], 1e15).factor * 1e15 <= 2.0**50
