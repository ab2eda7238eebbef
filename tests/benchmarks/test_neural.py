"""The comparison of the neural solver: rows that are there stay, gaps are what they claim."""

from __future__ import annotations

import csv
import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from routesolve.solvers.base import Budget, Clock, finish
from routesolve.solvers.neural import judge
from routesolve.solvers.neural.from_instance import to_solution
from routesolve.solvers.neural.pool import Area, Pool
from routesolve.solvers.neural.sampler import Recipe

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture
def scripts(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Import a script by its name."""
    monkeypatch.syspath_prepend(str(FOLDER))
    monkeypatch.syspath_prepend(str(FOLDER / "neural"))
    return importlib.import_module


@pytest.fixture
def pool(tmp_path: Path) -> Path:
    """Two areas of twelve places."""
    rng = np.random.default_rng(1)
    areas = []
    for name in ("here", "there"):
        durations, distances = rng.integers(500, 1000, (2, 12, 12)).astype(np.int32)
        for table in (durations, distances):
            np.fill_diagonal(table, 0)
        areas.append(Area(rng.random((12, 2)), durations, distances, name=name))
    Pool(tuple(areas)).save(tmp_path / "towns.npz")
    return tmp_path / "towns.npz"


def test_rows_that_are_there_are_not_run_again(
    scripts: Any, pool: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that was cut short goes on: every problem once, in order, areas as asked for."""
    compare = scripts("compare")
    run: list[float] = []

    def solved(*_: Any) -> dict[str, Any]:
        run.append(1.0)
        return {"verdict": "ok", "cost": len(run)}

    monkeypatch.setattr(compare, "solved", solved)
    table = tmp_path / "rows.csv"
    options = f"--pool {pool} --areas 1: --variant CVRP ATSP --customers 6 --count 3"
    options += f" --solver ortools --seconds 1 2 --output {table}"
    compare.main([*options.split(), "--numbers", "0:1"])
    assert len(run) == 4
    before = table.read_text()
    with pytest.raises(SystemExit):
        compare.main(options.split())  # the file exists
    for _ in range(2):
        compare.main([*options.split(), "--resume"])
        assert len(run) == 12
    assert table.read_text().startswith(before)
    with table.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert [row["number"] for row in rows] == sorted(row["number"] for row in rows)
    assert {row["area"] for row in rows} == {"there"}
    assert len({row["problem"] for row in rows}) == 6
    compare.main([*options.split(), "--resume", "--draw", "4"])
    assert len(run) == 24


@pytest.mark.parametrize("variant", ["VRPTW", "PVRP-P"])
def test_costs_are_those_of_the_judge(scripts: Any, pool: Path, variant: str) -> None:
    """An instance of the table is the judge's problem, and travel is cost without preferences."""
    cells, compare = scripts("cells"), scripts("compare")
    cell = cells.Drawn("towns", "", Pool.load(pool), Recipe(variant, (5, 5), "uniform"), 3, 2)
    problems = cell.sample.problems
    near = judge._of_nearest(problems)
    worth = judge.worth(problems, near.actions[:, 0])

    class Nearest:
        """Plans of the nearest neighbour."""

        def __init__(self, number: int) -> None:
            self.number = number

        def unsupported(self, instance: Any) -> list[str]:
            """Nothing."""
            return []

        def solve(self, instance: Any, budget: Budget, *, seed: int) -> Any:
            """Look the plan up."""
            plan = to_solution(instance, near.actions[self.number, 0])
            return finish(instance, plan, Clock(budget), solver="nearest")

    for number in range(2):
        instance = cell.item(number).instance
        method = compare.Method("nearest", Nearest(number), None, "", "")
        row = compare.solved(instance, method, 1.0, 0)
        assert float(row["cost"]) == pytest.approx(near.cost[number, 0], rel=1e-5)
        assert float(row["travel"]) == pytest.approx(near.cost[number, 0] + worth[number], rel=1e-5)
        assert (row["unserved"], row["violations"]) == (0, 0)
        assert all(job.location.point for job in instance.jobs)


def _rows(compare: Any, solver: str, costs: list[float], **more: Any) -> list[dict[str, Any]]:
    head = dict.fromkeys(compare.FIELDS, "") | {"pool": "towns", "variant": "CVRP"}
    head |= {"solver": solver, "seconds": "1", "clock": "cpu", "verdict": "ok", "violations": "0"}
    return [
        head | {"number": str(i), "cost": str(cost), "travel": str(2.0 * cost), "unserved": "0"}
        | {key: values[i] for key, values in more.items()}
        for i, cost in enumerate(costs)
    ]  # fmt: skip


def test_gaps_are_shares_of_the_travel_of_the_reference(scripts: Any) -> None:
    """Gaps, best known costs, and what counts for neither, by hand."""
    compare, summary = scripts("compare"), scripts("summary")
    rows = _rows(compare, "pyvrp", [100.0, 200.0, 300.0, 50.0], violations=["0", "0", "0", "1"])
    rows += _rows(compare, "ils", [110.0, 190.0, 100.0, 40.0], unserved=["0", "0", "1", "0"])
    (cell,) = summary.gathered(rows)
    base, ils = cell.plans["pyvrp@1cpu"], cell.plans["ils@1cpu"]
    assert summary.reference(cell, []) == "pyvrp@1cpu"
    assert summary.reference(cell, ["ils@1cpu"]) == "ils@1cpu"
    np.testing.assert_allclose(summary.gaps(ils, base), [5.0, -2.5, np.nan])
    np.testing.assert_allclose(summary.gaps(ils, base, unfair=True), [5.0, -2.5, np.nan, -10.0])
    assert [plan.cost for plan in cell.best().values()] == [100.0, 190.0, 300.0, 40.0]
    head, _, line = summary.by_cell([cell], [], False)
    told = dict(zip(head, line, strict=True))
    assert (told["n"], told["lost"], told["gap %"]) == ("2", "1", "1.25")
    assert (told["to best %"], told["wins-ties-losses"]) == ("1.67", "1-0-1")


def test_pairs_are_of_equal_time_and_tested(scripts: Any) -> None:
    """Means over seeds come before pairs; eight wins of ten, one tie and one loss."""
    compare, summary = scripts("compare"), scripts("summary")
    plain = [100.0 + i for i in range(10)]
    better = [*(cost - 1.0 - 0.1 * i for i, cost in enumerate(plain[:8])), 108.0, 110.0]
    rows = _rows(compare, "ils", plain)
    for seed, shift in (("1", 0.5), ("2", -0.5)):
        costs = [cost + shift for cost in better]
        rows += _rows(compare, "neural+ils", costs, seed=[seed] * 10)
    cells = summary.gathered(rows)
    assert summary.equal_times(cells) == [("neural+ils@1cpu", "ils@1cpu")]
    plans = cells[0].plans
    pair = summary.paired(summary.gaps(plans["neural+ils@1cpu"], plans["ils@1cpu"]))
    assert (pair.wins, pair.ties, pair.losses) == (8, 1, 1)
    assert pair.sign == pytest.approx(2 * (1 + 9) / 2**9)
    assert pair.wilcoxon < pair.sign
    _, line = summary.by_pair(cells, [])
    assert line[2] == "10"
    mean, low, high = summary.interval(np.array([1.0, 2.0, 3.0]))
    assert (mean, high - mean) == pytest.approx((2.0, 4.303 / np.sqrt(3.0)), rel=1e-3)
    assert mean - low == pytest.approx(high - mean)


def test_unseen_areas_are_told_apart(scripts: Any) -> None:
    """Pools are compared by gaps to their own references; worst cells are told."""
    compare, summary = scripts("compare"), scripts("summary")
    rows = []
    for pool, areas, gap in (("test", "", 0.08), ("joined", "0:32", 0.05)):
        for variant, more in (("CVRP", 0.0), ("ATSP", 0.02)):
            base = [100.0, 200.0, 300.0]
            shares = (gap + more - 0.01, gap + more, gap + more + 0.01)
            worse = [cost * (1.0 + 2.0 * share) for cost, share in zip(base, shares, strict=True)]
            found = _rows(compare, "pyvrp", base) + _rows(compare, "neural:100", worse)
            where = {"pool": pool, "areas": areas, "variant": variant}
            rows += [row | where for row in found]
    cells = summary.gathered(rows)
    _, *lines = summary.by_area(cells, [], ("test", "joined[0:32]"), False)
    assert [line[2:5] for line in lines] == [["8.00", "5.00", "3.00"], ["10.00", "7.00", "3.00"]]
    half = stats.t.ppf(0.975, 4) * np.sqrt(2.0 / 3.0)
    assert lines[0][5] == f"{3.0 - half:.2f} .. {3.0 + half:.2f}"
    pools = [line for line in summary.by_pool(cells, [], False) if line[1] == "neural:100@1cpu"]
    assert [line[3:5] for line in pools] == [["9.00", "10.00"], ["6.00", "7.00"]]
