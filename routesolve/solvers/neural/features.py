"""What the network sees of a problem: numbers without units, the same in NumPy and in torch.

Costs are measured by the mean way to the five nearest customers, times of windows by the longest
way, loads by the largest vehicle: neither the units of a problem nor the extent of its area matter.
Nothing depends on the order of customers. What is infinite or not said is 0 beside a flag.

Which numbers there are, and what they mean, is :data:`VERSION` of this file; weights say which one
they were trained on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from routesolve.solvers.neural.problems import LAST, MIXED, NEVER, Array, Problems

VERSION = 1
NEAR = 12
"""Shortest ways out of and into a node that are shown."""
LOCAL = 5
"""Nearest customers whose mean way is the measure of what is near."""
FAR = 400.0
"""Ways count as at most so many times the measure; no way at all does, too."""
FEW = 1e-3
"""Least measure, as a share of the longest way; stops may all be at one place."""

NODE, EDGE, WHOLE, NOW, CHOICE = 33, 18, 18, 11, 4
"""How many numbers: of a node, of a way, of the problem, of a rollout, of a candidate."""


@dataclass(frozen=True, eq=False)
class Features:
    """What the encoder reads, and the measures that the decoder needs.

    Attributes
    ----------
    node
        (b, n, NODE).
    out, into
        (b, n, 2 NEAR) shortest ways to and from customers, by cost and by duration.
    edge
        (b, n, n, EDGE); the first number is the logarithm of 1 + cost in measures.
    whole
        (b, WHOLE) of the problem.
    present
        (b, n) bool: customers that are present, and tokens that have vehicles.
    start
        (b,) when the earliest vehicle may leave.
    longest, near_time
        (b,) units of time: longest way, and mean way to the nearest.
    worth
        (b,) unit of scores.
    """

    node: Array
    out: Array
    into: Array
    edge: Array
    whole: Array
    present: Array
    start: Array
    longest: Array
    near_time: Array
    worth: Array


def features(problems: Problems, points: Array | None = None) -> Features:
    """What the encoder sees of a batch.

    Parameters
    ----------
    problems
        The batch, in NumPy or torch.
    points
        (b, n, 2) places on a plane in any unit, or None. Rows that are NaN have none.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        return _Maker(problems, points).made()


