"""OpenStreetMap files (``.osm.pbf``, ``.osm``, ``.osm.bz2``, ``.osm.gz``) as road networks.

A way of the map becomes arcs between junctions, as a car, a bicycle or a walker may use it. What
the map says about turns cannot be said by a graph of junctions: it comes beside it, and
:meth:`OsmNetwork.expand` makes a graph of both.
"""

from __future__ import annotations

import dataclasses
import os
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError, RoutesolveWarning
from routesolve.graphs.components import Dropped
from routesolve.graphs.edge_data import Labels, Polylines
from routesolve.graphs.graph import UNITS, Graph
from routesolve.graphs.readers._compressed import first_bytes, is_osm_xml, is_pbf, unpacked
from routesolve.graphs.readers._osm import assemble, crossings, resolve
from routesolve.graphs.readers._osm.assemble import PER_JUNCTION, Arcs
from routesolve.graphs.readers._osm.looks import looks_of
from routesolve.graphs.readers._osm.profiles import Profile, find_profile
from routesolve.graphs.readers._osm.scan import Scan, as_array, scan
from routesolve.graphs.readers._osm.segments import cut
from routesolve.graphs.readers.networkx import OSM_ATTRIBUTION, OSM_LICENCE
from routesolve.graphs.renumbering import hilbert_order
from routesolve.graphs.turns import TurnGraph, Turns, bans_of_only, expand

if TYPE_CHECKING:
    from routesolve.graphs.network import RoadNetwork

COST_UNITS = {**UNITS, "cost": 1e-3}
"""Worth of one step: as everywhere, and thousandths of a second of cost."""


