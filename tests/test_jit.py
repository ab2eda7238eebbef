"""Compiled code on disk, where several processes write it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from routesolve._jit import _SharedFiles, kernel


class _Behind(_SharedFiles):
    """A process that has read the index before another one wrote to it."""

    def _load_index(self) -> dict[Any, str]:
        return {}


def test_what_processes_compile_at_once_is_not_mixed_up(tmp_path: Path) -> None:
    """A kernel for one type is never loaded as the one for another, whoever wrote the index."""
    one = _SharedFiles(str(tmp_path), "kernel", 1.0)
    other = _Behind(str(tmp_path), "kernel", 1.0)
    one.save("int64", "adds whole numbers")
    other.save("float64", "adds floats")
    reader = _SharedFiles(str(tmp_path), "kernel", 1.0)
    assert reader.load("float64") == "adds floats"
    assert reader.load("int64") in (None, "adds whole numbers")
    one.save("int64", "adds whole numbers")
    assert (reader.load("int64"), reader.load("float64")) == ("adds whole numbers", "adds floats")


def test_the_index_never_tells_of_a_file_that_is_not_there(tmp_path: Path) -> None:
    """A process that dies while it writes leaves nothing that others stumble over."""

    class Dies(_SharedFiles):
        def _save_data(self, name: str, data: Any) -> None:
            raise OSError("disk full")

    with pytest.raises(OSError, match="full"):
        Dies(str(tmp_path), "kernel", 1.0).save("int64", "code")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("what", ["a type that is gone", "a file cut off"])
def test_what_cannot_be_read_is_compiled_again(what: str, tmp_path: Path) -> None:
    """An index that another version has written, or that a full disk has cut off, is no index."""
    one = _SharedFiles(str(tmp_path), "kernel", 1.0)
    one.save("float64", "code")
    (index,) = tmp_path.glob("*.nbi")
    whole = index.read_bytes()
    if what == "a type that is gone":
        index.write_bytes(whole[: whole.index(b"\x80", 2)] + b"croutesolve._jit\nGone\n.")
    else:
        index.write_bytes(whole[:-5])
    assert one.load("float64") is None
    one.save("float64", "new code")
    assert one.load("float64") == "new code"


def test_kernels_use_these_files() -> None:
    """Numba's own way to store compiled code is replaced in every kernel."""

    @kernel
    def twice(x: float) -> float:
        return 2 * x

    assert twice(2.0) == 4.0
    if hasattr(twice, "_cache"):  # not so when Numba is switched off
        assert isinstance(twice._cache._cache_file, _SharedFiles)
