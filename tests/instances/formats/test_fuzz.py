"""Whatever bytes come, the readers answer with an instance or with one clear error."""

from __future__ import annotations

import io
import json
import warnings
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from routesolve.errors import RouteSolveError
from routesolve.instances import formats
from routesolve.instances.instance import VrpInstance
from tests.instances.formats.samples import PYVRP, SAMPLES, TSPLIB

TEXTS = [*SAMPLES.items(), ("vrplib", PYVRP), ("vrplib", TSPLIB)]
MANY = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SPITE = ["", "nan",
          "inf", "-1", "1e400", "1e308", "abc", "0", "-0", "9" * 30, '"', "{", "[", ":", "-",
         "EOF", "\x00", "é", "1 2 3", "٣", "0.5", "null", "true", "\n", "_", "1_0"]  # fmt: skip
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["id", "location", "x", "y", "index", "start", "lon"]), inner
        )
    ),
    max_leaves=12,
)


def answer(data: bytes | str, name: str | None = None) -> VrpInstance | None:
    """Read, and let nothing but our own errors through."""
    stream: Any = io.BytesIO(data) if isinstance(data, bytes) else io.StringIO(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return formats.load(stream, format=name)
        except RouteSolveError as error:
            assert error.problems
            str(error).encode()
            return None


@MANY
@given(st.binary(max_size=400), st.sampled_from([None, *formats.FORMATS]))
@example(b"\x1f\x8b", None)
@example(b"\xff\xfe", None)
@example(b"\xff\xfea", None)
def test_random_bytes(data: bytes, name: str | None) -> None:
    """Random bytes, with the format recognised or forced."""
    answer(data, name)


@MANY
@given(st.sampled_from(TEXTS), st.data())
def test_truncation(sample: tuple[str, str], data: st.DataObject) -> None:
    """A valid file cut off anywhere."""
    name, text = sample
    cut = text[: data.draw(st.integers(0, len(text)))]
    answer(cut, data.draw(st.sampled_from([None, name])))


@MANY
@given(st.sampled_from(TEXTS), st.data())
def test_mutation(sample: tuple[str, str], data: st.DataObject) -> None:
    """A valid file with some places overwritten by spite."""
    name, text = sample
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        length = data.draw(st.sampled_from([0, 1, 2, 5]))
        spite = data.draw(st.sampled_from(SPITE) | st.text(max_size=3))
        text = text[:at] + spite + text[at + length :]
    answer(text, data.draw(st.sampled_from([None, name])))


@MANY
@given(st.sampled_from(TEXTS), st.data())
def test_swapped_tokens(sample: tuple[str, str], data: st.DataObject) -> None:
    """A valid text file with whole words replaced."""
    name, text = sample
    lines = [line.split(" ") for line in text.split("\n")]
    for _ in range(data.draw(st.integers(1, 4))):
        line = data.draw(st.sampled_from(lines))
        line[data.draw(st.integers(0, len(line) - 1))] = data.draw(st.sampled_from(SPITE))
    answer("\n".join(map(" ".join, lines)), name)


@MANY
@given(st.sampled_from(["native", "vroom"]), DOCUMENTS, st.data())
def test_wrong_types(name: str, spite: Any, data: st.DataObject) -> None:
    """A valid document with one of its parts replaced by anything, however deep."""
    document = json.loads(SAMPLES[name])
    part: Any = document
    while True:
        keys = list(part) if isinstance(part, dict) else list(range(len(part)))
        key = data.draw(st.sampled_from(keys))
        inner = part[key]
        if not isinstance(inner, (dict, list)) or not inner or data.draw(st.booleans()):
            part[key] = spite
            break
        part = inner
    answer(json.dumps(document))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            formats.load(document)
        except RouteSolveError as error:
            assert error.problems


@pytest.mark.parametrize("name", formats.FORMATS)
@MANY
@given(text=st.text(alphabet="0123456789 .-\n,:abEOFNTIM_", max_size=120))
def test_plausible_characters(name: str, text: str) -> None:
    """Digits, blanks and keywords' letters in any order."""
    answer(text, name)
