"""Indexes on disk: one ``.npz`` file, no pickles, tied to the graph it was built on."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError
from routesolve.graphs.graph import Graph

# What NumPy raises on a file that is something else: a lone array, an object array, missing keys.
DAMAGE = (ValueError, TypeError, KeyError, IndexError, AttributeError)
Arrays = dict[str, npt.NDArray[Any]]


def digest(graph: Graph) -> str:
    """Fingerprint of everything about a graph that its shortest paths depend on."""
    total = hashlib.blake2b(digest_size=16)
    arrays: list[npt.NDArray[Any]] = [
        graph.indptr,
        graph.heads,
        *(graph.metrics[k] for k in sorted(graph.metrics)),
    ]
    for array in arrays:
        total.update(np.int64(array.size).tobytes())
        total.update(np.ascontiguousarray(array).data)
    return total.hexdigest()


def save(path: str | os.PathLike[str], meta: Mapping[str, Any], arrays: Arrays) -> None:
    """Write an index, whole or not at all.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    path = Path(path)
    text = np.frombuffer(json.dumps(dict(meta)).encode(), dtype=np.uint8)
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.")
        with os.fdopen(handle, "wb") as file:
            np.savez(file, allow_pickle=False, meta=text, **arrays)
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)
        os.replace(temporary, path)
    except OSError as error:
        raise InputError(f"cannot write the index: {error.strerror}", where=str(path)) from error
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)


def load(
    path: str | os.PathLike[str], graph: Graph, *, kind: str, version: int
) -> tuple[dict[str, Any], Arrays]:
    """Read an index of the given kind that was built on `graph`.

    Raises
    ------
    InputError
        If the file is missing, damaged, of another kind or version, or of another graph.
    """
    where = str(path)
    again = "build the index again"
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = {key: archive[key] for key in archive.files}
        meta = json.loads(arrays.pop("meta").tobytes().decode())
        found, written, of = meta["format"], meta["version"], meta["graph"]
    except OSError as error:
        reason = error.strerror or "damaged"
        raise InputError(f"cannot read the index: {reason}", where=where) from error
    except (*DAMAGE, EOFError, NotImplementedError, zipfile.BadZipFile, zlib.error) as error:
        raise InputError(
            f"not a saved index, or damaged: {error}", where=where, fix=again
        ) from error
    if found != kind:
        raise InputError(f"this is a {found!r}, not a {kind!r}", where=where)
    if written != version:
        raise InputError(
            f"written in format {written}, this version reads {version}", where=where, fix=again
        )
    if of != digest(graph):
        raise InputError("this index was built on another graph", where=where, fix=again)
    return meta, arrays


def take(arrays: Arrays, key: str, dtype: type, size: int | None = None) -> npt.NDArray[Any]:
    """One array of the expected type and length; ValueError otherwise."""
    array = arrays[key]
    if array.dtype != dtype or array.ndim != 1 or (size is not None and array.size != size):
        raise ValueError(f"{key} has the wrong type or length")
    return array


def check_rows(ptr: npt.NDArray[Any], total: int, n: int) -> None:
    """ValueError unless `ptr` are row pointers of n rows with `total` entries."""
    if ptr.shape != (n + 1,) or ptr[0] != 0 or ptr[-1] != total or (np.diff(ptr) < 0).any():
        raise ValueError("row pointers do not describe the arcs")
