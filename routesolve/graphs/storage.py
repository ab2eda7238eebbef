"""Graphs and road networks on disk: one ``.npz`` file, no pickles, equal graphs in equal bytes.

Small ones are packed, numbers in the narrowest type that loses nothing: coordinates with at most
seven decimals, which is all OpenStreetMap has, are integers of 1e-7 degrees. Large ones are stored
as they lie in memory, so that they can be mapped instead of read. A network's file is that of its
streets with turns and an index added: a graph can be loaded from it, too.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError
from routesolve.files import written_whole
from routesolve.graphs import _npz
from routesolve.graphs._arrays import smallest_unsigned
from routesolve.graphs._npz import DAMAGE, Arrays
from routesolve.graphs.edge_data import Labels, Polylines
from routesolve.graphs.graph import Graph

if TYPE_CHECKING:
    from routesolve.graphs.hierarchy import ContractionHierarchy
    from routesolve.graphs.network import RoadNetwork
    from routesolve.graphs.turns import Turns

FORMAT = "routesolve-graph"
VERSION = 2
"""1: a packed graph. 2: also arrays as they are in memory, turns, an index."""

LARGE = 64 * 2**20
"""Bytes of arrays from which on a file is stored rather than packed."""

_DEGREE_STEPS = 10_000_000
_TURNS, _INDEX = "turns.", "index."
_SIZES = {"": "degrees", "geometry.": "geometry.counts", _TURNS: "turns.counts"}
_TEXTS = ("name", "source", "licence", "attribution")


def save(graph: Graph, path: str | os.PathLike[str], *, compressed: bool | None = None) -> None:
    """Write `graph` to `path`, whole or not at all.

    Parameters
    ----------
    graph, path
        What to write where.
    compressed
        Pack the file (small, slower to load), or store the arrays as they are, to be mapped into
        memory; default: pack up to 64 MB of arrays.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    packed = compressed if compressed is not None else _size(graph) <= LARGE
    _write(path, _meta(graph, 1 if packed else VERSION), _graph_arrays(graph, packed), packed)


def load(path: str | os.PathLike[str], *, memory_map: bool | None = None) -> Graph:
    """Read a graph written by :func:`save`, or the streets of a saved network.

    Parameters
    ----------
    path
        The file.
    memory_map
        Use the arrays where they lie in the file instead of reading them into memory; the file must
        not be changed in place while it is used (saving again is fine). ``True`` insists, the
        default does so where the file was stored that way.

    Raises
    ------
    InputError
        If the file is missing, damaged, of a later version, or not a graph; or if it is packed and
        `memory_map` is true.
    """
    skip = (_TURNS, _INDEX)
    arrays = _npz.read(path, what="network", memory_map=memory_map, skip=skip)
    with _explained(path):
        return _graph(_checked_meta(arrays), arrays)


def save_network(
    network: RoadNetwork, path: str | os.PathLike[str], *, compressed: bool | None = None
) -> None:
    """Write streets, turns and, when it has been built, the index to `path`; see :func:`save`.

    The index is never packed.
    """
    index, turns = network.index, network.turns
    size = _size(network.streets) + (0 if turns is None else turns.onto.nbytes)
    packed = compressed if compressed is not None else size <= LARGE
    parts: Arrays = {}
    if turns is not None:
        parts |= _turn_arrays(turns, packed)
    if index is not None:
        parts |= {f"{_INDEX}{key}": array for key, array in index.index.arrays.items()}
    meta = _meta(network.streets, VERSION if parts or not packed else 1)
    if index is not None:
        meta["index"] = _index_meta(index)
    _write(path, meta, _graph_arrays(network.streets, packed) | parts, packed)


