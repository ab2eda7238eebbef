"""A choice between two ways to search, by what each has gained.

Thompson sampling with normal beliefs about the gain per second or step (W. R. Thompson, Biometrika
25, 1933). What was long ago counts less: gains shrink as a search goes on.
"""

from __future__ import annotations

import numpy as np

SLICE_STEPS = 256
"""Iterations between two choices, where iterations are the budget."""

SLICE_SECONDS = 0.008
"""Time of the processor between two choices, otherwise."""

MEMORY = 0.98
"""Weight of a slice at the next one."""


class Bandit:
    """Chooses between two arms.

    Parameters
    ----------
    seed
        Of its draws.
    timed
        Whether gains count per second or per step.

    Attributes
    ----------
    arm : int
        The present choice: 1 first, then 0, then whichever promises more.
    """

    def __init__(self, seed: int, *, timed: bool) -> None:
        self.rng = np.random.default_rng(seed)
        self.timed, self.arm = timed, 1
        self.gain, self.square, self.effort = np.zeros(2), np.zeros(2), np.zeros(2)
        self._slices, self._gain, self._steps, self._seconds = 0, 0.0, 0, 0.0

    def judge(self, gain: float, steps: int, seconds: float) -> None:
        """Note what some iterations with the present arm have gained; choose at a slice's end."""
        self._gain += gain
        self._steps += steps
        self._seconds += seconds
        if self.timed and self._seconds < SLICE_SECONDS:
            return
        if not self.timed and self._steps < SLICE_STEPS:
            return
        for sums in (self.gain, self.square, self.effort):
            sums *= MEMORY
        self.gain[self.arm] += self._gain
        self.square[self.arm] += self._gain**2
        self.effort[self.arm] += self._seconds if self.timed else self._steps
        self._slices += 1
        self._gain, self._steps, self._seconds = 0.0, 0, 0.0
        self.arm = self._choice()

    def _choice(self) -> int:
        """The other one while it is unknown; then the one whose draw is the larger."""
        if not self.effort.all():
            return 1 - self.arm
        rate = self.gain / self.effort
        # Gains are rare and of any size: their sum is about as uncertain as they are large. An arm
        # without any is as uncertain as the other.
        spread = np.sqrt(np.maximum(self.square, self.square.max() / 4)) / self.effort
        drawn = rate + spread * self.rng.standard_normal(2)
        return int(drawn[1] >= drawn[0])
