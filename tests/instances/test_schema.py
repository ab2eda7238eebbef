"""JSON Schema and documentation agree with the model."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import fields
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings

from routesolve.instances import model
from routesolve.instances.demo import NAMES
from routesolve.instances.instance import VrpInstance
from routesolve.instances.schema import field_tables, json_schema
from tests.strategies import instances

ROOT = Path(__file__).resolve().parents[2]
VALIDATOR = jsonschema.Draft202012Validator(json_schema())


def test_schema_is_a_schema() -> None:
    """Valid draft 2020-12, strict JSON without infinities, with a name."""
    schema = json.loads(json.dumps(json_schema(), allow_nan=False))
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$id"]
    assert schema["title"]
    assert schema["description"]


@pytest.mark.parametrize("name", NAMES)
def test_embedded_instances_follow_the_schema(name: str) -> None:
    """The files as they are, marker included."""
    path = files("routesolve.instances").joinpath("data", f"{name}.json")
    document = json.loads(path.read_text(encoding="utf-8"))
    assert document["routesolve"] == 1
    VALIDATOR.validate(document)


@given(instances())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_written_instances_follow_the_schema(instance: VrpInstance) -> None:
    """Whatever the model can express is valid once written."""
    VALIDATOR.validate(json.loads(json.dumps(instance.to_dict(), allow_nan=False)))


@pytest.mark.parametrize(
    "document",
    [
        {"jbs": []},
        {"routesolve": 2},
        {"jobs": [{"id": "a"}]},
        {"jobs": [{"id": "", "location": {}}]},
        {"jobs": [{"id": "a", "location": {"lat": 91}}]},
        {"jobs": [{"id": "a", "location": {}, "delivery": [-1]}]},
        {"vehicle_types": [{"count": -1}]},
        {"profiles": [{"metric": "matrix", "durations": [[0, -1], [1, 0]]}]},
        {"backhaul": "first"},
    ],
)
def test_schema_refuses(document: dict[str, Any]) -> None:
    """Wrong keys, types and bounds are caught by the schema alone."""
    assert not VALIDATOR.is_valid(document)


def test_tables_have_every_field() -> None:
    """Each field of each part of the model has a row."""
    tables = field_tables()
    parts = [
        part
        for part in vars(model).values()
        if isinstance(part, type) and hasattr(part, "__pydantic_config__")
    ]
    assert len(parts) == 14
    for part in parts:
        title = "Instance" if part is model.InstanceFields else part.__name__
        table = tables.partition(f"### {title}\n")[2].partition("### ")[0]
        assert re.findall(r"^\| `(\w+)`", table, re.M)[-len(fields(part)) :] == [
            field.name for field in fields(part)
        ]


def test_documentation_is_up_to_date() -> None:
    """``scripts/build_docs.py`` would change nothing."""
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "build_docs.py", "--check"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr + "run python scripts/build_docs.py"


def test_documented_example_is_valid() -> None:
    """The example of the page follows the schema, loads, and its stops are on the network."""
    page = (ROOT / "docs" / "format.md").read_text(encoding="utf-8")
    document = json.loads(page.partition("```json")[2].partition("```")[0])
    VALIDATOR.validate(document)
    del document["routesolve"]
    instance = VrpInstance.from_dict(document)
    instance.require_reachable()
    assert instance.task_count == 3
