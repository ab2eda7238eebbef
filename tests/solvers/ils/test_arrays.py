"""The kernels that make the engine's arrays, against NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from routesolve.solvers.ils._kernels import layout
from routesolve.solvers.ils._kernels.neighbours import WAITING, nearest_by_legs, nearest_points
from routesolve.solvers.ils._kernels.steps import NEVER, furthest, in_steps, symmetric

RANDOM = np.random.default_rng(7)
CLUSTERS = RANDOM.normal(0, 1, (400, 2)) + RANDOM.integers(0, 3, (400, 1)) * 1e4


@pytest.mark.parametrize("k", [1, 10, 100])
@pytest.mark.parametrize(
    "points",
    [
        RANDOM.random((300, 2)),
        RANDOM.integers(0, 6, (300, 2)).astype(float),
        np.ones((300, 2)),
        CLUSTERS,
        np.column_stack([np.arange(200.0), np.zeros(200)]),
        RANDOM.random((102, 2)) * 1e9,
    ],
    ids=["uniform", "shared", "one place", "clusters", "a line", "huge"],
)
def test_nearest_points(points: np.ndarray, k: int) -> None:
    """The k nearest, nearest first, never oneself, however places are shared."""
    near = nearest_points(points, k)
    assert not near[0].any()
    for a in range(1, len(points)):
        found = near[a].tolist()
        assert len({*found, 0, a}) == k + 2
        lengths = np.hypot(*(points[1:] - points[a]).T)
        wanted = np.sort(np.delete(lengths, a - 1))[:k]
        assert lengths[near[a] - 1] == pytest.approx(wanted, rel=1e-6, abs=1e-9 * np.ptp(points))


@pytest.mark.parametrize("timed", [False, True])
@pytest.mark.parametrize("both_ways", [False, True])
def test_nearest_by_legs(timed: bool, both_ways: bool) -> None:
    """By the cheaper way, waiting and lateness priced in; equals are taken in order."""
    n, k, pace = 40, 7, 0.5
    out = RANDOM.integers(0, 60, (n + 1, n + 1)).astype(np.int32)
    times = RANDOM.integers(0, 60, (n + 1, n + 1)).astype(np.int32)
    if both_ways:
        out, times = np.maximum(out, out.T), np.maximum(times, times.T)
    job = np.zeros((n + 1, layout.AMOUNTS + 1), np.int64)
    job[:, layout.EARLIEST] = RANDOM.integers(0, 300, n + 1)
    job[:, layout.LATEST] = job[:, layout.EARLIEST] + RANDOM.integers(0, 100, n + 1)
    job[:, layout.SERVICE] = RANDOM.integers(0, 9, n + 1)
    apart = out.astype(float)
    if timed:
        earliest, latest, service = (
            job[:, column] for column in (layout.EARLIEST, layout.LATEST, layout.SERVICE)
        )
        ready = service[:, None] + times
        waiting = np.maximum(earliest[None, :] - latest[:, None] - ready, 0)
        late = np.maximum(earliest[:, None] + ready - latest[None, :], 0)
        apart += pace * (WAITING * waiting + late)
    apart = np.floor(np.minimum(apart, apart.T))
    np.fill_diagonal(apart, np.inf)
    wanted = np.argsort(apart[1:, 1:], axis=1, kind="stable")[:, :k] + 1
    back, times_back = np.ascontiguousarray(out.T), np.ascontiguousarray(times.T)
    if timed:
        near = nearest_by_legs(out, back, times, times_back, job, pace, k)
    else:
        near = nearest_by_legs(out, back, None, None, job, pace, k)
    assert (near[1:] == wanted).all()


@pytest.mark.parametrize("upwards", [False, True])
def test_in_steps(upwards: bool) -> None:
    """Rounded as asked for; nothing at open ends and on the spot, NEVER where there is no way."""
    block = RANDOM.random((3, 5)) * 10
    block[1, 2], block[0, 3], block[2, 4] = np.inf, 1e12, 3.0 + 1e-9
    froms, tos = np.array([-1, 4, 5]), np.array([5, 4, 6, 7, 8])
    out = np.full((3, 5), -1, np.int32)
    largest, whole = in_steps(block, froms, tos, 1.0, 1e-6, upwards, out)
    wanted = np.ceil(block - 1e-6) if upwards else np.rint(block)
    wanted = np.where(np.isfinite(wanted), wanted, NEVER)
    wanted[0], wanted[1, 1], wanted[2, 0] = 0, 0, 0
    assert (out == wanted).all()
    counted = [block[1, [0, 3, 4]], block[2, 1:]]
    assert largest == np.concatenate(counted).max()
    assert not whole
    assert in_steps(np.rint(block), froms, tos, 1.0, 1e-6, upwards, out)[1]


def test_symmetric_and_furthest() -> None:
    """One entry that differs is noticed, wherever it is; what cannot be driven is not far."""
    matrix = RANDOM.integers(0, 99, (150, 150)).astype(np.int32)
    matrix = np.maximum(matrix, matrix.T)
    assert symmetric(matrix)
    for at in ((0, 149), (149, 0), (70, 71), (64, 63)):
        other = matrix.copy()
        other[at] += 1
        assert not symmetric(other)
    matrix[3, 4], matrix[5, 6] = NEVER, 1000
    assert furthest(matrix) == 1000
