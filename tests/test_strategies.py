"""The strategy that other tests rely on: valid, and within the features asked for."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from routesolve.instances.features import Feature, used_features
from routesolve.instances.instance import VrpInstance
from tests.strategies import _NEEDS, instances


@given(instances())
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_instances_are_valid(instance: VrpInstance) -> None:
    """Construction never raises, and the instance has a fleet."""
    assert instance.vehicle_types


@given(st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_only_allowed_features_are_used(data: st.DataObject) -> None:
    """A test that restricts the features meets no other ones."""
    allowed = data.draw(st.frozensets(st.sampled_from(Feature)))
    assert used_features(data.draw(instances(features=allowed))) <= allowed


@pytest.mark.parametrize("feature", list(Feature))
def test_every_feature_is_drawn(feature: Feature) -> None:
    """Each feature occurs in some instance."""
    allowed = {feature, *_NEEDS.get(feature, set())}
    find(
        instances(features=allowed),
        lambda instance: feature in used_features(instance),
        settings=settings(max_examples=2000, deadline=None, database=None, phases=[Phase.generate]),
    )
