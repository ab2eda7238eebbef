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
from typing import Any, NamedTuple

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

DIFFERENCES = """\
on purpose: times are kept to the millisecond, not rounded to 0.1 s for every piece of street; turn
angles are seen over 10 m of street instead of by OSRM's rules about lanes, curves and roads that
merge; turning round where a lane is marked for it (turn:lanes=reverse) is not read; which side is
driven on is told by rough boxes. Where two ways take the same time to a few hundredths of a second
the two may choose differently: distances then differ, durations do not."""

Floats = npt.NDArray[np.float64]

_THEIRS = """
import sys, time
import numpy as np
import osrm
data = np.load(sys.argv[2])
engine = osrm.OSRM(algorithm="MLD", storage_config=sys.argv[1], max_locations_distance_table=10000,
                   use_shared_memory=False)
points = [tuple(p) for p in data["points"].tolist()]
started = time.perf_counter()
answer = engine.Table(osrm.TableParameters(coordinates=points, annotations=["duration", "distance"],
                                           generate_hints=False))
seconds = time.perf_counter() - started
def plain(rows):
    return np.array([[np.nan if v is None else float(v) for v in row] for row in rows])
np.savez(sys.argv[3], durations=plain(answer["durations"]), distances=plain(answer["distances"]),
         moved=np.array([s["distance"] for s in answer["sources"]]), seconds=seconds)
"""


