"""From a file, whatever it is, to text: gzip, encodings, binary garbage."""

from __future__ import annotations

import gzip
import io
import os
import re
import sys
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

from routesolve.errors import InputError

HEAD = 1 << 16
LARGEST = 1 << 31  # bytes, after decompression

_GZIP = b"\x1f\x8b"
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_MAGIC = {
    b"PK\x03\x04": "a zip archive (Excel workbooks are such)",
    b"%PDF": "a PDF",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"\xfd7zXZ": "an xz archive",
    b"BZh": "a bzip2 archive",
    b"SQLite format 3": "an SQLite database",
    b"PAR1": "a Parquet file",
}


def name_of(source: Any) -> str:
    """What to call a source in messages."""
    if isinstance(source, (str, os.PathLike)):
        return "standard input" if source == "-" else os.fspath(source)
    return str(getattr(source, "name", "input"))


def stem(name: str) -> str:
    """File name without folder and suffixes, for instances that bear no name."""
    base = Path(name).name
    for suffix in (".gz", Path(base.removesuffix(".gz")).suffix):
        if suffix and base != suffix:
            base = base.removesuffix(suffix)
    return base


def read_text(source: str | os.PathLike[str] | IO[Any]) -> str:
    """Read all text of a source.

    Parameters
    ----------
    source
        File name, ``-`` for standard input, or an open file, binary or text.

    Raises
    ------
    InputError
        Missing or unreadable file, folder, binary content, damaged gzip, too large.
    """
    if isinstance(source, (str, os.PathLike)):
        if source == "-":
            return _decode(_guarded(sys.stdin.buffer))
        return _decode(_read_file(source))
    if not hasattr(source, "read"):
        raise InputError(
            f"cannot read a problem from a {type(source).__name__}",
            fix="give a file name, an open file, a dictionary or a DataFrame",
        )
    content = source.read()
    if isinstance(content, str):
        return _newlines(content)
    return _decode(_guarded(io.BytesIO(content)))


def _read_file(path: str | os.PathLike[str]) -> bytes:
    try:
        with open(path, "rb") as stream:
            return _guarded(stream)
    except InputError:  # which is a ValueError too
        raise
    except FileNotFoundError:
        raise InputError("there is no such file", fix="check the name") from None
    except IsADirectoryError:
        raise InputError("this is a folder", fix="name a file in it") from None
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", fix="check its rights") from None
    except ValueError as error:  # a NUL in the name
        raise InputError(f"no file name: {error}") from None


def _guarded(stream: IO[bytes]) -> bytes:
    """Read bytes, gzip undone, and give up early on what cannot be text."""
    head = stream.read(HEAD)
    if head[:2] != _GZIP:
        _refuse_binary(head)
        content = head + stream.read(LARGEST + 1 - len(head))
    else:
        content = _gunzip(head + stream.read(LARGEST))
    if len(content) > LARGEST:
        raise InputError(f"more than {LARGEST >> 30} GiB of text", fix="split the problem")
    return content


def _gunzip(data: bytes) -> bytes:
    try:
        with gzip.open(io.BytesIO(data)) as stream:
            head = stream.read(HEAD)
            _refuse_binary(head)
            return head + stream.read(LARGEST + 1 - len(head))
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(
            f"a damaged or truncated gzip file: {error}", fix="fetch or compress it again"
        ) from None


def _refuse_binary(head: bytes) -> None:
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):  # UTF-16, as Excel writes it
        return
    for magic, what in _MAGIC.items():
        if head.startswith(magic):
            raise InputError(f"this is {what}, not text", fix="export it as text, CSV or JSON")
    if b"\x00" in head or len(_CONTROL.findall(head)) > len(head) // 200:
        raise InputError("this is no text file", fix="give one of the formats that are read")


def _decode(data: bytes) -> str:
    for encoding in ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig",):
        try:
            return _newlines(data.decode(encoding))
        except UnicodeDecodeError:
            pass
    return _newlines(data.decode("latin-1"))


def _newlines(text: str) -> str:
    text = text.removeprefix("\ufeff")
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def unrecognised(text: str, formats: Iterable[str]) -> InputError:
    """Say that no format fits, with a hint at what the text looks like."""
    known = ", ".join(formats)
    if not text.strip():
        return InputError("the file is empty", fix=f"give a problem in one of: {known}")
    first = next(line for line in text.split("\n") if line.strip())[:60]
    hint = ""
    if re.match(r"\s*<", text):
        hint = "XML and HTML are not read; "
    elif re.match(r"\s*Route\b", text):
        hint = "it looks like a plan, not like a problem; "
    return InputError(
        f"the content is in no format that is known; it begins {first!r}",
        fix=f"{hint}formats: {known}; a table needs a header line that names its coordinates "
        "(lat, lon or x, y)",
    )
