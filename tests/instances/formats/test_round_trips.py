"""Everything the model can express is written by every writer, and its losses are all named."""

from __future__ import annotations

import json
import warnings

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from routesolve.instances import formats
from routesolve.instances.formats._losses import losses
from routesolve.instances.instance import VrpInstance
from tests.instances.formats.samples import PYVRP, SAMPLES, TSPLIB
from tests.strategies import instances

WRITERS = [name for name in formats.FORMATS if formats.get(name).writes]
ORDINARY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def read(name: str, text: str) -> VrpInstance:
    """Read without warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return formats.get(name).read(text)


@ORDINARY
@given(instances())
def test_native_keeps_everything(instance: VrpInstance) -> None:
    """The native format loses nothing and gives an equal instance back."""
    written = formats.get("native").write(instance)
    assert written is not None
    text, lost = written
    assert lost == []
    assert formats.recognise(text) == "native"
    assert read("native", text) == instance


@pytest.mark.parametrize("name", [n for n in WRITERS if n != "native"])
@ORDINARY
@given(instance=instances())
def test_second_trip_loses_nothing(name: str, instance: VrpInstance) -> None:
    """What came out of a format goes into it again as it is, except for names of the parts."""
    format = formats.get(name)
    written = format.write(instance)
    assert written is not None
    again = read(name, written[0])
    second = format.write(again)
    assert second is not None
    assert [line for line in second[1] if "ids of" not in line] == []


@pytest.mark.parametrize("name", [n for n in WRITERS if n not in ("native", "vroom")])
def test_shipments_are_named_as_lost(name: str) -> None:
    """Formats without shipments say how many are lost."""
    written = formats.get(name).write(read("li-lim", SAMPLES["li-lim"]))
    assert written is not None
    assert "2 shipments of 2 are lost." in written[1]


@pytest.mark.parametrize(
    ("name", "text"),
    [("vrplib", SAMPLES["vrplib"]), ("vrplib", TSPLIB), ("solomon", SAMPLES["solomon"])],
)
def test_own_files_come_back_whole(name: str, text: str) -> None:
    """A file that was read is written without losses and reads back equal."""
    instance = read(name, text)
    written = formats.get(name).write(instance)
    assert written is not None
    assert written[1] == []
    assert read(name, written[0]) == instance


def test_rich_dialect_comes_back() -> None:
    """Sections for depots, reloads, prizes, groups and allowed clients are written again."""
    instance = read("vrplib", PYVRP)
    written = formats.get("vrplib").write(instance)
    assert written is not None
    assert written[1] == []


def test_losses_count_and_name_the_first() -> None:
    """Sentences say how many parts are concerned, and show the first."""
    instance = read("native", SAMPLES["native"])
    poorer = instance.replace(
        jobs=[
            {"id": j.id, "location": {"lon": j.location.lon, "lat": j.location.lat}}
            for j in instance.jobs
        ]
    )
    lost = losses(instance, poorer)
    assert "delivery of 2 jobs is lost (first: 'a', [3.0])." in lost
    assert any(line.startswith("time_windows of 1 job is lost (first: 'a'") for line in lost)
    assert losses(instance, instance) == []


def test_vroom_numbers_anew_and_keeps_names() -> None:
    """Ids that are no integers become descriptions."""
    written = formats.get("vroom").write(read("native", SAMPLES["native"]))
    assert written is not None
    document = json.loads(written[0])
    assert [(j["id"], j["description"]) for j in document["jobs"]] == [(1, "a"), (2, "b")]
    assert "ids of 2 jobs change." in written[1]
    assert len(document["vehicles"]) == 2


@ORDINARY
@given(st.data())
def test_vroom_documents_hold_integers(data: st.DataObject) -> None:
    """VROOM takes nothing but integers, except for coordinates and speed factors."""
    written = formats.get("vroom").write(data.draw(instances()))
    assert written is not None

    def check(value: object, key: str = "") -> None:
        if isinstance(value, dict):
            for name, part in value.items():
                check(part, name)
        elif isinstance(value, list) and key not in ("location", "start", "end"):
            for part in value:
                check(part, key)
        elif key not in ("location", "start", "end", "speed_factor"):
            assert isinstance(value, (int, str)), key

    check(json.loads(written[0]))
