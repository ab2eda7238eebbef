"""Writing Solomon's layout."""

from __future__ import annotations

from math import inf

from routesolve.instances.instance import VrpInstance
from routesolve.instances.model import Location, TimeWindow

_FOREVER = 10**7


def render(instance: VrpInstance) -> str:
    """Return depot, jobs and the first vehicle type; what has no column is left out."""
    kinds = instance.vehicle_types
    count = sum(instance.fleet_size(kind) for kind in kinds)
    capacity = [kind.capacity[0] for kind in kinds if kind.capacity]
    loads = sum(sum(job.delivery[:1]) for job in instance.jobs)
    lines = [
        (instance.name or "instance").replace("\n", " "), "", "VEHICLE", "NUMBER     CAPACITY",
        f"  {count}  {_n(max(capacity, default=loads))}", "", "CUSTOMER",
        "CUST NO.  XCOORD.  YCOORD.  DEMAND  READY TIME  DUE DATE  SERVICE TIME", "",
    ]  # fmt: skip
    start = next((kind.start for kind in kinds if kind.start), None)
    depot = instance.depots_by_id[start] if start else next(iter(instance.depots), None)
    shift = kinds[0].shift if kinds else TimeWindow()
    if depot is not None:
        lines.append(_row(0, depot.location, 0.0, shift, depot.service))
    else:
        lines.append(_row(0, Location(x=0.0, y=0.0), 0.0, shift, 0.0))
    ids = [job.id for job in instance.jobs]
    # Node numbers survive as ids where they are such already.
    keep = all(i.isascii() and i.isdigit() and str(int(i)) == i and i != "0" for i in ids)
    for number, job in enumerate(instance.jobs, 1):
        window = job.time_windows[0] if job.time_windows else TimeWindow()
        demand = job.delivery[0] if job.delivery else 0.0
        label = int(job.id) if keep else number
        lines.append(_row(label, job.location, demand, window, job.service))
    return "\n".join(lines) + "\n"


def _row(number: int, place: Location, demand: float, window: TimeWindow, service: float) -> str:
    x, y = place.point or (0.0, 0.0)
    latest = _FOREVER if window.latest == inf else window.latest
    values = (number, x, y, demand, window.earliest, latest, service)
    return "  ".join(_n(value).rjust(8) for value in values)


def _n(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))
