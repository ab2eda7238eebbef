"""Tests of pruned landmark labels against breadth-first search."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routesolve.errors import InputError
from routesolve.graphs import Graph
from routesolve.graphs import _pruned_labels as module
from routesolve.graphs._kernels import pruned_labels as kernels
from routesolve.graphs._kernels import pruned_labels_build as making
from routesolve.graphs.bidirectional_bfs import hop_distances
from routesolve.graphs.generators import chung_lu, undirected
from routesolve.graphs.hop_arcs import of_graph
from routesolve.graphs.pruned_labels import PrunedLandmarkLabels
from routesolve.graphs.readers.edge_list import read_edge_list

from .examples import build, small_graphs, town
from .naive import Arc, hops
from .test_bidirectional_bfs import both_ways, check_path

Case = tuple[int, list[Arc]]


def label_of(index: PrunedLandmarkLabels, node: int, way: str) -> dict[int, int]:
    """The label of a node as hub -> hops."""
    starts, entries = (
        getattr(index.labels, f"{way}_starts"),
        getattr(index.labels, f"{way}_entries"),
    )
    run = entries[starts[node] : starts[node + 1]].tolist()
    assert run.pop() == kernels.END
    return {entry >> index.labels.bits: entry % (1 << index.labels.bits) for entry in run}


def ring(n: int, chords: int, seed: int) -> Graph:
    """A circle with some chords: deep, and all degrees alike."""
    rng = np.random.default_rng(seed)
    tails = np.r_[np.arange(n), rng.integers(0, n, chords)]
    heads = np.r_[(np.arange(n) + 1) % n, rng.integers(0, n, chords)]
    ones = np.ones(2 * len(tails))
    return Graph.from_edges(np.r_[tails, heads], np.r_[heads, tails], ones, ones, n=n)


@settings(deadline=None)
@given(small_graphs(most=9), st.booleans(), st.integers(0, 3))
def test_equal_naive(case: Case, symmetric: bool, roots: int) -> None:
    """All pairs of directed and undirected graphs, with and without roots: hops and paths."""
    n, arcs = case
    graph = build(n, both_ways(arcs) if symmetric else arcs)
    arcs = both_ways(arcs) if symmetric else arcs
    index = PrunedLandmarkLabels.build(graph, roots=roots if of_graph(graph).symmetric else 0)
    expected = [hops(n, arcs, [source]) for source in range(n)]
    sources, targets = np.indices((n, n)).reshape(2, -1)
    assert index.distances(sources, targets).tolist() == np.ravel(expected).tolist()
    for s, t in zip(sources.tolist(), targets.tolist(), strict=True):
        assert index.distance(s, t) == expected[s][t]
        check_path(graph, index.path(s, t).tolist(), s, t, expected[s][t])


@settings(deadline=None)
@given(small_graphs(most=9))
def test_entries_are_distances(case: Case) -> None:
    """Labels hold true distances to their hubs, and without roots they alone give all others."""
    n, arcs = case
    graph = build(n, arcs)
    index = PrunedLandmarkLabels.build(graph, roots=0)
    expected = [hops(n, arcs, [source]) for source in range(n)]
    out = [label_of(index, v, "out") for v in range(n)]
    into = [label_of(index, v, "in") for v in range(n)]
    node_of = {hub: v for v in range(n) for hub, d in out[v].items() if d == 0 and hub in into[v]}
    for v in range(n):
        assert all(expected[v][node_of[hub]] == d for hub, d in out[v].items())
        assert all(expected[node_of[hub]][v] == d for hub, d in into[v].items())
        for u in range(n):
            sums = [out[v][hub] + into[u][hub] for hub in out[v].keys() & into[u].keys()]
            assert min(sums, default=-1) == expected[v][u]


@pytest.mark.parametrize("roots", [0, 1, 16])
@pytest.mark.parametrize(
    "graph",
    [
        chung_lu(2000, mean_degree=6.0, exponent=2.3, seed=2),
        ring(300, 40, 3),
        ring(700, 0, 4),  # too deep for roots
    ],
    ids=["hubs", "ring", "circle"],
)
def test_equal_to_searches(graph: Graph, roots: int) -> None:
    """Larger graphs: hops of many pairs, and paths of some."""
    index = PrunedLandmarkLabels.build(graph, roots=roots)
    pairs = np.random.default_rng(0).integers(0, graph.n, (2, 3000))
    expected = hop_distances(graph, *pairs)
    np.testing.assert_array_equal(index.distances(*pairs), expected)
    for s, t, length in zip(*pairs[:, :200].tolist(), expected.tolist(), strict=False):
        check_path(graph, index.path(s, t).tolist(), s, t, length)
    assert index.roots == (0 if expected.max() > 2 * making.DEEPEST else roots)


def test_directed() -> None:
    """A larger directed graph: both directions of labels, grown in small pools."""
    rng = np.random.default_rng(1)
    tails, heads = rng.zipf(1.7, 5000) % 1000, rng.integers(0, 1000, 5000)
    tails, heads = np.r_[tails, heads[:2500]], np.r_[heads, tails[:2500]]
    graph = Graph.from_edges(tails, heads, np.ones(7500), np.ones(7500), n=1000)
    index = PrunedLandmarkLabels.build(graph)
    assert index.roots == 0
    pairs = rng.integers(0, 1000, (2, 3000))
    np.testing.assert_array_equal(index.distances(*pairs), hop_distances(graph, *pairs))
    with pytest.raises(InputError, match="4 roots of a directed graph"):
        PrunedLandmarkLabels.build(graph, roots=4)


def test_roots_replace_hubs() -> None:
    """Bit-parallel roots leave less than half of the hubs."""
    graph = chung_lu(3000, mean_degree=8.0, exponent=2.4, seed=5)
    without = PrunedLandmarkLabels.build(graph, roots=0)
    index = PrunedLandmarkLabels.build(graph)
    assert index.roots == module.ROOTS
    assert index.mean_size < without.mean_size / 2
    assert f"{index.mean_size:.1f} hubs" in repr(index)


def test_the_same_in_small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the first guess of memory nor the budget between pauses changes the labels."""
    graph = chung_lu(500, mean_degree=5.0, exponent=2.5, seed=6)
    whole = PrunedLandmarkLabels.build(graph, roots=1)
    monkeypatch.setattr(module, "GUESS", 0)
    monkeypatch.setattr(module, "BUDGET", 100)
    calls: list[tuple[int, int]] = []
    again = PrunedLandmarkLabels.build(
        graph, roots=1, on_progress=lambda done, of: calls.append((done, of))
    )
    assert calls[-1] == (500, 500)
    assert len(calls) > 20
    for key, array in whole.arrays().items():
        np.testing.assert_array_equal(again.arrays()[key], array)


