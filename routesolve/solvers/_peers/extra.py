"""Packages that may be absent: named in tables, refused with the command that installs them."""

from __future__ import annotations

from importlib.util import find_spec

from routesolve.errors import MissingExtra

EXTRA = "peers"


def missing(package: str) -> list[str]:
    """What a solver that needs a package lacks: nothing, or the package and where it comes from."""
    return [] if find_spec(package) else [f"package {package!r} (extra {EXTRA!r})"]


def require(package: str, solver: str) -> None:
    """Raise :class:`MissingExtra` when a package is not installed."""
    if find_spec(package) is None:
        raise MissingExtra(EXTRA, f"solver {solver!r} needs the package {package!r}")


def summary(text: str, package: str) -> str:
    """Return a solver's summary, with a note when its package is absent."""
    return "; ".join([text, *(f"needs {what}" for what in missing(package))])
