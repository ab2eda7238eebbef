"""Tests of networks downloaded by the name of a place; OSMnx is a stub, nothing is downloaded."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from routesolve.errors import InputError, MissingExtra, RoutingError
from routesolve.graphs import load_graph, load_network
from routesolve.graphs.readers.place import download

from .test_readers import osmnx_style


class ResponseStatusCodeError(ValueError):
    """Called as OSMnx calls its own."""


@pytest.fixture
def osmnx(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], SimpleNamespace]:
    """Put a stub in the place of OSMnx that gives an answer, or raises it."""

    def put(answer: Any) -> SimpleNamespace:
        module = SimpleNamespace(settings=SimpleNamespace(use_cache=False, cache_folder="x"))

        def graph_from_place(place: str, *, network_type: str) -> Any:
            module.asked = place, network_type
            module.cached = module.settings.use_cache, module.settings.cache_folder
            if isinstance(answer, Exception):
                raise answer
            return answer

        module.graph_from_place = graph_from_place
        monkeypatch.setitem(sys.modules, "osmnx", module)
        return module

    return put


def test_a_place(osmnx: Callable[[Any], SimpleNamespace], tmp_path: Path) -> None:
    """The graph that OSMnx gives becomes a network of the part that is connected both ways."""
    island = osmnx_style()
    island.add_node(7, x=31.4, y=30.2)
    island.add_edge(7, 99, length=10.0, highway="residential")
    module = osmnx(island)
    network = load_network("place:Funchal, Portugal")
    assert module.asked == ("Funchal, Portugal", "drive")
    assert (network.streets.n, network.turns, network.name) == (3, None, "Funchal")
    assert "OpenStreetMap" in network.attribution
    assert load_graph("place: Funchal").n == 3
    download("Funchal", cache=tmp_path)
    assert module.cached == (True, str(tmp_path))
    assert (module.settings.use_cache, module.settings.cache_folder) == (False, "x")


def test_who_walks_keeps_no_speed_limit(osmnx: Callable[[Any], SimpleNamespace]) -> None:
    """Durations on foot are those of the profile, though the streets say 50 km/h."""
    graph = osmnx_style()
    graph.remove_edge(5_000_000_000, 99, 0)
    module = osmnx(graph)
    network = load_network("place:Funchal", profile="foot")
    assert module.asked == ("Funchal", "walk")
    metrics = network.streets.metrics
    assert metrics["duration"] == pytest.approx(metrics["distance"] / (5 / 3.6), rel=1e-5)


@pytest.mark.parametrize(
    ("answer", "error", "message"),
    [
        (ConnectionError("no route to host"), RoutingError, "no route to host[\\s\\S]*geofabrik"),
        (TimeoutError("timed out"), RoutingError, "graph build"),
        (ResponseStatusCodeError("429"), RoutingError, "answered 429[\\s\\S]*try again later"),
        (ValueError("0 results"), InputError, "no streets of 'Atlantis' were found: 0 results"),
        (TypeError("not a polygon"), InputError, "an area, not a point"),
    ],
)
def test_what_can_go_wrong(
    osmnx: Callable[[Any], SimpleNamespace], answer: Exception, error: type, message: str
) -> None:
    """Offline, busy, unknown: what happened and how to mend it; OSMnx's settings are put back."""
    module = osmnx(answer)
    with pytest.raises(error, match=message):
        download("Atlantis", cache="somewhere")
    assert module.settings.cache_folder == "x"


def test_what_cannot_be_asked(
    osmnx: Callable[[Any], SimpleNamespace], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No name, an unknown profile, no OSMnx."""
    osmnx(osmnx_style())
    with pytest.raises(InputError, match="has no name"):
        load_network("place: ")
    with pytest.raises(InputError, match="unknown profile"):
        load_network("place:Funchal", profile="lorry")
    monkeypatch.setitem(sys.modules, "osmnx", None)
    with pytest.raises(MissingExtra, match=r"routesolve\[osm\]"):
        load_network("place:Funchal")
