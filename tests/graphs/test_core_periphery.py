"""Tests of the core-periphery index (WormHole) against plain searches."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routesolve.errors import InputError
from routesolve.graphs import Graph
from routesolve.graphs._core_periphery import growing
from routesolve.graphs._core_periphery.asked import Oracle
from routesolve.graphs._core_periphery.asked import grow as grow_asked
from routesolve.graphs._kernels.core_layout import RUN
from routesolve.graphs.core_periphery import CorePeripheryIndex
from routesolve.graphs.generators import Rows, chung_lu_csr, load_rows, save_rows
from routesolve.graphs.pruned_labels import PrunedLandmarkLabels
from routesolve.graphs.readers.edge_list import read_edge_list

from .examples import build as build_graph
from .naive import Arc, dijkstra

Edge = tuple[int, int]
Network = tuple[int, list[Edge]]


def rows_of(n: int, edges: list[Edge]) -> Rows:
    """Neighbours as arrays: parallel edges and loops stay."""
    near: list[list[int]] = [[] for _ in range(n)]
    for u, v in edges:
        near[u].append(v)
        if u != v:
            near[v].append(u)
    indptr = np.zeros(n + 1, np.int64)
    np.cumsum([len(row) for row in near], out=indptr[1:])
    return Rows(indptr, np.array([v for row in near for v in row], np.int32))


def all_hops(n: int, edges: list[Edge]) -> npt.NDArray[np.int64]:
    """(n, n) true distances; -1 = not connected."""
    arcs = [Arc(u, v, 1, 1) for u, v in edges] + [Arc(v, u, 1, 1) for u, v in edges]
    return np.array([dijkstra(n, arcs, s) for s in range(n)])


@st.composite
def networks(draw: st.DrawFn, most: int = 14) -> Network:
    """Small networks of all kinds: sparse, dense, in parts, with loops and parallel edges."""
    n = draw(st.integers(1, most))
    vertex = st.integers(0, n - 1)
    edges = draw(st.lists(st.tuples(vertex, vertex), max_size=2 * n))
    if draw(st.booleans()):  # connected, and with long arms
        edges += [(v, draw(st.integers(max(0, v - 3), v - 1))) for v in range(1, n)]
    return n, edges


cores = st.sampled_from([0.0, 0.1, 0.3, 1.0, 1])


def check(index: CorePeripheryIndex, n: int, edges: list[Edge], modes: str = "EHM") -> None:
    """All pairs in all modes: never below the truth, paths real and of the length reported."""
    true = all_hops(n, edges).reshape(-1)
    links = {frozenset(edge) for edge in edges}
    s, t = np.indices((n, n)).reshape(2, -1)
    for mode in modes:
        for exact in (False, True):
            found = index.distances(s, t, mode=mode, exact=exact)
            ways = index.paths(s, t, mode=mode, exact=exact)
            np.testing.assert_array_equal(found.hops, ways.hops)
            np.testing.assert_array_equal(found.hops < 0, true < 0)
            assert (found.hops >= true).all()
            np.testing.assert_array_equal(found.hops[found.exact], true[found.exact])
            assert not exact or found.exact.all()
            for i in range(n * n):
                path = ways.path(i).tolist()
                if true[i] < 0:
                    assert path == []
                    continue
                assert (path[0], path[-1], len(path)) == (s[i], t[i], found.hops[i] + 1)
                assert len(set(path)) == len(path)
                assert all(frozenset(edge) in links for edge in pairwise(path))


# ---------------------------------------------------------------- growth


def assert_greedy(n: int, edges: list[Edge], order: list[int], start: int) -> None:
    """Each vertex of the core had most neighbours there when it joined."""
    count = np.zeros(n, int)
    outside = np.ones(n, bool)
    near: list[list[int]] = [[] for _ in range(n)]
    for u, v in edges:
        near[u].append(v)
        if u != v:
            near[v].append(u)
    for place, v in enumerate(order):
        assert outside[v]
        if place == 0:
            assert v == start
        elif count[outside].max() > 0:
            assert count[v] == count[outside].max()
        outside[v] = False
        for x in near[v]:
            count[x] += 1


@settings(deadline=None)
@given(networks(most=30), st.data())
def test_growth_is_greedy(network: Network, data: st.DataObject) -> None:
    """The bucket queue takes a best vertex each time, and counts what is around the core."""
    n, edges = network
    start = data.draw(st.integers(0, n - 1))
    size = data.draw(st.integers(0, n))
    rows = rows_of(n, edges)
    grown = growing.grow(*rows, size, start)
    order = grown.order.tolist()
    assert len(set(order)) == size
    assert_greedy(n, edges, order, start)
    assert grown.arcs == sum(rows.indptr[v + 1] - rows.indptr[v] for v in order)
    for v in range(n):
        row = rows.heads[rows.indptr[v] : rows.indptr[v + 1]].tolist()
        expected = -1 if v in order else sum(x in order for x in row)
        assert grown.near[v] == expected


@settings(deadline=None)
@given(networks(most=20), st.data())
def test_asked_growth_is_greedy(network: Network, data: st.DataObject) -> None:
    """The same by asking a function, for each vertex of the core once."""
    n, edges = network
    simple = sorted({(min(e), max(e)) for e in edges if e[0] != e[1]})
    start, size = data.draw(st.integers(0, n - 1)), data.draw(st.integers(0, n))
    rows = rows_of(n, simple)
    asked: list[int] = []

    def neighbours(v: int) -> npt.NDArray[np.int32]:
        asked.append(v)
        return rows.heads[rows.indptr[v] : rows.indptr[v + 1]]

    starts = [*range(start, n), *range(start)]
    order, _ = grow_asked(Oracle(neighbours, n), size, starts)
    assert len(order) == size
    assert asked == order
    assert_greedy(n, simple, order, start)


def test_same_seed_same_index() -> None:
    """The same seed gives the same core, another one another."""
    rows = chung_lu_csr(3000, mean_degree=6.0, exponent=2.5, seed=1)
    first, again, other = (
        CorePeripheryIndex.build(rows, core=0.02, seed=seed).searches.core for seed in (5, 5, 6)
    )
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a, b)
    assert not np.array_equal(first.nodes, other.nodes)


def test_reads_little() -> None:
    """Only the lists of the core are read, and the answers are good."""
    rows = chung_lu_csr(20_000, mean_degree=10.0, exponent=2.4, seed=2)
    index = CorePeripheryIndex.build(rows, core=0.01, seed=1, core_index="pll")
    n = 20_000
    assert index.facts["queries"] == 200 == index.sizes[0]
    assert sum(index.sizes) == n
    assert index.facts["arcs"] < 0.4 * len(rows.heads)
    s, t = np.random.default_rng(0).integers(0, n, (2, 1000))
    true = index.distances(s, t, exact=True).hops
    index.count_reads()
    error = index.distances(s, t).hops - true
    assert (error >= 0).all()
    assert (error == 0).mean() > 0.9
    assert (error <= 1).mean() > 0.99
    assert 200 < index.vertices_read < 0.4 * n
    for mode in "HM":
        assert (index.distances(s, t, mode=mode).hops - true <= 2).mean() > 0.99


# ---------------------------------------------------------------- answers


@settings(deadline=None, max_examples=200)
@given(networks(), cores, st.integers(0, 9))
def test_equal_naive(network: Network, core: float, seed: int) -> None:
    """Arrays, all modes, cores of all sizes."""
    n, edges = network
    index = CorePeripheryIndex.build(rows_of(n, edges), core=core, seed=seed, core_index="pll")
    check(index, n, edges)


@settings(deadline=None, max_examples=100)
@given(networks(most=10), cores, st.integers(0, 9), st.booleans())
def test_function_equals_naive(network: Network, core: float, seed: int, known: bool) -> None:
    """A function in place of arrays, with the number of vertices known and not."""
    n, edges = network
    rows = rows_of(n, edges)

    def neighbours(v: int) -> list[int]:
        return rows.heads[rows.indptr[v] : rows.indptr[v + 1]].tolist()

    if known:
        index = CorePeripheryIndex.build(neighbours, core=core, seed=seed, n=n)
    else:
        index = CorePeripheryIndex.build(neighbours, core=min(n, 3), start=seed % n)
        assert index.n is None
    check(index, n, edges, "EH")


SHAPES: dict[str, Network] = {
    "one": (1, []),
    "loop": (1, [(0, 0)]),
    "isolated": (6, [(1, 2)]),
    "star": (20, [(0, v) for v in range(1, 20)]),
    "path": (30, [(v, v + 1) for v in range(29)]),
    "clique": (9, [(u, v) for u in range(9) for v in range(u)]),
    "two paths": (24, [(v, v + 1) for v in range(23) if v != 11]),
    "multi-edges": (6, [(0, 1)] * 200 + [(1, 2)] * 3 + [(2, 3), (3, 4), (4, 5), (5, 5)]),
    "comb": (40, [(v, v + 1) for v in range(19)] + [(v, v + 20) for v in range(20)]),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("core", [0, 1, 0.2, 1.0])
def test_shapes(shape: str, core: float) -> None:
    """Networks without a core worth the name, and cores of nothing and of everything."""
    n, edges = SHAPES[shape]
    for seed in range(3):
        index = CorePeripheryIndex.build(rows_of(n, edges), core=core, seed=seed, core_index="pll")
        check(index, n, edges)


def test_one_pair() -> None:
    """Single questions: what an answer says."""
    n, edges = SHAPES["two paths"]
    index = CorePeripheryIndex.build(rows_of(n, edges), core=3, seed=1)
    answer = index.path(0, 3)
    assert (answer.hops, answer.cost, answer.mode) == (3, 3.0, "E")
    assert answer.path == (0, 1, 2, 3)
    assert index.distance(0, 3).path is None
    assert (
        index.distance(0, 20, mode="H")
        == (-1, float("inf"), "H", True, answer.queries, None)[:4]
        + index.distance(0, 20, mode="H")[4:]
    )
    assert index.path(0, 20).path is None
    assert index.path(5, 5) == (0, 0.0, "E", True, 0, (5,))
    assert "3 vertices in the core" in repr(index)
    assert index.rings([int(index.searches.core.nodes[0])]).tolist() == [0]


def test_empty_and_no_pairs() -> None:
    """A network without vertices, and no questions."""
    empty = CorePeripheryIndex.build(rows_of(0, []))
    assert empty.distances([], []).hops.shape == (0,)
    index = CorePeripheryIndex.build(rows_of(2, [(0, 1)]))
    assert index.paths([], []).nodes.shape == (0,)  # type: ignore[union-attr]


def test_numbers_of_runs_start_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the stamps are used up, they are cleared."""
    n, edges = SHAPES["comb"]
    index = CorePeripheryIndex.build(rows_of(n, edges), core=4, core_index="pll")
    check(index, n, edges)
    state = index.searches._fresh(1).state  # type: ignore[union-attr]
    state[RUN] = 2**31 - 40
    check(index, n, edges)
    assert state[RUN] < 2**20


