"""Tables of stops."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from routesolve.errors import InputError, RoutesolveWarning
from routesolve.instances import formats
from routesolve.instances.formats import _cells, table
from routesolve.instances.instance import VrpInstance
from tests.instances.formats.samples import TABLE

pd = pytest.importorskip("pandas")


def load(text: str, **options: Any) -> VrpInstance:
    """Read a CSV text."""
    return formats.load(io.StringIO(text), **options)


def problems(text: str, **options: Any) -> str:
    """Read a CSV text that is wrong."""
    with pytest.raises(InputError) as caught:
        load(text, **options)
    return "\n".join(f"{p.where}: {p.what}" for p in caught.value.problems)


def test_synonyms_and_units() -> None:
    """Headers in many spellings, clock times, minutes in the header."""
    instance = load(TABLE, capacity=20)
    a, b = instance.jobs
    assert (a.id, a.location.lat, a.location.lon) == ("A", 30.06, 31.25)
    assert (a.delivery, a.service, a.skills, a.priority) == ((5.0,), 600.0, ("cold", "heavy"), 3)
    assert (a.time_windows[0].earliest, a.time_windows[0].latest) == (30600, 43200)
    assert b.time_windows[0].earliest == 30600
    assert instance.depots[0].time_windows[0].latest == 64800
    assert instance.vehicle_types[0].capacity == (20.0,)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("600", 600), ("10m", 600), ("10 min", 600), ("1h30", 5400), ("1h 30m", 5400),
        ("90s", 90), ("00:10", 600), ("08:30", 30600), ("08:30:15", 30615), ("8:30 pm", 73800),
        ("12:00 am", 0), ("26:00", 93600), ("0 days 00:10:00", 600), ("1,5", 1.5),
        ("2 hours", 7200),
    ],
)  # fmt: skip
def test_times(text: str, seconds: float) -> None:
    """Times of day and durations in the ways people write them."""
    assert _cells.seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "abc", "8:70", "13:00 pm", "nan", "inf", "-", "5 parsecs"])
def test_no_times(text: str) -> None:
    """What is no time is not guessed at."""
    with pytest.raises(ValueError):  # noqa: PT011
        _cells.seconds(text)


def test_european_excel() -> None:
    """Semicolons between cells and decimal commas."""
    instance = load("id;lat;lon;demand\nd;30,05;31,24;\na;30,06;31,25;1,5\n")
    assert instance.jobs[0].delivery == (1.5,)
    assert instance.depots[0].location.lon == 31.24


def test_several_load_dimensions() -> None:
    """Columns of amounts are dimensions, and capacities follow them."""
    instance = load("id,x,y,weight,volume\nd,0,0,,\na,1,2,3,4\n", capacity=(5, 6))
    assert instance.dimensions == ("weight", "volume")
    assert instance.jobs[0].delivery == (3.0, 4.0)
    assert instance.vehicle_types[0].capacity == (5.0, 6.0)


def test_several_windows() -> None:
    """A column of windows may hold several."""
    instance = load("id,x,y,time_window\nd,0,0,\na,1,2,08:00-12:00; 14:00-17:00\n")
    assert [w.earliest for w in instance.jobs[0].time_windows] == [28800, 50400]


def test_depots_by_column() -> None:
    """A type column says which rows are depots."""
    instance = load("id,type,x,y\na,job,1,1\nd,depot,0,0\ne,depot,9,9\nb,,2,2\n")
    assert [d.id for d in instance.depots] == ["d", "e"]
    assert [j.id for j in instance.jobs] == ["a", "b"]
    assert instance.vehicle_types[0].start == "d"
    assert load("id,depot,x,y\na,0,1,1\nd,1,0,0\n").depots[0].id == "d"


def test_only_a_depot_is_a_valid_empty_problem() -> None:
    """No stops, no problems."""
    assert load("id,lat,lon\nd,30,31\n").jobs == ()


def test_x_and_y() -> None:
    """Columns x and y are planar unless they look like degrees or the option says so."""
    assert load("id,x,y\nd,0,0\na,30,40\n").jobs[0].location.x == 30
    with pytest.warns(RoutesolveWarning, match="longitude and latitude"):
        degrees = load("id,x,y\nd,31.2357,30.0444\na,31.2461,30.0519\n")
    assert degrees.jobs[0].location.lat == 30.0519
    forced = load("id,x,y\nd,31.2357,30.0444\n", coordinates="planar")
    assert forced.depots[0].location.y == 30.0444


def test_all_bad_cells_at_once() -> None:
    """Every bad cell with row and column, the problem's own checks among them."""
    text = (
        "id,lat,lon,demand,tw_start,tw_end,service\n"
        "d,30.05,31.24,,,,\n"
        "A,30.06,abc,5,08:30,12:00,10m\n"
        "B,30.07,31.26,x,,,5 parsecs\n"
        "C,,31.26,4,,,\n"
        "D,30.06,531.26,-4,,,\n"
    )
    said = problems(text)
    for expected in (
        "row 3, column lon: 'abc' is not a number",
        "row 4, column demand: 'x' is not a number",
        "row 4, column service: '5 parsecs' is no time",
        "row 5, column lat: the cell is empty",
        "row 6, column lon: job 'D'",
        "row 6, column demand: job 'D'",
    ):
        assert expected in said


