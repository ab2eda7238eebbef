"""What the comparisons of wormhole.py share: the table, the clock, the graphs, the targets."""

from __future__ import annotations

import csv
import importlib
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from routesolve.graphs.bidirectional_bfs import HopSearch
from routesolve.graphs.generators import Rows, chung_lu_csr, load_rows, save_rows, undirected
from routesolve.graphs.readers.edge_list import read_edge_list

FIELDS = (
    "graph", "task", "ours", "peer", "ours_value", "peer_value", "unit", "ratio", "target", "met",
    "note",
)  # fmt: skip

TARGETS = {
    ("", "BiBFS distance, one call", "networkit"): (">=", 1.5),
    ("", "BiBFS distance, batched", "networkit"): (">=", 1.5),
    ("", "BiBFS path, one call", "networkit"): (">=", 5.0),
    ("", "BiBFS path, batched", "networkit"): (">=", 5.0),
    ("", "PLL build", "networkit"): (">=", 4.0),
    ("", "PLL hubs a node", "without roots"): (">=", 2.0),
    ("cl1m", "1 % core growth", ""): ("<=", 200.0),
    ("cl10m", "1 % core growth", ""): ("<=", 3000.0),
    ("cl1m", "1 % lists read to grow", ""): ("<=", 15.0),
    ("cl10m", "1 % lists read to grow", ""): ("<=", 15.0),
    ("cl1m", "1 % E batched", "BiBFS"): (">=", 10.0),
    ("cl1m", "1 % E batched", "networkit"): (">=", 20.0),
    ("cl1m", "1 % E exact", ""): (">=", 95.0),
    ("cl1m", "1 % E at most 1 more", ""): (">=", 99.9),
    ("cl1m", "1 % E at most 2 more", ""): (">=", 100.0),
    ("cl10m", "1 % E batched", "BiBFS"): (">=", 20.0),
    ("cl10m", "0.5 % E batched", "BiBFS"): (">=", 20.0),
    ("cl10m", "1 % index of graph's bytes", ""): ("<=", 5.0),
    ("cl10m", "0.5 % index of graph's bytes", ""): ("<=", 5.0),
    ("cl1m", "1 % H batched", ""): ("<=", 1.5),
    ("cl1m", "1 % M batched", ""): ("<=", 1.0),
    ("cl1m", "1 % H at most 2 more", ""): (">=", 99.9),
    ("cl1m", "1 % M at most 2 more", ""): (">=", 99.9),
    ("cl1m", "1 % lists read by E", ""): ("<=", 10.0),
    ("epinions", "2 % set-up", "own PLL"): (">=", 100.0),
    ("cl10m", "0.5 % mapped, answers", ""): ("<=", 1024.0),
    ("cl10m", "1 % mapped, answers", ""): ("<=", 1024.0),
}
"""What is asked for, by graph ("" = any), task and peer: of the ratio if there is a peer, else of
our own number."""

SNAP = {
    "epinions": "soc-Epinions1.txt.gz",
    "slashdot": "soc-Slashdot0902-undirected.txt.xz",
    "enron": "email-Enron-undirected.txt.xz",
    "caida": "as-caida20071105.txt.xz",
    "wiki-vote": "wiki-Vote.txt.xz",
}
CHUNG_LU = {"cl1m": 1_000_000, "cl10m": 10_000_000}
"""Nodes; exponent 2.4, mean degree 12."""

CACHE = Path(tempfile.gettempdir()) / "routesolve-graphs"

LARGE = 5_000_000
"""Nodes of graphs on which a peer takes tens of milliseconds a path: fewer pairs are asked."""

LABELLED = 200_000
"""Nodes of the largest graphs that are labelled as a whole."""


# ------------------------------------------------------------------ measuring


@dataclass
class Race:
    """Collects numbers and prints a line for each comparison."""

    rows: list[dict[str, Any]] = field(default_factory=list)

    def put(
        self,
        graph: str,
        task: str,
        ours: str,
        mine: float,
        peer: str = "",
        theirs: float = float("nan"),
        *,
        unit: str = "us",
        note: str = "",
    ) -> None:
        """Record one comparison, or one fact when there is no peer."""
        ratio = theirs / mine if mine and peer else float("nan")
        target, met = judged(graph, task, mine, peer, ratio)
        row = (graph, task, ours, peer, mine, theirs, unit, ratio, target, met, note)
        self.rows.append(dict(zip(FIELDS, row, strict=True)))
        against = f"{peer:16} {theirs:11.3f} {unit:5} {ratio:8.2f}x" if peer else ""
        asked = f" ({target}) {met}" if target else ""
        print(f"{graph:10} {task:27} {ours:18} {mine:11.3f} {unit:5} {against}{asked}  {note}",
              flush=True)  # fmt: skip

    def write(self, path: str) -> None:
        """Write all rows, numbers with six digits."""
        with open(path, "w", newline="") as file:
            writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
            writer.writeheader()
            for row in self.rows:
                writer.writerow({k: _short(value) for k, value in row.items()})


