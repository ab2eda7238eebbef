"""The embedded instances: there, small, on real streets, and as hard as they claim."""

from __future__ import annotations

import importlib.util
from importlib.resources import files
from math import ceil
from pathlib import Path

import pytest

from routesolve.errors import InputError
from routesolve.instances.demo import DESCRIPTIONS, NAMES, load_demo
from routesolve.instances.features import Feature, used_features
from routesolve.solutions.checker import alone

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "build_demo_instances.py"
FEATURES = {
    "parcel-day": {Feature.CAPACITY, Feature.TIME_WINDOWS, Feature.LIMITED_FLEET},
    "grocery-windows": {Feature.TIME_WINDOWS, Feature.DEPOT_SERVICE, Feature.DURATION_COST},
    "pickup-dropoff": {Feature.SHIPMENTS, Feature.RIDE_TIME},
    "technicians": {Feature.SKILLS, Feature.BREAKS, Feature.PRIZES, Feature.OVERTIME},
    "water-trucks": {Feature.RELOADS},
    "impossible": {Feature.SKILLS, Feature.GROUPS, Feature.PRIZES},
    "cvrp-16": {Feature.CAPACITY},
    "vrptw-10": {Feature.TIME_WINDOWS},
    "vrpb-12": {Feature.BACKHAUL_LAST},
    "mdvrp-12": {Feature.SEVERAL_DEPOTS},
    "open-10": {Feature.OPEN_END},
}


def test_all_are_there() -> None:
    """One list of names, each with a description of one line."""
    assert set(NAMES) == set(FEATURES)
    assert NAMES[0] == "parcel-day"
    assert all(text and "\n" not in text for text in DESCRIPTIONS.values())


@pytest.mark.parametrize("name", NAMES)
def test_instance(name: str) -> None:
    """It loads, is called what its file is called, and uses what it shows."""
    instance = load_demo(name)
    assert instance.name == name
    assert used_features(instance) >= FEATURES[name]
    assert ("OpenStreetMap" in instance.comment) == (instance.profiles[0].metric == "network")


@pytest.mark.parametrize("name", [name for name in NAMES if name != "impossible"])
def test_every_job_can_be_served_alone(name: str) -> None:
    """On the streets, inside its window, by some vehicle."""
    instance = load_demo(name)
    instance.require_reachable(max_snap=1.0)
    for task in (*instance.jobs, *instance.shipments):
        assert any(not alone(instance, task, kind) for kind in instance.vehicle_types), task.id


def test_parcel_day_needs_four_vans() -> None:
    """By capacity alone, three of the five vans are not enough."""
    instance = load_demo()
    (van,) = instance.vehicle_types
    parcels = sum(job.delivery[0] for job in instance.jobs)
    assert van.count == 5
    assert ceil(parcels / van.capacity[0]) == 4
    assert 20 <= sum(bool(job.time_windows) for job in instance.jobs) <= 40
    assert all("شارع" in (job.name or "") or job.name for job in instance.jobs)


def test_impossible_has_impossible_jobs() -> None:
    """Five jobs that no vehicle can serve even alone."""
    instance = load_demo("impossible")
    (van,) = instance.vehicle_types
    assert [job.id for job in instance.jobs if alone(instance, job, van)] == [
        "U01",
        "U02",
        "U03",
        "U04",
        "U05",
    ]


def test_unknown_name() -> None:
    """The nearest name is offered."""
    with pytest.raises(InputError, match="did you mean 'parcel-day'"):
        load_demo("parcel day")


def test_files_are_those_of_the_script() -> None:
    """The committed files are what the committed script writes, and small."""
    spec = importlib.util.spec_from_file_location("build_demo_instances", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    folder = files("routesolve.instances").joinpath("data")
    total = 0
    for make in script.ALL:
        document = make()
        text = folder.joinpath(f"{document['name']}.json").read_text(encoding="utf-8")
        assert text == script.text_of(document)
        total += len(text.encode())
    assert total <= 200_000
