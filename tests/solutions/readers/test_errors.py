"""Plans that do not fit: everything wrong at once, with its place and a fix, never a traceback."""

from __future__ import annotations

import contextlib
import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routesolve.errors import InputError
from routesolve.solutions.readers import READERS, read_plan
from routesolve.solutions.solution import Solution
from routesolve.solutions.writers import WRITERS
from tests.solutions.writers import cases

CITY = cases.city()
TEXTS = {name: WRITERS.load(name)(CITY) for name in READERS}


def problems(text: str, instance=CITY.instance, **options) -> str:
    """Return what the reader complains of."""
    with pytest.raises(InputError) as caught:
        read_plan(io.StringIO(text), instance, **options)
    return str(caught.value)


def test_unknown_jobs_are_all_named_with_line_and_hint():
    """Each unknown number has its line and the nearest known one."""
    text = problems("Route #1: 1 999 2\nRoute #2: 3 123\nCost 1\n")
    assert "line 1: the instance has no job '999'" in text
    assert "line 2: the instance has no job '123'" in text
    assert "did you mean '12'?" in text


def test_native_problems_have_pointers():
    """Unknown ids, kinds, keys, types and numbers, each at its JSON pointer, all at once."""
    plan = {
        "routesolve_plan": 1,
        "costt": 3,
        "routes": [
            {"vehicle_type": "vann", "visits": [{"kind": "jobb", "id": "1"}]},
            {
                "vehicle_type": "van",
                "vehicle": -1,
                "visits": [
                    {"kind": "pickup"},
                    {"kind": "job", "id": "13x"},
                    {"kind": "break", "id": "dinner"},
                    {"kind": "job", "id": "2", "arrival": "late"},
                    7,
                ],
            },
        ],
        "unassigned": [{"kind": "job", "id": "nobody"}],
    }
    text = problems(json.dumps(plan))
    for expected in (
        "/costt: unknown key",
        "did you mean 'cost'?",
        "/routes/0/vehicle_type: the instance has no vehicle type 'vann'",
        "/routes/0/visits/0: there is no kind of visit 'jobb'",
        "/routes/1/vehicle: vehicle is -1",
        "/routes/1/visits/0: a pickup without an id",
        "/routes/1/visits/1: the instance has no job '13x'",
        "/routes/1/visits/2: the instance has no break 'dinner'",
        "/routes/1/visits/3/arrival: arrival is 'late', not a number",
        "/routes/1/visits/4: '7' is not an object",
        "/unassigned/0: the instance has no job 'nobody'",
    ):
        assert expected in text, expected


def test_vroom_errors():
    """VROOM's own error is passed on; unknown tasks and vehicles have pointers."""
    assert "Invalid profile: car" in problems('{"code": 2, "error": "Invalid profile: car."}')
    steps = [{"type": "pickup", "id": 99}, {"type": "job", "id": 77}, {"type": "lunch"}]
    text = problems(json.dumps({"code": 0, "routes": [{"vehicle": 9, "steps": steps}]}))
    assert "/routes/0/vehicle: the instance has no vehicle type '9'" in text
    assert "/routes/0/steps/0: the instance has no pickup task '99'" in text
    assert "/routes/0/steps/1: the instance has no job '77'" in text
    assert "/routes/0/steps/2: there is no kind of visit 'lunch'" in text


def test_manifest_errors():
    """A wrong vehicle number, id or time has its line."""
    head = "vehicle_type,vehicle,kind,id,arrival\n"
    text = problems(head + "van,0,job,1,\nvan,1,job,xx,\nvan,1,job,2,soon\n")
    assert "line 2: vehicle is '0'" in text
    assert "line 3: the instance has no job 'xx'" in text
    assert "line 4: arrival is 'soon'" in text
    assert "lacks kind" in problems("vehicle_type,vehicle,id\n", format="csv")


def test_sol_errors():
    """Routes beyond a mixed fleet, stray numbers and no route at all."""
    mixed = cases.mixed_fleet().instance
    assert "the fleet has 4 vehicles" in problems("Route #5: 1\nCost 3", mixed)
    assert "numbers outside a route" in problems("Route #1: 1\n 2 3\nCost 3", mixed)
    assert "no line 'Route #1: ...'" in problems("hello", format="sol")


def test_not_a_plan():
    """Empty, truncated and foreign files are told apart."""
    assert "the file is empty" in problems("\n \n")
    assert "no plan in a known format" in problems("NAME : X-n101\nTYPE : CVRP\n")
    assert "ends too early" in problems(TEXTS["json"][:500])
    assert "cut off" in problems(TEXTS["html"][: TEXTS["html"].index("routesolve-plan") + 300])
    assert "did you mean 'json'" in problems("{}", format="jsn")
    with pytest.raises(InputError, match="no such file"):
        read_plan("no/such/plan.json", CITY.instance)


def test_styles_of_solution_files():
    """SINTEF's header and colons, depots at both ends, unknown remarks."""
    text = "Instance name : x\nAuthors : y\nSolution\nRoute 1 : 0 1 2 0\nroute  2: 3\n\nTime 3\n"
    plan = read_plan(io.StringIO(text), cases.plane().instance)
    assert [[v.id for v in r.visits] for r in plan.routes] == [["1", "2"], ["3"]]
    assert plan.cost is None
    assert [r.vehicle for r in plan.routes] == [0, 1]


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([None, *READERS]))
def test_any_bytes(data, format):
    """Whatever the file holds: a plan or an InputError."""
    with contextlib.suppress(InputError):
        assert isinstance(read_plan(io.BytesIO(data), CITY.instance, format=format), Solution)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_plans(data):
    """A real plan with a stretch cut out or overwritten: a plan or an InputError."""
    name = data.draw(st.sampled_from([n for n in TEXTS if n != "html"]))
    text = TEXTS[name]
    start = data.draw(st.integers(0, len(text)))
    length = data.draw(st.integers(0, 40))
    junk = data.draw(
        st.text(max_size=6) | st.sampled_from(["null", "[]", "{}", "-1", '"', "1e999"])
    )
    with contextlib.suppress(InputError):
        read_plan(io.StringIO(text[:start] + junk + text[start + length :]), CITY.instance)


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["kind", "id", "visits", "steps", "type", "vehicle", "vehicle_type"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(["routes", "unassigned", "cost", "summary"]), JUNK))
def test_strange_documents(document):
    """JSON of any shape under the right keys: a plan or an InputError."""
    for marks in ({"routesolve_plan": 1}, {"code": 0, "routes": []}):
        with contextlib.suppress(InputError):
            read_plan(io.StringIO(json.dumps(marks | document)), CITY.instance)
