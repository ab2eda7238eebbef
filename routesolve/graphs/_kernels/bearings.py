"""In which direction a street leaves a junction, as a driver sees it.

The first metres of a street are often drawn askew: ways run along the middle of wide roads, and a
side street is joined to that middle. What counts for a turn is where the street goes after that, so
the wider the roads of a junction, the farther one looks. The rules and their numbers follow OSRM's
(``coordinate_extractor.cpp``), so that the same turns take the same time.

Axes: c courses, p points. Metres; courses start at (0, 0).
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from routesolve._jit import kernel

Floats = npt.NDArray[np.float64]
Int64s = npt.NDArray[np.int64]
Int8s = npt.NDArray[np.int8]

MINOR, CIRCLE, ROAD = 0, 1, 2
"""Kinds of streets: looked at over 10 m (driveways, tracks), over 2 m, or as far as it takes."""

LANE = 3.25
"""Metres."""

_NEAR = 10.0
_FAR = 40.0
_DEGREE = math.pi / 180.0 * 6_371_008.8


# lon, lat (p), starts (c + 1), kind (c), wide (c), out (c)
@kernel
def leaving(
    lon: Floats, lat: Floats, starts: Int64s, kind: Int8s, wide: Floats, out: Floats
) -> None:
    """Fill `out` with the degrees clockwise from north in which each course leaves its first point.

    Course i has the points ``starts[i] .. starts[i + 1] - 1``, at least one other than the first;
    `wide` is how many metres the middle of the junction may be off the middle of the street.
    """
    longest = 0
    for i in range(starts.size - 1):
        longest = max(longest, starts[i + 1] - starts[i])
    x = np.empty(longest)
    y = np.empty(longest)
    gone = np.empty(longest)
    for i in range(starts.size - 1):
        first = starts[i]
        squeeze = math.cos(lat[first] * math.pi / 180.0)
        reach = _FAR + wide[i]
        count = 0
        for j in range(first, starts[i + 1]):
            east = (lon[j] - lon[first] + 180.0) % 360.0 - 180.0
            east *= squeeze * _DEGREE
            north = (lat[j] - lat[first]) * _DEGREE
            step = 0.0
            if count:
                step = math.hypot(east - x[count - 1], north - y[count - 1])
                if step == 0.0:
                    continue
            x[count] = east
            y[count] = north
            gone[count] = gone[count - 1] + step if count else 0.0
            count += 1
            if gone[count - 1] >= reach:
                break
        # A long last piece counts as far as one looks.
        if count > 2 and gone[count - 1] - gone[count - 2] > reach:
            share = reach / (gone[count - 1] - gone[count - 2])
            x[count - 1] = x[count - 2] + share * (x[count - 1] - x[count - 2])
            y[count - 1] = y[count - 2] + share * (y[count - 1] - y[count - 2])
            gone[count - 1] = gone[count - 2] + reach
        east, north = _seen(x[:count], y[:count], gone[:count], kind[i], wide[i])
        out[i] = math.degrees(math.atan2(east, north)) % 360.0


@kernel
def _seen(x: Floats, y: Floats, gone: Floats, kind: int, wide: float) -> tuple[float, float]:
    """A point in the direction that is seen; changes the end of the course."""
    last = x.size - 1
    total = gone[last]
    if last <= 1:
        return x[last], y[last]
    if kind == CIRCLE:
        return _at(x, y, gone, 2.0)
    if kind == MINOR:
        return _at(x, y, gone, _NEAR)
    if gone[1] > wide + _NEAR:
        return x[1], y[1]
    if total <= 2.0 or _off(x, y, 0, last, 0.0, 0.0, x[last], y[last]) < 0.5 * LANE:
        return x[last], y[last]
    turn = 1  # up to here it is straight
    while turn < last and _off(x, y, 0, turn, 0.0, 0.0, x[turn + 1], y[turn + 1]) < 0.25 * LANE:
        turn += 1
    if gone[turn] >= wide + _NEAR:
        return _at(x, y, gone, 5.0)
    ax, ay, bx, by = _line(x, y, gone, 0.0)
    if _off(x, y, 0, last, ax, ay, bx, by) < 0.35 * LANE:
        return _shifted(ax, ay, bx, by)
    if _joined_askew(x, y, gone, turn, wide):
        return _shifted(x[turn], y[turn], x[turn + 1], y[turn + 1])
    if _is_curve(x, y, gone, wide):
        bx, by, end = _first_long(x, y, gone, last, 6.0)
        gone[end] = gone[end - 1] + math.hypot(bx - x[end - 1], by - y[end - 1])
        x[end], y[end] = bx, by
        ax, ay, end = _first_long(x, y, gone, end, 4.0)
        return _shifted(ax, ay, bx, by)
    skipped = 0.64 * wide
    if total >= 0.8 * wide + 2.0:
        ax, ay, bx, by = _line(x, y, gone, skipped)
        rest = 1
        while gone[rest] < skipped:
            rest += 1
        px, py = _at(x, y, gone, skipped)
        off = max(_off(x, y, rest, last, ax, ay, bx, by), _apart(px, py, ax, ay, bx, by))
        if off < 0.5 * LANE:
            return _shifted(ax, ay, bx, by)
    return _at(x, y, gone, _NEAR)


@kernel
def _joined_askew(x: Floats, y: Floats, gone: Floats, turn: int, wide: float) -> bool:
    """Whether only the first pieces, inside the width of the other street, point elsewhere."""
    last = x.size - 1
    total = gone[last]
    if turn >= last or gone[turn] - 0.5 * wide >= LANE or total < 0.4 * _FAR:
        return False
    if total - gone[turn] < 0.1 * total:
        return False
    return _off(x, y, turn, last, x[turn], y[turn], x[last], y[last]) < 0.5 * LANE


@kernel
def _is_curve(x: Floats, y: Floats, gone: Floats, wide: float) -> bool:
    """Whether the course bends to one side only, more and more and then less and less."""
    last = x.size - 1
    total = gone[last]
    if total <= 2.0 * wide:
        return False
    begin = math.atan2(x[1], y[1])
    end = math.atan2(x[last] - x[last - 1], y[last] - y[last - 1])
    bend = abs((end - begin + math.pi) % (2.0 * math.pi) - math.pi)
    if bend <= math.radians(17.5):
        return False
    chord = max(math.hypot(x[last], y[last]), 1e-9)
    side = 0.0
    highest = 0.0
    top = 0
    before = 0.0
    for i in range(1, last):
        height = (x[last] * y[i] - y[last] * x[i]) / chord
        if side * height < 0.0:
            return False
        side = height if side == 0.0 else side
        height = abs(height)
        if top and top < i - 1 and height >= before:
            return False
        if height > highest:
            highest = height
            top = i
        elif top == i - 1 and height == before:
            return False
        before = height
    # Early or flat bends are those of the junction itself.
    if total > _NEAR and (gone[top] <= 0.35 * total or highest < max(0.3 * wide, 0.5 * LANE)):
        return False
    return not _has_straight(x, y, gone, wide)


@kernel
def _has_straight(x: Floats, y: Floats, gone: Floats, wide: float) -> bool:
    """Whether a good part of the course, behind the junction, is straight."""
    last = x.size - 1
    enough = 0.3 * gone[last]
    length = max(0.0, gone[1] - wide)
    going_on = False
    for i in range(2, last):
        begin = math.atan2(x[i] - x[i - 1], y[i] - y[i - 1])
        end = math.atan2(x[i + 1] - x[i], y[i + 1] - y[i])
        bend = abs((end - begin + math.pi) % (2.0 * math.pi) - math.pi)
        piece = gone[i] - gone[i - 1]
        if bend < math.radians(5.0):
            length += piece
            if going_on and length > enough:
                return True
            going_on = True
        else:
            if length > enough:
                return True
            length = piece
            going_on = False
    return False


@kernel
def _at(x: Floats, y: Floats, gone: Floats, metres: float) -> tuple[float, float]:
    """The point so many metres along the course, or its end."""
    last = x.size - 1
    if metres >= gone[last]:
        return x[last], y[last]
    i = 1
    while gone[i] < metres:
        i += 1
    share = (metres - gone[i - 1]) / (gone[i] - gone[i - 1])
    return x[i - 1] + share * (x[i] - x[i - 1]), y[i - 1] + share * (y[i] - y[i - 1])


@kernel
def _first_long(
    x: Floats, y: Floats, gone: Floats, last: int, metres: float
) -> tuple[float, float, int]:
    """A point so many metres along the first piece that is so long, if the last one is.

    Otherwise the end of the course: curves drawn in short pieces are seen as a whole.
    """
    if gone[last] - gone[last - 1] < metres:
        return x[last], y[last], last
    i = 1
    while gone[i] - gone[i - 1] < metres:
        i += 1
    before = gone[i - 1] - gone[i - 2] if i > 1 else 0.0
    share = (metres - before) / (gone[i] - gone[i - 1] - before)
    return x[i - 1] + share * (x[i] - x[i - 1]), y[i - 1] + share * (y[i] - y[i - 1]), i


@kernel
def _apart(px: float, py: float, ax: float, ay: float, bx: float, by: float) -> float:
    """Metres from a point to the piece a - b."""
    dx, dy = bx - ax, by - ay
    squared = dx * dx + dy * dy
    share = 0.0
    if squared > 0.0:
        share = min(1.0, max(0.0, ((px - ax) * dx + (py - ay) * dy) / squared))
    return math.hypot(px - ax - share * dx, py - ay - share * dy)


@kernel
def _off(
    x: Floats, y: Floats, first: int, last: int, ax: float, ay: float, bx: float, by: float
) -> float:
    """Greatest distance of the points `first` to `last` from the piece a - b."""
    most = 0.0
    for i in range(first, last + 1):
        most = max(most, _apart(x[i], y[i], ax, ay, bx, by))
    return most


@kernel
def _line(x: Floats, y: Floats, gone: Floats, skipped: float) -> tuple[float, float, float, float]:
    """Ends of the line through one point for every metre, 40 m of them from `skipped` on."""
    end = min(skipped + _FAR, gone[gone.size - 1])
    count = int(end - skipped) + 1
    bx = by = 0.0
    sx = sy = sxx = syy = sxy = 0.0
    for i in range(count):
        bx, by = _at(x, y, gone, skipped + i)
        sx += bx
        sy += by
        sxx += bx * bx
        syy += by * by
        sxy += bx * by
    mx, my = sx / count, sy / count
    angle = 0.5 * math.atan2(2.0 * (sxy - sx * my), sxx - sx * mx - syy + sy * my)
    dx, dy = math.cos(angle), math.sin(angle)
    ax, ay = _at(x, y, gone, skipped)
    a = (ax - mx) * dx + (ay - my) * dy
    b = (bx - mx) * dx + (by - my) * dy
    return mx + a * dx, my + a * dy, mx + b * dx, my + b * dy


@kernel
def _shifted(ax: float, ay: float, bx: float, by: float) -> tuple[float, float]:
    """Where b lies when the line a - b is moved (nearly) to the junction."""
    if math.hypot(bx - ax, by - ay) < 2.0:
        return bx, by
    return bx - 0.9 * ax, by - 0.9 * ay
