"""The lines vehicles drive."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt

from routesolve.errors import RoutingError
from routesolve.instances.instance import VrpInstance
from routesolve.solutions.solution import Route, Visit

Floats = npt.NDArray[np.float64]


def placed(route: Route) -> list[tuple[Visit, int]]:
    """Return the visits that have a place of their own, with it; breaks have none."""
    return [
        (visit, visit.location)
        for visit in route.visits
        if visit.location is not None and visit.kind != "break"
    ]


def leg(instance: VrpInstance, route: Route, i: int, j: int) -> Floats:
    """Return the line from place ``i`` to place ``j``, (k, 2), straight where there is no road."""
    try:
        line = instance.travel(instance.vehicle_types_by_id.get(route.vehicle_type)).geometry(i, j)
    except RoutingError:  # an impossible plan is shown, too
        line = None
    return instance.points[[i, j]] if line is None else line


def way(instance: VrpInstance, route: Route) -> Floats:
    """Return the whole line of a route, (k, 2); empty when a place on it has no coordinates."""
    places = [place for _, place in placed(route)]
    pieces: list[Floats] = []
    for i, j in itertools.pairwise(places):
        if i != j:
            line = leg(instance, route, i, j)
            joined = pieces and bool((pieces[-1][-1] == line[0]).all())
            pieces.append(line[1:] if joined and len(line) > 1 else line)
    whole = np.concatenate(pieces) if pieces else instance.points[places[:1]]
    return whole if np.isfinite(whole).all() else whole[:0]
