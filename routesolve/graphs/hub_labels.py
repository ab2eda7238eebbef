"""Hub labels: distances between any two nodes of a road network in about a microsecond.

I. Abraham, D. Delling, A. Goldberg, R. Werneck, "Hierarchical Hub Labelings for Shortest Paths",
ESA 2012. Every node keeps its distances to a few dozen hubs; two nodes are as far apart as their
best common hub says. Labels are made from a contraction hierarchy, take several times its memory,
and answer nothing but costs: for paths, ask the hierarchy.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError
from routesolve.graphs import adjacency
from routesolve.graphs._arrays import frozen
from routesolve.graphs._hierarchy import storage
from routesolve.graphs._hierarchy.queries import scale
from routesolve.graphs._kernels import ch_labels
from routesolve.graphs._npz import DAMAGE, Arrays
from routesolve.graphs.graph import Graph
from routesolve.graphs.hierarchy import ContractionHierarchy
from routesolve.graphs.shortest_paths import check_nodes

FORMAT = "routesolve-hub-labels"
VERSION = 1

GUESS = 64
"""Entries of a label for which there is room to begin with, on average."""

STEPS = 4096
"""Nodes labelled between two chances to interrupt."""

Int32s = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class HubLabels:
    """Distance index of a road network for one metric; make one with :meth:`from_hierarchy`.

    Attributes
    ----------
    graph : Graph
        The graph it is about.
    metric : str
        What is minimised: any metric of the graph.
    position : numpy.ndarray
        (n,) int32, number of a node of the graph within the labels.
    up_starts, down_starts : numpy.ndarray
        (n + 1,) int64, where the label of a node begins, for paths from it and to it; the same
        array when every way has the same cost both ways.
    up_entries, down_entries : numpy.ndarray
        (2 l,) hub and cost in turn, int32 or, where costs need it, int64.
    """

    graph: Graph
    metric: str
    position: Int32s
    up_starts: npt.NDArray[np.int64]
    up_entries: npt.NDArray[Any]
    down_starts: npt.NDArray[np.int64]
    down_entries: npt.NDArray[Any]

    @classmethod
    def from_hierarchy(cls, hierarchy: ContractionHierarchy) -> HubLabels:
        """Label all nodes, from the most important one down.

        Parameters
        ----------
        hierarchy
            Of the graph and the metric that the labels are for; the better its effort, the shorter
            the labels.
        """
        index, n = hierarchy.index, hierarchy.graph.n
        narrow, far = hierarchy.narrow, hierarchy.far
        dtype = np.int32 if narrow else np.int64
        symmetric = index.down is index.up
        starts = [np.zeros(n + 1, dtype=np.int64)]
        entries = [np.empty(2 * GUESS * n + 16, dtype=dtype)]
        if not symmetric:
            starts.append(np.zeros(n + 1, dtype=np.int64))
            entries.append(np.empty_like(entries[0]))
        scratch = ch_labels.Scratch(
            np.empty(2 * n + 2, dtype=dtype),
            np.empty(2 * n + 2, dtype=dtype),
            np.full(n, far, dtype=dtype),
        )
        done = 0
        while done < n:
            stop = min(n, done + STEPS)
            reached = ch_labels.build(
                *index.up,
                *index.down,
                symmetric,
                starts[0],
                entries[0],
                starts[-1],
                entries[-1],
                scratch,
                far,
                done,
                stop,
            )
            if reached < stop:
                # Pages beyond the labels are never touched, so that this costs no memory yet.
                entries = [np.concatenate((half, np.empty_like(half))) for half in entries]
            done = reached
        pointers = [frozen(half, np.int64) for half in starts]
        labels = [
            frozen(half[: 2 * ends[-1]], dtype) for half, ends in zip(entries, starts, strict=True)
        ]
        return cls(
            hierarchy.graph,
            hierarchy.metric,
            index.position,
            pointers[0],
            labels[0],
            pointers[-1],
            labels[-1],
        )

    def distance(self, source: int, target: int) -> float:
        """Cost of the cheapest path in seconds (or metres); ``inf`` = no path.

        Raises
        ------
        InputError
            If a node does not exist.
        """
        return float(self.distances([source], [target])[0])

    def distances(self, sources: npt.ArrayLike, targets: npt.ArrayLike) -> Floats:
        """Costs between pairs: from ``sources[i]`` to ``targets[i]``.

        Parameters
        ----------
        sources, targets
            (p,) node numbers each.

        Returns
        -------
        numpy.ndarray
            (p,) float64 seconds (or metres); ``inf`` = no path.

        Raises
        ------
        InputError
            If a node does not exist or the lengths differ.
        """
        s = check_nodes(self.graph, sources, "sources")
        t = check_nodes(self.graph, targets, "targets")
        if len(s) != len(t):
            raise InputError(f"{len(s)} sources but {len(t)} targets", fix="give pairs")
        result = np.empty(len(s))
        divisor, factor = scale(self.graph.units[self.metric])
        ch_labels.pairs(
            self.up_starts,
            self.up_entries,
            self.down_starts,
            self.down_entries,
            self.position,
            s,
            t,
            divisor,
            factor,
            result,
        )
        return result

    @property
    def mean_size(self) -> float:
        """Hubs of a node and direction on average."""
        # One entry of every label closes it.
        return float(self.up_starts[-1] + self.down_starts[-1]) / max(2 * self.graph.n, 1) - 1.0

    @property
    def memory(self) -> int:
        """Bytes of all arrays of the index."""
        arrays = {id(array): array for array in self._halves().values()}
        return self.position.nbytes + sum(array.nbytes for array in arrays.values())

    def _halves(self) -> dict[str, npt.NDArray[Any]]:
        keys = ("up_starts", "up_entries", "down_starts", "down_entries")
        return {key: getattr(self, key) for key in keys}

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write to one ``.npz`` file, whole or not at all; the graph is not part of it.

        Raises
        ------
        InputError
            If the file cannot be written.
        """
        meta = {
            "format": FORMAT,
            "version": VERSION,
            "graph": storage.digest(self.graph),
            "metric": self.metric,
        }
        arrays = self._halves()
        if self.down_entries is self.up_entries:
            del arrays["down_starts"], arrays["down_entries"]
        storage.save(path, meta, {"position": self.position, **arrays})

    @classmethod
    def load(cls, path: str | os.PathLike[str], graph: Graph) -> HubLabels:
        """Read a file written by :meth:`save`.

        Raises
        ------
        InputError
            If the file is missing, damaged, of another version, or of another graph.
        """
        meta, arrays = storage.load(path, graph, kind=FORMAT, version=VERSION)
        try:
            adjacency.check_metric(graph, meta["metric"])
            position = storage.take(arrays, "position", np.int32, graph.n)
            if not np.array_equal(np.sort(position), np.arange(graph.n)):
                raise ValueError("positions are not a permutation")
            halves = _checked_half(arrays, "up", graph.n)
            other = _checked_half(arrays, "down", graph.n) if "down_starts" in arrays else halves
        except DAMAGE as error:
            raise InputError(
                f"damaged index: {error}", where=str(path), fix="build the index again"
            ) from error
        return cls(graph, meta["metric"], frozen(position, np.int32), *halves, *other)

    def __repr__(self) -> str:
        return f"<HubLabels by {self.metric}: {self.graph.n} nodes, {self.mean_size:.1f} hubs each>"


def _checked_half(
    arrays: Arrays, way: str, n: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[Any]]:
    """Labels of one direction that a merge never runs out of; ValueError otherwise."""
    starts = storage.take(arrays, f"{way}_starts", np.int64)
    dtype = np.int32 if arrays[f"{way}_entries"].dtype == np.int32 else np.int64
    entries = storage.take(arrays, f"{way}_entries", dtype)
    storage.check_rows(starts, len(entries) // 2, n)
    if (
        len(entries) % 2
        or (np.diff(starts) < 1).any()
        or (entries[0::2][starts[1:] - 1] != n).any()
    ):
        raise ValueError("a label is not closed")
    if n and (int(entries.min()) < 0 or int(entries[0::2].max()) > n):
        raise ValueError("a label names a hub that is not there")
    return frozen(starts, np.int64), frozen(entries, dtype)
