"""Routes driven together and one by one."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from routesolve.instances.instance import VrpInstance
from routesolve.solutions.driven import DrivenRoute, drive_all
from routesolve.solutions.solution import Route, Visit
from tests.strategies import instances


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(instance=instances(), data=st.data())
def test_together_or_alone_a_route_is_the_same(instance: VrpInstance, data: st.DataObject) -> None:
    """The legs of all routes are measured at once: to the last digit what one alone has."""
    visits = [Visit("job", job.id) for job in instance.jobs] + [Visit("job", "nobody")]
    order = data.draw(st.permutations(visits))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(order)), max_size=3)))
    parts = zip([0, *cuts], [*cuts, len(order)], strict=True)
    kinds = st.sampled_from([kind.id for kind in instance.vehicle_types] + ["unknown"])
    routes = [Route(data.draw(kinds), tuple(order[a:b])) for a, b in parts]
    together = drive_all(instance, routes)
    for index, (route, driven) in enumerate(zip(routes, together, strict=True)):
        alone = DrivenRoute(instance, index, route)
        assert driven.violations == alone.violations
        assert driven.used == alone.used
        if alone.used:
            assert driven.timed() == alone.timed()
            assert driven.own_cost() == alone.own_cost()