def test_rows_of_later_checks() -> None:
    """Duplicate ids, windows and amounts are said by row and column too."""
    said = problems(
        "id,lat,lon,demand,tw_start,tw_end\nd,30.05,31.24,,,\nA,30.06,31.25,5,13:00,08:00\n"
        "A,30.06,31.25,50,,\n",
        capacity=10,
    )
    assert "row 3, column tw_end: job 'A': window ends at 28800" in said
    assert "row 4, column id: job or shipment id 'A' is used twice" in said
    assert "row 4, column demand: job 'A': amount 50" in said


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        ("id,lat\nd,1\n", {"format": "table"}, "there is no column for lon"),
        ("id,lat,latitude,lon\nd,1,1,1\n", {}, "both mean 'lat'"),
        ("id,lat,lon\nd,1,1,1\n", {}, "row 2: 4 cells under 3 headers"),
        ('id,lat,lon\nd,1,"1\n', {}, "not CSV"),
        ("id,type,lat,lon\nd,depo,1,1\n", {}, "'depo' is no kind of row"),
        ("id,type,lat,lon\nd,job,1,1\n", {}, "no row is a depot"),
        ("id,lat,lon\nd,1,1\n", {"columns": {"lat": "Breite"}}, "there is no column 'Breite'"),
        ("id,lat,lon\nd,1,1\n", {"columns": {"latt": "lat"}}, "there is no field 'latt'"),
        ("id,lat,lon\nd,1,1\n", {"end": "home"}, "there is no depot 'home'"),
        ("id,lat,lon\nd,1,1\n", {"coordinates": "round"}, "coordinates is 'round'"),
        ("id,lat,lon,prio\nd,1,1,\na,1,1,1.5\n", {}, "no whole number"),
    ],
)
def test_bad_tables(text: str, options: dict[str, Any], expected: str) -> None:
    """Headers, options and rows that make no sense."""
    assert expected in problems(text, **options)


def test_unused_columns_are_reported() -> None:
    """A column without a meaning gives a warning, and `mapping` says what the others are."""
    with pytest.warns(RoutesolveWarning, match="columns not used: colour"):
        load("id,lat,lon,colour\nd,1,1,red\n")
    assert table.mapping(["Qty", "LNG", "colour"]) == {"Qty": "delivery", "LNG": "lon"}


def test_given_columns() -> None:
    """The option names headers that no synonym covers."""
    instance = load("id,Breite,L\nd,30,31\n", format="table", columns={"lat": "Breite", "lon": "L"})
    assert instance.depots[0].location.lat == 30


def test_fleet_from_a_second_file(tmp_path: Path) -> None:
    """Vehicle types come from a table of their own."""
    fleet = tmp_path / "fleet.csv"
    fleet.write_text(
        "vehicle,count,capacity,shift_start,shift_end,end,cost_per_km,max_stops\n"
        "van,2,20,08:00,18:00,,1.5,9\nbike,1,5,,,open,,\n"
    )
    instance = load(TABLE, fleet=fleet)
    van, bike = instance.vehicle_types
    assert (van.id, van.count, van.capacity, van.max_jobs) == ("van", 2, (20.0,), 9)
    assert (van.shift.earliest, van.shift.latest) == (28800, 64800)
    assert van.cost_per_distance == pytest.approx(0.0015)
    assert (van.end, bike.end) == ("depot", None)
    fleet.write_text("vehicle,capacity\nvan,much\n")
    assert f"{fleet} row 2, column capacity: 'much' is not a number" in problems(TABLE, fleet=fleet)


def test_dataframe() -> None:
    """DataFrames go the same way, with dates and missing values."""
    stops = pd.DataFrame(
        {
            "lat": [30.0, 30.1, 30.2],
            "lon": [31.0, 31.1, 31.2],
            "ready": pd.to_datetime(["2026-03-02 08:00", "2026-03-02 09:00", None]),
            "demand": [0, 1, None],
        },
        index=["depot", "north", "south"],
    )
    fleet = pd.DataFrame({"id": ["van"], "capacity": [10]})
    instance = VrpInstance.from_dataframe(stops, fleet)
    assert instance.epoch == "2026-03-02T00:00:00"
    assert instance.jobs[0].time_windows[0].earliest == 32400
    assert instance.jobs[1].delivery == (0.0,)
    assert instance.vehicle_types[0].capacity == (10.0,)
    assert VrpInstance.from_dataframe(stops, 3).vehicle_types[0].count == 3
    assert formats.load(stops, vehicle_count=2, capacity=4).vehicle_types[0].capacity == (4.0,)
    stops.loc["south", "lon"] = None
    with pytest.raises(InputError, match="row south, column lon: the cell is empty"):
        VrpInstance.from_dataframe(stops)


def test_shift_of_all_vehicles() -> None:
    """Working hours are given once for all vehicles, and refused when they are no span."""
    text = "name,lat,lon\nDepot,30.0,31.0\nA,30.1,31.1\n"
    kind = formats.load(io.StringIO(text), vehicles=2, shift="08:00-17:00").vehicle_types[0]
    assert (kind.shift.earliest, kind.shift.latest) == (28800, 61200)
    with pytest.raises(InputError, match="08:00-17:00"):
        formats.load(io.StringIO(text), shift="all day")
