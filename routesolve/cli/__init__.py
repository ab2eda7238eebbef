"""The command line: parse, call the API, render, exit code. No logic of its own."""

from __future__ import annotations

import json
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import click

from routesolve import __version__
from routesolve.errors import ExitCode, RouteSolveError

COMMANDS = {
    "vrp": ("routesolve.cli.plans:vrp", "Solve a routing problem and write the checked plan."),
    "demo": ("routesolve.cli.plans:demo", "Solve an embedded problem on real streets."),
    "check": ("routesolve.cli.plans:check", "Check and price a plan made anywhere."),
    "graph": ("routesolve.cli.networks:graph", "Make a street network, or look at one."),
    "path": ("routesolve.cli.roads:path", "Find the way from one place to another."),
    "matrix": ("routesolve.cli.roads:matrix", "Compute travel times between stops."),
    "isochrone": ("routesolve.cli.roads:isochrone", "Show how far one gets in so many minutes."),
    "index": ("routesolve.cli.indexes:index", "Find paths in social networks, by their core."),
    "neural": ("routesolve.cli.neural:neural", "Train, judge and look at the neural solver."),
    "convert": ("routesolve.cli.tools:convert", "Convert an instance; list what does not survive."),
    "generate": ("routesolve.cli.tools:generate", "Write a seeded random instance."),
    "solvers": ("routesolve.cli.tools:solvers", "List solvers and the features they support."),
    "formats": ("routesolve.cli.tools:formats", "List input and output formats."),
    "schema": ("routesolve.cli.tools:schema", "Print the JSON Schema of the native format."),
    "warmup": ("routesolve.cli.tools:warmup", "Compile the kernels now instead of on first use."),
}


class _LazyGroup(click.Group):
    """A group whose commands are imported when run: ``--help`` stays fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        from importlib import import_module

        module, _, attribute = COMMANDS[name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        import difflib

        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], COMMANDS, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else f" Known: {', '.join(COMMANDS)}."
            if os.path.exists(args[0]):
                hint = f" To solve a file: routesolve vrp {args[0]}"
            raise click.UsageError(f"No such command {args[0]!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="routesolve")
def group() -> None:
    """From streets and stops to a checked route plan.

    \b
    routesolve demo                      an example on real streets, with a map
    routesolve vrp stops.csv --vehicles 4 --capacity 120 -o plan.html
    routesolve vrp X-n101-k25.vrp --time 30 -o best.sol
    routesolve check instance.json plan.json
    routesolve graph build city.osm.pbf -o city.npz
    routesolve path 31.33,30.09 31.35,30.10 --alternatives 2 -o path.html

    The answer goes to standard output, everything else to standard error. Exit codes: 0 solved,
    1 internal error, 2 bad input, 3 unreachable stops, 4 unserved jobs (with --strict),
    130 interrupted (the best plan so far is written).

    Shell completion: eval "$(_ROUTESOLVE_COMPLETE=bash_source routesolve)"; for other shells
    zsh_source or fish_source.
    """


def report_error(error: RouteSolveError, *, as_json: bool) -> int:
    """Print an error for people (stderr) or programs (stdout); return its exit code."""
    if as_json:
        problems = [{"what": p.what, "where": p.where, "fix": p.fix} for p in error.problems]
        click.echo(json.dumps({"code": int(error.exit_code), "problems": problems}, indent=2))
    else:
        for problem in error.problems:
            click.echo(f"{click.style('error:', fg='red', bold=True)} {problem}", err=True)
        if len(error.problems) > 1:
            click.echo(f"{len(error.problems)} problems, nothing done", err=True)
    return int(error.exit_code)


def _show_warning(message: Warning | str, *_: object, **__: object) -> None:
    click.echo(f"{click.style('warning:', fg='yellow')} {message}", err=True)


def run(command: Callable[[], Any], argv: Sequence[str]) -> int:
    """Run a command and turn what it raises into an exit code."""
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _show_warning
            code = command()  # click hands on the code of ctx.exit() as the return value
    except RouteSolveError as error:
        return report_error(error, as_json="--json" in argv)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return int(ExitCode.INTERRUPTED)
    except BrokenPipeError:  # the reader of a pipe has gone: nobody is left to tell
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - must outlive this function
        return int(ExitCode.SOLVED)
    return int(code) if isinstance(code, int) else int(ExitCode.SOLVED)


def main(argv: Sequence[str] | None = None) -> None:
    """Entry point of the ``routesolve`` program."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    sys.exit(
        run(lambda: group.main(arguments, prog_name="routesolve", standalone_mode=False), arguments)
    )