def test_special_graphs() -> None:
    """No nodes, no arcs, a clique with parallel arcs and loops, a line over many hops."""
    empty = PrunedLandmarkLabels.build(build(0, []))
    assert empty.distances([], []).shape == (0,)
    apart = PrunedLandmarkLabels.build(build(2, []))
    assert (apart.distance(0, 0), apart.distance(0, 1)) == (0, -1)
    assert apart.path(0, 1).tolist() == []
    ends = np.indices((5, 5)).reshape(2, -1)
    clique = Graph.from_edges(*np.tile(ends, 2), np.ones(50), np.ones(50))
    assert (
        PrunedLandmarkLabels.build(clique).distances(*ends).tolist()
        == (ends[0] != ends[1]).astype(int).tolist()
    )
    line = build(400, both_ways([Arc(k, k + 1, 1, 1) for k in range(399)]))
    index = PrunedLandmarkLabels.build(line)
    assert index.distance(399, 0) == 399
    np.testing.assert_array_equal(index.path(1, 398), np.arange(1, 399))


def test_too_far_for_an_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a distance does not fit, that is said."""
    monkeypatch.setattr(module, "width_of_hops", lambda n: 4)
    with pytest.raises(InputError, match="more than 15 hops apart"):
        PrunedLandmarkLabels.build(ring(100, 0, 0), roots=0)


def test_rows_and_no_parents(tmp_path: Path) -> None:
    """Labels of plain rows, taken apart and put together; without parents they give no paths."""
    graph = chung_lu(300, mean_degree=4.0, exponent=2.4, seed=7)
    rows = undirected(graph)
    pairs = np.random.default_rng(2).integers(0, 300, (2, 500))
    index = PrunedLandmarkLabels.from_csr(*rows, parents=False)
    np.testing.assert_array_equal(index.distances(*pairs), hop_distances(graph, *pairs))
    again = PrunedLandmarkLabels.from_arrays(index.arcs, index.arrays())
    np.testing.assert_array_equal(again.distances(*pairs), index.distances(*pairs))
    with pytest.raises(InputError, match="no paths"):
        index.path(0, 1)
    with pytest.raises(InputError, match="belong to no graph"):
        index.save(tmp_path / "a.npz")
    assert index.memory < PrunedLandmarkLabels.build(graph).memory


def test_bad_questions_are_refused() -> None:
    """Unknown nodes, pairs that are none, roots that are none."""
    index = PrunedLandmarkLabels.build(town())
    with pytest.raises(InputError, match="no such node: 4"):
        index.distance(0, 4)
    with pytest.raises(InputError, match="no such node: -1"):
        index.path(-1, 0)
    with pytest.raises(InputError, match="pairs"):
        index.distances([0], [1, 2])
    with pytest.raises(InputError, match="-1 roots"):
        PrunedLandmarkLabels.build(town(), roots=-1)


def test_saved_and_loaded(tmp_path: Path) -> None:
    """A file gives the same answers; of another graph, another kind or damaged it is refused."""
    file = tmp_path / "a.npz"
    for graph in (chung_lu(120, mean_degree=4.0, exponent=2.4, seed=8), town()):
        index = PrunedLandmarkLabels.build(graph, roots=1 if graph.n > 4 else 0)
        index.save(file)
        loaded = PrunedLandmarkLabels.load(file, graph)
        assert loaded.memory == index.memory > 0
        pairs = np.indices((graph.n, graph.n)).reshape(2, -1)
        np.testing.assert_array_equal(loaded.distances(*pairs), index.distances(*pairs))
        np.testing.assert_array_equal(loaded.path(0, 1), index.path(0, 1))
        with pytest.raises(InputError, match="another graph"):
            PrunedLandmarkLabels.load(file, ring(9, 0, 0))
        with np.load(file) as archive:
            arrays = dict(archive)
        meta = json.loads(arrays["meta"].tobytes())
        for change, match in (({"version": 99}, "format 99"), ({"format": "x"}, "not a")):
            other = np.frombuffer(json.dumps(meta | change).encode(), dtype=np.uint8)
            np.savez(file, **{**arrays, "meta": other})
            with pytest.raises(InputError, match=match):
                PrunedLandmarkLabels.load(file, graph)
        for key in set(arrays) - {"meta"}:
            wrong = [arrays[key].astype(np.float32)]
            if arrays[key].size:
                wrong.append(arrays[key][:-1])
            if key.endswith(("starts", "entries", "parents")):
                wrong.append(np.r_[arrays[key][:-2], [7, 7]].astype(arrays[key].dtype))
                wrong[-1][-2:] = graph.n + 7
            for array in wrong:
                np.savez(file, **{**arrays, key: array})
                with pytest.raises(InputError):
                    PrunedLandmarkLabels.load(file, graph)
        file.write_bytes(file.read_bytes()[:200])
        with pytest.raises(InputError):
            PrunedLandmarkLabels.load(file, graph)


def test_false_parents_are_noticed() -> None:
    """Parents that lead nowhere end in an error, not in a wrong path."""
    graph = ring(30, 0, 0)
    index = PrunedLandmarkLabels.build(graph, roots=0)
    for parent in (0, -1):
        wrong = np.full_like(index.parents.out, parent)
        broken = PrunedLandmarkLabels.from_arrays(
            index.arcs, index.arrays() | {"out_parents": wrong}
        )
        with pytest.raises(InputError, match="contradict"):
            broken.path(7, 20)


def test_a_social_network(data_dir: Path) -> None:
    """A SNAP graph: exact, with and without roots."""
    rows = undirected(read_edge_list(data_dir / "bench/social/wiki-Vote.txt.xz"))
    index = PrunedLandmarkLabels.from_csr(*rows)
    plain = PrunedLandmarkLabels.from_csr(*rows, roots=0)
    pairs = np.random.default_rng(3).integers(0, len(rows.indptr) - 1, (2, 5000))
    np.testing.assert_array_equal(index.distances(*pairs), plain.distances(*pairs))
    assert 2 * index.mean_size < plain.mean_size
