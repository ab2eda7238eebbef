"""The one sum over its legs that a route is charged for and limited in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from routesolve.instances.model import VehicleType
from routesolve.solvers._ortools import work
from routesolve.solvers._ortools.scales import Scale, measure_scale

if TYPE_CHECKING:
    from routesolve.instances.instance import VrpInstance

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Terms = tuple[Floats, list[tuple[Floats, float]]]


@dataclass(frozen=True, slots=True)
class Sums:
    """Legs between all nodes and terminals for one vehicle type.

    Attributes
    ----------
    legs
        What a leg counts; finite.
    price
        Cost per unit of ``legs``.
    limit
        Most of them on a route; infinite = unlimited.
    scale
        Steps per unit of ``legs`` where they are limited.
    seconds
        Travel time, with the setup of the stop where that depends on where one comes from.
    closed
        Legs that may not be driven.
    """

    legs: Floats
    price: float
    limit: float
    scale: Scale
    seconds: Floats
    closed: Bools

    @property
    def limited(self) -> bool:
        """Whether the sum is limited."""
        return self.limit < inf

    @property
    def dearest(self) -> float:
        """Cost of the dearest leg."""
        return float(np.where(self.closed, 0.0, self.legs).max(initial=0.0)) * self.price


def one_sum(instance: VrpInstance, kind: VehicleType) -> bool:
    """Whether cost and limits of a vehicle type's legs are multiples of one number per leg."""
    if min(kind.max_distance, kind.max_driving_time) == inf:
        return True
    if _prefers(instance):
        return False
    by_distance, by_time = _rates(instance, kind)
    if not by_time and kind.max_driving_time == inf:
        return True
    if not by_distance and kind.max_distance == inf:
        return True
    travel = instance.travel(kind)
    cost, limits = _terms(instance, kind, travel.distances, travel.durations / kind.speed_factor)
    return _common(cost, limits) is not None


def route_sums(
    instance: VrpInstance,
    kind: VehicleType,
    nodes: Sequence[work.Node],
    terminals: Sequence[tuple[str, ...]],
    bonus: Mapping[str, float],
) -> Sums:
    """Tabulate the legs of a vehicle type.

    Parameters
    ----------
    bonus
        Best preference score of each task: a vehicle type is charged what it scores less.
    """
    travel = work.travel_of(instance, kind, nodes, terminals)
    distance, seconds = travel.distance, travel.duration
    if work.reload_depots([kind]):
        _between_depots(instance, kind, len(nodes), terminals, distance, seconds)
    closed = ~np.isfinite(distance) | ~np.isfinite(seconds)
    closed |= _refused(instance, kind, nodes, len(distance))
    distance, seconds = work.finite(distance), work.finite(seconds)
    cost, limits = _terms(instance, kind, distance, seconds)
    found = _common(cost, limits)
    assert found is not None
    legs, price, limit = found
    if not limits:
        legs = legs + _scores(instance, kind, nodes, len(legs), bonus)
    scale = measure_scale([legs, np.array([limit])]) if limits else Scale(1.0)
    timed = seconds + _setups(instance, nodes, terminals)
    return Sums(legs, price, limit, scale, timed, closed)


def _rates(instance: VrpInstance, kind: VehicleType) -> tuple[float, float]:
    objective = instance.objective
    return (
        objective.distance * kind.cost_per_distance,
        objective.duration * kind.cost_per_driving_time,
    )


def _terms(instance: VrpInstance, kind: VehicleType, distance: Floats, seconds: Floats) -> Terms:
    """Cost of the legs, and what is limited with its limit."""
    by_distance, by_time = _rates(instance, kind)
    cost = by_distance * distance
    if by_time:
        cost = cost + by_time * seconds
    limits = [(distance, kind.max_distance), (seconds, kind.max_driving_time)]
    return cost, [(legs, limit) for legs, limit in limits if limit < inf]


