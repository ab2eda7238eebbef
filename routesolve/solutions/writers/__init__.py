"""Output formats of plans, one file each."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from routesolve.errors import InputError
from routesolve.registry import Registry

if TYPE_CHECKING:
    from routesolve.solvers.base import Result

WRITERS = Registry(
    "output format",
    {
        "json": "routesolve.solutions.writers.native:render",
        "vroom": "routesolve.solutions.writers.vroom:render",
        "sol": "routesolve.solutions.writers.vrplib_sol:render",
        "geojson": "routesolve.solutions.writers.geojson:render",
        "csv": "routesolve.solutions.writers.manifest:render",
        "html": "routesolve.solutions.writers.html:render",
    },
)
SUFFIXES = {".json": "json", ".sol": "sol", ".geojson": "geojson", ".csv": "csv", ".html": "html"}


def write(result: Result, target: str | os.PathLike[str], *, format: str | None = None) -> None:
    """Write a plan to a file, whole or not at all.

    Parameters
    ----------
    target
        File name; its suffix chooses the format unless ``format`` does.
    format
        A name in :data:`WRITERS`.

    Raises
    ------
    InputError
        Unknown format, or the folder cannot be written to.
    """
    path = Path(target)
    name = format or SUFFIXES.get(path.suffix.lower())
    if name is None:
        raise InputError(
            f"no output format is known by the suffix {path.suffix!r}",
            where=str(path),
            fix=f"use one of {', '.join(SUFFIXES)}, or name the format: {', '.join(WRITERS)}",
        )
    save_text(path, WRITERS.load(name)(result))


def save_text(path: Path, text: str) -> None:
    """Write text to a file through a temporary one beside it, so that it is never half-written."""
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise InputError(
            f"cannot write here: {error.strerror}", where=str(path), fix="choose another folder"
        ) from None
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
            stream.write(text)
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)
        os.replace(temporary, path)
    except BaseException as error:
        Path(temporary).unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise InputError(
                f"cannot write: {error.strerror}", where=str(path), fix="choose another place"
            ) from None
        raise
