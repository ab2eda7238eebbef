"""Areas of real towns: drawn on their streets, asked for of any engine, refused with reasons."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from routesolve.errors import InputError, MissingExtra, RoutesolveWarning, RoutingError
from routesolve.graphs import load_network
from routesolve.graphs.providers import http
from routesolve.solvers.neural import areas
from routesolve.solvers.neural.areas import build_pool, town_area
from routesolve.solvers.neural.pool import ARRAYS, Area, build_area, first, synthetic_area
from tests.graphs.providers.server import serving
from tests.graphs.providers.test_osrm import routed  # noqa: F401  # a fixture
from tests.solvers.neural.maps import write_bad, write_town
from tests.solvers.neural.test_pool import Given, on_a_line

pytest.importorskip("osmium")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is kept between tests."""
    monkeypatch.setenv("ROUTESOLVE_CACHE", str(tmp_path / "kept"))


@pytest.fixture
def town(tmp_path: Path) -> Path:
    """The extract of a small town."""
    return write_town(tmp_path / "town.osm")


def test_places_of_an_extract_lie_on_its_streets(town: Path) -> None:
    """As many as asked for, all connected, with their source; the seed decides which."""
    area = town_area(town, places=40, engine="own", seed=1)
    assert (area.size, area.connected) == (40, True)
    assert load_network(town).place(area.points).distances_m.max() < 0.5
    assert 0.02 < area.asymmetry < 1.0
    assert (area.name, area.engine, area.profile) == ("town", "routesolve", "car")
    assert "town.osm: OpenStreetMap" in area.source
    assert "ODbL" in area.licence
    assert "OpenStreetMap contributors" in area.licence
    (again,) = build_pool([town], places=40, engine="own", seed=1).areas
    (other,) = build_pool([town], places=40, engine="own", seed=2).areas
    for key in ARRAYS:
        assert np.array_equal(getattr(area, key), getattr(again, key))
        assert not np.array_equal(getattr(area, key), getattr(other, key))


def test_a_server_is_asked_in_pieces(town: Path) -> None:
    """Places that it has no way to are replaced by others, its tables are taken as they are."""
    with serving() as stub:
        stub.limit = 20
        everywhere = town_area(town, places=80, engine="own").points
        stub.island = float(np.quantile(everywhere[:, 0], 0.97))
        area = town_area(town, places=80, engine=stub.url)
        assert len(stub.requests) >= 16
    apart = np.abs(area.points[:, None] - area.points[None]).sum(axis=2)
    assert (area.size, area.connected) == (80, True)
    assert area.points[:, 0].max() < stub.island
    assert np.abs(area.durations * 0.1 - 1000 * apart).max() <= 0.06
    assert (area.engine, area.version) == ("osrm over http", "unknown")


def test_one_bad_extract_does_not_lose_the_others(town: Path, tmp_path: Path) -> None:
    """All are tried and all that fail are named; left out only where that is asked for."""
    sources = [*write_bad(tmp_path), town]
    with pytest.raises(InputError) as caught:
        build_pool(sources, places=10, engine="own")
    assert [str(sources[k]) in str(p) for k, p in enumerate(caught.value.problems)] == [True, True]
    told: list[Area] = []
    steps: list[tuple[int, int]] = []
    with pytest.warns(RoutesolveWarning, match="left out") as warned:
        pool = build_pool(
            sources,
            places=10,
            engine="own",
            skip_bad=True,
            on_area=told.append,
            on_progress=lambda *at: steps.append(at),
        )
    assert [area.name for area in pool.areas] == ["town"]
    assert tuple(told) == pool.areas
    assert len(warned) == 2
    assert steps[-1][0] == steps[-1][1]
    with pytest.raises(InputError):  # nothing is left
        build_pool(sources[:2], places=10, engine="own", skip_bad=True)


def test_what_can_be_known_before_is_told_at_once(town: Path) -> None:
    """Numbers, names and files, before any work."""
    with pytest.raises(InputError) as caught:
        build_pool([town, town, "none.pbf"], places=1, engine="boat", profile="ship")
    assert len(caught.value.problems) == 5
    with pytest.raises(InputError, match="map files only"):
        build_pool(["cairo"])
    with pytest.raises(InputError, match="no area"):
        build_pool()


