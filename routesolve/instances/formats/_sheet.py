"""CSV texts and DataFrames as one thing: headers, and rows of text with their names."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from typing import Any

from routesolve.errors import InputError
from routesolve.instances.formats import _cells
from routesolve.instances.formats._base import MOST_ROWS, Findings

_DELIMITERS = ",;\t|"


@dataclass(slots=True)
class Sheet:
    """A table as text.

    Attributes
    ----------
    headers
        Column titles.
    rows
        ``(what to call the row, cells)``.
    source
        Put before row names in messages, for a second table.
    """

    headers: list[str]
    rows: list[tuple[str, list[str]]] = field(default_factory=list)
    source: str = ""


def sheet_of(frame: Any, *, source: str = "") -> Sheet:
    """Return a DataFrame (or anything with the same few methods) as text."""
    headers = [str(header) for header in frame.columns]
    rows = [
        (f"row {label}", [_cells.text_of(value) for value in row])
        for label, row in zip(frame.index, frame.itertuples(index=False, name=None), strict=True)
    ]
    return Sheet(headers, rows, source)


def read_sheet(text: str, *, source: str = "") -> Sheet:
    """Return CSV text as a table; rows are counted as a spreadsheet counts them.

    Raises
    ------
    InputError
        No header, more cells than headers, an unclosed quote.
    """
    first = next((line for line in text.split("\n") if line.strip()), "")
    found = Findings()
    records: list[tuple[int, list[str]]] = []
    try:
        reader = csv.reader(io.StringIO(text), delimiter=delimiter_of(first), strict=True)
        for number, cells in enumerate(reader, 1):
            if number > MOST_ROWS:
                raise InputError(f"more than {MOST_ROWS:,} rows", fix="split the problem")
            if any(cell.strip() for cell in cells):
                records.append((number, [cell.strip() for cell in cells]))
    except csv.Error as error:
        found.add(f"not CSV: {error}", len(records) + 1, "check quotes and line ends")
    found.stop()
    if not records:
        raise InputError("the table is empty", fix="a header and a row for each stop")
    _, headers = records[0]
    for number, cells in records[1:]:
        if any(cells[len(headers) :]):
            found.add(
                f"{len(cells)} cells under {len(headers)} headers",
                f"row {number}",
                "quote cells that contain the separator",
            )
    found.stop()
    rows = [(f"row {n}", (c + [""] * len(headers))[: len(headers)]) for n, c in records[1:]]
    return Sheet(headers, rows, source)


def delimiter_of(line: str) -> str:
    """Return the separator that makes the most of a header line."""
    return max(_DELIMITERS, key=lambda d: len(split_line(line, d)))


def split_line(line: str, delimiter: str) -> list[str]:
    """Return the cells of a line, none where its quotes are wrong."""
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []
