"""Tests of customizable hierarchies against Dijkstra's algorithm, SciPy and slow twins."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra as scipy_dijkstra

from routesolve.errors import InputError, RoutingError
from routesolve.graphs import Graph, HubLabels, expand, load_graph
from routesolve.graphs import customizable as module
from routesolve.graphs._hierarchy import dissection
from routesolve.graphs._hierarchy.check import checked_index
from routesolve.graphs._kernels import customization
from routesolve.graphs._kernels import dissection as kernels
from routesolve.graphs.customizable import CustomizableHierarchy
from routesolve.graphs.hierarchy import ContractionHierarchy

from .examples import build, small_graphs
from .naive import Arc, dijkstra

Case = tuple[int, list[Arc]]
INF = float("inf")


def seconds(steps: int) -> float:
    """What a slow twin's integer means to the public functions."""
    return INF if steps < 0 else steps / 1000


def town(side: int, seed: int, *, oneway: float = 0.2, placed: bool = True) -> Graph:
    """Streets with shuffled ids, some of them one-way."""
    rng = np.random.default_rng(seed)
    place = rng.permutation(side * side).reshape(side, side)
    across = np.stack([place[:, :-1].ravel(), place[:, 1:].ravel()])
    along = np.stack([place[:-1].ravel(), place[1:].ravel()])
    ends = np.hstack([across, along])
    ends = ends[:, rng.random(ends.shape[1]) < 0.9]
    back = ends[::-1, rng.random(ends.shape[1]) >= oneway]
    tails, heads = np.hstack([ends, back])
    weights = rng.integers(1, 10_000, (2, len(tails))) / 1000
    points = None
    if placed:
        points = np.empty((side * side, 2))
        points[place.ravel()] = np.argwhere(place >= 0) / 100
    return Graph.from_edges(tails, heads, *weights, points, n=side * side)


def reference(graph: Graph, metric: str = "duration") -> np.ndarray:
    """All costs by SciPy; the graph has no parallel arcs."""
    weights = graph.metrics[metric].astype(float)
    matrix = csr_array((weights, graph.heads, graph.indptr), shape=(graph.n, graph.n))
    return np.asarray(scipy_dijkstra(matrix) / round(1 / graph.units[metric]))


def naive_arcs(graph: Graph, metric: str = "duration") -> list[Arc]:
    """The arcs of a graph for slow twins, by one metric."""
    columns = graph.edge_tails, graph.heads, graph.metrics[metric]
    return [Arc(*map(int, row), 0) for row in zip(*columns, strict=True)]


def chordal(n: int, arcs: list[Arc], position: list[int]) -> set[tuple[int, int]]:
    """Arcs (lower place, upper place) that contracting all places from the bottom leaves."""
    around: list[set[int]] = [set() for _ in range(n)]
    for arc in arcs:
        a, b = position[arc.tail], position[arc.head]
        if a != b:
            around[a].add(b)
            around[b].add(a)
    found = set()
    for v in range(n - 1, -1, -1):
        above = {x for x in around[v] if x < v}
        found |= {(v, x) for x in above}
        for x in above:
            around[x] |= above - {x}
    return found


def smallest_cut(n: int, pairs: set[tuple[int, int]], first: set[int], last: set[int]) -> int:
    """Fewest nodes whose removal parts what is left of `first` from what is left of `last`."""
    for size in range(n + 1):
        for gone in combinations(range(n), size):
            reached = first - set(gone)
            while True:
                more = {b for a, b in pairs if a in reached} - set(gone) - reached
                if not more:
                    break
                reached |= more
            if not reached & last:
                return size
    raise AssertionError


