"""Writing files whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from routesolve.errors import InputError, Problem


def save_text(path: str | os.PathLike[str], text: str) -> None:
    """Write text to a file through a temporary one beside it, so that it is never half-written.

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
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
            stream.write(text)
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)
        os.replace(temporary, path)
    except BaseException as error:
        Path(temporary).unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise InputError(
                f"cannot write: {error.strerror}", where=str(path), fix="choose another place"
            ) from None
        raise


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
