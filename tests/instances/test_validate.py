"""Bad input: every rule, at its JSON pointer, with a way to mend it."""

from __future__ import annotations

from math import inf, nan
from typing import Any

import numpy as np
import pytest

from routesolve.errors import InputError, Problem, RoutingError
from routesolve.instances.instance import VrpInstance

HERE = {"x": 0, "y": 0}
DEPOT = {"id": "d", "location": HERE}
VAN = {"id": "van", "capacity": [10], "start": "d", "end": "d"}
SQUARE = [[0, 1], [1, 0]]


def document(**fields: Any) -> dict[str, Any]:
    """A valid document with some fields of one's own."""
    jobs = [{"id": "a", "location": HERE}]
    return {"jobs": jobs, "depots": [DEPOT], "vehicle_types": [VAN], **fields}


def job(**fields: Any) -> dict[str, Any]:
    """A document whose first job has the given fields."""
    return document(jobs=[{"id": "a", "location": HERE, **fields}])


def van(**fields: Any) -> dict[str, Any]:
    """A document whose vehicle type has the given fields."""
    return document(vehicle_types=[{**VAN, **fields}])


def ride(**fields: Any) -> dict[str, Any]:
    """A document whose shipment has the given fields."""
    shipment = {"id": "s", "pickup": {"location": HERE}, "delivery": {"location": HERE}}
    return document(shipments=[{**shipment, **fields}])


def matrix(**fields: Any) -> dict[str, Any]:
    """A document on matrices, two rows."""
    return document(
        jobs=[{"id": "a", "location": {"index": 1}}],
        depots=[{"id": "d", "location": {"index": 0}}],
        profiles=[{"metric": "matrix", **fields}],
    )


def problems(given: dict[str, Any]) -> tuple[Problem, ...]:
    """What is wrong with a document."""
    with pytest.raises(InputError) as caught:
        VrpInstance.from_dict(given)
    assert all(p.where is not None and p.where.startswith("/") for p in caught.value.problems)
    return caught.value.problems


