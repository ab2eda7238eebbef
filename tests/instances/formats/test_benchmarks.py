"""Every benchmark file of the families that are read, where the data is at hand."""

from __future__ import annotations

import json
import re
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest

from routesolve.errors import InputError, RoutesolveWarning
from routesolve.instances import formats
from routesolve.solutions.checker import check
from routesolve.solutions.readers import read_plan
from tests.conftest import find_data

FAMILIES = ("cvrp", "vrptw", "pdptw", "pyvrp", "mdvrp", "hvrp", "top", "tsp")
_PLAN = re.compile(r"\.sol(\.txt)?(\.gz)?$|\.\d+_\d+\.txt$|\.md$|LICENSE$")
_FORMAT = {
    "cvrp": "vrplib", "pyvrp": "vrplib", "tsp": "vrplib", "ortec_ccbync": "vrplib",
    "solomon": "solomon", "homberger": "solomon", "li_lim": "li-lim",
    "sartori_buriol": "sartori-buriol", "mdvrp": "cordeau", "hvrp": "hvrp", "top": "top",
}  # fmt: skip
# PyVRP's plans state costs in its own integers: this many to one unit of the file.
_SCALE = {"MDVRPTW": 1000, "SDVRPTW": 1000, "PCVRPTW": 10, "MTVRPTWR": 10, "HFVRP": 0.01}


def _bench() -> Path | None:
    data = find_data()
    return None if data is None else data / "bench"


def _files(*families: str) -> list[str]:
    bench = _bench()
    if bench is None:
        return []
    found = (path for family in families for path in sorted((bench / family).rglob("*")))
    return [str(path.relative_to(bench)) for path in found if path.is_file()]


INSTANCES = [name for name in _files(*FAMILIES) if not _PLAN.search(name)]
PLANS = [name for name in _files(*FAMILIES) if re.search(r"\.sol(\.txt)?(\.gz)?$", name)]
PLANS += [name for name in _files("pdptw") if re.search(r"\.\d+_\d+\.txt$", name)]


def _instance_of(plan: Path) -> Path:
    name = re.sub(r"(\.hierarchical|\.dimacs)?\.sol(\.txt)?(\.gz)?$", "", plan.name)
    name = re.sub(r"\.\d+_\d+\.txt$", "", name).lower()
    return next(
        path
        for path in plan.parent.iterdir()
        if path.name.lower().removesuffix(".gz") in [name + s for s in (".vrp", ".txt", ".tsp")]
    )


@pytest.mark.parametrize("name", INSTANCES)
def test_loads(name: str, data_dir: Path) -> None:
    """A benchmark file is recognised as what it is, and read."""
    path = data_dir / "bench" / name
    parts = set(path.parts)
    expected = next(value for key, value in reversed(_FORMAT.items()) if key in parts)
    # These copies of Chao's files have no end.
    said = pytest.warns(RoutesolveWarning, match="no end") if "top" in parts else nullcontext()
    with said:
        instance = formats.load(path)
    assert formats.recognise(formats._source.read_text(path)) == expected
    assert instance.task_count > 0


@pytest.mark.parametrize("name", PLANS)
def test_stored_plan_recomputes(name: str, data_dir: Path) -> None:
    """The stored plan is feasible and costs what it says, under its family's convention."""
    path = data_dir / "bench" / name
    options = {"rounding": "none"} if "golden_li_cmt_tai" in name else {}
    if "hierarchical" in name:
        options["objective"] = "vehicles"
    instance = formats.load(_instance_of(path), **options)
    plan = read_plan(path, instance)
    stated = plan.cost
    report = check(instance, plan.replace(cost=None), reasons=False)
    assert report.violations == ()
    if stated is not None:
        scale = next((value for key, value in _SCALE.items() if key in path.parts), 1)
        assert report.cost * scale == pytest.approx(stated, abs=0.006, rel=1e-9)
    elif match := re.search(r"\.(\d+)_(\d+)\.txt$", name):
        assert report.totals["vehicles"] == int(match[1])
        assert report.totals["distance"] == int(match[2])


@pytest.mark.parametrize("name", [n for n in PLANS if "hierarchical" in n or "pdptw" in n])
def test_vehicles_come_first(name: str, data_dir: Path) -> None:
    """Fewest vehicles and then the distance of the stored plan are the best ones known."""
    path = data_dir / "bench" / name
    options = {"objective": "vehicles"} if "hierarchical" in name else {}
    instance = formats.load(_instance_of(path), **options)
    report = check(instance, read_plan(path, instance), reasons=False)
    known = json.loads((data_dir / "bench" / "BKS.json").read_text())
    names = {key.lower(): entry for key, entry in known.items()}
    best = names[_instance_of(path).name.split(".")[0].lower()]["hierarchical"]
    assert report.terms["vehicles"] > report.terms["distance"] > 0
    assert report.totals["vehicles"] == best["vehicles"]
    stated = best.get("distance", best.get("cost"))
    assert report.terms["distance"] == pytest.approx(stated, abs=6e-3)


@pytest.mark.parametrize("name", _files("pvrp"))
def test_periodic_problems_are_refused(name: str, data_dir: Path) -> None:
    """A problem of several days is named as what it is."""
    if name.endswith(".res"):
        return
    with pytest.raises(InputError, match="several days"):
        formats.load(data_dir / "bench" / name)


@pytest.mark.parametrize(
    "name", [n for n in INSTANCES if n.startswith(("cvrp/small", "cvrp/dimacs", "cvrp/golden"))]
)
def test_agrees_with_vrplib(name: str, data_dir: Path) -> None:
    """Where the package vrplib covers a dialect, it reads the same numbers."""
    vrplib = pytest.importorskip("vrplib")
    path = data_dir / "bench" / name
    text = formats._source.read_text(path)
    theirs = vrplib.parse.parse_vrplib(text, compute_edge_weights=False)
    ours = formats.load(path)
    demand = [0.0, *(job.delivery[0] for job in ours.jobs)]
    assert np.array_equal(theirs["demand"], demand)
    assert ours.vehicle_types[0].capacity == (float(theirs["capacity"]),)
    if "edge_weight" in theirs:
        assert np.array_equal(theirs["edge_weight"], ours.profiles[0].distances)
    else:
        nodes = [*ours.depots, *ours.jobs]
        assert np.array_equal(theirs["node_coord"], [node.location.point for node in nodes])


def test_large_file_builds_no_matrix(data_dir: Path) -> None:
    """Reading and checking thirty thousand customers never makes a dense matrix."""
    folder = data_dir / "bench" / "cvrp" / "AGS"
    instance = formats.load(folder / "Flanders2.vrp.gz")
    report = check(instance, read_plan(folder / "Flanders2.sol.gz", instance), reasons=False)
    assert report.cost == 4373244
    assert not instance.travel().built
