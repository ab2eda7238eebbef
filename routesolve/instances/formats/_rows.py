"""Text tables of numbers: rows of tokens with their line numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from routesolve.instances.formats._base import Findings

Row = tuple[int, list[str]]


def rows_of(text: str, *, comment: str | None = None) -> list[Row]:
    """Return (line number, tokens) of every line that is not blank."""
    rows = []
    for number, line in enumerate(text.split("\n"), 1):
        if comment is not None:
            line = line.split(comment, 1)[0]
        if tokens := line.split():
            rows.append((number, tokens))
    return rows


def numbers(
    rows: Iterable[Row],
    columns: Sequence[str],
    found: Findings,
    *,
    more: bool = False,
) -> list[list[float]]:
    """Return the rows as finite numbers, what is wrong noted.

    Parameters
    ----------
    columns
        Names of the columns, for messages; every row has so many.
    more
        Rows may have further values; they are cut off.
    """
    width = len(columns)
    good = []
    for line, tokens in rows:
        if len(tokens) == width or (more and len(tokens) > width):
            good.append((line, tokens[:width]))
        else:
            found.add(
                f"{len(tokens)} values, expected {width}",
                line,
                f"a row is: {', '.join(columns)}; is the file truncated?",
            )
    try:
        array = np.array([tokens for _, tokens in good], dtype=np.float64)
        if np.isfinite(array).all():
            return array.tolist()  # type: ignore[no-any-return]
    except ValueError:
        pass
    return [
        [found.number(token, line, what) for token, what in zip(tokens, columns, strict=True)]
        for line, tokens in good
    ]


def head_rows(head: str, most: int, *, comment: str | None = None) -> list[list[float]] | None:
    """Return the first rows of a text as numbers, or None when they are not only numbers."""
    rows = []
    for line in head.split("\n"):
        if comment is not None:
            line = line.split(comment, 1)[0]
        if tokens := line.split():
            try:
                rows.append([float(token) for token in tokens])
            except ValueError:
                return None
            if len(rows) == most:
                break
    return rows
