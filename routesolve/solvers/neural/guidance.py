"""What rollouts tell a search: distinct plans to begin with, and how likely each leg is."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from routesolve.solvers.neural.from_instance import to_points, to_problems, to_solution
from routesolve.solvers.neural.inference import Decoder, Inference, read
from routesolve.solvers.neural.rollouts import first_moves
from routesolve.solvers.neural.solver import FRESH, ROOM, STARTS

if TYPE_CHECKING:
    from routesolve.instances.instance import VrpInstance
    from routesolve.solutions.solution import Solution
    from routesolve.solvers.base import Clock
    from routesolve.solvers.neural.decoding import Plans

Float32s = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Int64s = npt.NDArray[np.int64]

FIRST, ROLLOUTS = 8, 64
"""Rollouts before time is looked at; all of them where iterations are the budget."""

TEMPERATURE = 0.5
"""Of the second half of the rollouts: heat needs variety."""

READING, STEP_SECONDS = 1.25e-6, 3e-4
"""Seconds to read a way, and for a step of the first rollouts (measured with 50 to 400 customers):
what takes longer than its share of the budget is not begun."""


class Found(NamedTuple):
    """What was found.

    Attributes
    ----------
    seeds
        Distinct plans, best first.
    heat
        (n + 1, n + 1) float32: share of the rollouts, good ones more, in which customer j follows
        customer i, from 1; 0 = an end of a route.
    """

    seeds: tuple[Solution, ...]
    heat: Float32s


def found(
    inference: Inference,
    instance: VrpInstance,
    clock: Clock,
    *,
    share: float,
    seeds: int,
    seed: int,
) -> Found | None:
    """Ask the network about an instance.

    Parameters
    ----------
    inference
        The network.
    instance
        The problem; one that the network can read.
    clock
        Of the search. With a budget of iterations the number of rollouts is fixed.
    share
        Most of what is left of a budget of seconds that this may take.
    seeds
        Plans asked for, at most.
    seed
        Of the draws.

    Returns
    -------
    Found or None
        None where there is too little time.
    """
    n, seconds = len(instance.jobs), inf
    if clock.budget.iterations is None and clock.budget.seconds is not None:
        seconds = share * clock.remaining
    if clock.over or READING * n * n + STEP_SECONDS * n > seconds:
        return None
    end = clock.elapsed + seconds
    problems = to_problems(instance)
    known = read(problems, to_points(instance))
    decoder = Decoder(inference, inference.encode(known), known, problems)
    most = int(np.clip(ROOM // problems.nodes, 1, min(ROLLOUTS if seconds == inf else STARTS, n)))
    firsts = first_moves(decoder.environment, most)[0]
    # Spread, as neighbours in number are often neighbours in place.
    firsts = firsts[np.random.default_rng(seed).permutation(most)]
    began = clock.elapsed
    parts = [decoder.roll_out(firsts[:FIRST], fresh=FRESH, seed=seed)]
    left, pace = end - clock.elapsed, clock.elapsed - began
    if seconds < inf:
        most = min(most, FIRST + int(2 * FIRST * left / max(pace, 1e-6)) if left > pace else 0)
    middle = max((FIRST + most) // 2, FIRST)
    for low, high, temperature in ((FIRST, middle, 0.0), (middle, most, TEMPERATURE)):
        if low < high:
            parts.append(
                decoder.roll_out(
                    firsts[low:high],
                    temperature=temperature,
                    fresh=FRESH,
                    seed=seed + low,
                    stop=lambda: clock.interrupted or clock.elapsed > end + seconds,
                )
            )
    plans = [part for part in parts if part is not None]
    tokens = problems.tokens
    chosen = distinct(plans, tokens)[:seeds]
    return Found(tuple(to_solution(instance, row) for row in chosen), heat(plans, tokens, n))


def legs(actions: Int64s, nodes: int) -> Int64s:
    """Numbers of the legs of a rollout, those that stay at a token left out; sorted."""
    codes = actions[:-1] * nodes + actions[1:]
    return np.unique(codes[actions[:-1] != actions[1:]])


def distinct(plans: list[Plans], tokens: int) -> list[Int64s]:
    """Moves of plans none of which has the same legs as another, best first."""
    rows: list[tuple[int, float, Int64s]] = []
    for part in plans:
        rows += zip(part.unserved.tolist(), part.cost.tolist(), part.actions, strict=True)
    rows.sort(key=lambda row: row[:2])
    nodes = 1 + max(int(row[2].max()) for row in rows)
    seen: dict[bytes, Int64s] = {}
    for _, _, actions in rows:
        closed = np.concatenate([actions[-1:], actions]) if actions[-1] < tokens else actions
        seen.setdefault(legs(closed, nodes).tobytes(), actions)
    return list(seen.values())


def heat(plans: list[Plans], tokens: int, customers: int) -> Float32s:
    """How often a customer follows another; plans count by exp(-z) of their cost.

    Of plans that leave customers out only those with the fewest count.
    """
    cost = np.concatenate([part.cost for part in plans])
    unserved = np.concatenate([part.unserved for part in plans])
    counted = unserved == unserved.min()
    spread = max(float(cost[counted].std()), 1e-9 * max(float(np.abs(cost).max()), 1e-300))
    weight = np.where(counted, np.exp(-np.clip((cost - cost[counted].mean()) / spread, -4, 4)), 0.0)
    weight /= weight.sum()
    out = np.zeros((customers + 1, customers + 1))
    at = 0
    for part in plans:
        # From the beginning at a token on; all tokens are one end.
        node = np.maximum(part.actions - tokens + 1, 0)
        before = np.concatenate([np.zeros((len(node), 1), np.int64), node[:, :-1]], axis=1)
        share = np.broadcast_to(weight[at : at + len(node), None], node.shape)
        np.add.at(out, (before.ravel(), node.ravel()), share.ravel())
        at += len(node)
    out[0, 0] = 0.0
    return np.minimum(out, 1.0).astype(np.float32)
