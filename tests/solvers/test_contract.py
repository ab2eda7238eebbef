"""What every solver promises, checked on every entry of the registry."""

from __future__ import annotations

import os
import signal
from typing import Any

import pytest

from routesolve.errors import InputError, UnsupportedFeature
from routesolve.solutions.checker import check
from routesolve.solutions.solution import Solution
from routesolve.solvers.base import Budget, Progress
from routesolve.solvers.registry import SOLVERS, able, get
from tests.solvers import tiny
from tests.solvers.entries import each_solver

BUDGET = Budget(seconds=None, iterations=15)


def supported(name: str) -> list[str]:
    """Names of the tiny instances a solver takes."""
    solver = get(name)
    return [case for case, instance in tiny.CASES.items() if not solver.unsupported(instance)]


@each_solver
@pytest.mark.parametrize("case", tiny.CASES)
def test_feasible_or_unsupported(name: str, case: str) -> None:
    """Each feature is named as unsupported, or the plan keeps all its rules."""
    solver, instance = get(name), tiny.CASES[case]
    lacks = solver.unsupported(instance)
    if lacks:
        with pytest.raises(UnsupportedFeature) as error:
            solver.solve(instance, BUDGET)
        assert lacks[0] in str(error.value)
        return
    result = solver.solve(instance, BUDGET)
    assert result.report.violations == ()
    again = check(instance, result.solution)
    assert again.cost == pytest.approx(result.cost)
    assert result.solver == name or (name == "auto" and result.solver in SOLVERS)


@each_solver
def test_some_solver_information(name: str) -> None:
    """The name in the registry is the solver's own, and it says what it is."""
    info = get(name).info
    assert info.name == name
    assert info.summary
    assert supported(name)


@each_solver
def test_empty_instance(name: str) -> None:
    """Nothing to do is a plan without routes."""
    result = get(name).solve(tiny.CASES["empty"], BUDGET)
    assert result.solution.routes == ()
    assert result.cost == 0


@each_solver
def test_one_job(name: str) -> None:
    """A single job is served there and back."""
    assert get(name).solve(tiny.CASES["one job"], BUDGET).cost == pytest.approx(20)


@each_solver
def test_reproducible(name: str) -> None:
    """The same seed and iterations give the same plan."""
    for case in supported(name)[::6]:
        first, second = (
            get(name).solve(tiny.CASES[case], BUDGET, seed=3).solution for _ in range(2)
        )
        assert first == second, case


@each_solver
@pytest.mark.parametrize("case", ["capacity", "fixed costs", "no room"])
def test_warm_start_is_kept(name: str, case: str) -> None:
    """A plan to start from is never made worse."""
    instance = tiny.CASES[case]
    plans = (p for p in tiny.all_plans(instance) if check(instance, p, reasons=False).feasible)
    start = min(plans, key=lambda p: tiny.rank(instance, check(instance, p, reasons=False)))
    result = get(name).solve(instance, Budget(seconds=None, iterations=1), start=start)
    wanted = tiny.rank(instance, check(instance, start))
    assert tiny.rank(instance, result.report) <= tuple(x + 1e-9 for x in wanted)


@each_solver
def test_useless_start(name: str) -> None:
    """An infeasible plan to start from does no harm."""
    instance = tiny.CASES["capacity"]
    overloaded = Solution.from_sequences([("van", [("job", job.id) for job in instance.jobs])])
    result = get(name).solve(instance, BUDGET, start=overloaded)
    assert result.feasible
    assert result.report.complete


@each_solver
def test_interrupted(name: str) -> None:
    """Ctrl-C ends the search with the best plan so far."""
    told: list[Progress] = []

    def interrupt(progress: Progress) -> None:
        if not told:
            os.kill(os.getpid(), signal.SIGINT)
        told.append(progress)

    result = get(name).solve(tiny.CASES["capacity"], Budget(seconds=60), on_progress=interrupt)
    assert result.interrupted
    assert result.feasible
    assert result.report.complete


@each_solver
def test_target_cost(name: str) -> None:
    """The search ends at a plan as good as asked for."""
    result = get(name).solve(tiny.CASES["capacity"], Budget(seconds=60, target_cost=1000))
    assert result.report.complete
    assert result.cost <= 1000


@each_solver
def test_partial_plan(name: str) -> None:
    """Too few vehicles: what fits is served, the rest is named with a reason."""
    result = get(name).solve(tiny.CASES["no room"], BUDGET)
    assert result.feasible
    assert result.report.mandatory_unserved == 2
    assert {left.reason for left in result.solution.unassigned} == {"no_vehicle"}


def test_unsupported_names_who_can() -> None:
    """The message lists the solvers that can."""
    instance = tiny.CASES["time windows"]
    assert "savings" not in able(instance)
    with pytest.raises(UnsupportedFeature, match="ortools"):
        get("savings").solve(instance, BUDGET)


@pytest.mark.parametrize("wrong", [{"seconds": 0}, {"iterations": -1}, {"seconds": None}], ids=str)
def test_bad_budget(wrong: dict[str, Any]) -> None:
    """A budget without end, or that is over before it begins, is refused."""
    with pytest.raises(InputError):
        Budget(**wrong)
