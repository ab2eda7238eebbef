"""What ``compare.py`` found, as Markdown tables.

    python benchmarks/neural/summary.py FILE.csv [FILE.csv ...] [--reference pyvrp@20cpu ...]
        [--pair neural+ils@1cpu ils@1cpu] [--apart test joined[0:32]] [--unfair]

Plans are named ``solver@seconds``, ``s`` for wall and ``cpu`` for CPU seconds; the network alone
is ``neural:100``. A gap is how much more a plan costs than the reference's, as a share of what the
reference's travel costs, in %; the reference is the first of ``--reference`` that a cell has,
default PyVRP with the most seconds, then stored tours. *Best* is the cheapest plan of all rows.
Costs are means over seeds. Gaps are over problems for which both have a plan that serves everybody
and breaks no rule; the others are counted as *lost* where the reference has one. ``--unfair``:
compare with reference plans that break a rule, too; such cells have a *.

Intervals are those of Student's t at 95 %. Pairs are compared on the same problems: means of the
difference of their gaps to the second one, Wilcoxon's signed ranks and the sign test, two-sided,
ties (less than 0.001 %) left out.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import nan
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from cells import HEAD, STORED
from compare import FIELDS
from peers.table import read
from scipy import stats

Row = dict[str, Any]
Values = np.ndarray[Any, np.dtype[np.float64]]
TIE = 1e-5
"""Share of the travel cost below which two plans cost the same."""


class Worth(NamedTuple):
    """What a contender's plan of one problem costs, means over seeds; NaN = not a proper plan.

    ``loose`` is the cost of plans that serve everybody, whatever rules they break.
    """

    cost: float
    travel: float
    loose: float
    violations: int
    unserved: int
    cpu: float


@dataclass(frozen=True)
class Cell:
    """Plans of one cell: contender, then problem."""

    head: tuple[str, ...]
    plans: dict[str, dict[str, Worth]] = field(default_factory=lambda: defaultdict(dict))

    @property
    def name(self) -> str:
        """For tables."""
        row = dict(zip(HEAD, self.head, strict=True))
        return f"{pool_of(row)} {self.kind}"

    @property
    def kind(self) -> str:
        """The same without the pool."""
        row = dict(zip(HEAD, self.head, strict=True))
        fleet = f" m={row['vehicles']}" if row["vehicles"] else ""
        return f"{row['variant']} {row['customers']}{fleet} {row['choice']}".strip()

    def best(self) -> dict[str, Worth]:
        """The cheapest proper plan of each problem."""
        found: dict[str, Worth] = {}
        for plans in self.plans.values():
            for problem, plan in plans.items():
                if not np.isnan(plan.cost) and (
                    problem not in found or plan.cost < found[problem].cost
                ):
                    found[problem] = plan
        return found


def pool_of(row: Mapping[str, str]) -> str:
    """Name a pool with the slice of its areas."""
    return row["pool"] + (f"[{row['areas']}]" if row["areas"] else "")


def contender(row: Row, several: bool) -> str:
    """Name a solver with its seconds, and its weights where there are several."""
    seconds = float(row["seconds"] or 0)
    unit = "cpu" if row["clock"] == "cpu" else "s"
    budget = f"@{seconds:g}{unit}" if seconds else ""
    weights = f" {row['weights']}" if several and row["weights"] else ""
    return f"{row['solver']}{budget}{weights}"


def gathered(rows: list[Row]) -> list[Cell]:
    """Sort rows into cells."""
    several = len({row["weights"] for row in rows if row["weights"]}) > 1
    seeds: dict[tuple[tuple[str, ...], str, str], list[Row]] = defaultdict(list)
    for row in rows:
        head = tuple(row[key] for key in HEAD)
        problem = f"{row['number']} {row['problem']}"
        seeds[head, contender(row, several), problem].append(row)
    cells: dict[tuple[str, ...], Cell] = {}
    for (head, name, problem), found in seeds.items():
        cells.setdefault(head, Cell(head)).plans[name][problem] = _worth(found)
    return list(cells.values())


def _worth(seeds: list[Row]) -> Worth:
    solved = [row for row in seeds if row["verdict"] == "ok"]
    if len(solved) < len(seeds):
        return Worth(nan, nan, nan, 0, 0, nan)

    def of(key: str) -> Values:
        return np.array([float(row[key] or 0) for row in solved])

    violations, unserved = int(of("violations").sum()), int(of("unserved").sum())
    loose = nan if unserved else float(of("cost").mean())
    cost = nan if violations else loose
    travel, cpu = float(of("travel").mean()), float(of("cpu_seconds").mean())
    return Worth(cost, travel, loose, violations, unserved, cpu)


def gaps(plans: Mapping[str, Worth], to: Mapping[str, Worth], *, unfair: bool = False) -> Values:
    """(n,) gaps in %, NaN where the plan is no proper one; problems the reference has no plan of
    are left out.
    """  # fmt: skip
    found = []
    for problem, plan in plans.items():
        other = to.get(problem)
        base = nan if other is None else other.loose if unfair else other.cost
        if other is not None and not np.isnan(base):
            found.append(100.0 * (plan.cost - base) / other.travel)
    return np.array(found)


def interval(values: Values) -> tuple[float, float, float]:
    """Mean and the ends of its 95 % interval."""
    if len(values) < 2 or np.ptp(values) == 0:
        mean = float(values.mean()) if len(values) else nan
        return mean, mean, mean
    half = stats.t.ppf(0.975, len(values) - 1) * stats.sem(values)
    return float(values.mean()), float(values.mean() - half), float(values.mean() + half)


class Pair(NamedTuple):
    """Two contenders on the same problems."""

    differences: Values
    wins: int
    ties: int
    losses: int
    wilcoxon: float
    sign: float


def paired(differences: Values) -> Pair:
    """Test differences of costs in % of travel: below 0 the first one wins."""
    apart = differences[np.abs(differences) > 100.0 * TIE]
    wins, losses = int((apart < 0).sum()), int((apart > 0).sum())
    sign = ranks = 1.0
    if len(apart):
        sign = float(stats.binomtest(wins, len(apart)).pvalue)
        ranks = float(stats.wilcoxon(apart).pvalue)
    return Pair(differences, wins, len(differences) - len(apart), losses, ranks, sign)


def reference(cell: Cell, wanted: list[str]) -> str | None:
    """The reference of a cell; see the module."""
    for name in wanted:
        if name in cell.plans:
            return name
    peers = [name for name in cell.plans if name.startswith("pyvrp@")]
    peers.sort(key=lambda name: float(name.partition("@")[2].rstrip("scpu")))
    stored = [STORED] if STORED in cell.plans else []
    return next(iter([*peers[::-1], *stored]), None)


def by_cell(cells: list[Cell], wanted: list[str], unfair: bool) -> Iterator[list[str]]:
    """Yield a line for each cell and contender."""
    yield ["cell", "plans", "reference", "n", "lost", "gap %", "95 %", "to best %", "95 %",
           "wins-ties-losses", "broken", "unserved", "CPU s"]  # fmt: skip
    for cell in cells:
        name, best = reference(cell, wanted), cell.best()
        base = cell.plans[name] if name else {}
        loose = unfair and any(plan.violations for plan in base.values())
        for who, plans in cell.plans.items():
            to, above = gaps(plans, base, unfair=unfair), gaps(plans, best)
            proper, above = to[~np.isnan(to)], above[~np.isnan(above)]
            pair = paired(proper)
            cpu = [plan.cpu for plan in plans.values() if not np.isnan(plan.cpu)]
            yield [
                cell.name,
                who,
                (name or "-") + "*" * loose,
                f"{len(proper)}",
                f"{len(to) - len(proper)}",
                *_told(proper),
                *_told(above),
                f"{pair.wins}-{pair.ties}-{pair.losses}" if who != name else "",
                f"{sum(plan.violations for plan in plans.values())}",
                f"{sum(plan.unserved for plan in plans.values())}",
                f"{np.mean(cpu):.3g}" if cpu else "-",
            ]


def by_pool(cells: list[Cell], wanted: list[str], unfair: bool) -> Iterator[list[str]]:
    """Yield a line for each pool and contender with several cells: their mean and the worst."""
    yield ["pool", "plans", "cells", "mean gap %", "worst gap %", "worst cell"]
    found: dict[tuple[str, str], list[tuple[float, str]]] = defaultdict(list)
    for cell in cells:
        name = reference(cell, wanted)
        for who, plans in cell.plans.items() if name else ():
            to = gaps(plans, cell.plans[name or ""], unfair=unfair)
            to = to[~np.isnan(to)]
            if len(to):
                pool = pool_of(dict(zip(HEAD, cell.head, strict=True)))
                found[pool, who].append((float(to.mean()), cell.kind))
    for (pool, who), means in found.items():
        if len(means) > 1:
            worst, where = max(means)
            mean = np.mean([gap for gap, _ in means])
            yield [pool, who, f"{len(means)}", f"{mean:.2f}", f"{worst:.2f}", where]


def by_pair(cells: list[Cell], pairs: list[tuple[str, str]]) -> Iterator[list[str]]:
    """Yield a line for each cell and pair, and one for all cells of a pair together."""
    yield ["cell", "pair", "n", "difference %", "95 %", "wins-ties-losses", "Wilcoxon p", "sign p"]
    for first, second in pairs or equal_times(cells):
        whole = []
        for cell in cells:
            if first in cell.plans and second in cell.plans:
                apart = gaps(cell.plans[first], cell.plans[second])
                apart = apart[~np.isnan(apart)]
                whole.append(apart)
                yield [cell.name, f"{first} - {second}", *_tested(apart)]
        if len(whole) > 1:
            yield ["all", f"{first} - {second}", *_tested(np.concatenate(whole))]


def equal_times(cells: list[Cell]) -> list[tuple[str, str]]:
    """The engine guided by the network and alone, wherever both have the same time."""
    names = dict.fromkeys(name for cell in cells for name in cell.plans)
    guided = [name for name in names if name.startswith("neural+ils@")]
    alone = {name: name.removeprefix("neural+").split(" ")[0] for name in guided}
    return [(name, other) for name, other in alone.items() if other in names]


def by_area(
    cells: list[Cell], wanted: list[str], pools: tuple[str, str], unfair: bool
) -> Iterator[list[str]]:
    """Yield how much larger gaps are in the first pool than in the second, by Welch's t."""
    yield ["cell", "plans", *(f"{pool} %" for pool in pools), "difference", "95 %"]
    found: dict[tuple[str, str], dict[str, Values]] = defaultdict(dict)
    for cell in cells:
        pool, name = pool_of(dict(zip(HEAD, cell.head, strict=True))), reference(cell, wanted)
        for who, plans in cell.plans.items() if name and pool in pools else ():
            to = gaps(plans, cell.plans[name or ""], unfair=unfair)
            if who != name and len(to[~np.isnan(to)]) > 1:
                found[cell.kind, who][pool] = to[~np.isnan(to)]
    for (kind, who), known in found.items():
        if len(known) == 2:
            new, old = (known[pool] for pool in pools)
            ends = stats.ttest_ind(new, old, equal_var=False).confidence_interval(0.95)
            means = [f"{new.mean():.2f}", f"{old.mean():.2f}", f"{new.mean() - old.mean():.2f}"]
            yield [kind, who, *means, f"{ends.low:.2f} .. {ends.high:.2f}"]


