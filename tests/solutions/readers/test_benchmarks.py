"""Stored solutions of the literature: every number in them is understood."""

from __future__ import annotations

import pytest

from routesolve.instances import formats
from routesolve.solutions.checker import check
from routesolve.solutions.readers import read_plan

PAIRS = [
    ("cvrp/X/X-n101-k25.vrp", "cvrp/X/X-n101-k25.sol"),
    ("cvrp/dimacs_explicit/ORTEC-n242-k12.vrp.gz", "cvrp/dimacs_explicit/ORTEC-n242-k12.sol"),
    ("vrptw/solomon/C101.txt", "vrptw/solomon/C101.sol"),
    ("vrptw/homberger/c1_2_1.txt", "vrptw/homberger/c1_2_1.hierarchical.sol.txt"),
    ("pdptw/li_lim/lc101.txt", "pdptw/li_lim/lc101.sol.txt"),
    ("pdptw/sartori_buriol/bar-n100-1.txt.gz", "pdptw/sartori_buriol/bar-n100-1.6_732.txt"),
    ("pyvrp/HFVRP/X110-HD.vrp", "pyvrp/HFVRP/X110-HD.sol"),
    ("pyvrp/MDVRPTW/PR11B.vrp", "pyvrp/MDVRPTW/PR11B.sol"),
    ("pyvrp/SDVRPTW/PR11.vrp", "pyvrp/SDVRPTW/PR11.sol"),
    ("pyvrp/MTVRPTWR/R204R0.5.vrp", "pyvrp/MTVRPTWR/R204R0.5.sol"),
    ("pyvrp/VRPB/X-n524-50-k125.vrp", "pyvrp/VRPB/X-n524-50-k125.sol"),
    ("pyvrp/GVRP/M-n101-k10-C34-V4.vrp", "pyvrp/GVRP/M-n101-k10-C34-V4.sol"),
    ("pyvrp/PCVRPTW/R1_10_4.vrp", "pyvrp/PCVRPTW/R1_10_4.sol"),
]


@pytest.mark.parametrize(("problem", "plan"), PAIRS)
@pytest.mark.filterwarnings("ignore")
def test_stored_solution_is_feasible(data_dir, problem, plan):
    """One file per family reads without a problem and breaks no rule.

    PyVRP states costs in its own scaled integers, so the stated cost is compared up to a power of
    ten.
    """
    instance = formats.load(data_dir / "bench" / problem)
    solution = read_plan(data_dir / "bench" / plan, instance)
    report = check(instance, solution, reasons=False)
    assert {v.kind for v in report.violations} <= {"stated_cost"}
    assert report.complete
    if solution.cost is not None:
        scales = [10.0**k for k in range(-3, 4)]
        assert any(solution.cost * s == pytest.approx(report.cost, rel=1e-5) for s in scales)
