"""Instances for the tests of the neural solver."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from hypothesis import strategies as st

from routesolve.instances.generators.profiled import PROFILED, profiled
from routesolve.instances.generators.variants import VARIANTS, attribute_variant
from routesolve.instances.instance import VrpInstance
from routesolve.instances.model import Depot, Job, Location, Profile, TimeWindow, VehicleType

ALL = [*VARIANTS, *PROFILED, "ATSP"]


def variant(name: str, n: int, *, seed: int, asymmetric: bool = False) -> VrpInstance:
    """One of the 48 variants, of the profiled ones, or a tour; customers all feasible alone."""
    if name == "ATSP":
        rng = np.random.default_rng(seed)
        table = rng.random((n + 1, n + 1))
        table = table if asymmetric else table + table.T
        return tour(table)
    make = profiled if name in PROFILED else attribute_variant
    instance = make(name, n, seed=seed)
    return skewed(instance, seed) if asymmetric else instance


def tour(table: Any) -> VrpInstance:
    """A travelling salesman's instance on a matrix; the depot is row 0."""
    return VrpInstance(
        jobs=tuple(Job(str(i), Location(index=i)) for i in range(1, len(table))),
        depots=(Depot("depot", Location(index=0)),),
        vehicle_types=(VehicleType(count=1, start="depot", end="depot"),),
        profiles=(Profile(metric="matrix", distances=table, durations=table),),
    )


def skewed(instance: VrpInstance, seed: int) -> VrpInstance:
    """The same on matrices that differ by direction, and durations that differ from distances.

    No way becomes longer, so that what could be served alone still can.
    """
    rng = np.random.default_rng(seed)
    plain = instance.travel().distances
    tables = [plain * (0.6 + 0.4 * rng.random(plain.shape)) for _ in range(2)]
    place = {old: dataclasses.replace(old, index=i) for i, old in enumerate(instance.locations)}
    return instance.replace(
        jobs=tuple(dataclasses.replace(j, location=place[j.location]) for j in instance.jobs),
        depots=tuple(dataclasses.replace(d, location=place[d.location]) for d in instance.depots),
        profiles=(Profile(metric="matrix", distances=tables[0], durations=tables[1]),),
    )


@st.composite
def tight(draw: st.DrawFn) -> VrpInstance:
    """Small instances with every rule at once, numbers whole so that limits are met exactly."""
    n, k = draw(st.integers(1, 5)), draw(st.integers(1, 3))
    whole = st.integers
    rng = np.random.default_rng(draw(whole(0, 2**32 - 1)))
    places = draw(whole(1, k)) + n
    distances, durations = rng.integers(1, 10, (2, places, places)).astype(float)
    if draw(st.booleans()):
        durations[rng.random((places, places)) < 0.15] = np.inf
    depots = places - n
    timed, scored, zoned, paired = (draw(st.booleans()) for _ in range(4))

    def amount() -> float:
        return float(draw(whole(0, 4)))

    def window() -> tuple[TimeWindow, ...]:
        begin = draw(whole(0, 25))
        return (TimeWindow(begin, begin + draw(whole(0, 8))),) if timed else ()

    def some(high: int) -> float:
        return float(draw(st.one_of(whole(1, high), st.just(np.inf))))

    jobs = tuple(
        Job(
            f"j{i}",
            Location(index=depots + i),
            delivery=(amount(),),
            pickup=(amount(),) if paired else (),
            service=float(draw(whole(0, 3))),
            time_windows=window() if draw(st.booleans()) else (),
        )
        for i in range(n)
    )
    ids = [job.id for job in jobs]
    kinds = tuple(
        VehicleType(
            f"v{i}",
            count=draw(st.sampled_from([None, None, 1, 2])),
            capacity=(float(draw(whole(1, 10))),),
            start=f"d{i % depots}",
            end=draw(st.sampled_from([f"d{i % depots}", None])),
            shift=TimeWindow(float(draw(whole(0, 5))), 5.0 + some(40)),
            max_distance=some(40),
            max_duration=some(40),
            max_driving_time=some(40),
            fixed_cost=float(draw(whole(0, 3))),
            cost_per_distance=float(draw(whole(0, 2))),
            cost_per_driving_time=float(draw(whole(0, 2))),
            speed_factor=draw(st.sampled_from([1.0, 1.0, 2.0, 0.7])),
            preferences=dict.fromkeys(ids[i::2], 2.5) if scored else {},
            forbidden=tuple(ids[i::3]) if zoned else (),
        )
        for i in range(k)
    )
    return VrpInstance(
        jobs=jobs,
        depots=tuple(Depot(f"d{i}", Location(index=i)) for i in range(depots)),
        vehicle_types=kinds,
        profiles=(Profile(metric="matrix", distances=distances, durations=durations),),
        backhaul=draw(st.sampled_from(["none", "last", "mixed"])),
        allow_unserved=True,
    )
