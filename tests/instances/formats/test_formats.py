"""Recognition, sources and what all formats have in common."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest

from routesolve.errors import InputError, RoutesolveWarning
from routesolve.instances import formats
from routesolve.instances.formats import _json
from routesolve.instances.formats._source import stem
from routesolve.instances.instance import VrpInstance
from tests.instances.formats.samples import SAMPLES

NAMES = list(formats.FORMATS)


def problems(source: Any, **options: Any) -> list[str]:
    """Read something that is wrong, and return what is said about it."""
    with pytest.raises(InputError) as caught:
        formats.load(source, **options)
    return [str(problem) for problem in caught.value.problems]


def test_every_format_has_a_sample() -> None:
    """The samples that the other tests use cover the registry."""
    assert set(SAMPLES) == set(NAMES)


def test_keys_of_the_outermost_object() -> None:
    """Neither keys further in nor texts count, and the rest of the file need not be there."""
    head = '{"a": {"in": [1, {"deep": 2}]}, "b" : "text", "c": ["}", {"d'
    assert _json.top_level_keys(head) == {"a", "b", "c"}
    assert _json.has_key(head, "b")
    assert not _json.has_key(head, "deep")
    assert not _json.has_key(f"[{head}", "a")


@pytest.mark.parametrize("name", NAMES)
def test_recognised_by_content(name: str, tmp_path: Path) -> None:
    """A file is read for what it is, whatever its suffix says, gzipped or not."""
    for path in (tmp_path / "lie.docx", tmp_path / "lie.vrp"):
        path.write_bytes(gzip.compress(SAMPLES[name].encode()))
        assert formats.recognise(SAMPLES[name]) == name
        assert formats.load(path).task_count > 0


@pytest.mark.parametrize("name", NAMES)
def test_only_one_format_claims_a_sample(name: str) -> None:
    """No two formats recognise the same text."""
    assert [n for n in NAMES if formats.get(n).sniff(SAMPLES[name])] == [name]


@pytest.mark.parametrize("name", NAMES)
def test_encodings_and_line_ends(name: str) -> None:
    """Byte order marks, UTF-16, CRLF and Latin-1 make no difference."""
    text = SAMPLES[name]
    expected = formats.load(io.StringIO(text))
    crlf = text.replace("\n", "\r\n")
    for data in (
        b"\xef\xbb\xbf" + text.encode(),
        crlf.encode(),
        text.encode("utf-16"),
        text.replace("\n", "\r").encode(),
    ):
        assert formats.load(io.BytesIO(data)) == expected


def test_latin1_names() -> None:
    """A name in Latin-1 does not stop a file from being read."""
    data = SAMPLES["vrplib"].replace("tiny", "Zürich").encode("latin-1")
    assert formats.load(io.BytesIO(data)).name == "Zürich"


@pytest.mark.parametrize("name", NAMES)
def test_common_options(name: str) -> None:
    """Rounding, capacity and objective are options of every format."""
    dims = formats.load(io.StringIO(SAMPLES[name])).dimension_count or 1
    instance = formats.load(
        io.StringIO(SAMPLES[name]), rounding="up", objective="vehicles", capacity=(999.0,) * dims
    )
    assert instance.rounding == "up"
    assert instance.objective.vehicles >= 10
    assert all(kind.capacity == (999.0,) * dims for kind in instance.vehicle_types)


def test_number_of_vehicles() -> None:
    """The option sets the count of the only type, 0 frees it, and several types refuse it."""
    assert formats.load(io.StringIO(SAMPLES["vrplib"]), vehicles=3).vehicle_types[0].count == 3
    assert formats.load(io.StringIO(SAMPLES["solomon"]), vehicles=0).vehicle_types[0].count is None
    assert "2 vehicle types" in problems(io.StringIO(SAMPLES["hvrp"]), vehicles=3)[0]


@pytest.mark.parametrize("name", NAMES)
def test_unknown_options(name: str) -> None:
    """Unknown options and bad values are all named, with the nearest known name."""
    said = problems(
        io.StringIO(SAMPLES[name]), roundin="up", rounding="sideways", vehicles=-1, objective="x"
    )
    assert len(said) == 4
    assert "did you mean 'rounding'?" in said[0]


def test_vehicles_come_first() -> None:
    """The weight of a vehicle is above any saving in distance."""
    instance = formats.load(io.StringIO(SAMPLES["solomon"]), objective="vehicles")
    assert instance.objective.vehicles > 5 * float(instance.travel().distances.max())
    assert instance.rounding == "none"
    assert formats.load(io.StringIO(SAMPLES["solomon"])).rounding == "dimacs"


def test_dictionaries() -> None:
    """Dictionaries are native or VROOM's by their keys."""
    native, vroom = json.loads(SAMPLES["native"]), json.loads(SAMPLES["vroom"])
    assert len(formats.load(native).jobs) == 2
    assert formats.load(vroom).allow_unserved
    assert native["routesolve"] == 1  # the caller's dictionary is left as it was
    assert "cannot be read" in problems(native, format="vrplib")[0]


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """A dash reads standard input."""
    stream = io.TextIOWrapper(io.BytesIO(SAMPLES["top"].encode()))
    monkeypatch.setattr("sys.stdin", stream)
    assert len(formats.load("-").jobs) == 2


