"""``neural+ils``: our engine, led by the network that ``neural`` plans with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from routesolve.solvers.base import (
    Budget,
    Listener,
    Result,
    SolverInfo,
    require_supported,
)
from routesolve.solvers.ils.engine import IteratedLocalSearch
from routesolve.solvers.ils.guide import Guidance, Guide
from routesolve.solvers.neural.from_instance import FEATURES, unsupported
from routesolve.solvers.neural.guidance import found
from routesolve.solvers.neural.solver import _ready, too_large

if TYPE_CHECKING:
    from routesolve.instances.instance import VrpInstance
    from routesolve.solutions.solution import Solution
    from routesolve.solvers.base import Clock
    from routesolve.solvers.neural.weights import Weights


class NeuralIls(IteratedLocalSearch):
    """Iterated local search that begins with plans of a network and looks first where it points.

    The network reads the problem once and plans it some dozen times. The best plans that differ are
    what the search begins with; how often each leg is in them orders the lists of near jobs, says
    which jobs are removed more often and which places look cheaper. A bandit leaves all but the
    beginning alone where it does not pay.

    Parameters
    ----------
    weights
        Default: those of the package.
    how
        What of the guide is used.
    """

    info = SolverInfo(
        name="neural+ils",
        summary="our own engine, begun and led by the network of neural",
        exact=False,
        anytime=True,
        features=FEATURES,
    )
    seeded = True

    def __init__(self, weights: Weights | None = None, how: Guidance | None = None) -> None:
        self.weights, self.how = weights, how or Guidance()

    def unsupported(self, instance: VrpInstance) -> list[str]:
        """Return what the network cannot read."""
        return unsupported(instance) + too_large(instance)

    def solve(
        self,
        instance: VrpInstance,
        budget: Budget,
        *,
        seed: int = 0,
        start: Solution | None = None,
        on_progress: Listener | None = None,
    ) -> Result:
        """Search until the budget ends; see :meth:`.IteratedLocalSearch.solve`.

        Raises
        ------
        UnsupportedFeature
            When the instance has more rules than the network knows.
        RoutingError
            When a stop cannot be reached.
        """
        require_supported(self, instance)
        _ready(self.weights)  # compiling is no part of the budget
        return super().solve(instance, budget, seed=seed, start=start, on_progress=on_progress)

    def guide(self, instance: VrpInstance, clock: Clock, seed: int) -> Guide | None:
        """Return what the network says; None when there is no time to ask it."""
        how = self.how
        if not how.seeds and not how.leads:
            return None
        said = found(
            _ready(self.weights), instance, clock, share=how.share, seeds=how.seeds, seed=seed
        )
        return None if said is None else Guide(said.seeds, said.heat, how)
