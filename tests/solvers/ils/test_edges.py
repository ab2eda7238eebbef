"""Instances at the edges: nothing, next to nothing, far too much, and what cannot be done."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import routesolve as rs
from routesolve.errors import InputError, RoutingError
from routesolve.instances.instance import VrpInstance
from routesolve.solutions.result import Result
from routesolve.solutions.solution import Solution
from routesolve.solvers.ils import scope
from routesolve.solvers.ils.scope import beyond

Parts = dict[str, Any]

VAN = {"id": "van", "capacity": [5], "start": "d", "end": "d"}

each_name = pytest.mark.parametrize("name", ["ils", "auto"])


def vrp(points: Any, *, van: Parts | None = None, **fields: Any) -> VrpInstance:
    """Jobs of one unit each at the points, the first of which is the depot's; vans take five."""
    places = [{"x": float(x), "y": float(y)} for x, y in points]
    each = fields.pop("each", {})
    document = {
        "jobs": [
            {"id": f"j{i}", "location": place, "delivery": [1]}
            | {key: values[i - 1] for key, values in each.items()}
            for i, place in enumerate(places[1:], 1)
        ],
        "depots": [{"id": "d", "location": places[0]}],
        "vehicle_types": [VAN | (van or {})],
    }
    return VrpInstance.from_dict(document | fields)


def by_matrix(matrix: Any, *, van: Parts | None = None, **fields: Any) -> VrpInstance:
    """One job for each row of a matrix but the first, which is the depot's; None = no way."""
    profile = {"id": "default", "metric": "matrix", "distances": matrix, "durations": matrix}
    each = fields.pop("each", {})
    document = {
        "jobs": [
            {"id": f"j{i}", "location": {"index": i}, "delivery": [1]} | each
            for i in range(1, len(matrix))
        ],
        "depots": [{"id": "d", "location": {"index": 0}}],
        "vehicle_types": [VAN | (van or {})],
        "profiles": [profile | fields.pop("profile", {})],
    }
    return VrpInstance.from_dict(document | fields)


def scattered(n: int, size: float = 100.0, seed: int = 1) -> Any:
    """The depot in the middle and n points around it."""
    random = np.random.default_rng(seed)
    return np.vstack([[size / 2, size / 2], random.random((n, 2)) * size])


def solved(instance: VrpInstance, name: str = "ils", iterations: int = 200, **more: Any) -> Result:
    """A plan whose rules are kept."""
    result = rs.solve(instance, solver=name, iterations=iterations, **more)
    assert result.report.violations == ()
    assert result.trace
    return result


def complete(instance: VrpInstance, name: str = "ils", iterations: int = 200) -> Result:
    """A plan that keeps the rules and serves everybody."""
    result = solved(instance, name, iterations)
    assert not result.solution.unassigned
    return result


def reasons(result: Result) -> dict[str, str | None]:
    """Why jobs are unserved."""
    return {left.id: left.reason for left in result.solution.unassigned}


@each_name
@pytest.mark.parametrize("n", [0, 1, 2])
def test_next_to_nothing(name: str, n: int) -> None:
    """No job, one, two."""
    result = complete(vrp([(0, 0), (3, 4), (6, 8)][: n + 1]), name)
    assert result.cost == (0, 10, 20)[n]
    assert len(result.solution.routes) == min(n, 1)


@each_name
@pytest.mark.parametrize("n", [3, 150])
def test_all_at_one_point(name: str, n: int) -> None:
    """Ways of no length."""
    assert complete(vrp([(7, 7)] * (n + 1)), name).cost == 0