def test_name_comes_from_the_file(tmp_path: Path) -> None:
    """Formats without a name of their own take the file's."""
    path = tmp_path / "p01.txt.gz"
    path.write_bytes(gzip.compress(SAMPLES["cordeau"].encode()))
    assert formats.load(path).name == "p01"
    assert stem("a/X401.5.vrp.gz") == "X401.5"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "empty"),
        (b" \n\n", "empty"),
        (b"\x00\x01\x02" * 100, "no text file"),
        (bytes(range(256)) * 10, "no text file"),
        (b"PK\x03\x04rest", "zip archive"),
        (b"%PDF-1.7", "a PDF"),
        (b"\x1f\x8brest", "damaged or truncated gzip"),
        (gzip.compress(b"text" * 999, mtime=0)[:-10], "damaged or truncated gzip"),
        (b"<html>", "XML and HTML are not read"),
        (b"Route #1: 1 2\nCost 3", "looks like a plan"),
        (b"hello world", "no format that is known"),
        (b"[1, 2]", "JSON array"),
        (b'"text', "no format that is known"),
        (b'{"jobs": [', "ends too early"),
        (b'{"jobs": [}', "line 1, column 11"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"vehicles": [{"id": 1' + b"0" * 5000 + b"}]}", "not JSON"),
        (b'{"vehicle_types": [{"count": NaN}]}', "/vehicle_types/0/count: nan is no JSON number"),
        (b'{"vehicle_types": [{"count": 1, "count": 2}]}', "/vehicle_types/0: key 'count' occurs"),
        (b'{"vehicle_types": [{"id": "\\ud800"}]}', "/vehicle_types/0/id: half of a surrogate"),
        (b'{"routes": [], "summary": {}}', "this is a plan"),
        (b'{"routesolve": 2, "jobs": []}', "format version 2"),
        (b'{"job": [], "depots": []}', "did you mean 'jobs'?"),
    ],
)
def test_bad_content(content: bytes, expected: str, tmp_path: Path) -> None:
    """Each gets one clear error that names the file."""
    path = tmp_path / "file.json"
    path.write_bytes(content)
    said = problems(path)
    assert expected in "\n".join(said)
    assert all(line.startswith(str(path)) for line in said)


def test_garbage_is_refused_by_its_head() -> None:
    """Of binary garbage only the beginning is read."""

    class Endless(io.RawIOBase):
        """Gives zeros for ever and counts them."""

        given = 0

        def read(self, size: int = -1) -> bytes:
            """Give as many as asked for."""
            assert size > 0
            self.given += size
            return bytes(size)

    from routesolve.instances.formats import _source

    stream = Endless()
    with pytest.raises(InputError, match="no text file"):
        _source._guarded(stream)  # type: ignore[arg-type]
    assert stream.given == _source.HEAD


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda p: p, "this is a folder"),
        (lambda p: p / "missing.json", "no such file"),
        (lambda p: f"{p}\0", "no file name"),
        (lambda p: 17, "cannot read a problem from a int"),
    ],
)
def test_bad_sources(make: Any, expected: str, tmp_path: Path) -> None:
    """Folders, missing files and what is no source at all."""
    assert expected in problems(make(tmp_path))[0]


def test_unknown_format_names() -> None:
    """A misspelt format is answered with the nearest name."""
    assert "did you mean 'vrplib'?" in problems(io.StringIO(""), format="vrplb")[0]


