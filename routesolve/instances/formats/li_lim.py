"""Li and Lim's pickup and delivery problems with time windows (PDPTW).

Each pair of nodes becomes a shipment, called by its pickup's node number; the ids of the two stops
are their node numbers, as plans in the SINTEF layout name them. The published results minimise the
number of vehicles, then the distance in double precision, so that is the objective unless the
option ``objective`` says "distance".
"""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

from routesolve.instances.formats._base import Findings, Format, Options, build, by_prefix
from routesolve.instances.formats._pairs import Node, shipments
from routesolve.instances.formats._rows import head_rows, numbers, rows_of
from routesolve.instances.instance import VrpInstance
from routesolve.instances.model import Depot, Location, Profile, TimeWindow, VehicleType

_COLUMNS = (
    "node", "x", "y", "demand", "earliest", "latest", "service time", "pickup", "delivery",
)  # fmt: skip


class LiLim(Format):
    """Li and Lim."""

    name: ClassVar[str] = "li-lim"
    summary: ClassVar[str] = "PDPTW of Li and Lim"
    suffixes: ClassVar[tuple[str, ...]] = (".txt",)

    def sniff(self, head: str) -> bool:
        """Tell by three numbers on the first line and nine on the next."""
        rows = head_rows(head, 2)
        return rows is not None and [len(row) for row in rows] == [3, 9]

    def read(self, text: str, *, name: str = "", **options: Any) -> VrpInstance:
        """Make an instance from the text; see :meth:`Format.read`."""
        chosen = Options.check(options)
        found = Findings()
        first, *rest = rows_of(text) or [(1, [])]
        [fleet] = numbers([first], ("vehicles", "capacity", "speed"), found) or [[0.0, 0.0, 1.0]]
        table = numbers(rest, _COLUMNS, found)
        if not table:
            found.add("there are no nodes", fix="is the file truncated?")
        if not fleet[0].is_integer() or fleet[0] < 0:
            found.add(f"number of vehicles is {fleet[0]:g}", first[0], "write a whole number")
        found.stop()
        nodes = {
            int(node): Node(line, Location(x=x, y=y), demand, (early, late), service, pick, drop)
            for (line, _), (node, x, y, demand, early, late, service, pick, drop) in zip(
                rest, table, strict=True
            )
        }
        depot, kind = depot_and_fleet(nodes, fleet[1], int(fleet[0]))
        pairs, where = shipments(nodes, found)
        found.stop()
        fields = {
            "name": name,
            "shipments": pairs,
            "depots": (depot,),
            "vehicle_types": (kind,),
            "profiles": (Profile(speed=fleet[2] or 1.0),),
        }
        chosen = dataclasses.replace(chosen, objective=chosen.objective or "vehicles")
        where |= {"/vehicle_types": "line 1", "/profiles": "line 1"}
        return build(fields, chosen, places=by_prefix(lambda: where))


def depot_and_fleet(
    nodes: dict[int, Node], capacity: float, count: int | None
) -> tuple[Depot, VehicleType]:
    """Return node 0 as depot and the vehicles that work within its window."""
    home = nodes.get(0) or next(iter(nodes.values()))
    number = next(key for key, node in nodes.items() if node is home)
    kind = VehicleType(
        count=count,
        capacity=(capacity,),
        start=str(number),
        end=str(number),
        shift=TimeWindow(*home.window),
    )
    return Depot(str(number), home.location), kind
