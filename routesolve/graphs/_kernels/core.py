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


class Core(NamedTuple):
    """What is left to contract, and what has been.

    Attributes
    ----------
    first : numpy.ndarray
        (n,) int64, where the block of a node begins in the pool.
    held, room : numpy.ndarray
        (n,) int32, records in the block, and how many fit.
    records : numpy.ndarray
        (4 r,) int32: neighbour, weight to it, weight from it, original arcs that it stands for.
    mids : numpy.ndarray
        (2 r,) int32 per direction: the node that a shortcut goes over, or -1 - arc for an arc of
        the graph.
    rank, level : numpy.ndarray
        (n,) int32, when the node was contracted (-1 = not yet), and the longest chain of neighbours
        that had to go before it.
    cost, need : numpy.ndarray
        (n,) int32 scratch of the witness search: UNTOUCHED and -1 everywhere between searches.
    touched, before : numpy.ndarray
        (n,) int32 scratch.
    state : numpy.ndarray
        (STATE_SIZE,) int64: end of the pool, nodes contracted, records of the core, nodes put into
        the queue, nodes waiting to be looked at.
    """

    first: Int64s
    held: Int32s
    room: Int32s
    records: Int32s
    mids: Int32s
    rank: Int32s
    level: Int32s
    cost: Int32s
    need: Int32s
    touched: Int32s
    before: Int32s
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
    """

    heap: Int64s
    place: Int32s
    level: Int32s
    stale: npt.NDArray[np.bool_]
    waiting: Int32s


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
