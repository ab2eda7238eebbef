"""What is left of an instance when the faster search shall find the plan to begin with."""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING

from routesolve.solvers.base import Budget, Clock
from routesolve.solvers.ils.scope import beyond

if TYPE_CHECKING:
    from routesolve.instances.instance import VrpInstance


def relaxed(instance: VrpInstance) -> VrpInstance | None:
    """Return an instance for the faster search, whose good plans are near to those of the given.

    Breaks, release times, setup times, speeds by the hour, overtime, preferences and a choice of
    ends move a plan a little. None where the instance has none of these or anything else that the
    faster search does not know: what moves plans far, such as reloads, is no help to begin without.
    """
    locked = any(route.locked for route in instance.initial_routes)
    if not instance.jobs or instance.shipments or locked:
        return None
    jobs = tuple(replace(job, release=0.0, setup=0.0) for job in instance.jobs)
    kinds = tuple(
        replace(
            kind,
            breaks=(),
            alternative_ends=(),
            max_overtime=0.0,
            overtime_cost=0.0,
            preferences={},
        )
        for kind in instance.vehicle_types
    )
    profiles = tuple(replace(profile, bands=()) for profile in instance.profiles)
    less = instance.with_rules(jobs=jobs, vehicle_types=kinds, profiles=profiles)
    return None if beyond(less) else less


class Part(Clock):
    """A share of what is left of a budget: what ends the whole ends the part.

    Costs of plans found in it are none of the whole's: they are neither reported nor aimed at.
    """

    def __init__(self, whole: Clock, share: float) -> None:
        budget, seconds = whole.budget, None
        iterations = budget.iterations
        if budget.seconds is not None or budget.stall is not None:
            seconds = max(share * min(whole.remaining, budget.stall or inf), 1e-6)
        if iterations is not None:
            iterations = max(round(share * (iterations - whole.iteration)), 1)
        super().__init__(Budget(seconds, iterations, workers=budget.workers))
        self.whole = whole

    @property
    def over(self) -> bool:
        """True when the search must end."""
        return self.whole.over or super().over
