"""The real OSRM, in process and over its server: run with Python >= 3.12 and ``-m osrm``."""

from __future__ import annotations

import gc
import pickle
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from routesolve.errors import InputError, RoutingError
from routesolve.graphs import RoadNetwork, load_network
from routesolve.graphs.providers import osrm_data
from routesolve.graphs.providers.base import TravelTable
from routesolve.graphs.providers.http import HttpProvider
from routesolve.graphs.providers.osrm import OsrmProvider
from tests.conftest import ROOT

pytestmark = [pytest.mark.osrm, pytest.mark.usefixtures("wheel")]

Floats = npt.NDArray[np.float64]

GRID = (
    '<osm version="0.6"><node id="1" lon="7.000" lat="43.000"/><node id="2" lon="7.004" '
    'lat="43.000"/><node id="3" lon="7.004" lat="43.004"/><way id="1"><nd ref="1"/><nd ref="2"/>'
    '<tag k="highway" v="residential"/></way><way id="2"><nd ref="2"/><nd ref="3"/>'
    '<tag k="highway" v="{kind}"/></way></osm>'
)


@pytest.fixture
def extract(tmp_path: Path) -> Path:
    """Two streets."""
    path = tmp_path / "two.osm"
    path.write_text(GRID.format(kind="residential"), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def monaco(data_dir: Path) -> Path:
    """A small country, a hard one: one-way streets, tunnels, roundabouts."""
    path = data_dir / "osm" / "test" / "monaco.osm.pbf"
    if not path.exists():
        pytest.skip("the extract is absent")
    return path


def _datasets(cache: Path) -> list[str]:
    return sorted(path.name for path in (cache / "osrm").glob("*"))


# -- datasets ------------------------------------------------------------------------------------


def test_a_dataset_is_built_once(
    extract: Path, cache: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With one line on standard error; the second time it is there."""
    OsrmProvider(extract)
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith("OSRM builds two.osm (car), once: extract ...")
    assert err.count("\n") == 1
    (name,) = _datasets(cache)
    assert name.startswith("two-car-")

    def build(*arguments: Any) -> None:
        raise AssertionError("built again")

    monkeypatch.setattr(osrm_data, "_build", build)
    elsewhere = extract.with_name("copy.osm")
    shutil.copy(extract, elsewhere)
    again = OsrmProvider(extract)
    assert again.travel([[7.0, 43.0], [7.004, 43.0]]).durations[0, 1] > 0
    assert capfd.readouterr() == ("", "")


def test_other_content_or_profile_is_another_dataset(extract: Path, cache: Path) -> None:
    """Whatever the file is called."""
    first = OsrmProvider(extract)
    extract.write_text(GRID.format(kind="primary"), encoding="utf-8")
    second, third = OsrmProvider(extract), OsrmProvider(extract, profile="foot")
    assert len(_datasets(cache)) == 3
    assert len({p.identity for p in (first, second, third)}) == 3
    ends = [[7.004, 43.0], [7.004, 43.004]]
    seconds = [p.travel(ends).duration(0, 1) for p in (third, first, second)]
    assert seconds == sorted(set(seconds), reverse=True)


@pytest.mark.parametrize("step", [0, 1, 2])
@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
def test_an_interrupted_build_leaves_nothing(
    extract: Path,
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    step: int,
    error: type[BaseException],
) -> None:
    """At whichever step; the next one starts afresh and ends well."""
    run, steps = osrm_data._run, iter(range(3))

    def stopped(command: list[str]) -> tuple[int, str]:
        if next(steps) == step:
            raise error
        return run(command)

    with monkeypatch.context() as patch:
        patch.setattr(osrm_data, "_run", stopped)
        with pytest.raises((KeyboardInterrupt, RoutingError)):
            OsrmProvider(extract)
    assert _datasets(cache) == []
    assert OsrmProvider(extract).travel([[7.0, 43.0], [7.004, 43.0]]).durations[0, 1] > 0


def test_stopping_stops_the_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """What we have started does not go on behind our back, nor what that has started."""
    started: list[subprocess.Popen[str]] = []
    communicate = subprocess.Popen.communicate

    def interrupted(process: Any, *arguments: Any, **options: Any) -> Any:
        started.append(process)
        if len(started) == 1:
            assert process.stdout.readline() == "grandchild\n"
            raise KeyboardInterrupt
        return communicate(process, *arguments, **options)

    monkeypatch.setattr(subprocess.Popen, "communicate", interrupted)
    inner = "import time; print('grandchild', flush=True); time.sleep(600)"
    outer = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {inner!r}])"
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        osrm_data._run([sys.executable, "-c", outer])
    # Its output ends only when all that write to it have ended.
    assert started[0].returncode is not None
    assert time.monotonic() - begun < 300


def test_a_half_removed_dataset_is_built_again(extract: Path, cache: Path) -> None:
    """A folder without the file that is written last counts as none."""
    OsrmProvider(extract)
    (folder,) = (cache / "osrm").iterdir()
    next(folder.glob("*.mldgr")).unlink()
    assert OsrmProvider(extract).travel([[7.0, 43.0], [7.004, 43.0]]).durations[0, 1] > 0
    assert len(_datasets(cache)) == 1


def test_what_killed_processes_leave_is_removed(extract: Path, cache: Path) -> None:
    """But not what another process is building right now."""
    import os

    old, new = cache / "osrm" / ".building-old", cache / "osrm" / ".building-new"
    for folder in (old, new):
        folder.mkdir(parents=True)
    os.utime(old, (1, 1))
    OsrmProvider(extract)
    assert not old.exists()
    assert new.exists()


def test_without_a_cache_the_dataset_goes_with_the_provider(extract: Path, cache: Path) -> None:
    """Nothing is kept."""
    provider = OsrmProvider(extract, cache=False)
    assert provider.travel([[7.0, 43.0], [7.004, 43.0]]).durations[0, 1] > 0
    assert not cache.exists()
    base = provider._base
    assert base.parent.exists()
    del provider
    gc.collect()
    assert not base.parent.exists()


@pytest.mark.parametrize("content", [b"", b"hello", b"<osm version='0.6'></osm>"])
@pytest.mark.parametrize("suffix", ["osm", "osm.pbf", "txt"])
def test_what_is_no_extract(tmp_path: Path, cache: Path, content: bytes, suffix: str) -> None:
    """An error that names the file and what OSRM says; nothing is left."""
    path = tmp_path / f"bad.{suffix}"
    path.write_bytes(content)
    with pytest.raises(InputError) as error:
        OsrmProvider(path)
    assert str(path) in str(error.value)
    assert _datasets(cache) == []


def test_what_is_not_there(extract: Path, tmp_path: Path) -> None:
    """Files, profiles and datasets that do not exist."""
    with pytest.raises(InputError, match="cannot read the extract"):
        OsrmProvider(tmp_path / "none.osm.pbf")
    with pytest.raises(InputError, match="no profile 'boat'"):
        OsrmProvider(extract, profile="boat")
    with pytest.raises(InputError, match="no dataset of OSRM"):
        OsrmProvider(tmp_path / "none.osrm")


def test_a_given_dataset(extract: Path, cache: Path) -> None:
    """One that OSRM has built before, by its base path; a damaged one is told."""
    built = OsrmProvider(extract)
    ends = [[7.0, 43.0], [7.004, 43.0]]
    given = OsrmProvider(built._base)
    np.testing.assert_array_equal(given.travel(ends).durations, built.travel(ends).durations)
    with pytest.raises(InputError, match="profile already"):
        OsrmProvider(built._base, profile="car")
    graph = built._base.with_name(f"{built._base.name}.mldgr")
    graph.write_bytes(graph.read_bytes()[:1000])
    with pytest.raises(RoutingError, match="cannot open"):
        OsrmProvider(built._base).table(ends)


# -- answers -------------------------------------------------------------------------------------


def test_every_place_without_a_street_is_named(extract: Path) -> None:
    """Where OSRM is told how far to look; it names the first one only."""
    import osrm

    provider = OsrmProvider(extract)
    near = osrm.OSRM(
        algorithm="MLD",
        storage_config=str(provider._base),
        use_shared_memory=False,
        default_radius=100.0,
    )
    provider._open = lambda: near  # type: ignore[method-assign]
    points = np.array([[7.0, 43.0], [7.1, 43.0], [7.004, 43.0], [7.2, 43.0]])
    with pytest.raises(RoutingError) as error:
        provider.table(points)
    assert [p.what for p in error.value.problems] == [
        "no street near [7.1, 43.0]",
        "no street near [7.2, 43.0]",
    ]


def test_nothing_is_said_in_the_end(extract: Path) -> None:
    """OSRM tells of what is open when Python ends; nothing of ours is."""
    code = (
        "from routesolve.graphs.providers.osrm import OsrmProvider\n"
        f"travel = OsrmProvider({str(extract)!r}).travel([[7.0, 43.0], [7.004, 43.0]])\n"
        "print(travel.durations[0, 1] > 0)\n"
        "raise SystemExit"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout == "True\n"
    assert "leaked" not in done.stderr


def test_kept_tables_are_read_back(monaco: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A large table is computed once."""
    points = np.random.default_rng(0).uniform((7.41, 43.725), (7.44, 43.75), (260, 2))
    first = OsrmProvider(monaco).table(points)
    monkeypatch.setattr(OsrmProvider, "_ask", None)
    again = OsrmProvider(monaco).table(points)
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, other)


def test_large_tables_come_in_parts(monaco: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The parts make up the same table."""
    points = np.random.default_rng(1).uniform((7.41, 43.725), (7.44, 43.75), (30, 2))
    provider = OsrmProvider(monaco)
    whole = provider.table(points)
    monkeypatch.setattr("routesolve.graphs.providers.osrm.SIDE", 7)
    for one, other in zip(whole, provider.table(points), strict=True):
        np.testing.assert_array_equal(one, other)
    again = pickle.loads(pickle.dumps(provider))
    np.testing.assert_array_equal(again.table(points).durations, whole.durations)


@pytest.fixture
def routed() -> Iterator[Callable[[Path], str]]:
    """Start OSRM's server on the loopback interface; it ends with the test."""
    running: list[subprocess.Popen[bytes]] = []

    def start(base: Path) -> str:
        import osrm

        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        program = Path(osrm.__file__).parent / "bin" / "osrm-routed"
        running.append(
            subprocess.Popen(
                [program, "-a", "MLD", "-i", "127.0.0.1", "-p", str(port), "-t", "1", str(base)],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )
        url = f"http://127.0.0.1:{port}"
        for _ in range(600):
            try:
                urllib.request.urlopen(url, timeout=5).close()
            except urllib.error.HTTPError as error:
                error.close()
                return url
            except OSError:
                time.sleep(0.05)
        raise AssertionError("the server does not start")

    yield start
    for process in running:
        process.terminate()
        process.wait()


def test_in_process_and_over_http_are_the_same(monaco: Path, routed: Callable[[Path], str]) -> None:
    """One dataset, two ways to ask: the same tables, in parts or not, and the same lines."""
    inside = OsrmProvider(monaco, cache=False)
    outside = HttpProvider(routed(inside._base), cache=False)
    points = np.random.default_rng(2).uniform((7.41, 43.725), (7.44, 43.75), (130, 2)).round(6)
    ours, theirs = inside.travel(points), outside.travel(points)
    np.testing.assert_allclose(ours.durations, theirs.durations, atol=1e-6)
    np.testing.assert_allclose(ours.distances, theirs.distances, atol=1e-6)
    np.testing.assert_allclose(ours.snap_distances, theirs.snap_distances, rtol=1e-6)
    assert np.isfinite(ours.durations).all()
    for i, j in ((0, 1), (5, 17), (129, 3)):
        np.testing.assert_allclose(ours.geometry(i, j), theirs.geometry(i, j), atol=1e-9)
    assert outside.side == 100


def test_the_server_takes_as_much_as_we_ask_for(
    monaco: Path, routed: Callable[[Path], str]
) -> None:
    """100 x 100 different places are within the limit that a server has by default."""
    inside = OsrmProvider(monaco, cache=False)
    outside = HttpProvider(routed(inside._base), cache=False)
    points = np.random.default_rng(3).uniform((7.41, 43.725), (7.44, 43.75), (202, 2)).round(6)
    table = outside.table(points[:101], points[101:])
    assert outside.side == 100
    np.testing.assert_allclose(
        table.durations, inside.table(points[:101], points[101:]).durations, atol=1e-6
    )


# -- our own roads beside those of OSRM ----------------------------------------------------------


def _close(ours: Floats, theirs: Floats, share: float) -> float:
    """Part of the pairs that agree; below a metre or a second a ratio says nothing."""
    apart = ~np.eye(len(ours), dtype=bool)
    a, b = ours[apart], theirs[apart]
    both = np.isfinite(a) & np.isfinite(b)
    near = np.zeros(len(a), dtype=bool)
    near[both] = np.abs(a[both] - b[both]) <= np.maximum(share * b[both], 1.0)
    return float(np.mean(near | (np.isinf(a) & np.isinf(b))))


def _agreement(ours: TravelTable, theirs: TravelTable) -> tuple[float, float]:
    return (
        _close(ours.distances, theirs.distances, 0.02),
        _close(ours.durations, theirs.durations, 0.05),
    )


def _junctions(network: RoadNetwork, count: int) -> Floats:
    streets = network.streets
    assert streets.coordinates is not None
    assert network.expansion is not None
    usable = np.unique(streets.edge_tails[network.expansion.node_of >= 0])
    chosen = np.random.default_rng(1).choice(usable, min(count, len(usable)), replace=False)
    return np.asarray(streets.coordinates[chosen])


def _scattered(points: Floats) -> Floats:
    """Up to 100 m off, in any direction."""
    random = np.random.default_rng(2)
    angle, radius = random.uniform(0, 2 * np.pi, len(points)), random.uniform(0, 100, len(points))
    north = np.cos(angle) * radius / 111_195
    east = np.sin(angle) * radius / 111_195 / np.cos(np.radians(points[:, 1]))
    return points + np.stack([east, north], axis=1)


AREAS = [
    "test/monaco",
    *(
        pytest.param(area, marks=pytest.mark.slow)
        for area in (
            "test/campo_grande",
            "train/andorra",
            "train/boston",
            "train/liechtenstein",
            "train/maribor",
            "train/milton_keynes",
            "train/oslo_east",
            "train/porto_alegre",
            "train/washington_dc",
        )
    ),
]


@pytest.mark.parametrize("area", AREAS)
@pytest.mark.parametrize("anywhere", [False, True], ids=["junctions", "anywhere"])
def test_our_roads_agree_with_osrm(data_dir: Path, area: str, anywhere: bool) -> None:
    """Distances within 2 % for 97 % of the pairs, durations within 5 % for 95 % of them."""
    extract = data_dir / "osm" / f"{area}.osm.pbf"
    if not extract.exists():
        pytest.skip("the extract is absent")
    pytest.importorskip("osmium")
    from routesolve.graphs.providers.network import NetworkProvider

    network = load_network(extract)
    points = _junctions(network, 250)
    points = _scattered(points) if anywhere else points
    theirs = OsrmProvider(extract, cache=False).table(points)
    if not anywhere:
        # A junction that OSRM puts elsewhere (on a street it starts on) says nothing about roads.
        points = points[theirs.source_snaps < 1.0]
        theirs = OsrmProvider(extract, cache=False).table(points)
    assert len(points) > 100
    ours = NetworkProvider(network, cache=False).table(points)
    near, soon = _agreement(ours, theirs)
    print(f"{area}: distances {near:.2%}, durations {soon:.2%} of {len(points)} places")
    assert near >= 0.97
    assert soon >= 0.95
