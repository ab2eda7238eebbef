"""An instance as the arrays of the engine for every feature."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from routesolve.instances.model import Job, Shipment
from routesolve.solvers.ils.curve import along_a_curve
from routesolve.solvers.ils.rich._kernels import layout as at
from routesolve.solvers.ils.rich.neighbours import crowd, neighbours, short_leg

if TYPE_CHECKING:
    from collections.abc import Iterable

    from routesolve.instances.instance import VrpInstance
    from routesolve.instances.model import (
        Break,
        Depot,
        Location,
        Stop,
        TimeWindow,
        VehicleType,
    )

TOP_PRIORITY = 6
"""Priorities above this weigh the same: penalties must stay apart."""

ROOM = 20_000_000
"""Nodes that the rows of all routes may hold together; where it would be more, rows are shorter."""


BLOCK = 512
"""Rows of tables that are added up together: large tables are not copied as a whole."""


@dataclass(frozen=True, slots=True)
class Work:
    """What the engine solves, and the way back.

    Attributes
    ----------
    problem : Problem
        Arrays for the kernels.
    kinds : tuple of VehicleType
        Those there are any of, in the order of ``problem.kind``.
    names : tuple of (str, str or None)
        What each node is in a plan: kind of visit and id.
    routes, width : int
        Most routes, most nodes on one.
    scale : float
        Cost of a short leg: what temperatures follow.
    crowd : int
        Stops, about, of which one can be on a route at a time: so many times farther is looked.
    """

    problem: at.Problem
    kinds: tuple[VehicleType, ...]
    names: tuple[tuple[str, str | None], ...]
    routes: int
    width: int
    scale: float
    crowd: int

    @property
    def dimensions(self) -> int:
        """Number of load dimensions."""
        return int(self.problem.kind.shape[1]) - at.CAPACITY


class _Nodes:
    """Nodes as they are collected."""

    def __init__(self, instance: VrpInstance) -> None:
        self.instance, self.d = instance, instance.dimension_count
        self.places = along_a_curve(instance.points)
        self.number = np.argsort(self.places).tolist()
        self.names: list[tuple[str, str | None]] = []
        self.stop: list[npt.NDArray[np.float64]] = []
        self.what: list[list[int]] = []
        self.windows: list[tuple[float, float, float]] = []
        self.add("none", None, at.DEPOT, None)

    def add(
        self,
        visit: str,
        name: str | None,
        sort: int,
        part: Job | Stop | Depot | Break | None,
        *,
        task: int = -1,
        mate: int = 0,
    ) -> int:
        """Add a node; returns its number."""
        row = np.zeros(at.AMOUNTS + 3 * self.d)
        windows: Iterable[TimeWindow] = () if part is None else part.time_windows
        rows = [
            (w.earliest, w.latest, -1.0 if w.lateness_cost is None else w.lateness_cost)
            for w in windows
        ]
        row[at.RIDE], row[at.LATENESS] = inf, -1.0
        row[at.EARLIEST], row[at.LATEST] = -inf, inf
        if rows:
            row[at.EARLIEST] = min(r[0] for r in rows)
            row[at.LATEST] = max(r[1] for r in rows)
            row[at.LATENESS] = max(r[2] for r in rows)
        place = getattr(part, "location", None)
        where = -1 if place is None else self.place(place)
        if part is not None:
            row[at.SERVICE] = getattr(part, "service", getattr(part, "duration", 0.0))
            row[at.SETUP] = getattr(part, "setup", 0.0)
        self.names.append((visit, name))
        self.what.append([sort, where, task, mate, len(self.windows), len(rows), 0])
        self.windows += rows
        self.stop.append(row)
        return len(self.stop) - 1

    def place(self, location: Location) -> int:
        """Number of a place in the tables."""
        return int(self.number[self.instance.location_index(location)])

    def amounts(self, node: int, column: int, values: tuple[float, ...]) -> None:
        """Add amounts to one of the three groups of columns."""
        low = at.AMOUNTS + column * self.d
        self.stop[node][low : low + self.d] += self.instance.amounts(values)


def translate(instance: VrpInstance) -> Work:
    """Make the arrays of an instance."""
    kinds = tuple(kind for kind in instance.vehicle_types if kind.count != 0)
    nodes = _Nodes(instance)
    tasks: list[Job | Shipment] = [*instance.jobs, *instance.shipments]
    tasks.sort(key=lambda task: nodes.place(_first(task).location))
    member = np.full((len(tasks), 4), -1, np.int32)
    groups: dict[str, int] = {}
    for t, task in enumerate(tasks):
        member[t, at.FIRST_STOP], member[t, at.SECOND_STOP] = _stops(nodes, t, task)
        if task.group is not None:
            member[t, at.GROUP] = groups.setdefault(task.group, len(groups))
    member[:, at.NEXT] = _circles(member[:, at.GROUP])
    stops = len(nodes.names) - 1
    depots = {depot.id: nodes.add("reload", depot.id, at.DEPOT, depot) for depot in instance.depots}
    pauses = {(kind.id, p.id): _pause(nodes, p) for kind in kinds for p in kind.breaks}
    travel = _travel(instance, kinds, nodes.places)
    kind, choice = _kinds(instance, kinds, nodes, depots, pauses)
    bands = _bands(instance, kinds)
    what, stop = np.array(nodes.what, np.int32), np.array(nodes.stop)
    options = _options(instance, kinds, tasks)
    costs = _costs(kind, travel)
    missing, unserved = _penalties(instance, tasks, member, len(groups), kind, travel, costs, nodes)
    radius = _radius(kind, what, member, costs)
    size = _sizes(stop, member, kind)
    columns = np.column_stack([missing, size, radius])
    group = member[what[1 : stops + 1, at.TASK], at.GROUP]
    crowded = crowd(group)
    near = neighbours(stop, what, group, crowded, costs, travel)
    fleet = int(min(sum(instance.fleet_size(k) for k in kinds), max(len(tasks), 1)))
    routes = fleet + len(instance.initial_routes)
    width = _width(kind, stop, member, stops)
    problem = at.Problem(
        stop=stop,
        what=what,
        windows=np.array(nodes.windows, np.float64).reshape(-1, 3),
        kind=kind,
        choice=choice,
        options=options,
        travel=travel,
        bands=bands,
        task=columns,
        member=member,
        group=unserved,
        near=near,
        balance=float(instance.objective.balance),
    )
    scale = short_leg(near, what, costs, radius, crowded)
    return Work(
        problem,
        kinds,
        tuple(nodes.names),
        routes,
        min(width, max(ROOM // routes, 64)),
        scale,
        crowded,
    )


def _circles(group: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """The next task of the same group, after the last one the first; -1 = of no group."""
    follow = np.full(len(group), -1, np.int32)
    order = np.argsort(group, kind="stable")
    order = order[group[order] >= 0]
    for row in np.split(order, np.flatnonzero(np.diff(group[order])) + 1):
        follow[row] = np.roll(row, -1)
    return follow


def _first(task: Job | Shipment) -> Job | Stop:
    """Where a task begins."""
    return task if isinstance(task, Job) else task.pickup


def _stops(nodes: _Nodes, t: int, task: Job | Shipment) -> tuple[int, int]:
    """Add the stops of a task; returns their numbers, 0 = none."""
    if isinstance(task, Job):
        x = nodes.add("job", task.id, at.JOB, task, task=t)
        nodes.stop[x][at.RELEASE] = task.release
        nodes.amounts(x, 0, task.delivery)
        nodes.amounts(x, 1, tuple(-a for a in task.delivery))
        nodes.amounts(x, 1, task.pickup)
        sides = at.TAKES * any(task.pickup) + at.BRINGS * any(task.delivery)
        nodes.what[x][at.SIDES] = sides
        return x, 0
    x = nodes.add("pickup", task.id, at.PICKUP, task.pickup, task=t)
    y = nodes.add("delivery", task.id, at.DELIVERY, task.delivery, task=t, mate=x)
    nodes.what[x][at.MATE] = y
    nodes.stop[x][at.RELEASE] = task.release
    nodes.stop[y][at.RIDE] = task.max_ride_time
    nodes.amounts(x, 1, task.amount)
    nodes.amounts(y, 1, tuple(-a for a in task.amount))
    return x, y


def _pause(nodes: _Nodes, pause: Break) -> int:
    x = nodes.add("break", pause.id, at.PAUSE, pause)
    low = at.AMOUNTS + 2 * nodes.d
    nodes.stop[x][low : low + nodes.d] = inf
    if pause.max_load is not None:
        nodes.stop[x][low : low + nodes.d] = nodes.instance.amounts(pause.max_load)
    return x


def _travel(
    instance: VrpInstance, kinds: tuple[VehicleType, ...], places: npt.NDArray[np.intp]
) -> npt.NDArray[np.float64]:
    """Distances and durations of the profiles in use, in the order of :func:`_profiles`."""
    names = _profiles(instance, kinds)
    count = len(instance.locations)
    out = np.empty((max(len(names), 1), 2, count, count))
    by_name = {p.id: p for p in instance.profiles}
    for i, name in enumerate(names):
        instance.travel(by_name[name]).write(out[i, 0], out[i, 1], places)
        for part in out[i]:
            np.fill_diagonal(part, 0.0)
    return out


def _profiles(instance: VrpInstance, kinds: tuple[VehicleType, ...]) -> list[str]:
    return list(dict.fromkeys(instance.profile_of(kind).id for kind in kinds))


def _bands(instance: VrpInstance, kinds: tuple[VehicleType, ...]) -> npt.NDArray[np.float64]:
    names = _profiles(instance, kinds)
    bands = [p.bands for name in names for p in instance.profiles if p.id == name]
    out = np.full((max(len(names), 1), max((len(b) for b in bands), default=0), 2), inf)
    for i, row in enumerate(bands):
        for j, band in enumerate(row):
            out[i, j] = -inf if j == 0 else band.start, band.speed_factor
    return out


def _kinds(
    instance: VrpInstance,
    kinds: tuple[VehicleType, ...],
    nodes: _Nodes,
    depots: dict[str, int],
    pauses: dict[tuple[str, str], int],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int32]]:
    """Rows of ``kind`` and ``choice``."""
    objective, profiles = instance.objective, _profiles(instance, kinds)
    d = instance.dimension_count
    kind = np.zeros((len(kinds), at.CAPACITY + d))
    lists: list[list[list[int]]] = [[], [], []]
    for i, k in enumerate(kinds):
        profile, row = instance.profile_of(k), kind[i]
        ends = [depots[e] for e in k.alternative_ends]
        if ends:
            ends.insert(0, depots[k.end] if k.end is not None else 0)
        reloads = [depots[q] for q in k.reload_depots] if k.max_reloads != 0 else []
        breaks = sorted(
            k.breaks, key=lambda p: min((w.earliest for w in p.time_windows), default=0)
        )
        for part, values in zip(
            lists, (ends, reloads, [pauses[k.id, p.id] for p in breaks]), strict=True
        ):
            part.append(values)
        row[at.FROM] = 0 if k.start is None else depots[k.start]
        row[at.TO] = 0 if k.end is None else depots[k.end]
        row[at.PROFILE] = profiles.index(profile.id)
        row[at.DAWN], row[at.DUSK] = k.shift.earliest, k.shift.latest
        row[at.MAX_DISTANCE], row[at.MAX_DURATION] = k.max_distance, k.max_duration
        row[at.MAX_DRIVING] = k.max_driving_time
        row[at.MAX_JOBS] = inf if k.max_jobs is None else k.max_jobs
        row[at.MAX_RELOADS] = inf if k.max_reloads is None else k.max_reloads
        row[at.OVERTIME] = k.max_overtime
        row[at.BY_OVERTIME] = objective.duration * k.overtime_cost
        row[at.FIXED] = k.fixed_cost + objective.vehicles
        row[at.BY_DISTANCE] = objective.distance * k.cost_per_distance
        row[at.BY_DRIVING] = objective.duration * k.cost_per_driving_time
        row[at.BY_DURATION] = objective.duration * k.cost_per_duration
        row[at.SPEED], row[at.VEHICLES] = k.speed_factor, instance.fleet_size(k)
        row[at.FASTEST] = max((b.speed_factor for b in profile.bands), default=1.0)
        row[at.ENDS], row[at.RELOADS], row[at.PAUSES] = len(ends), len(reloads), len(breaks)
        row[at.CAPACITY :] = instance.capacity(k)
        row[at.RULES] = _rules(instance, k, nodes)
    choice = np.zeros(
        (3, len(kinds), max(len(v) for part in lists for v in [*part, [0]])), np.int32
    )
    for a, part in enumerate(lists):
        for i, values in enumerate(part):
            choice[a, i, : len(values)] = values
    return kind, choice


def _rules(instance: VrpInstance, kind: VehicleType, nodes: _Nodes) -> int:
    """Which rules are in force for a vehicle type."""
    tasks: list[Job | Shipment] = [*instance.jobs, *instance.shipments]
    released = any(task.release for task in tasks)
    several = any(row[at.COUNT] > 1 for row in nodes.what)
    soft = any(w[2] >= 0 for w in nodes.windows)
    rides = any(s.max_ride_time < inf for s in instance.shipments)
    bands = bool(instance.profile_of(kind).bands)
    objective = instance.objective
    paid = kind.cost_per_duration or (kind.overtime_cost and kind.max_overtime)
    brief = bool(objective.balance or (paid and objective.duration)) or kind.max_duration < inf
    timed = brief or bool(nodes.windows or rides or bands) or kind.shift.latest < inf
    loads = any(c < inf for c in instance.capacity(kind))
    both = instance.backhaul != "mixed"
    limits = any(p.max_load is not None for p in kind.breaks)
    return sum(
        flag
        for flag, used in (
            (at.TIMED, timed),
            (at.RELEASED, released),
            (at.RIDES, rides),
            (at.LOADED, loads or both or limits),
            (at.BACKHAUL_LAST, instance.backhaul == "last"),
            (at.BACKHAUL_NONE, instance.backhaul == "none"),
            (at.RUBBER, several or soft or bands),
            (at.BRIEF, brief),
        )
        if used
    )


def _options(
    instance: VrpInstance, kinds: tuple[VehicleType, ...], tasks: list[Job | Shipment]
) -> npt.NDArray[np.float64]:
    """What tasks cost on vehicles beside the way; infinite = not allowed."""
    out = np.zeros((len(kinds), max(len(tasks), 1)))
    weight = instance.objective.preference
    for i, kind in enumerate(kinds):
        skills, forbidden = set(kind.skills), set(kind.forbidden)
        for t, task in enumerate(tasks):
            out[i, t] = -weight * kind.preferences.get(task.id, 0.0)
            if task.id in forbidden or not set(task.skills) <= skills:
                out[i, t] = inf
    return out


def _costs(
    kind: npt.NDArray[np.float64], travel: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """What legs between places cost about: the mean over the vehicle types."""
    weights = np.zeros(travel.shape[:2])
    for row in kind:
        weights[int(row[at.PROFILE])] += (
            row[at.BY_DISTANCE],
            (row[at.BY_DRIVING] + row[at.BY_DURATION]) / row[at.SPEED],
        )
    used = np.argwhere(weights)
    profiles = sorted({int(row[at.PROFILE]) for row in kind})
    if len(profiles) == len(used) == 1 and weights.sum() == len(kind):
        i, j = used[0]
        if travel[i, j].any() and travel[i, 1 - j].max() < inf:
            # As it is: to write a large table takes longer than all else here.
            only: npt.NDArray[np.float64] = travel[i, j]
            return only
    total = np.zeros(travel.shape[2:])
    for i in profiles:
        for weight, part in zip(weights[i], travel[i], strict=True):
            for low in range(0, len(total), BLOCK):
                rows = part[low : low + BLOCK]
                if weight:
                    total[low : low + BLOCK] += weight * rows
                else:  # no way is no way, even where it counts nothing
                    total[low : low + BLOCK][rows == inf] = inf
    if not total.any():
        total = travel[:, 0].sum(axis=0)
    total /= max(len(kind), 1)
    return total


def _penalties(
    instance: VrpInstance,
    tasks: list[Job | Shipment],
    member: npt.NDArray[np.int32],
    groups: int,
    kind: npt.NDArray[np.float64],
    travel: npt.NDArray[np.float64],
    costs: npt.NDArray[np.float64],
    nodes: _Nodes,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Columns MISSING, MANDATORY and PARTIAL of ``task``, and what each group costs unserved."""
    hours = _longest(travel[:, 1]) / kind[:, at.SPEED].min(initial=1.0)
    late = max((w[2] for w in nodes.windows), default=0.0)
    work = max((row[at.SERVICE] for row in nodes.stop), default=0.0)
    spans = [abs(x) for w in nodes.windows for x in w[:2] if np.isfinite(x)]
    scores = max(
        (abs(s) for k in instance.vehicle_types for s in k.preferences.values()), default=0
    )
    # More than serving a task can cost.
    base = 8.0 * _longest(costs) + 4.0 * kind[:, at.FIXED].max(initial=0.0) + 1.0
    base += 2.0 * instance.objective.preference * scores
    base += max(late, 0.0) * (4.0 * hours + 2.0 * work + max(spans, default=0.0))
    per_second = kind[:, at.BY_DURATION].max(initial=0.0) + instance.objective.balance
    base += (per_second + kind[:, at.BY_OVERTIME].max(initial=0.0)) * (
        4.0 * hours + 2.0 * work + max(spans, default=0.0)
    )
    unserved = instance.objective.unserved
    out = np.zeros((len(tasks), 3))
    group = np.zeros(groups)
    required = np.zeros(groups, bool)
    for t, task in enumerate(tasks):
        if task.prize is not None:
            value, duty = task.prize, 0.0
        elif unserved is not None:
            value, duty = unserved * (1 + task.priority), 0.0
        else:
            value = duty = base * 16.0 ** min(task.priority, TOP_PRIORITY)
        g = member[t, at.GROUP]
        if g < 0:
            out[t, at.MISSING], out[t, at.MANDATORY] = value, duty
        else:
            required[g] |= task.prize is None
    for t, task in enumerate(tasks):
        g = member[t, at.GROUP]
        if g < 0:
            continue
        if required[g]:
            weight = unserved if unserved is not None else base
            power = 1 + task.priority if unserved is not None else 16.0 ** min(task.priority, 6)
            group[g] = max(group[g], weight * power)
        else:
            group[g] = max(group[g], task.prize or 0.0)
    for t, task in enumerate(tasks):
        g = member[t, at.GROUP]
        if g >= 0 and not required[g]:
            out[t, at.PARTIAL] = group[g] - (task.prize or 0.0)
    return out, group


