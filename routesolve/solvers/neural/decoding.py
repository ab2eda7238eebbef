"""Rollouts without torch, many of one problem at a time: NumPy and a few kernels.

Matrix products are NumPy's; all between them, rules of the environment included, is compiled.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError
from routesolve.solvers.neural._kernels.decoder import ask, choose, soften
from routesolve.solvers.neural._kernels.layout import (
    AT,
    COST,
    LEFT,
    ROOM,
    TIME,
    Bools,
    Float32s,
    Floats,
    Int64s,
    Rules,
)
from routesolve.solvers.neural._kernels.rules import advance, allow, situate
from routesolve.solvers.neural.environment import Environment
from routesolve.solvers.neural.features import NOW, Features
from routesolve.solvers.neural.layers import Layers
from routesolve.solvers.neural.problems import Problems


class Encoded(NamedTuple):
    """What the decoder keeps of one problem; float32.

    Attributes
    ----------
    here, home
        (n, d) the query's part of the node where a rollout is, and of its token.
    keys
        (h, d / h, n) of the glimpse, divided by the root of their length.
    values
        (h, n, d / h) of the glimpse.
    targets
        (d, n) what the query is compared with, divided by the root of d.
    ways
        (n, n) term of each way in the logits.
    """

    here: Float32s
    home: Float32s
    keys: Float32s
    values: Float32s
    targets: Float32s
    ways: Float32s


class Plans(NamedTuple):
    """Finished rollouts of one problem.

    Attributes
    ----------
    actions : numpy.ndarray
        (s, t) int64 nodes in order; a rollout that is done stays at its token.
    cost : numpy.ndarray
        (s,) float64, comparable where the same customers are served.
    unserved : numpy.ndarray
        (s,) int64 number of customers not visited.
    """

    actions: Int64s
    cost: Floats
    unserved: Int64s


class Decoder:
    """Rollouts of one problem, step by step.

    Parameters
    ----------
    layers, encoded, known, problems
        Weights, one problem, what the encoder made of it, and its features.

    Attributes
    ----------
    environment : Environment
        Of the problem, in float64.
    """

    def __init__(
        self, layers: Layers, encoded: Encoded, known: Features, problems: Problems
    ) -> None:
        require_one(problems.batch)
        self.layers, self.encoded = layers, encoded
        self.environment = Environment(cast(problems, np.float64))
        self.rules = _rules(self.environment, known)
        self.begin(1)

    def begin(self, rollouts: int) -> None:
        """Put rollouts to the first token."""
        p, s, (d, n) = self.environment.problems, rollouts, self.encoded.targets.shape
        self.lanes = np.arange(s)
        self.at = np.zeros((s, 3), np.int64)
        self.sums = np.zeros((s, LEFT + 1))
        self.sums[:, TIME], self.sums[:, ROOM] = p.opening[0, 0], np.inf
        self.sums[:, LEFT] = p.present[0].sum()
        self.seen = np.repeat(~p.present, s, axis=0)
        self.used = np.zeros((s, p.tokens))
        heads = self.layers.config.heads
        sizes = {"now": NOW, "query": d, "scores": heads * n, "glimpse": d, "logits": n}
        self._now = np.ascontiguousarray(self.layers.arrays["now.weight"].T)
        self._room = {key: np.empty(s * size, np.float32) for key, size in sizes.items()}
        self._mask = np.empty((s, n), np.bool_)

    def keep(self, rows: Bools) -> None:
        """Let go of the other rollouts."""
        for key in ("lanes", "at", "sums", "seen", "used"):
            setattr(self, key, getattr(self, key)[rows])

    def mask(self) -> Bools:
        """(s, n) bool: the nodes that may come next."""
        free = self._mask[: len(self.at)]
        allow(self.rules, self.at, self.sums, self.seen, self.used, free)
        return free

    def move(self, to: Int64s) -> None:
        """Go to the nodes."""
        advance(self.rules, to, self.at, self.sums, self.seen, self.used)

    def look(
        self,
        mask: Bools,
        *,
        temperature: float = 0.0,
        fresh: float | None = None,
        chance: Floats | None = None,
    ) -> tuple[Float32s, Int64s]:
        """Logits of all nodes, and the choice.

        Parameters
        ----------
        mask
            See :meth:`mask`.
        temperature, fresh
            See :meth:`roll_out`.
        chance
            (s,) numbers in [0, 1) that draw the choice.

        Returns
        -------
        tuple of numpy.ndarray
            (s, n) float32, valid until the next call, and (s,) int64.
        """
        a, heads, e = self.layers.arrays, self.layers.config.heads, self.encoded
        s, (d, n) = len(self.at), e.targets.shape
        now, query = self._view("now", s, NOW), self._view("query", s, d)
        situate(self.rules, self.at, self.sums, now)
        ask(e.here, e.home, self._now, a["now.bias"], self.at, now, query)
        scores, glimpse = self._view("scores", heads, s, n), self._view("glimpse", s, d)
        np.matmul(_by_head(query, heads), e.keys, out=scores)
        soften(scores, mask)
        np.matmul(scores, e.values, out=_by_head(glimpse, heads))
        query += glimpse @ a["glimpse.weight"].T
        query += a["glimpse.bias"]
        query = self.layers.feed("feed", query)
        logits = np.matmul(query, e.targets, out=self._view("logits", s, n))
        weights = query @ a["weigh.weight"].T
        weights += a["weigh.bias"]
        to = np.empty(s, np.int64)
        choose(
            self.rules,
            e.ways,
            weights,
            self.layers.config.clip,
            temperature,
            temperature if fresh is None else fresh,
            np.zeros(s) if chance is None else chance,
            self.at,
            self.sums,
            mask,
            logits,
            to,
        )
        return logits, to

    def _view(self, key: str, *shape: int) -> Float32s:
        size = int(np.prod(shape))
        return self._room[key][:size].reshape(shape)

    def roll_out(
        self,
        first: Int64s,
        *,
        temperature: float = 0.0,
        fresh: float | None = None,
        seed: int = 0,
        stop: Callable[[], bool] | None = None,
    ) -> Plans | None:
        """Roll out; as ``rollouts.roll_out`` with the network's choice.

        Parameters
        ----------
        first
            (s, m) nodes of the first m moves of s rollouts, all of which the rules allow; see
            :func:`~routesolve.solvers.neural.rollouts.first_moves`.
        temperature
            0 = the most likely node; otherwise nodes are drawn, from sharper or flatter chances.
        fresh
            Temperature of choosing where, with whom and with which customer routes begin: of
            several good beginnings the most likely one is often not the best. Default: the other.
        seed
            Of the draws.
        stop
            Asked at each step whether to give up.

        Returns
        -------
        Plans or None
            None if it was stopped.
        """
        s, forced = first.shape
        rng = np.random.default_rng(seed)
        self.begin(s)
        unserved = self.environment.problems.present[0, : self.rules.token.shape[1]].sum()
        plans = Plans(np.zeros((s, 0), np.int64), np.zeros(s), np.zeros(s, np.int64))
        moves: list[Int64s] = []
        place = np.zeros(s, np.int64)
        while True:
            if len(moves) < forced:
                to = np.ascontiguousarray(first[:, len(moves)], np.int64)
            else:
                mask = self.mask()
                going = ~mask[np.arange(len(self.at)), self.at[:, AT]]
                if not going.all():
                    done = self.lanes[~going]
                    plans.cost[done] = self.sums[~going, COST]
                    plans.unserved[done] = self.sums[~going, LEFT] - unserved
                    if not going.any():
                        break
                    self.keep(going)
                    mask = mask[going]
                if stop is not None and stop():
                    return None
                chance = np.asarray(rng.random(s))[self.lanes]
                _, to = self.look(mask, temperature=temperature, fresh=fresh, chance=chance)
            self.move(to)
            place[self.lanes] = to
            moves.append(place.copy())
        return plans._replace(actions=np.stack(moves or [place], axis=-1))


def cast(problems: Problems, dtype: npt.DTypeLike) -> Problems:
    """The same problems with floating point arrays of another type."""
    changed: dict[str, Any] = {
        f.name: a.astype(dtype)
        for f in dataclasses.fields(problems)
        for a in (getattr(problems, f.name),)
        if isinstance(a, np.ndarray) and a.dtype.kind == "f" and a.dtype != dtype
    }
    return dataclasses.replace(problems, **changed) if changed else problems


def require_one(batch: int) -> None:
    """Refuse several problems at once."""
    if batch != 1:
        raise InputError(f"{batch} problems", fix="give one at a time: problems.take(row)")


def _rules(environment: Environment, known: Features) -> Rules:
    """One problem as the kernels read it."""
    p, e = environment.problems, environment
    uses, k = p.uses, p.tokens
    per_node = (p.delivery, p.pickup, p.service, p.earliest, p.latest)
    per_token = (
        p.capacity,
        e._limit,
        p.opening,
        p.closing,
        p.max_distance,
        p.max_duration,
        p.max_driving,
        p.fleet,
        p.speed,
        p.distance_cost,
        p.driving_cost,
        p.fixed_cost,
    )
    times = uses & {"windows", "closing", "max_distance", "max_duration", "max_driving"}
    has = (
        "loads" in uses,
        "pickups" in uses,
        bool(times),
        "windows" in uses,
        "unreachable" in uses,
        e._limited,
        e._choice,
        p.backhaul[0],
    )
    count = p.present[0, k:].sum()
    unit = (known.start[0], known.longest[0], known.near_time[0], known.worth[0], count)
    return Rules(
        # Copies: Numba compiles again for arrays that are read-only, or laid out otherwise.
        np.array(p.distance[0], order="C"),
        np.array(p.duration[0], order="C"),
        np.concatenate(per_node),
        np.concatenate(per_token),
        np.ascontiguousarray(np.concatenate((e._home, e._home_way, *e._ends))),
        np.array(e.alone[0], order="C"),
        np.zeros((k, 0), np.bool_) if p.allowed is None else np.array(p.allowed[0], order="C"),
        np.zeros((k, 0)) if p.score is None else np.array(p.score[0], order="C"),
        np.array(has, np.int64),
        np.array(unit, np.float64),
    )


def _by_head(x: Float32s, heads: int) -> Float32s:
    """(h, s, d / h) view."""
    return x.reshape(len(x), heads, -1).transpose(1, 0, 2)
