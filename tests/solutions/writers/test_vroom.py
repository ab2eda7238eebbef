"""VROOM's output JSON, as a VROOM client reads it."""

from __future__ import annotations

import json

import jsonschema
import pytest

from routesolve.pages import polyline
from routesolve.solutions.solution import Solution
from routesolve.solutions.writers import vroom
from tests.solutions.writers import cases

WHOLE = {"type": "integer"}
AMOUNT = {"type": "array", "items": WHOLE}
POINT = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}
VIOLATIONS = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["cause"],
        "properties": {
            "cause": {
                "enum": [
                    *("delay", "lead_time", "load", "max_tasks", "skills", "precedence"),
                    *("missing_break", "max_travel_time", "max_load", "max_distance"),
                ]
            },
            "duration": WHOLE,
        },
    },
}


def _object(required: dict, optional: dict) -> dict:
    return {
        "type": "object",
        "required": list(required),
        "properties": required | optional,
        "additionalProperties": False,
    }


SUMS = {
    "cost": WHOLE,
    "delivery": AMOUNT,
    "amount": AMOUNT,
    "pickup": AMOUNT,
    **dict.fromkeys(
        ("setup", "service", "duration", "waiting_time", "priority", "distance"), WHOLE
    ),
    "violations": VIOLATIONS,
}
STEP = _object(
    {
        "type": {"enum": ["start", "job", "pickup", "delivery", "break", "reload", "end"]},
        **dict.fromkeys(("setup", "service", "waiting_time", "arrival", "duration"), WHOLE),
        "load": AMOUNT,
        "distance": WHOLE,
        "violations": VIOLATIONS,
    },
    {
        "id": {"type": ["integer", "string"]},
        "location": POINT,
        "location_index": WHOLE,
        "description": {"type": "string"},
    },
)
SCHEMA = _object(
    {
        "code": {"const": 0},
        "summary": _object(
            SUMS | {"routes": WHOLE, "unassigned": WHOLE}, {"exact_cost": {"type": "number"}}
        ),
        "unassigned": {
            "type": "array",
            "items": _object(
                {
                    "id": {"type": ["integer", "string"]},
                    "type": {"enum": ["job", "pickup", "delivery"]},
                },
                {
                    "location": POINT,
                    "location_index": WHOLE,
                    "description": {"type": "string"},
                    "reasons": {"type": "array", "items": {"type": "string"}},
                },
            ),
        },
        "routes": {
            "type": "array",
            "items": _object(
                SUMS
                | {
                    "vehicle": {"type": ["integer", "string"]},
                    "steps": {"type": "array", "items": STEP},
                    "description": {"type": "string"},
                },
                {"geometry": {"type": "string"}},
            ),
        },
    },
    {},
)


@pytest.mark.parametrize(
    "case", [cases.city, cases.plane, cases.matrix_only, cases.mixed_fleet, cases.empty]
)
def test_output_has_vrooms_keys_and_types(case):
    """The whole document keeps to VROOM's layout."""
    jsonschema.validate(json.loads(vroom.render(case())), SCHEMA)


def test_times_add_up_in_integers():
    """Arrival, waiting, setup, service and travel lead exactly to the next arrival."""
    for route in vroom.document(cases.city(network=True))["routes"]:
        for a, b in zip(route["steps"], route["steps"][1:], strict=False):
            at_stop = a["waiting_time"] + a["setup"] + a["service"]
            assert a["arrival"] + at_stop + b["duration"] - a["duration"] == b["arrival"]
        assert route["duration"] == route["steps"][-1]["duration"]
        assert route["steps"][0]["distance"] == 0


def test_shipments_go_by_their_task_ids():
    """Pickup and delivery steps carry the ids their tasks have in the VROOM input."""
    steps = vroom.document(cases.city())["routes"][1]["steps"]
    ids = {step["type"]: step.get("id") for step in steps}
    assert (ids["pickup"], ids["delivery"]) == (41, 42)
    assert "id" not in steps[0]
    assert "id" not in steps[-1]


def test_unassigned_shipment_is_two_tasks():
    """An unserved shipment is reported as VROOM does, one entry for each end."""
    city = cases.city()
    result = cases.result_of(city.instance, Solution(()))
    left = vroom.document(result)["unassigned"]
    assert [(entry["id"], entry["type"]) for entry in left[-2:]] == [
        (41, "pickup"),
        (42, "delivery"),
    ]
    assert vroom.document(result)["summary"]["unassigned"] == len(left) == 15


def test_vehicle_ids():
    """A type of one vehicle lends its id; otherwise vehicles are numbered from 1."""
    assert vroom.document(cases.matrix_only())["routes"][0]["vehicle"] == 7
    routes = vroom.document(cases.mixed_fleet())["routes"]
    assert [(r["vehicle"], r["description"]) for r in routes] == [(2, "small-2"), (3, "large-1")]


def test_violations_stand_at_their_route():
    """The causes are VROOM's and stand with the vehicle that breaks the rule."""
    made = vroom.document(cases.city(stops=60))
    causes = {entry["cause"] for entry in made["routes"][0]["violations"]}
    assert "load" in causes
    assert made["summary"]["violations"]


def testpolyline_of_the_published_example():
    """The encoder gives the well-known text of the format's own description."""
    points = [(-120.2, 38.5), (-120.95, 40.7), (-126.453, 43.252)]
    assert polyline.encode(points) == "_p~iF~ps|U_ulLnnqC_mqNvxq`@"
    assert polyline.encode([]) == ""
