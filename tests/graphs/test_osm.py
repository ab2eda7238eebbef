"""Tests of the OpenStreetMap reader."""

from __future__ import annotations

import builtins
import bz2
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routesolve.errors import InputError, MissingExtra, RoutesolveWarning
from routesolve.graphs import load_graph, many_to_many
from routesolve.graphs._kernels.chains import walk
from routesolve.graphs.components import component_labels
from routesolve.graphs.network import RoadNetwork
from routesolve.graphs.readers._osm.access import barrier, kilograms, metres
from routesolve.graphs.readers._osm.crossings import keeps_left
from routesolve.graphs.readers._osm.profiles import BICYCLE, CAR, FOOT, PROFILES, Profile
from routesolve.graphs.readers._osm.restrictions import parse_restriction
from routesolve.graphs.readers._osm.segments import ground_distance
from routesolve.graphs.readers._osm.speeds import parse_duration, parse_limit
from routesolve.graphs.readers._osm.ways import DRIVEN, FERRY, PUSHING, interpret
from routesolve.graphs.readers.osm import OsmNetwork, read_osm
from routesolve.graphs.renumbering import hilbert_order

from .naive import chains

Tags = Mapping[str, str]
ROAD = {"highway": "residential"}


def xml(
    nodes: Mapping[int, tuple[float, float, Tags]],
    ways: Mapping[int, tuple[list[int], Tags]],
    relations: list[tuple[list[tuple[str, int, str]], Tags]] | None = None,
) -> bytes:
    """An OpenStreetMap file: nodes (lon, lat, tags), ways (nodes, tags), relations (members,
    tags).
    """

    def tagged(tags: Tags) -> str:
        return "".join(f'<tag k="{k}" v="{v}"/>' for k, v in tags.items())

    lines = ['<?xml version="1.0"?><osm version="0.6">']
    for node, (x, y, tags) in nodes.items():
        lines.append(f'<node id="{node}" version="1" lon="{x}" lat="{y}">{tagged(tags)}</node>')
    for way, (refs, tags) in ways.items():
        inner = "".join(f'<nd ref="{ref}"/>' for ref in refs)
        lines.append(f'<way id="{way}" version="1">{inner}{tagged(tags)}</way>')
    for number, (members, tags) in enumerate(relations or []):
        inner = "".join(
            f'<member type="{kind}" ref="{ref}" role="{role}"/>' for kind, ref, role in members
        )
        lines.append(f'<relation id="{number + 1}" version="1">{inner}{tagged(tags)}</relation>')
    return "\n".join([*lines, "</osm>"]).encode()


def grid(
    size: int = 3, signs: Mapping[int, Tags] | None = None
) -> dict[int, tuple[float, float, Tags]]:
    """Nodes 11, 12, ... in rows (first digit, north) and columns (second digit, east), some 100 m
    apart.
    """
    signs = signs or {}
    return {
        10 * r + c: (10 + 0.001 * c, 50 + 0.001 * r, signs.get(10 * r + c, {}))
        for r in range(1, size + 1)
        for c in range(1, size + 1)
    }


def write(folder: Path, content: bytes, name: str = "town.osm") -> Path:
    """A file with this content."""
    path = folder / name
    path.write_bytes(content)
    return path


def streets(size: int = 3) -> dict[int, tuple[list[int], Tags]]:
    """Streets along every row (ways 1, 2, ...) and column (101, 102, ...)."""
    span = range(1, size + 1)
    rows: dict[int, tuple[list[int], Tags]] = {r: ([10 * r + c for c in span], ROAD) for r in span}
    return rows | {100 + c: ([10 * r + c for r in span], ROAD) for c in span}


def read(folder: Path, content: bytes, **options: Any) -> OsmNetwork:
    """Read a file with this content."""
    pytest.importorskip("osmium")
    return read_osm(write(folder, content), **options)


def split_streets() -> dict[int, tuple[list[int], Tags]]:
    """The streets of the grid, a way for each block: 1112 from 11 to 12, and so on."""
    pairs = [(r * 10 + c, r * 10 + c + 1) for r in (1, 2, 3) for c in (1, 2)]
    pairs += [(r * 10 + c, r * 10 + 10 + c) for r in (1, 2) for c in (1, 2, 3)]
    return {a * 100 + b: ([a, b], ROAD) for a, b in pairs}


def driven(network: OsmNetwork, start: int, end: int) -> list[int]:
    """The nodes passed on the cheapest way, turns counted."""
    from routesolve.graphs import shortest_path

    net = network.expand()
    a, b = net.base.index_of(start), net.base.index_of(end)
    path = shortest_path(net.graph, int(net.sources[a]), int(net.targets[b]))
    arcs = net.base_arcs(path)
    ids = net.base.node_ids
    return [int(ids[a]), *(int(v) for v in ids[net.base.heads[arcs]])]


