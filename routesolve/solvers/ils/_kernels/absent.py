"""The list of jobs that are not served, and where each stands in it."""

from __future__ import annotations

from routesolve._jit import lean
from routesolve.solvers.ils._kernels.layout import (
    ABSENT,
    COST,
    MISSING,
    SLOT,
    WAITING,
    Int32s,
    Int64s,
    Whole,
)


@lean
def leave_out(lists: Int32s, num: Int64s, c: Whole) -> None:
    """Note a job that is not served."""
    lists[ABSENT, num[ABSENT]] = c
    lists[SLOT, c] = num[ABSENT]
    num[ABSENT] += 1


@lean
def wake(job: Int64s, lists: Int32s, num: Int64s, c: Whole) -> bool:
    """Take a job out of the absent ones; False where it is not among them."""
    at, last = lists[SLOT, c], num[ABSENT] - 1
    # Those just removed are not, nor who has been called up.
    if at > last or lists[ABSENT, at] != c:
        return False
    other = lists[ABSENT, last]
    lists[ABSENT, at] = other
    lists[SLOT, other] = at
    num[ABSENT] = last
    lists[WAITING, num[WAITING]] = c
    num[WAITING] += 1
    num[COST] -= job[c, MISSING]
    return True
