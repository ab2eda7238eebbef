"""The nearest street of a point: a packed tree of boxes over the pieces of all streets.

S. T. Leutenegger, M. A. Lopez, J. Edgington, "STR: a simple and efficient algorithm for R-tree
packing", ICDE 1997; N. Roussopoulos, S. Kelley, F. Vincent, "Nearest neighbor queries", SIGMOD
1995.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from routesolve._jit import kernel

Floats = npt.NDArray[np.float64]

FANOUT = 16
"""Pieces in a leaf, and boxes in a box."""


class Tree(NamedTuple):
    """s straight pieces of streets in packed order, and the boxes over them.

    Attributes
    ----------
    pieces : numpy.ndarray
        (s, 4) float64 degrees: longitude and latitude of the beginning and of the end, in driving
        direction; one that crosses the date line goes on beyond 180.
    boxes : numpy.ndarray
        (b, 4) float64 west, south, east, north; leaves first, the root last.
    levels : numpy.ndarray
        (l + 1,) int64 first box of each level.
    """

    pieces: Floats
    boxes: Floats
    levels: npt.NDArray[np.int64]


@kernel
def _to_box(boxes: Any, k: int, x: float, y: float, kx: float, ky: float) -> Any:
    """Squared distance in metres."""
    dx = max(boxes[k, 0] - x, 0.0, x - boxes[k, 2]) * kx
    dy = max(boxes[k, 1] - y, 0.0, y - boxes[k, 3]) * ky
    return dx * dx + dy * dy


@kernel
def _to_piece(pieces: Any, k: int, x: float, y: float, kx: float, ky: float) -> Any:
    """Squared distance in metres."""
    x1, y1, x2, y2 = pieces[k, 0], pieces[k, 1], pieces[k, 2], pieces[k, 3]
    ax, ay, dx, dy = (x - x1) * kx, (y - y1) * ky, (x2 - x1) * kx, (y2 - y1) * ky
    along, whole = ax * dx + ay * dy, dx * dx + dy * dy
    if along >= whole:
        ax, ay = (x - x2) * kx, (y - y2) * ky
    elif along > 0.0:
        ax -= along / whole * dx
        ay -= along / whole * dy
    return ax * ax + ay * ay


@kernel
def search(
    tree: Tree, points: Any, kx: Any, ky: float, within: float, gaps: Any, indptr: Any
) -> Any:
    """The nearest piece of each point, or all that are near (`within` >= 0 metres).

    `points` (k, 2) degrees, `kx` (k,) and `ky` metres to a degree east and north. Fills `gaps` (k,)
    with squared distances (of the nearest, if that is what is sought) and `indptr` (k + 1,);
    returns the pieces, those of each point together.
    """
    deep = FANOUT * len(tree.levels) + 1
    stack, apart = np.empty(deep, np.int64), np.empty(deep)
    found = np.empty(4 * len(points) + 16, np.int64)
    count = 0
    indptr[0] = 0
    root = len(tree.boxes) - 1
    for k in range(len(points)):
        bound = np.inf if within < 0.0 else within * within
        y = points[k, 1]
        # The Earth is round: a point is also 360 degrees east and west of itself.
        for turn in range(3):
            x = points[k, 0] + (360.0 * turn if turn < 2 else -360.0)
            stack[0], apart[0], size = root, _to_box(tree.boxes, root, x, y, kx[k], ky), 1
            while size > 0:
                size -= 1
                if apart[size] > bound:
                    continue
                box, level = stack[size], 0
                while tree.levels[level + 1] <= box:
                    level += 1
                first = (box - tree.levels[level]) * FANOUT
                if level == 0:
                    for piece in range(first, min(first + FANOUT, len(tree.pieces))):
                        gap = _to_piece(tree.pieces, piece, x, y, kx[k], ky)
                        if within < 0.0:
                            if gap < bound:
                                bound, found[k] = gap, piece
                        elif gap <= bound:
                            if count == len(found):
                                more = np.empty(2 * count, np.int64)
                                for i in range(count):
                                    more[i] = found[i]
                                found = more
                            found[count] = piece
                            count += 1
                    continue
                below, base = tree.levels[level - 1] + first, size
                for child in range(below, min(below + FANOUT, tree.levels[level])):
                    gap = _to_box(tree.boxes, child, x, y, kx[k], ky)
                    if gap > bound:
                        continue
                    # The nearest box is looked into first: it goes on top.
                    at = size
                    while at > base and apart[at - 1] < gap:
                        stack[at], apart[at] = stack[at - 1], apart[at - 1]
                        at -= 1
                    stack[at], apart[at] = child, gap
                    size += 1
        if within < 0.0:
            count = k + 1
        gaps[k] = bound
        indptr[k + 1] = count
    return found[:count]
