"""The search: first plan, guided local search, budget and interruption."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from routesolve.solvers._ortools import plans

if TYPE_CHECKING:
    from routesolve.solutions.solution import Solution
    from routesolve.solvers._ortools.model import RoutingProblem
    from routesolve.solvers.base import Clock

CHECKS_PER_ITERATION = 1000
LONGEST = 1e8  # seconds; the library warns without a time limit


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
        self.parameters = _parameters(problem)
        self._set_limits(solutions=1)
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
        routing = self.routing
        objective = routing.CostVar().Min()
        self._guarded(lambda: self._note(objective, lambda i: bool(routing.ActiveVar(i).Max())))

    def _note(self, objective: int, active: Callable[[int], bool]) -> None:
        if self.best is not None and objective >= self.best:
            return
        self.best = objective
        self.cost, self.unserved = self.problem.costs.value(objective, active)
        self.clock.improved(self.cost, unserved=self.unserved)
        self._over |= self.clock.over

    def _guarded(self, step: Callable[[], None]) -> None:
        try:
            step()
        except BaseException as error:  # a second Ctrl-C, a listener's bug
            self.failure, self._over = error, True

    def _done(self, assignment: Any) -> Any:
        """Raise what a callback left, note what the library improved after its last callback."""
        if self.failure is None and assignment is not None:
            routing = self.routing

            def active(index: int) -> bool:
                return bool(assignment.Value(routing.NextVar(index)) != index)

            objective = assignment.ObjectiveValue()
            self._guarded(lambda: self._note(objective, active))
        if self.failure is not None:
            raise self.failure
        return assignment

    # -- steps -------------------------------------------------------------------------------

    def first(self, start: Solution | None) -> Any:
        """Return a first assignment: the given plan, a construction, or nothing served at all."""
        if self.clock.over:
            return None
        if start is not None:
            assignment = self._warm(start)
            if assignment is not None or self.clock.over:
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
        seconds = min(self.clock.remaining, LONGEST)
        self.parameters.time_limit.FromMilliseconds(max(int(seconds * 1000), 1))

    def _read(self, routes: list[list[int]]) -> Any:
        return self.routing.ReadAssignmentFromRoutes(routes, True)

    def _warm(self, start: Solution) -> Any:
        """Read a plan; routes that break a rule are left to be planned again."""
        routes = plans.to_routes(self.problem, start)
        assignment = self._read(routes)
        if assignment is not None:
            return self._with_spare_reloads(routes, self.routing.solver().Assignment(assignment))
        kept = plans.to_routes(self.problem, None)
        found = None
        for v, route in enumerate(routes):
            if self.clock.over:
                break
            trial = [*kept[:v], route, *kept[v + 1 :]]
            read = self._read(trial)
            if read is not None:
                kept, found = trial, self.routing.solver().Assignment(read)
        if found is not None:
            self.clock.tell(None, note="parts of the plan to start from cannot be used", force=True)
        return None if found is None else self._with_spare_reloads(kept, found)

    def _with_spare_reloads(self, routes: list[list[int]], found: Any) -> Any:
        """Where tasks are left, end each route with a reload, for a trip more.

        No move of the library inserts a reload together with the tasks that it makes possible, and
        alone it improves nothing.
        """
        problem = self.problem
        used = {index for route in routes for index in route}
        spare = [problem.index[i] for i in problem.reloads if problem.index[i] not in used]
        left = [i for i, n in enumerate(problem.nodes) if n.task and problem.index[i] not in used]
        for v, route in enumerate(routes if left else ()):
            allowed = [i for i in spare if self.routing.VehicleVar(i).Contains(v)]
            if not route or not allowed or self.clock.over:
                continue
            trial = [*routes[:v], [*route, allowed[0]], *routes[v + 1 :]]
            read = self._read(trial)
            if read is not None:
                routes, found = trial, self.routing.solver().Assignment(read)
                spare.remove(allowed[0])
        return found


def _parameters(problem: RoutingProblem) -> Any:
    """Savings where only loads matter, else cheapest insertion; guided local search after it."""
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    first = routing_enums_pb2.FirstSolutionStrategy
    meta = routing_enums_pb2.LocalSearchMetaheuristic
    plain = problem.times is None and len(problem.terminals) == 1 and not problem.has_pairs
    parameters.first_solution_strategy = (
        first.SAVINGS if plain else first.PARALLEL_CHEAPEST_INSERTION
    )
    parameters.local_search_metaheuristic = (
        meta.GUIDED_LOCAL_SEARCH if len(problem.costs.choices) > 1 else meta.GREEDY_DESCENT
    )
    return parameters
