"""The rules of the environment against the checker."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routesolve.instances.instance import VrpInstance
from routesolve.instances.model import Depot, Job, Location, Profile, TimeWindow, VehicleType
from routesolve.solutions.checker import check
from routesolve.solutions.solution import Route, Solution, Visit
from routesolve.solvers.neural.environment import Environment
from routesolve.solvers.neural.from_instance import to_problems, to_solution
from routesolve.solvers.neural.problems import columns, stack
from routesolve.solvers.neural.rollouts import Choose, first_moves, nearest, roll_out, uniform
from tests.solvers.neural.made import ALL, tight, tour, variant

LANES = 4


def plans_keep_rules(instance: VrpInstance, environment: Environment, choose: Choose) -> None:
    """Every rollout serves everybody, breaks no rule and costs what the checker says."""
    first = first_moves(environment, LANES)
    for given_first in (first, None):
        result = roll_out(environment, choose, LANES, first=given_first)
        assert not environment.unserved(result.state).any()
        for lane in range(LANES):
            report = check(instance, to_solution(instance, result.actions[0, lane]))
            assert not report.violations
            assert report.complete
            assert result.cost[0, lane] == pytest.approx(report.cost, rel=1e-9)


@pytest.mark.parametrize("asymmetric", [False, True])
@pytest.mark.parametrize("name", ALL)
def test_rollouts_of_all_variants_keep_the_rules(name: str, asymmetric: bool) -> None:
    """Random and greedy plans of each variant are complete, feasible and priced right."""
    for seed in range(2):
        instance = variant(name, 14, seed=seed, asymmetric=asymmetric)
        environment = Environment(to_problems(instance))
        assert not environment.infeasible().any()
        plans_keep_rules(instance, environment, uniform(seed))
        plans_keep_rules(instance, environment, nearest(environment))


def feasible_after(instance: VrpInstance, kind: str, route: list[str], job: str) -> bool:
    """Whether the checker lets a vehicle serve the route and then the job."""
    visits = tuple(Visit("job", name) for name in [*route, job])
    report = check(instance, Solution((Route(kind, visits),)), reasons=False)
    return report.feasible


@given(tight(), st.integers(0, 2**32 - 1))
@settings(max_examples=150, deadline=None)
def test_the_mask_is_what_the_checker_allows(instance: VrpInstance, seed: int) -> None:
    """A customer may come next exactly when the route that ends with it breaks no rule."""
    problems = to_problems(instance)
    environment = Environment(problems)
    kinds, jobs, k = instance.vehicle_types, instance.jobs, problems.tokens
    for token, kind in enumerate(kinds):
        alone = [feasible_after(instance, kind.id, [], job.id) for job in jobs]
        assert environment.alone[0, token, k:].tolist() == alone

    choose, actions = uniform(seed), []
    state = environment.reset(1)
    token, route = 0, []
    begun = [0] * k
    for _ in range(4 * len(jobs) + 4):
        mask = environment.mask(state)
        left = [kind.count is None or begun[t] < kind.count for t, kind in enumerate(kinds)]
        if route or left[token]:
            visited = {jobs[node - k].id for node in actions if node >= k}
            expected = [
                job.id not in visited and feasible_after(instance, kinds[token].id, route, job.id)
                for job in jobs
            ]
        else:
            expected = [False] * len(jobs)
        assert mask[0, 0, k:].tolist() == expected
        if bool(environment.done(state, mask).all()):
            break
        action = choose(state, mask)
        actions.append(node := int(action[0, 0]))
        if node < k:
            token, route = node, []
        else:
            begun[token] += not route
            route.append(jobs[node - k].id)
        state = environment.step(state, action)
    else:
        pytest.fail("the rollout does not end")

    report = check(instance, to_solution(instance, actions), reasons=False)
    assert not report.violations
    assert float(state.cost[0, 0]) == pytest.approx(report.cost, rel=1e-9, abs=1e-9)
    if all(kind.count is None for kind in kinds):
        # Where a detour is shorter than the way, somebody may be served who is not alone.
        unserved = ~state.visited[0, 0, k:]
        assert not (unserved & environment.alone[0, :, k:].any(axis=0)).any()


def line_of(*jobs: tuple[float, float]) -> VrpInstance:
    """Jobs with (delivery, pickup) at one place, and a vehicle that carries 10."""
    here = Location(x=0.0, y=0.0)
    return VrpInstance(
        jobs=tuple(
            Job(str(i), here, delivery=(off,), pickup=(on,)) for i, (off, on) in enumerate(jobs)
        ),
        depots=(Depot("depot", here),),
        vehicle_types=(VehicleType(capacity=(10.0,), start="depot", end="depot"),),
    )


def test_deliveries_after_a_pickup_count_from_the_beginning() -> None:
    """Pick up 5, deliver 5, deliver 5: the vehicle leaves with 10 and would hold 15."""
    environment = Environment(to_problems(line_of((0, 5), (5, 0), (5, 0))))
    state = environment.reset(1)
    for node in (1, 2):
        assert environment.mask(state)[0, 0, node]
        state = environment.step(state, np.array([[node]]))
    assert environment.mask(state)[0, 0].tolist() == [True, False, False, False]


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=8))
def test_the_peak_load_is_that_of_the_whole_route(jobs: list[tuple[int, int]]) -> None:
    """The running peak agrees with the load profile computed from the finished route."""
    environment = Environment(to_problems(line_of(*jobs)))
    state = environment.reset(1)
    for node, _ in enumerate(jobs, start=1):
        state = environment.step(state, np.array([[node]]))
    loads = [sum(off for off, _ in jobs)]
    for off, on in jobs:
        loads.append(loads[-1] - off + on)
    assert float(state.peak[0, 0]) == max(loads)


def test_customers_that_nobody_can_serve_are_named() -> None:
    """Too large a demand, too far away: reported, and the others are served."""
    here = Location(index=0)
    instance = VrpInstance(
        jobs=(
            Job("large", Location(index=1), delivery=(11,)),
            Job("far", Location(index=2)),
            Job("cut off", Location(index=3)),
            Job("fine", Location(index=4)),
        ),
        depots=(Depot("depot", here),),
        allow_unserved=True,
        vehicle_types=(
            VehicleType(capacity=(10.0,), start="depot", end="depot", max_distance=10.0),
        ),
        profiles=(
            Profile(
                metric="matrix",
                distances=[
                    [0, 1, 6, 1, 1],
                    [1, 0, 6, 1, 1],
                    [6, 6, 0, 6, 6],
                    [None, 1, 6, 0, 1],
                    [1, 1, 6, 1, 0],
                ],
            ),
        ),
    )
    environment = Environment(to_problems(instance))
    assert environment.infeasible()[0].tolist() == [False, True, True, True, False]
    result = roll_out(environment, uniform(0), 3)
    assert environment.unserved(result.state).tolist() == [[3, 3, 3]]
    report = check(instance, to_solution(instance, result.actions[0, 0]), reasons=False)
    assert report.feasible
    assert report.totals["served"] == 1


@pytest.mark.parametrize("n", [0, 1, 2])
def test_tiny_instances(n: int) -> None:
    """No, one and two customers: nothing, and tours that end."""
    instance = tour(np.ones((n + 1, n + 1)) - np.eye(n + 1))
    environment = Environment(to_problems(instance))
    for first in (None, first_moves(environment, 2)):
        result = roll_out(environment, uniform(0), 2, first=first)
        report = check(instance, to_solution(instance, result.actions[0, 0]))
        assert report.complete
        assert report.feasible
        assert report.cost == result.cost[0, 0] == (n + 1 if n else 0)


def test_a_tour_is_one_route() -> None:
    """With one vehicle nobody goes home before all are served."""
    environment = Environment(to_problems(variant("ATSP", 9, seed=1)))
    actions = roll_out(environment, uniform(3), 20).actions
    assert actions.shape[-1] == 10
    assert (np.sort(actions[..., :-1], axis=-1) == np.arange(1, 10)).all()


def test_batches_of_different_problems_run_as_each_alone() -> None:
    """Joined problems, smaller ones filled up, give the same plans and costs."""
    names = ("OVRPTW", "MDVRPMBL", "PVRP-P", "PVRP-ZC", "ATSP", "MDOVRPBLTW")
    alone = [to_problems(variant(name, 4 + 3 * i, seed=i)) for i, name in enumerate(names)]
    together = stack(alone)
    environment = Environment(together)
    assert not environment.infeasible().any()
    result = roll_out(environment, nearest(environment), 1)
    for b, problems in enumerate(alone):
        single = Environment(problems)
        expected = roll_out(single, nearest(single), 1)
        at = columns(problems, together.tokens)
        length = expected.actions.shape[-1]
        assert result.actions[b, 0, :length].tolist() == at[expected.actions[0, 0]].tolist()
        assert result.cost[b, 0] == pytest.approx(expected.cost[0, 0])
    assert stack([together.take([1, 3]), together.take(0)]).batch == 3


torch_dtypes = [("float64", 1e-12), ("float32", 1e-5)]


@pytest.mark.parametrize(("dtype", "slack"), torch_dtypes)
def test_torch_runs_the_same_rules(dtype: str, slack: float) -> None:
    """The masks of every step and the costs are those of NumPy."""
    torch = pytest.importorskip("torch")
    batch = stack([to_problems(variant(name, 8, seed=5, asymmetric=True)) for name in ALL])
    ours = Environment(batch)
    theirs = Environment(batch.to_torch(dtype=getattr(torch, dtype)))
    assert (theirs.alone.numpy() == ours.alone).all()
    choose, state, other = uniform(1), ours.reset(3), theirs.reset(3)
    while True:
        mask, same = ours.mask(state), theirs.mask(other)
        assert (same.numpy() == mask).all()
        if ours.done(state, mask).all():
            break
        action = choose(state, mask)
        state, other = ours.step(state, action), theirs.step(other, torch.as_tensor(action))
    assert bool(theirs.done(other, same).all())
    np.testing.assert_allclose(other.cost.numpy(), state.cost, rtol=slack)


@pytest.mark.parametrize(("most", "possible"), [(17.0, True), (16.9, False)])
def test_a_later_departure_avoids_waiting_only_within_windows(most: float, possible: bool) -> None:
    """Begun by 5 at the first stop, the route waits for the second and takes 17 at least."""
    instance = VrpInstance(
        jobs=(
            Job("early", Location(index=1), time_windows=(TimeWindow(0, 5),)),
            Job("late", Location(index=2), time_windows=(TimeWindow(20, 25),)),
        ),
        depots=(Depot("depot", Location(index=0)),),
        vehicle_types=(VehicleType("van", start="depot", end="depot", max_duration=most),),
        profiles=(Profile(metric="matrix", distances=np.ones((3, 3)) - np.eye(3)),),
    )
    environment = Environment(to_problems(instance))
    state = environment.step(environment.reset(1), np.array([[1]]))
    assert bool(environment.mask(state)[0, 0, 2]) is possible
    assert feasible_after(instance, "van", ["early"], "late") is possible
