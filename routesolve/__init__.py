"""routesolve: from streets and stops to a checked route plan.

>>> import routesolve as rs
>>> instance = rs.load("stops.csv", vehicles=4, capacity=120)  # doctest: +SKIP
>>> result = rs.solve(instance, seconds=10)  # doctest: +SKIP
>>> result.save("plan.html")  # doctest: +SKIP

Names are imported when they are first used: ``import routesolve`` itself loads nothing heavy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from routesolve.api import check, demo, load, save, solve
    from routesolve.errors import (
        InputError,
        MissingExtra,
        RouteSolveError,
        RoutingError,
        UnsupportedFeature,
    )
    from routesolve.graphs.graph import Graph
    from routesolve.graphs.network import RoadNetwork
    from routesolve.graphs.readers import load_network
    from routesolve.graphs.rounding import Rounding
    from routesolve.instances.generate import generate
    from routesolve.instances.instance import VrpInstance
    from routesolve.instances.instance import VrpInstance as Instance
    from routesolve.instances.model import (
        Break,
        Depot,
        Job,
        Location,
        Objective,
        PlannedRoute,
        PlannedVisit,
        Profile,
        Shipment,
        Stop,
        TimeBand,
        TimeWindow,
        VehicleType,
    )
    from routesolve.solutions.checker import Report, Violation
    from routesolve.solutions.result import Result
    from routesolve.solutions.solution import Route, Solution, Unassigned, Visit
    from routesolve.solvers.base import Budget, Progress

__version__ = "0.1.0"

_HOMES = {
    "routesolve.api": ("check", "demo", "load", "save", "solve"),
    "routesolve.errors": (
        "InputError",
        "MissingExtra",
        "RouteSolveError",
        "RoutingError",
        "UnsupportedFeature",
    ),
    "routesolve.graphs.graph": ("Graph",),
    "routesolve.graphs.network": ("RoadNetwork",),
    "routesolve.graphs.readers": ("load_network",),
    "routesolve.graphs.rounding": ("Rounding",),
    "routesolve.instances.generate": ("generate",),
    "routesolve.instances.instance": ("VrpInstance",),
    "routesolve.instances.model": (
        "Break",
        "Depot",
        "Job",
        "Location",
        "Objective",
        "PlannedRoute",
        "PlannedVisit",
        "Profile",
        "Shipment",
        "Stop",
        "TimeBand",
        "TimeWindow",
        "VehicleType",
    ),
    "routesolve.solutions.checker": ("Report", "Violation"),
    "routesolve.solutions.solution": ("Route", "Solution", "Unassigned", "Visit"),
    "routesolve.solutions.result": ("Result",),
    "routesolve.solvers.base": ("Budget", "Progress"),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "Break",
    "Budget",
    "Depot",
    "Graph",
    "InputError",
    "Instance",
    "Job",
    "Location",
    "MissingExtra",
    "Objective",
    "PlannedRoute",
    "PlannedVisit",
    "Profile",
    "Progress",
    "Report",
    "Result",
    "RoadNetwork",
    "Rounding",
    "Route",
    "RouteSolveError",
    "RoutingError",
    "Shipment",
    "Solution",
    "Stop",
    "TimeBand",
    "TimeWindow",
    "Unassigned",
    "UnsupportedFeature",
    "VehicleType",
    "Violation",
    "Visit",
    "VrpInstance",
    "__version__",
    "check",
    "demo",
    "generate",
    "load",
    "load_network",
    "save",
    "solve",
]


def __getattr__(name: str) -> Any:
    if name == "Instance":  # the short name of VrpInstance
        name = "VrpInstance"
    if name not in _HOME_OF:
        raise AttributeError(f"module 'routesolve' has no attribute {name!r}")
    return getattr(import_module(_HOME_OF[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
