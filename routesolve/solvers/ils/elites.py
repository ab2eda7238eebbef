"""Elite plans, and plans that have routes of two of them.

Y. Nagata, S. Kobayashi, "A Memetic Algorithm for the Pickup and Delivery Problem with Time Windows
Using Selective Route Exchange Crossover", PPSN XI (2010): routes of one parent that lie side by
side take the place of those of the other that serve the same jobs. What is left over is inserted by
the search.
"""

from __future__ import annotations

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
        Jobs of each route.
    ends
        The node of each route's ends; see the layout.
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
    one: Elite, other: Elite, near: npt.NDArray[np.int32], rng: np.random.Generator
) -> tuple[Rows, list[int]]:
    """Put routes of `other` around a random job in the place of routes of `one`.

    Parameters
    ----------
    one, other
        The parents; each has a route.
    near
        (n + 1, k) neighbours of each job, 0 = none.
    rng
        Decides how many routes, and which.

    Returns
    -------
    tuple
        Routes and their ends. No job is in two of them; some may be in none.
    """
    count = int(rng.integers(1, max(2, len(other.rows) // 2) + 1))
    taken = _around(other.rows, count, near, rng)
    served = {job for k in taken for job in other.rows[k]}
    # As many routes leave as come: those of which most is served now.
    doubled = [len(served.intersection(row)) / len(row) for row in one.rows]
    going = set(np.argsort(doubled, kind="stable")[::-1][: len(taken)].tolist())
    rows, ends = [other.rows[k] for k in taken], [other.ends[k] for k in taken]
    for k, row in enumerate(one.rows):
        rest = [job for job in row if job not in served]
        if rest and k not in going:
            rows.append(rest)
            ends.append(one.ends[k])
    return rows, ends


def _around(
    rows: Rows, count: int, near: npt.NDArray[np.int32], rng: np.random.Generator
) -> list[int]:
    """Up to so many routes beside each other, nearest to a random job of theirs first."""
    route_of = {job: k for k, row in enumerate(rows) for job in row}
    start = rows[int(rng.integers(len(rows)))]
    waiting, taken = [start[int(rng.integers(len(start)))]], [route_of[start[0]]]
    seen = set(waiting)
    for job in waiting:  # grows while it is read
        for other in near[job].tolist():
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
