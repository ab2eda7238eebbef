"""Every variant of our generators: variant x size x solver, and sets with known reference costs.

    python benchmarks/variants.py --output FILE.csv [--resume] [--variant OVRPBLTW PVRP-P ...]
        [--size 50 100] [--instances 100] [--seconds 1] [--solver ils ortools=5 pyvrp]
    python benchmarks/variants.py --reference DATA/bench/neural --output FILE.csv [--resume]
        [--variant OVRPBLTW ...] [--instances 64] [--seconds 2] [--solver ils]
    python benchmarks/variants.py --summary FILE.csv

Generated: the 48 variants of RouteFinder (``routesolve.instances.generate.VARIANTS``) and the
profiled ones, PVRP-P and PVRP-ZC, with seeds 1 to ``--instances``. ``ortools=5`` has five times
the seconds. A row is a solver on all instances of a variant and size; rows that the file has are
not run again. ``ratio`` is the mean cost over that of ``ils``, both over the instances that both
solved. Cells are run as ``vrp_peers.py`` says, one process for each instance.

``--reference``: the sets with which MVMoE was tested (Zhou et al., 2024; 16 variants), each with
tours of good solvers. ``gap`` is the mean over the instances whose stored tour keeps our rules
(``references`` of them), ``gap_all`` over all. They differ with backhauls: there the stored tours
deliver what they picked up on the way, so that the load need only fit as it changes, while ours
brings every delivery from the depot (exact peak load). Without windows no stored tour keeps that
rule, and the set has no comparable reference.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
from peers import OURS, Case, present, registered, warm
from peers.cells import cell
from peers.options import add_common, checked
from peers.table import read, record

import routesolve as rs
from routesolve.instances.generate import PROFILED, VARIANTS, generate
from routesolve.instances.model import Depot, Job, Location, Profile, TimeWindow, VehicleType
from routesolve.solutions.checker import check
from routesolve.solutions.solution import Route, Solution, Visit
from routesolve.solvers.registry import SOLVERS

Row = dict[str, Any]
FIELDS = ("set", "variant", "n", "instances", "budget", "solver", "version", "seconds",
          "verdict", "feasible", "mean_cost", "ratio", "references", "gap", "gap_all",
          "mean_cpu_seconds", "costs")  # fmt: skip
GROUP = ("set", "variant", "n", "instances", "budget")
KEY = (*GROUP, "solver", "seconds")

HORIZON = 3.0
"""When the depots of the reference sets with time windows close."""


@dataclass(frozen=True)
class Batch:
    """Instances of one variant and size.

    ``known``: costs of the stored tours, and ``fair``: whether these keep our rules; both empty
    for generated instances.
    """

    origin: str
    variant: str
    n: int
    instances: list[rs.VrpInstance]
    known: list[float] = field(default_factory=list)
    fair: list[bool] = field(default_factory=list)


def generated(variant: str, n: int, count: int) -> Batch:
    """Return the instances with seeds from 1 on."""
    made = [generate(variant, n, seed=seed) for seed in range(1, count + 1)]
    return Batch("generated", variant, n, made)


def reference(path: Path, count: int) -> Batch:
    """Return the first instances of a reference set, with what their stored tours cost."""
    with np.load(path) as stored:
        arrays = {key: stored[key][:count] for key in stored.files}
    variant = path.stem.partition("_")[0].upper()
    items = [{k: v[i] for k, v in arrays.items()} for i in range(len(arrays["ref_cost"]))]
    made = [_instance(variant, item) for item in items]
    seen = [
        check(instance, _tours(item["ref_tour"]), reasons=False)
        for instance, item in zip(made, items, strict=True)
    ]
    known = arrays["ref_cost"].tolist()
    for report, cost in zip(seen, known, strict=True):
        if report.mandatory_unserved or abs(report.cost - cost) > 1e-6:
            sys.exit(f"{path}: a stored tour costs {report.cost:g}, not {cost:g}: not read right")
    fair = [report.feasible for report in seen]
    return Batch("reference", variant, arrays["demand"].shape[1], made, known, fair)


def _instance(variant: str, item: dict[str, Any]) -> rs.VrpInstance:
    """Make a problem of one item's arrays; negative demands are pickups, in any order."""
    opened = variant.startswith("O")
    timed = "tw_end" in item
    jobs = []
    for i, ((x, y), demand) in enumerate(
        zip(item["node_xy"].astype(float).tolist(), item["demand"].tolist(), strict=True)
    ):
        extra: dict[str, Any] = {"delivery" if demand > 0 else "pickup": (abs(demand),)}
        if timed:
            window = TimeWindow(float(item["tw_start"][i]), float(item["tw_end"][i]))
            extra |= {"time_windows": (window,), "service": float(item["service_time"][i])}
        jobs.append(Job(str(i + 1), Location(x=x, y=y), **extra))
    x, y = item["depot_xy"][0].astype(float).tolist()
    vehicle = VehicleType(
        capacity=(float(item["capacity"]),),
        start="0",
        end=None if opened else "0",
        shift=TimeWindow(latest=HORIZON if timed and not opened else np.inf),
        max_distance=float(item.get("route_limit", np.inf)),
    )
    return rs.VrpInstance(
        jobs=tuple(jobs),
        depots=(Depot("0", Location(x=x, y=y)),),
        vehicle_types=(vehicle,),
        profiles=(Profile(metric="euclidean"),),
        name=variant,
    )


