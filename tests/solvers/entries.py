"""The entries of the registry of solvers; those whose package is absent are skipped."""

from __future__ import annotations

from typing import Any

import pytest

from routesolve.solvers.registry import SOLVERS, get
from tests.solvers import tiny


def _entry(name: str) -> Any:
    lacks = get(name).unsupported(tiny.CASES["empty"])
    skip = pytest.mark.skipif(bool(lacks), reason=f"solver {name}: {'; '.join(lacks)}")
    return pytest.param(name, marks=skip)


each_solver = pytest.mark.parametrize("name", [_entry(name) for name in SOLVERS])
