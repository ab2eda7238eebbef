"""Tests of road networks: driving from place to place on streets."""

from __future__ import annotations

import heapq
import pickle
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from routesolve.errors import InputError, RoutingError
from routesolve.graphs import (
    ContractionHierarchy,
    Drive,
    Graph,
    Labels,
    Places,
    Polylines,
    RoadNetwork,
    Turns,
    driving,
    expand,
    load_network,
)
from routesolve.graphs.drives import cut
from routesolve.graphs.geodesy import polyline_length

from .examples import town

SECOND = 1000
Place = list[tuple[int, float]]


@dataclass
class Streets:
    """A random network and what the naive search needs of it; weights are whole seconds times 4."""

    network: RoadNetwork
    arcs: list[tuple[int, int]]
    weights: list[tuple[int, int]]  # (minimised, reported beside it)
    turns: dict[tuple[int, int], int]  # penalty of each allowed turn
    bans: tuple[tuple[int, ...], ...]


def grid(graph: Graph, rng: np.random.Generator) -> Graph:
    """The graph with random coordinates."""
    return replace(graph, coordinates=rng.uniform((31, 30), (31.1, 30.1), (graph.n, 2)))


@st.composite
def networks(draw: st.DrawFn, *, turning: bool) -> Streets:
    """One-way streets, loops, parallel arcs, islands; with `turning` random turns and bans."""
    n = draw(st.integers(1, 5))
    node = st.integers(0, n - 1)
    arcs = sorted(draw(st.lists(st.tuples(node, node), min_size=1, max_size=12)))
    weight = st.integers(0, 5)
    pairs = [(4 * draw(weight), 4 * draw(weight)) for _ in arcs]
    main, beside = np.array(pairs).T
    graph = Graph.from_edges(
        [a for a, _ in arcs], [b for _, b in arcs], main, beside, n=n, name="made up"
    )
    if draw(st.booleans()):
        metrics = {"cost": main * SECOND, "duration": beside * SECOND, "distance": main * 0}
        graph = replace(graph, metrics=metrics, units={**graph.units, "cost": 1e-3})
    graph = grid(graph, np.random.default_rng(draw(st.integers(0, 99))))
    every = [(a, b) for a in range(len(arcs)) for b in range(len(arcs)) if arcs[a][1] == arcs[b][0]]
    if not turning:
        return Streets(RoadNetwork(graph), arcs, pairs, dict.fromkeys(every, 0), ())
    allowed = {turn: draw(st.integers(0, 3)) for turn in every if draw(st.integers(0, 5))}
    bans = []
    for _ in range(draw(st.integers(0, 2))):
        ban = [draw(st.integers(0, len(arcs) - 1))]
        while len(ban) < draw(st.integers(3, 4)):
            onto = [b for a, b in allowed if a == ban[-1]]
            if not onto:
                break
            ban.append(draw(st.sampled_from(onto)))
        bans += [tuple(ban)] if len(ban) > 2 else []
    order = sorted(allowed)
    indptr = np.searchsorted([a for a, _ in order], np.arange(len(arcs) + 1))
    steps = np.array([allowed[turn] for turn in order], dtype=np.int32) * SECOND
    turns = Turns(
        indptr=indptr,
        onto=np.array([b for _, b in order], dtype=np.int32),
        penalties={"cost" if "cost" in graph.metrics else "duration": steps},
        bans=tuple(bans),
    )
    streets = Streets(RoadNetwork(graph, turns), arcs, pairs, allowed, turns.bans)
    assert streets.network.expansion is not None
    assume((streets.network.expansion.node_of >= 0).any())
    return streets


def usable(network: RoadNetwork) -> list[int]:
    """Arcs that a place may lie on."""
    if network.expansion is None:
        return list(range(network.streets.m))
    return np.flatnonzero(network.expansion.node_of >= 0).tolist()


def drawn_places(data: st.DataObject, network: RoadNetwork, count: int) -> list[Place]:
    """Places with one or two candidates each."""
    one = st.tuples(st.sampled_from(usable(network)), st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]))
    return [data.draw(st.lists(one, min_size=1, max_size=2)) for _ in range(count)]


