"""Distances and durations of our road networks beside those of OSRM, on the same extracts.

    python benchmarks/osrm_agreement.py --osrm-python /path/to/python3.12 [AREA ...]

OSRM runs as a process of its own, under a Python that has ``osrm-bindings``; numbers travel as
``.npz``. Points are junctions, drawn at random, so that both put them on the same place and what is
compared is roads, speeds and turns; ``--anywhere`` moves them off the streets by up to 100 m, and
each side puts them on the nearest street by itself.

What differs on purpose: see ``DIFFERENCES``.
"""

from __future__ import annotations

import argparse
import csv
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

AREAS = (
    "train/liechtenstein",
    "train/andorra",
    "train/boston",
    "train/milton_keynes",
    "train/maribor",
    "train/porto_alegre",
    "train/oslo_east",
    "train/washington_dc",
    "test/monaco",
    "test/campo_grande",
)
"""The areas that the rules were compared on."""

UNSEEN = (
    "train/columbus",
    "train/reisterstown",
    "train/london_southwest",
    "train/porto",
    "train/copenhagen",
    "train/brussels",
    "train/karlsruhe_nord",
    "train/eskisehir",
    "train/munich_centre",
)
"""Areas that no rule was made with: ``--unseen``."""

DRAWN_TWICE = ("train/leeds", "train/krakow", "train/the_hague")
"""Areas that showed that a two-way street may be drawn as two ways; the end of ``--unseen``."""

DIFFERENCES = """\
on purpose: times are kept to the millisecond, not rounded to 0.1 s for every piece of street, and
follow lengths on the ellipsoid, not on a sphere (up to 0.6 % of a time); a signal on a street
without a junction is spread over the street; two roads that merge before a junction are not seen as
one; turning round where a lane is marked for it (turn:lanes=reverse) is not read; which side is
driven on is told by rough boxes; only places of the largest connected part are used, not those of
every part of a thousand streets. Where two ways take the same time to a few hundredths of a second
the two may choose differently: distances then differ, durations do not."""

Floats = npt.NDArray[np.float64]

_THEIRS = """
import sys
import numpy as np
import osrm
data = np.load(sys.argv[2])
engine = osrm.OSRM(algorithm="MLD", storage_config=sys.argv[1], max_locations_distance_table=10000,
                   use_shared_memory=False)
points = [tuple(p) for p in data["points"].tolist()]
answer = engine.Table(osrm.TableParameters(coordinates=points, annotations=["duration", "distance"],
                                           generate_hints=False))
def plain(rows):
    return np.array([[np.nan if v is None else float(v) for v in row] for row in rows])
np.savez(sys.argv[3], durations=plain(answer["durations"]), distances=plain(answer["distances"]),
         moved=np.array([s["distance"] for s in answer["sources"]]))
"""


def osrm_folder(python: str) -> Path:
    """Where the ``osrm`` package of a Python lies: its programs and its profiles."""
    code = "import osrm, pathlib; print(pathlib.Path(osrm.__file__).parent)"
    found = subprocess.run([python, "-c", code], check=True, capture_output=True, text=True)
    return Path(found.stdout.strip())


def build_osrm(
    python: str, extract: Path, folder: Path, steps: tuple[str, ...] = ("partition", "customize")
) -> tuple[Path, dict[str, float]]:
    """Let OSRM build its data for an extract on one thread; return its path and seconds by step.

    What lies in `folder` already is used as it is.
    """
    folder.mkdir(parents=True, exist_ok=True)
    package = osrm_folder(python)
    base = folder / f"{extract.name.removesuffix('.osm.pbf')}.osrm"
    took: dict[str, float] = {}
    if folder.joinpath(f"done-{steps[-1]}").exists():
        return base, took
    copy = folder / extract.name
    copy.write_bytes(extract.read_bytes())
    car = str(package / "share" / "profiles" / "car.lua")
    for step, what in (
        ("extract", ["-p", car, str(copy)]),
        *((step, [str(base)]) for step in steps),
    ):
        started = time.perf_counter()
        program = str(package / "bin" / f"osrm-{step}")
        subprocess.run([program, "-t", "1", *what], check=True, capture_output=True)
        took[step] = time.perf_counter() - started
    folder.joinpath(f"done-{steps[-1]}").touch()
    return base, took


def run_theirs(python: str, script: str, base: Path, points: Floats) -> Any:
    """What a script answers about points, run by OSRM's Python."""
    with tempfile.TemporaryDirectory() as folder:
        given, answer = Path(folder) / "points.npz", Path(folder) / "answer.npz"
        np.savez(given, points=points)
        command = [python, "-c", script, str(base), str(given), str(answer)]
        subprocess.run(command, check=True, stdout=sys.stderr)
        with np.load(answer) as arrays:
            return {key: arrays[key] for key in arrays.files}


