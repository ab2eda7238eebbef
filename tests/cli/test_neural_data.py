"""The commands about pools: neural data build, neural data info."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
from click.testing import CliRunner

from routesolve.cli import group
from routesolve.cli.neural import neural
from routesolve.solvers.neural import areas
from routesolve.solvers.neural.pool import Pool
from tests.solvers.neural.maps import write_bad, write_town


def test_every_part_has_help() -> None:
    """All commands about data and all their options say what they do."""
    data = neural.commands["data"]
    assert isinstance(data, click.Group)
    for name, command in data.commands.items():
        assert command.help
        for option in command.params:
            assert option.param_type_name == "argument" or option.help  # type: ignore[attr-defined]
        assert CliRunner().invoke(group, ["neural", "data", name, "--help"]).exit_code == 0


def test_made_up_towns_are_built_and_shown(cli: Any) -> None:
    """No extract is needed; info tells what the file holds, for people and for programs."""
    build = ("neural", "data", "build", "--synthetic", "2", "--points", "12", "--seed", "3")
    code, out, err = cli(*build, "-o", "a.npz")
    assert code == 0
    assert out.startswith("a.npz: 2 areas, 24 places")
    assert "town 3: 12 places, asymmetry" in err
    code, out, err = cli(*build, "-o", "b.npz", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)["bytes"] == Path("b.npz").stat().st_size
    assert Path("a.npz").read_bytes() == Path("b.npz").read_bytes()
    code, out, _ = cli("neural", "data", "info", "a.npz")
    assert code == 0
    for part in ("town 3", "town 4", "CC0-1.0", "routesolve", "2 areas, 24 places"):
        assert part in out
    code, out, _ = cli("neural", "data", "info", "a.npz", "--json")
    found = json.loads(out)
    pool = Pool.load("a.npz")
    assert [about["places"] for about in found["areas"]] == [12, 12]
    assert found["areas"][0]["asymmetry"] == pytest.approx(pool.areas[0].asymmetry, abs=1e-4)
    assert found["areas"][0]["mean_seconds"] == pytest.approx(
        pool.areas[0].durations.mean() / 10, abs=0.05
    )


def test_extracts_are_built_on_our_own_network(cli: Any, tmp_path: Path) -> None:
    """The pool holds the places asked for, and whose data it is."""
    pytest.importorskip("osmium")
    town = write_town(tmp_path / "town.osm")
    code, out, _ = cli(
        "neural", "data", "build", str(town), "--engine", "own", "--points", "20", "-o", "a.npz"
    )
    assert code == 0
    assert out.startswith("a.npz: 1 area, 20 places")
    (area,) = Pool.load("a.npz").areas
    assert area.connected
    assert "OpenStreetMap contributors" in area.licence
    assert (
        "ODbL"
        in json.loads(cli("neural", "data", "info", "a.npz", "--json")[1])["areas"][0]["licence"]
    )


@pytest.mark.filterwarnings("default::routesolve.errors.RoutesolveWarning")
def test_a_failure_leaves_the_old_file(cli: Any, tmp_path: Path) -> None:
    """All bad extracts are named and nothing is written; --skip-bad writes the others."""
    pytest.importorskip("osmium")
    town, bad = write_town(tmp_path / "town.osm"), write_bad(tmp_path)
    Path("a.npz").write_text("old")
    sources = [str(path) for path in (*bad, town)]
    build = ("neural", "data", "build", *sources, "--engine", "own", "--points", "9", "-o", "a.npz")
    code, _, err = cli(*build)
    assert code == 2
    assert all(str(path) in err for path in bad)
    assert Path("a.npz").read_text() == "old"
    code, _, err = cli(*build, "--skip-bad")
    assert code == 0
    assert err.count("left out") == 2
    assert np.array_equal([area.name for area in Pool.load("a.npz").areas], ["town"])


def test_what_is_wrong_is_told_before_the_work(
    cli: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files, engines, targets, a missing OSRM, files that are no pools: one message, code 2."""
    code, _, err = cli("neural", "data", "build", "x.pbf", "y.pbf", "--engine", "z", "-o", "a.npz")
    assert code == 2
    assert "3 problems, nothing done" in err
    code, _, err = cli("neural", "data", "build", "--synthetic", "1", "-o", "a.csv")
    assert code == 2
    assert ".csv" in err
    code, _, err = cli("neural", "data", "build", "-o", "a.npz")
    assert code == 2
    assert "no area is asked for" in err
    monkeypatch.setattr(areas, "find_spec", lambda name: None)
    town = write_town(tmp_path / "town.osm")
    code, _, err = cli("neural", "data", "build", str(town), "-o", "a.npz")
    assert code == 2
    assert err.count("\n") == 1
    assert 'pip install "routesolve[osrm]"' in err
    code, _, err = cli("neural", "data", "info", str(town))
    assert code == 2
    assert "town.osm" in err
    assert not Path("a.npz").exists()
