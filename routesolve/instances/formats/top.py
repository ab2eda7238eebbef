"""The team orienteering problem in Chao's layout.

Every point between the first (start) and the last (end) is an optional job; its score is the prize
lost when it is left out, and nothing else costs: the plan's cost is the score that is not
collected. No tour takes longer than ``tmax``.

Some copies of Chao's files lack the end. There the last point has a score, which an end never has:
it is a job like the others, tours end where they start, and a warning says so. Best known scores
of the literature do not hold for such files.
"""

from __future__ import annotations

import re
import warnings
from typing import Any, ClassVar

from routesolve.errors import RoutesolveWarning
from routesolve.instances.formats._base import Findings, Format, Options, build, by_prefix
from routesolve.instances.formats._rows import numbers, rows_of
from routesolve.instances.instance import VrpInstance
from routesolve.instances.model import Depot, Job, Location, Objective, VehicleType

_MARK = re.compile(r"\s*n\s+\d+\s+m\s+\d+\s+tmax\s", re.IGNORECASE)


class Top(Format):
    """Team orienteering."""

    name: ClassVar[str] = "top"
    summary: ClassVar[str] = "team orienteering problems of Chao"
    suffixes: ClassVar[tuple[str, ...]] = (".txt",)

    def sniff(self, head: str) -> bool:
        """Tell by the keys n, m and tmax."""
        return _MARK.match(head) is not None

    def read(self, text: str, *, name: str = "", **options: Any) -> VrpInstance:
        """Make an instance from the text; see :meth:`Format.read`."""
        chosen = Options.check(options)
        found = Findings()
        rows = rows_of(text)
        header = {tokens[0].lower(): (line, tokens[1:]) for line, tokens in rows[:3]}
        for key in ("n", "m", "tmax"):
            if len(header.get(key, (0, []))[1]) != 1:
                found.add(f"{key!r} is missing", 1, "the file begins with n, m and tmax")
        found.stop()
        n = found.whole(header["n"][1][0], header["n"][0], "n", least=2)
        m = found.whole(header["m"][1][0], header["m"][0], "m")
        tmax = found.number(header["tmax"][1][0], header["tmax"][0], "tmax", least=0)
        table = numbers(rows[3:], ("x", "y", "score"), found)
        if len(rows) - 3 != n:
            found.add(
                f"n is {n}, but there are {len(rows) - 3} points",
                header["n"][0],
                "is the file truncated, or n wrong?",
            )
        found.stop()
        points = [Location(x=x, y=y) for x, y, _ in table]
        depots = [Depot("start", points[0]), Depot("end", points[-1])]
        if table[-1][2]:
            warnings.warn(
                f"line {rows[-1][0]}: the last point has a score, so it is no end: tours return "
                "to the start",
                RoutesolveWarning,
                stacklevel=4,
            )
            del depots[1]
        ends = [depot.id for depot in depots]
        jobs = [Job(str(i), points[i], prize=table[i][2]) for i in range(1, n + 1 - len(depots))]
        fields = {
            "name": name,
            "jobs": jobs,
            "depots": depots,
            "vehicle_types": [VehicleType(count=m, start=ends[0], end=ends[-1], max_duration=tmax)],
            "objective": Objective(distance=0.0),
        }
        where = {f"/jobs/{i}": f"line {row[0]}" for i, row in enumerate(rows[4:])}
        where["/vehicle_types"] = f"line {header['m'][0]}"
        return build(fields, chosen, places=by_prefix(lambda: where))
