"""Capacitated problems in the style of the X benchmark."""

from __future__ import annotations

from typing import Any

import numpy as np

from routesolve.graphs.rounding import Rounding
from routesolve.instances.generators import (
    Floats,
    integers,
    number,
    one_of,
    planar,
    require,
    uniform,
    whole,
)
from routesolve.instances.instance import VrpInstance
from routesolve.instances.model import Depot, Job, Profile, VehicleType

GRID = 1000
MOST_X = 20_000  # customers, so that clusters still find free grid points
DEPOTS = ("central", "eccentric", "random")
CUSTOMERS = ("random", "clustered", "random-clustered")
DEMANDS = {
    "unit": (1, 1),
    "1-10": (1, 10),
    "5-10": (5, 10),
    "1-100": (1, 100),
    "50-100": (50, 100),
    "quadrant": None,
    "few-large": None,
}


def x_style(
    n: int = 100,
    *,
    seed: int = 0,
    depot: str = "random",
    customers: str = "random-clustered",
    demand: str = "1-100",
    route_size: float | None = None,
) -> VrpInstance:
    """Make a capacitated problem in the style of the X benchmark (Uchoa et al. 2017).

    Parameters
    ----------
    n, seed
        See :func:`~routesolve.instances.generate.generate`; at most 20 000 customers.
    depot
        ``"central"``, ``"eccentric"`` (a corner) or ``"random"``.
    customers
        ``"random"``, ``"clustered"`` (attracted by 3 to 8 seeds) or ``"random-clustered"`` (half
        and half).
    demand
        ``"unit"``, ``"1-10"``, ``"5-10"``, ``"1-100"``, ``"50-100"``, ``"quadrant"`` (large ones in
        two opposite quadrants) or ``"few-large"`` (many small, few large).
    route_size
        Customers per route that the capacity is made for; default: drawn from a triangular
        distribution from 3 to 25 with its peak at 6.

    Raises
    ------
    InputError
        On values out of range.
    """
    require(
        whole("n", n, 1, MOST_X),
        whole("seed", seed, 0),
        one_of("depot", depot, DEPOTS),
        one_of("customers", customers, CUSTOMERS),
        one_of("demand", demand, DEMANDS),
        None if route_size is None else number("route_size", route_size, 1),
    )
    rng = np.random.default_rng(seed)
    points = _points(rng, n, depot, customers)
    amounts = _demands(rng, demand, points[1:])
    size = _triangular(rng, 3.0, 6.0, 25.0) if route_size is None else float(route_size)
    capacity = max(np.ceil(size * amounts.sum() / n), amounts.max())
    places = planar(points)
    return VrpInstance(
        jobs=tuple(
            Job(str(i + 1), place, delivery=(amount,))
            for i, (place, amount) in enumerate(zip(places[1:], amounts.tolist(), strict=True))
        ),
        depots=(Depot("depot", places[0]),),
        vehicle_types=(VehicleType(capacity=(float(capacity),), start="depot", end="depot"),),
        profiles=(Profile(metric="euclidean"),),
        rounding=Rounding.nearest,
        name=f"X-n{n + 1}-seed{seed}",
        comment=f"X style: depot {depot}, customers {customers}, demand {demand}, "
        f"{size:.2f} customers per route",
    )


def _triangular(rng: np.random.Generator, low: float, peak: float, high: float) -> float:
    u = rng.random()
    if u < (peak - low) / (high - low):
        return float(low + np.sqrt(u * (high - low) * (peak - low)))
    return float(high - np.sqrt((1 - u) * (high - low) * (high - peak)))


def _points(rng: np.random.Generator, n: int, depot: str, customers: str) -> Floats:
    """(n + 1, 2) different grid points, the depot first."""
    fixed = {"central": (GRID / 2, GRID / 2), "eccentric": (0.0, 0.0)}
    first = fixed.get(depot) or tuple(integers(rng, 0, GRID, 2).tolist())
    taken = {first: None}  # a dictionary keeps the order
    seeds = int(integers(rng, 3, 8, 1)[0])
    scattered = {"random": n, "clustered": min(seeds, n), "random-clustered": max(n // 2, 1)}
    _fill(rng, taken, 1 + scattered[customers], None)
    centres = np.array(list(taken)[1 : 1 + seeds])
    _fill(rng, taken, 1 + n, centres)
    return np.array(list(taken))


def _fill(
    rng: np.random.Generator, taken: dict[Any, None], count: int, centres: Floats | None
) -> None:
    """Add grid points until there are ``count``; those near the centres are likelier."""
    while len(taken) < count:
        points = integers(rng, 0, GRID, 2 * 4096).reshape(-1, 2)
        dice = rng.random(len(points))
        if centres is not None:
            away = points[:, None, :] - centres[None, :, :]
            pull = np.exp(-np.sqrt((away**2).sum(axis=2)) / 40.0).sum(axis=1)
            points = points[dice < pull]
        for point in points.tolist():
            if len(taken) < count:
                taken.setdefault(tuple(point))


def _demands(rng: np.random.Generator, demand: str, points: Floats) -> Floats:
    n = len(points)
    bounds = DEMANDS[demand]
    if bounds is not None:
        return integers(rng, *bounds, n)
    small, large = integers(rng, 1, 50, n), integers(rng, 51, 100, n)
    if demand == "quadrant":
        opposite = (points[:, 0] < GRID / 2) == (points[:, 1] < GRID / 2)
        return np.where(opposite, small, large)
    share = uniform(rng, (0.70, 0.95), 1)[0]
    small, large = integers(rng, 1, 10, n), integers(rng, 50, 100, n)
    return np.where(rng.random(n) < share, small, large)
