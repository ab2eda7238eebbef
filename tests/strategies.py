"""Random valid problems over all features of the model, for property tests."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from routesolve.graphs.rounding import Rounding
from routesolve.instances.features import Feature
from routesolve.instances.instance import VrpInstance

HORIZON = 240
MAX_AMOUNT = 5

# What a feature cannot go without: a soft window is a window.
_NEEDS = {
    Feature.MULTIPLE_WINDOWS: {Feature.TIME_WINDOWS},
    Feature.SOFT_WINDOWS: {Feature.TIME_WINDOWS},
    Feature.RIDE_TIME: {Feature.SHIPMENTS},
    Feature.BACKHAUL_LAST: {Feature.PICKUPS},
    Feature.BACKHAUL_NONE: {Feature.PICKUPS},
    Feature.DIMENSIONS: {Feature.CAPACITY},
    Feature.ALTERNATIVE_ENDS: {Feature.SEVERAL_DEPOTS},
    Feature.PROFILES: {Feature.MIXED_FLEET},
}


def instances(
    max_jobs: int = 6, features: Collection[Feature] | None = None
) -> st.SearchStrategy[VrpInstance]:
    """Draw valid instances.

    Parameters
    ----------
    max_jobs
        Largest number of jobs, and of shipments (at most three of those).
    features
        Features an instance may use; default: all. Each draw uses a few of them. Metrics, rounding
        conventions, initial routes and vehicle skills are no features and vary always.
    """
    allowed = frozenset(Feature) if features is None else frozenset(features)
    usable = sorted(f for f in allowed if _NEEDS.get(f, set()) <= allowed)
    chosen = st.frozensets(st.sampled_from(usable), max_size=12) if usable else st.just(frozenset())
    return chosen.flatmap(lambda some: _instance(max_jobs, frozenset(with_needs(some))))


def with_needs(chosen: Collection[Feature]) -> set[Feature]:
    """Add what some features cannot go without."""
    return set(chosen).union(*(_NEEDS.get(feature, set()) for feature in chosen))


def numbers(low: float, high: float) -> st.SearchStrategy[float]:
    """Draw halves: exact in floating point, and not always whole."""
    return st.integers(int(2 * low), int(2 * high)).map(lambda value: value / 2)


@dataclass
class _Draw:
    """The draw function, and the features chosen for this instance."""

    draw: Any
    chosen: frozenset[Feature]

    def one(self, strategy: st.SearchStrategy[Any]) -> Any:
        return self.draw(strategy)

    def maybe(self, feature: Feature | None, strategy: st.SearchStrategy[Any]) -> Any:
        """Draw half of the times if the feature is chosen (None: always); otherwise None."""
        if (feature is None or feature in self.chosen) and self.draw(st.booleans()):
            return self.draw(strategy)
        return None

    def some(self, strategies: dict[str, tuple[Feature | None, Any]]) -> dict[str, Any]:
        """Draw a dictionary of optional fields; fields not drawn keep the model's defaults."""
        drawn = {key: self.maybe(*item) for key, item in strategies.items()}
        return {key: value for key, value in drawn.items() if value is not None}

    def __contains__(self, feature: Feature) -> bool:
        return feature in self.chosen


