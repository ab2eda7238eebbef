"""The commands about social networks: index build, query, bench, picture."""

from __future__ import annotations

import builtins
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from routesolve.cli import group
from routesolve.cli.indexes import index as index_group
from routesolve.graphs.generators import chung_lu_csr, save_rows


def save_edges(name: str = "net.txt", *, extra: str = "") -> str:
    """A ring of vertices 10, 20 ... 200 with a hub 500, and 900 - 901 apart, each edge once."""
    lines = [f"{v} {v % 200 + 10}" for v in range(10, 201, 10)]
    lines += [f"500 {v}" for v in range(10, 201, 40)] + ["900 901"]
    Path(name).write_text("# Directed graph\n" + "\n".join(lines) + "\n" + extra)
    return name


def test_every_part_has_help() -> None:
    """All commands and all their options say what they do."""
    for name, command in index_group.commands.items():
        assert command.help
        for option in command.params:
            assert option.param_type_name == "argument" or option.help  # type: ignore[attr-defined]
        assert CliRunner().invoke(group, ["index", name, "--help"]).exit_code == 0


def test_build_and_query(cli: Any) -> None:
    """What build writes, query answers from, by the names in the edge list."""
    net = save_edges()
    code, out, err = cli("index", "build", net, "-o", "a.npz", "--core", "0.2", "--seed", "3")
    assert code == 0
    assert "5 vertices in the core" in out
    assert "23 vertices" in err
    code, out, _ = cli("index", "query", "a.npz", net, "20", "60", "--exact", "--path")
    assert code == 0
    hops, way = out.splitlines()
    assert hops.startswith("4 arcs (mode E")
    names = way.split()
    assert (names[0], names[-1], len(names)) == ("20", "60", 5)
    code, out, _ = cli("index", "query", "a.npz", net, "500", "20", "--mode", "H", "--json")
    found = json.loads(out)
    assert found.keys() == {"hops", "connected", "mode", "exact", "queries"}
    assert (found["connected"], found["mode"]) == (True, "H")
    assert found["hops"] >= 2
    code, out, _ = cli("index", "query", "a.npz", net, "10", "901", "--path", "--json")
    found = json.loads(out)
    assert (found["hops"], found["connected"], found["path"]) == (None, False, None)
    code, out, _ = cli("index", "query", "a.npz", net, "10", "901")
    assert "not connected" in out


def test_build_says_what_it_did(cli: Any) -> None:
    """JSON; the same seed gives the same file; labels for mode M."""
    net = save_edges()
    options = ("--core", "0.3", "--core-index", "pll", "--json")
    code, out, err = cli("index", "build", net, "-o", "a.npz", *options)
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert (found["vertices"], found["core"], found["queries"]) == (23, 7, 7)
    assert found["core"] + found["ring"] + found["periphery"] == 23
    cli("index", "build", net, "-o", "b.npz", *options)
    assert Path("a.npz").read_bytes() == Path("b.npz").read_bytes()
    code, out, _ = cli("index", "query", "a.npz", net, "10", "10", "--mode", "M", "--json")
    assert json.loads(out)["hops"] == 0


def test_directed(cli: Any) -> None:
    """Arcs that lead one way only."""
    net = save_edges()
    assert cli("index", "build", net, "-o", "a.npz", "--directed", "--core", "0.2")[0] == 0
    there = cli("index", "query", "a.npz", net, "10", "30", "--directed", "--exact", "--json")
    back = cli("index", "query", "a.npz", net, "30", "10", "--directed", "--exact", "--json")
    assert (json.loads(there[1])["hops"], json.loads(back[1])["hops"]) == (2, 18)


def test_folder_of_arrays(cli: Any) -> None:
    """A network that stays on disk; its vertices have no names but their numbers."""
    save_rows("net", chung_lu_csr(400, mean_degree=8.0, exponent=2.4, seed=1))
    assert cli("index", "build", "net", "-o", "a.npz")[0] == 0
    code, out, _ = cli("index", "query", "a.npz", "net", "3", "399", "--json")
    assert (code, json.loads(out)["mode"]) == (0, "E")
    assert cli("index", "build", "net", "-o", "a.npz", "--directed")[0] == 2


def test_bench(cli: Any) -> None:
    """Accuracy, time and reach of every method."""
    save_rows("net", chung_lu_csr(2000, mean_degree=8.0, exponent=2.4, seed=1))
    options = ("--core", "0.05", "--core-index", "pll", "--pairs", "300")
    code, out, _ = cli("index", "bench", "net", *options, "--json")
    assert code == 0
    found = json.loads(out)
    assert [row["method"] for row in found["methods"]] == ["both ends", "E", "H", "M"]
    for row in found["methods"]:
        assert row["microseconds"] > 0
        assert row["exact"] <= row["within_1"] <= row["within_2"] <= 1
        assert 0 < row["read"] <= 1
    assert found["methods"][0]["exact"] == 1
    assert found["methods"][1]["exact"] > 0.8
    code, out, _ = cli("index", "bench", "net", "--pairs", "50")
    assert code == 0
    assert "vertices read" in out
    assert " M " not in out


def test_picture(cli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A PNG; without matplotlib the command that installs it."""
    pytest.importorskip("matplotlib")
    net = save_edges()
    cli("index", "build", net, "-o", "a.npz", "--core", "0.2")
    code, _, err = cli("index", "picture", "a.npz", net, "-o", "a.png")
    assert (code, "a.png" in err) == (0, True)
    assert Path("a.png").read_bytes().startswith(b"\x89PNG")
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    code, _, err = cli("index", "picture", "a.npz", net, "-o", "b.png")
    assert code == 2
    assert 'pip install "routesolve[plots]"' in err
    assert not Path("b.png").exists()


def test_what_goes_wrong(cli: Any) -> None:
    """Bad names, files and options: exit code 2, and nothing is written."""
    net = save_edges()
    other = save_edges("other.txt", extra="10 900\n")
    cli("index", "build", net, "-o", "a.npz")
    for arguments, said in (
        (("query", "a.npz", net, "10", "11"), "no node 11"),
        (("query", "a.npz", net, "10", "x"), "no vertex"),
        (("query", "a.npz", other, "10", "20"), "another graph"),
        (("query", net, net, "10", "20"), "index"),
        (("query", "a.npz", net, "10", "20", "--mode", "M"), "labels"),
        (("build", "none.txt", "-o", "b.npz"), "none.txt"),
        (("build", net, "-o", "b.txt"), "suffix"),
        (("build", net, "-o", "b.npz", "--core", "2"), "core"),
        (("picture", "a.npz", net, "-o", "b.gif"), "suffix"),
    ):
        code, _, err = cli("index", *arguments)
        assert code == 2
        assert said in err
    assert not list(Path().glob("b.*"))


def test_degrees_of_a_picture() -> None:
    """How many vertices have at least so many neighbours."""
    from routesolve.graphs.core_pictures import at_least

    values, above = at_least(np.array([0, 3, 1, 3, 7]))
    assert values.tolist() == [1, 3, 7]
    assert above.tolist() == [4, 3, 1]
