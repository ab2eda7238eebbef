"""A plan while it is read: ids looked up in the instance, everything wrong gathered."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection
from math import isfinite
from typing import Any, NamedTuple, cast, get_args

from routesolve.instances.formats._base import Findings
from routesolve.instances.instance import VrpInstance
from routesolve.instances.model import VehicleType, VisitKind
from routesolve.solutions.solution import Route, Solution, Unassigned, Visit

MOST_HINTS = 20
"""So many unknown ids get a guess at what was meant."""

KINDS: tuple[VisitKind, ...] = get_args(VisitKind)


class PlanReader(NamedTuple):
    """A plan format: does a text look like it, and what does it say."""

    sniff: Callable[[str], bool]
    read: Callable[[str, VrpInstance], Solution]


class Draft:
    """Gathers routes and problems; :meth:`solution` returns the one or raises the other.

    Parameters
    ----------
    instance
        Where ids are looked up.
    """

    def __init__(self, instance: VrpInstance) -> None:
        self.instance = instance
        self.findings = Findings()
        self.routes: list[Route] = []
        self.unassigned: list[Unassigned] = []
        self._hints = 0
        self._known: dict[str, Collection[str]] = {
            "job": instance.jobs_by_id,
            "pickup": instance.shipments_by_id,
            "delivery": instance.shipments_by_id,
            "shipment": instance.shipments_by_id,
            "vehicle type": instance.vehicle_types_by_id,
            "depot": instance.depots_by_id,
        }

    def problem(self, what: str, where: str | int | None, fix: str | None = None) -> None:
        """Note a problem; an integer place is a line number."""
        self.findings.add(what, where, fix)

    def unknown(
        self, what: str, name: object, where: str | int | None, known: Collection[str]
    ) -> None:
        """Note an id that the instance does not have, with the nearest one that it has."""
        near: list[str] = []
        if self._hints < MOST_HINTS and isinstance(name, str):
            self._hints += 1
            near = difflib.get_close_matches(name, known, n=1)
        few = f"known: {', '.join(known)}" if 0 < len(known) <= 8 else None
        fix = f"did you mean {near[0]!r}?" if near else few
        text = repr(name) if len(repr(name)) <= 60 else repr(name)[:57] + "..."
        self.findings.add(
            f"the instance has no {what} {text}", where, fix or "is this plan for this instance?"
        )

    def vehicle_type(self, name: object, where: str | int | None) -> VehicleType | None:
        """Return a vehicle type, or None with the problem noted."""
        found = self.instance.vehicle_types_by_id.get(name) if isinstance(name, str) else None
        if found is None:
            self.unknown("vehicle type", name, where, self._known["vehicle type"])
        return found

    def visit(
        self,
        kind: object,
        name: object,
        where: str | int | None,
        vehicle: VehicleType | None,
        **stated: Any,
    ) -> Visit | None:
        """Return a visit, or None with the problem noted.

        Parameters
        ----------
        kind, name
            As the file has them.
        vehicle
            Who drives: breaks are looked up there.
        **stated
            Times, load and distance that the file states.
        """
        if kind not in KINDS:
            near = difflib.get_close_matches(str(kind), KINDS, n=1)
            fix = f"did you mean {near[0]!r}?" if near else f"one of {', '.join(KINDS)}"
            self.problem(f"there is no kind of visit {kind!r}", where, fix)
            return None
        name = str(name) if type(name) is int else name
        what = "depot" if kind in ("start", "reload", "end") else str(kind)
        if name is None and kind in ("start", "end"):
            return Visit(kind, None, **stated)
        if name is None or name == "":
            self.problem(f"a {kind} without an id", where, f"name the {what}")
            return None
        known = self._known.get(what)
        if known is None:
            known = [pause.id for pause in vehicle.breaks] if vehicle else []
            if vehicle is None:
                return None
        if not isinstance(name, str) or name not in known:
            self.unknown(what, name, where, known)
            return None
        return Visit(kind, name, **stated)

    def leave_out(
        self, kind: object, name: object, where: str | int | None, **why: str | None
    ) -> None:
        """Note a job or shipment that the plan leaves out."""
        name = str(name) if type(name) is int else name
        if kind not in ("job", "shipment"):
            self.problem(f"unassigned kind is {kind!r}", where, "write 'job' or 'shipment'")
        elif not isinstance(name, str) or name not in self._known[str(kind)]:
            self.unknown(str(kind), name, where, self._known[str(kind)])
        else:
            self.unassigned.append(Unassigned(cast("Any", kind), name, **why))

    def number(self, value: object, where: str, what: str) -> float | None:
        """Return a finite number or None, with a problem noted for anything else."""
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            self.problem(f"{what} is {str(value)[:40]!r}, not a number", where, "write a number")
            return None
        try:
            found = float(value)
        except OverflowError:
            found = float("inf")
        if not isfinite(found):
            self.problem(f"{what} is not finite", where, "write a finite number")
            return None
        return found

    def solution(self, cost: float | None = None) -> Solution:
        """Return the plan, or raise with all that is wrong."""
        self.findings.stop()
        return Solution(tuple(self.routes), tuple(self.unassigned), cost)


def next_vehicle(used: dict[str, int], vehicle_type: str) -> int:
    """Return the number of a type's next vehicle, where a file does not number them."""
    used[vehicle_type] = used.get(vehicle_type, -1) + 1
    return used[vehicle_type]
