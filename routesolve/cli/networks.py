"""Commands about the streets themselves: graph build, graph info."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any

import click

from routesolve.cli import render
from routesolve.cli.options import PROFILES, require_targets
from routesolve.errors import InputError
from routesolve.numbers import lasting

if TYPE_CHECKING:
    from routesolve.graphs.network import RoadNetwork
    from routesolve.graphs.readers.osm import OsmReport


@click.group(short_help="Make a street network, or look at one.")
def graph() -> None:
    """Street networks: made once from a map, then used by every command.

    \b
    routesolve graph build porto.osm.pbf -o porto.npz --index
    routesolve graph info porto.npz
    """


@graph.command(short_help="Read streets and save them.")
@click.argument("source")
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(dir_okay=False),
    help="The file to write, .npz; what was there is replaced once the new one is whole.",
)
@click.option(
    "--profile",
    type=click.Choice(PROFILES),
    default="car",
    show_default=True,
    help="Who travels (OpenStreetMap files and places).",
)
@click.option(
    "--index",
    is_flag=True,
    help="Build the contraction hierarchy, too: takes seconds once, then answers come at once.",
)
@click.option(
    "--no-turns",
    is_flag=True,
    help="Leave turn restrictions and the time that turns take out: smaller, less true.",
)
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON on standard output.")
@click.option("-q", "--quiet", is_flag=True, help="No progress, no talk.")
def build(
    source: str,
    output: str,
    profile: str,
    index: bool,
    no_turns: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Read the streets of SOURCE and save them to one file.

    SOURCE is an OpenStreetMap extract (.osm.pbf, .osm, .osm.bz2; extra 'osm'), a GraphML file of
    OSMnx, a DIMACS graph, an edge list, or place:NAME, which is downloaded.

    \b
    routesolve graph build porto.osm.pbf -o porto.npz
    routesolve graph build porto.osm.pbf -o porto-bike.npz --profile bicycle --index
    routesolve graph build "place:Funchal, Portugal" -o funchal.npz
    """
    from routesolve.graphs.network import RoadNetwork

    require_targets([output], (".npz",))
    talk = render.Talk(quiet=quiet or as_json)
    begun = time.monotonic()
    with talk.working("reading"):
        network, report = _read(source, profile)
    seconds = {"read": time.monotonic() - begun}
    if report is not None:
        _say_read(talk, report, seconds["read"])
    else:
        read = f"{network.streets.n:,} junctions, {network.streets.m:,} arcs"
        talk.say("read", f"{read} ({seconds['read']:.1f} s)")
    if no_turns:
        network = RoadNetwork(network.streets)
    if index:
        begun = time.monotonic()
        with talk.counting("index") as listener:
            network = network.indexed(on_progress=listener)
        seconds["index"] = time.monotonic() - begun
        held = network.index.memory / 1e6 if network.index else 0.0
        talk.say("index", f"contraction hierarchy, {held:.1f} MB ({seconds['index']:.1f} s)")
    begun = time.monotonic()
    network.save(output)
    seconds["save"] = time.monotonic() - begun
    size = os.path.getsize(output)
    if as_json:
        document = {"saved": output, "bytes": size, "seconds": _rounded(seconds)}
        if report is not None:
            document["read"] = _read_facts(report)
        click.echo(json.dumps(document | {"network": facts(network)}, indent=2, ensure_ascii=False))
        return
    said = f"{output}: {network.streets.n:,} junctions, {network.streets.m:,} arcs, "
    click.echo(f"{said}{size / 1e6:.1f} MB, {lasting(sum(seconds.values()), clock=True)}")


@graph.command(short_help="Show what a street network holds.")
@click.argument("network_file", metavar="NETWORK")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON on standard output.")
def info(network_file: str, as_json: bool) -> None:
    """Show what a street network holds: size, kinds of roads, turns, index, licence.

    NETWORK is a file made by 'graph build', or anything that build reads, or 'cairo'.

    \b
    routesolve graph info porto.npz
    routesolve graph info cairo --json
    """
    from routesolve.graphs.readers import load_network

    begun = time.monotonic()
    network = load_network(network_file)
    found = facts(network)
    if os.path.isfile(network_file):
        found["file_bytes"] = os.path.getsize(network_file)
    found["seconds"] = round(time.monotonic() - begun, 2)
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    render.pairs(_lines(found))


