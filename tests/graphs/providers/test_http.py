"""An OSRM server, and what can go wrong with it."""

from __future__ import annotations

import socket
import time
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import numpy.typing as npt
import pytest

from routesolve.errors import InputError, RoutingError
from routesolve.graphs.providers import http
from routesolve.graphs.providers.base import osrm_numbers
from routesolve.graphs.providers.http import HttpProvider

from .server import Stub

Floats = npt.NDArray[np.float64]


def _points(n: int, seed: int = 0) -> Floats:
    """Different places, to the microdegree, as addresses hold them."""
    return np.random.default_rng(seed).uniform(6, 8, (n, 2)).round(6)


def _expected(sources: Floats, targets: Floats) -> Floats:
    return np.abs(sources[:, None] - targets[None]).sum(axis=2) * 1000


def _provider(stub: Stub, **options: Any) -> HttpProvider:
    return HttpProvider(stub.url, **{"pause": 0.001, "cache": False, **options})


def _size(request: str) -> tuple[int, int]:
    """Rows and columns that a request asks for."""
    url = urlsplit(request)
    n = url.path.rpartition("/")[2].count(";") + 1
    query = parse_qs(url.query)
    return tuple(  # type: ignore[return-value]
        query[key][0].count(";") + 1 if key in query else n for key in ("sources", "destinations")
    )


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long was waited each time, without waiting."""
    naps: list[float] = []
    monkeypatch.setattr(http.time, "sleep", naps.append)
    return naps


def test_all_within_the_limit_is_one_request(stub: Stub) -> None:
    """Places go once over the line when they are sources and targets."""
    points = _points(100)
    table = _provider(stub).table(points)
    np.testing.assert_allclose(table.durations, _expected(points, points), atol=1e-6)
    np.testing.assert_allclose(table.distances, _expected(points, points) * 100, atol=1e-3)
    np.testing.assert_array_equal(table.source_snaps, np.full(100, 11.0))
    (request,) = stub.requests
    assert request.count(".") == 200


@pytest.mark.parametrize(("s", "t"), [(250, 250), (1, 230), (230, 1), (101, 3), (7, 100)])
def test_larger_tables_come_in_parts(stub: Stub, s: int, t: int) -> None:
    """Each part within the limit, no more of them than needed, all entries right."""
    sources, targets = _points(s), _points(t, seed=1)
    table = _provider(stub).table(sources, targets)
    np.testing.assert_allclose(table.durations, _expected(sources, targets), atol=1e-6)
    assert not np.isnan(table.source_snaps).any()
    assert not np.isnan(table.target_snaps).any()
    sizes = [_size(request) for request in stub.requests]
    assert max(max(size) for size in sizes) <= 100
    assert len(sizes) == -(-s // 100) * -(-t // 100)
    assert sum(a * b for a, b in sizes) == s * t


def test_addresses_stay_short(stub: Stub) -> None:
    """Below the 8 kB that web servers take, wherever the places are."""
    points = -100 - np.random.default_rng(0).uniform(0, 79, (100, 2))
    points[:, 1] = points[:, 1] / 2
    _provider(stub).table(points, points - 0.001)
    assert max(map(len, stub.requests)) < 8000


def test_too_big_is_halved_until_it_fits(stub: Stub) -> None:
    """And the smaller size is kept for what follows."""
    stub.limit = 13
    points = _points(40)
    provider = _provider(stub)
    np.testing.assert_allclose(
        provider.table(points).durations, _expected(points, points), atol=1e-6
    )
    assert 6 <= provider.side <= 13
    stub.requests.clear()
    provider.table(points[:20])
    assert max(max(_size(request)) for request in stub.requests) <= 13


@pytest.mark.parametrize("status", [413, 414, 431])
def test_a_proxy_that_finds_it_too_long(stub: Stub, status: int) -> None:
    """A refusal for size without OSRM's words is understood, too."""
    stub.upcoming = [(status, {}, b"<html>too long</html>")]
    points = _points(10)
    table = _provider(stub).table(points)
    np.testing.assert_allclose(table.durations, _expected(points, points), atol=1e-6)


def test_a_server_that_takes_nothing(stub: Stub) -> None:
    """Halving ends."""
    stub.limit = 0
    with pytest.raises(RoutingError, match="refuses even"):
        _provider(stub).table(_points(5))
    assert len(stub.requests) < 10


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, None])
def test_what_may_pass_is_tried_again(stub: Stub, status: int | None, naps: list[float]) -> None:
    """Errors of the server and broken connections; each wait is twice the one before."""
    stub.upcoming = [(status, {}, b"busy")] * 3
    points = _points(3)
    table = _provider(stub, pause=0.5).table(points)
    np.testing.assert_allclose(table.durations, _expected(points, points), atol=1e-6)
    assert naps == [0.5, 1.0, 2.0]


def test_trying_ends(stub: Stub, naps: list[float]) -> None:
    """After some attempts the error names server and reason."""
    stub.upcoming = [(503, {}, b"busy")] * 10
    with pytest.raises(RoutingError, match=r"status 503; tried 4 times") as error:
        _provider(stub).table(_points(3))
    assert stub.url in str(error.value)
    assert len(stub.requests) == 4


def test_the_server_says_how_long_to_wait(stub: Stub, naps: list[float]) -> None:
    """In seconds or as a date; nonsense counts as nothing."""
    stub.upcoming = [
        (429, {"Retry-After": "7"}, b""),
        (503, {"Retry-After": formatdate(time.time() + 30, usegmt=True)}, b""),
        (503, {"Retry-After": "soon"}, b""),
    ]
    _provider(stub, pause=0.5).table(_points(3))
    assert naps[0] == 7.0
    assert 25 < naps[1] <= 30
    assert naps[2] == 2.0