def as_places(network: RoadNetwork, places: list[Place]) -> Places:
    """The same as the library has it; positions are made up."""
    flat = [candidate for place in places for candidate in place]
    indptr = np.cumsum([0, *(len(place) for place in places)])
    points = np.zeros((len(places), 2))
    arcs, shares = [arc for arc, _ in flat], [share for _, share in flat]
    return Places(points, points, np.zeros(len(places)), indptr, arcs, shares)  # type: ignore[arg-type]


def naive(streets: Streets, start: tuple[int, float], end: tuple[int, float]) -> tuple[float, ...]:
    """Least (cost, other) between places, on arcs that are really split there.

    A state is where one has been, as far back as any ban, and a point of the last arc.
    """
    marks: dict[int, list[tuple[float, str]]] = {}
    marks.setdefault(start[0], []).append((start[1], "from"))
    marks.setdefault(end[0], []).append((end[1], "to"))

    def points(arc: int) -> list[tuple[float, str]]:
        return [(0.0, ""), *sorted(marks.get(arc, [])), (1.0, "")]

    memory = max((len(ban) for ban in streets.bans), default=2) - 1
    first = next(k for k, mark in enumerate(points(start[0])) if mark[1] == "from")
    queue: list[tuple[float, float, tuple[int, ...], int]] = [(0.0, 0.0, (start[0],), first)]
    done = set()
    while queue:
        cost, other, history, k = heapq.heappop(queue)
        if (history, k) in done:
            continue
        done.add((history, k))
        arc = history[-1]
        along = points(arc)
        if along[k][1] == "to":
            return (cost, other)
        if k + 1 < len(along):
            part = along[k + 1][0] - along[k][0]
            more = [part * weight for weight in streets.weights[arc]]
            heapq.heappush(queue, (cost + more[0], other + more[1], history, k + 1))
            continue
        for (before, onto), penalty in streets.turns.items():
            way = (*history, onto)
            banned = any(way[-len(ban) :] == ban for ban in streets.bans)
            if before == arc and not banned:
                heapq.heappush(queue, (cost + penalty, other, way[-memory:], 0))
    return (np.inf, np.inf)


def naive_between(streets: Streets, source: Place, target: Place) -> tuple[float, ...]:
    """The least over all candidates."""
    return min(naive(streets, a, b) for a in source for b in target)


def both(streets: Streets, network: RoadNetwork, places: Places) -> np.ndarray:
    """Our tables as (k, k, 2): what is minimised, and what is reported beside it."""
    found = network.tables(places, method="search")
    beside = found.durations if "cost" in network.streets.metrics else found.distances
    return np.stack([found.costs, beside], axis=2)


def trapped(network: RoadNetwork) -> bool:
    """Whether one can get where every way on is banned: the expansion leaves such states out."""
    if network.expansion is None:
        return False
    every = expand(network.streets, network.turns, connected=False)
    count = [(e.arc_of >= 0).sum() - (e.node_of >= 0).sum() for e in (network.expansion, every)]
    return bool(count[0] < count[1])


def assert_as_naive(streets: Streets, places: list[Place]) -> None:
    """Tables equal the naive search on split arcs."""
    ours = both(streets, streets.network, as_places(streets.network, places))
    for i, source in enumerate(places):
        for j, target in enumerate(places):
            expected = naive_between(streets, source, target)
            if trapped(streets.network):
                assert ours[i, j, 0] >= expected[0] - 1e-9
                continue
            np.testing.assert_allclose(ours[i, j], expected, atol=1e-9, err_msg=f"{i} {j}")


@settings(deadline=None)
@given(networks(turning=False), st.data())
def test_tables_equal_split_streets(streets: Streets, data: st.DataObject) -> None:
    """Without turns: as if the places were junctions."""
    assert_as_naive(streets, drawn_places(data, streets.network, 3))


@settings(deadline=None)
@given(networks(turning=True), st.data())
def test_tables_equal_split_streets_with_turns(streets: Streets, data: st.DataObject) -> None:
    """With turns, penalties and bans: as if the places were junctions that one drives through."""
    assert_as_naive(streets, drawn_places(data, streets.network, 3))


