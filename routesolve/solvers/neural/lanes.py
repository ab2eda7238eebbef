"""Rollouts for training on the CPU: drawn by the compiled decoder, seen by torch.

The states of all lanes are written down as they go, so that nothing has to be replayed.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np

from routesolve.solvers.neural._kernels.layout import AT, COST, LEFT, PEAK, TIME, TOKEN, Int64s
from routesolve.solvers.neural._kernels.rules import situate
from routesolve.solvers.neural.features import NOW, Features
from routesolve.solvers.neural.inference import Decoder, Encoded, Inference
from routesolve.solvers.neural.model import Encoded as Tensors
from routesolve.solvers.neural.problems import Problems
from routesolve.solvers.neural.trace import Trace
from routesolve.solvers.neural.weights import Weights


def drawn(
    weights: Weights,
    encoded: Tensors,
    known: Features,
    problems: Problems,
    first: Int64s,
    *,
    seed: int,
    decoder: type[Decoder] = Decoder,
) -> Trace:
    """Draw rollouts by the network's chances, and write down every step.

    Parameters
    ----------
    weights
        Of the network.
    encoded
        What torch made of the problems with them.
    known, problems
        The problems and their features, NumPy.
    first
        (b, s, m) nodes of the first m moves.
    seed
        Of the draws.
    decoder
        What draws.
    """
    inference = Inference(weights)
    rows = [
        _row(
            decoder(inference, _encoded(encoded, i), _one(known, i), problems.take(i)),
            first[i],
            np.random.default_rng((seed, i)),
        )
        for i in range(problems.batch)
    ]
    longest = max(row["action"].shape[1] for row in rows)
    return Trace(
        **{
            f.name: np.stack([_filled(row[f.name], f.name, longest) for row in rows])
            for f in fields(Trace)
        }
    )


def _row(decoder: Decoder, first: Int64s, rng: np.random.Generator) -> dict[str, Any]:
    """Rollouts of one problem; (s, t) each."""
    s, forced = first.shape
    decoder.begin(s)
    steps: dict[str, list[Any]] = {f.name: [] for f in fields(Trace)}
    still, lanes = np.zeros(s, np.bool_), np.arange(s)
    while True:
        mask = decoder.mask().copy()
        if mask[lanes, decoder.at[:, AT]].all():
            break
        if len(steps["action"]) < forced:
            to, chosen = np.ascontiguousarray(first[:, len(steps["action"])]), still
        else:
            chance: Any = rng.random(s)
            _, to = decoder.look(mask, temperature=1.0, chance=chance)
            chosen = mask.sum(axis=1) > 1
        now = np.empty((s, NOW), np.float32)
        situate(decoder.rules, decoder.at, decoder.sums, now)
        at, sums = decoder.at, decoder.sums
        step: dict[str, Any] = {
            "node": at[:, AT].copy(),
            "token": at[:, TOKEN].copy(),
            "time": sums[:, TIME].copy(),
            "peak": sums[:, PEAK].copy(),
            "now": now,
            "mask": mask,
            "action": to,
            "chosen": chosen,
        }
        for key, value in step.items():
            steps[key].append(value)
        decoder.move(to)
    made: dict[str, Any] = {key: np.stack(each, 1) for key, each in steps.items() if each}
    customers = decoder.environment.problems.present[0, : decoder.rules.token.shape[1]].sum()
    made["cost"] = decoder.sums[:, COST].copy()
    made["unserved"] = decoder.sums[:, LEFT] - customers
    return made


def _filled(array: Any, name: str, steps: int) -> Any:
    """Rollouts that are done stay where they are, and choose nothing."""
    if name in ("cost", "unserved") or array.shape[1] == steps:
        return array
    last = array[:, -1:] & False if name == "chosen" else array[:, -1:]
    return np.concatenate([array, np.repeat(last, steps - array.shape[1], axis=1)], axis=1)


def _encoded(tensors: Tensors, row: int) -> Encoded:
    """One problem's part as the compiled decoder wants it."""
    here, home, keys, values, targets, ways = (x[row].detach().numpy() for x in tensors)
    width = np.float32(keys.shape[-1] ** -0.5)
    return Encoded(
        np.ascontiguousarray(here),
        np.ascontiguousarray(home),
        np.ascontiguousarray(keys.transpose(0, 2, 1) * width),
        np.ascontiguousarray(values),
        np.ascontiguousarray(targets * np.float32(len(targets) ** -0.5)),
        np.ascontiguousarray(ways),
    )


def _one(known: Features, row: int) -> Features:
    return Features(**{f.name: getattr(known, f.name)[row : row + 1] for f in fields(Features)})
