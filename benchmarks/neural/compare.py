"""Solvers of our registry on the same problems: problem x solver x seconds x seed, a row each.

    python benchmarks/neural/compare.py --output FILE.csv [--resume] --pool FILE.npz
        [--areas 0:32] [--variant CVRP VRPTW ...] [--customers 100] [--vehicles 3 5 7]
        [--choice uniform clustered] [--count 100] [--draw 3] [--numbers 0:40]
        [--solver neural:100 neural:800 ils neural+ils pyvrp ...] [--seconds 1 10] [--seed 1]
        [--weights FILE.safetensors] [--clock cpu]
    python benchmarks/neural/compare.py --output FILE.csv [--resume] --stored DATA/bench/neural
        [--variant VRPB ...] [--customers 50] [--count 64] [--solver ...] ...

``neural:100`` is the network alone, one view of up to 100 greedy rollouts, ``neural:800`` eight;
they have no limit of time, and their ``seconds`` are 0. Problems of a pool are CVRP for what the
literature calls ACVRP, and so on; gaps are to be shares of ``travel``, the cost without what
preferences are worth. ``--stored``: sets of other authors with tours, which become rows of the
solver ``stored``. Those with backhauls may break our rule for loads: ``violations`` says so.

Every cell's first problem is solved by everybody before its second one, so that a run that is cut
short leaves equal counts. One process, one thread. With ``--clock cpu`` budgets are CPU seconds of
the process, for peers, too. Building models and the check of the plan are counted, compiling is
not.
"""

from __future__ import annotations

import argparse
import sys
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from importlib.metadata import version
from importlib.resources import files
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

from cells import HEAD, STORED, Cell, Item, Row, drawn, sets
from peers.table import keys, record

import routesolve as rs
from routesolve.instances.instance import VrpInstance
from routesolve.solvers.base import Budget, Solver
from routesolve.solvers.neural.sampler import CHOICES, NAMES, PROFILED, Recipe
from routesolve.solvers.neural.solver import STARTS
from routesolve.solvers.neural.weights import SHIPPED, Weights
from routesolve.solvers.registry import SOLVERS

KEY = (*HEAD, "number", "problem", "solver", "weights", "seconds", "clock", "seed")
FIELDS = (*KEY, "area", "version", "verdict", "cost", "travel", "unserved", "violations",
          "iterations", "cpu_seconds", "wall_seconds")  # fmt: skip
WARM = 0.5
"""Seconds after which every kernel has been called once."""


class Method(NamedTuple):
    """A solver as it is asked for.

    Attributes
    ----------
    name
        In the table.
    solver
        That of the registry.
    views
        Of the network alone; None = the budget is in seconds.
    weights, version
        Of the network, with a checksum; of the package.
    """

    name: str
    solver: Solver
    views: int | None
    weights: str
    version: str


def method(text: str, weights: Path | None) -> Method:
    """Make what ``solver`` or ``neural:ROLLOUTS`` stands for."""
    name, _, rollouts = text.partition(":")
    package = name if name in ("pyvrp", "ortools") else "routesolve"
    made = SOLVERS.load(name)
    if not name.startswith("neural"):
        return Method(text, made(), None, "", f"{package} {version(package)}")
    shipped = files("routesolve.solvers.neural").joinpath("data", SHIPPED)
    raw = shipped.read_bytes() if weights is None else weights.read_bytes()
    mark = f"{'shipped' if weights is None else weights.stem}-{zlib.crc32(raw):08x}"
    solver = made() if weights is None else made(Weights.load(weights))
    views = int(rollouts) // STARTS if rollouts else None
    return Method(text, solver, views, mark, f"{package} {version(package)}")


def solved(instance: VrpInstance, how: Method, seconds: float, seed: int) -> Row:
    """Let a solver plan one problem, and our checker say what the plan is worth."""
    if lacking := how.solver.unsupported(instance):
        return {"verdict": f"unsupported: {', '.join(lacking)}"[:200]}
    budget = Budget(seconds=seconds or None, iterations=how.views)
    cpu, wall = time.process_time(), time.perf_counter()
    try:
        found = how.solver.solve(instance, budget, seed=seed)
    except rs.RouteSolveError as error:
        return {"verdict": f"failed: {' '.join(str(error).split())}"[:200]}
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    if found.interrupted:  # Ctrl-C ends a search; it is to end the run
        raise KeyboardInterrupt
    worth = -found.report.terms.get("preference", 0.0)
    return {
        "verdict": "ok",
        "cost": f"{found.cost:.10g}",
        "travel": f"{found.cost + worth:.10g}",
        "unserved": len(found.solution.unassigned),
        "violations": len(found.report.violations),
        "iterations": found.iterations,
        "cpu_seconds": round(cpu, 3),
        "wall_seconds": round(wall, 3),
    }


def asked(cell: Cell, item: Item, options: argparse.Namespace) -> Iterator[tuple[Row, Method]]:
    """Yield the rows of one problem, as far as what tells them apart, and who is to fill them."""
    head = cell.head | {"number": item.number, "problem": item.problem, "area": item.area}
    for seed, how in product(options.seed, options.methods):
        for seconds in (0.0,) if how.views else options.seconds:
            yield (
                head
                | {
                    "solver": how.name,
                    "weights": how.weights,
                    "seconds": f"{seconds:g}",
                    "clock": options.clock,
                    "seed": seed,
                    "version": how.version,
                },
                how,
            )


