"""Plans as OR-Tools assignments, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from routesolve.solutions.solution import Route, Solution, Visit
from routesolve.solvers._ortools import work

if TYPE_CHECKING:
    from routesolve.solvers._ortools.model import RoutingProblem


def to_solution(problem: RoutingProblem, assignment: Any) -> Solution:
    """Return the plan of an assignment: used vehicles only, numbered from 0 unless locked."""
    locked = {name for name, _ in work.locked_routes(problem.instance)}
    used: dict[str, int] = {}
    routes = []
    for v, vehicle in enumerate(problem.vehicles):
        indices = _route(problem, assignment, v)
        if all(problem.nodes[problem.node_at[index]].task is None for index in indices):
            continue
        kind = vehicle.kind
        number = used.get(kind.id, 0)
        used[kind.id] = number + 1
        visits = _visits(problem, assignment, v, indices)
        if kind.alternative_ends and kind.end is not None:
            ends = work.ends_of(kind)
            last = [problem.node_at[indices[-1]]]
            places = _places(problem, last)
            chosen = work.nearest_end(problem.instance, kind, ends, places)[0]
            visits.append(Visit("end", ends[chosen]))
        routes.append(
            Route(kind.id, tuple(visits), vehicle.number if kind.id in locked else number)
        )
    return Solution(tuple(routes))


def _places(problem: RoutingProblem, nodes: Sequence[int]) -> Any:
    return np.array([problem.nodes[i].place for i in nodes], dtype=np.intp)


def _route(problem: RoutingProblem, assignment: Any, v: int) -> list[int]:
    routing = problem.routing
    indices = []
    here = assignment.Value(routing.NextVar(routing.Start(v)))
    while not routing.IsEnd(here):
        indices.append(here)
        here = assignment.Value(routing.NextVar(here))
    return indices


def _visits(
    problem: RoutingProblem, assignment: Any, v: int, indices: Sequence[int]
) -> list[Visit]:
    """Visits of a route, breaks put in where their time falls."""
    stops = []
    for index in indices:
        node = problem.nodes[problem.node_at[index]]
        stops.append(Visit(node.kind, node.id))
    pauses = sorted(
        (assignment.StartValue(interval), number, name)
        for number, (name, interval) in enumerate(problem.breaks[v])
    )
    if not pauses or problem.times is None:
        return stops
    begins = [assignment.Min(problem.times.dimension.CumulVar(index)) for index in indices]
    lengths = [
        int(problem.time_scale.up(problem.nodes[problem.node_at[i]].service)) for i in indices
    ]
    visits, done = [], 0
    for begin, _, name in pauses:
        while done < len(stops) and begins[done] + lengths[done] <= begin:
            visits.append(stops[done])
            done += 1
        visits.append(Visit("break", name))
    return visits + stops[done:]


def to_routes(problem: RoutingProblem, plan: Solution | None) -> list[list[int]]:
    """Return the node indices of each model vehicle; locked beginnings stand in any case.

    What the model does not know (other vehicles, jobs nobody may serve, visits made twice, halves
    of shipments) is left out.
    """
    at = {(n.kind, n.id): problem.index[i] for i, n in enumerate(problem.nodes) if n.task}
    spare: dict[str, list[int]] = {}
    for i in reversed(problem.reloads):
        spare.setdefault(problem.nodes[i].id, []).append(problem.index[i])
    locked = work.locked_routes(problem.instance)
    routes: list[list[int]] = [[] for _ in problem.vehicles]
    taken: set[int] = set()
    for v, vehicle in enumerate(problem.vehicles):
        given = locked.get((vehicle.kind.id, vehicle.number))
        for planned in given.visits[: given.locked] if given else ():
            index = at.get((planned.kind, planned.id or ""))  # type: ignore[arg-type]
            if index is not None:
                routes[v].append(index)
                taken.add(index)
    for v, route in _seats(problem, plan, locked):
        for visit in route.visits:
            if visit.kind == "reload" and spare.get(visit.id or ""):
                routes[v].append(spare[visit.id or ""].pop())
            index = at.get((visit.kind, visit.id or ""))  # type: ignore[arg-type]
            if index is not None and index not in taken:
                routes[v].append(index)
                taken.add(index)
    return [_whole_pairs(problem, route) for route in routes]


def _seats(
    problem: RoutingProblem, plan: Solution | None, locked: dict[tuple[str, int], Any]
) -> list[tuple[int, Route]]:
    """Give each route of a plan a vehicle of its type, its own where that is in the model."""
    free = {(veh.kind.id, veh.number): v for v, veh in enumerate(problem.vehicles)}
    seats, waiting = [], []
    for route in plan.routes if plan else ():
        v = free.pop((route.vehicle_type, route.vehicle), None)
        if v is None:
            waiting.append(route)
        else:
            seats.append((v, route))
    for route in waiting:
        for key in list(free):
            if key[0] == route.vehicle_type and key not in locked:
                seats.append((free.pop(key), route))
                break
    return seats


def _whole_pairs(problem: RoutingProblem, route: list[int]) -> list[int]:
    """Leave out pickups without delivery and deliveries without a pickup before them."""
    nodes = [problem.nodes[problem.node_at[index]] for index in route]
    position = {(node.kind, node.id): p for p, node in enumerate(nodes)}
    kept = []
    for index, node in zip(route, nodes, strict=True):
        pickup = position.get(("pickup", node.id), len(route))
        delivery = position.get(("delivery", node.id), -1)
        if node.kind in ("job", "reload") or pickup < delivery:
            kept.append(index)
    return kept
