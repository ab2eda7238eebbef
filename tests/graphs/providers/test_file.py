"""Matrix files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from routesolve.errors import InputError
from routesolve.graphs.providers.file import FileProvider, read_matrices

POINTS = [[7.0, 43.0], [7.1, 43.0], [7.2, 43.1]]
ROWS = [[0, 5, 7], [5, 0, 2], [8, 2, 0]]


def test_no_way_in_each_format(tmp_path: Path) -> None:
    """``inf`` in numbers, ``null`` in JSON."""
    rows = np.array(ROWS, dtype=float)
    rows[0, 2] = np.inf
    np.savez(tmp_path / "m.npz", distances=rows)
    np.savetxt(tmp_path / "m.csv", rows, delimiter=",")
    text = json.dumps({"durations": rows.tolist()}).replace("Infinity", "null")
    (tmp_path / "m.json").write_text(text, encoding="utf-8")
    for name in ("m.npz", "m.csv", "m.json"):
        travel = FileProvider(tmp_path / name).travel(POINTS)
        np.testing.assert_array_equal(travel.durations, rows)
        np.testing.assert_array_equal(travel.geometry(0, 2), np.array(POINTS)[[0, 2]])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.json", b'{"times": [[0]]}', "holds neither"),
        ("a.json", b'{"durations": [[0, 1], [1]]}', "not a matrix of numbers"),
        ("a.json", b'{"durations": "fast"}', "not a matrix of numbers"),
        ("a.json", b'{"durations": [[0, 1]]', "no matrix can be read"),
        ("a.csv", b"0,1\n-1,0", "-1 is not a travel cost"),
        ("a.csv", b"0,1,2\n1,0,2", "not square: 2 x 3"),
        ("a.csv", b"a,b\n1,0", "no matrix can be read"),
        ("a.npz", b"PK\x03\x04", "not a saved matrix, or damaged"),
        ("a.npy", b"\x93NUMPY", "no matrix can be read"),
        ("a.json", b'{"durations": [[0]], "points": [[1, 99]]}', "is not a place"),
    ],
    ids=range(10),
)
def test_bad_files(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    """A clear error that names the file."""
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=message) as error:
        FileProvider(path)
    assert str(path) in str(error.value)


def test_everything_wrong_is_told_at_once(tmp_path: Path) -> None:
    """Every bad entry of both matrices."""
    np.savez(tmp_path / "m.npz", durations=[[0, -1], [np.nan, 0]], distances=[[0, 1]])
    with pytest.raises(InputError) as error:
        FileProvider(tmp_path / "m.npz")
    assert len(error.value.problems) == 3


def test_places_are_the_rows(tmp_path: Path) -> None:
    """As many as there are rows; those that the file names, if it names them."""
    np.savez(tmp_path / "m.npz", durations=ROWS)
    with pytest.raises(InputError, match="2 places, but matrices of 3 rows"):
        FileProvider(tmp_path / "m.npz").travel(POINTS[:2])
    np.savez(tmp_path / "named.npz", durations=ROWS, points=POINTS)
    provider = FileProvider(tmp_path / "named.npz")
    assert provider.travel(np.array(POINTS) + 1e-9).n == 3
    with pytest.raises(InputError) as error:
        provider.travel([POINTS[0], POINTS[2], POINTS[1]])
    assert [str(p.where).rpartition(" ")[2] for p in error.value.problems] == [
        "points[1]",
        "points[2]",
    ]


def test_table_needs_the_places_of_the_rows(tmp_path: Path) -> None:
    """A table between some places is looked up by where they are."""
    np.savez(tmp_path / "m.npz", durations=ROWS)
    with pytest.raises(InputError, match="does not say which places"):
        FileProvider(tmp_path / "m.npz").table(POINTS)
    np.savez(tmp_path / "named.npz", durations=ROWS, distances=ROWS, points=POINTS)
    table = FileProvider(tmp_path / "named.npz").table(POINTS[::-1], POINTS[:1])
    np.testing.assert_array_equal(table.durations, [[8], [5], [0]])
    assert np.isnan(table.source_snaps).all()
    with pytest.raises(InputError, match=r"\[7.3, 43.1\] is not in this file"):
        FileProvider(tmp_path / "named.npz").table(POINTS, [[7.3, 43.1]])


def test_reading_gives_what_is_there(tmp_path: Path) -> None:
    """Matrices and places by name, nothing else."""
    np.savez(tmp_path / "m.npz", durations=ROWS, ids=["a", "b", "c"])
    assert list(read_matrices(tmp_path / "m.npz")) == ["durations"]
    with pytest.raises(InputError, match="cannot read the matrix"):
        read_matrices(tmp_path / "none.npz")