def rows(cells: list[Cell], options: argparse.Namespace) -> Iterator[Row]:
    """Yield the rows that are not done, as they come."""
    done = keys(options.output, FIELDS, KEY)
    warm = set()

    def new(row: Row) -> bool:
        return tuple(str(row[key]) for key in KEY) not in done

    for number, cell in product(range(options.count)[options.numbers], cells):
        item = cell.item(number)
        if item.stored is not None:
            head = cell.head | {"number": number, "problem": item.problem, "solver": STORED}
            row = dict.fromkeys(KEY, "") | head | item.stored
            if new(row):
                yield row
        for row, how in asked(cell, item, options):
            if not new(row):
                continue
            if (cell, how.name) not in warm and row["version"].startswith("routesolve"):
                warm.add((cell, how.name))
                solved(item.instance, how, 0.0 if how.views else WARM, 0)
            yield row | solved(item.instance, how, float(row["seconds"]), row["seed"])


def fleets(variant: str, vehicles: list[int] | None) -> list[dict[str, Any]]:
    """What recipes say of vehicles that differ; each number makes a cell."""
    if variant not in PROFILED or vehicles is None:
        return [{}]
    return [{"vehicles": (m, m)} for m in vehicles]


def count_cpu_time() -> None:
    """Let our clock read CPU time, and the library of OR-Tools ask it instead of its own."""
    time.monotonic = time.process_time
    with suppress(ImportError):
        from routesolve.solvers._ortools.search import LONGEST, Search

        limited = Search._set_limits

        def unlimited(search: Search, *, solutions: int) -> None:
            limited(search, solutions=solutions)
            search.parameters.time_limit.FromSeconds(int(LONGEST))

        Search._set_limits = unlimited  # type: ignore[method-assign]


def told(row: Row) -> str:
    """Return a row as a line of progress."""
    cell = " ".join(str(row[key]) for key in ("pool", "variant", "customers", "choice", "number"))
    cost, cpu = row.get("cost", ""), row.get("cpu_seconds", "")
    used = f"{row['solver']:12} {row['seconds']:>4} s {cost:>14} {cpu:>8} CPU s"
    return f"{cell:32} {used} {row['verdict']}"


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    add = parser.add_argument
    add("--pool", type=Path, help="areas to draw problems from (.npz)")
    add("--areas", default="", metavar="FROM:TO", help="only these areas of the pool")
    add("--stored", type=Path, metavar="FOLDER", help="solve the sets (.npz) there instead")
    add("--variant", nargs="+", help="default: CVRP VRPTW ATSP; all sets")
    add("--customers", nargs="+", type=int, default=[100])
    add("--choice", nargs="+", choices=[*CHOICES, "any"], default=["uniform"])
    add("--vehicles", nargs="+", type=int, help="of PVRP-P and PVRP-ZC; default: 3 to 7, drawn")
    add("--count", type=int, default=100, help="problems of a cell")
    add("--draw", type=int, default=3, help="seed of the problems")
    add("--numbers", type=_slice, default=slice(None), metavar="FROM:TO", help="only these")
    add("--solver", nargs="+", default=["neural:100", "ils", "pyvrp"])
    add("--weights", type=Path, help="of the network; default: those of the package")
    add("--seconds", nargs="+", type=float, default=[1.0])
    add("--seed", nargs="+", type=int, default=[1], help="of the solvers")
    add("--clock", choices=("wall", "cpu"), default="wall", help="what seconds are")
    add("--output", type=Path, required=True, help="CSV file to write; each row at once")
    add("--resume", action="store_true", help="go on with the file: its rows are not run again")
    options = parser.parse_args(arguments)
    if (options.pool is None) == (options.stored is None):
        parser.error("give --pool or --stored")
    if options.output.exists() and not options.resume:
        parser.error(f"{options.output} exists: add --resume to go on with it, or name another")
    for text in options.solver:
        name, _, rollouts = text.partition(":")
        if name not in SOLVERS:
            parser.error(f"there is no solver {name!r}: {', '.join(SOLVERS)}")
        if rollouts and (name != "neural" or not rollouts.isdigit() or int(rollouts) % STARTS):
            parser.error(f"{text}: rollouts are of neural alone, and a multiple of {STARTS}")
    known = [*NAMES, "any"]
    wrong = [name for name in options.variant or () if name not in known]
    if wrong:
        parser.error(f"unknown variants: {', '.join(wrong)}; known: {', '.join(known)}")
    options.methods = [method(text, options.weights) for text in options.solver]
    return options


def _slice(text: str) -> slice:
    low, _, high = text.partition(":")
    return slice(int(low or 0), int(high) if high else None)


def main(arguments: list[str] | None = None) -> None:
    """Run what is asked for."""
    options = parse(arguments)
    if options.clock == "cpu":
        count_cpu_time()
    cells: list[Cell] = []
    if options.stored:
        cells += sets(options.stored, options.variant, options.customers, options.count)
    else:
        names = options.variant or ["CVRP", "VRPTW", "ATSP"]
        recipes = (
            Recipe(name, (n, n), choice, **some)
            for n, choice, name in product(options.customers, options.choice, names)
            for some in fleets(name, options.vehicles)
        )
        draw, count = options.draw, options.count
        cells += drawn(options.pool, options.areas, recipes, draw=draw, count=count)
    record(options.output, FIELDS, rows(cells, options), told)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)  # the rows so far are written: go on with --resume
