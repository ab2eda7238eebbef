"""The streets that can be reached from places within a limit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError
from routesolve.graphs import adjacency
from routesolve.graphs.drives import cut
from routesolve.graphs.isochrones import Isochrone
from routesolve.graphs.shortest_paths import one_to_all
from routesolve.graphs.snapping import Places, course

if TYPE_CHECKING:
    from routesolve.graphs.network import RoadNetwork

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Reach(Isochrone):
    """What can be reached from places on streets; an arc may be there in two parts.

    Attributes
    ----------
    starts : numpy.ndarray
        (a,) float64 share of each arc at which the part begins; it ends at `fractions`.
    """

    starts: Floats

    def lines(self) -> list[Floats]:
        """The parts of streets reached, one (p, 2) polyline each."""
        parts = zip(self.arcs.tolist(), self.starts.tolist(), self.fractions.tolist(), strict=True)
        return [cut(course(self.graph, arc), start, end) for arc, start, end in parts]


def reach(network: RoadNetwork, source: Places, limit: float, metric: str) -> Reach:
    """See :meth:`RoadNetwork.reach`."""
    streets = network.streets
    adjacency.check_metric(streets, metric)
    if not (0.0 <= limit < np.inf):
        raise InputError(f"a limit of {limit}", fix="give a finite number, not below zero")
    weights = adjacency.in_units(streets.metrics[metric], streets.units[metric])
    left = (1.0 - source.shares) * weights[source.arcs]
    entered, junctions = _entered(network, source, left, limit, metric, weights)

    whole = np.flatnonzero(entered <= limit)
    with np.errstate(divide="ignore", invalid="ignore"):
        most = (limit - entered[whole]) / weights[whole]
        ends = source.shares + limit / weights[source.arcs]
    fractions = np.where(weights[whole] > 0, np.minimum(most, 1.0), 1.0)
    ends = np.where(weights[source.arcs] > 0, np.minimum(ends, 1.0), 1.0)
    # The parts that begin in the middle, unless the arc is driven up to there from its tail too.
    covered = np.full(streets.m, -1.0)
    covered[whole] = fractions
    apart = covered[source.arcs] < source.shares
    joined = ~apart
    np.maximum.at(covered, source.arcs[joined], ends[joined])
    fractions = covered[whole]
    begin, first = source.arcs[apart], source.shares[apart]
    arcs = np.concatenate([whole, begin]).astype(np.int32)
    starts = np.concatenate([np.zeros(len(whole)), first])
    fractions = np.concatenate([fractions, ends[apart]])
    some = (fractions > starts) | (fractions >= 1.0)
    order = np.flatnonzero(some)
    order = order[np.lexsort((starts[order], arcs[order]))]

    nodes = np.flatnonzero(junctions <= limit)
    nodes = nodes[np.argsort(junctions[nodes], kind="stable")]
    return Reach(
        graph=streets,
        limit=limit,
        metric=metric,
        nodes=nodes.astype(np.int32),
        costs=junctions[nodes],
        arcs=arcs[order],
        fractions=fractions[order],
        starts=starts[order],
    )


def _entered(
    network: RoadNetwork,
    source: Places,
    left: Floats,
    limit: float,
    metric: str,
    weights: Floats,
) -> tuple[Floats, Floats]:
    """Costs at which each arc (m,) and each junction (n,) is reached; ``inf`` = not."""
    streets, expansion, graph = network.streets, network.expansion, network.searched
    nodes = streets.heads[source.arcs] if expansion is None else expansion.node_of[source.arcs]
    cost = np.full(graph.n, np.inf)
    for node, offset in zip(nodes.tolist(), left.tolist(), strict=True):
        if offset <= limit:
            tree = one_to_all(graph, node, metric, limit=limit - offset)
            np.minimum(cost, tree.costs + offset, out=cost)
    # A place at the beginning of an arc is at the junction, but leaves it by this arc only.
    at_tail = streets.edge_tails[source.arcs[source.shares <= 0.0]]
    if expansion is None:
        entered = cost[streets.edge_tails]
        cost[at_tail] = 0.0
        return entered, cost
    entered, junctions = np.full(streets.m, np.inf), np.full(streets.n, np.inf)
    known = np.isfinite(cost) & (expansion.arc_of >= 0)
    np.minimum.at(junctions, streets.heads[expansion.arc_of[known]], cost[known])
    junctions[at_tail] = 0.0
    turns = np.flatnonzero(known[graph.edge_tails] & (expansion.arc_of[graph.heads] >= 0))
    onto = expansion.arc_of[graph.heads[turns]]
    turning = adjacency.in_units(graph.metrics[metric][turns], graph.units[metric]) - weights[onto]
    np.minimum.at(entered, onto, cost[graph.edge_tails[turns]] + turning)
    return entered, junctions
