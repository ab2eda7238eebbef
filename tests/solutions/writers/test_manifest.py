"""The CSV manifest."""

from __future__ import annotations

import csv
import io

from routesolve.solutions.writers.manifest import render, rows
from tests.solutions.writers import cases


def _read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_one_row_per_visit():
    """All visits and the job left out, in order, with clock times and loads."""
    result = cases.city()
    table = _read(render(result))
    assert len(table) == sum(len(r.visits) for r in result.solution.routes) + 1
    assert [row["kind"] for row in table[:2]] == ["start", "job"]
    assert table[0]["arrival_clock"].count(":") == 2
    assert float(table[0]["load_boxes"]) > 0
    assert "load_m³" in table[0]
    assert table[-1]["kind"] == "unassigned"
    assert "impossible" in table[-1]["reason"]


def test_no_cell_runs_in_a_spreadsheet():
    """A name that looks like a formula is kept from being one."""
    text = render(cases.city())
    assert "'=1+1" in text
    for row in _read(text):
        assert not any(cell[:1] in "=@+" for cell in row.values() if cell)


def test_quoting_survives():
    """Names with commas, quotes and Arabic come back whole."""
    names = {row["name"] for row in _read(render(cases.city()))}
    assert {cases.NASTY, cases.ARABIC, "Too much, at once"} <= names


def test_numbers_without_clock_on_a_plane():
    """Benchmark times are numbers, not clock times."""
    result = cases.plane()
    table = rows(result.instance, result.solution)
    assert table[1]["x"] is not None
    assert table[1]["arrival_clock"] is None
    assert table[0]["load"] == 3
    assert all(tuple(row) == tuple(table[0]) for row in table)
