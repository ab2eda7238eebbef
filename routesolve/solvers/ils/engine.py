"""The search: first plan, then ruin and recreate under a temperature that follows the budget."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from routesolve._memory import uncollected
from routesolve.instances.features import Feature
from routesolve.solutions.solution import Route, Solution, Visit
from routesolve.solvers._warm import better_of, given_plan
from routesolve.solvers.base import (
    Budget,
    Clock,
    Listener,
    Result,
    SolverInfo,
    finish,
    interruptible,
    require_supported,
)
from routesolve.solvers.ils import audit, parallel
from routesolve.solvers.ils.elites import Elite, crossed, sequence
from routesolve.solvers.ils.guide import Guide, Lead, lead_by, plant, turn
from routesolve.solvers.ils.relaxed import Part, relaxed
from routesolve.solvers.ils.scope import MOST_PLACES, beyond
from routesolve.solvers.ils.settings import penalties, settings

if TYPE_CHECKING:
    from routesolve.instances.instance import VrpInstance
    from routesolve.instances.model import Job, VehicleType
    from routesolve.solvers.ils._kernels.layout import Plan, Problem
    from routesolve.solvers.ils.problem import Work
    from routesolve.solvers.ils.rich.engine import RichSearch

GRACE_SECONDS = 0.05
"""By how much checking the plan may exceed the budget: small instances are searched to its end."""

TRIED = 30
"""Jobs on which the time for checking is measured."""

CHECKING = 1.5
"""Time for writing a plan down and checking it, in times for checking its routes."""

PATIENCE, CROSSED = 1500.0, 420
"""Iterations for each job from which a pool of elite plans beats a single slow cooling, and jobs of
one type of vehicle without windows up to which it does: with more it was worse whatever the budget
(450 to 1000 jobs, 9 000 to 32 000 iterations for each)."""

THOROUGH, HASTY = 0.5, 3.0
"""Times as many with penalties, and without the local search: iterations do more, or less."""

SLOW = 3.0
"""How many times as long as others the first, hot iterations take with the local search."""

MOST_REDUCED, FAR = 2000, 6
"""Jobs up to which a search for fewer vehicles comes first, where one costs more than so many ways
to the job that is furthest away."""

BEGIN, WARM = 0.3, 1.0
"""Share of the budget for a plan of a relaxed instance; temperature from which the search goes on,
in costs of a short leg."""


class IteratedLocalSearch:
    """Ruin and recreate (SISR) for every feature of the model.

    Features that can be priced in constant time have a search of their own, with a granular local
    search; for all else whole routes are driven.
    """

    info = SolverInfo(
        name="ils",
        summary="our own engine: ruin, recreate, local search; good from a tenth of a second on",
        exact=False,
        anytime=True,
        features=frozenset(Feature),
    )

    seeded = False
    """Whether a guide may give plans to begin with."""

    def guide(self, instance: VrpInstance, clock: Clock, seed: int) -> Guide | None:
        """Return what leads the search besides costs: nothing here."""
        return None

    def unsupported(self, instance: VrpInstance) -> list[str]:
        """Return what the instance has beyond what the engine knows."""
        if len(instance.locations) <= MOST_PLACES:
            return []
        return [f"{name} with more than {MOST_PLACES} places" for name in beyond(instance)]

    def solve(
        self,
        instance: VrpInstance,
        budget: Budget,
        *,
        seed: int = 0,
        start: Solution | None = None,
        on_progress: Listener | None = None,
    ) -> Result:
        """Search until the budget ends.

        Parameters
        ----------
        instance
            The problem. What the fleet cannot serve stays unserved.
        budget
            An iteration removes about ten jobs and inserts them again.
        seed
            Same seed and iterations, same plan.
        start
            Searched from, and returned when nothing better is found.
        on_progress
            Called on better plans.

        Raises
        ------
        UnsupportedFeature
            When the instance has features that the engine does not know.
        RoutingError
            When a stop cannot be reached.
        """
        require_supported(self, instance)
        kinds = [kind for kind in instance.vehicle_types if kind.count != 0]
        rich = bool(beyond(instance))
        start = given_plan(instance, start)
        less = relaxed(instance) if rich and start is None and not self.seeded else None
        if rich:
            _compile_rich()
            if less is not None:
                _compile(less, budget, start=False)
        elif kinds and instance.jobs:
            _compile(instance, budget, start=self.seeded or start is not None)
        clock = Clock(budget, on_progress)
        with interruptible(clock):
            instance.require_reachable()
            search: _Search | RichSearch | None = None
            if rich and kinds and instance.task_count:
                search = self._rich(instance, less, clock, seed, start)
            elif kinds and instance.jobs:
                search = self._search(instance, clock, seed, start)
            with uncollected():
                solution = Solution(()) if search is None else search.solution()
                result = finish(instance, solution, clock, solver=self.info.name, seed=seed)
                if not clock.trace:
                    clock.improved(result.cost, unserved=result.report.mandatory_unserved)
                best = better_of(replace(result, trace=tuple(clock.trace)), start, clock)
        return replace(best, interrupted=clock.interrupted)

    def _search(
        self,
        instance: VrpInstance,
        clock: Clock,
        seed: int,
        start: Solution | None,
    ) -> _Search | None:
        """Translate, and search as long as leaves time to check what is found."""
        from routesolve.solvers.ils.problem import translate

        work = translate(instance, seconds=clock.budget.seconds)
        if not work.n:
            return None
        _reserve(instance, work.kinds[0], work.jobs, clock, 1 if start is None else 2)
        if _vehicles_first(work):
            start = self._with_fewer(instance, clock, seed, start)
        search = _Search(instance, work, clock, seed, start, self.guide(instance, clock, seed))
        search.run()
        return search

    def _with_fewer(
        self, instance: VrpInstance, clock: Clock, seed: int, start: Solution | None
    ) -> Solution:
        """Return a plan with as few vehicles as part of the budget finds."""
        from routesolve.solvers.ils.rich.engine import RichSearch
        from routesolve.solvers.ils.rich.fleet import reduce_fleet
        from routesolve.solvers.ils.rich.problem import translate

        with clock.stopped():
            _compile_rich()
        search = RichSearch(instance, translate(instance), clock, seed, start)
        reduce_fleet(search)
        return search.solution()

    def _rich(
        self,
        instance: VrpInstance,
        less: VrpInstance | None,
        clock: Clock,
        seed: int,
        start: Solution | None,
    ) -> RichSearch:
        """Translate and search with every feature, from a plan with less of them, if that helps."""
        from routesolve.solvers.ils.rich.engine import RichSearch
        from routesolve.solvers.ils.rich.problem import translate

        work = translate(instance)
        _reserve(instance, work.kinds[0], instance.jobs, clock, 1 if start is None else 2)
        guide = self.guide(instance, clock, seed)
        if less is not None:
            start = self._begin(less, clock, seed)
        search = RichSearch(instance, work, clock, seed, start, guide)
        if less is not None:
            search.hot = WARM
        search.run()
        return search

    def _begin(self, less: VrpInstance, clock: Clock, seed: int) -> Solution | None:
        """Return a plan of a relaxed instance that part of the budget finds."""
        from routesolve.solvers.ils.problem import translate

        work = translate(less, seconds=clock.budget.seconds)
        if not work.n:
            return None
        part = Part(clock, BEGIN)
        search = _Search(less, work, part, seed, None)
        search.run()
        clock.iteration += part.iteration
        return search.solution()


def _never_served(instance: VrpInstance, jobs: Sequence[Job]) -> tuple[float, int]:
    """What the jobs that are not searched cost, and how many of them must be served."""
    searched, price = {job.id for job in jobs}, instance.objective.unserved
    cost, duties = 0.0, 0
    for job in instance.jobs:
        if job.id not in searched:
            duties += job.prize is None and price is None
            cost += (price or 0.0) * (1 + job.priority) if job.prize is None else job.prize
    return cost, duties


def _vehicles_first(work: Work) -> bool:
    """Whether a vehicle costs more than ways can save, and the plans are not too large for it."""
    from routesolve.solvers.ils._kernels.layout import RADIUS

    far = int(work.problem.job[: work.n + 1, RADIUS].max())
    return work.n <= MOST_REDUCED and work.opening > FAR * far


def _reserve(
    instance: VrpInstance, kind: VehicleType, jobs: Sequence[Job], clock: Clock, checks: int
) -> None:
    """Keep so much of the budget as checking takes."""
    if clock.budget.seconds is None or not jobs:
        return
    reserve = checks * _checking_time(instance, kind, jobs) - GRACE_SECONDS
    seconds = clock.budget.seconds - max(reserve, 0.0)
    clock.budget = replace(clock.budget, seconds=max(seconds, 1e-6))


def _checking_time(instance: VrpInstance, kind: VehicleType, jobs: Sequence[Job]) -> float:
    """Seconds that the checker will take for a plan, from a route of a few jobs."""
    from routesolve.solutions.driven import DrivenRoute

    visits = tuple(Visit("job", job.id) for job in jobs[:TRIED])
    took = inf
    for _ in range(3):  # the first time makes tables that are kept
        began = time.monotonic()
        DrivenRoute(instance, 0, Route(kind.id, visits)).timed()
        took = min(took, time.monotonic() - began)
    return CHECKING * took / len(visits) * len(instance.jobs)


class _Search:
    """One run of the engine."""

    def __init__(
        self,
        instance: VrpInstance,
        work: Work,
        clock: Clock,
        seed: int,
        start: Solution | None,
        guide: Guide | None = None,
    ) -> None:
        from routesolve.solvers.ils._kernels.layout import MISSING, Way
        from routesolve.solvers.ils.first import first_plan

        self.instance, self.work, self.clock = instance, work, clock
        self.state = np.array([parallel.mixed(seed)], dtype=np.uint64)
        self.settings = how = settings(work, len(instance.jobs))
        self.hot, self.cold = how.hot, how.cold
        near = work.problem.near.shape[1]
        self.way = Way(
            mean=how.mean,
            longest=how.longest,
            reach=min(how.reach, near),
            polish=how.polish,
            looked=min(how.looked, near),
            turnable=bool(work.turnable),
        )
        self.soft = penalties(work) if how.soft else None
        self.spare: list[Plan] = []
        self.lead: Lead | None = None
        self._never = _never_served(instance, work.jobs)
        self._best = int(work.problem.job[1 : work.n + 1, MISSING].sum())
        begun = None if start is None else self.begun(start)
        self.plan = first_plan(work, self.state, self.way.reach) if begun is None else begun
        if guide is not None:
            row = {job.id: i for i, job in enumerate(instance.jobs, 1)}
            plant(self, guide)
            self.lead = lead_by(guide, work, [row[job.id] for job in work.jobs], clock)
        self.tell()

    def begun(self, start: Solution) -> Plan | None:
        """A plan as it was given; None when it cannot be read or breaks a limit."""
        number = {job.id: i for i, job in enumerate(self.work.jobs, 1)}
        ends = {kind.id: self.work.n + 1 + k for k, kind in enumerate(self.work.kinds)}
        row: list[int] = []
        for route in start.routes:
            names = [v.id for v in route.visits if v.kind not in ("start", "end")]
            if any(name not in number for name in names) or route.vehicle_type not in ends:
                return None
            row.append(-ends[route.vehicle_type])
            row += [number[name] for name in names if name is not None]
        if len({x for x in row if x > 0}) != sum(x > 0 for x in row):
            return None
        return self._followed(np.array(row, dtype=np.int32))

    def _followed(self, row: npt.NDArray[np.int32]) -> Plan | None:
        """The plan that a sequence of jobs and ends stands for; None when it breaks a limit."""
        from routesolve.solvers.ils._kernels import construct
        from routesolve.solvers.ils._kernels.layout import empty_plan

        plan = empty_plan(self.work.problem, self.work.routes, self.work.opening)
        if not construct.follow(self.work.problem, plan, row):
            return None
        construct.adopt(self.work.problem, plan)
        return plan

    @property
    def size(self) -> int:
        """Number of jobs."""
        return self.work.n

    @property
    def divisible(self) -> bool:
        """Whether parts of a large plan can be searched alone: penalties and fleets are its own.

        A few jobs to compile with are as large as the instance that they are of.
        """
        large = len(self.instance.jobs) >= parallel.LARGE
        return large and self.soft is None and self.work.problem.kinds is None

    @property
    def patience(self) -> float:
        """Iterations for each job from which two plans are crossed."""
        problem = self.work.problem
        if self.work.n > CROSSED and problem.times is None and problem.kinds is None:
            return inf
        return (
            PATIENCE
            * (1.0 if self.way.polish else HASTY)
            * (THOROUGH if self.soft is not None else 1.0)
        )

    @property
    def slow(self) -> float:
        """How many times as long as others the first iterations take."""
        return SLOW if self.way.polish else 1.0

    @property
    def breeder(self) -> _Search:
        """How two plans are crossed."""
        return self

    def run(self) -> None:
        """Search until the budget ends."""
        parallel.search(self)

    def elite(self, plan: Plan) -> Elite:
        """The best plan found, to be crossed with others."""
        from routesolve.solvers.ils._kernels.layout import kept_routes

        return Elite(self.worth(plan), *kept_routes(plan))

    def child(self, one: Elite, other: Elite, rng: np.random.Generator) -> Plan:
        """A plan that has routes of two others, or is the first if that breaks a limit."""
        if one is not other and one.rows and other.rows:
            rows, ends = crossed(one, other, self.work.problem.near, rng)
            plan = self._followed(sequence(rows, ends))
            if plan is not None:
                return plan
        plan = self._followed(sequence(one.rows, one.ends))
        assert plan is not None, "a plan that was found keeps all limits"
        return plan

    def advance(
        self,
        problem: Problem,
        plan: Plan,
        soft: npt.NDArray[np.float64] | None,
        state: npt.NDArray[np.uint64],
        steps: int,
        heat: float,
    ) -> None:
        """Make so many iterations with a worker's plan."""
        from routesolve.solvers.ils._kernels.search import run

        move, gain, segment = np.zeros(9, np.int64), np.zeros(1), np.zeros((6, 9), np.int64)
        with turn(self, problem, plan, state, steps) as given:
            for span in audit.spans(steps):
                run(given, plan, state, span, heat, self.way, soft, move, gain, segment)
                if audit.DEBUG:
                    audit.audit(problem, plan, soft=soft is not None)

    def worth(self, plan: Plan) -> float:
        """Cost of the best plan that a worker has found."""
        from routesolve.solvers.ils._kernels.layout import BEST

        return int(plan.num[BEST])

    def tell(self) -> None:
        """Report a better plan to the clock."""
        from routesolve.solvers.ils._kernels.layout import BEST, KEPT_ABSENT

        best = int(self.plan.num[BEST])
        if best < self._best:
            self._best = best
            absent = self.plan.lists[KEPT_ABSENT, : self.plan.num[KEPT_ABSENT]]
            left = int(self.work.mandatory[absent].sum())
            unserved = int((self.work.mandatory[absent] > 0).sum())
            cost, more = self._never
            self.clock.improved((best - left) / self.work.steps + cost, unserved=unserved + more)

    def solution(self) -> Solution:
        """The best plan, in the instance's names."""
        from routesolve.solvers.ils._kernels.layout import kept_routes

        kinds, jobs, routes = self.work.kinds, self.work.jobs, []
        used = dict.fromkeys(range(len(kinds)), 0)
        for row, ends in zip(*kept_routes(self.plan), strict=True):
            k = max(ends - len(jobs) - 1, 0)
            visits = tuple(Visit("job", jobs[i - 1].id) for i in row)
            routes.append(Route(kinds[k].id, visits, vehicle=used[k]))
            used[k] += 1
        return Solution(tuple(routes))


