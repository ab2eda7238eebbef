"""Tests of the edge list reader."""

from __future__ import annotations

import bz2
import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routesolve.errors import InputError
from routesolve.graphs import load_graph
from routesolve.graphs.readers.edge_list import is_edge_list, read_edge_list


def write(path: Path, content: bytes) -> Path:
    """A file with this content."""
    path.write_bytes(content)
    return path


def test_snap(tmp_path: Path) -> None:
    """Comments, tabs, gaps in the numbers, loops, repeated edges; a comment says undirected."""
    text = b"# Undirected graph: x.txt\n# FromNodeId\tToNodeId\n7\t7\n7\t30\n1000000000000\t7\n"
    for pack in (gzip.compress, bz2.compress, bytes):
        graph = load_graph(write(tmp_path / "x.txt.gz", pack(text)))
        assert graph.node_ids.tolist() == [7, 30, 1_000_000_000_000]
        assert sorted(zip(graph.edge_tails.tolist(), graph.heads.tolist(), strict=True)) == [
            (0, 0),
            (0, 1),
            (0, 2),
            (1, 0),
            (2, 0),
        ]
        assert graph.metrics["duration"].tolist() == [1] * 5
        assert (graph.name, graph.units["duration"]) == ("x", 1.0)
    assert read_edge_list(tmp_path / "x.txt.gz", directed=True).m == 3


@pytest.mark.parametrize("separator", [" ", "\t", ",", ";", ", "])
def test_weights(tmp_path: Path, separator: str) -> None:
    """Whole weights keep the unit 1; fractions are kept to the thousandth, or as told."""
    path = tmp_path / "w.csv"
    path.write_text("\n".join(separator.join(row) for row in (("0", "1", "5"), ("1", "2", "7"))))
    graph = load_graph(path)
    assert (graph.metrics["distance"].tolist(), graph.units["distance"]) == ([5, 7], 1.0)
    path.write_text(path.read_text().replace("5", "2.5e-1"))
    graph = read_edge_list(path)
    assert (graph.metrics["duration"].tolist(), graph.units["duration"]) == ([250, 7000], 1e-3)
    assert read_edge_list(path, unit=0.05).metrics["duration"].tolist() == [5, 140]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"0 1\n1 two\n", r"bad\.txt:2: not an edge: '1 two'"),
        (b"0 1\n1 2 3 4\n", r"bad\.txt:2"),
        (b"0 1\n-1 2\n", r"bad\.txt:2"),
        (b"0 1\n1 2 3\n4 5\n2 3 4\n", "with and without a weight"),
        (b"0 1 -5\n", "weight -5"),
        (b"0 1 1e30\n", "weight 1e"),
        (b"hello", r"bad\.txt:1"),
        # The content is part of the test's name, so it must not carry the time.
        (gzip.compress(b"0 1\n" * 100, mtime=0)[:20], "damaged or cut off"),
    ],
)
def test_bad_files(tmp_path: Path, content: bytes, message: str) -> None:
    """The line that is no edge is named."""
    with pytest.raises(InputError, match=message):
        read_edge_list(write(tmp_path / "bad.txt", content))


def test_empty(tmp_path: Path) -> None:
    """A file of comments is a graph without nodes; a missing one is an error."""
    assert read_edge_list(write(tmp_path / "e.txt", b"# nothing\n\n")).n == 0
    with pytest.raises(InputError, match="cannot read"):
        read_edge_list(tmp_path / "missing")
    with pytest.raises(InputError, match="unit"):
        read_edge_list(write(tmp_path / "u.txt", b"0 1\n"), unit=-1.0)


@given(st.binary(max_size=60))
def test_recognising_never_fails(content: bytes) -> None:
    """Any bytes get an answer."""
    assert is_edge_list(content) in (True, False)


def test_what_is_no_edge_list() -> None:
    """Prose, tables with names, and lines of different kinds are left alone."""
    assert is_edge_list(b"# c\n0 1\n1 2\n")
    for text in (b"", b"# only\n", b"NAME : X\n1 2\n", b"id,lon,lat\n1,2,3\n", b"25 200\n1 2 3\n"):
        assert not is_edge_list(text)


def test_epinions(data_dir: Path) -> None:
    """A SNAP file as it is distributed."""
    graph = load_graph(data_dir / "bench" / "social" / "soc-Epinions1.txt.gz")
    assert (graph.n, graph.m) == (75_879, 508_837)
