"""Tests of node numbers that keep neighbours close in memory."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routesolve.errors import InputError
from routesolve.graphs import Graph, many_to_many
from routesolve.graphs.renumbering import search_order

from .examples import assert_same, build, small_graphs, town
from .naive import Arc


def naive_order(graph: Graph, *, depth: bool) -> list[int]:
    """Slow twin of the kernels: the nodes as searches along and against the arcs meet them."""
    neighbours: list[list[int]] = [[] for _ in range(graph.n)]
    pairs = list(zip(graph.edge_tails.tolist(), graph.heads.tolist(), strict=True))
    for tail, head in pairs:
        neighbours[tail].append(head)
    for tail, head in pairs:
        neighbours[head].append(tail)
    order: list[int] = []

    def dive(node: int) -> None:
        order.append(node)
        for other in neighbours[node]:
            if other not in order:
                dive(other)

    def spread(node: int) -> None:
        queue = [node]
        while queue:
            node = queue.pop(0)
            order.append(node)
            queue += [v for v in dict.fromkeys(neighbours[node]) if v not in order + queue]

    for start in range(graph.n):
        if start not in order:
            (dive if depth else spread)(start)
    return order


@given(small_graphs(), st.booleans())
@settings(deadline=None)
def test_search_orders(case: tuple[int, list[Arc]], depth: bool) -> None:
    """The kernels meet the nodes in the order of the slow twin."""
    graph = build(*case)
    assert search_order(graph, depth=depth).tolist() == naive_order(graph, depth=depth)


@given(small_graphs(), st.sampled_from(["auto", "dfs", "bfs", "given"]), st.randoms())
@settings(deadline=None)
def test_the_same_graph_under_other_numbers(
    case: tuple[int, list[Arc]], order: str, random: object
) -> None:
    """Each arc is found again by the ids of its ends, with its weights; tables do not change."""
    n, arcs = case
    graph = build(n, arcs)
    shuffled = list(range(n))
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    new, nodes, old_arcs = graph.renumbered(shuffled if order == "given" else order)
    assert sorted(nodes.tolist()) == list(range(n))
    assert new.node_ids.tolist() == nodes.tolist()
    np.testing.assert_array_equal(nodes[new.edge_tails], graph.edge_tails[old_arcs])
    np.testing.assert_array_equal(nodes[new.heads], graph.heads[old_arcs])
    for key, weights in graph.metrics.items():
        np.testing.assert_array_equal(new.metrics[key], weights[old_arcs])
    before = many_to_many(graph, nodes, nodes).durations
    np.testing.assert_array_equal(many_to_many(new, np.arange(n), np.arange(n)).durations, before)


def test_everything_goes_along() -> None:
    """Names, courses, places and ids stay with their arcs and nodes; and back again."""
    graph = town()
    new, nodes, arcs = graph.renumbered([3, 1, 0, 2])
    assert graph.coordinates is not None
    assert new.coordinates is not None
    np.testing.assert_array_equal(new.coordinates, graph.coordinates[nodes])
    assert graph.geometry is not None
    assert new.geometry is not None
    for arc, old in enumerate(arcs.tolist()):
        assert new.edge_attributes["name"].at(arc) == graph.edge_attributes["name"].at(old)
        np.testing.assert_array_equal(new.geometry.at(arc), graph.geometry.at(old))
    assert (new.name, new.attribution) == (graph.name, graph.attribution)
    back = new.renumbered(np.argsort(nodes))
    assert_same(back.graph, graph)
    np.testing.assert_array_equal(arcs[back.arcs], np.arange(graph.m))


def test_neighbours_come_close() -> None:
    """On a grid with shuffled numbers every order brings the ends of the arcs together."""
    side, rng = 40, np.random.default_rng(0)
    number = rng.permutation(side * side).reshape(side, side)
    pairs = [(number[:-1], number[1:]), (number[:, :-1], number[:, 1:])]
    tails = np.concatenate([a.ravel() for a, b in pairs] + [b.ravel() for a, b in pairs])
    heads = np.concatenate([b.ravel() for a, b in pairs] + [a.ravel() for a, b in pairs])
    points = np.empty((side * side, 2))
    points[number] = np.stack(np.mgrid[:side, :side], axis=-1) / 100
    ones = np.ones(len(tails))
    graph = Graph.from_edges(tails, heads, ones, ones, points)

    def gap(graph: Graph) -> float:
        return float(np.median(np.abs(graph.edge_tails - graph.heads)))

    assert gap(graph) > 300
    assert gap(graph.renumbered().graph) < 10
    assert_same(graph.renumbered().graph, graph.renumbered("hilbert").graph)
    assert gap(graph.renumbered("dfs").graph) < 10
    assert gap(graph.renumbered("bfs").graph) < side + 10


def test_bad_orders() -> None:
    """Unknown names, orders of other nodes, curves without places."""
    graph = town()
    for order in ("alphabet", [0, 1, 2], [0, 1, 2, 2], [0.0, 1.0, 2.0, 3.0], [1, 2, 3, 4]):
        with pytest.raises(InputError, match=r"order|once"):
            graph.renumbered(order)
    with pytest.raises(InputError, match='use "dfs"'):
        replace(graph, coordinates=None).renumbered("hilbert")
    assert replace(graph, coordinates=None).renumbered().graph.n == 4
    assert Graph.from_edges([], [], [], []).renumbered().graph.n == 0
