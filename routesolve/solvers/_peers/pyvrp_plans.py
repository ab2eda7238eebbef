"""Plans as PyVRP's solutions, and back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from routesolve.solutions.solution import Route, Solution, Visit
from routesolve.solvers._peers import rules

if TYPE_CHECKING:
    from routesolve.solvers._peers.pyvrp_model import PyvrpProblem


class PyvrpPlans:
    """Translates plans of a problem.

    Parameters
    ----------
    problem
        The problem.
    data
        PyVRP's data of it.
    """

    def __init__(self, problem: PyvrpProblem, data: Any) -> None:
        self.problem, self.data = problem, data
        self._twins: dict[str, list[int]] = {}
        for i, twin in enumerate(problem.twins):
            self._twins.setdefault(twin.job.id, []).append(i)

    def value(self, best: Any) -> tuple[float, int]:
        """Cost of a plan of PyVRP's, and how many mandatory tasks it leaves out."""
        served = {visit.id for route in best.routes() for visit in self._visits(route)}
        steps = best.distance_cost() + best.duration_cost() + best.fixed_vehicle_cost()
        steps += best.uncollected_prizes() + self.problem.offset
        missing = [
            priority
            for priority, _, kept in self.problem.duties
            if priority is not None and not any(task.id in served for task in kept)
        ]
        if self.problem.instance.objective.unserved is None and not self.problem.strictly:
            steps -= sum(self.problem.weights.get(priority, 0) for priority in missing)
        return steps / self.problem.scale.factor, len(missing)

    def to_solution(self, best: Any) -> Solution:
        """Return a plan of PyVRP's."""
        used: dict[str, int] = {}
        routes = []
        for route in best.routes():
            kind = self.problem.kinds[route.vehicle_type()]
            visits = list(self._visits(route))
            if not any(visit.kind != "reload" for visit in visits):
                continue
            number = used.get(kind.id, 0)
            used[kind.id] = number + 1
            visits += rules.chosen_end(self.problem.instance, kind, visits)
            routes.append(Route(kind.id, tuple(visits), number))
        return Solution(tuple(routes))

    def _visits(self, route: Any) -> Iterator[Visit]:
        activities = list(route)
        for activity in activities[1:-1]:
            if activity.is_client():
                yield Visit("job", self.problem.twins[activity.idx].job.id)
            elif activity.is_depot():
                yield Visit("reload", self.problem.terminals[activity.idx][0])
            else:
                name = self.problem.shipments[activity.idx][0].id
                yield Visit("pickup" if activity.is_pickup() else "delivery", name)

    def from_solution(self, plan: Solution) -> Any | None:
        """Return a plan as PyVRP's, None where it does not know a visit or breaks a rule."""
        import pyvrp

        numbers = {kind.id: i for i, kind in enumerate(self.problem.kinds)}
        try:
            made = [
                pyvrp.Route(
                    self.data,
                    [self._activity(pyvrp, v) for v in r.visits if v.kind not in ("start", "end")],
                    numbers[r.vehicle_type],
                )
                for r in plan.routes
            ]
            solution = pyvrp.Solution(self.data, made)
        except (KeyError, RuntimeError, ValueError, IndexError):
            return None
        return solution if solution.is_feasible() else None

    def _activity(self, pyvrp: Any, visit: Visit) -> Any:
        types = pyvrp.ActivityType
        if visit.kind == "reload":
            return pyvrp.Activity(types.DEPOT, self.problem.terminal((visit.id or "",)))
        if visit.kind == "job":
            return pyvrp.Activity(types.CLIENT, self._twin(visit))
        numbers = {task.id: i for i, (task, *_) in enumerate(self.problem.shipments)}
        kind = types.PICKUP if visit.kind == "pickup" else types.DELIVERY
        return pyvrp.Activity(kind, numbers[visit.id or ""])

    def _twin(self, visit: Visit) -> int:
        """The client of a job in whose window a visit begins."""
        begin = int(self.problem.time.near(visit.begin or 0.0))

        def missed(number: int) -> int:
            early, late = self.problem.twins[number].window
            return max(early - begin, begin - late, 0)

        return min(self._twins[visit.id or ""], key=missed)