class _Maker:
    """Features of one batch."""

    def __init__(self, problems: Problems, points: Array | None) -> None:
        self.p = p = problems
        self.xp: Any = p.xp
        k = p.tokens
        self.customer = p.present & at_least(p, k)
        self.vehicles = p.fleet > 0
        self.there = self.xp.concatenate([self.vehicles, p.present[:, k:]], -1)
        self.pairs = self._pairs()
        self.cost = self._cost()
        self.way = self._clean(p.duration)
        self.points = self._plane(points)
        self.measure, self.outward, self.inward = self._measures(self.cost)
        self.near_time, _, _ = self._measures(self.way)
        self.longest = self._positive(self._top(self.way))
        self.dearest = self._positive(self._top(self.cost))
        self.start = self._lowest(p.opening)
        capacity = or_zero(self.xp, p.capacity)
        total = (p.delivery + p.pickup).sum(-1)
        largest = self.xp.amax(self.xp.where(self.vehicles, capacity, 0.0), -1)
        self.load = self._positive(self.xp.where(largest > 0, largest, total))
        worth = 0.0 * self.start if p.score is None else self.xp.amax(abs(p.score), (-1, -2))
        self.worth = self._positive(worth)

    # -- measures ------------------------------------------------------------------------------

    def _cost(self) -> Array:
        """(b, n, n) what a way costs, by the mean vehicle."""
        p, xp = self.p, self.xp
        count = self.xp.where(self.vehicles, 1.0, 0.0).sum(-1)
        count = xp.where(count > 0, count, 1.0)
        mean = [
            xp.where(self.vehicles, each, 0.0).sum(-1) / count
            for each in (p.distance_cost, p.driving_cost)
        ]
        by_distance, by_time = mean
        by_distance = xp.where(by_distance + by_time > 0, by_distance, 1.0)
        cost = by_distance[:, None, None] * self._clean(p.distance)
        if "driving_cost" in p.uses:
            cost = cost + by_time[:, None, None] * self._clean(p.duration)
        return cost

    def _pairs(self) -> Array:
        """(b, n, n) bool: ways that exist."""
        p, xp = self.p, self.xp
        both = self.there[:, :, None] & self.there[:, None, :]
        return both & xp.isfinite(p.distance) & xp.isfinite(p.duration)

    def _clean(self, table: Array) -> Array:
        """Ways that do not exist are twice as long as the longest one."""
        top = self._top(table)[:, None, None]
        return self.xp.where(self.pairs, table, 2.0 * top)

    def _top(self, table: Array) -> Array:
        """(b,) the longest way that exists."""
        known = self.xp.where(self.pairs, table, 0.0)
        return self.xp.amax(known.reshape(-1, self.p.nodes**2), -1)

    def _measures(self, table: Array) -> tuple[Array, Array, Array]:
        """(b,) mean way to the nearest customers, and (b, n) that out of and into each node."""
        xp = self.xp
        out, into = (self._nearest(t, LOCAL) for t in (table, xp.swapaxes(table, 1, 2)))
        found = xp.isfinite(out)
        count = xp.where(found, 1.0, 0.0)
        weight = count * xp.where(self.customer, 1.0, 0.0)[..., None]
        total = xp.where(found, out, 0.0)
        mean = (total * weight).sum((-1, -2)) / xp.clip(weight.sum((-1, -2)), 1.0, None)
        top = self._top(table)
        least = FEW * xp.where(top > 0, top, 1.0)
        mean = xp.where(mean > least, mean, least)
        local = []
        for ways in (out, into):
            found = xp.isfinite(ways)
            each = xp.where(found, ways, 0.0).sum(-1)
            each = each / xp.clip(xp.where(found, 1.0, 0.0).sum(-1), 1.0, None)
            floor = 0.05 * mean[:, None]
            local.append(xp.where(each > floor, each, floor))
        return mean, local[0], local[1]

    def _nearest(self, table: Array, count: int) -> Array:
        """(b, n, count) shortest ways to customers, infinite where there are fewer."""
        xp, n = self.xp, self.p.nodes
        same = self._eye(n)
        ways = xp.where(self.customer[:, None, :] & ~same, table, xp.inf)
        if xp is np:
            few = min(count, n)
            ways = np.sort(np.partition(ways, few - 1, -1)[..., :few], -1)
        else:
            ways = ways.topk(min(count, n), -1, largest=False, sorted=True).values
        if n < count:
            rest = xp.full_like(ways[..., :1], xp.inf)
            ways = xp.concatenate([ways] + [rest] * (count - n), -1)
        return ways

    def _plane(self, points: Array | None) -> Array:
        """(b, n, 2) places around the first token within the unit square; 0 where unknown."""
        p, xp = self.p, self.xp
        if points is None:
            return xp.zeros_like(xp.concatenate([p.distance[:, :, :1]] * 2, -1))
        away = points - points[:, :1]
        away = xp.where(self.there[..., None], away, 0.0)
        extent = xp.amax(abs(away).reshape(p.batch, -1), -1)
        known = xp.isfinite(extent)[:, None, None]
        extent = self._positive(or_zero(xp, extent))
        plane = xp.where(known, away, 0.0) / extent[:, None, None]
        return plane if xp is not np else plane.astype(p.distance.dtype)

    def _mean(self, table: Array) -> Array:
        """(b, n) mean of a (b, k, n) table over the tokens that have vehicles."""
        here = self.xp.where(self.vehicles, 1.0, 0.0)
        return (table * here[..., None]).sum(1) / self._positive(here.sum(-1))[:, None]

    def _positive(self, values: Array) -> Array:
        return self.xp.where(values > 0, values, 1.0)

    def _lowest(self, values: Array) -> Array:
        xp = self.xp
        least = xp.amin(xp.where(self.vehicles & xp.isfinite(values), values, xp.inf), -1)
        return or_zero(xp, least)

    def _eye(self, n: int) -> Array:
        if self.xp is np:
            return np.eye(n, dtype=np.bool_)
        return self.xp.eye(n, dtype=self.xp.bool, device=self.p.distance.device)

    def _measured(self, ways: Array, by: Array) -> Array:
        """Logarithm of 1 + ways in a measure."""
        xp = self.xp
        ratio = ways / by
        return xp.log1p(xp.where(ratio < FAR, ratio, FAR))

    def _squashed(self, values: Array) -> tuple[Array, Array]:
        """Times in longest ways, their logarithm with the sign; and a flag for finite ones."""
        xp = self.xp
        known = xp.isfinite(values)
        scaled = xp.where(known, values, 0.0) / self.longest[:, None]
        return squash(xp, scaled), xp.where(known, 1.0, 0.0)

    # -- numbers -------------------------------------------------------------------------------

    def made(self) -> Features:
        near = []
        for flip in (False, True):
            both = []
            for table, by in ((self.cost, self.measure), (self.way, self.near_time)):
                t = self.xp.swapaxes(table, 1, 2) if flip else table
                both.append(self._measured(self._nearest(t, NEAR), by[:, None, None]))
            near.append(self.xp.concatenate(both, -1))
        p, xp = self.p, self.xp
        kind = p.distance.dtype

        def cast(a: Array) -> Array:
            return a.astype(kind) if xp is np else a.to(kind)

        return Features(
            node=cast(self._node()),
            out=cast(near[0]),
            into=cast(near[1]),
            edge=cast(self._edge()),
            whole=cast(self._whole()),
            present=self.there,
            start=cast(self.start),
            longest=cast(self.longest),
            near_time=cast(self.near_time),
            worth=cast(self.worth),
        )

    def _node(self) -> Array:
        p, xp, k = self.p, self.xp, self.p.tokens
        by, bt = self.measure[:, None], self.near_time[:, None]
        zero = 0.0 * p.delivery
        known = xp.where(abs(self.points).sum((-1, -2)) > 0, 1.0, 0.0)[:, None]
        ways = [
            self._measured(xp.amin(table, axis), measure)
            for table, measure in ((self.cost, by), (self.way, bt))
            for table, axis in ((table[:, :k, :], 1), (table[:, :, :k], 2))
        ]
        start = self.start[:, None]
        windows = [
            *self._squashed(p.earliest - start),
            *self._squashed(p.latest - start),
            self._squashed(p.service)[0],
        ]
        share, score = zero + 1.0, zero
        if p.allowed is not None:
            share = self._mean(xp.where(p.allowed, 1.0, 0.0))
        if p.score is not None:
            score = self._mean(p.score) / self.worth[:, None]
        rows = [
            self.points[..., 0],
            self.points[..., 1],
            known + zero,
            *ways,
            p.delivery / self.load[:, None],
            p.pickup / self.load[:, None],
            *windows,
            share,
            score,
            xp.where(at_least(p, k), 0.0, 1.0) + zero,
        ]
        vehicle = self._vehicle()
        pad = xp.zeros_like(p.delivery[:, k:])
        rows += [xp.concatenate([each, pad], -1) for each in vehicle]
        return xp.stack(rows, -1)

    def _vehicle(self) -> list[Array]:
        """(b, k) each: what the vehicle of a token can do."""
        p, xp = self.p, self.xp
        here = xp.where(self.vehicles, 1.0, 0.0)
        capacity = xp.isfinite(p.capacity)
        dear = self.dearest[:, None]
        far = xp.isfinite(p.max_distance)
        # Limits on distance by what such a distance costs.
        price = xp.where(p.distance_cost > 0, p.distance_cost, 1.0)
        reach = squash(xp, xp.where(far, p.max_distance, 0.0) * price / dear)
        mean = (p.distance_cost * here).sum(-1, keepdims=True) / (
            self._positive(here.sum(-1, keepdims=True))
        )
        relative = xp.where(mean > 0, p.distance_cost / self._positive(mean), 1.0)
        fleet = xp.isfinite(p.fleet)
        needed = (p.delivery + p.pickup).sum(-1)[:, None] / self.load[:, None] + 1.0
        return [
            here,
            xp.where(capacity, p.capacity, 0.0) / self.load[:, None],
            *self._squashed(p.closing - self.start[:, None]),
            reach,
            xp.where(far, 1.0, 0.0),
            *self._squashed(p.max_duration),
            *self._squashed(p.max_driving),
            xp.where(p.open_end, 1.0, 0.0),
            xp.log(p.speed),
            squash(xp, p.fixed_cost / dear),
            relative,
            squash(xp, xp.where(fleet, p.fleet, 0.0) / needed),
            xp.where(fleet, 1.0, 0.0),
        ]

    def _edge(self) -> Array:
        p, xp, k = self.p, self.xp, self.p.tokens
        back = xp.swapaxes(self.cost, 1, 2)
        by, bt = self.measure[:, None, None], self.near_time[:, None, None]
        zero = 0.0 * self.cost
        cost = self._measured(self.cost, by)
        way = self._measured(self.way, bt)
        step = self.points[:, None, :, :] - self.points[:, :, None, :]
        straight = (step * step).sum(-1) ** 0.5
        shy = straight + 1e-6
        home = xp.amin(back[:, :k, :], 1)
        away = xp.amin(self.cost[:, :k, :], 1)
        saving = (home[:, :, None] + away[:, None, :] - self.cost) / self.dearest[:, None, None]
        waiting, slack = self._windows()
        q = (p.delivery + 0.0) / self.load[:, None]
        b = p.pickup / self.load[:, None]
        ahead = xp.log(self.outward / self.measure[:, None])
        worth, free = self._profiles(zero)
        return xp.stack(
            [
                cost,
                xp.swapaxes(cost, 1, 2),
                self._measured(self.cost, self.outward[:, :, None]),
                self._measured(self.cost, self.inward[:, None, :]),
                way,
                xp.swapaxes(way, 1, 2),
                straight,
                step[..., 0] / shy,
                step[..., 1] / shy,
                slack + zero,
                waiting + zero,
                q[:, :, None] + q[:, None, :],
                b[:, :, None] + b[:, None, :],
                self._measured(home, self.measure[:, None])[:, None, :] + zero,
                saving,
                ahead[:, None, :] + zero,
                worth,
                free,
            ],
            -1,
        )

    def _windows(self) -> tuple[Array, Array]:
        """(b, n, n) least waiting and largest slack of going from one window to another."""
        p, xp = self.p, self.xp
        if not p.uses & {"windows", "closing"}:
            none = 0.0 * self.start[:, None, None]
            return none - 2.0, none + 2.0
        unit = self.longest[:, None, None]
        # Vehicles leave their tokens from the opening on.
        token = ~at_least(p, p.tokens)
        opening = xp.concatenate([p.opening, xp.zeros_like(p.earliest[:, p.tokens :])], -1)
        closing = xp.concatenate([p.closing, xp.zeros_like(p.latest[:, p.tokens :])], -1)
        first = xp.where(token, opening, p.earliest)
        last = xp.where(token, closing, p.latest)
        lag = (p.service + 0.0)[:, :, None] + self.way
        slack = (last[:, None, :] - (first[:, :, None] + lag)) / unit
        waiting = (first[:, None, :] - (last[:, :, None] + lag)) / unit
        slack = xp.where(slack == slack, slack, 2.0)
        waiting = xp.where(waiting == waiting, waiting, -2.0)
        return xp.clip(waiting, -2.0, 2.0), xp.clip(slack, -2.0, 2.0)

    def _profiles(self, zero: Array) -> tuple[Array, Array]:
        """(b, n, n) worth and permission of a token's vehicle at a customer, either way round."""
        p, xp, k = self.p, self.xp, self.p.tokens
        worth, free = zero, zero + 1.0
        if p.score is None and p.allowed is None:
            return worth, free

        def spread(table: Array, fill: float) -> Array:
            block = xp.concatenate([xp.full_like(table[:, :, :k], fill), table[:, :, k:]], -1)
            rest = xp.full_like(zero[:, k:, k:], fill)
            left = xp.swapaxes(table[:, :, k:], 1, 2)
            return xp.concatenate([block, xp.concatenate([left, rest], -1)], 1)

        if p.score is not None:
            worth = spread(p.score / self.worth[:, None, None], 0.0)
        if p.allowed is not None:
            free = spread(xp.where(p.allowed, zero[:, :k, :] + 1.0, zero[:, :k, :]), 1.0)
        return worth, free

    def _whole(self) -> Array:
        p, xp = self.p, self.xp
        count = xp.where(self.customer, 1.0, 0.0).sum(-1)
        cost = xp.where(self.pairs, self.cost, 0.0)
        gap = abs(cost - xp.swapaxes(cost, 1, 2)).sum((-1, -2))
        gap = gap / self._positive(cost.sum((-1, -2)))
        kinds = xp.where(self.vehicles, 1.0, 0.0).sum(-1)
        load = (p.delivery + p.pickup).sum(-1) / self.load
        limited = xp.isfinite(p.capacity).any(-1)

        def flag(values: Array) -> Array:
            return xp.where(values, 1.0, 0.0)

        none = 0.0 * self.start
        here = self.vehicles[..., None] & self.customer[:, None, :]
        return xp.stack(
            [
                xp.log1p(count) / 5.0,
                load / xp.where(count > 0, count, 1.0) * 10.0,
                xp.log1p(load) / 3.0,
                flag(limited),
                gap,
                xp.log(self.dearest / self.measure) / 3.0,
                xp.log(kinds + 1.0),
                flag(p.open_end.any(-1)),
                flag((p.pickup > 0).any(-1)),
                flag(p.backhaul == MIXED),
                flag(p.backhaul == LAST),
                flag(p.backhaul == NEVER),
                flag((xp.isfinite(p.latest) & self.customer).any(-1)),
                flag(xp.isfinite(p.max_distance).any(-1)),
                flag(xp.isfinite(p.max_duration).any(-1)),
                flag((xp.isfinite(p.fleet) & self.vehicles).any(-1)),
                none if p.score is None else flag((p.score != 0).any(-1).any(-1)),
                none if p.allowed is None else flag((~p.allowed & here).any(-1).any(-1)),
            ],
            -1,
        )


def squash(xp: Any, values: Array) -> Array:
    """Logarithm of 1 + size, with the sign."""
    return xp.sign(values) * xp.log1p(abs(values))


def at_least(problems: Problems, low: int) -> Array:
    """(1, n) bool: node numbers from low on."""
    if problems.xp is np:
        return (np.arange(problems.nodes) >= low)[None, :]
    xp: Any = problems.xp
    return (xp.arange(problems.nodes, device=problems.distance.device) >= low)[None, :]


def or_zero(xp: Any, values: Array) -> Array:
    """0 for what is infinite or not a number."""
    return xp.where(xp.isfinite(values), values, 0.0)
