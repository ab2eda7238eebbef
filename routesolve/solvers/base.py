"""The solver interface: budget in, checked result out."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Protocol

from routesolve.errors import InputError, Problem, UnsupportedFeature
from routesolve.instances.features import Feature, used_features
from routesolve.instances.instance import VrpInstance
from routesolve.solutions.result import Result as Result
from routesolve.solutions.solution import Solution


@dataclass(frozen=True, slots=True)
class Budget:
    """When to stop: at whichever comes first.

    Attributes
    ----------
    seconds
        Wall-clock seconds of search.
    iterations
        Iterations in the solver's own sense; with the same seed the answer is reproducible.
    stall
        Seconds without a better plan.
    target_cost
        Stop at a complete plan of this cost or less.
    gap
        Stop when the proven gap (cost - bound) / cost is this or less.
    workers
        Cores to use. Solvers that search with one do so whatever is said here. With iterations the
        answer is reproducible for the same number of workers.
    """

    seconds: float | None = 10.0
    iterations: int | None = None
    stall: float | None = None
    target_cost: float | None = None
    gap: float | None = None
    workers: int = 1

    def __post_init__(self) -> None:
        wrong = [
            Problem(f"budget: {name} is {value!r}", None, f"give {name} a number above 0")
            for name in ("seconds", "iterations", "stall")
            if (value := getattr(self, name)) is not None and not value > 0
        ]
        if self.seconds is None and self.iterations is None and self.stall is None:
            wrong.append(
                Problem("the budget has no end", None, "give seconds, iterations or stall")
            )
        if not isinstance(self.workers, int) or self.workers < 1:
            said = f"budget: workers is {self.workers!r}"
            wrong.append(Problem(said, None, "give workers a whole number above 0"))
        if wrong:
            raise InputError(wrong)


@dataclass(frozen=True, slots=True)
class Progress:
    """What a running solver tells: on each better plan, and at most ten times a second."""

    elapsed: float
    iteration: int
    cost: float | None
    unserved: int | None = None
    bound: float | None = None
    note: str = ""


Listener = Callable[[Progress], None]


class Clock:
    """A running budget: measures time, keeps the trace, knows when to stop.

    Solvers call :meth:`improved` on each better plan and ask :attr:`over` often.
    """

    def __init__(self, budget: Budget, listener: Listener | None = None) -> None:
        self.budget = budget
        self.listener = listener
        self.start = time.monotonic()
        self.iteration = 0
        self.trace: list[tuple[float, float]] = []
        self.interrupted = False
        self._last_better = self.start
        self._last_told = 0.0
        self._reached = False

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.start

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Let time pass that is no part of the budget."""
        began = time.monotonic()
        try:
            yield
        finally:
            passed = time.monotonic() - began
            self.start += passed
            self._last_better += passed

    @property
    def remaining(self) -> float:
        """Seconds left (infinite without a time limit)."""
        if self.budget.seconds is None:
            return float("inf")
        return max(self.budget.seconds - self.elapsed, 0.0)

    @property
    def over(self) -> bool:
        """True when the search must end."""
        budget = self.budget
        return (
            self.interrupted
            or self._reached
            or self.remaining <= 0
            or (budget.iterations is not None and self.iteration >= budget.iterations)
            or (budget.stall is not None and time.monotonic() - self._last_better >= budget.stall)
        )

    def improved(self, cost: float, *, unserved: int = 0, bound: float | None = None) -> None:
        """Note a better plan."""
        self._last_better = time.monotonic()
        self.trace.append((self.elapsed, cost))
        target, gap = self.budget.target_cost, self.budget.gap
        if unserved == 0:
            self._reached |= target is not None and cost <= target
            if gap is not None and bound is not None:
                self._reached |= cost - bound <= gap * abs(cost)
        self.tell(cost, unserved=unserved, bound=bound, force=True)

    def tell(
        self,
        cost: float | None,
        *,
        unserved: int | None = None,
        bound: float | None = None,
        note: str = "",
        force: bool = False,
    ) -> None:
        """Pass progress to the listener, at most ten times a second unless forced."""
        if self.listener is None or (not force and self.elapsed - self._last_told < 0.1):
            return
        self._last_told = self.elapsed
        self.listener(Progress(self.elapsed, self.iteration, cost, unserved, bound, note))


@contextmanager
def interruptible(clock: Clock) -> Iterator[None]:
    """Turn the first Ctrl-C into the end of the budget; a second one is the usual exception."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGINT)

    def stop(signum: int, frame: object) -> None:
        clock.interrupted = True
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@dataclass(frozen=True, slots=True)
class SolverInfo:
    """What a solver is and can do.

    Attributes
    ----------
    name, summary
        For tables.
    exact
        Proves optimality, given time.
    anytime
        Has a plan at any moment and improves it until the budget ends.
    features
        Features of the model that it handles. What an instance uses beyond them is unsupported.
    """

    name: str
    summary: str
    exact: bool
    anytime: bool
    features: frozenset[Feature] = field(default_factory=frozenset)


class Solver(Protocol):
    """What every method offers."""

    info: SolverInfo

    def unsupported(self, instance: VrpInstance) -> list[str]:
        """Return the features of the instance that this solver lacks; empty = it can solve it."""
        ...

    def solve(
        self,
        instance: VrpInstance,
        budget: Budget,
        *,
        seed: int = 0,
        start: Solution | None = None,
        on_progress: Listener | None = None,
    ) -> Result:
        """Search until the budget ends and return the best plan, checked."""
        ...


def lacking(info: SolverInfo, instance: VrpInstance) -> list[str]:
    """Return the used features that ``info`` does not list, as users read them."""
    return sorted(str(feature) for feature in used_features(instance) - info.features)


def require_supported(solver: Solver, instance: VrpInstance) -> None:
    """Raise an error that names the missing features and the solvers that have them."""
    missing = solver.unsupported(instance)
    if not missing:
        return
    from routesolve.solvers.registry import SOLVERS, able

    fix = f"use one that can: {', '.join(able(instance)) or 'none of ' + ', '.join(SOLVERS)}"
    raise UnsupportedFeature(
        f"solver {solver.info.name!r} does not support: {', '.join(missing)}", fix=fix
    )


def finish(
    instance: VrpInstance,
    solution: Solution,
    clock: Clock,
    *,
    solver: str,
    seed: int = 0,
    lower_bound: float | None = None,
) -> Result:
    """Check and time a solver's plan and wrap it up."""
    from routesolve.solutions.checker import check

    runtime = clock.elapsed
    report = check(instance, solution)
    return Result(
        instance=instance,
        solution=report.solution,
        report=report,
        solver=solver,
        seed=seed,
        runtime=runtime,
        iterations=clock.iteration,
        lower_bound=lower_bound,
        trace=tuple(clock.trace),
        interrupted=clock.interrupted,
        versions=dict(_versions()),
    )


@cache
def _versions() -> dict[str, str]:
    found = {}
    for package in ("routesolve", "numpy", "numba", "ortools"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
