"""The verbs: load, solve, check, save."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from routesolve.instances import formats
from routesolve.instances.demo import load_demo
from routesolve.instances.instance import VrpInstance
from routesolve.solutions.checker import Report
from routesolve.solutions.checker import check as check_solution
from routesolve.solutions.readers import read_plan
from routesolve.solutions.result import Result
from routesolve.solutions.solution import Solution
from routesolve.solvers import registry
from routesolve.solvers.base import Budget, Listener

if TYPE_CHECKING:
    from routesolve.graphs.graph import Graph

Source = str | os.PathLike[str]


def load(source: Any, *, format: str | None = None, **options: Any) -> VrpInstance:
    """Read an instance from a file, a dictionary or a DataFrame.

    Parameters
    ----------
    source
        File name (``-`` = standard input), dictionary in the native or VROOM layout, DataFrame.
        The format is recognised by content.
    format
        Name of the format, instead of recognising it.
    **options
        What the format takes, for example ``rounding="dimacs"`` or ``vehicles=4, capacity=120``.

    Raises
    ------
    InputError
        With everything that is wrong, each with its place and a fix.
    """
    return formats.load(source, format=format, **options)


def demo(name: str = "parcel-day") -> VrpInstance:
    """Return an embedded instance."""
    return load_demo(name)


def solve(
    instance: VrpInstance | Mapping[str, Any] | Source,
    *,
    solver: str = registry.DEFAULT,
    budget: Budget | float | None = None,
    seconds: float | None = None,
    iterations: int | None = None,
    workers: int = 1,
    seed: int = 0,
    start: Solution | Source | None = None,
    network: Source | Graph | None = None,
    on_progress: Listener | None = None,
) -> Result:
    """Solve an instance and return a checked plan.

    Parameters
    ----------
    instance
        An instance, or anything :func:`load` reads.
    solver
        Name in the solver registry.
    budget
        A :class:`Budget`, or seconds.
    seconds, iterations
        The same without making a budget; 10 s when nothing is given.
    workers
        Cores to use, when no :class:`Budget` says it.
    seed
        Same seed, iterations and workers, same plan.
    start
        A plan to start from, or its file.
    network
        Travel on this street network: ``cairo``, a file, or a graph.
    on_progress
        Called on each better plan.

    Raises
    ------
    InputError, UnsupportedFeature, RoutingError
        Bad input; features the solver lacks; stops that no road reaches.
    """
    if not isinstance(instance, VrpInstance):
        instance = load(instance)
    if network is not None:
        instance = instance.with_network(
            os.fspath(network) if isinstance(network, (str, os.PathLike)) else network
        )
    if isinstance(start, (str, os.PathLike)):
        start = read_plan(start, instance)
    if budget is None:
        if seconds is None and iterations is None:
            seconds = 10.0
        budget = Budget(seconds=seconds, iterations=iterations, workers=workers)
    elif not isinstance(budget, Budget):
        budget = Budget(seconds=float(budget), workers=workers)
    return registry.get(solver).solve(
        instance, budget, seed=seed, start=start, on_progress=on_progress
    )


def check(instance: VrpInstance | Source, plan: Solution | Result | Source) -> Report:
    """Check and price a plan made anywhere.

    Parameters
    ----------
    instance
        An instance or its file.
    plan
        A solution, a result, or a plan file (native JSON, VROOM JSON, ``.sol``, CSV,
        ``plan.html``).
    """
    if not isinstance(instance, VrpInstance):
        instance = load(instance)
    if isinstance(plan, Result):
        plan = plan.solution
    if not isinstance(plan, Solution):
        plan = read_plan(plan, instance)
    return check_solution(instance, plan)


def save(instance: VrpInstance, target: Source, *, format: str | None = None) -> list[str]:
    """Write an instance to a file and return what did not survive, one sentence each."""
    return formats.save(instance, target, format=format)
