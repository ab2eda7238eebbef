"""Hops: shortest paths that count arcs only."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError
from routesolve.graphs import adjacency
from routesolve.graphs._kernels import bfs as kernels
from routesolve.graphs.graph import Graph
from routesolve.graphs.shortest_paths import check_nodes

Int32s = npt.NDArray[np.int32]


class Hops(NamedTuple):
    """Answer of :func:`breadth_first`.

    Attributes
    ----------
    levels : numpy.ndarray
        int32 number of arcs; -1 = unreachable or beyond the limit.
    predecessors : numpy.ndarray or None
        int32 of the same shape, the node before each on a path with that many arcs; -1 = none.
    """

    levels: Int32s
    predecessors: Int32s | None


def breadth_first(
    graph: Graph,
    indices: npt.ArrayLike,
    *,
    limit: int | None = None,
    min_only: bool = False,
    return_predecessors: bool = False,
) -> Hops:
    """Least number of arcs from nodes to all, by direction-optimising breadth-first search.

    Parameters
    ----------
    graph
        The graph; its weights do not matter.
    indices
        One source or (k,) sources.
    limit
        Go no further than this many arcs.
    min_only
        Only the hops from the nearest of the sources.
    return_predecessors
        Also return the node before each.

    Returns
    -------
    Hops
        (k, n) levels; (n,) when `indices` is one number or `min_only` is set.

    Raises
    ------
    InputError
        If a node does not exist.
    """
    if limit is not None and limit < 0:
        raise InputError(f"a limit of {limit} arcs", fix="give a number >= 0, or None")
    flat = min_only or np.ndim(indices) == 0
    starts = check_nodes(graph, indices, "indices")
    groups = [starts] if min_only else [starts[i : i + 1] for i in range(len(starts))]
    levels = np.empty((len(groups), graph.n), np.int32)
    before = np.empty((len(groups), graph.n if return_predecessors else 0), np.int32)
    queue, rest = np.empty(graph.n, np.int32), np.empty(graph.n, np.int32)
    there, back = adjacency.forward(graph), adjacency.backward(graph)
    most = graph.n if limit is None else limit
    for row, group in enumerate(groups):
        kernels.levels(
            there.indptr, graph.heads, back.indptr, graph.reverse.tails, group, most, levels[row],
            before[row], queue, rest,
        )  # fmt: skip
    if flat:
        return Hops(levels[0], before[0] if return_predecessors else None)
    return Hops(levels, before if return_predecessors else None)
