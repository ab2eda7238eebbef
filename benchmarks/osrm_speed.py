"""Our road networks beside OSRM on the same extract: reading, index, tables. One thread each.

    python benchmarks/osrm_speed.py --osrm-python /path/to/python3.12 [AREA] [--csv FILE]

Both sides take turns, and medians are compared; ratio = OSRM's time / ours.

* extract: ``osrm-extract`` beside reading the file and expanding turns. OSRM writes files, we do
  not.
* contract: ``osrm-contract`` beside building the hierarchy that minimises the same cost.
* table: ``osrm.Table`` in process, under a Python that has ``osrm-bindings``, beside
  ``place`` and ``tables`` of the indexed network. Ours always holds durations, distances and costs;
  OSRM's is timed for durations alone and for durations and distances.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from osrm_agreement import (
    data_folder,
    draw,
    osrm_folder,
    run_theirs,
    write_rows,
)

TARGETS = {"extract": 1.0, "contract": 1.0, "table": 10.0}

_TABLES = """
import sys, time
import numpy as np
import osrm
algorithm, kind = "{algorithm}", {kind}
data = np.load(sys.argv[2])
engine = osrm.OSRM(algorithm=algorithm, storage_config=sys.argv[1],
                   max_locations_distance_table=10000, use_shared_memory=False)
points = [tuple(p) for p in data["points"].tolist()]
seconds = []
for _ in range({rounds}):
    started = time.process_time()
    engine.Table(osrm.TableParameters(coordinates=points, annotations=kind, generate_hints=False))
    seconds.append(time.process_time() - started)
np.savez(sys.argv[3], seconds=seconds)
"""


class Race:
    """Collects the comparisons and prints them."""

    def __init__(self, area: str) -> None:
        self.area = area
        self.rows: list[dict[str, Any]] = []

    def put(self, task: str, peer: str, ours: list[float], theirs: list[float]) -> None:
        """Add a comparison of seconds."""
        mine, other = float(np.median(ours)), float(np.median(theirs))
        target = TARGETS[task.split()[0]]
        row = {
            "area": self.area,
            "task": task,
            "peer": peer,
            "ours s": round(mine, 4),
            "peer s": round(other, 4),
            "ratio": round(other / mine, 2),
            "target": target,
            "met": "yes" if other / mine >= target else "no",
        }
        if not self.rows:
            print(" | ".join(row))
        print(" | ".join(str(value) for value in row.values()), flush=True)
        self.rows.append(row)


def timed(action: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds of this process, and what came out."""
    started = time.process_time()
    result = action()
    return time.process_time() - started, result


def run_timed(command: list[str]) -> float:
    """CPU seconds of a program."""
    before = os.times()
    subprocess.run(command, check=True, capture_output=True)
    after = os.times()
    return (after.children_user - before.children_user) + (
        after.children_system - before.children_system
    )


def read(extract: Path) -> Any:
    """The network of an extract, with its turns expanded."""
    from routesolve.graphs.network import RoadNetwork
    from routesolve.graphs.readers.osm import read_osm

    found = read_osm(extract)
    network = RoadNetwork(found.graph, found.turns)
    assert network.searched.n
    return network


def build(network: Any) -> Any:
    """The index of a network."""
    from routesolve.graphs.hierarchy import ContractionHierarchy

    return ContractionHierarchy.build(network.searched, metric=network.metric)


def preparation(race: Race, options: argparse.Namespace, extract: Path) -> Any:
    """Race reading and building, with OSRM's files beside `extract`; return the indexed network."""
    package = osrm_folder(options.osrm_python)
    base = str(extract).removesuffix(".osm.pbf") + ".osrm"

    def run(step: str, *what: str) -> float:
        return run_timed([str(package / "bin" / f"osrm-{step}"), "-t", "1", *what])

    network = read(extract)
    build(network)  # compiles, where that has not been done
    ours: dict[str, list[float]] = {"extract": [], "contract": []}
    theirs: dict[str, list[float]] = {"extract": [], "contract": []}
    for _ in range(options.rounds):
        seconds, network = timed(partial(read, extract))
        ours["extract"].append(seconds)
        car = str(package / "share" / "profiles" / "car.lua")
        theirs["extract"].append(run("extract", "-p", car, str(extract)))
        seconds, index = timed(partial(build, network))
        ours["contract"].append(seconds)
    # Partitioning gives the streets other numbers: each algorithm gets files of its own.
    other = shutil.copytree(extract.parent, _mld(extract).parent)
    for step in ("partition", "customize"):
        run(step, str(other / Path(base).name))
    theirs["contract"].append(run("contract", base))  # once: it takes minutes
    race.put("extract", "osrm-extract", ours["extract"], theirs["extract"])
    race.put("contract", "osrm-contract", ours["contract"], theirs["contract"])
    return network.with_index(index)


def _mld(path: Path) -> Path:
    """Where the same file lies for the other algorithm."""
    return path.parent.with_name("mld") / path.name


def tables(race: Race, options: argparse.Namespace, extract: Path, network: Any) -> None:
    """Race tables between the same points."""
    points = draw(network, options.points, options.seed, anywhere=True)
    base = Path(str(extract).removesuffix(".osm.pbf") + ".osrm")
    bases = {"CH": base, "MLD": _mld(base)}

    def ours() -> Any:
        return network.tables(network.place(points), method="hierarchy")

    ours()
    for kind in (["duration"], ["duration", "distance"]):
        for algorithm, data in bases.items():
            mine = [timed(ours)[0] for _ in range(options.rounds)]
            script = _TABLES.format(algorithm=algorithm, kind=kind, rounds=options.rounds)
            seconds = run_theirs(options.osrm_python, script, data, points)["seconds"]
            task = f"table {len(points)} x {len(points)}, {' and '.join(kind)}"
            race.put(task, f"OSRM {algorithm}", mine, list(seconds))


def main() -> None:
    """Print the table, and write it where asked."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("area", nargs="?", default="train/porto", help="e.g. train/porto")
    parser.add_argument("--osrm-python", default=os.environ.get("OSRM_PYTHON", sys.executable))
    parser.add_argument("--data", type=Path, default=data_folder(), help="folder that holds osm/")
    parser.add_argument("--points", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--csv", type=Path)
    options = parser.parse_args()
    os.environ.setdefault("NUMBA_NUM_THREADS", "1")
    race = Race(options.area)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "ch"
        place.mkdir()
        extract = Path(shutil.copy(options.data / "osm" / f"{options.area}.osm.pbf", place))
        network = preparation(race, options, extract)
        tables(race, options, extract, network)
    if options.csv:
        write_rows(options.csv, race.rows)


if __name__ == "__main__":
    main()
