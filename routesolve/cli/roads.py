"""Commands that ask the roads: path, matrix, isochrone."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from routesolve.cli import render
from routesolve.cli.options import (
    PROFILES,
    LonLat,
    PlaceCommand,
    output_option,
    require_targets,
    road_options,
)
from routesolve.errors import InputError, Problem, RoutingError
from routesolve.files import save_text
from routesolve.instances.instance import MAX_SNAP
from routesolve.numbers import reaching

if TYPE_CHECKING:
    from routesolve.graphs.maps import Bands, Routes
    from routesolve.graphs.network import RoadNetwork

MAPS = (".html", ".geojson", ".json")
TABLES = (".npz", ".csv", ".json")
Point = tuple[float, float]

WORTH_SAYING = 50.0
"""Metres from which on the gap between a place and its street is mentioned."""


@click.command(cls=PlaceCommand, short_help="Find the way from one place to another.")
@click.argument("start", metavar="A", type=LonLat())
@click.argument("end", metavar="B", type=LonLat())
@road_options
@click.option("--via", multiple=True, type=LonLat(), help="Drive over this place. Repeatable.")
@click.option(
    "--alternatives",
    type=click.IntRange(min=0, max=9),
    default=0,
    show_default=True,
    help="Other good ways besides the best one, at most.",
)
@output_option(MAPS)
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON on standard output.")
@click.option("-q", "--quiet", is_flag=True, help="No talk; the table without the directions.")
def path(
    start: Point,
    end: Point,
    network: str,
    via: tuple[Point, ...],
    alternatives: int,
    output: tuple[str, ...],
    as_json: bool,
    quiet: bool,
) -> None:
    """Find the best way from A to B, places written lon,lat.

    \b
    routesolve path 31.33,30.09 31.35,30.10
    routesolve path -8.611,41.150 -8.583,41.162 --network porto.npz --alternatives 2 -o path.html
    routesolve path 31.33,30.09 31.35,30.10 --via 31.34,30.08 -o path.geojson
    """
    from routesolve.graphs.maps import Routes

    require_targets(output, MAPS)
    if via and alternatives:
        raise InputError(
            "--via and --alternatives exclude each other",
            fix="leave one of them away: alternatives lead from A straight to B",
        )
    talk = render.Talk(quiet=quiet or as_json)
    streets = load(network, talk)
    points = [start, *via, end]
    names = ["A", *(f"--via {k}" for k in range(1, len(via) + 1)), "B"]
    require_near(streets, points, names, talk)
    with talk.working("searching"):
        found = Routes.find(streets, points, count=alternatives + 1)
    if len(found.ways) <= alternatives:
        talk.say("found", f"{len(found.ways) - 1} alternatives: no others are good enough")
    save_maps(output, found)
    if as_json:
        click.echo(json.dumps(found.document(), ensure_ascii=False))
    else:
        render.ways(found, directions=not quiet)
    talk.saved(output)


@click.command(cls=PlaceCommand, short_help="Show how far one gets in so many minutes.")
@click.argument("start", metavar="A", type=LonLat())
@road_options
@click.option("--minutes", default="5,10,15", show_default=True, help="Limits: minutes, commas.")
@click.option("--km", help="Limits in kilometres instead: 1,2,5.")
@output_option(MAPS)
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON on standard output.")
@click.option("-q", "--quiet", is_flag=True, help="No talk.")
def isochrone(
    start: Point,
    network: str,
    minutes: str,
    km: str | None,
    output: tuple[str, ...],
    as_json: bool,
    quiet: bool,
) -> None:
    """Show the streets that are reached from A, written lon,lat, within limits.

    \b
    routesolve isochrone 31.33,30.09 --minutes 3,6,9 -o reach.html
    routesolve isochrone -8.611,41.150 --network porto.npz --km 1,2 -o reach.geojson
    """
    from routesolve.graphs.maps import Bands

    require_targets(output, MAPS)
    metric = "duration" if km is None else "distance"
    limits = _limits(minutes, "--minutes", 60.0) if km is None else _limits(km, "--km", 1000.0)
    talk = render.Talk(quiet=quiet or as_json)
    streets = load(network, talk)
    require_near(streets, [start], ["A"], talk)
    with talk.working("searching"):
        found = Bands.find(streets, start, limits, metric=metric)
    save_maps(output, found)
    if as_json:
        click.echo(json.dumps(found.document(), ensure_ascii=False))
    else:
        render.table(found.heads(), found.rows())
    talk.saved(output)


@click.command(short_help="Compute travel times and distances between stops.")
@click.argument("stops")
@road_options
@click.option(
    "--profile",
    type=click.Choice(PROFILES),
    help="Who travels, where that is not decided by the network.",
)
@output_option(TABLES)
@click.option(
    "--allow-unreachable",
    is_flag=True,
    help="Write the matrix though stops cannot be reached: inf, null or an empty cell there.",
)
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON on standard output.")
@click.option("-q", "--quiet", is_flag=True, help="No talk.")
def matrix(
    stops: str,
    network: str,
    profile: str | None,
    output: tuple[str, ...],
    allow_unreachable: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Compute seconds and metres between all stops of STOPS (CSV, GeoJSON, any instance; '-').

    A CSV table needs columns lon and lat. The rows are in the order of the file, of an instance:
    depots, jobs, shipments. A .npz or .json file can be given to 'routesolve vrp --matrix', a .csv
    file has a line for each pair. Without -o the lines go to standard output.

    --network is a street network, osrm:REGION.osm.pbf (OSRM in this process, extra 'osrm'), or the
    address of an OSRM server.

    \b
    routesolve matrix stops.csv --network porto.npz -o m.npz
    routesolve matrix stops.geojson --network http://localhost:5000 -o m.csv
    routesolve vrp stops.csv --matrix m.npz -o plan.html
    """
    from routesolve.cli import matrices
    from routesolve.graphs.providers import provider_for
    from routesolve.instances.stops import read_stops

    require_targets(output, TABLES)
    talk = render.Talk(quiet=quiet or as_json)
    places = read_stops(stops)
    talk.say("stops", f"{len(places.ids):,} in {stops}")
    begun = time.monotonic()
    with talk.working("roads"):
        provider = provider_for(network, profile=profile)
    talk.say("roads", f"{provider.description} ({time.monotonic() - begun:.1f} s)")
    begun = time.monotonic()
    with talk.working("matrix"):
        found = matrices.Matrix(places, provider.table(places.points), provider.description)
    size = f"{len(places.ids):,} x {len(places.ids):,}"
    talk.say("matrix", f"{size} ({time.monotonic() - begun:.1f} s)")
    problems = found.problems(MAX_SNAP)
    if problems and not allow_unreachable:
        raise RoutingError(problems)
    for problem in problems:
        talk.say("warning", str(problem).replace("\n", " "))
    for target in output:
        found.save(target)
    if as_json:
        click.echo(found.json())
    elif not output:
        click.echo(found.csv(), nl=False)
    else:
        render.pairs(found.lines())
    talk.saved(output)


