"""Alternative routes: little overlap, little detour, no pointless wiggles.

The measures are those of I. Abraham, D. Delling, A. V. Goldberg, R. F. Werneck, "Alternative routes
in road networks", ACM Journal of Experimental Algorithmics 18 (2013): an alternative is admissible
when it shares little with the routes before it, when every part of it is nearly as short as can be
(bounded stretch), and when short parts of it are shortest paths (local optimality).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError
from routesolve.graphs import adjacency, searches
from routesolve.graphs._arrays import frozen
from routesolve.graphs._kernels import alternatives as kernels
from routesolve.graphs.adjacency import Int32s, Int64s
from routesolve.graphs.graph import MAX_WEIGHT, Graph
from routesolve.graphs.shortest_paths import Path, check_nodes, no_way, path_of

Method = Literal["via", "plateau", "penalty"]

TRIES = 60
"""Candidates whose path is looked at in full, per alternative wanted."""

PENALTY = 0.4
"""By how much the arcs of a path become dearer before the next one is sought; half that for arcs
that lead onto it or off it, so that no path hops off and on again."""


@dataclass(frozen=True, eq=False)
class Alternative:
    """One route, and what makes it admissible.

    Attributes
    ----------
    path : Path
        The route.
    stretch : float
        Its cost over the optimal cost; 1 for the optimal path itself.
    sharing : float
        The greatest part of the optimal cost that it shares with a route before it in the list.
    bounded_stretch : float
        The largest ratio, over all its parts, of the part's cost to the least cost between the
        part's ends; ``inf`` when a part costs something where a free way exists.
    local_optimality : float
        Every part up to this fraction of the optimal cost is a shortest path; at most 1.
    """

    path: Path
    stretch: float
    sharing: float
    bounded_stretch: float
    local_optimality: float


def alternative_paths(
    graph: Graph,
    source: int,
    target: int,
    count: int = 3,
    metric: str = "duration",
    *,
    method: Method = "via",
    max_sharing: float = 0.8,
    max_stretch: float = 1.25,
    min_local_optimality: float = 0.0,
    samples: int = 32,
) -> list[Alternative]:
    """The cheapest path and alternatives to it.

    Parameters
    ----------
    graph
        The graph.
    source, target
        Node numbers.
    count
        How many routes at most, the optimal one among them; fewer come back when no more are
        admissible.
    metric
        What is minimised: any metric of the graph.
    method
        ``"via"``: the cheapest path through a node, nodes ranked by detour, sharing and plateau
        (Abraham et al.); ``"plateau"``: the longest stretches on which the trees from the source
        and to the target agree (Cambridge Vehicle Information Technology, "Choice routing", 2005);
        ``"penalty"``: the arcs of the routes found become dearer, and the search is repeated.
    max_sharing
        Largest part of the optimal cost that two routes may share, 0 .. 1.
    max_stretch
        Largest cost of a route, as a multiple of the optimal one.
    min_local_optimality
        Routes below it are left out; 0.25 is what the paper asks for.
    samples
        Nodes of a path, spread evenly by cost, between which the last two measures are taken:
        exact with at least as many samples as nodes, else parts in between are not looked at.

    Returns
    -------
    list of Alternative
        The optimal path first, then in the order in which the method prefers them.

    Raises
    ------
    InputError
        If a node or the metric does not exist, or an argument makes no sense.
    RoutingError
        If there is no path.
    """
    _check(count, method, max_sharing, max_stretch, min_local_optimality, samples)
    ends = check_nodes(graph, [source, target], "source, target")
    start, end = (int(v) for v in ends)
    trees = _Trees(graph, start, end, metric)
    best = trees.path(end)
    if best is None:
        raise no_way(graph, start, end)
    accepted = [_measured(trees, best, [], samples)]
    taken = [best]
    if start == end:
        return accepted
    most = int(np.floor(trees.optimum * max_stretch * (1 + 1e-12)))
    found = _METHODS[method](trees, taken, most)
    tries = 0
    while len(accepted) < count and tries < TRIES * count:
        tries += 1
        arcs = next(found, None)
        if arcs is None:
            break
        weight = int(trees.weights[arcs].sum(dtype=np.int64))
        nodes = np.append(graph.edge_tails[arcs], np.int32(end))
        if weight > most or not kernels.all_simple(nodes):
            continue
        if _sharing(trees, arcs, taken) > max_sharing:
            continue
        route = _measured(trees, arcs, taken, samples)
        if route.local_optimality < min_local_optimality:
            continue
        accepted.append(route)
        taken.append(arcs)
    return accepted


class _Trees:
    """Both shortest-path trees of a pair, with arcs of the graph for entries."""

    def __init__(self, graph: Graph, source: int, target: int, metric: str) -> None:
        self.graph, self.source, self.target, self.metric = graph, source, target, metric
        self.arcs = adjacency.forward(graph, metric)
        self.weights = graph.metrics[metric]
        reverse = adjacency.backward(graph, metric)
        there = searches.grow(self.arcs, frozen([source], np.int32))
        back = searches.grow(reverse, frozen([target], np.int32))
        self.there, self.there_entry = there.cost, there.entry
        self.back = back.cost
        self.back_entry = (
            np.where(back.entry < 0, -1, reverse.ids[back.entry]).astype(np.int32)
            if graph.m
            else back.entry
        )
        self.optimum = int(there.cost[target])

    def path(self, via: int) -> Int32s | None:
        """The arcs of the cheapest path through a node; ``None`` when there is none."""
        if self.there[via] < 0 or self.back[via] < 0:
            return None
        first = searches.trace(self.graph, self.there_entry, self.source, via)
        rest = []
        node = via
        while node != self.target:
            rest.append(int(self.back_entry[node]))
            node = int(self.graph.heads[rest[-1]])
        return np.concatenate((first, np.array(rest, np.int32)))


def _via(trees: _Trees, taken: list[Int32s], most: int) -> Iterator[Int32s]:
    """Through single nodes, best first: cheap, different from the optimum, on a long plateau."""
    length, first, _, through, usable = _ways(trees, most)
    graph = trees.graph
    on = np.zeros(graph.n, np.int8)
    on[trees.source] = 1
    on[graph.heads[taken[0]]] = 1
    shared = np.zeros(graph.n, np.int64)
    for entry, ends, cost in (
        (trees.there_entry, graph.edge_tails, trees.there),
        (trees.back_entry, graph.heads, trees.back),
    ):
        part = np.full(graph.n, -1, np.int64)
        kernels.shared_with(entry, ends, cost, on, part, np.empty(graph.n, np.int32))
        shared += np.maximum(part, 0)
    # One node of each plateau stands for all of it: they have the same path.
    chosen = np.flatnonzero(usable & (first == np.arange(graph.n)) & (on == 0))
    score = 2 * through[chosen] + shared[chosen] - length[chosen]
    yield from _paths(trees, chosen[np.argsort(score, kind="stable")])


def _plateau(trees: _Trees, taken: list[Int32s], most: int) -> Iterator[Int32s]:
    """Over plateaus, best first: long, with little detour."""
    length, first, _, through, usable = _ways(trees, most)
    chosen = np.flatnonzero(usable & (first == np.arange(trees.graph.n)) & (length > 0))
    score = (through[chosen] - trees.optimum) - length[chosen]
    yield from _paths(trees, chosen[np.argsort(score, kind="stable")])


def _penalty(trees: _Trees, taken: list[Int32s], most: int) -> Iterator[Int32s]:
    """Shortest paths as the arcs of those before become dearer and dearer."""
    graph = trees.graph
    weights = trees.weights.astype(np.float64)
    near = np.zeros(graph.n, dtype=bool)
    last = taken[0]
    start = frozen([trees.source], np.int32)
    while True:
        near[:] = False
        near[graph.heads[last]] = True
        beside = near[graph.heads] ^ near[graph.edge_tails]
        weights[beside] *= 1 + PENALTY / 2
        weights[last] = weights[last] * (1 + PENALTY) + 1
        whole = np.minimum(weights, MAX_WEIGHT).astype(np.int32)
        grown = searches.grow(adjacency.reweighted(trees.arcs, whole), start, target=trees.target)
        last = searches.trace(graph, grown.entry, trees.source, trees.target)
        yield last


def _ways(trees: _Trees, most: int) -> tuple[Int64s, Int32s, Int32s, Int64s, npt.NDArray[np.bool_]]:
    """Per node: length and ends of its plateau, cost of the way through it, usable or not."""
    n = trees.graph.n
    length, first, last = np.empty(n, np.int64), np.empty(n, np.int32), np.empty(n, np.int32)
    kernels.plateaus(
        trees.there_entry, trees.back_entry, trees.graph.edge_tails, trees.graph.heads,
        trees.there, trees.back, length, first, last,
    )  # fmt: skip
    through = trees.there + trees.back
    usable = (trees.there >= 0) & (trees.back >= 0) & (through <= most)
    return length, first, last, through, usable


def _paths(trees: _Trees, nodes: npt.NDArray[np.intp]) -> Iterator[Int32s]:
    for node in nodes.tolist():
        arcs = trees.path(node)
        if arcs is not None:
            yield arcs


_METHODS: dict[str, Callable[[_Trees, list[Int32s], int], Iterator[Int32s]]] = {
    "via": _via,
    "plateau": _plateau,
    "penalty": _penalty,
}


def _sharing(trees: _Trees, arcs: Int32s, taken: list[Int32s]) -> float:
    """The greatest part of the optimal cost that a path shares with one of those taken."""
    if not taken:
        return 0.0
    # The same path again is never an alternative, whatever is allowed.
    if any(np.array_equal(arcs, other) for other in taken):
        return np.inf
    if trees.optimum == 0:
        return 0.0
    common = [
        int(trees.weights[np.intersect1d(arcs, other)].sum(dtype=np.int64)) for other in taken
    ]
    return max(common) / trees.optimum


def _measured(trees: _Trees, arcs: Int32s, taken: list[Int32s], samples: int) -> Alternative:
    path = path_of(trees.graph, arcs, trees.source)
    at = np.concatenate(([0], np.cumsum(trees.weights[arcs], dtype=np.int64)))
    total = int(at[-1])
    if len(at) <= samples:
        chosen = np.arange(len(at))
    else:
        marks = np.linspace(0, total, samples)
        chosen = np.unique(np.append(np.searchsorted(at, marks), (0, len(at) - 1)))
    nodes = frozen(path.nodes[chosen], np.int32)
    parts, least = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for i in range(len(chosen) - 1):
        # A search goes no further than the path itself does from here.
        left = total - int(at[chosen[i]])
        found, _, _ = searches.table(trees.arcs, nodes[i : i + 1], nodes[i + 1 :], limit=left)
        parts.append(at[chosen[i + 1 :]] - at[chosen[i]])
        least.append(found[0])
    part, best = np.concatenate(parts), np.concatenate(least)
    part, best = part[part > 0], best[part > 0]
    with np.errstate(divide="ignore"):
        ratios = part / best
    detours = part[part > best]
    optimum = max(trees.optimum, 1)
    return Alternative(
        path,
        total / trees.optimum if trees.optimum else 1.0 if total == 0 else np.inf,
        _sharing(trees, arcs, taken),
        float(ratios.max()) if ratios.size else 1.0,
        min(float(detours.min()) / optimum, 1.0) if detours.size else 1.0,
    )


def _check(
    count: int, method: str, sharing: float, stretch: float, optimality: float, samples: int
) -> None:
    if count < 1 or samples < 2:
        raise InputError(f"{count} routes, {samples} samples", fix="at least 1 and 2")
    if method not in _METHODS:
        raise InputError(
            f"unknown method {method!r}", fix=f"use one of {', '.join(map(repr, _METHODS))}"
        )
    if not (0.0 <= sharing <= 1.0 and 1.0 <= stretch < np.inf and 0.0 <= optimality <= 1.0):
        raise InputError(
            f"sharing {sharing}, stretch {stretch}, local optimality {optimality}",
            fix="give 0 .. 1, at least 1, and 0 .. 1",
        )
