"""Tables and trees from a contraction hierarchy.

Buckets: S. Knopp, P. Sanders, D. Schultes, F. Schulz, D. Wagner, "Computing Many-to-Many Shortest
Paths Using Highway Hierarchies", ALENEX 2007. PHAST and RPHAST: D. Delling, A. Goldberg, A.
Nowatzyk, R. Werneck, "PHAST: Hardware-Accelerated Shortest Path Trees", IPDPS 2011, and D. Delling,
A. Goldberg, R. Werneck, "Faster Batched Shortest Paths in Road Networks", ATMOS 2011.

All start from the search spaces that :func:`routesolve.graphs._kernels.ch_query.spaces` finds, and
none calls a kernel of another file: Numba's disk cache would not notice a change there.

Costs are int32 where the longest climb and descent fit (`far` is then 2^30), int64 elsewhere; sums
of the other metric are always int64. Results are real numbers: steps / divisor * factor, inf =
unreachable.

Axes: n nodes numbered from the top, a arcs, s sources, t targets, b bucket entries, k nodes that
targets need, L lanes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from routesolve._jit import kernel

Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Costs = npt.NDArray[Any]

entry = kernel(no_cfunc_wrapper=True)

LANES = 16
"""Sources swept at once: one 512-bit register of int32."""


# ptr (t + 1), nodes (b), costs (b), sums (b): search spaces of the targets
# starts (n + 1), columns (b), distant (b), beside (b): the same by node
@entry
def fill_buckets(
    ptr: Int64s,
    nodes: Int32s,
    costs: Costs,
    sums: Int64s,
    starts: Int32s,
    entries: Costs,
    beside: Int64s,
) -> None:
    """Sort the search spaces of targets by node: `entries` (2 b) holds column and cost in turn."""
    n = starts.size - 1
    starts[:] = 0
    for i in range(nodes.size):
        starts[nodes[i] + 1] += 1
    for v in range(n):
        starts[v + 1] += starts[v]
    for column in range(ptr.size - 1):
        for i in range(ptr[column], ptr[column + 1]):
            p = starts[nodes[i]]
            entries[2 * p] = column
            entries[2 * p + 1] = costs[i]
            beside[p] = sums[i]
            starts[nodes[i]] = p + 1
    for v in range(n, 0, -1):
        starts[v] = starts[v - 1]
    starts[0] = 0


# ptr (s + 1), nodes, costs, sums: search spaces of the sources; row (t) scratch; result (s, t)
@entry
def scan_costs(
    ptr: Int64s,
    nodes: Int32s,
    costs: Costs,
    starts: Int32s,
    entries: Costs,
    row: Costs,
    far: int,
    divisor: float,
    factor: float,
    result: Floats,
) -> None:
    """Cost of the cheapest path between every source and every target."""
    for i in range(ptr.size - 1):
        row[:] = far
        for k in range(ptr[i], ptr[i + 1]):
            cost = costs[k]
            for p in range(starts[nodes[k]], starts[nodes[k] + 1]):
                column = entries[2 * p]
                through = cost + entries[2 * p + 1]
                if through < row[column]:
                    row[column] = through
        for j in range(row.size):
            result[i, j] = row[j] / divisor * factor if row[j] < far else np.inf


@entry
def scan_both(
    ptr: Int64s,
    nodes: Int32s,
    costs: Costs,
    sums: Int64s,
    starts: Int32s,
    entries: Costs,
    beside: Int64s,
    row: Costs,
    along: Int64s,
    far: int,
    divisors: Floats,
    factors: Floats,
    result: Floats,
    other: Floats,
) -> None:
    """:func:`scan_costs`, and the other metric summed over the same paths."""
    for i in range(ptr.size - 1):
        row[:] = far
        for k in range(ptr[i], ptr[i + 1]):
            cost = costs[k]
            for p in range(starts[nodes[k]], starts[nodes[k] + 1]):
                column = entries[2 * p]
                through = cost + entries[2 * p + 1]
                if through < row[column]:
                    row[column] = through
                    along[column] = sums[k] + beside[p]
        for j in range(row.size):
            if row[j] < far:
                result[i, j] = row[j] / divisors[0] * factors[0]
                other[i, j] = along[j] / divisors[1] * factors[1]
            else:
                result[i, j] = np.inf
                other[i, j] = np.inf


# ---------------------------------------------------------------- trees


# ptr (n + 1), arcs (2 a): arcs from above; nodes, costs: search space of the source; position (n):
# number of a node of the graph; cost (n) scratch; result (n)
@entry
def tree_costs(
    ptr: Int32s,
    arcs: Int32s,
    nodes: Int32s,
    costs: Costs,
    position: Int32s,
    cost: Costs,
    far: int,
    divisor: float,
    factor: float,
    result: Floats,
) -> None:
    """Costs from one source to all nodes: one pass over the arcs, from the top to the bottom."""
    cost[:] = far
    for i in range(nodes.size):
        cost[nodes[i]] = costs[i]
    e = np.int64(0)
    for v in range(cost.size):
        best = cost[v]
        end = ptr[v + 1]
        while e < end:
            through = cost[arcs[2 * e]] + arcs[2 * e + 1]
            best = through if through < best else best
            e += 1
        cost[v] = best
    for v in range(cost.size):
        reached = cost[position[v]]
        result[v] = reached / divisor * factor if reached < far else np.inf


# as above; alongs (a); sums of the search space; along (n) scratch; result (n), other (n)
@entry
def tree_both(
    ptr: Int32s,
    arcs: Int32s,
    alongs: Int64s,
    nodes: Int32s,
    costs: Costs,
    sums: Int64s,
    position: Int32s,
    cost: Costs,
    along: Int64s,
    far: int,
    divisors: Floats,
    factors: Floats,
    result: Floats,
    other: Floats,
) -> None:
    """:func:`tree_costs`, and the other metric summed over the same paths."""
    cost[:] = far
    for i in range(nodes.size):
        cost[nodes[i]] = costs[i]
        along[nodes[i]] = sums[i]
    e = np.int64(0)
    for v in range(cost.size):
        best = np.int64(cost[v])
        by = np.int64(-1)
        end = ptr[v + 1]
        while e < end:
            through = np.int64(cost[arcs[2 * e]]) + arcs[2 * e + 1]
            # Selections, not branches: which arc is best cannot be guessed.
            better = through < best
            best = through if better else best
            by = e if better else by
            e += 1
        if by >= 0:
            cost[v] = best
            along[v] = along[arcs[2 * by]] + alongs[by]
    for v in range(cost.size):
        place = position[v]
        if cost[place] < far:
            result[v] = cost[place] / divisors[0] * factors[0]
            other[v] = along[place] / divisors[1] * factors[1]
        else:
            result[v] = np.inf
            other[v] = np.inf


# ---------------------------------------------------------------- tables by sweeps


# ptr (n + 1), arcs (2 a), targets (t), local (n)
@entry
def select(
    ptr: Int32s, arcs: Int32s, targets: Int32s, local: Int32s
) -> tuple[Int32s, Int32s, Int32s]:
    """The part of the downward graph that paths to the targets can use, renumbered in its order.

    Fills `local` with the new number of every node, -1 = not needed. Returns (row pointers (k + 1),
    arcs, which arc of the hierarchy each is).
    """
    local[:] = -1
    for v in targets:
        local[v] = 0
    size = 0
    for v in range(local.size - 1, -1, -1):
        if local[v] == 0:
            size += ptr[v + 1] - ptr[v]
            for e in range(ptr[v], ptr[v + 1]):
                local[arcs[2 * e]] = 0
    count = 0
    for v in range(local.size):
        if local[v] == 0:
            local[v] = count
            count += 1
    starts = np.zeros(count + 1, np.int32)
    part = np.empty(2 * size, np.int32)
    which = np.empty(size, np.int32)
    filled = 0
    for v in range(local.size):
        if local[v] >= 0:
            for e in range(ptr[v], ptr[v + 1]):
                part[2 * filled] = local[arcs[2 * e]]
                part[2 * filled + 1] = arcs[2 * e + 1]
                which[filled] = e
                filled += 1
            starts[local[v] + 1] = filled
    return starts, part, which


# ptr (k + 1), arcs (2 a), local (n); spaces: search spaces of s sources; columns (t) numbers of the
# targets in the part; cost (k, L) scratch; result (s, t)
@entry
def sweep_costs(
    ptr: Int32s,
    arcs: Int32s,
    local: Int32s,
    spaces: Int64s,
    nodes: Int32s,
    costs: Costs,
    columns: Int32s,
    cost: Costs,
    far: int,
    divisor: float,
    factor: float,
    result: Floats,
) -> None:
    """Costs from every source to every target, LANES sources in one sweep."""
    s = spaces.size - 1
    for begin in range(0, s, LANES):
        lanes = min(LANES, s - begin)
        cost[:] = far
        for lane in range(lanes):
            for i in range(spaces[begin + lane], spaces[begin + lane + 1]):
                place = local[nodes[i]]
                if place >= 0:
                    cost[place, lane] = costs[i]
        for v in range(cost.shape[0]):
            for e in range(ptr[v], ptr[v + 1]):
                above = arcs[2 * e]
                weight = arcs[2 * e + 1]
                for lane in range(LANES):
                    cost[v, lane] = min(cost[v, lane], cost[above, lane] + weight)
        for lane in range(lanes):
            for j in range(columns.size):
                reached = cost[columns[j], lane]
                result[begin + lane, j] = reached / divisor * factor if reached < far else np.inf


@entry
def sweep_both(
    ptr: Int32s,
    arcs: Int32s,
    alongs: Int64s,
    local: Int32s,
    spaces: Int64s,
    nodes: Int32s,
    costs: Costs,
    sums: Int64s,
    columns: Int32s,
    cost: Costs,
    along: Int64s,
    far: int,
    divisors: Floats,
    factors: Floats,
    result: Floats,
    other: Floats,
) -> None:
    """:func:`sweep_costs`, and the other metric summed over the same paths."""
    s = spaces.size - 1
    for begin in range(0, s, LANES):
        lanes = min(LANES, s - begin)
        cost[:] = far
        for lane in range(lanes):
            for i in range(spaces[begin + lane], spaces[begin + lane + 1]):
                place = local[nodes[i]]
                if place >= 0:
                    cost[place, lane] = costs[i]
                    along[place, lane] = sums[i]
        for v in range(cost.shape[0]):
            for e in range(ptr[v], ptr[v + 1]):
                above = arcs[2 * e]
                weight = arcs[2 * e + 1]
                for lane in range(LANES):
                    through = cost[above, lane] + weight
                    if through < cost[v, lane]:
                        cost[v, lane] = through
                        along[v, lane] = along[above, lane] + alongs[e]
        for lane in range(lanes):
            for j in range(columns.size):
                place = columns[j]
                if cost[place, lane] < far:
                    result[begin + lane, j] = cost[place, lane] / divisors[0] * factors[0]
                    other[begin + lane, j] = along[place, lane] / divisors[1] * factors[1]
                else:
                    result[begin + lane, j] = np.inf
                    other[begin + lane, j] = np.inf