def load(network: str, talk: render.Talk) -> RoadNetwork:
    """Read the streets and say what they are."""
    from routesolve.graphs.readers import load_network

    if network.startswith(("http://", "https://", "osrm:")):
        raise InputError(
            "OSRM answers 'routesolve matrix' only; this command needs the streets themselves",
            where=f"--network {network}",
            fix="give a file made by 'routesolve graph build'",
        )
    begun = time.monotonic()
    with talk.working("roads"):
        streets = load_network(network)
    graph = streets.streets
    index = ", with index" if streets.index is not None else ""
    size = f"{graph.n:,} junctions, {graph.m:,} arcs{index}"
    name = graph.name or network
    talk.say("roads", f"{name}: {size} ({time.monotonic() - begun:.1f} s)")
    return streets


def require_near(
    network: RoadNetwork, points: Sequence[Point], names: Sequence[str], talk: render.Talk
) -> None:
    """Raise RoutingError for places that are not on the network; mention those beside it.

    Raises
    ------
    RoutingError
        With how far each is, and whether its coordinates look swapped.
    """
    gaps = network.place(points).distances_m
    problems = []
    for point, name, gap in zip(points, names, gaps.tolist(), strict=True):
        if gap <= MAX_SNAP:
            if gap >= WORTH_SAYING:
                talk.say("beside", f"{name} is {reaching(gap, clock=True)} from the nearest street")
            continue
        lon, lat = point
        what = f"{lon:g},{lat:g} is {reaching(gap, clock=True)} away from the nearest street"
        if abs(lon) <= 90 and network.place([(lat, lon)]).distances_m[0] <= MAX_SNAP:
            fix = f"longitude comes first: {lat:g},{lon:g}"
        else:
            fix = f"use a network that covers it (--network); {_covered(network)}"
        problems.append(Problem(f"{what} of {network.name or 'the network'}", name, fix))
    if problems:
        raise RoutingError(problems)


def _covered(network: RoadNetwork) -> str:
    points = network.streets.coordinates
    if points is None or not len(points):
        return "this one has no coordinates"
    west, south = points.min(axis=0)
    east, north = points.max(axis=0)
    return f"this one covers {west:.3f},{south:.3f} to {east:.3f},{north:.3f}"


def save_maps(targets: Sequence[str], found: Routes | Bands) -> None:
    """Write files as their suffixes say."""
    for target in targets:
        suffix = Path(target).suffix.lower()
        if suffix == ".html":
            text = found.page()
        else:
            document: dict[str, Any] = found.geojson() if suffix == ".geojson" else found.document()
            text = json.dumps(document, ensure_ascii=False, allow_nan=False) + "\n"
        save_text(target, text)


def _limits(text: str, option: str, unit: float) -> list[float]:
    """Several numbers > 0, ascending."""
    try:
        limits = sorted({float(part) for part in text.split(",")})
    except ValueError:
        limits = []
    if not limits or not all(0.0 < limit < float("inf") for limit in limits):
        raise InputError(
            f"{text!r} is no list of limits", where=option, fix="write numbers: 5,10,15"
        )
    return [limit * unit for limit in limits]
