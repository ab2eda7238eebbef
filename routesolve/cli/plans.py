"""Commands that make or judge plans: vrp, demo, check."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import click

from routesolve import api
from routesolve.cli import render
from routesolve.cli.options import (
    input_options,
    require_targets,
    solve_options,
    talk_options,
)
from routesolve.errors import ExitCode, InputError
from routesolve.instances.instance import VrpInstance
from routesolve.solutions.result import Result
from routesolve.solutions.writers import SUFFIXES, WRITERS
from routesolve.solvers.base import Budget


def load_instance(file: str, options: dict[str, Any]) -> VrpInstance:
    """Read the instance of a command and put it on its roads."""
    names = ("rounding", "vehicles", "capacity", "shift")
    given = {name: options[name] for name in names if options.get(name) is not None}
    instance = api.load(file, format=options.get("input_format"), **given)
    return on_roads(instance, options.get("network"), options.get("matrix"))


def on_roads(instance: VrpInstance, network: str | None, matrix: str | None) -> VrpInstance:
    """Replace the travel of an instance as the options say."""
    if network and matrix:
        raise InputError("--network and --matrix exclude each other", fix="give one of them")
    if network:
        return instance.with_network(network)
    if matrix:
        from routesolve.instances.matrix_file import with_matrix

        return with_matrix(instance, matrix)
    return instance


def make_budget(
    seconds: float | None, iterations: int | None, stall: float | None, workers: int
) -> Budget:
    """Ten seconds unless something else ends the search."""
    if seconds is None and iterations is None:
        seconds = 10.0
    return Budget(seconds=seconds, iterations=iterations, stall=stall, workers=workers)


def solve_and_show(
    instance: VrpInstance,
    budget: Budget,
    talk: render.Talk,
    *,
    solver: str,
    seed: int,
    start: str | None = None,
) -> Result:
    """Travel times, search with live progress, table."""
    before = time.monotonic()
    with talk.working("roads"):
        instance.require_reachable()
    talk.roads(instance, time.monotonic() - before)
    with talk.progress(budget, solver) as listener:
        return api.solve(
            instance, solver=solver, budget=budget, seed=seed, start=start, on_progress=listener
        )


def exit_code(result: Result, *, strict: bool) -> ExitCode:
    """Exit code that a result stands for."""
    if result.interrupted:
        return ExitCode.INTERRUPTED
    if not result.feasible:
        return ExitCode.INTERNAL
    if strict and not result.report.complete:
        return ExitCode.UNSERVED
    return ExitCode.SOLVED


@click.command(short_help="Solve a routing problem and write the checked plan.")
@click.argument("file")
@click.option(
    "-o",
    "--output",
    multiple=True,
    type=click.Path(dir_okay=False),
    help=f"Write the plan; its suffix chooses the format ({' '.join(SUFFIXES)}). Repeatable.",
)
@click.option(
    "--format",
    "output_format",
    type=click.Choice(list(WRITERS)),
    help="Output format, instead of the suffix of -o; without -o the plan goes to standard output.",
)
@click.option(
    "--start",
    type=click.Path(dir_okay=False),
    help="Plan to start from.",
)
@click.option("--strict", is_flag=True, help="Exit with 4 when jobs are left unserved.")
@solve_options
@input_options
@talk_options
def vrp(
    file: str,
    output: tuple[str, ...],
    output_format: str | None,
    start: str | None,
    strict: bool,
    solver: str,
    seconds: float | None,
    iterations: int | None,
    stall: float | None,
    workers: int,
    seed: int,
    as_json: bool,
    quiet: bool,
    verbose: int,
    **options: Any,
) -> None:
    """Solve the instance in FILE (any known format, '-' = standard input).

    \b
    routesolve vrp X-n101-k25.vrp --time 30 -o best.sol
    routesolve vrp stops.csv --vehicles 4 --capacity 120 --network cairo -o plan.html
    routesolve vrp vroom-input.json --format vroom > vroom-output.json
    """
    suffixes = SUFFIXES if output_format is None else None
    require_targets(output, suffixes, otherwise=", or --format")
    talk = render.Talk(quiet=quiet or as_json or (output_format is not None and not output))
    instance = load_instance(file, options)
    budget = make_budget(seconds, iterations, stall, workers)
    talk.header(instance)
    result = solve_and_show(instance, budget, talk, solver=solver, seed=seed, start=start)
    for target in output:
        result.save(target, format=output_format)
    if as_json:
        click.echo(WRITERS.load("json")(result), nl=False)
    elif output_format is not None and not output:
        click.echo(WRITERS.load(output_format)(result), nl=False)
    else:
        render.result(result, verbose=verbose)
    talk.saved(output)
    raise click.exceptions.Exit(exit_code(result, strict=strict))


@click.command(short_help="Solve an embedded problem on real streets.")
@click.argument("name", default="parcel-day")
@click.option("--list", "list_names", is_flag=True, help="List the embedded problems.")
@click.option(
    "-o",
    "--output",
    default="routesolve-demo",
    show_default=True,
    type=click.Path(file_okay=False),
    help="Folder for plan.html, plan.json, plan.geojson and manifest.csv.",
)
@solve_options
@talk_options
def demo(
    name: str,
    list_names: bool,
    output: str,
    solver: str,
    seconds: float | None,
    iterations: int | None,
    stall: float | None,
    workers: int,
    seed: int,
    as_json: bool,
    quiet: bool,
    verbose: int,
) -> None:
    """Solve the embedded problem NAME [parcel-day] and write its plan, with a map.

    \b
    routesolve demo
    routesolve demo technicians --time 5
    routesolve demo --list
    """
    from routesolve.instances.demo import DESCRIPTIONS

    if list_names:
        render.names(DESCRIPTIONS, as_json=as_json)
        return
    instance = api.demo(name)
    folder = Path(output)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"cannot make this folder: {error.strerror}", where=output, fix="name another with -o"
        ) from None
    talk = render.Talk(quiet=quiet or as_json)
    talk.header(instance)
    budget = make_budget(seconds, iterations, stall, workers)
    result = solve_and_show(instance, budget, talk, solver=solver, seed=seed)
    targets = ["plan.html", "plan.json", "manifest.csv"]
    if instance.geographic:
        targets.insert(2, "plan.geojson")
    for target in targets:
        result.save(folder / target)
    if as_json:
        click.echo(WRITERS.load("json")(result), nl=False)
    else:
        render.result(result, verbose=verbose)
    talk.saved([os.path.join(output, target) for target in targets])
    talk.next_steps(os.path.join(output, "plan.json"))
    raise click.exceptions.Exit(exit_code(result, strict=False))


@click.command(short_help="Check and price a plan made anywhere.")
@click.argument("instance_file", metavar="INSTANCE")
@click.argument("plan_file", metavar="[PLAN]", required=False)
@click.option("--strict", is_flag=True, help="Exit with 4 when jobs are left unserved.")
@input_options
@talk_options
def check(
    instance_file: str,
    plan_file: str | None,
    strict: bool,
    as_json: bool,
    quiet: bool,
    verbose: int,
    **options: Any,
) -> None:
    """Check PLAN against INSTANCE; both in any known format.

    A plan.json or plan.html written by routesolve carries its instance: it needs no second file.
    Exit code 0: feasible; 2: rules are broken.

    \b
    routesolve check X-n101-k25.vrp X-n101-k25.sol
    routesolve check C101.txt C101.sol --rounding dimacs
    routesolve check routesolve-demo/plan.html
    """
    from routesolve.solutions.checker import check as check_solution
    from routesolve.solutions.readers import read_embedded, read_plan

    if plan_file is None:
        instance, solution = read_embedded(instance_file)
        instance = on_roads(instance, options.get("network"), options.get("matrix"))
    else:
        instance = load_instance(instance_file, options)
        solution = read_plan(plan_file, instance)
    report = check_solution(instance, solution)
    render.report(instance, report, as_json=as_json, quiet=quiet, verbose=verbose)
    if not report.feasible:
        raise click.exceptions.Exit(ExitCode.INPUT)
    if strict and not report.complete:
        raise click.exceptions.Exit(ExitCode.UNSERVED)
