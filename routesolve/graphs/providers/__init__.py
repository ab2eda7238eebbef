"""Where travel times come from: our own networks, OSRM (in process or over HTTP), matrix files.

Each provider is one file and one line of :data:`PROVIDERS`; :func:`provider_for` makes one from
what a user writes.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from routesolve.errors import InputError
from routesolve.registry import Registry

if TYPE_CHECKING:
    from routesolve.graphs.providers.base import MatrixProvider
    from routesolve.graphs.providers.cache import TableCache

PROVIDERS = Registry(
    "matrix provider",
    {
        "network": "routesolve.graphs.providers.network:NetworkProvider",
        "osrm": "routesolve.graphs.providers.osrm:OsrmProvider",
        "http": "routesolve.graphs.providers.http:HttpProvider",
        "file": "routesolve.graphs.providers.file:FileProvider",
    },
)
"""All providers by name."""

PROFILES = ("car", "bicycle", "foot")
"""Who travels: the names that may stand in a text, as in ``osrm:bicycle:city.osm.pbf``."""

ACCEPTED = (
    "give a matrix file (.npz, .npy, .json, .csv), a street network (cairo, .npz, .osm.pbf, "
    ".graphml), the address of an OSRM server (http://localhost:5000) or osrm:REGION.osm.pbf"
)


def provider_for(
    source: str | os.PathLike[str],
    *,
    profile: str | None = None,
    cache: bool | TableCache = True,
) -> MatrixProvider:
    """Make the provider that a text stands for.

    Parameters
    ----------
    source
        The address of an OSRM server (``http://localhost:5000``); ``osrm:FILE`` with an
        OpenStreetMap extract or a dataset of OSRM; the path of a matrix file; the path or name of
        a street network. ``NAME:`` of any entry of :data:`PROVIDERS` says which one is meant, and
        ``NAME:PROFILE:`` also who travels (``osrm:bicycle:city.osm.pbf``).
    profile
        Who travels: ``"car"``, ``"bicycle"`` or ``"foot"``; for a server the profile of its
        addresses. Default: cars.
    cache
        Whether large tables are kept on disk, and where; see
        :class:`~routesolve.graphs.providers.cache.TableCache`.

    Raises
    ------
    InputError
        If there is no such file, or nothing that any provider reads.
    MissingExtra
        If OSRM is asked for and ``osrm-bindings`` is not installed.
    """
    text = os.fspath(source)
    name, colon, rest = text.partition(":")
    if name in ("http", "https"):
        name, rest = "http", text
    elif not colon or name not in PROVIDERS:
        name, rest = _kind(text), text
    else:
        asked, colon, behind = rest.partition(":")
        if colon and asked in PROFILES:
            if profile not in (None, asked):
                raise InputError(f"two profiles: {asked!r} in {text!r}, and {profile!r}")
            profile, rest = asked, behind
    made: MatrixProvider = PROVIDERS.load(name)(rest, profile=profile, cache=cache)
    return made


def _kind(text: str) -> str:
    """Which provider reads a file: matrices are told by their content, the rest are networks."""
    from routesolve.graphs.providers.file import is_matrix_file
    from routesolve.graphs.readers import EMBEDDED, PLACE

    if text in EMBEDDED or text.startswith(PLACE):
        return "network"
    if not os.path.isfile(text):
        raise InputError("there is no such file", where=text, fix=ACCEPTED)
    return "file" if is_matrix_file(text) else "network"
