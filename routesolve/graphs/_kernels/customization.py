"""Customizable contraction hierarchies: arcs that suit any weights, and their weights.

J. Dibbelt, B. Strasser, D. Wagner, "Customizable Contraction Hierarchies", ACM Journal of
Experimental Algorithmics 21 (2016). Contracting the nodes in a given order without ever looking for
witnesses gives a *chordal* graph, which depends on no weights: where a node has two neighbours
above it, they are neighbours. Its weights are found by looking at its triangles from the bottom to
the top (then every cheapest path has a form that climbs and descends), and which of its arcs are
needed, by looking at them from the top to the bottom.

Nodes are numbered from the top: 0 is the most important one, and the arcs of a node are those to
smaller numbers, sorted. Arc e has two *slots*, 2 e for the way up and 2 e + 1 for the way down.

Memory comes from the caller: what allocates takes longer to compile.

Axes: n nodes, m arcs of the graph, h entries of adjacency lists, a arcs. -1 = none.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from routesolve._jit import kernel

Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]

NONE = 2**31 - 1
"""Weight that no arc of a hierarchy can have; every real one is less."""

FAR = 1 << 60
"""Weight of a way that there is not; twice as much still fits into 64 bits."""

# What is known of a slot, bit by bit.
NEEDLESS, PART = 1, 2


# ---------------------------------------------------------------- the chordal graph


# ptr (n + 1), adj (h) adjacency lists, order (n), position (n), parent (n), root (n): -1
@kernel
def family(
    ptr: Int32s, adj: Int32s, order: Int32s, position: Int32s, parent: Int32s, root: Int32s
) -> None:
    """Find the lowest neighbour above every node once all below it are contracted.

    J. W. H. Liu, "The role of elimination trees in sparse factorization", SIAM Journal on Matrix
    Analysis and Applications 11 (1990).
    """
    for v in range(order.size - 1, -1, -1):
        for k in range(ptr[order[v]], ptr[order[v] + 1]):
            x = int(position[adj[k]])
            while x > v:
                above = root[x]
                root[x] = v
                if above < 0:
                    parent[x] = v
                if above < 0 or above == v:
                    break
                x = int(above)


# parent (n), size (n): 1, place (n), free (n + 1)
@kernel
def preorder(parent: Int32s, size: Int32s, place: Int32s, free: Int32s) -> None:
    """Find places from the top where every node is next to its descendants.

    As every node stays above its descendants, the chordal graph remains the same.
    """
    n = parent.size
    for v in range(n - 1, -1, -1):
        if parent[v] >= 0:
            size[parent[v]] += size[v]
    free[n] = 0
    for v in range(n):
        above = int(parent[v]) if parent[v] >= 0 else n
        place[v] = free[above]
        free[above] += size[v]
        free[v] = place[v] + 1


# ends (n + 1), child (n): -1, sibling (n), seen (n): -1, rows: room for the arcs
@kernel
def complete(
    ptr: Int32s,
    adj: Int32s,
    order: Int32s,
    position: Int32s,
    ends: Int32s,
    child: Int32s,
    sibling: Int32s,
    seen: Int32s,
    rows: Int32s,
) -> bool:
    """List the upper ends of all arcs, for nodes from the bottom up; False = no room.

    Those of node v are ``rows[ends[n - 1 - v]:ends[n - v]]``: its neighbours above it, and those of
    the nodes whose lowest neighbour it is.
    """
    n = order.size
    size = 0
    ends[0] = 0
    for v in range(n - 1, -1, -1):
        if size + v > rows.size:
            return False
        parent = -1
        for k in range(ptr[order[v]], ptr[order[v] + 1]):
            x = int(position[adj[k]])
            if x < v and seen[x] != v:
                seen[x] = v
                rows[size] = x
                size += 1
                parent = max(parent, x)
        c = int(child[v])
        while c >= 0:
            for k in range(ends[n - 1 - c], ends[n - c]):
                x = int(rows[k])
                if x != v and seen[x] != v:
                    seen[x] = v
                    rows[size] = x
                    size += 1
                    parent = max(parent, x)
            c = int(sibling[c])
        ends[n - v] = size
        if parent >= 0:
            sibling[v] = child[parent]
            child[parent] = v
    return True


# ---------------------------------------------------------------- weights


# slot (m), weights (m), weight (2 a): FAR, parts (4 a): -1, at (n)
@kernel
def customize(
    ptr: Int32s,
    heads: Int32s,
    back: Int32s,
    below: Int32s,
    slot: Int32s,
    weights: Int32s,
    weight: Int64s,
    parts: Int32s,
    at: Int32s,
) -> None:
    """Find the cheapest ways through lower nodes only: their weights, and what they stand for.

    That is two slots of the node that a shortcut goes over, or -1 - arc of the graph and -1.
    """
    for k in range(slot.size):
        s = int(slot[k])
        if s >= 0 and weights[k] < weight[s]:
            weight[s] = weights[k]
            parts[2 * s] = -1 - k
    for x in range(ptr.size - 2, -1, -1):
        for g in range(ptr[x], ptr[x + 1]):
            at[heads[g]] = g
        for k in range(back[x], back[x + 1]):
            # The triangle of v below x and y: v - x is arc e, v - y is f, x - y is g.
            e = int(below[2 * k])
            up, down = weight[2 * e], weight[2 * e + 1]
            for f in range(below[2 * k + 1], e):
                g = int(at[heads[f]])
                over = down + weight[2 * f]
                if over < weight[2 * g]:
                    weight[2 * g] = over
                    parts[4 * g] = 2 * e + 1
                    parts[4 * g + 1] = 2 * f
                over = weight[2 * f + 1] + up
                if over < weight[2 * g + 1]:
                    weight[2 * g + 1] = over
                    parts[4 * g + 2] = 2 * f + 1
                    parts[4 * g + 3] = 2 * e


# weight (2 a), parts (4 a), state (2 a): 0, at (n)
@kernel
def perfect(
    ptr: Int32s,
    heads: Int32s,
    back: Int32s,
    below: Int32s,
    weight: Int64s,
    parts: Int32s,
    state: Bytes,
    at: Int32s,
) -> None:
    """Lower the weights to true costs, and find out whether a slot is needed (1) or not (0).

    A slot whose weight falls, or that a way over a higher node equals, is not needed: from the
    bottom of such an arc, another arc leads to where it leads. (That other arc has to be cheaper,
    or two might excuse one another: therefore no equal ways that end at no cost.)  Slots that a
    needed one stands for are kept in any case; their weight is right, or the needed one's would
    not be.
    """
    for x in range(ptr.size - 1):
        for g in range(ptr[x], ptr[x + 1]):
            at[heads[g]] = g
            for s in (2 * g, 2 * g + 1):
                if weight[s] >= FAR or state[s] == NEEDLESS:
                    state[s] = 0
                    continue
                state[s] = 1
                if parts[2 * s] >= 0:
                    state[parts[2 * s]] |= PART
                    state[parts[2 * s + 1]] |= PART
        for k in range(back[x], back[x + 1]):
            e = int(below[2 * k])
            up, down = weight[2 * e], weight[2 * e + 1]
            for f in range(below[2 * k + 1], e):
                # v - x is e, v - y is f, and x - y, both above v, is g, with its true costs.
                g = int(at[heads[f]])
                climb, descent = weight[2 * g], weight[2 * g + 1]
                up_f, down_f = weight[2 * f], weight[2 * f + 1]
                if up + climb <= up_f and (climb > 0 or up < up_f):
                    weight[2 * f] = up + climb
                    state[2 * f] |= NEEDLESS
                if descent + down <= down_f and (descent > 0 or down < down_f):
                    weight[2 * f + 1] = descent + down
                    state[2 * f + 1] |= NEEDLESS
                if up_f + descent <= up and (descent > 0 or up_f < up):
                    up = up_f + descent
                    state[2 * e] |= NEEDLESS
                if climb + down_f <= down and (climb > 0 or down_f < down):
                    down = climb + down_f
                    state[2 * e + 1] |= NEEDLESS
            weight[2 * e] = up
            weight[2 * e + 1] = down


# ---------------------------------------------------------------- the hierarchy


# state (2 a), level (n): 0, degree (2, n): 0
@kernel
def levels(
    ptr: Int32s, heads: Int32s, weight: Int64s, state: Bytes, level: Int32s, degree: Int32s
) -> int:
    """Count levels, and needed arcs up from every node and down to it; the largest weight."""
    largest = 0
    for v in range(ptr.size - 2, -1, -1):
        for s in range(2 * np.int64(ptr[v]), 2 * np.int64(ptr[v + 1])):
            if state[s]:
                above = heads[s >> 1]
                level[above] = max(level[above], level[v] + 1)
                degree[s & 1, v] += 1
                largest = max(largest, int(weight[s]))
    return largest


# order (n), place (n): node at each new place, and back; rows (n + 1), arcs (2 b), slot (b)
# scratch, number (2 a): of the b needed arcs of one way
@kernel
def gather(
    ptr: Int32s,
    heads: Int32s,
    weight: Int64s,
    state: Bytes,
    order: Int64s,
    place: Int32s,
    way: int,
    rows: Int32s,
    arcs: Int32s,
    slot: Int32s,
    number: Int32s,
) -> None:
    """Write upper end and weight of the needed arcs of one way (0 up, 1 down), in sorted rows.

    `number` gets the new number of every slot of this way.
    """
    for p in range(order.size):
        v = order[p]
        first = int(rows[p])
        end = first
        for s in range(2 * np.int64(ptr[v]) + way, 2 * np.int64(ptr[v + 1]) + way, 2):
            if not state[s]:
                continue
            x = place[heads[s >> 1]]
            i = end
            while i > first and arcs[2 * i - 2] > x:
                arcs[2 * i] = arcs[2 * i - 2]
                arcs[2 * i + 1] = arcs[2 * i - 1]
                slot[i] = slot[i - 1]
                i -= 1
            arcs[2 * i] = x
            arcs[2 * i + 1] = weight[s]
            slot[i] = s
            end += 1
        for i in range(first, end):
            number[slot[i]] = i


# slot (b): of every needed arc of one way, result (2 b)
@kernel
def unfold(parts: Int32s, number: Int32s, slot: Int32s, result: Int32s) -> None:
    """Write what the arcs of one way stand for, in new numbers."""
    for k in range(slot.size):
        for i in range(2):
            part = parts[2 * np.int64(slot[k]) + i]
            result[2 * k + i] = part if part < 0 else number[part]
