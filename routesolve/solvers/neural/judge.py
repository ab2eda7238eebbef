"""How good plans of the network are: fixed problems, a reference, and the independent checker."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError
from routesolve.solvers.neural import teacher
from routesolve.solvers.neural.environment import Environment
from routesolve.solvers.neural.features import Features, features
from routesolve.solvers.neural.from_instance import to_solution
from routesolve.solvers.neural.pool import Pool
from routesolve.solvers.neural.problems import Array, Problems
from routesolve.solvers.neural.rollouts import first_moves, nearest, roll_out
from routesolve.solvers.neural.sampler import Recipe, Sample, Sampler
from routesolve.solvers.neural.solver import FRESH

if TYPE_CHECKING:
    from routesolve.solvers.neural.weights import Weights

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

AGAINST = ("ils", "pyvrp", "nearest")
"""Whose plans are the reference: our own engine's, PyVRP's, or those of the nearest neighbour."""
LONG = 5
"""Iterations of the engine for a reference, as a multiple of those for a lesson."""


class Rolled(NamedTuple):
    """Plans of a batch, several of each problem.

    Attributes
    ----------
    actions
        (b, s, t) nodes in order, see :class:`~routesolve.solvers.neural.rollouts.Rollouts`.
    cost, unserved
        (b, s).
    """

    actions: Ints
    cost: Floats
    unserved: Ints


Policy = Callable[[Problems, Array | None, int], Rolled]
"""From a batch in NumPy, its places, and a number of starts to plans."""


@dataclass(frozen=True, eq=False)
class Paper:
    """The problems of one cell, and what is known of them.

    Attributes
    ----------
    variant, customers
        The cell.
    sample
        The problems.
    against
        Who made the reference; see :data:`AGAINST`.
    reference
        (b,) costs; NaN where there is no plan.
    travel
        (b,) the same without what serving customers is worth: gaps are shares of this, as costs
        with preferences may be next to nothing.
    nearest
        (b,) costs of the nearest neighbour.
    """

    variant: str
    customers: int
    sample: Sample
    against: str
    reference: Floats
    travel: Floats
    nearest: Floats


@dataclass(frozen=True, slots=True)
class Score:
    """How plans of one cell did.

    Attributes
    ----------
    variant, customers, problems, starts
        What was asked.
    against
        The reference.
    best, mean
        Mean gap of the cheapest start, and of all starts: how much more than the reference costs,
        as a share of what its travel costs.
    nearest
        Mean cost of the cheapest start, as a multiple of the nearest neighbour's.
    unserved
        Customers left out by the cheapest starts.
    violations
        Of rules in those plans, by the independent checker; None = it was not asked.
    seconds
        Each problem.
    """

    variant: str
    customers: int
    problems: int
    starts: int
    against: str
    best: float
    mean: float
    nearest: float
    unserved: int
    violations: int | None
    seconds: float


def exam(
    pool: Pool,
    cells: Iterable[tuple[str, int]],
    *,
    count: int,
    seed: int = 0,
    against: str = "ils",
    iterations: int | None = None,
    seconds: float = 2.0,
) -> list[Paper]:
    """Draw problems and have the reference plan them.

    Parameters
    ----------
    pool
        Areas, not those that were learned on.
    cells
        Variants of :data:`~routesolve.solvers.neural.sampler.NAMES` or ``"any"``, and numbers of
        customers.
    count
        Problems of each.
    seed
        The same seed gives the same problems.
    against
        See :data:`AGAINST`.
    iterations
        Of our engine for each problem; default: :data:`LONG` times those of a lesson.
    seconds
        Of PyVRP for each problem.

    Raises
    ------
    InputError
        If a cell or the reference is unknown, or an area is too small.
    """
    if against not in AGAINST:
        raise InputError(f"no reference is called {against!r}", fix=f"use {', '.join(AGAINST)}")
    recipes = [Recipe(name, (n, n)) for name, n in cells]
    papers = []
    for recipe in recipes:
        sample = Sampler(pool, recipe).sample(count, seed=(seed, 11, *recipe.customers))
        problems = sample.problems
        near = _of_nearest(problems)
        if against == "nearest":
            actions, reference = near.actions[:, 0], near.cost[:, 0]
        else:
            plans = (
                _of_engine(problems, seed, iterations)
                if against == "ils"
                else _of_pyvrp(problems, seed, seconds)
            )
            actions, reference = plans.actions, np.where(plans.ok, plans.cost, np.nan)
        papers.append(
            Paper(
                recipe.variant,
                recipe.customers[0],
                sample,
                against,
                reference,
                reference + worth(problems, actions),
                near.cost[:, 0],
            )
        )
    return papers


def judge(policy: Policy, papers: Iterable[Paper], *, starts: int, checked: bool) -> list[Score]:
    """Let a policy plan the problems.

    Parameters
    ----------
    policy
        See :func:`by_weights` and :func:`by_network`.
    papers
        See :func:`exam`.
    starts
        Rollouts of each problem, from other first customers; at most as many as customers.
    checked
        Have the best plan of each problem checked.
    """
    return [_marked(policy, paper, min(starts, paper.customers), checked) for paper in papers]


def by_weights(weights: Weights, *, fresh: float = FRESH) -> Policy:
    """Plans of weights, without torch, as the solver makes them in its first view."""
    from routesolve.solvers.neural.inference import Inference

    network = Inference(weights)

    def policy(problems: Problems, points: Array | None, starts: int) -> Rolled:
        rows = []
        for i in range(problems.batch):
            place = None if points is None else points[i : i + 1]
            heat = fresh if starts > 1 else 0.0
            plans = network.plan(problems.take(i), place, starts=starts, fresh=heat, seed=i)
            assert plans is not None  # nobody stops it
            rows.append(plans)
        width = max(plans.actions.shape[1] for plans in rows)
        actions = [
            np.pad(plans.actions, ((0, 0), (0, width - plans.actions.shape[1])), "edge")
            for plans in rows
        ]
        cost, unserved = (np.stack([getattr(p, k) for p in rows]) for k in ("cost", "unserved"))
        return Rolled(np.stack(actions), cost, unserved)

    return policy


def by_network(network: Any, *, device: str = "cpu") -> Policy:
    """Plans of a torch network, a batch at a time, in float32."""
    import torch

    network.eval().to(device)

    def policy(problems: Problems, points: Array | None, starts: int) -> Rolled:
        first = torch.as_tensor(first_moves(Environment(problems), starts), device=device)
        moved = problems.to_torch(device=device, dtype=torch.float32)
        shown = features(problems, points)
        known = Features(**{k: torch.as_tensor(x, device=device) for k, x in vars(shown).items()})
        environment = Environment(moved)
        with torch.no_grad():
            encoded = network.encode(known)
            done = roll_out(
                environment,
                lambda state, mask: network.look(moved, known, encoded, state, mask).argmax(-1),
                starts,
                first=first,
            )
        unserved = environment.unserved(done.state)
        found = (x.cpu().numpy() for x in (done.actions, done.cost, unserved))
        return Rolled(*found)

    return policy


def worth(problems: Problems, actions: npt.NDArray[Any]) -> Floats:
    """(b,) what serving customers is worth in plans of (b, t) moves."""
    if problems.score is None:
        return np.zeros(problems.batch)
    at = np.arange(actions.shape[1])[None, :]
    serves = actions >= problems.tokens
    last = np.maximum.accumulate(np.where(serves, 0, at), axis=1)
    token = np.take_along_axis(actions, last, axis=1)
    token = np.where(token < problems.tokens, token, 0)  # rollouts begin at the first one
    rows = np.arange(problems.batch)[:, None]
    each = problems.score[rows, token, actions]
    total: Floats = np.where(serves, each, 0.0).sum(axis=1).astype(np.float64)
    return total


def table(scores: Sequence[Score]) -> str:
    """CSV, a line for each cell; gaps in percent."""
    text = io.StringIO()
    names = [field.name for field in fields(Score)]
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    for score in scores:
        row = asdict(score)
        row |= {key: round(100.0 * row[key], 3) for key in ("best", "mean")}
        row |= {"nearest": round(score.nearest, 4), "seconds": round(score.seconds, 4)}
        writer.writerow(row)
    return text.getvalue()


def _marked(policy: Policy, paper: Paper, starts: int, checked: bool) -> Score:
    problems, points = paper.sample.problems, paper.sample.points
    begun = time.perf_counter()
    rolled = policy(problems, points, starts)
    seconds = (time.perf_counter() - begun) / problems.batch
    # The one that serves most, then the cheapest.
    order = np.lexsort((rolled.cost, rolled.unserved), axis=1)[:, 0]
    rows = np.arange(problems.batch)
    cost = rolled.cost[rows, order].astype(np.float64)
    complete = (rolled.unserved[rows, order] == 0) & np.isfinite(paper.reference)
    every = complete & (rolled.unserved == 0).all(axis=1)
    gaps = (rolled.cost - paper.reference[:, None]) / paper.travel[:, None]
    violations = None
    if checked:
        violations = sum(
            _violations(problems, int(i), rolled.actions[i, order[i]]) for i in rows.tolist()
        )
    return Score(
        paper.variant,
        paper.customers,
        problems.batch,
        starts,
        paper.against,
        _mean(gaps[rows, order][complete]),
        _mean(gaps[every]),
        _mean(cost[complete]) / _mean(paper.nearest[complete]),
        int(rolled.unserved[rows, order].sum()),
        violations,
        seconds,
    )


def _violations(problems: Problems, row: int, actions: Ints) -> int:
    """Rules that a plan breaks."""
    from routesolve.solutions.checker import check

    instance = teacher.to_instance(problems, row)
    return len(check(instance, to_solution(instance, actions), reasons=False).violations)


def _of_nearest(problems: Problems) -> Rolled:
    environment = Environment(problems)
    done = roll_out(environment, nearest(environment), 1)
    cost = done.cost.astype(np.float64)
    return Rolled(done.actions, cost, environment.unserved(done.state))


def _of_engine(problems: Problems, seed: int, iterations: int | None) -> teacher.Plans:
    if iterations is None:
        customers = problems.nodes - problems.tokens
        iterations = LONG * teacher.usual_iterations(customers, rich=False)
    return teacher.teach(problems, seed=seed, iterations=iterations)


def _of_pyvrp(problems: Problems, seed: int, seconds: float) -> teacher.Plans:
    """Plans of PyVRP; not ok where it serves not everybody or breaks a rule."""
    from routesolve.api import solve

    rows, cost, ok = [], np.full(problems.batch, np.nan), np.zeros(problems.batch, np.bool_)
    for i in range(problems.batch):
        instance = replace(teacher.to_instance(problems, i), allow_unserved=False)
        found = solve(instance, solver="pyvrp", seconds=seconds, seed=seed)
        ok[i] = found.report.feasible and not found.report.solution.unassigned
        cost[i] = found.cost
        routes: list[teacher.Route] = [
            (int(route.vehicle_type), [int(v.id or 0) for v in route.visits if v.kind == "job"])
            for route in found.solution.routes
        ]
        rows.append(teacher.moves(routes, problems.tokens))
    width = max(map(len, rows))
    actions = np.array([row + row[-1:] * (width - len(row)) for row in rows], dtype=np.int64)
    return teacher.Plans(actions, cost, ok)


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else float("nan")
