"""Output formats of plans, one file each."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from routesolve._memory import uncollected
from routesolve.errors import InputError
from routesolve.files import save_text
from routesolve.registry import Registry

if TYPE_CHECKING:
    from routesolve.solutions.result import Result

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


@uncollected()
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
