"""``--matrix``: a file, a server, OSRM in process."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.graphs.providers.server import serving

STOPS = "id,lon,lat,demand\ndepot,7.0,43.0,\na,7.01,43.0,1\nb,7.01,43.02,1\n"


@pytest.fixture(autouse=True)
def stops(cli: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table of stops in the current folder; nothing is kept elsewhere."""
    monkeypatch.setenv("ROUTESOLVE_CACHE", str(tmp_path / "kept"))
    Path("stops.csv").write_text(STOPS, encoding="utf-8")


def test_a_server(cli: Any) -> None:
    """Costs are those of the server, and lines are its streets."""
    with serving() as stub:
        code, _, err = cli(
            "vrp", "stops.csv", "--matrix", stub.url, "--time", "0.3", "-o", "p.geojson", "-o",
            "p.json",
        )  # fmt: skip
    assert code == 0, err
    assert "OSRM" in err
    plan = json.loads(Path("p.json").read_text("utf-8"))
    assert plan["cost"] == pytest.approx(6000.0)
    lines = [
        feature["geometry"]["coordinates"]
        for feature in json.loads(Path("p.geojson").read_text("utf-8"))["features"]
        if feature["geometry"]["type"] == "LineString"
    ]
    assert [7.005, 43.0001] in lines[0]


def test_no_server(cli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 3: the roads do not answer."""
    from routesolve.graphs.providers import http

    monkeypatch.setattr(http.time, "sleep", lambda seconds: None)
    with serving() as stub:
        url = stub.url
    code, _, err = cli("vrp", "stops.csv", "--matrix", url)
    assert code == 3
    assert "does not answer" in err


def test_files(cli: Any) -> None:
    """Rows by the places that the file names, in any order."""
    rows = np.array([[0, 1, 9], [9, 0, 1], [1, 9, 0]])
    points = [[7.0, 43.0], [7.01, 43.0], [7.01, 43.02]]
    order = [2, 0, 1]
    np.savez("m.npz", durations=rows[np.ix_(order, order)], points=np.array(points)[order])
    code, out, _ = cli("vrp", "stops.csv", "--matrix", "m.npz", "--time", "0.3", "--json")
    assert code == 0
    assert json.loads(out)["cost"] == 3


@pytest.mark.parametrize("text", ["none.npz", "osrm:none.osm.pbf", "http://"])
def test_nothing_there(cli: Any, text: str) -> None:
    """Exit code 2, with a way out."""
    code, _, err = cli("vrp", "stops.csv", "--matrix", text)
    assert code == 2
    assert "fix:" in err or "pip install" in err


@pytest.mark.osrm
def test_osrm_in_process(cli: Any, data_dir: Path) -> None:
    """From the extract to the plan in one command; the answer alone on standard output."""
    if find_spec("osrm") is None:
        pytest.skip("osrm-bindings is not installed (it needs Python >= 3.12)")
    extract = data_dir / "osm" / "test" / "monaco.osm.pbf"
    if not extract.exists():
        pytest.skip("the extract is absent")
    table = "id,lon,lat,demand\ndepot,7.4190,43.7300,\na,7.4270,43.7400,1\nb,7.4200,43.7360,1\n"
    Path("stops.csv").write_text(table, encoding="utf-8")
    code, out, err = cli(
        "vrp", "stops.csv", "--matrix", f"osrm:{extract}", "--time", "0.3", "--json"
    )
    assert code == 0, err
    assert 2000 < json.loads(out)["cost"] < 20_000
