"""Core-periphery indexes on disk: one ``.npz`` file, tied to the network it was made of."""

from __future__ import annotations

import hashlib
import json
import os
from typing import Any

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError
from routesolve.graphs import _npz, hop_arcs
from routesolve.graphs._core_periphery.asked import Arcs, GraphLists, Oracle
from routesolve.graphs._core_periphery.compiled import CompiledCore
from routesolve.graphs._core_periphery.general import GeneralCore
from routesolve.graphs._core_periphery.growing import assembled
from routesolve.graphs._hierarchy import storage
from routesolve.graphs._npz import DAMAGE, Arrays
from routesolve.graphs.pruned_labels import PrunedLandmarkLabels

FORMAT = "routesolve-core-periphery"
VERSION = 1

WHOLE = 1 << 26
"""Entries of an array up to which all of it goes into the fingerprint of a network."""
PIECES, PIECE = 4096, 1024
"""Of a longer one, so many pieces of so many entries."""

ASKED = 4
"""Vertices about which a function is asked when an index of it is loaded."""
_LABELS = "labels."


def digest(*arrays: npt.NDArray[Any]) -> str:
    """Fingerprint of some arrays; of long ones, which may be on disk, of evenly spread parts."""
    total = hashlib.blake2b(digest_size=16)
    for array in arrays:
        total.update(np.int64(array.size).tobytes())
        if array.size <= WHOLE:
            total.update(np.ascontiguousarray(array).data)
            continue
        for begin in np.linspace(0, array.size - PIECE, PIECES).astype(np.int64):
            total.update(np.ascontiguousarray(array[begin : begin + PIECE]).data)
    return total.hexdigest()


