"""Single routes between places on streets, and alternatives to them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError, RoutingError
from routesolve.graphs._kernels.joining import Ends
from routesolve.graphs.drives import Drive
from routesolve.graphs.driving import (
    arcs_into,
    arrivals,
    departures,
    keys_of,
    paths_between,
    weights_of,
)
from routesolve.graphs.graph import Graph
from routesolve.graphs.snapping import Places

if TYPE_CHECKING:
    from routesolve.graphs.network import RoadNetwork

Floats = npt.NDArray[np.float64]
Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]


class _Option(NamedTuple):
    """One way to combine a departure and an arrival.

    `ends` are the nodes between which a path is sought, `turn` an arc of the searched graph to be
    driven after it (-1 = none); for a drive within one arc there is nothing to seek.
    """

    a: int
    b: int
    ends: tuple[int, int] | None
    turn: int


def route(network: RoadNetwork, source: Places, target: Places) -> Drive:
    """See :meth:`RoadNetwork.route`."""
    check_single(source, target)
    leaving, arriving = departures(network, source), arrivals(network, target)
    options = list(_options(network, leaving, arriving))
    if not options:
        raise no_route(source, target)
    sought = [k for k, option in enumerate(options) if option.ends is not None]
    ends = np.array([options[k].ends for k in sought], dtype=np.int32).reshape(-1, 2)
    sums = np.zeros((len(options), 3))
    paths = None
    if network.index is not None:
        sums[sought, 0] = network.index.distances(ends[:, 0], ends[:, 1])
    else:
        paths = paths_between(network, ends[:, 0], ends[:, 1])
        sums[sought] = paths.sums
    for k, option in enumerate(options):
        turn = np.empty((0, 3))
        if option.turn >= 0:
            turn = weights_of(network, network.searched, np.array([option.turn]))
        sums[k] += _with_ends(leaving, arriving, option, turn)
    best = int(np.lexsort((sums[:, 2], sums[:, 1], sums[:, 0]))[0])
    if not np.isfinite(sums[best, 0]):
        raise no_route(source, target)
    option = options[best]
    way = np.empty(0, np.int32)
    if paths is not None and option.ends is not None:
        number = sought.index(best)
        way = paths.arcs[paths.indptr[number] : paths.indptr[number + 1]]
    elif network.index is not None and option.ends is not None:
        way = network.index.path(*option.ends).arcs
    if option.turn >= 0:
        way = np.append(way, np.int32(option.turn))
    return _drive(network, (source, target), leaving, arriving, option, way)


def _with_ends(leaving: Ends, arriving: Ends, option: _Option, middle: Floats) -> Floats:
    """(3,) sums of what is driven at both ends, and of (k, 3) what is driven in between."""
    a, b = option.a, option.b
    if option.ends is None:
        return np.asarray((arriving.shares[b] - leaving.shares[a]) * arriving.whole[b])
    return np.asarray(leaving.extra[a] + arriving.extra[b] + middle.sum(axis=0))


def _options(network: RoadNetwork, leaving: Ends, arriving: Ends) -> Iterator[_Option]:
    for a in range(len(leaving.nodes)):
        for b in range(len(arriving.nodes)):
            start, end = int(leaving.nodes[a]), int(arriving.nodes[b])
            if leaving.arcs[a] == arriving.arcs[b] and leaving.shares[a] <= arriving.shares[b]:
                yield _Option(a, b, None, -1)
                if network.expansion is not None:
                    continue
            if network.expansion is None or start != end:
                yield _Option(a, b, (start, end), -1)
                continue
            for turn in arcs_into(network, arriving.nodes[b : b + 1])[1].tolist():
                yield _Option(a, b, (start, int(network.searched.edge_tails[turn])), turn)


def _drive(
    network: RoadNetwork,
    places: tuple[Places, Places],
    leaving: Ends,
    arriving: Ends,
    option: _Option,
    way: Int32s,
) -> Drive:
    """The drive over an arc, a path of the searched graph, and an arc."""
    a, b = option.a, option.b
    middle = weights_of(network, network.searched, way)
    cost, duration, distance = _with_ends(leaving, arriving, option, middle).tolist()
    first, last = leaving.arcs[a : a + 1], arriving.arcs[b : b + 1]
    start, end = float(leaving.shares[a]), float(arriving.shares[b])
    if option.ends is None:
        arcs, parts = first, (end - start) * arriving.whole[b : b + 1]
    elif network.expansion is None:
        arcs = np.concatenate([first, way, last])
        parts = np.concatenate([leaving.extra[a : a + 1], middle, arriving.extra[b : b + 1]])
    else:
        arcs = np.append(first, network.expansion.arc_of[network.searched.heads[way]])
        parts = np.concatenate([leaving.extra[a : a + 1], middle])
        parts[-1] += arriving.extra[b]
    # At a junction nothing is left of the first arc, or nothing is driven of the last one.
    if len(arcs) > 1 and start >= 1.0:
        arcs, parts, start = arcs[1:], parts[1:], 0.0
    if len(arcs) > 1 and end <= 0.0:
        parts[-2] += parts[-1]
        arcs, parts, end = arcs[:-1], parts[:-1], 1.0
    if len(arcs) == 1 and start >= end and not parts.any():
        arcs, parts = arcs[:0], parts[:0]
    return Drive(
        streets=network.streets,
        duration=max(duration, 0.0),
        distance=max(distance, 0.0),
        cost=max(cost, 0.0),
        arcs=arcs,
        durations=np.maximum(parts[:, 1], 0.0),
        distances=np.maximum(parts[:, 2], 0.0),
        start=start,
        end=end,
        ends=np.concatenate([place.positions for place in places]),
    )


def check_single(*places: Places) -> None:
    """InputError unless each holds one point."""
    if any(len(place) != 1 for place in places):
        raise InputError(
            f"a route between {' and '.join(str(len(place)) for place in places)} places",
            fix="give one place each, e.g. places[0]",
        )


def no_route(source: Places, target: Places) -> RoutingError:
    """The error that says that no way leads from one place to another."""
    a, b = (place.points[0].tolist() for place in (source, target))
    return RoutingError(
        f"no way from {a} to {b}",
        fix="keep the largest strongly connected part (Graph.largest_component)",
    )


# ---------------------------------------------------------------- alternatives


def alternatives(
    network: RoadNetwork, source: Places, target: Places, count: int, **options: Any
) -> list[Drive]:
    """See :meth:`RoadNetwork.alternatives`."""
    from routesolve.graphs.alternatives import alternative_paths

    check_single(source, target)
    leaving, arriving = departures(network, source), arrivals(network, target)
    graph, old, links = _with_places(network, leaving, arriving)
    start, end = graph.n - 2, graph.n - 1
    try:
        found = alternative_paths(graph, start, end, count, network.metric, **options)
    except RoutingError:
        raise no_route(source, target) from None
    drives: list[Drive] = []
    for each in found:
        arcs = old[each.path.arcs]
        first, last = links[-1 - arcs[0]], links[-1 - arcs[-1]]
        option = _Option(first.a, last.b, None if len(arcs) == 1 else (0, 0), last.turn)
        turn = np.array([last.turn] if last.turn >= 0 else [], dtype=np.int32)
        way = np.concatenate([arcs[1:-1].astype(np.int32), turn])
        drive = _drive(network, (source, target), leaving, arriving, option, way)
        # Two states of one arc are the same street.
        if not any(np.array_equal(drive.arcs, other.arcs) for other in drives):
            drives.append(drive)
    return drives


class _Link(NamedTuple):
    """An arc to or from a place: departure a, arrival b, arc of the searched graph; -1 = none."""

    a: int
    b: int
    turn: int


def _with_places(
    network: RoadNetwork, leaving: Ends, arriving: Ends
) -> tuple[Graph, Int64s, list[_Link]]:
    """The searched graph with two more nodes, the places.

    Returns the graph, the arc of the searched graph behind each arc (-1 - k for link k), and the
    links.
    """
    graph, n = network.searched, network.searched.n
    links: list[_Link] = []
    rows: list[tuple[int, int]] = []
    sums: list[Floats] = []

    def link(
        tail: int, head: int, weight: Floats, a: int = -1, b: int = -1, turn: int = -1
    ) -> None:
        links.append(_Link(a, b, turn))
        rows.append((tail, head))
        sums.append(weight)

    for a, node in enumerate(leaving.nodes.tolist()):
        link(n, node, leaving.extra[a], a)
        for b in np.flatnonzero(arriving.arcs == leaving.arcs[a]).tolist():
            part = arriving.shares[b] - leaving.shares[a]
            if part >= 0:
                link(n, n + 1, part * arriving.whole[b], a, b)
    for b, node in enumerate(arriving.nodes.tolist()):
        if network.expansion is None:
            link(node, n + 1, arriving.extra[b], b=b)
            continue
        turns = arcs_into(network, arriving.nodes[b : b + 1])[1]
        weights = weights_of(network, graph, turns) + arriving.extra[b]
        for turn, weight in zip(turns.tolist(), weights, strict=True):
            link(int(graph.edge_tails[turn]), n + 1, weight, b=b, turn=turn)

    tails, heads = np.array(rows).T
    order = np.argsort(tails, kind="stable")
    at = np.append(graph.indptr, graph.m)[tails[order] + 1]
    indptr = np.append(graph.indptr, [graph.m, graph.m])
    indptr[1:] += np.cumsum(np.bincount(tails, minlength=n + 2))
    metrics = {}
    for column, key in enumerate(keys_of(network)):
        steps = np.rint(np.array(sums)[order, column] / graph.units[key]).astype(np.int32)
        metrics[key] = np.insert(graph.metrics[key], at, np.maximum(steps, 0))
    bigger = Graph(
        indptr=indptr,
        heads=np.insert(graph.heads, at, heads[order]),
        metrics=metrics,
        units={key: graph.units[key] for key in metrics},
    )
    return bigger, np.insert(np.arange(graph.m), at, -1 - order), links
