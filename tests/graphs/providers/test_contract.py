"""What holds for every provider, whatever it asks."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from routesolve.errors import InputError, RoutingError
from routesolve.graphs import Graph, TravelMatrix
from routesolve.graphs.geodesy import great_circle
from routesolve.graphs.providers import PROVIDERS
from routesolve.graphs.providers.base import MatrixProvider

from .server import Stub

SIDE = 6
WEST, SOUTH, STEP = 7.0, 43.0, 0.002
ISLAND = 7.05
POINTS = np.array(
    [[7.0001, 43.0001], [7.0041, 43.0059], [7.0099, 43.0001], [7.0001, 43.0001], [7.0061, 43.0099]]
)
THERE = np.array([ISLAND, SOUTH])


class World(NamedTuple):
    """A provider, and whether it knows streets (a file draws straight lines)."""

    provider: MatrixProvider
    streets: bool


def _streets() -> tuple[np.ndarray, list[tuple[int, int]]]:
    """A grid of two-way streets, and one street far from it."""
    grid = [(WEST + STEP * x, SOUTH + STEP * y) for y in range(SIDE) for x in range(SIDE)]
    edges = [(k, k + 1) for k in range(SIDE * SIDE) if (k + 1) % SIDE]
    edges += [(k, k + SIDE) for k in range(SIDE * (SIDE - 1))]
    island = [(ISLAND, SOUTH), (ISLAND + STEP, SOUTH)]
    edges.append((len(grid), len(grid) + 1))
    return np.array(grid + island), edges


def _graph() -> Graph:
    points, edges = _streets()
    both = np.array(edges + [(b, a) for a, b in edges])
    metres = great_circle(points[both[:, 0]], points[both[:, 1]])
    return Graph.from_edges(both[:, 0], both[:, 1], metres / 10, metres, points, name="a grid")


def _network(request: pytest.FixtureRequest) -> World:
    path = request.getfixturevalue("tmp_path") / "grid.npz"
    _graph().save(path)
    return World(PROVIDERS.load("network")(path), True)


def _http(request: pytest.FixtureRequest) -> World:
    stub: Stub = request.getfixturevalue("stub")
    stub.island = ISLAND - 0.01
    return World(PROVIDERS.load("http")(stub.url), True)


def _osrm(request: pytest.FixtureRequest) -> World:
    request.getfixturevalue("wheel")
    points, edges = _streets()
    nodes = [f'<node id="{k + 1}" lon="{x}" lat="{y}"/>' for k, (x, y) in enumerate(points)]
    ways = [
        f'<way id="{k + 1}"><nd ref="{a + 1}"/><nd ref="{b + 1}"/>'
        '<tag k="highway" v="residential"/></way>'
        for k, (a, b) in enumerate(edges)
    ]
    path: Path = request.getfixturevalue("tmp_path") / "grid.osm"
    path.write_text(f'<osm version="0.6">{"".join(nodes + ways)}</osm>', encoding="utf-8")
    return World(PROVIDERS.load("osrm")(path), True)


def _file(request: pytest.FixtureRequest) -> World:
    """The matrices of all places of these tests, with their names."""
    network = _network(request).provider
    points = np.concatenate([np.unique(POINTS, axis=0), THERE[None]])
    table = network.table(points)
    path = request.getfixturevalue("tmp_path") / "m.npz"
    np.savez(path, durations=table.durations, distances=table.distances, points=points)
    return World(PROVIDERS.load("file")(path), False)


MAKERS: dict[str, Callable[[pytest.FixtureRequest], World]] = {
    "network": _network,
    "http": _http,
    "osrm": _osrm,
    "file": _file,
}


@pytest.fixture(
    params=[
        pytest.param(name, marks=[pytest.mark.osrm] if name == "osrm" else []) for name in PROVIDERS
    ]
)
def world(request: pytest.FixtureRequest) -> World:
    """Every registered provider over the same streets."""
    return MAKERS[request.param](request)


def _travel(world: World, points: np.ndarray) -> TravelMatrix:
    """Travel between places; that of a file is made of a file with just these rows."""
    if world.streets:
        return world.provider.travel(points)
    table = world.provider.table(points)
    path = world.provider.path.with_name("these.npz")  # type: ignore[attr-defined]
    np.savez(path, durations=table.durations, distances=table.distances, points=points)
    travel: TravelMatrix = PROVIDERS.load("file")(path).travel(points)
    return travel


def test_travel_is_between_all_places(world: World) -> None:
    """Square tables in seconds and metres, nothing from a place to itself, all else more."""
    travel = _travel(world, POINTS)
    assert travel.n == len(POINTS)
    for table in (travel.durations, travel.distances):
        assert table.shape == (5, 5)
        assert table.dtype == np.float64
        assert not table.flags.writeable
        assert (np.diag(table) == 0).all()
        apart = ~np.eye(5, dtype=bool)
        apart[0, 3] = apart[3, 0] = False
        assert (table[apart] > 0).all()
        assert np.isfinite(table).all()
    assert 200 < travel.distance(0, 1) < 20_000
    assert not travel.approximate


def test_stops_at_one_door_travel_alike(world: World) -> None:
    """A place given twice has equal rows and columns, and nothing between them."""
    travel = _travel(world, POINTS)
    np.testing.assert_array_equal(travel.durations[0], travel.durations[3])
    np.testing.assert_array_equal(travel.distances[:, 0], travel.distances[:, 3])
    assert travel.duration(0, 3) == 0


def test_order_does_not_matter(world: World) -> None:
    """The same places in another order have the same travel, in that order."""
    order = np.array([4, 1, 0, 3, 2])
    straight, shuffled = _travel(world, POINTS), _travel(world, POINTS[order])
    np.testing.assert_array_equal(straight.durations[np.ix_(order, order)], shuffled.durations)
    np.testing.assert_array_equal(straight.distances[np.ix_(order, order)], shuffled.distances)


def test_table_is_a_part_of_travel(world: World) -> None:
    """From some places to others, the numbers are those of the whole matrix."""
    travel = _travel(world, POINTS)
    table = world.provider.table(POINTS[[4, 1]], POINTS[[0, 2, 3]])
    pairs = np.ix_([4, 1], [0, 2, 3])
    np.testing.assert_array_equal(table.durations, travel.durations[pairs])
    np.testing.assert_array_equal(table.distances, travel.distances[pairs])
    assert table.source_snaps.shape == (2,)
    assert table.target_snaps.shape == (3,)


def test_snaps_are_metres_from_the_street(world: World) -> None:
    """How far each place is from its street is told, where there are streets."""
    travel = _travel(world, POINTS)
    if not world.streets:
        assert travel.snap_distances is None
        return
    assert travel.snap_distances is not None
    assert travel.snap_distances.shape == (5,)
    assert (travel.snap_distances > 1).all()
    assert (travel.snap_distances < 20).all()


def test_lines_lead_from_place_to_place(world: World) -> None:
    """The line of a leg begins near its start and ends near its end; it is asked for once."""
    travel = _travel(world, POINTS)
    for i, j in ((0, 1), (1, 0), (2, 4), (3, 0), (2, 2)):
        line = travel.geometry(i, j)
        assert line is not None
        assert line.ndim == 2
        assert len(line) >= 2
        gaps = great_circle(line[[0, -1]], POINTS[[i, j]])
        assert (gaps < 20).all()
    if world.streets:
        assert travel.geometry(0, 1) is travel.geometry(0, 1)


def test_no_way_is_infinite(world: World) -> None:
    """Where no road leads, both numbers are infinite, and there is no line."""
    points = np.concatenate([POINTS[:2], THERE[None]])
    travel = _travel(world, points)
    assert np.isinf(travel.durations[2, :2]).all()
    assert np.isinf(travel.distances[:2, 2]).all()
    assert np.isfinite(travel.durations[:2, :2]).all()
    assert travel.duration(2, 2) == 0
    if world.streets:
        with pytest.raises(RoutingError):
            travel.geometry(0, 2)


@pytest.mark.parametrize("count", [0, 1])
def test_hardly_any_places(world: World, count: int) -> None:
    """No place, or one, is no special case."""
    table = world.provider.table(POINTS[:count], POINTS[:count])
    assert table.durations.shape == (count, count)
    assert (table.distances == 0).all()
    if world.streets:
        assert world.provider.travel(POINTS[:count]).durations.shape == (count, count)


def test_all_bad_places_are_named(world: World) -> None:
    """Coordinates that are no places are refused together, on either side."""
    bad = np.array([[7.0, 43.0], [200.0, 43.0], [7.0, np.nan]])
    with pytest.raises(InputError) as error:
        world.provider.travel(bad)
    assert [p.where for p in error.value.problems] == ["points[1]", "points[2]"]
    with pytest.raises(InputError) as error:
        world.provider.table(bad, bad[:2])
    assert [p.where for p in error.value.problems] == ["sources[1]", "sources[2]", "targets[1]"]


def test_description_says_where_numbers_come_from(world: World) -> None:
    """One line, also in the representation."""
    assert world.provider.description
    assert "\n" not in world.provider.description
    assert world.provider.description in repr(world.provider)
    travel = _travel(world, POINTS)
    assert travel.description in repr(travel)
    assert not world.streets or travel.description == world.provider.description


def test_travel_can_be_sent_to_another_process(world: World) -> None:
    """A travel matrix survives pickling, with numbers and lines."""
    travel = _travel(world, POINTS)
    durations, line = travel.durations, travel.geometry(0, 1)
    again: Any = pickle.loads(pickle.dumps(travel))
    np.testing.assert_array_equal(again.durations, durations)
    np.testing.assert_array_equal(again.geometry(0, 1), line)
    np.testing.assert_array_equal(again.geometry(1, 2), travel.geometry(1, 2))


@pytest.mark.parametrize("name", list(PROVIDERS))
def test_every_provider_is_made_alike(name: str) -> None:
    """A source, then `profile` and `cache` by name."""
    import inspect

    parameters = inspect.signature(PROVIDERS.load(name)).parameters
    assert list(parameters)[:3] == ["source", "profile", "cache"]
    assert parameters["profile"].default is None
    assert parameters["cache"].default is True
