"""Graphs on disk: one ``.npz`` file, no pickles, the same bytes for the same graph.

Numbers are stored in the narrowest type that loses nothing. Coordinates with at most seven
decimals, which is all OpenStreetMap has, are stored as integers of 1e-7 degrees.
"""

from __future__ import annotations

import json
import os
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError
from routesolve.graphs._arrays import smallest_unsigned
from routesolve.graphs.edge_data import Labels, Polylines
from routesolve.graphs.graph import Graph

FORMAT = "routesolve-graph"
VERSION = 1

_DEGREE_STEPS = 10_000_000
_TEXTS = ("name", "source", "licence", "attribution")
# What NumPy and our own unpacking raise on a file that is something else: a lone array, an object
# array, missing keys.
_DAMAGE = (ValueError, TypeError, KeyError, IndexError, AttributeError)
Arrays = dict[str, npt.NDArray[Any]]


def save(graph: Graph, path: str | os.PathLike[str]) -> None:
    """Write `graph` to `path` through a temporary file: a reader never meets half a one.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(temporary, "wb") as file:
            np.savez_compressed(file, allow_pickle=False, **_to_arrays(graph))
        os.replace(temporary, path)
    except OSError as error:
        raise InputError(f"cannot write the network: {error.strerror}", where=str(path)) from error
    finally:
        temporary.unlink(missing_ok=True)


def load(path: str | os.PathLike[str]) -> Graph:
    """Read a graph written by :func:`save`.

    Raises
    ------
    InputError
        If the file is missing, damaged, of a later version, or not a graph.
    """
    where = str(path)
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = {key: archive[key] for key in archive.files}
    except OSError as error:
        reason = error.strerror or "damaged"
        raise InputError(f"cannot read the network: {reason}", where=where) from error
    except (*_DAMAGE, EOFError, NotImplementedError, zipfile.BadZipFile, zlib.error) as error:
        raise InputError(
            f"not a saved network, or damaged: {error}", where=where, fix="save it again"
        ) from error
    try:
        return _from_arrays(arrays)
    except InputError as error:
        raise error.within(where) from error
    except _DAMAGE as error:
        raise InputError(
            f"not a saved network, or damaged: {error!r}", where=where, fix="save it again"
        ) from error


def _to_arrays(graph: Graph) -> Arrays:
    meta = {
        "format": FORMAT,
        "version": VERSION,
        "units": dict(graph.units),
        "edge_attributes": list(graph.edge_attributes),
        **{key: getattr(graph, key) for key in _TEXTS},
    }
    arrays = {
        "meta": _bytes(json.dumps(meta, ensure_ascii=False)),
        "degrees": smallest_unsigned(np.diff(graph.indptr)),
        "heads": smallest_unsigned(graph.heads),
    }
    for key, weights in graph.metrics.items():
        arrays[f"metric.{key}"] = smallest_unsigned(weights)
    if graph.coordinates is not None:
        arrays["coordinates"] = _pack_degrees(graph.coordinates)
    if graph.node_ids.dtype.kind == "U":
        arrays["node_names"], arrays["node_name_lengths"] = _pack_strings(graph.node_ids.tolist())
    else:
        arrays["node_ids"] = graph.node_ids
    for number, labels in enumerate(graph.edge_attributes.values()):
        arrays[f"labels.{number}.codes"] = smallest_unsigned(labels.codes + 1)
        text, lengths = _pack_strings(labels.table)
        arrays[f"labels.{number}.text"], arrays[f"labels.{number}.lengths"] = text, lengths
    if graph.geometry is not None:
        arrays["geometry.counts"] = smallest_unsigned(np.diff(graph.geometry.indptr))
        arrays["geometry.points"] = _pack_degrees(graph.geometry.points)
    return arrays


def _from_arrays(arrays: Arrays) -> Graph:
    meta = json.loads(arrays["meta"].tobytes().decode())
    if meta["format"] != FORMAT:
        raise InputError("not a saved network")
    if meta["version"] > VERSION:
        raise InputError(
            f"written by a later version (format {meta['version']}, this one reads {VERSION})",
            fix="upgrade routesolve",
        )
    attributes = {
        key: Labels(
            arrays[f"labels.{number}.codes"].astype(np.int32) - 1,
            tuple(
                _unpack_strings(arrays[f"labels.{number}.text"], arrays[f"labels.{number}.lengths"])
            ),
        )
        for number, key in enumerate(meta["edge_attributes"])
    }
    geometry = None
    if "geometry.counts" in arrays:
        geometry = Polylines(
            _starts(arrays["geometry.counts"]), _unpack_degrees(arrays["geometry.points"])
        )
    if "node_names" in arrays:
        ids = np.array(
            _unpack_strings(arrays["node_names"], arrays["node_name_lengths"]), dtype=np.str_
        )
    else:
        ids = arrays["node_ids"]
    coordinates = arrays.get("coordinates")
    prefix = "metric."
    return Graph(
        indptr=_starts(arrays["degrees"]),
        heads=arrays["heads"],
        metrics={k.removeprefix(prefix): v for k, v in arrays.items() if k.startswith(prefix)},
        units={key: float(value) for key, value in meta["units"].items()},
        coordinates=None if coordinates is None else _unpack_degrees(coordinates),
        node_ids=ids,
        edge_attributes=attributes,
        geometry=geometry,
        **{key: str(meta[key]) for key in _TEXTS},
    )


def _starts(counts: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    starts = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts, out=starts[1:])
    return starts


def _pack_degrees(degrees: npt.NDArray[np.float64]) -> npt.NDArray[Any]:
    steps = np.rint(degrees * _DEGREE_STEPS)
    if np.array_equal(steps / _DEGREE_STEPS, degrees):
        # Longitudes and latitudes apart compress better than interleaved.
        return np.asfortranarray(steps.astype(np.int32))
    return degrees


def _unpack_degrees(stored: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    if stored.dtype.kind == "i":
        return np.ascontiguousarray(stored / _DEGREE_STEPS)
    return stored


def _bytes(text: str) -> npt.NDArray[np.uint8]:
    return np.frombuffer(text.encode(), dtype=np.uint8)


def _pack_strings(strings: Any) -> tuple[npt.NDArray[np.uint8], npt.NDArray[Any]]:
    """All strings as one run of UTF-8, and the length of each in characters."""
    strings = list(strings)
    lengths = np.array([len(string) for string in strings], dtype=np.int64)
    return _bytes("".join(strings)), smallest_unsigned(lengths)


def _unpack_strings(text: npt.NDArray[np.uint8], lengths: npt.NDArray[Any]) -> list[str]:
    whole = text.tobytes().decode()
    ends = np.cumsum(lengths, dtype=np.int64).tolist()
    if (ends[-1] if ends else 0) != len(whole):
        raise ValueError("string table of the wrong length")
    return [whole[a:b] for a, b in zip([0, *ends], ends, strict=False)]
