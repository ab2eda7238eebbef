"""What the network learns from: plans to imitate, and its own rollouts compared with each other."""

from __future__ import annotations

import torch
from torch import Tensor

from routesolve.solvers.neural.features import Features
from routesolve.solvers.neural.model import Encoded, Network
from routesolve.solvers.neural.problems import Problems
from routesolve.solvers.neural.situation import Standing, outlook
from routesolve.solvers.neural.trace import Trace

ANY_ORDER = 0.1
"""Weight of the first move of a route when a plan is imitated: another route might come first."""


def log_probabilities(
    network: Network, problems: Problems, known: Features, encoded: Encoded, trace: Trace
) -> Tensor:
    """(b, s, t) logarithms of the probabilities of what was chosen, all steps in one pass.

    0 where there was no choice.

    Parameters
    ----------
    network
        What decides.
    problems, known, encoded
        The problems, in torch.
    trace
        What was done, in torch.
    """
    shape = trace.action.shape
    chosen = trace.chosen.flatten(1)
    # Steps without a choice come last, and most of them are left out.
    order = chosen.to(torch.uint8).argsort(dim=1, descending=True, stable=True)
    order = order[:, : int(chosen.sum(1).max())]

    def picked(x: Tensor) -> Tensor:
        flat = x.flatten(1, 2)
        at = order if flat.dim() == 2 else order[..., None].expand(-1, -1, flat.shape[-1])
        return flat.gather(1, at)

    standing = Standing(*map(picked, (trace.node, trace.token, trace.time, trace.peak)))
    logits = network.logits(
        encoded,
        standing.node,
        standing.token,
        picked(trace.now),
        outlook(problems, known, standing),
        picked(trace.mask),
    )
    done = torch.log_softmax(logits, -1).gather(-1, picked(trace.action)[..., None])[..., 0]
    # Fillers among them had no choice: their only option has probability 1.
    every = torch.zeros_like(chosen, dtype=done.dtype)
    return every.scatter(1, order, done * picked(trace.chosen)).view(shape)


def imitation_loss(logs: Tensor, trace: Trace, tokens: int, good: Tensor) -> Tensor:
    """Mean cross entropy of a plan's moves.

    Parameters
    ----------
    logs
        (b, s, t) see :func:`log_probabilities`.
    trace
        The plans.
    tokens
        Of the problems.
    good
        (b,) bool: which problems have a plan.
    """
    weight = torch.where(trace.begins(tokens), ANY_ORDER, 1.0)
    weight = weight * (trace.chosen & good[:, None, None])
    loss: Tensor = -(logs * weight).sum() / weight.sum().clamp(min=1.0)
    return loss


def reinforcement_loss(logs: Tensor, trace: Trace, scale: Tensor) -> Tensor:
    """REINFORCE with the mean of a problem's rollouts as baseline (POMO, Kwon et al. 2020).

    Parameters
    ----------
    logs
        (b, s, t) see :func:`log_probabilities`.
    trace
        Rollouts that were drawn.
    scale
        (b,) what a cost of 1 is worth: advantages count relative to the cost of the problem.
        Rollouts that leave customers unserved count as twice that for each.
    """
    price = trace.cost + 2.0 * scale[:, None] * trace.unserved
    advantage = (price - price.mean(1, keepdim=True)) / scale[:, None]
    total = (logs * trace.chosen).sum(-1)
    loss: Tensor = (advantage * total).mean()
    return loss
