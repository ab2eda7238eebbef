"""Parts of a plan: the routes of a region with their jobs, a problem and a plan of their own.

Regions are cut by straight lines through the centres of the routes, along other lines in each
round, so that what is a seam in one lies inside a part in the next.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import cos, pi, sin, sqrt
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from routesolve.solvers.ils._kernels import layout
from routesolve.solvers.ils._kernels.layout import Plan, Problem
from routesolve.solvers.ils._kernels.steps import NEVER

if TYPE_CHECKING:
    from routesolve.solvers.ils.parallel import Search

TURN = pi * (3 - sqrt(5))
"""Angle between the cuts of a round and those of the next: no two rounds cut alike."""


@dataclass(frozen=True, slots=True)
class Part:
    """A plan with some of the routes of another.

    Attributes
    ----------
    problem, plan
        As those of the search.
    whole : numpy.ndarray
        (m + 1,) int32 the number there of each job here, 0 first.
    rows : numpy.ndarray
        (r,) int64 the route there of each route here.
    """

    problem: Problem
    plan: Plan
    whole: npt.NDArray[np.int32]
    rows: npt.NDArray[np.int64]


Group = tuple[npt.NDArray[np.int32], npt.NDArray[np.int64], int]
"""Jobs and routes of a part, see :class:`Part`, and how many of the routes are in use."""


def where(problem: Problem) -> npt.NDArray[np.float64]:
    """(n + 1, 2) where the jobs are; without coordinates, from distances to three of them.

    The difference of the squared distances to two places is linear in the coordinates.
    """
    if len(problem.points):
        return problem.points
    a = int(np.where(problem.out[0] < NEVER, problem.out[0], 0).argmax())
    b = int(np.where(problem.out[a] < NEVER, problem.out[a], 0).argmax())
    c = int(np.minimum(problem.out[a], problem.out[b]).argmax())
    at_a, at_b, at_c = (problem.out[x].astype(np.float64) ** 2 for x in (a, b, c))
    places: npt.NDArray[np.float64] = np.column_stack([at_a - at_b, at_a - at_c])
    places /= np.maximum(places.std(axis=0), 1.0)
    return places


def share_out(
    plan: Plan, places: npt.NDArray[np.float64], count: int, turns: int
) -> Iterator[Group]:
    """Share routes and absent jobs out by place, and the free routes evenly."""
    active = plan.lists[layout.ACTIVE, : plan.num[layout.ACTIVE]].astype(np.int64)
    free = plan.lists[layout.FREE, : plan.num[layout.FREE]].astype(np.int64)
    absent = plan.lists[layout.ABSENT, : plan.num[layout.ABSENT]]
    # Units are the routes, then the absent jobs.
    unit = np.zeros(len(plan.route) + 1, np.int64)
    unit[active] = np.arange(len(active))
    unit_of = unit[plan.node[:, layout.ROUTE]]
    unit_of[absent] = len(active) + np.arange(len(absent))
    sizes = np.bincount(unit_of[1:], minlength=len(active) + len(absent))
    centres = np.column_stack(
        [np.bincount(unit_of[1:], axis[1:], len(sizes)) / sizes for axis in places.T]
    )
    groups = _bisect(np.arange(len(sizes)), centres, sizes, min(count, len(sizes)), turns * TURN)
    group_of = np.empty(len(sizes), np.int64)
    for k, group in enumerate(groups):
        group_of[group] = k
    of_job = group_of[unit_of]
    of_job[0] = -1
    for k, spare in enumerate(np.array_split(free, len(groups))):
        used = active[group_of[: len(active)] == k]
        whole = np.append(0, np.flatnonzero(of_job == k)).astype(np.int32)
        yield whole, np.concatenate([used, spare[::-1]]), len(used)


def _bisect(
    units: npt.NDArray[np.int64],
    centres: npt.NDArray[np.float64],
    sizes: npt.NDArray[np.int64],
    count: int,
    angle: float,
) -> list[npt.NDArray[np.int64]]:
    """Cut into parts of about equal size across a direction, those again at right angles to it."""
    if count == 1:
        return [units]
    along = centres[units] @ (cos(angle), sin(angle))
    units = units[np.argsort(along, kind="stable")]
    low, reached = count // 2, np.cumsum(sizes[units])
    cut = int(np.searchsorted(reached, reached[-1] * low / count)) + 1
    cut = min(max(cut, low), len(units) - (count - low))
    return [
        *_bisect(units[:cut], centres, sizes, low, angle + pi / 2),
        *_bisect(units[cut:], centres, sizes, count - low, angle + pi / 2),
    ]


def cut(
    search: Search, whole: npt.NDArray[np.int32], rows: npt.NDArray[np.int64], active: int
) -> Part:
    """Cut a part out of the plan of a search."""
    from routesolve.solvers.ils._kernels import parts

    given, opening = search.work.problem, search.work.opening
    out = within(given.out, whole)
    spans = given.spans
    if isinstance(spans, layout.Straight):
        spans = within(spans, whole)
    elif spans is not None:
        spans = np.stack([within(legs, whole) for legs in spans])
    problem = given._replace(
        out=out,
        back=out if given.back is given.out else within(given.back, whole),
        points=given.points[whole] if len(given.points) else given.points,
        times=None if given.times is None else within(given.times, whole),
        spans=spans,
        near=parts.near_within(given.near, whole),
        job=given.job[whole],
        heat=layout.UNKNOWN,
        worth=layout.UNKNOWN,
    )
    plan = layout.empty_plan(problem, len(rows), opening)
    parts.cut_out(search.plan, plan, problem.job, whole, rows, active)
    return Part(problem, plan, whole, rows)


def within(ways: layout.Ways, whole: npt.NDArray[np.int32]) -> layout.Ways:
    """Ways between the nodes of a part."""
    from routesolve.solvers.ils._kernels import parts

    if not isinstance(ways, layout.Straight):
        return parts.legs_within(ways, whole)
    froms = ways.froms[whole]
    return ways._replace(froms=froms, tos=froms if ways.tos is ways.froms else ways.tos[whole])


def join(search: Search, done: list[Part]) -> None:
    """Put the plan of a search together again from all its parts."""
    from routesolve.solvers.ils._kernels import parts

    plan = search.plan
    best = sum(int(part.plan.num[layout.BEST]) for part in done) < plan.num[layout.BEST]
    parts.clear(plan.num, best)
    for part in done:
        parts.put_together(plan, part.plan, part.whole, part.rows, best)
