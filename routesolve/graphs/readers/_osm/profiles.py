"""Who travels: the tables by which a car, a bicycle and a walker read OpenStreetMap tags.

The numbers are those of the published profiles of OSRM (``car.lua``, ``bicycle.lua``, ``foot.lua``,
2026), so that durations can be compared with a server that everybody knows; the code is ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from routesolve.errors import InputError

Table = Mapping[str, float]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _table(**entries: float) -> Table:
    return MappingProxyType({key.replace("__", ":"): value for key, value in entries.items()})


@dataclass(frozen=True, kw_only=True)
class TurnCosts:
    """What passing a junction costs, in seconds.

    Attributes
    ----------
    shape : str
        ``"sigmoid"``: rises from 0 straight on to `turn` for a sharp turn; ``"quadratic"``: `turn`
        times the square of the angle over 90 degrees; ``"none"``.
    turn, bias : float
        Seconds of a turn, and how much cheaper it is towards the side one drives on.
    oncoming : float
        Seconds for crossing the oncoming traffic.
    u_turn, signals, stop, give_way : float
        Seconds.
    private : float
        Cost of turning from a public road into one that is only for residents, deliveries or
        customers: cost only, no time, so that nobody takes it as a short cut.
    """

    shape: Literal["sigmoid", "quadratic", "none"]
    turn: float = 0.0
    bias: float = 1.0
    oncoming: float = 0.0
    u_turn: float = 0.0
    signals: float = 0.0
    stop: float = 0.0
    give_way: float = 0.0
    private: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Profile:
    """How one kind of traveller reads the tags.

    Attributes
    ----------
    name : str
        ``"car"``, ``"bicycle"`` or ``"foot"``.
    access_keys : tuple of str
        Keys that say who may pass, the most specific first.
    restriction_keys : tuple of str
        Suffixes under which turn restrictions and one-ways name this traveller, and the names by
        which ``except`` frees it; empty = turn restrictions do not apply.
    allowed, refused, private : frozenset of str
        Values of the access keys that open a way, close it, or keep it to those who have business
        there. What is private is open only on `private_roads`.
    private_roads : frozenset of str
        ``highway`` classes.
    speeds : Mapping of str to float
        km/h by ``highway`` class.
    default_speed : float
        km/h where the class is not in the table but the way is explicitly open.
    limit_share : float
        Share of a speed limit that is driven; 0 = a limit only caps the speed.
    max_speed : float
        km/h that are never exceeded.
    surfaces, tracktypes, smoothness : Mapping of str to float
        Upper limits in km/h.
    services : Mapping of str to float
        Factor on the speed that the cost assumes, by ``service``.
    ferries, bridges : Mapping of str to float
        km/h of ``route`` and of ``bridge`` values that move.
    one_ways : bool
        Whether ``oneway`` binds this traveller; ``oneway:<name>`` always does.
    passes_barriers : frozenset of str
        ``barrier`` values that let through, or, with `stopped_by`, ignored.
    stopped_by : frozenset of str or None
        ``barrier`` values that do not let through; None = all but `passes_barriers`.
    gates : Mapping of str to float
        Seconds by ``barrier``.
    height, width, length, weight : float
        Metres and kilograms; 0 = limits do not matter.
    turns : TurnCosts
        What junctions cost.
    """

    name: str
    access_keys: tuple[str, ...]
    restriction_keys: tuple[str, ...] = ()
    allowed: frozenset[str]
    refused: frozenset[str]
    private: frozenset[str] = frozenset()
    private_roads: frozenset[str] = frozenset()
    avoided: frozenset[str] = frozenset()
    speeds: Table
    default_speed: float
    limit_share: float = 0.0
    max_speed: float = 250.0
    surfaces: Table = field(default_factory=dict)
    tracktypes: Table = field(default_factory=dict)
    smoothness: Table = field(default_factory=dict)
    services: Table = field(default_factory=dict)
    ferries: Table = field(default_factory=lambda: _table(ferry=5))
    bridges: Table = field(default_factory=dict)
    one_ways: bool = True
    passes_barriers: frozenset[str] = frozenset()
    stopped_by: frozenset[str] | None = None
    gates: Table = field(default_factory=dict)
    height: float = 0.0
    width: float = 0.0
    length: float = 0.0
    weight: float = 0.0
    turns: TurnCosts


LINKS = {
    "motorway": 45,
    "trunk": 40,
    "primary": 30,
    "secondary": 25,
    "tertiary": 20,
}

_CAR_SPEEDS: dict[str, float] = {
    "motorway": 90,
    "trunk": 85,
    "primary": 65,
    "secondary": 55,
    "tertiary": 40,
    "unclassified": 25,
    "residential": 25,
    "living_street": 10,
    "service": 15,
    "winter_road": 20,
    "ice_road": 15,
    **{f"{road}_link": speed for road, speed in LINKS.items()},
}

CAR = Profile(
    name="car",
    access_keys=("motorcar", "motor_vehicle", "vehicle", "access"),
    restriction_keys=("motorcar", "motor_vehicle", "vehicle"),
    allowed=frozenset(
        {"yes", "motorcar", "motor_vehicle", "vehicle", "permissive", "designated", "hov"}
    ),
    refused=_words(
        """no agricultural forestry emergency psv taxi share_taxi minibus bus foot emergency_vehicle
        restricted military official customers private delivery destination permit
        residents"""
    ),
    private=frozenset(
        {"private", "delivery", "destination", "customers", "permit", "residents", "unknown"}
    ),
    private_roads=frozenset(_CAR_SPEEDS),
    avoided=frozenset({"steps", "construction", "proposed", "reversible", "impassable"}),
    speeds=MappingProxyType(_CAR_SPEEDS),
    default_speed=10,
    limit_share=0.8,
    surfaces=MappingProxyType(
        {
            **dict.fromkeys(("cement", "compacted", "fine_gravel"), 80),
            **dict.fromkeys(("paving_stones", "metal", "bricks"), 60),
            **dict.fromkeys(
                _words("""grass wood sett grass_paver gravel unpaved ground dirt pebblestone
                tartan"""),
                40,
            ),
            **dict.fromkeys(("cobblestone", "clay", "snow"), 30),
            **dict.fromkeys(("earth", "stone", "rocky", "sand", "ice"), 20),
            "laterite": 15,
            "mud": 10,
        }
    ),
    tracktypes=_table(grade1=60, grade2=40, grade3=30, grade4=25, grade5=20),
    smoothness=_table(
        intermediate=80, bad=40, very_bad=20, horrible=10, very_horrible=5, impassable=0
    ),
    services=MappingProxyType(
        dict.fromkeys(
            ("alley", "parking", "parking_aisle", "driveway", "drive-through", "drive-thru"), 0.5
        )
    ),
    ferries=_table(ferry=5, shuttle_train=10),
    bridges=_table(movable=5),
    passes_barriers=_words(
        """cattle_grid border_control toll_booth sally_port no entrance height_restrictor
        arch"""
    ),
    gates=_table(gate=60, lift_gate=60),
    height=2.0,
    width=1.9,
    length=4.8,
    weight=2000.0,
    turns=TurnCosts(
        shape="sigmoid",
        turn=7.5,
        bias=1.075,
        oncoming=2.0,
        u_turn=20.0,
        signals=2.0,
        stop=2.0,
        give_way=1.0,
        private=3276.7,
    ),
)

_SLOW_LANES = ("primary", "secondary", "tertiary")

BICYCLE = Profile(
    name="bicycle",
    access_keys=("bicycle", "vehicle", "access"),
    restriction_keys=("bicycle",),
    allowed=frozenset({"yes", "permissive", "designated"}),
    refused=frozenset({"no", "private", "agricultural", "forestry", "delivery", "use_sidepath"}),
    avoided=frozenset({"construction", "proposed", "impassable"}),
    speeds=MappingProxyType(
        {
            **dict.fromkeys(_SLOW_LANES, 15),
            **{f"{road}_link": 15 for road in _SLOW_LANES},
            **dict.fromkeys(
                ("cycleway", "residential", "unclassified", "living_street", "service"), 15
            ),
            "track": 12,
            "path": 13,
        }
    ),
    default_speed=15,
    max_speed=21,
    surfaces=_table(
        asphalt=15,
        chipseal=15,
        concrete=15,
        concrete_lanes=15,
        wood=10,
        metal=10,
        cobblestone__flattened=10,
        paving_stones=10,
        compacted=10,
        cobblestone=7,
        unpaved=6,
        fine_gravel=10,
        gravel=6,
        pebblestone=6,
        grass_paver=6,
        ground=10,
        dirt=8,
        earth=6,
        laterite=5,
        grass=6,
        mud=3,
        sand=3,
        woodchips=3,
        sett=9,
    ),
    bridges=_table(movable=5),
    stopped_by=frozenset({"yes", "wall", "fence"}),
    turns=TurnCosts(shape="quadratic", turn=6.0, bias=1.4, u_turn=20.0, signals=2.0),
)

PUSHED = MappingProxyType({"footway": 4.0, "pedestrian": 4.0, "steps": 2.0, "pier": 4.0})
"""km/h of a bicycle that is pushed."""

FOOT = Profile(
    name="foot",
    access_keys=("foot", "access"),
    allowed=frozenset({"yes", "foot", "permissive", "designated"}),
    refused=frozenset({"no", "private", "agricultural", "forestry", "delivery", "use_sidepath"}),
    avoided=frozenset({"proposed", "impassable"}),
    speeds=MappingProxyType(
        dict.fromkeys(
            _words(
                """primary primary_link secondary secondary_link tertiary tertiary_link
                unclassified residential living_street service track path steps pedestrian platform
                footway pier"""
            ),
            5,
        )
    ),
    default_speed=5,
    surfaces=_table(fine_gravel=3.75, gravel=3.75, pebblestone=3.75, mud=2.5, sand=2.5),
    one_ways=False,
    stopped_by=frozenset({"yes", "wall", "fence"}),
    turns=TurnCosts(shape="none", u_turn=2.0, signals=2.0),
)

PROFILES: Mapping[str, Profile] = MappingProxyType(
    {profile.name: profile for profile in (CAR, BICYCLE, FOOT)}
)
"""The profiles by name."""


def find_profile(profile: str | Profile) -> Profile:
    """The profile of a name, or the profile itself; raises InputError for an unknown name."""
    if isinstance(profile, Profile):
        return profile
    if profile not in PROFILES:
        raise InputError(f"unknown profile {profile!r}", fix=f"use {', '.join(PROFILES)}")
    return PROFILES[profile]
