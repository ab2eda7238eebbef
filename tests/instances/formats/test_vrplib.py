"""VRPLIB: matrices, families, fleets."""

from __future__ import annotations

import io

import numpy as np
import pytest

from routesolve.errors import InputError, RoutesolveWarning
from routesolve.instances import formats
from tests.instances.formats.samples import PYVRP, VRPLIB

FULL = [[0, 1, 2], [1, 0, 3], [2, 3, 0]]
LAYOUTS = {
    "FULL_MATRIX": "9 1 2 1 9 3 2 3 9",  # diagonals are filled with anything
    "LOWER_ROW": "1\n2 3",
    "UPPER_ROW": "1 2 3",
    "LOWER_DIAG_ROW": "0 1 0 2 3 0",
    "UPPER_DIAG_ROW": "0 1 2 0 3 0",
    "UPPER_COL": "1 2 3",
    "LOWER_COL": "1 2 3",
    "UPPER_DIAG_COL": "0 1 0 2 3 0",
    "LOWER_DIAG_COL": "0 1 2 0 3 0",
}


def explicit(layout: str, numbers: str) -> str:
    """Return a TSP file with a matrix."""
    return (
        f"TYPE: TSP\nDIMENSION: 3\nEDGE_WEIGHT_TYPE: EXPLICIT\nEDGE_WEIGHT_FORMAT: {layout}\n"
        f"EDGE_WEIGHT_SECTION\n{numbers}\nEOF\n"
    )


@pytest.mark.parametrize(("layout", "numbers"), LAYOUTS.items())
def test_matrix_layouts(layout: str, numbers: str) -> None:
    """Every layout of TSPLIB gives the same matrix."""
    instance = formats.load(io.StringIO(explicit(layout, numbers)))
    assert np.array_equal(instance.travel().distances, FULL)


@pytest.mark.parametrize(
    ("layout", "numbers", "expected"),
    [
        ("LOWER_ROW", "1 2", "has 2 numbers, a LOWER_ROW of 3 nodes has 3"),
        ("LOWER_ROW", "1 2 -3", "EDGE_WEIGHT_SECTION is '-3'"),
        ("LOWER_ROW", "1 2 x", "'x', not a number"),
        ("SIDEWAYS", "1 2 3", "EDGE_WEIGHT_FORMAT 'SIDEWAYS' is not known"),
    ],
)
def test_bad_matrices(layout: str, numbers: str, expected: str) -> None:
    """A matrix that is too short, negative, no numbers or of no known layout."""
    with pytest.raises(InputError, match=expected):
        formats.load(io.StringIO(explicit(layout, numbers)))


def test_tour_is_one_vehicle() -> None:
    """A TSP is one vehicle that starts at node 1; the others are jobs by number less one."""
    instance = formats.load(io.StringIO(explicit("LOWER_ROW", "1 2 3")))
    [kind] = instance.vehicle_types
    assert (kind.count, kind.start, kind.end, kind.capacity) == (1, "0", "0", ())
    assert [job.id for job in instance.jobs] == ["1", "2"]


@pytest.mark.parametrize(
    ("weights", "metric", "rounding"),
    [
        ("EUC_2D", "euclidean", "nearest"),
        ("CEIL_2D", "euclidean", "up"),
        ("FLOOR_2D", "euclidean", "down"),
        ("EXACT_2D", "euclidean", "exact"),
        ("MAN_2D", "manhattan", "nearest"),
        ("MAX_2D", "chebyshev", "nearest"),
        ("ATT", "att", "none"),
        ("GEO", "geo", "none"),
    ],
)
def test_formulas(weights: str, metric: str, rounding: str) -> None:
    """Each edge weight type has its metric and rounding."""
    instance = formats.load(io.StringIO(VRPLIB.replace("EUC_2D", weights)))
    assert (instance.profiles[0].metric, instance.rounding) == (metric, rounding)


@pytest.mark.parametrize(
    ("family", "rounding"),
    [("CVRP", "nearest"), ("HFVRP", "none"), ("MDVRPTW", "exact"), ("PCVRPTW", "dimacs")],
)
def test_rounding_by_family(family: str, rounding: str) -> None:
    """TYPE says which convention the published costs follow; the option goes before it."""
    text = VRPLIB.replace("TYPE : CVRP", f"TYPE : {family}")
    assert formats.load(io.StringIO(text)).rounding == rounding
    assert formats.load(io.StringIO(text), rounding="up").rounding == "up"


