"""From a place to the nearest node of a network."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from routesolve.errors import InputError
from routesolve.graphs._arrays import frozen
from routesolve.graphs.geodesy import chord_to_metres, unit_vectors
from routesolve.graphs.graph import Graph


class Snap(NamedTuple):
    """Where places were put.

    Attributes
    ----------
    nodes : numpy.ndarray
        (k,) int32 node numbers.
    distances_m : numpy.ndarray
        (k,) float64 metres from each place to its node, as the crow flies.
    """

    nodes: npt.NDArray[np.int32]
    distances_m: npt.NDArray[np.float64]


class Snapper:
    """Nearest-node search; built once per network, then asked for many places.

    The tree holds points of the unit sphere: the nearest chord is the nearest great circle, at any
    latitude and across the date line, where a local projection would need special cases.

    Parameters
    ----------
    graph
        A network with coordinates and at least one node.
    nodes
        The node numbers to choose from; default: all.

    Raises
    ------
    InputError
        If there is nothing to snap to.
    """

    def __init__(self, graph: Graph, *, nodes: npt.NDArray[np.integer] | None = None) -> None:
        if graph.coordinates is None:
            raise InputError("the network has no coordinates, so no stop can be put on it")
        choice = np.arange(graph.n) if nodes is None else np.asarray(nodes)
        if len(choice) == 0:
            raise InputError("the network has no nodes to put a stop on")
        self._nodes = choice.astype(np.int32)
        self._tree = cKDTree(unit_vectors(graph.coordinates[choice]))

    def snap(self, points_lonlat: npt.ArrayLike) -> Snap:
        """Put places on their nearest nodes.

        Parameters
        ----------
        points_lonlat
            (k, 2) longitudes and latitudes in degrees, or one pair.

        Raises
        ------
        InputError
            If a coordinate is not finite or not on the sphere.
        """
        points = np.asarray(points_lonlat, dtype=np.float64).reshape(-1, 2)
        bad = np.flatnonzero(~(np.abs(points) <= (180.0, 90.0)).all(axis=1))
        if bad.size:
            shown = ", ".join(f"{k}: {points[k].tolist()}" for k in bad[:10])
            raise InputError(
                f"not a place on Earth: {shown}", fix="give [lon, lat] in degrees, longitude first"
            )
        chords, nearest = self._tree.query(unit_vectors(points))
        return Snap(
            frozen(self._nodes[np.asarray(nearest, dtype=np.intp)], np.int32),
            frozen(chord_to_metres(chords), np.float64),
        )
