"""Where rollouts stand."""

from __future__ import annotations

from dataclasses import dataclass

from routesolve.solvers.neural.problems import Array


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """Where rollouts stand; all arrays are (b, s) for s rollouts of each problem.

    Attributes
    ----------
    node, token
        Where the vehicle is, and the token its route began at; int64.
    visited
        (b, s, n) bool.
    switched
        Whether the last move was from token to token; then a customer must follow.
    used
        (b, s, k) routes begun at each token.
    linehaul, backhaul, peak
        Of this route: delivered, picked up, and the largest load on board since its beginning.
        What is delivered was on board from the beginning, so a later delivery raises the peak.
    time
        When the vehicle is ready to leave, having left the depot as early as it can.
    duration, room
        Shortest duration of the route up to then, over all departures; and by how much a departure
        that gives it can still be put off.
    distance, driving
        Of this route.
    cost
        Of everything so far.
    """

    node: Array
    token: Array
    visited: Array
    switched: Array
    used: Array
    linehaul: Array
    backhaul: Array
    peak: Array
    time: Array
    duration: Array
    room: Array
    distance: Array
    driving: Array
    cost: Array