def _tours(tour: np.ndarray[Any, Any]) -> Solution:
    """Return customers between zeros, padded with -1, as a plan."""
    text = " ".join(str(v) for v in tour.tolist() if v >= 0)
    routes = [part.split() for part in re.split(r"(?<!\d)0(?!\d)", text)]
    return Solution(
        tuple(
            Route("vehicle", tuple(Visit("job", name) for name in names), i)
            for i, names in enumerate(names for names in routes if names)
        )
    )


def solved(
    batch: Batch, solver: str, seconds: float, options: argparse.Namespace
) -> tuple[list[float | None], Row]:
    """Return the costs, None without a complete and feasible plan, and the rest of the row."""
    peer = registered(solver)
    cap, memory = options.cap or 60.0 + 5.0 * seconds, int(options.memory * 2**30)
    if solver in OURS:
        warm(solver, Case(batch.instances[0]))
    costs: list[float | None] = []
    verdict, spent = "ok", []
    for instance in batch.instances:
        row = cell(Case(instance), peer, seconds, 1, cap=cap, memory=memory)
        if row["verdict"].startswith("skipped"):
            return [], {"verdict": row["verdict"], "feasible": 0}
        if row["verdict"] != "ok":
            verdict = f"{instance.name}: {row['verdict']}"
        costs.append(row["cost"] if row["verdict"] == "ok" else None)
        spent.append(row.get("cpu_seconds", 0.0))
    found = [cost for cost in costs if cost is not None]
    told = {"verdict": verdict, "feasible": len(found), "mean_cpu_seconds": round(mean(spent), 2)}
    if found:
        told["mean_cost"] = round(mean(found), 5)
    return costs, told


def ratio(costs: list[float | None], ours: list[float | None]) -> float | str:
    """Return a mean cost over the other one, where both have one."""
    pairs = [(a, b) for a, b in zip(costs, ours, strict=False) if a is not None and b is not None]
    return round(mean(a for a, _ in pairs) / mean(b for _, b in pairs), 5) if pairs else ""


def gaps(costs: list[float | None], batch: Batch) -> Row:
    """Return the mean gaps to the stored tours in %, of fair ones and of all."""
    if not batch.known:
        return {}
    found = [
        (100.0 * (cost / known - 1.0), fair)
        for cost, known, fair in zip(costs, batch.known, batch.fair, strict=False)
        if cost is not None
    ]
    fair = [gap for gap, is_fair in found if is_fair]
    return {
        "references": sum(batch.fair),
        "gap": round(mean(fair), 3) if fair else "",
        "gap_all": round(mean(gap for gap, _ in found), 3) if found else "",
    }


def batches(options: argparse.Namespace) -> Iterator[tuple[Row, Callable[[], Batch]]]:
    """Yield what a batch is called, and how to make it."""
    count = options.instances
    if options.reference:
        for path in sorted(options.reference.glob("*.npz")):
            variant, _, n = path.stem.upper().partition("_")
            if options.variant is None or variant in options.variant:
                head = {"set": "reference", "variant": variant, "n": int(n)}
                yield head | {"instances": count}, partial(reference, path, count)
        return
    for variant in options.variant or [*VARIANTS, *PROFILED]:
        for n in options.size:
            head = {"set": "generated", "variant": variant, "n": n, "instances": count}
            yield head, partial(generated, variant, n, count)


