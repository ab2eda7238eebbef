"""Road networks downloaded by the name of a place, through OSMnx."""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

from routesolve.errors import InputError, MissingExtra, RoutingError
from routesolve.graphs.graph import Graph
from routesolve.graphs.readers._osm.profiles import Profile, find_profile

if TYPE_CHECKING:
    import networkx as nx

    from routesolve.graphs.network import RoadNetwork

_NETWORK_TYPES = {"car": "drive", "bicycle": "bike", "foot": "walk"}
"""What OSMnx calls the streets of a profile."""

_EXTRACT = (
    "fetch an extract where there is internet (e.g. from https://download.geofabrik.de), then: "
    "routesolve graph build REGION.osm.pbf -o REGION.npz"
)


def download(
    place: str,
    profile: str | Profile = "car",
    *,
    cache: str | os.PathLike[str] | None = None,
) -> RoadNetwork:
    """Download the streets of a place from OpenStreetMap.

    OSMnx asks Nominatim where the place is and Overpass for its streets: public services, for towns
    rather than countries. What comes has no turn restrictions; reading an extract gives those.

    Parameters
    ----------
    place
        As one writes it on a letter: ``"Funchal, Portugal"``.
    profile
        ``"car"``, ``"bicycle"`` or ``"foot"``: which streets, and how fast.
    cache
        Folder in which OSMnx keeps what it was answered, so that the same place is downloaded once;
        default: as OSMnx is set.

    Returns
    -------
    RoadNetwork
        The largest strongly connected part, without turns.

    Raises
    ------
    MissingExtra
        If OSMnx is not installed.
    InputError
        If there is no such place, or it has no streets for the profile.
    RoutingError
        If a service cannot be reached, or refuses.
    """
    from routesolve.graphs.network import RoadNetwork

    who = find_profile(profile)
    if who.name not in _NETWORK_TYPES:
        raise InputError(
            f"places are downloaded for {', '.join(_NETWORK_TYPES)}, not for {who.name!r}",
            fix="read an extract with this profile: read_osm(path, profile=...)",
        )
    if not place.strip():
        raise InputError("the place has no name", fix='give "place:TOWN, COUNTRY"')
    try:
        osmnx = import_module("osmnx")
    except ImportError:
        raise MissingExtra("osm", "downloading a place needs osmnx") from None
    found = _ask(osmnx, place, _NETWORK_TYPES[who.name], cache)
    if who.name != "car":
        _set_speeds(found, who)
    graph = Graph.from_networkx(found, name=place.partition(",")[0].strip())
    return RoadNetwork(graph.largest_component()[0])


def _ask(
    osmnx: Any, place: str, network_type: str, cache: str | os.PathLike[str] | None
) -> nx.MultiDiGraph[Any]:
    settings = osmnx.settings
    before = settings.use_cache, settings.cache_folder
    if cache is not None:
        settings.use_cache, settings.cache_folder = True, os.fspath(cache)
    try:
        found: nx.MultiDiGraph[Any] = osmnx.graph_from_place(place, network_type=network_type)
        return found
    except OSError as error:  # what requests raises when nobody answers is one, too
        raise RoutingError(f"cannot download {place!r}: {error}", fix=_EXTRACT) from error
    except (ValueError, TypeError) as error:
        if type(error).__name__ == "ResponseStatusCodeError":
            raise RoutingError(
                f"cannot download {place!r}: the service answered {error}",
                fix=f"try again later, or {_EXTRACT}",
            ) from error
        raise InputError(
            f"no streets of {place!r} were found: {error}",
            fix='write it as on a letter: "place:TOWN, COUNTRY"; it has to be an area, not a point',
        ) from error
    finally:
        settings.use_cache, settings.cache_folder = before


def _set_speeds(graph: nx.MultiDiGraph[Any], profile: Profile) -> None:
    """Who does not drive keeps no speed limits, but goes as fast as the profile on this class."""
    for _, _, data in graph.edges(data=True):
        classes = data.get("highway")
        road = classes[0] if isinstance(classes, list) and classes else classes
        data["speed_kph"] = profile.speeds.get(str(road), profile.default_speed)
