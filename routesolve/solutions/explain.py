"""Why a job is unserved, and what would let it in.

Every answer is one that the checker has driven: a job is *impossible* when no empty vehicle can
serve it, *insertable* when a route was driven that takes it, *crowded out* by jobs without which a
route was driven that takes it. The routes are taken as they stand: their visits keep their order.
The work is bounded, whatever the size of the plan; where it ends early the text says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from routesolve.instances.model import Job, Shipment, VehicleType
from routesolve.solutions.driven import DrivenRoute
from routesolve.solutions.fleet_limits import Needs
from routesolve.solutions.insertions import alone, farness
from routesolve.solutions.room import Found, Room, Tried
from routesolve.solutions.solution import Route
from routesolve.solutions.violations import RULES, Violation

if TYPE_CHECKING:
    from routesolve.instances.instance import VrpInstance

    Task = Job | Shipment

EXAMINED = 25  # unserved jobs that are looked at beside the other jobs
WORK = 40_000  # visits driven for all of them together
NAMED = 4  # vehicle types named in one text
TOLERANCE = 1e-9  # relative, of costs


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a job is unserved.

    Attributes
    ----------
    reason, detail
        As in :class:`~routesolve.solutions.solution.Unassigned`.
    without
        Ids of the served jobs and shipments that would have to leave for it.
    route
        The proof where there is one: in place of the plan's route of this vehicle (a new one where
        it has none) it serves the job, breaks no rule, and leaves out ``without`` only.
    """

    reason: str
    detail: str
    without: tuple[str, ...] = ()
    route: Route | None = None


def explain(
    instance: VrpInstance, plan: Sequence[DrivenRoute], tasks: Sequence[Task]
) -> list[Explanation]:
    """Say why jobs are unserved.

    Parameters
    ----------
    instance
        Whose jobs they are.
    plan
        All routes, driven. Nothing is put into a route that breaks a rule.
    tasks
        The unserved jobs and shipments; members of groups that are served left out.

    Returns
    -------
    list of Explanation
        One for each task.
    """
    examiner = _Examiner(instance, plan)
    found: dict[str, Explanation] = {}
    fitting: dict[str, list[VehicleType]] = {}
    first = sorted(tasks, key=lambda task: (task.prize is not None, -task.priority))
    closely = 0  # looked at beside the other jobs
    for task in first:
        kinds, broken = examiner.alone(task, every=closely < EXAMINED)
        if kinds:
            fitting[task.id] = kinds
            closely += 1
        else:
            found[task.id] = Explanation("impossible", _impossible(broken))
    needs = Needs(
        instance, [task for task in instance.tasks_by_id.values() if task.id not in found]
    )
    work, left = WORK, min(closely, EXAMINED)
    for task in first:
        if task.id in found:
            continue
        if left:
            visits = work // left
            found[task.id], done = examiner.beside(task, fitting[task.id], needs, visits)
            work, left = work - min(done, visits), left - 1
        else:
            found[task.id] = examiner.in_passing(task, fitting[task.id], needs)
    return [found[task.id] for task in tasks]


def _impossible(broken: Sequence[tuple[VehicleType, list[Violation]]]) -> str:
    """The vehicle type that comes closest in full, the others in short."""
    if not broken:
        return "even alone: no vehicle"
    (kind, closest), *others = sorted(broken, key=lambda item: farness(item[1]))
    bare = [v.message.removeprefix(f"{v.vehicle}: ") for v in closest]
    text = "even alone: " + "; ".join(dict.fromkeys(bare))
    if not others:
        return text
    alike: dict[str, list[str]] = {}
    for other, violations in others:
        rules = ", ".join(dict.fromkeys(RULES[v.kind] for v in violations))
        alike.setdefault(rules, []).append(other.id)
    more = "; ".join(f"{_listed(names)}: {rules}" for rules, names in alike.items())
    return f"{text} ({kind.id}, which comes closest); {more}"


def _listed(names: Sequence[str]) -> str:
    if len(names) > NAMED:
        names = [*names[: NAMED - 1], f"{len(names) - NAMED + 1} more"]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


