"""VROOM (``pyvroom``), level 5. It overruns short budgets; the seed is not used."""

from __future__ import annotations

from datetime import timedelta

from .case import Answer, Case, measured


def by_vroom(case: Case, seconds: float, seed: int) -> Answer:
    """Return VROOM's plan from our matrices."""
    import vroom

    windows = case.windows.tolist()
    times = [{"time_windows": [vroom.TimeWindow(a, b)]} if case.timed else {} for a, b in windows]
    shift = {"time_window": vroom.TimeWindow(*windows[0])} if case.timed else {}
    with measured() as used:
        problem = vroom.Input()
        problem.set_durations_matrix("car", case.times.astype("uint32"))
        problem.set_costs_matrix("car", case.costs.astype("uint32"))
        problem.add_vehicle(
            [
                vroom.Vehicle(
                    i,
                    start=0,
                    end=0,
                    capacity=[case.capacity],
                    costs=vroom.VehicleCosts(fixed=case.per_vehicle),
                    **shift,
                )
                for i in range(1, case.enough + 1)
            ]
        )
        problem.add_job(
            [
                vroom.Job(
                    i,
                    location=i,
                    delivery=[int(case.demands[i])],
                    default_service=int(case.service[i]),
                    **times[i],
                )
                for i in range(1, case.n + 1)
            ]
        )
        limit = timedelta(seconds=seconds)
        table = problem.solve(exploration_level=5, nb_threads=1, timeout=limit).routes
    stops = table[table["type"] == "job"]
    routes = [[int(i) for i in ids] for _, ids in stops.groupby("vehicle_id")["id"]]
    return Answer(case.plan(routes), used)
