"""The search: first plan, guided local search, budget and interruption."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from routesolve.solvers._ortools import plans

if TYPE_CHECKING:
    from routesolve.solutions.solution import Solution
    from routesolve.solvers._ortools.model import RoutingProblem
    from routesolve.solvers.base import Clock

CHECKS_PER_ITERATION = 1000


class Search:
    """One closed model with its budget.

    Parameters
    ----------
    problem
        The model, not yet closed.
    clock
        The budget. An iteration is a thousand limit checks, about as many neighbours examined: a
        number that does not depend on the machine's speed.
    """

    def __init__(self, problem: RoutingProblem, clock: Clock) -> None:
        self.problem = problem
        self.clock = clock
        self.routing = problem.routing
        self.best: int | None = None
        self.cost: float | None = None
        self.unserved = 0
        self.failure: BaseException | None = None
        self._checks = 0
        self._over = False
        # OR-Tools does not own Python callables: keep them alive as long as the model.
        self._limit = problem.solver.CustomLimit(self._stop)
        self.routing.AddSearchMonitor(self._limit)
        self.routing.AddAtSolutionCallback(self._found)
        self.parameters = _parameters(len(problem.choices) > 1)
        self.routing.CloseModelWithParameters(self.parameters)

    # -- callbacks: OR-Tools swallows exceptions, so they are kept and raised later -----------

    def _stop(self) -> bool:
        self._checks += 1
        if self._checks % CHECKS_PER_ITERATION == 0 and not self._over:
            self.clock.iteration += 1
            self._guarded(self._tell)
        return self._over

    def _tell(self) -> None:
        self.clock.tell(self.cost, unserved=self.unserved)
        self._over |= self.clock.over

    def _found(self) -> None:
        self._guarded(self._note)

    def _note(self) -> None:
        objective = self.routing.CostVar().Min()
        if self.best is not None and objective >= self.best:
            return
        self.best = objective
        self.cost, self.unserved = self.problem.value(objective)
        self.clock.improved(self.cost, unserved=self.unserved)
        self._over |= self.clock.over

    def _guarded(self, step: Any) -> None:
        try:
            step()
        except BaseException as error:  # a second Ctrl-C, a listener's bug
            self.failure, self._over = error, True

    def _done(self, assignment: Any) -> Any:
        if self.failure is not None:
            raise self.failure
        return assignment

    # -- steps -------------------------------------------------------------------------------

    def first(self, start: Solution | None) -> Any:
        """Return a first assignment: the given plan, a construction, or nothing served at all."""
        if start is not None:
            assignment = self._warm(start)
            if assignment is not None:
                return assignment
            self.clock.tell(None, note="the plan to start from cannot be used", force=True)
        self._set_limits(solutions=1)
        assignment = self._done(self.routing.SolveWithParameters(self.parameters))
        if assignment is None:
            assignment = self._read(plans.to_routes(self.problem, None))
        return assignment

    def improve(self, assignment: Any) -> Any:
        """Search from an assignment until the budget ends; return the best."""
        self._over |= self.clock.over
        if self._over:
            return assignment
        self._set_limits(solutions=0)
        better = self._done(
            self.routing.SolveFromAssignmentWithParameters(assignment, self.parameters)
        )
        return assignment if better is None else better

    def _set_limits(self, *, solutions: int) -> None:
        self.parameters.solution_limit = solutions or 2**62
        if self.clock.budget.seconds is not None:
            milliseconds = max(int(self.clock.remaining * 1000), 1)
            self.parameters.time_limit.FromMilliseconds(milliseconds)

    def _read(self, routes: list[list[int]]) -> Any:
        return self.routing.ReadAssignmentFromRoutes(routes, True)

    def _warm(self, start: Solution) -> Any:
        """Read a plan; routes that break a rule are left to be planned again."""
        routes = plans.to_routes(self.problem, start)
        assignment = self._read(routes)
        if assignment is not None:
            return self.routing.solver().Assignment(assignment)
        kept = plans.to_routes(self.problem, None)
        found = None
        for v, route in enumerate(routes):
            trial = [*kept[:v], route, *kept[v + 1 :]]
            read = self._read(trial)
            if read is not None:
                kept, found = trial, self.routing.solver().Assignment(read)
        if found is not None:
            self.clock.tell(None, note="parts of the plan to start from cannot be used", force=True)
        return found


def _parameters(metaheuristic: bool) -> Any:
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    first = routing_enums_pb2.FirstSolutionStrategy
    meta = routing_enums_pb2.LocalSearchMetaheuristic
    parameters.first_solution_strategy = first.PARALLEL_CHEAPEST_INSERTION
    parameters.local_search_metaheuristic = (
        meta.GUIDED_LOCAL_SEARCH if metaheuristic else meta.GREEDY_DESCENT
    )
    return parameters
