"""Tables kept on disk between runs.

The folder is ``$ROUTESOLVE_CACHE``, else ``$XDG_CACHE_HOME/routesolve``, else
``~/.cache/routesolve``; ``ROUTESOLVE_CACHE=off`` keeps nothing.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import warnings
from pathlib import Path

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError, RoutesolveWarning
from routesolve.files import written_whole
from routesolve.graphs import _npz

Floats = npt.NDArray[np.float64]

VERSION = 1
LIMIT = 1 << 30
"""Bytes of tables that are kept."""


def cache_folder() -> Path | None:
    """The folder of everything that is kept between runs; ``None`` = keep nothing."""
    given = os.environ.get("ROUTESOLVE_CACHE", "")
    if given.lower() == "off":
        return None
    if given:
        return Path(given).expanduser()
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path("~/.cache").expanduser()) / "routesolve"


def open_cache(wanted: bool | TableCache) -> TableCache | None:
    """The cache that a provider uses: the one given, the default one, or none."""
    if isinstance(wanted, TableCache):
        return wanted
    folder = cache_folder() if wanted else None
    return None if folder is None else TableCache(folder / "tables")


class TableCache:
    """A folder of tables, each in one ``.npz`` file, bounded in size.

    A cache never stands in the way: a damaged entry counts as none, a folder that cannot be written
    to stays empty; both with a warning.

    Parameters
    ----------
    folder
        Made when the first table is kept.
    limit
        Bytes that may be kept; those not used for longest go first.
    """

    def __init__(self, folder: str | os.PathLike[str], *, limit: int = LIMIT) -> None:
        self.folder = Path(folder)
        self.limit = limit

    @staticmethod
    def key(identity: str, *coordinates: Floats) -> str:
        """Fingerprint of a table: of what is travelled on, and of the places, in their order."""
        total = hashlib.blake2b(f"{VERSION} {identity}".encode(), digest_size=20)
        for array in coordinates:
            total.update(np.int64(array.size).tobytes())
            total.update(np.ascontiguousarray(array, dtype=np.float64).tobytes())
        return total.hexdigest()

    def get(self, key: str, shape: tuple[int, int]) -> dict[str, Floats] | None:
        """The arrays kept under a key, those of two dimensions of this shape; ``None`` = none."""
        path = self._path(key)
        if not path.exists():
            return None
        try:
            arrays = _npz.read(path, what="table", memory_map=False)
            _check(arrays, shape)
        except InputError as error:
            _warn(f"a table kept on disk is damaged and computed again: {error}")
            with contextlib.suppress(OSError):
                path.unlink()
            return None
        with contextlib.suppress(OSError):
            os.utime(path)  # used just now: it is the last to go
        return arrays

    def put(self, key: str, arrays: dict[str, Floats]) -> None:
        """Keep arrays under a key, whole or not at all, and make room for them."""
        if sum(array.nbytes for array in arrays.values()) > self.limit:
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with written_whole(self._path(key)) as stream:
                _npz.write(stream, arrays)
        except (InputError, OSError) as error:
            _warn(f"tables cannot be kept in {self.folder}: {error}")
            return
        self._make_room()

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.npz"

    def _make_room(self) -> None:
        """Remove what was not used for longest. Others may do the same at the same time."""
        kept = []
        for path in self.folder.iterdir():  # also what a killed process has left half-written
            with contextlib.suppress(OSError):
                about = path.stat()
                kept.append((about.st_mtime_ns, about.st_size, path))
        total = sum(size for _, size, _ in kept)
        for _, size, path in sorted(kept):
            if total <= self.limit:
                break
            with contextlib.suppress(OSError):
                path.unlink()
            total -= size


def _check(arrays: dict[str, npt.NDArray[np.generic]], shape: tuple[int, int]) -> None:
    shapes = {
        "durations": shape,
        "distances": shape,
        "source_snaps": shape[:1],
        "target_snaps": shape[1:],
    }
    found = {name: array.shape for name, array in arrays.items() if array.dtype == np.float64}
    if found != shapes:
        raise InputError(f"holds {found} instead of {shapes}")


def _warn(message: str) -> None:
    warnings.warn(message, RoutesolveWarning, stacklevel=2)
