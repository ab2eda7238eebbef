"""Random problems of every variant on the roads of a pool, as arrays, a batch at a time."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from math import inf
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError, Problem
from routesolve.instances.generators.variants import VARIANTS
from routesolve.solvers.neural.pool import STEP, Area, Pool
from routesolve.solvers.neural.problems import LAST, MIXED, Problems

Floats = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]

DRAWS = 1
"""Changes with what a seed draws: lessons hold seeds, not problems."""
CHOICES = ("uniform", "clustered", "mixed")
"""How places are chosen: anywhere, around few centres, or half and half."""
PROFILED = ("PVRP-P", "PVRP-ZC")
NAMES = (*VARIANTS, *PROFILED, "ATSP")

HORIZON = 4.6
SERVICE = (0.15, 0.18)
WIDTH = (0.18, 0.20)
"""Horizon, service times and widths of windows, in units of the side of the unit square in which
the 48 variants were made."""
UNIT = 2.0 / 3.0
"""That side, as a share of the longest way between two places; any way fits twice into the
horizon."""
WINDOWS = ("narrow", "any", "all")
"""How windows are drawn: all narrow; half of the problems with other days; a quarter of each of
these, and half of the problems with windows that differ."""
DAY = (0.72, 1.2)
LOOSE_WIDTH = (0.04, 1.0)
LOOSE_SERVICE = (0.0, 0.3)
"""Other days: the horizon, as a multiple of the one above; mean width of a problem's windows as a
share of it; mean service time, in those units. Each customer's is between half and one and a half
times the mean, and a share of the customers that differs by problem has no window."""
REACH = ((0.02, 0.08), (0.15, 0.45))
"""Windows that differ: least and most that they reach to either side of a moment at which the
customer can be served, as shares of the horizon. After Li et al. (Learning to Delegate, 2021), as
MVMoE has it: 1/30 and 1/3 there, and one service time for all."""
BACKHAUL_SHARE = 0.2
LIMIT = (1.0, 2.0)
"""Limits are between once and twice what the farthest customer takes there and back."""
PREFERENCE = 0.1
PROFILED_CAPACITY = 40.0


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is drawn.

    Attributes
    ----------
    variant
        A name of :data:`NAMES`, or ``"any"``: each of open routes, backhauls (last, mixed), limits
        and windows with chance 1/2 in each problem by itself, and several depots in half of the
        batches.
    customers
        Least and most; one number is drawn for each batch.
    choice
        A name of :data:`CHOICES`, or ``"any"``, drawn for each problem.
    depots, vehicles
        Least and most, with several depots and with vehicles that differ.
    duration_limits
        Share of limits that are on the route's duration instead of its distance.
    windows
        A name of :data:`WINDOWS`.
    straight
        Share of problems whose ways are straight lines, driven at the mean pace of the roads.
    square
        Share of those whose places are anywhere in a square, not on the roads.
    """

    variant: str = "any"
    customers: tuple[int, int] = (20, 100)
    choice: str = "any"
    depots: tuple[int, int] = (2, 4)
    vehicles: tuple[int, int] = (3, 7)
    duration_limits: float = 0.5
    windows: str = "narrow"
    straight: float = 0.0
    square: float = 0.0

    def __post_init__(self) -> None:
        problems = []
        if self.variant not in (*NAMES, "any"):
            problems.append(
                Problem(f"there is no variant {self.variant!r}", fix="use any, CVRP, MDVRPTW, ...")
            )
        if self.choice not in (*CHOICES, "any"):
            problems.append(
                Problem(f"there is no choice {self.choice!r}", fix=f"use any, {', '.join(CHOICES)}")
            )
        for key in ("customers", "depots", "vehicles"):
            low, high = getattr(self, key)
            if not 1 <= low <= high:
                problems.append(Problem(f"{key} from {low} to {high}", fix="give 1 <= low <= high"))
        if self.windows not in WINDOWS:
            problems.append(
                Problem(f"there are no windows {self.windows!r}", fix=f"use {', '.join(WINDOWS)}")
            )
        problems += [
            Problem(f"a share of {share}", fix="give 0 .. 1")
            for share in (self.duration_limits, self.straight, self.square)
            if not 0 <= share <= 1
        ]
        if problems:
            raise InputError(problems)


class Sample(NamedTuple):
    """A batch of problems and where they lie.

    Attributes
    ----------
    problems : Problems
        Distances in metres, times in seconds.
    points : numpy.ndarray
        (b, n, 2) float64 metres east and north of the first token.
    areas : numpy.ndarray
        (b,) number of the area in the pool.
    """

    problems: Problems
    points: Floats
    areas: Index


