"""Tables that grow row by row, so that a run which was ended goes on where it stopped."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

Row = dict[str, Any]


def read(path: Path, fields: Sequence[str]) -> list[Row]:
    """Return the rows of a file."""
    with path.open(newline="") as lines:
        table = csv.DictReader(lines)
        if tuple(table.fieldnames or ()) != tuple(fields):
            sys.exit(f"{path} is no table of this script: name another file")
        return list(table)


def keys(path: Path, fields: Sequence[str], key: Sequence[str]) -> set[tuple[str, ...]]:
    """Return what tells the rows of a file apart; nothing when it is not there."""
    rows = read(path, fields) if path.exists() else []
    return {tuple(row[k] for k in key) for row in rows}


def record(
    path: Path, fields: Sequence[str], rows: Iterable[Row], told: Callable[[Row], str]
) -> None:
    """Append rows as they come and tell each of them."""
    new = not path.exists()
    with path.open("a", newline="") as lines:
        out = csv.DictWriter(lines, fields)
        if new:
            out.writeheader()
            lines.flush()
        for row in rows:
            out.writerow(row)
            lines.flush()
            print(told(row), file=sys.stderr)
