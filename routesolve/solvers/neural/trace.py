"""Rollouts with what was seen at every step, so that all steps can be judged in one pass.

The decoder does not remember: what it says at a step depends on the state alone. So rollouts run
without gradients, and the probabilities of all their steps are computed at once, exactly.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from routesolve.solvers.neural.environment import Environment
from routesolve.solvers.neural.features import Features
from routesolve.solvers.neural.problems import Array
from routesolve.solvers.neural.rollouts import Choose
from routesolve.solvers.neural.situation import situation
from routesolve.solvers.neural.state import State


@dataclass(frozen=True, eq=False)
class Trace:
    """Rollouts of s lanes over t steps.

    Attributes
    ----------
    node, token, time, peak
        (b, s, t) of the state before each step.
    now
        (b, s, t, NOW) what the decoder saw of it.
    mask
        (b, s, t, n) bool what was allowed.
    action
        (b, s, t) what was done.
    chosen
        (b, s, t) bool: whether there was anything to choose, and it was not said beforehand.
    cost, unserved
        (b, s) in the end.
    """

    node: Array
    token: Array
    time: Array
    peak: Array
    now: Array
    mask: Array
    action: Array
    chosen: Array
    cost: Array
    unserved: Array

    def to_torch(self, *, device: str = "cpu") -> Trace:
        """The same as torch tensors; floating point numbers as float32."""
        import torch

        def moved(array: Array) -> Any:
            tensor = torch.as_tensor(array, device=device)
            return tensor.float() if tensor.is_floating_point() else tensor

        return Trace(**{f.name: moved(getattr(self, f.name)) for f in fields(self)})

    def begins(self, tokens: int) -> Array:
        """(b, s, t) bool: steps that choose where, or with whom, a route begins."""
        return self.node < tokens


def trace(
    environment: Environment,
    known: Features,
    choose: Choose,
    rollouts: int,
    *,
    first: Array | None = None,
    most: int | None = None,
) -> Trace:
    """Let rollouts run until all are done, and write down every step.

    Parameters
    ----------
    environment
        The problems.
    known
        Their features, of the same kind of arrays.
    choose
        What decides; see :func:`~routesolve.solvers.neural.rollouts.roll_out`.
    rollouts
        How many of each problem.
    first
        (b, s, m) nodes of the first m moves.
    most
        Steps after which all end, done or not.
    """
    p, xp = environment.problems, environment.xp
    state = environment.reset(rollouts)
    forced = 0 if first is None else first.shape[-1]
    steps: list[tuple[Array, ...]] = []
    while True:
        mask = environment.mask(state)
        done = environment.done(state, mask)
        if len(steps) == most or bool(done.all()):
            break
        if first is not None and len(steps) < forced:
            action = first[..., len(steps)]
            chosen = done & ~done
        else:
            action = choose(state, mask)
            chosen = mask.sum(-1) > 1
        steps.append((*_seen(state), situation(p, known, state), mask, action, chosen))
        state = environment.step(state, action)
    if not steps:
        steps = [(*_seen(state), situation(p, known, state), mask, state.node, done & ~done)]
    node, token, time, peak, now, masks, action, chosen = (
        xp.stack(column, 2) for column in zip(*steps, strict=True)
    )
    unserved = environment.unserved(state)
    return Trace(node, token, time, peak, now, masks, action, chosen, state.cost, unserved)


def replay(environment: Environment, known: Features, actions: Array) -> Trace:
    """Write down rollouts whose every move is known.

    Parameters
    ----------
    environment, known
        See :func:`trace`.
    actions
        (b, s, t) nodes.
    """
    step = iter(range(actions.shape[-1]))
    return trace(
        environment,
        known,
        lambda state, mask: actions[..., next(step)],
        actions.shape[1],
        most=actions.shape[-1],  # lessons that leave somebody out are never done
    )


def _seen(state: State) -> tuple[Array, Array, Array, Array]:
    return state.node, state.token, state.time, state.peak
