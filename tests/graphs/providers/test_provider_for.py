"""What a user writes, and the provider that it stands for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from routesolve.errors import InputError, MissingExtra
from routesolve.graphs.providers import PROVIDERS, osrm, provider_for
from routesolve.graphs.providers.file import FileProvider
from routesolve.graphs.providers.http import HttpProvider
from routesolve.graphs.providers.network import NetworkProvider
from tests.conftest import ROOT

SQUARE = "0,5,7\n5,0,2\n7,2,0\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("text", "url", "profile"),
    [
        ("http://localhost:5000", "http://localhost:5000", "driving"),
        ("https://example.org/routed-bike/", "https://example.org/routed-bike", "driving"),
        ("http://h:1/route/v1/cycling/1,2;3,4?overview=full", "http://h:1", "cycling"),
        ("http://h:1/x/table/v1/walking", "http://h:1/x", "walking"),
        ("http:bicycle:http://h:1", "http:bicycle:http://h:1", None),
    ],
)
def test_addresses(text: str, url: str, profile: str | None) -> None:
    """Addresses of servers, also those of a request."""
    if profile is None:
        with pytest.raises(InputError, match="not the address"):
            provider_for(text)
        return
    provider = provider_for(text)
    assert isinstance(provider, HttpProvider)
    assert (provider.url, provider.profile) == (url, profile)
    chosen = provider_for(text, profile="bicycle")
    assert isinstance(chosen, HttpProvider)
    assert chosen.profile == "cycling"


def test_networks() -> None:
    """Names and files of networks."""
    assert isinstance(provider_for("cairo"), NetworkProvider)
    Path("edges.txt").write_text("0 1 5\n1 0 5\n", encoding="utf-8")
    for text in ("edges.txt", "network:edges.txt", Path("edges.txt")):
        assert isinstance(provider_for(text), NetworkProvider)
    with pytest.raises(InputError, match="profile"):
        provider_for("network:bicycle:edges.txt")


@pytest.mark.parametrize("kind", ["csv", "json", "npy", "npz"])
def test_matrix_files_are_told_by_their_content(kind: str) -> None:
    """Whatever they are called."""
    rows = np.array([[0, 5, 7], [5, 0, 2], [7, 2, 0.0]])
    with Path("m").open("wb") as file:
        if kind == "npz":
            np.savez(file, durations=rows)
        elif kind == "npy":
            np.save(file, rows)
        elif kind == "json":
            file.write(b'\n{"durations": [[0, 5, 7], [5, 0, 2], [7, 2, 0]]}')
        else:
            file.write(SQUARE.encode())
    for text in ("m", "file:m"):
        provider = provider_for(text)
        assert isinstance(provider, FileProvider)
        travel = provider.travel([[0, 0], [1, 1], [2, 2]])
        np.testing.assert_array_equal(travel.durations, rows)
        np.testing.assert_array_equal(travel.distances, rows)
    with pytest.raises(InputError, match="no profile"):
        provider_for("m", profile="bicycle")


def test_edges_between_commas_are_a_network() -> None:
    """A list of edges is no matrix, though it holds numbers between commas."""
    Path("edges.csv").write_text("0,1,5\n1,0,5\n1,2,5\n2,1,6\n", encoding="utf-8")
    assert isinstance(provider_for("edges.csv"), NetworkProvider)


@pytest.mark.parametrize("text", ["nothing.npz", "nothing:at.all", "file:nothing", "", "."])
def test_what_is_not_there(text: str) -> None:
    """A clear error, with what could be given."""
    with pytest.raises(InputError) as error:
        provider_for(text)
    assert error.value.problems[0].fix


@pytest.mark.parametrize("text", ["osrm:nothing.osm.pbf", "osrm:nothing.osrm", "osrm:bicycle:no.x"])
def test_osrm_is_an_extra(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the wheel the message is the command that installs it, and for which Python."""
    monkeypatch.setattr(osrm, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra) as error:
        provider_for(text)
    assert 'pip install "routesolve[osrm]"' in str(error.value)
    assert "Python >= 3.12" in str(error.value)


def test_two_profiles() -> None:
    """One in the text and another beside it contradict each other."""
    with pytest.raises(InputError, match="two profiles"):
        provider_for("osrm:bicycle:x.osm.pbf", profile="foot")


def test_listing_providers_loads_none_of_them() -> None:
    """The registry is light: neither SciPy nor HTTP is loaded for it."""
    import subprocess
    import sys

    code = (
        "import sys, routesolve.graphs.providers as p; list(p.PROVIDERS); "
        "print(*(m for m in ('numpy', 'scipy', 'numba', 'urllib.request') if m in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.split() == []
    assert set(PROVIDERS) == {"network", "osrm", "http", "file"}