def test_who_asks_for_too_long_a_wait_is_not_waited_for(stub: Stub, naps: list[float]) -> None:
    """An hour is an error, at once."""
    stub.upcoming = [(429, {"Retry-After": "3600"}, b"")]
    with pytest.raises(RoutingError, match="come back in 3600 s"):
        _provider(stub).table(_points(3))
    assert naps == []


def test_nobody_there(naps: list[float]) -> None:
    """A port that nobody listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(RoutingError, match="does not answer") as error:
        HttpProvider(url).table(_points(3))
    assert url in str(error.value)
    assert error.value.problems[0].fix
    assert len(naps) == 3


def test_no_answer_in_time(naps: list[float]) -> None:
    """A server that accepts and says nothing."""
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        with pytest.raises(RoutingError, match="timed out"):
            HttpProvider(url, timeout=0.05, attempts=2).table(_points(3))


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (200, b"<html>hello</html>", "no OSRM server answers here"),
        (404, b"not found", "no OSRM server answers here"),
        (200, b"[1, 2]", "no OSRM server answers here"),
        (200, b'{"paths": []}', "no OSRM server answers here"),
        (400, b'{"code": "InvalidUrl", "message": "URL string malformed"}', "malformed"),
        (400, b'{"code": "InvalidService", "message": "Service not found"}', "refuses the address"),
        (400, b'{"code": "InvalidValue", "message": "annotations"}', "InvalidValue: annotations"),
        (200, b'{"code": "Ok"}', "without a table"),
        (200, b'{"code": "Ok", "durations": [[0, 1], [1, 0]]}', "tells no distances"),
        (200, b'{"code": "Ok", "durations": [[0]], "distances": "x"}', "without a table"),
        (
            200,
            b'{"code": "Ok", "durations": [[0]], "distances": [[0]], "sources": [{}], '
            b'"destinations": [{}]}',
            "another size",
        ),
    ],
    ids=range(11),
)
def test_strange_answers(stub: Stub, status: int, body: bytes, message: str) -> None:
    """What is not the answer of an OSRM server is a clear error that names the address."""
    stub.upcoming = [(status, {}, body)]
    with pytest.raises(RoutingError, match=message) as error:
        _provider(stub).table(_points(2))
    assert stub.url in str(error.value)
    assert len(stub.requests) == 1


def test_every_place_without_a_street_is_named(stub: Stub) -> None:
    """The server names the first one; the error names them all."""
    points = _points(230)
    lost = [3, 40, 41, 199, 229]
    stub.strays = {(lon, lat) for lon, lat in points[lost].tolist()}
    with pytest.raises(RoutingError) as error:
        _provider(stub).table(points)
    named = {problem.what for problem in error.value.problems}
    assert named == {f"no street near {points[k].tolist()}" for k in lost}
    alone = points[[3, 3]]
    with pytest.raises(RoutingError, match="no street near"):
        _provider(stub).table(alone)


def test_a_route_from_where_no_street_is(stub: Stub) -> None:
    """The place is named."""
    points = _points(2)
    stub.strays = {(float(points[1, 0]), float(points[1, 1]))}
    with pytest.raises(RoutingError, match="no street near"):
        _provider(stub).line(points[0], points[1])


def test_lines_are_asked_for_when_drawn(stub: Stub) -> None:
    """Nothing is asked before the travel is looked at, and each leg once."""
    travel = _provider(stub).travel(_points(3))
    assert stub.requests == []
    assert travel.durations.shape == (3, 3)
    assert len(stub.requests) == 1
    for _ in range(3):
        assert len(travel.geometry(0, 1)) == 3
    assert len(stub.requests) == 2


def test_kept_tables_are_checked_with_one_request(stub: Stub) -> None:
    """A server may hold other data today than yesterday: then the table is asked for again."""
    points = _points(150)
    first = _provider(stub, cache=True).table(points)
    assert len(stub.requests) == 4
    again = _provider(stub, cache=True).table(points)
    assert len(stub.requests) == 5
    np.testing.assert_array_equal(first.durations, again.durations)
    stub.pace = 500.0
    other = _provider(stub, cache=True).table(points)
    assert len(stub.requests) == 5 + 1 + 4
    np.testing.assert_allclose(other.durations, first.durations / 2)


def test_one_request_is_not_kept(stub: Stub) -> None:
    """Checking it would take as long as asking again."""
    for _ in range(2):
        _provider(stub, cache=True).table(_points(100))
    assert len(stub.requests) == 2


def test_who_asks_says_so(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests carry the name of this package."""
    seen: list[str | None] = []
    monkeypatch.setattr(
        stub.RequestHandlerClass,
        "log_request",
        lambda self, code="-", size="-": seen.append(self.headers["User-Agent"]),
    )
    _provider(stub).table(_points(2))
    assert str(seen[0]).startswith("routesolve/")


@pytest.mark.parametrize("text", ["localhost:5000", "ftp://x", "http://", "http://a b", ""])
def test_no_address(text: str) -> None:
    """What is no address of a server is refused at once."""
    with pytest.raises(InputError, match="not the address"):
        HttpProvider(text)


def test_negative_metres() -> None:
    """What OSRM tells with a wrong sign is mended where it is near, and no way elsewhere."""
    told = np.array([[0.0, -1.1], [np.nan, -900.0]])
    np.testing.assert_array_equal(osrm_numbers(told), [[0.0, 1.1], [np.inf, np.inf]])