class _Examiner:
    """Looks at one unserved job after the other."""

    def __init__(self, instance: VrpInstance, plan: Sequence[DrivenRoute]) -> None:
        self.instance, self.room = instance, Room(instance, plan)
        self.kinds = [kind for kind in instance.vehicle_types if kind.count != 0]
        # Idle vehicles first: whoever fits there needs no further look.
        self.kinds.sort(key=lambda kind: kind.id not in self.room.idle)
        self.grouped: dict[str, list[Task]] = {}
        for task in instance.tasks_by_id.values():
            if task.group is not None:
                self.grouped.setdefault(task.group, []).append(task)

    def alone(
        self, task: Task, *, every: bool
    ) -> tuple[list[VehicleType], list[tuple[VehicleType, list[Violation]]]]:
        """Return the types that can serve a task alone (every or the first), and why others not."""
        fitting: list[VehicleType] = []
        broken: list[tuple[VehicleType, list[Violation]]] = []
        for kind in self.kinds:
            if violations := alone(self.instance, task, kind):
                broken.append((kind, violations))
                continue
            fitting.append(kind)
            if not every:
                break
        return fitting, broken

    def _worth(self, task: Task) -> float | None:
        """What leaving out the task costs; None if serving it comes before all cost."""
        members = self.grouped.get(task.group or "", [task])
        if all(member.prize is not None for member in members):
            return task.prize
        price = self.instance.objective.unserved
        return None if price is None else price * (1 + max(m.priority for m in members))

    def in_passing(self, task: Task, kinds: Sequence[VehicleType], needs: Needs) -> Explanation:
        """Explain without a look at the routes."""
        worth = self._worth(task)
        found = self.room.on_idle(task, kinds)
        if found and (worth is None or found.extra < worth):
            return self._insertable(found, worth)
        seen = f"only {EXAMINED} of the unserved jobs are looked at closely"
        if worth is not None:
            return Explanation("prize", f"{self._choice(task, worth)} ({seen})")
        if short := needs.shortage(task):
            return Explanation("no_vehicle", short)
        room = self._in_use(self.kinds)
        return Explanation("no_room", f"fits alone, but not beside the other jobs ({seen}){room}")

    def beside(
        self, task: Task, kinds: Sequence[VehicleType], needs: Needs, work: int
    ) -> tuple[Explanation, int]:
        """Explain by what happens on the routes; also the number of visits driven."""
        routes = self.room.nearest(task, kinds)
        tried = self.room.insert(task, routes, work // 2)
        worth = self._worth(task)
        either = [f for f in (tried.found, self.room.on_idle(task, kinds)) if f]
        if either:
            found = min(either, key=lambda f: f.extra)
            if worth is None or found.extra < worth - TOLERANCE * max(1.0, abs(worth)):
                return self._insertable(found, worth), tried.visits
            return self._declined(task, worth, found, tried), tried.visits
        freed, visits = self.room.leave_out(task, routes, work - tried.visits)
        return self._left_out(task, kinds, tried, freed, needs), tried.visits + visits

    def _declined(self, task: Task, worth: float, found: Found, tried: Tried) -> Explanation:
        route = found.route.route
        cost = f"serving it would cost {found.extra:g} more, on {route.name} at best{tried.limits}"
        return Explanation("prize", f"{self._choice(task, worth)}: {cost}", (), route)

    def _choice(self, task: Task, worth: float) -> str:
        if task.prize is None:
            return f"left out at the price of {worth:g} that unserved jobs have"
        return f"optional; left out for its prize {worth:g}"

    def _insertable(self, found: Found, worth: float | None) -> Explanation:
        name = found.route.route.name
        text = f"{name} could serve it beside all it does, for {found.extra:g} more"
        if worth is not None:
            text += f"; leaving it out costs {worth:g}"
        return Explanation("insertable", f"{text}: this plan can be mended", (), found.route.route)

    def _left_out(
        self,
        task: Task,
        kinds: Sequence[VehicleType],
        tried: Tried,
        freed: Found | None,
        needs: Needs,
    ) -> Explanation:
        """Explain what fits alone and into no route."""
        optional = "" if task.prize is None else f"optional, prize {task.prize:g}; "
        short = needs.shortage(task) if task.prize is None else ""
        without: tuple[str, ...] = ()
        proof: Route | None = None
        instead = ""
        if freed:
            without, proof = freed.without, freed.route.route
            instead = f"{proof.name} could serve it without {self._named(without)}"
        if short:
            detail = f"{short}; {instead}" if instead else short
            return Explanation("no_vehicle", detail, without, proof)
        if freed:
            detail = f"{optional}{instead}{self._in_use(kinds)}"
            return Explanation("crowded_out", detail, without, proof)
        broken = len(self.room.sound) < len(self.room.plan)
        which = "that keeps the rules" if broken else "as it stands"
        detail = f"{optional}fits alone, but into no route {which}{tried.limits}"
        if tried.miss:
            missed = "; ".join(dict.fromkeys(v.message for v in tried.miss.violations))
            detail += f", at best {missed}"
        return Explanation("no_vehicle", f"{detail}{self._in_use(kinds)}")

    def _named(self, names: Sequence[str]) -> str:
        tasks = [self.instance.tasks_by_id[name] for name in names]
        return _listed([f"{'job' if isinstance(t, Job) else 'shipment'} {t.label}" for t in tasks])

    def _in_use(self, kinds: Sequence[VehicleType]) -> str:
        """Say that there are too few vehicles, if all are in use."""
        if any(kind.count is None or kind.id in self.room.idle for kind in kinds):
            return ""
        fleet = sum(kind.count or 0 for kind in kinds)
        that = "" if len(kinds) == len(self.kinds) else " that could serve it"
        if fleet == 1:
            return f"; the vehicle{that} is in use"
        return f"; all {fleet} vehicles{that} are in use"
