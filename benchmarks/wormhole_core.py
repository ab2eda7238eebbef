"""The rows of wormhole.py for the core-periphery index: growth, answers, accuracy, memory."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from wormhole_race import LABELLED, LARGE, Ground, Race, alternating, each, once, optional

from routesolve.graphs._core_periphery import growing
from routesolve.graphs.bidirectional_bfs import HopSearch
from routesolve.graphs.core_periphery import CorePeripheryIndex
from routesolve.graphs.generators import chung_lu_csr
from routesolve.graphs.pruned_labels import PrunedLandmarkLabels

SIZES: dict[str, tuple[float, ...]] = {"epinions": (0.02,), "cl10m": (0.01, 0.005)}
"""Shares of the vertices in the core, where one percent does not do."""

SEED = 1
ROUNDS = 10
"""Blocks of pairs; nobody is asked about the same block twice, as caches would remember it."""

MAPPED = """
import json, sys
import numpy as np
from routesolve.graphs.core_periphery import CorePeripheryIndex
from routesolve.graphs.generators import load_rows
def peak():
    # Not getrusage: that also knows the memory of the process that started this one.
    text = open("/proc/self/status").read()
    return int(text.split("VmHWM:")[1].split()[0]) / 1024
folder, size, what, index = sys.argv[1], float(sys.argv[2]), sys.argv[3], sys.argv[4]
rows, before = load_rows(folder), peak()
if what == "build":
    made = CorePeripheryIndex.build(tuple(rows), core=size, seed=1)
    made.save(index)
else:
    made = CorePeripheryIndex.load(index, tuple(rows))
    n = len(rows.indptr) - 1
    pairs = np.random.default_rng(3).integers(0, n, (2, 10_000), dtype=np.int32)
    made.distances(*pairs)
