"""Every family of routing problems: file x solver of our registry x budget x seed.

    python benchmarks/families.py DATA/bench [NAME ...] --output FILE.csv [--resume]
        [--family li_lim MDVRPTW ...] [--solver ils pyvrp ortools] [--seconds 1 10] [--seed 1 2]
        [--cap 600] [--memory 12]
    python benchmarks/families.py DATA/bench --list [--family ...]
    python benchmarks/families.py --summary FILE.csv [FILE.csv ...]

Solvers are those of our registry, so that all of them get one instance and are judged by one
checker; ``vrp_peers.py`` measures other programs without our translation. How cells are run and
counted is said there. What a solver does not support is a row with the reason.

The best known value of a file is that of the plan stored beside it, checked and priced here: a
plan that breaks a rule ends the run, because the file is then not read as it is meant. Files
without a stored plan have the value of ``BKS.json``. ``--list`` shows values, conventions and the
features that each file uses.

objective   what is compared
cost        the cost of the plan; gap in %
vehicles    fewer vehicles, then less distance; the gap is that of the distance
score       team orienteering: the cost is the score not collected, the gap that of the score

Periodic problems (``pvrp``) span several days and are not expressed by the model.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

from peers import Case, present, registered
from peers.cells import filled, told, wanted
from peers.options import add_common, checked
from peers.summary import report
from peers.table import keys, read, record
from vrp_peers import FIELDS, KEY

import routesolve as rs
from routesolve.errors import RoutesolveWarning
from routesolve.instances.features import used_features
from routesolve.solutions.checker import check
from routesolve.solutions.readers import read_plan
from routesolve.solvers.registry import SOLVERS

Row = dict[str, Any]


class Family(NamedTuple):
    """Where its files are, and what is compared."""

    folder: str
    objective: Literal["cost", "vehicles", "score"] = "cost"


FAMILIES = {
    "li_lim": Family("pdptw/li_lim", "vehicles"),
    "sartori_buriol": Family("pdptw/sartori_buriol", "vehicles"),
    "mdvrp": Family("mdvrp"),
    "hvrp": Family("hvrp"),
    "VRPB": Family("pyvrp/VRPB"),
    "MDVRPTW": Family("pyvrp/MDVRPTW"),
    "PCVRPTW": Family("pyvrp/PCVRPTW"),
    "HFVRP": Family("pyvrp/HFVRP"),
    "MTVRPTWR": Family("pyvrp/MTVRPTWR"),
    "SDVRPTW": Family("pyvrp/SDVRPTW"),
    "GVRP": Family("pyvrp/GVRP"),
    "top": Family("top", "score"),
}

SCORES = {"p4.2.a": 326.0, "p4.3.a": 262.0, "p4.4.a": 227.0}
"""Team orienteering: most that tours can collect, by enumeration of all of them.

These files are Chao's without their last point: tours return to the start, and his values (206, 0
and 0) do not hold.
"""

_FILE = re.compile(r"(?P<stem>.+)\.(vrp|txt)(\.gz)?$")
_PLAN = re.compile(r"\.sol(\.txt)?(\.gz)?$|\.\d+_\d+\.txt$")


class Known(NamedTuple):
    """The best plan known of a file; ``whole``: the score there is, 0 for other objectives."""

    cost: float
    vehicles: int | None = None
    whole: float = 0.0


def curated(data: Path, families: list[str], names: list[str]) -> Iterator[tuple[str, str, Path]]:
    """Yield family, name and file, of all files or those of some names."""
    missing = set(names)
    for family in families:
        for path in sorted((data / FAMILIES[family].folder).iterdir()):
            match = _FILE.match(path.name)
            if match is None or _PLAN.search(path.name) or (names and match["stem"] not in names):
                continue
            missing.discard(match["stem"])
            yield family, match["stem"], path
    if missing:
        sys.exit(f"not among {', '.join(families)}: {', '.join(sorted(missing))}")


def load(path: Path) -> rs.VrpInstance:
    """Read an instance; the formats know the convention of each family."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*is no end", category=RoutesolveWarning)
        return rs.load(path)


def stored_plan(path: Path, name: str) -> Path | None:
    """Return the file with the best known plan."""
    for other in sorted(path.parent.iterdir()):
        if _PLAN.search(other.name) and _PLAN.sub("", other.name) == name:
            return other
    return None


