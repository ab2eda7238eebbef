"""What the searches through the core of a network read and write.

A *place* on a path is one number: a vertex of the core by its number there (>= 0), any other vertex
v as -2 - v; -1 = none.

Axes: n vertices, m arcs, k vertices of the core, w = n // 64 + 1 words, c arcs inside the core, p
vertices whose lists have changed, a arcs of theirs.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]

FAR = 1 << 30
"""More hops than any path has."""
APART, LOST, SPLIT = -1, -2, -3
"""Not connected; not answered yet; the core does not connect the two ends."""


class Lists(NamedTuple):
    """Neighbours of all vertices; the lists of some have been replaced.

    Attributes
    ----------
    indptr : numpy.ndarray
        (n + 1,) int64.
    heads : numpy.ndarray
        (m,) int32.
    changed : numpy.ndarray
        (p,) int32 vertices, ascending, whose lists are in ``new_heads``.
    new_indptr : numpy.ndarray
        (p + 1,) int64.
    new_heads : numpy.ndarray
        (a,) int32.
    """

    indptr: Int64s
    heads: Int32s
    changed: Int32s
    new_indptr: Int64s
    new_heads: Int32s


class Core(NamedTuple):
    """The core and its ring.

    Attributes
    ----------
    words, around : numpy.ndarray
        (w,) int64, bits for 64 vertices each: whether they are in the core; or there or next to it.
    ranks : numpy.ndarray
        (w,) int32, vertices of the core before each word.
    numbers : numpy.ndarray
        (k,) int32, number in the core by rank; the smaller, the more neighbours inside.
    nodes : numpy.ndarray
        (k,) int32, vertex of the graph by number.
    indptr, heads : numpy.ndarray
        (k + 1,) and (c,) int32, the arcs inside the core by number, rows ascending: searches meet
        in the middle of the core, and so come upon each other early in a row.
    hubs : numpy.ndarray
        (k, 2) int64: a bit for each of the first ``HUBS`` vertices that is a neighbour; how many
        neighbours there are inside.
    sieve : numpy.ndarray
        (power of two,) int64: at least 4 bits an arc, of which one is set for each pair of
        neighbours; two vertices whose bit is not set are none.
    """

    words: Int64s
    around: Int64s
    ranks: Int32s
    numbers: Int32s
    nodes: Int32s
    indptr: Int32s
    heads: Int32s
    hubs: Int64s
    sieve: Int64s


class Scratch(NamedTuple):
    """What searches write to; stamps are kept between them.

    Attributes
    ----------
    mark : numpy.ndarray
        (n,) int32 stamps.
    before : numpy.ndarray
        (n,) int32, the vertex from which a search outside the core came; -1 = its end.
    queue : numpy.ndarray
        (2, n) int32.
    core_mark, core_before, core_queue : numpy.ndarray
        (k,), (k,) and (2, k) int32, the same inside; ``core_before`` holds places.
    picked : numpy.ndarray
        (CHUNK,) int32.
    seen : numpy.ndarray
        (n,) uint8, 1 for vertices whose lists were read; (0,) when nobody asks.
    ready : numpy.ndarray
        (2 BLOCK ROOM,) int32: for both ends of the pairs of a block, the numbers of the vertices
        where they enter the core.
    ready_ends : numpy.ndarray
        (2 BLOCK, 3) int32: for each end, where these begin and end, which is the same place when
        they were not looked up, and how many lists were read.
    state : numpy.ndarray
        (8,) int64, see the constants ``RUN`` to ``KEEP``.
    """

    mark: Int32s
    before: Int32s
    queue: Int32s
    core_mark: Int32s
    core_before: Int32s
    core_queue: Int32s
    picked: Int32s
    seen: npt.NDArray[np.uint8]
    ready: Int32s
    ready_ends: Int32s
    state: Int64s


EVERY, ONE, LABELS = 0, 1, 2
"""Modes E, H and M: all ways into the core, one from each end, one and an index inside."""

CHUNK = 64
"""Neighbours that are looked through at once."""

BLOCK = 32
"""Pairs whose ways into the core are looked up together."""

ROOM = 256
"""Neighbours of an end, or of its neighbours, for which there is room."""

RUN, READ, LEFT, RIGHT, FIRST, SECOND, VIA, KEEP = range(8)
"""Entries of the state: number of the run, lists read, the two places where the last search met,
the two vertices where climbs ended, the place before the one way into the core, and whether paths
are asked for."""
