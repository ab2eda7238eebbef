"""VRPLIB and TSPLIB: CVRP, TSP, ATSP, and the families that PyVRP's dialect adds.

Numbering: job and depot ids are the file's node numbers minus one. With the depot at node 1,
customer ``k`` of a CVRPLIB ``.sol`` file is therefore job ``k``; in PyVRP's dialect, whose depots
come first and whose solutions count locations from 0, the same holds with several depots.

Vehicles: equal vehicles in a row become one vehicle type, so that vehicle ``k`` of the file is the
``k``-th when the types are written out in order ("Route #k" of HFVRP, MDVRPTW and SDVRPTW plans).

Rounding, unless the option says otherwise: the convention of the family that TYPE names.
``nearest`` for TSP, CVRP, VRPB and GVRP, ``dimacs`` (cut to 0.1) with time windows, prizes or
release times, ``exact`` (0.001) for MDVRPTW and SDVRPTW, ``none`` for HFVRP. The sets of Golden,
Li, Christofides (CMT) and Taillard say CVRP too but count unrounded distances; nothing in the
files tells them apart: read them with ``rounding="none"``.

Backhauls come last on a trip. That a route must not consist of backhauls alone, as the VRPB's
strict form has it, cannot be said in the model and is not demanded.
"""

from __future__ import annotations

import difflib
import re
import warnings
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from routesolve.errors import RoutesolveWarning
from routesolve.instances.formats import _tsplib
from routesolve.instances.formats._base import Findings, Format, Options, build, by_prefix
from routesolve.instances.formats._tsplib import Document, Floats
from routesolve.instances.instance import VrpInstance
from routesolve.instances.model import (
    Depot,
    Job,
    Location,
    Profile,
    TimeWindow,
    VehicleType,
)

_METRICS = {  # edge weight type -> metric, rounding that belongs to it (None: the family's)
    "EUC_2D": ("euclidean", None),
    "CEIL_2D": ("euclidean", "up"),
    "FLOOR_2D": ("euclidean", "down"),
    "EXACT_2D": ("euclidean", "exact"),
    "MAN_2D": ("manhattan", "nearest"),
    "MAX_2D": ("chebyshev", "nearest"),
    "ATT": ("att", "none"),
    "GEO": ("geo", "none"),
    "EXPLICIT": ("matrix", "none"),
}
_FAMILIES = {
    "HFVRP": "none",
    "MDVRPTW": "exact",
    "SDVRPTW": "exact",
    "VRPTW": "dimacs",
    "PCVRPTW": "dimacs",
    "MTVRPTWR": "dimacs",
}
_VEHICLE = {  # sections or specifications, one value per vehicle
    "VEHICLES_MAX_DURATION": "max_duration",
    "VEHICLES_MAX_DISTANCE": "max_distance",
    "VEHICLES_FIXED_COST": "fixed_cost",
    "VEHICLES_UNIT_DISTANCE_COST": "cost_per_distance",
    "VEHICLES_UNIT_DURATION_COST": "cost_per_duration",
    "VEHICLES_MAX_RELOADS": "max_reloads",
}
_SPECS = {
    "NAME", "TYPE", "COMMENT", "DIMENSION", "CAPACITY", "VEHICLES", "DISTANCE", "SERVICE_TIME",
    "EDGE_WEIGHT_TYPE", "EDGE_WEIGHT_FORMAT", "NODE_COORD_TYPE", "DISPLAY_DATA_TYPE",
    "EDGE_DATA_FORMAT", *_VEHICLE,
}  # fmt: skip
_SECTIONS = {
    "NODE_COORD", "DEMAND", "DEPOT", "EDGE_WEIGHT", "DISPLAY_DATA", "BACKHAUL", "SERVICE_TIME",
    "TIME_WINDOW", "RELEASE_TIME", "PRIZE", "MUTUALLY_EXCLUSIVE_GROUP", "CAPACITY",
    "VEHICLES_DEPOT", "VEHICLES_ALLOWED_CLIENTS", "VEHICLES_RELOAD_DEPOT", *_VEHICLE,
}  # fmt: skip
_TOURS = ("TSP", "ATSP")
_MARK = re.compile(r"^[ \t]*(DIMENSION[ \t]*:|[A-Z_]+_SECTION\b)", re.MULTILINE)


