"""``pyvrp``: the iterated local search of the package PyVRP (Wouda, Lan and Kool 2024).

The package counts in whole numbers; what it is given is rounded so that its plans keep the rules.
Its *clients* stand for jobs (one for each of several time windows, of which one is visited), its
*distance* for whatever a route is charged for and limited in.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from routesolve.instances.features import Feature
from routesolve.instances.model import Job, Stop, VehicleType
from routesolve.solutions.checker import check
from routesolve.solutions.solution import Solution
from routesolve.solvers._ortools import work
from routesolve.solvers._peers import extra, rules
from routesolve.solvers._peers.sums import one_sum
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

if TYPE_CHECKING:
    from routesolve.instances.instance import VrpInstance
    from routesolve.solvers._peers.pyvrp_model import PyvrpProblem
    from routesolve.solvers._peers.pyvrp_plans import PyvrpPlans

LACKS = frozenset(
    {
        Feature.RIDE_TIME,
        Feature.SOFT_WINDOWS,
        Feature.BREAKS,
        Feature.TIME_BANDS,
        Feature.BALANCE,
        Feature.LOCKED,
    }
)

PACKAGE = "pyvrp"


class PyVrp:
    """PyVRP as a solver."""

    info = SolverInfo(
        name="pyvrp",
        summary=extra.summary("PyVRP: iterated local search with penalties", PACKAGE),
        exact=False,
        anytime=True,
        features=frozenset(Feature) - LACKS,
    )

    def unsupported(self, instance: VrpInstance) -> list[str]:
        """Return what the instance has that PyVRP cannot express exactly, or that it is absent."""
        return [*extra.missing(PACKAGE), *lacking(self.info, instance), *_finer(instance)]

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

        All mandatory tasks must be served at first. When half of the budget has passed without a
        feasible plan, leaving one out has a price instead, by priority.

        Parameters
        ----------
        instance
            The problem.
        budget
            ``iterations`` are PyVRP's: one local search each. The clock is looked at between them,
            so that building the model (n² numbers for each kind of vehicle) and the first local
            search may take longer than a short budget.
        seed
            Of PyVRP's random numbers.
        start
            A plan to start from, if it is feasible.
        on_progress
            Called on each better plan, and now and then.

        Raises
        ------
        MissingExtra
            When the package is not installed.
        UnsupportedFeature
            When a rule of the instance cannot be expressed.
        RoutingError
            When a stop cannot be reached.
        """
        extra.require(PACKAGE, self.info.name)
        require_supported(self, instance)
        instance.require_reachable()
        clock = Clock(budget, on_progress)
        begin = given_plan(instance, start)
        with interruptible(clock):
            solution = _search(instance, clock, seed, begin)
        result = finish(instance, solution, clock, solver=self.info.name, seed=seed)
        return better_of(result, begin, clock)


def _finer(instance: VrpInstance) -> list[str]:
    """Return the combinations that PyVRP cannot express."""
    found = _finer_tasks(instance)
    starts = {n for k in rules.fleet_of(instance) for n in (*work.start_of(k), *k.reload_depots)}
    if any(len(depot.time_windows) > 1 for depot in rules.used_terminals(instance)):
        found.append("several opening times of a depot")
    if any(task.release for task in instance.jobs):
        loading = rules.loading_times(instance)
        if len(loading) > 1:
            found.append("release times with different loading times")
        elif any(loading) and any(instance.depots_by_id[n].time_windows for n in starts):
            found.append("release times with loading times and opening times of depots")
    if instance.backhaul != "mixed":
        found += _finer_backhauls(instance)
    for kind in rules.fleet_of(instance):
        found += _finer_type(instance, kind)
    return sorted(set(found))


def _finer_tasks(instance: VrpInstance) -> list[str]:
    found = []
    for _, members in rules.duties(instance):
        if len(members) > 1 and not all(isinstance(task, Job) for task in members):
            found.append("exclusive groups with shipments")
    stops: list[Job | Stop] = [*instance.jobs]
    for shipment in instance.shipments:
        ends = (shipment.pickup, shipment.delivery)
        stops += ends
        if shipment.release:
            found.append("release times of shipments")
        if any(len(stop.time_windows) > 1 for stop in ends):
            found.append("several windows of shipments")
    shared = work.shared_places(instance)
    if any(
        stop.setup and stop.time_windows and instance.location_index(stop.location) in shared
        for stop in stops
    ):
        found.append("time windows with setup times at shared places")
    return found


