"""Random graphs with the degrees of social and information networks, for tests at scale.

All are undirected: every arc leads both ways, rows are sorted, there are no loops and no parallel
arcs. The same seed gives the same graph everywhere. A hundred million arcs take a minute or so and
about 20 bytes an arc while they are made; :func:`chung_lu_csr` and its like leave out the weights
that a :class:`Graph` carries, and :func:`save_rows` writes arrays that can be mapped into memory.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError, Problem
from routesolve.files import written_whole
from routesolve.graphs._kernels import generators as kernels
from routesolve.graphs.graph import Graph

Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]

QUARTERS = (0.57, 0.19, 0.19, 0.05)
"""Chances of the four quarters in the R-MAT graphs of the Graph 500 benchmark."""

MOST_NODES = 2**31 - 1


class Rows(NamedTuple):
    """Neighbours of all nodes, compressed.

    Attributes
    ----------
    indptr : numpy.ndarray
        (n + 1,) int64; the neighbours of u are ``heads[indptr[u]:indptr[u + 1]]``.
    heads : numpy.ndarray
        (m,) int32, rising within a row.
    """

    indptr: Int64s
    heads: Int32s


def chung_lu_csr(
    n: int, *, mean_degree: float, exponent: float, seed: int, shuffle: bool = True
) -> Rows:
    """Graph whose expected degrees follow a power law.

    F. Chung, L. Lu, "Connected components in random graphs with given expected degree sequences",
    2002: nodes i and j are joined with probability ``min(1, w_i w_j / sum(w))``, independently;
    ``w_i`` falls with ``(i + 1) ** (-1 / (exponent - 1))``. Where the minimum bites, at low
    exponents and many nodes, degrees are somewhat lower than asked for.

    Parameters
    ----------
    n
        Number of nodes.
    mean_degree
        Arcs that leave a node on average, > 0.
    exponent
        The number of nodes of degree k falls with ``k ** -exponent``; > 2. Social networks: 2 to 3.
    seed
        0 .. 2**63 - 1.
    shuffle
        Number the nodes at random; otherwise they are numbered by falling expected degree.

    Raises
    ------
    InputError
        If a number is out of range.
    """
    _check(
        *_size_problems(n, seed),
        (
            not 0 < mean_degree < max(n, 1),
            f"a mean degree of {mean_degree}",
            "more than 0, below n",
        ),
        (not 2 < exponent < np.inf, f"an exponent of {exponent}", "give a number > 2"),
    )
    weights = np.arange(1, n + 1, dtype=np.float64) ** (-1.0 / (exponent - 1.0))
    weights *= mean_degree / weights.mean() if n else 1.0
    expected = 0.5 * n * mean_degree
    # A sum of independent events is never ten deviations from its mean.
    pairs = np.empty((int(expected + 10 * expected**0.5) + 100, 2), np.int32)
    return _rows(n, pairs[: kernels.chung_lu(weights, seed, pairs)], seed, shuffle)


def rmat_csr(
    scale: int,
    *,
    mean_degree: float = 32.0,
    quarters: tuple[float, float, float, float] = QUARTERS,
    seed: int,
    shuffle: bool = True,
) -> Rows:
    """Graph of ``2 ** scale`` nodes by recursion into quarters of the adjacency matrix.

    D. Chakrabarti, Y. Zhan, C. Faloutsos, "R-MAT: A recursive model for graph mining", SDM 2004.

    Parameters
    ----------
    scale
        log2 of the number of nodes, 0 .. 30.
    mean_degree
        Half as many pairs a node are drawn; loops and repeats, which are many, are then left out.
    quarters
        Chances of top left, top right, bottom left and bottom right; their sum is 1.
    seed, shuffle
        As in :func:`chung_lu_csr`.

    Raises
    ------
    InputError
        If a number is out of range.
    """
    good = len(quarters) == 4 and min(quarters) >= 0 and abs(sum(quarters) - 1) < 1e-9
    _check(
        *_size_problems(0, seed),
        (not 0 <= scale <= 30, f"a scale of {scale}", "give 0 .. 30"),
        (not 0 <= mean_degree < np.inf, f"a mean degree of {mean_degree}", "give a number >= 0"),
        (not good, f"quarters {quarters}", "give four numbers >= 0 that sum to 1"),
    )
    pairs = np.empty((int(mean_degree * 2**scale / 2), 2), np.int32)
    a, b, c, _ = map(float, quarters)
    kernels.rmat(scale, a, b, c, seed, pairs)
    return _rows(2**scale, pairs, seed, shuffle)


def barabasi_albert_csr(n: int, *, attach: int, seed: int, shuffle: bool = True) -> Rows:
    """Graph that grows by preferential attachment.

    A.-L. Barabási, R. Albert, "Emergence of scaling in random networks", Science 286, 1999; drawn
    as by V. Batagelj, U. Brandes, "Efficient generation of large random networks", 2005. It begins
    as a star of ``attach + 1`` nodes, and has ``2 * attach * (n - attach)`` arcs.

    Parameters
    ----------
    n
        Number of nodes, more than `attach`.
    attach
        Older nodes that each new one joins, >= 1.
    seed, shuffle
        As in :func:`chung_lu_csr`; otherwise nodes are numbered by age.

    Raises
    ------
    InputError
        If a number is out of range.
    """
    _check(
        *_size_problems(n, seed),
        (not 1 <= attach < n, f"{attach} nodes to join", f"give 1 .. {n - 1}"),
    )
    pairs = np.empty((attach * (n - attach), 2), np.int32)
    kernels.barabasi_albert(n, attach, seed, pairs)
    return _rows(n, pairs, seed, shuffle)


def chung_lu(n: int, **options: Any) -> Graph:
    """:func:`chung_lu_csr` as a graph; every arc has duration and distance 1."""
    return as_graph(chung_lu_csr(n, **options), name="Chung-Lu")


def rmat(scale: int, **options: Any) -> Graph:
    """:func:`rmat_csr` as a graph; every arc has duration and distance 1."""
    return as_graph(rmat_csr(scale, **options), name="R-MAT")


def barabasi_albert(n: int, **options: Any) -> Graph:
    """:func:`barabasi_albert_csr` as a graph; every arc has duration and distance 1."""
    return as_graph(barabasi_albert_csr(n, **options), name="Barabási-Albert")


def undirected(graph: Graph) -> Rows:
    """The neighbours of all nodes of any graph: arcs made to lead both ways, loops left out."""
    pairs = np.column_stack((graph.edge_tails, graph.heads))
    return _rows(graph.n, np.ascontiguousarray(pairs), 0, False)


def as_graph(rows: Rows, *, name: str = "") -> Graph:
    """A graph on the same neighbours; every arc has duration and distance 1."""
    ones = np.ones(len(rows.heads), np.int32)
    ones.flags.writeable = False
    return Graph(
        indptr=rows.indptr,
        heads=rows.heads,
        metrics={"duration": ones, "distance": ones},
        units={"duration": 1.0, "distance": 1.0},
        name=name,
        source="generated",
    )


def save_rows(folder: str | os.PathLike[str], rows: Rows) -> None:
    """Write ``indptr.npy`` and ``heads.npy`` into a folder, which is made.

    Raises
    ------
    InputError
        If a file cannot be written.
    """
    Path(folder).mkdir(parents=True, exist_ok=True)
    for key, array in rows._asdict().items():
        with written_whole(Path(folder) / f"{key}.npy") as stream:
            np.save(stream, array)


def load_rows(folder: str | os.PathLike[str]) -> Rows:
    """Open what :func:`save_rows` wrote, mapped into memory: read as it is used.

    Raises
    ------
    InputError
        If a file is missing or is something else.
    """
    arrays = []
    for key, dtype in (("indptr", np.int64), ("heads", np.int32)):
        path = Path(folder) / f"{key}.npy"
        try:
            array = np.load(path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise InputError(f"not a saved array: {error}", where=str(path)) from error
        if array.dtype != dtype or array.ndim != 1:
            raise InputError(f"an array of {array.dtype}, not {np.dtype(dtype)}", where=str(path))
        arrays.append(np.asarray(array))
    if arrays[0].size == 0 or arrays[0][-1] != arrays[1].size:
        raise InputError("row pointers do not describe the arcs", where=str(folder))
    return Rows(*arrays)


def _rows(n: int, pairs: Int32s, seed: int, shuffle: bool) -> Rows:
    """Sorted rows of the arcs of (e, 2) pairs, there and back."""
    if shuffle:
        kernels.rename(seed + 1, np.empty(n, np.int32), pairs)
    indptr, cursor = np.zeros(n + 1, np.int64), np.empty(n, np.int64)
    heads = np.empty(2 * len(pairs), np.int32)
    kernels.both_ways(pairs, indptr, cursor, heads)
    ordered = np.empty(indptr[-1], np.int32)
    kernels.ordered(indptr, cursor, heads, ordered)
    del heads
    ordered.resize(indptr[-1], refcheck=False)
    for array in (indptr, ordered):
        array.flags.writeable = False
    return Rows(indptr, ordered)


Claim = tuple[bool, str, str]
"""Whether something is wrong, what, and the fix."""


def _size_problems(n: int, seed: int) -> tuple[Claim, Claim]:
    return (
        (not 0 <= n <= MOST_NODES, f"{n} nodes", f"give 0 .. {MOST_NODES}"),
        (not 0 <= seed < 2**63 - 1, f"a seed of {seed}", "give 0 .. 2**63 - 2"),
    )


def _check(*claims: Claim) -> None:
    problems = [Problem(what, fix=fix) for wrong, what, fix in claims if wrong]
    if problems:
        raise InputError(problems)
