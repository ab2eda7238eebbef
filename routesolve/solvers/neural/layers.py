"""The layers of the network in NumPy; see :mod:`.model`."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from routesolve.solvers.neural._kernels.decoder import lift
from routesolve.solvers.neural._kernels.layout import Float32s
from routesolve.solvers.neural.weights import Weights

STEEP = np.float32(8.0)  # model.STEEP
TINY = np.float32(1e-6)  # model.Scale
BLOCK = 8192
"""Ways that are read at once: they stay in the cache."""


class Layers:
    """Weights, and what layers make of numbers; all float32.

    Parameters
    ----------
    weights
        Kept as they are; a few products are made ready.
    """

    def __init__(self, weights: Weights) -> None:
        self.config, self.arrays = weights.config, weights.arrays
        # A scaling before a linear layer is part of its weights.
        self._up = {
            name: np.ascontiguousarray((a[f"{name}.up.weight"] * a[f"{name}.scale.weight"]).T)
            for a in (self.arrays,)
            for name in self._feeds()
        }

    def _feeds(self) -> list[str]:
        layers = range(self.config.layers)
        return ["feed", *(f"{side}.{i}.feed" for side in ("origin", "target") for i in layers)]

    def linear(self, name: str, x: Float32s) -> Float32s:
        """A matrix product and a bias."""
        made: Float32s = x @ self.arrays[f"{name}.weight"].T
        made += self.arrays[f"{name}.bias"]
        return made

    def gate(self, name: str, a: Float32s, b: Float32s) -> Float32s:
        """A mixture of two; see ``model.Gate``."""
        hidden = self.linear(f"{name}.up", np.concatenate((a, b), axis=1))
        share = sigmoid(self.linear(f"{name}.down", np.maximum(hidden, 0.0)))
        made: Float32s = share * a + (1.0 - share) * b
        return made

    def ways(self, edge: npt.NDArray[np.floating[Any]]) -> Float32s:
        """(2 layers + 1, n, n): weights of the layers, in turn of the two streams, and of ways."""
        a, n = self.arrays, edge.shape[0]
        prior = np.logaddexp(a["prior"], np.float32(0.0))[:, None]
        flat = edge.reshape(n * n, -1)
        ways = np.empty((len(prior), n * n), np.float32)
        plain = np.empty((0, self.config.edge), np.float32)
        for begin in range(0, n * n, BLOCK):
            part = flat[begin : begin + BLOCK].astype(np.float32, copy=False)
            hidden: Float32s = part @ a["edge_in.weight"].T
            lift(plain, hidden, a["edge_in.bias"])
            hidden = hidden @ a["edge_mid.weight"].T
            lift(plain, hidden, a["edge_mid.bias"])
            read = a["edge_out.weight"] @ hidden.T
            read += a["edge_out.bias"][:, None]
            read -= prior * part[:, 0]
            ways[:, begin : begin + BLOCK] = read
        return ways.reshape(-1, n, n)

    def stream(self, name: str, x: Float32s, y: Float32s, weight: Float32s) -> Float32s:
        """One layer of one stream; see ``model.Stream``."""
        a = self.arrays
        read = self.linear(f"{name}.key_value", scaled(y) * a[f"{name}.other.weight"])
        key, value = np.split(read, 2, axis=1)
        power = np.exp(np.clip(key, -STEEP, STEEP))
        mixed = weight @ np.concatenate((power * value, power), axis=1)
        above, below = np.split(mixed, 2, axis=1)
        gate = sigmoid(self.linear(f"{name}.gate", scaled(x) * a[f"{name}.own.weight"]))
        return self.feed(f"{name}.feed", x + self.linear(f"{name}.out", gate * above / below))

    def feed(self, name: str, x: Float32s) -> Float32s:
        """Two layers added to what they read; see ``model.Feed``."""
        hidden: Float32s = x @ self._up[name]
        lift(x, hidden, self.arrays[f"{name}.up.bias"])
        return x + self.linear(f"{name}.down", hidden)


def scaled(x: Float32s) -> Float32s:
    """Divided by the root mean square."""
    made: Float32s = x / np.sqrt((x * x).mean(axis=1, keepdims=True) + TINY)
    return made


def sigmoid(x: Float32s) -> Float32s:
    """From 0 to 1."""
    with np.errstate(over="ignore"):
        made: Float32s = np.float32(1.0) / (np.float32(1.0) + np.exp(-x))
    return made