def test_room_for_paths_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    """More path vertices than there was room for."""
    from routesolve.graphs._core_periphery import compiled

    monkeypatch.setattr(compiled, "ROOM", 1)
    n, edges = SHAPES["path"]
    index = CorePeripheryIndex.build(rows_of(n, edges), core=2, core_index="pll")
    check(index, n, edges)


@pytest.mark.parametrize("name", ["soc-Epinions1.txt.gz"])
def test_epinions(data_dir: Path, name: str) -> None:
    """A real network: the accuracy that the paper reports."""
    from routesolve.graphs.generators import undirected

    rows = undirected(read_edge_list(data_dir / "bench" / "social" / name))
    index = CorePeripheryIndex.build(rows, core=0.06, seed=1)
    s, t = np.random.default_rng(0).integers(0, len(rows.indptr) - 1, (2, 2000))
    true = index.distances(s, t, exact=True).hops
    error = index.distances(s, t).hops - true
    assert error.min() >= 0
    assert (error == 0).mean() > 0.95
    assert (error <= 2).mean() > 0.999


# ---------------------------------------------------------------- weights and directions


@settings(deadline=None, max_examples=150)
@given(networks(most=9), st.data(), cores, st.booleans(), st.booleans())
def test_weights_and_directions(
    network: Network, data: st.DataObject, core: float, directed: bool, weighted: bool
) -> None:
    """Never below the cheapest cost, exact when asked for, and paths add up."""
    n, edges = network
    weight = st.integers(1, 9)
    arcs = [Arc(u, v, data.draw(weight) if weighted else 1, 1) for u, v in edges]
    if not directed:
        arcs += [Arc(a.head, a.tail, a.duration, 1) for a in arcs]
    graph = build_graph(n, arcs)
    index = CorePeripheryIndex.build(
        graph, core=core, metric="duration" if weighted else None, directed=directed
    )
    best: dict[Edge, int] = {}
    for a in arcs:
        best[a.tail, a.head] = min(a.duration, best.get((a.tail, a.head), 99))
    unit = 1e-3 if weighted else 1.0
    modes = "EH" if directed or weighted else "E"
    for s in range(n):
        true = dijkstra(n, arcs, s)
        for t in range(n):
            for mode in modes:
                answer = index.path(s, t, mode=mode)
                exact = index.path(s, t, mode=mode, exact=True)
                if true[t] < 0:
                    assert answer.hops == exact.hops == -1
                    continue
                assert exact.cost == pytest.approx(true[t] * unit)
                assert answer.cost >= exact.cost - 1e-9
                for found in (answer, exact):
                    assert found.path is not None
                    assert (found.path[0], found.path[-1]) == (s, t)
                    assert len(found.path) == found.hops + 1
                    cost = sum(best[e] for e in pairwise(found.path))
                    assert cost * unit == pytest.approx(found.cost)


