"""Tests of random graphs: what holds of all, and that degrees are those asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routesolve.errors import InputError
from routesolve.graphs import Graph
from routesolve.graphs.generators import (
    Rows,
    barabasi_albert,
    barabasi_albert_csr,
    chung_lu,
    chung_lu_csr,
    load_rows,
    rmat,
    rmat_csr,
    save_rows,
    undirected,
)

from .examples import build, small_graphs
from .naive import Arc

seeds = st.integers(0, 2**63 - 2)


def pairs_of(rows: Rows) -> set[tuple[int, int]]:
    """Arcs as (tail, head), after checking that rows are sorted, symmetric and without loops."""
    assert (rows.indptr.dtype, rows.heads.dtype) == (np.int64, np.int32)
    tails = np.repeat(np.arange(len(rows.indptr) - 1), np.diff(rows.indptr))
    arcs = list(zip(tails.tolist(), rows.heads.tolist(), strict=True))
    assert arcs == sorted(set(arcs))
    found = set(arcs)
    assert found == {(v, u) for u, v in found}
    assert all(u != v for u, v in found)
    return found


@settings(deadline=None)
@given(st.integers(2, 60), st.floats(0.1, 1.9), st.floats(2.01, 5.0), seeds, st.booleans())
def test_chung_lu(n: int, degree: float, exponent: float, seed: int, shuffle: bool) -> None:
    """Sound rows, the same for the same seed."""
    options = {"mean_degree": degree, "exponent": exponent, "seed": seed, "shuffle": shuffle}
    rows = chung_lu_csr(n, **options)  # type: ignore[arg-type]
    assert len(rows.indptr) == n + 1
    assert pairs_of(rows) == pairs_of(chung_lu_csr(n, **options))  # type: ignore[arg-type]


@settings(deadline=None)
@given(st.integers(0, 6), st.floats(0, 8), seeds, st.booleans())
def test_rmat(scale: int, degree: float, seed: int, shuffle: bool) -> None:
    """Sound rows, the same for the same seed, and not more arcs than were drawn."""
    rows = rmat_csr(scale, mean_degree=degree, seed=seed, shuffle=shuffle)
    assert len(rows.indptr) == 2**scale + 1
    found = pairs_of(rows)
    assert len(found) <= degree * 2**scale
    assert found == pairs_of(rmat_csr(scale, mean_degree=degree, seed=seed, shuffle=shuffle))


@settings(deadline=None)
@given(st.integers(1, 5), st.integers(1, 40), seeds, st.booleans())
def test_barabasi_albert(attach: int, more: int, seed: int, shuffle: bool) -> None:
    """Sound rows; every new node joins exactly that many others."""
    n = attach + more
    rows = barabasi_albert_csr(n, attach=attach, seed=seed, shuffle=shuffle)
    found = pairs_of(rows)
    assert len(found) == 2 * attach * (n - attach)
    if not shuffle:
        older = np.zeros(n, int)
        for u, v in found:
            older[u] += v < u
        assert older.tolist() == [0] + [1] * attach + [attach] * (n - attach - 1)


@settings(deadline=None)
@given(small_graphs())
def test_undirected(case: tuple[int, list[Arc]]) -> None:
    """Of any graph: both directions of all arcs but loops, once each."""
    n, arcs = case
    wanted = {(a.tail, a.head) for a in arcs if a.tail != a.head}
    assert pairs_of(undirected(build(n, arcs))) == wanted | {(v, u) for u, v in wanted}


def test_every_pair_has_its_chance() -> None:
    """Small Chung-Lu graphs: each pair is joined as often as its weights say."""
    n, degree, exponent, times = 12, 3.0, 2.2, 4000
    weights = np.arange(1, n + 1) ** (-1 / (exponent - 1))
    weights *= degree / weights.mean()
    expected = np.minimum(1, np.outer(weights, weights) / weights.sum())
    np.fill_diagonal(expected, 0)
    found = np.zeros((n, n))
    for seed in range(times):
        rows = chung_lu_csr(n, mean_degree=degree, exponent=exponent, seed=seed, shuffle=False)
        found[np.repeat(np.arange(n), np.diff(rows.indptr)), rows.heads] += 1
    spread = np.sqrt(expected * (1 - expected) / times)
    assert (np.abs(found / times - expected) <= 5 * spread + 1e-12).all()


def test_degrees_follow_the_power_law() -> None:
    """Means of the degrees of nodes with the same rank, and of all."""
    n, degree, exponent = 100_000, 10.0, 2.8
    rows = chung_lu_csr(n, mean_degree=degree, exponent=exponent, seed=1, shuffle=False)
    degrees = np.diff(rows.indptr)
    assert degrees.mean() == pytest.approx(degree, rel=0.02)
    weights = np.arange(1, n + 1) ** (-1 / (exponent - 1))
    weights *= degree / weights.mean()
    for begin, end in ((1000, 2000), (10_000, 20_000), (50_000, 100_000)):
        assert degrees[begin:end].mean() == pytest.approx(weights[begin:end].mean(), rel=0.03)
    mixed = chung_lu_csr(n, mean_degree=degree, exponent=exponent, seed=1)
    np.testing.assert_array_equal(np.sort(np.diff(mixed.indptr)), np.sort(degrees))
    halves = np.diff(mixed.indptr).reshape(2, -1).mean(axis=1)
    assert halves[0] == pytest.approx(halves[1], rel=0.1)


def test_quarters() -> None:
    """R-MAT without loops and repeats: ends fall where the chances of the quarters say."""
    scale = 16
    rows = rmat_csr(scale, mean_degree=4.0, quarters=(0.5, 0.3, 0.1, 0.1), seed=3, shuffle=False)
    tails = np.repeat(np.arange(2**scale), np.diff(rows.indptr))
    half = 2 ** (scale - 1)
    low = (
        np.mean((tails < half) & (rows.heads < half)),
        np.mean((tails < half) ^ (rows.heads < half)),
    )
    assert low[0] == pytest.approx(0.5, abs=0.02)
    assert low[1] == pytest.approx(0.4, abs=0.02)


def test_the_oldest_are_the_richest() -> None:
    """Preferential attachment: degrees fall with age, and have a heavy tail."""
    degrees = np.diff(barabasi_albert_csr(20_000, attach=3, seed=2, shuffle=False).indptr)
    tenths = degrees.reshape(10, -1).mean(axis=1)
    assert (np.diff(tenths) < 0).all()
    assert degrees.min() >= 1
    assert degrees.max() > 20 * degrees.mean()


def test_seeds_differ() -> None:
    """Other seeds, other graphs; node numbers are mixed unless asked not to be."""
    a, b = (chung_lu_csr(200, mean_degree=4.0, exponent=2.5, seed=seed) for seed in (1, 2))
    assert pairs_of(a) != pairs_of(b)
    ordered = chung_lu_csr(200, mean_degree=4.0, exponent=2.5, seed=1, shuffle=False)
    assert pairs_of(a) != pairs_of(ordered)


def test_a_seed_means_the_same_for_ever() -> None:
    """One graph of each kind, written down."""
    graphs = [
        chung_lu_csr(5, mean_degree=1.5, exponent=2.5, seed=7),
        rmat_csr(2, mean_degree=3.0, seed=7),
        barabasi_albert_csr(5, attach=1, seed=7),
    ]
    assert [sorted(a for a in pairs_of(rows) if a[0] < a[1]) for rows in graphs] == WRITTEN


WRITTEN = [[(0, 1), (0, 4)], [(0, 1), (0, 2), (1, 2)], [(0, 1), (0, 2), (0, 4), (2, 3)]]


def test_graphs() -> None:
    """As graphs, every arc counts 1."""
    graphs: list[Graph] = [
        chung_lu(50, mean_degree=3.0, exponent=2.5, seed=1),
        rmat(5, mean_degree=4.0, seed=1),
        barabasi_albert(50, attach=2, seed=1),
    ]
    for graph in graphs:
        assert graph.m > 0
        for metric in ("duration", "distance"):
            assert (graph.metrics[metric] == 1).all()
            assert graph.units[metric] == 1.0


def test_saved_and_mapped(tmp_path: Path) -> None:
    """Arrays on disk are the same, and mapped; what is something else is refused."""
    rows = barabasi_albert_csr(100, attach=3, seed=1)
    save_rows(tmp_path / "new" / "folder", rows)
    mapped = load_rows(tmp_path / "new" / "folder")
    np.testing.assert_array_equal(mapped.indptr, rows.indptr)
    np.testing.assert_array_equal(mapped.heads, rows.heads)
    assert isinstance(mapped.heads.base, np.memmap)
    with pytest.raises(InputError, match="not a saved array"):
        load_rows(tmp_path)
    np.save(tmp_path / "new" / "folder" / "heads.npy", rows.heads[:-1])
    with pytest.raises(InputError, match="row pointers"):
        load_rows(tmp_path / "new" / "folder")
    np.save(tmp_path / "new" / "folder" / "heads.npy", rows.heads.astype(float))
    with pytest.raises(InputError, match="float64"):
        load_rows(tmp_path / "new" / "folder")
    (tmp_path / "new" / "folder" / "heads.npy").write_bytes(b"nonsense")
    with pytest.raises(InputError, match="not a saved array"):
        load_rows(tmp_path / "new" / "folder")


def test_numbers_out_of_range() -> None:
    """All that is wrong is said at once."""
    with pytest.raises(InputError) as caught:
        chung_lu_csr(-1, mean_degree=-2.0, exponent=2.0, seed=-3)
    for what in ("-1 nodes", "a mean degree of -2.0", "an exponent of 2.0", "a seed of -3"):
        assert what in str(caught.value)
    with pytest.raises(InputError, match="scale"):
        rmat_csr(31, seed=1)
    with pytest.raises(InputError, match="quarters"):
        rmat_csr(3, quarters=(0.5, 0.5, 0.5, 0.0), seed=1)
    with pytest.raises(InputError, match="to join"):
        barabasi_albert_csr(3, attach=3, seed=1)
