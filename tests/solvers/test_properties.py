"""Random instances over the whole problem model: feasible, or said to be unsupported."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from routesolve.errors import RoutingError, UnsupportedFeature
from routesolve.instances.instance import VrpInstance
from routesolve.solutions.checker import check
from routesolve.solvers.base import Budget
from routesolve.solvers.registry import get
from tests.solvers.entries import each_solver
from tests.strategies import instances

SHORT = Budget(seconds=0.3, iterations=200)
RANDOM = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def _judge(name: str, instance: VrpInstance) -> None:
    try:
        result = get(name).solve(instance, SHORT, seed=1)
    except RoutingError:  # a stop that no road reaches has nothing to do with the solver
        return
    if not result.feasible and any(route.locked for route in instance.initial_routes):
        return  # a locked beginning may itself break a rule; it stands all the same
    assert result.feasible, result.report.violations
    again = check(instance, result.solution)
    assert again.feasible, again.violations
    assert again.cost == pytest.approx(result.cost)


@each_solver
@RANDOM
@given(instance=instances())
def test_any_instance_is_solved_or_refused(name: str, instance: VrpInstance) -> None:
    """What a solver cannot do it names, and refuses; everything else passes the checker."""
    if lacks := get(name).unsupported(instance):
        with pytest.raises(UnsupportedFeature, match="does not support") as refusal:
            get(name).solve(instance, SHORT)
        assert lacks[0] in str(refusal.value)
    else:
        _judge(name, instance)


@each_solver
@RANDOM
@given(data=st.data())
def test_supported_features_give_feasible_plans(name: str, data: st.DataObject) -> None:
    """Instances made only of features that a solver lists: its plans pass the checker."""
    instance = data.draw(instances(features=get(name).info.features))
    if not get(name).unsupported(instance):
        _judge(name, instance)