def assert_exact(index: ContractionHierarchy) -> None:
    """All queries equal a slow twin, and every path hangs together and adds up."""
    graph, n = index.graph, index.graph.n
    arcs, key = naive_arcs(graph, index.metric), index.metric
    expected = [[seconds(cost) for cost in dijkstra(n, arcs, source)] for source in range(n)]
    nodes = np.arange(n)
    assert index.costs(nodes, method="buckets").tolist() == expected
    assert index.costs(nodes, method="sweep").tolist() == expected
    assert index.table(nodes).costs.tolist() == expected
    for source in range(n):
        assert index.distances([source] * n, nodes).tolist() == expected[source]
        assert index.one_to_all(source).costs.tolist() == expected[source]
        for target in range(n):
            if expected[source][target] == INF:
                with pytest.raises(RoutingError):
                    index.path(source, target)
                continue
            path = index.path(source, target)
            assert (path.nodes[0], path.nodes[-1]) == (source, target)
            assert graph.edge_tails[path.arcs].tolist() == path.nodes[:-1].tolist()
            assert graph.heads[path.arcs].tolist() == path.nodes[1:].tolist()
            total = graph.metrics[key][path.arcs].sum(dtype=np.int64) / 1000
            assert total == expected[source][target]


# ---------------------------------------------------------------- any graph, any weights


@settings(deadline=None, max_examples=150)
@given(small_graphs(), st.data())
def test_any_weights_equal_naive(case: Case, data: st.DataObject) -> None:
    """Its own weights, other ones (huge and none at all among them), and the other metric."""
    n, arcs = case
    graph = build(n, arcs)
    hierarchy = CustomizableHierarchy.build(graph)
    assert_exact(hierarchy.customize())
    step = st.one_of(st.integers(0, 3), st.integers(0, 10**8))
    steps = data.draw(st.lists(step, min_size=graph.m, max_size=graph.m))
    again = hierarchy.customize(np.array(steps, dtype=np.int64) / 1000, metric="distance")
    assert again.graph.metrics["distance"].tolist() == steps
    assert_exact(again)
    assert_exact(hierarchy.customize(again.graph, metric="distance"))


@settings(deadline=None)
@given(small_graphs())
def test_the_index_may_be_followed_blindly(case: Case) -> None:
    """What customising makes passes the check that files have to pass; no arc is too long."""
    n, arcs = case
    index = CustomizableHierarchy.build(build(n, arcs)).customize()
    checked = checked_index(dict(index.index.arrays), index.graph)
    assert checked.order.tolist() == index.index.order.tolist()
    best = [dijkstra(n, arcs, source) for source in range(n)]
    for way, ways in enumerate((index.index.up, index.index.down)):
        for v in range(n):
            row = ways.arcs[2 * ways.ptr[v] : 2 * ways.ptr[v + 1]].reshape(-1, 2)
            assert row[:, 0].tolist() == sorted(set(row[:, 0].tolist()))
            for above, weight in row.tolist():
                ends = int(index.index.order[v]), int(index.index.order[above])
                tail, head = ends[::-1] if way else ends
                assert weight == best[tail][head]


@pytest.mark.parametrize("oneway", [0.0, 0.3])
@pytest.mark.parametrize("placed", [True, False])
@pytest.mark.parametrize("metric", ["duration", "distance"])
def test_streets_equal_scipy(oneway: float, placed: bool, metric: str) -> None:
    """A town with and without coordinates: all pairs agree with SciPy, by every kind of query."""
    graph = town(18, 5, oneway=oneway, placed=placed)
    index = CustomizableHierarchy.build(graph).customize(metric=metric)
    expected, nodes = reference(graph, metric), np.arange(graph.n)
    for method in ("buckets", "sweep"):
        np.testing.assert_allclose(index.costs(nodes, method=method), expected, rtol=1e-12)
    trees = np.stack([index.costs_from(source) for source in range(graph.n)])
    np.testing.assert_array_equal(trees, index.costs(nodes))
    tables, tree = index.table([3], nodes), index.one_to_all(3)
    for row, column in zip(tables, tree, strict=True):
        np.testing.assert_array_equal(row[0], column)
    labels = HubLabels.from_hierarchy(index)
    np.testing.assert_array_equal(
        labels.distances(nodes, nodes[::-1]), expected[nodes, nodes[::-1]]
    )


