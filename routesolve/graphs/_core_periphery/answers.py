"""Answers of a core-periphery index."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]

MODES = ("E", "H", "M")
"""All ways into the core; one way from each end; one way, and labels inside."""


class CoreAnswer(NamedTuple):
    """How far two vertices are apart.

    Attributes
    ----------
    hops : int
        Arcs of the path found: never fewer than the distance; -1 = not connected.
    cost : float
        Sum of the path's weights, which is `hops` where there are none; ``inf`` = not connected.
    mode : str
        ``"E"``, ``"H"`` or ``"M"``.
    exact : bool
        Whether this is the distance for certain.
    queries : int
        Vertices whose lists of neighbours were read for it.
    path : tuple of int or None
        The vertices from source to target; None = not asked for, or not connected.
    """

    hops: int
    cost: float
    mode: str
    exact: bool
    queries: int
    path: tuple[int, ...] | None = None


class CoreAnswers(NamedTuple):
    """The same for q pairs; iterate over ``range(len(answers.hops))`` and :meth:`one`.

    Attributes
    ----------
    hops : numpy.ndarray
        (q,) int32; -1 = not connected.
    costs : numpy.ndarray
        (q,) float64; ``inf`` = not connected.
    mode : str
        As in :class:`CoreAnswer`.
    exact : numpy.ndarray
        (q,) bool.
    queries : numpy.ndarray
        (q,) int64.
    stops : numpy.ndarray or None
        (q + 1,) int64: path i is ``nodes[stops[i]:stops[i + 1]]``; None = not asked for.
    nodes : numpy.ndarray or None
        Vertices of all paths.
    """

    hops: Int32s
    costs: npt.NDArray[np.float64]
    mode: str
    exact: npt.NDArray[np.bool_]
    queries: Int64s
    stops: Int64s | None = None
    nodes: npt.NDArray[Any] | None = None

    def path(self, i: int) -> npt.NDArray[Any]:
        """Vertices of path `i`; none = not connected, or not asked for."""
        if self.stops is None or self.nodes is None:
            return np.empty(0, np.int32)
        return self.nodes[self.stops[i] : self.stops[i + 1]]

    def one(self, i: int) -> CoreAnswer:
        """Answer `i`."""
        path = None
        if self.stops is not None and self.hops[i] >= 0:
            path = tuple(self.path(i).tolist())
        return CoreAnswer(
            int(self.hops[i]),
            float(self.costs[i]),
            self.mode,
            bool(self.exact[i]),
            int(self.queries[i]),
            path,
        )