def load_network_file(
    path: str | os.PathLike[str], *, memory_map: bool | None = None
) -> RoadNetwork:
    """Read a network written by :func:`save_network`; a plain graph has no turns. See :func:`load`.

    Raises
    ------
    InputError
        As :func:`load`; also if the index in the file belongs to another graph or version.
    """
    from routesolve.graphs.network import RoadNetwork

    arrays = _npz.read(path, what="network", memory_map=memory_map)
    with _explained(path):
        meta = _checked_meta(arrays)
        network = RoadNetwork(_graph(meta, arrays), _turns(arrays))
        if "index" not in meta:
            return network
        return network.with_index(_index(meta["index"], arrays, network.searched))


@contextmanager
def _explained(path: str | os.PathLike[str]) -> Iterator[None]:
    """Name the file in every error, and call whatever unpacking trips over damage."""
    try:
        yield
    except InputError as error:
        raise error.within(str(path)) from error
    except DAMAGE as error:
        raise InputError(
            f"not a saved network, or damaged: {error!r}", where=str(path), fix="save it again"
        ) from error


def _write(
    path: str | os.PathLike[str], meta: dict[str, Any], arrays: Arrays, packed: bool
) -> None:
    text = _bytes(json.dumps(meta, ensure_ascii=False))
    with written_whole(path) as stream:
        # An index packs badly and slowly.
        _npz.write(
            stream,
            {"meta": text, **arrays},
            packed=lambda key: packed and not key.startswith(_INDEX),
        )


def _meta(graph: Graph, version: int) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": version,
        "units": dict(graph.units),
        "edge_attributes": list(graph.edge_attributes),
        **{key: getattr(graph, key) for key in _TEXTS},
    }


def _checked_meta(arrays: Arrays) -> dict[str, Any]:
    meta: dict[str, Any] = json.loads(arrays["meta"].tobytes().decode())
    if meta["format"] != FORMAT:
        raise InputError("not a saved network")
    if meta["version"] > VERSION:
        raise InputError(
            f"written by a later version (format {meta['version']}, this one reads {VERSION})",
            fix="upgrade routesolve",
        )
    return meta


# ---------------------------------------------------------------- graphs


def _size(graph: Graph) -> int:
    """Bytes of the arrays that a file of `graph` holds."""
    arrays: list[npt.NDArray[Any] | None] = [
        graph.indptr,
        graph.heads,
        *graph.metrics.values(),
        graph.coordinates,
        graph.node_ids,
        *(labels.codes for labels in graph.edge_attributes.values()),
    ]
    if graph.geometry is not None:
        arrays += [graph.geometry.indptr, graph.geometry.points]
    return sum(array.nbytes for array in arrays if array is not None)


def _graph_arrays(graph: Graph, packed: bool) -> Arrays:
    narrow = smallest_unsigned if packed else _as_it_is
    degrees = _pack_degrees if packed else _as_it_is
    arrays = {**_row_arrays("", graph.indptr, packed), "heads": narrow(graph.heads)}
    for key, weights in graph.metrics.items():
        arrays[f"metric.{key}"] = narrow(weights)
    if graph.coordinates is not None:
        arrays["coordinates"] = degrees(graph.coordinates)
    if graph.node_ids.dtype.kind == "U":
        arrays["node_names"], arrays["node_name_lengths"] = _pack_strings(graph.node_ids.tolist())
    else:
        arrays["node_ids"] = graph.node_ids
    for number, labels in enumerate(graph.edge_attributes.values()):
        key = f"labels.{number}"
        arrays[f"{key}.codes"] = smallest_unsigned(labels.codes + 1) if packed else labels.codes
        arrays[f"{key}.text"], arrays[f"{key}.lengths"] = _pack_strings(labels.table)
    if graph.geometry is not None:
        arrays |= _row_arrays("geometry.", graph.geometry.indptr, packed)
        arrays["geometry.points"] = degrees(graph.geometry.points)
    return arrays


