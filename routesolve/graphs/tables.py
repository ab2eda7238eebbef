"""Matrices between many nodes, by whichever way is quickest, in memory or on disk."""

from __future__ import annotations

import math
import os
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

import numpy as np
import numpy.lib.format as npy
import numpy.typing as npt

from routesolve.errors import InputError
from routesolve.files import require_writable, written_whole
from routesolve.graphs import _npz, adjacency, searches
from routesolve.graphs._arrays import frozen
from routesolve.graphs.adjacency import Int32s
from routesolve.graphs.graph import Graph
from routesolve.graphs.shortest_paths import check_nodes

if TYPE_CHECKING:
    from routesolve.graphs.hierarchy import ContractionHierarchy

Floats = npt.NDArray[np.floating[Any]]
Method = Literal["auto", "search", "hierarchy"]
Rows = Callable[[Int32s], list[npt.NDArray[np.float64]]]
"""From some nodes to all of the other side: one (nodes, other side) array per metric reported."""
Way = Callable[[Int32s], Rows]
"""How rows are computed, once the other side is known."""

SEARCH_SECONDS = 20e-9
"""What a search of a whole street network takes, per node and arc (measured: 11 to 22)."""

BUILD_SEARCHES = 350
"""A contraction hierarchy takes as long to build as about this many searches (270 to 360)."""

WORTHWHILE = 2.0
"""Seconds of searching below which no hierarchy is built: loading its code costs as much."""

SMALL = 0.1
"""Seconds of searching below which one thread does it all."""

BLOCK_SECONDS = 0.5
BLOCK_NUMBERS = 1 << 20
"""Rows are computed in blocks: so many seconds of searching (Ctrl-C is seen in between), and so
many numbers per metric, at most."""


def matrix(
    graph: Graph,
    sources: npt.ArrayLike,
    targets: npt.ArrayLike | None = None,
    *,
    metrics: str | Sequence[str] = adjacency.REPORTED,
    metric: str | None = None,
    method: Method = "auto",
    index: ContractionHierarchy | None = None,
    limit: float = np.inf,
    threads: int | None = None,
    dtype: npt.DTypeLike = np.float64,
    out: str | os.PathLike[str] | None = None,
) -> tuple[Floats, ...]:
    """Table of cheapest paths between nodes: ``durations, distances = matrix(graph, nodes)``.

    Parameters
    ----------
    graph
        The graph.
    sources, targets
        (s,) and (t,) node numbers, repetition allowed; targets default to the sources.
    metrics
        What is reported, each summed along the same paths: metrics of the graph.
    metric
        What is minimised; default: that of `index`, or ``"duration"``.
    method
        ``"search"``: one search per source, or backward per target where those are fewer;
        ``"hierarchy"``: a contraction hierarchy, built first unless there is an `index`;
        ``"auto"``: `index` if there is one, else whichever should be done first. A graph that has
        no hierarchy (a social network) is searched. Where paths of equal cost differ in the other
        metrics, a hierarchy may report another one than a search does.
    index
        Hierarchy of this graph for this metric.
    limit
        In the unit of `metric`: what costs more counts as unreachable.
    threads
        How many; default: all processors of this process, one where the work is small. The numbers
        do not depend on it.
    dtype
        ``float64``, or ``float32``: half the room, seven digits.
    out
        File to write the matrices to, block by block, so that they need not fit into memory; it
        appears once it is complete. ``.npz``: one (s, t) array per metric, named by its plural
        (``"durations"``, ``"distances"``); twice the room is needed while it is written. ``.npy``:
        one array, (s, t) for one metric, (metrics, s, t) for several.

    Returns
    -------
    tuple of numpy.ndarray
        One (s, t) array per entry of `metrics`, in seconds, metres, or the unit of the metric;
        ``inf`` = unreachable. With `out`, read-only and mapped from the file.

    Raises
    ------
    InputError
        If a node, a metric or the method does not exist, the index is that of something else, the
        table does not fit into memory, or the file cannot be written.
    """
    keys = (metrics,) if isinstance(metrics, str) else tuple(metrics)
    rows = check_nodes(graph, sources, "sources")
    columns = rows if targets is None else check_nodes(graph, targets, "targets")
    minimised = metric or (index.metric if index is not None else "duration")
    kind = _check(graph, keys, minimised, method, index, threads, dtype)
    most = adjacency.steps(graph, minimised, limit)
    shape = len(keys), len(rows), len(columns)
    path = None if out is None else _check_file(out)
    if path is None:
        _require_memory(shape, kind)

    per_search = SEARCH_SECONDS * (graph.n + graph.m)
    backward = len(np.unique(columns)) < len(np.unique(rows))
    count = len(np.unique(columns if backward else rows))
    workers = threads or (_processors() if count * per_search > SMALL else 1)
    chosen = _index(graph, keys, minimised, method, index, count, bounded=limit < np.inf)
    if chosen is None:
        way = _by_search(graph, keys, minimised, most, backward=backward)
    else:
        way, per_search, backward = _by_hierarchy(chosen, keys, most), 0.0, False

    def fill(table: Floats) -> None:
        if backward:
            _fill(table.transpose(0, 2, 1), columns, rows, way, per_search, workers)
        else:
            _fill(table, rows, columns, way, per_search, workers)

    if path is not None:
        return _written(path, shape, kind, keys, fill)
    try:
        table = np.empty(shape, kind)
    except MemoryError:
        raise _too_large(shape, kind) from None
    fill(table)
    return tuple(table)


