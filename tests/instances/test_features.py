"""Each feature is found where it makes a difference, and only there."""

from __future__ import annotations

from typing import Any

import pytest

from routesolve.instances.features import Feature, used_features
from routesolve.instances.instance import VrpInstance

HERE, THERE = {"x": 0, "y": 0}, {"x": 3, "y": 4}
VAN = {"id": "van", "start": "d", "end": "d"}


def make(
    job: dict[str, Any] | None = None, van: dict[str, Any] | None = None, **fields: Any
) -> VrpInstance:
    """An instance that uses no feature, apart from what is given."""
    plain = {
        "jobs": [
            {"id": "a", "location": THERE, "delivery": [1], **(job or {})},
            {"id": "b", "location": HERE},
        ],
        "depots": [{"id": "d", "location": HERE}, {"id": "e", "location": THERE}],
        "vehicle_types": [{**VAN, **(van or {})}],
    }
    return VrpInstance(**{**plain, **fields})


def ride(**fields: Any) -> list[dict[str, Any]]:
    """One shipment."""
    return [{"id": "s", "pickup": {"location": HERE}, "delivery": {"location": THERE}, **fields}]


def depot(**fields: Any) -> list[dict[str, Any]]:
    """One depot."""
    return [{"id": "d", "location": HERE, **fields}]


