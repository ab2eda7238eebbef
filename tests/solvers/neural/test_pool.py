"""Pools of areas: built from providers, made up, saved and refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from routesolve.errors import InputError
from routesolve.graphs.matrices import TravelMatrix
from routesolve.graphs.network import RoadNetwork
from routesolve.graphs.providers.base import MatrixProvider, TravelTable
from routesolve.graphs.providers.http import HttpProvider
from routesolve.graphs.providers.network import NetworkProvider
from routesolve.solvers.neural.pool import (
    ARRAYS,
    TEXTS,
    Area,
    Pool,
    build_area,
    join,
    renamed,
    synthetic_area,
    synthetic_pool,
)
from routesolve.solvers.neural.synthetic import points_on_streets, synthetic_streets
from tests.graphs.providers.server import serving


class Given(MatrixProvider):
    """Travel by place number, from a table; places are found by their longitude."""

    description = "given"  # type: ignore[assignment]

    def __init__(self, table: npt.NDArray[np.float64], snaps: npt.NDArray[np.float64]) -> None:
        self.values, self.snaps, self.asked = table, snaps, 0

    def travel(self, points_lonlat: npt.ArrayLike) -> TravelMatrix:
        """Not needed here."""
        raise NotImplementedError

    def table(
        self, sources_lonlat: npt.ArrayLike, targets_lonlat: npt.ArrayLike | None = None
    ) -> TravelTable:
        """The part of the table that is asked for."""
        self.asked += 1
        rows, columns = (
            np.asarray(points)[:, 0].round().astype(int)
            for points in (sources_lonlat, targets_lonlat)
        )
        part = self.values[np.ix_(rows, columns)]
        return TravelTable(part, 2 * part, self.snaps[rows], self.snaps[columns])


def on_a_line(count: int) -> npt.NDArray[np.float64]:
    """Places whose longitude is their number."""
    return np.column_stack([np.arange(count), np.zeros(count)]).astype(float)


@pytest.fixture(scope="module")
def pool() -> Pool:
    """Two small made-up towns."""
    return synthetic_pool([1, 2], places=40, side=10)


def test_towns_are_asymmetric_connected_and_seeded(pool: Pool) -> None:
    """Travel depends on direction, everywhere is reached, and the seed decides."""
    first, second = pool.areas
    assert first.connected
    assert second.connected
    assert (first.durations != first.durations.T).mean() > 0.5
    again = synthetic_area(1, places=40, side=10)
    for key in ARRAYS:
        assert np.array_equal(getattr(first, key), getattr(again, key))
        assert not np.array_equal(getattr(first, key), getattr(second, key))
    speed = first.distances.sum() / first.durations.sum()
    assert 5 < speed < 25  # m/s


def test_streets_have_one_ways_and_arterials() -> None:
    """Some streets lead one way only, and some are much faster than others."""
    graph = synthetic_streets(1)
    arcs = set(zip(graph.edge_tails.tolist(), graph.heads.tolist(), strict=True))
    alone = sum((b, a) not in arcs for a, b in arcs)
    assert 0.1 < alone / len(arcs) < 0.4
    seconds, metres = graph.metrics["duration"], graph.metrics["distance"]
    speed = metres / np.maximum(seconds, 1)
    assert np.quantile(speed, 0.95) > 1.7 * np.quantile(speed, 0.2)
    with pytest.raises(InputError, match="side"):
        synthetic_streets(0, side=3)


def test_places_lie_on_streets() -> None:
    """Drawn places are on a straight line between the ends of some street."""
    graph = synthetic_streets(5, side=8)
    points = points_on_streets(graph, 50, seed=1)
    snaps = RoadNetwork(graph).place(points).distances_m
    assert snaps.max() < 0.5
    assert not np.array_equal(points, points_on_streets(graph, 50, seed=2))


def test_a_built_area_is_what_the_provider_says() -> None:
    """Tables asked for piece by piece are those of one question, to a tenth."""
    graph = synthetic_streets(5, side=8)
    provider = NetworkProvider(RoadNetwork(graph), cache=False)
    points = points_on_streets(graph, 23, seed=1)
    told: list[tuple[int, int]] = []
    area = build_area(provider, points, side=7, on_progress=lambda *at: told.append(at))
    table = provider.table(points)
    assert told[-1] == (16, 16)
    assert np.abs(area.durations * 0.1 - table.durations).max() <= 0.05 + 1e-9
    assert np.abs(area.distances * 0.1 - table.distances).max() <= 0.05 + 1e-9
    assert "routesolve" in area.version


def test_places_that_are_cut_off_are_left_out() -> None:
    """Far from a street, without a way out or without a way in: dropped, the rest is complete."""
    table = np.full((8, 8), 5.0)
    table[2, :] = np.inf
    table[:, 5] = np.inf
    snaps = np.zeros(8)
    snaps[7] = 1000.0
    area = build_area(Given(table, snaps), on_a_line(8), side=3)
    assert area.points[:, 0].tolist() == [0, 1, 3, 4, 6]
    assert area.connected
    assert (area.distances == 2 * area.durations).all()
    with pytest.raises(InputError, match="0 of 3 places"):
        build_area(Given(table[:3, :3], snaps[:3] + 900), on_a_line(3))


def test_two_halves_without_a_bridge_leave_one() -> None:
    """Of two parts that have no way to each other the pool keeps one."""
    table = np.kron(np.where(np.eye(2) > 0, 1.0, np.inf), np.ones((4, 4)))
    area = build_area(Given(table, np.zeros(8)), on_a_line(8))
    assert area.size == 4


def test_an_area_comes_over_http_as_well() -> None:
    """An OSRM server is asked in pieces; places on its island are left out."""
    rng = np.random.default_rng(3)
    points = rng.uniform(6.0, 6.01, (30, 2)).round(6)
    points[[4, 9], 0] += 1.0
    with serving() as stub:
        stub.island = 7.0
        area = build_area(HttpProvider(stub.url, cache=False), points, side=12)
    kept = np.delete(points, [4, 9], axis=0)
    apart = np.abs(kept[:, None] - kept[None]).sum(axis=2)
    assert np.array_equal(area.points, kept)
    assert np.abs(area.durations * 0.1 - 1000 * apart).max() <= 0.051
    assert np.abs(area.distances * 0.1 - 100_000 * apart).max() <= 0.051
    assert area.engine == "HttpProvider"


@pytest.mark.parametrize("compressed", [True, False])
def test_a_saved_pool_is_read_back(pool: Pool, tmp_path: Path, compressed: bool) -> None:
    """Tables, places and texts are the same afterwards, and equal pools are equal files."""
    named = join([pool, Pool((renamed(pool.areas[0], name="Ä", licence="ODbL"),))])
    named.save(tmp_path / "a.npz", compressed=compressed)
    named.save(tmp_path / "b.npz", compressed=compressed)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    again = Pool.load(tmp_path / "a.npz")
    assert len(again.areas) == 3
    for area, same in zip(named.areas, again.areas, strict=True):
        for key in (*ARRAYS, *TEXTS):
            assert np.array_equal(getattr(area, key), getattr(same, key))
        assert not same.durations.flags.writeable


def test_damaged_files_are_refused(pool: Pool, tmp_path: Path) -> None:
    """Cut off, flipped, foreign, missing: one error that says what to do, never a wrong table."""
    path = tmp_path / "pool.npz"
    pool.save(path)
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(60):
        raw = bytearray(whole)
        raw[int(rng.integers(len(raw)))] ^= 1 << int(rng.integers(8))
        path.write_bytes(raw)
        try:
            read = Pool.load(path)
        except InputError:
            continue
        for area, same in zip(pool.areas, read.areas, strict=True):
            assert np.array_equal(area.durations, same.durations)
    for cut in (0, 10, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:cut])
        with pytest.raises(InputError, match=r"pool\.npz"):
            Pool.load(path)
    with pytest.raises(InputError, match="cannot read the pool"):
        Pool.load(tmp_path / "none.npz")
    np.savez(path, meta=np.frombuffer(b'{"format": "other"}', np.uint8))
    with pytest.raises(InputError, match="not a saved pool"):
        Pool.load(path)
    late = b'{"format": "routesolve-pool", "version": 99}'
    np.savez(path, meta=np.frombuffer(late, np.uint8))
    with pytest.raises(InputError, match="later version"):
        Pool.load(path)


def test_tables_that_do_not_fit_are_refused(pool: Pool) -> None:
    """Wrong shapes, types and numbers are all named."""
    area = pool.areas[0]
    with pytest.raises(InputError) as caught:
        Area(area.points, area.durations[:-1].copy(), area.distances - 7)
    assert len(caught.value.problems) == 2
    with pytest.raises(InputError, match="no places on Earth"):
        Area(area.points + 400, area.durations, area.distances)
    with pytest.raises(InputError, match="without areas"):
        Pool(())
