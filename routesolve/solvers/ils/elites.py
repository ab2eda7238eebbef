"""Elite plans, and plans that have routes of two of them.

Y. Nagata, S. Kobayashi, "A Memetic Algorithm for the Pickup and Delivery Problem with Time Windows
Using Selective Route Exchange Crossover", PPSN XI (2010): routes of one parent that lie side by
side take the place of those of the other that serve the same jobs. What is left over is inserted by
the search.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

Rows = list[list[int]]


class Elite(NamedTuple):
    """A plan as it was when its cost was the lowest.

    Attributes
    ----------
    worth
        Its cost.
    rows
        Nodes of each route.
    ends
        What each route's ends are: a node, or a vehicle type; see the layouts.
    """

    worth: float
    rows: Rows
    ends: list[int]


class Breeder(Protocol):
    """What knows how plans of a search are crossed."""

    @property
    def patience(self) -> float:
        """Iterations for each job from which crossing pays."""

    @property
    def slow(self) -> float:
        """How many times as long as others the first iterations take: they change the most."""

    def elite(self, plan: Any) -> Elite:
        """The best plan found, to be crossed with others."""

    def child(self, one: Elite, other: Elite, rng: np.random.Generator) -> Any:
        """A plan that has routes of two others."""


def admit(pool: list[Elite], elite: Elite, size: int) -> None:
    """Let a plan into a pool of the best so many, unless one of the same cost is there."""
    if any(one.worth == elite.worth for one in pool):
        return
    pool.append(elite)
    pool.sort(key=lambda one: one.worth)
    del pool[size:]


def crossed(
    one: Elite,
    other: Elite,
    near: npt.NDArray[np.int32],
    rng: np.random.Generator,
    alike: Mapping[int, Sequence[int]] = MappingProxyType({}),
) -> tuple[Rows, list[int]]:
    """Put routes of `other` around a random stop in the place of routes of `one`.

    Parameters
    ----------
    one, other
        The parents; each has a route.
    near
        (n + 1, k) neighbours of each stop, 0 = none. Nodes beyond n are no stops: they may be on
        several routes.
    rng
        Decides how many routes, and which.
    alike
        Stops that need no visit when a stop has one.

    Returns
    -------
    tuple
        Routes and their ends. No stop is in two of them; some may be in none.
    """
    count = int(rng.integers(1, max(2, len(other.rows) // 2) + 1))
    taken = _around(other.rows, count, near, rng)
    served = {x for k in taken for x in other.rows[k] if x < len(near)}
    served.update([y for x in served for y in alike.get(x, ())])
    # As many routes leave as come: those of which most is served now.
    doubled = [len(served.intersection(row)) / len(row) for row in one.rows]
    going = set(np.argsort(doubled, kind="stable")[::-1][: len(taken)].tolist())
    rows, ends = [other.rows[k] for k in taken], [other.ends[k] for k in taken]
    for k, row in enumerate(one.rows):
        rest = [x for x in row if x not in served]
        if k not in going and min(rest, default=len(near)) < len(near):
            rows.append(rest)
            ends.append(one.ends[k])
    return rows, ends


def _around(
    rows: Rows, count: int, near: npt.NDArray[np.int32], rng: np.random.Generator
) -> list[int]:
    """Up to so many routes beside each other, nearest to a random stop of theirs first."""
    route_of = {x: k for k, row in enumerate(rows) for x in row if x < len(near)}
    start = [x for x in rows[int(rng.integers(len(rows)))] if x < len(near)]
    waiting, taken = [start[int(rng.integers(len(start)))]], [route_of[start[0]]]
    seen = set(waiting)
    for x in waiting:  # grows while it is read
        for other in near[x].tolist():
            if len(taken) >= count or not other:
                break
            if other not in seen and other in route_of:
                seen.add(other)
                waiting.append(other)
                if route_of[other] not in taken:
                    taken.append(route_of[other])
    return taken


def sequence(rows: Rows, ends: list[int]) -> npt.NDArray[np.int32]:
    """Routes in one row, each after the node of its ends, which is negative."""
    return np.array(
        [x for row, end in zip(rows, ends, strict=True) for x in (-end, *row)], np.int32
    )
