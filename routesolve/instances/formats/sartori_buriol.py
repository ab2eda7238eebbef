"""Sartori and Buriol's pickup and delivery problems on real cities (PDPTW, explicit minutes).

The time unit is the file's, a minute; no route lasts longer than ROUTE-TIME, which is the depot's
window. Pairs become shipments as for Li and Lim's files, and here too the published results
minimise the number of vehicles first.
"""

from __future__ import annotations

import dataclasses
import re
from typing import Any, ClassVar

import numpy as np

from routesolve.instances.formats._base import Findings, Format, Options, build, by_prefix
from routesolve.instances.formats._pairs import Node, shipments
from routesolve.instances.formats._rows import Row, numbers, rows_of
from routesolve.instances.formats.li_lim import depot_and_fleet
from routesolve.instances.instance import VrpInstance
from routesolve.instances.model import Location, Profile

_MARK = re.compile(r"^SIZE[ \t]*:.*?^NODES[ \t]*$", re.MULTILINE | re.DOTALL)
_HEADER = {"NAME", "LOCATION", "COMMENT", "TYPE", "SIZE", "DISTRIBUTION", "DEPOT", "ROUTE-TIME",
           "TIME-WINDOW", "CAPACITY"}  # fmt: skip
_COLUMNS = (
    "node", "latitude", "longitude", "demand", "earliest", "latest", "service time", "pickup",
    "delivery",
)  # fmt: skip


class SartoriBuriol(Format):
    """Sartori and Buriol."""

    name: ClassVar[str] = "sartori-buriol"
    summary: ClassVar[str] = "PDPTW of Sartori and Buriol, with travel times in minutes"
    suffixes: ClassVar[tuple[str, ...]] = (".txt",)

    def sniff(self, head: str) -> bool:
        """Tell by SIZE and NODES."""
        return _MARK.search(head) is not None

    def read(self, text: str, *, name: str = "", **options: Any) -> VrpInstance:
        """Make an instance from the text; see :meth:`Format.read`."""
        chosen = Options.check(options)
        found = Findings()
        header, node_rows, edge_rows = _split(rows_of(text), found)
        found.stop()
        size = found.whole(*_entry(header, "SIZE"), "SIZE", least=1)
        capacity = found.number(*_entry(header, "CAPACITY"), "CAPACITY", least=0)
        table = numbers(node_rows, _COLUMNS, found)
        matrix = _matrix(edge_rows, size, found)
        if len(node_rows) != size:
            found.add(
                f"SIZE is {size}, but there are {len(node_rows)} nodes",
                _entry(header, "SIZE")[1],
                "is the file truncated?",
            )
        found.stop()
        nodes = {}
        for (line, _), row in zip(node_rows, table, strict=True):
            node, lat, lon, demand, early, late, service, pick, drop = row
            if not 0 <= node < size or node in nodes:
                found.add(f"node number {node:g}", line, f"each from 0 to {size - 1} once")
            place = Location(lon=lon, lat=lat, index=int(node))
            nodes[int(node)] = Node(line, place, demand, (early, late), service, pick, drop)
        found.stop()
        depot, kind = depot_and_fleet(nodes, capacity, None)
        if "ROUTE-TIME" in header:
            limit = found.number(*_entry(header, "ROUTE-TIME"), "ROUTE-TIME", least=0)
            if limit < kind.shift.latest - kind.shift.earliest:
                kind = dataclasses.replace(kind, max_duration=limit)
        pairs, where = shipments(nodes, found)
        found.stop()
        fields = {
            "name": " ".join(header["NAME"][1]) if "NAME" in header else name,
            "comment": " ".join(header["COMMENT"][1]) if "COMMENT" in header else "",
            "shipments": pairs,
            "depots": (depot,),
            "vehicle_types": (kind,),
            "profiles": (Profile(metric="matrix", durations=matrix),),
        }
        chosen = dataclasses.replace(chosen, objective=chosen.objective or "vehicles")
        return build(fields, chosen, places=by_prefix(lambda: where))


def _split(rows: list[Row], found: Findings) -> tuple[dict[str, Row], list[Row], list[Row]]:
    """Return the header by key, the rows of NODES and those of EDGES."""
    header: dict[str, Row] = {}
    parts: dict[str, list[Row]] = {}
    current: list[Row] | None = None
    for line, tokens in rows:
        key = tokens[0].rstrip(":").upper()
        if tokens in (["NODES"], ["EDGES"]):
            current = parts[tokens[0]] = []
        elif tokens == ["EOF"]:
            break
        elif current is not None:
            current.append((line, tokens))
        elif key in _HEADER:
            values = " ".join(tokens).partition(":")[2].split()
            header[key] = (line, values)
        else:
            found.add(f"unknown key {key!r}", line, f"known: {', '.join(sorted(_HEADER))}")
    for key in ("SIZE", "CAPACITY"):
        if len(header.get(key, (0, []))[1]) != 1:
            found.add(f"{key} is missing", header.get(key, (1, []))[0], f"add '{key}: number'")
    for key in ("NODES", "EDGES"):
        if key not in parts:
            found.add(f"there are no {key}", fix="is the file truncated?")
    return header, parts.get("NODES", []), parts.get("EDGES", [])


def _entry(header: dict[str, Row], key: str) -> tuple[str, int]:
    line, values = header[key]
    return (values[0] if values else "", line)


def _matrix(rows: list[Row], size: int, found: Findings) -> np.ndarray[Any, np.dtype[np.float64]]:
    if len(rows) != size:
        found.add(
            f"EDGES has {len(rows)} rows for {size} nodes",
            rows[-1][0] if rows else None,
            "is the file truncated?",
        )
        return np.zeros((0, 0))
    matrix = numbers(rows, [f"column {i}" for i in range(size)], found)
    return np.array(matrix, dtype=np.float64)
