"""Tests of matrices: every way of computing them gives the same numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from routesolve.errors import InputError
from routesolve.graphs import Graph, many_to_many, searches, tables
from routesolve.graphs.hierarchy import ContractionHierarchy
from routesolve.graphs.tables import matrix

from .examples import build, small_graphs, town
from .naive import Arc, dijkstra
from .test_shortest_paths import naive_costs, priced

Case = tuple[int, list[Arc]]
INF = float("inf")


def random_graph(n: int = 60, m: int = 170, seed: int = 1) -> Graph:
    """Directed, with a third metric, islands, loops and parallel arcs."""
    rng = np.random.default_rng(seed)
    ends, weights = rng.integers(0, n, (2, m)), rng.integers(1, 10**7, (3, m))
    return priced(Graph.from_edges(*ends, *(weights[:2] / 1000), n=n), weights[2])


def assert_equal(found: tuple[npt.NDArray[Any], ...], expected: Any) -> None:
    """The same tables, number by number."""
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


@settings(deadline=None)
@given(small_graphs(), st.data())
def test_equal_to_naive(case: Case, data: st.DataObject) -> None:
    """Any sources and targets, repeated or not, from either side; unreachable is infinite."""
    n, arcs = case
    graph = build(n, arcs)
    nodes = st.lists(st.integers(0, n - 1), max_size=5)
    sources, targets = data.draw(nodes), data.draw(nodes)
    durations, distances = matrix(graph, sources, targets, method="search")
    best = [dijkstra(n, arcs, source) for source in sources]
    expected = [[INF if row[t] < 0 else row[t] / 1000 for t in targets] for row in best]
    assert durations.tolist() == expected
    assert durations.shape == distances.shape == (len(sources), len(targets))
    assert_equal((durations, distances), many_to_many(graph, sources, targets)[:2])


@settings(deadline=None)
@given(small_graphs(5), st.booleans(), st.data())
def test_a_third_metric(case: Case, minimised: bool, data: st.DataObject) -> None:
    """It can rule, or be summed along the fastest paths."""
    n, unsorted = case
    arcs = sorted(unsorted, key=lambda arc: arc.tail)
    costs = data.draw(st.lists(st.integers(0, 5), min_size=len(arcs), max_size=len(arcs)))
    graph = priced(build(n, arcs), costs)
    few = data.draw(st.integers(1, n))
    sides = (range(n), range(few)) if data.draw(st.booleans()) else (range(few), range(n))
    keys = ("cost", "distance", "duration")
    metric = "cost" if minimised else "duration"
    found = matrix(graph, *sides, metrics=keys, metric=metric, method="search")
    for i, source in enumerate(sides[0]):
        for j, target in enumerate(sides[1]):
            cost, distance, duration = (float(table[i, j]) for table in found)
            if minimised:
                least, second, possible = naive_costs(arcs, costs, source, target)
                assert (cost, duration) == (least, second)
                assert distance in possible
            else:
                best = dijkstra(n, arcs, source)[target]
                assert duration == (INF if best < 0 else best / 1000)
                assert (cost == INF) == (duration == INF)


@pytest.mark.parametrize(
    ("metric", "keys"),
    [
        ("duration", ("duration", "distance")),
        ("duration", ("duration",)),
        ("duration", ("distance",)),
        ("distance", ("distance", "duration")),
        ("cost", ("duration", "cost", "distance")),
        ("cost", ("cost",)),
    ],
)
def test_hierarchy_equals_search(metric: str, keys: tuple[str, ...]) -> None:
    """With an index, with one built on the way, and without one."""
    graph = random_graph()
    rng = np.random.default_rng(2)
    sources, targets = rng.integers(0, graph.n, 40), rng.integers(0, graph.n, 25)
    index = ContractionHierarchy.build(graph, metric=metric)
    options: dict[str, Any] = {"metrics": keys, "metric": metric}
    expected = matrix(graph, sources, targets, method="search", **options)
    assert_equal(matrix(graph, sources, targets, index=index, **options), expected)
    assert_equal(matrix(graph, sources, targets, method="hierarchy", **options), expected)
    limit = float(np.median(expected[0][expected[0] < INF]))
    bounded = matrix(graph, sources, targets, method="search", limit=limit, **options)
    assert_equal(matrix(graph, sources, targets, index=index, limit=limit, **options), bounded)
    assert sum(map(np.isinf, bounded)).sum() > sum(map(np.isinf, expected)).sum()


def test_two_threads_equal_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of any height, on any number of threads, give the same bytes."""
    graph = random_graph()
    rng = np.random.default_rng(3)
    sources, targets = rng.integers(0, graph.n, 90), rng.integers(0, graph.n, 70)
    index = ContractionHierarchy.build(graph)
    expected = [matrix(graph, sources, targets, index=i, threads=1) for i in (None, index)]
    for numbers in (1, 300, 1 << 20):
        monkeypatch.setattr(tables, "BLOCK_NUMBERS", numbers)
        for threads in (1, 2, 5):
            for i, tables_of_one in zip((None, index), expected, strict=True):
                for sides in ((sources, targets), (targets, sources)):
                    found = matrix(graph, *sides, index=i, threads=threads)
                    if sides[0] is sources:
                        assert_equal(found, tables_of_one)
                    else:
                        assert_equal(found, many_to_many(graph, *sides)[:2])


