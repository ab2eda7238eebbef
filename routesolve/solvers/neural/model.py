"""The network in torch: two streams over asymmetric matrices, one decoder for all variants.

After RRNCO (Son et al., ICLR 2026: each node as origin and as destination, an adaptive bias learned
from the matrices in attention-free attention, contextual gating), in the light form that one small
network reads the ways once for all layers; RouteFinder (Berto et al., TMLR 2025: attributes of the
problem as one embedding, one model for all variants); CAMP and USPR (profiles of vehicles: one
token for each vehicle, score reshaping); ReLD (a feed-forward block on the query) and edge-aware
decoding (a term for each way in the logits, computed once).
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from routesolve.solvers.neural.config import Config
from routesolve.solvers.neural.features import (
    CHOICE,
    EDGE,
    NEAR,
    NODE,
    NOW,
    WHOLE,
    Features,
)
from routesolve.solvers.neural.problems import Problems
from routesolve.solvers.neural.situation import outlook, situation
from routesolve.solvers.neural.state import State

STEEP = 8.0
"""Keys of attention-free attention stay within +- this: their exponentials are summed."""
BARRED = -1e9
"""Logit of what may not be chosen."""


class Encoded(NamedTuple):
    """What the decoder keeps of a batch of problems; computed once.

    Attributes
    ----------
    here, home
        (b, n, d) the query's part of the node where a rollout is, and of its token.
    keys, values
        (b, h, n, d / h) of the glimpse.
    targets
        (b, d, n) what the query is compared with.
    ways
        (b, n, n) term of each way in the logits.
    """

    here: Tensor
    home: Tensor
    keys: Tensor
    values: Tensor
    targets: Tensor
    ways: Tensor


class Scale(nn.Module):
    """Divide by the root mean square (Zhang & Sennrich 2019)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        """(..., width) to the same shape."""
        return F.rms_norm(x, (x.shape[-1],), self.weight, 1e-6)


class Feed(nn.Module):
    """Two linear layers on what is scaled, added to it."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.scale = Scale(width)
        self.up = nn.Linear(width, hidden)
        self.down = nn.Linear(hidden, width)

    def forward(self, x: Tensor) -> Tensor:
        """(..., width) to the same shape."""
        y: Tensor = x + self.down(F.silu(self.up(self.scale(x))))
        return y


class Stream(nn.Module):
    """One layer of one stream: attention-free attention to the other, weighted by the ways."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        d = config.width
        self.own, self.other = Scale(d), Scale(d)
        self.gate = nn.Linear(d, d)
        self.key_value = nn.Linear(d, 2 * d)
        self.out = nn.Linear(d, d)
        self.feed = Feed(d, config.hidden)

    def forward(self, x: Tensor, y: Tensor, weight: Tensor) -> Tensor:
        """(b, n, d) own nodes, (b, n, d) others, (b, n, n) weights that sum to 1."""
        key, value = self.key_value(self.other(y)).chunk(2, -1)
        power = torch.exp(key.clamp(-STEEP, STEEP))
        mixed = weight @ torch.cat((power * value, power), -1)
        above, below = mixed.chunk(2, -1)
        z = torch.sigmoid(self.gate(self.own(x))) * above / below
        mixed_in: Tensor = self.feed(x + self.out(z))
        return mixed_in


