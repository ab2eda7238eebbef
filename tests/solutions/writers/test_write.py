"""Choosing a format and writing whole files or none."""

from __future__ import annotations

import os

import pytest

from routesolve.errors import InputError
from routesolve.solutions.writers import SUFFIXES, WRITERS, write
from tests.solutions.writers import cases


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_suffix_chooses_the_format(tmp_path, suffix):
    """Each suffix writes what its format renders."""
    result = cases.city()
    write(result, tmp_path / f"plan{suffix}")
    text = (tmp_path / f"plan{suffix}").read_bytes().decode()
    assert text == WRITERS.load(SUFFIXES[suffix])(result)
    assert os.listdir(tmp_path) == [f"plan{suffix}"]


def test_format_wins_over_suffix(tmp_path):
    """A named format is used whatever the file is called."""
    write(cases.plane(), tmp_path / "plan.json", format="vroom")
    assert '"code": 0' in (tmp_path / "plan.json").read_text()


def test_unknown_suffix_and_format(tmp_path):
    """The error lists what there is."""
    with pytest.raises(InputError, match=r"\.docx"):
        write(cases.plane(), tmp_path / "plan.docx")
    with pytest.raises(InputError, match="did you mean 'html'"):
        write(cases.plane(), tmp_path / "plan.html", format="htm")


def test_a_place_that_cannot_be_written_to(tmp_path):
    """Missing folder, folder as target: one error, nothing left behind."""
    with pytest.raises(InputError, match="cannot write here"):
        write(cases.plane(), tmp_path / "no" / "plan.json")
    with pytest.raises(InputError, match="this is a folder"):
        write(cases.plane(), tmp_path, format="json")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_read_only_folder(tmp_path):
    """A read-only folder is named as the reason, and stays empty."""
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(InputError, match="cannot write here"):
            write(cases.plane(), tmp_path / "plan.json")
    finally:
        tmp_path.chmod(0o700)
    assert list(tmp_path.iterdir()) == []


def test_failing_render_leaves_the_old_file(tmp_path):
    """A format that refuses the plan does not touch what was there."""
    target = tmp_path / "plan.geojson"
    target.write_text("old")
    with pytest.raises(InputError):
        write(cases.plane(), target)
    assert target.read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1
