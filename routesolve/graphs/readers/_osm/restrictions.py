"""Turn restrictions: relations that forbid or demand a turn.

https://wiki.openstreetmap.org/wiki/Relation:restriction
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from routesolve.graphs.readers._osm.profiles import Profile


class Restriction(NamedTuple):
    """One forbidden or demanded turn.

    Attributes
    ----------
    only : bool
        True = the turn is the only one allowed (``only_*``), False = it is forbidden (``no_*``).
    source, target : int
        OSM ids of the ways it leads from and to.
    via_node : int
        OSM id of the junction; -1 when it leads over ways.
    via_ways : tuple of int
        OSM ids of the ways between, in order.
    """

    only: bool
    source: int
    target: int
    via_node: int
    via_ways: tuple[int, ...]


def parse_restriction(
    tags: Mapping[str, str], members: Iterable[tuple[str, int, str]], profile: Profile
) -> list[Restriction]:
    """The restrictions of one relation that bind `profile`.

    Parameters
    ----------
    tags
        Tags of the relation.
    members
        (kind ``"n"``/``"w"``/``"r"``, id, role) of each.
    profile
        The traveller.

    Returns
    -------
    list of Restriction
        Empty when it does not bind, or cannot be understood (see `binds`). Several when the
        relation forbids several entries or exits (``no_entry``, ``no_exit``).
    """
    value = binding_value(tags, profile)
    if value is None:
        return []
    only = value.startswith("only_")
    roles: dict[str, list[int]] = {"from": [], "to": [], "via": []}
    node = -1
    for kind, member, role in members:
        if role == "via" and kind == "n":
            node = member
        elif kind == "w" and role in roles:
            roles[role].append(member)
    sources, targets, ways = roles["from"], roles["to"], roles["via"]
    if not sources or not targets or (node < 0) == (not ways):
        return []
    if (len(sources) > 1 and value != "no_entry") or (len(targets) > 1 and value != "no_exit"):
        return []
    return [
        Restriction(only, source, target, node, tuple(ways))
        for source in sources
        for target in targets
    ]


def binding_value(tags: Mapping[str, str], profile: Profile) -> str | None:
    """The ``no_*`` or ``only_*`` value that binds `profile`; None when none does.

    Restrictions that hold at certain times only (``restriction:conditional``) do not count.
    """
    if not profile.restriction_keys:
        return None
    exempt = {name.strip() for name in tags.get("except", "").split(";")}
    if exempt & set(profile.restriction_keys):
        return None
    keys = (*(f"restriction:{name}" for name in profile.restriction_keys), "restriction")
    value = next((tags[key] for key in keys if key in tags), "")
    return value if value.startswith(("no_", "only_")) else None
