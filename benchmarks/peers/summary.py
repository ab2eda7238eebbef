"""Means and defeats from the rows of ``vrp_peers.py``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from math import inf
from statistics import mean
from typing import Any, NamedTuple

Row = dict[str, Any]
Group = tuple[str, str, float]
OWN = ("ils", "auto")


class Cell(NamedTuple):
    """One solver on one instance at one budget: means over its seeds.

    ``vehicles`` are 0 where only the cost counts.
    """

    vehicles: float
    cost: float
    gap: float
    cpu: float
    best_vehicles: float
    best_cost: float


Cells = dict[str, Cell | None]
Groups = dict[Group, dict[str, Cells]]


def report(rows: Iterable[Row]) -> str:
    """Return means by family, budget and solver, and the cells that a peer wins, as text."""
    groups = _grouped(rows)
    lines: list[str] = []
    for group, instances in sorted(groups.items()):
        lines += _table(group, instances)
    for own in OWN:
        lines += _defeats(own, groups)
    return "\n".join(lines)


def _grouped(rows: Iterable[Row]) -> Groups:
    """Return cells by objective, family and budget, then instance, then solver."""
    seeds: dict[tuple[Group, str, str], list[Row]] = defaultdict(list)
    for row in rows:
        group = (row["objective"], row["family"], float(row["seconds"]))
        seeds[group, row["instance"], row["solver"]].append(row)
    groups: Groups = defaultdict(lambda: defaultdict(dict))
    for (group, instance, solver), found in seeds.items():
        groups[group][instance][solver] = _cell(found)
    return groups


def _cell(seeds: list[Row]) -> Cell | None:
    """Return None when a seed has no complete and feasible plan."""
    if any(row["verdict"] != "ok" for row in seeds):
        return None
    counts = seeds[0]["objective"] == "vehicles"
    vehicles = mean(float(row["vehicles"]) for row in seeds) if counts else 0.0
    best_vehicles = float(seeds[0]["best_vehicles"]) if counts else 0.0
    cost, gap, cpu = (mean(float(r[k]) for r in seeds) for k in ("cost", "gap", "cpu_seconds"))
    return Cell(vehicles, cost, gap, cpu, best_vehicles, float(seeds[0]["best_known"]))


def _score(cell: Cell | None) -> tuple[float, float]:
    """Return what is less for a better plan."""
    return (inf, 0.0) if cell is None else (cell.vehicles, round(cell.cost, 3))


def _table(group: Group, instances: dict[str, Cells]) -> list[str]:
    """Return a line per solver over the instances that it solved."""
    objective, family, seconds = group
    solvers = list(dict.fromkeys(s for cells in instances.values() for s in cells))
    best = {instance: min(map(_score, cells.values())) for instance, cells in instances.items()}
    counts = objective == "vehicles"
    columns = ("vehicles (known)", "distance (known)", "gap % where matched")
    columns = columns if counts else ("mean gap %",)
    lines = ["", f"{family}, {seconds:g} s, {objective}: {len(instances)} instances",
             f"{'solver':10}" + "".join(f"{c:>20}" for c in columns)
             + f"{'complete':>10}{'best on':>9}{'CPU s':>9}"]  # fmt: skip
    for solver in solvers:
        mine = {i: cell for i, cells in instances.items() if (cell := cells.get(solver))}
        if not mine:
            lines.append(f"{solver:10}" + f"{'-':>20}" * len(columns) + f"{0:10}")
            continue
        wins = sum(_score(cell) == best[i] for i, cell in mine.items())
        cpu = mean(cell.cpu for cell in mine.values())
        told = (
            _sums(list(mine.values())) if counts else [f"{mean(c.gap for c in mine.values()):.2f}"]
        )
        values = "".join(f"{text:>20}" for text in told)
        lines.append(f"{solver:10}{values}{len(mine):10}{wins:9}{cpu:9.2f}")
    return lines


def _sums(cells: list[Cell]) -> list[str]:
    """Return all vehicles, the whole distance and the mean gap where no vehicle is too many."""
    used, cost = sum(c.vehicles for c in cells), sum(c.cost for c in cells)
    known, best = sum(c.best_vehicles for c in cells), sum(c.best_cost for c in cells)
    gaps = [c.gap for c in cells if c.vehicles <= c.best_vehicles]
    matched = f"{mean(gaps):.2f} ({len(gaps)} of {len(cells)})" if gaps else "none"
    return [f"{used:.1f} ({known:.0f})", f"{cost:.0f} ({best:.0f})", matched]


def _defeats(own: str, groups: Groups) -> list[str]:
    """Name every cell where a peer is ahead of one of ours."""
    lines, count = [], 0
    for (objective, _family, seconds), instances in sorted(groups.items()):
        for instance, cells in instances.items():
            if own not in cells:
                continue
            count += 1
            mine = _score(cells[own])
            ahead = [s for s in cells if s not in OWN and _score(cells[s]) < mine]
            if ahead:
                ahead.sort(key=lambda solver: _score(cells[solver]))
                told = ", ".join(f"{solver} {_told(cells[solver])}" for solver in ahead)
                lines.append(
                    f"  {instance} {seconds:g} s {objective}: {own} {_told(cells[own])}; {told}"
                )
    return (
        ["", f"A peer is ahead of {own} in {len(lines)} of {count} cells:", *lines] if count else []
    )


def _told(cell: Cell | None) -> str:
    if cell is None:
        return "no plan"
    if cell.vehicles:
        return f"{cell.vehicles:g} vehicles {cell.cost:.1f}"
    return f"{cell.gap:.2f} % ({cell.cpu:.1f} CPU s)"