# ------------------------------------------------------------------ the graph


def test_chains_become_arcs(tmp_path: Path) -> None:
    """Nodes between junctions vanish into courses; names, classes, lengths and times stay."""
    ways = streets() | {1: ([11, 12, 13], {"highway": "primary", "name": "Main Street"})}
    graph = read(tmp_path, xml(grid(), ways)).graph
    assert set(graph.node_ids.tolist()) == {11, 12, 13, 21, 22, 23, 31, 32, 33} - {31, 33}
    assert not component_labels(graph).any()
    corner = graph.index_of(21)
    lines = [graph.geometry.at(e) for e in range(graph.m) if graph.edge_tails[e] == corner]  # type: ignore[union-attr]
    assert sorted(len(line) for line in lines) == [0, 0, 3]
    main = [e for e in range(graph.m) if graph.edge_attributes["name"].at(e) == "Main Street"]
    assert len(main) == 4
    for e in main:
        assert graph.edge_attributes["road_class"].at(e) == "primary"
        assert graph.edge_attributes["speed"].at(e) == "65"
        assert graph.edge_attributes["oneway"].at(e) is None
        assert graph.metrics["duration"][e] == pytest.approx(
            graph.metrics["distance"][e] * 3.6 / 65, abs=1
        )
    assert graph.metrics["distance"][main[0]] == pytest.approx(71_697, abs=30)
    assert "OpenStreetMap" in graph.attribution
    assert graph.name == "town"


def test_one_ways_and_islands(tmp_path: Path) -> None:
    """A one-way block is one arc; what cannot be left again is dropped and counted."""
    ways = streets() | {
        7: ([11, 12], {"highway": "residential", "oneway": "yes"}),
        8: ([33, 99], {"highway": "residential", "oneway": "yes"}),
    }
    ways[1] = ([12, 13], ROAD)
    network = read(tmp_path, xml(grid() | {99: (10.01, 50.01, {})}, ways))
    graph = network.graph
    oneway = [e for e in range(graph.m) if graph.edge_attributes["oneway"].at(e) == "yes"]
    # The corner 11 is a mere bend of a two-way and a one-way street, so it stays a junction.
    assert [graph.node_ids[graph.edge_tails[e]] for e in oneway] == [11]
    assert (network.report.dropped.nodes, network.report.dropped.arcs) == (1, 1)
    assert "1 junctions and 1 arcs" in str(network.report)


def test_a_ring_without_junctions(tmp_path: Path) -> None:
    """A circle on its own keeps one node."""
    graph = read(tmp_path, xml(grid(2), {1: ([11, 12, 22, 21, 11], ROAD)})).graph
    assert (graph.n, graph.m) == (1, 2)


def test_no_left_turn(tmp_path: Path) -> None:
    """A forbidden turn is driven around; the plain graph says that it cannot know."""
    turn = [("w", 1222, "from"), ("n", 22, "via"), ("w", 2122, "to")]
    tags = {"type": "restriction", "restriction": "no_left_turn"}
    content = xml(grid(), split_streets(), [(turn, tags)])
    network = read(tmp_path, content)
    assert network.report.restrictions_applied == 1
    net = network.expand()
    e = {
        (int(a), int(b)): k
        for k, (a, b) in enumerate(
            zip(
                net.base.node_ids[net.base.edge_tails],
                net.base.node_ids[net.base.heads],
                strict=True,
            )
        )
    }
    row = slice(*network.turns.indptr[e[12, 22] : e[12, 22] + 2])
    assert e[22, 21] not in network.turns.onto[row]
    assert e[22, 23] in network.turns.onto[row]
    assert read(tmp_path, content, profile="foot").report.restrictions_applied == 0
    with pytest.warns(RoutesolveWarning, match="1 turn restrictions"):
        load_graph(write(tmp_path, content))


def line_town() -> tuple[dict[int, tuple[float, float, Tags]], dict[int, tuple[list[int], Tags]]]:
    """A street 1 - 2 - 3 - 4 with side streets 2 - 5 and 3 - 6, ways named by their ends."""
    places = {1: (1, 1), 2: (2, 1), 3: (3, 1), 4: (4, 1), 5: (2, 2), 6: (3, 2)}
    nodes: dict[int, tuple[float, float, Tags]] = {
        k: (10 + 0.001 * x, 50 + 0.001 * y, {}) for k, (x, y) in places.items()
    }
    ends = [(1, 2), (2, 3), (3, 4), (2, 5), (3, 6)]
    return nodes, {10 * a + b: ([a, b], ROAD) for a, b in ends}


