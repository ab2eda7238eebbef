"""Lessons: batches of drawn problems with the teacher's plans, kept in files.

Only what cannot be drawn again is stored: the recipe and the seed of each batch, and the plans. A
folder of lessons grows by one file a minute, so that little is lost when the work is cut short, and
goes on where it stopped.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError
from routesolve.files import written_whole
from routesolve.graphs import _npz
from routesolve.solvers.neural.pool import ARRAYS, Pool
from routesolve.solvers.neural.sampler import DRAWS, Recipe, Sample, Sampler
from routesolve.solvers.neural.teacher import teach

FORMAT = "routesolve-lessons"
VERSION = 1
NAME = "lessons-{:05d}.npz"
PART_SECONDS = 60.0
"""Work that one file holds."""
BATCH = 16
SIZES = (20, 100)
MIX: Mapping[str, float] = {
    "any": 0.4,
    "CVRP": 0.15,
    "VRPTW": 0.15,
    "ATSP": 0.15,
    "PVRP-P": 0.075,
    "PVRP-ZC": 0.075,
}
"""Shares of the batches that are of each variant."""
STRAIGHT = 0.25
"""Share of problems whose ways are straight lines: plans of a network that has seen roads only are
poor where there are none."""
SQUARE = 0.5
"""Share of those whose places are anywhere in a square, as those of the literature are."""


@dataclass(frozen=True, eq=False)
class Lesson:
    """A batch, to be drawn again, and its plans.

    Attributes
    ----------
    recipe : Recipe
        What is drawn.
    seed : tuple of int
        With which seed.
    actions : numpy.ndarray
        (b, t) int16, see :class:`~routesolve.solvers.neural.teacher.Plans`.
    cost : numpy.ndarray
        (b,) float64.
    ok : numpy.ndarray
        (b,) bool: plans that can be followed; the others are to be left out.
    """

    recipe: Recipe
    seed: tuple[int, ...]
    actions: npt.NDArray[np.int16]
    cost: npt.NDArray[np.float64]
    ok: npt.NDArray[np.bool_]

    def draw(self, sampler: Sampler) -> Sample:
        """The problems; `sampler` is of the lesson's pool, whatever its recipe."""
        return sampler.of(self.recipe).sample(len(self.ok), seed=self.seed)


