"""The grammar of TSPLIB and its descendants: specifications, sections, edge weights.

The `vrplib` package reads these files too, but forgets the line numbers that messages need, and
leaves out several of TSPLIB's matrix layouts; the tests hold this reader against it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from routesolve.instances.formats._base import MOST_ROWS, Findings

Row = tuple[int, list[str]]
Floats = npt.NDArray[np.float64]

_SPEC = re.compile(r"([A-Za-z][A-Za-z0-9_ ]*?)\s*:(.*)", re.DOTALL)
_SECTION = re.compile(r"([A-Za-z][A-Za-z0-9_]*)_SECTION\s*:?\s*(.*)")


@dataclass(slots=True)
class Section:
    """Rows of tokens under a heading."""

    line: int
    rows: list[Row] = field(default_factory=list)


@dataclass(slots=True)
class Document:
    """Specifications ``key -> (value, line)`` and sections by name, as they stand in the file."""

    specs: dict[str, tuple[str, int]]
    sections: dict[str, Section]
    ended: bool = False  # by EOF

    def spec(self, key: str, default: str = "") -> str:
        """Value of a specification."""
        return self.specs.get(key, (default, 0))[0]


def parse(text: str, found: Findings) -> Document:
    """Split a text into specifications and sections; what is neither is noted."""
    document = Document({}, {})
    current: Section | None = None
    for number, line in enumerate(text.split("\n"), 1):
        line = line.strip()
        if not line:
            continue
        if not line[0].isalpha():
            if current is None:
                found.add(f"{line[:40]!r} stands in no section", number, "remove this line")
            else:
                current.rows.append((number, line.split()))
                if len(current.rows) > MOST_ROWS and "EDGE_WEIGHT" not in document.sections:
                    found.add(
                        f"a section of more than {MOST_ROWS:,} rows",
                        current.line,
                        "is this the file you mean?",
                    )
                    found.stop()
            continue
        if line == "EOF":
            document.ended = True
            break
        if match := _SECTION.fullmatch(line):
            name = match[1].upper()
            if name in document.sections:
                found.add(f"{name}_SECTION occurs twice", number, "keep one of them")
            current = document.sections[name] = Section(number)
            if match[2]:
                current.rows.append((number, match[2].split()))
        elif match := _SPEC.fullmatch(line):
            key = match[1].upper()
            if key in document.specs and key != "COMMENT":
                found.add(f"{key} occurs twice", number, "keep one of them")
            document.specs[key] = (match[2].strip().strip('"').strip(), number)
            current = None
        elif current is not None:
            current.rows.append((number, line.split()))  # the reader of the section says more
        else:
            found.add(f"{line[:40]!r} is no 'KEY : value' and no section", number, "correct it")
    return document


def table(
    document: Document, name: str, n: int, found: Findings, *, columns: int | None = None
) -> Floats | None:
    """Return a section of ``index value ...`` rows as an (n, columns) array, by index.

    None when the section is absent; zeros where it is wrong (and noted).
    """
    section = document.sections.get(name)
    if section is None:
        return None
    rows = section.rows
    width = columns if columns is not None else max(1, len(rows[0][1]) - 1 if rows else 1)
    values = np.zeros((n, width))
    if len(rows) != n:
        found.add(
            f"{name}_SECTION has {len(rows)} rows, expected {n}",
            section.line,
            "is the file truncated, or the number in the header wrong?",
        )
    good = [row for row in rows if _fits(row, width, name, found)]
    if not good:
        return values
    try:
        array = np.array([tokens for _, tokens in good], dtype=np.float64)
        clean = bool(np.isfinite(array).all())
    except ValueError:
        clean = False
    if not clean:
        array = np.array(
            [[found.number(t, line, f"{name}_SECTION") for t in tokens] for line, tokens in good]
        )
    index = array[:, 0] - 1
    inside = (index >= 0) & (index < n) & (index == np.floor(index))
    for k in np.flatnonzero(~inside):
        found.add(
            f"{name}_SECTION: there is no number {good[k][1][0]}",
            good[k][0],
            f"they go from 1 to {n}",
        )
    whole = index[inside].astype(np.int64)
    counts = np.bincount(whole, minlength=n)
    for k in np.flatnonzero(counts > 1):
        lines = [good[i][0] for i in np.flatnonzero(inside)[whole == k]]
        found.add(f"{name}_SECTION: number {k + 1} occurs {counts[k]} times", lines[1], "keep one")
    if len(rows) == n:
        for k in np.flatnonzero(counts == 0):
            found.add(f"{name}_SECTION: number {k + 1} is missing", section.line, "add its row")
    values[whole] = array[inside, 1:]
    return values


def _fits(row: Row, width: int, name: str, found: Findings) -> bool:
    line, tokens = row
    if len(tokens) == width + 1:
        return True
    found.add(
        f"{name}_SECTION: {len(tokens)} values, expected {width + 1}",
        line,
        "one number and its values on a line",
    )
    return False


def lists(document: Document, name: str, found: Findings) -> list[tuple[int, list[int]]]:
    """Return a section of ``index value ...`` rows of any length as (line, whole numbers)."""
    section = document.sections.get(name)
    rows = section.rows if section else []
    return [
        (line, [found.whole(t, line, f"{name}_SECTION", least=-1) for t in tokens])
        for line, tokens in rows
    ]


def edge_weights(document: Document, n: int, found: Findings) -> Floats:
    """Return the explicit (n, n) matrix, whatever its layout."""
    section = document.sections.get("EDGE_WEIGHT")
    full = np.zeros((n, n))
    if section is None:
        found.add(
            "EDGE_WEIGHT_TYPE is EXPLICIT, but there is no EDGE_WEIGHT_SECTION",
            fix="add it, or name a coordinate formula such as EUC_2D",
        )
        return full
    layout = document.spec("EDGE_WEIGHT_FORMAT", "FULL_MATRIX").upper()
    # The upper triangle column by column is the lower one row by row, and the other way round.
    swapped = {
        "UPPER_COL": "LOWER_ROW",
        "LOWER_COL": "UPPER_ROW",
        "UPPER_DIAG_COL": "LOWER_DIAG_ROW",
        "LOWER_DIAG_COL": "UPPER_DIAG_ROW",
    }
    layout = swapped.get(layout, layout)
    cells: dict[str, Callable[[], tuple[Any, ...]]] = {
        "FULL_MATRIX": lambda: (np.indices((n, n))[0].ravel(), np.indices((n, n))[1].ravel()),
        "LOWER_ROW": lambda: np.tril_indices(n, -1),
        "UPPER_ROW": lambda: np.triu_indices(n, 1),
        "LOWER_DIAG_ROW": lambda: np.tril_indices(n),
        "UPPER_DIAG_ROW": lambda: np.triu_indices(n),
    }
    if layout not in cells:
        found.add(
            f"EDGE_WEIGHT_FORMAT {layout!r} is not known",
            document.specs.get("EDGE_WEIGHT_FORMAT", ("", section.line))[1],
            f"one of {', '.join([*cells, *swapped])}",
        )
        return full
    expected = {"FULL_MATRIX": n * n, "LOWER_ROW": n * (n - 1) // 2, "UPPER_ROW": n * (n - 1) // 2}
    size = expected.get(layout, n * (n + 1) // 2)
    tokens = [token for _, row in section.rows for token in row]
    if len(tokens) != size:
        found.add(
            f"EDGE_WEIGHT_SECTION has {len(tokens)} numbers, a {layout} of {n} nodes has {size}",
            section.line,
            "is the file truncated, or DIMENSION wrong?",
        )
        return full
    weights = _weights(section, tokens, found)
    rows, columns = cells[layout]()
    full[rows, columns] = weights
    if layout != "FULL_MATRIX":
        full[columns, rows] = weights
    np.fill_diagonal(full, 0.0)  # benchmark files fill it with 9999 and the like
    return full


def _weights(section: Section, tokens: list[str], found: Findings) -> Floats:
    try:
        weights = np.array(tokens, dtype=np.float64)
        if (np.isfinite(weights) & (weights >= 0)).all():
            return weights
    except ValueError:
        pass
    return np.array(
        [
            found.number(token, line, "EDGE_WEIGHT_SECTION", least=0)
            for line, row in section.rows
            for token in row
        ]
    )
