"""Nodes that name their partner, as PDPTW files list them, to shipments."""

from __future__ import annotations

from dataclasses import dataclass

from routesolve.instances.formats._base import Findings
from routesolve.instances.model import Location, Shipment, Stop, TimeWindow


@dataclass(frozen=True, slots=True)
class Node:
    """A row: the partner's number stands in ``pickup`` (of a delivery) or ``delivery``."""

    line: int
    location: Location
    demand: float
    window: tuple[float, float]
    service: float
    pickup: float
    delivery: float


def shipments(nodes: dict[int, Node], found: Findings) -> tuple[list[Shipment], dict[str, str]]:
    """Pair the nodes other than node 0.

    Returns
    -------
    list of Shipment, dict
        The shipments, and the line of each JSON pointer.
    """
    made: list[Shipment] = []
    where: dict[str, str] = {"/depots": f"line {nodes[0].line}"} if 0 in nodes else {}
    for number, node in nodes.items():
        if number == 0:
            continue
        partner = int(node.delivery or node.pickup)
        other = nodes.get(partner)
        if partner == 0:
            found.add(
                f"node {number} names no partner", node.line, "give its pickup or its delivery node"
            )
        elif other is None:
            found.add(
                f"node {number}: there is no node {partner}",
                node.line,
                "correct the partner, or is the file truncated?",
            )
        elif int(other.delivery or other.pickup) != number:
            found.add(
                f"node {number} names {partner}, which names another partner",
                node.line,
                "make the two name each other",
            )
        elif node.delivery:
            if node.demand != -other.demand or node.demand < 0:
                found.add(
                    f"pickup {number} takes {node.demand:g}, delivery {partner} takes "
                    f"{other.demand:g}",
                    node.line,
                    "the delivery's demand is the negative of the pickup's",
                )
            at = f"/shipments/{len(made)}"
            where |= {
                f"{at}/pickup": f"line {node.line}",
                f"{at}/delivery": f"line {other.line}",
                at: f"line {node.line}",
            }
            made.append(
                Shipment(
                    str(number),
                    _stop(number, node),
                    _stop(partner, other),
                    amount=(max(node.demand, 0.0),),
                )
            )
        elif other.pickup:
            found.add(
                f"nodes {number} and {partner} are both deliveries",
                node.line,
                "one of them is the pickup",
            )
    return made, where


def _stop(number: int, node: Node) -> Stop:
    return Stop(
        node.location,
        service=node.service,
        time_windows=(TimeWindow(*node.window),),
        id=str(number),
    )
