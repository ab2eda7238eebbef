"""A matrix between stops: what is wrong with it, and its files."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from routesolve.errors import Problem
from routesolve.files import save_text, written_whole
from routesolve.numbers import lasting, reaching, tidy

if TYPE_CHECKING:
    from routesolve.graphs.providers.base import TravelTable
    from routesolve.instances.stops import Stops


@dataclass(frozen=True, eq=False)
class Matrix:
    """Travel between stops.

    Attributes
    ----------
    stops : Stops
        Names and places, in the order of the rows.
    table : TravelTable
        Seconds and metres between them; ``inf`` = no way.
    description : str
        Where the numbers come from.
    """

    stops: Stops
    table: TravelTable
    description: str

    @cached_property
    def cut_off(self) -> npt.NDArray[np.bool_]:
        """(n,) stops that the largest group cannot get to and back from."""
        from scipy.sparse.csgraph import connected_components

        open_ = np.isfinite(self.table.durations)
        if open_.all():
            return np.zeros(len(open_), dtype=np.bool_)
        _, label = connected_components(open_, directed=True, connection="strong")
        return np.asarray(label != np.bincount(label).argmax())

    def problems(self, max_snap: float) -> list[Problem]:
        """A problem for each stop that is far from the streets, or cut off from the others."""
        found = []
        snaps = self.table.source_snaps
        for k, key in enumerate(self.stops.ids):
            away = snaps[k]
            if away > max_snap:
                what = f"{reaching(away, clock=True)} away from the nearest street"
                fix = "correct its coordinates (longitude, latitude), or use streets that cover it"
            elif self.cut_off[k]:
                what = f"no way there and back, though {reaching(away, clock=True)} from a street"
                if not np.isfinite(away):
                    what = "no way there and back"
                fix = "move it to a connected street, or take it out (or --allow-unreachable)"
            else:
                continue
            lon, lat = self.stops.points[k]
            found.append(Problem(what, f"stop {key!r} at {lon:.6g},{lat:.6g}", fix))
        return found

    def lines(self) -> list[tuple[str, str]]:
        """What it holds, for people."""
        n = len(self.stops.ids)
        pairs = np.isfinite(self.table.durations) & ~np.eye(n, dtype=np.bool_)
        lines = [("stops", f"{n:,}"), ("pairs", f"{int(pairs.sum()):,} of {n * (n - 1):,} open")]
        for name, values, words in (
            ("duration", self.table.durations, lasting),
            ("distance", self.table.distances, reaching),
        ):
            if pairs.any():
                low, middle, high = np.percentile(values[pairs], (0, 50, 100)).tolist()
                text = f"{words(low, clock=True)} to {words(high, clock=True)}"
                lines.append((name, f"{text}, half of them below {words(middle, clock=True)}"))
        snaps = self.table.source_snaps
        if n and np.isfinite(snaps).all():
            furthest = int(snaps.argmax())
            text = f"{reaching(float(snaps[furthest]), clock=True)} ({self.stops.ids[furthest]})"
            lines.append(("off street", f"at most {text}"))
        return lines

    def save(self, target: str) -> None:
        """Write a file as its suffix says, whole or not at all."""
        suffix = Path(target).suffix.lower()
        if suffix == ".npz":
            with written_whole(target) as stream:
                np.savez_compressed(
                    stream,
                    allow_pickle=False,
                    durations=self.table.durations,
                    distances=self.table.distances,
                    ids=np.array(self.stops.ids, dtype=np.str_),
                    points=self.stops.points,
                    snap_distances=self.table.source_snaps,
                    source=np.array(self.description),
                )
        else:
            save_text(target, self.csv() if suffix == ".csv" else self.json() + "\n")

    def csv(self) -> str:
        """A line for each ordered pair of two stops; empty cells where there is no way."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(("from", "to", "duration_s", "distance_m"))
        ids, (durations, distances) = self.stops.ids, self.table[:2]
        for i, start in enumerate(ids):
            rows = zip(ids, durations[i].tolist(), distances[i].tolist(), strict=True)
            for j, (end, seconds, metres) in enumerate(rows):
                if i != j:
                    writer.writerow((start, end, tidy(seconds, 1), tidy(metres, 1)))
        return text.getvalue()

    def json(self) -> str:
        """Everything; ``null`` where there is no way."""

        def rows(values: npt.NDArray[np.float64]) -> list[list[float | None]]:
            return [[tidy(value, 1) for value in row] for row in values.tolist()]

        return json.dumps(
            {
                "ids": self.stops.ids,
                "points": self.stops.points.tolist(),
                "snap_distances": [tidy(v, 1) for v in self.table.source_snaps.tolist()],
                "durations": rows(self.table.durations),
                "distances": rows(self.table.distances),
                "source": self.description,
            },
            ensure_ascii=False,
        )
