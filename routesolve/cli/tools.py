"""Commands around instances: convert, generate, solvers, formats, schema, warmup."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from routesolve import api
from routesolve.cli import render
from routesolve.cli.options import input_options
from routesolve.cli.plans import load_instance
from routesolve.errors import InputError
from routesolve.files import require_writable, save_text
from routesolve.instances.features import Feature, used_features
from routesolve.instances.formats import FORMATS, get
from routesolve.solutions.writers import WRITERS
from routesolve.solvers import registry


@click.command(short_help="Convert an instance; list what does not survive.")
@click.argument("source")
@click.argument("target", type=click.Path(dir_okay=False))
@click.option(
    "--to",
    "output_format",
    type=click.Choice(list(FORMATS)),
    help="Format of TARGET, instead of its suffix.",
)
@input_options
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON on standard output.")
def convert(
    source: str, target: str, output_format: str | None, as_json: bool, **options: Any
) -> None:
    """Read SOURCE in any known format and write it to TARGET.

    Every field of the instance that TARGET's format cannot hold is listed.

    \b
    routesolve convert vroom-input.json instance.json
    routesolve convert instance.json vroom.json --to vroom
    """
    if problems := require_writable(Path(target)):
        raise InputError(problems)
    instance = load_instance(source, options)
    lost = api.save(instance, target, format=output_format)
    if as_json:
        click.echo(json.dumps({"saved": target, "lost": lost}, indent=2, ensure_ascii=False))
        return
    click.echo(f"saved {target}", err=True)
    if not lost:
        click.echo("nothing is lost")
    for sentence in lost:
        click.echo(f"lost: {sentence}")


@click.command(short_help="Write a seeded random instance.")
@click.argument("variant", default="X")
@click.option(
    "-n", "size", type=click.IntRange(min=1), default=100, show_default=True, help="Jobs."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Random seed.")
@click.option("--network", help="Sample the stops on a street network ('cairo' or a file).")
@click.option("-o", "--output", type=click.Path(dir_okay=False), help="File; default: stdout.")
@click.option("--list", "list_names", is_flag=True, help="List the variants.")
def generate(
    variant: str, size: int, seed: int, network: str | None, output: str | None, list_names: bool
) -> None:
    """Write a random instance of VARIANT in the native format.

    \b
    routesolve generate X -n 200 --seed 7 -o x200.json
    routesolve generate OVRPBLTW -n 50
    routesolve generate --list
    """
    from routesolve.instances.generate import GENERATORS, on_network
    from routesolve.instances.generate import generate as make

    if list_names:
        for name in GENERATORS:
            click.echo(name)
        return
    instance = on_network(network, size, seed=seed) if network else make(variant, size, seed=seed)
    if output:
        api.save(instance, output)
        click.echo(f"saved {output}", err=True)
    else:
        click.echo(get("native").render(instance), nl=False)


@click.command(short_help="List solvers and the features they support.")
@click.argument("file", required=False)
@input_options
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON on standard output.")
def solvers(file: str | None, as_json: bool, **options: Any) -> None:
    """List the solvers; with FILE also which of them can solve it, and what the others lack."""
    instance = load_instance(file, options) if file else None
    rows = []
    for name in registry.SOLVERS:
        solver = registry.get(name)
        lacks = solver.unsupported(instance) if instance else None
        rows.append((solver.info, lacks))
    if as_json:
        document = [
            {
                "name": info.name,
                "summary": info.summary,
                "exact": info.exact,
                "anytime": info.anytime,
                "features": sorted(info.features),
                **({"lacks": lacks} if instance else {}),
            }
            for info, lacks in rows
        ]
        click.echo(json.dumps(document, indent=2))
        return
    console = Console(highlight=False)
    for info, _ in rows:
        console.print(f"[bold]{info.name}[/bold]  {escape(info.summary)}", soft_wrap=True)
    table = Table(box=None, header_style="bold")
    table.add_column("feature" if instance is None else "feature of this file")
    for info, _ in rows:
        table.add_column(info.name, justify="center")
    yes, no = "[green]yes[/green]", "[dim]-[/dim]"
    for title in ("exact", "anytime"):
        table.add_row(
            f"[italic]{title}[/italic]", *(yes if getattr(i, title) else no for i, _ in rows)
        )
    for feature in sorted(Feature if instance is None else used_features(instance)):
        table.add_row(feature, *(yes if feature in i.features else no for i, _ in rows))
    console.print()
    console.print(table)
    for info, lacks in rows:
        if lacks is not None:
            console.print(
                f"{info.name}: " + (f"lacks {', '.join(lacks)}" if lacks else "can solve it")
            )


@click.command(short_help="List input and output formats.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON on standard output.")
def formats(as_json: bool) -> None:
    """List the formats of instances (read, written) and of plans (written)."""
    readable = {name: get(name).summary for name in FORMATS}
    if as_json:
        click.echo(json.dumps({"instances": readable, "plans": list(WRITERS)}, indent=2))
        return
    render.names(readable, as_json=False)
    click.echo(f"\nplans: {', '.join(WRITERS)}")


@click.command(short_help="Print the JSON Schema of the native format.")
@click.option("-o", "--output", type=click.Path(dir_okay=False), help="File; default: stdout.")
def schema(output: str | None) -> None:
    """Print the JSON Schema of native instance files."""
    from routesolve.instances.schema import json_schema

    text = json.dumps(json_schema(), indent=2) + "\n"
    if output:
        save_text(output, text)
    else:
        click.echo(text, nl=False)


@click.command(short_help="Compile the kernels now instead of on first use.")
def warmup() -> None:
    """Compile all kernels, so that the first solve does not have to."""
    instance = api.demo("parcel-day")
    instance.travel()
    instance.travel().geometry(0, 1)
    small = api.demo("cvrp-16")
    for name in registry.able(small):
        api.solve(small, solver=name, seconds=0.5)
    # Two types of vehicle: the engine has other kernels for them.
    van = small.vehicle_types[0]
    mixed = small.replace(vehicle_types=(van, replace(van, id="other")))
    api.solve(mixed, solver="ils", seconds=0.5)
    click.echo("kernels are compiled", err=True)
