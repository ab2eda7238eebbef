"""Which column of a table means what: synonyms of headers, units in headers."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from routesolve.instances.formats._base import Findings

_STOPS = {
    "id": "id ref reference stop stop_id order order_id order_no job job_id customer_id node_id "
    "key",
    "name": "name label title description client customer customer_name stop_name address",
    "lat": "lat latitude",
    "lon": "lon lng long longitude",
    "x": "x xcoord x_coord coord_x easting",
    "y": "y ycoord y_coord coord_y northing",
    "delivery": "demand qty quantity weight delivery amount load parcels packages units volume "
    "boxes pallets items kg",
    "pickup": "pickup pickups collect collection returns",
    "service": "service service_time servicetime duration stop_time dwell dwell_time handling "
    "unloading service_duration",
    "setup": "setup setup_time parking",
    "open": "tw_start tw_open tw_from open opens from earliest ready ready_time window_start "
    "time_from time_start start_time not_before",
    "close": "tw_end tw_close tw_to close closes to latest due due_date due_time deadline until "
    "window_end time_to time_end end_time not_after",
    "windows": "time_window time_windows window windows tw hours opening_hours",
    "release": "release release_time release_date",
    "priority": "priority prio",
    "prize": "prize profit penalty reward",
    "group": "group exclusive_group",
    "skills": "skills skill required_skills requirements",
    "type": "type kind role depot is_depot",
}
_VEHICLES = {
    "id": "id vehicle vehicle_id type vehicle_type van truck ref",
    "name": "name label description driver",
    "count": "count number vehicles how_many fleet quantity qty",
    "capacity": "capacity load max_load payload max_weight",
    "start": "start start_depot depot from_depot home",
    "end": "end end_depot to_depot",
    "open": "shift_start tw_start start_time from earliest open available_from",
    "close": "shift_end tw_end end_time to latest close available_to until",
    "max_distance": "max_distance range",
    "max_duration": "max_duration max_time route_time max_route_duration",
    "max_driving_time": "max_driving_time max_travel_time",
    "max_jobs": "max_jobs max_stops max_tasks",
    "fixed_cost": "fixed_cost fixed cost_fixed",
    "cost_per_distance": "cost_per_distance cost_per_metre cost_per_meter",
    "cost_per_km": "cost_per_km km_cost per_km",
    "cost_per_hour": "cost_per_hour hour_cost per_hour",
    "speed_factor": "speed_factor speed",
    "skills": "skills skill",
}
TIMES = {"service", "setup", "open", "close", "release", "max_duration", "max_driving_time"}
_UNITS = {
    "s": 1.0, "sec": 1.0, "secs": 1.0, "second": 1.0, "seconds": 1.0,
    "m": 60.0, "min": 60.0, "mins": 60.0, "minute": 60.0, "minutes": 60.0,
    "h": 3600.0, "hr": 3600.0, "hrs": 3600.0, "hour": 3600.0, "hours": 3600.0,
}  # fmt: skip


def _names(table: Mapping[str, str]) -> dict[str, str]:
    return {synonym: field for field, names in table.items() for synonym in (field, *names.split())}


STOPS, VEHICLES = _names(_STOPS), _names(_VEHICLES)
_LOADS = ("delivery", "pickup", "capacity")


@dataclass(frozen=True, slots=True)
class Column:
    """What a column holds.

    Attributes
    ----------
    index, header
        Where it is and what it is called in the table.
    field
        What it means.
    dimension
        Load dimension that it is about, None when there is only one.
    unit
        Seconds that a plain number in it stands for.
    """

    index: int
    header: str
    field: str
    dimension: str | None = None
    unit: float = 1.0


def plain(header: str) -> str:
    """Return a header in lower case with words joined by underscores."""
    return re.sub(r"[^0-9a-z]+", "_", header.strip().lower()).strip("_")


def match(
    headers: Sequence[str],
    names: Mapping[str, str],
    given: Mapping[str, str] | None = None,
    found: Findings | None = None,
) -> tuple[list[Column], list[str]]:
    """Assign a meaning to every column.

    Parameters
    ----------
    headers
        As they stand in the table.
    names
        :data:`STOPS` or :data:`VEHICLES`.
    given
        ``{meaning: header}`` said by the user; goes before the synonyms.
    found
        Where to note two columns of one meaning, or a given header that is not there.

    Returns
    -------
    list of Column, list of str
        The columns that are understood, and the headers that are not.
    """
    found = found or Findings()
    said = _said(headers, names, given or {}, found)
    columns: list[Column] = []
    unused: list[str] = []
    for index, header in enumerate(headers):
        column = said.get(index) or _guess(index, header, names)
        if column is None or (index not in said and column.field in (given or {})):
            if header.strip():
                unused.append(header)
            continue
        columns.append(column)
    loads = [c for c in columns if c.field == "delivery"]
    single = len(loads) == 1 and loads[0].dimension == plain(loads[0].header)
    for n, column in enumerate(columns):
        if column.field not in _LOADS:
            same = next((c for c in columns[:n] if c.field == column.field), None)
            if same is not None:
                found.add(
                    f"columns {same.header!r} and {column.header!r} both mean {column.field!r}",
                    "row 1",
                    f"rename one, or choose with columns={{{column.field!r}: {same.header!r}}}",
                )
    if single:
        keep = loads[0]
        columns = [
            Column(c.index, c.header, c.field, None, c.unit) if c is keep else c for c in columns
        ]
    return columns, unused


def _said(
    headers: Sequence[str], names: Mapping[str, str], given: Mapping[str, str], found: Findings
) -> dict[int, Column]:
    fields = sorted(set(names.values()))
    said: dict[int, Column] = {}
    for field, header in given.items():
        if field not in fields:
            near = difflib.get_close_matches(field, fields, n=1)
            found.add(
                f"columns: there is no field {field!r}",
                fix=f"did you mean {near[0]!r}?" if near else f"known: {', '.join(fields)}",
            )
        elif header not in headers:
            near = difflib.get_close_matches(str(header), headers, n=1)
            found.add(
                f"columns: there is no column {header!r}",
                "row 1",
                f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(headers)}",
            )
        else:
            index = list(headers).index(header)
            said[index] = Column(index, header, field)
    return said


def _guess(index: int, header: str, names: Mapping[str, str]) -> Column | None:
    text = plain(header)
    field = names.get(text)
    if field is not None:
        dimension = text if field == "delivery" and text not in ("demand", "delivery") else None
        return Column(index, header, field, dimension)
    stem, _, last = text.rpartition("_")
    if names.get(stem) in TIMES and last in _UNITS:
        return Column(index, header, names[stem], None, _UNITS[last])
    first, _, rest = text.partition("_")
    if names.get(first) in _LOADS and rest:
        return Column(index, header, names[first], rest)
    return None