def test_without_osrm_one_line_says_what_to_do(town: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command that installs it, the Python it needs, and what works without."""
    monkeypatch.setattr(areas, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra) as caught:
        build_pool([town])
    text = str(caught.value)
    assert "\n" not in text
    for part in ("pip install", "routesolve[osrm]", "Python >= 3.12", "--engine own"):
        assert part in text


def test_a_dead_server_ends_the_work(
    town: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is asked several times, but not again for the next extract."""
    waits: list[float] = []
    monkeypatch.setattr(http.time, "sleep", waits.append)
    with serving() as stub:
        url = stub.url
    with pytest.raises(RoutingError, match="tried 4 times"):
        build_pool([town, write_town(tmp_path / "other.osm")], places=10, engine=url)
    assert len(waits) == 3


def test_too_few_connected_places_are_refused(town: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Less than a share of what was asked for is an error, not a small area."""
    with serving() as stub:
        middle = np.median(town_area(town, places=80, engine="own").points[:, 0])
        stub.island = float(middle)
        assert 40 <= town_area(town, places=80, engine=stub.url).size < 60
        monkeypatch.setattr(areas, "FEWEST", 0.9)
        with pytest.raises(InputError, match="of 89 places have ways") as caught:
            town_area(town, places=80, engine=stub.url)
    assert str(town) in str(caught.value)


def test_negative_metres_are_not_believed() -> None:
    """OSRM tells them for some pairs: one place of each such pair is left out."""
    table = np.full((6, 6), 5.0)
    table[1, 4] = table[4, 1] = -1.1
    area = build_area(Given(table, np.zeros(6)), on_a_line(6))
    assert area.size == 5
    assert (area.durations[~np.eye(5, dtype=bool)] == 50).all()


def test_asymmetry_is_that_of_the_definition() -> None:
    """Mean over pairs of 2 |there - back| / (there + back); the first places are cut out."""
    area = synthetic_area(3, places=12, side=8)
    shares = []
    for i in range(12):
        for j in range(i):
            there, back = int(area.durations[i, j]), int(area.durations[j, i])
            shares.append(2 * abs(there - back) / (there + back))
    assert area.asymmetry == pytest.approx(np.mean(shares))
    part = first(area, 5)
    assert np.array_equal(part.distances, area.distances[:5, :5])
    assert np.array_equal(part.points, area.points[:5])
    assert first(area, 99).size == 12
    assert first(area, 1).asymmetry == 0.0


def test_made_up_towns_need_no_extract() -> None:
    """They are those of their seeds."""
    pool = build_pool(synthetic=2, places=15, seed=4)
    assert [area.name for area in pool.areas] == ["town 4", "town 5"]
    assert np.array_equal(pool.areas[1].durations, synthetic_area(5, places=15).durations)


# -- the real OSRM ---------------------------------------------------------------------------------


def _common(ours: Area, theirs: Area) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Numbers of the places that both have."""
    number = {tuple(point): k for k, point in enumerate(theirs.points.tolist())}
    pairs = [
        (k, number[tuple(point)])
        for k, point in enumerate(ours.points.tolist())
        if tuple(point) in number
    ]
    return np.array([k for k, _ in pairs]), np.array([k for _, k in pairs])


def _near(ours: Area, theirs: Area, key: str, share: float) -> float:
    """Share of pairs that differ by at most `share`, or a second or metre."""
    mine, yours = _common(ours, theirs)
    a = getattr(ours, key)[np.ix_(mine, mine)] * 0.1
    b = getattr(theirs, key)[np.ix_(yours, yours)] * 0.1
    apart = ~np.eye(len(a), dtype=bool)
    return float((np.abs(a - b) <= np.maximum(share * b, 1.0))[apart].mean())


@pytest.mark.osrm
@pytest.mark.parametrize("places", [300])
def test_osrm_in_process_over_http_and_our_own_agree(
    data_dir: Path,
    places: int,
    routed: Callable[[Path], str],  # noqa: F811
) -> None:
    """The same places: OSRM answers alike both ways, and our network nearly so."""
    pytest.importorskip("osrm", reason="osrm-bindings is not installed (Python >= 3.12)")
    from routesolve.graphs.providers.osrm import OsrmProvider

    extract = data_dir / "osm" / "test" / "monaco.osm.pbf"
    if not extract.exists():
        pytest.skip("the extract is absent")
    begun = time.perf_counter()
    inside = town_area(extract, places=places)
    seconds = time.perf_counter() - begun
    outside = town_area(extract, places=places, engine=routed(OsrmProvider(extract)._base))
    own = town_area(extract, places=places, engine="own")
    assert inside.size == outside.size == own.size == places
    assert inside.version.count(".") == 2
    assert len(_common(inside, outside)[0]) >= 0.98 * places
    # Over HTTP places are told to six digits: a tenth of a metre.
    same = _near(outside, inside, "durations", 0.001), _near(outside, inside, "distances", 0.001)
    soon, near = _near(own, inside, "durations", 0.05), _near(own, inside, "distances", 0.02)
    print(
        f"{places} places in {seconds:.1f} s, asymmetry {inside.asymmetry:.3f} (own "
        f"{own.asymmetry:.3f}); HTTP within 0.1 %: {same[0]:.2%} of durations, {same[1]:.2%} of "
        f"distances; own: {soon:.2%} of durations within 5 %, {near:.2%} of distances within 2 %"
    )
    assert min(same) >= 0.99
    assert soon >= 0.95
    assert near >= 0.95


@pytest.mark.osrm
def test_osrm_names_extracts_without_streets(town: Path, tmp_path: Path) -> None:
    """In process: the good one is built, the others are told."""
    pytest.importorskip("osrm", reason="osrm-bindings is not installed (Python >= 3.12)")
    bad = write_bad(tmp_path)
    with pytest.warns(RoutesolveWarning, match="left out"):
        pool = build_pool([*bad, town], places=30, skip_bad=True)
    (area,) = pool.areas
    assert (area.name, area.size, area.engine) == ("town", 30, "osrm")
