"""Files by their first bytes: what is packed (gzip, bzip2, xz), what is OpenStreetMap."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import zlib
from pathlib import Path

from routesolve.errors import InputError

PEEK = 1 << 16


def first_bytes(path: str | os.PathLike[str], size: int = PEEK) -> bytes:
    """The beginning of a file as it lies on disk; raises InputError when it cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read(size)
    except OSError as error:
        raise InputError(f"cannot read the network: {error.strerror}", where=str(path)) from error


def unpacked(head: bytes) -> bytes:
    """What the beginning of a file says once unpacked; itself when it is not packed.

    Empty when it looks packed but is damaged.
    """
    try:
        if head.startswith(b"\x1f\x8b"):
            return zlib.decompressobj(31).decompress(head, PEEK)
        if head.startswith(b"BZh"):
            return bz2.BZ2Decompressor().decompress(head, PEEK)
        if head.startswith(b"\xfd7zXZ\x00"):
            return lzma.LZMADecompressor().decompress(head, PEEK)
    except (OSError, EOFError, zlib.error, lzma.LZMAError):
        return b""
    return head


def is_pbf(head: bytes) -> bool:
    """Whether a file that starts like this is ``.osm.pbf``."""
    return head[4:15] == b"\x0a\x09OSMHeader"


def is_osm_xml(text: bytes) -> bool:
    """Whether a text that starts like this is OpenStreetMap XML with something in it."""
    start = text[:2000].lstrip(b"\xef\xbb\xbf \t\r\n")
    whole_but_empty = b"</osm>" in text and b"<way" not in text
    return start.startswith(b"<") and b"<osm" in start and not whole_but_empty


def read_text(path: str | os.PathLike[str]) -> bytes:
    """The whole content of a text file, unpacked.

    Raises
    ------
    InputError
        If the file is missing, cut off or damaged.
    """
    where = str(path)
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"cannot read the network: {error.strerror}", where=where) from error
    try:
        if data.startswith(b"\x1f\x8b"):
            return gzip.decompress(data)
        if data.startswith(b"BZh"):
            return bz2.decompress(data)
        if data.startswith(b"\xfd7zXZ\x00"):
            return lzma.decompress(data)
    except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError) as error:
        raise InputError(
            f"the packed file is damaged or cut off: {error}", where=where, fix="fetch it again"
        ) from error
    return data
