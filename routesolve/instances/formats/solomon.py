"""Solomon's VRPTW files, and those of Gehring and Homberger, which have the same layout.

Two conventions live side by side. CVRPLIB and the DIMACS challenge minimise the distance, each leg
cut to one decimal (C101: 827.3); SINTEF's tables minimise the number of vehicles, then the
distance in double precision (C101: 10 vehicles, 828.94). The option ``objective`` chooses
("distance" when left out), and the rounding follows it unless it is given too.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

from routesolve.instances.formats._base import Findings, Format, Options, build, by_prefix
from routesolve.instances.formats._rows import Row, numbers, rows_of
from routesolve.instances.instance import VrpInstance
from routesolve.instances.model import Depot, Job, Location, TimeWindow, VehicleType

_MARK = re.compile(r"^[ \t]*VEHICLE[ \t]*\n\s*NUMBER\s+CAPACITY", re.MULTILINE | re.IGNORECASE)
_COLUMNS = ("customer number", "x", "y", "demand", "ready time", "due date", "service time")


class Solomon(Format):
    """Solomon."""

    name: ClassVar[str] = "solomon"
    summary: ClassVar[str] = "VRPTW of Solomon and of Gehring and Homberger"
    suffixes: ClassVar[tuple[str, ...]] = (".txt",)
    writes: ClassVar[bool] = True

    def sniff(self, head: str) -> bool:
        """Tell by the heading of the vehicle table."""
        return _MARK.search(head) is not None

    def read(self, text: str, *, name: str = "", **options: Any) -> VrpInstance:
        """Make an instance from the text; see :meth:`Format.read`."""
        chosen = Options.check(options)
        found = Findings()
        rows = rows_of(text)
        title = " ".join(rows[0][1]) if rows else ""
        fleet, customers = _split(rows, found)
        count = found.whole(fleet[1][0], fleet[0], "number of vehicles")
        capacity = found.number(fleet[1][1], fleet[0], "capacity", least=0)
        table = numbers(customers, _COLUMNS, found)
        if not found.only_values:
            found.stop()
        depot, *nodes = table
        fields = {
            "name": name if title.upper() == "VEHICLE" else title,
            "jobs": [
                Job(
                    f"{node:g}",
                    Location(x=x, y=y),
                    delivery=(demand,),
                    service=service,
                    time_windows=(TimeWindow(ready, due),),
                )
                for node, x, y, demand, ready, due, service in nodes
            ],
            "depots": (Depot(f"{depot[0]:g}", Location(x=depot[1], y=depot[2])),),
            "vehicle_types": (
                VehicleType(
                    count=count,
                    capacity=(capacity,),
                    start=f"{depot[0]:g}",
                    end=f"{depot[0]:g}",
                    shift=TimeWindow(depot[4], depot[5]),
                ),
            ),
            "rounding": "none" if chosen.objective == "vehicles" else "dimacs",
        }
        return build(
            fields, chosen, places=by_prefix(lambda: _where(fleet, customers)), found=found
        )

    def render(self, instance: VrpInstance) -> str:
        """Return the instance as far as this layout holds it."""
        from routesolve.instances.formats._solomon_text import render

        return render(instance)


def _split(rows: list[Row], found: Findings) -> tuple[Row, list[Row]]:
    """Return the row of the fleet and those of the nodes, depot first."""
    table = [row for row in rows if _is_number(row[1][0])]
    after = next((i for i, row in enumerate(rows) if row[1][0].upper() == "NUMBER"), None)
    if after is None or after + 1 >= len(rows):
        found.add(
            "there is no line with the number of vehicles and their capacity",
            fix="two numbers under the heading 'NUMBER CAPACITY'",
        )
        found.stop()
    assert after is not None
    fleet = rows[after + 1]
    if len(fleet[1]) != 2:
        found.add(
            f"{len(fleet[1])} values for the fleet, expected 2",
            fleet[0],
            "number of vehicles and capacity",
        )
        found.stop()
    heading = next(
        (
            i
            for i, row in enumerate(rows)
            if i > after + 1 and row[1][0].upper().startswith("CUST") and len(row[1]) > 1
        ),
        None,
    )
    customers = rows[(heading or after + 1) + 1 :]
    customers = [row for row in customers if row[1][0].upper() != "CUSTOMER"]
    if not customers or not table:
        found.add("there are no customers", fix="is the file truncated?")
        found.stop()
    return fleet, customers


def _is_number(token: str) -> bool:
    return token.replace(".", "", 1).lstrip("+-").isdigit()


def _where(fleet: Row, customers: list[Row]) -> dict[str, str]:
    lines = {f"/jobs/{i}": f"line {row[0]}" for i, row in enumerate(customers[1:])}
    return {
        "/depots": f"line {customers[0][0]}",
        "/vehicle_types": f"line {fleet[0]}",
        "/vehicle_types/0/shift": f"line {customers[0][0]}",
        **lines,
    }
