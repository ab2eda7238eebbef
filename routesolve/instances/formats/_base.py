"""What every instance format is, the options all of them take, and gathering what is wrong."""

from __future__ import annotations

import dataclasses
import difflib
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from routesolve.errors import InputError, Problem
from routesolve.graphs.rounding import Rounding
from routesolve.instances.instance import VrpInstance

MOST_ROWS = 1_000_000
"""So many rows may a table or section have; more of them are no routing problem."""

MOST_PROBLEMS = 200
"""So many problems are gathered; a file that is worse is not the file that was meant."""

Places = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Options:
    """What may be said about a file from outside; None leaves it as the file has it.

    Attributes
    ----------
    rounding
        Convention for computed travel, one of :class:`~routesolve.graphs.rounding.Rounding`.
    vehicles
        Number of vehicles, for files with one vehicle type; 0 = as many as needed.
    capacity
        Capacity of every vehicle, a number or one per load dimension.
    objective
        ``distance``: the costs of the file; ``vehicles``: fewest vehicles first, then the costs.
    """

    rounding: str | None = None
    vehicles: int | None = None
    capacity: float | tuple[float, ...] | None = None
    objective: Literal["distance", "vehicles"] | None = None

    @classmethod
    def check(cls, options: Mapping[str, Any]) -> Options:
        """Return the options, or raise with all that are unknown or out of range."""
        known = {f.name for f in dataclasses.fields(cls)}
        found = Findings()
        for key in options:
            if key not in known:
                near = difflib.get_close_matches(key, known, n=1)
                found.add(
                    f"unknown option {key!r}",
                    fix=f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}",
                )
        chosen = cls(**{k: v for k, v in options.items() if k in known})
        if chosen.rounding is not None and chosen.rounding not in list(Rounding):
            found.add(f"rounding is {chosen.rounding!r}", fix=f"one of {', '.join(Rounding)}")
        if chosen.vehicles is not None and (
            isinstance(chosen.vehicles, bool)
            or not isinstance(chosen.vehicles, (int, np.integer))
            or chosen.vehicles < 0
        ):
            found.add(f"vehicles is {chosen.vehicles!r}", fix="a number, 0 = as many as needed")
        if chosen.objective not in (None, "distance", "vehicles"):
            found.add(f"objective is {chosen.objective!r}", fix="'distance' or 'vehicles'")
        found.stop()
        return chosen


class Format(ABC):
    """A file format of instances.

    Attributes
    ----------
    name
        Its name in :data:`~routesolve.instances.formats.FORMATS`.
    summary
        One line for tables.
    suffixes
        Usual ends of file names, the most usual first; used for writing only.
    writes
        Whether it can be written.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    suffixes: ClassVar[tuple[str, ...]]
    writes: ClassVar[bool] = False

    @abstractmethod
    def sniff(self, head: str) -> bool:
        """Tell by the first characters of a text (about 64 kB) whether it is in this format."""

    @abstractmethod
    def read(self, text: str, *, name: str = "", **options: Any) -> VrpInstance:
        """Make an instance from a text.

        Parameters
        ----------
        text
            The whole file.
        name
            Name of the instance when the file states none.
        **options
            See :class:`Options`.

        Raises
        ------
        InputError
            With everything that is wrong and its line, row or JSON pointer.
        """

    def render(self, instance: VrpInstance) -> str:
        """Return an instance as text in this format, as far as it can hold it."""
        raise InputError(
            f"format {self.name!r} is only read", fix="use one that is written: native, vroom"
        )

    def write(self, instance: VrpInstance) -> tuple[str, list[str]] | None:
        """Return an instance as text, and a sentence for each field that does not survive.

        None when the format is only read.
        """
        if not self.writes:
            return None
        import warnings

        from routesolve.instances.formats._losses import losses

        text = self.render(instance)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            again = self.read(text)
        return text, losses(instance, again)


class Findings:
    """Problems gathered while reading, raised together."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.values = 0

    @property
    def only_values(self) -> bool:
        """Nothing worse than single values is wrong: the rest can still be looked at."""
        return self.values == len(self.problems)

    def value(self, what: str, where: str | int | None = None, fix: str | None = None) -> None:
        """Note a single bad value, for which something harmless is put."""
        self.values += 1
        self.add(what, where, fix)

    def add(self, what: str, where: str | int | None = None, fix: str | None = None) -> None:
        """Note a problem; an integer place is a line number."""
        if isinstance(where, int):
            where = f"line {where}"
        self.problems.append(Problem(what, where, fix))
        if len(self.problems) >= MOST_PROBLEMS:
            self.problems.append(Problem(f"(stopped after {MOST_PROBLEMS} problems)"))
            self.stop()

    def stop(self) -> None:
        """Raise if there is anything wrong.

        Raises
        ------
        InputError
            With all problems noted so far.
        """
        if self.problems:
            raise InputError(self.problems)

    def number(self, token: str, where: str | int, what: str, *, least: float = -math.inf) -> float:
        """Return a finite number of at least ``least``, or note what is wrong and return 0."""
        try:
            value = float(token)
        except ValueError:
            self.value(f"{what} is {_short(token)}, not a number", where, "write a number")
            return max(0.0, least)
        if not math.isfinite(value) or value < least:
            bound = f" of at least {least:g}" if least > -math.inf else ""
            self.value(f"{what} is {_short(token)}", where, f"write a finite number{bound}")
            return max(0.0, least)
        return value

    def whole(self, token: str, where: str | int, what: str, *, least: int = 0) -> int:
        """Return a whole number of at least ``least``, or note what is wrong and return it."""
        value = self.number(token, where, what, least=least)
        if value != round(value):
            self.value(f"{what} is {_short(token)}, not a whole number", where, "write an integer")
        return round(value)


