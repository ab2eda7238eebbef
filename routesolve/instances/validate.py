"""What can contradict in an instance of right types, gathered before anything is raised."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from routesolve.errors import Problem
from routesolve.graphs.geodesy import great_circle

if TYPE_CHECKING:
    from routesolve.instances.instance import VrpInstance
    from routesolve.instances.model import (
        Break,
        Depot,
        Job,
        Location,
        Profile,
        Shipment,
        Stop,
        TimeWindow,
        VehicleType,
    )

    Part = Job | Shipment | Depot | VehicleType | Break

FAR_AWAY = 500_000.0  # metres; further than this from all other stops may be a swapped pair


def problems(instance: VrpInstance) -> list[Problem]:
    """Return everything that is inconsistent in an instance whose types and bounds are right."""
    checks = (
        _unique_ids,
        _references,
        _windows,
        _profiles,
        _places,
        _dimensions,
        _fleet,
        _capacity,
        _epoch,
    )
    return [problem for check in checks for problem in check(instance)]


def _duplicates(ids: Sequence[str], where: Callable[[int], str], what: str) -> Iterator[Problem]:
    if len(set(ids)) == len(ids):
        return
    first: dict[str, int] = {}
    for i, name in enumerate(ids):
        if name in first:
            yield Problem(
                f"{what} id {name!r} is used twice (first at {where(first[name])})",
                where(i),
                "give each an id of its own",
            )
        first.setdefault(name, i)


def _unique_ids(instance: VrpInstance) -> Iterator[Problem]:
    jobs = len(instance.jobs)
    yield from _duplicates(
        [job.id for job in instance.jobs] + [shipment.id for shipment in instance.shipments],
        lambda i: f"/jobs/{i}/id" if i < jobs else f"/shipments/{i - jobs}/id",
        "job or shipment",
    )
    for key, what in (
        ("depots", "depot"),
        ("vehicle_types", "vehicle type"),
        ("profiles", "profile"),
    ):
        ids = [part.id for part in getattr(instance, key)]
        yield from _duplicates(ids, f"/{key}/{{}}/id".format, what)
    for k, kind in enumerate(instance.vehicle_types):
        ids = [pause.id for pause in kind.breaks]
        yield from _duplicates(ids, f"/vehicle_types/{k}/breaks/{{}}/id".format, "break")


def _unknown(name: str, known: Iterable[str], what: str, where: str) -> Iterator[Problem]:
    known = list(known)
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        some = ", ".join(known[:5]) + (", ..." if len(known) > 5 else "")
        fix = f"did you mean {near[0]!r}?" if near else f"known: {some or 'none'}"
        yield Problem(f"there is no {what} {name!r}", where, fix)


def _references(instance: VrpInstance) -> Iterator[Problem]:
    depots = instance.depots_by_id
    tasks = {**instance.jobs_by_id, **instance.shipments_by_id}
    profiles = {p.id for p in instance.profiles}
    for k, kind in enumerate(instance.vehicle_types):
        at = f"/vehicle_types/{k}"
        for field in ("start", "end"):
            name = getattr(kind, field)
            if name is not None and name not in depots:
                yield from _unknown(name, depots, "depot", f"{at}/{field}")
        for field in ("alternative_ends", "reload_depots"):
            for i, name in enumerate(getattr(kind, field)):
                if name not in depots:
                    yield from _unknown(name, depots, "depot", f"{at}/{field}/{i}")
        if kind.profile is not None and kind.profile not in profiles:
            yield from _unknown(kind.profile, profiles, "profile", f"{at}/profile")
        for i, name in enumerate(kind.forbidden):
            if name not in tasks:
                yield from _unknown(name, tasks, "job or shipment", f"{at}/forbidden/{i}")
        for name in kind.preferences:
            if name not in tasks:
                yield from _unknown(name, tasks, "job or shipment", f"{at}/preferences/{name}")
        if kind.alternative_ends and kind.end is None:
            yield Problem(
                "'alternative_ends' without 'end'", at, "give 'end', the depot used by default"
            )
    yield from _initial_routes(instance)


def _initial_routes(instance: VrpInstance) -> Iterator[Problem]:
    for r, route in enumerate(instance.initial_routes):
        at = f"/initial_routes/{r}"
        kind = instance.vehicle_types_by_id.get(route.vehicle_type)
        if kind is None:
            yield from _unknown(
                route.vehicle_type,
                instance.vehicle_types_by_id,
                "vehicle type",
                f"{at}/vehicle_type",
            )
        if route.locked > len(route.visits):
            yield Problem(
                f"{route.locked} visits locked, but the route has {len(route.visits)}",
                f"{at}/locked",
                "lock at most all visits of the route",
            )
        known: dict[str, Iterable[str]] = {
            "job": instance.jobs_by_id,
            "pickup": instance.shipments_by_id,
            "delivery": instance.shipments_by_id,
            "break": [b.id for b in kind.breaks] if kind else (),
        }
        for i, visit in enumerate(route.visits):
            names = known.get(visit.kind, instance.depots_by_id)
            if visit.id is None and visit.kind in ("start", "end"):
                continue
            if visit.id is None or visit.id not in names:
                where = f"{at}/visits/{i}/id"
                yield from _unknown(str(visit.id), names, visit.kind, where)


# Large instances pass here on every load: the loops below look at one part after the other, and
# words and pointers are made only for what is wrong.


def _owner(part: Part) -> str:
    """``job 'A17 (Baker)'``: how a message names a part."""
    kind = {"VehicleType": "vehicle type"}.get(type(part).__name__, type(part).__name__.lower())
    return f"{kind} {getattr(part, 'label', part.id)!r}"


def _stops(instance: VrpInstance) -> Iterator[tuple[Job | Shipment, Job | Stop, str, int]]:
    """Yield owner, stop, and the stop's pointer as a pattern with its number."""
    for i, job in enumerate(instance.jobs):
        yield job, job, "/jobs/{}", i
    for i, shipment in enumerate(instance.shipments):
        yield shipment, shipment.pickup, "/shipments/{}/pickup", i
        yield shipment, shipment.delivery, "/shipments/{}/delivery", i


