"""Tables between places on streets, from tables between nodes of the searched graph.

In a plain graph a route from a place on an arc starts at the head of the arc, with what is left of
the arc, and arrives at the tail of the last arc, with its beginning. Where turns count, nodes mean
"at the end of this arc": a route starts in the node of its arc, and arrives in a node of the last
arc, of which the rest is taken off again. Within one arc one drives straight on; who wants to get
back on it has to go round the block.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError
from routesolve.graphs import adjacency
from routesolve.graphs._kernels.joining import Ends, join
from routesolve.graphs.graph import Graph
from routesolve.graphs.shortest_paths import Tables, shortest_paths
from routesolve.graphs.snapping import Places
from routesolve.graphs.tables import BUILD_SEARCHES, SEARCH_SECONDS, WORTHWHILE, matrix

if TYPE_CHECKING:
    from routesolve.graphs.hierarchy import ContractionHierarchy
    from routesolve.graphs.network import RoadNetwork

Floats = npt.NDArray[np.float64]
Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]

BLOCK = 1 << 22
"""Entries of a table between nodes that are held at a time."""


# ---------------------------------------------------------------- tables


def tables(network: RoadNetwork, sources: Places, targets: Places, method: str) -> Tables:
    """See :meth:`RoadNetwork.tables`."""
    leaving, arriving = departures(network, sources), arrivals(network, targets)
    if network.expansion is not None:
        arriving = _with_ways_round(network, leaving, arriving)
    columns, slots = np.unique(arriving.nodes, return_inverse=True)
    arriving = arriving._replace(slots=slots)
    index = _index(network, method, min(len(np.unique(leaving.nodes)), len(columns)))
    out = [np.empty((len(sources), len(targets))) for _ in range(3)]
    keys = keys_of(network)
    names = tuple(dict.fromkeys(keys))
    for first, last in _blocks(leaving.indptr, len(columns)):
        rows, block = _rows(leaving, first, last)
        found = matrix(
            network.searched,
            rows,
            columns,
            metrics=names,
            metric=network.metric,
            method="search" if index is None else "hierarchy",
            index=index,
        )
        between = (found[names.index(key)] for key in keys)
        join(block, arriving, *between, *(table[first:last] for table in out))
    costs, durations, distances = out
    return Tables(durations, distances, costs)


def _index(network: RoadNetwork, method: str, count: int) -> ContractionHierarchy | None:
    """The index for a table that takes so many searches, if one is to be used."""
    if method not in ("auto", "search", "hierarchy"):
        raise InputError(f"unknown method {method!r}", fix='use "auto", "search" or "hierarchy"')
    if method == "search":
        return None
    graph = network.searched
    long = count * SEARCH_SECONDS * (graph.n + graph.m) > WORTHWHILE and count > BUILD_SEARCHES
    return network.own_index if long or method == "hierarchy" else network.index


def _blocks(indptr: Int64s, columns: int) -> Iterator[tuple[int, int]]:
    """Runs of places whose rows fill a block, one place at least."""
    first, count = 0, len(indptr) - 1
    while first < count:
        room = indptr[first] + BLOCK // max(columns, 1)
        last = max(int(np.searchsorted(indptr, room, side="right")) - 1, first + 1)
        yield first, last
        first = last


def _rows(leaving: Ends, first: int, last: int) -> tuple[Int32s, Ends]:
    """The nodes that a run of places leaves from, and its entries with these as rows."""
    part = slice(int(leaving.indptr[first]), int(leaving.indptr[last]))
    rows, slots = np.unique(leaving.nodes[part], return_inverse=True)
    return rows, leaving._replace(
        indptr=leaving.indptr[first : last + 1] - part.start,
        slots=slots,
        nodes=leaving.nodes[part],
        arcs=leaving.arcs[part],
        shares=leaving.shares[part],
        extra=leaving.extra[part],
        whole=leaving.whole[part],
    )


# ---------------------------------------------------------------- leaving and arriving


def departures(network: RoadNetwork, places: Places) -> Ends:
    """The candidates of places as beginnings of routes; slots are still empty."""
    streets, expansion = network.streets, network.expansion
    arcs, whole = places.arcs, _sums_of(network, places.arcs)
    nodes = streets.heads[arcs] if expansion is None else expansion.node_of[arcs]
    return Ends(
        places.indptr.copy(),
        np.empty(0, np.int64),
        nodes,
        arcs.copy(),
        places.shares.copy(),
        whole * (1.0 - places.shares)[:, None],
        whole,
        np.empty((0, 3)),
    )


def arrivals(network: RoadNetwork, places: Places) -> Ends:
    """The candidates of places as ends of routes, one entry for each state of their arcs."""
    streets, expansion = network.streets, network.expansion
    arcs, shares, indptr = places.arcs, places.shares, places.indptr
    if expansion is None:
        nodes = streets.edge_tails[arcs]
    else:
        states = network.states
        counts = np.diff(states.indptr)[arcs]
        entry = np.repeat(np.arange(len(arcs)), counts)
        before = np.concatenate(([0], np.cumsum(counts)))
        nodes = states.nodes[states.indptr[arcs][entry] + np.arange(len(entry)) - before[entry]]
        arcs, shares, indptr = arcs[entry], shares[entry], before[indptr]
    whole = _sums_of(network, arcs)
    rest = shares if expansion is None else shares - 1.0
    return Ends(
        indptr.copy(),
        np.empty(0, np.int64),
        nodes,
        arcs.copy(),
        shares.copy(),
        whole * rest[:, None],
        whole,
        np.empty((0, 3)),
    )


class States(NamedTuple):
    """The nodes of an expanded graph by arc: arc e has ``nodes[indptr[e]:indptr[e + 1]]``."""

    indptr: Int64s
    nodes: Int32s


def states_by_arc(arc_of: Int32s, m: int) -> States:
    """Sort the nodes of an expanded graph by their arcs; beginnings and ends are left out."""
    nodes = np.flatnonzero(arc_of >= 0)
    nodes = nodes[np.argsort(arc_of[nodes], kind="stable")]
    indptr = np.zeros(m + 1, dtype=np.int64)
    np.cumsum(np.bincount(arc_of[nodes], minlength=m), out=indptr[1:])
    return States(indptr, nodes.astype(np.int32))


def keys_of(network: RoadNetwork) -> tuple[str, str, str]:
    """The metrics of the three sums: what is minimised, duration, distance."""
    return (network.metric, "duration", "distance")


def _sums_of(network: RoadNetwork, arcs: npt.NDArray[np.integer]) -> Floats:
    """(c, 3) cost, duration and distance of street arcs."""
    return weights_of(network, network.streets, arcs)


def weights_of(network: RoadNetwork, graph: Graph, arcs: npt.NDArray[np.integer]) -> Floats:
    """(c, 3) cost, duration and distance of some arcs of the streets or of the searched graph."""
    columns = [adjacency.in_units(graph.metrics[k][arcs], graph.units[k]) for k in keys_of(network)]
    return np.stack(columns, axis=1)


# ---------------------------------------------------------------- round the block


class Found(NamedTuple):
    """Paths between pairs of nodes: sums (p, 3), infinite where there is none, and arcs."""

    sums: Floats
    indptr: Int64s
    arcs: Int32s


def paths_between(network: RoadNetwork, sources: Int32s, targets: Int32s) -> Found:
    """The best paths of pairs of nodes of the searched graph."""
    graph = network.searched
    paths = shortest_paths(graph, sources, targets, network.metric)
    sums = np.empty((len(sources), 3))
    for column, key in enumerate(keys_of(network)):
        total = np.concatenate(([0], np.cumsum(graph.metrics[key][paths.arcs], dtype=np.int64)))
        steps = total[paths.indptr[1:]] - total[paths.indptr[:-1]]
        sums[:, column] = adjacency.in_units(steps, graph.units[key])
    sums[~np.isfinite(paths.durations)] = np.inf
    return Found(sums, paths.indptr, paths.arcs)


def arcs_into(network: RoadNetwork, nodes: Int32s) -> tuple[Int64s, Int32s]:
    """Which of the nodes (number), and an arc of the searched graph that turns into it."""
    assert network.expansion is not None
    reverse = network.searched.reverse
    counts = np.diff(reverse.indptr)[nodes]
    owner = np.repeat(np.arange(len(nodes)), counts)
    start = np.concatenate(([0], np.cumsum(counts)))[:-1]
    at = reverse.indptr[nodes][owner] + np.arange(len(owner)) - start[owner]
    turns = network.expansion.arc_of[reverse.tails[at]] >= 0
    return owner[turns], reverse.arcs[at[turns]]


def _with_ways_round(network: RoadNetwork, leaving: Ends, arriving: Ends) -> Ends:
    """Arrivals with the way from their node back to itself, where somebody has to drive it."""
    m = network.streets.m
    furthest, nearest = np.full(m, -1.0), np.full(m, 2.0)
    np.maximum.at(furthest, leaving.arcs, leaving.shares)
    np.minimum.at(nearest, arriving.arcs, arriving.shares)
    plain = network.expansion.node_of[arriving.arcs] == arriving.nodes  # type: ignore[union-attr]
    behind = plain & (furthest > nearest)[arriving.arcs]
    nodes, number = np.unique(arriving.nodes[behind], return_inverse=True)
    owner, into = arcs_into(network, nodes)
    graph = network.searched
    sums = paths_between(network, nodes[owner], graph.edge_tails[into]).sums
    sums += weights_of(network, graph, into)
    # The least of each node is the last one written.
    order = np.lexsort((-sums[:, 2], -sums[:, 1], -sums[:, 0]))
    least = np.full((len(nodes), 3), np.inf)
    least[owner[order]] = sums[order]
    around = np.full((len(arriving.nodes), 3), np.inf)
    around[behind] = least[number]
    return arriving._replace(around=around)
