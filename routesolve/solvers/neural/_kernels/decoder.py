"""What lies between the matrix products of the network, and the choice of the next node."""

# n nodes, k tokens (the first of them), s rollouts, h heads, d width

from __future__ import annotations

import math
from typing import Any

import numpy as np

from routesolve.solvers.neural._kernels.layout import (
    AT,
    CAPACITY,
    DELIVERY,
    EARLIEST,
    HAS_LOADS,
    HAS_WINDOWS,
    LATEST,
    NEAR_TIME,
    PEAK,
    SPEED,
    TIME,
    TOKEN,
    WORTH,
    Bools,
    Float32s,
    Floats,
    Int64s,
    Rules,
    Whole,
    loose,
    loose_part,
)
from routesolve.solvers.neural._kernels.numbers import exponential, logarithm, ordered

_F, _I = np.float32, np.int32
_ONE, _TWO, _ZERO = _F(1.0), _F(2.0), _F(0.0)
_LEAST = _I(-0x7FFFFFFF)
TINY = _F(1e-6)  # model.Scale
BARRED = _F(-1e9)  # model.BARRED
FAR = 400.0  # features.FAR


@loose
def ask(
    here: Float32s,
    home: Float32s,
    weight: Float32s,
    bias: Float32s,
    at: Int64s,
    now: Float32s,
    query: Float32s,
) -> None:
    """Write the queries: of the node, the token, and the situation."""
    for i in range(at.shape[0]):
        node, token = at[i, AT], at[i, TOKEN]
        for c in range(query.shape[1]):
            query[i, c] = here[node, c] + home[token, c] + bias[c]
        for m in range(now.shape[1]):
            number = now[i, m]
            for c in range(query.shape[1]):
                query[i, c] += number * weight[m, c]


@loose
def soften(scores: Float32s, mask: Bools) -> None:
    """Softmax of (h, s, n) scores over the nodes of an (s, n) mask, in place."""
    heads, lanes, n = scores.shape
    for a in range(heads):
        for i in range(lanes):
            top = _LEAST
            for j in range(n):
                x = ordered(_F(scores[a, i, j]).view(np.int32))
                top = max(top, x if mask[i, j] else _LEAST)
            high, total = _I(ordered(top)).view(np.float32), _ZERO
            for j in range(n):
                x = exponential(scores[a, i, j] - high) if mask[i, j] else _ZERO
                scores[a, i, j] = x
                total += x
            share = _ONE / total
            for j in range(n):
                scores[a, i, j] *= share


@loose
def lift(query: Float32s, hidden: Float32s, bias: Float32s) -> None:
    """SiLU of hidden numbers, after division by the root mean square of what they come from.

    Without any queries nothing is divided.
    """
    d = query.shape[1]
    for i in range(hidden.shape[0]):
        scale = _ONE
        if query.shape[0] > 0:
            total = _ZERO
            for c in range(d):
                total += query[i, c] * query[i, c]
            scale = _ONE / _F(math.sqrt(total / _F(d) + TINY))
        for c in range(hidden.shape[1]):
            x = hidden[i, c] * scale + bias[c]
            hidden[i, c] = x / (_ONE + exponential(-x))


@loose
def choose(
    rules: Rules,
    ways: Float32s,
    weights: Float32s,
    clip: float,
    temperature: float,
    fresh: float,
    chance: Floats,
    at: Int64s,
    sums: Floats,
    mask: Bools,
    logits: Float32s,
    to: Int64s,
) -> None:
    """Turn matches into logits in place, and choose; as ``Network.logits``.

    The most likely node at a temperature of 0, otherwise one by its probability; where routes begin
    the temperature is another one.
    """
    top, n = _F(clip), logits.shape[1]
    for i in range(at.shape[0]):
        node, token = at[i, AT], at[i, TOKEN]
        for j in range(n):
            x = _ONE - _TWO / (exponential(_TWO * logits[i, j]) + _ONE)
            logits[i, j] = top * x + ways[node, j]
        if rules.has[HAS_WINDOWS]:
            _windows(rules, weights[i, 0], weights[i, 1], node, token, sums[i, TIME], i, logits)
        if rules.has[HAS_LOADS]:
            room = rules.token[CAPACITY, token] - sums[i, PEAK]
            room = room if room > 0.0 else 1.0
            for j in range(n):
                share = min(rules.node[DELIVERY, j] / room, 1.0)
                logits[i, j] += weights[i, 2] * _F(share)
        if rules.score.shape[1] > 0:
            worth = weights[i, 3] / _F(rules.unit[WORTH])
            for j in range(n):
                logits[i, j] += worth * _F(rules.score[token, j])
        for j in range(n):
            logits[i, j] = logits[i, j] if mask[i, j] else BARRED
        heat = fresh if node < rules.token.shape[1] else temperature
        if heat > 0.0:
            to[i] = _sampled(logits, i, _F(_ONE / heat), chance[i])
        else:
            to[i] = _likeliest(logits, i)


@loose_part
def _windows(
    rules: Rules,
    by_wait: float,
    by_slack: float,
    node: Whole,
    token: Whole,
    time: float,
    i: Whole,
    logits: Float32s,
) -> None:
    """Add terms of waiting, and of the time left in the window."""
    speed, unit = rules.token[SPEED, token], 1.0 / rules.unit[NEAR_TIME]
    for j in range(logits.shape[1]):
        ready = time + rules.duration[node, j] / speed
        earliest = rules.node[EARLIEST, j]
        begin = earliest if ready < earliest else ready
        wait, slack = (begin - ready) * unit, (rules.node[LATEST, j] - begin) * unit
        wait, slack = wait if wait < FAR else FAR, slack if slack < FAR else FAR
        wait, slack = wait if wait > 0.0 else 0.0, slack if slack > 0.0 else 0.0
        logits[i, j] += by_wait * logarithm(_F(1.0 + wait)) + by_slack * logarithm(_F(1.0 + slack))


@loose_part
def _likeliest(logits: Float32s, i: Whole) -> int:
    best = 0
    for j in range(1, logits.shape[1]):
        if logits[i, j] > logits[i, best]:
            best = j
    return best


@loose_part
def _sampled(logits: Float32s, i: Whole, sharp: Any, chance: float) -> int:
    """The node at which the running sum of probabilities passes a number in [0, 1)."""
    high, total = logits[i, _likeliest(logits, i)], _ZERO
    last = 0
    for j in range(logits.shape[1]):
        if logits[i, j] > BARRED:
            total += exponential((logits[i, j] - high) * sharp)
    rest = total * _F(chance)
    for j in range(logits.shape[1]):
        if logits[i, j] > BARRED:
            last = j
            rest -= exponential((logits[i, j] - high) * sharp)
            if rest < _ZERO:
                break
    return last
