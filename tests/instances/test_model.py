"""The model as users meet it: defaults, conveniences, and the way through a file and back."""

from __future__ import annotations

import dataclasses
import json
from math import inf
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from routesolve.errors import InputError
from routesolve.instances.instance import VrpInstance
from routesolve.instances.model import Job, Location, Profile, Shipment, Stop, VehicleType
from tests.strategies import instances

PLACE = {"x": 0, "y": 0}


def make(**fields: Any) -> VrpInstance:
    """A small instance with some fields of one's own."""
    return VrpInstance(
        **{"vehicle_types": [{}], "jobs": [{"id": "a", "location": PLACE}], **fields}
    )


@given(instances())
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_rows_of_jobs_are_rows_of_their_places(instance: VrpInstance) -> None:
    """Whoever asks by job id gets what the place itself would give."""
    assert instance.job_rows == {
        job.id: instance.locations.index(job.location) for job in instance.jobs
    }
    for row, place in enumerate(instance.locations):
        assert instance.location_index(place) == row


@given(instances())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_round_trip(instance: VrpInstance) -> None:
    """Writing to JSON and reading back gives an equal instance and the same text."""
    text = json.dumps(instance.to_dict(), allow_nan=False)
    again = VrpInstance.from_dict(json.loads(text))
    assert again == instance
    assert json.dumps(again.to_dict()) == text
    assert again.locations == instance.locations
    for name in (f.name for f in dataclasses.fields(instance)):
        if name != "profiles":
            assert getattr(again, name) == getattr(instance, name)


@given(instances())
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_replace_checks_again(instance: VrpInstance) -> None:
    """A copy without changes is equal; a broken change is refused."""
    assert instance.replace() == instance
    with pytest.raises(InputError):
        instance.replace(vehicle_types=())


def test_defaults_are_left_out() -> None:
    """The document holds what was said and nothing else."""
    assert make().to_dict() == {
        "jobs": [{"id": "a", "location": {"x": 0, "y": 0}}],
        "vehicle_types": [{}],
        "profiles": [{}],
    }


def test_parts_may_be_dataclasses_or_dictionaries() -> None:
    """Both ways to write a job give the same instance."""
    assert make(jobs=[Job("a", Location(x=0, y=0))]) == make()


def test_conveniences() -> None:
    """Whole numbers as ids, one number for a one-dimensional amount, NumPy scalars."""
    job = {
        "id": 7,
        "location": {"x": np.float32(1), "y": 2},
        "delivery": 3,
        "service": np.int64(60),
    }
    instance = make(jobs=[job], vehicle_types=[{"capacity": 5, "preferences": {7: 1.5}}])
    assert instance.jobs[0].id == "7"
    assert instance.jobs[0].delivery == (3.0,)
    assert instance.jobs[0].service == 60.0
    assert instance.vehicle_types[0].preferences == {"7": 1.5}


def test_default_travel() -> None:
    """Straight lines; with a detour and 40 km/h on the earth."""
    assert make().profiles == (Profile(),)
    (profile,) = make(jobs=[{"id": "a", "location": {"lon": 31.0, "lat": 30.0}}]).profiles
    assert (profile.metric, profile.detour, round(profile.speed, 2)) == ("haversine", 1.3, 11.11)


def test_unlimited_is_infinite_in_python_only() -> None:
    """Infinite limits may be given; they are left out of the document."""
    kind = make(vehicle_types=[{"max_distance": inf, "shift": {"latest": inf}}]).vehicle_types[0]
    assert kind.max_distance == inf
    assert make(vehicle_types=[kind]).to_dict()["vehicle_types"] == [{}]


def test_labels() -> None:
    """Id, with the name where there is another one."""
    place = Location(x=0, y=0)
    assert Job("a", place).label == Job("a", place, name="a").label == "a"
    assert Job("a", place, name="Baker").label == "a (Baker)"
    assert Shipment("s", Stop(place), Stop(place), name="Ali").label == "s (Ali)"


def test_points() -> None:
    """Geographic before planar; none for a matrix row alone."""
    assert Location(lon=1, lat=2, x=3, y=4).point == (1, 2)
    assert Location(x=3, y=4).point == (3, 4)
    assert Location(index=5).point is None


def test_places_are_shared() -> None:
    """Depots come first; two stops at one place have one row."""
    instance = make(
        depots=[{"id": "d", "location": {"x": 9, "y": 9}}],
        jobs=[{"id": i, "location": PLACE} for i in range(3)],
    )
    assert instance.locations == (Location(x=9, y=9), Location(x=0, y=0))
    assert [instance.location_index(job.location) for job in instance.jobs] == [1, 1, 1]


def test_dimensions_and_capacity() -> None:
    """Amounts are padded with zeros; a capacity left out is unlimited."""
    instance = make(
        jobs=[{"id": "a", "location": PLACE, "delivery": [1, 2, 3]}],
        vehicle_types=[{"id": "v", "capacity": [5, 6, 7]}, {"id": "w"}],
    )
    assert instance.dimension_count == 3
    assert instance.amounts((4.0,)).tolist() == [4, 0, 0]
    assert instance.capacity(instance.vehicle_types[1]).tolist() == [inf] * 3


def test_fleet() -> None:
    """A free fleet counts one vehicle for each job or shipment, at least one."""
    instance = make()
    assert instance.fleet_size(VehicleType()) == 1
    assert instance.fleet_size(VehicleType(count=3)) == 3
    assert make(jobs=[]).fleet_size(VehicleType()) == 1
    assert "1 jobs" in repr(instance)


def test_nothing_to_do_is_valid() -> None:
    """An empty job list is a problem with an empty plan."""
    assert make(jobs=[]).task_count == 0


def test_matrix_rows_follow_the_index() -> None:
    """Rows and columns of the travel matrix are those of the places, not of the file."""
    matrix = [[0, 1, 2], [3, 0, 4], [5, 6, 0]]
    instance = make(
        jobs=[{"id": "a", "location": {"index": 2}}],
        depots=[{"id": "d", "location": {"index": 1}}],
        profiles=[{"metric": "matrix", "durations": matrix}],
    )
    assert instance.travel().durations.tolist() == [[0, 4], [6, 0]]
    assert instance.travel().distances.tolist() == [[0, 4], [6, 0]]


def test_matrix_is_written_as_given() -> None:
    """Whole numbers stay whole, and null stays null."""
    profile = {"metric": "matrix", "durations": [[0, None], [2.0, 0]], "distances": [[0, 1.5]] * 2}
    instance = make(jobs=[{"id": "a", "location": {"index": 0}}], profiles=[profile])
    (written,) = instance.to_dict()["profiles"]
    assert json.dumps(written["durations"]) == "[[0, null], [2, 0]]"
    assert written["distances"] == [[0, 1.5], [0, 1.5]]


def test_instances_do_not_hash() -> None:
    """Equality is by value, so there is no identity to hash by."""
    with pytest.raises(TypeError):
        hash(make())