@dataclass(frozen=True, eq=False)
class Lessons:
    """Lessons in one file.

    Attributes
    ----------
    pool : str
        :func:`fingerprint` of the pool that they are drawn from.
    seed, first
        Of the work that they are part of; number of the first batch in it.
    batches : tuple of Lesson
        One after the other.
    """

    pool: str
    seed: int
    first: int
    batches: tuple[Lesson, ...]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write all to one ``.npz`` file, whole or not at all.

        Raises
        ------
        InputError
            If the file cannot be written.
        """
        meta = {
            "format": FORMAT,
            "version": VERSION,
            "draws": DRAWS,
            "pool": self.pool,
            "seed": self.seed,
            "first": self.first,
            "batches": [
                {"recipe": dataclasses.asdict(one.recipe), "seed": one.seed} for one in self.batches
            ],
        }
        arrays: _npz.Arrays = {"meta": np.frombuffer(json.dumps(meta).encode(), np.uint8)}
        for i, one in enumerate(self.batches):
            arrays |= {f"{i}.actions": one.actions, f"{i}.cost": one.cost, f"{i}.ok": one.ok}
        with written_whole(path) as stream:
            _npz.write(stream, arrays, packed=True)

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, pool: str | None = None) -> Lessons:
        """Read what :meth:`save` wrote.

        Parameters
        ----------
        path
            The file.
        pool
            Fingerprint of the pool that the lessons must be of; left out = any.

        Raises
        ------
        InputError
            If the file is missing, damaged, of a later version, of another pool, or something else.
        """
        fix = "make the lessons again"
        arrays = _npz.read(path, what="file of lessons", fix=fix, memory_map=False)
        try:
            meta = json.loads(arrays["meta"].tobytes().decode())
            if meta["format"] != FORMAT:
                raise InputError("not saved lessons", fix=fix)
            if meta["version"] > VERSION:
                raise InputError(
                    f"written by a later version (format {meta['version']}, this one reads "
                    f"{VERSION})",
                    fix="upgrade routesolve",
                )
            if meta.get("draws", 1) != DRAWS:
                raise InputError("the same seeds draw other problems by now", fix=fix)
            if pool not in (None, meta["pool"]):
                raise InputError("lessons on another pool", fix="use the pool they were made from")
            batches = tuple(_lesson(arrays, i, about) for i, about in enumerate(meta["batches"]))
            return cls(meta["pool"], int(meta["seed"]), int(meta["first"]), batches)
        except InputError as error:
            raise error.within(str(path)) from error
        except _npz.DAMAGE as error:
            raise InputError(
                f"not saved lessons, or damaged: {error!r}", where=str(path), fix=fix
            ) from error


def _lesson(arrays: _npz.Arrays, number: int, about: dict[str, Any]) -> Lesson:
    """One lesson of a file."""
    made: dict[str, Any] = {
        key: tuple(x) if isinstance(x, list) else x for key, x in about["recipe"].items()
    }
    actions, cost, ok = (arrays[f"{number}.{key}"] for key in ("actions", "cost", "ok"))
    if actions.ndim != 2 or actions.dtype != np.int16 or not len(actions) == len(cost) == len(ok):
        raise ValueError(f"plans of shape {actions.shape}")
    return Lesson(Recipe(**made), tuple(about["seed"]), actions, cost, ok)


def files(folder: str | os.PathLike[str]) -> list[Path]:
    """The files of lessons in a folder, in order."""
    return sorted(Path(folder).glob("lessons-*.npz"))


def lessons(folder: str | os.PathLike[str], pool: Pool) -> Iterator[Lesson]:
    """All lessons of a folder, in order; those of another pool are refused."""
    mark = fingerprint(pool)
    for path in files(folder):
        yield from Lessons.load(path, pool=mark).batches


def fingerprint(pool: Pool) -> str:
    """A checksum of all places and tables of a pool."""
    digest = hashlib.blake2b(digest_size=16)
    for area in pool.areas:
        for key in ARRAYS:
            array = np.ascontiguousarray(getattr(area, key))
            digest.update(f"{key}{array.shape}".encode())
            digest.update(array.data)
    return digest.hexdigest()


def recipe_of(
    seed: int,
    k: int,
    *,
    mix: Mapping[str, float] = MIX,
    sizes: tuple[int, int] = SIZES,
    straight: float = STRAIGHT,
) -> Recipe:
    """The recipe of batch k: variants by their shares, sizes with small ones more often.

    The logarithm of the number of customers is spread evenly.
    """
    rng = np.random.default_rng((seed, k, 1))
    shares = np.array(list(mix.values()), dtype=np.float64)
    name = list(mix)[int(rng.choice(len(shares), p=shares / shares.sum()))]
    n = round(float(np.exp(rng.uniform(*np.log(sizes)))))
    return Recipe(name, customers=(n, n), windows="all", straight=straight, square=SQUARE)


def make_lesson(
    sampler: Sampler, recipe: Recipe, seed: tuple[int, ...], *, batch: int = BATCH
) -> Lesson:
    """Draw a batch and let the teacher plan it."""
    problems = sampler.of(recipe).sample(batch, seed=seed).problems
    plans = teach(problems, seed=int(np.random.SeedSequence(seed).generate_state(1)[0]))
    return Lesson(recipe, seed, plans.actions.astype(np.int16), plans.cost, plans.ok)


def make_lessons(
    pool: Pool,
    folder: str | os.PathLike[str],
    *,
    seconds: float,
    seed: int = 0,
    batch: int = BATCH,
    mix: Mapping[str, float] = MIX,
    sizes: tuple[int, int] = SIZES,
    straight: float = STRAIGHT,
    part_seconds: float = PART_SECONDS,
    on_progress: Callable[[int, float], None] | None = None,
) -> int:
    """Add lessons to a folder until the time is over, going on after those that are there.

    Batch k is the same whenever it is made: it depends on `seed` and k only.

    Parameters
    ----------
    pool
        Where problems are drawn from.
    folder
        Made if it is not there.
    seconds
        How long.
    seed
        Of all; other processes use others, and other folders.
    batch
        Problems of a batch.
    mix, sizes, straight
        See :func:`recipe_of`.
    part_seconds
        Work of one file.
    on_progress
        Told after each batch how many there are, and the seconds that have passed.

    Returns
    -------
    int
        Number of batches in the folder.

    Raises
    ------
    InputError
        If the folder holds lessons of another pool or another seed, or cannot be written to.
    """
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"cannot make this folder: {error.strerror}",
            where=str(folder),
            fix="choose another place",
        ) from error
    mark, begun = fingerprint(pool), time.monotonic()
    number, k = _continued(folder, mark, seed)
    sampler = Sampler(pool, Recipe(customers=sizes))
    passed = 0.0
    while passed < seconds:
        first, until, made = k, min(passed + part_seconds, seconds), list[Lesson]()
        while passed < until:
            recipe = recipe_of(seed, k, mix=mix, sizes=sizes, straight=straight)
            made.append(make_lesson(sampler, recipe, (seed, k), batch=batch))
            k, passed = k + 1, time.monotonic() - begun
            if on_progress is not None:
                on_progress(k, passed)
        Lessons(mark, seed, first, tuple(made)).save(folder / NAME.format(number))
        number += 1
    return k


def _continued(folder: Path, mark: str, seed: int) -> tuple[int, int]:
    """Number of the next file of a folder, and of its first batch."""
    there = files(folder)
    if not there:
        return 0, 0
    last = Lessons.load(there[-1], pool=mark)
    if last.seed != seed:
        raise InputError(
            f"lessons of seed {last.seed}, not {seed}",
            where=str(folder),
            fix="choose another folder",
        )
    return int(there[-1].stem.removeprefix("lessons-")) + 1, last.first + len(last.batches)