def _short(token: str) -> str:
    text = repr(token)
    return text if len(text) <= 40 else text[:37] + "..."


def build(
    fields: Mapping[str, Any],
    options: Options = Options(),
    *,
    places: Places | None = None,
    found: Findings | None = None,
) -> VrpInstance:
    """Make the instance, with the options applied before it is checked.

    Parameters
    ----------
    fields
        Those of :class:`~routesolve.instances.model.InstanceFields`.
    places
        Turns a JSON pointer into the place in the file that the user knows.
    found
        Bad values found already, reported together with what else is wrong.

    Raises
    ------
    InputError
        What the instance's own checks find, at the file's own places.
    """
    fields = _with_options(dict(fields), options)
    try:
        instance = VrpInstance(**fields)
        if options.objective == "vehicles":
            weight = vehicle_weight(instance)
            objective = dataclasses.replace(instance.objective, vehicles=weight)
            instance = instance.replace(objective=objective)
        elif options.objective == "distance" and instance.objective.vehicles:
            objective = dataclasses.replace(instance.objective, vehicles=0.0)
            instance = instance.replace(objective=objective)
    except InputError as error:
        problems = list(_placed(error.problems, places or str))
        if found is not None and found.problems:
            said = {p.where for p in found.problems}  # the rest there may come from the stand-in
            problems = found.problems + [p for p in problems if p.where not in said]
        raise InputError(problems) from None
    if found is not None:
        found.stop()
    return instance


def _placed(problems: Iterable[Problem], places: Places) -> Iterable[Problem]:
    for p in problems:
        yield Problem(p.what, places(p.where) if p.where else p.where, p.fix)


def _with_options(fields: dict[str, Any], options: Options) -> dict[str, Any]:
    if options.rounding is not None:
        fields["rounding"] = options.rounding
    changes: dict[str, Any] = {}
    if options.capacity is not None:
        changes["capacity"] = options.capacity
    kinds = fields.get("vehicle_types", ())
    if options.vehicles is not None:
        if len(kinds) > 1:
            raise InputError(
                f"the file has {len(kinds)} vehicle types, so their number cannot be set to "
                f"{options.vehicles}",
                fix="change the counts in the file, or leave 'vehicles' out",
            )
        changes["count"] = int(options.vehicles) or None
    if changes:
        fields["vehicle_types"] = tuple(
            {**kind, **changes}
            if isinstance(kind, Mapping)
            else dataclasses.replace(kind, **changes)
            for kind in kinds
        )
    return fields


HIGHEST_WEIGHT = 1e300
"""Numbers near the end of the floats would make the weight infinite, and it has to be added up."""


def vehicle_weight(instance: VrpInstance) -> float:
    """Return a power of ten above what any plan's travel can cost: fewer vehicles come first."""
    longest = speed = 1.0
    for profile in instance.profiles:
        given = [m for m in (profile.durations, profile.distances) if m is not None]
        for matrix in given:
            longest = max(longest, float(matrix[np.isfinite(matrix)].max(initial=0.0)))
        if not given and len(instance.points):
            low, high = np.nanmin(instance.points, axis=0), np.nanmax(instance.points, axis=0)
            metres = 111_320.0 if profile.metric in ("haversine", "network") else 1.0
            # Roads wind: five times the diagonal stands for the longest way on a network.
            detour = 5.0 if profile.metric == "network" else profile.detour
            longest = max(longest, float(np.nansum(high - low)) * metres * detour)
            speed = min(speed, profile.speed)
    weight, kinds = instance.objective, instance.vehicle_types
    unit = max(
        (
            weight.distance * k.cost_per_distance
            + weight.duration * (k.cost_per_driving_time + k.cost_per_duration) / speed
            for k in kinds
        ),
        default=1.0,
    )
    legs = 2 * (len(instance.jobs) + 2 * len(instance.shipments)) + 1
    highest = min(max(10.0, legs * longest * unit), HIGHEST_WEIGHT)
    return float(10.0 ** math.ceil(math.log10(highest)))


def by_prefix(table: Callable[[], Mapping[str, str]]) -> Places:
    """Return a translation of pointers by their longest known beginning.

    A translation that ends in ``/`` keeps the rest of the pointer; any other replaces all of it.
    """

    def place(pointer: str) -> str:
        known = table()
        parts = pointer.split("/")
        for end in range(len(parts), 0, -1):
            found = known.get("/".join(parts[:end]))
            if found is not None:
                rest = "/".join(parts[end:])
                return (found + rest).rstrip("/") if found.endswith("/") else found
        return pointer

    return place
