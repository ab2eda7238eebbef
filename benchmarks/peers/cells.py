"""The cells of a table: a solver on an instance, in a process of its own that may fail."""

from __future__ import annotations

import argparse
import importlib
import multiprocessing
import os
import resource
import signal
from collections.abc import Iterator, Mapping
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess
from typing import Any

import routesolve as rs
from routesolve.solutions.checker import check

from .case import Case, Peer
from .ours import OURS, warm

Row = dict[str, Any]


def judged(case: Case, peer: Peer, seconds: float, seed: int) -> Row:
    """Solve and let our checker say what the plan is worth."""
    answer = peer.solve(case, seconds, seed)
    checked = check(case.instance, answer.plan, reasons=False)
    unserved = checked.mandatory_unserved
    verdict = "infeasible" if not checked.feasible else f"{unserved} unserved" if unserved else "ok"
    vehicles = int(checked.totals["vehicles"])
    return {
        "verdict": verdict,
        "cost": round(checked.cost - vehicles * case.instance.objective.vehicles, 6),
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
        pipe.send({"verdict": f"skipped: {str(error).splitlines()[0][:200]}"})
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


def wanted(head: Row, options: argparse.Namespace, peers: Mapping[str, Peer]) -> list[Row]:
    """Return the rows of an instance, every solver in turn, with what tells them apart."""
    return [
        head | {"solver": solver, "seconds": budget, "seed": seed}
        for budget in options.seconds
        for seed in options.seed
        for solver, peer in peers.items()
        if peer.seeded or seed == options.seed[0]
    ]


def filled(
    rows: list[Row],
    case: Case,
    peers: Mapping[str, Peer],
    options: argparse.Namespace,
    *,
    whole: float = 0.0,
) -> Iterator[Row]:
    """Run the cells of an instance and yield their rows as they come.

    The gap is of ``whole`` minus the cost, where that is given: a score that was to be collected.
    """
    for solver in OURS:
        if any(row["solver"] == solver for row in rows):
            warm(solver, case)
    for row in rows:
        cap = options.cap or 60.0 + 5.0 * row["seconds"]
        memory = int(options.memory * 2**30)
        peer = peers[row["solver"]]
        row |= cell(case, peer, row["seconds"], row["seed"], cap=cap, memory=memory)
        if row["verdict"] == "ok":
            best = row["best_known"]
            above = 100.0 * (row["cost"] - best) / abs(whole - best)
            row["gap"] = round(above, 3)
        yield row


def told(row: Row) -> str:
    """Return a row as a line of progress."""
    numbers = " ".join(f"{row.get(k, ''):>8}" for k in ("gap", "vehicles", "cpu_seconds"))
    return (
        f"{row['instance'][:24]:24} {row['solver']:8} {row['seconds']:5g} s {numbers}  "
        f"{row['verdict']}"
    )
