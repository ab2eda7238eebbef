"""Weights of the network: what they must be, how they are kept, where they come from."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from importlib.resources import as_file, files
from typing import Any

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError, MissingExtra, Problem
from routesolve.files import written_whole
from routesolve.solvers.neural import _safetensors
from routesolve.solvers.neural.config import Config
from routesolve.solvers.neural.features import CHOICE, EDGE, NEAR, NODE, NOW, VERSION, WHOLE

FORMAT = "routesolve-neural"
FORMAT_VERSION = 1
SHIPPED = "weights.safetensors"
"""The checkpoint in the package's folder ``data``."""
_LARGEST = 1 << 16
"""Sizes above this are nonsense."""

Float32s = npt.NDArray[np.float32]


def shapes(config: Config) -> dict[str, tuple[int, ...]]:
    """Names and shapes of all arrays, as torch names them; see :mod:`.model`.

    Parameters
    ----------
    config
        Sizes of the network.
    """
    d, edge, ways = config.width, config.edge, 2 * config.layers + 1
    made: dict[str, tuple[int, ...]] = {"prior": (ways,)}

    def linear(name: str, into: int, out: int, *, bias: bool = True) -> None:
        made[f"{name}.weight"] = (out, into)
        if bias:
            made[f"{name}.bias"] = (out,)

    def feed(name: str, hidden: int) -> None:
        made[f"{name}.scale.weight"] = (d,)
        linear(f"{name}.up", d, hidden)
        linear(f"{name}.down", hidden, d)

    linear("node", NODE, d)
    linear("whole", WHOLE, d)
    for side in ("out", "into"):
        linear(side, 2 * NEAR, d)
        linear(f"gate_{side}.up", 2 * d, d)
        linear(f"gate_{side}.down", d, d)
    linear("edge_in", EDGE, edge)
    linear("edge_mid", edge, edge)
    linear("edge_out", edge, ways)
    for stream in ("origin", "target"):
        made[f"last_{stream}.weight"] = (d,)
        for layer in range(config.layers):
            name = f"{stream}.{layer}"
            made[f"{name}.own.weight"] = made[f"{name}.other.weight"] = (d,)
            linear(f"{name}.gate", d, d)
            linear(f"{name}.key_value", d, 2 * d)
            linear(f"{name}.out", d, d)
            feed(f"{name}.feed", config.hidden)
    linear("here", d, d, bias=False)
    linear("home", d, d, bias=False)
    linear("now", NOW, d)
    linear("seen", d, 3 * d, bias=False)
    linear("glimpse", d, d)
    feed("feed", d)
    linear("weigh", d, CHOICE)
    return made


