"""VROOM's problem document."""

from __future__ import annotations

import copy
import json
from math import inf
from typing import Any

import pytest

from routesolve.errors import InputError, RoutesolveWarning
from routesolve.instances import formats
from routesolve.instances.formats._vroom_text import Numbering
from tests.instances.formats.samples import VROOM

DOCUMENT: dict[str, Any] = json.loads(VROOM)
MATRIX: dict[str, Any] = {
    "vehicles": [{"id": 7, "start_index": 0, "end_index": 2}],
    "jobs": [{"id": 14, "location_index": 1}],
    "matrices": {"car": {"durations": [[0, 21, 9], [21, 0, 3], [9, 3, 0]]}},
}


def changed(**paths: Any) -> dict[str, Any]:
    """Return the matrix document with parts replaced (``vehicles_0_costs=...``)."""
    document = copy.deepcopy(MATRIX)
    for path, value in paths.items():
        *way, last = [int(p) if p.isdigit() else p for p in path.split("__")]
        part: Any = document
        for key in way:
            part = part[key]
        part[last] = value
    return document


def test_fields_arrive() -> None:
    """Every key of the API has its field."""
    instance = formats.load(DOCUMENT)
    first, second = instance.vehicle_types
    assert (first.id, first.count, first.name, first.capacity) == ("1", 1, "first", (4.0,))
    assert first.skills == ("1", "14")
    assert (first.shift.earliest, first.shift.latest) == (28800, 43200)
    assert (first.cost_per_driving_time, first.cost_per_distance) == (1.0, 0.0)
    assert first.breaks[0].duration == 300
    assert (second.start, second.end) == ("depot-1", None)
    assert (second.fixed_cost, second.cost_per_driving_time, second.cost_per_distance) == (
        10, 0.5, 0.5,
    )  # fmt: skip
    assert (second.speed_factor, second.max_jobs) == (1.2, 5)
    assert (second.max_driving_time, second.max_distance) == (7200, 90000)
    job = instance.jobs[0]
    assert (job.setup, job.service, job.priority, job.name) == (60, 300, 10, "a job")
    assert (job.delivery, job.location.lon) == ((1.0,), 1.98465)
    assert instance.jobs[1].pickup == (1.0,)
    [shipment] = instance.shipments
    assert (shipment.id, shipment.pickup.id, shipment.delivery.id) == ("p4-d3", "4", "3")
    assert [(v.kind, v.id) for v in instance.initial_routes[0].visits] == [("job", "1")]
    assert instance.allow_unserved
    assert instance.profiles[0].metric == "haversine"


def test_round_trip_keeps_the_document() -> None:
    """Reading and writing gives VROOM's own document back, but for keys with default values."""
    written = formats.get("vroom").write(formats.load(DOCUMENT))
    assert written is not None
    assert written[1] == []
    again = json.loads(written[0])
    for vehicle in (*DOCUMENT["vehicles"], *again["vehicles"]):
        vehicle["steps"] = [
            s for s in vehicle.get("steps", ()) if s["type"] not in ("start", "end")
        ]
    assert again == DOCUMENT


def test_matrices() -> None:
    """Indices are rows of the matrices, durations count as both where distances are missing."""
    instance = formats.load(MATRIX)
    assert instance.travel().durations.tolist()[0] == [0, 9, 21]
    assert instance.profiles[0].id == "car"
    deprecated = changed(matrix=MATRIX["matrices"]["car"]["durations"])
    del deprecated["matrices"]
    assert formats.load(deprecated).to_dict() == instance.to_dict()


def test_cost_matrix_is_the_cost() -> None:
    """A matrix of costs is what is minimised, while durations keep the times."""
    costs = [[0, 5, 5], [5, 0, 5], [5, 5, 0]]
    instance = formats.load(changed(matrices__car__costs=costs))
    [kind] = instance.vehicle_types
    assert (kind.cost_per_distance, kind.cost_per_driving_time) == (1.0, 0.0)
    assert instance.travel().distances.max() == 5
    assert instance.travel().durations.max() == 21


