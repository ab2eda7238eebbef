"""Tests of the graph type and its components."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given

from routesolve.errors import InputError
from routesolve.graphs import Graph, Labels, Polylines
from routesolve.graphs.components import component_labels

from .examples import assert_same, build, small_graphs, town
from .naive import Arc, dijkstra


@given(small_graphs())
def test_arcs_survive(case: tuple[int, list[Arc]]) -> None:
    """Sorting arcs into rows loses and invents none, and keeps parallel ones in order."""
    n, arcs = case
    graph = build(n, arcs)
    found = [
        Arc(*values)
        for values in zip(
            graph.edge_tails.tolist(),
            graph.heads.tolist(),
            graph.metrics["duration"].tolist(),
            graph.metrics["distance"].tolist(),
            strict=True,
        )
    ]
    assert found == sorted(arcs, key=lambda arc: arc.tail)


@given(small_graphs())
def test_reverse_lists_every_arc_by_head(case: tuple[int, list[Arc]]) -> None:
    """Row v of the reverse holds exactly the arcs that end in v."""
    graph = build(*case)
    reverse = graph.reverse
    assert reverse is graph.reverse
    heads = np.repeat(np.arange(graph.n), np.diff(reverse.indptr))
    np.testing.assert_array_equal(graph.heads[reverse.arcs], heads)
    np.testing.assert_array_equal(graph.edge_tails[reverse.arcs], reverse.tails)
    assert sorted(reverse.arcs.tolist()) == list(range(graph.m))


@given(small_graphs())
def test_largest_component_is_strong_and_largest(case: tuple[int, list[Arc]]) -> None:
    """All nodes kept reach each other, no component is larger, and the count adds up."""
    n, arcs = case
    graph = build(n, arcs)
    part, dropped = graph.largest_component()
    assert (part.n + dropped.nodes, part.m + dropped.arcs) == (graph.n, graph.m)
    kept = part.node_ids.tolist()
    reach = [dijkstra(n, arcs, source) for source in range(n)]
    sizes = [sum(reach[u][v] >= 0 and reach[v][u] >= 0 for v in range(n)) for u in range(n)]
    assert all(reach[u][v] >= 0 for u in kept for v in kept)
    assert len(kept) == max(sizes)
    assert len(np.unique(component_labels(graph))) == len(
        {tuple(v for v in range(n) if reach[u][v] >= 0 and reach[v][u] >= 0) for u in range(n)}
    )


def test_component_carries_everything() -> None:
    """Labels, courses and ids of the arcs that remain are still theirs."""
    part, dropped = town().largest_component()
    assert dropped == (1, 1)
    assert part.node_ids.tolist() == [29542602, 12880935709, 7]
    names = [part.edge_attributes["name"].at(arc) for arc in range(part.m)]
    assert names == [None, "شارع الحجاز", "Main / Side", "شارع الحجاز"]
    assert part.geometry is not None
    assert [len(part.geometry.at(arc)) for arc in range(part.m)] == [3, 0, 0, 0]


def test_units_are_milliseconds_and_millimetres() -> None:
    """Seconds and metres are kept to the third decimal."""
    graph = Graph.from_edges([0], [1], [1.2345], [0.0004])
    assert graph.metrics["duration"].tolist() == [1234]
    assert graph.metrics["distance"].tolist() == [0]
    assert graph.metrics["duration"].dtype == np.int32


def test_arrays_are_frozen_and_apart_from_the_caller() -> None:
    """Nobody changes a graph, neither through it nor through the arrays it was made from."""
    coordinates = np.array([[1.0, 2.0], [3.0, 4.0]])
    graph = Graph.from_edges([0], [1], [1], [1], coordinates)
    with pytest.raises(ValueError, match="read-only"):
        graph.heads[0] = 0
    with pytest.raises(TypeError):
        graph.metrics["cost"] = graph.heads  # type: ignore[index]
    coordinates[0] = 9.0
    assert graph.coordinates is not None
    assert graph.coordinates[0].tolist() == [1.0, 2.0]


def test_pickle() -> None:
    """A graph can be sent to a worker process."""
    graph = town()
    assert graph.reverse
    assert_same(pickle.loads(pickle.dumps(graph)), graph)


def test_all_bad_arcs_are_listed() -> None:
    """Ids out of range, NaN, negative and huge weights: one error names them all."""
    with pytest.raises(InputError) as caught:
        Graph.from_edges([0, 5, 0, 0], [1, 0, -1, 1], [1, 1, np.nan, 1e9], [-1, 1, 1, 1], n=2)
    text = str(caught.value)
    assert len(caught.value.problems) == 5
    for part in ("tails[1]", "heads[2]", "duration nan", "duration 1e+09", "distance -1"):
        assert part in text


def test_many_bad_arcs_are_counted() -> None:
    """A thousand mistakes of one kind do not print a thousand lines."""
    with pytest.raises(InputError) as caught:
        Graph.from_edges([0] * 1000, [0] * 1000, [-1.0] * 1000, [0.0] * 1000, n=1)
    assert len(caught.value.problems) == 21
    assert "980 more" in str(caught.value)


@pytest.mark.parametrize(
    "arguments",
    [
        ([0], [0, 1], [1], [1]),
        ([0.5], [0], [1], [1]),
        ([[0]], [0], [1], [1]),
        ([0], [0], [1], [1], [[500000.0, 3300000.0]]),
        ([0], [0], [1], [1], [[np.nan, 0.0]]),
        ([0], [0], [-0.0001], [1]),
    ],
)
def test_malformed_input_is_refused(arguments: tuple[object, ...]) -> None:
    """Lengths that differ, ids that are no integers, projected coordinates."""
    with pytest.raises(InputError):
        Graph.from_edges(*arguments)  # type: ignore[arg-type]


def test_attributes_need_one_entry_per_arc() -> None:
    """Labels and courses for more arcs than there are would end up on the wrong ones."""
    two, none = Labels.encode(["a", "b"]), Polylines.from_list([])
    with pytest.raises(InputError) as caught:
        Graph.from_edges([0], [0], [1], [1], edge_attributes={"name": two}, geometry=none)
    assert len(caught.value.problems) == 2


def test_weights_that_do_not_fit_are_refused() -> None:
    """Wide integers do not wrap around on their way to int32."""
    with pytest.raises(InputError, match="int32"):
        Graph(
            indptr=[0, 1],  # type: ignore[arg-type]
            heads=[0],  # type: ignore[arg-type]
            metrics={"duration": np.array([2**32 + 1]), "distance": np.array([1])},
        )


def test_empty_graph() -> None:
    """No nodes at all is a graph too."""
    graph = Graph.from_edges([], [], [], [])
    assert (graph.n, graph.m, graph.largest_component()[1]) == (0, 0, (0, 0))


def test_index_of() -> None:
    """Original ids lead back to node numbers; unknown ones are refused."""
    assert town().index_of(7) == 2
    with pytest.raises(InputError, match="no node 99"):
        town().index_of(99)


def test_labels_and_polylines_follow_their_arcs() -> None:
    """Taking arcs in any order takes their labels and courses along, and drops unused strings."""
    labels = Labels.encode(["a", None, "b", "a"]).take(np.array([2, 1, 2]))
    assert [labels.at(k) for k in range(3)] == ["b", None, "b"]
    assert labels.table == ("b",)
    lines = Polylines.from_list([[[0, 0], [1, 1]], None, [[2, 2], [3, 3], [4, 4]]])
    taken = lines.take(np.array([2, 1, 0]))
    assert [line.tolist() for line in map(taken.at, range(3))] == [
        [[2, 2], [3, 3], [4, 4]],
        [],
        [[0, 0], [1, 1]],
    ]
