"""Delivery days on the nodes of a street network."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np

from routesolve.errors import InputError
from routesolve.instances.generators import MOST, Floats, integers, number, require, whole
from routesolve.instances.instance import VrpInstance
from routesolve.instances.model import Depot, Job, Location, Profile, TimeWindow, VehicleType

if TYPE_CHECKING:
    from routesolve.graphs.graph import Graph
    from routesolve.graphs.network import RoadNetwork

SHIFT = (8 * 3600.0, 17 * 3600.0)


def on_network(
    network: str | os.PathLike[str] | Graph | RoadNetwork,
    n: int = 50,
    *,
    seed: int = 0,
    vehicles: int | None = None,
    windows: float = 0.5,
    route_size: float = 15.0,
) -> VrpInstance:
    """Make a delivery day with stops at random nodes of a street network.

    Shift from 08:00 to 17:00, amounts 1 to 8, service 2 to 6 minutes, windows of 1 to 4 hours on
    the half hour that a vehicle from the depot can keep.

    Parameters
    ----------
    network
        Name of an embedded network, path of a network file, a network, or a graph with coordinates.
        Stops lie in its largest strongly connected part.
    n, seed
        See :func:`~routesolve.instances.generate.generate`; at most the number of nodes less one.
    vehicles
        Number of vehicles; default: as many as needed.
    windows
        Share of stops with a time window, 0 to 1.
    route_size
        Customers per vehicle that the capacity is made for.

    Raises
    ------
    InputError
        On values out of range, or a network that cannot be read or has no coordinates.
    """
    from routesolve.graphs.readers import load_network

    roads = load_network(network)
    graph = roads.streets
    if graph.coordinates is None:
        raise InputError("the network has no coordinates, so no stop can be put on it")
    part = graph.largest_component()[0]
    require(
        whole("n", n, 1, min(part.n - 1, MOST)),
        whole("seed", seed, 0),
        None if vehicles is None else whole("vehicles", vehicles, 1),
        number("windows", windows, 0, 1),
        number("route_size", route_size, 1),
    )
    assert part.coordinates is not None
    rng = np.random.default_rng(seed)
    nodes = np.argsort(rng.random(part.n), kind="stable")[: n + 1]
    places = [Location(lon=lon, lat=lat) for lon, lat in part.coordinates[nodes].tolist()]
    amounts = integers(rng, 1, 8, n)
    service = (60.0 * integers(rng, 2, 6, n)).tolist()
    with_window = rng.random(n) < windows
    opening = shift_windows(
        rng, *_there_and_back(roads, part.coordinates[nodes]), np.array(service)
    )
    given = network if isinstance(network, str | os.PathLike) else None
    name = graph.name if given is None else str(given)
    instance = VrpInstance(
        jobs=tuple(
            Job(
                str(i + 1),
                places[i + 1],
                delivery=(amount,),
                service=service[i],
                time_windows=(opening[i],) if with_window[i] else (),
            )
            for i, amount in enumerate(amounts.tolist())
        ),
        depots=(Depot("depot", places[0]),),
        vehicle_types=(
            VehicleType(
                "van",
                count=vehicles,
                capacity=(float(max(np.ceil(route_size * amounts.mean()), amounts.max())),),
                start="depot",
                end="depot",
                shift=TimeWindow(*SHIFT),
            ),
        ),
        profiles=(Profile(metric="network", network=name or "network"),),
        name=f"{name or 'network'}-n{n}-seed{seed}",
        comment=graph.attribution,
    )
    return instance.with_network(roads) if given is None else instance


def shift_windows(
    rng: np.random.Generator, there: Floats, back: Floats, service: Floats
) -> list[TimeWindow]:
    """Windows of 1 to 4 hours on the half hour, each kept by a vehicle that serves nothing else.

    Parameters
    ----------
    there, back
        (n,) seconds from the depot to each stop, and home.
    service
        (n,) seconds.
    """
    half = 1800.0
    first = np.ceil((SHIFT[0] + there) / half) * half
    last = np.floor((SHIFT[1] - back - service) / half) * half
    width = half * integers(rng, 2, 8, len(there))
    steps = np.maximum((last - width - first) / half, 0.0)
    start = first + half * np.floor(rng.random(len(there)) * (steps + 1.0))
    # A stop too far out for any window keeps one that opens when a vehicle can be there.
    return [TimeWindow(a, b) for a, b in zip(start.tolist(), (start + width).tolist(), strict=True)]


def _there_and_back(roads: RoadNetwork, points: Floats) -> tuple[Floats, Floats]:
    """Seconds from the first point to the others, and back."""
    depot, stops = roads.place(points[:1]), roads.place(points[1:])
    return roads.tables(depot, stops).durations[0], roads.tables(stops, depot).durations[:, 0]
