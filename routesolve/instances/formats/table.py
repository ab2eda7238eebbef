"""Tables of stops: CSV files and pandas DataFrames.

Columns are known by their headers, in any order and spelling the synonyms cover (``lat``,
``latitude``; ``demand``, ``qty``; ``tw_start``, ``from``). The first row is the depot, unless a
column ``type`` (or ``depot``) says which rows are. Plain numbers in time columns are seconds, or
what the header says (``service_min``); ``08:30``, ``10m`` and dates with times are understood.
Several columns of amounts (``weight``, ``volume``) are several load dimensions.

Columns ``x`` and ``y`` are longitude and latitude when they look like degrees, else planar.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Literal

from routesolve.errors import InputError, RoutesolveWarning
from routesolve.instances.formats import _cells, _columns
from routesolve.instances.formats._base import Findings, Format, Options, build
from routesolve.instances.formats._columns import Column
from routesolve.instances.formats._sheet import (
    Sheet,
    delimiter_of,
    read_sheet,
    sheet_of,
    split_line,
)
from routesolve.instances.formats._table_vehicles import vehicle_types
from routesolve.instances.instance import VrpInstance
from routesolve.instances.model import Depot, Job, Location, TimeWindow


class Table(Format):
    """Table of stops."""

    name: ClassVar[str] = "table"
    summary: ClassVar[str] = "CSV table of stops, columns known by their headers"
    suffixes: ClassVar[tuple[str, ...]] = (".csv", ".tsv")
    writes: ClassVar[bool] = True

    def sniff(self, head: str) -> bool:
        """Tell by a header line that names coordinates."""
        line = next((line for line in head.split("\n") if line.strip()), "")
        if len(line) > 10_000:
            return False
        fields = set(mapping(split_line(line, delimiter_of(line))).values())
        return {"lat", "lon"} <= fields or {"x", "y"} <= fields

    def read(self, text: str, *, name: str = "", **options: Any) -> VrpInstance:
        """Make an instance from CSV text.

        Parameters
        ----------
        text, name
            As for every format.
        **options
            Besides those of all formats the keywords of :func:`from_dataframe`; ``fleet`` names
            a CSV file of vehicles.
        """
        fleet = options.pop("fleet", None)
        sheet = read_sheet(text)
        return _instance(sheet, _fleet_sheet(fleet), name=name, **options)

    def render(self, instance: VrpInstance) -> str:
        """Return the depots and jobs as CSV."""
        from routesolve.instances.formats._table_text import render

        return render(instance)


def mapping(headers: Sequence[str], columns: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return what each header is taken for; headers that are not understood are left out."""
    known, _ = _columns.match(headers, _columns.STOPS, columns)
    return {column.header: column.field for column in known}


def from_dataframe(
    stops: Any,
    vehicles: Any = None,
    *,
    vehicle_count: int | None = None,
    capacity: float | Sequence[float] | None = None,
    start: str | None = None,
    end: str | None = None,
    shift: str | None = None,
    columns: Mapping[str, str] | None = None,
    coordinates: Literal["geographic", "planar"] | None = None,
    name: str = "",
    rounding: str | None = None,
    objective: Literal["distance", "vehicles"] | None = None,
) -> VrpInstance:
    """Make an instance from pandas DataFrames.

    Parameters
    ----------
    stops
        One row for each depot and stop; see the module's description.
    vehicles
        Table of vehicle types, or their number. Left out: as many equal vehicles as needed.
    vehicle_count, capacity
        Number of vehicles and capacity of each (a number, or one per load dimension), when there
        is no table of vehicles.
    start, end
        Ids of the depots where routes start and end, "open" for none; left out = the first depot.
    shift
        Working hours of vehicles whose own are not given: ``"08:00-17:00"``.
    columns
        ``{"lat": "Breite"}``: headers of fields that the synonyms do not cover.
    coordinates
        What columns ``x`` and ``y`` are, when their looks deceive.
    name, rounding, objective
        As for every format.

    Raises
    ------
    InputError
        With all bad cells, by row and column.
    """
    if isinstance(vehicles, int):
        vehicles, vehicle_count = None, vehicles
    return _instance(
        sheet_of(stops),
        None if vehicles is None else sheet_of(vehicles, source="vehicles"),
        vehicles=vehicle_count,
        capacity=capacity,
        start=start,
        end=end,
        shift=shift,
        columns=columns,
        coordinates=coordinates,
        name=name,
        rounding=rounding,
        objective=objective,
    )