def _read(source: str, profile: str) -> tuple[RoadNetwork, OsmReport | None]:
    """The network; for OpenStreetMap files also what was left out."""
    from routesolve.graphs.network import RoadNetwork
    from routesolve.graphs.readers import load_network
    from routesolve.graphs.readers.osm import file_format, read_osm

    if os.path.isfile(source):
        try:
            file_format(source)
        except InputError:
            pass
        else:
            read = read_osm(source, profile=profile)
            return RoadNetwork(read.graph, read.turns), read.report
    return load_network(source, profile=profile), None


def _say_read(talk: render.Talk, report: OsmReport, seconds: float) -> None:
    talk.say("read", f"{report.ways_used:,} of {report.ways:,} ways ({seconds:.1f} s)")
    side = "left" if report.left_hand else "right"
    talk.say(
        "turns",
        f"{report.restrictions_applied:,} of {report.restrictions:,} restrictions bind here, "
        f"{report.restrictions_unclear:,} are unclear and left out; driving on the {side}",
    )
    talk.say(
        "dropped",
        f"{report.dropped.nodes:,} junctions and {report.dropped.arcs:,} arcs on islands, "
        f"{report.segments_missing:,} pieces of ways cut off at the edge of the file",
    )


def _read_facts(report: OsmReport) -> dict[str, Any]:
    return {
        "ways": report.ways,
        "ways_used": report.ways_used,
        "pieces_cut_off": report.segments_missing,
        "dropped_junctions": report.dropped.nodes,
        "dropped_arcs": report.dropped.arcs,
        "restrictions": report.restrictions,
        "restrictions_applied": report.restrictions_applied,
        "restrictions_unclear": report.restrictions_unclear,
        "left_hand": report.left_hand,
    }


def _rounded(seconds: dict[str, float]) -> dict[str, float]:
    return {key: round(value, 2) for key, value in seconds.items()}


def facts(network: RoadNetwork) -> dict[str, Any]:
    """What is to be known about a network, as JSON."""
    from routesolve.graphs.drawing import attribution
    from routesolve.graphs.summary import summary

    streets = network.streets
    found: dict[str, Any] = {"name": streets.name, "source": streets.source}
    found |= summary(streets)
    turns = network.turns
    found["turns"] = None
    if turns is not None:
        found["turns"] = {
            "allowed": len(turns),
            "not_allowed": found.pop("turns_possible") - len(turns),
            "bans_over_ways": len(turns.bans),
        }
    found.pop("turns_possible", None)
    found["minimised"] = network.metric
    index = network.index
    found["index_bytes"] = None if index is None else int(index.memory)
    found["licence"], found["attribution"] = streets.licence, attribution(streets)
    return found


def _lines(found: dict[str, Any]) -> list[tuple[str, str]]:
    """The facts for people."""
    lines = [
        ("network", " · ".join(part for part in (found["name"], found["source"]) if part)),
        ("size", f"{found['junctions']:,} junctions, {found['arcs']:,} arcs"),
    ]
    if found["components"] > 1:
        share = 100 * found["largest_component"] / max(found["junctions"], 1)
        lines.append(
            ("connected", f"{found['components']:,} parts, the largest holds {share:.1f} %")
        )
    else:
        lines.append(("connected", "every junction can be reached from every other"))
    one_way = 100 * found["one_way_share"]
    lines.append(("streets", f"{found['street_km']:,.1f} km, {one_way:.0f} % of it one-way"))
    for name, km in list(found["road_class_km"].items())[:12]:
        lines.append(("", f"{km:>10,.1f} km  {name}"))
    if len(found["road_class_km"]) > 12:
        lines.append(("", f"and {len(found['road_class_km']) - 12} more kinds (--json)"))
    if found["box"]:
        west, south, east, north = found["box"]
        lines.append(("box", f"{west:.5f},{south:.5f} to {east:.5f},{north:.5f}"))
    turns = found["turns"]
    if turns is None:
        lines.append(("turns", "none: every turn is free"))
    else:
        text = f"{turns['allowed']:,} allowed, {turns['not_allowed']:,} not (U-turns among them)"
        if turns["bans_over_ways"]:
            text += f", {turns['bans_over_ways']:,} banned over several ways"
        lines.append(("turns", text))
    metrics = ", ".join(found["metrics"])
    lines.append(("metrics", f"{metrics}; routes minimise {found['minimised']}"))
    held = found["index_bytes"]
    lines.append(
        ("index", "none (graph build --index)" if held is None else f"{held / 1e6:.1f} MB")
    )
    if "file_bytes" in found:
        lines.append(("file", f"{found['file_bytes'] / 1e6:.1f} MB"))
    lines.append(("loaded in", f"{found['seconds']:.1f} s"))
    if found["attribution"]:
        lines.append(("licence", found["attribution"]))
    return lines
