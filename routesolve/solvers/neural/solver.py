"""``neural``: plans built stop by stop by a network that was trained on real roads."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from routesolve.solutions.solution import Solution
from routesolve.solvers._warm import better_of
from routesolve.solvers.base import (
    Budget,
    Clock,
    Listener,
    Result,
    SolverInfo,
    finish,
    interruptible,
    require_supported,
)
from routesolve.solvers.neural.augment import (
    reversed_routes,
    reversed_ways,
    reversible,
    turned,
)
from routesolve.solvers.neural.from_instance import (
    FEATURES,
    to_points,
    to_problems,
    to_solution,
    unsupported,
)
from routesolve.solvers.neural.inference import Decoder, Inference, read
from routesolve.solvers.neural.problems import Problems
from routesolve.solvers.neural.rollouts import first_moves
from routesolve.solvers.neural.weights import Weights

if TYPE_CHECKING:
    from routesolve.instances.instance import VrpInstance

STARTS = 100
"""Rollouts at once, each of which begins with another customer, as long as there are others."""
MOST = 2000
"""Stops; every way is read, with 0.6 kB each."""
ROOM = 400_000
"""Nodes times rollouts at once: what large instances have fewer rollouts for."""
TEMPERATURES = (0.2, 0.3, 0.5)
"""Of the draws, in turn, after the first view, which is greedy: seven more greedy ones are 0.6 %
worse on roads, with 100 customers. With vehicle profiles they are not: all are greedy once."""
FRESH = 0.5
"""Temperature of where routes begin, in the greedy view, too: 1 to 5 % better than the most likely
beginning of 50 to 100 rollouts, most with several depots or vehicles that differ."""


class View(NamedTuple):
    """A way to look at a problem, and how to decode it.

    Attributes
    ----------
    back
        Whether all ways are reversed, and the routes of the plans with them.
    quarter, mirrored
        How the places are turned.
    temperature
        0 = greedily.
    """

    back: bool = False
    quarter: int = 0
    mirrored: bool = False
    temperature: float = 0.0


class Plan(NamedTuple):
    """The best of the plans so far.

    Attributes
    ----------
    actions
        (t,) moves.
    unserved, cost
        What is compared, in this order.
    """

    actions: npt.NDArray[np.int64]
    unserved: int
    cost: float


class Neural:
    """Attention model on road matrices, one for 48 variants and vehicle profiles, without torch.

    Parameters
    ----------
    weights
        Default: those of the package.
    """

    info = SolverInfo(
        name="neural",
        summary="an attention model trained on real road matrices: constructs, never improves",
        exact=False,
        anytime=True,
        features=FEATURES,
    )

    def __init__(self, weights: Weights | None = None) -> None:
        self.weights = weights

    def unsupported(self, instance: VrpInstance) -> list[str]:
        """Return what the network's rules cannot express, and whether there are too many stops."""
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
        """Decode one view of the problem after the other until the budget ends.

        As it is, greedily save for where routes begin; then with all ways reversed where plans stay
        feasible, turned and mirrored where places are known, and drawn from the network's chances.

        Parameters
        ----------
        instance
            The problem. Customers that no vehicle can serve alone, and those that limited fleets
            have no room left for, are left out of the plan and reported.
        budget
            An iteration is one view: up to :data:`STARTS` plans.
        seed
            Of the draws.
        start
            Returned when it is better than what the network finds.
        on_progress
            Called on better plans.

        Raises
        ------
        UnsupportedFeature
            When the instance has more rules than the network knows.
        """
        require_supported(self, instance)
        problems, points = to_problems(instance), to_points(instance)
        inference = _ready(self.weights)
        clock = Clock(budget, on_progress)
        best: Plan | None = None
        with interruptible(clock):
            for view in views(problems, points):
                draws = int(np.random.SeedSequence((seed, clock.iteration)).generate_state(1)[0])
                for found in look(inference, problems, points, view, seed=draws, clock=clock):
                    if best is None or found[1:] < best[1:]:
                        best = found
                        clock.improved(found.cost, unserved=found.unserved)
                clock.iteration += 1
                if clock.over:
                    break
        assert best is not None
        solution = to_solution(instance, best.actions)
        result = finish(instance, solution, clock, solver=self.info.name, seed=seed)
        return better_of(result, start, clock)


def too_large(instance: VrpInstance) -> list[str]:
    """Why an instance is too large to be read, in words; empty = it is not."""
    count = len(instance.jobs)
    return [f"{count} stops, more than {MOST}"] if count > MOST else []


def views(problems: Problems, points: npt.NDArray[np.float64] | None) -> Iterator[View]:
    """Ways to look at a problem, without end; the first is greedy, others are drawn from.

    With vehicle profiles each is greedy once, before it is drawn from.
    """
    backs = (False, True) if reversible(problems) else (False,)
    turns = [(0, False)]
    if points is not None:
        turns = [(quarter, mirrored) for mirrored in (False, True) for quarter in range(4)]
    first, *others = (View(back, *turn) for turn in turns for back in backs)
    yield first
    if problems.allowed is not None or problems.score is not None:
        yield from others  # which vehicle a route has is drawn anyway, and that is enough
    while True:
        for temperature in TEMPERATURES:
            yield from (view._replace(temperature=temperature) for view in (*others, first))


def look(
    inference: Inference,
    problems: Problems,
    points: npt.NDArray[np.float64] | None,
    view: View,
    *,
    seed: int,
    clock: Clock,
) -> Iterator[Plan]:
    """Plans of one view, better and better; ends when time is over.

    The first plan of the first view is built however little time there is.
    """
    seen = reversed_ways(problems) if view.back else problems
    places = points
    if points is not None:
        angle = np.array([view.quarter * np.pi / 2.0])
        places = turned(points, angle, np.array([view.mirrored])).astype(np.float64)
    known = read(seen, places)
    encoded = inference.encode(known)
    decoder = Decoder(inference, encoded, known, seen)
    customers = problems.nodes - problems.tokens
    most = int(np.clip(ROOM // max(problems.nodes, 1), 1, STARTS))
    starts = min(max(customers, 1), most)
    first = first_moves(decoder.environment, starts)[0]
    if view.temperature:
        first = np.tile(first, (most // starts, 1))
    begun = clock.iteration > 0
    for lanes in (first,) if begun or starts == 1 else (first[:1], first[1:]):
        plans = decoder.roll_out(
            lanes,
            temperature=view.temperature,
            fresh=FRESH if len(lanes) > 1 else view.temperature,
            seed=seed,
            stop=(lambda: clock.over) if begun else None,
        )
        begun = True
        if plans is None:
            return
        row = int(np.lexsort((plans.cost, plans.unserved))[0])
        actions = plans.actions[row]
        if view.back:
            actions = reversed_routes(actions, problems.tokens)
        yield Plan(actions, int(plans.unserved[row]), float(plans.cost[row]))


@cache
def _ready(weights: Weights | None) -> Inference:
    """The network, its kernels compiled."""
    inference = Inference(Weights.load() if weights is None else weights)
    table = np.ones((1, 3, 3)) - np.eye(3)
    tiny = Problems.of(1, table, table)
    inference.plan(tiny, starts=2)
    return inference
