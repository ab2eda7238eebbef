"""The native format: the fields of an instance as a JSON document (``docs/format.md``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from routesolve.errors import InputError
from routesolve.instances.formats import _json
from routesolve.instances.formats._base import Format, Options, build
from routesolve.instances.instance import VrpInstance
from routesolve.instances.model import InstanceFields

MARK = "routesolve"
VERSION = 1
_SHARED = {"jobs", "shipments"}  # with VROOM
_OWN = {*InstanceFields.__dataclass_fields__, MARK} - _SHARED
_PLAN = {"routes", "unassigned", "summary"}


class Native(Format):
    """Native JSON."""

    name: ClassVar[str] = "native"
    summary: ClassVar[str] = "JSON document of the whole problem model"
    suffixes: ClassVar[tuple[str, ...]] = (".json",)
    writes: ClassVar[bool] = True

    def sniff(self, head: str) -> bool:
        """Tell by keys of the outermost object that only this format has."""
        return bool(_json.top_level_keys(head) & _OWN)

    def read(self, text: str, *, name: str = "", **options: Any) -> VrpInstance:
        """Make an instance from the JSON text; see :meth:`Format.read`."""
        return read_document(_json.parse(text), name=name, **options)

    def render(self, instance: VrpInstance) -> str:
        """Return the document with its version mark."""
        return _json.dump({MARK: VERSION, **instance.to_dict()})


def read_document(document: Mapping[str, Any], *, name: str = "", **options: Any) -> VrpInstance:
    """Make an instance from the native document as a dictionary.

    Raises
    ------
    InputError
        With every problem at its JSON pointer.
    """
    chosen = Options.check(options)
    fields = dict(document)
    version = fields.pop(MARK, VERSION)
    if version != VERSION:
        raise InputError(
            f"format version {version!r} is not known",
            where=f"/{MARK}",
            fix=f"this program reads version {VERSION}; use a newer one",
        )
    if _PLAN & set(fields) and not fields.get("vehicle_types"):
        raise InputError(
            "this is a plan, not a problem (it has "
            + ", ".join(repr(key) for key in sorted(_PLAN & set(fields)))
            + ")",
            fix="give the problem here; `routesolve check PROBLEM PLAN` takes both",
        )
    if name and "name" not in fields:
        fields["name"] = name
    unknown = set(fields) - set(InstanceFields.__dataclass_fields__)
    if unknown:
        return VrpInstance.from_dict(fields)  # raises, with the nearest known names
    return build(fields, chosen)
