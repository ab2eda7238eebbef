"""Just the stops of a file: their names and places, for a matrix between them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError, Problem, RouteSolveError
from routesolve.graphs._arrays import listed
from routesolve.instances import formats
from routesolve.instances.formats import _json, _source
from routesolve.instances.model import Location


class Stops(NamedTuple):
    """Stops in the order of a matrix: depots, jobs, then pickup and delivery of each shipment.

    Attributes
    ----------
    ids : list of str
        What they are called.
    points : numpy.ndarray
        (k, 2) float64 longitudes and latitudes in degrees.
    """

    ids: list[str]
    points: npt.NDArray[np.float64]


def read_stops(source: str) -> Stops:
    """Read the stops of a file.

    Parameters
    ----------
    source
        File name, ``-`` for standard input: an instance in any known format (a CSV table with
        columns lon and lat, for one), or GeoJSON points.

    Raises
    ------
    InputError
        When the file cannot be read, or its stops are not longitudes and latitudes.
    """
    name = _source.name_of(source)
    try:
        text = _source.read_text(source)
        document = _json.parse(text) if text.lstrip()[:1] == "{" else {}
        if str(document.get("type", "")).startswith("Feature"):
            return _of_features(document)
        chosen = formats.recognise(text)
        if chosen is None:
            raise _source.unrecognised(text, formats.FORMATS)
        instance = formats.get(chosen).read(text, name=_source.stem(name))
        named = [(depot.id, depot.location) for depot in instance.depots]
        named += [(job.id, job.location) for job in instance.jobs]
        for shipment in instance.shipments:
            named.append((f"{shipment.id} pickup", shipment.pickup.location))
            named.append((f"{shipment.id} delivery", shipment.delivery.location))
        return _of_locations(named)
    except RouteSolveError as error:
        raise error.within(name) from None


def _of_locations(named: list[tuple[str, Location]]) -> Stops:
    bad = [key for key, place in named if place.lon is None or place.lat is None]
    if bad:
        raise InputError(
            listed(
                bad,
                lambda key: Problem(
                    f"stop {key!r} has no longitude and latitude",
                    fix="streets need lon and lat in degrees",
                ),
                what="stops without",
            )
        )
    points = np.array([(place.lon, place.lat) for _, place in named], dtype=np.float64)
    return Stops([key for key, _ in named], points.reshape(-1, 2))


def _of_features(document: dict[str, Any]) -> Stops:
    """The points of GeoJSON; their names are the id, or the properties id or name."""
    features = document.get("features", [document])
    if not isinstance(features, list) or not features:
        raise InputError("no stops", where="/features", fix="give a list of points")
    ids, points, problems = [], [], []
    for number, feature in enumerate(features):
        place = f"/features/{number}"
        geometry = feature.get("geometry") if isinstance(feature, dict) else None
        if not isinstance(geometry, dict) or geometry.get("type") != "Point":
            problems.append(Problem("no Point", place, "give points only"))
            continue
        try:
            lon, lat = (float(value) for value in geometry["coordinates"][:2])
        except (KeyError, TypeError, ValueError):
            problems.append(Problem("no coordinates", place, "give [longitude, latitude]"))
            continue
        if not (abs(lon) <= 180 and abs(lat) <= 90):
            problems.append(
                Problem(f"[{lon:g}, {lat:g}] is not on Earth", place, "longitude first, degrees")
            )
            continue
        own = feature.get("properties") or {}
        key = next((v for v in (feature.get("id"), own.get("id"), own.get("name")) if v), number)
        ids.append(str(key))
        points.append((lon, lat))
    if problems:
        raise InputError(listed(problems, lambda problem: problem, what="features like that"))
    return Stops(ids, np.array(points, dtype=np.float64).reshape(-1, 2))
