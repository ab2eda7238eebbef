"""Files of weights: what is kept, and what is refused."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routesolve.errors import InputError, MissingExtra
from routesolve.solvers.neural import _safetensors
from routesolve.solvers.neural.config import Config
from routesolve.solvers.neural.weights import SHIPPED, Weights, shapes
from tests.solvers.neural.naive_network import SMALL, random_weights

ABOUT = {"data": "made up", "seeds": [1, 2], "hours": 0.5, "licence": "CC0", "where": "Kairo é"}


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A file of small weights."""
    path = tmp_path / "w.safetensors"
    dataclasses.replace(random_weights(0), about=ABOUT).save(path)
    return path


def parts(path: Path) -> tuple[dict[str, Any], bytes]:
    """Header and data of a file."""
    raw = path.read_bytes()
    length = int.from_bytes(raw[:8], "little")
    return json.loads(raw[8 : 8 + length]), raw[8 + length :]


def put(path: Path, header: dict[str, Any], data: bytes) -> None:
    """Write a file of parts."""
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)


@pytest.mark.parametrize("half", [True, False])
def test_what_is_saved_is_loaded(tmp_path: Path, half: bool) -> None:
    """Arrays, sizes and texts come back; float16 keeps them to eleven bits."""
    weights = dataclasses.replace(random_weights(3), about=ABOUT)
    path = tmp_path / "w.safetensors"
    weights.save(path, half=half)
    again = Weights.load(path)
    assert again.config == SMALL
    assert again.about == ABOUT
    assert again.arrays.keys() == shapes(SMALL).keys()
    for name, array in again.arrays.items():
        assert array.dtype == np.float32
        assert not array.flags.writeable
        expected = weights.arrays[name]
        np.testing.assert_allclose(array, expected, rtol=1e-3 if half else 0, atol=1e-6 * half)


def test_size_of_the_file(tmp_path: Path) -> None:
    """The network of default size takes at most 5 MB."""
    path = tmp_path / "w.safetensors"
    random_weights(0, Config()).save(path)
    assert path.stat().st_size < 5_000_000


@pytest.mark.parametrize("config", [SMALL, Config(), Config(width=24, heads=3, layers=1)])
def test_names_and_shapes_are_those_of_torch(config: Config) -> None:
    """What is expected without torch is what torch has; there and back nothing changes."""
    pytest.importorskip("torch", reason="needs torch")
    from routesolve.solvers.neural.model import Network

    network = Network(config)
    found = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    assert found == shapes(config)
    weights = Weights.of(network)
    again = Weights.of(weights.network())
    for name, array in weights.arrays.items():
        assert (again.arrays[name] == array).all()


def test_no_torch_is_said_in_one_line() -> None:
    """Without torch, the network in torch is an extra."""
    try:
        import torch  # noqa: F401
    except ImportError:
        with pytest.raises(MissingExtra, match=r"routesolve\[neural\]"):
            random_weights(0).network()
    else:
        assert random_weights(0).network().config == SMALL


def test_the_safetensors_package_reads_ours_and_we_read_its(saved: Path, tmp_path: Path) -> None:
    """The files are those of the reference implementation."""
    reference: Any = pytest.importorskip("safetensors.numpy", reason="needs safetensors")
    ours, about = _safetensors.read(saved)
    theirs = reference.load_file(saved)
    assert ours.keys() == theirs.keys()
    assert all((ours[name] == theirs[name]).all() for name in ours)
    other = tmp_path / "theirs.safetensors"
    reference.save_file(theirs, other, metadata=about)
    again = Weights.load(other)
    assert all((again.arrays[name] == theirs[name]).all() for name in theirs)


def test_the_shipped_weights_are_found_or_missed() -> None:
    """Weights in the package load; without any the message says what to do."""
    import routesolve.solvers.neural as package

    file = Path(package.__path__[0]) / "data" / SHIPPED
    if file.exists():
        assert Weights.load().size > 0
    else:
        with pytest.raises(InputError, match="no weights come with"):
            Weights.load()