@settings(deadline=None)
@given(st.booleans(), st.data())
def test_route_equals_tables(turning: bool, data: st.DataObject) -> None:
    """A route costs what the tables say, and its arcs are driven one after the other."""
    streets = data.draw(networks(turning=turning))
    network = streets.network
    places = as_places(network, drawn_places(data, network, 2))
    tables = network.tables(places)
    indexed = network.indexed()
    for i in range(2):
        for j in range(2):
            if not np.isfinite(tables.costs[i, j]):
                with pytest.raises(RoutingError, match="no way from"):
                    network.route(places[i], places[j])
                continue
            drive = indexed.route(places[i], places[j])
            assert drive.cost == pytest.approx(tables.costs[i, j], abs=1e-9)
            assert_drivable(streets, drive)
            drive = network.route(places[i], places[j])
            ours = (drive.cost, drive.duration, drive.distance)
            np.testing.assert_allclose(ours, [table[i, j] for table in (tables.costs, *tables[:2])])
            assert_drivable(streets, drive)
            if i == j:
                assert ours == (0.0, 0.0, 0.0)


def assert_drivable(streets: Streets, drive: Drive) -> None:
    """Turns are allowed, bans are kept, and the parts add up."""
    arcs = drive.arcs.tolist()
    assert all(turn in streets.turns for turn in pairwise(arcs))
    for ban in streets.bans:
        assert all(tuple(arcs[k : k + len(ban)]) != ban for k in range(len(arcs)))
    assert drive.durations.sum() == pytest.approx(drive.duration, abs=1e-9)
    assert drive.distances.sum() == pytest.approx(drive.distance, abs=1e-9)
    steps = drive.steps()
    assert sum(step.duration for step in steps) == pytest.approx(drive.duration, abs=1e-9)
    assert [k for step in steps for k in range(step.arcs.start, step.arcs.stop)] == list(
        range(len(arcs))
    )