def _graph(meta: dict[str, Any], arrays: Arrays) -> Graph:
    attributes = {}
    for number, key in enumerate(meta["edge_attributes"]):
        codes = arrays[f"labels.{number}.codes"]
        table = _unpack_strings(arrays[f"labels.{number}.text"], arrays[f"labels.{number}.lengths"])
        attributes[key] = Labels(
            codes if codes.dtype.kind == "i" else codes.astype(np.int32) - 1, tuple(table)
        )
    geometry = None
    if "geometry.points" in arrays:
        geometry = Polylines(
            _row_pointers("geometry.", arrays), _unpack_degrees(arrays["geometry.points"])
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
        indptr=_row_pointers("", arrays),
        heads=arrays["heads"],
        metrics={k.removeprefix(prefix): v for k, v in arrays.items() if k.startswith(prefix)},
        units={key: float(value) for key, value in meta["units"].items()},
        coordinates=None if coordinates is None else _unpack_degrees(coordinates),
        node_ids=ids,
        edge_attributes=attributes,
        geometry=geometry,
        **{key: str(meta[key]) for key in _TEXTS},
    )


# ---------------------------------------------------------------- turns and index


def _turn_arrays(turns: Turns, packed: bool) -> Arrays:
    narrow = smallest_unsigned if packed else _as_it_is
    arrays = {**_row_arrays(_TURNS, turns.indptr, packed), "turns.onto": narrow(turns.onto)}
    arrays |= {f"turns.penalty.{key}": narrow(steps) for key, steps in turns.penalties.items()}
    arrays["turns.bans"] = np.array([arc for ban in turns.bans for arc in ban], dtype=np.int32)
    arrays["turns.ban_lengths"] = np.array([len(ban) for ban in turns.bans], dtype=np.int32)
    return arrays


def _turns(arrays: Arrays) -> Turns | None:
    from routesolve.graphs.turns import Turns

    if "turns.onto" not in arrays:
        return None
    prefix = "turns.penalty."
    lengths, arcs = arrays["turns.ban_lengths"], arrays["turns.bans"].tolist()
    ends = np.cumsum(lengths).tolist()
    return Turns(
        indptr=_row_pointers(_TURNS, arrays),
        onto=arrays["turns.onto"],
        penalties={k.removeprefix(prefix): v for k, v in arrays.items() if k.startswith(prefix)},
        bans=tuple(tuple(arcs[a:b]) for a, b in zip([0, *ends], ends, strict=False)),
    )


def _index_meta(index: ContractionHierarchy) -> dict[str, Any]:
    from routesolve.graphs._hierarchy.storage import digest
    from routesolve.graphs.hierarchy import VERSION as INDEX_VERSION

    return {"version": INDEX_VERSION, "graph": digest(index.graph), "metric": index.metric}


def _index(meta: dict[str, Any], arrays: Arrays, graph: Graph) -> ContractionHierarchy:
    """The index in a file, which has to be that of `graph`."""
    from routesolve.graphs._hierarchy.check import checked_index
    from routesolve.graphs._hierarchy.storage import check_origin
    from routesolve.graphs.hierarchy import VERSION as INDEX_VERSION
    from routesolve.graphs.hierarchy import ContractionHierarchy

    check_origin(meta["version"], INDEX_VERSION, meta["graph"], graph)
    if meta["metric"] not in graph.metrics:
        raise InputError(f"an index of the metric {meta['metric']!r}, which the graph has not")
    own = {k.removeprefix(_INDEX): v for k, v in arrays.items() if k.startswith(_INDEX)}
    return ContractionHierarchy(graph, meta["metric"], checked_index(own, graph))


# ---------------------------------------------------------------- packing


def _as_it_is(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return values


def _row_arrays(prefix: str, indptr: npt.NDArray[np.int64], packed: bool) -> Arrays:
    """Row pointers as they are, or as the sizes of the rows."""
    if not packed:
        return {f"{prefix}indptr": indptr}
    return {_SIZES[prefix]: smallest_unsigned(np.diff(indptr))}


def _row_pointers(prefix: str, arrays: Arrays) -> npt.NDArray[np.int64]:
    if f"{prefix}indptr" in arrays:
        return arrays[f"{prefix}indptr"]
    sizes = arrays[_SIZES[prefix]]
    starts = np.zeros(len(sizes) + 1, dtype=np.int64)
    np.cumsum(sizes, out=starts[1:])
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
