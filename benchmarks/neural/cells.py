"""The problems of a comparison: drawn from the roads of a pool, or sets with stored tours."""

from __future__ import annotations

import dataclasses
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # peers and variants lie there

import variants

import routesolve as rs
from routesolve.instances.model import Location
from routesolve.solvers.neural import teacher
from routesolve.solvers.neural.pool import Pool
from routesolve.solvers.neural.sampler import Recipe, Sample, Sampler

Row = dict[str, Any]
HEAD = ("pool", "areas", "variant", "customers", "vehicles", "choice", "draw", "count")
"""What tells cells apart."""
STORED = "stored"
"""The pool of sets that come with tours, and the solver that these tours count as."""


class Item(NamedTuple):
    """One problem.

    Attributes
    ----------
    number
        In its cell, from 0.
    problem
        Checksum of its numbers: rows of problems that are not the same are never compared.
    area
        Where its roads are.
    instance
        With matrices and, where they are known, places.
    stored
        What the row of the tour says that came with it, or None.
    """

    number: int
    problem: str
    area: str
    instance: rs.VrpInstance
    stored: Row | None = None


@dataclass(frozen=True, eq=False)
class Drawn:
    """Problems drawn from a pool, those that ``routesolve neural eval`` draws with this seed."""

    name: str
    areas: str
    pool: Pool
    recipe: Recipe
    draw: int
    count: int

    @property
    def head(self) -> Row:
        """What it is called."""
        recipe = self.recipe
        least, most = recipe.vehicles
        return {
            "pool": self.name,
            "areas": self.areas,
            "variant": recipe.variant,
            "customers": recipe.customers[0],
            "vehicles": least if least == most else "",
            "choice": recipe.choice,
            "draw": self.draw,
            "count": self.count,
        }

    @cached_property
    def sample(self) -> Sample:
        """All problems of the cell: how many there are changes what is drawn."""
        seed = (self.draw, 11, *self.recipe.customers)
        return Sampler(self.pool, self.recipe).sample(self.count, seed=seed)

    def item(self, number: int) -> Item:
        """One of them."""
        problems, points, areas = self.sample
        one = problems.take(number)
        arrays = (v for v in vars(one).values() if isinstance(v, np.ndarray))
        area = self.pool.areas[int(areas[number])].name
        instance = placed(teacher.to_instance(one, 0), points[number].tolist())
        return Item(number, _mark(arrays), area, instance)


@dataclass(frozen=True, eq=False)
class Set:
    """The first problems of a file with tours; see ``variants.py``."""

    path: Path
    count: int

    @property
    def head(self) -> Row:
        """What it is called."""
        variant, _, customers = self.path.stem.upper().partition("_")
        known = {"pool": STORED, "variant": variant, "customers": int(customers)}
        return dict.fromkeys(HEAD, "") | known

    @cached_property
    def batch(self) -> variants.Batch:
        """All problems of the cell."""
        return variants.reference(self.path, self.count)

    def item(self, number: int) -> Item:
        """One of them; the tour that came with it may break our rule for loads."""
        batch = self.batch
        instance, cost = batch.instances[number], batch.known[number]
        travel = instance.travel()
        row = {"verdict": "ok", "cost": cost, "travel": cost, "unserved": 0}
        row["violations"] = int(not batch.fair[number])
        mark = _mark((travel.distances, np.array([cost])))
        return Item(number, mark, "", instance, row)


Cell = Drawn | Set


def drawn(
    path: Path, areas: str, recipes: Iterator[Recipe], *, draw: int, count: int
) -> Iterator[Drawn]:
    """Yield the cells of a pool, of all its areas or those of a slice ``from:to``."""
    pool = Pool.load(path)
    if areas:
        low, high = (int(part) if part else None for part in areas.split(":"))
        pool = Pool(pool.areas[low:high])
    for recipe in recipes:
        yield Drawn(path.stem, areas, pool, recipe, draw, count)


def sets(folder: Path, names: list[str] | None, sizes: list[int], count: int) -> Iterator[Set]:
    """Yield the sets of a folder, of all variants or some."""
    for path in sorted(folder.glob("*.npz")):
        found = Set(path, count)
        wanted = names is None or found.head["variant"] in names
        if wanted and found.head["customers"] in sizes:
            yield found


def placed(instance: rs.VrpInstance, points: list[list[float]]) -> rs.VrpInstance:
    """The same instance, its places known: users have them, and networks read them."""

    def at(location: Location) -> Location:
        x, y = points[location.index or 0]
        return dataclasses.replace(location, x=x, y=y)

    return instance.replace(
        jobs=tuple(dataclasses.replace(job, location=at(job.location)) for job in instance.jobs),
        depots=tuple(dataclasses.replace(d, location=at(d.location)) for d in instance.depots),
    )


def _mark(arrays: Any) -> str:
    """Eight digits that change with the numbers."""
    code = 0
    for array in arrays:
        code = zlib.crc32(np.ascontiguousarray(array).tobytes(), code)
    return f"{code:08x}"
