"""The second table: vehicle types, one a row."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from routesolve.errors import RoutesolveWarning
from routesolve.instances.formats import _cells, _columns
from routesolve.instances.formats._base import Findings
from routesolve.instances.model import Depot, TimeWindow

if TYPE_CHECKING:
    from routesolve.instances.formats._sheet import Sheet

_NUMBERS = {
    "max_distance": ("max_distance", 1.0),
    "fixed_cost": ("fixed_cost", 1.0),
    "cost_per_distance": ("cost_per_distance", 1.0),
    "cost_per_km": ("cost_per_distance", 1e-3),
    "cost_per_hour": ("cost_per_duration", 1 / 3600),
    "speed_factor": ("speed_factor", 1.0),
}
_WHOLE = ("count", "max_jobs")
_OPEN = "open"


def vehicle_types(
    sheet: Sheet | None,
    depots: Sequence[Depot],
    dimensions: Sequence[str],
    options: Mapping[str, Any],
    found: Findings,
) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Return the fleet, and the table's row for each JSON pointer.

    Without a table: one type, as many as needed, that starts and ends at the first depot.
    """
    home = depots[0].id if depots else None
    ends = {
        key: None if options[key] == _OPEN else options[key] or home for key in ("start", "end")
    }
    hours = _shift(options["shift"], found)
    if sheet is None:
        return [dict(ends, shift=hours)], {}
    columns, unused = _columns.match(sheet.headers, _columns.VEHICLES, None, found)
    prefix = f"{sheet.source} " if sheet.source else ""
    if unused:
        warnings.warn(
            f"{prefix}columns not used: {', '.join(unused)}", RoutesolveWarning, stacklevel=7
        )
    kinds = []
    for k, (row, cells) in enumerate(sheet.rows, 1):
        reader = _Row(f"{prefix}{row}", cells, columns, found)
        kinds.append(reader.kind(k, ends, hours, dimensions))
    if not kinds:
        found.add("there are no vehicles", prefix.strip() or None, "a row for each vehicle type")
    return kinds, {f"/vehicle_types/{i}": f"{prefix}{row}" for i, (row, _) in enumerate(sheet.rows)}


def _shift(text: str | None, found: Findings) -> TimeWindow:
    if text is None:
        return TimeWindow()
    try:
        [(earliest, latest)] = _cells.windows(text)
        return TimeWindow(earliest, latest)
    except ValueError:
        found.add(f"shift {text!r} is no span of time", fix="write 08:00-17:00")
        return TimeWindow()


class _Row:
    def __init__(
        self, row: str, cells: list[str], columns: Sequence[_columns.Column], found: Findings
    ) -> None:
        self.row, self.cells, self.found = row, cells, found
        self.columns = columns

    def kind(
        self,
        k: int,
        ends: Mapping[str, str | None],
        hours: TimeWindow,
        dimensions: Sequence[str],
    ) -> dict[str, Any]:
        """Fields of one vehicle type."""
        made: dict[str, Any] = {"id": f"vehicle-{k}", **ends}
        capacity = [float("inf")] * max(1, len(dimensions))
        shift = {"open": hours.earliest, "close": hours.latest}
        for column in self.columns:
            text = self.cells[column.index]
            if not text:
                continue
            if column.field in ("id", "name"):
                made[column.field] = text
            elif column.field in ("start", "end"):
                made[column.field] = None if text.lower() == _OPEN else text
            elif column.field == "skills":
                made["skills"] = _cells.words(text)
            elif column.field == "capacity":
                capacity = self._capacity(column, text, capacity, dimensions)
            elif column.field in shift:
                shift[column.field] = self._value(column, text, time=True)
            elif column.field in _WHOLE:
                value = self._value(column, text)
                if not value.is_integer():
                    self.found.add(f"{text!r} is no whole number", self._at(column), "an integer")
                made[column.field] = int(value)
            elif column.field in _NUMBERS:
                field, factor = _NUMBERS[column.field]
                made[field] = self._value(column, text) * factor
            else:
                made[column.field] = self._value(column, text, time=True)
        if any(amount < float("inf") for amount in capacity):
            made["capacity"] = tuple(min(amount, 1e15) for amount in capacity)
        made["shift"] = TimeWindow(shift["open"], shift["close"])
        return made

    def _at(self, column: _columns.Column) -> str:
        return f"{self.row}, column {column.header}"

    def _value(self, column: _columns.Column, text: str, *, time: bool = False) -> float:
        try:
            return _cells.seconds(text, column.unit) if time else _cells.number(text)
        except ValueError:
            what, fix = (
                ("no time", "write 08:30 or seconds")
                if time
                else ("not a number", "write a number")
            )
            self.found.value(f"{text!r} is {what}", self._at(column), fix)
            return 0.0

    def _capacity(
        self,
        column: _columns.Column,
        text: str,
        capacity: list[float],
        dimensions: Sequence[str],
    ) -> list[float]:
        if column.dimension is None:
            parts = _cells.words(text.replace(",", ".")) if len(dimensions) > 1 else (text,)
            if len(parts) not in (1, len(capacity)):
                self.found.add(
                    f"{len(parts)} capacities for {len(capacity)} load dimensions",
                    self._at(column),
                    f"one for each of {', '.join(dimensions)}",
                )
                return capacity
            values = [self._value(column, part) for part in parts]
            return values if len(values) == len(capacity) else [*values, *capacity[1:]]
        if column.dimension not in dimensions:
            if len(capacity) == 1:
                return [self._value(column, text)]
            self.found.add(
                f"no stop has an amount of {column.dimension!r}",
                self._at(column),
                f"load dimensions are {', '.join(dimensions)}",
            )
            return capacity
        place = list(dimensions).index(column.dimension)
        return [*capacity[:place], self._value(column, text), *capacity[place + 1 :]]
