"""A street network in figures."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from routesolve.graphs.components import component_labels
from routesolve.graphs.graph import Graph


def summary(graph: Graph) -> dict[str, Any]:
    """Count what a graph holds.

    A street that can be driven both ways is two arcs, but counts once in the lengths.

    Returns
    -------
    dict
        ``junctions``, ``arcs``, ``street_km``, ``one_way_share`` (of the length),
        ``road_class_km`` (longest first), ``box`` (west, south, east, north; None without
        coordinates), ``metrics``, ``components`` (strongly connected), ``largest_component``
        (junctions in it), ``turns_possible`` (pairs of arcs that meet).
    """
    arcs, one_way = _streets(graph)
    lengths = np.asarray(graph.metrics["distance"][arcs] * graph.units["distance"], np.float64)
    total = float(lengths.sum())
    sizes = np.bincount(component_labels(graph)) if graph.n else np.zeros(1, np.int64)
    points = graph.coordinates
    box = None
    if points is not None and graph.n:
        box = [*points.min(axis=0).round(6).tolist(), *points.max(axis=0).round(6).tolist()]
    degree = np.diff(graph.indptr)
    return {
        "junctions": graph.n,
        "arcs": graph.m,
        "street_km": round(total / 1000, 3),
        "one_way_share": round(float(lengths[one_way].sum()) / total, 4) if total else 0.0,
        "road_class_km": _by_class(graph, lengths, arcs),
        "box": box,
        "metrics": list(graph.metrics),
        "components": int((sizes > 0).sum()),
        "largest_component": int(sizes.max()),
        "turns_possible": int(degree[graph.heads].sum()),
    }


def street_groups(graph: Graph) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_]]:
    """Which arcs are one street: those that join the same junctions at the same length.

    Returns
    -------
    street_of : numpy.ndarray
        (m,) the lowest arc of the street that each arc belongs to.
    turned : numpy.ndarray
        (m,) whether the arc runs against that one.
    """
    tails, heads = graph.edge_tails, graph.heads
    metres = graph.metrics["distance"]
    low, high = np.minimum(tails, heads), np.maximum(tails, heads)
    order = np.lexsort((metres, high, low))  # stable: the lowest arc of each group comes first
    key = np.stack([low, high, metres])[:, order]
    fresh = np.ones(graph.m, dtype=np.bool_)
    fresh[1:] = (key[:, 1:] != key[:, :-1]).any(axis=0)
    street_of = np.empty(graph.m, dtype=np.intp)
    street_of[order] = order[np.flatnonzero(fresh)][np.cumsum(fresh) - 1]
    return street_of, tails != tails[street_of]


def _streets(graph: Graph) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_]]:
    """An arc of each street, and whether the street has one direction only."""
    street_of, turned = street_groups(graph)
    back = np.bincount(street_of[turned], minlength=graph.m)
    there = np.bincount(street_of, minlength=graph.m) - back
    # A group of parallel arcs is as many streets as run in its busier direction.
    count = np.maximum(there, back)
    arcs = np.repeat(np.arange(graph.m), count)
    nth = np.arange(len(arcs)) - np.repeat(np.cumsum(count) - count, count)
    return arcs, nth >= np.minimum(there, back)[arcs]


def _by_class(
    graph: Graph, lengths: npt.NDArray[np.float64], arcs: npt.NDArray[np.intp]
) -> dict[str, float]:
    labels = graph.edge_attributes.get("road_class")
    if labels is None:
        return {}
    metres = np.bincount(labels.codes[arcs] + 1, weights=lengths, minlength=len(labels.table) + 1)
    names = ("unknown", *labels.table)
    order = np.argsort(-metres, kind="stable")
    return {names[k]: round(float(metres[k]) / 1000, 3) for k in order if metres[k] > 0}
