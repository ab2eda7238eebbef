"""What a model card says: data, hardware, variants."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from typing import Any

from routesolve.solvers.neural.lessons import MIX, fingerprint
from routesolve.solvers.neural.pool import Pool
from routesolve.solvers.neural.weights import Weights


def shares(weights: Weights) -> dict[str, float]:
    """Variants that weights have seen, and their shares."""
    seen = weights.about.get("variants") or dict(MIX)
    return dict(seen) if isinstance(seen, dict) else dict.fromkeys(map(str, seen), 1.0)


def merged(parent: dict[str, Any], mix: dict[str, float]) -> dict[str, float]:
    """Variants that weights and those that they came from have seen."""
    seen = parent.get("variants") or {}
    return dict(seen if isinstance(seen, dict) else dict.fromkeys(seen, 1.0)) | mix


def said(pool: Pool, files: Sequence[str]) -> dict[str, Any]:
    """What a model card says of a pool."""
    return {
        "files": [os.path.basename(path) for path in files],
        "fingerprint": fingerprint(pool),
        "areas": [area.name for area in pool.areas],
        "places": sum(area.size for area in pool.areas),
        "engines": sorted({f"{area.engine} {area.version}" for area in pool.areas}),
        "licences": sorted({area.licence for area in pool.areas}),
    }


def processor() -> str:
    """The name of the processor, where the system tells."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = [line.partition(":")[2].strip() for line in file if line.startswith("model n")]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or platform.machine()
