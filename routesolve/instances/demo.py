"""The embedded demo instances: one for each common kind of problem."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from routesolve.instances.generators import unknown
from routesolve.instances.instance import VrpInstance

DEFAULT = "parcel-day"
_MARKER = "routesolve"


def _read() -> dict[str, dict[str, Any]]:
    found = {}
    for file in files("routesolve.instances").joinpath("data").iterdir():
        if file.name.endswith(".json"):
            document = json.loads(file.read_text(encoding="utf-8"))
            found[document["name"]] = {k: v for k, v in document.items() if k != _MARKER}
    return dict(sorted(found.items(), key=lambda item: (item[0] != DEFAULT, item[0])))


_DOCUMENTS = _read()

NAMES: tuple[str, ...] = tuple(_DOCUMENTS)
"""Names of the embedded instances, ``parcel-day`` first."""

DESCRIPTIONS: dict[str, str] = {name: item["comment"] for name, item in _DOCUMENTS.items()}
"""What each of them is, in a line."""


def load_demo(name: str = DEFAULT) -> VrpInstance:
    """Return an embedded instance.

    Raises
    ------
    InputError
        When there is none of this name; the message lists the names.
    """
    if name not in _DOCUMENTS:
        raise unknown("demo instance", name, NAMES)
    return VrpInstance.from_dict(_DOCUMENTS[name])
