"""Our solvers, by their names in the registry; ``ortools`` begins with our savings.

Counted: everything from the instance to the plan, without the check of the plan.
"""

from __future__ import annotations

import routesolve as rs
from routesolve.solvers.base import Budget

from .case import Answer, Case, measured


def by_registry(name: str, case: Case, seconds: float, seed: int) -> Answer:
    """Return the plan of a registered solver."""
    with measured() as used:
        result = rs.solve(case.instance, solver=name, budget=Budget(seconds=seconds), seed=seed)
    with measured() as checking:
        rs.check(case.instance, result.solution)
    used.wall = result.runtime
    used.cpu = max(used.cpu - checking.cpu, 0.0)
    return Answer(result.solution, used, result.iterations)


OURS = ("ils", "auto", "ortools")
"""Those of our registry that are compiled before they are timed."""

WARM = 0.5
"""Seconds after which every kernel has been called once."""


def warm(name: str, case: Case) -> None:
    """Compile, or read compiled code from disk: no part of a budget."""
    try:
        rs.solve(case.instance, solver=name, budget=Budget(seconds=WARM))
    except rs.RouteSolveError:
        return  # the cell itself will tell