@pytest.mark.parametrize(
    ("document", "where", "expected"),
    [
        (changed(vehicles__0__strat=[1, 2]), "/vehicles/0/strat", "did you mean 'start'?"),
        (changed(jobs__0__servise=3), "/jobs/0/servise", "did you mean 'service'?"),
        (changed(jobs__0__service=-3), "/jobs/0/service", ">= 0"),
        (changed(jobs__0__location=[1, 2, 3]), "/jobs/0/location", "two numbers"),
        (changed(jobs__0__location=[1, 200]), "/jobs/0/location", "outside -90..90"),
        (changed(jobs__0__location_index=9), "/jobs/0/location", "matrix has 3 rows"),
        (changed(jobs__0={"id": 14}), "/jobs/0", "neither 'location' nor"),
        (changed(jobs__0__time_windows=[[5, 1]]), "/jobs/0/time_windows", "ends at 1"),
        (changed(vehicles__0__time_window=[5, 1]), "/vehicles/0/time_window", "ends at 1"),
        (changed(vehicles__0__start_index=9), "/vehicles/0/start", "matrix has 3 rows"),
        (changed(vehicles=[]), "/vehicles", "no vehicles"),
        (changed(vehicles=[*MATRIX["vehicles"]] * 2), "/vehicles/1/id", "used twice"),
        (changed(matrices__car={}), "/matrices/car", "no matrix in it"),
        (changed(matrices__car__durations=[[0, 1]]), "/matrices/car/durations", "square"),
        (changed(vehicles__0__steps=[{"type": "job", "id": 9}]), "/vehicles/0/steps/0", "no job"),
        (
            changed(
                matrices__car__costs=MATRIX["matrices"]["car"]["durations"],
                vehicles__0__costs={"per_hour": 1},
            ),
            "/vehicles/0/costs",
            "exclude each other",
        ),
    ],
)
def test_bad_documents(document: dict[str, Any], where: str, expected: str) -> None:
    """What is wrong is said at its place in VROOM's document."""
    with pytest.raises(InputError) as caught:
        formats.load(document)
    text = str(caught.value)
    assert expected in text
    assert any((p.where or "").startswith(where) for p in caught.value.problems), text


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (changed(vehicles__0__costs={"per_task_hour": 5}), "per_task_hour"),
        (changed(vehicles__0__costs={"per_km": 5}), "durations count as metres"),
        (changed(matrices__bike={"durations": [[0]]}), "no vehicle has this profile"),
        (
            changed(
                vehicles=[
                    {"id": 1, "start_index": 0, "type": "a"},
                    {"id": 2, "start_index": 0, "type": "b"},
                ],
                jobs__0__service_per_type={"a": 5},
            ),
            "service_per_type",
        ),
    ],
)
def test_what_is_not_counted_is_said(document: dict[str, Any], expected: str) -> None:
    """Keys that cannot be kept in full give a warning, not silence."""
    with pytest.warns(RoutesolveWarning, match=expected):
        formats.load(document)


def test_times_per_type_of_the_only_type() -> None:
    """With one vehicle type its own times are the times."""
    document = changed(vehicles__0__type="a", jobs__0__service_per_type={"a": 5, "b": 9})
    assert formats.load(document).jobs[0].service == 5


def test_options_of_vroom_express_are_accepted() -> None:
    """The wrapper's options change nothing."""
    assert formats.load(changed(options={"g": True})) == formats.load(MATRIX)


def test_windows_without_end() -> None:
    """The largest number VROOM takes stands for no end."""
    instance = formats.load(changed(jobs__0__time_windows=[[5, 2**32 - 1]]))
    assert instance.jobs[0].time_windows[0].latest == inf


def test_numbering() -> None:
    """Integers stay, anything else is numbered from 1."""
    numbers = Numbering.of(formats.load(DOCUMENT))
    assert numbers.jobs == {"1": 1, "2": 2}
    assert (numbers.pickups, numbers.deliveries) == ({"p4-d3": 4}, {"p4-d3": 3})
    assert numbers.vehicles == {("1", 0): 1, ("2", 0): 2}
