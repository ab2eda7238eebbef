"""One way over streets, from a place on an arc to a place on an arc."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from routesolve.graphs._arrays import frozen
from routesolve.graphs.graph import Graph
from routesolve.graphs.snapping import course, lengths_of

Floats = npt.NDArray[np.float64]


class Step(NamedTuple):
    """A stretch of a drive on streets of one name.

    Attributes
    ----------
    name : str
        The name; empty where there is none.
    duration, distance : float
        Seconds and metres; turning into an arc counts to this arc.
    arcs : slice
        Which of the drive's arcs.
    """

    name: str
    duration: float
    distance: float
    arcs: slice


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Drive:
    """One way from place to place.

    Attributes
    ----------
    streets : Graph
        The network.
    duration, distance, cost : float
        Seconds, metres, and the sum of the metric that was minimised.
    arcs : numpy.ndarray
        (k,) int32 arcs of the network; none when the drive ends where it begins.
    durations, distances : numpy.ndarray
        (k,) float64 seconds and metres of what is driven of each arc, the turn into it included.
    start, end : float
        Shares of the first arc where it begins, of the last arc where it ends.
    ends : numpy.ndarray
        (2, 2) float64 longitude and latitude of the two places.
    """

    streets: Graph
    duration: float
    distance: float
    cost: float
    arcs: npt.NDArray[np.int32]
    durations: Floats
    distances: Floats
    start: float
    end: float
    ends: Floats

    def __post_init__(self) -> None:
        object.__setattr__(self, "arcs", frozen(self.arcs, np.int32))

    @cached_property
    def geometry(self) -> Floats:
        """(p, 2) float64 longitudes and latitudes of the way, p >= 2, from place to place."""
        last = len(self.arcs) - 1
        pieces = [self.ends[:1]]
        for k, arc in enumerate(self.arcs.tolist()):
            line = course(self.streets, arc)
            if k in (0, last):
                line = cut(line, self.start if k == 0 else 0.0, self.end if k == last else 1.0)
            pieces.append(line[1:])
        if last >= 0:
            pieces[-1] = pieces[-1][:-1]
        line = np.concatenate([*pieces, self.ends[1:]])
        keep = np.append(True, (np.diff(line, axis=0) != 0).any(axis=1))
        return line[keep] if keep.sum() > 1 else self.ends

    def steps(self) -> list[Step]:
        """The stretches of equal street name, one after the other."""
        if len(self.arcs) == 0:
            return []
        labels = self.streets.edge_attributes.get("name")
        codes = np.full(len(self.arcs), -1) if labels is None else labels.codes[self.arcs]
        firsts = np.flatnonzero(np.diff(codes, prepend=codes[0] - 1))
        durations = np.add.reduceat(self.durations, firsts).tolist()
        distances = np.add.reduceat(self.distances, firsts).tolist()
        stops = [*firsts.tolist()[1:], len(self.arcs)]
        return [
            Step(
                "" if labels is None or codes[a] < 0 else labels.table[codes[a]],
                duration,
                distance,
                slice(a, b),
            )
            for a, b, duration, distance in zip(
                firsts.tolist(), stops, durations, distances, strict=True
            )
        ]

    def __repr__(self) -> str:
        return f"<Drive: {self.duration:.1f} s, {self.distance:.0f} m, {len(self.arcs)} arcs>"


def cut(line: Floats, start: float, end: float) -> Floats:
    """The part of a (k, 2) polyline between two shares of its length; at least two points."""
    if start <= 0.0 and end >= 1.0:
        return line
    length = lengths_of(np.hstack([line[:-1], line[1:]]))
    at = np.concatenate(([0.0], np.cumsum(length)))
    marks = np.array([start, end]) * at[-1]
    ends = np.stack([np.interp(marks, at, line[:, axis]) for axis in (0, 1)], axis=1)
    inside = (at > marks[0]) & (at < marks[1])
    return np.concatenate([ends[:1], line[inside], ends[1:]])