@st.composite
def _instance(draw: Any, max_jobs: int, chosen: frozenset[Feature]) -> VrpInstance:
    d = _Draw(draw, chosen)
    family = draw(st.sampled_from(["planar", "matrix", "geographic"]))
    dimensions = draw(st.integers(2, 3)) if Feature.DIMENSIONS in d else 1
    places = [_place(draw, family, i) for i in range(draw(st.integers(1, max_jobs + 3)))]
    place = st.sampled_from(places)

    job_count = draw(st.integers(0, max_jobs))
    shipment_count = draw(st.integers(1, 3)) if Feature.SHIPMENTS in d else 0
    jobs = [_job(d, f"j{i}", place, dimensions) for i in range(job_count)]
    shipments = [_shipment(d, f"s{i}", place, dimensions) for i in range(shipment_count)]
    depots = [
        _depot(d, f"d{i}", place)
        for i in range(draw(st.integers(2, 3)) if Feature.SEVERAL_DEPOTS in d else 1)
    ]
    profiles = [
        _profile(d, f"p{i}", family, len(places)) for i in range(2 if Feature.PROFILES in d else 1)
    ]
    tasks = [part["id"] for part in (*jobs, *shipments)]
    fleet = [
        _vehicle_type(d, i, depots, profiles, tasks, dimensions)
        for i in range(draw(st.integers(2, 3)) if Feature.MIXED_FLEET in d else 1)
    ]
    backhauls = {Feature.BACKHAUL_LAST: "last", Feature.BACKHAUL_NONE: "none"}
    fields = d.some(
        {
            "rounding": (None, st.sampled_from(Rounding)),
            "epoch": (None, st.just("2026-03-02T00:00:00")),
            "name": (None, st.text(max_size=4)),
            "comment": (None, st.text(max_size=4)),
            "allow_unserved": (None, st.booleans()),
        }
    )
    return VrpInstance(
        jobs=jobs,
        shipments=shipments,
        depots=depots,
        vehicle_types=fleet,
        profiles=profiles,
        objective=_objective(d),
        backhaul=next((word for f, word in backhauls.items() if f in d), "mixed"),
        initial_routes=_initial_routes(d, jobs, shipments, fleet),
        dimensions=tuple(f"dim{i}" for i in range(dimensions)) if draw(st.booleans()) else (),
        **fields,
    )


# -- places and travel -------------------------------------------------------------------------


def _place(draw: Any, family: str, index: int) -> dict[str, Any]:
    if family == "geographic":
        lon, lat = draw(st.integers(0, 20)), draw(st.integers(0, 20))
        return {"lon": 31.3 + lon / 1000, "lat": 30.05 + lat / 1000}
    place: dict[str, Any] = {"index": index} if family == "matrix" else {}
    if family == "planar" or draw(st.booleans()):
        place |= {"x": draw(numbers(-20, 20)), "y": draw(numbers(-20, 20))}
    return place


def _profile(d: _Draw, name: str, family: str, n: int) -> dict[str, Any]:
    bands: dict[str, Any] = {}
    if Feature.TIME_BANDS in d:
        starts = sorted(d.one(st.sets(st.integers(0, HORIZON), min_size=1, max_size=3)))
        factor = st.sampled_from([0.5, 1.0, 1.5, 2.0])
        bands["bands"] = [{"start": float(s), "speed_factor": d.one(factor)} for s in starts]
    if family == "matrix":
        row = st.lists(st.integers(0, 30), min_size=n, max_size=n)
        square = st.lists(row, min_size=n, max_size=n).map(_zero_diagonal)
        both = {"durations": (None, square), "distances": (None, square)}
        given = d.some(both) or {"durations": d.one(square)}
        return {"id": name, "metric": "matrix", **given, **bands}
    straight = {"speed": (None, st.sampled_from([0.5, 2.0])), "detour": (None, st.just(1.5))}
    if family == "geographic":
        return {"id": name, "metric": "haversine", "speed": 10.0, "detour": 1.25, **bands}
    metric = d.one(st.sampled_from(["euclidean", "manhattan", "chebyshev"]))
    return {"id": name, "metric": metric, **d.some(straight), **bands}


def _zero_diagonal(rows: list[list[int]]) -> list[list[int]]:
    return [[0 if i == j else x for j, x in enumerate(row)] for i, row in enumerate(rows)]


# -- work --------------------------------------------------------------------------------------


def _window(d: _Draw, *, soft: bool = False) -> dict[str, Any]:
    earliest = d.one(numbers(0, HORIZON))
    window = {"earliest": earliest} if d.one(st.booleans()) else {}
    if not window or d.one(st.booleans()):
        window["latest"] = window.get("earliest", 0.0) + d.one(numbers(0, HORIZON))
    if soft and (cost := d.maybe(Feature.SOFT_WINDOWS, numbers(0, 3))) is not None:
        window["lateness_cost"] = cost
    return window


