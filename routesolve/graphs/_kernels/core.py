"""The arrays of a contraction: what is left of the graph, and the queue of its nodes.

Kernels of other files have these numbers compiled in, and Numba's disk cache does not notice when
one changes here: change the kernels' file, too.

Axes: n nodes, r records in the pool. -1 = none.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]

NONE = 2**31 - 1
"""Weight of a direction that a record does not have; every real weight is less."""

UNTOUCHED = 2**31 - 1

# Why a kernel came back.
DONE, PAUSED, NEED_SPACE, TOO_LONG, TOO_DENSE = range(5)

# Cells of Core.state.
TOP, CONTRACTED, LIVE, QUEUED, WAITING = range(5)
STATE_SIZE = 5

# Columns of Core.nodes and of Core.records.
FIRST, HELD, ROOM, LEVEL, COST, NEED = range(6)
NEIGHBOUR, TO, FROM, HOPS = range(4)


class Core(NamedTuple):
    """What is left to contract, and what has been.

    Few arrays with columns instead of many: each array more costs every kernel compile time, and
    what is known of a node comes with one access to memory.

    Attributes
    ----------
    nodes : numpy.ndarray
        (n, 8) int32. FIRST: where the block of a node begins in the pool; HELD, ROOM: records in
        the block, and how many fit; LEVEL: the longest chain of neighbours that had to be
        contracted before it; COST, NEED: scratch of the witness search, UNTOUCHED and -1 everywhere
        between searches. Two columns are there to fill half a cache line.
    records : numpy.ndarray
        (r, 4) int32. NEIGHBOUR, the weights TO it and FROM it, and the arcs of the graph (HOPS)
        that the record stands for.
    mids : numpy.ndarray
        (r, 2) int32 per direction: the node that a shortcut goes over, or -1 - arc for an arc of
        the graph.
    touched : numpy.ndarray
        (n + 1,) int32 scratch.
    state : numpy.ndarray
        (STATE_SIZE,) int64: end of the pool, nodes contracted, records of the core, nodes put into
        the queue, nodes waiting to be looked at.
    """

    nodes: Int32s
    records: Int32s
    mids: Int32s
    touched: Int32s
    state: Int64s


class Queue(NamedTuple):
    """The nodes of the core by priority: an indexed 4-ary heap of ``priority << bits | node``.

    Attributes
    ----------
    heap : numpy.ndarray
        (n,) int64.
    place : numpy.ndarray
        (n,) int32, where in the heap a node is.
    level : numpy.ndarray
        (n,) int32, the level that its key counts.
    stale : numpy.ndarray
        (n,) bool, whether its key is out of date.
    waiting : numpy.ndarray
        (n,) int32, nodes to look at before the queue is asked again.
    before : numpy.ndarray
        (n,) int32 scratch.
    """

    heap: Int64s
    place: Int32s
    level: Int32s
    stale: npt.NDArray[np.bool_]
    waiting: Int32s
    before: Int32s


class Rules(NamedTuple):
    """How hard to try.

    Attributes
    ----------
    glances, pops : int
        Nodes settled by a witness search at most, when looking and when contracting.
    patience : int
        A neighbour that gained fewer records than this is looked at again at once: 0 = when it lost
        some, 1 = unless it gained some, large = always.
    symmetric : bool
        Whether every arc has a twin of the same weight.
    dense : int
        Mean degree of the core at which the graph is taken to have no hierarchy.
    """

    glances: int
    pops: int
    patience: int
    symmetric: bool
    dense: int
