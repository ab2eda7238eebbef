"""Tests of contraction hierarchies against Dijkstra's algorithm, SciPy and slow twins."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra as scipy_dijkstra

from routesolve.errors import InputError, RoutingError
from routesolve.graphs import Graph, load_graph
from routesolve.graphs import hierarchy as module
from routesolve.graphs._hierarchy import queries
from routesolve.graphs.hierarchy import ContractionHierarchy
from routesolve.graphs.shortest_paths import Tables
from routesolve.graphs.shortest_paths import dijkstra as dijkstra_of

from .examples import build, small_graphs, town
from .naive import Arc, contract, dijkstra, distances_of_fastest

Case = tuple[int, list[Arc]]
INF = float("inf")
EFFORTS = st.sampled_from(["fast", "normal", "best"])


def seconds(steps: int) -> float:
    """What a slow twin's integer means to the public functions."""
    return INF if steps < 0 else steps / 1000


def grid(side: int, seed: int, *, oneway: float = 0.2) -> Graph:
    """A town of streets with shuffled ids, some of them one-way."""
    rng = np.random.default_rng(seed)
    place = rng.permutation(side * side).reshape(side, side)
    ends = np.concatenate(
        [
            np.stack([place[:, :-1].ravel(), place[:, 1:].ravel()], axis=1),
            np.stack([place[:-1].ravel(), place[1:].ravel()], axis=1),
        ]
    )
    back = ends[rng.random(len(ends)) >= oneway][:, ::-1]
    tails, heads = np.concatenate([ends, back]).T
    weights = rng.integers(1, 10_000, (2, len(tails))) / 1000
    if oneway == 0:
        weights[:, len(ends) :] = weights[:, : len(ends)]
    return Graph.from_edges(tails, heads, *weights, n=side * side)


def reference(graph: Graph, metric: str = "duration") -> np.ndarray:
    """All distances by SciPy; the graph has no parallel arcs."""
    weights = graph.metrics[metric].astype(float)
    matrix = csr_array((weights, graph.heads, graph.indptr), shape=(graph.n, graph.n))
    return np.asarray(scipy_dijkstra(matrix) / 1000)


def assert_path(graph: Graph, index: ContractionHierarchy, source: int, target: int) -> None:
    """A path hangs together, and its arcs add up to what all other queries say."""
    path = index.path(source, target)
    assert (path.nodes[0], path.nodes[-1]) == (source, target)
    assert graph.edge_tails[path.arcs].tolist() == path.nodes[:-1].tolist()
    assert graph.heads[path.arcs].tolist() == path.nodes[1:].tolist()
    assert path.duration == graph.metrics["duration"][path.arcs].sum(dtype=np.int64) / 1000
    assert path.distance == graph.metrics["distance"][path.arcs].sum(dtype=np.int64) / 1000
    cost = path.duration if index.metric == "duration" else path.distance
    assert cost == index.distance(source, target)


@settings(deadline=None, max_examples=200)
@given(small_graphs(), EFFORTS)
def test_all_queries_equal_naive(case: Case, effort: str) -> None:
    """Pairs, paths, trees and both kinds of tables give what the slow twin finds."""
    n, arcs = case
    graph = build(n, arcs)
    index = ContractionHierarchy.build(graph, effort=effort)
    nodes = np.arange(n)
    expected = [[seconds(cost) for cost in dijkstra(n, arcs, source)] for source in range(n)]
    assert index.costs(nodes, method="buckets").tolist() == expected
    assert index.costs(nodes, method="sweep").tolist() == expected
    tables = [index.table(nodes, method="buckets"), index.table(nodes, method="sweep")]
    for source in range(n):
        assert index.distances([source] * n, nodes).tolist() == expected[source]
        assert index.costs_from(source).tolist() == expected[source]
        for target in range(n):
            if expected[source][target] == INF:
                with pytest.raises(RoutingError):
                    index.path(source, target)
            else:
                assert_path(graph, index, source, target)
    rows = [tuple(map(np.stack, zip(*(index.one_to_all(s) for s in range(n)), strict=True)))]
    for durations, distances, _ in [*tables, *rows]:
        assert durations.tolist() == expected
        assert ((distances == INF) == (durations == INF)).all()


