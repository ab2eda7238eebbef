"""Tests of hub labels made from a contraction hierarchy."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from routesolve.errors import InputError
from routesolve.graphs import Graph
from routesolve.graphs import hub_labels as module
from routesolve.graphs.hierarchy import ContractionHierarchy
from routesolve.graphs.hub_labels import HubLabels

from .examples import build, small_graphs, town
from .naive import Arc, best_hub, dijkstra

INF = float("inf")


def labels_of(labels: HubLabels, node: int, way: str) -> dict[int, int]:
    """The label of a node as hub -> cost."""
    starts, entries = getattr(labels, f"{way}_starts"), getattr(labels, f"{way}_entries")
    place = labels.position[node]
    run = entries[2 * starts[place] : 2 * starts[place + 1]]
    assert run[-2] == labels.graph.n
    assert (np.diff(run[0::2]) > 0).all()
    return dict(zip(run[0:-2:2].tolist(), run[1:-2:2].tolist(), strict=True))


def two_way(side: int, seed: int) -> Graph:
    """A grid of streets that take as long in both directions."""
    rng = np.random.default_rng(seed)
    place = np.arange(side * side).reshape(side, side)
    tails = np.r_[place[:, :-1].ravel(), place[:-1].ravel()]
    heads = np.r_[place[:, 1:].ravel(), place[1:].ravel()]
    weights = rng.integers(1, 5000, len(tails)) / 1000
    both = (
        np.r_[tails, heads],
        np.r_[heads, tails],
        np.r_[weights, weights],
        np.r_[weights, weights],
    )
    return Graph.from_edges(*both, n=side * side)


@settings(deadline=None)
@given(small_graphs())
def test_equal_naive(case: tuple[int, list[Arc]]) -> None:
    """All pairs, and the merge of two labels against its slow twin."""
    n, arcs = case
    labels = HubLabels.from_hierarchy(ContractionHierarchy.build(build(n, arcs)))
    for source in range(n):
        best = dijkstra(n, arcs, source)
        expected = [INF if cost < 0 else cost / 1000 for cost in best]
        assert labels.distances([source] * n, np.arange(n)).tolist() == expected
        for target in range(n):
            up, down = labels_of(labels, source, "up"), labels_of(labels, target, "down")
            assert best_hub(up, down) == best[target]


@pytest.mark.parametrize("metric", ["duration", "distance"])
def test_equal_to_the_hierarchy(monkeypatch: pytest.MonkeyPatch, metric: str) -> None:
    """A symmetric town, labelled in small steps: the same answers, and one direction stored."""
    monkeypatch.setattr(module, "STEPS", 50)
    graph = two_way(15, 1)
    hierarchy = ContractionHierarchy.build(graph, metric=metric)
    labels = HubLabels.from_hierarchy(hierarchy)
    assert labels.down_entries is labels.up_entries
    pairs = np.random.default_rng(0).integers(0, graph.n, (2000, 2)).T
    np.testing.assert_array_equal(labels.distances(*pairs), hierarchy.distances(*pairs))
    assert labels.distance(3, 200) == hierarchy.distance(3, 200)
    assert 1 < labels.mean_size < 60
    assert f"{labels.mean_size:.1f} hubs" in repr(labels)


def test_wide_costs() -> None:
    """Where costs need more than 32 bits, labels hold 64."""
    top = 5 * 10**8
    hierarchy = ContractionHierarchy.build(build(4, [Arc(k, k + 1, top, 1) for k in range(3)]))
    labels = HubLabels.from_hierarchy(hierarchy)
    assert labels.up_entries.dtype == np.int64
    assert labels.distances([0] * 4, range(4)).tolist() == [k * top / 1000 for k in range(4)]
    assert labels.distance(3, 0) == INF


def test_labels_outgrow_their_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the first guess of memory is too small, it grows."""
    graph = two_way(12, 2)
    hierarchy = ContractionHierarchy.build(graph)
    whole = HubLabels.from_hierarchy(hierarchy)
    monkeypatch.setattr(module, "GUESS", 1)
    again = HubLabels.from_hierarchy(hierarchy)
    np.testing.assert_array_equal(whole.up_entries, again.up_entries)


def test_nothing() -> None:
    """No nodes, and nodes without arcs."""
    empty = HubLabels.from_hierarchy(ContractionHierarchy.build(build(0, [])))
    assert empty.distances([], []).shape == (0,)
    apart = HubLabels.from_hierarchy(ContractionHierarchy.build(build(2, [])))
    assert (apart.distance(0, 0), apart.distance(0, 1)) == (0.0, INF)


def test_bad_questions_are_refused() -> None:
    """Unknown nodes, and pairs that are none."""
    labels = HubLabels.from_hierarchy(ContractionHierarchy.build(town()))
    with pytest.raises(InputError):
        labels.distance(0, 4)
    with pytest.raises(InputError, match="pairs"):
        labels.distances([0], [1, 2])


def test_saved_and_loaded(tmp_path: Path) -> None:
    """A file gives the same answers; of another graph, another kind or damaged it is refused."""
    file = tmp_path / "a.npz"
    for graph in (two_way(7, 3), town()):
        hierarchy = ContractionHierarchy.build(graph)
        labels = HubLabels.from_hierarchy(hierarchy)
        labels.save(file)
        loaded = HubLabels.load(file, graph)
        assert loaded.memory == labels.memory > 0
        pairs = np.indices((graph.n, graph.n)).reshape(2, -1)
        np.testing.assert_array_equal(loaded.distances(*pairs), labels.distances(*pairs))
        with pytest.raises(InputError, match="another graph"):
            HubLabels.load(file, two_way(7, 4))
        with pytest.raises(InputError, match="not a 'routesolve-hierarchy'"):
            ContractionHierarchy.load(file, graph)
        with np.load(file) as archive:
            arrays = dict(archive)
        meta = json.loads(arrays["meta"].tobytes())
        newer = np.frombuffer(json.dumps(meta | {"version": 99}).encode(), dtype=np.uint8)
        np.savez(file, **{**arrays, "meta": newer})
        with pytest.raises(InputError, match="format 99"):
            HubLabels.load(file, graph)
        for key in set(arrays) - {"meta"}:
            wrong = arrays[key].copy()
            wrong[-2:] = -7
            for array in (wrong, arrays[key][:-1]):
                np.savez(file, **{**arrays, key: array})
                with pytest.raises(InputError):
                    HubLabels.load(file, graph)
        file.write_bytes(b"nonsense")
        with pytest.raises(InputError):
            HubLabels.load(file, graph)
