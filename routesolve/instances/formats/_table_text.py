"""Writing depots and jobs as CSV."""

from __future__ import annotations

import csv
import io
from math import inf
from typing import Any

from routesolve.instances.instance import VrpInstance
from routesolve.instances.model import Location, TimeWindow


def render(instance: VrpInstance) -> str:
    """Return the table; columns that would be empty are left out."""
    names = list(instance.dimensions) or [""] * min(1, instance.dimension_count)
    names += [f"load{d + 1}" for d in range(len(names), instance.dimension_count)]
    rows = [
        {
            "type": "depot",
            "id": d.id,
            "name": d.name,
            **_place(d.location),
            "service": d.service or None,
            **_windows(d.time_windows),
        }
        for d in instance.depots
    ]
    rows += [
        {
            "type": "job", "id": job.id, "name": job.name, **_place(job.location),
            **_amounts(instance, "delivery", job.delivery, names),
            **_amounts(instance, "pickup", job.pickup, names),
            "service": job.service or None, "setup": job.setup or None,
            **_windows(job.time_windows), "release": job.release or None, "prize": job.prize,
            "priority": job.priority or None, "group": job.group,
            "skills": ";".join(job.skills) or None,
        }
        for job in instance.jobs
    ]  # fmt: skip
    used = dict.fromkeys(key for row in rows for key, value in row.items() if value is not None)
    order = [key for key in dict.fromkeys(k for row in rows for k in row) if key in used]
    if not instance.jobs and not instance.depots:
        order = ["type", "id", "x", "y"]
    text = io.StringIO()
    writer = csv.DictWriter(text, order, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows({k: _cell(v) for k, v in row.items()} for row in rows)
    return text.getvalue()


def _cell(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _place(place: Location) -> dict[str, Any]:
    if place.lon is not None:
        return {"lon": place.lon, "lat": place.lat}
    if place.x is not None:
        return {"x": place.x, "y": place.y}
    return {"x": place.index, "y": 0}


def _amounts(
    instance: VrpInstance, what: str, values: tuple[float, ...], names: list[str]
) -> dict[str, Any]:
    if not any(values) and (what == "pickup" or not values):
        return {}
    padded = instance.amounts(values).tolist()
    return {f"{what}_{name}" if name else what: v for name, v in zip(names, padded, strict=True)}


def _windows(windows: tuple[TimeWindow, ...]) -> dict[str, Any]:
    if len(windows) > 1:
        return {
            "time_windows": "; ".join(
                f"{_cell(w.earliest)}-{'' if w.latest == inf else _cell(w.latest)}" for w in windows
            )
        }
    return {
        key: value
        for w in windows
        for key, value in (("tw_start", w.earliest), ("tw_end", w.latest))
        if value != inf
    }