@dataclass(frozen=True, eq=False)
class Weights:
    """Weights that fit the network: every array is there, of the right shape, and finite.

    Attributes
    ----------
    config : Config
        Sizes.
    arrays : dict
        float32, read-only, by the names of torch's ``state_dict``; see :func:`shapes`.
    about : dict
        What can be written as JSON: data, seeds, variants seen, hardware, hours, evaluation,
        licence.

    Raises
    ------
    InputError
        With every array that is missing, unknown, of another shape, or not finite.
    """

    config: Config
    arrays: dict[str, Float32s]
    about: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if problems := list(_array_problems(self.arrays, shapes(self.config))):
            raise InputError(problems)
        arrays = {name: np.array(a, np.float32, order="C") for name, a in self.arrays.items()}
        for array in arrays.values():
            array.flags.writeable = False
        object.__setattr__(self, "arrays", arrays)

    def save(self, path: str | os.PathLike[str], *, half: bool = True) -> None:
        """Write a safetensors file, whole or not at all.

        Parameters
        ----------
        path
            The file.
        half
            Keep numbers as float16, in half the room.

        Raises
        ------
        InputError
            If the file cannot be written, or numbers are too large for float16.
        """
        with np.errstate(over="ignore"):
            kept = {
                name: array.astype(np.float16) if half else array
                for name, array in self.arrays.items()
            }
        problems = [
            Problem("numbers too large for float16", name, "save with half=False")
            for name, array in kept.items()
            if not np.isfinite(array).all()
        ]
        if problems:
            raise InputError(problems)
        about = {
            "format": FORMAT,
            "format_version": str(FORMAT_VERSION),
            "features_version": str(VERSION),
            "config": json.dumps(dataclasses.asdict(self.config)),
            "about": json.dumps(self.about, ensure_ascii=False),
        }
        with written_whole(path) as stream:
            _safetensors.write(stream, kept, about)

    @classmethod
    def load(cls, path: str | os.PathLike[str] | None = None) -> Weights:
        """Read what :meth:`save` wrote.

        Parameters
        ----------
        path
            The file; default: the weights shipped with this package.

        Raises
        ------
        InputError
            If the file is missing, something else, damaged, or of another version; with every array
            that does not fit.
        """
        if path is None:
            shipped = files("routesolve.solvers.neural").joinpath("data", SHIPPED)
            if not shipped.is_file():
                raise InputError(
                    "no weights come with this installation",
                    fix="name a file, or train some: routesolve neural train",
                )
            with as_file(shipped) as file:
                return cls.load(file)
        arrays, about = _safetensors.read(path)
        try:
            said = json.loads(about.get("about", "{}"))
            return cls(_config(about), arrays, dict(said))
        except InputError as error:
            raise error.within(str(path)) from None
        except ValueError as error:
            raise InputError(
                f"what is said about it is damaged: {error}", where=str(path)
            ) from None

    @classmethod
    def of(cls, network: Any, about: dict[str, Any] | None = None) -> Weights:
        """The weights of a torch network, copied.

        Parameters
        ----------
        network
            A :class:`~routesolve.solvers.neural.model.Network`.
        about
            See the class.
        """
        arrays = {
            name: tensor.detach().cpu().float().numpy()
            for name, tensor in network.state_dict().items()
        }
        return cls(network.config, arrays, about or {})

    def network(self) -> Any:
        """A new torch network with these weights, on the CPU.

        Raises
        ------
        MissingExtra
            If torch is not installed.
        """
        try:
            torch: Any = import_module("torch")
            model: Any = import_module("routesolve.solvers.neural.model")
        except ImportError:
            raise MissingExtra("neural", "the network in torch needs torch") from None
        network = model.Network(self.config)
        network.load_state_dict({k: torch.from_numpy(a.copy()) for k, a in self.arrays.items()})
        return network

    @cached_property
    def size(self) -> int:
        """How many numbers."""
        return sum(array.size for array in self.arrays.values())

    def __repr__(self) -> str:
        return f"<Weights: {self.size:,} numbers, {self.config}>"


def _config(about: dict[str, str]) -> Config:
    """The sizes that a file's texts tell, if its versions are known."""
    if about.get("format") != FORMAT:
        raise InputError("not weights of this solver", fix="train some: routesolve neural train")
    problems = [
        Problem(f"{key} {about.get(key)}, this version reads {known}", fix=fix)
        for key, known, fix in (
            ("format_version", FORMAT_VERSION, "use the version of routesolve that wrote it"),
            ("features_version", VERSION, "use the version of routesolve that trained it"),
        )
        if about.get(key) != str(known)
    ]
    if problems:
        raise InputError(problems)
    try:
        given = json.loads(about["config"])
        wrong = [
            Problem(f"the config says {key} = {given.get(key)!r}")
            for key, default in dataclasses.asdict(Config()).items()
            if type(given.get(key)) not in (type(default), int) or not 0 < given[key] <= _LARGEST
        ]
        wrong += [
            Problem(f"the config says {key}, which is unknown")
            for key in given.keys() - dataclasses.asdict(Config()).keys()
        ]
    except (KeyError, ValueError, AttributeError, RecursionError) as error:
        raise InputError(f"the config is damaged: {error!r}") from None
    if wrong:
        raise InputError(wrong)
    return Config(**given)


def _array_problems(
    arrays: Mapping[str, npt.NDArray[Any]], wanted: dict[str, tuple[int, ...]]
) -> Iterator[Problem]:
    fix = "use weights that were trained with this network"
    for name, shape in wanted.items():
        array = arrays.get(name)
        if array is None:
            yield Problem("is missing", name, fix)
        elif array.shape != shape:
            yield Problem(f"has shape {array.shape} instead of {shape}", name, fix)
        elif array.dtype not in (np.float16, np.float32):
            yield Problem(f"holds {array.dtype}, not float16 or float32", name, fix)
        elif not np.isfinite(array).all():
            yield Problem("has numbers that are not finite", name, "train again")
    for name in sorted(arrays.keys() - wanted.keys()):
        yield Problem("belongs to another network", name, fix)
