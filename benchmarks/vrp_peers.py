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
import csv
import importlib
import json
import multiprocessing
import os
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import Any

from peers import OURS, PEERS, Case, Peer, installed, warm
from peers.summary import report

import routesolve as rs
from routesolve.instances.model import Objective
from routesolve.solutions.checker import check

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


def judged(case: Case, peer: Peer, seconds: float, seed: int) -> Row:
    """Solve and let our checker say what the plan is worth."""
    answer = peer.solve(case, seconds, seed)
    checked = check(case.instance, answer.plan, reasons=False)
    unserved = checked.mandatory_unserved
    verdict = "infeasible" if not checked.feasible else f"{unserved} unserved" if unserved else "ok"
    vehicles = int(checked.totals["vehicles"])
    return {
        "verdict": verdict,
        "cost": round(checked.cost - vehicles * case.instance.objective.vehicles, 3),
        "vehicles": vehicles,
        "iterations": "" if answer.iterations is None else answer.iterations,
        "wall_seconds": round(answer.used.wall, 2),
        "cpu_seconds": round(answer.used.cpu, 2),
    }


def _work(pipe: Connection, memory: int, case: Case, peer: Peer, seconds: float, seed: int) -> None:
    """Do one cell in a process that may fail, alone or with its own child processes."""
    os.setsid()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    os.dup2(2, 1)  # what a library prints is no part of the table
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    try:
        for module in peer.packages.values():
            with suppress(ImportError):
                importlib.import_module(module)
        pipe.send(judged(case, peer, seconds, seed))
    except rs.UnsupportedFeature as error:
        pipe.send({"verdict": f"skipped: {' '.join(str(error).split())[:200]}"})
    except MemoryError:
        pipe.send({"verdict": f"failed: more than {memory / 2**30:g} GB of memory"})
    except Exception as error:
        text = " ".join(f"{type(error).__name__}: {error}".split())
        pipe.send({"verdict": f"failed: {text[:200]}"})


def end(child: ForkProcess) -> None:
    """End a process and those that it started."""
    child.kill()
    if child.pid is not None:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
    child.join()


def cell(case: Case, peer: Peer, seconds: float, seed: int, *, cap: float, memory: int) -> Row:
    """Return the outcome of one solver, whatever happens to it."""
    if reason := peer.unfit(case):
        return {"verdict": f"skipped: {reason}"}
    if peer.takes == "matrices":  # made here once, not again in every process
        with suppress(rs.RouteSolveError):
            _ = case.costs, case.times
    here, there = multiprocessing.Pipe(duplex=False)
    child = ForkProcess(target=_work, args=(there, memory, case, peer, seconds, seed))
    child.start()
    there.close()
    try:
        if not here.poll(cap):
            return {"verdict": f"failed: no plan after {cap:g} s"}
        row: Row = here.recv()
        return row
    except EOFError:
        child.join()
        return {"verdict": f"failed: its process ended with code {child.exitcode}"}
    finally:
        end(child)


def cells(
    options: argparse.Namespace, paths: list[Path], solvers: dict[str, str], done: set[Any]
) -> Iterator[Row]:
    """Yield the rows that are not done, as they come."""
    known = {k.lower(): v for k, v in json.loads((options.data / "BKS.json").read_text()).items()}
    objective = "vehicles" if options.vehicles_first else "distance"
    for path in paths:
        name = path.name.split(".")[0]
        best = best_known(known.get(name.lower(), {}), options.vehicles_first)
        todo = [
            {"instance": name, "objective": objective, "solver": s, "seconds": budget, "seed": seed}
            for budget in options.seconds
            for seed in options.seed
            for s in solvers
            if PEERS[s].seeded or seed == options.seed[0]
        ]
        todo = [row for row in todo if tuple(str(row[k]) for k in KEY) not in done]
        if best is None:
            print(f"{name} has no best known plan: left out", file=sys.stderr)
            continue
        if not todo:
            continue
        case = Case(load(path, options.vehicles_first))
        for solver in OURS:
            if any(row["solver"] == solver for row in todo):
                warm(solver, case)
        for row in todo:
            row |= best | {"family": path.parent.name, "jobs": case.n}
            row["version"] = solvers[row["solver"]]
            peer, budget, seed = PEERS[row["solver"]], row["seconds"], row["seed"]
            cap = options.cap or 60.0 + 5.0 * budget
            row |= cell(case, peer, budget, seed, cap=cap, memory=int(options.memory * 2**30))
            if row["verdict"] == "ok":
                row["gap"] = round(100.0 * (row["cost"] / row["best_known"] - 1.0), 3)
            yield row


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    add = parser.add_argument
    add("data", type=Path, nargs="?", help="folder with BKS.json, cvrp/ and vrptw/")
    add("names", nargs="*", help="instances; default: all of the families")
    add("--family", nargs="+", choices=FAMILIES, default=list(FAMILIES))
    add("--solver", nargs="+", choices=PEERS, default=[s for s in PEERS if s != "auto"])
    add("--seconds", nargs="+", type=float, default=[1.0])
    add("--seed", nargs="+", type=int, default=[1])
    add("--output", type=Path, help="CSV file to write; each row at once")
    add("--resume", action="store_true", help="go on with the file: its rows are not run again")
    add("--cap", type=float, help="seconds after which a cell is ended; default: 60 + 5 budgets")
    add("--memory", type=float, default=12.0, help="GB that a cell may take")
    add("--vehicles-first", action="store_true", help="fewer vehicles, then distance (SINTEF)")
    add("--summary", type=Path, nargs="+", metavar="CSV", help="print means of files; run nothing")
    options = parser.parse_args()
    if options.summary:
        return options
    if options.data is None or options.output is None:
        parser.error("give the folder of data and --output, or --summary with files")
    if options.output.exists() and not options.resume:
        parser.error(f"{options.output} exists: add --resume to go on with it, or name another")
    if options.vehicles_first:
        options.family = [f for f in options.family if f in ("solomon", "homberger")]
    return options


def read(path: Path) -> list[Row]:
    """Return the rows of a file."""
    with path.open(newline="") as lines:
        table = csv.DictReader(lines)
        if tuple(table.fieldnames or ()) != FIELDS:
            sys.exit(f"{path} is no table of this script: name another file")
        return list(table)


def main() -> None:
    """Run what is asked for, then print means by family and budget."""
    options = parse()
    if not options.summary:
        solvers = {name: version for name in options.solver if (version := installed(name))}
        for name in options.solver:
            if name not in solvers:
                print(f"{name} is not installed: left out", file=sys.stderr)
        paths = curated(options.data, options.family, options.names)
        new = not options.output.exists()
        old = [] if new else read(options.output)
        done = {tuple(str(row[k]) for k in KEY) for row in old}
        with options.output.open("a", newline="") as lines:
            out = csv.DictWriter(lines, FIELDS)
            if new:
                out.writeheader()
            for row in cells(options, paths, solvers, done):
                out.writerow(row)
                lines.flush()
                told = " ".join(f"{row.get(k, ''):>8}" for k in ("gap", "vehicles", "cpu_seconds"))
                print(f"{row['instance'][:24]:24} {row['solver']:8} {row['seconds']:5g} s {told}  "
                      f"{row['verdict']}", file=sys.stderr)  # fmt: skip
    print(report([row for path in options.summary or [options.output] for row in read(path)]))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)  # the rows so far are written: go on with --resume
