"""What a conversion loses: the problem as it was against the problem as it reads back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from routesolve.instances.features import Feature, used_features
from routesolve.instances.instance import VrpInstance

_LABELS = {
    "jobs": ("job", "jobs"),
    "shipments": ("shipment", "shipments"),
    "vehicles": ("vehicle type", "vehicle types"),
    "initial_routes": ("initial route", "initial routes"),
    "profiles": ("profile", "profiles"),
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
        if key in _LABELS:
            found += _lists(key, old[key], new[key])
        else:
            found += _whole(key, old.get(key, _ABSENT), new.get(key, _ABSENT))
    return found + _missing_features(before, after, found)


def _missing_features(
    before: VrpInstance, after: VrpInstance, found: list[str]
) -> Iterator[str] | list[str]:
    if found:  # the sentences above say it, in terms of fields
        return []
    gone = used_features(before) - used_features(after) - {Feature.LIMITED_FLEET}
    return [f"{feature} are lost." for feature in sorted(gone)]


def _lists(key: str, old: list[Any], new: list[Any]) -> list[str]:
    one, many = _LABELS[key]
    if len(new) < len(old):
        count = len(old) - len(new)
        said = [f"{count} {one if count == 1 else many} of {len(old)} {'is' if count == 1 else 'are'} lost."]
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
    if key != "profiles":
        renamed = sum(a["id"] != b["id"] for a, b in zip(old, new, strict=False))
        if renamed:
            said.append(f"ids of {renamed} {one if renamed == 1 else many} change.")
    return said


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
    flat: dict[str, Any] = {
        key: document[key]
        for key in ("objective", "backhaul", "rounding", "allow_unserved", "dimensions", "epoch")
        if key in document
    }
    if not instance.name:
        flat.pop("name", None)
    flat |= {k: document[k] for k in ("name", "comment") if document.get(k)}
    features = used_features(instance)
    if not features & {Feature.BACKHAUL_LAST, Feature.BACKHAUL_NONE}:
        flat.pop("backhaul", None)
    profiles = [instance.profile_of(kind) for kind in instance.vehicle_types]
    if all(p.metric in ("matrix", "network") for p in profiles):
        flat.pop("rounding", None)
    for key in ("jobs", "shipments"):
        flat[key] = [_task(part, instance) for part in document.get(key, [])]
    flat["profiles"] = [
        {"id": p.id, "fields": _profile(instance, p)} for p in dict.fromkeys(profiles)
    ]
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
    if not any(p.metric == "matrix" for p in instance.profiles):
        fields["location"] = {k: v for k, v in fields["location"].items() if k != "index"}
    if "skills" in fields:
        fields["skills"] = sorted(fields["skills"])


def _profile(instance: VrpInstance, profile: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {"metric": profile.metric}
    if profile.metric == "matrix":
        travel = instance.travel(profile)
        return fields | {"durations": travel.durations, "distances": travel.distances}
    if profile.metric == "network":
        fields["network"] = profile.network
    else:
        fields |= {"speed": profile.speed, "detour": profile.detour}
    if profile.bands:
        fields["bands"] = profile.bands
    return fields


def _vehicles(
    instance: VrpInstance, document: dict[str, Any], tasks: dict[str, str]
) -> Iterator[dict[str, Any]]:
    """Yield the fleet, runs of equal vehicles as one entry with their number."""
    depots = {part["id"]: _place(part) for part in document.get("depots", [])}
    order = {p: i for i, p in enumerate(dict.fromkeys(
        instance.profile_of(k).id for k in instance.vehicle_types))}
    last: dict[str, Any] | None = None
    for kind, part in zip(instance.vehicle_types, document.get("vehicle_types", []), strict=True):
        fields = {k: v for k, v in part.items() if k not in ("id", "count", "profile", "name")}
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
    return {key: value for key, value in depot.items() if key != "id"}


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

