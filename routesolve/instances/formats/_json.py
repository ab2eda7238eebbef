"""JSON, read strictly: places for syntax errors, no duplicate keys, no NaN."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any

from routesolve.errors import InputError
from routesolve.instances.formats._base import Findings

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"(\s*:)?|[{}\[\]]', re.DOTALL)


def top_level_keys(head: str) -> set[str]:
    """Return the keys of the outermost object, as far as the text goes."""
    return set(_top_level(head))


def has_key(head: str, key: str) -> bool:
    """Return whether the outermost object has a key, reading no further than to there."""
    return key in _top_level(head)


def _top_level(head: str) -> Iterator[str]:
    depth = 0
    if not head.lstrip().startswith("{"):
        return
    for match in _TOKEN.finditer(head):
        token = match.group()
        if token in "{[":
            depth += 1
        elif token in "}]":
            depth -= 1
            if depth <= 0:
                break
        elif depth == 1 and match.group(1) is not None:
            yield token[1 : token.rindex('"')]


def parse(text: str) -> dict[str, Any]:
    """Parse a JSON object.

    Raises
    ------
    InputError
        Syntax (with line and column), duplicate keys, NaN and infinity, anything but an object.
    """
    repeated: list[tuple[int, str]] = []
    strange: list[str] = []

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) < len(pairs):
            seen: set[str] = set()
            for key, _ in pairs:
                if key in seen:
                    repeated.append((id(made), key))
                seen.add(key)
        return made

    def constant(token: str) -> float:
        strange.append(token)
        return float(token.replace("Infinity", "inf"))

    try:
        document = json.loads(text, object_pairs_hook=unique, parse_constant=constant)
    except json.JSONDecodeError as error:
        raise _syntax(text, error) from None
    except RecursionError:
        raise InputError("brackets nested too deeply", fix="check the file") from None
    except ValueError as error:  # integers of thousands of digits
        raise InputError(f"not JSON: {error}", fix="check the file") from None
    if not isinstance(document, dict):
        raise InputError(
            f"the file holds a JSON {_kind(document)}, not an object",
            fix="a problem is an object: {...}",
        )
    if repeated or strange or "\\u" in text:
        _check(document, repeated)
    return document


def _check(document: Any, repeated: list[tuple[int, str]]) -> None:
    found = Findings()
    for where, value in walk(document):
        for owner, key in repeated:
            if id(value) == owner:
                found.add(f"key {key!r} occurs twice", where or "/", "keep one of them")
        if isinstance(value, float) and not math.isfinite(value):
            found.add(f"{value} is no JSON number", where, "write a number, or leave the key out")
        texts = (value,) if isinstance(value, str) else value if isinstance(value, dict) else ()
        if any(not _encodable(text) for text in texts):
            found.add("half of a surrogate pair", where, "write the character itself")
    found.stop()


def walk(value: Any, where: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every part of a document with its JSON pointer."""
    yield where, value
    if isinstance(value, dict):
        for key, part in value.items():
            yield from walk(part, f"{where}/{key}")
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from walk(part, f"{where}/{index}")


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _syntax(text: str, error: json.JSONDecodeError) -> InputError:
    where = f"line {error.lineno}, column {error.colno}"
    rest = text[error.pos : error.pos + 20].split("\n")[0]
    if not text[error.pos :].strip():
        return InputError(
            f"the JSON ends too early: {error.msg.lower()}", where=where, fix="is it truncated?"
        )
    return InputError(
        f"not JSON: {error.msg.lower()}, at {rest!r}", where=where, fix="correct this place"
    )


def _kind(value: Any) -> str:
    return {list: "array", str: "string", bool: "boolean", type(None): "null"}.get(
        type(value), "number"
    )


def dump(document: Any) -> str:
    """Return JSON text with one line for each job, vehicle and matrix row."""
    return _lines(document, 0) + "\n"


def _lines(value: Any, depth: int) -> str:
    if (depth >= 2 and not _has_matrix(value)) or not isinstance(value, (dict, list)) or not value:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    pad = "  " * (depth + 1)
    if isinstance(value, dict):
        parts = (
            f"{pad}{json.dumps(k, ensure_ascii=False)}: {_lines(v, depth + 1)}"
            for k, v in value.items()
        )
        return "{\n" + ",\n".join(parts) + "\n" + "  " * depth + "}"
    if value and not isinstance(value[0], (dict, list)):
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    parts = (pad + _lines(v, depth + 1) for v in value)
    return "[\n" + ",\n".join(parts) + "\n" + "  " * depth + "]"


def _has_matrix(value: Any) -> bool:
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(isinstance(p, list) and p and isinstance(p[0], list) and len(p) > 2 for p in parts)