def _windows(instance: VrpInstance) -> Iterator[Problem]:
    for part, stop, where, i in _stops(instance):
        for k, window in enumerate(stop.time_windows):
            if window.latest < window.earliest:
                yield _reversed(part, window, f"{where.format(i)}/time_windows/{k}")
    for owner, window, where in _hard_windows(instance):
        if window.latest < window.earliest:
            yield _reversed(owner, window, where)
        if window.lateness_cost is not None:
            yield Problem(
                f"{_owner(owner)}: this window cannot be soft", where, "drop 'lateness_cost'"
            )


def _hard_windows(instance: VrpInstance) -> Iterator[tuple[Part, TimeWindow, str]]:
    for i, depot in enumerate(instance.depots):
        for j, window in enumerate(depot.time_windows):
            yield depot, window, f"/depots/{i}/time_windows/{j}"
    for k, kind in enumerate(instance.vehicle_types):
        yield kind, kind.shift, f"/vehicle_types/{k}/shift"
        for i, pause in enumerate(kind.breaks):
            for j, window in enumerate(pause.time_windows):
                yield pause, window, f"/vehicle_types/{k}/breaks/{i}/time_windows/{j}"


def _reversed(part: Part, window: TimeWindow, where: str) -> Problem:
    return Problem(
        f"{_owner(part)}: window ends at {window.latest:g}, before it starts at "
        f"{window.earliest:g}",
        where,
        "swap the two, or add 86400 when it ends on the next day",
    )


def _profiles(instance: VrpInstance) -> Iterator[Problem]:
    for k, profile in enumerate(instance.profiles):
        at = f"/profiles/{k}"
        given = [m for m in (profile.durations, profile.distances) if m is not None]
        if (profile.metric == "matrix") != bool(given):
            yield Problem(
                "matrices are given, but the metric is not 'matrix'"
                if given
                else "metric 'matrix' without matrices",
                at,
                "set metric to 'matrix'" if given else "give 'durations', 'distances' or both",
            )
        if profile.metric == "network" and not profile.network:
            yield Problem("metric 'network' without a network", at, "name it in 'network'")
        shapes = set()
        for name in ("durations", "distances"):
            matrix = getattr(profile, name)
            if matrix is not None:
                shapes.add(matrix.shape)
                yield from _matrix(matrix, f"{at}/{name}")
        if len(shapes) > 1:
            yield Problem(
                f"durations and distances differ in shape: {sorted(shapes)}",
                at,
                "both have one row and one column for each location index",
            )
        starts = [band.start for band in profile.bands]
        if starts != sorted(set(starts)):
            yield Problem("the starts of 'bands' do not ascend", f"{at}/bands", "sort them")


