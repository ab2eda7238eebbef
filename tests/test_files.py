"""Files are written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from routesolve.errors import InputError
from routesolve.files import save_text, written_whole


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


@pytest.mark.parametrize("reason", [KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_interrupted_writing_leaves_the_old_file(tmp_path: Path, reason: BaseException) -> None:
    """Ctrl-C and a full disk in the middle: the old file, no other, and an explanation."""
    target = tmp_path / "a.bin"
    target.write_bytes(b"old")

    def write_half() -> None:
        with written_whole(target) as file:
            file.write(b"half")
            raise reason

    with pytest.raises((KeyboardInterrupt, InputError), match=r"^$|No space left on device"):
        write_half()
    assert target.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.bin"]


def test_binary_files_may_be_sought_in(tmp_path: Path) -> None:
    """Archives go back to write their headers."""
    with written_whole(tmp_path / "a.bin") as file:
        file.write(b"abc")
        file.seek(1)
        file.write(b"X")
    assert (tmp_path / "a.bin").read_bytes() == b"aXc"
