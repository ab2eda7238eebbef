"""Plans made elsewhere, recognised by their content, one file per format."""

from __future__ import annotations

import os
from typing import IO, TYPE_CHECKING, Any, cast

from routesolve._memory import uncollected
from routesolve.errors import InputError, RouteSolveError
from routesolve.instances.formats import _source
from routesolve.registry import Registry

if TYPE_CHECKING:
    from routesolve.instances.instance import VrpInstance
    from routesolve.solutions.readers._draft import PlanReader
    from routesolve.solutions.solution import Solution

_HERE = "routesolve.solutions.readers"

READERS = Registry(
    "plan format",
    {
        # Asked in this order: the ones with unmistakable marks first.
        "html": f"{_HERE}.html:READER",
        "json": f"{_HERE}.native:READER",
        "vroom": f"{_HERE}.vroom:READER",
        "csv": f"{_HERE}.manifest:READER",
        "sol": f"{_HERE}.vrplib_sol:READER",
    },
)


@uncollected()
def read_plan(
    source: str | os.PathLike[str] | IO[Any], instance: VrpInstance, *, format: str | None = None
) -> Solution:
    """Read a plan for an instance.

    Parameters
    ----------
    source
        File name (``-`` = standard input) or open file. Gzip is undone, whatever the file's name.
    instance
        The problem the plan is for; every id in the plan is looked up in it.
    format
        A name in :data:`READERS`; left out = recognised by the content, never by the suffix.

    Returns
    -------
    Solution
        Not checked: :func:`routesolve.solutions.checker.check` does that. It has the cost and the
        times that the file states.

    Raises
    ------
    InputError
        With everything that is wrong: unreadable file, no known format, ids the instance does not
        have (each with its line or JSON pointer and the nearest known id).
    """
    name = _source.name_of(source)
    try:
        text = _source.read_text(source)
        return _reader(text, format).read(text, instance)
    except RouteSolveError as error:
        raise error.within(name) from None
    except RecursionError:
        raise InputError("brackets nested too deeply", where=name, fix="check the file") from None


def read_embedded(source: str | os.PathLike[str] | IO[Any]) -> tuple[VrpInstance, Solution]:
    """Read a plan.json or plan.html of ours together with the instance that it carries.

    Raises
    ------
    InputError
        Also when the file is no such plan, or carries no instance.
    """
    from routesolve.solutions.readers import html, native

    name = _source.name_of(source)
    try:
        text = _source.read_text(source)
        if html.sniff(text):
            text = html.plan_text(text)
        elif not native.sniff(text):
            raise InputError(
                "this is no plan that carries its instance",
                fix="name both: routesolve check INSTANCE PLAN",
            )
        instance = native.problem(text)
        return instance, native.read(text, instance)
    except RouteSolveError as error:
        raise error.within(name) from None
    except RecursionError:
        raise InputError("brackets nested too deeply", where=name, fix="check the file") from None


def _reader(text: str, format: str | None) -> PlanReader:
    for name in (format,) if format else READERS:
        reader = cast("PlanReader", READERS.load(name))
        if format or reader.sniff(text):
            return reader
    first = next((line for line in text.split("\n") if line.strip()), "")[:60]
    raise InputError(
        f"this is no plan in a known format; it begins {first!r}" if first else "the file is empty",
        fix=f"give a plan in one of: {', '.join(READERS)}",
    )
