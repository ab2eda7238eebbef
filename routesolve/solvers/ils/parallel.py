"""The search in time: one chain, or several at once that exchange what they have found.

Kernels run without the lock of the interpreter, so threads are enough. Work is shared out in
rounds, and what the workers have found is joined at their ends only, in the order of the workers:
with a budget of iterations the plan does not depend on which thread was the faster.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from routesolve.solvers.ils.elites import Breeder, Elite, admit
from routesolve.solvers.ils.parts import Part, cut, join, share_out, where

if TYPE_CHECKING:
    from routesolve.solvers.base import Clock


class Search(Protocol):
    """What is searched: a plan, others to begin with, if any, and how to go on from it."""

    work: Any
    clock: Clock
    state: npt.NDArray[np.uint64]
    plan: Any
    spare: list[Any]
    soft: npt.NDArray[np.float64] | None
    hot: float
    cold: float

    @property
    def size(self) -> int:
        """Number of jobs."""

    @property
    def divisible(self) -> bool:
        """Whether workers may search parts of the plan alone, and it is large enough for that."""

    @property
    def breeder(self) -> Breeder | None:
        """How two plans are crossed; None = they are not."""

    def advance(
        self,
        problem: Any,
        plan: Any,
        soft: npt.NDArray[np.float64] | None,
        state: npt.NDArray[np.uint64],
        steps: int,
        heat: float,
    ) -> None:
        """Make so many iterations with a plan."""

    def worth(self, plan: Any) -> float:
        """Cost of the best plan found."""

    def tell(self) -> None:
        """Report a better plan."""


CHUNK_SECONDS = 0.004
"""Between two looks at the clock."""

CHUNK = 256
"""Iterations at one temperature, where their number is the budget."""

STEADY = 16
"""Iterations between two looks at the clock, where their number is the budget: kernels sum up
afresh when they are called, so that the plan must not depend on when that is."""

CYCLE_SECONDS = 10.0
"""Length of the first cooling when nothing but a stall ends the search; later ones double."""

ROUNDS = 20
"""Rounds of a cooling."""

LARGE = 2000
"""Jobs from which workers search parts of the plan; with fewer, each searches the whole."""

FEWEST = 4
"""Routes of a part, or there is too little to exchange among them."""

PROBE_SECONDS, PROBE = 0.2, 0.02
"""After so long, or such a share of the budget, the pace is known."""

FIRST = 0.4
"""Share of the budget after which elite plans are crossed."""

ELITES, CHILD, WARM = 5, 1 / 60, 0.4
"""Elite plans, and the share of the budget for a child, where the budget is just long enough to
cross any: with longer ones their number and the iterations of a child grow with the root of it. The
temperature at which children begin, in costs of a short leg."""


@dataclass(slots=True)
class Lane:
    """What one worker has to itself."""

    state: npt.NDArray[np.uint64]
    total: int | None
    steps: int = 0
    chunk: int = 16


class Workers:
    """Those who search, and the schedule that they keep."""

    def __init__(self, search: Search) -> None:
        self.search, self.clock = search, search.clock
        budget, first = self.clock.budget, int(search.state[0])
        self.before = self.clock.iteration  # made before, and part of the budget
        self.lanes = []
        for k in range(budget.workers):
            total = None
            if budget.iterations is not None:
                left = max(budget.iterations - self.before, 0)
                total = (left + budget.workers - 1 - k) // budget.workers
            state = np.array([mixed(first + k)], dtype=np.uint64) if k else search.state
            self.lanes.append(Lane(state, total))
        self.begun, self.length = self.clock.elapsed, CYCLE_SECONDS

    def run(self, pool: ThreadPoolExecutor | None) -> None:
        """Search until the budget ends."""
        search = self.search
        large = pool is not None and search.divisible
        while not self.clock.over:
            if large:
                self._in_parts(pool)
            else:
                self._in_chains(pool)
            self.begun, self.length = self.clock.elapsed, 2 * self.length

    def _in_chains(self, pool: ThreadPoolExecutor | None) -> None:
        """Let each worker search the whole; after a round those behind go on from there."""
        search, rounds = self.search, ROUNDS if pool is not None else 1
        problem, plans, softs = search.work.problem, [search.plan], [search.soft]
        for _ in self.lanes[1:]:
            plans.append(search.spare.pop(0) if search.spare else deepcopy(search.plan))
            softs.append(None if search.soft is None else search.soft.copy())

        def work(k: int, until: float) -> None:
            self._advance(k, problem, plans[k], softs[k], until, tell=k == 0)

        if search.breeder is not None:
            pace = self._pace(pool, work, search.breeder.slow)
            if pace >= search.breeder.patience and not self.clock.over:
                self._in_families(pool, search.breeder, plans, softs, pace)
                return
        for k in range(rounds):
            self._round(pool, work, (k + 1) / rounds)
            found = [search.worth(plan) for plan in plans]
            best = found.index(min(found))
            for i in range(len(plans)):
                if found[i] > found[best]:
                    copy_plan(plans[best], plans[i])
                    copy_plan((softs[best],), (softs[i],))
            search.tell()
            if self.clock.over:
                break

    def _pace(
        self, pool: ThreadPoolExecutor | None, work: Callable[[int, float], None], slow: float
    ) -> float:
        """Iterations for each job that a worker will make in all, the first so much slower.

        Without a budget of iterations the first tell; without any nobody knows.
        """
        lane, size, seconds = self.lanes[0], self.search.size, self.clock.budget.seconds
        if seconds is None:
            return 0.0 if lane.total is None else lane.total / size
        self._round(pool, work, min(PROBE, PROBE_SECONDS / seconds))
        return slow * lane.steps / max(self._share(lane, lane.steps), 1e-9) / size

    def _in_families(
        self,
        pool: ThreadPoolExecutor | None,
        breeder: Breeder,
        plans: list[Any],
        softs: list[npt.NDArray[np.float64] | None],
        pace: float,
    ) -> None:
        """Let each worker find a few plans, then search children of two of them."""
        search, problem = self.search, self.search.work.problem
        scale = sqrt(pace / breeder.patience)
        size, length = round(ELITES * scale), CHILD / scale
        rngs = [np.random.default_rng(int(lane.state[0])) for lane in self.lanes]
        begun = breeder.elite(search.plan)
        pools: list[list[Elite]] = [[] for _ in self.lanes]

        def found(k: int, plan: Any) -> None:
            if search.worth(plan) < search.worth(plans[k]):
                plans[k] = plan
            admit(pools[k], breeder.elite(plan), size)

        def first(k: int, until: float) -> None:
            lane = self.lanes[k]
            since = self._share(lane, lane.steps)
            starts = [plans[k], *search.spare[k :: len(self.lanes)]]
            for i in range(size):
                plan = starts[i] if i < len(starts) else breeder.child(begun, begun, rngs[k])
                to = since + (until - since) * (i + 1) / size
                self._advance(k, problem, plan, softs[k], to, anew=search.hot, tell=k == 0)
                found(k, plan)

        def further(k: int, until: float) -> None:
            lane = self.lanes[k]
            while not self.clock.over:
                now = self._share(lane, lane.steps)
                left = until - now
                if left <= 0.0 or (
                    lane.total is not None and lane.steps >= round(until * lane.total)
                ):
                    break
                one, other = rngs[k].permutation(len(pools[k]))[:2] if len(pools[k]) > 1 else (0, 0)
                plan = breeder.child(pools[k][one], pools[k][other], rngs[k])
                span = length if lane.total is None else max(length, 1.0 / lane.total)
                to = until if left < 1.5 * span else now + span
                self._advance(k, problem, plan, softs[k], to, anew=WARM, tell=k == 0)
                found(k, plan)

        work, rounds = first, 1 if pool is None else ROUNDS
        for k in range(rounds + 1):
            self._round(pool, work, FIRST + (1.0 - FIRST) * k / rounds)
            for plan in plans:
                self._tell(plan)
            every = [elite for each in pools for elite in each]
            for each in pools if pool is not None else ():
                for elite in every:
                    admit(each, elite, size)
            work = further
            if self.clock.over:
                break

    def _tell(self, plan: Any) -> None:
        """Report a plan when it is the best."""
        if self.search.worth(plan) < self.search.worth(self.search.plan):
            self.search.plan = plan
        self.search.tell()

    def _in_parts(self, pool: ThreadPoolExecutor | None) -> None:
        """Let each worker search the routes of one region, other regions in each round."""
        search, count = self.search, len(self.lanes)
        places = where(search.work.problem)
        for k in range(ROUNDS):
            groups = list(share_out(search.plan, places, count, k))
            if len(groups) < count or min(active for *_, active in groups) < FEWEST:
                # Joined all the same, so that compiling a few jobs leaves nothing out.
                join(search, [cut(search, *group) for group in groups])
                self._in_chains(pool)
                return
            parts: list[Part | None] = [None] * count

            def work(
                k: int, until: float, groups: Any = groups, parts: list[Part | None] = parts
            ) -> None:
                parts[k] = part = cut(search, *groups[k])
                self._advance(k, part.problem, part.plan, None, until)

            self._round(pool, work, (k + 1) / ROUNDS)
            join(search, [part for part in parts if part is not None])
            search.tell()
            if self.clock.over:
                break

    def _round(
        self, pool: ThreadPoolExecutor | None, work: Callable[[int, float], None], until: float
    ) -> None:
        """Let all work; the first does so in this thread, which hears Ctrl-C."""
        others = range(1, len(self.lanes))
        waiting = [] if pool is None else [pool.submit(work, k, until) for k in others]
        try:
            work(0, until)
            for other in waiting:
                other.result()
        except BaseException:
            self.clock.interrupted = True  # or the others would go on to the end of the round
            raise
        self.clock.iteration = self.before + sum(lane.steps for lane in self.lanes)

    def _advance(
        self,
        k: int,
        problem: Any,
        plan: Any,
        soft: npt.NDArray[np.float64] | None,
        until: float,
        *,
        anew: float | None = None,
        tell: bool = False,
    ) -> None:
        """Let worker k search a plan until a share of the budget is used up.

        The temperature follows the whole search, or begins `anew`, to fall until then.
        """
        search, clock, lane = self.search, self.clock, self.lanes[k]
        hot = search.hot if anew is None else min(anew, search.hot)
        since, span = (0.0, 1.0) if anew is None else (self._share(lane, lane.steps), until)
        span = max(span - since, 1e-9)
        before = clock.elapsed
        while not clock.over:
            share = self._share(lane, lane.steps)
            if share >= until:
                break
            chunk = lane.chunk
            if lane.total is not None:
                end = round(until * lane.total)
                chunk = min(STEADY, end - lane.steps, CHUNK - lane.steps % CHUNK)
                if chunk <= 0:
                    break
                # Where it is the budget, the temperature must not depend on the clock.
                share = self._share(lane, lane.steps - lane.steps % CHUNK)
            passed = min(max((share - since) / span, 0.0), 1.0)
            heat = hot * (search.cold / hot) ** passed * search.work.scale
            search.advance(problem, plan, soft, lane.state, chunk, heat)
            lane.steps += chunk
            if k == 0:
                clock.iteration = self.before + sum(other.steps for other in self.lanes)
            if tell:
                self._tell(plan)
            now = clock.elapsed
            took, before = now - before, now
            pace = min(CHUNK_SECONDS, max(clock.remaining, 0.0005))
            lane.chunk = max(1, min(int(chunk * min(pace / max(took, 1e-6), 4.0)), 1 << 20))

    def _share(self, lane: Lane, steps: int) -> float:
        """Share of the budget, or of the present cooling, that is used up."""
        seconds, shares = self.clock.budget.seconds, []
        if seconds is not None:
            shares.append(self.clock.elapsed / seconds)
        if lane.total is not None:
            shares.append(steps / lane.total if lane.total else 1.0)
        return max(shares) if shares else (self.clock.elapsed - self.begun) / self.length


def search(one: Search) -> None:
    """Search until the budget ends, with as many workers as it says."""
    count = one.clock.budget.workers
    if count == 1:
        Workers(one).run(None)
        return
    with ThreadPoolExecutor(count - 1) as pool:
        Workers(one).run(pool)


def mixed(seed: int) -> int:
    """A seed with its bits spread (splitmix64), never zero."""
    x = (seed + 1) * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 & 0xFFFFFFFFFFFFFFFF
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB & 0xFFFFFFFFFFFFFFFF
    return (x ^ (x >> 31)) | 1


def copy_plan(
    froms: Sequence[npt.NDArray[Any] | None], tos: Sequence[npt.NDArray[Any] | None]
) -> None:
    """Copy the arrays of a plan into those of another."""
    for one, other in zip(froms, tos, strict=True):
        if one is not None and other is not None:
            np.copyto(other, one)
