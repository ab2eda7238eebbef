"""Any OSRM server, over its ``/table`` and ``/route`` services.

A table larger than the server allows is asked for in parts, one after the other. What may pass by
itself (no connection, 429, 5xx) is tried again, each time after a longer wait, or after the wait
that the server asks for.
"""

from __future__ import annotations

import contextlib
import email.utils
import http.client
import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

import numpy as np
import numpy.typing as npt

import routesolve
from routesolve.errors import InputError, Problem, RoutingError
from routesolve.graphs._arrays import LISTED
from routesolve.graphs.providers.base import (
    Floats,
    RoadProvider,
    TravelTable,
    drawn,
    osrm_numbers,
    tiles,
)
from routesolve.graphs.providers.cache import TableCache

SIDE = 100
"""Rows and columns of the largest table that an OSRM server answers unless told otherwise."""

LONGEST_WAIT = 60.0
"""Seconds; a server that asks for more is not waited for."""

_AGAIN = (429, 500, 502, 503, 504)
_TOO_LARGE = (413, 414, 431)
_ADDRESS = re.compile(r"^(https?://[^?#\s]+?)(?:/(?:table|route|nearest)/v1/([^/?#]+)\S*)?/*$")
_PROFILES = {"car": "driving", "bicycle": "cycling", "foot": "walking"}
_CHECKED = 10


class _TooLarge(Exception):
    """The server refuses a request for its size."""


class _NoStreet(Exception):
    """The server finds no street near the k-th coordinate of a request."""

    def __init__(self, k: int) -> None:
        self.k = k


