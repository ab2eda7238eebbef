"""Every way to put one more job on a vehicle: on an empty one, or into a route as it stands.

Part of the checker: routes are proposed here and driven by :mod:`routesolve.solutions.driven`,
which alone decides what is possible. No solver shares this code.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations_with_replacement
from typing import TYPE_CHECKING

import numpy as np

from routesolve.instances.model import Job, Shipment, VehicleType
from routesolve.solutions.driven import DrivenRoute
from routesolve.solutions.solution import Route, Visit
from routesolve.solutions.violations import Violation

if TYPE_CHECKING:
    import numpy.typing as npt

    from routesolve.instances.instance import VrpInstance


def visits_of(task: Job | Shipment) -> list[Visit]:
    """Return what serves a task, in order."""
    if isinstance(task, Shipment):
        return [Visit("pickup", task.id), Visit("delivery", task.id)]
    return [Visit("job", task.id)]


# -- on an empty vehicle -----------------------------------------------------------------------


def alone(instance: VrpInstance, task: Job | Shipment, kind: VehicleType) -> list[Violation]:
    """Return what forbids an empty vehicle to serve a task and nothing else.

    Ends and places of the breaks are chosen for the best; an empty list means that it can.
    """
    best: list[Violation] | None = None
    for driven in driven_alone(instance, task, kind):
        if best is None or farness(driven.violations) < farness(best):
            best = driven.violations
        if not best:
            break
    return best or []


def driven_alone(
    instance: VrpInstance, task: Job | Shipment, kind: VehicleType, vehicle: int = 0
) -> Iterator[DrivenRoute]:
    """Yield the routes of one vehicle that serve a task and nothing else."""
    for end in (kind.end, *kind.alternative_ends):
        for visits in _with_breaks(visits_of(task), kind):
            route = Route(kind.id, (*visits, Visit("end", end)), vehicle)
            yield DrivenRoute(instance, 0, route)


def _with_breaks(stops: list[Visit], kind: VehicleType) -> Iterator[list[Visit]]:
    """Yield the stops with the breaks of the vehicle, in order of time, in all places."""
    pauses = sorted(
        kind.breaks, key=lambda p: min((w.earliest for w in p.time_windows), default=0.0)
    )
    gaps = range(len(stops) + 1)
    for places in combinations_with_replacement(gaps, len(pauses)):
        visits: list[Visit] = []
        for gap in gaps:
            visits += [
                Visit("break", pause.id)
                for pause, place in zip(pauses, places, strict=True)
                if place == gap
            ]
            visits += stops[gap : gap + 1]
        yield visits


def farness(violations: Sequence[Violation]) -> tuple[int, int, float]:
    """Order of how far a route is from keeping the rules: how many are broken, and by how much.

    What has no measure (a skill) is farther off than what has one: no minute or metre mends it.
    """
    fixed = sum(v.kind in ("skills", "forbidden", "unreachable") for v in violations)
    return len(violations), fixed, sum(v.amount for v in violations)


# -- into a route ------------------------------------------------------------------------------


class Insertions:
    """The ways to put a task into a route, its other visits in the order they have.

    Parameters
    ----------
    base
        A driven route that is used.
    locked
        So many of its first visits (start not counted) stay first.
    without
        Ids of jobs and shipments that leave the route.
    """

    def __init__(self, base: DrivenRoute, *, locked: int = 0, without: Sequence[str] = ()) -> None:
        self.base, self.kind = base, base.kind
        gone = set(without)
        kept = [
            i
            for i, task in enumerate(base.tasks)
            if 0 < i < len(base.tasks) - 1 and (task is None or task.id not in gone)
        ]
        self.inner = [Visit(base.visits[i].kind, base.visits[i].id) for i in kept]
        self.places = [base.places[i] for i in (0, *kept, len(base.places) - 1)]
        self.locked = min(locked, len(kept))

    def __len__(self) -> int:
        """Visits of a proposed route, which is the work of driving it."""
        return len(self.inner) + 4

    def routes(self, task: Job | Shipment, most: int | None = None) -> list[Route]:
        """Return the routes with the task, shortest detour first.

        Parameters
        ----------
        task
            A job, which goes to every place, or a shipment, whose two ends go to every pair.
        most
            Return no more than this.
        """
        gaps = self._gaps(task)
        made: list[Route] = []
        for i, j in gaps if most is None else gaps[:most]:
            made += self._made(task, i, j)
        return made if most is None else made[:most]

    def _gaps(self, task: Job | Shipment) -> list[tuple[int, int]]:
        """Places before which the (first and last) visit goes, by the length of the detour."""
        instance = self.base.instance
        travel = instance.travel(self.kind)
        places = np.array(self.places)
        before, after = places[self.locked : -1], places[self.locked + 1 :]
        straight = travel.distance(before, after)
        ends = [task] if isinstance(task, Job) else [task.pickup, task.delivery]
        rows = [instance.location_index(end.location) for end in ends]
        with np.errstate(invalid="ignore"):  # from nowhere to nowhere
            to = [travel.distance(before, row) for row in rows]
            back = [travel.distance(row, after) for row in rows]
            each = [a + b - straight for a, b in zip(to, back, strict=True)]
            if len(rows) == 1:
                order = np.argsort(each[0], kind="stable") + self.locked
                return [(i, i) for i in order.tolist()]
            between = float(travel.distance(rows[0], rows[1]))
            longer: npt.NDArray[np.float64] = each[0][:, None] + each[1][None, :]
            np.fill_diagonal(longer, to[0] + between + back[1] - straight)
        firsts, lasts = np.triu_indices(len(straight))
        order = np.argsort(longer[firsts, lasts], kind="stable")
        pairs = zip(firsts[order].tolist(), lasts[order].tolist(), strict=True)
        return [(i + self.locked, j + self.locked) for i, j in pairs]

    def _made(self, task: Job | Shipment, i: int, j: int) -> Iterator[Route]:
        """Yield the routes with the task at one pair of places: all ends, with a reload or not."""
        kind, inner = self.kind, self.inner
        stops = visits_of(task)
        middles = [[stops[0], *inner[i:j], *stops[1:]]]
        reloads = sum(visit.kind == "reload" for visit in inner)
        if i == j and (kind.max_reloads is None or reloads < kind.max_reloads):
            for depot in kind.reload_depots:
                middles += [[Visit("reload", depot), *stops], [*stops, Visit("reload", depot)]]
        here = self.base.visits[-1].id
        ends = [here, *(e for e in (kind.end, *kind.alternative_ends) if e not in (here, None))]
        for middle in middles:
            for end in dict.fromkeys(ends):
                visits = (*inner[:i], *middle, *inner[j:], Visit("end", end))
                yield Route(kind.id, visits, self.base.route.vehicle)
