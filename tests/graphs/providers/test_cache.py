"""Tables kept on disk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from routesolve.errors import RoutesolveWarning
from routesolve.graphs.providers.base import RoadProvider, TravelTable
from routesolve.graphs.providers.cache import TableCache, cache_folder, open_cache

POINTS = np.array([[7.0, 43.0], [7.1, 43.0], [7.2, 43.1]])


class Counting(RoadProvider):
    """A provider that counts how often it is asked."""

    def __init__(self, identity: str = "streets", **options: Any) -> None:
        super().__init__(**options)
        self._identity = identity
        self.asked = 0

    @property
    def description(self) -> str:
        """Who this is."""
        return "made up"

    @property
    def identity(self) -> str:
        """Which streets."""
        return self._identity

    def _worth_keeping(self, sources: int, targets: int) -> bool:
        return sources * targets > 3

    def _ask(self, sources: npt.NDArray[Any], targets: npt.NDArray[Any]) -> TravelTable:
        self.asked += 1
        gaps = np.abs(sources[:, None] - targets[None]).sum(axis=2)
        return TravelTable(gaps, gaps * 2, sources[:, 0], targets[:, 1])

    def line(self, start: npt.ArrayLike, end: npt.ArrayLike) -> npt.NDArray[Any]:
        """A straight line."""
        return np.array([start, end])


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[TableCache]:
    """A cache of its own."""
    return TableCache(tmp_path / "tables")


def _files(cache: TableCache) -> list[Path]:
    return sorted(cache.folder.glob("*"))


def test_a_table_is_computed_once(kept: TableCache) -> None:
    """The second provider reads what the first one has computed, number for number."""
    first, second = Counting(cache=kept), Counting(cache=kept)
    a, b = first.table(POINTS), second.table(POINTS)
    assert (first.asked, second.asked) == (1, 0)
    for one, other in zip(a, b, strict=True):
        np.testing.assert_array_equal(one, other)
    assert second.table(POINTS[::-1]).durations[0, 1] == a.durations[2, 1]
    assert second.asked == 0


def test_other_places_streets_or_directions_are_other_tables(kept: TableCache) -> None:
    """The key is what is travelled on and the places of either side."""
    Counting(cache=kept).table(POINTS)
    other = Counting(cache=kept)
    other.table(POINTS + 1e-6)
    other.table(POINTS[:2], POINTS)
    other.table(POINTS, POINTS[:2])
    assert other.asked == 3
    elsewhere = Counting("other streets", cache=kept)
    elsewhere.table(POINTS)
    assert elsewhere.asked == 1
    assert len(_files(kept)) == 5


def test_small_tables_are_not_kept(kept: TableCache) -> None:
    """Below the size from which on it pays, nothing is written."""
    provider = Counting(cache=kept)
    provider.table(POINTS[:1], POINTS)
    provider.table(POINTS[:1], POINTS)
    assert provider.asked == 2
    assert _files(kept) == []


@pytest.mark.parametrize("damage", ["empty", "cut", "flipped", "text", "shape", "type", "names"])
def test_damaged_entries_are_computed_again(kept: TableCache, damage: str) -> None:
    """With a warning, and the entry is whole again afterwards."""
    whole = Counting(cache=kept).table(POINTS)
    (path,) = _files(kept)
    raw = bytearray(path.read_bytes())
    arrays = dict(np.load(path))
    if damage == "flipped":
        raw[len(raw) // 3] ^= 0xFF
    if damage == "shape":
        arrays["durations"] = np.zeros((2, 2))
    elif damage == "type":
        arrays["durations"] = arrays["durations"].astype(np.float32)
    elif damage == "names":
        arrays.pop("distances")
    broken = {"empty": b"", "cut": raw[: len(raw) // 2], "text": b"hello"}.get(damage, raw)
    path.write_bytes(broken)
    if damage in ("shape", "type", "names"):
        np.savez(path, **arrays)
    again = Counting(cache=kept)
    with pytest.warns(RoutesolveWarning, match="computed again"):
        table = again.table(POINTS)
    assert again.asked == 1
    np.testing.assert_array_equal(table.durations, whole.durations)
    third = Counting(cache=kept)
    third.table(POINTS)
    assert third.asked == 0


def test_the_cache_is_bounded(kept: TableCache) -> None:
    """What was not used for longest goes first."""
    provider = Counting(cache=kept)
    known: set[Path] = set()
    for k in range(3):
        provider.table(POINTS + k)
        (new,) = set(_files(kept)) - known
        os.utime(new, (1000 + k, 1000 + k))
        known.add(new)
    kept.limit = 3 * new.stat().st_size
    provider.table(POINTS)  # the oldest, used again
    provider.table(POINTS + 3)
    assert provider.asked == 4
    assert len(_files(kept)) == 3
    for k, asked in ((0, 4), (2, 4), (3, 4), (1, 5)):
        provider.table(POINTS + k)
        assert provider.asked == asked


def test_what_is_larger_than_the_cache_is_not_kept(tmp_path: Path) -> None:
    """One table does not push out all others."""
    kept = TableCache(tmp_path / "tables", limit=100)
    Counting(cache=kept).table(POINTS)
    assert _files(kept) == []


def test_a_folder_that_cannot_be_written_to_is_no_error(tmp_path: Path) -> None:
    """The table is computed, with a warning."""
    (tmp_path / "tables").write_text("a file", encoding="utf-8")
    provider = Counting(cache=TableCache(tmp_path / "tables"))
    with pytest.warns(RoutesolveWarning, match="cannot be kept"):
        assert provider.table(POINTS).durations.shape == (3, 3)


@pytest.mark.parametrize("value", ["off", "OFF"])
def test_the_cache_can_be_switched_off(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the environment, or for a provider."""
    monkeypatch.setenv("ROUTESOLVE_CACHE", value)
    assert cache_folder() is None
    assert open_cache(True) is None
    provider = Counting()
    provider.table(POINTS)
    provider.table(POINTS)
    assert provider.asked == 2


def test_no_cache_for_one_provider(cache: Path) -> None:
    """``cache=False`` keeps nothing; the default is the folder of the environment."""
    Counting(cache=False).table(POINTS)
    assert not cache.exists()
    Counting().table(POINTS)
    assert len(list((cache / "tables").iterdir())) == 1


def test_default_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The usual places, when nothing else is asked for."""
    monkeypatch.delenv("ROUTESOLVE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "routesolve"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == Path.home() / ".cache" / "routesolve"


def test_an_interrupted_write_leaves_nothing(
    kept: TableCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a half-written table nor a temporary file."""
    from routesolve.graphs.providers import cache

    def interrupted(stream: Any, arrays: Any, **options: Any) -> None:
        stream.write(b"PK\x03\x04 half")
        raise KeyboardInterrupt

    monkeypatch.setattr(cache._npz, "write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        Counting(cache=kept).table(POINTS)
    assert _files(kept) == []
