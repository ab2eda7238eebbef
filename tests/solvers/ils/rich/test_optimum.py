"""Plans of few tasks against all plans that there are, for features one by one and in pairs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations, permutations, product

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import routesolve as rs
from routesolve.errors import RoutingError
from routesolve.instances.features import Feature
from routesolve.instances.instance import VrpInstance
from routesolve.instances.model import VehicleType
from routesolve.solutions.checker import check
from routesolve.solutions.solution import Route, Solution, Visit
from routesolve.solvers._warm import rank
from routesolve.solvers.base import Budget, Clock, finish
from tests.strategies import instances, with_needs

TOGETHER = {Feature.BALANCE}
"""Costs of the whole plan, which the best plans of the routes do not make."""

VEHICLES = 2
"""Vehicles, of all types together, that the enumeration can do."""


def rows(instance: VrpInstance, kind: VehicleType, tasks: tuple[str, ...]) -> Iterator[Route]:
    """Every order of some tasks in a route, with and without breaks and reloads, to every end."""
    shipments = {shipment.id for shipment in instance.shipments}
    stops = [Visit("job", t) for t in tasks if t not in shipments]
    stops += [Visit(k, t) for t in tasks if t in shipments for k in ("pickup", "delivery")]
    reloads = [Visit("reload", depot) for depot in kind.reload_depots]
    most = min(kind.max_reloads if kind.max_reloads is not None else 2, 2) if reloads else 0
    extras: list[tuple[Visit, ...]] = [
        (*pauses, *again)
        for count in range(len(kind.breaks) + 1)
        for pauses in combinations([Visit("break", b.id) for b in kind.breaks], count)
        for trips in range(most + 1)
        for again in product(reloads, repeat=trips)
    ]
    others = kind.alternative_ends
    ends = [(Visit("end", name),) for name in (kind.end, *others)] if others else [()]
    for order in permutations(stops):
        seen: set[str | None] = set()
        for visit in order:
            if visit.kind == "delivery" and visit.id not in seen:
                break
            seen.add(visit.id)
        else:
            for extra in extras:
                for line in merged(list(order), list(extra)):
                    for end in ends:
                        yield Route(kind.id, (*line, *end))


def merged(order: list[Visit], extra: list[Visit]) -> Iterator[list[Visit]]:
    """Put more visits anywhere into an order."""
    if not extra:
        yield order
        return
    for i in range(len(order) + 1):
        yield from merged([*order[:i], extra[0], *order[i:]], extra[1:])


def best_plan(instance: VrpInstance) -> tuple[float, ...]:
    """Rank of the best of all plans."""
    instance = instance.replace(allow_unserved=True)
    clock = Clock(Budget(seconds=None, iterations=1))
    fleet = [
        (kind, number)
        for kind in instance.vehicle_types
        for number in range(min(instance.fleet_size(kind), VEHICLES, instance.task_count))
    ]
    names = tuple(task.id for task in (*instance.jobs, *instance.shipments))
    subsets = [s for k in range(len(names) + 1) for s in combinations(names, k)]
    best: dict[tuple[str, tuple[str, ...]], Route] = {}
    for kind in instance.vehicle_types:
        for tasks in subsets[1:]:
            found = float("inf")
            for route in rows(instance, kind, tasks):
                report = check(instance, Solution((route,)), reasons=False)
                if not report.violations and report.cost < found:
                    found, best[kind.id, tasks] = report.cost, route
    ranks = []
    for owners in product(range(-1, len(fleet)), repeat=len(names)):
        parts = [
            (kind.id, tuple(t for t, o in zip(names, owners, strict=True) if o == v))
            for v, (kind, _) in enumerate(fleet)
        ]
        if all(part in best for part in parts if part[1]):
            routes = [
                replace(best[part], vehicle=number)
                for part, (_, number) in zip(parts, fleet, strict=True)
                if part[1]
            ]
            solution = Solution(tuple(routes))
            result = finish(instance, solution, clock, solver="all", seed=0)
            if result.feasible:
                ranks.append(rank(result))
    return min(ranks)


def enumerable(instance: VrpInstance) -> bool:
    """Whether there is something to do, and not too much for enumeration."""
    kinds = [kind for kind in instance.vehicle_types if kind.count != 0]
    counts = [min(instance.fleet_size(k), instance.task_count) for k in kinds]
    if instance.initial_routes or not instance.task_count or not kinds:
        return False
    if sum(counts) > VEHICLES or sum(len(kind.breaks) for kind in kinds) > 2:
        return False
    try:
        instance.require_reachable()
    except RoutingError:
        return False
    return len(instance.jobs) + 2 * len(instance.shipments) <= 4


@settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=120)
@given(st.data())
def test_few_tasks_are_solved_to_the_optimum(data: st.DataObject) -> None:
    """With one feature or two the engine finds a plan that none can better."""
    usable = sorted(set(Feature) - TOGETHER)
    chosen = data.draw(st.lists(st.sampled_from(usable), min_size=1, max_size=2, unique=True))
    features = with_needs([*chosen, Feature.LIMITED_FLEET])
    instance = data.draw(instances(3, features))
    assume(enumerable(instance))
    result = rs.solve(instance, solver="ils", iterations=300, seed=1)
    found, known = rank(result), best_plan(instance)
    assert found[:-1] == known[:-1]
    assert found[-1] == pytest.approx(known[-1], rel=1e-6, abs=1e-5)