class Gate(nn.Module):
    """How much the place and how much the ways say of a node (contextual gating)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.up = nn.Linear(2 * width, width)
        self.down = nn.Linear(width, width)

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        """(b, n, d) both, and mixed."""
        share = torch.sigmoid(self.down(F.relu(self.up(torch.cat((a, b), -1)))))
        return share * a + (1.0 - share) * b


class Network(nn.Module):
    """Encoder and decoder.

    Parameters
    ----------
    config
        Sizes.
    """

    def __init__(self, config: Config | None = None) -> None:
        super().__init__()
        self.config = config = config or Config()
        d, layers = config.width, config.layers
        self.node = nn.Linear(NODE, d)
        self.whole = nn.Linear(WHOLE, d)
        self.out = nn.Linear(2 * NEAR, d)
        self.into = nn.Linear(2 * NEAR, d)
        self.gate_out, self.gate_into = Gate(d), Gate(d)
        self.edge_in = nn.Linear(EDGE, config.edge)
        self.edge_mid = nn.Linear(config.edge, config.edge)
        self.edge_out = nn.Linear(config.edge, 2 * layers + 1)
        # Nearer nodes count for more from the beginning (ICAM), by layer, stream, and decoder.
        self.prior = nn.Parameter(torch.full((2 * layers + 1,), 1.5))
        self.origin = nn.ModuleList(Stream(config) for _ in range(layers))
        self.target = nn.ModuleList(Stream(config) for _ in range(layers))
        self.last_origin, self.last_target = Scale(d), Scale(d)
        self.here = nn.Linear(d, d, bias=False)
        self.home = nn.Linear(d, d, bias=False)
        self.now = nn.Linear(NOW, d)
        self.seen = nn.Linear(d, 3 * d, bias=False)
        self.glimpse = nn.Linear(d, d)
        self.feed = Feed(d, d)
        self.weigh = nn.Linear(d, CHOICE)
        nn.init.zeros_(self.edge_out.weight)
        nn.init.zeros_(self.weigh.weight)
        nn.init.zeros_(self.weigh.bias)

    # -- encoder -------------------------------------------------------------------------------

    def encode(self, known: Features) -> Encoded:
        """Read a batch of problems."""
        config = self.config
        node = self.node(known.node) + self.whole(known.whole)[:, None, :]
        origin = self.gate_out(node, self.out(known.out))
        target = self.gate_into(node, self.into(known.into))
        ways = self._ways(known.edge)
        absent = ~known.present[:, None, :]
        for layer in range(config.layers):
            out = torch.softmax(ways[2 * layer].masked_fill(absent, BARRED), -1)
            into = ways[2 * layer + 1].transpose(1, 2).masked_fill(absent, BARRED)
            new = self.origin[layer](origin, target, out)
            target = self.target[layer](target, origin, torch.softmax(into, -1))
            origin = new
        origin, target = self.last_origin(origin), self.last_target(target)
        keys, values, targets = self.seen(target).chunk(3, -1)
        return Encoded(
            self.here(origin),
            self.home(origin),
            self._by_head(keys),
            self._by_head(values),
            targets.transpose(1, 2).contiguous(),
            ways[-1],
        )

    def _ways(self, edge: Tensor) -> tuple[Tensor, ...]:
        """(b, n, n) each: weights of the layers, in turn of the two streams, and the decoder's."""
        hidden = F.silu(self.edge_mid(F.silu(self.edge_in(edge))))
        read: Tensor = self.edge_out(hidden) - F.softplus(self.prior) * edge[..., :1]
        return read.unbind(-1)

    def _by_head(self, x: Tensor) -> Tensor:
        b, n, d = x.shape
        return x.view(b, n, self.config.heads, d // self.config.heads).transpose(1, 2).contiguous()

    # -- decoder -------------------------------------------------------------------------------

    def logits(
        self,
        encoded: Encoded,
        node: Tensor,
        token: Tensor,
        now: Tensor,
        seen: list[Tensor | float],
        mask: Tensor,
    ) -> Tensor:
        """Logits of going to each node.

        Parameters
        ----------
        encoded
            Of b problems.
        node, token
            (b, q) where each of q queries is, and where its route began.
        now
            (b, q, NOW) see :func:`~routesolve.solvers.neural.situation.situation`.
        seen
            See :func:`~routesolve.solvers.neural.situation.outlook`.
        mask
            (b, q, n) bool: what may be chosen.

        Returns
        -------
        torch.Tensor
            (b, q, n).
        """
        b, q = node.shape
        d, heads = self.config.width, self.config.heads
        query = _rows(encoded.here, node) + _rows(encoded.home, token) + self.now(now)
        glimpse = F.scaled_dot_product_attention(
            query.view(b, q, heads, d // heads).transpose(1, 2),
            encoded.keys,
            encoded.values,
            attn_mask=mask[:, None],
        )
        query = query + self.glimpse(glimpse.transpose(1, 2).reshape(b, q, d))
        query = self.feed(query)
        match = (query @ encoded.targets) * d**-0.5
        logits = self.config.clip * torch.tanh(match) + _rows(encoded.ways, node)
        weights = self.weigh(query).unbind(-1)
        for weight, number in zip(weights, seen, strict=True):
            if not isinstance(number, float):
                logits = logits + weight[..., None] * number
        return logits.masked_fill(~mask, BARRED)

    def look(
        self, problems: Problems, known: Features, encoded: Encoded, state: State, mask: Tensor
    ) -> Tensor:
        """(b, s, n) logits of rollouts that stand in a state."""
        return self.logits(
            encoded,
            state.node,
            state.token,
            situation(problems, known, state),
            outlook(problems, known, state),
            mask,
        )


def _rows(table: Tensor, at: Tensor) -> Tensor:
    """(b, q, m) rows of a (b, n, m) table."""
    return table.gather(1, at[..., None].expand(-1, -1, table.shape[-1]))