@pytest.mark.parametrize(
    ("value", "expected"),
    [("no_right_turn", {6: False, 4: True}), ("only_straight_on", {6: False, 4: True})],
)
def test_restrictions_over_a_way(tmp_path: Path, value: str, expected: dict[int, bool]) -> None:
    """Who comes from 12 over 23 may not turn into 36, but who comes from 25 may."""
    nodes, ways = line_town()
    to = 36 if value.startswith("no") else 34
    relation = [("w", 12, "from"), ("w", 23, "via"), ("w", to, "to")]
    tags = {"type": "restriction", "restriction": value}
    network = read(tmp_path, xml(nodes, ways, [(relation, tags)]))
    assert len(network.turns.bans) == 1
    for end, direct in expected.items():
        assert (driven(network, 1, end) == [1, 2, 3, end]) is direct
    assert driven(network, 5, 6) == [5, 2, 3, 6]
    # At the dead end 4 one may turn round, and then come back to 6 another way.
    assert driven(network, 1, 6)[-1] == 6


def test_obstacles(tmp_path: Path) -> None:
    """A bollard stops cars, a gate delays them, signals cost two seconds, also on the way."""

    def seconds(tags: Tags, profile: str = "car") -> float:
        nodes, ways = line_town()
        nodes[3] = (*nodes[3][:2], tags)
        net = read(tmp_path, xml(nodes, ways), profile=profile, connected=False).expand()
        a, b = net.base.index_of(1), net.base.index_of(4)
        return float(many_to_many(net.graph, net.sources[[a]], net.targets[[b]]).durations[0, 0])

    base = seconds({})
    assert seconds({"highway": "traffic_signals"}) == pytest.approx(base + 2)
    away = {"highway": "traffic_signals", "traffic_signals:direction": "backward"}
    assert seconds(away) == pytest.approx(base)
    assert seconds({"highway": "give_way"}) == pytest.approx(base + 1)
    assert seconds({"barrier": "gate"}) == pytest.approx(base + 60)
    assert seconds({"barrier": "bollard"}) == np.inf
    assert np.isfinite(seconds({"barrier": "bollard"}, "bicycle"))
    assert np.isfinite(seconds({"barrier": "toll_booth"}))


def test_gates_are_places(tmp_path: Path) -> None:
    """A gate on a street is a junction: who starts or ends there does not wait for it."""
    network = read(tmp_path, xml(grid(3, {31: {"barrier": "gate"}}), streets()))
    graph = network.graph
    assert 31 in graph.node_ids.tolist()
    assert graph.metrics["duration"].max() < 60_000
    net = network.expand()
    a, b, gate = (graph.index_of(node) for node in (21, 32, 31))
    tables = many_to_many(net.graph, net.sources[[a, gate]], net.targets[[gate, b]])
    assert tables.durations.max() < 60


def test_where_journeys_begin(tmp_path: Path) -> None:
    """Ferries and private driveways are driven through, but no place is put on them."""
    ways = streets() | {
        1: ([11, 12, 13], {"highway": "service", "access": "private"}),
        2: ([21, 22, 23], {"highway": "residential", "access": "private"}),
        3: ([31, 32, 33], {"route": "ferry"}),
    }
    network = read(tmp_path, xml(grid(), ways))
    graph, labels = network.graph, network.graph.edge_attributes
    first = graph.node_ids[graph.edge_tails] // 10
    same_row = first == graph.node_ids[graph.heads] // 10
    for row, stops in ((1, "no"), (2, None), (3, "no")):
        arcs = np.flatnonzero(same_row & (first == row)).tolist()
        assert arcs
        assert {labels["stops"].at(e) for e in arcs} == {stops}
    points = [[10.0015, 50.001], [10.0015, 50.003], [10.0015, 50.002]]
    places = RoadNetwork(graph, network.turns).place(points)
    assert (places.distances_m[:2] > 30).all()
    assert places.distances_m[2] < 1


def test_one_street_drawn_twice(tmp_path: Path) -> None:
    """Two one-way ways over the same nodes are one street; of equal ones the faster counts."""
    there = {"highway": "residential", "oneway": "yes", "maxspeed": "50"}
    back = {**there, "maxspeed": "25"}
    slow = {**there, "maxspeed": "10"}
    nodes = {i: (10 + 0.001 * i, 50.0, {}) for i in range(1, 5)}
    ways: dict[int, tuple[list[int], Tags]] = {
        1: ([1, 2, 3, 4], there),
        2: ([4, 3, 2, 1], back),
        3: ([1, 2, 3, 4], slow),
    }
    network = read(tmp_path, xml(nodes, ways))
    graph = network.graph
    assert (graph.n, graph.m) == (2, 2)
    speeds = {graph.edge_attributes["speed"].at(e) for e in range(graph.m)}
    assert speeds == {"40", "20"}
    assert graph.edge_attributes["oneway"].at(0) is None
    assert len(network.turns) == 2  # turning round at both ends


