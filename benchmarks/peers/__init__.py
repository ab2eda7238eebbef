"""Other solvers of vehicle routing problems, one file each, all with the same signature."""

from __future__ import annotations

from functools import partial
from importlib.metadata import PackageNotFoundError, version

import routesolve as rs

from .by_ailsii import by_ailsii
from .by_commiv import by_commiv
from .by_hgs import by_hgs
from .by_pyvrp import by_pyvrp
from .by_vroom import by_vroom
from .case import Case, Peer
from .ours import by_registry, warm

__all__ = ["OURS", "PEERS", "Case", "Peer", "installed", "warm"]

OURS = ("ils", "auto", "ortools")
"""Those of our registry: they are compiled before they are timed."""

PEERS = {
    "ils": Peer(partial(by_registry, "ils"), {}, takes="instance"),
    "auto": Peer(partial(by_registry, "auto"), {}, takes="instance"),
    "ortools": Peer(
        partial(by_registry, "ortools"), {"ortools": "ortools"}, seeded=False, takes="instance"
    ),
    "pyvrp": Peer(by_pyvrp, {"pyvrp": "pyvrp"}, most=10_000),
    "vroom": Peer(by_vroom, {"pyvroom": "vroom"}, most=7_000, seeded=False),
    "hgs": Peer(by_hgs, {"hybgensea": "hybgensea", "hygese": "hygese"}, timed=False, most=10_000),
    "ailsii": Peer(by_ailsii, {"ailsii": "ailsii"}, timed=False, takes="points"),
    "commiv": Peer(by_commiv, {"commiv": "commiv"}, most=10_000),
}


def installed(name: str) -> str | None:
    """Return the version of a solver, None when it is not installed."""
    if not PEERS[name].packages:
        return f"routesolve {rs.__version__}"
    for package in PEERS[name].packages:
        try:
            return f"{package} {version(package)}"
        except PackageNotFoundError:
            continue
    return None