CASES: list[tuple[dict[str, Any], str, str]] = [
    # types and bounds
    (job(service=nan), "/jobs/0/service", "job 'a': expected a finite number, got nan"),
    (job(service=inf), "/jobs/0/service", "finite number"),
    (job(service=-1), "/jobs/0/service", "number >= 0, got -1"),
    (job(service="5"), "/jobs/0/service", "a number, got '5'"),
    (job(service=True), "/jobs/0/service", "a number, got True"),
    (job(setup=-0.5), "/jobs/0/setup", ">= 0"),
    (job(release=nan), "/jobs/0/release", "finite"),
    (job(prize=-3), "/jobs/0/prize", ">= 0"),
    (job(priority=101), "/jobs/0/priority", "<= 100"),
    (job(priority=1.5), "/jobs/0/priority", "whole number"),
    (job(delivery=[1, nan]), "/jobs/0/delivery/1", "finite"),
    (job(delivery=[-2]), "/jobs/0/delivery/0", ">= 0"),
    (job(pickup=inf), "/jobs/0/pickup/0", "finite"),
    (job(pickup="two"), "/jobs/0/pickup", "a list"),
    (job(skills="cold"), "/jobs/0/skills", "a list"),
    (job(id=""), "/jobs/0/id", "at least one character"),
    (job(id=1.5), "/jobs/0/id", "a text"),
    (job(location=[1, 2]), "/jobs/0/location", "an object {...}"),
    (job(time_windows=[{"latest": nan}]), "/jobs/0/time_windows/0/latest", "got nan"),
    (job(time_windows=[{"earliest": inf}]), "/jobs/0/time_windows/0/earliest", "finite"),
    (ride(amount=[nan]), "/shipments/0/amount/0", "finite"),
    (ride(max_ride_time=-1), "/shipments/0/max_ride_time", ">= 0"),
    (ride(max_ride_time=nan), "/shipments/0/max_ride_time", "nan"),
    (van(capacity=[nan]), "/vehicle_types/0/capacity/0", "finite"),
    (van(count=-1), "/vehicle_types/0/count", ">= 0"),
    (van(count=2.0), "/vehicle_types/0/count", "whole number"),
    (van(max_distance=-1), "/vehicle_types/0/max_distance", ">= 0"),
    (van(speed_factor=0), "/vehicle_types/0/speed_factor", "> 0"),
    (van(fixed_cost=inf), "/vehicle_types/0/fixed_cost", "finite"),
    (van(preferences={"a": nan}), "/vehicle_types/0/preferences/a", "finite"),
    (van(breaks=[{"id": "b", "duration": -1}]), "/vehicle_types/0/breaks/0/duration", ">= 0"),
    (document(objective={"distance": -1}), "/objective/distance", ">= 0"),
    (document(allow_unserved="yes"), "/allow_unserved", "true or false"),
    (document(jobs=5), "/jobs", "a list"),
    (document(jobs=["a"]), "/jobs/0", "an object {...}"),
    (document(backhaul="lst"), "/backhaul", "'none', 'last' or 'mixed', got 'lst'"),
    (document(rounding="nearst"), "/rounding", "'nearest'"),
    (document(profiles=[{"metric": "euclid"}]), "/profiles/0/metric", "'euclidean'"),
    (document(profiles=[{"speed": 0}]), "/profiles/0/speed", "> 0"),
    # keys
    (document(jobs=[{"id": "a"}]), "/jobs/0/location", "'location' is missing"),
    (document(jobs=[{"location": HERE}]), "/jobs/0/id", "'id' is missing"),
    (job(delivry=[1]), "/jobs/0/delivry", "unknown key 'delivry'"),
    (document(vehicules=[]), "/vehicules", "unknown key 'vehicules'"),
    (van(shift={"latst": 1}), "/vehicle_types/0/shift/latst", "unknown key 'latst'"),
    # places
    (job(location={"lon": 31, "lat": 95}), "/jobs/0/location/lat", "outside -90..90, got 95"),
    (job(location={"lon": 181, "lat": 5}), "/jobs/0/location/lon", "outside -180..180"),
    (job(location={"x": nan, "y": 0}), "/jobs/0/location/x", "finite"),
    (job(location={"x": 1}), "/jobs/0/location", "'x' and 'y' go together"),
    (job(location={**HERE, "lat": 1}), "/jobs/0/location", "'lon' and 'lat' go together"),
    (job(location={}), "/jobs/0/location", "no 'x' and 'y'"),
    (
        document(profiles=[{"metric": "haversine"}]),
        "/depots/0/location",
        "no 'lon' and 'lat'",
    ),
    # windows
    (
        job(time_windows=[{}, {"earliest": 9, "latest": 8}]),
        "/jobs/0/time_windows/1",
        "ends at 8, before it starts at 9",
    ),
    (
        ride(delivery={"location": HERE, "time_windows": [{"latest": -1}]}),
        "/shipments/0/delivery/time_windows/0",
        "ends at -1",
    ),
    (van(shift={"earliest": 9, "latest": 8}), "/vehicle_types/0/shift", "ends at 8"),
    (van(shift={"lateness_cost": 1}), "/vehicle_types/0/shift", "cannot be soft"),
    (
        van(breaks=[{"id": "b", "time_windows": [{"earliest": 2, "latest": 1}]}]),
        "/vehicle_types/0/breaks/0/time_windows/0",
        "break 'b': window ends",
    ),
    (
        document(depots=[{**DEPOT, "time_windows": [{"lateness_cost": 0}]}]),
        "/depots/0/time_windows/0",
        "depot 'd': this window cannot be soft",
    ),
    # amounts and fleet
    (job(delivery=[11]), "/jobs/0/delivery", "amount 11 is above every vehicle's capacity"),
    (job(pickup=[11]), "/jobs/0/pickup", "largest 10"),
    (ride(amount=[11]), "/shipments/0/amount", "shipment 's': amount 11"),
    (job(delivery=[1, 2]), "/vehicle_types/0/capacity", "1 capacities, but amounts have 2"),
    (document(vehicle_types=[]), "/vehicle_types", "there are no vehicles"),
    (van(count=0), "/vehicle_types", "there are no vehicles"),
    (van(max_reloads=1), "/vehicle_types/0/max_reloads", "without 'reload_depots'"),
    # references
    (van(start="D"), "/vehicle_types/0/start", "there is no depot 'D'"),
    (van(end="x"), "/vehicle_types/0/end", "no depot 'x'"),
    (van(alternative_ends=["d", "e"]), "/vehicle_types/0/alternative_ends/1", "no depot 'e'"),
    (van(reload_depots=["e"]), "/vehicle_types/0/reload_depots/0", "no depot 'e'"),
    (van(end=None, alternative_ends=["d"]), "/vehicle_types/0", "without 'end'"),
    (van(profile="p"), "/vehicle_types/0/profile", "no profile 'p'"),
    (van(forbidden=["z"]), "/vehicle_types/0/forbidden/0", "no job or shipment 'z'"),
    (van(preferences={"z": 1}), "/vehicle_types/0/preferences/z", "no job or shipment 'z'"),
    (
        document(initial_routes=[{"vehicle_type": "vn", "visits": []}]),
        "/initial_routes/0/vehicle_type",
        "no vehicle type 'vn'",
    ),
    (
        document(initial_routes=[{"vehicle_type": "van", "visits": [{"kind": "job", "id": "b"}]}]),
        "/initial_routes/0/visits/0/id",
        "there is no job 'b'",
    ),
    (
        document(initial_routes=[{"vehicle_type": "van", "visits": [], "locked": 1}]),
        "/initial_routes/0/locked",
        "1 visits locked, but the route has 0",
    ),
    # ids
    (
        document(jobs=[{"id": "a", "location": HERE}, {"id": "a", "location": HERE}]),
        "/jobs/1/id",
        "'a' is used twice (first at /jobs/0/id)",
    ),
    (ride(id="a"), "/shipments/0/id", "'a' is used twice"),
    (document(depots=[DEPOT, DEPOT]), "/depots/1/id", "depot id 'd'"),
    (document(vehicle_types=[VAN, VAN]), "/vehicle_types/1/id", "vehicle type id 'van'"),
    (document(profiles=[{}, {}]), "/profiles/1/id", "profile id 'default'"),
    (van(breaks=[{"id": "b"}, {"id": "b"}]), "/vehicle_types/0/breaks/1/id", "break id 'b'"),
    # travel
    (matrix(), "/profiles/0", "metric 'matrix' without matrices"),
    (matrix(durations=[[0, 1]]), "/profiles/0/durations", "square, this one has shape (1, 2)"),
    (matrix(durations=[[0, 1], [2]]), "/profiles/0/durations", "all of the same length"),
    (matrix(durations=[[0, "1"], [2, 0]]), "/profiles/0/durations", "rows of numbers"),
    (matrix(durations=np.array([["x"]])), "/profiles/0/durations", "rows of numbers"),
    (matrix(durations=[[0, -1], [2, 0]]), "/profiles/0/durations/0/1", "entry -1"),
    (matrix(distances=[[0, 1], [nan, 0]]), "/profiles/0/distances/1/0", "entry nan"),
    (matrix(durations=SQUARE, distances=[[0]]), "/profiles/0", "differ in shape"),
    (matrix(durations=[[0]]), "/jobs/0/location/index", "index 1, but the matrix has 1 rows"),
    (document(profiles=[{"durations": SQUARE}]), "/profiles/0", "metric is not 'matrix'"),
    (
        document(profiles=[{"metric": "matrix", "durations": SQUARE}]),
        "/jobs/0/location",
        "no 'index'",
    ),
    (document(profiles=[{"metric": "network"}]), "/profiles/0", "without a network"),
    (
        document(profiles=[{"bands": [{"start": s, "speed_factor": 1} for s in (9, 3)]}]),
        "/profiles/0/bands",
        "do not ascend",
    ),
    (document(epoch="yesterday"), "/epoch", "'yesterday' is no ISO 8601"),
]


