"""Many problems at once in torch, and one after the other as `neural` solves them: plans a second.

    python benchmarks/neural/batch.py --output FILE.csv --pool FILE.npz [--variant CVRP VRPTW ATSP]
        [--customers 100] [--count 1000] [--one-by-one 100] [--starts 100] [--batch 64]
        [--device cpu] [--draw 3]

Both make the same number of rollouts of a problem, of one view. The first is timed on all problems,
the other on the first `--one-by-one` of them, on which their plans are compared, too. Seconds are
those of the clock, checks of the plans included, loading and compiling not; one thread on a CPU.
"""

from __future__ import annotations

import argparse
import csv
import time
from pathlib import Path
from typing import Any

import torch
from cells import Drawn, drawn

from routesolve.instances.instance import VrpInstance
from routesolve.solvers.base import Budget
from routesolve.solvers.neural.batch import solve_batch
from routesolve.solvers.neural.sampler import Recipe
from routesolve.solvers.neural.solver import STARTS, Neural


def measured(cell: Drawn, o: argparse.Namespace) -> dict[str, Any]:
    """A row: seconds a problem of both ways, and the ratio of what their plans cost."""
    instances = [cell.item(k).instance for k in range(o.count)]
    some: list[VrpInstance] = instances[: o.one_by_one]
    solver, once = Neural(), Budget(iterations=1)
    solve_batch(instances[: min(o.batch, 4)], starts=o.starts, device=o.device)
    solver.solve(instances[0], once)
    begun = time.perf_counter()
    together = solve_batch(instances, starts=o.starts, batch=o.batch, device=o.device)
    at_once = (time.perf_counter() - begun) / len(instances)
    begun = time.perf_counter()
    single = [solver.solve(instance, once) for instance in some]
    alone = (time.perf_counter() - begun) / len(some)
    pairs = list(zip(together, single, strict=False))
    return {
        "pool": cell.name,
        "variant": cell.recipe.variant,
        "customers": cell.recipe.customers[0],
        "draw": cell.draw,
        "problems": len(instances),
        "starts": o.starts,
        "batch": o.batch,
        "device": o.device,
        "seconds_each": f"{at_once:.4g}",
        "per_second": f"{1 / at_once:.4g}",
        "violations": sum(len(one.report.violations) for one in together),
        "one_by_one": len(some),
        "seconds_each_one_by_one": f"{alone:.4g}",
        "speed_ratio": f"{alone / at_once:.3g}",
        "cost_ratio": f"{sum(a.cost / b.cost for a, b in pairs) / len(pairs):.5f}",
    }


def main() -> None:
    """Measure each variant, and write its row at once."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    add = parser.add_argument
    add("--output", type=Path, required=True)
    add("--pool", type=Path, required=True)
    add("--variant", nargs="+", default=["CVRP", "VRPTW", "ATSP"])
    add("--customers", type=int, default=100)
    add("--count", type=int, default=1000)
    add("--one-by-one", type=int, default=100)
    add("--starts", type=int, default=STARTS)
    add("--batch", type=int, default=64)
    add("--device", default="cpu")
    add("--draw", type=int, default=3)
    o = parser.parse_args()
    torch.set_num_threads(1)
    recipes = (Recipe(name, (o.customers, o.customers), "uniform") for name in o.variant)
    for cell in drawn(o.pool, "", recipes, draw=o.draw, count=o.count):
        row = measured(cell, o)
        new = not o.output.exists()
        with o.output.open("a", newline="") as stream:
            writer = csv.DictWriter(stream, list(row), lineterminator="\n")
            if new:
                writer.writeheader()
            writer.writerow(row)
        print(*(f"{key} {value}" for key, value in row.items()), sep=", ", flush=True)


if __name__ == "__main__":
    main()
