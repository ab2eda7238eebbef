"""Travel times that change over the day: profiles, earliest arrivals, matrices per time band."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError, Problem
from routesolve.graphs import adjacency, searches
from routesolve.graphs._arrays import frozen, listed
from routesolve.graphs._kernels import time_dependent as kernels
from routesolve.graphs.graph import Graph
from routesolve.graphs.shortest_paths import Tables, check_nodes, no_way

Floats = npt.NDArray[np.float64]

DAY = 86_400.0
"""Seconds after which profiles repeat, unless said otherwise."""

Profile = tuple[npt.ArrayLike, npt.ArrayLike]
"""Times in seconds, strictly ascending within the period, and a value at each."""


@dataclass(frozen=True, eq=False)
class TravelTimes:
    """A graph whose durations follow daily profiles.

    Attributes
    ----------
    graph : Graph
        Its durations are those of an empty road.
    of_arc : numpy.ndarray
        (m,) int32 number of the profile of each arc; -1 = always empty.
    profiles : tuple
        (times, values) pairs. Before the first time of the day the last value holds
        (``"speeds"``), or is on its way to the first (``"durations"``).
    kind : str
        ``"speeds"``: values are multiples of the free speed, constant up to the next time, as
        Ichoua, Gendreau and Potvin have them: who is still on the arc when the speed changes goes
        on at the new one, so nobody is ever overtaken. ``"durations"``: values are multiples of the
        free duration, linear in between, taken at the time of entering.
    period : float
        Seconds after which everything repeats.

    Raises
    ------
    InputError
        If a profile is no profile, or durations fall so fast that who leaves later arrives earlier
        (not FIFO): shortest paths would then depend on waiting.
    """

    graph: Graph
    of_arc: npt.NDArray[np.int32]
    profiles: tuple[Profile, ...]
    kind: Literal["speeds", "durations"] = "speeds"
    period: float = DAY

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "of_arc", frozen(self.of_arc, np.int32))
        problems = list(_shape_problems(self))
        pairs: list[tuple[Floats, Floats]] = []
        for number, (times, values) in enumerate(self.profiles):
            pair = np.asarray(times, np.float64), np.asarray(values, np.float64)
            problems += _profile_problems(number, *pair, self.period, self.kind)
            pairs.append((frozen(pair[0], np.float64), frozen(pair[1], np.float64)))
        put(self, "profiles", tuple(pairs))
        if problems:
            raise InputError(problems)
        counts = [len(times) for times, _ in pairs]
        put(self, "_starts", frozen(np.cumsum([0, *counts]), np.int64))
        none = [np.empty(0)]
        put(self, "_times", frozen(np.concatenate([t for t, _ in pairs] or none), np.float64))
        put(self, "_values", frozen(np.concatenate([v for _, v in pairs] or none), np.float64))
        put(self, "_free", frozen(_real(graph=self.graph, metric="duration"), np.float64))
        put(self, "_lengths", frozen(_real(graph=self.graph, metric="distance"), np.float64))
        if self.kind == "durations":
            problems = _order_problems(self)
            if problems:
                raise InputError(problems)

    @classmethod
    def by_class(
        cls,
        graph: Graph,
        profiles: Mapping[str, Profile],
        *,
        attribute: str = "road_class",
        kind: Literal["speeds", "durations"] = "speeds",
        period: float = DAY,
    ) -> TravelTimes:
        """Give all arcs with the same label the same profile; labels without one stay free.

        Parameters
        ----------
        graph
            The graph, with the attribute.
        profiles
            (times, values) per label; ``"*"`` = every label that is not named.
        attribute
            Name of the edge attribute.
        kind, period
            See :class:`TravelTimes`.

        Raises
        ------
        InputError
            If the graph has no such attribute or a label does not occur in it, or as
            :class:`TravelTimes` does.
        """
        if attribute not in graph.edge_attributes:
            raise InputError(
                f"the network has no edge attribute {attribute!r}",
                fix=f"use one of {', '.join(graph.edge_attributes) or '(it has none)'}",
            )
        labels = graph.edge_attributes[attribute]
        unknown = [name for name in profiles if name != "*" and name not in labels.table]
        if unknown:
            raise InputError(
                f"no arc has the {attribute} {', '.join(map(repr, unknown))}",
                fix=f"use * or one of {', '.join(labels.table)}",
            )
        names = list(profiles)
        rest = names.index("*") if "*" in names else -1
        number = [names.index(label) if label in profiles else rest for label in labels.table]
        of_arc = np.array([*number, rest], np.int32)[labels.codes]
        return cls(graph, of_arc, tuple(profiles.values()), kind, period)

    def duration(self, arc: int, departure: float) -> float:
        """Seconds that one arc takes when it is entered at `departure`."""
        if not 0 <= arc < self.graph.m:
            raise InputError(f"no such arc: {arc}", fix=f"use 0 .. {self.graph.m - 1}")
        starts, times, values, period, steps = self._kernel_arguments()
        at = kernels.arrival(
            starts, times, values, period, steps, self.of_arc[arc], self._free[arc],  # type: ignore[attr-defined]
            float(departure),
        )  # fmt: skip
        return float(at - departure)

    def _kernel_arguments(self) -> tuple[npt.NDArray[np.int64], Floats, Floats, float, bool]:
        own = self.__dict__
        steps = self.kind == "speeds"
        return own["_starts"], own["_times"], own["_values"], float(self.period), steps

    def _arrays(self) -> tuple[npt.NDArray[np.generic], ...]:
        own, graph = self.__dict__, self.graph
        indptr = adjacency.forward(graph, "duration").indptr
        return indptr, graph.heads, own["_free"], own["_lengths"], self.of_arc


class TimedPath(NamedTuple):
    """A path with the time at every node.

    Attributes
    ----------
    nodes, arcs : numpy.ndarray
        (k,) and (k - 1,) int32.
    times : numpy.ndarray
        (k,) float64 seconds at which each node is passed, the departure first.
    duration, distance : float
        Seconds and metres.
    """

    nodes: npt.NDArray[np.int32]
    arcs: npt.NDArray[np.int32]
    times: Floats
    duration: float
    distance: float


def earliest_arrivals(travel: TravelTimes, source: int, departure: float) -> Tables:
    """How long it takes from one node to all, leaving at one time.

    Parameters
    ----------
    travel
        Graph and profiles.
    source
        Node number.
    departure
        Seconds since midnight; any day.

    Returns
    -------
    Tables
        (n,) durations in seconds after the departure and distances in metres; ``inf`` =
        unreachable.

    Raises
    ------
    InputError
        If the node does not exist or the time is not finite.
    """
    (start,) = check_nodes(travel.graph, [source], "source").tolist()
    at, along, _ = _search(travel, start, _departures(departure)[0], _NOBODY)
    durations = at - float(departure)
    return Tables(durations, along, durations)


def earliest_path(travel: TravelTimes, source: int, target: int, departure: float) -> TimedPath:
    """The path that arrives first, leaving at one time.

    Parameters
    ----------
    travel
        Graph and profiles.
    source, target
        Node numbers.
    departure
        Seconds since midnight; any day.

    Raises
    ------
    InputError
        If a node does not exist or the time is not finite.
    RoutingError
        If there is no path.
    """
    graph = travel.graph
    ends = check_nodes(graph, [source, target], "source, target")
    start, end = (int(v) for v in ends)
    at, along, entry = _search(travel, start, _departures(departure)[0], ends[1:])
    if not np.isfinite(at[end]):
        raise no_way(graph, start, end)
    arcs = searches.trace(graph, entry, start, end)
    nodes = np.concatenate((ends[:1], graph.heads[arcs]))
    return TimedPath(nodes, arcs, at[nodes], float(at[end] - departure), float(along[end]))


def band_matrices(
    travel: TravelTimes,
    departures: npt.ArrayLike,
    sources: npt.ArrayLike,
    targets: npt.ArrayLike | None = None,
) -> Tables:
    """One matrix per time band.

    Parameters
    ----------
    travel
        Graph and profiles.
    departures
        (b,) seconds since midnight at which each band's trips leave: its beginning or its middle.
    sources, targets
        (s,) and (t,) node numbers; targets default to the sources.

    Returns
    -------
    Tables
        (b, s, t) durations in seconds and distances in metres along the same paths.

    Raises
    ------
    InputError
        If a node does not exist or a time is not finite.
    """
    times = _departures(departures)
    rows = check_nodes(travel.graph, sources, "sources")
    columns = rows if targets is None else check_nodes(travel.graph, targets, "targets")
    durations = np.empty((len(times), len(rows), len(columns)))
    distances = np.empty_like(durations)
    if durations.size:
        arguments = (
            *travel._arrays(), *travel._kernel_arguments(), times, rows, columns,
            *_scratch(travel.graph), durations, distances,
        )  # fmt: skip
        kernels.tables(*arguments)
    return Tables(durations, distances, durations)


_NOBODY = frozen(np.empty(0, np.int32), np.int32)


def _search(
    travel: TravelTimes, source: int, departure: float, targets: npt.NDArray[np.int32]
) -> tuple[Floats, Floats, npt.NDArray[np.int32]]:
    work = _scratch(travel.graph)
    arguments = (
        *travel._arrays(), *travel._kernel_arguments(), source, departure, targets, *work,
    )  # fmt: skip
    kernels.earliest(*arguments)
    _, at, along, entry, *_ = work
    return at, along, entry  # type: ignore[return-value]


def _scratch(graph: Graph) -> tuple[npt.NDArray[np.generic], ...]:
    n, room = graph.n, graph.m + 1
    return (
        np.zeros(n, np.int8), np.empty(n), np.empty(n), np.empty(n, np.int32),
        np.empty(room), np.empty(room), np.empty(room, np.int32),
    )  # fmt: skip


def _departures(values: npt.ArrayLike) -> Floats:
    times = np.atleast_1d(np.asarray(values, dtype=np.float64))
    if times.ndim != 1 or not np.isfinite(times).all():
        raise InputError("a departure is not a time", fix="give finite seconds since midnight")
    return times


def _real(graph: Graph, metric: str) -> Floats:
    return adjacency.in_units(graph.metrics[metric], graph.units[metric])


def _shape_problems(travel: TravelTimes) -> Sequence[Problem]:
    problems = []
    m, codes = travel.graph.m, travel.of_arc
    if codes.shape != (m,) or (m and (codes.min() < -1 or codes.max() >= len(travel.profiles))):
        problems.append(
            Problem(
                f"not one profile number per arc: {codes.shape} for {m} arcs",
                fix=f"give -1 .. {len(travel.profiles) - 1}",
            )
        )
    if travel.kind not in ("speeds", "durations"):
        problems.append(Problem(f"unknown kind {travel.kind!r}", fix='use "speeds" or "durations"'))
    if not (0.0 < travel.period < np.inf):
        problems.append(Problem(f"a period of {travel.period} s", fix="give a positive number"))
    return problems


def _profile_problems(
    number: int, times: Floats, values: Floats, period: float, kind: str
) -> list[Problem]:
    where = f"profile {number}"
    if times.ndim != 1 or times.shape != values.shape or times.size == 0:
        return [Problem(f"{times.shape} times but {values.shape} values", where, "give one each")]
    problems = []
    inside = (times >= 0) & (times < period)
    if not inside.all() or (np.diff(times) <= 0).any():
        problems.append(
            Problem(
                "times that do not ascend within the period", where, f"0 <= t < {period:g}, rising"
            )
        )
    if not ((values > 0) & (values < np.inf)).all():
        name = "speeds" if kind == "speeds" else "durations"
        problems.append(Problem(f"{name} that are not positive", where, "give factors > 0"))
    return problems


def _order_problems(travel: TravelTimes) -> list[Problem]:
    """Arcs on which who leaves later can arrive earlier."""
    falls = []
    for times, values in travel.profiles:
        t = np.append(np.asarray(times), np.asarray(times)[0] + travel.period)
        v = np.append(np.asarray(values), np.asarray(values)[0])
        falls.append(max(float((-np.diff(v) / np.diff(t)).max()), 0.0))
    steepest = np.array([*falls, 0.0])[travel.of_arc]
    bad = np.flatnonzero(travel.__dict__["_free"] * steepest > 1.0 + 1e-9)
    return listed(
        bad,
        lambda arc: Problem(
            f"duration falls by {travel.__dict__['_free'][arc] * steepest[arc]:.2f} s a second:"
            " who leaves later arrives earlier",
            f"arc {arc} (profile {travel.of_arc[arc]})",
            "let the profile fall more slowly, or give speeds",
        ),
        what="arcs that are not FIFO",
    )