def save(
    path: str | os.PathLike[str], searches: CompiledCore | GeneralCore, facts: dict[str, Any]
) -> None:
    """Write an index, whole or not at all.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    arrays: Arrays
    if isinstance(searches, CompiledCore):
        kind, origin = "compiled", digest(searches.indptr, searches.heads)
        changed, starts, new = searches.changed_lists()
        core = searches.core
        arrays = {
            "around": core.around, "nodes": core.nodes, "indptr": core.indptr, "heads": core.heads,
            "changed": changed, "new_indptr": starts, "new_heads": new,
        }  # fmt: skip
        if searches.labels is not None:
            arrays |= {_LABELS + key: array for key, array in searches.labels.arrays().items()}
    else:
        kind, origin = "general", _origin(searches.lists)
        arrays = {"nodes": np.array(searches.nodes, np.int64)}
        arrays |= _rows("out", searches.nodes, searches.out)
        if searches.into is not searches.out:
            arrays |= _rows("into", searches.nodes, searches.into)
    meta = {"format": FORMAT, "version": VERSION, "graph": origin, "kind": kind, "facts": facts}
    storage.save(path, meta, arrays)


def read(path: str | os.PathLike[str]) -> tuple[dict[str, Any], Arrays]:
    """What is in a file, with nothing checked but its kind and version.

    Raises
    ------
    InputError
        If it is missing, damaged, or of another kind or version.
    """
    where = str(path)
    arrays = _npz.read(path, what="index", fix=storage.AGAIN)
    try:
        meta: dict[str, Any] = json.loads(arrays.pop("meta").tobytes().decode())
        found, written = meta["format"], meta["version"]
        if found == FORMAT and written == VERSION:
            meta["graph"], meta["kind"], meta["facts"]["core"]
    except DAMAGE as error:
        raise InputError(
            f"not a saved index, or damaged: {error!r}", where=where, fix=storage.AGAIN
        ) from error
    if found != FORMAT:
        raise InputError(f"this is a {found!r}, not a {FORMAT!r}", where=where)
    if written != VERSION:
        raise InputError(
            f"index written in format {written}, this version reads {VERSION}",
            where=where,
            fix=storage.AGAIN,
        )
    return meta, arrays


def restore(
    path: str | os.PathLike[str], meta: dict[str, Any], arrays: Arrays,
    network: tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]] | Oracle | GraphLists,
) -> CompiledCore | GeneralCore:  # fmt: skip
    """The index in a file, of a network of the right kind.

    Raises
    ------
    InputError
        If it is damaged, or was made of another network.
    """
    compiled = isinstance(network, tuple)
    same = meta["kind"] == ("compiled" if compiled else "general")
    origin = digest(*network) if isinstance(network, tuple) else _origin(network)
    try:
        if not same or origin != meta["graph"]:
            raise InputError("this index was built on another graph", fix=storage.AGAIN)
        if isinstance(network, tuple):
            return _compiled(*network, arrays)
        return _general(network, arrays)
    except InputError as error:
        raise error.within(str(path)) from error
    except DAMAGE as error:
        raise InputError(f"damaged index: {error}", where=str(path), fix=storage.AGAIN) from error


def _compiled(
    indptr: npt.NDArray[np.int64], heads: npt.NDArray[np.int32], arrays: Arrays
) -> CompiledCore:
    """Put the compiled kind together; ValueError if its arrays would lead outside."""
    n = len(indptr) - 1
    nodes = storage.take(arrays, "nodes", np.int32)
    around = storage.take(arrays, "around", np.int64, n // 64 + 1)
    rows, ends = (storage.take(arrays, key, np.int32) for key in ("indptr", "heads"))
    storage.check_rows(rows, len(ends), len(nodes))
    changed = storage.take(arrays, "changed", np.int32)
    starts = storage.take(arrays, "new_indptr", np.int64)
    new = storage.take(arrays, "new_heads", np.int32)
    storage.check_rows(starts, len(new), len(changed))
    for array, most in ((nodes, n), (ends, len(nodes)), (changed, n), (new, n)):
        if array.size and not 0 <= array.min() <= array.max() < most:
            raise ValueError("a number out of range")
    if len(np.unique(nodes)) != len(nodes):
        raise ValueError("a vertex is twice in the core")
    core = assembled(around, nodes, rows, ends)
    beyond = ~np.int64(0) << np.int64(n & 63)  # bits of vertices that do not exist
    if (core.words & ~around).any() or around[-1] & beyond:
        raise ValueError("rings and core do not agree")
    labels = None
    own = {key[len(_LABELS) :]: a for key, a in arrays.items() if key.startswith(_LABELS)}
    if own:
        labels = PrunedLandmarkLabels.from_arrays(
            hop_arcs.of_rows(rows.astype(np.int64), ends), own
        )
    changes = {int(v): new[a:b] for v, a, b in zip(changed, starts[:-1], starts[1:], strict=True)}
    return CompiledCore(indptr, heads, core, changes, labels)


def _general(network: Oracle | GraphLists, arrays: Arrays) -> GeneralCore:
    nodes = storage.take(arrays, "nodes", np.int64).tolist()
    if len(set(nodes)) != len(nodes):
        raise ValueError("a vertex is twice in the core")
    out = _unrows("out", nodes, arrays)
    into = _unrows("into", nodes, arrays) if "into_starts" in arrays else out
    if (into is not out) != network.directed:
        raise ValueError("directions are missing")
    if isinstance(network, Oracle):
        for v in nodes[:ASKED]:
            if sorted(network.out(v)) != sorted(out[v]):
                raise InputError("this index was built on another graph", fix=storage.AGAIN)
    return GeneralCore(network, nodes, out, into)


def _origin(lists: Oracle | GraphLists) -> str:
    """Fingerprint of a network that is not plain lists."""
    if isinstance(lists, Oracle):
        return f"function, {lists.n} vertices"
    weights = [] if lists.metric is None else [lists.graph.metrics[lists.metric]]
    kind = f"{lists.metric}, {'directed' if lists.directed else 'undirected'}"
    return f"{kind}, {digest(lists.graph.indptr, lists.graph.heads, *weights)}"


def _rows(key: str, nodes: list[int], half: dict[int, Arcs]) -> Arrays:
    starts = np.zeros(len(nodes) + 1, np.int64)
    np.cumsum([len(half[v]) for v in nodes], out=starts[1:])
    flat = np.array([arc for v in nodes for arc in half[v]], np.int64).reshape(-1, 2)
    return {f"{key}_starts": starts, f"{key}_ends": flat[:, 0].copy(),
            f"{key}_weights": flat[:, 1].copy()}  # fmt: skip


def _unrows(key: str, nodes: list[int], arrays: Arrays) -> dict[int, Arcs]:
    starts = storage.take(arrays, f"{key}_starts", np.int64)
    ends = storage.take(arrays, f"{key}_ends", np.int64)
    weights = storage.take(arrays, f"{key}_weights", np.int64, len(ends)).tolist()
    storage.check_rows(starts, len(ends), len(nodes))
    arcs = list(zip(ends.tolist(), weights, strict=True))
    return {v: arcs[starts[i] : starts[i + 1]] for i, v in enumerate(nodes)}
