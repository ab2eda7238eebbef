"""Travel matrices from a file of their own."""

from __future__ import annotations

import dataclasses
import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from routesolve.errors import InputError
from routesolve.instances.model import Location, Profile, Stop

if TYPE_CHECKING:
    from routesolve.instances.instance import VrpInstance

NAMES = ("durations", "distances")


def read_matrices(path: str | Path) -> dict[str, Any]:
    """Read ``durations`` (s) and ``distances`` (m), each (n, n), from .npz, .json or .csv.

    A CSV file without header holds one matrix, taken for both. The kind of file is recognised by
    its content.

    Raises
    ------
    InputError
        When the file is absent, of another kind, or holds neither matrix.
    """
    path = Path(path)
    try:
        with path.open("rb") as stream:
            head = stream.read(64)
    except OSError as error:
        raise InputError(
            f"cannot read the matrix: {error.strerror}", where=str(path), fix="check the file name"
        ) from None
    try:
        if head[:4] == b"PK\x03\x04":
            with np.load(path, allow_pickle=False) as archive:
                return {name: archive[name] for name in NAMES if name in archive}
        if head.lstrip()[:1] == b"{":
            document = json.loads(path.read_text("utf-8"))
            return {name: document[name] for name in NAMES if document.get(name) is not None}
        return {"durations": np.loadtxt(path, delimiter=",", ndmin=2)}
    except (ValueError, OSError, zipfile.BadZipFile, TypeError) as error:
        raise InputError(
            f"no matrix can be read: {error}",
            where=str(path),
            fix="give .npz or .json with 'durations' and 'distances', or .csv with one number a "
            "cell",
        ) from None


def with_matrix(instance: VrpInstance, path: str | Path) -> VrpInstance:
    """Return a copy of an instance that travels by the matrices of a file.

    Rows and columns are in the order depots, jobs, shipments (pickup, then delivery), unless the
    places name their rows (``location.index``).
    """
    found = read_matrices(path)
    if not found:
        raise InputError(
            "holds neither 'durations' nor 'distances'", where=str(path), fix="name them so"
        )
    places = [d.location for d in instance.depots] + [j.location for j in instance.jobs]
    places += [end.location for s in instance.shipments for end in (s.pickup, s.delivery)]
    named = all(place.index is not None for place in places)
    count = iter(range(len(places)))

    def row(place: Location) -> Location:
        return place if named else dataclasses.replace(place, index=next(count))

    def stop(end: Stop) -> Stop:
        return dataclasses.replace(end, location=row(end.location))

    try:
        return instance.replace(
            depots=tuple(dataclasses.replace(d, location=row(d.location)) for d in instance.depots),
            jobs=tuple(dataclasses.replace(j, location=row(j.location)) for j in instance.jobs),
            shipments=tuple(
                dataclasses.replace(s, pickup=stop(s.pickup), delivery=stop(s.delivery))
                for s in instance.shipments
            ),
            profiles=tuple(
                Profile(id=p.id, metric="matrix", bands=p.bands, **found) for p in instance.profiles
            ),
        )
    except InputError as error:
        raise error.within(str(path)) from None
