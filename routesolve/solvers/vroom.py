"""``vroom``: the heuristics and local search of VROOM (Coupey, Nicod and Varnier), by ``pyvroom``.

VROOM counts in whole numbers of 32 bits; what it is given is rounded so that its plans keep the
rules. It has no seed, and no plan until it ends.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np

from routesolve.instances.features import Feature
from routesolve.solutions.solution import Solution
from routesolve.solvers._ortools import work
from routesolve.solvers._peers import extra, rules
from routesolve.solvers._peers.vroom_model import VroomProblem, hours_are_a_shift, weights
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
    from routesolve.instances.model import VehicleType

LACKS = frozenset(
    {
        Feature.BACKHAUL_LAST,
        Feature.BACKHAUL_NONE,
        Feature.RIDE_TIME,
        Feature.SOFT_WINDOWS,
        Feature.RELEASE,
        Feature.PRIZES,
        Feature.UNSERVED_COST,
        Feature.GROUPS,
        Feature.PREFERENCES,
        Feature.DURATION_COST,
        Feature.MAX_DURATION,
        Feature.OVERTIME,
        Feature.TIME_BANDS,
        Feature.RELOADS,
        Feature.BALANCE,
        Feature.LOCKED,
    }
)

PACKAGE = "vroom"
DEEPEST = 5


class Vroom:
    """VROOM as a solver."""

    info = SolverInfo(
        name="vroom",
        summary=extra.summary("VROOM: many insertions, each with local search", PACKAGE),
        exact=False,
        anytime=False,
        features=frozenset(Feature) - LACKS,
    )

    def unsupported(self, instance: VrpInstance) -> list[str]:
        """Return what the instance has that VROOM cannot express exactly, or that it is absent."""
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
        """Let VROOM run once.

        Parameters
        ----------
        instance
            The problem.
        budget
            ``seconds`` are VROOM's own limit, which it overruns while it makes first plans; it
            stops before them when it has explored what it can. ``iterations`` is its exploration
            level, 5 at most. ``stall``, ``target_cost``, ``gap`` and Ctrl-C cannot end it: they
            wait for its plan. ``workers`` are its threads.
        seed
            Recorded only; VROOM is deterministic where no clock ends it.
        start
            A plan to start from, where VROOM finds it feasible.
        on_progress
            Called with VROOM's plan.

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
            solution = _search(instance, clock, begin)
            result = finish(instance, solution, clock, solver=self.info.name, seed=seed)
            result = better_of(result, begin, clock)
            clock.improved(result.cost, unserved=result.report.mandatory_unserved)
        told = {"trace": tuple(clock.trace), "interrupted": clock.interrupted}
        return replace(result, **told, iterations=_level(budget))  # type: ignore[arg-type]


def _finer(instance: VrpInstance) -> list[str]:
    """Return the combinations that VROOM cannot express."""
    found = []
    for kind in rules.fleet_of(instance):
        found += rules.alternative_ends(instance, kind)
        if not hours_are_a_shift(instance, kind):
            found.append("opening times of depots that are not the vehicle's shift")
        if not _every_way(instance, kind):
            found.append("matrices with ways that do not exist")
    if weights(instance) is None:
        found.append("more priorities than VROOM can keep apart")
    return sorted(set(found))


def _every_way(instance: VrpInstance, kind: VehicleType) -> bool:
    """Whether a matrix leads from everywhere to everywhere.

    VROOM gives up a job to which, or from which, a vehicle cannot go straight.
    """
    if instance.profile_of(kind).metric != "matrix":
        return True
    travel = instance.travel(kind)
    return bool(np.isfinite(travel.distances).all() and np.isfinite(travel.durations).all())


def _search(instance: VrpInstance, clock: Clock, begin: Solution | None) -> Solution:
    problem = VroomProblem(instance)
    if not problem.tasks:
        return Solution(())
    nodes = work.make_nodes(instance, problem.kinds)
    free = work.free_fleet_guess(instance, problem.kinds, nodes)
    while True:
        plan = _run(problem, clock, free, begin)
        served = sum(1 for _ in plan.served())
        if served == len(problem.tasks) or not rules.exhausted(instance, plan, free) or clock.over:
            return plan
        free, begin = 2 * free, plan


def _level(budget: Budget) -> int:
    """VROOM's exploration level."""
    return DEEPEST if budget.iterations is None else min(budget.iterations, DEEPEST)


def _run(problem: VroomProblem, clock: Clock, free: int, begin: Solution | None) -> Solution:
    from vroom._vroom import VroomInputException

    options: dict[str, Any] = {
        "exploration_level": _level(clock.budget),
        "nb_threads": clock.budget.workers,
    }
    if clock.remaining < inf:
        options["timeout"] = timedelta(seconds=clock.remaining)
    if begin is not None:
        try:
            return problem.to_solution(problem.input(free, begin).solve(**options))
        except (KeyError, VroomInputException):
            pass  # a plan that breaks a rule, by the letter of whole numbers: begin without it
    return problem.to_solution(problem.input(free).solve(**options))
