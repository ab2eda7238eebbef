"""GeoJSON of a plan."""

from __future__ import annotations

import json

import pytest

from routesolve.errors import InputError
from routesolve.solutions.writers.geojson import render
from tests.solutions.writers import cases


def test_positions_are_longitude_latitude():
    """Every position is [lon, lat], and every feature has geometry and properties."""
    made = json.loads(render(cases.city(network=True)))
    assert made["type"] == "FeatureCollection"
    for feature in made["features"]:
        assert feature["type"] == "Feature"
        assert feature["properties"]["feature"]
        line = feature["geometry"]["coordinates"]
        for lon, lat in line if feature["geometry"]["type"] == "LineString" else [line]:
            assert 31 < lon < 32
            assert 29.5 < lat < 30.5


def test_legs_follow_the_streets():
    """On a network legs have the bends of the streets, and their lengths add up."""
    result = cases.city(network=True)
    features = json.loads(render(result))["features"]
    legs = [f for f in features if f["properties"]["feature"] == "leg"]
    assert max(len(f["geometry"]["coordinates"]) for f in legs) > 10
    assert all(len(f["geometry"]["coordinates"]) >= 2 for f in legs)
    driven = sum(f["properties"]["distance"] for f in legs)
    assert driven == pytest.approx(result.report.totals["distance"], abs=1e-3)


def test_left_out_stops_are_points():
    """What is not served is on the map with its reason."""
    features = json.loads(render(cases.city()))["features"]
    left = [f["properties"] for f in features if f["properties"]["feature"] == "unassigned"]
    assert [(p["id"], p["reason"]) for p in left] == [("far", "impossible")]


def test_planar_instances_are_refused_with_a_fix():
    """GeoJSON is for the earth only."""
    with pytest.raises(InputError, match="fix: write json, csv or html"):
        render(cases.plane())
