"""The stops of a file, in the order of a matrix."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from routesolve.errors import InputError
from routesolve.instances.stops import read_stops


def write(folder: Path, name: str, content: Any) -> str:
    """Write a file; anything but text is JSON."""
    text = content if isinstance(content, str) else json.dumps(content)
    (folder / name).write_text(text, "utf-8")
    return str(folder / name)


def point(lon: float, lat: float, **more: Any) -> dict[str, Any]:
    """A GeoJSON feature."""
    return {"type": "Feature", "geometry": {"type": "Point", "coordinates": [lon, lat]}} | more


def test_a_table_depots_first(tmp_path: Path) -> None:
    """Names and places of a table; the depot's row comes first wherever it is."""
    text = "name,type,lat,lon\na,job,30.1,31.3\nhub,depot,30.2,31.4\nb,job,30.3,31.5\n"
    stops = read_stops(write(tmp_path, "s.csv", text))
    assert stops.ids == ["hub", "a", "b"]
    assert stops.points.tolist() == [[31.4, 30.2], [31.3, 30.1], [31.5, 30.3]]


def test_an_instance_with_shipments(tmp_path: Path) -> None:
    """Depots, jobs, then both ends of each shipment, as a matrix of the instance has them."""
    document = {
        "depots": [{"id": "d", "location": {"lon": 1, "lat": 2}}],
        "jobs": [{"id": "j", "location": {"lon": 3, "lat": 4}}],
        "shipments": [
            {
                "id": "s",
                "pickup": {"location": {"lon": 5, "lat": 6}},
                "delivery": {"location": {"lon": 7, "lat": 8}},
            }
        ],
        "vehicle_types": [{"id": "v", "start": "d", "end": "d"}],
    }
    stops = read_stops(write(tmp_path, "i.json", document))
    assert stops.ids == ["d", "j", "s pickup", "s delivery"]
    assert stops.points[:, 0].tolist() == [1, 3, 5, 7]


def test_geojson_points(tmp_path: Path) -> None:
    """Ids from the feature or its properties, else numbers; a lone feature is one stop."""
    features = [point(1, 2, id="x"), point(3, 4, properties={"name": "y"}), point(5, 6)]
    document = {"type": "FeatureCollection", "features": features}
    assert read_stops(write(tmp_path, "a.geojson", document)).ids == ["x", "y", "2"]
    assert len(read_stops(write(tmp_path, "b.geojson", point(1, 2))).ids) == 1


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ({"type": "FeatureCollection", "features": [point(200, 95)]}, "/features/0"),
        ({"type": "FeatureCollection", "features": [{"type": "Feature"}]}, "/features/0"),
        ({"type": "FeatureCollection", "features": 7}, "features"),
        ({"type": "Feature", "geometry": {"type": "Point", "coordinates": ["a"]}}, "longitude"),
        ("name,x,y\nd,100,200\na,300,400\n", "'d'"),
        ("nothing\nthat is known\n", "format"),
        ("", "empty"),
        ("{", "line"),
    ],
)
def test_bad_stops(tmp_path: Path, content: Any, word: str) -> None:
    """Every error names the file, the place in it and what to write."""
    source = write(tmp_path, "bad.txt", content)
    with pytest.raises(InputError) as caught:
        read_stops(source)
    assert "bad.txt" in str(caught.value)
    assert word in str(caught.value)
