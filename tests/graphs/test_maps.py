"""Routes and bands as documents and pages."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routesolve.errors import InputError
from routesolve.graphs import drawing
from routesolve.graphs.edge_data import Labels
from routesolve.graphs.graph import Graph
from routesolve.graphs.maps import Bands, Routes
from routesolve.graphs.maps.bands import _without
from routesolve.graphs.network import RoadNetwork
from routesolve.graphs.readers import load_network
from routesolve.graphs.summary import street_groups, summary

NASTY = 'Rue </script><script>alert("x")</script>'
STEP = 0.001


def line(names: list[str | None], *, both: bool = True) -> RoadNetwork:
    """Junctions in a row along the equator, 111 m apart, an arc per name."""
    m = len(names)
    tails, heads = np.arange(m), np.arange(1, m + 1)
    classes = ["primary" if name is None else "residential" for name in names]
    if both:
        tails, heads = np.append(tails, heads), np.append(heads, tails)
        names, classes = names * 2, classes * 2
    graph = Graph.from_edges(
        tails,
        heads,
        np.full(len(tails), 10.0),
        np.full(len(tails), 111.0),
        [(STEP * x, 0.0) for x in range(m + 1)],
        edge_attributes={"name": Labels.encode(names), "road_class": Labels.encode(classes)},
        name="row",
        attribution="© nobody",
    )
    return RoadNetwork(graph)


def test_steps_are_streets_in_order() -> None:
    """Names once each; nameless roads by their class; lines fit together."""
    network = line(["a", "a", None, "b"])
    way = Routes.find(network, [(0.0, 0.0), (4 * STEP, 0.0)]).ways[0]
    assert [step.label for step in way.steps] == ["a", "unnamed road (primary)", "b"]
    assert [round(step.distance) for step in way.steps] == [222, 111, 111]
    assert way.streets == ["a", "b"]
    for before, after in zip(way.steps, way.steps[1:], strict=False):
        assert before.line[-1] == pytest.approx(after.line[0], abs=1e-9)


def test_legs_add_up() -> None:
    """A way over a place between is as long as its legs."""
    network = line(["a"] * 6)
    points = [(STEP, 0.0), (4.5 * STEP, 0.0), (2 * STEP, 0.0)]
    found = Routes.find(network, points)
    assert found.ways[0].distance == pytest.approx(111 * (3.5 + 2.5), abs=0.1)
    assert [p["kind"] for p in found.document()["places"]] == ["start", "via", "end"]
    with pytest.raises(InputError):
        Routes.find(network, points, count=2)
    with pytest.raises(InputError):
        Routes.find(network, points[:1])


def test_shared_part_is_by_length() -> None:
    """A way shares everything with itself, nothing with its way back."""
    network = line(["a"] * 4)
    metres = network.streets.metrics["distance"]
    ends = [(0.0, 0.0), (4 * STEP, 0.0)]
    there, back = (Routes.find(network, p).ways[0] for p in (ends, ends[::-1]))
    assert there.shared(there, metres) == 1.0
    assert there.shared(back, metres) == 0.0


def test_documents_are_json_with_the_same_numbers() -> None:
    """The document and GeoJSON tell the same, with the attribution."""
    found = Routes.find(load_network("cairo"), [(31.33, 30.09), (31.35, 30.10)], count=3)
    document, collection = found.document(), found.geojson()
    json.dumps([document, collection], allow_nan=False)
    lines = [f for f in collection["features"] if f["geometry"]["type"] == "LineString"]
    assert len(lines) == len(document["routes"]) == len(found.ways) > 1
    for feature, route in zip(lines, document["routes"], strict=True):
        assert feature["geometry"] == route["geometry"]
        assert feature["properties"]["duration"] == route["duration"]
        assert 1 <= route["stretch"] < 1.3
        assert sum(s["duration"] for s in route["steps"]) == pytest.approx(
            route["duration"], abs=len(route["steps"])
        )
    assert "OpenStreetMap" in document["attribution"]


def test_pages_are_whole_and_safe() -> None:
    """Nothing points outside, a name cannot break out, the licence is said."""
    network = line(["a", NASTY, "b"])
    for page in (
        Routes.find(network, [(0.0, 0.0), (3 * STEP, 0.0)]).page(),
        Bands.find(network, (0.0, 0.0), [10.0, 25.0]).page(),
    ):
        assert "<script>alert" not in page
        assert "default-src 'none'" in page
        assert "© nobody" in page
        assert set(re.findall(r"https?://[^\s\"'<)]+", page)) <= {
            "http://www.w3.org/2000/svg",
            "https://leafletjs.com",
        }
        assert not re.search(r"\s(?:src|href)=", page.split("<body>")[1].split("<script")[0])
        data = re.search(r'id="routesolve-map">(.*?)</script>', page, re.DOTALL)
        assert data is not None
        drawn = json.loads(data[1])
        assert drawn["layers"]
        assert drawn["streets"] or drawn["main_streets"]


def test_standing_still_is_drawn() -> None:
    """A way from a place to itself has no length, and a page."""
    found = Routes.find(line(["a"]), [(0.0, 0.0), (0.0, 0.0)])
    assert found.ways[0].distance == 0
    assert "<html" in found.page()


# -- bands -----------------------------------------------------------------------------------------


def test_bands_from_the_middle_of_a_street() -> None:
    """Both directions of a street are one; each band holds what is beyond the one before."""
    bands = Bands.find(line(["a"] * 5), (2.5 * STEP, 0.0), [10.0, 20.0, 1000.0]).bands
    assert [band.street_m for band in bands] == pytest.approx([222, 444, 555], abs=0.1)
    whole = [sum(b - a for parts in band.parts.values() for a, b in parts) for band in bands]
    assert whole == pytest.approx([2, 2, 1], abs=1e-3)


def test_one_way_streets_are_not_driven_backwards() -> None:
    """Against a one-way street nothing is reached."""
    bands = Bands.find(line(["a"] * 5, both=False), (2.5 * STEP, 0.0), [1000.0]).bands
    assert bands[0].street_m == pytest.approx(2.5 * 111, abs=0.1)


def test_bands_of_a_city_cover_its_reach() -> None:
    """The bands together are what one limit alone reaches."""
    network = load_network("cairo")
    place = (31.33, 30.09)
    several = Bands.find(network, place, [120.0, 240.0, 60.0])
    alone = Bands.find(network, place, [240.0])
    assert [band.limit for band in several.bands] == [60.0, 120.0, 240.0]
    assert several.bands[-1].street_m == alone.bands[0].street_m
    metres = network.streets.metrics["distance"] / 1000
    total = sum(
        (b - a) * metres[street]
        for band in several.bands
        for street, parts in band.parts.items()
        for a, b in parts
    )
    assert total == pytest.approx(alone.bands[0].street_m)
    json.dumps(several.geojson(), allow_nan=False)


parts = st.lists(st.integers(0, 40), unique=True, max_size=10).map(
    lambda ends: [
        (a / 40, b / 40) for a, b in zip(sorted(ends)[::2], sorted(ends)[1::2], strict=False)
    ]
)


@settings(max_examples=200)
@given(parts, parts)
def test_without_takes_away_exactly(keep: list, less: list) -> None:
    """A share is left when it was there and is not taken away."""

    def inside(where: float, some: list) -> bool:
        return any(a < where < b for a, b in some)

    left = _without(keep, less)
    assert all(a < b for a, b in left)
    for k in range(40):
        middle = (k + 0.5) / 40
        assert inside(middle, left) == (inside(middle, keep) and not inside(middle, less))


# -- figures and ground ----------------------------------------------------------------------------


def test_streets_are_counted_once() -> None:
    """Two directions are one street; loops and parallel streets are streets of their own."""
    graph = Graph.from_edges(
        [0, 1, 0, 0, 1, 2], [1, 0, 1, 0, 2, 0], [1] * 6, [100, 100, 100, 50, 70, 30], n=3
    )
    found = summary(graph)
    assert found["street_km"] == pytest.approx((100 + 100 + 50 + 70 + 30) / 1000)
    assert found["one_way_share"] == pytest.approx((100 + 50 + 70 + 30) / 350, abs=1e-4)
    assert found["components"] == 1
    assert found["box"] is None
    assert found["road_class_km"] == {}
    street_of, turned = street_groups(graph)
    assert street_of.tolist() == [0, 0, 2, 0, 4, 5]  # arcs are in the order of their tails
    assert turned.sum() == 1


def test_summary_of_nothing() -> None:
    """A graph without nodes has figures, too."""
    found = summary(Graph.from_edges([], [], [], []))
    assert found["junctions"] == found["arcs"] == found["street_km"] == 0


def test_ground_is_wider_than_what_is_drawn() -> None:
    """Streets beside a tall drawing are there for a wide map; main roads come apart."""
    graph = load_network("cairo").streets
    tall = np.array([(31.34, 30.08), (31.34, 30.11)])
    point = drawing.ground(graph, tall[:1])
    both = drawing.ground(graph, tall)
    assert point["main_streets"]
    assert sum(map(len, both["streets"])) > 4 * sum(map(len, point["streets"]))
    assert drawing.ground(graph, np.empty((0, 2))) == {"streets": [], "main_streets": []}