@settings(deadline=None)
@given(small_graphs())
def test_distances_are_those_of_a_fastest_path(case: Case) -> None:
    """The metres beside the seconds belong to one path that takes those seconds."""
    n, arcs = case[0], [arc._replace(duration=arc.duration + 1) for arc in case[1]]
    index = ContractionHierarchy.build(build(n, arcs))
    nodes = np.arange(n)
    answers = [
        index.table(nodes, method="buckets").distances,
        index.table(nodes, method="sweep").distances,
        np.stack([index.one_to_all(source).distances for source in range(n)]),
    ]
    for source in range(n):
        possible = distances_of_fastest(n, arcs, source)
        for answer in answers:
            for target in range(n):
                if possible[target]:
                    assert round(answer[source, target] * 1000) in possible[target]


@settings(deadline=None)
@given(small_graphs(), st.data())
def test_a_third_metric(case: Case, data: st.DataObject) -> None:
    """What is minimised may be neither of the two reported; both belong to one cheapest path."""
    n, arcs = case
    graph = build(n, arcs)
    # Many ties, and no arc for nothing: the slow twin knows simple paths only.
    steps = data.draw(st.lists(st.integers(1, 3), min_size=graph.m, max_size=graph.m))
    # One sum tells both, so that the two metrics cannot come from different paths.
    both = {"duration": graph.metrics["duration"], "distance": 1000 * graph.metrics["duration"]}
    graph = replace(graph, metrics=both | {"cost": steps}, units={**graph.units, "cost": 0.1})
    index = ContractionHierarchy.build(graph, metric="cost")
    ends = zip(graph.edge_tails.tolist(), graph.heads.tolist(), strict=True)
    changed = [
        Arc(*pair, step, int(duration))
        for pair, step, duration in zip(ends, steps, both["duration"], strict=True)
    ]
    nodes = np.arange(n)
    trees = [index.one_to_all(source) for source in range(n)]
    answers = [
        *(index.table(nodes, method=method) for method in ("buckets", "sweep")),
        Tables(*map(np.stack, zip(*trees, strict=True))),
    ]
    for source in range(n):
        best = np.array(dijkstra(n, changed, source))
        costs = np.where(best < 0, INF, best / 10)
        np.testing.assert_array_equal(index.distances([source] * n, nodes), costs)
        possible = distances_of_fastest(n, changed, source)
        for tables in answers:
            np.testing.assert_array_equal(tables.costs[source], costs)
            np.testing.assert_allclose(tables.distances[source], 1000 * tables.durations[source])
            for target in np.flatnonzero(best >= 0).tolist():
                assert round(tables.durations[source, target] * 1000) in possible[target]
        for target in np.flatnonzero(best >= 0).tolist():
            path = index.path(source, target)
            assert graph.metrics["cost"][path.arcs].sum() == best[target]
            assert path.duration == both["duration"][path.arcs].sum() / 1000
            assert path.distance == both["distance"][path.arcs].sum() / 1000


def test_a_third_metric_on_streets() -> None:
    """The embedded town by a metric of its own, full of ties, against a search without index."""
    graph = load_graph("cairo")
    steps = np.random.default_rng(0).integers(1, 4, graph.m)
    metrics = {**graph.metrics, "cost": steps}
    # What is reported follows from what is minimised, as far as it can be told from outside.
    metrics["distance"] = 7 * metrics["duration"]
    graph = replace(graph, metrics=metrics, units={**graph.units, "cost": 1.0})
    index = ContractionHierarchy.build(graph, metric="cost")
    rng = np.random.default_rng(1)
    sources, targets = rng.integers(0, graph.n, (2, 60))
    expected = dijkstra_of(graph, sources, metric="cost").costs
    for method in ("buckets", "sweep"):
        tables = index.table(sources, targets, method=method)
        np.testing.assert_array_equal(tables.costs, expected[:, targets])
        np.testing.assert_allclose(tables.distances, 7 * tables.durations)
    for row, source in enumerate(sources.tolist()):
        tree = index.one_to_all(source)
        np.testing.assert_array_equal(tree.costs, expected[row])
        np.testing.assert_allclose(tree.distances, 7 * tree.durations)


