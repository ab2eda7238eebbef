"""What the writers write, the readers read: the same visits in the same order."""

from __future__ import annotations

import gzip
import io

import pytest

from routesolve.solutions.checker import check
from routesolve.solutions.readers import READERS, read_plan
from routesolve.solutions.solution import Solution
from routesolve.solutions.writers import WRITERS
from tests.solutions.writers import cases

CASES = [cases.city, cases.plane, cases.mixed_fleet, cases.matrix_only, cases.empty]
FORMATS = ["json", "html", "vroom", "csv", "sol"]


def sequences(solution: Solution, *, breaks: bool = True) -> list:
    """Return vehicles with their visits between start and end."""
    return [
        (
            route.vehicle_type,
            route.vehicle,
            [
                (v.kind, v.id)
                for v in route.visits
                if v.kind not in ("start", "end") and (breaks or v.kind != "break")
            ],
        )
        for route in solution.routes
        if route.visits
    ]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("format", FORMATS)
def test_round_trip(tmp_path, case, format):
    """Same visits, recognised by content under any name; the stated cost passes the checker."""
    result = case()
    target = tmp_path / "plan.xyz"
    target.write_text(WRITERS.load(format)(result), encoding="utf-8")
    plan = read_plan(target, result.instance)
    breaks = format != "sol"  # solution files know no breaks
    assert sequences(plan, breaks=breaks) == sequences(result.solution, breaks=breaks)
    if format != "csv":
        assert plan.cost == pytest.approx(result.cost, abs=1e-6)
    report = check(result.instance, plan)
    kinds = {v.kind for v in report.violations} - (set() if breaks else {"break", "stated_cost"})
    assert kinds == {v.kind for v in result.report.violations}
    if breaks:
        assert report.cost == pytest.approx(result.cost)


@pytest.mark.parametrize("format", ["json", "html", "vroom", "csv"])
def test_stated_times_are_kept(format):
    """Arrival, begin and departure stand in the plan that is read."""
    result = cases.city()
    plan = read_plan(io.StringIO(WRITERS.load(format)(result)), result.instance)
    tolerance = 1 if format == "vroom" else 1e-5
    for route, again in zip(result.solution.routes, plan.routes, strict=True):
        for visit, read in zip(route.visits, again.visits, strict=True):
            for key in ("arrival", "begin", "departure", "distance"):
                assert getattr(read, key) == pytest.approx(getattr(visit, key), abs=tolerance)


def test_left_out_jobs_are_kept():
    """Jobs left out keep their reason in the native plan, their id in the others."""
    result = cases.city()
    for format in ("json", "vroom", "csv"):
        plan = read_plan(io.StringIO(WRITERS.load(format)(result)), result.instance)
        assert [(u.kind, u.id) for u in plan.unassigned] == [("job", "far")]
    plan = read_plan(io.StringIO(WRITERS.load("json")(result)), result.instance)
    assert plan.unassigned == result.solution.unassigned


def test_gzip_and_named_format(tmp_path):
    """Packed plans are unpacked whatever their name; a named format is not guessed."""
    result = cases.plane()
    packed = tmp_path / "plan"
    packed.write_bytes(gzip.compress(WRITERS.load("sol")(result).encode()))
    assert len(read_plan(packed, result.instance, format="sol").routes) == 2
    assert set(READERS) == set(FORMATS)


def test_a_manifest_edited_in_a_spreadsheet():
    """Semicolons, other column order, missing columns and a guarded id are understood."""
    result = cases.plane(stops=3)
    text = "kind;id;vehicle_type;vehicle\njob;2;vehicle;2\njob;'1;vehicle;2\n\njob;3;vehicle;1\n"
    plan = read_plan(io.StringIO(text.replace("'1", "1")), result.instance)
    assert sequences(plan) == [
        ("vehicle", 1, [("job", "2"), ("job", "1")]),
        ("vehicle", 0, [("job", "3")]),
    ]
