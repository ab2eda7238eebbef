"""The teacher: plans of our own engine for the problems of a batch, as moves to imitate."""

from __future__ import annotations

import dataclasses
from math import inf
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError
from routesolve.instances.instance import VrpInstance
from routesolve.instances.model import Depot, Job, Location, Profile, TimeWindow, VehicleType
from routesolve.solvers.base import Budget, Clock
from routesolve.solvers.ils import engine
from routesolve.solvers.ils.scope import beyond
from routesolve.solvers.neural.environment import Environment
from routesolve.solvers.neural.problems import RULES, TABLES, Problems

if TYPE_CHECKING:
    from collections.abc import Sequence

    from routesolve.solvers.neural.state import State

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Route = tuple[int, list[int]]
"""A token, and the customers of a route from it: numbers from 0."""

HEATS = 10
"""Temperatures of a search, from the engine's highest to its lowest."""

_LISTED = [f.name for f in dataclasses.fields(Problems) if f.name not in ("tokens", *TABLES)]
_RULE_NAMES: dict[int, Any] = {number: name for name, number in RULES.items()}


class Plans(NamedTuple):
    """One plan for each problem of a batch.

    Attributes
    ----------
    actions : numpy.ndarray
        (b, t) int64 moves of a rollout that begins at token 0; who is done stays at the token.
    cost : numpy.ndarray
        (b,) float64.
    ok : numpy.ndarray
        (b,) bool: every move is one that the mask allows, and everybody is served. Where detours
        are shorter than direct ways, a route may keep a limit that it would break if it ended
        earlier; masks do not let rollouts begin it.
    """

    actions: Ints
    cost: Floats
    ok: Bools


def teach(problems: Problems, *, seed: int, iterations: int | None = None) -> Plans:
    """Search a plan for each problem of a batch, briefly.

    Parameters
    ----------
    problems
        NumPy arrays, nothing filled up.
    seed
        Same seed, same plans.
    iterations
        Of the engine, for each problem; default: :func:`usual_iterations`.

    Raises
    ------
    InputError
        If a problem was filled up to fit into a batch.
    """
    rows = [
        moves(
            search(to_instance(problems, row), seed=seed + row, iterations=iterations),
            problems.tokens,
        )
        for row in range(problems.batch)
    ]
    width = max(map(len, rows))
    actions = np.array([row + row[-1:] * (width - len(row)) for row in rows], dtype=np.int64)
    environment = Environment(problems)
    allowed, state = replay(environment, actions)
    served = environment.unserved(state)[:, 0] == 0
    return Plans(actions, state.cost[:, 0].astype(np.float64), allowed & served)


def search(instance: VrpInstance, *, seed: int, iterations: int | None = None) -> list[Route]:
    """Search a plan by few iterations of the engine.

    The engine's own schedule is made for seconds. Here the search cools down within few iterations,
    and every plan on the way is feasible: there is no time to mend those that are not.

    Parameters
    ----------
    instance
        Made by :func:`to_instance`.
    seed, iterations
        See :func:`teach`.
    """
    from routesolve.solvers.ils.problem import translate
    from routesolve.solvers.ils.rich.engine import RichSearch
    from routesolve.solvers.ils.rich.problem import translate as translate_rich

    if not instance.jobs:
        return []
    rich = bool(beyond(instance))
    profiled = any(kind.preferences or kind.forbidden for kind in instance.vehicle_types)
    count = iterations or usual_iterations(len(instance.jobs), rich=rich, profiled=profiled)
    clock = Clock(Budget(seconds=None, iterations=count))
    run: Any
    if rich:
        run = RichSearch(instance, translate_rich(instance), clock, seed, None)
    else:
        work = translate(instance)
        run = engine._Search(instance, work, clock, seed, None)
    steps = np.diff(np.linspace(0, count, HEATS + 1).astype(np.int64)).tolist()
    heats = (run.work.scale * np.geomspace(run.hot, run.cold, HEATS)).tolist()
    for heat, some in zip(heats, steps, strict=True):
        run.advance(run.work.problem, run.plan, None, run.state, some, heat)
    return [
        (int(route.vehicle_type), [int(visit.id or 0) for visit in route.visits])
        for route in run.solution().routes
    ]


def usual_iterations(customers: int, *, rich: bool, profiled: bool = False) -> int:
    """How many iterations come to within about 1 % of long searches, 3 % where vehicles differ.

    Those of the search for every feature (`rich`) take longer and are worth more; where vehicles
    differ (`profiled`) plans of few iterations are poor (9 % with 3 a customer and preferences).
    """
    each = 12 if profiled else 6 if rich else 16
    return max(100, each * customers)


def moves(routes: Sequence[Route], tokens: int) -> list[int]:
    """The moves of a rollout that drives routes one after the other."""
    made: list[int] = []
    at = 0
    for token, customers in routes:
        made += [token] * (token != at) + [c + tokens for c in customers] + [token]
        at = token
    return made or [0]


def replay(environment: Environment, actions: Ints) -> tuple[Bools, State]:
    """Make the moves of one rollout of each problem.

    Parameters
    ----------
    environment
        Of the problems, NumPy.
    actions
        (b, t) nodes.

    Returns
    -------
    allowed : numpy.ndarray
        (b,) bool: whether the mask allowed every move, and at the end there was none left.
    state : State
        The last one, of one rollout each.
    """
    state = environment.reset(1)
    rows = np.arange(len(actions))
    allowed = np.ones(len(actions), dtype=np.bool_)
    for action in actions.T:
        allowed &= environment.mask(state)[rows, 0, action]
        state = environment.step(state, action[:, None])
    done = environment.done(state, environment.mask(state))[:, 0]
    return allowed & done, state


