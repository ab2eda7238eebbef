"""The only list of solvers there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from routesolve.registry import Registry

if TYPE_CHECKING:
    from routesolve.instances.instance import VrpInstance
    from routesolve.solvers.base import Solver

SOLVERS = Registry(
    "solver",
    {
        "auto": "routesolve.solvers.portfolio:Auto",
        "ils": "routesolve.solvers.ils.engine:IteratedLocalSearch",
        "ortools": "routesolve.solvers.ortools_routing:OrToolsRouting",
        "savings": "routesolve.solvers.savings:Savings",
        "neural": "routesolve.solvers.neural.solver:Neural",
        "neural+ils": "routesolve.solvers.neural.guided:NeuralIls",
        "pyvrp": "routesolve.solvers.pyvrp:PyVrp",
        "vroom": "routesolve.solvers.vroom:Vroom",
    },
)
DEFAULT = "auto"


def get(name: str) -> Solver:
    """Return the solver called ``name``."""
    return cast("Solver", SOLVERS.load(name)())


def able(instance: VrpInstance) -> list[str]:
    """Return the names of the solvers that support all features of an instance."""
    return [name for name in SOLVERS if not get(name).unsupported(instance)]
