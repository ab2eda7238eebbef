"""What the scripts of tables have in common on their command lines."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_common(parser: argparse.ArgumentParser) -> None:
    """Add budgets, limits and files."""
    add = parser.add_argument
    add("--seconds", nargs="+", type=float, default=[1.0])
    add("--output", type=Path, help="CSV file to write; each row at once")
    add("--resume", action="store_true", help="go on with the file: its rows are not run again")
    add("--cap", type=float, help="seconds after which a cell is ended; default: 60 + 5 budgets")
    add("--memory", type=float, default=12.0, help="GB that a cell may take")
    add("--summary", type=Path, nargs="+", metavar="CSV", help="print means of files; run nothing")


def checked(parser: argparse.ArgumentParser, options: argparse.Namespace, data: object) -> None:
    """End with a message when there is nothing to run, or a file would be written over."""
    if options.summary:
        return
    if data is None or options.output is None:
        parser.error("give the folder of data and --output, or --summary with files")
    if options.output.exists() and not options.resume:
        parser.error(f"{options.output} exists: add --resume to go on with it, or name another")
