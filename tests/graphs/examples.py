"""Graphs that several tests use."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import strategies as st

from routesolve.graphs import Graph, Labels, Polylines

from .naive import Arc


def build(n: int, arcs: list[Arc], **options: object) -> Graph:
    """A Graph from naive arcs (weights in milliseconds and millimetres)."""
    return Graph.from_edges(
        [arc.tail for arc in arcs],
        [arc.head for arc in arcs],
        [arc.duration / 1000 for arc in arcs],
        [arc.distance / 1000 for arc in arcs],
        n=n,
        **options,  # type: ignore[arg-type]
    )


@st.composite
def small_graphs(draw: st.DrawFn, most: int = 7) -> tuple[int, list[Arc]]:
    """Directed graphs with everything allowed: zero weights, parallel arcs, loops, islands."""
    n = draw(st.integers(1, most))
    node, weight = st.integers(0, n - 1), st.integers(0, 6)
    return n, draw(st.lists(st.builds(Arc, node, node, weight, weight), max_size=3 * n))


def town() -> Graph:
    """Four nodes with everything a graph can carry; node 3 can be left but not entered."""
    return Graph.from_edges(
        [2, 0, 1, 0, 3],
        [0, 1, 2, 1, 0],
        [3.0, 1.5, 2.25, 9.0, 1.0],
        [30.0, 15.125, 22.5, 10.0, 5.0],
        [[31.3, 30.1], [31.31, 30.1], [31.31, 30.11], [31.2999999, 30.0999999]],
        node_ids=[29542602, 12880935709, 7, 8],
        edge_attributes={
            "name": Labels.encode(["شارع الحجاز", None, "Main / Side", "شارع الحجاز", ""]),
            "road_class": Labels.encode(["primary"] * 5),
        },
        geometry=Polylines.from_list(
            [None, [[31.3, 30.1], [31.305, 30.12], [31.31, 30.1]], None, None, None]
        ),
        name="town",
        source="made up",
        licence="none",
        attribution="© nobody",
    )


def assert_same(a: Graph, b: Graph) -> None:
    """Every field of two graphs is equal."""
    for key in ("indptr", "heads", "node_ids", "edge_tails"):
        np.testing.assert_array_equal(getattr(a, key), getattr(b, key))
    assert dict(a.units) == dict(b.units)
    assert list(a.metrics) == list(b.metrics)
    for key, weights in a.metrics.items():
        np.testing.assert_array_equal(weights, b.metrics[key])
    assert (a.coordinates is None) == (b.coordinates is None)
    if a.coordinates is not None and b.coordinates is not None:
        np.testing.assert_array_equal(a.coordinates, b.coordinates)
    assert list(a.edge_attributes) == list(b.edge_attributes)
    for key, labels in a.edge_attributes.items():
        other = b.edge_attributes[key]
        assert [labels.at(e) for e in range(a.m)] == [other.at(e) for e in range(b.m)]
    assert (a.geometry is None) == (b.geometry is None)
    if a.geometry is not None and b.geometry is not None:
        np.testing.assert_array_equal(a.geometry.indptr, b.geometry.indptr)
        np.testing.assert_array_equal(a.geometry.points, b.geometry.points)
    for key in ("name", "source", "licence", "attribution"):
        assert getattr(a, key) == getattr(b, key)


def shared_data(relative: str) -> Path:
    """A file of the shared data folder; skips the test when it is not there."""
    root = os.environ.get("ROUTESOLVE_DATA")
    folder = Path(root) if root else Path(__file__).resolve().parents[3] / "shared" / "data"
    path = folder / relative
    if not path.exists():
        pytest.skip(f"{relative} not found; set ROUTESOLVE_DATA to the data folder")
    return path
