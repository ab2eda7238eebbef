"""What is on board after each visit of a route.

Part of the checker: plain Python, independent of every solver. A trip sets out with what its jobs
are to get; what a visit takes away and what it adds count one after the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise

from routesolve.instances.model import Job, Shipment
from routesolve.solutions.solution import Visit

NOISE = 1e-9  # what is left of a load after all of it has been delivered, in floats

Amounts = tuple[float, ...]


def on_board(
    visits: Sequence[Visit],
    tasks: Sequence[Job | Shipment | None],
    openings: Iterable[int],
    dimensions: int,
) -> list[Amounts]:
    """Return the load when leaving each visit.

    Parameters
    ----------
    visits
        Of one route, with its start and end.
    tasks
        The job or shipment of each visit, None where there is none.
    openings
        Indices of the visits that open a trip: the start, and every reload.
    dimensions
        Number of load dimensions; shorter amounts are zero in the others.
    """
    loads: list[Amounts] = []
    for first, last in pairwise([*openings, len(visits)]):
        brought, flows = _flows(visits[first:last], tasks[first:last], (0.0,) * dimensions)
        columns = [_course(brought, flows, k) for k in range(dimensions)]
        loads += zip(*columns, strict=True) if columns else [()] * (last - first)
    return loads


def _flows(
    visits: Sequence[Visit], tasks: Sequence[Job | Shipment | None], none: Amounts
) -> tuple[list[Amounts], list[tuple[Amounts, Amounts]]]:
    """Return what a trip sets out with, by job, and what each visit takes off and puts on."""
    brought, flows = [], []
    for visit, task in zip(visits, tasks, strict=True):
        off = on = none
        if isinstance(task, Job):
            off, on = task.delivery, task.pickup
            off = off if len(off) == len(none) else off + none[len(off) :]
            on = on if len(on) == len(none) else on + none[len(on) :]
            brought.append(off)
        elif task is not None:
            amount = task.amount + none[len(task.amount) :]
            off, on = (none, amount) if visit.kind == "pickup" else (amount, none)
        flows.append((off, on))
    return brought, flows


def _course(
    brought: Iterable[Amounts], flows: Iterable[tuple[Amounts, Amounts]], k: int
) -> list[float]:
    """Return one dimension of the load after each visit of a trip."""
    start = 0.0
    for amount in brought:
        start += amount[k]  # sum() adds up in another way since Python 3.12
    changes = [start]
    for off, on in flows:
        changes += (-off[k], on[k])
    after = list(accumulate(changes))[2::2]
    return [0.0 if -NOISE < load < NOISE else load for load in after]