def test_route_length_limit_with_service() -> None:
    """DISTANCE counts the service times where there are some."""
    text = VRPLIB.replace("CAPACITY", "DISTANCE : 50\nCAPACITY")
    assert formats.load(io.StringIO(text)).vehicle_types[0].max_distance == 50
    timed = formats.load(io.StringIO(text.replace("CAPACITY", "SERVICE_TIME : 3\nCAPACITY")))
    assert timed.vehicle_types[0].max_duration == 50
    assert {job.service for job in timed.jobs} == {3.0}


def test_rich_dialect() -> None:
    """The sections that PyVRP added arrive in the model."""
    instance = formats.load(io.StringIO(PYVRP))
    first, second = instance.vehicle_types
    assert [d.id for d in instance.depots] == ["0", "1"]
    assert [job.id for job in instance.jobs] == ["2", "3", "4"]
    assert (first.start, second.start) == ("0", "1")
    assert (first.capacity, second.capacity) == ((10.0,), (12.0,))
    assert (first.fixed_cost, second.fixed_cost) == (5.0, 7.0)
    assert first.reload_depots == ("0",)
    assert (first.forbidden, second.forbidden) == (("4",), ())
    assert first.max_duration == 300
    assert second.shift.latest == 300
    assert [job.release for job in instance.jobs] == [5.0, 0.0, 7.0]
    assert [job.prize for job in instance.jobs] == [30.0] * 3
    assert [job.group for job in instance.jobs] == ["1", "1", None]
    assert instance.jobs[1].time_windows[0].earliest == 50


def test_backhauls_come_last() -> None:
    """A BACKHAUL_SECTION holds pickups that are made last."""
    text = VRPLIB.replace(
        "DEPOT_SECTION", "BACKHAUL_SECTION\n1 0\n2 0\n3 0\n4 0\n5 6\nDEPOT_SECTION"
    )
    instance = formats.load(io.StringIO(text))
    assert instance.backhaul == "last"
    assert [job.pickup for job in instance.jobs] == [(), (), (), (6.0,)]


def test_equal_vehicles_in_a_row_are_one_type() -> None:
    """Vehicle k of the file is the k-th when the types are written out."""
    text = VRPLIB.replace("CAPACITY : 10", "VEHICLES : 4").replace(
        "DEPOT_SECTION", "CAPACITY_SECTION\n1 10\n2 10\n3 5\n4 10\nDEPOT_SECTION"
    )
    kinds = formats.load(io.StringIO(text)).vehicle_types
    assert [(k.count, k.capacity) for k in kinds] == [(2, (10.0,)), (1, (5.0,)), (1, (10.0,))]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("1 3 4\n2 5", "1 3 4\n2 9", "there is no node 9"),
        ("1 3 4\n2 5", "1 3 4\n2 4 5", "node 4 is in two groups"),
        ("VEHICLES: 2", "VEHICLES: 9", "VEHICLES is 9, but"),
        ("VEHICLES: 2", "VEHICLES: x", "VEHICLES is 'x', not a number"),
        ("VEHICLES_DEPOT_SECTION\n1 1\n2 2", "VEHICLES_DEPOT_SECTION\n1 1\n2 3", "no depot 3"),
        ("VEHICLES_DEPOT_SECTION\n1 1\n2 2", "VEHICLES_DEPOT_SECTION\n1 1", "has 1 rows for 2"),
        ("4 50 250", "4 250 50", "window ends at 50"),
    ],
)
def test_bad_sections(old: str, new: str, expected: str) -> None:
    """Sections that contradict each other are named."""
    assert old in PYVRP
    with pytest.raises(InputError, match=expected):
        formats.load(io.StringIO(PYVRP.replace(old, new)))


def test_keys_that_are_not_used_are_reported() -> None:
    """A header line without a meaning here gives a warning."""
    with pytest.warns(RoutesolveWarning, match="line 1: BEST_KNOWN is not used"):
        formats.load(io.StringIO("BEST_KNOWN : 12\n" + VRPLIB))
