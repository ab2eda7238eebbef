"""VROOM behind the common interface."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from routesolve.errors import MissingExtra, UnsupportedFeature
from routesolve.instances.features import Feature
from routesolve.solutions.checker import check
from routesolve.solvers import registry
from routesolve.solvers._peers import extra
from routesolve.solvers._peers.vroom_model import weights
from routesolve.solvers.base import Budget
from routesolve.solvers.vroom import Vroom
from tests.solvers import tiny

SOLVER = Vroom()
BUDGET = Budget(seconds=None, iterations=5)
installed = pytest.mark.skipif(
    bool(extra.missing("vroom")), reason='needs pyvroom (pip install "routesolve[peers]")'
)
W = tiny.window


def lacks(case: str) -> list[str]:
    """What VROOM lacks for a tiny instance, its own absence aside."""
    return [x for x in SOLVER.unsupported(tiny.CASES[case]) if not x.startswith("package")]


SOLVED = [case for case in tiny.CASES if not lacks(case)]


@installed
@pytest.mark.parametrize("case", SOLVED)
def test_optimal_on_tiny_instances(case: str) -> None:
    """On a handful of stops the plan is the best of all plans."""
    instance = tiny.CASES[case]
    result = SOLVER.solve(instance, BUDGET)
    assert tiny.rank(instance, result.report) == pytest.approx(tiny.best(instance), abs=1e-6)


@installed
@pytest.mark.parametrize("seed", range(60))
def test_random_mixtures(seed: int) -> None:
    """Mixed features: the best plan, or a refusal."""
    instance = tiny.random_instance(Random(seed))
    if SOLVER.unsupported(instance):
        with pytest.raises(UnsupportedFeature):
            SOLVER.solve(instance, BUDGET)
        return
    result = SOLVER.solve(instance, BUDGET)
    assert result.feasible, result.report.violations
    assert tiny.rank(instance, result.report) == pytest.approx(tiny.best(instance), abs=1e-6)


@pytest.mark.parametrize(
    ("case", "named"),
    [
        ("backhauls last", Feature.BACKHAUL_LAST),
        ("ride time", Feature.RIDE_TIME),
        ("soft windows", Feature.SOFT_WINDOWS),
        ("releases", Feature.RELEASE),
        ("prizes", Feature.PRIZES),
        ("groups", Feature.GROUPS),
        ("preferences", Feature.PREFERENCES),
        ("cost of unserved", Feature.UNSERVED_COST),
        ("duration cost", Feature.DURATION_COST),
        ("maximum duration", Feature.MAX_DURATION),
        ("overtime of the shift", Feature.OVERTIME),
        ("reloads", Feature.RELOADS),
        ("locked", Feature.LOCKED),
        ("depot opening times", "opening times of depots that are not the vehicle's shift"),
        ("matrix with closed ways", "matrices with ways that do not exist"),
    ],
)
def test_what_it_cannot_express_is_named(case: str, named: str) -> None:
    """Each feature without a counterpart is refused by name."""
    assert str(named) in lacks(case)


OPENED: dict[str, Any] = {
    "open like the shift": tiny.vrp(
        tiny.jobs(3, time_windows=[[W(0, 30)], None, None]),
        tiny.van(shift=W(5, 60)),
        depots=tiny.hub(time_windows=[W(8, 45)], service=2),
    ),
    "no ends, a break": tiny.vrp(
        tiny.jobs(3),
        tiny.van(start=None, end=None, breaks=[{"id": "x", "time_windows": [W(3, 9)]}]),
    ),
    "limits for some": tiny.vrp(
        tiny.jobs(4), tiny.van(max_distance=30), tiny.van(id="b", max_driving_time=50, max_jobs=1)
    ),
    "shipments count like jobs": tiny.vrp(
        [*tiny.jobs(2, priority=[1, 1]), *tiny.shipments(1, priority=[1])],
        tiny.van(count=1, max_distance=32),
    ),
    "light breaks": tiny.vrp(
        [*tiny.jobs(1), *tiny.shipments(1)],
        tiny.van(breaks=[{"id": "x", "duration": 4, "max_load": [0], "time_windows": [W(9, 40)]}]),
    ),
}


@installed
@pytest.mark.parametrize("case", OPENED)
def test_optimal_on_combinations(case: str) -> None:
    """Rules that only hold together with others."""
    instance = OPENED[case]
    assert not SOLVER.unsupported(instance)
    result = SOLVER.solve(instance, BUDGET)
    assert tiny.rank(instance, result.report) == pytest.approx(tiny.best(instance), abs=1e-6)


def test_priorities_become_weights() -> None:
    """One more task outweighs all of lower priority; what needs more than 100 is refused."""
    few = tiny.vrp(tiny.jobs(5, priority=[0, 7, 7, 90, 90]), tiny.van())
    assert weights(few) == {0: 0, 7: 1, 90: 3}
    levels = tiny.vrp(tiny.jobs(5, priority=[0, 1, 2, 3, 4]), tiny.van())
    assert weights(levels) == {0: 0, 1: 1, 2: 2, 3: 4, 4: 8}
    job = tiny.jobs(1)[0]
    many = [job | {"id": str(i), "priority": min(i, 8)} for i in range(10)]
    assert weights(tiny.vrp(many)) is None
    assert "more priorities than VROOM can keep apart" in SOLVER.unsupported(tiny.vrp(many))


@installed
def test_a_free_fleet_grows() -> None:
    """More vehicles than loads make one expect are found when time needs them."""
    late = [[W(10, 10.5)]] * 40
    job = tiny.jobs(1)[0]
    stops = [job | {"id": str(i), "time_windows": late[i], "service": 9} for i in range(40)]
    result = SOLVER.solve(tiny.vrp(stops, tiny.van(count=None, capacity=[99])), BUDGET)
    assert result.report.complete
    assert len(result.solution.routes) == 40


@installed
def test_a_start_is_not_made_worse() -> None:
    """Beginning at a plan, even at the lowest level, gives one as good."""
    instance = tiny.CASES["skills"]
    plans = [p for p in tiny.all_plans(instance) if check(instance, p, reasons=False).feasible]
    for plan in plans[::40]:
        lowest = Budget(seconds=None, iterations=1)
        result = SOLVER.solve(instance, lowest, start=plan)
        assert tiny.rank(instance, result.report) <= tiny.rank(instance, check(instance, plan))


def test_absent_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the package: no offer, and an error with the command."""
    monkeypatch.setattr(extra, "find_spec", lambda package: None)
    with pytest.raises(MissingExtra, match=r'pip install "routesolve\[peers\]"'):
        SOLVER.solve(tiny.CASES["capacity"], BUDGET)
    assert "vroom" in registry.SOLVERS
    assert "vroom" not in registry.able(tiny.CASES["capacity"])