def test_signals_between_junctions(tmp_path: Path) -> None:
    """A light on a street without a junction is part of the drive along it."""

    def seconds(tags: Tags) -> float:
        graph = read(tmp_path, xml(grid(3, {31: tags}), streets())).graph
        a, b = graph.index_of(21), graph.index_of(32)
        return float(many_to_many(graph, [a], [b]).durations[0, 0])

    assert graph_has_no(tmp_path, 31)
    quiet = seconds({})
    lights = seconds({"highway": "traffic_signals"})
    assert quiet <= lights <= quiet + 2


def graph_has_no(folder: Path, node: int) -> bool:
    """Whether a corner of the grid is no junction."""
    graph = read(folder, xml(grid(), streets())).graph
    return node not in graph.node_ids.tolist()


def test_left_turns_wait_for_the_oncoming(tmp_path: Path) -> None:
    """On the right side of the road left turns cost more, on the left side right turns do."""
    content = xml(grid(), split_streets())
    for side, sign in (("right", 1), ("left", -1), ("auto", 1)):
        network = read(tmp_path, content, driving_side=side)
        net = network.expand()
        ids = net.base.node_ids.tolist()
        start, left, right = (ids.index(k) for k in (12, 21, 23))
        tables = many_to_many(
            net.graph, net.sources[[start]], net.targets[[left, right]], "duration"
        )
        assert network.report.left_hand is (side == "left")
        to_left, to_right = tables.durations[0]
        assert (to_left - to_right) * sign >= 0


def test_private_roads_are_no_short_cut(tmp_path: Path) -> None:
    """They are reached when one has to, at a cost that is not time."""
    nodes, ways = line_town()
    ways[36] = ([3, 6], {"highway": "service", "access": "private"})
    network = read(tmp_path, xml(nodes, ways))
    costly = network.turns.penalties["cost"] > network.turns.penalties["duration"]
    assert costly.any()
    assert network.turns.penalties["cost"].max() == 3_276_700
    assert driven(network, 1, 6) == [1, 2, 3, 6]


# ------------------------------------------------------------------ files


def test_formats(tmp_path: Path) -> None:
    """XML, bzip2 and pbf give the same network, whatever the files are called."""
    osmium = pytest.importorskip("osmium")
    content = xml(grid(), streets())
    plain = write(tmp_path, content, "a.osm")
    writer = osmium.SimpleWriter(str(tmp_path / "b.osm.pbf"))
    for item in osmium.FileProcessor(str(plain)):
        writer.add(item)
    writer.close()
    (tmp_path / "b.osm.pbf").rename(tmp_path / "b.xyz")
    graphs = [
        load_graph(plain),
        load_graph(write(tmp_path, bz2.compress(content), "c.txt")),
        load_graph(tmp_path / "b.xyz"),
    ]
    for graph in graphs[1:]:
        np.testing.assert_array_equal(graph.heads, graphs[0].heads)
        np.testing.assert_array_equal(graph.node_ids, graphs[0].node_ids)
        np.testing.assert_array_equal(graph.metrics["cost"], graphs[0].metrics["cost"])


@pytest.mark.parametrize("share", [0.02, 0.3, 0.9])
def test_cut_off_files(tmp_path: Path, data_dir: Path, share: float) -> None:
    """Half a pbf, half a bzip2 and half an XML file are refused by name."""
    pytest.importorskip("osmium")
    pbf = (data_dir / "osm" / "test" / "monaco.osm.pbf").read_bytes()
    text = xml(grid(), streets())
    for name, data in (("m.pbf", pbf), ("m.osm.bz2", bz2.compress(text)), ("m.osm", text)):
        part = write(tmp_path, data[: max(30, int(len(data) * share))], name)
        with pytest.raises(InputError, match=name):
            read_osm(part)


def test_damaged_pbf(tmp_path: Path, data_dir: Path) -> None:
    """Bytes turned over in the middle: an error that says so, or a network, never a traceback."""
    pytest.importorskip("osmium")
    pbf = bytearray((data_dir / "osm" / "test" / "monaco.osm.pbf").read_bytes())
    pbf[5000:5100] = bytes(100)
    with pytest.raises(InputError, match="damaged or cut off"):
        read_osm(write(tmp_path, bytes(pbf), "x.pbf"))