# ---------------------------------------------------------------- changes


@settings(deadline=None, max_examples=100)
@given(networks(), cores, st.data(), st.booleans())
def test_changes(network: Network, core: float, data: st.DataObject, asked: bool) -> None:
    """After edges come and go, answers are those of the network as it is, and rings are right."""
    n, edges = network
    links = {(min(e), max(e)) for e in edges}
    near: dict[int, set[int]] = {}

    def follow() -> None:
        near.clear()
        for u, v in links:
            near.setdefault(u, set()).add(v)
            near.setdefault(v, set()).add(u)

    follow()
    if asked:
        index = CorePeripheryIndex.build(lambda v: sorted(near.get(v, ())), core=core, n=n)
    else:
        index = CorePeripheryIndex.build(rows_of(n, edges), core=core, core_index="pll")
    vertex = st.integers(0, n - 1)
    for _ in range(3):
        new = data.draw(st.lists(st.tuples(vertex, vertex), max_size=3))
        links |= {(min(e), max(e)) for e in new}
        follow()
        index.insert_edges(new)
        gone = data.draw(st.lists(st.sampled_from(sorted(links)), max_size=3)) if links else []
        gone = [e for e in gone if e[0] != e[1]]
        links -= set(gone)
        follow()
        index.delete_edges(gone)
        rings = index.rings(np.arange(n))
        for v in range(n):
            inside = any(rings[x] == 0 for x in near.get(v, ()) if x != v)
            assert rings[v] == (0 if rings[v] == 0 else 1 if inside else 2)
        check(index, n, sorted(links), "EH" if asked else "EHM")


