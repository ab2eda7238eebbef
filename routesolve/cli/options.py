"""Options shared by several commands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from routesolve.graphs.rounding import Rounding
from routesolve.instances.formats import FORMATS
from routesolve.solvers.registry import DEFAULT, SOLVERS

F = TypeVar("F", bound=Callable[..., Any])


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
            type=click.Path(dir_okay=False),
            help="Travel by a matrix file (.npz, .json or .csv), rows in the order of the stops.",
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
