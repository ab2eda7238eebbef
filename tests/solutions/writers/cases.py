"""Small instances with plans, checked, as every writer gets them."""

from __future__ import annotations

import math
from typing import Any

from routesolve.instances.instance import VrpInstance
from routesolve.instances.model import (
    Break,
    Depot,
    Job,
    Location,
    Shipment,
    Stop,
    TimeWindow,
    VehicleType,
)
from routesolve.solutions.checker import check
from routesolve.solutions.result import Result
from routesolve.solutions.solution import Solution

NASTY = '</script><script>alert("x")</script>'
ARABIC = "صيدلية مصر الجديدة"


def result_of(instance: VrpInstance, solution: Solution, **changes: Any) -> Result:
    """Wrap a checked plan as a solver would."""
    report = check(instance, solution)
    fields: dict[str, Any] = {
        "instance": instance,
        "solution": report.solution,
        "report": report,
        "solver": "by-hand",
        "runtime": 1.25,
        "iterations": 7,
        "trace": (
            (0.1, report.cost * 1.2 + 1),
            (0.4, report.cost * 1.05 + 0.5),
            (1.0, report.cost),
        ),
        "versions": {"routesolve": "0.1.0", "numpy": "2.0"},
    }
    return Result(**(fields | changes))


def city(*, stops: int = 12, network: bool = False, seed: int = 3) -> Result:
    """Jobs, a shipment, a break, a reload, windows, a nasty name, one job left out; in Cairo."""
    places = [_place(k, seed) for k in range(stops + 4)]
    jobs = [
        Job(
            id=str(k + 1),
            location=places[k],
            delivery=(1 + k % 3, 0.5),
            service=180 + 60 * (k % 3),
            time_windows=(TimeWindow(28800 + 1800 * (k % 5), 43200 + 1800 * (k % 5)),) * (k % 2),
            name={0: NASTY, 1: ARABIC, 2: "=1+1"}.get(k),
        )
        for k in range(stops)
    ]
    jobs.append(Job(id="far", location=places[stops], delivery=(99, 0), name="Too much, at once"))
    shipment = Shipment(
        id="parcel",
        amount=(1, 1),
        pickup=Stop(location=places[stops + 1], id="41", service=60, name="Sender"),
        delivery=Stop(location=places[stops + 2], id="42", service=60),
    )
    van = VehicleType(
        id="van",
        count=3,
        capacity=(20, 20),
        start="hub",
        end="hub",
        shift=TimeWindow(28800, 61200),
        breaks=(Break(id="lunch", duration=1800, time_windows=(TimeWindow(36000, 46800),)),),
        reload_depots=("hub",),
        fixed_cost=10,
        cost_per_distance=0.001,
        cost_per_duration=0.01,
    )
    instance = VrpInstance(
        jobs=jobs,
        shipments=(shipment,),
        depots=(Depot(id="hub", location=places[stops + 3], service=600, name="Depot & Söhne"),),
        vehicle_types=(van,),
        dimensions=("boxes", "m³"),
        allow_unserved=True,
        name=f"City day <{seed}>",
    )
    if network:
        instance = instance.with_network("cairo")
    half = stops // 2
    first: list[Any] = [("job", str(k + 1)) for k in range(half)]
    first[half // 2 : half // 2] = [("break", "lunch"), ("reload", "hub")]
    second: list[Any] = [("job", str(k + 1)) for k in range(half, stops)]
    second[1:1] = [("pickup", "parcel"), ("break", "lunch"), ("delivery", "parcel")]
    return result_of(instance, Solution.from_sequences([("van", first), ("van", second)]))


def _place(k: int, seed: int) -> Location:
    turn = 2.399963 * (k + seed)
    reach = 0.0035 * math.sqrt(k + 1)
    return Location(
        lon=round(31.37 + 1.6 * reach * math.cos(turn), 6),
        lat=round(30.09 + reach * math.sin(turn), 6),
    )


def plane(*, stops: int = 6) -> Result:
    """Integer coordinates, integer costs, one vehicle type."""
    instance = VrpInstance(
        jobs=[
            Job(id=str(k), location=Location(x=(37 * k) % 50, y=(23 * k) % 40), delivery=(1,))
            for k in range(1, stops + 1)
        ],
        depots=(Depot(id="0", location=Location(x=0, y=0)),),
        vehicle_types=(VehicleType(capacity=(stops,), start="0", end="0"),),
        rounding="nearest",  # type: ignore[arg-type]  # read as any file would be
        name="plane",
    )
    order: list[Any] = [("job", str(k)) for k in range(1, stops + 1)]
    plan = [("vehicle", order[: stops // 2]), ("vehicle", order[stops // 2 :])]
    return result_of(instance, Solution.from_sequences(plan), lower_bound=100.0)


def mixed_fleet() -> Result:
    """Two vehicle types; the first vehicle and the last stay at home."""
    instance = VrpInstance(
        jobs=[Job(id=str(k), location=Location(x=k, y=0), delivery=(1,)) for k in range(1, 5)],
        depots=(Depot(id="depot", location=Location(x=0, y=0)),),
        vehicle_types=(
            VehicleType(id="small", count=2, capacity=(2,), start="depot", end="depot"),
            VehicleType(
                id="large",
                count=2,
                capacity=(9,),
                start="depot",
                end="depot",
                reload_depots=("depot",),
            ),
        ),
        name="mixed",
    )
    plan = Solution.from_sequences(
        [
            ("small", []),
            ("small", [("job", "1"), ("job", "2")]),
            ("large", [("job", "4"), ("reload", "depot"), ("job", "3")]),
        ]
    )
    return result_of(instance, plan)


def matrix_only() -> Result:
    """Places known by their matrix rows only."""
    instance = VrpInstance(
        jobs=[Job(id=str(k), location=Location(index=k), service=10) for k in (1, 2)],
        depots=(Depot(id="d", location=Location(index=0)),),
        vehicle_types=(VehicleType(id="7", count=1, start="d", end="d"),),
        profiles=[{"metric": "matrix", "durations": [[0, 5, 9], [5, 0, 4], [9, 4, 0]]}],  # type: ignore[list-item]
        name="matrix",
    )
    return result_of(instance, Solution.from_sequences([("7", [("job", "2"), ("job", "1")])]))


def empty() -> Result:
    """Nothing to do."""
    instance = VrpInstance(
        depots=(Depot(id="d", location=Location(lon=31.3, lat=30.1)),),
        vehicle_types=(VehicleType(id="van", count=1, start="d", end="d"),),
    )
    return result_of(instance, Solution(()), trace=())
