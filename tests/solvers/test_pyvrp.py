"""PyVRP behind the common interface."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from routesolve.errors import MissingExtra, UnsupportedFeature
from routesolve.instances.features import Feature
from routesolve.solutions.checker import check
from routesolve.solvers import registry
from routesolve.solvers._peers import extra
from routesolve.solvers.base import Budget, Progress
from routesolve.solvers.pyvrp import PyVrp
from tests.solvers import tiny

SOLVER = PyVrp()
LONG = Budget(seconds=None, iterations=3000)
installed = pytest.mark.skipif(
    bool(extra.missing("pyvrp")), reason='needs pyvrp (pip install "routesolve[peers]")'
)
W = tiny.window


def lacks(case: str) -> list[str]:
    """What PyVRP lacks for a tiny instance, its own absence aside."""
    return [x for x in SOLVER.unsupported(tiny.CASES[case]) if not x.startswith("package")]


SOLVED = [case for case in tiny.CASES if not lacks(case)]


@installed
@pytest.mark.parametrize("case", SOLVED)
def test_optimal_on_tiny_instances(case: str) -> None:
    """On a handful of stops the plan is the best of all plans, and so is the cost it tells."""
    instance = tiny.CASES[case]
    told: list[Progress] = []
    result = SOLVER.solve(instance, LONG, seed=1, on_progress=told.append)
    assert tiny.rank(instance, result.report) == pytest.approx(tiny.best(instance), abs=1e-6)
    if told and told[-1].cost is not None:
        assert told[-1].cost == pytest.approx(result.cost, abs=0.01)
        assert told[-1].unserved == result.report.mandatory_unserved


@installed
@pytest.mark.parametrize("seed", range(40))
def test_random_mixtures(seed: int) -> None:
    """Plans of mixed features pass the checker; what it says they cost is what PyVRP says."""
    instance = tiny.random_instance(Random(seed))
    if SOLVER.unsupported(instance):
        with pytest.raises(UnsupportedFeature):
            SOLVER.solve(instance, LONG)
        return
    told: list[Progress] = []
    budget = Budget(seconds=None, iterations=300)
    result = SOLVER.solve(instance, budget, on_progress=told.append)
    assert result.feasible, result.report.violations
    mine = [p for p in told if p.unserved == result.report.mandatory_unserved]
    if mine:
        assert any(p.cost == pytest.approx(result.cost, abs=0.05) for p in mine)


@pytest.mark.parametrize(
    ("case", "named"),
    [
        ("ride time", Feature.RIDE_TIME),
        ("soft windows", Feature.SOFT_WINDOWS),
        ("break", Feature.BREAKS),
        ("time-dependent travel", Feature.TIME_BANDS),
        ("balance", Feature.BALANCE),
        ("locked", Feature.LOCKED),
        ("setup at one place, windows", "time windows with setup times at shared places"),
        ("depot opening times", "several opening times of a depot"),
        ("group of shipments", "exclusive groups with shipments"),
        ("overtime of the shift", "cost of overtime over the shift"),
    ],
)
def test_what_it_cannot_express_is_named(case: str, named: str) -> None:
    """Each feature without a counterpart is refused by name."""
    assert str(named) in lacks(case)


PAIR = tiny.shipments(1)
TIMES = [[0, 3, 9, 5], [4, 0, 2, 8], [9, 5, 0, 3], [2, 9, 6, 0]]
WAYS = [[0, 1, 1, 7], [2, 0, 2, 1], [1, 1, 0, 1], [3, 1, 2, 0]]
COMBINED: dict[str, tuple[Any, str]] = {
    "released shipment": (
        tiny.vrp(tiny.shipments(1, release=[9])),
        "release times of shipments",
    ),
    "windows of a shipment": (
        tiny.vrp(
            [PAIR[0] | {"pickup": PAIR[0]["pickup"] | {"time_windows": [W(0, 9), W(20, 30)]}}]
        ),
        "several windows of shipments",
    ),
    "counted shipments": (
        tiny.vrp(tiny.shipments(1), tiny.van(max_jobs=2)),
        "maximum number of jobs with shipments",
    ),
    "counted trips": (
        tiny.vrp(tiny.jobs(2), tiny.van(max_jobs=2, reload_depots=["hub"])),
        "maximum number of jobs with reloads",
    ),
    "limit and another cost": (
        tiny.CASES["matrix with closed ways"].replace(
            vehicle_types=[tiny.van(max_distance=90, cost_per_driving_time=1)],
            profiles=[{"metric": "matrix", "durations": TIMES, "distances": WAYS}],
        ),
        "limits of distance or driving time beside costs of something else",
    ),
    "backhauls beside shipments": (
        tiny.vrp([*tiny.jobs(2, pickup=[[1], []]), *PAIR], backhaul="last"),
        "backhaul rules with shipments",
    ),
    "visits without load": (
        tiny.vrp(tiny.jobs(2, pickup=[[1], []], delivery=[[1], []]), backhaul="last"),
        "backhaul rules with jobs that load and unload nothing",
    ),
    "both ways": (
        tiny.vrp(tiny.jobs(2, pickup=[[1], []]), backhaul="none"),
        "no mixed trips with jobs that have both a delivery and a pickup",
    ),
    "loading takes different times": (
        tiny.vrp(
            tiny.jobs(2, release=[9, 0]),
            tiny.van(),
            tiny.van(id="b", start="east"),
            depots=tiny.hub(service=3),
        ),
        "release times with different loading times",
    ),
}


@pytest.mark.parametrize("case", COMBINED)
def test_combinations_it_cannot_express_are_named(case: str) -> None:
    """So are combinations of features that it has each by itself."""
    instance, named = COMBINED[case]
    assert named in SOLVER.unsupported(instance)


@installed
def test_one_limit_of_two_that_say_the_same() -> None:
    """Where time and distance go together, limits and costs of both are kept."""
    kind = tiny.van(
        max_distance=45, max_driving_time=24, speed_factor=2, cost_per_driving_time=3, capacity=[5]
    )
    instance = tiny.vrp(tiny.jobs(4), kind)
    assert not SOLVER.unsupported(instance)
    result = SOLVER.solve(instance, LONG)
    assert tiny.rank(instance, result.report) == pytest.approx(tiny.best(instance), abs=1e-6)


HOPELESS: dict[str, Any] = {
    "released after its window": tiny.vrp(
        tiny.jobs(2, release=[30, None], time_windows=[[W(0, 20)], None])
    ),
    "delivered before it is picked up": tiny.vrp(
        [
            PAIR[0]
            | {
                "pickup": PAIR[0]["pickup"] | {"time_windows": [W(50, 60)]},
                "delivery": PAIR[0]["delivery"] | {"time_windows": [W(0, 40)]},
            },
            *tiny.jobs(1),
        ]
    ),
    "shift before the depot opens": tiny.vrp(
        tiny.jobs(2),
        tiny.van(shift=W(0, 40)),
        tiny.van(id="b", start="east", end="east"),
        depots=tiny.hub(time_windows=[W(50, 90)]),
    ),
}


@installed
@pytest.mark.parametrize("case", HOPELESS)
def test_what_cannot_be_is_left_out(case: str) -> None:
    """Tasks and vehicles that PyVRP would refuse as inconsistent are kept from it."""
    instance = HOPELESS[case]
    result = SOLVER.solve(instance, LONG)
    assert tiny.rank(instance, result.report) == pytest.approx(tiny.best(instance), abs=1e-6)


@installed
def test_starts_from_a_plan() -> None:
    """The plan to start from is where PyVRP begins: the first cost told is its cost."""
    instance = tiny.CASES["several windows, duration"]
    plans = [p for p in tiny.all_plans(instance) if check(instance, p, reasons=False).feasible]
    complete = [p for p in plans if not check(instance, p).mandatory_unserved]
    worst = max(complete, key=lambda p: check(instance, p).cost)
    told: list[Progress] = []
    budget = Budget(seconds=None, iterations=1)
    SOLVER.solve(instance, budget, start=worst, on_progress=told.append)
    assert told[0].cost == pytest.approx(check(instance, worst).cost, abs=0.05)


@installed
def test_counts_iterations() -> None:
    """An iteration budget is PyVRP's number of iterations."""
    assert SOLVER.solve(tiny.CASES["capacity"], Budget(seconds=None, iterations=7)).iterations == 7


def test_absent_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the package: a note in the list, no offer, and an error with the command."""
    monkeypatch.setattr(extra, "find_spec", lambda package: None)
    instance = tiny.CASES["capacity"]
    with pytest.raises(MissingExtra, match=r'pip install "routesolve\[peers\]"'):
        SOLVER.solve(instance, LONG)
    assert "pyvrp" in registry.SOLVERS
    assert "pyvrp" not in registry.able(instance)
    assert "ortools" in registry.able(instance)
    assert "needs package 'pyvrp'" in extra.summary("PyVRP", "pyvrp")