@pytest.mark.parametrize("oneway", [0.0, 0.3])
@pytest.mark.parametrize("metric", ["duration", "distance"])
@pytest.mark.parametrize("effort", ["fast", "normal", "best"])
def test_streets_equal_scipy(oneway: float, metric: str, effort: str) -> None:
    """A town with shuffled ids: every query agrees with SciPy on all pairs, by either metric."""
    graph = grid(18, 5, oneway=oneway)
    index = ContractionHierarchy.build(graph, metric=metric, effort=effort)
    assert (index.index.up is index.index.down) == (oneway == 0.0)
    expected = reference(graph, metric)
    nodes = np.arange(graph.n)
    field = metric + "s"
    for method in ("buckets", "sweep"):
        np.testing.assert_array_equal(index.costs(nodes, method=method), expected)
        np.testing.assert_array_equal(getattr(index.table(nodes, method=method), field), expected)
    pairs = np.random.default_rng(1).integers(0, graph.n, (300, 2))
    np.testing.assert_array_equal(index.distances(*pairs.T), expected[pairs[:, 0], pairs[:, 1]])
    for source, target in pairs.tolist():
        np.testing.assert_array_equal(index.costs_from(source), expected[source])
        if expected[source, target] < INF:
            assert_path(graph, index, source, target)


@pytest.mark.parametrize("oneway", [0.0, 0.6])
def test_many_paths_at_once(monkeypatch: pytest.MonkeyPatch, oneway: float) -> None:
    """A batch of paths is what one call per pair finds; memory that runs out is found again."""
    graph = grid(14, 3, oneway=oneway)
    index = ContractionHierarchy.build(graph)
    sources, targets = np.random.default_rng(2).integers(0, graph.n, (2, 200))
    whole, table = index.paths(sources, targets), index.table(sources, targets)
    monkeypatch.setattr(queries, "ARCS", 1)
    monkeypatch.setattr(queries, "SPACE", 1)
    again = ContractionHierarchy.build(graph)
    small, small_table = again.paths(sources, targets), again.table(sources, targets)
    for a, b in zip(table, small_table, strict=True):
        np.testing.assert_array_equal(a, b)
    for key in ("sources", "targets", "durations", "distances", "indptr", "arcs"):
        np.testing.assert_array_equal(getattr(whole, key), getattr(small, key))
    assert (whole.sources.tolist(), whole.targets.tolist()) == (sources.tolist(), targets.tolist())
    np.testing.assert_array_equal(whole.durations, np.diag(table.durations))
    for i, (source, target) in enumerate(zip(sources.tolist(), targets.tolist(), strict=True)):
        path = whole[i]
        if path is None:
            with pytest.raises(RoutingError):
                index.path(source, target)
            continue
        one = index.path(source, target)
        assert (path.nodes.tolist(), path.arcs.tolist()) == (one.nodes.tolist(), one.arcs.tolist())
        assert (path.duration, path.distance) == (one.duration, one.distance)
    assert oneway == 0.0 or np.isinf(whole.durations).any()
    assert len(index.paths([], [])) == 0


def test_wide_costs() -> None:
    """Where costs need more than 32 bits, all queries use 64."""
    n, top = 4, 5 * 10**8
    arcs = [Arc(k, k + 1, top, 2 * top) for k in range(n - 1)]
    index = ContractionHierarchy.build(build(n, arcs))
    assert not index.narrow
    whole = [k * top / 1000 for k in range(n)]
    assert index.costs_from(0).tolist() == whole
    assert index.one_to_all(0).distances.tolist() == [2 * cost for cost in whole]
    for method in ("buckets", "sweep"):
        tables = index.table([0], np.arange(n), method=method)
        assert tables.durations.tolist() == [whole]
        assert tables.distances.tolist() == [[2 * cost for cost in whole]]
        assert index.costs([0], np.arange(n), method=method).tolist() == [whole]


