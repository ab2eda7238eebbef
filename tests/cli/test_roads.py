"""Commands about streets as their users meet them: graph, path, matrix, isochrone."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from routesolve.cli import group
from routesolve.cli.networks import graph as graph_group
from routesolve.graphs.graph import Graph
from routesolve.graphs.network import RoadNetwork
from routesolve.graphs.turns import Turns

A, B = "31.33,30.09", "31.35,30.10"


def town(west: float = -8.6, south: float = 41.1, *, island: bool = False) -> Graph:
    """A grid of 4 x 4 junctions, blocks about 100 m, rows named after letters."""
    n = 4
    points = [(west + 0.0012 * x, south + 0.0009 * y) for y in range(n) for x in range(n)]
    arcs = [(v, v + 1) for v in range(n * n) if v % n < n - 1]
    arcs += [(v, v + n) for v in range(n * (n - 1))]
    names = [f"Row {'abcd'[a // n]}" if b == a + 1 else f"Column {a % n}" for a, b in arcs]
    if island:
        points += [(west + 0.02, south), (west + 0.02, south + 0.0009)]
        arcs += [(n * n, n * n + 1)]
        names += ["Island Street"]
    tails, heads = np.array(arcs + [(b, a) for a, b in arcs]).T
    from routesolve.graphs.edge_data import Labels

    return Graph.from_edges(
        tails,
        heads,
        np.full(len(tails), 10.0),
        np.full(len(tails), 100.0),
        points,
        edge_attributes={
            "name": Labels.encode(names * 2),
            "road_class": Labels.encode(["residential"] * len(tails)),
        },
        name="Town",
        licence="CC0",
        attribution="© nobody",
    )


def save_town(name: str = "town.npz", **options: Any) -> str:
    """A town in a file in the current folder."""
    RoadNetwork(town(**options)).save(name)
    return name


# -- graph ---------------------------------------------------------------------------------------


def test_every_part_of_graph_has_help() -> None:
    """Both commands and all their options say what they do."""
    for name, command in graph_group.commands.items():
        assert command.help
        for option in command.params:
            assert option.param_type_name == "argument" or option.help  # type: ignore[attr-defined]
        assert CliRunner().invoke(group, ["graph", name, "--help"]).exit_code == 0


def test_build_info_and_path_on_the_built_file(cli: Any) -> None:
    """What build writes, info and path read; the index is in it."""
    town().save("plain.npz")
    code, out, err = cli("graph", "build", "plain.npz", "-o", "town.npz", "--index")
    assert code == 0
    assert "16 junctions, 48 arcs" in out
    assert "index" in err
    code, out, _ = cli("graph", "info", "town.npz", "--json")
    found = json.loads(out)
    assert code == 0
    assert found["junctions"] == 16
    assert found["street_km"] == 2.4
    assert found["one_way_share"] == 0
    assert found["road_class_km"] == {"residential": 2.4}
    assert found["index_bytes"] > 0
    assert found["attribution"] == "© nobody, CC0"
    code, out, _ = cli("graph", "info", "town.npz")
    assert code == 0
    for text in ("16 junctions", "2.4 km", "residential", "CC0", "every junction"):
        assert text in out


def test_info_counts_turns_and_parts(cli: Any) -> None:
    """Turns that are missing and islands are told."""
    streets = town(island=True)
    every = Turns.all_free(streets)
    onward = streets.heads[every.onto] != streets.edge_tails[every.before]
    counts = np.bincount(every.before[onward], minlength=streets.m)
    turns = Turns(indptr=np.concatenate([[0], np.cumsum(counts)]), onto=every.onto[onward])
    RoadNetwork(streets, turns).save("town.npz")
    found = json.loads(cli("graph", "info", "town.npz", "--json")[1])
    assert found["turns"]["allowed"] + found["turns"]["not_allowed"] == len(every)
    assert found["turns"]["not_allowed"] == streets.m  # a U-turn after each arc
    assert found["components"] == 2
    assert found["largest_component"] == 16


def test_build_from_openstreetmap(cli: Any, data_dir: Path) -> None:
    """A map is read with its turn restrictions; what was dropped is said."""
    pytest.importorskip("osmium")
    source = str(data_dir / "osm" / "test" / "monaco.osm.pbf")
    code, out, err = cli("graph", "build", source, "-o", "m.npz", "--json")
    document = json.loads(out)
    assert code == 0
    assert err == ""
    assert document["read"]["restrictions_applied"] > 0
    assert document["network"]["turns"]["not_allowed"] > 0
    code, _, err = cli("graph", "build", source, "-o", "m.npz", "--no-turns")
    assert code == 0
    assert "restrictions" in err
    assert "islands" in err
    assert json.loads(cli("graph", "info", "m.npz", "--json")[1])["turns"] is None


def test_build_refuses_before_it_reads(cli: Any) -> None:
    """Suffix and folder of the output are looked at first; a missing source is named."""
    for target in ("town.txt", "nowhere/town.npz"):
        code, _, err = cli("graph", "build", "absent.osm.pbf", "-o", target)
        assert code == 2
        assert target in err
        assert "absent" not in err
    code, _, err = cli("graph", "build", "absent.osm.pbf", "-o", "town.npz")
    assert code == 2
    assert "absent.osm.pbf" in err
    assert list(Path().iterdir()) == []


# -- path ----------------------------------------------------------------------------------------


def test_path_writes_every_format(cli: Any) -> None:
    """Table and directions on standard output; GeoJSON, JSON and a page in files."""
    targets = ["p.geojson", "p.json", "p.html"]
    outputs = [word for target in targets for word in ("-o", target)]
    code, out, err = cli("path", A, B, "--alternatives", "2", *outputs)
    assert code == 0
    assert "Best" in out
    assert "Alternative 1" in out
    assert "directions" in out
    assert all(target in err for target in targets)
    features = json.loads(Path("p.geojson").read_text("utf-8"))["features"]
    lines = [f for f in features if f["geometry"]["type"] == "LineString"]
    assert [f["properties"]["kind"] for f in lines][:2] == ["best", "alternative"]
    document = json.loads(Path("p.json").read_text("utf-8"))
    best = document["routes"][0]
    assert lines[0]["properties"]["duration"] == best["duration"]
    assert sum(s["distance"] for s in best["steps"]) == pytest.approx(best["distance"], abs=5)
    assert "OpenStreetMap" in Path("p.html").read_text("utf-8")


def test_path_answers_json_alone(cli: Any) -> None:
    """With --json standard output is one document, standard error is silent."""
    code, out, err = cli("path", A, B, "--json")
    document = json.loads(out)
    assert code == 0
    assert err == ""
    assert len(document["routes"]) == 1
    assert document["routes"][0]["stretch"] == 1
    assert [p["kind"] for p in document["places"]] == ["start", "end"]


@pytest.mark.parametrize("minus", ["-", "\u2212"])
def test_negative_longitudes_are_places(cli: Any, minus: str) -> None:
    """A place that begins with a hyphen is no option, alone or after --via."""
    save_town()
    places = [f"{minus}8.6,41.1", f"{minus}8.5964,41.1027"]
    via = ["--via", f"{minus}8.6,41.1027"]
    code, out, _ = cli("path", *places, *via, "--network", "town.npz", "--json")
    assert code == 0
    found = json.loads(out)
    assert found["routes"][0]["distance"] == pytest.approx(600)
    assert [p["kind"] for p in found["places"]] == ["start", "via", "end"]
    assert cli("path", "-x", A, B)[0] == 2  # unknown options are still refused
    assert cli("isochrone", places[0], "--network", "town.npz", "--minutes", "1")[0] == 0


def test_path_off_the_network(cli: Any) -> None:
    """Every place that is off is named, with how far, and the right order of numbers."""
    code, _, err = cli("path", "30.09,31.33", "10,50")
    assert code == 3
    assert "km away" in err
    assert "longitude comes first: 31.33,30.09" in err
    assert "this one covers 31.2" in err
    assert "2 problems" in err


@pytest.mark.parametrize("text", ["31.33", "a,b", "31.33,95", "nan,1", "1,2,3", ""])
def test_bad_places(cli: Any, text: str) -> None:
    """What is no place is an error with an example, as JSON too."""
    code, _, err = cli("path", text, B)
    assert code == 2
    assert "A:" in err
    assert "fix:" in err
    code, out, _ = cli("path", text, B, "--json")
    assert json.loads(out)["code"] == 2


def test_path_between_islands(cli: Any) -> None:
    """No way is exit code 3."""
    save_town(island=True)
    code, _, err = cli("path", "-8.6,41.1", "-8.58,41.1", "--network", "town.npz")
    assert code == 3
    assert err.strip()


def test_path_refuses_before_it_reads(cli: Any) -> None:
    """Targets, options and the network are checked, each with its name."""
    for arguments, word in (
        (["-o", "p.xyz"], "p.xyz"),
        (["-o", "nowhere/p.html"], "nowhere/p.html"),
        (["--via", A, "--alternatives", "2"], "--alternatives"),
        (["--network", "absent.npz"], "absent.npz"),
        (["--network", "http://localhost:5000"], "graph build"),
    ):
        code, _, err = cli("path", A, B, *arguments)
        assert code == 2
        assert word in err
    assert list(Path().iterdir()) == []


def test_start_is_end(cli: Any) -> None:
    """No way to go is a way of no length, drawn all the same."""
    code, out, _ = cli("path", A, A, "-o", "p.html", "-o", "p.geojson", "--json")
    assert code == 0
    assert json.loads(out)["routes"][0]["distance"] == 0


# -- matrix --------------------------------------------------------------------------------------

STOPS = "name,lon,lat,demand\nDepot,31.33,30.09,\nBakery,31.35,30.10,3\nClinic,31.34,30.08,2\n"


def test_matrix_is_what_vrp_reads(cli: Any) -> None:
    """The .npz and .json of a table of stops are travel for a plan of the same table."""
    Path("stops.csv").write_text(STOPS, "utf-8")
    code, out, err = cli("matrix", "stops.csv", "-o", "m.npz", "-o", "m.json", "-o", "m.csv")
    assert code == 0
    assert "6 of 6" in out
    assert "m.npz" in err
    with np.load("m.npz") as archive:
        durations, distances = archive["durations"], archive["distances"]
        assert archive["ids"].tolist() == ["Depot", "Bakery", "Clinic"]
        assert (archive["snap_distances"] < 1000).all()
    assert durations.shape == distances.shape == (3, 3)
    assert (np.diag(durations) == 0).all()
    document = json.loads(Path("m.json").read_text("utf-8"))
    assert np.allclose(document["durations"], durations, atol=0.06)
    rows = list(csv.DictReader(io.StringIO(Path("m.csv").read_text("utf-8"))))
    assert len(rows) == 6
    assert float(rows[0]["distance_m"]) == pytest.approx(distances[0, 1], abs=0.06)
    roads = json.loads(cli("vrp", "stops.csv", "--network", "cairo", "--time", "0.3", "--json")[1])
    for matrix in ("m.npz", "m.json"):
        given = cli("vrp", "stops.csv", "--matrix", matrix, "--time", "0.3", "--json")
        assert given[0] == 0
        plan = json.loads(given[1])
        assert plan["totals"]["served"] == 2
        assert plan["totals"]["driving"] == pytest.approx(roads["totals"]["driving"], abs=1)


def test_matrix_of_geojson_to_standard_output(cli: Any) -> None:
    """Points of GeoJSON are stops; without -o the pairs are the answer."""
    points = [("one", [31.33, 30.09]), ("two", [31.35, 30.10])]
    features = [
        {
            "type": "Feature",
            "properties": {"name": name},
            "geometry": {"type": "Point", "coordinates": at},
        }
        for name, at in points
    ]
    document = {"type": "FeatureCollection", "features": features}
    Path("stops.geojson").write_text(json.dumps(document), "utf-8")
    code, out, err = cli("matrix", "stops.geojson", "-q")
    assert code == 0
    assert err == ""
    rows = list(csv.reader(io.StringIO(out)))
    assert [row[:2] for row in rows] == [["from", "to"], ["one", "two"], ["two", "one"]]


def test_matrix_names_stops_that_cannot_be_reached(cli: Any) -> None:
    """Far and cut-off stops are named, exit code 3, nothing written; or written on demand."""
    save_town(island=True)
    text = "name,lon,lat\nd,-8.6,41.1\na,-8.5988,41.1\nfar,-8.0,41.0\nisle,-8.58,41.1004\n"
    Path("stops.csv").write_text(text, "utf-8")
    command = ["matrix", "stops.csv", "--network", "town.npz", "-o", "m.npz", "-o", "m.json"]
    code, _, err = cli(*command)
    assert code == 3
    assert "'far'" in err
    assert "'isle'" in err
    assert "'a'" not in err
    assert not Path("m.npz").exists()
    code, _, err = cli(*command, "--allow-unreachable")
    assert code == 0
    assert "'isle'" in err
    with np.load("m.npz") as archive:
        assert np.isinf(archive["durations"][0, 3])
        assert np.isfinite(archive["durations"][0, 1])
    assert json.loads(Path("m.json").read_text("utf-8"))["durations"][0][3] is None


def test_matrix_of_bad_stops(cli: Any) -> None:
    """A missing file, planar coordinates, lines for points: exit code 2 and the place."""
    assert cli("matrix", "absent.csv")[0] == 2
    Path("plane.csv").write_text("name,x,y\nd,100,200\na,300,400\n", "utf-8")
    code, _, err = cli("matrix", "plane.csv")
    assert code == 2
    assert "lon" in err
    line = {"type": "Feature", "geometry": {"type": "LineString", "coordinates": []}}
    Path("line.geojson").write_text(json.dumps(line), "utf-8")
    code, _, err = cli("matrix", "line.geojson")
    assert code == 2
    assert "line.geojson" in err


# -- isochrone -----------------------------------------------------------------------------------


def test_isochrone_in_bands(cli: Any) -> None:
    """Streets within each limit, as a table, GeoJSON and a page; bands do not overlap."""
    save_town()
    options = ["--network", "town.npz", "--km", "0.1,0.2,5"]
    targets = ["-o", "i.geojson", "-o", "i.html"]
    code, out, _ = cli("isochrone", "-8.6,41.1", *options, *targets)
    assert code == 0
    assert "2.4 km" in out
    document = json.loads(cli("isochrone", "-8.6,41.1", *options, "--json")[1])
    assert [band["limit"] for band in document["bands"]] == [100, 200, 5000]
    assert [band["street_m"] for band in document["bands"]] == pytest.approx([200, 600, 2400])
    lines = json.loads(Path("i.geojson").read_text("utf-8"))["features"]
    kinds = [f["properties"]["kind"] for f in lines]
    assert kinds.count("band") == 3
    assert "© nobody" in Path("i.html").read_text("utf-8")


def test_isochrone_in_minutes(cli: Any) -> None:
    """More time, more streets."""
    document = json.loads(cli("isochrone", A, "--minutes", "4,2", "--json")[1])
    lengths = [band["street_m"] for band in document["bands"]]
    assert 0 < lengths[0] < lengths[1]
    for text in ("", "0", "a,b", "-1", "inf"):
        assert cli("isochrone", A, f"--minutes={text}")[0] == 2