def _fleet_sheet(fleet: Any) -> Sheet | None:
    from routesolve.instances.formats import _source

    if fleet is None or isinstance(fleet, Sheet):
        return fleet
    if isinstance(fleet, (str, os.PathLike)):
        name = _source.name_of(fleet)
        try:
            return read_sheet(_source.read_text(fleet), source=name)
        except InputError as error:
            raise error.within(name) from None
    return sheet_of(fleet, source="vehicles")


_MORE = ("start", "end", "shift", "columns", "coordinates")


def _instance(sheet: Sheet, fleet: Sheet | None, *, name: str, **options: Any) -> VrpInstance:
    own = {key: options.pop(key, None) for key in _MORE}
    capacity = options.get("capacity")
    if isinstance(capacity, Sequence) and not isinstance(capacity, str):
        options["capacity"] = tuple(capacity)
    chosen = Options.check({k: v for k, v in options.items() if v is not None})
    return _Reader(sheet, own).instance(fleet, chosen, name)


class _Reader:
    """One table on its way to an instance."""

    def __init__(self, sheet: Sheet, options: dict[str, Any]) -> None:
        self.sheet, self.options = sheet, options
        self.found = Findings()
        known, unused = _columns.match(
            sheet.headers, _columns.STOPS, options["columns"], self.found
        )
        self.columns: dict[str, Column] = {c.field: c for c in reversed(known)}
        self.loads = [c for c in known if c.field in ("delivery", "pickup")]
        self.dimensions = list(dict.fromkeys(c.dimension for c in self.loads if c.dimension))
        if unused and not self.found.problems:
            warnings.warn(f"columns not used: {', '.join(unused)}", RoutesolveWarning, stacklevel=6)
        self._pick_coordinates()
        self.found.stop()
        self.midnight = self._midnight()

    # -- coordinates ---------------------------------------------------------------------------

    def _pick_coordinates(self) -> None:
        has, wish = set(self.columns), self.options["coordinates"]
        if wish not in (None, "geographic", "planar"):
            self.found.add(f"coordinates is {wish!r}", fix="'geographic' or 'planar'")
        if {"lat", "lon"} <= has:
            self.axes = ("lon", "lat")
        elif {"x", "y"} <= has:
            degrees = self._degrees() if wish is None else wish == "geographic"
            self.axes = ("x", "y")
            self.geographic = degrees
            if degrees and wish is None:
                warnings.warn(
                    "columns x and y are taken for longitude and latitude",
                    RoutesolveWarning,
                    stacklevel=7,
                )
            return
        else:
            have = [h for h in self.sheet.headers if h]
            missing = [a for a in ("lat", "lon") if a not in has]
            self.found.add(
                f"there is no column for {' and '.join(missing)}",
                "row 1",
                f"headers are: {', '.join(have)}; name them lat and lon (or x and y), or use the "
                "option columns",
            )
        self.geographic = True

    def _degrees(self) -> bool:
        """Guess whether x and y are degrees: in range, with digits that planar data rarely has."""
        pairs = []
        for _, cells in self.sheet.rows:
            x, y = (cells[self.columns[a].index] for a in ("x", "y"))
            try:
                pairs.append((_cells.number(x), _cells.number(y)))
            except ValueError:
                continue
        if not pairs or any(abs(x) > 180 or abs(y) > 90 for x, y in pairs):
            return False
        if all(0 <= x <= 1 and 0 <= y <= 1 for x, y in pairs):
            return False
        fine = sum(round(x, 2) != x and round(y, 2) != y for x, y in pairs)
        return fine > len(pairs) / 2

    # -- cells ---------------------------------------------------------------------------------

    def _text(self, cells: list[str], what: str) -> str:
        column = self.columns.get(what)
        return "" if column is None else cells[column.index]

    def _bad(self, row: str, column: Column, text: str, what: str, fix: str) -> None:
        said = f"{text!r} is {what}" if text else "the cell is empty"
        self.found.value(said, f"{row}, column {column.header}", fix)

    def _number(self, row: str, cells: list[str], column: Column | None) -> float | None:
        if column is None or not cells[column.index]:
            return None
        try:
            return _cells.number(cells[column.index])
        except ValueError:
            self._bad(row, column, cells[column.index], "not a number", "write a number")
            return None

    def _time(self, row: str, cells: list[str], what: str) -> float | None:
        column = self.columns.get(what)
        if column is None or not cells[column.index]:
            return None
        try:
            return _cells.since(cells[column.index], self.midnight, column.unit)
        except ValueError:
            fix = "write 08:30, 10m, or a number of seconds"
            self._bad(row, column, cells[column.index], "no time", fix)
            return None

    def _midnight(self) -> datetime | None:
        """Midnight of the first day when times come with dates."""
        columns = [self.columns[k].index for k in ("open", "close", "release") if k in self.columns]
        moments = [
            when
            for _, cells in self.sheet.rows
            for index in columns
            if (when := _cells.moment(cells[index])) is not None
        ]
        return min(moments).replace(hour=0, minute=0, second=0, microsecond=0) if moments else None

    # -- rows ----------------------------------------------------------------------------------

    def instance(self, fleet: Sheet | None, options: Options, name: str) -> VrpInstance:
        """Make the instance."""
        depot_rows, job_rows = self._split()
        ids = self._ids(job_rows)
        jobs = [self._job(row, key) for row, key in zip(job_rows, ids, strict=True)]
        depots = [self._depot(row, k) for k, row in enumerate(depot_rows)]
        kinds, fleet_places = vehicle_types(
            fleet, depots, self.dimensions, self.options, self.found
        )
        if not self.found.only_values:
            self.found.stop()
        fields: dict[str, Any] = {
            "name": name,
            "jobs": jobs,
            "depots": depots,
            "vehicle_types": kinds,
            "dimensions": tuple(self.dimensions) if len(self.dimensions) > 1 else (),
            "epoch": self.midnight.isoformat() if self.midnight else None,
        }
        rows = {f"/jobs/{i}": row for i, (row, _) in enumerate(job_rows)}
        rows |= {f"/depots/{i}": row for i, (row, _) in enumerate(depot_rows)}
        return build(
            fields,
            options,
            places=lambda at: self._place(at, rows, fleet_places),
            found=self.found,
        )

    def _place(self, pointer: str, rows: Mapping[str, str], fleet: Mapping[str, str]) -> str:
        _, part, *rest = [*pointer.split("/"), ""]
        key = f"/{part}/{rest[0]}" if rest else pointer
        if key in fleet:
            return fleet[key]
        if key not in rows:
            return pointer
        said = [part for part in rest[1:] if part]
        if said[:1] == ["location"]:
            said = [dict(zip(("lon", "lat"), self.axes, strict=True)).get(s, s) for s in said[1:]]
        if said[:1] == ["time_windows"]:
            said = ["windows"] if "windows" in self.columns else ["close"]
        column = self.columns.get(said[0]) if said else None
        return f"{rows[key]}, column {column.header}" if column else rows[key]

    def _split(self) -> tuple[list[tuple[str, list[str]]], list[tuple[str, list[str]]]]:
        column = self.columns.get("type")
        if column is None:
            return self.sheet.rows[:1], self.sheet.rows[1:]
        depots, jobs = [], []
        flag = _columns.plain(column.header) in ("depot", "is_depot")
        for row, cells in self.sheet.rows:
            text = cells[column.index].lower()
            if text in _cells.DEPOT or (flag and text in _cells.TRUE):
                depots.append((row, cells))
            elif text in _cells.STOP or text in _cells.FALSE:
                jobs.append((row, cells))
            else:
                self._bad(row, column, text, "no kind of row", "write 'depot' or 'job'")
        if not depots and not self.found.problems:
            self.found.add(
                "no row is a depot",
                f"column {column.header}",
                "write 'depot' in the depot's row, or remove the column",
            )
        return depots, jobs

    def _ids(self, rows: Sequence[tuple[str, list[str]]]) -> list[str]:
        for key in ("id", "name"):
            if key in self.columns:
                texts = [self._text(cells, key) for _, cells in rows]
                if key == "id" or (all(texts) and len(set(texts)) == len(texts)):
                    return [text or row for text, (row, _) in zip(texts, rows, strict=True)]
        return [str(i) for i in range(1, len(rows) + 1)]

    def _location(self, row: str, cells: list[str]) -> Location:
        values = []
        for axis in self.axes:
            column = self.columns[axis]
            if not cells[column.index]:
                self._bad(row, column, "", "", "write the coordinate")
            values.append(self._number(row, cells, column))
        first, second = (0.0 if value is None else value for value in values)
        if self.geographic:
            return Location(lon=first, lat=second)
        return Location(x=first, y=second)

    def _windows(self, row: str, cells: list[str]) -> tuple[TimeWindow, ...]:
        column = self.columns.get("windows")
        if column is not None and cells[column.index]:
            try:
                return tuple(TimeWindow(*pair) for pair in _cells.windows(cells[column.index]))
            except ValueError:
                self._bad(
                    row,
                    column,
                    cells[column.index],
                    "no time window",
                    "write 08:00-12:00, several separated by ';'",
                )
                return ()
        opens, closes = self._time(row, cells, "open"), self._time(row, cells, "close")
        if opens is None and closes is None:
            return ()
        return (TimeWindow(opens or 0.0, float("inf") if closes is None else closes),)

    def _amount(self, row: str, cells: list[str], what: str) -> tuple[float, ...]:
        columns = [c for c in self.loads if c.field == what]
        amount = [0.0] * max(1, len(self.dimensions))
        for column in columns:
            place = self.dimensions.index(column.dimension) if column.dimension else 0
            amount[place] = self._number(row, cells, column) or 0.0
        return tuple(amount) if columns and (what == "delivery" or any(amount)) else ()

    def _depot(self, row: tuple[str, list[str]], k: int) -> Depot:
        where, cells = row
        label = self._text(cells, "id") or self._text(cells, "name")
        return Depot(
            label or f"depot{k or ''}",
            self._location(where, cells),
            time_windows=self._windows(where, cells),
            service=self._time(where, cells, "service") or 0.0,
            name=self._text(cells, "name") or None,
        )

    def _job(self, row: tuple[str, list[str]], key: str) -> Job:
        where, cells = row
        number = {k: self._number(where, cells, self.columns.get(k)) for k in ("priority", "prize")}
        priority = number["priority"] or 0.0
        if not priority.is_integer():
            self._bad(
                where,
                self.columns["priority"],
                str(priority),
                "no whole number",
                "write an integer from 0 to 100",
            )
        name = self._text(cells, "name")
        return Job(
            key,
            self._location(where, cells),
            delivery=self._amount(where, cells, "delivery"),
            pickup=self._amount(where, cells, "pickup"),
            service=self._time(where, cells, "service") or 0.0,
            setup=self._time(where, cells, "setup") or 0.0,
            time_windows=self._windows(where, cells),
            release=self._time(where, cells, "release") or 0.0,
            prize=number["prize"],
            priority=int(priority),
            group=self._text(cells, "group") or None,
            skills=_cells.words(self._text(cells, "skills")),
            name=name if name and name != key else None,
        )
