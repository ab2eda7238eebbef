"""Travel matrices that replace those of an instance: from a file, or from who knows the roads."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from routesolve.errors import InputError, Problem
from routesolve.graphs.providers import provider_for
from routesolve.graphs.providers.base import MatrixProvider
from routesolve.graphs.providers.file import FileProvider, read_matrices
from routesolve.instances.model import Location, Profile, Stop

if TYPE_CHECKING:
    from routesolve.instances.instance import VrpInstance


def with_matrix(
    instance: VrpInstance, source: str | os.PathLike[str] | MatrixProvider
) -> VrpInstance:
    """Return a copy of an instance that travels by given matrices.

    Parameters
    ----------
    instance
        Any.
    source
        A provider, or what :func:`~routesolve.graphs.providers.provider_for` makes one of. Rows and
        columns of a matrix file are in the order depots, jobs, shipments (pickup, then delivery),
        unless the places name their rows (``location.index``), or the file names the places of its
        rows (``points``).

    Raises
    ------
    InputError
        If there are no such matrices, or of another size; with every place whose longitude and
        latitude are needed and not given.
    RoutingError
        If who is asked for the travel does not answer.
    """
    provider = source if isinstance(source, MatrixProvider) else provider_for(source)
    if isinstance(provider, FileProvider):
        return _by_file(instance, provider)
    return _by_places(instance, provider)


def _by_file(instance: VrpInstance, provider: FileProvider) -> VrpInstance:
    places = [d.location for d in instance.depots] + [j.location for j in instance.jobs]
    places += [end.location for s in instance.shipments for end in (s.pickup, s.delivery)]
    rows: Iterable[int | None] = range(len(places))
    if all(place.index is not None for place in places):
        rows = [place.index for place in places]
    elif provider.names_places and all(place.lon is not None for place in places):
        rows = provider.rows(np.array([place.point for place in places])).tolist()
    following = iter(rows)

    def row(place: Location) -> Location:
        return dataclasses.replace(place, index=next(following))

    found = read_matrices(provider.path)
    found.pop("points", None)
    try:
        return _replaced(instance, row, found)
    except InputError as error:
        raise error.within(str(provider.path)) from None


def _by_places(instance: VrpInstance, provider: MatrixProvider) -> VrpInstance:
    """Rows are the different places; the lines between them stay those of the provider."""
    _require_lonlat(instance)
    travel = provider.travel(instance.points)

    def row(place: Location) -> Location:
        return dataclasses.replace(place, index=instance.location_index(place))

    matrices = {"durations": travel.durations, "distances": travel.distances}
    new = _replaced(instance, row, matrices)
    # Numbers are part of the instance and are written with it; streets to draw are only asked for.
    object.__setattr__(new, "_travel", {profile.id: travel for profile in new.profiles})
    return new


def _replaced(
    instance: VrpInstance, row: Callable[[Location], Location], matrices: dict[str, Any]
) -> VrpInstance:
    """The instance with each place put on its row, and matrices in every profile."""

    def stop(end: Stop) -> Stop:
        return dataclasses.replace(end, location=row(end.location))

    return instance.replace(
        depots=tuple(dataclasses.replace(d, location=row(d.location)) for d in instance.depots),
        jobs=tuple(dataclasses.replace(j, location=row(j.location)) for j in instance.jobs),
        shipments=tuple(
            dataclasses.replace(s, pickup=stop(s.pickup), delivery=stop(s.delivery))
            for s in instance.shipments
        ),
        profiles=tuple(
            Profile(id=p.id, metric="matrix", bands=p.bands, **matrices) for p in instance.profiles
        ),
    )


def _require_lonlat(instance: VrpInstance) -> None:
    ends = [(f"depot {d.id!r}", d.location) for d in instance.depots]
    ends += [(f"job {j.id!r}", j.location) for j in instance.jobs]
    ends += [
        (f"{end} of shipment {s.id!r}", getattr(s, end).location)
        for s in instance.shipments
        for end in ("pickup", "delivery")
    ]
    problems = [
        Problem("no longitude and latitude", name, "roads need 'lon' and 'lat', or give a matrix")
        for name, place in ends
        if place.lon is None or place.lat is None
    ]
    if problems:
        raise InputError(problems)