def _radius(
    kind: npt.NDArray[np.float64],
    what: npt.NDArray[np.int32],
    member: npt.NDArray[np.int32],
    costs: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """Cost of the way to each task from the nearest start."""
    starts = sorted({int(what[int(row[at.FROM]), at.PLACE]) for row in kind} - {-1})
    places = what[member[:, at.FIRST_STOP], at.PLACE]
    if not starts or not len(member):
        return np.zeros(len(member))
    out: npt.NDArray[np.float64] = costs[np.ix_(starts, places)].min(axis=0)
    return np.where(np.isfinite(out), out, 0.0)


def _sizes(
    stop: npt.NDArray[np.float64],
    member: npt.NDArray[np.int32],
    kind: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """How much of a vehicle each task takes."""
    d = kind.shape[1] - at.CAPACITY
    if not d or not len(member):
        return np.zeros(len(member))
    largest = np.max(kind[:, at.CAPACITY :], axis=0)
    first = stop[member[:, at.FIRST_STOP]]
    brought, change = (
        first[:, at.AMOUNTS : at.AMOUNTS + d],
        first[:, at.AMOUNTS + d : at.AMOUNTS + 2 * d],
    )
    amounts = np.maximum(brought, brought + change)
    usable = np.isfinite(largest) & (largest > 0)
    return np.asarray((amounts[:, usable] / largest[usable]).sum(axis=1))


def _longest(table: npt.NDArray[np.float64]) -> float:
    """The largest number of a table that is one."""
    return float(np.max(table, where=table < inf, initial=0.0))


def _width(
    kind: npt.NDArray[np.float64],
    stop: npt.NDArray[np.float64],
    member: npt.NDArray[np.int32],
    stops: int,
) -> int:
    """Most nodes that a route can have."""
    most = stops
    d = kind.shape[1] - at.CAPACITY
    if len(member) and not kind[:, at.RELOADS].any() and not (member[:, at.SECOND_STOP] > 0).any():
        for c in range(d):
            for column in (c, d + c):
                amounts = stop[member[:, at.FIRST_STOP], at.AMOUNTS + column]
                capacity = kind[:, at.CAPACITY + c].max()
                if column == c and np.isfinite(capacity):
                    brought = np.sort(amounts)
                    most = min(most, int((np.cumsum(brought) <= capacity + 1e-6).sum()))
    most = int(min(most, kind[:, at.MAX_JOBS].max(initial=0)))
    if kind[:, at.RELOADS].any():
        most += int(min(most, kind[:, at.MAX_RELOADS].max()))
    return most + int(kind[:, at.PAUSES].max(initial=0)) + 6