def draw(network: Any, count: int, seed: int, anywhere: bool) -> Floats:
    """Random junctions of the network, or places within 100 m of them."""
    streets, used = network.streets, np.flatnonzero(network.expansion.node_of >= 0)
    usable = np.unique(streets.edge_tails[used])
    random = np.random.default_rng(seed)
    count = min(count, len(usable))
    points = streets.coordinates[random.choice(usable, count, replace=False)]
    if not anywhere:
        return np.asarray(points)
    angle, radius = random.uniform(0, 2 * np.pi, count), random.uniform(0, 100, count)
    north = np.cos(angle) * radius / 111_195
    east = np.sin(angle) * radius / 111_195 / np.cos(np.radians(points[:, 1]))
    return np.asarray(points + np.stack([east, north], axis=1))


def shares(ours: Floats, theirs: Floats, tolerance: float) -> tuple[float, float, float]:
    """Share of pairs within the tolerance, the median of ours / theirs, and the mean deviation."""
    apart = ~np.eye(len(ours), dtype=bool)
    both = apart & np.isfinite(ours) & np.isfinite(theirs)
    missed = (apart & (np.isfinite(ours) != np.isfinite(theirs))).sum()
    a, b = ours[both], theirs[both]
    # Below a metre or a second a ratio says nothing.
    close = np.abs(a - b) <= np.maximum(tolerance * b, 1.0)
    ratio = a / np.maximum(b, 1e-9)
    return (
        float(close.sum() / (len(a) + missed)),
        float(np.median(ratio)),
        float(np.abs(a - b).mean() / b.mean()),
    )


def compare(area: str, options: argparse.Namespace) -> dict[str, Any]:
    """One row of the table."""
    from routesolve.graphs.network import RoadNetwork
    from routesolve.graphs.readers.osm import read_osm

    extract = options.data / "osm" / f"{area}.osm.pbf"
    base, _ = build_osrm(options.osrm_python, extract, options.work / area.replace("/", "-"))
    read = read_osm(extract)
    network = RoadNetwork(read.graph, read.turns)
    points = draw(network, options.points, options.seed, options.anywhere)
    theirs = run_theirs(options.osrm_python, _THEIRS, base, points)
    places = network.place(points)
    ours = network.tables(places)
    # A junction that one of the two does not start at says nothing about paths.
    there = np.ones(len(points), dtype=bool)
    if not options.anywhere:
        there = (theirs["moved"] < 1.0) & (places.distances_m < 1.0)
    grid = np.ix_(there, there)
    if options.dump:
        np.savez(
            options.dump / f"{area.replace('/', '-')}.npz",
            points=points[there],
            ours=ours.durations[grid],
            theirs=theirs["durations"][grid],
            ours_m=ours.distances[grid],
            theirs_m=theirs["distances"][grid],
        )
    near, bias, spread = shares(ours.distances[grid], theirs["distances"][grid], 0.02)
    soon, pace, wander = shares(ours.durations[grid], theirs["durations"][grid], 0.05)
    return {
        "area": area,
        "seed": options.seed,
        "points": int(there.sum()),
        "distance within 2 %": round(100 * near, 2),
        "duration within 5 %": round(100 * soon, 2),
        "distance ratio": round(bias, 4),
        "duration ratio": round(pace, 4),
        "distance deviation %": round(100 * spread, 2),
        "duration deviation %": round(100 * wander, 2),
    }


def main() -> None:
    """Print the table, and write it where asked."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("areas", nargs="*", help="e.g. train/porto test/monaco")
    parser.add_argument("--unseen", action="store_true", help="areas that no rule was made with")
    parser.add_argument("--osrm-python", default=os.environ.get("OSRM_PYTHON", sys.executable))
    parser.add_argument("--data", type=Path, default=data_folder(), help="folder that holds osm/")
    parser.add_argument("--work", type=Path, default=work_folder())
    parser.add_argument("--points", type=int, default=500)
    parser.add_argument("--seed", type=int, nargs="*", default=[1])
    parser.add_argument("--anywhere", action="store_true", help="points off the streets")
    parser.add_argument("--csv", type=Path)
    parser.add_argument("--dump", type=Path, help="folder for the tables themselves")
    options = parser.parse_args()
    areas = options.areas or ((*UNSEEN, *DRAWN_TWICE) if options.unseen else AREAS)
    rows: list[dict[str, Any]] = []
    for seed in options.seed:
        for area in areas:
            row = compare(area, argparse.Namespace(**{**vars(options), "seed": seed}))
            if not rows:
                print(" | ".join(row))
            print(" | ".join(str(value) for value in row.values()), flush=True)
            rows.append(row)
    print(DIFFERENCES)
    if options.csv:
        write_rows(options.csv, rows)


def write_rows(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write a table as CSV."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def data_folder() -> Path:
    """The folder of test data."""
    given = os.environ.get("ROUTESOLVE_DATA")
    return Path(given) if given else Path(__file__).resolve().parents[2] / "shared" / "data"


def work_folder() -> Path:
    """Where OSRM's own files are kept between runs."""
    return Path(tempfile.gettempdir()) / "osrm-agreement"


if __name__ == "__main__":
    main()