@cache
def _values(data: Path) -> dict[str, Any]:
    values: dict[str, Any] = json.loads((data / "BKS.json").read_text())
    return values


def best_known(data: Path, family: str, name: str, path: Path, instance: rs.VrpInstance) -> Known:
    """Return what the stored plan is worth, or the stored value where there is no plan.

    Without either there is nothing to compare with, and the run ends.
    """
    stored = stored_plan(path, name)
    if stored is not None:
        plan = read_plan(stored, instance).replace(cost=None)
        seen = check(instance, plan, reasons=False)
        if not seen.feasible or seen.mandatory_unserved:
            why = seen.violations[0].message if seen.violations else "it leaves jobs out"
            sys.exit(f"{stored} breaks a rule, so {path.name} is not read as it is meant: {why}")
        if FAMILIES[family].objective != "vehicles":
            return Known(round(seen.cost, 3))
        return Known(round(seen.cost - seen.terms["vehicles"], 3), int(seen.totals["vehicles"]))
    if name in SCORES:
        whole = sum(job.prize or 0.0 for job in instance.jobs)
        return Known(whole - SCORES[name], whole=whole)
    entry = _values(data).get(f"{FAMILIES[family].folder}/{name}")
    if entry is None:
        sys.exit(f"{path} has neither a plan beside it nor a value in BKS.json")
    return Known(float(entry["cost"]))


def cells(options: argparse.Namespace) -> Iterator[Row]:
    """Yield the rows that are not done, as they come."""
    versions = present(options.solver)
    peers = {name: registered(name) for name in versions}
    done = keys(options.output, FIELDS, KEY)
    for family, name, path in curated(options.data, options.family, options.names):
        head = {"instance": name, "objective": FAMILIES[family].objective}
        todo = wanted(head, options, peers)
        todo = [row for row in todo if tuple(str(row[k]) for k in KEY) not in done]
        if not todo:
            continue
        instance = load(path)
        best = best_known(options.data, family, name, path, instance)
        for row in todo:
            row |= {"family": family, "jobs": instance.task_count, "best_known": best.cost}
            row["best_vehicles"] = "" if best.vehicles is None else best.vehicles
            row["version"] = versions[row["solver"]]
        yield from filled(todo, Case(instance), peers, options, whole=best.whole)


def listing(options: argparse.Namespace) -> Iterator[str]:
    """Yield what is known about each file."""
    for family, name, path in curated(options.data, options.family, options.names):
        instance = load(path)
        best = best_known(options.data, family, name, path, instance)
        source = stored_plan(path, name)
        vehicles = "" if best.vehicles is None else f"{best.vehicles} vehicles, "
        used = ", ".join(sorted(str(feature) for feature in used_features(instance)))
        value = f"score {best.whole - best.cost:g}" if best.whole else f"{best.cost:.10g}"
        yield (
            f"{family} {name}: {instance.task_count} tasks, rounding {instance.rounding}, best "
            f"{vehicles}{value} ({source.name if source else 'no plan'})\n    {used}"
        )


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    add = parser.add_argument
    usual = [name for name in ("ils", "pyvrp", "ortools") if name in SOLVERS]
    add("data", type=Path, nargs="?", help="folder with BKS.json, pdptw/, pyvrp/ and so on")
    add("names", nargs="*", help="files, without their suffix; default: all of the families")
    add("--family", nargs="+", choices=FAMILIES, default=list(FAMILIES))
    add("--solver", nargs="+", choices=list(SOLVERS), default=usual)
    add("--list", action="store_true", help="print values and features of the files; run nothing")
    add("--seed", nargs="+", type=int, default=[1])
    add_common(parser)
    options = parser.parse_args()
    if options.list and options.data is None:
        parser.error("give the folder of data")
    if not options.list:
        checked(parser, options, options.data)
    return options


def main() -> None:
    """Run what is asked for, then print means by family and budget."""
    options = parse()
    if options.list:
        print("\n".join(listing(options)))
        return
    if not options.summary:
        record(options.output, FIELDS, cells(options), told)
    tables = options.summary or [options.output]
    print(report([row for path in tables for row in read(path, FIELDS)]))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)  # the rows so far are written: go on with --resume
