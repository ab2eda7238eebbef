"""Write the embedded demo instances into ``routesolve/instances/data``.

    python scripts/build_demo_instances.py

Stops lie at random junctions of the embedded Cairo network and are called after the streets that
meet there; everything else about them is made up. Same program, same files.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from routesolve.graphs.graph import Graph
from routesolve.graphs.readers import load_graph
from routesolve.instances.generators import integers
from routesolve.instances.generators.network import shift_windows
from routesolve.instances.instance import VrpInstance

TARGET = Path(__file__).resolve().parents[1] / "routesolve" / "instances" / "data"
MONDAY = "2026-03-02T00:00:00"
NETWORK_NOTE = "Streets (c) OpenStreetMap contributors, ODbL 1.0; stops are made up."
PLANAR_NOTE = "Made-up numbers on the plane, straight lines rounded to the nearest integer; MIT."

Document = dict[str, Any]


def clock(text: str) -> float:
    """Seconds after midnight of ``"8:30"``."""
    hours, minutes = text.split(":")
    return 3600.0 * int(hours) + 60.0 * int(minutes)


def window(start: str, end: str) -> dict[str, float]:
    """A time window from clock times."""
    return {"earliest": clock(start), "latest": clock(end)}


# -- stops on the streets ----------------------------------------------------------------------


class City:
    """Draws stops on a network, no junction twice, all with a street name."""

    def __init__(self, seed: int, *, spread: float = 1.0) -> None:
        self.graph: Graph = load_graph("cairo")
        self.rng = np.random.default_rng(seed)
        assert self.graph.coordinates is not None
        self.points = self.graph.coordinates
        self.depot = self.node_of("شارع جسر السويس")
        away = np.hypot(*(self.points - self.points[self.depot]).T)
        near = away <= spread * away.max()
        order = np.argsort(self.rng.random(self.graph.n), kind="stable")
        self._queue = iter([v for v in order.tolist() if near[v] and self.streets[v]])

    @cached_property
    def streets(self) -> list[str]:
        """Name of a street at each node; empty where there is none."""
        names, found = self.graph.edge_attributes["name"], [""] * self.graph.n
        for arc, (u, v) in enumerate(zip(self.graph.edge_tails, self.graph.heads, strict=True)):
            label = names.at(arc)
            if label and "/" not in label:
                found[u] = found[u] or label
                found[v] = found[v] or label
        return found

    def node_of(self, street: str) -> int:
        """The node on a street that is closest to the middle of the network."""
        on_it = [v for v in range(self.graph.n) if self.streets[v] == street]
        middle = self.points.mean(axis=0)
        return min(on_it, key=lambda v: float(np.hypot(*(self.points[v] - middle))))

    def place(self, node: int) -> dict[str, float]:
        """Coordinates to a tenth of a metre."""
        lon, lat = self.points[node].tolist()
        return {"lon": round(lon, 6), "lat": round(lat, 6)}

    def stops(self, count: int, labels: Iterable[str]) -> Iterator[tuple[int, Document]]:
        """Yield node and ``location``/``name`` of new stops, labels in turn."""
        words = list(labels)
        for i in range(count):
            node = next(self._queue)
            name = f"{words[i % len(words)]}, {self.streets[node]}"
            yield node, {"location": self.place(node), "name": name}

    def travel_times(self, nodes: list[int]) -> tuple[np.ndarray, np.ndarray]:
        """Seconds from the depot to the nodes, and back."""
        from routesolve.graphs.shortest_paths import many_to_many

        out = many_to_many(self.graph, [self.depot], nodes)
        home = many_to_many(self.graph, nodes, [self.depot])
        return out.durations[0], home.durations[:, 0]

    def document(self, name: str, about: str, **parts: Any) -> Document:
        """An instance on this network."""
        return {
            "name": name,
            "comment": f"{about} {NETWORK_NOTE}",
            "epoch": MONDAY,
            "profiles": [{"id": "car", "metric": "network", "network": "cairo"}],
            "depots": [self.home()],
            **parts,
        }

    def home(self) -> Document:
        """The depot."""
        return {
            "id": "depot",
            "location": self.place(self.depot),
            "name": f"Depot, {self.streets[self.depot]}",
        }


SHOPS = ("Pharmacy", "Flat", "Bookshop", "Office", "Flat", "Bakery", "Clinic", "Flat", "School")
SHIFT = window("8:00", "17:00")


def parcel_day() -> Document:
    """About 60 stops, 5 vans of which at least 4 are needed."""
    city = City(1)
    found = list(city.stops(60, SHOPS))
    service = 60.0 * integers(city.rng, 2, 6, 60)
    parcels = integers(city.rng, 1, 8, 60)
    windows = shift_windows(city.rng, *city.travel_times([v for v, _ in found]), service)
    jobs = []
    for i, (_, stop) in enumerate(found):
        job = {"id": f"P{i + 1:02}", **stop, "delivery": [parcels[i]], "service": service[i]}
        if city.rng.random() < 0.5:
            job["time_windows"] = [{"earliest": windows[i].earliest, "latest": windows[i].latest}]
        jobs.append(job)
    # Room for a bit less than a third of all parcels: three vans cannot carry them.
    capacity = float(np.ceil(parcels.sum() / 3.4))
    return city.document(
        "parcel-day",
        "60 parcel stops in north-eastern Cairo, half of them with time windows, 5 vans; a "
        "kilometre costs 5, an hour 60, a van 100.",
        dimensions=["parcels"],
        vehicle_types=[
            {
                "id": "van",
                "count": 5,
                "capacity": [capacity],
                "start": "depot",
                "end": "depot",
                "shift": SHIFT,
                "fixed_cost": 100.0,
                "cost_per_distance": 0.005,
                "cost_per_duration": 60 / 3600,
            }
        ],
        jobs=jobs,
    )


def grocery_windows() -> Document:
    """Tight windows, and vans that are paid by the hour."""
    city = City(2, spread=0.6)
    slots = [("9:00", "10:00"), ("10:00", "11:00"), ("11:00", "13:00"), ("15:00", "16:00")]
    slots += [("16:00", "18:00"), ("18:00", "20:00")]
    jobs = []
    for i, (_, stop) in enumerate(city.stops(30, ("Flat", "Flat", "House", "Office"))):
        slot = slots[int(city.rng.random() * len(slots))]
        crates = float(integers(city.rng, 1, 6, 1)[0])
        jobs.append(
            {
                "id": f"G{i + 1:02}",
                **stop,
                "delivery": [crates],
                "service": 180.0 + 30.0 * crates,
                "time_windows": [window(*slot)],
            }
        )
    return city.document(
        "grocery-windows",
        "30 grocery orders with windows of 1 or 2 hours, 4 vans with loading time at the depot; "
        "cost is 1 per metre and 2 per second on the way.",
        dimensions=["crates"],
        depots=[{**city.home(), "service": 600.0}],
        vehicle_types=[
            {
                "id": "van",
                "count": 4,
                "capacity": [40.0],
                "start": "depot",
                "end": "depot",
                "shift": window("8:00", "21:00"),
                "cost_per_duration": 2.0,
            }
        ],
        jobs=jobs,
    )


def pickup_dropoff() -> Document:
    """Passengers who book a pickup or an arrival, and do not ride too long."""
    city = City(3, spread=0.6)
    corners = list(city.stops(30, ("Corner",)))
    shipments = []
    for i in range(15):
        (u, here), (v, there) = corners[2 * i], corners[2 * i + 1]
        direct = _ride(city.graph, u, v)
        people = float(integers(city.rng, 1, 3, 1)[0])
        start = clock("7:00") + 900.0 * float(integers(city.rng, 2, 12, 1)[0])
        pickup = {**here, "service": 60.0}
        delivery = {**there, "service": 60.0}
        if i % 3:
            pickup["time_windows"] = [{"earliest": start, "latest": start + 1200.0}]
        else:
            delivery["time_windows"] = [{"earliest": start, "latest": start + 1800.0}]
        longest = 60.0 * float(np.ceil(1.5 * direct / 60.0 + 8.0))
        shipments.append(
            {
                "id": f"R{i + 1:02}",
                "pickup": pickup,
                "delivery": delivery,
                "amount": [people],
                "max_ride_time": longest,
            }
        )
    return city.document(
        "pickup-dropoff",
        "15 shared rides: pickup and drop-off on the same minibus, no ride longer than 1.5 times "
        "the direct one plus 8 minutes; cost is the metres driven.",
        dimensions=["passengers"],
        vehicle_types=[
            {
                "id": "minibus",
                "count": 4,
                "capacity": [6.0],
                "start": "depot",
                "end": "depot",
                "shift": window("6:30", "12:00"),
            }
        ],
        shipments=shipments,
    )


def _ride(graph: Graph, u: int, v: int) -> float:
    from routesolve.graphs.shortest_paths import many_to_many

    return float(many_to_many(graph, [u], [v]).durations[0, 0])


def technicians() -> Document:
    """Skills, lunch breaks, priorities, and visits that may be left for another day."""
    city = City(4, spread=0.8)
    trades = [["gas"], ["electric"], ["electric"], [], ["gas", "electric"], []]
    jobs = []
    for i, (_, stop) in enumerate(city.stops(25, ("Flat", "Office", "Shop", "School"))):
        job = {
            "id": f"T{i + 1:02}",
            **stop,
            "service": 900.0 + 300.0 * float(integers(city.rng, 0, 6, 1)[0]),
            "skills": trades[i % len(trades)],
        }
        if i % 4 == 1:
            job["time_windows"] = [window("8:00", "12:00")]
        if i % 8 == 3:
            job["time_windows"] = [window("8:00", "10:00"), window("14:00", "16:30")]
        if i % 5 == 0:
            job["priority"] = 10
        if i % 6 == 5:
            job["prize"] = 15000.0
        jobs.append(job)
    lunch = {"id": "lunch", "duration": 1800.0, "time_windows": [window("11:30", "14:00")]}
    staff = [("amal", ["gas", "electric"]), ("bilal", ["electric"]), ("dina", ["gas"])]
    return city.document(
        "technicians",
        "25 visits for 3 technicians with skills and a lunch break; some visits may wait for "
        "another day, which costs as much as driving 15 km.",
        vehicle_types=[
            {
                "id": name,
                "count": 1,
                "start": "depot",
                "end": "depot",
                "shift": SHIFT,
                "breaks": [lunch],
                "skills": skills,
                "max_overtime": 1800.0,
                "overtime_cost": 5.0,
            }
            for name, skills in staff
        ],
        jobs=jobs,
    )


def water_trucks() -> Document:
    """Two trucks that refill: more water than they hold at once."""
    city = City(5, spread=0.7)
    jobs = [
        {
            "id": f"W{i + 1:02}",
            **stop,
            "delivery": [500.0 * float(integers(city.rng, 2, 8, 1)[0])],
            "service": 600.0,
        }
        for i, (_, stop) in enumerate(city.stops(20, ("Building site", "Garden", "School")))
    ]
    station = next(city.stops(1, ("Filling station",)))[1]
    return city.document(
        "water-trucks",
        "20 deliveries of water by 2 trucks that refill at the depot or at a filling station, as "
        "often as they need; cost is the metres driven.",
        dimensions=["litres"],
        depots=[{**city.home(), "service": 900.0}, {"id": "station", **station, "service": 900.0}],
        vehicle_types=[
            {
                "id": "truck",
                "count": 2,
                "capacity": [8000.0],
                "start": "depot",
                "end": "depot",
                "shift": window("7:00", "16:00"),
                "reload_depots": ["depot", "station"],
            }
        ],
        jobs=jobs,
    )


def impossible() -> Document:
    """One job for each reason for which a job stays unserved, and a few that do not."""
    city = City(6, spread=0.4)
    wrong: list[Document] = [
        {"time_windows": [window("5:00", "6:00")]},
        {"skills": ["crane"]},
        {"delivery": [25.0]},
        {"delivery": [5.0], "time_windows": [window("8:00", "8:00")]},
        {"service": 10 * 3600.0},
        {"delivery": [8.0]},
        {"delivery": [8.0]},
        {"delivery": [8.0]},
        {"prize": 1.0, "delivery": [2.0]},
        {"group": "either", "delivery": [1.0]},
        {"group": "either", "delivery": [1.0]},
    ]
    words = ["Before the shift", "Needs a crane", "Too large", "No time to get there", "Too long"]
    words += ["No room for all three"] * 3 + ["Not worth the way", "Either this", "or this"]
    jobs = [
        {"id": f"U{i + 1:02}", **stop, "service": 300.0, **wrong[i]}
        for i, (_, stop) in enumerate(city.stops(len(wrong), words))
    ]
    return city.document(
        "impossible",
        "Every way in which a job stays unserved: alone impossible (window, skill, amount, time), "
        "no room, optional and not worth it, other of its group served.",
        allow_unserved=True,
        dimensions=["parcels"],
        vehicle_types=[
            {
                "id": "van",
                "count": 1,
                "capacity": [20.0],
                "start": "depot",
                "end": "depot",
                "shift": SHIFT,
            }
        ],
        jobs=jobs,
    )


# -- classical small ones ----------------------------------------------------------------------


def planar(name: str, about: str, seed: int, n: int, **parts: Any) -> Document:
    """An instance on a grid of 100 by 100: depot in the middle, amounts 1 to 9."""
    rng = np.random.default_rng(seed)
    xy = integers(rng, 0, 100, 2 * n).reshape(n, 2).tolist()
    amounts = integers(rng, 1, 9, n).tolist()
    vehicle = {"id": "vehicle", "capacity": [25.0], "start": "depot", "end": "depot"}
    return {
        "name": name,
        "comment": f"{about} {PLANAR_NOTE}",
        "rounding": "nearest",
        "depots": [{"id": "depot", "location": {"x": 50.0, "y": 50.0}}],
        "vehicle_types": [vehicle | parts.pop("vehicle", {})],
        **parts,
        "jobs": [
            {"id": str(i + 1), "location": {"x": x, "y": y}, "delivery": [a]}
            for i, ((x, y), a) in enumerate(zip(xy, amounts, strict=True))
        ],
    }


def cvrp() -> Document:
    """Capacities only."""
    return planar("cvrp-16", "16 customers, capacity 25.", 11, 16)


def vrptw() -> Document:
    """Time windows around the time at which a vehicle can be there."""
    about = "10 customers with time windows; vehicles are home by 300."
    vehicle = {"shift": {"latest": 300.0}}
    document = planar("vrptw-10", about, 12, 10, vehicle=vehicle)
    rng = np.random.default_rng(112)
    for job in document["jobs"]:
        way = np.hypot(job["location"]["x"] - 50.0, job["location"]["y"] - 50.0)
        start = np.ceil(way + rng.random() * (240.0 - 2.0 * way))
        job["time_windows"] = [{"earliest": start, "latest": start + 40.0}]
        job["service"] = 10.0
    return document


def vrpb() -> Document:
    """Every third customer gives instead of receiving."""
    about = "8 deliveries and 4 pickups; on a route all pickups come after all deliveries."
    document = planar("vrpb-12", about, 13, 12, backhaul="last")
    for job in document["jobs"][2::3]:
        job["pickup"] = job.pop("delivery")
    return document


def mdvrp() -> Document:
    """Two depots with two vehicles each."""
    document = planar("mdvrp-12", "12 customers, 2 depots with 2 vehicles each.", 14, 12)
    sides = {"west": {"x": 25.0, "y": 50.0}, "east": {"x": 75.0, "y": 50.0}}
    document["depots"] = [{"id": side, "location": place} for side, place in sides.items()]
    document["vehicle_types"] = [
        {"id": side, "count": 2, "capacity": [25.0], "start": side, "end": side} for side in sides
    ]
    return document


def open_routes() -> Document:
    """Routes end at their last customer."""
    about = "10 customers; routes end at their last customer."
    document = planar("open-10", about, 15, 10)
    del document["vehicle_types"][0]["end"]
    return document


ALL: tuple[Callable[[], Document], ...] = (
    parcel_day,
    grocery_windows,
    pickup_dropoff,
    technicians,
    water_trucks,
    impossible,
    cvrp,
    vrptw,
    vrpb,
    mdvrp,
    open_routes,
)


def text_of(document: Document) -> str:
    """JSON with one line per part, in the instance's own words and numbers."""
    plain = {"routesolve": 1, **VrpInstance.from_dict(document).to_dict()}
    lead = ("routesolve", "name", "comment", "epoch")
    lines = []
    for key in sorted(plain, key=lambda k: (k not in lead, lead.index(k) if k in lead else 0)):
        value = _whole(plain[key])
        if isinstance(value, list) and value and isinstance(value[0], dict):
            parts = ",\n".join(f"  {_compact(part)}" for part in value)
            lines.append(f" {_compact(key)}: [\n{parts}\n ]")
        else:
            lines.append(f" {_compact(key)}: {_compact(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _whole(value: Any) -> Any:
    """Write 3.0 as 3."""
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def main() -> None:
    """Write all files and say how large they are."""
    parser = argparse.ArgumentParser(description="Write the embedded demo instances.")
    parser.add_argument("-o", "--output", type=Path, default=TARGET)
    folder: Path = parser.parse_args().output
    folder.mkdir(parents=True, exist_ok=True)
    total = 0
    for make in ALL:
        document = make()
        data = text_of(document).encode()
        (folder / f"{document['name']}.json").write_bytes(data)
        total += len(data)
        print(f"{len(data):7} bytes  {document['name']}")
    print(f"{total:7} bytes  in all")


if __name__ == "__main__":
    main()