@dataclass(frozen=True, kw_only=True)
class OsmReport:
    """What was read and what was left out.

    Attributes
    ----------
    ways, ways_used : int
        Tagged ways in the file, and those the profile uses.
    segments_missing : int
        Pieces of ways left out because their nodes are not in the file (at the edge of an extract).
    dropped : Dropped
        Junctions and arcs outside the largest strongly connected part.
    restrictions : int
        Turn restrictions in the file.
    restrictions_unclear : int
        Those that bind the profile but name no clear from, via and to.
    restrictions_applied : int
        Those that forbid or demand a turn of this network; the others concern ways that it does
        not have.
    left_hand : bool
        Which side was assumed to be driven on.
    """

    ways: int
    ways_used: int
    segments_missing: int
    dropped: Dropped
    restrictions: int
    restrictions_unclear: int
    restrictions_applied: int
    left_hand: bool

    def __str__(self) -> str:
        return (
            f"{self.ways_used} of {self.ways} ways, {self.restrictions_applied} of "
            f"{self.restrictions} turn restrictions ({self.restrictions_unclear} unclear); left "
            f"out: {self.dropped.nodes} junctions and {self.dropped.arcs} arcs outside the largest "
            f"connected part, {self.segments_missing} pieces of ways without places"
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class OsmNetwork:
    """A road network and its turns.

    Attributes
    ----------
    graph : Graph
        Junctions and arcs with ``"duration"``, ``"distance"`` and ``"cost"``, courses, and the
        attributes ``"name"``, ``"road_class"``, ``"speed"`` (km/h), ``"oneway"`` (``"yes"``) and
        ``"stops"`` (``"no"`` where no journey begins or ends: ferries, private driveways).
        The cost is what should be minimised: the duration, but longer on narrow ways and access
        roads.
    turns : Turns
        Allowed turns with their durations and costs.
    report : OsmReport
        What was left out.
    """

    graph: Graph
    turns: Turns
    report: OsmReport

    def expand(self) -> TurnGraph:
        """The graph in which turns count; see :func:`routesolve.graphs.turns.expand`."""
        return expand(self.graph, self.turns)


def read_osm(
    path: str | os.PathLike[str],
    *,
    profile: str | Profile = "car",
    name: str | None = None,
    driving_side: Literal["auto", "left", "right"] = "auto",
    connected: bool = True,
) -> OsmNetwork:
    """Read an OpenStreetMap file.

    Parameters
    ----------
    path
        The file; recognised by its content.
    profile
        ``"car"``, ``"bicycle"``, ``"foot"``, or a :class:`Profile` of one's own.
    name
        Name of the network; default: that of the file.
    driving_side
        Which side traffic keeps to: it decides which turns cross the oncoming traffic. ``"auto"``
        tells by the place, roughly.
    connected
        Keep only the largest strongly connected part.

    Raises
    ------
    MissingExtra
        If osmium is not installed.
    InputError
        If the file is missing, cut off, damaged, another kind of file, or has no ways for this
        profile.
    """
    chosen = find_profile(profile)
    if driving_side not in ("auto", "left", "right"):
        raise InputError(f"driving_side is {driving_side!r}", fix="use auto, left or right")
    where = str(path)
    found = scan(path, chosen, file_format(path))
    segments = cut(found)
    if not len(segments.way):
        raise InputError(
            _emptiness(found, segments.missing, chosen),
            where=where,
            fix="extract the roads with their nodes, sorted (osmium extract, osmium sort)",
        )
    obstacles = assemble.place_obstacles(found, segments)
    stay = np.array(sorted(resolve.must_stay(found)), dtype=np.int64)
    here = np.flatnonzero(np.isin(segments.ids, stay))
    kept = assemble.junctions(segments, found, obstacles, here)
    arcs = assemble.connect(segments, kept, obstacles, looks_of(found))
    ids, points = segments.ids[arcs.nodes], segments.points[arcs.nodes]
    arcs, place, dropped = _arrange(arcs, points, connected)
    ids, points = ids[place], points[place]
    centre = np.median(points, axis=0)
    left = driving_side == "left" or (driving_side == "auto" and crossings.keeps_left(*centre))

    stem = Path(path).name.split(".")[0]
    graph = _graph(arcs, found, ids, points, name=stem if name is None else name, who=chosen.name)
    turns, applied = _turns(found, arcs, graph, chosen, left)
    report = OsmReport(
        ways=found.ways_seen,
        ways_used=len(found.way_ids),
        segments_missing=segments.missing,
        dropped=dropped,
        restrictions=found.restrictions_seen,
        restrictions_unclear=found.restrictions_unclear,
        restrictions_applied=applied,
        left_hand=left,
    )
    return OsmNetwork(graph=graph, turns=turns, report=report)


def load_osm(path: str | os.PathLike[str]) -> Graph:
    """The junctions and arcs of an OpenStreetMap file for cars, without turns.

    Warns when the file has turn restrictions: a plain graph cannot hold them.
    """
    network = read_osm(path)
    if network.report.restrictions_applied:
        warnings.warn(
            f"{path}: {network.report.restrictions_applied} turn restrictions are not part of a "
            "plain graph; load_network keeps to them",
            RoutesolveWarning,
            stacklevel=2,
        )
    return network.graph


def load_osm_network(
    path: str | os.PathLike[str], *, profile: str | Profile = "car"
) -> RoadNetwork:
    """The streets and the turns of an OpenStreetMap file."""
    from routesolve.graphs.network import RoadNetwork

    network = read_osm(path, profile=profile)
    return RoadNetwork(network.graph, network.turns)


def file_format(path: str | os.PathLike[str]) -> str:
    """``osmium``'s name for the format of a file, told by its first bytes; raises InputError."""
    head = first_bytes(path)
    if is_pbf(head):
        return "pbf"
    if is_osm_xml(unpacked(head)):
        suffix = {b"\x1f\x8b": ".gz", b"BZ": ".bz2"}.get(head[:2], "")
        return f"osm{suffix}"
    raise InputError(
        "not an OpenStreetMap file", where=str(path), fix="give a .osm.pbf, .osm or .osm.bz2 file"
    )


def _emptiness(found: Scan, missing: int, profile: Profile) -> str:
    if missing:
        return f"the nodes of all {len(found.way_ids)} ways are missing, or come after them"
    return f"no ways for the profile {profile.name!r} among {found.ways_seen}"


def _arrange(
    arcs: Arcs, points: npt.NDArray[np.float64], connected: bool
) -> tuple[Arcs, npt.NDArray[np.intp], Dropped]:
    """Junctions along a Hilbert curve, arcs by their tails, islands left out.

    Returns the arcs, the old number of each junction, and what was dropped.
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    n, m = len(arcs.nodes), len(arcs.heads)
    keep = np.ones(n, dtype=np.bool_)
    if connected and n:
        matrix = csr_array((np.ones(m, np.int8), (arcs.tails, arcs.heads)), shape=(n, n))
        _, label = connected_components(matrix, directed=True, connection="strong")
        keep = label == np.bincount(label).argmax()
    order = hilbert_order(points)
    place = order[keep[order]]
    number = np.full(n, -1, dtype=np.int32)
    number[place] = np.arange(len(place), dtype=np.int32)
    inside = np.flatnonzero(keep[arcs.tails] & keep[arcs.heads])
    tails, heads = number[arcs.tails[inside]], number[arcs.heads[inside]]
    chosen = inside[np.lexsort((heads, tails))]
    new = np.full(m + 1, -1, dtype=np.int32)  # the last slot keeps -1 at -1
    new[chosen] = np.arange(len(chosen), dtype=np.int32)
    values: dict[str, Any] = {}
    for entry in dataclasses.fields(Arcs):
        value = getattr(arcs, entry.name)
        if isinstance(value, Polylines):
            values[entry.name] = value.take(chosen)
        else:
            values[entry.name] = value[place if entry.name in PER_JUNCTION else chosen]
    values["tails"], values["heads"] = number[values["tails"]], number[values["heads"]]
    values["twin"] = new[values["twin"]]
    return Arcs(**values), place, Dropped(n - len(place), m - len(chosen))


def _graph(
    arcs: Arcs,
    found: Scan,
    ids: npt.NDArray[np.int64],
    points: npt.NDArray[np.float64],
    *,
    name: str,
    who: str,
) -> Graph:
    names, classes = found.labels()
    stops = np.array([u.stops for u in found.usages], dtype=np.bool_)
    stops = stops[as_array(found.way_usage, np.int32)[arcs.first_way]]
    with np.errstate(divide="ignore", invalid="ignore"):
        kph = np.nan_to_num(3.6 * arcs.metres / arcs.seconds, posinf=0.0)
    indptr = np.zeros(len(ids) + 1, dtype=np.int64)
    np.cumsum(np.bincount(arcs.tails, minlength=len(ids)), out=indptr[1:])
    speed, codes = np.unique(np.rint(kph).astype(np.int64), return_inverse=True)
    return Graph(
        indptr=indptr,
        heads=arcs.heads,
        metrics={
            "duration": np.rint(arcs.seconds * 1e3).astype(np.int64),
            "distance": np.rint(arcs.metres * 1e3).astype(np.int64),
            "cost": np.rint(arcs.cost * 1e3).astype(np.int64),
        },
        units=COST_UNITS,
        coordinates=points,
        node_ids=ids,
        edge_attributes={
            "name": names.take(arcs.first_way),
            "road_class": classes.take(arcs.first_way),
            "speed": Labels(codes.astype(np.int32), tuple(str(v) for v in speed.tolist())),
            "oneway": Labels(np.where(arcs.twin < 0, 0, -1).astype(np.int32), ("yes",)),
            "stops": Labels(np.where(stops, -1, 0).astype(np.int32), ("no",)),
        },
        geometry=arcs.lines,
        name=name,
        source=f"OpenStreetMap, profile {who}",
        licence=OSM_LICENCE,
        attribution=OSM_ATTRIBUTION,
    )


def _turns(
    found: Scan, arcs: Arcs, graph: Graph, profile: Profile, left: bool
) -> tuple[Turns, int]:
    """The turns of the network, and how many restrictions shaped them."""
    heads = arcs.heads.astype(np.int64)
    before, onto = crossings.all_turns(graph.indptr, heads)
    resolver = resolve.Resolver(found, arcs, graph.node_ids)
    forbidden, bans, only, applied = resolve.apply(found, resolver, before, onto, graph.m)
    usage = as_array(found.way_usage, np.int32)
    first = usage[arcs.first_way]
    # Who runs against the way reads the second entry of every pair.
    private = np.array([u.private for u in found.usages], dtype=np.bool_)
    private = private[first, arcs.against.astype(np.int64)]
    with np.errstate(divide="ignore", invalid="ignore"):
        speed = np.nan_to_num(3.6 * arcs.metres / arcs.seconds, posinf=0.0)
    roads = crossings.Roads(
        private,
        np.array([u.roundabout for u in found.usages], dtype=np.bool_)[first],
        np.array([u.mode for u in found.usages], dtype=np.int64)[first],
        speed,
    )
    turns = crossings.turn_table(
        arcs,
        roads,
        profile.turns,
        forbidden,
        before,
        onto,
        left_hand=left,
        units=graph.units,
    )
    if bans or only:
        every = (*bans, *bans_of_only(turns, only))
        turns = dataclasses.replace(turns, bans=tuple(dict.fromkeys(every)))
    return turns, applied
