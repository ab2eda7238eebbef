"""The arrays of a finished hierarchy."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from routesolve.graphs._arrays import frozen
from routesolve.graphs._kernels import ch_arcs
from routesolve.graphs._kernels.ch_query import Ways
from routesolve.graphs._kernels.core import FIRST, FROM, HELD, LEVEL, NONE, Core

Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]


class Index(NamedTuple):
    """A hierarchy without its graph; nodes are numbered from the most important one, 0.

    Attributes
    ----------
    order, position : numpy.ndarray
        (n,) int32: node of the graph by number, number by node of the graph.
    up, down : Ways
        Arcs to more important nodes, and from them, both by the less important end: every arc leads
        from a number to a smaller one. The same object where they are equal.
    up_parts, down_parts : numpy.ndarray
        (2 a,) int32 per direction: what arc e stands for, ``parts[2 * e]`` and
        ``parts[2 * e + 1]``. Arc `a` of the graph is (-1 - a, -1). A shortcut is the number of an
        arc of `down` and the number of one of `up`, both at the less important node that it goes
        over; in place of a number may stand -2 - a, when that arc is arc `a` of the graph.
    """

    order: Int32s
    position: Int32s
    up: Ways
    down: Ways
    up_parts: Int32s
    down_parts: Int32s

    @property
    def arrays(self) -> dict[str, npt.NDArray[np.int32]]:
        """Every array by name, the shared ones once."""
        arrays = {"order": self.order, "up_ptr": self.up.ptr, "up_arcs": self.up.arcs}
        if self.down is not self.up:
            arrays |= {"down_ptr": self.down.ptr, "down_arcs": self.down.arcs}
        return arrays | {"up_parts": self.up_parts, "down_parts": self.down_parts}


def finish(core: Core) -> Index:
    """Number the nodes of a contracted graph by level and gather their arcs.

    A level holds no arc, so any order within it will do. Nodes with equally many arcs stand
    together: a sweep over all nodes then guesses right how often its inner loop runs, which makes
    it more than twice as fast.
    """
    order = frozen(np.lexsort((_down_degrees(core), -core.nodes[:, LEVEL])), np.int32)
    position = inverse(order)
    arrays = core.nodes, core.records, core.mids, order, position
    up_ptr, up_arcs, up_mids = ch_arcs.rows(*arrays, 1)
    down_ptr, down_arcs, down_mids = ch_arcs.rows(*arrays, 2)
    up_parts, down_parts = ch_arcs.unfold(
        up_ptr, up_arcs, up_mids, down_ptr, down_arcs, down_mids, position
    )
    ways = share(up_ptr, up_arcs, down_ptr, down_arcs)
    return Index(order, position, *ways, frozen(up_parts, np.int32), frozen(down_parts, np.int32))


def _down_degrees(core: Core) -> Int64s:
    """(n,) number of arcs down to every node."""
    held = core.nodes[:, HELD].astype(np.int64)
    ends = np.cumsum(held)
    # A contracted graph holds each of its records once, and between them the blocks that moved.
    place = np.repeat(core.nodes[:, FIRST] - ends + held, held) + np.arange(held.sum())
    there = np.concatenate(([0], np.cumsum(core.records[place, FROM] < NONE)))
    return np.asarray(there[ends] - there[ends - held])


def inverse(order: Int32s) -> Int32s:
    """Number of every node in an order."""
    position = np.empty_like(order)
    position[order] = np.arange(len(order), dtype=np.int32)
    return frozen(position, np.int32)


def share(
    up_ptr: Int32s, up_arcs: Int32s, down_ptr: Int32s, down_arcs: Int32s
) -> tuple[Ways, Ways]:
    """Both directions, shared where they are equal: half the memory to walk through."""
    up = Ways(frozen(up_ptr, np.int32), frozen(up_arcs, np.int32))
    if np.array_equal(up_ptr, down_ptr) and np.array_equal(up_arcs, down_arcs):
        return up, up
    return up, Ways(frozen(down_ptr, np.int32), frozen(down_arcs, np.int32))
