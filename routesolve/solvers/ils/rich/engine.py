"""The search over plans of every feature: what :mod:`routesolve.solvers.ils.engine` hands over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt

from routesolve.instances.model import PlannedVisit, VisitKind
from routesolve.solutions.solution import Route, Solution, Visit
from routesolve.solvers.ils import audit, parallel
from routesolve.solvers.ils.elites import Elite, crossed
from routesolve.solvers.ils.guide import Guide, Lead, lead_by, plant, turn
from routesolve.solvers.ils.rich.fleet import reduce_fleet, vehicles_first

if TYPE_CHECKING:
    from collections.abc import Sequence

    from routesolve.instances.instance import VrpInstance
    from routesolve.solvers.base import Clock
    from routesolve.solvers.ils.rich._kernels.layout import Plan, Problem, Scratch
    from routesolve.solvers.ils.rich.problem import Work

HOT, COLD = 6.0, 0.03
"""Temperature at the beginning and the end, in costs of a short leg."""

MEAN, LONGEST, REACH = 10.0, 10.0, 60
"""Tasks removed in an iteration, on average, and in one string at most; neighbours looked at."""

POLISH, LOOKED = 20.0, 8
"""The local search follows when a plan costs up to so many temperatures more than what is accepted;
neighbours at which it looks."""

PATIENCE, SLOW = 1500.0, 2.0
"""Iterations for each task from which a pool of elite plans beats a single slow cooling; how many
times as long as others the first, hot iterations take."""

ZEAL = 1000.0
"""How many times its prize serving a job may cost in the first plan."""


class RichSearch:
    """One run of the engine for every feature."""

    hot, cold = HOT, COLD
    patience, slow = PATIENCE, SLOW
    divisible = False
    soft: npt.NDArray[np.float64] | None = None

    def __init__(
        self,
        instance: VrpInstance,
        work: Work,
        clock: Clock,
        seed: int,
        start: Solution | None,
        guide: Guide | None = None,
    ) -> None:
        from routesolve.solvers.ils.rich._kernels import layout

        self.instance, self.work, self.clock = instance, work, clock
        self.state = np.array([parallel.mixed(seed)], dtype=np.uint64)
        self.scratch = self._scratch()
        self.spare: list[Plan] = []
        self.lead: Lead | None = None
        self.fewer = False
        self._alike = _alike(work.problem.member)
        self._nodes = {
            name: x for x, name in enumerate(work.names) if name[0] not in ("break", "none")
        }
        self._best = float(self._empty().total[layout.BEST])
        self.plan = self.begun(start)
        if guide is not None:
            plant(self, guide)
            row = {job.id: i for i, job in enumerate(instance.jobs, 1)}
            rows = [row[name] for sort, name in work.names if sort == "job" and name is not None]
            self.lead = lead_by(guide, work, rows, clock)
        self.tell()

    def begun(self, start: Solution | None) -> Plan:
        """A plan with what can be followed of the one given; the rest is inserted."""
        from routesolve.solvers.ils.rich._kernels.search import insert_all

        work = self.work
        plan = self._empty()
        self._lock(plan)
        if start is not None:
            self._follow(plan, start)
        # One job alone seldom pays a route: what does not pay in the end is dropped later.
        zeal, reach = ZEAL if start is None else 1.0, work.problem.near.shape[1]
        insert_all(work.problem, plan, self.scratch, self.state, reach, zeal)
        return plan

    def _empty(self) -> Plan:
        """A plan that serves nobody."""
        from routesolve.solvers.ils.rich._kernels.layout import empty_plan

        work = self.work
        return empty_plan(work.problem, work.routes, work.width, work.dimensions)

    def _scratch(self) -> Scratch:
        """Room to work in, for one worker."""
        from routesolve.solvers.ils.rich._kernels.layout import empty_scratch

        work = self.work
        stops = len(work.problem.near)
        return empty_scratch(work.routes, work.width, work.dimensions, self.size, stops)

    # -- plans given ---------------------------------------------------------------------------

    def _lock(self, plan: Plan) -> None:
        """Reserve the vehicles of initial routes with locked visits, and serve these."""
        kinds = {kind.id: i for i, kind in enumerate(self.work.kinds)}
        for planned in self.instance.initial_routes:
            if planned.locked and planned.vehicle_type in kinds:
                visits = [v for v in planned.visits[: planned.locked] if v.kind not in ENDS]
                locked, opened = len(visits), {v.id for v in visits if v.kind == "pickup"}
                opened -= {v.id for v in visits if v.kind == "delivery"}
                # Who is on board has to leave again.
                visits += [PlannedVisit("delivery", name) for name in sorted(opened, key=str)]
                self._take(plan, kinds[planned.vehicle_type], visits, planned.vehicle, locked)

    def _follow(self, plan: Plan, start: Solution) -> None:
        """Take over the routes of a plan that can be read and that break no rule."""
        kinds = {kind.id: i for i, kind in enumerate(self.work.kinds)}
        taken = {(r.vehicle_type, r.vehicle) for r in self.instance.initial_routes if r.locked}
        for route in start.routes:
            if route.vehicle_type in kinds and (route.vehicle_type, route.vehicle) not in taken:
                visits = [v for v in route.visits if v.kind not in ENDS]
                self._take(plan, kinds[route.vehicle_type], visits, -1, 0)

    def _take(self, plan: Plan, k: int, visits: Sequence[Any], number: int, locked: int) -> None:
        """Serve a row of visits with a new route, unless that is not possible."""
        from routesolve.solvers.ils.rich._kernels.search import take_over

        problem = self.work.problem
        own = {self.work.names[x]: int(x) for x in problem.choice[2, k] if x}
        row = [own.get((v.kind, v.id), self._nodes.get((v.kind, v.id), 0)) for v in visits]
        if not locked:  # whatever breaks the plan leaves out
            row += [x for x in own.values() if x not in row]
        if all(row):
            line = np.array(row, dtype=np.int32)
            take_over(problem, plan, self.scratch, line, k, number, locked)

    # -- search --------------------------------------------------------------------------------

    def run(self) -> None:
        """Search until the budget ends."""
        reduce_fleet(self)
        self.fewer = len(self.work.kinds) == 1 and vehicles_first(self)
        parallel.search(self)

    @property
    def breeder(self) -> RichSearch | None:
        """How two plans are crossed; not where parts of them are locked."""
        return None if any(route.locked for route in self.instance.initial_routes) else self

    def elite(self, plan: Plan) -> Elite:
        """The best plan found, to be crossed with others."""
        from routesolve.solvers.ils.rich._kernels import layout as at

        stops = len(self.work.problem.near)
        rows, kinds = [], []
        for head, row in zip(plan.kept_head, plan.kept, strict=True):
            nodes = row[: head[at.SIZE]].tolist() if head[at.KIND] >= 0 else []
            if any(x < stops for x in nodes):
                rows.append(nodes)
                kinds.append(int(head[at.KIND]))
        return Elite(self.worth(plan), rows, kinds)

    def child(self, one: Elite, other: Elite, rng: np.random.Generator) -> Plan:
        """A plan that has routes of two others."""
        from routesolve.solvers.ils.rich._kernels.search import insert_all, take_over

        problem, scratch = self.work.problem, self._scratch()  # workers do this at the same time
        state = np.array([rng.integers(1, 1 << 63)], dtype=np.uint64)
        rows, kinds = one.rows, one.ends
        if one is not other and one.rows and other.rows:
            rows, kinds = crossed(one, other, problem.near, rng, self._alike)
        plan = self._empty()
        for row, k in zip(rows, kinds, strict=True):
            take_over(problem, plan, scratch, np.array(row, np.int32), k, -1, 0)
        if self.fewer:  # a plan with another vehicle would be the worse, whomever that serves
            plan.left[:] = max(len(one.rows) - len(rows), 0)
        insert_all(problem, plan, scratch, state, problem.near.shape[1], 1.0)
        return plan

    @property
    def size(self) -> int:
        """Number of jobs and shipments."""
        return len(self.work.problem.member)

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
        from routesolve.solvers.ils.rich._kernels.search import run
        from routesolve.solvers.ils.rich.audit import audit as audited

        scratch, crowd = self._scratch(), self.work.crowd
        reach, looked = crowd * REACH, crowd * LOOKED
        with turn(self, problem, plan, state, steps) as given:
            for span in audit.spans(steps):
                run(given, plan, scratch, state, span, heat, MEAN, LONGEST, reach, POLISH, looked)
                if audit.DEBUG:
                    audited(problem, plan, scratch)

    def worth(self, plan: Plan) -> float:
        """Cost of the best plan that a worker has found."""
        from routesolve.solvers.ils.rich._kernels.layout import BEST

        return float(plan.total[BEST])

    def tell(self) -> None:
        """Report a better plan to the clock."""
        from routesolve.solvers.ils.rich._kernels import layout as at

        best = float(self.plan.total[at.BEST])
        if best < self._best:
            self._best = best
            absent = self.plan.lists[at.KEPT_ABSENT, : self.plan.num[at.KEPT_ABSENT]]
            duties = self.work.problem.task[absent, at.MANDATORY]
            unserved = int((duties > 0).sum())
            self.clock.improved(best - float(duties.sum()), unserved=unserved)

    def solution(self) -> Solution:
        """The best plan, in the instance's names."""
        from routesolve.solvers.ils.rich._kernels import layout as at

        plan, work, what = self.plan, self.work, self.work.problem.what
        used: dict[int, set[int]] = {}
        rows = []
        for head, row in zip(plan.kept_head, plan.kept, strict=True):
            nodes = row[: head[at.SIZE]].tolist() if head[at.KIND] >= 0 else []
            if any(what[x, at.TASK] >= 0 for x in nodes):
                rows.append((head, nodes))
                if head[at.NUMBER] >= 0:
                    used.setdefault(int(head[at.KIND]), set()).add(int(head[at.NUMBER]))
        for planned in self.instance.initial_routes:
            for k, kind in enumerate(work.kinds):
                if planned.locked and planned.vehicle_type == kind.id:
                    used.setdefault(k, set()).add(planned.vehicle)
        routes = []
        for head, nodes in rows:
            k, number = int(head[at.KIND]), int(head[at.NUMBER])
            if number < 0:
                number, taken = 0, used.setdefault(k, set())
                while number in taken:
                    number += 1
                taken.add(number)
            visits = [Visit(_visit(work.names[x][0]), work.names[x][1]) for x in nodes]
            if work.kinds[k].alternative_ends:
                visits.append(Visit("end", work.names[head[at.END]][1]))
            routes.append(Route(work.kinds[k].id, tuple(visits), vehicle=number))
        return Solution(tuple(routes))


def _alike(member: npt.NDArray[np.int32]) -> dict[int, tuple[int, ...]]:
    """The stops of each exclusive group, by each of them."""
    from routesolve.solvers.ils.rich._kernels import layout as at

    groups: dict[int, list[int]] = {}
    for row in member[member[:, at.GROUP] >= 0].tolist():
        stops = [x for x in (row[at.FIRST_STOP], row[at.SECOND_STOP]) if x > 0]
        groups.setdefault(row[at.GROUP], []).extend(stops)
    return {x: tuple(stops) for stops in groups.values() for x in stops}


ENDS = ("start", "end")


def _visit(kind: str) -> VisitKind:
    return cast("VisitKind", kind)
