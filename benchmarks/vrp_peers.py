"""Plans of our solvers beside those of other ones: instance x solver x budget x seed.

    python benchmarks/vrp_peers.py DATA/bench [NAME ...] --output FILE.csv [--resume]
        [--family X solomon ...] [--solver ils pyvrp ...] [--seconds 1 10] [--seed 1 2]
        [--vehicles-first] [--cap 600] [--memory 12]
    python benchmarks/vrp_peers.py --summary FILE.csv [FILE.csv ...]

Every plan is priced and checked by our checker, whoever made it; the gap is to the best cost
known (``BKS.json``). All solvers get the same numbers: our matrices, or coordinates with the same
rounding. Solvers that are not installed are left out; what a solver cannot do is a row with the
reason.

One core each: every cell is a process of its own on the first core that the script may use
(``taskset -c 1`` gives it another). Files are solved one after the other, every solver in turn, so
that a busy machine is busy for all of them: CPU seconds well below the wall seconds tell that it
was. Reading files, our matrices, imports and compiling are counted for nobody. The budget is what a
solver takes as its limit; the seconds used go from the numbers to the plan, so that they also have
what some do outside their limit: PyVRP and VROOM building their models, AILS-II starting Java.
HGS-CVRP and, without time windows, commiv (which takes iterations, calibrated by short runs that
are not counted) count their budget as CPU time, all others as wall time. VROOM exceeds short
budgets. (Linux only.)

Time windows: distances cut to one decimal, as in the DIMACS challenge and CVRPLIB, distance alone
counts. With ``--vehicles-first``: distances to three decimals, fewer vehicles before less distance,
beside the values of SINTEF; for files and solvers that have them.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from peers import PEERS, Case, present
from peers.cells import filled, told, wanted
from peers.options import add_common, checked
from peers.summary import report
from peers.table import keys, read, record

import routesolve as rs
from routesolve.instances.model import Objective

Row = dict[str, Any]
FIELDS = ("instance", "family", "jobs", "objective", "solver", "version", "seconds", "seed",
          "verdict", "cost", "best_known", "gap", "vehicles", "best_vehicles", "iterations",
          "wall_seconds", "cpu_seconds")  # fmt: skip
KEY = ("instance", "objective", "solver", "seconds", "seed")

FAMILIES = {
    "X": "cvrp/X",
    "AGS": "cvrp/AGS",
    "solomon": "vrptw/solomon",
    "homberger": "vrptw/homberger",
    "ortec_ccbync": "vrptw/ortec_ccbync",
}

VEHICLE = 100_000.0
"""Price of a vehicle under vehicles first: more than any plan of these files is long."""


def curated(data: Path, families: list[str], names: list[str]) -> list[Path]:
    """Return the files of some families, all or those of some names."""
    found = []
    missing = set(names)
    for family in families:
        for path in sorted((data / FAMILIES[family]).iterdir()):
            name = path.name.removesuffix(".gz")
            wanted = not names or name.split(".")[0] in names
            if wanted and name.endswith((".vrp", ".txt")) and ".sol" not in name:
                found.append(path)
                missing.discard(name.split(".")[0])
    if missing:
        sys.exit(f"not among {', '.join(families)}: {', '.join(sorted(missing))}")
    return found


def load(path: Path, vehicles_first: bool) -> rs.VrpInstance:
    """Read an instance under the convention of its best known cost."""
    if path.parent.name not in ("solomon", "homberger"):
        return rs.load(path)
    if vehicles_first:
        return rs.load(path, rounding="exact").replace(objective=Objective(vehicles=VEHICLE))
    return rs.load(path, rounding="dimacs")


def best_known(entry: dict[str, Any], vehicles_first: bool) -> Row | None:
    """Return the best plan known under the objective, None when there is none."""
    if vehicles_first:
        best = entry.get("hierarchical", {})
        if "distance" not in best:
            return None
        return {"best_known": best["distance"], "best_vehicles": best["vehicles"]}
    for key in ("cost", "distance_dimacs_trunc1"):
        if key in entry:
            return {"best_known": float(entry[key]), "best_vehicles": ""}
    return None


def cells(options: argparse.Namespace, paths: list[Path]) -> Iterator[Row]:
    """Yield the rows that are not done, as they come."""
    known = {k.lower(): v for k, v in json.loads((options.data / "BKS.json").read_text()).items()}
    objective = "vehicles" if options.vehicles_first else "distance"
    versions = present(options.solver)
    peers = {name: PEERS[name] for name in versions}
    done = keys(options.output, FIELDS, KEY)
    for path in paths:
        name = path.name.split(".")[0]
        best = best_known(known.get(name.lower(), {}), options.vehicles_first)
        todo = wanted({"instance": name, "objective": objective}, options, peers)
        todo = [row for row in todo if tuple(str(row[k]) for k in KEY) not in done]
        if best is None:
            print(f"{name} has no best known plan: left out", file=sys.stderr)
            continue
        if not todo:
            continue
        case = Case(load(path, options.vehicles_first))
        for row in todo:
            row |= best | {"family": path.parent.name, "jobs": case.n}
            row["version"] = versions[row["solver"]]
        yield from filled(todo, case, peers, options)


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    add = parser.add_argument
    add("data", type=Path, nargs="?", help="folder with BKS.json, cvrp/ and vrptw/")
    add("names", nargs="*", help="instances; default: all of the families")
    add("--family", nargs="+", choices=FAMILIES, default=list(FAMILIES))
    add("--solver", nargs="+", choices=PEERS, default=[s for s in PEERS if s != "auto"])
    add("--vehicles-first", action="store_true", help="fewer vehicles, then distance (SINTEF)")
    add("--seed", nargs="+", type=int, default=[1])
    add_common(parser)
    options = parser.parse_args()
    checked(parser, options, options.data)
    if options.vehicles_first:
        options.family = [f for f in options.family if f in ("solomon", "homberger")]
    return options


def main() -> None:
    """Run what is asked for, then print means by family and budget."""
    options = parse()
    if not options.summary:
        paths = curated(options.data, options.family, options.names)
        record(options.output, FIELDS, cells(options, paths), told)
    tables = options.summary or [options.output]
    print(report([row for path in tables for row in read(path, FIELDS)]))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)  # the rows so far are written: go on with --resume