@settings(deadline=None)
@given(st.booleans(), st.data())
def test_index_and_blocks_change_nothing(turning: bool, data: st.DataObject) -> None:
    """Tables from the index, and tables row by row, are the same."""
    streets = data.draw(networks(turning=turning))
    network = streets.network
    places = as_places(network, drawn_places(data, network, 4))
    expected = network.tables(places, method="search").costs
    indexed = network.indexed()
    np.testing.assert_allclose(indexed.tables(places).costs, expected, atol=1e-9)
    np.testing.assert_allclose(
        network.tables(places, method="hierarchy").costs, expected, atol=1e-9
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(driving, "BLOCK", 1)
        for each in (network, indexed):
            np.testing.assert_allclose(each.tables(places).costs, expected, atol=1e-9)
        part = network.tables(places.take([3, 1]), places.take([0, 2, 2])).costs
    np.testing.assert_allclose(part, expected[np.ix_([3, 1], [0, 2, 2])], atol=1e-9)


@settings(deadline=None)
@given(st.booleans(), st.data())
def test_alternatives_begin_with_the_best(turning: bool, data: st.DataObject) -> None:
    """The first route costs what the tables say; none is there twice."""
    streets = data.draw(networks(turning=turning))
    network = streets.network
    source, target = as_places(network, drawn_places(data, network, 2))
    cost = float(network.tables(source, target).costs[0, 0])
    if not np.isfinite(cost):
        with pytest.raises(RoutingError, match="no way from"):
            network.alternatives(source, target)
        return
    drives = network.alternatives(source, target, count=3, max_sharing=0.9, max_stretch=2.0)
    assert drives[0].cost == pytest.approx(cost, abs=1e-9)
    assert 1 <= len(drives) <= 3
    assert len({tuple(drive.arcs) for drive in drives}) == len(drives)
    for drive in drives:
        assert_drivable(streets, drive)
        assert cost - 1e-9 <= drive.cost <= 2 * cost + 1e-9


@settings(deadline=None)
@given(st.booleans(), st.integers(0, 24), st.data())
def test_reach_equals_tables(turning: bool, limit: int, data: st.DataObject) -> None:
    """A place is among the streets reached if and only if a route within the limit leads there."""
    streets = data.draw(networks(turning=turning))
    network = streets.network
    assume(not streets.bans)
    sources = as_places(network, drawn_places(data, network, 2))
    spot = data.draw(st.sampled_from(usable(network))), data.draw(st.sampled_from([0.125, 0.625]))
    least = network.tables(sources, as_places(network, [[spot]])).costs.min()
    # Just off the limit, where rounding decides nothing.
    reach = network.reach(sources, limit + 1 / 16, network.metric)
    inside = any(
        start <= spot[1] <= end
        for arc, start, end in zip(reach.arcs, reach.starts, reach.fractions, strict=True)
        if arc == spot[0]
    )
    assert inside == (least <= limit + 1 / 16)
    assert np.all(np.diff(reach.arcs) >= 0)
    assert np.all(np.diff(reach.costs) >= 0)
    assert np.all(reach.costs <= limit + 1 / 16)
    assert len(reach.lines()) == len(reach.arcs)


# ---------------------------------------------------------------- what is drawn and said


def bent() -> RoadNetwork:
    """A street in three arcs, east, north and on north, with two names."""
    return RoadNetwork(
        Graph.from_edges(
            [0, 1, 2],
            [1, 2, 3],
            [10.0, 20.0, 30.0],
            [100.0, 200.0, 300.0],
            [[31.0, 0.0], [31.004, 0.0], [31.004, 0.004], [31.004, 0.008]],
            edge_attributes={"name": Labels.encode(["East", "North", "North"])},
            geometry=Polylines.from_list(
                [[[31.0, 0.0], [31.002, 0.001], [31.004, 0.0]], None, None]
            ),
            name="bent",
        )
    )


def test_geometry_and_steps() -> None:
    """From projected place to projected place along the street, named stretch by stretch."""
    network = bent()
    places = network.place([[31.001, 0.0004], [31.005, 0.006]])
    drive = network.route(places[0], places[1])
    line = drive.geometry
    np.testing.assert_array_equal(line[[0, -1]], places.positions)
    np.testing.assert_allclose(
        line[1:-1], [[31.002, 0.001], [31.004, 0.0], [31.004, 0.004]], atol=1e-12
    )
    share = float(places.shares[0])
    first, second = drive.steps()
    assert (first.name, second.name) == ("East", "North")
    assert first.duration == pytest.approx(10 * (1 - share))
    assert (second.duration, second.distance) == pytest.approx((20 + 15, 200 + 150))
    assert drive.arcs.tolist() == [0, 1, 2]
    assert repr(drive).startswith("<Drive: ")


def test_within_one_arc_and_on_the_spot() -> None:
    """A drive within an arc is a part of it; one that stays where it is still is a line."""
    network = bent()
    places = network.place([[31.004, 0.005], [31.004, 0.007]])
    drive = network.route(places[0], places[1])
    assert (drive.duration, drive.distance) == pytest.approx((15.0, 150.0))
    np.testing.assert_allclose(drive.geometry, [[31.004, 0.005], [31.004, 0.007]], atol=1e-12)
    stay = network.route(places[0], places[0])
    assert (stay.arcs.tolist(), stay.steps(), stay.geometry.shape) == ([], [], (2, 2))
    with pytest.raises(RoutingError, match=r"no way from \[31.004, 0.007\]"):
        network.route(places[1], places[0])


def test_junctions_add_no_empty_arcs() -> None:
    """From junction to junction only the arcs in between are driven."""
    network = bent()
    places = network.place([[31.004, 0.0], [31.004, 0.004]])
    drive = network.route(places[0], places[1])
    assert drive.arcs.tolist() == [1]
    assert drive.geometry.tolist() == [[31.004, 0.0], [31.004, 0.004]]


@given(st.integers(2, 6), st.floats(0, 1), st.floats(0, 1), st.integers(0, 99))
def test_cut_is_as_long_as_its_share(size: int, a: float, b: float, seed: int) -> None:
    """The part of a line between two shares has this share of its length."""
    line = np.random.default_rng(seed).uniform((31, 30), (31.1, 30.1), (size, 2))
    start, end = sorted((a, b))
    part = cut(line, start, end)
    assert polyline_length(part) == pytest.approx(
        (end - start) * polyline_length(line), rel=1e-3, abs=1e-3
    )


def test_reach_of_a_street() -> None:
    """The part of the first street begins at the place; the last one ends where time is up."""
    network = bent()
    reach = network.reach(network.place([31.004, 0.002])[0], 25.0)
    assert (reach.arcs.tolist(), reach.starts.tolist()) == ([1, 2], [0.5, 0.0])
    np.testing.assert_allclose(reach.fractions, [1.0, 0.5])
    np.testing.assert_allclose(reach.lines()[0], [[31.004, 0.002], [31.004, 0.004]])
    assert (reach.nodes.tolist(), reach.costs.tolist()) == ([2], [10.0])
    assert reach.geojson()["geometry"]["coordinates"]
    with pytest.raises(InputError, match="limit"):
        network.reach(network.place([31.004, 0.002]), np.inf)
    with pytest.raises(InputError, match="metric"):
        network.reach(network.place([31.004, 0.002]), 5.0, "beauty")


# ---------------------------------------------------------------- the network itself


def test_what_is_minimised() -> None:
    """The cost where there is one; durations and distances are those of the cheapest route."""
    graph = Graph.from_edges(
        [0, 0, 1],
        [1, 1, 0],
        [5.0, 9.0, 1.0],
        [50.0, 20.0, 10.0],
        [[31.0, 30.0], [31.01, 30.0]],
    )
    fast = RoadNetwork(graph)
    dear = RoadNetwork(
        replace(
            graph,
            metrics={**graph.metrics, "cost": np.array([7000, 3000, 0], dtype=np.int32)},
            units={**graph.units, "cost": 1e-3},
        )
    )
    assert (fast.metric, dear.metric) == ("duration", "cost")
    ends = [[31.0, 30.0], [31.01, 30.0]]
    assert [table[0, 1] for table in fast.tables(fast.place(ends))] == [5.0, 50.0, 5.0]
    assert [table[0, 1] for table in dear.tables(dear.place(ends))] == [9.0, 20.0, 3.0]


def test_errors() -> None:
    """Turns and indexes of others, methods that do not exist, several points for one."""
    network = RoadNetwork(town())
    other = bent()
    with pytest.raises(InputError, match="turns of"):
        RoadNetwork(network.streets, Turns.all_free(other.streets))
    with pytest.raises(InputError, match="not that of this network"):
        RoadNetwork(network.streets, index=ContractionHierarchy.build(other.streets))
    places = network.place(network.streets.coordinates)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="unknown method"):
        network.tables(places, method="magic")  # type: ignore[arg-type]
    for ask in (network.route, network.alternatives):
        with pytest.raises(InputError, match="places"):
            ask(places, places[0])