SHIPMENTS = {Feature.SHIPMENTS}
F = Feature
CASES: list[tuple[VrpInstance, set[Feature]]] = [
    (make(), set()),
    (make(van={"capacity": [2]}), {F.CAPACITY}),
    (make({"delivery": [1, 1]}, {"capacity": [2, 2]}), {F.CAPACITY, F.DIMENSIONS}),
    (make({"delivery": [1, 1]}), set()),
    (make({"pickup": [1]}), {F.PICKUPS}),
    (make({"pickup": [0]}), set()),
    (make({"pickup": [1]}, backhaul="last"), {F.PICKUPS, F.BACKHAUL_LAST}),
    (make({"pickup": [1]}, backhaul="none"), {F.PICKUPS, F.BACKHAUL_NONE}),
    (make({"pickup": [1], "delivery": []}, backhaul="last"), {F.PICKUPS}),
    (make(backhaul="last"), set()),
    (make(shipments=ride()), SHIPMENTS),
    (make(shipments=ride(max_ride_time=9)), SHIPMENTS | {F.RIDE_TIME}),
    (make(shipments=ride(release=9)), SHIPMENTS | {F.RELEASE}),
    (make(shipments=ride(prize=0)), SHIPMENTS | {F.PRIZES}),
    (make(shipments=ride(priority=1)), SHIPMENTS | {F.PRIORITY}),
    (make(shipments=ride(group="g")), SHIPMENTS | {F.GROUPS}),
    (make(shipments=ride(skills=["s"])), SHIPMENTS | {F.SKILLS}),
    (make(shipments=ride(pickup={"location": HERE, "service": 1})), SHIPMENTS | {F.SERVICE}),
    (make(shipments=ride(delivery={"location": HERE, "setup": 1})), SHIPMENTS | {F.SETUP}),
    (make({"service": 1}), {F.SERVICE}),
    (make({"setup": 1}), {F.SETUP}),
    (make({"time_windows": [{"latest": 9}]}), {F.TIME_WINDOWS}),
    (make({"time_windows": [{"earliest": 9}]}), {F.TIME_WINDOWS}),
    (make({"time_windows": [{}]}), set()),
    (
        make({"time_windows": [{}]}, {"shift": {"earliest": -9}}),
        {F.TIME_WINDOWS, F.SHIFT},
    ),
    (
        make({"time_windows": [{"latest": 1}, {"earliest": 2}]}),
        {F.TIME_WINDOWS, F.MULTIPLE_WINDOWS},
    ),
    (
        make({"time_windows": [{"latest": 1, "lateness_cost": 0}]}),
        {F.TIME_WINDOWS, F.SOFT_WINDOWS},
    ),
    (make({"release": 1}), {F.RELEASE}),
    (make({"prize": 0}), {F.PRIZES}),
    (make({"priority": 1}), {F.PRIORITY}),
    (make({"group": "g"}), {F.GROUPS}),
    (make({"skills": ["s"]}), {F.SKILLS}),
    (make(van={"skills": ["s"]}), set()),
    (make(objective={"unserved": 0}), {F.UNSERVED_COST}),
    (make(objective={"balance": 1}), {F.BALANCE}),
    (make(objective={"vehicles": 1}), {F.FIXED_COST}),
    (make(objective={"distance": 2}), {F.UNIT_COSTS}),
    (make(van={"preferences": {"a": 1}}), {F.PREFERENCES}),
    (make(van={"preferences": {"a": 1}}, objective={"preference": 0}), set()),
    (make(van={"forbidden": ["a"]}), {F.FORBIDDEN}),
    (make(van={"end": "e"}), {F.SEVERAL_DEPOTS}),
    (make(van={"alternative_ends": ["e"]}), {F.SEVERAL_DEPOTS, F.ALTERNATIVE_ENDS}),
    (make(depots=depot(time_windows=[{"latest": 9}])), {F.DEPOT_WINDOWS}),
    (make(depots=depot(service=9)), {F.DEPOT_SERVICE}),
    (make(vehicle_types=[VAN, {**VAN, "id": "w"}]), {F.MIXED_FLEET}),
    (make(vehicle_types=[VAN, {**VAN, "id": "w", "count": 0, "capacity": [9]}]), set()),
    (make(van={"count": 1}), {F.LIMITED_FLEET}),
    (make(van={"count": 2}), set()),
    (make(van={"fixed_cost": 1}), {F.FIXED_COST}),
    (make(van={"cost_per_distance": 0}), {F.UNIT_COSTS}),
    (make(van={"cost_per_driving_time": 1}), {F.DRIVING_COST}),
    (make(van={"cost_per_duration": 1}), {F.DURATION_COST}),
    (make(van={"cost_per_duration": 1}, objective={"duration": 0}), set()),
    (make(van={"start": None}), {F.OPEN_START}),
    (make(van={"end": None}), {F.OPEN_END}),
    (make(van={"shift": {"latest": 9}}), {F.SHIFT}),
    (make(van={"shift": {"earliest": -9}}), {F.SHIFT}),
    (make(van={"breaks": [{"id": "b"}]}), {F.BREAKS}),
    (make(van={"max_distance": 9}), {F.MAX_DISTANCE}),
    (make(van={"max_duration": 9}), {F.MAX_DURATION}),
    (make(van={"max_driving_time": 9}), {F.MAX_DRIVING_TIME}),
    (make(van={"max_jobs": 9}), {F.MAX_JOBS}),
    (make(van={"max_overtime": 9}), {F.OVERTIME}),
    (make(van={"speed_factor": 2}), {F.SPEED_FACTOR}),
    (make(van={"reload_depots": ["d"]}), {F.RELOADS}),
    (make(van={"reload_depots": ["d"], "max_reloads": 0}), set()),
    (make(profiles=[{"id": "p"}, {"id": "q"}]), set()),
    (
        make(
            profiles=[{"id": "p"}, {"id": "q"}],
            vehicle_types=[VAN, {**VAN, "id": "w", "profile": "q"}],
        ),
        {F.PROFILES, F.MIXED_FLEET},
    ),
    (make(profiles=[{"bands": [{"start": 0, "speed_factor": 2}]}]), {F.TIME_BANDS}),
    (
        make(
            initial_routes=[
                {"vehicle_type": "van", "visits": [{"kind": "job", "id": "a"}], "locked": 1}
            ]
        ),
        {F.LOCKED},
    ),
]


@pytest.mark.parametrize(("instance", "expected"), CASES)
def test_used_features(instance: VrpInstance, expected: set[Feature]) -> None:
    """What is used is found, and nothing else."""
    assert used_features(instance) == expected


def test_every_feature_has_a_case() -> None:
    """A new feature needs a line above."""
    assert set().union(*(expected for _, expected in CASES)) == set(Feature)


def test_features_read_as_words() -> None:
    """Messages print them as they are."""
    assert f"lacks {Feature.RIDE_TIME}" == "lacks maximum ride time"