def _windows(d: _Draw, feature: Feature, *, soft: bool = False) -> Any:
    """Windows in any order; they may overlap."""
    if feature not in d:
        return []
    most = 1 if soft and Feature.MULTIPLE_WINDOWS not in d else 3
    return [_window(d, soft=soft) for _ in range(d.one(st.integers(0, most)))]


def _amounts(d: _Draw, dimensions: int) -> Any:
    whole = st.lists(st.integers(0, MAX_AMOUNT).map(float), max_size=dimensions)
    return d.one(whole | st.integers(0, MAX_AMOUNT).map(lambda a: [a]))


def _stop_fields(d: _Draw) -> dict[str, Any]:
    return {
        "time_windows": _windows(d, Feature.TIME_WINDOWS, soft=True),
        **d.some(
            {
                "service": (Feature.SERVICE, numbers(0, 10)),
                "setup": (Feature.SETUP, numbers(0, 5)),
                "name": (None, st.text(max_size=3)),
            }
        ),
    }


def _task_fields(d: _Draw) -> dict[str, Any]:
    return d.some(
        {
            "release": (Feature.RELEASE, numbers(0, HORIZON / 2)),
            "prize": (Feature.PRIZES, numbers(0, 60)),
            "priority": (Feature.PRIORITY, st.integers(0, 100)),
            "group": (Feature.GROUPS, st.sampled_from(["g0", "g1"])),
            "skills": (Feature.SKILLS, _names(["cold", "crane"])),
        }
    )


