"""Tests of putting places on the network."""

from __future__ import annotations

import numpy as np
import pytest

from routesolve.errors import InputError
from routesolve.graphs import Graph, Snapper
from routesolve.graphs.geodesy import EARTH_RADIUS, great_circle, polyline_length

from .examples import build, town


def scattered(seed: int, n: int = 200) -> Graph:
    """Nodes all over the Earth, without arcs."""
    rng = np.random.default_rng(seed)
    return Graph.from_edges([], [], [], [], rng.uniform((-180, -90), (180, 90), (n, 2)))


@pytest.mark.parametrize("seed", range(3))
def test_nearest_of_all(seed: int) -> None:
    """The node found is the nearest by great circle, anywhere on Earth, and so is its distance."""
    graph = scattered(seed)
    assert graph.coordinates is not None
    points = np.random.default_rng(seed + 100).uniform((-180, -90), (180, 90), (50, 2))
    snap = Snapper(graph).snap(points)
    for point, node, distance in zip(points, snap.nodes, snap.distances_m, strict=True):
        every = great_circle(np.tile(point, (graph.n, 1)), graph.coordinates)
        assert distance == pytest.approx(every.min(), rel=1e-9, abs=1e-6)
        assert every[node] == pytest.approx(every.min(), rel=1e-9, abs=1e-6)
    assert snap.nodes.dtype == np.int32


def test_across_the_date_line() -> None:
    """179.99 degrees east is next to 179.99 degrees west."""
    graph = Graph.from_edges([], [], [], [], [[179.0, 0.0], [-179.99, 0.0]])
    assert Snapper(graph).snap([[179.99, 0.0]]).nodes.tolist() == [1]


def test_on_the_spot_is_zero() -> None:
    """A stop exactly on a node is zero metres away."""
    graph = town()
    snap = Snapper(graph).snap(graph.coordinates)  # type: ignore[arg-type]
    assert snap.nodes.tolist() == [0, 1, 2, 3]
    assert snap.distances_m.tolist() == [0.0] * 4


def test_choice_of_nodes() -> None:
    """Nodes that may not be used are not."""
    graph = town()
    assert Snapper(graph, nodes=np.array([1, 2])).snap([31.3, 30.1]).nodes.tolist() == [1]


def test_great_circle_known_values() -> None:
    """A quarter of the Earth, a degree of latitude, and a metre."""
    quarter = np.pi / 2 * EARTH_RADIUS
    assert great_circle([[0, 0]], [[90, 0]])[0] == pytest.approx(quarter)
    assert great_circle([[10, 50]], [[10, 51]])[0] == pytest.approx(np.radians(1) * EARTH_RADIUS)
    metre = np.degrees(1 / EARTH_RADIUS)
    assert great_circle([[31.3, 30.1]], [[31.3, 30.1 + metre]])[0] == pytest.approx(1.0, rel=1e-6)
    assert polyline_length([[0, 0], [1, 0], [0, 0]]) == pytest.approx(
        2 * np.radians(1) * EARTH_RADIUS
    )


def test_nothing_to_snap_to() -> None:
    """No coordinates, or no nodes: said before any stop is looked at."""
    with pytest.raises(InputError, match="no coordinates"):
        Snapper(build(1, []))
    with pytest.raises(InputError, match="no nodes"):
        Snapper(Graph.from_edges([], [], [], [], np.empty((0, 2))))


@pytest.mark.parametrize("point", [[np.nan, 0.0], [0.0, 91.0], [np.inf, 0.0]])
def test_bad_places_are_refused(point: list[float]) -> None:
    """A place that is not on Earth is named."""
    with pytest.raises(InputError, match="not a place"):
        Snapper(town()).snap([[31.3, 30.1], point])
