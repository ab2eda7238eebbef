"""Arrays in one ``.npz`` file: equal arrays in equal bytes, checked and mappable when read.

Members that are stored, not packed, can be mapped into memory: the arrays are read from the disk as
they are used, and processes that use the same file share them. NumPy writes such archives but
cannot map them; here each array begins at a multiple of 64 bytes, so that it can be used where it
lies. Both kinds are ordinary ``.npz`` files to :func:`numpy.load`.
"""

from __future__ import annotations

import io
import lzma
import os
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

import numpy as np
import numpy.lib.format as npy
import numpy.typing as npt

from routesolve.errors import InputError

Arrays = dict[str, npt.NDArray[Any]]

DAMAGE = (
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    EOFError,
    RuntimeError,
    OverflowError,
    MemoryError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
)
"""What reading a file that is something else, or damaged, raises."""

_ALIGNED = 64
_PADDING = 0xD935
"""Number of the extra field that says "padding", as in Android's packages."""
_LOCAL = struct.Struct("<26xHH")
"""Header before each member: the lengths of its name and of its extra fields."""
_ZIP64 = 20
"""Bytes of the extra field for large sizes, which zipfile adds when told to."""
_HEADER = 1 << 16


def write(
    stream: BinaryIO,
    arrays: Mapping[str, npt.NDArray[Any]],
    *,
    packed: bool | Callable[[str], bool] = False,
) -> None:
    """Write named arrays to an open file; `packed` says whether, or which of them, to pack."""
    with zipfile.ZipFile(stream, "w") as archive:
        for key, array in arrays.items():
            info = zipfile.ZipInfo(f"{key}.npy")  # dated 1980, whenever it is written
            small = packed(key) if callable(packed) else packed
            info.compress_type = zipfile.ZIP_DEFLATED if small else zipfile.ZIP_STORED
            if not small:
                begin = stream.tell() + 30 + len(info.filename.encode()) + 4 + _ZIP64
                gap = -begin % _ALIGNED
                info.extra = struct.pack("<HH", _PADDING, gap) + bytes(gap)
            with archive.open(info, "w", force_zip64=True) as member:
                npy.write_array(member, array, allow_pickle=False)


def read(
    path: str | os.PathLike[str],
    *,
    what: str,
    fix: str = "save it again",
    skip: tuple[str, ...] = (),
    memory_map: bool | None = None,
) -> Arrays:
    """Read the arrays of a file; all are read-only.

    Parameters
    ----------
    path
        File written by :func:`write`, or any ``.npz`` without pickles.
    what
        What it should be, e.g. ``"network"``, for messages.
    fix
        How a damaged file is mended, for messages.
    skip
        Beginnings of names of arrays to leave where they are.
    memory_map
        Whether to map stored members into memory; ``True`` insists, ``None`` maps what can be.

    Raises
    ------
    InputError
        If the file is missing or damaged, or packed when it should be mapped.
    """
    where = str(path)
    try:
        with open(path, "rb") as file, zipfile.ZipFile(file) as archive:
            members = [m for m in archive.infolist() if not m.filename.startswith(skip)]
            if memory_map and any(_is_packed(member) for member in members):
                raise InputError(
                    "packed, so that it cannot be mapped into memory",
                    where=where,
                    fix="save it with compressed=False, or load it with memory_map=None",
                )
            return {
                member.filename.removesuffix(".npy"): _array(
                    archive.read(member)
                    if memory_map is False or _is_packed(member)
                    else _map(file, archive, member)
                )
                for member in members
            }
    except InputError:
        raise
    except OSError as error:
        reason = error.strerror or "damaged"
        raise InputError(f"cannot read the {what}: {reason}", where=where) from error
    except DAMAGE as error:
        raise InputError(
            f"not a saved {what}, or damaged: {error}", where=where, fix=fix
        ) from error


def _is_packed(member: zipfile.ZipInfo) -> bool:
    return member.compress_type != zipfile.ZIP_STORED


def _map(file: BinaryIO, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> memoryview:
    """The bytes of a stored member, mapped; their checksum is compared."""
    with archive.open(info):  # compares the name with that in the directory
        pass
    file.seek(info.header_offset)
    name, extra = _LOCAL.unpack(file.read(_LOCAL.size))
    begin = info.header_offset + _LOCAL.size + name + extra
    mapped = np.memmap(file, dtype=np.uint8, mode="r", offset=begin, shape=(info.file_size,))
    raw = memoryview(mapped)  # type: ignore[arg-type]
    if zlib.crc32(raw) != info.CRC:
        raise ValueError(f"the checksum of {info.filename} is another")
    return raw


def _array(raw: bytes | memoryview) -> npt.NDArray[Any]:
    """The array that a ``.npy`` file holds, in place; its bytes have been checked."""
    head = io.BytesIO(bytes(raw[:_HEADER]))
    version = npy.read_magic(head)
    if version != (1, 0):
        raise ValueError(f"arrays of format {version}")
    shape, fortran, dtype = npy.read_array_header_1_0(head)
    size = int(np.prod(shape, dtype=object)) if shape else 1
    if dtype.hasobject or head.tell() + size * dtype.itemsize != len(raw):
        raise ValueError("not an array of numbers")
    flat = np.frombuffer(raw, dtype=dtype, offset=head.tell()) if size else np.empty(0, dtype)
    array = flat.reshape(shape, order="F" if fortran else "C")
    return array if array.flags.aligned else array.copy()
