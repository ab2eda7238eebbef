"""Load every benchmark instance and recompute every stored solution with the checker.

    python benchmarks/recompute.py DATA/bench > benchmarks/results/recompute.csv

DATA is the folder of benchmark data (not part of the project). One row per instance file and stored
solution: does it load, in how many seconds, is the solution feasible, what does it cost, what is
stated, and under which convention. A note says what is compared with what.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import routesolve as rs
from routesolve.errors import RouteSolveError
from routesolve.solutions.checker import check
from routesolve.solutions.readers import read_plan

FAMILIES = ("cvrp", "tsp", "vrptw", "pdptw", "mdvrp", "hvrp", "top", "pvrp", "pyvrp")
UNROUNDED = ("golden_li_cmt_tai",)  # literature that does not round; the files do not say so
FIELDS = ["family", "file", "jobs", "shipments", "load_s", "solution", "convention"]
FIELDS += ["feasible", "vehicles", "cost", "stated", "matches", "note"]


def instance_files(bench: Path) -> Iterator[Path]:
    """Yield instance files: everything that is neither a solution nor about the data."""
    for family in FAMILIES:
        for path in sorted((bench / family).rglob("*")):
            name = path.name.removesuffix(".gz")
            plan = ".sol" in name or name.endswith(".res") or re.search(r"\.\d+_\d+\.txt$", name)
            if path.is_file() and not plan and not name.startswith(("README", "LICENSE")):
                yield path


def solution_files(path: Path) -> list[Path]:
    """Return the stored solutions of an instance: same name, other endings."""
    stem = re.sub(r"\.(vrp|txt|tsp|atsp)$", "", path.name.removesuffix(".gz"))
    return sorted(
        other
        for other in path.parent.iterdir()
        if other != path
        and other.name.lower().startswith(stem.lower() + ".")
        and (".sol" in other.name or re.search(r"\.\d+_\d+\.txt$", other.name))
    )


def stated_cost(path: Path, known: dict[str, Any], convention: str) -> tuple[float | None, str]:
    """Return the cost that a solution should have, and where it is stated."""
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode("utf-8", "replace")
    if match := re.search(r"^\s*cost:?\s+([\d.eE+]+)", text, re.MULTILINE | re.IGNORECASE):
        return float(match[1]), "file"
    stem = path.name.split(".")[0]
    entry = known.get(stem) or known.get(stem.upper()) or known.get(stem.lower()) or {}
    if convention == "dimacs" and "distance_dimacs_trunc1" in entry:
        return entry["distance_dimacs_trunc1"], "best-known list"
    if "hierarchical" in entry:
        best = entry["hierarchical"]
        return best.get("distance", best.get("cost")), "best-known list"
    return entry.get("cost"), "best-known list"


def options_for(path: Path, solution: Path | None) -> dict[str, str]:
    """Return the convention that a file's literature uses where the file does not tell."""
    if path.parent.name in UNROUNDED:
        return {"rounding": "none"}
    if solution is not None and ("hierarchical" in solution.name or "li_lim" in solution.parts):
        return {"rounding": "none"}
    return {}


def rows(bench: Path) -> Iterator[dict[str, Any]]:
    """Yield one row per instance and stored solution."""
    known = json.loads((bench / "BKS.json").read_text())
    for path in instance_files(bench):
        family = path.relative_to(bench).parts[0]
        for solution in solution_files(path) or [None]:
            row: dict[str, Any] = {"family": family, "file": str(path.relative_to(bench))}
            try:
                options = options_for(path, solution)
                begin = time.perf_counter()
                instance = rs.load(path, **options)
                row["load_s"] = f"{time.perf_counter() - begin:.3f}"
                row |= {"jobs": len(instance.jobs), "shipments": len(instance.shipments)}
                row["convention"] = str(instance.rounding)
                if solution is not None:
                    row["solution"] = solution.name
                    row |= judge(instance, solution, known)
            except RouteSolveError as error:
                row["note"] = error.problems[0].what
            yield row


def judge(instance: rs.VrpInstance, solution: Path, known: dict[str, Any]) -> dict[str, Any]:
    """Check a stored solution and compare its cost."""
    plan = read_plan(solution, instance).replace(cost=None)
    report = check(instance, plan, reasons=False)
    stated, source = stated_cost(solution, known, str(instance.rounding))
    hierarchical = bool(instance.objective.vehicles)  # fleet first: distance and fleet are stated
    cost = report.cost - report.terms["vehicles"] if hierarchical else report.cost
    row: dict[str, Any] = {
        "feasible": report.feasible and report.complete,
        "vehicles": int(report.totals["vehicles"]),
        "cost": f"{cost:.4f}".rstrip("0").rstrip("."),
        "stated": stated,
    }
    notes = [f"stated in the {source}"]
    if hierarchical:
        notes.append("without the vehicles' term")
    if stated is not None:
        factors = {
            1.0: "",
            10.0: "stated in tenths",
            1000.0: "stated in thousandths",
            0.01: "unit costs in the file are x 100, the stated cost is not",
        }
        for factor, note in factors.items():
            close = max(1.0, 1e-6 * stated) if factor > 1 else max(0.01, 1e-6 * stated)
            if abs(cost * factor - stated) <= close:
                row["matches"] = True
                notes += [note] if note else []
                break
        else:
            row["matches"] = False
    notes += [str(v.message) for v in report.violations[:2]]
    row["note"] = "; ".join(notes)
    return row


def main() -> None:
    """Write the table to standard output and a summary to standard error."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bench", type=Path)
    bench = parser.parse_args().bench
    out = csv.DictWriter(sys.stdout, FIELDS, lineterminator="\n")
    out.writeheader()
    files: dict[str, bool] = {}
    good = bad = 0
    for row in rows(bench):
        out.writerow(row)
        files[row["file"]] = "load_s" in row
        if "solution" in row:
            fine = row.get("feasible") and row.get("matches")
            good, bad = good + bool(fine), bad + (not fine)
    print(
        f"{sum(files.values())} files load, {len(files) - sum(files.values())} are refused; "
        f"{good} stored solutions recompute, {bad} do not",
        file=sys.stderr,
    )


if __name__ == "__main__":
    main()
