"""Courses with a name: a minute, two hours on a core, or days on a GPU."""

from __future__ import annotations

from dataclasses import dataclass, field

from routesolve.errors import InputError
from routesolve.solvers.neural.config import Config
from routesolve.solvers.neural.course import Course
from routesolve.solvers.neural.pool import Pool, synthetic_pool
from routesolve.solvers.neural.quick import quick_pool

CELLS = (
    ("CVRP", 20),
    ("CVRP", 50),
    ("CVRP", 100),
    ("VRPTW", 50),
    ("ATSP", 50),
    ("any", 50),
    ("PVRP-P", 50),
    ("PVRP-ZC", 50),
)
"""Variants and numbers of customers that a run is judged on while it goes on."""


@dataclass(frozen=True, slots=True)
class Preset:
    """All that a training run needs besides data.

    Attributes
    ----------
    name, summary
        For people.
    config
        Sizes of the network.
    course
        What is done.
    lessons
        Seconds in which the engine makes plans to imitate, when none are given.
    towns, held_out
        Seeds of made-up towns to learn on and to be judged on, where there are no pools; they have
        `places` places each. `quick` ones are small and take no time.
    cells
        See :data:`CELLS`.
    problems, starts
        Problems of each cell, and rollouts of each.
    against
        What plans are compared with, see :func:`~routesolve.solvers.neural.judge.exam`.
    every
        Seconds between two judgements.
    compiled
        See :class:`~routesolve.solvers.neural.training.Trainer`.
    """

    name: str
    summary: str
    config: Config
    course: Course
    lessons: float = 0.0
    towns: range = range(32)
    held_out: range = range(1000, 1004)
    places: int = 800
    quick: bool = False
    cells: tuple[tuple[str, int], ...] = field(default=CELLS)
    problems: int = 16
    starts: int = 32
    against: str = "ils"
    every: float = 300.0
    compiled: bool = True

    def pool(self, *, held_out: bool = False) -> Pool:
        """Made-up towns; the same ones every time."""
        seeds = self.held_out if held_out else self.towns
        if self.quick:
            return quick_pool(seeds, places=self.places)
        return synthetic_pool(seeds, places=self.places)


_ALL = (
    Preset(
        name="smoke",
        summary="a minute on one core: deliveries to 20 customers, on small towns",
        config=Config(width=64, heads=8, layers=2, hidden=128, edge=16),
        course=Course(
            reinforcement=240,
            batch=8,
            rate=2e-3,
            warm=20,
            mix={"CVRP": 1.0},
            customers=(20, 20),
            steady=0.98,
        ),
        towns=range(8),
        places=200,
        quick=True,
        cells=(("CVRP", 20),),
        problems=64,
        starts=20,
        against="nearest",
        every=15.0,
        compiled=False,
    ),
    Preset(
        name="cpu",
        summary="two hours on one core: every variant, 20 to 100 customers",
        config=Config(),
        course=Course(imitation=8000, reinforcement=4000),
        lessons=1200.0,
    ),
    Preset(
        name="gpu",
        summary="days on a GPU, a part at a time: every variant, 20 to 100 customers",
        config=Config(),
        course=Course(
            imitation=10_000, reinforcement=200_000, batch=256, rollouts=32, warm=500, steady=0.9995
        ),
        lessons=3600.0,
        every=600.0,
    ),
)
PRESETS = {preset.name: preset for preset in _ALL}


def preset(name: str) -> Preset:
    """The preset of a name.

    Raises
    ------
    InputError
        If there is none.
    """
    if name not in PRESETS:
        raise InputError(f"there is no preset {name!r}", fix=f"use one of {', '.join(PRESETS)}")
    return PRESETS[name]