def test_repeated_nodes_are_searched_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many searches as there are different nodes on the smaller side."""
    graph, searched = random_graph(), []
    original = searches.table

    def spy(arcs: Any, nodes: Any, *rest: Any, **options: Any) -> Any:
        searched.extend(nodes.tolist())
        return original(arcs, nodes, *rest, **options)

    monkeypatch.setattr(searches, "table", spy)
    monkeypatch.setattr(tables, "BLOCK_NUMBERS", 1)
    matrix(graph, [4, 9, 4, 4, 9, 1], np.arange(graph.n), threads=1)
    assert searched == [1, 4, 9]
    searched.clear()
    matrix(graph, np.arange(graph.n), [7, 7, 7, 2], threads=1)
    assert searched == [2, 7]


def test_a_hierarchy_is_built_where_it_pays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many searches on both sides: yes; few, bounded, or on a graph without one: no."""
    graph, built = random_graph(), []
    original = ContractionHierarchy.build

    def spy(*arguments: Any, **options: Any) -> ContractionHierarchy:
        built.append(options["metric"])
        return original(*arguments, **options)

    monkeypatch.setattr(ContractionHierarchy, "build", spy)
    monkeypatch.setattr(tables, "BUILD_SEARCHES", 20)
    everything = np.arange(graph.n)
    expected = matrix(graph, everything)
    assert built == []  # too small to be worth loading the code for
    monkeypatch.setattr(tables, "WORTHWHILE", 0.0)
    few = everything[:10]
    for arguments, options in (
        ((few, everything), {}),
        ((everything, few), {}),
        ((everything,), {"limit": 50.0}),
        ((everything,), {"metrics": "cost"}),
    ):
        matrix(graph, *arguments, **options)  # type: ignore[arg-type]
        assert built == []
    assert_equal(matrix(graph, everything), expected)
    assert_equal(matrix(graph, everything, threads=9), expected)
    assert built == ["duration"] * 2

    def refuse(*arguments: Any, **options: Any) -> ContractionHierarchy:
        raise InputError("this graph has no hierarchy")

    monkeypatch.setattr(ContractionHierarchy, "build", refuse)
    assert_equal(matrix(graph, everything), expected)
    with pytest.raises(InputError, match="no hierarchy"):
        matrix(graph, everything, method="hierarchy")


@pytest.mark.parametrize("suffix", [".npz", ".npy"])
@pytest.mark.parametrize("keys", [("duration", "distance"), ("cost",)])
@pytest.mark.parametrize("sides", [(40, 30), (30, 40), (0, 4)])
def test_blocks_on_disk_equal_those_in_memory(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    suffix: str,
    keys: tuple[str, ...],
    sides: tuple[int, int],
) -> None:
    """The file holds the same numbers, and NumPy reads it."""
    monkeypatch.setattr(tables, "BLOCK_NUMBERS", 100)
    graph, path = random_graph(), tmp_path / f"m{suffix}"
    rng = np.random.default_rng(4)
    sources, targets = (rng.integers(0, graph.n, size) for size in sides)
    expected = matrix(graph, sources, targets, metrics=keys)
    found = matrix(graph, sources, targets, metrics=keys, out=path, threads=2)
    assert_equal(found, expected)
    assert not any(table.flags.writeable for table in found if table.size)
    read = np.load(path)
    if suffix == ".npz":
        assert read.files == [f"{key}s" for key in keys]
        assert_equal(tuple(read[name] for name in read.files), expected)
    else:
        assert_equal(tuple(read) if len(keys) > 1 else (read,), expected)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", [".npz", ".npy"])
