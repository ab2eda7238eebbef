"""The network without torch: from one problem to plans.

The same numbers as :mod:`.model`, up to rounding.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from routesolve.solvers.neural._kernels.decoder import soften
from routesolve.solvers.neural.decoding import Decoder, Encoded, Plans, cast, require_one
from routesolve.solvers.neural.features import Features, features
from routesolve.solvers.neural.layers import Layers, scaled
from routesolve.solvers.neural.problems import Problems
from routesolve.solvers.neural.rollouts import first_moves

__all__ = ["Decoder", "Encoded", "Inference", "Plans", "cast", "read"]


class Inference(Layers):
    """A network ready to plan.

    Parameters
    ----------
    weights
        See :class:`~routesolve.solvers.neural.weights.Weights`.
    """

    def plan(
        self,
        problems: Problems,
        points: npt.NDArray[Any] | None = None,
        *,
        starts: int | None = None,
        temperature: float = 0.0,
        fresh: float | None = None,
        seed: int = 0,
        stop: Callable[[], bool] | None = None,
    ) -> Plans | None:
        """Read one problem and roll out from many first customers.

        Parameters
        ----------
        problems
            A batch of one problem, NumPy arrays.
        points
            (1, n, 2) places on a plane in any unit, or None.
        starts
            How many rollouts; each customer in turn is the first (POMO). Default: one for each
            customer, at most 100.
        temperature, fresh, seed, stop
            See :meth:`.Decoder.roll_out`.

        Returns
        -------
        Plans or None
            None if it was stopped.
        """
        known = read(problems, points)
        encoded = self.encode(known)
        if starts is None:
            starts = min(max(problems.nodes - problems.tokens, 1), 100)
        decoder = Decoder(self, encoded, known, problems)
        first = first_moves(decoder.environment, starts)[0]
        return decoder.roll_out(first, temperature=temperature, fresh=fresh, seed=seed, stop=stop)

    def encode(self, known: Features) -> Encoded:
        """Read a problem; as ``Network.encode``.

        Parameters
        ----------
        known
            Features of a batch of one.

        Raises
        ------
        InputError
            If there are several.
        """
        require_one(len(known.node))
        a, config = self.arrays, self.config
        d, heads, n = config.width, config.heads, known.node.shape[1]
        kind = np.float32
        node = self.linear("node", known.node[0].astype(kind))
        node += self.linear("whole", known.whole.astype(kind))
        origin = self.gate("gate_out", node, self.linear("out", known.out[0].astype(kind)))
        target = self.gate("gate_into", node, self.linear("into", known.into[0].astype(kind)))
        ways = self.ways(known.edge[0])
        mask = np.repeat(known.present, n, axis=0)
        for layer in range(config.layers):
            out, into = ways[2 * layer : 2 * layer + 1], ways[2 * layer + 1 : 2 * layer + 2]
            into = np.ascontiguousarray(into.transpose(0, 2, 1))
            soften(out, mask)
            soften(into, mask)
            new = self.stream(f"origin.{layer}", origin, target, out[0])
            target = self.stream(f"target.{layer}", target, origin, into[0])
            origin = new
        origin = scaled(origin) * a["last_origin.weight"]
        target = scaled(target) * a["last_target.weight"]
        keys, values, targets = np.split(target @ a["seen.weight"].T, 3, axis=1)
        keys = keys.reshape(n, heads, d // heads) * kind((d // heads) ** -0.5)
        return Encoded(
            origin @ a["here.weight"].T,
            origin @ a["home.weight"].T,
            np.ascontiguousarray(keys.transpose(1, 2, 0)),
            np.ascontiguousarray(values.reshape(n, heads, d // heads).transpose(1, 0, 2)),
            np.ascontiguousarray(targets.T * kind(d**-0.5)),
            ways[-1].copy(),
        )


def read(problems: Problems, points: npt.NDArray[Any] | None = None) -> Features:
    """Features in float32, as the network was trained on; see :func:`.features.features`."""
    return features(cast(problems, np.float32), points)
