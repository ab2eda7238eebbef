"""Matrices that replace the travel of an instance."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from routesolve.errors import InputError
from routesolve.graphs.providers.http import HttpProvider
from routesolve.instances.instance import VrpInstance
from routesolve.instances.matrix_file import with_matrix
from tests.graphs.providers.server import Stub, serving

DEPOT, FIRST, SECOND = (7.0, 43.0), (7.1, 43.0), (7.1, 43.2)
ROWS = [[0, 5, 7], [6, 0, 2], [8, 3, 0]]


@pytest.fixture
def stub() -> Iterator[Stub]:
    """A server that answers as OSRM does."""
    with serving() as server:
        yield server


def _place(point: tuple[float, float]) -> dict[str, float]:
    return {"lon": point[0], "lat": point[1]}


def _instance(**changes: object) -> VrpInstance:
    """A depot, two jobs (one of them at a door with the other's shipment)."""
    return VrpInstance.from_dict(
        {
            "depots": [{"id": "d", "location": _place(DEPOT)}],
            "jobs": [{"id": "a", "location": _place(FIRST)}],
            "shipments": [
                {
                    "id": "s",
                    "amount": 1,
                    "pickup": {"location": _place(SECOND)},
                    "delivery": {"location": _place(FIRST)},
                }
            ],
            "vehicle_types": [{"id": "van", "count": 1, "start": "d", "end": "d"}],
        }
        | changes
    )


def test_rows_are_in_the_order_of_the_places(tmp_path: Path) -> None:
    """Depots, jobs, then both ends of each shipment."""
    rows = np.arange(16).reshape(4, 4)
    np.savez(tmp_path / "m.npz", durations=rows, distances=rows * 10)
    new = with_matrix(_instance(), tmp_path / "m.npz")
    travel = new.travel()
    np.testing.assert_array_equal(travel.durations, rows)
    np.testing.assert_array_equal(travel.distances, rows * 10)
    assert new.shipments[0].delivery.location.index == 3


def test_rows_may_be_named_by_their_places(tmp_path: Path) -> None:
    """A file that says where its rows are may have them in any order."""
    np.savez(tmp_path / "m.npz", durations=ROWS, points=[SECOND, DEPOT, FIRST])
    new = with_matrix(_instance(), tmp_path / "m.npz")
    assert new.depots[0].location.index == 1
    assert new.jobs[0].location.index == new.shipments[0].delivery.location.index == 2
    depot, job = (new.location_index(x.location) for x in (new.depots[0], new.jobs[0]))
    assert new.travel().duration(depot, job) == ROWS[1][2]


def test_places_that_the_file_does_not_know(tmp_path: Path) -> None:
    """All of them are named."""
    np.savez(tmp_path / "m.npz", durations=[[0, 1], [1, 0]], points=[(0, 0), DEPOT])
    with pytest.raises(InputError) as error:
        with_matrix(_instance(), tmp_path / "m.npz")
    assert len(error.value.problems) == 3
    assert "not in this file" in str(error.value)


def test_places_that_name_their_rows_keep_them(tmp_path: Path) -> None:
    """``location.index`` comes first."""
    np.savez(tmp_path / "m.npz", durations=ROWS)
    jobs = [{"id": "a", "location": {"index": 2}}]
    depots = [{"id": "d", "location": {"index": 0}}]
    profiles = [{"metric": "matrix", "durations": [[0] * 3] * 3}]
    instance = _instance(jobs=jobs, depots=depots, shipments=[], profiles=profiles)
    new = with_matrix(instance, tmp_path / "m.npz")
    np.testing.assert_array_equal(new.travel().durations, [[0, 7], [8, 0]])


def test_wrong_size_names_the_file(tmp_path: Path) -> None:
    """Fewer rows than places."""
    np.savez(tmp_path / "m.npz", durations=ROWS)
    with pytest.raises(InputError) as error:
        with_matrix(_instance(), tmp_path / "m.npz")
    assert "m.npz" in str(error.value)


def test_a_server_knows_the_places(stub: Stub) -> None:
    """Numbers of the server between the different places; its streets are drawn."""
    instance = _instance()
    new = with_matrix(instance, stub.url)
    assert new.profiles[0].metric == "matrix"
    travel = new.travel()
    assert travel.n == len(new.locations) == 3
    points = instance.points
    expected = np.abs(points[:, None] - points[None]).sum(axis=2) * 1000
    np.testing.assert_allclose(travel.durations, expected, atol=1e-6)
    assert travel.snap_distances is not None
    line = travel.geometry(0, 2)
    assert line is not None
    assert len(line) == 3
    assert "OSRM" in travel.description


def test_the_numbers_are_kept_with_the_instance(stub: Stub) -> None:
    """Written and read again they are the same, whether the server is there or not."""
    new = with_matrix(_instance(), HttpProvider(stub.url, cache=False))
    stub.requests.clear()
    again = VrpInstance.from_dict(json.loads(json.dumps(new.to_dict())))
    np.testing.assert_array_equal(again.travel().durations, new.travel().durations)
    np.testing.assert_array_equal(again.travel().distances, new.travel().distances)
    assert stub.requests == []


def test_islands_are_named(stub: Stub) -> None:
    """Who cannot be reached is told as on any other road."""
    from routesolve.errors import RoutingError

    stub.island = 7.05
    new = with_matrix(_instance(shipments=[]), stub.url)
    with pytest.raises(RoutingError, match="job 'a'"):
        new.require_reachable()


def test_roads_need_longitude_and_latitude(stub: Stub) -> None:
    """Every place without them is named."""
    instance = _instance(
        depots=[{"id": "d", "location": {"x": 0, "y": 0}}],
        jobs=[{"id": "a", "location": {"x": 1, "y": 0}}],
        shipments=[],
    )
    with pytest.raises(InputError) as error:
        with_matrix(instance, stub.url)
    assert [p.where for p in error.value.problems] == ["depot 'd'", "job 'a'"]
    assert stub.requests == []
