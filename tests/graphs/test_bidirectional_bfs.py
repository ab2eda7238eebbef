"""Tests of breadth-first search from both ends against its slow twin."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routesolve.errors import InputError
from routesolve.graphs import Graph, breadth_first
from routesolve.graphs._kernels import bidirectional_bfs as kernels
from routesolve.graphs.bidirectional_bfs import HopSearch, hop_distances, hop_path
from routesolve.graphs.generators import chung_lu, load_rows, save_rows, undirected
from routesolve.graphs.hop_arcs import of_graph, of_rows

from .examples import build, small_graphs, town
from .naive import Arc, hops

Case = tuple[int, list[Arc]]


def both_ways(arcs: list[Arc]) -> list[Arc]:
    """Every arc and its reverse."""
    return arcs + [Arc(a.head, a.tail, a.duration, a.distance) for a in arcs]


def check_path(graph: Graph, nodes: list[int], source: int, target: int, length: int) -> None:
    """A path of that many arcs of the graph, or none when the length is -1."""
    assert len(nodes) == length + 1
    if nodes:
        assert (nodes[0], nodes[-1]) == (source, target)
    for u, v in pairwise(nodes):
        assert v in graph.heads[graph.indptr[u] : graph.indptr[u + 1]]


@settings(deadline=None)
@given(small_graphs(most=9), st.booleans())
def test_equal_naive(case: Case, symmetric: bool) -> None:
    """All pairs of directed and undirected graphs: hops and paths, one by one and together."""
    n, arcs = case
    arcs = both_ways(arcs) if symmetric else arcs
    graph = build(n, arcs)
    search = HopSearch(graph)
    expected = [hops(n, arcs, [source]) for source in range(n)]
    assert [[search.distance(s, t) for t in range(n)] for s in range(n)] == expected
    sources, targets = np.indices((n, n)).reshape(2, -1)
    assert hop_distances(graph, sources, targets).tolist() == np.ravel(expected).tolist()
    together = search.paths(sources, targets)
    for i, (s, t) in enumerate(zip(sources.tolist(), targets.tolist(), strict=True)):
        check_path(graph, search.path(s, t).tolist(), s, t, expected[s][t])
        run = together.nodes[together.stops[i] : together.stops[i + 1]]
        check_path(graph, run.tolist(), s, t, expected[s][t])


@pytest.mark.parametrize("seed", range(3))
def test_equal_to_one_sided_search(seed: int) -> None:
    """Wide and skewed frontiers, directed: the same hops as a search from one end."""
    rng = np.random.default_rng(seed)
    n, m = 3000, 9000
    hubs, others = rng.zipf(1.7, m) % n, rng.integers(0, n, m)
    tails, heads = np.r_[hubs, others[: m // 2]], np.r_[others, hubs[m // 2 :]]
    graph = Graph.from_edges(tails, heads, np.ones(len(tails)), np.ones(len(tails)), n=n)
    assert not of_graph(graph).symmetric
    sources, targets = rng.integers(0, n, (2, 500))
    expected = breadth_first(graph, sources).levels[np.arange(500), targets]
    assert (expected > 2).any()
    assert (expected < 0).any()
    np.testing.assert_array_equal(hop_distances(graph, sources, targets), expected)


def test_paths_outgrow_their_room() -> None:
    """Paths of thousands of nodes, in both directions of a line."""
    n = 6000
    line = Graph.from_edges(np.arange(n - 1), np.arange(1, n), np.ones(n - 1), np.ones(n - 1))
    search = HopSearch(line)
    found = search.paths([0, n - 1, 5], [n - 1, 0, 5900])
    assert np.diff(found.stops).tolist() == [n, 0, 5896]
    np.testing.assert_array_equal(found.nodes, np.r_[np.arange(n), np.arange(5, 5901)])
    assert hop_path(line, 2, 2).tolist() == [2]
    assert hop_path(line, 3, 2).tolist() == []


def test_special_graphs() -> None:
    """A star, a clique with parallel arcs and loops, islands."""
    star = build(6, both_ways([Arc(0, k, 1, 1) for k in range(1, 6)]))
    assert hop_path(star, 2, 5).tolist() == [2, 0, 5]
    ends = np.indices((5, 5)).reshape(2, -1)
    clique = Graph.from_edges(*np.tile(ends, 2), np.ones(50), np.ones(50))
    assert hop_distances(clique, *ends).tolist() == (ends[0] != ends[1]).astype(int).tolist()
    apart = build(3, [])
    assert hop_distances(apart, [0, 1], [2, 1]).tolist() == [-1, 0]
    assert hop_distances(build(0, []), [], []).tolist() == []


def test_marks_start_again() -> None:
    """After a thousand million searches the numbers of searches are used again."""
    graph = chung_lu(200, mean_degree=3.0, exponent=2.5, seed=4)
    pairs = np.random.default_rng(0).integers(0, 200, (2, 50))
    search = HopSearch(graph)
    expected = search.distances(*pairs)
    search._work[kernels.MARK, -1] = kernels.LAST_RUN - 20
    np.testing.assert_array_equal(search.distances(*pairs), expected)
    assert search._work[kernels.MARK, -1] == 30


def test_count_of_nodes_looked_at() -> None:
    """Nodes met and nodes whose list was read, each counted once over all searches."""
    star = build(6, both_ways([Arc(0, k, 1, 1) for k in range(1, 6)]))
    search = HopSearch(star, count=True)
    assert (search.distance(1, 1), search.nodes_seen, search.nodes_read) == (0, 1, 0)
    assert (search.distance(1, 2), search.nodes_seen, search.nodes_read) == (2, 3, 2)
    search.distance(1, 2)
    assert (search.nodes_seen, search.nodes_read) == (3, 2)
    search.distance(0, 3)  # the leaf has fewer arcs, and its only one is the answer
    assert (search.nodes_seen, search.nodes_read) == (4, 3)
    assert HopSearch(star).nodes_seen == 0


@settings(deadline=None)
@given(small_graphs())
def test_symmetry_is_found(case: Case) -> None:
    """Arcs lead both ways exactly when the graph equals its reverse, however rows are sorted."""
    n, arcs = case
    for some in (arcs, both_ways(arcs)):
        graph = build(n, some)
        ends = sorted((a.tail, a.head) for a in some)
        assert of_graph(graph).symmetric == (ends == sorted((h, t) for t, h in ends))


def test_mapped_arrays(tmp_path: Path) -> None:
    """Rows read from files as they are used, and rows given with their reverse."""
    graph = chung_lu(500, mean_degree=4.0, exponent=2.3, seed=1)
    save_rows(tmp_path / "rows", undirected(graph))
    mapped = HopSearch.from_csr(*load_rows(tmp_path / "rows"))
    pairs = np.random.default_rng(1).integers(0, 500, (2, 100))
    np.testing.assert_array_equal(mapped.distances(*pairs), hop_distances(graph, *pairs))
    one_way = build(3, [Arc(0, 1, 1, 1), Arc(1, 2, 1, 1)])
    back = one_way.reverse
    search = HopSearch.from_csr(one_way.indptr, one_way.heads, (back.indptr, back.tails))
    assert (search.distance(0, 2), search.distance(2, 0)) == (2, -1)


def test_bad_questions_are_refused() -> None:
    """Unknown nodes, pairs that are none, arrays that are no rows."""
    search = HopSearch(town())
    for question in (search.distance, search.path):
        with pytest.raises(InputError, match="no such node: 4"):
            question(0, 4)
        with pytest.raises(InputError, match="no such node: -1"):
            question(-1, 0)
    with pytest.raises(InputError, match="pairs"):
        search.distances([0], [1, 2])
    with pytest.raises(InputError):
        hop_path(town(), 0, 9)
    indptr, heads = town().indptr, town().heads
    with pytest.raises(InputError, match="row pointers"):
        of_rows(indptr[:-1], heads)
    with pytest.raises(InputError, match="int64"):
        of_rows(indptr.astype(np.int32), heads)  # type: ignore[arg-type]
