"""Small made-up areas in a moment: places at junctions, ways by SciPy, nothing to compile."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

import routesolve
from routesolve.solvers.neural.pool import STEP, Area, Pool
from routesolve.solvers.neural.synthetic import synthetic_streets

Floats = npt.NDArray[np.float64]


def quick_pool(seeds: Iterable[int], *, places: int = 200, side: int = 20) -> Pool:
    """A pool of small made-up towns, one for each seed.

    :func:`~routesolve.solvers.neural.pool.synthetic_pool` draws places anywhere on the streets and
    uses our own networks, which take a while to compile.

    Parameters
    ----------
    seeds
        Of the towns.
    places
        Of each; fewer if there are fewer junctions.
    side
        Junctions along each side of a town.
    """
    return Pool(tuple(quick_area(seed, places=places, side=side) for seed in seeds))


def quick_area(seed: int, *, places: int = 200, side: int = 20) -> Area:
    """One area of :func:`quick_pool`."""
    graph = synthetic_streets(seed, side=side)
    assert graph.coordinates is not None
    n = graph.n
    rng = np.random.default_rng([seed, 0x9C])
    chosen = rng.choice(n, min(places, n), replace=False)
    ways, lengths = (
        csr_array((graph.metrics[key] * graph.units[key], graph.heads, graph.indptr), shape=(n, n))
        for key in ("duration", "distance")
    )
    durations, before = dijkstra(ways, indices=chosen, return_predecessors=True)
    distances = _along(before, lengths)
    texts = {"name": graph.name, "source": graph.source, "licence": graph.licence}
    return Area(
        graph.coordinates[chosen].copy(),
        _steps(durations[:, chosen]),
        _steps(distances[:, chosen]),
        engine="scipy",
        version=routesolve.__version__,
        profile="car",
        **texts,
    )


def _along(before: npt.NDArray[np.int32], lengths: csr_array) -> Floats:
    """(p, n) lengths of the ways of p trees of predecessors, by doubling."""
    p, n = before.shape
    own = np.arange(n)
    before = np.where(before < 0, own, before)
    last = before != own
    total = np.zeros((p, n))
    at = np.broadcast_to(own, (p, n))
    total[last] = lengths[before[last], at[last]]
    while (before != np.take_along_axis(before, before, axis=1)).any():
        total += np.take_along_axis(total, before, axis=1)
        before = np.take_along_axis(before, before, axis=1)
    return total


def _steps(values: Floats) -> npt.NDArray[np.int32]:
    return np.ascontiguousarray(np.rint(values / STEP), dtype=np.int32)
