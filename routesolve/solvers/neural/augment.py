"""Other views of the same problem: ways reversed, places turned."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from routesolve.solvers.neural.problems import Problems

Floats = npt.NDArray[np.floating]

_DIRECTED = frozenset({"pickups", "order", "windows", "open", "closing", "max_duration"})
"""What may differ when routes are driven the other way round."""


def reversible(problems: Problems) -> bool:
    """Whether every plan stays feasible, at the same cost, with all ways and routes reversed."""
    return not problems.uses & _DIRECTED


def reversed_ways(problems: Problems) -> Problems:
    """The problems with the transposed matrices; see :func:`reversible`."""
    return replace(
        problems,
        distance=problems.xp.swapaxes(problems.distance, 1, 2),
        duration=problems.xp.swapaxes(problems.duration, 1, 2),
    )


def turned(points: Floats, angle: npt.ArrayLike, mirrored: npt.ArrayLike) -> Floats:
    """(b, n, 2) places turned around the first one, by (b,) radians, and mirrored or not."""
    away = points - points[:, :1]
    flip = np.where(mirrored, -1.0, 1.0)[..., None]
    x, y = away[..., 0] * flip, away[..., 1]
    cos, sin = np.cos(angle)[..., None], np.sin(angle)[..., None]
    return np.stack([cos * x - sin * y, sin * x + cos * y], axis=-1).astype(points.dtype)


def reversed_routes(actions: npt.NDArray[np.integer], tokens: int) -> npt.NDArray[np.integer]:
    """(..., t) the moves of plans whose routes are driven the other way round."""
    at = np.broadcast_to(np.arange(actions.shape[-1]), actions.shape)
    serves = actions >= tokens
    before = np.maximum.accumulate(np.where(serves, -1, at), axis=-1)
    after = np.flip(np.minimum.accumulate(np.flip(np.where(serves, at.max() + 1, at), -1), -1), -1)
    return np.take_along_axis(actions, np.where(serves, before + after - at, at), axis=-1)
