"""Hops in social networks side by side with other packages: one process, one core, one table.

    python benchmarks/wormhole.py DATA/social [--core 1] [--csv benchmarks/results/wormhole.csv]
        [--graphs epinions cl1m cl10m] [--tasks bidirectional labels core] [--cache FOLDER]
        [--sweep [--png benchmarks/results/wormhole.png]]

DATA/social holds the graphs of the Stanford collection (soc-Epinions1.txt.gz and others); cl1m and
cl10m are Chung-Lu graphs of 12 and 120 million arcs, made on first use and kept in the cache.
Times are CPU seconds of this process, medians over blocks of questions, peers and ours by turns so
that both see the same machine; ratio = peer time / our time on the same input in the same run.
Every peer's answers are compared with ours before it is timed. Peers that are not installed are
left out.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from wormhole_core import core
from wormhole_race import (
    CACHE,
    CHUNG_LU,
    LABELLED,
    LARGE,
    SNAP,
    Ground,
    Race,
    alternating,
    each,
    once,
    optional,
    prepare,
    same,
)
from wormhole_sweep import draw, sweep

from routesolve.graphs.bidirectional_bfs import HopSearch
from routesolve.graphs.generators import chung_lu_csr
from routesolve.graphs.pruned_labels import PrunedLandmarkLabels

# ------------------------------------------------------------------ tasks


def bidirectional(race: Race, ground: Ground) -> None:
    """Pairs without an index: hops and paths."""
    search = HopSearch.from_csr(*ground.rows)
    counting = HopSearch.from_csr(*ground.rows, count=True)
    expected = counting.distances(*ground.pairs)
    share = f"{100 * counting.nodes_seen / ground.n:.1f} % of the nodes seen,"
    share += f" {100 * counting.nodes_read / ground.n:.1f} % of the lists read"
    race.put(ground.name, "BiBFS nodes seen", "HopSearch", counting.nodes_seen,
             unit="nodes", note=f"{len(expected)} pairs: {share}")  # fmt: skip
    few = ground.listed[: 300 if ground.n < LARGE else 40]
    pairs = ground.pairs[:, : len(few)]
    with optional("networkit") as (networkit,):
        graph = ground.networkit

        def hops(s: int, t: int) -> float:
            # An object that is used again runs out of memory (11.3).
            run = networkit.distance.BidirectionalBFS(graph, s, t, False).run()
            return float(run.getDistance())

        def path(s: int, t: int) -> Any:
            return networkit.distance.BidirectionalBFS(graph, s, t, True).run().getPath()

        same("networkit", expected[: len(few)], [hops(s, t) for s, t in few])
        for what, one, many, theirs in (
            ("distance", search.distance, search.distances, hops),
            ("path", search.path, search.paths, path),
        ):
            times = alternating(
                each(one, few), lambda many=many: many(*pairs), each(theirs, few), rounds=7
            )
            mine, batched, peer = (1e6 * seconds / len(few) for seconds in times)
            race.put(ground.name, f"BiBFS {what}, one call", "HopSearch", mine, "networkit", peer)
            race.put(ground.name, f"BiBFS {what}, batched", "HopSearch", batched, "networkit", peer)


def labels(race: Race, ground: Ground) -> None:
    """Pruned landmark labels of the whole graph: build, size, questions."""
    if ground.n > LABELLED:
        return
    small = Ground("small", chung_lu_csr(300, mean_degree=4.0, exponent=2.4, seed=1), pairs=50)
    warm = PrunedLandmarkLabels.from_csr(*small.rows)
    warm.distances(*small.pairs)
    warm.path(*small.listed[0])
    made: list[PrunedLandmarkLabels] = []

    def build(**options: Any) -> float:
        return once(lambda: made.append(PrunedLandmarkLabels.from_csr(*ground.rows, **options)))

    mine = float(np.median([build() for _ in range(3)]))
    index = made[-1]
    plain = build(roots=0)
    without = made[-1]
    note = f"{index.roots} roots, {index.memory / 2**20:.0f} MiB with parents"
    race.put(ground.name, "PLL hubs a node", "with roots", index.mean_size, "without roots",
             without.mean_size, unit="hubs", note=note)  # fmt: skip
    race.put(ground.name, "PLL build", "with roots", mine, "without roots", plain, unit="s")
    expected = HopSearch.from_csr(*ground.rows).distances(*ground.pairs)
    same("labels", index.distances(*ground.pairs), expected)
    same("labels without roots", without.distances(*ground.pairs), expected)
    few = ground.listed[:1000]
    times = alternating(
        each(index.distance, few), each(index.path, few), lambda: index.distances(*ground.pairs),
        lambda: without.distances(*ground.pairs), rounds=7,
    )  # fmt: skip
    one, path = (1e6 * seconds / len(few) for seconds in times[:2])
    batched, bare = (1e6 * seconds / len(expected) for seconds in times[2:])
    race.put(ground.name, "PLL path, one call", "with roots", path)
    race.put(ground.name, "PLL distance, batched", "with roots", batched, "without roots", bare)
    with optional("networkit") as (networkit,):
        peer = networkit.distance.PrunedLandmarkLabeling(ground.networkit)
        race.put(ground.name, "PLL build", "with roots", mine, "networkit", once(peer.run),
                 unit="s")  # fmt: skip
        same("networkit", expected[: len(few)], [peer.query(s, t) for s, t in few])
        theirs = 1e6 * alternating(each(peer.query, few), rounds=7)[0] / len(few)
        race.put(ground.name, "PLL distance, one call", "with roots", one, "networkit", theirs)
        race.put(ground.name, "PLL distance, batched", "with roots", batched, "networkit", theirs)


TASKS: dict[str, Callable[[Race, Ground], None]] = {
    "bidirectional": bidirectional,
    "labels": labels,
    "core": core,
}
"""What is measured on every graph; something new = one function and one line here."""


def main() -> None:
    """Measure everything and say what falls short."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--core", type=int, help="pin this process to a core")
    parser.add_argument("--csv", help="write the table here")
    parser.add_argument("--cache", type=Path, default=CACHE)
    parser.add_argument("--graphs", nargs="+", default=["epinions", "cl1m", "cl10m"],
                        choices=[*SNAP, *CHUNG_LU])  # fmt: skip
    parser.add_argument("--tasks", nargs="+", default=list(TASKS), choices=list(TASKS))
    parser.add_argument("--sweep", action="store_true",
                        help="vary the size of the core instead")  # fmt: skip
    parser.add_argument("--png", help="with --sweep: draw accuracy and time against core size")
    options = parser.parse_args()
    if options.core is not None:
        os.sched_setaffinity(0, {options.core})
    race = Race()
    for name in options.graphs:
        ground = prepare(name, options.data, options.cache)
        print(f"-- {name}: {ground.n} nodes, {ground.m} arcs", file=sys.stderr)
        for task in options.tasks:
            if not options.sweep:
                TASKS[task](race, ground)
        if options.sweep:
            sweep(race, ground)
        if options.csv:
            race.write(options.csv)
    if options.sweep and options.png:
        draw(race.rows, options.png)
    short = [row for row in race.rows if row["met"] == "NO"]
    print(f"{len(short)} of {sum(bool(row['met']) for row in race.rows)} targets missed")


if __name__ == "__main__":
    main()
