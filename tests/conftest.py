"""Fixtures shared by all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# In continuous integration the same examples are drawn every time.
settings.register_profile("ci", derandomize=True, database=None)
if os.environ.get("CI"):
    settings.load_profile("ci")

ROOT = Path(__file__).resolve().parents[1]


def find_data() -> Path | None:
    """Return the folder of benchmark data, which is not part of the project, or None."""
    for place in (os.environ.get("ROUTESOLVE_DATA"), ROOT.parent / "shared" / "data"):
        if place and Path(place).is_dir():
            return Path(place)
    return None


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Folder of benchmark instances and networks; tests that use it skip without it."""
    found = find_data()
    if found is None:
        pytest.skip("benchmark data is absent (set ROUTESOLVE_DATA to its folder)")
    return found
