"""Shortest paths in social and information networks, by an index that is made in no time.

S. Basu, N. Koshima, T. Eden, O. Ben-Eliezer, C. Seshadhri, "A Sublinear Algorithm for Approximate
Shortest Paths in Large Networks" (WormHole), WSDM 2025. A small core of well-connected vertices is
grown from a random one, reading no lists but theirs. Nearly all shortest paths lead through it, and
nearly all vertices are next to it or next to a neighbour of it: a path climbs into the core from
both ends, and what is left is a search inside. Answers are paths that exist, mostly shortest ones,
hardly ever longer by more than one or two arcs.

Undirected networks without weights are searched by compiled code, in memory or mapped from disk.
Networks behind a function, and those with weights or directions, which the paper does not treat,
are searched in Python.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import chain
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError
from routesolve.graphs import adjacency, generators, hop_arcs
from routesolve.graphs._core_periphery import asked, growing, storage
from routesolve.graphs._core_periphery.answers import MODES as MODES
from routesolve.graphs._core_periphery.answers import CoreAnswer as CoreAnswer
from routesolve.graphs._core_periphery.answers import CoreAnswers as CoreAnswers
from routesolve.graphs._core_periphery.asked import GraphLists, Neighbours, Oracle
from routesolve.graphs._core_periphery.compiled import CompiledCore
from routesolve.graphs._core_periphery.general import GeneralCore
from routesolve.graphs.graph import Graph
from routesolve.graphs.shortest_paths import check_nodes

Rows: TypeAlias = tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]
Network: TypeAlias = Graph | Rows | Neighbours
Progress: TypeAlias = Callable[[int, int], None]

CORE_INDEXES = (None, "pll")


class CorePeripheryIndex:
    """Index of a large network with hubs; make one with :meth:`build`.

    Attributes
    ----------
    searches : CompiledCore or GeneralCore
        Core and ring, and the searches through them.
    facts : dict
        How it was made: ``core`` (vertices), ``seed``, ``core_index``, ``queries`` (vertices whose
        lists were read), ``arcs`` (how many they hold together).
    """

    def __init__(self, searches: CompiledCore | GeneralCore, facts: dict[str, Any]) -> None:
        self.searches, self.facts = searches, facts

    # ---------------------------------------------------------------- making

    @classmethod
    def build(
        cls,
        graph: Network,
        *,
        core: float = 0.01,
        seed: int = 0,
        core_index: str | None = None,
        metric: str | None = None,
        directed: bool = False,
        n: int | None = None,
        start: int | None = None,
        on_progress: Progress | None = None,
    ) -> CorePeripheryIndex:
        """Grow a core and note what is in it and around it.

        Parameters
        ----------
        graph
            A :class:`Graph`; its neighbours as arrays ``(indptr, heads)``, int64 and int32, each
            edge at both ends, in memory or mapped from files (:func:`generators.load_rows`; heads
            have to be in range); or a function that returns the neighbours of a vertex.
        core
            Size of the core: a share of the vertices (float) or a number of them (int).
        seed
            Decides from which vertex the core grows. The same seed gives the same index.
        core_index
            ``"pll"`` labels the core for mode M.
        metric
            Weights, > 0, for a :class:`Graph`; ``None`` = every arc counts 1.
        directed
            Whether the arcs of a :class:`Graph` lead one way only. Its core grows along both.
        n
            Number of vertices behind a function; ``None`` = not known.
        start
            Vertex from which the core grows; where `n` is not known, one has to be given.
        on_progress
            Called with how much of the core's labels is done and of all.

        Raises
        ------
        InputError
            If options contradict each other, a vertex does not exist, an edge of the core is listed
            at one end only, or the function fails: with the vertex it was asked about.
        """
        if core_index not in CORE_INDEXES:
            raise InputError(f"no core index {core_index!r}", fix="use 'pll' or None")
        network = _network(graph, metric, directed, n)
        if core_index and not isinstance(network, tuple):
            raise InputError(
                "only cores of undirected networks in arrays, without weights, can be labelled",
                fix="leave core_index away, and use modes E and H",
            )
        facts: dict[str, Any] = {"seed": seed, "core_index": core_index}
        if isinstance(network, Oracle):
            return cls._asked(network, core, seed, start, facts)
        indptr, heads = (
            network if isinstance(network, tuple) else generators.undirected(network.graph)
        )
        size = growing.core_size(core, len(indptr) - 1)
        first = _first(len(indptr) - 1, seed, start)
        grown = growing.grow(indptr, heads, size, first)
        facts |= {"core": size, "queries": size, "arcs": grown.arcs}
        if isinstance(network, GraphLists):
            nodes = grown.order.tolist()
            out = {v: network.out(v) for v in nodes}
            into = {v: network.into(v) for v in nodes} if directed else out
            return cls(GeneralCore(network, nodes, out, into), facts)
        searches = CompiledCore(indptr, heads, growing.inside(indptr, heads, grown))
        if core_index:
            searches.label(on_progress)
        return cls(searches, facts)

    @classmethod
    def _asked(
        cls, lists: Oracle, core: float, seed: int, start: int | None, facts: dict[str, Any]
    ) -> CorePeripheryIndex:
        """Grow a core by asking a function."""
        if lists.n is None:
            if start is None or not isinstance(core, int | np.integer):
                raise InputError(
                    "the number of vertices is not known",
                    fix="give n, or start=VERTEX and core=NUMBER",
                )
            size, starts = int(core), iter([start])
            if size < 0:
                raise InputError(f"a core of {core}", fix="give a number >= 0")
        else:
            size = growing.core_size(core, lists.n)
            first = _first(lists.n, seed, start)
            starts = chain(range(first, lists.n), range(first))
        nodes, found = asked.grow(lists, size, starts)
        arcs = sum(map(len, found.values()))
        facts |= {"core": len(nodes), "queries": len(nodes), "arcs": arcs}
        return cls(GeneralCore(lists, nodes, found, found), facts)

    # ---------------------------------------------------------------- asking

    def distance(
        self, source: int, target: int, *, mode: str = "E", exact: bool = False
    ) -> CoreAnswer:
        """How far two vertices are apart, or a little more; see :meth:`distances`."""
        return self.distances([source], [target], mode=mode, exact=exact).one(0)

    def path(self, source: int, target: int, *, mode: str = "E", exact: bool = False) -> CoreAnswer:
        """The same with the vertices of a path of that length."""
        return self.paths([source], [target], mode=mode, exact=exact).one(0)

    def distances(
        self,
        sources: npt.ArrayLike,
        targets: npt.ArrayLike,
        *,
        mode: str = "E",
        exact: bool = False,
    ) -> CoreAnswers:
        """How far pairs of vertices are apart, or a little more, never less.

        Parameters
        ----------
        sources, targets
            (q,) vertices each: from ``sources[i]`` to ``targets[i]``.
        mode
            ``"E"``: all ways into the core count, most exact. ``"H"``: one way from each end.
            ``"M"``: the same, with labels of the core instead of a search.
        exact
            Go on until nothing shorter can exist: a search of the whole network from both ends,
            which the answer found first cuts short.

        Raises
        ------
        InputError
            If a vertex or the mode does not exist, the numbers of sources and targets differ, or
            mode M is asked of an index built without labels.
        """
        return self._answer(sources, targets, mode, exact=exact, paths=False)

    def paths(
        self,
        sources: npt.ArrayLike,
        targets: npt.ArrayLike,
        *,
        mode: str = "E",
        exact: bool = False,
    ) -> CoreAnswers:
        """The same with the vertices of a path each; see :meth:`CoreAnswers.path`."""
        return self._answer(sources, targets, mode, exact=exact, paths=True)

    def _answer(
        self,
        sources: npt.ArrayLike,
        targets: npt.ArrayLike,
        mode: str,
        *,
        exact: bool,
        paths: bool,
    ) -> CoreAnswers:
        if mode not in MODES:
            raise InputError(f"no mode {mode!r}", fix=f"use one of {', '.join(MODES)}")
        if mode == "M" and self.facts["core_index"] is None:
            raise InputError(
                "mode M needs labels of the core", fix="build the index with core_index='pll'"
            )
        s, t = self._vertices(sources, "sources"), self._vertices(targets, "targets")
        if len(s) != len(t):
            raise InputError(f"{len(s)} sources but {len(t)} targets", fix="give pairs")
        return self.searches.answer(s, t, mode=mode, exact=exact, paths=paths)

    def _vertices(self, values: npt.ArrayLike, what: str) -> npt.NDArray[Any]:
        n = self.searches.n
        alone = values[0] if isinstance(values, list) and len(values) == 1 else None
        if type(alone) is int and n is not None and 0 <= alone < n:
            # One pair a call: the checks of arrays would take ten times as long as the search.
            one = np.array([alone], np.int32)
            one.flags.writeable = False
            return one
        if n is not None:
            return check_nodes(self.searches, values, what)  # type: ignore[arg-type]
        found = np.atleast_1d(np.asarray(values))
        if found.size == 0:
            return np.empty(0, np.int64)
        if found.ndim != 1 or found.dtype.kind not in "iu" or found.min() < 0:
            raise InputError(f"{what}: not a list of vertex numbers")
        return found.astype(np.int64)

    # ---------------------------------------------------------------- changing

    def insert_edges(self, edges: npt.ArrayLike) -> None:
        """Add edges between vertices that exist; the core stays, its lists and the ring follow.

        The graph that the index was built on does not change: the index keeps the lists that
        differ. Of a function, the index only takes note: it has to return the new lists already.
        Labels are made again when mode M is asked next.

        Parameters
        ----------
        edges
            (e, 2) vertices; edges that exist already and loops change nothing.

        Raises
        ------
        InputError
            If a vertex does not exist, or the index has weights or directions.
        """
        self.searches.insert(self._edges(edges))

    def delete_edges(self, edges: npt.ArrayLike) -> None:
        """Take edges out; see :meth:`insert_edges`.

        Raises
        ------
        InputError
            If a vertex or an edge does not exist (then nothing changes), or the index has weights
            or directions.
        """
        pairs = self._edges(edges)
        if isinstance(self.searches, CompiledCore):
            missing = [e for e in pairs.tolist() if not self.searches.has_edge(*e)]
            if missing:
                more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
                raise InputError(f"no such edges: {str(missing[:5])[1:-1]}{more}")
        self.searches.delete(pairs)

    def _edges(self, edges: npt.ArrayLike) -> npt.NDArray[np.int64]:
        pairs = np.asarray(edges)
        if pairs.size == 0:
            return np.empty((0, 2), np.int64)
        if pairs.ndim != 2 or pairs.shape[1] != 2:
            raise InputError(f"edges of shape {pairs.shape}", fix="give pairs of vertices")
        flat = self._vertices(pairs.reshape(-1), "edges")
        return flat.astype(np.int64).reshape(-1, 2)

    # ---------------------------------------------------------------- looking

    @property
    def n(self) -> int | None:
        """Number of vertices; None = not known."""
        return self.searches.n

    @property
    def sizes(self) -> tuple[int, int, int]:
        """Vertices in the core, in the ring around it, and outside (-1 = not known)."""
        return self.searches.ring_sizes()

    @property
    def memory(self) -> int:
        """Bytes of the index, the graph aside."""
        return self.searches.memory

    def rings(self, vertices: npt.ArrayLike) -> npt.NDArray[np.int8]:
        """0 in the core, 1 in the ring around it, 2 outside, for some vertices."""
        return self.searches.rings(self._vertices(vertices, "vertices"))

    def count_reads(self) -> None:
        """Note from now on which vertices' lists are read, for :attr:`vertices_read`."""
        self.searches.count_reads()

    @property
    def vertices_read(self) -> int:
        """Different vertices whose lists were read: the core's, and those noted since."""
        noted = np.fromiter(self.searches.reads, np.int64)
        levels = self.searches.rings(noted) if len(noted) else np.empty(0)
        return self.sizes[0] + int(np.count_nonzero(levels))

    def __repr__(self) -> str:
        core, ring, outside = self.sizes
        rest = "" if outside < 0 else f", {outside} outside"
        return f"<CorePeripheryIndex: {core} vertices in the core, {ring} around it{rest}>"

    # ---------------------------------------------------------------- keeping

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write to one ``.npz`` file, whole or not at all; the graph is not part of it.

        Raises
        ------
        InputError
            If the file cannot be written.
        """
        storage.save(path, self.searches, self.facts)

    @classmethod
    def load(
        cls,
        path: str | os.PathLike[str],
        graph: Network,
        *,
        metric: str | None = None,
        directed: bool = False,
        n: int | None = None,
    ) -> CorePeripheryIndex:
        """Read a file written by :meth:`save`, for the network it was built on.

        Of arrays with more than 2^26 entries, which may be on disk, parts are compared; a function
        is asked about a few vertices.

        Parameters
        ----------
        path
            The file.
        graph, metric, directed, n
            As for :meth:`build`.

        Raises
        ------
        InputError
            If the file is missing, damaged, of another version, or of another network.
        """
        meta, arrays = storage.read(path)
        network = _network(graph, metric, directed, n)
        return cls(storage.restore(path, meta, arrays, network), meta["facts"])


def _network(
    graph: Network, metric: str | None, directed: bool, n: int | None
) -> Rows | Oracle | GraphLists:
    """What an index is made of: plain lists, lists of a graph, or a function."""
    if isinstance(graph, Graph):
        if n is not None:
            raise InputError("n is for functions: a graph knows its number of vertices")
        if metric is None and not directed:
            return graph.indptr, graph.heads
        if metric is not None:
            adjacency.check_metric(graph, metric)
            if graph.m and graph.metrics[metric].min() <= 0:
                raise InputError(f"the metric {metric!r} has weights of 0", fix="give weights > 0")
        return GraphLists(graph, metric, directed=directed)
    if metric is not None or directed:
        raise InputError("weights and directions need a Graph", fix="leave them away")
    if callable(graph):
        return Oracle(graph, n)
    if n is not None:
        raise InputError("n is for functions: arrays tell their number of vertices")
    if not isinstance(graph, tuple) or len(graph) != 2:
        raise InputError(
            f"cannot index a {type(graph).__name__}",
            fix="give a Graph, arrays (indptr, heads), or a function",
        )
    arcs = hop_arcs.of_rows(*graph)
    return arcs.indptr, arcs.heads


def _first(n: int, seed: int, start: int | None) -> int:
    """Where growth begins: at random, unless it is said."""
    if start is None:
        return int(np.random.default_rng(seed).integers(n)) if n else 0
    if not 0 <= start < n:
        raise InputError(f"no vertex {start} to start from", fix=f"use 0 .. {n - 1}")
    return int(start)
