"""Parameters of the search, as measured."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from routesolve.solvers.ils.problem import Work

SOFT = 400
"""Jobs up to which plans with windows may break them on the way: with more of them, the whole plan
is too seldom within all windows at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Parameters of a search.

    `mean`, `longest`, `reach`, `polish` and `looked` are those of :class:`Way`.

    Attributes
    ----------
    hot, cold : float
        Temperature at the beginning and the end, in costs of a short leg (:attr:`Work.scale`).
    soft : bool
        Whether plans may break windows and capacities at a price on the way.
    """

    hot: float
    cold: float
    mean: float = 10.0
    longest: float = 10.0
    reach: int
    polish: float = 20.0
    looked: int
    soft: bool = False


def settings(work: Work, jobs: int) -> Settings:
    """Choose parameters, as measured on CVRP and VRPTW files of 100 to 30 000 jobs.

    `jobs` is their number in the instance, of which `work` may have a few to compile with.
    """
    from routesolve.solvers.ils._kernels.layout import MIXED
    from routesolve.solvers.ils.problem import ALONE

    if work.problem.times is None:
        amounts = _shares(work)
        # A few large jobs among many small ones: packing decides, and for that the local search is
        # no help. Savings on very many jobs are a plan that a hot search would take apart.
        packing = float(amounts.std()) > float(amounts.mean())
        hot = 6.0 if work.n <= ALONE else 1.0
        return Settings(hot=hot, cold=0.03, reach=40, looked=6, polish=0.0 if packing else 20.0)
    # Durations and what is on board between deliveries and pickups have no penalty: a search that
    # keeps all limits has to be hotter.
    mixed = bool(work.problem.job[0, MIXED])
    soft = jobs <= SOFT and not mixed and all(kind.max_duration == inf for kind in work.kinds)
    hot = 6.0 if work.problem.kinds is not None and not soft else 3.0
    return Settings(hot=hot, cold=0.03, reach=100, looked=10, soft=soft)


def _shares(work: Work) -> npt.NDArray[np.float64]:
    """(n,) how much of a vehicle each job takes: of the load of which it takes the most."""
    from routesolve.solvers.ils._kernels.layout import AMOUNTS
    from routesolve.solvers.ils._kernels.ways import sums

    problem = work.problem
    loads = len(problem.limit) - sums(problem.spans)
    amounts = problem.job[1 : work.n + 1, AMOUNTS : AMOUNTS + loads]
    return np.asarray((amounts / np.maximum(problem.limit[:loads], 1)).max(axis=1))


def penalties(work: Work) -> npt.NDArray[np.float64]:
    """First prices of time warp and load beyond the capacity; see the kernels' layout."""
    from routesolve.solvers.ils._kernels.ways import pairs

    problem = work.problem
    pace = 1.0
    if problem.times is not None:
        tos = np.arange(len(problem.job))
        cost, time = (
            float(np.median(pairs(ways, 0 * tos, tos).astype(np.float64)))
            for ways in (problem.out, problem.times)
        )
        pace = cost / max(time, 1.0)
    by_warp = 20.0 * max(pace, 1e-6)
    # A mean load too much costs two short legs.
    mean = float(_shares(work).mean())
    by_excess = 2.0 * work.scale / max(mean, 1e-6) / 1e6
    return np.array(
        [
            by_warp,
            by_excess,
            0.5,
            100.0,
            by_warp / 300,
            by_warp * 300,
            by_excess / 30,
            by_excess * 3000,
        ]
    )
