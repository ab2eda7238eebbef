"""Cordeau's files: MDVRP and MDVRPTW, VRP and VRPTW in the same layout.

The first line names the type, the number of vehicles (at each depot), of customers and of depots;
then each depot's longest route (service included) and capacity, 0 = no limit; then the customers
and, in multi-depot files, the depots after them. Distances are not rounded. Periodic problems (1
and 5) span several days, and site-dependent ones (3 and 7) list combinations of vehicle types:
both are refused.
"""

from __future__ import annotations

from math import inf
from typing import Any, ClassVar

from routesolve.instances.formats._base import Findings, Format, Options, build, by_prefix
from routesolve.instances.formats._rows import Row, head_rows, rows_of
from routesolve.instances.instance import VrpInstance
from routesolve.instances.model import Depot, Job, Location, TimeWindow, VehicleType

_TIMED, _SEVERAL = (4, 5, 6, 7), (2, 6)
_REFUSED = {
    1: "a periodic problem (PVRP)",
    3: "a site-dependent problem (SDVRP)",
    5: "a periodic problem (PVRPTW)",
    7: "a site-dependent problem (SDVRPTW)",
}


class Cordeau(Format):
    """Cordeau."""

    name: ClassVar[str] = "cordeau"
    summary: ClassVar[str] = "MDVRP and MDVRPTW of Cordeau"
    suffixes: ClassVar[tuple[str, ...]] = (".txt",)

    def sniff(self, head: str) -> bool:
        """Tell by four numbers on the first line, two on the next, a customer after the depots."""
        rows = head_rows(head, 2)
        if rows is None or [len(row) for row in rows] != [4, 2] or rows[0][0] not in range(8):
            return False
        return all(value.is_integer() and value >= 0 for value in rows[0])

    def read(self, text: str, *, name: str = "", **options: Any) -> VrpInstance:
        """Make an instance from the text; see :meth:`Format.read`."""
        chosen = Options.check(options)
        found = Findings()
        rows = rows_of(text) or [(1, [])]
        line, tokens = rows[0]
        if len(tokens) != 4:
            found.add(
                f"{len(tokens)} values, expected 4", line, "type, vehicles, customers, depots"
            )
            found.stop()
        kind, fleet, customers, depots = (
            found.whole(token, line, what)
            for token, what in zip(tokens, ("type", "vehicles", "customers", "depots"), strict=True)
        )
        if kind in _REFUSED:
            found.add(
                f"type {kind}, {_REFUSED[kind]}, cannot be expressed: "
                + (
                    "it plans several days at once"
                    if kind in (1, 5)
                    else "customers accept combinations of vehicle types"
                ),
                line,
                "split it into one problem for each day"
                if kind in (1, 5)
                else "state forbidden jobs per vehicle type in the native format",
            )
        elif kind not in range(8):
            found.add(f"type {kind} is not known", line, "0, 2, 4 or 6")
        if kind not in _SEVERAL and depots != 1 and not found.problems:
            found.add(f"type {kind} with {depots} depots", line, "multi-depot types are 2 and 6")
        found.stop()
        return _read(rows, (kind, fleet, customers, depots), found, chosen, name)


def _read(
    rows: list[Row],
    header: tuple[int, int, int, int],
    found: Findings,
    options: Options,
    name: str,
) -> VrpInstance:
    kind, fleet, customers, depots = header
    limits, nodes = rows[1 : 1 + depots], rows[1 + depots :]
    if len(limits) != depots or len(nodes) != customers + depots:
        found.add(
            f"{max(len(nodes), 0)} nodes, expected {customers} customers and {depots} depots",
            rows[0][0],
            "is the file truncated, or the first line wrong?",
        )
    found.stop()
    several = kind in _SEVERAL
    at_end = several
    homes = nodes[customers:] if at_end else nodes[:depots]
    clients = nodes[:customers] if at_end else nodes[depots:]
    jobs = [job for row in clients if (job := _job(row, kind, depots, found))]
    homes_at, types = [], []
    for k, (row, (line, tokens)) in enumerate(zip(homes, limits, strict=True), 1):
        if len(tokens) != 2 or len(row[1]) < 3:
            found.add(
                "a depot has its limits (duration, capacity) and coordinates",
                line if len(tokens) != 2 else row[0],
                "is the file truncated?",
            )
            continue
        longest = found.number(tokens[0], line, "longest route", least=0)
        capacity = found.number(tokens[1], line, "capacity", least=0)
        depot, window = _depot(row, kind, found)
        homes_at.append(depot)
        types.append(
            VehicleType(
                f"depot-{k}" if several else "vehicle",
                count=fleet,
                capacity=(capacity,) if capacity else (),
                start=depot.id,
                end=depot.id,
                shift=window,
                max_duration=longest or inf,
            )
        )
    found.stop()
    fields = {"name": name, "jobs": jobs, "depots": homes_at, "vehicle_types": types}
    where = {f"/jobs/{i}": f"line {row[0]}" for i, row in enumerate(clients)}
    where |= {f"/depots/{i}": f"line {row[0]}" for i, row in enumerate(homes)}
    where |= {f"/vehicle_types/{i}": f"line {row[0]}" for i, row in enumerate(limits)}
    where |= {f"/vehicle_types/{i}/shift": f"line {row[0]}" for i, row in enumerate(homes)}
    return build(fields, options, places=by_prefix(lambda: where | {"/vehicle_types": "line 1"}))


def _job(row: Row, kind: int, depots: int, found: Findings) -> Job | None:
    line, tokens = row
    if len(tokens) < 7:
        found.add(
            f"{len(tokens)} values, a customer has at least 7",
            line,
            "number, x, y, service, demand, frequency, combinations; is the file truncated?",
        )
        return None
    values = [found.number(token, line, "value") for token in tokens]
    combinations = int(values[6]) if values[6] == round(values[6]) and values[6] >= 0 else -1
    expected = 7 + combinations + (2 if kind in _TIMED else 0)
    if combinations < 0 or len(values) != expected:
        found.add(
            f"{len(values)} values, expected {expected}",
            line,
            "number, x, y, service, demand, frequency, combinations and their list"
            + (", window" if kind in _TIMED else ""),
        )
        return None
    if kind in _SEVERAL and combinations not in (0, depots):
        found.add(
            f"customer {tokens[0]} may be served from {combinations} of {depots} depots",
            line,
            "only files where every depot may serve every customer are read",
        )
    windows = (TimeWindow(values[-2], values[-1]),) if kind in _TIMED else ()
    return Job(
        tokens[0],
        Location(x=values[1], y=values[2]),
        delivery=(values[4],),
        service=values[3],
        time_windows=windows,
    )


def _depot(row: Row, kind: int, found: Findings) -> tuple[Depot, TimeWindow]:
    line, tokens = row
    x, y = (found.number(token, line, "coordinate") for token in tokens[1:3])
    window = TimeWindow()
    if kind in _TIMED and len(tokens) >= 9:
        early, late = (found.number(token, line, "window") for token in tokens[-2:])
        window = TimeWindow(early, late)
    return Depot(tokens[0], Location(x=x, y=y)), window
