"""How large the network is."""

from __future__ import annotations

from dataclasses import dataclass

from routesolve.errors import InputError, Problem


@dataclass(frozen=True, slots=True)
class Config:
    """Sizes of the network.

    Attributes
    ----------
    width
        Numbers that stand for a node in each of the two streams.
    heads
        Of the decoder's attention; they divide the width.
    layers
        Of the encoder.
    hidden
        Width between the two halves of a feed-forward block.
    edge
        Width of the network that reads ways.
    clip
        Logits before the terms of ways stay within +- this (Bello et al. 2017).
    """

    width: int = 128
    heads: int = 8
    layers: int = 4
    hidden: int = 256
    edge: int = 32
    clip: float = 10.0

    def __post_init__(self) -> None:
        problems = [
            Problem(f"{key} is {getattr(self, key)}", fix="give a number above 0")
            for key in ("width", "heads", "layers", "hidden", "edge", "clip")
            if not getattr(self, key) > 0
        ]
        if not problems and self.width % self.heads:
            problems.append(Problem(f"{self.heads} heads do not divide a width of {self.width}"))
        if problems:
            raise InputError(problems)