def _names(names: list[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(names), unique=True) if names else st.just([])


def _job(d: _Draw, name: str, place: Any, dimensions: int) -> dict[str, Any]:
    pickup = _amounts(d, dimensions) if Feature.PICKUPS in d else []
    return {
        "id": name,
        "location": d.one(place),
        "delivery": _amounts(d, dimensions),
        "pickup": pickup,
        **_stop_fields(d),
        **_task_fields(d),
    }


def _shipment(d: _Draw, name: str, place: Any, dimensions: int) -> dict[str, Any]:
    limit = d.maybe(Feature.RIDE_TIME, numbers(0, 80))
    return {
        "id": name,
        "pickup": {"location": d.one(place), **_stop_fields(d)},
        "delivery": {"location": d.one(place), **_stop_fields(d)},
        "amount": _amounts(d, dimensions),
        **({} if limit is None else {"max_ride_time": limit}),
        **_task_fields(d),
    }


# -- depots and fleet --------------------------------------------------------------------------


def _depot(d: _Draw, name: str, place: Any) -> dict[str, Any]:
    return {
        "id": name,
        "location": d.one(place),
        "time_windows": _windows(d, Feature.DEPOT_WINDOWS),
        **d.some({"service": (Feature.DEPOT_SERVICE, numbers(0, 10))}),
    }


def _vehicle_type(
    d: _Draw, number: int, depots: list[Any], profiles: list[Any], tasks: list[str], dimensions: int
) -> dict[str, Any]:
    ids = [depot["id"] for depot in depots]
    depot = st.sampled_from(ids)
    kind: dict[str, Any] = {"id": f"v{number}", "profile": profiles[number % len(profiles)]["id"]}
    if Feature.CAPACITY in d:
        # The first type can carry every job, so that no amount is refused as a slip of the pen.
        least = 0 if number else MAX_AMOUNT
        kind["capacity"] = [float(d.one(st.integers(least, 15))) for _ in range(dimensions)]
    if Feature.LIMITED_FLEET in d:
        kind["count"] = d.one(st.integers(0 if number else 1, 3))
    elif d.one(st.booleans()):
        kind["count"] = len(tasks)
        if not number:
            kind["count"] += 1
    if not (Feature.OPEN_START in d and d.one(st.booleans())):
        kind["start"] = d.one(depot)
    if not (Feature.OPEN_END in d and d.one(st.booleans())):
        kind["end"] = d.one(depot)
        if (ends := d.maybe(Feature.ALTERNATIVE_ENDS, _names(ids))) is not None:
            kind["alternative_ends"] = ends
    if Feature.RELOADS in d:
        kind["reload_depots"] = d.one(_names(ids))
        if kind["reload_depots"] and d.one(st.booleans()):
            kind["max_reloads"] = d.one(st.integers(0, 2))
    if Feature.SHIFT in d:
        kind["shift"] = _window(d)
    if Feature.BREAKS in d:
        kind["breaks"] = [_break(d, f"b{i}", dimensions) for i in range(d.one(st.integers(0, 2)))]
    return kind | _limits_and_costs(d, tasks)


def _limits_and_costs(d: _Draw, tasks: list[str]) -> dict[str, Any]:
    scores = st.dictionaries(st.sampled_from(tasks), numbers(-5, 5)) if tasks else st.just({})
    return d.some(
        {
            "max_distance": (Feature.MAX_DISTANCE, numbers(10, 200)),
            "max_duration": (Feature.MAX_DURATION, numbers(10, HORIZON)),
            "max_driving_time": (Feature.MAX_DRIVING_TIME, numbers(10, 200)),
            "max_jobs": (Feature.MAX_JOBS, st.integers(0, 5)),
            "max_overtime": (Feature.OVERTIME, numbers(0, 40)),
            "overtime_cost": (Feature.OVERTIME, numbers(0, 5)),
            "fixed_cost": (Feature.FIXED_COST, numbers(0, 50)),
            "cost_per_distance": (Feature.UNIT_COSTS, numbers(0, 3)),
            "cost_per_driving_time": (Feature.DRIVING_COST, numbers(0, 3)),
            "cost_per_duration": (Feature.DURATION_COST, numbers(0, 3)),
            "skills": (None, _names(["cold", "crane"])),
            "speed_factor": (Feature.SPEED_FACTOR, st.sampled_from([0.5, 0.8, 1.25, 2.0])),
            "preferences": (Feature.PREFERENCES, scores),
            "forbidden": (Feature.FORBIDDEN, _names(tasks)),
        }
    )


def _break(d: _Draw, name: str, dimensions: int) -> dict[str, Any]:
    pause = {
        "id": name,
        "duration": d.one(numbers(0, 30)),
        "time_windows": [_window(d) for _ in range(d.one(st.integers(0, 2)))],
    }
    if (load := d.maybe(Feature.CAPACITY, st.just([2.0] * dimensions))) is not None:
        pause["max_load"] = load
    return pause


# -- objective and initial plan ----------------------------------------------------------------


def _objective(d: _Draw) -> dict[str, Any]:
    return d.some(
        {
            "distance": (Feature.UNIT_COSTS, numbers(0, 3)),
            "duration": (Feature.DURATION_COST, numbers(0, 3)),
            "vehicles": (Feature.FIXED_COST, numbers(0, 30)),
            "unserved": (Feature.UNSERVED_COST, numbers(0, 100)),
            "preference": (Feature.PREFERENCES, numbers(0, 3)),
            "balance": (Feature.BALANCE, numbers(0, 3)),
        }
    )


def _initial_routes(
    d: _Draw, jobs: list[Any], shipments: list[Any], fleet: list[Any]
) -> list[dict[str, Any]]:
    """One route over some of the work, in any order, pickups before their deliveries."""
    visits = [{"kind": "job", "id": job["id"]} for job in jobs]
    visits += [{"kind": "pickup", "id": s["id"]} for s in shipments]
    if not visits or d.one(st.integers(0, 3)):
        return []
    some = d.one(st.lists(st.sampled_from(visits), unique_by=lambda v: v["id"], max_size=4))
    some += [{"kind": "delivery", "id": v["id"]} for v in some if v["kind"] == "pickup"]
    kind = next(kind for kind in fleet if kind.get("count") != 0)
    locked = d.one(st.integers(0, len(some))) if Feature.LOCKED in d else 0
    return [{"vehicle_type": kind["id"], "visits": some, "locked": locked}]
