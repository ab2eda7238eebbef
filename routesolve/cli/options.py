"""Options shared by several commands."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from routesolve.errors import InputError, Problem
from routesolve.files import require_writable
from routesolve.graphs.rounding import Rounding
from routesolve.instances.formats import FORMATS
from routesolve.solvers.registry import DEFAULT, SOLVERS

F = TypeVar("F", bound=Callable[..., Any])

PROFILES = ("car", "bicycle", "foot")


def _apply(function: F, *decorators: Callable[[F], F]) -> F:
    for decorate in reversed(decorators):
        function = decorate(function)
    return function


def input_options(function: F) -> F:
    """How an instance file is read."""
    return _apply(
        function,
        click.option(
            "--input-format",
            type=click.Choice(list(FORMATS)),
            help="Format of FILE, instead of recognising it by content.",
        ),
        click.option(
            "--rounding",
            type=click.Choice([str(r) for r in Rounding]),
            help="Rounding convention of distances (benchmark files).",
        ),
        click.option("--vehicles", type=click.IntRange(min=1), help="Fleet size (tables)."),
        click.option("--capacity", type=float, help="Capacity of each vehicle (tables)."),
        click.option("--shift", help="Working hours of the vehicles, 08:00-17:00 (tables)."),
        click.option(
            "--network",
            help="Travel on a street network: 'cairo', or a GraphML or .npz file.",
        ),
        click.option(
            "--matrix",
            help="Travel by a matrix file (.npz, .json or .csv; rows in the order of the stops, or "
            "by its 'points'), by OSRM (osrm:REGION.osm.pbf) or by its server "
            "(http://localhost:5000).",
        ),
    )


def solve_options(function: F) -> F:
    """How an instance is solved."""
    return _apply(
        function,
        click.option(
            "--solver",
            type=click.Choice(list(SOLVERS)),
            default=DEFAULT,
            show_default=True,
            help="Method; see 'routesolve solvers'.",
        ),
        click.option(
            "--time",
            "seconds",
            type=click.FloatRange(min=0, min_open=True),
            help="Seconds of search [10].",
        ),
        click.option(
            "--iterations",
            type=click.IntRange(min=1),
            help="Iterations; with the same seed the plan is the same.",
        ),
        click.option(
            "--stall",
            type=click.FloatRange(min=0, min_open=True),
            help="Stop after so many seconds without a better plan.",
        ),
        click.option(
            "--workers",
            type=click.IntRange(min=1),
            default=1,
            show_default=True,
            help="Cores to use; the solver 'ils' can use more than one.",
        ),
        click.option("--seed", type=int, default=0, show_default=True, help="Random seed."),
    )


def talk_options(function: F) -> F:
    """How much is said."""
    return _apply(
        function,
        click.option("--json", "as_json", is_flag=True, help="Answer as JSON on standard output."),
        click.option("-q", "--quiet", is_flag=True, help="No progress, no talk."),
        click.option("-v", "--verbose", count=True, help="Every visit; -vv: also where time goes."),
    )


def road_options(function: F) -> F:
    """Which streets."""
    return _apply(
        function,
        click.option(
            "--network",
            default="cairo",
            show_default=True,
            envvar="ROUTESOLVE_NETWORK",
            help="Streets: a file made by 'routesolve graph build' or one that it reads, or "
            "'cairo'; $ROUTESOLVE_NETWORK sets another default.",
        ),
    )


def output_option(suffixes: Collection[str]) -> Callable[[F], F]:
    """Files to write, by suffix; checked with :func:`require_targets`."""
    return click.option(
        "-o",
        "--output",
        multiple=True,
        type=click.Path(dir_okay=False),
        help=f"Write the answer; the suffix chooses the format ({' '.join(suffixes)}). Repeatable.",
    )


def require_targets(
    outputs: Sequence[str], suffixes: Collection[str] | None, *, otherwise: str = ""
) -> None:
    """Find out before the work starts that its result could not be written.

    Parameters
    ----------
    outputs
        File names.
    suffixes
        Those that are known; None where the suffix does not matter.
    otherwise
        What else would help against an unknown one.

    Raises
    ------
    InputError
        Unknown suffixes, places that cannot be written to: all of them.
    """
    problems = []
    for target in outputs:
        suffix = Path(target).suffix
        if suffixes is not None and suffix.lower() not in suffixes:
            fix = f"use one of {', '.join(suffixes)}{otherwise}"
            said = f"no output format is known by the suffix {suffix!r}"
            problems.append(Problem(said, target, fix))
        problems += require_writable(target)
    if problems:
        raise InputError(problems)


_MINUS = "\u2212"


class PlaceCommand(click.Command):
    """A command that takes places, whose longitude may be negative: ``-8.61,41.15``.

    That looks like an option. A minus sign instead of the hyphen does not, and
    :class:`LonLat` takes either.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Replace the hyphen in front of places."""
        places = [re.sub(r"^-(?=\.?\d[\d.]*\s*[,;])", _MINUS, word) for word in args]
        return super().parse_args(ctx, places)


if TYPE_CHECKING:
    _LonLatType = click.ParamType[tuple[float, float]]
else:
    _LonLatType = click.ParamType


class LonLat(_LonLatType):
    """A place: longitude and latitude in degrees."""

    name = "lon,lat"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, float]:
        """Return the two numbers."""
        where = param.human_readable_name if param else None
        text = str(value).replace(_MINUS, "-")
        try:
            lon, lat = (float(part) for part in re.split(r"\s*[,;]\s*", text.strip()))
        except ValueError:
            raise InputError(
                f"{text!r} is no place",
                where=where,
                fix="write longitude, comma, latitude in degrees, no blank between: 31.33,30.09",
            ) from None
        if abs(lon) <= 180 and abs(lat) <= 90:
            return lon, lat
        swapped = abs(lat) <= 180 and abs(lon) <= 90
        raise InputError(
            f"{text!r} is not on Earth: longitude {lon:g}, latitude {lat:g}",
            where=where,
            fix=f"longitude comes first: {lat:g},{lon:g}" if swapped else "give degrees",
        )
