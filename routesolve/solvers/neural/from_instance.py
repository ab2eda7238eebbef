"""From instances to the arrays of the environment, and from rollouts back to plans."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from routesolve.errors import UnsupportedFeature
from routesolve.instances.features import Feature, used_features
from routesolve.instances.model import VisitKind
from routesolve.solutions.solution import Solution
from routesolve.solvers.neural.problems import RULES, Problems

if TYPE_CHECKING:
    from routesolve.instances.instance import VrpInstance
    from routesolve.instances.model import VehicleType

FEATURES = frozenset(
    {
        Feature.CAPACITY,
        Feature.PICKUPS,
        Feature.BACKHAUL_LAST,
        Feature.BACKHAUL_NONE,
        Feature.SERVICE,
        Feature.TIME_WINDOWS,
        Feature.SKILLS,
        Feature.PREFERENCES,
        Feature.FORBIDDEN,
        Feature.SEVERAL_DEPOTS,
        Feature.MIXED_FLEET,
        Feature.LIMITED_FLEET,
        Feature.FIXED_COST,
        Feature.UNIT_COSTS,
        Feature.DRIVING_COST,
        Feature.OPEN_END,
        Feature.SHIFT,
        Feature.MAX_DISTANCE,
        Feature.MAX_DURATION,
        Feature.MAX_DRIVING_TIME,
        Feature.SPEED_FACTOR,
        Feature.RELOADS,
    }
)
"""What the environment can express; some combinations are refused, see :func:`unsupported`."""

_TIMED = {
    Feature.TIME_WINDOWS: "time windows",
    Feature.SHIFT: "shift windows",
    Feature.MAX_DISTANCE: "a maximum distance",
    Feature.MAX_DURATION: "a maximum duration",
    Feature.MAX_DRIVING_TIME: "a maximum driving time",
    Feature.FIXED_COST: "fixed costs",
}


def unsupported(instance: VrpInstance) -> list[str]:
    """What of an instance the environment cannot express, in words; empty = nothing.

    Beyond single features: a route ends where it began or is open, and trips with reloads are
    built one by one, which needs them to be independent of each other.
    """
    used = used_features(instance)
    found = [str(feature) for feature in used - FEATURES]
    fleet = _fleet(instance)
    if any(kind.end not in (None, kind.start) for kind in fleet if kind.start is not None):
        found.append("routes that end at another depot than they began at")
    if Feature.RELOADS in used:
        together = [text for feature, text in _TIMED.items() if feature in used]
        found += [f"reloads together with {text}" for text in together]
        multi = [kind for kind in fleet if _reloads(kind)]
        if any(kind.reload_depots != (kind.start,) or kind.end is None for kind in multi):
            found.append("reloads at other depots than the vehicle's own")
        if any(kind.max_reloads is not None for kind in multi):
            found.append("a maximum number of reloads")
    return sorted(found)


def to_problems(instance: VrpInstance, *, dtype: npt.DTypeLike = np.float64) -> Problems:
    """The arrays of one instance, a batch of one.

    Tokens are the vehicle types of which there are any, in their order, each at its depot; then
    come the jobs in their order. Vehicles that may reload have as many routes as needed: each is
    one trip.

    Parameters
    ----------
    instance
        The problem.
    dtype
        Of the arrays. ``float64`` keeps the rules as exact as the checker's.

    Raises
    ------
    UnsupportedFeature
        Naming everything that cannot be expressed.
    """
    if lacking := unsupported(instance):
        raise UnsupportedFeature(
            f"the neural solver does not know {', '.join(lacking)}",
            fix="use another solver, e.g. auto",
        )
    fleet, jobs = _fleet(instance), instance.jobs
    if not fleet:
        raise UnsupportedFeature("the neural solver needs a vehicle", fix="give a vehicle type")
    k = len(fleet)
    depots = [instance.depots_by_id[kind.start or ""] for kind in fleet]
    places = [instance.location_index(depot.location) for depot in depots]
    rows = np.array(places + [instance.job_rows[job.id] for job in jobs], dtype=np.intp)
    travel = instance.travel(fleet[0])
    pairs = np.ix_(rows, rows)
    distance = np.array(travel.distances[pairs], dtype=dtype)
    duration = np.array(travel.durations[pairs], dtype=dtype)
    same = rows[:, None] == rows[None, :]  # staying at a place takes nothing
    distance[same] = duration[same] = 0.0

    def per_node(values: Sequence[float], token: float = 0.0) -> npt.NDArray[Any]:
        return np.array([[token] * k + list(values)])

    windows = [job.time_windows[0] if job.time_windows else None for job in jobs]
    weights = instance.objective
    kept: dict[str, Any] = {
        "delivery": per_node([_only(job.delivery) for job in jobs]),
        "pickup": per_node([_only(job.pickup) for job in jobs]),
        "service": per_node([job.service for job in jobs]),
        "earliest": per_node([w.earliest if w else -inf for w in windows], -inf),
        "latest": per_node([w.latest if w else inf for w in windows], inf),
        "capacity": [kind.capacity[0] if kind.capacity else inf for kind in fleet],
        "opening": [kind.shift.earliest for kind in fleet],
        "closing": [kind.shift.latest for kind in fleet],
        "max_distance": [kind.max_distance for kind in fleet],
        "max_driving": [kind.max_driving_time for kind in fleet],
        "max_duration": [kind.max_duration for kind in fleet],
        "fleet": [inf if kind.count is None or _reloads(kind) else kind.count for kind in fleet],
        "speed": [kind.speed_factor for kind in fleet],
        "distance_cost": [weights.distance * kind.cost_per_distance for kind in fleet],
        "driving_cost": [weights.duration * kind.cost_per_driving_time for kind in fleet],
        "fixed_cost": [kind.fixed_cost + weights.vehicles for kind in fleet],
        "open_end": [kind.end is None for kind in fleet],
        "backhaul": RULES[instance.backhaul],
    }
    # A fleet that cannot run out needs no counting.
    kept["fleet"] = [inf if count >= max(len(jobs), 1) else count for count in kept["fleet"]]
    return Problems.of(
        k,
        distance[None],
        duration[None],
        allowed=_allowed(instance, fleet),
        score=_scores(instance, fleet),
        **kept,
    )


def to_points(instance: VrpInstance) -> npt.NDArray[np.float64] | None:
    """(1, n, 2) places of the nodes on a plane in any unit, or None if some are unknown.

    Places on Earth are projected around their mean, which is near enough within a region.
    """
    fleet = _fleet(instance)
    depots = [instance.depots_by_id[kind.start or ""].location for kind in fleet]
    places = depots + [job.location for job in instance.jobs]
    known = [place.point for place in places if place.point is not None]
    if len(known) < len(places) or not places:
        return None
    points = np.array(known)
    if places[0].lat is not None:
        points = points * (np.cos(np.radians(points[:, 1].mean())), 1.0)
    return points[None]


def to_solution(instance: VrpInstance, actions: npt.ArrayLike) -> Solution:
    """The plan of one rollout.

    Parameters
    ----------
    instance
        That :func:`to_problems` was given.
    actions
        (t,) nodes in order, from the first token on.

    Returns
    -------
    Solution
        Untimed; trips of a vehicle that reloads are one route. Customers not visited are left out.
    """
    fleet, jobs = _fleet(instance), instance.jobs
    k, token = len(fleet), 0
    trips: list[tuple[int, list[int]]] = []
    fresh = True
    for node in np.asarray(actions).tolist():
        if node < k:
            token, fresh = node, True
            continue
        if fresh:
            trips.append((token, []))
            fresh = False
        trips[-1][1].append(node - k)

    made: list[tuple[str, list[tuple[VisitKind, str | None]]]] = []
    long: dict[int, list[tuple[VisitKind, str | None]]] = {}
    for token, trip in trips:
        visits: list[tuple[VisitKind, str | None]] = [("job", jobs[i].id) for i in trip]
        if _reloads(fleet[token]):
            if token in long:
                long[token] += [("reload", fleet[token].start), *visits]
                continue
            long[token] = visits
        made.append((fleet[token].id, visits))
    return Solution.from_sequences(made)


def _fleet(instance: VrpInstance) -> list[VehicleType]:
    """Vehicle types of which there are any."""
    return [kind for kind in instance.vehicle_types if kind.count != 0]


def _reloads(kind: VehicleType) -> bool:
    return bool(kind.reload_depots) and kind.max_reloads != 0


def _only(amounts: tuple[float, ...]) -> float:
    """The amount in the only load dimension."""
    return amounts[0] if amounts else 0.0


def _allowed(instance: VrpInstance, fleet: Sequence[VehicleType]) -> npt.NDArray[np.bool_] | None:
    """(1, k, n) whom each kind of vehicle may serve, or None for everybody."""
    jobs = instance.jobs
    if not any(kind.forbidden for kind in fleet) and not any(job.skills for job in jobs):
        return None
    free = np.ones((1, len(fleet), len(fleet) + len(jobs)), dtype=np.bool_)
    for k, kind in enumerate(fleet):
        closed, skills = frozenset(kind.forbidden), frozenset(kind.skills)
        free[0, k, len(fleet) :] = [
            job.id not in closed and skills.issuperset(job.skills) for job in jobs
        ]
    return free


def _scores(instance: VrpInstance, fleet: Sequence[VehicleType]) -> npt.NDArray[np.float64] | None:
    """(1, k, n) worth of serving each job by each kind of vehicle, or None."""
    weight = instance.objective.preference
    if not weight or not any(kind.preferences for kind in fleet):
        return None
    worth = np.zeros((1, len(fleet), len(fleet) + len(instance.jobs)))
    for k, kind in enumerate(fleet):
        worth[0, k, len(fleet) :] = [
            weight * kind.preferences.get(job.id, 0.0) for job in instance.jobs
        ]
    return worth