def test_saved_and_sent(tmp_path: Path) -> None:
    """A network comes back from disk and from another process with turns and index."""
    graph = bent().streets
    back = Graph.from_edges(
        [0, 1, 1, 2],
        [1, 0, 2, 1],
        [1.0] * 4,
        [2.0] * 4,
        graph.coordinates[:3],  # type: ignore[index]
    )
    network = RoadNetwork(back, Turns.all_free(back)).indexed()
    path = tmp_path / "network.npz"
    network.save(path)
    places = network.place([[31.001, 0.0], [31.004, 0.003]])
    expected = network.tables(places).durations
    for again in (RoadNetwork.load(path), pickle.loads(pickle.dumps(network))):
        assert again.index is not None
        assert again.turns is not None
        np.testing.assert_array_equal(again.tables(again.place(places.points)).durations, expected)
    assert Graph.load(path).m == back.m
    assert repr(network) == "<RoadNetwork unnamed: 3 junctions, 4 arcs, 6 turns, indexed>"


def test_real_streets(data_dir: Path) -> None:
    """A city with turn restrictions: everything is reachable, and routes equal tables in length
    too.
    """
    network = load_network(data_dir / "osm" / "test" / "monaco.osm.pbf")
    assert network.expansion is not None
    coordinates = network.streets.coordinates
    assert coordinates is not None
    low, high = coordinates.min(axis=0), coordinates.max(axis=0)
    points = np.random.default_rng(1).uniform(low, high, (25, 2))
    places = network.place(points)
    assert (network.expansion.node_of[places.arcs] >= 0).all()
    tables = network.tables(places)
    assert np.isfinite(tables.costs).all()
    assert (np.diag(tables.costs) == 0).all()
    for i, j in pairwise(range(25)):
        drive = network.route(places[i], places[j])
        assert drive.cost == pytest.approx(tables.costs[i, j])
        assert polyline_length(drive.geometry) == pytest.approx(drive.distance, rel=0.01, abs=1)
        np.testing.assert_array_equal(drive.geometry[[0, -1]], places.positions[[i, j]])
