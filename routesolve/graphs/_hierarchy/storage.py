"""Indexes on disk: one ``.npz`` file, no pickles, tied to the graph it was built on."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError
from routesolve.files import written_whole
from routesolve.graphs import _npz
from routesolve.graphs._npz import DAMAGE as DAMAGE
from routesolve.graphs._npz import Arrays as Arrays
from routesolve.graphs.graph import Graph

AGAIN = "build the index again"


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
    text = np.frombuffer(json.dumps(dict(meta)).encode(), dtype=np.uint8)
    with written_whole(path) as stream:
        _npz.write(stream, {"meta": text, **arrays})


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
    arrays = _npz.read(path, what="index", fix=AGAIN)
    try:
        meta = json.loads(arrays.pop("meta").tobytes().decode())
        found, written, of = meta["format"], meta["version"], meta["graph"]
    except DAMAGE as error:
        raise InputError(
            f"not a saved index, or damaged: {error!r}", where=where, fix=AGAIN
        ) from error
    if found != kind:
        raise InputError(f"this is a {found!r}, not a {kind!r}", where=where)
    try:
        check_origin(written, version, of, graph)
    except InputError as error:
        raise error.within(where) from error
    return meta, arrays


def check_origin(written: object, version: int, of: object, graph: Graph) -> None:
    """InputError unless an index was written in this format and built on this graph."""
    if written != version:
        raise InputError(
            f"index written in format {written}, this version reads {version}", fix=AGAIN
        )
    if of != digest(graph):
        raise InputError("this index was built on another graph", fix=AGAIN)


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
