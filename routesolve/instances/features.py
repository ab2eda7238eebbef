"""Which features an instance uses: the words in which solvers say what they lack."""

from __future__ import annotations

from enum import StrEnum
from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from routesolve.instances.instance import VrpInstance
    from routesolve.instances.model import Job, Shipment, Stop


class Feature(StrEnum):
    """Features of the problem model; the values are what users read."""

    CAPACITY = "capacity"
    DIMENSIONS = "several load dimensions"
    PICKUPS = "job pickups (exact peak load)"
    BACKHAUL_LAST = "backhauls last"
    BACKHAUL_NONE = "no mixed trips"
    SHIPMENTS = "shipments"
    RIDE_TIME = "maximum ride time"
    SERVICE = "service time"
    SETUP = "setup time"
    TIME_WINDOWS = "time windows"
    MULTIPLE_WINDOWS = "several windows per stop"
    SOFT_WINDOWS = "soft windows"
    RELEASE = "release times"
    PRIZES = "optional jobs (prizes)"
    PRIORITY = "priorities"
    UNSERVED_COST = "cost of unserved jobs"
    GROUPS = "exclusive groups"
    SKILLS = "skills"
    PREFERENCES = "preferences"
    FORBIDDEN = "forbidden jobs (zones)"
    SEVERAL_DEPOTS = "several depots"
    DEPOT_WINDOWS = "depot opening times"
    DEPOT_SERVICE = "depot loading time"
    MIXED_FLEET = "mixed fleet"
    LIMITED_FLEET = "limited fleet"
    FIXED_COST = "fixed costs"
    UNIT_COSTS = "unit distance costs other than 1"
    DRIVING_COST = "cost per driving time"
    DURATION_COST = "cost per duration"
    OPEN_START = "open start"
    OPEN_END = "open end"
    ALTERNATIVE_ENDS = "alternative ends"
    SHIFT = "shift windows"
    BREAKS = "breaks"
    MAX_DISTANCE = "maximum distance"
    MAX_DURATION = "maximum duration"
    MAX_DRIVING_TIME = "maximum driving time"
    MAX_JOBS = "maximum number of jobs"
    OVERTIME = "overtime"
    PROFILES = "several travel profiles"
    SPEED_FACTOR = "speed factors"
    TIME_BANDS = "time-dependent travel"
    RELOADS = "reloads (multi-trip)"
    BALANCE = "balanced routes"
    LOCKED = "locked visits"


def used_features(instance: VrpInstance) -> frozenset[Feature]:
    """Return the features that make a difference in this instance."""
    found: set[Feature] = set()

    def note(feature: Feature, used: object) -> None:
        if used:
            found.add(feature)

    fleet = [kind for kind in instance.vehicle_types if kind.count != 0]
    capacities = {kind.capacity for kind in fleet}
    note(Feature.CAPACITY, any(capacities))
    note(Feature.DIMENSIONS, any(capacities) and instance.dimension_count > 1)

    tasks: list[Job | Shipment] = [*instance.jobs, *instance.shipments]
    note(Feature.PRIORITY, any(task.priority for task in tasks))
    note(Feature.GROUPS, any(task.group for task in tasks))
    note(Feature.SKILLS, any(task.skills for task in tasks))
    note(Feature.PRIZES, any(task.prize is not None for task in tasks))
    note(Feature.RELEASE, any(task.release for task in tasks))
    note(Feature.SHIPMENTS, instance.shipments)
    note(Feature.RIDE_TIME, any(s.max_ride_time < inf for s in instance.shipments))
    if any(any(job.pickup) for job in instance.jobs):
        found.add(Feature.PICKUPS)
        both = any(any(job.delivery) for job in instance.jobs)
        note(Feature.BACKHAUL_LAST, both and instance.backhaul == "last")
        note(Feature.BACKHAUL_NONE, both and instance.backhaul == "none")

    stops: list[Job | Stop] = [*instance.jobs]
    stops += [end for s in instance.shipments for end in (s.pickup, s.delivery)]
    windows = [window for stop in stops for window in stop.time_windows]
    dawn = min([0.0, *(kind.shift.earliest for kind in fleet)])
    note(Feature.SERVICE, any(stop.service for stop in stops))
    note(Feature.SETUP, any(stop.setup for stop in stops))
    note(Feature.TIME_WINDOWS, any(w.earliest > dawn or w.latest < inf for w in windows))
    note(Feature.MULTIPLE_WINDOWS, any(len(stop.time_windows) > 1 for stop in stops))
    note(Feature.SOFT_WINDOWS, any(w.lateness_cost is not None for w in windows))

    used_depots = {
        name
        for kind in fleet
        for name in (kind.start, kind.end, *kind.alternative_ends, *kind.reload_depots)
        if name is not None
    }
    note(Feature.SEVERAL_DEPOTS, len(used_depots) > 1)
    for name in used_depots:
        depot = instance.depots_by_id[name]
        note(Feature.DEPOT_WINDOWS, depot.time_windows)
        note(Feature.DEPOT_SERVICE, depot.service)

    note(Feature.MIXED_FLEET, len(fleet) > 1)
    note(Feature.UNSERVED_COST, instance.objective.unserved is not None)
    note(Feature.BALANCE, instance.objective.balance)
    note(Feature.LOCKED, any(route.locked for route in instance.initial_routes))
    note(Feature.FIXED_COST, instance.objective.vehicles)
    profiles = {instance.profile_of(kind).id: instance.profile_of(kind) for kind in fleet}
    note(Feature.PROFILES, len(profiles) > 1)
    note(Feature.TIME_BANDS, any(profile.bands for profile in profiles.values()))
    for kind in fleet:
        note(Feature.LIMITED_FLEET, kind.count is not None and kind.count < instance.task_count)
        note(Feature.FIXED_COST, kind.fixed_cost)
        note(Feature.UNIT_COSTS, kind.cost_per_distance != 1 or instance.objective.distance != 1)
        note(Feature.DRIVING_COST, kind.cost_per_driving_time and instance.objective.duration)
        note(Feature.DURATION_COST, kind.cost_per_duration and instance.objective.duration)
        note(Feature.OPEN_START, kind.start is None)
        note(Feature.OPEN_END, kind.end is None)
        note(Feature.ALTERNATIVE_ENDS, kind.alternative_ends)
        note(Feature.SHIFT, kind.shift.earliest != 0 or kind.shift.latest < inf)
        note(Feature.BREAKS, kind.breaks)
        note(Feature.MAX_DISTANCE, kind.max_distance < inf)
        note(Feature.MAX_DURATION, kind.max_duration < inf)
        note(Feature.MAX_DRIVING_TIME, kind.max_driving_time < inf)
        note(Feature.MAX_JOBS, kind.max_jobs is not None)
        note(Feature.OVERTIME, kind.max_overtime)
        note(Feature.SPEED_FACTOR, kind.speed_factor != 1)
        note(Feature.RELOADS, kind.reload_depots and kind.max_reloads != 0)
        note(Feature.PREFERENCES, kind.preferences and instance.objective.preference)
        note(Feature.FORBIDDEN, kind.forbidden)
    return frozenset(found)
