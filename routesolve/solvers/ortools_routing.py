"""``ortools``: the routing library of Google OR-Tools, constraint programming with local search.

Construction by parallel cheapest insertion, then guided local search (Voudouris and Tsang 1999).
The library has no random seed: the search is deterministic, and with an iteration budget alone the
answer is reproducible whatever the seed.
"""

from __future__ import annotations

from collections import Counter
from math import inf
from typing import TYPE_CHECKING

from routesolve.instances.features import Feature, used_features
from routesolve.solutions.solution import Route, Solution, Visit
from routesolve.solvers._ortools import work
from routesolve.solvers._ortools.greedy import greedy_plan
from routesolve.solvers._warm import better_of, given_plan
from routesolve.solvers.base import (
    Budget,
    Clock,
    Listener,
    Result,
    SolverInfo,
    finish,
    interruptible,
    lacking,
    require_supported,
)
from routesolve.solvers.savings import Savings

if TYPE_CHECKING:
    from routesolve.instances.instance import VrpInstance
    from routesolve.instances.model import Job, Stop, TimeWindow, VehicleType, Windows

LACKS = frozenset({Feature.TIME_BANDS})
WAITS = frozenset(
    {
        Feature.TIME_WINDOWS,
        Feature.RELEASE,
        Feature.DEPOT_WINDOWS,
        Feature.SHIFT,
        Feature.BREAKS,
        Feature.RIDE_TIME,
    }
)

SLOW_TO_BEGIN = frozenset({Feature.BREAKS, Feature.RELOADS})
QUICK_SECONDS = 60.0
RESCUE_SECONDS = 1.0
MOST_STOPS = 6000
MANY_STOPS = 1000


class OrToolsRouting:
    """The OR-Tools routing library as a solver."""

    info = SolverInfo(
        name="ortools",
        summary="OR-Tools routing: constraint programming with guided local search",
        exact=False,
        anytime=True,
        features=frozenset(Feature) - LACKS,
    )

    def unsupported(self, instance: VrpInstance) -> list[str]:
        """Return what the instance has that this solver cannot express exactly."""
        return lacking(self.info, instance) + _finer(instance)

    def solve(
        self,
        instance: VrpInstance,
        budget: Budget,
        *,
        seed: int = 0,
        start: Solution | None = None,
        on_progress: Listener | None = None,
    ) -> Result:
        """Search until the budget ends; one thread.

        Parameters
        ----------
        instance
            The problem.
        budget
            ``iterations`` counts thousands of limit checks, about as many neighbours examined.
        seed
            Recorded only; the library is deterministic.
        start
            A plan to start from; routes in it that break a rule are planned again. Without one the
            instance's ``initial_routes`` are used.
        on_progress
            Called on each better plan, and now and then.

        Raises
        ------
        UnsupportedFeature
            When a rule of the instance cannot be expressed.
        RoutingError
            When a stop cannot be reached.
        """
        require_supported(self, instance)
        instance.require_reachable()
        clock = Clock(budget, on_progress)
        with interruptible(clock):
            begin = given_plan(instance, start) or _quick_plan(instance, clock)
            solution = _search(instance, clock, begin)
        if not solution.routes and not (begin and begin.routes):
            begin = _rescue(instance)
        result = finish(instance, solution, clock, solver=self.info.name, seed=seed)
        return better_of(result, begin, clock)


def _finer(instance: VrpInstance) -> list[str]:
    """Return the combinations that the model cannot express."""
    found = []
    fleet = [kind for kind in instance.vehicle_types if kind.count != 0]
    shared = work.shared_places(instance)
    late_setups = False
    stops: list[Job | Stop] = [*instance.jobs]
    stops += [end for s in instance.shipments for end in (s.pickup, s.delivery)]
    for stop in stops:
        soft = [w for w in stop.time_windows if w.lateness_cost is not None]
        if soft and (len(soft) > 1 or not _last(soft[0], stop.time_windows)):
            found.append("soft windows before the last window of a stop")
        if stop.setup and instance.location_index(stop.location) in shared:
            late_setups = True
            if soft:
                found.append("soft windows with setup times at shared places")
    if any(pause.max_load is not None for kind in fleet for pause in kind.breaks):
        found.append("largest load during breaks")
    used = used_features(instance)
    if used >= {Feature.BREAKS, Feature.RELEASE, Feature.RELOADS}:
        found.append("breaks with release times and reloads")
    if len(stops) > MOST_STOPS:
        found.append(f"more than {MOST_STOPS} stops (its tables would fill the memory)")
    if late_setups and any(kind.breaks for kind in fleet):
        found.append("breaks with setup times at shared places")
    for kind in fleet:
        found += _finer_type(instance, kind)
    if any(
        visit.kind in ("break", "reload")
        for route in instance.initial_routes
        for visit in route.visits[: route.locked]
    ):
        found.append("locked breaks and reloads")
    if instance.objective.balance and used & WAITS:
        found.append("balanced routes where vehicles may wait")
    return sorted(set(found))


