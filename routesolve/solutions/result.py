"""A checked plan and how it was found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from routesolve.instances.instance import VrpInstance
from routesolve.solutions.checker import Report
from routesolve.solutions.solution import Solution


@dataclass(frozen=True, slots=True)
class Result:
    """A checked plan and how it was found.

    Attributes
    ----------
    instance, solution
        The problem and the timed plan.
    report
        The checker's findings: cost terms and violations.
    lower_bound
        Proven bound on the cost of a complete plan, or None.
    trace
        ``(seconds, cost)`` of each better plan, as the solver saw it.
    solver, seed, runtime, iterations, interrupted, versions
        For repeating the run.
    """

    instance: VrpInstance
    solution: Solution
    report: Report
    solver: str
    seed: int = 0
    runtime: float = 0.0
    iterations: int = 0
    lower_bound: float | None = None
    trace: tuple[tuple[float, float], ...] = ()
    interrupted: bool = False
    versions: dict[str, str] = field(default_factory=dict)

    @property
    def cost(self) -> float:
        """Cost of the plan under the instance's objective."""
        return self.report.cost

    @property
    def feasible(self) -> bool:
        """True when the checker found no violation."""
        return not self.report.violations

    @property
    def gap(self) -> float | None:
        """Proven gap, (cost - bound) / cost, or None without a bound."""
        if self.lower_bound is None or not self.cost:
            return None
        return (self.cost - self.lower_bound) / abs(self.cost)

    def to_dataframe(self) -> Any:
        """Return the plan as a pandas DataFrame, one row per visit."""
        import pandas as pd

        from routesolve.solutions.writers.manifest import rows

        return pd.DataFrame(rows(self.instance, self.solution))

    def save(self, target: Any, *, format: str | None = None) -> None:
        """Write the plan; the format follows from the suffix unless given."""
        from routesolve.solutions.writers import write

        write(self, target, format=format)

    def _repr_html_(self) -> str:
        from routesolve.solutions.writers.html import fragment

        return fragment(self)