def _matrix(matrix: Any, where: str) -> Iterator[Problem]:
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        yield Problem(
            f"a matrix is square, this one has shape {matrix.shape}",
            where,
            "one row and one column for each location index",
        )
        return
    wrong = np.isnan(matrix) | (matrix < 0)
    for i, j in np.argwhere(wrong)[:3]:
        yield Problem(
            f"entry {matrix[i, j]:g} ({int(wrong.sum())} such in all)",
            f"{where}/{i}/{j}",
            "entries are numbers >= 0; null = unreachable",
        )


def _all_places(instance: VrpInstance) -> Iterator[tuple[Part, Location, str, int]]:
    """Yield owner, place, and the place's pointer as a pattern with its number."""
    for i, depot in enumerate(instance.depots):
        yield depot, depot.location, "/depots/{}/location", i
    for part, stop, where, i in _stops(instance):
        yield part, stop.location, f"{where}/location", i


def _places(instance: VrpInstance) -> Iterator[Problem]:
    used = {
        instance.profile_of(k).id for k in instance.vehicle_types if _profile_known(instance, k)
    }
    used_profiles = [p for p in instance.profiles if p.id in used] or list(instance.profiles[:1])
    metrics = {p.metric for p in used_profiles}
    needs_index = "matrix" in metrics
    geographic = bool(metrics & {"haversine", "network"})
    planar = bool(metrics - {"haversine", "network", "matrix"})
    rows = min(
        (
            len(m)
            for p in used_profiles
            for m in (p.durations, p.distances)
            if p.metric == "matrix" and m is not None and m.ndim == 2
        ),
        default=None,
    )
    for part, place, pattern, i in _all_places(instance):
        no_lonlat = place.lon is None or place.lat is None
        no_xy = place.x is None or place.y is None
        if no_lonlat and (place.lon is not None or place.lat is not None):
            yield _half(part, "lon", "lat", pattern.format(i))
        if no_xy and (place.x is not None or place.y is not None):
            yield _half(part, "x", "y", pattern.format(i))
        if geographic and no_lonlat:
            yield Problem(
                f"{_owner(part)}: no 'lon' and 'lat'",
                pattern.format(i),
                "the travel profile needs them",
            )
        if planar and no_xy:
            yield Problem(
                f"{_owner(part)}: no 'x' and 'y'",
                pattern.format(i),
                "the travel profile needs them; for longitude and latitude use metric 'haversine' "
                "or 'network'",
            )
        if needs_index and place.index is None:
            yield Problem(
                f"{_owner(part)}: no 'index'", pattern.format(i), "name its row of the matrix"
            )
        elif needs_index and rows is not None and place.index >= rows:  # type: ignore[operator]
            yield Problem(
                f"{_owner(part)}: index {place.index}, but the matrix has {rows} rows",
                f"{pattern.format(i)}/index",
                f"indices go from 0 to {rows - 1}",
            )
    yield from _swapped(instance)


def _half(part: Part, a: str, b: str, where: str) -> Problem:
    return Problem(f"{_owner(part)}: {a!r} and {b!r} go together", where, "give both")


def _profile_known(instance: VrpInstance, kind: VehicleType) -> bool:
    return kind.profile is None or any(p.id == kind.profile for p in instance.profiles)


def _swapped(instance: VrpInstance) -> Iterator[Problem]:
    """Find stops far from all others that lie among them once their coordinates are swapped."""
    places = [p for p in instance.locations if p.lon is not None and p.lat is not None]
    if len(places) < 3:
        return
    points = np.array([(p.lon, p.lat) for p in places])
    centre = np.median(points, axis=0)
    here = great_circle(points, centre)
    there = great_circle(points[:, ::-1], centre)
    suspects = np.flatnonzero((here > FAR_AWAY) & (there < here / 10))
    if len(suspects) == 0:
        return
    away = {places[i]: here[i] / 1000 for i in suspects}
    for part, place, pattern, number in _all_places(instance):
        if place in away:
            yield Problem(
                f"{_owner(part)}: longitude {place.lon:g}, latitude {place.lat:g} lie "
                f"{away[place]:,.0f} km from the other stops; they look swapped",
                pattern.format(number),
                "swap 'lon' and 'lat'",
            )


def _dimensions(instance: VrpInstance) -> Iterator[Problem]:
    count = instance.dimension_count
    for k, kind in enumerate(instance.vehicle_types):
        if kind.capacity and len(kind.capacity) != count:
            yield Problem(
                f"vehicle type {kind.id!r}: {len(kind.capacity)} capacities, but amounts have "
                f"{count} dimensions",
                f"/vehicle_types/{k}/capacity",
                "give one capacity for each dimension",
            )


