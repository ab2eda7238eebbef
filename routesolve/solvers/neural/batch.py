"""Many instances at once in torch: what a GPU is for."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError, MissingExtra, Problem
from routesolve.solvers.base import Budget, Clock, Result, finish
from routesolve.solvers.neural.environment import Environment
from routesolve.solvers.neural.features import features
from routesolve.solvers.neural.from_instance import (
    to_points,
    to_problems,
    to_solution,
    unsupported,
)
from routesolve.solvers.neural.problems import Problems, columns, stack
from routesolve.solvers.neural.rollouts import first_moves, roll_out
from routesolve.solvers.neural.solver import FRESH, too_large
from routesolve.solvers.neural.state import State
from routesolve.solvers.neural.weights import Weights

if TYPE_CHECKING:
    from routesolve.instances.instance import VrpInstance

PAIRS = {"cpu": 2_000_000, "cuda": 40_000_000}
"""Ways that are read at once, at 0.6 kB each."""

Rows = tuple[Problems, npt.NDArray[np.float64] | None]


def solve_batch(
    instances: Sequence[VrpInstance],
    *,
    weights: Weights | None = None,
    starts: int = 100,
    fresh: float = FRESH,
    batch: int = 64,
    device: str = "cpu",
    seed: int = 0,
) -> list[Result]:
    """Solve instances by rollouts of the network, many at once.

    Those of similar size go together. For one instance at a time, or without torch, use
    :class:`~routesolve.solvers.neural.solver.Neural`.

    Parameters
    ----------
    instances
        Of any variants that the network knows, in any mix.
    weights
        Default: those of the package.
    starts
        Rollouts of each, each of which begins with another customer.
    fresh
        Temperature of where routes begin; all else is greedy.
    batch
        Most instances at once; fewer where they are large.
    device
        Of torch: ``"cpu"``, ``"cuda"``.
    seed
        Of the draws.

    Returns
    -------
    list of Result
        Checked plans, in the order of the instances. Their runtime is their share of their batch.

    Raises
    ------
    MissingExtra
        If torch is not installed.
    InputError
        If there is no such device; naming every instance that the network cannot express.
    """
    torch = _torch(device)
    problems = [
        Problem(f"the network does not know {', '.join(lacking)}", f"instance {i}")
        for i, instance in enumerate(instances)
        if (lacking := unsupported(instance) + too_large(instance))
    ]
    if problems:
        raise InputError(problems)
    network = (Weights.load() if weights is None else weights).network().to(device).eval()
    made: list[Rows] = [(to_problems(each), to_points(each)) for each in instances]
    order = sorted(range(len(made)), key=lambda i: made[i][0].nodes)
    results: dict[int, Result] = {}
    draw = torch.Generator(device).manual_seed(seed)
    while order:
        # From the largest on, which is as large as all of its batch are made.
        pairs = made[order[-1]][0].nodes ** 2
        count = min(batch, max(PAIRS[torch.device(device).type] // pairs, 1))
        order, chosen = order[:-count], order[-count:]
        clock = Clock(Budget())
        with torch.no_grad():
            plans = _plans(network, [made[i] for i in chosen], starts, fresh, draw)
        shift = clock.elapsed * (1.0 - 1.0 / len(chosen))
        for i, actions in zip(chosen, plans, strict=True):
            each = Clock(Budget())
            each.start = clock.start + shift
            each.iteration = 1
            plan = to_solution(instances[i], actions)
            results[i] = finish(instances[i], plan, each, solver="neural")
    return [results[i] for i in range(len(instances))]


def _plans(
    network: Any, rows: Sequence[Rows], starts: int, fresh: float, draw: Any
) -> list[npt.NDArray[np.int64]]:
    """(t,) moves of the best rollout of each problem."""
    torch, device = _torch("cpu"), draw.device
    together = stack([problems for problems, _ in rows])
    tokens = together.tokens
    points = np.full((len(rows), together.nodes, 2), np.nan)
    for i, (problems, places) in enumerate(rows):
        if places is not None:
            points[i, columns(problems, tokens)] = places[0]
    most = max(together.nodes - tokens, 1)
    first = first_moves(Environment(together), min(starts, most))
    # Rules in double precision, as the checker's; the network in single precision.
    p = together.to_torch(device=device)
    shown = together.to_torch(device=device, dtype=torch.float32)
    known = features(shown, torch.as_tensor(points, device=device, dtype=torch.float32))
    encoded = network.encode(known)

    def choose(state: State, mask: Any) -> Any:
        seen = State(**{key: _single(getattr(state, key)) for key in State.__slots__})
        logits = network.look(shown, known, encoded, seen, mask)
        if fresh > 0:
            noise = torch.empty_like(logits).exponential_(generator=draw).log()
            logits = logits - fresh * noise * (state.node < tokens)[..., None]
        return logits.argmax(-1)

    done = roll_out(Environment(p), choose, first.shape[1], first=torch.as_tensor(first).to(device))
    unserved = Environment(p).unserved(done.state)
    # Costs only decide between plans that leave as many out.
    rank = torch.stack([unserved.double(), done.cost.double()], -1).cpu().numpy()
    best = [int(np.lexsort((cost, left))[0]) for left, cost in np.moveaxis(rank, -1, 1)]
    actions = done.actions.cpu().numpy()
    return [
        np.where(moves < tokens, moves, moves - tokens + problems.tokens)
        for moves, (problems, _) in zip(actions[range(len(rows)), best], rows, strict=True)
    ]


def _single(x: Any) -> Any:
    return x.float() if x.is_floating_point() else x


def _torch(device: str) -> Any:
    try:
        torch: Any = import_module("torch")
    except ImportError:
        raise MissingExtra("neural", "batches need torch") from None
    if device.startswith("cuda") and not torch.cuda.is_available():
        raise InputError("torch finds no GPU here", fix="use device='cpu'")
    return torch
