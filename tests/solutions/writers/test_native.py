"""The native plan document."""

from __future__ import annotations

import dataclasses
import json

import pytest

from routesolve.solutions.readers import native as reader
from routesolve.solutions.writers import native
from routesolve.solutions.writers.native import document, render
from tests.solutions.writers import cases


def test_document_has_all_that_was_promised():
    """Every key of the documented layout is there, and the reader knows all of them."""
    made = document(cases.city())
    assert tuple(made) == tuple(sorted(made, key=list(made).index))
    assert set(made) == set(reader.KEYS["plan"])
    assert set(made["routes"][0]) == set(reader.KEYS["route"])
    assert set(made["routes"][0]["visits"][0]) == set(reader.KEYS["visit"])
    assert set(made["unassigned"][0]) == set(reader.KEYS["unassigned"])
    assert made["unassigned"][0]["reason"] == "impossible"


def test_integers_stay_integers():
    """A plan of integers is written without a decimal point."""
    text = render(cases.plane())
    made = json.loads(text)
    assert isinstance(made["cost"], int)
    assert all(isinstance(v["arrival"], int) for r in made["routes"] for v in r["visits"])


def test_same_plan_same_document_without_timing():
    """Without timing nothing depends on the machine or the run."""
    first = cases.city()
    second = dataclasses.replace(first, runtime=99.0, trace=((5.0, 1.0),))
    assert document(first, timing=False) == document(second, timing=False)
    assert document(first) != document(second)
    assert render(first) == render(cases.city())


@pytest.mark.parametrize("case", [cases.city, cases.plane, cases.matrix_only, cases.empty])
def test_text_is_the_document(case):
    """The hand-laid text is the document, one visit a line."""
    result = case()
    text = render(result)
    assert json.loads(text) == json.loads(json.dumps(document(result)))
    visits = sum(len(route.visits) for route in result.solution.routes)
    assert text.count('{"kind": ') >= visits


def test_locations_by_kind_of_instance():
    """Places are [lon, lat], [x, y] or a matrix row."""
    city = document(cases.city())["routes"][0]["visits"][0]["location"]
    assert 31 < city[0] < 32
    assert 29 < city[1] < 31
    assert document(cases.plane())["routes"][0]["visits"][0]["location"] == [0.0, 0.0]
    assert document(cases.matrix_only())["routes"][0]["visits"][1]["location"] == 2


def test_violations_are_listed():
    """What the checker found stands in the plan."""
    found = native.document(cases.city(stops=60))["violations"]
    assert {"kind", "message", "amount", "route", "vehicle", "job"} == set(found[0])
    assert found[0]["vehicle"] == "van-1"
