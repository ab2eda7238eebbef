"""The 48 variants that open routes, backhauls, limits, windows and depots combine to."""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

import numpy as np

from routesolve.instances.generators import (
    MOST,
    Floats,
    integers,
    planar,
    require,
    uniform,
    unknown,
    whole,
)
from routesolve.instances.instance import VrpInstance
from routesolve.instances.model import Depot, Job, Profile, TimeWindow, VehicleType

HORIZON = 4.6  # when the depots of the time-window variants close; the speed is 1
BACKHAUL_SHARE = 0.2
SERVICE = (0.15, 0.18)
WIDTH = (0.18, 0.20)


class Attributes(NamedTuple):
    """What a variant has on top of capacities."""

    depots: bool = False
    open_routes: bool = False
    backhaul: str = ""
    limit: bool = False
    windows: bool = False

    @property
    def name(self) -> str:
        """``MD``, ``O``, ``VRP`` (alone ``CVRP``), ``B`` or ``MB``, ``L``, ``TW``."""
        rest = self.backhaul + "L" * self.limit + "TW" * self.windows
        base = "VRP" if rest or self.open_routes else "CVRP"
        return "MD" * self.depots + "O" * self.open_routes + base + rest


_NO_YES = (False, True)
_ATTRIBUTES = {
    attributes.name: attributes
    for attributes in map(
        Attributes._make, product(_NO_YES, _NO_YES, ("", "B", "MB"), _NO_YES, _NO_YES)
    )
}

VARIANTS: list[str] = list(_ATTRIBUTES)
"""The 48 names."""


def attribute_variant(
    variant: str, n: int = 100, *, seed: int = 0, depots: int = 3, fleet: int | None = None
) -> VrpInstance:
    """Make one of the 48 variants of Berto et al. (RouteFinder, 2025).

    Unit square, straight lines without rounding, speed 1, total distance as cost.

    * all: demands 1 to 9, capacity 30 + n / 5, as many vehicles as needed;
    * ``O``: routes end at their last customer; limit and depot closing time then leave the way
      home out;
    * ``B``, ``MB``: each customer is a pickup with probability 0.2; ``B``: pickups after all
      deliveries of a route, ``MB``: in any order, under the exact peak-load rule;
    * ``L``: a distance limit per route between twice the farthest customer's distance and 2.8;
    * ``TW``: service times, windows that a vehicle can keep and come home by 4.6;
    * ``MD``: several depots, each with its own vehicles, which return to it.

    Parameters
    ----------
    variant
        A name from :data:`VARIANTS`.
    n, seed
        See :func:`~routesolve.instances.generate.generate`.
    depots
        Number of depots, where the variant has several.
    fleet
        Vehicles per depot; default: as many as needed.

    Raises
    ------
    InputError
        On an unknown variant or values out of range.
    """
    if variant not in _ATTRIBUTES:
        raise unknown("variant", variant, VARIANTS)
    require(
        whole("n", n, 1, MOST),
        whole("seed", seed, 0),
        whole("depots", depots, 1, 1000),
        None if fleet is None else whole("fleet", fleet, 1),
    )
    has = _ATTRIBUTES[variant]
    rng = np.random.default_rng(seed)
    centres = rng.random((depots if has.depots else 1, 2))
    points = rng.random((n, 2))
    away = np.sqrt(((points[:, None, :] - centres[None, :, :]) ** 2).sum(axis=2))
    demands = integers(rng, 1, 9, n).tolist()
    # Drawn always, so that variants of one seed share customers and demands.
    backhaul = (rng.random(n) < BACKHAUL_SHARE) & bool(has.backhaul)
    service, windows = _windows(rng, away.max(axis=1))
    limit = _distance_limit(rng, away)

    names = [f"depot{i + 1}" for i in range(len(centres))] if has.depots else ["depot"]
    jobs = tuple(
        Job(
            str(i + 1),
            place,
            delivery=() if backhaul[i] else (demands[i],),
            pickup=(demands[i],) if backhaul[i] else (),
            service=service[i] if has.windows else 0.0,
            time_windows=(windows[i],) if has.windows else (),
        )
        for i, place in enumerate(planar(points))
    )
    closing = HORIZON if has.windows and not has.open_routes else np.inf
    return VrpInstance(
        jobs=jobs,
        depots=tuple(map(Depot, names, planar(centres))),
        vehicle_types=tuple(
            VehicleType(
                f"vehicle{name.removeprefix('depot')}",
                count=fleet,
                capacity=(float(30 + n // 5),),
                start=name,
                end=None if has.open_routes else name,
                shift=TimeWindow(latest=closing),
                max_distance=limit if has.limit else np.inf,
            )
            for name in names
        ),
        profiles=(Profile(metric="euclidean"),),
        backhaul="last" if has.backhaul == "B" else "mixed",
        name=f"{variant}-n{n}-seed{seed}",
    )


def _windows(rng: np.random.Generator, far: Floats) -> tuple[list[float], list[TimeWindow]]:
    """Service times and windows that a vehicle from the farthest depot can keep.

    ``far`` (n,): distance of each customer from that depot. The latest begin still allows service
    and the way home before the horizon.
    """
    n = len(far)
    service, width = uniform(rng, SERVICE, n), uniform(rng, WIDTH, n)
    room = HORIZON - service - width - 2.0 * far
    start = far + room * rng.random(n)
    made = [TimeWindow(a, b) for a, b in zip(start.tolist(), (start + width).tolist(), strict=True)]
    return service.tolist(), made


def _distance_limit(rng: np.random.Generator, away: Floats) -> float:
    """Between twice the farthest customer's distance (from the best depot) and 2.8."""
    least = 2.0 * float(away.max(axis=0).min())
    return least + float(rng.random()) * (max(2.8, least) - least)