def test_shortcuts_that_could_overflow_are_refused() -> None:
    """The middle of a chain of the heaviest arcs cannot be jumped with 32 bits."""
    top = 2**31 - 2
    chain = [Arc(k, k + 1, top, 1) for k in range(20)]
    with pytest.raises(InputError, match="coarser"):
        ContractionHierarchy.build(build(21, [*chain, *(Arc(b, a, w, d) for a, b, w, d in chain)]))
    with pytest.raises(InputError, match="coarser"):
        ContractionHierarchy.build(build(2, [Arc(0, 1, 2**31 - 1, 1)]))


@pytest.mark.parametrize("n", [3000, 1200])
def test_social_graphs_are_refused(n: int) -> None:
    """Hubs with hundreds of neighbours, or none but a core that grows dense."""
    rng = np.random.default_rng(3)
    m = 16 * n
    tails = (n * rng.random(m) ** 4).astype(int) if n > 2000 else rng.integers(0, n, m)
    weights = rng.integers(1, 1000, m) / 1000
    with pytest.raises(InputError, match="CorePeripheryIndex"):
        ContractionHierarchy.build(Graph.from_edges(tails, rng.integers(0, n, m), weights, weights))


def test_nothing_and_one_node() -> None:
    """Graphs without arcs and a graph of one node with a loop."""
    lone = ContractionHierarchy.build(build(1, [Arc(0, 0, 5, 5)]))
    path = lone.path(0, 0)
    assert (path.nodes.tolist(), path.arcs.tolist(), path.duration) == ([0], [], 0.0)
    assert lone.distance(0, 0) == 0.0
    apart = ContractionHierarchy.build(build(3, []))
    assert apart.costs([0, 1, 2]).tolist() == np.where(np.eye(3) > 0, 0.0, INF).tolist()
    assert apart.costs([], [1]).shape == (0, 1)
    assert apart.table([1], []).durations.shape == (1, 0)
    assert apart.distances([], []).shape == (0,)
    empty = ContractionHierarchy.build(build(0, []))
    assert empty.costs([]).shape == (0, 0)


def test_repeated_targets_are_prepared_once() -> None:
    """The second table to the same targets is the same, and other targets are not mixed up."""
    graph = grid(8, 1)
    index, expected = ContractionHierarchy.build(graph), reference(graph)
    for method in ("buckets", "sweep"):
        for targets in ([3, 4, 4], [3, 4, 4], [5, 6, 7], [1, 2]):
            got = index.costs([0, 9], targets, method=method)
            assert got.tolist() == expected[np.ix_([0, 9], targets)].tolist()


def test_many_sources_in_one_sweep() -> None:
    """More sources than lanes, not a multiple of them."""
    graph = grid(10, 4)
    index = ContractionHierarchy.build(graph)
    tables = index.table(np.arange(37), [5, 50], method="sweep")
    assert tables.durations.tolist() == reference(graph)[:37, [5, 50]].tolist()


def test_large_tables_are_swept(monkeypatch: pytest.MonkeyPatch) -> None:
    """From a number of targets on, a table is swept without being asked to."""
    monkeypatch.setattr(module, "MANY_TARGETS", 4)
    graph = grid(6, 3)
    index = ContractionHierarchy.build(graph)
    assert index.costs([1], np.arange(6)).tolist() == reference(graph)[[1], :6].tolist()
    assert list(index._ask._prepared) == ["part"]