def _compile(instance: VrpInstance, budget: Budget, *, start: bool) -> None:
    """Search next to nothing: compiling the kernels is no part of the budget."""
    from routesolve.solvers.ils.problem import translate

    work = translate(instance, seconds=budget.seconds, few=True)
    least = Budget(seconds=None, iterations=budget.workers, workers=budget.workers)
    for given in (None, Solution(())) if start else (None,):
        if work.n:
            _Search(instance, work, Clock(least), 0, given).run()


def _compile_rich() -> None:
    """Compile the kernels for every feature: there is one version of them, whatever is searched."""
    from routesolve.instances.instance import VrpInstance
    from routesolve.instances.model import Depot, Job, Location, VehicleType
    from routesolve.solvers.ils.rich.engine import RichSearch
    from routesolve.solvers.ils.rich.problem import translate

    depot = Depot("depot", Location(x=0.0, y=0.0))
    # A plan to take over, and more routes than one that are worth dissolving.
    kind = VehicleType(start="depot", end="depot", max_jobs=1, fixed_cost=1e6)
    jobs = tuple(Job(str(i), Location(x=float(i), y=1.0)) for i in range(3))
    few = VrpInstance(jobs=jobs, depots=(depot,), vehicle_types=(kind,))
    start = Solution((Route(kind.id, (Visit("job", "0"),)),))
    least = Budget(seconds=None, iterations=4)
    RichSearch(few, translate(few), Clock(least), 0, start).run()
