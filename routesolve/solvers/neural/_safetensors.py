"""Named arrays and texts in one safetensors file, in NumPy.

The format: eight bytes with the length of a header, a JSON header, then the raw numbers. Nothing in
such a file can run. The core install has no ``safetensors`` package, and the format is small.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError, Problem

Arrays = dict[str, npt.NDArray[Any]]

DTYPES: dict[str, np.dtype[Any]] = {"F16": np.dtype("<f2"), "F32": np.dtype("<f4")}
"""What is read and written; weights are nothing else."""
_NAMES = {dtype: name for name, dtype in DTYPES.items()}
_ABOUT = "__metadata__"
_PREFIX = 8
_ALIGNED = 8
_AXES, _MOST = 2, 1 << 48
"""Weights are vectors and matrices."""
_LONGEST = 100_000_000
"""Bytes of a header, as in the reference implementation."""


def write(stream: BinaryIO, arrays: Mapping[str, npt.NDArray[Any]], about: dict[str, str]) -> None:
    """Write named arrays of float16 or float32, and texts, to an open file."""
    header: dict[str, Any] = {_ABOUT: about}
    begin = 0
    for name, array in sorted(arrays.items()):
        header[name] = {
            "dtype": _NAMES[array.dtype],
            "shape": list(array.shape),
            "data_offsets": [begin, begin + array.nbytes],
        }
        begin += array.nbytes
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % _ALIGNED)
    stream.write(len(text).to_bytes(_PREFIX, "little"))
    stream.write(text)
    for _, array in sorted(arrays.items()):
        stream.write(np.ascontiguousarray(array).tobytes())


def read(path: str | os.PathLike[str]) -> tuple[Arrays, dict[str, str]]:
    """Read the arrays and the texts of a file.

    Parameters
    ----------
    path
        Any file.

    Raises
    ------
    InputError
        If the file cannot be read, or with everything in its header that is wrong.
    """
    try:
        with open(path, "rb") as stream:
            raw = stream.read()
    except OSError as error:
        raise InputError(f"cannot read weights: {error.strerror}", where=str(path)) from error
    try:
        return _parsed(raw)
    except InputError as error:
        raise error.within(str(path)) from None


def _parsed(raw: bytes) -> tuple[Arrays, dict[str, str]]:
    fix = "copy the file again, or train new weights"
    length = int.from_bytes(raw[:_PREFIX], "little")
    if len(raw) < _PREFIX or raw[_PREFIX : _PREFIX + 1] != b"{" or length > _LONGEST:
        raise InputError("not a safetensors file", fix=fix)
    text, data = raw[_PREFIX : _PREFIX + length], raw[_PREFIX + length :]
    if len(text) < length:
        raise InputError(f"the file ends within its header of {length} bytes", fix=fix)
    try:
        header = json.loads(text)
        about = header.pop(_ABOUT, {})
        if not isinstance(about, dict) or not all(isinstance(v, str) for v in about.values()):
            raise ValueError(f"{_ABOUT} has something else than texts")
    except (ValueError, AttributeError, RecursionError) as error:
        raise InputError(f"the header is damaged: {error}", fix=fix) from None
    arrays: Arrays = {}
    problems: list[Problem] = []
    for name, entry in header.items():
        what = _entry_problem(entry, len(data))
        if what:
            problems.append(Problem(what, name, fix))
            continue
        begin, end = entry["data_offsets"]
        numbers = np.frombuffer(data[begin:end], DTYPES[entry["dtype"]])
        arrays[name] = numbers.reshape(entry["shape"])
    problems = problems or _layout_problems(header, len(data), fix)
    if problems:
        raise InputError(problems)
    return arrays, about


def _entry_problem(entry: Any, size: int) -> str | None:
    """What is wrong with what the header says of one array."""
    if not isinstance(entry, dict):
        return "no description of an array"
    dtype: Any = entry.get("dtype")
    shape: Any = entry.get("shape")
    place: Any = entry.get("data_offsets")
    if not isinstance(dtype, str) or dtype not in DTYPES:
        return f"numbers of type {dtype!r}, not {' or '.join(DTYPES)}"
    if not _counts(shape):
        return f"a shape of {shape!r}"
    if not _counts(place) or len(place) != 2 or not place[0] <= place[1]:
        return f"a place of {place!r}"
    if place[1] > size:
        return f"bytes {place[0]} to {place[1]} of {size}: the file is cut off or damaged"
    needed = DTYPES[dtype].itemsize
    for count in shape:
        needed *= count
    if needed != place[1] - place[0]:
        return f"{place[1] - place[0]} bytes for an array that takes {needed}"
    return None


def _counts(values: Any) -> bool:
    """Whether this is a short list of counts."""
    return (
        isinstance(values, list)
        and len(values) <= _AXES
        and all(type(v) is int and 0 <= v < _MOST for v in values)
    )


def _layout_problems(header: dict[str, Any], size: int, fix: str) -> list[Problem]:
    """Arrays that overlap, and bytes that belong to none."""
    problems, at = [], 0
    for begin, end, name in sorted(
        (*entry["data_offsets"], name) for name, entry in header.items()
    ):
        if begin != at:
            what = "overlaps the one before" if begin < at else f"leaves {begin - at} bytes unused"
            problems.append(Problem(what, name, fix))
        at = max(at, end)
    if at != size:
        problems.append(Problem(f"{size - at} bytes after the last array", fix=fix))
    return problems
