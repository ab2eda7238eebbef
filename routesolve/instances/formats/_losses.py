"""What a conversion loses: the problem as it was against the problem as it reads back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from routesolve.instances.features import Feature, used_features
from routesolve.instances.instance import VrpInstance
from routesolve.instances.model import Location, Profile

_LABELS = {
    "jobs": ("job", "jobs"),
    "shipments": ("shipment", "shipments"),
    "vehicles": ("vehicle type", "vehicle types"),
    "initial_routes": ("initial route", "initial routes"),
}
_ABSENT = object()


def losses(before: VrpInstance, after: VrpInstance) -> list[str]:
    """Return a sentence for every field that vanished, changed or came into being.

    Parts are compared by their order, so that a format which numbers them anew is not blamed for
    everything at once; that the ids changed is said once.
    """
    old, new = _canonical(before), _canonical(after)
    found: list[str] = []
    for key in old | new:
        if key == "profiles":
            found += _travel(old[key], new[key])
        elif key in _LABELS:
            found += _lists(key, old[key], new[key])
        else:
            found += _whole(key, old.get(key, _ABSENT), new.get(key, _ABSENT))
    return found + _missing_features(before, after, found)


def _missing_features(before: VrpInstance, after: VrpInstance, found: list[str]) -> list[str]:
    if found:  # the sentences above say it, in terms of fields
        return []
    gone = used_features(before) - used_features(after) - {Feature.LIMITED_FLEET}
    return [f"{feature} are lost." for feature in sorted(gone)]


def _lists(key: str, old: list[Any], new: list[Any]) -> list[str]:
    one, many = _LABELS[key]
    if len(new) < len(old):
        count = len(old) - len(new)
        said = [
            f"{count} {one if count == 1 else many} of {len(old)} "
            f"{'is' if count == 1 else 'are'} lost."
        ]
        if not new:
            return said
    else:
        said = []
        if len(new) > len(old):
            said = [f"{len(new) - len(old)} {many} more than before."]
    changed: dict[str, list[tuple[str, Any, Any]]] = {}
    for a, b in zip(old, new, strict=False):
        for field in a["fields"] | b["fields"]:
            x, y = a["fields"].get(field, _ABSENT), b["fields"].get(field, _ABSENT)
            if field == "name" and x is _ABSENT and y == a["id"]:
                continue  # an id that was numbered anew lives on as the name
            if not _same(x, y):
                changed.setdefault(field, []).append((a["id"], x, y))
    for field, cases in changed.items():
        owner, x, y = cases[0]
        of = f"{len(cases)} {one if len(cases) == 1 else many}"
        if all(y is _ABSENT for _, _, y in cases):
            said.append(f"{field} of {of} is lost (first: {owner!r}, {_short(x)}).")
        else:
            said.append(
                f"{field} of {of} changes (first: {owner!r}, {_short(x)} becomes {_short(y)})."
            )
    renamed = sum(a["id"] != b["id"] for a, b in zip(old, new, strict=False))
    if renamed:
        said.append(f"ids of {renamed} {one if renamed == 1 else many} change.")
    return said


def _travel(old: list[_Travel], new: list[_Travel]) -> list[str]:
    """Compare what vehicles meet on the road, not how it is written down."""
    said = []
    if len(new) < len(old):
        said.append(f"{len(old) - len(new)} profiles of {len(old)} are lost.")
    for a, b in zip(old, new, strict=False):
        if a.formula is not None and b.formula is not None:
            same = a.formula == b.formula  # no dense matrix is built for these
        elif len(a.ends) != len(b.ends):
            same = a.label == b.label
        else:
            same = all(map(_same, a.matrices(), b.matrices()))
        if not same:
            said.append(f"travel of profile {a.name!r} changes ({a.label} becomes {b.label}).")
        elif a.label != b.label:
            said.append(f"travel of profile {a.name!r}, {a.label}, is kept as {b.label}.")
        if a.bands != b.bands:
            said.append(f"bands of profile {a.name!r} are lost.")
    return said


@dataclass(frozen=True)
class _Travel:
    """How one profile travels between the places of an instance."""

    instance: VrpInstance
    profile: Profile

    @property
    def name(self) -> str:
        return self.profile.id

    @property
    def label(self) -> str:
        p = self.profile
        return (
            "a matrix"
            if p.metric == "matrix"
            else f"{p.metric}"
            + (f" rounded {self.instance.rounding}" if p.metric != "network" else f" {p.network}")
        )

    @property
    def bands(self) -> Any:
        return self.profile.bands

    @property
    def formula(self) -> Any:
        """What the numbers are computed from; None when they are given."""
        p = self.profile
        if p.metric == "matrix":
            return None
        return (p.metric, p.speed, p.detour, p.network, str(self.instance.rounding))

    @property
    def ends(self) -> list[Location]:
        return list(_ends(self.instance))

    def matrices(self) -> tuple[Any, Any]:
        """Durations and distances from each depot, job and stop to each, in the file's order."""
        instance = self.instance
        rows = [instance.location_index(place) for place in self.ends]
        travel = instance.travel(self.profile)
        pairs = np.ix_(rows, rows)
        return travel.durations[pairs], travel.distances[pairs]


def _ends(instance: VrpInstance) -> Iterator[Location]:
    for kind in instance.vehicle_types:
        for name in (kind.start, kind.end):
            if name is not None:
                yield instance.depots_by_id[name].location
                break
        break
    for job in instance.jobs:
        yield job.location
    for shipment in instance.shipments:
        yield shipment.pickup.location
        yield shipment.delivery.location


