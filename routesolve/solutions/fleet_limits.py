"""What a fleet cannot do, whatever the plan: sums of what jobs need against what vehicles give."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf
from typing import TYPE_CHECKING

import numpy as np

from routesolve.instances.model import Job, Shipment, VehicleType

if TYPE_CHECKING:
    import numpy.typing as npt

    from routesolve.instances.instance import VrpInstance

    Task = Job | Shipment

TOLERANCE = 1e-9  # relative, on sums of floats


class Needs:
    """Needs of the mandatory jobs, by the vehicle types that may serve them.

    Parameters
    ----------
    instance
        With the fleet.
    tasks
        Jobs and shipments that vehicles can serve at all. Optional ones and members of exclusive
        groups, which need not be served, do not count; neither do the amounts of shipments, whose
        room is used again.
    """

    def __init__(self, instance: VrpInstance, tasks: Iterable[Task]) -> None:
        self.instance = instance
        self.kinds = [kind for kind in instance.vehicle_types if kind.count != 0]
        self._skills = {kind.id: frozenset(kind.skills) for kind in self.kinds}
        self._forbidden = {kind.id: frozenset(kind.forbidden) for kind in self.kinds}
        self._by_types: dict[frozenset[str], npt.NDArray[np.float64]] = {}
        self._texts: dict[frozenset[str], str] = {}
        for task in tasks:
            if task.prize is None and task.group is None:
                need = self._need(task)
                types = self._types(task)
                self._by_types[types] = self._by_types.get(types, 0.0) + need

    def _types(self, task: Task) -> frozenset[str]:
        """Vehicle types with the skills for a task, and not forbidden to it."""
        skills = set(task.skills)
        return frozenset(
            kind.id
            for kind in self.kinds
            if skills <= self._skills[kind.id] and task.id not in self._forbidden[kind.id]
        )

    def _need(self, task: Task) -> npt.NDArray[np.float64]:
        """Deliveries, pickups, visits: shape (2 dimensions + 1,)."""
        if isinstance(task, Shipment):
            return np.append(np.zeros(2 * self.instance.dimension_count), 2.0)
        amounts = self.instance.amounts
        return np.concatenate([amounts(task.delivery), amounts(task.pickup), [1.0]])

    def _gives(self, kind: VehicleType) -> npt.NDArray[np.float64]:
        """What all vehicles of a type can do at most, in the order of the needs."""
        if kind.count is None:
            return np.full(2 * self.instance.dimension_count + 1, inf)
        trips = 1.0
        if kind.reload_depots:
            trips = inf if kind.max_reloads is None else 1.0 + kind.max_reloads
        capacity = self.instance.capacity(kind)
        loads = np.where(capacity > 0, capacity, 0.0)
        loads[loads > 0] *= trips
        visits = inf if kind.max_jobs is None else float(kind.max_jobs)
        return kind.count * np.concatenate([loads, loads, [visits]])

    def shortage(self, task: Task) -> str:
        """Say what the vehicles that may serve a task lack for all jobs that need them, or ''."""
        types = self._types(task)
        if types not in self._texts:
            self._texts[types] = self._shortage(types)
        return self._texts[types]

    def _shortage(self, types: frozenset[str]) -> str:
        need = sum((n for other, n in self._by_types.items() if other <= types), start=np.zeros(1))
        fleet = [kind for kind in self.kinds if kind.id in types]
        have = sum((self._gives(kind) for kind in fleet), start=np.zeros(1))
        over = np.flatnonzero(need > have + TOLERANCE * np.maximum(1.0, have))
        if not over.size:
            return ""
        k, count = int(over[0]), sum(kind.count or 0 for kind in fleet)
        that = "" if len(fleet) == len(self.kinds) else " that may serve it"
        these = f"the vehicle{that} has" if count == 1 else f"all {count} vehicles{that} have"
        return (
            f"no plan serves all jobs: {these} room for {have[k]:g} {self._what(k)}, "
            f"the jobs need {need[k]:g}"
        )

    def _what(self, k: int) -> str:
        size, names = self.instance.dimension_count, self.instance.dimensions
        if k == 2 * size:
            return "visits"
        name = f"{names[k % size]} " if names else ""
        return name + ("to deliver" if k < size else "to pick up")
