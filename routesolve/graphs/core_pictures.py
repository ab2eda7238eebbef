"""A picture of a core-periphery index: how many neighbours the vertices of each ring have."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError, MissingExtra
from routesolve.files import written_whole
from routesolve.graphs._core_periphery.compiled import CompiledCore

if TYPE_CHECKING:
    from routesolve.graphs.core_periphery import CorePeripheryIndex

RINGS = (("core", "#b2182b"), ("ring", "#ef8a62"), ("periphery", "#2166ac"))


def save_picture(
    index: CorePeripheryIndex, path: str | os.PathLike[str], *, title: str = ""
) -> None:
    """Draw, for each ring, how many of its vertices have at least so many neighbours (PNG).

    Both axes are logarithmic: where degrees follow a power law, the lines are straight.

    Parameters
    ----------
    index
        Of an undirected network in arrays, without weights.
    path
        The file to write, whole or not at all.
    title
        Written above.

    Raises
    ------
    InputError
        If the index is of another kind, or the file cannot be written.
    MissingExtra
        If matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtra("plots", "pictures need matplotlib") from None
    searches = index.searches
    if not isinstance(searches, CompiledCore):
        raise InputError("only an index of undirected arrays, without weights, can be drawn")
    degrees = np.diff(searches.indptr)
    rings = searches.rings(np.arange(searches.n))
    figure = Figure(figsize=(7, 4.5), dpi=150, layout="constrained")
    axes = figure.add_subplot()
    for ring, (name, colour) in enumerate(RINGS):
        values, above = at_least(degrees[rings == ring])
        label = f"{name}: {np.count_nonzero(rings == ring):,}"
        axes.step(values, above, where="pre", color=colour, label=label)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("neighbours")
    axes.set_ylabel("vertices with at least as many")
    axes.set_title(title or "Core, ring and periphery")
    axes.legend()
    axes.grid(alpha=0.3)
    with written_whole(path) as stream:
        figure.savefig(stream, format="png")


def at_least(
    degrees: npt.NDArray[np.int64],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The different degrees above 0, and how many vertices have at least each."""
    values, counts = np.unique(degrees[degrees > 0], return_counts=True)
    return values, counts[::-1].cumsum()[::-1]
