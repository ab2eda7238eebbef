"""Files are written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from routesolve.errors import InputError
from routesolve.files import save_text


def test_replaces_a_file_and_leaves_nothing_else(tmp_path: Path) -> None:
    """The text is there, and no temporary file beside it."""
    target = tmp_path / "a.json"
    target.write_text("old")
    save_text(target, "new\n")
    assert target.read_text() == "new\n"
    assert os.listdir(tmp_path) == ["a.json"]


@pytest.mark.parametrize("name", ["missing/a.json", "", "a\0b"])
def test_refuses_places_that_cannot_be_written(tmp_path: Path, name: str) -> None:
    """A missing folder, a folder and an impossible name each get an error with a fix."""
    with pytest.raises(InputError) as caught:
        save_text(str(tmp_path / name), "text")
    assert caught.value.problems[0].fix
    assert os.listdir(tmp_path) == []


def test_failure_leaves_the_old_file(tmp_path: Path) -> None:
    """Text that cannot be encoded does not destroy what was there."""
    target = tmp_path / "a.json"
    target.write_text("old")
    with pytest.raises(UnicodeEncodeError):
        save_text(target, "\ud800")
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.json"]
