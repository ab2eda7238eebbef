"""Tests of the directions in which streets leave junctions."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routesolve.graphs._kernels.bearings import CIRCLE, LANE, MINOR, ROAD, leaving

METRE = 180.0 / math.pi / 6_371_008.8
Point = tuple[float, float]


def seen(course: list[Point], kind: int = ROAD, wide: float = 2 * LANE) -> float:
    """What the kernel says about a course in metres, laid at 60 degrees north."""
    lat = 60.0 + METRE * np.array([y for _, y in course])
    lon = 10.0 + METRE * np.array([x for x, _ in course]) / math.cos(math.radians(lat[0]))
    out = np.empty(1)
    starts = np.array([0, len(course)])
    leaving(lon, lat, starts, np.array([kind], np.int8), np.array([wide]), out)
    return float(out[0])


def bearing(a: Point, b: Point) -> float:
    """Degrees clockwise from north."""
    return math.degrees(math.atan2(b[0] - a[0], b[1] - a[1])) % 360.0


def apart(a: float, b: float) -> float:
    """Degrees between two directions."""
    return abs((a - b + 180.0) % 360.0 - 180.0)


# ---------------------------------------------------------------- the slow twin


def walked(course: list[Point], metres: float) -> Point:
    """The point so many metres along a course, or its end."""
    for a, b in pairwise(course):
        piece = math.dist(a, b)
        if metres <= piece:
            return (a[0] + metres / piece * (b[0] - a[0]), a[1] + metres / piece * (b[1] - a[1]))
        metres -= piece
    return course[-1]


def farthest(points: list[Point], a: Point, b: Point) -> float:
    """The greatest distance of points from the piece a - b."""
    ends = np.array([a, b])
    most = 0.0
    for point in np.array(points):
        step = ends[1] - ends[0]
        t = np.clip((point - ends[0]) @ step / max(step @ step, 1e-300), 0.0, 1.0)
        most = max(most, float(np.hypot(*(point - ends[0] - t * step))))
    return most


def fitted(course: list[Point], start: float) -> tuple[Point, Point]:
    """Least squares through points a metre apart: singular vectors."""
    end = min(start + 40.0, sum(map(math.dist, course, course[1:])))
    samples = np.array([walked(course, start + i) for i in range(int(end - start) + 1)])
    middle = samples.mean(axis=0)
    axis = np.linalg.svd(samples - middle)[2][0]
    a, b = (tuple(middle + axis * ((p - middle) @ axis)) for p in (samples[0], samples[-1]))
    return a, b


def moved(a: Point, b: Point) -> Point:
    """The head of a - b when it starts (nearly) at the junction."""
    return b if math.dist(a, b) < 2.0 else (b[0] - 0.9 * a[0], b[1] - 0.9 * a[1])


def first_long(course: list[Point], metres: float) -> list[Point]:
    """The course up to a point on its first long piece, if its last one is long."""
    pieces = [0.0, *map(math.dist, course, course[1:])]
    if pieces[-1] < metres:
        return course
    i = next(i for i, piece in enumerate(pieces) if piece >= metres)
    t = (metres - pieces[i - 1]) / (pieces[i] - pieces[i - 1])
    (ax, ay), (bx, by) = course[i - 1], course[i]
    return [*course[:i], (ax + t * (bx - ax), ay + t * (by - ay))]


def is_curve(course: list[Point], wide: float) -> bool:
    """Whether all heights over the chord are on one side, rise once and fall once."""
    at = np.cumsum([0.0, *map(math.dist, course, course[1:])])
    begin, end = bearing(course[0], course[1]), bearing(course[-2], course[-1])
    if at[-1] <= 2 * wide or apart(begin, end) <= 17.5:
        return False
    x, y = np.array(course).T
    heights = (x[-1] * y[1:-1] - y[-1] * x[1:-1]) / math.hypot(x[-1], y[-1])
    if len(set(np.sign(heights))) > 1:
        return False
    heights = np.abs(heights)
    top = int(heights.argmax())
    if (np.diff(heights[: top + 1]) <= 0).any() or (np.diff(heights[top:]) >= 0).any():
        return False
    wide_enough = heights[top] >= max(0.3 * wide, 0.5 * LANE)
    if at[-1] > 10.0 and not (at[top + 1] > 0.35 * at[-1] and wide_enough):
        return False
    return not has_straight(course, at, wide)


def has_straight(course: list[Point], at: np.ndarray, wide: float) -> bool:
    """Whether pieces in a row with bends below 5 degrees make up more than 30 %."""
    headings = [bearing(a, b) for a, b in pairwise(course)]
    bends = [apart(a, b) for a, b in pairwise(headings)]
    length, before = max(0.0, at[1] - wide), False
    for bend, piece in zip(bends[1:], np.diff(at)[1:-1], strict=True):
        straight = bend < 5.0
        length += piece if straight else 0.0
        if length > 0.3 * at[-1] and (before or not straight):
            return True
        length = length if straight else piece
        before = straight
    return False


def naive(course: list[Point], kind: int, wide: float) -> float:
    """The rules, one after the other."""
    reach, at = 40.0 + wide, np.cumsum([0.0, *map(math.dist, course, course[1:])])
    size = int((at < reach).sum()) + 1
    course, at = course[:size], at[:size]
    if len(course) > 2 and at[-1] - at[-2] > reach:
        course = [*course[:-1], walked(course[-2:], reach)]
        at = np.cumsum([0.0, *map(math.dist, course, course[1:])])
    return bearing((0.0, 0.0), _naive(course, at, kind, wide))


def _naive(course: list[Point], at: np.ndarray, kind: int, wide: float) -> Point:
    start, end, total = course[0], course[-1], float(at[-1])
    if len(course) == 2:
        return end
    if kind != ROAD:
        return walked(course, 2.0 if kind == CIRCLE else 10.0)
    if at[1] > wide + 10.0:
        return course[1]
    if total <= 2.0 or farthest(course, start, end) < 0.5 * LANE:
        return end
    turn = next(
        i
        for i in range(1, len(course))
        if i == len(course) - 1 or farthest(course[: i + 1], start, course[i + 1]) >= 0.25 * LANE
    )
    if at[turn] >= wide + 10.0:
        return walked(course, 5.0)
    a, b = fitted(course, 0.0)
    if farthest(course, a, b) < 0.35 * LANE:
        return moved(a, b)
    rest = course[turn:]
    askew = at[turn] - 0.5 * wide < LANE and total >= 16.0 and total - at[turn] >= 0.1 * total
    if len(rest) > 1 and askew and farthest(rest, rest[0], rest[-1]) < 0.5 * LANE:
        return moved(rest[0], rest[1])
    if is_curve(course, wide):
        course = first_long(course, 6.0)
        return moved(first_long(course, 4.0)[-1], course[-1])
    skipped = 0.64 * wide
    if total >= 0.8 * wide + 2.0:
        a, b = fitted(course, skipped)
        later = [
            walked(course, skipped),
            *(p for p, d in zip(course, at, strict=True) if d > skipped),
        ]
        if farthest(later, a, b) < 0.5 * LANE:
            return moved(a, b)
    return walked(course, 10.0)


@settings(max_examples=300, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    size=st.integers(2, 14),
    kind=st.sampled_from((MINOR, CIRCLE, ROAD, ROAD, ROAD)),
    lanes=st.integers(1, 12),
)
def test_directions_equal_naive(seed: int, size: int, kind: int, lanes: int) -> None:
    """The kernel sees what the rules say, on winding, curved and nearly straight courses."""
    random = np.random.default_rng(seed)
    bend = random.choice([0.02, 0.2, 0.6])
    drift = random.choice([0.0, 0.0, 0.15, -0.3])
    heading = random.uniform(0, 2 * math.pi) + np.cumsum(random.normal(drift, bend, size - 1))
    pieces = random.uniform(0.5, random.choice([5.0, 15.0, 60.0]), size - 1)
    x, y = (np.concatenate(([0.0], np.cumsum(pieces * f(heading)))) for f in (np.sin, np.cos))
    course = list(zip(x.tolist(), y.tolist(), strict=True))
    wide = LANE * lanes
    assert apart(seen(course, kind, wide), naive(course, kind, wide)) < 1e-3


def test_straight_street() -> None:
    """Points along a straight street change nothing."""
    assert apart(seen([(0, 0), (3, 4), (30, 40), (60, 80)]), bearing((0, 0), (3, 4))) < 1e-6


def test_street_joined_to_the_middle_of_a_wide_road() -> None:
    """A first piece across the road is not the direction of the street."""
    course = [(0.0, 0.0), (6.0, 0.0), (7.0, 60.0)]
    assert apart(seen(course, wide=2 * LANE), bearing(course[1], course[2])) < 8.0
    assert apart(seen(course, kind=CIRCLE), 90.0) < 1e-6


@pytest.mark.parametrize("course", [[(0, 0), (0, 0)], [(0, 0), (0, 0), (0, 0)]])
def test_street_without_length(course: list[Point]) -> None:
    """Nodes in one place have a direction, whatever it is."""
    assert math.isfinite(seen(course))


def test_nodes_in_one_place_are_one_node() -> None:
    """A node that is drawn twice changes nothing."""
    course = [(0.0, 0.0), (4.0, 1.0), (9.0, 7.0), (9.0, 30.0)]
    assert seen([course[0], *course]) == pytest.approx(seen(course))


def test_several_courses_and_the_date_line() -> None:
    """Each course is seen on its own; across the date line east stays east."""
    lon = np.array([179.9999, -179.9999, 5.0, 5.0])
    lat = np.array([0.0, 0.0, 50.0, 49.9])
    out = np.empty(2)
    kinds = np.array([ROAD, ROAD], dtype=np.int8)
    leaving(lon, lat, np.array([0, 2, 4]), kinds, np.array([6.5, 6.5]), out)
    assert out.tolist() == pytest.approx([90.0, 180.0])
