"""Loads on board against a plain count of what is in the vehicle."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from routesolve.instances.instance import VrpInstance
from routesolve.instances.model import Job, Location, Shipment, Stop
from routesolve.solutions.loads import on_board
from routesolve.solutions.solution import Visit
from tests.strategies import instances

HERE = Location(x=0.0, y=0.0)


def count(
    visits: list[Visit], tasks: list[Job | Shipment | None], openings: list[int], k: int
) -> list[float]:
    """One dimension of the load after each visit, counted trip by trip and visit by visit."""

    def of(amounts: tuple[float, ...]) -> float:
        return amounts[k] if k < len(amounts) else 0.0

    found = []
    for i in range(len(visits)):
        opened = max(o for o in openings if o <= i)
        closed = min((o for o in openings if o > i), default=len(visits))
        load = 0.0
        for j in range(opened, closed):
            task = tasks[j]
            if isinstance(task, Job):
                load += of(task.pickup) if j <= i else of(task.delivery)
            elif task is not None and j <= i:
                load += of(task.amount) if visits[j].kind == "pickup" else -of(task.amount)
        found.append(load)
    return found


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(instance=instances(), data=st.data())
def test_loads_are_what_is_in_the_vehicle(instance: VrpInstance, data: st.DataObject) -> None:
    """Random jobs, shipments and reloads in any order; amounts are whole, so sums are exact."""
    stops: list[tuple[Visit, Job | Shipment | None]] = [
        (Visit("job", job.id), job) for job in instance.jobs
    ]
    for shipment in instance.shipments:
        stops += [(Visit("pickup", shipment.id), shipment)]
        stops += [(Visit("delivery", shipment.id), shipment)]
    stops += [(Visit("reload", "d0"), None)] * data.draw(st.integers(0, 2))
    order = [(Visit("start"), None), *data.draw(st.permutations(stops)), (Visit("end"), None)]
    visits, tasks = [v for v, _ in order], [t for _, t in order]
    openings = [0, *(i for i, visit in enumerate(visits) if visit.kind == "reload")]
    dimensions = instance.dimension_count
    found = on_board(visits, tasks, openings, dimensions)
    assert [len(load) for load in found] == [dimensions] * len(visits)
    for k in range(dimensions):
        assert [load[k] for load in found] == count(visits, tasks, openings, k)


def test_the_noise_of_floats_is_no_load() -> None:
    """Three tenths put on one by one and taken off at once leave nothing, not 5e-17."""
    boxes = [Shipment(str(i), Stop(HERE), Stop(HERE), (0.1,)) for i in range(3)]
    pallet = Shipment("all", Stop(HERE), Stop(HERE), (0.3,))
    visits = [Visit("start"), *(Visit("pickup", b.id) for b in boxes), Visit("delivery", "all")]
    assert on_board(visits, [None, *boxes, pallet], [0], 1)[-1] == (0.0,)


def test_without_load_dimensions_nothing_is_on_board() -> None:
    """An empty tuple for each visit."""
    assert on_board([Visit("start"), Visit("end")], [None, None], [0], 0) == [(), ()]