def test_all_at_one_point_by_coordinates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ways of no length, computed."""
    from routesolve.solvers.ils import problem

    monkeypatch.setattr(problem, "DENSE", 10)
    assert complete(vrp([(7, 7)] * 151)).cost == 0


@each_name
def test_jobs_at_the_depot(name: str) -> None:
    """Some jobs are where the vans are, and some share a place."""
    points = [(0, 0), (0, 0), (0, 0), (3, 4), (3, 4)]
    assert complete(vrp(points, van={"capacity": [10]}), name).cost == 10


@each_name
def test_no_demands(name: str) -> None:
    """Nothing to carry: one van does everything."""
    instance = vrp(scattered(12), each={"delivery": [[0]] * 12})
    assert len(complete(instance, name).solution.routes) == 1


@each_name
def test_no_capacity(name: str) -> None:
    """Without a capacity one van does everything."""
    result = complete(vrp(scattered(12), van={"capacity": []}), name)
    assert len(result.solution.routes) == 1


@pytest.mark.parametrize("size", [1e-6, 1e7, 1e9])
@pytest.mark.parametrize("dense", [True, False])
def test_size_does_not_matter(size: float, dense: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Very small and very large coordinates: as good a plan as at an ordinary size."""
    from routesolve.solvers.ils import problem

    if not dense:
        monkeypatch.setattr(problem, "DENSE", 10)
    ordinary = complete(vrp(scattered(25)), iterations=3000)
    result = complete(vrp(scattered(25, size)), iterations=3000)
    assert result.cost / size * 100 == pytest.approx(ordinary.cost, rel=0.02)
    assert result.trace[-1][1] == pytest.approx(result.cost, rel=1e-4)


