"""New attributes for weights that have not seen them: widened inputs, then a short fine-tuning.

After the efficient adapter layers of RouteFinder (Berto et al., TMLR 2025): what the network reads
of the new attributes is multiplied by zeros in the beginning, so that plans for the problems it
knows stay as they are.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError
from routesolve.solvers.neural import _safetensors
from routesolve.solvers.neural.config import Config
from routesolve.solvers.neural.course import Course
from routesolve.solvers.neural.features import CHOICE, EDGE, NODE, NOW, VERSION, WHOLE
from routesolve.solvers.neural.weights import Weights, _config

Arrays = dict[str, npt.NDArray[Any]]

INPUTS = {"node": NODE, "whole": WHOLE, "edge_in": EDGE, "now": NOW}
"""Layers that read features, and how many."""


@dataclass(frozen=True, slots=True)
class Group:
    """Features that only problems with some attribute have.

    Attributes
    ----------
    variants
        Problems with it, and their shares in the fine-tuning.
    absent
        By layer: the columns of those features, and what they are for all other problems.
    choice
        Rows of the layer that weighs what is seen of candidates.
    """

    variants: Mapping[str, float]
    absent: Mapping[str, Mapping[int, float]]
    choice: tuple[int, ...]


GROUPS = {
    "profiles": Group(
        variants={"PVRP-P": 0.25, "PVRP-ZC": 0.25},
        # Share of vehicles that may serve, mean score; score and permission; whether there are any.
        absent={"node": {14: 1.0, 15: 0.0}, "edge_in": {16: 0.0, 17: 1.0}, "whole": {16: 0, 17: 0}},
        choice=(3,),
    )
}
OLD = 0.5
"""Share of the problems that were known before in the fine-tuning."""


def load_wider(path: str | os.PathLike[str] | None) -> Weights:
    """Read weights, also such as read fewer features than this version shows.

    Features are only ever added behind those that there were, so that zeros are put behind.

    Parameters
    ----------
    path
        The file; None = the weights that come with this package.

    Raises
    ------
    InputError
        If the file is something else, damaged, or of a later version.
    """
    if path is None:
        return Weights.load()
    arrays, about = _safetensors.read(path)
    version = about.get("features_version", "")
    earlier = version.isdecimal() and int(version) <= VERSION
    return _padded(arrays, about, path) if earlier else Weights.load(path)


def widened(weights: Weights, group: str) -> Weights:
    """Weights that do not look at the features of a group yet.

    Where such a feature is the same for all other problems, what the network made of it becomes
    part of the bias: for them nothing changes.

    Parameters
    ----------
    weights
        That have not seen the group.
    group
        A name of :data:`GROUPS`.

    Raises
    ------
    InputError
        If there is no such group, or the weights have seen it.
    """
    new = _group(group)
    seen = set(weights.about.get("variants", ()))
    if known := sorted(seen & set(new.variants)):
        raise InputError(
            f"these weights have seen {', '.join(known)}", fix=f"leave out --add {group}"
        )
    arrays = {key: array.copy() for key, array in weights.arrays.items()}
    for layer, columns in new.absent.items():
        matrix, bias = arrays[f"{layer}.weight"], arrays[f"{layer}.bias"]
        for column, usual in columns.items():
            bias += usual * matrix[:, column]
            matrix[:, column] = 0.0
    for row in new.choice:
        arrays["weigh.weight"][row] = 0.0
        arrays["weigh.bias"][row] = 0.0
    return Weights(weights.config, arrays, weights.about)


def tuning(course: Course, seen: Mapping[str, float], group: str | None) -> Course:
    """The course of a fine-tuning: reinforcement at a lower rate, old and new problems mixed.

    Parameters
    ----------
    course
        Of the preset.
    seen
        Variants that the weights know, and their shares.
    group
        What is added, a name of :data:`GROUPS`, or None for more of the same.
    """
    mix = dict(seen)
    if group is not None:
        new = _group(group).variants
        total = sum(share for name, share in seen.items() if name not in new) or 1.0
        mix = {name: OLD * share / total for name, share in seen.items() if name not in new}
        mix |= dict(new)
    return replace(course, imitation=0, rate=0.2 * course.rate, mix=mix)


def _group(name: str) -> Group:
    if name not in GROUPS:
        raise InputError(
            f"there is no group {name!r} of attributes", fix=f"use {', '.join(GROUPS)}"
        )
    return GROUPS[name]


def _padded(arrays: Arrays, about: dict[str, str], path: str | os.PathLike[str]) -> Weights:
    """Weights with zeros behind."""
    wide = dict(arrays)
    for layer, size in INPUTS.items():
        wide[f"{layer}.weight"] = _grown(arrays.get(f"{layer}.weight"), size, axis=-1)
    for part in ("weight", "bias"):
        wide[f"weigh.{part}"] = _grown(arrays.get(f"weigh.{part}"), CHOICE, axis=0)
    wide = {key: array for key, array in wide.items() if array is not None}
    try:
        config: Config = _config({**about, "features_version": str(VERSION)})
        return Weights(config, wide, json.loads(about.get("about", "{}")))
    except InputError as error:
        raise error.within(str(path)) from None


def _grown(array: Any, size: int, *, axis: int) -> Any:
    """An array with zeros at its end."""
    if array is None or not array.ndim or array.shape[axis] >= size:
        return array
    width = [(0, 0)] * array.ndim
    width[axis] = (0, size - array.shape[axis])
    return np.pad(array, width)
