"""Tests of graphs from and to SciPy's matrices and pandas tables."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array, csc_array, csr_array, csr_matrix
from scipy.sparse.csgraph import dijkstra as scipy_dijkstra

from routesolve.errors import InputError, RoutesolveWarning
from routesolve.graphs import Graph, Labels, many_to_many
from routesolve.graphs.geodesy import great_circle

from .examples import assert_same, build, small_graphs, town
from .naive import Arc


def arcs_of(graph: Graph) -> list[tuple[int, int, int, int]]:
    """Tail, head, duration and distance of every arc, sorted."""
    parts = (graph.edge_tails, graph.heads, graph.metrics["duration"], graph.metrics["distance"])
    return sorted(zip(*(part.tolist() for part in parts), strict=True))


# -------------------------------------------------------------------- SciPy


@given(small_graphs(), st.sampled_from([csr_array, csc_array, coo_array, csr_matrix]))
@settings(deadline=None)
def test_scipy_there_and_back(case: tuple[int, list[Arc]], kind: Any) -> None:
    """Parallel arcs, zeros and loops survive in every kind of matrix, with their weights."""
    graph = build(*case)
    seconds, metres = (graph.to_scipy(metric) for metric in ("duration", "distance"))
    assert seconds.nnz == graph.m
    back = Graph.from_scipy(kind(seconds), kind(metres))
    assert (back.n, arcs_of(back)) == (graph.n, arcs_of(graph))


@given(small_graphs())
@settings(deadline=None)
def test_scipy_searches_agree(case: tuple[int, list[Arc]]) -> None:
    """SciPy reads the matrix as the graph it is: zeros are arcs, the best parallel one counts."""
    graph = build(*case)
    expected = scipy_dijkstra(graph.to_scipy())
    nodes = np.arange(graph.n)
    np.testing.assert_allclose(many_to_many(graph, nodes, nodes).durations, expected, atol=1e-12)


def test_to_scipy_is_a_copy_in_the_order_of_the_arcs() -> None:
    """Entry e is arc e, in seconds; writing to the matrix leaves the graph alone."""
    graph = town()
    matrix = graph.to_scipy()
    assert matrix.data.tolist() == [1.5, 9.0, 2.25, 3.0, 1.0]
    matrix.data[:] = 0
    matrix.indices[:] = 0
    assert_same(graph, town())
    with pytest.raises(InputError, match="no metric 'comfort'"):
        graph.to_scipy("comfort")


def test_repeated_entries_are_parallel_arcs() -> None:
    """SciPy would add them up."""
    matrix = coo_array(([3.0, 0.0, 4.0], ([0, 1, 0], [1, 0, 1])), shape=(2, 2))
    graph = Graph.from_scipy(matrix, metrics={"cost": matrix})
    assert graph.metrics["duration"].tolist() == [3000, 4000, 0]
    assert graph.metrics["cost"].tolist() == [3000, 4000, 0]
    assert graph.units["cost"] == 1e-3


def test_missing_distances() -> None:
    """Straight lines where there are places, else the numbers of the durations."""
    matrix = csr_array(([5.0, 0.0], ([0, 1], [1, 0])), shape=(2, 2))
    points = np.array([[31.3, 30.1], [31.31, 30.1]])
    placed = Graph.from_scipy(matrix, coordinates=points, node_ids=["a", "b"], name="two")
    metres = round(float(great_circle(points[:1], points[1:])[0]) * 1000)
    assert placed.metrics["distance"].tolist() == [metres, metres]
    assert (placed.name, placed.node_ids.tolist()) == ("two", ["a", "b"])
    assert Graph.from_scipy(matrix).metrics["distance"].tolist() == [5000, 0]


def test_bad_matrices_are_all_named() -> None:
    """Dense, oblong and complex ones, other places, bad weights."""
    good = csr_array(([1.0], ([0], [1])), shape=(2, 2))
    with pytest.raises(InputError) as caught:
        Graph.from_scipy(
            np.eye(2), csr_array((2, 3)), metrics={"cost": csr_array((2, 2), dtype=complex)}
        )
    assert len(caught.value.problems) == 3
    with pytest.raises(InputError, match="distance has entries in other places"):
        Graph.from_scipy(good, good.T)
    with pytest.raises(InputError, match="duration nan"):
        Graph.from_scipy(good * np.nan)
    with pytest.raises(InputError, match="distance -1"):
        Graph.from_scipy(good, -good)
    with pytest.raises(InputError, match="'duration' is given twice"):
        Graph.from_scipy(good, metrics={"duration": good})


# -------------------------------------------------------------------- pandas


def test_tables_there_and_back() -> None:
    """Everything a graph carries, its name and licence included."""
    frames = town().to_dataframe()
    columns = ["from", "to", "duration", "distance", "name", "road_class", "geometry"]
    assert list(frames.edges) == columns
    assert list(frames.nodes) == ["id", "lon", "lat"]
    assert frames.edges["from"].tolist() == [29542602, 29542602, 12880935709, 7, 8]
    assert_same(Graph.from_dataframe(*frames), town())


@given(small_graphs(), st.booleans())
@settings(deadline=None)
def test_any_tables_there_and_back(case: tuple[int, list[Arc]], named: bool) -> None:
    """Bare graphs of every shape, with numbers or texts for ids, and a further metric."""
    n, arcs = case
    graph = build(
        n,
        arcs,
        node_ids=[f"n{v}" for v in range(n)] if named else None,
        metrics={"cost": [arc.distance / 8 for arc in arcs]},
    )
    assert_same(Graph.from_dataframe(*graph.to_dataframe()), graph)


@given(small_graphs())
@settings(deadline=None)
def test_edges_alone(case: tuple[int, list[Arc]]) -> None:
    """Without a table of nodes, the nodes are those that have an arc."""
    graph = build(*case)
    back = Graph.from_dataframe(graph.to_dataframe().edges)
    ids = back.node_ids.tolist()
    assert ids == sorted({*graph.edge_tails.tolist(), *graph.heads.tolist()})
    named = [(ids[a], ids[b], c, d) for a, b, c, d in arcs_of(back)]
    assert named == arcs_of(graph)


def test_tables_as_osmnx_makes_them() -> None:
    """Its names, its index, lists of street names; parallel edges by the index level ``key``."""
    nodes = pd.DataFrame(
        {"osmid": [101, 99], "x": [31.30, 31.31], "y": [30.10, 30.10], "geometry": ["P", "P"]}
    ).set_index("osmid")
    edges = pd.DataFrame(
        {
            "u": [101, 101, 99],
            "v": [99, 99, 101],
            "key": [0, 1, 0],
            "length": [1000.0, 1100.0, 1000.0],
            "travel_time": [60.0, 70.0, 60.0],
            "highway": ["primary", ["residential", "service"], "primary"],
            "name": [None, ["A", "B"], float("nan")],
            "lanes": [2, 1, 2],
        }
    ).set_index(["u", "v", "key"])
    graph = Graph.from_dataframe(edges, nodes, name="osm")
    assert graph.node_ids.tolist() == [101, 99]
    assert graph.metrics["duration"].tolist() == [60000, 70000, 60000]
    assert [graph.edge_attributes["road_class"].at(e) for e in range(2)] == [
        "primary",
        "residential / service",
    ]
    assert [graph.edge_attributes["name"].at(e) for e in range(3)] == [None, "A / B", None]
    assert list(graph.edge_attributes) == ["road_class", "name", "lanes"]
    assert graph.edge_attributes["lanes"].at(1) == "1"


def test_columns_of_other_names() -> None:
    """A mapping says what a column is called; ids of text; distances are measured."""
    edges = pd.DataFrame({"a": ["x", "y"], "b": ["y", "x"], "t": [5, 6], "street": ["S", None]})
    nodes = pd.DataFrame({"who": ["y", "x"], "lon": [0.0, 0.01], "lat": [0.0, 0.0], "hue": [1, 2]})
    names = {"from": "a", "to": "b", "duration": "t", "name": "street", "id": "who"}
    with pytest.warns(RoutesolveWarning, match="not kept: hue"):
        graph = Graph.from_dataframe(edges, nodes, columns=names)
    assert graph.node_ids.tolist() == ["y", "x"]
    assert graph.heads.tolist() == [1, 0]
    assert graph.metrics["duration"].tolist() == [6000, 5000]
    assert graph.metrics["distance"] == pytest.approx(1_111_950, rel=1e-3)
    assert graph.edge_attributes["name"].at(1) == "S"


def test_bad_tables_are_listed() -> None:
    """Missing columns, ids, numbers and courses that are none: all at once, each with its row."""
    edges = pd.DataFrame(
        {
            "from": [1, None, "x"],
            "to": [1.5, 2, 3],
            "duration": [1, "soon", 2],
            "geometry": ["POINT (1 2)", None, 7],
        },
        dtype=object,
    )
    with pytest.raises(InputError) as caught:
        Graph.from_dataframe(edges, columns={"cost": "price"})
    text = str(caught.value)
    for part in (
        "columns['cost']: no column 'price'",
        "edges row 1 from: None is no id",
        "edges row 0 to: 1.5 is no id",
        "edges row 1 duration: 'soon' is no number",
        "no column 'distance'",
        "edges row 0 geometry: not a LINESTRING",
        "edges row 2 geometry: geometry of an unknown kind",
    ):
        assert part in text
    assert len(caught.value.problems) == 7


def test_bad_ids_and_weights_in_tables() -> None:
    """Nodes that are not there or there twice, negative and missing weights, double columns."""
    edges = pd.DataFrame({"u": [1, 5], "v": [9, 2], "duration": [1, 2], "distance": [1, 2]})
    nodes = pd.DataFrame({"id": [1, 2, 2]})
    with pytest.raises(InputError) as caught:
        Graph.from_dataframe(edges, nodes)
    assert len(caught.value.problems) == 3
    for part in ("nodes row 2: the id 2", "edges row 1 from: node 5", "edges row 0 to: node 9"):
        assert part in str(caught.value)
    edges["duration"] = [-1.0, np.nan]
    with pytest.raises(InputError, match=r"duration -1[\s\S]*duration nan"):
        Graph.from_dataframe(edges)
    with pytest.raises(InputError, match="two columns"):
        Graph.from_dataframe(pd.concat([edges, edges["u"]], axis=1))


def test_numbers_and_texts_meet() -> None:
    """A CSV file may give numbers for one column of ids and texts for another."""
    edges = pd.DataFrame({"u": ["7", "a"], "v": [8, 7], "duration": [1, 2], "distance": [1, 2]})
    graph = Graph.from_dataframe(edges)
    assert graph.node_ids.tolist() == ["7", "8", "a"]
    assert graph.heads.tolist() == [1, 0]


def test_empty_tables() -> None:
    """No arcs and no nodes are a graph, too."""
    empty = Graph.from_edges([], [], [], [], edge_attributes={"name": Labels.encode([])})
    assert_same(Graph.from_dataframe(*empty.to_dataframe()), empty)
    assert Graph.from_scipy(empty.to_scipy()).n == 0


def test_the_same_as_through_networkx() -> None:
    """The table of a networkx graph and the graph itself give the same arcs."""
    graph: nx.MultiDiGraph[Any] = nx.MultiDiGraph()
    for node, x in (("a", 0.0), ("b", 0.1)):
        graph.add_node(node, x=x, y=0.0)
    graph.add_edge("a", "b", length=10.0, travel_time=2.0, highway="primary")
    table = nx.to_pandas_edgelist(graph)
    one, two = Graph.from_dataframe(table), Graph.from_networkx(graph)
    assert arcs_of(one) == arcs_of(two)
    assert one.edge_attributes["road_class"].at(0) == "primary"