def test_changes_are_saved(tmp_path: Path) -> None:
    """An index that was changed is changed when it comes back, with the graph it was built on."""
    n, edges = SHAPES["comb"]
    rows = rows_of(n, edges)
    index = CorePeripheryIndex.build(rows, core=4, core_index="pll")
    index.insert_edges([(20, 39), (0, 19)])
    index.delete_edges([(5, 6)])
    index.save(tmp_path / "a.npz")
    changed = [e for e in edges if e != (5, 6)] + [(20, 39), (0, 19)]
    check(CorePeripheryIndex.load(tmp_path / "a.npz", rows), n, changed)


def test_bad_changes() -> None:
    """Edges that are none, and indexes that cannot change: nothing has happened."""
    n, edges = SHAPES["star"]
    index = CorePeripheryIndex.build(rows_of(n, edges), core=2, core_index="pll")
    with pytest.raises(InputError, match=r"no such edges: \[3, 4\]"):
        index.delete_edges([(0, 1), (3, 4)])
    for bad in ([(0, 20)], [(0, 1, 2)], [0, 1]):
        with pytest.raises(InputError):
            index.insert_edges(bad)
    check(index, n, edges)
    graph = build_graph(2, [Arc(0, 1, 1, 1)])
    with pytest.raises(InputError, match="build it again"):
        CorePeripheryIndex.build(graph, directed=True).insert_edges([(0, 1)])


# ---------------------------------------------------------------- functions that fail