def _told(values: Values) -> list[str]:
    if not len(values):
        return ["-", "-"]
    mean, low, high = interval(values)
    return [f"{mean:.2f}", f"{low:.2f} .. {high:.2f}"]


def _tested(values: Values) -> list[str]:
    pair = paired(values)
    counts = f"{pair.wins}-{pair.ties}-{pair.losses}"
    p = [f"{pair.wilcoxon:.2g}", f"{pair.sign:.2g}"]
    mean, low, high = interval(values)
    return [f"{len(values)}", f"{mean:.3f}", f"{low:.3f} .. {high:.3f}", counts, *p]


def markdown(lines: Iterator[list[str]]) -> str:
    """A table of these lines, the first of which is its head; nothing without others."""
    head, *rest = lines
    if not rest:
        return ""
    whole = [head, ["---"] * len(head), *rest]
    return "\n".join(f"| {' | '.join(line)} |" for line in whole) + "\n"


def main(arguments: list[str] | None = None) -> None:
    """Print what the files say."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    add = parser.add_argument
    add("tables", type=Path, nargs="+", metavar="CSV")
    add("--reference", nargs="+", default=[], metavar="PLANS")
    add("--pair", nargs=2, action="append", default=[], metavar="PLANS")
    add("--apart", nargs=2, metavar="POOL", help="how much worse the first is than the second")
    add("--unfair", action="store_true", help="references may break rules")
    options = parser.parse_args(arguments)
    cells = gathered([row for path in options.tables for row in read(path, FIELDS)])
    wanted, unfair = options.reference, options.unfair
    tables = [by_cell(cells, wanted, unfair), by_pool(cells, wanted, unfair)]
    tables += [by_pair(cells, [tuple(pair) for pair in options.pair])]
    if options.apart:
        tables += [by_area(cells, wanted, tuple(options.apart), unfair)]
    print("\n".join(text for table in tables if (text := markdown(table))), end="")


if __name__ == "__main__":
    main(sys.argv[1:])
