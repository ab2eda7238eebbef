"""Shortest paths side by side with other packages: one process, one core, one table.

    python benchmarks/shortest_paths.py DATA/roads [-o benchmarks/results/shortest_paths.csv]

DATA/roads holds USA-road-t.NY.gr.gz and USA-road-d.NY.co.gz (9th DIMACS challenge). Times are CPU
seconds of this process: medians over many sources or pairs, peers and ours by turns so that both
see the same machine; ratio = peer time / our time. Every peer's answers are compared with ours
before it is timed. Peers that are not installed are left out: scipy, networkit, igraph, networkx,
rustworkx, pandana, ch-router, routingkit-cch.
"""

from __future__ import annotations

import argparse
import csv
import importlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from routesolve.graphs import Graph
from routesolve.graphs.readers.dimacs import read_dimacs

FIELDS = ("task", "ours", "peer", "ours_ms", "peer_ms", "ratio", "target", "met", "note")
TARGETS = {
    ("one-to-all", "scipy"): 2.5,
    ("one-to-all", "networkit"): 4.0,
    ("one-to-one with path", "networkit bidirectional"): 1.5,
    ("CH build", "ch-router"): 1.0,
    ("CH build", "pandana"): 2.0,
    ("CH one-to-one batched", "ch-router"): 0.8,
    ("CH one-to-one with path", "ch-router"): 0.5,
    ("one-to-all with index", "scipy"): 15.0,
    ("one-to-all with index", "routingkit-cch"): 8.0,
    ("table", "routingkit-cch"): 20.0,
    ("table", "scipy"): 500.0,
    ("hub labels batched", "routingkit-cch one-to-one"): 10.0,
    ("re-customisation", "own build"): 10.0,
    ("first use", "allowed"): 1.0,
}
"""Least ratio asked for, by task and peer."""


@dataclass
class Race:
    """Collects times and prints a line for each comparison."""

    rows: list[dict[str, Any]] = field(default_factory=list)

    def put(
        self, task: str, ours: str, peer: str, mine: float, theirs: float, note: str = ""
    ) -> None:
        """Record one comparison; seconds."""
        ratio = theirs / mine if mine else float("nan")
        target = TARGETS.get((task, peer))
        met = "" if target is None else "yes" if ratio >= target else "NO"
        row = (task, ours, peer, mine * 1e3, theirs * 1e3, ratio, target or "", met, note)
        self.rows.append(dict(zip(FIELDS, row, strict=True)))
        print(
            f"{task:26} {ours:22} {mine * 1e3:11.4f} ms   {peer:26} {theirs * 1e3:12.4f} ms"
            f"   {ratio:8.2f}x {f'(>= {target:g}) {met}' if target else '':14} {note}",
            flush=True,
        )


@contextmanager
def optional(*modules: str) -> Iterator[list[Any]]:
    """Import peers, and skip the block with a line when one is missing or fails."""
    try:
        yield [importlib.import_module(module) for module in modules]
    except ImportError as error:
        print(f"-- left out: {error}", file=sys.stderr)
    except (AttributeError, RuntimeError, TypeError, ValueError) as error:
        print(f"-- failed: {type(error).__name__}: {error}", file=sys.stderr)


def once(action: Callable[[], Any]) -> float:
    """CPU seconds of one call."""
    start = time.process_time()
    action()
    return time.process_time() - start