def _fleet(instance: VrpInstance) -> Iterator[Problem]:
    if not any(kind.count is None or kind.count > 0 for kind in instance.vehicle_types):
        yield Problem("there are no vehicles", "/vehicle_types", "give at least one vehicle type")
    for k, kind in enumerate(instance.vehicle_types):
        if kind.max_reloads and not kind.reload_depots:
            yield Problem(
                f"vehicle type {kind.id!r}: 'max_reloads' without 'reload_depots'",
                f"/vehicle_types/{k}/max_reloads",
                "name the depots where it reloads",
            )


def _capacity(instance: VrpInstance) -> Iterator[Problem]:
    """Mandatory amounts above every vehicle's capacity: surely a slip of the pen."""
    fleet = [kind for kind in instance.vehicle_types if kind.count != 0]
    if instance.allow_unserved or not fleet:
        return
    if any(len(kind.capacity) not in (0, instance.dimension_count) for kind in fleet):
        return
    capacities = np.array([instance.capacity(kind) for kind in fleet])
    amounts = {amount for _, amount, _, _ in _mandatory_amounts(instance)}
    too_large = {
        amount
        for amount in amounts
        if not (instance.amounts(amount) <= capacities).all(axis=1).any()
    }
    if not too_large:
        return
    largest = _numbers(capacities.max(axis=0, initial=0.0))
    for part, amount, pattern, i in _mandatory_amounts(instance):
        if amount in too_large:
            yield Problem(
                f"{_owner(part)}: amount {_numbers(amount)} is above every vehicle's capacity "
                f"(largest {largest})",
                pattern.format(i),
                "split it into several jobs, give it a prize (optional job), or use a larger "
                "vehicle",
            )


def _mandatory_amounts(
    instance: VrpInstance,
) -> Iterator[tuple[Job | Shipment, tuple[float, ...], str, int]]:
    for i, job in enumerate(instance.jobs):
        if job.prize is None:
            if job.delivery:
                yield job, job.delivery, "/jobs/{}/delivery", i
            if job.pickup:
                yield job, job.pickup, "/jobs/{}/pickup", i
    for i, shipment in enumerate(instance.shipments):
        if shipment.prize is None and shipment.amount:
            yield shipment, shipment.amount, "/shipments/{}/amount", i


def _numbers(values: Iterable[float]) -> str:
    return ", ".join(f"{v:g}" for v in values)


def _epoch(instance: VrpInstance) -> Iterator[Problem]:
    if instance.epoch is not None:
        try:
            datetime.fromisoformat(instance.epoch)
        except ValueError:
            yield Problem(
                f"epoch {instance.epoch!r} is no ISO 8601 date and time",
                "/epoch",
                "write for example '2026-03-02T00:00:00'",
            )


# -- roads -------------------------------------------------------------------------------------


def unreachable(instance: VrpInstance, profile: Profile, max_snap: float) -> dict[str, Problem]:
    """Return a problem for each stop that the profile cannot get to, or away from, by label."""
    if profile.metric not in ("network", "matrix"):
        return {}
    travel = instance.travel(profile)
    away, cut_off = np.zeros(travel.n, dtype=bool), np.zeros(travel.n, dtype=bool)
    snap = travel.snap_distances
    if snap is not None:
        away |= snap > max_snap
    if travel.n > 1:
        closed = ~np.isfinite(travel.durations)
        np.fill_diagonal(closed, True)
        cut_off |= closed.all(axis=0) | closed.all(axis=1)
        if profile.metric == "network":
            # Shortest paths are transitive: who cannot reach the depots cannot be served at all.
            depots = [instance.location_index(d.location) for d in instance.depots]
            if depots:
                cut_off |= closed[depots].all(axis=0) & ~np.isin(np.arange(travel.n), depots)
                cut_off |= closed[:, depots].all(axis=1) & ~np.isin(np.arange(travel.n), depots)
    found = {}
    for part, place, pattern, number in _all_places(instance):
        i, owner = instance.location_index(place), _owner(part)
        distance = "" if snap is None else f" ({snap[i]:,.0f} m from the street network)"
        if away[i]:
            what = f"{owner}: too far from the street network, {snap[i]:,.0f} m"  # type: ignore[index]
            fix = "correct its coordinates, or use a network that covers it"
        elif cut_off[i]:
            what = f"{owner}: no road leads there and back{distance}"
            fix = "move it to a street that is connected with the depot"
        else:
            continue
        found[owner] = Problem(what, pattern.format(number), fix)
    return found