def test_other_files(tmp_path: Path) -> None:
    """Missing files, other kinds, files without roads or without places."""
    pytest.importorskip("osmium")
    with pytest.raises(InputError, match="cannot read"):
        read_osm(tmp_path / "missing.pbf")
    with pytest.raises(InputError, match="not an OpenStreetMap file"):
        read_osm(write(tmp_path, b"hello"))
    path = write(tmp_path, xml(grid(), {1: ([11, 12], {"building": "yes"})}))
    with pytest.raises(InputError, match="no ways for the profile 'car' among 1"):
        read_osm(path)
    with pytest.raises(InputError, match="unknown profile 'boat'"):
        read_osm(path, profile="boat")
    with pytest.raises(InputError, match="driving_side"):
        read_osm(path, driving_side="middle")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="nodes of all 1 ways are missing"):
        read_osm(write(tmp_path, xml({}, {1: ([11, 12], ROAD)})))


def test_ways_that_leave_the_extract(tmp_path: Path) -> None:
    """Pieces whose nodes are not in the file are counted, the others used."""
    network = read(tmp_path, xml(grid(2), streets(2) | {5: ([11, 12, 99], ROAD)}))
    assert network.report.segments_missing == 1
    assert network.graph.n > 0


def test_without_osmium(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error is the command that installs it."""
    real = builtins.__import__

    def refuse(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "osmium":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(MissingExtra, match=r"routesolve\[osm\]"):
        read_osm(write(tmp_path, xml(grid(), streets())))


@pytest.mark.parametrize("profile", PROFILES)
def test_campo_grande(data_dir: Path, profile: str) -> None:
    """A real city: strongly connected, and with turns all but a few arcs stay."""
    pytest.importorskip("osmium")
    network = read_osm(data_dir / "osm" / "test" / "campo_grande.osm.pbf", profile=profile)
    graph = network.graph
    assert graph.n > 5000
    assert not component_labels(graph).any()
    assert (graph.metrics["cost"] >= graph.metrics["duration"] - 1).all()
    net = network.expand()
    assert net.dropped < 0.01 * graph.m
    some = np.arange(0, graph.n, 997)
    tables = many_to_many(net.graph, net.sources[some], net.targets[some])
    assert np.isfinite(tables.durations).mean() > 0.95
    assert (np.diag(tables.durations) == 0).all()


# ------------------------------------------------------------------ tags


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("50", 50.0),
        ("30 mph", 48.27),
        ("20mph", 32.18),
        ("DE:urban", 50.0),
        ("DE:rural", 100.0),
        ("FR:rural", 80.0),
        ("IT:motorway", 130.0),
        ("DE:motorway", 0.0),
        ("RU:urban", 60.0),
        ("none", 140.0),
        ("walk", 0.0),
        ("signals", 0.0),
        ("", 0.0),
        (None, 0.0),
    ],
)
def test_limits(text: str | None, expected: float) -> None:
    """Units, national defaults, and words that say nothing."""
    assert parse_limit(text) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("35", 2100.0),
        ("1:20", 4800.0),
        ("01:20:30", 4830.0),
        ("PT1H20M", 4800.0),
        ("P1DT30S", 86430.0),
        ("soon", 0.0),
        (None, 0.0),
    ],
)
def test_durations_of_ferries(text: str | None, expected: float) -> None:
    """Minutes, clock times and ISO 8601 periods."""
    assert parse_duration(text) == expected


def test_measures() -> None:
    """Metres, feet and inches, tonnes, kilograms and pounds."""
    assert metres("2.5") == metres("2,5 m") == 2.5
    assert metres("6'7\"") == pytest.approx(2.0066)
    assert metres("default") is None
    assert (kilograms("3.5"), kilograms("800 kg")) == (3500.0, 800.0)
    assert kilograms("1000 lbs") == pytest.approx(453.59237)
    assert kilograms("none") is None


CAR_WAYS: list[tuple[Tags, tuple[float, float] | None]] = [
    ({"highway": "primary"}, (65, 65)),
    ({"highway": "primary", "maxspeed": "50"}, (40, 40)),
    ({"highway": "primary", "maxspeed": "50", "maxspeed:backward": "30"}, (40, 24)),
    ({"highway": "motorway"}, (90, 0)),
    ({"highway": "motorway", "oneway": "no"}, (90, 90)),
    ({"highway": "tertiary", "junction": "roundabout"}, (40, 0)),
    ({"highway": "residential", "oneway": "-1"}, (0, 25)),
    ({"highway": "residential", "oneway": "1"}, (25, 0)),
    ({"highway": "residential", "oneway": "yes", "oneway:motor_vehicle": "no"}, (25, 25)),
    ({"highway": "residential", "oneway": "reversible"}, None),
    ({"highway": "residential", "access": "no"}, None),
    ({"highway": "residential", "access": "no", "motorcar": "yes"}, (25, 25)),
    ({"highway": "residential", "access": "no;destination"}, (25, 25)),
    ({"highway": "residential", "motor_vehicle:backward": "no"}, (25, 0)),
    ({"highway": "residential", "access": "private"}, (25, 25)),
    ({"highway": "track", "access": "private"}, None),
    ({"highway": "track"}, None),
    ({"highway": "track", "motor_vehicle": "yes", "tracktype": "grade5"}, (10, 10)),
    ({"highway": "secondary", "surface": "cobblestone"}, (30, 30)),
    ({"highway": "secondary", "smoothness": "impassable"}, None),
    ({"highway": "residential", "maxheight": "1.9"}, None),
    ({"highway": "residential", "maxwidth": "1.9"}, None),
    ({"highway": "residential", "maxweight": "1.5"}, None),
    ({"highway": "residential", "maxweight": "3.5"}, (25, 25)),
    ({"highway": "footway"}, None),
    ({"highway": "construction"}, None),
    ({"highway": "primary", "construction": "minor"}, (65, 65)),
    ({"highway": "primary", "area": "yes"}, None),
    ({"highway": "service", "service": "emergency_access"}, None),
    ({"highway": "unclassified", "bridge": "movable"}, (5, 5)),
    ({"route": "ferry"}, (5, 5)),
    ({"route": "ferry", "motor_vehicle": "no"}, None),
    ({"route": "bus"}, None),
    ({"building": "yes"}, None),
]


@pytest.mark.parametrize(("tags", "expected"), CAR_WAYS)
def test_cars(tags: Tags, expected: tuple[float, float] | None) -> None:
    """km/h along and against the way."""
    usage = interpret(tags, CAR)
    assert (None if usage is None else usage.speed) == (expected and pytest.approx(expected))


@pytest.mark.parametrize(
    ("tags", "factor"),
    [
        ({"service": "alley"}, 0.5),
        ({"lanes": "1"}, 0.5),
        ({"lanes": "1", "oneway": "yes"}, 1.0),
        ({"width": "3.5"}, 0.6),
        ({"width": "5 m"}, 0.8),
        ({"lane_markings": "no"}, 0.75),
        ({"side_road": "yes"}, 0.8),
        ({"oneway": "alternating"}, 0.4),
        ({"priority": "backward"}, 0.7),
    ],
)
def test_narrow_ways_cost_more_than_time(tags: Tags, factor: float) -> None:
    """The speed that the cost assumes is lower than the driven one."""
    usage = interpret({"highway": "service", **tags}, CAR)
    assert usage is not None
    assert usage.assumed[0] == pytest.approx(usage.speed[0] * factor)


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"hov": "designated"}, (True, True)),
        ({"hov": "yes"}, (False, False)),
        ({"hov:lanes": "designated|designated"}, (True, True)),
        ({"hov:lanes": "designated|yes"}, (False, False)),
        ({"hov:lanes:forward": "designated"}, (True, False)),
    ],
)
def test_carpool_lanes(tags: Tags, expected: tuple[bool, bool]) -> None:
    """Where all lanes are for car pools, turning in costs as much as into a private road."""
    usage = interpret({"highway": "motorway_link", **tags}, CAR)
    assert usage is not None
    assert usage.private == expected
    assert usage.mode == DRIVEN


@pytest.mark.parametrize(
    ("tags", "lanes"),
    [
        ({}, 0),
        ({"lanes": "3"}, 3),
        ({"lanes": "1.5"}, 0),
        ({"lanes:forward": "2", "lanes:backward": "1"}, 3),
        ({"lanes": "x", "lanes:forward": "2"}, 0),
    ],
)
def test_lanes(tags: Tags, lanes: int) -> None:
    """Lanes of both directions, where the tags say so."""
    usage = interpret({**ROAD, **tags}, CAR)
    assert usage is not None
    assert usage.lanes == lanes


def test_ferries() -> None:
    """The duration counts for the whole crossing."""
    usage = interpret({"route": "ferry", "duration": "0:20"}, CAR)
    assert usage is not None
    assert (usage.duration, usage.mode) == (1200.0, FERRY)


BICYCLE_WAYS: list[tuple[Tags, tuple[float, float] | None]] = [
    ({"highway": "cycleway"}, (15, 15)),
    ({"highway": "primary"}, (15, 15)),
    ({"highway": "residential", "maxspeed": "10"}, (10, 10)),
    ({"highway": "residential", "oneway": "yes"}, (15, 4)),
    ({"highway": "residential", "oneway": "yes", "oneway:bicycle": "no"}, (15, 15)),
    ({"highway": "residential", "oneway": "yes", "cycleway": "opposite"}, (15, 15)),
    ({"highway": "residential", "oneway": "yes", "foot": "no"}, (15, 0)),
    ({"highway": "residential", "cycleway": "separate"}, None),
    ({"highway": "tertiary", "junction": "roundabout"}, (15, 0)),
    ({"highway": "motorway"}, None),
    ({"highway": "footway", "bicycle": "yes"}, (15, 15)),
    ({"highway": "path", "surface": "gravel"}, (6, 6)),
    ({"highway": "path", "bicycle": "no"}, None),
    ({"highway": "path", "bicycle": "dismount"}, (4, 4)),
    ({"highway": "track", "vehicle:forward": "agricultural"}, (0, 12)),
]


@pytest.mark.parametrize(("tags", "expected"), BICYCLE_WAYS)
def test_bicycles(tags: Tags, expected: tuple[float, float] | None) -> None:
    """Lanes against the one-way, pushing, signs that send to a track beside the road."""
    usage = interpret(tags, BICYCLE)
    assert (None if usage is None else usage.speed) == (expected and pytest.approx(expected))


def test_pushing() -> None:
    """A bicycle is pushed along a footway."""
    usage = interpret({"highway": "footway"}, BICYCLE)
    assert usage is not None
    assert (usage.speed, usage.mode) == ((4.0, 4.0), PUSHING)


FOOT_WAYS: list[tuple[Tags, tuple[float, float] | None]] = [
    ({"highway": "footway"}, (5, 5)),
    ({"highway": "steps"}, (5, 5)),
    ({"highway": "residential", "oneway": "yes"}, (5, 5)),
    ({"highway": "footway", "oneway:foot": "yes"}, (5, 0)),
    ({"highway": "path", "surface": "sand"}, (2.5, 2.5)),
    ({"highway": "motorway"}, None),
    ({"highway": "motorway", "foot": "yes"}, (5, 5)),
    ({"highway": "residential", "sidewalk": "separate"}, None),
    ({"highway": "residential", "sidewalk": "separate", "foot": "yes"}, (5, 5)),
    ({"railway": "platform"}, (5, 5)),
    ({"highway": "primary", "motorroad": "yes"}, None),
    ({"man_made": "pier"}, (5, 5)),
]


@pytest.mark.parametrize(("tags", "expected"), FOOT_WAYS)
def test_walkers(tags: Tags, expected: tuple[float, float] | None) -> None:
    """One-way streets do not bind, pavements drawn apart do."""
    usage = interpret(tags, FOOT)
    assert (None if usage is None else usage.speed) == (expected and pytest.approx(expected))


@pytest.mark.parametrize(
    ("tags", "profile", "expected"),
    [
        ({"barrier": "bollard"}, CAR, (True, 0.0)),
        ({"barrier": "bollard", "bollard": "rising"}, CAR, (False, 0.0)),
        ({"barrier": "bollard", "motor_vehicle": "yes"}, CAR, (False, 0.0)),
        ({"barrier": "gate"}, CAR, (False, 60.0)),
        ({"barrier": "gate", "access": "private"}, CAR, (False, 0.0)),
        ({"barrier": "gate", "access": "no"}, CAR, (True, 0.0)),
        ({"barrier": "kerb", "kerb": "lowered"}, CAR, (False, 0.0)),
        ({"barrier": "height_restrictor", "maxheight": "1.8"}, CAR, (True, 0.0)),
        ({"barrier": "height_restrictor", "maxheight": "2.5"}, CAR, (False, 0.0)),
        ({"barrier": "bollard"}, BICYCLE, (False, 0.0)),
        ({"barrier": "fence"}, FOOT, (True, 0.0)),
        ({"barrier": "fence", "sensory": "audible"}, FOOT, (False, 0.0)),
        ({}, FOOT, (False, 0.0)),
    ],
)
def test_barriers(tags: Tags, profile: Profile, expected: tuple[bool, float]) -> None:
    """What stops whom, and what only takes time."""
    assert barrier(tags, profile) == expected


TURN = [("w", 1, "from"), ("n", 5, "via"), ("w", 2, "to")]


@pytest.mark.parametrize(
    ("tags", "members", "profile", "count"),
    [
        ({"restriction": "no_left_turn"}, TURN, CAR, 1),
        ({"restriction:motorcar": "only_straight_on"}, TURN, CAR, 1),
        ({"restriction:hgv": "no_left_turn"}, TURN, CAR, 0),
        ({"restriction": "no_left_turn", "except": "psv;motorcar"}, TURN, CAR, 0),
        ({"restriction": "no_left_turn", "except": "bicycle"}, TURN, BICYCLE, 0),
        ({"restriction": "no_left_turn"}, TURN, FOOT, 0),
        ({"restriction:conditional": "no_left_turn @ (Mo)"}, TURN, CAR, 0),
        ({"restriction": "give_way"}, TURN, CAR, 0),
        ({"restriction": "no_left_turn"}, TURN[:2], CAR, 0),
        ({"restriction": "no_left_turn"}, [*TURN, ("w", 3, "to")], CAR, 0),
        ({"restriction": "no_exit"}, [*TURN, ("w", 3, "to")], CAR, 2),
        ({"restriction": "no_u_turn"}, [TURN[0], ("w", 9, "via"), TURN[2]], CAR, 1),
        ({"restriction": "no_u_turn"}, [*TURN, ("w", 9, "via")], CAR, 0),
    ],
)
def test_relations(
    tags: Tags, members: list[tuple[str, int, str]], profile: Profile, count: int
) -> None:
    """Which relations bind whom, and which cannot be understood."""
    assert len(parse_restriction(tags, members, profile)) == count


# ------------------------------------------------------------------ pieces


@st.composite
def networks(draw: st.DrawFn) -> tuple[int, list[tuple[int, int]], set[int]]:
    """Segments between few nodes, and nodes to keep: all but some where two or none meet."""
    n = draw(st.integers(1, 7))
    node = st.integers(0, n - 1)
    ends = draw(st.lists(st.tuples(node, node).filter(lambda e: e[0] != e[1]), max_size=12))
    degree = [sum((u == v) + (w == v) for u, w in ends) for v in range(n)]
    kept = {v for v in range(n) if degree[v] not in (0, 2) or draw(st.integers(0, 3)) == 0}
    return n, ends, kept


def rotations(chain: list[int]) -> set[tuple[int, ...]]:
    """A chain and its reverse; of a ring, from wherever it starts."""
    both = (chain, [half ^ 1 for half in reversed(chain)])
    return {tuple(c[i:] + c[:i]) for c in both for i in range(len(c))}


@settings(deadline=None)
@given(networks())
def test_chains_equal_naive(case: tuple[int, list[tuple[int, int]], set[int]]) -> None:
    """Every segment is in one chain, and the chains are those of the slow twin.

    A node where no segment ends does not become one that is kept.
    """
    n, ends, kept = case
    heads = np.array([v for u, w in ends for v in (w, u)], dtype=np.int32)
    tails = np.array([v for u, w in ends for v in (u, w)], dtype=np.int64)
    indptr = np.zeros(n + 1, dtype=np.int64)
    np.cumsum(np.bincount(tails, minlength=n), out=indptr[1:])
    leaving = np.argsort(tails, kind="stable").astype(np.int32)
    order = np.empty(len(ends), dtype=np.int32)
    starts = np.empty(len(ends) + 1, dtype=np.int64)
    flags = np.isin(np.arange(n), list(kept))
    lonely = (np.diff(indptr) == 0) & ~flags
    count = walk(indptr, leaving, heads, flags, order, starts)
    assert not flags[lonely].any()
    found = [order[starts[i] : starts[i + 1]].tolist() for i in range(count)]
    expected = {min(rotations(chain)) for chain in chains(ends, kept)}
    assert {min(rotations(chain)) for chain in found} == expected
    assert sorted(half >> 1 for chain in found for half in chain) == list(range(len(ends)))


def test_ground_distance() -> None:
    """A degree on the ellipsoid: 110.574 km at the equator, 111.694 at the pole, date line."""
    a = np.array([[0.0, -0.5], [0.0, 89.0], [179.95, 0.0], [10.0, 59.995]])
    b = np.array([[0.0, 0.5], [0.0, 90.0], [-179.95, 0.0], [10.0, 60.005]])
    expected = [110_574.4, 111_693.9, 11_131.9, 1_114.13]
    np.testing.assert_allclose(ground_distance(a, b), expected, rtol=1e-4)


def test_hilbert_order() -> None:
    """All points, each next to the one before on a full grid."""
    x, y = np.meshgrid(np.arange(16), np.arange(16))
    points = np.stack([x.ravel(), y.ravel()], axis=1).astype(np.float64)
    order = hilbert_order(points)
    assert sorted(order.tolist()) == list(range(256))
    steps = np.abs(np.diff(points[order], axis=0)).sum(axis=1)
    assert np.median(steps) == 1.0
    assert steps.mean() < 2.0
    assert len(hilbert_order(np.empty((0, 2)))) == 0


@pytest.mark.parametrize(
    ("lon", "lat", "left"),
    [
        (-0.1, 51.5, True),
        (-6.3, 53.3, True),
        (2.35, 48.85, False),
        (1.6, 50.7, False),
        (139.7, 35.7, True),
        (151.2, -33.9, True),
        (77.2, 28.6, True),
        (-74.0, 40.7, False),
        (126.98, 37.57, False),
        (121.5, 31.2, False),
        (13.4, 52.5, False),
    ],
)
def test_driving_side(lon: float, lat: float, left: bool) -> None:
    """London, Dublin, Paris, Boulogne, Tokyo, Sydney, Delhi, New York, Seoul, Shanghai, Berlin."""
    assert keeps_left(lon, lat) is left