def duel(
    mine: Callable[..., Any], theirs: Callable[..., Any], calls: list[tuple[Any, ...]]
) -> tuple[float, float]:
    """Medians of the CPU seconds of both, in blocks by turns: both see the same machine, and each
    its own data in the caches. The first call of each block is not counted.
    """
    times: tuple[list[float], list[float]] = [], []
    size = max(1, len(calls) // 4)
    for start in range(0, len(calls), size):
        block = calls[start : start + size]
        for action, collected in zip((mine, theirs), times, strict=True):
            action(*block[0])
            collected.extend(once(lambda c=c, a=action: a(*c)) for c in block)
    return float(np.median(times[0])), float(np.median(times[1]))


def same(name: str, mine: Any, theirs: Any) -> None:
    """Refuse to time a peer that answers something else."""
    if not np.allclose(np.asarray(mine, float), np.asarray(theirs, float), rtol=1e-9):
        raise ValueError(f"{name}: answers differ")


class Ground:
    """The graph, and the sources and pairs that everybody is asked."""

    def __init__(self, graph: Graph, seed: int, sources: int, pairs: int, side: int) -> None:
        random = np.random.default_rng(seed)
        self.graph, self.n = graph, graph.n
        self.weights = graph.metrics["duration"]
        self.tails, self.heads = graph.edge_tails, graph.heads
        self.sources = [(int(s),) for s in random.integers(0, self.n, sources)]
        self.pairs = [(int(s), int(t)) for s, t in random.integers(0, self.n, (pairs, 2))]
        self.rows, self.columns = random.integers(0, self.n, (2, side))
        self.many = random.integers(0, self.n, (2, 20_000))

    def scipy(self) -> Any:
        """The matrix, parallel arcs reduced to the lightest (SciPy would add them up)."""
        from scipy.sparse import csr_array

        order = np.lexsort((self.weights, self.heads, self.tails))
        key = self.tails[order].astype(np.int64) * self.n + self.heads[order]
        first = order[np.r_[True, key[1:] != key[:-1]]]
        ends = self.tails[first], self.heads[first]
        return csr_array((self.weights[first].astype(float), ends), shape=(self.n, self.n))


def trees(race: Race, ground: Ground) -> None:
    """One-to-all without an index."""
    from routesolve.graphs.shortest_paths import dijkstra, one_to_all

    graph = ground.graph

    def mine(s: int) -> Any:
        return dijkstra(graph, s).costs

    with optional("scipy.sparse.csgraph") as (csgraph,):
        matrix = ground.scipy()
        same("scipy", mine(7), csgraph.dijkstra(matrix, indices=7))
        times = duel(mine, lambda s: csgraph.dijkstra(matrix, indices=s), ground.sources)
        race.put("one-to-all", "dijkstra", "scipy", *times)
        floats = ground.weights.astype(float)
        times = duel(
            lambda s: dijkstra(graph, s, weights=floats),
            lambda s: csgraph.dijkstra(matrix, indices=s),
            ground.sources,
        )
        race.put("one-to-all, floats", "dijkstra(weights=)", "scipy", *times)
        times = duel(
            lambda s: one_to_all(graph, s),
            lambda s: csgraph.dijkstra(matrix, indices=s, return_predecessors=True),
            ground.sources,
        )
        race.put("one-to-all, two metrics", "one_to_all", "scipy with predecessors", *times)
    with optional("networkit") as (networkit,):
        theirs = networkit_graph(networkit, ground)

        def run(s: int) -> Any:
            return networkit.distance.Dijkstra(theirs, s, False, False).run()

        same("networkit", mine(7), run(7).getDistances())
        race.put("one-to-all", "dijkstra", "networkit", *duel(mine, run, ground.sources))
    with optional("igraph") as (igraph,):
        other = igraph_graph(igraph, ground)
        few = ground.sources[:5]
        times = duel(mine, lambda s: other.distances(s, weights="w", mode="out"), few)
        race.put("one-to-all", "dijkstra", "igraph", *times)
    with optional("rustworkx") as (rustworkx,):
        digraph = rustworkx.PyDiGraph()
        digraph.add_nodes_from(range(ground.n))
        arcs = zip(
            ground.tails.tolist(), ground.heads.tolist(), ground.weights.tolist(), strict=True
        )
        digraph.add_edges_from(list(arcs))
        times = duel(
            mine,
            lambda s: rustworkx.dijkstra_shortest_path_lengths(digraph, s, float),
            ground.sources[:3],
        )
        race.put("one-to-all", "dijkstra", "rustworkx", *times)
    with optional("networkx") as (networkx,):
        slow = networkx.DiGraph()
        arcs = zip(
            ground.tails.tolist(), ground.heads.tolist(), ground.weights.tolist(), strict=True
        )
        slow.add_weighted_edges_from(arcs)
        times = duel(
            mine,
            lambda s: networkx.single_source_dijkstra_path_length(slow, s),
            ground.sources[:2],
        )
        race.put("one-to-all", "dijkstra", "networkx", *times)


def single_pairs(race: Race, ground: Ground) -> None:
    """One-to-one with its path, without an index."""
    from routesolve.graphs.astar import Landmarks, astar
    from routesolve.graphs.shortest_paths import shortest_path

    graph = ground.graph

    def mine(s: int, t: int) -> Any:
        return shortest_path(graph, s, t)

    with optional("networkit") as (networkit,):
        theirs = networkit_graph(networkit, ground)

        def run(s: int, t: int) -> Any:
            search = networkit.distance.BidirectionalDijkstra(theirs, s, t, True)
            search.run()
            search.getPath()
            return search.getDistance()

        s, t = ground.pairs[0]
        same("networkit", mine(s, t).duration, run(s, t))
        times = duel(mine, run, ground.pairs)
        race.put("one-to-one with path", "shortest_path", "networkit bidirectional", *times)
    with optional("igraph") as (igraph,):
        other = igraph_graph(igraph, ground)
        times = duel(
            mine,
            lambda s, t: other.get_shortest_path(s, t, weights="w", mode="out"),
            ground.pairs[:15],
        )
        race.put("one-to-one with path", "shortest_path", "igraph", *times)
    with optional("scipy.sparse.csgraph") as (csgraph,):
        matrix = ground.scipy()
        times = duel(
            mine,
            lambda s, _: csgraph.dijkstra(matrix, indices=s, return_predecessors=True),
            ground.pairs[:15],
        )
        race.put("one-to-one with path", "shortest_path", "scipy (no target)", *times)
    times = duel(lambda s, t: astar(graph, s, t), mine, ground.pairs)
    race.put("one-to-one with path", "astar, coordinates", "own shortest_path", *times)
    landmarks: list[Landmarks] = []
    seconds = once(lambda: landmarks.append(Landmarks.build(graph, 16)))
    times = duel(lambda s, t: astar(graph, s, t, landmarks=landmarks[0]), mine, ground.pairs)
    note = f"16 landmarks in {seconds:.2f} s"
    race.put("one-to-one with path", "astar, landmarks", "own shortest_path", *times, note)


def hops(race: Race, ground: Ground) -> None:
    """Breadth-first search on the same graph."""
    from routesolve.graphs.bfs import breadth_first

    def mine(s: int) -> Any:
        return breadth_first(ground.graph, s)

    with optional("scipy.sparse.csgraph") as (csgraph,):
        matrix = ground.scipy()
        times = duel(mine, lambda s: csgraph.breadth_first_order(matrix, s), ground.sources)
        race.put("hops to all", "breadth_first", "scipy breadth_first_order", *times)
    with optional("networkit") as (networkit,):
        theirs = networkit_graph(networkit, ground, weighted=False)
        times = duel(
            mine,
            lambda s: networkit.distance.BFS(theirs, s, False, False).run(),
            ground.sources,
        )
        race.put("hops to all", "breadth_first", "networkit", *times)


def indexed(race: Race, ground: Ground) -> None:
    """Everything that a contraction hierarchy is for."""
    with optional("routesolve.graphs.hierarchy") as (hierarchy,):
        graph = ground.graph
        hierarchy.ContractionHierarchy.build(small_graph())  # compiles
        built: list[Any] = []
        build = once(lambda: built.append(hierarchy.ContractionHierarchy.build(graph)))
        index = built[0]
        peers = hierarchy_peers(race, ground, build)
        index_pairs(race, ground, index, peers)
        index_trees(race, ground, index, peers)
        index_tables(race, ground, index, peers)
        labels(race, ground, index, peers)
        customisation(race, ground, index, build, peers)


def customisation(
    race: Race, ground: Ground, index: Any, build: float, peers: dict[str, dict[str, Any]]
) -> None:
    """New weights for an order that depends on none, down to an index that can be asked."""
    with optional("routesolve.graphs.customizable") as (customizable,):
        customizable.CustomizableHierarchy.build(small_graph()).customize()  # compiles
        built: list[Any] = []
        whole = once(lambda: built.append(customizable.CustomizableHierarchy.build(ground.graph)))
        seconds_of = ground.weights * ground.graph.units["duration"]
        built[0].customize(seconds_of)
        times = [once(lambda: built.append(built[0].customize(seconds_of))) for _ in range(5)]
        mine = float(np.median(times))
        task, other = "re-customisation", built[-1]
        race.put(task, "customize", "own build", mine, build)
        race.put("customizable build", "build", "own build", whole, build, "order and arcs")
        if "routingkit-cch" in peers:
            theirs = peers["routingkit-cch"]["customize"]
            race.put(task, "customize", "routingkit-cch", mine, theirs, "theirs without pruning")
        sources, targets = ground.many
        same(
            "customised",
            other.distances(sources[:500], targets[:500]),
            index.distances(sources[:500], targets[:500]),
        )
        ways = [
            [once(lambda x=x: x.distances(sources, targets)) for _ in range(3)]
            for x in (other, index)
        ]
        costs = [min(way) / len(sources) for way in ways]
        race.put("CH one-to-one batched", "customised", "own build", *costs)
        ways = [
            [once(lambda x=x: x.costs(ground.rows, ground.columns)) for _ in range(3)]
            for x in (other, index)
        ]
        race.put("table", "customised", "own build", *(min(way) for way in ways))


def hierarchy_peers(race: Race, ground: Ground, build: float) -> dict[str, dict[str, Any]]:
    """Build the peers' indexes, and race their builds against ours."""
    peers: dict[str, dict[str, Any]] = {}
    n = ground.n
    tails, heads = ground.tails.astype(np.uint32), ground.heads.astype(np.uint32)
    weights = ground.weights.astype(np.uint32)
    with optional("ch_router") as (ch_router,):
        built: list[Any] = []
        seconds = once(
            lambda: built.append(ch_router.ContractionHierarchy.build(n, tails, heads, weights))
        )
        peers["ch-router"] = {"query": ch_router.CHQuery(built[0])}
        race.put("CH build", "build", "ch-router", build, seconds)
    with optional("routingkit_cch") as (cch,):
        points = ground.graph.coordinates
        assert points is not None
        ends = tails.tolist(), heads.tolist()
        built = []

        def order() -> None:
            place = points[:, 1].tolist(), points[:, 0].tolist()
            ranks = cch.compute_order_inertial(n, *ends, *place)
            built.append(cch.CCH(ranks, *ends, False))

        seconds = once(order)
        values = weights.tolist()
        custom = once(lambda: built.append(cch.CCHMetric(built[0], values)))
        race.put("CH build", "build", "routingkit-cch", build, seconds + custom, "order + metric")
        metric = built[1]
        peers["routingkit-cch"] = {
            "module": cch,
            "metric": metric,
            "customize": custom,
            "query": cch.CCHQuery(metric),
        }
    with optional("pandana", "pandas") as (pandana, pandas):
        points = ground.graph.coordinates
        assert points is not None
        arcs = pandas.DataFrame({"w": ground.weights.astype(float)})
        x, y = pandas.Series(points[:, 0]), pandas.Series(points[:, 1])
        start, end = pandas.Series(ground.tails), pandas.Series(ground.heads)
        built = []
        seconds = once(lambda: built.append(pandana.Network(x, y, start, end, arcs, twoway=False)))
        peers["pandana"] = {"network": built[0]}
        race.put("CH build", "build", "pandana", build, seconds)
    return peers


def index_pairs(race: Race, ground: Ground, index: Any, peers: dict[str, dict[str, Any]]) -> None:
    """One-to-one distances in batches, and paths one at a time."""
    sources, targets = ground.many
    index.distances(sources[:2], targets[:2])
    mine = min(once(lambda: index.distances(sources, targets)) for _ in range(3)) / len(sources)
    few = list(zip(sources[:2000].tolist(), targets[:2000].tolist(), strict=True))
    expected = index.distances(sources[:2000], targets[:2000])
    if "ch-router" in peers:
        query = peers["ch-router"]["query"]

        def ask(s: int, t: int) -> Any:
            return query.reset().add_source(s).add_target(t).run().get_distance()

        same("ch-router", expected[:50], [ask(s, t) for s, t in few[:50]])
        theirs = once(lambda: [ask(s, t) for s, t in few]) / len(few)
        race.put("CH one-to-one batched", "distances", "ch-router", mine, theirs)

        def way(s: int, t: int) -> Any:
            return query.reset().add_source(s).add_target(t).run().get_node_path()

        times = duel(index.path, way, few[:500])
        race.put("CH one-to-one with path", "path", "ch-router", *times)
    if "routingkit-cch" in peers:
        run = peers["routingkit-cch"]["query"].run
        same("routingkit-cch", expected[:50], [run(s, t).distance for s, t in few[:50]])
        theirs = once(lambda: [run(s, t).distance for s, t in few]) / len(few)
        peers["routingkit-cch"]["one"] = theirs
        race.put("CH one-to-one batched", "distances", "routingkit-cch", mine, theirs)
        times = duel(index.path, lambda s, t: run(s, t).node_path, few[:500])
        race.put("CH one-to-one with path", "path", "routingkit-cch", *times)
    if "pandana" in peers:
        network = peers["pandana"]["network"]
        theirs = once(lambda: network.shortest_path_lengths(sources, targets)) / len(sources)
        race.put("CH one-to-one batched", "distances", "pandana", mine, theirs)


def index_trees(race: Race, ground: Ground, index: Any, peers: dict[str, dict[str, Any]]) -> None:
    """One-to-all by a sweep over the hierarchy."""
    mine = getattr(index, "costs_from", index.one_to_all)
    with optional("scipy.sparse.csgraph") as (csgraph,):
        matrix = ground.scipy()
        same("scipy", mine(3), csgraph.dijkstra(matrix, indices=3))
        times = duel(mine, lambda s: csgraph.dijkstra(matrix, indices=s), ground.sources)
        race.put("one-to-all with index", "costs_from", "scipy", *times)
    if "routingkit-cch" in peers:
        peer = peers["routingkit-cch"]
        pinned = peer["module"].CCHOneToMany(peer["metric"], list(range(ground.n)))
        times = duel(mine, pinned.distances_from, ground.sources)
        race.put("one-to-all with index", "costs_from", "routingkit-cch", *times)


def index_tables(race: Race, ground: Ground, index: Any, peers: dict[str, dict[str, Any]]) -> None:
    """A square table; SciPy and pandana are timed on part of it and multiplied up."""
    rows, columns = ground.rows, ground.columns
    mine = getattr(index, "costs", index.table)
    mine(rows[:2], columns[:2])
    seconds = float(np.median([once(lambda: mine(rows, columns)) for _ in range(5)]))
    index.table(rows[:2], columns[:2])
    both = float(np.median([once(lambda: index.table(rows, columns)) for _ in range(3)]))
    with optional("scipy.sparse.csgraph") as (csgraph,):
        matrix, part = ground.scipy(), 10
        found = csgraph.dijkstra(matrix, indices=rows[:part])[:, columns]
        same("scipy", index.table(rows[:part], columns).durations, found)
        scaled = once(lambda: csgraph.dijkstra(matrix, indices=rows[:part])) * len(rows) / part
        race.put("table", "costs", "scipy", seconds, scaled, f"{part} rows, multiplied up")
    if "routingkit-cch" in peers:
        peer = peers["routingkit-cch"]

        def fill() -> None:
            pinned = peer["module"].CCHOneToMany(peer["metric"], columns.tolist())
            for s in rows.tolist():
                pinned.distances_from(s)

        theirs = once(fill)
        race.put("table", "costs", "routingkit-cch", seconds, theirs)
        race.put("table, two metrics", "table", "routingkit-cch (one)", both, theirs)
    if "pandana" in peers:
        network, part = peers["pandana"]["network"], 20
        starts, ends = np.repeat(rows[:part], len(columns)), np.tile(columns, part)
        scaled = once(lambda: network.shortest_path_lengths(starts, ends)) * len(rows) / part
        race.put("table", "costs", "pandana", seconds, scaled, f"{part} rows, multiplied up")


def labels(race: Race, ground: Ground, index: Any, peers: dict[str, dict[str, Any]]) -> None:
    """Batched distances from hub labels."""
    with optional("routesolve.graphs.hub_labels") as (hub_labels,):
        built: list[Any] = []
        hub_labels.HubLabels.from_hierarchy(index)
        seconds = once(lambda: built.append(hub_labels.HubLabels.from_hierarchy(index)))
        sources, targets = ground.many
        ours = built[0].distances
        same(
            "hub labels",
            ours(sources[:500], targets[:500]),
            index.distances(sources[:500], targets[:500]),
        )
        mine = min(once(lambda: ours(sources, targets)) for _ in range(5)) / len(sources)
        note = f"labels in {seconds:.2f} s"
        if "one" in peers.get("routingkit-cch", {}):
            theirs = peers["routingkit-cch"]["one"]
            race.put(
                "hub labels batched", "HubLabels", "routingkit-cch one-to-one", mine, theirs, note
            )


def networkit_graph(networkit: Any, ground: Ground, *, weighted: bool = True) -> Any:
    """The graph as NetworKit has it."""
    networkit.setNumberOfThreads(1)
    graph = networkit.Graph(ground.n, weighted, True)
    for u, v, w in zip(
        ground.tails.tolist(), ground.heads.tolist(), ground.weights.tolist(), strict=True
    ):
        graph.addEdge(u, v, w)
    return graph


def igraph_graph(igraph: Any, ground: Ground) -> Any:
    """The graph as igraph has it."""
    ends = np.column_stack((ground.tails, ground.heads))
    graph = igraph.Graph(n=ground.n, edges=ends, directed=True)
    graph.es["w"] = ground.weights.tolist()
    return graph


def small_graph() -> Graph:
    """A few streets, to compile with."""
    return Graph.from_edges([0, 1, 2, 0], [1, 2, 0, 2], [1.0, 2, 3, 9], [1.0, 2, 3, 9])


FIRST_USE = """
import time
import numpy as np
start = time.process_time()
from routesolve.graphs import Graph, many_to_many, one_to_all, shortest_path
from routesolve.graphs.shortest_paths import dijkstra
graph = Graph.from_edges([0, 1, 2, 0], [1, 2, 0, 2], [1.0, 2, 3, 9], [1.0, 2, 3, 9])
dijkstra(graph, 0), one_to_all(graph, 0), many_to_many(graph, [0, 1]), shortest_path(graph, 0, 2)
print(time.process_time() - start)
try:
    from routesolve.graphs.hierarchy import ContractionHierarchy
    index = ContractionHierarchy.build(graph)
    index.distances([0], [1]), index.path(0, 1), index.one_to_all(0), index.table([0, 1])
    from routesolve.graphs.hub_labels import HubLabels
    HubLabels.from_hierarchy(index).distances([0], [1])
except ImportError:
    pass
print(time.process_time() - start)
"""


def first_use(race: Race, ground: Ground) -> None:
    """Import to first answers of a new process, with an empty and with a filled cache."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "NUMBA_CACHE_DIR": folder}
        for name, allowed in (("cold", 20.0), ("cached", 1.0)):
            done = subprocess.run(
                [sys.executable, "-c", FIRST_USE],
                env=environment,
                capture_output=True,
                text=True,
                check=True,
            )
            searches, everything = map(float, done.stdout.split())
            note = "ratio = allowed / needed"
            race.put("first use", f"searches, {name}", "allowed", searches, allowed, note)
            race.put("first use", f"with index, {name}", "allowed", everything, allowed, note)


PARTS: dict[str, Callable[[Race, Ground], None]] = {
    "first": first_use,
    "trees": trees,
    "pairs": single_pairs,
    "hops": hops,
    "index": indexed,
}


def main() -> None:
    """Read the arguments, race, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("roads", type=Path, help="folder of the DIMACS files")
    parser.add_argument("-o", "--output", type=Path, help="CSV to write")
    parser.add_argument("--part", action="append", choices=PARTS, help="only these parts")
    parser.add_argument("--core", type=int, default=0, help="core to stay on (default 0)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sources", type=int, default=21)
    parser.add_argument("--pairs", type=int, default=101)
    parser.add_argument("--side", type=int, default=1000, help="rows and columns of the table")
    options = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {sorted(os.sched_getaffinity(0))[options.core]})
    graph = read_dimacs(
        options.roads / "USA-road-t.NY.gr.gz", coordinates=options.roads / "USA-road-d.NY.co.gz"
    )
    print(f"{graph!r}; CPU times on one core, medians; ratio = peer / ours", flush=True)
    ground = Ground(graph, options.seed, options.sources, options.pairs, options.side)
    race = Race()
    for name in options.part or PARTS:
        PARTS[name](race, ground)
    if options.output:
        with options.output.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, FIELDS, lineterminator="\n")
            writer.writeheader()
            for row in race.rows:
                rounded = {
                    key: f"{value:.5g}" if isinstance(value, float) else value
                    for key, value in row.items()
                }
                writer.writerow(rounded)


if __name__ == "__main__":
    main()
