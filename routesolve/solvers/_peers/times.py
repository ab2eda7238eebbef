"""Time in whole steps from a zero of its own, rounded so that plans keep the rules."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor
from typing import TYPE_CHECKING

import numpy as np

from routesolve.instances.model import VehicleType, Windows
from routesolve.solvers._ortools import work
from routesolve.solvers._ortools.scales import FINEST, Scale, exact_factor
from routesolve.solvers._peers import rules

if TYPE_CHECKING:
    from routesolve.instances.instance import VrpInstance

Span = tuple[int, int]


class Times:
    """The clock of a model.

    Parameters
    ----------
    instance, kinds
        The problem and its vehicle types.
    most
        Largest time in steps.

    Attributes
    ----------
    time, span
        Scales of points in time and of durations.
    horizon
        Seconds from the zero of time until when any route is over that does not dawdle.
    forever
        The horizon in steps: no limit.
    """

    def __init__(self, instance: VrpInstance, kinds: Sequence[VehicleType], *, most: float) -> None:
        nodes = work.make_nodes(instance, kinds)
        depots = rules.used_terminals(instance)
        pauses = [pause for kind in kinds for pause in kind.breaks]
        windows = [kind.shift for kind in kinds]
        windows += [window for node in nodes for window in node.windows]
        windows += [window for depot in depots for window in depot.time_windows]
        windows += [window for pause in pauses for window in pause.time_windows]
        points = [x for w in windows for x in (w.earliest, w.latest)]
        points += [task.release for task in work.tasks_of(instance)]
        lengths = [x for node in nodes for x in (node.service, node.setup)]
        lengths += [pause.duration for pause in pauses]
        loading = [depot.service for depot in depots]
        limits = [x for kind in kinds for x in (kind.max_duration, kind.max_overtime)]
        limits += [kind.max_driving_time for kind in kinds]
        travel = [instance.travel(kind).durations / kind.speed_factor for kind in kinds]

        origin = float(floor(min((kind.shift.earliest for kind in kinds), default=0.0)))
        later = np.array(points, dtype=np.float64) - origin
        self.horizon = float(later[np.isfinite(later)].max(initial=0.0)) + sum(lengths)
        places = np.array([node.place for node in nodes], dtype=np.intp)
        trips = 2 + (len(nodes) if work.reload_depots(kinds) else 0)
        for table in travel:
            away = work.finite(table).max(axis=1, initial=0.0)
            legs = float(away[places].sum() + trips * away.max(initial=0.0))
            self.horizon = max(self.horizon, self.horizon + legs)
        self.horizon += trips * max(loading, default=0.0)
        values = [later, np.array([*lengths, *loading, *limits]), *travel]
        factor = float(exact_factor(values) or FINEST)
        while self.horizon * factor > most:
            factor /= 10.0
        self.time, self.span = Scale(factor, origin), Scale(factor)
        self.forever = ceil(self.horizon * factor) + 1

    def spans(self, windows: Windows) -> list[Span]:
        """Windows in steps, rounded inwards; those that nobody can meet are left out."""
        found = [
            self.clip(int(self.time.up(w.earliest)), int(self.time.down(w.latest)))
            for w in rules.hard(windows)
        ]
        return [(early, late) for early, late in found if early <= late]

    def clip(self, early: int, late: int) -> Span:
        """Put a window between the zero of time and its end."""
        return max(early, 0), min(late, self.forever)
