"""Plans of our solvers beside those of other ones: instance x solver x budget.

    python benchmarks/vrp_peers.py DATA/bench --seconds 1 10 [--solver ils ortools pyvrp] [FILE ...]

Every plan is priced and checked by our checker, whoever made it; the gap is to the best cost known
(``BKS.json``). PyVRP joins when it is installed. One thread each; files are solved one after the
other, every solver in turn, so that a busy machine is busy for all of them.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import time
from contextlib import suppress
from pathlib import Path
from statistics import mean
from typing import Any

import routesolve as rs
from routesolve.solutions.solution import Route, Solution, Visit
from routesolve.solvers.base import Budget

FIELDS = ("instance", "jobs", "family", "solver", "seconds", "seed", "cost", "best_known", "gap",
          "feasible", "complete", "iterations", "used_seconds")  # fmt: skip

MOST_PYVRP = 6000
"""Jobs up to which its dense 64-bit matrices fit into a few GB."""


def best_known(entry: dict[str, Any]) -> float:
    """Cost of the best plan known, under the distance objective."""
    for key in ("cost", "distance_dimacs_trunc1"):
        if key in entry:
            return float(entry[key])
    return float("nan")


def families(folder: Path) -> list[Path]:
    """The curated files: CVRPLIB X, AGS, Solomon, Homberger, ORTEC."""
    found: list[Path] = []
    for part in ("cvrp/X", "cvrp/AGS", "vrptw/solomon", "vrptw/homberger", "vrptw/ortec_ccbync"):
        for path in sorted((folder / part).iterdir()):
            name = path.name.removesuffix(".gz")
            if name.endswith((".vrp", ".txt")) and ".sol" not in name:
                found.append(path)
    return found


def load(path: Path) -> Any:
    """An instance under the convention of its best known cost."""
    dimacs = path.parent.name in ("solomon", "homberger")
    return rs.load(path, rounding="dimacs") if dimacs else rs.load(path)


def by_pyvrp(instance: Any, seconds: float, seed: int) -> tuple[Solution, int]:
    """PyVRP's plan from our matrices, so that both solve the same numbers."""
    import numpy as np
    import pyvrp
    from pyvrp.stop import MaxRuntime

    kind = instance.vehicle_types[0]
    travel = instance.travel(kind)
    depot = instance.depots_by_id[kind.start]
    places = [instance.location_index(x.location) for x in (depot, *instance.jobs)]
    grid = np.ix_(places, places)
    scale = 10 if np.any(travel.distances != np.rint(travel.distances)) else 1
    whole = lambda matrix: np.rint(matrix[grid] * scale).astype(np.int64)  # noqa: E731
    far = 1 << 40

    def window(windows: Any) -> dict[str, int]:
        if not windows:
            return {}
        late = windows[0].latest
        return {
            "tw_early": round(windows[0].earliest * scale),
            "tw_late": round(late * scale) if late < 1e9 else far,
        }

    shift = {} if kind.shift.latest > 1e9 else window([kind.shift])
    data = pyvrp.ProblemData(
        locations=[pyvrp.Location(0, 0) for _ in places],
        clients=[
            pyvrp.Client(
                i,
                delivery=[int(sum(job.delivery))],
                service_duration=round(job.service * scale),
                **window(job.time_windows),
            )
            for i, job in enumerate(instance.jobs, 1)
        ],
        depots=[pyvrp.Depot(0, **window(depot.time_windows))],
        vehicle_types=[
            pyvrp.VehicleType(kind.count or len(instance.jobs), [int(kind.capacity[0])], **shift)
        ],
        distance_matrices=[whole(travel.distances)],
        duration_matrices=[whole(travel.durations)],
    )
    result = pyvrp.solve(data, MaxRuntime(seconds), seed=seed, display=False)
    routes = tuple(
        Route(
            kind.id, tuple(Visit("job", instance.jobs[v.idx].id) for v in route if v.is_client()), i
        )
        for i, route in enumerate(result.best.routes())
        if route.num_clients()
    )
    return Solution(routes), int(result.num_iterations)


def solve(instance: Any, solver: str, seconds: float, seed: int) -> dict[str, Any]:
    """One cell of the table."""
    began = time.perf_counter()
    if solver == "pyvrp":
        if len(instance.jobs) > MOST_PYVRP:
            raise rs.UnsupportedFeature(f"PyVRP's matrices of {len(instance.jobs)} jobs")
        plan, iterations = by_pyvrp(instance, seconds, seed)
        used = time.perf_counter() - began
        report = rs.check(instance, plan)
    else:
        result = rs.solve(instance, solver=solver, budget=Budget(seconds=seconds), seed=seed)
        report, iterations, used = result.report, result.iterations, result.runtime
    return {
        "cost": round(report.cost, 3),
        "feasible": report.feasible,
        "complete": report.complete,
        "iterations": iterations,
        "used_seconds": round(used, 2),
    }


def main() -> None:
    """Print the table as CSV, and means by family and budget to standard error."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", type=Path, help="folder with BKS.json, cvrp/ and vrptw/")
    parser.add_argument("files", nargs="*", help="names of instances; default: all curated ones")
    parser.add_argument("--solver", nargs="+", default=["ils", "ortools", "pyvrp"])
    parser.add_argument("--seconds", nargs="+", type=float, default=[1.0])
    parser.add_argument("--seed", nargs="+", type=int, default=[1])
    options = parser.parse_args()
    known = {k.lower(): v for k, v in json.loads((options.data / "BKS.json").read_text()).items()}
    out = csv.DictWriter(sys.stdout, FIELDS)
    out.writeheader()
    rows: list[dict[str, Any]] = []
    for path in families(options.data):
        name = path.name.split(".")[0]
        if (options.files and name not in options.files) or name.lower() not in known:
            continue
        instance, best = load(path), best_known(known[name.lower()])
        for solver in options.solver:
            if solver != "pyvrp":  # compiling is no part of a budget
                with suppress(rs.UnsupportedFeature):
                    rs.solve(instance, solver=solver, budget=Budget(seconds=0.05))
        for seconds in options.seconds:
            for seed in options.seed:
                for solver in options.solver:
                    row = {"instance": name, "jobs": len(instance.jobs), "best_known": best}
                    row |= {"family": path.parent.name, "solver": solver}
                    row |= {"seconds": seconds, "seed": seed}
                    try:
                        row |= solve(instance, solver, seconds, seed)
                        row["gap"] = round(100 * (row["cost"] / best - 1), 2)
                    except rs.RouteSolveError as error:
                        row["feasible"] = str(error)[:80]
                    rows.append(row)
                    out.writerow(row)
                    sys.stdout.flush()
    for family in dict.fromkeys(row["family"] for row in rows):
        for seconds in options.seconds:
            for solver in options.solver:
                mine = [
                    row["gap"]
                    for row in rows
                    if (row["family"], row["seconds"], row["solver"]) == (family, seconds, solver)
                    and row.get("complete") is True
                ]
                if mine:
                    print(f"{family:14} {seconds:6g} s {solver:8} mean gap {mean(mine):6.2f} % "
                          f"over {len(mine)}", file=sys.stderr)  # fmt: skip


if __name__ == "__main__":
    main()
