"""A small server that answers as OSRM does, on the loopback interface, and misbehaves when told."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import numpy as np

OFF = 0.0001
"""Degrees by which the stub puts every place further north."""


class Stub(ThreadingHTTPServer):
    """Durations are 1000 s and distances 100 km a degree of longitude or latitude.

    Attributes
    ----------
    limit
        Rows times columns of a table may be at most its square.
    island
        Longitude from which on everything is an island.
    strays
        Places without a street, as (lon, lat).
    upcoming
        Replies to give before the usual ones: (status, headers, body); ``None`` as status hangs up.
    requests
        Paths and queries, as they came in.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.limit = 100
        self.island = 180.0
        self.pace = 1000.0
        self.strays: set[tuple[float, float]] = set()
        self.upcoming: list[tuple[int | None, dict[str, str], bytes]] = []
        self.requests: list[str] = []

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def answer(self, service: str, points: np.ndarray, query: dict[str, list[str]]) -> Any:
        """Status and document for a request."""
        for k, point in enumerate(points.tolist()):
            if tuple(point) in self.strays:
                return refusal("NoSegment", f"Could not find a matching segment for coordinate {k}")
        apart = np.abs(points[:, None] - points[None]).sum(axis=2)
        where = [{"distance": 11.0, "location": [x, y + OFF]} for x, y in points.tolist()]
        across = (points[:, 0] >= self.island)[:, None] != (points[:, 0] >= self.island)[None]
        if service == "route":
            if across[0, 1]:
                return refusal("NoRoute", "Impossible route between points")
            line = [place["location"] for place in where]
            line.insert(1, np.mean(line, axis=0).tolist())
            return 200, {"code": "Ok", "routes": [{"geometry": {"coordinates": line}}]}
        if service != "table":
            return refusal("InvalidService", f"Service {service} not found!")
        rows, columns = (
            [int(k) for k in query[key][0].split(";")] if key in query else range(len(points))
            for key in ("sources", "destinations")
        )
        if len(points) < 2:
            return refusal("InvalidOptions", "Number of coordinates needs to be at least two.")
        if len(rows) * len(columns) > self.limit**2:
            return refusal("TooBig", "Too many table coordinates")
        pairs = np.ix_(rows, columns)

        def numbers(values: np.ndarray) -> list[list[float | None]]:
            values = np.where(across, np.nan, values)[pairs]
            return [[None if np.isnan(x) else x for x in row] for row in values.tolist()]

        return 200, {
            "code": "Ok",
            "durations": numbers(apart * self.pace),
            "distances": numbers(apart * 100_000),
            "sources": [where[k] for k in rows],
            "destinations": [where[k] for k in columns],
        }


def refusal(code: str, message: str) -> tuple[int, dict[str, str]]:
    """What OSRM says when it does not answer."""
    return 400, {"code": code, "message": message}


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Stub

    def do_GET(self) -> None:
        """Answer, or do what is upcoming."""
        self.server.requests.append(self.path)
        if self.server.upcoming:
            status, headers, body = self.server.upcoming.pop(0)
            if status is None:
                self.close_connection = True
                return
        else:
            url = urlsplit(self.path)
            _, service, version, profile, coordinates = unquote(url.path).split("/")
            assert (version, profile) == ("v1", "driving")
            points = np.array([[float(x) for x in p.split(",")] for p in coordinates.split(";")])
            status, document = self.server.answer(service, points, parse_qs(url.query))
            headers, body = {}, json.dumps(document).encode()
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def serving() -> Iterator[Stub]:
    """A server that runs while the block does."""
    with Stub() as stub:
        thread = threading.Thread(target=stub.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield stub
        finally:
            stub.shutdown()
            thread.join()
