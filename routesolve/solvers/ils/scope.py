"""What the faster of the two searches knows."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan
from typing import TYPE_CHECKING

from routesolve.instances.features import Feature, used_features

if TYPE_CHECKING:
    from routesolve.instances.instance import VrpInstance
    from routesolve.instances.model import VehicleType

MOST_PLACES = 10_000
"""Places between which travel is looked up in matrices, for every feature."""

COMPUTED = frozenset({"euclidean", "haversine"})
"""Metrics of which the faster search needs no matrices."""

PRICED = frozenset(
    {
        Feature.CAPACITY,
        Feature.DIMENSIONS,
        Feature.PICKUPS,
        Feature.BACKHAUL_LAST,
        Feature.BACKHAUL_NONE,
        Feature.SERVICE,
        Feature.TIME_WINDOWS,
        Feature.PRIZES,
        Feature.PRIORITY,
        Feature.UNSERVED_COST,
        Feature.SKILLS,
        Feature.FORBIDDEN,
        Feature.DEPOT_WINDOWS,
        Feature.DEPOT_SERVICE,
        Feature.LIMITED_FLEET,
        Feature.FIXED_COST,
        Feature.UNIT_COSTS,
        Feature.DRIVING_COST,
        Feature.DURATION_COST,
        Feature.OPEN_START,
        Feature.OPEN_END,
        Feature.SHIFT,
        Feature.MAX_DISTANCE,
        Feature.MAX_DURATION,
        Feature.MAX_DRIVING_TIME,
        Feature.MAX_JOBS,
        Feature.SPEED_FACTOR,
        Feature.SEVERAL_DEPOTS,
        Feature.MIXED_FLEET,
    }
)
"""What the faster of the two searches knows: what is priced in constant time."""

MOST_KINDS = 60
"""Types of vehicles that it knows at once: they are told apart by bits."""


def beyond(instance: VrpInstance) -> list[str]:
    """Return what an instance has beyond the faster search."""
    found = sorted(str(feature) for feature in used_features(instance) - PRICED)
    if barring(instance) and any(any(j.delivery) == any(j.pickup) for j in instance.jobs):
        # The rules are kept by legs that are barred: each job must be on one side.
        found.append("backhaul rules with jobs that both deliver and collect, or neither")
    kinds = [kind for kind in instance.vehicle_types if kind.count != 0]
    if kinds and not found:
        found += _combined(instance, kinds)
    return found


def both_ways(instance: VrpInstance) -> bool:
    """Whether some jobs deliver and some collect."""
    jobs = instance.jobs
    return any(any(j.delivery) for j in jobs) and any(any(j.pickup) for j in jobs)


def barring(instance: VrpInstance) -> bool:
    """Whether a backhaul rule bars legs."""
    return instance.backhaul != "mixed" and both_ways(instance)


def computable(instance: VrpInstance, kinds: Sequence[VehicleType]) -> bool:
    """Whether ways are straight lines that the kernels compute themselves."""
    metrics = {instance.profile_of(kind).metric for kind in kinds}
    return not barring(instance) and metrics <= COMPUTED


def _combined(instance: VrpInstance, kinds: Sequence[VehicleType]) -> list[str]:
    """Features that the faster search knows one by one but not together."""
    from routesolve.solvers.ils.legs import cost_of_legs, several_kinds, share

    found = []
    if len(instance.locations) > MOST_PLACES and not computable(instance, kinds):
        if several_kinds(instance, kinds):
            found.append("types of vehicles with limits of their own and no straight lines")
        if barring(instance):
            found.append("backhaul rules")
    if len(kinds) > MOST_KINDS:
        found.append(f"more than {MOST_KINDS} types of vehicles")
    costs = [cost_of_legs(instance, kind) for kind in kinds]
    if any(isnan(share(cost, max(costs))) for cost in costs):
        found.append("types of vehicles with costs that are no multiples of each other")
    if len({kind.speed_factor for kind in kinds}) > 1:
        found.append("types of vehicles with different speeds")
    names = {name for kind in kinds for name in (kind.start, kind.end) if name is not None}
    depots = [instance.depots_by_id[name] for name in names]
    waits = any(job.time_windows for job in instance.jobs) or any(d.time_windows for d in depots)
    if any(len(depot.time_windows) > 1 for depot in depots):
        found.append("several opening times of a depot")
    if waits and instance.objective.duration and any(kind.cost_per_duration for kind in kinds):
        found.append("cost per duration together with time windows")
    loading = [kind for kind in kinds if kind.start and instance.depots_by_id[kind.start].service]
    if loading and any(depot.time_windows for depot in depots):
        found.append("depot loading time together with opening times")
    return found
