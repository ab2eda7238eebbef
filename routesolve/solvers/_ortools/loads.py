"""Loads: capacities with the exact peak load, and the backhaul rules."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from routesolve.solvers._ortools.scales import ROOM, Integers, Scale, measure_scale

if TYPE_CHECKING:
    from routesolve.solvers._ortools.model import RoutingProblem


def add_loads(problem: RoutingProblem) -> None:
    """Add the load dimensions that can bind."""
    if not problem.nodes:
        return
    brought, taken, carried = (
        np.array([getattr(node, name) for node in problem.nodes])
        for name in ("brought", "taken", "carried")
    )
    capacities = np.array([problem.instance.capacity(v.kind) for v in problem.vehicles])
    for k in range(problem.instance.dimension_count):
        moved = np.array([brought[:, k], taken[:, k], np.maximum(carried[:, k], 0.0)])
        if moved.sum() > capacities[:, k].min(initial=inf):
            _add_load(problem, k, brought[:, k], taken[:, k], carried[:, k], capacities[:, k])


def _add_load(
    problem: RoutingProblem,
    k: int,
    brought: npt.NDArray[np.float64],
    taken: npt.NDArray[np.float64],
    carried: npt.NDArray[np.float64],
    capacities: npt.NDArray[np.float64],
) -> None:
    """Exact peak load of one dimension.

    Brought goods are all on board at the start. Alone, or where all are gone before the first
    is taken (backhauls last or apart), their sum counts; else the load on board is followed
    from a start equal to what the whole route brings.
    """
    scale = measure_scale([brought, taken, carried, capacities])
    down, up, change = scale.up(brought), scale.up(taken), _signed_up(scale, carried)
    total = int(down.sum() + up.sum() + np.maximum(change, 0).sum())
    limits = np.minimum(scale.down(capacities), min(total, ROOM // 4)).tolist()
    apart = problem.instance.backhaul != "mixed" and not change.any()
    mixed = bool(down.any()) and (bool(up.any()) or bool(change.any())) and not apart
    if down.any():
        problem.trip_dimension(f"brought {k}", down, limits)
    if up.any() and (mixed or apart or not change.any()):
        problem.trip_dimension(f"taken {k}", up, limits)
    if not mixed:
        if change.any():
            problem.trip_dimension(f"load {k}", up + change, limits)
        return
    given = problem.routing.GetDimensionOrDie(f"brought {k}")
    load = problem.trip_dimension(f"load {k}", up + change - down, limits, from_zero=False)
    for v in range(len(problem.vehicles)):
        first, last = problem.routing.Start(v), problem.routing.End(v)
        if not problem.reloads:
            problem.solver.Add(load.CumulVar(first) == given.CumulVar(last))
    _enough_loaded(problem, k, load, up)


def _enough_loaded(problem: RoutingProblem, k: int, load: Any, up: Integers) -> None:
    """Where a trip ends, what is on board is no less than what was taken: all else was loaded."""
    if not problem.reloads:
        return
    ends = [problem.index[i] for i in problem.reloads]
    ends += [problem.routing.End(v) for v in range(len(problem.vehicles))]
    taken = problem.routing.GetDimensionOrDie(f"taken {k}") if up.any() else None
    for index in ends:
        if taken is not None:
            problem.solver.Add(load.CumulVar(index) >= taken.CumulVar(index))


def add_backhauls(problem: RoutingProblem) -> None:
    """Add the backhaul rule where there are deliveries and pickups."""
    delivers = np.array([bool(node.brought.any()) for node in problem.nodes])
    collects = np.array([bool(node.taken.any()) for node in problem.nodes])
    if problem.instance.backhaul == "mixed" or not (delivers.any() and collects.any()):
        return
    if problem.instance.backhaul == "last":
        before = problem.trip_dimension(
            "pickups before", collects.astype(np.int64), len(problem.nodes) + 1
        )
        for i in np.flatnonzero(delivers).tolist():
            before.CumulVar(problem.index[i]).SetMax(0)
        return
    kind = problem.trip_dimension(
        "kind of trip", np.zeros(len(problem.nodes), np.int64), 1, from_zero=False
    )
    for i, (down, up) in enumerate(zip(delivers, collects, strict=True)):
        if down and up:
            problem.leave_out(i)
        elif down or up:
            kind.CumulVar(problem.index[i]).SetValue(int(up))


def _signed_up(scale: Scale, values: npt.NDArray[np.float64]) -> Integers:
    """Round away from zero: what is picked up and what is delivered stay equal."""
    return np.asarray(np.sign(values).astype(np.int64) * scale.up(np.abs(values)))