def _whole(key: str, old: Any, new: Any) -> list[str]:
    if _same(old, new):
        return []
    if isinstance(old, dict) and isinstance(new, dict):
        return [
            line
            for part in old | new
            for line in _whole(f"{key}.{part}", old.get(part, _ABSENT), new.get(part, _ABSENT))
        ]
    if new is _ABSENT:
        return [f"{key} is lost ({_short(old)})."]
    return [f"{key} changes ({_short(old)} becomes {_short(new)})."]


def _short(value: Any) -> str:
    if value is _ABSENT:
        return "the default"
    if isinstance(value, np.ndarray):
        return f"a {' x '.join(map(str, value.shape))} matrix"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return np.array_equal(a, b)
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return False
    return bool(a == b)


# -- comparable documents ----------------------------------------------------------------------


def _canonical(instance: VrpInstance) -> dict[str, Any]:
    """Return the document with references resolved and indifferent differences evened out."""
    document = instance.to_dict()
    tasks = {job.id: f"job {i}" for i, job in enumerate(instance.jobs)}
    tasks |= {s.id: f"shipment {i}" for i, s in enumerate(instance.shipments)}
    document["backhaul"] = instance.backhaul
    flat: dict[str, Any] = {
        key: document[key]
        for key in ("objective", "backhaul", "allow_unserved", "dimensions", "epoch")
        if key in document
    }
    flat |= {k: document[k] for k in ("name", "comment") if document.get(k)}
    features = used_features(instance)
    if not features & {Feature.BACKHAUL_LAST, Feature.BACKHAUL_NONE}:
        flat["backhaul"] = "mixed"
    profiles = [instance.profile_of(kind) for kind in instance.vehicle_types]
    names = [job.group for job in instance.jobs] + [s.group for s in instance.shipments]
    groups = Counter(name for name in names if name is not None)
    order = {name: k for k, name in enumerate(groups)}
    for part in (*document.get("jobs", ()), *document.get("shipments", ())):
        name = part.pop("group", None)
        if name is not None and groups[name] > 1:
            part["group"] = f"group {order[name] + 1}"
    for key in ("jobs", "shipments"):
        flat[key] = [_task(part, instance) for part in document.get(key, [])]
    flat["profiles"] = [_Travel(instance, p) for p in {p.id: p for p in profiles}.values()]
    flat["vehicles"] = list(_vehicles(instance, document, tasks))
    flat["initial_routes"] = list(_routes(instance, document, tasks))
    return flat


def _task(part: dict[str, Any], instance: VrpInstance) -> dict[str, Any]:
    fields = {key: value for key, value in part.items() if key != "id"}
    _even_out(fields, instance)
    for end in ("pickup", "delivery"):
        if isinstance(fields.get(end), dict):
            stop = fields.pop(end)
            _even_out(stop, instance)
            fields |= {f"{end}.{key}": value for key, value in stop.items()}
    return {"id": part["id"], "fields": fields}


def _even_out(fields: dict[str, Any], instance: VrpInstance) -> None:
    for key in ("delivery", "pickup", "amount"):
        if isinstance(fields.get(key), list):
            amount = [*fields[key], *[0.0] * (instance.dimension_count - len(fields[key]))]
            fields[key] = amount
            if not any(amount):
                del fields[key]
    if "location" in fields:
        fields["location"] = _point(fields["location"])
    if "skills" in fields:
        fields["skills"] = sorted(fields["skills"])


def _vehicles(
    instance: VrpInstance, document: dict[str, Any], tasks: dict[str, str]
) -> Iterator[dict[str, Any]]:
    """Yield the fleet, runs of equal vehicles as one entry with their number."""
    depots = {part["id"]: _place(part) for part in document.get("depots", [])}
    order = {
        p: i
        for i, p in enumerate(
            dict.fromkeys(instance.profile_of(k).id for k in instance.vehicle_types)
        )
    }
    last: dict[str, Any] | None = None
    for kind, part in zip(instance.vehicle_types, document.get("vehicle_types", []), strict=True):
        fields = {k: v for k, v in part.items() if k not in ("id", "count", "profile")}
        for key in ("start", "end"):
            if key in fields:
                fields[key] = depots[fields[key]]
        for key in ("alternative_ends", "reload_depots"):
            if key in fields:
                fields[key] = [depots[name] for name in fields[key]]
        if "forbidden" in fields:
            fields["forbidden"] = sorted(tasks[name] for name in fields["forbidden"])
        if "preferences" in fields:
            fields["preferences"] = {tasks[k]: v for k, v in fields["preferences"].items()}
        if "skills" in fields:
            fields["skills"] = sorted(fields["skills"])
        if order[instance.profile_of(kind).id]:
            fields["profile"] = order[instance.profile_of(kind).id]
        count = "unlimited" if kind.count is None else kind.count
        if last is not None and last["fields"] | {"count": 0} == fields | {"count": 0}:
            both = (last["fields"]["count"], count)
            last["fields"]["count"] = "unlimited" if "unlimited" in both else sum(both)
            continue
        if last is not None:
            yield last
        last = {"id": part.get("id", "vehicle"), "fields": fields | {"count": count}}
    if last is not None:
        yield last


def _place(depot: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in depot.items() if key != "id"}
    return kept | {"location": _point(depot["location"])}


def _point(place: dict[str, Any]) -> dict[str, Any]:
    """Coordinates only: rows of matrices are compared by what stands in them."""
    return {key: value for key, value in place.items() if key != "index"}


def _routes(
    instance: VrpInstance, document: dict[str, Any], tasks: dict[str, str]
) -> Iterator[dict[str, Any]]:
    for i, route in enumerate(document.get("initial_routes", [])):
        visits = [
            [v["kind"], tasks.get(v.get("id"), v.get("id"))]
            for v in route["visits"]
            if v["kind"] not in ("start", "end")
        ]
        yield {"id": i, "fields": {"visits": visits, "locked": route.get("locked", 0)}}
