"""Our CSV manifest, see :mod:`routesolve.solutions.writers.manifest`, maybe edited since."""

from __future__ import annotations

import csv
import io
from typing import Any

from routesolve.errors import InputError
from routesolve.instances.instance import VrpInstance
from routesolve.solutions.readers._draft import Draft, PlanReader
from routesolve.solutions.solution import Route, Solution, Visit
from routesolve.solutions.writers.manifest import FORMULA

NEEDED = ("vehicle_type", "vehicle", "kind", "id")
STATED = ("arrival", "begin", "departure", "distance")
DELIMITERS = ",;\t"


def sniff(text: str) -> bool:
    """Tell by the header."""
    return set(NEEDED) <= set(_header(text)[0])


def _header(text: str) -> tuple[list[str], str]:
    line = text.lstrip().split("\n", 1)[0].lower()
    if len(line) > 10_000:
        return [], ","
    delimiter = max(DELIMITERS, key=line.count)
    return [cell.strip().strip('"') for cell in line.split(delimiter)], delimiter


def read(text: str, instance: VrpInstance) -> Solution:
    """Read a manifest: rows in order of visit; a vehicle is a vehicle type and a number from 1."""
    header, delimiter = _header(text)
    if missing := [name for name in NEEDED if name not in header]:
        raise InputError(
            f"the header lacks {', '.join(missing)}",
            where="line 1",
            fix=f"a manifest has the columns {', '.join(NEEDED)}",
        )
    draft = Draft(instance)
    visits: dict[tuple[str, int], list[Visit]] = {}
    table = csv.reader(io.StringIO(text.lstrip()), delimiter=delimiter)
    try:
        next(table)
        for cells in table:
            if any(cell.strip() for cell in cells):
                cells = [*cells, *[""] * (len(header) - len(cells))]
                row = dict(zip(header, map(str.strip, cells), strict=False))
                _row(draft, row, table.line_num, visits)
    except csv.Error as error:
        draft.problem(f"not CSV: {error}", table.line_num, "correct this line")
    for (vehicle_type, vehicle), made in visits.items():
        draft.routes.append(Route(vehicle_type, tuple(made), vehicle))
    return draft.solution()


def _row(
    draft: Draft, row: dict[str, str], line: int, visits: dict[tuple[str, int], list[Visit]]
) -> None:
    kind, name = row["kind"], _plain(row["id"])
    instance = draft.instance
    if kind == "unassigned":
        is_shipment = name in instance.shipments_by_id
        draft.leave_out("shipment" if is_shipment else "job", name, line)
        return
    known = instance.vehicle_types_by_id
    vehicle_type = row["vehicle_type"]
    if vehicle_type not in known:
        vehicle_type = _plain(vehicle_type) or ""
    driver = draft.vehicle_type(vehicle_type, line)
    if not row["vehicle"].isascii() or not row["vehicle"][:9].isdigit() or row["vehicle"] == "0":
        draft.problem(f"vehicle is {row['vehicle'][:40]!r}", line, "a whole number from 1")
        return
    stated: dict[str, Any] = {key: _number(draft, row.get(key, ""), line, key) for key in STATED}
    raw = row["id"] or None
    depots = kind in ("start", "end", "reload")
    exact = raw in (instance.depots_by_id if depots else instance.jobs_by_id)
    visit = draft.visit(kind, raw if exact else name, line, driver, **stated)
    if visit is not None and driver is not None:
        number = int(row["vehicle"][:9]) - 1
        visits.setdefault((driver.id, number), []).append(visit)


def _plain(text: str) -> str | None:
    """Return a cell without the apostrophe that kept a spreadsheet from running it."""
    return (text[1:] if text[:1] == "'" and text[1:].startswith(FORMULA) else text) or None


def _number(draft: Draft, text: str, line: int, what: str) -> float | None:
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        draft.problem(f"{what} is {text[:40]!r}, not a number", line, "seconds or metres")
        return None
    return draft.number(value, f"line {line}", what)


READER = PlanReader(sniff, read)