def build_osrm(python: str, extract: Path, folder: Path) -> tuple[Path, dict[str, float]]:
    """Let OSRM build its data for an extract (once); return its path and seconds of each step."""
    folder.mkdir(parents=True, exist_ok=True)
    name = extract.name.removesuffix(".osm.pbf")
    copy, base = folder / extract.name, folder / f"{name}.osrm"
    profile = subprocess.run(
        [python, "-c", "import osrm, pathlib; print(pathlib.Path(osrm.__file__).parent)"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    took = {}
    if not base.with_suffix(".osrm.mldgr").exists():
        copy.write_bytes(extract.read_bytes())
        car = str(Path(profile) / "share" / "profiles" / "car.lua")
        for step, arguments in (
            ("extract", ["-p", car, str(copy)]),
            ("partition", [str(base)]),
            ("customize", [str(base)]),
        ):
            command = [python, "-m", "osrm", step, "-t", "1", *arguments]
            started = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True)
            took[step] = time.perf_counter() - started
    return base, took


def their_table(python: str, base: Path, points: Floats) -> Any:
    """Durations and distances between all points according to OSRM."""
    with tempfile.TemporaryDirectory() as folder:
        given, answer = Path(folder) / "points.npz", Path(folder) / "answer.npz"
        np.savez(given, points=points)
        subprocess.run(
            [python, "-c", _THEIRS, str(base), str(given), str(answer)],
            check=True,
            stdout=sys.stderr,
        )
        with np.load(answer) as arrays:
            return {key: arrays[key] for key in arrays.files}


def _tables(
    graph: Any,
    sources: npt.NDArray[np.integer],
    targets: npt.NDArray[np.integer],
    keys: tuple[str, ...] = ("duration", "distance"),
) -> list[Floats]:
    """Sums of each metric along the paths of least cost, as OSRM reports them."""
    from routesolve.graphs import Graph, many_to_many

    out = []
    for key in keys:
        # What is minimised takes the place of the duration, what is summed up that of the distance.
        view = Graph(
            indptr=graph.indptr,
            heads=graph.heads,
            metrics={"duration": graph.metrics["cost"], "distance": graph.metrics[key]},
        )
        out.append(many_to_many(view, sources, targets).distances)
    return out


class Places(NamedTuple):
    """Points put on streets: p points, k candidates (both directions, several at a junction).

    Attributes
    ----------
    point : numpy.ndarray
        (k,) which point.
    arc : numpy.ndarray
        (k,) arc of the street network.
    share : numpy.ndarray
        (k,) how far along the arc, 0 .. 1.
    """

    point: npt.NDArray[np.int64]
    arc: npt.NDArray[np.int64]
    share: Floats


def put_on_streets(net: Any, points: Floats) -> Places:
    """The nearest place on any street, by looking at all of them."""
    base = net.base
    usable = np.flatnonzero(net.node_of >= 0)
    lines = [
        base.geometry.at(e)
        if len(base.geometry.at(e))
        else base.coordinates[[base.edge_tails[e], base.heads[e]]]
        for e in usable.tolist()
    ]
    owner = np.repeat(usable, [len(line) - 1 for line in lines])
    start = np.concatenate([line[:-1] for line in lines])
    step = np.concatenate([np.diff(line, axis=0) for line in lines])
    scale = np.array([np.cos(np.radians(points[:, 1].mean())), 1.0]) * 111_195
    start, step = start * scale, step * scale
    length = np.hypot(*step.T)
    before = np.cumsum(length) - length
    first = np.searchsorted(owner, owner)
    last = np.searchsorted(owner, owner, side="right") - 1
    whole = np.maximum(before[last] + length[last] - before[first], 1e-9)
    found: list[tuple[int, int, float]] = []
    for number, point in enumerate(points * scale):
        t = np.clip(((point - start) * step).sum(1) / np.maximum(length**2, 1e-12), 0, 1)
        gap = np.hypot(*(start + step * t[:, None] - point).T)
        along = (before - before[first] + t * length) / whole
        near = np.flatnonzero(gap <= gap.min() + 0.01)
        _, one = np.unique(owner[near], return_index=True)
        found += [(number, int(owner[k]), float(along[k])) for k in near[one]]
    point, arc, share = zip(*found, strict=True)
    return Places(np.array(point), np.array(arc), np.array(share))


def tables_between(net: Any, places: Places, count: int) -> tuple[Floats, Floats]:
    """Durations and distances between places on streets, along the paths of least cost.

    A node of the expanded graph is "at the end of its arc": what is left of the first arc comes on
    top, what is left of the last one is taken off again. Within one arc one drives straight on;
    back along a one-way arc (round the block) is left out.
    """
    nodes = net.node_of[places.arc]
    weights = {k: net.base.metrics[k][places.arc] * 1e-3 for k in ("cost", "duration", "distance")}
    sums = dict(zip(("duration", "distance"), _tables(net.graph, nodes, nodes), strict=True))
    sums["cost"] = _tables(net.graph, nodes, nodes, ("cost",))[0]
    left = 1.0 - places.share
    whole = {
        key: table + (left * weights[key])[:, None] - (left * weights[key])[None, :]
        for key, table in sums.items()
    }
    backwards = (places.arc[:, None] == places.arc) & (left[:, None] < left - 1e-9)
    cost = np.where(backwards, np.inf, whole["cost"])
    rows = np.searchsorted(places.point, np.arange(count))
    best = np.minimum.reduceat(np.minimum.reduceat(cost, rows, axis=0), rows, axis=1)
    chosen = np.isfinite(cost) & (cost <= best[places.point][:, places.point] + 1e-9)
    out = []
    for key in ("duration", "distance"):
        table = np.where(chosen, whole[key], np.inf)
        out.append(np.minimum.reduceat(np.minimum.reduceat(table, rows, axis=0), rows, axis=1))
    return out[0], out[1]


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
    from routesolve.graphs.readers.osm import read_osm

    extract = options.data / "osm" / f"{area}.osm.pbf"
    base, took = build_osrm(options.osrm_python, extract, options.work / area.replace("/", "-"))
    started = time.perf_counter()
    network = read_osm(extract)
    net = network.expand()
    reading = time.perf_counter() - started
    usable = np.unique(net.base.edge_tails[net.arc_of[net.arc_of >= 0]])
    random = np.random.default_rng(options.seed)
    count = min(options.points, len(usable))
    junctions = random.choice(usable, count, replace=False)
    assert net.base.coordinates is not None
    points = net.base.coordinates[junctions]
    if options.anywhere:
        angle, radius = random.uniform(0, 2 * np.pi, count), random.uniform(0, 100, count)
        north = np.cos(angle) * radius / 111_195
        east = np.sin(angle) * radius / 111_195 / np.cos(np.radians(points[:, 1]))
        points = points + np.stack([east, north], axis=1)
    theirs = their_table(options.osrm_python, base, points)
    if options.anywhere:
        durations, distances = tables_between(net, put_on_streets(net, points), count)
    else:
        durations, distances = _tables(net.graph, net.sources[junctions], net.targets[junctions])
    # A point that OSRM puts elsewhere (a street it does not start on) says nothing about paths.
    there = theirs["moved"] < (np.inf if options.anywhere else 1.0)
    grid = np.ix_(there, there)
    if options.dump:
        np.savez(
            options.dump / f"{area.replace('/', '-')}.npz",
            junctions=junctions[there],
            ours=durations[grid],
            theirs=theirs["durations"][grid],
            ours_m=distances[grid],
            theirs_m=theirs["distances"][grid],
        )
    near, bias, spread = shares(distances[grid], theirs["distances"][grid], 0.02)
    soon, pace, wander = shares(durations[grid], theirs["durations"][grid], 0.05)
    return {
        "area": area,
        "points": int(there.sum()),
        "distance within 2 %": round(100 * near, 2),
        "duration within 5 %": round(100 * soon, 2),
        "distance ratio": round(bias, 4),
        "duration ratio": round(pace, 4),
        "distance deviation %": round(100 * spread, 2),
        "duration deviation %": round(100 * wander, 2),
        "read s": round(reading, 2),
        "OSRM extract s": round(took["extract"], 2) if took else "",
    }


def main() -> None:
    """Print the table, and write it where asked."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("areas", nargs="*", default=AREAS, help="e.g. train/porto test/monaco")
    parser.add_argument("--osrm-python", default=os.environ.get("OSRM_PYTHON", sys.executable))
    parser.add_argument("--data", type=Path, default=_data(), help="folder that holds osm/")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "osrm-agreement")
    parser.add_argument("--points", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--anywhere", action="store_true", help="points off the streets")
    parser.add_argument("--csv", type=Path)
    parser.add_argument("--dump", type=Path, help="folder for the tables themselves")
    options = parser.parse_args()
    rows: list[dict[str, Any]] = []
    for area in options.areas:
        row = compare(area, options)
        if not rows:
            print(" | ".join(row))
        print(" | ".join(str(value) for value in row.values()), flush=True)
        rows.append(row)
    print(DIFFERENCES)
    if options.csv:
        with open(options.csv, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)


def _data() -> Path:
    given = os.environ.get("ROUTESOLVE_DATA")
    return Path(given) if given else Path(__file__).resolve().parents[2] / "shared" / "data"


if __name__ == "__main__":
    main()