def rows(options: argparse.Namespace) -> Iterator[Row]:
    """Yield the rows that are not done, as they come."""
    times = dict(options.solver)
    versions = present(times)
    old = read(options.output, FIELDS)
    done = {tuple(row[k] for k in KEY) for row in old}
    ours = {tuple(row[k] for k in GROUP): _costs(row) for row in old if row["solver"] == "ils"}
    for (head, make), budget in product(batches(options), options.seconds):
        todo = [
            head | {"budget": budget, "solver": solver, "seconds": budget * times[solver]}
            for solver in versions
        ]
        todo = [row for row in todo if tuple(str(row[k]) for k in KEY) not in done]
        batch = make() if todo else None
        for row in todo:
            assert batch is not None
            costs, told = solved(batch, row["solver"], row["seconds"], options)
            row |= told | gaps(costs, batch) | {"version": versions[row["solver"]]}
            row["costs"] = " ".join("-" if cost is None else f"{cost:.6g}" for cost in costs)
            group = tuple(str(row[k]) for k in GROUP)
            if row["solver"] == "ils":
                ours[group] = costs
            row["ratio"] = ratio(costs, ours.get(group, []))
            yield row


def _costs(row: Row) -> list[float | None]:
    return [None if text == "-" else float(text) for text in row["costs"].split()]


def _line(row: Row) -> str:
    cells = [f"{row.get(k, '')!s:>9}" for k in ("feasible", "mean_cost", "ratio", "gap", "gap_all")]
    verdict = "" if row["verdict"] == "ok" else row["verdict"]
    return (
        f"{row['variant']:10} n={row['n']:<4} {row['solver']:8}{float(row['seconds']):6g} s"
        f"{''.join(cells)}  {verdict[:120]}"
    )


def summary(table: list[Row]) -> Iterator[str]:
    """Yield every row, then means by solver and the variants where a peer is ahead of ils."""
    head = ("complete", "mean cost", "ratio", "gap %", "gap all %")
    yield f"{'':34}" + "".join(f"{title:>9}" for title in head)
    yield from map(_line, table)
    by_solver: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in table:
        by_solver[row["set"], f"n={row['n']}", f"T={row['budget']}", row["solver"]].append(row)
    yield ""
    for group, found in sorted(by_solver.items()):
        whole = [row for row in found if row["feasible"] == row["instances"]]
        told = [f"complete on {len(whole)} of {len(found)} variants"]
        for key in ("ratio", "gap", "gap_all"):
            values = [float(row[key]) for row in found if row[key]]
            if values:
                told.append(f"mean {key} {mean(values):.4f}, worst {max(values):.4f}")
        yield f"{' '.join(group):36} " + "; ".join(told)
    ours = {tuple(row[k] for k in GROUP): row for row in table if row["solver"] == "ils"}
    ahead = []
    for row in table:
        mine = ours.get(tuple(row[k] for k in GROUP), {"feasible": "0"})
        cheaper = row["ratio"] and float(row["ratio"]) < 1.0
        if cheaper or int(row["feasible"]) > int(mine["feasible"]):
            ahead.append(row)
    yield f"\nA peer is ahead of ils in {len(ahead)} rows:"
    yield from (f"  {_line(row)}" for row in ahead)


def _weighted(text: str) -> tuple[str, float]:
    """Read ``solver`` or ``solver=times``."""
    name, _, times = text.partition("=")
    if name not in SOLVERS:
        raise argparse.ArgumentTypeError(f"there is no solver {name!r}: {', '.join(SOLVERS)}")
    return name, float(times or 1)


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    add = parser.add_argument
    usual = [pair for pair in (("ils", 1.0), ("ortools", 5.0), ("pyvrp", 1.0))
             if pair[0] in SOLVERS]  # fmt: skip
    add("--variant", nargs="+", metavar="NAME", help="default: all")
    add("--size", nargs="+", type=int, default=[50, 100], help="customers; generated only")
    add("--instances", type=int, default=100, help="of each variant and size")
    add("--solver", nargs="+", type=_weighted, default=usual, metavar="NAME[=TIMES]",
        help="solvers, with so many times the seconds")  # fmt: skip
    add("--reference", type=Path, metavar="FOLDER", help="solve the sets (.npz) there instead")
    add_common(parser)
    options = parser.parse_args()
    checked(parser, options, True)
    if options.instances < 1:
        parser.error("--instances is a number above 0")
    known = [*VARIANTS, *PROFILED]
    wrong = [name for name in options.variant or () if name not in known]
    if wrong:
        parser.error(f"unknown variants: {', '.join(wrong)}; known: {', '.join(known)}")
    return options


def main() -> None:
    """Run what is asked for, then print all rows and their means."""
    options = parse()
    if not options.summary:
        record(options.output, FIELDS, rows(options), _line)
    tables = options.summary or [options.output]
    print("\n".join(summary([row for path in tables for row in read(path, FIELDS)])))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)  # the rows so far are written: go on with --resume