def reorder(actions: npt.NDArray[Any], tokens: int, rng: np.random.Generator) -> npt.NDArray[Any]:
    """The same plans with tokens, and the routes of each, in random order.

    Parameters
    ----------
    actions
        (b, t) moves of whole rollouts from token 0 on, such as those of :func:`teach`; any
        integers.
    tokens
        Number of start tokens.
    rng
        Where the orders come from.

    Returns
    -------
    numpy.ndarray
        (b, t') of the same dtype; more or fewer moves lead from token to token.
    """
    b = len(actions)
    before = np.concatenate([np.zeros((b, 1), actions.dtype), actions[:, :-1]], axis=1)
    serves = actions >= tokens
    begins = serves & (before < tokens)
    number = np.cumsum(begins, axis=1) - 1  # of the route that a customer is on
    count = begins.sum(axis=1)
    most = max(int(count.max(initial=0)), 1)
    row, column = np.nonzero(serves)
    route = number[row, column]
    length = np.bincount(row * most + route, minlength=b * most).reshape(b, most)
    token, first = np.zeros((2, b, most), np.int64)
    line, start = np.nonzero(begins)
    token[line, number[line, start]] = before[line, start]
    first[line, number[line, start]] = start

    missing = np.arange(most) >= count[:, None]
    # Routes of a token stay together: who is done with a vehicle need not remember it.
    key = np.take_along_axis(rng.random((b, tokens)), token, axis=1) + 1e-4 * rng.random((b, most))
    order = np.argsort(np.where(missing, 2.0, key), axis=1)
    rank = np.argsort(order, axis=1)
    token, length = (np.take_along_axis(a, order, axis=1) for a in (token, length))
    last = np.take_along_axis(token, np.maximum(count - 1, 0)[:, None], axis=1)
    token = np.where(missing, last, token)
    switch = token != np.concatenate([np.zeros((b, 1), np.int64), token[:, :-1]], axis=1)
    end = np.cumsum(switch + length + ~missing, axis=1)
    begin = end - ~missing - length

    made = np.repeat(last.astype(actions.dtype), max(int(end[:, -1].max(initial=0)), 1), axis=1)
    made[row, begin[row, rank[row, route]] + column - first[row, route]] = actions[row, column]
    for here, at in ((~missing, end - 1), (switch, begin - 1)):
        line, turn = np.nonzero(here)
        made[line, at[line, turn]] = token[line, turn]
    return made


def to_instance(problems: Problems, row: int) -> VrpInstance:
    """One problem of a batch as an instance: the inverse of ``to_problems``.

    Tokens become depots with a vehicle type each, customers become jobs ``"0"``, ``"1"``, ...

    Parameters
    ----------
    problems
        NumPy arrays; nothing filled up, tokens all with vehicles.
    row
        Which of the batch.

    Raises
    ------
    InputError
        If the problem was filled up to fit into a batch.
    """
    k, n = problems.tokens, problems.nodes
    one: dict[str, Any] = {
        key: value if value is None else value[row].tolist()
        for key in _LISTED
        for value in (getattr(problems, key),)
    }
    if not all(one["present"]) or not all(one["fleet"]):
        raise InputError(
            f"problem {row} was filled up to fit into its batch",
            fix="teach batches before they are stacked",
        )
    jobs = tuple(
        Job(
            str(i - k),
            Location(index=i),
            delivery=_amounts(one["delivery"][i]),
            pickup=_amounts(one["pickup"][i]),
            service=one["service"][i],
            time_windows=_windows(one["earliest"][i], one["latest"][i]),
        )
        for i in range(k, n)
    )
    names = [f"{i}" for i in range(k)]
    return VrpInstance(
        jobs=jobs,
        depots=tuple(Depot(name, Location(index=i)) for i, name in enumerate(names)),
        vehicle_types=tuple(_vehicle_type(one, i, k) for i in range(k)),
        profiles=(
            Profile(
                metric="matrix",
                distances=problems.distance[row].astype(np.float64),
                durations=problems.duration[row].astype(np.float64),
            ),
        ),
        backhaul=_RULE_NAMES[one["backhaul"]],
        allow_unserved=True,
    )


def _vehicle_type(one: dict[str, Any], i: int, k: int) -> VehicleType:
    """The vehicles of token i of k."""
    allowed, score = (None if one[key] is None else one[key][i][k:] for key in ("allowed", "score"))
    fleet = one["fleet"][i]
    return VehicleType(
        str(i),
        count=None if fleet == inf else int(fleet),
        capacity=() if one["capacity"][i] == inf else (one["capacity"][i],),
        start=str(i),
        end=None if one["open_end"][i] else str(i),
        shift=TimeWindow(one["opening"][i], one["closing"][i]),
        max_distance=one["max_distance"][i],
        max_duration=one["max_duration"][i],
        max_driving_time=one["max_driving"][i],
        fixed_cost=one["fixed_cost"][i],
        cost_per_distance=one["distance_cost"][i],
        cost_per_driving_time=one["driving_cost"][i],
        speed_factor=one["speed"][i],
        preferences={str(c): x for c, x in enumerate(score or ())},
        forbidden=tuple(str(c) for c, x in enumerate(allowed or ()) if not x),
    )


def _amounts(amount: float) -> tuple[float, ...]:
    return (amount,) if amount else ()


def _windows(earliest: float, latest: float) -> tuple[TimeWindow, ...]:
    return () if (earliest, latest) == (-inf, inf) else (TimeWindow(earliest, latest),)
