"""Tests of the expansion that makes turns count."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routesolve.errors import InputError
from routesolve.graphs import Graph, many_to_many, shortest_path
from routesolve.graphs.turns import Turns, bans_of_only, expand

from .examples import build, small_graphs, town
from .naive import Arc, dijkstra, turn_dijkstra

Case = tuple[int, list[Arc]]
INF = float("inf")


def sorted_arcs(graph: Graph) -> list[Arc]:
    """The arcs of a graph in its own order."""
    return [
        Arc(*map(int, row))
        for row in zip(
            graph.edge_tails,
            graph.heads,
            graph.metrics["duration"],
            graph.metrics["distance"],
            strict=True,
        )
    ]


def durations(net: object) -> list[list[float]]:
    """The table between all junctions."""
    tables = many_to_many(net.graph, net.sources, net.targets)  # type: ignore[attr-defined]
    return tables.durations.tolist()  # type: ignore[no-any-return]


def seconds(costs: list[int]) -> list[float]:
    """What a slow twin's integers mean to the public functions."""
    return [INF if cost < 0 else cost / 1000 for cost in costs]


@settings(deadline=None)
@given(small_graphs(most=5))
def test_free_turns_change_nothing(case: Case) -> None:
    """With every turn allowed and free the expanded graph gives the plain graph's durations."""
    n, arcs = case
    table = durations(expand(build(n, arcs), connected=False))
    assert table == [seconds(dijkstra(n, arcs, source)) for source in range(n)]


@settings(deadline=None)
@given(small_graphs(most=5), st.data())
def test_turns_and_bans_equal_naive(case: Case, data: st.DataObject) -> None:
    """Penalties, forbidden turns and forbidden sequences: as if every path were looked at."""
    n, given_arcs = case
    graph = build(n, given_arcs)
    arcs = sorted_arcs(graph)
    free = Turns.all_free(graph)
    pairs = list(zip(free.before.tolist(), free.onto.tolist(), strict=True))
    allowed = [pair for pair in pairs if data.draw(st.integers(0, 3))]
    waits = {pair: data.draw(st.integers(0, 4)) for pair in allowed}
    bans: list[tuple[int, ...]] = []
    for _ in range(data.draw(st.integers(0, 3))):
        path = list(data.draw(st.sampled_from(allowed))) if allowed else []
        while path and (len(path) < 3 or (len(path) < 5 and data.draw(st.booleans()))):
            onward = [b for a, b in allowed if a == path[-1]]
            if not onward:
                break
            path.append(data.draw(st.sampled_from(onward)))
        if len(path) > 2:
            bans.append(tuple(path))
    indptr = np.zeros(graph.m + 1, dtype=np.int64)
    before = np.array([a for a, _ in allowed], dtype=np.int64)
    np.cumsum(np.bincount(before, minlength=graph.m), out=indptr[1:])
    turns = Turns(
        indptr=indptr,
        onto=np.array([b for _, b in allowed], dtype=np.int32),
        penalties={"duration": np.array([waits[p] for p in allowed], dtype=np.int32)},
        bans=tuple(bans),
    )
    table = durations(expand(graph, turns, connected=False))
    for source in range(n):
        assert table[source] == seconds(turn_dijkstra(n, arcs, waits, bans, source))


def cross() -> Graph:
    """A street 0 - 1 - 2 with a side street 1 - 3, all both ways, 10 s and 100 m each."""
    ends = [(0, 1), (1, 0), (1, 2), (2, 1), (1, 3), (3, 1)]
    points = [[0.0, 0.0], [0.01, 0.0], [0.02, 0.0], [0.01, 0.01]]
    return Graph.from_edges(
        [a for a, _ in ends], [b for _, b in ends], [10.0] * 6, [100.0] * 6, points
    )


def test_a_path_comes_back_as_streets() -> None:
    """The nodes of an expanded path are the arcs driven; the line is that of the streets."""
    net = expand(cross())
    path = shortest_path(net.graph, int(net.sources[0]), int(net.targets[3]))
    arcs = net.base_arcs(path)
    assert net.base.edge_tails[arcs].tolist() == [0, 1]
    assert net.base.heads[arcs].tolist() == [1, 3]
    assert (path.duration, path.distance) == (20.0, 200.0)
    assert net.geometry(path).tolist() == [[0.0, 0.0], [0.01, 0.0], [0.01, 0.01]]
    stay = shortest_path(net.graph, int(net.sources[2]), int(net.targets[2]))
    assert stay.duration == 0.0
    assert net.geometry(stay).tolist() == [[0.02, 0.0]]


def test_a_demanded_sequence_bans_the_others() -> None:
    """`only` over a way: every other way on from its last arc is a banned sequence."""
    graph = cross()
    free = Turns.all_free(graph)
    arc = {(a.tail, a.head): e for e, a in enumerate(sorted_arcs(graph))}
    assert bans_of_only(free, [(arc[2, 1], arc[1, 0], arc[0, 1])]) == []
    path = (arc[3, 1], arc[1, 0], arc[0, 1], arc[1, 2])
    assert sorted(bans_of_only(free, [path])) == sorted(
        [(*path[:3], arc[1, 0]), (*path[:3], arc[1, 3])]
    )


def test_what_cannot_be_left_is_dropped() -> None:
    """Arcs outside the largest strongly connected set of arcs are counted and unreachable."""
    net = expand(town())
    assert net.dropped == 1
    assert net.node_of.tolist().count(-1) == 1
    assert durations(net)[3] == [INF, INF, INF, 0.0]
    assert expand(town(), connected=False).dropped == 0


def test_nothing_to_expand() -> None:
    """A graph without arcs, and one without nodes."""
    assert expand(Graph.from_edges([], [], [], [], n=2)).graph.n == 4
    assert expand(Graph.from_edges([], [], [], [], n=0)).graph.n == 0


def test_bad_turns_are_listed() -> None:
    """Turns of another graph, between arcs that do not meet, with penalties nobody knows."""
    graph = cross()
    free = Turns.all_free(graph)
    with pytest.raises(InputError, match="turns of 6 arcs for a graph of 5"):
        expand(town(), free)
    wrong = Turns(
        indptr=np.array([0, 1, 1, 1, 1, 1, 1]),
        onto=np.array([5], dtype=np.int32),
        penalties={
            "comfort": np.array([1], dtype=np.int32),
            "duration": np.array([-1], dtype=np.int32),
        },
        bans=((0, 1),),
    )
    with pytest.raises(InputError, match=r"does not start where 0 ends[\s\S]*'comfort'[\s\S]*>= 0"):
        expand(graph, wrong)
    most = {"duration": np.full(len(free), 2**31 - 1, dtype=np.int32)}
    dear = Turns(indptr=free.indptr, onto=free.onto, penalties=most)
    with pytest.raises(InputError, match="exceeds"):
        expand(graph, dear)
