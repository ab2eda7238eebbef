"""Random instances: reproducible, valid, servable, and errors that help."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np
import pytest

from routesolve.errors import InputError
from routesolve.graphs.graph import Graph
from routesolve.graphs.rounding import Rounding
from routesolve.instances.features import Feature, used_features
from routesolve.instances.generate import (
    GENERATORS,
    PROFILED,
    VARIANTS,
    generate,
    on_network,
)
from routesolve.instances.instance import VrpInstance


def digest(instance: VrpInstance) -> str:
    """A short fingerprint of an instance, numbers to nine digits."""
    plain = json.dumps(instance.to_dict(), default=str)
    rounded = json.loads(plain, parse_float=lambda text: f"{float(text):.9g}")
    return hashlib.sha256(json.dumps(rounded).encode()).hexdigest()[:12]


@pytest.mark.parametrize("name", GENERATORS)
def test_same_seed_same_instance(name: str) -> None:
    """A seed fixes the instance, another one changes it."""
    first = generate(name, 12, seed=5)
    assert first == generate(name.lower(), 12, seed=5)
    assert first != generate(name, 12, seed=6)
    assert len(first.jobs) == 12


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("X", "eb312bfde8c8"),
        ("MDVRPMBLTW", "2756e543fb46"),
        ("PVRP-ZC", "df6ad5faf064"),
    ],
)
def test_streams_do_not_drift(name: str, expected: str) -> None:
    """The same numbers on every machine and with every version of NumPy."""
    assert digest(generate(name, 30, seed=7)) == expected


def test_there_are_48_variants() -> None:
    """Every combination has a name of its own."""
    assert len(VARIANTS) == len(set(VARIANTS)) == 48
    assert {"CVRP", "OVRP", "VRPB", "MDCVRP", "MDOVRPMBLTW", "VRPL", "OVRPTW"} <= set(VARIANTS)


@pytest.mark.parametrize("name", VARIANTS)
def test_variant_uses_the_features_in_its_name(name: str) -> None:
    """The name says what the instance uses, and the instance uses nothing else."""
    expected = {Feature.CAPACITY}
    if name.startswith("MD"):
        expected |= {Feature.SEVERAL_DEPOTS, Feature.MIXED_FLEET}
    is_open = name.removeprefix("MD").startswith("O")
    if is_open:
        expected.add(Feature.OPEN_END)
    rest = name.partition("VRP")[2]
    if "B" in rest:
        expected.add(Feature.PICKUPS)
        if not rest.startswith("MB"):
            expected.add(Feature.BACKHAUL_LAST)
    if "L" in rest:
        expected.add(Feature.MAX_DISTANCE)
    if "TW" in rest:
        expected |= {Feature.SERVICE, Feature.TIME_WINDOWS}
        if not is_open:
            expected.add(Feature.SHIFT)
    assert used_features(generate(name, 60, seed=1)) == expected


@pytest.mark.parametrize("name", [v for v in VARIANTS if "TW" in v or "L" in v])
def test_every_customer_can_be_served_alone(name: str) -> None:
    """From some depot a vehicle keeps window, limit and closing time."""
    instance = generate(name, 50, seed=3)
    for job in instance.jobs:
        place = np.array([job.location.x, job.location.y])
        served = False
        for kind in instance.vehicle_types:
            depot = instance.depots_by_id[kind.start or ""].location
            away = float(np.hypot(*(place - np.array([depot.x, depot.y]))))
            home = 0.0 if kind.end is None else away
            begin = max([away, *(w.earliest for w in job.time_windows)])
            latest = min([np.inf, *(w.latest for w in job.time_windows)])
            served |= (
                begin <= latest
                and begin + job.service + home <= kind.shift.latest + 1e-9
                and away + home <= kind.max_distance + 1e-9
            )
        assert served, job.id


def test_variants_of_one_seed_share_customers() -> None:
    """Attributes are added to the same customers."""
    plain, rich = generate("CVRP", 20, seed=2), generate("OVRPBLTW", 20, seed=2)
    assert [j.location for j in plain.jobs] == [j.location for j in rich.jobs]


@pytest.mark.parametrize("demand", ["unit", "1-10", "5-10", "1-100", "50-100", "quadrant"])
@pytest.mark.parametrize("customers", ["random", "clustered", "random-clustered"])
@pytest.mark.parametrize("depot", ["central", "eccentric", "random"])
def test_x_style(depot: str, customers: str, demand: str) -> None:
    """Different grid points, demands in their range, capacity for the route size."""
    instance = generate(
        "X", 80, seed=4, depot=depot, customers=customers, demand=demand, route_size=8
    )
    points = instance.points
    assert len(points) == 81
    assert points.min() >= 0
    assert points.max() <= 1000
    assert (points == np.round(points)).all()
    amounts = np.array([job.delivery[0] for job in instance.jobs])
    low, high = {"unit": (1, 1), "quadrant": (1, 100)}.get(demand) or map(int, demand.split("-"))
    assert low <= amounts.min() <= amounts.max() <= high
    (capacity,) = instance.vehicle_types[0].capacity
    assert capacity == max(np.ceil(8 * amounts.mean()), amounts.max())
    assert instance.rounding is Rounding.nearest
    fixed = {"central": [500, 500], "eccentric": [0, 0]}
    assert points[0].tolist() == fixed.get(depot, points[0].tolist())


def test_x_style_few_large() -> None:
    """Most demands are small."""
    instance = generate("X", 400, seed=1, demand="few-large")
    amounts = np.array([job.delivery[0] for job in instance.jobs])
    assert 0.6 < (amounts <= 10).mean() < 1
    assert ((amounts <= 10) | (amounts >= 50)).all()


def test_clusters_are_clustered() -> None:
    """Nearest neighbours are much closer than at random."""

    def spacing(customers: str) -> float:
        points = generate("X", 300, seed=9, customers=customers).points
        away = np.hypot(*(points[:, None] - points[None, :]).transpose(2, 0, 1))
        np.fill_diagonal(away, np.inf)
        return float(np.median(away.min(axis=0)))

    assert spacing("clustered") < 0.5 * spacing("random")


@pytest.mark.parametrize(
    ("name", "distribution"), [(name, d) for name, some in PROFILED.items() for d in some]
)
def test_profiled(name: str, distribution: str) -> None:
    """Scores lie in 0..1; every customer keeps a vehicle that may serve it."""
    instance = generate(name, 40, seed=8, vehicles=4, distribution=distribution)
    assert len(instance.vehicle_types) == 4
    for kind in instance.vehicle_types:
        assert kind.count == 1
        assert kind.reload_depots == ("depot",)
        assert all(0 <= score <= 1 for score in kind.preferences.values())
        assert len(kind.preferences) == (40 if name == "PVRP-P" else 0)
    closed = set.intersection(*(set(kind.forbidden) for kind in instance.vehicle_types))
    assert not closed
    if name == "PVRP-ZC" and distribution == "angle":
        assert any(kind.forbidden for kind in instance.vehicle_types)


def test_on_the_embedded_network() -> None:
    """Stops lie on the streets, can be reached, and keep their windows."""
    instance = on_network("cairo", 30, seed=2, vehicles=3, windows=1.0)
    assert instance == on_network("cairo", 30, seed=2, vehicles=3, windows=1.0)
    assert "OpenStreetMap" in instance.comment
    instance.require_reachable(max_snap=1.0)
    travel, kind = instance.travel(), instance.vehicle_types[0]
    for i, job in enumerate(instance.jobs, start=1):
        (window,) = job.time_windows
        begin = max(window.earliest, kind.shift.earliest + travel.durations[0, i])
        assert begin <= window.latest
        assert begin + job.service + travel.durations[i, 0] <= kind.shift.latest


def test_on_a_graph_of_ones_own() -> None:
    """A graph object works as well as a name; unconnected parts are not used."""
    ring = [(i, (i + 1) % 6) for i in range(6)]
    arcs = np.array(ring + [(b, a) for a, b in ring] + [(0, 6)])
    length = np.full(len(arcs), 100.0)
    spots = np.array([[31.3 + 0.001 * i, 30.0 + 0.001 * (i % 2)] for i in range(7)])
    graph = Graph.from_edges(arcs[:, 0], arcs[:, 1], length / 10, length, spots, name="ring")
    instance = on_network(graph, 5, seed=1)
    instance.require_reachable()
    assert instance.graph(instance.profiles[0]) is graph
    with pytest.raises(InputError, match="from 1 to 5"):
        on_network(graph, 6)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: generate("VRPTV"), "did you mean 'VRPTW'"),
        (lambda: generate("X", 10, demnd="unit"), "did you mean 'demand'"),
        (lambda: generate("X", 10, demand="huge"), "use one of unit"),
        (lambda: generate("X", 10, depot="left", customers="none"), "customers is 'none'"),
        (lambda: generate("X", 50_000), "from 1 to 20000"),
        (lambda: generate("X", 10, route_size=float("nan")), "route_size is nan"),
        (lambda: generate("CVRP", 0), "n is 0"),
        (lambda: generate("CVRP", 2.5), "n is 2.5"),  # type: ignore[arg-type]
        (lambda: generate("CVRP", 5, seed=-1), "seed is -1"),
        (lambda: generate("MDVRPL", 5, depots="many"), "depots is 'many'"),
        (lambda: generate("CVRP", 5, fleet=0), "fleet is 0"),
        (lambda: generate("PVRP-ZC", 5, distribution="cluster"), "use one of random, angle"),
        (lambda: generate("PVRP-P", 5, vehicles=0, preference=2), "preference is 2"),
        (lambda: on_network("cairo", 5, windows=1.5), "windows is 1.5"),
    ],
)
def test_bad_arguments(call: Any, words: str) -> None:
    """Each is an input error that says what to give instead."""
    with pytest.raises(InputError, match=words):
        call()
