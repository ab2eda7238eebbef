"""``auto``: the method that suits an instance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from routesolve.solvers.base import Budget, Listener, Result, SolverInfo, require_supported
from routesolve.solvers.ils.engine import IteratedLocalSearch
from routesolve.solvers.ortools_routing import OrToolsRouting

if TYPE_CHECKING:
    from routesolve.instances.instance import VrpInstance
    from routesolve.solutions.solution import Solution

ORDER = (IteratedLocalSearch, OrToolsRouting)
"""Who is asked first. The engine is ahead of OR-Tools on whatever both can do
(``benchmarks/vrp_peers.py``)."""


class Auto:
    """Hands an instance to the first method of :data:`ORDER` that supports all its features."""

    info = SolverInfo(
        name="auto",
        summary=f"the first of {', '.join(m.info.name for m in ORDER)} that can; the default",
        exact=False,
        anytime=True,
        features=frozenset().union(*(method.info.features for method in ORDER)),
    )

    def unsupported(self, instance: VrpInstance) -> list[str]:
        """Return what the last in the order lacks, when none can take the instance."""
        found: list[str] = []
        for method in ORDER:
            found = method().unsupported(instance)
            if not found:
                return []
        return found

    def solve(
        self,
        instance: VrpInstance,
        budget: Budget,
        *,
        seed: int = 0,
        start: Solution | None = None,
        on_progress: Listener | None = None,
    ) -> Result:
        """Solve with the chosen method; the result carries its name.

        Raises
        ------
        UnsupportedFeature
            When no method knows all features of the instance.
        RoutingError
            When a stop cannot be reached.
        """
        require_supported(self, instance)
        chosen = next(method() for method in ORDER if not method().unsupported(instance))
        return chosen.solve(instance, budget, seed=seed, start=start, on_progress=on_progress)