def _last(window: TimeWindow, windows: Windows) -> bool:
    """Whether a window begins and ends after all others."""
    return all(
        other is window or (other.earliest < window.earliest and other.latest <= window.latest)
        for other in windows
    )


def _finer_type(instance: VrpInstance, kind: VehicleType) -> list[str]:
    found = []
    priced = kind.max_overtime and kind.overtime_cost and instance.objective.duration
    if priced and kind.shift.latest < inf and kind.max_duration < inf:
        found.append("cost of overtime over both the shift and the maximum duration")
    if kind.alternative_ends and kind.end is not None:
        depots = [instance.depots_by_id[name] for name in work.ends_of(kind)]
        if len({depot.time_windows for depot in depots}) > 1:
            found.append("alternative ends with different opening times")
        if not work.nearest_is_fastest(instance, kind):
            found.append("alternative ends of which the nearest is not the fastest")
    return found


def _quick_plan(instance: VrpInstance, clock: Clock) -> Solution | None:
    """A plan of our own where the library's first one is worse, late, or none at all."""
    savings = Savings()
    if instance.jobs and not savings.unsupported(instance):
        seconds = min(QUICK_SECONDS, max(clock.remaining / 2, RESCUE_SECONDS))
        return savings.solve(instance, Budget(seconds=seconds)).solution
    if used_features(instance) & SLOW_TO_BEGIN:
        return greedy_plan(instance, lambda: clock.over)
    return None


def _rescue(instance: VrpInstance) -> Solution:
    """Return a plan for a search whose budget ended before it had one."""
    clock = Clock(Budget(seconds=RESCUE_SECONDS))
    return greedy_plan(instance, lambda: clock.over)


def _search(instance: VrpInstance, clock: Clock, start: Solution | None) -> Solution:
    from routesolve.solvers._ortools import plans
    from routesolve.solvers._ortools.model import RoutingProblem
    from routesolve.solvers._ortools.search import Search

    kinds = [kind for kind in instance.vehicle_types if kind.count != 0]
    kinds = [kind for kind in kinds if _usable(instance, kind)]
    nodes = work.make_nodes(instance, kinds)
    tasks = len({node.id for node in nodes})
    free = max(work.free_fleet_guess(instance, kinds, nodes), len(start.routes) + 5 if start else 0)
    copies = max(work.reloads_guess(instance, kinds, nodes), _most_reloads(start) + 3)
    while nodes and not clock.over:
        if len(nodes) >= MANY_STOPS:
            clock.tell(None, note=f"building the model of {len(nodes)} stops", force=True)
        fleet = work.make_fleet(instance, kinds, nodes, free)
        reloads = work.make_reloads(instance, kinds, nodes, copies)
        problem = RoutingProblem(instance, fleet, [*nodes, *reloads])
        search = Search(problem, clock)
        assignment = search.first(start)
        if assignment is None:
            break
        plan = plans.to_solution(problem, assignment)
        if free < tasks and _exhausted(kinds, plan, free) and not clock.over:
            free *= 2
            continue
        if reloads and copies < tasks and _most_reloads(plan) >= copies and not clock.over:
            copies *= 2
            continue
        return plans.to_solution(problem, search.improve(assignment))
    # Nothing to do, or locked visits that break a rule: they are all that can be planned.
    return _locked_only(instance)


def _exhausted(kinds: list[VehicleType], plan: Solution, free: int) -> bool:
    used = Counter(route.vehicle_type for route in plan.routes)
    return any(kind.count is None and used[kind.id] >= free for kind in kinds)


def _most_reloads(plan: Solution | None) -> int:
    """Reloads of a plan at the depot that has most of them."""
    routes = plan.routes if plan else ()
    counts = Counter(v.id for route in routes for v in route.visits if v.kind == "reload")
    return max(counts.values(), default=0)


def _usable(instance: VrpInstance, kind: VehicleType) -> bool:
    """Whether shift, depots and breaks leave a route of a vehicle type any time at all."""
    from routesolve.solvers._ortools.model import RoutingProblem

    depots = [instance.depots_by_id[name] for name in (kind.start, kind.end) if name is not None]
    if not kind.breaks and not any(depot.time_windows for depot in depots):
        return True
    problem = RoutingProblem(instance, [work.Vehicle(kind, 0)], [])
    return problem.possible and problem.routing.Solve() is not None


def _locked_only(instance: VrpInstance) -> Solution:
    return Solution(
        tuple(
            Route(
                r.vehicle_type, tuple(Visit(v.kind, v.id) for v in r.visits[: r.locked]), r.vehicle
            )
            for r in work.locked_routes(instance).values()
        )
    )
