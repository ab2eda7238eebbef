"""The front door to random instances: a variant by its name, or a day on a street network."""

from __future__ import annotations

import inspect
from functools import partial
from typing import TYPE_CHECKING, Any

from routesolve.instances.generators import unknown
from routesolve.instances.generators.network import on_network
from routesolve.instances.generators.profiled import PROFILED, profiled
from routesolve.instances.generators.variants import VARIANTS, attribute_variant
from routesolve.instances.generators.x_style import x_style

if TYPE_CHECKING:
    from collections.abc import Callable

    from routesolve.instances.instance import VrpInstance

__all__ = [
    "GENERATORS",
    "PROFILED",
    "VARIANTS",
    "attribute_variant",
    "generate",
    "on_network",
    "profiled",
    "x_style",
]

GENERATORS: dict[str, Callable[..., VrpInstance]] = {
    "X": x_style,
    **{name: partial(attribute_variant, name) for name in VARIANTS},
    **{name: partial(profiled, name) for name in PROFILED},
}
"""All names that :func:`generate` knows."""

_ALIASES = {"VRP": "CVRP", "MDVRP": "MDCVRP"}


def generate(variant: str = "CVRP", n: int = 100, *, seed: int = 0, **options: Any) -> VrpInstance:
    """Make a random instance.

    Parameters
    ----------
    variant
        ``"X"`` (:func:`x_style`), one of :data:`VARIANTS` (:func:`attribute_variant`), or
        ``"PVRP-P"`` and ``"PVRP-ZC"`` (:func:`profiled`). Case does not matter.
    n
        Number of customers.
    seed
        The same seed gives the same instance on every machine.
    options
        Of the function named above.

    Raises
    ------
    InputError
        On an unknown variant or option, or a value out of range.
    """
    name = variant.upper()
    name = _ALIASES.get(name, name)
    if name not in GENERATORS:
        raise unknown("variant", name, GENERATORS)
    known = [
        key for key in inspect.signature(GENERATORS[name]).parameters if key not in ("n", "seed")
    ]
    for option in options:
        if option not in known:
            raise unknown(f"option of {name}", option, known)
    return GENERATORS[name](n, seed=seed, **options)
