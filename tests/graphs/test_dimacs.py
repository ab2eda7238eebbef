"""Tests of the DIMACS reader."""

from __future__ import annotations

import gzip
import lzma
from pathlib import Path

import numpy as np
import pytest

from routesolve.errors import InputError
from routesolve.graphs import load_graph, many_to_many
from routesolve.graphs.readers.dimacs import read_dimacs

ARCS = (
    b"c made up\np sp 4 5\nc the arcs\na 1 2 5\na 2 3 7\nc half way\na 3 1 2\na 1 3 20\na 3 3 1\n"
)
PLACES = (
    b"c x\np aux sp co 4\nv 2 -73000000 40000000\nv 1 -73010000 40000000\n"
    b"v 3 -73000000 40010000\nv 4 5 5\n"
)


def write(path: Path, content: bytes) -> Path:
    """A file with this content."""
    path.write_bytes(content)
    return path


def test_arcs_and_places(tmp_path: Path) -> None:
    """Weights stay the integers they are; the other metric is the straight line."""
    arcs = write(tmp_path / "town.time.gr", ARCS)
    graph = read_dimacs(arcs, coordinates=write(tmp_path / "t.co", PLACES), unit=0.1)
    assert (graph.n, graph.m, graph.name) == (4, 5, "town")
    assert graph.node_ids.tolist() == [1, 2, 3, 4]
    assert graph.metrics["duration"].tolist() == [5, 20, 7, 2, 1]
    assert graph.metrics["distance"][0] == pytest.approx(851_820, rel=1e-3)
    assert graph.coordinates is not None
    assert graph.coordinates[0].tolist() == [-73.01, 40.0]
    assert many_to_many(graph, [0], [2]).durations.tolist() == [[1.2]]
    far = write(tmp_path / "far.co", PLACES.replace(b"v 3 -73000000", b"v 3 107000000"))
    assert read_dimacs(arcs, coordinates=far).units["distance"] == 1.0


def test_packed_and_recognised(tmp_path: Path) -> None:
    """Packed by gzip and xz; load_graph tells by the content."""
    for pack in (gzip.compress, lzma.compress, bytes):
        graph = load_graph(write(tmp_path / "thing", pack(ARCS)))
        assert graph.m == 5
        assert graph.metrics["distance"].tolist() == graph.metrics["duration"].tolist()


def test_without_a_header(tmp_path: Path) -> None:
    """Files of arcs alone number their nodes from 0, or from 1 when nothing says 0."""
    graph = load_graph(write(tmp_path / "a.gr", b"a 0 2 5\na 2 0 6\n"))
    assert (graph.n, graph.heads.tolist()) == (3, [2, 0])
    graph = load_graph(write(tmp_path / "b.gr", b"a 1 2 5\na 2 1 6\n"))
    assert (graph.n, graph.heads.tolist()) == (2, [1, 0])


def test_two_metrics(tmp_path: Path) -> None:
    """Durations from one file, distances from another with the same arcs."""
    times = write(tmp_path / "t.gr", ARCS)
    metres = write(tmp_path / "d.gr", ARCS.replace(b"a 1 2 5", b"a 1 2 50"))
    graph = read_dimacs(times, distances=metres, distance_unit=0.1)
    assert many_to_many(graph, [0], [1]).distances.tolist() == [[5.0]]
    other = write(tmp_path / "o.gr", ARCS.replace(b"a 1 2 5", b"a 1 4 5"))
    with pytest.raises(InputError, match="not the arcs of"):
        read_dimacs(times, distances=other)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (ARCS.replace(b"a 2 3 7", b"a 2 x 7"), r"bad\.gr:5: .*'a 2 x 7'"),
        (ARCS.replace(b"a 2 3 7", b"a 2 7"), r"bad\.gr:5: .*'a 2 7'"),
        (ARCS.replace(b"a 2 3 7", b"a 2 3 7 8"), "'a 2 3 7 8'"),
        (ARCS.replace(b"a 2 3 7", b"a 2 5 7"), r"joins 2 and 5, but nodes are 1 \.\. 4"),
        (ARCS.replace(b"a 2 3 7", b"a 2 3 -7"), "weight -7"),
        (ARCS.replace(b"a 2 3 7", b"a 2 3 99999999999"), "weight 99999999999"),
        (ARCS[:60], "cut off|not a line"),
        (b"p sp 4\n", "no line 'p sp NODES ARCS'"),
        (b"", "no line 'p sp NODES ARCS'"),
        # The content is part of the test's name, so it must not carry the time.
        (gzip.compress(ARCS, mtime=0)[:-9], "damaged or cut off"),
        (b"\xfd7zXZ\x00....", "damaged or cut off"),
    ],
)
def test_bad_files(tmp_path: Path, content: bytes, message: str) -> None:
    """Each error names the file and says what is wrong, with the line where there is one."""
    with pytest.raises(InputError, match=message) as caught:
        read_dimacs(write(tmp_path / "bad.gr", content))
    assert "bad.gr" in str(caught.value)


def test_bad_places_and_options(tmp_path: Path) -> None:
    """Missing nodes, other files, units that are none, files that are not there."""
    arcs = write(tmp_path / "t.gr", ARCS)
    with pytest.raises(InputError, match=r"each of the nodes 1 \.\. 4"):
        read_dimacs(arcs, coordinates=write(tmp_path / "t.co", PLACES.replace(b"v 4", b"v 3")))
    with pytest.raises(InputError, match="p aux sp co"):
        read_dimacs(arcs, coordinates=arcs)
    with pytest.raises(InputError, match="unit"):
        read_dimacs(arcs, unit=0.0)
    with pytest.raises(InputError, match="unknown metric"):
        read_dimacs(arcs, metric="comfort")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="cannot read"):
        read_dimacs(tmp_path / "missing.gr")


def test_new_york(data_dir: Path) -> None:
    """The challenge's New York: as many nodes and arcs as its header says, at its places."""
    roads = data_dir / "roads"
    graph = read_dimacs(roads / "USA-road-t.NY.gr.gz", coordinates=roads / "USA-road-d.NY.co.gz")
    assert (graph.n, graph.m) == (264_346, 733_846)
    assert graph.coordinates is not None
    assert np.allclose(graph.coordinates.mean(axis=0), [-73.93, 40.85], atol=0.2)
    assert load_graph(roads / "bremen_time.gr.gz").n == 40_461
