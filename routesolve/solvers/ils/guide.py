"""What may lead a search besides costs: plans to begin with, and how likely each leg is.

Where the guide comes from is not known here; a neural network is one
(:mod:`routesolve.solvers.neural.guided`).
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from routesolve.solvers.ils.bandit import Bandit

if TYPE_CHECKING:
    from routesolve.solutions.solution import Solution
    from routesolve.solvers.base import Clock

Float32s = npt.NDArray[np.float32]
Int32s = npt.NDArray[np.int32]

POLISHING = 0.1
"""Most of the budget for polishing plans to begin with; each gets half an iteration a job."""

PULL = 3.0
"""How far a likely leg moves a neighbour forward in its list: its rank is divided by e to this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guidance:
    """What of a guide is used.

    Attributes
    ----------
    share : float
        Most of a budget of seconds that finding the guide may take.
    seeds : int
        Plans to begin with, at most; 0 = the engine's own beginning.
    hot : float or None
        Temperature to begin at with these, in costs of a short leg; None = the engine's own.
    lists : bool
        Whether likely neighbours come first in the lists of near jobs.
    neighbours : int or None
        Neighbours that are left in these; None = all.
    ruin : bool
        Whether jobs on unlikely legs are removed more often.
    recreate : float
        What a leg that is certain may cost more when jobs are inserted, in costs of a short leg.
    bandit : bool
        Whether lists, ruin and recreate are left alone where they do not pay.
    """

    share: float = 0.15
    seeds: int = 6
    hot: float | None = 1.0
    lists: bool = True
    neighbours: int | None = None
    ruin: bool = True
    recreate: float = 0.2
    bandit: bool = True

    @property
    def leads(self) -> bool:
        """Whether more is used than plans to begin with."""
        return self.lists or self.ruin or bool(self.recreate)


@dataclass(frozen=True, slots=True)
class Guide:
    """Plans and legs.

    Attributes
    ----------
    seeds : tuple of Solution
        Best first.
    heat : numpy.ndarray
        (n + 1, n + 1) float32 in [0, 1]: how likely job j follows job i in a good plan, jobs by
        their number in the instance from 1; 0 = an end of a route.
    how : Guidance
        What of it is used.
    """

    seeds: tuple[Solution, ...]
    heat: Float32s
    how: Guidance


class Led(Protocol):
    """A search that takes a guide; see :class:`~routesolve.solvers.ils.parallel.Search`."""

    work: Any
    clock: Clock
    state: npt.NDArray[np.uint64]
    plan: Any
    spare: list[Any]
    soft: npt.NDArray[np.float64] | None
    lead: Lead | None
    hot: float
    cold: float

    @property
    def size(self) -> int:
        """Number of jobs."""

    def begun(self, start: Solution) -> Any:
        """A plan that follows another; None where that is not possible."""

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


class Lead:
    """Which of the iterations are led.

    Parameters
    ----------
    plain : Problem
        Of either search, without guidance.
    led : Problem
        The same with it.
    bandit : bool
        Whether those that are not led are tried, too.
    timed : bool
        Whether iterations are judged by what they gain in a second of the processor, not in a step.
    """

    def __init__(self, plain: Any, led: Any, *, bandit: bool, timed: bool) -> None:
        self.plain, self.led, self.bandit, self.timed = plain, led, bandit, timed
        self.bandits: dict[int, Bandit] = {}

    @contextmanager
    def turn(
        self, search: Led, problem: Any, plan: Any, state: npt.NDArray[np.uint64], steps: int
    ) -> Iterator[Any]:
        """The problem for the next iterations of a worker, which are then judged.

        Workers are told apart by their random states.
        """
        if problem is not self.plain:  # a part of the plan, or another aim
            yield problem
            return
        if not self.bandit:
            yield self.led
            return
        if id(state) not in self.bandits:
            self.bandits[id(state)] = Bandit(int(state[0]), timed=self.timed)
        bandit = self.bandits[id(state)]
        before, began = search.worth(plan), time.thread_time()
        yield self.led if bandit.arm else self.plain
        bandit.judge(before - search.worth(plan), steps, time.thread_time() - began)