class _Has(NamedTuple):
    """(b,) bool: what each problem has."""

    open_end: npt.NDArray[np.bool_]
    backhaul: npt.NDArray[np.bool_]
    mixed: npt.NDArray[np.bool_]
    limit: npt.NDArray[np.bool_]
    windows: npt.NDArray[np.bool_]


class Sampler:
    """Draws batches of problems; every customer is feasible alone.

    Parameters
    ----------
    pool
        Areas with a way from everywhere to everywhere.
    recipe
        What is drawn.
    dtype
        Of the arrays.

    Raises
    ------
    InputError
        If an area has too few places or is not connected.
    """

    def __init__(
        self, pool: Pool, recipe: Recipe | None = None, *, dtype: npt.DTypeLike = np.float32
    ) -> None:
        self.pool, self.recipe, self.dtype = pool, recipe or Recipe(), np.dtype(dtype)
        need = self.recipe.customers[1] + self.recipe.depots[1]
        problems = [
            Problem(f"{area.size} places, {need} are needed", area.name, "use a larger area")
            for area in pool.areas
            if area.size < need
        ]
        problems += [
            Problem("places without a way to each other", area.name, "build the area again")
            for area in pool.areas
            if not area.connected
        ]
        if problems:
            raise InputError(problems)
        self._plane = [_metres(area) for area in pool.areas]

    def of(self, recipe: Recipe) -> Sampler:
        """The same areas, another recipe; costs nothing if it needs no more places."""
        if recipe.customers[1] + recipe.depots[1] > min(area.size for area in self.pool.areas):
            return Sampler(self.pool, recipe, dtype=self.dtype)
        other = copy(self)
        other.recipe = recipe
        return other

    def sample(self, size: int, *, seed: int | tuple[int, ...]) -> Sample:
        """Draw a batch.

        Parameters
        ----------
        size
            Number of problems, all with as many customers and tokens.
        seed
            The same seed gives the same batch; a tuple such as (run, step) is one seed, too.
        """
        rng = np.random.default_rng(seed)
        recipe = self.recipe
        n = int(rng.integers(recipe.customers[0], recipe.customers[1] + 1))
        name = recipe.variant
        profiled, tour = name in PROFILED, name == "ATSP"
        several = rng.random() < 0.5 if name == "any" else name.startswith("MD")
        sites = int(rng.integers(recipe.depots[0], recipe.depots[1] + 1)) if several else 1
        has = _attributes(rng, name, size)
        areas = rng.integers(0, len(self.pool.areas), size)
        chosen = np.stack([self._places(rng, area, n + sites) for area in areas.tolist()])
        tokens = sites
        if profiled:
            tokens = int(rng.integers(recipe.vehicles[0], recipe.vehicles[1] + 1))
            chosen = np.concatenate([np.repeat(chosen[:, :1], tokens - 1, axis=1), chosen], axis=1)
        tables = [self.pool.areas[area] for area in areas.tolist()]
        pairs = [np.ix_(at, at) for at in chosen]
        distance, duration = (
            np.stack([getattr(t, key)[ij] for t, ij in zip(tables, pairs, strict=True)]) * STEP
            for key in ("distances", "durations")
        )
        points = np.stack([self._plane[a][at] for a, at in zip(areas, chosen, strict=True)])
        points -= points[:, :1].copy()
        # Nothing is drawn for recipes without these: seeds of lessons draw what they drew.
        if recipe.straight:
            straight = rng.random(size) < recipe.straight
            pace = _pace(points, distance), _pace(points, duration)
            if recipe.square:
                _scatter(rng, straight & (rng.random(size) < recipe.square), points, chosen)
            for table, by in zip((distance, duration), pace, strict=True):
                _straighten(straight, points, table, by)
        loose = differ = np.zeros(size, np.bool_)
        if recipe.windows == "any":
            loose = rng.random(size) < 0.5
        elif recipe.windows == "all":
            kind = rng.integers(0, 4, size)
            loose, differ = kind == 1, kind > 1
        if tour:
            given: dict[str, Any] = {"fleet": 1.0}
        elif profiled:
            given = _profiled(rng, name, points, tokens, float(distance.max()))
        else:
            given = _varied(rng, has, tokens, distance, duration, recipe.duration_limits)
            for which, windows in ((loose, _loose), (differ, _differing)):
                which = has.windows & which
                if which.any():
                    day = windows(rng, tokens, duration)
                    given = _other_days(has, which, tokens, duration, given, day)
        made = Problems.of(
            tokens, distance.astype(self.dtype), duration.astype(self.dtype), **given
        )
        return Sample(made, points, areas)

    def _places(self, rng: np.random.Generator, area: int, count: int) -> Index:
        """Different places of an area; the first are anywhere where choices are mixed."""
        plane = self._plane[area]
        choice = self.recipe.choice
        if choice == "any":
            choice = CHOICES[int(rng.integers(len(CHOICES)))]
        keys = rng.random(len(plane))
        order = np.argsort(keys, kind="stable")
        if choice == "uniform":
            return order[:count]
        # Around centres, by distance to the nearest of them with a little noise.
        free = order[: count // 2] if choice == "mixed" else order[:0]
        centres = plane[rng.choice(len(plane), int(rng.integers(1, 6)), replace=False)]
        away = np.hypot(*(plane[:, None, :] - centres[None, :, :]).transpose(2, 0, 1)).min(axis=1)
        rank = away * (0.75 + 0.5 * keys)
        rank[free] = inf
        near = np.argsort(rank, kind="stable")[: count - len(free)]
        return rng.permutation(np.concatenate([free, near]))


def _metres(area: Area) -> Floats:
    """(p, 2) metres east and north of the middle of an area."""
    middle = area.points.mean(axis=0)
    scale = 111_320.0 * np.array([np.cos(np.radians(middle[1])), 1.0])
    plane: Floats = (area.points - middle) * scale
    return plane


def _attributes(rng: np.random.Generator, name: str, size: int) -> _Has:
    """What the name says, or drawn for each problem."""
    if name == "any":
        drawn = rng.random((5, size)) < 0.5
        return _Has(*drawn)
    rest = name.removeprefix("MD")
    flags = (
        rest.startswith("O"),
        "VRPB" in rest or "VRPMB" in rest,
        "VRPMB" in rest,
        rest.removesuffix("TW").endswith("L"),
        rest.endswith("TW"),
    )
    return _Has(*(np.full(size, flag) for flag in flags))


def _varied(
    rng: np.random.Generator,
    has: _Has,
    k: int,
    distance: Floats,
    duration: Floats,
    duration_limits: float,
) -> dict[str, Any]:
    """Demands, windows, limits and rules of the 48 variants.

    After Berto et al. (RouteFinder, 2025), with the roads' own distances and durations: service
    times and windows are in units of the area's travel times, limits in those of the farthest
    customer there and back, which on roads is not twice the way there.
    """
    b, n = distance.shape[0], distance.shape[1] - k
    demand = np.zeros((b, n + k))
    demand[:, k:] = rng.integers(1, 10, (b, n))
    back = (rng.random((b, n + k)) < BACKHAUL_SHARE) & has.backhaul[:, None]
    unit = UNIT * duration.reshape(b, -1).max(axis=1)[:, None]
    service, width = (unit * rng.uniform(*bounds, (b, n + k)) for bounds in (SERVICE, WIDTH))
    at_stops = (np.arange(n + k) >= k) & has.windows[:, None]
    service = np.where(at_stops, service, 0.0)
    there, home = duration[:, :k, :], np.swapaxes(duration[:, :, :k], 1, 2)
    # A vehicle from the farthest depot comes in time, and home before the depots close.
    room = HORIZON * unit - service - width - home.max(axis=1) - there.max(axis=1)
    earliest = there.max(axis=1) + np.maximum(room, 0.0) * rng.random((b, n + k))
    closed = has.windows & ~has.open_end
    on_duration = rng.random(b) < duration_limits
    factor = rng.uniform(*LIMIT, b)
    farther = (distance[:, :k, :] + np.swapaxes(distance[:, :, :k], 1, 2)).min(axis=1).max(axis=1)
    # Who serves one customer only departs so that he does not wait.
    longer = ((there + home).min(axis=1) + service).max(axis=1)
    return {
        "delivery": np.where(back, 0.0, demand),
        "pickup": np.where(back, demand, 0.0),
        "capacity": 30.0 + n // 5,
        "service": service,
        "earliest": np.where(at_stops, earliest, -inf),
        "latest": np.where(at_stops, earliest + width, inf),
        "closing": np.where(closed, HORIZON * unit[:, 0], inf)[:, None],
        "open_end": has.open_end[:, None],
        "max_distance": np.where(has.limit & ~on_duration, factor * farther, inf)[:, None],
        "max_duration": np.where(has.limit & on_duration, factor * longer, inf)[:, None],
        "backhaul": np.where(has.backhaul & ~has.mixed, LAST, MIXED),
    }


def _pace(points: Floats, table: Floats) -> Floats:
    """(b,) how much longer than straight lines ways are on average."""
    total = np.maximum(_lines(points).sum(axis=(1, 2)), 1e-9)
    ratio: Floats = table.sum(axis=(1, 2)) / total
    return ratio


def _lines(points: Floats) -> Floats:
    """(b, n, n) straight distances."""
    lines: Floats = np.hypot(*np.moveaxis(points[:, :, None] - points[:, None, :], -1, 0))
    return lines


def _scatter(
    rng: np.random.Generator, which: npt.NDArray[np.bool_], points: Floats, chosen: Index
) -> None:
    """Put the places of some problems anywhere in a square as wide as they were apart."""
    b, nodes = chosen.shape
    anywhere = rng.random((b, nodes, 2)) * np.ptp(points, axis=1).max(axis=1)[:, None, None]
    # Vehicles that differ begin at one place.
    same = (chosen[:, :1] == chosen) & (np.arange(nodes) > 0)
    anywhere = np.where(same[..., None], anywhere[:, :1], anywhere)
    points[which] = (anywhere - anywhere[:, :1])[which]


def _straighten(which: npt.NDArray[np.bool_], points: Floats, table: Floats, pace: Floats) -> None:
    """Make ways straight lines in some problems."""
    # Whole steps, like those of roads.
    table[which] = np.round(_lines(points[which]) * pace[which, None, None] / STEP) * STEP


class _Day(NamedTuple):
    """Horizon (b, 1), service times and windows (b, nodes), of which some have none."""

    end: Floats
    service: Floats
    earliest: Floats
    latest: Floats
    anytime: npt.NDArray[np.bool_]


def _there_and_home(k: int, duration: Floats) -> tuple[Floats, Floats]:
    """(b, nodes) each: from the farthest depot, and to it."""
    there = duration[:, :k, :].max(axis=1)
    return there, np.swapaxes(duration[:, :, :k], 1, 2).max(axis=1)


def _loose(rng: np.random.Generator, k: int, duration: Floats) -> _Day:
    """Other horizons, windows and service times."""
    b, nodes = duration.shape[0], duration.shape[1]
    there, home = _there_and_home(k, duration)
    unit = UNIT * duration.reshape(b, -1).max(axis=1)[:, None]
    end = HORIZON * unit * rng.uniform(*DAY, (b, 1))
    each = rng.uniform(0.5, 1.5, (2, b, nodes))
    service = np.minimum(unit * rng.uniform(*LOOSE_SERVICE, (b, 1)) * each[0], end - there - home)
    room = np.maximum(end - service - home - there, 0.0)
    low, high = np.log(LOOSE_WIDTH)
    width = np.minimum(end * np.exp(rng.uniform(low, high, (b, 1))) * each[1], room)
    earliest = there + (room - width) * rng.random((b, nodes))
    anytime = rng.random((b, nodes)) < rng.uniform(0.0, 0.5, (b, 1))
    return _Day(end, service, earliest, earliest + width, anytime)


def _differing(rng: np.random.Generator, k: int, duration: Floats) -> _Day:
    """Windows that differ, short and long ones in one problem, cut where the day ends."""
    b, nodes = duration.shape[0], duration.shape[1]
    there, home = _there_and_home(k, duration)
    unit = UNIT * duration.reshape(b, -1).max(axis=1)[:, None]
    end = HORIZON * unit * rng.uniform(*DAY, (b, 1))
    # One service time for all in half of the problems.
    spread = np.maximum(rng.uniform(-0.5, 0.5, (b, 1)), 0.0)
    each = 1.0 + spread * rng.uniform(-1.0, 1.0, (b, nodes))
    service = np.minimum(unit * rng.uniform(*LOOSE_SERVICE, (b, 1)) * each, end - there - home)
    moment = there + (end - service - home - there) * rng.random((b, nodes))
    least, most = (end * rng.uniform(*bounds, (b, 1)) for bounds in REACH)
    half = least + (most - least) * rng.random((b, nodes))
    earliest, latest = np.maximum(moment - half, 0.0), np.minimum(moment + half, end)
    return _Day(end, service, earliest, latest, np.zeros((b, nodes), np.bool_))


def _other_days(
    has: _Has,
    which: npt.NDArray[np.bool_],
    k: int,
    duration: Floats,
    given: dict[str, Any],
    day: _Day,
) -> dict[str, Any]:
    """Put a day in place of that of some problems."""
    stops = (np.arange(duration.shape[1]) >= k) & which[:, None]
    windows = stops & ~day.anytime
    closed = which & ~has.open_end
    both = (duration[:, :k, :] + np.swapaxes(duration[:, :, :k], 1, 2)).min(axis=1)
    longer = both + day.service
    more = np.maximum(longer[:, k:].max(axis=1) - given["max_duration"][:, 0], 0.0)
    limit = np.where(which, given["max_duration"][:, 0] + more, given["max_duration"][:, 0])
    earliest, latest = (
        np.where(stops, np.where(windows, own, never), given[key])
        for key, own, never in (("earliest", day.earliest, -inf), ("latest", day.latest, inf))
    )
    return given | {
        "service": np.where(stops, day.service, given["service"]),
        "earliest": earliest,
        "latest": latest,
        "closing": np.where(closed[:, None], day.end, given["closing"]),
        "max_duration": limit[:, None],
    }


def _profiled(
    rng: np.random.Generator, name: str, points: Floats, m: int, longest: float
) -> dict[str, Any]:
    """Vehicles with preferences or forbidden customers, after Hua et al. (CAMP, 2025)."""
    b, nodes = points.shape[:2]
    n = nodes - m
    demand = np.zeros((b, nodes))
    demand[:, m:] = rng.integers(1, 10, (b, n))
    given: dict[str, Any] = {"delivery": demand, "capacity": PROFILED_CAPACITY}
    if name == "PVRP-P":
        score = np.zeros((b, m, nodes))
        score[:, :, m:] = _scores(rng, points[:, m:], m)
        # One point is worth a tenth of the side of the unit square of the original.
        given["score"] = PREFERENCE * longest / np.sqrt(2.0) * score
        given["distance_cost"] = 1.0 - PREFERENCE
    else:
        allowed = np.ones((b, m, nodes), dtype=np.bool_)
        allowed[:, :, m:] = ~_blocked(rng, points[:, m:], m)
        given["allowed"] = allowed
    return given


def _sectors(points: Floats, count: int) -> Index:
    """(b, n) the equal sector around the depot that each customer lies in."""
    turn = np.arctan2(points[..., 1], points[..., 0]) / (2.0 * np.pi) + 0.5
    return np.minimum((turn * count).astype(np.intp), count - 1)


def _scores(rng: np.random.Generator, points: Floats, m: int) -> Floats:
    """(b, m, n) scores from 0 to 1: random, by sector, or by a vehicle's centre; a third each."""
    b, n = points.shape[:2]
    chance = rng.random((b, m, n))
    own = np.argsort(rng.random((b, m)), axis=1)
    sector = (own[:, :, None] == _sectors(points, m)[:, None, :]).astype(np.float64)
    centre = np.take_along_axis(points, rng.integers(0, n, (b, m))[:, :, None], axis=1)
    away = np.hypot(*np.moveaxis(centre[:, :, None, :] - points[:, None, :, :], -1, 0))
    near = 1.0 - away / np.maximum(away.max(axis=(1, 2), keepdims=True), 1e-9)
    kind = rng.integers(0, 3, (b, 1, 1))
    return np.where(kind == 0, chance, np.where(kind == 1, sector, near))


def _blocked(rng: np.random.Generator, points: Floats, m: int) -> npt.NDArray[np.bool_]:
    """(b, m, n) who may not serve whom, at random or by sector; one vehicle always may."""
    b, n = points.shape[:2]
    count = np.floor(rng.uniform(0.0, 2.0 / 3.0, (b, 1, 1)) * m)
    scattered = np.argsort(rng.random((b, m, n)), axis=1) < count
    closed = np.argsort(rng.random((b, m, m)), axis=2) < 2 * m // 3  # vehicle, sector
    # A sector closed to all is given back to one vehicle.
    lucky = rng.integers(0, m, (b, 1, m)) == np.arange(m)[None, :, None]
    closed &= ~(closed.all(axis=1, keepdims=True) & lucky)
    sectors = np.broadcast_to(_sectors(points, m)[:, None, :], (b, m, n))
    by_sector = np.take_along_axis(closed, sectors, axis=2)
    return np.where(rng.random((b, 1, 1)) < 0.5, scattered, by_sector)