def test_huge_and_rounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole distances that do not fit into the arrays as they are."""
    from routesolve.solvers.ils import problem

    monkeypatch.setattr(problem, "DENSE", 10)
    result = complete(vrp(scattered(25, 1e9), rounding="nearest"))
    assert result.trace[-1][1] == pytest.approx(result.cost, rel=1e-4)


def test_tiny_among_huge() -> None:
    """Two clusters a world apart are each visited at one go."""
    points = np.vstack([scattered(5, 1.0), scattered(5, 1.0) + 1e7])
    instance = vrp(points[[0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11]])
    assert complete(instance).cost == pytest.approx(2 * np.hypot(1e7, 1e7), rel=1e-5)


@each_name
def test_matrix_of_floats(name: str) -> None:
    """Fractions are kept."""
    result = complete(by_matrix([[0, 0.125, 0.25], [0.375, 0, 0.0625], [0.5, 0.3, 0]]), name)
    assert result.cost == pytest.approx(min(0.125 + 0.0625 + 0.5, 0.25 + 0.3 + 0.375))


@each_name
def test_one_way_streets(name: str) -> None:
    """In an asymmetric matrix the plan goes round the right way."""
    n = 6
    matrix = [[float((b - a) % n) for b in range(n)] for a in range(n)]
    result = complete(by_matrix(matrix), name)
    assert result.cost == n
    assert [v.id for v in result.solution.routes[0].stops] == [f"j{i}" for i in range(1, n)]


@each_name
def test_no_way_between_jobs(name: str) -> None:
    """Where no way leads from job to job each has its own van."""
    matrix = [[0, 1, 1, 1], [1, 0, None, None], [1, None, 0, None], [1, None, None, 0]]
    assert complete(by_matrix(matrix), name).cost == 6


@pytest.mark.parametrize("priority", [0, 6, 100])
@pytest.mark.parametrize("vehicles", [0, 1e9])
def test_no_way_is_never_taken(priority: int, vehicles: float) -> None:
    """Whatever weighs on it: nobody is served over a way that does not exist."""
    matrix = [[0, 1, 1, 1], [1, 0, None, None], [1, None, 0, None], [1, None, None, 0]]
    each, weights = {"priority": priority}, {"vehicles": vehicles}
    result = solved(by_matrix(matrix, van={"count": 1}, each=each, objective=weights))
    assert len(reasons(result)) == 2


@pytest.mark.parametrize("key", ["distances", "durations"])
def test_no_way_in_one_matrix(key: str) -> None:
    """A way that only one of the matrices lacks is no way."""
    broken = [[0, 1, 1], [1, 0, None], [1, None, 0]]
    whole = [[0, 1, 1], [1, 0, 1], [1, 1, 0]]
    assert complete(by_matrix(whole, profile={key: broken})).cost == 4


@each_name
def test_cut_off(name: str) -> None:
    """A stop that no way leads to is an error that names it, before anything is searched."""
    with pytest.raises(RoutingError, match="j2"):
        rs.solve(by_matrix([[0, 1, None], [1, 0, None], [1, 1, 0]]), solver=name, iterations=10)


@each_name
def test_one_way_only(name: str) -> None:
    """A stop that only another leads to, and that leads back only to another, is served."""
    matrix = [[0, 1, 1, None], [1, 0, 1, 1], [1, 1, 0, 1], [None, 1, 1, 0]]
    instance = by_matrix(matrix)
    result = solved(instance, name, 2000)
    assert set(reasons(result)) <= {"j3"}


SIDES: Parts = {"delivery": [[2], [], [2], []], "pickup": [[], [2], [], [2]]}


@pytest.mark.parametrize(("rule", "vehicles"), [("mixed", 1), ("last", 1), ("none", 2)])
@each_name
def test_backhauls_at_one_place(name: str, rule: str, vehicles: int) -> None:
    """Ways that cost nothing are not free of rules."""
    found = complete(vrp([(5, 5), *[(1, 1)] * 4], each=SIDES, backhaul=rule), name)
    assert len(found.solution.routes) == vehicles
    for route in found.solution.routes:
        sides = [int(v.id[1:]) % 2 for v in route.visits if v.kind == "job" and v.id]
        assert rule == "mixed" or sides == sorted(sides, reverse=True)


@pytest.mark.parametrize("rule", ["last", "none"])
def test_backhauls_by_barred_legs(rule: str) -> None:
    """Jobs of one side each go through the faster search, all others do not."""
    instance = vrp(scattered(4), each=SIDES, backhaul=rule)
    assert not beyond(instance)
    neither = {"delivery": [[2], [], [], []]}
    both = {"pickup": [[1], [2], [], [2]]}
    for wrong in (neither, both):
        [told] = beyond(vrp(scattered(4), each=SIDES | wrong, backhaul=rule))
        assert told.startswith("backhaul rules")


def test_backhauls_of_many_places(monkeypatch: pytest.MonkeyPatch) -> None:
    """Barred legs need matrices."""
    monkeypatch.setattr(scope, "MOST_PLACES", 4)
    assert beyond(vrp(scattered(4), each=SIDES, backhaul="last")) == ["backhaul rules"]


@each_name
def test_one_vehicle(name: str) -> None:
    """A single van serves what it can carry, the rest is named."""
    result = solved(vrp(scattered(8), van={"count": 1}), name)
    assert len(result.solution.routes) == 1
    assert list(reasons(result).values()) == ["no_vehicle"] * 3


def test_ten_thousand_vehicles() -> None:
    """So many vans do not hurt."""
    result = complete(vrp(scattered(40), van={"count": 10_000}))
    assert len(result.solution.routes) == 8


def test_a_van_for_each_of_many() -> None:
    """Thousands of routes in one plan."""
    result = complete(vrp(scattered(3000), van={"capacity": [1], "count": 3000}), iterations=50)
    assert len(result.solution.routes) == 3000


def test_no_vehicles() -> None:
    """A fleet of nobody is bad input."""
    with pytest.raises(InputError, match="no vehicles"):
        vrp(scattered(3), van={"count": 0})


def test_too_large_a_job_is_an_error_by_default() -> None:
    """What no van can carry is bad input, unless it may stay unserved."""
    with pytest.raises(InputError, match="amount 7 is above every vehicle's capacity"):
        vrp([(0, 0), (3, 4)], each={"delivery": [[7]]})


@each_name
@pytest.mark.parametrize(
    ("fields", "van", "told"),
    [
        ({"delivery": [[7], [1]]}, {}, "load 7 after start d, capacity 5"),
        ({"delivery": [[1], [0]]}, {"capacity": [0]}, "load 1 after start d, capacity 0"),
        ({"time_windows": [[{"earliest": 0, "latest": 4}], []]}, {}, "job j1 begins 1 too late"),
        ({"time_windows": [[{"earliest": 9}], []]}, {"shift": {"latest": 12}}, "ends 2 after"),
        ({}, {"max_distance": 9}, "is 1 too long"),
        ({}, {"max_driving_time": 8}, "drives 2 too long"),
        ({"service": [3, 0]}, {"max_duration": 12}, "takes 1 too long"),
        ({"skills": [["cold"], []]}, {}, "needs cold"),
        ({}, {"forbidden": ["j1"]}, "may not serve"),
    ],
    ids=lambda part: next(iter(part), "none") if isinstance(part, dict) else "",
)
def test_impossible_jobs(name: str, fields: Parts, van: Parts, told: str) -> None:
    """What cannot be done says which rule forbids it and by how much; the rest is done."""
    instance = vrp([(0, 0), (3, 4), (0, 1)], van=van, each=fields, allow_unserved=True)
    result = solved(instance, name, 30)
    assert [route.stops[0].id for route in result.solution.routes] == ["j2"]
    (left,) = result.solution.unassigned
    assert (left.id, left.reason) == ("j1", "impossible")
    assert left.detail is not None
    assert left.detail.startswith("even alone: ")
    assert told in left.detail


@each_name
def test_nothing_is_possible(name: str) -> None:
    """An instance of which nothing can be done is a plan without routes."""
    result = solved(vrp(scattered(4), van={"capacity": [0.5]}, allow_unserved=True), name)
    assert result.solution.routes == ()
    assert list(reasons(result).values()) == ["impossible"] * 4


@each_name
def test_fleet_too_small(name: str) -> None:
    """Who finds no room is told that all vans are in use."""
    result = solved(vrp(scattered(17), van={"count": 3}), name)
    assert len(reasons(result)) == 2
    for left in result.solution.unassigned:
        assert left.reason == "no_vehicle"
        assert left.detail is not None
        assert "all 3 vehicles have room for 15 to deliver, the jobs need 17" in left.detail


def test_many_without_room() -> None:
    """Two thousand reasons are found without waiting for each."""
    result = solved(vrp(scattered(2000), van={"count": 1}), iterations=20)
    assert len(reasons(result)) == 1995


def test_window_that_closes_before_the_shift() -> None:
    """A window in the past is nobody's, whatever the numbers."""
    each = {"time_windows": [[{"earliest": -50, "latest": -10}], []]}
    assert reasons(solved(vrp([(0, 0), (3, 4), (0, 1)], each=each))) == {"j1": "impossible"}


