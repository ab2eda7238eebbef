"""Tests of the network readers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest

from routesolve.errors import InputError
from routesolve.graphs import Graph, load_graph, load_network, many_to_many
from routesolve.graphs.components import component_labels
from routesolve.graphs.readers.graphml import parse_linestring
from routesolve.graphs.readers.networkx import to_networkx
from routesolve.graphs.speeds import FALLBACK_SPEED, URBAN_SPEEDS, parse_maxspeed

from .examples import assert_same, town


def osmnx_style() -> nx.MultiDiGraph[Any]:
    """A small graph with the attributes of an OSMnx one."""
    graph: nx.MultiDiGraph[Any] = nx.MultiDiGraph(crs="epsg:4326", created_with="OSMnx 2.0.1")
    graph.add_node(101, x=31.30, y=30.10, street_count=3)
    graph.add_node(99, x=31.31, y=30.10)
    graph.add_node(5_000_000_000, x=31.31, y=30.11)
    graph.add_edge(101, 99, osmid=[1, 2], highway="primary", length=1000.0, speed_kph=36.0)
    graph.add_edge(99, 101, highway=["residential", "service"], length=250.0, name=["A", "B"])
    graph.add_edge(99, 5_000_000_000, highway="trunk", length=500.0, maxspeed=["50", "30 mph"])
    graph.add_edge(5_000_000_000, 99, length=100.0, travel_time=7.5, maxspeed="signals", name="C")
    graph.add_edge(5_000_000_000, 99, length=100.0, maxspeed="none", oneway=True)
    graph.edges[101, 99, 0]["geometry"] = "LINESTRING (31.3 30.1, 31.305 30.101, 31.31 30.1)"
    return graph


def write_like_osmnx(graph: nx.MultiDiGraph[Any], path: Path) -> Path:
    """Every value as text, as osmnx.save_graphml does."""
    text = graph.copy()
    for _, data in text.nodes(data=True):
        data.update({key: str(value) for key, value in data.items()})
    for _, _, data in text.edges(data=True):
        data.update({key: str(value) for key, value in data.items()})
    nx.write_graphml(text, path)
    return path


def test_durations_from_the_best_that_is_known() -> None:
    """travel_time before speed_kph before maxspeed (the lowest) before our speed for the class."""
    graph = Graph.from_networkx(osmnx_style())
    durations = dict(
        zip(
            zip(graph.edge_tails.tolist(), graph.heads.tolist(), strict=True),
            graph.metrics["duration"] / 1000,
            strict=True,
        )
    )
    assert durations[0, 1] == 100.0
    assert durations[1, 0] == pytest.approx(250 * 3.6 / URBAN_SPEEDS["residential"], abs=1e-3)
    assert durations[1, 2] == pytest.approx(500 * 3.6 / (30 * 1.609344), abs=1e-3)
    parallel = graph.metrics["duration"][graph.edge_tails == 2] / 1000
    assert parallel.tolist() == [7.5, 100 * 3.6 / FALLBACK_SPEED]
    assert graph.metrics["distance"].tolist() == [1000_000, 250_000, 500_000, 100_000, 100_000]


def test_networkx_attributes() -> None:
    """Ids, names, classes, courses and the licence arrive."""
    graph = load_graph(osmnx_style())
    assert graph.node_ids.tolist() == [101, 99, 5_000_000_000]
    assert [graph.edge_attributes["name"].at(e) for e in range(5)] == [
        None,
        "A / B",
        None,
        "C",
        None,
    ]
    assert graph.edge_attributes["road_class"].at(1) == "residential"
    assert graph.geometry is not None
    assert [len(graph.geometry.at(e)) for e in range(5)] == [3, 0, 0, 0, 0]
    assert "OpenStreetMap" in graph.attribution
    assert graph.source == "OSMnx 2.0.1"


def test_missing_lengths_are_measured() -> None:
    """Along the course where there is one, else in a straight line."""
    graph = osmnx_style()
    for _, _, data in graph.edges(data=True):
        del data["length"]
    metres = Graph.from_networkx(graph).metrics["distance"] / 1000
    assert metres[1] == pytest.approx(962, abs=1)
    assert metres[0] > metres[1]
    assert metres[2] == pytest.approx(1112, abs=1)


def test_undirected_runs_both_ways() -> None:
    """Each edge becomes two arcs with the course turned round; a loop stays one."""
    graph: nx.Graph[Any] = nx.Graph()
    graph.add_node("a", x=0.0, y=0.0)
    graph.add_node("b", x=1.0, y=0.0)
    graph.add_edge("a", "b", length=10.0, geometry="LINESTRING (0 0, 0.5 1, 1 0)")
    graph.add_edge("b", "b", length=3.0)
    result = Graph.from_networkx(graph)
    assert result.m == 3
    assert result.node_ids.tolist() == ["a", "b"]
    assert result.geometry is not None
    assert result.geometry.at(1).tolist() == [[1, 0], [0.5, 1], [0, 0]]
    assert (many_to_many(result, [0, 1]).distances == [[0, 10], [10, 0]]).all()
    graph.edges["a", "b"]["oneway"] = True
    with pytest.raises(InputError, match="one-way"):
        Graph.from_networkx(graph)


def test_bad_networkx_values_are_listed() -> None:
    """Missing coordinates and values that are no numbers: every node and edge by its id."""
    graph = osmnx_style()
    del graph.nodes[99]["x"]
    graph.edges[101, 99, 0]["length"] = "long"
    graph.edges[99, 101, 0]["length"] = float("nan")
    graph.edges[5_000_000_000, 99, 0]["travel_time"] = -1
    graph.edges[5_000_000_000, 99, 1]["geometry"] = "POINT (1 2)"
    with pytest.raises(InputError) as caught:
        Graph.from_networkx(graph)
    assert len(caught.value.problems) == 5
    assert "edge 101 -> 99" in str(caught.value)
    assert "node 99" in str(caught.value)


def test_networkx_round_trip() -> None:
    """Out to networkx and in again changes nothing."""
    graph = town()
    back = Graph.from_networkx(graph.to_networkx())
    assert back.name == "town"
    assert_same(
        Graph(**{**fields(back), "licence": "none", "attribution": "© nobody"}),
        graph,
    )


def fields(graph: Graph) -> dict[str, Any]:
    """The constructor arguments of a graph."""
    return {key: getattr(graph, key) for key in Graph.__dataclass_fields__}


def test_graphml_as_osmnx_writes_it(tmp_path: Path) -> None:
    """Values that became text get their types back: the same graph as without the file."""
    original = osmnx_style()
    path = write_like_osmnx(original, tmp_path / "town.graphml")
    graph = load_graph(path)
    assert graph.name == "town"
    assert_same(graph, Graph.from_networkx(original, name="town"))


def test_graphml_with_text_ids(tmp_path: Path) -> None:
    """Ids that are no numbers stay text."""
    original = nx.relabel_nodes(osmnx_style(), {101: "one"})
    graph = load_graph(write_like_osmnx(original, tmp_path / "t.graphml"))
    assert graph.node_ids.tolist() == ["one", "99", "5000000000"]


def test_graphml_errors_name_the_file(tmp_path: Path) -> None:
    """A cut file, and one with a bad value."""
    path = write_like_osmnx(osmnx_style(), tmp_path / "t.graphml")
    text = path.read_text()
    path.write_text(text[: len(text) // 2])
    with pytest.raises(InputError, match=r"t\.graphml"):
        load_graph(path)
    path.write_text(text.replace(">250.0<", ">far<"))
    with pytest.raises(InputError, match=r"t\.graphml edge 99 -> 101: length is 'far'"):
        load_graph(path)


def test_files_are_recognised_by_content(tmp_path: Path) -> None:
    """Suffixes may lie."""
    town().save(tmp_path / "net.graphml")
    assert_same(load_graph(str(tmp_path / "net.graphml")), town())
    write_like_osmnx(osmnx_style(), tmp_path / "net.npz")
    assert load_graph(tmp_path / "net.npz").n == 3


def test_what_is_ready_is_returned_as_it_is() -> None:
    """No copy of a graph or a network."""
    graph = town()
    network = load_network(graph)
    assert load_graph(graph) is graph
    assert load_graph(network) is graph
    assert network.streets is graph
    assert load_network(network) is network


def test_networks_of_every_kind_of_source(tmp_path: Path) -> None:
    """What has no turns becomes a network without them."""
    edges = tmp_path / "edges.txt"
    edges.write_text("0 1\n1 0\n")
    sources = ["cairo", edges, osmnx_style(), write_like_osmnx(osmnx_style(), tmp_path / "t.xml")]
    for source in sources:
        network = load_network(source)
        assert network.turns is None
        assert_same(network.streets, load_graph(source))


def test_osm_files_keep_their_turns_and_know_profiles(tmp_path: Path) -> None:
    """A network of a map has turns; other sources are made for one profile already."""
    pytest.importorskip("osmium")
    path = tmp_path / "map.osm"
    path.write_text(
        "<osm version='0.6'>"
        "<node id='1' lon='10' lat='50'/><node id='2' lon='10.001' lat='50'/>"
        "<node id='3' lon='10.002' lat='50'/><node id='4' lon='10.001' lat='50.001'/>"
        + "".join(
            f"<way id='{a}{b}'><nd ref='{a}'/><nd ref='{b}'/><tag k='highway' v='{road}'/></way>"
            for a, b, road in ((1, 2, "residential"), (2, 3, "residential"), (2, 4, "footway"))
        )
        + "</osm>"
    )
    car, foot = load_network(path), load_network(path, profile="foot")
    assert car.turns is not None
    assert (car.streets.n, foot.streets.n) == (2, 4)
    assert foot.source == "OpenStreetMap, profile foot"
    assert_same(load_graph(path), car.streets)
    car.save(tmp_path / "car.npz")
    for source in ("cairo", tmp_path / "car.npz", town(), osmnx_style()):
        with pytest.raises(InputError, match="only OpenStreetMap files and places"):
            load_network(source, profile="foot")
    with pytest.raises(InputError, match="unknown profile 'lorry'"):
        load_network(path, profile="lorry")


@pytest.mark.parametrize("content", [b"", b"hello", b"<osm version='0.6'></osm>"])
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    """The error names the file and everything that is accepted."""
    path = tmp_path / "thing.dat"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"thing\.dat[\s\S]*cairo[\s\S]*GraphML"):
        load_graph(path)


def test_other_sources_are_refused(tmp_path: Path) -> None:
    """Missing files, folders and objects of other kinds."""
    for source in (tmp_path / "missing", tmp_path, "atlantis", "a\0b", 3):
        for load in (load_graph, load_network):
            with pytest.raises(InputError, match="cairo"):
                load(source)  # type: ignore[operator]


def test_embedded_cairo() -> None:
    """The network that comes with the package is whole, strongly connected, and says whose data it
    is.
    """
    graph = load_graph("cairo")
    assert (graph.n, graph.m) == (7351, 16032)
    assert not component_labels(graph).any()
    assert graph.coordinates is not None
    assert (graph.coordinates.min(axis=0) > [31.2, 30.0]).all()
    assert (graph.coordinates.max(axis=0) < [31.6, 30.2]).all()
    assert "OpenStreetMap" in graph.attribution
    assert "ODbL" in graph.licence
    assert "شارع الحجاز" in graph.edge_attributes["name"].table
    assert set(graph.edge_attributes["road_class"].table) <= set(URBAN_SPEEDS)
    assert np.isfinite(many_to_many(graph, [0, 17], [1, 7350]).durations).all()
    assert to_networkx(graph).number_of_edges() == graph.m


def test_linestrings() -> None:
    """Spaces, heights and capitals do not matter; other shapes do."""
    assert parse_linestring("LineString Z (1 2 3, -4.5e0 5 6)").tolist() == [[1, 2], [-4.5, 5]]
    for text in ("POINT (1 2)", "LINESTRING EMPTY", "LINESTRING (a b)", "LINESTRING (1, 2)"):
        with pytest.raises(ValueError, match=r"."):
            parse_linestring(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("50", 50.0), ("30 mph", 48.28032), ("60 km/h", 60.0), ("signals", None), ("0", None)],
)
def test_maxspeed(text: str, expected: float | None) -> None:
    """Numbers with and without units; anything else is unknown."""
    assert parse_maxspeed(text) == expected


def test_import_stays_light() -> None:
    """Matrices from formulas need neither Numba, SciPy nor networkx."""
    code = (
        "import sys\n"
        "from routesolve.graphs import StraightLineTravel, Rounding, Graph, load_network\n"
        "StraightLineTravel([[0, 0], [1, 1]]).distances\n"
        "load_network('cairo')\n"
        "print([m for m in ('numba', 'scipy', 'networkx') if m in sys.modules])\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip() == "[]"