def judged(graph: str, task: str, mine: float, peer: str, ratio: float) -> tuple[str, str]:
    """The target for a row, of the ratio if there is a peer, else of our number; whether met."""
    for place in (graph, ""):
        if (place, task, peer) in TARGETS:
            sign, bound = TARGETS[place, task, peer]
            value = ratio if peer else mine
            good = value >= bound if sign == ">=" else value <= bound
            return f"{sign} {bound:g}", "yes" if good else "NO"
    return "", ""


def _short(value: Any) -> Any:
    if not isinstance(value, float):
        return value
    return "" if np.isnan(value) else f"{value:.6g}"


@contextmanager
def optional(*modules: str) -> Iterator[list[Any]]:
    """Import peers, and skip the block with a line when one is missing or fails."""
    try:
        yield [importlib.import_module(module) for module in modules]
    except ImportError as error:
        print(f"-- left out: {error}", file=sys.stderr)
    except (AttributeError, RuntimeError, MemoryError, TypeError, ValueError) as error:
        print(f"-- failed: {type(error).__name__}: {error}", file=sys.stderr)


def once(action: Callable[[], Any]) -> float:
    """CPU seconds of one call."""
    start = time.process_time()
    action()
    return time.process_time() - start


def alternating(*actions: Callable[[], Any], rounds: int) -> list[float]:
    """Medians of the CPU seconds of some actions that take turns; the first round warms up."""
    times = np.array([[once(action) for action in actions] for _ in range(rounds + 1)])
    return np.median(times[1:], axis=0).tolist()


def each(
    question: Callable[[int, int], Any], pairs: Sequence[tuple[int, int]]
) -> Callable[[], Any]:
    """Ask the same about all pairs, one call each."""

    def ask() -> None:
        for s, t in pairs:
            question(s, t)

    return ask


def same(name: str, mine: Any, theirs: Any) -> None:
    """Refuse to time a peer that answers something else."""
    if not np.array_equal(np.asarray(mine), np.asarray(theirs)):
        raise ValueError(f"{name}: answers differ")


# ------------------------------------------------------------------ graphs


class Ground:
    """A graph, and the pairs of connected nodes that everybody is asked about.

    `folder` holds its arrays, to be mapped, when it was made here.
    """

    def __init__(
        self, name: str, rows: Rows, *, seed: int = 1, pairs: int = 10_000,
        folder: Path | None = None,
    ) -> None:  # fmt: skip
        self.folder = folder
        self.name, self.rows, self.n, self.m = name, rows, len(rows.indptr) - 1, len(rows.heads)
        random = np.random.default_rng(seed)
        drawn = random.integers(0, self.n, (2, 2 * pairs + 1000), dtype=np.int32)
        search = HopSearch.from_csr(*rows)
        good = (drawn[0] != drawn[1]) & (search.distances(*drawn) > 0)
        self.pairs = np.ascontiguousarray(drawn[:, good][:, :pairs])
        self.listed: list[tuple[int, int]] = list(zip(*self.pairs.tolist(), strict=True))

    @cached_property
    def networkit(self) -> Any:
        """The graph as NetworKit's, which must be installed."""
        import networkit

        networkit.setNumberOfThreads(1)
        tails = np.repeat(np.arange(self.n, dtype=np.uint64), np.diff(self.rows.indptr))
        once = tails < self.rows.heads
        ends = tails[once], self.rows.heads[once].astype(np.uint64)
        ones = np.ones(len(ends[0]))
        return networkit.GraphFromCoo((ones, ends), n=self.n, weighted=False, directed=False)


def prepare(name: str, data: Path, cache: Path) -> Ground:
    """Read or make a graph: undirected, no loops, no parallel arcs."""
    if name in SNAP:
        return Ground(name, undirected(read_edge_list(data / SNAP[name])))
    folder = cache / name
    if not folder.exists():
        start = time.process_time()
        rows = chung_lu_csr(CHUNG_LU[name], mean_degree=12.0, exponent=2.4, seed=1)
        print(f"-- {name}: {len(rows.heads)} arcs in {time.process_time() - start:.1f} s",
              file=sys.stderr)  # fmt: skip
        save_rows(folder, rows)
    mapped = load_rows(folder)
    return Ground(name, Rows(*(np.array(array) for array in mapped)), folder=folder)