def test_the_same_arcs_both_ways_are_shared() -> None:
    """Where all weights are the same both ways, both directions are one array."""
    graph = town(12, 3, oneway=0.0)
    ends = np.stack([graph.edge_tails, graph.heads])
    lengths = (ends.min(axis=0) * 7 + ends.max(axis=0)) / 10
    index = CustomizableHierarchy.build(graph).customize(lengths).index
    assert index.up is index.down


def test_a_metric_of_its_own() -> None:
    """What is minimised may be any metric of the graph; an unknown one is refused."""
    graph = town(9, 4)
    steps = np.random.default_rng(0).integers(1, 4, graph.m)
    graph = replace(
        graph, metrics={**graph.metrics, "cost": steps}, units={**graph.units, "cost": 0.5}
    )
    hierarchy = CustomizableHierarchy.build(graph)
    index = hierarchy.customize(metric="cost")
    np.testing.assert_array_equal(index.costs(np.arange(graph.n)), reference(graph, "cost"))
    np.testing.assert_array_equal(
        hierarchy.customize(steps * 1.0, metric="cost").costs([5]), 2 * index.costs([5])
    )
    with pytest.raises(InputError, match="beauty"):
        hierarchy.customize(metric="beauty")


def test_turns_are_obeyed() -> None:
    """A graph of turns, with and without places, is as good as any."""
    for placed in (True, False):
        graph = expand(town(7, 2, placed=placed)).graph
        index = CustomizableHierarchy.build(graph).customize()
        np.testing.assert_allclose(index.costs(np.arange(graph.n)), reference(graph), rtol=1e-12)


def test_a_real_town_has_a_sparse_hierarchy() -> None:
    """On streets as they are, the order leaves few arcs, and queries equal the other index's."""
    graph = load_graph("cairo")
    hierarchy = CustomizableHierarchy.build(graph)
    assert len(hierarchy.skeleton.heads) < 3 * graph.m
    index, other = hierarchy.customize(), ContractionHierarchy.build(graph)
    nodes = np.random.default_rng(1).integers(0, graph.n, 200)
    np.testing.assert_array_equal(index.costs(nodes), other.costs(nodes))


def test_nothing_and_one_node() -> None:
    """Graphs without nodes or arcs, and a graph of one node with a loop."""
    assert CustomizableHierarchy.build(build(0, [])).customize().costs([]).shape == (0, 0)
    lone = CustomizableHierarchy.build(build(1, [Arc(0, 0, 5, 5)])).customize()
    assert (lone.distance(0, 0), lone.path(0, 0).arcs.tolist()) == (0.0, [])
    apart = CustomizableHierarchy.build(build(3, [])).customize()
    assert apart.costs([0, 1, 2]).tolist() == np.where(np.eye(3) > 0, 0.0, INF).tolist()


# ---------------------------------------------------------------- slow twins


