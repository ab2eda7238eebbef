"""Our own networks as a provider."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from routesolve.errors import InputError
from routesolve.graphs import Graph, Labels, RoadNetwork, Turns, load_network
from routesolve.graphs.providers import network as module
from routesolve.graphs.providers.network import NetworkProvider

POINTS = np.array([[7.001, 43.0], [7.009, 43.0001], [7.0101, 43.005]])


def _graph(**changes: object) -> Graph:
    """Three streets in a row, both ways."""
    graph = Graph.from_edges(
        [0, 1, 1, 2, 2, 3],
        [1, 0, 2, 1, 3, 2],
        [10.0, 10.0, 20.0, 20.0, 30.0, 30.0],
        [100.0, 100.0, 200.0, 200.0, 300.0, 300.0],
        [[7.0, 43.0], [7.005, 43.0], [7.01, 43.0], [7.01, 43.01]],
        name="a row",
    )
    return dataclasses.replace(graph, **changes)  # type: ignore[arg-type]


def test_numbers_are_those_of_the_network() -> None:
    """A provider adds nothing and leaves nothing out."""
    network = RoadNetwork(_graph())
    placed = network.place(POINTS)
    expected = network.tables(placed)
    travel = NetworkProvider(network).travel(POINTS)
    np.testing.assert_array_equal(travel.durations, expected.durations)
    np.testing.assert_array_equal(travel.distances, expected.distances)
    np.testing.assert_array_equal(travel.snap_distances, placed.distances_m)
    way = network.route(network.place(POINTS[:1]), network.place(POINTS[2:]))
    np.testing.assert_array_equal(travel.geometry(0, 2), way.geometry)
    assert travel.description == "fastest roads on a row"


def test_identity_changes_with_what_is_driven_on() -> None:
    """Weights, coordinates, shapes, turns: each makes other tables; names of things do not."""
    graph = _graph()
    moved = np.array(graph.coordinates)
    moved[3, 1] += 0.001
    slower = {**graph.metrics, "duration": np.array(graph.metrics["duration"]) + 1}
    free = Turns.all_free(graph)
    costly = dataclasses.replace(free, penalties={"duration": np.full(len(free), 5000)})
    labels = {"stops": Labels.encode(["no", None, None, None, None, None])}
    others = [
        RoadNetwork(graph),
        RoadNetwork(_graph(coordinates=moved)),
        RoadNetwork(_graph(metrics=slower)),
        RoadNetwork(_graph(edge_attributes=labels)),
        RoadNetwork(graph, free),
        RoadNetwork(graph, costly),
    ]
    identities = [NetworkProvider(network).identity for network in others]
    assert len(set(identities)) == len(others)
    assert NetworkProvider(RoadNetwork(_graph(name="other"))).identity == identities[0]


def test_only_what_takes_long_is_kept(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small table is computed again; a large one, or one on large streets, is not."""
    network = RoadNetwork(_graph())
    first = NetworkProvider(network).table(POINTS)
    assert not cache.exists()
    monkeypatch.setattr(module, "ARCS", 18)
    kept = NetworkProvider(network)
    kept.table(POINTS)
    assert len(list((cache / "tables").iterdir())) == 1
    monkeypatch.setattr(NetworkProvider, "_ask", None)
    np.testing.assert_array_equal(
        NetworkProvider(RoadNetwork(_graph())).table(POINTS).durations, first.durations
    )
    # With an index, half a second buys many more entries.
    monkeypatch.undo()
    monkeypatch.setattr(module, "ARCS", 18)
    assert not NetworkProvider(network.indexed())._worth_keeping(3, 3)
    assert NetworkProvider(network.indexed())._worth_keeping(2000, 2000)


def test_profiles_are_those_of_the_reader(tmp_path: Path) -> None:
    """A network that has been made for cars is not one for bicycles."""
    path = tmp_path / "row.npz"
    _graph().save(path)
    assert NetworkProvider(path, profile="car").table(POINTS).durations.shape == (3, 3)
    with pytest.raises(InputError, match="profile"):
        NetworkProvider(path, profile="bicycle")


def test_a_network_without_coordinates() -> None:
    """No place can be put on it."""
    provider = NetworkProvider(Graph.from_edges([0], [1], [1.0], [1.0]))
    with pytest.raises(InputError, match="no coordinates"):
        provider.table(POINTS)


def test_the_embedded_network() -> None:
    """By its name."""
    provider = NetworkProvider("cairo")
    streets = load_network("cairo").streets
    assert streets.coordinates is not None
    table = provider.table(streets.coordinates[:5])
    assert np.isfinite(table.durations).all()
    assert (table.source_snaps < 1).all()
