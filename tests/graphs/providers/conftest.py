"""What tests of providers share."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from .server import Stub, serving


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder of everything that is kept between runs, empty for each test."""
    folder = tmp_path / "kept"
    monkeypatch.setenv("ROUTESOLVE_CACHE", str(folder))
    return folder


@pytest.fixture
def stub() -> Iterator[Stub]:
    """A server on the loopback interface."""
    with serving() as server:
        yield server


@pytest.fixture
def wheel() -> None:
    """Skip where OSRM cannot be run in process."""
    if find_spec("osrm") is None:
        pytest.skip("osrm-bindings is not installed (it needs Python >= 3.12)")
