"""commiv (SISR in Zig).

With time windows it keeps a limit in seconds. Without, it takes iterations: two short runs, not
counted, say how many fit into the budget, and the run that follows is what is counted.
"""

from __future__ import annotations

import routesolve as rs

from .case import Answer, Case, Used, measured

PILOT = 0.05
"""Part of the budget that the last trial searches for at least."""


def by_commiv(case: Case, seconds: float, seed: int) -> Answer:
    """Return commiv's plan from our matrix."""
    return _timed(case, seconds, seed) if case.timed else _capacity(case, seconds, seed)


def _capacity(case: Case, seconds: float, seed: int) -> Answer:
    import commiv

    matrix, demands = case.costs.astype("uint32"), case.demands

    def run(iterations: int) -> tuple[list[list[int]], Used]:
        with measured() as used:
            found = commiv.solve_cvrp(
                matrix, demands, case.capacity, seed=seed, iters=iterations, threads=1
            )
        return found.routes, used

    _, least = run(1)
    trial, routes, used = 1000, *run(1000)
    while used.cpu - least.cpu < PILOT * seconds:
        trial, routes, used = 8 * trial, *run(8 * trial)
    per_iteration = (used.cpu - least.cpu) / trial
    iterations = int((seconds - least.cpu) / per_iteration)
    if iterations > trial:
        trial, routes, used = iterations, *run(iterations)
    return Answer(case.plan(routes), used, trial)


def _timed(case: Case, seconds: float, seed: int) -> Answer:
    import commiv

    if case.times is not case.costs and (case.times != case.costs).any():
        raise rs.UnsupportedFeature("durations that differ from the distances")
    with measured() as used:
        found = commiv.solve_vrptw(
            case.costs.astype("uint32"),
            case.demands,
            case.capacity,
            ready=case.windows[:, 0],
            due=case.windows[:, 1],
            service=case.service,
            seed=seed,
            threads=1,
            fleet_min=case.vehicles_first,
            max_vehicles=case.fleet or 0,
            wall_ms=round(1000 * seconds),
        )
    return Answer(case.plan(found.routes), used)
