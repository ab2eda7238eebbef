"""Graphs, shortest paths and travel matrices. Knows nothing of vehicles.

Names are loaded on first use, so that importing this package costs neither Numba nor SciPy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from routesolve.graphs.alternatives import Alternative, alternative_paths
    from routesolve.graphs.astar import Landmarks
    from routesolve.graphs.bfs import Hops, breadth_first
    from routesolve.graphs.bidirectional_bfs import HopPaths, HopSearch, hop_distances, hop_path
    from routesolve.graphs.core_periphery import CoreAnswer, CoreAnswers, CorePeripheryIndex
    from routesolve.graphs.customizable import CustomizableHierarchy
    from routesolve.graphs.drives import Drive, Step
    from routesolve.graphs.edge_data import Labels, Polylines
    from routesolve.graphs.generators import barabasi_albert, chung_lu, rmat
    from routesolve.graphs.graph import Graph
    from routesolve.graphs.hierarchy import ContractionHierarchy
    from routesolve.graphs.hub_labels import HubLabels
    from routesolve.graphs.isochrones import Isochrone, isochrone
    from routesolve.graphs.k_shortest import k_shortest_paths
    from routesolve.graphs.matrices import (
        ExplicitTravel,
        NetworkTravel,
        StraightLineTravel,
        TravelMatrix,
    )
    from routesolve.graphs.network import RoadNetwork
    from routesolve.graphs.providers import PROVIDERS, provider_for
    from routesolve.graphs.pruned_labels import PrunedLandmarkLabels
    from routesolve.graphs.reach import Reach
    from routesolve.graphs.readers import load_graph, load_network
    from routesolve.graphs.readers.dimacs import read_dimacs
    from routesolve.graphs.readers.edge_list import read_edge_list
    from routesolve.graphs.readers.osm import OsmNetwork, read_osm
    from routesolve.graphs.rounding import Rounding
    from routesolve.graphs.shortest_paths import (
        Forest,
        Path,
        Paths,
        Tables,
        dijkstra,
        many_to_many,
        one_to_all,
        path_geometry,
        shortest_path,
    )
    from routesolve.graphs.snapping import Places, Snapper
    from routesolve.graphs.tables import matrix
    from routesolve.graphs.time_dependent import (
        TravelTimes,
        band_matrices,
        earliest_arrivals,
        earliest_path,
    )
    from routesolve.graphs.turns import TurnGraph, Turns, expand

_HOME = {
    "Alternative": "alternatives",
    "ContractionHierarchy": "hierarchy",
    "CoreAnswer": "core_periphery",
    "CoreAnswers": "core_periphery",
    "CorePeripheryIndex": "core_periphery",
    "CustomizableHierarchy": "customizable",
    "Drive": "drives",
    "ExplicitTravel": "matrices",
    "Forest": "shortest_paths",
    "Graph": "graph",
    "HopPaths": "bidirectional_bfs",
    "HopSearch": "bidirectional_bfs",
    "Hops": "bfs",
    "HubLabels": "hub_labels",
    "Isochrone": "isochrones",
    "Labels": "edge_data",
    "Landmarks": "astar",
    "NetworkTravel": "matrices",
    "OsmNetwork": "readers.osm",
    "PROVIDERS": "providers",
    "Path": "shortest_paths",
    "Paths": "shortest_paths",
    "Places": "snapping",
    "Polylines": "edge_data",
    "PrunedLandmarkLabels": "pruned_labels",
    "Reach": "reach",
    "RoadNetwork": "network",
    "Rounding": "rounding",
    "Snapper": "snapping",
    "Step": "drives",
    "StraightLineTravel": "matrices",
    "Tables": "shortest_paths",
    "TravelMatrix": "matrices",
    "TravelTimes": "time_dependent",
    "TurnGraph": "turns",
    "Turns": "turns",
    "alternative_paths": "alternatives",
    "band_matrices": "time_dependent",
    "barabasi_albert": "generators",
    "breadth_first": "bfs",
    "chung_lu": "generators",
    "dijkstra": "shortest_paths",
    "earliest_arrivals": "time_dependent",
    "earliest_path": "time_dependent",
    "expand": "turns",
    "hop_distances": "bidirectional_bfs",
    "hop_path": "bidirectional_bfs",
    "isochrone": "isochrones",
    "k_shortest_paths": "k_shortest",
    "load_graph": "readers",
    "load_network": "readers",
    "many_to_many": "shortest_paths",
    "matrix": "tables",
    "one_to_all": "shortest_paths",
    "path_geometry": "shortest_paths",
    "provider_for": "providers",
    "read_dimacs": "readers.dimacs",
    "read_edge_list": "readers.edge_list",
    "read_osm": "readers.osm",
    "rmat": "generators",
    "shortest_path": "shortest_paths",
}

__all__ = [
    "Alternative",
    "ContractionHierarchy",
    "CoreAnswer",
    "CoreAnswers",
    "CorePeripheryIndex",
    "CustomizableHierarchy",
    "Drive",
    "ExplicitTravel",
    "Forest",
    "Graph",
    "HopPaths",
    "HopSearch",
    "Hops",
    "HubLabels",
    "Isochrone",
    "Labels",
    "Landmarks",
    "NetworkTravel",
    "OsmNetwork",
    "PROVIDERS",
    "Path",
    "Paths",
    "Places",
    "Polylines",
    "PrunedLandmarkLabels",
    "Reach",
    "RoadNetwork",
    "Rounding",
    "Snapper",
    "Step",
    "StraightLineTravel",
    "Tables",
    "TravelMatrix",
    "TravelTimes",
    "TurnGraph",
    "Turns",
    "alternative_paths",
    "band_matrices",
    "barabasi_albert",
    "breadth_first",
    "chung_lu",
    "dijkstra",
    "earliest_arrivals",
    "earliest_path",
    "expand",
    "hop_distances",
    "hop_path",
    "isochrone",
    "k_shortest_paths",
    "load_graph",
    "load_network",
    "many_to_many",
    "matrix",
    "one_to_all",
    "path_geometry",
    "provider_for",
    "read_dimacs",
    "read_edge_list",
    "read_osm",
    "rmat",
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
