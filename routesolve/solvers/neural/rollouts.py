"""Rollouts: complete plans by repeated choice, and the two simplest ways to choose."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from routesolve.solvers.neural.environment import Environment
from routesolve.solvers.neural.problems import Array
from routesolve.solvers.neural.state import State

Choose = Callable[[State, Array], Array]
"""From a state and its (b, s, n) mask to (b, s) nodes."""


class Rollouts(NamedTuple):
    """Finished rollouts.

    Attributes
    ----------
    actions : array
        (b, s, t) int64 nodes in order; a rollout that is done stays at its token.
    state : State
        The last one.
    """

    actions: Array
    state: State

    @property
    def cost(self) -> Array:
        """(b, s) costs, comparable where the same customers are served."""
        return self.state.cost


def roll_out(
    environment: Environment, choose: Choose, rollouts: int, *, first: Array | None = None
) -> Rollouts:
    """Let rollouts run until all are done.

    Parameters
    ----------
    environment
        The problems.
    choose
        What decides.
    rollouts
        How many of each problem.
    first
        (b, s, m) nodes of the first m moves, chosen already; see :func:`first_moves`.
    """
    state = environment.reset(rollouts)
    actions: list[Array] = []
    forced = 0 if first is None else first.shape[-1]
    while True:
        if first is not None and len(actions) < forced:
            action = first[..., len(actions)]
        else:
            mask = environment.mask(state)
            if bool(environment.done(state, mask).all()):
                break
            action = choose(state, mask)
        state = environment.step(state, action)
        actions.append(action)
    if not actions:
        return Rollouts(state.node[..., None], state)
    return Rollouts(environment.xp.stack(actions, -1), state)


def first_moves(environment: Environment, rollouts: int) -> Array:
    """(b, s, 2) a token and a customer for each rollout, all customers in turn (POMO).

    Each customer is begun with from the token from which a route to it and back costs least, of
    those that can. Problems without any customer stay where they are. NumPy only.
    """
    p = environment.problems
    k = p.tokens
    there, back = p.distance[:, :k, :], np.swapaxes(p.distance[:, :, :k], 1, 2)
    around = np.where(p.open_end[:, :, None], there, there + back) * p.distance_cost[:, :, None]
    if p.score is not None:
        around = around - p.score
    trip = np.where(environment.alone, around, np.inf)
    token = trip.argmin(axis=1)  # (b, n)
    possible = environment.alone.any(axis=1)
    # Customers that are possible first, in their order.
    order = np.argsort(~possible, axis=1, kind="stable")
    count = possible.sum(axis=1, keepdims=True)
    turn = np.arange(rollouts)[None, :] % np.maximum(count, 1)
    customer = np.take_along_axis(order, turn, axis=1)
    chosen = np.take_along_axis(token, customer, axis=1)
    some = count > 0
    return np.stack([np.where(some, chosen, 0), np.where(some, customer, 0)], axis=-1)


def uniform(seed: int) -> Choose:
    """Choose among all nodes with equal chances; NumPy."""
    rng = np.random.default_rng(seed)

    def choose(state: State, mask: Array) -> Array:
        return np.where(mask, rng.random(mask.shape), -1.0).argmax(axis=-1)

    return choose


def nearest(environment: Environment) -> Choose:
    """Choose the nearest customer, by distance; a token only when no customer is left to go to."""
    p = environment.problems
    rows = np.arange(p.batch)[:, None]
    customers = np.arange(p.nodes) >= p.tokens

    def choose(state: State, mask: Array) -> Array:
        leg = p.distance[rows, state.node]
        leg = np.where(mask & customers, leg, np.where(mask, np.finfo(np.float64).max, np.inf))
        return leg.argmin(axis=-1)

    return choose
