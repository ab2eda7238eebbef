"""How pruned landmark labels are made: order, roots, searches, one label behind the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError
from routesolve.graphs._arrays import frozen
from routesolve.graphs._kernels import pruned_labels as kernels
from routesolve.graphs._kernels import pruned_labels_build as making
from routesolve.graphs.hop_arcs import HopArcs, Int32s, Int64s

ROOTS = 16
"""Roots of an undirected graph. More of them leave fewer hubs, but each takes 17 bytes a node."""

BUDGET = 1 << 26
"""Arcs looked at between two chances to interrupt."""

GUESS = 16
"""Entries of a label for which there is room to begin with, on average."""

Progress = Callable[[int, int], None]


class Parents(NamedTuple):
    """For each entry of a label the node next to its own on the way to the hub; -1 = none.

    Attributes
    ----------
    out, into : numpy.ndarray
        (l,) int32, or (0,) when they are not kept.
    """

    out: Int32s
    into: Int32s


def width_of_hops(n: int) -> int:
    """Width of the hops in an entry: what the hubs leave of 32 bits."""
    return 32 - max(n.bit_length(), 1)


def labelled(
    arcs: HopArcs, roots: int | None, keep: bool, on_progress: Progress | None
) -> tuple[kernels.Labels, Parents]:
    """Label all nodes; see :meth:`PrunedLandmarkLabels.build`."""
    if roots is None:
        roots = ROOTS if arcs.symmetric else 0
    if roots < 0 or (roots and not arcs.symmetric):
        raise InputError(
            f"{roots} roots of {'an undirected' if arcs.symmetric else 'a directed'} graph",
            fix="use 0" if not arcs.symmetric else "use 0 or more",
        )
    n, bits = arcs.n, width_of_hops(arcs.n)
    degrees = np.diff(arcs.indptr)
    if not arcs.symmetric:
        # What passes through a node is bounded by both.
        degrees = (degrees + 1) * (np.diff(arcs.back_indptr) + 1)
    order = np.argsort(-degrees, kind="stable").astype(np.int32)
    rank = np.empty(n, np.int32)
    rank[order] = np.arange(n, dtype=np.int32)
    there = _renumbered(arcs.back_indptr, arcs.tails, rank, order)
    back = there if arcs.symmetric else _renumbered(arcs.indptr, arcs.heads, rank, order)
    mark = np.zeros(n, np.int32)
    root_hops, root_sets = _roots(there, mark, roots)
    sides = _searched(there, back, root_hops, root_sets, bits, mark, keep, on_progress)
    packed = [_packed(side, rank, order) for side in sides]
    labels = kernels.Labels(
        *packed[0][:2],
        *packed[-1][:2],
        frozen(root_hops[rank], np.uint8),
        frozen(root_sets[rank], np.uint64),
        bits,
    )
    return labels, Parents(packed[0][2], packed[-1][2])


Rows = tuple[Int64s, Int32s]


def _renumbered(back_indptr: Int64s, tails: Int32s, rank: Int32s, order: Int32s) -> Rows:
    indptr, heads = np.zeros(len(rank) + 1, np.int64), np.empty(len(tails), np.int32)
    making.renumber(back_indptr, tails, rank, order, indptr, heads)
    return indptr, heads


def _roots(rows: Rows, mark: Int32s, roots: int) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Hops and sets of up to `roots` roots, by rank; the nodes they cover are marked."""
    n = len(mark)
    level, queue = np.empty(n, np.uint8), np.empty(n, np.int32)
    sets = np.empty((n, 2), np.uint64)
    all_levels: list[npt.NDArray[np.uint8]] = []
    all_sets: list[npt.NDArray[np.uint64]] = []
    chosen = np.empty(kernels.ROOT + 1, np.int32)
    while len(all_levels) < roots and (count := making.choose(*rows, mark, chosen)):
        if not making.search_root(*rows, chosen[:count], level, sets, queue):
            mark[chosen[:count]] = 0
            break
        all_levels.append(level.copy())
        all_sets.append(sets.copy())
    if not all_levels:
        return np.empty((n, 0), np.uint8), np.empty((n, 0), np.uint64)
    return np.stack(all_levels, axis=1), np.concatenate(all_sets, axis=1)


def _searched(
    there: Rows,
    back: Rows,
    root_hops: npt.NDArray[Any],
    root_sets: npt.NDArray[Any],
    bits: int,
    mark: Int32s,
    keep: bool,
    on_progress: Progress | None,
) -> list[making.Side]:
    """Labels of both directions, by rank; one side when they are the same."""
    n = len(mark)
    ways = 1 if back is there else 2
    sides = [_side(n, keep) for _ in range(ways)]
    scratch = making.Scratch(
        np.full(n, kernels.FAR, np.int32),
        mark,
        np.empty(n, np.int32),
        np.empty(n, np.int32),
        np.empty(n, np.int32),
        np.zeros(1, np.int64),
    )
    done = 0
    while done < n * ways:
        state, done = making.label(
            *there, *back, sides[0], sides[-1], ways, root_hops, root_sets, bits, scratch, done,
            BUDGET,
        )  # fmt: skip
        if state == making.TOO_FAR:
            raise InputError(
                f"nodes more than {2**bits - 1} hops apart: too far for labels of {n} nodes",
                fix="use hop_distances, or a hierarchy if these are streets",
            )
        if state == making.NO_ROOM:
            sides = [_enlarged(side) for side in sides]
        if on_progress is not None:
            on_progress(done, n * ways)
    return sides


def _side(n: int, keep: bool) -> making.Side:
    room = GUESS * n + making.LEAST
    free = np.full(making.CLASSES + 1, -1, np.int64)
    free[making.CLASSES] = 0
    return making.Side(
        np.zeros(n, np.int64),
        np.zeros(n, np.int32),
        np.zeros(n, np.int32),
        np.empty(room, np.uint32),
        np.empty(room if keep else 0, np.int32),
        free,
    )


def _enlarged(side: making.Side) -> making.Side:
    # Pages that are never written to cost no memory.
    return side._replace(
        pool=np.concatenate((side.pool, np.empty_like(side.pool))),
        parents=np.concatenate((side.parents, np.empty_like(side.parents))),
    )


def _packed(
    side: making.Side, rank: Int32s, order: Int32s
) -> tuple[Int64s, npt.NDArray[np.uint32], Int32s]:
    starts = np.zeros(len(rank) + 1, np.int64)
    np.cumsum(side.filled[rank] + 1, out=starts[1:])
    entries = np.empty(starts[-1], np.uint32)
    parents = np.full(starts[-1] if side.parents.size else 0, -1, np.int32)
    making.pack(side, rank, order, starts, entries, parents)
    return frozen(starts, np.int64), frozen(entries, np.uint32), frozen(parents, np.int32)