@pytest.mark.parametrize(("given", "where", "what"), CASES, ids=[case[1] for case in CASES])
def test_bad_input(given: dict[str, Any], where: str, what: str) -> None:
    """Refused with place and value."""
    assert any(p.where == where and what in p.what for p in problems(given)), problems(given)


@pytest.mark.parametrize(
    ("given", "fix"),
    [
        (job(delivry=[1]), "did you mean 'delivery'?"),
        (document(backhaul="lst"), "did you mean 'last'?"),
        (document(profiles=[{"metric": "euclid"}]), "did you mean 'euclidean'?"),
        (van(start="D1"), "known: d"),
        (van(profile="defalt"), "did you mean 'default'?"),
        (job(service=-1), "give a number >= 0"),
        (job(location={"lon": 31, "lat": 95}), "are they swapped?"),
        (job(delivery=[11]), "split it"),
        (job(time_windows=[{"latest": -1}]), "add 86400"),
    ],
)
def test_fixes(given: dict[str, Any], fix: str) -> None:
    """The message says what to do."""
    assert any(fix in (p.fix or "") for p in problems(given))


def test_all_problems_at_once() -> None:
    """One run shows everything of a kind: first types, bounds and keys, then what contradicts."""
    wrong = document(
        jobs=[
            {"id": "a", "location": HERE, "service": -1},
            {"id": "b", "location": HERE, "delivry": [1]},
            {"id": "c"},
        ],
        vehicle_types=[{**VAN, "count": -2}],
        objectve={},
    )
    assert {p.where for p in problems(wrong)} == {
        "/jobs/0/service",
        "/jobs/1/delivry",
        "/jobs/2/location",
        "/vehicle_types/0/count",
        "/objectve",
    }
    contradictory = document(
        jobs=[{"id": "a", "location": {"x": 1}}, {"id": "a", "location": HERE, "delivery": [11]}],
        vehicle_types=[{**VAN, "start": "x", "shift": {"earliest": 1, "latest": 0}}],
        epoch="soon",
    )
    assert {p.where for p in problems(contradictory)} == {
        "/jobs/0/location",
        "/jobs/1/id",
        "/jobs/1/delivery",
        "/vehicle_types/0/start",
        "/vehicle_types/0/shift",
        "/epoch",
    }