@given(draws=st.data())
@settings(max_examples=60, deadline=None)
def test_damage_is_refused(draws: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever is cut off or overwritten in the header, a clear error or the same shapes."""
    folder = tmp_path_factory.mktemp("damage")
    path = folder / "w.safetensors"
    random_weights(0).save(path)
    raw = bytearray(path.read_bytes())
    length = int.from_bytes(raw[:8], "little")
    if draws.draw(st.booleans()):
        del raw[draws.draw(st.integers(0, len(raw) - 1)) :]
    else:
        for _ in range(draws.draw(st.integers(1, 3))):
            raw[draws.draw(st.integers(0, 7 + length))] = draws.draw(st.integers(0, 255))
    path.write_bytes(raw)
    try:
        weights = Weights.load(path)
    except InputError:
        return
    assert {k: a.shape for k, a in weights.arrays.items()} == shapes(weights.config)


def test_files_that_are_something_else(tmp_path: Path) -> None:
    """Missing, a folder, empty, a pickle, weights of others."""
    path = tmp_path / "x"
    for case in (tmp_path / "absent", tmp_path):
        with pytest.raises(InputError, match="cannot read weights"):
            Weights.load(case)
    for raw in (b"", b"\x80\x04\x95" + bytes(40), b"PK\x03\x04" + bytes(100)):
        path.write_bytes(raw)
        with pytest.raises(InputError, match="not a safetensors file"):
            Weights.load(path)
    put(path, {}, b"")
    with pytest.raises(InputError, match="not weights of this solver"):
        Weights.load(path)


def test_headers_are_looked_through(saved: Path) -> None:
    """Everything wrong in a header is said at once."""
    header, data = parts(saved)
    bad = json.loads(json.dumps(header))
    bad["prior"]["dtype"] = "F64"
    bad["node.weight"]["shape"] = [3, -1]
    bad["node.bias"]["data_offsets"] = [0, 10**12]
    bad["whole.bias"]["shape"] = [5]
    bad["out.bias"] = 7
    put(saved, bad, data)
    with pytest.raises(InputError) as caught:
        Weights.load(saved)
    assert len(caught.value.problems) == 5
    assert all(str(saved) in str(problem) for problem in caught.value.problems)

    bad = json.loads(json.dumps(header))
    bad["node.bias"]["data_offsets"] = bad["now.bias"]["data_offsets"]
    put(saved, bad, data + b"..")
    with pytest.raises(InputError, match="overlaps") as caught:
        Weights.load(saved)
    assert "2 bytes after the last array" in str(caught.value)
    put(saved, header, data[:-4])
    with pytest.raises(InputError, match="cut off"):
        Weights.load(saved)


def changed(saved: Path, **texts: str) -> None:
    """Change what a file says about itself."""
    header, data = parts(saved)
    header["__metadata__"] |= texts
    put(saved, header, data)


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ({"format_version": "9"}, "format_version 9"),
        ({"features_version": "0"}, "features_version 0"),
        ({"config": "{}"}, "width = None"),
        ({"config": "[]"}, "config is damaged"),
        ({"config": "{"}, "config is damaged"),
        ({"about": "{"}, "damaged"),
    ],
)
def test_unknown_versions_and_sizes(saved: Path, texts: dict[str, str], message: str) -> None:
    """Versions and sizes that this package does not know."""
    changed(saved, **texts)
    with pytest.raises(InputError, match=message):
        Weights.load(saved)


def test_nonsense_sizes_are_all_said(saved: Path) -> None:
    """Sizes that are no numbers, too large, or unknown."""
    config = dataclasses.asdict(SMALL) | {"width": "wide", "layers": 10**9, "depth": 3}
    changed(saved, config=json.dumps(config))
    with pytest.raises(InputError) as caught:
        Weights.load(saved)
    assert len(caught.value.problems) == 3


def test_arrays_that_do_not_fit_are_all_said(tmp_path: Path) -> None:
    """Missing, foreign, of another shape or type, and not finite: all at once."""
    arrays: dict[str, Any] = dict(random_weights(0).arrays)
    del arrays["prior"]
    arrays["other"] = np.zeros(3, np.float32)
    arrays["node.bias"] = np.zeros(3, np.float32)
    arrays["now.bias"] = arrays["now.bias"].astype(np.float64)
    arrays["out.bias"] = np.full_like(arrays["out.bias"], np.nan)
    with pytest.raises(InputError) as caught:
        Weights(SMALL, arrays)
    assert len(caught.value.problems) == 5
    path = tmp_path / "w.safetensors"
    large = dict(random_weights(0).arrays)
    large["prior"] = np.full_like(large["prior"], 1e5)
    with pytest.raises(InputError, match="too large for float16"):
        Weights(SMALL, large).save(path)
    assert not path.exists()
    Weights(SMALL, large).save(path, half=False)
    assert Weights.load(path).arrays["prior"][0] == np.float32(1e5)