class Vrplib(Format):
    """VRPLIB."""

    name: ClassVar[str] = "vrplib"
    summary: ClassVar[str] = "VRPLIB and TSPLIB: CVRP, TSP, ATSP, VRPTW, VRPB, HFVRP, MDVRPTW, ..."
    suffixes: ClassVar[tuple[str, ...]] = (".vrp", ".tsp", ".atsp")
    writes: ClassVar[bool] = True

    def sniff(self, head: str) -> bool:
        """Tell by a DIMENSION or a section heading."""
        return _MARK.search(head) is not None

    def read(self, text: str, *, name: str = "", **options: Any) -> VrpInstance:
        """Make an instance from the text; see :meth:`Format.read`."""
        chosen = Options.check(options)
        found = Findings()
        document = _tsplib.parse(text, found)
        _unknown(document, found)
        return _Reader(document, found, chosen).instance(name)

    def render(self, instance: VrpInstance) -> str:
        """Return the instance in PyVRP's dialect of VRPLIB."""
        from routesolve.instances.formats._vrplib_text import render

        return render(instance)


def _unknown(document: Document, found: Findings) -> None:
    for key, (_, line) in document.specs.items():
        if key not in _SPECS:
            near = difflib.get_close_matches(key, _SPECS, n=1)
            if near:
                found.add(f"unknown key {key!r}", line, f"did you mean {near[0]!r}?")
            else:
                warnings.warn(f"line {line}: {key} is not used", RoutesolveWarning, stacklevel=4)
    for key, section in document.sections.items():
        if key not in _SECTIONS:
            near = difflib.get_close_matches(key, _SECTIONS, n=1)
            found.add(
                f"{key}_SECTION is not known, so the problem may not be what the file means",
                section.line,
                f"did you mean {near[0]}_SECTION?" if near else "remove the section",
            )