class HttpProvider(RoadProvider):
    """Tables and routes of an OSRM server.

    Large tables are kept on disk. Whoever runs a server may give it other data under the same
    address: a few pairs are asked for again before a kept table is used.

    Parameters
    ----------
    source
        Address, e.g. ``http://localhost:5000``; the address of a request is understood, too.
    profile
        The profile of its addresses (``driving``, ``cycling``, ...); ``car``, ``bicycle`` and
        ``foot`` stand for OSRM's usual names. Servers that hold one profile take any name.
    cache
        Whether large tables are kept on disk, and where.
    timeout
        Seconds to wait for an answer.
    attempts
        How often a request is tried in all.
    pause
        Seconds before the second attempt; doubled before each further one.
    side
        Rows and columns of the largest table to ask for at once; halved when the server refuses.

    Raises
    ------
    InputError
        If this is no address of a server.
    """

    def __init__(
        self,
        source: str,
        *,
        profile: str | None = None,
        cache: bool | TableCache = True,
        timeout: float = 60.0,
        attempts: int = 4,
        pause: float = 0.5,
        side: int = SIDE,
    ) -> None:
        super().__init__(cache=cache)
        match = _ADDRESS.match(source.strip())
        if match is None:
            raise InputError(
                f"{source!r} is not the address of a server", fix="write http://localhost:5000"
            )
        if profile is None:
            profile = match[2] or "driving"
        self.url = match[1]
        self.profile = urllib.parse.quote(_PROFILES.get(profile, profile), safe="")
        self.timeout = timeout
        self.attempts = max(attempts, 1)
        self.pause = pause
        self.side = side

    @property
    def description(self) -> str:
        """The address and the profile."""
        return f"fastest roads of OSRM ({self.profile}) at {self.url}"

    @property
    def identity(self) -> str:
        """The address and the profile."""
        return f"http {self.url} {self.profile}"

    def line(self, start: npt.ArrayLike, end: npt.ArrayLike) -> Floats:
        """The streets from one place to another; see :meth:`RoadProvider.line`."""
        points = np.array([start, end], dtype=np.float64)
        options = {"overview": "full", "geometries": "geojson", "generate_hints": "false"}
        try:
            answer = self._get("route", points, options)
        except _NoStreet as error:
            raise RoutingError(_stray(points[error.k])) from None
        try:
            return drawn(answer["routes"][0]["geometry"]["coordinates"])
        except (KeyError, IndexError, TypeError, ValueError):
            raise self._strange("answers without a route") from None

    def _worth_keeping(self, sources: int, targets: int) -> bool:
        # Checking a kept table takes one request, too.
        return max(sources, targets) > self.side

    def _ask(self, sources: Floats, targets: Floats) -> TravelTable:
        table = TravelTable.empty(len(sources), len(targets))
        waiting = [(slice(0, len(sources)), slice(0, len(targets)))]
        while waiting:
            rows, columns = waiting.pop()
            parts = list(tiles(rows, columns, self.side))
            if len(parts) > 1:
                waiting += reversed(parts)
                continue
            try:
                table.fill(rows, columns, self._part(sources[rows], targets[columns]))
            except _TooLarge:
                larger = max(rows.stop - rows.start, columns.stop - columns.start)
                if larger == 1:
                    raise self._strange("refuses even a table of one entry as too large") from None
                self.side = larger // 2
                waiting.append((rows, columns))
            except _NoStreet:
                both = np.unique(np.concatenate([sources, targets]), axis=0)
                raise RoutingError(self._strays(both)) from None
        return table

    def _part(self, sources: Floats, targets: Floats) -> TravelTable:
        """One request."""
        options = {"annotations": "duration,distance", "generate_hints": "false"}
        s, t = len(sources), len(targets)
        if s > 1 and np.array_equal(sources, targets):
            points = sources
        else:
            points = np.concatenate([sources, targets])
            options["sources"] = ";".join(map(str, range(s)))
            options["destinations"] = ";".join(map(str, range(s, s + t)))
        answer = self._get("table", points, options)
        if "durations" in answer and "distances" not in answer:
            raise self._strange("tells no distances", "use OSRM 5.18 or later")
        try:
            tables = [np.array(answer[key], dtype=np.float64) for key in ("durations", "distances")]
            snaps = [
                np.array([place.get("distance", np.nan) for place in answer[key]], dtype=np.float64)
                for key in ("sources", "destinations")
            ]
        except (KeyError, TypeError, ValueError, AttributeError):
            raise self._strange("answers without a table") from None
        if any(x.shape != (s, t) for x in tables) or (len(snaps[0]), len(snaps[1])) != (s, t):
            raise self._strange("answers with a table of another size")
        return TravelTable(*map(osrm_numbers, tables), *snaps)

    def _still(self, table: TravelTable, sources: Floats, targets: Floats) -> bool:
        some = (np.unique(np.linspace(0, len(x) - 1, _CHECKED).astype(int)) for x in table[2:])
        rows, columns = some
        now = self._ask(sources[rows], targets[columns])
        return all(
            np.array_equal(a, b, equal_nan=True)
            for a, b in zip(now, table.at(rows, columns), strict=True)
        )

    def _strays(self, points: Floats) -> list[Problem]:
        """A problem for each place without a street near it; the server names one at a time."""
        found: list[Problem] = []
        for part, _ in tiles(slice(0, len(points)), slice(0, 1), self.side):
            rest = points[part]
            while len(rest):
                pair = rest if len(rest) > 1 else np.repeat(rest, 2, axis=0)
                options = {"sources": "0", "destinations": "0", "generate_hints": "false"}
                try:
                    self._get("table", pair, options)
                    break
                except _NoStreet as error:
                    k = min(error.k, len(rest) - 1)
                    found.append(_stray(rest[k]))
                    rest = np.delete(rest, k, axis=0)
                if len(found) == LISTED:
                    return [*found, Problem("... and maybe more")]
        return found

    # -- one request -------------------------------------------------------------------------

    def _get(self, service: str, points: Floats, options: dict[str, str]) -> dict[str, Any]:
        """The answer to a request, once it is one that says "Ok"."""
        where = ";".join(f"{lon:.6f},{lat:.6f}" for lon, lat in points.tolist())
        query = urllib.parse.urlencode(options, safe=",;")
        url = f"{self.url}/{service}/v1/{self.profile}/{where}?{query}"
        status, body = self._fetch(url)
        try:
            answer = json.loads(body)
            code, message = str(answer["code"]), str(answer.get("message", ""))
        except (ValueError, KeyError, TypeError, AttributeError):
            if status in _TOO_LARGE:
                raise _TooLarge from None
            raise RoutingError(
                f"no OSRM server answers here (status {status})",
                where=f"{self.url}/{service}/v1/{self.profile}",
                fix="check the address, and that the server knows this profile",
            ) from None
        if code == "Ok":
            return dict(answer)
        if code == "TooBig" or status in _TOO_LARGE:
            raise _TooLarge
        number = re.search(r"coordinate (\d+)", message)
        if code == "NoSegment" and number:
            raise _NoStreet(min(int(number[1]), len(points) - 1))
        if code == "NoRoute":
            ends = " to ".join(str(p) for p in points.tolist())
            raise RoutingError(f"no road leads from {ends}", where=self.url)
        if code in ("InvalidUrl", "InvalidService", "InvalidVersion"):
            fix = "check the address, and that the server knows this profile"
            raise self._strange(f"refuses the address: {message} ({code})", fix)
        raise self._strange(f"answers {code}: {message}")

    def _strange(self, what: str, fix: str | None = None) -> RoutingError:
        return RoutingError(f"the server {what}", where=self.url, fix=fix)

    def _fetch(self, url: str) -> tuple[int, bytes]:
        """Status and body; what may pass by itself is tried again."""
        agent = {"User-Agent": f"routesolve/{routesolve.__version__}", "Accept": "application/json"}
        request = urllib.request.Request(url, headers=agent)
        reason, wait = "", self.pause
        for attempt in range(self.attempts):
            if attempt:
                time.sleep(wait)
                wait = self.pause * 2**attempt
            try:
                with urllib.request.urlopen(request, timeout=self.timeout) as reply:
                    return reply.status, reply.read()
            except urllib.error.HTTPError as error:
                body = b""
                with error, contextlib.suppress(OSError, http.client.HTTPException):
                    body = error.read()
                if error.code not in _AGAIN:
                    return error.code, body
                reason = f"status {error.code}"
                wait = max(wait, self._asked_wait(error.headers.get("Retry-After")))
            except (OSError, http.client.HTTPException) as error:
                reason = str(getattr(error, "reason", error) or type(error).__name__)
        raise RoutingError(
            f"the server does not answer ({reason}; tried {self.attempts} times)",
            where=self.url,
            fix="start it, or check the address",
        )

    def _asked_wait(self, header: str | None) -> float:
        """Seconds that a Retry-After header asks for: a number, or a date."""
        try:
            seconds = float(header or 0.0)
        except ValueError:
            try:
                seconds = email.utils.parsedate_to_datetime(str(header)).timestamp() - time.time()
            except ValueError:
                return 0.0
        if seconds > LONGEST_WAIT:
            raise self._strange(f"asks to come back in {seconds:.0f} s", "try again then")
        return seconds


def _stray(point: Floats) -> Problem:
    return Problem(
        f"no street near {point.tolist()}", fix="move the place, or use a server that covers it"
    )