def test_swapped_coordinates_are_named() -> None:
    """One stop far from the others that lies among them once swapped."""
    cairo = [{"lon": 31.3 + 0.01 * i, "lat": 30.05} for i in range(3)]
    jobs = [{"id": str(i), "location": place} for i, place in enumerate(cairo)]
    swapped = {"id": "z", "location": {"lon": 30.05, "lat": 31.31}}
    far = {"id": "z", "location": {"lon": 30.05, "lat": 62.0}}
    near = problems_or_none({"jobs": [*jobs, swapped], "vehicle_types": [{}]})
    assert near is None  # 150 km apart: nobody can know
    berlin = [{"id": f"b{i}", "location": {"lon": 13.4, "lat": 52.5 + i / 99}} for i in range(3)]
    wrong = {"id": "z", "location": {"lon": 52.5, "lat": 13.4}}
    (problem,) = problems({"jobs": [*berlin, wrong], "vehicle_types": [{}]})
    assert problem.where == "/jobs/3/location"
    assert "look swapped" in problem.what
    assert problems_or_none({"jobs": [*jobs, far], "vehicle_types": [{}]}) is None


def problems_or_none(given: dict[str, Any]) -> tuple[Problem, ...] | None:
    """What is wrong with a document, if anything."""
    try:
        VrpInstance.from_dict(given)
    except InputError as error:
        return error.problems
    return None


@pytest.mark.parametrize(
    "given",
    [
        job(delivery=[11], prize=5),
        {**job(delivery=[11]), "allow_unserved": True},
        document(jobs=[{"id": "a", "location": HERE, "delivery": [11]}], vehicle_types=[{}]),
        document(jobs=[]),
        van(capacity=[]),
        van(count=0) | {"vehicle_types": [{**VAN, "count": 0}, {"id": "w"}]},
        job(time_windows=[{"earliest": 5, "latest": 5}]),
        matrix(durations=[[0, None], [1, 0]]),
        van(max_reloads=0),
    ],
)
def test_unusual_but_right(given: dict[str, Any]) -> None:
    """Things that look odd and are meant."""
    assert problems_or_none(given) is None


def test_amount_must_fit_one_vehicle_in_all_dimensions() -> None:
    """Two vehicles that could each carry half of it do not help."""
    kinds = [{"id": "v", "capacity": [5, 1]}, {"id": "w", "capacity": [1, 5]}]
    jobs = [{"id": "a", "location": HERE, "delivery": [4, 4]}]
    (problem,) = problems({"jobs": jobs, "vehicle_types": kinds})
    assert problem.where == "/jobs/0/delivery"
    assert "amount 4, 4" in problem.what


def test_within_names_the_file() -> None:
    """Readers put the file's name before every pointer."""
    with pytest.raises(InputError) as caught:
        VrpInstance.from_dict(job(service=-1))
    assert str(caught.value.within("day.json")).startswith("day.json /jobs/0/service: job 'a'")


def test_unreachable_stops_are_routing_errors() -> None:
    """A stop off the network or without a way there is named, with its distance."""
    lonely = matrix(durations=[[0, None], [None, 0]])
    with pytest.raises(RoutingError, match="job 'a': no road leads there and back") as caught:
        VrpInstance.from_dict(lonely).require_reachable()
    assert [p.where for p in caught.value.problems] == ["/depots/0/location", "/jobs/0/location"]
    street = {"profiles": [{"metric": "network", "network": "cairo"}], "vehicle_types": [{}]}
    far = {"jobs": [{"id": "a", "location": {"lon": 31.2, "lat": 30.05}}], **street}
    with pytest.raises(RoutingError, match=r"too far from the street network, [\d,]+ m"):
        VrpInstance.from_dict(far).require_reachable()
    VrpInstance.from_dict(far).require_reachable(max_snap=50_000)
