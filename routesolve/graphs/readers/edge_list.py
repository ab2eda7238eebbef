"""Edge lists: two node numbers and perhaps a weight a line; SNAP's and plain ones, packed or not.

J. Leskovec, A. Krevl, "SNAP Datasets: Stanford Large Network Dataset Collection", 2014.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError
from routesolve.graphs.graph import MAX_WEIGHT, Graph
from routesolve.graphs.readers._compressed import read_text
from routesolve.graphs.readers._numbers import first_bad_line, numbers

_NUMBER = rb"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_EDGE = rb"[ \t]*(\d+)[ \t,;]+(\d+)(?:[ \t,;]+(" + _NUMBER + rb"))?[ \t]*\r?"
_LINE = re.compile(_EDGE)
_GOOD = re.compile(_EDGE + rb"|[ \t]*(?:[#%].*)?\r?")
_COMMENT = re.compile(rb"^[ \t]*[#%].*$", re.MULTILINE)


def read_edge_list(
    path: str | os.PathLike[str],
    *,
    directed: bool | None = None,
    unit: float | None = None,
    name: str | None = None,
) -> Graph:
    """Read an edge list.

    Lines that begin with ``#`` or ``%`` are comments; blanks, tabs, commas and semicolons separate.
    Node numbers may have gaps: they become 0 .. n - 1 in their order, and stay as ``node_ids``.
    Loops and repeated edges stay. The weight is both the duration and the distance; without one,
    every edge counts 1.

    Parameters
    ----------
    path
        The file.
    directed
        Whether an edge leads one way only. Default: what a comment says (SNAP begins with
        ``# Undirected graph`` or ``# Directed graph``), else True.
    unit
        What one integer step of the stored weights is worth; default: 1 when all weights are
        whole numbers, else 0.001.
    name
        Name of the network; default: that of the file.

    Raises
    ------
    InputError
        If the file is missing, damaged, or a line is no edge: with its number.
    """
    where, text = str(path), read_text(path)
    ends, weights = _edges(text, where)
    if directed is None:
        directed = re.search(rb"^#\s*undirected", text[: 1 << 14], re.M | re.I) is None
    ids, compact = np.unique(ends, return_inverse=True)
    tails, heads = compact.reshape(-1, 2).T
    if not directed:
        loops = tails == heads
        tails, heads = (
            np.concatenate([tails, heads[~loops]]),
            np.concatenate([heads, tails[~loops]]),
        )
        weights = np.concatenate([weights, weights[~loops]])
    whole = bool((weights == np.rint(weights)).all())
    step = unit if unit is not None else 1.0 if whole else 1e-3
    if not step > 0:
        raise InputError(f"the unit {step} is not greater than 0")
    with np.errstate(over="ignore", invalid="ignore"):
        steps = np.rint(weights / step)
    bad = np.flatnonzero(~((weights >= 0) & (steps <= MAX_WEIGHT)))
    if bad.size:
        raise InputError(
            f"edge {bad[0] + 1} has the weight {weights[bad[0]]:g}",
            where=where,
            fix=f"give weights from 0 to {MAX_WEIGHT * step:g}, or a larger unit",
        )
    order = np.argsort(tails, kind="stable")
    indptr = np.zeros(len(ids) + 1, dtype=np.int64)
    np.cumsum(np.bincount(tails, minlength=len(ids)), out=indptr[1:])
    stored = steps[order].astype(np.int32)
    return Graph(
        indptr=indptr,
        heads=heads[order].astype(np.int32),
        metrics={"duration": stored, "distance": stored},
        units={"duration": step, "distance": step},
        node_ids=ids,
        name=Path(path).name.split(".")[0] if name is None else name,
        source="edge list",
    )


def is_edge_list(text: bytes) -> bool:
    """Whether a text that starts like this is an edge list.

    Its first lines, comments aside, must be edges of one kind.
    """
    lines = text.split(b"\n")
    if len(lines) > 1:
        lines.pop()  # may be cut
    matches = [
        _LINE.fullmatch(x) for x in lines[:1000] if x.strip() and x.lstrip()[:1] not in b"#%"
    ]
    return bool(matches) and all(matches) and len({m and m[3] is None for m in matches}) == 1


def _edges(text: bytes, where: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """(m, 2) node numbers and (m,) weights."""
    body = _COMMENT.sub(b"", text) if b"#" in text or b"%" in text else text
    first = next((line for line in body.split(b"\n", 100_000) if line.strip()), None)
    if first is None:
        return np.empty((0, 2), dtype=np.int64), np.empty(0)
    kind = _LINE.fullmatch(first)
    width = 3 if kind and kind[3] is not None else 2
    body = body.translate(bytes.maketrans(b",;", b"  "))
    lines = len(re.findall(rb"^[ \t]*[^\s]", body, re.MULTILINE))
    # float64 holds every node number up to 2^53, integers hold all of them.
    values = numbers(body, np.int64 if width == 2 else np.float64)
    fits = values is not None and values.size == lines * width
    if kind is None or values is None or not fits or not _are_ids(values, width):
        line, content = first_bad_line(text, _GOOD)
        what = f"not an edge: {content!r}" if content else "lines with and without a weight"
        raise InputError(
            what,
            where=f"{where}:{line}" if content else where,
            fix="give two node numbers >= 0 and, on every line or on none, a weight",
        )
    rows = values.reshape(-1, width)
    weights = rows[:, 2].copy() if width == 3 else np.ones(len(rows))
    return rows[:, :2].astype(np.int64), weights


def _are_ids(values: npt.NDArray[np.generic], width: int) -> bool:
    ends = values.reshape(-1, width)[:, :2].astype(np.float64)
    return bool((ends >= 0).all() and (ends < 2**53).all() and (ends == np.floor(ends)).all())
