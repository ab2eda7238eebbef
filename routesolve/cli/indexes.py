"""Commands about large networks with hubs: index build, query, bench, picture."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from routesolve.cli import render
from routesolve.cli.options import require_targets
from routesolve.errors import InputError
from routesolve.numbers import lasting

if TYPE_CHECKING:
    from routesolve.graphs.core_periphery import CorePeripheryIndex, Network
    from routesolve.graphs.graph import Graph

MODES = ("E", "H", "M")


class Source(NamedTuple):
    """A network as an index takes it, and the names of its vertices when they have some."""

    network: Network
    named: Graph | None
    directed: bool
    n: int
    arcs: int

    def vertex(self, name: str) -> int:
        """The number of a vertex by the name that it has in the file."""
        try:
            number = int(name)
        except ValueError:
            raise InputError(f"{name!r} is no vertex", fix="give a number of the edge list") from (
                None
            )
        if self.named is not None:
            return self.named.index_of(number)
        return number

    def name(self, vertex: int) -> Any:
        """The name of a vertex in the file."""
        return vertex if self.named is None else self.named.node_ids[vertex].item()


directed_option = click.option(
    "--directed", is_flag=True, help="Arcs lead one way only; slower, and not in the paper."
)
core_option = click.option(
    "--core",
    type=click.FloatRange(0.0, 1.0),
    default=0.01,
    show_default=True,
    help="Share of the vertices in the core.",
)
seed_option = click.option("--seed", type=int, default=0, show_default=True, help="Random seed.")
json_option = click.option(
    "--json", "as_json", is_flag=True, help="Answer as JSON on standard output."
)
quiet_option = click.option("-q", "--quiet", is_flag=True, help="No progress, no talk.")


@click.group(short_help="Shortest paths in social and information networks.")
def index() -> None:
    """Distances and paths in large networks with hubs, by a small core of their vertices.

    EDGES is an edge list (two vertices a line, .txt or packed; SNAP's files are), anything else
    that 'graph build' reads, or a folder with indptr.npy and heads.npy, which is not read into
    memory. An edge joins both its ends, unless --directed is given.

    \b
    routesolve index build soc-Epinions1.txt.gz -o epinions.npz
    routesolve index query epinions.npz soc-Epinions1.txt.gz 0 75000 --path
    routesolve index bench soc-Epinions1.txt.gz --pairs 10000
    """


@index.command(short_help="Grow a core and save it.")
@click.argument("edges")
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(dir_okay=False),
    help="The file to write, .npz; what was there is replaced once the new one is whole.",
)
@core_option
@seed_option
@click.option("--core-index", type=click.Choice(["pll"]), help="Label the core, for mode M.")
@directed_option
@json_option
@quiet_option
def build(
    edges: str,
    output: str,
    core: float,
    seed: int,
    core_index: str | None,
    directed: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Grow the core of the network EDGES and save it with the ring around it.

    \b
    routesolve index build soc-Epinions1.txt.gz -o epinions.npz
    routesolve index build soc-Epinions1.txt.gz -o epinions.npz --core 0.05 --core-index pll
    """
    require_targets([output], (".npz",))
    talk = render.Talk(quiet=quiet or as_json)
    source = _load(edges, directed, talk)
    built, seconds = _build(source, core, seed, core_index, talk)
    built.save(output)
    size = os.path.getsize(output)
    if as_json:
        found = {"saved": output, "bytes": size, "seconds": round(seconds, 3)}
        click.echo(json.dumps(found | _facts(built, source), indent=2))
        return
    said = f"{output}: {built.sizes[0]:,} vertices in the core, {size / 1e6:.1f} MB, "
    click.echo(said + lasting(seconds, clock=True))


@index.command(short_help="Find out how far two vertices are apart.")
@click.argument("index_file", metavar="INDEX")
@click.argument("edges")
@click.argument("start", metavar="A")
@click.argument("end", metavar="B")
@click.option(
    "--mode",
    type=click.Choice(MODES),
    default="E",
    show_default=True,
    help="All ways into the core; one from each end; one, and labels (build --core-index pll).",
)
@click.option("--exact", is_flag=True, help="Search on until nothing shorter can exist.")
@click.option("--path", "with_path", is_flag=True, help="Also show the vertices on the way.")
@directed_option
@json_option
@quiet_option
def query(
    index_file: str,
    edges: str,
    start: str,
    end: str,
    mode: str,
    exact: bool,
    with_path: bool,
    directed: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Find out how far A and B are apart in the network EDGES that INDEX was built on.

    \b
    routesolve index query epinions.npz soc-Epinions1.txt.gz 0 75000
    routesolve index query epinions.npz soc-Epinions1.txt.gz 0 75000 --exact --path
    """
    from routesolve.graphs.core_periphery import CorePeripheryIndex

    talk = render.Talk(quiet=quiet or as_json)
    source = _load(edges, directed, talk)
    loaded = CorePeripheryIndex.load(index_file, source.network, directed=source.directed)
    s, t = source.vertex(start), source.vertex(end)
    ask = loaded.path if with_path else loaded.distance
    answer = ask(s, t, mode=mode, exact=exact)
    way = None if answer.path is None else [source.name(v) for v in answer.path]
    if as_json:
        found = {
            "hops": answer.hops if answer.hops >= 0 else None,
            "connected": answer.hops >= 0,
            "mode": mode,
            "exact": answer.exact,
            "queries": answer.queries,
        }
        click.echo(json.dumps(found | ({"path": way} if with_path else {})))
        return
    if answer.hops < 0:
        click.echo(f"{start} and {end} are not connected")
        return
    claim = "" if answer.exact else " at most"
    arcs = "arc" if answer.hops == 1 else "arcs"
    lists = f"{answer.queries} list{'' if answer.queries == 1 else 's'}"
    click.echo(f"{answer.hops} {arcs}{claim} (mode {mode}, {lists} read)")
    if way is not None:
        click.echo(" ".join(map(str, way)))


@index.command(short_help="Measure an index against exact search.")
@click.argument("edges")
@core_option
@seed_option
@click.option("--core-index", type=click.Choice(["pll"]), help="Also measure mode M.")
@click.option(
    "--pairs",
    type=click.IntRange(min=1),
    default=1000,
    show_default=True,
    help="Random pairs of vertices.",
)
@json_option
@quiet_option
def bench(
    edges: str,
    core: float,
    seed: int,
    core_index: str | None,
    pairs: int,
    as_json: bool,
    quiet: bool,
) -> None:
    """Ask an index of EDGES, and a search from both ends, about the same random pairs.

    Shown are the share of answers that are exact and at most one and two arcs too long, the time a
    pair takes, and the share of the vertices whose lists have been read in the end, those of the
    core among them.

    \b
    routesolve index bench soc-Epinions1.txt.gz --core 0.02 --pairs 10000
    """
    talk = render.Talk(quiet=quiet or as_json)
    source = _load(edges, False, talk)
    built, seconds = _build(source, core, seed, core_index, talk)
    with talk.working("asking"):
        rows = _measured(built, source, pairs, seed)
    if as_json:
        found = {"pairs": pairs, "build_seconds": round(seconds, 4), **_facts(built, source)}
        click.echo(json.dumps(found | {"methods": rows}, indent=2))
        return
    heads = [("method", False), ("us a pair", True), ("exact", True), ("<= +1", True)]
    heads += [("<= +2", True), ("vertices read", True)]
    lines = [
        [row["method"], f"{row['microseconds']:.2f}"]
        + [f"{100 * row[key]:.2f} %" for key in ("exact", "within_1", "within_2", "read")]
        for row in rows
    ]
    render.table(heads, lines)


@index.command(short_help="Draw degrees and rings.")
@click.argument("index_file", metavar="INDEX")
@click.argument("edges")
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(dir_okay=False),
    help="The picture to write, .png.",
)
@quiet_option
def picture(index_file: str, edges: str, output: str, quiet: bool) -> None:
    """Draw how many neighbours the vertices of core, ring and periphery have (extra 'plots').

    \b
    routesolve index picture epinions.npz soc-Epinions1.txt.gz -o rings.png
    """
    from routesolve.graphs.core_periphery import CorePeripheryIndex
    from routesolve.graphs.core_pictures import save_picture

    require_targets([output], (".png",))
    talk = render.Talk(quiet=quiet)
    source = _load(edges, False, talk)
    loaded = CorePeripheryIndex.load(index_file, source.network)
    save_picture(loaded, output, title=Path(edges).name)
    talk.saved([output])


def _load(edges: str, directed: bool, talk: render.Talk) -> Source:
    """The network in a file, or that in a folder of arrays."""
    from routesolve.graphs import generators
    from routesolve.graphs.readers import load_graph

    begun = time.monotonic()
    with talk.working("reading"):
        if os.path.isdir(edges):
            if directed:
                raise InputError("arrays are undirected", where=edges, fix="leave --directed away")
            rows = generators.load_rows(edges)
            source = Source(rows, None, False, len(rows.indptr) - 1, len(rows.heads))
        else:
            graph = load_graph(edges)
            if directed:
                source = Source(graph, graph, True, graph.n, graph.m)
            else:
                rows = generators.undirected(graph)
                source = Source(rows, graph, False, graph.n, len(rows.heads))
    seconds = time.monotonic() - begun
    talk.say("read", f"{source.n:,} vertices, {source.arcs:,} arcs ({seconds:.1f} s)")
    return source


def _build(
    source: Source, core: float, seed: int, core_index: str | None, talk: render.Talk
) -> tuple[CorePeripheryIndex, float]:
    """An index and the seconds it took."""
    from routesolve.graphs.core_periphery import CorePeripheryIndex

    begun = time.monotonic()
    with talk.counting("index") as listener:
        built = CorePeripheryIndex.build(
            source.network,
            core=core,
            seed=seed,
            core_index=core_index,
            directed=source.directed,
            on_progress=listener,
        )
    seconds = time.monotonic() - begun
    inside, ring, outside = built.sizes
    rings = f"{inside:,} vertices, {ring:,} around it, {outside:,} outside"
    talk.say("core", f"{rings} ({seconds:.1f} s)")
    return built, seconds


def _facts(built: CorePeripheryIndex, source: Source) -> dict[str, Any]:
    """What is to be known about an index, as JSON."""
    inside, ring, outside = built.sizes
    return {
        "vertices": source.n,
        "arcs": source.arcs,
        "core": inside,
        "ring": ring,
        "periphery": outside,
        "index_bytes": built.memory,
        "queries": built.facts["queries"],
        "seed": built.facts["seed"],
    }


def _measured(
    built: CorePeripheryIndex, source: Source, pairs: int, seed: int
) -> list[dict[str, Any]]:
    """For each method its accuracy, time and reach."""
    import numpy as np

    from routesolve.graphs.bidirectional_bfs import HopSearch

    if source.n == 0:
        raise InputError("the network has no vertices")
    s, t = np.random.default_rng(seed).integers(0, source.n, (2, pairs))
    search = HopSearch.from_csr(*source.network)  # type: ignore[misc]  # arrays: never directed
    search.distances(s[:1], t[:1])  # compiles
    begun = time.perf_counter()
    true = search.distances(s, t)
    spent = time.perf_counter() - begun
    counted = HopSearch.from_csr(*source.network, count=True)  # type: ignore[misc]
    counted.distances(s, t)
    rows = [_row("both ends", spent, true - true, counted.nodes_read / source.n)]
    for mode in MODES[: 3 if built.facts["core_index"] else 2]:
        built.distances(s[:1], t[:1], mode=mode)
        begun = time.perf_counter()
        hops = built.distances(s, t, mode=mode).hops
        spent = time.perf_counter() - begun
        built.count_reads()
        built.distances(s, t, mode=mode)
        rows.append(_row(mode, spent, hops - true, built.vertices_read / source.n))
    return rows


def _row(method: str, seconds: float, error: Any, read: float) -> dict[str, Any]:
    return {
        "method": method,
        "microseconds": round(1e6 * seconds / len(error), 3),
        "exact": float((error == 0).mean()),
        "within_1": float((error <= 1).mean()),
        "within_2": float((error <= 2).mean()),
        "read": read,
    }
