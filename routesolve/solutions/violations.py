"""What can be wrong with a plan."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule.

    Attributes
    ----------
    kind
        The rule, see :data:`RULES`.
    message
        One sentence for people.
    amount
        By how much, in the rule's unit (seconds, metres, load units, number of things).
    route
        Index of the route in the plan as given, or None.
    vehicle
        Display name of the vehicle, or None.
    job
        Id of the job, shipment, break or depot, or None.
    """

    kind: str
    message: str
    amount: float = 1.0
    route: int | None = None
    vehicle: str | None = None
    job: str | None = None


RULES = {
    "unknown": "the plan names something the instance does not have",
    "fleet": "more vehicles of a type than there are, or one used twice",
    "duplicate": "a job is visited more than once",
    "pairing": "a shipment's pickup and delivery are not on the same trip",
    "precedence": "a shipment is delivered before it is picked up",
    "group": "more than one job of an exclusive group is served",
    "skills": "the vehicle lacks a required skill",
    "forbidden": "the vehicle may not serve this job",
    "place": "a route starts, reloads or ends at the wrong place",
    "capacity": "the load on board is above the capacity",
    "backhaul": "the backhaul rule is broken",
    "unreachable": "there is no way from one stop to the next",
    "time_window": "a service starts after its window",
    "depot_window": "a depot is used outside its opening times",
    "shift": "the route ends after the shift (plus overtime)",
    "max_distance": "the route is too long",
    "max_duration": "the route takes too long (plus overtime)",
    "max_driving_time": "too much driving",
    "max_jobs": "too many visits",
    "ride_time": "a shipment is on board for too long",
    "break": "a break is missing, doubled, or outside its windows",
    "break_load": "too much on board during a break",
    "reload": "more reloads than allowed",
    "locked": "the locked beginning of a route is changed",
    "stated_time": "the plan states times that are impossible",
    "stated_cost": "the plan states another cost",
}
