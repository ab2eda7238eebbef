"""File formats of instances, recognised by their content, one file each."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from routesolve.errors import InputError, RouteSolveError
from routesolve.files import save_text
from routesolve.instances.formats import _json, _source
from routesolve.registry import Registry

if TYPE_CHECKING:
    from routesolve.instances.formats._base import Format
    from routesolve.instances.instance import VrpInstance

_HERE = "routesolve.instances.formats"

FORMATS = Registry(
    "instance format",
    {
        # Asked in this order: the ones with unmistakable marks first.
        "native": f"{_HERE}.native:Native",
        "vroom": f"{_HERE}.vroom:Vroom",
        "solomon": f"{_HERE}.solomon:Solomon",
        "sartori-buriol": f"{_HERE}.sartori_buriol:SartoriBuriol",
        "vrplib": f"{_HERE}.vrplib:Vrplib",
        "top": f"{_HERE}.top:Top",
        "hvrp": f"{_HERE}.hvrp:Hvrp",
        "li-lim": f"{_HERE}.li_lim:LiLim",
        "cordeau": f"{_HERE}.cordeau:Cordeau",
        "table": f"{_HERE}.table:Table",
    },
)


def get(name: str) -> Format:
    """Return the format called ``name``.

    Raises
    ------
    InputError
        When there is none.
    """
    return cast("Format", FORMATS.load(name)())


def recognise(text: str) -> str | None:
    """Return the name of the format of a text, by its content, or None.

    Raises
    ------
    InputError
        A text that begins as JSON, and is none.
    """
    head = text[: _source.HEAD]
    for name in FORMATS:
        if get(name).sniff(head):
            return name
    if head.lstrip()[:1] in ("{", "["):
        # The keys that tell stand further on, behind a matrix; or the text is broken.
        return _owner(_json.parse(text))
    return None


def _owner(document: Mapping[str, Any]) -> str:
    from routesolve.instances.formats import vroom

    return "vroom" if vroom.owns(document) else "native"


def load(
    source: str | os.PathLike[str] | IO[Any] | Mapping[str, Any] | Any,
    *,
    format: str | None = None,
    **options: Any,
) -> VrpInstance:
    """Read an instance from wherever it is.

    Parameters
    ----------
    source
        File name (``-`` = standard input), open file, dictionary (native or VROOM, by its keys) or
        a pandas DataFrame of stops. Gzip is undone, whatever the file's name.
    format
        A name in :data:`FORMATS`; left out = recognised by the content, never by the suffix.
    **options
        For all formats: ``rounding``, ``vehicles``, ``capacity``, ``objective`` (see
        :class:`~routesolve.instances.formats._base.Options`); tables know some more.

    Raises
    ------
    InputError
        With everything that is wrong, each with its line, row or JSON pointer.
    """
    if isinstance(source, Mapping):
        return _load_document(source, format, options)
    if hasattr(source, "columns") and hasattr(source, "iloc"):
        from routesolve.instances.formats import table

        return table.from_dataframe(source, **options)
    name = _source.name_of(source)
    try:
        text = _source.read_text(source)
        chosen = format or recognise(text)
        if chosen is None:
            raise _source.unrecognised(text, FORMATS)
        return get(chosen).read(text, name=_source.stem(name), **options)
    except RouteSolveError as error:
        raise error.within(name) from None


def _load_document(
    document: Mapping[str, Any], format: str | None, options: dict[str, Any]
) -> VrpInstance:
    from routesolve.instances.formats import native, vroom

    readers = {"native": native.read_document, "vroom": vroom.read_document}
    chosen = format or _owner(document)
    if chosen not in readers:
        raise InputError(
            f"a dictionary cannot be read as {chosen!r}", fix=f"use {' or '.join(readers)}"
        )
    return readers[chosen](document, **options)


def save(
    instance: VrpInstance, target: str | os.PathLike[str], *, format: str | None = None
) -> list[str]:
    """Write an instance to a file, whole or not at all.

    Parameters
    ----------
    target
        File name; its suffix chooses the format unless ``format`` does.
    format
        A name in :data:`FORMATS`.

    Returns
    -------
    list of str
        One sentence for every field that the format cannot hold.

    Raises
    ------
    InputError
        Unknown format, a format that is only read, or a place that cannot be written to.
    """
    path = Path(target)
    writers = {name: get(name) for name in FORMATS if get(name).writes}
    by_suffix = {suffix: name for name, f in reversed(writers.items()) for suffix in f.suffixes}
    name = format or by_suffix.get(path.suffix.lower())
    if name is None:
        raise InputError(
            f"no instance format is known by the suffix {path.suffix!r}",
            where=str(path),
            fix=f"use one of {', '.join(sorted(by_suffix))}, or name the format: "
            f"{', '.join(writers)}",
        )
    written = get(name).write(instance)
    if written is None:
        raise InputError(
            f"{name} files are only read, not written",
            where=str(path),
            fix=f"choose one of {', '.join(writers)}",
        )
    text, losses = written
    with suppress(FileNotFoundError):
        path = path.resolve(strict=True) if path.is_symlink() else path
    save_text(path, text)
    return losses
