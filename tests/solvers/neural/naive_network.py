"""The network as plain formulas in float64: the slow twin of ``inference``, and random weights."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from routesolve.solvers.neural.config import Config
from routesolve.solvers.neural.features import Features
from routesolve.solvers.neural.problems import Problems
from routesolve.solvers.neural.situation import outlook, situation
from routesolve.solvers.neural.state import State
from routesolve.solvers.neural.weights import Weights, shapes

SMALL = Config(width=16, heads=4, layers=2, hidden=24, edge=8)


def random_weights(seed: int, config: Config = SMALL) -> Weights:
    """Weights of usual sizes, none of them zero."""
    rng = np.random.default_rng(seed)

    def some(name: str, shape: tuple[int, ...]) -> Any:
        numbers = rng.standard_normal(shape)
        if len(shape) == 2:
            return (numbers / np.sqrt(shape[1])).astype(np.float32)
        scales = name == "prior" or ("weight" in name)
        return (1.0 + 0.1 * numbers if scales else 0.1 * numbers).astype(np.float32)

    return Weights(config, {name: some(name, shape) for name, shape in shapes(config).items()})


class Tables(NamedTuple):
    """What the decoder keeps; see ``model.Encoded``, without the batch."""

    here: Any
    home: Any
    keys: Any
    values: Any
    targets: Any
    ways: Any


def silu(x: Any) -> Any:
    """X times its sigmoid."""
    return x / (1.0 + np.exp(-x))


def sigmoid(x: Any) -> Any:
    """From 0 to 1."""
    return 1.0 / (1.0 + np.exp(-x))


def softmax(x: Any) -> Any:
    """Shares that sum to 1 along the last axis."""
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


class Twin:
    """Encoder and decoder of one problem."""

    def __init__(self, weights: Weights) -> None:
        self.config = weights.config
        self.a = {name: array.astype(np.float64) for name, array in weights.arrays.items()}

    def linear(self, name: str, x: Any) -> Any:
        """A matrix product and a bias."""
        return x @ self.a[f"{name}.weight"].T + self.a.get(f"{name}.bias", 0.0)

    def scale(self, name: str, x: Any) -> Any:
        """Divided by the root mean square."""
        return x / np.sqrt((x**2).mean(axis=-1, keepdims=True) + 1e-6) * self.a[f"{name}.weight"]

    def feed(self, name: str, x: Any) -> Any:
        """Two layers added to what they read."""
        hidden = silu(self.linear(f"{name}.up", self.scale(f"{name}.scale", x)))
        return x + self.linear(f"{name}.down", hidden)

    def gate(self, name: str, a: Any, b: Any) -> Any:
        """A mixture of two."""
        hidden = np.maximum(self.linear(f"{name}.up", np.concatenate((a, b), axis=-1)), 0.0)
        share = sigmoid(self.linear(f"{name}.down", hidden))
        return share * a + (1.0 - share) * b

    def stream(self, name: str, x: Any, y: Any, weight: Any) -> Any:
        """One layer of one stream."""
        d = self.config.width
        read = self.linear(f"{name}.key_value", self.scale(f"{name}.other", y))
        power, value = np.exp(np.clip(read[:, :d], -8.0, 8.0)), read[:, d:]
        gate = sigmoid(self.linear(f"{name}.gate", self.scale(f"{name}.own", x)))
        z = gate * (weight @ (power * value)) / (weight @ power)
        return self.feed(f"{name}.feed", x + self.linear(f"{name}.out", z))

    def encode(self, known: Features) -> Tables:
        """All that the decoder keeps."""
        config = self.config
        node = self.linear("node", known.node[0]) + self.linear("whole", known.whole[0])
        origin = self.gate("gate_out", node, self.linear("out", known.out[0]))
        target = self.gate("gate_into", node, self.linear("into", known.into[0]))
        hidden = silu(self.linear("edge_mid", silu(self.linear("edge_in", known.edge[0]))))
        prior = np.log1p(np.exp(self.a["prior"]))
        ways = self.linear("edge_out", hidden) - prior * known.edge[0][:, :, :1]
        absent = np.where(known.present[0], 0.0, -1e9)
        for i in range(config.layers):
            out = softmax(ways[:, :, 2 * i] + absent)
            into = softmax(ways[:, :, 2 * i + 1].T + absent)
            origin, target = (
                self.stream(f"origin.{i}", origin, target, out),
                self.stream(f"target.{i}", target, origin, into),
            )
        origin, target = self.scale("last_origin", origin), self.scale("last_target", target)
        keys, values, targets = np.split(self.linear("seen", target), 3, axis=1)
        return Tables(
            self.linear("here", origin),
            self.linear("home", origin),
            keys,
            values,
            targets,
            ways[:, :, -1],
        )

    def logits(
        self, t: Tables, problems: Problems, known: Features, state: State, mask: Any
    ) -> Any:
        """(s, n) logits of the rollouts of one problem."""
        d, heads = self.config.width, self.config.heads
        now = situation(problems, known, state)[0]
        query = t.here[state.node[0]] + t.home[state.token[0]] + self.linear("now", now)
        part = d // heads
        seen = []
        for h in range(heads):
            own = slice(h * part, (h + 1) * part)
            scores = query[:, own] @ t.keys[:, own].T / np.sqrt(part)
            seen.append(softmax(np.where(mask[0], scores, -1e9)) @ t.values[:, own])
        query = query + self.linear("glimpse", np.concatenate(seen, axis=1))
        query = self.feed("feed", query)
        match = query @ t.targets.T / np.sqrt(d)
        logits = self.config.clip * np.tanh(match) + t.ways[state.node[0]]
        weights = self.linear("weigh", query)
        for i, number in enumerate(outlook(problems, known, state)):
            if not isinstance(number, float):
                logits = logits + weights[:, i, None] * number[0]
        return np.where(mask[0], logits, -1e9)
