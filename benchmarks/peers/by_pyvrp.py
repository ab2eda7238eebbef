"""PyVRP. Its budget begins after its model is built; building is counted as used."""

from __future__ import annotations

import numpy as np

from .case import Answer, Case, measured


def by_pyvrp(case: Case, seconds: float, seed: int) -> Answer:
    """Return PyVRP's plan from our matrices."""
    import pyvrp
    from pyvrp.stop import MaxRuntime

    windows = case.windows.tolist()
    times = [{"tw_early": a, "tw_late": b} if case.timed else {} for a, b in windows]
    with measured() as used:
        data = pyvrp.ProblemData(
            locations=[pyvrp.Location(0, 0) for _ in range(case.n + 1)],
            clients=[
                pyvrp.Client(
                    i,
                    delivery=[int(case.demands[i])],
                    service_duration=int(case.service[i]),
                    **times[i],
                )
                for i in range(1, case.n + 1)
            ],
            depots=[pyvrp.Depot(0, **times[0])],
            vehicle_types=[
                pyvrp.VehicleType(
                    case.fleet or case.n, [case.capacity], fixed_cost=case.per_vehicle, **times[0]
                )
            ],
            distance_matrices=[case.costs.astype(np.int64)],
            duration_matrices=[case.times.astype(np.int64)],
        )
        result = pyvrp.solve(data, MaxRuntime(seconds), seed=seed, display=False)
        routes = [[v.idx + 1 for v in r if v.is_client()] for r in result.best.routes()]
    return Answer(case.plan(routes), used, int(result.num_iterations))