@pytest.mark.parametrize("threads", [1, 2])
def test_interrupted_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str, threads: int
) -> None:
    """Ctrl-C in the middle of the blocks: no new file, the old one untouched."""
    path, calls, original = tmp_path / f"m{suffix}", [], searches.table
    path.write_text("old")

    def interrupted(*arguments: Any, **options: Any) -> Any:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return original(*arguments, **options)

    monkeypatch.setattr(searches, "table", interrupted)
    monkeypatch.setattr(tables, "BLOCK_NUMBERS", 1)
    with pytest.raises(KeyboardInterrupt):
        matrix(random_graph(), range(60), out=path, threads=threads)
    assert threads > 1 or len(calls) == 3
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    assert path.read_text() == "old"


def test_half_the_room(tmp_path: Path) -> None:
    """Single precision rounds, and keeps what is unreachable infinite."""
    exact = matrix(random_graph(), range(60))
    for out in (None, tmp_path / "m.npy"):
        rounded = matrix(random_graph(), range(60), dtype=np.float32, out=out)
        for one, other in zip(rounded, exact, strict=True):
            assert one.dtype == np.float32
            np.testing.assert_array_equal(one, other.astype(np.float32))


def test_a_table_that_does_not_fit_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before hours of work, with the way out in the message; a full disk likewise."""
    nodes = np.zeros(3_000_000, np.int32)
    with pytest.raises(InputError, match=r"1\.44e\+05 GB, more[^$]*out="):
        matrix(town(), nodes)
    monkeypatch.setattr(tables, "_free_memory", lambda: 100.0)
    with pytest.raises(InputError, match="out="):
        matrix(town(), range(4))
    assert matrix(town(), range(4), out=tmp_path / "m.npz")[0].shape == (4, 4)


def test_a_full_disk_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The room is taken before the work begins, and nothing is left behind."""

    def full(*arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tables.os, "posix_fallocate", full, raising=False)
    for name in ("m.npz", "m.npy"):
        with pytest.raises(InputError, match="No space left"):
            matrix(town(), range(4), out=tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_bad_arguments_are_refused(tmp_path: Path) -> None:
    """Each with what would be right."""
    graph = random_graph()
    index = ContractionHierarchy.build(graph)
    bad: list[tuple[dict[str, Any], str]] = [
        ({"metrics": ()}, "no metrics"),
        ({"metrics": ("beauty",)}, "'cost'"),
        ({"metric": "beauty"}, "'cost'"),
        ({"method": "guess"}, "search"),
        ({"threads": 0}, "at least one"),
        ({"dtype": np.int32}, "float32"),
        ({"limit": np.nan}, "limit"),
        ({"metric": "distance", "index": index}, "built for duration"),
        ({"index": ContractionHierarchy.build(random_graph())}, "built for duration"),
        ({"index": index, "method": "search"}, "not wanted"),
        ({"index": index, "metrics": ("cost",)}, "does not sum cost"),
        ({"out": tmp_path / "m.csv"}, "npz or"),
        ({"out": tmp_path / "missing" / "m.npz"}, "cannot write"),
        ({"targets": [99]}, "no such node"),
    ]
    for options, message in bad:
        with pytest.raises(InputError, match=message):
            matrix(graph, [0, 1], **options)
    assert list(tmp_path.iterdir()) == []


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**31), st.integers(1, 3))
def test_limits_are_the_same_everywhere(seed: int, threads: int) -> None:
    """A limit that is exactly the cost of a path includes it, whichever way it is computed."""
    graph = random_graph(12, 30, seed)
    index = ContractionHierarchy.build(graph)
    everything = many_to_many(graph, range(12)).durations
    for limit in np.unique(everything[everything < INF])[:5].tolist():
        expected = np.where(everything <= limit, everything, INF)
        for options in ({}, {"index": index}, {"threads": threads}):
            found = matrix(graph, range(12), limit=limit, metrics="duration", **options)
            np.testing.assert_array_equal(found[0], expected)