def test_a_function_that_raises() -> None:
    """One clear error, which names the vertex."""

    def neighbours(v: int) -> list[int]:
        if v == 2:
            raise ConnectionError("database is gone")
        return [(v + 1) % 5, (v - 1) % 5]

    with pytest.raises(InputError, match="database is gone") as raised:
        CorePeripheryIndex.build(neighbours, n=5, core=1.0)
    assert raised.value.problems[0].where == "neighbors(2)"
    index = CorePeripheryIndex.build(neighbours, n=5, core=1, start=0)
    with pytest.raises(InputError, match="ConnectionError"):
        index.distance(2, 4)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ([7], "returned 7"),
        ([-1], "returned -1"),
        ("abc", "returned"),
        ([[1]], "shape"),
        ([0.5], "float"),
    ],
)
def test_a_function_that_returns_nonsense(answer: Any, said: str) -> None:
    """Vertices that do not exist, and things that are no lists of them."""
    with pytest.raises(InputError, match=said):
        CorePeripheryIndex.build(lambda v: answer, n=5, core=2)


def test_lists_that_are_not_symmetric() -> None:
    """An edge at one end only, in arrays and from a function."""
    ring = [[1], [2], [3], [0]]
    with pytest.raises(InputError, match="symmetric"):
        CorePeripheryIndex.build(lambda v: ring[v], n=4, core=1.0)
    with pytest.raises(InputError, match="one of its ends"):
        CorePeripheryIndex.build(
            (np.arange(5, dtype=np.int64), np.array([1, 2, 3, 0], np.int32)), core=1.0
        )


def test_heads_out_of_range() -> None:
    """Arrays that name vertices which do not exist are noticed while the core grows."""
    rows = np.array([0, 1, 2], np.int64), np.array([1, 9], np.int32)
    with pytest.raises(InputError, match="does not exist"):
        CorePeripheryIndex.build(rows, core=1.0)


def test_bad_questions() -> None:
    """What cannot be built or asked says why."""
    rows = rows_of(3, [(0, 1)])
    for options in (
        {"core": 1.5}, {"core": -1}, {"core": 9}, {"core_index": "mll"}, {"start": 3}, {"n": 3},
        {"directed": True}, {"metric": "duration"},
    ):  # fmt: skip
        with pytest.raises(InputError):
            CorePeripheryIndex.build(rows, **options)  # type: ignore[arg-type]
    graph = build_graph(2, [Arc(0, 1, 0, 1)])
    for options in ({"metric": "cost"}, {"metric": "duration"}, {"n": 2}):
        with pytest.raises(InputError):
            CorePeripheryIndex.build(graph, **options)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="labelled"):
        CorePeripheryIndex.build(graph, directed=True, core_index="pll")
    with pytest.raises(InputError, match="not known"):
        CorePeripheryIndex.build(lambda v: [], core=0.5)
    with pytest.raises(InputError, match="cannot index a str"):
        CorePeripheryIndex.build("file.txt")  # type: ignore[arg-type]
    index = CorePeripheryIndex.build(rows)
    with pytest.raises(InputError, match="no mode"):
        index.distance(0, 1, mode="X")
    with pytest.raises(InputError, match="labels"):
        index.distance(0, 1, mode="M")
    with pytest.raises(InputError, match="no such node"):
        index.distance(0, 3)
    with pytest.raises(InputError, match="pairs"):
        index.distances([0], [1, 2])


# ---------------------------------------------------------------- files