def turn(
    search: Led, problem: Any, plan: Any, state: npt.NDArray[np.uint64], steps: int
) -> AbstractContextManager[Any]:
    """The problem for the next iterations, led or not; see :meth:`Lead.turn`."""
    if search.lead is None:
        return nullcontext(problem)
    return search.lead.turn(search, problem, plan, state, steps)


def lead_by(guide: Guide, work: Any, rows: Sequence[int], clock: Clock) -> Lead | None:
    """How a guide leads the search of a problem.

    Parameters
    ----------
    guide
        The guide.
    work
        ``Work`` of either search.
    rows
        For each job of the problem, its number in the instance from 1.
    clock
        Of the search.
    """
    how, problem = guide.how, work.problem
    if not how.leads:
        return None
    at = np.array([0, *rows], np.intp)
    heat = np.ascontiguousarray(guide.heat[np.ix_(at, at)])
    near = problem.near
    if how.lists:
        near = drawn_near(near, np.maximum(heat, heat.T))
        if how.neighbours is not None:
            near[:, how.neighbours :] = 0
    led = problem._replace(near=near)
    if how.ruin:
        led = led._replace(heat=heat)
    if how.recreate:
        led = led._replace(worth=(heat * np.float32(how.recreate * work.scale)))
    timed = clock.budget.iterations is None
    return Lead(problem, led, bandit=how.bandit, timed=timed)


def drawn_near(near: Int32s, heat: Float32s) -> Int32s:
    """Lists of near jobs in the order of their rank and heat; hot ones that are not near enter.

    Parameters
    ----------
    near
        (n + 1, k) jobs, nearest first, 0 = none.
    heat
        (n + 1, n + 1) symmetric.

    Returns
    -------
    numpy.ndarray
        (n + 1, k) int32.
    """
    rows, width = near.shape
    key = np.full((rows, rows), np.inf, np.float32)
    key[heat > 0.0] = np.log(np.float32(width + 1))
    rank = np.broadcast_to(np.log(np.arange(1, width + 1, dtype=np.float32)), near.shape)
    there = near > 0
    key[np.nonzero(there)[0], near[there]] = rank[there]
    key -= PULL * heat
    key[0], key[:, 0] = np.inf, np.inf
    np.fill_diagonal(key, np.inf)
    order = np.argsort(key, axis=1, kind="stable")[:, :width]
    found = np.where(np.isfinite(np.take_along_axis(key, order, axis=1)), order, 0)
    out = np.zeros(near.shape, np.int32)
    out[:, : found.shape[1]] = found
    return out


def plant(search: Led, guide: Guide) -> None:
    """Begin with the best of a guide's plans, polished, where it beats the present one.

    The others are left for other workers.
    """
    plans = [plan for seed in guide.seeds if (plan := search.begun(seed)) is not None]
    if not plans:
        return
    clock, steps = search.clock, max(search.size // 2, 1)
    if clock.budget.iterations is not None:
        left = clock.budget.iterations - clock.iteration
        steps = min(steps, int(POLISHING * left) // len(plans))
    began, heat = clock.elapsed, search.cold * search.work.scale
    for plan in plans if steps else ():
        seconds = clock.budget.seconds
        if clock.over or (
            seconds is not None and clock.elapsed - began > POLISHING * (seconds - began)
        ):
            break
        search.advance(search.work.problem, plan, search.soft, search.state, steps, heat)
        clock.iteration += steps
    plans.sort(key=search.worth)
    if search.worth(plans[0]) < search.worth(search.plan):
        search.plan, plans[0] = plans[0], search.plan
        if guide.how.hot is not None:
            search.hot = min(search.hot, guide.how.hot)
    search.spare = sorted(plans, key=search.worth)
