"""Routes and reach on a road network as documents: JSON, GeoJSON, and a page with a map.

A page holds its map and needs no network.
"""

from __future__ import annotations

from routesolve.graphs.maps.bands import Bands
from routesolve.graphs.maps.routes import Routes

__all__ = ["Bands", "Routes"]
