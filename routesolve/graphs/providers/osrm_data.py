"""Datasets of OSRM: built from an extract by its own programs, whole or not at all."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from routesolve.errors import InputError, RoutingError

PROFILES = ("car", "bicycle", "foot")
"""Profiles that come with OSRM."""

_NAME = "roads.osrm"
_UNFINISHED = ".building-"
_ABANDONED = 24 * 3600.0
"""Seconds after which an unfinished folder is what a killed process has left."""


def dataset_name(extract: Path, profile: str) -> str:
    """Name of the dataset of an extract: its content, the profile and the version of OSRM.

    Raises
    ------
    InputError
        If the extract cannot be read.
    """
    try:
        with extract.open("rb") as file:
            content = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=12)).hexdigest()
    except OSError as error:
        raise InputError(
            f"cannot read the extract: {error.strerror}",
            where=str(extract),
            fix="give an OpenStreetMap file (.osm.pbf)",
        ) from None
    return f"{extract.name.partition('.')[0]}-{profile}-{version('osrm-bindings')}-{content}"


def build_dataset(extract: Path, profile: str, folder: Path) -> Path:
    """Return the base path of a dataset in `folder`, after building it if there is none.

    Everything is written into another folder beside it, which takes its name at the end: an
    interrupted build leaves nothing, and of two builds at a time either one is kept.

    Raises
    ------
    InputError
        If OSRM cannot read the extract.
    RoutingError
        If OSRM fails otherwise, or the folder cannot be written to.
    """
    base = folder / _NAME
    if _complete(base):
        return base
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _sweep(folder.parent)
        unfinished = Path(tempfile.mkdtemp(dir=folder.parent, prefix=_UNFINISHED))
    except OSError as error:
        raise RoutingError(
            f"cannot build the dataset here: {error.strerror}",
            where=str(folder.parent),
            fix="set ROUTESOLVE_CACHE to a folder that can be written to, or to 'off'",
        ) from None
    try:
        _build(extract, profile, unfinished / _NAME)
        if not _complete(base):  # else somebody was quicker
            shutil.rmtree(folder, ignore_errors=True)
            unfinished.rename(folder)
    except OSError as error:
        if not _complete(base):
            raise RoutingError(
                f"cannot keep the dataset: {error.strerror or error}", where=str(folder)
            ) from None
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return base


def _complete(base: Path) -> bool:
    """Whether the file that is written last is there."""
    return base.with_name(f"{base.name}.mldgr").exists()


def _build(extract: Path, profile: str, base: Path) -> None:
    spec = find_spec("osrm")
    assert spec is not None
    assert spec.origin is not None
    lua = Path(spec.origin).parent / "share" / "profiles" / f"{profile}.lua"
    steps = (
        ("extract", "-p", str(lua), "-o", str(base), os.path.abspath(extract)),
        ("partition", str(base)),
        ("customize", str(base)),
    )
    started = time.monotonic()
    _say(f"OSRM builds {extract.name} ({profile}), once:")
    try:
        for step, *arguments in steps:
            _say(f" {step} ...")
            status, log = _run([sys.executable, "-m", "osrm", step, *arguments])
            if status:
                raise _failure(step, extract, log)
    except BaseException:
        _say(" stopped\n")
        raise
    _say(f" {time.monotonic() - started:.1f} s\n")


def _run(command: list[str]) -> tuple[int, str]:
    """Exit status and what was said; when we are stopped, the programs it started are, too."""
    own_group = os.name == "posix"
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=own_group,
    )
    try:
        log, _ = process.communicate()
    except BaseException:
        if own_group:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
        process.communicate()
        raise
    return process.returncode, log


def _failure(step: str, extract: Path, log: str) -> InputError | RoutingError:
    """The error for a failed step, with the last thing that OSRM complains about."""
    lines = [line.rpartition("] ")[2].strip() for line in log.splitlines() if line.strip()]
    complaints = [
        line.rpartition("[error] ")[2].strip() for line in log.splitlines() if "[error]" in line
    ]
    said = (complaints or lines or ["nothing"])[-1].removeprefix("what():").strip()
    if step == "extract":
        return InputError(
            f"OSRM cannot make roads of this file: {said}",
            where=str(extract),
            fix="give an OpenStreetMap extract that holds roads (.osm.pbf)",
        )
    return RoutingError(f"osrm-{step} fails: {said}", where=str(extract))


def _sweep(folder: Path) -> None:
    """Remove what processes that were killed have left behind."""
    for path in folder.glob(f"{_UNFINISHED}*"):
        if time.time() - path.stat().st_mtime > _ABANDONED:
            shutil.rmtree(path, ignore_errors=True)


def _say(text: str) -> None:
    print(text, end="", file=sys.stderr, flush=True)