@settings(deadline=None)
@given(small_graphs(9))
def test_skeleton_equals_naive(case: Case) -> None:
    """The arcs are those that contraction without witnesses leaves; each has its slot."""
    n, arcs = case
    graph = build(n, arcs)
    hierarchy = CustomizableHierarchy.build(graph)
    ptr, heads, back, below, slot = hierarchy.skeleton
    position = np.argsort(hierarchy.order)
    low = np.repeat(np.arange(n), np.diff(ptr))
    found = list(zip(low.tolist(), heads.tolist(), strict=True))
    assert sorted(set(found)) == found
    assert set(found) == chordal(n, arcs, position.tolist())
    turned = np.repeat(np.arange(n), np.diff(back))
    assert heads[below[0::2]].tolist() == turned.tolist()
    assert ptr[low[below[0::2]]].tolist() == below[1::2].tolist()
    for k in range(graph.m):
        ends = int(position[graph.edge_tails[k]]), int(position[graph.heads[k]])
        if ends[0] == ends[1]:
            assert slot[k] == -1
        else:
            assert found[slot[k] // 2] == (max(ends), min(ends))
            assert slot[k] % 2 == (ends[0] < ends[1])


@settings(deadline=None)
@given(small_graphs(8), st.permutations(range(8)))
def test_any_order_gives_right_weights(case: Case, shuffled: list[int]) -> None:
    """First the cheapest ways through lower nodes, then the cheapest of all."""
    n, arcs = case
    graph = build(n, arcs)
    order = np.array([v for v in shuffled if v < n], dtype=np.int32)
    hierarchy = CustomizableHierarchy._completed(graph, order, dissection.neighbours(graph))
    a = hierarchy.skeleton
    weight = np.full(2 * len(a.heads), customization.FAR, dtype=np.int64)
    parts = np.full(4 * len(a.heads), -1, dtype=np.int32)
    at = np.zeros(n, dtype=np.int32)
    customization.customize(*a, graph.metrics["duration"], weight, parts, at)
    position = np.argsort(hierarchy.order).tolist()
    low = np.repeat(np.arange(n), np.diff(a.ptr)).tolist()

    def best(tail: int, head: int, floor: int) -> int:
        """Over nodes below `floor` alone."""
        inside = [
            Arc(position[t], position[h], w, 0)
            for t, h, w, _ in arcs
            if (position[t] > floor or position[t] == tail)
            and (position[h] > floor or position[h] == head)
        ]
        cost = dijkstra(n, inside, tail)[head]
        return customization.FAR if cost < 0 else cost

    for e, (v, x) in enumerate(zip(low, a.heads.tolist(), strict=True)):
        assert weight[2 * e] == best(v, x, v)
        assert weight[2 * e + 1] == best(x, v, v)
    state = np.zeros(2 * len(a.heads), dtype=np.uint8)
    customization.perfect(*a[:4], weight, parts, state, at)
    for e, (v, x) in enumerate(zip(low, a.heads.tolist(), strict=True)):
        assert min(weight[2 * e], customization.FAR) == best(v, x, -1)
        assert min(weight[2 * e + 1], customization.FAR) == best(x, v, -1)
    assert_exact(hierarchy.customize())


@settings(deadline=None, max_examples=200)
@given(small_graphs(7), st.integers(1, 3))
def test_cuts_are_smallest(case: Case, ends: int) -> None:
    """A flow finds as few nodes as trying all sets does, and they do part the ends."""
    n, arcs = case
    if n < 2 * ends:
        return
    graph = build(n, arcs)
    ptr, adj = dissection.neighbours(graph)
    nodes = np.arange(n, dtype=np.int32)
    cell = dissection._cell(n, len(adj))
    kernels.extract(cell, ptr, adj, np.diff(ptr), nodes, 0, n, ends)
    size, search = kernels.cut(cell, n, ends, n)
    pairs = {pair for arc in arcs for pair in ((arc.tail, arc.head), (arc.head, arc.tail))}
    first, last = set(range(ends)), set(range(n - ends, n))
    assert size == smallest_cut(n, pairs, first, last)
    side = {v for v in range(n) if cell.seen[2 * v + 1] == search}
    between = {v for v in range(n) if cell.seen[2 * v] == search or v < ends} - side
    assert len(between) == size
    assert not any(a in side and b not in side | between for a, b in pairs)
    assert not side & last
    if size:
        cell.local[:] = -1
        kernels.extract(cell, ptr, adj, np.diff(ptr), nodes, 0, n, ends)
        assert kernels.cut(cell, n, ends, size - 1)[0] == -1


@settings(deadline=None)
@given(small_graphs(12))
def test_few_neighbours_go_first(case: Case) -> None:
    """Whoever has at most two neighbours goes, and those become neighbours, until nobody has."""
    n, arcs = case
    ptr, adj = dissection.neighbours(build(n, arcs))
    degree = np.diff(ptr).astype(np.int32)
    around = [set(adj[ptr[v] : ptr[v + 1]].tolist()) for v in range(n)]
    ptr, adj = dissection._roomy(ptr, adj)
    gone = dissection._peeled(ptr, adj, degree, 2)
    for v in gone.tolist():
        assert len(around[v]) <= 2
        for x in around[v]:
            around[x] = (around[x] | around[v]) - {x, v}
        around[v] = set()
    left = set(range(n)) - set(gone.tolist())
    assert len(gone) == len(set(gone.tolist()))
    assert (degree[gone] == -1).all()
    for v in left:
        assert len(around[v]) > 2
        row = adj[ptr[v] : ptr[v] + degree[v]].tolist()
        assert sorted(row) == sorted(around[v])


# ---------------------------------------------------------------- what is refused


def test_bad_weights_are_refused() -> None:
    """Wrong shapes, negative, infinite and missing numbers, other arcs, shortcuts too long."""
    graph = town(5, 1)
    hierarchy = CustomizableHierarchy.build(graph)
    good = np.ones(graph.m)
    for bad in (-1.0, INF, float("nan"), 1e9):
        with pytest.raises(InputError, match="arc 3"):
            hierarchy.customize(np.where(np.arange(graph.m) == 3, bad, good))
    for weights in (good[:-1], good[None], ["a"] * graph.m):
        with pytest.raises(InputError, match="per arc"):
            hierarchy.customize(weights)
    with pytest.raises(InputError, match="other arcs"):
        hierarchy.customize(town(5, 2))
    top = 2**31 - 2
    chain = [Arc(k, k + 1, top, 1) for k in range(20)]
    both = [*chain, *(Arc(b, a, w, d) for a, b, w, d in chain)]
    with pytest.raises(InputError, match="coarser"):
        CustomizableHierarchy.build(build(21, both)).customize()
    with pytest.raises(InputError, match="coarser"):
        CustomizableHierarchy.build(build(2, [Arc(0, 1, 2**31 - 1, 1)])).customize()


def test_long_ways_round_do_not_matter() -> None:
    """A shortcut that is too long for 32 bits is no harm where a shorter way exists."""
    ring = [Arc(k, (k + 1) % 30, 2**31 - 2, 1) for k in range(30)]
    hub = [Arc(k, 30, 1, 1) for k in range(30)] + [Arc(30, k, 1, 1) for k in range(30)]
    assert_exact(CustomizableHierarchy.build(build(31, ring + hub)).customize())


@pytest.mark.parametrize("n", [3000, 1200])
def test_social_graphs_are_refused(n: int) -> None:
    """Hubs with hundreds of neighbours, or no small separators."""
    rng = np.random.default_rng(3)
    m = 8 * n
    tails = (n * rng.random(m) ** 4).astype(int) if n > 2000 else rng.integers(0, n, m)
    weights = rng.integers(1, 1000, m) / 1000
    graph = Graph.from_edges(tails, rng.integers(0, n, m), weights, weights)
    with pytest.raises(InputError, match="CorePeripheryIndex"):
        CustomizableHierarchy.build(graph)


def test_too_many_arcs_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """An order that fills the graph is given up; one that needs more room gets it."""
    monkeypatch.setattr(module, "DENSE", 2)
    with pytest.raises(InputError, match="more than 2 neighbours"):
        CustomizableHierarchy.build(
            build(30, [Arc(a, b, 1, 1) for a in range(30) for b in range(a)])
        )


def test_progress_and_interruption(monkeypatch: pytest.MonkeyPatch) -> None:
    """Progress rises to the number of nodes; what it raises ends the build."""
    monkeypatch.setattr(dissection, "WORK", 50)
    seen: list[tuple[int, int]] = []
    graph = town(15, 0)
    CustomizableHierarchy.build(graph, on_progress=lambda done, n: seen.append((done, n)))
    assert seen == sorted(seen)
    assert seen[-1] == (225, 225)
    assert len(seen) > 3

    def stop(done: int, n: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        CustomizableHierarchy.build(graph, on_progress=stop)


# ---------------------------------------------------------------- files


def test_saved_and_loaded(tmp_path: Path) -> None:
    """A file gives the same hierarchy back, for other weights too, and pickles do as well."""
    graph = town(9, 7)
    hierarchy = CustomizableHierarchy.build(graph)
    hierarchy.save(tmp_path / "a.npz")
    assert [file.name for file in tmp_path.iterdir()] == ["a.npz"]
    other = replace(graph, metrics={key: w + 1 for key, w in graph.metrics.items()})
    loaded = CustomizableHierarchy.load(tmp_path / "a.npz", other)
    for copy in (loaded, pickle.loads(pickle.dumps(hierarchy))):
        assert copy.memory == hierarchy.memory > 0
        assert repr(copy) == repr(hierarchy)
        np.testing.assert_array_equal(copy.order, hierarchy.order)
        for mine, theirs in zip(hierarchy.skeleton, copy.skeleton, strict=True):
            np.testing.assert_array_equal(mine, theirs)
    expected = hierarchy.customize(other).index.arrays
    for key, array in loaded.customize().index.arrays.items():
        np.testing.assert_array_equal(array, expected[key])


def test_foreign_and_damaged_files_are_refused(tmp_path: Path) -> None:
    """Other arcs, another version or kind, half a file, an order that is none, no file."""
    graph, file = town(5, 1), tmp_path / "a.npz"
    CustomizableHierarchy.build(graph).save(file)
    with pytest.raises(InputError, match="another graph"):
        CustomizableHierarchy.load(file, town(5, 2))
    whole = file.read_bytes()
    with np.load(file) as archive:
        arrays = dict(archive)
    meta = json.loads(arrays["meta"].tobytes())
    changes = [{"meta": meta | change} for change in ({"version": 99}, {"format": "routesolve"})]
    wrong = arrays["order"].copy()
    wrong[0] = wrong[1]
    for change in (*changes, {"order": wrong}, {"order": wrong[:-1]}, {"order": wrong * 1.0}):
        if "meta" in change:
            text = json.dumps(change["meta"]).encode()
            change = {"meta": np.frombuffer(text, dtype=np.uint8)}
        np.savez(file, **{**arrays, **change})
        with pytest.raises(InputError):
            CustomizableHierarchy.load(file, graph)
    for content in (whole[: len(whole) // 2], b"", b"hello"):
        file.write_bytes(content)
        with pytest.raises(InputError):
            CustomizableHierarchy.load(file, graph)
    with pytest.raises(InputError, match="cannot read"):
        CustomizableHierarchy.load(tmp_path / "none.npz", graph)


def test_kernels_without_compilation_agree() -> None:
    """With Numba switched off the numbers are the same."""
    code = (
        "import numpy as np\n"
        "from routesolve.graphs import Graph\n"
        "from routesolve.graphs.customizable import CustomizableHierarchy as C\n"
        "rng = np.random.default_rng(3)\n"
        "t, h, w = rng.integers(0, 60, (2, 150)).tolist() + [rng.integers(0, 9, 150) / 1000]\n"
        "for points in (None, rng.random((60, 2))):\n"
        "    c = C.build(Graph.from_edges(t, h, w, w[::-1], points, n=60))\n"
        "    print(c.order.tolist(), [a.tolist() for a in c.skeleton])\n"
        "    for x in (c.customize(), c.customize(w[::-1].copy(), metric='distance')):\n"
        "        print({k: a.tolist() for k, a in x.index.arrays.items()})\n"
    )
    outputs = []
    for switch in ("0", "1"):
        run = subprocess.run(
            [sys.executable, "-c", code],
            env={
                **os.environ,
                "NUMBA_DISABLE_JIT": switch,
                "PYTHONPATH": os.pathsep.join(sys.path),
            },
            capture_output=True,
            text=True,
            check=True,
        )
        outputs.append(run.stdout)
    assert outputs[0] == outputs[1]
    assert "up_parts" in outputs[0]
