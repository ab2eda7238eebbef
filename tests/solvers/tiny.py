"""Tiny instances, one per feature of the model, and the best plan by trying all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, combinations, permutations, product
from random import Random
from typing import Any

from routesolve.instances.instance import VrpInstance
from routesolve.solutions.checker import Report, check
from routesolve.solutions.solution import Route, Solution, Visit

PLACES = ((10, 0), (6, 8), (0, 10), (-8, 6), (-3, -4))
Parts = dict[str, Any]


def place(x: float, y: float) -> Parts:
    """A planar place."""
    return {"x": x, "y": y}


def jobs(count: int = 5, **each: Sequence[Any]) -> list[Parts]:
    """Jobs a, b, c, ... with a load of 1 to bring, and further fields given as one list each."""
    made = []
    for i in range(count):
        job: Parts = {"id": "abcde"[i], "location": place(*PLACES[i]), "delivery": [1]}
        job |= {name: values[i] for name, values in each.items() if values[i] is not None}
        made.append(job)
    return made


def shipments(count: int = 2, **each: Sequence[Any]) -> list[Parts]:
    """Shipments s0, s1 between the places of the jobs."""
    made = []
    for i in range(count):
        shipment: Parts = {
            "id": f"s{i}",
            "pickup": {"location": place(*PLACES[i])},
            "delivery": {"location": place(*PLACES[i + 2])},
            "amount": [1],
        }
        shipment |= {name: values[i] for name, values in each.items() if values[i] is not None}
        made.append(shipment)
    return made


def van(**fields: Any) -> Parts:
    """Two vehicles from and to the depot, capacity 3."""
    return {"id": "van", "count": 2, "capacity": [3], "start": "hub", "end": "hub"} | fields


def vrp(work: list[Parts], *fleet: Parts, **fields: Any) -> VrpInstance:
    """An instance with two depots."""
    stops = [part for part in work if "pickup" not in part or isinstance(part["pickup"], list)]
    pairs = [part for part in work if part not in stops]
    depots = fields.pop(
        "depots",
        [{"id": "hub", "location": place(0, 0)}, {"id": "east", "location": place(9, 3)}],
    )
    return VrpInstance(
        jobs=stops, shipments=pairs, depots=depots, vehicle_types=list(fleet) or [van()], **fields
    )


def window(earliest: float = 0, latest: float | None = None, **more: Any) -> Parts:
    """A time window."""
    return {"earliest": earliest} | ({} if latest is None else {"latest": latest}) | more


def hub(**fields: Any) -> list[Parts]:
    """The depot with more fields, and the other one."""
    return [
        {"id": "hub", "location": place(0, 0)} | fields,
        {"id": "east", "location": place(9, 3)},
    ]


W = window
HURRY = [[W(20, 30)], [W(0, 12)], None, [W(15, 40)], [W(5, 6)]]
MIXED = {"delivery": [[2], [], [1], [], [1]], "pickup": [[], [2], [1], [1], []]}
PAIRED = [*jobs(2), *shipments(1)]


def _matrix() -> Parts:
    """One-way streets: an asymmetric matrix with ways that do not exist."""
    times = [[0, 3, 9, None], [4, 0, 2, 8], [None, 5, 0, 3], [2, None, 6, 0]]
    return {"id": "default", "metric": "matrix", "durations": times}


def _by_row(count: int) -> list[Parts]:
    return [{"id": "abc"[i], "location": {"index": i + 1}, "delivery": [1]} for i in range(count)]


CASES: dict[str, VrpInstance] = {
    "empty": vrp([]),
    "one job": vrp(jobs(1)),
    "capacity": vrp(jobs()),
    "free fleet": vrp(jobs(), van(count=None, capacity=[2])),
    "fractional loads": vrp(
        jobs(delivery=[[0.3], [0.7], [0.1], [0.45], [0.25]]), van(capacity=[1.0])
    ),
    "dimensions": vrp(jobs(4, delivery=[[1, 5], [2, 1], [1, 5], [1, 0]]), van(capacity=[3, 6])),
    "pickups": vrp(jobs(pickup=[[1]] * 5, delivery=[[]] * 5)),
    "mixed": vrp(jobs(**MIXED)),
    "mixed, one tight vehicle": vrp(
        jobs(4, delivery=[[2], [], [1], []], pickup=[[], [2], [], [1]]), van(count=1)
    ),
    "mixed with shipments": vrp(
        [*jobs(2, delivery=[[2], []], pickup=[[], [2]]), *shipments(1)], van(count=1)
    ),
    "backhauls last": vrp(jobs(**MIXED), backhaul="last"),
    "no mixed trips": vrp(
        jobs(4, delivery=[[2], [], [1], []], pickup=[[], [2], [], [1]]), backhaul="none"
    ),
    "shipments": vrp(PAIRED, van(count=1)),
    "two shipments": vrp(shipments(2), van(capacity=[1])),
    "ride time": vrp(shipments(2, max_ride_time=[20, 16]), van()),
    "ride time and windows": vrp(
        [
            shipments(1, max_ride_time=[15])[0]
            | {
                "delivery": {
                    "location": place(0, 10),
                    "time_windows": [W(60, 70)],
                    "service": 2,
                }
            },
            *jobs(2, time_windows=[[W(0, 40)], None]),
        ],
        van(count=1),
    ),
    "service": vrp(jobs(4, service=[3, 1, 0, 2]), van(max_duration=50)),
    "setup": vrp(jobs(4, setup=[3, 1, 0, 2], service=[1] * 4), van(max_duration=50)),
    "setup at one place": vrp(
        jobs(4, setup=[3, 4, 5, 2], location=[None, place(10, 0), None, place(0, 10)]),
        van(count=1, capacity=[4], cost_per_duration=1),
    ),
    "setup at one place, windows": vrp(
        jobs(
            4,
            setup=[3, 4, 5, 2],
            location=[None, place(10, 0), None, place(0, 10)],
            time_windows=[[W(10, 12)], [W(13, 15)], [W(30, 33), W(45, 50)], [W(0, 36)]],
        ),
        van(capacity=[4]),
    ),
    "setup at the depot": vrp(
        jobs(2, setup=[3, 4], location=[place(0, 0), None], time_windows=[[W(5, 7)], None]),
        van(cost_per_duration=1),
    ),
    "time windows": vrp(jobs(time_windows=HURRY)),
    "several windows": vrp(
        jobs(4, time_windows=[[W(1, 5), W(22, 24)], [W(8, 9), W(60, 70)], None, [W(0, 11)]]),
        van(count=1, capacity=[5]),
    ),
    "several windows, duration": vrp(
        jobs(3, time_windows=[[W(10, 11), W(40, 41)], [W(0, 25), W(52, 60)], [W(30, 80)]]),
        van(count=1, cost_per_duration=2),
    ),
    "soft windows": vrp(
        jobs(3, time_windows=[[W(0, 5, lateness_cost=2)], [W(0, 9, lateness_cost=0.5)], None]),
        van(count=1),
    ),
    "hard, then soft": vrp(
        jobs(3, time_windows=[[W(1, 2), W(12, 14, lateness_cost=3)], None, [W(0, 10)]]),
        van(count=1),
    ),
    "releases": vrp(jobs(4, release=[30, None, 5, None]), van(max_duration=45)),
    "releases and loading": vrp(
        jobs(3, release=[20, None, 5], time_windows=[None, [W(0, 30)], None]),
        van(cost_per_duration=1),
        depots=hub(service=4, time_windows=[W(0, 10), W(25, 90)]),
    ),
    "prizes": vrp(jobs(4, prize=[3, 25, None, 2]), van(count=1)),
    "optional shipments": vrp(shipments(2, prize=[3, 100]), van(count=1)),
    "priorities": vrp(jobs(4, priority=[0, 3, 1, 0]), van(count=1, capacity=[2])),
    "cost of unserved": vrp(jobs(4, priority=[0, 1, 0, 0]), van(), objective={"unserved": 13}),
    "groups": vrp(jobs(4, group=["g", "g", None, "g"])),
    "optional groups": vrp(jobs(4, group=["g", "g", None, None], prize=[30, 12, None, 2])),
    "group of shipments": vrp(
        [*jobs(2, group=["g", None]), *shipments(2, group=["g", "g"])], van(count=1)
    ),
    "impossible job": vrp(jobs(3, time_windows=[[W(0, 5)], None, None])),
    "no room": vrp(jobs(), van(count=1)),
    "skills": vrp(
        jobs(4, skills=[["crane"], None, ["cold", "crane"], None]),
        van(count=1),
        van(id="truck", count=1, skills=["crane", "cold"]),
    ),
    "skill nobody has": vrp(jobs(3, skills=[["crane"], None, None])),
    "zones": vrp(jobs(3), van(count=1, forbidden=["a", "c"]), van(id="truck", count=1)),
    "preferences": vrp(
        jobs(4),
        van(count=1, preferences={"a": 5, "b": -3, "d": 7}),
        van(id="truck", count=1, preferences={"a": 9, "b": 1}),
        objective={"preference": 2},
    ),
    "preferred shipments": vrp(
        shipments(2, prize=[1, 1]),
        van(count=1, preferences={"s0": 25}),
        van(id="truck", count=1, preferences={"s1": 40, "s0": -4}),
    ),
    "several depots": vrp(jobs(), van(count=1), van(id="b", count=1, start="east", end="east")),
    "from depot to depot": vrp(jobs(4), van(end="east", capacity=[2])),
    "depot opening times": vrp(
        jobs(3, time_windows=[[W(0, 20)], None, None]),
        depots=hub(time_windows=[W(5, 9), W(40, 41), W(60, 61)]),
    ),
    "depot loading time": vrp(
        jobs(3, time_windows=[[W(0, 13)], None, [W(0, 14)]]),
        van(cost_per_duration=1),
        depots=hub(service=4),
    ),
    "mixed fleet": vrp(
        jobs(),
        van(count=2, capacity=[2], fixed_cost=1, cost_per_distance=0.7),
        van(id="truck", count=1, capacity=[5], fixed_cost=9, cost_per_distance=1.3),
    ),
    "fixed costs": vrp(jobs(4), van(fixed_cost=7.5), objective={"vehicles": 11}),
    "driving cost": vrp(
        jobs(4),
        van(count=1, cost_per_driving_time=0.5, speed_factor=0.5),
        van(id="b", count=1, cost_per_driving_time=1.5, speed_factor=2),
        objective={"distance": 0.25, "duration": 2},
    ),
    "duration cost": vrp(
        jobs(4, time_windows=[[W(20, 30)], None, [W(0, 12)], None], service=[2] * 4),
        van(cost_per_duration=1.5),
    ),
    "open start": vrp(jobs(4), van(start=None)),
    "open end": vrp(jobs(4), van(end=None)),
    "open, timed": vrp(jobs(4, time_windows=HURRY), van(start=None, end=None, cost_per_duration=1)),
    "alternative ends": vrp(jobs(4), van(alternative_ends=["east"], capacity=[2])),
    "shift": vrp(jobs(4), van(shift=W(10, 42)), van(id="late", shift=W(50, 80), count=1)),
    "break": vrp(
        jobs(3, time_windows=[[W(0, 12)], None, None]),
        van(count=1, breaks=[{"id": "lunch", "duration": 10, "time_windows": [W(15, 20)]}]),
    ),
    "breaks": vrp(
        jobs(3, service=[2, 2, 2], time_windows=[None, [W(25, 40)], None]),
        van(
            count=1,
            cost_per_duration=1,
            breaks=[
                {"id": "lunch", "duration": 5, "time_windows": [W(3, 4), W(21, 22)]},
                {"id": "tea", "duration": 2},
            ],
        ),
    ),
    "impossible break": vrp(
        jobs(3),
        van(count=1, shift=W(0, 40), breaks=[{"id": "x", "time_windows": [W(90, 95)]}]),
        van(id="b", count=1, capacity=[2]),
    ),
    "maximum distance": vrp(jobs(4), van(max_distance=36.5)),
    "maximum duration": vrp(
        jobs(4, time_windows=[[W(30, 40)], None, [W(0, 20)], None]), van(max_duration=36.5)
    ),
    "maximum driving time": vrp(jobs(4), van(max_driving_time=50, speed_factor=0.75)),
    "maximum number of jobs": vrp(jobs(4), van(max_jobs=2)),
    "overtime of the shift": vrp(
        jobs(4), van(count=1, capacity=[4], shift=W(0, 40), max_overtime=9, overtime_cost=3)
    ),
    "overtime of the duration": vrp(
        jobs(4, time_windows=[[W(30, 40)], None, None, None], prize=[50, 50, 12, 50]),
        van(count=1, capacity=[4], max_duration=38, max_overtime=20, overtime_cost=1.5),
    ),
    "profiles": vrp(
        jobs(4),
        van(count=1, profile="slow"),
        van(id="b", count=1, profile="fast", cost_per_distance=1.2),
        profiles=[
            {"id": "fast", "metric": "euclidean", "speed": 2},
            {"id": "slow", "metric": "manhattan"},
        ],
    ),
    "matrix with closed ways": VrpInstance(
        jobs=_by_row(3),
        depots=[{"id": "hub", "location": {"index": 0}}],
        vehicle_types=[van()],
        profiles=[_matrix()],
    ),
    "time-dependent travel": vrp(
        jobs(3),
        profiles=[{"bands": [{"start": 0, "speed_factor": 1}, {"start": 9, "speed_factor": 0.5}]}],
    ),
    "reloads": vrp(jobs(4), van(count=1, capacity=[2], reload_depots=["hub"])),
    "reloads elsewhere": vrp(
        jobs(4), van(count=1, capacity=[2], reload_depots=["east", "hub"], max_reloads=1)
    ),
    "reloads for some": vrp(
        jobs(4),
        van(count=1, capacity=[1]),
        van(id="truck", count=1, capacity=[2], reload_depots=["east"], fixed_cost=3),
    ),
    "reloads and a time limit": vrp(
        jobs(4, service=[1] * 4),
        van(count=1, capacity=[2], reload_depots=["hub"], max_duration=62, cost_per_duration=1),
        depots=hub(service=3),
    ),
    "reloads, mixed": vrp(
        jobs(4, delivery=[[2], [], [1], [2]], pickup=[[], [2], [1], []]),
        van(count=1, capacity=[2], reload_depots=["hub"]),
    ),
    "reloads, backhauls last": vrp(
        jobs(4, delivery=[[2], [], [1], []], pickup=[[], [2], [1], [1]]),
        van(count=1, capacity=[2], reload_depots=["hub"]),
        backhaul="last",
    ),
    "reloads, no mixed trips": vrp(
        jobs(4, delivery=[[2], [], [1], []], pickup=[[], [2], [], [1]]),
        van(count=1, capacity=[3], reload_depots=["hub", "east"]),
        backhaul="none",
    ),
    "reloads and shipments": vrp(
        [*jobs(3, delivery=[[2], [1], [2]]), *shipments(1)],
        van(count=1, capacity=[2], reload_depots=["hub"]),
    ),
    "reloads and pickups beside shipments": vrp(
        [*jobs(3, delivery=[[]] * 3, pickup=[[2], [1], [2]]), *shipments(1)],
        van(count=1, capacity=[2], reload_depots=["hub"]),
    ),
    "reloads and releases": vrp(
        jobs(4, release=[None, 30, None, 12], time_windows=[None, None, [W(0, 40)], None]),
        van(count=1, capacity=[4], reload_depots=["hub"], cost_per_duration=0.5, shift=W(0, 75)),
        depots=hub(service=2),
    ),
    "reloads inside opening times": vrp(
        jobs(3, time_windows=[[W(0, 20)], None, [W(0, 60)]]),
        van(count=1, capacity=[1], reload_depots=["hub"], cost_per_duration=1),
        depots=hub(service=2, time_windows=[W(0, 9), W(40, 41), W(60, 200)]),
    ),
    "reloads and setup at the depot": vrp(
        jobs(3, setup=[3, 4, 2], location=[place(0, 0), None, None], service=[1] * 3),
        van(count=1, capacity=[2], reload_depots=["hub"], cost_per_duration=1),
    ),
    "reloads and a break": vrp(
        jobs(3),
        van(
            count=1,
            capacity=[2],
            reload_depots=["hub"],
            cost_per_duration=1,
            breaks=[{"id": "rest", "duration": 5, "time_windows": [W(10, 25)]}],
        ),
    ),
    "reloads that do not pay": vrp(
        jobs(4, prize=[30, 1, 30, 1]), van(count=1, capacity=[2], reload_depots=["hub"])
    ),
    "balance": vrp(jobs(4), van(capacity=[4]), objective={"balance": 3}),
    "locked": vrp(
        jobs(4),
        initial_routes=[
            {
                "vehicle_type": "van",
                "vehicle": 1,
                "visits": [{"kind": "job", "id": "d"}, {"kind": "job", "id": "a"}],
                "locked": 2,
            }
        ],
    ),
    "locked pickup": vrp(
        [*jobs(2), *shipments(1)],
        van(),
        initial_routes=[
            {"vehicle_type": "van", "visits": [{"kind": "pickup", "id": "s0"}], "locked": 1}
        ],
    ),
    "negative and large times": vrp(
        jobs(3, time_windows=[[W(1.7e9 - 30, 1.7e9 - 5)], [W(1.7e9, 1.7e9 + 40)], None]),
        van(shift=W(1.7e9 - 60, 1.7e9 + 60)),
    ),
}


def all_plans(instance: VrpInstance) -> Iterator[Solution]:
    """Yield every plan: who serves what in which order, with breaks in every position."""
    tasks = (*instance.jobs, *instance.shipments)
    vehicles = [
        (kind, number)
        for kind in instance.vehicle_types
        for number in range(min(instance.fleet_size(kind), len(tasks)))
    ]
    for who in product(range(-1, len(vehicles)), repeat=len(tasks)):
        groups = [
            [t for t, w in zip(tasks, who, strict=True) if w == v] for v in range(len(vehicles))
        ]
        same = [
            a < b
            for a, b in combinations(range(len(vehicles)), 2)
            if vehicles[a][0] is vehicles[b][0] and not instance.initial_routes
            if not groups[a] and groups[b]
        ]
        if any(same):
            continue  # identical vehicles: fill the first ones first
        options = [
            list(_orders(kind, number, group)) if group else [None]
            for (kind, number), group in zip(vehicles, groups, strict=True)
        ]
        for routes in product(*options):
            yield Solution(tuple(route for route in routes if route is not None))


def _orders(kind: Any, number: int, group: list[Any]) -> Iterator[Route]:
    visits = list(
        chain.from_iterable(
            [Visit("pickup", t.id), Visit("delivery", t.id)]
            if hasattr(t, "amount")
            else [Visit("job", t.id)]
            for t in group
        )
    )
    pauses = [Visit("break", pause.id) for pause in kind.breaks]
    ends = [Visit("end", name) for name in (kind.end, *kind.alternative_ends)]
    for order in permutations([*visits, *pauses]):
        place_of = {(v.kind, v.id): i for i, v in enumerate(order)}
        if all(
            place_of["pickup", v.id] < place_of["delivery", v.id]
            for v in order
            if v.kind == "pickup"
        ):
            for whole in _with_reloads(kind, order, len(group)):
                for end in ends:
                    yield Route(kind.id, (*whole, end), number)


def _with_reloads(kind: Any, order: tuple[Visit, ...], tasks: int) -> Iterator[tuple[Visit, ...]]:
    """Put reloads at up to as many places between visits as there may be trips."""
    most = 0 if not kind.reload_depots else tasks - 1
    if kind.max_reloads is not None:
        most = min(most, kind.max_reloads)
    for number in range(most + 1):
        for gaps in combinations(range(1, len(order)), number):
            for depots in product(kind.reload_depots, repeat=number):
                whole = list(order)
                for gap, depot in zip(reversed(gaps), depots, strict=True):
                    whole.insert(gap, Visit("reload", depot))
                yield tuple(whole)


def rank(instance: VrpInstance, report: Report) -> tuple[float, ...]:
    """Order of plans: mandatory tasks left out by priority, unless they have a cost; then cost."""
    if instance.objective.unserved is not None:
        return (report.cost,)
    served = {name for _, name in report.solution.served()}
    chosen: dict[str, list[Any]] = {}
    for task in (*instance.jobs, *instance.shipments):
        chosen.setdefault(task.group or f"task {task.id}", []).append(task)
    left = dict.fromkeys(range(100, -1, -1), 0)
    for members in chosen.values():
        if any(t.prize is None for t in members) and not any(t.id in served for t in members):
            left[max(t.priority for t in members)] += 1
    return (*left.values(), report.cost)


def best(instance: VrpInstance) -> tuple[float, ...]:
    """Rank of the best feasible plan."""
    found = None
    for plan in all_plans(instance):
        report = check(instance, plan, reasons=False)
        if report.feasible:
            value = rank(instance, report)
            found = value if found is None or value < found else found
    assert found is not None
    return found


def random_instance(rng: Random) -> VrpInstance:
    """A few stops under a random mixture of features."""

    def chance(p: float) -> bool:
        return rng.random() < p

    def some_window() -> Parts:
        earliest = rng.choice([0, 5, 10, 20, 33.3])
        return window(earliest, earliest + rng.choice([1, 7.5, 20, 60]))

    count = rng.randint(0, 3)
    stops, pairs = jobs(count), shipments(rng.randint(0, 2 if count < 3 else 1))
    mixed, timed, prepared, several, soft = (chance(p) for p in (0.4, 0.5, 0.25, 0.3, 0.2))
    released, optional, skilled, ranked, shared = (chance(p) for p in (0.25, 0.3, 0.2, 0.2, 0.3))
    for stop in stops:
        if mixed:
            stop |= {"delivery": [rng.choice([0, 1, 2])], "pickup": [rng.choice([0, 1, 2])]}
        if shared and chance(0.5):
            stop["location"] = place(*PLACES[0])
    for task in stops + pairs:
        if released and chance(0.5):
            task["release"] = rng.choice([5, 17, 30.5])
        if optional and chance(0.5):
            task["prize"] = rng.choice([3, 10, 30.25])
        if skilled and chance(0.4):
            task["skills"] = ["x"]
        if ranked:
            task["priority"] = rng.choice([0, 1, 5])
    for pair in pairs:
        if chance(0.4):
            pair["max_ride_time"] = rng.choice([12, 16, 25])
    for part in stops + [end for pair in pairs for end in (pair["pickup"], pair["delivery"])]:
        if timed and chance(0.6):
            part["time_windows"] = [some_window() for _ in range(2 if several else 1)]
            if soft and not several:
                part["time_windows"][0]["lateness_cost"] = rng.choice([0.5, 2])
        if chance(0.3):
            part["service"] = rng.choice([1, 2.5])
        if prepared:
            part["setup"] = rng.choice([0, 2, 3])
    options: dict[str, tuple[float, Sequence[Any]]] = {
        "start": (0.15, [None]),
        "end": (0.3, [None, "east"]),
        "shift": (0.2, [window(0, 60), window(7, 40), window(7, 90)]),
        "max_duration": (0.2, [30, 45, 60.5]),
        "max_distance": (0.2, [30, 45, 60.5]),
        "max_driving_time": (0.1, [30, 45, 60.5]),
        "max_jobs": (0.2, [2, 3]),
        "max_overtime": (0.2, [5, 10]),
        "overtime_cost": (0.5, [0, 1, 2.5]),
        "cost_per_duration": (0.3, [0.5, 1, 2]),
        "cost_per_driving_time": (0.2, [0.75]),
        "fixed_cost": (0.2, [3, 12.5]),
        "speed_factor": (0.2, [0.5, 1.25]),
        "skills": (0.5, [["x"]]),
        "forbidden": (0.15 if stops else 0, [["a"]]),
        "preferences": (0.15 if stops else 0, [{"a": 4}, {"a": -4}]),
    }
    fleet = []
    for number in range(rng.choice([1, 1, 2])):
        fields = {key: rng.choice(values) for key, (p, values) in options.items() if chance(p)}
        if chance(0.2):
            windows = [some_window() for _ in range(rng.choice([0, 1, 2]))]
            pause = {"id": "rest", "duration": rng.choice([0, 4]), "time_windows": windows}
            fields["breaks"] = [pause]
        if fields.get("end", "hub") is not None and chance(0.2):
            fields["alternative_ends"] = ["east"]
        many = rng.choice([1, 2, None]) if number == 0 else 1
        capacity = [rng.choice([2, 3, 5])]
        fleet.append(van(id=f"van{number}", count=many, capacity=capacity, **fields))
    opening: Parts = {}
    if chance(0.2):
        opening["service"] = rng.choice([2, 4])
    if chance(0.2):
        opening["time_windows"] = [some_window(), some_window(), window(70, 200)]
    rules: Parts = {"backhaul": rng.choice(["mixed", "last", "none"])} if mixed else {}
    if chance(0.2):
        rules["objective"] = {"unserved": rng.choice([5, 40])}
    return vrp(stops + pairs, *fleet, depots=hub(**opening), allow_unserved=True, **rules)