def test_save_by_suffix_and_format(tmp_path: Path) -> None:
    """The suffix chooses the format unless it is named; what is wrong is said and not written."""
    instance = formats.load(io.StringIO(SAMPLES["vrplib"]))
    assert formats.save(instance, tmp_path / "a.json") == []
    assert formats.load(tmp_path / "a.json") == instance
    formats.save(instance, tmp_path / "a.vrp")
    assert formats.recognise((tmp_path / "a.vrp").read_text()) == "vrplib"
    formats.save(instance, tmp_path / "b.json", format="vroom")
    assert formats.recognise((tmp_path / "b.json").read_text()) == "vroom"
    for target, name, expected in (
        ("a.doc", None, "suffix '.doc'"),
        ("a.txt", "li-lim", "only read"),
        ("no/where.json", None, "cannot write here"),
    ):
        with pytest.raises(InputError, match=expected):
            formats.save(instance, tmp_path / target, format=name)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.json", "a.vrp", "b.json"]


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        ("vrplib", "2 4\n", "2 99\n", "line 15: job '1': amount 99 is above"),
        ("vrplib", "3 6 8", "3 6 x", "line 10: NODE_COORD_SECTION is 'x', not a number"),
        ("vrplib", "3 6 8", "2 6 8", "number 2 occurs 2 times"),
        ("vrplib", "DIMENSION : 5", "DIMENSION : 6", "has 5 rows, expected 6"),
        ("vrplib", "DIMENSION : 5", "", "DIMENSION is missing"),
        ("vrplib", "CAPACITY", "CAPACTIY", "line 6: unknown key 'CAPACTIY'"),
        ("vrplib", "DEMAND_SECTION", "DEMANDS_SECTION", "did you mean DEMAND_SECTION?"),
        ("vrplib", "EUC_2D", "EUC_4D", "EDGE_WEIGHT_TYPE 'EUC_4D' is not known"),
        ("vrplib", "DEPOT_SECTION\n1", "DEPOT_SECTION\n9", "there is no node 9"),
        ("solomon", "967", "667", "line 11: job '1': window ends at 667"),
        ("solomon", "  5         20", "  5", "1 values for the fleet"),
        ("solomon", "45         68", "45", "line 11: 6 values, expected 7"),
        ("li-lim", "0\t2", "0\t9", "line 3: node 1: there is no node 9"),
        ("li-lim", "0\t2", "0\t0", "line 3: node 1 names no partner"),
        ("li-lim", "-10", "-9", "pickup 1 takes 10, delivery 2 takes -9"),
        ("sartori-buriol", "3 0 14", "3 0", "line 17: 2 values, expected 3"),
        ("sartori-buriol", "SIZE: 3", "SIZE: 4", "SIZE is 4, but there are 3 nodes"),
        ("sartori-buriol", "CAPACITY: 300", "CAPACITY:", "CAPACITY is missing"),
        ("cordeau", "2 2 3 2", "1 2 3 2", "a periodic problem (PVRP)"),
        ("cordeau", "2 2 3 2", "2 2 4 2", "expected 4 customers and 2 depots"),
        ("cordeau", "12 1 2 1 2", "12 1 2 1", "line 5: 8 values, expected 9"),
        ("hvrp", "36  26  26", "", "expected 6"),
        ("hvrp", "36  26  26", "36  26  x", "line 7: demand is 'x', not a number"),
        ("top", "n 4", "n 5", "n is 5, but there are 4 points"),
        ("top", "9.000", "nine", "line 6: x is 'nine', not a number"),
    ],
)
def test_places_in_text_files(name: str, old: str, new: str, expected: str) -> None:
    """What is wrong in a text file is said with its line."""
    text = SAMPLES[name].replace(old, new, 1)
    assert text != SAMPLES[name]
    assert expected in "\n".join(problems(io.StringIO(text), format=name))


def test_all_bad_values_at_once() -> None:
    """Values that are no numbers and values that make no sense come in one error."""
    text = SAMPLES["vrplib"].replace("2 4\n", "2 x\n").replace("3 4\n", "3 -4\n")
    text = text.replace("5 5\n", "5 55\n")
    said = "\n".join(problems(io.StringIO(text)))
    assert "line 15: DEMAND_SECTION is 'x'" in said
    assert "line 16: job '2': expected a number >= 0, got -4.0" in said


def test_instances_of_the_readers() -> None:
    """The numbers of the samples arrive where they belong."""
    read: dict[str, VrpInstance] = {n: formats.load(io.StringIO(SAMPLES[n])) for n in NAMES}
    cordeau = read["cordeau"]
    assert [k.max_duration for k in cordeau.vehicle_types] == [310, float("inf")]
    assert [k.capacity for k in cordeau.vehicle_types] == [(50.0,), (60.0,)]
    assert [d.id for d in cordeau.depots] == ["4", "5"]
    hvrp = read["hvrp"]
    assert [(k.count, k.fixed_cost, k.cost_per_distance) for k in hvrp.vehicle_types] == [
        (4, 0.0, 1.0),
        (2, 5.0, 1.1),
    ]
    top = read["top"]
    assert [job.prize for job in top.jobs] == [7.0, 5.0]
    assert (top.objective.distance, top.vehicle_types[0].max_duration) == (0.0, 40.0)
    pair = read["li-lim"].shipments[1]
    assert (pair.id, pair.pickup.id, pair.delivery.id, pair.amount) == ("4", "4", "3", (5.0,))
    sartori = read["sartori-buriol"]
    assert sartori.vehicle_types[0].max_duration == 200
    assert sartori.travel().durations.tolist()[1] == [3, 0, 14]
    assert read["li-lim"].objective.vehicles > 0
    assert (
        formats.load(io.StringIO(SAMPLES["li-lim"]), objective="distance").objective.vehicles == 0
    )


def test_orienteering_without_an_end() -> None:
    """A last point with a score is one to visit: the tours return to the start, and it is said."""
    whole = formats.load(io.StringIO(SAMPLES["top"]))
    assert [d.id for d in whole.depots] == ["start", "end"]
    with pytest.warns(RoutesolveWarning, match="line 7: the last point has a score"):
        cut = formats.load(io.StringIO(SAMPLES["top"].replace("9.510\t0", "9.510\t5")))
    assert [d.id for d in cut.depots] == ["start"]
    assert (cut.vehicle_types[0].start, cut.vehicle_types[0].end) == ("start", "start")
    assert [job.prize for job in cut.jobs] == [7.0, 5.0, 5.0]
