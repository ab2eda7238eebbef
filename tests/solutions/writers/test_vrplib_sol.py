"""VRPLIB solution files."""

from __future__ import annotations

from routesolve.solutions.writers.vrplib_sol import render
from tests.solutions.writers import cases


def test_alike_vehicles_only_used_routes():
    """A CVRP plan is routes and an integer cost."""
    result = cases.plane(stops=4)
    assert render(result) == f"Route #1: 1 2\nRoute #2: 3 4\nCost {int(result.cost)}\n"


def test_mixed_fleet_keeps_route_k_for_vehicle_k():
    """Vehicles that stay at home have an empty line; a reload is its depot's number."""
    lines = render(cases.mixed_fleet()).splitlines()
    assert lines[:4] == ["Route #1:", "Route #2: 1 2", "Route #3: 4 0 3", "Route #4:"]


def test_shipments_by_node_number():
    """Both ends of a shipment have their own numbers."""
    second = render(cases.city()).splitlines()[1].split(": ")[1].split()
    assert second[1:3] == ["41", "42"]


def test_empty_plan():
    """No route, cost nothing."""
    assert render(cases.empty()) == "Cost 0\n"
