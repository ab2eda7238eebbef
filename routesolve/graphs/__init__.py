"""Graphs, shortest paths and travel matrices. Knows nothing of vehicles.

Names are loaded on first use, so that importing this package costs neither Numba nor SciPy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from routesolve.graphs.edge_data import Labels, Polylines
    from routesolve.graphs.graph import Graph
    from routesolve.graphs.matrices import (
        ExplicitTravel,
        NetworkTravel,
        StraightLineTravel,
        TravelMatrix,
    )
    from routesolve.graphs.readers import load_network
    from routesolve.graphs.rounding import Rounding
    from routesolve.graphs.shortest_paths import (
        Path,
        Tables,
        many_to_many,
        one_to_all,
        path_geometry,
        shortest_path,
    )
    from routesolve.graphs.snapping import Snap, Snapper

_HOME = {
    "ExplicitTravel": "matrices",
    "Graph": "graph",
    "Labels": "edge_data",
    "NetworkTravel": "matrices",
    "Path": "shortest_paths",
    "Polylines": "edge_data",
    "Rounding": "rounding",
    "Snap": "snapping",
    "Snapper": "snapping",
    "StraightLineTravel": "matrices",
    "Tables": "shortest_paths",
    "TravelMatrix": "matrices",
    "load_network": "readers",
    "many_to_many": "shortest_paths",
    "one_to_all": "shortest_paths",
    "path_geometry": "shortest_paths",
    "shortest_path": "shortest_paths",
}

__all__ = [
    "ExplicitTravel",
    "Graph",
    "Labels",
    "NetworkTravel",
    "Path",
    "Polylines",
    "Rounding",
    "Snap",
    "Snapper",
    "StraightLineTravel",
    "Tables",
    "TravelMatrix",
    "load_network",
    "many_to_many",
    "one_to_all",
    "path_geometry",
    "shortest_path",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