class _Reader:
    """One file on its way to an instance."""

    def __init__(self, document: Document, found: Findings, options: Options) -> None:
        self.document, self.found, self.options = document, found, options
        self.kind = (
            document.spec("TYPE", "CVRP").split()[0].upper() if document.spec("TYPE") else ""
        )
        self.n = self._dimension()

    def _dimension(self) -> int:
        value, line = self.document.specs.get("DIMENSION", ("", 0))
        if not line:
            self.found.add("DIMENSION is missing", fix="add 'DIMENSION : number of nodes'")
            self.found.stop()
        n = self.found.whole(value, line, "DIMENSION", least=1)
        sections = self.document.sections.values()
        most = max((sum(len(t) for _, t in s.rows) for s in sections), default=0)
        if n > most + 1:
            self.found.add(
                f"DIMENSION is {n}, but no section has that many values",
                line,
                "is the file truncated?",
            )
        self.found.stop()  # every other check counts on it
        return n

    def _number(self, key: str) -> float | None:
        if key not in self.document.specs:
            return None
        value, line = self.document.specs[key]
        return self.found.number(value, line, key, least=0)

    def _column(self, key: str) -> Floats | None:
        """A value for each node, from a section or from one specification for all customers."""
        values = _tsplib.table(self.document, key, self.n, self.found, columns=1)
        if values is not None:
            return values[:, 0]
        constant = self._number(key)
        if constant is None:
            return None
        column = np.full(self.n, constant)
        column[self.depots] = 0.0
        return column

    def instance(self, name: str) -> VrpInstance:
        document, found = self.document, self.found
        self.depots = self._depots()
        self.places = self._places()
        windows = _tsplib.table(document, "TIME_WINDOW", self.n, found, columns=2)
        self.windows: list[list[float]] | None = None if windows is None else windows.tolist()
        metric, rounding = self._travel()
        fleet = self._fleet()
        jobs = self._jobs()
        if not found.only_values:
            found.stop()
        fields = {
            "jobs": jobs,
            "depots": [
                Depot(str(d), self.places[d], time_windows=self._depot_windows(d, fleet))
                for d in self.depots
            ],
            "vehicle_types": fleet,
            "profiles": (metric,),
            "rounding": rounding,
            "backhaul": "last" if "BACKHAUL" in document.sections else "mixed",
            "name": document.spec("NAME") or name,
            "comment": document.spec("COMMENT"),
        }
        return build(fields, self.options, places=by_prefix(self._where), found=found)

    def _where(self) -> dict[str, str]:
        """Lines of what the instance's own checks may complain of."""
        named = {
            "delivery": "DEMAND",
            "location": "NODE_COORD",
            "time_windows": "TIME_WINDOW",
            "pickup": "BACKHAUL",
            "service": "SERVICE_TIME",
        }
        lines: dict[str, str] = {}
        jobs = {str(node + 1): i for i, node in enumerate(self.clients)}
        depots = {str(node + 1): i for i, node in enumerate(self.depots)}
        for key, title in {**named, "": "NODE_COORD"}.items():
            section = self.document.sections.get(title)
            for line, tokens in section.rows if section else ():
                for part, numbers in (("jobs", jobs), ("depots", depots)):
                    if tokens[0] in numbers:
                        at = f"/{part}/{numbers[tokens[0]]}" + (f"/{key}" if key else "")
                        lines[at] = f"line {line}"
        for title, (_, line) in self.document.specs.items():
            if title in ("CAPACITY", "VEHICLES"):
                lines["/vehicle_types"] = f"line {line}"
        return lines

    # -- places and travel ---------------------------------------------------------------------

    def _depots(self) -> list[int]:
        rows = _tsplib.lists(self.document, "DEPOT", self.found)
        if "DEPOT" not in self.document.sections:
            if self.kind not in _TOURS and not self.document.ended:
                self.found.add(
                    "there is neither a DEPOT_SECTION nor an EOF",
                    fix="add them; is the file truncated?",
                )
            return [0]
        depots: list[int] = []
        for line, numbers in rows:
            for number in numbers:
                if number == -1:
                    break
                if not 1 <= number <= self.n:
                    self.found.add(
                        f"DEPOT_SECTION: there is no node {number}",
                        line,
                        f"name a node from 1 to {self.n}",
                    )
                elif number - 1 not in depots:
                    depots.append(number - 1)
        if not depots and not self.found.problems:
            self.found.add(
                "DEPOT_SECTION is empty",
                self.document.sections["DEPOT"].line,
                "name the depot's node",
            )
        return depots or [0]

    def _places(self) -> list[Location]:
        points = _tsplib.table(self.document, "NODE_COORD", self.n, self.found, columns=2)
        shown = _tsplib.table(self.document, "DISPLAY_DATA", self.n, self.found, columns=2)
        kind = self.document.spec("EDGE_WEIGHT_TYPE").upper()
        if kind == "EXPLICIT":
            points = points if points is not None else shown
            if points is None:
                return [Location(index=i) for i in range(self.n)]
            return [Location(x=x, y=y, index=i) for i, (x, y) in enumerate(points.tolist())]
        if points is None:
            self.found.add(
                f"there is no NODE_COORD_SECTION, and the edge weights are {kind or 'not'} given",
                fix="add the coordinates, or EDGE_WEIGHT_TYPE : EXPLICIT with its matrix",
            )
            points = np.zeros((self.n, 2))
        return [Location(x=x, y=y) for x, y in points.tolist()]

    def _travel(self) -> tuple[Profile, str]:
        default = "EXPLICIT" if "EDGE_WEIGHT" in self.document.sections else "EUC_2D"
        kind, line = self.document.specs.get("EDGE_WEIGHT_TYPE", (default, 0))
        family = _FAMILIES.get(self.kind)
        if family is None:
            family = "dimacs" if "TIME_WINDOW" in self.document.sections else "nearest"
        if kind.upper() not in _METRICS:
            self.found.add(
                f"EDGE_WEIGHT_TYPE {kind!r} is not known", line, f"one of {', '.join(_METRICS)}"
            )
            return Profile(), family
        metric, rounding = _METRICS[kind.upper()]
        if metric == "matrix":
            matrix = _tsplib.edge_weights(self.document, self.n, self.found)
            return Profile(metric="matrix", distances=matrix), "none"
        return Profile(metric=metric), rounding or family  # type: ignore[arg-type]

    # -- customers -----------------------------------------------------------------------------

    def _jobs(self) -> list[Job]:
        found, n = self.found, self.n
        demand = _tsplib.table(self.document, "DEMAND", n, found)
        if (
            demand is None
            and self.kind not in _TOURS
            and ("CAPACITY" in self.document.specs or "CAPACITY" in self.document.sections)
        ):
            found.add("CAPACITY is given, but there is no DEMAND_SECTION", fix="add it")
        backhaul = _tsplib.table(self.document, "BACKHAUL", n, found)
        service, release = self._column("SERVICE_TIME"), self._column("RELEASE_TIME")
        prize = self._column("PRIZE")
        windows, groups = self.windows, self._groups()
        skip = set(self.depots)
        self.clients = [node for node in range(n) if node not in skip]
        places = self.places
        jobs = []
        for node in self.clients:
            extra: dict[str, Any] = {}
            if windows is not None:
                extra["time_windows"] = (TimeWindow(*windows[node]),)
            if backhaul is not None:
                extra["pickup"] = tuple(backhaul[node].tolist()) if backhaul[node].any() else ()
            if service is not None:
                extra["service"] = float(service[node])
            if release is not None:
                extra["release"] = float(release[node])
            if prize is not None:
                extra["prize"] = float(prize[node])
            if node in groups:
                extra["group"] = groups[node]
            amount = tuple(demand[node].tolist()) if demand is not None else ()
            jobs.append(Job(str(node), places[node], delivery=amount, **extra))
        return jobs

    def _groups(self) -> dict[int, str]:
        groups: dict[int, str] = {}
        for line, (first, *members) in _tsplib.lists(
            self.document, "MUTUALLY_EXCLUSIVE_GROUP", self.found
        ):
            for member in members:
                if not 1 <= member <= self.n:
                    self.found.add(
                        f"group {first}: there is no node {member}",
                        line,
                        f"name nodes from 1 to {self.n}",
                    )
                elif len(members) > 1:
                    if member - 1 in groups:
                        self.found.add(
                            f"node {member} is in two groups",
                            line,
                            "a customer belongs to one group",
                        )
                    groups[member - 1] = str(first)
        return groups

    # -- vehicles ------------------------------------------------------------------------------

    def _depot_windows(self, depot: int, fleet: Sequence[VehicleType]) -> tuple[TimeWindow, ...]:
        """Opening times where the shifts of the vehicles do not say them already."""
        windows = self.windows
        if windows is None or "VEHICLES_RELOAD_DEPOT" not in self.document.sections:
            return ()
        window = TimeWindow(*windows[depot])
        users = [k for k in fleet if str(depot) in k.reload_depots]
        return () if all(k.shift == window for k in users) else (window,)

    def _fleet(self) -> list[VehicleType]:
        if self.kind in _TOURS:
            depot = str(self.depots[0])
            return [VehicleType(count=1, start=depot, end=depot)]
        count = None
        if "VEHICLES" in self.document.specs:
            value, line = self.document.specs["VEHICLES"]
            count = self.found.whole(value, line, "VEHICLES", least=0)
        specs = self._specs(self._vehicle_count(count))
        if count is None and len(specs) == 1:
            return [VehicleType(**specs[0])]
        runs: list[tuple[dict[str, Any], int]] = []
        for spec in specs if len(specs) > 1 else specs * min(count or 0, 1):
            if runs and runs[-1][0] == spec:
                runs[-1] = (spec, runs[-1][1] + 1)
            else:
                runs.append((spec, 1))
        if len(specs) == 1:
            return [VehicleType(count=count, **specs[0])]
        if len(runs) == 1:
            return [VehicleType(count=runs[0][1], **runs[0][0])]
        return [VehicleType(f"type-{i}", count=k, **spec) for i, (spec, k) in enumerate(runs, 1)]

    def _vehicle_count(self, count: int | None) -> int | None:
        """Rows that the vehicle sections must have; None when there are no such sections."""
        names = [k for k in self.document.sections if k.startswith("VEHICLES_") or k == "CAPACITY"]
        if not names:
            return None
        longest = max(len(self.document.sections[k].rows) for k in names)
        if count is not None and count > 2 * longest:
            self.found.add(
                f"VEHICLES is {count}, but {names[0]}_SECTION has {longest} rows",
                self.document.specs["VEHICLES"][1],
                "is the file truncated, or the number wrong?",
            )
            return longest
        return longest if count is None else count

    def _specs(self, count: int | None) -> list[dict[str, Any]]:
        """Fields of each vehicle; a single entry when all are described at once."""
        found, windows = self.found, self.windows
        shared: dict[str, Any] = {}
        if (capacity := self._capacity()) is not None:
            shared["capacity"] = capacity
        for key, field in _VEHICLE.items():
            if (value := self._number(key)) is not None:
                shared[field] = int(value) if field == "max_reloads" else value
        if (limit := self._number("DISTANCE")) is not None:
            timed = "SERVICE_TIME" in self.document.specs | self.document.sections
            # The literature's route length limit includes the service times.
            shared["max_duration" if timed or windows is not None else "max_distance"] = limit
        vehicles = [dict(shared) for _ in range(1 if count is None else count)]
        if count is not None:
            if "CAPACITY" in self.document.sections:
                rows = _tsplib.table(self.document, "CAPACITY", count, found)
                for vehicle, row in zip(vehicles, rows.tolist(), strict=True):  # type: ignore[union-attr]
                    vehicle["capacity"] = tuple(row)
            for key, field in _VEHICLE.items():
                column = _tsplib.table(self.document, key, count, found, columns=1)
                if column is not None:
                    for vehicle, value in zip(vehicles, column[:, 0].tolist(), strict=True):
                        vehicle[field] = int(value) if field == "max_reloads" else value
        homes = self._per_vehicle("VEHICLES_DEPOT", count)
        reloads = self._per_vehicle("VEHICLES_RELOAD_DEPOT", count)
        allowed = self._per_vehicle("VEHICLES_ALLOWED_CLIENTS", count)
        clients = [k for k in range(self.n) if k not in set(self.depots)]
        for v, vehicle in enumerate(vehicles):
            home = homes[v][0] if homes.get(v) else self.depots[0]
            vehicle["start"] = vehicle["end"] = str(home)
            if windows is not None and 0 <= home < self.n:
                vehicle["shift"] = TimeWindow(*windows[home])
            if v in reloads:
                vehicle["reload_depots"] = tuple(map(str, reloads[v]))
            if v in allowed:
                may = set(allowed[v])
                vehicle["forbidden"] = tuple(str(k) for k in clients if k not in may)
        return vehicles

    def _capacity(self) -> tuple[float, ...] | None:
        if "CAPACITY" not in self.document.specs:
            return None
        value, line = self.document.specs["CAPACITY"]
        tokens = value.replace(",", " ").split() or [""]
        return tuple(self.found.number(t, line, "CAPACITY", least=0) for t in tokens)

    def _per_vehicle(self, key: str, count: int | None) -> dict[int, list[int]]:
        """Lists of nodes (from 0) by vehicle (from 0)."""
        lists: dict[int, list[int]] = {}
        for line, numbers in _tsplib.lists(self.document, key, self.found):
            vehicle, *nodes = numbers
            if not 1 <= vehicle <= (count or 0):
                self.found.add(
                    f"{key}_SECTION: there is no vehicle {vehicle}",
                    line,
                    f"vehicles go from 1 to {count}",
                )
                continue
            depot = key != "VEHICLES_ALLOWED_CLIENTS"
            for node in nodes:
                if not 1 <= node <= self.n or (depot and node - 1 not in self.depots):
                    what = "depot" if depot else "node"
                    self.found.add(
                        f"{key}_SECTION: there is no {what} {node}",
                        line,
                        "name one of the DEPOT_SECTION"
                        if depot
                        else f"name nodes from 1 to {self.n}",
                    )
            lists[vehicle - 1] = [node - 1 for node in nodes]
        if lists and count is not None and len(lists) < count:
            self.found.add(
                f"{key}_SECTION has {len(lists)} rows for {count} vehicles",
                self.document.sections[key].line,
                "is the file truncated?",
            )
        return lists
