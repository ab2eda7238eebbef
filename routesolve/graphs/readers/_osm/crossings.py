"""What passing a junction takes: which turns are allowed, and how long they last."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from routesolve.graphs.readers._osm.assemble import Arcs
from routesolve.graphs.readers._osm.profiles import TurnCosts
from routesolve.graphs.turns import Turns

Floats = npt.NDArray[np.float64]
Int64s = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_STOP_REACH = 20.0


class Roads(NamedTuple):
    """What the rules of turning ask of the ways; m arcs.

    Attributes
    ----------
    private, circle : numpy.ndarray
        (m,) bool: only for residents and the like; part of a roundabout.
    mode : numpy.ndarray
        (m,) int64: driven, ferry, pushed.
    speed : numpy.ndarray
        (m,) float64 km/h.
    """

    private: Bools
    circle: Bools
    mode: Int64s
    speed: Floats


def all_turns(indptr: Int64s, heads: Int64s) -> tuple[Int64s, Int64s]:
    """Every pair of arcs that meet: (before, onto)."""
    degree = np.diff(indptr)[heads]
    before = np.repeat(np.arange(len(heads)), degree)
    first = np.zeros(len(heads) + 1, dtype=np.int64)
    np.cumsum(degree, out=first[1:])
    return before, np.arange(first[-1]) - first[before] + indptr[heads[before]]


def turn_table(
    arcs: Arcs,
    roads: Roads,
    costs: TurnCosts,
    forbidden: Bools,
    before: Int64s,
    onto: Int64s,
    *,
    left_hand: bool,
    units: Mapping[str, float],
) -> Turns:
    """The allowed turns with their penalties.

    Parameters
    ----------
    arcs, roads
        The arcs, sorted by their tails.
    costs
        What the profile says.
    forbidden
        (t,) turns that a restriction forbids.
    before, onto
        (t,) all pairs of arcs that meet.
    left_hand
        Whether traffic keeps to the left.
    units
        Worth of one step per metric.
    """
    back = arcs.twin[before] == onto
    junction = arcs.heads[before]
    open_ = ~forbidden & _allowed(arcs, roads, forbidden, before, onto, back)
    before, onto, back, junction = before[open_], onto[open_], back[open_], junction[open_]
    angle = (arcs.bearing_out[onto] - arcs.bearing_in[before] + 180.0) % 360.0 - 180.0
    angle[back] = 180.0
    fork = arcs.degree[junction] > 2
    turned = fork | back | (roads.mode[before] != roads.mode[onto])
    straight = ~(roads.circle[before] | roads.circle[onto]) & fork & ~back
    seconds = _turning(angle, turned, straight, costs, left_hand)
    seconds += np.where(back, costs.u_turn, 0.0) + arcs.wait[before]
    leaving = (arcs.metres[before] < _STOP_REACH) & (arcs.metres[onto] > _STOP_REACH)
    seconds += np.where(~fork & leaving, 0.0, arcs.stop[before])
    seconds += np.where(_from_minor(arcs, roads, before), arcs.minor[before], 0.0)
    # Whole tenths of a second, rounded down: hundreds of near-straight "turns" of some hundredths
    # each would otherwise add up to seconds (OSRM cuts them as well).
    seconds = np.floor(10.0 * seconds + 1e-6) / 10.0
    cost = np.where(~roads.private[before] & roads.private[onto], costs.private, 0.0)
    cost = np.maximum(cost, seconds)
    indptr = np.zeros(len(arcs.heads) + 1, dtype=np.int64)
    np.cumsum(np.bincount(before, minlength=len(arcs.heads)), out=indptr[1:])
    return Turns(
        indptr=indptr,
        onto=onto.astype(np.int32),
        penalties={
            "duration": np.rint(seconds / units["duration"]).astype(np.int32),
            "cost": np.rint(cost / units["cost"]).astype(np.int32),
        },
    )


def _allowed(
    arcs: Arcs, roads: Roads, forbidden: Bools, before: Int64s, onto: Int64s, back: Bools
) -> Bools:
    """Turning round is for dead ends and barriers; a barrier lets nobody through."""
    junction = arcs.heads[before]
    exits = np.bincount(before[~forbidden], minlength=len(arcs.heads))[before]
    dead_end = (arcs.degree[junction] == 1) | (exits == 1) | (arcs.enterable[junction] <= 1)
    closed = arcs.closed[junction]
    return np.asarray(np.where(back, closed | dead_end, ~closed))


def _turning(
    angle: Floats, turned: Bools, crossing: Bools, costs: TurnCosts, left_hand: bool
) -> Floats:
    """Seconds by the angle, in degrees: 0 straight on, positive to the right."""
    if costs.shape == "none":
        return np.zeros(len(angle))
    if costs.shape == "quadratic":
        square = costs.turn * (angle / 90.0) ** 2
        return np.asarray(np.where(angle >= 0, square / costs.bias, square * costs.bias))
    bias = 1.0 / costs.bias if left_hand else costs.bias
    share = np.abs(angle) / 180.0
    right = 1.0 / (1.0 + np.exp(-(13.0 / bias * share - 6.5 * bias)))
    left = 1.0 / (1.0 + np.exp(-(13.0 * bias * share - 6.5 / bias)))
    seconds = np.where(turned, costs.turn * np.where(angle >= 0, right, left), 0.0)
    against = crossing & ((angle > 0) if left_hand else (angle < 0))
    sharpness = 1.0 / (1.0 + np.exp(-(13.0 * share - 3.25)))
    return np.asarray(seconds + np.where(against, costs.oncoming * sharpness, 0.0))


def _from_minor(arcs: Arcs, roads: Roads, before: Int64s) -> Bools:
    """Whether a faster road meets the one that is left."""
    fastest = np.zeros(len(arcs.degree))
    np.maximum.at(fastest, arcs.heads, roads.speed)
    np.maximum.at(fastest, arcs.tails, roads.speed)
    return np.asarray(fastest[arcs.heads[before]] > roads.speed[before])


LEFT_HAND: tuple[tuple[float, float, float, float], ...] = (
    (-11.0, 51.1, 1.77, 61.0),  # British Isles, down to the Strait of Dover
    (-6.5, 49.85, 0.3, 51.1),  # southern England
    (14.1, 35.7, 14.6, 36.1),  # Malta
    (32.2, 34.5, 34.7, 35.8),  # Cyprus
    (11.7, -35.0, 33.0, -17.0),  # southern Africa
    (29.0, -17.0, 40.6, -1.5),  # eastern Africa
    (33.9, -5.0, 42.0, 5.0),  # Kenya
    (29.6, -1.5, 35.0, 4.2),  # Uganda
    (57.2, -20.6, 63.5, -10.0),  # Mauritius
    (60.9, 23.5, 77.0, 37.1),  # Pakistan
    (68.0, 5.8, 92.0, 31.0),  # India, Sri Lanka
    (88.0, 20.5, 92.7, 28.4),  # Bangladesh, Bhutan
    (97.3, 5.6, 101.0, 20.4),  # western Thailand
    (101.0, 12.0, 102.6, 17.9),  # central Thailand
    (99.6, 0.8, 104.6, 6.8),  # Malaysia, Singapore
    (95.0, -11.0, 141.0, 5.9),  # Indonesia
    (109.5, 0.8, 119.3, 7.4),  # Borneo
    (141.0, -48.0, 180.0, -1.0),  # Oceania
    (112.9, -44.0, 154.0, -10.0),  # Australia
    (113.8, 22.15, 114.5, 22.57),  # Hong Kong
    (113.5, 22.1, 113.61, 22.22),  # Macau
    (129.0, 32.0, 132.0, 34.8),  # Kyushu
    (132.0, 32.5, 146.0, 45.6),  # Japan
    (122.9, 24.0, 131.4, 30.0),  # Okinawa
    (-78.4, 17.6, -76.1, 18.6),  # Jamaica
    (-61.4, 1.0, -56.5, 8.6),  # Guyana
)
"""Boxes (west, south, east, north) of places that drive on the left: rough, for turn costs only."""


def keeps_left(lon: float, lat: float) -> bool:
    """Whether traffic keeps to the left at a place, as far as rough boxes tell."""
    return any(w <= lon <= e and s <= lat <= n for w, s, e, n in LEFT_HAND)
