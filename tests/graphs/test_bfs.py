"""Tests of breadth-first search against its slow twin."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra as scipy_dijkstra

from routesolve.errors import InputError
from routesolve.graphs import Graph
from routesolve.graphs.bfs import breadth_first

from .examples import build, small_graphs, town
from .naive import Arc, hops

Case = tuple[int, list[Arc]]


@settings(deadline=None)
@given(small_graphs(), st.integers(0, 3), st.data())
def test_levels_equal_naive(case: Case, limit: int, data: st.DataObject) -> None:
    """From one and from several sources, with and without a limit."""
    n, arcs = case
    graph = build(n, arcs)
    sources = data.draw(st.lists(st.integers(0, n - 1), max_size=3))
    rows = breadth_first(graph, sources).levels
    assert rows.tolist() == [hops(n, arcs, [source]) for source in sources]
    near = breadth_first(graph, sources, min_only=True).levels.tolist()
    assert near == hops(n, arcs, sources)
    short = breadth_first(graph, sources, min_only=True, limit=limit).levels.tolist()
    assert short == [level if level <= limit else -1 for level in near]


@pytest.mark.parametrize("seed", range(4))
def test_dense_graphs_look_back(seed: int) -> None:
    """Wide frontiers, where the search changes direction, on directed graphs."""
    rng = np.random.default_rng(seed)
    n, m = 2000, 16000
    tails, heads = rng.zipf(1.6, m) % n, rng.integers(0, n, m)
    graph = Graph.from_edges(tails, heads, np.ones(m), np.ones(m), n=n)
    matrix = coo_array((np.ones(m), (tails, heads)), shape=(n, n)).tocsr()
    sources = rng.integers(0, n, 10)
    expected = scipy_dijkstra(matrix, indices=sources, unweighted=True)
    found = breadth_first(graph, sources, return_predecessors=True)
    np.testing.assert_array_equal(np.where(found.levels < 0, np.inf, found.levels), expected)
    assert found.predecessors is not None
    arcs = set(zip(tails.tolist(), heads.tolist(), strict=True))
    for levels, before, source in zip(found.levels, found.predecessors, sources, strict=True):
        inner = np.flatnonzero(levels > 0)
        assert (levels[before[inner]] == levels[inner] - 1).all()
        assert all((int(before[v]), int(v)) in arcs for v in inner)
        assert before[source] == -1
        assert (before[levels < 0] == -1).all()


def test_one_source_gives_one_row() -> None:
    """A number gives (n,), a list (k, n)."""
    assert breadth_first(town(), 3).levels.tolist() == [1, 2, 3, 0]
    assert breadth_first(town(), [3]).levels.shape == (1, 4)
    assert breadth_first(town(), 3).predecessors is None
    with pytest.raises(InputError):
        breadth_first(town(), 4)
    with pytest.raises(InputError):
        breadth_first(town(), 0, limit=-1)