def test_saved_and_loaded(tmp_path: Path) -> None:
    """The same answers; of another graph, another kind, another version or damaged: refused."""
    n, edges = SHAPES["comb"]
    rows = rows_of(n, edges)
    file = tmp_path / "a.npz"
    for labels in (None, "pll"):
        index = CorePeripheryIndex.build(rows, core=6, seed=2, core_index=labels)
        index.save(file)
        loaded = CorePeripheryIndex.load(file, rows)
        assert loaded.facts == index.facts
        assert loaded.memory == index.memory > 0
        check(loaded, n, edges, "EHM" if labels else "EH")
    whole = file.read_bytes()
    with pytest.raises(InputError, match="another graph"):
        CorePeripheryIndex.load(file, rows_of(n, edges[:-1]))
    with pytest.raises(InputError, match="another graph"):
        CorePeripheryIndex.load(file, lambda v: [], n=n)
    with np.load(file) as archive:
        arrays = dict(archive)
    meta = json.loads(arrays["meta"].tobytes())
    for change, said in (({"version": 99}, "format 99"), ({"format": "x"}, "this is a 'x'")):
        text = np.frombuffer(json.dumps(meta | change).encode(), dtype=np.uint8)
        np.savez(file, **{**arrays, "meta": text})
        with pytest.raises(InputError, match=said):
            CorePeripheryIndex.load(file, rows)
    for key in ("around", "nodes", "indptr", "heads"):
        wrong = arrays[key].copy()
        wrong[-1:] = -7
        for array in (wrong, arrays[key][:-1]):
            np.savez(file, **{**arrays, key: array})
            with pytest.raises(InputError):
                CorePeripheryIndex.load(file, rows)
    for size in (0, 30, len(whole) // 2, len(whole) - 10):
        file.write_bytes(whole[:size])
        with pytest.raises(InputError):
            CorePeripheryIndex.load(file, rows)
    with pytest.raises(InputError):
        CorePeripheryIndex.load(tmp_path / "none.npz", rows)


def test_other_indexes_are_refused(tmp_path: Path) -> None:
    """A file of labels is no core-periphery index."""
    graph = build_graph(2, [Arc(0, 1, 1, 1), Arc(1, 0, 1, 1)])
    PrunedLandmarkLabels.build(graph).save(tmp_path / "a.npz")
    with pytest.raises(InputError, match="this is a 'routesolve-pruned-labels'"):
        CorePeripheryIndex.load(tmp_path / "a.npz", graph)


def test_general_indexes_saved_and_loaded(tmp_path: Path) -> None:
    """Those of functions, and with weights or directions."""
    file = tmp_path / "a.npz"
    ring = {v: [(v + 1) % 9, (v - 1) % 9] for v in range(9)}
    edges = [(v, (v + 1) % 9) for v in range(9)]
    CorePeripheryIndex.build(ring.__getitem__, n=9, core=3).save(file)
    check(CorePeripheryIndex.load(file, ring.__getitem__, n=9), 9, edges, "EH")
    with pytest.raises(InputError, match="another graph"):
        CorePeripheryIndex.load(file, lambda v: [], n=9)
    graph = build_graph(9, [Arc(u, v, 2, 1) for u, v in edges])
    for directed, metric in ((True, None), (True, "duration"), (False, "distance")):
        index = CorePeripheryIndex.build(graph, core=3, directed=directed, metric=metric)
        index.save(file)
        loaded = CorePeripheryIndex.load(file, graph, directed=directed, metric=metric)
        assert loaded.sizes == index.sizes
        for t in range(9):
            assert loaded.path(0, t) == index.path(0, t)
        with pytest.raises(InputError, match="another graph"):
            CorePeripheryIndex.load(file, graph)


def test_mapped_from_disk(tmp_path: Path) -> None:
    """Arrays that stay on disk give the same index and the same answers."""
    rows = chung_lu_csr(5000, mean_degree=8.0, exponent=2.4, seed=4)
    save_rows(tmp_path / "net", rows)
    mapped = load_rows(tmp_path / "net")
    there = CorePeripheryIndex.build(mapped, core=0.02, seed=3)
    here = CorePeripheryIndex.build(rows, core=0.02, seed=3)
    assert np.shares_memory(there.searches.heads, mapped.heads)  # type: ignore[union-attr]
    s, t = np.random.default_rng(0).integers(0, 5000, (2, 500))
    np.testing.assert_array_equal(there.distances(s, t).hops, here.distances(s, t).hops)
    there.save(tmp_path / "a.npz")
    loaded = CorePeripheryIndex.load(tmp_path / "a.npz", rows)
    np.testing.assert_array_equal(loaded.distances(s, t).hops, here.distances(s, t).hops)


def test_long_arrays_are_sampled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Of networks that may not fit into memory, parts make the fingerprint."""
    from routesolve.graphs._core_periphery import storage

    monkeypatch.setattr(storage, "WHOLE", 10)
    monkeypatch.setattr(storage, "PIECES", 3)
    monkeypatch.setattr(storage, "PIECE", 4)
    one, two = np.arange(40), np.arange(40)
    assert storage.digest(one) == storage.digest(two)
    two[0] = 7
    assert storage.digest(one) != storage.digest(two)


def test_graph_object() -> None:
    """A Graph with both directions of each edge is taken as it is."""
    n, edges = SHAPES["comb"]
    arcs = [Arc(u, v, 1, 1) for u, v in edges] + [Arc(v, u, 1, 1) for u, v in edges]
    graph: Graph = build_graph(n, arcs)
    check(CorePeripheryIndex.build(graph, core=0.2, core_index="pll"), n, edges)
