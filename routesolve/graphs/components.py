"""Strongly connected parts: a stop outside the largest one can be entered or left, but not both."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from routesolve.graphs.graph import Graph


class Dropped(NamedTuple):
    """What was left out of a graph."""

    nodes: int
    arcs: int


def largest_component(graph: Graph) -> tuple[Graph, Dropped]:
    """Keep the largest strongly connected component.

    Parameters
    ----------
    graph
        Any graph; ties between components go to the one with the lowest node number.

    Returns
    -------
    Graph, Dropped
        The part, its nodes in the old order, and the count of nodes and arcs left out.
    """
    if graph.n == 0:
        return graph, Dropped(0, 0)
    label = component_labels(graph)
    sizes = np.bincount(label)
    first = np.full(len(sizes), graph.n)
    np.minimum.at(first, label, np.arange(graph.n))
    best = np.lexsort((first, -sizes))[0]
    part = subgraph(graph, label == best)
    return part, Dropped(graph.n - part.n, graph.m - part.m)


def component_labels(graph: Graph) -> npt.NDArray[np.int32]:
    """(n,) int32 number of the strongly connected component of each node."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    ones = np.ones(graph.m, dtype=np.int8)
    matrix = csr_array((ones, graph.heads, graph.indptr), shape=(graph.n, graph.n))
    _, label = connected_components(matrix, directed=True, connection="strong")
    return np.asarray(label, dtype=np.int32)


def subgraph(graph: Graph, keep: npt.NDArray[np.bool_]) -> Graph:
    """The nodes where `keep` (n,) is true, and the arcs between them, in the old order."""
    nodes = np.flatnonzero(keep)
    if len(nodes) == graph.n:
        return graph
    number = np.full(graph.n, -1, dtype=np.int32)
    number[nodes] = np.arange(len(nodes), dtype=np.int32)
    arcs = np.flatnonzero(keep[graph.edge_tails] & keep[graph.heads])
    indptr = np.zeros(len(nodes) + 1, dtype=np.int64)
    np.cumsum(np.bincount(number[graph.edge_tails[arcs]], minlength=len(nodes)), out=indptr[1:])
    return Graph(
        indptr=indptr,
        heads=number[graph.heads[arcs]],
        metrics={key: weights[arcs] for key, weights in graph.metrics.items()},
        units=graph.units,
        coordinates=None if graph.coordinates is None else graph.coordinates[nodes],
        node_ids=graph.node_ids[nodes],
        edge_attributes={key: labels.take(arcs) for key, labels in graph.edge_attributes.items()},
        geometry=None if graph.geometry is None else graph.geometry.take(arcs),
        name=graph.name,
        source=graph.source,
        licence=graph.licence,
        attribution=graph.attribution,
    )
