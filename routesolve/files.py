"""Writing files whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from routesolve.errors import InputError, Problem


@contextmanager
def written_whole(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a file that takes its name only once all of it is written.

    What is written goes to a temporary file in the same folder. When the block ends it replaces
    `path`; when it raises, Ctrl-C included, the temporary file is removed and `path` is as it was.

    Parameters
    ----------
    path
        File name; an existing file is replaced.

    Yields
    ------
    BinaryIO
        To be written to, seekable.

    Raises
    ------
    InputError
        When the folder or the file cannot be written to.
    """
    path = Path(path)
    if path.is_dir():
        raise InputError("this is a folder", where=str(path), fix="name a file")
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(
            f"cannot write here: {reason}", where=str(path), fix="choose another folder"
        ) from None
    try:
        with os.fdopen(handle, "wb") as stream:
            yield stream
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)
        os.replace(temporary, path)
    except BaseException as error:
        Path(temporary).unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise InputError(
                f"cannot write: {error.strerror or error}",
                where=str(path),
                fix="choose another place",
            ) from error
        raise


def save_text(path: str | os.PathLike[str], text: str) -> None:
    """Write text to a file, whole or not at all.

    Parameters
    ----------
    path
        File name; an existing file is replaced.
    text
        Written as UTF-8, line ends as they are.

    Raises
    ------
    InputError
        When the folder or the file cannot be written to.
    """
    with written_whole(path) as stream:
        stream.write(text.encode())


def require_writable(path: str | os.PathLike[str]) -> list[Problem]:
    """Return what would keep a file from being written, before hours of work are spent on it."""
    path = Path(path)
    if path.is_dir():
        return [Problem("this is a folder", str(path), "name a file")]
    try:
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        return [Problem(f"cannot write here: {error.strerror}", str(path), "choose another folder")]
    return []