# ------------------------------------------------------------------ ways to compute rows


def _by_search(
    graph: Graph, keys: tuple[str, ...], metric: str, most: int, *, backward: bool
) -> Way:
    """Searches from one side to the other, given that other side."""
    arcs = (adjacency.backward if backward else adjacency.forward)(graph, metric)
    second = adjacency.others(metric)[0]
    rest = [key for key in dict.fromkeys(keys) if key not in (metric, second)]
    extra = searches.extra_weights(graph, arcs, rest)

    def to(other_side: Int32s) -> Rows:
        def rows(nodes: Int32s) -> list[npt.NDArray[np.float64]]:
            # Read-only, as everywhere: Numba compiles once more for writable arrays.
            ends = frozen(nodes, np.int32), frozen(other_side, np.int32)
            found = searches.table(arcs, *ends, limit=most, extra=extra)
            steps = dict(zip((metric, second, *rest), (*found[:2], *found[2]), strict=True))
            return [adjacency.real(steps[key], graph.units[key]) for key in keys]

        return rows

    return to


def _by_hierarchy(index: ContractionHierarchy, keys: tuple[str, ...], most: int) -> Way:
    """Tables of a hierarchy, given the targets."""
    limit = float(adjacency.in_units(most, index.graph.units[index.metric]))

    def to(targets: Int32s) -> Rows:
        if len(targets):
            index.costs(targets[:1], targets)  # prepares the targets before threads ask for them

        def rows(nodes: Int32s) -> list[npt.NDArray[np.float64]]:
            if set(keys) == {index.metric}:
                costs = index.costs(nodes, targets)
                sums = {index.metric: costs}
            else:
                durations, distances, costs = index.table(nodes, targets)
                sums = {"duration": durations, "distance": distances, index.metric: costs}
            if most < adjacency.NO_LIMIT:
                beyond = costs > limit
                sums = {key: np.where(beyond, np.inf, sums[key]) for key in keys}
            return [sums[key] for key in keys]

        return rows

    return to


