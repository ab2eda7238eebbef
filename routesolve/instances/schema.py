"""JSON Schema and field tables of the native format, made from the model's own annotations."""

from __future__ import annotations

import json
from math import isinf
from typing import Any

from routesolve.instances.instance import adapter

DIALECT = "https://json-schema.org/draft/2020-12/schema"
IDENTIFIER = "urn:routesolve:instance:1"

_MARKER = {"const": 1, "description": "version of the format; may be left out"}
_WORDS = {
    "boolean": "true or false",
    "integer": "whole number",
    "number": "number",
    "string": "text",
}
_TABLES = (
    "Job",
    "Shipment",
    "Stop",
    "Location",
    "TimeWindow",
    "Depot",
    "VehicleType",
    "Break",
    "Profile",
    "TimeBand",
    "Objective",
    "PlannedRoute",
    "PlannedVisit",
)


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a native instance document.

    What a schema cannot say (references, windows in order, capacities) is checked on reading.
    """
    made = adapter().json_schema()
    definitions = {name: _tidy(part) for name, part in sorted(made.pop("$defs").items())}
    root = _tidy(made)
    return {
        "$schema": DIALECT,
        "$id": IDENTIFIER,
        "title": "routesolve instance",
        "description": "A vehicle routing problem. Seconds, metres, degrees (lon, lat).",
        "type": "object",
        "additionalProperties": False,
        "properties": {"routesolve": _MARKER, **root["properties"]},
        "$defs": definitions,
    }


def _tidy(schema: dict[str, Any]) -> dict[str, Any]:
    """Drop what JSON cannot say (infinite defaults) and what adds nothing (titles of fields)."""
    tidy = {key: value for key, value in schema.items() if key != "properties"}
    if "properties" in schema:
        tidy["properties"] = {key: _field(part) for key, part in schema["properties"].items()}
    return tidy


def _field(schema: dict[str, Any]) -> dict[str, Any]:
    tidy = {key: value for key, value in schema.items() if key != "title"}
    default = tidy.get("default")
    if isinstance(default, float) and isinf(default):
        del tidy["default"]
    elif isinstance(default, dict):
        tidy["default"] = {}  # an object of defaults
    return tidy


def field_tables() -> str:
    """Return Markdown tables of all fields: key, type, meaning with unit, default."""
    schema = json_schema()
    parts = [schema, *(schema["$defs"][name] for name in _TABLES)]
    return "\n".join(_table(part) for part in parts)


def _table(part: dict[str, Any]) -> str:
    required = part.get("required", ())
    title = "Instance" if "$id" in part else part["title"]
    about = part["description"].replace("``", "`")
    lines = [f"### {title}", "", about, ""]
    lines += ["| key | type | meaning | default |", "|---|---|---|---|"]
    for key, field in part["properties"].items():
        default = "required" if key in required else _default(field)
        meaning = field["description"].replace("|", "\\|")
        lines.append(f"| `{key}` | {_type(field)} | {meaning} | {default} |")
    return "\n".join([*lines, ""])


def _type(field: dict[str, Any]) -> str:
    """A field's type in words."""
    if "$ref" in field:
        name = field["$ref"].rsplit("/", 1)[1]
        return "text" if name == "Rounding" else f"[{name}](#{name.lower()})"
    if "anyOf" in field:
        words = [_type(option) for option in field["anyOf"] if option != {"type": "null"}]
        return " or ".join(dict.fromkeys(words))
    if "const" in field:
        return json.dumps(field["const"])
    kind = field["type"]
    if kind == "array":
        return f"list of {_type(field['items'])}"
    if kind == "object":
        return f"object of {_type(field['additionalProperties'])}"
    if isinstance(kind, list):
        return {"string": "id", "number": "number or null"}[kind[0]]
    return _WORDS[kind] + _bounds(field)


def _bounds(field: dict[str, Any]) -> str:
    if "minimum" in field and "maximum" in field:
        return f" {field['minimum']} to {field['maximum']}"
    signs = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤"}
    return "".join(f" {sign} {field[key]}" for key, sign in signs.items() if key in field)


def _default(field: dict[str, Any]) -> str:
    default = field.get("default")
    if default is None or default in ([], {}, ""):
        return "–"
    if isinstance(default, float):
        return f"`{default:g}`"
    return f"`{default}`" if isinstance(default, str) else f"`{json.dumps(default)}`"
