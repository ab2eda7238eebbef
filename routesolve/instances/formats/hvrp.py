"""Mixed fleets in the layout of Taillard's and Choi and Tcha's instances (HVRP, VFMP).

After comment lines: customers, vehicle types, range (0 or 999999 = none), service time, and two
bounds from the literature; per type its number, capacity, fixed cost and cost per distance; the
depot; the customers. Jobs are numbered from 1 in the order of the file. Distances are not rounded.
"""

from __future__ import annotations

from typing import Any, ClassVar

from routesolve.instances.formats._base import Findings, Format, Options, build, by_prefix
from routesolve.instances.formats._rows import head_rows, numbers, rows_of
from routesolve.instances.instance import VrpInstance
from routesolve.instances.model import Depot, Job, Location

_NO_RANGE = 999_999.0
_HEADER = ("customers", "vehicle types", "range", "service time", "lower bound", "best known")


class Hvrp(Format):
    """Mixed fleet."""

    name: ClassVar[str] = "hvrp"
    summary: ClassVar[str] = "mixed fleets of Taillard and of Choi and Tcha"
    suffixes: ClassVar[tuple[str, ...]] = (".txt",)

    def sniff(self, head: str) -> bool:
        """Tell by rows of six and then four numbers, under comments that begin with //."""
        rows = head_rows(head, 2, comment="//")
        return rows is not None and [len(row) for row in rows] == [6, 4]

    def read(self, text: str, *, name: str = "", **options: Any) -> VrpInstance:
        """Make an instance from the text; see :meth:`Format.read`."""
        chosen = Options.check(options)
        found = Findings()
        rows = rows_of(text, comment="//")
        header = numbers(rows[:1], _HEADER, found)
        if not header:
            found.add("there is no header", fix=f"a line with {', '.join(_HEADER)}")
        found.stop()
        n, kinds, reach, service, *_ = header[0]
        if not (n.is_integer() and kinds.is_integer() and n >= 0 and kinds >= 1):
            found.add(f"{n:g} customers and {kinds:g} vehicle types", rows[0][0], "whole numbers")
            found.stop()
        if len(rows) != 2 + n + kinds:
            found.add(
                f"{len(rows)} lines, expected {2 + n + kinds:g}: header, {kinds:g} vehicle types, "
                f"depot, {n:g} customers",
                rows[0][0],
                "is the file truncated, or the header wrong?",
            )
            found.stop()
        t = int(kinds)
        fleet = numbers(rows[1 : 1 + t], ("number", "capacity", "fixed cost", "unit cost"), found)
        depot = numbers(rows[1 + t : 2 + t], ("x", "y"), found)
        customers = numbers(rows[2 + t :], ("x", "y", "demand"), found)
        for (line, _), row in zip(rows[1 : 1 + t], fleet, strict=False):
            if not row[0].is_integer() or row[0] < 0:
                found.add(f"number of vehicles is {row[0]:g}", line, "write a whole number")
        found.stop()
        limit = (
            {}
            if reach in (0, _NO_RANGE)
            else {"max_duration" if service else "max_distance": reach}
        )
        fields = {
            "name": name,
            "jobs": [
                Job(str(i), Location(x=x, y=y), delivery=(demand,), service=service)
                for i, (x, y, demand) in enumerate(customers, 1)
            ],
            "depots": [Depot("0", Location(x=depot[0][0], y=depot[0][1]))],
            "vehicle_types": [
                {
                    "id": f"type-{k}", "count": int(count), "capacity": (capacity,),
                    "start": "0", "end": "0", "fixed_cost": fixed, "cost_per_distance": unit,
                    **limit,
                }
                for k, (count, capacity, fixed, unit) in enumerate(fleet, 1)
            ],
        }  # fmt: skip
        where = {f"/jobs/{i}": f"line {row[0]}" for i, row in enumerate(rows[2 + t :])}
        where |= {f"/vehicle_types/{i}": f"line {row[0]}" for i, row in enumerate(rows[1 : 1 + t])}
        where |= {"/depots": f"line {rows[1 + t][0]}", "/vehicle_types": f"line {rows[0][0]}"}
        return build(fields, chosen, places=by_prefix(lambda: where))