def _fill(
    table: Floats,
    nodes: Int32s,
    other_side: Int32s,
    way: Way,
    per_row: float,
    threads: int,
) -> None:
    """Compute ``table[k, i, j]`` from ``nodes[i]`` to ``other_side[j]``, in blocks of rows.

    `per_row` is the estimated seconds per row. Nodes that come again are computed once.
    """
    if table.size == 0:
        return
    columns, column_of = np.unique(other_side, return_inverse=True)
    repeated = len(columns) < len(other_side)
    rows = way(columns if repeated else other_side)
    distinct, row_of = np.unique(nodes, return_inverse=True)
    places = np.argsort(row_of, kind="stable")
    ends = np.searchsorted(row_of[places], np.arange(len(distinct) + 1))
    height = min(BLOCK_NUMBERS // len(other_side), math.ceil(len(distinct) / (4 * threads)))
    if per_row > 0:
        height = min(height, int(BLOCK_SECONDS / per_row))
    height = max(height, 1)

    def block(start: int) -> None:
        for k, found in enumerate(rows(distinct[start : start + height])):
            values = found[:, column_of] if repeated else found
            for i, row in enumerate(values, start):
                table[k, places[ends[i] : ends[i + 1]]] = row

    starts = range(0, len(distinct), height)
    if threads == 1 or len(starts) == 1:
        for start in starts:
            block(start)
        return
    with ThreadPoolExecutor(threads) as pool:
        running = [pool.submit(block, start) for start in starts]
        try:
            for future in running:
                future.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


# ------------------------------------------------------------------ choosing and checking


def _index(
    graph: Graph,
    keys: tuple[str, ...],
    metric: str,
    method: Method,
    index: ContractionHierarchy | None,
    count: int,
    *,
    bounded: bool,
) -> ContractionHierarchy | None:
    """The hierarchy to use instead of `count` searches, if any."""
    if index is not None or method == "search":
        return index
    if method == "auto":
        summed = set(keys) <= {*adjacency.REPORTED, metric}
        long = count * SEARCH_SECONDS * (graph.n + graph.m) > WORTHWHILE
        if bounded or not (summed and long and count > BUILD_SEARCHES):
            return None
    from routesolve.graphs.hierarchy import ContractionHierarchy

    try:
        return ContractionHierarchy.build(graph, metric=metric)
    except InputError:
        if method == "hierarchy":
            raise
        return None


def _check(
    graph: Graph,
    keys: tuple[str, ...],
    metric: str,
    method: str,
    index: ContractionHierarchy | None,
    threads: int | None,
    dtype: npt.DTypeLike,
) -> np.dtype[Any]:
    if not keys:
        raise InputError("no metrics to report", fix='name some, e.g. metrics=("duration",)')
    for key in (*keys, metric):
        adjacency.check_metric(graph, key)
    if method not in ("auto", "search", "hierarchy"):
        raise InputError(f"unknown method {method!r}", fix='use "auto", "search" or "hierarchy"')
    if index is not None and (index.graph is not graph or index.metric != metric):
        raise InputError(
            f"this index was built for {index.metric} on {index.graph!r}",
            fix="give the index of the same graph and metric, or none",
        )
    if index is not None and method == "search":
        raise InputError("an index is given but not wanted", fix='use method="auto"')
    unknown = sorted(set(keys) - {*adjacency.REPORTED, metric})
    if unknown and (index is not None or method == "hierarchy"):
        raise InputError(
            f"a hierarchy by {metric} does not sum {', '.join(unknown)}",
            fix='use method="search" and no index',
        )
    if threads is not None and threads < 1:
        raise InputError(f"{threads} threads", fix="give at least one, or None")
    kind = np.dtype(dtype)
    if kind not in (np.dtype(np.float64), np.dtype(np.float32)):
        raise InputError(f"numbers of type {kind}", fix="use float64 or float32")
    return kind


def _check_file(out: str | os.PathLike[str]) -> Path:
    path = Path(out)
    if path.suffix not in (".npz", ".npy"):
        raise InputError("not a file for matrices", where=str(path), fix="name it .npz or .npy")
    problems = require_writable(path)
    if problems:
        raise InputError(problems)
    return path


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _require_memory(shape: tuple[int, ...], kind: np.dtype[Any]) -> None:
    # Where memory is handed out before it is there, no MemoryError would come, only the end.
    if math.prod(shape) * kind.itemsize > _free_memory():
        raise _too_large(shape, kind)


def _too_large(shape: tuple[int, ...], kind: np.dtype[Any]) -> InputError:
    return InputError(
        f"{' x '.join(map(str, shape))} numbers take {math.prod(shape) * kind.itemsize / 1e9:.3g}"
        " GB, more than there is memory",
        fix='write them to a file with out="matrix.npz", or ask for fewer nodes or metrics',
    )


def _free_memory() -> float:
    """Bytes that can be had without swapping; ``inf`` where nobody says."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        fields = dict(line.split(":", 1) for line in lines)
        return float(fields["MemAvailable"].split()[0]) * 1024
    except (OSError, LookupError, ValueError):
        return math.inf


# ------------------------------------------------------------------ to a file


def _written(
    path: Path,
    shape: tuple[int, int, int],
    kind: np.dtype[Any],
    keys: tuple[str, ...],
    fill: Callable[[Floats], None],
) -> tuple[Floats, ...]:
    if path.suffix == ".npy":
        with written_whole(path) as stream:
            header = npy.header_data_from_array_1_0(np.empty(0, kind))
            header["shape"] = shape if len(keys) > 1 else shape[1:]
            npy.write_array_header_1_0(stream, header)
            fill(_mapped(stream, shape, kind))
        whole = np.load(path, mmap_mode="r" if math.prod(shape) else None)
        return tuple(whole.reshape(shape))
    # The members of an archive follow each other, while all are computed at the same time.
    with written_whole(path) as stream, tempfile.TemporaryFile(dir=path.parent) as spool:
        table = _mapped(spool, shape, kind)
        fill(table)
        names = [f"{key}s" for key in keys]
        _npz.write(stream, dict(zip(names, table, strict=True)))
    arrays = _npz.read(path, what="matrix", memory_map=True)
    return tuple(arrays[name] for name in names)


def _mapped(stream: BinaryIO, shape: tuple[int, ...], kind: np.dtype[Any]) -> Floats:
    """An array that lies in a file, from where the file ends now."""
    size = math.prod(shape) * kind.itemsize
    if size == 0:
        return np.empty(shape, kind)
    stream.flush()
    begin = stream.tell()
    if hasattr(os, "posix_fallocate"):
        # A full disk is an error here; later, in mapped memory, it would be the end.
        os.posix_fallocate(stream.fileno(), begin, size)
    return np.memmap(stream, kind, "r+", offset=begin, shape=shape)