def _common(cost: Floats, limits: list[tuple[Floats, float]]) -> tuple[Floats, float, float] | None:
    """Legs, price and limit of which cost and limits are multiples; None if there are none."""
    if not limits:
        return cost, 1.0, inf
    legs, limit = limits[0]
    for other, bound in limits[1:]:
        ratio = _ratio(legs, other)
        if ratio is None:
            return None
        limit = min(limit, bound / ratio) if ratio else limit
    price = _ratio(legs, cost)
    return None if price is None else (legs, price, limit)


def _ratio(one: Floats, other: Floats) -> float | None:
    """By what the one is multiplied to give the other; None when that differs."""
    ends = np.isfinite(one) & np.isfinite(other)
    one, other = one[ends], other[ends]
    total = float(one.sum())
    ratio = float(other.sum()) / total if total else 0.0
    alike = np.allclose(one * ratio, other, rtol=1e-9, atol=1e-9 * max(other.max(initial=0), 1e-9))
    return ratio if alike else None


def _prefers(instance: VrpInstance) -> bool:
    return bool(instance.objective.preference) and any(
        kind.preferences for kind in instance.vehicle_types if kind.count != 0
    )


def _scores(
    instance: VrpInstance,
    kind: VehicleType,
    nodes: Sequence[work.Node],
    size: int,
    bonus: Mapping[str, float],
) -> Floats:
    """What it costs to come to a stop: what the best vehicle type would score more."""
    costs = np.zeros(size)
    if _prefers(instance):
        for i, node in enumerate(nodes):
            if node.kind != "delivery":
                score = instance.objective.preference * kind.preferences.get(node.id, 0.0)
                costs[i] = bonus.get(node.id, 0.0) - score
    return costs[None, :]


def _refused(
    instance: VrpInstance, kind: VehicleType, nodes: Sequence[work.Node], size: int
) -> Bools:
    """Ways to stops that a vehicle type may not serve, or not one after the other."""
    closed = np.zeros((size, size), dtype=np.bool_)
    n = len(nodes)
    for i, node in enumerate(nodes):
        if node.task is not None and not work.servable(node.task, kind):
            closed[:, i] = True
    if instance.backhaul != "mixed" and n:
        brings = np.array([bool(node.brought.any()) for node in nodes])
        takes = np.array([bool(node.taken.any()) for node in nodes])
        closed[:n, :n] |= takes[:, None] & brings[None, :]
        if instance.backhaul == "none":
            closed[:n, :n] |= brings[:, None] & takes[None, :]
        np.fill_diagonal(closed[:n, :n], False)
    return closed


def _setups(
    instance: VrpInstance, nodes: Sequence[work.Node], terminals: Sequence[tuple[str, ...]]
) -> Floats:
    """Setups that depend on where the vehicle comes from, (size, size)."""
    setups = np.zeros(len(nodes) + len(terminals))
    setups[: len(nodes)] = [node.setup for node in nodes]
    if not setups.any():
        return np.zeros((len(setups), len(setups)))
    places = [node.place for node in nodes]
    for names in terminals:
        depot = instance.depots_by_id[names[0]] if names else None
        places.append(-1 if depot is None else instance.location_index(depot.location))
    at = np.array(places, dtype=np.intp)
    return np.where(at[:, None] == at[None, :], 0.0, setups[None, :])


def _between_depots(
    instance: VrpInstance,
    kind: VehicleType,
    n: int,
    terminals: Sequence[tuple[str, ...]],
    distance: Floats,
    seconds: Floats,
) -> None:
    """Fill in the ways from depot to depot: a vehicle may go to load elsewhere."""
    matrix = instance.travel(kind)
    for i, names in enumerate(terminals):
        if not names:
            continue
        here = np.array([instance.location_index(instance.depots_by_id[names[0]].location)])
        for j, ends in enumerate(terminals):
            if not ends:
                continue
            chosen = ends[int(work.nearest_end(instance, kind, ends, here)[0])]
            there = instance.location_index(instance.depots_by_id[chosen].location)
            if here[0] != there:
                distance[n + i, n + j] = float(matrix.distance(int(here[0]), there))
                seconds[n + i, n + j] = float(matrix.duration(int(here[0]), there))
                seconds[n + i, n + j] /= kind.speed_factor
