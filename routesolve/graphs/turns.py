"""Turns: what it takes to go from one arc to the next, and the graph in which turns are arcs.

In the expanded graph every node is an arc of the street network, "at the end of this arc", and
every arc a turn together with the drive along the arc turned into. Whatever finds paths in a
:class:`Graph` then obeys turn restrictions and pays for turns, without knowing of them. Each
junction has two more nodes, where paths begin and where they end, so that a path from junction to
junction is a path between two nodes.

T. Caldwell, "On finding minimum routes in a network with turn penalties", Communications of the ACM
4 (1961); S. Winter, "Modeling costs of turns in route planning", GeoInformatica 6 (2002).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError, Problem
from routesolve.graphs._arrays import frozen, listed
from routesolve.graphs.graph import MAX_WEIGHT, Graph

if TYPE_CHECKING:
    from routesolve.graphs.shortest_paths import Path

Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False, kw_only=True)
class Turns:
    """The turns a network allows and what they cost; m arcs, t turns.

    Attributes
    ----------
    indptr : numpy.ndarray
        (m + 1,) int64; after arc e come the turns ``indptr[e] .. indptr[e + 1] - 1``.
    onto : numpy.ndarray
        (t,) int32 arcs turned into; each starts where e ends.
    penalties : Mapping of str to numpy.ndarray
        (t,) int32 >= 0 per metric, in that metric's steps; metrics that are not here are free.
    bans : tuple of tuple of int
        Sequences of three and more arcs that may not be driven one after the other, though each
        turn of them may (restrictions that lead over a way).
    """

    indptr: Int64s
    onto: Int32s
    penalties: Mapping[str, Int32s] = field(default_factory=dict)
    bans: tuple[tuple[int, ...], ...] = ()

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "indptr", frozen(self.indptr, np.int64))
        put(self, "onto", frozen(self.onto, np.int32))
        weights = {key: frozen(value, np.int32) for key, value in self.penalties.items()}
        put(self, "penalties", MappingProxyType(weights))
        put(self, "bans", tuple(tuple(int(arc) for arc in ban) for ban in self.bans))

    @classmethod
    def all_free(cls, graph: Graph) -> Turns:
        """Every turn of `graph`, at no cost."""
        degree = np.diff(graph.indptr)[graph.heads]
        indptr = np.zeros(graph.m + 1, dtype=np.int64)
        np.cumsum(degree, out=indptr[1:])
        onto = np.repeat(graph.indptr[:-1][graph.heads] - indptr[:-1], degree)
        return cls(indptr=indptr, onto=onto + np.arange(indptr[-1]))

    def __len__(self) -> int:
        return len(self.onto)

    @property
    def before(self) -> Int32s:
        """(t,) int32 the arc that each turn leaves."""
        return np.repeat(np.arange(len(self.indptr) - 1, dtype=np.int32), np.diff(self.indptr))

    def problems(self, graph: Graph) -> list[Problem]:
        """What keeps these turns from being those of `graph`."""
        if len(self.indptr) != graph.m + 1 or self.indptr[0] != 0 or self.indptr[-1] != len(self):
            return [Problem(f"turns of {len(self.indptr) - 1} arcs for a graph of {graph.m}")]
        if (np.diff(self.indptr) < 0).any():
            return [Problem("row pointers do not describe the turns")]
        if len(self) and (self.onto.min() < 0 or self.onto.max() >= graph.m):
            return [Problem("a turn leads into an arc that does not exist")]
        apart = graph.heads[self.before] != graph.edge_tails[self.onto]
        out = listed(
            np.flatnonzero(apart),
            lambda t: Problem(f"arc {self.onto[t]} does not start where {self.before[t]} ends"),
            what="turns between arcs that do not meet",
        )
        for key, values in self.penalties.items():
            if key not in graph.metrics:
                out.append(Problem(f"penalties for a metric {key!r} that the graph has not"))
            if values.shape != self.onto.shape or (len(values) and values.min() < 0):
                out.append(Problem(f"penalties {key!r} are not one number >= 0 per turn"))
        for ban in self.bans:
            if len(ban) < 3 or min(ban) < 0 or max(ban) >= graph.m:
                out.append(Problem(f"{ban} is not a sequence of three or more arcs"))
        return out


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class TurnGraph:
    """A street network in which turns count, as a graph for every algorithm of this room.

    Paths begin in ``sources[v]`` and end in ``targets[v]`` for junctions v of `base`::

        many_to_many(net.graph, net.sources[a], net.targets[b])

    Attributes
    ----------
    base : Graph
        The street network.
    graph : Graph
        The expanded one; its node numbers mean arcs of `base`, then beginnings, then ends.
    arc_of : numpy.ndarray
        (graph.n,) int32 arc of `base` that a node stands for; -1 for beginnings and ends.
    sources, targets : numpy.ndarray
        (base.n,) int32 nodes of `graph` where paths from and to a junction begin and end.
    node_of : numpy.ndarray
        (base.m,) int32 node of `graph` for each arc of `base`; -1 for one that was left out.
    dropped : int
        Arcs of `base` left out: with turns obeyed they cannot be entered and left again.
    """

    base: Graph
    graph: Graph
    arc_of: Int32s
    sources: Int32s
    targets: Int32s
    node_of: Int32s
    dropped: int

    def __repr__(self) -> str:
        return f"<TurnGraph {self.base!r}: {self.graph.n} nodes, {self.graph.m} turns>"

    def base_arcs(self, path: Path | npt.ArrayLike) -> Int32s:
        """The arcs of `base` that a path (or a list of nodes of `graph`) drives along."""
        nodes = getattr(path, "nodes", path)
        arcs = self.arc_of[np.asarray(nodes, dtype=np.int64)]
        return np.asarray(arcs[arcs >= 0])

    def geometry(self, path: Path | npt.ArrayLike) -> Floats:
        """The (k, 2) longitudes and latitudes to draw for a path."""
        from routesolve.graphs.shortest_paths import path_geometry

        arcs = self.base_arcs(path)
        if len(arcs) or self.base.coordinates is None:
            return path_geometry(self.base, arcs)
        start = int(np.asarray(getattr(path, "nodes", path))[0])
        return self.base.coordinates[np.flatnonzero(self.sources == start)[:1]]


def expand(graph: Graph, turns: Turns | None = None, *, connected: bool = True) -> TurnGraph:
    """Build the graph in which turns are arcs.

    Parameters
    ----------
    graph
        The street network; parallel arcs and self-loops are allowed.
    turns
        What is allowed and what it costs; default: every turn, free.
    connected
        Keep only the largest set of arcs that all can be reached from one another.

    Returns
    -------
    TurnGraph
        Its graph has ``graph.m`` nodes, less what was dropped, plus one for each state of a ban,
        plus two a junction.

    Raises
    ------
    InputError
        If the turns are not those of the graph, or a weight and a penalty together are too large.
    """
    turns = Turns.all_free(graph) if turns is None else turns
    problems = turns.problems(graph)
    if problems:
        raise InputError(problems)
    tails, heads, arc_of, penalties = _states(graph, turns)
    weights = {
        key: weight[arc_of[heads]].astype(np.int64) + penalties.get(key, 0)
        for key, weight in graph.metrics.items()
    }
    over = [key for key, weight in weights.items() if len(weight) and weight.max() > MAX_WEIGHT]
    if over:
        raise InputError(f"turn penalty plus {over[0]} exceeds {MAX_WEIGHT} steps")
    keep = _largest(len(arc_of), tails, heads) if connected else np.ones(len(arc_of), np.bool_)
    number = np.where(keep, np.cumsum(keep) - 1, -1)
    inside = keep[tails] & keep[heads]
    tails, heads, arc_of = number[tails[inside]], number[heads[inside]], arc_of[keep]
    node_of = number[: graph.m].astype(np.int32)

    k, n = len(arc_of), graph.n
    plain = np.flatnonzero(node_of >= 0)
    begin, end = k + np.arange(n), k + n + np.arange(n)
    all_tails = np.concatenate([tails, begin[graph.edge_tails[plain]], np.arange(k), begin])
    all_heads = np.concatenate([heads, node_of[plain], end[graph.heads[arc_of]], end])
    order = np.lexsort((all_heads, all_tails))
    indptr = np.zeros(k + 2 * n + 1, dtype=np.int64)
    np.cumsum(np.bincount(all_tails, minlength=k + 2 * n), out=indptr[1:])
    free = np.zeros(k + n, dtype=np.int64)
    points = graph.coordinates
    expanded = Graph(
        indptr=indptr,
        heads=all_heads[order],
        metrics={
            key: np.concatenate([weight[inside], graph.metrics[key][plain], free])[order]
            for key, weight in weights.items()
        },
        units=graph.units,
        coordinates=None
        if points is None
        else np.concatenate([points[graph.heads[arc_of]], points, points]),
        name=graph.name,
        source=f"{graph.source}, turns expanded" if graph.source else "turns expanded",
        licence=graph.licence,
        attribution=graph.attribution,
    )
    return TurnGraph(
        base=graph,
        graph=expanded,
        arc_of=frozen(np.concatenate([arc_of, np.full(2 * n, -1)]), np.int32),
        sources=frozen(begin, np.int32),
        targets=frozen(end, np.int32),
        node_of=frozen(node_of, np.int32),
        dropped=int((node_of < 0).sum()),
    )


def _states(
    graph: Graph, turns: Turns
) -> tuple[Int64s, Int64s, Int64s, dict[str, npt.NDArray[np.integer]]]:
    """Turns between states: the arcs themselves, then the states in which a ban looms.

    Returns (tails, heads, arc of each state, penalties).
    """
    tails, heads = turns.before.astype(np.int64), turns.onto.astype(np.int64)
    arc_of = np.arange(graph.m)
    penalties: dict[str, npt.NDArray[np.integer]] = dict(turns.penalties)
    if not turns.bans:
        return tails, heads, arc_of, penalties
    # A ban (e, a, b, f) adds the states (e, a) and (e, a, b): "on a, coming from e". From a state
    # one goes on to the longest known suffix of where one has been, as in string matching
    # (A. Aho, M. Corasick, Communications of the ACM 18, 1975).
    banned = set(turns.bans)
    prefixes = sorted({ban[:size] for ban in banned for size in range(2, len(ban))})
    state = {prefix: graph.m + i for i, prefix in enumerate(prefixes)}

    def next_state(history: tuple[int, ...]) -> int:
        for start in range(len(history) - 1):
            if history[start:] in state:
                return state[history[start:]]
        return history[-1]

    def is_banned(history: tuple[int, ...]) -> bool:
        return any(history[start:] in banned for start in range(len(history) - 2))

    extra_tails: list[int] = []
    extra_heads: list[int] = []
    extra_turns: list[int] = []
    for prefix in prefixes:
        last = prefix[-1]
        for turn in range(int(turns.indptr[last]), int(turns.indptr[last + 1])):
            history = (*prefix, int(heads[turn]))
            if not is_banned(history):
                extra_tails.append(state[prefix])
                extra_heads.append(next_state(history))
                extra_turns.append(turn)
    for prefix, number in state.items():
        if len(prefix) == 2:
            before, onto = prefix
            row = slice(int(turns.indptr[before]), int(turns.indptr[before + 1]))
            heads[row] = np.where(turns.onto[row] == onto, number, heads[row])
    tails = np.concatenate([tails, np.array(extra_tails, dtype=np.int64)])
    heads = np.concatenate([heads, np.array(extra_heads, dtype=np.int64)])
    arc_of = np.concatenate([arc_of, np.array([p[-1] for p in prefixes], dtype=np.int64)])
    more = np.array(extra_turns, dtype=np.int64)
    penalties = {key: np.concatenate([w, w[more]]) for key, w in turns.penalties.items()}
    return tails, heads, arc_of, penalties


def _largest(count: int, tails: Int64s, heads: Int64s) -> npt.NDArray[np.bool_]:
    """Which states are in the largest strongly connected part."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    if count == 0:
        return np.zeros(0, dtype=np.bool_)
    ones = np.ones(len(tails), dtype=np.int8)
    matrix = csr_array((ones, (tails, heads)), shape=(count, count))
    _, label = connected_components(matrix, directed=True, connection="strong")
    sizes = np.bincount(label)
    first = np.full(len(sizes), count)
    np.minimum.at(first, label, np.arange(count))
    return np.asarray(label == np.lexsort((first, -sizes))[0])


def bans_of_only(turns: Turns, only: Sequence[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """What is banned by sequences of arcs that must be driven to their end: all other ways on."""
    bans = []
    for path in only:
        *way, last = path
        row = turns.onto[turns.indptr[way[-1]] : turns.indptr[way[-1] + 1]]
        bans += [(*way, int(arc)) for arc in row if arc != last]
    return bans
