"""The rules of building routes one stop at a time, for many rollouts of many problems at once.

One set of rules for every problem that :class:`~routesolve.solvers.neural.problems.Problems` can
hold: capacities with deliveries and pickups in any order or pickups last, open and closed routes,
windows, limits on distance, travel time and duration, several depots, vehicles that differ. They
are the checker's, tolerances included, on NumPy arrays and on torch tensors alike.

A rollout goes from node to node. Going to a token from a customer ends the route; going from token
to token chooses where the next one begins. If every customer can be served alone from some token
and vehicles are not limited, no rollout runs into a dead end: routes only grow by customers after
which they can still be ended, and ending one leaves every other customer as feasible as before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import inf
from typing import NamedTuple

import numpy as np

from routesolve.solvers.neural.problems import LAST, NEVER, Array, Problems
from routesolve.solvers.neural.state import State

LATE = 1e-6
"""Slack of windows, absolute; of limits, relative to the larger of 1, duration and distance."""
OVERLOAD = 1e-9
"""Slack of loads, relative to the larger of 1 and the capacity."""


class _Ends(NamedTuple):
    """What ending a route after each customer adds to its limits; (b, k, n), by token.

    What is added, less what is allowed: a limit is kept where its sum is at most the slack.
    """

    closing: Array
    max_distance: Array
    max_duration: Array
    max_driving: Array


class Environment:
    """Masks, moves and costs of a batch of problems.

    Parameters
    ----------
    problems
        The batch; its arrays decide whether everything runs in NumPy or in torch.

    Attributes
    ----------
    alone : array
        (b, k, n) bool: customers that a vehicle of each token can serve on a route of their own.
    """

    def __init__(self, problems: Problems) -> None:
        self.problems = problems
        self.xp = xp = problems.xp
        self.uses = uses = problems.uses
        k, n, b = problems.tokens, problems.nodes, problems.batch
        self._rows = self._arange(b)[:, None]
        self._nodes = self._arange(n)
        self._customers = self._nodes >= k
        # The way home is as long as nothing where routes are open.
        opened, speed = problems.open_end[:, :, None], problems.speed[:, :, None]
        self._home = xp.where(opened, 0.0, xp.swapaxes(problems.distance[:, :, :k], 1, 2))
        way = xp.swapaxes(problems.duration[:, :, :k], 1, 2)
        self._home_way = xp.where(opened, 0.0, way / speed if "speed" in uses else way)
        self._ways = xp.isfinite(problems.distance) & xp.isfinite(problems.duration)
        self._homeward = xp.isfinite(self._home) & xp.isfinite(self._home_way)
        self._ends, self._span = self._static()
        self._latest = problems.latest + LATE
        capacity = problems.capacity
        self._limit = capacity + OVERLOAD * xp.where(capacity > 1.0, capacity, 1.0)
        self._limited = "fleet" in uses
        self._choice = k > 1 or self._limited
        self.alone = self._alone()
        self._alone_t = xp.where(xp.swapaxes(self.alone, 1, 2), 1.0, 0.0)

    def _arange(self, size: int) -> Array:
        if self.xp is np:
            return np.arange(size)
        return self.xp.arange(size, device=self.problems.distance.device)

    def _full(self, shape: tuple[int, ...], value: float | bool) -> Array:
        kind = self.problems.present.dtype if isinstance(value, bool) else self._dtype
        if self.xp is np:
            return np.full(shape, value, kind)
        return self.xp.full(shape, value, dtype=kind, device=self.problems.distance.device)

    @property
    def _dtype(self) -> Array:
        return self.problems.distance.dtype

    @np.errstate(invalid="ignore")  # ways that do not exist
    def _static(self) -> tuple[_Ends, Array]:
        """Tables of what ending a route adds, and a bound on how much one customer adds."""
        p, xp, b = self.problems, self.xp, self.problems.batch
        after = p.service[:, None, :] + self._home_way
        ends = _Ends(
            after - p.closing[:, :, None],
            self._home - p.max_distance[:, :, None],
            after - p.max_duration[:, :, None],
            self._home_way - p.max_driving[:, :, None],
        )

        def largest(values: Array) -> Array:
            return xp.amax(xp.where(xp.isfinite(values), values, 0.0).reshape(b, -1), -1)

        slowest = largest(1.0 / p.speed)
        legs = largest(p.distance) + largest(p.duration) * slowest
        span = 2.0 * legs + largest(p.service) + largest(p.earliest) + largest(-p.opening)
        return ends, span[:, None, None]

    def _alone(self) -> Array:
        """Customers feasible from each token, by the mask of rollouts that stand there."""
        k = self.problems.tokens
        state = self.reset(k)
        here = state.node + self._arange(k)[None, :]
        opening = self.problems.opening[self._rows, here]
        there = replace(state, node=here, token=here, time=opening)
        return self._feasible(there) & (self.problems.fleet > 0)[:, :, None]

    def infeasible(self) -> Array:
        """(b, n) bool: customers that no vehicle can serve on a route of their own.

        Where detours are shorter than direct ways, a longer route may still be able to.
        """
        return self._customers[None, :] & self.problems.present & ~self.alone.any(1)

    # -- moves ---------------------------------------------------------------------------------

    def reset(self, rollouts: int) -> State:
        """The state of rollouts that stand at the first token, and may choose another.

        Parameters
        ----------
        rollouts
            How many of each problem.
        """
        p, s = self.problems, rollouts
        zero = self._full((p.batch, s), 0.0)
        none = self._rows * self._arange(s)[None, :] * 0
        visited = ~(p.present[:, None, :] & self._full((1, s, 1), True))
        begin = p.opening[:, :1] + zero
        return State(
            node=none,
            token=none,
            visited=visited,
            switched=zero > 0,
            used=self._full((p.batch, s, p.tokens), 0.0),
            linehaul=zero,
            backhaul=zero,
            peak=zero,
            time=begin,
            duration=zero,
            room=zero + inf,
            distance=zero,
            driving=zero,
            cost=zero,
        )

    def mask(self, state: State) -> Array:
        """(b, s, n) bool: the nodes that may come next; at least one.

        A rollout that is done, or that a limited fleet has left in a dead end, may only stay at its
        token.
        """
        k = self.problems.tokens
        node = state.node[:, :, None]
        at_token = node < k
        free = self._feasible(state)
        if not self._choice:
            free[..., :1] = ~at_token
            free[..., :1] |= ~free.any(-1)[..., None]
            return free
        if self._limited:
            left = self.problems.fleet[:, None, :] - state.used > 0
            here = left[self._rows, self._arange(state.node.shape[1])[None, :], state.token]
            free &= ~at_token | here[..., None]
        unserved = self.xp.where(state.visited | ~self._customers, 0.0, 1.0)
        useful = self.xp.matmul(unserved, self._alone_t) > 0.5
        own = self._nodes[:k] == state.token[..., None]
        may_end = ~at_token
        if self._limited:
            useful &= left
            # The last vehicle does not go home while it can serve anybody.
            may_end = may_end & (useful.any(-1) | ~free.any(-1))[..., None]
        free[..., :k] = self.xp.where(
            at_token, useful & ~own & ~state.switched[..., None], own & may_end
        )
        stay = ~free.any(-1)
        free[..., :k] |= own & stay[..., None]
        return free

    def done(self, state: State, mask: Array) -> Array:
        """(b, s) bool: rollouts that have nowhere to go; see :meth:`mask`."""
        lanes = self._arange(state.node.shape[1])[None, :]
        return mask[self._rows, lanes, state.node]

    def unserved(self, state: State) -> Array:
        """(b, s) number of customers not visited."""
        return (~state.visited & self._customers).sum(-1)

    def step(self, state: State, action: Array) -> State:
        """Move to a node that the mask allows.

        Parameters
        ----------
        state
            Where the rollouts stand.
        action
            (b, s) node numbers.
        """
        p, xp, rows = self.problems, self.xp, self._rows
        k = p.tokens
        serves, away = action >= k, state.node >= k
        token = xp.where(serves, state.token, action)
        # Customers are reached by their leg, tokens by the way home; between tokens is no way.
        home = self._home[rows, state.token, state.node]
        leg = xp.where(serves, p.distance[rows, state.node, action], xp.where(away, home, 0.0))
        way = p.duration[rows, state.node, action]
        if "speed" in self.uses:
            way = way / p.speed[rows, state.token]
        home = self._home_way[rows, state.token, state.node]
        way = xp.where(serves, way, xp.where(away, home, 0.0))
        cost = state.cost + self._price(state, action, leg, way, serves & ~away)
        used = state.used
        if self._limited:
            begins = (serves & ~away)[..., None] & (self._nodes[:k] == token[..., None])
            used = xp.where(begins, used + 1.0, used)

        # Waiting is avoided by a later departure, as far as the windows so far leave room.
        ready, service = state.time + way, p.service[rows, action]
        begin = xp.maximum(ready, p.earliest[rows, action])
        later = xp.minimum(begin - ready, state.room)
        room = xp.minimum(state.room - later, p.latest[rows, action] - begin)
        delivery = p.delivery[rows, action]
        backhaul = state.backhaul + p.pickup[rows, action]
        return State(
            node=action,
            token=token,
            visited=state.visited | ((self._nodes == action[..., None]) & self._customers),
            switched=xp.where(away | serves, False, (action != state.node) | state.switched),
            used=used,
            linehaul=xp.where(serves, state.linehaul + delivery, 0.0),
            backhaul=xp.where(serves, backhaul, 0.0),
            peak=xp.where(serves, xp.maximum(state.peak + delivery, backhaul), 0.0),
            time=xp.where(serves, begin + service, p.opening[rows, token]),
            duration=xp.where(
                serves, state.duration + way + service + (begin - ready - later), 0.0
            ),
            room=xp.where(serves, xp.where(room > 0.0, room, 0.0), inf),
            distance=xp.where(serves, state.distance + leg, 0.0),
            driving=xp.where(serves, state.driving + way, 0.0),
            cost=cost,
        )

    def _price(self, state: State, action: Array, leg: Array, way: Array, begins: Array) -> Array:
        """Cost of a move."""
        p, rows, uses = self.problems, self._rows, self.uses
        cost = leg * p.distance_cost[rows, state.token] if "distance_cost" in uses else leg
        if "driving_cost" in uses:
            cost = cost + way * p.driving_cost[rows, state.token]
        if "fixed_cost" in uses:
            fixed = p.fixed_cost[rows, state.token]
            cost = cost + self.xp.where(begins, fixed, 0.0)
        if p.score is not None:
            worth = p.score[rows, state.token, action]
            cost = cost - self.xp.where(action >= p.tokens, worth, 0.0)
        return cost

    # -- rules ---------------------------------------------------------------------------------

    @np.errstate(invalid="ignore")  # ways that do not exist
    def _feasible(self, state: State) -> Array:
        """(b, s, n) bool: customers that the route can go on to and end after."""
        uses, rows = self.uses, self._rows
        free = ~state.visited & self._customers
        if self.problems.allowed is not None:
            free &= self._by_token(self.problems.allowed, state)
        if "unreachable" in uses:
            free &= self._ways[rows, state.node] & self._by_token(self._homeward, state)
        if "loads" in uses:
            free &= self._fits(state)
        if "order" in uses:
            free &= self._in_order(state)
        if uses & {"windows", *_Ends._fields}:
            free &= self._in_time(state)
        return free

    def _by_token(self, table: Array, state: State) -> Array:
        """Rows of a (b, k, n) table."""
        return table if self.problems.tokens == 1 else table[self._rows, state.token]

    def _in_time(self, state: State) -> Array:
        """Windows, the closing of the depot, and limits on the route."""
        p, xp, uses, rows = self.problems, self.xp, self.uses, self._rows
        way = p.duration[rows, state.node]
        if "speed" in uses:
            way = way / p.speed[rows, state.token][..., None]
        begin = ready = state.time[..., None] + way
        if "windows" in uses:
            begin = xp.maximum(ready, p.earliest[:, None, :])
        limits = [key for key in _Ends._fields if key in uses]

        def duration() -> Array:
            """Until the service begins: waiting that a later departure avoids does not count."""
            total = state.duration[..., None] + way
            if begin is not ready:
                wait = begin - ready
                total = total + (wait - xp.minimum(wait, state.room[..., None]))
            return total

        def distance() -> Array:
            return state.distance[..., None] + p.distance[rows, state.node]

        so_far: dict[str, Callable[[], Array]] = {
            "closing": lambda: begin,
            "max_distance": distance,
            "max_duration": duration,
            "max_driving": lambda: state.driving[..., None] + way,
        }
        keeps = begin <= self._latest[:, None, :] if "windows" in uses else None
        over = None
        for key in limits:
            sums = so_far[key]() + self._by_token(getattr(self._ends, key), state)
            over = sums if over is None else xp.maximum(over, sums)
        if over is None:
            return keeps
        within = over <= LATE
        # The slack grows with the route: looked at closely only where that may decide.
        bound = xp.maximum(state.distance, state.duration)[..., None] + self._span
        if bool(((over <= LATE * bound) & ~within).any()):
            length = distance() + self._by_token(self._home, state)
            total = duration() + p.service[:, None, :] + self._by_token(self._home_way, state)
            within |= over <= LATE * xp.maximum(length, total)
        return within if keeps is None else keeps & within

    def _fits(self, state: State) -> Array:
        """The largest load since the beginning of the route stays within the capacity.

        A delivery has been on board from the beginning; a pickup stays to the end. So a delivery
        raises the peak, and after a pickup all that has been picked up is on board, and no more.
        """
        p, rows = self.problems, self._rows
        limit = self._limit[rows, state.token][..., None]
        free = p.delivery[:, None, :] <= limit - state.peak[..., None]
        if "pickups" in self.uses:
            free &= state.backhaul[..., None] + p.pickup[:, None, :] <= limit
        return free

    def _in_order(self, state: State) -> Array:
        """Backhauls last, or no deliveries and pickups on one trip."""
        p = self.problems
        rule = p.backhaul[:, None, None]
        brings, takes = p.delivery[:, None, :] > 0, p.pickup[:, None, :] > 0
        picked, delivered = (state.backhaul > 0)[..., None], (state.linehaul > 0)[..., None]
        late = ((rule == LAST) | (rule == NEVER)) & brings & picked
        return ~(late | ((rule == NEVER) & takes & (delivered | brings)))