def _finer_backhauls(instance: VrpInstance) -> list[str]:
    """The rules for backhauls are kept by forbidding legs: what is between must say what it is."""
    found: list[str] = []
    if not any(any(job.pickup) for job in instance.jobs):
        return found
    if instance.shipments:
        found.append("backhaul rules with shipments")
    if not all(any(job.delivery) or any(job.pickup) for job in instance.jobs):
        found.append("backhaul rules with jobs that load and unload nothing")
    if instance.backhaul == "none" and any(
        any(job.delivery) and any(job.pickup) for job in instance.jobs
    ):
        found.append("no mixed trips with jobs that have both a delivery and a pickup")
    return found


def _finer_type(instance: VrpInstance, kind: VehicleType) -> list[str]:
    found = rules.alternative_ends(instance, kind)
    _, priced = rules.overtime(instance, kind)
    if priced and kind.shift.latest < float("inf"):
        found.append("cost of overtime over the shift")
    if kind.max_jobs is not None and instance.shipments:
        found.append("maximum number of jobs with shipments")
    if kind.max_jobs is not None and work.reload_depots([kind]):
        found.append("maximum number of jobs with reloads")
    if not one_sum(instance, kind):
        found.append("limits of distance or driving time beside costs of something else")
    return found


def _search(instance: VrpInstance, clock: Clock, seed: int, begin: Solution | None) -> Solution:
    from routesolve.solvers._peers.pyvrp_model import PyvrpProblem

    problem = PyvrpProblem(instance)
    if not problem.kinds or not problem.tasks:
        return Solution(())
    given = None if begin is None else check(instance, begin, reasons=False).solution
    if instance.objective.unserved is None and not clock.over:
        found = _run(problem, clock, seed, given, strictly=True)
        if found is not None:
            return found
    spare = rules.fallback(instance, clock)
    if clock.over:
        return spare
    found = _run(problem, clock, seed, check(instance, spare, reasons=False).solution)
    return spare if found is None else found


def _run(
    problem: PyvrpProblem,
    clock: Clock,
    seed: int,
    begin: Solution | None,
    *,
    strictly: bool = False,
) -> Solution | None:
    """Let PyVRP search; None when it finds no feasible plan."""
    import pyvrp
    from pyvrp.exceptions import PenaltyBoundWarning
    from pyvrp.PenaltyManager import PenaltyParams

    from routesolve.solvers._peers.pyvrp_plans import PyvrpPlans

    if len(problem.nodes) >= 1000:
        clock.tell(None, note=f"building the model of {len(problem.nodes)} stops", force=True)
    data = problem.data(strictly=strictly)
    plans = PyvrpPlans(problem, data)
    watch = _Watch(plans, clock, strictly)
    params = pyvrp.SolveParams(
        ils=pyvrp.IteratedLocalSearchParams(callbacks=watch),
        penalty=PenaltyParams(max_penalty=problem.penalty(data)),
    )
    first = None if begin is None else plans.from_solution(begin)
    with warnings.catch_warnings():
        # Not feasible at any penalty: the plan, or its absence, says it better.
        warnings.simplefilter("ignore", PenaltyBoundWarning)
        result = pyvrp.solve(
            data,
            watch.stop,
            seed=seed % 2**32,
            collect_stats=False,
            params=params,
            initial_solution=first,
        )
    return plans.to_solution(result.best) if result.best.is_feasible() else None


class _Watch:
    """Tells the clock what PyVRP does, and PyVRP when to stop."""

    def __init__(self, plans: PyvrpPlans, clock: Clock, strictly: bool) -> None:
        self.plans, self.clock, self.strictly = plans, clock, strictly
        self.feasible = False
        self.cost: float | None = None
        self.unserved: int | None = None

    def stop(self, best_cost: float) -> bool:
        """Whether to end: PyVRP's stopping criterion."""
        if self.clock.over or (self.strictly and not self.feasible and self._half()):
            return True
        self.clock.iteration += 1
        return False

    def _half(self) -> bool:
        clock, budget = self.clock, self.clock.budget
        return any(
            limit is not None and 2 * used >= limit
            for used, limit in (
                (clock.elapsed, budget.seconds),
                (clock.iteration, budget.iterations),
                (clock.elapsed, budget.stall),
            )
        )

    def on_start(self, search: Any) -> None:
        """Note the plan from which PyVRP starts."""
        self.on_best(search.initial_solution)

    def on_best(self, best: Any) -> None:
        """Note a better plan."""
        if best.is_feasible():
            self.feasible = True
            self.cost, self.unserved = self.plans.value(best)
            self.clock.improved(self.cost, unserved=self.unserved)

    def on_iteration(self, current: Any, candidate: Any, best: Any, costs: Any) -> None:
        """Tell that the search goes on."""
        self.clock.tell(self.cost, unserved=self.unserved)

    def on_restart(self, best: Any) -> None:
        """Nothing to note."""

    def on_end(self, result: Any) -> None:
        """Nothing to note."""