def test_progress_and_interruption(monkeypatch: pytest.MonkeyPatch) -> None:
    """Progress rises to the number of nodes; what it raises ends the build."""
    monkeypatch.setattr("routesolve.graphs._hierarchy.build.STEPS", 50)
    seen: list[tuple[int, int]] = []
    graph = grid(10, 0)
    ContractionHierarchy.build(graph, on_progress=lambda done, n: seen.append((done, n)))
    assert seen == sorted(seen)
    assert seen[-1] == (100, 100)
    assert len(seen) > 3

    def stop(done: int, n: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ContractionHierarchy.build(graph, on_progress=stop)


def test_pool_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    """A core without spare room asks for more in the middle of the build."""
    from routesolve.graphs._hierarchy import build as builder

    roomy = builder._core

    def tight(degrees: np.ndarray) -> builder.Core:
        core = roomy(degrees)
        top = int(core.state[0])
        return core._replace(records=core.records[:top].copy(), mids=core.mids[:top].copy())

    monkeypatch.setattr(builder, "_core", tight)
    graph = grid(12, 6)
    index = ContractionHierarchy.build(graph)
    assert index.costs(np.arange(graph.n)).tolist() == reference(graph).tolist()


def test_bad_questions_are_refused() -> None:
    """Unknown metrics, efforts, methods and nodes, and pairs that are none."""
    with pytest.raises(InputError, match="no metric 'beauty'"):
        ContractionHierarchy.build(town(), metric="beauty")
    with pytest.raises(InputError, match="heroic"):
        ContractionHierarchy.build(town(), effort="heroic")
    index = ContractionHierarchy.build(town())
    with pytest.raises(InputError, match="magic"):
        index.costs([0], method="magic")  # type: ignore[arg-type]
    for of_pairs in (index.distances, index.paths):
        with pytest.raises(InputError, match="pairs"):
            of_pairs([0], [1, 2])
    for ask in (index.distance, index.path):
        with pytest.raises(InputError):
            ask(0, 4)
    with pytest.raises(InputError):
        index.one_to_all(-1)
    with pytest.raises(RoutingError, match="29542602 to node 8"):
        index.path(0, 3)


# ---------------------------------------------------------------- files


@pytest.mark.parametrize("oneway", [0.0, 0.3])
def test_saved_and_loaded(tmp_path: Path, oneway: float) -> None:
    """A file gives the same answers back, leaves nothing beside it, and pickles do as well."""
    graph = grid(9, 7, oneway=oneway)
    index = ContractionHierarchy.build(graph, metric="distance")
    index.save(tmp_path / "a.npz")
    memory = index.memory
    assert [file.name for file in tmp_path.iterdir()] == ["a.npz"]
    loaded = ContractionHierarchy.load(tmp_path / "a.npz", graph)
    nodes = np.arange(graph.n)
    for other in (loaded, pickle.loads(pickle.dumps(index))):
        assert other.metric == "distance"
        assert other.memory == memory > 0
        for a, b in zip(index.table(nodes), other.table(nodes), strict=True):
            np.testing.assert_array_equal(a, b)
        assert other.path(0, 80).arcs.tolist() == index.path(0, 80).arcs.tolist()
    assert repr(loaded) == repr(index)
    assert index.memory > memory  # the sums along shortcuts came on demand


def test_foreign_files_are_refused(tmp_path: Path) -> None:
    """Another graph, other weights, another version, another kind of file, no file."""
    graph = grid(5, 1)
    index = ContractionHierarchy.build(graph)
    file = tmp_path / "a.npz"
    index.save(file)
    with pytest.raises(InputError, match="another graph"):
        ContractionHierarchy.load(file, grid(5, 2))
    other_weights = replace(graph, metrics={**graph.metrics, "duration": range(graph.m)})
    with pytest.raises(InputError, match="another graph"):
        ContractionHierarchy.load(file, other_weights)
    with np.load(file) as archive:
        arrays = dict(archive)
    meta = json.loads(arrays["meta"].tobytes())
    for change in ({"version": 99}, {"format": "routesolve-hub-labels"}, {"metric": "beauty"}):
        text = json.dumps(meta | change).encode()
        np.savez(file, **{**arrays, "meta": np.frombuffer(text, dtype=np.uint8)})
        with pytest.raises(InputError):
            ContractionHierarchy.load(file, graph)
    with pytest.raises(InputError, match="cannot read"):
        ContractionHierarchy.load(tmp_path / "none.npz", graph)
    with pytest.raises(InputError, match="cannot write"):
        index.save(tmp_path / "no" / "where.npz")


def test_truncated_files_are_refused(tmp_path: Path) -> None:
    """Half a file, an empty one, and one that is something else."""
    graph = grid(5, 1)
    file = tmp_path / "a.npz"
    ContractionHierarchy.build(graph).save(file)
    whole = file.read_bytes()
    for content in (whole[: len(whole) // 2], b"", b"hello", whole[:200] + whole[300:]):
        file.write_bytes(content)
        with pytest.raises(InputError):
            ContractionHierarchy.load(file, graph)


def test_files_that_lie_are_refused(tmp_path: Path) -> None:
    """Numbers that would lead a kernel outside of its arrays, or round in circles."""
    graph = grid(6, 1)
    file = tmp_path / "a.npz"
    ContractionHierarchy.build(graph).save(file)
    with np.load(file) as archive:
        arrays = dict(archive)
    for key in set(arrays) - {"meta"}:
        size = arrays[key].size
        for where, value in ((0, 2**30), (size - 1, -(2**30)), (size // 2, 10**6)):
            wrong = arrays[key].copy()
            wrong[where] = value
            if key.endswith("_arcs") and where % 2 == 1 and value > 0:
                continue  # a weight: wrong, but within bounds
            np.savez(file, **{**arrays, key: wrong})
            with pytest.raises(InputError):
                ContractionHierarchy.load(file, graph)
        np.savez(file, **{**arrays, key: arrays[key][:-1]})
        with pytest.raises(InputError):
            ContractionHierarchy.load(file, graph)


def test_kernels_without_compilation_agree() -> None:
    """With Numba switched off the numbers are the same, down to the arcs of the paths."""
    code = (
        "import numpy as np\n"
        "from routesolve.graphs import Graph\n"
        "from routesolve.graphs.hierarchy import ContractionHierarchy as CH\n"
        "from routesolve.graphs.hub_labels import HubLabels\n"
        "rng = np.random.default_rng(3)\n"
        "t, h, w = rng.integers(0, 40, (2, 90)).tolist() + [rng.integers(0, 9, 90) / 1000]\n"
        "ch = CH.build(Graph.from_edges(t, h, w, w[::-1], n=40))\n"
        "for x in (ch, CH.build(ch.graph, metric='distance')):\n"
        "    a = x.table(range(40)); b = x.table(range(40), method='sweep')\n"
        "    print(a.durations.tolist(), a.distances.tolist(), b.distances.tolist())\n"
        "    print([x.one_to_all(s).distances.tolist() for s in (0, 7)])\n"
        "    print(x.costs_from(5).tolist())\n"
        "    print(x.path(t[0], h[0]).arcs.tolist(), HubLabels.from_hierarchy(x).mean_size)\n"
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
    assert "inf" in outputs[0]


@settings(deadline=None)
@given(small_graphs())
def test_no_arc_is_missing(case: Case) -> None:
    """The hierarchy holds every cheapest path that is an arc without limits on witnesses."""
    # No two paths cost the same: which arcs are needed would depend on how ties are broken.
    n = case[0]
    arcs = [arc._replace(duration=(arc.duration << 21) + (1 << i)) for i, arc in enumerate(case[1])]
    index = ContractionHierarchy.build(build(n, arcs)).index
    held = set()
    for place in range(n):
        for way, ways in enumerate((index.up, index.down)):
            for e in range(ways.ptr[place], ways.ptr[place + 1]):
                ends = int(index.order[place]), int(index.order[ways.arcs[2 * e]])
                held.add((*(ends[::-1] if way else ends), int(ways.arcs[2 * e + 1])))
    distance = [dijkstra(n, arcs, source) for source in range(n)]
    for tail, head, cost, _ in contract(n, arcs, index.order[::-1].tolist()):
        # One shortcut over a node may make the next one needless, but never a cheapest path.
        if cost == distance[tail][head]:
            assert (tail, head, cost) in held