print(json.dumps([before, peak()]))
"""
"""What a process of its own does, to know its memory: MiB before and at the most."""


def warmed() -> None:
    """Compile everything on a small graph."""
    rows = chung_lu_csr(3000, mean_degree=8.0, exponent=2.4, seed=1)
    index = CorePeripheryIndex.build(tuple(rows), core=0.05, core_index="pll")
    for mode in "EHM":
        index.distances([1, 2], [3, 4], mode=mode)


def blocks(ground: Ground, count: int) -> list[npt.NDArray[np.int32]]:
    """Blocks of 10 000 connected pairs each, the first of them the one that others are asked."""
    more = Ground(ground.name, ground.rows, seed=2, pairs=10_000 * (count - 1))
    return [ground.pairs, *(np.ascontiguousarray(b) for b in np.split(more.pairs, count - 1, 1))]


def taking_turns(
    actions: dict[str, Callable[..., Any]], pairs: list[npt.NDArray[np.int32]]
) -> dict[str, list[float]]:
    """Microseconds a pair of each action in each round, all on different blocks in a round."""
    times: dict[str, list[float]] = {name: [] for name in actions}
    for turn in range(len(pairs)):
        for shift, (name, action) in enumerate(actions.items()):
            s, t = pairs[(turn + shift) % len(pairs)]
            times[name].append(1e6 * once(lambda a=action, s=s, t=t: a(s, t)) / len(s))
    return times


def accuracy(race: Race, ground: Ground, label: str, ours: str, off: Any) -> None:
    """Shares of answers that are exact, or longer by at most one and two arcs."""
    for most, what in enumerate(("exact", "at most 1 more", "at most 2 more")):
        share = 100.0 * float(np.mean(off <= most))
        race.put(ground.name, f"{label} {what}", ours, share, unit="%",
                 note=f"{len(off)} pairs, worst +{off.max()}")  # fmt: skip


def core(race: Race, ground: Ground) -> None:
    """Everything about the index, for each size of the core."""
    warmed()
    pairs = blocks(ground, ROUNDS)
    for size in SIZES.get(ground.name, (0.01,)):
        one_size(race, ground, pairs, size)


def one_size(race: Race, ground: Ground, pairs: list[npt.NDArray[np.int32]], size: float) -> None:
    """Everything about the index with one size of the core."""
    indptr, heads = ground.rows
    percent, name = f"{100 * size:g} %", ground.name
    k = growing.core_size(size, ground.n)
    made: list[CorePeripheryIndex] = []

    def build() -> None:
        made[:] = [CorePeripheryIndex.build((indptr, heads), core=size, seed=SEED)]

    grow, whole = alternating(
        lambda: growing.grow(indptr, heads, k, int(np.random.default_rng(SEED).integers(ground.n))),
        build, rounds=5,
    )  # fmt: skip
    index = made[0]
    read = 100 * index.facts["arcs"] / ground.m
    race.put(name, f"{percent} core growth", f"{k} vertices", 1e3 * grow, unit="ms")
    race.put(name, f"{percent} whole index", f"{k} vertices", 1e3 * whole, unit="ms")
    race.put(name, f"{percent} lists read to grow", "of the vertices", 100 * k / ground.n,
             unit="%", note=f"{read:.1f} % of the arcs are in them")  # fmt: skip
    graph_bytes = indptr.nbytes + heads.nbytes
    race.put(name, f"{percent} index of graph's bytes", f"{index.memory} bytes",
             100 * index.memory / graph_bytes, unit="%", note=f"graph {graph_bytes}")  # fmt: skip
    answers(race, ground, pairs, index, percent)
    vertices(race, ground, index, percent)
    if ground.n <= LABELLED:
        set_up(race, ground, whole, percent)
    if ground.folder is not None and ground.n >= LARGE:
        mapped(race, ground, size, percent)


def answers(
    race: Race, ground: Ground, pairs: list[npt.NDArray[np.int32]], index: CorePeripheryIndex,
    percent: str,
) -> None:  # fmt: skip
    """Modes E, H and M by turns with breadth-first search from both ends."""
    search = HopSearch.from_csr(*ground.rows)
    truth = search.distances(*ground.pairs)
    modes = "EH"
    if ground.n < LARGE:
        labels = 1e3 * once(index.searches.label)
        index.facts["core_index"] = "pll"
        race.put(ground.name, f"{percent} labels of the core", "for M", labels, unit="ms",
                 note=f"{index.searches.labels.memory / 2**20:.1f} MiB more")  # fmt: skip
        modes = "EHM"
    actions: dict[str, Callable[..., Any]] = {"BiBFS": search.distances}
    for mode in modes:
        actions[mode] = lambda s, t, mode=mode: index.distances(s, t, mode=mode)
        accuracy(race, ground, f"{percent} {mode}", mode,
                 index.distances(*ground.pairs, mode=mode).hops - truth)  # fmt: skip
    actions["E paths"] = index.paths
    taking_turns(actions, pairs[:1])
    times = taking_turns(actions, pairs)
    medians = {name: float(np.median(values)) for name, values in times.items()}
    for mode in modes:
        ratios = [b / m for b, m in zip(times["BiBFS"], times[mode], strict=True)]
        note = f"blocks {min(ratios):.1f} to {max(ratios):.1f}x"
        race.put(ground.name, f"{percent} {mode} batched", mode, medians[mode])
        race.put(ground.name, f"{percent} {mode} batched", mode, medians[mode], "BiBFS",
                 medians["BiBFS"], note=note)  # fmt: skip
    race.put(ground.name, f"{percent} E paths, batched", "E", medians["E paths"])
    few = ground.listed[: 300 if ground.n < LARGE else 40]
    one, path = alternating(each(index.distance, few), each(index.path, few), rounds=5)
    race.put(ground.name, f"{percent} E one call", "E", 1e6 * one / len(few))
    race.put(ground.name, f"{percent} E path, one call", "E", 1e6 * path / len(few))
    with optional("networkit") as (networkit,):
        graph = ground.networkit

        def hops(s: int, t: int) -> Any:
            return networkit.distance.BidirectionalBFS(graph, s, t, False).run().getDistance()

        peer = 1e6 * alternating(each(hops, few), rounds=5)[0] / len(few)
        for mode in modes:
            race.put(ground.name, f"{percent} {mode} batched", mode, medians[mode], "networkit",
                     peer)  # fmt: skip


def vertices(race: Race, ground: Ground, index: CorePeripheryIndex, percent: str) -> None:
    """Vertices whose lists are read for 10 000 questions, the core's among them."""
    counting = HopSearch.from_csr(*ground.rows, count=True)
    counting.distances(*ground.pairs)
    index.count_reads()
    found = index.distances(*ground.pairs)
    n = ground.n
    race.put(ground.name, f"{percent} lists read by E", "of the vertices",
             100 * index.vertices_read / n, unit="%",
             note=f"{ground.pairs.shape[1]} pairs, {found.queries.mean():.1f} a pair")  # fmt: skip
    race.put(ground.name, f"{percent} lists read by E", "E", 100 * index.vertices_read / n,
             "BiBFS", 100 * counting.nodes_read / n, unit="%",
             note=f"BiBFS met {100 * counting.nodes_seen / n:.1f} %")  # fmt: skip


def set_up(race: Race, ground: Ground, mine: float, percent: str) -> None:
    """The whole index next to labels of the whole graph."""
    own = float(np.median([
        once(lambda: PrunedLandmarkLabels.from_csr(*ground.rows)) for _ in range(3)
    ]))  # fmt: skip
    race.put(ground.name, f"{percent} set-up", "index", 1e3 * mine, "own PLL", 1e3 * own,
             unit="ms")  # fmt: skip


def mapped(race: Race, ground: Ground, size: float, percent: str) -> None:
    """Memory of processes that map the graph from disk."""
    assert ground.folder is not None
    file = ground.folder.parent / f"{ground.name}-{size}.npz"
    for what in ("build", "answers"):
        command = [sys.executable, "-c", MAPPED, str(ground.folder), str(size), what, str(file)]
        run = subprocess.run(command, capture_output=True, text=True, check=True)
        before, peak = json.loads(run.stdout)
        note = f"{before:.0f} MiB before; 10 000 pairs" if what == "answers" else ""
        race.put(ground.name, f"{percent} mapped, {what}", "peak resident", peak, unit="MiB",
                 note=note)  # fmt: skip
    file.unlink()
