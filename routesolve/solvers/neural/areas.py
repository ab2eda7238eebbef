"""Pools of real towns: places on the streets of map extracts, travel by OSRM or our own network."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import routesolve
from routesolve.errors import InputError, MissingExtra, Problem, RoutesolveWarning, RoutingError
from routesolve.graphs.network import RoadNetwork
from routesolve.graphs.providers import PROFILES
from routesolve.graphs.providers.base import MatrixProvider
from routesolve.graphs.readers import EMBEDDED, PLACE, load_network
from routesolve.solvers.neural.pool import SIDE, Area, Pool, build_area, first, synthetic_area
from routesolve.solvers.neural.synthetic import points_on_streets

OSRM = "osrm"
OWN = "own"
HTTP = ("http://", "https://")
SPARE = 1.1
"""Places drawn for each one that is wanted: an engine may find no way to some of them."""
FEWEST = 0.5
"""Share of the wanted places that an area has at least."""

Listener = Callable[[int, int], None]


def build_pool(
    sources: Sequence[str | os.PathLike[str]] = (),
    *,
    synthetic: int = 0,
    places: int = 1000,
    seed: int = 0,
    engine: str = OSRM,
    profile: str = "car",
    skip_bad: bool = False,
    on_area: Callable[[Area], None] | None = None,
    on_progress: Listener | None = None,
) -> Pool:
    """Build an area of each extract, and made-up ones.

    What can be known before the work starts is checked first. An extract that fails later does not
    keep the others from being tried. What OSRM has answered is kept on disk, so that a second run
    soon gets to where the first one failed.

    Parameters
    ----------
    sources
        OpenStreetMap extracts; for other engines than OSRM in process anything that
        :func:`~routesolve.graphs.readers.load_network` reads.
    synthetic
        How many made-up towns are added; theirs are the seeds from `seed` on.
    places, seed
        Places of each area, and which ones.
    engine
        ``"osrm"``: in this process; ``"http://..."``: an OSRM server that covers all extracts;
        ``"own"``: our own network.
    profile
        ``"car"``, ``"bicycle"`` or ``"foot"``.
    skip_bad
        Leave out extracts that fail, each with a warning.
    on_area
        Told each area once it is there.
    on_progress
        Told how much has been done, of how much.

    Raises
    ------
    InputError
        With everything that is wrong with the numbers, names and files.
    RoutingError
        If OSRM fails, or a server does not answer.
    MissingExtra
        Without ``osrm-bindings`` (engine ``"osrm"``) or ``osmium`` (to read extracts).
    """
    names = [os.fspath(source) for source in sources]
    _require(names, synthetic, places, engine, profile)
    town = partial(town_area, places=places, seed=seed, engine=engine, profile=profile)
    works: list[Callable[..., Area]] = [partial(town, name) for name in names]
    works += [partial(_made_up, seed + k, places=places) for k in range(synthetic)]
    areas: list[Area] = []
    failed: list[InputError | RoutingError] = []
    for k, work in enumerate(works):
        try:
            area = work(on_progress=_within(on_progress, k, len(works)))
        except (InputError, RoutingError) as error:
            if isinstance(error, RoutingError) and engine != OSRM and not skip_bad:
                raise  # the server, and it is the same one for all
            failed.append(error)
            continue
        areas.append(area)
        if on_area is not None:
            on_area(area)
    if failed and not (skip_bad and areas):
        raise type(failed[0])(problem for bad in failed for problem in bad.problems)
    for bad in failed:
        said = replace(bad.problems[0], fix=None)
        warnings.warn(f"left out: {said}", RoutesolveWarning, stacklevel=2)
    return Pool(tuple(areas))


def town_area(
    source: str | os.PathLike[str],
    *,
    places: int = 1000,
    seed: int = 0,
    engine: str = OSRM,
    profile: str = "car",
    on_progress: Listener | None = None,
) -> Area:
    """Draw places on the streets of an extract and ask an engine for all travel between them.

    Parameters
    ----------
    source, places, seed, engine, profile, on_progress
        See :func:`build_pool`.

    Returns
    -------
    Area
        Strongly connected: places that the engine finds no way to or from are replaced by others
        as far as it goes, and it has at least half of the places asked for.

    Raises
    ------
    InputError
        If the extract cannot be read or has no streets, or too few places are connected.
    RoutingError
        If OSRM fails, or a server does not answer.
    """
    text = os.fspath(source)
    network = load_network(source, profile=profile)
    streets = network.streets
    try:
        points = points_on_streets(streets, int(SPARE * places) + 1, seed=seed)
    except InputError as error:
        raise error.within(text) from error
    drawn = build_area(
        _provider(text, network, engine, profile),
        points,
        name=streets.name.partition(".")[0] or Path(text).name.partition(".")[0],
        source=f"{Path(text).name}: {streets.source}",
        licence=", ".join(filter(None, (streets.attribution, streets.licence))),
        engine="routesolve" if engine == OWN else "osrm" if engine == OSRM else "osrm over http",
        version=_version(engine),
        profile=profile,
        side=max(len(points), SIDE) if engine == OWN else SIDE,
        on_progress=on_progress,
    )
    if drawn.size < FEWEST * places:
        raise InputError(
            f"only {drawn.size} of {len(points)} places have ways to each other",
            where=text,
            fix="give a larger extract, or ask for fewer places",
        )
    return first(drawn, places)


def _require(names: Sequence[str], synthetic: int, places: int, engine: str, profile: str) -> None:
    """Raise all that can be known to be wrong before the work starts."""
    problems = []
    if not names and synthetic < 1:
        problems.append(Problem("no area is asked for", fix="name an extract, or use --synthetic"))
    if places < 2:
        problems.append(Problem(f"{places} places in an area", fix="ask for at least 2"))
    if engine not in (OSRM, OWN) and not engine.startswith(HTTP):
        fix = f"use {OSRM}, {OWN} or the address of a server (http://localhost:5000)"
        problems.append(Problem(f"there is no engine {engine!r}", fix=fix))
    if profile not in PROFILES:
        fix = f"use one of {', '.join(PROFILES)}"
        problems.append(Problem(f"there is no profile {profile!r}", fix=fix))
    for name in sorted({name for name in names if names.count(name) > 1}):
        problems.append(Problem("named twice", name, "an area counts once"))
    for name in dict.fromkeys(names):
        known = name in EMBEDDED or name.startswith(PLACE)
        if known and engine == OSRM:
            fix = f"give an OpenStreetMap extract (.osm.pbf), or --engine {OWN}"
            problems.append(Problem("OSRM reads map files only", name, fix))
        elif not known and not os.path.isfile(name):
            fix = "give an OpenStreetMap extract (.osm.pbf)"
            problems.append(Problem("there is no such file", name, fix))
    if problems:
        raise InputError(problems)
    if names and engine == OSRM and find_spec("osrm") is None:
        raise MissingExtra(
            "osrm",
            "OSRM in process needs osrm-bindings, and these need Python >= 3.12; without it use "
            f"--engine {OWN} or --engine http://SERVER",
        )


def _provider(text: str, network: RoadNetwork, engine: str, profile: str) -> MatrixProvider:
    """Who is asked about the streets of an extract."""
    if engine == OWN:
        from routesolve.graphs.providers.network import NetworkProvider

        return NetworkProvider(network.indexed(), cache=False)
    if engine == OSRM:
        from routesolve.graphs.providers.osrm import OsrmProvider

        return OsrmProvider(text, profile=profile)
    from routesolve.graphs.providers.http import HttpProvider

    return HttpProvider(engine, profile=profile)


def _version(engine: str) -> str:
    """Of who finds the ways."""
    if engine == OWN:
        return routesolve.__version__
    return version("osrm-bindings") if engine == OSRM else "unknown"  # a server does not tell


def _made_up(seed: int, *, places: int, on_progress: Listener | None) -> Area:
    """A made-up town, which is done at once."""
    area = synthetic_area(seed, places=places)
    if on_progress is not None:
        on_progress(1, 1)
    return area


def _within(on_progress: Listener | None, k: int, count: int) -> Listener | None:
    """Who is told about the k-th of `count` areas, in thousandths of it."""
    if on_progress is None:
        return None
    tell = on_progress
    return lambda done, total: tell(1000 * k + 1000 * done // total, 1000 * count)
