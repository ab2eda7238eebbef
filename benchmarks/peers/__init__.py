"""Other solvers of vehicle routing problems, one file each, all with the same signature."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from importlib.metadata import PackageNotFoundError, version

import routesolve as rs

from .by_ailsii import by_ailsii
from .by_commiv import by_commiv
from .by_hgs import by_hgs
from .by_pyvrp import by_pyvrp
from .by_vroom import by_vroom
from .case import Case, Peer
from .ours import OURS, by_registry, warm

__all__ = ["OURS", "PEERS", "Case", "Peer", "present", "registered", "warm"]

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


def registered(name: str) -> Peer:
    """Return a solver of our registry, with whatever its instances may have."""
    known = PEERS.get(name, Peer(partial(by_registry, name), {}))
    solve = partial(by_registry, name)
    return replace(known, solve=solve, timed=True, most=1 << 30, takes="instance")


def present(names: Iterable[str]) -> dict[str, str]:
    """Return the versions of those that are installed, and tell which are not."""
    found = {}
    for name in names:
        packages = PEERS[name].packages if name in PEERS else {}
        if said := _installed(packages):
            found[name] = said
        else:
            print(f"{name} is not installed: left out", file=sys.stderr)
    return found


def _installed(packages: Iterable[str]) -> str | None:
    """Return the first of these packages with its version; ours when there are none."""
    names = list(packages)
    if not names:
        return f"routesolve {rs.__version__}"
    for package in names:
        with suppress(PackageNotFoundError):
            return f"{package} {version(package)}"
    return None
