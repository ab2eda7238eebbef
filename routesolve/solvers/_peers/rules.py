"""What several translations ask of an instance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import inf
from typing import TYPE_CHECKING

import numpy as np

from routesolve.instances.model import Job, Shipment, TimeWindow, VehicleType, Windows
from routesolve.solutions.solution import Solution, Visit
from routesolve.solvers._ortools import work
from routesolve.solvers._ortools.greedy import greedy_plan

if TYPE_CHECKING:
    from routesolve.instances.instance import VrpInstance
    from routesolve.instances.model import Depot
    from routesolve.solvers.base import Clock

ANY_TIME = (TimeWindow(-inf, inf),)
RESCUE_SECONDS = 1.0


def fleet_of(instance: VrpInstance) -> list[VehicleType]:
    """Vehicle types of which there are any."""
    return [kind for kind in instance.vehicle_types if kind.count != 0]


def used_terminals(instance: VrpInstance) -> list[Depot]:
    """Depots where some route may begin, end or reload."""
    names: dict[str, None] = {}
    for kind in fleet_of(instance):
        for name in (*work.start_of(kind), *work.ends_of(kind), *work.reload_depots([kind])):
            names.setdefault(name)
    return [instance.depots_by_id[name] for name in names]


def alternative_ends(instance: VrpInstance, kind: VehicleType) -> list[str]:
    """Return why the choice between several ends cannot be left to the nearest one."""
    found: list[str] = []
    if kind.alternative_ends and kind.end is not None:
        depots = [instance.depots_by_id[name] for name in work.ends_of(kind)]
        if len({depot.time_windows for depot in depots}) > 1:
            found.append("alternative ends with different opening times")
        if not work.nearest_is_fastest(instance, kind):
            found.append("alternative ends of which the nearest is not the fastest")
    return found


def loading_times(instance: VrpInstance) -> set[float]:
    """Loading times at the depots where trips begin; none at open starts."""
    depots = instance.depots_by_id
    found = set()
    for kind in fleet_of(instance):
        found.add(0.0 if kind.start is None else depots[kind.start].service)
        found.update(depots[name].service for name in work.reload_depots([kind]))
    return found


def overtime(instance: VrpInstance, kind: VehicleType) -> tuple[float, bool]:
    """Overtime a vehicle may make, in seconds, and whether it costs anything."""
    priced = bool(kind.max_overtime and kind.overtime_cost and instance.objective.duration)
    return kind.max_overtime, priced


def enough(instance: VrpInstance, kind: VehicleType, tasks: int, free: int) -> int:
    """How many vehicles of a type a model needs: no more than tasks, of a free type ``free``."""
    return max(min(tasks, free if kind.count is None else kind.count), 1)


def exhausted(instance: VrpInstance, plan: Solution, free: int) -> bool:
    """Whether a plan uses all ``free`` vehicles of a type of which there are more."""
    used = Counter(route.vehicle_type for route in plan.routes)
    return any(kind.count is None and used[kind.id] >= free for kind in fleet_of(instance))


def fallback(instance: VrpInstance, clock: Clock) -> Solution:
    """Return a feasible plan, however poor; it takes a second at least where that is needed."""
    deadline = clock.elapsed + max(clock.remaining / 4, RESCUE_SECONDS)
    if deadline == inf:
        deadline = clock.elapsed + 60.0
    return greedy_plan(instance, lambda: clock.interrupted or clock.elapsed > deadline)


def chosen_end(instance: VrpInstance, kind: VehicleType, visits: Sequence[Visit]) -> list[Visit]:
    """Where a route with a choice of ends goes: to the nearest."""
    ends = work.ends_of(kind)
    if len(ends) < 2:
        return []
    last = next(visit for visit in reversed(visits) if visit.kind != "break")
    if last.kind == "reload":
        place = instance.depots_by_id[last.id or ""].location
    else:
        task = instance.tasks_by_id[last.id or ""]
        place = task.location if isinstance(task, Job) else task.delivery.location
    row = np.array([instance.location_index(place)], dtype=np.intp)
    return [Visit("end", ends[int(work.nearest_end(instance, kind, ends, row)[0])])]


def duties(
    instance: VrpInstance,
) -> list[tuple[int | None, list[Job | Shipment]]]:
    """Tasks and exclusive groups with their priority, None where all members are optional."""
    together: dict[tuple[bool, str], list[Job | Shipment]] = {}
    for task in work.tasks_of(instance):
        key = (False, task.id) if task.group is None else (True, task.group)
        together.setdefault(key, []).append(task)
    return [
        (
            max(task.priority for task in members)
            if any(task.prize is None for task in members)
            else None,
            members,
        )
        for members in together.values()
    ]


def hard(windows: Windows) -> Windows:
    """Windows, or the whole of time where there is none."""
    return windows or ANY_TIME
