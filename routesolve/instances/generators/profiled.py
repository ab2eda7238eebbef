"""Problems in which vehicles differ in whom they may, or had better, serve."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from routesolve.instances.generators import (
    MOST,
    Floats,
    integers,
    number,
    one_of,
    planar,
    require,
    unknown,
    whole,
)
from routesolve.instances.instance import VrpInstance
from routesolve.instances.model import Depot, Job, Objective, Profile, VehicleType

PROFILED = {
    "PVRP-P": ("random", "angle", "cluster"),
    "PVRP-ZC": ("random", "angle"),
}
"""Variants, and the distributions of their profiles."""


def profiled(
    variant: str = "PVRP-P",
    n: int = 100,
    *,
    seed: int = 0,
    vehicles: int = 5,
    distribution: str = "random",
    preference: float = 0.1,
) -> VrpInstance:
    """Make a problem in which vehicles differ in whom they (had better) serve.

    After Hua et al. (CAMP, 2025): unit square, demands 1 to 9, capacity 40, each vehicle may
    reload at the depot as often as it needs.

    Parameters
    ----------
    variant
        ``"PVRP-P"``: each vehicle has a preference score from 0 to 1 for each customer.
        ``"PVRP-ZC"``: each vehicle may not serve some customers; every customer keeps at least one
        vehicle.
    n, seed
        See :func:`~routesolve.instances.generate.generate`.
    vehicles
        Number of vehicles, each a type of its own.
    distribution
        ``"random"``, ``"angle"`` (sectors around the depot) or, with PVRP-P, ``"cluster"`` (the
        closer to the vehicle's centre the better).
    preference
        PVRP-P: weight w of the scores; cost is (1 - w) distance - w scores.

    Raises
    ------
    InputError
        On an unknown variant or values out of range.
    """
    if variant not in PROFILED:
        raise unknown("variant", variant, PROFILED)
    require(
        whole("n", n, 1, MOST),
        whole("seed", seed, 0),
        whole("vehicles", vehicles, 1, 1000),
        one_of("distribution", distribution, PROFILED[variant]),
        number("preference", preference, 0, 1),
    )
    rng = np.random.default_rng(seed)
    centre, points = rng.random((1, 2)), rng.random((n, 2))
    demands = integers(rng, 1, 9, n).tolist()
    scored = variant == "PVRP-P"
    table = (
        _scores(rng, centre, points, vehicles, distribution)
        if scored
        else _blocked(rng, centre, points, vehicles, distribution)
    )
    ids = [str(i + 1) for i in range(n)]
    kinds = tuple(
        VehicleType(
            f"vehicle{k + 1}",
            count=1,
            capacity=(40.0,),
            start="depot",
            end="depot",
            reload_depots=("depot",),
            preferences=dict(zip(ids, row.tolist(), strict=True)) if scored else {},
            forbidden=() if scored else tuple(ids[i] for i in np.flatnonzero(row)),
        )
        for k, row in enumerate(table)
    )
    weight = preference if scored else 0.0
    return VrpInstance(
        jobs=tuple(
            Job(name, place, delivery=(amount,))
            for name, place, amount in zip(ids, planar(points), demands, strict=True)
        ),
        depots=(Depot("depot", planar(centre)[0]),),
        vehicle_types=kinds,
        profiles=(Profile(metric="euclidean"),),
        objective=Objective(distance=1.0 - weight, preference=weight),
        name=f"{variant}-n{n}-m{vehicles}-{distribution}-seed{seed}",
    )


def _sectors(centre: Floats, points: Floats, count: int) -> npt.NDArray[np.intp]:
    """(n,) number of the equal sector around the centre that each point lies in."""
    away = points - centre
    turn = np.arctan2(away[:, 1], away[:, 0]) / (2.0 * np.pi) + 0.5
    return np.minimum((turn * count).astype(np.intp), count - 1)


def _scores(
    rng: np.random.Generator, centre: Floats, points: Floats, m: int, distribution: str
) -> Floats:
    """(m, n) preference scores from 0 to 1."""
    if distribution == "random":
        return rng.random((m, len(points)))
    if distribution == "angle":
        order = np.argsort(rng.random(m))
        same: Floats = (order[:, None] == _sectors(centre, points, m)[None, :]).astype(float)
        return same
    away = rng.random((m, 1, 2)) - points[None, :, :]
    closeness: Floats = 1.0 - np.sqrt((away**2).sum(axis=2)) / np.sqrt(2.0)
    return closeness


def _blocked(
    rng: np.random.Generator, centre: Floats, points: Floats, m: int, distribution: str
) -> npt.NDArray[np.bool_]:
    """(m, n) which vehicle may not serve which customer."""
    if distribution == "random":
        rate = 2.0 / 3.0 * rng.random()
        per_customer = np.argsort(rng.random((m, len(points))), axis=0) < int(rate * m)
        return np.asarray(per_customer)
    closed = np.argsort(rng.random((m, m)), axis=1) < 2 * m // 3  # vehicle, sector
    # A sector closed to all is given back to one vehicle: every customer can be served.
    orphans = np.flatnonzero(closed.all(axis=0))
    closed[(rng.random(m) * m).astype(np.intp)[orphans], orphans] = False
    return np.asarray(closed[:, _sectors(centre, points, m)])
