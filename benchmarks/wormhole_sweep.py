"""Accuracy and time of the core-periphery index against the size of its core."""

from __future__ import annotations

from typing import Any

import numpy as np
from wormhole_core import SEED, taking_turns, warmed
from wormhole_race import Ground, Race, once

from routesolve.graphs.bidirectional_bfs import HopSearch
from routesolve.graphs.core_periphery import CorePeripheryIndex

PERCENT = (0.25, 0.5, 1.0, 2.0, 4.0, 6.0)
BLOCKS = 5

PANELS = (("exact", "exact answers, %"), ("us", "microseconds a pair"))
STYLES = {"E": "-", "H": "--"}


def sweep(race: Race, ground: Ground) -> None:
    """Modes E and H, with cores from a quarter to six percent."""
    warmed()
    search = HopSearch.from_csr(*ground.rows)
    truth = search.distances(*ground.pairs)
    pairs = [np.ascontiguousarray(block) for block in np.array_split(ground.pairs, BLOCKS, axis=1)]
    for percent in PERCENT:
        made: list[CorePeripheryIndex] = []
        options: dict[str, Any] = {"core": percent / 100, "seed": SEED}
        seconds = once(
            lambda made=made, options=options: made.append(
                CorePeripheryIndex.build(tuple(ground.rows), **options)
            )
        )
        index = made[0]
        race.put(ground.name, "sweep build", f"{percent:g} %", 1e3 * seconds, unit="ms")
        actions = {"BiBFS": search.distances}
        for mode in STYLES:
            off = index.distances(*ground.pairs, mode=mode).hops - truth
            note = f"+1 {100 * np.mean(off <= 1):.2f} %, +2 {100 * np.mean(off <= 2):.2f} %"
            race.put(ground.name, f"sweep {mode} exact", f"{percent:g} %",
                     100 * float(np.mean(off <= 0)), unit="%", note=note)  # fmt: skip
            actions[mode] = lambda s, t, mode=mode, index=index: index.distances(s, t, mode=mode)
        times = {name: float(np.median(t)) for name, t in taking_turns(actions, pairs).items()}
        for mode in STYLES:
            race.put(ground.name, f"sweep {mode} us", f"{percent:g} %", times[mode], "BiBFS",
                     times["BiBFS"])  # fmt: skip


def draw(rows: list[dict[str, Any]], path: str) -> None:
    """Two panels: accuracy and time, a line for each graph and mode."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4.5), dpi=100, layout="constrained")
    graphs = list(dict.fromkeys(row["graph"] for row in rows))
    for place, (what, title) in enumerate(PANELS):
        axes = figure.add_subplot(1, 2, place + 1)
        for number, graph in enumerate(graphs):
            for mode, style in STYLES.items():
                task = f"sweep {mode} {what}"
                some = [r for r in rows if r["graph"] == graph and r["task"] == task]
                sizes = [float(row["ours"].split()[0]) for row in some]
                axes.plot(sizes, [row["ours_value"] for row in some], style, marker="o", ms=3,
                          color=f"C{number}", label=f"{graph}, {mode}")  # fmt: skip
        axes.set_xscale("log")
        axes.set_xticks(PERCENT, [f"{x:g}" for x in PERCENT])
        axes.minorticks_off()
        axes.set_xlabel("core, % of the vertices")
        axes.set_title(title)
        axes.grid(alpha=0.3)
        if what == "us":
            axes.set_ylim(bottom=0)
        else:
            axes.legend(fontsize=8)
    figure.savefig(path)
