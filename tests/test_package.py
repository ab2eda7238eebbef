"""The package as a whole: light imports, public names, structure."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest

import routesolve
from tests.conftest import ROOT

HEAVY = ("torch", "ortools", "osmnx", "pandas", "matplotlib", "numba", "scipy", "pydantic", "numpy")
ROOMS = ("pages", "graphs", "instances", "solutions", "solvers", "cli")


def _loaded(statement: str) -> set[str]:
    code = f"{statement}\nimport sys\nprint(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_import_loads_nothing_heavy() -> None:
    """``import routesolve`` stays light."""
    assert not _loaded("import routesolve") & set(HEAVY)


def test_help_loads_nothing_heavy() -> None:
    """``routesolve --help`` needs click and nothing else."""
    statement = (
        "from routesolve.cli import run, group\n"
        "run(lambda: group.main(['--help'], standalone_mode=False), [])"
    )
    assert not _loaded(statement) & set(HEAVY)


@pytest.mark.parametrize("name", routesolve.__all__)
def test_public_names_resolve(name: str) -> None:
    """Every public name exists."""
    assert getattr(routesolve, name) is not None


def test_unknown_name_is_an_attribute_error() -> None:
    """A name that does not exist fails as in any module."""
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = routesolve.nothing


def test_rooms_import_one_way() -> None:
    """No room imports one to its right."""
    for rank, room in enumerate(ROOMS):
        later = [f"routesolve.{name}" for name in ROOMS[rank + 1 :]]
        for file in (ROOT / "routesolve" / room).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                names = []
                if isinstance(node, ast.Import):
                    names = [alias.name for alias in node.names]
                elif isinstance(node, ast.ImportFrom):
                    names = [node.module or ""]
                for name in names:
                    assert not name.startswith(tuple(later)), f"{file}: {name}"


def test_numba_lives_in_kernels_only() -> None:
    """Only kernel folders and the decorator import numba."""
    for file in (ROOT / "routesolve").rglob("*.py"):
        if "_kernels" in file.parts or file.name == "_jit.py":
            continue
        text = file.read_text("utf-8")
        assert "import numba" not in text, file
        assert "from numba" not in text, file
