"""Types, bounds and keys of input (pydantic), and its findings in words of our own."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import TypeAdapter, ValidationError

from routesolve.errors import InputError, Problem
from routesolve.instances import model

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from routesolve.instances.model import InstanceFields

_KNOWN_KEYS = sorted(
    {
        f.name
        for part in vars(model).values()
        if isinstance(part, type) and dataclasses.is_dataclass(part)
        for f in dataclasses.fields(part)
    }
)

_EXPECTED = {
    "bool_type": "true or false",
    "dataclass_type": "an object {{...}}",
    "finite_number": "a finite number",
    "float_type": "a number",
    "greater_than": "a number > {gt:g}",
    "greater_than_equal": "a number >= {ge:g}",
    "int_type": "a whole number",
    "less_than_equal": "a number <= {le:g}",
    "mapping_type": "an object {{...}}",
    "string_type": "a text",
    "string_too_short": "a text of at least one character",
    "tuple_type": "a list [...]",
}


def coerce(adapter: TypeAdapter[InstanceFields], raw: Mapping[str, Any]) -> InstanceFields:
    """Check types, bounds and keys; NumPy scalars are taken for the numbers they are."""
    try:
        return adapter.validate_python(raw)
    except ValidationError:
        try:
            return adapter.validate_python(_plain(raw))
        except ValidationError as error:
            raise InputError(from_pydantic(error, raw)) from None


def _plain(value: Any) -> Any:
    """Return ``value`` with NumPy scalars turned into Python numbers, dataclasses into dicts."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return {_plain(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    return value


def from_pydantic(error: ValidationError, document: Any) -> list[Problem]:
    """Translate pydantic's findings into problems with JSON pointers and fixes."""
    found = []
    for item in error.errors(include_url=False):
        path = [p for p in item["loc"] if not (isinstance(p, str) and "[" in p)]
        what, fix = _explained(item, path)
        where = "/" + "/".join(str(p) for p in path)
        found.append(Problem(_named(path, document) + what, where, fix))
    return found


def _explained(item: ErrorDetails, path: Sequence[Any]) -> tuple[str, str | None]:
    """One finding of pydantic in the words of somebody who wrote a JSON file: what, and fix."""
    kind, context, got = item["type"], item.get("ctx", {}), f", got {_short(item['input'])}"
    key = str(path[-1]) if path else ""
    if kind in ("extra_forbidden", "unexpected_keyword_argument"):
        near = difflib.get_close_matches(key, _KNOWN_KEYS, n=1)
        return f"unknown key {key!r}", f"did you mean {near[0]!r}?" if near else "remove it"
    if kind in ("missing", "missing_argument"):
        return f"{key!r} is missing", f"add {key!r}"
    if key in ("lat", "lon") and kind.endswith("than_equal"):
        limit = 90 if key == "lat" else 180
        return (
            f"{key!r} lies outside -{limit}..{limit}{got}",
            "latitude lies in -90..90, longitude in -180..180; are they swapped?",
        )
    if kind in ("literal_error", "enum"):
        known = str(context["expected"])
        near = difflib.get_close_matches(str(item["input"]), known.replace("'", " ").split(), n=1)
        return (
            f"{key!r} is one of {known}{got}",
            f"did you mean {near[0]!r}?" if near else f"use one of {known}",
        )
    if kind == "value_error":
        return f"{context['error']}{got}", f"see {key!r} in docs/format.md"
    if kind in _EXPECTED:
        what = _EXPECTED[kind].format(**context)
        names = [p for p in path if isinstance(p, str)]
        return f"expected {what}{got}", f"give {what}" + (f" for {names[-1]!r}" if names else "")
    return f"{item['msg'][:1].lower()}{item['msg'][1:]}{got}", f"see {key!r} in docs/format.md"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _named(path: Sequence[Any], document: Any) -> str:
    """``job 'A17': `` when the path leads into a part that has an id."""
    if len(path) < 2 or not isinstance(path[1], int) or not isinstance(document, Mapping):
        return ""
    try:
        part = document[path[0]][path[1]]
    except (KeyError, IndexError, TypeError):
        return ""
    name = part.get("id") if isinstance(part, Mapping) else getattr(part, "id", None)
    return "" if name is None else f"{str(path[0]).removesuffix('s').replace('_', ' ')} {name!r}: "