@pytest.mark.parametrize("begin", [0.0, 1.7e9])
@pytest.mark.parametrize("last", [1000.0, 1e9, 1e15])
def test_times_of_any_size(begin: float, last: float) -> None:
    """Seconds of the calendar and windows without a real end leave the plan as good."""
    n = 20
    windows = [[{"earliest": begin + 7.0 * i, "latest": begin + last + 7.0 * i}] for i in range(n)]
    instance = vrp(scattered(n), each={"time_windows": windows, "service": [2.5] * n})
    plain = complete(vrp(scattered(n)), iterations=2000)
    assert complete(instance, iterations=2000).cost == pytest.approx(plain.cost, rel=0.05)


def test_long_routes_with_few_windows() -> None:
    """One window does not limit how long a route takes in the end."""
    n = 60
    windows: list[Any] = [[] for _ in range(n)]
    windows[0] = [{"earliest": 0, "latest": 1000}]
    each = {"time_windows": windows, "service": [500.25] * n}
    instance = vrp(scattered(n), van={"count": 1, "capacity": [n]}, each=each)
    complete(instance, iterations=3000)


@pytest.mark.parametrize("weight", [1e3, 1e9, 1e15])
def test_vehicles_first(weight: float) -> None:
    """However much a vehicle weighs: as few as possible, and then short ways."""
    points = [(0, 0), *[(100 * np.cos(a), 100 * np.sin(a)) for a in np.arange(10) * np.pi / 5]]
    each = {"delivery": [[3], [2]] * 5}
    free = complete(vrp(points, each=each), iterations=5000)
    instance = vrp(points, each=each, objective={"vehicles": weight})
    result = complete(instance, iterations=5000)
    assert len(result.solution.routes) == 5
    assert result.report.terms["distance"] == pytest.approx(free.report.terms["distance"], rel=0.01)


def test_priorities_of_any_height() -> None:
    """Penalties of many important jobs do not run over."""
    n = 300
    each = {"priority": [100] * (n - 1) + [0], "delivery": [[1]] * n}
    instance = vrp(scattered(n), each=each, van={"count": 59}, objective={"vehicles": 1e7})
    result = solved(instance, iterations=300)
    assert f"j{n}" in reasons(result)


def test_prizes_of_any_height() -> None:
    """An optional job of an enormous prize is served, one of next to none is not."""
    each = {"prize": [1e18, 1e-3]}
    result = solved(vrp([(0, 0), (3, 4), (-6, -8)], each=each))
    assert reasons(result) == {"j2": "prize"}


def test_same_seed_same_plan() -> None:
    """Seed and iterations decide the plan; another seed finds another one."""
    instance = vrp(scattered(80))
    plans: list[Solution] = [solved(instance, seed=seed).solution for seed in (1, 1, 2)]
    assert plans[0] == plans[1]
    assert plans[0] != plans[2]
