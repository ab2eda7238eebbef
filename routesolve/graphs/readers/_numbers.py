"""Many numbers from text, quickly; where that fails, the line that is to blame."""

from __future__ import annotations

import re
import warnings
from typing import Any

import numpy as np
import numpy.typing as npt


def numbers(text: bytes, dtype: type[np.generic]) -> npt.NDArray[Any] | None:
    """All numbers of a text that holds nothing else, separated by blanks; None when it does."""
    if not text.strip():
        return np.empty(0, dtype=dtype)
    with warnings.catch_warnings():
        # NumPy stops at the first thing that is no number, and only warns.
        warnings.simplefilter("error")
        try:
            return np.fromstring(text, dtype=dtype, sep=" ")
        except (DeprecationWarning, ValueError, OverflowError):
            return None


def first_bad_line(text: bytes, good: re.Pattern[bytes]) -> tuple[int, str]:
    """Number (from 1) and content of the first line that is not `good`."""
    for number, line in enumerate(text.split(b"\n"), 1):
        if not good.fullmatch(line):
            return number, line[:80].decode(errors="replace")
    return text.count(b"\n") + 1, ""
