"""HGS-CVRP (``hybgensea``, else ``hygese``). Its budget is CPU time, its model included."""

from __future__ import annotations

from .case import Answer, Case, measured


def by_hgs(case: Case, seconds: float, seed: int) -> Answer:
    """Return HGS-CVRP's plan from our matrix; the points serve its SWAP* only."""
    try:
        import hybgensea as hgs
    except ImportError:
        import hygese as hgs

    with measured() as used:
        data = {
            "x_coordinates": case.points[:, 0],
            "y_coordinates": case.points[:, 1],
            "distance_matrix": case.costs.astype(float),
            "service_times": case.service.astype(float),
            "demands": case.demands.astype(float),
            "vehicle_capacity": case.capacity,
            "num_vehicles": case.enough,
            "depot": 0,
        }
        parameters = hgs.AlgorithmParameters(timeLimit=seconds, seed=seed)
        result = hgs.Solver(parameters=parameters, verbose=False).solve_cvrp(data)
    return Answer(case.plan(result.routes), used)
