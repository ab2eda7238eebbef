"""Commands about the neural solver: data build, data info, train, eval, info."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any

import click

from routesolve.cli import render
from routesolve.cli.neural_models import evaluate, train
from routesolve.cli.neural_models import info as model_info
from routesolve.cli.options import PROFILES, require_targets
from routesolve.numbers import lasting

if TYPE_CHECKING:
    from routesolve.solvers.neural.pool import Area, Pool


@click.group(short_help="Train, judge and look at the neural solver.")
def neural() -> None:
    """The neural solver: what it is trained on, and what comes of it.

    \b
    routesolve neural data build porto.osm.pbf leeds.osm.pbf -o pool.npz
    routesolve neural data info pool.npz
    routesolve neural train --preset smoke
    routesolve neural eval weights.safetensors
    routesolve neural info
    """


neural.add_command(train)
neural.add_command(evaluate)
neural.add_command(model_info)


@neural.group(short_help="Make places and tables to train on, or look at them.")
def data() -> None:
    """Pools: areas with many places and the travel between all of them.

    \b
    routesolve neural data build porto.osm.pbf leeds.osm.pbf -o pool.npz
    routesolve neural data build --synthetic 16 -o made-up.npz
    routesolve neural data info pool.npz
    """


@data.command(short_help="Build a pool from map extracts, or made-up towns.")
@click.argument("extracts", nargs=-1)
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(dir_okay=False),
    help="The file to write, .npz; what was there is replaced once the new one is whole.",
)
@click.option(
    "--points",
    type=click.IntRange(min=2),
    default=1000,
    show_default=True,
    help="Places of each area.",
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Which ones."
)
@click.option(
    "--engine",
    default="osrm",
    show_default=True,
    help="Who finds the ways: osrm (in this process, extra 'osrm', Python >= 3.12), the address of "
    "an OSRM server, or own (our own network).",
)
@click.option(
    "--profile",
    type=click.Choice(PROFILES),
    default="car",
    show_default=True,
    help="Who travels.",
)
@click.option(
    "--synthetic",
    type=click.IntRange(min=0),
    default=0,
    metavar="N",
    help="Also make up N towns, of seeds --seed, --seed + 1, ...; needs no extract.",
)
@click.option("--skip-bad", is_flag=True, help="Leave out extracts that fail, with a warning.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON on standard output.")
@click.option("-q", "--quiet", is_flag=True, help="No progress, no talk.")
def build(
    extracts: tuple[str, ...],
    output: str,
    points: int,
    seed: int,
    engine: str,
    profile: str,
    synthetic: int,
    skip_bad: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Draw places on the streets of EXTRACTS and save them with all travel between them.

    EXTRACTS are OpenStreetMap files (.osm.pbf, .osm, .osm.bz2; extra 'osm'). Each becomes an area
    with ways from everywhere to everywhere.

    Nothing is written when an extract fails, unless --skip-bad is given. Answers of OSRM are kept
    on disk: a second run goes on where the first one failed.

    \b
    routesolve neural data build porto.osm.pbf leeds.osm.pbf -o pool.npz
    routesolve neural data build *.osm.pbf -o pool.npz --points 2000 --skip-bad
    routesolve neural data build porto.osm.pbf -o pool.npz --engine http://localhost:5000
    routesolve neural data build cairo --engine own --synthetic 8 -o pool.npz
    """
    require_targets([output], (".npz",))
    from routesolve.solvers.neural.areas import build_pool

    talk = render.Talk(quiet=quiet or as_json)
    begun = time.monotonic()
    with talk.counting("areas") as listener:
        pool = build_pool(
            extracts,
            synthetic=synthetic,
            places=points,
            seed=seed,
            engine=engine,
            profile=profile,
            skip_bad=skip_bad,
            on_area=lambda area: talk.say("area", _said(area)),
            on_progress=listener,
        )
    pool.save(output)
    seconds, size = time.monotonic() - begun, os.path.getsize(output)
    if as_json:
        found = {"saved": output, "bytes": size, "seconds": round(seconds, 2)}
        click.echo(json.dumps(found | _facts(pool), indent=2, ensure_ascii=False))
        return
    places = sum(area.size for area in pool.areas)
    said = f"{output}: {_counted(pool)}, {places:,} places, {size / 1e6:.1f} MB, "
    click.echo(said + lasting(seconds, clock=True))


@data.command(short_help="Show what a pool holds.")
@click.argument("pool_file", metavar="POOL")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON on standard output.")
def info(pool_file: str, as_json: bool) -> None:
    """Show the areas of a pool: places, travel, who found the ways, source and licence.

    Asymmetry is how much longer one of two ways between places takes, as a share of their mean.

    \b
    routesolve neural data info pool.npz
    """
    from routesolve.solvers.neural.pool import Pool

    pool = Pool.load(pool_file)
    found = _facts(pool) | {"file_bytes": os.path.getsize(pool_file)}
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    heads = [("area", False), ("places", True), ("mean min", True), ("mean km", True)]
    heads += [("asymmetry", True), ("engine", False), ("profile", False), ("licence", False)]
    rows = [
        [
            about["name"],
            f"{about['places']:,}",
            f"{about['mean_seconds'] / 60:.1f}",
            f"{about['mean_metres'] / 1000:.1f}",
            f"{100 * about['asymmetry']:.1f} %",
            f"{about['engine']} {about['version']}",
            about["profile"],
            about["licence"],
        ]
        for about in found["areas"]
    ]
    render.table(heads, rows)
    click.echo(f"{_counted(pool)}, {found['places']:,} places, {found['file_bytes'] / 1e6:.1f} MB")


def _counted(pool: Pool) -> str:
    count = len(pool.areas)
    return f"{count:,} area{'' if count == 1 else 's'}"


def _said(area: Area) -> str:
    """One area in a line."""
    return f"{area.name}: {area.size:,} places, asymmetry {100 * area.asymmetry:.1f} %"


def _facts(pool: Pool) -> dict[str, Any]:
    """What is to be known about a pool, as JSON."""
    from routesolve.solvers.neural.pool import STEP, TEXTS

    areas = [
        {key: getattr(area, key) for key in TEXTS}
        | {
            "places": area.size,
            "connected": area.connected,
            "mean_seconds": round(STEP * float(area.durations.mean()), 1),
            "mean_metres": round(STEP * float(area.distances.mean()), 1),
            "asymmetry": round(area.asymmetry, 4),
        }
        for area in pool.areas
    ]
    return {"places": sum(area.size for area in pool.areas), "areas": areas}
