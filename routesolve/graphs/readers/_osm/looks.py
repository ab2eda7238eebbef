"""How ways look to who comes to a junction: what the directions that are seen depend on."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from routesolve.graphs.readers._osm.profiles import LINKS
from routesolve.graphs.readers._osm.scan import Scan, as_array

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.integer]

_GREAT = {
    **dict.fromkeys(("motorway", "motorway_link", "trunk_link"), 2.5),
    "trunk": 2.0,
    "primary": 1.5,
}
_ROADS = frozenset([*LINKS, *(f"{road}_link" for road in LINKS)]) | {
    "unclassified",
    "residential",
    "living_street",
}


class Looks(NamedTuple):
    """How ways look; w ways.

    Attributes
    ----------
    kind : numpy.ndarray
        (w,) int8 MINOR, CIRCLE or ROAD of the kernel.
    lanes : numpy.ndarray
        (w,) int64, 0 = not known.
    factor : numpy.ndarray
        (w,) float64 how much farther than that of a street the beginning of a great road is askew.
    """

    kind: npt.NDArray[np.int8]
    lanes: npt.NDArray[np.int64]
    factor: Floats

    def width(self, way: Ints, lanes: Ints) -> Floats:
        """Metres of what lies in the way at junctions of so many lanes, seen from `way`."""
        from routesolve.graphs._kernels.bearings import LANE

        return np.asarray(self.factor[way] * LANE * np.where(lanes > 0, lanes, 2))


def looks_of(found: Scan) -> Looks:
    """How the ways look, by their class, their lanes and whether they are part of a circle."""
    from routesolve.graphs._kernels.bearings import CIRCLE, MINOR, ROAD

    _, classes = found.labels()
    names = (*classes.table, "")  # the last one is for ways without a class
    usage = as_array(found.way_usage, np.int32)
    circle = np.array([u.roundabout for u in found.usages], dtype=np.bool_)[usage]
    road = np.array([name in _ROADS for name in names])[classes.codes]
    kind = np.where(circle, CIRCLE, np.where(road, ROAD, MINOR)).astype(np.int8)
    lanes = np.array([u.lanes for u in found.usages], dtype=np.int64)[usage]
    return Looks(kind, lanes, np.array([_GREAT.get(name, 1.0) for name in names])[classes.codes])
