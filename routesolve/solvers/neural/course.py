"""What a training run does, step by step; needs no torch."""

from __future__ import annotations

from dataclasses import dataclass, field

from routesolve.solvers.neural.lessons import MIX


@dataclass(frozen=True, slots=True)
class Course:
    """What a run does.

    Attributes
    ----------
    imitation, reinforcement
        Steps of each; imitation comes first.
    batch
        Problems a step.
    orders
        Orders of a plan's routes that are imitated at once.
    rollouts
        Drawn of each problem, to learn from.
    rate, slow
        Learning rate at its highest, and as a share of that in the end of the imitation and of the
        whole course; half a cosine in between.
    warm
        Steps until the rate is reached.
    mix
        Variants and how often they come in reinforcement.
    customers
        Least and most; small ones come more often.
    steady
        Decay of the average of the weights, which is what is kept.
    placeless
        Share of batches whose places are not shown.
    seed
        Of everything.
    """

    imitation: int = 0
    reinforcement: int = 1000
    batch: int = 16
    orders: int = 2
    rollouts: int = 12
    rate: float = 5e-4
    slow: float = 0.1
    warm: int = 100
    mix: dict[str, float] = field(default_factory=lambda: dict(MIX))
    customers: tuple[int, int] = (20, 100)
    steady: float = 0.999
    placeless: float = 0.2
    seed: int = 0

    @property
    def steps(self) -> int:
        """Of both kinds."""
        return self.imitation + self.reinforcement
